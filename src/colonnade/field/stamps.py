"""Stamps: a region filled with the scanner's shapes, every column of every stamp, and what the hand makes of it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from colonnade.errors import BadInput, did_you_mean
from colonnade.field.area import QUARTER, Area, _number, need
from colonnade.field.pattern import Pattern, _turn, kept
from colonnade.units import from_si, to_si

Array = NDArray[np.float64]
Index = NDArray[np.int64]
ScanShape = Literal["square", "hexagon", "circle", "line"]
Partial = Literal["clip", "whole"]

#: Placements of the grid of stamps that are tried.
TRIES = 24
MOST_STAMPS = 20_000
#: A column of another stamp nearer than this share of the pitch counts as fired twice.
TWICE = 0.5


@dataclass(frozen=True)
class Scan:
    """What the scanner lays down without being moved.

    A square or hexagon is fitted to whole rows of the lattice (at most ``size_mm``), so that stamps laid edge to edge
    go on with each other's rows and every stamp holds density times area. Circles cannot fill a plane: without
    ``gap_mm`` they lie so close that no gap is left, with the least overlap. A line is a band of that width which the
    roller draws across the region.
    """

    shape: ScanShape = "square"
    size_mm: float = 10.0
    """Side of the square, distance between opposite sides of the hexagon, diameter, width of the line [mm]."""
    turn_deg: float = 0.0
    gap_mm: float = 0.0
    """Between the edges of neighbours; negative where they overlap on purpose."""
    partial: Partial = "clip"
    """``clip``: the device leaves out columns outside the region; ``whole``: a stamp is fired whole or not at all."""


@dataclass(frozen=True)
class Hand:
    """Scatter of a hand-held scanner: standard deviations of a normal distribution, drawn per stamp (seeded)."""

    placement_mm: float = 0.0
    rotation_deg: float = 0.0
    defocus_mm: float = 0.0
    seed: int = 0


@dataclass(frozen=True)
class Overlaps:
    """What the stamps of one pass leave and double. Areas in mm² within the region."""

    overlap_mm2: float
    gap_mm2: float
    pieces: tuple[Any, ...]
    """The places covered by two stamps or more, as shapely polygons [m]: where linear scars come from."""
    columns_twice: int
    """Columns with a column of another stamp nearer than half a pitch."""
    columns_outside: int
    """Columns outside the region; 0 for the ideal hand."""
    columns_excluded: int
    """Columns inside what is excluded, margins included; 0 for the ideal hand."""
    least_distance_um: float


@dataclass(frozen=True)
class Tiling:
    """The stamps of one pass over an area and their columns, stamp by stamp. Arrays are read-only."""

    area: Area
    pattern: Pattern
    scan: Scan
    hand: Hand
    shapes: tuple[Any, ...]
    """Each stamp's outline on the ideal grid, clipped to the region where the device clips: shapely [m]."""
    centres_m: Array
    """Shape (stamps, 2)."""
    moved_m: Array
    """Displacement of each stamp by the hand, (stamps, 2) [m]."""
    turned_rad: Array
    defocus_mm: Array
    stamp: Index
    """Which stamp each column belongs to, (n,), rising."""
    ideal_m: Array
    """Positions on the ideal grid, (n, 2) [m]."""
    positions_m: Array
    """Positions as the hand lays them, (n, 2) [m]; equal to the ideal ones without scatter."""
    place: Index
    row: Index
    """Place in its row and number of its row on the stamp's lattice, (n,)."""
    turn_rad: float
    """Of the grid of stamps, the hand apart."""
    cell_mm: tuple[float, float]
    """Width and height of a whole stamp as fitted to the lattice."""
    ideal: Overlaps
    real: Overlaps

    @property
    def stamps(self) -> int:
        """Number of stamps."""
        return len(self.shapes)

    @property
    def columns(self) -> int:
        """Number of columns."""
        return len(self.stamp)


