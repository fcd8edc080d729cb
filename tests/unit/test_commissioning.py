"""Commissioning: recovers a known device, refuses what cannot be trusted, and its profile expires."""

import csv
import json
import math
import tomllib
from datetime import date

import pytest

import colonnade as cn
from colonnade.calibration import commissioning
from colonnade.calibration.commissioning import TestShot, commission, load_profile, read_shots
from colonnade.errors import BadInput
from tests.unit.cli_fakes import call, error_of

DEVICE = cn.device("lumenis-ultrapulse-deepfx")
ETA, KAPPA = 0.45, 1.0
TODAY = date(2026, 11, 22)


def model(x):
    straight = x["eta"] * 60.0 * x["energy_mJ"]
    return {"crater_depth_um": math.log1p(x["kappa_per_mm"] * straight / 1e3) / x["kappa_per_mm"] * 1e3}


def row(energy, *, factor=1.0, **change):
    depth = model({"eta": ETA, "kappa_per_mm": KAPPA, "energy_mJ": energy})["crater_depth_um"] * factor
    data = {
        "row": f"t{energy}",
        "medium": "agar",
        "method": "microscope",
        "energy_mJ": energy,
        "pulse_ms": energy / 30.0,
        "spot_um": 120.0,
        "profile": "gaussian",
        "water": 0.96,
        "temperature_C": 20.0,
        "crater_depth_um": round(depth, 1),
        "sd_um": round(0.05 * depth, 2),
    }
    return data | change


ROWS = [row(e, factor=f) for e, f in ((5.0, 1.02), (10.0, 0.97), (20.0, 1.03), (35.0, 0.98), (50.0, 1.01))]


def write(path, rows, columns=None):
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns or list(rows[0]), extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture(scope="module")
def fitted():
    shots = tuple(TestShot(**r) for r in ROWS)
    return commission(shots, DEVICE, owner="A. Physicist", date=TODAY, run=model)


def test_a_known_device_is_recovered(fitted):
    assert fitted.eta[0] < ETA < fitted.eta[2]
    assert fitted.kappa_per_mm[0] < KAPPA < fitted.kappa_per_mm[2]
    assert fitted.eta[2] / fitted.eta[0] < 2.0
    assert all(r.inside for r in fitted.residuals)


def test_histology_shrinkage_widens_and_is_not_fitted_away(fitted):
    shots = tuple(TestShot(**(r | {"method": "histology"})) for r in ROWS)
    other = commission(shots, DEVICE, owner="A. Physicist", date=TODAY, run=model)
    # in ln: 0.11 of the rows and 0.14 of the shrinkage add to 0.18, 1.6 times the former
    assert math.log(other.eta[2] / other.eta[0]) > 1.4 * math.log(fitted.eta[2] / fitted.eta[0])
    # depths shrunk on the slide mean deeper craters in skin, so more of the beam
    assert other.eta[1] > fitted.eta[1]


def test_the_profile_is_dated_owned_and_expires(fitted, tmp_path):
    path = tmp_path / "p.toml"
    path.write_text(fitted.text, encoding="utf-8")
    data = tomllib.loads(fitted.text)
    assert (data["owner"], data["date"], data["expires"]) == ("A. Physicist", "2026-11-22", "2027-11-22")
    assert data["reviewed_by"] == "none"
    assert data["disclaimer"] == cn.DISCLAIMER
    assert len(data["residual"]) == len(ROWS)
    estimate, box = load_profile(path, device=DEVICE, today=date(2027, 11, 22))
    assert estimate.at(0, 0)[0] == pytest.approx(math.exp(fitted.estimate.ln_eta))
    assert (box.energy_mJ, box.covered, box.unstated) == ((5.0, 50.0), 5, ())
    with pytest.raises(BadInput, match="expires"):
        load_profile(path, device=DEVICE, today=date(2027, 11, 23))
    with pytest.raises(BadInput, match="device"):
        load_profile(path, device=cn.device("lutronic-eco2"), today=TODAY)


def test_an_ownerless_or_undated_profile_is_refused(fitted, tmp_path):
    path = tmp_path / "p.toml"
    for old, new in (('owner = "A. Physicist"', 'owner = " "'), ('expires = "2027-11-22"', ""), ("schema", "# schema")):
        path.write_text(fitted.text.replace(old, new, 1), encoding="utf-8")
        with pytest.raises(BadInput):
            load_profile(path, device=DEVICE, today=TODAY)


