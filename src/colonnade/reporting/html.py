"""The page: one file, no scripts, nothing loaded from anywhere, figures inline as SVG."""

from __future__ import annotations

from importlib import resources
from typing import Any

from colonnade.reporting import palette
from colonnade.reporting.canvas import Picture, need


def template(name: str) -> str:
    """A template of this room, as text."""
    return (resources.files("colonnade.reporting") / "templates" / name).read_text(encoding="utf-8")


def page(content: dict[str, Any], pictures: tuple[Picture, ...]) -> str:
    """The report as one HTML page. ``content`` comes from ``view``; every string in it is escaped.

    Raises
    ------
    BadInput
        If Jinja2 is not installed.
    """
    jinja2 = need("jinja2")
    markup = need("markupsafe").Markup
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return str(
        environment.from_string(template("report.html.j2")).render(
            content,
            style=markup(template("report.css")),
            # drawn by us: matplotlib escapes the text in it, and it was parsed and written again as XML
            drawings={p.name: markup(p.svg.decode()) for p in pictures},
            icons={s: markup(palette.icon(b)) for s, b in palette.SEVERITIES.items()},
            verdict_icon=markup(palette.icon(palette.VERDICTS[content["status"]])),
            ink=palette.INK, muted=palette.MUTED, rule=palette.RULE, accent=palette.MODEL,
        )
    )  # fmt: skip