def tile(
    pattern: Pattern, area: Area, scan: Scan | None = None, *, hand: Hand | None = None, number: int = 0
) -> Tiling:
    """Fill ``area`` with the stamps of ``scan``, for pass ``number``.

    Of 24 placements of the grid that one is taken which needs the fewest stamps, of those whose count of columns is
    within one per stamp of density times area. Later passes start from a placement and turn of their own (seeded).

    Raises
    ------
    BadInput
        For numbers out of range, an unknown shape, no room for a stamp or a column, or more than 20,000 stamps.
    """
    scan, hand = _checked(scan or Scan()), hand or Hand()
    for name, most in (("placement_mm", 50), ("rotation_deg", 180), ("defocus_mm", 50)):
        _number(f"hand {name}", getattr(hand, name), 0, most)
    grid = _grid(pattern, scan, area)
    rng = np.random.default_rng((pattern.seed, number, 7))
    base = math.radians(scan.turn_deg) + (rng.uniform(0, math.pi) if number else 0.0)
    best: tuple[tuple[float, float, float], Any] | None = None
    target = pattern.columns_per_m2 * area.weighted_area_m2
    for k in range(TRIES):
        shift = np.full(2, 0.5) if k == 0 and number == 0 else rng.uniform(size=2)
        laid = _lay(pattern, area, scan, grid, base, shift, number)
        miss = abs(len(laid.stamp) - target)
        if scan.partial == "whole":  # as many as fit
            score = (0.0, -float(len(laid.shapes)), 0.0)
        elif scan.shape == "circle":  # what overlaps is no miss
            score = (0.0, float(len(laid.shapes)), 0.0)
        else:
            score = (float(miss > len(laid.shapes)), float(len(laid.shapes)), miss)
        if len(laid.stamp) and (best is None or score < best[0]):
            best = (score, laid)
    if best is None:
        raise BadInput(
            "stamps",
            given=f"{scan.shape} of {scan.size_mm:g} mm for a region of {from_si(area.area_m2, 'mm2'):.4g} mm²",
            allowed="room for at least one stamp and one column in the region",
            todo='Choose a smaller stamp, or partial="clip" where the device clips.',
        )
    return _by_hand(pattern, area, scan, hand, grid, best[1], number)


@dataclass(frozen=True)
class _Grid:
    """The lattice of stamps: steps (2, 2) [m], one stamp's outline around its centre [m], its columns."""

    steps: Array
    outline: Any
    sites: Array
    place: Index
    row: Index
    cell: tuple[float, float]


@dataclass(frozen=True)
class _Laid:
    shapes: tuple[Any, ...]
    centres: Array
    turn: float
    stamp: Index
    xy: Array
    place: Index
    row: Index


def _checked(scan: Scan) -> Scan:
    for name, options in (("shape", get_args(ScanShape)), ("partial", get_args(Partial))):
        value = getattr(scan, name)
        if value not in options:
            raise BadInput(
                f"scan {name}", given=f'"{value}"', allowed=", ".join(options), todo=did_you_mean(str(value), options)
            )
    size = _number("scan size_mm", scan.size_mm, 0.5, 500)
    _number("scan turn_deg", scan.turn_deg, -360, 360)
    _number("scan gap_mm", scan.gap_mm, -size / 2, 50)
    return scan


