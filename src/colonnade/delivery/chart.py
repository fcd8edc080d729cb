"""Is the machine drifting? A control chart over many treatments.

An exponentially weighted moving average of the mean energy ratio (Roberts 1959; NIST/SEMATECH e-Handbook of Statistical
Methods, section 6.3.2.4) with λ = 0.2 and L = 2.962, for which a machine that has not changed raises an alarm once in
500 treatments on average (Lucas and Saccucci 1990).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from colonnade.delivery.record import Treatment
from colonnade.errors import BadInput

LAMBDA, WIDTH = 0.2, 2.962
#: Treatments that say how the machine behaves after commissioning. Fewer leave the spread unknown.
BASELINE = 8
#: A spread below this is not believed [fraction]: half a per cent between treatments has no clinical consequence
#: (assumed), and a chart that alarms on it would be switched off.
LEAST_SD = 0.005


@dataclass(frozen=True)
class Chart:
    """The chart: one point per treatment, arrays of shape (n,)."""

    ratio: NDArray[np.float64]
    """Mean delivered over planned energy of the fired columns."""
    average: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    centre: float
    sd: float
    alarms: tuple[int, ...]
    """Places of the treatments beyond the limits, from 0."""
    tolerance: float

    @property
    def asks_for_commissioning(self) -> bool:
        """Whether the average left its limits, or a treatment left the stated tolerance."""
        return bool(self.alarms) or not bool(np.all(np.abs(self.ratio - 1) <= self.tolerance))

    @property
    def verdict(self) -> str:
        """In words."""
        if not self.asks_for_commissioning:
            return f"In control over {len(self.ratio)} treatments."
        first = self.alarms[0] if self.alarms else int(np.argmax(~(np.abs(self.ratio - 1) <= self.tolerance)))
        off, before = 100 * (self.average[first] - 1), 100 * (self.centre - 1)
        return (
            f"Commission the machine: since treatment {first + 1} its energy is out of control "
            f"({off:+.1f} % from what was planned; {before:+.1f} % when it was commissioned)."
        )


def ratio_of(treatment: Treatment) -> float:
    """Mean delivered over planned energy of the columns that were fired. Raises BadInput if none was."""
    fired = [p for p in treatment.passes if p.fired and p.energy_delivered_mJ is not None]
    total = sum(p.fired for p in fired)
    if not total:
        raise BadInput(
            "treatment",
            given="no fired column",
            allowed="treatments in which something was delivered",
            todo="Leave it out.",
        )
    return sum(p.fired * (p.energy_delivered_mJ or 0.0) / p.energy_planned_mJ for p in fired) / total


def control_chart(treatments: Sequence[Treatment], *, baseline: int = BASELINE) -> Chart:
    """The chart of treatments of one machine, in the order given; the first ``baseline`` set centre and spread.

    Raises
    ------
    BadInput
        For treatments of several machines or devices, or no more of them than the baseline needs.
    """
    kinds = {(t.machine_id, t.device_id) for t in treatments}
    if len(kinds) != 1 or not len(treatments) > baseline >= 2:
        raise BadInput(
            "treatments",
            given=f"{len(treatments)} treatments of {len(kinds)} machine(s)",
            allowed=f"more than {max(baseline, 2)} treatments of one machine with one device profile",
            todo="Collect more, or chart each machine by itself.",
        )
    ratios = np.array([ratio_of(t) for t in treatments])
    return chart_of(ratios, baseline=baseline, tolerance=min(t.energy_tolerance_pct for t in treatments) / 100)


def chart_of(ratios: NDArray[np.float64], *, baseline: int, tolerance: float, least_sd: float = LEAST_SD) -> Chart:
    """The chart of a series of ratios. Centre: mean of the baseline; spread: mean moving range over 1.128."""
    if not np.all(np.isfinite(ratios)):
        raise BadInput("ratios", given="a value that is not a number", allowed="finite ratios", todo="Leave it out.")
    first = ratios[:baseline]
    centre = float(np.mean(first))
    # d2 = 1.128: expected range of two draws in standard deviations
    sd = max(float(np.mean(np.abs(np.diff(first)))) / 1.128, least_sd)
    average = np.empty(len(ratios))
    last = centre
    for i, value in enumerate(ratios):
        last = LAMBDA * value + (1 - LAMBDA) * last
        average[i] = last
    count = np.arange(1, len(ratios) + 1)
    width = WIDTH * sd * np.sqrt(LAMBDA / (2 - LAMBDA) * (1 - (1 - LAMBDA) ** (2 * count)))
    out = ~(np.abs(average - centre) <= width)
    return Chart(
        ratio=ratios,
        average=average,
        low=centre - width,
        high=centre + width,
        centre=centre,
        sd=sd,
        alarms=tuple(int(k) for k in np.nonzero(out)[0]),
        tolerance=tolerance,
    )
