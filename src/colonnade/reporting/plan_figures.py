"""Every figure of a plan, in the order of the report; the comparison with published settings is drawn here."""

from __future__ import annotations

from typing import Any

from colonnade.planning.course import drawn
from colonnade.planning.model import Plan, ZonePlan
from colonnade.reporting import depth_figures, healing_figures, palette, regime_figure, trade_figures, zone_figures
from colonnade.reporting.canvas import NORMAL, SMALL, Picture, Stamp, axes, clip, finish, sheet, style
from colonnade.reporting.metrics import label, show_with_unit, unit


def draw(plan: Plan) -> tuple[tuple[tuple[Picture, ...], ...], Picture | None]:
    """The pictures of each zone, and the comparison.

    The comparison is None where no published row states energy and density, and where no settings were judged.

    Raises
    ------
    BadInput
        If matplotlib is not installed.
    """
    with style():
        zones = tuple(zone_pictures(plan, zone, f"zone{i + 1}") for i, zone in enumerate(plan.zones))
        return zones, _comparison(plan)


def settings_line(zone: ZonePlan) -> str:
    """The panel settings in one line, as typed."""
    return " · ".join(f"{label(k)} {show_with_unit(k, v, typed=True)}" for k, v in zone.settings.panel.items())


def _stamp(plan: Plan, settings: str) -> Stamp:
    forbids = {"REFUSED": "REFUSED: not for treatment", "DEFERRED": "DEFERRED: not now"}
    return Stamp(settings, plan.sha256, forbids.get(plan.verdict, ""))


def zone_pictures(plan: Plan, zone: ZonePlan, name: str) -> tuple[Picture, ...]:
    """Every picture of a zone, its name before theirs. Draw inside ``canvas.style()``."""
    stamp = _stamp(plan, f"{zone.name}: {settings_line(zone)}")
    healing = () if zone.course is None else (healing_figures.strip(drawn(zone.course), f"{name}-healing", stamp),)
    return (
        depth_figures.column(zone, f"{name}-column", stamp),
        depth_figures.coverage(zone, f"{name}-coverage", stamp, target_depth(plan)),
        zone_figures.field(zone, f"{name}-field", stamp),
        zone_figures.bulk(zone, f"{name}-bulk-heat", stamp),
        zone_figures.energy(zone, f"{name}-energy", stamp),
        *healing,
        *trade_pictures(zone, name, stamp),
        *regime_pictures(zone, name, stamp),
    )


def regime_pictures(zone: ZonePlan, name: str, stamp: Stamp) -> tuple[Picture, ...]:
    """Where the shot lies on the regime map; plans of earlier versions keep none."""
    picture = regime_figure.of_plan(zone, f"{name}-regime", stamp)
    return () if picture is None else (picture,)


def trade_pictures(zone: ZonePlan, name: str, stamp: Stamp) -> tuple[Picture, ...]:
    """The front and the sensitivity, where there is something to show."""
    front = () if zone.trade is None else (trade_figures.front(zone, f"{name}-front", stamp),)
    hangs = () if not zone.inputs else (trade_figures.sensitivity(zone, f"{name}-sensitivity", stamp),)
    return (*front, *hangs)


def target_depth(plan: Plan) -> tuple[float, float] | None:
    """The indication's depth range [µm], if the plan states it as ``depth_um = [low, high]``."""
    depth = plan.target.get("depth_um")
    if isinstance(depth, (list, tuple)) and len(depth) == 2 and all(isinstance(d, (int, float)) for d in depth):
        return float(depth[0]), float(depth[1])
    return None


