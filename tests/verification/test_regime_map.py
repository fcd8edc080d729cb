"""The regime map against `simulate`, its closed forms, and full-field passes."""

import numpy as np
import pytest

from colonnade.errors import BadInput
from colonnade.laser import Shot
from colonnade.photothermal import NO_LOSSES, Cooling, engine, simulate
from colonnade.photothermal.regimes import _surface_gain, expected_regime, regime_map, vaporise_in_passes
from colonnade.photothermal.strategies import Options
from colonnade.tissue import skin
from tests.verification.columns import ALPHA, RHO_C, K

CHEEK = skin("cheek")


def test_surface_gain_is_v1():
    """53.9745 K at 5e6 W/m2 after 1 ms; short times: µ t/ρc, where V1 cancels."""
    assert 5e6 * _surface_gain(np.array([1e-3]), K, RHO_C, 6e4)[0] == pytest.approx(53.9745, abs=1e-3)
    t = 1e-9
    assert _surface_gain(np.array([t]), K, RHO_C, 6e4)[0] == pytest.approx(6e4 * t / RHO_C, rel=2e-3)
    both = _surface_gain(np.array([0.0099, 0.0101]) ** 2 / (6e4**2 * ALPHA), K, RHO_C, 6e4)
    assert both[1] / both[0] == pytest.approx((0.0101 / 0.0099) ** 2, rel=1e-3)  # the two branches meet


def test_lines_are_ordered_and_fall_with_exposure():
    m = regime_map(CHEEK)
    for line in (m.warming_kW_cm2, m.coagulation_kW_cm2, m.vaporisation_kW_cm2):
        assert np.all(np.diff(line) < 0)
    assert np.all(m.warming_kW_cm2 < m.coagulation_kW_cm2)
    assert np.all(m.coagulation_kW_cm2 < m.vaporisation_kW_cm2)
    fluence = m.vaporisation_kW_cm2 * m.exposure_s
    assert np.all(np.diff(fluence) > 0)  # the threshold rises with duration, as measured


@pytest.mark.parametrize(
    "shot",
    [
        Shot(energy_mJ=10, pulse_ms=0.4, spot_um=120),
        Shot(energy_mJ=10, pulse_ms=10, spot_um=250, profile="tophat"),
        Shot(energy_mJ=20, pulse_ms=5, spot_um=1000, profile="tophat"),
        Shot(energy_mJ=0.5, pulse_ms=0.4, spot_um=1000),
        Shot(energy_mJ=0.001, pulse_ms=1, spot_um=1000),
        Shot(energy_mJ=10_000, pulse_ms=60_000, spot_um=10_000, profile="tophat"),
    ],
    ids=["clean", "char", "coagulation", "warming", "none", "deep heating"],
)
def test_the_map_says_what_the_simulation_finds(shot):
    """Well inside a regime; near a line the map is only a guide."""
    lesion = simulate(shot, CHEEK, losses=NO_LOSSES, cooling=Cooling(until_ms=20))
    assert expected_regime(shot, CHEEK) == lesion.regime


def test_passes_are_audited_and_leave_a_dried_floor():
    result = vaporise_in_passes(CHEEK, fluence_J_cm2=7.0, losses=NO_LOSSES, passes=4, dz_um=2.0)
    assert result.energy.closure_error < 1e-9
    assert np.all(result.removed_um >= 0)
    assert result.depth_um[-1] == pytest.approx(result.removed_um.sum())
    assert np.all(result.dried_um > 0)
    # no more than the energy of a pass can vaporise of tissue that was wet (2.0 kJ/cm3) or dry (0.1)
    assert result.depth_um[-1] < 4 * 7.0e4 / 1.9e9 * 1e6 * 1.05


def test_what_a_dry_cell_must_reach_is_in_its_ablation_enthalpy():
    column = engine.build(Shot(energy_mJ=10, pulse_ms=0.4, spot_um=120), CHEEK, Options())
    plain = column.h_ablation()
    column.t_dry = np.where(np.arange(column.h.shape[1]) < 5, 673.15, 0.0)
    more = column.h_ablation() - plain
    assert more[:, :5] == pytest.approx(column.c_dry[:, :5] * 300.0)
    assert not more[:, 5:].any()


def test_a_raised_lesion_is_tissue_on_top_of_the_skin():
    """Its height moves every layer below the horny layer down, and its water decides what a pass removes."""
    from colonnade.photothermal.regimes import raised

    mole = raised(CHEEK, 400.0, 0.6)
    assert mole.thickness_um == CHEEK.thickness_um + 400.0
    assert [layer.name for layer in mole.layers][:2] == [CHEEK.layers[0].name, "raised lesion"]
    assert raised(CHEEK, 0.0, 0.6) is CHEEK
    how = {"fluence_J_cm2": 20.0, "losses": NO_LOSSES, "passes": 4, "dz_um": 2.0}
    flat, dry, wet = (
        vaporise_in_passes(CHEEK, raised_um=h, lesion_water=w, **how)
        for h, w in ((0.0, 0.7), (150.0, 0.5), (150.0, 0.8))
    )
    assert dry.depth_um[-1] > wet.depth_um[-1]
    assert flat.passes_to_level == 1
    assert wet.passes_to_level == int(np.flatnonzero(wet.depth_um >= 150.0)[0]) + 1
    assert np.all(wet.dried_um <= wet.coagulated_um)
    assert np.all(wet.coagulated_um <= wet.necrosis_um)


def test_steam_that_recondenses_leaves_more_dead_tissue():
    how = {"fluence_J_cm2": 10.0, "losses": NO_LOSSES, "passes": 1, "dz_um": 2.0}
    gone, kept = (vaporise_in_passes(CHEEK, cooling=Cooling(recondense=r), **how) for r in (False, True))
    assert kept.necrosis_um[0] > gone.necrosis_um[0]
    assert kept.energy.closure_error < 1e-6


@pytest.mark.parametrize(
    "wrong",
    [
        {"raised_um": -1.0},
        {"raised_um": 300.0, "lesion_water": 1.0},
        {"fluence_J_cm2": 0.0},
        {"fluence_J_cm2": float("nan")},
        {"passes": 0},
    ],
)
def test_passes_refuse(wrong):
    with pytest.raises(BadInput):
        vaporise_in_passes(CHEEK, **{"fluence_J_cm2": 5.0, **wrong})
