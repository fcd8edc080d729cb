"""Stamps: shapes, overlap and gap, clipping, the hand, and what is refused. Properties: tests/properties."""

import numpy as np
import pytest

from colonnade import BadInput
from colonnade.field import Hand, Scan, area_of, circle, divide, pattern, polygon, tile
from colonnade.field.area import Area

TEN = pattern("square", density_pct=10, spot_um=120)
THIN = pattern("square", density_pct=3, spot_um=120)
PLAIN = polygon([[[0, 0], [40, 0], [45, 25], [20, 40], [-5, 20]]])


@pytest.mark.parametrize("kind", ["square", "hexagonal"])
@pytest.mark.parametrize("shape", ["square", "hexagon", "line"])
def test_shapes_that_fill_the_plane_leave_no_gap_and_no_overlap(kind, shape):
    laid = tile(pattern(kind, density_pct=10, spot_um=120), PLAIN, Scan(shape))
    # slivers at the edge so narrow that no column of the lattice falls into them are no stamp
    assert laid.ideal.gap_mm2 < 0.001 * 1e6 * PLAIN.area_m2
    assert laid.ideal.overlap_mm2 == 0
    assert laid.ideal.columns_twice == 0
    # the rows of one stamp go on in the next: nowhere two columns closer than the lattice has them
    assert laid.ideal.least_distance_um == pytest.approx(laid.pattern.pitch_um, rel=1e-6)


def test_whole_stamps_hold_density_times_area():
    for kind in ("square", "hexagonal"):
        made = pattern(kind, density_pct=10, spot_um=120)
        for shape in ("square", "hexagon"):
            laid = tile(made, PLAIN, Scan(shape, partial="whole"))
            counts = np.bincount(laid.stamp)
            areas = np.array([s.area for s in laid.shapes])
            # a hexagon's slanted sides cut rows of the lattice: a column to either side
            assert counts == pytest.approx(made.columns_per_m2 * areas, abs=1e-6 if shape == "square" else 1.0)
            assert laid.ideal.gap_mm2 > 0  # whole stamps do not reach the edge
            assert all(PLAIN.polygons.buffer(1e-9).covers(s) for s in laid.shapes)


def test_circles_leave_no_gap_but_overlap_as_geometry_says():
    large = area_of(circle(150))
    laid = tile(THIN, large, Scan("circle", size_mm=10))
    assert laid.ideal.gap_mm2 < 1e-3
    # six lenses of two circles at distance √3 R, two hexagon cells each: 2·(π/3 − √3/2)·R²·3 per cell of
    # (3√3/2)·R² = 20.9 %; the rim of the region holds fewer pairs
    share = laid.ideal.overlap_mm2 / (1e6 * large.area_m2)
    assert share == pytest.approx(6 * (np.pi / 6 - np.sqrt(3) / 4) / (1.5 * np.sqrt(3)), rel=0.04)
    apart = tile(THIN, large, Scan("circle", size_mm=10, gap_mm=0.5))
    assert apart.ideal.overlap_mm2 == 0
    assert apart.ideal.gap_mm2 > 0


@pytest.mark.parametrize("gap", [-1.0, 1.0])
def test_a_fixed_gap_or_overlap(gap):
    wide = polygon([[[0, 0], [100, 0], [100, 100], [0, 100]]])
    laid = tile(TEN, wide, Scan(size_mm=10, gap_mm=gap))
    w = laid.cell_mm[0]
    step = w + gap
    # share of the plane: 1 − (w/step)² open; covered twice or more: 1 − ((2·step − w)/step)²
    if gap > 0:
        assert laid.ideal.gap_mm2 / 1e4 == pytest.approx(1 - (w / step) ** 2, rel=0.1)
        assert laid.ideal.overlap_mm2 == 0
    else:
        assert laid.ideal.overlap_mm2 / 1e4 == pytest.approx(1 - ((2 * step - w) / step) ** 2, rel=0.1)
        assert laid.ideal.gap_mm2 < 1e-3


