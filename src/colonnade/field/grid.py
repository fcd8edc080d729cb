"""Bulk heat on a grid: layered skin, cooling air, columns of any heat. For what the kernels cannot do.

Finite volumes. Across the skin explicit steps on square cells; in depth, where layers and cells are thin, an implicit
solve (backward Euler, stable at any step). The kernels of `heat` are the check: their
agreement in homogeneous skin is a test.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from colonnade.errors import BadInput
from colonnade.field.area import _number
from colonnade.field.heat import HeatSource, Shots
from colonnade.units import from_si, to_si

Array = NDArray[np.float64]

MOST_CELLS = 12_000_000
#: Of the largest stable step across the skin.
STEP = 0.6
#: Depth of the model beyond the heat, and its width beyond the field, in diffusion lengths √(4αt).
REACH = 2.5


@dataclass(frozen=True)
class SkinLayer:
    """A layer of the bulk-heat model; the last one goes on for ever."""

    thickness_um: float
    conductivity_W_mK: float
    heat_capacity_J_m3K: float


@dataclass(frozen=True)
class GridHeat:
    """Rise over the field at chosen times. Arrays are read-only."""

    x_mm: Array
    """Middles of the cells, (nx,)."""
    y_mm: Array
    depth_um: Array
    """Middles of the cells, (nz,)."""
    time_s: Array
    """(T,)"""
    surface_K: Array
    """Mean over the uppermost cells, (T, ny, nx)."""
    basal_K: Array
    """At the depth asked for, (T, ny, nx)."""
    last_K: Array
    """The whole grid at the last time, (nz, ny, nx)."""
    peak_surface_K: float
    peak_basal_K: float
    """Highest at any step, in any cell."""
    balance: float
    """|heat put in − heat in the skin − heat given to the air| over heat put in."""
    lost_to_air_J: float


def solve(
    shots: Shots,
    layers: tuple[SkinLayer, ...],
    *,
    times_s: Array,
    cell_mm: float = 0.2,
    finest_um: float = 30.0,
    basal_depth_um: float = 100.0,
    loss_W_m2K: float = 0.0,
    air_below_skin_K: float = 0.0,
) -> GridHeat:
    """Rise of the skin under ``shots`` (conductivity and heat capacity from ``layers``).

    Parameters
    ----------
    times_s : (T,) rising, from 0 up [s]
    cell_mm : float
        Side of the cells across the skin; the rise is a mean over a cell.
    finest_um : float
        Thickness of the uppermost cells; deeper ones grow by a tenth each.
    loss_W_m2K, air_below_skin_K : float
        Heat transfer to the air and how much colder than the skin it is: free convection about 10 W/m²/K, chilled air
        some hundreds.

    Raises
    ------
    BadInput
        For numbers out of range, times not rising, or a grid of more than 12 million cells.
    """
    from colonnade.field import kernels

    if shots.before:
        raise ValueError("the grid takes the shots of one field; those before it must be added to it")
    times = _checked(times_s)
    cell = to_si(_number("cell_mm", cell_mm, 0.05, 5), "mm")
    finest = to_si(_number("finest_um", finest_um, 5, 500), "um")
    loss = _number("loss_W_m2K", loss_W_m2K, 0, 20_000)
    colder = _number("air_below_skin_K", air_below_skin_K, 0, 120)
    basal = to_si(_number("basal_depth_um", basal_depth_um, 1, 5000), "um")
    if not layers:
        raise BadInput("layers", given="none", allowed="at least one layer", todo="State the skin.")
    quickest = max(layer.conductivity_W_mK / layer.heat_capacity_J_m3K for layer in layers)
    travel = REACH * math.sqrt(4 * quickest * max(float(times[-1]), 0.01))
    dz = _depths(finest, max(float(shots.source.edges_m[-1]), basal) + travel)
    x0, y0 = shots.xy_m.min(axis=0) - travel
    nx, ny = (math.ceil((float(np.ptp(shots.xy_m[:, a])) + 2 * travel) / cell) for a in (0, 1))
    if not nx * ny * len(dz) <= MOST_CELLS:
        raise BadInput(
            "grid",
            given=f"{nx} × {ny} × {len(dz)} cells",
            allowed=f"at most {MOST_CELLS / 1e6:.0f} million",
            todo="Enlarge cell_mm, or follow a shorter time.",
        )
    k, rho_c = _properties(layers, dz)
    between = 2 / (dz[1:] / k[1:] + dz[:-1] / k[:-1])  # W/m²/K from middle to middle
    surface = 1 / (1 / loss + dz[0] / (2 * k[0])) if loss > 0 else 0.0
    put = _by_cell(shots.source, dz)
    level = int(np.searchsorted(np.cumsum(dz), basal))
    stable = STEP * cell**2 / (4 * quickest)
    rise = np.zeros((len(dz), ny, nx))
    ledger = np.zeros(4)  # put in, lost to the air, peak at the surface, peak at the basal layer
    heat = shots.amplitude_K_m3 * shots.heat_capacity_J_m3K
    surfaces, basals = np.empty((2, len(times), ny, nx))
    now, fired = 0.0, 0
    for n, t in enumerate(times):
        if t > now:
            steps = math.ceil((t - now) / stable)
            dt = (t - now) / steps
            last = int(np.searchsorted(shots.time_s, t))
            kernels.march(
                rise,
                np.ascontiguousarray((shots.xy_m[fired:last] - (x0, y0)) / cell),
                np.floor((shots.time_s[fired:last] - now) / dt).astype(np.int64).clip(0, steps - 1),
                heat[fired:last],
                put,
                dz,
                k,
                rho_c,
                between,
                surface,
                colder,
                cell,
                dt,
                steps,
                level,
                ledger,
            )
            now, fired = float(t), last
        surfaces[n], basals[n] = rise[0], rise[level]
    stored = float(np.sum(rise.sum(axis=(1, 2)) * rho_c * dz)) * cell**2
    made = GridHeat(
        x_mm=from_si(x0 + cell * (np.arange(nx) + 0.5), "mm"),
        y_mm=from_si(y0 + cell * (np.arange(ny) + 0.5), "mm"),
        depth_um=from_si(np.cumsum(dz) - dz / 2, "um"),
        time_s=times,
        surface_K=surfaces,
        basal_K=basals,
        last_K=rise,
        peak_surface_K=float(ledger[2]),
        peak_basal_K=float(ledger[3]),
        balance=abs(ledger[0] - stored - ledger[1]) / max(ledger[0], 1e-30),
        lost_to_air_J=float(ledger[1]),
    )
    for name in ("x_mm", "y_mm", "depth_um", "time_s", "surface_K", "basal_K", "last_K"):
        getattr(made, name).setflags(write=False)
    return made


def _checked(times_s: Array) -> Array:
    times = np.array(times_s, dtype=np.float64)
    good = times.ndim == 1 and 1 <= len(times) <= 2000 and bool(np.isfinite(times).all())
    if not (good and times[0] >= 0 and bool((np.diff(times) > 0).all()) and times[-1] <= 3600):
        raise BadInput(
            "times_s", given="times that do not rise", allowed="1 to 2000 times from 0 to 3600 s", todo="Sort them."
        )
    return times


def _depths(finest_m: float, depth_m: float) -> Array:
    """Thickness of the cells, each a tenth more than the one above, down to ``depth_m``."""
    count = math.ceil(math.log1p(0.1 * depth_m / finest_m) / math.log(1.1)) + 1
    return finest_m * np.power(1.1, np.arange(count, dtype=np.float64))


def _properties(layers: tuple[SkinLayer, ...], dz: Array) -> tuple[Array, Array]:
    """Conductivity (of heat flowing down: in series) and heat capacity of each cell."""
    edges = np.append(0.0, np.cumsum(dz))
    bottom = np.cumsum([to_si(layer.thickness_um, "um") for layer in layers])
    bottom[-1] = max(float(bottom[-1]), float(edges[-1]))
    resistance, capacity = np.zeros(len(dz)), np.zeros(len(dz))
    top = 0.0
    for layer, low in zip(layers, bottom, strict=True):
        k = _number("conductivity_W_mK", layer.conductivity_W_mK, 0.05, 2)
        c = _number("heat_capacity_J_m3K", layer.heat_capacity_J_m3K, 5e5, 8e6)
        inside = np.clip(np.minimum(edges[1:], low) - np.maximum(edges[:-1], top), 0, None)
        resistance += inside / k
        capacity += inside * c
        top = float(low)
    return dz / resistance, capacity / dz


def _by_cell(source: HeatSource, dz: Array) -> Array:
    """Share of a column's heat in each cell."""
    below = np.interp(np.append(0.0, np.cumsum(dz)), source.edges_m, np.append(0.0, np.cumsum(source.weights)))
    share: Array = np.diff(below)
    return share
