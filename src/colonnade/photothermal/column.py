"""One column under the laser: a pulse cut into steps, run by the kernel, and what is left when it ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from colonnade.errors import BadInput
from colonnade.laser import Segments, Shot
from colonnade.photothermal import constants as c
from colonnade.photothermal import light, pulse, walls
from colonnade.photothermal.state import Array as Array
from colonnade.photothermal.state import State
from colonnade.units import kelvin, to_si

Progress = Callable[[float], None]
#: Conduction steps within one step of light, phase and damage, at most.
MOST_CONDUCT = 8
#: Parts of a long pulse over which the dose at 43 °C is added up (trapezium; temperatures change over a second).
CEM43_PARTS = 400
#: More steps than this in one pulse are refused (a quarter of an hour and more) rather than begun.
MOST_STEPS = 1_000_000


@dataclass(frozen=True)
class _Steps:
    """A stretch of constant power: ``steps`` of ``dt`` [s], each with so many parts of light and of conduction."""

    dt: float
    steps: int
    light: int
    conduct: int


def front_share(filled: float, m: float) -> float:
    """Share of a cell that the front has passed, from its mean enthalpy over the ablation enthalpy.

    Ahead of the front H = h·exp(−µx) (V7b), so a cell of optical thickness ``m`` whose first share s is gone has
    filled = s + (1 − exp(−m(1−s)))/m. With u = m(1−s) that is u − 1 + exp(−u) = m(1 − filled), solved by Newton.
    A whole cell leaves only when its mean reaches h; this takes the stair out of the reported depth.
    """
    q = max(m * (1.0 - filled), 0.0)
    u = np.sqrt(2.0 * q) + q / 3.0
    for _ in range(4):
        if u > 0.0:
            u -= (u - 1.0 + np.exp(-u) - q) / max(1.0 - np.exp(-u), 1e-12)
    return float(np.clip(1.0 - u / m, 0.0, 1.0)) if m > 0.0 else 0.0


class Column(State):
    """The state of a column, and the pulse that changes it."""

    def stable_dt(self) -> float:
        """0.8 of the explicit stability limit of the finest cell and the most conductive state [s]."""
        wet = self.k_wet * (1 + self.options.physics.k_slope * (c.BOILING_K - self.t_ref)) / self.capacity()
        alpha = float(wet.max())
        if self.t_abl > c.BOILING_K or self.char_on:
            alpha = max(alpha, float((self.k_dry / self.c_dry).max()))
        alpha = max(alpha, 1e-12)
        fine = float(np.diff(self.r_edges).min()) ** -2 + float(self.dz.min()) ** -2
        return 0.4 / (alpha * fine)

    def fire(
        self,
        shot: Shot,
        *,
        segments: Segments | None = None,
        dt: float | None = None,
        progress: Progress | None = None,
    ) -> None:
        """One pulse of the shot. Steam formed in cells that stay escapes at its end unless it may recondense.

        ``segments`` gives the pulse's power over time as (duration [s], power [W]); None is the shot's constant power.
        ``dt`` [s] fixes the step.
        """
        segments = ((shot.pulse_s, shot.power_W),) if segments is None else segments
        options, physics = self.options, self.options.physics
        outer, share = light.tubes(shot, self.r_edges)
        scale = light.scales(shot, self.z_edges) if physics.divergence else np.ones(len(self.dz))
        first_cell, count, overlap = light.overlaps(outer, scale, self.r_edges)
        first_row = np.zeros(len(outer), dtype=np.int64)
        self._open_window(len(outer), float(outer[-1] * max(1.0, scale[0])))
        self.attenuate()
        self.ask_pyrolysis()
        t = self._tables()
        numbers = (
            physics.reflectance,
            options.losses.eta,
            to_si(options.losses.kappa_per_mm, "per_mm"),
            options.losses.f_wall,
            c.WALL_LAYER_M.value,
            self.char_on,
            c.T_CHAR_K.value,
            c.MU_CHAR.value,
            self.t_ref,
            c.BOILING_K,
            self.mu_water,
            physics.mu_slope,
            c.MU_WATER_FLOOR.value,
            kelvin(25.0),
            physics.k_slope,
            physics.h_surface,
            self.t_medium,
            self.t_cap,
        )
        arguments = (
            numbers,
            (share, first_cell, count, overlap, first_row),
            self._mirror(outer),
            (self.r_edges, self.z_edges, self.dz, self.volume, 1.0 / self.volume),
            (
                self.water / c.RHO_WATER.value,
                self.k_wet,
                self.k_dry,
                self.mu_dry,
                t.inv_c,
                t.inv_c_dry,
                t.h_boil,
                t.h_steam,
                t.inv_h_steam,
                t.h_ablation,
                self.h_start,
            ),
            (
                self.h,
                self.temperature,
                self.t_before,
                self.t_max,
                self.conductivity,
                self.wetness,
                self.transmission,
                self.removed,
                self.char,
            ),
            (self.omega_coll, self.omega_hm, self.omega_ws),
            self.sets,
            (self.window, self.top, self.low, self.high),
            (self._mu, self._flux, self._inverse),
            self.ledger,
        )
        ablating, done = False, 0.0
        whole = sum(duration for duration, _ in segments)
        plans = [(self._steps(shot, duration, power, dt), power) for duration, power in segments]
        self._refuse_too_many(sum(plan.steps * plan.conduct for plan, _ in plans), shot)
        for plan, power in plans:
            chunk = max(1, plan.steps // (CEM43_PARTS if self.count_cem43 else 20))
            left = plan.steps
            while left > 0:
                n = min(chunk, left)
                before = self.temperature.ravel().copy() if self.count_cem43 else None
                ablating = pulse.run_pulse(n, plan.dt, power, plan.light, plan.conduct, ablating, *arguments)
                if before is not None:
                    rise = self.temperature.ravel() - self.t_ref
                    pulse.add_cem43(n * plan.dt / 60.0, before, rise, self.t_ref, self.cem43.ravel())
                left -= n
                done += n * plan.dt
                if progress is not None:
                    progress(done / whole)
        self.time_s += whole
        self._locate_front()
        self.release_gas()
        self.release_steam()

    def _mirror(self, outer: Array) -> tuple[Any, ...]:
        """What `walls` needs: bounces, index, middle radii of the tubes, ring centres, scratch for the surface."""
        bounces, n_r = self.options.walls.bounces, len(self.r_edges) - 1
        radius = 0.5 * (outer + np.concatenate([[0.0], outer[:-1]]))
        centre = 0.5 * (self.r_edges[1:] + self.r_edges[:-1])
        plan = walls.plan_of(len(outer), n_r, bounces)
        return bounces, c.N_WATER.value, c.K_WATER.value, radius, centre, np.zeros(n_r), np.zeros(n_r), plan

    def _steps(self, shot: Shot, duration: float, power: float, dt: float | None) -> _Steps:
        """How a stretch of constant power is cut into steps.

        A step lasts until the front on the axis has moved by a cell of the dermis, at most `MOST_CONDUCT` stable
        conduction steps; light falls in parts of at most one cell (numerics page). A ``dt`` that is given is kept.
        """
        stable = self.stable_dt()
        peak = power * shot.peak_factor / (np.pi * shot.radius_m(0.0) ** 2)
        per_cell = float(np.median((self.h_ablation()[0] * self.dz)[self.dz <= 1.5 * self.dz[0]]))
        if dt is None:
            dt = min(max(stable, per_cell / max(peak, 1e-300)), MOST_CONDUCT * stable)
        steps = int(np.ceil(duration / min(dt, duration / 50) * (1 - 1e-12)))
        step = duration / steps
        return _Steps(
            step,
            steps,
            light=int(np.clip(np.ceil(step * peak / per_cell), 1, 200)),
            conduct=max(1, int(np.ceil(step / stable * (1 - 1e-12)))),
        )

    def _refuse_too_many(self, count: int, shot: Shot) -> None:
        if not count <= MOST_STEPS:
            raise BadInput(
                "shot",
                given=f"{shot.pulse_ms:g} ms at {shot.power_W:g} W on {shot.spot_um:g} µm, which boils: "
                f"{count:,} steps of conduction",
                allowed=f"at most {MOST_STEPS:,} steps where tissue boils or is removed",
                todo="Shorten the pulse, lower the power so that the surface stays below 100 °C, or coarsen the mesh.",
            )

    def _open_window(self, n_tubes: int, outer_m: float) -> None:
        n_r, n_z = self.h.shape
        columns = int(np.searchsorted(self.r_edges, outer_m)) + 2
        self.window[0] = min(n_r, max(columns, n_tubes + 2, int(self.window[0])))
        depth = 12.0 / (self.mu_dry[0, 0] + self.water[0].max() / c.RHO_WATER.value * self.mu_water)
        for i in range(n_r):
            start = self.z_edges[min(self.top[i], n_z - 1)]
            row = int(np.searchsorted(self.z_edges, start + depth)) + 2
            self.high[i] = min(n_z - 1, max(row, int(self.high[i])))

    def _locate_front(self) -> None:
        """Where the front stands inside the first cell left of each column that has a crater."""
        n_z = self.h.shape[1]
        h_abl = self.h_ablation()
        self.attenuate()
        for i in np.flatnonzero((self.top > 0) & (self.top < n_z)):
            k = int(self.top[i])
            m = -float(np.log(self.transmission[i, k]))
            self.front_share[i] = front_share(float(self.h[i, k] / h_abl[i, k]), m)
