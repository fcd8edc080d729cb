"""`colonnade simulate` with a stand-in for the engine: what it asks, prints and writes."""

import json

import pytest

from tests.unit.cli_fakes import GENERIC, call, lesion, stand_in

CONTRACT = {
    "crater_depth_um",
    "crater_width_surface_um",
    "crater_width_mid_um",
    "ablated_volume_mm3",
    "rim_bottom_um",
    "rim_side_um",
    "coagulation_depth_um",
    "coagulation_width_surface_um",
    "necrosis_depth_um",
    "residual_heat_mJ",
    "fluence_mean_J_cm2",
    "fluence_peak_J_cm2",
    "irradiance_peak_kW_cm2",
    "pulse_duration_ms",
    "regime",
    "energy",
    "validity",
    "provenance",
}


class Spans:
    """An interval for the depth, as `calibration.interval` gives many."""

    def as_dict(self):
        return {"level_pct": 95, "intervals": {"crater_depth_um": {"value": 400.0, "low": 210.0, "high": 690.0}}}


@pytest.fixture
def spans(monkeypatch):
    """A stand-in for the intervals that records about which losses it was asked."""
    asked = []

    def interval(shot, skin, *, lesion, losses):
        asked.append((lesion, losses))
        return Spans()

    monkeypatch.setattr("colonnade.calibration.interval", interval, raising=False)
    return asked


@pytest.fixture
def engine(monkeypatch, spans):
    """A stand-in for the engine that records what it was asked."""
    asked = []

    def simulate(shot, skin, *, losses=None, progress=None):
        asked.append((shot, skin, losses))
        progress(0.5, "pulse")
        return lesion(shot, skin)

    stand_in(monkeypatch, simulate=simulate)
    return asked


def test_simulate_prints_the_contract(capsys, engine):
    code, out, err = call(capsys, *GENERIC, "--json")
    data = json.loads(out)
    assert code == 0
    assert set(data) >= CONTRACT
    assert "Simulating" in err
    (shot, skin, losses) = engine[0]
    assert (shot.energy_mJ, shot.pulse_ms, shot.spot_um, shot.profile, skin.id, losses) == (
        20,
        1,
        120,
        "gaussian",
        "cheek",
        None,
    )
    assert data["inputs"]["shot"]["energy_mJ"] == 20


def test_simulate_without_json_names_units(capsys, engine):
    code, out, _ = call(capsys, *GENERIC)
    assert code == 0
    assert "crater depth" in out
    assert "400 µm" in out
    assert "(210 to 690 µm)" in out
    assert "validity: outside" in out
    assert "nearest compared study" in out


def test_the_interval_lies_about_the_losses_of_the_run(capsys, engine, spans):
    """Calibrated uncertainty about the engine's losses; stated losses are taken as known."""
    from colonnade.calibration import global_losses
    from colonnade.photothermal import Losses

    call(capsys, *GENERIC, "--json")
    call(capsys, *GENERIC, "--eta", 0.3, "--kappa-per-mm", 0, "--json")
    (_, usual), (_, stated) = spans
    assert usual.at(0, 0) == pytest.approx((Losses().eta, Losses().kappa_per_mm), abs=1e-6)
    assert usual.sd_ln_eta == global_losses().sd_ln_eta
    assert stated.at(2, 2) == pytest.approx((0.3, 0.0), abs=1e-6)
    assert stated.tau == global_losses().tau > 0


def test_without_intervals_none_is_computed(capsys, engine, spans):
    code, out, _ = call(capsys, *GENERIC, "--no-intervals", "--json")
    assert code == 0
    assert json.loads(out)["intervals"] is None
    assert spans == []


def test_power_and_pulse_make_the_energy(capsys, engine):
    words = ("simulate", "--power-w", 30, "--pulse-ms", 0.5, "--spot-um", 120, "--profile", "tophat", "--site", "cheek")
    assert call(capsys, *words)[0] == 0
    assert engine[0][0].energy_mJ == pytest.approx(15)  # 30 W · 0.5 ms


