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
        ring = pi * (r_edges[i + 1] ** 2 - r_edges[i] ** 2)
        k0 = conductivity[i, :n_k]
        row = g_r[i, :n_k]
        if i + 1 < n_i:
            d0 = r_edges[i + 1] - r_edges[i]
            d1 = r_edges[i + 2] - r_edges[i + 1]
            face = 4.0 * pi * r_edges[i + 1]
            k1 = conductivity[i + 1, :n_k]
            for k in range(n_k):
                row[k] = face * dz[k] * k0[k] * k1[k] / (d0 * k1[k] + d1 * k0[k] + 1e-300)
        else:
            for k in range(n_k):
                row[k] = 0.0
        down = g_z[i, :n_k]
        for k in range(n_k - 1):
            a = k0[k]
            b = k0[k + 1]
            down[k] = 2.0 * ring * a * b / (dz[k] * b + dz[k + 1] * a + 1e-300)
        down[n_k - 1] = 0.0


@kernel
def _eliminate4(half, n_k, m0, m1, m2, m3, g0, g1, g2, g3, c0, c1, c2, c3, d0, d1, d2, d3):
    """Forward elimination of four tridiagonal systems side by side."""
    p0, p1, p2, p3 = c0[0], c1[0], c2[0], c3[0]
    q0, q1, q2, q3 = d0[0], d1[0], d2[0], d3[0]
    a0, a1, a2, a3 = half * g0[0], half * g1[0], half * g2[0], half * g3[0]
    for k in range(1, n_k):
        e0, e1, e2, e3 = half * g0[k], half * g1[k], half * g2[k], half * g3[k]
        v0 = 1.0 / (m0[k] + a0 + e0 + a0 * p0)
        v1 = 1.0 / (m1[k] + a1 + e1 + a1 * p1)
        v2 = 1.0 / (m2[k] + a2 + e2 + a2 * p2)
        v3 = 1.0 / (m3[k] + a3 + e3 + a3 * p3)
        q0 = (d0[k] + a0 * q0) * v0
        q1 = (d1[k] + a1 * q1) * v1
        q2 = (d2[k] + a2 * q2) * v2
        q3 = (d3[k] + a3 * q3) * v3
        p0, p1, p2, p3 = -e0 * v0, -e1 * v1, -e2 * v2, -e3 * v3
        c0[k], c1[k], c2[k], c3[k] = p0, p1, p2, p3
        d0[k], d1[k], d2[k], d3[k] = q0, q1, q2, q3
        a0, a1, a2, a3 = e0, e1, e2, e3


@kernel
def adi_step(dt, n_i, n_k, first, rise, new, mass, g_r, g_z, surface_g, medium, source, n_s, work_c, work_d):
    """One Peaceman-Rachford step of the rise [K] in the window; returns the heat lost through the surface [J].

    ``first[i]`` is the first row of ring i that is no hole: above it the rise is 0 and stays so.
    First half implicit in r, second half implicit in z; ``mass`` is the heat capacity of a cell [J/K], ``surface_g``
    the surface conductance of the first row [W/K], shape (n_i,), towards a medium at the rise ``medium`` [K];
    ``source`` [W] heats the first ``n_s`` rows, half in each half step. Second order in time, conservative.
    """
    half = 0.5 * dt
    lost = 0.0
    # half one: (M - half Lr) T* = (M + half Lz) T, all rows together, vectorised along z
    for i in range(n_i):
        for k in range(n_k):
            s = 0.0
            if k + 1 < n_k:
                s += g_z[i, k] * (rise[i, k + 1] - rise[i, k])
            if k > 0:
                s += g_z[i, k - 1] * (rise[i, k - 1] - rise[i, k])
            work_d[i, k] = mass[i, k] * rise[i, k] + half * s
        for k in range(min(n_s, n_k)):
            work_d[i, k] += half * source[i, k]
        q = half * surface_g[i] * (rise[i, 0] - medium)
        work_d[i, 0] -= q
        lost += q
    for k in range(n_k):
        b = mass[0, k] + half * g_r[0, k]
        work_c[0, k] = -half * g_r[0, k] / b
        work_d[0, k] = work_d[0, k] / b
    for i in range(1, n_i):
        for k in range(n_k):
            a = half * g_r[i - 1, k]
            c = half * g_r[i, k]
            m = 1.0 / (mass[i, k] + a + c + a * work_c[i - 1, k])
            work_c[i, k] = -c * m
            work_d[i, k] = (work_d[i, k] + a * work_d[i - 1, k]) * m
    for k in range(n_k):
        new[n_i - 1, k] = work_d[n_i - 1, k]
    for i in range(n_i - 2, -1, -1):
        for k in range(n_k):
            new[i, k] = work_d[i, k] - work_c[i, k] * new[i + 1, k]
    # half two: (M - half Lz) T' = (M + half Lr) T*
    for i in range(n_i):
        for k in range(n_k):
            s = 0.0
            if i + 1 < n_i:
                s += g_r[i, k] * (new[i + 1, k] - new[i, k])
            if i > 0:
                s += g_r[i - 1, k] * (new[i - 1, k] - new[i, k])
            work_d[i, k] = mass[i, k] * new[i, k] + half * s
        for k in range(min(n_s, n_k)):
            work_d[i, k] += half * source[i, k]
        work_d[i, 0] += half * surface_g[i] * medium
    # four columns at a time: their recurrences are independent, so their divisions overlap
    i = 0
    while i < n_i:
        width = min(4, n_i - i)
        k0 = n_k - 1
        for j in range(i, i + width):
            k0 = min(k0, first[j])
        for j in range(i, i + width):
            b = mass[j, k0] + half * (g_z[j, k0] + (surface_g[j] if k0 == 0 else 0.0))
            work_c[j, k0] = -half * g_z[j, k0] / b
            work_d[j, k0] = work_d[j, k0] / b
        if width == 4:
            _eliminate4(
                half,
                n_k - k0,
                mass[i, k0:],
                mass[i + 1, k0:],
                mass[i + 2, k0:],
                mass[i + 3, k0:],
                g_z[i, k0:],
                g_z[i + 1, k0:],
                g_z[i + 2, k0:],
                g_z[i + 3, k0:],
                work_c[i, k0:],
                work_c[i + 1, k0:],
                work_c[i + 2, k0:],
                work_c[i + 3, k0:],
                work_d[i, k0:],
                work_d[i + 1, k0:],
                work_d[i + 2, k0:],
                work_d[i + 3, k0:],
            )
        else:
            for j in range(i, i + width):
                for k in range(k0 + 1, n_k):
                    a = half * g_z[j, k - 1]
                    c = half * g_z[j, k]
                    m = 1.0 / (mass[j, k] + a + c + a * work_c[j, k - 1])
                    work_c[j, k] = -c * m
                    work_d[j, k] = (work_d[j, k] + a * work_d[j, k - 1]) * m
        for j in range(i, i + width):
            x = work_d[j, n_k - 1]
            rise[j, n_k - 1] = x
            for k in range(n_k - 2, k0 - 1, -1):
                x = work_d[j, k] - work_c[j, k] * x
                rise[j, k] = x
            lost += half * surface_g[j] * (rise[j, 0] - medium)
        i += width
    return lost
