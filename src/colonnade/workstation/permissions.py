"""What guards every route: one function over the table of :mod:`colonnade.workstation.roles`. Deny by default.

Every route declares exactly one permission with :func:`require`; :func:`undeclared` finds those that do not, and the
application refuses to start with one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import Depends, FastAPI, Request
from fastapi.routing import RouteContext, iter_route_contexts
from starlette.concurrency import run_in_threadpool

from colonnade.workstation.dependencies import Forbidden, NotSignedIn, Visitor, note_refusal
from colonnade.workstation.roles import OPEN, PERMISSIONS


class Require:
    """The dependency behind :func:`require`; keeps the permission so that it can be read off a route."""

    def __init__(self, permission: str) -> None:
        if permission not in PERMISSIONS:
            raise LookupError(f"no such permission: {permission}")
        self.permission = permission

    # on the event loop, for it only compares: a thread is taken where something is written
    async def __call__(self, request: Request, who: Visitor) -> None:
        if self.permission == OPEN:
            return
        if who is None:
            raise NotSignedIn
        if not who.may(self.permission):
            await run_in_threadpool(note_refusal, request, who, self.permission)
            raise Forbidden(self.permission)


def require(permission: str) -> Any:
    """Declare the permission of a route: ``dependencies=[require("plans.read")]``.

    Raises LookupError for a permission that is not in the table, when the module is imported.
    """
    return Depends(Require(permission))


def routes(app: FastAPI) -> Iterator[tuple[RouteContext, list[str]]]:
    """Every route with the permissions it declares; right is exactly one. A mount or a bare route declares none."""
    for route in iter_route_contexts(app.routes):
        dependant = getattr(route, "dependant", None)
        calls = [dependency.call for dependency in dependant.dependencies] if dependant is not None else []
        yield route, [call.permission for call in calls if isinstance(call, Require)]


def undeclared(app: FastAPI) -> list[str]:
    """Routes that do not declare exactly one permission."""
    return [f"{route.path}: {found}" for route, found in routes(app) if len(found) != 1]
