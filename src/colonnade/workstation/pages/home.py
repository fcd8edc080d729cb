"""The first page: what is to be done today, as far as the account may see it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from colonnade.records import followup, jobs, patients, people
from colonnade.records.base import now
from colonnade.workstation.dependencies import LoggedDb, SignedIn, Who
from colonnade.workstation.pages.jobs import runner_of
from colonnade.workstation.permissions import require
from colonnade.workstation.rendering import page
from colonnade.workstation.roles import OWN

router = APIRouter(include_in_schema=False)

#: Recalls and test spots due within this many days are shown.
AHEAD = dt.timedelta(days=7)
SHOWN = 8
#: Tier of ``colonnade.aftercare.triage`` to a short word, and the badge that repeats it.
TIERS = {
    "E": ("Emergency", "danger"),
    "S": ("Today", "danger"),
    "48": ("Within 48 hours", "caution"),
    "N": ("Nurse line", "accent"),
    "none": ("As expected", "good"),
}


@router.get("/", dependencies=[require(OWN)])
def today(request: Request, who: Who, db: LoggedDb) -> Response:
    """Inbox, recalls, test spots, computations, accounts: each only for those it concerns."""
    shown: dict[str, Any] = {"inbox": None, "recalls": None, "spots": None, "jobs": None, "accounts": None}
    until = now().astimezone().date() + AHEAD
    if who.may("followup.read"):
        shown["inbox"] = followup.inbox(db, who.actor)
        shown["recalls"] = followup.recall_list(db, who.actor, until=until)
        shown["spots"] = patients.unread_test_spots(db, until=until)
    if who.may("jobs.run"):
        query = select(jobs.Job).where(jobs.Job.requested_by == who.account.id)
        rows = db.scalars(query.order_by(jobs.Job.created_at.desc()).limit(5)).all()
        shown["jobs"] = [(job, runner_of(request).snapshot_of(job)) for job in rows]
    if who.may("accounts.manage"):
        open_ = people.Account.active
        shown["accounts"] = {
            "active": db.scalar(select(func.count()).where(open_)),
            "without_factor": db.scalar(select(func.count()).where(open_, people.Account.totp_confirmed.is_(False))),
        }
    names = _names(db, who, shown)
    return page(request, "home.html", names=names, tiers=TIERS, limit=SHOWN, **shown)


def _names(db: Session, who: SignedIn, shown: dict[str, Any]) -> dict[str, str]:
    """What to call each patient of the lists: the name, or for those who may not see it the pseudonym."""
    rows = [line for key in ("inbox", "recalls", "spots") for line in (shown[key] or ())[:SHOWN]]
    wanted = {row.patient_id for row in rows}
    found = db.scalars(select(patients.Patient).where(patients.Patient.id.in_(wanted))).all() if wanted else ()
    if who.sees_names:
        return {p.id: f"{p.family_name}, {p.given_name}".rstrip(", ") for p in found}
    return {p.id: p.pseudonym for p in found}
