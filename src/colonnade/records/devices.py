"""Devices, handpieces, product lots and the laser-safety log: records of the clinic, not of a patient."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Literal, get_args

from sqlalchemy import Date, Float, ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from colonnade.errors import BadInput
from colonnade.records import audit
from colonnade.records.audit import Actor
from colonnade.records.base import Base, Identified, get, now
from colonnade.records.owned import add

DeviceEventKind = Literal["installed", "service", "commissioning", "power_check", "repair", "retired"]
SafetyKind = Literal[
    "daily_check", "eyewear", "interlock", "plume_filter", "key_control", "signs", "training", "audit", "incident"
]


class DeviceUnit(Identified, Base):
    """A laser in the house. ``device_id`` names its profile in the library."""

    __tablename__ = "device_units"

    device_id: Mapped[str] = mapped_column(String(80))
    name: Mapped[str] = mapped_column(String(120))
    serial: Mapped[str] = mapped_column(String(80))
    installed_on: Mapped[dt.date | None] = mapped_column(Date)
    last_service_on: Mapped[dt.date | None] = mapped_column(Date)
    service_due_on: Mapped[dt.date | None] = mapped_column(Date)
    commissioned_on: Mapped[dt.date | None] = mapped_column(Date)
    commissioning_ends_on: Mapped[dt.date | None] = mapped_column(Date)
    profile_sha256: Mapped[str] = mapped_column(String(64), default="")
    retired_on: Mapped[dt.date | None] = mapped_column(Date)


class Handpiece(Identified, Base):
    """A handpiece or tip of a laser."""

    __tablename__ = "handpieces"

    device_unit_id: Mapped[str] = mapped_column(ForeignKey("device_units.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    serial: Mapped[str] = mapped_column(String(80))
    spot_um: Mapped[float | None] = mapped_column(Float)
    last_service_on: Mapped[dt.date | None] = mapped_column(Date)
    service_due_on: Mapped[dt.date | None] = mapped_column(Date)
    commissioned_on: Mapped[dt.date | None] = mapped_column(Date)
    retired_on: Mapped[dt.date | None] = mapped_column(Date)


class DeviceEvent(Identified, Base):
    """What was done to a device or a handpiece: the history behind the dates."""

    __tablename__ = "device_events"

    device_unit_id: Mapped[str] = mapped_column(ForeignKey("device_units.id"), index=True)
    handpiece_id: Mapped[str] = mapped_column(String(32), default="")
    kind: Mapped[str] = mapped_column(String(20))
    on: Mapped[dt.date] = mapped_column("done_on", Date)
    next_due_on: Mapped[dt.date | None] = mapped_column(Date)
    by: Mapped[str] = mapped_column("done_by", String(200))
    note: Mapped[str] = mapped_column(Text, default="")
    profile_sha256: Mapped[str] = mapped_column(String(64), default="")
    entered_by: Mapped[str] = mapped_column(String(32))
    entered_at: Mapped[dt.datetime]


class ProductLot(Identified, Base):
    """A lot of something that touches the patient: cream, dressing, ointment, drug."""

    __tablename__ = "product_lots"

    kind: Mapped[str] = mapped_column(String(40))
    product: Mapped[str] = mapped_column(String(200))
    lot: Mapped[str] = mapped_column(String(80), index=True)
    expires_on: Mapped[dt.date | None] = mapped_column(Date)
    received_on: Mapped[dt.date | None] = mapped_column(Date)
    note: Mapped[str] = mapped_column(Text, default="")


class LaserSafetyEntry(Identified, Base):
    """A line of the laser-safety log. Never edited: a correction is a new line that names the old one."""

    __tablename__ = "laser_safety_log"

    kind: Mapped[str] = mapped_column(String(20), index=True)
    device_unit_id: Mapped[str] = mapped_column(String(32), default="", index=True)
    at: Mapped[dt.datetime]
    by: Mapped[str] = mapped_column("entered_by", String(32))
    passed: Mapped[bool]
    items: Mapped[dict[str, Any]]
    note: Mapped[str] = mapped_column(Text, default="")
    corrects: Mapped[str] = mapped_column(String(32), default="")


def add_device(db: Session, who: Actor, *, device_id: str, name: str, serial: str, **dates: Any) -> DeviceUnit:
    """A laser of the house."""
    row = DeviceUnit(device_id=device_id, name=name, serial=serial, **dates)
    add(db, who, row)
    return row


def add_handpiece(db: Session, who: Actor, device_unit_id: str, *, name: str, serial: str, **fields: Any) -> Handpiece:
    """A handpiece of a laser."""
    get(db, DeviceUnit, device_unit_id)
    row = Handpiece(device_unit_id=device_unit_id, name=name, serial=serial, **fields)
    add(db, who, row)
    return row


def record_device_event(
    db: Session,
    who: Actor,
    device_unit_id: str,
    *,
    kind: DeviceEventKind,
    on: dt.date,
    by: str,
    handpiece_id: str = "",
    next_due_on: dt.date | None = None,
    profile_sha256: str = "",
    note: str = "",
) -> DeviceEvent:
    """Record service, commissioning and the like, and carry the dates over to the device or handpiece.

    Raises
    ------
    BadInput
        For an unknown kind, or if the handpiece belongs to another laser.
    """
    unit = get(db, DeviceUnit, device_unit_id)
    piece = get(db, Handpiece, handpiece_id) if handpiece_id else None
    if kind not in get_args(DeviceEventKind):
        raise BadInput(
            "kind", given=repr(kind)[:30], allowed=", ".join(get_args(DeviceEventKind)), todo="Choose one of them."
        )
    if piece is not None and piece.device_unit_id != device_unit_id:
        raise BadInput(
            "handpiece", given="one of another laser", allowed="a handpiece of this laser", todo="Choose another."
        )
    what = piece or unit
    if kind == "service":
        what.last_service_on, what.service_due_on = on, next_due_on
    elif kind == "commissioning":
        what.commissioned_on = on
        if piece is None:
            unit.commissioning_ends_on, unit.profile_sha256 = next_due_on, profile_sha256
    elif kind == "installed" and piece is None:
        unit.installed_on = on
    elif kind == "repair":
        # what was repaired is commissioned anew
        what.commissioned_on = None
    elif kind == "retired":
        what.retired_on = on
    row = DeviceEvent(
        device_unit_id=device_unit_id,
        handpiece_id=handpiece_id,
        kind=kind,
        on=on,
        by=by,
        next_due_on=next_due_on,
        note=note,
        profile_sha256=profile_sha256,
        entered_by=who.id,
        entered_at=now(),
    )
    add(db, who, row, kind=kind)
    return row


#: Every warning of :func:`device_warnings`, as pages begin a sentence with it.
WARNINGS = (
    "Generic device, not commissioned",
    "The commissioning has run out, or its end is not recorded",
    "Service of the laser is overdue, or its date is not recorded",
    "Service of the handpiece is overdue, or its date is not recorded",
    "The laser was retired",
    "The handpiece was retired",
)


def device_warnings(unit: DeviceUnit, piece: Handpiece | None, *, on: dt.date) -> tuple[str, ...]:
    """What stands against using this laser on this day. A date that is not known is a warning, never a pass."""
    out = []
    if unit.commissioned_on is None or not unit.commissioned_on <= on:
        out.append("generic device, not commissioned")
    elif unit.commissioning_ends_on is None or not on <= unit.commissioning_ends_on:
        out.append("the commissioning has run out, or its end is not recorded")
    for name, what in (("the laser", unit), ("the handpiece", piece)):
        if what is None:
            continue
        if what.service_due_on is None or not on <= what.service_due_on:
            out.append(f"service of {name} is overdue, or its date is not recorded")
        if what.retired_on is not None and what.retired_on <= on:
            out.append(f"{name} was retired")
    return tuple(out)


def add_lot(db: Session, who: Actor, *, kind: str, product: str, lot: str, **fields: Any) -> ProductLot:
    """A lot of a product."""
    row = ProductLot(kind=kind, product=product, lot=lot, **fields)
    add(db, who, row)
    return row


def log_safety(
    db: Session,
    who: Actor,
    *,
    kind: SafetyKind,
    passed: bool,
    items: dict[str, Any] | None = None,
    device_unit_id: str = "",
    note: str = "",
    corrects: str = "",
) -> LaserSafetyEntry:
    """A line of the laser-safety log.

    A line that ``corrects`` another one takes its kind and its laser; the old line stays. Raises BadInput for an
    unknown kind and for a line that was corrected before.
    """
    if corrects:
        old = get(db, LaserSafetyEntry, corrects)
        if db.scalars(select(LaserSafetyEntry.id).where(LaserSafetyEntry.corrects == corrects)).first():
            raise BadInput(
                "corrects",
                given="a line that was corrected already",
                allowed="the line that stands",
                todo="Correct the newer line.",
            )
        kind, device_unit_id = old.kind, old.device_unit_id  # type: ignore[assignment]
    if kind not in get_args(SafetyKind):
        raise BadInput("kind", given=repr(kind)[:30], allowed=", ".join(get_args(SafetyKind)), todo="Choose one.")
    if device_unit_id:
        get(db, DeviceUnit, device_unit_id)
    row = LaserSafetyEntry(
        kind=kind,
        device_unit_id=device_unit_id,
        at=now(),
        by=who.id,
        passed=passed,
        items=items or {},
        note=note,
        corrects=corrects,
    )
    add(db, who, row, kind=kind, passed=passed)
    return row


def safety_log(db: Session, who: Actor, *, limit: int = 200) -> Sequence[LaserSafetyEntry]:
    """The log, the newest line first."""
    audit.append(db, who, "list", "laser-safety-log")
    query = select(LaserSafetyEntry).order_by(LaserSafetyEntry.at.desc(), LaserSafetyEntry.id).limit(limit)
    return db.scalars(query).all()
