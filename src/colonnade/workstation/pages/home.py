"""The first page: what is to be done today."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from sqlalchemy import select

from colonnade.records import jobs
from colonnade.workstation.dependencies import ReadDb, Who
from colonnade.workstation.pages.jobs import runner_of
from colonnade.workstation.permissions import require
from colonnade.workstation.rendering import page
from colonnade.workstation.roles import OWN, PERMISSIONS

router = APIRouter(include_in_schema=False)


@router.get("/", dependencies=[require(OWN)])
def today(request: Request, who: Who, db: ReadDb) -> Response:
    """Inbox, recalls and jobs, as far as the account may see them."""
    own = []
    if who.may("jobs.run"):
        query = select(jobs.Job).where(jobs.Job.requested_by == who.account.id)
        rows = db.scalars(query.order_by(jobs.Job.created_at.desc()).limit(5)).all()
        own = [(job, runner_of(request).snapshot_of(job)) for job in rows]
    return page(request, "home.html", jobs=own, may=[PERMISSIONS[p] for p in PERMISSIONS if who.may(p)])
