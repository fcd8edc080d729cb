"""What cannot be right is refused with what was given, what is allowed and what to do; nothing is left half-written."""

import csv
import json
from pathlib import Path

import pytest

from colonnade.calibration.commissioning import read_shots
from colonnade.errors import BadInput
from colonnade.laser import Shot, device
from colonnade.photothermal import Ablation, Cooling, Losses, Mesh, Physics, simulate
from colonnade.schema import read
from colonnade.tissue import skin
from tests.unit.cli_fakes import call

LASER = device("lumenis-ultrapulse-deepfx")
EXAMPLE = Path(__file__).parents[2] / "examples" / "commissioning-shots.csv"
GOOD = {"energy_mJ": 20.0, "pulse_ms": 0.4, "spot_um": 120.0}


def refused(capsys, tmp_path, *words):
    """The command's answer in JSON: exit 2, three parts, an empty folder."""
    code, out, _ = call(capsys, *words, "--out", tmp_path / "out", "--json")
    error = json.loads(out)["error"] if "error" in json.loads(out) else json.loads(out)
    assert code == 2
    assert error["given"]
    assert error["allowed"]
    assert error["todo"]
    assert list(tmp_path.iterdir()) == []
    return error


@pytest.mark.parametrize(
    "change",
    [
        {"energy_mJ": 1e7}, {"energy_mJ": 0.0}, {"energy_mJ": -5.0}, {"energy_mJ": float("nan")},
        {"pulse_ms": 0.0}, {"pulse_ms": 1e-9}, {"pulse_ms": 1e7}, {"pulse_ms": float("inf")},
        {"spot_um": 0.0}, {"spot_um": -120.0}, {"spot_um": 1.0}, {"spot_um": 1e6}, {"spot_um": float("nan")},
        {"energy_mJ": 2000.0, "pulse_ms": 0.001, "spot_um": 10.0},
        {"energy_mJ": 90_000.0},
    ],
    ids=str,
)  # fmt: skip
def test_shots_outside_every_table(change):
    with pytest.raises(BadInput):
        read(Shot, {**GOOD, **change}, origin="a test")


def test_an_irradiance_at_which_air_breaks_down_names_itself():
    with pytest.raises(BadInput, match=r"at most 1e\+06 kW/cm².*5.09e\+09.*2e\+06 W on 10 µm"):
        read(Shot, {"energy_mJ": 2000.0, "pulse_ms": 0.001, "spot_um": 10.0}, origin="a test")


@pytest.mark.parametrize(
    "words",
    [
        ("--energy-mj", 1e9, "--pulse-ms", 1, "--spot-um", 120, "--profile", "gaussian"),
        ("--energy-mj", 20, "--pulse-ms", 1, "--spot-um", 0, "--profile", "gaussian"),
        ("--power-w", 1e9, "--pulse-ms", 1, "--spot-um", 120, "--profile", "tophat"),
        ("--energy-mj", "nan", "--pulse-ms", 1, "--spot-um", 120, "--profile", "gaussian"),
        ("--device", "lumenis-ultrapulse-deepfx", "--energy-mj", 20, "--power-w", 5000),
        ("--device", "lumenis-ultrapulse-deepfx", "--energy-mj", 20, "--pulse-ms", 1e12),
        ("--device", "lumenis-ultrapulse-deepfx", "--energy-mj", 20, "--spot-um", 0),
        ("--energy-mj", 20, "--pulse-ms", 1, "--spot-um", 120, "--profile", "gaussian", "--eta", 5),
        ("--energy-mj", 20, "--pulse-ms", 1, "--spot-um", 120, "--profile", "gaussian", "--kappa-per-mm", "nan"),
        ("--energy-mj", 20, "--pulse-ms", 1, "--spot-um", 120, "--profile", "gaussian", "--f-wall", 2),
    ],
    ids=lambda words: " ".join(str(w) for w in words),
)
def test_simulate_refuses_and_writes_nothing(capsys, tmp_path, words):
    refused(capsys, tmp_path, "simulate", "--site", "cheek", *words)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Losses(eta=0.0),
        lambda: Losses(kappa_per_mm=float("nan")),
        lambda: Losses(f_wall=1.0),
        lambda: Ablation(f_v=2.0),
        lambda: Ablation(t_abl_C=5.0),
        lambda: Cooling(until_ms=-1.0),
        lambda: Cooling(step=float("nan")),
        lambda: Physics(medium_C=500.0),
        lambda: Mesh(dr_um=0.0),
        lambda: Mesh(dz_um=float("nan")),
        lambda: Mesh(ratio=5.0),
        lambda: Mesh(dr_um=1e-6),
        lambda: Mesh(reach_mm=float("inf")),
    ],
    ids=range(13),
)
def test_strategies_refuse(wrong):
    with pytest.raises(BadInput):
        wrong()


