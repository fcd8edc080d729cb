"""Columns fired into skin that earlier ones have warmed: how warm it is, and what that does to their lesions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from colonnade.errors import BadInput
from colonnade.field import heat
from colonnade.field.heat import Shots
from colonnade.laser import Shot
from colonnade.photothermal import Lesion
from colonnade.tissue import Skin

Array = NDArray[np.float64]

#: Columns whose rise is computed at once: bounds the memory.
PIECE = 50_000
#: The heat of the columns is found again until no rise changes by more [K].
SETTLED_K = 0.005
MOST_ROUNDS = 12
#: Preheat [K] of the table's lesions unless stated; beyond the last one the last lesion is an underestimate: refused.
PREHEATS_K = (0.0, 5.0, 10.0, 15.0)


@dataclass(frozen=True)
class LesionTable:
    """Lesions of one shot into skin warmer by ``preheat_K``, which rises from 0."""

    preheat_K: tuple[float, ...]
    lesions: tuple[Lesion, ...]

    def __post_init__(self) -> None:
        rising = len(self.preheat_K) >= 2 and self.preheat_K[0] == 0 and bool((np.diff(self.preheat_K) > 0).all())
        if not rising or len(self.preheat_K) != len(self.lesions):
            raise BadInput(
                "lesion table",
                given=f"preheats {self.preheat_K} for {len(self.lesions)} lesions",
                allowed="two lesions or more, their preheat rising from 0 K",
                todo="Make it with colonnade.field.lesion_table.",
            )

    @property
    def nominal(self) -> Lesion:
        """The lesion in skin at its own temperature."""
        return self.lesions[0]

    def at(self, name: str, preheat_K: Array) -> Array:
        """A number of the lesion, e.g. ``crater_depth_um``, at each preheat (n,), straight between the lesions."""
        values = np.array([getattr(lesion, name) for lesion in self.lesions], dtype=np.float64)
        between: Array = np.interp(preheat_K, self.preheat_K, values)
        return between


def lesion_table(
    shot: Shot,
    skin: Skin,
    *,
    preheats_K: tuple[float, ...] = PREHEATS_K,
    make: Callable[[Shot, Skin], Lesion] | None = None,
) -> LesionTable:
    """Simulate ``shot`` into ``skin`` and into the same skin warmer by each preheat.

    ``make`` simulates one column; unless stated `colonnade.photothermal.simulate` with its default strategies.
    """
    if make is None:
        from colonnade.photothermal import simulate

        make = simulate
    warm = [skin.model_copy(update={"temperature_C": skin.temperature_C + rise}) for rise in preheats_K]
    return LesionTable(tuple(preheats_K), tuple(make(shot, w) for w in warm))


@dataclass(frozen=True)
class Preheat:
    """How warm the skin was where and when each column was fired; arrays of shape (n,), read-only."""

    rise_K: Array
    """Mean of the surface, the basal layer and the middle of the column."""
    depths_um: tuple[float, ...]
    relative_heat: Array
    """Residual heat of each column over the nominal one's."""
    crater_depth_um: Array
    coagulation_depth_um: Array
    rounds: int

    @property
    def deepest_um(self) -> float:
        """Deepest crater."""
        return float(self.crater_depth_um.max())


def background(shots: Shots, depths_m: Array) -> Array:
    """Rise at each column's place at its own firing time, itself left out: shape (n, D) [K].

    Columns farther than √(20·4α·age) are left out (2e-9 of a column's heat), the depth factor is interpolated (1e-4).
    """
    parts = [
        heat.rise(shots, shots.xy_m[k : k + PIECE], shots.time_s[k : k + PIECE], depths_m)
        for k in range(0, len(shots.time_s), PIECE)
    ]
    return np.concatenate(parts) if parts else np.zeros((0, len(depths_m)))


def fed_back(
    shots: Shots, table: LesionTable, *, basal_depth_um: float, relative: Array | None = None
) -> tuple[Shots, Preheat]:
    """The shots with the heat of columns fired into warm skin, and what that does to each lesion.

    Heat and depth of each column follow from the preheat by the table; more heat warms the later ones more, so
    this is repeated until it settles. ``relative`` (n,): heat of each column over the nominal one's for other
    reasons, e.g. the hand's distance.

    Raises
    ------
    BadInput
        Where the skin is warmer than the table goes.
    ArithmeticError
        If it does not settle.
    """
    middle = table.nominal.coagulation_depth_um / 2
    depths = (0.0, basal_depth_um, max(middle, basal_depth_um))
    at = np.array(depths) * 1e-6
    nominal = table.nominal.residual_heat_mJ
    rise = np.zeros(len(shots.time_s))
    rounds, change = 0, np.inf
    while not change <= SETTLED_K:
        rounds += 1
        if rounds > MOST_ROUNDS:
            raise ArithmeticError(f"preheat: after {MOST_ROUNDS} rounds a rise still changes by {change:.3g} K")
        by_warmth = table.at("residual_heat_mJ", rise) / nominal if nominal > 0 else np.ones(len(rise))
        total = by_warmth if relative is None else by_warmth * relative
        shots = replace(shots, relative_heat=total)
        again = background(shots, at).mean(axis=1)
        change = float(np.max(np.abs(again - rise), initial=0.0))
        rise = again
        if not rise.max(initial=0.0) <= table.preheat_K[-1]:
            raise BadInput(
                "lesion table",
                given=f"a column fired into skin {rise.max():.1f} K warmer",
                allowed=f"at most the table's last preheat, {table.preheat_K[-1]:g} K",
                todo="Make a table that goes further, or let the skin cool: lower rate or density, longer pauses.",
            )
    crater, coagulation = table.at("crater_depth_um", rise), table.at("coagulation_depth_um", rise)
    for array in (rise, total, crater, coagulation):
        array.setflags(write=False)
    return shots, Preheat(rise, depths, total, crater, coagulation, rounds)