def test_a_site_left_out_is_said(capsys, engine):
    _, _, err = call(capsys, *GENERIC[:-2])
    assert "site cheek" in err


def test_device_fills_in_and_beam_options_change_the_shot(capsys, engine):
    words = ("simulate", "--device", "lumenis-ultrapulse-deepfx", "--energy-mj", 20, "--focus-depth-um", 300)
    assert call(capsys, *words, "--m2", 1.5)[0] == 0
    shot = engine[0][0]
    assert (shot.spot_um, shot.focus_depth_um, shot.m2) == (120, 300, 1.5)


@pytest.mark.parametrize(("kind", "name"), [("hdf5", "fields.h5"), ("vtk", "fields.vtk"), ("csv", "profile.csv")])
def test_simulate_writes_lesion_and_fields(capsys, engine, tmp_path, kind, name):
    out = tmp_path / "new" / "out"
    assert call(capsys, *GENERIC, "--out", out, "--export", kind)[0] == 0
    assert sorted(p.name for p in out.iterdir()) == sorted(["lesion.json", name])
    assert json.loads((out / "lesion.json").read_text())["crater_depth_um"] == 400


def test_hdf5_holds_the_fields(capsys, engine, tmp_path):
    import h5py

    call(capsys, *GENERIC, "--out", tmp_path / "out")
    with h5py.File(tmp_path / "out" / "fields.h5") as file:
        assert file["removed"].shape == (len(file["r_edges_m"]) - 1, len(file["z_edges_m"]) - 1)
        assert file["removed"][0, 0]
        assert not file["removed"][0, 3]
        assert json.loads(file.attrs["provenance"])["inputs_sha256"]


def test_vtk_counts_its_cells(capsys, engine, tmp_path):
    call(capsys, *GENERIC, "--out", tmp_path / "out", "--export", "vtk")
    lines = (tmp_path / "out" / "fields.vtk").read_text().splitlines()
    at = lines.index("SCALARS removed double 1")
    cells = lines[at + 2].split()
    assert "CELL_DATA 12" in lines
    # rows of r from the deepest upwards: the crater (r = 0, both upper rows) ends the list
    assert cells == ["0", "0", "0", "0", "0", "0", "1", "0", "0", "1", "0", "0"]


def test_csv_has_one_row_per_depth(capsys, engine, tmp_path):
    call(capsys, *GENERIC, "--out", tmp_path / "out", "--export", "csv")
    rows = (tmp_path / "out" / "profile.csv").read_text().splitlines()
    assert rows[0].startswith("depth_um,crater_um")
    assert rows[3].startswith("400.0,100.0")


def test_the_end_that_safety_uses_and_what_matters_stand_in_the_summary(capsys, engine, monkeypatch):
    """The direction of each interval, and inputs until nine tenths of the variance are named."""

    class Told:
        def as_dict(self):
            ends = {"crater_depth_um": "both", "rim_bottom_um": "high"}
            matters = [("losses (eta, kappa)", 70.0), ("energy_scale", 25.0), ("tilt_deg", 5.0)]
            return {
                "intervals": {
                    name: {"value": 40.0, "low": 21.0, "high": 69.0, "unfavourable": end} for name, end in ends.items()
                },
                "matters": [{"input": name, "share_pct": share} for name, share in matters],
            }

    monkeypatch.setattr("colonnade.calibration.interval", lambda *_, **__: Told(), raising=False)
    _, out, _ = call(capsys, *GENERIC)
    depth, rim = (next(line for line in out.splitlines() if name in line) for name in ("crater depth", "rim bottom"))
    assert "(21 to 69 µm), safety uses both ends" in depth
    assert "(21 to 69 µm), safety uses the high end" in rim
    assert "the depth hangs on: losses (eta, kappa) 70 %, energy scale 25 % (of" in out
