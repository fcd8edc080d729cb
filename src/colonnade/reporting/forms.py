"""The papers that go with a plan, set as tagged PDFs (one each) and as one page for the screen or the printer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from colonnade.planning.forms import forms
from colonnade.planning.model import Plan
from colonnade.reporting import palette
from colonnade.reporting.canvas import need
from colonnade.reporting.html import template
from colonnade.reporting.pdf import FONTS, time_of
from colonnade.reporting.view import printable


def papers(plan: Plan) -> dict[str, bytes]:
    """Files by name: ``checklist.pdf``, ``consent.pdf``, ``emergency.pdf``, ``test-spot.pdf``, ``papers.html``.

    Empty where the plan allows no treatment; no card where no test spot is asked for.

    Raises
    ------
    BadInput
        If Jinja2, typst or matplotlib is not installed, or the plan has no clear time.
    typst.TypstError
        If a paper cannot be set or would not be PDF/UA-1.
    """
    made = [printable(form.model_dump(mode="json")) for form in forms(plan)]
    if not made:
        return {}
    shared = {
        "about": printable(plan.title),
        "disclaimer": plan.disclaimer,
        "short_hash": plan.sha256[:12],
        "colours": {
            "ink": palette.INK, "muted": palette.MUTED, "rule": palette.RULE, "accent": palette.MODEL,
            "emergency": palette.EMERGENCY, "caution": palette.CAUTION,
        },
    }  # fmt: skip
    files = {f"{form['name']}.pdf": _pdf(form | shared, plan.provenance.created) for form in made}
    return files | {"papers.html": _page({"forms": made} | shared)}


def _page(content: dict[str, Any]) -> bytes:
    jinja2, markup = need("jinja2"), need("markupsafe").Markup
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    page: str = environment.from_string(template("forms.html.j2")).render(content, style=markup(template("forms.css")))
    return page.encode()


def _pdf(content: dict[str, Any], created: str) -> bytes:
    typst, matplotlib = need("typst"), need("matplotlib")
    fonts = typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(Path(matplotlib.get_data_path()) / "fonts" / "ttf")],
    )
    made: bytes = typst.compile(
        {"main": template("form.typ").encode()},
        format="pdf",
        font_paths=fonts,
        sys_inputs={"content": json.dumps(content | {"fonts": FONTS})},
        pdf_standards=["ua-1"],
        timestamp=time_of(created),
    )
    return made
