"""``treat(lesion, pattern, region=...) -> Field``: a pattern of lesions over a region, pass after pass."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from colonnade.errors import BadInput
from colonnade.field import order as firing
from colonnade.field.area import area_of
from colonnade.field.bulk import BulkHeat, history
from colonnade.field.coverage import Coverage, check_profile, coverage, independent_passes, zones
from colonnade.field.focus import Aim, FocusTable
from colonnade.field.heat import CONDUCTIVITY_RANGE_W_mK, CONDUCTIVITY_W_mK, HEAT_CAPACITY_J_m3K, Shots, source_of
from colonnade.field.maps import Islands, coverage_of_area, islands
from colonnade.field.order import Firing, Timing
from colonnade.field.pattern import Pattern
from colonnade.field.preheat import LesionTable, Preheat, fed_back
from colonnade.field.region import Region, full_area_m2
from colonnade.field.stamps import Hand, Scan, Tiling, tile
from colonnade.photothermal import Lesion
from colonnade.units import from_si, to_si

Array = NDArray[np.float64]

MAX_COLUMNS = 400_000
#: Side of the piece of pattern from which coverage is taken, in pitches.
WINDOW_PITCHES = 21
#: Used where a lesion's skin names no epidermis [µm].
EPIDERMIS_UM = 100.0  # measured: 99.75 µm, 95 % interval 83 to 116 (meta-analysis, Xu 2017, PMC5685878)


@dataclass(frozen=True)
class Field:
    """The whole treated region. Arrays are read-only; positions in firing order, pass after pass."""

    pattern: Pattern
    region: Region
    passes: int
    rate_Hz: float
    positions_m: Array
    """Shape (n, 2)."""
    times_s: Array
    """Shape (n,): when each column is fired, from the first one on."""
    columns_per_pass: tuple[int, ...]
    pass_end_s: tuple[float, ...]
    """Time of the last column of each pass."""
    columns_expected: float
    """Density times area: columns of one pass without edges."""
    areal_energy_per_pass_J_cm2: float
    """Energy of a column times columns per cm²; turning or shifting the lattice does not change it."""
    areal_energy_total_J_cm2: float
    areal_energy_fired_J_cm2: float
    """Energy of all columns that lie in the region over its area."""
    coverage_one_pass: Coverage
    coverage_independent: Coverage
    """All passes, 1 − ∏(1 − c)."""
    coverage: Coverage
    """All passes, from the positions of their columns."""
    bulk: BulkHeat
    assumptions: tuple[str, ...]
    tilings: tuple[Tiling, ...] = ()
    """The stamps of each pass, where the region was filled stamp by stamp (``scan``)."""
    firing: Firing | None = None
    """Order and timing of the stamps; None without stamps."""
    preheat: Preheat | None = None
    """What warm skin does to each column; None without a table of lesions."""
    islands: Islands | None = None
    """Lesions merged at the surface, of all passes; None without stamps."""
    aim: Aim | None = None
    """What the hand's distance does to each column; None without a table of lesions out of focus."""
    shots: Shots | None = None
    """The columns as sources of heat, with those of zones fired before."""

    @property
    def columns(self) -> int:
        """Columns of all passes."""
        return len(self.times_s)


