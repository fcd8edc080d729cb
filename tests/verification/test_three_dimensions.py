"""The three-dimensional solver: closed forms, parity with the column, tilt, overlap, a moving beam, refusal."""

import dataclasses
import math

import numpy as np
import pytest

from colonnade.errors import BadInput
from colonnade.laser import Shot
from colonnade.photothermal import NO_LOSSES, Cooling, Film, Kinetics, Losses, Physics, simulate, volume
from colonnade.photothermal.tilted import Beam, Block, forecast, simulate_volume
from colonnade.tissue import skin
from tests.verification.columns import ALPHA, RHO_C, K

CHEEK = skin("cheek")
SHOT = Shot(energy_mJ=2, pulse_ms=0.2, spot_um=120)
BLOCK = Block(250, 270, 330, cell_um=6)  # unequal sides: a swapped axis shows
HERE = Beam(SHOT, 125, 135)


def run(*beams, block=BLOCK, **options):
    return simulate_volume(beams, CHEEK, block, **{"until_ms": 0.5, "losses": NO_LOSSES, "threads": 1, **options})


@pytest.fixture(scope="module")
def upright():
    return run(HERE)


@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_conduction_of_a_gaussian(kind):
    """A 3-D Gaussian, σ = 30 µm, in a box of unequal sides, 2 ms: (σ²/(σ²+2αt))^1.5; 0.5 % of the peak for 6 µm cells
    ((h/σ)²/12 · 3 of curvature); float32 on the rise adds less than 1e-5 of it."""
    shape, h, sigma, end = (50, 46, 54), 6e-6, 30e-6, 2e-3
    axes = [(np.arange(n) + 0.5) * h - n * h / 2 for n in shape]
    square = axes[0][:, None, None] ** 2 + axes[1][None, :, None] ** 2 + axes[2][None, None, :] ** 2
    rise = (50 * np.exp(-square / (2 * sigma**2))).astype(kind)
    heat, k = rise * kind(RHO_C), np.full(shape, K, kind)
    steps = math.ceil(end / (0.1 * h**2 / ALPHA))
    total = float(heat.sum(dtype=np.float64))
    lost, removed, warm = np.zeros(shape[0]), np.zeros(shape, dtype=bool), np.full(shape[:2], shape[2])
    for _ in range(steps):
        volume.conduct(
            end / steps, np.array([h, h]), np.full(shape[2], h), k, rise, heat, 0.0, 0.0, removed, warm, lost
        )
        rise[:] = heat / kind(RHO_C)
    wide = sigma**2 + 2 * ALPHA * end
    exact = 50 * (sigma**2 / wide) ** 1.5 * np.exp(-square / (2 * wide))
    assert np.abs(rise - exact).max() <= 0.005 * exact.max()
    assert float(heat.sum(dtype=np.float64)) == pytest.approx(total, rel=1e-12 if kind is np.float64 else 1e-6)


def test_parity_with_the_column(upright):
    """Depth to two cells of 6 µm, volume to 3 %, residual heat to 5 % (where a front stops in a cell decides it)."""
    column = simulate(SHOT, CHEEK, losses=NO_LOSSES, cooling=Cooling(until_ms=0.5))
    assert upright.crater_um.max() == pytest.approx(column.crater_depth_um, abs=12)
    assert upright.ablated_volume_mm3 == pytest.approx(column.ablated_volume_mm3, rel=0.03)
    assert upright.residual_heat_mJ == pytest.approx(column.residual_heat_mJ, rel=0.05)
    assert upright.necrosis_um.max() == pytest.approx(column.necrosis_depth_um, abs=18)
    width = math.sqrt(4 / math.pi * np.count_nonzero(upright.crater_um) * 36)
    assert width == pytest.approx(column.crater_width_surface_um, abs=12)


def test_energy_closes_and_zones_nest(upright):
    assert upright.energy.closure_error < 1e-6
    assert upright.energy.delivered_mJ == pytest.approx(2.0, rel=1e-9)
    assert np.all(upright.crater_um <= upright.coagulated_um)
    assert np.all(upright.coagulated_um <= upright.necrosis_um)


