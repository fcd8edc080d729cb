"""From skin layers to the rows of the mesh: water, dry matter, conductivity, absorption per original volume."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from colonnade.photothermal import constants as c
from colonnade.photothermal.strategies import Film, Physics
from colonnade.tissue import Skin
from colonnade.units import to_si

Array = NDArray[np.float64]
#: Water of dermis by mass, where dry matter conducts `constants.K_DRY`.
DERMIS_WATER = 0.70


@dataclass(frozen=True)
class Rows:
    """Properties by row, each of shape (n_z,)."""

    water: Array
    """Water per original volume [kg/m3]."""
    c_dry: Array
    """Heat capacity of the dry matter per original volume [J/m3/K]."""
    k_wet: Array
    k_dry: Array
    mu_dry: Array


def density(water: float) -> float:
    """ρ = 1000 / (w + 0.649 (1 − w)) [kg/m3]: mixture law of [THESIS]; 1118 at w = 0.70."""
    return c.RHO_WATER.value / (water + c.DRY_VOLUME.value * (1.0 - water))


def rows_of(skin: Skin, z_edges_m: Array, physics: Physics, *, by_layer: bool = False) -> Rows:
    """Properties of each row of the mesh (or of each layer, once, with ``by_layer``)."""
    bottoms = np.cumsum([to_si(layer.thickness_um, "um") for layer in skin.layers])
    middle = 0.5 * (z_edges_m[1:] + z_edges_m[:-1])
    if by_layer:
        index = np.arange(len(skin.layers))
    else:
        index = np.minimum(np.searchsorted(bottoms, middle, side="right"), len(skin.layers) - 1)
    share = np.array([layer.water for layer in skin.layers])[index]
    rho = np.array([density(layer.water) for layer in skin.layers])[index]
    k_wet = np.array([layer.conductivity_W_mK for layer in skin.layers])[index]
    return Rows(
        water=rho * share,
        c_dry=rho * (1.0 - share) * c.C_DRY.value,
        k_wet=k_wet,
        k_dry=np.minimum(c.K_DRY.value, k_wet),
        mu_dry=np.full(index.shape, c.MU_DRY.value),
    )


def film_rows(film: Film, count: int) -> Rows:
    """``count`` rows of a film on the skin; where it has boiled dry there is nothing left to conduct."""
    matter = c.FILMS[film.kind]
    rho = density(matter.water)
    one = np.ones(count)
    return Rows(
        water=one * (rho * matter.water),
        c_dry=one * (rho * (1.0 - matter.water) * c.C_DRY.value),
        k_wet=one * matter.conductivity_W_mK,
        k_dry=0.0 * one,
        mu_dry=one * matter.mu_dry_per_m,
    )


def stacked(above: Rows, below: Rows) -> Rows:
    """Two sets of rows, one above the other."""
    return Rows(*(np.concatenate([getattr(above, f.name), getattr(below, f.name)]) for f in fields(Rows)))
