"""Treatments: what the panel showed, zone by zone and pass by pass, beside the plan and the session before."""

from __future__ import annotations

import datetime as dt
import json
from typing import Annotated, Any, get_args

from fastapi import APIRouter, File, Request, Response, UploadFile
from sqlalchemy import select
from sqlalchemy.orm import Session

from colonnade.aftercare import CarePlan, care_plan
from colonnade.aftercare.checkin import Zone
from colonnade.aftercare.language import LANGUAGES
from colonnade.aftercare.protocol import FILES, protocol
from colonnade.case import Case
from colonnade.delivery.record import Treatment
from colonnade.errors import BadInput
from colonnade.planning.model import Plan
from colonnade.records import audit, devices, followup, patients, people, plans, treatments
from colonnade.records.base import get
from colonnade.records.credentials import new_token
from colonnade.records.owned import log, of_patient
from colonnade.schema import read
from colonnade.workstation.dependencies import LoggedDb, SentForm, Who, database_of, settings_of
from colonnade.workstation.pages.entering import (
    Action,
    Again,
    Errors,
    Long,
    Revision,
    Text,
    banner,
    blobs_of,
    day,
    download,
    number,
    prepared,
    saved,
)
from colonnade.workstation.pages.photographs import MINIMUM, missing_today, photographs_of
from colonnade.workstation.permissions import require
from colonnade.workstation.rendering import page
from colonnade.workstation.security import MIB

router = APIRouter(include_in_schema=False)
#: Rows of the form for a treatment without a plan.
FREE_ROWS = 3
PANEL = ("energy_mJ", "power_W", "pulse_ms", "spot_um", "density_pct", "spacing_um", "pitch_um", "passes", "stack")
SEVERITIES = ("mild", "moderate", "severe")
SHOWN = 100


@router.get("/treatments", dependencies=[require("treatments.read")])
def recent(request: Request, who: Who, db: LoggedDb) -> Response:
    """The latest treatments, and what is still open on each."""
    rows, answered = treatments.latest(db, who.actor, limit=SHOWN)
    ids = {t.condition_id for t, _ in rows}
    table = patients.Condition
    conditions = {c.id: c for c in db.scalars(select(table).where(table.id.in_(ids))).all()}
    return page(request, "treatments.html", rows=rows, answered=answered, conditions=conditions)


# --- a new record ---------------------------------------------------------------------------------------------------
@router.get("/patients/{patient_id}/treatments/new", dependencies=[require("treatments.write")])
def new(request: Request, who: Who, db: LoggedDb, patient_id: str, plan: str = "") -> Response:
    """The form, filled with what was planned; beside it the settings of the session before."""
    return _form(request, who, db, patient_id, plan)


def _form(
    request: Request, who: Who, db: Session, patient_id: str, plan_id: str, *, status: int = 200, **extra: Any
) -> Response:
    one = patients.read_patient(db, who.actor, patient_id)
    row, plan = _plan(request, db, patient_id, plan_id)
    before = db.scalars(
        select(treatments.TreatmentRecord)
        .where(treatments.TreatmentRecord.patient_id == patient_id)
        .order_by(treatments.TreatmentRecord.treated_on.desc())
    ).first()
    passes = treatments.TreatmentPass
    earlier = (
        db.scalars(select(passes).where(passes.treatment_id == before.id).order_by(passes.zone, passes.number)).all()
        if before
        else []
    )
    shown = {"errors": [], "typed": {}, **extra}
    conditions = db.scalars(select(patients.Condition).where(patients.Condition.patient_id == patient_id)).all()
    unit, piece = devices.DeviceUnit, devices.Handpiece
    photos = photographs_of(db, patient_id)
    return page(
        request, "treatment_form.html", status=status, **banner(db, one), plan_row=row, plan=plan,
        entries=_entries(plan), before=before, earlier=earlier, today=dt.datetime.now().astimezone().date(),
        units=db.scalars(select(unit).where(unit.retired_on.is_(None))).all(),
        pieces=db.scalars(select(piece).where(piece.retired_on.is_(None))).all(), conditions=conditions,
        tracks=list(FILES), zones=get_args(Zone), minimum=MINIMUM,
        missing={c.id: missing_today(photos, c.id) for c in conditions}, **shown,
    )  # fmt: skip


def _plan(request: Request, db: Session, patient_id: str, plan_id: str) -> tuple[plans.PlanVersion | None, Plan | None]:
    if not plan_id:
        return None, None
    row = of_patient(db, plans.PlanVersion, plan_id, patient_id)
    return row, plans.parse_plan(blobs_of(request).get(row.plan_blob))


