"""The patient's leaflet as a script-free page and a tagged PDF (A4 or Letter, also in large print), and the clinician's
page of differences. Text comes from ``aftercare``; here it is only set."""

from __future__ import annotations

import datetime as dt
import io
import json
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from colonnade import DISCLAIMER
from colonnade.aftercare import CarePlan
from colonnade.aftercare.leaflet import leaflet
from colonnade.aftercare.protocol import founding_points, protocol
from colonnade.reporting import palette
from colonnade.reporting.canvas import need
from colonnade.reporting.html import template
from colonnade.reporting.leaflet_drawings import SKINS, drawing

Paper = Literal["a4", "us-letter"]
#: Our own subsets of Noto first; matplotlib's fonts for what they lack, its last one for every other character.
_LATIN, _ARABIC, _HAN = "Noto Sans", "Noto Sans Arabic", "Noto Sans SC"
_LAST = ("DejaVu Sans", "Last Resort High-Efficiency")
_FIRST = {"ar": _ARABIC, "zh-Hans": _HAN}
#: Body text [pt]; large print is at least 16 pt.
SIZE_PT, LARGE_PT = 10.0, 16.0
#: The only clock of the PDF: fixed, so that the same leaflet gives the same bytes.
_EPOCH = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Leaflet:
    """A leaflet ready to be set: its text, its drawings and the code to scan, if there is one."""

    content: dict[str, Any]
    drawings: dict[str, bytes]
    qr: bytes


def compose(plan: CarePlan, language: str) -> Leaflet:
    """The leaflet of ``plan`` in ``language``. Raises BadInput for a language that is unknown or not turned on."""
    content = leaflet(plan, language)
    content |= {
        "colours": {
            "ink": palette.INK, "muted": palette.MUTED, "rule": palette.RULE, "accent": palette.MODEL,
            "emergency": palette.EMERGENCY, "caution": palette.CAUTION,
        },
        # the language's own font first, so that the figures in its text are of the same cut
        "fonts": [*sorted((_LATIN, _HAN, _ARABIC), key=lambda f: f != _FIRST.get(language, _LATIN)), *_LAST],
        "skins": list(SKINS),
    }  # fmt: skip
    drawings = {
        f"stage-{s['stage']}-{skin}": drawing(plan.track, s["stage"], skin) for s in content["stages"] for skin in SKINS
    }
    return Leaflet(content, drawings, _qr(content["address"]))


def _qr(address: str) -> bytes:
    """A QR code of the check-in address as SVG; empty where the clinic has no public address."""
    if not address:
        return b""
    import segno

    out = io.BytesIO()
    segno.make(address, error="m", micro=False).save(
        out, kind="svg", xmldecl=False, omitsize=True, border=2, dark=palette.INK
    )
    return out.getvalue()


def page(made: Leaflet) -> str:
    """The leaflet as one HTML page without scripts and without anything loaded; every string is escaped."""
    jinja2, markup = need("jinja2"), need("markupsafe").Markup
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    drawings = {
        # ids inside the file must differ, and each drawing is one picture with one name
        name: markup(svg.decode().replace('id="c"', f'id="{name}"').replace("#c)", f"#{name})"))
        for name, svg in made.drawings.items()
    }
    return str(
        environment.from_string(template("leaflet.html.j2")).render(
            made.content, style=markup(template("leaflet.css")), drawings=drawings, qr=markup(made.qr.decode())
        )
    )


def pdf(made: Leaflet, *, paper: Paper = "a4", large: bool = False) -> bytes:
    """The leaflet as a tagged PDF (PDF/UA-1). The same leaflet gives the same bytes."""
    content = made.content | {"paper": paper, "size": LARGE_PT if large else SIZE_PT, "large": large}
    files = {"main": template("leaflet.typ").encode()}
    files |= {f"{name}.svg": svg for name, svg in made.drawings.items()}
    if made.qr:
        files["qr.svg"] = made.qr
    return _compile(files, content)


def differences(plan: CarePlan, *, paper: Paper = "a4") -> bytes:
    """For the clinician: the founding points against the evidence, what this plan uses, and its sources, as PDF."""
    used: dict[str, list[str]] = {}
    for item in plan.items:
        if item.founding:
            used.setdefault(item.founding, []).append(item.text)
    content = {
        "title": "Aftercare: what was kept, what was changed, and why",
        "case": plan.title,
        "synthetic": "Synthetic example: no real patient is described." if plan.synthetic else "",
        "disclaimer": DISCLAIMER,
        "reviewed_by": plan.reviewed_by,
        "regimen": f"{plan.track_title}, {plan.site_title}, phototype {plan.phototype}. {plan.regimen}",
        "notes": list(plan.notes),
        "points": [p.model_dump() | {"used": used.get(p.id, [])} for p in founding_points()],
        "lines": [[i.id, _days(i.from_day, i.to_day), i.basis, i.source] for i in plan.items],
        "contacts": [
            [f"{c.start:%Y-%m-%d %H:%M}", f"day {c.day}", c.kind, c.source]
            for c in plan.contacts
            if c.status == "confirmed"
        ],
        "versions": [f"{name} {protocol(name).version}" for name in plan.protocols if name != "allergy-groups"],
        "colours": {"ink": palette.INK, "muted": palette.MUTED, "rule": palette.RULE},
        "fonts": [_LATIN, _HAN, _ARABIC, *_LAST],
        "paper": paper,
    }
    return _compile({"main": template("differences.typ").encode()}, content)


def _days(first: int, last: int) -> str:
    return f"day {first}" if first == last else f"days {first} to {last}"


def _compile(files: dict[str, bytes], content: dict[str, Any]) -> bytes:
    typst, matplotlib = need("typst"), need("matplotlib")
    with resources.as_file(resources.files("colonnade.reporting") / "fonts") as folder:
        fonts = typst.Fonts(
            include_system_fonts=False,
            include_embedded_fonts=False,
            font_paths=[str(folder), str(Path(matplotlib.get_data_path()) / "fonts" / "ttf")],
        )
        made: bytes = typst.compile(
            files,
            format="pdf",
            font_paths=fonts,
            sys_inputs={"content": json.dumps(content)},
            pdf_standards=["ua-1"],
            timestamp=_EPOCH,
        )
    return made
