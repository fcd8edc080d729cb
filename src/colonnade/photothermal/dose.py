"""Dose at depth under the axis: temperature, CEM43, damage integrals. For deep heating they are the result."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from colonnade.photothermal.lesion import Lesion
from colonnade.units import celsius, from_si, to_si

Array = NDArray[np.float64]
#: Depths at which a table states the dose [µm].
DEPTHS_UM = (25.0, 50.0, 100.0, 200.0, 300.0, 500.0, 750.0, 1000.0, 1500.0, 2000.0, 3000.0, 5000.0)
#: Damage beyond this is stated as this: nothing is left to damage.
MOST_OMEGA = 1e6


@dataclass(frozen=True)
class Dose:
    """Under the axis, in what is left of the tissue; arrays of shape (n,), depth from the original surface."""

    depth_um: Array
    temperature_max_C: Array
    omega_collagen: Array
    omega_cell: Array
    """Henriques-Moritz; at most `MOST_OMEGA`."""
    cem43_min: Array | None
    """Cumulative equivalent minutes at 43 °C; None for on-times below half a second, where it means nothing."""

    def at(self, depth_um: float) -> dict[str, float | None]:
        """The dose at one depth, linear between cell centres."""

        def value(y: Array) -> float:
            return float(np.interp(depth_um, self.depth_um, y))

        return {
            "depth_um": depth_um,
            "temperature_max_C": value(self.temperature_max_C),
            "cem43_min": None if self.cem43_min is None else value(self.cem43_min),
            "omega_collagen": value(self.omega_collagen),
            "omega_cell": value(self.omega_cell),
        }

    def table(self) -> list[dict[str, float | None]]:
        """The dose at `DEPTHS_UM`, as far as the tissue that is left reaches."""
        if not self.depth_um.size:
            return []
        low, high = float(self.depth_um[0]), float(self.depth_um[-1])
        return [self.at(depth) for depth in DEPTHS_UM if low <= depth <= high]


def dose_at_depth(lesion: Lesion) -> Dose:
    """The dose under the axis of a finished column. Definitions: docs/theory/column.md, Damage."""
    f = lesion.fields
    centre = 0.5 * (f.z_edges_m[1:] + f.z_edges_m[:-1])
    left = ~f.removed[0] & (centre <= to_si(lesion.skin.thickness_um, "um"))

    def omega(log: Array) -> Array:
        return np.asarray(np.exp(np.minimum(log[0][left], math.log(MOST_OMEGA))))

    return Dose(
        depth_um=from_si(centre[left], "um"),
        temperature_max_C=np.array([celsius(float(t)) for t in f.temperature_max_K[0][left]]),
        omega_collagen=omega(f.log_omega_collagen),
        omega_cell=omega(f.log_omega_cell),
        cem43_min=None if f.cem43_min is None else f.cem43_min[0][left],
    )
