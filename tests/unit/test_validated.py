"""The validated range: what it says of a shot, and that it claims no more than the comparison gave."""

import pytest

from colonnade.calibration.validated import Box, validated_range, validity
from colonnade.laser import Shot


def box(**change):
    data = {
        "study": "S",
        "role": "calibrate",
        "unstated": (),
        "tissue": "pig",
        "rows": 4,
        "covered": 4,
        "energy_mJ": (10.0, 40.0),
        "pulse_ms": (0.2, 2.0),
        "spot_um": (100.0, 150.0),
        "wavelength_um": (10.6, 10.6),
        "stack": (1.0, 1.0),
    }
    return Box(**(data | change))


def shot(**change):
    return Shot(**({"energy_mJ": 20.0, "pulse_ms": 1.0, "spot_um": 120.0} | change))


def test_inside_a_fully_stated_box():
    assert validity(shot(), boxes=(box(),)).status == "inside"


def test_a_box_with_unstated_inputs_is_an_edge():
    found = validity(shot(), boxes=(box(unstated=("power_W",)),))
    assert found.status == "edge"
    assert "power_W" in found.reasons[0]


def test_a_comparison_that_failed_is_outside_and_says_so():
    found = validity(shot(), boxes=(box(covered=1),))
    assert found.status == "outside"
    assert "1 of 4" in found.reasons[0]


def test_a_failed_comparison_beside_a_good_one_is_named():
    found = validity(shot(), boxes=(box(unstated=("order",)), box(study="T", covered=1)))
    assert found.status == "edge"
    assert any("T" in reason for reason in found.reasons)


@pytest.mark.parametrize(("energy", "status"), [(40.0, "inside"), (43.0, "edge"), (45.0, "outside"), (9.5, "edge")])
def test_a_tenth_beyond_is_an_edge(energy, status):
    found = validity(shot(energy_mJ=energy), boxes=(box(),))
    assert found.status == status
    assert status == "inside" or "energy_mJ" in " ".join(found.reasons)


@pytest.mark.parametrize("change", [{"spot_um": 300.0}, {"stack": 3}, {"wavelength_um": 9.3}, {"pulse_ms": 30.0}])
def test_every_dimension_counts(change):
    assert validity(shot(**change), boxes=(box(),)).status == "outside"


def test_a_defocused_shot_is_judged_by_its_spot_on_the_skin():
    assert validity(shot(focus_depth_um=5000), boxes=(box(),)).status == "outside"


def test_the_library_claims_no_inside():
    """No published study states all inputs of its columns: only a commissioned device can be inside."""
    assert all(b.unstated for b in validated_range())
    assert validity(Shot(energy_mJ=100, pulse_ms=3, spot_um=150)).status == "edge"
    assert validity(Shot(energy_mJ=15, pulse_ms=0.5, spot_um=120)).status == "outside"
    # the char regime was compared, and the global parameters failed there
    found = validity(Shot(energy_mJ=100, pulse_ms=115, spot_um=250, profile="tophat"))
    assert found.status == "outside"
    assert "McMillan" in found.reasons[0]


def test_no_boxes_no_claim():
    assert validity(shot(), boxes=()).status == "outside"
