"""The working state of a three-dimensional block: what `simulate_volume` and `simulate_cut` step through time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from colonnade.laser import Shot
from colonnade.photothermal import constants as c
from colonnade.photothermal import pulse, volume
from colonnade.photothermal.damage import COLLAGEN, sets_of
from colonnade.photothermal.engine import CLOSURE_LIMIT, decide_ablation
from colonnade.photothermal.lesion import EnergyAudit
from colonnade.photothermal.strategies import Film, Options
from colonnade.photothermal.tissue_rows import film_rows, rows_of, stacked
from colonnade.tissue import Skin
from colonnade.units import from_si, kelvin, to_si

if TYPE_CHECKING:
    from colonnade.photothermal.tilted import Beam, Block

#: Rounding of float32 over thousands of steps; float64 must close as the column does.
CLOSURE_LIMIT_FLOAT32 = 1e-4
#: Cells that a moving beam passes before the steam behind it leaves (and a moving window is shifted).
CHUNK = 8


class State:
    """The block while it is simulated; its steps, its ledger, its depths."""

    def __init__(
        self, beams: tuple[Beam, ...], skin: Skin, block: Block, options: Options, *, empty: bool = False
    ) -> None:
        losses, ablation, physics = options.losses, options.ablation, options.physics
        self.losses, self.physics, self.block = losses, physics, block
        shape = block.shape()
        cell = to_si(block.cell_um, "um")
        dz = to_si(block.cell_z_um or block.cell_um, "um")
        self.d = np.array([cell, cell])
        self.z_edges: NDArray[np.float64] = dz * np.arange(shape[2] + 1, dtype=np.float64)
        self.film = film_layers(options.film, dz)
        if self.film:
            above = np.linspace(-to_si(options.film.thickness_um, "um"), 0.0, self.film + 1)[:-1]
            self.z_edges = np.concatenate([above, self.z_edges])
            shape = (*shape[:2], shape[2] + self.film)
        self.shape = shape
        self.dz = np.diff(self.z_edges)
        self.start = kelvin(skin.temperature_C)
        self.medium = (self.start if physics.medium_C is None else kelvin(physics.medium_C)) - self.start
        self.span = c.BOILING_K - self.start
        decided = [decide_ablation(beam.shot, ablation) for beam in beams]
        self.t_abl, self.char_on = max(t for t, _, _ in decided), any(char for _, char, _ in decided)
        rows = rows_of(skin, self.z_edges[self.film :], physics)
        if self.film:
            rows = stacked(film_rows(options.film, self.film), rows)
        self.c_dry, self.mu_dry = rows.c_dry, rows.mu_dry
        if physics.mu_constant_per_cm is not None:
            self.mu_dry = np.full(shape[2], to_si(physics.mu_constant_per_cm, "per_cm"))
        capacity = rows.c_dry + rows.water * physics.c_water
        alpha = float((rows.k_wet * (1 + physics.k_slope * self.span) / capacity).max())
        alpha = max(alpha, float((rows.k_dry / rows.c_dry).max())) if physics.conduction else 1e-12
        self.stable = 0.4 / (alpha * (2 / cell**2 + 1 / float(self.dz.min()) ** 2))
        superheat = rows.c_dry * (self.t_abl - c.BOILING_K) if ablation.f_v >= 1 else 0.0
        self.per_cell = float(np.median(capacity * self.span + rows.water * c.LATENT_HEAT.value)) * dz
        self.f_v, self.superheat = ablation.f_v, superheat
        self.sets = sets_of(COLLAGEN[options.kinetics.collagen])
        if empty:
            return
        kind = np.dtype(block.precision)
        full = lambda row: np.broadcast_to(row, shape).astype(kind)  # noqa: E731
        self.h, self.rise, self.highest = (np.zeros(shape, kind) for _ in range(3))
        self.omega_coll, self.omega_cell = np.zeros(shape, kind), np.zeros(shape, kind)
        self.water, self.k_wet, self.k_dry = full(rows.water), full(rows.k_wet), full(rows.k_dry)
        if not physics.conduction:
            self.k_wet[:], self.k_dry[:] = 0.0, 0.0
        self.conductivity = self.k_wet.copy()
        self.removed, self.char, self.leaving = (np.zeros(shape, np.bool_) for _ in range(3))
        self.water_start, self.k_wet_start = rows.water, rows.k_wet if physics.conduction else 0 * rows.k_wet
        self.ledger = np.zeros(pulse.LEDGER_SIZE)
        self.lost = np.zeros(shape[0])
        self.warm = np.zeros(shape[:2], np.int64)
        self.passed = 0
        self.h_abl = self._h_abl()

    def _h_abl(self, where: slice = slice(None)) -> NDArray[Any]:
        water = self.water[where]
        boil = (self.c_dry + water * self.physics.c_water) * self.span
        h = boil + self.f_v * water * c.LATENT_HEAT.value + self.superheat
        if self.film:  # a film only has to boil off, as in the column
            part = (..., slice(0, self.film))
            h[part] = boil[part] + min(self.f_v, c.FILM_BOILED) * water[part] * c.LATENT_HEAT.value
        return np.asarray(h, self.h.dtype)

    def step_for(self, beam: Beam) -> float:
        """Stable for conduction, and at most half a cell of travel for a moving beam [s]."""
        step = self.stable if self.physics.conduction else beam.shot.pulse_s / 100
        if beam.speed_mm_s:
            step = min(step, 0.5 * self.d[0] / abs(to_si(beam.speed_mm_s, "mm_s")))
        return min(step, beam.shot.pulse_s / 50)

    def fire(self, beam: Beam) -> None:
        """One pulse; the steam of cells that stay leaves at its end."""
        shot, physics = beam.shot, self.physics
        rays, (slope, scale) = rays_of(beam, self.d, self.block.rays_per_cell), self._geometry(beam)
        first = np.zeros(len(rays), dtype=np.int64)
        steps = math.ceil(shot.pulse_s / self.step_for(beam))
        dt = shot.pulse_s / steps
        peak = shot.power_W * shot.peak_factor / (math.pi * shot.radius_m(0.0) ** 2)
        parts = max(1, math.ceil(dt * peak / self.per_cell))
        mu_water = 0.0 if physics.mu_constant_per_cm is not None else c.MU_WATER_25C.value
        optics = (
            physics.reflectance, self.losses.eta, to_si(self.losses.kappa_per_mm, "per_mm"), mu_water, physics.mu_slope,
            c.MU_WATER_FLOOR.value, self.mu_dry, c.MU_CHAR.value, self.start - kelvin(25.0), physics.c_water, self.span,
        )  # fmt: skip
        x, y, ablating = to_si(beam.x_um, "um"), to_si(beam.y_um, "um"), False
        speed = to_si(beam.speed_mm_s, "mm_s")
        reach = float(np.abs(rays[:, 0]).max() * scale.max() + abs(slope[0]) * self.z_edges[-1])
        for n in range(steps * parts):
            here = x + speed * (n + 0.5) * dt / parts
            if speed:
                first[:] = 0
                here = self._follow(here, math.copysign(reach, speed))
            volume.march(
                shot.power_W * dt / parts, ablating, here, y, rays, first, scale, slope,
                (self.c_dry, c.LATENT_HEAT.value), optics, (self.d, self.z_edges),
                self.h, self.rise, self.water, self.removed, self.char, self.warm, self.ledger,
            )  # fmt: skip
            volume.mark(self.h, self.h_abl, self.removed, self.warm, self.leaving)
            if self.leaving.any():
                ablating = True
                volume.take(
                    self.h, self.h_abl, self.leaving, self.removed, self.k_wet, self.k_dry, self.conductivity,
                    self.rise, self.d[0] * self.d[1],
                    self.z_edges, self.ledger,
                )  # fmt: skip
            if (n + 1) % parts == 0:
                self._step(dt)
        self._release()

    def _follow(self, here: float, reach: float) -> float:
        """Steam leaves what a moving beam has left, as at the end of a pulse; returns where the beam stands [m].

        ``reach`` is how far its light goes ahead of its axis, with the sign of its speed.
        """
        passed = int((here - reach) / self.d[0])
        if abs(passed - self.passed) >= CHUNK:
            self.passed = passed
            self._release(slice(0, max(passed, 0)) if reach > 0 else slice(max(passed, 0), None))
        return here

    def rest(self, seconds: float) -> None:
        """Cool without light; steam that forms leaves at the end."""
        if seconds <= 0:
            return
        steps = math.ceil(seconds / self.stable) if self.physics.conduction else 1
        for _ in range(steps):
            self._step(seconds / steps)
        self._release()

    def _step(self, dt: float) -> None:
        physics = self.physics
        volume.update(
            dt, self.start, self.span, physics.k_slope, self.c_dry, physics.c_water, c.LATENT_HEAT.value,
            c.T_CHAR_K.value, self.char_on, self.sets, self.water, self.h, self.k_wet, self.k_dry, self.rise,
            self.highest, self.conductivity,
            self.removed, self.char, self.omega_coll, self.omega_cell, self.warm,
        )  # fmt: skip
        if physics.conduction:
            volume.conduct(
                dt, self.d, self.dz, self.conductivity, self.rise, self.h, physics.h_surface, self.medium, self.removed,
                self.warm, self.lost,
            )  # fmt: skip
            self.ledger[pulse.BOUNDARY] += float(self.lost.sum())

    def _release(self, where: slice = slice(None)) -> None:
        """Steam leaves with its latent heat and what warmed it; booked in float64 from what the cells really lost.

        ``where`` along x.
        """
        h, water, removed = self.h[where], self.water[where], self.removed[where]
        latent, c_water = c.LATENT_HEAT.value, self.physics.c_water
        boil = (self.c_dry + water.astype(np.float64) * c_water) * self.span
        mass = np.clip(np.where(removed, 0.0, h - boil) / latent, 0.0, water)
        before = self.tissue_J(where)
        h -= (mass * (latent + c_water * self.span)).astype(h.dtype)
        self.ledger[pulse.VAPOUR] += before - self.tissue_J(where)
        water -= mass.astype(h.dtype)
        left = np.clip(water / np.maximum(self.water_start, 1e-12), 0.0, 1.0)
        k_dry = self.k_dry[where]
        self.k_wet[where] = np.where(removed, 0.0, k_dry + left * (self.k_wet_start - k_dry))
        self.h_abl[where] = self._h_abl(where)

    def tissue_J(self, where: slice = slice(None)) -> float:
        """Enthalpy above the start in the cells that are left, all or some along x [J]."""
        rows = self.h[where].sum(axis=(0, 1), dtype=np.float64)
        return float(np.sum(rows * self.dz)) * float(self.d[0] * self.d[1])

    def _geometry(self, beam: Beam) -> tuple[tuple[float, float, float], NDArray[np.float64]]:
        tilt, azimuth = math.radians(beam.tilt_deg), math.radians(beam.azimuth_deg)
        slope = (math.tan(tilt) * math.cos(azimuth), math.tan(tilt) * math.sin(azimuth), 1 / math.cos(tilt))
        middle = 0.5 * (self.z_edges[1:] + self.z_edges[:-1]) / math.cos(tilt)
        at_surface = beam.shot.radius_m(0.0)
        spread = np.array([beam.shot.radius_m(float(z)) / at_surface for z in middle])
        return slope, spread if self.physics.divergence else np.ones(len(middle))

    def audit(self, left_behind_J: float = 0.0) -> EnergyAudit:
        """The seven terms, closed; ``left_behind_J`` is tissue heat that a moving window no longer holds.

        Raises ArithmeticError if the block is not finite or the audit does not close.
        """
        if not np.isfinite(self.h).all():
            raise ArithmeticError("the block is not finite; please report this")
        mj = lambda slot: from_si(float(self.ledger[slot]), "mJ")  # noqa: E731
        tissue = from_si(self.tissue_J() + left_behind_J, "mJ")
        energy = EnergyAudit(
            mj(pulse.DELIVERED), mj(pulse.REFLECTED), mj(pulse.PLUME), mj(pulse.EJECTED), mj(pulse.VAPOUR), tissue,
            mj(pulse.BOUNDARY),
        )  # fmt: skip
        limit = CLOSURE_LIMIT if self.h.dtype == np.float64 else CLOSURE_LIMIT_FLOAT32
        if not energy.closure_error <= limit:
            raise ArithmeticError(f"energy closes only to {energy.closure_error:.1e} (limit {limit:g}); please report")
        return energy

    def depths(self, where: slice = slice(None)) -> tuple[NDArray[np.float64], ...]:
        """Maps [µm] of crater, coagulated and necrosis, all or some along x."""
        removed, dz_um = self.removed[where], from_si(float(self.dz[self.film]), "um")
        dry = self.water[where] < 0.02 * self.water_start
        coagulated = removed | (self.omega_coll[where] >= 1.0) | dry
        zones = removed, coagulated, coagulated | (self.omega_cell[where] >= 1.0)
        return tuple(deepest(zone[:, :, self.film :], dz_um) for zone in zones)


def film_layers(film: Film, dz_m: float) -> int:
    """How many layers of at most ``dz_m`` a film on the skin takes."""
    return math.ceil(to_si(film.thickness_um, "um") / dz_m - 1e-9)


def deepest(mask: NDArray[np.bool_], dz_um: float) -> NDArray[np.float64]:
    """Depth [µm] of the deepest marked cell under each place."""
    n_z = mask.shape[2]
    last = n_z - np.argmax(mask[:, :, ::-1], axis=2)
    return np.asarray(np.where(mask.any(axis=2), last * dz_um, 0.0), dtype=float)


def light_reach_m(shot: Shot) -> float:
    """Radius at the surface beyond which less than 1e-6 of the axis' light falls [m]."""
    return {"gaussian": 2.65, "supergaussian": 1.8, "tophat": 1.0}[shot.profile] * shot.radius_m(0.0)


