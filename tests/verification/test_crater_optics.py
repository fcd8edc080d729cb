"""Crater optics, and what lies in or on the crater: walls, films, refill, pyrolysis, kinetics."""

import math

import numpy as np
import pytest

from colonnade.laser import Shot
from colonnade.photothermal import Cooling, Film, Kinetics, Mesh, Physics, Refill, Walls, engine, pulse, simulate, walls
from colonnade.photothermal import constants as c
from colonnade.photothermal.strategies import NO_LOSSES, Ablation, Options
from colonnade.tissue import skin
from tests.verification.columns import MU_PER_CM, centres, uniform

CHEEK = skin("cheek")
PLAIN = Physics(
    conduction=False, mu_constant_per_cm=MU_PER_CM, mu_slope=0.0, reflectance=0.0, divergence=False, h_surface=0.0
)
FLAT = Shot(energy_mJ=2000, pulse_ms=1.0, spot_um=2000, profile="tophat", stack=1)
SHORT = Cooling(until_ms=5)
COARSE = Mesh(dr_um=100, dz_um=1.0)


def shot(**changes):
    return Shot(**{"energy_mJ": 10, "pulse_ms": 0.5, "spot_um": 120, **changes})


# --- walls ----------------------------------------------------------------------------------------------------------
def test_fresnel_known_values():
    """Water at 10.6 µm reflects 0.8 % at normal incidence; glass 4 %, and half of Rs at Brewster's angle; 1 grazing."""
    assert walls.fresnel(1.0, c.N_WATER.value, c.K_WATER.value) == pytest.approx(0.008, abs=5e-4)  # as printed
    assert walls.fresnel(1.0, 1.5, 0.0) == pytest.approx(0.04, rel=1e-12)
    brewster = math.cos(math.atan(1.5))
    rs = ((1.5**2 - 1) / (1.5**2 + 1)) ** 2
    assert walls.fresnel(brewster, 1.5, 0.0) == pytest.approx(rs / 2, rel=1e-9)
    assert walls.fresnel(1e-9, c.N_WATER.value, c.K_WATER.value) == pytest.approx(1.0, abs=1e-6)


def test_a_ray_in_a_cone_lands_where_geometry_says():
    """Cone z = D(1 − r/a): a ray falling at r0 leaves at twice the wall's angle and meets the other side."""
    depth, radius = 300e-6, 100e-6
    r_edges = uniform(0.5, 240)
    centre = centres(r_edges)
    surface = np.maximum(depth * (1 - centre / radius), 0.0)
    start = np.array([60.1e-6])
    reflected, landing, part, _ = walls.plan_of(1, len(centre), 1)
    walls.trace(start, r_edges, centre, surface, 1, c.N_WATER.value, c.K_WATER.value, reflected, landing, part)
    slope = -depth / radius
    cosine = 1 / math.hypot(1, slope)
    normal = walls.fresnel(1.0, c.N_WATER.value, c.K_WATER.value)
    expected = (walls.fresnel(cosine, c.N_WATER.value, c.K_WATER.value) - normal) / (1 - normal)
    assert reflected[0] == pytest.approx(expected, rel=1e-9)
    # direction (2s, s² − 1)/(1 + s²), met on the far side where z = D(1 − |r|/a)
    dr, dz = 2 * slope / (1 + slope**2), (slope**2 - 1) / (1 + slope**2)
    r0, z0 = start[0], depth * (1 - start[0] / radius)
    path = (depth * (1 + r0 / radius) - z0) / (dz - depth / radius * dr)
    met = r0 + path * dr
    assert met < 0  # beyond the axis
    width = 0.61 * walls.WAVELENGTH_M / abs(dr)
    first, last = landing[0, 0]
    # the Airy disc about the place, to a ring of 0.5 µm on either side
    assert r_edges[first] == pytest.approx(max(-met - width, 0.0), abs=1e-6)
    assert r_edges[last + 1] == pytest.approx(min(-met + width, radius), abs=1e-6)
    assert part[0, 0, 0] == pytest.approx(1.0, rel=1e-12)  # one bounce: all of it stays
    assert part[0, 0, 1] * math.pi * (r_edges[last + 1] ** 2 - r_edges[first] ** 2) == pytest.approx(1.0, rel=1e-12)


