"""One colour, one meaning: every colour, hatch and badge of figures, pages and leaflets is named here and only here.

Okabe and Ito's colours (doi:10.1038/nmeth.1618), which people with colour-blindness tell apart. Each zone also has a
hatch or an outline, because colour alone is lost in a grey print.
"""

from __future__ import annotations

from dataclasses import dataclass

from colonnade.planning.model import Severity, Status

INK = "#1F2328"
MUTED = "#59636E"
RULE = "#C9CED4"
PAPER = "#FFFFFF"

BLUE = "#0072B2"
SKY = "#56B4E9"
GREEN = "#009E73"
PURPLE = "#CC79A7"
VERMILION = "#D55E00"
ORANGE = "#E69F00"
YELLOW = "#F0E442"
BLACK = "#000000"

MODEL = BLUE
LIMIT = INK
LIMIT_DASH = (5.0, 3.0)
INTERVAL_DASH = (4.0, 2.0)


@dataclass(frozen=True)
class Zone:
    """How one zone of the lesion is drawn."""

    label: str
    fill: str
    edge: str
    hatch: str = ""


ABLATED = Zone("Crater (removed)", "#FFFFFF", INK)
COAGULATED = Zone("Coagulated", VERMILION, "#7A3600", "////")
NECROSIS = Zone("Necrosis", ORANGE, "#8A5F00", "\\\\\\\\")
HEATED = Zone("Heated", YELLOW, "#8C8420", "---")
CHAR = Zone("Char", BLACK, BLACK)
#: An area in which char is expected: grey, so that black dots stand out on it.
CHARRED = "#A9AEB4"
SPARED = Zone("Spared", "#F3DFD0", "#B79F8E")

#: Tones of the drawn layers from the surface down; a deeper layer takes the last one. Spared skin has these tones.
SKIN_TONES = ("#DDBFA8", "#EBCDB8", SPARED.fill, "#F8EAE0", "#FBF3DC")


#: Drawn skin by phototype, and the tone that redness takes on it: darker and more violet on dark skin, not red.
PHOTOTYPE_TONES: dict[str, str] = {
    "I": "#F6DFD0",
    "II": "#EFCDB4",
    "III": "#DDB08C",
    "IV": "#BC8A63",
    "V": "#86583B",
    "VI": "#52352A",
}
REDNESS_TONES: dict[str, str] = {
    "I": "#E0454A",
    "II": "#D6434A",
    "III": "#B93C3F",
    "IV": "#8C3330",
    "V": "#55232B",
    "VI": "#2B1620",
}
#: A plug of debris (MEND, crust), and the zone that confocal pictures still show, as tones over the skin.
PLUG = Zone("Plug or crust", "#5B3A1E", "#2E1D0F")
STILL_VISIBLE = Zone("Visible zone", "#FBE9E2", "#A9746A")
#: The leaflet: drawn skin, light, medium, dark, and on each the colour of redness, of dots and scabs, and of new skin.
#: On darker skin redness is drawn violet-brown, as it looks. Assumed tones: drawings, not measurements.
PATIENT_SKIN = {
    "light": {"skin": "#F3DCCB", "shade": "#E3C3AC", "red": "#D9534F", "dot": "#7A4A2B", "new": "#F0A9A0"},
    "medium": {"skin": "#CFA17C", "shade": "#B98862", "red": "#B0463F", "dot": "#573019", "new": "#D98F7C"},
    "dark": {"skin": "#7A5139", "shade": "#65402C", "red": "#5E2333", "dot": "#2E1A10", "new": "#9A5F55"},
}
FLUID = "#F4F1DC"
EMERGENCY = "#9B1C1C"
CAUTION = "#8A5A00"


@dataclass(frozen=True)
class Badge:
    """A word that stands with a shape and a colour, so that none of the three has to work alone."""

    word: str
    colour: str
    shape: str
    """SVG elements inside a 48 × 48 box; ``{c}`` stands for the colour."""


_OCTAGON = '<path d="M15 3h18l12 12v18L33 45H15L3 33V15z" fill="{c}"/>'
_CIRCLE = '<circle cx="24" cy="24" r="21" fill="{c}"/>'
_TRIANGLE = '<path d="M24 4L46 43H2z" fill="{c}" stroke="{c}" stroke-width="3" stroke-linejoin="round"/>'
_DIAMOND = '<path d="M24 2L46 24L24 46L2 24z" fill="{c}"/>'
_SQUARE = '<rect x="5" y="5" width="38" height="38" rx="5" fill="{c}"/>'
_STROKE = 'fill="none" stroke="#FFFFFF" stroke-width="5" stroke-linecap="round" stroke-linejoin="round"'
_CROSS = f'<path d="M16 16l16 16M32 16L16 32" {_STROKE}/>'
_HAND = f'<path d="M19 15v18M29 15v18" {_STROKE}/>'
_TICK = f'<path d="M14 25l7 7l13-15" {_STROKE}/>'
_BANG = f'<path d="M24 17v12M24 36v.5" {_STROKE}/>'
_LIST = f'<path d="M15 17h18M15 24h18M15 31h10" {_STROKE}/>'
_I = f'<path d="M24 22v12M24 14v.5" {_STROKE}/>'

VERDICTS: dict[Status, Badge] = {
    "REFUSED": Badge("REFUSED", "#9B1C1C", _OCTAGON + _CROSS),
    "DEFERRED": Badge("DEFERRED", "#7B3F73", _DIAMOND + _HAND),
    "CONDITIONAL": Badge("CONDITIONAL", "#00527F", _SQUARE + _LIST),
    "WARNED": Badge("WARNED", "#8A5A00", _TRIANGLE + _BANG),
    "OK": Badge("OK", "#00694C", _CIRCLE + _TICK),
}

SEVERITIES: dict[Severity, Badge] = {
    "block": Badge("Forbidden", "#9B1C1C", _OCTAGON + _CROSS),
    "specialist": Badge("Specialist decides", "#9B1C1C", _OCTAGON + _BANG),
    "defer": Badge("Wait", "#7B3F73", _DIAMOND + _HAND),
    "require": Badge("Required step", "#00527F", _SQUARE + _LIST),
    "cap": Badge("Cap", "#9B1C1C", _OCTAGON + _HAND),
    "warn": Badge("Warning", "#8A5A00", _TRIANGLE + _BANG),
    "inform": Badge("Information", "#4B5560", _CIRCLE + _I),
}


def icon(badge: Badge) -> str:
    """The badge's shape as a whole SVG file."""
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48">{badge.shape.format(c=badge.colour)}</svg>'
