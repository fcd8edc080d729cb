"""The PDF: set by typst from the same content as the page; tagged (PDF/UA-1), the same bytes each time."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from colonnade.errors import BadInput
from colonnade.reporting import palette
from colonnade.reporting.canvas import Picture, need
from colonnade.reporting.html import template

#: Fonts that come with matplotlib: the same on every machine. The last one has a glyph for every character.
FONTS = ("DejaVu Sans", "Last Resort High-Efficiency")


def document(content: dict[str, Any], pictures: tuple[Picture, ...], created: str) -> bytes:
    """The report as a tagged PDF. ``content`` comes from ``view``; ``created`` (ISO 8601) is the only clock.

    Raises
    ------
    BadInput
        If typst is not installed, or ``created`` is not a time with its offset.
    typst.TypstError
        If the document cannot be set or would not be PDF/UA-1.
    """
    typst, matplotlib = need("typst"), need("matplotlib")
    fonts = typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(Path(matplotlib.get_data_path()) / "fonts" / "ttf")],
    )
    colours = {"ink": palette.INK, "muted": palette.MUTED, "rule": palette.RULE}
    files = {"main": template("report.typ").encode()}
    files |= {f"{p.name}.svg": p.svg for p in pictures}
    files |= {f"icon-{s}.svg": palette.icon(b).encode() for s, b in palette.SEVERITIES.items()}
    files["icon-verdict.svg"] = palette.icon(palette.VERDICTS[content["status"]]).encode()
    made: bytes = typst.compile(
        files,
        format="pdf",
        font_paths=fonts,
        sys_inputs={"content": json.dumps(content | {"colours": colours, "fonts": FONTS})},
        pdf_standards=["ua-1"],
        timestamp=time_of(created),
    )
    return made


def time_of(created: str) -> datetime:
    """The one clock of a document. Raises BadInput if ``created`` is not a time with its offset."""
    try:
        time = datetime.fromisoformat(created)
    except ValueError:
        time = None
    if time is None or time.tzinfo is None:
        raise BadInput(
            "plan provenance.created",
            given=f'"{created}"',
            allowed="a time with its offset (ISO 8601), e.g. 2025-01-15T10:30:00+00:00",
            todo="Make the plan again with `colonnade plan`.",
        )
    return time
