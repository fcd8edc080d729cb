"""Whether the server is alive, and whether it is ready: for supervisors and proxies. Says nothing about anybody."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from colonnade.workstation.dependencies import database_of
from colonnade.workstation.permissions import require
from colonnade.workstation.roles import OPEN

router = APIRouter(include_in_schema=False)


@router.get("/healthz", dependencies=[require(OPEN)])
async def healthz() -> JSONResponse:
    """The process answers."""
    return JSONResponse({"status": "ok"})


@router.get("/readyz", dependencies=[require(OPEN)])
def readyz(request: Request) -> JSONResponse:
    """The database answers and the job runner is alive."""
    checks = {"database": True, "jobs": request.app.state.runner.alive}
    try:
        with database_of(request).session(write=False) as db:
            db.execute(text("SELECT 1"))
    except SQLAlchemyError:
        checks["database"] = False
    ready = all(checks.values())
    return JSONResponse({"status": "ready" if ready else "not ready", **checks}, status_code=200 if ready else 503)
