"""Healing in pictures: a strip of days across phototypes, and the curves behind it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from colonnade.healing import Course
from colonnade.healing.signs import REDNESS_WORDS
from colonnade.reporting import palette
from colonnade.reporting.canvas import NORMAL, SMALL, Picture, Stamp, axes, finish, sheet

#: Days of the strip, and pitches across one tile.
DAYS = (0, 1, 2, 3, 5, 7, 10, 14, 21, 28)
ACROSS = 2.4
_TILE, _LEFT, _GAP = 0.455, 0.34, 0.02
_SHORT = {
    "I": "pink to bright red",
    "II": "pink to red",
    "III": "red to reddish brown",
    "IV": "reddish brown, warm",
    "V": "darker, violet-brown",
    "VI": "darker, grey-violet",
}


def strip(course: Course, name: str, stamp: Stamp) -> Picture:
    """The course day by day on six phototypes, and the curves with their intervals. Draw inside ``canvas.style()``."""
    rows = list(palette.PHOTOTYPE_TONES)
    height = 0.72 + len(rows) * (_TILE + _GAP) + 2.25
    figure = sheet(height, stamp)
    top = height - 0.62
    words_x = _LEFT + len(DAYS) * (_TILE + _GAP) + 0.07
    w = figure.get_size_inches()[0]
    middle_x = _LEFT + len(DAYS) * (_TILE + _GAP) / 2
    figure.text(middle_x / w, (top + 0.33) / height, "Day", fontsize=SMALL, color=palette.MUTED, ha="center")
    figure.text(
        words_x / w, (top + 0.1) / height, "How redness shows", fontsize=SMALL, color=palette.MUTED, va="bottom"
    )
    figure.text(0.1 / w, (top + 0.1) / height, "Type", fontsize=SMALL, color=palette.MUTED, ha="left", va="bottom")
    for k, day in enumerate(DAYS):
        x = _LEFT + k * (_TILE + _GAP) + _TILE / 2
        figure.text(x / w, (top + 0.1) / height, f"{day}", fontsize=NORMAL, ha="center", va="bottom")
    for j, phototype in enumerate(rows):
        y = top - (j + 1) * (_TILE + _GAP) + _GAP
        own = phototype == course.phototype
        weight = "bold" if own else "normal"
        middle = (y + _TILE / 2) / height
        figure.text(0.17 / w, middle, phototype, fontsize=NORMAL, ha="center", va="center", weight=weight)
        figure.text(words_x / w, middle, _SHORT[phototype], fontsize=SMALL, va="center", weight=weight)
        for k, day in enumerate(DAYS):
            ax = axes(figure, _LEFT + k * (_TILE + _GAP), y, _TILE, _TILE)
            _tile(ax, course, phototype, day)
    _curves(axes(figure, 0.55, 0.62, 3.55, 1.3), course)
    _months(axes(figure, 4.75, 0.62, 1.75, 1.3), course)
    return finish(figure, name, "Healing, day by day", _caption(course), _alt(course))


def _at(course: Course, track: str, day: float) -> float:
    series = getattr(course.days, track).nominal
    return float(np.interp(day, course.days.day, series))


def mixed(one: str, other: str, share: float) -> str:
    """A colour between two, ``share`` (0 to 1) of the way to ``other``."""
    a, b = ([int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in (one, other))
    return "#" + "".join(f"{round(p + (q - p) * share):02X}" for p, q in zip(a, b, strict=True))


def _tile(ax: Any, course: Course, phototype: str, day: float) -> None:
    """One piece of skin from above. Redness is drawn with the square root of its size, to be seen at all."""
    tone = palette.PHOTOTYPE_TONES[phototype]
    red = math.sqrt(min(_at(course, "redness_pct", day) / 100, 1.0))
    skin = mixed(tone, palette.REDNESS_TONES[phototype], 0.75 * red)
    ax.set(xticks=[], yticks=[], xlim=(-0.5, 0.5), ylim=(-0.5, 0.5), aspect="equal")
    for spine in ax.spines.values():
        spine.set_visible(True)
        spine.set_linewidth(0.4)
        spine.set_edgecolor(palette.RULE)
    open_share = _at(course, "open_pct", day) / max(course.days.open_pct.nominal[0], 1e-9)
    plug = _at(course, "plugs_pct", day) / 100
    if course.wound.kind == "full_field":
        ax.set_facecolor(mixed(mixed(skin, palette.ABLATED.fill, open_share), palette.PLUG.fill, 0.6 * plug))
        return
    ax.set_facecolor(skin)
    side = ACROSS * 1e3 / math.sqrt(course.wound.columns_per_mm2 / course.wound.passes)
    x0, y0, x1, y1 = course.wound.window_um
    centres = (course.wound.centres_um - ((x0 + x1) / 2, (y0 + y1) / 2)) / side
    radius = course.wound.dead_radius_um / side
    seen = _at(course, "visible_pct", day) / max(course.days.visible_pct.nominal[0], 1e-9)
    near = centres[(np.abs(centres) < 0.5 + radius).all(axis=1)]
    style = palette.ABLATED
    if seen > 0:
        fill = mixed(skin, palette.STILL_VISIBLE.fill, 0.45)
        _discs(ax, near, radius * math.sqrt(seen), fill, palette.STILL_VISIBLE.edge, 0.4)
    if plug > 0.02:
        fill = mixed(skin, palette.PLUG.fill, min(plug + 0.25, 1.0))
        _discs(ax, near, 0.66 * radius * math.sqrt(seen), fill, palette.PLUG.edge, 0.3)
    if open_share > 0:
        _discs(ax, near, radius * math.sqrt(open_share), style.fill, style.edge, 0.5)


def _discs(ax: Any, centres: Any, radius: float, fill: str, edge: str, line: float) -> None:
    """Discs to scale; as markers, since a tile has a fixed size in inches and markers make small files."""
    points = 2 * radius * _TILE * 72
    ax.scatter(*centres.T, s=points**2, c=fill, edgecolors=edge, linewidths=line)


_LINES = (
    ("open_pct", "Without epidermis", palette.INK, "-"),
    ("plugs_pct", "Plugs, crust", palette.PLUG.fill, "--"),
    ("redness_pct", "Redness", palette.VERMILION, "-."),
    ("swelling_pct", "Swelling", palette.BLUE, ":"),
)


def _curves(ax: Any, course: Course) -> None:
    """Each quantity over its own highest nominal value, with its interval."""
    until = course.days.day <= DAYS[-1]
    day = course.days.day[until]
    for track, words, colour, dash in _LINES:
        found = getattr(course.days, track)
        top = max(float(found.nominal.max()), 1e-9)
        low, middle, high = (100 * np.minimum(v[until] / top, 1.0) for v in (found.low, found.nominal, found.high))
        ax.fill_between(day, np.minimum(low, high), np.maximum(low, high), color=colour, alpha=0.10, lw=0)
        ax.plot(day, middle, color=colour, ls=dash, lw=1.3, label=words)
    ax.set(xlim=(0, DAYS[-1]), ylim=(0, 103), xlabel="Day", yticks=[0, 50, 100], xticks=[0, 3, 7, 14, 21, 28])
    ax.set_ylabel("of its own peak [%]", fontsize=SMALL)
    ax.grid(color=palette.RULE, lw=0.4)
    ax.legend(fontsize=SMALL - 0.5, frameon=False, loc="upper right", handlelength=2.4, labelspacing=0.25)
    ax.set_title("Days, with intervals", fontsize=NORMAL, loc="left", pad=4)


def _months(ax: Any, course: Course) -> None:
    found = course.matrix
    month = found.day / 30.4
    for series, words, colour, dash in (
        (found.hsp47, "HSP47", palette.ORANGE, ":"),
        (found.collagen_iii, "collagen III", palette.SKY, "--"),
        (found.collagen_i, "collagen I", palette.BLUE, "-"),
    ):
        ax.plot(month, 100 * np.asarray(series) / float(series.max()), color=colour, ls=dash, lw=1.3, label=words)
    ax.set(xlim=(0, 12), ylim=(0, 158), xlabel="Month", xticks=[0, 3, 6, 9, 12], yticks=[0, 50, 100])
    ax.grid(color=palette.RULE, lw=0.4)
    ax.legend(fontsize=SMALL - 0.5, frameon=False, loc="upper left", handlelength=2.2, labelspacing=0.25)
    ax.set_title("Months: illustrative", fontsize=NORMAL, loc="left", pad=4)


def _caption(course: Course) -> str:
    full = course.wound.kind == "full_field"
    closed = course["epithelium_closed_95_d" if full else "epithelium_closed_d"]
    drawn = "the whole surface" if full else "columns to scale"
    days = f"{closed.nominal:.1f} days ({closed.low:.1f} to {closed.high:.1f})"
    return (
        f"Skin from above on the day named, {drawn}; the patient's phototype in bold. White: no epidermis; brown: "
        f"plug or crust; pale ring: what a confocal picture still shows. Keratinocytes are continuous after {days}, "
        "before the marks have gone. Redness is drawn stronger than it is (square root), as the tone it takes on each "
        "skin. Redness, swelling and the months are illustrative; nothing validates them. Reviewed by: none."
    )


def _alt(course: Course) -> str:
    words = REDNESS_WORDS[course.phototype]
    redness = course["redness_noticed_until_d"]
    until = f"{redness.nominal:.0f} ({redness.low:.0f} to {redness.high:.0f})"
    return (
        f"Strip of ten days for six phototypes. For phototype {course.phototype} redness shows as: {words}; noticeable "
        f"until about day {until}."
    )
