"""Cutting in a moving window: parity with the fixed block, the energy balance, scaling, what is refused."""

import math

import numpy as np
import pytest

from colonnade.errors import BadInput
from colonnade.laser import PulseTrain, Shot
from colonnade.photothermal import NO_LOSSES, Physics
from colonnade.photothermal.cutting import (
    Window,
    energy_balance,
    forecast_cut,
    simulate_cut,
    track_fluence_J_m2,
)
from colonnade.photothermal.tilted import Beam, Block, simulate_volume
from colonnade.tissue import skin

CHEEK = skin("cheek")
FLAT = Physics(conduction=False, divergence=False, mu_constant_per_cm=833.0, mu_slope=0.0, reflectance=0.0)


def beam(power=4.0, speed=400.0, track_um=600.0, spot=120.0, **more):
    on_ms = track_um / speed
    return Shot(energy_mJ=power * on_ms, pulse_ms=on_ms, spot_um=spot, **more)


def cut(shot, speed=400.0, **options):
    window = options.pop("window", Window(cell_um=10, cell_z_um=5, tail_ms=0.3))
    return simulate_cut(shot, CHEEK, speed_mm_s=speed, window=window, **{"losses": NO_LOSSES, "threads": 1, **options})


@pytest.fixture(scope="module")
def moved():
    return cut(beam())


def test_the_window_gives_what_a_block_of_the_whole_track_gives(moved):
    """The same cells and steps; only what fell out of the window no longer trades heat. Crater: exactly the same.

    Heat: 0.5 %, since the last cells of the tail are cut off 0.3 ms after the light, still warm, from their neighbours.
    """
    n_x, n_y = moved.crater_um.shape
    width, depth = n_y * 10.0, 5.0 * math.ceil((1.3 * moved.balance_um + 160) / 5)
    block = Block(n_x * 10.0, width, depth, cell_um=10, cell_z_um=5)
    whole = simulate_volume(
        (Beam(beam(), moved.start_um, width / 2, speed_mm_s=400.0),),
        CHEEK,
        block,
        until_ms=0.3,
        losses=NO_LOSSES,
        threads=1,
    )
    assert n_x > forecast_cut(beam(), CHEEK, speed_mm_s=400.0, window=Window(cell_z_um=5, tail_ms=0.3)).cells / (
        n_y * block.shape()[2]
    )  # the window did move
    np.testing.assert_array_equal(moved.crater_um, whole.crater_um)
    assert moved.energy.delivered_mJ == pytest.approx(whole.energy.delivered_mJ, rel=1e-9)
    assert moved.energy.ejected_mJ == pytest.approx(whole.energy.ejected_mJ, rel=1e-3)
    assert moved.energy.tissue_mJ == pytest.approx(whole.residual_heat_mJ, rel=5e-3)


def test_energy_closes_and_the_cut_is_steady(moved):
    assert moved.energy.closure_error < 1e-6
    assert moved.energy.delivered_mJ == pytest.approx(6.0, rel=1e-9)
    assert moved.depth_sd_um <= 5.0  # a cell
    assert np.all(moved.crater_um <= moved.coagulated_um)
    assert np.all(moved.coagulated_um <= moved.necrosis_um)
    assert 0 < moved.depth_um < moved.balance_um


def test_fluence_of_a_track_is_the_line_integral_of_the_irradiance():
    """∫ I(x, 0) dx / v by quadrature; √(2/π) P/(w v) for a Gaussian."""
    x = np.linspace(-4e-4, 4e-4, 400_001)
    for profile in ("gaussian", "supergaussian", "tophat"):
        shot = beam(profile=profile, order=3)
        s = np.abs(x) / shot.radius_m(0.0)
        n = {"gaussian": 1, "supergaussian": 3}.get(profile)
        shape = np.exp(-2 * s ** (2 * n)) if n else (s <= 1).astype(float)
        peak = shot.power_W * shot.peak_factor / (math.pi * shot.radius_m(0.0) ** 2)
        assert track_fluence_J_m2(shot, 0.4) == pytest.approx(np.trapezoid(peak * shape, x) / 0.4, rel=1e-4)
    assert track_fluence_J_m2(beam(), 0.4) == pytest.approx(math.sqrt(2 / math.pi) * 4 / (60e-6 * 0.4), rel=1e-12)