def test_nobody_or_for_ever_is_refused():
    shots = tuple(TestShot(**r) for r in ROWS)
    with pytest.raises(BadInput, match="owner"):
        commission(shots, DEVICE, owner=" ", date=TODAY, run=model)
    with pytest.raises(BadInput, match="days"):
        commission(shots, DEVICE, owner="x", date=TODAY, run=model, valid_days=5000)


def test_a_good_file_is_read(tmp_path):
    shots = read_shots(write(tmp_path / "m.csv", ROWS), DEVICE)
    assert [s.energy_mJ for s in shots] == [5, 10, 20, 35, 50]


def renamed(rows, old, new):
    return [{new if k == old else k: v for k, v in r.items()} for r in rows]


@pytest.mark.parametrize(
    ("rows", "hint"),
    [
        ([{k: v for k, v in r.items() if k != "sd_um"} for r in ROWS], "no column sd_um"),
        (renamed(ROWS, "energy_mJ", "energy_J"), "unit J"),
        (renamed(ROWS, "crater_depth_um", "crater_depth_mm"), "unit mm"),
        (renamed(ROWS, "crater_depth_um", "crater_depth"), "unit none"),
        (renamed(ROWS, "medium", "medum"), 'mean "medium"'),
        ([*ROWS, ROWS[0]], "the same as row t5.0"),
        ([*ROWS, ROWS[0] | {"row": "again"}], "the same as row t5.0"),
        (ROWS[:2], "2 rows"),
        ([row(20.0 + i / 10) for i in range(5)], "from 20 to 20.4 mJ"),
        ([*ROWS[1:], ROWS[0] | {"energy_mJ": "5,0"}], '"5,0"'),
        ([*ROWS[1:], ROWS[0] | {"energy_mJ": "nan"}], "nan"),
        ([*ROWS[1:], ROWS[0] | {"energy_mJ": 0.005}], "0.005"),
        ([*ROWS[1:], ROWS[0] | {"crater_depth_um": 0.4}], "0.4"),
        ([*ROWS[1:], ROWS[0] | {"medium": "paper"}], "paper"),
    ],
)
def test_a_bad_file_is_refused(tmp_path, rows, hint):
    with pytest.raises(BadInput) as refused:
        read_shots(write(tmp_path / "m.csv", rows), DEVICE)
    assert hint in str(refused.value)


@pytest.mark.parametrize("text", ["", "\n", "energy_mJ,row\n1\n"])
def test_an_empty_or_ragged_file_is_refused(tmp_path, text):
    path = tmp_path / "m.csv"
    path.write_text(text)
    with pytest.raises(BadInput):
        read_shots(path, DEVICE)


def test_a_row_with_too_many_cells_is_refused(tmp_path):
    path = write(tmp_path / "m.csv", ROWS)
    path.write_text(path.read_text() + "x" + ",1" * 20 + "\n")
    with pytest.raises(BadInput, match="cells"):
        read_shots(path, DEVICE)


def test_the_command_writes_a_profile_and_overwrites_none(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(commissioning, "run_case", model)
    path, out = write(tmp_path / "m.csv", ROWS), tmp_path / "p.toml"
    words = ("commission", path, "--device", DEVICE.id, "--owner", "A. Physicist", "--out", out)
    code, printed, _ = call(capsys, *words, "--json")
    assert code == 0
    assert len(json.loads(printed)["residuals"]) == len(ROWS)
    before = out.read_text()
    assert "exists" in error_of(capsys, *words)["given"]
    assert out.read_text() == before
    out.unlink()
    code, printed, _ = call(capsys, *words)
    assert "predicted" in printed


def test_the_command_writes_nothing_on_bad_input(capsys, tmp_path):
    path = write(tmp_path / "m.csv", ROWS[:2])
    out = tmp_path / "p.toml"
    error_of(capsys, "commission", path, "--device", DEVICE.id, "--owner", "x", "--out", out)
    assert not out.exists()


def test_rows_that_no_losses_explain_are_refused():
    """A spot typed five times too wide gave a profile whose losses lay at the edge of what was tried, and no word."""

    def wide(x):
        return {"crater_depth_um": model(x)["crater_depth_um"] * (120.0 / x["spot_um"]) ** 2}

    shots = tuple(TestShot(**(r | {"spot_um": 600.0})) for r in ROWS)
    with pytest.raises(BadInput, match="no row inside"):
        commission(shots, DEVICE, owner="A. Physicist", date=TODAY, run=wide)
