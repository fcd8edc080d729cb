"""A tighter cap never widens what is allowed, and never makes the choice more energetic than the cap."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from colonnade import Case
from colonnade.planning import facts
from colonnade.planning.candidates import settings_of
from colonnade.planning.outcomes import estimated, outcome
from colonnade.planning.resolve import resolve
from colonnade.planning.surrogate import Surrogate
from support.planning_fakes import ETAS, PLACE, FakeRooms

CASE = Case.load(Path(__file__).parents[2] / "examples" / "acne-scar-cheek.toml")
TASK = resolve(CASE)
ZONE = TASK.zones[0]
OPTIONS = tuple(settings_of(TASK.device))
FIGURES = {
    option.shot_key: estimated(option.settings.shot, ZONE.target, ZONE.basal_um, Surrogate.measured(ETAS.nominal), ETAS)
    for option in OPTIONS
}
ROOMS = FakeRooms()


def allowed(caps):
    """Indices of the settings that are not refused under these caps."""
    data = CASE.plain()
    data["clinic"]["caps"] = caps
    data["region"] = {k: v for k, v in data["region"].items() if v is not None}
    case = Case.parse(data)
    found = set()
    for index, option in enumerate(OPTIONS[::7]):
        known = facts.about_patient(case, ZONE) | facts.about_settings(option.settings)
        known |= facts.about_plan(outcome(option.settings, FIGURES[option.shot_key], PLACE), None)
        if not ROOMS.judge(known, case, stage="plan", zone="").refused:
            found.add(index)
    return found


RANGES = {"PT-02-ENERGY": (0.0, 40.0), "PT-02-DENSITY": (0.0, 30.0), "PAR-01-SESSION": (0.0, 80.0)}


@given(
    rule=st.sampled_from(sorted(RANGES)),
    pair=st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
@settings(max_examples=25, deadline=None)
def test_a_tighter_cap_never_widens_the_feasible_set(rule, pair):
    low, high = RANGES[rule]
    tight, loose = (low + share * (high - low) for share in sorted(pair))
    assert allowed({rule: tight}) <= allowed({rule: loose})


def test_the_caps_do_bite():
    """Else the property above would hold for rules that never refuse."""
    for rule in RANGES:
        assert allowed({rule: 0.0}) < allowed({})


@pytest.mark.parametrize("cap_mJ", [5.0, 10.0, 15.0])
def test_the_choice_keeps_the_clinics_cap(cap_mJ):
    from colonnade.planning import plan

    data = CASE.plain()
    data["clinic"]["caps"] = {"PT-02-ENERGY": cap_mJ}
    data["region"] = {"shape": "rectangle", "width_mm": 6, "height_mm": 6}
    made = plan(Case.parse(data), rooms=FakeRooms())
    assert made.zones[0].settings.panel["energy_mJ"] <= cap_mJ
