"""treat(): firing, coverage, energies, bulk heat, the two-way checks and what is refused."""

import math
import subprocess
import sys
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest

from colonnade import BadInput
from colonnade.field import bulk, circle, coverage, heat, pattern, rectangle, square, treat
from tests.synthetic import column

TEN = pattern("square", density_pct=10, spot_um=120)


@pytest.fixture(scope="module")
def field():
    return treat(column(), TEN, region=square(6), rate_Hz=300)


def test_positions_times_and_energy(field):
    assert field.positions_m.shape == (field.columns, 2)
    assert field.region.contains(field.positions_m).all()
    assert np.diff(field.times_s) == pytest.approx(1 / 300)
    assert field.pass_end_s == pytest.approx(((field.columns - 1) / 300,))
    # 884 columns per cm² of 15 mJ
    assert field.areal_energy_per_pass_J_cm2 == pytest.approx(13.263, abs=1e-3)
    assert field.areal_energy_fired_J_cm2 == pytest.approx(field.columns * 15e-3 / 0.36)


def test_coverage_of_cylinders_is_n_pi_r_squared(field):
    c, k = field.coverage, 50
    per_m2 = TEN.columns_per_m2
    assert c.ablated_pct[k] == pytest.approx(100 * per_m2 * math.pi * 40e-6**2, rel=1e-9)
    assert c.coagulated_pct[k] == pytest.approx(100 * per_m2 * math.pi * (70e-6**2 - 40e-6**2), rel=1e-9)
    assert c.heated_pct[k] == pytest.approx(100 * per_m2 * math.pi * (80e-6**2 - 70e-6**2), rel=1e-9)
    total = c.ablated_pct + c.coagulated_pct + c.heated_pct + c.spared_pct
    assert total == pytest.approx(100, abs=1e-9)
    assert c.spared_pct[-1] == 100  # below the columns


@pytest.mark.parametrize("kind", ["square", "hexagonal"])
def test_overlapping_discs_against_circular_segments(kind):
    # each disc loses a segment beyond half the pitch towards each of its 4 or 6 neighbours
    made = pattern(kind, pitch_um=200, spot_um=100)
    r = 110e-6
    half = 100e-6
    segment = r**2 * math.acos(half / r) - half * math.sqrt(r**2 - half**2)
    neighbours = 4 if kind == "square" else 6
    expected = (math.pi * r**2 - neighbours * segment) * made.columns_per_m2
    wide, window = (-3e-3,) * 2 + (3e-3,) * 2, (-2e-3,) * 2 + (2e-3,) * 2
    xy = made.lattice(wide, shift=(0.1, 0.3), turn_rad=0.3, number=0)
    exact, difference = coverage.union_fraction(xy, window, np.array([r, 1e-3]))
    assert exact[0] == pytest.approx(expected, rel=1e-9)
    assert exact[1] == pytest.approx(1.0, abs=1e-12)
    assert difference < 0.003


def test_passes_as_independent_and_as_they_lie():
    field = treat(column(), TEN, region=square(6), rate_Hz=300, passes=3)
    one = 1 - field.coverage_one_pass.spared_pct / 100
    assert field.coverage_independent.spared_pct == pytest.approx(100 * (1 - one) ** 3)
    # real positions of three placements over 21 pitches: lattices are more even than chance, so within 1 point
    assert field.coverage.spared_pct == pytest.approx(field.coverage_independent.spared_pct, abs=1.0)
    assert not np.array_equal(field.coverage.spared_pct, field.coverage_independent.spared_pct)
    assert field.areal_energy_total_J_cm2 == pytest.approx(3 * field.areal_energy_per_pass_J_cm2)
    assert len(field.columns_per_pass) == 3
    assert sum(field.columns_per_pass) == field.columns


def test_stamps_are_filled_one_after_the_other():
    field = treat(column(), TEN, region=square(8), rate_Hz=300, stamp_mm=4)
    corner = field.positions_m.min(axis=0)
    tile = np.floor((field.positions_m - corner) / 4e-3).astype(int)
    number = tile[:, 1] * 3 + tile[:, 0]
    assert (np.diff(number) >= 0).all()
    assert len(np.unique(number)) >= 4