@pytest.mark.parametrize("mesh", [Mesh(dr_um=0.02, dz_um=0.1), Mesh(dz_um=0.01), Mesh(dr_um=0.01)], ids=str)
def test_a_mesh_too_large_is_refused_with_what_to_do(mesh):
    """By its cells or by the steps that its finest cell asks for, before the first of them."""
    shot = Shot(**GOOD)
    with pytest.raises(BadInput, match="at most") as error:
        simulate(shot, skin("cheek"), mesh=mesh)
    assert "dr_um=" in error.value.todo or "coarsen the mesh" in error.value.todo


def table():
    with EXAMPLE.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def change(column, value):
    def changed(rows):
        at = rows[0].index(column)
        return [rows[0]] + [[value if i == at else cell for i, cell in enumerate(row)] for row in rows[1:]]

    return changed


def rename(column, name):
    return lambda rows: [[name if cell == column else cell for cell in rows[0]], *rows[1:]]


BAD_FILES = {
    "no column crater_depth_um": lambda rows: [row[:-2] + row[-1:] for row in rows],
    "unit mm": rename("crater_depth_um", "crater_depth_mm"),
    "unit J": rename("energy_mJ", "energy_J"),
    "the same as row": lambda rows: [*rows, rows[1]],
    "with a label of its own": lambda rows: [*rows, [rows[1][0], *rows[2][1:]]],
    "twice": lambda rows: [[*row, row[3]] for row in rows],
    "more or fewer cells": lambda rows: [*rows[:2], rows[2][:-1], *rows[3:]],
    "0.01 mJ": change("energy_mJ", "0.01"),
    "0.141": change("crater_depth_um", "0.141"),
    '"12 mJ"': change("energy_mJ", "12 mJ"),
    "nan": change("energy_mJ", "nan"),
    "0.0": change("spot_um", "0"),
    "0 rows": lambda rows: rows[:1],
    "no column row": lambda rows: [],
}


@pytest.mark.parametrize("said", BAD_FILES, ids=str)
def test_measurement_files_that_are_wrong(said, tmp_path):
    path = tmp_path / "shots.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(BAD_FILES[said](table()))
    with pytest.raises(BadInput) as error:
        read_shots(path, LASER)
    assert said in str(error.value)


def test_commission_leaves_nothing_of_a_wrong_file(capsys, tmp_path):
    path = tmp_path / "shots.csv"
    path.write_text(EXAMPLE.read_text(encoding="utf-8").replace("crater_depth_um", "crater_depth_mm"), encoding="utf-8")
    out = tmp_path / "mine.toml"
    code, _, err = call(capsys, "commission", path, "--device", LASER.id, "--owner", "A. Physicist", "--out", out)
    assert code == 2
    assert "crater_depth_um" in err
    assert [p.name for p in tmp_path.iterdir()] == ["shots.csv"]


def test_an_early_good_profile_survives_a_wrong_file(capsys, tmp_path):
    """Nothing is lost: what stood there before stays as it is."""
    out = tmp_path / "mine.toml"
    out.write_text("earlier", encoding="utf-8")
    code, _, _ = call(capsys, "commission", EXAMPLE, "--device", LASER.id, "--owner", "A. Physicist", "--out", out)
    assert code == 2
    assert out.read_text(encoding="utf-8") == "earlier"


@pytest.mark.parametrize(
    "words",
    [("--speed-mm-s", 0), ("--speed-mm-s", "nan"), ("--speed-mm-s", 100, "--track-mm", 1e6),
     ("--speed-mm-s", 100, "--cell-um", 0.5), ("--speed-mm-s", 100, "--cell-um", 0), ("--speed-mm-s", 100, "--eta", 7)],
    ids=str,
)  # fmt: skip
def test_cut_refuses(capsys, words):
    given = ("cut", "--power-w", 10, "--spot-um", 200, "--profile", "gaussian", "--site", "cheek", *words, "--json")
    code, out, _ = call(capsys, *given)
    assert code == 2
    assert "todo" in out
