"""A full search with uncertainty, warm: everything the panel offers, intervals, heat by hand, the plan. Aim: 30 s."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from common import cpu_seconds, machine

import colonnade as cn
from colonnade.planning.planner import plan
from colonnade.planning.rooms import Rooms

CASES = Path(__file__).parents[1] / "examples"


def main() -> None:
    """Print CPU and wall seconds of each bundled case that is searched; nothing is kept from run to run."""
    print(f"a full search with uncertainty, {machine()}")
    for name in sys.argv[1:] or ("acne-scar-cheek", "photoageing-face", "burn-scar-forearm"):
        case = cn.Case.load(CASES / f"{name}.toml")
        median, least, most, made = cpu_seconds(lambda case=case: plan(case, rooms=Rooms()), runs=3)
        start = time.perf_counter()
        plan(case, rooms=Rooms())
        wall = time.perf_counter() - start
        trades = [zone.trade for zone in made.zones if zone.trade is not None]
        looked = ", ".join(f"{t.considered} settings, {t.allowed} allowed" for t in trades)
        print(f"{name:20} CPU {median:.1f} s ({least:.1f}-{most:.1f}), wall {wall:.1f} s; {made.verdict}; {looked}")


if __name__ == "__main__":
    main()
