"""The state of one column: cells, enthalpy, water, damage, ledger; what follows from them. Arrays are (n_r, n_z)."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from colonnade.photothermal import constants as c
from colonnade.photothermal import heat, pulse
from colonnade.photothermal.damage import COLLAGEN, sets_of
from colonnade.photothermal.strategies import Options
from colonnade.photothermal.tissue_rows import DERMIS_WATER, density
from colonnade.units import kelvin, to_si

Array = NDArray[np.float64]


@dataclass(frozen=True)
class _Tables:
    """Per-cell constants of a pulse, each (n_r, n_z)."""

    inv_c: Array
    inv_c_dry: Array
    h_boil: Array
    h_steam: Array
    inv_h_steam: Array
    h_ablation: Array


class State:
    """Mesh, tissue, enthalpy, damage and ledger of one column; depth along the second axis.

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
        self.c_dry_start = self.c_dry.copy()
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
        self.fluid = np.zeros(shape, dtype=np.bool_)
        """Cells of an earlier crater that have filled again (`refill`)."""
        self.count_cem43 = False
        self.sets = sets_of(COLLAGEN[options.kinetics.collagen])
        self.top = np.zeros(n_r, dtype=np.int64)
        self.low = np.zeros(n_r, dtype=np.int64)
        self.high = np.zeros(n_r, dtype=np.int64)
        self.window = np.zeros(1, dtype=np.int64)
        self.front_share = np.zeros(n_r)
        """How far the front stands inside the first cell that is left of each column, 0 to 1 (`front_share`)."""
        self.plug_share = np.zeros(n_r)
        """`front_share` of the crater under fluid, as it was when the fluid came."""
        self.ledger = np.zeros(pulse.LEDGER_SIZE)
        self.t_abl = t_abl_K
        self.t_dry: Array | float = 0.0
        """Temperature [K] that a cell which was dry before the pulse must reach; 0 asks no more than the others."""
        self.gas_J_m3 = np.zeros(shape)
        """Heat that turns a cell's dry matter to gas, where a pulse cannot blow it off (`ask_pyrolysis`); else 0."""
        self.t_cap = np.inf
        """Temperature [K] at which dry matter turns to gas; no cell gets hotter. Infinite where pyrolysis is off."""
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
        """Enthalpy at which an exposed cell leaves [J/m3]: ρc ΔT + f_v W L, with dry superheat when f_v = 1.

        Pyrolysis comes on top where it is asked; a film on the skin only has to boil off.
        """
        f_v = self.options.ablation.f_v
        t_dry = np.maximum(self.t_abl if f_v >= 1.0 else c.BOILING_K, self.t_dry)
        if np.isfinite(self.t_cap):
            t_dry = np.maximum(t_dry, np.where(self.gas_J_m3 > 0.0, self.t_cap, 0.0))
        h = self.h_boil() + f_v * self.water * c.LATENT_HEAT.value + self.c_dry * (t_dry - c.BOILING_K) + self.gas_J_m3
        if self.z_edges[0] < 0.0:
            film = self.h_boil() + min(f_v, c.FILM_BOILED) * self.water * c.LATENT_HEAT.value
            h = np.where(self.z_edges[:-1] < 0.0, film, h)
        return h

    def deepest_m(self) -> float:
        """Depth of the deepest removed cell [m]; 0 if there is none."""
        return float(self.z_edges[int(self.top.max())])

    def leading_holes(self) -> NDArray[np.int64]:
        """Number of removed cells at the top of each ring, up to the first cell that is left; shape (n_r,)."""
        return np.asarray(np.cumprod(self.removed, axis=1).sum(axis=1), dtype=np.int64)

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
        np.minimum(self.temperature, self.t_cap, out=self.temperature)
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

    def ask_pyrolysis(self) -> None:
        """Which cells must turn to gas in the coming pulse: all of a char shot, else those that were dry before it.

        Their dry matter less the carbon that stays costs ``pyrolysis_kJ_g``; the cell leaves when it is paid.
        """
        heat_J_kg = to_si(self.options.ablation.pyrolysis_kJ_g, "kJ_g")
        charring = self.t_abl > c.BOILING_K and self.options.ablation.f_v >= 1.0
        dried = self.water < c.DRY_SHARE.value * self.water_start
        asked = np.full(self.h.shape, charring) | (dried & ~self.removed)
        left = np.maximum(self.c_dry - c.CHAR_YIELD.value * self.c_dry_start, 0.0) / c.C_DRY.value
        self.gas_J_m3 = np.where(asked, left * heat_J_kg, 0.0)
        self.t_cap = np.inf
        if heat_J_kg > 0.0 and bool(asked.any()):
            self.t_cap = self.t_abl if charring else c.T_PYROLYSIS_K.value

    def release_gas(self) -> None:
        """What lies above the pyrolysis plateau at the end of a pulse has turned dry matter to gas, which escapes."""
        if not np.isfinite(self.t_cap):
            return
        heat_J_kg = to_si(self.options.ablation.pyrolysis_kJ_g, "kJ_g")
        plateau = self.h_boil() + self.water * c.LATENT_HEAT.value + self.c_dry * (self.t_cap - c.BOILING_K)
        excess = np.where(self.removed, 0.0, np.maximum(self.h - plateau, 0.0))
        most = np.maximum(self.c_dry - c.CHAR_YIELD.value * self.c_dry_start, 0.0)
        gone = np.minimum(excess / heat_J_kg * c.C_DRY.value, most)
        enthalpy = excess + gone * (self.t_cap - self.t_ref)
        self.ledger[pulse.VAPOUR] += float(np.sum(enthalpy * self.volume))
        self.h -= enthalpy
        with np.errstate(divide="ignore", invalid="ignore"):
            self.mu_dry *= np.where(gone > 0.0, 1.0 - gone / self.c_dry, 1.0)
        self.c_dry -= gone
        self.gas_J_m3[:] = 0.0

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

    # --- water ---------------------------------------------------------------------------------------------
    def attenuate(self) -> None:
        """Transmission of every cell for its present water, temperature and char; 1 in a hole."""
        physics = self.options.physics
        factor = np.maximum(c.MU_WATER_FLOOR.value, 1 - physics.mu_slope * (self.temperature - kelvin(25.0)))
        mu = self.water / c.RHO_WATER.value * self.wetness * self.mu_water * factor + self.mu_dry
        mu = np.where(self.removed, 0.0, np.where(self.char, c.MU_CHAR.value, mu))
        self.transmission[:] = np.exp(-mu * self.dz)

    def release_steam(self) -> None:
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

    # --- what is no tissue --------------------------------------------------------------------------------
    def refill(self, share: float) -> None:
        """Fill what was removed below (1 − ``share``) of the deepest crater, with matter at the starting temperature.

        It brings no enthalpy, so the audit does not see it; it absorbs, boils and leaves like tissue, and counts as
        crater in the end.
        """
        if share <= 0.0 or not self.removed.any():
            return
        floor = self.deepest_m()
        middle = 0.5 * (self.z_edges[1:] + self.z_edges[:-1])
        cells = self.removed & (middle > max(floor * (1.0 - share), 0.0))
        water = self.options.refill.water
        rho = density(water)
        matter = {
            "water": rho * water,
            "water_start": rho * water,
            "c_dry": rho * (1.0 - water) * c.C_DRY.value,
            "c_dry_start": rho * (1.0 - water) * c.C_DRY.value,
            "k_wet": c.K_FLUID.value,
            "k_wet_start": c.K_FLUID.value,
            "k_dry": c.K_DRY.value * (1.0 - water) / (1.0 - DERMIS_WATER),
            "mu_dry": c.MU_DRY.value * (1.0 - water) / (1.0 - DERMIS_WATER),
            "h": 0.0,
            "h_start": 0.0,
            "steam": 0.0,
            "wetness": 1.0,
            "temperature": self.t_ref,
            "t_before": self.t_ref,
        }
        if not self.options.physics.conduction:
            matter |= {"k_wet": 0.0, "k_wet_start": 0.0, "k_dry": 0.0}
        if self.options.physics.mu_constant_per_cm is not None:
            matter["mu_dry"] = to_si(self.options.physics.mu_constant_per_cm, "per_cm")
        for name, value in matter.items():
            getattr(self, name)[cells] = value
        self.removed[cells], self.char[cells], self.fluid[cells] = False, False, True
        plugged = cells.any(axis=1)
        self.plug_share[plugged] = np.where(self.top[plugged] > 0, self.front_share[plugged], 0.0)
        self.top = np.minimum(self.top, self.leading_holes())
        self.low = np.minimum(self.low, self.top)
        self.refresh()

    def tissue_alone(self) -> Self:
        """A copy for measuring: without the film on the skin, and with fluid in the crater counted as crater."""
        film = int(np.sum(self.z_edges < 0.0))
        if not film and not self.fluid.any():
            return self
        alone = copy.copy(self)
        cells = self.h.shape
        for name, value in vars(self).items():
            if isinstance(value, np.ndarray) and value.shape == cells:
                setattr(alone, name, value[:, film:].copy())
        alone.z_edges, alone.dz = self.z_edges[film:], self.dz[film:]
        plugged = (self.fluid & ~self.removed).any(axis=1)
        alone.removed = alone.removed | alone.fluid
        alone.top = alone.leading_holes()
        alone.front_share = np.where(plugged, self.plug_share, np.where(alone.top > 0, self.front_share, 0.0))
        return alone
