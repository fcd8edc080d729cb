"""Dose at depth: the highest temperature, CEM43 and damage under the axis, for heating without a crater."""

from __future__ import annotations

from typing import Any

import numpy as np

from colonnade.photothermal.dose import Dose
from colonnade.reporting import palette
from colonnade.reporting.canvas import NORMAL, SMALL, Picture, Stamp, axes, finish, sheet, thin

#: Below this no dose or damage is drawn: it means nothing, and zero has no logarithm.
LEAST, MOST = 1e-4, 1e6
#: Depth is drawn to where the rise has fallen below this [K], at least 500 µm.
WARM_K, LEAST_DEPTH_UM = 0.5, 500.0


def dose(found: Dose, start_C: float, name: str, stamp: Stamp) -> Picture:
    """Depth downwards in both panels: temperature on the left, doses on a logarithmic scale on the right."""
    warm = found.depth_um[found.temperature_max_C - start_C >= WARM_K]
    deepest = max(float(warm[-1]) if warm.size else 0.0, LEAST_DEPTH_UM)
    from matplotlib.ticker import LogLocator

    figure = sheet(4.0, stamp)
    left, right = axes(figure, 0.75, 0.75, 2.3, 2.5), axes(figure, 3.45, 0.75, 2.1, 2.5)
    inside = found.depth_um <= deepest
    depth, hot = thin(found.depth_um[inside], found.temperature_max_C[inside])
    left.plot(hot, depth / 1000, color=palette.INK, lw=1.5)
    left.set(xlabel="Highest temperature [°C]", ylabel="Depth under the axis [mm]", ylim=(deepest / 1000, 0))
    left.grid(color=palette.RULE, lw=0.5)
    lines: list[tuple[str, Any, str, Any]] = [("collagen, Ω", found.omega_collagen, palette.BLUE, "-")]
    lines += [("cells, Ω (Henriques-Moritz)", found.omega_cell, palette.VERMILION, (0, (5, 2)))]
    if found.cem43_min is not None:
        lines.append(("CEM43 [min]", found.cem43_min, palette.GREEN, (0, (1, 1.4))))
    for word, values, colour, dash in lines:
        depth, y = thin(found.depth_um[inside], np.clip(values[inside], LEAST / 10, MOST * 10))
        right.semilogx(y, depth / 1000, color=colour, lw=1.6, ls=dash, label=word)
    right.axvline(1.0, color=palette.LIMIT, lw=1.0)
    right.text(1.25, 0.97 * deepest / 1000, "Ω = 1", fontsize=SMALL, color=palette.LIMIT, va="bottom")
    right.set(xlabel="Dose and damage", xlim=(LEAST, MOST), ylim=(deepest / 1000, 0))
    right.xaxis.set_major_locator(LogLocator(base=100, numticks=8))
    right.xaxis.set_major_formatter(
        lambda value, _: f"{value:g}" if value < 1e5 else f"{value:.0e}".replace("e+0", "e")
    )
    right.minorticks_off()
    right.grid(color=palette.RULE, lw=0.5)
    right.legend(frameon=False, fontsize=SMALL, loc="lower left", bbox_to_anchor=(-0.02, 1.0), ncols=1, borderpad=0)
    left.set_title("Under the axis", fontsize=NORMAL, loc="left")
    rows = found.table()
    said = "; ".join(f"{r['depth_um']:g} µm: {r['temperature_max_C']:.1f} °C" for r in rows[:8])
    counted = "CEM43 counts minutes at 43 °C that would do as much" if found.cem43_min is not None else (
        "CEM43 is not counted: the light is on for less than half a second"
    )  # fmt: skip
    caption = (
        "Highest temperature, dose and damage under the axis, at the depth of the original surface. Ω = 1 is where "
        f"collagen counts as coagulated and cells as dead; {counted}. No limit of the skin in CEM43 was found."
    )
    return finish(figure, name, "Dose at depth", caption, f"Dose at depth. {said}.")
