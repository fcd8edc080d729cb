"""One column over time: the same run as ``simulate``, with pictures taken on the way.

The pictures are samples of the engine's own cells on an even grid, nearest cell to each point: nothing is smoothed.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from colonnade.errors import BadInput
from colonnade.laser import Shot
from colonnade.photothermal.cooling import cool
from colonnade.photothermal.engine import build, deliver, finish
from colonnade.photothermal.lesion import Lesion
from colonnade.photothermal.measure import DRIED, HEATED_K
from colonnade.photothermal.strategies import Losses, Options
from colonnade.tissue import Skin
from colonnade.units import ZERO_CELSIUS_K, from_si, to_si

if TYPE_CHECKING:
    from colonnade.photothermal.column import Column

#: What a point is, the innermost zone first; `Movie.zone` holds these numbers.
ZONES = ("spared", "heated", "necrosis", "coagulated", "crater", "char")
#: Pictures while the beam is on, over all pulses.
PULSE_PICTURES = 18
#: Each later picture of the cooling comes this many times later after the last pulse than the one before it.
COOLING_RATIO = 1.45
FIRST_COOLING_S = 20e-6
#: Points of the grid that the camera sees, across from the axis and down; the movie keeps those near the lesion.
POINTS = (80, 260)
#: The movie ends this many times farther out and deeper than the tissue that reached 43 °C at any time.
MARGIN = 1.6
#: A damage integral below this is shown as this (log10): far below anything that counts.
LEAST_LOG10 = -6.0


@dataclass(frozen=True)
class Movie:
    """Pictures of one column, T of them, each of n_z by n_r points; depth along the second axis. Read-only."""

    time_ms: NDArray[np.float64]
    """(T,), from the start of the first pulse."""
    r_um: NDArray[np.float64]
    """(n_r,) distance of the points from the axis."""
    z_um: NDArray[np.float64]
    """(n_z,) depth of the points."""
    temperature_C: NDArray[np.float32]
    """(T, n_z, n_r); NaN where tissue is gone."""
    log10_omega_cell: NDArray[np.float32]
    """(T, n_z, n_r) damage integral of cells (Henriques-Moritz), at least −6; NaN where tissue is gone."""
    zone: NDArray[np.uint8]
    """(T, n_z, n_r), numbers of `ZONES`."""
    delivery_end_ms: float


class _Camera:
    """Takes pictures of a column at the wanted moments."""

    def __init__(self, column: Column, shot: Shot) -> None:
        self.column, self.shot = column, shot
        self.starts = [start for start, _ in shot.pulses()]
        self.lengths = [sum(duration for duration, _ in segments) for _, segments in shot.pulses()]
        r = 0.5 * (column.r_edges[1:] + column.r_edges[:-1])
        z = 0.5 * (column.z_edges[1:] + column.z_edges[:-1])
        # three radii and the heat around them; the fine part of the mesh holds the crater and 60 µm below it
        dz = np.diff(column.z_edges)
        fine = float(column.z_edges[1:][dz <= 1.5 * np.median(dz)].max())
        width = min(2.5 * shot.radius_m(0.0) + 150e-6, float(r[-1]))
        depth = min(1.15 * fine + 60e-6, float(z[-1]))
        self.r = (np.arange(POINTS[0]) + 0.5) * width / POINTS[0]
        self.z = (np.arange(POINTS[1]) + 0.5) * depth / POINTS[1]
        rings = np.clip(np.searchsorted(column.r_edges, self.r) - 1, 0, len(r) - 1)
        rows = np.clip(np.searchsorted(column.z_edges, self.z) - 1, 0, len(z) - 1)
        self.at = np.ix_(rings, rows)
        self.times: list[float] = []
        self.pictures: list[tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.uint8]]] = []
        self.next_share = 0.0
        self.next_cooling = FIRST_COOLING_S

    def while_on(self, share: float) -> None:
        """Called by the engine with the share of the delivery that is done."""
        if share < self.next_share and share < 1.0:
            return
        # the first report in every eighteenth of the delivery
        self.next_share = (math.floor(share * PULSE_PICTURES + 1e-9) + 1) / PULSE_PICTURES
        pulse = max(bisect.bisect_right(self.starts, self.column.time_s + 1e-12) - 1, 0)
        part = min(max(share * len(self.starts) - pulse, 0.0), 1.0)
        self.take(self.column.time_s + part * self.lengths[pulse])

    def while_cooling(self, elapsed_s: float) -> None:
        """Called after every step of the cooling that follows the last pulse."""
        if elapsed_s >= self.next_cooling:
            self.next_cooling = elapsed_s * COOLING_RATIO
            self.take(self.column.time_s + elapsed_s)

    def take(self, time_s: float) -> None:
        """One picture. A second one of the same moment is left out."""
        if self.times and time_s <= self.times[-1]:
            return
        c, at = self.column, self.at
        gone = c.removed[at].T
        with np.errstate(divide="ignore"):
            cell = np.log10(c.omega_hm[at].T)
        left = np.divide(c.water[at], c.water_start[at], out=np.zeros(gone.T.shape), where=c.water_start[at] > 0).T
        zone = np.zeros(gone.shape, dtype=np.uint8)
        zone[c.t_max[at].T >= HEATED_K] = 1
        zone[cell >= 0.0] = 2
        zone[(c.omega_coll[at].T >= 1.0) | (left <= DRIED)] = 3
        zone[gone] = 4
        zone[c.char[at].T & ~gone] = 5
        temperature = np.where(gone, np.nan, c.temperature[at].T - ZERO_CELSIUS_K)
        damage = np.where(gone, np.nan, np.maximum(cell, LEAST_LOG10))
        self.times.append(time_s)
        self.pictures.append((temperature.astype(np.float32), damage.astype(np.float32), zone))

    def movie(self) -> Movie:
        """All pictures, in order of time."""
        touched = self.pictures[-1][2] > 0
        far = [np.flatnonzero(touched.any(axis=axis)) for axis in (0, 1)]
        n_r, n_z = (
            min(max(round(MARGIN * (hit[-1] + 1)) if hit.size else 0, 24), most)
            for hit, most in zip(far, POINTS, strict=True)
        )
        temperature, damage, zone = (
            np.stack([picture[:n_z, :n_r] for picture in part]) for part in zip(*self.pictures, strict=True)
        )
        made = Movie(
            time_ms=from_si(np.array(self.times), "ms"),
            r_um=from_si(self.r[:n_r], "um"),
            z_um=from_si(self.z[:n_z], "um"),
            temperature_C=temperature,
            log10_omega_cell=damage,
            zone=zone,
            delivery_end_ms=from_si(self.starts[-1] + self.lengths[-1], "ms"),
        )
        for array in (made.time_ms, made.r_um, made.z_um, made.temperature_C, made.log10_omega_cell, made.zone):
            array.setflags(write=False)
        return made


def with_movie(
    shot: Shot,
    skin: Skin,
    *,
    losses: Losses | None = None,
    progress: Callable[[float, str], None] | None = None,
) -> tuple[Lesion, Movie]:
    """``simulate(shot, skin)`` with its movie. The lesion is the same, number by number.

    ``progress(fraction, message)`` is called often; raise in it to cancel.

    Raises
    ------
    BadInput
        As `simulate` does: a mesh too large, a crater through all of the skin.
    ArithmeticError
        As `simulate` does.
    """
    options = Options(losses=losses or Losses())
    say = progress or (lambda fraction, message: None)
    column = build(shot, skin, options)
    camera = _Camera(column, shot)

    def on(share: float, words: str) -> None:
        say(0.7 * share, words)
        camera.while_on(share)

    def off(elapsed_s: float, hottest_K: float) -> None:
        say(0.9, "cooling")
        camera.while_cooling(elapsed_s)

    deliver(column, shot, progress=on)
    if column.deepest_m() > to_si(skin.thickness_um, "um") * (1 - 1e-9):
        raise BadInput(
            "shot",
            given=f"{shot.energy_mJ:g} mJ on {shot.spot_um:g} µm: through all {skin.thickness_um:.0f} µm of skin",
            allowed="a crater that ends inside the meshed skin",
            todo="Lower the energy or widen the spot.",
        )
    cool(column, watch=off)
    camera.take(column.time_s)
    lesion = finish(column, shot, skin, options)
    say(1.0, "done")
    return lesion, camera.movie()