def test_depth_without_conduction_is_the_balance_less_the_wet_layer():
    """F/h − 1/µ, with the drier stratum corneum's own h down to 16.8 µm; one cell of 2.5 µm and the layer's."""
    result = cut(beam(track_um=500), physics=FLAT, window=Window(cell_um=10, cell_z_um=2.5, tail_ms=0.05))
    balance, wet = energy_balance(beam(), CHEEK, 400.0, eta=1.0, physics=FLAT)
    h = lambda w: 1000 / (w + 0.649 * (1 - w)) * ((w * 4200 + (1 - w) * 1090) * 67 + w * 2.256e6)  # noqa: E731
    assert wet == pytest.approx(1e4 / 833)
    depth = balance - wet + 16.8 * (1 - h(0.3) / h(0.7))
    assert depth > 40
    assert result.depth_um == pytest.approx(depth, abs=5.0)


def test_depth_follows_power_over_speed(moved):
    """Fast cuts leave no time to conduct: twice the power at twice the speed is the same cut, to a cell."""
    twice = cut(beam(power=8.0, speed=800.0), speed=800.0, window=Window(cell_z_um=5, tail_ms=0.15))
    assert twice.depth_um == pytest.approx(moved.depth_um, abs=5.0)
    slower = cut(beam(speed=200.0), speed=200.0, window=Window(cell_z_um=5, tail_ms=0.3))
    assert slower.depth_um > 1.5 * moved.depth_um


def test_memory_does_not_grow_with_the_track():
    short, long = (forecast_cut(beam(track_um=t), CHEEK, speed_mm_s=400.0) for t in (5_000, 50_000))
    assert short.cells == long.cells
    assert 5 < long.steps / short.steps <= 10


def test_too_much_is_refused_with_a_cell_that_fits():
    with pytest.raises(BadInput, match="cell_um=") as refused:
        cut(beam(track_um=20_000), window=Window(cell_um=2, cell_z_um=1), most_minutes=5)
    cell, cell_z = (float(str(refused.value.todo).split(name)[1].split(",")[0]) for name in ("cell_um=", "cell_z_um="))
    window = Window(cell_um=cell, cell_z_um=cell_z)
    ahead = forecast_cut(beam(track_um=20_000), CHEEK, speed_mm_s=400.0, window=window, losses=NO_LOSSES)
    assert ahead.minutes <= 5
    assert ahead.memory_GB <= 4


def test_where_no_sensible_cell_fits_the_track_is_too_long():
    with pytest.raises(BadInput, match="would not resolve"):
        cut(beam(track_um=100_000), most_minutes=0.02)


def test_a_cut_through_the_floor_is_no_result():
    with pytest.raises(BadInput, match="through its floor"):
        cut(beam(track_um=500), physics=FLAT, window=Window(cell_um=10, depth_um=30, tail_ms=0.05))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: cut(beam(), speed=0.0),
        lambda: cut(beam(), speed=-10.0),
        lambda: cut(beam(), speed=math.nan),
        lambda: cut(beam(), speed=100.0),
        lambda: cut(beam(train=PulseTrain(micropulse_us=100, rate_Hz=1000))),
        lambda: Window(cell_um=0),
        lambda: Window(depth_um=math.inf),
        lambda: Window(precision="float16"),
    ],
    ids=["speed 0", "backwards", "NaN", "short track", "train", "no cell", "endless", "precision"],
)
def test_bad_input(wrong):
    with pytest.raises(BadInput):
        wrong()
