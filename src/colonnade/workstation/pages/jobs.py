"""Computations: what runs, what has run, cancel and run again. The page follows the job, never a timer."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse, StreamingResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from colonnade.records import jobs, people
from colonnade.records.base import Database, NotFound
from colonnade.records.plans import PlanVersion
from colonnade.workstation.dependencies import SignedIn, Who, database_of
from colonnade.workstation.jobs import JobRunner, Snapshot
from colonnade.workstation.languages import marked
from colonnade.workstation.permissions import require
from colonnade.workstation.rendering import environment, is_fragment, language_of, page

router = APIRouter(include_in_schema=False)
SHOWN = 100
#: What results are, by how they begin: ending and media type.
MADE = {
    b"{": ("json", "application/json"),
    b"[": ("json", "application/json"),
    b"PK": ("zip", "application/zip"),
    b"CNF1": ("cnf", "application/octet-stream"),
    b"": ("h5", "application/x-hdf5"),
}


def runner_of(request: Request) -> JobRunner:
    """The runner of this application."""
    runner: JobRunner = request.app.state.runner
    return runner


def made(content: bytes) -> tuple[str, str]:
    """Ending and media type of a result."""
    return next(found for begin, found in MADE.items() if content.startswith(begin))


def own_job(database: Database, who: SignedIn, job_id: str) -> jobs.Job:
    """The job, if it is this account's. Raises NotFound: others do not learn that it exists."""
    with database.session(write=False) as db:
        job = db.get(jobs.Job, job_id)
    if job is None or job.requested_by != who.account.id:
        raise NotFound("job")
    return job


def job_of(db: Session, kind: str, plan: PlanVersion, **inputs: Any) -> jobs.Job | None:
    """What was made of a plan version with these inputs: done, or under way; the newest."""
    wanted = {"plan_sha256": plan.content_sha256, **inputs}
    query = select(jobs.Job).where(jobs.Job.kind == kind, jobs.Job.patient_id == plan.patient_id)
    good = [
        job
        for job in db.scalars(query.order_by(jobs.Job.created_at.desc())).all()
        if all(job.inputs.get(name) == value for name, value in wanted.items())
    ]
    done = next((job for job in good if job.state == "done"), None)
    return done or next((job for job in good if job.state not in jobs.ENDED), None)


def begin_or_follow(
    request: Request, who: SignedIn, found: jobs.Job | None, kind: str, plan: PlanVersion,
    inputs: Callable[[], dict[str, Any]],
) -> Response:  # fmt: skip
    """What is done serves everybody who sees the plan; what somebody else has under way cannot be followed."""
    job = found
    if job is None or (job.state != "done" and job.requested_by != who.account.id):
        job = runner_of(request).submit(who.actor, kind, inputs(), patient_id=plan.patient_id)
    return JSONResponse({"job": job.id, "state": job.state})


def complaint(snapshot: Snapshot) -> dict[str, str]:
    """What a failed job says, in the four parts; an older text as it is."""
    try:
        parts = json.loads(snapshot.error)
    except ValueError:
        parts = None
    return parts if isinstance(parts, dict) else {"given": snapshot.error, "what": "", "allowed": "", "todo": ""}


@router.get("/jobs", dependencies=[require("jobs.run")])
def job_list(request: Request, who: Who) -> Response:
    """The newest jobs of this account."""
    return _list(request, who, everybody=False)


@router.get("/jobs/everybody", dependencies=[require("jobs.all")])
def all_jobs(request: Request, who: Who) -> Response:
    """The newest jobs of all accounts; what they were about is not shown."""
    return _list(request, who, everybody=True)


def _list(request: Request, who: SignedIn, *, everybody: bool) -> Response:
    query = select(jobs.Job, people.Account.display_name).join(
        people.Account, people.Account.id == jobs.Job.requested_by, isouter=True
    )
    if not everybody:
        query = query.where(jobs.Job.requested_by == who.account.id)
    with database_of(request).session(write=False) as db:
        rows = db.execute(query.order_by(jobs.Job.created_at.desc()).limit(SHOWN)).all()
    runner = runner_of(request)
    shown = [(job, runner.snapshot_of(job), name) for job, name in rows]
    return page(request, "jobs.html", jobs=shown, everybody=everybody, complaint=complaint)


