"""Tilted, overlapping and moving beams in three dimensions: ``simulate_volume(beams, skin, block) -> Volume``.

The same tissue, light, ablation and damage as the column, on a block of equal cells; explicit in time. It costs minutes
where the column costs tenths of a second: what is symmetric belongs to `simulate`.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from colonnade.errors import BadInput
from colonnade.laser import Shot
from colonnade.photothermal.lesion import EnergyAudit
from colonnade.photothermal.naming import refuse_others
from colonnade.photothermal.strategies import Ablation, Film, Kinetics, Losses, Options, Physics
from colonnade.photothermal.voxels import State
from colonnade.tissue import Skin
from colonnade.units import from_si, to_si

#: Seconds per cell and step on one core, rays included: twice what `benchmarks/cutting.py` prints, for slower machines.
COST_S = 5e-8
BYTES_PER_CELL = {"float32": 11 * 4 + 3, "float64": 11 * 8 + 3}
#: Flat names (`naming.PARAMETERS`) of what this solver has; all else is refused rather than left out.
KNOWS = frozenset(
    {
        "eta", "kappa_per_mm", "f_v", "t_abl_C", "char", "film_um", "film_kind", "collagen", "h_surface_W_m2K",
        "medium_C", "precool_ms", "reflectance", "conduction", "divergence", "mu_constant_per_cm", "mu_slope_per_K",
        "k_slope_per_K", "c_water_J_kgK",
    }
)  # fmt: skip


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
    beams: tuple[Beam, ...], skin: Skin, block: Block, *, until_ms: float, physics: Physics | None = None,
    film: Film | None = None,
) -> Forecast:  # fmt: skip
    """Cells, steps, memory and minutes of a run."""
    _check(block, beams)
    options = Options(physics=physics or Physics(), film=film or Film())
    state = State(beams, skin, block, options, empty=True)
    rests = sum(to_si(b.wait_ms, "ms") for b in beams) + to_si(until_ms + options.physics.precool_ms, "ms")
    steps = sum(math.ceil(b.shot.pulse_s / state.step_for(b)) for b in beams) + math.ceil(rests / state.stable)
    cells = math.prod(state.shape)
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
    kinetics: Kinetics | None = None,
    film: Film | None = None,
    most_minutes: float = 30.0,
    most_GB: float = 4.0,
    threads: int | None = None,
    progress: Callable[[float, str], None] | None = None,
) -> Volume:
    """Fire the beams one after the other into a block and let it cool for ``until_ms``.

    What of the strategies this solver does not have (`KNOWS` lists what it has) is refused, not left out.
    ``threads`` limits the threads (default: Numba's, one per core; on a machine that is busy one is quicker than two).

    Raises
    ------
    BadInput
        Before anything is computed, for a strategy that this solver lacks, or if the forecast exceeds
        ``most_minutes`` or ``most_GB``; with a cell that fits.
    ArithmeticError
        If the energy audit does not close to 1e-4 (float32) or 1e-6 (float64).
    """
    stated: dict[str, Any] = {
        "losses": losses,
        "ablation": ablation,
        "physics": physics,
        "kinetics": kinetics,
        "film": film,
    }
    refuse_others("three dimensions", KNOWS, **stated)
    options = Options(**{name: value for name, value in stated.items() if value is not None})
    ahead = forecast(beams, skin, block, until_ms=until_ms, physics=options.physics, film=options.film)
    if not (ahead.minutes <= most_minutes and ahead.memory_GB <= most_GB):
        # cells fall with the cube, stable steps with the square of the cell
        factor = max((ahead.minutes / most_minutes) ** 0.2, (ahead.memory_GB / most_GB) ** (1 / 3))
        todo = f"Use cell_um={block.cell_um * factor * 1.05:.3g}, a smaller block or fewer beams."
        raise too_much(ahead, most_minutes, most_GB, todo)
    if threads is not None:
        use_threads(threads)
    begun = time.perf_counter()
    state = State(beams, skin, block, options)
    say = progress or (lambda fraction, message: None)
    state.rest(to_si(options.physics.precool_ms, "ms"))
    for n, beam in enumerate(beams):
        say(n / (len(beams) + 1), f"beam {n + 1} of {len(beams)}")
        state.rest(to_si(beam.wait_ms, "ms"))
        state.fire(beam)
    say(len(beams) / (len(beams) + 1), "cooling")
    state.rest(to_si(until_ms, "ms"))
    say(1.0, "done")
    return _measured(state, ahead, time.perf_counter() - begun)


def most_threads() -> int:
    """How many threads Numba was started with."""
    return int(numba.config.NUMBA_NUM_THREADS)  # type: ignore[attr-defined]


def use_threads(count: int) -> None:
    """Let the kernels use ``count`` threads, at least one and at most as many as Numba was started with."""
    numba.set_num_threads(min(max(count, 1), most_threads()))


def too_much(ahead: Forecast, most_minutes: float, most_GB: float, todo: str) -> BadInput:
    """The refusal of a run that would take too long or too much memory."""
    return BadInput(
        "block",
        given=f"{ahead.cells:,} cells, {ahead.steps:,} steps: "
        f"about {ahead.memory_GB:.2g} GB and {ahead.minutes:.0f} min",
        allowed=f"at most {most_GB:g} GB and {most_minutes:g} min",
        todo=todo,
    )


def _check(block: Block, beams: tuple[Beam, ...]) -> None:
    if not beams:
        raise BadInput("beams", given="none", allowed="one or more", todo="Give at least one beam.")
    if block.precision not in BYTES_PER_CELL:
        raise BadInput("precision", given=block.precision, allowed="float32, float64", todo="Choose one of them.")
    sizes = (block.length_um, block.width_um, block.depth_um, block.cell_um)
    if not all(size > 0 and math.isfinite(size) for size in sizes):
        raise BadInput("block", given=str(sizes), allowed="sizes above 0 µm", todo="Correct the block.")
    for n, beam in enumerate(beams):
        if not (0.0 <= beam.x_um <= block.length_um and 0.0 <= beam.y_um <= block.width_um):
            raise BadInput(
                f"beam {n + 1}",
                given=f"its axis at x {beam.x_um:g} µm, y {beam.y_um:g} µm, outside the block",
                allowed=f"x 0 to {block.length_um:g} µm, y 0 to {block.width_um:g} µm",
                todo="Move the beam, or give a larger block.",
            )


def _measured(state: State, ahead: Forecast, seconds: float) -> Volume:
    """Measure, audit, freeze. Raises BadInput for a crater through the floor: what lies below it is not known."""
    if state.removed[:, :, -1].any():
        raise BadInput(
            "block",
            given=f"a crater through its floor at {state.block.depth_um:.0f} µm",
            allowed="a crater that ends inside the block and the skin",
            todo="Give a deeper block (depth_um) or less energy.",
        )
    energy = state.audit()
    crater, coagulated, necrosis = state.depths()
    dz_um = from_si(float(state.dz[state.film]), "um")
    voxel = float(state.d[0] * state.d[1] * state.dz[state.film])
    tissue = (..., slice(state.film, None))
    return Volume(
        crater_um=crater,
        coagulated_um=coagulated,
        necrosis_um=necrosis,
        ablated_volume_mm3=from_si(float(np.count_nonzero(state.removed[tissue])) * voxel, "mm3"),
        residual_heat_mJ=energy.tissue_mJ,
        energy=energy,
        rise_K=state.rise[tissue],
        removed=state.removed[tissue],
        cell_um=(state.block.cell_um, state.block.cell_um, dz_um),
        forecast=ahead,
        seconds=seconds,
    )
