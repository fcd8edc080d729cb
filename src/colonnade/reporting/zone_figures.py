"""The rest of a zone: the field from above, the bulk heat over time, where the energy of a column went."""

from __future__ import annotations

from typing import Any

import numpy as np

from colonnade.planning.model import ZonePlan
from colonnade.reporting import palette
from colonnade.reporting.canvas import NORMAL, SMALL, WIDTH_IN, Picture, Stamp, axes, clip, finish, sheet
from colonnade.reporting.metrics import label, number, show_with_unit
from colonnade.units import from_si, to_si


def field(zone: ZonePlan, name: str, stamp: Stamp) -> Picture:
    """A piece of the field from above, discs to scale, beside the whole region."""
    from matplotlib.patches import Circle

    summary = zone.field
    figure = sheet(3.55, stamp)
    ax = axes(figure, 0.3, 0.5, 2.8, 2.8)
    half = summary.window_mm / 2
    ax.set(xlim=(-half, half), ylim=(-half, half), xticks=[], yticks=[], aspect="equal")
    ax.set_facecolor(palette.SPARED.fill)
    for spine in ax.spines.values():
        spine.set_visible(True)
    xs, ys = np.asarray(summary.window_x_mm), np.asarray(summary.window_y_mm)
    if max(xs.max(initial=0), ys.max(initial=0)) > half:  # counted from the corner, not from the centre
        xs, ys = xs - half, ys - half
    for x, y in zip(xs, ys, strict=True):
        for radius, style in (
            (summary.coagulated_radius_um, palette.COAGULATED),
            (summary.ablated_radius_um, palette.ABLATED),
        ):
            r = from_si(to_si(radius, "um"), "mm")
            if r > 0:
                ax.add_patch(Circle((x, y), r, facecolor=style.fill, edgecolor=style.edge, lw=0.6))
    _scale_bar(ax, half)
    side = show_with_unit("window_mm", summary.window_mm)
    ax.set_title(f"{side} × {side}, seen from above", fontsize=NORMAL, loc="left", pad=4)
    _region(figure, zone)
    count = show_with_unit("columns", summary.columns)
    caption = (
        f"A piece of the {clip(summary.pattern, 40)} pattern to scale: craters white, coagulated rims vermilion, "
        "living skin between them. Right: the whole region, and how small the drawn piece is in it."
    )
    alt = (
        f"Field from above: {count} columns on {show_with_unit('area_cm2', summary.area_cm2)}, "
        f"pitch {show_with_unit('pitch_um', summary.pitch_um)}, "
        f"crater radius {number(summary.ablated_radius_um, 0)} µm."
    )
    return finish(figure, name, f"{zone.name}: the field from above", caption, alt)


def _scale_bar(ax: Any, half: float) -> None:
    length = max((s for s in (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0) if s <= 0.45 * 2 * half), default=half)
    x, y = half - length - 0.06 * half, -half - 0.07 * half
    ax.plot([x, x + length], [y, y], color=palette.INK, lw=2.5, clip_on=False, solid_capstyle="butt")
    ax.text(x - 0.04 * half, y, f"{length:g} mm", ha="right", va="center", fontsize=SMALL)


def _region(figure: Any, zone: ZonePlan) -> None:
    from matplotlib.patches import Circle, Rectangle

    region, summary = zone.region, zone.field
    width = float(region.get("width_mm") or region.get("diameter_mm") or 0)
    height = float(region.get("height_mm") or region.get("diameter_mm") or 0)
    ax = axes(figure, 3.75, 1.75, 2.7, 1.4)
    ax.axis("off")
    if region.get("shape") == "polygon":
        _drawn(figure, ax, zone)
    if width > 0 and height > 0:
        ax.set(xlim=(-0.02 * width, 1.02 * width), ylim=(-0.02 * height, 1.02 * height), aspect="equal", anchor="W")
        look: dict[str, Any] = {"facecolor": palette.SPARED.fill, "edgecolor": palette.SPARED.edge, "lw": 1.0}
        if region.get("shape") == "circle":
            ax.add_patch(Circle((width / 2, height / 2), width / 2, **look))
        else:
            ax.add_patch(Rectangle((0, 0), width, height, **look))
        side = summary.window_mm
        corner = ((width - side) / 2, (height - side) / 2)
        ax.add_patch(Rectangle(corner, side, side, facecolor=palette.MODEL, edgecolor=palette.INK, lw=0.6))
        figure.text(3.75 / WIDTH_IN, 3.23 / 3.55, f"Region {width:g} × {height:g} mm", fontsize=NORMAL)
    rows = (
        ("columns", summary.columns),
        ("columns_per_cm2", summary.columns_per_cm2),
        ("pitch_um", summary.pitch_um),
        ("density_pct", summary.density_pct),
        ("passes", summary.passes),
        ("seconds_per_pass", summary.seconds_per_pass),
    )
    for i, (name, value) in enumerate(rows):
        y = (1.5 - 0.19 * i) / 3.55
        figure.text(3.75 / WIDTH_IN, y, label(name), fontsize=SMALL, color=palette.MUTED)
        figure.text(6.45 / WIDTH_IN, y, show_with_unit(name, value), fontsize=SMALL, ha="right")


