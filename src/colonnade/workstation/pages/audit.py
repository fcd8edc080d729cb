"""The audit log, for auditors: read, verify, export."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import StreamingResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from colonnade.errors import BadInput
from colonnade.records import audit, people
from colonnade.workstation.dependencies import LoggedDb, Who, database_of
from colonnade.workstation.permissions import require
from colonnade.workstation.rendering import page

router = APIRouter(include_in_schema=False)
PAGE = 100


def _page(request: Request, who: Who, db: Session, *, before: int = 0, status: int = 200, **extra: Any) -> Response:
    query = select(audit.AuditEntry).order_by(audit.AuditEntry.seq.desc()).limit(PAGE)
    if before:
        query = query.where(audit.AuditEntry.seq < before)
    entries = db.scalars(query).all()
    head = audit.head(db)
    names = {a.id: a.display_name for a in people.accounts(db)}
    audit.append(db, who.actor, "list", "audit")
    given = {"verified": None, "errors": [], **extra}
    return page(request, "audit.html", status=status, entries=entries, head=head, names=names, before=before, **given)


@router.get("/audit", dependencies=[require("audit.read")])
def audit_log(request: Request, who: Who, db: LoggedDb, before: Annotated[int, Query(ge=0, le=2**53)] = 0) -> Response:
    """The newest entries, or those before a number."""
    return _page(request, who, db, before=before)


@router.post("/audit/verify", dependencies=[require("audit.read")])
def verify(request: Request, who: Who, recorded: Annotated[str, Form(max_length=200)] = "") -> Response:
    """Walk the chain, and look for a head that was written down earlier."""
    try:
        heads = [audit.Head.parse(recorded)] if recorded.strip() else []
    except ValueError as error:
        complaint = BadInput("recorded head", given="something else", allowed=str(error), todo="Copy the whole line.")
        with audit.logged(database_of(request)) as db:
            return _page(request, who, db, status=422, errors=[complaint.as_dict()])
    with database_of(request).session(write=False) as db:
        found = audit.verify(db, heads)
    with database_of(request).session() as db:
        audit.append(db, who.actor, "verify", "audit", details={"ok": found.ok, "entries": found.entries})
    with audit.logged(database_of(request)) as db:
        return _page(request, who, db, verified=found)


@router.post("/audit/export", dependencies=[require("audit.read")])
def export(request: Request, who: Who) -> Response:
    """The whole log as JSON lines, which ``colonnade audit verify`` checks without a database."""
    with database_of(request).session() as db:
        audit.append(db, who.actor, "export", "audit")

    def lines() -> Iterator[str]:
        with database_of(request).session(write=False) as db:
            yield from audit.export(db)

    headers = {"Content-Disposition": 'attachment; filename="colonnade-audit.jsonl"'}
    return StreamingResponse(lines(), media_type="application/jsonl", headers=headers)
