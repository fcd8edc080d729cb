"""A patient leaves: everything about them in one file, and erasure by an administrator, who sees no names."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from colonnade.errors import BadInput
from colonnade.records import audit, leaving, patients, people
from colonnade.records.base import get
from colonnade.workstation.dependencies import LoggedDb, Who, database_of
from colonnade.workstation.pages.account import confirm
from colonnade.workstation.pages.entering import Action, Errors, Long, Text, blobs_of, download, prepared
from colonnade.workstation.pages.patients import record_page
from colonnade.workstation.permissions import require
from colonnade.workstation.rendering import page
from colonnade.workstation.signing_in import Secret

router = APIRouter(include_in_schema=False)


@router.post("/patients/{patient_id}/export", dependencies=[require("patients.export")])
def export(request: Request, who: Who, patient_id: str, own_password: Secret, own_code: Text = "") -> Response:
    """Everything about one patient as a zip, against the password; who looked at them is in it."""
    try:
        confirm(request, who, own_password, own_code)
    except BadInput as error:
        if not who.may("patients.read"):
            raise
        with audit.logged(database_of(request)) as db:
            return record_page(request, who, db, patient_id, status=422, errors=[error.as_dict()])
    with audit.logged(database_of(request)) as db:
        pseudonym = get(db, patients.Patient, patient_id).pseudonym
        content = leaving.export_patient(db, blobs_of(request), who.actor, patient_id)
    return download(content, "application/zip", f"patient-{pseudonym}.zip")


@router.get("/erasures", dependencies=[require("patients.erase")])
def erasures(request: Request, db: LoggedDb, who: Who) -> Response:
    """Who was erased, as far as it is still known, and the form to erase somebody."""
    audit.append(db, who.actor, "list", "tombstones")
    return _page(request, db)


def _page(request: Request, db: Session, *, status: int = 200, **extra: Any) -> Response:
    stones = db.scalars(select(leaving.Tombstone).order_by(leaving.Tombstone.erased_at.desc())).all()
    shown: dict[str, Any] = {"errors": [], "typed": {}, "done": request.query_params.get("done") == "true", **extra}
    names = {a.id: a.display_name for a in people.accounts(db)}
    return page(request, "erasures.html", status=status, stones=stones, names=names, **shown)


@router.post("/erasures", dependencies=[require("patients.erase")])
def erase(
    request: Request, who: Who, own_password: Secret, own_code: Text = "", pseudonym: Text = "", reason: Long = "",
    sure: Text = "",
) -> Response:  # fmt: skip
    """Erase everything about one patient for good."""

    def prepare() -> Action:
        confirm(request, who, own_password, own_code)
        if sure != "yes":
            raise BadInput("sure", given="not confirmed", allowed="a tick", todo="Tick it, or leave the page.")
        with database_of(request).session(write=False) as db:
            wanted = select(patients.Patient.id).where(patients.Patient.pseudonym == pseudonym.strip().upper())
            patient_id = db.scalar(wanted)
        if patient_id is None:
            raise BadInput(
                "pseudonym", given=f'"{pseudonym[:20]}"', allowed="one that stands on a record",
                todo="Read it off the patient's page.",
            )  # fmt: skip
        # a transaction of its own, after which the files go
        leaving.erase_patient(
            database_of(request), blobs_of(request), who.actor, patient_id, reason=reason,
            results=request.app.state.results, register=request.app.state.folder.erased,
        )  # fmt: skip
        return lambda _: "/erasures?done=true"

    def again(db: Session, errors: Errors) -> Response:
        return _page(request, db, status=422, errors=errors, typed={"pseudonym": pseudonym, "reason": reason})

    return prepared(request, prepare, again)
