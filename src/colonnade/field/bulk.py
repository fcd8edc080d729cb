"""The history of bulk heat: where it is hottest between the columns, how it rises and falls, and the second opinion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from colonnade.field import heat
from colonnade.field.heat import Shots
from colonnade.photothermal import damage
from colonnade.units import from_si, kelvin

Array = NDArray[np.float64]

#: So many places between columns, spread over the whole field, are looked at while the last of their neighbours warms
#: them, and besides so many of those which their nearest columns warm most. The best are followed over time.
SPREAD_PLACES = 3_000
WARM_PLACES = 1_500
NEAREST = 24
FIRST_DELAYS = (0.9, 2.5)
BEST_PLACES = 64
NEIGHBOURS = 4
#: So near to columns of an earlier zone places are looked at besides: heat goes 3.7 mm, √(4αt), in a minute.
BORDER_M = 4e-3
#: When the heat of a neighbour at distance r is looked for, in units of r²/4α, where its share peaks.
DELAYS = (0.5, 1.0, 1.7, 3.0)
#: How long the history goes on after the last column [s]. Left-out perfusion would matter after half an hour.
AFTERWARDS_S = 600.0


@dataclass(frozen=True)
class BulkHeat:
    """Rise of the skin between the columns while the field is fired and after [K]; arrays of shape (n,).

    "Between" is a point midway between columns with room around it (see `between`), at the place that gets hottest
    at that depth; "mean" is around the hottest place at the surface, with a Gaussian weight of one pitch.
    """

    time_s: Array
    surface_mean_K: Array
    surface_K: Array
    basal_K: Array
    dermis_K: Array
    basal_depth_um: float
    dermis_depth_um: float
    peak_surface_mean_K: float
    peak_surface_K: float
    peak_basal_K: float
    peak_dermis_K: float
    peak_basal_either_end_K: float
    """Highest rise at the basal layer with this conductivity or with the high end of what was measured. The low end
    is hotter in the mean and in dose; but midway between columns a high conductivity lets the heat of more neighbours
    meet while it is fresh."""
    peak_basal_time_s: float
    hottest_mm: Array
    """Hottest places at surface, basal layer and dermis: shape (3, 2)."""
    start_temperature_C: float
    peak_basal_temperature_C: float
    cem43_basal_min: float
    omega_basal: float
    """Arrhenius integral (Henriques-Moritz) at the hottest place of the basal layer between columns."""
    omega_basal_weaver_stoll: float
    conductivity_W_mK: float
    heat_capacity_J_m3K: float
    two_way_difference_K: float
    """Largest difference between the sum over columns and the modes of a closed box."""
    two_way_tolerance_K: float

    def cooled_below_s(self, rise_K: float) -> float | None:
        """Time after the start from which the basal layer stays below ``rise_K``; None if not within the history."""
        above = np.nonzero(~(self.basal_K < rise_K))[0]
        if len(above) == 0:
            return 0.0
        return float(self.time_s[above[-1] + 1]) if above[-1] + 1 < len(self.time_s) else None


def between(xy_m: Array, pitch_m: float, room_m: float) -> Array:
    """Points midway between columns: the corners of their Voronoi cells, shape (m, 2) [m].

    Only corners more than ``room_m`` away from every column count: nearer ones lie within a lesion, or within the
    merged lesion of columns that nearly coincide. Where there are none the twentieth of the corners that is
    farthest from all columns stands for them.
    """
    from scipy.spatial import cKDTree

    corners = _corners(xy_m, pitch_m)
    distance = cKDTree(xy_m).query(corners)[0]
    roomy = distance > room_m
    chosen: Array = corners[roomy if roomy.any() else distance >= np.quantile(distance, 0.95)]
    return chosen


def _corners(xy_m: Array, pitch_m: float) -> Array:
    """Corners of the Voronoi cells within a pitch of a column: shape (m, 2) [m]."""
    from scipy.spatial import QhullError, Voronoi, cKDTree

    # for fewer columns than make a triangle: half a diagonal away from each
    aside = xy_m + pitch_m / 2
    if len(xy_m) < 4:
        return aside
    try:
        corners = Voronoi(xy_m).vertices
    except QhullError:  # all on one line
        return aside
    near: Array = corners[cKDTree(xy_m).query(corners, distance_upper_bound=pitch_m)[0] <= pitch_m]
    return near if len(near) else aside


def history(
    shots: Shots,
    *,
    pitch_m: float,
    room_m: float,
    basal_depth_um: float,
    dermis_depth_um: float,
    start_temperature_C: float,
    pass_end_s: tuple[float, ...],
) -> BulkHeat:
    """Bulk heat of ``shots`` (in firing order).

    Raises
    ------
    ArithmeticError
        If the two ways of computing a peak differ by more than their tolerance, or a rise is not finite.
    """
    depths = np.array([0.0, basal_depth_um * 1e-6, dermis_depth_um * 1e-6])
    every = between(shots.xy_m, pitch_m, room_m)
    worth = _worth_looking(shots, every, depths[1:2])
    places, moments, _ = _hottest(shots, every, worth, depths)
    times = _times(shots, places, pass_end_s, moments)
    rises = np.stack(
        [heat.rise(shots, np.tile(places[d], (len(times), 1)), times, depths[d : d + 1])[:, 0] for d in range(3)]
    )
    mean = heat.mean_rise(shots, places[0], pitch_m, times, 0.0)
    if not (np.isfinite(rises).all() and np.isfinite(mean).all()):
        raise ArithmeticError("bulk heat: a rise is not a finite number; no bulk heat is given")
    difference, allowed = _second_opinion(shots, places, depths, times, rises, mean, pitch_m)
    quick = shots.conducting(max(heat.CONDUCTIVITY_HIGH_W_mK, shots.conductivity_W_mK))
    peak_quick = float(_hottest(quick, every, worth, depths[1:2])[2][0])
    basal_C = start_temperature_C + rises[1]
    basal_K = kelvin(start_temperature_C) + rises[1]
    return BulkHeat(
        time_s=times,
        surface_mean_K=mean,
        surface_K=rises[0],
        basal_K=rises[1],
        dermis_K=rises[2],
        basal_depth_um=basal_depth_um,
        dermis_depth_um=dermis_depth_um,
        peak_surface_mean_K=float(mean.max()),
        peak_surface_K=float(rises[0].max()),
        peak_basal_K=float(rises[1].max()),
        peak_dermis_K=float(rises[2].max()),
        peak_basal_either_end_K=max(float(rises[1].max()), peak_quick),
        peak_basal_time_s=float(times[rises[1].argmax()]),
        hottest_mm=from_si(places, "mm"),
        start_temperature_C=start_temperature_C,
        peak_basal_temperature_C=float(basal_C.max()),
        cem43_basal_min=damage.cem43_minutes(times, basal_C),
        omega_basal=damage.omega(damage.HENRIQUES_MORITZ, times, basal_K),
        omega_basal_weaver_stoll=damage.omega(damage.WEAVER_STOLL, times, basal_K),
        conductivity_W_mK=shots.conductivity_W_mK,
        heat_capacity_J_m3K=shots.heat_capacity_J_m3K,
        two_way_difference_K=difference,
        two_way_tolerance_K=allowed,
    )


def _moments_of(shots: Shots, places: Array, delays: tuple[float, ...]) -> Array:
    """When the heat of each place's nearest columns arrives: shape (places, NEIGHBOURS * delays) [s]."""
    from scipy.spatial import cKDTree

    k = min(NEIGHBOURS, len(shots.xy_m))
    distance, index = cKDTree(shots.xy_m).query(places, k=range(1, k + 1))
    arrival = distance**2 / shots.four_alpha
    when: Array = shots.time_s[index][:, :, None] + arrival[:, :, None] * np.array(delays)
    return when.reshape(len(places), -1)