def test_bulk_heat_history(field):
    b = field.bulk
    assert b.time_s[0] == 0
    assert b.time_s[-1] == pytest.approx(field.pass_end_s[-1] + bulk.AFTERWARDS_S)
    assert (np.diff(b.time_s) > 0).all()
    for series, peak in ((b.surface_K, b.peak_surface_K), (b.basal_K, b.peak_basal_K), (b.dermis_K, b.peak_dermis_K)):
        assert series.max() == peak
        assert series[0] == 0
    assert b.peak_surface_K >= b.peak_basal_K >= b.peak_dermis_K > 0
    assert b.basal_depth_um == pytest.approx(76.8)  # stratum corneum and viable epidermis of the cheek
    # never more than the heat of the field in its own layer, before it spreads in depth, plus the ripple of a few
    # columns: q/(ρcL) = 7.3 K
    q = TEN.columns_per_m2 * 1.8e-3
    assert b.peak_surface_mean_K < q / (b.heat_capacity_J_m3K * 600e-6)
    assert b.two_way_difference_K < b.two_way_tolerance_K
    assert b.peak_basal_temperature_C == pytest.approx(33.0 + b.peak_basal_K)
    assert 0 < b.cem43_basal_min < 10
    assert 0 < b.omega_basal < b.omega_basal_weaver_stoll < 0.53
    cooled = b.cooled_below_s(1.0)
    assert cooled is not None
    assert b.basal_K[b.time_s >= cooled].max() < 1.0
    assert b.cooled_below_s(1e-6) is None


def test_no_other_place_between_columns_is_hotter(field):
    shots = heat.Shots(field.positions_m, field.times_s, heat.source_of(column()), 0.21, 3.65e6)
    places = bulk.between(field.positions_m, TEN.pitch_m, 0.5 * TEN.pitch_m)
    times = np.linspace(0, field.pass_end_s[-1] + 2, 300)
    depth = np.array([field.bulk.basal_depth_um * 1e-6])
    everywhere = heat.rise(shots, np.repeat(places, 300, axis=0), np.tile(times, len(places)), depth)
    # sampled in time at 12 ms against a ripple of 0.5 s
    assert everywhere.max() <= field.bulk.peak_basal_K * 1.001


def test_warmer_start_and_lower_conductivity_are_worse(field):
    warm = treat(column(), TEN, region=square(6), rate_Hz=300, start_temperature_C=38.0)
    assert warm.bulk.cem43_basal_min > field.bulk.cem43_basal_min
    assert warm.bulk.omega_basal > field.bulk.omega_basal
    assert warm.bulk.peak_basal_K == field.bulk.peak_basal_K
    for k in (0.30, 0.55):
        better = treat(column(), TEN, region=square(6), rate_Hz=300, conductivity_W_mK=k)
        assert better.bulk.peak_surface_mean_K < field.bulk.peak_surface_mean_K
        assert better.bulk.cem43_basal_min < field.bulk.cem43_basal_min
        # midway between columns it can be the other way round, which is why both ends are looked at
        assert better.bulk.peak_basal_K > field.bulk.peak_basal_K
        assert better.bulk.peak_basal_K <= field.bulk.peak_basal_either_end_K * (1 + 1e-3)


def test_heat_is_linear_in_the_residual_heat(field):
    twice = treat(column(heat_mJ=3.6), TEN, region=square(6), rate_Hz=300)
    # equal places tie, and another of them may be followed; the peak is sampled in time to about 1e-4
    assert twice.bulk.peak_basal_K == pytest.approx(2 * field.bulk.peak_basal_K, rel=5e-4)


def test_heat_source_follows_the_square_of_the_heated_radius():
    even = heat.source_of(column(depth_um=600))
    assert even.heat_J == pytest.approx(1.8e-3)
    assert even.weights.sum() == pytest.approx(1)
    assert even.edges_m[-1] == pytest.approx(600e-6, rel=0.01)
    assert even.mean_depth_m == pytest.approx(300e-6, rel=0.01)
    # a cone: ∫ z (1 − z/L)² dz / ∫ (1 − z/L)² dz = L/4
    cone = heat.source_of(column(depth_um=600, taper=1.0, heated_um=90))
    assert cone.mean_depth_m == pytest.approx(150e-6, rel=0.03)


