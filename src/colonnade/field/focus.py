"""A handpiece held too near or too far: what the distance does to each column."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from colonnade.errors import BadInput
from colonnade.laser import Shot
from colonnade.photothermal import Lesion
from colonnade.tissue import Skin
from colonnade.units import from_si, to_si

Array = NDArray[np.float64]

#: Distances [mm] of the table's lesions unless stated: 0 in focus, positive too far from the skin.
DISTANCES_MM = (-2.0, -1.0, 0.0, 1.0, 2.0)


@dataclass(frozen=True)
class Aim:
    """Each column by the distance at which its stamp was held; arrays of shape (n,), read-only."""

    defocus_mm: Array
    crater_depth_um: Array
    coagulation_depth_um: Array
    relative_heat: Array
    """Residual heat over that of the lesion in focus."""


@dataclass(frozen=True)
class FocusTable:
    """Lesions of one shot from handpieces held farther from the skin by ``defocus_mm``, which rises through 0."""

    defocus_mm: tuple[float, ...]
    lesions: tuple[Lesion, ...]

    def __post_init__(self) -> None:
        rising = len(self.defocus_mm) >= 3 and 0.0 in self.defocus_mm and bool((np.diff(self.defocus_mm) > 0).all())
        if not rising or len(self.defocus_mm) != len(self.lesions):
            raise BadInput(
                "table of lesions out of focus",
                given=f"distances {self.defocus_mm} for {len(self.lesions)} lesions",
                allowed="three lesions or more, their distance rising, one of them 0 mm",
                todo="Make it with colonnade.field.focus_table.",
            )

    @property
    def focused(self) -> Lesion:
        """The lesion in focus."""
        return self.lesions[self.defocus_mm.index(0.0)]

    def aim(self, defocus_mm: Array) -> Aim:
        """The columns at distances (n,) [mm], straight between the lesions of the table.

        Raises BadInput beyond the table: nothing is extrapolated.
        """
        low, high = self.defocus_mm[0], self.defocus_mm[-1]
        if not bool(((defocus_mm >= low) & (defocus_mm <= high)).all()):
            raise BadInput(
                "hand defocus_mm",
                given=f"columns {float(defocus_mm.min()):.2f} to {float(defocus_mm.max()):.2f} mm out of focus",
                allowed=f"{low:g} to {high:g} mm, what the table of lesions spans",
                todo="Make a table that spans more (focus_table), or state a steadier hand.",
            )

        def at(name: str) -> Array:
            values = np.array([getattr(lesion, name) for lesion in self.lesions], dtype=np.float64)
            between: Array = np.interp(defocus_mm, self.defocus_mm, values)
            return between

        nominal = self.focused.residual_heat_mJ
        heat = at("residual_heat_mJ") / nominal if nominal > 0 else np.ones(len(defocus_mm))
        made = Aim(np.array(defocus_mm), at("crater_depth_um"), at("coagulation_depth_um"), heat)
        for array in (made.defocus_mm, made.crater_depth_um, made.coagulation_depth_um, made.relative_heat):
            array.setflags(write=False)
        return made


def focus_table(
    shot: Shot,
    skin: Skin,
    *,
    distances_mm: tuple[float, ...] = DISTANCES_MM,
    make: Callable[[Shot, Skin], Lesion] | None = None,
) -> FocusTable:
    """Simulate ``shot`` into ``skin`` in focus and from handpieces held nearer and farther.

    Held farther by d the focus lies d higher. ``make`` simulates one column; unless stated
    `colonnade.photothermal.simulate` with its default strategies.
    """
    if make is None:
        from colonnade.photothermal import simulate

        make = simulate
    moved = [
        shot.model_copy(update={"focus_depth_um": shot.focus_depth_um - from_si(to_si(d, "mm"), "um")})
        for d in distances_mm
    ]
    return FocusTable(tuple(distances_mm), tuple(make(one, skin) for one in moved))
