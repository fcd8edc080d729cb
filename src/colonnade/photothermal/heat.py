"""Heat in the column: temperature from enthalpy, explicit conduction during the pulse, ADI while it cools.

Cells are (r, z) rings. The enthalpy H [J/m3] counts from the reference temperature:
    wet      H < H100            T = Tref + H / C,            C = C_dry + W c_w
    boiling  H100 ≤ H < H_dry    T = 100 °C, steam fraction (H − H100)/(W L)
    dry      H ≥ H_dry           T = 100 °C + (H − H_dry) / C_dry
with W the water per original volume [kg/m3]. Dry mass per original volume is conserved as water leaves, so density
never runs away (a defect of a known peer). Removed cells conduct nothing: they are not on the mesh.
"""

from __future__ import annotations

from colonnade.photothermal.compiling import kernel

#: Rings whose vertical systems are solved side by side.
BLOCK = 4

# Loops below touch few arrays each: beyond about eight alias checks LLVM gives up vectorising a loop.


@kernel
def temperature_of(h, inv_c, h_boil, h_steam, inv_c_dry, t_ref, t_boil, temperature):
    """Temperature [K] of one column of cells from enthalpy: wet, boiling at 100 °C, or dry."""
    for k in range(h.size):
        x = h[k]
        wet = x if x < h_boil[k] else h_boil[k]
        dry = x - h_boil[k] - h_steam[k]
        dry = dry if dry > 0.0 else 0.0
        temperature[k] = t_ref + wet * inv_c[k] + dry * inv_c_dry[k]


@kernel
def wetness_of(h, h_boil, inv_h_steam, wetness):
    """Liquid share of the water of one column of cells; 0 where there is no water (inv_h_steam = 0 marks it)."""
    for k in range(h.size):
        steam = (h[k] - h_boil[k]) * inv_h_steam[k]
        steam = steam if steam > 0.0 else 0.0
        steam = steam if steam < 1.0 else 1.0
        wetness[k] = 1.0 - steam if inv_h_steam[k] > 0.0 else 0.0


@kernel
def conductivity_of(temperature, wetness, k_wet, k_dry, k_slope, t_ref, t_boil, conductivity):
    """Conductivity [W/m/K]: dry to wet by the liquid share, wet rising with temperature. Removed cells carry 0."""
    for k in range(temperature.size):
        t = temperature[k]
        warm = (t if t < t_boil else t_boil) - t_ref
        conductivity[k] = k_dry[k] + wetness[k] * (k_wet[k] * (1.0 + k_slope * warm) - k_dry[k])


@kernel
def warm_span(limit, temperature, rise, t_ref):
    """First row and row after the last where ``temperature`` or ``t_ref + rise`` reaches ``limit`` [K]; (n, 0) if none."""
    first, last = rise.size, 0
    for k in range(rise.size):
        # written without branches so that it vectorises
        warm = (temperature[k] >= limit) | (t_ref + rise[k] >= limit)
        first = min(first, k if warm else rise.size)
        last = max(last, k + 1 if warm else 0)
    return first, last


@kernel
def _face_flux(dt, d0, d1, k0, k1, t0, t1, flux):
    """flux = dt · harmonic conductance · (t0 − t1); zero where either side conducts nothing (removed)."""
    for k in range(k0.size):
        flux[k] = dt * 2.0 * k0[k] * k1[k] / (d0 * k1[k] + d1 * k0[k] + 1e-300) * (t0[k] - t1[k])


@kernel
def _face_flux_z(dt, dz, k, t, flux):
    """Flux [J/m2] from row j into row j + 1 of one column of cells, shape (n − 1,)."""
    for j in range(k.size - 1):
        a = k[j]
        b = k[j + 1]
        flux[j] = dt * 2.0 * a * b / (dz[j] * b + dz[j + 1] * a + 1e-300) * (t[j] - t[j + 1])


@kernel
def _scaled_add(factor, flux, target):
    for k in range(flux.size):
        target[k] += factor * flux[k]


