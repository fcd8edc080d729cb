"""Which fraction of the skin at each depth is ablated, coagulated, heated, spared.

Two ways, compared at run time: the exact area of the union of discs, from the Voronoi cells of the columns; and
a raster of points, each asked how far its nearest column is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from colonnade.errors import BadInput
from colonnade.photothermal import RadiusProfile
from colonnade.units import to_si

Array = NDArray[np.float64]

#: Largest difference allowed between the two ways [percentage points]. A raster of 500 x 500 points over some
#: 400 columns puts about 600 points on each cell; the edge of a disc then
#: decides on fewer than one point in 300, with either sign.
TOLERANCE_PCT = 0.3
RASTER_POINTS = 500


@dataclass(frozen=True)
class Coverage:
    """Fractions of the skin by depth, each of shape (n,) [%]; the four zones exclude each other and sum to 100."""

    depth_um: Array
    ablated_pct: Array
    coagulated_pct: Array
    """Coagulated, not ablated."""
    heated_pct: Array
    """Reached 43 °C, not coagulated."""
    spared_pct: Array
    two_way_difference_pct: float
    """Largest difference between the two computations."""


def check_profile(profile: RadiusProfile) -> None:
    """Raise BadInput unless the radii are finite, not negative, of one length and nested, and the depth grows."""
    arrays = [profile.depth_um, profile.crater_um, profile.coagulated_um, profile.necrosis_um, profile.heated_um]
    size = len(profile.depth_um)
    good = (
        size >= 2
        and all(a.shape == (size,) and bool(np.isfinite(a).all()) and bool((a >= 0).all()) for a in arrays)
        and bool((np.diff(profile.depth_um) > 0).all())
        # a tenth of a micrometre: contours of different fields interpolated on one mesh
        and bool((profile.coagulated_um >= profile.crater_um - 0.1).all())
        and bool((profile.heated_um >= profile.coagulated_um - 0.1).all())
    )
    if not good:
        raise BadInput(
            "lesion.profile",
            given="radii that are not finite, not nested, or not in order of depth",
            allowed="0 ≤ crater ≤ coagulated ≤ heated at every depth, depth growing",
            todo="Compute the lesion again; report this if it comes from simulate().",
        )


def zones(profile: RadiusProfile) -> Array:
    """Radii of crater, coagulated and heated zone by depth, nested: shape (3, n) [m]."""
    stack = np.stack([profile.crater_um, profile.coagulated_um, profile.heated_um])
    return to_si(np.maximum.accumulate(stack, axis=0), "um")


def union_fraction(points_m: Array, window_m: tuple[float, float, float, float], radii_m: Array) -> tuple[Array, float]:
    """Fraction of the skin around the columns that discs of each radius cover, and how far the raster differs.

    Parameters
    ----------
    points_m : (n, 2) columns [m], those around the window included.
    window_m : x0, y0, x1, y1 [m]; the Voronoi cells that lie wholly inside are counted.
    radii_m : (k,) radii [m].

    Returns
    -------
    fraction : (k,), exact
    difference : largest difference from the raster, as a fraction
    """
    from scipy.spatial import Voronoi, cKDTree

    diagram = Voronoi(points_m)
    counted = _cells_inside(diagram, window_m)
    distinct, back = np.unique(radii_m, return_inverse=True)
    exact = _disc_in_cells(diagram, counted, distinct)[back]
    x0, y0, x1, y1 = window_m
    # half-step offsets that share no factor with a lattice along the axes
    x = x0 + (x1 - x0) * (np.arange(RASTER_POINTS) + 0.5) / RASTER_POINTS
    y = y0 + (y1 - y0) * (np.arange(RASTER_POINTS) + 0.5) / RASTER_POINTS
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    distance, nearest = cKDTree(points_m).query(grid)
    ours = np.sort(distance[counted[nearest]])
    raster = np.searchsorted(ours, radii_m, side="right") / len(ours)
    return exact, float(np.max(np.abs(exact - raster), initial=0.0))


def _cells_inside(diagram: Any, window_m: tuple[float, float, float, float]) -> NDArray[np.bool_]:
    """Which columns have a bounded Voronoi cell wholly inside the window."""
    v = diagram.vertices
    x0, y0, x1, y1 = window_m
    inside = (v[:, 0] >= x0) & (v[:, 0] <= x1) & (v[:, 1] >= y0) & (v[:, 1] <= y1)
    counted = np.zeros(len(diagram.points), dtype=bool)
    for i, r in enumerate(diagram.point_region):
        corners = diagram.regions[r]
        counted[i] = len(corners) > 0 and -1 not in corners and bool(inside[corners].all())
    return counted


def _disc_in_cells(diagram: Any, counted: NDArray[np.bool_], radii_m: Array) -> Array:
    """Area of disc ∩ own cell, summed over the counted cells, over the area of these cells: shape (k,)."""
    discs, cells = disc_areas(diagram, counted, radii_m)
    fraction: Array = np.minimum(discs / cells, 1.0)
    return fraction


def disc_areas(diagram: Any, counted: NDArray[np.bool_], radii_m: Array) -> tuple[Array, float]:
    """Area of disc ∩ own Voronoi cell, summed over the counted cells, for each radius, (k,); and of the cells [m²].

    Each edge of a cell, seen from its column, is a triangle of height h between the angles a and b; the disc fills
    it up to r: a sector where the edge is farther than r, a triangle where it is nearer.
    """
    pairs = diagram.ridge_points
    ends = np.array(diagram.ridge_vertices)
    column = np.concatenate([pairs[:, 0], pairs[:, 1]])
    ends = np.concatenate([ends, ends])
    keep = counted[column]
    column, ends = column[keep], ends[keep]
    centre = diagram.points[column]
    p = diagram.vertices[ends[:, 0]] - centre
    q = diagram.vertices[ends[:, 1]] - centre
    length = np.hypot(*(q - p).T)
    real = length > 0
    p, q, length = p[real], q[real], length[real]
    height = np.abs(p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0]) / length
    along = (q - p) / length[:, None]
    s = np.stack([np.sum(p * along, axis=1), np.sum(q * along, axis=1)])
    cell_area = float(np.sum(height * length) / 2)
    out = np.empty(len(radii_m))
    for k, r in enumerate(radii_m):
        half = np.sqrt(np.maximum(r**2 - height**2, 0.0))
        t = np.clip(s, -half, half)
        angle = np.arctan2(s, height) - np.arctan2(t, height)
        out[k] = np.sum(height * (t[1] - t[0]) / 2 + r**2 * (angle[1] - angle[0]) / 2)
    return out, cell_area


def coverage(
    profile: RadiusProfile, points_m: Array, window_m: tuple[float, float, float, float], *, passes: int = 1
) -> tuple[Coverage, Coverage]:
    """Coverage by depth for columns at ``points_m`` (n, 2) within ``window_m``: as they lie, and for ``passes`` of
    such placements independent of each other, 1 − ∏(1 − c).

    Raises
    ------
    ArithmeticError
        If the geometric and the rasterised fraction differ by more than 0.3 percentage points.
    """
    radii = zones(profile)
    exact, difference = union_fraction(points_m, window_m, radii.ravel())
    if not 100 * difference <= TOLERANCE_PCT:
        raise ArithmeticError(
            f"coverage: geometry and raster differ by {100 * difference:.2f} percentage points "
            f"(at most {TOLERANCE_PCT:g}); no coverage is given"
        )
    fraction = exact.reshape(radii.shape)
    return _exclusive(profile, fraction, difference), _exclusive(profile, 1 - (1 - fraction) ** passes, difference)


def _exclusive(profile: RadiusProfile, covered: Array, difference: float) -> Coverage:
    """The four zones, each without the one inside it, from the covered fractions (3, n)."""
    ablated, coagulated, heated = covered
    return Coverage(
        depth_um=profile.depth_um,
        ablated_pct=100 * ablated,
        coagulated_pct=100 * (coagulated - ablated),
        heated_pct=100 * (heated - coagulated),
        spared_pct=100 * (1 - heated),
        two_way_difference_pct=100 * difference,
    )


def independent_passes(profile: RadiusProfile, one: Coverage, passes: int) -> Coverage:
    """Coverage of ``passes`` placements independent of each other, each of coverage ``one``: 1 − ∏(1 − c)."""
    ablated = one.ablated_pct / 100
    coagulated = ablated + one.coagulated_pct / 100
    covered = np.stack([ablated, coagulated, coagulated + one.heated_pct / 100])
    return _exclusive(profile, 1 - (1 - covered) ** passes, one.two_way_difference_pct / 100)
