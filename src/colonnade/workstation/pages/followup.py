"""Follow-up: what waits, sorted by urgency; check-ins by telephone; healing by day, scores, recalls."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any, get_args

from fastapi import APIRouter, Request, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from colonnade.aftercare import instruments
from colonnade.aftercare.checkin import Change, CheckIn, Ooze, Symptom
from colonnade.aftercare.triage import TITLES
from colonnade.errors import BadInput
from colonnade.records import followup, outcomes, patients, photographs, treatments
from colonnade.records.base import get
from colonnade.workstation.dependencies import LoggedDb, SentForm, Who
from colonnade.workstation.pages.entering import Again, Errors, Revision, Text, banner, blobs_of, day, number, saved
from colonnade.workstation.permissions import require
from colonnade.workstation.rendering import page

router = APIRouter(include_in_schema=False)
RECALL_REASONS = ("next_session", "test_spot", "photographs", "score", "adverse_event", "other")
AHEAD_DAYS = 14
#: Questions whose answers are a choice of words.
CHOICES: dict[str, tuple[str, ...]] = {
    "pain_change": get_args(Change), "redness": get_args(Change), "swelling": get_args(Change), "ooze": get_args(Ooze),
    **dict.fromkeys(
        ("blisters", "fever", "eye_symptom", "closed", "new_product", "sun_exposure"), ("yes", "no", "unknown")
    ),
}  # fmt: skip
NUMBERS = {"pain": (0, 10), "itch": (0, 10), "ointment_times": (0, 48)}


def today() -> dt.date:
    """The clinic's day."""
    return dt.datetime.now().astimezone().date()


@router.get("/follow-up", dependencies=[require("followup.read")])
def inbox(request: Request, who: Who, db: LoggedDb) -> Response:
    """Everything that waits: check-ins by urgency, contacts that were missed, test spots, recalls."""
    lines = followup.inbox(db, who.actor)
    until = today() + dt.timedelta(days=AHEAD_DAYS)
    recalls = followup.recall_list(db, who.actor, until=until)
    spots = patients.unread_test_spots(db, until=until)
    ids = {line.patient_id for line in lines} | {r.patient_id for r in recalls} | {s.patient_id for s in spots}
    people = {p.id: p for p in db.scalars(select(patients.Patient).where(patients.Patient.id.in_(ids))).all()}
    return page(
        request, "follow_up.html", lines=lines, recalls=recalls, spots=spots, people=people, titles=TITLES,
        today=today(),
    )  # fmt: skip


# --- check-ins ------------------------------------------------------------------------------------------------------
def questions() -> dict[str, Any]:
    """What a check-in asks, from its schema, for the form of staff and of the patient."""
    title = {name: str(field.title) for name, field in CheckIn.model_fields.items()}
    return {"choices": CHOICES, "numbers": NUMBERS, "symptoms": get_args(Symptom), "title": title}


def answers_of(sent: Any) -> dict[str, Any]:
    """A check-in as a form sends it. What was left out stays unknown."""
    out: dict[str, Any] = {"day": int(number(str(sent.get("day", "")), "day", low=0, high=1100, needed=True) or 0)}
    for name, allowed in CHOICES.items():
        value = str(sent.get(name, "unknown"))
        if value not in allowed:
            raise BadInput(name, given=f'"{value[:20]}"', allowed=", ".join(allowed), todo="Choose one.")
        out[name] = value
    for name, (low, high) in NUMBERS.items():
        found = number(str(sent.get(name, "")), name, low=low, high=high)
        out[name] = int(found) if found is not None else None
    out["symptoms"] = [s for s in sent.getlist("symptoms") if s in get_args(Symptom)]
    out["products"] = [p.strip()[:200] for p in str(sent.get("products", "")).splitlines() if p.strip()][:40]
    out["text"] = str(sent.get("text", ""))[:20_000]
    return out


@router.get("/treatments/{treatment_id}/check-in", dependencies=[require("followup.write")])
def form(request: Request, who: Who, db: LoggedDb, treatment_id: str) -> Response:
    """The questions, to be asked on the telephone."""
    return _form(request, who, db, treatment_id)


def _form(request: Request, who: Who, db: Session, treatment_id: str, *, status: int = 200, **extra: Any) -> Response:
    row, _ = treatments.read_treatment(db, who.actor, treatment_id)
    shown = {"errors": [], "typed": {}, **extra}
    return page(
        request, "check_in_staff.html", status=status, **banner(db, get(db, patients.Patient, row.patient_id)),
        row=row, day=(today() - row.treated_on).days, **questions(), **shown,
    )  # fmt: skip