@kernel
def explicit_step(dt, n_act, h, temperature, conductivity, removed, r_edges, dz, low, high, h_surface, t_air, flux):
    """One explicit conduction step on rows low[i]:high[i] of the first n_act columns; returns the surface loss [J].

    Fluxes are computed once per face and applied to both sides, so heat is conserved. ``flux`` is scratch (n_z + 2,).
    """
    n_r, n_z = h.shape
    pi = 3.141592653589793
    lost = 0.0
    for i in range(n_act):
        lo = low[i]
        hi = min(high[i] + 1, n_z)
        n = hi - lo
        if n < 2:
            continue
        _face_flux_z(dt, dz[lo:hi], conductivity[i, lo:hi], temperature[i, lo:hi], flux[1 : n + 1])
        flux[0] = 0.0
        flux[n] = 0.0
        if lo == 0 and not removed[i, 0]:
            # the film in series with half a cell; h_surface = 0 insulates
            k = conductivity[i, 0]
            film = h_surface * k / (k + 0.5 * h_surface * dz[0] + 1e-300)
            flux[0] = -dt * film * (temperature[i, 0] - t_air)
            lost -= flux[0] * pi * (r_edges[i + 1] ** 2 - r_edges[i] ** 2)
        for k in range(n):
            h[i, lo + k] += (flux[k] - flux[k + 1]) / dz[lo + k]
    for i in range(min(n_act, n_r - 1)):
        lo = max(low[i], low[i + 1])
        hi = max(high[i], high[i + 1])
        if hi <= lo:
            continue
        d0 = r_edges[i + 1] - r_edges[i]
        d1 = r_edges[i + 2] - r_edges[i + 1]
        a0 = 2.0 * r_edges[i + 1] / (r_edges[i + 1] ** 2 - r_edges[i] ** 2)
        a1 = 2.0 * r_edges[i + 1] / (r_edges[i + 2] ** 2 - r_edges[i + 1] ** 2)
        q = flux[: hi - lo]
        _face_flux(
            dt,
            d0,
            d1,
            conductivity[i, lo:hi],
            conductivity[i + 1, lo:hi],
            temperature[i, lo:hi],
            temperature[i + 1, lo:hi],
            q,
        )
        _scaled_add(-a0, q, h[i, lo:hi])
        _scaled_add(a1, q, h[i + 1, lo:hi])
    return lost


@kernel
def conductances(n_i, n_k, conductivity, r_edges, dz, g_r, g_z):
    """Face conductances [W/K] of the window n_i x n_k: g_r[i, k] between rings i and i+1, g_z[i, k] between rows k and k+1."""
    pi = 3.141592653589793
    for i in range(n_i):
        here = conductivity[i, :n_k]
        _conductance_z(2.0 * pi * (r_edges[i + 1] ** 2 - r_edges[i] ** 2), dz[:n_k], here, g_z[i, :n_k])
        if i + 1 < n_i:
            d0 = r_edges[i + 1] - r_edges[i]
            d1 = r_edges[i + 2] - r_edges[i + 1]
            face = 4.0 * pi * r_edges[i + 1]
            _conductance_r(face, d0, d1, dz[:n_k], here, conductivity[i + 1, :n_k], g_r[i, :n_k])
    for k in range(n_k):
        g_r[n_i - 1, k] = 0.0


@kernel
def _conductance_r(face, d0, d1, dz, k0, k1, g):
    for k in range(g.size):
        g[k] = face * dz[k] * k0[k] * k1[k] / (d0 * k1[k] + d1 * k0[k] + 1e-300)


@kernel
def _conductance_z(area, dz, conductivity, g):
    for k in range(g.size - 1):
        a = conductivity[k]
        b = conductivity[k + 1]
        g[k] = area * a * b / (dz[k] * b + dz[k + 1] * a + 1e-300)
    g[g.size - 1] = 0.0


@kernel
def adi_step(dt, n_i, n_k, first, rise, new, mass, g_r, g_z, surface_g, medium, source, n_s, work_c, work_d):
    """One Peaceman-Rachford step of the rise [K] in the window; returns the heat lost through the surface [J].

    ``first[i]`` is the first row of ring i that is no hole: above it the rise is 0 and stays so, and the work arrays
    must hold 0. First half implicit in r (`adi_inward`), second half implicit in z (`adi_outward`); ``mass`` is the
    heat capacity of a cell [J/K], ``surface_g`` the surface conductance of the first row [W/K], shape (n_i,), towards
    a medium at the rise ``medium`` [K]; ``source`` [W] heats the first ``n_s`` rows, half in each half step.
    Second order in time, conservative.
    """
    half = 0.5 * dt
    lost = 0.0
    for i in range(n_i):
        lost += adi_out(half, i, first[i], n_k, rise, mass, g_r, g_z, surface_g, medium, source, n_s, work_c, work_d)
    end = n_i
    while end > 0:
        lost += adi_back(
            half, n_i, end, n_k, first, rise, new, mass, g_r, g_z, surface_g, medium, source, n_s, work_c, work_d
        )
        end -= BLOCK
    return lost


