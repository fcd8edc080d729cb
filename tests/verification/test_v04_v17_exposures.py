"""V4, V5, V9, V12, V17: fluxes, point source, perfusion and a cooled surface, against closed forms."""

import dataclasses

import numpy as np
import pytest
from scipy.special import erfc, erfcx

from colonnade.laser import Shot
from colonnade.photothermal.cooling import cool
from colonnade.photothermal.exposure import expose
from tests.verification.columns import ALPHA, RHO_C, K, centres, uniform, uniform_column

W = 60e-6
OPAQUE_PER_CM = 1e7  # light ends in the first cell: a surface flux


def surface(column):
    """Rise at the surface on the axis [K]: the first two cell centres carried half a cell up."""
    t, z = column.temperature[0] - column.t_ref, centres(column.z_edges)
    return t[0] + (t[0] - t[1]) * z[0] / (z[1] - z[0])


def fine_to_coarse(fine_um, count, ratio, reach):
    edges = list(uniform(fine_um, count))
    step = fine_um * 1e-6
    while edges[-1] < reach:
        step *= ratio
        edges.append(edges[-1] + step)
    return np.array(edges)


def exposed(profile, power_W, t, *, fine_um, step=0.02):
    reach = 60e-6 + 8 * np.sqrt(ALPHA * t)
    mesh = fine_to_coarse(fine_um, round(90 / fine_um), 1.05, reach)
    depth = fine_to_coarse(fine_um, round(40 / fine_um), 1.05, reach)
    column = uniform_column(mesh, depth, mu_per_cm=OPAQUE_PER_CM, divergence=False)
    shot = Shot(energy_mJ=power_W * t * 1e3, pulse_ms=t * 1e3, spot_um=2 * W * 1e6, profile=profile)
    assert expose(column, shot, ((t, power_W),), step=step, watch=None)
    return column


V4 = {1e-4: 1587.4306, 1e-3: 4690.9073, 1e-2: 10167.8260, 0.1: 13850.2937, 1.0: 15197.3202}


def v4(t, power=1.0):
    return np.sqrt(2) * power / (np.pi**1.5 * K * W) * np.arctan(np.sqrt(8 * ALPHA * t) / W)


def test_v4_closed_form():
    for t, rise in V4.items():
        assert v4(t) == pytest.approx(rise, abs=1e-3)


@pytest.mark.parametrize("t", [1e-3, 1e-2, 0.1, 1.0])
def test_v4_gaussian_surface_flux(t):
    """2 mW (the case's 1 W boils; the equations are linear here). 0.5 %: 1 µm cells, ADI steps of 2 %."""
    column = exposed("gaussian", 2e-3, t, fine_um=1.0)
    assert surface(column) == pytest.approx(v4(t, 2e-3), rel=0.005)


def test_v4_order_in_space():
    """The error of the surface value on 4, 2 and 1 µm falls at second order; ±0.3 for the carried-up surface value."""
    errors = [abs(surface(exposed("gaussian", 2e-3, 1e-2, fine_um=h, step=0.01)) / v4(1e-2, 2e-3) - 1) for h in (4, 2)]
    assert np.log2(errors[0] / errors[1]) == pytest.approx(2.0, abs=0.3)


def v5(t, q=1e6, a=60e-6):
    ierfc = lambda x: np.exp(-(x**2)) / np.sqrt(np.pi) - x * erfc(x)  # noqa: E731
    return 2 * q * np.sqrt(ALPHA * t) / K * (ierfc(0.0) - ierfc(a / (2 * np.sqrt(ALPHA * t))))


@pytest.mark.parametrize(("t", "rise"), [(1e-3, 28.6234), (1e-2, 79.2591), (0.1, 120.4576)])
def test_v5_disc_flux(t, rise):
    """q = 1e6 W/m² on a = 60 µm; 0.5 % as V4 (q is scaled down where the case would boil)."""
    assert v5(t) == pytest.approx(rise, abs=1e-4)
    q = 5e5
    column = exposed("tophat", q * np.pi * W**2, t, fine_um=1.0)
    assert surface(column) == pytest.approx(v5(t, q), rel=0.005)


