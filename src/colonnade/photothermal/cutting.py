"""Cutting: a focused beam moved over the skin, in a window that moves with it: ``simulate_cut(shot, skin, …) -> Cut``.

The same cells, light, ablation, damage and audit as `simulate_volume`. The window holds what the light reaches and a
tail that cools behind the beam; what falls out of it is measured, its heat booked, and forgotten, so that memory does
not grow with the length of the cut. Equations and limits: docs/theory/regimes.md.
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from colonnade.errors import BadInput
from colonnade.laser import Shot
from colonnade.photothermal import constants as c
from colonnade.photothermal.lesion import EnergyAudit
from colonnade.photothermal.naming import refuse_others
from colonnade.photothermal.regimes import dermis
from colonnade.photothermal.strategies import Ablation, Film, Kinetics, Losses, Options, Physics
from colonnade.photothermal.tilted import (
    BYTES_PER_CELL,
    COST_S,
    KNOWS,
    Beam,
    Block,
    Forecast,
    too_much,
    use_threads,
)
from colonnade.photothermal.voxels import CHUNK, State, light_reach_m
from colonnade.tissue import Skin
from colonnade.units import celsius, from_si, kelvin, to_si

#: Heated tissue beside and below the light that the window holds as well [µm].
MARGIN_UM = 80.0
#: What a cut has: the same as a block, but the skin ahead of the window is never cooled before.
CUT_KNOWS = KNOWS - {"precool_ms"}


@dataclass(frozen=True)
class Window:
    """The window that moves with the beam. ``None`` follows the beam: width, depth and tail as far as matters."""

    cell_um: float = 10.0
    cell_z_um: float = 4.0
    width_um: float | None = None
    depth_um: float | None = None
    tail_ms: float = 4.0
    """How long a place is followed after the light has left it."""
    precision: str = "float32"
    rays_per_cell: int = 2

    def __post_init__(self) -> None:
        sizes = [self.cell_um, self.cell_z_um, self.tail_ms, self.rays_per_cell]
        sizes += [x for x in (self.width_um, self.depth_um) if x is not None]
        if not all(x > 0 and math.isfinite(x) for x in sizes):
            raise BadInput("window", given=str(sizes), allowed="sizes above 0", todo="Correct the window.")
        if self.precision not in BYTES_PER_CELL:
            raise BadInput("precision", given=self.precision, allowed="float32, float64", todo="Choose one of them.")


@dataclass(frozen=True)
class Cut:
    """What a moved beam leaves. Maps are (n_x, n_y) [µm] from the original surface, x along the cut.

    Numbers are means over the steady part: what lies more than two spot radii from either end of the track.
    """

    shot: Shot
    speed_mm_s: float
    depth_um: float
    """On the middle line of the cut."""
    depth_sd_um: float
    """Scatter along the steady part: below a cell where the cut is steady."""
    width_surface_um: float
    rim_bottom_um: float
    """Coagulated or dried below the floor, on the middle line."""
    rim_side_um: float
    """Coagulated or dried beside the cut at the surface, one side."""
    necrosis_depth_um: float
    balance_um: float
    """η F / h with F the fluence that a place on the middle line receives: the energy balance without conduction."""
    wet_layer_um: float
    """1/µ: what the balance forgets, the wet layer that is heated and stays."""
    hottest_behind_C: float | None
    """Highest temperature of what has fallen out of the window, None if nothing has: damage goes on above 60 °C."""
    start_um: float
    """Where on the maps the axis stood at the start; the middle line is theirs."""
    crater_um: NDArray[np.float64]
    coagulated_um: NDArray[np.float64]
    necrosis_um: NDArray[np.float64]
    energy: EnergyAudit
    cell_um: tuple[float, float, float]
    forecast: Forecast
    seconds: float


def track_fluence_J_m2(shot: Shot, speed_m_s: float) -> float:
    """Fluence that a place on the middle line receives [J/m2]: irradiance on the axis times ∫ profile dx / speed.

    √(2/π) P/(w v) for a Gaussian, 2P/(π a v) for a top-hat.
    """
    w = shot.radius_m(0.0)
    peak = shot.power_W * shot.peak_factor / (math.pi * w**2)
    if shot.profile == "tophat":
        return peak * 2 * w / speed_m_s
    n = 1 if shot.profile == "gaussian" else shot.order
    return peak * w * 2 * math.gamma(1 + 1 / (2 * n)) / 2 ** (1 / (2 * n)) / speed_m_s


def energy_balance(
    shot: Shot, skin: Skin, speed_mm_s: float, *, eta: float, physics: Physics | None = None
) -> tuple[float, float]:
    """(η F / h, 1/µ) [µm] for the dermis: the depth if nothing is conducted away, and the wet layer it forgets."""
    physics = physics or Physics()
    _, capacity, water, mu = dermis(skin)
    if physics.mu_constant_per_cm is not None:
        mu = to_si(physics.mu_constant_per_cm, "per_cm")
    h = capacity * (c.BOILING_K - kelvin(skin.temperature_C)) + water * c.LATENT_HEAT.value
    fluence = track_fluence_J_m2(shot, to_si(speed_mm_s, "mm_s")) * (1 - physics.reflectance)
    return from_si(eta * fluence / h, "um"), from_si(1 / mu, "um")


def simulate_cut(
    shot: Shot,
    skin: Skin,
    *,
    speed_mm_s: float,
    window: Window | None = None,
    losses: Losses | None = None,
    ablation: Ablation | None = None,
    physics: Physics | None = None,
    kinetics: Kinetics | None = None,
    film: Film | None = None,
    most_minutes: float = 30.0,
    most_GB: float = 4.0,
    threads: int | None = None,
    progress: Callable[[float, str], None] | None = None,
) -> Cut:
    """Move the shot's beam at ``speed_mm_s`` while it is on: the track is speed times pulse duration.

    Memory and time are forecast from the window, and a run beyond ``most_minutes`` or ``most_GB`` is refused before it
    begins, with a cell that fits.

    Raises
    ------
    BadInput
        For a speed that is not above 0, a track shorter than four spots, a shot with a stack or a train, a forecast
        beyond the limits, a strategy that this solver lacks (`CUT_KNOWS`), or a cut through the floor of the window.
    ArithmeticError
        If the energy audit does not close to 1e-4 (float32) or 1e-6 (float64).
    """
    window, options = window or Window(), _options(losses, ablation, physics, kinetics, film)
    ahead, block, beam, home = _plan(shot, skin, speed_mm_s, window, options)
    if not (ahead.minutes <= most_minutes and ahead.memory_GB <= most_GB):
        how = skin, speed_mm_s, options
        raise too_much(ahead, most_minutes, most_GB, _smaller(shot, window, most_minutes, most_GB, how))
    if threads is not None:
        use_threads(threads)
    begun = time.perf_counter()
    state = _Moving(beam, skin, block, options, home, progress)
    state.fire(beam)
    state.rest(to_si(window.tail_ms, "ms"))
    return state.cut(shot, skin, speed_mm_s, ahead, time.perf_counter() - begun)


def _smaller(shot: Shot, window: Window, most_minutes: float, most_GB: float, how: tuple[Any, ...]) -> str:
    """What to do: cells that fit, tried one after the other; if none does, the track is too long."""
    skin, speed_mm_s, options = how
    for factor in 1.15 ** np.arange(1, 30):
        cell, cell_z = (float(f"{x * factor:.3g}") for x in (window.cell_um, window.cell_z_um))
        larger = dataclasses.replace(window, cell_um=cell, cell_z_um=cell_z)
        ahead = _plan(shot, skin, speed_mm_s, larger, options)[0]
        if ahead.minutes <= most_minutes and ahead.memory_GB <= most_GB:
            if cell > shot.surface_spot_um / 8:
                break  # it would fit, and mean nothing
            return f"Use cell_um={cell:g}, cell_z_um={cell_z:g}, a shorter track or a shorter tail_ms."
    return "Use a shorter track or a shorter tail_ms: a cell that fits would not resolve the spot."


def forecast_cut(
    shot: Shot, skin: Skin, *, speed_mm_s: float, window: Window | None = None, losses: Losses | None = None,
    ablation: Ablation | None = None, physics: Physics | None = None, kinetics: Kinetics | None = None,
    film: Film | None = None,
) -> Forecast:  # fmt: skip
    """Cells, steps, memory and minutes of a cut, told before it begins. Raises BadInput as `simulate_cut`."""
    options = _options(losses, ablation, physics, kinetics, film)
    return _plan(shot, skin, speed_mm_s, window or Window(), options)[0]


def _options(*strategies: Losses | Ablation | Physics | Kinetics | Film | None) -> Options:
    """The strategies of a cut together; what it lacks is refused."""
    names = ("losses", "ablation", "physics", "kinetics", "film")
    stated: dict[str, Any] = dict(zip(names, strategies, strict=True))
    refuse_others("a cut", CUT_KNOWS, **stated)
    return Options(**{name: value for name, value in stated.items() if value is not None})


def _check(shot: Shot, speed_mm_s: float) -> None:
    if not (speed_mm_s > 0 and math.isfinite(speed_mm_s)):
        raise BadInput("speed_mm_s", given=f"{speed_mm_s:g}", allowed="above 0 mm/s", todo="State how fast it moves.")
    track = from_si(shot.pulse_s * to_si(speed_mm_s, "mm_s"), "um")
    least = 4 * shot.surface_spot_um
    if not track >= least:
        raise BadInput(
            "track",
            given=f"{track:.0f} µm ({speed_mm_s:g} mm/s for {shot.pulse_ms:g} ms)",
            allowed=f"at least four spots, {least:.0f} µm, so that a part of it is steady",
            todo=f"Let it move for {from_si(least * 1e-6 / to_si(speed_mm_s, 'mm_s'), 'ms'):.3g} ms or longer.",
        )


def _laid(
    shot: Shot, skin: Skin, speed_mm_s: float, window: Window, losses: Losses, physics: Physics
) -> tuple[Block, Beam, int]:
    """The window as a block, the beam at its first place, and the cell that its axis keeps once the window moves."""
    balance, _ = energy_balance(shot, skin, speed_mm_s, eta=losses.eta, physics=physics)
    depth = window.depth_um
    if depth is None:
        depth = min(1.3 * balance + 2 * MARGIN_UM, skin.thickness_um)
    bare = Block(1.0, 1.0, depth, window.cell_um, window.cell_z_um, window.precision, window.rays_per_cell)
    d = to_si(window.cell_um, "um")
    widest = max(shot.radius_m(0.0), shot.radius_m(to_si(depth, "um"))) / shot.radius_m(0.0)
    reach = math.ceil(light_reach_m(shot) * (widest if physics.divergence else 1.0) / d) + 3
    tail = math.ceil(to_si(window.tail_ms, "ms") * to_si(speed_mm_s, "mm_s") / d)
    width = window.width_um or 2 * (reach * window.cell_um + MARGIN_UM)
    home = tail + reach
    # as long as it must be, and no longer than the whole track with its margins
    whole = math.ceil(shot.pulse_s * to_si(speed_mm_s, "mm_s") / d) + 2 * reach
    length = min(home + reach + 2 * CHUNK, whole + CHUNK) * window.cell_um
    block = Block(length, width, bare.depth_um, *(getattr(bare, n) for n in _SAME))
    middle = block.shape()[1] * window.cell_um / 2
    return block, Beam(shot, reach * window.cell_um, middle, speed_mm_s=speed_mm_s), home


_SAME = ("cell_um", "cell_z_um", "precision", "rays_per_cell")


def _plan(
    shot: Shot, skin: Skin, speed_mm_s: float, window: Window, options: Options
) -> tuple[Forecast, Block, Beam, int]:
    physics = options.physics
    _check(shot, speed_mm_s)
    block, beam, home = _laid(shot, skin, speed_mm_s, window, options.losses, physics)
    state = State((beam,), skin, block, options, empty=True)
    steps = math.ceil(shot.pulse_s / state.step_for(beam))
    steps += math.ceil(to_si(window.tail_ms, "ms") / state.stable) if physics.conduction else 1
    cells = math.prod(state.shape)
    ahead = Forecast(cells, steps, cells * BYTES_PER_CELL[block.precision] / 1e9, cells * steps * COST_S / 60)
    return ahead, block, beam, home


class _Moving(State):
    """The window: a block whose cells are handed on as the beam moves."""

    def __init__(
        self, beam: Beam, skin: Skin, block: Block, options: Options, home: int,
        progress: Callable[[float, str], None] | None,
    ) -> None:  # fmt: skip
        super().__init__((beam,), skin, block, options)
        self.beam, self.home, self.shifted = beam, home, 0
        self.say = progress or (lambda fraction, message: None)
        self.left_J, self.hottest = 0.0, -math.inf
        self.maps: list[tuple[NDArray[np.float64], ...]] = []
        self.fresh = {name: getattr(self, name)[-1].copy() for name in _CELLS}

    def _follow(self, here: float, reach: float) -> float:
        """As in a block, in the window's own coordinate; the window moves on when the beam has passed its home."""
        local = here - self.shifted * float(self.d[0])
        while local >= (self.home + CHUNK) * self.d[0]:
            self._move()
            local -= CHUNK * float(self.d[0])
            done = (here / self.d[0] * self.block.cell_um - self.beam.x_um) / self.track_um
            self.say(min(max(done, 0.0), 1.0), f"{max(here * 1e6 - self.beam.x_um, 0.0):.0f} µm cut")
        return super()._follow(local, reach)

    @property
    def track_um(self) -> float:
        """Length of the track [µm]."""
        return from_si(self.beam.shot.pulse_s * to_si(self.beam.speed_mm_s, "mm_s"), "um")

    def _move(self) -> None:
        """Measure and forget the last cells of the tail, and add as many untouched ones ahead."""
        gone = slice(0, CHUNK)
        self._release(gone)
        self.maps.append(self.depths(gone))
        self.left_J += self.tissue_J(gone)
        self.hottest = max(self.hottest, float(self.rise[gone].max()))
        for name in _CELLS:
            array = getattr(self, name)
            array[:-CHUNK] = array[CHUNK:]
            array[-CHUNK:] = self.fresh[name]
        self.shifted += CHUNK
        self.passed -= CHUNK

    def cut(self, shot: Shot, skin: Skin, speed_mm_s: float, ahead: Forecast, seconds: float) -> Cut:
        """Measure, audit, freeze."""
        if self.removed[:, :, -1].any():
            raise BadInput(
                "window",
                given=f"a cut through its floor at {self.block.depth_um:.0f} µm",
                allowed="a cut that ends inside the window and the skin",
                todo="Give a deeper window (depth_um), a faster beam or less power.",
            )
        energy = self.audit(self.left_J)
        maps = [np.concatenate(parts) for parts in zip(*self.maps, self.depths(), strict=True)]
        crater, coagulated, necrosis = maps
        spot = shot.surface_spot_um
        begin, end = (
            round((self.beam.x_um + at) / self.block.cell_um) for at in (spot, max(self.track_um - spot, 1.5 * spot))
        )
        steady, middle = slice(begin, end), slice((crater.shape[1] - 1) // 2, crater.shape[1] // 2 + 1)
        line = crater[steady, middle].mean(axis=1)
        open_, dead = (np.count_nonzero(m[steady] > 0, axis=1).mean() for m in (crater, coagulated))
        balance, wet = energy_balance(shot, skin, speed_mm_s, eta=self.losses.eta, physics=self.physics)
        for array in maps:
            array.setflags(write=False)
        return Cut(
            shot=shot, speed_mm_s=speed_mm_s, depth_um=float(line.mean()), depth_sd_um=float(line.std()),
            width_surface_um=float(open_) * self.block.cell_um,
            rim_bottom_um=float((coagulated - crater)[steady, middle].mean()),
            rim_side_um=float(dead - open_) * self.block.cell_um / 2,
            necrosis_depth_um=float(necrosis[steady, middle].mean()), balance_um=balance, wet_layer_um=wet,
            hottest_behind_C=celsius(self.start + self.hottest) if self.maps else None,
            start_um=self.beam.x_um, crater_um=crater, coagulated_um=coagulated, necrosis_um=necrosis, energy=energy,
            cell_um=(self.block.cell_um, self.block.cell_um, from_si(float(self.dz[self.film]), "um")), forecast=ahead,
            seconds=seconds,
        )  # fmt: skip


#: Every array of cells, which moves with the window.
_CELLS = (
    "h", "rise", "highest", "omega_coll", "omega_cell", "water", "k_wet", "k_dry", "conductivity", "removed", "char",
    "leaving", "h_abl", "warm",
)  # fmt: skip
