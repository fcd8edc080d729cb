"""The plan page: a case as a form, its settings with live pictures, the limits, the plan as a job."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Body, Form, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from colonnade.case import Case
from colonnade.case.model import History
from colonnade.catalogue import ids
from colonnade.errors import BadInput
from colonnade.laser import Device, device
from colonnade.planning.published import PublishedSetting, published
from colonnade.records import jobs, patients, plans
from colonnade.records.base import NotAllowed, NotFound, Stale, get, now
from colonnade.records.owned import of_patient
from colonnade.records.photographs import Photo, set_scale
from colonnade.reporting import palette
from colonnade.units import from_si, to_si
from colonnade.workstation import forms
from colonnade.workstation.dependencies import Db, LoggedDb, ReadDb, SignedIn, Who, database_of
from colonnade.workstation.pages.jobs import runner_of
from colonnade.workstation.pages.live import live_of, scale_of, told
from colonnade.workstation.permissions import require
from colonnade.workstation.rendering import page

router = APIRouter(include_in_schema=False)
Sent = Annotated[dict[str, Any], Body()]
SHOWN = 100
#: What overriding a rule needs: the same as approving.
OVERRIDE = "plans.approve"
#: Where the pages of photographs serve a file; without them a sheet of millimetres is drawn on.
PHOTO_FILE = "/photographs/{photo_id}/file"
#: Without a photograph: ten pixels to the millimetre.
SHEET_MM_PER_PX = 0.1
#: What a new draft starts from: nothing of the patient is answered for them.
FIRST_DEVICE = "lumenis-ultrapulse-deepfx"


def colours() -> dict[str, Any]:
    """The palette of all figures, for the pictures that the browser draws."""
    zones = {
        "crater": palette.ABLATED,
        "coagulated": palette.COAGULATED,
        "necrosis": palette.NECROSIS,
        "heated": palette.HEATED,
        "char": palette.CHAR,
        "spared": palette.SPARED,
    }
    return {
        "zones": {n: {"label": z.label, "fill": z.fill, "edge": z.edge, "hatch": z.hatch} for n, z in zones.items()},
        "skin": list(palette.SKIN_TONES),
        "ink": palette.INK,
    }


def blank_case(title: str) -> dict[str, Any]:
    """A case to begin with: what only a person can know is missing or unknown, and without it there is no plan."""
    return {
        "schema": "colonnade.case/1",
        "title": title,
        "synthetic": False,
        "patient": {"history": {}},
        "indication": {},
        "site": {},
        "region": {"shape": "rectangle", "width_mm": 20.0, "height_mm": 20.0},
        "device": {"id": FIRST_DEVICE},
        "goals": {},
        "clinic": {},
    }


def example_case() -> dict[str, Any]:
    """The case of the page without a patient: synthetic, and every answer in it is made up."""
    made = blank_case("Exploring: no patient")
    return made | {
        "synthetic": True,
        "patient": {"phototype": "III", "history": {}},
        "indication": {"id": "atrophic-acne-scar"},
        "site": {"id": "cheek", "side": "left"},
    }


def starting_settings(laser: Device) -> dict[str, float]:
    """The knobs of a panel at the device's own values."""
    out = {}
    for knob in forms.panel(laser):
        if knob["on_panel"] and knob["offered"]:
            out[knob["path"]] = knob["offered"]["default"]
    return out


def _trial(case: dict[str, Any], laser: Device) -> dict[str, float]:
    """The settings the sliders show: the case's own, or the device's own where the case has none."""
    given = case.get("settings")
    if not isinstance(given, dict):
        return starting_settings(laser)
    known = {knob["path"] for knob in forms.panel(laser)}
    return {name: value for name, value in given.items() if name in known and isinstance(value, int | float)}


def _laser(case: dict[str, Any]) -> Device:
    chosen = case.get("device", {}).get("id") if isinstance(case.get("device"), dict) else None
    return device(chosen if chosen in ids("devices") else FIRST_DEVICE)


def published_rows(case: dict[str, Any]) -> list[dict[str, Any]]:
    """Published settings for the indication, each with what this device's sliders would take over from it."""
    indication = case.get("indication", {}).get("id", "")
    laser = _laser(case)
    return [_published(row, laser) for row in published(indication)] if indication else []


