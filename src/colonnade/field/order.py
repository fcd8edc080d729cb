"""In which order the columns of a pass are fired, and when: the scanner's steps, the operator's, the passes'."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from colonnade.errors import BadInput, did_you_mean
from colonnade.field.area import _number
from colonnade.field.stamps import Tiling

Array = NDArray[np.float64]
Order = NDArray[np.int64]
OrderKind = Literal["raster", "serpentine", "interlaced", "random", "optimised"]

#: Interlaces tried for the optimised order: so many classes along and across the rows.
INTERLACES = ((1, 1), (2, 2), (2, 3), (3, 2), (3, 3), (4, 3), (4, 4), (5, 5), (6, 6), (8, 8))
#: Columns within so many pitches are neighbours: the four or six nearest and, on a square lattice, the diagonal ones.
NEIGHBOUR_PITCHES = 1.5


@dataclass(frozen=True)
class Timing:
    """What the scanner and the operator need between shots, stamps and passes."""

    rate_Hz: float
    """Columns per second at most."""
    settle_ms: float = 0.0
    """For the mirrors to stand still after each step; steps shorter than 1/rate cost nothing."""
    jump_mm_s: float | None = None
    """Speed of the spot between columns; None: as fast as the rate asks."""
    stamp_s: float = 0.0
    """From the last column of a stamp to the first of the next."""
    pass_interval_s: float = 0.0
    """From the last column of a pass to the first of the next."""


@dataclass(frozen=True)
class Firing:
    """Every column of all passes in firing order. Arrays are read-only."""

    order: OrderKind
    timing: Timing
    positions_m: Array
    times_s: Array
    stamp: Order
    """Stamp within its pass, (n,)."""
    pass_: Order
    column: Order
    """Which column of its pass's tiling, (n,)."""
    columns_per_pass: tuple[int, ...]
    pass_end_s: tuple[float, ...]
    least_time_between_neighbours_s: float
    """Over all stamps: the shortest time between columns within 1.5 pitches of each other."""
    stamp_s: float
    """Time to fire the fullest stamp, N/f with the scanner's steps."""
    diffusion_s: float
    """p²/4α: when a column's heat arrives at its neighbours."""

    @property
    def order_helps(self) -> bool:
        """Whether the order can matter for the heat between columns: N/f ≥ p²/4α."""
        return self.stamp_s >= self.diffusion_s

    @property
    def said(self) -> str:
        """One sentence on what the order does, for the report."""
        ratio = self.stamp_s / self.diffusion_s
        if self.order_helps:
            return (
                f"The {self.order} order matters: a stamp takes {self.stamp_s:.2g} s, {ratio:.2g} times the "
                f"{self.diffusion_s:.2g} s in which heat reaches the next column."
            )
        return (
            f"The order does not help here: a stamp takes {self.stamp_s:.2g} s, less than the {self.diffusion_s:.2g} s "
            "in which heat reaches the next column, so all columns of a stamp warm the skin together. Lower the rate "
            "or the density, or wait between passes."
        )


def raster(xy_m: Array, stamp_m: float | None) -> Order:
    """Stamp by stamp, row by row, every row in the same direction: indices of shape (n,).

    ``xy_m`` holds the columns row after row, as `Pattern.place` gives them. The stamps are squares of side
    ``stamp_m`` from the region's lower left corner; None fires the region as one stamp.
    """
    if stamp_m is None or len(xy_m) == 0:
        return np.arange(len(xy_m))
    tile = np.floor((xy_m - xy_m.min(axis=0)) / stamp_m).astype(np.int64)
    order: Order = np.lexsort((np.arange(len(xy_m)), tile[:, 0], tile[:, 1]))
    return order


def known(order: str) -> OrderKind:
    """The order of that name. Raises BadInput for an unknown one."""
    names = get_args(OrderKind)
    if order not in names:
        raise BadInput("order", given=f'"{order}"', allowed=", ".join(names), todo=did_you_mean(order, names))
    return order  # type: ignore[return-value]


