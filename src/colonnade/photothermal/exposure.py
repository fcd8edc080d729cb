"""Long exposures in which nothing boils: ADI with a volumetric source instead of explicit steps.

The criterion is exact, not estimated: an exposure longer than `LONG_S` is tried this way from a copy of the state; the
moment any cell comes within 1 K of boiling the copy is put back and the explicit pulse takes over. Below boiling the
enthalpy is linear in temperature, nothing is removed, no plume exists, so both schemes solve the same equations.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from colonnade.laser import Segments, Shot
from colonnade.photothermal import constants as c
from colonnade.photothermal import light, pulse
from colonnade.photothermal.column import Column
from colonnade.photothermal.compiling import kernel
from colonnade.photothermal.cooling import FIRST_S, _advance, _Window

#: Exposures shorter than this are always explicit [s].
LONG_S = 5e-3
#: A tube whose power has fallen to this share ends in the cell it has reached.
FAINT = 1e-11
STATE = (
    "h", "water", "steam", "k_wet", "temperature", "t_before", "t_max", "conductivity", "wetness", "transmission",
    "omega_coll", "omega_hm", "omega_ws", "cem43", "ledger",
)  # fmt: skip


def expose(
    column: Column, shot: Shot, segments: Segments, *, step: float | None = None, watch: Callable[[float], None] | None
) -> bool:
    """Run the segments (duration [s], power [W]) with ADI; returns False, with the column as before, if it would boil.

    ``step`` is the share of the time since the last change of power taken as a step (default: the option's).
    """
    before = {name: getattr(column, name).copy() for name in STATE}
    share = column.options.cooling.step if step is None else step
    whole, done = sum(duration for duration, _ in segments), 0.0
    window = _Window(column)
    unit = _Unit(column, shot)
    for duration, power in segments:
        elapsed = 0.0
        while elapsed < duration * (1 - 1e-12):
            dt = min(share * (elapsed + FIRST_S), duration - elapsed)
            through = unit.fill(column, window)
            window.source *= power * (1.0 - column.options.physics.reflectance)
            hottest = _advance(column, dt, window)
            if not hottest < c.BOILING_K - 1.0:
                for name, array in before.items():
                    getattr(column, name)[...] = array
                return False
            energy = power * dt
            column.ledger[pulse.DELIVERED] += energy
            column.ledger[pulse.REFLECTED] += energy * column.options.physics.reflectance
            column.ledger[pulse.BOUNDARY] += energy * (1.0 - column.options.physics.reflectance) * through
            elapsed += dt
            if watch is not None:
                watch((done + elapsed) / whole)
        done += duration
    column.time_s += whole
    column.settle_enthalpy()
    return True


class _Unit:
    """The source [W per cell] of a beam of 1 W that enters the tissue, for the present absorption."""

    def __init__(self, column: Column, shot: Shot) -> None:
        outer, self.share = light.tubes(shot, column.r_edges)
        scale = light.scales(shot, column.z_edges) if column.options.physics.divergence else np.ones(len(column.dz))
        self.first, self.count, self.overlap = light.overlaps(outer, scale, column.r_edges)
        self.rings = int((self.first + self.count).max())
        self.out = np.zeros(column.h.shape)

    def fill(self, column: Column, window: _Window) -> float:
        """Write the unit source into the window; returns the share of the light that passes through everything."""
        column.attenuate()
        self.out[: self.rings] = 0.0
        deepest, through = _unit_source(self.share, self.first, self.count, self.overlap, column.transmission, self.out)
        window.source, window.n_s = self.out, int(deepest)
        window.include(self.rings, int(deepest))
        return float(through)


@kernel
def _unit_source(share, first_cell, count, overlap, transmission, out):
    """March 1 W down all tubes; ``out`` [W] takes what each cell absorbs; returns (number of rows reached, what passes through)."""
    n_z = out.shape[1]
    through = 0.0
    deepest = 0
    for j in range(share.size):
        p = share[j]
        stop = p * FAINT
        for k in range(n_z):
            left = 0.0
            for m in range(count[j, k]):
                i = first_cell[j, k] + m
                q = p * overlap[j, k, m]
                t = transmission[i, k]
                if p <= stop and t < 1.0:
                    t = 0.0
                out[i, k] += q * (1.0 - t)
                left += q * t
            p = left
            if p <= 0.0:
                deepest = max(deepest, k + 1)
                break
        if p > 0.0:
            deepest = n_z
        through += p
    return deepest, through