@pytest.mark.parametrize("t", [5e-3, 20e-3])
def test_v9_point_source(t):
    """A point deposit at an adiabatic surface: 2E/(ρc)(4παt)^(-3/2) exp(-R²/4αt), from 1 ms on; 1 % of the peak:
    2 µm cells see the first profile (α·1 ms: 21 µm) as averages."""

    def exact(r, z, t):
        return 2 * 1e-6 / RHO_C * (4 * np.pi * ALPHA * t) ** -1.5 * np.exp(-(r**2 + z**2) / (4 * ALPHA * t))

    edges = fine_to_coarse(1.0, 100, 1.06, 1e-3)
    column = uniform_column(edges, edges)
    r, z = centres(edges)[:, None], centres(edges)[None, :]
    column.preheat(exact(r, z, 1e-3))
    cool(column, until_s=t - 1e-3, step=0.03)
    assert np.abs(column.temperature - column.t_ref - exact(r, z, t)).max() <= 0.01 * exact(0.0, 0.0, t)


BLOOD = 5e-4
BETA = BLOOD * 1060 * 3770 / RHO_C


def test_v12_uniform_excess_decays():
    """exp(-w ρ_b c_b t/ρc): 1851.8 s; exact, because the decay of a step is."""
    assert pytest.approx(1851.8, abs=0.1) == 1 / BETA
    column = uniform_column(uniform(500, 4), uniform(500, 6), perfusion_per_s=BLOOD)
    column.preheat(np.full(column.h.shape, 5.0))
    # 5 K above 20 °C: nothing dies, so all of it stays perfused
    cool(column, until_s=600.0)
    assert column.temperature[2, 3] - column.t_ref == pytest.approx(5 * np.exp(-600 * BETA), rel=1e-9)
    lost = float(column.ledger[5])
    assert lost + column.tissue_J() == pytest.approx(0.0, abs=1e-9 * abs(column.tissue_J()))


def test_v12_steady_half_space():
    """Ts held at the surface by a very good contact: T = Ts exp(-mz), 1/m = 14.498 mm.

    0.5 % of Ts: perfusion is applied after each step, so the steady state carries half a step's decay.
    """
    depth = fine_to_coarse(250, 160, 1.05, 0.12)
    column = uniform_column(uniform(1000, 2), depth, t_ref_C=37.0, perfusion_per_s=BLOOD)
    column.options = _with_surface(column.options, 1e5)
    column.t_medium = column.t_ref + 4.0
    cool(column, until_s=30_000.0, step=0.02, fixed_dt_s=10.0)
    m = np.sqrt(BLOOD * 1060 * 3770 / K)
    assert 1e3 / m == pytest.approx(14.498, abs=1e-3)
    z = centres(depth)
    near = z < 0.05
    assert np.abs(column.temperature[0] - column.t_ref - 4 * np.exp(-m * z))[near].max() <= 0.005 * 4


@pytest.mark.parametrize(
    ("h", "t", "share"), [(10, 1.0, 0.991012), (10, 10.0, 0.972007), (10, 60.0, 0.933574), (2000, 1.0, None)]
)
def test_v17_convective_surface(h, t, share):
    """θ_s/θ_0 = erfcx(h√(αt)/k); 0.1 % at the first cell's centre of 5 µm; a cold plate (h = 2000) to 0.5 %."""
    exact = float(erfcx(h * np.sqrt(ALPHA * t) / K))
    if share is not None:
        assert exact == pytest.approx(share, abs=1e-6)
    depth = fine_to_coarse(5.0, 20, 1.08, 10 * np.sqrt(ALPHA * t) + 1e-4)
    column = uniform_column(uniform(1000, 2), depth)
    column.preheat(np.full(column.h.shape, 10.0))
    column.options = _with_surface(column.options, h)
    cool(column, until_s=t, step=0.03)
    assert surface(column) / 10.0 == pytest.approx(exact, rel=0.001 if h == 10 else 0.005)
    assert float(column.ledger[5]) + column.tissue_J() == pytest.approx(0.0, abs=1e-10 * abs(column.tissue_J()) + 1e-12)


def _with_surface(options, h):
    return dataclasses.replace(options, physics=dataclasses.replace(options.physics, h_surface=float(h)))


def test_v17_in_the_explicit_scheme():
    """The same film in the pulse's scheme: h = 2000, 20 ms, 2 µm cells; 0.5 %."""
    column = uniform_column(uniform(100, 2), uniform(2.0, 300))
    column.preheat(np.full(column.h.shape, 10.0))
    column.options = _with_surface(column.options, 2000)
    shot = Shot(energy_mJ=1e-9, pulse_ms=20.0, spot_um=100)
    column.high[:] = column.h.shape[1] - 1
    column.window[0] = 2
    column.fire(shot)
    assert surface(column) / 10 == pytest.approx(float(erfcx(2000 * np.sqrt(ALPHA * 0.02) / K)), rel=0.005)
