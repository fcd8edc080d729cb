"""What came of it: predictions held against what was seen, the clinic's own figures, and the researcher's view.

The figures describe this clinic's records. They are too few for a rate to be trusted, and say so: every share stands
with its 95 % interval (Wilson 1927), and a group below ``SMALL`` treatments is marked.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from colonnade.errors import BadInput
from colonnade.records import audit
from colonnade.records.audit import Actor
from colonnade.records.base import get
from colonnade.records.blobs import BlobStore
from colonnade.records.devices import DeviceUnit
from colonnade.records.followup import CheckInRecord, Observation, ScoreRecord
from colonnade.records.patients import Condition, Patient
from colonnade.records.treatments import AdverseEvent, TreatmentPass, TreatmentRecord, plan_of

#: A group below this many treatments carries a note. Assumed: with 20 and no event the interval still reaches 16 %.
SMALL = 20
#: A researcher sees no group below this many patients. Assumed, after the usual rule for published tables.
HIDDEN_BELOW = 5
#: 97.5th percentile of the normal distribution.
Z95 = 1.959963984540054
By = Literal["device", "setting", "phototype"]


@dataclass(frozen=True)
class Compared:
    """A prediction of the plan beside what was seen."""

    zone: str
    name: str
    title: str
    nominal: float | None
    low: float | None
    high: float | None
    observed: float
    method: str
    verdict: Literal["inside", "below", "above", "no interval"]


@dataclass(frozen=True)
class Group:
    """Treatments that share a device, a setting or a phototype."""

    name: str
    treatments: int
    patients: int
    unanswered: int
    events: dict[str, int] = field(default_factory=dict)
    with_event: int = 0
    share_pct: float | None = None
    low_pct: float | None = None
    high_pct: float | None = None
    note: str = ""


# --- outcome against prediction -------------------------------------------------------------------------------------
def outcome_against_prediction(db: Session, blobs: BlobStore, who: Actor, treatment_id: str) -> list[Compared]:
    """Each observation that the plan of the treatment predicts, and each day on which a check-in first said "closed".

    The day of a check-in is an upper bound: the skin closed on that day or since the one before. Its lower bound is
    not used to excuse a prediction; the method says what the number is.
    """
    treatment = get(db, TreatmentRecord, treatment_id)
    plan = plan_of(db, blobs, treatment)
    audit.append(db, who, "read", "outcomes", treatment_id, patient_id=treatment.patient_id)
    if plan is None:
        return []
    seen = [
        (o.zone, o.name, o.value, o.method)
        for o in db.scalars(select(Observation).where(Observation.treatment_id == treatment_id))
    ]
    closed = first_closed_day(db, treatment_id)
    if closed is not None and not any(name == "surface_closed_d" for _, name, _, _ in seen):
        seen.append(
            ("", "surface_closed_d", float(closed), "first check-in that said closed everywhere: at the latest")
        )
    out = []
    for zone, name, value, method in seen:
        for z in plan.zones:
            known = {n.name: n for n in (*z.course.predictions, *z.course.full_field)} if z.course else {}
            if zone not in ("", z.name) or name not in known:
                continue
            n = known[name]
            verdict = _verdict(value, n.low, n.high)
            out.append(Compared(z.name, name, n.title, n.nominal, n.low, n.high, value, method, verdict))
    return out


def first_closed_day(db: Session, treatment_id: str) -> int | None:
    """The first day on which a check-in said that the skin is closed everywhere, and none later said it is not."""
    query = select(CheckInRecord).where(CheckInRecord.treatment_id == treatment_id).order_by(CheckInRecord.day)
    first: int | None = None
    for row in db.scalars(query):
        answer = row.answers.get("closed")
        if answer == "no":
            first = None
        elif answer == "yes" and first is None:
            first = row.day
    return first


def _verdict(value: float, low: float | None, high: float | None) -> Literal["inside", "below", "above", "no interval"]:
    if low is None or high is None:
        return "no interval"
    return "below" if value < low else "above" if value > high else "inside"


# --- the clinic's figures -------------------------------------------------------------------------------------------
def statistics(
    db: Session, who: Actor, by: By, *, since: dt.date | None = None, until: dt.date | None = None
) -> list[Group]:
    """Treatments and adverse events in groups, the largest first. Virtual deliveries are not counted.

    A treatment whose question on adverse events is not answered is counted as unanswered and left out of the share: it
    is no treatment without an event.
    """
    if by not in ("device", "setting", "phototype"):
        raise BadInput("group by", given=repr(by)[:20], allowed="device, setting, phototype", todo="Choose one.")
    one = TreatmentRecord
    query = select(one.id, one.patient_id, one.phototype, one.device_unit_id).where(one.virtual.is_(False))
    if since:
        query = query.where(TreatmentRecord.treated_on >= since)
    if until:
        query = query.where(TreatmentRecord.treated_on <= until)
    rows = db.execute(query).all()
    events: dict[str, list[str]] = {}
    for treatment_id, kind in db.execute(select(AdverseEvent.treatment_id, AdverseEvent.kind)).all():
        events.setdefault(treatment_id, []).append(kind)
    groups: dict[str, list[Any]] = {}
    for name, row in _named(db, rows, by):
        groups.setdefault(name, []).append(row)
    audit.append(db, who, "list", "statistics", details={"by": by})
    made = [_group(name, members, events) for name, members in groups.items()]
    return sorted(made, key=lambda g: (-g.treatments, g.name))


def _named(db: Session, rows: Sequence[Any], by: By) -> Iterable[tuple[str, Any]]:
    """The group of each treatment (id, patient, phototype, laser)."""
    if by == "phototype":
        yield from ((r.phototype or "not recorded", r) for r in rows)
        return
    units = {u.id: u for u in db.scalars(select(DeviceUnit))}
    device = {r.id: units[r.device_unit_id].device_id if r.device_unit_id in units else "not recorded" for r in rows}
    if by == "device":
        yield from ((device[r.id], r) for r in rows)
        return
    settings: dict[str, set[str]] = {}
    for treatment_id, panel in db.execute(select(TreatmentPass.treatment_id, TreatmentPass.panel)):
        settings.setdefault(treatment_id, set()).add(setting_words(panel))
    for r in rows:
        # a treatment with two settings stands in both groups
        for words in sorted(settings.get(r.id, {"not recorded"})):
            yield f"{device[r.id]}: {words}", r


def setting_words(panel: Mapping[str, Any]) -> str:
    """A panel in words, in the panel's order; the passes are left out, since each is a record of its own."""
    parts = [f"{k} {v:g}" if isinstance(v, int | float) else f"{k} {v}" for k, v in panel.items() if k != "passes"]
    return ", ".join(parts) or "not recorded"


