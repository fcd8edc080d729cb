"""The three-dimensional solver against itself: threads, axes, float32, linearity, far beams, vanishing energy."""

import dataclasses

import numba
import numpy as np
import pytest

from colonnade.laser import Shot
from colonnade.photothermal import NO_LOSSES, Physics, simulate
from colonnade.photothermal.strategies import Cooling
from colonnade.photothermal.tilted import Beam, Block, simulate_volume
from colonnade.tissue import skin

CHEEK = skin("cheek")
BLOCK = Block(180, 230, 200, cell_um=10, cell_z_um=5)  # unequal sides, unequal cells
HOT = Shot(energy_mJ=1.0, pulse_ms=0.1, spot_um=100)
#: Below boiling with constant properties everything is linear in the energy.
LINEAR = Physics(k_slope=0.0, mu_slope=0.0, h_surface=100.0)
WARM = Shot(energy_mJ=0.02, pulse_ms=0.1, spot_um=100)


def run(*beams, block=BLOCK, **options):
    return simulate_volume(beams, CHEEK, block, **{"until_ms": 0.4, "losses": NO_LOSSES, "threads": 1, **options})


def test_serial_and_threaded_runs_are_the_same_to_the_last_bit():
    """Every cell is written by one thread from what all read: no sum depends on their order."""
    one, more = (run(Beam(HOT, 90, 110, tilt_deg=20), threads=n) for n in (1, numba.config.NUMBA_NUM_THREADS))
    np.testing.assert_array_equal(one.rise_K, more.rise_K)
    np.testing.assert_array_equal(one.removed, more.removed)
    assert one.energy == more.energy


def test_swapping_the_axes_swaps_the_result():
    """A beam tilted along x in a block of 180 x 230, and along y in one of 230 x 180: the transpose.

    float64, one cell anywhere: a ray on the border of two cells falls to either side by rounding.
    """
    block = dataclasses.replace(BLOCK, precision="float64")
    turned = dataclasses.replace(block, length_um=block.width_um, width_um=block.length_um)
    x = run(Beam(HOT, 83, 117, tilt_deg=25), block=block)
    y = run(Beam(HOT, 117, 83, tilt_deg=25, azimuth_deg=90), block=turned)
    assert np.abs(x.crater_um - y.crater_um.T).max() <= 5.0
    assert x.ablated_volume_mm3 == pytest.approx(y.ablated_volume_mm3, rel=1e-3)
    assert x.energy.tissue_mJ == pytest.approx(y.energy.tissue_mJ, rel=1e-3)


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("tilt", [0.0, 25.0])
def test_below_boiling_the_rise_is_linear_in_the_energy(tilt, precision):
    """1e-3 of the peak of 16 K: a cell takes part once it has warmed by 0.01 K, whatever the energy."""
    block = dataclasses.replace(BLOCK, precision=precision)
    one, two = (
        run(Beam(WARM.model_copy(update={"energy_mJ": e}), 90, 110, tilt_deg=tilt), block=block, physics=LINEAR)
        for e in (0.005, 0.01)
    )
    assert np.abs(two.rise_K - 2 * one.rise_K).max() <= 1e-3 * two.rise_K.max()


def test_float32_agrees_with_float64_in_temperature():
    """1e-4 of the peak rise (L14), below boiling where no front makes a cell more or less."""
    single, double = (
        run(Beam(WARM, 90, 110), block=dataclasses.replace(BLOCK, precision=p)) for p in ("float32", "float64")
    )
    assert np.abs(single.rise_K - double.rise_K).max() <= 1e-4 * double.rise_K.max()


def test_two_far_beams_are_the_sum_of_each_alone():
    """330 µm apart, six diffusion lengths after 0.4 ms and beyond both beams' light: 0.5 % (L16)."""
    block = Block(520, 200, 200, cell_um=10, cell_z_um=5)
    first, second = Beam(HOT, 90, 100), Beam(HOT, 420, 100)
    a, b, both = run(first, block=block), run(second, block=block), run(first, second, block=block, until_ms=0.3)
    np.testing.assert_array_equal(both.removed, a.removed | b.removed)
    assert both.ablated_volume_mm3 == pytest.approx(a.ablated_volume_mm3 + b.ablated_volume_mm3, rel=1e-9)
    assert both.energy.ejected_mJ == pytest.approx(a.energy.ejected_mJ + b.energy.ejected_mJ, rel=5e-3)


def test_no_energy_leaves_no_trace():
    """A nanojoule: nothing removed, coagulated, dead; the audit closes on what there is."""
    nothing = run(Beam(WARM.model_copy(update={"energy_mJ": 1e-6}), 90, 110))
    assert nothing.crater_um.max() == nothing.coagulated_um.max() == nothing.necrosis_um.max() == 0
    assert nothing.energy.closure_error < 1e-4
    lesion = simulate(WARM.model_copy(update={"energy_mJ": 1e-6}), CHEEK, cooling=Cooling(until_ms=1))
    assert lesion.regime == "none"
    assert lesion.crater_depth_um == lesion.coagulation_depth_um == lesion.necrosis_depth_um == 0


def test_the_rise_of_an_upright_beam_is_the_columns():
    """The same heat in rings and in cells of unequal sides, below boiling: 2 % of the peak on the axis by depth.

    Cells of 10 µm across see the Gaussian of w = 50 µm flattened by (h/w)²/6 = 0.7 %, and half a cell off the axis.
    """
    block = Block(330, 350, 250, cell_um=10, cell_z_um=2.5)
    cube = run(Beam(WARM, 165, 175), block=block, until_ms=0.2)
    lesion = simulate(WARM, CHEEK, losses=NO_LOSSES, cooling=Cooling(until_ms=0.2))
    z = lesion.fields.z_edges_m
    axis = lesion.fields.temperature_end_K[0] - 273.15 - CHEEK.temperature_C
    depth = (np.arange(100) + 0.5) * 2.5e-6
    here = np.interp(depth, 0.5 * (z[1:] + z[:-1]), axis)
    i, m = 16, slice(17, 18)
    assert np.abs(cube.rise_K[i, m].mean(axis=0) - here).max() <= 0.02 * here.max()
