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
def log_mean_damage(dt, n_i, n_k, t0, t1, coldest, sets, inverse0, inverse1, omega_coll, omega_hm, omega_ws):
    """Add dt times the logarithmic mean of the rate between two temperatures: exact where ln(rate) is linear in time.

    The cold ends of a column, below ``coldest`` [K], are passed over: no set adds 1e-6 there within a minute.
    """
    always = 1.0
    for i in range(n_i):
        lo = 0
        while lo < n_k and t0[i, lo] < coldest and t1[i, lo] < coldest:
            lo += 1
        hi = n_k
        while hi > lo and t0[i, hi - 1] < coldest and t1[i, hi - 1] < coldest:
            hi -= 1
        if lo == hi:
            continue
        for k in range(lo, hi):
            inverse0[k] = 1.0 / min(t0[i, k], 423.15)
            inverse1[k] = 1.0 / min(t1[i, k], 423.15)
        a = inverse0[lo:hi]
        b = inverse1[lo:hi]
        _log_mean(dt, sets[0, 0], sets[0, 1], 0.0, 0.0, always, a, b, omega_coll[i, lo:hi])
        _log_mean(dt, sets[1, 0], sets[1, 1], 0.0, 0.0, always, a, b, omega_hm[i, lo:hi])
        _log_mean(dt, sets[2, 0], sets[2, 1], sets[3, 0], sets[3, 1], 1.0 / 323.15, a, b, omega_ws[i, lo:hi])


@kernel
def settle(n_i, n_k, rise, capacity, c_dry, water, steam, latent, c_water, span, recondense, removed, volume):
    """Put boiling back after a linear step: wet cells above 100 °C boil, steam below 100 °C condenses.

    Returns the enthalpy that left as vapour [J]; ``water`` and ``steam`` [kg/m3] are brought in line.
    """
    gone = 0.0
    for i in range(n_i):
        # most rings neither boil nor hold steam; this loop is vectorised, the next is not
        found = 0
        for k in range(n_k):
            found |= 1 if (rise[i, k] > span or steam[i, k] > 0.0) else 0
        if not found:
            continue
        for k in range(n_k):
            over = rise[i, k] - span
            if removed[i, k] or (over <= 0.0 and steam[i, k] <= 0.0):
                continue
            c = capacity[i, k]
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
            elif over < 0.0 and steam[i, k] > 0.0:
                back = min(-c * over / latent, steam[i, k])
                rise[i, k] += back * latent / c
                steam[i, k] -= back
    return gone


@kernel
def after_step(n_i, n_k, rise, t_ref, t_boil, k_slope, k_wet, k_dry, wetness, temperature, before, t_max, conductivity):
    """Bring temperature, its maximum and conductivity of the window in line with the rise; returns the hottest [K].

    ``before`` takes the old temperature. Holes never warm: their conductances and their rise are zero.
    """
    hottest = t_ref
    for i in range(n_i):
        t = temperature[i, :n_k]
        before[i, :n_k] = t
        for k in range(n_k):
            t[k] = rise[i, k] + t_ref
        best = t_max[i, :n_k]
        for k in range(n_k):
            best[k] = t[k] if t[k] > best[k] else best[k]
        for k in range(n_k):
            hottest = t[k] if t[k] > hottest else hottest
        heat.conductivity_of(
            t, wetness[i, :n_k], k_wet[i, :n_k], k_dry[i, :n_k], k_slope, t_ref, t_boil, conductivity[i, :n_k]
        )
    return hottest


@kernel
def perfuse(taken, n_i, n_k, rise, mass, volume, omega):
    """Blood carries heat away (Pennes) from cells that live (Ω < 1): exact decay over the step; returns the heat [J].

    ``taken`` is perfusion times heat capacity of blood times the step [J/m3/K]. Blood is at the starting temperature.
    """
    lost = 0.0
    for i in range(n_i):
        for k in range(n_k):
            if omega[i, k] < 1.0 and mass[i, k] > 0.0:
                kept = fexp(-taken * volume[i, k] / mass[i, k])
                lost += mass[i, k] * rise[i, k] * (1.0 - kept)
                rise[i, k] *= kept
    return lost


