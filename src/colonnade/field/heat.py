"""Bulk heat: the residual heat of every column, superposed under an insulated surface.

Each column is a line source through the skin with its heat spread over depth as the lesion left it (verification
case V14). Perfusion is left out (it acts over half an hour, V12) and so is the loss to the air (0.9 % in 1 s, V17):
both leave the skin warmer than it will be.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from colonnade.errors import BadInput
from colonnade.laser import Stated
from colonnade.photothermal import Lesion
from colonnade.units import to_si

Array = NDArray[np.float64]

CONDUCTIVITY_W_mK = Stated(
    value=0.21,
    flag="measured",
    source="low end of 0.21 to 0.55 W/m/K; human epidermis 0.21 (Ye 2017, PMC5459687, table 3)",
    note="the unfavourable end: heat stays longer",
)
#: The high end of the same measurements and of the mixture law.
CONDUCTIVITY_HIGH_W_mK = 0.55
#: Outside this a conductivity is taken for a slip of the pen.
CONDUCTIVITY_RANGE_W_mK = (0.15, 0.80)
HEAT_CAPACITY_J_m3K = Stated(
    value=3.65e6,
    flag="published",
    source="mixture law ρc at a water mass fraction of 0.70 (after Loiola 2018)",
)
#: Where no zone of the lesion has a depth, its heat is put into this layer: the absorption depth at 10.6 µm.
THINNEST_SOURCE_UM = Stated(
    value=12.0, flag="published", source="1/833 cm⁻¹ at 10.6 µm, moist skin (water after Hale and Querry 1973)"
)
MOST_SEGMENTS = 32


@dataclass(frozen=True)
class HeatSource:
    """Heat of one column by depth: ``weights`` (k,) sum to 1 and lie evenly between ``edges_m`` (k + 1,)."""

    heat_J: float
    edges_m: Array
    weights: Array

    @property
    def mean_depth_m(self) -> float:
        """Mean depth of the heat [m]."""
        return float(np.sum(self.weights * (self.edges_m[1:] + self.edges_m[:-1]) / 2))


@dataclass(frozen=True)
class Shots:
    """Every column in firing order: places (n, 2) [m], times (n,) [s], all with the same heat by depth."""

    xy_m: Array
    time_s: Array
    source: HeatSource
    conductivity_W_mK: float
    heat_capacity_J_m3K: float
    relative_heat: Array | None = None
    """Heat of each column over the source's, (n,); None: all the same."""
    loss_W_m2K: float = 0.0
    """Heat transfer to the air; 0: insulated, the unfavourable end."""
    before: tuple[Shots, ...] = ()
    """What was fired earlier nearby, with heat of its own: zones treated before. Times count from the same moment."""

    @property
    def four_alpha(self) -> float:
        """4α = 4k/ρc [m²/s]."""
        return 4 * self.conductivity_W_mK / self.heat_capacity_J_m3K

    @property
    def loss_per_m(self) -> float:
        """Heat transfer over conductivity, h/k [1/m]."""
        return self.loss_W_m2K / self.conductivity_W_mK

    @property
    def amplitude_K_m3(self) -> Array:
        """Heat of each column over volumetric heat capacity, (n,) [K m³]."""
        relative = np.ones(len(self.time_s)) if self.relative_heat is None else self.relative_heat
        return relative * (self.source.heat_J / self.heat_capacity_J_m3K)

    def conducting(self, conductivity_W_mK: float) -> Shots:
        """The same shots, and those before them, in skin of another conductivity."""
        earlier = tuple(shots.conducting(conductivity_W_mK) for shots in self.before)
        return replace(self, conductivity_W_mK=conductivity_W_mK, before=earlier)

    def earlier_by(self, seconds: float) -> tuple[Shots, ...]:
        """These shots and those before them as shots fired so many seconds earlier, none with any before it."""
        every = (*self.before, replace(self, before=()))
        return tuple(replace(shots, time_s=shots.time_s - seconds) for shots in every)