def fire(tilings: tuple[Tiling, ...], order: str, timing: Timing, *, four_alpha: float, seed: int = 0) -> Firing:
    """All columns of the passes' tilings in firing order, with times.

    Stamp after stamp in the order of the tiling, within each in the given order. The mirrors are steered by the ideal
    positions; the columns lie where the hand holds the scanner. ``four_alpha`` [m²/s] enters the verdict on the order.

    Raises
    ------
    BadInput
        For an unknown order or a time out of range.
    """
    kind = known(order)
    _check(timing)
    xy, times, stamps, passes, columns = [], [], [], [], []
    ends: list[float] = []
    start, longest, least = 0.0, 0.0, math.inf
    plan: tuple[int, int] | None = None
    for number, laid in enumerate(tilings):
        bounds = np.searchsorted(laid.stamp, np.arange(laid.stamps + 1))
        if kind == "optimised" and plan is None:
            fullest = int(np.argmax(np.diff(bounds)))
            plan = best_interlace(laid, slice(bounds[fullest], bounds[fullest + 1]), timing)
        for k in range(laid.stamps):
            ours = np.arange(bounds[k], bounds[k + 1])
            inside = within_stamp(kind, laid, ours, plan, seed=seed + 7919 * number + k)
            moment = step_times(laid.ideal_m[inside], timing)
            least = min(least, least_between(laid.ideal_m[inside], moment, laid.pattern.pitch_m))
            longest = max(longest, float(moment[-1]) + 1 / timing.rate_Hz)
            xy.append(laid.positions_m[inside])
            times.append(start + moment)
            stamps.append(np.full(len(inside), k))
            passes.append(np.full(len(inside), number))
            columns.append(inside)
            start = float(times[-1][-1]) + max(timing.stamp_s, 1 / timing.rate_Hz)
        ends.append(float(times[-1][-1]))
        start = ends[-1] + max(timing.pass_interval_s, timing.stamp_s, 1 / timing.rate_Hz)
    joined: list[Any] = [np.concatenate(part) for part in (xy, times, stamps, passes, columns)]
    for array in joined:
        array.setflags(write=False)
    return Firing(
        order=kind,
        timing=timing,
        positions_m=joined[0],
        times_s=joined[1],
        stamp=joined[2],
        pass_=joined[3],
        column=joined[4],
        columns_per_pass=tuple(laid.columns for laid in tilings),
        pass_end_s=tuple(ends),
        least_time_between_neighbours_s=least,
        stamp_s=longest,
        diffusion_s=tilings[0].pattern.pitch_m ** 2 / four_alpha,
    )


def within_stamp(kind: OrderKind, laid: Tiling, ours: Order, plan: tuple[int, int] | None, *, seed: int) -> Order:
    """The columns ``ours`` of one stamp in firing order."""
    place, row = laid.place[ours], laid.row[ours]
    if kind == "raster":
        return ours[np.lexsort((place, row))]
    if kind == "serpentine":
        return ours[np.lexsort((np.where(row % 2 == 0, place, -place), row))]
    if kind == "random":
        return ours[np.random.default_rng(seed).permutation(len(ours))]
    return ours[interlaced(place, row, *((4, 4) if kind == "interlaced" or plan is None else plan))]


def interlaced(place: Order, row: Order, along: int, across: int) -> Order:
    """Every ``along``-th column of every ``across``-th row, class after class, each class row by row."""
    rank = dispersed(along, across)
    of_class = rank[place % along, row % across]
    line = row // across
    return np.lexsort((np.where(line % 2 == 0, place, -place), row, of_class))


def dispersed(along: int, across: int) -> Order:
    """When each class of an interlace has its turn, (along, across): each as far as can be from the last ones.

    Greedy on the torus of classes: the next class is the one with the least Σ exp(−distance²)·recency over those
    had so far.
    """
    i, j = np.meshgrid(np.arange(along), np.arange(across), indexing="ij")
    weight = np.zeros((along, across))
    rank = np.full((along, across), -1)
    for turn in range(along * across):
        free = np.where(rank < 0, weight, np.inf)
        chosen = np.unravel_index(int(np.argmin(free)), free.shape)
        rank[chosen] = turn
        di, dj = np.abs(i - chosen[0]), np.abs(j - chosen[1])
        distance2 = np.minimum(di, along - di) ** 2 + np.minimum(dj, across - dj) ** 2
        weight = 0.8 * weight + np.exp(-distance2 / 2.0)
    return rank


def best_interlace(laid: Tiling, stamp: slice, timing: Timing) -> tuple[int, int]:
    """The interlace of a stamp with the longest least time between neighbours under the scanner's steps."""
    ours = np.arange(stamp.start, stamp.stop)

    def least(plan: tuple[int, int]) -> float:
        xy = laid.ideal_m[ours[interlaced(laid.place[ours], laid.row[ours], *plan)]]
        return least_between(xy, step_times(xy, timing), laid.pattern.pitch_m)

    return max(INTERLACES, key=least)


def step_times(xy_m: Array, timing: Timing) -> Array:
    """When each column of a stamp is fired after the first, (n,) [s]: 1/rate, or settling and jump if that is more."""
    step = np.full(max(len(xy_m) - 1, 0), 1 / timing.rate_Hz)
    jump = np.zeros(len(step))
    if timing.jump_mm_s is not None:
        jump = np.hypot(*np.diff(xy_m, axis=0).T) / (timing.jump_mm_s * 1e-3)
    moments: Array = np.concatenate([[0.0], np.cumsum(np.maximum(step, timing.settle_ms * 1e-3 + jump))])
    return moments


def least_between(xy_m: Array, time_s: Array, pitch_m: float) -> float:
    """Shortest time between columns within 1.5 pitches of each other [s]; infinite without neighbours."""
    from scipy.spatial import cKDTree

    pairs = cKDTree(xy_m).query_pairs(NEIGHBOUR_PITCHES * pitch_m, output_type="ndarray")
    return float(np.abs(time_s[pairs[:, 0]] - time_s[pairs[:, 1]]).min()) if len(pairs) else math.inf


def _check(timing: Timing) -> None:
    _number("rate_Hz", timing.rate_Hz, 0.1, 20_000)
    _number("settle_ms", timing.settle_ms, 0, 1000)
    _number("stamp_s", timing.stamp_s, 0, 3600)
    _number("pass_interval_s", timing.pass_interval_s, 0, 86_400)
    if timing.jump_mm_s is not None:
        _number("jump_mm_s", timing.jump_mm_s, 1, 1e6)
