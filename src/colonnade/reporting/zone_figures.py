"""The five figures of a zone: column in cross-section, coverage by depth, field from above, bulk heat, energy."""

from __future__ import annotations

from typing import Any

import numpy as np

from colonnade.planning.model import ColumnDrawn, ZonePlan
from colonnade.reporting import palette
from colonnade.reporting.canvas import NORMAL, SMALL, WIDTH_IN, Picture, Stamp, axes, clip, finish, sheet, spread
from colonnade.reporting.canvas import zone_area as fill
from colonnade.reporting.metrics import label, number, show_with_unit
from colonnade.units import from_si, to_si

_NESTED = (
    ("heated_um", palette.HEATED),
    ("necrosis_um", palette.NECROSIS),
    ("coagulated_um", palette.COAGULATED),
    ("crater_um", palette.ABLATED),
)


def column(zone: ZonePlan, name: str, stamp: Stamp) -> Picture:
    """The predicted column inside the drawn skin layers, one scale in both directions."""
    nominal = _case(zone, "nominal")
    deepest = max((_bottom(c, k) for c in zone.columns for k, _ in _NESTED), default=0.0)
    widest = max((max(getattr(c, k), default=0.0) for c in zone.columns for k, _ in _NESTED), default=0.0)
    down = max(1.18 * deepest, 200.0)
    width_in, tallest_in = 3.55, 4.4
    # left of the column there is room for the names of the layers: about an inch
    scale = max(1.09 * down / tallest_in, 2 * 1.25 * widest / (width_in - 2.1))
    half = scale * width_in / 2
    height_in = max(1.09 * down / scale, 2.2)
    down = height_in * scale / 1.09
    figure = sheet(height_in + 0.62, stamp)
    ax = axes(figure, 0.62, 0.42, width_in, height_in)
    ax.set(xlim=(-half, half), ylim=(down, -0.09 * down), xlabel="Distance from the axis [µm]", ylabel="Depth [µm]")
    _skin(ax, zone, half, down)
    if nominal is not None:
        for key, style in _NESTED:
            depth, radius = _outline(nominal, key)
            if radius.any():
                fill(
                    ax,
                    lambda depth=depth, radius=radius, **kw: ax.fill_betweenx(
                        depth, -radius, radius, where=radius > 0, interpolate=True, **kw
                    ),
                    style,
                    1.3 if style is palette.ABLATED else 0.6,
                )
    for end in ("shallow", "deep"):
        drawn = _case(zone, end)
        if drawn is not None:
            depth, radius = _outline(drawn, "crater_um")
            inside = np.flatnonzero(radius)
            if inside.size:
                last = min(inside[-1] + 2, depth.size)
                outline = np.concatenate([-radius[:last], radius[:last][::-1]])
                dash = (0, palette.INTERVAL_DASH)
                ax.plot(outline, np.concatenate([depth[:last], depth[:last][::-1]]), color=palette.INK, lw=0.9, ls=dash)
    ax.axhline(0, color=palette.INK, lw=1.0)
    _column_labels(ax, zone, nominal, down)
    text = _column_words(zone)
    return finish(figure, name, f"{zone.name}: one column in cross-section", text[0], text[1])


def _case(zone: ZonePlan, case: str) -> ColumnDrawn | None:
    return next((c for c in zone.columns if c.case == case), None)


def _bottom(drawn: ColumnDrawn, key: str) -> float:
    inside = [z for z, r in zip(drawn.depth_um, getattr(drawn, key), strict=True) if r > 0]
    return max(inside, default=0.0)


def _outline(drawn: ColumnDrawn, key: str) -> tuple[Any, Any]:
    """Depth and radius with the surface put in front: the first sample lies half a cell below it."""
    depth, radius = np.asarray(drawn.depth_um), np.asarray(getattr(drawn, key))
    if depth.size and depth[0] > 0:
        depth, radius = np.concatenate([[0.0], depth]), np.concatenate([radius[:1], radius])
    return depth, radius


def _skin(ax: Any, zone: ZonePlan, half: float, down: float) -> None:
    tones = palette.SKIN_TONES
    shown = [layer for layer in zone.layers if layer.top_um < down]
    for i, layer in enumerate(shown):
        tone = tones[min(i, len(tones) - 1)]
        ax.axhspan(layer.top_um, min(layer.bottom_um, down), facecolor=tone, edgecolor="none", zorder=0)
        ax.axhline(layer.top_um, color=palette.SPARED.edge, lw=0.5, zorder=0.5)
    middles = [(layer.top_um + min(layer.bottom_um, down)) / 2 for layer in shown]
    gap = 0.034 * down * 4.4 / max(ax.get_figure().get_size_inches()[1] - 0.62, 1)
    places = spread(middles, gap, -0.05 * down, down)
    for layer, middle, place in zip(shown, middles, places, strict=True):
        text = f"{clip(layer.name, 24)}"
        ax.text(-0.965 * half, place, text, va="center", ha="left", fontsize=SMALL, zorder=6)
        if abs(place - middle) > 0.4 * gap:
            ax.plot([-half, -0.975 * half], [middle, place], color=palette.MUTED, lw=0.5, zorder=6, clip_on=False)


