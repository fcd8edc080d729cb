"""Where the light goes: ray tubes of constant enclosed power, marched down the crater by Beer-Lambert.

A tube is the annulus between two cell edges at the surface; at depth z both radii are scaled by w(z)/w(0), so a
tube carries the same power at every depth. What a tube loses, a cell gains: deposited plus plume plus transmitted
equals incident to rounding, at every step (verification case V15). A vertical column with the local w(z) would lose
8 % at 15 mJ and more above.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from colonnade.laser import Shot
from colonnade.photothermal.compiling import fexp, kernel

Array = NDArray[np.float64]

#: A tube whose power has fallen to this share is put down in the cell it has reached (below 0.1 K, nine absorption lengths ahead).
EXTINCT = 1e-4


def enclosed_power(shot: Shot, radius_m: Array) -> Array:
    """Share of the power inside each radius at the surface, shape (n,).

    Gaussian 1 − exp(−2r²/w²); super-Gaussian by the incomplete gamma function; top-hat (r/a)². V15: 1 − e⁻² at r = w.
    """
    x = (np.asarray(radius_m, dtype=float) / shot.radius_m(0.0)) ** 2
    if shot.profile == "tophat":
        return np.minimum(x, 1.0)
    if shot.profile == "gaussian":
        share: Array = -np.expm1(-2.0 * x)
        return share
    from scipy.special import gammainc

    n = float(shot.order)
    result: Array = gammainc(1.0 / n, 2.0 * x**n)
    return result


def tubes(shot: Shot, r_edges_m: Array) -> tuple[Array, Array]:
    """Outer radii (n,) [m] and power shares (n,) of the tubes; the shares sum to 1 exactly.

    Tubes end where all but 1e-6 of the power is inside; the remainder goes into the last one.
    """
    inside = enclosed_power(shot, r_edges_m)
    last = int(np.searchsorted(inside, 1.0 - 1e-6)) + 1
    last = min(max(last, 2), len(r_edges_m))
    share = np.diff(inside[:last])
    share[-1] += 1.0 - share.sum()
    return np.ascontiguousarray(r_edges_m[1:last]), share


def scales(shot: Shot, z_edges_m: Array) -> Array:
    """w(z)/w(0) at each row's middle, shape (n_z,)."""
    middle = 0.5 * (z_edges_m[1:] + z_edges_m[:-1])
    reference = shot.radius_m(0.0)
    return np.array([shot.radius_m(float(z)) / reference for z in middle])


def overlaps(outer_m: Array, scale: Array, r_edges_m: Array) -> tuple[NDArray[np.int32], NDArray[np.int32], Array]:
    """Which cells each tube crosses at each row, and with which share of its area.

    Returns first cell and number of cells, shape (n_tubes, n_z), and shares (n_tubes, n_z, most); shares sum to 1.
    Beyond the last ring everything falls into it.
    """
    cells = len(r_edges_m) - 1
    shape = (len(outer_m), len(scale))
    first, count = np.zeros(shape, dtype=np.int32), np.zeros(shape, dtype=np.int32)
    most = _find_cells(outer_m, scale, r_edges_m, cells, first, count)
    share = np.zeros((*shape, most))
    _share_cells(outer_m, scale, r_edges_m, first, count, share)
    return first, count, share


@kernel
def _find_cells(outer, scale, r_edges, cells, first, count):
    """First cell and number of cells of each tube at each row; returns the largest number."""
    most = 1
    for j in range(outer.size):
        inner = outer[j - 1] if j > 0 else 0.0
        for k in range(scale.size):
            # the tiny nudges keep an edge that coincides with a cell edge from making a sliver
            a = np.searchsorted(r_edges, inner * scale[k] * (1 + 1e-9) + 1e-15, side="right") - 1
            b = np.searchsorted(r_edges, outer[j] * scale[k] * (1 - 1e-9), side="left") - 1
            a = min(max(a, 0), cells - 1)
            b = min(max(b, a), cells - 1)
            first[j, k] = a
            count[j, k] = b - a + 1
            most = max(most, b - a + 1)
    return most