def _published(row: PublishedSetting, laser: Device) -> dict[str, Any]:
    take: dict[str, float] = {}
    if row.device_id == laser.id:
        pairs = (
            ("energy_mJ", row.energy_low_mJ, row.energy_high_mJ),
            ("density_pct", row.density_low_pct, row.density_high_pct),
        )
        for name, low, high in pairs:
            # a range has no single value to take over; its lower end is the gentler one
            value = low if low is not None else high
            offered = getattr(laser, name)
            if value is not None and offered is not None and offered.holds(value):
                take[name] = value
    return {"row": row, "take": json.dumps(take) if take else ""}


def _context(
    request: Request, who: SignedIn, case: dict[str, Any], *, draft: plans.CaseDraft | None, db: Session | None = None
) -> dict[str, Any]:
    live_of(request).start()
    laser = _laser(case)
    writes = draft is not None and who.may("plans.write")
    setup = {
        "case": case,
        "trial": _trial(case, laser),
        "given": isinstance(case.get("settings"), dict),
        "revision": draft.revision if draft is not None else None,
        "card": forms.device_card(laser),
        "live": "/live",
        "save": f"/plans/{draft.id}/case" if draft is not None and writes else None,
        "plan": f"/plans/{draft.id}/plan" if draft is not None and writes else None,
        "physician": None,
        "may_write": writes or draft is None,
    }
    if who.may(OVERRIDE) and setup["save"]:
        setup["physician"] = {"name": who.account.display_name, "role": who.account.role}
    photos, photo = _photographs(request, who, draft, db)
    region = _drawn_on(draft, photo, keeps=writes and who.may("patients.write"))
    setup["drawing"] = {"photo_id": region["photo_id"], "mm_per_px": region["mm_per_px"]}
    return {
        "draft": draft,
        "setup": setup,
        "region": region,
        "photos": photos,
        "photo": photo,
        "palette": colours(),
        "sections": forms.sections(),
        "entries": {entry.path: entry for section in forms.sections() for entry in section.entries},
        "published": published_rows(case),
        "may_write": writes or draft is None,
        "devices": forms.library("devices"),
    }


def _photographs(
    request: Request, who: SignedIn, draft: plans.CaseDraft | None, db: Session | None
) -> tuple[Sequence[Photo], Photo | None]:
    """The patient's photographs, and the one that is drawn on: the one asked for, else the newest with a scale."""
    if draft is None or db is None or PHOTO_FILE not in request.app.state.paths or not who.may("patients.read"):
        return (), None
    query = select(Photo).where(Photo.patient_id == draft.patient_id).order_by(Photo.taken_at.desc()).limit(20)
    photos = db.scalars(query).all()
    wanted = request.query_params.get("photo", draft.drawing.get("photo_id"))
    if wanted is not None:
        return photos, next((p for p in photos if p.id == wanted), None)
    return photos, next((p for p in photos if p.scale_um_px is not None), next(iter(photos), None))


def _drawn_on(draft: plans.CaseDraft | None, photo: Photo | None, *, keeps: bool) -> dict[str, Any]:
    """What the region is drawn on: the photograph in the scale that its drawing was made in, or a sheet of mm."""
    sheet = {"photo": None, "photo_id": "", "width": 1200, "height": 900, "mm_per_px": SHEET_MM_PER_PX}
    if draft is None or photo is None:
        return {**sheet, "record_mm_per_px": None, "keep_scale": None}
    scale = None if photo.scale_um_px is None else from_si(to_si(photo.scale_um_px, "um"), "mm")
    drawn = draft.drawing if draft.drawing.get("photo_id") == photo.id else {}
    return {
        "photo": PHOTO_FILE.format(photo_id=photo.id),
        "photo_id": photo.id,
        "width": photo.width_px,
        "height": photo.height_px,
        "mm_per_px": drawn.get("mm_per_px") or scale,
        "record_mm_per_px": scale,
        "keep_scale": f"/plans/{draft.id}/scale" if keeps else None,
    }


# --- pages --------------------------------------------------------------------------------------------------
@router.get("/plans", dependencies=[require("plans.read")])
def plan_list(request: Request, who: Who, db: LoggedDb) -> Response:
    """Drafts and the plans made from them, the newest first."""
    drafts, made = plans.latest(db, who.actor, limit=SHOWN)
    people = patients.list_patients(db, who.actor) if who.may("plans.write") else []
    return page(request, "plans.html", drafts=drafts, made=made, people=people)


