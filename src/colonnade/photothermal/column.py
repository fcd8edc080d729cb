"""The working state of one column while it is simulated. Arrays are (n_r, n_z), depth along the second axis."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from colonnade.errors import BadInput
from colonnade.laser import Segments, Shot
from colonnade.photothermal import constants as c
from colonnade.photothermal import heat, light, pulse
from colonnade.photothermal.damage import HENRIQUES_MORITZ, PEARCE_COLLAGEN, WEAVER_STOLL
from colonnade.photothermal.strategies import Options
from colonnade.units import kelvin, to_si

Array = NDArray[np.float64]
Progress = Callable[[float], None]
#: Conduction steps within one step of light, phase and damage, at most.
MOST_CONDUCT = 8
#: More steps than this in one pulse are refused (a quarter of an hour and more) rather than begun.
MOST_STEPS = 1_000_000

SETS = np.array(
    [
        [PEARCE_COLLAGEN.ln_a, PEARCE_COLLAGEN.b_K],
        [HENRIQUES_MORITZ.ln_a, HENRIQUES_MORITZ.b_K],
        [WEAVER_STOLL.ln_a, WEAVER_STOLL.b_K],
        [WEAVER_STOLL.ln_a_low, WEAVER_STOLL.b_low_K],
    ]
)


@dataclass(frozen=True)
class _Tables:
    """Per-cell constants of a pulse, each (n_r, n_z)."""

    inv_c: Array
    inv_c_dry: Array
    h_boil: Array
    h_steam: Array
    inv_h_steam: Array
    h_ablation: Array


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


class Column:
    """One column: mesh, tissue, enthalpy, damage, ledger.

    Parameters
    ----------
    r_edges, z_edges : array (n_r + 1,), (n_z + 1,)
        Cell edges [m].
    c_dry, water, k_wet, k_dry, mu_dry : array (n_z,)
        By row: heat capacity of the dry matter [J/m3/K], water [kg/m3], conductivity wet and dry [W/m/K],
        absorption of the dry matter [1/m].
    t_ref_K : float
        Temperature at the start and reference of the enthalpy [K].
    """

    def __init__(
        self,
        r_edges: Array,
        z_edges: Array,
        *,
        c_dry: Array,
        water: Array,
        k_wet: Array,
        k_dry: Array,
        mu_dry: Array,
        t_ref_K: float,
        options: Options,
        t_abl_K: float = c.BOILING_K,
        char_on: bool = False,
    ) -> None:
        n_r, n_z = len(r_edges) - 1, len(z_edges) - 1
        shape = (n_r, n_z)
        self.r_edges, self.z_edges = r_edges, z_edges
        self.dz = np.diff(z_edges)
        self.ring = np.pi * np.diff(r_edges**2)
        self.volume = np.outer(self.ring, self.dz)
        self.options, self.t_ref, self.char_on = options, t_ref_K, char_on
        medium = options.physics.medium_C
        self.t_medium = t_ref_K if medium is None else kelvin(medium)
        spread = lambda row: np.broadcast_to(row, shape).copy()  # noqa: E731
        self.c_dry, self.water, self.water_start = spread(c_dry), spread(water), spread(water)
        self.k_wet, self.k_wet_start = spread(k_wet), spread(k_wet)
        self.k_dry, self.mu_dry = spread(k_dry), spread(mu_dry)
        if options.physics.mu_constant_per_cm is not None:
            self.mu_dry = np.full(shape, to_si(options.physics.mu_constant_per_cm, "per_cm"))
        self.h = np.zeros(shape)
        self.h_start = np.zeros(shape)
        self.steam = np.zeros(shape)
        self.temperature = np.full(shape, t_ref_K)
        self.t_before = np.full(shape, t_ref_K)
        self.t_max = np.full(shape, t_ref_K)
        self.conductivity = self.k_wet.copy()
        self.wetness = np.where(self.water > 0, 1.0, 0.0)
        self.transmission = np.ones(shape)
        self.removed = np.zeros(shape, dtype=np.bool_)
        self.char = np.zeros(shape, dtype=np.bool_)
        self.omega_coll, self.omega_hm, self.omega_ws = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        self.cem43 = np.zeros(shape)
        """Cumulative equivalent minutes at 43 °C; counted from the first long exposure on (`count_cem43`)."""
        self.count_cem43 = False
        self.top = np.zeros(n_r, dtype=np.int64)
        self.low = np.zeros(n_r, dtype=np.int64)
        self.high = np.zeros(n_r, dtype=np.int64)
        self.window = np.zeros(1, dtype=np.int64)
        self.front_share = np.zeros(n_r)
        """How far the front stands inside the first cell that is left of each column, 0 to 1 (`front_share`)."""
        self.ledger = np.zeros(pulse.LEDGER_SIZE)
        self.t_abl = t_abl_K
        self.time_s = 0.0
        self._flux = np.zeros(n_z + 2)
        self._mu, self._inverse = np.zeros(n_z), np.zeros(n_z)
        if not options.physics.conduction:
            for k in (self.k_wet, self.k_wet_start, self.k_dry, self.conductivity):
                k[:] = 0.0

    # --- derived ----------------------------------------------------------------------------------------
    @property
    def mu_water(self) -> float:
        """Absorption of liquid water at 25 °C [1/m]; 0 where a closed form wants a constant µ."""
        return 0.0 if self.options.physics.mu_constant_per_cm is not None else c.MU_WATER_25C.value

    def capacity(self) -> Array:
        """Heat capacity of each cell's wet or dry content [J/m3/K]."""
        return self.c_dry + self.water * self.options.physics.c_water

    def h_boil(self) -> Array:
        """Enthalpy at which boiling starts [J/m3]."""
        return self.capacity() * (c.BOILING_K - self.t_ref)

    def h_ablation(self) -> Array:
        """Enthalpy at which an exposed cell leaves [J/m3]: ρc ΔT + f_v W L (+ dry superheat when f_v = 1)."""
        f_v = self.options.ablation.f_v
        h = self.h_boil() + f_v * self.water * c.LATENT_HEAT.value
        return h + self.c_dry * (self.t_abl - c.BOILING_K) if f_v >= 1.0 else h

    def deepest_m(self) -> float:
        """Depth of the deepest removed cell [m]; 0 if there is none."""
        return float(self.z_edges[int(self.top.max())])

    def settle_enthalpy(self) -> None:
        """Enthalpy from temperature and steam, after a phase in which temperature was the variable."""
        self.h = np.where(
            self.removed, 0.0, self.capacity() * (self.temperature - self.t_ref) + self.steam * c.LATENT_HEAT.value
        )

    def tissue_J(self) -> float:
        """Enthalpy above the starting state in the cells that are left [J]."""
        return float(np.sum(np.where(self.removed, 0.0, (self.h - self.h_start) * self.volume)))

    def refresh(self) -> None:
        """Bring temperature, conductivity and wetness of the whole mesh in line with the enthalpy."""
        t = self._tables()
        flat = lambda a: a.reshape(-1)  # noqa: E731
        heat.temperature_of(
            flat(self.h),
            flat(t.inv_c),
            flat(t.h_boil),
            flat(t.h_steam),
            flat(t.inv_c_dry),
            self.t_ref,
            c.BOILING_K,
            flat(self.temperature),
        )
        heat.wetness_of(flat(self.h), flat(t.h_boil), flat(t.inv_h_steam), flat(self.wetness))
        heat.conductivity_of(
            flat(self.temperature),
            flat(self.wetness),
            flat(self.k_wet),
            flat(self.k_dry),
            self.options.physics.k_slope,
            self.t_ref,
            c.BOILING_K,
            flat(self.conductivity),
        )
        np.maximum(self.t_max, np.where(self.removed, 0.0, self.temperature), out=self.t_max)

    def _tables(self) -> _Tables:
        """Per-cell constants of one pulse: they change only when water has left."""
        capacity = self.capacity()
        h_steam = self.water * c.LATENT_HEAT.value
        inv = np.divide(1.0, h_steam, out=np.zeros_like(h_steam), where=h_steam > 0)
        return _Tables(
            1.0 / capacity, 1.0 / self.c_dry, capacity * (c.BOILING_K - self.t_ref), h_steam, inv, self.h_ablation()
        )

    def preheat(self, rise_K: Array) -> None:
        """Start from a given rise above the reference [K], shape (n_r, n_z), below boiling."""
        self.h = self.capacity() * rise_K
        self.h_start = self.h.copy()
        self.refresh()

    # --- the pulse --------------------------------------------------------------------------------------
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
        )
        arguments = (
            numbers,
            (share, first_cell, count, overlap, first_row),
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
            SETS,
            (self.window, self.top, self.low, self.high),
            (self._mu, self._flux, self._inverse),
            self.ledger,
        )
        ablating, done = False, 0.0
        whole = sum(duration for duration, _ in segments)
        plans = [(self._steps(shot, duration, power, dt), power) for duration, power in segments]
        self._refuse_too_many(sum(plan.steps * plan.conduct for plan, _ in plans), shot)
        for plan, power in plans:
            chunk = max(1, plan.steps // 20)
            left = plan.steps
            while left > 0:
                n = min(chunk, left)
                ablating = pulse.run_pulse(n, plan.dt, power, plan.light, plan.conduct, ablating, *arguments)
                left -= n
                done += n * plan.dt
                if progress is not None:
                    progress(done / whole)
        self.time_s += whole
        self._locate_front()
        self._release_steam()

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

    def attenuate(self) -> None:
        """Transmission of every cell for its present water, temperature and char."""
        physics = self.options.physics
        factor = np.maximum(c.MU_WATER_FLOOR.value, 1 - physics.mu_slope * (self.temperature - kelvin(25.0)))
        mu = self.water / c.RHO_WATER.value * self.wetness * self.mu_water * factor + self.mu_dry
        mu = np.where(self.char, c.MU_CHAR.value, mu)
        self.transmission[:] = np.exp(-mu * self.dz)

    def _locate_front(self) -> None:
        """Where the front stands inside the first cell left of each column that has a crater."""
        n_z = self.h.shape[1]
        h_abl = self.h_ablation()
        self.attenuate()
        for i in np.flatnonzero((self.top > 0) & (self.top < n_z)):
            k = int(self.top[i])
            m = -float(np.log(self.transmission[i, k]))
            self.front_share[i] = front_share(float(self.h[i, k] / h_abl[i, k]), m)

    def _release_steam(self) -> None:
        """The vapour already formed escapes from cells that stay; its enthalpy is booked cell by cell as vapour."""
        latent, c_water = c.LATENT_HEAT.value, self.options.physics.c_water
        span = c.BOILING_K - self.t_ref
        excess = np.where(self.removed, 0.0, self.h - self.h_boil())
        steam = np.clip(excess / latent, 0.0, self.water)
        if self.options.cooling.recondense:
            # steam waits where liquid is left; a cell that boiled dry has lost its steam
            self.steam = np.where(steam < self.water * (1 - 1e-12), steam, 0.0)
            steam = steam - self.steam
        self._lose_water(steam, steam * (latent + c_water * span))

    def _lose_water(self, mass: Array, enthalpy: Array) -> None:
        """Take ``mass`` [kg/m3] of water with ``enthalpy`` [J/m3] out of each cell and book it."""
        self.ledger[pulse.VAPOUR] += float(np.sum(enthalpy * self.volume))
        self.h -= enthalpy
        self.water -= mass
        self.dry_out()
        self.refresh()

    def dry_out(self) -> None:
        """Wet conductivity falls towards dry in proportion to the water that is left; holes conduct nothing."""
        left = np.divide(self.water, self.water_start, out=np.zeros_like(self.water), where=self.water_start > 0)
        wet = self.k_dry + np.clip(left, 0.0, 1.0) * (self.k_wet_start - self.k_dry)
        self.k_wet[:] = np.where(self.removed, 0.0, wet)
