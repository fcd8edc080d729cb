"""What is not known, brought into every number of a plan: crater losses, energy, focus and tilt, water, conductivity,
the hand that places the stamps.

A limit is judged at the unfavourable end of all of it together (decision 0165). The interval of a column comes from
`colonnade.calibration.interval`; heat between the columns is that of the hottest column, laid by a hand that
scatters, at the low conductivity, and scaled to the high end of the heat a column leaves.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from colonnade.planning.objectives import Ends
from colonnade.units import kelvin

if TYPE_CHECKING:
    from colonnade.calibration.profile import LossesEstimate
    from colonnade.field import BulkHeat
    from colonnade.photothermal import Lesion
    from colonnade.planning.outcomes import Columns

Array = NDArray[np.float64]

#: Standard deviations of a hand that places stamps [mm, degrees]. Assumed: no measurement was found.
HAND_MM, HAND_DEG = 0.5, 2.0
#: Two standard deviations: the ends of a central 95 %.
TWO_SIDED = 1.959964
#: The smallest and the largest share of the beam that an estimate may name; the engine's own range.
LEAST_ETA, MOST_ETA = 0.02, 1.0


@dataclass(frozen=True)
class LossEnds:
    """Crater losses at the middle and at both ends; η at the ends carries the spread between studies too."""

    etas: Ends
    kappa_per_mm: float
    basis: str
    device: bool = False
    """Whether they were fitted to shots of this very device."""


def loss_ends(estimate: LossesEstimate, *, device: bool = False) -> LossEnds:
    """The ends of a central 95 %: sd of ln η and the spread of ln depth from study to study, in quadrature.

    Depth is nearly proportional to η, so the spread of depth is carried by η; κ stays at its middle, and its own
    uncertainty is in the interval.
    """
    eta, kappa = estimate.at(0.0, 0.0)
    reach = TWO_SIDED * math.hypot(estimate.sd_ln_eta, estimate.tau)
    return LossEnds(
        etas=Ends(
            nominal=eta,
            shallow=max(eta * math.exp(-reach), LEAST_ETA),
            deep=min(eta * math.exp(reach), MOST_ETA),
        ),
        kappa_per_mm=kappa,
        basis=estimate.basis,
        device=device,
    )


def least(values: Iterable[float]) -> float:
    """The smallest; NaN if one is not finite, so that it never gets lost."""
    every = list(values)
    return min(every) if all(math.isfinite(v) for v in every) else math.nan


def most(values: Iterable[float]) -> float:
    """The largest; NaN if one is not finite, so that it never gets lost."""
    every = list(values)
    return max(every) if all(math.isfinite(v) for v in every) else math.nan


@dataclass(frozen=True)
class HotHeat:
    """Heat between the columns at its unfavourable end; arrays of shape (n,)."""

    factor: float
    """High end of the heat a column leaves over the heat of the column that was laid; 1 or more."""
    time_s: Array
    surface_K: Array
    basal_K: Array
    dermis_K: Array
    peak_surface_K: float
    peak_basal_K: float
    """With the worse of both conductivities."""
    peak_dermis_K: float
    cem43_basal_min: float
    omega_basal: float
    """The larger of two published kinetics, which differ by decades."""
    bulk: BulkHeat


def heat_factor(laid: Lesion, columns: Columns) -> float:
    """How much more heat a column may leave than ``laid`` did: 1 or more, NaN where that cannot be said."""
    left = float(laid.residual_heat_mJ)
    high = columns.ends("residual_heat_mJ").deep
    if not (math.isfinite(left) and math.isfinite(high)):
        return math.nan
    if not left > 0:
        return 1.0 if high <= 0 else math.nan
    return max(1.0, high / left)


def hot_heat(bulk: BulkHeat, factor: float = 1.0) -> HotHeat:
    """``bulk`` with every rise multiplied by ``factor``: heat adds up linearly; dose and damage are counted again."""
    from colonnade.photothermal import damage

    basal = bulk.basal_K * factor
    omega = (bulk.omega_basal, bulk.omega_basal_weaver_stoll)
    dose = bulk.cem43_basal_min
    if factor != 1.0:
        at_K = kelvin(bulk.start_temperature_C) + basal
        omega = (
            damage.omega(damage.HENRIQUES_MORITZ, bulk.time_s, at_K),
            damage.omega(damage.WEAVER_STOLL, bulk.time_s, at_K),
        )
        dose = damage.cem43_minutes(bulk.time_s, bulk.start_temperature_C + basal)
    return HotHeat(
        factor=factor,
        time_s=bulk.time_s,
        surface_K=bulk.surface_K * factor,
        basal_K=basal,
        dermis_K=bulk.dermis_K * factor,
        peak_surface_K=bulk.peak_surface_K * factor,
        peak_basal_K=bulk.peak_basal_either_end_K * factor,
        peak_dermis_K=bulk.peak_dermis_K * factor,
        cem43_basal_min=dose,
        omega_basal=most(omega),
        bulk=bulk,
    )


def hottest(every: list[HotHeat]) -> HotHeat:
    """The hottest of several, each of its numbers at least that of any; ValueError for none."""
    base = max(every, key=lambda heat: heat.peak_basal_K if math.isfinite(heat.peak_basal_K) else math.inf)
    return replace(
        base,
        peak_surface_K=most(h.peak_surface_K for h in every),
        peak_basal_K=most(h.peak_basal_K for h in every),
        peak_dermis_K=most(h.peak_dermis_K for h in every),
        cem43_basal_min=most(h.cem43_basal_min for h in every),
        omega_basal=most(h.omega_basal for h in every),
    )


def said(ends: LossEnds) -> tuple[str, ...]:
    """What is assumed about uncertainty, for the plan."""
    return (
        f"crater losses from {ends.basis}: share η of the beam {ends.etas.nominal:.2f} "
        f"({ends.etas.shallow:.2f} to {ends.etas.deep:.2f} with the spread between studies), "
        f"κ {ends.kappa_per_mm:.2f} /mm; verdicts use the unfavourable end",
        f"the hand places stamps with a scatter of {HAND_MM:g} mm and {HAND_DEG:g}° (one standard deviation; assumed); "
        "limits on heat use a field laid so",
    )