def test_a_flat_floor_reflects_nothing_more():
    """A wide top-hat makes a flat floor: its middle is the same with and without walls, to rounding."""
    wide = Shot(energy_mJ=300, pulse_ms=1.0, spot_um=1500, profile="tophat")
    off = simulate(wide, CHEEK, losses=NO_LOSSES, cooling=SHORT)
    on = simulate(wide, CHEEK, losses=NO_LOSSES, cooling=SHORT, walls=Walls(3))
    assert on.crater_depth_um == pytest.approx(off.crater_depth_um, rel=1e-9)


def test_steep_walls_guide_light_to_the_floor():
    """More bounces, deeper, and it converges: the fourth and fifth change less than 1 %."""
    depth = [
        simulate(shot(), CHEEK, losses=NO_LOSSES, cooling=SHORT, walls=Walls(n)).crater_depth_um for n in (0, 1, 3, 5)
    ]
    assert depth[0] < depth[1] < depth[2]
    assert depth[3] == pytest.approx(depth[2], rel=0.01)


# --- a film on the skin ---------------------------------------------------------------------------------------------
def flat_depth(film=None, refill=None, stack=1, energy=2000.0):
    """Flat pulse without conduction at constant µ: depth, and the column's enthalpies of film, first and dermal row."""
    one = FLAT.model_copy(update={"stack": stack, "stack_interval_ms": 2.0, "energy_mJ": energy})
    options = Options(losses=NO_LOSSES, physics=PLAIN, mesh=COARSE, film=film or Film(), refill=refill or Refill())
    column = engine.build(one, CHEEK, options)
    h = column.h_ablation()[0].copy()
    engine.deliver(column, one)
    return column, h


@pytest.mark.parametrize("kind", ["water", "blood", "cream"])
@pytest.mark.parametrize("thickness", [15.0, 40.0])
def test_a_film_costs_its_own_enthalpy(kind, thickness):
    """F = Σ h dz over film and tissue gone + h/µ stored ahead. 1 %: the floor is known to part of a cell."""
    column, h = flat_depth(Film(thickness, kind))
    k = int(column.top[0])
    gone = float(np.sum((h * column.dz)[:k])) + h[k] * column.front_share[0] * column.dz[k]
    stored = h[k] / (MU_PER_CM * 100)
    assert column.z_edges[0] == pytest.approx(-thickness * 1e-6)
    assert gone + stored == pytest.approx(FLAT.fluence_mean_J_cm2 * 1e4, rel=0.01)


def test_no_film_is_no_film():
    with_none = simulate(shot(), CHEEK, cooling=SHORT, film=Film(0.0, "blood"))
    assert with_none.crater_depth_um == simulate(shot(), CHEEK, cooling=SHORT).crater_depth_um


def test_a_thick_film_keeps_the_light_from_the_skin():
    """500 µm of water under a weak pulse: nothing of the skin is removed or coagulated, depths stay 0."""
    lesion = simulate(shot(energy_mJ=2), CHEEK, cooling=SHORT, film=Film(500.0))
    assert lesion.crater_depth_um == 0.0
    assert lesion.coagulation_depth_um == 0.0
    assert lesion.fields.z_edges_m[0] == 0.0
    assert lesion.energy.closure_error < 1e-9


# --- refill ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("share", [0.3, 0.8])
def test_refill_costs_the_enthalpy_of_the_fluid(share):
    """The second pulse must first take out what came back: its depth falls by Σ h_fluid dz. 2 %: parts of cells."""
    one = flat_depth()[0].deepest_m()
    opened, h = flat_depth(stack=2)
    filled, _ = flat_depth(stack=2, refill=Refill(share, tau_ms=1e-3))
    fluid = filled.fluid[0]
    water = filled.water_start[0][fluid] * c.LATENT_HEAT.value
    wet = (filled.c_dry[0] + filled.water_start[0] * c.C_WATER.value)[fluid] * (c.BOILING_K - filled.t_ref)
    cost = float(np.sum((wet + water) * filled.dz[fluid]))
    assert float(filled.dz[fluid].sum()) == pytest.approx(share * one, abs=2e-6)
    between = slice(int(filled.top[0]), int(opened.top[0]))
    lost = float(np.sum((h * opened.dz)[between]))
    assert lost == pytest.approx(cost, rel=0.02)


def test_refill_grows_with_the_pause():
    """1 − exp(−t/τ): none at once, all of the share after many τ."""
    refill = Refill(0.4, tau_ms=50.0)
    assert refill.after(0.0) == 0.0
    assert refill.after(0.05) == pytest.approx(0.4 * (1 - math.exp(-1)), rel=1e-12)
    assert refill.after(5.0) == pytest.approx(0.4, rel=1e-12)


