"""Cooling: ADI with growing steps, temperature-dependent properties, boiling and (as an option) recondensation."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from colonnade.photothermal import constants as c
from colonnade.photothermal import heat, pulse
from colonnade.photothermal.column import Column
from colonnade.photothermal.compiling import fexp, kernel
from colonnade.photothermal.damage import HENRIQUES_MORITZ, MAITLAND_WALSH, WEAVER_STOLL

#: First step after a pulse [s]: Peaceman-Rachford is not L-stable, so steps start small (see numerics page).
FIRST_S = 50e-6
#: Largest step, as a share of the time since the pulse, while steam may recondense: it gives back at most the heat of
#: its cell per step, and longer steps ring (numerics page).
STEAM_STEP = 0.03
LEAST_S = 50e-3
MOST_S = 60.0
#: The window grows where a cell at its edge has warmed by this much [K].
WARM_K = 1e-4


@kernel
def _log_mean(dt, ln_a, b, ln_a_cold, b_cold, limit, inverse0, inverse1, omega):
    for k in range(omega.size):
        x0 = inverse0[k]
        x1 = inverse1[k]
        l0 = ln_a - b * x0 if x0 <= limit else ln_a_cold - b_cold * x0
        l1 = ln_a - b * x1 if x1 <= limit else ln_a_cold - b_cold * x1
        d = l1 - l0
        near = abs(d) < 1e-4
        r0 = fexp(l0)
        r1 = fexp(l1)
        mean = 0.5 * (r0 + r1) if near else (r1 - r0) / (1.0 if near else d)
        omega[k] += dt * mean


@kernel
def log_mean_damage(dt, t0, rise, t_ref, coldest, sets, inverse0, inverse1, omega_coll, omega_hm, omega_ws):
    """Add dt times the logarithmic mean of the rate between temperatures t0 and t_ref + rise [K] of one ring.

    Exact where ln(rate) is linear in time. The cold ends of a ring, below ``coldest`` [K], are passed over: no set
    adds 1e-6 there within a minute.
    """
    lo, hi = heat.warm_span(coldest, t0, rise, t_ref)
    if lo >= hi:
        return
    a = inverse0[lo:hi]
    b = inverse1[lo:hi]
    _inverse(t0[lo:hi], 0.0, a)
    _inverse(rise[lo:hi], t_ref, b)
    always = 1.0
    _log_mean(dt, sets[0, 0], sets[0, 1], 0.0, 0.0, always, a, b, omega_coll[lo:hi])
    _log_mean(dt, sets[1, 0], sets[1, 1], 0.0, 0.0, always, a, b, omega_hm[lo:hi])
    _log_mean(dt, sets[2, 0], sets[2, 1], sets[3, 0], sets[3, 1], 1.0 / 323.15, a, b, omega_ws[lo:hi])


@kernel
def _inverse(temperature, offset, out):
    for k in range(out.size):
        out[k] = 1.0 / min(temperature[k] + offset, 423.15)


@kernel
def _any_above(limit, values):
    found = 0
    for k in range(values.size):
        found |= 1 if values[k] > limit else 0
    return found


@kernel
def settle(i, lo, n_k, numbers, rise, mass, cells):
    """Put boiling back after a linear step: cells of ring i above 100 °C boil, steam below 100 °C condenses.

    Returns the enthalpy that left as vapour [J]; water, steam [kg/m3] and what depends on them are brought in line.
    """
    span, latent, c_water, recondense = numbers
    water, water_start, steam, wetness, k_wet, k_wet_start, k_dry, removed, volume = cells
    gone = 0.0
    for k in range(lo, n_k):
        over = rise[i, k] - span
        if removed[i, k] or (over <= 0.0 and steam[i, k] <= 0.0):
            continue
        c = mass[i, k] / volume[i, k]
        if over > 0.0 and water[i, k] > steam[i, k]:
            boil = min(c * over / latent, water[i, k] - steam[i, k])
            rise[i, k] -= boil * latent / c
            if recondense:
                steam[i, k] += boil
            else:
                gone += boil * (latent + c_water * span) * volume[i, k]
                water[i, k] -= boil
                # the water that left was at 100 °C and takes its own heat with it
                rise[i, k] = (c * rise[i, k] - boil * c_water * span) / (c - boil * c_water)
                mass[i, k] = (c - boil * c_water) * volume[i, k]
                k_wet[i, k] = k_dry[i, k] + water[i, k] / water_start[i, k] * (k_wet_start[i, k] - k_dry[i, k])
        elif over < 0.0 and steam[i, k] > 0.0:
            back = min(-c * over / latent, steam[i, k])
            rise[i, k] += back * latent / c
            steam[i, k] -= back
        if recondense:
            wetness[i, k] = 1.0 - steam[i, k] / water[i, k] if water[i, k] > 0.0 else 0.0
    return gone


@kernel
def perfuse(taken, rise, mass, volume, omega):
    """Blood carries heat away (Pennes) from cells of a ring that live (Ω < 1): exact decay; returns the heat [J].

    ``taken`` is perfusion times heat capacity of blood times the step [J/m3/K]. Blood is at the starting temperature.
    """
    lost = 0.0
    for k in range(rise.size):
        if omega[k] < 1.0 and mass[k] > 0.0:
            kept = fexp(-taken * volume[k] / mass[k])
            lost += mass[k] * rise[k] * (1.0 - kept)
            rise[k] *= kept
    return lost


@kernel
def _take_over(rise, t_ref, temperature, t_max, hottest):
    """Temperature from the rise; its maximum over time by cell, and over the rings by row (`hottest`)."""
    for k in range(rise.size):
        t = rise[k] + t_ref
        temperature[k] = t
        t_max[k] = t if t > t_max[k] else t_max[k]
        hottest[k] = t if t > hottest[k] else hottest[k]


@kernel
def _film(n_i, first, h, r_edges, dz, conductivity, out):
    """Conductance of the surface of each ring [W/K]: the film in series with half a cell; 0 over a hole."""
    for i in range(n_i):
        k = conductivity[i, 0]
        ring = 3.141592653589793 * (r_edges[i + 1] ** 2 - r_edges[i] ** 2)
        out[i] = ring * h * k / (k + 0.5 * h * dz[0] + 1e-300) if first[i] == 0 else 0.0


@kernel
def advance(dt, n_i, n_k, first, numbers, boiling, mesh, fields, cells, damage, sets, source, n_s, work):
    """One ADI step with its conductances and all that follows from it, ring by ring while a ring is in the cache.

    Returns the heat lost to the surface and to blood [J], the enthalpy that left as vapour [J], the hottest cell [K].
    """
    t_ref, t_boil, k_slope, h_surface, medium, taken, minutes, coldest = numbers
    span, recondense = boiling[0], boiling[3]
    r_edges, dz, volume = mesh
    temperature, t_max, conductivity, wetness, k_wet, k_dry, cem = fields
    omega_coll, omega_hm, omega_ws = damage
    rise, new, mass, g_r, g_z, work_c, work_d, surface_g, inverse0, inverse1, hottest = work
    half = 0.5 * dt
    lost, gone = 0.0, 0.0
    hottest[:] = t_ref
    _film(n_i, first, h_surface, r_edges, dz, conductivity, surface_g)
    for i in range(n_i):
        lost += heat.adi_out(
            half, i, first[i], n_k, rise, mass, g_r, g_z, surface_g, medium, source, n_s, work_c, work_d
        )
    end = n_i
    while end > 0:
        lost += heat.adi_back(
            half, n_i, end, n_k, first, rise, new, mass, g_r, g_z, surface_g, medium, source, n_s, work_c, work_d
        )
        for i in range(max(0, end - heat.BLOCK), end):
            lo = min(first[i], n_k)
            r = rise[i, lo:n_k]
            t = temperature[i, lo:n_k]
            if taken > 0.0:
                lost += perfuse(taken, r, mass[i, lo:n_k], volume[i, lo:n_k], omega_hm[i, lo:n_k])
            if recondense or _any_above(span, r):
                gone += settle(i, lo, n_k, boiling, rise, mass, cells)
            if minutes > 0.0:
                pulse.add_cem43(minutes, t, r, t_ref, cem[i, lo:n_k])
            log_mean_damage(
                dt, t, r, t_ref, coldest, sets, inverse0, inverse1,
                omega_coll[i, lo:n_k], omega_hm[i, lo:n_k], omega_ws[i, lo:n_k],
            )  # fmt: skip
            _take_over(r, t_ref, t, t_max[i, lo:n_k], hottest[lo:n_k])
            heat.conductivity_of(
                t,
                wetness[i, lo:n_k],
                k_wet[i, lo:n_k],
                k_dry[i, lo:n_k],
                k_slope,
                t_ref,
                t_boil,
                conductivity[i, lo:n_k],
            )
        end -= heat.BLOCK
    return lost, gone, hottest.max()


def _done(column: Column, elapsed: float, hottest: float) -> bool:
    """Nothing more is damaged: at the present temperature, as long again as has passed adds less than 1e-3 to any Ω."""
    if elapsed < LEAST_S:
        return False
    rate = max(k.log_rate(min(hottest, 423.15)) for k in (MAITLAND_WALSH, HENRIQUES_MORITZ, WEAVER_STOLL))
    return bool(np.exp(min(rate, 50.0)) * elapsed < 1e-3)


def cool(
    column: Column,
    *,
    until_s: float | None = None,
    step: float | None = None,
    fixed_dt_s: float | None = None,
    watch: Callable[[float, float], None] | None = None,
) -> float:
    """Let the column cool for ``until_s`` [s], or until nothing more is damaged; returns the time it took [s].

    Steps grow as ``step`` (default: the option) times the time since the pulse; ``fixed_dt_s`` is for order tests.
    ``watch(elapsed_s, hottest_K)`` is called after every step.
    """
    share = column.options.cooling.step if step is None else step
    if column.options.cooling.recondense:
        share = min(share, STEAM_STEP)
    elapsed = 0.0
    limit = MOST_S if until_s is None else until_s
    window = _Window(column)
    while elapsed < limit * (1 - 1e-12):
        dt = fixed_dt_s if fixed_dt_s is not None else share * (elapsed + FIRST_S)
        dt = min(dt, limit - elapsed)
        hottest = _advance(column, dt, window)
        elapsed += dt
        if watch is not None:
            watch(elapsed, hottest)
        if until_s is None and _done(column, elapsed, hottest):
            break
    column.time_s += elapsed
    column.settle_enthalpy()
    return elapsed


class _Window:
    """The part of the mesh that heat has reached; it only grows. It owns the scratch arrays of a cooling run."""

    def __init__(self, column: Column) -> None:
        shape = column.h.shape
        self.n_i, self.n_k = 2, 2
        self.rise = np.where(column.removed, 0.0, column.temperature - column.t_ref)
        self.first = column.leading_holes()
        self.source = np.zeros((1, 1))
        self.n_s = 0
        self.mass = column.capacity() * column.volume
        self.g_r, self.g_z, new, work_c, work_d = (np.zeros(shape) for _ in range(5))
        surface, rows = np.zeros(shape[0]), np.zeros((3, shape[1]))
        self.work = (self.rise, new, self.mass, self.g_r, self.g_z, work_c, work_d, surface, *rows)
        warm = (np.abs(column.temperature - column.t_ref) > WARM_K) & ~column.removed
        rings, deep = np.flatnonzero(warm.any(axis=1)), np.flatnonzero(warm.any(axis=0))
        if rings.size:
            self.n_i, self.n_k = int(rings[-1]) + 1, int(deep[-1]) + 1
        if column.t_medium != column.t_ref and column.options.physics.h_surface > 0.0:
            self.n_i = shape[0]  # a medium that is not at the skin's temperature works on the whole surface
        self.grow()

    def include(self, rings: int, rows: int) -> None:
        """Make sure the first ``rings`` and ``rows`` are in the window."""
        self.n_i, self.n_k = max(self.n_i, rings), max(self.n_k, rows)

    def grow(self) -> None:
        """Eight more rings or rows where the outermost one has warmed."""
        n_r, n_z = self.rise.shape
        if self.n_i < n_r and bool((np.abs(self.rise[self.n_i - 1, : self.n_k]) > WARM_K).any()):
            self.n_i = min(n_r, self.n_i + 8)
        if self.n_k < n_z and bool((np.abs(self.rise[: self.n_i, self.n_k - 1]) > WARM_K).any()):
            self.n_k = min(n_z, self.n_k + 8)


def _advance(column: Column, dt: float, w: _Window) -> float:
    """One ADI step with properties taken at its start; returns the hottest temperature after it [K]."""
    physics = column.options.physics
    w.grow()
    heat.conductances(w.n_i, w.n_k, column.conductivity, column.r_edges, column.dz, w.g_r, w.g_z)
    lost, gone, hottest = advance(
        dt,
        w.n_i,
        w.n_k,
        w.first,
        (
            column.t_ref,
            c.BOILING_K,
            physics.k_slope,
            physics.h_surface,
            column.t_medium - column.t_ref,
            physics.perfusion_per_s * c.BLOOD_HEAT.value * dt,
            dt / 60.0 if column.count_cem43 else 0.0,
            pulse.COLDEST_K,
        ),
        (c.BOILING_K - column.t_ref, c.LATENT_HEAT.value, physics.c_water, column.options.cooling.recondense),
        (column.r_edges, column.dz, column.volume),
        (
            column.temperature,
            column.t_max,
            column.conductivity,
            column.wetness,
            column.k_wet,
            column.k_dry,
            column.cem43,
        ),
        (
            column.water,
            column.water_start,
            column.steam,
            column.wetness,
            column.k_wet,
            column.k_wet_start,
            column.k_dry,
            column.removed,
            column.volume,
        ),
        (column.omega_coll, column.omega_hm, column.omega_ws),
        column.sets,
        w.source,
        w.n_s,
        w.work,
    )
    column.ledger[pulse.BOUNDARY] += lost
    column.ledger[pulse.VAPOUR] += gone
    return float(hottest)
