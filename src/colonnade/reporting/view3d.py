"""The three-dimensional view: one page with everything in it, for any browser with WebGL 2, without a network.

Columns in skin, cut open, with the radii that were computed; and the whole field, flat or on a body scan.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from colonnade import DISCLAIMER
from colonnade.errors import BadInput
from colonnade.field import Field, area_of
from colonnade.field.surface import FlatRegion, on_surface
from colonnade.photothermal import Lesion
from colonnade.reporting import palette
from colonnade.reporting.canvas import need, thin
from colonnade.reporting.html import template
from colonnade.units import from_si

Array = NDArray[np.float64]

#: Side of the block of skin in pitches, and at most [µm].
ACROSS_PITCHES, WIDEST_UM = 7.0, 4000.0
#: The block goes on below the deepest zone by this share.
BELOW = 1.35
MOST_STAMPS_DRAWN = 2_000
#: Lines and columns are drawn so far above the skin of a scan [mm]: its faces are flat where the skin is round.
LIFT_MM = 0.25
#: Colours of a scale from early to late (or cool to warm): matplotlib's cividis, made for colour-blind readers.
TONES = 64


@dataclass(frozen=True)
class Placed:
    """A field to be shown, and the flat piece of a body scan that it was laid on, if it was."""

    field: Field
    name: str = "field"
    skin: FlatRegion | None = None


def view3d(
    placed: Sequence[Placed], lesion: Lesion, *, title: str = "Columns in skin", scan: Any = None, note: str = ""
) -> str:
    """One HTML page: a piece of the first field with the zones of ``lesion``, and all fields as they lie.

    Parameters
    ----------
    placed : sequence of Placed
        At least one; those laid on a scan need their ``skin``.
    scan : trimesh, optional
        The body scan on which they lie.
    note : str
        A sentence of the page, e.g. that a case is made up.

    Raises
    ------
    BadInput
        Without a field, for fields of which only some lie on the scan, or if Jinja2 or matplotlib is not installed.
    """
    if not placed or any((one.skin is None) == (scan is not None) for one in placed):
        raise BadInput(
            "three-dimensional view",
            given="no field" if not placed else "a body scan without the flat piece of each field, or the reverse",
            allowed="one field or more, all on the scan or none",
            todo="State `skin` for each field with the scan.",
        )
    jinja2, markup = need("jinja2"), need("markupsafe").Markup
    script = (resources.files("colonnade.reporting") / "static" / "view3d.js").read_text(encoding="utf-8")
    data: dict[str, Any] = {
        "ink": palette.INK,
        "muted": palette.MUTED,
        "paper": palette.PAPER,
        "skin": _skin(placed[0].field, lesion),
        "field": _field(placed, lesion, scan),
    }
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return str(
        environment.from_string(template("view3d.html.j2")).render(
            title=title,
            note=note,
            disclaimer=DISCLAIMER,
            data=data,
            # nothing in it can end the element it stands in
            json=markup(json.dumps(data, allow_nan=False).replace("<", "\\u003c")),
            script=markup(script),
            script_sha256=digest,
            style=markup(template("view3d.css")),
            numbers=_numbers(placed, lesion),
            cut=_first_cut(data["skin"]),
            assumptions=lesion.assumptions,
        )
    )


def _skin(field: Field, lesion: Lesion) -> dict[str, Any]:
    """A square piece of the field around the column nearest to its middle."""
    profile = lesion.profile
    side = min(ACROSS_PITCHES * field.pattern.pitch_um, WIDEST_UM)
    at = from_si(np.asarray(field.positions_m), "um")
    middle = at[np.argmin(np.sum((at - np.median(at, axis=0)) ** 2, axis=1))]
    local = at - middle + side / 2
    radii = {"heated": profile.heated_um, "necrosis": profile.necrosis_um, "coagulated": profile.coagulated_um}
    inside = local[((local >= 0) & (local <= side)).all(axis=1)]
    reach = np.maximum.reduce([profile.crater_um, *radii.values()])
    deepest = float(profile.depth_um[np.nonzero(reach > 0)[0][-1]]) if (reach > 0).any() else 100.0
    deep = min(BELOW * deepest, float(lesion.skin.thickness_um))
    keep = profile.depth_um <= deep
    looks = {"heated": palette.HEATED, "necrosis": palette.NECROSIS, "coagulated": palette.COAGULATED}
    # the widest first: what lies inside is drawn over it
    order = [*sorted(radii, key=lambda name: -float(radii[name].sum())), "crater"]
    looks["crater"], radii["crater"] = palette.ABLATED, profile.crater_um
    zones = []
    depth: list[float] = []
    for name in order:
        deeps, radius = thin(np.append(0.0, profile.depth_um[keep]), np.append(radii[name][0], radii[name][keep]))
        depth = deeps.round(3).tolist()
        look = looks[name]
        zones.append(
            {
                "name": name,
                "label": look.label,
                "fill": look.fill,
                "edge": look.edge,
                "radius_um": radius.round(3).tolist(),
                "shown": name != "heated",
            }
        )
    layers, top = [], 0.0
    for k, layer in enumerate(lesion.skin.layers):
        fill = palette.SKIN_TONES[min(k, len(palette.SKIN_TONES) - 1)]
        layers.append({"name": layer.name, "top_um": top, "bottom_um": top + layer.thickness_um, "fill": fill})
        top += layer.thickness_um
    return {
        "side_um": round(side, 3),
        "depth_um": round(deep, 3),
        "layers": layers,
        "profile_depth_um": depth,
        "zones": zones,
        "x_um": inside[:, 0].round(2).tolist(),
        "y_um": inside[:, 1].round(2).tolist(),
    }


def _first_cut(skin: dict[str, Any]) -> float:
    """Where the block is cut at first [%]: through the columns nearest to a third of its depth."""
    share = 100 * np.asarray(skin["y_um"]) / skin["side_um"]
    return round(float(share[np.argmin(np.abs(share - 35))]), 2)


def _field(placed: Sequence[Placed], lesion: Lesion, scan: Any) -> dict[str, Any]:
    places, times, zones = [], [], []
    lines: list[dict[str, Any]] = []
    begin = 0.0
    for number, one in enumerate(placed):
        xy = from_si(np.asarray(one.field.positions_m), "mm")
        places.append(_solid(one, xy))
        times.append(begin + one.field.times_s)
        begin = float(times[-1][-1])
        zones.append(np.full(len(xy), number / max(len(placed) - 1, 1)))
        lines += _lines(one)
    at, when = np.concatenate(places), np.concatenate(times)
    last = float(when[-1])
    values = [
        {"label": "time of firing", "low": "0 s", "high": f"{last:.3g} s", "share": _b64(when / max(last, 1e-9))},
    ]
    if len(placed) > 1:
        share = _b64(np.concatenate(zones))
        values.append({"label": "zone", "low": placed[0].name, "high": placed[-1].name, "share": share})
    warm = [one.field.preheat.rise_K for one in placed if one.field.preheat is not None]
    if len(warm) == len(placed):
        rise = np.concatenate(warm)
        top = max(float(rise.max()), 1e-9)
        values.append(
            {"label": "warmth of the skin at firing", "low": "0 K", "high": f"{top:.3g} K", "share": _b64(rise / top)}
        )
    colours = need("matplotlib").colormaps["cividis"](np.linspace(0, 1, TONES))
    surface = None
    if scan is not None:
        vertices, faces = np.asarray(scan.vertices), np.asarray(scan.faces)
        tone = palette.PHOTOTYPE_TONES["II"]
        surface = {"vertices_mm": _b64(vertices), "faces": _b64(faces, "<u4"), "fill": tone}
    return {
        "columns": len(at),
        "positions_mm": _b64(at),
        "radius_mm": float(max(lesion.profile.coagulated_um[0], lesion.profile.crater_um[0])) / 1000,
        "values": values,
        "colours": [f"#{int(r * 255):02x}{int(g * 255):02x}{int(b * 255):02x}" for r, g, b, _ in colours],
        "surface": surface,
        "lines": lines,
    }


def _solid(one: Placed, xy_mm: Array, lift_mm: float = LIFT_MM) -> Array:
    """Places of a field in three dimensions, (n, 3) [mm]: on the scan, or flat at z = 0."""
    if one.skin is None:
        return np.column_stack([xy_mm, np.zeros(len(xy_mm))])
    at, normals = one.skin.on_skin(xy_mm)
    lifted: Array = at + lift_mm * normals
    return lifted


def _lines(one: Placed) -> list[dict[str, Any]]:
    """Outline of the region, of what is kept out, and of the stamps of the first pass."""
    shapely = need("shapely")
    tiling, area = one.field.tilings[0] if one.field.tilings else None, area_of(one.field.region)
    kinds: list[tuple[str, str, list[Any]]] = []
    if tiling is not None and tiling.stamps <= MOST_STAMPS_DRAWN:
        kinds.append(("stamps", palette.BLUE, list(tiling.shapes)))
    kinds.append(("region", palette.INK, [area.polygons]))
    if area.kept_out is not None and not area.kept_out.is_empty:
        kinds.append(("kept out", palette.VERMILION, [area.kept_out]))
    made = []
    for label, colour, shapes in kinds:
        parts = []
        for shape in shapes:
            for ring in shapely.get_parts(shapely.boundary(shape)):
                # the outline of what is kept out may leave the flat piece of the scan: shown where it lies on it
                points = from_si(shapely.get_coordinates(shapely.segmentize(ring, 1e-3)), "mm")
                parts.append(_solid(one, points).round(3).tolist())
        made.append({"label": label, "colour": colour, "points_mm": parts})
    return made


def _numbers(placed: Sequence[Placed], lesion: Lesion) -> list[tuple[str, str]]:
    """The same in words and figures, for those who do not see the picture."""
    rows = [
        ("Crater depth", f"{lesion.crater_depth_um:.0f} µm"),
        ("Crater width at the surface", f"{lesion.crater_width_surface_um:.0f} µm"),
        ("Coagulation depth", f"{lesion.coagulation_depth_um:.0f} µm"),
        ("Necrosis depth", f"{lesion.necrosis_depth_um:.0f} µm"),
    ]
    for one in placed:
        field = one.field
        rows.append(
            (
                f"{one.name}: columns",
                f"{field.columns} on {from_si(field.region.area_m2, 'cm2'):.3g} cm², "
                f"{field.pattern.density_pct:.3g} % per pass, passes: {field.passes}",
            )
        )
        if one.skin is not None and field.tilings:
            lies = on_surface(one.skin, field.tilings[0])
            rows.append(
                (
                    f"{one.name}: beam on the skin",
                    f"at most {lies.incidence_deg.max():.0f}° off the normal and {lies.defocus_mm.max():.1f} mm out of "
                    f"focus; {len(lies.warnings)} of {len(lies.incidence_deg)} stamps beyond the tolerance",
                )
            )
    return rows


def _b64(values: NDArray[Any], kind: str = "<f4") -> str:
    return base64.b64encode(np.ascontiguousarray(values, dtype=kind).tobytes()).decode()
