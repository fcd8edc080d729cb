"""Patients, case drafts and plans over HTTP, by the functions of the record."""

from __future__ import annotations

import datetime as dt
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from pydantic import Field

from colonnade.records import approvals, idempotency, patients, plans
from colonnade.records.base import Stale, get
from colonnade.workstation.api.common import (
    ID,
    PAGE_SIZE,
    PREFIX,
    PROBLEMS,
    Body,
    Cursor,
    IdempotencyKey,
    IfMatch,
    cursor_of,
    digest,
    etag,
    offset_of,
    revision_of,
)
from colonnade.workstation.dependencies import Db, LoggedDb, Who
from colonnade.workstation.pages.entering import blobs_of
from colonnade.workstation.permissions import require

router = APIRouter(prefix=PREFIX, tags=["records"], responses=PROBLEMS)
Name = Field(default="", max_length=200, pattern=r"^[^\x00]*$")


class NewPatient(Body):
    """What is known of a patient."""

    family_name: str = Field(min_length=1, max_length=200, pattern=r"^[^\x00]*\S[^\x00]*$")
    given_name: str = Name
    birth_date: dt.date | None = None
    record_number: str = Field(default="", max_length=80, pattern=r"^[^\x00]*$")
    phototype: str = Field(default="", pattern=r"^(I|II|III|IV|V|VI)?$")
    alerts: list[str] = Field(default_factory=list, max_length=20)


class PatientOut(NewPatient):
    """A patient as stored."""

    id: str
    pseudonym: str
    revision: int


class PatientPage(Body):
    """Some patients, and where to go on."""

    patients: list[PatientOut]
    next: str = Field(default="", description="Cursor of the next page; empty at the end")


class NewDraft(Body):
    """A case being written (``colonnade.case/1``, may be incomplete)."""

    title: str = Field(min_length=1, max_length=200, pattern=r"^[^\x00]*$")
    case: dict[str, Any]
    condition_id: str = Field(default="", pattern=r"^([0-9a-f]{32})?$")


class DraftOut(Body):
    """A draft as stored."""

    id: str
    patient_id: str
    title: str
    case: dict[str, Any]
    revision: int
    case_sha256: str


class PlanOut(Body):
    """A version of a plan, without its content."""

    id: str
    draft_id: str
    number: int
    title: str
    verdict: str
    device_id: str
    content_sha256: str
    outdated: bool
    approved: bool


def _patient(row: patients.Patient) -> PatientOut:
    return PatientOut(
        id=row.id, pseudonym=row.pseudonym, revision=row.revision, family_name=row.family_name,
        given_name=row.given_name, birth_date=row.birth_date, record_number=row.record_number,
        phototype=row.phototype, alerts=list(row.alerts),
    )  # fmt: skip


@router.get("/patients", dependencies=[require("patients.read")])
def list_patients(db: LoggedDb, who: Who, cursor: Cursor = "") -> PatientPage:
    """Patients by name, a page at a time."""
    offset = offset_of(cursor)
    found = patients.list_patients(db, who.actor, limit=PAGE_SIZE + 1, offset=offset)
    more = cursor_of(offset + PAGE_SIZE) if len(found) > PAGE_SIZE else ""
    return PatientPage(patients=[_patient(row) for row in found[:PAGE_SIZE]], next=more)


@router.post("/patients", status_code=201, dependencies=[require("patients.write")])
def create_patient(
    db: Db, who: Who, body: NewPatient, response: Response, idempotency_key: IdempotencyKey = ""
) -> PatientOut:
    """Enter a patient."""
    sha256 = digest(body)
    known = idempotency.already_made(db, who.actor, idempotency_key, sha256) if idempotency_key else None
    if known is not None:
        row = patients.read_patient(db, who.actor, known)
    else:
        row = patients.create_patient(db, who.actor, **body.model_dump())
        if idempotency_key:
            idempotency.remember(db, who.actor, idempotency_key, sha256, "patient", row.id)
    response.headers["ETag"], response.headers["Location"] = etag(row.revision), f"{PREFIX}/patients/{row.id}"
    return _patient(row)