def test_heat_without_a_heated_zone_stays_shallow():
    lesion = column()
    none = replace(
        lesion.profile, **{n: 0 * lesion.profile.depth_um for n in ("crater_um", "coagulated_um", "heated_um")}
    )
    bare = replace(lesion, profile=none, crater_depth_um=0.0, coagulation_depth_um=0.0, necrosis_depth_um=0.0)
    assert heat.source_of(bare).edges_m == pytest.approx([0, 12e-6])


def test_a_disagreement_gives_no_field(monkeypatch):
    right = heat.mean_rise_modes
    monkeypatch.setattr(heat, "mean_rise_modes", lambda *a: 1.01 * right(*a))
    with pytest.raises(ArithmeticError, match="two computations differ"):
        treat(column(), TEN, region=square(3), rate_Hz=300)
    monkeypatch.setattr(heat, "mean_rise_modes", lambda *a: float("nan"))
    with pytest.raises(ArithmeticError, match="two computations differ"):
        treat(column(), TEN, region=square(3), rate_Hz=300)


def test_a_disagreement_in_coverage_gives_no_field(monkeypatch):
    right = coverage._disc_in_cells
    monkeypatch.setattr(coverage, "_disc_in_cells", lambda *a: 1.05 * right(*a))
    with pytest.raises(ArithmeticError, match="geometry and raster"):
        treat(column(), TEN, region=square(3), rate_Hz=300)


def test_results_are_frozen(field):
    with pytest.raises(FrozenInstanceError):
        field.passes = 2
    with pytest.raises(ValueError, match="read-only"):
        field.bulk.basal_K[0] = 1


def test_smallest_and_round_regions():
    alone = treat(column(), TEN, region=square(0.4), rate_Hz=300)
    assert alone.columns in (1, 2)
    assert alone.bulk.peak_basal_K > 0
    disc = treat(column(), TEN, region=circle(5), rate_Hz=300)
    assert disc.region.contains(disc.positions_m).all()


@pytest.mark.parametrize(
    "wrong",
    [
        {"rate_Hz": 0},
        {"rate_Hz": float("nan")},
        {"rate_Hz": "300"},
        {"passes": 0},
        {"passes": 1.5},
        {"passes": 21},
        {"pass_interval_s": -1},
        {"conductivity_W_mK": float("nan")},
        {"conductivity_W_mK": 5.0},
        {"start_temperature_C": 306.0},
        {"stamp_mm": 0},
        {"order": "spiral"},
        {"basal_depth_um": float("nan")},
        {"region": square(0.1)},
        {"region": rectangle(490, 490)},
    ],
)
def test_bad_input_is_refused(wrong):
    with pytest.raises(BadInput) as error:
        treat(column(), TEN, **{"region": square(3), "rate_Hz": 300, **wrong})
    assert error.value.todo


@pytest.mark.parametrize(
    "wrong",
    [
        {"crater_um": 100.0},  # wider than what is coagulated
        {"heated_um": np.nan},
        {"depth_um": 0.0},
        {"crater_um": -1.0},
    ],
)
def test_broken_lesions_are_refused(wrong):
    lesion = column()
    name, value = next(iter(wrong.items()))
    profile = replace(lesion.profile, **{name: np.full_like(lesion.profile.depth_um, value)})
    with pytest.raises(BadInput, match="profile"):
        treat(replace(lesion, profile=profile), TEN, region=square(3), rate_Hz=300)
    with pytest.raises(BadInput, match="residual_heat"):
        treat(replace(lesion, residual_heat_mJ=float("nan")), TEN, region=square(3), rate_Hz=300)


def test_importing_the_room_loads_neither_numba_nor_scipy():
    code = "import sys, colonnade.field; print([m for m in ('numba', 'scipy', 'matplotlib') if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
