"""Depths, widths and rims from the fields of a finished column, by the definitions of the house."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from colonnade.photothermal.column import Column
from colonnade.photothermal.compiling import kernel
from colonnade.photothermal.lesion import RadiusProfile, Regime
from colonnade.units import from_si, kelvin

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
HEATED_K = kelvin(43.0)
DRIED = 0.02
"""Water left below this share counts as dried, hence as coagulated."""


@dataclass(frozen=True)
class Measures:
    """Numbers of one lesion [µm, mm3], as `Lesion` holds them."""

    crater_depth_um: float
    crater_width_surface_um: float
    crater_width_mid_um: float
    ablated_volume_mm3: float
    rim_bottom_um: float | None
    rim_side_um: float | None
    coagulation_depth_um: float
    coagulation_width_surface_um: float
    necrosis_depth_um: float
    necrosis_depth_weaver_stoll_um: float
    regime: Regime
    profile: RadiusProfile


def _log(omega: Array) -> Array:
    with np.errstate(divide="ignore"):
        return np.log(omega)


@kernel
def _crossing(here: float, beyond: float) -> float:
    """Where a line from ``here`` ≥ 0 to ``beyond`` < 0 passes zero, as a share; half a cell if it cannot be told."""
    if not (math.isfinite(here) and math.isfinite(beyond)):
        return 0.5
    return here / (here - beyond)


@kernel
def _beyond_face(face: float, centre: Array, level: Array) -> float:
    """How far beyond a face the level stays above 0 when it is below at the first centre: the line is carried back."""
    if len(centre) < 2 or not (math.isfinite(level[0]) and math.isfinite(level[1])) or level[0] <= level[1]:
        return 0.0
    reach: float = centre[0] - level[0] * (centre[1] - centre[0]) / (level[1] - level[0])
    return max(reach - face, 0.0)


@kernel
def _outermost(level: Array, removed: Mask, last: NDArray[np.int64]) -> None:
    """Index of the outermost ring of each row that is removed or at ``level`` ≥ 0; else ``last`` stays."""
    for i in range(level.shape[0]):
        for k in range(level.shape[1]):
            last[k] = i if (level[i, k] >= 0.0) | removed[i, k] else last[k]


@kernel
def _outer_radius(r_edges: Array, removed: Mask, level: Array) -> Array:
    """Radius [m] per row out to which ``level`` ≥ 0 reaches, interpolated between cell centres; removed cells count."""
    n_r, n_z = level.shape
    centre = 0.5 * (r_edges[1:] + r_edges[:-1])
    last = np.full(n_z, -1)
    _outermost(level, removed, last)
    out = np.zeros(n_z)
    for k in range(n_z):
        i = last[k]
        if i < 0:
            continue
        if i + 2 >= n_r:
            out[k] = r_edges[i + 1]
        elif removed[i, k]:
            # nothing beyond the wall has reached the level at a centre: it may between face and centre
            out[k] = r_edges[i + 1] + _beyond_face(r_edges[i + 1], centre[i + 1 :], level[i + 1 :, k])
        else:
            out[k] = centre[i] + (centre[i + 1] - centre[i]) * _crossing(level[i, k], level[i + 1, k])
    return out


def _axis_depth(column: Column, level: Array) -> float:
    """Deepest point [m] on the axis with ``level`` ≥ 0, interpolated between cell centres; 0 if there is none."""
    centre = 0.5 * (column.z_edges[1:] + column.z_edges[:-1])
    hit = np.flatnonzero((level[0] >= 0.0) & ~column.removed[0])
    if not hit.size:
        k = int(column.top[0])
        face = float(column.z_edges[k])
        return face + _beyond_face(face, centre[k:], level[0, k:]) if k < len(centre) else face
    k = int(hit[-1])
    if k + 1 >= len(centre):
        return float(column.z_edges[-1])
    return float(centre[k] + (centre[k + 1] - centre[k]) * _crossing(level[0, k], level[0, k + 1]))


def _um(metres: float) -> float:
    return from_si(metres, "um")


def _at(depth: float, centres: Array, values: Array) -> float:
    return float(np.interp(depth, centres, values))


def measure(column: Column, *, rise_max_K: float) -> Measures:
    """Measure a finished column. ``rise_max_K`` is the largest rise anywhere, for the regime."""
    centre = 0.5 * (column.z_edges[1:] + column.z_edges[:-1])
    left = np.divide(column.water, column.water_start, out=np.zeros_like(column.water), where=column.water_start > 0)
    coag_level = np.maximum(_log(column.omega_coll), np.log(DRIED / np.maximum(left, 1e-12)))
    hm_level, ws_level = _log(column.omega_hm), _log(column.omega_ws)
    crater = _outer_radius(column.r_edges, column.removed, np.full(column.removed.shape, -np.inf))
    coag = np.maximum(_outer_radius(column.r_edges, column.removed, coag_level), crater)
    necrosis = np.maximum(_outer_radius(column.r_edges, column.removed, np.maximum(hm_level, coag_level)), coag)
    heated = np.maximum(_outer_radius(column.r_edges, column.removed, column.t_max - HEATED_K), necrosis)
    removed_rows = np.flatnonzero(column.removed[0])
    depth = 0.0
    if removed_rows.size:
        k = int(removed_rows[-1]) + 1
        depth = float(column.z_edges[k] + column.front_share[0] * (column.dz[k] if k < len(column.dz) else 0.0))
    volume = float(np.sum(column.volume[column.removed]))
    coag_axis = max(_axis_depth(column, coag_level), depth)
    has_crater = depth > 0.0
    mid = depth / 2
    regime: Regime
    if has_crater:
        regime = "char_ablation" if bool(column.char.any()) else "clean_ablation"
    elif bool(np.any(coag_level[~column.removed] >= 0.0)):
        regime = "coagulation"
    else:
        regime = "warming" if rise_max_K >= 1.0 else "none"
    return Measures(
        crater_depth_um=_um(depth),
        crater_width_surface_um=_um(2 * float(crater[0])),
        crater_width_mid_um=_um(2 * _at(mid, centre, crater)) if has_crater else 0.0,
        ablated_volume_mm3=from_si(volume, "mm3"),
        rim_bottom_um=_um(coag_axis - depth) if has_crater else None,
        rim_side_um=_um(_at(mid, centre, coag) - _at(mid, centre, crater)) if has_crater else None,
        coagulation_depth_um=_um(coag_axis),
        coagulation_width_surface_um=_um(2 * float(coag[0])),
        necrosis_depth_um=_um(max(_axis_depth(column, np.maximum(hm_level, coag_level)), coag_axis)),
        necrosis_depth_weaver_stoll_um=_um(max(_axis_depth(column, np.maximum(ws_level, coag_level)), coag_axis)),
        regime=regime,
        profile=RadiusProfile(*(from_si(a, "um") for a in (centre, crater, coag, necrosis, heated))),
    )
