"""How columns are laid: square, hexagonal or jittered lattices, stated by any one of four measures."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from colonnade.errors import BadInput, did_you_mean
from colonnade.field.region import Region, full_area_m2
from colonnade.laser import columns_per_m2, density_of
from colonnade.units import from_si, to_si

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Kind = Literal["square", "hexagonal", "random"]

#: Columns per m² times the square of the pitch (the distance between nearest neighbours), by lattice.
#: ``random`` is a square lattice with every column moved off its place.
COLUMNS_PER_PITCH2: dict[str, float] = {"square": 1.0, "hexagonal": 2 / math.sqrt(3), "random": 1.0}

#: Placements tried for one pass; the one whose count is nearest to density times area is taken.
PLACEMENTS = 64


@dataclass(frozen=True)
class Pattern:
    """A lattice of columns. The four measures below are one and the same, converted.

    ``density_pct`` is N·π·D²/4 with D the nominal spot. ``pitch_um`` is the distance from a column to its nearest
    neighbours (for ``random``: in the lattice before the jitter); ``spacing_um`` is the gap, pitch less spot.
    """

    kind: Kind
    spots_per_cm2: float
    spot_um: float
    jitter: float
    """Largest displacement in x and in y as a fraction of half the pitch (0 to 1); 0 unless ``random``."""
    seed: int

    @property
    def columns_per_m2(self) -> float:
        """N [1/m²]."""
        return to_si(self.spots_per_cm2, "per_cm2")

    @property
    def density_pct(self) -> float:
        """N·π·D²/4 [%]."""
        return from_si(density_of(self.columns_per_m2, to_si(self.spot_um, "um")), "pct")

    @property
    def pitch_m(self) -> float:
        """Distance between nearest neighbours [m]."""
        return math.sqrt(COLUMNS_PER_PITCH2[self.kind] / self.columns_per_m2)

    @property
    def pitch_um(self) -> float:
        """Distance between nearest neighbours [µm]."""
        return from_si(self.pitch_m, "um")

    @property
    def spacing_um(self) -> float:
        """Gap between the edges of neighbouring nominal spots [µm]."""
        return self.pitch_um - self.spot_um

    def lattice(
        self, bounds_m: tuple[float, float, float, float], *, shift: tuple[float, float], turn_rad: float, number: int
    ) -> Array:
        """All columns that may lie within ``bounds_m``, row after row: shape (n, 2) [m].

        ``shift`` moves the lattice by fractions of its cell, ``turn_rad`` turns it about the origin. A row runs
        along the lattice's first axis. The jitter of a column depends on its place in the lattice, on the seed and
        on ``number`` (of the pass) only, so any two windows show the same columns where they overlap.
        """
        return self.sites(bounds_m, shift=shift, turn_rad=turn_rad, number=number)[0]

    @property
    def row_m(self) -> float:
        """Distance between rows [m]."""
        return self.pitch_m * math.sqrt(3) / 2 if self.kind == "hexagonal" else self.pitch_m

    def sites(
        self, bounds_m: tuple[float, float, float, float], *, shift: tuple[float, float], turn_rad: float, number: int
    ) -> tuple[Array, Index, Index]:
        """`lattice` with the place of each column in its row and the number of its row: (n, 2) [m], (n,), (n,)."""
        pitch, row = self.pitch_m, self.row_m
        x0, y0, x1, y1 = bounds_m
        corners = np.array([(x, y) for x in (x0, x1) for y in (y0, y1)]) @ _turn(turn_rad)
        # the jitter reaches half a pitch, the shift one cell: two cells more on each side are enough
        first = np.floor(corners.min(axis=0) / (pitch, row)).astype(int) - 2
        last = np.ceil(corners.max(axis=0) / (pitch, row)).astype(int) + 2
        j, i = np.meshgrid(np.arange(first[1], last[1] + 1), np.arange(first[0], last[0] + 1), indexing="ij")
        u = (i + shift[0] + (0.5 * (j % 2) if self.kind == "hexagonal" else 0.0)) * pitch
        v = (j + shift[1]) * row
        uv = np.stack([u.ravel(), v.ravel()], axis=1)
        if self.jitter > 0:
            uv = uv + _jitter_of(i.ravel(), j.ravel(), self.seed, number) * self.jitter * pitch / 2
        return uv @ _turn(turn_rad).T, i.ravel(), j.ravel()

    def place(self, region: Region, number: int = 0) -> tuple[Array, tuple[float, float], float]:
        """Positions of pass ``number`` inside ``region`` (n, 2) [m], row after row, and the shift and turn used.

        The first pass lies along the axes; each later one is shifted and turned at random (seeded), since nothing
        ties the hand to its first placement. Of 64 placements the one is taken whose count is nearest to
        density times area. Deterministic for a given seed.
        """
        rng = np.random.default_rng((self.seed, number))
        target = self.columns_per_m2 * full_area_m2(region)
        best: tuple[float, Array, tuple[float, float], float] | None = None
        for k in range(PLACEMENTS):
            shift = (0.5, 0.5) if k == 0 and number == 0 else (float(rng.uniform()), float(rng.uniform()))
            turn = 0.0 if number == 0 else float(rng.uniform(0, math.pi))
            xy, i, j = self.sites(region.bounds_m, shift=shift, turn_rad=turn, number=number)
            xy = xy[kept(region, xy, i, j)]
            miss = abs(len(xy) - target)
            if best is None or miss < best[0]:
                best = (miss, xy, shift, turn)
            if miss <= 0.5:
                break
        assert best is not None
        return best[1:]


def kept(region: Region, xy_m: Array, i: Index, j: Index) -> NDArray[np.bool_]:
    """Which columns (n, 2) [m] of a lattice a region takes: those inside; at a feathered edge only their share.

    They are thinned evenly: the column at place (i, j) stays if its share is above the fractional part of
    i/ρ + j/ρ² (ρ = 1.3247…), which spreads evenly over any patch of the lattice (Roberts's R2 sequence).
    """
    share = getattr(region, "density_at", None)
    if share is None or not getattr(region, "feather_m", 0.0) > 0:
        return region.contains(xy_m)
    even = (i * 0.7548776662466927 + j * 0.5698402909980532 + 0.5) % 1.0
    stays: NDArray[np.bool_] = share(xy_m) > even
    return stays


def _turn(angle_rad: float) -> Array:
    """Matrix that turns column vectors by ``angle_rad``."""
    c, s = math.cos(angle_rad), math.sin(angle_rad)
    return np.array([[c, -s], [s, c]])


def _jitter_of(i: NDArray[np.int64], j: NDArray[np.int64], seed: int, number: int) -> Array:
    """Two numbers uniform in −1…1 for each lattice place (i, j): shape (n, 2).

    The finaliser of splitmix64 (Steele, Lea, Flood 2014, doi:10.1145/2714064.2660195) over the indices.
    """
    state = np.random.SeedSequence((seed, number)).generate_state(1, np.uint64)[0]
    out = np.empty((len(i), 2))
    with np.errstate(over="ignore"):
        for axis in range(2):
            h = np.full(len(i), state + np.uint64(axis), dtype=np.uint64)
            for part in (i, j):
                h = (h ^ part.astype(np.uint64)) + np.uint64(0x9E3779B97F4A7C15)
                h = (h ^ (h >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
                h = (h ^ (h >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
                h = h ^ (h >> np.uint64(31))
            out[:, axis] = (h >> np.uint64(11)).astype(np.float64) * 2.0**-52 - 1
    return out


def pattern(
    kind: str,
    *,
    density_pct: float | None = None,
    pitch_um: float | None = None,
    spots_per_cm2: float | None = None,
    spacing_um: float | None = None,
    spot_um: float,
    jitter: float | None = None,
    seed: int = 0,
) -> Pattern:
    """A pattern from exactly one of density [%], pitch [µm], columns per cm² and spacing (edge gap) [µm].

    Parameters
    ----------
    kind : {"square", "hexagonal", "random"}
    spot_um : float
        The device's nominal spot diameter [µm].
    jitter : float, optional
        Only for ``random``: displacement in x and y, uniform within ± jitter · pitch/2; 0.5 unless stated.
    seed : int
        Draws the jitter, and the placement of later passes.

    Raises
    ------
    BadInput
        For an unknown kind, none or several measures, NaN, a number out of range, overlapping spots or a density
        above 100 %.
    """
    if kind not in get_args(Kind):
        raise BadInput(
            "pattern kind",
            given=f'"{kind}"',
            allowed=", ".join(get_args(Kind)),
            todo=did_you_mean(kind, get_args(Kind)),
        )
    measures = {
        "density_pct": density_pct,
        "pitch_um": pitch_um,
        "spots_per_cm2": spots_per_cm2,
        "spacing_um": spacing_um,
    }
    stated = {name: value for name, value in measures.items() if value is not None}
    if len(stated) != 1:
        raise BadInput(
            "pattern density",
            given=f"{', '.join(stated) or 'none'}",
            allowed=f"exactly one of {', '.join(measures)}",
            todo="State one; the others follow from it.",
        )
    spot = _number("spot_um", spot_um, low=0, high=20_000)
    name, value = next(iter(stated.items()))
    per_m2 = _per_m2(kind, name, value, spot)
    made = Pattern(
        kind=kind,  # type: ignore[arg-type]  # checked above
        spots_per_cm2=from_si(per_m2, "per_cm2"),
        spot_um=spot,
        jitter=_jitter(kind, jitter),
        seed=_seed(seed),
    )
    if not made.density_pct <= 100:
        raise _overlap(made, "at most 100 % of the skin per pass")
    if kind != "random" and not made.pitch_um >= spot * (1 - 1e-9):
        raise _overlap(made, "neighbouring spots that do not overlap: a pitch of at least the spot")
    return made


def _per_m2(kind: str, name: str, value: float, spot_um: float) -> float:
    """Columns per m² from whichever measure was stated."""
    if name == "density_pct":
        return columns_per_m2(to_si(_number(name, value, low=0, high=100), "pct"), to_si(spot_um, "um"))
    if name == "spots_per_cm2":
        return to_si(_number(name, value, low=0, high=1e6), "per_cm2")
    pitch = _number(name, value, low=0, high=20_000) if name == "pitch_um" else None
    if pitch is None:
        pitch = spot_um + _number(name, value, low=-1e-12, high=20_000)
    return COLUMNS_PER_PITCH2[kind] / to_si(pitch, "um") ** 2


def _number(name: str, value: float, *, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low < value <= high:
        raise BadInput(
            f"pattern {name}",
            given=repr(value),
            allowed=f"a number above {max(low, 0):g} and at most {high:g}",
            todo="Check the value and its unit.",
        )
    return float(value)


def _jitter(kind: str, jitter: float | None) -> float:
    if kind != "random":
        if jitter is not None:
            raise BadInput(
                "pattern jitter",
                given=repr(jitter),
                allowed='none for a lattice; it belongs to "random"',
                todo="Leave it out.",
            )
        return 0.0
    value = 0.5 if jitter is None else jitter
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise BadInput(
            "pattern jitter",
            given=repr(value),
            allowed="0 to 1, as a fraction of half the pitch",
            todo="Choose a value.",
        )
    return float(value)


def _seed(seed: int) -> int:
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise BadInput("pattern seed", given=repr(seed), allowed="a whole number from 0 up", todo="Choose one.")
    return seed


def _overlap(made: Pattern, allowed: str) -> BadInput:
    return BadInput(
        "pattern density",
        given=f"{made.spots_per_cm2:.0f} columns per cm² of {made.spot_um:g} µm: {made.density_pct:.1f} %, "
        f"{made.kind} pitch {made.pitch_um:.0f} µm",
        allowed=allowed,
        todo="Lower the density, or enlarge pitch or spacing.",
    )
