"""What a route may ask for: the database, who is there, the settings.

A route takes one of three transactions, and it is over before the answer is sent:

``LoggedDb``  reads, and the look is written into the audit log afterwards; for everything that shows a patient
``ReadDb``    reads what is no patient's and not logged
``Db``        may write. Its first statement takes the database's one write lock: compute, hash and render outside it
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Annotated

from anyio import CapacityLimiter, to_thread
from fastapi import Depends, Request
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from colonnade.records import audit, people
from colonnade.records.audit import Actor
from colonnade.records.base import Database, now
from colonnade.workstation.configuration import Settings
from colonnade.workstation.roles import OWN, allowed

#: A session is marked as used at most this often, so that reading a page does not wait for writers.
TOUCH_EVERY = dt.timedelta(seconds=30)


class NotSignedIn(Exception):
    """The route wants somebody who is signed in."""


class Forbidden(Exception):
    """The account may not do this; the argument is the permission it lacks."""


@dataclass(frozen=True)
class SignedIn:
    """Who is there: an account, by its session or by a token that may be weaker than the account."""

    account: people.Account
    actor: Actor
    permissions: frozenset[str]
    session_id: str = ""

    def may(self, permission: str) -> bool:
        """Whether it may do that."""
        return permission in self.permissions

    @property
    def sees_names(self) -> bool:
        """False for those who get pseudonyms only; pages then leave out names, dates of birth and faces."""
        return self.may("patients.read")


def database_of(request: Request) -> Database:
    """The open database."""
    database: Database = request.app.state.database
    return database


def settings_of(request: Request) -> Settings:
    """How this workstation was started, with the clinic's settings as they are now."""
    settings: Settings = request.app.state.settings
    return settings


def client_address(request: Request) -> str:
    """Where the request comes from, for throttling. Behind a proxy the server has put the client's address here."""
    return request.client.host if request.client else ""


async def _write(request: Request) -> AsyncIterator[Session]:
    async with _ended_in_a_thread(database_of(request).session()) as db:
        yield db


async def _read(request: Request) -> AsyncIterator[Session]:
    async with _ended_in_a_thread(database_of(request).session(write=False)) as db:
        yield db


async def _logged(request: Request) -> AsyncIterator[Session]:
    async with _ended_in_a_thread(audit.logged(database_of(request))) as db:
        yield db


@asynccontextmanager
async def _ended_in_a_thread(transaction: AbstractContextManager[Session]) -> AsyncIterator[Session]:
    """A transaction for a route. It begins at once, for nothing is asked before the first statement, and ends in a
    thread. That thread is none of those in which routes run: they may all be waiting for this very transaction to end.
    """
    db = transaction.__enter__()

    async def end(error: BaseException | None) -> bool:
        kind, trace = (type(error), error.__traceback__) if error else (None, None)
        leave = functools.partial(transaction.__exit__, kind, error, trace)
        return bool(await to_thread.run_sync(leave, limiter=CapacityLimiter(1)))

    try:
        yield db
    except BaseException as error:
        if not await end(error):
            raise
    else:
        await end(None)


async def _form(request: Request) -> FormData:
    return await request.form()


def visitor(request: Request) -> SignedIn | None:
    """The account behind this request, or None. Marks its session as used."""
    request.state.who = _find(request)
    return request.state.who  # type: ignore[no-any-return]


def _find(request: Request) -> SignedIn | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme:
        return _by_token(request, token.strip()) if scheme.lower() == "bearer" else None
    session_id = request.cookies.get(settings_of(request).cookie, "")
    if not session_id:
        return None
    with database_of(request).session(write=False) as db:
        found = people.find_session(db, session_id)
    if found is None:
        return None
    session, account = found
    if now() - session.last_seen_at > TOUCH_EVERY:
        with database_of(request).session() as db:
            people.touch_session(db, session_id)
    return _signed_in(request, account, session_id=session_id)


def _by_token(request: Request, token: str) -> SignedIn | None:
    with database_of(request).session(write=False) as db:
        found = people.find_token(db, token)
    return _signed_in(request, found[1], scopes=frozenset(found[0].scopes)) if found else None


def _signed_in(
    request: Request, account: people.Account, *, session_id: str = "", scopes: frozenset[str] | None = None
) -> SignedIn:
    permissions = allowed(account.role, credentialed=account.credentialed)
    if account.password_is_first:
        permissions &= {OWN}
    return SignedIn(
        account=account,
        actor=account.actor(request.state.request_id),
        permissions=permissions if scopes is None else permissions & scopes,
        session_id=session_id,
    )


async def _present(who: Visitor) -> SignedIn:
    if who is None:
        raise NotSignedIn
    return who


def note_refusal(request: Request, who: SignedIn, permission: str) -> None:
    """Write into the audit log that an account tried what it may not do."""
    with database_of(request).session() as db:
        audit.append(db, who.actor, "refused", "permission", details={"permission": permission.replace(" ", "-")})


Db = Annotated[Session, Depends(_write, scope="function")]
ReadDb = Annotated[Session, Depends(_read, scope="function")]
#: The entries are appended after the route has made its answer and before the answer is sent: if that fails, the answer
#: is an error, and nothing of the patient leaves the server.
LoggedDb = Annotated[Session, Depends(_logged, scope="function")]
#: The whole form, for routes whose fields are not known beforehand. They stay plain functions, run in a thread: a route
#: that waits for the write lock on the event loop would keep whoever holds it from committing.
SentForm = Annotated[FormData, Depends(_form)]
#: Who is there, or None: for pages that also strangers see.
Visitor = Annotated[SignedIn | None, Depends(visitor)]
#: Who is there; refuses strangers by itself.
Who = Annotated[SignedIn, Depends(_present)]
Current = Annotated[Settings, Depends(settings_of)]