@kernel
def adi_out(half, i, lo, n_k, rise, mass, g_r, g_z, surface_g, medium, source, n_s, work_c, work_d):
    """Ring i on the way out: (M - half Lr) T* = (M + half Lz) T, right side and elimination; returns the heat lost [J]."""
    if lo >= n_k:
        return 0.0
    c, d = work_c[i, lo:n_k], work_d[i, lo:n_k]
    _explicit_z(half, mass[i, lo:n_k], g_z[i, lo:n_k], rise[i, lo:n_k], d)
    for k in range(lo, min(n_s, n_k)):
        work_d[i, k] += half * source[i, k]
    lost = 0.0
    if lo == 0:
        lost = half * surface_g[i] * (rise[i, 0] - medium)
        d[0] -= lost
    if i == 0:
        _eliminate_first(half, mass[0, lo:n_k], g_r[0, lo:n_k], c, d)
    else:
        _eliminate_r(
            half,
            mass[i, lo:n_k],
            g_r[i - 1, lo:n_k],
            g_r[i, lo:n_k],
            work_c[i - 1, lo:n_k],
            work_d[i - 1, lo:n_k],
            c,
            d,
        )
    return lost


@kernel
def _explicit_z(half, mass, g, rise, out):
    """out = M T + half Lz T of one ring; g[-1] is 0."""
    last = out.size - 1
    for k in range(1, last):
        out[k] = mass[k] * rise[k] + half * (g[k] * (rise[k + 1] - rise[k]) + g[k - 1] * (rise[k - 1] - rise[k]))
    out[0] = mass[0] * rise[0]
    if last > 0:
        out[0] += half * g[0] * (rise[1] - rise[0])
        out[last] = mass[last] * rise[last] + half * g[last - 1] * (rise[last - 1] - rise[last])


@kernel
def _eliminate_first(half, mass, g, c, d):
    for k in range(d.size):
        v = 1.0 / (mass[k] + half * g[k])
        c[k] = -half * g[k] * v
        d[k] *= v


@kernel
def _eliminate_r(half, mass, g_in, g_out, c_in, d_in, c, d):
    for k in range(d.size):
        a = half * g_in[k]
        e = half * g_out[k]
        v = 1.0 / (mass[k] + a + e + a * c_in[k])
        c[k] = -e * v
        d[k] = (d[k] + a * d_in[k]) * v


@kernel
def adi_back(half, n_i, end, n_k, first, rise, new, mass, g_r, g_z, surface_g, medium, source, n_s, work_c, work_d):
    """The rings of the block before ``end`` on the way back: T*, then (M - half Lz) T' = (M + half Lr) T*.

    Returns the heat lost through the surface [J]. The blocks must come from the last ring to the first.
    """
    start = max(0, end - BLOCK)
    for i in range(end - 1 if end == n_i else end - 2, max(start - 1, 0) - 1, -1):
        lo = first[i]
        # the outermost ring has no neighbour: its c is 0
        _substitute(work_c[i, lo:n_k], work_d[i, lo:n_k], new[min(i + 1, n_i - 1), lo:n_k], new[i, lo:n_k])
    top = n_k
    for i in range(start, end):
        lo = first[i]
        top = min(top, lo)
        if lo >= n_k:
            continue
        here, d = new[i, lo:n_k], work_d[i, lo:n_k]
        _weighted(mass[i, lo:n_k], here, d)
        if i + 1 < n_i:
            _exchange(half, g_r[i, lo:n_k], new[i + 1, lo:n_k], here, d)
        if i > 0:
            _exchange(half, g_r[i - 1, lo:n_k], new[i - 1, lo:n_k], here, d)
        for k in range(lo, min(n_s, n_k)):
            work_d[i, k] += half * source[i, k]
        if lo == 0:
            d[0] += half * surface_g[i] * medium
    if top >= n_k:
        return 0.0
    if end - start == BLOCK:
        _solve_z4(half, start, top, n_k, mass, g_z, surface_g, work_c, work_d, rise)
    else:
        for i in range(start, end):
            _solve_z(half, i, first[i], n_k, mass, g_z, surface_g, work_c, work_d, rise)
    lost = 0.0
    for i in range(start, end):
        if first[i] == 0:
            lost += half * surface_g[i] * (rise[i, 0] - medium)
    return lost


@kernel
def _substitute(c, d, outside, new):
    for k in range(new.size):
        new[k] = d[k] - c[k] * outside[k]


