"""Computations over HTTP: start one, follow it, cancel it, fetch its result."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import Field

from colonnade.errors import BadInput
from colonnade.records import jobs
from colonnade.records.base import NotFound
from colonnade.workstation.api.common import ID, PREFIX, PROBLEMS, Body, IdempotencyKey
from colonnade.workstation.dependencies import Who, database_of
from colonnade.workstation.jobs import Snapshot
from colonnade.workstation.pages.jobs import MADE, made, own_job, runner_of
from colonnade.workstation.permissions import require

router = APIRouter(prefix=PREFIX, tags=["jobs"], responses=PROBLEMS)


#: What callers may have computed: kinds that need nothing but what is sent with them.
KINDS = ("plan", "field")


class NewJob(Body):
    """What to compute: a kind of the server, and its inputs as plain data (``{"case": {...}}`` for a plan)."""

    kind: str = Field(max_length=40)
    inputs: dict[str, Any]


class JobOut(Body):
    """Where a job stands."""

    id: str
    kind: str
    state: str
    progress: float
    phase: str
    error: str
    result_sha256: str
    elapsed_s: float


def _out(at: Snapshot) -> JobOut:
    return JobOut(
        id=at.id, kind=at.kind, state=at.state, progress=at.progress, phase=at.phase, error=at.error,
        result_sha256=at.result_sha256, elapsed_s=at.elapsed_s,
    )  # fmt: skip


@router.post("/jobs", status_code=202, dependencies=[require("jobs.run")])
def start(request: Request, who: Who, body: NewJob, response: Response, idempotency_key: IdempotencyKey = "") -> JobOut:
    """Queue a computation; the answer says where to follow it."""
    if body.kind not in KINDS:
        raise BadInput("job", given=f'"{body.kind}"', allowed=", ".join(KINDS), todo="Choose one of them.")
    job = runner_of(request).submit(who.actor, body.kind, body.inputs, idempotency_key=idempotency_key)
    response.headers["Location"] = f"{PREFIX}/jobs/{job.id}"
    return _out(runner_of(request).snapshot_of(job))


@router.get("/jobs/{job_id}", dependencies=[require("jobs.run")])
def read(request: Request, who: Who, job_id: ID) -> JobOut:
    """Where it stands."""
    return _out(runner_of(request).snapshot_of(own_job(database_of(request), who, job_id)))


@router.post("/jobs/{job_id}/cancel", dependencies=[require("jobs.run")])
def cancel(request: Request, who: Who, job_id: ID) -> JobOut:
    """Ask it to stop. One that has ended stays as it is."""
    own_job(database_of(request), who, job_id)
    job: jobs.Job = runner_of(request).cancel(who.actor, job_id)
    return _out(runner_of(request).snapshot_of(job))


@router.get(
    "/jobs/{job_id}/result",
    dependencies=[require("jobs.run")],
    response_class=Response,
    responses={200: {"content": {media_type: {} for _, media_type in MADE.values()}, "description": "The result"}},
)
def result(request: Request, who: Who, job_id: ID) -> Response:
    """The result, verified; its SHA-256 is the ETag."""
    job = own_job(database_of(request), who, job_id)
    if not job.result_sha256:
        raise NotFound("result")
    content = request.app.state.results.get(job.result_sha256)
    return Response(content, media_type=made(content)[1], headers={"ETag": f'"{job.result_sha256}"'})
