"""What was really done: a treatment per zone and pass, in the panel's own units, beside what was planned.

A treatment is signed when it is complete, which includes the answer on adverse events ("none" counts). An amendment
keeps what stood there, and takes the signature away until somebody signs again.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

from sqlalchemy import Date, Float, Integer, Row, String, Text, select
from sqlalchemy.orm import Mapped, Session, load_only, mapped_column

from colonnade.aftercare.checkin import Care
from colonnade.delivery.record import Treatment
from colonnade.errors import BadInput
from colonnade.planning.model import Plan
from colonnade.records import audit
from colonnade.records.approvals import approval_in_force, time_out_in_force
from colonnade.records.audit import Actor
from colonnade.records.base import Base, get, now
from colonnade.records.blobs import BlobStore
from colonnade.records.devices import DeviceUnit, Handpiece, ProductLot, device_warnings
from colonnade.records.owned import OfPatient, Revised, add, edit, log, of_patient
from colonnade.records.patients import Condition, Patient, consent_in_force
from colonnade.records.plans import PlanVersion, parse_plan
from colonnade.schema import read

AdverseKind = Literal[
    "none",
    "burn",
    "blistering",
    "bacterial_infection",
    "herpes",
    "fungal_infection",
    "hyperpigmentation",
    "hypopigmentation",
    "scarring",
    "prolonged_erythema",
    "delayed_healing",
    "ectropion",
    "eye_injury",
    "anaesthetic_toxicity",
    "allergy",
    "bleeding",
    "other",
]
#: Relative difference below which a number on the panel counts as the planned one: rounding of the display.
SAME = 1e-3


class TreatmentRecord(OfPatient, Revised, Base):
    """One session on one condition."""

    __tablename__ = "treatments"

    condition_id: Mapped[str] = mapped_column(String(32), default="", index=True)
    plan_id: Mapped[str] = mapped_column(String(32), default="", index=True)
    time_out_id: Mapped[str] = mapped_column(String(32), default="")
    device_unit_id: Mapped[str] = mapped_column(String(32), default="", index=True)
    handpiece_id: Mapped[str] = mapped_column(String(32), default="")
    treated_on: Mapped[dt.date] = mapped_column(Date, index=True)
    started_at: Mapped[dt.datetime | None]
    ended_at: Mapped[dt.datetime | None]
    operator_id: Mapped[str] = mapped_column(String(32))
    source: Mapped[str] = mapped_column(String(10))
    virtual: Mapped[bool] = mapped_column(default=False)
    delivered_blob: Mapped[str] = mapped_column(String(64), default="")
    phototype: Mapped[str] = mapped_column(String(4), default="")
    anaesthesia: Mapped[dict[str, Any]] = mapped_column(default=dict)
    cooling: Mapped[str] = mapped_column(String(200), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    care: Mapped[dict[str, Any]] = mapped_column(default=dict)
    care_plan_blob: Mapped[str] = mapped_column(String(64), default="")
    contact_days: Mapped[list[Any]] = mapped_column(default=list)
    deviations: Mapped[list[Any]] = mapped_column(default=list)
    signed_at: Mapped[dt.datetime | None]
    signed_by: Mapped[str] = mapped_column(String(32), default="")


class TreatmentPass(OfPatient, Base):
    """One pass over one zone: what the panel showed (raw) and what was counted."""

    __tablename__ = "treatment_passes"

    treatment_id: Mapped[str] = mapped_column(String(32), index=True)
    zone: Mapped[str] = mapped_column(String(80))
    number: Mapped[int] = mapped_column(Integer)
    panel: Mapped[dict[str, Any]]
    planned_panel: Mapped[dict[str, Any]]
    deviations: Mapped[list[Any]]
    columns_planned: Mapped[int | None] = mapped_column(Integer)
    columns_fired: Mapped[int | None] = mapped_column(Integer)
    columns_unknown: Mapped[int | None] = mapped_column(Integer)
    energy_planned_mJ: Mapped[float | None] = mapped_column("energy_planned_mj", Float)
    energy_delivered_mJ: Mapped[float | None] = mapped_column("energy_delivered_mj", Float)
    area_cm2: Mapped[float | None] = mapped_column(Float)
    endpoint: Mapped[str] = mapped_column(String(200), default="")


class LotUse(OfPatient, Base):
    """Which lot was used on whom, so that a recall of the product finds the patients."""

    __tablename__ = "lot_uses"

    treatment_id: Mapped[str] = mapped_column(String(32), index=True)
    lot_id: Mapped[str] = mapped_column(String(32), index=True)
    amount: Mapped[str] = mapped_column(String(80), default="")


class AdverseEvent(OfPatient, Revised, Base):
    """An answer on adverse events of a treatment; the kind ``none`` is an answer too."""

    __tablename__ = "adverse_events"

    treatment_id: Mapped[str] = mapped_column(String(32), index=True)
    kind: Mapped[str] = mapped_column(String(40), index=True)
    severity: Mapped[str] = mapped_column(String(10), default="")
    onset_day: Mapped[int | None] = mapped_column(Integer)
    description: Mapped[str] = mapped_column(Text, default="")
    outcome: Mapped[str] = mapped_column(Text, default="")
    resolved_on: Mapped[dt.date | None] = mapped_column(Date)
    reported_at: Mapped[dt.datetime]
    reported_by: Mapped[str] = mapped_column(String(32))


# --- the record -----------------------------------------------------------------------------------------------------
def record_by_hand(
    db: Session,
    who: Actor,
    patient_id: str,
    *,
    treated_on: dt.date,
    passes: Sequence[Mapping[str, Any]],
    plan: Plan | None = None,
    **fields: Any,
) -> TreatmentRecord:
    """Record a treatment that a person delivered. ``plan`` is the content of ``fields["plan_id"]``, for comparison.

    Each of ``passes``: ``zone``, ``number``, ``panel`` (raw, in the panel's units), and where known ``columns_fired``,
    ``energy_delivered_mJ``, ``area_cm2``, ``endpoint``. What deviates from plan, consent, approval, time-out or the
    device's dates is written down, never refused: what was done is recorded as it was done.
    """
    return _record(db, who, patient_id, treated_on, passes, plan, source="by_hand", **fields)


def record_delivered(
    db: Session,
    blobs: BlobStore,
    who: Actor,
    patient_id: str,
    *,
    treated_on: dt.date,
    delivered: Treatment,
    plan: Plan | None = None,
    **fields: Any,
) -> TreatmentRecord:
    """Record a treatment from a delivery log (``colonnade.treatment/1``). Raises BadInput if it is of another plan.

    Put :func:`delivered_content` into ``blobs`` before the transaction, which holds the write lock.
    """
    if plan is not None and delivered.plan_sha256 not in (None, plan.sha256):
        raise BadInput(
            "delivered treatment",
            given=f"one of plan {str(delivered.plan_sha256)[:12]}…",
            allowed=f"plan {plan.sha256[:12]}…",
            todo="Name the plan that was delivered.",
        )
    panels = {z.name: z.settings.panel for z in plan.zones} if plan else {}
    passes = [
        {
            "zone": p.zone,
            "number": p.pass_,
            "panel": dict(panels.get(p.zone, {})),
            "columns_planned": p.planned,
            "columns_fired": p.fired,
            "columns_unknown": p.unknown,
            "energy_planned_mJ": p.energy_planned_mJ,
            "energy_delivered_mJ": p.energy_delivered_mJ,
        }
        for p in delivered.passes
    ]
    row = _record(
        db, who, patient_id, treated_on, passes, plan, source="log", virtual=delivered.virtual,
        delivered_blob=blobs.put(delivered_content(delivered)), **fields,
    )  # fmt: skip
    row.deviations = [*row.deviations, *delivered.reasons]
    db.flush()
    return row


def delivered_content(delivered: Treatment) -> bytes:
    """The file of a delivery record as it is kept."""
    return json.dumps(delivered.plain(), sort_keys=True, ensure_ascii=False).encode()


def _record(
    db: Session,
    who: Actor,
    patient_id: str,
    treated_on: dt.date,
    passes: Sequence[Any],
    plan: Plan | None,
    **fields: Any,
) -> TreatmentRecord:
    patient = get(db, Patient, patient_id)
    if not passes:
        raise BadInput(
            "treatment", given="no pass", allowed="at least one pass over one zone", todo="Enter what was done."
        )
    if treated_on > now().date() + dt.timedelta(days=1):
        raise BadInput(
            "treatment", given=treated_on.isoformat(), allowed="a day that has begun", todo="Correct the date."
        )
    for key, table in (("condition_id", Condition), ("plan_id", PlanVersion)):
        if fields.get(key):
            of_patient(db, table, fields[key], patient_id)
    _check_care(fields)
    row = TreatmentRecord(
        patient_id=patient_id, treated_on=treated_on, operator_id=fields.pop("operator_id", "") or who.id, **fields
    )
    row.phototype = row.phototype or (plan.phototype if plan else patient.phototype)
    row.deviations = _record_deviations(db, row)
    add(db, who, row, source=row.source)
    for p in passes:
        _add_pass(db, row, dict(p), plan)
    db.flush()
    return row


def _check_care(fields: Mapping[str, Any]) -> None:
    """What triage will need is checked when it is entered, not when a patient answers."""
    if fields.get("care"):
        read(Care, {k: v for k, v in fields["care"].items() if k != "treated_on"}, origin="care")
    days = fields.get("contact_days", ())
    if not all(isinstance(d, int) and 0 <= d <= 1100 for d in days):
        raise BadInput(
            "contact days", given=str(days)[:60], allowed="whole days from 0 to 1100", todo="Correct the days."
        )


def _record_deviations(db: Session, row: TreatmentRecord) -> list[Any]:
    """What speaks against the record as a whole."""
    out = []
    moment = row.started_at or dt.datetime.combine(row.treated_on, dt.time(12), dt.UTC)
    consent = consent_in_force(db, row.patient_id, "treatment", on=row.treated_on)
    if consent is None or not consent.given_at.date() <= row.treated_on:
        out.append("no consent to treatment was in force")
    plan = db.get(PlanVersion, row.plan_id) if row.plan_id else None
    if plan is None:
        out.append("no plan")
    else:
        if approval_in_force(db, plan) is None:
            out.append("the plan had no approval in force")
        time_out = time_out_in_force(db, plan, at=moment if row.started_at else now())
        if time_out is None:
            out.append("no time-out was recorded")
        else:
            row.time_out_id = time_out.id
    unit = db.get(DeviceUnit, row.device_unit_id) if row.device_unit_id else None
    piece = db.get(Handpiece, row.handpiece_id) if row.handpiece_id else None
    if unit is None:
        out.append("the device is not recorded")
    else:
        out += device_warnings(unit, piece, on=row.treated_on)
        if plan is not None and unit.device_id != plan.device_id:
            out.append(f"planned for {plan.device_id}, delivered with {unit.device_id}")
    return out


def _add_pass(db: Session, row: TreatmentRecord, given: dict[str, Any], plan: Plan | None) -> None:
    zone = next((z for z in plan.zones if z.name == given["zone"]), None) if plan else None
    planned = dict(zone.settings.panel) if zone else {}
    reasons = deviations(planned, given["panel"]) if zone else (["this zone is not in the plan"] if plan else [])
    if zone and given["number"] > zone.field.passes:
        reasons.append(f"pass {given['number']}: {zone.field.passes} were planned")
    if zone and given.get("columns_planned") is None:
        given["columns_planned"] = zone.field.columns
    if zone and given.get("energy_planned_mJ") is None:
        given["energy_planned_mJ"] = zone.settings.derived.get("energy_per_column_mJ")
    db.add(
        TreatmentPass(
            patient_id=row.patient_id, treatment_id=row.id, planned_panel=planned, deviations=reasons, **given
        )
    )


def deviations(planned: Mapping[str, Any], panel: Mapping[str, Any]) -> list[Any]:
    """Where the panel differs from the plan, in words with both numbers. What was not entered is a deviation too."""
    out = []
    for name in dict.fromkeys((*planned, *panel)):
        want, got = planned.get(name), panel.get(name)
        if name not in planned:
            out.append(f"{name}: not planned, {got} on the panel")
        elif got is None:
            out.append(f"{name}: planned {want}, not recorded")
        elif isinstance(want, int | float) and isinstance(got, int | float):
            # fails when not within, so a NaN is a deviation
            if not abs(got - want) <= SAME * abs(want):
                change = f" ({100 * (got - want) / want:+.0f} %)" if want else ""
                out.append(f"{name}: planned {want:g}, delivered {got:g}{change}")
        elif want != got:
            out.append(f"{name}: planned {want}, delivered {got}")
    return out


def read_treatment(db: Session, who: Actor, treatment_id: str) -> tuple[TreatmentRecord, Sequence[TreatmentPass]]:
    """A treatment and its passes."""
    row = get(db, TreatmentRecord, treatment_id)
    log(db, who, "read", row)
    query = select(TreatmentPass).where(TreatmentPass.treatment_id == treatment_id)
    return row, db.scalars(query.order_by(TreatmentPass.zone, TreatmentPass.number)).all()


def latest(db: Session, who: Actor, *, limit: int) -> tuple[Sequence[Row[TreatmentRecord, Patient]], set[str]]:
    """The latest treatments with their patients, and the ids of those whose question on adverse events is answered."""
    query = select(TreatmentRecord, Patient).join(Patient, Patient.id == TreatmentRecord.patient_id)
    record, one = TreatmentRecord, Patient
    query = query.options(
        load_only(
            record.treated_on, record.signed_at, record.virtual, record.deviations, record.condition_id, raiseload=True
        ),
        load_only(one.family_name, one.given_name, raiseload=True),
    )
    rows = db.execute(query.order_by(TreatmentRecord.treated_on.desc(), TreatmentRecord.id).limit(limit)).all()
    shown = AdverseEvent.treatment_id.in_([row.id for row, _ in rows])
    answered = set(db.scalars(select(AdverseEvent.treatment_id).where(shown)).all())
    audit.append(db, who, "list", "treatments", details={"shown": len(rows)})
    return rows, answered


def amend(db: Session, who: Actor, treatment_id: str, revision: int, **fields: Any) -> TreatmentRecord:
    """Correct a treatment. What stood there is kept; the signature is gone until somebody signs again."""
    row = get(db, TreatmentRecord, treatment_id)
    fixed = {"id", "patient_id", "source", "delivered_blob", "virtual", "signed_at", "signed_by", "deviations"}
    if fixed & set(fields):
        raise BadInput(
            "treatment",
            given=f"an edit of {sorted(fixed & set(fields))[0]}",
            allowed="what a person entered",
            todo="Record the treatment again if it belongs elsewhere.",
        )
    _check_care(fields)
    if edit(db, who, row, revision, fields) and row.signed_at is not None:
        row.signed_at, row.signed_by = None, ""
        db.flush()
        log(db, who, "void", row)
    return row


def sign(db: Session, who: Actor, treatment_id: str, revision: int) -> TreatmentRecord:
    """Sign a treatment as complete. Raises BadInput while the question on adverse events is not answered."""
    row = get(db, TreatmentRecord, treatment_id)
    if not adverse_events(db, treatment_id):
        raise BadInput(
            "adverse events",
            given="no answer",
            allowed='an answer; "none" is one',
            todo="Answer the question, then sign.",
        )
    edit(db, who, row, revision, {"signed_at": now(), "signed_by": who.id})
    log(db, who, "sign", row)
    return row


def use_lot(db: Session, who: Actor, treatment_id: str, lot_id: str, *, amount: str = "") -> LotUse:
    """Record that a lot was used; an expired one is recorded and noted as a deviation."""
    row, lot = get(db, TreatmentRecord, treatment_id), get(db, ProductLot, lot_id)
    if lot.expires_on is not None and not row.treated_on <= lot.expires_on:
        row.deviations = [*row.deviations, f"lot {lot.lot} of {lot.product} had expired on {lot.expires_on}"]
    use = LotUse(patient_id=row.patient_id, treatment_id=treatment_id, lot_id=lot_id, amount=amount)
    add(db, who, use)
    return use


def treated_with_lot(db: Session, who: Actor, lot_id: str) -> Sequence[TreatmentRecord]:
    """The treatments in which a lot was used, for a recall of the product."""
    get(db, ProductLot, lot_id)
    query = select(TreatmentRecord).join(LotUse, LotUse.treatment_id == TreatmentRecord.id)
    found = db.scalars(query.where(LotUse.lot_id == lot_id).order_by(TreatmentRecord.treated_on)).unique().all()
    for row in found:
        log(db, who, "list", row)
    return found


# --- adverse events -------------------------------------------------------------------------------------------------
def answer_adverse_event(
    db: Session,
    who: Actor,
    treatment_id: str,
    *,
    kind: AdverseKind,
    severity: Literal["", "mild", "moderate", "severe"] = "",
    onset_day: int | None = None,
    description: str = "",
    outcome: str = "",
    resolved_on: dt.date | None = None,
) -> AdverseEvent:
    """Answer the question. Raises BadInput for a kind without a severity, or for "none" beside a real event."""
    row = get(db, TreatmentRecord, treatment_id)
    real = [e for e in adverse_events(db, treatment_id) if e.kind != "none"]
    wrong = (
        kind not in get_args(AdverseKind)
        or (kind == "none" and bool(severity or real))
        or (kind != "none" and severity not in ("mild", "moderate", "severe"))
    )
    if wrong:
        raise BadInput(
            "adverse event",
            given=f"{kind!r}, severity {severity!r}" + (", beside an event that was recorded" if real else ""),
            allowed='"none" alone, or a kind with mild, moderate or severe',
            todo="Correct the answer.",
        )
    event = AdverseEvent(
        patient_id=row.patient_id,
        treatment_id=treatment_id,
        kind=kind,
        severity=severity,
        onset_day=onset_day,
        description=description,
        outcome=outcome,
        resolved_on=resolved_on,
        reported_at=now(),
        reported_by=who.id,
    )
    add(db, who, event, "answer", kind=kind)
    return event


def edit_adverse_event(db: Session, who: Actor, event_id: str, revision: int, **fields: Any) -> AdverseEvent:
    """Correct or complete an event (its outcome, the day it resolved); what stood there is kept."""
    event = get(db, AdverseEvent, event_id)
    edit(db, who, event, revision, fields)
    return event


def adverse_events(db: Session, treatment_id: str) -> Sequence[AdverseEvent]:
    """The answers of a treatment, the oldest first. Empty: the question is open."""
    query = select(AdverseEvent).where(AdverseEvent.treatment_id == treatment_id)
    return db.scalars(query.order_by(AdverseEvent.reported_at, AdverseEvent.id)).all()


def plan_of(db: Session, blobs: BlobStore, row: TreatmentRecord) -> Plan | None:
    """The plan of a treatment, verified by its blob; None where there is none."""
    version = db.get(PlanVersion, row.plan_id) if row.plan_id else None
    return parse_plan(blobs.get(version.plan_blob)) if version else None
