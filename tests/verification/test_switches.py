"""Every strategy can be switched off, one by one, and what is left is a closed form; on, each moves it its own way."""

import math

import pytest

from colonnade.laser import Shot
from colonnade.photothermal import constants as c
from colonnade.photothermal import simulate
from colonnade.photothermal.naming import PARAMETERS, stated_in, strategies_of
from colonnade.photothermal.strategies import Options
from colonnade.photothermal.tissue_rows import density
from colonnade.tissue import Skin

#: Bare dermis, one layer.
SKIN = Skin.model_validate(
    {
        "schema": "colonnade.site/1", "id": "dermis", "title": "One layer", "zone": "limb", "temperature_C": 33.0,
        "temperature_source": "a test", "reviewed_by": "none",
        "layers": [{"name": "dermis", "thickness_um": 3000.0, "water": 0.7, "conductivity_W_mK": 0.4,
                    "flag": "assumed", "source": "a test"}],
    }
)  # fmt: skip
#: What each switch is off at: with all of them a column obeys V8, and without light lost nothing leaves (V18a).
OFF = {
    "eta": 1.0, "kappa_per_mm": 0.0, "f_wall": 0.0, "pyrolysis_kJ_g": 0.0, "wall_bounces": 0, "film_um": 0.0,
    "refill_share": 0.0, "steam": "escapes", "conduction": "off", "divergence": "off", "mu_constant_per_cm": 600.0,
    "mu_slope_per_K": 0.0, "k_slope_per_K": 0.0, "reflectance": 0.0, "h_surface_W_m2K": 0.0, "precool_ms": 0.0,
    "perfusion_per_s": 0.0, "t_abl_C": 100.0, "f_v": 1.0, "until_ms": 1.0,
}  # fmt: skip
FLAT = Shot(energy_mJ=600, pulse_ms=0.5, spot_um=2000, profile="tophat")
NARROW = Shot(energy_mJ=4, pulse_ms=0.2, spot_um=120)
TWICE = FLAT.model_copy(update={"stack": 2, "stack_interval_ms": 2.0})
WARM = Shot(energy_mJ=50, pulse_ms=2000, spot_um=5000, profile="tophat")
COARSE = {"dr_um": 100.0, "dz_um": 1.0}
RHO = density(0.7)
DRY = RHO * 0.3 * c.C_DRY.value
H = (DRY + RHO * 0.7 * c.C_WATER.value) * 67.0 + 0.7 * RHO * c.LATENT_HEAT.value
MU = 600e2


def run(shot, **changed):
    mesh = COARSE if shot.spot_um > 1000 else {}
    return simulate(shot, SKIN, **strategies_of({**OFF, **mesh, **changed}))


def depth_um(fluence_J_cm2, h=H):
    """V8 under the axis: (F − h/µ)/h."""
    return (fluence_J_cm2 * 1e4 - h / MU) / h * 1e6


@pytest.mark.parametrize(("shot", "fluence"), [(FLAT, FLAT.fluence_mean_J_cm2), (NARROW, NARROW.fluence_peak_J_cm2)])
def test_all_off_is_the_closed_form(shot, fluence):
    """1 %: the floor is known to part of a cell."""
    assert run(shot).crater_depth_um == pytest.approx(depth_um(fluence), rel=0.01)


def test_dry_superheat_adds_to_the_enthalpy():
    """T_abl = 400 °C: h grows by C_d · 300 K; 1 % as above. Pyrolysis off: nothing more."""
    expected = depth_um(FLAT.fluence_mean_J_cm2, H + DRY * 300.0)
    assert run(FLAT, t_abl_C=400.0, char="no").crater_depth_um == pytest.approx(expected, rel=0.01)


def test_partial_vaporisation_is_in_the_enthalpy():
    less = H - 0.5 * 0.7 * RHO * c.LATENT_HEAT.value
    assert run(FLAT, f_v=0.5).crater_depth_um == pytest.approx(depth_um(FLAT.fluence_mean_J_cm2, less), rel=0.01)


@pytest.fixture(scope="module")
def plain():
    """Every switch off, once per shot."""
    return {shot: run(shot) for shot in (FLAT, NARROW, TWICE, WARM)}


#: name: (shot, value that switches it on, number that moves, whether it grows).
ON = {
    "eta": (FLAT, 0.5, "crater_depth_um", False),
    "kappa_per_mm": (FLAT, 2.0, "crater_depth_um", False),
    "f_wall": (NARROW, 0.5, "residual_heat_mJ", True),
    "wall_bounces": (NARROW, 3, "crater_depth_um", True),
    "film_um": (FLAT, 30.0, "crater_depth_um", False),
    "refill_share": (TWICE, 0.8, "crater_depth_um", False),
    "steam": (FLAT, "recondenses", "residual_heat_mJ", True),
    "conduction": (WARM, "on", "necrosis_depth_um", False),
    "divergence": (NARROW, "on", "crater_width_surface_um", None),
    "reflectance": (FLAT, 0.1, "crater_depth_um", False),
    "pyrolysis_kJ_g": (TWICE, 2.0, "crater_depth_um", False),
    "perfusion_per_s": (WARM, 0.05, "residual_heat_mJ", False),
}


