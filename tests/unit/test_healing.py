"""heal(): from a field and from numbers, bad input, what is said; measured rows; naevus; fits."""

import dataclasses
import json
import math

import numpy as np
import pytest

import colonnade as cn
from colonnade import catalogue
from colonnade.case import History
from colonnade.errors import BadInput
from colonnade.healing import GRADES, daily, fractional, full_field, heal, of_field, recurrence
from colonnade.healing import constants as c
from colonnade.healing.measured import FILES, fit_front_speed_um_h, fit_hsp47, fit_visible, rows
from colonnade.healing.site import healing_site
from synthetic import column

COLUMNS = {"dead_radius_um": 80.0, "pitch_um": 500.0, "crater_radius_um": 60.0, "crater_depth_um": 600.0}


@pytest.fixture(scope="module")
def treated():
    lesion = column(crater_um=40.0, rim_um=30.0, heated_um=80.0)
    pattern = cn.pattern("hexagonal", pitch_um=600.0, spot_um=120.0)
    return cn.treat(lesion, pattern, region=cn.square(mm=8), rate_Hz=300), lesion


def test_a_field_heals_as_its_numbers_say(treated):
    field, lesion = treated
    wound = of_field(field, lesion)
    dead = float(np.max(lesion.profile.necrosis_um))
    assert wound.dead_radius_um == pytest.approx(dead)
    course = heal(field, lesion=lesion, phototype="IV")
    assert course.site == "cheek"
    # isolated columns: the last point is the axis, R over the speed
    assert course["epithelium_closed_d"].nominal == pytest.approx(dead / c.FRONT_SPEED_um_h.value / 24, rel=1e-9)
    numbers = heal(fractional(dead_radius_um=dead, pitch_um=600.0, width_mm=8), site="cheek", phototype="IV")
    assert numbers["epithelium_closed_95_d"].nominal == pytest.approx(
        course["epithelium_closed_95_d"].nominal, rel=1e-6
    )
    assert wound.basal_rise_K == field.bulk.peak_basal_either_end_K


def test_overlapping_passes_close_later_than_one_column(treated):
    _, lesion = treated
    pattern = cn.pattern("hexagonal", pitch_um=200.0, spot_um=120.0)
    field = cn.treat(lesion, pattern, region=cn.square(mm=4), rate_Hz=300, passes=3)
    one = heal(fractional(dead_radius_um=of_field(field, lesion).dead_radius_um, pitch_um=2000.0), site="cheek")
    several = heal(field, lesion=lesion)
    assert several.wound.kind == "fractional"
    assert several["epithelium_closed_d"].nominal > one["epithelium_closed_d"].nominal


def test_columns_without_islands_heal_as_a_surface():
    wound = fractional(dead_radius_um=400.0, crater_radius_um=100.0, pitch_um=300.0)
    assert wound.kind == "full_field"
    assert any("no live epidermis" in a for a in wound.assumptions)
    course = heal(wound, site="cheek")
    assert course["epithelium_closed_95_d"].nominal > 1.0
    assert course.full_field == ()


def test_the_founding_claim_is_computed_side_by_side():
    course = heal(fractional(**COLUMNS), site="forearm")
    columns, surface = course["epithelium_closed_d"], course["full_field_shallow_closed_95_d"]
    assert columns.high < surface.nominal
    assert course["full_field_same_depth_closed_95_d"].nominal > columns.nominal
    # deep wounds lose their follicles and close from the edges, 95 % of a 10 mm square at half side × (1 − √0.05)
    deep = heal(full_field(depth_um=3000, rim_um=0, width_mm=10), site="neck")["epithelium_closed_95_d"]
    site = healing_site("neck")
    assert site.surviving_per_cm2(3000)[0] == 0
    speed = c.FRONT_SPEED_um_h.value * site.front_speed.value
    # 140 points across: the edge of the closed part is known to one of them
    assert deep.nominal == pytest.approx(5000 * (1 - math.sqrt(0.05)) / speed / 24, rel=2 / 140)


