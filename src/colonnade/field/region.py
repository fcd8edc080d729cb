"""The area that is treated, in metres, with the origin at its centre."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from colonnade.errors import BadInput
from colonnade.units import to_si

Array = NDArray[np.float64]

#: Larger than any scan of one zone; a typing error in the unit gives a region of metres.
MAX_SIDE_MM = 500.0


class Region(Protocol):
    """What `treat` asks of a region, whatever it was made from."""

    @property
    def area_m2(self) -> float:
        """Area [m²]."""

    @property
    def perimeter_m(self) -> float:
        """Length of the edge [m]."""

    @property
    def bounds_m(self) -> tuple[float, float, float, float]:
        """Smallest x, smallest y, largest x, largest y [m]."""

    def contains(self, xy_m: Array) -> NDArray[np.bool_]:
        """Which of the points (n, 2) [m] lie inside, the edge included: shape (n,)."""


@dataclass(frozen=True)
class Rectangle:
    """A rectangle centred at the origin."""

    width_m: float
    height_m: float

    @property
    def area_m2(self) -> float:
        """Area [m²]."""
        return self.width_m * self.height_m

    @property
    def perimeter_m(self) -> float:
        """Length of the edge [m]."""
        return 2 * (self.width_m + self.height_m)

    @property
    def bounds_m(self) -> tuple[float, float, float, float]:
        """Smallest x, smallest y, largest x, largest y [m]."""
        return -self.width_m / 2, -self.height_m / 2, self.width_m / 2, self.height_m / 2

    def contains(self, xy_m: Array) -> NDArray[np.bool_]:
        """Which of the points (n, 2) [m] lie inside: shape (n,)."""
        inside: NDArray[np.bool_] = (np.abs(xy_m[:, 0]) <= self.width_m / 2) & (np.abs(xy_m[:, 1]) <= self.height_m / 2)
        return inside


@dataclass(frozen=True)
class Circle:
    """A circle centred at the origin."""

    diameter_m: float

    @property
    def area_m2(self) -> float:
        """Area [m²]."""
        return math.pi * self.diameter_m**2 / 4

    @property
    def perimeter_m(self) -> float:
        """Length of the edge [m]."""
        return math.pi * self.diameter_m

    @property
    def bounds_m(self) -> tuple[float, float, float, float]:
        """Smallest x, smallest y, largest x, largest y [m]."""
        radius = self.diameter_m / 2
        return -radius, -radius, radius, radius

    def contains(self, xy_m: Array) -> NDArray[np.bool_]:
        """Which of the points (n, 2) [m] lie inside: shape (n,)."""
        inside: NDArray[np.bool_] = xy_m[:, 0] ** 2 + xy_m[:, 1] ** 2 <= (self.diameter_m / 2) ** 2
        return inside


def full_area_m2(region: Region) -> float:
    """Area [m²] that would bear as many columns at the full density: less than the area where an edge is feathered."""
    return float(getattr(region, "weighted_area_m2", region.area_m2))


def square(mm: float) -> Rectangle:
    """A square with sides of ``mm`` [mm]. Raises BadInput unless 0 < mm ≤ 500."""
    return Rectangle(_side("square", mm), _side("square", mm))


def rectangle(width_mm: float, height_mm: float) -> Rectangle:
    """A rectangle [mm]. Raises BadInput unless both sides are above 0 and at most 500."""
    return Rectangle(_side("rectangle width", width_mm), _side("rectangle height", height_mm))


def circle(diameter_mm: float) -> Circle:
    """A circle [mm]. Raises BadInput unless 0 < diameter ≤ 500."""
    return Circle(_side("circle diameter", diameter_mm))


def _side(what: str, mm: float) -> float:
    if isinstance(mm, bool) or not isinstance(mm, int | float) or not 0 < mm <= MAX_SIDE_MM:
        raise BadInput(
            f"region {what}",
            given=f"{mm!r} mm",
            allowed=f"a number above 0 and at most {MAX_SIDE_MM:g} mm",
            todo="State the side of the treated area in millimetres.",
        )
    return to_si(float(mm), "mm")
