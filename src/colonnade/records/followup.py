"""After the treatment: check-ins and their triage, the inbox, scores, recalls."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Date, Float, Integer, String, Text, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from colonnade.aftercare.checkin import Care, CheckIn, CheckIns
from colonnade.aftercare.instruments import Score
from colonnade.aftercare.triage import Triage, missed_contacts, missed_tier, triage
from colonnade.errors import BadInput
from colonnade.records import audit
from colonnade.records.audit import Actor
from colonnade.records.base import Base, NotFound, get, now
from colonnade.records.credentials import new_token, token_hash
from colonnade.records.owned import OfPatient, Revised, add, edit, log
from colonnade.records.patients import Patient
from colonnade.records.treatments import TreatmentRecord
from colonnade.schema import read

#: Urgency from most to least, as the inbox sorts it.
URGENCY = ("E", "S", "48", "N", "none")
#: How long a link for the patient is good. Assumed: one course of care with its last contact after 90 days.
INVITATION_DAYS = 120


class Invitation(OfPatient, Base):
    """The patient's link to the check-in page. Only the hash of its token is stored."""

    __tablename__ = "invitations"

    treatment_id: Mapped[str] = mapped_column(String(32), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[dt.datetime]
    made_by: Mapped[str] = mapped_column(String(32))
    expires_at: Mapped[dt.datetime]
    revoked_at: Mapped[dt.datetime | None]


class CheckInRecord(OfPatient, Base):
    """One check-in as it was answered, what triage said, and who looked at it."""

    __tablename__ = "check_ins"

    treatment_id: Mapped[str] = mapped_column(String(32), index=True)
    day: Mapped[int] = mapped_column(Integer)
    answered_at: Mapped[dt.datetime]
    source: Mapped[str] = mapped_column(String(10))
    entered_by: Mapped[str] = mapped_column(String(32))
    answers: Mapped[dict[str, Any]]
    result: Mapped[dict[str, Any]]
    tier: Mapped[str] = mapped_column(String(4), index=True)
    urgency: Mapped[int] = mapped_column(Integer, index=True)
    reviewed_at: Mapped[dt.datetime | None]
    reviewed_by: Mapped[str] = mapped_column(String(32), default="")
    review_note: Mapped[str] = mapped_column(Text, default="")
    contacted: Mapped[bool] = mapped_column(default=False)


class ScoreRecord(OfPatient, Base):
    """A score by an instrument of ``colonnade.aftercare``, with its items and version."""

    __tablename__ = "scores"

    condition_id: Mapped[str] = mapped_column(String(32), default="", index=True)
    treatment_id: Mapped[str] = mapped_column(String(32), default="", index=True)
    instrument: Mapped[str] = mapped_column(String(40), index=True)
    version: Mapped[str] = mapped_column(String(80))
    value: Mapped[float] = mapped_column(Float)
    low: Mapped[float] = mapped_column(Float)
    high: Mapped[float] = mapped_column(Float)
    better: Mapped[str] = mapped_column(String(10))
    items: Mapped[dict[str, Any]]
    scored_on: Mapped[dt.date] = mapped_column(Date)
    scored_by: Mapped[str] = mapped_column(String(32))
    detail: Mapped[str] = mapped_column(Text, default="")


class Observation(OfPatient, Base):
    """A measured outcome that a plan predicts, under the plan's name for it (``surface_closed_d`` and the like)."""

    __tablename__ = "observations"

    treatment_id: Mapped[str] = mapped_column(String(32), index=True)
    zone: Mapped[str] = mapped_column(String(80), default="")
    name: Mapped[str] = mapped_column(String(80))
    value: Mapped[float] = mapped_column(Float)
    method: Mapped[str] = mapped_column(String(200), default="")
    observed_on: Mapped[dt.date] = mapped_column(Date)
    observed_by: Mapped[str] = mapped_column(String(32))


class Recall(OfPatient, Revised, Base):
    """Somebody is to be called back by a day, for a reason."""

    __tablename__ = "recalls"

    condition_id: Mapped[str] = mapped_column(String(32), default="")
    treatment_id: Mapped[str] = mapped_column(String(32), default="")
    reason: Mapped[str] = mapped_column(String(40))
    due_on: Mapped[dt.date] = mapped_column(Date, index=True)
    state: Mapped[str] = mapped_column(String(10), default="open", index=True)
    closed_on: Mapped[dt.date | None] = mapped_column(Date)
    note: Mapped[str] = mapped_column(Text, default="")
    made_by: Mapped[str] = mapped_column(String(32))


# --- check-ins ------------------------------------------------------------------------------------------------------
def invite(
    db: Session, who: Actor, treatment_id: str, *, days: int = INVITATION_DAYS, token: str = ""
) -> tuple[str, Invitation]:
    """A link for the patient: the token, shown once, and its row. Earlier links of the treatment end.

    ``token`` is one of ``credentials.new_token`` that a leaflet bears already; left out: a new one.
    """
    row = get(db, TreatmentRecord, treatment_id)
    if not 1 <= days <= 400:
        raise BadInput("days", given=str(days), allowed="1 to 400 days", todo="Choose another life.")
    for old in db.scalars(select(Invitation).where(Invitation.treatment_id == treatment_id)).all():
        old.revoked_at = old.revoked_at or now()
    token = token or new_token()
    made = Invitation(
        patient_id=row.patient_id,
        treatment_id=treatment_id,
        token_hash=token_hash(token),
        made_at=now(),
        made_by=who.id,
        expires_at=now() + dt.timedelta(days=days),
    )
    add(db, who, made)
    return token, made


def invitation(db: Session, token: str, *, at: dt.datetime | None = None) -> Invitation:
    """The invitation of a token. Raises NotFound, in the same words, for one that is unknown, ended or run out."""
    row = db.scalar(select(Invitation).where(Invitation.token_hash == token_hash(token)))
    if row is None or row.revoked_at is not None or not ((at or now()) < row.expires_at):
        raise NotFound("this link is not valid; call the clinic")
    return row


def answer_by_token(
    db: Session, token: str, answers: Mapping[str, Any], *, at: dt.datetime | None = None
) -> CheckInRecord:
    """A check-in by the patient. Raises NotFound, BadInput."""
    link = invitation(db, token, at=at)
    who = Actor(link.id, "patient")
    return _answer(db, who, link.treatment_id, answers, source="patient", at=at or now())


def answer_by_staff(
    db: Session, who: Actor, treatment_id: str, answers: Mapping[str, Any], *, at: dt.datetime | None = None
) -> CheckInRecord:
    """A check-in entered by staff, on the telephone or at the desk. Raises NotFound, BadInput."""
    return _answer(db, who, treatment_id, answers, source="staff", at=at or now())


def _answer(
    db: Session, who: Actor, treatment_id: str, answers: Mapping[str, Any], *, source: str, at: dt.datetime
) -> CheckInRecord:
    treatment = get(db, TreatmentRecord, treatment_id)
    checkin = read(CheckIn, dict(answers), origin="check-in")
    care = care_of(treatment)
    day = checkin.day if checkin.day is not None else (checkin.date - treatment.treated_on).days  # type: ignore[operator]
    if not 0 <= day <= (at.date() - treatment.treated_on).days + 1:
        raise BadInput(
            "check-in: day",
            given=str(day),
            allowed=f"0 to {(at.date() - treatment.treated_on).days}, counted from the treatment",
            todo="Correct the day.",
        )
    result = judged(db, treatment, care, checkin, day)
    row = CheckInRecord(
        patient_id=treatment.patient_id,
        treatment_id=treatment_id,
        day=day,
        answered_at=at,
        source=source,
        entered_by=who.id,
        answers=checkin.model_dump(mode="json"),
        result=result.model_dump(mode="json"),
        tier=result.tier,
        urgency=URGENCY.index(result.tier),
    )
    add(db, who, row, "answer", tier=result.tier, day=day)
    return row


def care_of(treatment: TreatmentRecord) -> Care:
    """What triage must know about the treatment. Raises BadInput where it was not recorded."""
    if not treatment.care:
        raise BadInput(
            "check-in",
            given="a treatment without its care plan",
            allowed="one with wound track and zone",
            todo="Record the care plan of the treatment first.",
        )
    data = {k: v for k, v in treatment.care.items() if k != "treated_on"}
    return read(Care, data | {"treated_on": treatment.treated_on}, origin="care")


def judged(db: Session, treatment: TreatmentRecord, care: Care, checkin: CheckIn, day: int) -> Triage:
    """Triage of a check-in with all earlier ones of its treatment, and the contacts that were missed."""
    query = select(CheckInRecord).where(CheckInRecord.treatment_id == treatment.id)
    rows = db.scalars(query.order_by(CheckInRecord.day, CheckInRecord.answered_at, CheckInRecord.id)).all()
    earlier = [
        # whoever spoke to the patient after a check-in has seen it: that is what this answer says
        read(CheckIn, r.answers, origin="stored check-in").model_copy(
            update={"clinician_contact_since": r.contacted or bool(r.answers.get("clinician_contact_since"))}
        )
        for r in rows
        if r.day <= day
    ]
    missed = missed_contacts([int(d) for d in treatment.contact_days], [*(r.day for r in rows), day], day)
    return triage(CheckIns(care=care, checkins=(*earlier, checkin), missed_days=missed))


def read_check_in(db: Session, who: Actor, check_in_id: str) -> CheckInRecord:
    """One check-in, for somebody who opens it."""
    row = get(db, CheckInRecord, check_in_id)
    log(db, who, "read", row)
    return row


def review(db: Session, who: Actor, check_in_id: str, *, note: str = "", contacted: bool = False) -> CheckInRecord:
    """Somebody looked at a check-in, and says if the patient was spoken to or seen. Raises BadInput if it was done."""
    row = get(db, CheckInRecord, check_in_id)
    if row.reviewed_at is not None:
        raise BadInput("check-in", given="one that was reviewed", allowed="an open one", todo="Nothing is left to do.")
    row.reviewed_at, row.reviewed_by, row.review_note, row.contacted = now(), who.id, note, contacted
    db.flush()
    log(db, who, "review", row, tier=row.tier, contacted=contacted)
    return row


@dataclass(frozen=True)
class InboxLine:
    """One thing that waits. ``check_in`` is None for a contact that was missed."""

    urgency: int
    tier: str
    patient_id: str
    treatment_id: str
    day: int
    since: dt.datetime
    check_in: CheckInRecord | None


def inbox(db: Session, who: Actor, *, at: dt.datetime | None = None) -> list[InboxLine]:
    """What waits to be looked at: the most urgent first, then what has waited longest.

    A contact that was missed stands with the tier that the rules give to it.
    """
    moment = at or now()
    open_ = db.scalars(select(CheckInRecord).where(CheckInRecord.reviewed_at.is_(None))).all()
    lines = [InboxLine(r.urgency, r.tier, r.patient_id, r.treatment_id, r.day, r.answered_at, r) for r in open_]
    lines += _missed(db, moment)
    audit.append(db, who, "list", "inbox", details={"shown": len(lines)})
    return sorted(lines, key=lambda line: (line.urgency, line.since, line.treatment_id))


def _missed(db: Session, moment: dt.datetime) -> list[InboxLine]:
    """The last contact of each treatment that was due and did not happen, unless a later check-in came."""
    lines = []
    row, check = TreatmentRecord, CheckInRecord
    last = select(check.treatment_id, func.max(check.day).label("day")).group_by(check.treatment_id).subquery()
    query = select(row.id, row.patient_id, row.treated_on, row.contact_days, last.c.day)
    query = query.outerjoin(last, last.c.treatment_id == row.id)
    # a year after the treatment nobody is called for a missed contact
    query = query.where(row.treated_on >= moment.date() - dt.timedelta(days=365))
    late = {}
    for t in db.execute(query):
        today = (moment.date() - t.treated_on).days
        # only a contact that was due after the last check-in stands open; few treatments have one
        if any((-1 if t.day is None else t.day) < int(d) < today for d in t.contact_days):
            late[t.id] = t
    answered: dict[str, list[int]] = {}
    for treatment_id, day in db.execute(select(check.treatment_id, check.day).where(check.treatment_id.in_(late))):
        answered.setdefault(treatment_id, []).append(day)
    for t in late.values():
        today = (moment.date() - t.treated_on).days
        done = answered.get(t.id, [])
        missed = missed_contacts([int(d) for d in t.contact_days], done, today)
        if missed and missed[-1] > max(done, default=-1):
            due = dt.datetime.combine(t.treated_on + dt.timedelta(days=missed[-1]), dt.time(), dt.UTC)
            tier = missed_tier(missed)
            lines.append(InboxLine(URGENCY.index(tier), tier, t.patient_id, t.id, missed[-1], due, None))
    return lines


# --- scores, outcomes, recalls --------------------------------------------------------------------------------------
def record_score(
    db: Session,
    who: Actor,
    patient_id: str,
    score: Score,
    *,
    items: dict[str, Any],
    scored_on: dt.date,
    condition_id: str = "",
    treatment_id: str = "",
) -> ScoreRecord:
    """Store a score that an instrument computed from ``items``."""
    get(db, Patient, patient_id)
    row = ScoreRecord(
        patient_id=patient_id,
        condition_id=condition_id,
        treatment_id=treatment_id,
        instrument=score.instrument,
        version=score.version,
        value=float(score.value),
        low=float(score.low),
        high=float(score.high),
        better=score.better,
        items=items,
        scored_on=scored_on,
        scored_by=who.id,
        detail=score.detail,
    )
    add(db, who, row, instrument=score.instrument)
    return row


def scores_over_time(
    db: Session, who: Actor, patient_id: str, *, condition_id: str = ""
) -> dict[tuple[str, str], list[ScoreRecord]]:
    """Scores by instrument and version, the oldest first: versions are never put on one line."""
    query = select(ScoreRecord).where(ScoreRecord.patient_id == patient_id)
    if condition_id:
        query = query.where(ScoreRecord.condition_id == condition_id)
    out: dict[tuple[str, str], list[ScoreRecord]] = {}
    for row in db.scalars(query.order_by(ScoreRecord.scored_on, ScoreRecord.id)):
        out.setdefault((row.instrument, row.version), []).append(row)
    audit.append(db, who, "read", "scores", patient_id=patient_id)
    return out


def observe(
    db: Session,
    who: Actor,
    treatment_id: str,
    *,
    name: str,
    value: float,
    observed_on: dt.date,
    zone: str = "",
    method: str = "",
) -> Observation:
    """Store a measured outcome. Raises BadInput for one that is not a finite number."""
    row = get(db, TreatmentRecord, treatment_id)
    if not abs(value) < float("inf"):
        raise BadInput(name[:40], given=str(value), allowed="a finite number", todo="Correct it.")
    seen = Observation(
        patient_id=row.patient_id,
        treatment_id=treatment_id,
        zone=zone,
        name=name,
        value=value,
        observed_on=observed_on,
        observed_by=who.id,
        method=method,
    )
    add(db, who, seen)
    return seen


def add_recall(
    db: Session,
    who: Actor,
    patient_id: str,
    *,
    reason: Literal["next_session", "test_spot", "photographs", "score", "adverse_event", "other"],
    due_on: dt.date,
    **fields: Any,
) -> Recall:
    """Somebody is to be called back."""
    get(db, Patient, patient_id)
    row = Recall(patient_id=patient_id, reason=reason, due_on=due_on, made_by=who.id, **fields)
    add(db, who, row, reason=reason)
    return row


def close_recall(
    db: Session, who: Actor, recall_id: str, revision: int, *, state: Literal["done", "cancelled"], on: dt.date
) -> Recall:
    """The recall is done or cancelled."""
    row = get(db, Recall, recall_id)
    edit(db, who, row, revision, {"state": state, "closed_on": on})
    return row


def recall_list(db: Session, who: Actor, *, until: dt.date) -> Sequence[Recall]:
    """Open recalls due by ``until``, the longest overdue first."""
    query = select(Recall).where(Recall.state == "open", Recall.due_on <= until)
    found = db.scalars(query.order_by(Recall.due_on, Recall.id)).all()
    audit.append(db, who, "list", "recalls", details={"shown": len(found)})
    return found
