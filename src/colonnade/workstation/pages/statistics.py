"""The clinic's own figures: treatments and adverse events by device, setting and phototype."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from colonnade.errors import BadInput
from colonnade.records import outcomes
from colonnade.workstation.dependencies import LoggedDb, Who
from colonnade.workstation.pages.entering import day
from colonnade.workstation.permissions import require
from colonnade.workstation.rendering import page

router = APIRouter(include_in_schema=False)
Day = Annotated[str, Query(max_length=20)]
BY = ("device", "setting", "phototype")


@router.get("/statistics", dependencies=[require("statistics.read")])
def figures(request: Request, who: Who, db: LoggedDb, by: str = "device", since: Day = "", until: Day = "") -> Response:
    """One table, with the interval of every share and a note where the numbers are small."""
    chosen, errors = by if by in BY else "device", []
    groups: list[outcomes.Group] = []
    try:
        first, last = day(since, "from", needed=False), day(until, "to", needed=False)
        groups = outcomes.statistics(db, who.actor, chosen, since=first, until=last)  # type: ignore[arg-type]
    except BadInput as error:
        errors, since, until = [error.as_dict()], "", ""
    query = "".join(f"&{key}={value}" for key, value in (("since", since), ("until", until)) if value)
    return page(
        request, "statistics.html", status=422 if errors else 200, groups=groups, by=chosen, choices=BY, errors=errors,
        since=since, until=until, query=query,
    )  # fmt: skip