def treat(
    lesion: Lesion | LesionTable,
    pattern: Pattern,
    *,
    region: Region,
    rate_Hz: float,
    passes: int = 1,
    pass_interval_s: float = 0.0,
    order: str = "raster",
    stamp_mm: float | None = 10.0,
    scan: Scan | None = None,
    hand: Hand | None = None,
    timing: Timing | None = None,
    after: Field | None = None,
    zone_interval_s: float = 0.0,
    out_of_focus: FocusTable | None = None,
    conductivity_W_mK: float | None = None,
    start_temperature_C: float | None = None,
    basal_depth_um: float | None = None,
    dermis_depth_um: float | None = None,
) -> Field:
    """Lay ``pattern`` over ``region``, fire it, and say what it covers and how warm the skin gets.

    Parameters
    ----------
    lesion : Lesion or LesionTable
        One column, or the same shot into warmer skin too: then each column's heat and depth follow from how warm the
        skin is when it is fired.
    rate_Hz : float
        Columns fired per second.
    passes : int
        Each later pass is placed independently of the first (seeded).
    pass_interval_s : float
        Pause between the last column of a pass and the first of the next. 0, the hottest, unless stated.
    order : {"raster", "serpentine", "interlaced", "random", "optimised"}
        Within a stamp. Any but raster needs stamps and makes squares of ``stamp_mm`` unless ``scan`` is given.
    stamp_mm : float or None
        Side of the scanner's square; the region is filled stamp by stamp without a pause between them (the
        unfavourable end). None fires the region as one stamp.
    scan : Scan, optional
        The scanner's shape, with which the region is filled stamp by stamp; coverage is then that of the whole region.
    hand : Hand, optional
        Scatter of the hand that places the stamps.
    timing : Timing, optional
        Steps of scanner and operator; in place of ``rate_Hz`` and ``pass_interval_s``, which must agree.
    after : Field, optional
        What was fired before in the same coordinates: its heat, and that of what went before it, is added.
    zone_interval_s : float
        Pause between the last column of ``after`` and the first one. 0, the hottest, unless stated.
    out_of_focus : FocusTable, optional
        The same shot at other distances of the handpiece: the depth and heat of each column then follow from the
        hand's scatter in distance. Coverage stays that of the lesion in focus.
    conductivity_W_mK : float, optional
        Unless stated 0.21, the low and so unfavourable end of what was measured.
    start_temperature_C : float, optional
        Unless stated the skin's.
    basal_depth_um, dermis_depth_um : float, optional
        Depths at which the rise is given. Unless stated the lower end of the skin's epidermis, and the middle of
        the lesion but at least 200 µm below the epidermis.

    Raises
    ------
    BadInput
        For numbers out of range, a region too small for one column or too large for memory, an unknown order.
    ArithmeticError
        If two ways of computing a safety number disagree. Then there is no field.
    """
    firing.known(order)
    table, lesion = (lesion, lesion.nominal) if isinstance(lesion, LesionTable) else (None, lesion)
    rate = _number("rate_Hz", rate_Hz, 0.1, 20_000)
    pause = _number("pass_interval_s", pass_interval_s, 0, 86_400)
    stamp = None if stamp_mm is None else to_si(_number("stamp_mm", stamp_mm, 0.5, 500), "mm")
    scan = _scan(scan, order, stamp_mm, hand, timing)
    timing = Timing(rate, pass_interval_s=pause) if timing is None else _agreed(timing, rate, pause)
    conductivity = float(CONDUCTIVITY_W_mK.value) if conductivity_W_mK is None else conductivity_W_mK
    conductivity = _number("conductivity_W_mK", conductivity, *CONDUCTIVITY_RANGE_W_mK)
    start = lesion.skin.temperature_C if start_temperature_C is None else start_temperature_C
    start = _number("start_temperature_C", start, 0, 45)
    basal = _number("basal_depth_um", _basal(lesion) if basal_depth_um is None else basal_depth_um, 10, 1000)
    dermis = (
        max(lesion.crater_depth_um, lesion.coagulation_depth_um) / 2 if dermis_depth_um is None else dermis_depth_um
    )
    dermis = max(dermis, basal + 200) if dermis_depth_um is None else _number("dermis_depth_um", dermis, 10, 10_000)
    _count_allowed(pattern, region, passes)
    check_profile(lesion.profile)

    tilings: tuple[Tiling, ...] = ()
    fired: Firing | None = None
    merged: Islands | None = None
    if scan is None:
        laid = [pattern.place(region, number) for number in range(passes)]
        _agrees_with_density([len(xy) for xy, _, _ in laid], pattern, region)
        xy, times, ends = _fire([xy for xy, _, _ in laid], rate, pause, stamp)
        counts = tuple(len(p) for p, _, _ in laid)
        one, independent, real = _coverages(lesion, pattern, region, [(shift, turn) for _, shift, turn in laid])
    else:
        area = area_of(region)
        four_alpha = 4 * conductivity / float(HEAT_CAPACITY_J_m3K.value)
        tilings = tuple(tile(pattern, area, scan, hand=hand, number=number) for number in range(passes))
        fired = firing.fire(tilings, order, timing, four_alpha=four_alpha, seed=pattern.seed)
        xy, times, ends, counts = fired.positions_m, fired.times_s, fired.pass_end_s, fired.columns_per_pass
        one = coverage_of_area(lesion.profile, xy[: counts[0]], area)
        independent = one if passes == 1 else independent_passes(lesion.profile, one, passes)
        real = one if passes == 1 else coverage_of_area(lesion.profile, xy, area)
        merged = islands(lesion.profile, xy)
    shots = Shots(
        xy,
        times,
        source_of(lesion),
        conductivity,
        float(HEAT_CAPACITY_J_m3K.value),
        before=_before(after, max(_number("zone_interval_s", zone_interval_s, 0, 86_400), 1 / rate), conductivity),
    )
    preheat: Preheat | None = None
    aim = _aim(out_of_focus, lesion, tilings, fired)
    if table is not None:
        relative = None if aim is None else aim.relative_heat
        shots, preheat = fed_back(shots, table, basal_depth_um=basal, relative=relative)
    elif aim is not None:
        shots = replace(shots, relative_heat=aim.relative_heat)
    bulk = history(
        shots,
        pitch_m=pattern.pitch_m,
        room_m=_room(lesion, pattern, passes, basal),
        basal_depth_um=basal,
        dermis_depth_um=dermis,
        start_temperature_C=start,
        pass_end_s=ends,
    )
    energy = to_si(lesion.shot.total_energy_mJ, "mJ")
    areal = from_si(energy * pattern.columns_per_m2, "J_cm2")
    return _read_only(
        Field(
            pattern=pattern,
            region=region,
            passes=passes,
            rate_Hz=rate,
            positions_m=xy,
            times_s=times,
            columns_per_pass=counts,
            pass_end_s=ends,
            columns_expected=pattern.columns_per_m2 * full_area_m2(region),
            areal_energy_per_pass_J_cm2=areal,
            areal_energy_total_J_cm2=areal * passes,
            areal_energy_fired_J_cm2=from_si(energy * len(xy) / region.area_m2, "J_cm2"),
            coverage_one_pass=one,
            coverage_independent=independent,
            coverage=real,
            bulk=bulk,
            assumptions=_assumptions(passes, timing.pass_interval_s, stamp, fired, aim),
            tilings=tilings,
            firing=fired,
            preheat=preheat,
            islands=merged,
            aim=aim,
            shots=shots,
        )
    )


