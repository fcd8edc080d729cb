"""Coverage that counts the columns where they lie: of a whole region, by place, and which lesions have merged.

Two ways, compared at run time: from the list of columns (exact areas of discs within Voronoi cells), and from points
spread evenly over the field.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from colonnade.errors import BadInput
from colonnade.field.area import Area, _number
from colonnade.field.coverage import TOLERANCE_PCT, Coverage, _exclusive, disc_areas, zones
from colonnade.photothermal import RadiusProfile
from colonnade.units import from_si, to_si

Array = NDArray[np.float64]

#: Points spread over the field for the second way, and radii between which the covered share is interpolated. The
#: share of a disc of 0 to 100 % known from 400,000 evenly spread points is good to some 0.05 percentage points.
SPREAD_POINTS = 400_000
RADII = 64
MOST_CELLS = 250_000
MOST_POINTS = 4_000_000
#: Points per cell and side of a map.
FINE = 8


@dataclass(frozen=True)
class CoverageMap:
    """Fractions by place at one depth: arrays of shape (ny, nx) [%], NaN outside the region. Read-only."""

    depth_um: float
    x_mm: Array
    y_mm: Array
    ablated_pct: Array
    coagulated_pct: Array
    heated_pct: Array
    spared_pct: Array


@dataclass(frozen=True)
class Islands:
    """Lesions that have merged at one depth: discs of their coagulated radius that touch."""

    depth_um: float
    radius_um: float
    merged_columns: int
    largest_columns: int
    """Columns of the largest island; 1 where none touches another."""
    largest_area_mm2: float
    least_distance_um: float


def distinct(xy_m: Array) -> Array:
    """Columns without those within a nanometre of another, which cover nothing more: (m, 2) [m]."""
    return np.unique(np.round(xy_m, 9), axis=0)


def _diagram(xy_m: Array) -> tuple[Any, NDArray[np.bool_]]:
    """Voronoi cells of the columns, bounded by far-off points all round that are not counted."""
    from scipy.spatial import Voronoi

    middle = (xy_m.min(axis=0) + xy_m.max(axis=0)) / 2
    far = 4 * float(np.ptp(xy_m, axis=0).max()) + 0.1
    angle = 2 * np.pi * (np.arange(12) + 0.3) / 12
    ghosts = middle + far * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    counted = np.append(np.ones(len(xy_m), dtype=bool), np.zeros(len(ghosts), dtype=bool))
    return Voronoi(np.concatenate([xy_m, ghosts])), counted


def coverage_of_area(profile: RadiusProfile, xy_m: Array, area: Area) -> Coverage:
    """Coverage by depth of a whole area by columns at ``xy_m`` (n, 2) [m].

    What discs at the rim cover outside the area counts as well, so that no column's cover is lost.

    Raises
    ------
    ArithmeticError
        If the two ways differ by more than 0.3 percentage points.
    """
    from scipy.interpolate import PchipInterpolator
    from scipy.spatial import cKDTree

    radii = zones(profile)
    widest = float(radii.max())
    if not widest > 0:
        return _exclusive(profile, np.zeros_like(radii), 0.0)
    columns = distinct(xy_m)
    nodes = widest * np.arange(1, RADII + 1) / RADII
    covered = disc_areas(*_diagram(columns), nodes)[0] / area.area_m2
    # share over r²: constant until discs touch, smooth after
    exact = PchipInterpolator(np.append(0.0, nodes), np.append(covered[0] / nodes[0] ** 2, covered / nodes**2))
    low = columns.min(axis=0) - widest
    size = columns.max(axis=0) + widest - low
    k = np.arange(SPREAD_POINTS)
    points = low + size * np.stack([(k * 0.7548776662466927) % 1, (k * 0.5698402909980532) % 1], axis=1)
    distance = np.sort(cKDTree(columns).query(points, distance_upper_bound=2 * widest)[0])
    spread = np.searchsorted(distance, nodes) / SPREAD_POINTS * float(np.prod(size)) / area.area_m2
    difference = float(np.max(np.abs(spread - covered)))
    if not 100 * difference <= TOLERANCE_PCT:
        raise ArithmeticError(
            f"coverage: columns and points spread over the field differ by {100 * difference:.2f} percentage points "
            f"(at most {TOLERANCE_PCT:g}); no coverage is given"
        )
    share = np.minimum(exact(radii) * radii**2, 1.0)
    return _exclusive(profile, share, difference)


def coverage_map(
    profile: RadiusProfile, xy_m: Array, area: Area, *, depth_um: float = 0.0, cell_mm: float = 1.0
) -> CoverageMap:
    """Coverage by place at one depth, from 8 × 8 points in each cell of ``cell_mm``.

    Raises BadInput for a cell outside 0.05 to 50 mm, or a map of more than 250,000 cells.
    """
    from scipy.spatial import cKDTree

    cell = to_si(_number("cell_mm", cell_mm, 0.05, 50), "mm")
    depth = _number("depth_um", depth_um, 0, 10_000)
    x0, y0, x1, y1 = area.bounds_m
    nx, ny = max(1, math.ceil((x1 - x0) / cell)), max(1, math.ceil((y1 - y0) / cell))
    if not nx * ny <= MOST_CELLS:
        raise BadInput(
            "cell_mm", given=f"{cell_mm:g} mm: {nx * ny} cells", allowed=f"at most {MOST_CELLS}", todo="Enlarge it."
        )
    x: Array = x0 + cell * (np.arange(nx * FINE) + 0.5) / FINE
    y: Array = y0 + cell * (np.arange(ny * FINE) + 0.5) / FINE
    points = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    inside = area.contains(points).reshape(ny, FINE, nx, FINE).sum(axis=(1, 3))
    distance = cKDTree(xy_m).query(points)[0].reshape(ny, FINE, nx, FINE)
    within = area.contains(points).reshape(ny, FINE, nx, FINE)
    radii = [float(np.interp(depth, profile.depth_um, r)) for r in zones(profile)]
    with np.errstate(invalid="ignore"):
        shares = [
            100 * ((distance <= r) & within).sum(axis=(1, 3)) / np.where(inside > 0, inside, np.nan) for r in radii
        ]
    ablated, coagulated, heated = shares
    # the middles of the cells
    along, up = x.reshape(nx, FINE).mean(axis=1), y.reshape(ny, FINE).mean(axis=1)
    made = CoverageMap(
        depth_um=depth,
        x_mm=from_si(np.asarray(along, dtype=np.float64), "mm"),
        y_mm=from_si(np.asarray(up, dtype=np.float64), "mm"),
        ablated_pct=ablated,
        coagulated_pct=coagulated - ablated,
        heated_pct=heated - coagulated,
        spared_pct=100 - heated,
    )
    for name in ("x_mm", "y_mm", "ablated_pct", "coagulated_pct", "heated_pct", "spared_pct"):
        getattr(made, name).setflags(write=False)
    return made


def local_share(
    profile: RadiusProfile, xy_m: Array, area: Area, *, depth_um: float, width_m: float
) -> tuple[Array, Array, Array]:
    """Share of the skin around each place that is ablated or coagulated at ``depth_um``: x (nx,), y (ny,) [mm], and
    (ny, nx) [%], NaN outside the area.

    A mean over the area's skin with a Gaussian weight of standard deviation ``width_m``: with one pitch the columns
    themselves are smoothed away (exp(−2π²) of their ripple is left), overlaps and gaps of stamps stay. From at most
    four million points, each somewhere in a cell of its own (seeded), so that no raster beats with the lattice.
    """
    from scipy.ndimage import gaussian_filter
    from scipy.spatial import cKDTree

    radius = float(np.interp(_number("depth_um", depth_um, 0, 10_000), profile.depth_um, zones(profile)[1]))
    x0, y0, x1, y1 = area.bounds_m
    step = max(width_m / 8, math.sqrt((x1 - x0) * (y1 - y0) / MOST_POINTS))
    nx, ny = max(2, math.ceil((x1 - x0) / step)), max(2, math.ceil((y1 - y0) / step))
    place = np.random.default_rng(0).uniform(size=(ny, nx, 2))
    place += np.stack(np.meshgrid(np.arange(nx), np.arange(ny)), axis=-1)
    points = (place * step + (x0, y0)).reshape(-1, 2)
    inside = area.contains(points).reshape(ny, nx)
    hit = (cKDTree(xy_m).query(points, distance_upper_bound=max(radius, 1e-9))[0] <= radius).reshape(ny, nx) & inside
    weight, covered = (gaussian_filter(a.astype(np.float64), width_m / step, mode="constant") for a in (inside, hit))
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(inside, 100 * covered / weight, np.nan)
    x = x0 + step * (np.arange(nx, dtype=np.float64) + 0.5)
    y = y0 + step * (np.arange(ny, dtype=np.float64) + 0.5)
    return from_si(x, "mm"), from_si(y, "mm"), share


def islands(profile: RadiusProfile, xy_m: Array, *, depth_um: float = 0.0) -> Islands:
    """Which lesions touch at ``depth_um``, and the largest island of them."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import cKDTree

    radius = float(np.interp(depth_um, profile.depth_um, zones(profile)[1]))
    tree = cKDTree(xy_m)
    n = len(xy_m)
    pairs = tree.query_pairs(2 * radius, output_type="ndarray") if radius > 0 else np.zeros((0, 2), dtype=np.int64)
    links = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    label = connected_components(links, directed=False)[1]
    sizes = np.bincount(label)
    ours = distinct(xy_m[label == int(sizes.argmax())])
    area = float(disc_areas(*_diagram(ours), np.array([radius]))[0][0]) if radius > 0 else 0.0
    least = float(tree.query(xy_m, k=2)[0][:, 1].min()) if n > 1 else math.inf
    return Islands(
        depth_um=depth_um,
        radius_um=from_si(radius, "um"),
        merged_columns=int(sizes[sizes > 1].sum()),
        largest_columns=int(sizes.max()),
        largest_area_mm2=from_si(area, "mm2"),
        least_distance_um=from_si(least, "um"),
    )
