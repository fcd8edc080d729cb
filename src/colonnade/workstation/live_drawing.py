"""What a drawing comes to: the places kept out with their margins, what is treated of each zone, the soft edges.

The library divides the region, exactly as for a plan; the page only draws what comes out. Millimetres of the case.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from colonnade.case import Case, Exclusion
from colonnade.case import Region as CaseRegion
from colonnade.errors import BadInput
from colonnade.schema import read
from colonnade.units import from_si, to_si

Data = Mapping[str, Any]
#: What of a case says where it is treated.
PARTS = ("region", "zones", "exclusions", "treat_rest_as")
#: Everything else that a case needs, in which nothing says where: a drawing is asked about before the rest is typed.
_REST: dict[str, Any] = {
    "schema": "colonnade.case/1",
    "title": "drawing",
    "synthetic": True,
    "patient": {"phototype": "III"},
    "indication": {"id": "atrophic-acne-scar"},
    "site": {"id": "cheek", "side": "left"},
    "device": {"id": "lumenis-ultrapulse-deepfx"},
}


def drawing_of(payload: Data) -> Case:
    """The drawing in ``payload`` as a case that is made up otherwise. Raises BadInput."""
    parts = {name: payload[name] for name in PARTS if payload.get(name)}
    zones = parts.get("zones")
    if isinstance(zones, list):
        # a zone is asked about before its site is chosen
        parts["zones"] = [{**zone, "site": _REST["site"]} if isinstance(zone, dict) else zone for zone in zones]
    return Case.parse({**_REST, **parts}, origin="drawing")


def treated(case: Case) -> dict[str, CaseRegion]:
    """What is treated of each zone; of a case without zones under one name, the empty one."""
    from colonnade.field.zones import drawn_together

    made = drawn_together(case)
    if made is not None:
        return made
    return {zone.name: zone.region for zone in case.zones} or {"": case.region}


def region_of_drawing(payload: Data) -> CaseRegion:
    """One region of all that is treated, as for pictures of one setting over all zones. Raises BadInput."""
    if not any(payload.get(name) for name in PARTS[1:]):
        return read(CaseRegion, dict(payload["region"]), origin="region")
    import shapely

    from colonnade.field import area_of
    from colonnade.field.area import Area
    from colonnade.field.zones import as_case, region_of

    parts = list(treated(drawing_of(payload)).values())
    if len(parts) == 1:
        return parts[0]
    together = shapely.union_all([area_of(region_of(part)).polygons for part in parts])
    return as_case(Area(shapely.MultiPolygon(getattr(together, "geoms", [together]))))


def outlines(payload: Data) -> dict[str, Any]:
    """The drawing worked out: margins [mm], treated polygons [mm] with their area, lines inside which density is full.

    Raises BadInput for what no plan could be made of: zones that overlap, an exclusion beside the region.
    """
    from colonnade.field import area_of
    from colonnade.field.zones import region_of

    case = drawing_of(payload)
    zones = []
    for name, region in treated(case).items():
        area = area_of(region_of(region, name=name or "region"))
        zones.append(
            {
                "name": name,
                "area_mm2": from_si(area.area_m2, "mm2"),
                "treated_mm": _polygons(area.polygons),
                "feather_mm": region.feather_mm,
                "full_mm": _polygons(_full(area)) if area.feather_m > 0 else [],
            }
        )
    return {"zones": zones, "kept_out": [_kept_out(one) for one in case.exclusions]}


def _kept_out(one: Exclusion) -> dict[str, Any]:
    from colonnade.field.area import QUARTER
    from colonnade.field.zones import excluded

    shape = excluded(one).polygons
    margin = to_si(one.margin_mm, "mm")
    wide = shape.buffer(margin, quad_segs=QUARTER) if margin > 1e-9 else shape
    return {"name": one.name, "margin_mm": one.margin_mm, "kept_mm": _polygons(wide)}


def _full(area: Any) -> Any:
    """Where nothing of the density is lost to a soft edge."""
    edge = area.polygons.boundary if area.edge is None else area.edge
    return area.polygons.difference(edge.buffer(area.feather_m))


def _polygons(shape: Any) -> list[list[list[list[float]]]]:
    """Polygons with their rings [mm], the first point not repeated."""
    out = []
    for part in getattr(shape, "geoms", [shape]):
        if part.geom_type == "Polygon" and not part.is_empty:
            rings = (part.exterior, *part.interiors)
            out.append([[[round(from_si(v, "mm"), 3) for v in point] for point in ring.coords[:-1]] for ring in rings])
    return out


def refuse_strange(payload: Data) -> None:
    """Raise BadInput unless the parts of a drawing have the types of a case's."""
    kinds = {"region": dict, "zones": list, "exclusions": list, "treat_rest_as": str}
    for name, kind in kinds.items():
        value = payload.get(name)
        if value is not None and not isinstance(value, kind):
            raise BadInput(name, given=f"a value of type {type(value).__name__}", allowed=kind.__name__, todo="Reload.")
