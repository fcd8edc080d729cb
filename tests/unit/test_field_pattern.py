"""Patterns and regions: what is refused, and what a lattice is."""

import math

import numpy as np
import pytest
from scipy.spatial import cKDTree

from colonnade import BadInput
from colonnade.field import circle, pattern, rectangle, square


def test_density_is_the_definition_of_the_house():
    made = pattern("square", density_pct=10, spot_um=120)
    assert made.spots_per_cm2 == pytest.approx(884.194, abs=1e-3)
    assert made.density_pct == pytest.approx(10)
    assert made.pitch_um == pytest.approx(336.30, abs=0.01)
    assert made.spacing_um == pytest.approx(216.30, abs=0.01)


def test_spacing_reproduces_the_registry_values():
    # edge gaps of 1000 and 800 µm with 350 µm spots: 5.28 % and 7.27 %
    assert pattern("square", spacing_um=1000, spot_um=350).density_pct == pytest.approx(5.28, abs=0.005)
    assert pattern("square", spacing_um=800, spot_um=350).density_pct == pytest.approx(7.27, abs=0.005)


def test_hexagonal_pitch_is_the_distance_to_the_six_neighbours():
    made = pattern("hexagonal", spots_per_cm2=100, spot_um=120)
    xy, _, _ = made.place(square(30))
    inner = xy[np.abs(xy).max(axis=1) < 10e-3]
    distance = cKDTree(xy).query(inner, k=8)[0][:, 1:]
    assert distance[:, :6] == pytest.approx(made.pitch_m, rel=1e-9)
    assert (distance[:, 6] > 1.5 * made.pitch_m).all()
    assert made.pitch_m == pytest.approx(math.sqrt(2 / math.sqrt(3)) * 1e-3, rel=1e-12)


def test_jitter_is_seeded_and_bounded():
    even = pattern("square", density_pct=5, spot_um=120)
    one = pattern("random", density_pct=5, spot_um=120, seed=3)
    place = {"shift": (0.5, 0.5), "turn_rad": 0.0, "number": 0}
    bounds = (-5e-3, -5e-3, 5e-3, 5e-3)
    moved = one.lattice(bounds, **place) - even.lattice(bounds, **place)
    assert np.abs(moved).max() <= 0.5 * one.pitch_m / 2 * (1 + 1e-9)
    # uniform: mean 0, standard deviation (bound)/√3; some 4000 numbers, so 5 % is ten standard errors of the latter
    assert moved.std() == pytest.approx(one.pitch_m / 4 / math.sqrt(3), rel=0.05)
    assert np.array_equal(one.lattice(bounds, **place), one.lattice(bounds, **place))
    other = pattern("random", density_pct=5, spot_um=120, seed=4)
    assert not np.array_equal(one.lattice(bounds, **place), other.lattice(bounds, **place))


def test_a_wider_window_shows_the_same_jittered_columns():
    made = pattern("random", density_pct=5, spot_um=120)
    place = {"shift": (0.2, 0.7), "turn_rad": 0.4, "number": 1}
    small = made.lattice((-1e-3, -1e-3, 1e-3, 1e-3), **place)
    wide = made.lattice((-5e-3, -5e-3, 5e-3, 5e-3), **place)
    assert cKDTree(wide).query(small)[0].max() < 1e-12


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "hexagon", "density_pct": 5},
        {"density_pct": 5, "pitch_um": 400},
        {},
        {"density_pct": float("nan")},
        {"density_pct": 0},
        {"density_pct": -5},
        {"density_pct": 101},
        {"density_pct": True},
        {"density_pct": "5"},
        {"pitch_um": 100},
        {"pitch_um": float("inf")},
        {"spacing_um": -1},
        {"spots_per_cm2": 12_000},
        {"density_pct": 80},  # a square lattice of discs fills at most π/4
        {"kind": "random", "density_pct": 5, "jitter": 1.5},
        {"kind": "random", "density_pct": 5, "jitter": float("nan")},
        {"density_pct": 5, "jitter": 0.2},
        {"density_pct": 5, "seed": -1},
        {"density_pct": 5, "spot_um": 0},
        {"density_pct": 5, "spot_um": float("nan")},
    ],
)
def test_bad_patterns_are_refused(wrong):
    asked = {"spot_um": 120, **wrong}
    with pytest.raises(BadInput) as error:
        pattern(asked.pop("kind", "square"), **asked)
    assert error.value.given
    assert error.value.allowed
    assert error.value.todo


def test_unknown_kind_is_met_with_a_proposal():
    with pytest.raises(BadInput, match='Did you mean "hexagonal"'):
        pattern("hexagon", density_pct=5, spot_um=120)


@pytest.mark.parametrize("wrong", [0, -1, float("nan"), float("inf"), 1000, "10", True, None])
def test_bad_regions_are_refused(wrong):
    for make in (square, circle, lambda mm: rectangle(10, mm), lambda mm: rectangle(mm, 10)):
        with pytest.raises(BadInput, match="mm"):
            make(wrong)


def test_areas():
    assert square(10).area_m2 == pytest.approx(1e-4)
    assert rectangle(30, 40).area_m2 == pytest.approx(12e-4)
    assert circle(10).area_m2 == pytest.approx(math.pi * 25e-6)
    assert circle(10).perimeter_m == pytest.approx(math.pi * 1e-2)