@router.post("/treatments/{treatment_id}/check-in", dependencies=[require("followup.write")])
def answer(request: Request, who: Who, treatment_id: str, sent: SentForm) -> Response:
    """Enter the answers; what triage says is shown at once."""

    def save(db: Session) -> str:
        made = followup.answer_by_staff(db, who.actor, treatment_id, answers_of(sent))
        return f"/check-ins/{made.id}"

    def again(db: Session, errors: Errors) -> Response:
        return _form(request, who, db, treatment_id, status=422, errors=errors, typed=dict(sent))

    return saved(request, save, again)


@router.get("/check-ins/{check_in_id}", dependencies=[require("followup.read")])
def check_in(request: Request, who: Who, db: LoggedDb, check_in_id: str) -> Response:
    """One check-in: what was answered, what triage says and why, and whether somebody looked at it."""
    return _check_in(request, who, db, check_in_id)


def _check_in(
    request: Request, who: Who, db: Session, check_in_id: str, *, status: int = 200, **extra: Any
) -> Response:
    row = followup.read_check_in(db, who.actor, check_in_id)
    shown = {"errors": [], **extra}
    return page(
        request, "check_in.html", status=status, **banner(db, get(db, patients.Patient, row.patient_id)), row=row,
        **questions(), **shown,
    )  # fmt: skip


@router.post("/check-ins/{check_in_id}/review", dependencies=[require("followup.review")])
def review(request: Request, who: Who, check_in_id: str, note: Text = "", contacted: Text = "") -> Response:
    """Somebody looked at it, and says whether the patient was spoken to or seen."""

    def save(db: Session) -> str:
        followup.review(db, who.actor, check_in_id, note=note, contacted=contacted == "yes")
        return "/follow-up"

    return saved(request, save, lambda db, errors: _check_in(request, who, db, check_in_id, status=422, errors=errors))


# --- healing, outcome, scores ---------------------------------------------------------------------------------------
@router.get("/treatments/{treatment_id}/healing", dependencies=[require("followup.read")])
def healing(request: Request, who: Who, db: LoggedDb, treatment_id: str) -> Response:
    """The days since the treatment: check-ins, photographs, what was predicted and what was seen, scores."""
    return _healing(request, who, db, treatment_id)


def _healing(
    request: Request, who: Who, db: Session, treatment_id: str, *, status: int = 200, **extra: Any
) -> Response:
    row, _ = treatments.read_treatment(db, who.actor, treatment_id)
    checks, photo = followup.CheckInRecord, photographs.Photo
    shown = {"errors": [], **extra}
    scores = followup.scores_over_time(db, who.actor, row.patient_id)
    plan = treatments.plan_of(db, blobs_of(request), row)
    names = {n.name: n.title for z in plan.zones if z.course for n in z.course.predictions} if plan else {}
    return page(
        request, "healing.html", status=status, **banner(db, get(db, patients.Patient, row.patient_id)), row=row,
        day=(today() - row.treated_on).days, today=today(), names=names,
        check_ins=db.scalars(select(checks).where(checks.treatment_id == treatment_id).order_by(checks.day)).all(),
        photos=db.scalars(select(photo).where(photo.patient_id == row.patient_id).order_by(photo.taken_at)).all(),
        compared=outcomes.outcome_against_prediction(db, blobs_of(request), who.actor, treatment_id),
        charts=[chart(key, rows) for key, rows in scores.items()],
        instruments=[i for i in instruments.INSTRUMENTS.values() if i.id in SIMPLE], reasons=RECALL_REASONS, **shown,
    )  # fmt: skip


def chart(key: tuple[str, str], rows: list[followup.ScoreRecord]) -> dict[str, Any]:
    """Points of a small drawing of a score over time; the numbers stand in a table beside it."""
    first, last = rows[0].scored_on, rows[-1].scored_on
    span = max((last - first).days, 1)
    low, high = rows[0].low, rows[0].high
    points = [
        (
            round(10 + 280 * (r.scored_on - first).days / span, 1),
            round(90 - 80 * (r.value - low) / ((high - low) or 1), 1),
        )
        for r in rows
    ]
    return {"instrument": key[0], "version": key[1], "rows": rows, "points": points, "low": low, "high": high}


