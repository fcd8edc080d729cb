"""Follow-up: what waits, sorted by urgency; check-ins by telephone; healing by day, scores, recalls."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from typing import Any, get_args

from fastapi import APIRouter, Request, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from colonnade.aftercare import instruments
from colonnade.aftercare.checkin import Change, CheckIn, Ooze, Symptom
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
    return page(request, "follow_up.html", lines=lines, recalls=recalls, spots=spots, people=people, today=today())


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
        unknown=[name for name in CHOICES if row.answers.get(name, "unknown") == "unknown"], **questions(), **shown,
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
def healing(request: Request, who: Who, db: LoggedDb, treatment_id: str, instrument: str = "") -> Response:
    """The days since the treatment: check-ins, photographs, what was predicted and what was seen, scores."""
    return _healing(request, who, db, treatment_id, instrument=instrument)


def _healing(
    request: Request, who: Who, db: Session, treatment_id: str, *, instrument: str = "", status: int = 200, **extra: Any
) -> Response:
    row, _ = treatments.read_treatment(db, who.actor, treatment_id)
    checks, photo, recall_ = followup.CheckInRecord, photographs.Photo, followup.Recall
    shown = {"errors": [], "typed": {}, **extra}
    scores = followup.scores_over_time(db, who.actor, row.patient_id)
    plan = treatments.plan_of(db, blobs_of(request), row)
    names = {n.name: n.title for z in plan.zones if z.course for n in z.course.predictions} if plan else {}
    check_ins = db.scalars(select(checks).where(checks.treatment_id == treatment_id).order_by(checks.day)).all()
    photos = db.scalars(select(photo).where(photo.patient_id == row.patient_id).order_by(photo.taken_at)).all()
    chosen = instrument if instrument in FORMS else ""
    return page(
        request, "healing.html", status=status, **banner(db, get(db, patients.Patient, row.patient_id)), row=row,
        day=(today() - row.treated_on).days, today=today(), names=names, days=by_day(row.treated_on, check_ins, photos),
        pair=first_and_last(photos),
        compared=outcomes.outcome_against_prediction(db, blobs_of(request), who.actor, treatment_id),
        charts=[chart(key, rows, row.treated_on) for key, rows in scores.items()],
        instruments=[instruments.INSTRUMENTS[name] for name in FORMS],
        chosen=instruments.INSTRUMENTS[chosen] if chosen else None, items=FORMS.get(chosen, {}),
        recalls=db.scalars(select(recall_).where(recall_.treatment_id == treatment_id).order_by(recall_.due_on)).all(),
        reasons=RECALL_REASONS, **shown,
    )  # fmt: skip


def by_day(
    treated_on: dt.date, check_ins: Sequence[followup.CheckInRecord], photos: Sequence[photographs.Photo]
) -> list[dict[str, Any]]:
    """Each day on which something was answered or photographed, from the treatment on."""
    days: dict[int, dict[str, Any]] = {}

    def of(day: int) -> dict[str, Any]:
        return days.setdefault(day, {"day": day, "check_ins": [], "photos": []})

    for c in check_ins:
        of(c.day)["check_ins"].append(c)
    for p in photos:
        if (day := (p.taken_at.astimezone().date() - treated_on).days) >= 0:
            of(day)["photos"].append(p)
    return [days[day] for day in sorted(days)]


def first_and_last(photos: Sequence[photographs.Photo]) -> tuple[photographs.Photo, photographs.Photo] | None:
    """The two photographs of one pose that lie furthest apart: only the same pose is worth laying side by side."""
    best: tuple[photographs.Photo, photographs.Photo] | None = None
    for pose in dict.fromkeys(p.pose for p in photos):
        same = [p for p in photos if p.pose == pose]
        span = same[-1].taken_at - same[0].taken_at
        if len(same) > 1 and (best is None or span > best[1].taken_at - best[0].taken_at):
            best = (same[0], same[-1])
    return best


def chart(key: tuple[str, str], rows: list[followup.ScoreRecord], treated_on: dt.date) -> dict[str, Any]:
    """Points of a small drawing of a score over time, with the day of the treatment; the numbers stand in a table."""
    first, last = rows[0].scored_on, rows[-1].scored_on
    span = max((last - first).days, 1)
    low, high = rows[0].low, rows[0].high

    def x(on: dt.date) -> float:
        return round(30 + 260 * (on - first).days / span, 1)

    points = [(x(r.scored_on), round(90 - 80 * (r.value - low) / ((high - low) or 1), 1)) for r in rows]
    known = instruments.INSTRUMENTS.get(key[0])
    return {
        "title": known.title if known else key[0], "version": key[1], "rows": rows, "points": points, "low": low,
        "high": high, "better": rows[0].better, "treated": x(treated_on) if first <= treated_on <= last else None,
    }  # fmt: skip


_MASI = {
    f"{region}.{part}": (0, 6 if part == "area" else 4)
    for region in instruments.MASI_WEIGHTS
    for part in ("area", "darkness", "homogeneity")
}
#: What the form of each instrument asks: its items with the least and the most. What has no source is not offered.
FORMS: dict[str, dict[str, tuple[int, int]]] = {
    "vss": {name: (0, most) for name, most in instruments.VSS.items()},
    "posas-patient": dict.fromkeys(instruments.POSAS["posas-patient"], (1, 10)),
    "posas-observer": dict.fromkeys(instruments.POSAS["posas-observer"], (1, 10)),
    "scar": {name: (0, most) for name, most in instruments.SCAR.items()},
    "goodman-baron-qualitative": {"grade": (1, 4)},
    "masi": _MASI,
    "mmasi": {name: bounds for name, bounds in _MASI.items() if not name.endswith("homogeneity")},
    "gais": {"grade": (1, 5)},
}


def scored(name: str, items: dict[str, int], *, baseline_photograph: bool) -> instruments.Score:
    """The score of an instrument of ``FORMS`` from its items. Raises BadInput."""
    if name == "vss":
        return instruments.vss(items)
    if name in ("posas-patient", "posas-observer"):
        return instruments.posas(name, items)  # type: ignore[arg-type]
    if name == "scar":
        return instruments.scar(items)
    if name == "gais":
        return instruments.gais(items["grade"], rater="clinician", baseline_photograph=baseline_photograph)
    if name in ("masi", "mmasi"):
        regions: dict[str, dict[str, int]] = {}
        for key, value in items.items():
            region, _, part = key.partition(".")
            regions.setdefault(region, {})[part] = value
        return instruments.masi(regions, modified=name == "mmasi")
    return instruments.goodman_baron_qualitative(items["grade"])


@router.post("/treatments/{treatment_id}/scores", dependencies=[require("followup.write")])
def score(request: Request, who: Who, treatment_id: str, sent: SentForm) -> Response:
    """Store a score of an instrument whose definition was read in a source."""
    name = str(sent.get("instrument", ""))

    def save(db: Session) -> str:
        row = get(db, treatments.TreatmentRecord, treatment_id)
        if name not in FORMS:
            raise BadInput("instrument", given=f'"{name[:40]}"', allowed=", ".join(FORMS), todo="Choose one.")
        items = {
            key: whole(str(sent.get(f"item-{key}", "")), key, low, high) for key, (low, high) in FORMS[name].items()
        }
        made = scored(name, items, baseline_photograph=sent.get("baseline_photograph") == "yes")
        on = day(str(sent.get("scored_on", "")), "scored on")
        assert on is not None
        followup.record_score(
            db, who.actor, row.patient_id, made, items=items, scored_on=on,
            condition_id=row.condition_id, treatment_id=treatment_id,
        )  # fmt: skip
        return f"/treatments/{treatment_id}/healing#scores"

    typed = {key: value for key, value in sent.items() if isinstance(value, str)}
    return saved(request, save, _healing_again(request, who, treatment_id, instrument=name, typed=typed))


def whole(text: str, what: str, low: int, high: int) -> int:
    """A whole number within its range. Raises BadInput."""
    found = number(text, what, low=low, high=high, needed=True)
    if found is None or not math.isclose(found, round(found)):
        raise BadInput(what, given=f'"{text[:20]}"', allowed="a whole number", todo="Correct it.")
    return round(found)


def _healing_again(request: Request, who: Who, treatment_id: str, **extra: Any) -> Again:
    return lambda db, errors: _healing(request, who, db, treatment_id, status=422, errors=errors, **extra)


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
