"""Case drafts and plan versions, and what an edit voids: the approvals and time-outs bound to them.

    draft (edited, by revision) -> plan version (frozen, by hash) -> approval (bound to that hash) -> time-out

An edit of the draft voids every approval and time-out of its plan versions: what was approved is not what is there.
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Integer, String, Text, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from colonnade.case import Case
from colonnade.errors import BadInput
from colonnade.planning.model import Plan
from colonnade.records import audit
from colonnade.records.audit import Actor
from colonnade.records.base import Base, Stale, get, now
from colonnade.records.blobs import BlobStore
from colonnade.records.owned import OfPatient, Revised, add, edit, log, of_patient
from colonnade.records.patients import Condition, Patient
from colonnade.schema import read

#: Plans that stay opened [count]. Assumed: the plans of a day's patients, a few MB each at most.
OPENED = 16


class CaseDraft(OfPatient, Revised, Base):
    """A case being written. ``case`` is plain data and may be incomplete; a plan needs a complete one.

    ``drawing`` is what was drawn on which photograph, in its pixels; the regions in millimetres stand in the case.
    """

    __tablename__ = "case_drafts"

    condition_id: Mapped[str] = mapped_column(String(32), default="", index=True)
    title: Mapped[str] = mapped_column(String(200))
    case: Mapped[dict[str, Any]]
    drawing: Mapped[dict[str, Any]] = mapped_column(default=dict)
    site_confirmed_at: Mapped[dt.datetime | None]
    site_confirmed_by: Mapped[str] = mapped_column(String(32), default="")
    updated_at: Mapped[dt.datetime]
    updated_by: Mapped[str] = mapped_column(String(32))


class PlanVersion(OfPatient, Base):
    """A plan as it was computed: the file is a blob, never changed. ``content_sha256`` is ``Plan.sha256``."""

    __tablename__ = "plan_versions"

    draft_id: Mapped[str] = mapped_column(String(32), index=True)
    draft_revision: Mapped[int] = mapped_column(Integer)
    number: Mapped[int] = mapped_column(Integer)
    title: Mapped[str] = mapped_column(String(200))
    verdict: Mapped[str] = mapped_column(String(12))
    device_id: Mapped[str] = mapped_column(String(80))
    plan_blob: Mapped[str] = mapped_column(String(64))
    content_sha256: Mapped[str] = mapped_column(String(64), index=True)
    made_at: Mapped[dt.datetime]
    made_by: Mapped[str] = mapped_column(String(32))
    outdated_at: Mapped[dt.datetime | None]


class Approval(OfPatient, Base):
    """Who decided what on which content. Never edited; an edit of the draft voids it."""

    __tablename__ = "approvals"

    plan_id: Mapped[str] = mapped_column(String(32), index=True)
    decision: Mapped[str] = mapped_column(String(12))
    content_sha256: Mapped[str] = mapped_column(String(64))
    account_id: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(20))
    decided_at: Mapped[dt.datetime]
    comment: Mapped[str] = mapped_column(Text, default="")
    voided_at: Mapped[dt.datetime | None]
    void_reason: Mapped[str] = mapped_column(String(80), default="")


class TimeOut(OfPatient, Base):
    """The checklist before the first pulse, bound to the approved content."""

    __tablename__ = "time_outs"

    plan_id: Mapped[str] = mapped_column(String(32), index=True)
    content_sha256: Mapped[str] = mapped_column(String(64))
    device_unit_id: Mapped[str] = mapped_column(String(32), default="")
    items: Mapped[dict[str, Any]]
    present: Mapped[list[str]] = mapped_column(default=list)
    done_at: Mapped[dt.datetime]
    done_by: Mapped[str] = mapped_column(String(32))
    voided_at: Mapped[dt.datetime | None]


# --- drafts ---------------------------------------------------------------------------------------------------------
def create_draft(
    db: Session,
    who: Actor,
    patient_id: str,
    *,
    title: str,
    case: dict[str, Any],
    condition_id: str = "",
    drawing: dict[str, Any] | None = None,
) -> CaseDraft:
    """A new draft."""
    get(db, Patient, patient_id)
    if condition_id:
        of_patient(db, Condition, condition_id, patient_id)
    row = CaseDraft(
        patient_id=patient_id,
        condition_id=condition_id,
        title=title[:200],
        case=case,
        drawing=drawing or {},
        updated_at=now(),
        updated_by=who.id,
    )
    add(db, who, row)
    return row


def save_draft(
    db: Session,
    who: Actor,
    draft_id: str,
    revision: int,
    case: dict[str, Any],
    *,
    title: str | None = None,
    drawing: dict[str, Any] | None = None,
) -> CaseDraft:
    """Save an edit. If the case changed, every plan made from the draft is out of date, its approvals are void, and
    site and side are to be confirmed again.

    Raises
    ------
    Stale
        If somebody else saved since ``revision`` was read.
    """
    row = get(db, CaseDraft, draft_id)
    fields = {"case": case, "title": (title or row.title)[:200]}
    changed = edit(db, who, row, revision, fields if drawing is None else fields | {"drawing": drawing})
    if changed:
        row.updated_at, row.updated_by = now(), who.id
    if "case" in changed:
        row.site_confirmed_at, row.site_confirmed_by = None, ""
        _void_all(db, who, row)
    db.flush()
    return row


def read_draft(db: Session, who: Actor, draft_id: str) -> CaseDraft:
    """A draft, for somebody who opens it."""
    row = get(db, CaseDraft, draft_id)
    log(db, who, "read", row)
    return row


def confirm_site(db: Session, who: Actor, draft_id: str, revision: int) -> CaseDraft:
    """Somebody confirms site and side of the draft as it stands. Raises Stale if it was edited since it was read."""
    row = get(db, CaseDraft, draft_id)
    if row.revision != revision:
        raise Stale(f"case-drafts {draft_id} was edited; look at site and side again")
    row.site_confirmed_at, row.site_confirmed_by = now(), who.id
    db.flush()
    log(db, who, "sign", row, field="site-and-side", revision=revision)
    return row


def _void_all(db: Session, who: Actor, draft: CaseDraft) -> None:
    plans = db.scalars(select(PlanVersion).where(PlanVersion.draft_id == draft.id, PlanVersion.outdated_at.is_(None)))
    for plan in plans.all():
        plan.outdated_at = now()
        void_approvals(db, who, plan, reason="the draft was edited")


def void_approvals(db: Session, who: Actor, plan: PlanVersion, *, reason: str) -> None:
    """Void what stands on a plan: approvals and time-outs."""
    for approval in db.scalars(select(Approval).where(Approval.plan_id == plan.id, Approval.voided_at.is_(None))).all():
        approval.voided_at, approval.void_reason = now(), reason[:80]
        db.flush()
        log(db, who, "void", approval)
    for time_out in db.scalars(select(TimeOut).where(TimeOut.plan_id == plan.id, TimeOut.voided_at.is_(None))).all():
        time_out.voided_at = now()
        db.flush()
        log(db, who, "void", time_out)


# --- plan versions --------------------------------------------------------------------------------------------------
def parse_plan(content: bytes) -> Plan:
    """A plan from the bytes of a plan.json. Raises BadInput."""
    return _opened(content)[0]


@functools.lru_cache(maxsize=OPENED)
def _opened(content: bytes) -> tuple[Plan, str]:
    """A plan and the hash of its content. Plans are frozen and their bytes never change, so the last ones are kept."""
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        raise BadInput(
            "plan", given="bytes that are no JSON", allowed="a plan.json", todo="Make the plan again."
        ) from None
    plan = read(Plan, data, origin="plan")
    return plan, plan.sha256


def ready_plan(blobs: BlobStore, content: bytes) -> str:
    """Open a plan and put its file on the disk, before the transaction of :func:`store_plan`, which holds the write
    lock and then finds both done. Gives the hash of its content. Raises BadInput and StorageTrouble.
    """
    sha256 = _opened(content)[1]
    blobs.put(content)
    return sha256


def store_plan(
    db: Session, blobs: BlobStore, who: Actor, draft_id: str, draft_revision: int, content: bytes
) -> PlanVersion:
    """Store the plan that was made from a revision of a draft. Call :func:`ready_plan` before the transaction.

    Raises
    ------
    Stale
        If the draft was edited since: the plan answers a question that is no longer asked.
    BadInput
        If the plan is not one, or was made from another case.
    """
    plan, sha256 = _opened(content)
    draft = get(db, CaseDraft, draft_id)
    if draft.revision != draft_revision:
        raise Stale(f"case-drafts {draft_id} was edited while the plan was made; make it again")
    if Case.parse(draft.case, origin="draft").plain() != plan.case:
        raise BadInput(
            "plan",
            given="a plan made from another case",
            allowed=f"one made from revision {draft_revision} of this draft",
            todo="Make the plan again from the draft.",
        )
    highest = db.scalar(select(func.max(PlanVersion.number)).where(PlanVersion.draft_id == draft_id)) or 0
    row = PlanVersion(
        patient_id=draft.patient_id,
        draft_id=draft_id,
        draft_revision=draft_revision,
        number=highest + 1,
        title=plan.title,
        verdict=plan.verdict,
        device_id=plan.device_id,
        plan_blob=blobs.put(content),
        content_sha256=sha256,
        made_at=now(),
        made_by=who.id,
    )
    add(db, who, row, verdict=plan.verdict, sha256=sha256)
    return row


def read_plan(db: Session, blobs: BlobStore, who: Actor, plan_id: str) -> tuple[PlanVersion, Plan]:
    """A plan version and its content, verified against both hashes. Raises NotFound, DamagedBlob, BadInput."""
    row = get(db, PlanVersion, plan_id)
    plan = verified(blobs, row)
    log(db, who, "read", row)
    return row, plan


def verified(blobs: BlobStore, row: PlanVersion) -> Plan:
    # the bytes are read and compared with their hash each time, whatever is kept
    plan, sha256 = _opened(blobs.get(row.plan_blob))
    if sha256 != row.content_sha256:
        raise BadInput(
            f"plan version {row.id}",
            given=f"content {sha256[:12]}…",
            allowed=f"{row.content_sha256[:12]}…, as it was stored",
            todo="Do not use it. Verify the audit log and restore a backup.",
        )
    return plan


def latest(db: Session, who: Actor, *, limit: int) -> tuple[Sequence[Any], Sequence[PlanVersion]]:
    """The drafts that were edited last (id, title, time of the edit, pseudonym), and the plans that were made last."""
    query = select(CaseDraft.id, CaseDraft.title, CaseDraft.updated_at, Patient.pseudonym)
    query = query.join(Patient, Patient.id == CaseDraft.patient_id).order_by(CaseDraft.updated_at.desc()).limit(limit)
    drafts = db.execute(query).all()
    made = db.scalars(select(PlanVersion).order_by(PlanVersion.made_at.desc()).limit(limit)).all()
    audit.append(db, who, "list", "plans", details={"drafts": len(drafts), "versions": len(made)})
    return drafts, made


def drafts_of(db: Session, patient_id: str) -> Sequence[Any]:
    """The drafts of a patient (id, title, time of the edit), the one edited last first, without their cases."""
    query = select(CaseDraft.id, CaseDraft.title, CaseDraft.updated_at).where(CaseDraft.patient_id == patient_id)
    return db.execute(query.order_by(CaseDraft.updated_at.desc())).all()


def plan_versions(db: Session, draft_id: str) -> Sequence[PlanVersion]:
    """The versions of a draft, the newest first."""
    query = select(PlanVersion).where(PlanVersion.draft_id == draft_id)
    return db.scalars(query.order_by(PlanVersion.number.desc())).all()


def case_sha256(case: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical content of a draft, for an ETag or to name the inputs of a job."""
    return hashlib.sha256(json.dumps(case, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
