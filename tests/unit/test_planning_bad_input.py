"""Goals that contradict each other or the device, and patients that cannot be: what is said, and by how much."""

import pytest

from colonnade import catalogue
from colonnade.errors import BadInput
from colonnade.laser import device
from colonnade.planning import check, plan
from colonnade.planning.reach import reach_um
from support.planning_fakes import FakeRooms
from tests.unit.test_planning_plan import case

SCAR = {"id": "burn-scar", "scar_age_months": 24.0, "scar_thickness_um": 900.0}


def refused(**changes):
    made = plan(case(**changes), rooms=FakeRooms())
    assert made.verdict == "REFUSED"
    assert made.zones == ()
    return " ".join(made.why)


def test_a_cap_below_what_the_device_can_do_says_which_and_by_how_much():
    text = refused(clinic={"caps": {"PT-02-ENERGY": 1.0}})
    assert "None of the 120 settings" in text
    assert (
        "PT-02-ENERGY refuses 120: at the least energy per column 2.5 mJ, allowed energy per column at most 1 mJ"
        in text
    )


def test_two_goals_that_collide_are_both_named():
    """A thin scar against the device's shallowest column, and a cap on the density."""
    text = refused(indication=SCAR | {"scar_thickness_um": 100.0}, clinic={"caps": {"SITE-05-DENSITY": 2.0}})
    assert "PAR-02-DEPTH refuses 120: at the least coagulation depth" in text
    assert "allowed coagulation depth at most the scar thickness 100 µm" in text
    assert "SITE-05-DENSITY refuses 120: at the least cumulative density 5 %" in text
    assert "at most 2 %" in text


def test_a_test_spot_gentler_than_the_device_can_be_is_named_too():
    spot = {
        "site": {"id": "cheek", "side": "left"},
        "device": {"id": "quanta-youlaser-co2"},
        "settings": {"energy_mJ": 25, "spots_per_cm2": 100},
        "made_on": "2026-01-02",
    }
    # another device: it does not bind, and nothing collides
    assert plan(case(test_spot=spot), rooms=FakeRooms()).verdict != "REFUSED"


@pytest.mark.parametrize("verb", [plan, check])
@pytest.mark.parametrize("indication", ["burn-scar", "hypertrophic-scar", "keloid"])
def test_a_scar_without_its_thickness(verb, indication):
    with pytest.raises(BadInput, match=r"indication\.scar_thickness_um.*Measure it"):
        verb(
            case(indication={"id": indication, "scar_age_months": 24.0, "adjunct": "triamcinolone"}), rooms=FakeRooms()
        )


def test_a_target_deeper_than_the_scar_is_thick():
    with pytest.raises(BadInput, match=r"target_depth_um: given 1000 µm; allowed: at most .* 900 µm"):
        plan(case(indication=SCAR | {"target_depth_um": 1000.0}), rooms=FakeRooms())
    assert plan(case(indication=SCAR | {"target_depth_um": 900.0}), rooms=FakeRooms()).verdict != "REFUSED"


def test_a_target_deeper_than_any_column_of_the_device():
    reach = reach_um(device("lumenis-ultrapulse-deepfx"))
    with pytest.raises(BadInput, match=rf"at most {reach:.0f} µm: as modelled no column of .* can be deeper"):
        plan(case(indication={"target_depth_um": reach + 1}), rooms=FakeRooms())


@pytest.mark.parametrize("name", catalogue.ids("devices"))
def test_every_device_has_a_reach_and_no_lossless_column_is_deeper(name):
    """By hand for a flat 300 µm beam: E / area / h; a Gaussian reaches twice that on its axis, and less below."""
    laser = device(name)
    area_m2 = 3.141592653589793 * (min(laser.spot_um.steps(1000)) * 1e-6) ** 2 / 4
    energy_J = max(laser.energy_mJ.steps(1000)) * max(laser.stack.steps(1000)) * 1e-3
    assert 0 < reach_um(laser) <= 2 * energy_J / area_m2 / 2.0e9 * 1e6


def test_a_target_that_the_plan_does_not_reach_is_said():
    made = plan(case(indication={"target_depth_um": 1700.0}), rooms=FakeRooms())
    said = next(f for f in made.findings if f.rule == "PAR-02-REACH")
    assert "1700 µm" in said.given
    assert made.verdict != "REFUSED"  # being out of the device's reach is no safety refusal


def test_a_scar_thicker_than_the_columns_are_deep_is_said():
    made = plan(case(indication=SCAR | {"scar_thickness_um": 6000.0}), rooms=FakeRooms())
    assert "PAR-02-FULL" in {f.rule for f in made.findings}


@pytest.mark.parametrize("verb", [plan, check])
@pytest.mark.parametrize(
    ("patient", "says"),
    [
        ({"age_years": -1}, "age_years"),
        ({"age_years": 121}, "age_years"),
        ({"age_years": 30.5}, "age_years"),
        ({"weight_kg": 0.0}, "weight_kg"),
        ({"weight_kg": float("nan")}, "weight_kg"),
        ({"age_years": 30, "weight_kg": 7.0}, "7.0 kg at 30 years"),
        ({"age_years": 2, "weight_kg": 170.0}, "170.0 kg at 2 years"),
    ],
)
def test_an_impossible_age_or_weight(verb, patient, says):
    with pytest.raises(BadInput, match=says):
        verb(case(patient=patient), rooms=FakeRooms())


@pytest.mark.parametrize("verb", [plan, check])
def test_an_unknown_indication(verb):
    with pytest.raises(BadInput, match='Did you mean "keloid"'):
        verb(case(indication={"id": "keloids"}), rooms=FakeRooms())


def test_aftercare_that_would_harm_refuses_the_plan():
    """The block list: nobody overrides chlorhexidine on the face or a known allergy."""
    made = plan(case(aftercare={"wash": "chlorhexidine"}), rooms=FakeRooms())
    assert made.verdict == "REFUSED"
    said = next(f for f in made.findings if f.rule == "AC-00")
    assert "chlorhexidine on the face" in said.given
    assert "cornea" in said.source
    allergic = {"allergies": ["petrolatum"]}
    assert plan(case(aftercare=allergic), rooms=FakeRooms()).verdict == "REFUSED"