def _column_labels(ax: Any, zone: ZonePlan, nominal: ColumnDrawn | None, down: float) -> None:
    """Names on the right, each with a line to its zone; the ends of the crater interval by depth."""
    points: list[tuple[float, float, str, str]] = []
    predicted = {p.name: p for p in zone.predictions}
    if nominal is not None:
        inner = {"heated_um": "necrosis_um", "necrosis_um": "coagulated_um", "coagulated_um": "crater_um"}
        for (key, style), level in zip(reversed(_NESTED), (0.3, 0.55, 0.75, 0.9), strict=True):
            depth, radius = _outline(nominal, key)
            if not radius.any():
                continue
            z = level * _bottom(nominal, key)
            outer = float(np.interp(z, depth, radius))
            within = float(np.interp(z, *_outline(nominal, inner[key]))) if key in inner else 0.0
            points.append(((outer + within) / 2, z, style.label, _detail(key, predicted)))
    for end, word in (("shallow", "Shallow end"), ("deep", "Deep end")):
        drawn = _case(zone, end)
        bottom = _bottom(drawn, "crater_um") if drawn else 0.0
        if bottom > 0:
            points.append((0.0, bottom, f"{word} of the crater (dashed)", show_with_unit("crater_depth_um", bottom)))
    points.sort(key=lambda p: p[1])
    height_in = ax.get_figure().get_size_inches()[1] - 0.62
    gap = 0.34 / height_in * 1.09 * down
    places = spread([p[1] for p in points], gap, 0.02 * down, 0.97 * down)
    edge = ax.get_xlim()[1]
    for (x, z, word, detail), place in zip(points, places, strict=True):
        ax.plot([x, 0.86 * edge, 1.05 * edge], [z, place, place], color=palette.INK, lw=0.6, clip_on=False, zorder=7)
        ax.plot([x], [z], "o", ms=2.4, color=palette.INK, zorder=8)
        ax.text(1.08 * edge, place, word, va="bottom", ha="left", fontsize=NORMAL, weight="bold")
        ax.text(1.08 * edge, place, detail, va="top", ha="left", fontsize=SMALL)


def _detail(key: str, predicted: dict[str, Any]) -> str:
    names = {
        "crater_um": "crater_depth_um",
        "coagulated_um": "rim_side_um",
        "necrosis_um": "necrosis_depth_um",
        "heated_um": "",
    }
    found = predicted.get(names[key])
    if key == "heated_um":
        return "reached 43 °C"
    if found is None or found.nominal is None:
        return ""
    text = show_with_unit(found.name, found.nominal)
    ends = ""
    if found.low is not None and found.high is not None:
        ends = f" ({show_with_unit(found.name, found.low).partition(' ')[0]} to {show_with_unit(found.name, found.high)})"
    word = "at the side" if key == "coagulated_um" else "deep"
    return f"{text} {word}{ends}"


def _column_words(zone: ZonePlan) -> tuple[str, str]:
    predicted = {p.name: p for p in zone.predictions}
    parts = [
        f"{label(n).lower()} {show_with_unit(n, predicted[n].nominal)}"
        for n in ("crater_depth_um", "rim_side_um", "necrosis_depth_um")
        if n in predicted and predicted[n].nominal is not None
    ]
    caption = (
        "The predicted column to scale in the skin of this site. Dashed: the crater at the shallow and the deep end "
        "of the crater losses."
    )
    if zone.regime == "char_ablation":
        caption += " Char is predicted; it is not drawn."
    layers = ", ".join(f"{x.name} from {number(x.top_um, 0)} µm" for x in zone.layers)
    alt = f"Cross-section of one column: {', '.join(parts) or 'no crater'}. Skin layers: {layers}."
    return caption, alt


_SHARES = (
    ("ablated_pct", palette.ABLATED, "Ablated"),
    ("coagulated_pct", palette.COAGULATED, "Coagulated"),
    ("heated_pct", palette.HEATED, "Heated"),
    ("spared_pct", palette.SPARED, "Spared"),
)


