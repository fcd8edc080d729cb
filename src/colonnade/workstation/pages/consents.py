"""Consents: to treatment, to photographs, to teaching; each given, worded, versioned and revoked apart."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from colonnade.catalogue import ids, load
from colonnade.errors import BadInput
from colonnade.records import patients
from colonnade.records.base import get
from colonnade.workstation.dependencies import LoggedDb, Who
from colonnade.workstation.pages.entering import Long, Text, banner, day, saved
from colonnade.workstation.permissions import require
from colonnade.workstation.rendering import page

router = APIRouter(include_in_schema=False)
#: In the order in which they are asked.
KINDS = ("treatment", "photography", "teaching")
RELATIONS = ("patient", "parent", "guardian", "interpreter for the patient")


def wording(kind: str) -> dict[str, Any]:
    """The wording of the library for a kind of consent. Raises BadInput for another kind."""
    if kind not in KINDS or kind not in ids("consents"):
        raise BadInput("consent", given=f'"{kind[:20]}"', allowed=", ".join(KINDS), todo="Choose one.")
    return load("consents", kind)


@router.get("/patients/{patient_id}/consents", dependencies=[require("patients.read")])
def consents(request: Request, who: Who, db: LoggedDb, patient_id: str) -> Response:
    """What was consented to, and the forms for the rest."""
    return _page(request, who, db, patient_id)


def _page(request: Request, who: Who, db: Session, patient_id: str, *, status: int = 200, **extra: Any) -> Response:
    one = patients.read_patient(db, who.actor, patient_id)
    given = db.scalars(
        select(patients.Consent)
        .where(patients.Consent.patient_id == patient_id)
        .order_by(patients.Consent.given_at.desc())
    ).all()
    shown = {"errors": [], "typed": {}, **extra}
    return page(
        request, "consents.html", status=status, **banner(db, one), given=given, relations=RELATIONS,
        forms_=[wording(kind) for kind in KINDS],
        in_force=patients.consents_in_force(db, patient_id), **shown,
    )  # fmt: skip


@router.post("/patients/{patient_id}/consents", dependencies=[require("patients.write")])
def give(
    request: Request, who: Who, patient_id: str, kind: Text = "", version: Text = "", signed_by: Text = "",
    relation: Text = "patient", valid_until: Text = "", wording_sent: Long = "",
) -> Response:  # fmt: skip
    """Record a consent to the wording that was shown."""

    def save(db: Session) -> str:
        form = wording(kind)
        if version != form["version"]:
            raise BadInput(
                "consent", given=f"version {version[:20]}", allowed=f"version {form['version']}",
                todo="The wording was changed since this page was opened. Read it again.",
            )  # fmt: skip
        if relation not in RELATIONS:
            raise BadInput("relation", given=relation[:40], allowed=", ".join(RELATIONS), todo="Choose one.")
        patients.give_consent(
            db, who.actor, patient_id, kind=kind, form=form["title"], form_version=form["version"],  # type: ignore[arg-type]
            form_text=wording_sent.strip() or form["text"], signed_by=signed_by, relation=relation,
            valid_until=day(valid_until, "consent: valid until", needed=False),
        )  # fmt: skip
        return f"/patients/{patient_id}/consents"

    return saved(request, save, lambda db, errors: _page(request, who, db, patient_id, status=422, errors=errors))


@router.post("/patients/{patient_id}/consents/{consent_id}/revoke", dependencies=[require("patients.write")])
def revoke(request: Request, who: Who, patient_id: str, consent_id: str, reason: Text = "") -> Response:
    """It stays on record, and no longer counts from now on."""

    def save(db: Session) -> str:
        if get(db, patients.Consent, consent_id).patient_id != patient_id:
            raise BadInput("consent", given="one of another record", allowed="one of this record", todo="Go back.")
        patients.revoke_consent(db, who.actor, consent_id, reason=reason)
        return f"/patients/{patient_id}/consents"

    return saved(request, save, lambda db, errors: _page(request, who, db, patient_id, status=422, errors=errors))
