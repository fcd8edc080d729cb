"""Review, approval and the time-out before the first pulse: who decided what, on which content, bound to its hash."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from colonnade.errors import BadInput
from colonnade.records import approvals, devices, patients, plans
from colonnade.records.base import get
from colonnade.workstation.dependencies import LoggedDb, SentForm, Who, settings_of
from colonnade.workstation.pages.entering import Again, Long, Text, banner, blobs_of, saved
from colonnade.workstation.pages.photographs import MINIMUM, missing_today, photographs_of
from colonnade.workstation.permissions import require
from colonnade.workstation.rendering import page

router = APIRouter(include_in_schema=False)
DECISIONS = {"reviewed": "plans.read", "approved": "plans.approve", "rejected": "plans.approve"}


@router.get("/reviews/{plan_id}", dependencies=[require("plans.read")])
def review(request: Request, who: Who, db: LoggedDb, plan_id: str) -> Response:
    """The plan's content in short, its findings, the decisions on it, and the checklist before the first pulse."""
    return _page(request, who, db, plan_id)


def _page(request: Request, who: Who, db: Session, plan_id: str, *, status: int = 200, **extra: Any) -> Response:
    row, plan = plans.read_plan(db, blobs_of(request), who.actor, plan_id)
    one = get(db, patients.Patient, row.patient_id)
    table, later = plans.Approval, plans.TimeOut
    made = db.scalars(select(table).where(table.plan_id == plan_id).order_by(table.decided_at)).all()
    outs = db.scalars(select(later).where(later.plan_id == plan_id).order_by(later.done_at)).all()
    shown = {"errors": [], **extra}
    condition_id = get(db, plans.CaseDraft, row.draft_id).condition_id if row.draft_id else ""
    spots = select(patients.TestSpot).where(
        patients.TestSpot.patient_id == row.patient_id, patients.TestSpot.read_on.is_(None)
    )
    return page(
        request, "review.html", status=status, **banner(db, one), row=row, plan=plan, decisions=made, time_outs=outs,
        approval=approvals.approval_in_force(db, row), time_out=approvals.time_out_in_force(db, row),
        consent=patients.consent_in_force(db, row.patient_id, "treatment"), items=approvals.TIME_OUT_ITEMS,
        units=db.scalars(select(devices.DeviceUnit).where(devices.DeviceUnit.retired_on.is_(None))).all(),
        two_person=settings_of(request).clinic.two_person, minimum=MINIMUM, unread=bool(db.scalars(spots).all()),
        missing=missing_today(photographs_of(db, row.patient_id), condition_id) if condition_id else (), **shown,
    )  # fmt: skip


def _again(request: Request, who: Who, plan_id: str) -> Again:
    return lambda db, errors: _page(request, who, db, plan_id, status=422, errors=errors)


@router.post("/reviews/{plan_id}/review", dependencies=[require("plans.write")])
def reviewed(request: Request, who: Who, plan_id: str, content_sha256: Text = "", comment: Long = "") -> Response:
    """Somebody looked at it. This approves nothing."""
    return _decide(request, who, plan_id, "reviewed", content_sha256, comment)


@router.post("/reviews/{plan_id}/approve", dependencies=[require("plans.approve")])
def approved(request: Request, who: Who, plan_id: str, content_sha256: Text = "", comment: Long = "") -> Response:
    """A credentialed physician approves this content."""
    return _decide(request, who, plan_id, "approved", content_sha256, comment)


@router.post("/reviews/{plan_id}/reject", dependencies=[require("plans.approve")])
def rejected(request: Request, who: Who, plan_id: str, content_sha256: Text = "", comment: Long = "") -> Response:
    """A credentialed physician rejects it; an approval that stood is void."""
    return _decide(request, who, plan_id, "rejected", content_sha256, comment)


def _decide(request: Request, who: Who, plan_id: str, decision: Any, content_sha256: str, comment: str) -> Response:
    def save(db: Session) -> str:
        approvals.decide(
            db, blobs_of(request), who.actor, plan_id, decision, content_sha256=content_sha256, comment=comment,
            two_person=settings_of(request).clinic.two_person,
        )  # fmt: skip
        return f"/reviews/{plan_id}"

    return saved(request, save, _again(request, who, plan_id))


@router.post("/reviews/{plan_id}/time-out", dependencies=[require("treatments.write")])
def time_out(request: Request, who: Who, plan_id: str, sent: SentForm) -> Response:
    """The checklist, said aloud by everybody in the room; every item must be yes."""
    items = {name: sent.get(f"item-{name}") == "yes" for name in approvals.TIME_OUT_ITEMS}
    present = [name.strip()[:80] for name in str(sent.get("present", "")).splitlines() if name.strip()][:20]

    def save(db: Session) -> str:
        if not present:
            raise BadInput(
                "time-out: present", given="nobody", allowed="everybody in the room by name", todo="Enter the names."
            )
        approvals.record_time_out(
            db,
            who.actor,
            plan_id,
            items=items,
            present=present,
            device_unit_id=str(sent.get("device_unit_id", ""))[:32],
        )
        return f"/reviews/{plan_id}"

    return saved(request, save, _again(request, who, plan_id))
