"""Light that the crater's wall reflects: Fresnel with a complex index, traced in the plane of the axis, a few bounces.

The crater is taken as a surface z(r) of straight pieces between ring centres, smoothed over five rings; rays fall
straight down until they first meet it. What a wall reflects beyond normal incidence (which `Physics.reflectance`
books at the surface) goes on along a straight line, through the axis if need be, to where it meets the wall again.

Straight rays would all cross the axis and drill a needle that no light of 10.6 µm can: a ray at the angle α to the
axis is spread over the Airy radius 0.61 λ/sin α about the place it meets, evenly over the area, inside the crater.
"""

from __future__ import annotations

import cmath
import math

import numpy as np
from numpy.typing import NDArray

from colonnade.photothermal.compiling import kernel
from colonnade.units import to_si

Array = NDArray[np.float64]
Plan = tuple[Array, NDArray[np.int64], Array, Array]
WAVELENGTH_M = to_si(10.6, "um")
#: Half width of the smoothing of the crater's surface, in rings.
SMOOTH = 2


def plan_of(n_tubes: int, n_r: int, bounces: int) -> Plan:
    """Scratch arrays, empty where off: reflected share by tube; first and last ring it lands on, by bounce; its share
    and share per area [1/m2]; power per area by ring [J/m2] as differences from ring to ring, with one slot more for
    what leaves through the mouth [J].
    """
    n = n_tubes if bounces else 0
    return np.zeros(n), np.zeros((n, bounces, 2), dtype=np.int64), np.zeros((n, bounces, 2)), np.zeros(n_r + 2)


@kernel
def fresnel(cosine, n, k):
    """Reflectance of unpolarised light at a surface of index n + ik, incidence by the cosine of its angle."""
    index = complex(n, k)
    sine2 = 1.0 - cosine * cosine
    inside = cmath.sqrt(1.0 - sine2 / (index * index))
    s = (cosine - index * inside) / (cosine + index * inside)
    p = (index * cosine - inside) / (index * cosine + inside)
    return 0.5 * (abs(s) ** 2 + abs(p) ** 2)


@kernel
def surface_of(n, top, front, z_edges, dz, out):
    """Depth of the crater's surface at the first ``n`` ring centres [m], smoothed; 0 where nothing is gone."""
    for i in range(n):
        total, count = 0.0, 0
        for m in range(i - SMOOTH, i + SMOOTH + 1):
            j = min(abs(m), n - 1)
            k = top[j]
            z = 0.0
            if k > 0:
                z = z_edges[k] + (front[j] * dz[k] if k < dz.size else 0.0)
            total += max(z, 0.0)
            count += 1
        out[i] = total / count


@kernel
def _slope(i, centre, z):
    i = min(i, z.size - 2)
    return (z[i + 1] - z[i]) / (centre[i + 1] - centre[i])


@kernel
def _meet(r, z, dr, dz, centre, surface):
    """Ring where a ray from (r, z) along (dr, dz) meets the surface again, and there r and z; ring −1 if it leaves.

    r < 0 is beyond the axis; the surface is the same there.
    """
    n = surface.size
    if dr == 0.0:
        return -1, r, z
    sign = 1.0 if dr > 0.0 else -1.0
    # the ring centres ahead of the ray, in the order it passes them
    i = 0
    while i < n and centre[i] <= abs(r):
        i += 1
    inward = (r > 0.0) != (dr > 0.0)
    step = -1 if inward else 1
    i = i - 1 if inward else i
    r0, z0 = r, z
    gap0 = 0.0
    while True:
        if i < 0:  # past the axis: the rings come again, outward
            step, i = 1, 0
            inward = False
            r1 = sign * centre[0]
        else:
            if i >= n:
                return -1, r0, z0
            r1 = -sign * centre[i] if inward else sign * centre[i]
        z1 = z + dz * (r1 - r) / dr
        gap1 = z1 - surface[i]  # above 0 the ray is inside tissue
        if gap1 > 0.0:
            share = -gap0 / (gap1 - gap0)
            rm = r0 + share * (r1 - r0)
            ring = 0
            while ring + 1 < n and centre[ring + 1] <= abs(rm):
                ring += 1
            return ring, rm, z0 + share * (z1 - z0)
        if z1 < 0.0:
            return -1, r1, z1
        r0, z0, gap0 = r1, z1, gap1
        i += step


