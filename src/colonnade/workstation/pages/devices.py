"""What stands in the house: lasers, handpieces, their dates, product lots, and the laser-safety log."""

from __future__ import annotations

import datetime as dt
from typing import Any, get_args

from fastapi import APIRouter, Request, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from colonnade.catalogue import ids
from colonnade.errors import BadInput
from colonnade.records import devices, patients, people, treatments
from colonnade.records.base import get
from colonnade.workstation.dependencies import LoggedDb, SentForm, Who
from colonnade.workstation.pages.entering import Long, Text, day, number, saved
from colonnade.workstation.permissions import require
from colonnade.workstation.rendering import page

router = APIRouter(include_in_schema=False)
#: Looked at before the first patient of the day. Assumed, after laser safety programmes; not reviewed.
DAILY_CHECKS = {
    "key": "The key is with the person named for it, and removed when nobody is there",
    "stop": "The emergency stop works",
    "aiming": "The aiming beam is round and lies on the treatment beam",
    "energy": "A test shot on thermal paper looks as it should",
    "eyewear": "Eyewear for 10.6 µm is there for everybody, without scratches",
    "smoke": "The smoke evacuator draws, its filter is in date",
    "sign": "Sign and door lock work",
    "fire": "Water and an extinguisher are at hand",
}
LOT_KINDS = ("anaesthetic", "ointment", "dressing", "silicone", "drug", "eye shield", "other")


@router.get("/devices", dependencies=[require("devices.read")])
def everything(request: Request, who: Who, db: LoggedDb) -> Response:
    """Lasers and handpieces with what stands against using them, lots, the safety log."""
    return _page(request, who, db)


def _page(request: Request, who: Who, db: Session, *, status: int = 200, **extra: Any) -> Response:
    today = dt.datetime.now().astimezone().date()
    units = db.scalars(select(devices.DeviceUnit).order_by(devices.DeviceUnit.name)).all()
    pieces = db.scalars(select(devices.Handpiece).order_by(devices.Handpiece.name)).all()
    shown = {"errors": [], "typed": {}, **extra}
    log = devices.safety_log(db, who.actor, limit=50)
    corrected = {e.corrects: e for e in log if e.corrects}
    return page(
        request, "devices.html", status=status, today=today, log=log,
        names={a.id: a.display_name for a in people.accounts(db)},
        corrected=corrected, log_by_id={e.id: e for e in log},
        checked_today=next(
            (e for e in log if e.kind == "daily_check" and e.at.astimezone().date() == today and e.id not in corrected),
            None,
        ),
        units=[
            (u, [p for p in pieces if p.device_unit_id == u.id], devices.device_warnings(u, None, on=today))
            for u in units
        ],
        events=db.scalars(select(devices.DeviceEvent).order_by(devices.DeviceEvent.on.desc()).limit(50)).all(),
        lots=db.scalars(select(devices.ProductLot).order_by(devices.ProductLot.expires_on)).all(),
        checks=DAILY_CHECKS, lot_kinds=LOT_KINDS,
        profiles=ids("devices"), event_kinds=get_args(devices.DeviceEventKind),
        safety_kinds=get_args(devices.SafetyKind), **shown,
    )  # fmt: skip


@router.post("/devices", dependencies=[require("devices.write")])
def add(
    request: Request, who: Who, device_id: Text = "", name: Text = "", serial: Text = "", installed_on: Text = ""
) -> Response:
    """A laser of the house, tied to a profile of the library."""
    typed = {"device_id": device_id, "name": name, "serial": serial, "installed_on": installed_on}

    def save(db: Session) -> str:
        if device_id not in ids("devices"):
            raise BadInput("profile", given=f'"{device_id[:40]}"', allowed="one of the list", todo="Choose one.")
        if not name.strip() or not serial.strip():
            raise BadInput("device", given="no name or no serial number", allowed="both", todo="Read them off it.")
        devices.add_device(
            db, who.actor, device_id=device_id, name=name.strip()[:120], serial=serial.strip()[:80],
            installed_on=day(installed_on, "installed on", needed=False),
        )  # fmt: skip
        return "/devices"

    return saved(request, save, lambda db, errors: _page(request, who, db, status=422, errors=errors, typed=typed))