@kernel
def add_cem43(minutes, n_i, n_k, t0, t1, cem):
    """Add ``minutes`` times the mean of R^(43 - T) at both ends, R = 0.5 above 43 °C and 0.25 below."""
    for i in range(n_i):
        for k in range(n_k):
            a = t0[i, k] - 316.15
            b = t1[i, k] - 316.15
            # ln 2 and ln 4 per K; beyond 100 °C a dose in minutes at 43 °C means nothing more
            ra = 0.6931471805599453 if a >= 0.0 else 1.3862943611198906
            rb = 0.6931471805599453 if b >= 0.0 else 1.3862943611198906
            cem[i, k] += minutes * 0.5 * (fexp(min(ra * a, 40.0)) + fexp(min(rb * b, 40.0)))


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
        self.before, self.g_r, self.g_z, self.work_c, self.work_d, self.new = (np.zeros(shape) for _ in range(6))
        self.rise = np.where(column.removed, 0.0, column.temperature - column.t_ref)
        self.first = column.leading_holes()
        self.source = np.zeros((1, 1))
        self.n_s = 0
        self.weigh(column)
        self.inverse = np.zeros((2, shape[1]))
        warm = (np.abs(column.temperature - column.t_ref) > 1e-4) & ~column.removed
        rings, rows = np.flatnonzero(warm.any(axis=1)), np.flatnonzero(warm.any(axis=0))
        if rings.size:
            self.n_i, self.n_k = int(rings[-1]) + 1, int(rows[-1]) + 1
        if column.t_medium != column.t_ref and column.options.physics.h_surface > 0.0:
            self.n_i = shape[0]  # a medium that is not at the skin's temperature works on the whole surface
        self.grow(column)

    def include(self, rings: int, rows: int) -> None:
        """Make sure the first ``rings`` and ``rows`` are in the window."""
        self.n_i, self.n_k = max(self.n_i, rings), max(self.n_k, rows)

    def weigh(self, column: Column) -> None:
        """Heat capacities of the cells, again whenever water has left."""
        self.capacity = column.capacity()
        self.mass = self.capacity * column.volume

    def grow(self, column: Column) -> None:
        """Eight more rings or rows where the outermost one has warmed."""
        n_r, n_z = column.h.shape
        t, ref = column.temperature, column.t_ref
        if self.n_i < n_r and bool((np.abs(t[self.n_i - 1, : self.n_k] - ref) > 1e-4).any()):
            self.n_i = min(n_r, self.n_i + 8)
        if self.n_k < n_z and bool((np.abs(t[: self.n_i, self.n_k - 1] - ref) > 1e-4).any()):
            self.n_k = min(n_z, self.n_k + 8)


def _advance(column: Column, dt: float, w: _Window) -> float:
    """One ADI step with properties taken at its start; returns the hottest temperature after it [K]."""
    physics = column.options.physics
    w.grow(column)
    n_i, n_k = w.n_i, w.n_k
    heat.conductances(n_i, n_k, column.conductivity, column.r_edges, column.dz, w.g_r, w.g_z)
    h, k = physics.h_surface, column.conductivity[:, 0]
    film = np.where(column.removed[:, 0], 0.0, column.ring * h * k / (k + 0.5 * h * column.dz[0] + 1e-300))
    medium = column.t_medium - column.t_ref
    column.ledger[pulse.BOUNDARY] += heat.adi_step(
        dt, n_i, n_k, w.first, w.rise, w.new, w.mass, w.g_r, w.g_z, film, medium, w.source, w.n_s, w.work_c, w.work_d
    )
    if physics.perfusion_per_s > 0.0:
        column.ledger[pulse.BOUNDARY] += perfuse(
            physics.perfusion_per_s * c.BLOOD_HEAT.value * dt, n_i, n_k, w.rise, w.mass, column.volume, column.omega_hm
        )
    gone = settle(
        n_i,
        n_k,
        w.rise,
        w.capacity,
        column.c_dry,
        column.water,
        column.steam,
        c.LATENT_HEAT.value,
        physics.c_water,
        c.BOILING_K - column.t_ref,
        column.options.cooling.recondense,
        column.removed,
        column.volume,
    )
    if gone > 0.0:
        column.ledger[pulse.VAPOUR] += gone
        column.dry_out()
        w.weigh(column)
    if column.options.cooling.recondense:
        wet = 1.0 - column.steam / np.maximum(column.water, 1e-300)
        column.wetness[:] = np.where(column.water > 0, np.clip(wet, 0.0, 1.0), 0.0)
    hottest = float(
        after_step(
            n_i,
            n_k,
            w.rise,
            column.t_ref,
            c.BOILING_K,
            physics.k_slope,
            column.k_wet,
            column.k_dry,
            column.wetness,
            column.temperature,
            w.before,
            column.t_max,
            column.conductivity,
        )
    )
    if column.count_cem43:
        add_cem43(dt / 60.0, n_i, n_k, w.before, column.temperature, column.cem43)
    log_mean_damage(
        dt,
        n_i,
        n_k,
        w.before,
        column.temperature,
        pulse.COLDEST_K,
        column.sets,
        w.inverse[0],
        w.inverse[1],
        column.omega_coll,
        column.omega_hm,
        column.omega_ws,
    )
    return hottest