@pytest.mark.parametrize("name", ON)
def test_each_switch_does_something_and_only_when_on(name, plain):
    """Stated at its off value the result is the same to the last bit; on, the number moves as it must."""
    shot, value, number, grows = ON[name]
    here = plain[shot]
    there = run(shot, **{name: value})
    before, after = getattr(here, number), getattr(there, number)
    if grows is None:
        assert (there.crater_depth_um, after) != (here.crater_depth_um, before)
    else:
        assert (after > before * 1.01) if grows else (after < before * 0.99)
    assert there.energy.closure_error < 1e-9
    assert name in stated_in(Options(**strategies_of({name: value})))


def test_constant_absorption_is_a_switch():
    """Off, µ is that of water at its temperature: with the slope it falls, so the wet layer is thicker."""
    free = {k: v for k, v in OFF.items() if k not in ("mu_constant_per_cm", "mu_slope_per_K")}
    mesh = COARSE
    flat, slope = (
        simulate(FLAT, SKIN, **strategies_of({**free, **mesh, "mu_slope_per_K": s})) for s in (0.0, 0.004)
    )  # fmt: skip
    assert flat.energy.tissue_mJ < slope.energy.tissue_mJ


def test_conductivity_by_temperature_is_a_switch():
    """Conduction on: k that rises with temperature carries heat deeper."""
    flat, slope = (run(WARM, conduction="on", k_slope_per_K=s) for s in (0.0, 0.01))
    assert slope.fields.temperature_max_K[0, 0] < flat.fields.temperature_max_K[0, 0]


def test_what_comes_in_stays_in_without_losses(plain):
    """No reflection, no surface loss, no blood: delivered = tissue to rounding (V18a), whatever is warmed."""
    energy = plain[WARM].energy
    assert energy.tissue_mJ == pytest.approx(energy.delivered_mJ, rel=1e-9)


def test_surface_loss_is_a_switch():
    """Needs conduction (heat must reach the surface): nothing lost at h = 0, something at 1000 W/m²/K."""
    kept, lost = (run(WARM, conduction="on", h_surface_W_m2K=h) for h in (0.0, 1000.0))
    assert kept.energy.boundary_mJ == pytest.approx(0.0, abs=1e-9 * kept.energy.delivered_mJ)
    assert lost.energy.boundary_mJ > 0.01 * lost.energy.delivered_mJ


def test_cooling_before_the_pulse_is_a_switch():
    """A plate of 5 °C for 200 ms before: what it took is in the audit, and the same light ends colder."""
    plate = {"conduction": "on", "h_surface_W_m2K": 2000.0, "medium_C": 5.0}
    bare, cooled = run(WARM, **plate), run(WARM, **plate, precool_ms=200.0)
    assert cooled.energy.boundary_mJ > bare.energy.boundary_mJ
    assert cooled.fields.temperature_max_K[0, 5] <= bare.fields.temperature_max_K[0, 5]


def test_kinetics_change_the_rim_and_nothing_else():
    both = [run(NARROW, conduction="on", until_ms=5.0, collagen=name) for name in ("pearce", "maitland-walsh")]
    assert both[0].crater_depth_um == both[1].crater_depth_um
    assert both[0].rim_bottom_um < both[1].rim_bottom_um


def test_every_strategy_is_covered_here():
    """A new parameter must bring its switch: mesh and cooling accuracy are no physics."""
    own = {"char", "t_abl_C", "f_v", "film_kind", "refill_tau_ms", "refill_water", "collagen", "medium_C", "precool_ms",
           "mu_constant_per_cm", "mu_slope_per_K", "k_slope_per_K", "c_water_J_kgK", "h_surface_W_m2K"}  # fmt: skip
    accuracy = {"until_ms", "cooling_step", "dr_um", "dz_um", "mesh_ratio", "reach_mm"}
    assert set(ON) | own | accuracy == set(PARAMETERS)


def test_the_threshold_is_h_over_mu():
    """Just below h/µ nothing leaves, just above something does (V8)."""
    least = H / MU * 1e-4
    for factor, removed in ((0.97, False), (1.05, True)):
        area = math.pi * 0.1**2
        shot = FLAT.model_copy(update={"energy_mJ": least * factor * area * 1e3})
        assert (run(shot).crater_depth_um > 0) == removed
