"""Pages that set things side by side: a comparison of plans, a translation of settings, a table for two devices."""

from __future__ import annotations

from typing import Any

from colonnade import DISCLAIMER
from colonnade.planning.compare import Comparison
from colonnade.planning.conversion import Row
from colonnade.planning.translate import GOALS, Side, Translation
from colonnade.reporting import palette, plan_figures
from colonnade.reporting.canvas import need, style
from colonnade.reporting.html import template
from colonnade.reporting.metrics import label, number, show, unit
from colonnade.reporting.view import printable


def compared(comparison: Comparison) -> str:
    """The comparison as one page: pictures side by side, then every number, what differs marked.

    Raises BadInput if matplotlib or Jinja2 is not installed.
    """
    drawings: dict[str, bytes] = {}
    rows = []
    with style():
        drawn = [
            [plan_figures.zone_pictures(plan, zone, f"plan{i}-zone{j}") for j, zone in enumerate(plan.zones, start=1)]
            for i, plan in enumerate(comparison.plans, start=1)
        ]
    for zone in range(max((len(zones) for zones in drawn), default=0)):
        sets = [zones[zone] if zone < len(zones) else () for zones in drawn]
        for k in range(max(len(pictures) for pictures in sets)):
            found = [pictures[k] if k < len(pictures) else None for pictures in sets]
            drawings |= {p.name: p.svg for p in found if p}
            title = next(p.title for p in found if p)
            rows.append(
                {"title": title, "cells": [{"name": p.name, "caption": p.caption} if p else None for p in found]}
            )
    sections: dict[str, list[dict[str, Any]]] = {}
    for line in comparison.lines:
        relative = line.relative
        sections.setdefault(line.section, []).append(
            {
                "head": _named(line.name),
                "cells": [_shown(line.name, value) for value in line.values],
                "mark": line.differs,
                "last": f"{number(100 * relative, 1)} %" if line.differs and relative is not None else "",
            }
        )
    return _page(
        title="Plans side by side",
        lead="Nothing differs." if comparison.same else "What differs is marked ≠; the last column is its size.",
        notes=[*comparison.notes, *(f"Plan {i}: {_plan_words(p)}" for i, p in enumerate(comparison.plans, start=1))],
        heads=[f"Plan {i}" for i in range(1, len(comparison.plans) + 1)],
        last="Difference",
        sections=[{"title": name, "rows": lines} for name, lines in sections.items()],
        pictures=rows,
        drawings=drawings,
    )


def _plan_words(plan: Any) -> str:
    return f"{plan.title}; {plan.verdict}; {plan.device_name}; hash {plan.sha256[:12]}"


def translated(found: Translation, verdict: str = "") -> str:
    """One translation as a page. ``verdict`` is what `check` says of it, if it was asked."""
    sides = (found.source, found.found, *((found.cautious,) if found.cautious else ()))
    rows = [
        {
            "head": _named(line.name) + (" (matched)" if line.name in GOALS else ""),
            "cells": [_shown(line.name, side.numbers[line.name]) for side in sides],
            "mark": not line.matched,
            "last": _percent(line.relative),
        }
        for line in found.lines
    ]
    heads = ["Source", "Closest", "Closest that is neither deeper nor denser"][: len(sides)]
    notes = [f"{head}: {_side_words(side)}" for head, side in zip(heads, sides, strict=True)]
    if verdict:
        notes.append(f"Verdict on the closest settings for this case: {verdict}")
    return _page(
        title="Settings on another device",
        lead="Marked ≠ is what is more than 5 % from the source.",
        notes=[*notes, *found.notes],
        heads=heads,
        last="Closest against source",
        sections=[{"title": "Numbers", "rows": rows}],
        pictures=[],
        drawings={},
    )


def conversion(one: str, other: str, site: str, rows: tuple[Row, ...]) -> str:
    """The table for a pair of devices as a page to print. ``one`` and ``other`` are their names."""
    lines = []
    for row in rows:
        found = row.translation
        if found is None:
            lines.append({"head": _panel(row.source.panel), "cells": ["–"] * 4, "mark": True, "last": row.why_not})
            continue
        depth, cover = found.lines[:2]
        lines.append(
            {
                "head": _panel(row.source.panel),
                "cells": [
                    f"{show(depth.name, depth.source)} µm; {number(cover.source, 1)} %",
                    _panel(found.found.setting.panel),
                    f"{show(depth.name, depth.found)} µm; {number(cover.found, 1)} %",
                    _panel(found.cautious.setting.panel) if found.cautious else "none",
                ],
                "mark": not (depth.matched and cover.matched),
                "last": f"depth {_percent(depth.relative)}, cover {_percent(cover.relative)}",
            }
        )
    notes = [f"From {one} to {other}, skin of {site}. Depth of the crater, and cover at half that depth."]
    notes += sorted({note for row in rows if row.translation for note in row.translation.notes if "assumed" in note})
    notes.append("Equal in this model is not equal in a clinic: judge each with `colonnade check`, test a spot.")
    return _page(
        title="Conversion table",
        lead="Marked ≠ is what is more than 5 % from the source, or out of reach.",
        notes=notes,
        heads=["What it does", f"On {other}", "What that does", "Neither deeper nor denser"],
        last="Difference",
        sections=[{"title": f"Settings on {one}", "rows": lines}],
        pictures=[],
        drawings={},
    )


def _panel(panel: tuple[tuple[str, float], ...]) -> str:
    return ", ".join(f"{label(n)} {number(v)} {unit(n)}".strip() for n, v in panel)


def _side_words(side: Side) -> str:
    return f"{side.device.name}: {_panel(side.setting.panel)}"


def _percent(relative: float) -> str:
    return "no value to compare with" if relative == float("inf") else f"{number(100 * relative, 1)} %"


def _named(name: str) -> str:
    """A name with its unit, keeping the words around it: ``panel energy_mJ``, ``crater_depth_um low``."""
    words = name.split(" ")
    core = next((w for w in words if "_" in w), words[0])
    text = label(core) + (f" [{unit(core)}]" if unit(core) else "")
    rest = [{"panel": "as typed", "low": "low end", "high": "high end"}.get(w, w) for w in words if w != core]
    return ", ".join([text, *rest])


def _shown(name: str, value: float | str | None) -> str:
    core = next((w for w in name.split(" ") if "_" in w), name)
    return "–" if value is None else show(core, value)


def _page(**content: Any) -> str:
    jinja2, markup = need("jinja2"), need("markupsafe").Markup
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    drawings = content.pop("drawings")
    return str(
        environment.from_string(template("side.html.j2")).render(
            printable(content),
            disclaimer=DISCLAIMER,
            style=markup(template("report.css")),
            drawings={name: markup(svg.decode()) for name, svg in drawings.items()},
            ink=palette.INK,
            muted=palette.MUTED,
            rule=palette.RULE,
            accent=palette.MODEL,
        )
    )