def source_of(lesion: Lesion) -> HeatSource:
    """The residual heat of a lesion by depth.

    A line source of q' J/m warms the skin at radius r by at most q'/(π·e·ρc·r²), so the square of the radius that
    reached 43 °C is proportional to the heat at that depth. Without such a zone the heat lies evenly down to the
    deepest zone there is, and without any in a layer of one absorption depth: towards the surface, the unfavourable
    end for the basal layer.
    """
    heat = lesion.residual_heat_mJ
    if not (math.isfinite(heat) and heat >= 0):
        raise BadInput(
            "lesion.residual_heat_mJ",
            given=repr(heat),
            allowed="a number of mJ from 0 up",
            todo="Compute the lesion again.",
        )
    profile = lesion.profile
    depth = to_si(profile.depth_um, "um")
    edges = np.concatenate([[0.0], (depth[1:] + depth[:-1]) / 2, [depth[-1] + (depth[-1] - depth[-2]) / 2]])
    weights = np.diff(edges) * to_si(profile.heated_um, "um") ** 2
    if not weights.sum() > 0:
        deepest = max(lesion.crater_depth_um, lesion.coagulation_depth_um, lesion.necrosis_depth_um)
        deepest = max(deepest, float(THINNEST_SOURCE_UM.value))
        return HeatSource(to_si(heat, "mJ"), np.array([0.0, to_si(deepest, "um")]), np.ones(1))
    last = int(np.nonzero(weights)[0][-1])
    edges, weights = edges[: last + 2], weights[: last + 1] / weights.sum()
    group = -(-len(weights) // MOST_SEGMENTS)
    starts = np.arange(0, len(weights), group)
    return HeatSource(to_si(heat, "mJ"), np.append(edges[starts], edges[-1]), np.add.reduceat(weights, starts))


def depth_factor(s_m2: Array, depths_m: Array, source: HeatSource, loss_per_m: float = 0.0) -> Array:
    """Share of a column's heat per metre at each depth, at s = 4α·age: shape (n, D) [1/m].

    ½[erf((z+b)/√s) − erf((z+a)/√s) + erf((z−a)/√s) − erf((z−b)/√s)]/(b − a), summed over the segments a…b. A surface
    that gives off heat, H = h/k, takes F(z+b) − F(z+a) away, F(u) = exp(−u²/s)·erfcx(u/√s + H√s/2) + erf(u/√s): the
    integral over the source of the half-space's Green's function (Carslaw and Jaeger 1959, §14.2).
    """
    from scipy.special import erf, erfcx

    root = np.sqrt(s_m2)[:, None, None]
    z = depths_m[None, :, None]
    edges = source.edges_m[None, None, :]
    steps = np.diff(erf((z + edges) / root), axis=2) + np.diff(erf((edges - z) / root), axis=2)
    if loss_per_m > 0:
        u = (z + edges) / root
        steps = steps - 2 * np.diff(np.exp(-(u**2)) * erfcx(u + loss_per_m * root / 2) + erf(u), axis=2)
    share: Array = 0.5 * steps @ (source.weights / np.diff(source.edges_m))
    return share


def rise(shots: Shots, xy_m: Array, time_s: Array, depths_m: Array) -> Array:
    """Rise at each query's own place and time, at every depth: shape (Q, D) [K].

    ``xy_m`` (Q, 2) [m], ``time_s`` (Q,) [s], ``depths_m`` (D,) [m]. Columns fired at or after the query's time
    do not count. Good to 1e-4 of the value (the depth factor is interpolated).
    """
    from colonnade.field import kernels

    out = np.zeros((len(time_s), len(depths_m)))
    if len(shots.time_s) == 0 or len(time_s) == 0:
        return out
    four_alpha = shots.four_alpha
    bits = 52 - kernels.NODE_BITS
    # a microsecond and less: no lateral path is that short; the last age asked for
    span = np.array([four_alpha * 1e-6, four_alpha * max(float(time_s.max() - shots.time_s.min()), 1e-3)])
    first, last = (int(b) for b in span.view(np.int64) >> bits)
    nodes = (np.arange(first, last + 2, dtype=np.int64) << bits).view(np.float64)
    table = np.ascontiguousarray(depth_factor(nodes, depths_m, shots.source, shots.loss_per_m).T)
    x, y = np.ascontiguousarray(shots.xy_m[:, 0]), np.ascontiguousarray(shots.xy_m[:, 1])
    order, starts, box = kernels.blocks(x, y, shots.time_s)
    kernels.superpose(
        np.ascontiguousarray(xy_m[:, 0]),
        np.ascontiguousarray(xy_m[:, 1]),
        np.ascontiguousarray(time_s, dtype=np.float64),
        x[order],
        y[order],
        shots.time_s[order],
        shots.amplitude_K_m3[order],
        starts,
        box,
        four_alpha,
        table,
        first,
        out,
    )
    for earlier in shots.before:
        out += rise(earlier, xy_m, time_s, depths_m)
    return out


def rise_plain(shots: Shots, xy_m: Array, time_s: float, depths_m: Array) -> Array:
    """The same at one place (2,) and time, term by term without tables, blocks or compiled code: shape (D,) [K]."""
    fired = shots.time_s < time_s
    s = shots.four_alpha * (time_s - shots.time_s[fired])
    r2 = np.sum((shots.xy_m[fired] - xy_m) ** 2, axis=1)
    near = r2 < 700 * s
    s, r2 = s[near], r2[near]
    lateral = np.exp(-r2 / s) / (np.pi * s) * shots.amplitude_K_m3[fired][near]
    total: Array = lateral @ depth_factor(s, depths_m, shots.source, shots.loss_per_m)
    for earlier in shots.before:
        total = total + rise_plain(earlier, xy_m, time_s, depths_m)
    return total


def mean_rise(shots: Shots, centre_m: Array, width_m: float, time_s: Array, depth_m: float) -> Array:
    """Rise averaged around a place with a Gaussian weight of standard deviation ``width_m``: shape (T,) [K].

    A Gaussian average of a Gaussian is one again, s + 2·width²: exact. With a width of one pitch the ripple of the
    lattice is gone (exp(−2π²) = 3e-9).
    """
    out = np.zeros(len(time_s))
    r2 = np.sum((shots.xy_m - centre_m) ** 2, axis=1)
    amplitude = shots.amplitude_K_m3
    for k, t in enumerate(time_s):
        fired = int(np.searchsorted(shots.time_s, t))
        s = shots.four_alpha * (t - shots.time_s[:fired])
        wide = s + 2 * width_m**2
        near = r2[:fired] < 40 * wide
        if near.any():
            s, wide = s[near], wide[near]
            lateral = np.exp(-r2[:fired][near] / wide) / (np.pi * wide)
            share = _share_by_table(s, np.array([depth_m]), shots)
            out[k] = np.sum(amplitude[:fired][near] * lateral * share)
    for earlier in shots.before:
        out += mean_rise(earlier, centre_m, width_m, time_s, depth_m)
    return out


def rise_map(shots: Shots, x_m: Array, y_m: Array, time_s: float, depth_m: float, width_m: float) -> Array:
    """Rise at every node of a rectangular grid (nx,), (ny,) [m] at one time and depth: shape (ny, nx) [K].

    Each is a mean with a Gaussian weight of standard deviation ``width_m``, as in `mean_rise`. A Gaussian over the
    plane is a product of two: the sum over columns is one product of matrices, whatever the size of the grid.
    """
    out = np.zeros((len(y_m), len(x_m)))
    fired = shots.time_s < time_s
    if fired.any():
        s = shots.four_alpha * (time_s - shots.time_s[fired])
        wide = s + 2 * width_m**2
        weight = shots.amplitude_K_m3[fired] * _share_by_table(s, np.array([depth_m]), shots) / (np.pi * wide)
        at = shots.xy_m[fired]
        along = np.exp(-((at[:, :1] - x_m) ** 2) / wide[:, None])
        across = np.exp(-((at[:, 1:] - y_m) ** 2) / wide[:, None])
        out = (across * weight[:, None]).T @ along
    for earlier in shots.before:
        out = out + rise_map(earlier, x_m, y_m, time_s, depth_m, width_m)
    return out


def _share_by_table(s_m2: Array, depths_m: Array, shots: Shots) -> Array:
    """`depth_factor` at one depth, straight between 600 nodes in ln s: shape (n,)."""
    if len(s_m2) <= 600:
        return depth_factor(s_m2, depths_m, shots.source, shots.loss_per_m)[:, 0]
    nodes = np.geomspace(s_m2.min(), s_m2.max() * (1 + 1e-9), 600)
    shares = depth_factor(nodes, depths_m, shots.source, shots.loss_per_m)[:, 0]
    between: Array = np.interp(np.log(s_m2), np.log(nodes), shares)
    return between


def mean_rise_modes(shots: Shots, centre_m: Array, width_m: float, time_s: float, depth_m: float) -> float:
    """`mean_rise` by another road: cosine modes of a closed box, each decaying on its own [K].

    The box is so wide and deep that its insulated walls are not felt. No Gaussian in space, no error function, no
    image source.
    """
    if shots.before:
        alone = (replace(shots, before=()), *shots.before)
        return sum(mean_rise_modes(one, centre_m, width_m, time_s, depth_m) for one in alone)
    fired = shots.time_s < time_s
    if shots.loss_W_m2K != 0:
        raise ValueError("the modes of a closed box know no loss to the air")
    age, offset = time_s - shots.time_s[fired], shots.xy_m[fired] - centre_m
    if len(age) == 0:
        return 0.0
    heat = shots.amplitude_K_m3[fired]
    alpha = shots.four_alpha / 4
    reach = 7 * math.sqrt(2 * alpha * float(age.max()) + width_m**2)
    near = np.abs(offset).max(axis=1) < reach
    age, offset, heat = age[near], offset[near], heat[near]
    if len(age) == 0:
        return 0.0
    half = 2 * reach
    # columns of like age together: a mode that has decayed by exp(−40) in the youngest of them is left out
    octave = np.floor(np.log2(age)).astype(int)
    total = 0.0
    for k in np.unique(octave):
        ours = octave == k
        total += float(np.sum(heat[ours] * _modes(age[ours], offset[ours], half, width_m, depth_m, shots, alpha)))
    return total


def _modes(age: Array, offset: Array, half: float, width_m: float, depth_m: float, shots: Shots, alpha: float) -> Array:
    """Share at one place of each of the columns of like age by cosine modes of the box: (n,) [1/m³]."""
    alive = math.sqrt(40 / (alpha * float(age.min())))
    # the weight damps a mode by exp(−k²·width²/2): at k·width = 7.5 by 6e-13
    wave = np.pi / (2 * half) * np.arange(1, math.ceil(min(alive, 7.5 / width_m) * 2 * half / np.pi) + 1)
    decay = np.exp(-alpha * np.outer(age, wave**2) - (wave * width_m) ** 2 / 2) * np.cos(wave * half)
    share = np.ones(len(age))
    for axis in range(2):
        share *= (1 + 2 * np.sum(decay * np.cos(np.outer(offset[:, axis] + half, wave)), axis=1)) / (2 * half)
    # in depth: a slab with insulated faces, thick enough for the oldest
    source = shots.source
    deepest = max(float(source.edges_m[-1]), depth_m)
    thickness = deepest + 8 * math.sqrt(2 * alpha * float(age.max()))
    finest = min(alive, DEPTH_MODES * np.pi / deepest)
    wave = np.pi / thickness * np.arange(1, math.ceil(finest * thickness / np.pi) + 1)
    a, b = source.edges_m[:-1], source.edges_m[1:]
    heat = (np.sin(np.outer(wave, b)) - np.sin(np.outer(wave, a))) / np.outer(wave, b - a) @ source.weights
    depth = (1 + 2 * np.exp(-alpha * np.outer(age, wave**2)) @ (heat * np.cos(wave * depth_m))) / thickness
    product: Array = share * depth
    return product


#: Half-waves down to the end of the heat. In a column fired this instant the heat ends sharply, which takes many
#: modes: with 40 a column 1.4 mm deep was missed by 0.4 % of the peak, with 320 by 2e-6.
DEPTH_MODES = 320
#: Largest difference allowed between the sum over columns and the modes of a box, as a fraction of the peak rise.
TOLERANCE = 0.002
#: Largest difference allowed between the compiled sum and the plain one (the table of depth factors).
TOLERANCE_PLAIN = 1e-3