def rays_of(beam: Beam, d: NDArray[np.float64], per_cell: int) -> NDArray[np.float64]:
    """Rays (n, 3): offsets x, y from the axis at the surface [m] and share of the power; shares sum to 1.

    A square grid of ``per_cell`` rays per cell edge. Each carries the profile's mean over its square (8 x 8 points), in
    the beam's own cross-section: a tilted beam meets the surface in an ellipse.
    """
    tilt, azimuth = math.radians(beam.tilt_deg), math.radians(beam.azimuth_deg)
    shot = beam.shot
    w = shot.radius_m(0.0)
    reach = light_reach_m(shot)
    step = d[0] / per_cell
    count = math.ceil(reach / math.cos(tilt) / step) + 1
    line = (np.arange(-count, count) + 0.5) * step
    x, y = (a.ravel() for a in np.meshgrid(line, line, indexing="ij"))
    order = {"gaussian": 1, "supergaussian": shot.order, "tophat": 0}[shot.profile]
    share = np.zeros(len(x))
    points = ((np.arange(8) + 0.5) / 8 - 0.5) * step
    for dx in points:
        for dy in points:
            along = (x + dx) * math.cos(azimuth) + (y + dy) * math.sin(azimuth)
            across = -(x + dx) * math.sin(azimuth) + (y + dy) * math.cos(azimuth)
            radius = np.hypot(along * math.cos(tilt), across) / w
            share += np.exp(-2 * radius ** (2 * order)) if order else radius <= 1.0
    share[share < 1e-6 * share.max()] = 0.0
    keep = share > 0
    share = share[keep] / share[keep].sum()
    return np.ascontiguousarray(np.column_stack([x[keep], y[keep], share]))
