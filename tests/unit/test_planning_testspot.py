"""Test spots: when one is asked for, when it can be read, what it permits, and that it permits nothing more."""

import datetime as dt

import pytest

from colonnade.errors import BadInput
from colonnade.planning import check, plan
from colonnade.planning.testspot import QUESTIONS, look_on, read_from
from support.planning_fakes import FakeRooms
from tests.unit.test_planning_plan import case, given

MADE = dt.date(2026, 3, 2)


def spot(**changes):
    """A spot on the cheek, read in time, without any reaction."""
    return {
        "site": {"id": "cheek", "side": "left"},
        "device": {"id": "lumenis-ultrapulse-deepfx"},
        "settings": {"energy_mJ": 10, "density_pct": 5},
        "made_on": MADE,
        "read_on": MADE + dt.timedelta(days=28),
        "read_by": "N. N.",
        **dict.fromkeys(QUESTIONS, "no"),
        **changes,
    }


def rules_of(made, *outcomes):
    return {f.rule for f in made.findings if f.outcome in outcomes}


def planned(settings=None, **changes):
    tables = {"test_spot": spot(**changes)} | ({"settings": settings} if settings else {})
    return plan(case(**tables), rooms=FakeRooms())


def test_a_first_session_asks_for_one_and_says_when_to_read_it():
    made = plan(given(), rooms=FakeRooms())
    (note,) = made.test_spots
    assert note.status == "required"
    assert "PAR-08" in note.lines[0]
    assert note.panel == made.zones[0].settings.panel  # what the spot is treated with
    assert (look_on(MADE), read_from(MADE)) == (dt.date(2026, 3, 9), dt.date(2026, 3, 30))
    assert note.reviewed_by == "none"


def test_one_that_reads_well_closes_the_step_and_says_what_it_permits():
    made = planned({"energy_mJ": 10, "density_pct": 5})
    assert "PAR-08" not in rules_of(made, "open", "unknown", "fail")
    (note,) = made.test_spots
    assert note.status == "permits"
    # 10 mJ over a 120 µm spot: 10e-3 J / (π/4 (120e-4 cm)²) = 88.42 J/cm², worked by hand
    assert "up to 10 mJ per column, 88.42 J/cm² and 5 % cumulative density" in note.lines[1]


def test_the_search_stays_at_or_below_what_was_tested():
    derived = planned().zones[0].settings.derived
    assert derived["energy_per_column_mJ"] <= 10
    assert derived["cumulative_density_pct"] <= 5 + 1e-9


@pytest.mark.parametrize(
    ("settings", "rule"),
    [
        ({"energy_mJ": 12.5, "density_pct": 5}, "TS-03-ENERGY"),
        ({"energy_mJ": 12.5, "density_pct": 5}, "TS-03-FLUENCE"),
        ({"energy_mJ": 10, "density_pct": 10}, "TS-03-DENSITY"),
        ({"energy_mJ": 10, "density_pct": 5, "passes": 2}, "TS-03-DENSITY"),
    ],
)
def test_more_than_was_tested_is_refused_in_a_first_session(settings, rule):
    made = planned(settings)
    assert made.verdict == "REFUSED"
    assert rule in rules_of(made, "fail")


@pytest.mark.parametrize(
    ("changes", "status", "open_"),
    [
        ({"read_on": None}, "waits", {"PAR-08", "TS-02"}),
        ({"read_on": MADE + dt.timedelta(days=27)}, "waits", {"PAR-08", "TS-02"}),
        ({"site": {"id": "neck", "side": "left"}}, "elsewhere", {"PAR-08"}),
        ({"device": {"id": "solta-fraxel-repair"}}, "elsewhere", {"PAR-08"}),
        ({"test_spot_dark_marks": "unknown"}, "forbids", {"PAR-08", "TS-01"}),
    ],
    ids=["not read", "a day early", "another site", "another device", "a question not answered"],
)
def test_one_that_does_not_count_leaves_the_step_open(changes, status, open_):
    made = planned({"energy_mJ": 10, "density_pct": 5}, **changes)
    assert made.verdict == "CONDITIONAL"
    assert rules_of(made, "open", "unknown") >= open_
    assert made.test_spots[0].status == status


@pytest.mark.parametrize("question", QUESTIONS)
def test_one_bad_answer_forbids(question):
    said = check(case(test_spot=spot(**{question: "yes"})), rooms=FakeRooms())
    assert said.status == ("DEFERRED" if question == "test_spot_not_healed" else "REFUSED")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"read_on": MADE - dt.timedelta(days=1)}, "read_on from 2026-03-02"),
        ({"made_on": "yesterday"}, "date"),
        ({"settings": {"energy_mJ": 500, "density_pct": 5}}, "2.5 to 50 mJ"),
        ({"device": {"id": "lumenis-ultrapulse-deepfix"}}, "Did you mean"),
        ({"test_spot_itches": "no"}, "unknown key"),
    ],
)
def test_a_spot_that_cannot_be_is_bad_input(changes, says):
    with pytest.raises(BadInput, match=says):
        planned(**changes)


def test_a_plan_with_a_spot_opens_again(tmp_path):
    made = planned({"energy_mJ": 10, "density_pct": 5})
    made.save(tmp_path / "plan.json")
    again = type(made).load(tmp_path / "plan.json")
    assert again == made
    assert check(again, rooms=FakeRooms()).status == made.verdict
