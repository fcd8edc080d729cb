"""A re-plan after one turned knob, warm: density, passes, an energy already seen, an energy that is new. Aim: 0.3 s."""

from __future__ import annotations

import time
from pathlib import Path

from common import machine

import colonnade as cn
from colonnade.planning import replan
from colonnade.planning.planner import plan
from colonnade.planning.rooms import Rooms

CASE = Path(__file__).parents[1] / "examples" / "acne-scar-cheek.toml"
#: Each value is turned to once: a value seen before costs next to nothing.
TURNS = (
    ("density", [{"density_pct": v} for v in (5.0, 15.0, 20.0)]),
    ("passes", [{"passes": 2}]),
    ("energy, pulse known", [{"energy_mJ": v} for v in (17.5, 15.0)]),
    ("energy, pulse new", [{"energy_mJ": v} for v in (12.5, 10.0, 7.5)]),
)


def main() -> None:
    """Print CPU and wall seconds of each turn, and what was computed for it."""
    print(f"a re-plan after one knob, {machine()}")
    rooms = Rooms()
    made = plan(cn.Case.load(CASE), rooms=rooms)
    replan(made, {"density_pct": 25.0}, rooms=rooms)
    for name, changes in TURNS:
        for change in changes:
            cpu, wall = time.process_time(), time.perf_counter()
            draft = replan(made, change, rooms=rooms)
            cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
            said = ", ".join(f"{k} {v:g}" for k, v in change.items())
            print(f"{name:20} {said:18} CPU {cpu:.2f} s, wall {wall:.2f} s; computed {', '.join(draft.computed)}")


if __name__ == "__main__":
    main()
