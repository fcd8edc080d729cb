"""The open shot file ``colonnade.shots/1``: what a fractional laser would fire, column by column.

The grammar is one page: ``docs/file-formats/shots.md``. All numbers of the body are whole: positions in µm, times in
µs, power in mW, so that nothing is lost between writing and reading. The file says of itself that it is not for
clinical use.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from colonnade import DISCLAIMER
from colonnade.delivery.seal import Approval
from colonnade.errors import BadInput
from colonnade.schema import Model

SCHEMA = "colonnade.shots/1"
NOTICE = f"NOT FOR CLINICAL USE. {DISCLAIMER}"
MAX_BYTES = 256_000_000
MAX_HEADER_BYTES = 1_000_000
MAX_COLUMNS = 2_000_000
MAX_STAMPS = 100_000
MAX_PULSES = 10_000
#: Bounds of the whole numbers of the body: half a metre, about three hours, ten kilowatts.
MAX_POSITION_UM, MAX_TIME_US, MAX_POWER_MW = 500_000, 10_000_000_000, 10_000_000

Ints = NDArray[np.int64]
Emission = Literal["fractional", "continuous", "single", "repeated", "train"]
Sha = Field(pattern=r"^[0-9a-f]{64}$")


class Units(Model):
    """The units of the body. Version 1 knows no others."""

    position: Literal["um"] = "um"
    time: Literal["us"] = "us"
    power: Literal["mW"] = "mW"


class Rounding(Model):
    """One value that the machine cannot deliver exactly as asked."""

    block: str = Field(max_length=200, title="Where, e.g. zone 1 pulse 1")
    what: str = Field(max_length=80, title="Quantity, with its unit")
    asked: float
    deliverable: float
    difference: float


class DeviceRef(Model):
    """Which device profile, and which machine description, the file was made for."""

    id: str = Field(max_length=80)
    name: str = Field(max_length=400)
    sha256: str = Sha
    machine_id: str = Field(max_length=80)
    machine_sha256: str = Sha


class ZoneRef(Model):
    """A zone of the plan; stamps name it by its place in the list, counted from 1."""

    name: str = Field(min_length=1, max_length=80)
    site: str = Field(max_length=80)
    side: str = Field(max_length=20)
    shape: Literal["rectangle", "circle", "polygon"]
    width_um: int = Field(ge=1, le=MAX_POSITION_UM)
    height_um: int = Field(ge=1, le=MAX_POSITION_UM)
    pattern: str = Field(max_length=80)
    order: str = Field(max_length=80)
    area_mm2: float | None = Field(None, gt=0, title="Area of a polygon", json_schema_extra={"unit": "mm2"})
    inner_um: tuple[int, int, int, int] | None = Field(
        None,
        strict=False,
        title="A rectangle inside a polygon (x0, y0, x1, y1), where coverage as delivered is taken",
        json_schema_extra={"unit": "um"},
    )

    @model_validator(mode="after")
    def _drawn(self) -> ZoneRef:
        stated = (self.area_mm2 is not None, self.inner_um is not None)
        if stated != (self.shape == "polygon",) * 2:
            raise ValueError("area_mm2 and inner_um for a polygon, and for no other shape")
        if self.inner_um is not None and not (
            self.inner_um[0] < self.inner_um[2] and self.inner_um[1] < self.inner_um[3]
        ):
            raise ValueError("inner_um as x0, y0, x1, y1 with x0 < x1 and y0 < y1")
        return self

    @model_serializer(mode="wrap")
    def _as_before(self, plain: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Rectangles and circles are written as they were before there were polygons."""
        made: dict[str, Any] = plain(self)
        return {name: value for name, value in made.items() if value is not None}


class ShotHeader(Model):
    """The header: everything but the columns."""

    schema_: Literal["colonnade.shots/1"] = Field(alias="schema")
    not_for_clinical_use: Literal[True]
    disclaimer: Literal["Colonnade is research and education software, not a medical device; it never drives a laser."]
    title: str = Field(max_length=200)
    synthetic: bool = Field(title="An example that describes no real patient?")
    version: str = Field(max_length=40, title="Version of Colonnade that wrote the file")
    units: Units
    device: DeviceRef
    plan_sha256: str | None = Field(pattern=r"^[0-9a-f]{64}$", title="Hash of the plan; null for a panel job")
    approval: Approval | None = Field(title="Who approved that plan; null if nobody")
    emission: Emission
    tip: str = Field(max_length=80, title="Handpiece tip that must be recognised")
    spot_um: float = Field(gt=0, le=20_000, title="Nominal spot diameter", json_schema_extra={"unit": "um"})
    zones: tuple[ZoneRef, ...] = Field(strict=False, min_length=1, max_length=1000)
    rounding: tuple[Rounding, ...] = Field((), strict=False, max_length=2000)
    pulses: int = Field(ge=1, le=MAX_PULSES, title="Number of pulse lines")
    stamps: int = Field(ge=1, le=MAX_STAMPS, title="Number of stamp blocks")
    columns: int = Field(ge=1, le=MAX_COLUMNS, title="Number of columns in all stamps")


