"""The regime map: irradiance against exposure, what is expected where, and where each shot lies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from colonnade.laser import Shot
from colonnade.planning.model import ZonePlan
from colonnade.reporting import palette
from colonnade.reporting.canvas import NORMAL, SMALL, Picture, Stamp, axes, clip, finish, sheet, spread
from colonnade.reporting.canvas import zone_area as fill
from colonnade.tissue import Skin

Array = NDArray[np.float64]
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


@dataclass(frozen=True)
class Lines:
    """The borders of the map: exposures [s] and irradiances on the axis [kW/cm2], arrays of shape (n,)."""

    exposure_s: Array
    warming_kW_cm2: Array
    coagulation_kW_cm2: Array
    vaporisation_kW_cm2: Array
    clean_kW_cm2: float


def lines_of(kept: Any) -> Lines:
    """From a `RegimeMap` or from what a plan keeps of one: the names are the same."""
    values: dict[str, Any] = {f.name: np.asarray(getattr(kept, f.name), dtype=float) for f in fields(Lines)}
    return Lines(**{**values, "clean_kW_cm2": float(kept.clean_kW_cm2)})


@dataclass(frozen=True)
class Dot:
    """A shot on the map: exposure [s], irradiance on the axis [kW/cm2] and what the map leads one to expect."""

    name: str
    exposure_s: float
    irradiance_kW_cm2: float
    expected: str

    def said(self) -> str:
        """Where it lies, in words."""
        where = f"{irradiance(self.irradiance_kW_cm2)} for {duration(self.exposure_s)}"
        return f"{where}, {WORDS[self.expected]} expected"


def regimes(shots: Sequence[tuple[str, Shot]], skin: Skin, name: str, stamp: Stamp) -> Picture:
    """The map of this skin with each shot, given with a short name, as a numbered dot.

    The border to clean vaporisation is a mean irradiance; on this axis it is drawn for the profile of the first shot.
    """
    # Numba and SciPy: only where the map is computed, not where a plan's is drawn
    from colonnade.photothermal.regimes import expected_regime, regime_map

    dots = [Dot(n, s.pulse_s, s.irradiance_peak_kW_cm2, expected_regime(s, skin)) for n, s in shots]
    left, right = _reach([dot.exposure_s for dot in dots], EXPOSURE_S, 1.5)
    here = lines_of(regime_map(skin, np.logspace(np.log10(left), np.log10(right), 160)))
    first = shots[0][1]
    return _drawn(dots, here, first.peak_factor, first.profile, skin.id, name, stamp, "")


def of_plan(zone: ZonePlan, name: str, stamp: Stamp) -> Picture | None:
    """The map that a plan keeps for a zone, with its shot; None in a plan that keeps none."""
    kept = zone.regime_map
    if kept is None:
        return None
    here = lines_of(kept)
    dot = Dot(zone.name, kept.shot_exposure_s, kept.shot_irradiance_kW_cm2, kept.expected)
    found = f"One column was then simulated; it found: {WORDS.get(zone.regime, zone.regime)}. "
    return _drawn([dot], here, kept.shot_peak_factor, kept.profile, zone.site, name, stamp, found)


def _reach(values: Sequence[float], usual: tuple[float, float], room: float) -> tuple[float, float]:
    return min(usual[0], *values) / room, max(usual[1], *values) * room


def _drawn(
    dots: Sequence[Dot], here: Lines, peak_factor: float, profile: str, site: str, name: str, stamp: Stamp,
    found: str,
) -> Picture:  # fmt: skip
    from matplotlib.ticker import LogLocator

    low, high = _reach([dot.irradiance_kW_cm2 for dot in dots], IRRADIANCE_KW_CM2, 2.0)
    clean = here.clean_kW_cm2 * peak_factor
    figure = sheet(4.5, stamp)
    ax = axes(figure, 1.05, 0.72, 3.65, 3.5)
    ax.set(xscale="log", yscale="log", xlim=(here.exposure_s[0], here.exposure_s[-1]), ylim=(low, high))
    ax.set(xlabel="Exposure: on-time of one pulse", ylabel="Irradiance on the axis")
    for axis, form in ((ax.xaxis, duration), (ax.yaxis, irradiance)):
        axis.set_major_locator(LogLocator(numticks=20))
        axis.set_major_formatter(lambda value, _, form=form: form(value))
    ax.minorticks_off()
    _areas(ax, here, clean, high)
    _names(ax, here, clean, low, high)
    _shots(ax, dots)
    said = "; ".join(f"{i}: {clip(dot.name, 40)}, {dot.said()}" for i, dot in enumerate(dots, 1))
    caption = (
        f"What one pulse is expected to do to the dermis of the {site.replace('-', ' ')}. Warming: the surface rises "
        "by 1 K or more. Coagulation: within the exposure it gets hot enough for collagen to coagulate (kinetics of "
        "Maitland & Walsh 1997). Vaporisation: it boils and its water is paid for. Dashed: below 6 kW/cm² mean "
        f"irradiance char was seen (Walsh 1989), drawn for a {profile} beam. {found}The lines are closed forms of "
        "conduction with light absorbed at depth, not measurements; near one they are only a guide."
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


def _areas(ax: Any, here: Lines, clean: float, high: float) -> None:
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


def _names(ax: Any, here: Lines, clean: float, low: float, high: float) -> None:
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


def _shots(ax: Any, dots: Sequence[Dot]) -> None:
    """Numbered dots, and beside the map what each is; the list is in the order of the irradiances."""
    ranked = sorted(enumerate(dots, 1), key=lambda item: item[1].irradiance_kW_cm2)
    places = spread([_height(ax, dot.irradiance_kW_cm2) for _, dot in ranked], 0.155, 0.02, 0.9)
    for (i, dot), place in zip(ranked, places, strict=True):
        x, y = dot.exposure_s, dot.irradiance_kW_cm2
        ax.plot([x], [y], "o", ms=11, mfc=palette.INK, mec=palette.PAPER, mew=1.4, zorder=6)
        ax.text(x, y, str(i), color=palette.PAPER, fontsize=SMALL, ha="center", va="center", weight="bold", zorder=7)
        lines = (f"{irradiance(y)}, {duration(x)}", WORDS[dot.expected])
        ax.text(
            1.04,
            place,
            f"{i}  {clip(dot.name, 30)}",
            transform=ax.transAxes,
            fontsize=SMALL,
            weight="bold",
            va="bottom",
        )
        ax.text(1.04, place, "\n".join(lines), transform=ax.transAxes, fontsize=SMALL, va="top", linespacing=1.25)


def _height(ax: Any, level: float) -> float:
    low, high = np.log10(ax.get_ylim())
    return float((np.log10(level) - low) / (high - low))