@kernel
def _share_cells(outer, scale, r_edges, first, count, share):
    for j in range(outer.size):
        inner = outer[j - 1] if j > 0 else 0.0
        for k in range(scale.size):
            a, b = inner * scale[k], outer[j] * scale[k]
            n = count[j, k]
            for m in range(n):
                cell = first[j, k] + m
                low = a if m == 0 else max(a, r_edges[cell])
                high = b if m == n - 1 else r_edges[cell + 1]
                share[j, k, m] = (high**2 - low**2) / (b**2 - a**2)


@kernel
def deposit(
    energy,
    ablating,
    eta,
    kappa,
    share,
    first_cell,
    count,
    overlap,
    first_row,
    z_edges,
    inv_volume,
    removed,
    transmission,
    enthalpy,
    reflected,
    landing,
    part,
    extra,
):
    """March ``energy`` [J] of light down all tubes; adds to ``enthalpy`` [J/m3]; returns (plume, transmitted) [J].

    ``first_row[j]`` caches the first row where tube j still meets a cell; it only grows, as the crater does.
    ``reflected``, ``landing``, ``part`` and ``extra`` are the plan of `walls`; arrays of length 0 where walls do not
    reflect. What they reflect is added to ``extra`` by ring, for `walls.absorb`; its last slot leaves the crater.
    """
    plume = 0.0
    through = 0.0
    n_z = enthalpy.shape[1]
    size = np.uint64(n_z), np.uint64(overlap.shape[2])
    flat = (
        first_cell.ravel(), count.ravel(), overlap.ravel(), transmission.ravel(), inv_volume.ravel(), enthalpy.ravel()
    )  # fmt: skip
    for j in range(share.size):
        p = energy * share[j]
        if p <= 0.0:
            continue
        k = first_row[j]
        while k < n_z:
            solid = False
            for m in range(count[j, k]):
                if not removed[first_cell[j, k] + m, k]:
                    solid = True
            if solid:
                break
            k += 1
        first_row[j] = k
        if ablating and k < n_z:
            kept = eta * math.exp(-kappa * max(z_edges[k], 0.0))
            plume += p * (1.0 - kept)
            p *= kept
        if j < reflected.size and reflected[j] > 0.0:
            away = p * reflected[j]
            p -= away
            out = away
            for b in range(landing.shape[1]):
                if part[j, b, 0] > 0.0:
                    extra[landing[j, b, 0]] += away * part[j, b, 1]
                    extra[landing[j, b, 1] + 1] -= away * part[j, b, 1]
                    out -= away * part[j, b, 0]
            extra[extra.size - 1] += out
        k, p = _march(p, p * EXTINCT, np.uint64(j), np.uint64(k), *size, *flat)
        while k < n_z and p > 0.0:
            # what is left is put down in the first solid cells met
            i = first_cell[j, k]
            left = 0.0
            for m in range(count[j, k]):
                q = p * overlap[j, k, m]
                if removed[i + m, k]:
                    left += q
                else:
                    enthalpy[i + m, k] += q * inv_volume[i + m, k]
            p = left
            k += 1
        through += p
    return plume, through


@kernel
def _march(p, stop, tube, k, n_z, most, first_cell, count, overlap, transmission, inv_volume, enthalpy):
    """One tube from row ``k`` on until its energy [J] has fallen to ``stop``; returns the row reached and what is left.

    Takes flat views and unsigned numbers: without them the arithmetic of indices costs more than that of light.
    """
    row, end = tube * n_z + k, tube * n_z + n_z
    while row < end and p > stop:
        cell = np.uint64(first_cell[row]) * n_z + (row - tube * n_z)
        slot = row * most
        passed = 0.0
        for m in range(np.uint64(count[row])):
            area, t = overlap[slot + m], transmission[cell]
            enthalpy[cell] += p * area * (1.0 - t) * inv_volume[cell]
            passed += area * t
            cell += n_z
        p *= passed
        row += np.uint64(1)
    return np.int64(row - tube * n_z), p


@kernel
def attenuation(mu, dz, transmission):
    """transmission[k] = exp(−mu[k] dz[k]) for one column."""
    for k in range(mu.size):
        transmission[k] = fexp(-mu[k] * dz[k])
