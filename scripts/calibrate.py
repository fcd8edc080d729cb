"""Recompute what `library/calibration/` holds: ``tables [ID…]`` runs the engine (20 minutes), ``fit`` the calibration.

.venv/bin/python scripts/calibrate.py tables
.venv/bin/python scripts/calibrate.py fit
"""

from __future__ import annotations

import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

os.environ.setdefault("NUMBA_NUM_THREADS", "1")

LIBRARY = Path(__file__).parents[1] / "src" / "colonnade" / "library" / "calibration"


def tables(names: list[str], workers: int) -> None:
    """Compute the named response tables (all without names) and write them to the library."""
    from colonnade.calibration.responses import compute, engine_sha256, table_specs, to_csv

    (LIBRARY / "responses").mkdir(exist_ok=True)
    before = engine_sha256()
    with ProcessPoolExecutor(workers) as pool:
        for name, spec in table_specs().items():
            if names and name not in names:
                continue
            start = time.perf_counter()
            text = to_csv(compute(spec, map_=pool.map))
            if engine_sha256() != before:
                raise SystemExit("The engine changed while its table was computed; nothing written.")
            (LIBRARY / "responses" / f"{name}.csv").write_text(text, encoding="utf-8")
            (LIBRARY / "responses" / f"{name}.engine").write_text(before + "\n", encoding="utf-8")
            print(f"{name}: {spec.n} runs in {time.perf_counter() - start:.0f} s", flush=True)


def fitted() -> None:
    """Fit, and write global.toml and validated_range.toml."""
    from datetime import UTC, datetime

    from colonnade.calibration.report import global_toml, validated_range_toml

    date = datetime.now(UTC).date().isoformat()
    (LIBRARY / "global.toml").write_text(global_toml(date), encoding="utf-8")
    (LIBRARY / "validated_range.toml").write_text(validated_range_toml(date), encoding="utf-8")


if __name__ == "__main__":
    words = sys.argv[1:]
    if words[:1] == ["tables"]:
        tables(words[1:], workers=2)
    elif words == ["fit"]:
        fitted()
    else:
        raise SystemExit(__doc__)
