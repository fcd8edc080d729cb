"""The spot by thermal paper: recovered from marks that obey Liu's law, refused where they do not."""

import math
import tomllib
from pathlib import Path

import pytest

from colonnade.calibration import commissioning, paper
from colonnade.errors import BadInput
from tests.unit.cli_fakes import call

EXAMPLES = Path(__file__).parents[2] / "examples"
HEAD = "row,energy_mJ,mark_um\n"


def marks(w_um=60.0, threshold_mJ=1.1, energies=(2, 4, 8, 16), wrong=(0, 0, 0, 0)):
    return tuple(
        paper.Mark(row=f"m{i}", energy_mJ=e, mark_um=math.sqrt(2 * w_um**2 * math.log(e / threshold_mJ)) + d)
        for i, (e, d) in enumerate(zip(energies, wrong, strict=True))
    )


def test_marks_without_scatter_give_the_spot_and_the_threshold():
    found = paper.spot_of(marks())
    assert (found.spot_um, found.threshold_mJ) == (pytest.approx(120.0, rel=1e-9), pytest.approx(1.1, rel=1e-9))
    assert found.low_um == pytest.approx(found.high_um, rel=1e-6)


def test_the_threshold_of_the_paper_does_not_matter():
    assert paper.spot_of(marks(threshold_mJ=0.3)).spot_um == pytest.approx(120.0, rel=1e-9)


def test_scatter_is_in_the_interval():
    found = paper.spot_of(marks(wrong=(3.0, -2.0, 2.0, -3.0)))
    assert found.low_um < 120 < found.high_um
    assert found.misfit_um == pytest.approx(2.5, abs=1.5)


def test_the_bundled_example_holds_its_spot():
    found = paper.spot_of(paper.read_marks(EXAMPLES / "thermal-paper.csv"))
    assert found.low_um < 120 < found.high_um
    paper.agree(found, (120.0,))
    with pytest.raises(BadInput, match="by 6 marks on thermal paper"):
        paper.agree(found, (120.0, 250.0))


def test_marks_of_a_top_hat_are_no_gaussian():
    same = tuple(mark.model_copy(update={"mark_um": 120.0 + 0.1 * (i % 2)}) for i, mark in enumerate(marks()))
    with pytest.raises(BadInput, match="grow with energy"):
        paper.spot_of(same)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("row,energy_mJ\na,1\n", "mark_um"),
        ("row,energy_mJ,mark_mm\na,1,2\n", "mark_um"),
        (HEAD + "a,1,100\nb,2,120\nc,3,130\n", "at least 4"),
        (HEAD + "a,10,100\nb,11,120\nc,12,130\nd,13,131\n", "factor of 2"),
        (HEAD + "a,1,100\na,2,120\nc,3,130\nd,4,140\n", "twice"),
        (HEAD + "a,one,100\nb,2,120\nc,3,130\nd,4,140\n", "a number"),
        (HEAD + "a,1\nb,2,120\nc,3,130\nd,4,140\n", "one per column"),
        (HEAD + "a,1,0\nb,2,120\nc,3,130\nd,4,140\n", "greater than or equal to 5"),
        ("", "row, energy_mJ, mark_um"),
    ],
)
def test_bad_files_are_refused(tmp_path, text, hint):
    path = tmp_path / "marks.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput) as refused:
        paper.read_marks(path)
    assert hint in str(refused.value)


def test_the_profile_keeps_the_spot_and_a_contradiction_writes_nothing(capsys, tmp_path, monkeypatch):
    depth = lambda x: {"crater_depth_um": 20.0 * x["energy_mJ"] * x["eta"]}  # noqa: E731
    monkeypatch.setattr(commissioning, "run_case", depth)
    out = tmp_path / "mine.toml"
    words = ("commission", EXAMPLES / "commissioning-shots.csv", "--device", "lumenis-ultrapulse-deepfx", "--owner",
             "A. Physicist", "--out", out, "--paper")  # fmt: skip
    wide = tmp_path / "wide.csv"
    rows = "".join(f"{m.row},{m.energy_mJ},{m.mark_um:.0f}\n" for m in marks(w_um=200.0))
    wide.write_text(HEAD + rows, encoding="utf-8")
    code, _, err = call(capsys, *words, wide)
    assert code == 2
    assert "thermal paper" in err
    assert not out.exists()
    code, printed, _ = call(capsys, *words, EXAMPLES / "thermal-paper.csv")
    assert code == 0
    assert "spot by 6 marks on thermal paper: 1" in printed
    assert 110 < tomllib.loads(out.read_text(encoding="utf-8"))["spot"]["spot_um"] < 130
