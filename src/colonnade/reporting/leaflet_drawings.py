"""Drawings of what is expected by day, for three skin tones, made by code. They show signs, not a patient."""

from __future__ import annotations

import math
import random

from colonnade.case import Track
from colonnade.reporting import palette

WIDTH, HEIGHT = 120, 84
SKINS = ("light", "medium", "dark")
_X, _Y, _W, _H = 18, 14, 84, 56


def drawing(track: Track, stage: int, skin: str) -> bytes:
    """One tile as SVG: the skin of tone ``skin`` at ``stage`` (a day of ``leaflet.STAGES``).

    Raises
    ------
    KeyError
        For a stage that is not drawn, or an unknown tone.
    """
    tone = palette.PATIENT_SKIN[skin]
    # the same picture on every run: the scatter of dots and flakes is part of the drawing, not of chance
    scatter = random.Random(f"{track}-{stage}")  # noqa: S311
    inside = {"fractional_field": _field, "spot": _spot, "full_field": _full}[track](stage, tone, scatter)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f'<defs><clipPath id="c"><rect width="{WIDTH}" height="{HEIGHT}" rx="8"/></clipPath></defs>'
        f'<g clip-path="url(#c)"><rect width="{WIDTH}" height="{HEIGHT}" fill="{tone["skin"]}"/>'
        f"{_furrows(tone)}{inside}</g>"
        f'<rect x=".5" y=".5" width="{WIDTH - 1}" height="{HEIGHT - 1}" rx="8" fill="none" stroke="{palette.MUTED}"/>'
        "</svg>"
    ).encode()


def _furrows(tone: dict[str, str]) -> str:
    lines = [
        f'<path d="M-5 {y} Q 30 {y - 4} 60 {y} T 125 {y}" fill="none" stroke="{tone["shade"]}" stroke-width=".7"/>'
        for y in range(8, HEIGHT, 12)
    ]
    return f'<g opacity=".55">{"".join(lines)}</g>'


def _area(colour: str, opacity: float, grow: float = 0) -> str:
    """The treated area, its edge soft: three frames, one over another."""
    frames = []
    for k, share in ((8 + grow, 0.25), (4 + grow, 0.35), (grow, 0.55)):
        frames.append(
            f'<rect x="{_X - k}" y="{_Y - k}" width="{_W + 2 * k}" height="{_H + 2 * k}" rx="{10 + k}" '
            f'fill="{colour}" opacity="{opacity * share:.3f}"/>'
        )
    return "".join(frames)


def _grid() -> list[tuple[float, float]]:
    return [(_X + 5 + 7.4 * i + (3.7 if j % 2 else 0), _Y + 5 + 6.6 * j) for j in range(8) for i in range(11)]


def _dots(colour: str, radius: float, scatter: random.Random, keep: float = 1.0) -> str:
    return "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius * scatter.uniform(0.85, 1.15):.2f}" fill="{colour}"/>'
        for x, y in _grid()
        if x < _X + _W - 2 and scatter.random() < keep
    )


def _swelling(opacity: float) -> str:
    return (
        f'<ellipse cx="44" cy="32" rx="24" ry="10" fill="{palette.PAPER}" opacity="{opacity}"/>'
        f'<ellipse cx="78" cy="54" rx="18" ry="7" fill="{palette.PAPER}" opacity="{opacity}"/>'
    )


def _droplets(number: int, scatter: random.Random) -> str:
    out = []
    for _ in range(number):
        x, y = scatter.uniform(_X + 6, _X + _W - 6), scatter.uniform(_Y + 6, _Y + _H - 6)
        out.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.1" fill="{palette.FLUID}" opacity=".75" '
            f'stroke="{palette.PAPER}" stroke-width=".8"/>'
            f'<circle cx="{x - 1:.1f}" cy="{y - 1:.1f}" r=".8" fill="{palette.PAPER}"/>'
        )
    return "".join(out)


