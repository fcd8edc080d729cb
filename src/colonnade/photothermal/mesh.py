"""A stretched (r, z) mesh that follows spot, expected crater and skin layers."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from colonnade.errors import BadInput

Array = NDArray[np.float64]

#: Finer cells than this mean nothing in a continuum, and their edges alone would fill the memory.
LEAST_UM = 0.01


@dataclass(frozen=True)
class Mesh:
    """How fine the mesh is. ``None`` follows the spot: dr = w/40 within 0.5 to 10 µm, dz 0.75 to 3.5 µm.

    The defaults were chosen by halving dr and dz separately (``benchmarks/column.py``): crater depth moves by less
    than 1 %, rims by less than 1 µm.
    """

    dr_um: float | None = None
    dz_um: float | None = None
    ratio: float = 1.1
    reach_mm: float = 3.0

    def __post_init__(self) -> None:
        for name, value in (("dr_um", self.dr_um), ("dz_um", self.dz_um)):
            if value is not None and not LEAST_UM <= value < math.inf:
                raise BadInput(
                    name, given=f"{value:g} µm", allowed=f"{LEAST_UM:g} µm or more", todo="Use larger cells."
                )
        if not 1.0 < self.ratio <= 1.3:
            raise BadInput("ratio", given=f"{self.ratio:g}", allowed="above 1 to 1.3", todo="Correct it.")
        if not 0.0 < self.reach_mm <= 1000.0:
            raise BadInput("reach_mm", given=f"{self.reach_mm:g} mm", allowed="above 0 to 1000 mm", todo="Correct it.")


#: Lengths below this are rounding, not cells [m].
NOTHING = 1e-10


def radial_edges(dr: float, fine: float, ratio: float, reach: float) -> Array:
    """Edges [m] from 0: uniform ``dr`` to ``fine``, then growing by ``ratio`` to ``reach``."""
    edges = [dr * i for i in range(math.ceil(fine / dr) + 1)]
    step = dr
    while edges[-1] < reach:
        step *= ratio
        edges.append(edges[-1] + step)
    return np.array(edges)


def depth_edges(dz: float, fine: float, ratio: float, reach: float, boundaries: Array) -> Array:
    """Edges [m] from the surface down; every layer boundary [m] within reach is an edge.

    Uniform cells of at most ``dz`` down to ``fine``, then growing by ``ratio``. A layer never gets fewer than one
    cell per ``dz`` above ``fine``, so an 11 µm stratum corneum is resolved.
    """
    near = [float(b) for b in boundaries if abs(float(b) - fine) < 2 * dz]
    fine = near[0] if near else fine  # no sliver between a layer boundary and the end of the fine zone
    edges = [0.0]
    step = dz
    stops = [float(b) for b in boundaries if b < reach] + [reach]
    for stop in stops:
        while stop - edges[-1] > NOTHING:
            here = edges[-1]
            if fine - here > NOTHING:
                count = max(1, math.ceil((min(stop, fine) - here) / dz - 1e-9))
                span = min(stop, fine) - here
                edges += [here + span * (i + 1) / count for i in range(count)]
                step = dz
            else:
                step *= ratio
                left = stop - here
                # do not leave a sliver before a boundary
                edges.append(stop if left < 1.5 * step else here + step)
                step = min(step, edges[-1] - here)
    return np.array(edges)