def _comparison(plan: Plan) -> Picture | None:
    """Published settings as dots, energy against density; this plan's zones as filled diamonds."""
    rows = [r for r in plan.published if r.energy_mJ is not None and r.density_pct is not None]
    ours = [
        (z.field.density_pct, z.settings.derived["energy_mJ"], z.name)
        for z in plan.zones
        if "energy_mJ" in z.settings.derived
    ]
    if not rows or not plan.zones:
        return None
    settings = "; ".join(f"{z.name}: {settings_line(z)}" for z in plan.zones)
    figure = sheet(3.4, _stamp(plan, settings))
    ax = axes(figure, 0.65, 0.62, 5.7, 2.5)
    dots: list[tuple[float, float, str, bool]] = [(r.density_pct or 0, r.energy_mJ or 0, r.id, False) for r in rows]
    dots += [(x, y, name, True) for x, y, name in ours]
    right, top = max(d[0] for d in dots), max(d[1] for d in dots)
    ax.set(xlim=(0, 1.2 * right), ylim=(0, 1.15 * top))
    ax.set(
        xlabel=f"{label('density_pct')} [{unit('density_pct')}]", ylabel=f"{label('energy_mJ')} [{unit('energy_mJ')}]"
    )
    ax.grid(color=palette.RULE, lw=0.5)
    ax.set_axisbelow(True)
    together: dict[tuple[float, float, bool], list[str]] = {}
    for x, y, word, own in dots:
        together.setdefault((x, y, own), []).append(clip(word, 28))
    taken = [_dot_box(ax, x, y) for x, y, _ in together]
    for (x, y, own), words in sorted(together.items(), key=lambda item: not item[0][2]):
        marker, size, colour = ("D", 8, palette.MODEL) if own else ("o", 6, palette.PAPER)
        ax.plot([x], [y], marker, ms=size, mfc=colour, mec=palette.INK, zorder=4 if own else 3)
        text = clip(f"this plan: {', '.join(words)}" if own else ", ".join(words), 40)
        _name_dot(ax, x, y, text, own, taken)
    left_out = len(plan.published) - len(rows)
    caption = (
        "Published settings for this indication (open dots, by row of the table below) and this plan (filled diamond)."
    )
    if left_out:
        caption += f" Rows of the table that state no energy or no density, and so have no dot: {left_out}."
    theirs = "; ".join(_at(r.id, r.density_pct, r.energy_mJ) for r in rows)
    mine = "; ".join(_at(name, x, y) for x, y, name in ours)
    alt = f"Energy against density. Published: {theirs}. This plan: {mine or 'no settings'}."
    return finish(figure, "comparison", "Comparison with published settings", caption, alt)


def _at(name: str, density_pct: float | None, energy_mJ: float | None) -> str:
    return f"{name} {show_with_unit('energy_mJ', energy_mJ)} at {show_with_unit('density_pct', density_pct)}"


_Box = tuple[float, float, float, float]


def _dot_box(ax: Any, x: float, y: float) -> _Box:
    px, py = (v * 72 / ax.figure.dpi for v in ax.transData.transform((x, y)))
    return px - 5, py - 5, px + 5, py + 5


def _name_dot(ax: Any, x: float, y: float, text: str, own: bool, taken: list[_Box]) -> None:
    """Write a dot's name at the first of sixteen places beside it where nothing stands yet; in points."""
    size = NORMAL if own else SMALL
    width, height = 0.62 * size * len(text), 1.25 * size
    left, bottom, right, top = _dot_box(ax, x, y)
    places = [
        (right + 2, (bottom + top) / 2 + k * height - height / 2) for k in (0, 0.8, -0.8, 1.6, -1.6, 2.4, -2.4, 3.2)
    ]
    places += [(left - 2 - width, py) for _, py in places]
    edge = ax.get_window_extent().x1 * 72 / ax.figure.dpi + 12
    free = [
        p
        for p in places
        if p[0] + width <= edge and not any(_meet((*p, p[0] + width, p[1] + height), box) for box in taken)
    ]
    px, py = (free or places)[0]
    taken.append((px, py, px + width, py + height))
    line = {"arrowstyle": "-", "lw": 0.5, "color": palette.MUTED, "shrinkA": 0, "shrinkB": 3}
    middle = ((left + right) / 2, (bottom + top) / 2)
    ax.annotate(
        text,
        (x, y),
        xytext=(px - middle[0], py - middle[1] + 0.25 * size),
        textcoords="offset points",
        arrowprops=None if (px, py) in (places[0], places[len(places) // 2]) else line,
        fontsize=size,
        weight="bold" if own else "normal",
    )


def _meet(a: _Box, b: _Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
