"""The patient and what is recorded before a treatment: conditions, consents, answers, test spots.

Every function that reads or writes appends to the audit log in the same transaction.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

from sqlalchemy import Date, String, Text, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from colonnade.errors import BadInput
from colonnade.records import audit
from colonnade.records.audit import Actor
from colonnade.records.base import Base, Identified, get, now
from colonnade.records.checking import storable
from colonnade.records.owned import OfPatient, Revised, add, edit, log, of_patient

ConsentKind = Literal["treatment", "photography", "teaching"]
Side = Literal["left", "right", "midline", "both"]
#: No letters or digits that are mistaken for each other.
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


class Patient(Identified, Revised, Base):
    """A patient. ``pseudonym`` is random; it is what researchers see and what may be written on a label."""

    __tablename__ = "patients"

    pseudonym: Mapped[str] = mapped_column(String(12), unique=True)
    family_name: Mapped[str] = mapped_column(String(200))
    given_name: Mapped[str] = mapped_column(String(200), default="")
    birth_date: Mapped[dt.date | None] = mapped_column(Date)
    sex: Mapped[str] = mapped_column(String(20), default="")
    record_number: Mapped[str] = mapped_column(String(80), default="", index=True)
    telephone: Mapped[str] = mapped_column(String(80), default="")
    email: Mapped[str] = mapped_column(String(200), default="")
    language: Mapped[str] = mapped_column(String(20), default="en")
    phototype: Mapped[str] = mapped_column(String(4), default="")
    alerts: Mapped[list[str]] = mapped_column(default=list)
    note: Mapped[str] = mapped_column(Text, default="")
    synthetic: Mapped[bool] = mapped_column(default=False)
    retain_until: Mapped[dt.date | None] = mapped_column(Date)
    legal_hold: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[dt.datetime]


class Condition(OfPatient, Revised, Base):
    """What is to be treated, and where."""

    __tablename__ = "conditions"

    indication: Mapped[str] = mapped_column(String(80))
    site: Mapped[str] = mapped_column(String(80))
    side: Mapped[str] = mapped_column(String(10))
    diagnosis: Mapped[str] = mapped_column(Text, default="")
    since: Mapped[str] = mapped_column(String(80), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    closed_on: Mapped[dt.date | None] = mapped_column(Date)
    created_at: Mapped[dt.datetime]


class Consent(OfPatient, Base):
    """One consent to one thing, as it was worded: never edited, only revoked."""

    __tablename__ = "consents"

    kind: Mapped[str] = mapped_column(String(20), index=True)
    form: Mapped[str] = mapped_column(String(80))
    form_version: Mapped[str] = mapped_column(String(40))
    form_sha256: Mapped[str] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(20))
    given_at: Mapped[dt.datetime]
    signed_by: Mapped[str] = mapped_column(String(200))
    relation: Mapped[str] = mapped_column(String(40), default="patient")
    signature_blob: Mapped[str] = mapped_column(String(64), default="")
    taken_by: Mapped[str] = mapped_column(String(32))
    valid_until: Mapped[dt.date | None] = mapped_column(Date)
    revoked_at: Mapped[dt.datetime | None]
    revoked_by: Mapped[str] = mapped_column(String(32), default="")
    revoke_reason: Mapped[str] = mapped_column(Text, default="")


class QuestionnaireAnswers(OfPatient, Base):
    """Answers to one version of a questionnaire. A correction is a new row that names the one it replaces."""

    __tablename__ = "questionnaire_answers"

    questionnaire: Mapped[str] = mapped_column(String(80))
    version: Mapped[str] = mapped_column(String(40))
    language: Mapped[str] = mapped_column(String(20), default="en")
    answers: Mapped[dict[str, Any]]
    answered_at: Mapped[dt.datetime]
    entered_by: Mapped[str] = mapped_column(String(32))
    replaces: Mapped[str] = mapped_column(String(32), default="")
    replaced_at: Mapped[dt.datetime | None]


class TestSpot(OfPatient, Revised, Base):
    """A test spot, with the day on which it is to be read and what was seen then."""

    __tablename__ = "test_spots"
    __test__ = False  # not a test, whatever a test runner makes of its name

    condition_id: Mapped[str] = mapped_column(String(32), default="", index=True)
    site: Mapped[str] = mapped_column(String(80))
    side: Mapped[str] = mapped_column(String(10))
    device_unit_id: Mapped[str] = mapped_column(String(32), default="")
    settings: Mapped[dict[str, Any]]
    done_on: Mapped[dt.date] = mapped_column(Date)
    read_due: Mapped[dt.date] = mapped_column(Date, index=True)
    done_by: Mapped[str] = mapped_column(String(32))
    read_on: Mapped[dt.date | None] = mapped_column(Date)
    read_by: Mapped[str] = mapped_column(String(32), default="")
    result: Mapped[str] = mapped_column(String(40), default="")
    note: Mapped[str] = mapped_column(Text, default="")


# --- patients -------------------------------------------------------------------------------------------------------
_PATIENT_FIELDS = {c.key for c in Patient.__table__.columns} - {"id", "pseudonym", "revision", "created_at"}


def create_patient(db: Session, who: Actor, *, family_name: str, **fields: Any) -> Patient:
    """A new patient. ``fields`` are columns of ``Patient``. Raises BadInput for a missing name or an unknown field."""
    _check_patient({"family_name": family_name, **fields})
    row = Patient(pseudonym=_pseudonym(db), family_name=family_name.strip(), created_at=now(), **fields)
    add(db, who, row)
    return row


def edit_patient(db: Session, who: Actor, patient_id: str, revision: int, **fields: Any) -> Patient:
    """Edit a patient; what stood there is kept. Raises NotFound, Stale, BadInput."""
    row = get(db, Patient, patient_id)
    _check_patient(fields)
    edit(db, who, row, revision, fields)
    return row


def read_patient(db: Session, who: Actor, patient_id: str) -> Patient:
    """A patient, for somebody who looks at the record. Raises NotFound."""
    row = get(db, Patient, patient_id)
    log(db, who, "read", row)
    return row


def list_patients(db: Session, who: Actor, *, search: str = "", limit: int = 200, offset: int = 0) -> Sequence[Patient]:
    """Patients by name; ``search`` looks at the beginning of names, record number and pseudonym."""
    query = select(Patient).order_by(Patient.family_name, Patient.given_name, Patient.id)
    if not storable(search):
        return []
    if search.strip():
        # the wildcards of LIKE are ordinary letters here
        start = search.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        columns = (Patient.family_name, Patient.given_name, Patient.record_number, Patient.pseudonym)
        query = query.where(or_(*(c.ilike(start, escape="\\") for c in columns)))
    found = db.scalars(query.limit(limit).offset(offset)).all()
    audit.append(db, who, "list", "patients", details={"shown": len(found), "searched": bool(search.strip())})
    return found


def _check_patient(fields: Mapping[str, Any]) -> None:
    unknown = sorted(set(fields) - _PATIENT_FIELDS)
    if unknown:
        raise BadInput(
            "patient", given=f"the unknown field {unknown[0]}", allowed="its fields", todo="Correct the name."
        )
    if "family_name" in fields and not 1 <= len(str(fields["family_name"]).strip()) <= 200:
        raise BadInput("patient: family name", given="nothing", allowed="1 to 200 characters", todo="Give the name.")
    born = fields.get("birth_date")
    if born is not None and not dt.date(1880, 1, 1) <= born <= now().date():
        raise BadInput(
            "patient: date of birth",
            given=born.isoformat(),
            allowed="1880-01-01 to today",
            todo="Correct the date.",
        )
    if fields.get("phototype", "") not in ("", "I", "II", "III", "IV", "V", "VI"):
        raise BadInput(
            "patient: phototype",
            given=repr(fields["phototype"])[:20],
            allowed="I, II, III, IV, V or VI",
            todo="Correct it, or leave it out.",
        )


def _pseudonym(db: Session) -> str:
    while True:
        word = "".join(secrets.choice(_ALPHABET) for _ in range(8))
        name = f"{word[:4]}-{word[4:]}"
        if db.scalar(select(Patient.id).where(Patient.pseudonym == name)) is None:
            return name


# --- conditions and answers -----------------------------------------------------------------------------------------
def add_condition(
    db: Session, who: Actor, patient_id: str, *, indication: str, site: str, side: Side, **fields: Any
) -> Condition:
    """A condition of a patient."""
    get(db, Patient, patient_id)
    if side not in get_args(Side):
        raise BadInput("side", given=repr(side)[:20], allowed=", ".join(get_args(Side)), todo="Say which side.")
    row = Condition(patient_id=patient_id, indication=indication, site=site, side=side, created_at=now(), **fields)
    add(db, who, row)
    return row


def edit_condition(db: Session, who: Actor, condition_id: str, revision: int, **fields: Any) -> Condition:
    """Edit a condition; what stood there is kept."""
    row = get(db, Condition, condition_id)
    edit(db, who, row, revision, fields)
    return row


def record_answers(
    db: Session,
    who: Actor,
    patient_id: str,
    *,
    questionnaire: str,
    version: str,
    answers: dict[str, Any],
    language: str = "en",
    replaces: str = "",
) -> QuestionnaireAnswers:
    """Store answers; with ``replaces`` they correct earlier ones, which are kept."""
    get(db, Patient, patient_id)
    if replaces:
        old = of_patient(db, QuestionnaireAnswers, replaces, patient_id)
        if old.replaced_at is not None:
            raise BadInput(
                "answers", given="answers that were replaced", allowed="the latest", todo="Correct the latest."
            )
        old.replaced_at = now()
    row = QuestionnaireAnswers(
        patient_id=patient_id,
        questionnaire=questionnaire,
        version=version,
        language=language,
        answers=answers,
        answered_at=now(),
        entered_by=who.id,
        replaces=replaces,
    )
    add(db, who, row)
    return row


# --- consent --------------------------------------------------------------------------------------------------------
def give_consent(
    db: Session,
    who: Actor,
    patient_id: str,
    *,
    kind: ConsentKind,
    form: str,
    form_version: str,
    form_text: str,
    signed_by: str,
    language: str = "en",
    relation: str = "patient",
    signature_blob: str = "",
    valid_until: dt.date | None = None,
) -> Consent:
    """Record a consent. ``form_text`` is what was read and signed; its hash is stored, so that the wording is bound."""
    get(db, Patient, patient_id)
    if kind not in get_args(ConsentKind):
        allowed = ", ".join(get_args(ConsentKind))
        raise BadInput("consent", given=repr(kind)[:20], allowed=allowed, todo="Each is given apart.")
    if not signed_by.strip() or not form_text.strip():
        raise BadInput(
            "consent",
            given="no name of the person who signed" if form_text.strip() else "no wording",
            allowed="the wording that was signed, and the name",
            todo="Give both.",
        )
    # a clinic west of Greenwich is a day behind the clock that is stored
    if valid_until is not None and valid_until < (earliest := now().date() - dt.timedelta(days=1)):
        raise BadInput(
            "consent: valid until",
            given=valid_until.isoformat(),
            allowed=f"{earliest.isoformat()} or later, or nothing",
            todo="Correct the date.",
        )
    row = Consent(
        patient_id=patient_id,
        kind=kind,
        form=form,
        form_version=form_version,
        form_sha256=hashlib.sha256(form_text.encode()).hexdigest(),
        language=language,
        given_at=now(),
        signed_by=signed_by.strip(),
        relation=relation,
        signature_blob=signature_blob,
        taken_by=who.id,
        valid_until=valid_until,
    )
    add(db, who, row, "sign", kind=kind)
    return row


def revoke_consent(db: Session, who: Actor, consent_id: str, *, reason: str = "") -> Consent:
    """Revoke a consent; it stays on record. Raises BadInput if it was revoked before."""
    row = get(db, Consent, consent_id)
    if row.revoked_at is not None:
        raise BadInput(
            "consent", given="one that is revoked", allowed="one in force", todo="Nothing is left to revoke."
        )
    row.revoked_at, row.revoked_by, row.revoke_reason = now(), who.id, reason
    db.flush()
    log(db, who, "revoke", row, kind=row.kind)
    return row


def consent_in_force(db: Session, patient_id: str, kind: ConsentKind, *, on: dt.date | None = None) -> Consent | None:
    """The latest consent of this kind that is neither revoked nor past its day."""
    today = on or now().date()
    query = (
        select(Consent)
        .where(Consent.patient_id == patient_id, Consent.kind == kind, Consent.revoked_at.is_(None))
        .where(or_(Consent.valid_until.is_(None), Consent.valid_until >= today))
        .order_by(Consent.given_at.desc(), Consent.id)
    )
    return db.scalars(query).first()


def consents_in_force(db: Session, patient_id: str) -> dict[ConsentKind, Consent | None]:
    """The same for every kind, in the order in which they are asked, by one question to the database."""
    query = select(Consent).where(Consent.patient_id == patient_id, Consent.revoked_at.is_(None))
    query = query.where(or_(Consent.valid_until.is_(None), Consent.valid_until >= now().date()))
    found: dict[ConsentKind, Consent | None] = dict.fromkeys(get_args(ConsentKind))
    for row in db.scalars(query.order_by(Consent.given_at, Consent.id.desc())):
        found[row.kind] = row  # type: ignore[index]
    return found


# --- test spots -----------------------------------------------------------------------------------------------------
def record_test_spot(
    db: Session,
    who: Actor,
    patient_id: str,
    *,
    site: str,
    side: Side,
    settings: dict[str, Any],
    done_on: dt.date,
    read_due: dt.date,
    condition_id: str = "",
    device_unit_id: str = "",
    note: str = "",
) -> TestSpot:
    """Record a test spot. Raises BadInput if it is not made yet, or due before it was done."""
    get(db, Patient, patient_id)
    # a clinic east of Greenwich is a day ahead of the clock that is stored
    latest = now().date() + dt.timedelta(days=1)
    if done_on > latest:
        raise BadInput(
            "test spot: made on",
            given=done_on.isoformat(),
            allowed=f"{latest.isoformat()} or earlier",
            todo="Record it once it is made.",
        )
    if read_due < done_on:
        raise BadInput(
            "test spot: to be read on",
            given=read_due.isoformat(),
            allowed=f"{done_on.isoformat()} or later",
            todo="Correct the date.",
        )
    row = TestSpot(
        patient_id=patient_id,
        condition_id=condition_id,
        site=site,
        side=side,
        device_unit_id=device_unit_id,
        settings=settings,
        done_on=done_on,
        read_due=read_due,
        done_by=who.id,
        note=note,
    )
    add(db, who, row)
    return row


def read_test_spot(
    db: Session, who: Actor, spot_id: str, revision: int, *, read_on: dt.date, result: str, note: str = ""
) -> TestSpot:
    """Record what was seen. Raises BadInput before it was done or without a result; Stale."""
    row = get(db, TestSpot, spot_id)
    if read_on < row.done_on or not result.strip():
        raise BadInput(
            "test spot",
            given=f"read on {read_on.isoformat()}, result {result[:40]!r}",
            allowed=f"a result, read on {row.done_on.isoformat()} or later",
            todo="Correct it.",
        )
    fields = {"read_on": read_on, "read_by": who.id, "result": result.strip()[:40], "note": note or row.note}
    edit(db, who, row, revision, fields)
    return row


def unread_test_spots(db: Session, *, until: dt.date) -> Sequence[TestSpot]:
    """Test spots that are due by ``until`` and were not read, the longest overdue first."""
    query = select(TestSpot).where(TestSpot.read_on.is_(None), TestSpot.read_due <= until)
    return db.scalars(query.order_by(TestSpot.read_due, TestSpot.id)).all()