def _flakes(tone: dict[str, str], number: int, scatter: random.Random) -> str:
    out = []
    for _ in range(number):
        x, y = scatter.uniform(_X + 8, _X + _W - 8), scatter.uniform(_Y + 6, _Y + _H - 6)
        turn = scatter.uniform(0, 360)
        out.append(
            f'<path d="M-7 0 Q-4 -4.5 1 -4 Q6 -3.5 7 1 Q3 -1 0 2 Q-3 3 -7 0z" '
            f'transform="translate({x:.1f} {y:.1f}) rotate({turn:.0f})" '
            f'fill="{tone["skin"]}" stroke="{tone["dot"]}" stroke-width=".5" stroke-linejoin="round"/>'
        )
    return "".join(out)


def _field(stage: int, tone: dict[str, str], scatter: random.Random) -> str:
    return {
        0: lambda: _area(tone["red"], 0.95, 3) + _swelling(0.16) + _dots(palette.EMERGENCY, 1.1, scatter),
        2: lambda: (
            _area(tone["red"], 0.8, 4) + _swelling(0.28) + _dots(tone["dot"], 1.1, scatter) + _droplets(7, scatter)
        ),
        4: lambda: _area(tone["red"], 0.5) + _dots(tone["dot"], 1.75, scatter),
        7: lambda: _area(tone["new"], 0.9) + _dots(tone["dot"], 1.5, scatter, 0.3) + _flakes(tone, 9, scatter),
        14: lambda: _area(tone["new"], 0.75),
        28: lambda: _area(tone["new"], 0.25),
    }[stage]()


def _blob(radius: float, fill: str, scatter: random.Random, opacity: float = 1.0, stroke: str = "none") -> str:
    points = []
    for i in range(14):
        r, angle = radius * scatter.uniform(0.88, 1.1), i * math.tau / 14
        points.append(f"{60 + r * math.cos(angle):.1f},{42 + r * math.sin(angle):.1f}")
    shape = f'points="{" ".join(points)}" stroke="{stroke}" stroke-linejoin="round"'
    return f'<polygon {shape} fill="{fill}" opacity="{opacity}"/>'


def _halo(colour: str, radius: float, opacity: float) -> str:
    return "".join(
        f'<circle cx="60" cy="42" r="{radius + k}" fill="{colour}" opacity="{opacity * s:.3f}"/>'
        for k, s in ((8, 0.3), (4, 0.4), (0, 0.5))
    )


def _spot(stage: int, tone: dict[str, str], scatter: random.Random) -> str:
    shine = f'<ellipse cx="56" cy="38" rx="4" ry="2" fill="{palette.PAPER}" opacity=".7"/>'
    crack = f'<path d="M52 40l6 3l3-5l6 6" fill="none" stroke="{tone["skin"]}" stroke-width=".9" opacity=".7"/>'
    return {
        0: lambda: _halo(tone["red"], 15, 0.5) + _blob(11, palette.EMERGENCY, scatter),
        2: lambda: (
            _halo(tone["red"], 15, 0.6)
            + _blob(11, tone["red"], scatter)
            + _blob(8, palette.FLUID, scatter, 0.55)
            + shine
        ),
        6: lambda: _halo(tone["red"], 12, 0.3) + _blob(11, tone["dot"], scatter, 1, palette.INK) + crack,
        10: lambda: _blob(11, tone["new"], scatter, 1, tone["red"]),
        30: lambda: _blob(10.5, tone["new"], scatter, 0.7) + _blob(10.5, tone["dot"], scatter, 0.18),
        90: lambda: _blob(10, tone["new"], scatter, 0.3),
    }[stage]()


def _full(stage: int, tone: dict[str, str], scatter: random.Random) -> str:
    islands = "".join(
        f'<circle cx="{scatter.uniform(_X + 8, _X + _W - 8):.1f}" cy="{scatter.uniform(_Y + 8, _Y + _H - 8):.1f}" '
        f'r="{scatter.uniform(4, 9):.1f}" fill="{tone["new"]}"/>'
        for _ in range(14)
    )
    return {
        0: lambda: _area(palette.EMERGENCY, 1.25, 1) + _swelling(0.18) + _droplets(4, scatter),
        3: lambda: _area(palette.EMERGENCY, 1.0, 2) + _swelling(0.28) + _droplets(11, scatter),
        7: lambda: _area(tone["red"], 1.1) + islands,
        12: lambda: _area(tone["red"], 0.9),
        30: lambda: _area(tone["red"], 0.5),
        90: lambda: _area(tone["new"], 0.45),
    }[stage]()