#: Instruments that need one number; those with items are entered with their own functions.
SIMPLE: dict[str, Any] = {
    "goodman-baron-qualitative": lambda value, sent: instruments.goodman_baron_qualitative(value),
    "gais": lambda value, sent: instruments.gais(
        value, rater="clinician", baseline_photograph=sent.get("baseline_photograph") == "yes"
    ),
}


@router.post("/treatments/{treatment_id}/scores", dependencies=[require("followup.write")])
def score(request: Request, who: Who, treatment_id: str, sent: SentForm) -> Response:
    """Store a score of an instrument whose definition was read in a source."""

    def save(db: Session) -> str:
        name = str(sent.get("instrument", ""))
        row = get(db, treatments.TreatmentRecord, treatment_id)
        instruments.instrument(name)
        if name not in SIMPLE:
            raise BadInput("instrument", given=f'"{name[:40]}"', allowed=", ".join(SIMPLE), todo="Choose one.")
        value = number(str(sent.get("value", "")), "score", low=0, high=1000, needed=True)
        assert value is not None
        if not math.isclose(value, round(value)):
            raise BadInput("score", given=f"{value:g}", allowed="a whole number", todo="Correct it.")
        made = SIMPLE[name](int(value), sent)
        on = day(str(sent.get("scored_on", "")), "scored on")
        assert on is not None
        followup.record_score(
            db, who.actor, row.patient_id, made, items={"value": int(value)}, scored_on=on,
            condition_id=row.condition_id, treatment_id=treatment_id,
        )  # fmt: skip
        return f"/treatments/{treatment_id}/healing#scores"

    return saved(request, save, _healing_again(request, who, treatment_id))


def _healing_again(request: Request, who: Who, treatment_id: str) -> Again:
    return lambda db, errors: _healing(request, who, db, treatment_id, status=422, errors=errors)


@router.post("/treatments/{treatment_id}/observations", dependencies=[require("followup.write")])
def observe(
    request: Request, who: Who, treatment_id: str, name: Text = "", value: Text = "", observed_on: Text = "",
    method: Text = "",
) -> Response:  # fmt: skip
    """A measured outcome under the plan's own name for it."""

    def save(db: Session) -> str:
        on = day(observed_on, "seen on")
        found = number(value, "value", low=0, high=1e6, needed=True)
        if not name or not method.strip():
            raise BadInput(
                "outcome", given="no name or no method", allowed="what was seen, and how", todo="Enter both."
            )
        assert on is not None
        assert found is not None
        followup.observe(
            db, who.actor, treatment_id, name=name[:80], value=found, observed_on=on, method=method.strip()
        )
        return f"/treatments/{treatment_id}/healing"

    return saved(request, save, _healing_again(request, who, treatment_id))


# --- recalls --------------------------------------------------------------------------------------------------------
@router.post("/treatments/{treatment_id}/recalls", dependencies=[require("followup.write")])
def recall(
    request: Request, who: Who, treatment_id: str, reason: Text = "", due_on: Text = "", note: Text = ""
) -> Response:
    """Somebody is to be called back."""

    def save(db: Session) -> str:
        row = get(db, treatments.TreatmentRecord, treatment_id)
        if reason not in RECALL_REASONS:
            raise BadInput("reason", given=f'"{reason[:20]}"', allowed=", ".join(RECALL_REASONS), todo="Choose one.")
        due = day(due_on, "due on")
        assert due is not None
        followup.add_recall(
            db, who.actor, row.patient_id, reason=reason, due_on=due, note=note,  # type: ignore[arg-type]
            treatment_id=treatment_id, condition_id=row.condition_id,
        )  # fmt: skip
        return "/follow-up"

    return saved(request, save, _healing_again(request, who, treatment_id))


@router.post("/recalls/{recall_id}/close", dependencies=[require("followup.write")])
def close(request: Request, who: Who, recall_id: str, revision: Revision, state: Text = "done") -> Response:
    """Done, or not needed any more."""

    def save(db: Session) -> str:
        if state not in ("done", "cancelled"):
            raise BadInput("state", given=f'"{state[:20]}"', allowed="done or cancelled", todo="Choose one.")
        followup.close_recall(db, who.actor, recall_id, revision, state=state, on=today())  # type: ignore[arg-type]
        return "/follow-up"

    return saved(
        request, save, lambda _, errors: page(request, "error.html", status=422, title="Recall", text="", errors=errors)
    )
