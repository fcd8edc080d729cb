"""Regions from drawings: GeoJSON and the path of an SVG. Millimetres on the skin, seen from outside."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

from colonnade.errors import BadInput
from colonnade.field.area import Area, _area
from colonnade.field.region import MAX_SIDE_MM

#: Straight pieces per Bézier curve: a quarter circle of 50 mm is then 0.02 mm off at most.
PIECES = 32
MOST_CHARACTERS = 2_000_000
_TOKEN = re.compile(r"[MmLlHhVvCcQqSsTtAaZz]|[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
Point = tuple[float, float]


def from_geojson(
    text: str,
    *,
    name: str = "region",
    side: str | None = None,
    feather_mm: float = 0.0,
    most_mm: float = MAX_SIDE_MM,
) -> Area:
    """The polygons of a GeoJSON text whose coordinates are millimetres, y up.

    The object must say so itself (``"units": "mm"``), since GeoJSON's own coordinates are degrees on the globe.

    Raises
    ------
    BadInput
        For text that is not GeoJSON, geometries other than polygons, absent units, or bad polygons.
    """

    def bad(given: str, allowed: str, todo: str) -> BadInput:
        return BadInput(f'GeoJSON of region "{name}"', given=given, allowed=allowed, todo=todo)

    try:
        data = json.loads(text) if len(text) <= MOST_CHARACTERS else None
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        raise bad("text that is not a JSON object of at most 2 MB", "a GeoJSON object", "Export it again.")
    if data.get("units") != "mm":
        raise bad(f"units {data.get('units')!r}", '"units": "mm" beside "type"', "Draw in millimetres and say so.")
    found = list(_geometries(data))
    kinds = sorted({str(g.get("type")) for g in found if g.get("type") not in ("Polygon", "MultiPolygon")})
    if kinds or not found:
        raise bad(
            f"{', '.join(kinds) or 'no'} geometry", "Polygon or MultiPolygon", "Leave out everything that is no area."
        )
    polygons: list[Any] = []
    for geometry in found:
        coordinates = geometry.get("coordinates")
        if not isinstance(coordinates, list):
            raise bad("a geometry without coordinates", "a list of rings", "Export it again.")
        polygons += [coordinates] if geometry["type"] == "Polygon" else coordinates
    if any(not isinstance(p, list) or any(not isinstance(r, list) for r in p) for p in polygons):
        raise bad("coordinates that are not rings of points", "lists of rings", "Export it again.")
    return _area(polygons, name, side, feather_mm, most_mm)


def _geometries(data: dict[str, Any]) -> Iterator[dict[str, Any]]:
    kind = data.get("type")
    if kind == "FeatureCollection":
        for feature in data.get("features") or []:
            if isinstance(feature, dict):
                yield from _geometries(feature)
    elif kind == "Feature":
        yield from _geometries(data.get("geometry") or {})
    elif kind == "GeometryCollection":
        for geometry in data.get("geometries") or []:
            yield from _geometries(geometry)
    else:
        yield data


def from_svg_path(
    path: str,
    *,
    mm_per_unit: float,
    name: str = "region",
    side: str | None = None,
    feather_mm: float = 0.0,
    most_mm: float = MAX_SIDE_MM,
) -> Area:
    """The area of an SVG path (the text of ``d="…"``), whose y points down.

    The first subpath is the outline, every other one a hole. Curves (C, S, Q, T) become 32 straight pieces each.

    Parameters
    ----------
    mm_per_unit : float
        Millimetres per user unit of the drawing.

    Raises
    ------
    BadInput
        For arcs, text that is no path, subpaths that are not closed by Z, a scale out of range, or bad polygons.
    """
    if not 1e-4 <= mm_per_unit <= 1e3:
        raise BadInput("mm_per_unit", given=repr(mm_per_unit), allowed="0.0001 to 1000", todo="Measure a known length.")
    rings = [[(x * mm_per_unit, -y * mm_per_unit) for x, y in ring] for ring in _subpaths(path, name)]
    return _area([rings], name, side, feather_mm, most_mm)


def _subpaths(path: str, name: str) -> list[list[Point]]:
    def bad(given: str) -> BadInput:
        return BadInput(
            f'SVG path of region "{name}"',
            given=given,
            allowed="M, L, H, V, C, S, Q, T and Z, with every subpath closed by Z",
            todo="Convert the shape to a path and close it.",
        )

    tokens = _TOKEN.findall(path) if len(path) <= MOST_CHARACTERS else []
    if not tokens or re.sub(r"[\s,]", "", path) != "".join(tokens):
        raise bad("text that is not a path")
    rings: list[list[Point]] = []
    now: Point = (0.0, 0.0)
    handle: Point | None = None
    open_ring: list[Point] | None = None
    command, at = "", 0
    while at < len(tokens):
        if tokens[at].isalpha() and len(tokens[at]) == 1:
            command, at = tokens[at], at + 1
        elif command in "Zz":
            raise bad(f'the number {tokens[at]} after "{command or "nothing"}"')
        kind, relative = command.upper(), command.islower()
        if kind == "A":
            raise bad("an arc (A)")
        if kind == "Z":
            if open_ring is None:
                raise bad("a Z that closes nothing")
            rings.append(open_ring)
            now, open_ring, handle = open_ring[0], None, None
            continue
        count = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "T": 2}[kind]
        numbers = tokens[at : at + count]
        if len(numbers) < count or any(t.isalpha() for t in numbers):
            raise bad(f'"{command}" with too few numbers')
        at += count
        points = _absolute(kind, [float(t) for t in numbers], now, relative)
        if not all(math.isfinite(v) for p in points for v in p):
            raise bad(f'"{command}" with a number that is not finite')
        if kind == "M":
            if open_ring is not None:
                raise bad("a subpath that is not closed")
            open_ring, now, handle = [points[0]], points[0], None
            command = "l" if relative else "L"
            continue
        if open_ring is None:
            open_ring = [now]
        curve = _controls(kind, now, points, handle)
        open_ring += _bezier(curve) if len(curve) > 2 else [curve[-1]]
        handle = curve[-2] if len(curve) > 2 else None
        now = points[-1]
    if open_ring is not None:
        raise bad("a subpath that is not closed")
    return rings


def _absolute(kind: str, values: list[float], now: Point, relative: bool) -> list[Point]:
    x0, y0 = now if relative else (0.0, 0.0)
    if kind == "H":
        return [(values[0] + x0, now[1])]
    if kind == "V":
        return [(now[0], values[0] + y0)]
    return [(values[k] + x0, values[k + 1] + y0) for k in range(0, len(values), 2)]


def _controls(kind: str, now: Point, points: list[Point], handle: Point | None) -> list[Point]:
    """All control points of the piece, the start included; S and T mirror the last handle."""
    if kind in "ST":
        mirrored = now if handle is None else (2 * now[0] - handle[0], 2 * now[1] - handle[1])
        return [now, mirrored, *points]
    return [now, *points]


def _bezier(controls: list[Point]) -> list[Point]:
    """Points along a quadratic or cubic curve, without its start."""
    n = len(controls) - 1
    made = []
    for k in range(1, PIECES + 1):
        t = k / PIECES
        weights = [math.comb(n, i) * t**i * (1 - t) ** (n - i) for i in range(n + 1)]
        made.append(
            (
                sum(w * p[0] for w, p in zip(weights, controls, strict=True)),
                sum(w * p[1] for w, p in zip(weights, controls, strict=True)),
            )
        )
    return made
