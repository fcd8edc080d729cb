"""Safety numbers by a second way, so that a wrong input cannot pass unseen."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from colonnade.safety.facts import number_of
from colonnade.units import from_si, to_si

#: Both ways use the same inputs in double precision; only rounding may separate them, and rounding is far below this.
REL_TOL = 1e-6


class Disagreement(ArithmeticError):
    """Two computations of one safety number differ: neither can be trusted."""


def agreed(name: str, first: float, second: float, *, rel_tol: float = REL_TOL, abs_tol: float = 0.0) -> float:
    """The larger of two computations of ``name`` if they agree.

    Raises
    ------
    Disagreement
        If they differ by more than the tolerances, or if either is not finite.
    """
    if not (math.isfinite(first) and math.isfinite(second)):
        raise Disagreement(f"{name}: {first!r} and {second!r}, not both finite")
    if not math.isclose(first, second, rel_tol=rel_tol, abs_tol=abs_tol):
        raise Disagreement(f"{name}: {first:g} one way, {second:g} the other (allowed: {rel_tol:g} relative)")
    return max(first, second)


def energy_from_pulses_mJ(energy_mJ: float, stack: float) -> float:
    """Energy per column [mJ] as the sum over its pulses (the other way: energy times stack)."""
    return math.fsum([energy_mJ] * _count(stack))


def density_from_columns_pct(columns_per_cm2: float, spot_um: float) -> float:
    """Density per pass [%] from the columns' count and area."""
    return from_si(to_si(columns_per_cm2, "per_cm2") * _area_m2(spot_um), "pct")


def cumulative_by_inclusion_pct(density_pct: float, passes: float) -> float:
    """Cumulative density [%] by inclusion and exclusion (the other way: one minus the product of what is missed)."""
    d, n = to_si(density_pct, "pct"), _count(passes)
    return from_si(math.fsum((-1) ** (k + 1) * math.comb(n, k) * d**k for k in range(1, n + 1)), "pct")


def areal_from_density_and_fluence_J_cm2(density_pct: float, energy_mJ: float, spot_um: float, stack: float) -> float:
    """Energy per area and pass [J/cm²] as fluence times covered share (the other way: columns times energy)."""
    fluence = to_si(energy_mJ, "mJ") / _area_m2(spot_um)
    return from_si(to_si(density_pct, "pct") * fluence * _count(stack), "J_cm2")


def areal_total_from_density_and_fluence_J_cm2(
    density_pct: float, energy_mJ: float, spot_um: float, stack: float, passes: float
) -> float:
    """The same over all passes [J/cm²], pass by pass."""
    one = areal_from_density_and_fluence_J_cm2(density_pct, energy_mJ, spot_um, stack)
    return math.fsum([one] * _count(passes))


def _area_m2(spot_um: float) -> float:
    return math.pi * (to_si(spot_um, "um") / 2) ** 2


def _count(value: float) -> int:
    if value != int(value) or not 0 <= value <= 1000:
        raise ValueError(f"{value!r} is not a count")
    return int(value)


#: Second way by name, with the facts it takes.
SECOND_WAY: dict[str, tuple[Callable[..., float], tuple[str, ...]]] = {
    "energy_from_pulses_mJ": (energy_from_pulses_mJ, ("energy_mJ", "stack")),
    "density_from_columns_pct": (density_from_columns_pct, ("columns_per_cm2", "spot_um")),
    "cumulative_by_inclusion_pct": (cumulative_by_inclusion_pct, ("density_pct", "passes")),
    "areal_from_density_and_fluence_J_cm2": (
        areal_from_density_and_fluence_J_cm2,
        ("density_pct", "energy_mJ", "spot_um", "stack"),
    ),
    "areal_total_from_density_and_fluence_J_cm2": (
        areal_total_from_density_and_fluence_J_cm2,
        ("density_pct", "energy_mJ", "spot_um", "stack", "passes"),
    ),
}


def second(name: str, facts: Mapping[str, Any]) -> float | None:
    """The second computation ``name`` from ``facts``; None where an input is missing, no number or no count."""
    way, inputs = SECOND_WAY[name]
    values = [number_of(facts.get(key)) for key in inputs]
    if any(value is None for value in values):
        return None
    try:
        return way(*values)
    except (ValueError, ZeroDivisionError, OverflowError):
        return None
