"""Coverage of real positions: whole areas, maps, merged islands."""

import math

import numpy as np
import pytest

from colonnade import BadInput
from colonnade.field import Scan, area_of, circle, coverage_map, islands, maps, pattern, polygon, tile
from tests.synthetic import column

TEN = pattern("square", density_pct=10, spot_um=120)
PLAIN = polygon([[[0, 0], [12, 0], [12, 10], [0, 10]]])


def test_separate_discs_cover_n_pi_r_squared_and_touching_ones_less():
    two = np.array([[5e-3, 5e-3], [5e-3 + 100e-6, 5e-3], [8e-3, 5e-3], [8e-3, 5e-3]])
    cover = maps.coverage_of_area(column().profile, two, PLAIN)
    r, d = 80e-6, 100e-6
    lens = 2 * r**2 * math.acos(d / (2 * r)) - d / 2 * math.sqrt(4 * r**2 - d**2)
    expected = (3 * math.pi * r**2 - lens) / 120e-6
    # the last node lies at the radius itself
    assert 100 - cover.spared_pct[10] == pytest.approx(100 * expected, rel=1e-9)
    # between nodes: a crater of 40 µm in 3 distinct places
    assert cover.ablated_pct[10] == pytest.approx(100 * 3 * math.pi * 40e-6**2 / 120e-6, rel=1e-4)


def test_interpolated_radii_match_the_exact_union():
    lesion = column(taper=1.0, heated_um=300, crater_um=150, rim_um=100)  # overlapping discs of all sizes
    laid = tile(TEN, PLAIN, Scan())
    cover = maps.coverage_of_area(lesion.profile, laid.positions_m, PLAIN)
    k = 40
    radius = np.array([lesion.profile.heated_um[k] * 1e-6])
    exact = maps.disc_areas(*maps._diagram(laid.positions_m), radius)[0][0] / PLAIN.area_m2
    # 64 nodes: a hundredth of a percentage point
    assert 100 - cover.spared_pct[k] == pytest.approx(100 * min(exact, 1), abs=0.01)


def test_a_disagreement_gives_no_coverage(monkeypatch):
    right = maps.disc_areas
    monkeypatch.setattr(maps, "disc_areas", lambda *a: (1.1 * right(*a)[0], 1.0))
    with pytest.raises(ArithmeticError, match="differ by"):
        maps.coverage_of_area(column().profile, tile(TEN, PLAIN).positions_m, PLAIN)


def test_a_map_sums_to_the_coverage_and_shows_overlaps():
    laid = tile(TEN, area_of(circle(29.9)), Scan("circle", size_mm=8))
    seen = coverage_map(column().profile, laid.positions_m, laid.area, cell_mm=1.0)
    assert seen.spared_pct.shape == (30, 30)
    assert np.isnan(seen.spared_pct[0, 0])
    inside = np.isfinite(seen.spared_pct)
    total = seen.ablated_pct + seen.coagulated_pct + seen.heated_pct + seen.spared_pct
    assert total[inside] == pytest.approx(100)
    whole = maps.coverage_of_area(column().profile, laid.positions_m, laid.area)
    # 64 points per mm² over 700 mm²; rim cells count as whole ones
    assert np.mean(seen.spared_pct[inside]) == pytest.approx(whole.spared_pct[0], abs=1.0)
    # where circles overlap twice as many columns lie: the map knows the place
    middle = laid.ideal.pieces[0].centroid
    at = seen.spared_pct[int((middle.y + 14.95e-3) * 1e3), int((middle.x + 14.95e-3) * 1e3)]
    assert at < whole.spared_pct[0]
    with pytest.raises(ValueError, match="read-only"):
        seen.spared_pct[0, 0] = 1
    with pytest.raises(BadInput, match="250000"):
        coverage_map(column().profile, laid.positions_m, laid.area, cell_mm=0.05)


def test_islands_of_touching_lesions():
    r = 70e-6  # coagulated
    xy = np.array([[0, 0], [1.9 * r, 0], [3.8 * r, 0], [1e-3, 0], [1e-3, 1.5 * r], [5e-3, 0]])
    found = islands(column().profile, xy, depth_um=100)
    assert found.largest_columns == 3
    assert found.merged_columns == 5
    lens = 2 * r**2 * math.acos(0.95) - 1.9 * r / 2 * math.sqrt(4 * r**2 - (1.9 * r) ** 2)
    assert found.largest_area_mm2 == pytest.approx(1e6 * (3 * math.pi * r**2 - 2 * lens), rel=1e-9)
    assert found.least_distance_um == pytest.approx(1.5 * 70)
    below = islands(column().profile, xy, depth_um=5000)
    assert below.largest_columns == 1
    assert below.largest_area_mm2 == 0
