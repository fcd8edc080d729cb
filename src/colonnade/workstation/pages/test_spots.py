"""Test spots: where, with which settings, when to be read, what was seen."""

from __future__ import annotations

import datetime as dt
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from colonnade.catalogue import ids
from colonnade.errors import BadInput
from colonnade.planning import testspot
from colonnade.records import devices, patients
from colonnade.records.owned import of_patient
from colonnade.workstation.dependencies import LoggedDb, Who
from colonnade.workstation.pages.entering import Again, Long, Revision, Text, banner, day, number, saved
from colonnade.workstation.permissions import require
from colonnade.workstation.rendering import page

router = APIRouter(include_in_schema=False)
#: What is seen when a spot is read. The words are recorded; what follows from them is for the rules.
RESULTS = ("healed, no colour change", "darker", "lighter", "still red", "blister or burn", "infection", "raised scar")
PANEL = ("energy_mJ", "power_W", "pulse_ms", "density_pct", "pitch_um", "passes")


@router.get("/patients/{patient_id}/test-spots", dependencies=[require("patients.read")])
def spots(request: Request, who: Who, db: LoggedDb, patient_id: str) -> Response:
    """Every test spot of the patient."""
    return _page(request, who, db, patient_id)


def _page(request: Request, who: Who, db: Session, patient_id: str, *, status: int = 200, **extra: Any) -> Response:
    one = patients.read_patient(db, who.actor, patient_id)
    table = patients.TestSpot
    rows = db.scalars(select(table).where(table.patient_id == patient_id).order_by(table.done_on.desc())).all()
    shown = {"errors": [], "typed": {}, **extra}
    today = dt.datetime.now().astimezone().date()
    early = {row.id for row in rows if row.read_on is not None and row.read_on < testspot.read_from(row.done_on)}
    return page(
        request, "test_spots.html", status=status, **banner(db, one), spots=rows, results=RESULTS, panel=PANEL,
        sites=ids("sites"), sides=("left", "right", "midline", "both"), today=today,
        read_from=testspot.read_from(today), early=early, waits=testspot.READ_AFTER_DAYS, source=testspot.READ_SOURCE,
        units=db.scalars(select(devices.DeviceUnit)).all(), **shown,
    )  # fmt: skip


@router.post("/patients/{patient_id}/test-spots", dependencies=[require("patients.write")])
def make(
    request: Request, who: Who, patient_id: str, site: Text = "", side: Text = "", done_on: Text = "",
    read_due: Text = "", device_unit_id: Text = "", note: Long = "", energy_mJ: Text = "", power_W: Text = "",
    pulse_ms: Text = "", density_pct: Text = "", pitch_um: Text = "", passes: Text = "",
) -> Response:  # fmt: skip
    """Record one that was made. The settings are the panel's own numbers."""
    typed = {
        "site": site, "side": side, "done_on": done_on, "read_due": read_due, "note": note, "energy_mJ": energy_mJ,
        "power_W": power_W, "pulse_ms": pulse_ms, "density_pct": density_pct, "pitch_um": pitch_um, "passes": passes,
    }  # fmt: skip

    def save(db: Session) -> str:
        if site not in ids("sites"):
            raise BadInput("site", given=f'"{site[:40]}"', allowed="one of the list", todo="Choose one.")
        if side not in ("left", "right", "midline", "both"):
            raise BadInput("side", given=f'"{side[:20]}"', allowed="left, right, midline, both", todo="Choose one.")
        given = {name: number(typed[name], name, low=0, high=100_000) for name in PANEL}
        settings = {name: value for name, value in given.items() if value is not None}
        if not settings.get("passes", 1.0).is_integer():
            raise BadInput("passes", given=f'"{passes[:20]}"', allowed="a whole number", todo="Correct it.")
        if not settings:
            raise BadInput("settings", given="none", allowed="what the panel showed", todo="Enter the panel's numbers.")
        done = day(done_on, "test spot: made on")
        assert done is not None
        due = day(read_due, "test spot: to be read on", needed=False) or testspot.read_from(done)
        patients.record_test_spot(
            db, who.actor, patient_id, site=site, side=side, settings=settings, done_on=done, read_due=due,  # type: ignore[arg-type]
            device_unit_id=device_unit_id[:32], note=note,
        )  # fmt: skip
        return f"/patients/{patient_id}/test-spots"

    return saved(request, save, _again(request, who, patient_id, typed))


def _again(request: Request, who: Who, patient_id: str, typed: dict[str, str]) -> Again:
    return lambda db, errors: _page(request, who, db, patient_id, status=422, errors=errors, typed=typed)


@router.post("/patients/{patient_id}/test-spots/{spot_id}/read", dependencies=[require("patients.write")])
def read(
    request: Request, who: Who, patient_id: str, spot_id: str, revision: Revision, read_on: Text = "",
    result: Text = "", note: Long = "",
) -> Response:  # fmt: skip
    """Record what was seen."""

    def save(db: Session) -> str:
        of_patient(db, patients.TestSpot, spot_id, patient_id)
        if result not in RESULTS:
            raise BadInput("result", given=f'"{result[:40]}"', allowed="; ".join(RESULTS), todo="Choose one.")
        seen = day(read_on, "test spot: read on")
        assert seen is not None
        patients.read_test_spot(db, who.actor, spot_id, revision, read_on=seen, result=result, note=note)
        return f"/patients/{patient_id}/test-spots"

    return saved(request, save, _again(request, who, patient_id, {}))