@kernel
def _spread(ring, radius, sine, r_edges, mouth, place):
    """First and last ring that the Airy disc of a ray covers, within the crater's ``mouth`` rings; returns the area."""
    width = 0.61 * WAVELENGTH_M / max(abs(sine), 1e-3)
    lo = ring
    while lo > 0 and r_edges[lo] > radius - width:
        lo -= 1
    hi = ring
    while hi + 1 < mouth and r_edges[hi + 1] < radius + width:
        hi += 1
    place[0], place[1] = lo, hi
    return math.pi * (r_edges[hi + 1] ** 2 - r_edges[lo] ** 2)


@kernel
def trace(radius, r_edges, centre, surface, bounces, n_index, k_index, reflected, landing, part):
    """Fill the plan: share of each tube (at ``radius`` [m]) that the wall reflects, and where it goes."""
    normal = fresnel(1.0, n_index, k_index)
    mouth = 0
    while mouth < surface.size and surface[mouth] > 0.0:
        mouth += 1
    for j in range(radius.size):
        reflected[j] = 0.0
        r = radius[j]
        i = 0
        while i + 1 < centre.size and centre[i + 1] <= r:
            i += 1
        if i + 1 >= centre.size:
            continue
        slope = _slope(i, centre, surface)
        z = surface[i] + slope * (r - centre[i])
        dr, dz = 0.0, 1.0
        left = 1.0
        for b in range(bounces + 1):
            length = math.sqrt(1.0 + slope * slope)
            # the surface rises outward where the slope is negative; its normal points into the crater
            nr, nz = slope / length, -1.0 / length
            if r < 0.0:
                nr = -nr
            against = -(dr * nr + dz * nz)
            share = 0.0
            if against > 0.0:
                share = max(fresnel(against, n_index, k_index) - normal, 0.0) / (1.0 - normal)
            if b == 0:
                reflected[j] = share
            else:
                last = b == bounces
                part[j, b - 1, 0] = left if last else left * (1.0 - share)
                if last:
                    break
            left *= share
            if left < 1e-6:
                # too little to follow: it stays where it is
                if b > 0:
                    part[j, b - 1, 0] += left
                else:
                    reflected[j] = 0.0
                for m in range(b, bounces):
                    part[j, m, 0] = 0.0
                break
            dr, dz = dr + 2.0 * against * nr, dz + 2.0 * against * nz
            i, r, z = _meet(r, z, dr, dz, centre, surface)
            if i < 0:
                for m in range(b, bounces):
                    part[j, m, 0] = 0.0
                break
            part[j, b, 1] = _spread(i, abs(r), dr, r_edges, mouth, landing[j, b])
            slope = _slope(i, centre, surface)
        if reflected[j] > 0.0:
            for m in range(bounces):
                if part[j, m, 0] > 0.0:
                    part[j, m, 0] /= reflected[j]
                    part[j, m, 1] = part[j, m, 0] / part[j, m, 1]


@kernel
def absorb(extra, r_edges, top, inv_volume, removed, transmission, enthalpy):
    """Put down the light that landed, straight into the cells below; returns what goes through [J]; empties ``extra``."""
    n_r, n_z = enthalpy.shape
    through = 0.0
    density = 0.0
    for i in range(n_r):
        density += extra[i]
        extra[i] = 0.0
        p = density * math.pi * (r_edges[i + 1] ** 2 - r_edges[i] ** 2)
        stop = p * 1e-4
        k = top[i]
        while k < n_z and p > 0.0:
            if not removed[i, k]:
                t = transmission[i, k] if p > stop else 0.0
                enthalpy[i, k] += p * (1.0 - t) * inv_volume[i, k]
                p *= t
            k += 1
        through += p
    extra[n_r] = 0.0
    return through