def _drawn(figure: Any, ax: Any, zone: ZonePlan) -> None:
    """A polygon with its holes, as the operator sees the skin; the computed window in its middle."""
    from matplotlib.patches import PathPatch, Rectangle
    from matplotlib.path import Path

    rings = []
    for polygon in (zone.region["rings_mm"], *zone.region.get("further_mm", ())):
        for k, points in enumerate(polygon):
            r = np.asarray(points, dtype=float)
            turn = float(np.sum(r[:, 0] * np.roll(r[:, 1], -1) - r[:, 1] * np.roll(r[:, 0], -1)))
            # a hole is left open where it runs against the outline
            rings.append(r if (turn > 0) == (k == 0) else r[::-1])
    path = Path.make_compound_path(*(Path(np.vstack([ring, ring[:1]]), closed=True) for ring in rings))
    low, high = np.min([r.min(axis=0) for r in rings], axis=0), np.max([r.max(axis=0) for r in rings], axis=0)
    ax.add_patch(PathPatch(path, facecolor=palette.SPARED.fill, edgecolor=palette.SPARED.edge, lw=1.0))
    side = zone.field.window_mm
    corner = (low + high - side) / 2
    ax.add_patch(Rectangle(tuple(corner), side, side, facecolor=palette.MODEL, edgecolor=palette.INK, lw=0.6))
    margin = 0.02 * (high - low)
    ax.set(xlim=(low[0] - margin[0], high[0] + margin[0]), ylim=(low[1] - margin[1], high[1] + margin[1]))
    ax.set(aspect="equal", anchor="W")
    width, height = high - low
    figure.text(3.75 / WIDTH_IN, 3.23 / 3.55, f"Region drawn, {width:g} × {height:g} mm over all", fontsize=NORMAL)


_PLACES = (
    ("surface_K", "Surface", "-", palette.PURPLE),
    ("basal_K", "Basal layer", "--", palette.BLUE),
    ("dermis_K", "Dermis", ":", palette.GREEN),
)


