"""Patients: the list, a new one, the record with conditions and history."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from colonnade.aftercare.language import LANGUAGES
from colonnade.catalogue import ids
from colonnade.errors import BadInput
from colonnade.records import approvals, patients, photographs, plans, treatments
from colonnade.records.outcomes import HIDDEN_BELOW, pseudonymised
from colonnade.workstation.dependencies import LoggedDb, SentForm, Who, database_of
from colonnade.workstation.pages.entering import (
    HISTORY,
    Errors,
    Long,
    Revision,
    Text,
    banner,
    day,
    history_of,
    questions,
    saved,
)
from colonnade.workstation.permissions import require
from colonnade.workstation.rendering import page

router = APIRouter(include_in_schema=False)
SHOWN = 100
SIDES = ("left", "right", "midline", "both")
#: The version of the questions travels with the answers, so that a changed question is not taken as answered.
HISTORY_VERSION = "colonnade.case/1"


@router.get("/patients", dependencies=[require("patients.pseudonymised")])
def patient_list(request: Request, who: Who, db: LoggedDb) -> Response:
    """Everybody by name; for a researcher, treatments without names."""
    if not who.sees_names:
        return page(
            request, "patients_pseudonymised.html", rows=pseudonymised(db, who.actor), hidden_below=HIDDEN_BELOW
        )
    return _list(request, who, db, "")


# a search in the address would put names into the history of the browser and into logs
@router.post("/patients/search", dependencies=[require("patients.read")])
def search(request: Request, who: Who, db: LoggedDb, search: Text = "") -> Response:
    """Those whose name, record number or pseudonym begins so."""
    return _list(request, who, db, search)


def _list(request: Request, who: Who, db: Session, search: str) -> Response:
    found = patients.list_patients(db, who.actor, search=search, limit=SHOWN + 1)
    return page(request, "patients.html", patients=found[:SHOWN], more=len(found) > SHOWN, search=search)


class PatientForm:
    """The fields of the form, as they were sent."""

    def __init__(
        self,
        family_name: Text = "",
        given_name: Text = "",
        birth_date: Text = "",
        sex: Text = "",
        record_number: Text = "",
        telephone: Text = "",
        email: Text = "",
        language: Text = "en",
        phototype: Text = "",
        alerts: Long = "",
        note: Long = "",
    ) -> None:
        self.typed: dict[str, str] = {
            "family_name": family_name, "given_name": given_name, "birth_date": birth_date, "sex": sex,
            "record_number": record_number, "telephone": telephone, "email": email, "language": language,
            "phototype": phototype, "alerts": alerts, "note": note,
        }  # fmt: skip

    def fields(self) -> dict[str, Any]:
        """As the record takes them. Raises BadInput."""
        out: dict[str, Any] = {k: v.strip() for k, v in self.typed.items()}
        out["birth_date"] = day(self.typed["birth_date"], "patient: date of birth", needed=False)
        out["alerts"] = [line.strip()[:80] for line in self.typed["alerts"].splitlines() if line.strip()][:20]
        if out["language"] not in LANGUAGES:
            raise BadInput("language", given="another one", allowed=", ".join(LANGUAGES), todo="Choose one.")
        return out


Sent = Annotated[PatientForm, Depends(PatientForm)]


def _form(request: Request, typed: dict[str, str], *, patient: Any = None, status: int = 200, **extra: Any) -> Response:
    languages = [(tag, one.name) for tag, one in LANGUAGES.items()]
    shown = {"errors": [], **extra}
    return page(request, "patient_form.html", status=status, patient=patient, typed=typed, languages=languages, **shown)


@router.get("/patients/new", dependencies=[require("patients.write")])
def new(request: Request) -> Response:
    """The form for a new patient."""
    return _form(request, {"language": "en"})


@router.post("/patients", dependencies=[require("patients.write")])
def create(request: Request, who: Who, form: Sent) -> Response:
    """Make the patient and open the record."""
    return saved(
        request,
        lambda db: f"/patients/{patients.create_patient(db, who.actor, **form.fields()).id}",
        lambda _, errors: _form(request, form.typed, status=422, errors=errors),
    )


@router.get("/patients/{patient_id}/edit", dependencies=[require("patients.write")])
def edit_form(request: Request, who: Who, db: LoggedDb, patient_id: str) -> Response:
    """The form with what is known."""
    one = patients.read_patient(db, who.actor, patient_id)
    typed = {name: str(getattr(one, name) or "") for name in PatientForm().typed if name != "alerts"}
    return _form(request, typed | {"alerts": "\n".join(one.alerts)}, patient=one)


@router.post("/patients/{patient_id}/edit", dependencies=[require("patients.write")])
def edit(request: Request, who: Who, patient_id: str, revision: Revision, form: Sent) -> Response:
    """Save; what stood there is kept as an earlier version."""

    def again(db: Session, errors: Errors) -> Response:
        one = patients.read_patient(db, who.actor, patient_id)
        return _form(request, form.typed, patient=one, status=422, errors=errors)

    def save(db: Session) -> str:
        patients.edit_patient(db, who.actor, patient_id, revision, **form.fields())
        return f"/patients/{patient_id}"

    return saved(request, save, again)


# --- the record -----------------------------------------------------------------------------------------------------
@router.get("/patients/{patient_id}", dependencies=[require("patients.read")])
def record(request: Request, who: Who, db: LoggedDb, patient_id: str) -> Response:
    """The whole record on one page."""
    return record_page(request, who, db, patient_id)


def record_page(
    request: Request, who: Who, db: Session, patient_id: str, *, status: int = 200, **extra: Any
) -> Response:
    """The page of the record; also with what was wrong in one of its forms."""
    one = patients.read_patient(db, who.actor, patient_id)

    def of(table: Any, *order: Any) -> list[Any]:
        return list(db.scalars(select(table).where(table.patient_id == patient_id).order_by(*order)).all())

    conditions = of(patients.Condition, patients.Condition.created_at)
    spots = of(patients.TestSpot, patients.TestSpot.done_on.desc())
    versions = of(plans.PlanVersion, plans.PlanVersion.made_at.desc())
    shown: dict[str, Any] = {
        **banner(db, one),
        "conditions": conditions,
        "consents": patients.consents_in_force(db, patient_id),
        "history": history_of(db, patient_id),
        "questions": questions(),
        "photos": db.scalar(select(func.count()).where(photographs.Photo.patient_id == patient_id)),
        "spots": spots,
        "drafts": plans.drafts_of(db, patient_id),
        "versions": versions,
        "approved": approvals.approved_among(db, versions),
        "treatments": of(treatments.TreatmentRecord, treatments.TreatmentRecord.treated_on.desc()),
        "indications": ids("indications"),
        "sites": ids("sites"),
        "sides": SIDES,
        "today": dt.datetime.now().astimezone().date(),
        "errors": [],
        "typed": {},
        **extra,
    }
    return page(request, "patient.html", status=status, **shown)


@router.post("/patients/{patient_id}/conditions", dependencies=[require("patients.write")])
def add_condition(
    request: Request, who: Who, patient_id: str, indication: Text = "", site: Text = "", side: Text = "",
    diagnosis: Long = "", since: Text = "",
) -> Response:  # fmt: skip
    """What is to be treated, and where."""
    typed = {"indication": indication, "site": site, "side": side, "diagnosis": diagnosis, "since": since}

    def save(db: Session) -> str:
        for what, given, kind in (("indication", indication, "indications"), ("site", site, "sites")):
            if given not in ids(kind):
                raise BadInput(what, given=f'"{given[:40]}"', allowed="one of the list", todo="Choose one.")
        patients.add_condition(
            db, who.actor, patient_id, indication=indication, site=site, side=side,  # type: ignore[arg-type]
            diagnosis=diagnosis.strip(), since=since.strip()[:80],
        )  # fmt: skip
        return f"/patients/{patient_id}#conditions"

    def again(db: Session, errors: Errors) -> Response:
        return record_page(request, who, db, patient_id, status=422, errors=errors, typed=typed)

    return saved(request, save, again)


@router.get("/patients/{patient_id}/history", dependencies=[require("patients.read")])
def history_form(request: Request, who: Who, db: LoggedDb, patient_id: str) -> Response:
    """The questions, each unknown until somebody answers it."""
    one = patients.read_patient(db, who.actor, patient_id)
    found = history_of(db, patient_id)
    answers = found.answers if found is not None else {}
    return page(
        request, "history.html", **banner(db, one), found=found, questions=questions(), answers=answers, errors=[]
    )


@router.post("/patients/{patient_id}/history", dependencies=[require("patients.write")])
def save_history(request: Request, who: Who, patient_id: str, sent: SentForm) -> Response:
    """Store the answers; earlier ones are kept. A question that was not sent is unknown."""
    answers = {name: str(sent.get(name, "unknown")) for name, _ in questions()}
    answers = {name: value if value in ("yes", "no") else "unknown" for name, value in answers.items()}
    with database_of(request).session() as db:
        found = history_of(db, patient_id)
        patients.record_answers(
            db, who.actor, patient_id, questionnaire=HISTORY, version=HISTORY_VERSION, answers=answers,
            replaces=found.id if found is not None else "",
        )  # fmt: skip
    return Response(status_code=303, headers={"Location": f"/patients/{patient_id}#history"})