def coverage(zone: ZonePlan, name: str, stamp: Stamp, target_um: tuple[float, float] | None) -> Picture:
    """Shares of the skin by depth, stacked from the left; a second panel enlarges the treated part."""
    depth = np.asarray(zone.coverage.depth_um)
    shares = [np.asarray(getattr(zone.coverage, key)) for key, _, _ in _SHARES]
    edges = [np.zeros_like(depth), *np.cumsum(shares, axis=0)]
    treated = float(edges[3].max()) if depth.size else 0.0
    figure = sheet(3.5, stamp)
    panels = [(axes(figure, 0.62, 0.74, 2.2, 2.45), 100.0, "Whole skin")]
    if 0 < treated < 50:
        panels.append((axes(figure, 3.1, 0.74, 2.75, 2.45), 1.18 * treated, "Treated part enlarged"))
    else:
        panels[0] = (axes(figure, 0.62, 0.74, 5.2, 2.45), 100.0, "Whole skin")
    for i, (ax, most, title) in enumerate(panels):
        for (_, style, _), left, right in zip(_SHARES, edges[:-1], edges[1:], strict=True):
            fill(
                ax,
                lambda left=left, right=right, **kw: ax.fill_betweenx(
                    depth, np.minimum(left, most), np.minimum(right, most), where=right > left, **kw
                ),
                style,
                0.7,
            )
        ax.set(xlim=(0, most), ylim=(float(depth.max(initial=1.0)), 0), xlabel="Share of the skin [%]")
        ax.set_title(title, fontsize=NORMAL, loc="left", pad=4)
        if i:
            ax.tick_params(labelleft=False)
        else:
            ax.set_ylabel("Depth [µm]")
    _target(panels[-1][0], target_um)
    _share_key(figure, panels[-1][0], depth, edges)
    at = [0, min(depth.size // 3, depth.size - 1)] if depth.size else []
    words = "; ".join(
        f"at {number(depth[i], 0)} µm: "
        + ", ".join(f"{w.lower()} {number(s[i], 1)} %" for (_, _, w), s in zip(_SHARES, shares, strict=True))
        for i in at
    )
    caption = "How much of the skin at each depth is removed, coagulated, heated to 43 °C or more, and left alone."
    if target_um is not None:
        caption += " Dashed: the depth range that the indication wants to reach."
    return finish(figure, name, f"{zone.name}: coverage by depth", caption, f"Coverage by depth. {words}.")


def _target(ax: Any, target_um: tuple[float, float] | None) -> None:
    if target_um is None:
        return
    for z in target_um:
        ax.axhline(z, color=palette.LIMIT, lw=1.0, ls=(0, palette.LIMIT_DASH))
    ax.annotate(
        "target\ndepth",
        (1.02, sum(target_um) / 2),
        xycoords=("axes fraction", "data"),
        va="center",
        fontsize=SMALL,
        annotation_clip=False,
    )


def _share_key(figure: Any, ax: Any, depth: Any, edges: list[Any]) -> None:
    """Swatches in the order of the stack, below the panels."""
    from matplotlib.patches import Rectangle

    w, h = figure.get_size_inches()
    for i, (_, style, word) in enumerate(_SHARES):
        x, y = 0.62 + 1.35 * i, 0.24
        fill(
            figure,
            lambda x=x, y=y, **kw: figure.add_artist(Rectangle((x / w, y / h), 0.26 / w, 0.13 / h, **kw)),
            style,
            0.7,
        )
        figure.text((x + 0.32) / w, (y + 0.065) / h, word, va="center", fontsize=SMALL)


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
    if xs.size:
        xs, ys = xs - (xs.min() + xs.max()) / 2, ys - (ys.min() + ys.max()) / 2
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
        f"A piece of the {clip(summary.pattern, 40)} pattern to scale: craters white, coagulated rims vermilion, living "
        "skin between them. Right: the whole region, and how small the drawn piece is in it."
    )
    alt = (
        f"Field from above: {count} columns on {show_with_unit('area_cm2', summary.area_cm2)}, "
        f"pitch {show_with_unit('pitch_um', summary.pitch_um)}, crater radius {number(summary.ablated_radius_um, 0)} µm."
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
    if width > 0 and height > 0:
        ax.set(xlim=(-0.02 * width, 1.02 * width), ylim=(-0.02 * height, 1.02 * height), aspect="equal", anchor="W")
        look = {"facecolor": palette.SPARED.fill, "edgecolor": palette.SPARED.edge, "lw": 1.0}
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


_PLACES = (
    ("surface_K", "Surface", "-", palette.VERMILION),
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
    height_in = 0.75 + 0.24 * max(len(terms), 1)
    figure = sheet(height_in, stamp)
    ax = axes(figure, 1.95, 0.45, 3.2, height_in - 0.55)
    most = max((v for _, v in terms), default=1.0) or 1.0
    for i, (key, value) in enumerate(terms):
        ax.barh(i, value, height=0.62, color=palette.MODEL)
        share = f"  {number(100 * value / delivered, 1)} %" if delivered > 0 else ""
        ax.text(max(value, 0) + 0.015 * most, i, f"{show_with_unit(key, value)}{share}", va="center", fontsize=SMALL)
    ax.set_yticks(range(len(terms)), [label(k) for k, _ in terms])
    ax.set(ylim=(len(terms) - 0.4, -0.6), xlim=(min(0.0, *(v for _, v in terms), 0.0), most), xlabel="Energy [mJ]")
    ax.tick_params(axis="y", length=0)
    closure = zone.energy.get("closure_error")
    caption = f"Where the {show_with_unit('delivered_mJ', delivered)} of one column went, each term counted where it happens."
    if closure is not None:
        caption += f" The terms add up to what was delivered within {closure:.1e} of it."
    words = ", ".join(f"{label(k).lower()} {show_with_unit(k, v)}" for k, v in terms)
    return finish(figure, name, f"{zone.name}: energy audit", caption, f"Energy audit of one column: {words}.")