@kernel
def _weighted(mass, rise, out):
    for k in range(out.size):
        out[k] = mass[k] * rise[k]


@kernel
def _exchange(half, g, other, here, out):
    for k in range(out.size):
        out[k] += half * g[k] * (other[k] - here[k])


@kernel
def _solve_z(half, i, lo, n_k, mass, g_z, surface_g, work_c, work_d, rise):
    """Tridiagonal system of one ring, rows lo to n_k."""
    if lo >= n_k:
        return
    m, g, c, d, x = mass[i, lo:n_k], g_z[i, lo:n_k], work_c[i, lo:n_k], work_d[i, lo:n_k], rise[i, lo:n_k]
    a = surface_g[i] * half if lo == 0 else 0.0
    p, q = 0.0, 0.0
    for k in range(d.size):
        e = half * g[k]
        v = 1.0 / (m[k] + a + e + a * p)
        q = (d[k] + a * q) * v
        p = -e * v
        c[k], d[k] = p, q
        a = e
    y = 0.0
    for k in range(d.size - 1, -1, -1):
        y = d[k] - c[k] * y
        x[k] = y


@kernel
def _solve_z4(half, i, lo, n_k, mass, g_z, surface_g, work_c, work_d, rise):
    """The systems of four rings side by side: their recurrences are independent, so their divisions overlap."""
    m0, m1, m2, m3 = mass[i, lo:n_k], mass[i + 1, lo:n_k], mass[i + 2, lo:n_k], mass[i + 3, lo:n_k]
    g0, g1, g2, g3 = g_z[i, lo:n_k], g_z[i + 1, lo:n_k], g_z[i + 2, lo:n_k], g_z[i + 3, lo:n_k]
    c0, c1, c2, c3 = work_c[i, lo:n_k], work_c[i + 1, lo:n_k], work_c[i + 2, lo:n_k], work_c[i + 3, lo:n_k]
    d0, d1, d2, d3 = work_d[i, lo:n_k], work_d[i + 1, lo:n_k], work_d[i + 2, lo:n_k], work_d[i + 3, lo:n_k]
    _eliminate_z4(half, surface_g[i : i + 4], m0, m1, m2, m3, g0, g1, g2, g3, c0, c1, c2, c3, d0, d1, d2, d3)
    x0, x1, x2, x3 = rise[i, lo:n_k], rise[i + 1, lo:n_k], rise[i + 2, lo:n_k], rise[i + 3, lo:n_k]
    y0, y1, y2, y3 = 0.0, 0.0, 0.0, 0.0
    for k in range(x0.size - 1, -1, -1):
        y0 = d0[k] - c0[k] * y0
        y1 = d1[k] - c1[k] * y1
        y2 = d2[k] - c2[k] * y2
        y3 = d3[k] - c3[k] * y3
        x0[k], x1[k], x2[k], x3[k] = y0, y1, y2, y3


@kernel
def _eliminate_z4(half, surface, m0, m1, m2, m3, g0, g1, g2, g3, c0, c1, c2, c3, d0, d1, d2, d3):
    # surface conductance is 0 where the first row is a hole, so it may stand before any first row
    a0, a1, a2, a3 = half * surface[0], half * surface[1], half * surface[2], half * surface[3]
    p0, p1, p2, p3 = 0.0, 0.0, 0.0, 0.0
    q0, q1, q2, q3 = 0.0, 0.0, 0.0, 0.0
    for k in range(d0.size):
        e0, e1, e2, e3 = half * g0[k], half * g1[k], half * g2[k], half * g3[k]
        v0 = 1.0 / (m0[k] + a0 + e0 + a0 * p0)
        v1 = 1.0 / (m1[k] + a1 + e1 + a1 * p1)
        v2 = 1.0 / (m2[k] + a2 + e2 + a2 * p2)
        v3 = 1.0 / (m3[k] + a3 + e3 + a3 * p3)
        q0, q1 = (d0[k] + a0 * q0) * v0, (d1[k] + a1 * q1) * v1
        q2, q3 = (d2[k] + a2 * q2) * v2, (d3[k] + a3 * q3) * v3
        p0, p1, p2, p3 = -e0 * v0, -e1 * v1, -e2 * v2, -e3 * v3
        c0[k], c1[k], c2[k], c3[k] = p0, p1, p2, p3
        d0[k], d1[k], d2[k], d3[k] = q0, q1, q2, q3
        a0, a1, a2, a3 = e0, e1, e2, e3