def test_continuity_and_the_visible_zone_are_two_quantities():
    course = heal(fractional(**COLUMNS), site="forearm")
    assert course["epithelium_closed_d"].nominal < 1
    assert course["visible_gone_d"].nominal > 14
    at_7 = daily(course, until_d=28)
    assert at_7["open_pct"]["nominal"][7] == 0
    assert at_7["visible_pct"]["nominal"][7] > 0


def test_every_prediction_has_grade_interval_source():
    course = heal(fractional(**COLUMNS), site="cheek")
    for p in (*course.predictions, *course.full_field, *(r.prediction for r in course.risks)):
        assert p.grade in GRADES
        assert p.grade != "A"  # no controlled comparison exists
        assert p.low <= p.nominal <= p.high, p.name
        assert len(p.source) > 5
        assert p.illustrative == (p.grade == "D")
        assert cn.units.unit_of(p.name) in ("d", "pct"), p.name
    for risk in course.risks:
        assert risk.prediction.illustrative
        assert risk.factors
        assert risk.reducers
    assert course.reviewed_by == "none"


def test_as_dict_is_plain_and_the_hash_follows_the_inputs():
    course = heal(fractional(**COLUMNS), site="cheek", phototype="V")
    plain = json.loads(json.dumps(course.as_dict(), allow_nan=False))
    assert plain["days"]["day"] == list(range(29))
    assert len(plain["days"]["open_pct"]["nominal"]) == 29
    assert "tone" in plain["redness_words"]
    assert heal(fractional(**COLUMNS), site="cheek", phototype="V").inputs_sha256 == course.inputs_sha256
    assert heal(fractional(**COLUMNS), site="cheek", phototype="IV").inputs_sha256 != course.inputs_sha256
    other = heal(fractional(**{**COLUMNS, "pitch_um": 510.0}), site="cheek", phototype="V")
    assert other.inputs_sha256 != course.inputs_sha256


def test_a_course_is_frozen():
    course = heal(fractional(**COLUMNS), site="cheek")
    with pytest.raises(dataclasses.FrozenInstanceError):
        course.site = "neck"
    for array in (course.wound.centres_um, course.days.day, course.matrix.hsp47, course.days.open_pct.nominal):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_dry_care_and_impaired_healing_take_longer():
    healthy = History(**dict.fromkeys(History.model_fields, "no"))
    smoker = healthy.model_copy(update={"smoker": "yes"})
    base = heal(fractional(**COLUMNS), site="cheek", history=healthy)["epithelium_closed_d"]
    dry = heal(fractional(**COLUMNS), site="cheek", history=healthy, care="dry")["epithelium_closed_d"]
    smoking = heal(fractional(**COLUMNS), site="cheek", history=smoker)["epithelium_closed_d"]
    unknown = heal(fractional(**COLUMNS), site="cheek")["epithelium_closed_d"]
    assert dry.nominal == pytest.approx(c.DRY_CARE_TIME.value * base.nominal)
    assert smoking.nominal > base.nominal
    assert unknown.high > base.high


@pytest.mark.parametrize("bad", [math.nan, math.inf, -1.0, True, "80", None])
@pytest.mark.parametrize("name", ["dead_radius_um", "pitch_um", "crater_depth_um", "basal_rise_K", "width_mm"])
def test_bad_numbers_of_columns_are_refused(name, bad):
    with pytest.raises(BadInput, match=name):
        fractional(**{**COLUMNS, name: bad})


@pytest.mark.parametrize("bad", [math.nan, -1.0, math.inf])
@pytest.mark.parametrize("name", ["depth_um", "rim_um", "width_mm", "height_mm", "basal_rise_K"])
def test_bad_numbers_of_a_surface_are_refused(name, bad):
    with pytest.raises(BadInput, match=name):
        full_field(**{"depth_um": 100.0, "rim_um": 80.0, "width_mm": 10.0, name: bad})