@router.post("/plans", dependencies=[require("plans.write")])
def new_draft(
    who: Who,
    db: Db,
    patient_id: Annotated[str, Form()],
    title: Annotated[str, Form()] = "",
    condition_id: Annotated[str, Form()] = "",
) -> Response:
    """Begin a draft for a patient, from a condition in the record where there is one."""
    title = title.strip()[:200] or "New plan"
    case = _case_from_record(blank_case(title), get(db, patients.Patient, patient_id), _answers(db, patient_id))
    if condition_id:
        condition = get(db, patients.Condition, condition_id)
        case["indication"] = {"id": condition.indication, "diagnosis": condition.diagnosis[:500]}
        case["site"] = {"id": condition.site, "side": condition.side}
    made = plans.create_draft(db, who.actor, patient_id, title=title, case=case, condition_id=condition_id)
    return RedirectResponse(f"/plans/{made.id}", status_code=303)


def _answers(db: Any, patient_id: str) -> dict[str, str]:
    """The patient's answers that a case asks for, the newest of each that was not corrected."""
    table = patients.QuestionnaireAnswers
    query = select(table).where(table.patient_id == patient_id, table.replaced_at.is_(None)).order_by(table.answered_at)
    known: dict[str, str] = {}
    for row in db.scalars(query).all():
        known |= {n: a for n, a in row.answers.items() if n in History.model_fields and a in ("yes", "no", "unknown")}
    return known


def _case_from_record(case: dict[str, Any], patient: patients.Patient, answers: dict[str, str]) -> dict[str, Any]:
    """What the record knows and a case asks: phototype, age, history. Nothing that says who it is."""
    known: dict[str, Any] = {"history": answers}
    if patient.phototype:
        known |= {"phototype": patient.phototype, "phototype_basis": "reported"}
    born = patient.birth_date
    if born is not None:
        today = now().date()
        known["age_years"] = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    return case | {"synthetic": patient.synthetic, "patient": known}


@router.get("/plans/explore", dependencies=[require("plans.read")])
def explore(request: Request, who: Who) -> Response:
    """The same page without a patient: nothing is kept."""
    return page(request, "plan.html", **_context(request, who, example_case(), draft=None), made=[], running=None)


@router.get("/plans/{draft_id}", dependencies=[require("plans.read")])
def plan_page(request: Request, who: Who, db: LoggedDb, draft_id: str) -> Response:
    """A draft with everything that depends on it."""
    draft = plans.read_draft(db, who.actor, draft_id)
    made = plans.plan_versions(db, draft_id)
    context = _context(request, who, draft.case, draft=draft, db=db)
    return page(request, "plan.html", **context, made=made, running=_running(request, who, db, draft))


def _running(request: Request, who: SignedIn, db: Any, draft: plans.CaseDraft) -> jobs.Job | None:
    """This account's newest plan job of the draft that has not ended."""
    query = select(jobs.Job).where(
        jobs.Job.kind == "plan", jobs.Job.patient_id == draft.patient_id, jobs.Job.requested_by == who.account.id
    )
    recent: Sequence[jobs.Job] = db.scalars(query.order_by(jobs.Job.created_at.desc()).limit(10)).all()
    return next((j for j in recent if j.inputs.get("draft_id") == draft.id and j.state not in jobs.ENDED), None)


@router.post("/plans/{draft_id}/case", dependencies=[require("plans.write")])
def save_case(who: Who, db: Db, draft_id: str, sent: Sent) -> Response:
    """Save the case as it stands, complete or not. 412 if somebody else saved meanwhile."""
    case, revision = sent.get("case"), sent.get("revision")
    if not isinstance(case, dict) or not isinstance(revision, int):
        return told(
            BadInput("case", given="something else", allowed="a case and its revision", todo="Reload the page.")
        )
    draft = get(db, plans.CaseDraft, draft_id)
    _refuse_strange_overrides(who, draft.case, case)
    try:
        drawing = _drawing(db, draft, sent.get("drawing"))
        title = str(case.get("title", "")) or None
        row = plans.save_draft(db, who.actor, draft_id, revision, case, title=title, drawing=drawing)
    except BadInput as error:
        return told(error)
    except Stale:
        return JSONResponse(
            {"title": "Somebody else saved this draft meanwhile. Reload the page; your last edit is not kept."},
            status_code=412,
            media_type="application/problem+json",
        )
    return JSONResponse({"revision": row.revision, "saved": f"Saved, revision {row.revision}"})


