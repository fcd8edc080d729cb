"""Kernels of the three-dimensional solver: the rise above the start in float32, threads over x, tissue by the column's own
functions. Arrays are (n_x, n_y, n_z), depth along the last axis; a removed cell conducts nothing and absorbs nothing.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit, prange

from colonnade.photothermal.compiling import KERNEL, fexp, kernel
from colonnade.photothermal.heat import conductivity_of, temperature_of, wetness_of
from colonnade.photothermal.pulse import BOUNDARY, COLDEST_K, DELIVERED, EJECTED, PLUME, REFLECTED

threaded = njit(**KERNEL, parallel=True)


@kernel
def march(
    energy,
    ablating,
    x0,
    y0,
    rays,
    first,
    scale,
    slope,
    tissue,
    optics,
    cells,
    h,
    rise,
    water,
    removed,
    char,
    warm,
    ledger,
):
    """March ``energy`` [J] along all rays, one cell per layer; what a ray loses, a cell gains.

    ``rays`` is (n, 3): x, y from the beam's axis at the surface [m] and share; at layer k a ray stands at its offset
    times ``scale[k]`` plus the tilt's shift ``slope`` (x, y) times depth, and crosses dz times ``stretch``. ``first[j]``
    caches the layer where ray j first met tissue; the caller clears it when the beam moves. ``mu_dry`` (n_z) is by layer,
    as a film above z = 0 has its own. ``warm`` (n_x, n_y) is how
    many layers of each place are not at rest; it grows where light falls.
    """
    d, z_edges = cells
    slope_x, slope_y, stretch = slope
    c_dry, latent = tissue
    reflectance, eta, kappa, mu_water, mu_slope, mu_floor, mu_dry, mu_char, start_over_25, c_water, span = optics
    n_x, n_y, n_z = h.shape
    volume = d[0] * d[1]
    ledger[DELIVERED] += energy
    ledger[REFLECTED] += energy * reflectance
    for j in range(rays.shape[0]):
        p = energy * (1.0 - reflectance) * rays[j, 2]
        stop = p * 1e-4
        hit = False
        for k in range(first[j], n_z):
            z = 0.5 * (z_edges[k] + z_edges[k + 1])
            i = math.floor((x0 + rays[j, 0] * scale[k] + slope_x * z) / d[0])
            m = math.floor((y0 + rays[j, 1] * scale[k] + slope_y * z) / d[1])
            if i < 0 or m < 0 or i >= n_x or m >= n_y:
                break
            if removed[i, m, k]:
                continue
            if not hit:
                hit = True
                first[j] = k
                if ablating:
                    kept = eta * math.exp(-kappa * max(z_edges[k], 0.0))
                    ledger[PLUME] += p * (1.0 - kept)
                    p *= kept
            w = water[i, m, k]
            boil = (c_dry[k] + w * c_water) * span
            wet = 1.0
            if w > 0.0:
                wet = 1.0 - min(max((h[i, m, k] - boil) / (w * latent), 0.0), 1.0)
            factor = max(mu_floor, 1.0 - mu_slope * (rise[i, m, k] + start_over_25))
            mu = w * 1e-3 * wet * mu_water * factor + mu_dry[k]
            if char[i, m, k]:
                mu = mu_char
            dz = z_edges[k + 1] - z_edges[k]
            taken = p if p <= stop else p * (1.0 - fexp(-mu * dz * stretch))
            h[i, m, k] += taken / (volume * dz)
            warm[i, m] = max(warm[i, m], k + 1)
            p -= taken
            if p <= 0.0:
                break
        ledger[BOUNDARY] += p


@threaded
def mark(h, h_abl, removed, warm, leaving):
    """``leaving`` where an exposed cell has reached its ablation enthalpy; from the mask before, so order is no matter."""
    n_x, n_y, n_z = h.shape
    for i in prange(n_x):
        for m in range(n_y):
            for k in range(warm[i, m]):
                leaving[i, m, k] = False
                if removed[i, m, k] or h[i, m, k] < h_abl[i, m, k]:
                    continue
                leaving[i, m, k] = (
                    k == 0
                    or removed[i, m, k - 1]
                    or (k + 1 < n_z and removed[i, m, k + 1])
                    or (i > 0 and removed[i - 1, m, k])
                    or (i + 1 < n_x and removed[i + 1, m, k])
                    or (m > 0 and removed[i, m - 1, k])
                    or (m + 1 < n_y and removed[i, m + 1, k])
                )


@kernel
def take(h, h_abl, leaving, removed, k_wet, k_dry, conductivity, rise, area, z_edges, ledger):
    """Remove the marked cells; what exceeds the ablation enthalpy moves to the cell below. Returns how many went."""
    n_x, n_y, n_z = h.shape
    gone = 0
    for i in range(n_x):
        for m in range(n_y):
            for k in range(n_z):
                if not leaving[i, m, k]:
                    continue
                v = area * (z_edges[k + 1] - z_edges[k])
                excess = (h[i, m, k] - h_abl[i, m, k]) * v
                booked = h_abl[i, m, k] * v
                if k + 1 < n_z and not removed[i, m, k + 1] and not leaving[i, m, k + 1]:
                    h[i, m, k + 1] += excess / (area * (z_edges[k + 2] - z_edges[k + 1]))
                else:
                    booked += excess
                ledger[EJECTED] += booked
                removed[i, m, k] = True
                h[i, m, k] = 0.0
                k_wet[i, m, k] = 0.0
                k_dry[i, m, k] = 0.0
                conductivity[i, m, k] = 0.0
                rise[i, m, k] = 0.0
                gone += 1
    return gone


@kernel
def _damage(dt, ln_a, b, inverse, omega):
    for k in range(inverse.size):
        omega[k] += dt * fexp(ln_a - b * inverse[k])


@threaded
def update(dt, t_start, span, k_slope, c_dry, c_water, latent, t_char, char_on, sets, water, h, k_wet, k_dry, rise,
           highest, conductivity, removed, char, omega_coll, omega_cell, warm):  # fmt: skip
    """Temperature, conductivity, damage (mid-point rule) and char from the enthalpy, where it has changed by 0.01 K.

    What has changed less stays at rest for `conduct`, and ``warm`` says down to which layer that is; nothing is lost, it
    waits in the enthalpy.
    """
    n_x, n_y, n_z = h.shape
    for i in prange(n_x):
        inv_c, inv_dry, boil = np.empty(n_z), np.empty(n_z), np.empty(n_z)
        steam, inv_steam, wet, before = np.empty(n_z), np.empty(n_z), np.empty(n_z), np.empty(n_z)
        for k in range(n_z):
            inv_dry[k] = 1.0 / c_dry[k]
        for m in range(n_y):
            lo, hi = 0, n_z
            while hi > 0 and abs(h[i, m, hi - 1]) < 3e4 and rise[i, m, hi - 1] == 0.0:
                hi -= 1
            warm[i, m] = hi
            while lo < hi and removed[i, m, lo]:
                lo += 1
            if lo == hi:
                continue
            for k in range(lo, hi):
                w = water[i, m, k]
                c = c_dry[k] + w * c_water
                inv_c[k] = 1.0 / c
                boil[k] = c * span
                steam[k] = w * latent
                inv_steam[k] = 1.0 / steam[k] if w > 0.0 else 0.0
                before[k] = rise[i, m, k]
            here, t = h[i, m, lo:hi], rise[i, m, lo:hi]
            temperature_of(here, inv_c[lo:hi], boil[lo:hi], steam[lo:hi], inv_dry[lo:hi], 0.0, span, t)
            wetness_of(here, boil[lo:hi], inv_steam[lo:hi], wet[lo:hi])
            conductivity_of(
                t, wet[lo:hi], k_wet[i, m, lo:hi], k_dry[i, m, lo:hi], k_slope, 0.0, span, conductivity[i, m, lo:hi]
            )
            top = highest[i, m]
            for k in range(lo, hi):
                top[k] = max(top[k], t[k - lo])
            # damage where it is warm: plain loops over few arrays, so that the exponentials are vectorised
            for k in range(lo, hi):
                before[k] = t_start + 0.5 * (before[k] + t[k - lo])
            while lo < hi and before[lo] < COLDEST_K:
                lo += 1
            while hi > lo and before[hi - 1] < COLDEST_K:
                hi -= 1
            inverse = before[lo:hi]
            for k in range(hi - lo):
                inverse[k] = 1.0 / min(inverse[k], 423.15)
            _damage(dt, sets[0, 0], sets[0, 1], inverse, omega_coll[i, m, lo:hi])
            _damage(dt, sets[1, 0], sets[1, 1], inverse, omega_cell[i, m, lo:hi])
            if char_on:
                for k in range(lo, hi):
                    if t_start + rise[i, m, k] >= t_char and not removed[i, m, k]:
                        char[i, m, k] = True


@threaded
def conduct(dt, d, dz, conductivity, rise, h, film, medium, removed, warm, lost):
    """One explicit step: each cell gathers its six fluxes, antisymmetric to the last bit; ``lost[i]`` [J] by the surface.

    Layers below all that is warm in a place and its neighbours exchange nothing and are passed over.
    """
    n_x, n_y, n_z = h.shape
    ax, ay = dt / (d[0] * d[0]), dt / (d[1] * d[1])
    for i in prange(n_x):
        lost[i] = 0.0
        for m in range(n_y):
            deep = warm[i, m]
            deep = max(deep, warm[i - 1, m] if i > 0 else 0, warm[i + 1, m] if i + 1 < n_x else 0)
            deep = max(deep, warm[i, m - 1] if m > 0 else 0, warm[i, m + 1] if m + 1 < n_y else 0)
            for k in range(min(n_z, deep + 1)):
                c = conductivity[i, m, k]
                if c <= 0.0:
                    continue
                t = rise[i, m, k]
                gain = 0.0
                if i > 0:
                    o = conductivity[i - 1, m, k]
                    gain += ax * 2.0 * c * o / (c + o) * (rise[i - 1, m, k] - t)
                if i + 1 < n_x:
                    o = conductivity[i + 1, m, k]
                    gain += ax * 2.0 * c * o / (c + o) * (rise[i + 1, m, k] - t)
                if m > 0:
                    o = conductivity[i, m - 1, k]
                    gain += ay * 2.0 * c * o / (c + o) * (rise[i, m - 1, k] - t)
                if m + 1 < n_y:
                    o = conductivity[i, m + 1, k]
                    gain += ay * 2.0 * c * o / (c + o) * (rise[i, m + 1, k] - t)
                if k > 0:
                    o = conductivity[i, m, k - 1]
                    gain += dt / dz[k] * 2.0 * c * o / (dz[k] * o + dz[k - 1] * c) * (rise[i, m, k - 1] - t)
                elif film > 0.0 and not removed[i, m, 0]:
                    out = dt * film * c / (c + 0.5 * film * dz[0]) * (t - medium)
                    gain -= out / dz[0]
                    lost[i] += out * d[0] * d[1]
                if k + 1 < n_z:
                    o = conductivity[i, m, k + 1]
                    gain += dt / dz[k] * 2.0 * c * o / (dz[k] * o + dz[k + 1] * c) * (rise[i, m, k + 1] - t)
                h[i, m, k] += gain