def _hottest(shots: Shots, every: Array, places: Array, depths_m: Array) -> tuple[Array, Array, Array]:
    """The hottest place at each depth, (D, 2); when it was hottest, and how hot: (D,).

    ``places`` (k, 2) are looked at, and around the best of them also their neighbours among ``every`` (m, 2).
    """
    from scipy.spatial import cKDTree

    middle = depths_m[len(depths_m) // 2 :][:1]
    first = [_moments_of(shots, places, (delay,)).max(axis=1) for delay in FIRST_DELAYS]
    looked = np.max([heat.rise(shots, places, when, middle)[:, 0] for when in first], axis=0)
    best = places[np.argsort(looked, kind="stable")[-BEST_PLACES:]]
    beside = cKDTree(every).query(best[-8:], k=range(1, min(8, len(every)) + 1))[1]
    places = np.concatenate([best, every[np.unique(beside)]])
    moments = _moments_of(shots, places, DELAYS)
    queries = np.repeat(places, moments.shape[1], axis=0)
    rises = heat.rise(shots, queries, moments.ravel(), depths_m).reshape(-1, len(depths_m))
    top = rises.argmax(axis=0)
    return queries[top], moments.ravel()[top], rises.max(axis=0)


def _worth_looking(shots: Shots, every: Array, depth_m: Array) -> Array:
    """Some of the places ``every`` (m, 2), all of them if they are few: shape (k, 2). ``depth_m`` (1,)."""
    from scipy.spatial import cKDTree

    if len(every) <= SPREAD_PLACES:
        return every
    distance, index = cKDTree(shots.xy_m).query(every, k=range(1, min(NEAREST, len(shots.xy_m)) + 1))
    last = shots.time_s[index[:, :NEIGHBOURS]].max(axis=1) + distance[:, 0] ** 2 / shots.four_alpha
    s = shots.four_alpha * np.maximum(last[:, None] - shots.time_s[index], 0.0) + 1e-12
    nodes = np.geomspace(s.min(), s.max(), 200)
    share = np.interp(np.log(s), np.log(nodes), heat.depth_factor(nodes, depth_m, shots.source)[:, 0])
    warmest = np.argsort(np.sum(np.exp(-(distance**2) / s) / s * share, axis=1), kind="stable")[-WARM_PLACES:]
    spread = np.arange(0, len(every), -(-len(every) // SPREAD_PLACES))
    looked = np.union1d(warmest, spread)
    if shots.before:  # the border with what was treated before is warm too
        earlier = cKDTree(np.concatenate([one.xy_m for one in shots.before]))
        border = np.nonzero(earlier.query(every, distance_upper_bound=BORDER_M)[0] < BORDER_M)[0]
        looked = np.union1d(looked, border[:: max(1, -(-len(border) // WARM_PLACES))])
    chosen: Array = every[looked]
    return chosen


def _times(shots: Shots, places: Array, pass_end_s: tuple[float, ...], moments: Array) -> Array:
    """Sample times: evenly while firing, close together where a neighbour's heat arrives, ever wider afterwards."""
    end = pass_end_s[-1] + AFTERWARDS_S
    parts = [np.array([0.0, end])]
    start = 0.0
    for k, stop in enumerate(pass_end_s):
        parts.append(np.linspace(start, stop, 61))
        start = float(shots.time_s[np.searchsorted(shots.time_s, stop)]) if k + 1 < len(pass_end_s) else end
        if start - stop > 1e-3:
            parts.append(stop + np.geomspace(1e-3, start - stop, 60))
    near = _moments_of(shots, places, DELAYS).ravel()
    parts.append(near)
    # the peak itself: a fine comb around the best moment found
    width = np.median(np.abs(near[:, None] - moments[None, :]).min(axis=1)) + 1e-3
    parts.append((moments[:, None] + np.linspace(-2, 2, 25) * width).ravel())
    times = np.unique(np.concatenate(parts))
    return times[(times >= 0) & (times <= end)]


def _second_opinion(
    shots: Shots, places: Array, depths_m: Array, times: Array, rises: Array, mean: Array, width_m: float
) -> tuple[float, float]:
    """Largest difference between two ways, and what is allowed [K]. Raises ArithmeticError beyond it.

    The mean around the hottest place, at its peak and later: sum over columns against modes of a box. The peaks
    between columns: the compiled sum against the plain one.
    """
    peak = int(mean.argmax())
    later = min(int(np.searchsorted(times, 2 * times[peak] + 1.0)), len(times) - 1)
    # np.max passes a NaN on, max() may swallow it
    modes = []
    for k in {peak, later}:
        for d, depth in enumerate(depths_m):
            ours = mean[k] if d == 0 else heat.mean_rise(shots, places[0], width_m, times[k : k + 1], depth)[0]
            modes.append(ours - heat.mean_rise_modes(shots, places[0], width_m, float(times[k]), depth))
    plain = []
    for d in range(len(depths_m)):
        k = int(rises[d].argmax())
        plain.append(rises[d, k] - heat.rise_plain(shots, places[d], float(times[k]), depths_m[d : d + 1])[0])
    difference, difference_plain = float(np.max(np.abs(modes))), float(np.max(np.abs(plain)))
    allowed, allowed_plain = heat.TOLERANCE * float(mean.max()), heat.TOLERANCE_PLAIN * float(rises.max())
    if not (difference <= allowed and difference_plain <= allowed_plain):
        raise ArithmeticError(
            f"bulk heat: two computations differ by {difference:.3g} K (at most {allowed:.3g}) and "
            f"{difference_plain:.3g} K (at most {allowed_plain:.3g}); no bulk heat is given"
        )
    return difference, allowed
