"""How far the front must go over a wound: between columns, or from follicles and edges of a whole surface."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from colonnade.healing import front
from colonnade.healing.wound import Wound
from colonnade.units import from_si, to_si

Array = NDArray[np.float64]

#: Points across a full-field wound at which the distance is taken.
GRID = 140
#: A larger surface is looked at in a piece of this size; follicles are then many and its edges do not matter.
LARGEST_mm = 50.0


@dataclass(frozen=True)
class Closure:
    """Distances the front has to cover. ``distance_um`` and ``area_um2`` have shape (n,), one entry per point."""

    distance_um: Array
    area_um2: Array
    wound_share: float
    """Part of the treated area that has lost its epidermis."""
    start_um: float
    """Dead tissue the front must pass before it appears (below a full-field wound); 0 for columns."""

    def reach_um(self, share: float) -> float:
        """Path of the front until ``share`` of the wound is closed."""
        return self.start_um + front.reach_for(self.distance_um, self.area_um2, share)

    def open_pct(self, path_um: Array) -> Array:
        """Part of the treated area without epidermis when the front has gone these paths (t,) [%]."""
        reach = np.maximum(path_um - self.start_um, 0.0)
        left: Array = 100 * self.wound_share * front.open_share(self.distance_um, self.area_um2, reach)
        return left


def between_columns(wound: Wound) -> Closure:
    """Closure of the columns from the rims of the live islands between them."""
    centres, radius = wound.centres_um, wound.dead_radius_um
    if front.apart(centres, radius):
        centres = np.zeros((1, 2))
    x0, y0, x1, y1 = wound.window_um
    x, y = centres.T
    chosen = (x >= x0) & (x < x1) & (y >= y0) & (y < y1)
    if not chosen.any():  # one for all, or a region of a single column at its very edge
        chosen = np.ones(len(centres), dtype=bool)
    points, area = front.disc_samples(centres, radius, chosen)
    distance = front.distances(points, front.rim(centres, radius))
    share = float(area.sum()) * wound.columns_per_mm2 * 1e-6 / int(chosen.sum())
    return Closure(distance, area, min(share, 1.0), 0.0)


def of_surface(wound: Wound, sources_per_cm2: float, *, seed: int = 0) -> Closure:
    """Closure of the whole surface from its edges and from follicles scattered over it at random (seeded)."""
    most = from_si(to_si(LARGEST_mm, "mm"), "um")
    width, height = min(wound.width_um, most), min(wound.height_um, most)
    distance = _over_surface(wound.width_um, wound.height_um, width, height, sources_per_cm2 / 100, seed)
    area = np.full(len(distance), width * height / len(distance))
    return Closure(distance, area, 1.0, wound.rim_um)


@functools.lru_cache(maxsize=64)
def _over_surface(
    whole_um: float, tall_um: float, width_um: float, height_um: float, per_mm2: float, seed: int
) -> Array:
    """Distances over the middle ``width_um`` × ``height_um`` of a surface: shape (GRID²,). Kept, as it is asked again
    whenever only the columns of a plan change."""
    axes = [(np.arange(GRID) + 0.5) / GRID - 0.5] * 2
    u, v = np.meshgrid(*axes)
    points = np.stack([u.ravel() * width_um, v.ravel() * height_um], axis=1)
    sources = front.scattered(per_mm2, width_um, height_um, seed=seed)
    distance = front.distances(points, sources, halves_um=(whole_um / 2, tall_um / 2))
    distance.setflags(write=False)
    return distance
