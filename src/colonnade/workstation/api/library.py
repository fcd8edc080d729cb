"""The library over HTTP, and the OpenAPI document of this API."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.openapi.utils import get_openapi

from colonnade import DISCLAIMER, __version__
from colonnade.catalogue import ids, load
from colonnade.workstation.api.common import PREFIX, PROBLEMS
from colonnade.workstation.permissions import require
from colonnade.workstation.roles import OWN

router = APIRouter(prefix=PREFIX, tags=["library"], responses=PROBLEMS)
Kind = Literal["devices", "sites", "indications", "anaesthetics", "protocols"]


@router.get("/library/{kind}", dependencies=[require(OWN)])
def names(kind: Kind) -> list[str]:
    """What the library holds of a kind."""
    return list(ids(kind))


@router.get("/library/{kind}/{name}", dependencies=[require(OWN)])
def entry(kind: Kind, name: str) -> dict[str, Any]:
    """One entry with its sources and flags, as it stands in the library."""
    if name not in ids(kind):
        from colonnade.records.base import NotFound

        raise NotFound(f"{kind} entry")
    return load(kind, name)


@router.get("/openapi.json", dependencies=[require(OWN)])
def openapi(request: Request) -> dict[str, Any]:
    """This API as OpenAPI 3.1."""
    routes = [route for route in request.app.routes if getattr(route, "path", "").startswith(PREFIX)] or None
    document = get_openapi(
        title="Colonnade", version=__version__, description=DISCLAIMER, routes=routes or request.app.routes
    )
    document["components"] = document.get("components", {}) | {
        "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}
    }
    document["security"] = [{"token": []}]
    return document