def test_float32_and_float64_agree(upright):
    """Crater to one cell anywhere, residual heat to 0.5 %: a cell more or less at the crater's edge."""
    double = run(HERE, block=dataclasses.replace(BLOCK, precision="float64"))
    assert np.abs(double.crater_um - upright.crater_um).max() <= 6.0
    assert double.energy.closure_error < 1e-9
    assert double.residual_heat_mJ == pytest.approx(upright.residual_heat_mJ, rel=0.005)


def test_mirror_symmetry(upright):
    """The beam stands in the middle of an odd and an even number of cells: both mirrors to one cell."""
    block = Block(252, 264, 330, cell_um=6)
    one = run(Beam(SHOT, 126, 132), block=block)
    assert np.abs(one.crater_um - one.crater_um[::-1]).max() <= 6.0
    assert np.abs(one.crater_um - one.crater_um[:, ::-1]).max() <= 6.0


def test_a_tilted_beam_digs_along_its_axis():
    """30°: the deepest point lies tan 30° times its depth off (two cells), the crater is shallower, energy closes."""
    tilted = run(Beam(SHOT, 95, 135, tilt_deg=30))
    deepest = np.argwhere(tilted.crater_um == tilted.crater_um.max()).mean(axis=0) * 6 + 3
    assert deepest[1] == pytest.approx(135, abs=6)
    assert deepest[0] - 95 == pytest.approx(math.tan(math.radians(30)) * tilted.crater_um.max(), abs=15)
    straight = run(Beam(SHOT, 95, 135))
    assert tilted.crater_um.max() < straight.crater_um.max()
    assert tilted.energy.closure_error < 1e-6


def test_overlapping_beams_start_from_what_the_first_left():
    """More than one alone, no more than both beams' energy can vaporise; the second finds warm, dried walls."""
    one = run(Beam(SHOT, 105, 135))
    two = run(Beam(SHOT, 105, 135), Beam(SHOT, 145, 135, wait_ms=0.5))
    assert two.ablated_volume_mm3 > 1.5 * one.ablated_volume_mm3
    assert two.ablated_volume_mm3 < 2 * 2.0e-3 / 1.08e9 * 1e9  # the stratum corneum's 1.08 kJ/cm3 is the cheapest
    assert two.energy.delivered_mJ == pytest.approx(4.0, rel=1e-9)
    assert two.energy.closure_error < 1e-6


def test_a_moving_beam_cuts_by_its_energy_balance():
    """Without conduction, divergence or temperature dependence: F = √(2/π) P/(w v) on the axis, δ = (F − h/µ)/h.

    With the stratum corneum's own h down to 16.8 µm. Two cells of 2.5 µm: the layer ends inside one."""
    flat = Physics(conduction=False, divergence=False, mu_constant_per_cm=833.0, mu_slope=0.0, reflectance=0.0)
    speed, power, w = 400.0, 4.0, 60e-6
    length = 400e-6
    on = length / (speed * 1e-3)
    beam = Beam(Shot(energy_mJ=power * on * 1e3, pulse_ms=on * 1e3, spot_um=120), 100, 100, speed_mm_s=speed)
    result = run(beam, block=Block(600, 200, 150, cell_um=5, cell_z_um=2.5), physics=flat, until_ms=0)
    rho = 1000 / (0.7 + 0.649 * 0.3)
    h = rho * (0.7 * 4200 + 0.3 * 1090) * 67 + 0.7 * rho * 2.256e6
    fluence = math.sqrt(2 / math.pi) * power / (w * speed * 1e-3)
    horny = 1000 / (0.3 + 0.649 * 0.7)
    h_horny = horny * (0.3 * 4200 + 0.7 * 1090) * 67 + 0.3 * horny * 2.256e6
    depth = (fluence - h / 83300) / h * 1e6 + 16.8 * (1 - h_horny / h)
    middle = result.crater_um[50:70, 19:21]
    assert depth > 40
    assert middle.mean() == pytest.approx(depth, abs=5.0)
    assert middle.std() <= 2.5
    assert result.energy.closure_error < 1e-6


