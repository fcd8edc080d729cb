"""Every figure of a plan, in the order of the report; the comparison with published settings is drawn here."""

from __future__ import annotations

from colonnade.planning.model import Plan, ZonePlan
from colonnade.reporting import depth_figures, palette, zone_figures
from colonnade.reporting.canvas import NORMAL, SMALL, Picture, Stamp, axes, clip, finish, sheet, style
from colonnade.reporting.metrics import label, show_with_unit, unit


def draw(plan: Plan) -> tuple[tuple[tuple[Picture, ...], ...], Picture | None]:
    """The pictures of each zone, and the comparison (None if neither side has energy and density).

    Raises
    ------
    BadInput
        If matplotlib is not installed.
    """
    with style():
        zones = tuple(_zone(plan, zone, f"zone{i + 1}") for i, zone in enumerate(plan.zones))
        return zones, _comparison(plan)


def settings_line(zone: ZonePlan) -> str:
    """The panel settings in one line, as typed."""
    return " · ".join(f"{label(k)} {show_with_unit(k, v, typed=True)}" for k, v in zone.settings.panel.items())


def _stamp(plan: Plan, settings: str) -> Stamp:
    forbids = {"REFUSED": "REFUSED: not for treatment", "DEFERRED": "DEFERRED: not now"}
    return Stamp(settings, plan.sha256, forbids.get(plan.verdict, ""))


def _zone(plan: Plan, zone: ZonePlan, name: str) -> tuple[Picture, ...]:
    stamp = _stamp(plan, f"{zone.name}: {settings_line(zone)}")
    return (
        depth_figures.column(zone, f"{name}-column", stamp),
        depth_figures.coverage(zone, f"{name}-coverage", stamp, target_depth(plan)),
        zone_figures.field(zone, f"{name}-field", stamp),
        zone_figures.bulk(zone, f"{name}-bulk-heat", stamp),
        zone_figures.energy(zone, f"{name}-energy", stamp),
    )


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
    if not rows:
        return None
    settings = "; ".join(f"{z.name}: {settings_line(z)}" for z in plan.zones) or "no settings"
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
    for (x, y, own), words in together.items():
        look = (
            {"marker": "D", "ms": 8, "color": palette.MODEL} if own else {"marker": "o", "ms": 6, "mfc": palette.PAPER}
        )
        ax.plot([x], [y], ls="", mec=palette.INK, zorder=4 if own else 3, **look)
        text = ", ".join(words)
        ax.annotate(
            f"this plan: {text}" if own else text,
            (x, y),
            xytext=(7, -3 if own else 3),
            textcoords="offset points",
            va="top" if own else "bottom",
            fontsize=NORMAL if own else SMALL,
            weight="bold" if own else "normal",
        )
    left_out = len(plan.published) - len(rows)
    caption = (
        "Published settings for this indication (open dots, by row of the table below) and this plan (filled diamond)."
    )
    if left_out:
        caption += f" {left_out} published rows state no energy or no density and stand in the table only."
    theirs = "; ".join(_at(r.id, r.density_pct, r.energy_mJ) for r in rows)
    mine = "; ".join(_at(name, x, y) for x, y, name in ours)
    alt = f"Energy against density. Published: {theirs}. This plan: {mine or 'no settings'}."
    return finish(figure, "comparison", "Comparison with published settings", caption, alt)


def _at(name: str, density_pct: float | None, energy_mJ: float | None) -> str:
    return f"{name} {show_with_unit('energy_mJ', energy_mJ)} at {show_with_unit('density_pct', density_pct)}"
