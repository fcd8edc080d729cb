"""Tilted, overlapping and moving beams in three dimensions: ``simulate_volume(beams, skin, block) -> Volume``.

The same tissue, light, ablation and damage as the column, on a block of equal cells; explicit in time. It costs minutes
where the column costs tenths of a second: what is symmetric belongs to `simulate`.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from colonnade.errors import BadInput
from colonnade.laser import Shot
from colonnade.photothermal import constants as c
from colonnade.photothermal import pulse, volume
from colonnade.photothermal.damage import SETS
from colonnade.photothermal.engine import CLOSURE_LIMIT, decide_ablation
from colonnade.photothermal.lesion import EnergyAudit
from colonnade.photothermal.strategies import Ablation, Losses, Physics
from colonnade.photothermal.tissue_rows import rows_of
from colonnade.tissue import Skin
from colonnade.units import from_si, kelvin, to_si

#: Rounding of float32 over thousands of steps; float64 must close as the column does.
CLOSURE_LIMIT_FLOAT32 = 1e-4
#: Seconds per cell and step on one core, rays included (`benchmarks/cutting.py` prints it).
COST_S = 1.5e-7
BYTES_PER_CELL = {"float32": 11 * 4 + 3, "float64": 11 * 8 + 3}


@dataclass(frozen=True)
class Beam:
    """A shot at a place: its axis meets the surface at (x, y) of the block; it may be tilted and may move along x."""

    shot: Shot
    x_um: float
    y_um: float
    tilt_deg: float = 0.0
    """From the normal; 0 to 60."""
    azimuth_deg: float = 0.0
    """Direction of the tilt in the surface, from x."""
    speed_mm_s: float = 0.0
    """Along x, while the beam is on."""
    wait_ms: float = 0.0
    """Cooling before this beam fires."""

    def __post_init__(self) -> None:
        if not 0.0 <= self.tilt_deg <= 60.0:
            raise BadInput("tilt_deg", given=f"{self.tilt_deg:g}", allowed="0 to 60", todo="Straighten the beam.")
        if not (self.wait_ms >= 0 and math.isfinite(self.speed_mm_s)):
            raise BadInput("beam", given=f"wait {self.wait_ms:g} ms, speed {self.speed_mm_s:g} mm/s",
                           allowed="a wait of 0 or more, a finite speed", todo="Correct the beam.")  # fmt: skip
        if self.shot.train is not None or self.shot.stack > 1:
            raise BadInput("beam", given="a shot with a stack or a train", allowed="single pulses of constant power",
                           todo="Give each pulse as a beam of its own, with wait_ms.")  # fmt: skip


@dataclass(frozen=True)
class Block:
    """The block of tissue [µm] and its cells; x is the direction of cutting."""

    length_um: float
    width_um: float
    depth_um: float
    cell_um: float = 5.0
    cell_z_um: float | None = None
    precision: str = "float32"
    rays_per_cell: int = 2

    def shape(self) -> tuple[int, int, int]:
        """Number of cells in x, y, z."""
        dz = self.cell_z_um or self.cell_um
        return (
            math.ceil(self.length_um / self.cell_um - 1e-9),
            math.ceil(self.width_um / self.cell_um - 1e-9),
            math.ceil(self.depth_um / dz - 1e-9),
        )


@dataclass(frozen=True)
class Forecast:
    """What a run will take, told before it begins."""

    cells: int
    steps: int
    memory_GB: float
    minutes: float


@dataclass(frozen=True)
class Volume:
    """What several beams leave in a block. Maps are (n_x, n_y) [µm], from the original surface."""

    crater_um: NDArray[np.float64]
    coagulated_um: NDArray[np.float64]
    """Deepest collagen coagulated or dried under each place, at least the crater."""
    necrosis_um: NDArray[np.float64]
    ablated_volume_mm3: float
    residual_heat_mJ: float
    energy: EnergyAudit
    rise_K: NDArray[Any]
    removed: NDArray[np.bool_]
    cell_um: tuple[float, float, float]
    forecast: Forecast
    seconds: float


def forecast(
    beams: tuple[Beam, ...], skin: Skin, block: Block, *, until_ms: float, physics: Physics | None = None
) -> Forecast:
    """Cells, steps, memory and minutes of a run."""
    state = _State(beams, skin, block, Losses(), Ablation(), physics or Physics(), empty=True)
    total = sum(b.shot.pulse_s + to_si(b.wait_ms, "ms") for b in beams) + to_si(until_ms, "ms")
    steps = sum(math.ceil(b.shot.pulse_s / state.step_for(b)) for b in beams)
    steps += math.ceil(max(total - sum(b.shot.pulse_s for b in beams), 0.0) / state.stable)
    cells = math.prod(block.shape())
    return Forecast(cells, steps, cells * BYTES_PER_CELL[block.precision] / 1e9, cells * steps * COST_S / 60)


def simulate_volume(
    beams: tuple[Beam, ...],
    skin: Skin,
    block: Block,
    *,
    until_ms: float = 10.0,
    losses: Losses | None = None,
    ablation: Ablation | None = None,
    physics: Physics | None = None,
    most_minutes: float = 30.0,
    most_GB: float = 4.0,
    threads: int | None = None,
    progress: Callable[[float, str], None] | None = None,
) -> Volume:
    """Fire the beams one after the other into a block and let it cool for ``until_ms``.

    ``threads`` limits the threads (default: Numba's, one per core; on a machine that is busy one is quicker than two).

    Raises
    ------
    BadInput
        Before anything is computed, if the forecast exceeds ``most_minutes`` or ``most_GB``; with a cell that fits.
    ArithmeticError
        If the energy audit does not close to 1e-4 (float32) or 1e-6 (float64).
    """
    physics = physics or Physics()
    _check(block, beams)
    ahead = forecast(beams, skin, block, until_ms=until_ms, physics=physics)
    if not (ahead.minutes <= most_minutes and ahead.memory_GB <= most_GB):
        # cells fall with the cube, stable steps with the square of the cell
        factor = max((ahead.minutes / most_minutes) ** 0.2, (ahead.memory_GB / most_GB) ** (1 / 3))
        raise BadInput(
            "block",
            given=f"{ahead.cells:,} cells, {ahead.steps:,} steps: "
            f"about {ahead.memory_GB:.2g} GB and {ahead.minutes:.0f} min",
            allowed=f"at most {most_GB:g} GB and {most_minutes:g} min",
            todo=f"Use cell_um={block.cell_um * factor * 1.05:.3g}, a smaller block or fewer beams.",
        )
    if threads is not None:
        numba.set_num_threads(min(max(threads, 1), os.cpu_count() or 1))
    begun = time.perf_counter()
    state = _State(beams, skin, block, losses or Losses(), ablation or Ablation(), physics)
    say = progress or (lambda fraction, message: None)
    for n, beam in enumerate(beams):
        say(n / (len(beams) + 1), f"beam {n + 1} of {len(beams)}")
        state.rest(to_si(beam.wait_ms, "ms"))
        state.fire(beam)
    say(len(beams) / (len(beams) + 1), "cooling")
    state.rest(to_si(until_ms, "ms"))
    say(1.0, "done")
    return state.result(ahead, time.perf_counter() - begun)


def _check(block: Block, beams: tuple[Beam, ...]) -> None:
    if not beams:
        raise BadInput("beams", given="none", allowed="one or more", todo="Give at least one beam.")
    if block.precision not in BYTES_PER_CELL:
        raise BadInput("precision", given=block.precision, allowed="float32, float64", todo="Choose one of them.")
    sizes = (block.length_um, block.width_um, block.depth_um, block.cell_um)
    if not all(size > 0 and math.isfinite(size) for size in sizes):
        raise BadInput("block", given=str(sizes), allowed="sizes above 0 µm", todo="Correct the block.")


class _State:
    """The block while it is simulated."""

    def __init__(
        self, beams: tuple[Beam, ...], skin: Skin, block: Block, losses: Losses, ablation: Ablation, physics: Physics,
        *, empty: bool = False,
    ) -> None:  # fmt: skip
        self.losses, self.physics, self.block = losses, physics, block
        shape = block.shape()
        cell = to_si(block.cell_um, "um")
        dz = to_si(block.cell_z_um or block.cell_um, "um")
        self.d = np.array([cell, cell])
        self.z_edges: NDArray[np.float64] = dz * np.arange(shape[2] + 1, dtype=np.float64)
        self.dz = np.diff(self.z_edges)
        self.start = kelvin(skin.temperature_C)
        self.medium = (self.start if physics.medium_C is None else kelvin(physics.medium_C)) - self.start
        self.span = c.BOILING_K - self.start
        decided = [decide_ablation(beam.shot, ablation) for beam in beams]
        self.t_abl, self.char_on = max(t for t, _, _ in decided), any(char for _, char, _ in decided)
        rows = rows_of(skin, self.z_edges.astype(np.float64), physics)
        self.c_dry = rows.c_dry
        capacity = rows.c_dry + rows.water * physics.c_water
        alpha = float((rows.k_wet * (1 + physics.k_slope * self.span) / capacity).max())
        alpha = max(alpha, float((rows.k_dry / rows.c_dry).max())) if physics.conduction else 1e-12
        self.stable = 0.4 / (alpha * (2 / cell**2 + 1 / dz**2))
        superheat = rows.c_dry * (self.t_abl - c.BOILING_K) if ablation.f_v >= 1 else 0.0
        self.per_cell = float(np.median(capacity * self.span + rows.water * c.LATENT_HEAT.value)) * dz
        self.f_v, self.superheat = ablation.f_v, superheat
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
        self.h_abl = self._h_abl()

    def _h_abl(self) -> NDArray[Any]:
        boil = (self.c_dry + self.water * self.physics.c_water) * self.span
        return np.asarray(boil + self.f_v * self.water * c.LATENT_HEAT.value + self.superheat, self.h.dtype)

    def step_for(self, beam: Beam) -> float:
        """Stable for conduction, and at most half a cell of travel for a moving beam [s]."""
        step = self.stable if self.physics.conduction else beam.shot.pulse_s / 100
        if beam.speed_mm_s:
            step = min(step, 0.5 * self.d[0] / abs(beam.speed_mm_s * 1e-3))
        return min(step, beam.shot.pulse_s / 50)

    def fire(self, beam: Beam) -> None:
        """One pulse; the steam of cells that stay leaves at its end."""
        shot, physics = beam.shot, self.physics
        rays, (slope, scale) = _rays(beam, self.d, self.block.rays_per_cell), self._geometry(beam)
        first = np.zeros(len(rays), dtype=np.int64)
        steps = math.ceil(shot.pulse_s / self.step_for(beam))
        dt = shot.pulse_s / steps
        peak = shot.power_W * shot.peak_factor / (math.pi * shot.radius_m(0.0) ** 2)
        parts = max(1, math.ceil(dt * peak / self.per_cell))
        mu_water = 0.0 if physics.mu_constant_per_cm is not None else c.MU_WATER_25C.value
        mu_dry = c.MU_DRY.value if physics.mu_constant_per_cm is None else to_si(physics.mu_constant_per_cm, "per_cm")
        optics = (
            physics.reflectance, self.losses.eta, to_si(self.losses.kappa_per_mm, "per_mm"), mu_water, physics.mu_slope,
            c.MU_WATER_FLOOR.value, mu_dry, c.MU_CHAR.value, self.start - kelvin(25.0), physics.c_water, self.span,
        )  # fmt: skip
        x, y, ablating = to_si(beam.x_um, "um"), to_si(beam.y_um, "um"), False
        for n in range(steps * parts):
            if beam.speed_mm_s:
                first[:] = 0
            here = x + beam.speed_mm_s * 1e-3 * (n + 0.5) * dt / parts
            volume.march(
                shot.power_W * dt / parts, ablating, here, y, rays, first, scale, slope,
                (self.c_dry, c.LATENT_HEAT.value), optics, (self.d, self.z_edges),
                self.h, self.rise, self.water, self.removed, self.char, self.ledger,
            )  # fmt: skip
            volume.mark(self.h, self.h_abl, self.removed, self.leaving)
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
            c.T_CHAR_K.value, self.char_on, SETS, self.water, self.h, self.k_wet, self.k_dry, self.rise,
            self.highest, self.conductivity,
            self.removed, self.char, self.omega_coll, self.omega_cell,
        )  # fmt: skip
        if physics.conduction:
            volume.conduct(
                dt, self.d, self.dz, self.conductivity, self.rise, self.h, physics.h_surface, self.medium, self.removed,
                self.lost,
            )  # fmt: skip
            self.ledger[pulse.BOUNDARY] += float(self.lost.sum())

    def _release(self) -> None:
        """Steam leaves with its latent heat and what warmed it; booked in float64 from what the cells really lost."""
        latent, c_water = c.LATENT_HEAT.value, self.physics.c_water
        boil = (self.c_dry + self.water.astype(np.float64) * c_water) * self.span
        mass = np.clip(np.where(self.removed, 0.0, self.h - boil) / latent, 0.0, self.water)
        before = self.tissue_J()
        self.h -= (mass * (latent + c_water * self.span)).astype(self.h.dtype)
        self.ledger[pulse.VAPOUR] += before - self.tissue_J()
        self.water -= mass.astype(self.h.dtype)
        left = np.clip(self.water / np.maximum(self.water_start, 1e-12), 0.0, 1.0)
        self.k_wet[:] = np.where(self.removed, 0.0, self.k_dry + left * (self.k_wet_start - self.k_dry))
        self.h_abl = self._h_abl()

    def tissue_J(self) -> float:
        """Enthalpy above the start in the cells that are left [J]."""
        return float(np.sum(self.h.sum(axis=(0, 1), dtype=np.float64) * self.dz)) * float(self.d[0] * self.d[1])

    def _geometry(self, beam: Beam) -> tuple[tuple[float, float, float], NDArray[np.float64]]:
        tilt, azimuth = math.radians(beam.tilt_deg), math.radians(beam.azimuth_deg)
        slope = (math.tan(tilt) * math.cos(azimuth), math.tan(tilt) * math.sin(azimuth), 1 / math.cos(tilt))
        middle = 0.5 * (self.z_edges[1:] + self.z_edges[:-1]) / math.cos(tilt)
        at_surface = beam.shot.radius_m(0.0)
        spread = np.array([beam.shot.radius_m(float(z)) / at_surface for z in middle])
        return slope, spread if self.physics.divergence else np.ones(len(middle))

    def result(self, ahead: Forecast, seconds: float) -> Volume:
        """Measure, audit, freeze."""
        if not np.isfinite(self.h).all():
            raise ArithmeticError("the block is not finite; please report this")
        mj = lambda slot: from_si(float(self.ledger[slot]), "mJ")  # noqa: E731
        tissue = from_si(self.tissue_J(), "mJ")
        energy = EnergyAudit(
            mj(pulse.DELIVERED), mj(pulse.REFLECTED), mj(pulse.PLUME), mj(pulse.EJECTED), mj(pulse.VAPOUR), tissue,
            mj(pulse.BOUNDARY),
        )  # fmt: skip
        limit = CLOSURE_LIMIT if self.h.dtype == np.float64 else CLOSURE_LIMIT_FLOAT32
        if not energy.closure_error <= limit:
            raise ArithmeticError(f"energy closes only to {energy.closure_error:.1e} (limit {limit:g}); please report")
        dry = self.water < 0.02 * self.water_start
        coagulated = self.removed | (self.omega_coll >= 1.0) | dry
        dz_um = from_si(float(self.dz[0]), "um")
        voxel = float(self.d[0] * self.d[1] * self.dz[0])
        return Volume(
            crater_um=_deepest(self.removed, dz_um),
            coagulated_um=_deepest(coagulated, dz_um),
            necrosis_um=_deepest(coagulated | (self.omega_cell >= 1.0), dz_um),
            ablated_volume_mm3=from_si(float(np.count_nonzero(self.removed)) * voxel, "mm3"),
            residual_heat_mJ=tissue,
            energy=energy,
            rise_K=self.rise,
            removed=self.removed,
            cell_um=(self.block.cell_um, self.block.cell_um, dz_um),
            forecast=ahead,
            seconds=seconds,
        )


def _deepest(mask: NDArray[np.bool_], dz_um: float) -> NDArray[np.float64]:
    """Depth [µm] of the deepest marked cell under each place."""
    n_z = mask.shape[2]
    last = n_z - np.argmax(mask[:, :, ::-1], axis=2)
    return np.asarray(np.where(mask.any(axis=2), last * dz_um, 0.0), dtype=float)


def _rays(beam: Beam, d: NDArray[np.float64], per_cell: int) -> NDArray[np.float64]:
    """Rays (n, 3): offsets x, y from the axis at the surface [m] and share of the power; shares sum to 1.

    A square grid of ``per_cell`` rays per cell edge. Each carries the profile's mean over its square (8 x 8 points), in
    the beam's own cross-section: a tilted beam meets the surface in an ellipse.
    """
    tilt, azimuth = math.radians(beam.tilt_deg), math.radians(beam.azimuth_deg)
    shot = beam.shot
    w = shot.radius_m(0.0)
    reach = {"gaussian": 2.65, "supergaussian": 1.8, "tophat": 1.0}[shot.profile] * w
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
