"""A whole plan, warm: the bundled case from case file to plan, without and with its report. Aim: 10 s."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from common import cpu_seconds, machine

import colonnade as cn

CASE = Path(__file__).parents[1] / "examples" / "acne-scar-cheek.toml"


def main() -> None:
    """Print CPU and wall seconds of the plan and of its report."""
    print(f"a whole plan, {machine()}")
    case = cn.Case.load(CASE)
    median, least, most, plan = cpu_seconds(lambda: cn.plan(case), runs=3)
    start = time.perf_counter()
    cn.plan(case)
    print(f"plan    CPU {median:.2f} s ({least:.2f}-{most:.2f}), wall {time.perf_counter() - start:.2f} s")
    with tempfile.TemporaryDirectory() as folder:
        median, least, most, _ = cpu_seconds(lambda: cn.report(plan, folder), runs=3)
    print(f"report  CPU {median:.2f} s ({least:.2f}-{most:.2f})")


if __name__ == "__main__":
    main()
