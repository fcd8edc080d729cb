"""What else could be set: effect against downtime and risk, and what the choice hangs on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from colonnade.planning.model import Trade, ZonePlan
from colonnade.planning.trade_model import Scenario, Share, TradePoint
from colonnade.reporting import palette
from colonnade.reporting.canvas import NORMAL, SMALL, Picture, Stamp, axes, clip, finish, sheet
from colonnade.reporting.metrics import label, number, show_with_unit

#: Inputs and scenarios drawn, at most.
MOST_BARS = 9
#: How a setting is drawn: marker, size, fill, edge. Shapes differ, so that no colour has to work alone.
LOOKS: dict[str, tuple[str, float, str, str]] = {
    "refused": ("x", 3.2, "none", palette.RULE),
    "allowed": ("o", 3.5, palette.PAPER, palette.MUTED),
    "front": ("o", 5.0, palette.INK, palette.INK),
    "runner-up": ("D", 6.5, palette.PAPER, palette.INK),
    "chosen": ("D", 8.0, palette.MODEL, palette.INK),
}
WORDS = {
    "refused": "refused by a limit",
    "allowed": "allowed",
    "front": "allowed and beaten by none in all three",
    "runner-up": "runner-up",
    "chosen": "chosen",
}


def settings_words(panel: dict[str, float]) -> str:
    """Panel settings in a line."""
    return " · ".join(f"{label(k)} {show_with_unit(k, v, typed=True)}" for k, v in panel.items())


def short(panel: dict[str, float]) -> str:
    """Panel settings as short as they can be: ``20 mJ · 10 % · passes 1``."""
    words = []
    for name, value in panel.items():
        text = show_with_unit(name, value, typed=True)
        words.append(f"{name} {text}" if text.replace(".", "").isdigit() else text)
    return " · ".join(words)


def front_points(trade: Trade) -> list[TradePoint]:
    """The settings that none beats, with the choice and the runner-up, by effect: as figure and table number them."""
    shown = [p for p in trade.points if p.status in ("front", "runner-up", "chosen")]
    return sorted(shown, key=lambda p: -p.effect_pct)


def front(zone: ZonePlan, name: str, stamp: Stamp) -> Picture:
    """Effect against downtime and against the risk of dark marks: every setting that was considered.

    Raises ValueError for a zone whose settings were given: nothing else was looked at.
    """
    trade = zone.trade
    if trade is None:
        raise ValueError(f"zone {zone.name!r} was not searched")
    figure = sheet(3.5, stamp)
    left, right = axes(figure, 0.62, 1.0, 2.75, 2.3), axes(figure, 3.8, 1.0, 2.75, 2.3)
    numbered = front_points(trade)
    _cloud(left, trade, numbered, lambda p: p.downtime_d, names=True)
    _cloud(right, trade, numbered, lambda p: p.pih_pct, names=False)
    left.set(xlabel="Days until half of the crusts are shed", ylabel="Effect wished for that is reached [%]")
    right.set(xlabel="Risk of dark marks [%], to compare settings")
    right.tick_params(labelleft=False)
    right.set_ylim(left.get_ylim())
    _legend(figure, trade)
    best = next(p for p in trade.points if p.status == "chosen")
    caption = (
        f"Every setting that {zone.name} was searched for: {trade.considered}, of which the limits allow "
        f"{trade.allowed}. Up is more effect, left is less burden. Numbers: the table below. Effect weighs depth, "
        "cover, rim and volume at the middle and at both ends of what is not known; downtime and risk are "
        "illustrative, with heat estimated in the mean: they order settings and promise nothing."
    )
    alt = (
        f"Effect against downtime and against risk of dark marks. Chosen: {settings_words(best.panel)}, effect "
        f"{number(best.effect_pct, 0)} %, {number(best.downtime_d, 1)} days, risk {number(best.pih_pct, 0)} %. "
        f"On the front: {'; '.join(settings_words(p.panel) for p in numbered)}."
    )
    return finish(figure, name, f"{zone.name}: effect against downtime and risk", caption, alt)


def _cloud(
    ax: Any, trade: Trade, numbered: Sequence[TradePoint], cost: Callable[[TradePoint], float], *, names: bool
) -> None:
    for status, (marker, size, fill, edge) in LOOKS.items():
        chosen = [p for p in trade.points if p.status == status]
        ax.plot(
            [cost(p) for p in chosen],
            [p.effect_pct for p in chosen],
            marker,
            ms=size,
            mfc=fill,
            mec=edge,
            mew=0.8,
            ls="none",
            zorder=2 + list(LOOKS).index(status),
        )
    ax.grid(color=palette.RULE, lw=0.4)
    ax.set_axisbelow(True)
    ax.margins(0.09)
    if names:
        ax.autoscale_view()  # places in the figure hold only once the limits do
        _numbers(ax, [(cost(p), p.effect_pct, p.status == "chosen") for p in numbered])


def _numbers(ax: Any, dots: Sequence[tuple[float, float, bool]]) -> None:
    """The number of each dot beside it: to the right, or to the left where another number stands."""
    taken: list[tuple[float, float]] = []
    for k, (x, y, bold) in enumerate(dots, start=1):
        at = ax.transData.transform((x, y)) * 72 / ax.figure.dpi
        for side in (6.0, -6.0 - 4.5 * len(str(k)), 17.0, -17.0 - 4.5 * len(str(k))):
            place = (float(at[0]) + side, float(at[1]))
            if not any(abs(place[0] - px) < 10 and abs(place[1] - py) < 7.5 for px, py in taken):
                break
        taken.append(place)
        ax.annotate(
            str(k),
            (x, y),
            xytext=(side, -2.5),
            textcoords="offset points",
            fontsize=SMALL,
            weight="bold" if bold else "normal",
            zorder=9,
        )


def _legend(figure: Any, trade: Trade) -> None:
    from matplotlib.lines import Line2D

    there = [s for s in reversed(LOOKS) if any(p.status == s for p in trade.points)]
    handles = [
        Line2D([], [], ls="none", marker=LOOKS[s][0], ms=LOOKS[s][1], mfc=LOOKS[s][2], mec=LOOKS[s][3], label=WORDS[s])
        for s in there
    ]
    figure.legend(
        handles=handles, loc="lower center", bbox_to_anchor=(0.5, 0.055), ncols=3, fontsize=SMALL, frameon=False
    )


def sensitivity(zone: ZonePlan, name: str, stamp: Stamp) -> Picture:
    """Left: what the depth of the crater depends on. Right: what the choice gives up if something were otherwise."""
    trade = zone.trade
    inputs = [s for s in zone.inputs if s.share_pct >= 0.05][:MOST_BARS]
    changed = [] if trade is None else sorted((s for s in trade.scenarios if not s.same), key=lambda s: -s.loss)
    shown = changed[:MOST_BARS]
    rows = max(len(inputs), len(shown), 2)
    height = 0.85 + 0.24 * rows
    figure = sheet(height, stamp)
    _inputs(axes(figure, 1.45, 0.62, 1.45, 0.24 * rows), inputs)
    if trade is not None:
        _scenarios(axes(figure, 5.3, 0.62, 1.25, 0.24 * rows), shown, rows)
    kept = 0 if trade is None else sum(s.same for s in trade.scenarios)
    asked = 0 if trade is None else len(trade.scenarios)
    caption = "Left: share of each unknown in the variance of the crater's depth (logarithm)."
    if trade is not None:
        caption += (
            f" Right: the choice stays the best in {kept} of {asked} cases asked (weights doubled or left out, other "
            "priorities, columns at either end); in the others it gives up this share of the score."
        )
    alt = "Depth depends on " + "; ".join(f"{input_words(s.input)} {number(s.share_pct, 0)} %" for s in inputs) + "."
    if shown:
        alt += " The choice would change for " + "; ".join(f"{s.name} ({number(s.loss, 3)})" for s in shown) + "."
    return finish(figure, name, f"{zone.name}: what depth and choice hang on", caption, alt)


def _inputs(ax: Any, inputs: Sequence[Share]) -> None:
    places = range(len(inputs))
    ax.barh(list(places), [s.share_pct for s in inputs], height=0.62, color=palette.SKY, edgecolor=palette.INK, lw=0.6)
    ax.set_yticks(list(places), [clip(input_words(s.input), 24) for s in inputs])
    ax.set(xlabel="Share of the variance [%]", ylim=(max(len(inputs), 1) - 0.4, -0.6))
    for k, s in enumerate(inputs):
        _beside(ax, s.share_pct, k, number(s.share_pct, 1))
    ax.set_xlim(0, 1.3 * max((s.share_pct for s in inputs), default=1.0))
    ax.tick_params(axis="y", length=0)


def _beside(ax: Any, x: float, y: float, text: str) -> None:
    """A number just right of the end of its bar."""
    ax.annotate(text, (x, y), xytext=(3, 0), textcoords="offset points", va="center", fontsize=SMALL)


def _scenarios(ax: Any, shown: Sequence[Scenario], rows: int) -> None:
    if not shown:
        ax.axis("off")
        ax.text(0, 0.7, "The choice stays the best\nin every case asked.", transform=ax.transAxes, fontsize=NORMAL)
        return
    places = range(len(shown))
    ax.barh(
        list(places),
        [s.loss for s in shown],
        height=0.62,
        color=palette.PAPER,
        edgecolor=palette.INK,
        lw=0.7,
        hatch="///",
    )
    ax.set_yticks(list(places), [clip(s.name, 38) for s in shown])
    ax.set(xlabel="Score given up", ylim=(rows - 0.4, -0.6))
    most = max(s.loss for s in shown)
    ax.set_xlim(0, 1.5 * most)
    ax.locator_params(axis="x", nbins=3)
    for k, s in enumerate(shown):
        _beside(ax, s.loss, k, number(s.loss, 3))
    ax.tick_params(axis="y", length=0)


_NAMES = {
    "energy_scale": "energy at the handpiece",
    "defocus_um": "focus held by the hand",
    "tilt_deg": "tilt of the hand",
    "water_shift": "water in the skin",
    "conductivity_scale": "conductivity",
    "layer_scale": "thickness of the layers",
    "kinetics": "kinetics of damage",
    "losses (eta, kappa)": "crater losses",
}


def input_words(name: str) -> str:
    """An uncertain input in words."""
    return _NAMES.get(name, name)