def _group(name: str, members: Sequence[Any], events: Mapping[str, Sequence[str]]) -> Group:
    answered = [events[m.id] for m in members if events.get(m.id)]
    kinds = Counter(kind for answer in answered for kind in set(answer) if kind != "none")
    hit = sum(any(kind != "none" for kind in answer) for answer in answered)
    share = wilson_pct(hit, len(answered))
    return Group(
        name=name,
        treatments=len(members),
        patients=len({m.patient_id for m in members}),
        unanswered=len(members) - len(answered),
        events=dict(sorted(kinds.items())),
        with_event=hit,
        share_pct=share[0] if share else None,
        low_pct=share[1] if share else None,
        high_pct=share[2] if share else None,
        note=_note(len(answered), len(members)),
    )


def _note(answered: int, treatments: int) -> str:
    notes = []
    if answered < SMALL:
        notes.append(f"small number: {answered} answered treatments say little; look at the interval, not at the share")
    if answered < treatments:
        notes.append(f"{treatments - answered} not answered")
    return "; ".join(notes)


def wilson_pct(hits: int, of: int) -> tuple[float, float, float] | None:
    """Share and its 95 % interval [%] (Wilson 1927, J Am Stat Assoc 22:209, without continuity correction)."""
    if of <= 0:
        return None
    p, z2 = hits / of, Z95**2
    middle = (p + z2 / (2 * of)) / (1 + z2 / of)
    half = Z95 * math.sqrt(p * (1 - p) / of + z2 / (4 * of * of)) / (1 + z2 / of)
    return 100 * p, 100 * max(0.0, middle - half), 100 * min(1.0, middle + half)


# --- the researcher's view ------------------------------------------------------------------------------------------
def pseudonymised(db: Session, who: Actor) -> list[dict[str, Any]]:
    """Treatments without names, dates, places, free text or photographs, for a researcher.

    Days count from the patient's first treatment, ages stand in bands of ten years, and rows of a phototype with fewer
    than ``HIDDEN_BELOW`` patients carry none. It is still data about people: with the record beside it, it can be
    traced back.
    """
    patients = {p.id: p for p in db.scalars(select(Patient))}
    conditions = {c.id: c for c in db.scalars(select(Condition))}
    units = {u.id: u.device_id for u in db.scalars(select(DeviceUnit))}
    events, passes, scores = _lists(db, AdverseEvent), _lists(db, TreatmentPass), _lists(db, ScoreRecord)
    rows = db.scalars(select(TreatmentRecord).order_by(TreatmentRecord.treated_on, TreatmentRecord.id)).all()
    first: dict[str, dt.date] = {}
    for row in rows:
        first.setdefault(row.patient_id, row.treated_on)
    per_type = Counter(phototype for _, phototype in {(r.patient_id, r.phototype) for r in rows})
    audit.append(db, who, "list", "researcher-view", details={"shown": len(rows)})
    out = []
    for row in rows:
        patient, condition = patients[row.patient_id], conditions.get(row.condition_id)
        out.append(
            {
                "patient": patient.pseudonym,
                "day": (row.treated_on - first[row.patient_id]).days,
                "age_band": age_band(patient.birth_date, row.treated_on),
                "phototype": row.phototype if per_type[row.phototype] >= HIDDEN_BELOW else "",
                "indication": condition.indication if condition else "",
                "device_id": units.get(row.device_unit_id, ""),
                "virtual": row.virtual,
                "passes": [
                    {"number": p.number, "panel": p.panel, "columns_fired": p.columns_fired,
                     "energy_delivered_mJ": p.energy_delivered_mJ}
                    for p in sorted(passes.get(row.id, ()), key=lambda p: (p.zone, p.number))
                ],
                "adverse_events": [
                    {"kind": e.kind, "severity": e.severity, "onset_day": e.onset_day} for e in events.get(row.id, ())
                ],
                "scores": [
                    {"instrument": s.instrument, "version": s.version, "value": s.value,
                     "day": (s.scored_on - row.treated_on).days}
                    for s in scores.get(row.id, ())
                ],
            }
        )  # fmt: skip
    return out


def _lists(db: Session, table: type[Any]) -> dict[str, list[Any]]:
    out: dict[str, list[Any]] = {}
    for row in db.scalars(select(table).order_by(table.id)):
        out.setdefault(row.treatment_id, []).append(row)
    return out


def age_band(born: dt.date | None, on: dt.date) -> str:
    """Age on a day in bands of ten years; 90 and above is one band."""
    if born is None:
        return ""
    years = on.year - born.year - ((on.month, on.day) < (born.month, born.day))
    return "90+" if years >= 90 else f"{years // 10 * 10}-{years // 10 * 10 + 9}"
