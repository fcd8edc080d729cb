"""The regime map: irradiance against exposure, what is expected where, and where each shot lies."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from colonnade.laser import Shot
from colonnade.photothermal.regimes import RegimeMap, expected_regime, regime_map
from colonnade.reporting import palette
from colonnade.reporting.canvas import NORMAL, SMALL, Picture, Stamp, axes, clip, finish, sheet, spread
from colonnade.reporting.canvas import zone_area as fill
from colonnade.tissue import Skin

#: Drawn range of exposures [s] and irradiances on the axis [kW/cm2]; it grows where a shot lies outside.
EXPOSURE_S = (1e-5, 1e3)
IRRADIANCE_KW_CM2 = (1e-5, 3e3)
WORDS = {
    "none": "below 1 K",
    "warming": "warming",
    "coagulation": "coagulation",
    "char_ablation": "vaporisation with char",
    "clean_ablation": "clean vaporisation",
}


def regimes(shots: Sequence[tuple[str, Shot]], skin: Skin, name: str, stamp: Stamp) -> Picture:
    """The map of this skin with each shot, given with a short name, as a numbered dot.

    The border to clean vaporisation is a mean irradiance; on this axis it is drawn for the profile of the first shot.
    """
    times = [s.pulse_s for _, s in shots]
    levels = [s.irradiance_peak_kW_cm2 for _, s in shots]
    left, right = min(EXPOSURE_S[0], *times) / 1.5, max(EXPOSURE_S[1], *times) * 1.5
    low, high = min(IRRADIANCE_KW_CM2[0], *levels) / 2, max(IRRADIANCE_KW_CM2[1], *levels) * 2
    from matplotlib.ticker import LogLocator

    here = regime_map(skin, np.logspace(np.log10(left), np.log10(right), 160))
    clean = here.clean_kW_cm2 * shots[0][1].peak_factor
    figure = sheet(4.5, stamp)
    ax = axes(figure, 1.05, 0.72, 3.65, 3.5)
    ax.set(xscale="log", yscale="log", xlim=(left, right), ylim=(low, high))
    ax.set(xlabel="Exposure: on-time of one pulse", ylabel="Irradiance on the axis")
    for axis, form in ((ax.xaxis, duration), (ax.yaxis, irradiance)):
        axis.set_major_locator(LogLocator(numticks=20))
        axis.set_major_formatter(lambda value, _, form=form: form(value))
    ax.minorticks_off()
    _areas(ax, here, clean, high)
    _names(ax, here, clean, low, high)
    _shots(ax, shots, skin, here)
    said = "; ".join(f"{i}: {clip(word, 40)}, {_where(shot, skin)}" for i, (word, shot) in enumerate(shots, 1))
    caption = (
        f"What one exposure is expected to do to the dermis of the {skin.id}, from closed forms of conduction, "
        "collagen damage and vaporisation; near a line it is only a guide. Dashed: below 6 kW/cm² "
        f"mean irradiance char was seen (Walsh 1989), drawn for a {shots[0][1].profile} beam."
    )
    return finish(figure, name, "Regime map: irradiance against exposure", caption, f"Regime map. {said}.")


def duration(seconds: float) -> str:
    """A time with the unit that keeps its number between 1 and 1000."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= 0.999 * size:
            return f"{seconds / size:.3g} {unit}" if seconds < 999.5 * size else f"{seconds / size:.0f} {unit}"
    return f"{seconds * 1e6:.3g} µs"


def irradiance(kW_cm2: float) -> str:
    """An irradiance with the unit that keeps its number between 1 and 1000; below that W/cm² as it is."""
    for unit, size in (("MW", 1e3), ("kW", 1.0), ("W", 1e-3)):
        if kW_cm2 >= 0.999 * size:
            return f"{kW_cm2 / size:.3g} {unit}/cm²"
    return f"{kW_cm2 * 1e6:.3g} mW/cm²"


