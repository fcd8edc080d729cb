"""V7, V7b, V8: speed of the front, the wet-steam layer ahead of it, and the crater without conduction."""

import numpy as np
import pytest

from colonnade.laser import Shot
from colonnade.photothermal import pulse
from tests.verification.columns import MU_PER_CM, uniform, uniform_column

RHO, T0, TV = 1090.0, 34.0, 100.0
LATENT_J_M3 = 0.70 * RHO * 2.257e6
RHO_C = (1.9663e9 - LATENT_J_M3) / (TV - T0)
H_ABL = LATENT_J_M3 + RHO_C * (TV - T0)
RADIUS = 100e-6


def flat_pulse(irradiance_W_cm2, pulse_ms):
    power = irradiance_W_cm2 * 1e4 * np.pi * RADIUS**2
    return Shot(energy_mJ=power * pulse_ms, pulse_ms=pulse_ms, spot_um=2 * RADIUS * 1e6, profile="tophat")


def front(irradiance_W_cm2, travel_um, *, step_um=1.0, conduction=True):
    """Depths of the front at half and at the whole of a pulse that removes about ``travel_um``."""
    pulse_ms = travel_um * 1e-6 * H_ABL / (irradiance_W_cm2 * 1e4) * 1e3
    depths = []
    for share in (0.5, 1.0):
        column = uniform_column(
            uniform(50, 2), uniform(step_um, round((travel_um + 250) / step_um)), rho_c=RHO_C,
            latent_J_m3=LATENT_J_M3, t_ref_C=T0, divergence=False, conduction=conduction,
        )  # fmt: skip
        shot = flat_pulse(irradiance_W_cm2, pulse_ms * share)
        column.fire(shot)
        depths.append((shot.pulse_s, float(column.z_edges[column.top[0]])))
    return column, depths


@pytest.mark.parametrize("irradiance", [1_000, 10_000])
def test_v7_speed_of_the_front(irradiance):
    """v = I/h_abl: 5.08572e-3 and 5.0857e-2 m/s. 1.5 %: known to a cell of 1 µm at both ends of 150 µm."""
    _, ((t1, z1), (t2, z2)) = front(irradiance, 300)
    assert (z2 - z1) / (t2 - t1) == pytest.approx(irradiance * 5.08572e-6, rel=0.015)


def test_v7b_wet_steam_layer_and_residual_heat():
    """H(x) = h_abl exp(-µx) ahead of the front; 3.28 J/cm² stored, 1.26 J/cm² once the steam has escaped.

    2 %: the front stops somewhere inside a cell of 0.5 µm, and µ·0.5 µm is 3 % of the layer.
    """
    column, _ = front(10_000, 300, step_um=0.5, conduction=False)
    area = np.pi * column.r_edges[-1] ** 2
    vapour = float(column.ledger[pulse.VAPOUR]) / area
    left = column.tissue_J() / area
    assert (vapour + left) / 1e4 == pytest.approx(3.28, rel=0.02)
    assert vapour / 1e4 == pytest.approx(2.02, rel=0.03)
    assert left / 1e4 == pytest.approx(1.26, rel=0.02)
    # the wet layer reaches ln(h_abl / ρcΔT)/µ = 34.8 µm ahead: there the plateau ends
    ahead = column.temperature[0][column.top[0] :] >= TV + 273.15 - 0.01
    assert 0.5 * np.count_nonzero(ahead) == pytest.approx(34.8, abs=1.0)


def test_v7b_layer_does_not_depend_on_irradiance():
    heats = []
    for irradiance in (10_000, 40_000):
        column, _ = front(irradiance, 200, step_um=0.5, conduction=False)
        heats.append(column.tissue_J())
    assert heats[1] == pytest.approx(heats[0], rel=0.02)  # the position of the front inside its cell


def v8_column(step_um, dr_um):
    h = 4.1e9
    latent = h - RHO_C * (TV - T0)
    return uniform_column(
        uniform(dr_um, round(140 / dr_um)), uniform(step_um, round(760 / step_um)), rho_c=RHO_C, latent_J_m3=latent,
        t_ref_C=T0, divergence=False, conduction=False,
    )  # fmt: skip


def crater(column):
    return column.z_edges[column.top]


@pytest.mark.parametrize("pulse_ms", [0.1, 1.0])
def test_v8_gaussian_crater_without_conduction(pulse_ms):
    """δ(r) = (F − F_th)/h to one cell and V = 3.21945e-3 mm³ to 1 %."""
    column = v8_column(2.0, 1.0)
    column.fire(Shot(energy_mJ=15, pulse_ms=pulse_ms, spot_um=120))
    r = column.r_edges
    # mean fluence of each ring: what the ring can know
    inside = 1 - np.exp(-2 * (r / 60e-6) ** 2)
    fluence = 15e-3 * np.diff(inside) / (np.pi * np.diff(r**2))
    threshold = 4.1e9 / (MU_PER_CM * 100)
    exact = np.maximum(fluence - threshold, 0.0) / 4.1e9
    assert threshold / 1e4 == pytest.approx(6.8333, abs=1e-4)
    assert np.abs(crater(column) - exact).max() <= 2.1e-6
    assert crater(column)[0] == pytest.approx(630.305e-6, abs=2.1e-6)
    volume = float(np.sum(column.volume[column.removed]))
    assert volume * 1e9 == pytest.approx(3.21945e-3, rel=0.01)


def test_v8_radius_of_the_crater():
    """r_c = 81.154 µm to one ring of 1 µm; cells of 0.25 µm, so that the first cell's mean is the surface's value."""
    column = uniform_column(
        uniform(1.0, 140), uniform(0.25, 400), rho_c=RHO_C, latent_J_m3=4.1e9 - RHO_C * (TV - T0), t_ref_C=T0,
        divergence=False, conduction=False,
    )  # fmt: skip
    # the inner rings leave this shallow mesh through its bottom; only the edge is looked at
    column.fire(Shot(energy_mJ=15, pulse_ms=0.5, spot_um=120))
    edge = float(column.r_edges[np.flatnonzero(column.removed[:, 0])[-1] + 1])
    assert edge == pytest.approx(81.154e-6, abs=1.0e-6)


def test_v18g_tophat_against_its_own_closed_form():
    """A top-hat of the same energy: δ = (F − F_th)/h everywhere inside, nothing outside; one cell."""
    column = v8_column(2.0, 1.0)
    column.fire(Shot(energy_mJ=15, pulse_ms=0.5, spot_um=120, profile="tophat"))
    exact = (15e-3 / (np.pi * 60e-6**2) - 4.1e9 / (MU_PER_CM * 100)) / 4.1e9
    depth = crater(column)
    inside = column.r_edges[1:] <= 60e-6 * (1 + 1e-9)
    assert np.abs(depth[inside] - exact).max() <= 2.1e-6
    assert not depth[~inside].any()
