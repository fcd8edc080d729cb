"""The training page: a plan version rehearsed on the virtual laser. Nothing here reaches any other machine.

The page sends button presses and gets frames by server-sent events. Every press is checked here: the permission by the
route, what the machine allows by the machine.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Body, Form, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse, StreamingResponse
from sqlalchemy import select

from colonnade.delivery.faults import KINDS
from colonnade.delivery.limits import machine
from colonnade.errors import BadInput
from colonnade.records import approvals, audit, patients, people, plans, training
from colonnade.records.base import NotFound, get
from colonnade.workstation.dependencies import Who, database_of
from colonnade.workstation.pages.entering import blobs_of, download
from colonnade.workstation.pages.live import told
from colonnade.workstation.permissions import require
from colonnade.workstation.rendering import page
from colonnade.workstation.training import SPEEDS, Trainings, read_back
from colonnade.workstation.training_line import Denied
from colonnade.workstation.training_session import LEFT_S, Presser, Session

router = APIRouter(prefix="/training", include_in_schema=False)
Sent = Annotated[dict[str, Any], Body()]
SHOWN = 50
#: Verdicts with which a plan does not leave the house; the machine's process refuses them, the list says so before.
HELD_BACK = ("REFUSED", "DEFERRED", "CONDITIONAL")
FILES = {
    "record.json": ("document_blob", "application/json"),
    "plan.shots": ("shots_blob", "text/plain; charset=utf-8"),
    "delivery.log": ("log_blob", "text/plain; charset=utf-8"),
}


def trainings_of(request: Request) -> Trainings:
    """The rehearsals of this server."""
    found: Trainings = request.app.state.training
    return found


# --- the list, and the start -------------------------------------------------------------------------------------
@router.get("", dependencies=[require("training.read")])
def overview(request: Request, who: Who, plan: str = "") -> Response:
    """What runs, what has been rehearsed, and the form that begins a rehearsal."""
    return _overview(request, who, plan)


def _overview(request: Request, who: Who, chosen: str, *, status: int = 200, **extra: Any) -> Response:
    table = plans.PlanVersion
    with audit.logged(database_of(request)) as db:
        rows = db.execute(
            select(table, patients.Patient.pseudonym)
            .join(patients.Patient, patients.Patient.id == table.patient_id)
            .where(table.verdict.not_in(HELD_BACK))
            .order_by(table.made_at.desc())
            .limit(SHOWN)
        ).all()
        approved = {row.id: approvals.approval_in_force(db, row) is not None for row, _ in rows}
        audit.append(db, who.actor, "list", "plans", details={"shown": len(rows)})
        records = training.latest(db, limit=SHOWN)
        names = {a.id: a.display_name for a in db.scalars(select(people.Account))}
        wanted = db.get(table, chosen) if chosen else None
    shown: dict[str, Any] = {"errors": [], "typed": {"mode": "", "speed": "1", "seed": "0"}, **extra}
    return page(
        request, "training_list.html", status=status, running=trainings_of(request).running(), records=records,
        versions=rows, approved=approved, names=names, chosen=chosen, speeds=SPEEDS,
        held_back=wanted is not None and wanted.verdict in HELD_BACK, wanted=wanted, statement=training.STATEMENT,
        **shown,
    )  # fmt: skip


@router.post("", dependencies=[require("training.run")])
def begin(
    request: Request,
    who: Who,
    plan_id: Annotated[str, Form(max_length=32)] = "",
    mode: Annotated[str, Form(max_length=20)] = "",
    speed: Annotated[str, Form(max_length=10)] = "1",
    seed: Annotated[str, Form(max_length=10)] = "0",
) -> Response:
    """Start a machine for a plan version."""
    try:
        if speed not in [str(s) for s in SPEEDS]:
            raise BadInput("speed", given=f'"{speed}"', allowed=", ".join(map(str, SPEEDS)), todo="Choose one.")
        if not seed.isascii() or not seed.isdigit() or int(seed) > 2**31 - 1:
            raise BadInput("seed", given=f'"{seed}"', allowed="a whole number from 0", todo="Correct it.")
        if mode not in ("training", "rehearsal"):
            raise BadInput("mode", given=f'"{mode}"', allowed="training or rehearsal", todo="Choose one.")
        if not plan_id:
            raise BadInput("plan", given="none", allowed="a plan version", todo="Choose one.")
        with database_of(request).session() as db:
            row, _ = plans.read_plan(db, blobs_of(request), who.actor, plan_id)
            approval = approvals.approval_in_force(db, row)
        content = blobs_of(request).get(row.plan_blob)
        made = trainings_of(request).begin(
            who.actor, who.account.display_name, row, content, approval, mode=mode, seed=int(seed), speed=float(speed)
        )
    except BadInput as error:
        return _overview(
            request,
            who,
            plan_id,
            status=422,
            errors=[error.as_dict()],
            typed={"mode": mode, "speed": speed, "seed": seed},
        )
    with database_of(request).session() as db:
        details: dict[str, audit.Detail] = {"mode": mode, "plan": row.id}
        audit.append(db, who.actor, "create", "rehearsal", made.begun.id, patient_id=row.patient_id, details=details)
    return RedirectResponse(f"/training/sessions/{made.begun.id}", status_code=303)


# --- a rehearsal that runs -----------------------------------------------------------------------------------------
@router.get("/sessions/{session_id}", dependencies=[require("training.read")])
def session_page(request: Request, who: Who, session_id: str) -> Response:
    """The machine's panel; for whoever may not run it, to watch."""
    try:
        session = trainings_of(request).find(session_id)
    except NotFound:
        # the record has the id of its rehearsal: a page that was reloaded after a restart of the server finds it
        with database_of(request).session(write=False) as db:
            if db.get(training.TrainingRecord, session_id) is None:
                raise
        return RedirectResponse(f"/training/records/{session_id}", status_code=303)
    if session.phase == "ended" and session.record_id:
        return RedirectResponse(f"/training/records/{session.record_id}", status_code=303)
    return page(
        request, "training.html", session=session, begun=session.begun, items=approvals.TIME_OUT_ITEMS,
        may_run=who.may("training.run"), statement=training.STATEMENT, faults=KINDS, left_min=int(LEFT_S // 60),
        spec=machine(),
    )  # fmt: skip


@router.get("/sessions/{session_id}/map", dependencies=[require("training.read")])
def session_map(request: Request, who: Who, session_id: str) -> Response:
    """Where every column lies, and what the machine says it has loaded beside the plan; 404 until it is prepared."""
    session = trainings_of(request).find(session_id)
    if session.line.map is None or session.line.settings is None:
        raise NotFound("map")
    settings = session.line.settings
    zones = read_back(settings, session.begun.planned)
    body = {"map": session.line.map, "settings": _shown(zones), "device": settings["device"], "tip": settings["tip"],
            "shots_sha256": settings["sha256"]}  # fmt: skip
    return JSONResponse(body)


def _shown(zones: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Numbers as people read them, with their labels."""
    from colonnade.reporting.metrics import label, show_with_unit

    def words(name: str, value: float | None) -> str:
        return "–" if value is None else show_with_unit(name, value, typed=True)

    return [
        {
            "zone": zone["zone"],
            "panel": [{"label": label(n), "value": words(n, v)} for n, v in zone["panel"].items()],
            "rows": [
                {"name": r["name"], "label": label(r["name"]), "planned": words(r["name"], r["planned"]),
                 "machine": words(r["name"], r["machine"]), "same": r["same"]}
                for r in zone["rows"]
            ],
        }
        for zone in zones
    ]  # fmt: skip


@router.get("/sessions/{session_id}/events", dependencies=[require("training.read")])
def events(request: Request, who: Who, session_id: str) -> Response:
    """The rehearsal as server-sent events: everything on connecting, then what changed, then ``end``."""
    session = trainings_of(request).find(session_id)

    async def lines() -> AsyncIterator[str]:
        async for frame in session.watch():
            yield ": still here\n\n" if frame is None else f"data: {json.dumps(frame, separators=(',', ':'))}\n\n"
        yield "event: end\ndata: end\n\n"

    return StreamingResponse(lines(), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


@router.post("/sessions/{session_id}/press", dependencies=[require("training.run")])
def press(request: Request, who: Who, session_id: str, sent: Sent) -> Response:
    """One button. 409 with the reason where machine or rehearsal say no."""
    session: Session = trainings_of(request).find(session_id)
    try:
        session.press(Presser(who.account.id, who.account.display_name), str(sent.get("do", "")), sent)
    except BadInput as error:
        return told(error)
    except Denied as error:
        return JSONResponse({"title": str(error)}, status_code=409, media_type="application/problem+json")
    return JSONResponse({"version": session.shown.version})


@router.post("/sessions/{session_id}/end", dependencies=[require("training.run")])
async def end(request: Request, who: Who, session_id: str) -> Response:
    """End it and keep its record."""
    session = trainings_of(request).find(session_id)
    session.end("ended")
    # most are summed up within some seconds; the page of the rehearsal waits for the others
    for _ in range(40):
        if session.ended:
            break
        await asyncio.sleep(0.25)
    place = f"/training/records/{session.record_id}" if session.record_id else f"/training/sessions/{session_id}"
    return RedirectResponse(place, status_code=303)


# --- what was rehearsed --------------------------------------------------------------------------------------------
def _record(request: Request, who: Who, record_id: str) -> training.TrainingRecord:
    with database_of(request).session() as db:
        return training.read(db, who.actor, record_id)


@router.get("/records/{record_id}", dependencies=[require("training.read")])
def record_page(request: Request, who: Who, record_id: str) -> Response:
    """The summary: delivered against planned, what went wrong, the log."""
    row = _record(request, who, record_id)
    document = json.loads(blobs_of(request).get(row.document_blob))
    with database_of(request).session(write=False) as db:
        there = db.get(plans.PlanVersion, row.plan_id) is not None
    return page(
        request, "training_record.html", row=row, document=document, there=there, items=approvals.TIME_OUT_ITEMS,
        statement=training.STATEMENT, files=FILES,
    )  # fmt: skip


@router.get("/records/{record_id}/map", dependencies=[require("training.read")])
def record_map(request: Request, who: Who, record_id: str) -> Response:
    """The columns of a rehearsal and what became of them, for its picture."""
    with database_of(request).session(write=False) as db:
        row = get(db, training.TrainingRecord, record_id)
    document = json.loads(blobs_of(request).get(row.document_blob))
    return JSONResponse({"map": document["map"], "columns": document["columns"]})


@router.get("/records/{record_id}/{name}", dependencies=[require("training.read")])
def record_file(request: Request, who: Who, record_id: str, name: str) -> Response:
    """A file of the record, to keep elsewhere. Each says in itself that nobody was treated."""
    if name not in FILES:
        raise NotFound("file")
    row = _record(request, who, record_id)
    column, media_type = FILES[name]
    content = blobs_of(request).get(getattr(row, column))
    return download(content, media_type, f"TRAINING-{row.id[:8]}-{name}")