def _where(shot: Shot, skin: Skin) -> str:
    words = WORDS[expected_regime(shot, skin)]
    return f"{irradiance(shot.irradiance_peak_kW_cm2)} for {duration(shot.pulse_s)}, {words} expected"


def _areas(ax: Any, here: RegimeMap, clean: float, high: float) -> None:
    t = here.exposure_s
    top = np.full_like(t, high)
    border = np.clip(here.vaporisation_kW_cm2, clean, None)
    fill(partial(ax.fill_between, t, here.warming_kW_cm2, here.coagulation_kW_cm2), palette.HEATED, 0.8)
    fill(partial(ax.fill_between, t, here.coagulation_kW_cm2, here.vaporisation_kW_cm2), palette.COAGULATED, 0.8)
    ax.fill_between(t, here.vaporisation_kW_cm2, border, facecolor=palette.CHARRED, edgecolor="none")
    fill(partial(ax.fill_between, t, border, top), palette.ABLATED, 0.8)
    inside = here.vaporisation_kW_cm2 < clean
    ax.plot(t[inside], np.full(inside.sum(), clean), color=palette.LIMIT, lw=1.1, ls=(0, palette.LIMIT_DASH))
    ax.plot(t, here.vaporisation_kW_cm2, color=palette.INK, lw=1.5)


def _names(ax: Any, here: RegimeMap, clean: float, low: float, high: float) -> None:
    """Each area's name on a patch of paper, in the middle of the area where it is widest."""
    t = here.exposure_s
    lines = {
        "below 1 K": (np.full_like(t, low), here.warming_kW_cm2, 0.16),
        "warming": (here.warming_kW_cm2, here.coagulation_kW_cm2, 0.42),
        "coagulation": (here.coagulation_kW_cm2, here.vaporisation_kW_cm2, 0.13),
        "vaporisation with char": (here.vaporisation_kW_cm2, np.full_like(t, clean), 0.72),
        "clean vaporisation": (np.full_like(t, clean), np.full_like(t, high), 0.72),
    }
    for word, (bottom, top, share) in lines.items():
        i = int(share * (len(t) - 1))
        if not top[i] > bottom[i]:
            continue
        box = {"facecolor": palette.PAPER, "edgecolor": "none", "pad": 1.2, "alpha": 0.9}
        at = {"ha": "center", "va": "center", "zorder": 4, "rotation": -38 if word == "coagulation" else 0}
        ax.text(t[i], np.sqrt(bottom[i] * top[i]), word, fontsize=NORMAL, bbox=box, **at)


def _shots(ax: Any, shots: Sequence[tuple[str, Shot]], skin: Skin, here: RegimeMap) -> None:
    """Numbered dots, and beside the map what each is; the list is in the order of the irradiances."""
    ranked = sorted(enumerate(shots, 1), key=lambda item: item[1][1].irradiance_peak_kW_cm2)
    places = spread([_height(ax, s.irradiance_peak_kW_cm2) for _, (_, s) in ranked], 0.155, 0.02, 0.9)
    for (i, (word, shot)), place in zip(ranked, places, strict=True):
        x, y = shot.pulse_s, shot.irradiance_peak_kW_cm2
        ax.plot([x], [y], "o", ms=11, mfc=palette.INK, mec=palette.PAPER, mew=1.4, zorder=6)
        ax.text(x, y, str(i), color=palette.PAPER, fontsize=SMALL, ha="center", va="center", weight="bold", zorder=7)
        lines = (f"{irradiance(y)}, {duration(x)}", WORDS[expected_regime(shot, skin)])
        ax.text(
            1.04, place, f"{i}  {clip(word, 30)}", transform=ax.transAxes, fontsize=SMALL, weight="bold", va="bottom"
        )
        ax.text(1.04, place, "\n".join(lines), transform=ax.transAxes, fontsize=SMALL, va="top", linespacing=1.25)


def _height(ax: Any, level: float) -> float:
    low, high = np.log10(ax.get_ylim())
    return float((np.log10(level) - low) / (high - low))