def _entries(plan: Plan | None) -> list[dict[str, Any]]:
    """One entry for each zone and pass that is planned; without a plan a few empty ones."""
    if plan is None:
        return [{"zone": f"Zone {n}", "number": 1, "panel": {}, "knobs": PANEL} for n in range(1, FREE_ROWS + 1)]
    out = []
    for zone in plan.zones:
        count = int(zone.settings.panel.get("passes", 1) or 1)
        for n in range(1, count + 1):
            panel = zone.settings.panel
            out.append({"zone": zone.name, "number": n, "panel": panel, "knobs": tuple(panel)})
    return out


@router.post("/patients/{patient_id}/treatments", dependencies=[require("treatments.write")])
def record(request: Request, who: Who, patient_id: str, form: SentForm) -> Response:
    """Record what was done, as it was done; what deviates is written down, never refused."""
    sent = {k: v for k, v in form.items() if isinstance(v, str)}
    plan_id = sent.get("plan_id", "")[:32]

    def prepare() -> Action:
        with database_of(request).session(write=False) as db:
            row, plan = _plan(request, db, patient_id, plan_id)
        on = day(sent.get("treated_on", ""), "treated on")
        assert on is not None
        passes, care = _sent_passes(sent), _care(request, sent, plan, on)

        def save(db: Session) -> str:
            made = treatments.record_by_hand(
                db, who.actor, patient_id, treated_on=on, passes=passes, plan=plan,
                plan_id=row.id if row else "", condition_id=sent.get("condition_id", "")[:32],
                device_unit_id=sent.get("device_unit_id", "")[:32], handpiece_id=sent.get("handpiece_id", "")[:32],
                cooling=sent.get("cooling", "")[:200], note=sent.get("note", "")[:4000], **care,
            )  # fmt: skip
            return f"/treatments/{made.id}"

        return save

    def again(db: Session, errors: Errors) -> Response:
        return _form(request, who, db, patient_id, plan_id, status=422, errors=errors, typed=sent)

    return prepared(request, prepare, again)


def _sent_passes(sent: dict[str, str]) -> list[dict[str, Any]]:
    """The passes of the form; one without any number of the panel was not fired and is left out."""
    out = []
    for index in range(200):
        zone = sent.get(f"zone-{index}")
        if zone is None:
            break
        prefix = f"panel-{index}-"
        panel: dict[str, Any] = {}
        for name, text in sent.items():
            if name.startswith(prefix) and text.strip():
                panel[name.removeprefix(prefix)[:40]] = _panel_value(name.removeprefix(prefix), text)
        if not panel:
            continue
        count = number(sent.get(f"columns-{index}", ""), "columns fired", low=0, high=10_000_000)
        out.append(
            {
                "zone": zone[:80] or f"Zone {index + 1}",
                "number": int(number(sent.get(f"number-{index}", "1"), "pass", low=1, high=20, needed=True) or 1),
                "panel": panel,
                "columns_fired": int(count) if count is not None else None,
                "area_cm2": number(sent.get(f"area-{index}", ""), "area_cm2", low=0, high=20_000),
                "endpoint": sent.get(f"endpoint-{index}", "")[:200],
            }
        )
    return out


def _panel_value(name: str, text: str) -> float | str:
    """A number where it is one: a panel may also show words (a level, a shape)."""
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return text.strip()[:80]
    found = number(text, name, low=0, high=1e6)
    return value if found is None else found


def care_plan_of(request: Request, plan: Plan, on: dt.date, *, token: str = "") -> CarePlan:
    """The care plan of a planned treatment on its day, with the clinic's name, number and public address.

    Raises BadInput where the plan's case cannot be cared for (see :func:`colonnade.aftercare.care_plan`).
    """
    clinic = settings_of(request).clinic
    case = Case.parse(plan.case, origin="the case of the plan")
    own = {
        "name": clinic.clinic_name or case.clinic.name,
        "contact": clinic.clinic_phone or case.clinic.contact,
        "public_address": clinic.public_address,
    }
    case = case.model_copy(update={"clinic": case.clinic.model_copy(update=own)})
    return care_plan(case, on.isoformat(), checkin_token=token)


