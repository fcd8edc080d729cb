"""From the case to regions: zones cut out of one drawing, what is kept out of them, and how they are fired."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from colonnade.case import Case, Exclusion, FiringChoice
from colonnade.case import Region as CaseRegion
from colonnade.errors import BadInput
from colonnade.field.area import QUARTER, Area, _area, _parts, area_of, divide, need, polygon
from colonnade.field.order import Timing
from colonnade.field.region import MAX_SIDE_MM, Region, circle, rectangle
from colonnade.field.stamps import Hand, Scan
from colonnade.units import from_si, to_si

#: Corners of a divided region are kept to a nanometre; what is thinner is no area [mm].
GRID_MM = 1e-6


def region_of(region: CaseRegion, *, name: str = "region", side: str | None = None) -> Region:
    """The case's region as the field's.

    Raises BadInput for rings that cross themselves, holes outside and whatever else `polygon` refuses.
    """
    if region.shape == "circle":
        assert region.diameter_mm is not None  # the case's own validator
        return circle(region.diameter_mm)
    if region.shape == "rectangle":
        assert region.width_mm is not None
        assert region.height_mm is not None
        return rectangle(region.width_mm, region.height_mm)
    assert region.rings_mm is not None
    made = _area([region.rings_mm, *region.further_mm], name, side, region.feather_mm or 0.0, MAX_SIDE_MM)
    if not region.edge_mm:
        return made
    lines = need("shapely").MultiLineString([to_si(np.asarray(line), "mm") for line in region.edge_mm])
    return replace(made, edge=lines)


def drawn_together(case: Case) -> dict[str, CaseRegion] | None:
    """Name of each zone → what is treated of it, where the case's zones and exclusions share one drawing.

    They do if the case states exclusions or treats the rest, or if the region and all its zones are polygons. None
    otherwise: each zone then lies in coordinates of its own. A case without zones has one, without a name.

    Raises
    ------
    BadInput
        For zones that overlap, reach outside or have no place in the drawing, and exclusions that touch nothing.
    """
    zones = case.zones
    polygons = bool(zones) and all(r.shape == "polygon" for r in (case.region, *(z.region for z in zones)))
    if not (case.exclusions or case.treat_rest_as or polygons):
        return None
    for zone in zones:
        if zone.region.shape != "polygon":
            raise BadInput(
                f'zone "{zone.name}"',
                given=f"a {zone.region.shape}, which has no place beside the other zones",
                allowed="polygons, where a case has exclusions or treats the rest of its region",
                todo="Draw the zone with rings_mm.",
            )
    rest = case.treat_rest_as if zones else ""
    outline = replace(area_of(region_of(case.region, side=case.site.side)), name=rest)
    feather = case.region.feather_mm or 0.0
    areas = {zone.name: area_of(region_of(zone.region, name=zone.name)) for zone in zones}
    if len(areas) < len(zones):
        raise BadInput("zones", given="two of one name", allowed="each name once", todo="Rename one of them.")
    made = divide(
        outline,
        zones=areas,
        exclusions={one.name: (excluded(one), one.margin_mm) for one in case.exclusions},
        feather_mm=feather,
    )
    if zones and not rest:
        made.pop("", None)
    if rest and rest not in made:
        raise BadInput(
            "treat_rest_as", given="nothing left of the region", allowed="an area", todo="Leave it out: zones take all."
        )
    for zone in zones:
        if zone.region.feather_mm is not None and feather == 0:  # its own edge, all round
            made[zone.name] = replace(made[zone.name], feather_m=to_si(zone.region.feather_mm, "mm"), edge=None)
    return {name: as_case(area) for name, area in made.items()}


def excluded(one: Exclusion) -> Area:
    """What is kept out, without its margin."""
    if one.rings_mm:
        return polygon(one.rings_mm, name=one.name)
    assert one.centre_mm is not None  # the case's own validator
    assert one.diameter_mm is not None
    round_ = area_of(circle(one.diameter_mm))
    moved = need("shapely").transform(round_.polygons, lambda xy: xy + to_si(np.asarray(one.centre_mm), "mm"))
    return replace(round_, polygons=moved, name=one.name)


def as_case(area: Area) -> CaseRegion:
    """An area as the case and the plan hold it, to a nanometre: it can be laid again from there."""
    shapely = need("shapely")
    grid = shapely.set_precision(shapely.transform(area.polygons, lambda xy: from_si(xy, "mm")), GRID_MM)
    polygons = [
        tuple(_points(ring) for ring in (part.exterior, *part.interiors)) for part in _parts(grid) if part.area > 0
    ]
    if not polygons:
        raise BadInput(
            f'zone "{area.name}"', given="nothing left to treat", allowed="an area", todo="Check exclusions."
        )
    edge: tuple[Any, ...] = ()
    if area.feather_m > 0 and area.edge is not None:
        near = area.edge.intersection(area.polygons.buffer(area.feather_m, quad_segs=QUARTER))
        lines = [line for line in shapely.get_parts(near) if line.geom_type == "LineString" and line.length > 0]
        edge = tuple(_points(shapely.transform(line, lambda xy: from_si(xy, "mm"))) for line in lines)
    return CaseRegion(
        shape="polygon",
        rings_mm=polygons[0],
        further_mm=tuple(polygons[1:]),
        feather_mm=from_si(area.feather_m, "mm") if area.feather_m > 0 else None,
        edge_mm=edge,
    )


def _points(line: Any) -> tuple[tuple[float, float], ...]:
    return tuple((round(x, 6), round(y, 6)) for x, y in line.coords)


def firing_of(
    choice: FiringChoice, region: Region, *, rate_Hz: float, scan_low_mm: float, scan_high_mm: float
) -> dict[str, Any]:
    """The keywords of `treat` that say how a region is fired, by the case's choice and the device's scan sizes.

    Raises
    ------
    BadInput
        For a stamp outside what the device scans, or a region that does not fit where the handpiece is not moved.
    """
    size = scan_high_mm if choice.scan_mm is None else choice.scan_mm
    if not scan_low_mm * (1 - 1e-9) <= size <= scan_high_mm * (1 + 1e-9):
        raise BadInput(
            "firing.scan_mm",
            given=f"{size:g} mm",
            allowed=f"{scan_low_mm:g} to {scan_high_mm:g} mm, what the device scans",
            todo="Choose a size the device has, or leave it out.",
        )
    x0, y0, x1, y1 = (from_si(v, "mm") for v in region.bounds_m)
    if choice.one_placement and not max(x1 - x0, y1 - y0) <= size * (1 + 1e-9):
        raise BadInput(
            "region",
            given=f"{x1 - x0:.4g} mm wide and {y1 - y0:.4g} mm high",
            allowed=f"at most {size:g} mm each way: one scan of the device, whose handpiece is not moved",
            todo="Draw a smaller region, or leave out firing.one_placement: then it is filled stamp by stamp.",
        )
    return {
        "order": choice.order,
        "scan": Scan(choice.scan_shape, size, choice.scan_turn_deg, choice.scan_gap_mm, choice.partial),
        "hand": Hand(choice.hand_placement_mm, choice.hand_rotation_deg, choice.hand_defocus_mm, choice.seed),
        "timing": Timing(rate_Hz, choice.settle_ms, choice.jump_mm_s, choice.stamp_s, choice.pass_interval_s),
        "zone_interval_s": choice.zone_interval_s,
    }
