"""From columns to a shot file: stamps, whole numbers, every rounding listed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from colonnade import DISCLAIMER, __version__, catalogue
from colonnade.delivery.limits import Limits, MachineSpec, RoundingLimits, require_deliverable, rounded
from colonnade.delivery.seal import Approval
from colonnade.delivery.shots import (
    SCHEMA,
    DeviceRef,
    Emission,
    Pulse,
    Rounding,
    ShotFile,
    ShotHeader,
    Stamp,
    Units,
    ZoneRef,
)
from colonnade.errors import BadInput, did_you_mean
from colonnade.laser import Device, Shot
from colonnade.schema import read
from colonnade.units import from_si

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class OwnStamps:
    """The plan's own stamps: for each column, (n,), its stamp counted through all passes and its planned time [s];
    for each stamp, (k,), centre from the middle of the zone [m], turn, and the least time since the one before."""

    stamp: NDArray[np.int64]
    time_s: Floats
    centres_m: Floats
    turn_rad: Floats
    delay_s: Floats


@dataclass(frozen=True)
class _Placed:
    """One stamp to be written: its pass, its columns, where it lies, and the planned time between its columns."""

    pass_: int
    inside: NDArray[np.int64]
    centre_um: NDArray[np.int64]
    turn_mdeg: int
    delay_us: int
    asked_us: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class ZoneColumns:
    """The columns of one zone, in firing order.

    ``positions_m`` has shape (n, 2): centres from the middle of the zone [m]. ``passes`` has shape (n,): the pass each
    column belongs to, from 1, rising.
    """

    name: str
    site: str
    side: str
    width_mm: float
    height_mm: float
    pattern: str
    order: str
    positions_m: Floats
    passes: NDArray[np.int64]
    shot: Shot
    rate_Hz: float
    shape: Literal["rectangle", "circle", "polygon"] = "rectangle"
    area_mm2: float | None = None
    inner_um: tuple[int, int, int, int] | None = None
    laid: OwnStamps | None = None
    """Stamps laid and timed by the plan; None: tiles no larger than the scan, without a pause."""


@dataclass(frozen=True)
class Made:
    """A shot file and what a person should know about how it was made."""

    shots: ShotFile
    rounding: tuple[Rounding, ...]
    notes: tuple[str, ...]


def build(
    zones: tuple[ZoneColumns, ...],
    device: Device,
    spec: MachineSpec,
    *,
    title: str,
    synthetic: bool,
    plan_sha256: str | None = None,
    approval: Approval | None = None,
    emission: Emission = "fractional",
    limits: RoundingLimits | None = None,
) -> Made:
    """Lay the columns of ``zones`` into stamps of the machine's scan size, and round to its steps.

    Raises
    ------
    BadInput
        If rounding changes a value by more than ``limits`` allow, or the timing check finds anything.
    """
    machine_limits, allowed = Limits.of(device, spec), limits or RoundingLimits()
    pulses: list[Pulse] = []
    stamps: list[Stamp] = []
    rows: list[Rounding] = []
    notes: list[str] = []
    for number, zone in enumerate(zones, 1):
        pulse, listed = _pulse(zone.shot, f"zone {number} ({zone.name})", machine_limits, allowed)
        if pulse not in pulses:
            pulses.append(pulse)
        rows.extend(listed)
        laid, more_rows, more_notes = _lay(
            zone, number, pulses.index(pulse) + 1, tuple(pulses), machine_limits, allowed
        )
        stamps.extend(laid)
        rows.extend(more_rows)
        notes.extend(more_notes)
    header = {
        "schema": SCHEMA,
        "not_for_clinical_use": True,
        "disclaimer": DISCLAIMER,
        "title": title,
        "synthetic": synthetic,
        "version": __version__,
        "units": Units(),
        "device": device_ref(device, spec),
        "plan_sha256": plan_sha256,
        "approval": approval,
        "emission": emission,
        "tip": spec.tip,
        "spot_um": zones[0].shot.spot_um if zones else 0.0,
        "zones": tuple(_zone_ref(z) for z in zones),
        "rounding": tuple(rows),
        "pulses": len(pulses),
        "stamps": len(stamps),
        "columns": sum(len(s.columns) for s in stamps),
    }
    shots = ShotFile(read(ShotHeader, header, origin="shot file header"), tuple(pulses), tuple(stamps))
    require_deliverable(shots, machine_limits)
    return Made(shots, tuple(rows), tuple(notes))


def device_ref(device: Device, spec: MachineSpec) -> DeviceRef:
    def digest(kind: str, name: str) -> str:
        if name not in catalogue.ids(kind):
            raise BadInput(
                f"{kind[:-1]} {name}",
                given="a profile that is not in the library",
                allowed="a profile whose hash can be stated",
                todo=did_you_mean(name, catalogue.ids(kind)),
            )
        return catalogue.sha256(kind, name)

    return DeviceRef(
        id=device.id,
        name=device.name,
        sha256=digest("devices", device.id),
        machine_id=spec.id,
        machine_sha256=digest("machines", spec.id),
    )


def _zone_ref(zone: ZoneColumns) -> ZoneRef:
    return ZoneRef(
        name=zone.name,
        site=zone.site,
        side=zone.side,
        shape=zone.shape,
        width_um=round(zone.width_mm * 1000),
        height_um=round(zone.height_mm * 1000),
        pattern=zone.pattern,
        order=zone.order,
        area_mm2=zone.area_mm2,
        inner_um=zone.inner_um,
    )


def _pulse(shot: Shot, block: str, limits: Limits, allowed: RoundingLimits) -> tuple[Pulse, list[Rounding]]:
    rows: list[Rounding | None] = []
    power, row = rounded(
        shot.power_W * 1000, limits.power_step_mW, block=block, what="power_W", allowed=allowed.power, unit_scale=1e-3
    )
    rows.append(row)
    on, row = rounded(shot.pulse_ms * 1000, limits.clock_us, block=block, what="on_time_us", allowed=allowed.on_time)
    rows.append(row)
    interval = 0
    if shot.stack > 1:
        interval, row = rounded(
            shot.stack_interval_ms * 1000,
            limits.clock_us,
            block=block,
            what="stack_interval_us",
            allowed=allowed.interval,
        )
        rows.append(row)
    pulse = Pulse(power_mW=power, on_us=on, stack=shot.stack, stack_interval_us=interval)
    asked, given = shot.total_energy_mJ, pulse.energy_uJ / 1000
    if not abs(given - asked) <= allowed.energy * asked:
        raise BadInput(
            f"{block} energy_mJ",
            given=f"{asked:g} mJ, of which the machine delivers {given:g} mJ",
            allowed=f"a change of at most {100 * allowed.energy:g} % by rounding power and on-time",
            todo=f"Ask for {given:g} mJ.",
        )
    if abs(given - asked) > 1e-9 * asked:
        rows.append(Rounding(block=block, what="energy_mJ", asked=asked, deliverable=given, difference=given - asked))
    return pulse, [r for r in rows if r is not None]


def _lay(
    zone: ZoneColumns,
    number: int,
    pulse_number: int,
    pulses: tuple[Pulse, ...],
    limits: Limits,
    allowed: RoundingLimits,
) -> tuple[list[Stamp], list[Rounding], list[str]]:
    """The stamps of one zone: the zone cut into equal tiles no larger than the scan, pass by pass."""
    block = f"zone {number} ({zone.name})"
    if not (len(zone.positions_m) and np.all(np.isfinite(zone.positions_m)) and zone.rate_Hz > 0):
        raise BadInput(
            block, given="no columns, or a position or rate that is not a number", allowed="at least one column",
            todo="Correct the region and settings.",
        )  # fmt: skip
    where_um = from_si(zone.positions_m, "um")
    half = np.array([zone.width_mm, zone.height_mm]) * 500
    # a column may lie on the region's edge, never beyond it
    if not np.all(np.abs(where_um) <= half + 1e-3):
        raise BadInput(
            block,
            given=f"a column {np.max(np.abs(where_um) - half):.1f} µm outside the region",
            allowed=f"{zone.width_mm:g} x {zone.height_mm:g} mm",
            todo="Regenerate the columns for this region.",
        )
    step = limits.position_step_um
    stamps, worst, stretched, extra_s = [], 0.0, 0, 0.0
    asked = math.ceil(1e6 / zone.rate_Hz / limits.clock_us - 1e-9) * limits.clock_us
    for one in (
        _tiles(zone, where_um, half, limits, asked) if zone.laid is None else _own(zone, zone.laid, limits, asked)
    ):
        offset = where_um[one.inside] - one.centre_um
        c, s = math.cos(math.radians(one.turn_mdeg / 1000)), math.sin(math.radians(one.turn_mdeg / 1000))
        offset = offset @ np.array([[c, -s], [s, c]])  # turned back into the stamp's own axes
        grid = (np.round(offset / step) * step).astype(np.int64)
        worst = max(worst, float(np.abs(grid - offset).max()))
        columns = np.zeros((len(one.inside), 4), dtype=np.int64)
        columns[:, :2], columns[:, 3] = grid, pulse_number
        x, y = (int(v) for v in one.centre_um)
        bare = Stamp(number, one.pass_, x, y, one.turn_mdeg, one.delay_us, columns)
        interval = np.maximum(one.asked_us, limits.shortest_interval_us(bare, pulses))
        columns[1:, 2] = np.cumsum(interval)
        stretched += int(np.count_nonzero(interval > one.asked_us))
        extra_s += float(np.sum(interval - one.asked_us)) * 1e-6
        stamps.append(bare)
    rows = _position_row(block, worst, allowed)
    if abs(asked - 1e6 / zone.rate_Hz) > 1e-9 * asked:
        # rounded up: never faster than asked
        per = 1e6 / zone.rate_Hz
        rows.append(
            Rounding(block=block, what="interval_us", asked=per, deliverable=float(asked), difference=asked - per)
        )
    notes = []
    if stretched:
        notes.append(
            f"{block}: {stretched} intervals are longer than the 1/{zone.rate_Hz:g} s asked, because the mirrors need "
            f"the time; the zone takes {extra_s:.2f} s longer."
        )
        rows.append(
            Rounding(
                block=block,
                what="firing_time_s",
                asked=sum(float(s.columns[-1, 2]) for s in stamps) * 1e-6 - extra_s,
                deliverable=sum(float(s.columns[-1, 2]) for s in stamps) * 1e-6,
                difference=extra_s,
            )
        )
    return stamps, rows, notes


def _tiles(zone: ZoneColumns, where_um: Floats, half: Floats, limits: Limits, asked: int) -> Iterator[_Placed]:
    """The zone cut into equal tiles no larger than the scan, pass by pass."""
    tiles = np.maximum(1, np.ceil(2 * half / (2 * limits.scan_half_um) - 1e-9)).astype(int)
    size = 2 * half / tiles
    tile = np.clip(np.floor((where_um + half) / size), 0, tiles - 1).astype(int)
    for pass_ in np.unique(zone.passes):
        for ty in range(int(tiles[1])):
            for tx in range(int(tiles[0])):
                inside = np.nonzero((zone.passes == pass_) & (tile[:, 0] == tx) & (tile[:, 1] == ty))[0]
                if len(inside):
                    centre = np.round(-half + (np.array([tx, ty]) + 0.5) * size).astype(np.int64)
                    yield _Placed(int(pass_), inside, centre, 0, 0, np.full(len(inside) - 1, asked, dtype=np.int64))


def _own(zone: ZoneColumns, laid: OwnStamps, limits: Limits, asked: int) -> Iterator[_Placed]:
    """The plan's own stamps, in the order and with the times of the plan."""
    for k in range(len(laid.turn_rad)):
        inside = np.nonzero(laid.stamp == k)[0]
        clock = limits.clock_us
        planned = np.ceil(1e6 * np.diff(laid.time_s[inside]) / clock - 1e-6).astype(np.int64) * clock
        centre = np.round(from_si(laid.centres_m[k], "um")).astype(np.int64)
        turn = round(math.degrees(float(laid.turn_rad[k])) * 1000)
        turn = (turn + 180_000) % 360_000 - 180_000
        delay = math.ceil(1e6 * float(laid.delay_s[k]) / clock - 1e-6) * clock
        yield _Placed(int(zone.passes[inside[0]]), inside, centre, turn, delay, np.maximum(planned, asked))


def _position_row(block: str, worst_um: float, allowed: RoundingLimits) -> list[Rounding]:
    if not worst_um <= allowed.position_um:
        raise BadInput(
            f"{block} position_um",
            given=f"columns that the machine would set {worst_um:g} µm off",
            allowed=f"at most {allowed.position_um:g} µm by rounding",
            todo="Use a machine with a finer scanner.",
        )
    if not worst_um > 1e-6:
        return []
    return [
        Rounding(block=block, what="position_um (worst column, per axis)", asked=0.0, deliverable=worst_um,
                 difference=worst_um)
    ]  # fmt: skip