def _care(request: Request, sent: dict[str, str], plan: Plan | None, on: dt.date) -> dict[str, Any]:
    """What triage needs of this treatment, and the days of the contacts: from the plan, or as a person chose."""
    call = settings_of(request).clinic.clinic_phone
    if plan is not None:
        made = care_plan_of(request, plan, on)
        answers = plan.case.get("patient", {}).get("history", {})
        mole = "naevus" in str(plan.case.get("indication", {}).get("id", ""))
        care = {"track": made.track, "zone": made.zone, "call": made.call, "mole_site": mole}
        care["immunosuppressed"] = answers.get("immunosuppressed", "unknown")
        return {"care": care, "contact_days": sorted({c.day for c in made.contacts})}
    track = sent.get("track", "")
    if not track:
        return {}
    if track not in FILES:
        raise BadInput("wound track", given=f'"{track[:20]}"', allowed=", ".join(FILES), todo="Choose one.")
    care = {
        "track": track, "zone": sent.get("care_zone", ""), "call": call, "mole_site": sent.get("mole_site") == "yes",
        "immunosuppressed": sent.get("immunosuppressed", "unknown"),
    }  # fmt: skip
    days = sorted({c.day for name in ("common", FILES[track]) for c in protocol(name).contacts if not c.when})
    return {"care": care, "contact_days": [d for d in days if d <= 365]}


@router.post(
    "/patients/{patient_id}/treatments/log", dependencies=[require("treatments.write")], max_body_size=20 * MIB
)
def from_log(
    request: Request, who: Who, patient_id: str, file: Annotated[UploadFile, File()], treated_on: Text = "",
    plan_id: Text = "", device_unit_id: Text = "",
) -> Response:  # fmt: skip
    """Record a treatment from a delivery record (``colonnade.treatment/1``)."""

    def prepare() -> Action:
        try:
            data = json.loads(file.file.read())
        except (ValueError, RecursionError):
            raise BadInput(
                "delivery record",
                given="a file that is no JSON",
                allowed="colonnade.treatment/1",
                todo="Choose the treatment.json that the delivery wrote.",
            ) from None
        with database_of(request).session(write=False) as db:
            row, plan = _plan(request, db, patient_id, plan_id)
        on = day(treated_on, "treated on")
        assert on is not None
        delivered, care = read(Treatment, data, origin="delivery record"), _care(request, {}, plan, on)
        blobs = blobs_of(request)
        blobs.put(treatments.delivered_content(delivered))

        def save(db: Session) -> str:
            made = treatments.record_delivered(
                db, blobs, who.actor, patient_id, treated_on=on, plan=plan, plan_id=row.id if row else "",
                delivered=delivered, device_unit_id=device_unit_id[:32], **care,
            )  # fmt: skip
            return f"/treatments/{made.id}"

        return save

    def again(db: Session, errors: Errors) -> Response:
        return _form(request, who, db, patient_id, plan_id, status=422, errors=errors)

    return prepared(request, prepare, again)


# --- one record -----------------------------------------------------------------------------------------------------
@router.get("/treatments/{treatment_id}", dependencies=[require("treatments.read")])
def one(request: Request, who: Who, db: LoggedDb, treatment_id: str) -> Response:
    """What was done, what deviates, the question on adverse events, lots, the leaflet, the signature."""
    return _one(request, who, db, treatment_id)


def _one(request: Request, who: Who, db: Session, treatment_id: str, *, status: int = 200, **extra: Any) -> Response:
    row, passes = treatments.read_treatment(db, who.actor, treatment_id)
    shown = {"errors": [], **extra}
    checks = followup.CheckInRecord
    return page(
        request, "treatment.html", status=status, **banner(db, get(db, patients.Patient, row.patient_id)), row=row,
        passes=passes, events=treatments.adverse_events(db, treatment_id), kinds=get_args(treatments.AdverseKind),
        severities=SEVERITIES, lots=db.scalars(select(devices.ProductLot)).all(),
        used=db.scalars(select(treatments.LotUse).where(treatments.LotUse.treatment_id == treatment_id)).all(),
        check_ins=db.scalars(select(checks).where(checks.treatment_id == treatment_id).order_by(checks.day)).all(),
        unit=db.get(devices.DeviceUnit, row.device_unit_id) if row.device_unit_id else None,
        piece=db.get(devices.Handpiece, row.handpiece_id) if row.handpiece_id else None,
        condition=db.get(patients.Condition, row.condition_id) if row.condition_id else None,
        operator=_name(db, row.operator_id), signer=_name(db, row.signed_by),
        languages={tag: language.name for tag, language in LANGUAGES.items()},
        public_address=settings_of(request).clinic.public_address, **shown,
    )  # fmt: skip


