"""The coverage of a field by place: where skin is hit, where stamps overlap, where none of it is spared."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from colonnade.errors import BadInput
from colonnade.field import Field, area_of
from colonnade.field.maps import local_share
from colonnade.photothermal import Lesion
from colonnade.reporting import palette
from colonnade.reporting.canvas import NORMAL, SMALL, Picture, Stamp, axes, finish, need, sheet, style
from colonnade.units import from_si


def coverage_picture(field: Field, lesion: Lesion, *, depth_um: float = 0.0, note: str = "") -> Picture:
    """Share of the skin that is ablated or coagulated, by place at ``depth_um``, and the whole region's by depth.

    Overlaps of stamps, where linear scars come from, are outlined.

    Raises
    ------
    BadInput
        For a depth below the deepest zone, or if matplotlib is not installed.
    """
    deepest = float(field.coverage.depth_um[-1])
    if not 0 <= depth_um <= deepest:
        raise BadInput("depth_um", given=f"{depth_um!r}", allowed=f"0 to {deepest:.0f} µm", todo="Choose a depth.")
    need("matplotlib")
    area = area_of(field.region)
    x, y, hit = local_share(lesion.profile, field.positions_m, area, depth_um=depth_um, width_m=field.pattern.pitch_m)
    low, middle, high = float(np.nanmin(hit)), float(np.nanmean(hit)), float(np.nanmax(hit))
    step = float(x[1] - x[0])
    extent = (x[0] - step / 2, x[-1] + step / 2, y[0] - step / 2, y[-1] + step / 2)
    lie = field.tilings[0].real if field.tilings else None
    with style():
        figure = sheet(4.1, Stamp(note or f"{field.pattern.kind}, {field.pattern.density_pct:.3g} %", ""))
        ax = axes(figure, 0.55, 0.62, 3.1, 3.05)
        top = max(5 * math.ceil(high / 5), 5)
        drawn = ax.imshow(hit, origin="lower", extent=extent, cmap="cividis", vmin=0, vmax=top)
        _outlines(ax, field, area)
        ax.set(xlabel="x [mm]", ylabel="y [mm]", aspect="equal")
        at = "the surface" if depth_um == 0 else f"{depth_um:.0f} µm"
        ax.set_title(f"Ablated or coagulated at {at}", fontsize=NORMAL, loc="left", pad=5)
        bar = figure.colorbar(drawn, cax=axes(figure, 3.75, 0.62, 0.13, 3.05))
        bar.set_label(f"of the skin around, within a pitch ({field.pattern.pitch_um:.0f} µm) [%]", fontsize=SMALL)
        _by_depth(axes(figure, 4.95, 0.62, 1.6, 3.05), field, depth_um)
        overlaps = "" if lie is None else (
            f" {lie.overlap_mm2:.3g} mm² are covered by two stamps or more (outlined), {lie.gap_mm2:.3g} mm² by none; "
            f"{lie.columns_twice} columns lie nearer than half a pitch to one of another stamp."
        )  # fmt: skip
        caption = (
            f"Around each place, with a Gaussian weight of one pitch: {low:.0f} to {high:.0f} %, mean {middle:.1f} %."
            f"{overlaps} "
            "Right: the whole region by depth."
        )
        alt = f"Map of the covered share of the skin; {caption}"
        return finish(figure, "coverage-map", "Coverage by place", caption, alt)


def _outlines(ax: Any, field: Field, area: Any) -> None:
    def line(shape: Any, **look: Any) -> None:
        for part in getattr(shape, "geoms", [shape]):
            for ring in (part.exterior, *part.interiors):
                ax.plot(*from_si(np.asarray(ring.coords), "mm").T, **look)

    line(area.polygons, color=palette.INK, lw=1.0)
    for laid in field.tilings:
        for piece in laid.real.pieces:
            line(piece, color=palette.VERMILION, lw=0.8)


def _by_depth(ax: Any, field: Field, depth_um: float) -> None:
    cover = field.coverage
    last = int(np.nonzero(cover.spared_pct < 99.9)[0][-1]) + 1 if (cover.spared_pct < 99.9).any() else 2
    depth, left = cover.depth_um[:last], np.zeros(last)
    for zone, share in (
        (palette.ABLATED, cover.ablated_pct),
        (palette.COAGULATED, cover.coagulated_pct),
        (palette.HEATED, cover.heated_pct),
    ):
        right = left + share[:last]
        ax.fill_betweenx(depth, left, right, facecolor=zone.fill, edgecolor=zone.edge, lw=0.6, hatch=zone.hatch,
                         label=zone.label)  # fmt: skip
        left = right
    ax.axhline(depth_um, color=palette.INK, lw=0.8, dashes=palette.LIMIT_DASH)
    ax.set(xlim=(0, min(100, 10 * math.ceil(float(left.max()) / 10))), ylim=(float(depth[-1]), 0))
    ax.set(xlabel="of the skin [%]", ylabel="depth [µm]")
    ax.legend(fontsize=6.5, frameon=False, loc="lower right")
    ax.set_title("By depth", fontsize=NORMAL, loc="left", pad=5)