@router.get("/jobs/{job_id}", dependencies=[require("jobs.run")])
def job_page(request: Request, who: Who, job_id: str) -> Response:
    """One job, live."""
    job = own_job(database_of(request), who, job_id)
    shown: dict[str, Any] = {"job": job, "at": runner_of(request).snapshot_of(job), "complaint": complaint}
    return page(request, "parts/job.html" if is_fragment(request) else "job.html", **shown)


@router.get("/jobs/{job_id}/result", dependencies=[require("jobs.run")])
def job_result(request: Request, who: Who, job_id: str) -> Response:
    """The result as it is stored. Its SHA-256 is checked on reading."""
    job = own_job(database_of(request), who, job_id)
    if not job.result_sha256:
        raise NotFound("result")
    content = request.app.state.results.get(job.result_sha256)
    ending, media_type = made(content)
    name = f"{job.kind.replace(' ', '-')}-{job.result_sha256[:12]}.{ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "ETag": f'"{job.result_sha256}"'}
    return Response(content, media_type=media_type, headers=headers)


@router.post("/jobs/{job_id}/cancel", dependencies=[require("jobs.run")])
def cancel(request: Request, who: Who, job_id: str) -> Response:
    """Ask it to stop."""
    own_job(database_of(request), who, job_id)
    runner_of(request).cancel(who.actor, job_id)
    return _back(request, job_id)


@router.post("/jobs/{job_id}/cancel-for-all", dependencies=[require("jobs.all")])
def cancel_any(request: Request, who: Who, job_id: str) -> Response:
    """Ask anybody's job to stop."""
    runner_of(request).cancel(who.actor, job_id)
    return RedirectResponse("/jobs/everybody", status_code=303)


@router.post("/jobs/{job_id}/rerun", dependencies=[require("jobs.run")])
def rerun(request: Request, who: Who, job_id: str) -> Response:
    """Run it again with the same inputs, as a new job."""
    own_job(database_of(request), who, job_id)
    return _back(request, runner_of(request).rerun(who.actor, job_id).id)


def _back(request: Request, job_id: str) -> Response:
    return RedirectResponse(f"/jobs/{job_id}", status_code=303)


@router.get("/jobs/{job_id}/events", dependencies=[require("jobs.run")])
def events(request: Request, who: Who, job_id: str) -> Response:
    """The live part of the page as server-sent events: the state on connecting, every change, then ``end``."""
    job = own_job(database_of(request), who, job_id)  # before the stream begins: afterwards no 404 is possible

    template = environment(language_of(request)).get_template("parts/job_state.html")

    def shown(at: Snapshot) -> str:
        return marked(template.render(job=job, at=at, complaint=complaint))

    return _stream(runner_of(request), job_id, shown)


@router.get("/jobs/{job_id}/events.json", dependencies=[require("jobs.run")])
def events_json(request: Request, who: Who, job_id: str) -> Response:
    """The same as JSON, for the elements of the plan page."""
    own_job(database_of(request), who, job_id)
    return _stream(runner_of(request), job_id, lambda at: json.dumps(plain(at)))


def plain(at: Snapshot) -> dict[str, Any]:
    """A snapshot as plain data."""
    return {
        "id": at.id,
        "kind": at.kind,
        "state": at.state,
        "progress": at.progress,
        "phase": at.phase,
        "text": at.text,
        "elapsed_s": round(at.elapsed_s, 1),
        "left_s": None if at.left_s is None else round(at.left_s, 1),
        "result_sha256": at.result_sha256,
        "error": complaint(at) if at.error else None,
    }


def _stream(runner: JobRunner, job_id: str, shown: Any) -> Response:
    async def lines() -> AsyncIterator[str]:
        async for at in runner.watch(job_id):
            if at is None:
                yield ": still here\n\n"
                continue
            data = "".join(f"data: {line}\n" for line in shown(at).splitlines())
            yield f"{data}\n"
            if at.ended:
                yield "event: end\ndata: end\n\n"

    return StreamingResponse(lines(), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})