def test_fluid_left_in_the_crater_counts_as_crater():
    """A second pulse too weak to remove anything leaves the first crater's depth, with or without fluid in it."""
    column = engine.build(shot(), CHEEK, Options())
    column.fire(shot())
    depth = column.deepest_m()
    share = column.front_share[0]
    column.refill(0.5)
    assert column.top[0] < np.searchsorted(column.z_edges, depth)
    alone = column.tissue_alone()
    assert alone.deepest_m() == depth
    assert alone.front_share[0] == share
    assert not alone.fluid[~alone.removed].any()


# --- pyrolysis ------------------------------------------------------------------------------------------------------
def test_pyrolysis_costs_its_heat():
    """In a char shot what turns the dry matter, less char, to gas comes on top of drying and superheat."""
    beam = shot(energy_mJ=20, pulse_ms=20, spot_um=250, profile="tophat")
    column = engine.build(beam, CHEEK, Options(ablation=Ablation(pyrolysis_kJ_g=2.0)))
    plain = engine.build(beam, CHEEK, Options()).h_ablation()
    column.ask_pyrolysis()
    dry = column.c_dry / c.C_DRY.value
    assert column.h_ablation() - plain == pytest.approx((1 - c.CHAR_YIELD.value) * dry * 2.0e6, rel=1e-12)


def test_dry_matter_turns_to_gas_at_its_temperature():
    """No cell gets hotter than 400 °C; what is above the plateau at the end leaves as gas with its own heat."""
    beam = shot(energy_mJ=20, pulse_ms=20, spot_um=250, profile="tophat")
    column = engine.build(beam, CHEEK, Options(ablation=Ablation(pyrolysis_kJ_g=2.0)))
    start = column.c_dry.copy()
    column.fire(beam)
    assert column.t_max.max() <= c.T_ABLATION_CHAR_K.value + 1e-9
    assert engine.audit(column).closure_error < 1e-9
    lost = (start - column.c_dry)[~column.removed]
    assert (lost >= 0).all()
    assert lost.max() > 0
    assert (column.c_dry >= c.CHAR_YIELD.value * start * (1 - 1e-9))[~column.removed].all()


def test_what_an_earlier_pulse_has_dried_must_turn_to_gas():
    column = engine.build(shot(), CHEEK, Options(ablation=Ablation(pyrolysis_kJ_g=2.0)))
    column.water[:, :3] = 0.1 * column.water_start[:, :3]
    column.ask_pyrolysis()
    assert (column.gas_J_m3[:, :3] > 0).all()
    assert not column.gas_J_m3[:, 3:].any()


# --- kinetics -------------------------------------------------------------------------------------------------------
def test_faster_kinetics_make_a_thicker_rim():
    rims = [
        simulate(shot(), CHEEK, cooling=SHORT, kinetics=Kinetics(name)).rim_bottom_um
        for name in ("pearce", "maitland-walsh")
    ]
    assert rims[0] < rims[1]


@pytest.mark.parametrize(
    "options",
    [
        {"walls": Walls(3)},
        {"film": Film(30.0, "cream")},
        {"refill": Refill(0.5)},
        {"ablation": Ablation(pyrolysis_kJ_g=2.0)},
        {"walls": Walls(2), "film": Film(20.0, "blood"), "refill": Refill(0.7, water=0.7)},
    ],
    ids=["walls", "film", "refill", "pyrolysis", "all"],
)
def test_energy_closes_with_each(options):
    """As V18a, for a stack of three."""
    lesion = simulate(shot(stack=3, stack_interval_ms=20), CHEEK, cooling=SHORT, **options)
    assert lesion.energy.closure_error < 1e-9
    assert all(value >= 0 for value in vars(lesion.energy).values())
    assert lesion.crater_depth_um > 0


@pytest.mark.parametrize(
    "wrong",
    [lambda: Walls(6), lambda: Film(-1.0), lambda: Film(5.0, "honey"), lambda: Refill(1.5), lambda: Kinetics("fast")],
)
def test_nonsense_is_refused(wrong):
    with pytest.raises(ValueError, match="allowed"):
        wrong()


def test_the_plume_slot_knows_nothing_of_walls():
    """Without η nothing is booked as plume, however light bounces."""
    column = engine.build(shot(), CHEEK, Options(losses=NO_LOSSES, walls=Walls(3)))
    column.fire(shot())
    assert column.ledger[pulse.PLUME] == 0.0
