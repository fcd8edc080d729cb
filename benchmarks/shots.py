"""How long does it take to write and to read a shot file of 100,000 columns? Aim: 2 s each.

Run: `python benchmarks/shots.py`. Prints one JSON object. Writing includes reading back and comparing, as always.
"""

from __future__ import annotations

import json
import platform
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

from colonnade.delivery.limits import machine
from colonnade.delivery.stamps import ZoneColumns, build
from colonnade.delivery.text import read_file, write
from colonnade.laser import device

SIDE_X, SIDE_Y, PITCH_M, RUNS = 400, 250, 2.5e-4, 7


def processor() -> str:
    """The processor's name as the system gives it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.is_file() else []
    return next(
        (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.processor()
    )


def shots():
    """100,000 columns in 100 stamps."""
    laser = device("lumenis-ultrapulse-deepfx")
    x, y = np.meshgrid(
        (np.arange(SIDE_X) - (SIDE_X - 1) / 2) * PITCH_M, (np.arange(SIDE_Y) - (SIDE_Y - 1) / 2) * PITCH_M
    )
    zone = ZoneColumns(
        name="bench", site="cheek", side="left", width_mm=SIDE_X * PITCH_M * 1e3, height_mm=SIDE_Y * PITCH_M * 1e3,
        pattern="square", order="raster", positions_m=np.column_stack([x.ravel(), y.ravel()]),
        passes=np.ones(x.size, dtype=np.int64), shot=laser.shot(energy_mJ=10), rate_Hz=300.0,
    )  # fmt: skip
    return build((zone,), laser, machine(), title="Benchmark", synthetic=True).shots


def main() -> None:
    """Median of several runs, on a disk that already holds the folder."""
    made = shots()
    writing, reading = [], []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.shots"
        for _ in range(RUNS):
            begin = time.perf_counter()
            write(made, path)
            middle = time.perf_counter()
            read_file(path)
            writing.append(middle - begin)
            reading.append(time.perf_counter() - middle)
        size = path.stat().st_size
    print(
        json.dumps(
            {
                "columns": made.header.columns,
                "stamps": made.header.stamps,
                "file_MB": round(size / 1e6, 2),
                "write_s": round(statistics.median(writing), 3),
                "read_s": round(statistics.median(reading), 3),
                "runs": RUNS,
                "processor": processor(),
                "python": platform.python_version(),
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
