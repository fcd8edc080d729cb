"""The stored calibration belongs to the data and the engine, and the facts that must hold against measurements do."""

import math

import numpy as np
import pytest

from colonnade import catalogue
from colonnade.calibration import targets, validation
from colonnade.calibration.measured import data_sha256, measurements
from colonnade.calibration.profile import global_losses
from colonnade.calibration.responses import surrogate, table_specs
from colonnade.calibration.studies import calibration_studies, check_studies, parameters

GLOBAL = catalogue.load("calibration", "global")


def test_the_calibration_saw_the_data_that_is_in_the_library():
    assert GLOBAL["data_sha256"] == data_sha256()
    assert catalogue.load("calibration", "validated_range")["data_sha256"] == data_sha256()


def test_it_was_fitted_to_rows_of_role_calibrate_and_to_all_of_them():
    roles = {m.study: m.role for m in measurements()}
    assert {roles[s] for s in GLOBAL["fitted_to"]} == {"calibrate"}
    assert [s.name for s in calibration_studies()] == GLOBAL["fitted_to"]
    assert {r["study"] for r in GLOBAL["check_row"]} == {s.name for s in check_studies()}
    assert not {r["study"] for r in GLOBAL["check_row"]} & set(GLOBAL["fitted_to"])


def test_the_engine_still_answers_as_when_the_tables_were_made():
    """Two rows of every table again, to 3 %: a changed engine must not live on with an old calibration."""
    assert validation.stale() == ()


@pytest.mark.parametrize("name", [n for n, s in table_specs().items() if s.what != "heat"])
def test_surrogates_are_good_enough_to_be_used(name):
    """The error enters every fit; beyond 25 % (half of the narrowest stated interval) a table would be useless."""
    assert surrogate(name, "crater_depth_um").error_rms < 0.25


def test_no_parameter_sits_at_the_end_of_its_range():
    declared = parameters()
    for name in ("eta", "kappa_per_mm"):
        low, high = declared[name].prior.span
        assert 1.5 * low < GLOBAL[name]["value"] < high / 1.5


def test_coverage_is_counted_from_the_rows_it_stands_over():
    for figure, rows in (
        ("leave_one_study_out", "study_row"),
        ("leave_one_row_out", "device_row"),
        ("check", "check_row"),
    ):
        inside = sum(r["low"] <= r["measured"] <= r["high"] for r in GLOBAL[rows])
        assert (GLOBAL[figure]["covered"], GLOBAL[figure]["rows"]) == (inside, len(GLOBAL[rows]))


def test_threshold_of_a_millisecond_pulse_is_near_the_measured_one_and_rises():
    """5 J/cm2 below 1 ms, from a review without an error: within a quarter. Beyond 1 ms it rises (Ross 1996)."""
    short, long = targets.threshold_J_cm2(0.3), targets.threshold_J_cm2(10.0)
    assert short == pytest.approx(5.0, rel=0.25)
    assert long > 1.2 * short


def test_the_threshold_of_pulses_of_microseconds_needs_partial_vaporisation():
    """1.15 J/cm2 is met with f_v between 0.1 and 0.5 (0.3 to 0.5 was expected for such pulses), not with f_v = 1."""
    plain = targets.threshold_J_cm2(0.001)
    f_v = targets.needed(1.15, lambda f: targets.threshold_J_cm2(0.001, f_v=f), 0.05, 1.0)
    assert plain > 2 * 1.15
    assert 0.1 < f_v < 0.5


def test_char_only_where_it_was_seen():
    eta, _ = global_losses().at(0.0, 0.0)
    answers = targets.char_by_irradiance(eta=eta)
    assert all(c.holds for c in answers)
    assert any(c.char for c in answers)


def test_the_rim_of_a_flat_pulse_is_of_the_size_that_was_measured():
    """53, 85 ± 15, 100 ± 15 and 120 µm: collagen within a factor of 2.5, necrosis of 2; Payne's 53 µm within 20 %.

    The upper bounds hold a known shortcoming in sight: of the three thicker rims less than two thirds is met. When
    that changes, the pages and this test must change.
    """
    eta, _ = global_losses().at(0.0, 0.0)
    found = {rim.row: rim for rim in targets.rims(eta=eta)}
    for rim in found.values():
        assert abs(math.log2(rim.necrosis_um / rim.measured_um)) < 1.0
        assert rim.collagen_um > 0.4 * rim.measured_um
    assert found["payne1997-1"].collagen_um == pytest.approx(found["payne1997-1"].measured_um, rel=0.2)
    assert all(r.collagen_um < 0.66 * r.measured_um for name, r in found.items() if name != "payne1997-1")


def test_measured_rims_lie_between_escaping_and_recondensing_steam():
    """Both fates of the steam bracket every measured rim, to the error of 20 % where none is stated."""
    eta, _ = global_losses().at(0.0, 0.0)
    trials = {t.name: t.rim_um for t in targets.rim_trials(eta=eta)}
    thin = trials["Maitland-Walsh, steam escapes (default)"]
    thick = trials["Maitland-Walsh, steam recondenses"]
    measured = {r.row: r.measured_um for r in targets.rims(eta=eta)}
    for row, low, high in zip(targets.RIM_REGIMES, thin, thick, strict=True):
        assert 0.8 * low < measured[row] < 1.2 * high


def test_bisection_says_when_there_is_no_crossing():
    assert targets.needed(9.0, lambda x: x, 0.0, 1.0) is None
    assert targets.needed(0.3, lambda x: 1 - x, 0.0, 1.0) == pytest.approx(0.7, abs=1e-3)


def test_every_row_of_the_library_is_used_or_named_with_a_reason():
    named = {text.split(" ")[0] for text in validation.not_asked()}
    used = {r.row for s in (*calibration_studies(), *check_studies()) for r in s.rows}
    rows = {m.row for m in measurements() if m.role != "comparator"}
    assert named | used == rows
    assert not named & used


def test_inequalities_are_asked_of_the_engine():
    found = {i.row: i for i in validation.inequalities()}
    assert "hurliman2017-1" in found
    assert all("model" in i.text for i in found.values())
    # depth rises with energy (Baumann 2020) whatever the spot
    assert all(i.holds for i in found.values() if "crater_depth_um increases" in i.text)


def test_the_stored_draw_of_losses_is_the_posterior():
    joint = GLOBAL["joint"]
    assert np.exp(joint["ln_eta"]) == pytest.approx(GLOBAL["eta"]["value"], rel=0.05)
    assert 0 < joint["tau"] < 1.2
