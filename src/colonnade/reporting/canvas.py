"""What all figures share: the sheet, the corner with settings and hash, labels that do not collide, SVG and PNG.

matplotlib is loaded only when a figure is drawn, and only through ``Figure``: no window, no global state.
"""

from __future__ import annotations

import io
import re
import warnings
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from colonnade.errors import BadInput
from colonnade.reporting import palette

WIDTH_IN = 6.7
SMALL, NORMAL = 7.5, 8.5
PNG_DPI = 200
MOST_POINTS = 240
INSTALL = 'Install what reports need: pip install "colonnade[report]"'
_SVG, _XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"

#: Characters that stand in no XML and have no glyph: controls, surrogates, non-characters.
NOT_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")

_STYLE = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Last Resort High-Efficiency", "Arial", "Helvetica"],
    "font.size": NORMAL,
    "text.parse_math": False,  # a dollar sign in a name is a dollar sign
    "axes.unicode_minus": True,
    "axes.edgecolor": palette.MUTED,
    "axes.labelcolor": palette.INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.7,
    "xtick.color": palette.MUTED,
    "ytick.color": palette.MUTED,
    "xtick.labelcolor": palette.INK,
    "ytick.labelcolor": palette.INK,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "text.color": palette.INK,
    "hatch.linewidth": 0.45,
    "svg.fonttype": "none",
    "svg.hashsalt": "colonnade",
    "figure.facecolor": palette.PAPER,
    "axes.facecolor": palette.PAPER,
}


@dataclass(frozen=True)
class Stamp:
    """What stands in the corner of each figure: settings, the hash of its plan if any, the verdict if it forbids."""

    settings: str
    sha256: str
    refused: str = ""
    of: str = "plan"
    """What the hash belongs to."""


@dataclass(frozen=True)
class Picture:
    """A drawn figure with the words that go with it."""

    name: str
    title: str
    caption: str
    alt: str
    svg: bytes
    png: bytes


def need(module: str) -> Any:
    """Import a module of the ``report`` extra. Raises BadInput with the install command if it is missing."""
    import importlib

    try:
        return importlib.import_module(module)
    except ImportError:
        raise BadInput(
            "report",
            given=f"an installation without {module.partition('.')[0]}",
            allowed="an installation with the report extra (matplotlib, Jinja2, typst)",
            todo=INSTALL,
        ) from None


@contextmanager
def style() -> Iterator[None]:
    """Draw inside this: the fonts, lines and colours of the house, and nothing left behind in matplotlib."""
    matplotlib = need("matplotlib")
    with matplotlib.rc_context(), warnings.catch_warnings():
        # scripts that the bundled font lacks are drawn by the last-resort font in the PNG, and are text in the SVG
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        warnings.filterwarnings("ignore", message=".*does not support .* natively")
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)
        yield


def sheet(height_in: float, stamp: Stamp) -> Any:
    """A figure with its corner filled in. Axes are added in inches by ``axes``."""
    figure = need("matplotlib.figure").Figure(figsize=(WIDTH_IN, height_in))
    corner = {"fontsize": 6.0, "color": palette.MUTED, "va": "bottom"}
    figure.text(0.008, 0.03 / height_in, clip(stamp.settings, 95), ha="left", **corner)
    if stamp.sha256:
        figure.text(0.992, 0.03 / height_in, f"{stamp.of} {stamp.sha256[:12]}", ha="right", **corner)
    if stamp.refused:
        badge = palette.VERDICTS["REFUSED"].colour
        figure.text(0.992, 1 - 0.04 / height_in, stamp.refused, ha="right", va="top", color=badge, weight="bold")
    return figure


def axes(figure: Any, left: float, bottom: float, width: float, height: float) -> Any:
    """Axes at a place given in inches from the lower left corner."""
    w, h = figure.get_size_inches()
    return figure.add_axes((left / w, bottom / h, width / w, height / h))


def clip(text: str, most: int) -> str:
    """At most ``most`` characters, with an ellipsis if some were left off."""
    text = NOT_TEXT.sub("\ufffd", " ".join(text.split()))
    return text if len(text) <= most else text[: most - 1] + "…"


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places near ``wanted`` (rising) that lie at least ``gap`` apart inside [low, high], if they fit."""
    places: list[float] = []
    for w in wanted:
        places.append(max(w, places[-1] + gap if places else low))
    limit = high
    for i in reversed(range(len(places))):
        places[i] = min(places[i], limit)
        limit = places[i] - gap
    return places


def thin(depth: Any, *curves: Any) -> list[Any]:
    """``depth`` and ``curves`` (n,) at no more than ``MOST_POINTS`` depths, the first and the last among them.

    More points than paper can show only make large files.
    """
    keep = np.unique(np.linspace(0, len(depth) - 1, min(len(depth), MOST_POINTS)).round().astype(int))
    return [np.asarray(c, dtype=float)[keep] for c in (depth, *curves)]


def zone_area(draw: Callable[..., Any], zone: palette.Zone, line: float = 0.8) -> None:
    """Fill an area in the zone's colour with its outline, then its hatch; ``draw`` takes the patch's keywords."""
    draw(facecolor=zone.fill, edgecolor=zone.edge, linewidth=line)
    if zone.hatch:
        draw(facecolor="none", edgecolor=zone.edge, linewidth=0, hatch=zone.hatch, alpha=0.75)


def finish(figure: Any, name: str, title: str, caption: str, alt: str) -> Picture:
    """SVG (text as text, no clock, no foreign ids) and PNG of the figure."""
    title, caption, alt = (NOT_TEXT.sub("\ufffd", words) for words in (title, caption, alt))
    svg, png = io.BytesIO(), io.BytesIO()
    figure.savefig(svg, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    figure.savefig(png, format="png", dpi=PNG_DPI, metadata={"Software": None})
    return Picture(name, title, caption, alt, _own_ids(svg.getvalue(), name, title, alt), png.getvalue())


def _own_ids(svg: bytes, name: str, title: str, alt: str) -> bytes:
    """The SVG with ids of its own (several stand in one page), a title and a description."""
    ET.register_namespace("", _SVG)
    ET.register_namespace("xlink", _XLINK)
    root = ET.fromstring(svg)  # noqa: S314 - written by matplotlib a moment ago
    for element in list(root):
        if element.tag in {f"{{{_SVG}}}metadata", f"{{{_SVG}}}title", f"{{{_SVG}}}desc"}:
            root.remove(element)
    for element in root.iter():
        for key, value in element.attrib.items():
            if key == "id":
                element.set(key, f"{name}-{value}")
            elif key == f"{{{_XLINK}}}href" and value.startswith("#"):
                element.set(key, f"#{name}-{value[1:]}")
            elif value.find("url(#") >= 0:
                element.set(key, value.replace("url(#", f"url(#{name}-"))
    for tag, text in (("desc", alt), ("title", title)):
        element = ET.Element(f"{{{_SVG}}}{tag}", {"id": f"{name}-{tag}"})
        element.text = text
        root.insert(0, element)
    # matplotlib's style sheet would rule the whole page that the figure stands in
    for parent in list(root.iter()):
        for sheet_ in parent.findall(f"{{{_SVG}}}style"):
            parent.remove(sheet_)
    root.set("style", "stroke-linejoin: round; stroke-linecap: butt")
    root.set("role", "img")
    root.set("aria-labelledby", f"{name}-title {name}-desc")
    return ET.tostring(root, encoding="unicode").encode()