@router.get("/patients/{patient_id}", dependencies=[require("patients.read")])
def read_patient(db: LoggedDb, who: Who, patient_id: ID, response: Response) -> PatientOut:
    """One patient, with the ETag to edit it by."""
    row = patients.read_patient(db, who.actor, patient_id)
    response.headers["ETag"] = etag(row.revision)
    return _patient(row)


@router.put("/patients/{patient_id}", dependencies=[require("patients.write")])
def edit_patient(
    db: Db, who: Who, patient_id: ID, body: NewPatient, response: Response, if_match: IfMatch = ""
) -> PatientOut:
    """Replace what is known; the version before is kept."""
    revision = revision_of(if_match)
    get(db, patients.Patient, patient_id)
    try:
        row = patients.edit_patient(db, who.actor, patient_id, revision, **body.model_dump())
    except Stale:
        raise HTTPException(412) from None
    response.headers["ETag"] = etag(row.revision)
    return _patient(row)


# --- drafts and plans -----------------------------------------------------------------------------------------------
def _draft(row: plans.CaseDraft) -> DraftOut:
    return DraftOut(
        id=row.id, patient_id=row.patient_id, title=row.title, case=row.case, revision=row.revision,
        case_sha256=plans.case_sha256(row.case),
    )  # fmt: skip


@router.post("/patients/{patient_id}/drafts", status_code=201, dependencies=[require("plans.write")])
def create_draft(
    db: Db, who: Who, patient_id: ID, body: NewDraft, response: Response, idempotency_key: IdempotencyKey = ""
) -> DraftOut:
    """Begin a case."""
    sha256 = digest(body)
    known = idempotency.already_made(db, who.actor, idempotency_key, sha256) if idempotency_key else None
    if known is not None:
        row = plans.read_draft(db, who.actor, known)
    else:
        row = plans.create_draft(
            db, who.actor, patient_id, title=body.title, case=body.case, condition_id=body.condition_id
        )
        if idempotency_key:
            idempotency.remember(db, who.actor, idempotency_key, sha256, "draft", row.id)
    response.headers["ETag"], response.headers["Location"] = etag(row.revision), f"{PREFIX}/drafts/{row.id}"
    return _draft(row)


@router.get("/drafts/{draft_id}", dependencies=[require("plans.read")])
def read_draft(db: LoggedDb, who: Who, draft_id: ID, response: Response) -> DraftOut:
    """A draft, with the ETag to edit it by."""
    row = plans.read_draft(db, who.actor, draft_id)
    response.headers["ETag"] = etag(row.revision)
    return _draft(row)


@router.put("/drafts/{draft_id}", dependencies=[require("plans.write")])
def save_draft(db: Db, who: Who, draft_id: ID, body: NewDraft, response: Response, if_match: IfMatch = "") -> DraftOut:
    """Save an edit; plans that were made from the draft are out of date from then on, their approvals void."""
    revision = revision_of(if_match)
    try:
        row = plans.save_draft(db, who.actor, draft_id, revision, body.case, title=body.title)
    except Stale:
        raise HTTPException(412) from None
    response.headers["ETag"] = etag(row.revision)
    return _draft(row)


def _plan(row: plans.PlanVersion, *, approved: bool) -> PlanOut:
    return PlanOut(
        id=row.id, draft_id=row.draft_id, number=row.number, title=row.title, verdict=row.verdict,
        device_id=row.device_id, content_sha256=row.content_sha256, outdated=row.outdated_at is not None,
        approved=approved,
    )  # fmt: skip


@router.get("/drafts/{draft_id}/plans", dependencies=[require("plans.read")])
def list_plans(db: LoggedDb, who: Who, draft_id: ID) -> list[PlanOut]:
    """The versions that were made from a draft, the newest first."""
    plans.read_draft(db, who.actor, draft_id)
    made = plans.plan_versions(db, draft_id)
    approved = approvals.approved_among(db, made)
    return [_plan(row, approved=row.id in approved) for row in made]


@router.get("/plans/{plan_id}", dependencies=[require("plans.read")])
def read_plan(db: LoggedDb, who: Who, plan_id: ID, request: Request, response: Response) -> dict[str, Any]:
    """The whole plan (``colonnade.plan/1``), verified against its hash, which is its ETag."""
    row, plan = plans.read_plan(db, blobs_of(request), who.actor, plan_id)
    response.headers["ETag"] = f'"{row.content_sha256}"'
    return plan.plain()