def _before(after: Field | None, pause_s: float, conductivity: float) -> tuple[Shots, ...]:
    """The shots of what was fired before, in skin of this conductivity, counted from this field's first column."""
    if after is None:
        return ()
    assert after.shots is not None  # treat makes none without
    return after.shots.conducting(conductivity).earlier_by(float(after.times_s[-1]) + pause_s)


def _aim(table: FocusTable | None, lesion: Lesion, tilings: tuple[Tiling, ...], fired: Firing | None) -> Aim | None:
    """Depth and heat of each column by how far from focus the hand held its stamp."""
    if table is None:
        return None
    if fired is None:
        raise BadInput(
            "out_of_focus", given="a field without stamps", allowed="a scan and a hand", todo="State scan and hand."
        )
    if table.focused.shot != lesion.shot or table.focused.skin != lesion.skin:
        raise BadInput(
            "out_of_focus",
            given="lesions of another shot or skin",
            allowed="a table whose lesion in focus is the field's",
            todo="Make it with colonnade.field.focus_table from the same shot and skin.",
        )
    held = [laid.defocus_mm[fired.stamp[fired.pass_ == k]] for k, laid in enumerate(tilings)]
    return table.aim(np.concatenate(held))


def _fire(
    laid: list[Array], rate_Hz: float, pause_s: float, stamp_m: float | None
) -> tuple[Array, Array, tuple[float, ...]]:
    """Positions and times in firing order, and the time of each pass's last column."""
    xy, times, ends, start = [], [], [], 0.0
    for one_pass in laid:
        xy.append(one_pass[firing.raster(one_pass, stamp_m)])
        times.append(start + np.arange(len(one_pass)) / rate_Hz)
        ends.append(float(times[-1][-1]))
        start = ends[-1] + max(pause_s, 1 / rate_Hz)
    return np.concatenate(xy), np.concatenate(times), tuple(ends)


def _coverages(
    lesion: Lesion, pattern: Pattern, region: Region, placed: list[tuple[tuple[float, float], float]]
) -> tuple[Coverage, Coverage, Coverage]:
    """One pass; all passes as independent; all passes from their positions. Edges of the region do not count."""
    x0, y0, x1, y1 = region.bounds_m
    half = WINDOW_PITCHES / 2 * pattern.pitch_m
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    window = (x - half, y - half, x + half, y + half)
    wide = half + 4 * pattern.pitch_m
    around = (x - wide, y - wide, x + wide, y + wide)
    columns = [pattern.lattice(around, shift=s, turn_rad=turn, number=k) for k, (s, turn) in enumerate(placed)]
    one, several = coverage(lesion.profile, columns[0], window, passes=len(columns))
    if len(columns) == 1:
        return one, one, one
    return one, several, coverage(lesion.profile, np.concatenate(columns), window)[0]


def _room(lesion: Lesion, pattern: Pattern, passes: int, basal_um: float) -> float:
    """Distance from every column beyond which a point counts as between columns [m].

    The zone heated by one column at the basal layer; and half the distance of an even lattice of all passes, so that
    places where columns of several passes nearly coincide count as lesion, not as skin between lesions.
    """
    heated = float(np.interp(basal_um, lesion.profile.depth_um, zones(lesion.profile)[2]))
    return max(heated, 0.5 / math.sqrt(pattern.columns_per_m2 * passes))


