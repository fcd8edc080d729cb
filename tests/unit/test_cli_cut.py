"""`colonnade cut` and `simulate --figure`: what they ask, forecast, print and write."""

import json
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from colonnade.laser import Shot
from colonnade.photothermal import cutting
from colonnade.photothermal.lesion import EnergyAudit
from colonnade.reporting import palette
from colonnade.reporting.canvas import Stamp, style
from colonnade.reporting.regime_figure import duration, irradiance, regimes
from colonnade.tissue import skin
from tests.unit.cli_fakes import GENERIC, call, lesion, stand_in

CUT = ("cut", "--power-w", 10, "--speed-mm-s", 100, "--spot-um", 200, "--profile", "gaussian", "--site", "cheek")
STAMP = Stamp("settings", "0123456789abcdef", of="result")


@pytest.fixture
def quick(monkeypatch):
    """A stand-in for the solver that records what it was asked; its numbers are a test's."""
    asked = []

    def simulate_cut(shot, where, **how):
        asked.append((shot, where, how))
        how["progress"](0.5, "half")
        none = np.zeros((2, 2))
        return cutting.Cut(
            shot=shot, speed_mm_s=how["speed_mm_s"], depth_um=176.0, depth_sd_um=0.0, width_surface_um=220.0,
            rim_bottom_um=0.0, rim_side_um=8.5, necrosis_depth_um=232.0, balance_um=196.5, wet_layer_um=12.0,
            hottest_behind_C=None, start_um=0.0, crater_um=none, coagulated_um=none, necrosis_um=none,
            energy=EnergyAudit(120.0, 1.2, 60.0, 40.0, 2.8, 16.0, 0.0), cell_um=(10.0, 10.0, 4.0),
            forecast=cutting.Forecast(1000, 10, 0.1, 0.2), seconds=1.0,
        )  # fmt: skip

    monkeypatch.setattr(cutting, "simulate_cut", simulate_cut)
    return asked


def test_cut_prints_its_numbers_with_their_units(capsys, quick):
    code, out, err = call(capsys, *CUT)
    assert code == 0
    assert "176 µm" in out
    assert "outside" in out
    assert "Forecast" in err
    shot, where, how = quick[0]
    assert shot.power_W == pytest.approx(10)
    assert how["speed_mm_s"] * shot.pulse_ms == pytest.approx(6 * 200)  # six spots where no track is stated
    assert where.id == "cheek"


def test_cut_as_json(capsys, quick):
    code, out, _ = call(capsys, *CUT, "--track-mm", 2, "--eta", 0.5, "--json")
    data = json.loads(out)
    assert code == 0
    assert data["depth_um"] == 176.0
    assert data["energy_balance_um"] == 196.5
    assert data["energy"]["closure_error"] == pytest.approx(0.0)
    assert len(data["provenance"]["inputs_sha256"]) == 64
    assert quick[0][0].pulse_ms == pytest.approx(20)
    assert quick[0][2]["losses"].eta == 0.5


def test_the_forecast_alone_computes_nothing(capsys, quick):
    code, out, _ = call(capsys, *CUT, "--forecast", "--json")
    data = json.loads(out)
    assert code == 0
    assert data["forecast"]["cells"] > 10_000
    assert data["forecast"]["steps"] > 100
    assert not quick


def test_cut_asks_for_the_profile(capsys, quick):
    words = [w for w in CUT if w not in ("--profile", "gaussian")]
    code, _, err = call(capsys, *words)
    assert code == 2
    assert "no beam is assumed" in err
    assert not quick


# --- the regime map ---------------------------------------------------------------------------------------------------
SHOTS = (
    ("clean", Shot(energy_mJ=10, pulse_ms=0.4, spot_um=120)),
    ("slow", Shot(energy_mJ=20, pulse_ms=5, spot_um=1000, profile="tophat")),
)


def drawn(shots=SHOTS):
    with style():
        return regimes(shots, skin("cheek"), "regimes", STAMP)


def test_every_shot_is_named_with_its_regime():
    picture = drawn()
    text = " ".join(ET.fromstring(picture.svg).itertext())  # noqa: S314 - our own, a moment ago
    for word in ("clean vaporisation", "coagulation", "warming", "vaporisation with char", "slow"):
        assert word in text
    assert "1: clean, 442 kW/cm² for 400 µs, clean vaporisation expected" in picture.alt
    assert "coagulation expected" in picture.alt
    assert "result 0123456789ab" in text
    assert picture.png.startswith(b"\x89PNG")


def test_a_shot_far_off_is_still_on_the_map():
    """The axes grow: 600 s, and a nanowatt."""
    far = Shot(energy_mJ=1e-6, pulse_ms=600_000, spot_um=10_000, profile="tophat")
    assert "below 1 K" in drawn((("far", far),)).alt


def test_areas_differ_in_grey():
    """Rec. 709 luma of the fills, 0.1 apart at least: a grey print keeps them apart even without hatch and border."""

    def luma(colour):
        r, g, b = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    fills = (palette.HEATED.fill, palette.COAGULATED.fill, palette.CHARRED, palette.ABLATED.fill)
    shades = sorted(luma(c) for c in fills)
    assert np.diff(shades).min() > 0.1


def test_numbers_carry_the_unit_that_suits_them():
    assert [duration(s) for s in (1e-5, 4e-4, 1e-3, 0.058, 1.0, 1000.0)] == [
        "10 µs", "400 µs", "1 ms", "58 ms", "1 s", "1000 s",
    ]  # fmt: skip
    assert [irradiance(x) for x in (1e-5, 0.5, 12.0, 2e3)] == ["10 mW/cm²", "500 W/cm²", "12 kW/cm²", "2 MW/cm²"]


@pytest.fixture
def engine(monkeypatch):
    stand_in(monkeypatch, simulate=lambda shot, where, *, losses=None, progress=None: lesion(shot, where))


def test_simulate_draws_the_map(capsys, engine, tmp_path):
    for name in ("map.svg", "map.png"):
        code, out, _ = call(capsys, *GENERIC, "--no-intervals", "--figure", tmp_path / name)
        assert code == 0
        assert f"written: {tmp_path / name}" in out
    assert sorted(p.name for p in tmp_path.iterdir()) == ["map.png", "map.svg"]


@pytest.mark.parametrize("name", ["map.pdf", "no/folder/map.svg", "there.svg"])
def test_a_figure_that_cannot_be_written_is_refused_first(capsys, engine, tmp_path, name):
    (tmp_path / "there.svg").write_text("mine", encoding="utf-8")
    code, _, err = call(capsys, *GENERIC, "--figure", tmp_path / name)
    assert code == 2
    assert "--figure" in err
    assert (tmp_path / "there.svg").read_text(encoding="utf-8") == "mine"
