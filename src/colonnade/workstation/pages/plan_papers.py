"""The printed plan: made as a job from the plan version as it is stored, then taken out paper by paper."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from colonnade.errors import BadInput
from colonnade.records import audit, jobs, plans
from colonnade.records.base import Database, NotFound, get
from colonnade.records.blobs import BlobStore, DamagedBlob
from colonnade.records.owned import log
from colonnade.workstation.dependencies import ReadDb, Who, database_of
from colonnade.workstation.pages.entering import download
from colonnade.workstation.pages.jobs import begin_or_follow, job_of
from colonnade.workstation.permissions import require
from colonnade.workstation.work_papers import ARCHIVE, PAPERS, PLAN

router = APIRouter(include_in_schema=False)
KIND = "papers"


def feed(database: Database, blobs: BlobStore, job: jobs.Job) -> Mapping[str, bytes]:
    """What the job finds in its folder: the plan version that it names, which must be of the job's own patient."""
    if job.kind != KIND:
        return {}
    with database.session(write=False) as db:
        row = db.get(plans.PlanVersion, str(job.inputs.get("plan_id", "")))
    if row is None or row.patient_id != job.patient_id:
        raise BadInput("papers", given="a plan that does not exist", allowed="a plan version", todo="Open the plan.")
    try:
        return {PLAN: blobs.get(row.plan_blob)}
    except (DamagedBlob, NotFound):
        raise BadInput(
            "papers", given="a plan whose file is damaged", allowed="a whole one", todo="Make the plan again."
        ) from None


def papers_of(request: Request, db: Session, row: plans.PlanVersion) -> list[str]:
    """The papers that were made of this plan version; none before."""
    job = job_of(db, KIND, row, plan_id=row.id)
    if job is None or job.state != "done":
        return []
    with _opened(request, job) as archive:
        return [name for name in PAPERS if name in archive.namelist()]


def _opened(request: Request, job: jobs.Job) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(request.app.state.results.get(job.result_sha256)))


@router.post("/plans/versions/{plan_id}/papers", dependencies=[require("jobs.run")])
def start(request: Request, who: Who, db: ReadDb, plan_id: str) -> Response:
    """Begin the papers as a job; what is done serves everybody who sees the plan."""
    if not who.may("plans.read"):
        raise NotFound("plan")
    row = get(db, plans.PlanVersion, plan_id)
    found = job_of(db, KIND, row, plan_id=row.id)
    inputs = {"plan_id": row.id, "plan_sha256": row.content_sha256}
    return begin_or_follow(request, who, found, KIND, row, lambda: inputs)


@router.get("/plans/versions/{plan_id}/papers/{name}", dependencies=[require("plans.read")])
def paper(request: Request, who: Who, plan_id: str, name: str) -> Response:
    """One paper, or the whole archive, to print or to keep. That it left is written down first."""
    with database_of(request).session(write=False) as db:
        row = get(db, plans.PlanVersion, plan_id)
        job = job_of(db, KIND, row, plan_id=row.id)
        if job is None or job.state != "done":
            raise NotFound("papers")
        content = request.app.state.results.get(job.result_sha256)
        if name != ARCHIVE:
            with _opened(request, job) as archive:
                if name not in PAPERS or name not in archive.namelist():
                    raise NotFound("paper")
                content = archive.read(name)
    with audit.logged(database_of(request)) as db:
        log(db, who.actor, "export", row, document=name)
    media_type = "application/zip" if name == ARCHIVE else "application/pdf"
    return download(content, media_type, f"plan-{row.content_sha256[:12]}-{name}")
