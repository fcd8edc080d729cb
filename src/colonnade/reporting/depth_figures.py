"""What lies under the surface of a zone: the column in cross-section and the coverage by depth."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np

from colonnade.planning.model import ColumnDrawn, ZonePlan
from colonnade.reporting import palette
from colonnade.reporting.canvas import NORMAL, SMALL, Picture, Stamp, axes, clip, finish, sheet, spread, thin
from colonnade.reporting.canvas import zone_area as fill
from colonnade.reporting.metrics import label, number, show_with_unit

_NESTED = (
    ("heated_um", palette.HEATED),
    ("necrosis_um", palette.NECROSIS),
    ("coagulated_um", palette.COAGULATED),
    ("crater_um", palette.ABLATED),
)


#: Room above and below the drawn skin, for the corner, the axis label and a verdict that forbids.
_MARGIN_IN = 0.8
_DRAWN_IN, _TALLEST_IN = 3.55, 3.9


def column(zone: ZonePlan, name: str, stamp: Stamp) -> Picture:
    """The predicted column inside the drawn skin layers, one scale in both directions."""
    nominal = _case(zone, "nominal")
    deepest = max((_bottom(c, k) for c in zone.columns for k, _ in _NESTED), default=0.0)
    widest = max((max(getattr(c, k), default=0.0) for c in zone.columns for k, _ in _NESTED), default=0.0)
    down, left, right, height_in, stretch = _frame(deepest, widest)
    figure = sheet(height_in + _MARGIN_IN, stamp)
    ax = axes(figure, 0.62, 0.6, _DRAWN_IN, height_in)
    ax.spines["left"].set_bounds(0, down)
    depth_label = "Depth [µm]" if stretch == 1 else f"Depth [µm], stretched {stretch} times"
    ax.set(xlim=(left, right), ylim=(down, -0.09 * down), xlabel="Distance from the axis [µm]", ylabel=depth_label)
    _skin(ax, zone, down)
    if nominal is not None:
        for key, style in _NESTED:
            depth, radius = _outline(nominal, key)
            if radius.any():
                fill(
                    partial(ax.fill_betweenx, depth, -radius, radius, where=radius > 0, interpolate=True),
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
    text = _column_words(zone, stretch)
    return finish(figure, name, f"{zone.name}: one column in cross-section", text[0], text[1])


def _frame(deepest: float, widest: float) -> tuple[float, float, float, float, int]:
    """What is drawn: depth, left and right end [µm], height [in], and how often the depth is stretched.

    Left of the column there is an inch for the names of the layers. A wide and shallow lesion would be a line at true
    scale; its depth is stretched by a whole number, and the axis and the caption say so.
    """
    down = max(1.18 * deepest, 200.0)
    by_depth = 1.09 * down / _TALLEST_IN  # µm per inch that fit the depth
    if widest * 1.05 <= (_DRAWN_IN / 2 - 1.05) * by_depth:
        return down, -by_depth * _DRAWN_IN / 2, by_depth * _DRAWN_IN / 2, _TALLEST_IN, 1
    scale = max(by_depth, 2.16 * widest / (_DRAWN_IN - 1.15))
    height_in = 1.09 * down / scale
    stretch = max(1, math.ceil(2.0 / height_in))
    left = -1.05 * (widest + scale)
    return down, left, left + scale * _DRAWN_IN, stretch * height_in, stretch


def _case(zone: ZonePlan, case: str) -> ColumnDrawn | None:
    return next((c for c in zone.columns if c.case == case), None)


def _bottom(drawn: ColumnDrawn, key: str) -> float:
    inside = [z for z, r in zip(drawn.depth_um, getattr(drawn, key), strict=True) if r > 0]
    return max(inside, default=0.0)


def _outline(drawn: ColumnDrawn, key: str) -> tuple[Any, Any]:
    """Depth and radius with the surface put in front: the first sample lies half a cell below it."""
    depth, radius = thin(np.asarray(drawn.depth_um), np.asarray(getattr(drawn, key)))
    if depth.size and depth[0] > 0:
        depth, radius = np.concatenate([[0.0], depth]), np.concatenate([radius[:1], radius])
    return depth, radius


def _skin(ax: Any, zone: ZonePlan, down: float) -> None:
    tones = palette.SKIN_TONES
    shown = [layer for layer in zone.layers if layer.top_um < down]
    for i, layer in enumerate(shown):
        tone = tones[min(i, len(tones) - 1)]
        ax.axhspan(layer.top_um, min(layer.bottom_um, down), facecolor=tone, edgecolor="none", zorder=0)
        ax.axhline(layer.top_um, color=palette.SPARED.edge, lw=0.5, zorder=0.5)
    middles = [(layer.top_um + min(layer.bottom_um, down)) / 2 for layer in shown]
    gap = 0.14 * _um_per_inch(ax)
    # a first layer too thin for its name has the name above the surface
    wanted = [-0.5 * gap if i == 0 and 2 * m < gap else m for i, m in enumerate(middles)]
    places = spread(wanted, gap, -0.5 * gap, down)
    start, inch = ax.get_xlim()[0], _um_per_inch(ax, "x")
    for layer, middle, place in zip(shown, middles, places, strict=True):
        text = f"{clip(layer.name, 24)}"
        ax.text(start + 0.06 * inch, place, text, va="center", ha="left", fontsize=SMALL, zorder=6)
        if abs(place - middle) > 0.4 * gap:
            ax.plot([start, start + 0.05 * inch], [middle, place], color=palette.MUTED, lw=0.5, zorder=6, clip_on=False)


def _um_per_inch(ax: Any, direction: str = "y") -> float:
    low, high = ax.get_ylim() if direction == "y" else ax.get_xlim()
    width_in, height_in = ax.get_figure().get_size_inches()
    place = ax.get_position()
    return float(abs(high - low) / (place.height * height_in if direction == "y" else place.width * width_in))


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
            # the whole interval, with focus and hand, stands at the crater and reaches further
            points.append((0.0, bottom, f"{word} of the losses (dashed)", show_with_unit("crater_depth_um", bottom)))
    points.sort(key=lambda p: p[1])
    gap = 0.34 * _um_per_inch(ax)
    places = spread([p[1] for p in points], gap, 0.02 * down, 0.97 * down)
    edge, inch = ax.get_xlim()[1], _um_per_inch(ax, "x")
    for (x, z, word, detail), place in zip(points, places, strict=True):
        ax.plot(
            [x, max(x, edge - 0.24 * inch), edge + 0.09 * inch],
            [z, place, place],
            color=palette.INK,
            lw=0.6,
            clip_on=False,
            zorder=7,
        )
        ax.plot([x], [z], "o", ms=2.4, color=palette.INK, zorder=8)
        ax.text(edge + 0.14 * inch, place, word, va="bottom", ha="left", fontsize=NORMAL, weight="bold")
        ax.text(edge + 0.14 * inch, place, detail, va="top", ha="left", fontsize=SMALL)


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
        ends = (
            f" ({show_with_unit(found.name, found.low).partition(' ')[0]} to {show_with_unit(found.name, found.high)})"
        )
    word = "at the side" if key == "coagulated_um" else "deep"
    return f"{text} {word}{ends}"


def _column_words(zone: ZonePlan, stretch: int) -> tuple[str, str]:
    predicted = {p.name: p for p in zone.predictions}
    parts = [
        f"{label(n).lower()} {show_with_unit(n, predicted[n].nominal)}"
        for n in ("crater_depth_um", "rim_side_um", "necrosis_depth_um")
        if n in predicted and predicted[n].nominal is not None
    ]
    how = "to scale" if stretch == 1 else f"with its depth stretched {stretch} times"
    caption = (
        f"The predicted column {how} in the skin of this site. Dashed: the crater at the shallow and the deep end "
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
    depth, *shares = thin(zone.coverage.depth_um, *(getattr(zone.coverage, key) for key, _, _ in _SHARES))
    edges = [np.zeros_like(depth), *np.cumsum(shares, axis=0)]
    treated = float(edges[3].max()) if depth.size else 0.0
    figure = sheet(3.7, stamp)
    if 0 < treated < 50:
        panels = [(axes(figure, 0.62, 0.9, 2.2, 2.45), 100.0, "Whole skin")]
        panels.append((axes(figure, 3.1, 0.9, 2.75, 2.45), 1.18 * treated, "Treated part enlarged"))
    else:
        panels = [(axes(figure, 0.62, 0.9, 5.2, 2.45), 100.0, "Whole skin")]
    for i, (ax, most, title) in enumerate(panels):
        for (_, style, _), left, right in zip(_SHARES, edges[:-1], edges[1:], strict=True):
            sides = np.minimum(left, most), np.minimum(right, most)
            fill(partial(ax.fill_betweenx, depth, *sides, where=right > left), style, 0.7)
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
        place = partial(Rectangle, (x / w, y / h), 0.26 / w, 0.13 / h)
        fill(lambda place=place, **look: figure.add_artist(place(**look)), style, 0.7)
        figure.text((x + 0.32) / w, (y + 0.065) / h, word, va="center", fontsize=SMALL)