@router.post("/devices/{unit_id}/handpieces", dependencies=[require("devices.write")])
def add_handpiece(
    request: Request, who: Who, unit_id: str, name: Text = "", serial: Text = "", spot_um: Text = ""
) -> Response:
    """A handpiece or tip."""

    def save(db: Session) -> str:
        if not name.strip() or not serial.strip():
            raise BadInput("handpiece", given="no name or no serial number", allowed="both", todo="Read them off it.")
        devices.add_handpiece(
            db, who.actor, unit_id, name=name.strip()[:120], serial=serial.strip()[:80],
            spot_um=number(spot_um, "spot_um", low=10, high=20_000),
        )  # fmt: skip
        return "/devices"

    return saved(request, save, lambda db, errors: _page(request, who, db, status=422, errors=errors))


@router.post("/devices/{unit_id}/events", dependencies=[require("devices.write")])
def add_event(
    request: Request, who: Who, unit_id: str, kind: Text = "", done_on: Text = "", by: Text = "",
    next_due_on: Text = "", handpiece_id: Text = "", note: Long = "",
) -> Response:  # fmt: skip
    """Service, commissioning, repair: recorded, and its dates carried over."""

    def save(db: Session) -> str:
        if not by.strip():
            raise BadInput("done by", given="nobody", allowed="a name", todo="Say who did it.")
        on = day(done_on, "done on")
        assert on is not None
        devices.record_device_event(
            db, who.actor, unit_id, kind=kind, on=on, by=by.strip(), handpiece_id=handpiece_id,  # type: ignore[arg-type]
            next_due_on=day(next_due_on, "next due on", needed=False), note=note,
        )  # fmt: skip
        return "/devices"

    return saved(request, save, lambda db, errors: _page(request, who, db, status=422, errors=errors))


@router.post("/devices/lots", dependencies=[require("devices.write")])
def add_lot(
    request: Request, who: Who, kind: Text = "", product: Text = "", lot: Text = "", expires_on: Text = ""
) -> Response:
    """A lot that was received."""
    typed = {"kind": kind, "product": product, "lot": lot, "expires_on": expires_on}

    def save(db: Session) -> str:
        if kind not in LOT_KINDS or not product.strip() or not lot.strip():
            raise BadInput(
                "lot", given="an incomplete entry", allowed="kind, product and lot number", todo="Read it off the box."
            )
        devices.add_lot(
            db, who.actor, kind=kind, product=product.strip(), lot=lot.strip()[:80],
            expires_on=day(expires_on, "expires on", needed=False), received_on=dt.datetime.now().astimezone().date(),
        )  # fmt: skip
        return "/devices#lots"

    return saved(request, save, lambda db, errors: _page(request, who, db, status=422, errors=errors, typed=typed))


@router.get("/devices/lots/{lot_id}", dependencies=[require("treatments.read")])
def lot(request: Request, who: Who, db: LoggedDb, lot_id: str) -> Response:
    """In whom a lot was used, for a recall of the product."""
    rows = treatments.treated_with_lot(db, who.actor, lot_id)
    ids = {row.patient_id for row in rows} if who.sees_names else set()
    found = db.scalars(select(patients.Patient).where(patients.Patient.id.in_(ids))).all()
    return page(
        request, "lot.html", lot=get(db, devices.ProductLot, lot_id), treatments=rows,
        people={p.id: p for p in found},
    )  # fmt: skip


@router.post("/devices/safety-log", dependencies=[require("treatments.write")])
def log(request: Request, who: Who, sent: SentForm) -> Response:
    """A line of the laser-safety log; a check fails if one of its items was not seen to be right."""
    kind = str(sent.get("kind", ""))
    items: dict[str, Any] = {name: sent.get(f"item-{name}") == "yes" for name in DAILY_CHECKS}
    daily = kind == "daily_check"

    def save(db: Session) -> str:
        passed = all(items.values()) if daily else sent.get("passed") == "yes"
        devices.log_safety(
            db, who.actor, kind=kind, passed=passed, items=items if daily else {},  # type: ignore[arg-type]
            device_unit_id=str(sent.get("device_unit_id", ""))[:32], note=str(sent.get("note", ""))[:4000],
            corrects=str(sent.get("corrects", ""))[:32],
        )  # fmt: skip
        return "/devices#safety"

    return saved(request, save, lambda db, errors: _page(request, who, db, status=422, errors=errors))
