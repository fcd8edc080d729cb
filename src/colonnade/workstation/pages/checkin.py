"""The check-in page of the patient: reached by a token, without scripts, printable. It shows nothing of the record."""

from __future__ import annotations

import datetime as dt

from fastapi import APIRouter, Request, Response

from colonnade.errors import BadInput
from colonnade.records import followup, patients, treatments
from colonnade.records.base import NotFound, get
from colonnade.workstation.dependencies import SentForm, database_of, settings_of
from colonnade.workstation.pages.followup import answers_of, questions
from colonnade.workstation.permissions import require
from colonnade.workstation.rendering import page
from colonnade.workstation.roles import OPEN

router = APIRouter(include_in_schema=False)
#: Signs that a patient can see for themselves, in plain words. The whole list stands on the form of staff.
PLAIN = {
    "breathing_trouble": "Trouble breathing", "lip_tongue_swelling": "Swelling of lips or tongue", "faint": "Fainting",
    "chest_pain": "Chest pain", "very_unwell": "Feeling very unwell", "spreading_redness": "Redness that spreads",
    "pus": "Pus", "bad_smell": "Bad smell", "grouped_blisters": "Small blisters in a group",
    "severe_pain": "Severe pain", "bleeding_not_stopping": "Bleeding that does not stop", "eye_pain": "Eye pain",
    "vision_change": "Change of vision", "black_skin": "Black skin", "new_rash": "New rash",
    "brown_patches": "Brown patches", "pale_area": "Pale area", "thick_raised_scar": "A thick raised scar",
    "milia_or_pimples": "White bumps or pimples", "lasting_redness": "Redness that stays", "worried": "I am worried",
}  # fmt: skip


def _refuse_without_address(request: Request) -> None:
    """The page exists only where the clinic has a public address; otherwise staff enter the answers."""
    if not settings_of(request).clinic.public_address:
        raise NotFound("page")


@router.get("/check-in/{token}", dependencies=[require(OPEN)])
def form(request: Request, token: str) -> Response:
    """The questions. The same answer for every link that does not hold."""
    _refuse_without_address(request)
    return _form(request, token)


def _form(request: Request, token: str, *, status: int = 200, errors: list[dict[str, str]] | None = None) -> Response:
    with database_of(request).session(write=False) as db:
        link = followup.invitation(db, token)
        on = get(db, treatments.TreatmentRecord, link.treatment_id).treated_on
        language = get(db, patients.Patient, link.patient_id).language
    day = (dt.datetime.now().astimezone().date() - on).days
    return page(
        request, "check_in_patient.html", status=status, token=token, day=day, plain=PLAIN, typed={},
        errors=errors or [], clinic=settings_of(request).clinic, language=language, **questions(),
    )  # fmt: skip


@router.post("/check-in/{token}", dependencies=[require(OPEN)])
def answer(request: Request, token: str, sent: SentForm) -> Response:
    """Store the answers; say at once what to do. Nothing here replaces a call in an emergency."""
    _refuse_without_address(request)
    try:
        with database_of(request).session() as db:
            made = followup.answer_by_token(db, token, answers_of(sent))
            language = get(db, patients.Patient, made.patient_id).language
    except BadInput as error:
        return _form(request, token, status=422, errors=[error.as_dict()])
    clinic = settings_of(request).clinic
    return page(request, "check_in_answered.html", result=made.result, clinic=clinic, language=language)