def _drawing(db: Session, draft: plans.CaseDraft, sent: Any) -> dict[str, Any] | None:
    """On which photograph of the patient was drawn, and in which scale; None where nothing is said. Raises BadInput."""
    if sent is None:
        return None
    photo_id, scale = (sent.get("photo_id"), sent.get("mm_per_px")) if isinstance(sent, dict) else (None, None)
    number = scale is None or (isinstance(scale, int | float) and not isinstance(scale, bool) and 0 < scale < 100)
    if not isinstance(photo_id, str) or not number:
        raise BadInput("drawing", given="something else", allowed="a photograph and its scale", todo="Reload the page.")
    if photo_id:
        of_patient(db, Photo, photo_id, draft.patient_id)
    return {"photo_id": photo_id, "mm_per_px": scale}


@router.post("/plans/{draft_id}/scale", dependencies=[require("plans.write")])
def keep_scale(who: Who, db: Db, draft_id: str, sent: Sent) -> Response:
    """The scale of a photograph from two points a known distance apart, stored with the photograph."""
    if not who.may("patients.write"):
        raise NotAllowed("the scale of a photograph belongs to the patient's record")
    draft = get(db, plans.CaseDraft, draft_id)
    photo = of_patient(db, Photo, str(sent.get("photo_id", "")), draft.patient_id)
    try:
        found = scale_of(sent, photo.width_px, photo.height_px)
        set_scale(db, who.actor, draft.patient_id, photo.id, from_si(to_si(found.mm_per_px, "mm"), "um"))
    except BadInput as error:
        return told(error)
    return JSONResponse({"mm_per_px": found.mm_per_px, "basis": found.basis, "kept": True})


def _overrides(case: dict[str, Any]) -> list[Any]:
    clinic = case.get("clinic")
    found = clinic.get("overrides", []) if isinstance(clinic, dict) else []
    return list(found) if isinstance(found, list | tuple) else []


def _refuse_strange_overrides(who: SignedIn, before: dict[str, Any], after: dict[str, Any]) -> None:
    """An override is a physician's own: nobody adds one for somebody else. Raises NotAllowed."""
    known = _overrides(before)
    for added in (one for one in _overrides(after) if one not in known):
        own = isinstance(added, dict) and (added.get("name"), added.get("role")) == (
            who.account.display_name,
            who.account.role,
        )
        if not (who.may(OVERRIDE) and own):
            raise NotAllowed("a rule is overridden by a credentialed physician, with their own name")


@router.post("/plans/{draft_id}/plan", dependencies=[require("plans.write")])
def make_plan(request: Request, who: Who, db: ReadDb, draft_id: str, sent: Sent) -> Response:
    """Plan the saved draft as a job. 422 with the errors by field while it is incomplete."""
    draft = get(db, plans.CaseDraft, draft_id)
    if sent.get("revision") != draft.revision:
        return told(
            BadInput("draft", given="an older revision", allowed=f"revision {draft.revision}", todo="Save it first.")
        )
    errors = forms.complaints(draft.case)
    if errors:
        field, text = next(iter(errors.items()))
        more = f" ({len(errors) - 1} more.)" if len(errors) > 1 else ""
        return told(BadInput(field or "case", given="an incomplete case", allowed=text, todo=f"Complete it.{more}"))
    inputs = {"case": Case.parse(draft.case).plain(), "draft_id": draft.id, "draft_revision": draft.revision}
    job = runner_of(request).submit(who.actor, "plan", inputs, patient_id=draft.patient_id)
    return JSONResponse({"job": job.id, "events": f"/jobs/{job.id}/events.json", "cancel": f"/jobs/{job.id}/cancel"})


@router.post("/plans/{draft_id}/keep/{job_id}", dependencies=[require("plans.write")])
def keep(request: Request, who: Who, draft_id: str, job_id: str) -> Response:
    """Keep the plan that a finished job made from this draft. Asking twice gives the same version."""
    with database_of(request).session(write=False) as db:
        job = get(db, jobs.Job, job_id)
    if job.requested_by != who.account.id or job.inputs.get("draft_id") != draft_id or not job.result_sha256:
        raise NotFound("job")
    content = request.app.state.results.get(job.result_sha256)
    blobs = request.app.state.blobs
    sha256 = plans.ready_plan(blobs, content)
    with database_of(request).session() as db:
        kept = next((v for v in plans.plan_versions(db, draft_id) if v.content_sha256 == sha256), None)
        if kept is None:
            revision = int(job.inputs["draft_revision"])
            kept = plans.store_plan(db, blobs, who.actor, draft_id, revision, content)
    return JSONResponse({"plan": f"/plans/versions/{kept.id}", "verdict": kept.verdict, "number": kept.number})