def test_the_hand_doubles_leaves_open_and_crosses_the_edge():
    mole = polygon([[[15, 15], [18, 15], [18, 18], [15, 18]]])
    part: Area = divide(PLAIN, exclusions={"mole": (mole, 1.0)})["region"]
    still = tile(TEN, part, Scan(), hand=Hand())
    assert still.real == still.ideal
    assert np.array_equal(still.positions_m, still.ideal_m)
    shaky = tile(TEN, part, Scan(), hand=Hand(placement_mm=1.0, rotation_deg=3.0, defocus_mm=2.0, seed=5))
    assert shaky.ideal == still.ideal
    for name in ("overlap_mm2", "gap_mm2", "columns_twice", "columns_outside", "columns_excluded"):
        assert getattr(shaky.real, name) > getattr(shaky.ideal, name), name
    assert shaky.real.least_distance_um < shaky.ideal.least_distance_um
    assert sum(1e6 * p.area for p in shaky.real.pieces) == pytest.approx(shaky.real.overlap_mm2)
    again = tile(TEN, part, Scan(), hand=Hand(placement_mm=1.0, rotation_deg=3.0, defocus_mm=2.0, seed=5))
    assert np.array_equal(again.positions_m, shaky.positions_m)
    assert np.array_equal(again.defocus_mm, shaky.defocus_mm)
    other = tile(TEN, part, Scan(), hand=Hand(placement_mm=1.0, seed=6))
    assert not np.array_equal(other.positions_m, shaky.positions_m)


def test_scatter_has_the_stated_spread():
    laid = tile(THIN, area_of(circle(150)), Scan(size_mm=4), hand=Hand(0.7, 2.0, 1.5, seed=1))
    n = laid.stamps
    # some 1200 stamps: the standard error of a standard deviation is 1/√(2n) = 2 %; three of them
    assert n > 1000
    assert 1e3 * laid.moved_m.std() == pytest.approx(0.7, rel=0.06)
    assert np.degrees(laid.turned_rad.std()) == pytest.approx(2.0, rel=0.06)
    assert laid.defocus_mm.std() == pytest.approx(1.5, rel=0.06)


def test_stamps_turn_and_later_passes_lie_elsewhere():
    turned = tile(TEN, PLAIN, Scan(turn_deg=30))
    inner = turned.ideal_m[turned.stamp == np.bincount(turned.stamp).argmax()]
    along = np.diff(inner[:5], axis=0)
    assert np.degrees(np.arctan2(along[:, 1], along[:, 0])) == pytest.approx(30, abs=1e-6)
    assert not np.array_equal(tile(TEN, PLAIN, Scan(), number=1).ideal_m[:5], tile(TEN, PLAIN, Scan()).ideal_m[:5])


@pytest.mark.parametrize(
    ("scan", "says"),
    [
        (Scan("sqare"), "Did you mean"),
        (Scan(partial="never"), "clip, whole"),
        (Scan(size_mm=0.1), "0.5 to 500"),
        (Scan(size_mm=float("nan")), "0.5 to 500"),
        (Scan(size_mm=0.6), "two pitches"),
        (Scan(turn_deg=1000), "-360 to 360"),
        (Scan(gap_mm=-9), "-5 to 50"),
        (Scan(size_mm=60, partial="whole"), "room for at least one stamp"),
    ],
)
def test_bad_scans_are_refused(scan, says):
    with pytest.raises(BadInput, match=says):
        tile(TEN, PLAIN, scan)


def test_bad_hands_are_refused():
    with pytest.raises(BadInput, match="placement_mm"):
        tile(TEN, PLAIN, hand=Hand(placement_mm=-1))
    with pytest.raises(BadInput, match="defocus_mm"):
        tile(TEN, PLAIN, hand=Hand(defocus_mm=float("inf")))
    with pytest.raises(BadInput, match="stamps"):
        tile(
            pattern("square", density_pct=50, spot_um=120), polygon([[[0, 0], [490, 0], [490, 490]]]), Scan(size_mm=0.5)
        )