def _agrees_with_density(counts: list[int], pattern: Pattern, region: Region) -> None:
    """Second way of the areal energy: counted columns against density times area, up to one row along the edge."""
    expected = pattern.columns_per_m2 * full_area_m2(region)
    slack = 1 + region.perimeter_m / pattern.pitch_m / 2
    for count in counts:
        if count == 0:
            raise BadInput(
                "region",
                given=f"{from_si(region.area_m2, 'mm2'):.3g} mm², smaller than the share of one column",
                allowed=f"room for at least one column ({from_si(1 / pattern.columns_per_m2, 'mm2'):.3g} mm²)",
                todo="Enlarge the region or the density.",
            )
        if not abs(count - expected) <= slack:
            raise ArithmeticError(
                f"field: {count} columns were laid, density times area is {expected:.1f} ± {slack:.0f}"
            )


def _basal(lesion: Lesion) -> float:
    """Depth of the basal layer: the lower end of the epidermis [µm]."""
    depth = 0.0
    found = EPIDERMIS_UM
    for layer in lesion.skin.layers:
        depth += layer.thickness_um
        if "epidermis" in layer.name.lower():
            found = depth
    return found


def _scan(
    scan: Scan | None, order: str, stamp_mm: float | None, hand: Hand | None, timing: Timing | None
) -> Scan | None:
    """The stamps to lay, or None where the lattice is fired as before, row after row in squares of ``stamp_mm``."""
    if scan is not None or (order == "raster" and hand is None and timing is None):
        return scan
    if stamp_mm is None:
        raise BadInput(
            "stamp_mm", given="None", allowed="a size, or a scan", todo="Order, hand and timing belong to stamps."
        )
    return Scan(size_mm=stamp_mm)


def _agreed(timing: Timing, rate: float, pause: float) -> Timing:
    if timing.rate_Hz != rate or pause not in (0, timing.pass_interval_s):
        raise BadInput(
            "timing",
            given=f"{timing.rate_Hz:g} Hz and {timing.pass_interval_s:g} s beside {rate:g} Hz and {pause:g} s",
            allowed="the same rate and interval in both",
            todo="State them once.",
        )
    return timing


def _count_allowed(pattern: Pattern, region: Region, passes: int) -> None:
    if isinstance(passes, bool) or not isinstance(passes, int) or not 1 <= passes <= 20:
        raise BadInput("passes", given=repr(passes), allowed="a whole number from 1 to 20", todo="Correct it.")
    expected = pattern.columns_per_m2 * full_area_m2(region) * passes
    if not 0 < expected <= MAX_COLUMNS:
        raise BadInput(
            "field",
            given=f"about {expected:.3g} columns",
            allowed=f"more than 0 and at most {MAX_COLUMNS} columns",
            todo="Check the units of region and density; treat a large region in parts.",
        )


def _number(name: str, value: float, low: float, high: float) -> float:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not (math.isfinite(value) and low <= value <= high):
        raise BadInput(name, given=repr(value), allowed=f"{low:g} to {high:g}", todo="Check the value and its unit.")
    return float(value)


def _assumptions(
    passes: int, pause_s: float, stamp_m: float | None, fired: Firing | None, aim: Aim | None
) -> tuple[str, ...]:
    said = [
        f"conductivity for bulk heat: {CONDUCTIVITY_W_mK.source} ({CONDUCTIVITY_W_mK.flag})",
        f"volumetric heat capacity: {HEAT_CAPACITY_J_m3K.source} ({HEAT_CAPACITY_J_m3K.flag})",
        "insulated surface, no perfusion, columns as line sources: bulk heat is on the hot side (assumed)",
        "heat of a column over depth from the square of the radius that reached 43 °C (derived, not measured)",
    ]
    if fired is not None:
        said.append(fired.said)
        said.append(f"{fired.timing.stamp_s:g} s from stamp to stamp, scanner steps as stated (assumed)")
    elif stamp_m is not None:
        said.append(f"filled by stamps of {from_si(stamp_m, 'mm'):g} mm without a pause between them (assumed)")
    if aim is not None:
        said.append(
            f"the hand's distance scatters: craters of {aim.crater_depth_um.min():.0f} to "
            f"{aim.crater_depth_um.max():.0f} µm; coverage is that of the lesion in focus (assumed)"
        )
    if passes > 1:
        said.append(f"passes placed independently of each other, {pause_s:g} s apart (assumed)")
    return tuple(said)


def _read_only(field: Field) -> Field:
    for holder in (field, field.bulk, field.coverage_one_pass, field.coverage_independent, field.coverage):
        for entry in fields(holder):
            value = getattr(holder, entry.name)
            if isinstance(value, np.ndarray):
                value.setflags(write=False)
    return field
