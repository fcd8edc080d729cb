"""HSP47, fibroblasts, collagen III and I over months: a small set of linear equations, illustrative, not validated.

    s' = −s/τr                    signal of the heated tissue, s(0) = 1
    h' = s/τr − h/τd              HSP47, the chaperone of procollagen
    i  = e^(−t/τi) − e^(−t/τj)    inflammation, given
    f' = i − f/τf                 activated fibroblasts
    p  = (h/max h + f/max f)/2    production of collagen III
    a' = p − a/τm ; b' = a/τm     collagen III, maturing into collagen I

Nothing is lost in maturing: a + b equals what was produced. What was measured: when HSP47 is first seen, when it
peaks, and that it is still high at 3 and 6 months.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from colonnade.healing import constants as c

Array = NDArray[np.float64]

YEAR_d = 365.0


@dataclass(frozen=True)
class Matrix:
    """Months of the new matrix, each of shape (n,), scaled: HSP47 and fibroblasts by their own peak, collagen by all
    that is produced within a year."""

    day: Array
    hsp47: Array
    fibroblasts: Array
    collagen_iii: Array
    collagen_i: Array
    produced: Array
    """Production summed up, by an equation of its own; equals collagen III plus I."""


def inflammation(day: Array) -> Array:
    """Inflammation over its own peak: shape (t,)."""
    rise, decay = c.INFLAMMATION_RISE_d.value, c.INFLAMMATION_DECAY_d.value
    peak = np.log(decay / rise) * rise * decay / (decay - rise)
    top = np.exp(-peak / decay) - np.exp(-peak / rise)
    out: Array = (np.exp(-day / decay) - np.exp(-day / rise)) / top
    return out


def hsp47(day: Array, rise_d: float, decay_d: float) -> Array:
    """HSP47 over its own peak: shape (t,); the solution of the first two equations."""
    peak = hsp47_peak_d(rise_d, decay_d)
    top = np.exp(-peak / decay_d) - np.exp(-peak / rise_d)
    out: Array = (np.exp(-day / decay_d) - np.exp(-day / rise_d)) / top
    return out


def hsp47_peak_d(rise_d: float, decay_d: float) -> float:
    """Day of the peak."""
    return float(np.log(decay_d / rise_d) * rise_d * decay_d / (decay_d - rise_d))


def fibroblasts(day: Array) -> Array:
    """Activated fibroblasts over their own peak: shape (t,)."""
    fine = np.linspace(0, YEAR_d, 3651)
    raw = _driven(fine)
    out: Array = _driven(day) / raw.max()
    return out


def _driven(day: Array) -> Array:
    """Solution of f' = i − f/τf for the two exponentials of the inflammation."""
    life = c.FIBROBLAST_LIFE_d.value
    total = np.zeros_like(day)
    for tau, sign in ((c.INFLAMMATION_DECAY_d.value, 1.0), (c.INFLAMMATION_RISE_d.value, -1.0)):
        total += sign * (np.exp(-day / tau) - np.exp(-day / life)) / (1 / life - 1 / tau)
    return total


@functools.cache
def months(*, maturing_d: float | None = None, points: int = 147) -> Matrix:
    """The first year, solved numerically (relative tolerance 1e-8)."""
    from scipy.integrate import solve_ivp

    tau = c.COLLAGEN_MATURING_d.value if maturing_d is None else maturing_d
    fine = np.linspace(0, YEAR_d, 3651)
    production = (hsp47(fine, c.HSP47_RISE_d.value, c.HSP47_DECAY_d.value) + fibroblasts(fine)) / 2

    def rate(t: float, y: Array) -> list[float]:
        made = float(np.interp(t, fine, production))
        return [made - y[0] / tau, y[0] / tau, made]

    day = np.linspace(0, YEAR_d, points)
    solved = solve_ivp(rate, (0, YEAR_d), [0.0, 0.0, 0.0], t_eval=day, method="LSODA", rtol=1e-8, atol=1e-10)
    three, one, made = solved.y / solved.y[2, -1]
    chaperone = hsp47(day, c.HSP47_RISE_d.value, c.HSP47_DECAY_d.value)
    arrays = (day, chaperone, fibroblasts(day), three, one, made)
    for array in arrays:
        array.setflags(write=False)
    return Matrix(*arrays)


def day_of_half(matrix: Matrix) -> float:
    """Day by which collagen I has reached half of its level at one year."""
    return float(np.interp(matrix.collagen_i[-1] / 2, matrix.collagen_i, matrix.day))
