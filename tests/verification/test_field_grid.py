"""The grid solver against the kernels, closed forms and its own balance."""

import numpy as np
import pytest
from scipy.special import erfc, erfcx

from colonnade import BadInput
from colonnade.field import Scan, heat, pattern, polygon, tile
from colonnade.field.grid import SkinLayer, solve
from colonnade.field.heat import HeatSource, Shots

K, RHO_C = 0.42, 3.70e6
SKIN = (SkinLayer(1000.0, K, RHO_C),)


def column_of(depth_m=6e-4, heat_J=1.8e-3):
    return HeatSource(heat_J, np.array([0.0, depth_m]), np.ones(1))


def raster(side=16, pitch=4e-4, rate=300.0, loss=0.0):
    line = (np.arange(side) - (side - 1) / 2) * pitch
    xy = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    return Shots(xy, np.arange(len(xy)) / rate, column_of(), K, RHO_C, loss_W_m2K=loss)


@pytest.mark.parametrize("loss", [0.0, 500.0])
def test_grid_and_kernels_agree(loss):
    shots = raster(loss=loss)
    times = np.array([0.5, 1.0, 3.0])
    grid = solve(shots, SKIN, times_s=times, cell_mm=0.1, finest_um=15, basal_depth_um=100, loss_W_m2K=loss)
    depth = grid.depth_um[np.searchsorted(np.cumsum(np.diff(grid.depth_um, prepend=0)), 90)]
    assert grid.balance < 1e-10
    # the kernels' mean over a Gaussian of 0.4 mm, and the same mean over the grid's cells at the surface cell's depth
    x, y = np.meshgrid(grid.x_mm * 1e-3, grid.y_mm * 1e-3)
    weight = np.exp(-(x**2 + y**2) / (2 * 4e-4**2))
    for n, t in enumerate(times):
        ours = np.sum(weight * grid.surface_K[n]) / weight.sum()
        kernel = heat.mean_rise(shots, np.zeros(2), 4e-4, np.array([t]), grid.depth_um[0] * 1e-6)[0]
        # cells of 15 µm, steps of some 13 ms against ages of 10 ms and more
        assert ours == pytest.approx(kernel, rel=0.01), (t, depth)


def test_halving_the_cells_halves_the_error_or_better():
    shots = raster(8)
    at = np.array([0.6])
    kernel = heat.mean_rise(shots, np.zeros(2), 4e-4, at, 0.0)[0]
    errors = []
    for cell, finest in ((0.2, 40), (0.1, 20)):
        grid = solve(shots, SKIN, times_s=at, cell_mm=cell, finest_um=finest)
        x, y = np.meshgrid(grid.x_mm * 1e-3, grid.y_mm * 1e-3)
        weight = np.exp(-(x**2 + y**2) / (2 * 4e-4**2))
        errors.append(abs(np.sum(weight * grid.surface_K[0]) / weight.sum() / kernel - 1))
    assert errors[1] < 0.55 * errors[0]
    assert errors[0] < 0.03


