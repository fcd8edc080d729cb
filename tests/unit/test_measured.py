"""The measurements as data: typed, with source and role, and nothing that a role forbids reaches a fit."""

import math

import pytest

from colonnade.calibration import measured
from colonnade.calibration.studies import study_specs
from colonnade.errors import BadInput
from colonnade.schema import read


def test_every_row_has_role_source_and_a_note_and_its_own_label():
    rows = measured.measurements()
    assert len(rows) > 50
    assert len({r.row for r in rows}) == len(rows)
    assert all(r.source and r.note for r in rows)
    # our own wording: no quotation runs on
    assert max(len(r.note) for r in rows) < 220


def test_published_figures_are_carried_over():
    """Spot checks against the publications' abstracts."""
    by = {r.row: r for r in measured.measurements()}
    assert (by["mcmillan-8"].energy_mJ, by["mcmillan-8"].value, by["mcmillan-8"].sd) == (400, 399, 31)
    assert (by["green1992-1"].value, by["green1992-1"].sd) == (85, 15)
    assert by["payne1997-2"].value == 1.15
    assert by["walsh1989-2"].value == 4.8
    assert [by[f"lsm22102-{i}"].value for i in (1, 2, 3)] == [300, 1400, 2100]


def test_roles_keep_checks_and_bounds_out_of_calibration():
    used = set(study_specs())
    for row in measured.measurements():
        if row.role in ("bound", "comparator"):
            assert row.study not in used
    assert {r.study for r in measured.measurements(role="check")} & used == {"eCO2_three_tips"}


def test_centre_and_spread_of_a_range():
    row = next(r for r in measured.measurements() if r.row == "review-ablative-1")
    assert row.centre == pytest.approx(math.sqrt(20 * 30))
    assert row.relative_sd(0.2) == pytest.approx(math.log(1.5) / 3.92)
    assert next(r for r in measured.measurements() if r.row == "lsm22102-1").relative_sd(0.2) == 0.2


def test_one_sided_bounds_have_no_centre():
    row = next(r for r in measured.measurements() if r.row == "hurliman2017-1")
    assert (row.centre, row.high) == (None, 900)


@pytest.mark.parametrize("change", [{"value": None}, {"value": float("nan")}, {"role": "fit"}, {"value": -3.0}])
def test_a_broken_row_is_refused(change):
    good = next(r for r in measured.measurements() if r.row == "mcmillan-1").model_dump()
    with pytest.raises(BadInput):
        read(measured.Measurement, good | change, origin="test")


def test_the_data_hash_follows_the_data(monkeypatch):
    before = measured.data_sha256()
    text = measured.catalogue.text
    monkeypatch.setattr(measured.catalogue, "text", lambda kind, name: text(kind, name) + "x")
    assert measured.data_sha256() != before