@dataclass(frozen=True)
class Pulse:
    """One emission: a train of ``train`` sub-pulses, repeated ``stack`` times on the same spot."""

    power_mW: int
    on_us: int
    train: int = 1
    train_period_us: int = 0
    """From the start of one sub-pulse to the start of the next; 0 when there is one."""
    stack: int = 1
    stack_interval_us: int = 0
    """From the start of one stacked train to the start of the next; 0 when there is one."""

    @property
    def energy_uJ(self) -> float:
        """Energy of the whole emission [µJ]: power x on-time x train x stack (1 mW·µs is 1 nJ)."""
        return self.power_mW * self.on_us * self.train * self.stack / 1000

    @property
    def duration_us(self) -> int:
        """From the first light to the last [µs]."""
        return (self.stack - 1) * self.stack_interval_us + (self.train - 1) * self.train_period_us + self.on_us


@dataclass(frozen=True, eq=False)
class Stamp:
    """One placement of the handpiece: its centre in the zone, and its columns in firing order."""

    zone: int
    pass_: int
    x_um: int
    y_um: int
    turn_mdeg: int
    delay_us: int
    """Shortest time between the end of the stamp before and the first column of this one."""
    columns: Ints
    """Shape (n, 4): x and y from the stamp's centre [µm], start from the stamp's begin [µs], pulse number from 1."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Stamp) and self.line() == other.line() and np.array_equal(self.columns, other.columns)

    __hash__ = None  # type: ignore[assignment]

    def line(self) -> str:
        """The stamp's own line, without its number."""
        return (
            f"zone={self.zone} pass={self.pass_} x_um={self.x_um} y_um={self.y_um} turn_mdeg={self.turn_mdeg} "
            f"delay_us={self.delay_us} columns={len(self.columns)}"
        )


@dataclass(frozen=True)
class ShotFile:
    """A whole shot file. Columns are numbered through all stamps, from 1, in firing order."""

    header: ShotHeader
    pulses: tuple[Pulse, ...]
    stamps: tuple[Stamp, ...]

    __hash__ = None  # type: ignore[assignment]

    @cached_property
    def first_column(self) -> tuple[int, ...]:
        """Number of the first column of each stamp."""
        counts = np.cumsum([0] + [len(s.columns) for s in self.stamps[:-1]])
        return tuple(int(c) + 1 for c in counts)

    def zone_position_um(self, stamp: Stamp) -> NDArray[np.float64]:
        """Column centres of ``stamp`` in the zone's coordinates [µm], shape (n, 2)."""
        angle = np.deg2rad(stamp.turn_mdeg / 1000)
        c, s = float(np.cos(angle)), float(np.sin(angle))
        x, y = stamp.columns[:, 0].astype(float), stamp.columns[:, 1].astype(float)
        return np.column_stack([stamp.x_um + c * x - s * y, stamp.y_um + s * x + c * y])


@dataclass(frozen=True)
class SealedShots:
    """A shot file as read: its content, its hash, and who signed it."""

    file: ShotFile
    sha256: str
    signer: str | None
    """Public key (base64) whose valid signature the file bears, or None."""
    trusted: bool
    """Whether that key was in the reader's list."""
    path: Path | None = field(default=None, compare=False)


def check_counts(shots: ShotFile, origin: str = "to be written") -> None:
    """Refuse what contradicts the header or leaves the bounds of the format (not of a machine)."""

    def need(holds: bool, given: str, allowed: str) -> None:
        if not holds:
            todo = "Export it again with `colonnade export`."
            raise BadInput(f"shot file {origin}", given=given, allowed=allowed, todo=todo)

    h = shots.header
    columns = sum(len(s.columns) for s in shots.stamps)
    need(
        (h.pulses, h.stamps, h.columns) == (len(shots.pulses), len(shots.stamps), columns),
        f"{len(shots.pulses)} pulses, {len(shots.stamps)} stamps, {columns} columns",
        f"as in the header: {h.pulses}, {h.stamps}, {h.columns}",
    )
    for n, p in enumerate(shots.pulses, 1):
        holds = (
            1 <= p.power_mW <= MAX_POWER_MW
            and 1 <= p.on_us <= MAX_TIME_US
            and 1 <= p.train <= 1000
            and 1 <= p.stack <= 50
            and 0 <= p.train_period_us <= MAX_TIME_US
            and 0 <= p.stack_interval_us <= MAX_TIME_US
        )
        need(holds, f"pulse {n}: {p}", "positive power, on-time, train (to 1000) and stack (to 50), within the bounds")
    for n, s in enumerate(shots.stamps, 1):
        holds = (
            1 <= s.zone <= len(h.zones)
            and 1 <= s.pass_ <= 20
            and max(abs(s.x_um), abs(s.y_um)) <= MAX_POSITION_UM
            and abs(s.turn_mdeg) <= 180_000
            and 0 <= s.delay_us <= MAX_TIME_US
            and s.columns.ndim == 2
            and s.columns.shape[1] == 4
            and len(s.columns) >= 1
        )
        need(holds, f"stamp {n}: {s.line()}", "a zone of the header, pass 1 to 20, at least one column, in bounds")
        low, high = s.columns.min(axis=0), s.columns.max(axis=0)
        holds = bool(
            max(abs(low[:2]).max(), abs(high[:2]).max()) <= MAX_POSITION_UM
            and low[2] >= 0
            and high[2] <= MAX_TIME_US
            and low[3] >= 1
            and high[3] <= len(shots.pulses)
            and np.all(np.diff(s.columns[:, 2]) > 0)
        )
        need(holds, f"columns of stamp {n}", "positions in bounds, starts that rise, pulse numbers that exist")