def test_two_layers_against_the_closed_form():
    # heat q'' at once at the surface of a layer a of thickness l on a half-space b (images; Carslaw and Jaeger §12.8):
    # θ(0, t) = q''/(ρ_a c_a √(π α_a t)) (1 + 2 Σ r^n exp(−n² l²/(α_a t))), r = (e_a − e_b)/(e_a + e_b)
    a, b, thick = SkinLayer(300.0, 0.21, 3.65e6), SkinLayer(1000.0, 0.55, 2.0e6), 300e-6
    ea, eb = np.sqrt(a.conductivity_W_mK * a.heat_capacity_J_m3K), np.sqrt(b.conductivity_W_mK * b.heat_capacity_J_m3K)
    r, alpha, t = (ea - eb) / (ea + eb), a.conductivity_W_mK / a.heat_capacity_J_m3K, 2.0
    per_area = 100.0  # J/m²
    n = np.arange(1, 30)
    series = 1 + 2 * np.sum(r**n * np.exp(-(n**2) * thick**2 / (alpha * t)))
    expected = per_area / (a.heat_capacity_J_m3K * np.sqrt(np.pi * alpha * t)) * series
    pitch = 2e-4
    line = (np.arange(60) - 29.5) * pitch
    xy = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    thin = HeatSource(per_area * pitch**2, np.array([0.0, 5e-6]), np.ones(1))
    shots = Shots(xy, np.zeros(len(xy)), thin, 0.3, 3e6)
    grid = solve(shots, (a, b), times_s=np.array([t]), cell_mm=0.2, finest_um=5)
    middle = grid.surface_K[0][grid.surface_K.shape[1] // 2, grid.surface_K.shape[2] // 2]
    assert middle == pytest.approx(expected, rel=0.015)  # first order in time and depth


def test_chilled_air_on_warm_skin():
    # no columns' heat: θ = −ΔT (1 − erfcx(h√(αt)/k)) at the surface; deeper by Carslaw and Jaeger §2.7
    h, colder, t, z = 300.0, 40.0, 4.0, 300e-6
    cold = Shots(np.zeros((1, 2)), np.zeros(1), column_of(heat_J=1e-12), K, RHO_C)
    at = np.array([1.0, 2.0, t])
    grid = solve(cold, SKIN, times_s=at, cell_mm=0.5, finest_um=10, loss_W_m2K=h, air_below_skin_K=colder)
    root = np.sqrt(K / RHO_C * t)
    u = z / (2 * root)
    deep = -colder * (erfc(u) - np.exp(-(u**2)) * erfcx(u + h * root / K))
    got = np.interp(z * 1e6, grid.depth_um, grid.last_K[:, 0, 0])
    assert got == pytest.approx(deep, rel=0.02)
    surface = -colder * (1 - erfcx(h * root / K))
    top = np.interp(0, grid.depth_um[:2], grid.last_K[:2, 0, 0]) + (
        (grid.last_K[0, 0, 0] - grid.last_K[1, 0, 0]) / (grid.depth_um[1] - grid.depth_um[0]) * grid.depth_um[0]
    )
    assert top == pytest.approx(surface, rel=0.02)
    assert grid.lost_to_air_J < 0 or grid.lost_to_air_J > 0


def test_cooling_air_lowers_the_peak_and_low_conductivity_keeps_heat():
    shots = raster(10)
    at = np.linspace(0.05, 5, 20)
    asked = {"times_s": at, "cell_mm": 0.2, "finest_um": 30}
    still = solve(shots, SKIN, **asked)
    chilled = solve(shots, SKIN, **asked, loss_W_m2K=800, air_below_skin_K=30)
    assert chilled.peak_basal_K < still.peak_basal_K
    assert chilled.basal_K[-1].max() < still.basal_K[-1].max()
    slow = solve(shots, (SkinLayer(100.0, 0.21, 3.65e6), SkinLayer(2000.0, 0.4, 3.7e6)), **asked)
    assert slow.surface_K[-1].max() > still.surface_K[-1].max()


@pytest.mark.parametrize(
    "wrong",
    [
        {"times_s": np.array([1.0, 0.5])},
        {"times_s": np.array([float("nan")])},
        {"cell_mm": 0},
        {"loss_W_m2K": -1},
        {"finest_um": float("nan")},
        {"cell_mm": 0.05, "times_s": np.array([900.0])},
    ],
)
def test_bad_grids_are_refused(wrong):
    with pytest.raises(BadInput):
        solve(raster(4), SKIN, **{"times_s": np.array([1.0]), **wrong})
    with pytest.raises(BadInput):
        solve(raster(4), (), times_s=np.array([1.0]))


def test_a_feathered_field_agrees_with_the_kernels():
    """Columns thinned towards the edge: in the middle, half way down the feather and at the rim, as the kernels sum."""
    area = polygon([[[-5, -5], [5, -5], [5, 5], [-5, 5]]], feather_mm=3)
    laid = tile(pattern("square", density_pct=8, spot_um=120), area, Scan(size_mm=10))
    shots = Shots(laid.positions_m, np.arange(laid.columns) / 300, column_of(), K, RHO_C)
    at = np.array([shots.time_s[-1] + 0.5])
    grid = solve(shots, SKIN, times_s=at, cell_mm=0.1, finest_um=15)
    x, y = np.meshgrid(grid.x_mm * 1e-3, grid.y_mm * 1e-3)
    found = []
    for place in ((0.0, 0.0), (0.0, 3.5e-3), (4.6e-3, 0.0)):
        weight = np.exp(-((x - place[0]) ** 2 + (y - place[1]) ** 2) / (2 * 4e-4**2))
        ours = float(np.sum(weight * grid.surface_K[0]) / weight.sum())
        kernel = heat.mean_rise(shots, np.array(place), 4e-4, at, grid.depth_um[0] * 1e-6)[0]
        # as without a feather: cells of 15 µm, steps of some 13 ms
        assert ours == pytest.approx(kernel, rel=0.015)
        found.append(ours)
    assert found[0] > found[1] > found[2]
    assert grid.balance < 1e-10