def test_other_bad_input_is_refused(treated):
    field, lesion = treated
    wound = fractional(**COLUMNS)
    for call, what in (
        (lambda: heal(field), "wound"),
        (lambda: heal({"radius": 80}), "wound"),
        (lambda: heal(wound), "site"),
        (lambda: heal(wound, site="chek"), "site"),
        (lambda: heal(wound, site="cheek", phototype="VII"), "phototype"),
        (lambda: heal(wound, site="cheek", care="wet"), "care"),
        (lambda: heal(wound, site="cheek", skin_um=math.nan), "skin_um"),
        (lambda: fractional(**{**COLUMNS, "crater_radius_um": 90.0}), "crater_radius_um"),
        (lambda: fractional(**COLUMNS, passes=0), "passes"),
        (lambda: of_field(field, dataclasses.replace(lesion, profile=_alive(lesion.profile))), "lesion"),
        (lambda: daily(heal(wound, site="cheek"), until_d=1000), "until_d"),
        (lambda: recurrence("blue", limit_um=500, site="cheek", skin_um=1600), "naevus kind"),
        (lambda: recurrence("dermal", limit_um=math.nan, site="cheek", skin_um=1600), "limit_um"),
    ):
        with pytest.raises(BadInput) as caught:
            call()
        assert caught.value.what == what


def _alive(profile):
    nothing = np.zeros_like(profile.depth_um)
    return dataclasses.replace(profile, crater_um=nothing, necrosis_um=nothing)


def test_a_naevus_is_never_shown_beyond_the_limit():
    found = recurrence("compound", limit_um=700, site="cheek", skin_um=1600)
    assert found.depth_um.max() == 700
    again, scar = found.at(700)
    assert again[1] <= again[0] <= again[2]
    assert scar[1] <= scar[0] <= scar[2]
    with pytest.raises(BadInput, match="limit"):
        found.at(701)
    assert any("No depth is recommended" in s for s in found.said)


@pytest.mark.parametrize("site", [*catalogue.ids("sites"), "face", "trunk", "genital", "scalp"])
def test_every_site_of_the_library_heals(site):
    found = healing_site(site)
    assert found.surviving_per_cm2(50)[1] <= found.surviving_per_cm2(50)[0] <= found.surviving_per_cm2(50)[2]
    assert heal(fractional(**COLUMNS), site=site)["epithelium_closed_d"].nominal > 0


def test_constants_are_what_the_calibration_rows_give():
    """Stated to three digits, so half a unit of the third is allowed."""
    assert fit_front_speed_um_h() == pytest.approx(
        (c.FRONT_SPEED_um_h.value, c.FRONT_SPEED_um_h.low, c.FRONT_SPEED_um_h.high), rel=2e-3
    )
    assert fit_visible() == pytest.approx((c.VISIBLE_LAG_d.value, c.VISIBLE_SPEED_um_d.value), rel=2e-3)
    assert fit_hsp47() == pytest.approx((c.HSP47_RISE_d.value, c.HSP47_DECAY_d.value), rel=2e-3)


def test_fitted_predictions_stand_on_calibration_rows_only():
    used = {"closed_stumpp", "visible_pct", "hsp47_peak_d", "hsp47_pct"}
    for name in FILES:
        for row in rows(name):
            if row.prediction in used:
                assert row.role == "calibrate"
    assert {r.prediction for r in rows() if r.role == "calibrate"} >= used
    assert all(r.role == "check" for r in rows(FILES[1]))


def test_the_words_for_redness_change_with_the_skin():
    words = {t: heal(fractional(**COLUMNS), site="cheek", phototype=t).redness_words for t in ("I", "VI")}
    assert "red" in words["I"]
    assert "may not be seen" in words["VI"]