def _grid(pattern: Pattern, scan: Scan, area: Area) -> _Grid:
    """Outline, columns and steps of the scan's shape, fitted to the lattice."""
    shapely = need("shapely")
    pitch, row, size, gap = pattern.pitch_m, pattern.row_m, to_si(scan.size_mm, "mm"), to_si(scan.gap_mm, "mm")
    even = 2 if pattern.kind == "hexagonal" else 1
    if not size >= 2 * pitch:
        raise BadInput(
            "scan size_mm",
            given=f"{scan.size_mm:g} mm",
            allowed=f"at least two pitches ({from_si(2 * pitch, 'mm'):.3g} mm)",
            todo="Choose a larger stamp.",
        )
    across = int(size / pitch + 1e-9)
    if scan.shape in ("square", "line"):
        reach = size
        if scan.shape == "line":  # one band from edge to edge of the region, whatever the turn
            x0, y0, x1, y1 = area.bounds_m
            reach = 2 * math.hypot(x1 - x0, y1 - y0)
        down = max(even, int(reach / row / even + 1e-9) * even)
        width, height = across * pitch, down * row
        i, j = (a.ravel() for a in np.meshgrid(np.arange(across), np.arange(down)))
        shift = np.where(j % 2 == 1, 0.75, 0.25) if even == 2 else np.full(len(i), 0.5)
        sites = np.stack([(i + shift) * pitch - width / 2, (j + 0.5) * row - height / 2], axis=1)
        outline = shapely.box(-width / 2, -height / 2, width / 2, height / 2)
        steps = np.array([[width + gap, 0.0], [0.0, height + gap]])
        return _Grid(steps, outline, sites, i, j, (width, height))
    if scan.shape == "hexagon":
        across = max(across // 2 * 2, 2)
        width = across * pitch
        down = across if even == 2 else max(1, round(width * math.sqrt(3) / 2 / row))
        steps = np.array([[width, 0.0], [width / 2, down * row]])
        outline = _cell(steps)
        sites, place, rows = _sites_within(pattern, outline, abs(float(np.linalg.det(steps))))
        x0, y0, x1, y1 = outline.bounds
        wide = steps * (1 + gap / width)
        return _Grid(wide, outline, sites, place, rows, (x1 - x0, y1 - y0))
    distance = size * math.sqrt(3) / 2 if scan.gap_mm == 0 else size + gap
    steps = distance * np.array([[1.0, 0.0], [0.5, math.sqrt(3) / 2]])
    outline = shapely.Point(0, 0).buffer(size / 2, quad_segs=QUARTER)
    sites, place, rows = _sites_within(pattern, outline, math.pi * size**2 / 4)
    return _Grid(steps, outline, sites, place, rows, (size, size))


def _cell(steps: Array) -> Any:
    """The hexagon nearer to 0 than to any other node of a lattice: shapely [m]."""
    shapely = need("shapely")
    from scipy.spatial import Voronoi

    nodes = np.array([[0, 0], [1, 0], [-1, 0], [0, 1], [0, -1], [1, -1], [-1, 1], [1, 1], [-1, -1]]) @ steps
    diagram = Voronoi(nodes)
    corners = diagram.vertices[diagram.regions[diagram.point_region[0]]]
    angle = np.arctan2(corners[:, 1], corners[:, 0])
    return shapely.Polygon(corners[np.argsort(angle)])


def _sites_within(pattern: Pattern, outline: Any, area_m2: float) -> tuple[Array, Index, Index]:
    """Columns of the lattice within an outline, placed so that their count is nearest to density times area."""
    shapely = need("shapely")
    rng = np.random.default_rng(0)  # part of the scanner, the same for every plan
    even = replace(pattern, kind="square", jitter=0.0) if pattern.kind == "random" else pattern
    best: tuple[float, Array, Index, Index] | None = None
    for _ in range(TRIES * 4):
        shift = (float(rng.uniform()), float(rng.uniform()))
        xy, i, j = even.sites(outline.bounds, shift=shift, turn_rad=0.0, number=0)
        inside = shapely.contains_xy(outline, xy[:, 0], xy[:, 1])
        miss = abs(int(inside.sum()) - pattern.columns_per_m2 * area_m2)
        if best is None or miss < best[0] - 1e-9:
            best = (miss, xy[inside], i[inside], j[inside])
    assert best is not None
    _, xy, i, j = best
    return xy, i - i.min(), (j - j.min()) // 2 * 2 + j % 2 if pattern.kind == "hexagonal" else j - j.min()


def _lay(pattern: Pattern, area: Area, scan: Scan, grid: _Grid, turn: float, shift: Array, number: int) -> _Laid:
    """One placement of the grid over the area: stamps in the order of their rows, clipped, and their columns."""
    shapely = need("shapely")
    turned = grid.steps @ _turn(turn).T
    x0, y0, x1, y1 = area.bounds_m
    middle = np.array([(x0 + x1) / 2, (y0 + y1) / 2])
    gx0, gy0, gx1, gy1 = grid.outline.bounds
    reach = math.hypot(x1 - x0, y1 - y0) / 2 + math.hypot(gx1 - gx0, gy1 - gy0)
    count = [math.ceil(reach / s) + 1 for s in (abs(grid.steps[0, 0]), abs(grid.steps[1, 1]))]
    if scan.shape == "line":
        count[1] = 0
    if not (2 * count[0] + 1) * (2 * count[1] + 1) <= 10 * MOST_STAMPS:
        raise BadInput(
            "stamps",
            given="far more than 20,000",
            allowed=f"at most {MOST_STAMPS} stamps",
            todo="Check the units of region and stamp.",
        )
    b, a = (g.ravel() for g in np.meshgrid(np.arange(-count[1], count[1] + 1), np.arange(-count[0], count[0] + 1)))
    a = a - (b // 2 if scan.shape in ("hexagon", "circle") else 0)
    order = np.lexsort((a, b)) if scan.shape != "line" else np.argsort(a)
    offset = (shift - 0.5) * (np.array([1.0, 0.0]) if scan.shape == "line" else 1.0)
    centres = middle + (np.stack([a, b], axis=1)[order] + offset) @ turned
    far = math.hypot(max(-gx0, gx1), max(-gy0, gy1))
    near = (np.abs(centres - middle) <= np.array([x1 - x0, y1 - y0]) / 2 + far).all(axis=1)
    centres = centres[near]
    corners = np.asarray(grid.outline.exterior.coords) @ _turn(turn).T
    outlines = shapely.polygons(centres[:, None, :] + corners)
    shapely.prepare(area.polygons)
    inside = shapely.covers(area.polygons, outlines)
    taken = inside if scan.partial == "whole" else shapely.intersects(area.polygons, outlines)
    shapes, homes, stamp, xy, place, row = [], [], [], [], [], []
    # half-open towards one side: a column on the border of two stamps belongs to one of them by its lattice
    sites = grid.sites @ _turn(turn).T
    for k in np.nonzero(taken)[0]:
        here = sites + centres[k]
        if pattern.jitter > 0:
            noise = np.random.default_rng((pattern.seed, number, int(k))).uniform(-1, 1, size=here.shape)
            here = here + noise * pattern.jitter * pattern.pitch_m / 2
        i = grid.place + (0 if area.feather_m == 0 else 31 * int(k))
        stays = kept(area, here, i, grid.row)
        if not stays.any():
            continue
        shapes.append(outlines[k] if inside[k] else shapely.intersection(outlines[k], area.polygons))
        homes.append(centres[k])
        stamp.append(np.full(int(stays.sum()), len(shapes) - 1))
        xy.append(here[stays])
        place.append(grid.place[stays])
        row.append(grid.row[stays])
    if not shapes:
        none = np.zeros(0, dtype=np.int64)
        return _Laid((), np.zeros((0, 2)), turn, none, np.zeros((0, 2)), none, none)
    joined = (np.concatenate(part) for part in (stamp, xy, place, row))
    return _Laid(tuple(shapes), np.array(homes), turn, *joined)


def _by_hand(pattern: Pattern, area: Area, scan: Scan, hand: Hand, grid: _Grid, laid: _Laid, number: int) -> Tiling:
    """The tiling with the hand's scatter, and the overlaps of both."""
    shapely = need("shapely")
    rng = np.random.default_rng((hand.seed, number, 11))
    scatter = rng.normal(size=(len(laid.shapes), 4))
    moved = scatter[:, :2] * to_si(hand.placement_mm, "mm")
    turned = scatter[:, 2] * math.radians(hand.rotation_deg)
    arm = laid.xy - laid.centres[laid.stamp]
    c, s = np.cos(turned)[laid.stamp], np.sin(turned)[laid.stamp]
    real = laid.xy
    shapes = laid.shapes
    if hand.placement_mm > 0 or hand.rotation_deg > 0:
        rotated = np.stack([c * arm[:, 0] - s * arm[:, 1], s * arm[:, 0] + c * arm[:, 1]], axis=1)
        real = laid.centres[laid.stamp] + moved[laid.stamp] + rotated
        shapes = tuple(
            shapely.transform(
                shape, lambda xy, k=k: (xy - laid.centres[k]) @ _turn(float(turned[k])).T + laid.centres[k] + moved[k]
            )
            for k, shape in enumerate(laid.shapes)
        )
    ideal = overlaps(area, laid.shapes, laid.xy, laid.stamp, pattern)
    for array in (laid.centres, moved, turned, laid.stamp, laid.xy, real, laid.place, laid.row):
        array.setflags(write=False)
    return Tiling(
        area=area,
        pattern=pattern,
        scan=scan,
        hand=hand,
        shapes=laid.shapes,
        centres_m=laid.centres,
        moved_m=moved,
        turned_rad=turned,
        defocus_mm=scatter[:, 3] * hand.defocus_mm,
        stamp=laid.stamp,
        ideal_m=laid.xy,
        positions_m=real,
        place=laid.place,
        row=laid.row,
        turn_rad=laid.turn,
        cell_mm=(from_si(grid.cell[0], "mm"), from_si(grid.cell[1], "mm")),
        ideal=ideal,
        real=ideal if real is laid.xy else overlaps(area, shapes, real, laid.stamp, pattern),
    )


def overlaps(area: Area, shapes: tuple[Any, ...], xy_m: Array, stamp: Index, pattern: Pattern) -> Overlaps:
    """What stamps of the given outlines (shapely [m]) and columns (n, 2) [m] leave open and double."""
    shapely = need("shapely")
    from scipy.spatial import cKDTree

    all_shapes = np.array(shapes)
    tree = shapely.STRtree(all_shapes)
    one, other = tree.query(all_shapes, predicate="intersects")
    pairs = one < other
    shared = shapely.intersection(all_shapes[one[pairs]], all_shapes[other[pairs]])
    # borders that merely touch share an area of rounding only: a strip of a nanometre is no overlap
    shared = shared[shapely.area(shared) > 1e-9 * shapely.length(shared)]
    twice = shapely.union_all(shared).intersection(area.polygons)
    # slivers of rounding between touching stamps are no gap: close what is thinner than a tenth of a micrometre
    covered = shapely.union_all(all_shapes, grid_size=1e-9)
    gap = area.polygons.difference(covered).area
    index = cKDTree(xy_m)
    near = index.query_pairs(TWICE * pattern.pitch_m, output_type="ndarray")
    near = near[stamp[near[:, 0]] != stamp[near[:, 1]]] if len(near) else near
    least = float(index.query(xy_m, k=2)[0][:, 1].min()) if len(xy_m) > 1 else math.inf
    outside = ~area.contains(xy_m)
    excluded = np.zeros(len(xy_m), dtype=bool)
    if area.kept_out is not None and not area.kept_out.is_empty:
        shapely.prepare(area.kept_out)
        excluded = shapely.contains_xy(area.kept_out, xy_m[:, 0], xy_m[:, 1])
    return Overlaps(
        overlap_mm2=from_si(float(twice.area), "mm2"),
        gap_mm2=from_si(float(gap), "mm2"),
        pieces=tuple(g for g in getattr(twice, "geoms", [twice]) if g.geom_type == "Polygon" and not g.is_empty),
        columns_twice=len(np.unique(near)),
        columns_outside=int(outside.sum()),
        columns_excluded=int(excluded.sum()),
        least_distance_um=from_si(least, "um"),
    )
