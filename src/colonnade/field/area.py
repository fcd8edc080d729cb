"""Regions as polygons with holes: zones, exclusions with margins, feathered edges, the side of the body.

Coordinates are millimetres on the skin as the operator sees it from outside: x to the viewer's right, y up. Nothing
is repaired: a polygon that crosses itself, or whose holes lie outside, is refused with the place where it goes wrong.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from colonnade.errors import BadInput, did_you_mean
from colonnade.field.region import MAX_SIDE_MM, Circle, Rectangle, Region
from colonnade.units import from_si, to_si

Array = NDArray[np.float64]
Side = Literal["left", "right", "midline", "both"]

MOST_POINTS = 20_000
#: A circle or a margin as a polygon: so many corners per quarter turn. The area is then short by 2·10⁻⁵.
QUARTER = 64
INSTALL = 'Install what polygons need: pip install "colonnade[field]"'


def need(module: str) -> Any:
    """Import a module of the ``field`` extra. Raises BadInput with the install command if it is missing."""
    import importlib

    try:
        return importlib.import_module(module)
    except ImportError:
        raise BadInput(
            f"the library {module.split('.')[0]}", given="not installed", allowed="installed", todo=INSTALL
        ) from None


@dataclass(frozen=True)
class Area:
    """A treated area: one or several polygons with holes [m]. A `Region`.

    ``polygons`` is what is treated; ``kept_out`` what is excluded, margins included; ``edge`` the line from which
    the density of a feathered area falls, over ``feather_m``. Geometries are shapely's.
    """

    polygons: Any
    name: str = ""
    side: Side | None = None
    feather_m: float = 0.0
    edge: Any = None
    kept_out: Any = None

    @cached_property
    def area_m2(self) -> float:
        """Area [m²]."""
        return float(self.polygons.area)

    @cached_property
    def perimeter_m(self) -> float:
        """Length of all edges, those of holes included [m]."""
        return float(self.polygons.length)

    @property
    def bounds_m(self) -> tuple[float, float, float, float]:
        """Smallest x, smallest y, largest x, largest y [m]."""
        x0, y0, x1, y1 = self.polygons.bounds
        return float(x0), float(y0), float(x1), float(y1)

    def contains(self, xy_m: Array) -> NDArray[np.bool_]:
        """Which of the points (n, 2) [m] lie inside, the edge included: shape (n,)."""
        shapely = need("shapely")
        shapely.prepare(self.polygons)
        inside: NDArray[np.bool_] = shapely.intersects_xy(self.polygons, xy_m[:, 0], xy_m[:, 1])
        return inside

    def density_at(self, xy_m: Array) -> Array:
        """Share of the full density at each point (n, 2) [m]: 1 inside, falling to 0 at a feathered edge."""
        share = self.contains(xy_m).astype(np.float64)
        if self.feather_m > 0:
            shapely = need("shapely")
            shapely.prepare(self._edge)
            distance = shapely.distance(self._edge, shapely.points(xy_m))
            share *= np.minimum(distance / self.feather_m, 1.0)
        return share

    @property
    def _edge(self) -> Any:
        return self.polygons.boundary if self.edge is None else self.edge

    @cached_property
    def weighted_area_m2(self) -> float:
        """∫ share of the full density over the area [m²]; the area itself unless its edge is feathered.

        By layers: the mean over the share f of the area farther than f·feather from the edge.
        """
        if not self.feather_m > 0:
            return self.area_m2
        # Gauss-Legendre: exact for straight edges and round corners, whose strips are polynomials in the width
        nodes, weights = np.polynomial.legendre.leggauss(8)
        total = 0.0
        for f, w in zip((nodes + 1) / 2, weights / 2, strict=True):
            total += w * self.polygons.difference(self._edge.buffer(f * self.feather_m, quad_segs=QUARTER)).area
        return float(total)

    def rings_mm(self) -> tuple[tuple[Array, ...], ...]:
        """For each polygon its rings, the outline first: arrays of shape (k, 2) [mm], the first point repeated."""
        return tuple(
            tuple(from_si(np.asarray(ring.coords), "mm") for ring in (part.exterior, *part.interiors))
            for part in _parts(self.polygons)
        )


def polygon(
    rings_mm: Sequence[Sequence[Sequence[float]]],
    *,
    name: str = "region",
    side: str | None = None,
    feather_mm: float = 0.0,
    most_mm: float = MAX_SIDE_MM,
) -> Area:
    """A polygon with holes [mm]: the first ring is the outline, every other a hole.

    Parameters
    ----------
    side : {"left", "right", "midline", "both"}, optional
        The patient's side.
    feather_mm : float
        Width over which the density falls to 0 at the edge.
    most_mm : float
        Largest extent in x and in y, e.g. what a device reaches.

    Raises
    ------
    BadInput
        For rings that cross themselves or each other, holes outside the outline, fewer than three points, numbers
        that are not finite, an area of 0, or an extent above ``most_mm``. Nothing is repaired.
    """
    return _area([rings_mm], name, side, feather_mm, most_mm)


def area_of(region: Region) -> Area:
    """Any region as an `Area`; a circle becomes a polygon of 256 corners and equal area."""
    if isinstance(region, Area):
        return region
    shapely = need("shapely")
    if isinstance(region, Rectangle):
        return Area(shapely.MultiPolygon([shapely.box(*region.bounds_m)]))
    if isinstance(region, Circle):
        n = 4 * QUARTER
        angle = 2 * np.pi * np.arange(n) / n
        radius = region.diameter_m / 2 * math.sqrt(2 * np.pi / (n * math.sin(2 * np.pi / n)))
        corners = radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        return Area(shapely.MultiPolygon([shapely.Polygon(corners)]))
    raise BadInput(
        "region",
        given=type(region).__name__,
        allowed="a square, rectangle, circle or polygon",
        todo="Make it with colonnade.field.polygon.",
    )


def divide(
    outline: Area,
    *,
    zones: Mapping[str, Area] | None = None,
    exclusions: Mapping[str, tuple[Area, float]] | None = None,
    feather_mm: float = 0.0,
) -> dict[str, Area]:
    """The outline cut into zones, with what is excluded left out of each.

    Parameters
    ----------
    zones : name → area
        Each with settings of its own. What no zone takes keeps the outline's name.
    exclusions : name → (area, margin [mm])
        E.g. the eyelid or a mole; the margin is added all round.
    feather_mm : float
        Width over which the density falls towards the edge of the whole treatment; not towards a neighbouring zone.

    Returns
    -------
    dict of name → area, in the order given, the rest of the outline first.

    Raises
    ------
    BadInput
        For zones that overlap each other or reach outside the outline, an exclusion that does not touch it, a
        negative margin, or nothing left to treat.
    """
    shapely = need("shapely")
    kept_out = _kept_out(outline, exclusions or {})
    treated = outline.polygons.difference(kept_out)
    rest, parts = treated, {}
    for name, zone in (zones or {}).items():
        if name in parts or name == outline.name:
            raise BadInput("zones", given=f'two of the name "{name}"', allowed="names of their own", todo="Rename one.")
        outside = zone.polygons.difference(outline.polygons).area
        if not outside <= 1e-9 * outline.area_m2:
            raise BadInput(
                f'zone "{name}"',
                given=f"{from_si(outside, 'mm2'):.3g} mm² outside the region",
                allowed="zones inside the outline of the region",
                todo="Draw it inside, or enlarge the region.",
            )
        for other, taken in (zones or {}).items():
            shared = 0.0 if other == name else zone.polygons.intersection(taken.polygons).area
            if not shared <= 1e-9 * outline.area_m2:
                raise BadInput(
                    f'zone "{name}"',
                    given=f'{from_si(shared, "mm2"):.3g} mm² shared with "{other}"',
                    allowed="zones that do not overlap",
                    todo="Draw a common border: each place has one setting.",
                )
        parts[name] = zone.polygons.intersection(treated)
        rest = rest.difference(zone.polygons)
    edge = treated.boundary
    feather = to_si(_number("feather_mm", feather_mm, 0, 100), "mm")
    made = {}
    for name, shape in {outline.name: rest, **parts}.items():
        polygons = shapely.MultiPolygon(_parts(shape))
        if polygons.area > 1e-12 * outline.area_m2:
            made[name] = replace(outline, polygons=polygons, name=name, feather_m=feather, edge=edge, kept_out=kept_out)
        elif name != outline.name:
            raise BadInput(f'zone "{name}"', given="nothing left to treat", allowed="an area", todo="Check exclusions.")
    if not made:
        raise BadInput("region", given="nothing left to treat", allowed="an area", todo="Check the exclusions.")
    return made


def _kept_out(outline: Area, exclusions: Mapping[str, tuple[Area, float]]) -> Any:
    shapely = need("shapely")
    shapes = []
    for name, (area, margin_mm) in exclusions.items():
        margin = to_si(_number(f'margin of "{name}" [mm]', margin_mm, 0, 100), "mm")
        # a margin below a nanometre is none: the library's buffer of it would be empty
        shape = area.polygons.buffer(margin, quad_segs=QUARTER) if margin > 1e-9 else area.polygons
        if not shape.intersects(outline.polygons):
            raise BadInput(
                f'exclusion "{name}"',
                given="a place that does not touch the region",
                allowed="exclusions in or beside the region",
                todo="Check its coordinates: an exclusion that excludes nothing is a slip.",
            )
        shapes.append(shape)
    return shapely.union_all(shapes) if shapes else shapely.MultiPolygon()


def _area(
    polygons_mm: Sequence[Sequence[Sequence[Sequence[float]]]],
    name: str,
    side: str | None,
    feather_mm: float,
    most_mm: float,
) -> Area:
    shapely = need("shapely")
    if side is not None and side not in get_args(Side):
        raise BadInput(
            "side", given=f'"{side}"', allowed=", ".join(get_args(Side)), todo=did_you_mean(side, get_args(Side))
        )
    shapes = [_polygon(rings, name) for rings in polygons_mm]
    for i, shape in enumerate(shapes):
        for other in shapes[:i]:
            if not shape.intersection(other).area <= 0:
                raise BadInput(
                    f'region "{name}"',
                    given="polygons that overlap each other",
                    allowed="polygons apart from each other",
                    todo="Draw one outline around both.",
                )
    made = shapely.MultiPolygon(shapes)
    x0, y0, x1, y1 = made.bounds
    if not max(x1 - x0, y1 - y0) <= most_mm:
        raise BadInput(
            f'region "{name}"',
            given=f"{x1 - x0:.4g} mm wide and {y1 - y0:.4g} mm high",
            allowed=f"at most {most_mm:g} mm each way",
            todo="Check the unit (millimetres), or divide the region.",
        )
    metres = shapely.transform(made, lambda xy: to_si(xy, "mm"))
    feather = to_si(_number("feather_mm", feather_mm, 0, 100), "mm")
    return Area(metres, name=name, side=side, feather_m=feather)  # type: ignore[arg-type]  # checked above


def _polygon(rings: Sequence[Sequence[Sequence[float]]], name: str) -> Any:
    """A valid shapely polygon in mm, or BadInput."""
    shapely = need("shapely")
    if len(rings) == 0 or len(rings) > 500:
        raise BadInput(f'region "{name}"', given=f"{len(rings)} rings", allowed="1 to 500", todo="Draw an outline.")
    arrays = [_ring(ring, name, k) for k, ring in enumerate(rings)]
    for k, ring in enumerate(arrays):
        line = shapely.LinearRing(ring)
        if not line.is_simple:
            raise BadInput(
                f'region "{name}", {_ring_name(k)}',
                given=f"a line that crosses itself ({shapely.is_valid_reason(shapely.Polygon(ring))}, in mm)",
                allowed="rings that do not cross themselves",
                todo="Redraw the ring there; nothing is repaired.",
            )
    outline = shapely.Polygon(arrays[0])
    for k, ring in enumerate(arrays[1:], 1):
        if not outline.contains(shapely.Polygon(ring)):
            raise BadInput(
                f'region "{name}", {_ring_name(k)}',
                given="a hole that is not inside the outline",
                allowed="holes wholly inside the outline, the first ring",
                todo="Redraw the hole, or cut the outline there.",
            )
    made = shapely.Polygon(arrays[0], arrays[1:])
    if not made.is_valid:
        raise BadInput(
            f'region "{name}"',
            given=f"rings that meet ({shapely.is_valid_reason(made)}, in mm)",
            allowed="holes apart from each other and from the outline",
            todo="Redraw them; join holes that overlap.",
        )
    if not made.area > 0:
        raise BadInput(f'region "{name}"', given="no area", allowed="an area", todo="Draw at least a triangle.")
    return made


def _ring(ring: Sequence[Sequence[float]], name: str, k: int) -> Array:
    try:
        points = np.array(ring, dtype=np.float64)
    except (TypeError, ValueError):
        points = np.empty((0, 0))
    whole = points.ndim == 2 and points.shape[1:] == (2,) and bool(np.isfinite(points).all())
    distinct = len(np.unique(points, axis=0)) if whole else 0
    if not 3 <= distinct <= MOST_POINTS:
        raise BadInput(
            f'region "{name}", {_ring_name(k)}',
            given=f"{distinct} different points" if whole else "something other than pairs of finite numbers",
            allowed=f"3 to {MOST_POINTS} points, each [x, y] in mm",
            todo="List the corners of the ring one after the other.",
        )
    return points


def _ring_name(k: int) -> str:
    return "outline" if k == 0 else f"hole {k}"


def _parts(shape: Any) -> list[Any]:
    """The polygons of any geometry; lines and points that touching borders leave behind have no area."""
    if shape.geom_type == "Polygon":
        return [shape] if not shape.is_empty else []
    return [p for part in getattr(shape, "geoms", []) for p in _parts(part)]


def _number(name: str, value: float, low: float, high: float) -> float:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not low <= value <= high:
        raise BadInput(name, given=repr(value), allowed=f"{low:g} to {high:g}", todo="Check the value and its unit.")
    return float(value)
