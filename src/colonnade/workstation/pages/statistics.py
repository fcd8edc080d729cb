"""The clinic's own figures: treatments and adverse events by device, setting and phototype."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from colonnade.records import outcomes
from colonnade.workstation.dependencies import LoggedDb, Who
from colonnade.workstation.permissions import require
from colonnade.workstation.rendering import page

router = APIRouter(include_in_schema=False)
BY = ("device", "setting", "phototype")


@router.get("/statistics", dependencies=[require("statistics.read")])
def figures(request: Request, who: Who, db: LoggedDb, by: str = "device") -> Response:
    """One table, with the interval of every share and a note where the numbers are small."""
    chosen = by if by in BY else "device"
    groups = outcomes.statistics(db, who.actor, chosen)  # type: ignore[arg-type]
    return page(request, "statistics.html", groups=groups, by=chosen, choices=BY)
