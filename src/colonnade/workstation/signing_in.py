"""Signing in and out, and the first account of an empty data folder."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from colonnade.errors import BadInput
from colonnade.records import people
from colonnade.records import signing_in as records_signing_in
from colonnade.records.audit import SYSTEM
from colonnade.records.base import NotAllowed, NotFound
from colonnade.workstation.dependencies import Visitor, client_address, database_of, settings_of
from colonnade.workstation.permissions import require
from colonnade.workstation.rendering import page, set_session_cookie
from colonnade.workstation.roles import OPEN, OWN, ROLES

router = APIRouter(include_in_schema=False)

#: Passwords hashed at the same time: each takes 64 MiB, and a flood of log-ins must not take the memory of the server.
HASHED_AT_ONCE = 2
REFUSED = "The name, the password or the code is not right."

Text = Annotated[str, Form(max_length=200)]
Secret = Annotated[str, Form(max_length=1024)]


def hashing_limit() -> asyncio.Semaphore:
    """One for the whole application."""
    return asyncio.Semaphore(HASHED_AT_ONCE)


class SetupToken:
    """What proves, on an empty data folder, that whoever makes the first account sees the console of this server."""

    def __init__(self) -> None:
        self._sha256 = b""

    def issue(self) -> str:
        """A new token; an earlier one no longer counts. Only its hash is kept."""
        token = secrets.token_urlsafe(24)
        self._sha256 = hashlib.sha256(token.encode()).digest()
        return token

    def fits(self, token: str) -> bool:
        """Whether this is the token that was issued last."""
        digest = hashlib.sha256(token.encode()).digest()
        return bool(self._sha256) and hmac.compare_digest(digest, self._sha256)

    def used(self) -> None:
        """There is an account now; the token ends."""
        self._sha256 = b""


def safe_next(path: str) -> str:
    """Where to go after signing in: a path of this server, or the first page. Never another site."""
    parts = urlsplit(path)
    plain = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if plain and not parts.scheme and not parts.netloc else "/"


def _has_accounts(request: Request) -> bool:
    with database_of(request).session(write=False) as db:
        return people.any_account(db)


@router.get("/log-in", dependencies=[require(OPEN)])
def log_in_page(request: Request, who: Visitor, next: Annotated[str, Query(max_length=400)] = "/") -> Response:
    """The form to sign in; on an empty data folder, the way to the first account."""
    if who is not None:
        return RedirectResponse(safe_next(next), status_code=303)
    if not _has_accounts(request):
        return RedirectResponse("/first-account", status_code=303)
    return _form(request, next)


def _form(request: Request, next: str, *, status: int = 200, login: str = "", refused: str = "") -> Response:
    published: list[tuple[str, str]] = []
    if settings_of(request).demonstration:
        from colonnade.workstation.demonstration import password

        published = [(role, password(role)) for role in ROLES]
    shown: dict[str, Any] = {"next": safe_next(next), "login": login, "refused": refused, "published": published}
    return page(request, "log_in.html", status=status, headers=None, **shown)


@router.post("/log-in", dependencies=[require(OPEN)])
async def log_in(
    request: Request, login: Text, password: Secret, code: Text = "", next: Annotated[str, Form(max_length=400)] = "/"
) -> Response:
    """Check and begin a session with a fresh id; say only that something was not right."""
    async with request.app.state.hashing:
        try:
            new = await run_in_threadpool(_sign_in, request, login, password, code)
        except NotAllowed as error:
            text = f"{str(error)[:1].upper()}{str(error)[1:]}."
            return _form(request, next, status=429, login=login, refused=text)
    if new is None:
        return _form(request, next, status=401, login=login, refused=REFUSED)
    # with a password that somebody else chose there is one thing to do
    answer = RedirectResponse("/account" if new.account.password_is_first else safe_next(next), status_code=303)
    set_session_cookie(answer, settings_of(request), new.id)
    return answer


def _sign_in(request: Request, login: str, password: str, code: str) -> people.NewSession | None:
    address = client_address(request)
    return records_signing_in.sign_in(database_of(request), login=login, password=password, code=code, address=address)


@router.post("/log-out", dependencies=[require(OWN)])
def log_out(request: Request, who: Visitor) -> Response:
    """End this session here and in the database."""
    if who is not None:
        with database_of(request).session() as db:
            people.end_session(db, who.actor, who.session_id)
    answer = RedirectResponse("/log-in", status_code=303)
    answer.delete_cookie(
        settings_of(request).cookie, path="/", httponly=True, secure=settings_of(request).secure, samesite="lax"
    )
    # pages that the browser keeps to go back to are gone as well
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


@router.get("/first-account", dependencies=[require(OPEN)])
def first_account_page(request: Request, token: Annotated[str, Query(max_length=100)] = "") -> Response:
    """The form for the first account; gone once there is one."""
    if _has_accounts(request):
        raise NotFound("the first account is made")
    return page(request, "first_account.html", token=token, login="", display_name="", errors=[])


@router.post("/first-account", dependencies=[require(OPEN)])
async def first_account(
    request: Request, token: Text, login: Text, display_name: Text, password: Secret, password_again: Secret
) -> Response:
    """Make the administrator, and sign them in."""
    async with request.app.state.hashing:
        try:
            new = await run_in_threadpool(_make_first, request, token, login, display_name, (password, password_again))
        except BadInput as error:
            shown: dict[str, Any] = {"token": token, "login": login, "display_name": display_name}
            shown["errors"] = [error.as_dict()]
            return page(request, "first_account.html", status=422, **shown)
    answer = RedirectResponse("/", status_code=303)
    set_session_cookie(answer, settings_of(request), new.id)
    return answer


def _make_first(
    request: Request, token: str, login: str, display_name: str, passwords: tuple[str, str]
) -> people.NewSession:
    setup: SetupToken = request.app.state.setup
    if _has_accounts(request):
        raise NotFound("the first account is made")
    if not setup.fits(token):
        raise BadInput(
            "set-up token",
            given="one that does not fit",
            allowed="the one printed where the server was started",
            todo="Copy the whole link from there; each start prints a new one.",
        )
    same_twice(passwords)
    hashed = people.new_password(passwords[0], login=login, display_name=display_name)
    with database_of(request).session() as db:
        # somebody else may have made it while the password was hashed
        if people.any_account(db):
            raise NotFound("the first account is made")
        account = people.create_account(
            db, SYSTEM, login=login, display_name=display_name, role="administrator", password=hashed
        )
        new = people.begin_session(db, account, address=client_address(request))
    setup.used()
    return new


def same_twice(passwords: tuple[str, str]) -> None:
    """Raises BadInput unless both are the same."""
    if not hmac.compare_digest(passwords[0].encode(), passwords[1].encode()):
        raise BadInput(
            "password", given="two that differ", allowed="the same password twice", todo="Type it again in both."
        )