def _name(db: Session, account_id: str) -> str:
    found = db.get(people.Account, account_id) if account_id else None
    return found.display_name if found is not None else ""


def _again(request: Request, who: Who, treatment_id: str) -> Again:
    return lambda db, errors: _one(request, who, db, treatment_id, status=422, errors=errors)


@router.post("/treatments/{treatment_id}/adverse-event", dependencies=[require("treatments.write")])
def adverse_event(
    request: Request, who: Who, treatment_id: str, kind: Text = "", severity: Text = "", onset_day: Text = "",
    description: Long = "",
) -> Response:  # fmt: skip
    """Answer the question on adverse events; "none" is an answer."""

    def save(db: Session) -> str:
        onset = number(onset_day, "onset day", low=0, high=1100)
        treatments.answer_adverse_event(
            db, who.actor, treatment_id, kind=kind, severity="" if kind == "none" else severity,  # type: ignore[arg-type]
            onset_day=int(onset) if onset is not None else None, description=description,
        )  # fmt: skip
        return f"/treatments/{treatment_id}#adverse"

    return saved(request, save, _again(request, who, treatment_id))


@router.post("/treatments/{treatment_id}/lots", dependencies=[require("treatments.write")])
def lot_used(request: Request, who: Who, treatment_id: str, lot_id: Text = "", amount: Text = "") -> Response:
    """Which lot touched this patient."""

    def save(db: Session) -> str:
        if not lot_id:
            raise BadInput("lot", given="none", allowed="one of the list", todo="Choose one, or add it under Devices.")
        treatments.use_lot(db, who.actor, treatment_id, lot_id[:32], amount=amount[:80])
        return f"/treatments/{treatment_id}"

    return saved(request, save, _again(request, who, treatment_id))


@router.post("/treatments/{treatment_id}/sign", dependencies=[require("treatments.write")])
def sign(request: Request, who: Who, treatment_id: str, revision: Revision) -> Response:
    """The record is complete; refused while the question on adverse events is open."""

    def save(db: Session) -> str:
        treatments.sign(db, who.actor, treatment_id, revision)
        return f"/treatments/{treatment_id}"

    return saved(request, save, _again(request, who, treatment_id))


@router.post("/treatments/{treatment_id}/leaflet", dependencies=[require("treatments.write")])
def leaflet(request: Request, who: Who, treatment_id: str, language: Text = "en") -> Response:
    """The leaflet to hand over, set anew; with a public address it bears a fresh link to the check-in page."""
    from colonnade.reporting import leaflet as sheet

    try:
        row, plan = _planned(request, treatment_id)
        token = new_token() if settings_of(request).clinic.public_address else ""
        made = care_plan_of(request, plan, row.treated_on, token=token)
        made = made.model_copy(update={"languages": tuple(dict.fromkeys((*made.languages, language)))})
        content = sheet.pdf(sheet.compose(made, language))
        # the link holds and the sheet leaves the house only if both are in the record
        with database_of(request).session() as db:
            if token:
                followup.invite(db, who.actor, treatment_id, token=token)
            log(db, who.actor, "export", row, document="leaflet", language=language[:10])
    except BadInput as error:
        with audit.logged(database_of(request)) as db:
            return _again(request, who, treatment_id)(db, [error.as_dict()])
    return download(content, "application/pdf", f"leaflet.{language}.pdf")


@router.post("/treatments/{treatment_id}/calendar", dependencies=[require("treatments.write")])
def calendar(request: Request, who: Who, treatment_id: str) -> Response:
    """The contacts and reminders as a calendar file, without a diagnosis."""
    from colonnade.exchange import calendar as write

    try:
        row, plan = _planned(request, treatment_id)
        content = write(care_plan_of(request, plan, row.treated_on))
        with database_of(request).session() as db:
            log(db, who.actor, "export", row, document="calendar")
    except BadInput as error:
        with audit.logged(database_of(request)) as db:
            return _again(request, who, treatment_id)(db, [error.as_dict()])
    return download(content, "text/calendar; charset=utf-8", "aftercare.ics")


def _planned(request: Request, treatment_id: str) -> tuple[treatments.TreatmentRecord, Plan]:
    with database_of(request).session(write=False) as db:
        row = get(db, treatments.TreatmentRecord, treatment_id)
        plan = treatments.plan_of(db, blobs_of(request), row)
    if plan is None:
        raise BadInput(
            "leaflet", given="a treatment without a plan", allowed="one with its plan, which says what heals how",
            todo="Use `colonnade aftercare` with a case file.",
        )  # fmt: skip
    return row, plan
