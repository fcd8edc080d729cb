"""Question (e): how long importing takes, and the first column on a machine that has compiled nothing yet.

Each line is a process of its own, user and system CPU seconds and wall seconds, the median of several; the first column
starts from an empty folder for compiled kernels, the second finds it filled.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

from common import machine, quoted, wanted

COLUMN = (
    "from colonnade.laser import Shot; from colonnade.photothermal import simulate; from colonnade.tissue import skin; "
    "simulate(Shot(energy_mJ=20, pulse_ms=1.0, spot_um=120), skin('cheek'))"
)
HELP = "import sys; from colonnade.cli.main import main; sys.exit(main(['--help']))"


def seconds(code: str, runs: int, **environment: str) -> tuple[float, float]:
    """Median (CPU s, wall s) of a fresh Python running ``code``."""
    cpu, wall = [], []
    for _ in range(runs):
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", code], check=False, capture_output=True, env={**os.environ, **environment}
        )
        if done.returncode:
            raise SystemExit(done.stderr.decode())
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        wall.append(time.perf_counter() - start)
        cpu.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return statistics.median(cpu), statistics.median(wall)


def main() -> None:
    """Print the table."""
    asked = wanted(__doc__, "python benchmarks/start.py --write")
    many, here = (1 if asked.quick else 5), machine()
    print(f"start, {here}")
    rows = [
        ("python itself", "pass", many),
        ("import colonnade", "import colonnade", many),
        ("colonnade --help", HELP, many),
        ("import colonnade.photothermal.engine", "import colonnade.photothermal.engine", many),
    ]
    took = {}
    for name, code, runs in rows:
        took[name] = seconds(code, runs)
        print("{:40s} CPU {:6.2f} s, wall {:6.2f} s".format(name, *took[name]), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for name, runs in (
            ("one column, nothing compiled", 1),
            ("one column, compiled before", 1 if asked.quick else 3),
        ):
            took[name] = seconds(COLUMN, runs, NUMBA_CACHE_DIR=folder)
            print("{:40s} CPU {:6.2f} s, wall {:6.2f} s".format(name, *took[name]), flush=True)
    said = "; ".join(f"{name} {cpu:.2f} s" for name, (cpu, _) in took.items())
    quoted("start", f"CPU time: {said}. {here}. `python benchmarks/start.py`", asked.write)


if __name__ == "__main__":
    main()
