"""``colonnade validate``: what it prints, and when it says no."""

import json

import pytest

from colonnade.calibration import validation
from colonnade.calibration.fit import Predicted
from colonnade.calibration.validation import Inequality, Validation
from tests.unit.cli_fakes import call


def found(*, holds=True, stale=()):
    rows = (
        Predicted("A", "a-1", "crater_depth_um", 100.0, 120.0, 60.0, 200.0),
        Predicted("A", "a-2", "crater_depth_um", 300.0, 120.0, 60.0, 200.0),
    )
    return Validation(rows, rows, rows, (Inequality("b-1", "at most 900 µm; model 800", holds),), stale)


@pytest.mark.parametrize(
    ("answer", "code"),
    [(found(), 0), (found(holds=False), 1), (found(stale=("the data changed",)), 1)],
    ids=["holds", "broken", "stale"],
)
def test_exit_code_is_about_inequalities_and_staleness_only(capsys, monkeypatch, answer, code):
    """A row outside its interval is no failure: the tables have no pass mark."""
    monkeypatch.setattr(validation, "validate", lambda progress: answer)
    got, out, _ = call(capsys, "validate")
    assert got == code
    assert "a-2" in out
    assert ("BROKEN" in out, "STALE" in out) == (not answer.inequalities[0].holds, bool(answer.stale))


def test_json_holds_the_three_figures_apart(capsys, monkeypatch):
    monkeypatch.setattr(validation, "validate", lambda progress: found())
    code, out, _ = call(capsys, "validate", "--json")
    data = json.loads(out)
    assert code == 0
    assert {"leave_one_study_out", "leave_one_row_out", "check"} <= set(data)
    assert data["check"]["covered"] == 1
    assert data["check"]["table"][1]["inside"] is False