def bulk(zone: ZonePlan, name: str, stamp: Stamp) -> Picture:
    """Temperature between the columns while the field is fired and after."""
    heat = zone.bulk
    figure = sheet(3.1, stamp)
    ax = axes(figure, 0.62, 0.6, 4.2, 2.2)
    time = np.asarray(heat.time_s)
    top = max([heat.peak_surface_K, heat.peak_basal_K, heat.peak_dermis_K, *heat.limits_K.values(), 1e-6])
    ends = []
    for key, word, dash, colour in _PLACES:
        rise = np.asarray(getattr(heat, key))
        ax.plot(time, rise, ls=dash, lw=1.8, color=colour)
        peak = {"surface_K": heat.peak_surface_K, "basal_K": heat.peak_basal_K, "dermis_K": heat.peak_dermis_K}[key]
        ends.append((float(rise[-1]) if rise.size else 0.0, word, peak, dash, colour))
    ax.set(xlim=(0, float(time.max(initial=1.0))), ylim=(0, 1.15 * top))
    ax.set(xlabel="Time since the first column [s]", ylabel="Rise [K]")
    for rule, limit in heat.limits_K.items():
        ax.axhline(limit, color=palette.LIMIT, lw=1.0, ls=(0, palette.LIMIT_DASH))
        text = f"limit {show_with_unit('peak_basal_K', limit)} ({clip(rule, 40)})"
        ax.text(0.99, limit, text, transform=ax.get_yaxis_transform(), ha="right", va="bottom", fontsize=SMALL)
    firing = zone.field.seconds_per_pass
    if 0 < firing < time.max(initial=0.0):
        ax.axvspan(0, firing, color=palette.RULE, alpha=0.35, lw=0)
        ax.text(firing / 2, 1.16 * top, "one pass", ha="center", va="bottom", fontsize=SMALL)
    if heat.start_C is not None:
        start = heat.start_C
        right = ax.secondary_yaxis("right", functions=(lambda k: k + start, lambda c: c - start))
        right.set_ylabel("Temperature [°C]")
    ends.sort(key=lambda e: e[2], reverse=True)
    for i, (_, word, peak, dash, colour) in enumerate(ends):
        y = 2.55 - 0.5 * i
        figure.add_artist(_line(figure, 5.55, y, dash, colour))
        figure.text(5.55 / WIDTH_IN, (y - 0.19) / 3.1, word, fontsize=NORMAL, weight="bold")
        figure.text(5.55 / WIDTH_IN, (y - 0.33) / 3.1, f"peak {show_with_unit('peak_basal_K', peak)}", fontsize=SMALL)
    caption = (
        "How warm the skin between the columns becomes while the field is fired (grey) and after: at the surface, at "
        f"the basal layer ({show_with_unit('basal_depth_um', heat.basal_depth_um)} deep) and in the dermis "
        f"({show_with_unit('dermis_depth_um', heat.dermis_depth_um)} deep)."
    )
    caption += " Dashed lines: limits." if heat.limits_K else " The plan states no limit on this rise."
    alt = "Bulk temperature rise: " + ", ".join(
        f"{word.lower()} peaks at {show_with_unit('peak_basal_K', peak)}" for _, word, peak, _, _ in ends
    )
    return finish(figure, name, f"{zone.name}: bulk temperature over time", caption, alt + ".")


def _line(figure: Any, x: float, y: float, dash: str, colour: str) -> Any:
    from matplotlib.lines import Line2D

    w, h = figure.get_size_inches()
    return Line2D([x / w, (x + 0.5) / w], [y / h, y / h], ls=dash, lw=1.8, color=colour)


def energy(zone: ZonePlan, name: str, stamp: Stamp) -> Picture:
    """Where the energy of one column went: a bar for each term of the audit."""
    delivered = zone.energy.get("delivered_mJ", 0.0)
    terms = [(k, v) for k, v in zone.energy.items() if k.endswith("_mJ") and k != "delivered_mJ"]
    terms.sort(key=lambda t: t[1], reverse=True)
    height_in = 0.85 + 0.24 * max(len(terms), 1)
    figure = sheet(height_in, stamp)
    ax = axes(figure, 1.95, 0.6, 3.2, height_in - 0.75)
    most = max((v for _, v in terms), default=1.0) or 1.0
    for i, (key, value) in enumerate(terms):
        ax.barh(i, value, height=0.62, color=palette.MODEL)
        share = f"  {number(100 * value / delivered, 1)} %" if delivered > 0 else ""
        ax.text(max(value, 0) + 0.015 * most, i, f"{show_with_unit(key, value)}{share}", va="center", fontsize=SMALL)
    ax.set_yticks(range(len(terms)), [label(k) for k, _ in terms])
    ax.set(ylim=(len(terms) - 0.4, -0.6), xlim=(min(0.0, *(v for _, v in terms), 0.0), most), xlabel="Energy [mJ]")
    ax.tick_params(axis="y", length=0)
    closure = zone.energy.get("closure_error")
    caption = (
        f"Where the {show_with_unit('delivered_mJ', delivered)} of one column went, each term counted where it happens."
    )
    if closure is not None:
        caption += f" The terms add up to what was delivered within {closure:.1e} of it."
    words = ", ".join(f"{label(k).lower()} {show_with_unit(k, v)}" for k, v in terms)
    return finish(figure, name, f"{zone.name}: energy audit", caption, f"Energy audit of one column: {words}.")
