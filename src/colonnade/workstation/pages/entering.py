"""What the pages of the record share: reading form fields, saving with one clear refusal, who the page is about."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from colonnade.case.model import History
from colonnade.errors import BadInput
from colonnade.records import audit
from colonnade.records.base import NotAllowed
from colonnade.records.blobs import BlobStore
from colonnade.records.patients import Patient, QuestionnaireAnswers
from colonnade.workstation.dependencies import database_of

Text = Annotated[str, Form(max_length=200)]
Long = Annotated[str, Form(max_length=4000)]
Revision = Annotated[int, Form(ge=1, le=10_000_000)]
Errors = list[dict[str, str]]
#: What a form does in one transaction; it gives the address to go to.
Action = Callable[[Session], str]
#: The form once more, with what is wrong: it answers with status 422. Its session reads, and looks are logged.
Again = Callable[[Session, Errors], Response]

HISTORY = "colonnade.history"
#: Answers of the history that stand at the top of every page about the patient, in words for the room.
ALERTS = {
    "pregnant_or_lactating": "Pregnant or breast-feeding",
    "active_infection_in_field": "Infection or open wound in the field",
    "keloid_tendency": "Keloid tendency",
    "isotretinoin_within_6_months": "Isotretinoin within 6 months",
    "anticoagulant_or_bleeding": "Anticoagulant or bleeding disorder",
    "herpes_history": "Herpes simplex",
    "immunosuppressed": "Immunosuppressed",
    "history_of_pih": "Dark marks after injuries",
}


def blobs_of(request: Request) -> BlobStore:
    """Where files are kept."""
    store: BlobStore = request.app.state.blobs
    return store


def day(text: str, what: str, *, needed: bool = True) -> dt.date | None:
    """A day as a form sends it. Raises BadInput."""
    if not text.strip() and not needed:
        return None
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError:
        raise BadInput(
            what, given=f'"{text[:20]}"', allowed="a day as YYYY-MM-DD", todo="Choose it from the calendar."
        ) from None


def number(text: str, what: str, *, low: float, high: float, needed: bool = False) -> float | None:
    """A finite number within its range. Raises BadInput."""
    if not text.strip() and not needed:
        return None
    try:
        value = float(text.strip().replace(",", "."))
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise BadInput(what, given=f'"{text[:20]}"', allowed=f"a number from {low:g} to {high:g}", todo="Correct it.")
    return value


def saved(request: Request, action: Action, again: Again) -> Response:
    """Do ``action`` in one transaction and go to the address it gives; on bad input show the form ``again``.

    Nothing is saved in that case. ``action`` holds the write lock: what takes time belongs before it (``prepared``).
    """
    return prepared(request, lambda: action, again)


def prepared(request: Request, prepare: Callable[[], Action], again: Again) -> Response:
    """As ``saved``, for what takes time: ``prepare`` reads, computes and checks outside the transaction that writes,
    and gives the action.
    """
    try:
        action = prepare()
        with database_of(request).session() as db:
            target = action(db)
    except BadInput as error:
        errors = [error.as_dict()]
    except NotAllowed as error:
        text = f"{str(error)[:1].upper()}{str(error)[1:]}"
        errors = [{"what": "not allowed", "given": "this entry", "allowed": "see below", "todo": f"{text}."}]
    else:
        return RedirectResponse(target, status_code=303)
    with audit.logged(database_of(request)) as db:
        return again(db, errors)


def download(content: bytes, media_type: str, name: str) -> Response:
    """A file that the browser keeps under this name."""
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def history_of(db: Session, patient_id: str) -> QuestionnaireAnswers | None:
    """The answers in force of the history questionnaire."""
    query = select(QuestionnaireAnswers).where(
        QuestionnaireAnswers.patient_id == patient_id,
        QuestionnaireAnswers.questionnaire == HISTORY,
        QuestionnaireAnswers.replaced_at.is_(None),
    )
    return db.scalars(query.order_by(QuestionnaireAnswers.answered_at.desc())).first()


def questions() -> list[tuple[str, str]]:
    """The history questions of a case, by field name, in their order."""
    return [(name, str(field.title)) for name, field in History.model_fields.items()]


def banner(db: Session, patient: Patient) -> dict[str, Any]:
    """Who the page is about, and what must be known before the first pulse. What nobody asked is unknown, never no.

    The alerts are those of the history; those that somebody typed stand in ``patient.alerts``.
    """
    found = history_of(db, patient.id)
    answers = found.answers if found is not None else {}
    yes = [words for name, words in ALERTS.items() if answers.get(name) == "yes"]
    unknown = [words for name, words in ALERTS.items() if answers.get(name, "unknown") not in ("yes", "no")]
    return {"patient": patient, "alerts": yes, "unknown_alerts": unknown}
