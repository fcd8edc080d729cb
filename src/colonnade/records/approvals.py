"""Review and approval of a plan version, and the time-out before the first pulse; both bound to its hash."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from colonnade.errors import BadInput
from colonnade.records.audit import Actor
from colonnade.records.base import NotAllowed, Stale, get, now
from colonnade.records.blobs import BlobStore
from colonnade.records.owned import add
from colonnade.records.patients import consent_in_force
from colonnade.records.people import Account
from colonnade.records.plans import Approval, PlanVersion, TimeOut, verified, void_approvals

#: A time-out holds for the session it was made for. Assumed: no session is longer than a working day.
TIME_OUT_HOLDS = dt.timedelta(hours=12)
#: What is said aloud before the first pulse. Each must be answered yes. Assumed, after surgical time-out lists and
#: laser safety checks; not reviewed by a clinician.
TIME_OUT_ITEMS: dict[str, str] = {
    "patient_identity": "The patient has said their name and date of birth",
    "site_and_side": "Site and side are confirmed with the patient and marked",
    "consent": "The consent to treatment is in force and the patient has no questions",
    "allergies_and_alerts": "Allergies, drugs and alerts were read aloud",
    "test_spot": "The test spot was read, or a physician decided that none is needed",
    "photographs": "The photographs before treatment were taken",
    "settings": "The panel shows the settings of the approved plan",
    "handpiece": "Handpiece and tip are the planned ones, clean and undamaged",
    "eyes_patient": "The patient's eyes are shielded",
    "eyes_staff": "Everybody in the room wears eyewear for 10.6 µm",
    "plume": "The smoke evacuator runs and masks are worn",
    "fire": "Oxygen is off or guarded, nothing flammable is near, water is at hand",
    "door": "Doors are closed and the sign is up",
}


# --- review and approval --------------------------------------------------------------------------------------------
def decide(
    db: Session,
    blobs: BlobStore,
    who: Actor,
    plan_id: str,
    decision: Literal["reviewed", "approved", "rejected"],
    *,
    content_sha256: str,
    comment: str = "",
    two_person: bool = False,
) -> Approval:
    """Record a review, an approval or a rejection of the content that was on the screen (``content_sha256``).

    Only an active, credentialed physician approves or rejects; physicians and operators review. With ``two_person``
    nobody approves a plan they made themselves.

    Raises
    ------
    NotAllowed, Stale, BadInput
        If the person may not, the plan is out of date or not the one that was seen, or it is REFUSED.
    """
    plan, account = get(db, PlanVersion, plan_id), get(db, Account, who.id)
    # the account decides, not what the caller says of it
    may_review = account.active and account.role in ("physician", "operator")
    may_approve = account.active and account.role == "physician" and account.credentialed
    if decision == "reviewed" and not may_review:
        raise NotAllowed("only a physician or an operator reviews a plan")
    if decision != "reviewed" and not may_approve:
        raise NotAllowed("only a credentialed physician approves or rejects a plan")
    if two_person and decision == "approved" and plan.made_by == who.id:
        raise NotAllowed("two-person rule: somebody else than the person who made the plan approves it")
    if plan.outdated_at is not None:
        raise Stale(f"plan-versions {plan_id} is out of date: its draft was edited")
    if content_sha256 != plan.content_sha256:
        raise Stale(f"plan-versions {plan_id} is not the content that was shown")
    verified(blobs, plan)
    if decision == "approved" and plan.verdict == "REFUSED":
        raise BadInput(
            "approval",
            given="a plan with the verdict REFUSED",
            allowed="a plan that passed its limits",
            todo="Change the case; a block cannot be overridden.",
        )
    row = Approval(
        patient_id=plan.patient_id,
        plan_id=plan_id,
        decision=decision,
        content_sha256=content_sha256,
        account_id=account.id,
        name=account.display_name,
        role=account.role,
        decided_at=now(),
        comment=comment,
    )
    if decision == "rejected":
        void_approvals(db, who, plan, reason="the plan was rejected")
    verbs: dict[str, Literal["review", "approve", "reject"]] = {
        "reviewed": "review", "approved": "approve", "rejected": "reject"
    }  # fmt: skip
    add(db, who, row, verbs[decision], sha256=content_sha256, plan=plan_id)
    return row


def approval_in_force(db: Session, plan: PlanVersion) -> Approval | None:
    """The approval that stands: of this very content, not voided, and of a plan that is not out of date."""
    if plan.outdated_at is not None:
        return None
    query = select(Approval).where(
        Approval.plan_id == plan.id,
        Approval.decision == "approved",
        Approval.content_sha256 == plan.content_sha256,
        Approval.voided_at.is_(None),
    )
    return db.scalars(query.order_by(Approval.decided_at.desc(), Approval.id)).first()


def approved_among(db: Session, plans: Iterable[PlanVersion]) -> set[str]:
    """Ids of those that have an approval in force (:func:`approval_in_force`), by one question to the database."""
    current = {plan.id: plan.content_sha256 for plan in plans if plan.outdated_at is None}
    query = select(Approval.plan_id, Approval.content_sha256).where(
        Approval.plan_id.in_(current), Approval.decision == "approved", Approval.voided_at.is_(None)
    )
    return {plan_id for plan_id, sha256 in db.execute(query) if current[plan_id] == sha256} if current else set()


# --- time-out -------------------------------------------------------------------------------------------------------
def record_time_out(
    db: Session,
    who: Actor,
    plan_id: str,
    *,
    items: Mapping[str, bool],
    present: Sequence[str] = (),
    device_unit_id: str = "",
) -> TimeOut:
    """Record the checklist. Raises BadInput for an item that is not yes, NotAllowed without approval or consent."""
    plan = get(db, PlanVersion, plan_id)
    wrong = [name for name in TIME_OUT_ITEMS if items.get(name) is not True]
    unknown = sorted(set(items) - set(TIME_OUT_ITEMS))
    if wrong or unknown:
        raise BadInput(
            "time-out",
            given=f"not confirmed: {', '.join(wrong)}" if wrong else f"unknown item {unknown[0]}",
            allowed="every item of the list, each confirmed",
            todo="Stop until it is so.",
        )
    if approval_in_force(db, plan) is None:
        raise NotAllowed("the plan has no approval in force; a credentialed physician approves it first")
    if consent_in_force(db, plan.patient_id, "treatment") is None:
        raise NotAllowed("no consent to treatment is in force; record the consent first")
    row = TimeOut(
        patient_id=plan.patient_id,
        plan_id=plan_id,
        content_sha256=plan.content_sha256,
        device_unit_id=device_unit_id,
        items={name: True for name in TIME_OUT_ITEMS},
        present=list(present),
        done_at=now(),
        done_by=who.id,
    )
    add(db, who, row, "sign")
    return row


def time_out_in_force(db: Session, plan: PlanVersion, *, at: dt.datetime | None = None) -> TimeOut | None:
    """The time-out that stands at this moment: of this content, not voided, of this session."""
    moment = at or now()
    query = select(TimeOut).where(
        TimeOut.plan_id == plan.id,
        TimeOut.content_sha256 == plan.content_sha256,
        TimeOut.voided_at.is_(None),
        TimeOut.done_at <= moment,
        TimeOut.done_at >= moment - TIME_OUT_HOLDS,
    )
    return db.scalars(query.order_by(TimeOut.done_at.desc())).first()
