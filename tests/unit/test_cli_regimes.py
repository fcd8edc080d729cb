"""`colonnade passes`, `colonnade volume`, the dose at depth: small real runs, refusals, files."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import h5py
import numpy as np
import pytest

from colonnade.errors import BadInput
from colonnade.laser import Shot
from colonnade.photothermal import NO_LOSSES, Cooling, Physics, beams, simulate
from colonnade.photothermal.damage import MAITLAND_WALSH
from colonnade.photothermal.dose import DEPTHS_UM, dose_at_depth
from colonnade.tissue import skin
from tests.unit.cli_fakes import call, error_of

ROOT = Path(__file__).parents[2]
PASSES = ("passes", "--fluence-j-cm2", 15, "--passes", 2, "--pause-s", 0.5, "--site", "back")
SMALL = """schema = "colonnade.beams/1"
site = "cheek"
until_ms = 0.05
[block]
length_um = 160
width_um = 150
depth_um = 160
cell_um = 10
[strategies]
film_um = 10.0
film_kind = "blood"
eta = 1.0
[[beams]]
energy_mJ = 0.6
pulse_ms = 0.05
spot_um = 80
x_um = 70
y_um = 75
tilt_deg = 15
"""


# --- passes -----------------------------------------------------------------------------------------------------------
def test_passes_print_each_pass_and_when_the_lesion_is_level(capsys):
    code, out, _ = call(capsys, *PASSES, "--raised-um", 20, "--eta", 1, "--kappa-per-mm", 0)
    assert code == 0
    assert "level with the skin around it after pass" in out
    assert "validity: outside" in out


def test_passes_as_json_close_their_energy_and_name_their_strategies(capsys):
    code, out, _ = call(capsys, *PASSES, "--steam", "recondenses", "--json")
    found = json.loads(out)
    assert code == 0
    assert [row["pass"] for row in found["passes"]] == [1, 2]
    assert found["energy"]["closure_error"] < 1e-6
    assert found["passes_to_level"] is None  # a flat lesion has no level to reach
    assert found["provenance"]["strategies"]["cooling"]["recondense"] is True
    assert set(found["provenance"]["strategies"]) == {"losses", "ablation", "cooling", "kinetics"}


@pytest.mark.parametrize(
    ("option", "value", "what"),
    [
        ("--fluence-j-cm2", 0, "fluence_J_cm2"), ("--fluence-j-cm2", "nan", "fluence_J_cm2"), ("--passes", 0, "passes"),
        ("--pause-s", -1, "pause_s"), ("--raised-um", -5, "raised_um"), ("--lesion-water", 2, "lesion_water"),
        ("--t-dry-c", 0, "t_dry_C"), ("--eta", 3, "eta"),
    ],
)  # fmt: skip
def test_passes_refuse(capsys, option, value, what):
    extra = ("--raised-um", 100) if option == "--lesion-water" else ()
    assert error_of(capsys, *PASSES, *extra, option, value)["what"] == what


def test_a_spot_through_all_the_skin_is_refused(capsys):
    words = ("passes", "--fluence-j-cm2", 1000, "--passes", 20, "--pause-s", 0.1, "--site", "lower-eyelid", "--eta", 1)
    assert "floor inside the skin" in error_of(capsys, *words, "--kappa-per-mm", 0)["allowed"]


# --- volume -----------------------------------------------------------------------------------------------------------
def beams_file(tmp_path, text=SMALL):
    path = tmp_path / "beams.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_volume_writes_numbers_and_maps(capsys, tmp_path):
    code, out, err = call(capsys, "volume", beams_file(tmp_path), "--threads", 1, "--out", tmp_path / "out", "--json")
    found = json.loads(out)
    assert code == 0
    assert "Forecast" in err
    assert found["energy"]["closure_error"] < 1e-4
    assert found["crater_depth_um"] > 0
    assert found["provenance"]["strategies"]["film"] == {"thickness_um": 10.0, "kind": "blood"}
    with h5py.File(tmp_path / "out" / "fields.h5") as file:
        assert file["crater_um"].shape == (16, 15)
        assert file["crater_um"][:].max() == found["crater_depth_um"]
        assert file["removed"].shape == (16, 15, 16)
    assert json.loads((tmp_path / "out" / "lesion.json").read_text(encoding="utf-8")) == found


def test_the_bundled_example_is_forecast_without_computing(capsys):
    code, out, _ = call(capsys, "volume", ROOT / "examples" / "tilted-beams.toml", "--forecast", "--json")
    assert code == 0
    assert 0 < json.loads(out)["forecast"]["minutes"] < 1


def test_too_much_is_refused_with_a_cell_that_fits(capsys, tmp_path):
    large = SMALL.replace("cell_um = 10", "cell_um = 0.5")
    error = error_of(capsys, "volume", beams_file(tmp_path, large), "--most-minutes", 0.5, "--out", tmp_path / "out")
    assert "cell_um=" in error["todo"]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("film_um = 10.0", "wall_bounces = 2", "wall_bounces"),
        ("film_um = 10.0", "film_mm = 1", "film_mm"),
        ("tilt_deg = 15", "tilt_deg = 80", "tilt_deg"),
        ("tilt_deg = 15", "tilt = 5", "tilt"),
        ("spot_um = 80", "spot_um = 0", "spot_um"),
        ("energy_mJ = 0.6", "energy_mJ = -1", "energy_mJ"),
        ("length_um = 160", "length_um = 0", "length_um"),
        ('site = "cheek"', 'site = "moon"', "site"),
        ("[block]", "[blok]", "block"),
        ('schema = "colonnade.beams/1"', 'schema = "colonnade.beams/9"', "schema"),
        ("[[beams]]", "[[beams", "beams.toml"),
    ],
)
def test_wrong_files_are_refused(capsys, tmp_path, old, new, what):
    assert old in SMALL
    error = error_of(capsys, "volume", beams_file(tmp_path, SMALL.replace(old, new)), "--out", tmp_path / "out")
    assert what in error["what"] + error["given"]
    assert [p.name for p in tmp_path.iterdir()] == ["beams.toml"]


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(BadInput, match=r"none\.toml"):
        beams.load(tmp_path / "none.toml")


# --- dose at depth ----------------------------------------------------------------------------------------------------
HEAT = (
    "simulate", "--power-w", 1, "--pulse-ms", 2000, "--spot-um", 8000, "--profile", "tophat", "--site", "cheek",
    "--h-surface-w-m2k", 500, "--medium-c", 10, "--dr-um", 100, "--dz-um", 10, "--until-ms", 100, "--no-intervals",
)  # fmt: skip


@pytest.fixture(scope="module")
def heated():
    shot = Shot(energy_mJ=4000, pulse_ms=2000, spot_um=8000, profile="tophat")
    return simulate(
        shot, skin("cheek"), losses=NO_LOSSES, cooling=Cooling(until_ms=500), physics=Physics(h_surface=0.0)
    )


def test_the_dose_is_that_of_the_fields(heated):
    """Falls with depth below the surface; Ω below what the highest temperature held for all the time would do."""
    found = dose_at_depth(heated)
    assert np.all(np.diff(found.cem43_min) <= 1e-12)
    assert np.all(found.omega_collagen[:-1] >= found.omega_collagen[1:])
    seconds = 2.5
    for depth in (25.0, 100.0):
        row = found.at(depth)
        assert row["cem43_min"] <= 0.5 ** (43 - row["temperature_max_C"]) * seconds / 60 * 1.01
        assert row["omega_collagen"] <= seconds / MAITLAND_WALSH.seconds_to_damage(row["temperature_max_C"] + 273.15)
    assert [row["depth_um"] for row in found.table()] == [d for d in DEPTHS_UM if d <= found.depth_um[-1]]


def test_nothing_is_dosed_in_the_hole():
    lesion = simulate(Shot(energy_mJ=5, pulse_ms=0.2, spot_um=120), skin("cheek"), cooling=Cooling(until_ms=1))
    found = dose_at_depth(lesion)
    assert found.cem43_min is None
    assert found.depth_um[0] > lesion.crater_depth_um - 2
    assert all(row["depth_um"] > lesion.crater_depth_um - 2 for row in found.table())


def test_deep_heating_prints_and_draws_its_dose(capsys, tmp_path):
    code, out, _ = call(capsys, *HEAT, "--dose-figure", tmp_path / "dose.svg")
    assert code == 0
    assert "dose under the axis:" in out
    assert "CEM43" in out
    text = " ".join(ET.fromstring((tmp_path / "dose.svg").read_bytes()).itertext())  # noqa: S314 - our own
    for word in ("CEM43 [min]", "collagen, Ω", "Depth under the axis"):
        assert word in text
    assert "mathdefault" not in text
    code, out, _ = call(capsys, *HEAT, "--json")
    rows = json.loads(out)["dose_at_depth"]
    assert [set(row) for row in rows[:1]] == [
        {"depth_um", "temperature_max_C", "cem43_min", "omega_collagen", "omega_cell"}
    ]


def test_a_dose_figure_that_exists_is_refused_first(capsys, tmp_path):
    (tmp_path / "dose.svg").write_text("mine", encoding="utf-8")
    assert error_of(capsys, *HEAT, "--dose-figure", tmp_path / "dose.svg")["what"] == "--dose-figure"