def test_too_much_is_refused_with_a_proposal_that_fits():
    with pytest.raises(BadInput, match="cell_um=") as refused:
        run(HERE, block=Block(3000, 3000, 2000, cell_um=2))
    cell = float(str(refused.value.todo).split("cell_um=")[1].split(",")[0])
    ahead = forecast((HERE,), CHEEK, Block(3000, 3000, 2000, cell_um=cell), until_ms=0.5)
    assert ahead.minutes <= 30
    assert ahead.memory_GB <= 4


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Beam(SHOT, 0, 0, tilt_deg=75),
        lambda: Beam(SHOT, 0, 0, tilt_deg=float("nan")),
        lambda: Beam(SHOT.model_copy(update={"stack": 2}), 0, 0),
        lambda: run(HERE, block=Block(0, 100, 100)),
        lambda: run(),
    ],
)
def test_bad_input(wrong):
    with pytest.raises(BadInput):
        wrong()


def test_losses_act_as_in_the_column():
    half = run(HERE, losses=Losses(eta=0.5))
    assert half.energy.plume_mJ > 0.4
    assert half.energy.closure_error < 1e-6


def test_a_film_costs_as_in_the_column(upright):
    """40 µm of blood: both solvers lose the same depth to it, to two cells of 6 µm; energy closes."""
    film = Film(40.0, "blood")
    covered = run(HERE, film=film)
    column = simulate(SHOT, CHEEK, losses=NO_LOSSES, cooling=Cooling(until_ms=0.5), film=film)
    assert covered.crater_um.max() == pytest.approx(column.crater_depth_um, abs=12)
    assert covered.crater_um.max() < upright.crater_um.max() - 12
    assert covered.residual_heat_mJ == pytest.approx(column.residual_heat_mJ, rel=0.05)
    assert covered.removed.shape == upright.removed.shape
    assert covered.energy.closure_error < 1e-6


def test_a_thick_film_keeps_the_light_from_the_skin():
    covered = run(HERE, film=Film(300.0))
    assert covered.crater_um.max() == 0.0
    assert covered.coagulated_um.max() == 0.0
    assert covered.energy.closure_error < 1e-6


def test_kinetics_draw_the_rim_as_in_the_column(upright):
    """The slow set coagulates less, and nothing else changes."""
    slow = run(HERE, kinetics=Kinetics("pearce"))
    assert np.array_equal(slow.crater_um, upright.crater_um)
    assert slow.coagulated_um.sum() < upright.coagulated_um.sum()


def test_cooling_before_the_first_beam():
    """A plate of 5 °C for 5 ms under next to no light: the skin is as cold as in the column, to 0.05 K of 4.4 K.

    Cells of 2.8 µm end where the horny layer ends, as the column's do, which are four times as fine.
    """
    cold = Physics(h_surface=2000.0, medium_C=5.0, precool_ms=5.0)
    faint = Shot(energy_mJ=1e-6, pulse_ms=0.2, spot_um=120)
    block = Block(60, 66, 168, cell_um=6, cell_z_um=2.8, precision="float64")
    cooled = run(Beam(faint, 30, 36), block=block, physics=cold)
    column = simulate(faint, CHEEK, losses=NO_LOSSES, cooling=Cooling(until_ms=0.5), physics=cold)
    edges = column.fields.z_edges_m
    theirs = np.interp(2.8e-6 * (np.arange(60) + 0.5), (edges[1:] + edges[:-1]) / 2, column.fields.temperature_end_K[0])
    assert cooled.rise_K[0, 0, 0] < -4.0
    assert cooled.rise_K[5, 5] == pytest.approx(theirs - CHEEK.temperature_C - 273.15, abs=0.05)
    assert cooled.energy.closure_error < 1e-4


def test_a_crater_through_the_floor_is_refused():
    """It was reported as deep as the block."""
    shallow = Block(250, 270, 60, cell_um=6)
    with pytest.raises(BadInput, match="through its floor"):
        run(HERE, block=shallow)


@pytest.mark.parametrize("beam", [Beam(SHOT, 1500, 135), Beam(SHOT, 125, -10)])
def test_a_beam_beside_the_block_is_refused(beam):
    with pytest.raises(BadInput, match="outside the block"):
        forecast((HERE, beam), CHEEK, BLOCK, until_ms=1.0)
