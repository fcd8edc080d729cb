"""What must hold for stamps over any region: no column outside, none excluded, area and count as computed."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from colonnade.field import Scan, divide, pattern, polygon, tile

kinds = st.sampled_from(["square", "hexagonal", "random"])
shapes = st.sampled_from(["square", "hexagon", "circle", "line"])


@st.composite
def outlines(draw):
    """A star around the middle: any rise of the angle gives a ring that does not cross itself."""
    n = draw(st.integers(3, 12))
    radii = draw(st.lists(st.floats(12, 30), min_size=n, max_size=n))
    turn = draw(st.floats(0, 6))
    angle = turn + 2 * math.pi * np.arange(n) / n
    return np.stack([radii * np.cos(angle), radii * np.sin(angle)], axis=1)


@settings(deadline=None, max_examples=30)
@given(kinds, shapes, outlines(), st.floats(0, 90), st.floats(0, 3), st.integers(0, 2))
def test_no_column_outside_and_the_count_of_the_analytic_density(kind, shape, ring, turn, margin, number):
    region = polygon([ring.tolist()])
    mole = polygon([[[-3, -2], [2, -2], [2, 2], [-3, 2]]])
    part = divide(region, exclusions={"mole": (mole, margin)})["region"]
    # area of the region within 0.5 %: the shoelace of the ring, less the mole, its margin and four quarter circles
    x, y = ring.T
    shoelace = abs(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1))) / 2
    whole = shoelace - (20 + 18 * margin + math.pi * margin**2)
    if region.polygons.contains(part.kept_out):
        assert 1e6 * part.area_m2 == pytest.approx(whole, rel=0.005)
    laid = tile(pattern(kind, density_pct=8, spot_um=120), part, Scan(shape, size_mm=8, turn_deg=turn), number=number)
    assert part.contains(laid.positions_m).all()
    assert laid.ideal.columns_outside == laid.ideal.columns_excluded == 0
    stamped = sum(s.area for s in laid.shapes)
    if shape != "circle":
        assert stamped == pytest.approx(part.area_m2, rel=0.005)
    # one column per stamp, and for few large stamps what a row of the lattice along the edge adds (rarely reached)
    analytic = laid.pattern.columns_per_m2 * stamped
    rim = math.sqrt(part.perimeter_m / laid.pattern.pitch_m)
    if shape == "circle":
        # a circle of 10.6 pitches misses its area by up to 4.4 columns, by the phase of its lattice (Gauss's circle
        # problem, counted); whole stamps share their phase, so their misses add up
        rim = max(rim, 4.5 * laid.stamps)
    assert abs(laid.columns - analytic) <= max(laid.stamps, rim)
    assert (np.diff(laid.stamp) >= 0).all()
    assert np.unique(laid.ideal_m, axis=0).shape == laid.ideal_m.shape
