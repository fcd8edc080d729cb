"""Signing in: name, password and code against an account, and how many failures are borne."""

from __future__ import annotations

import datetime as dt
import ipaddress

from sqlalchemy import String, func, select
from sqlalchemy.orm import InstrumentedAttribute, Mapped, Session, mapped_column

from colonnade.errors import BadInput
from colonnade.records import audit
from colonnade.records.audit import Actor
from colonnade.records.base import Base, Database, Identified, NotAllowed, get, now
from colonnade.records.checking import storable
from colonnade.records.credentials import hash_password, needs_rehash, password_fits, token_hash
from colonnade.records.people import FIRST_PASSWORD_LIFE, Account, NewSession, begin_session, check_second_factor

#: Failures within the window before an account, or an address, has to wait.
WINDOW = dt.timedelta(minutes=15)
PER_ACCOUNT = 5
PER_ADDRESS = 30


class LoginAttempt(Identified, Base):
    """One attempt to sign in. The login is kept as a hash: people type passwords into the wrong field."""

    __tablename__ = "login_attempts"

    at: Mapped[dt.datetime] = mapped_column(index=True)
    login_hash: Mapped[str] = mapped_column(String(64), index=True)
    address: Mapped[str] = mapped_column(String(64), index=True)
    succeeded: Mapped[bool]


def counted_as(address: str) -> str:
    """The address that failures are counted by: of IPv6 the network of one customer (64 bits), who has all of it."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if found.version == 4 or found.is_loopback:
        return str(found)
    return str(found.ipv4_mapped or ipaddress.ip_network((found, 64), strict=False))


def throttled(db: Session, login: str, address: str, *, at: dt.datetime | None = None) -> bool:
    """Whether this login or this address failed too often within the window. Asked before a password is looked at."""
    since = (at or now()) - WINDOW

    def failures(column: InstrumentedAttribute[str], value: str) -> int:
        query = select(func.count()).select_from(LoginAttempt)
        query = query.where(column == value, LoginAttempt.at > since, LoginAttempt.succeeded.is_(False))
        return db.scalar(query) or 0

    by_login = failures(LoginAttempt.login_hash, token_hash(login.strip().casefold()))
    by_address = failures(LoginAttempt.address, counted_as(address)) if address else 0
    return not (by_login < PER_ACCOUNT and by_address < PER_ADDRESS)


def sign_in(
    database: Database,
    *,
    login: str,
    password: str,
    code: str = "",
    address: str = "",
    at: dt.datetime | None = None,
) -> NewSession | None:
    """Check everything and begin a session. None: no, without saying what was wrong.

    The attempt is stored as failed before the password is looked at, so that attempts made at once count as well; the
    slow hash is computed outside any transaction.

    Raises
    ------
    NotAllowed
        After too many failures, with how long to wait; the password was not looked at.
    """
    moment = at or now()
    attempt, account = _attempt(database, login, address, moment)
    fits = password_fits(account.password_hash if account else None, password)
    stronger = hash_password(password) if fits and account and needs_rehash(account.password_hash) else ""
    with database.session() as db:
        # read again: it may have been changed or disabled while the password was checked
        again = db.get(Account, account.id) if account else None
        fits = fits and again is not None and account is not None and again.password_hash == account.password_hash
        if again is not None and again.totp_confirmed:
            fits = fits and check_second_factor(db, again, code, at=moment)
        if again is None or not fits or not _usable(again, moment):
            audit.append(db, Actor("nobody", "system"), "log_in_failed", "account", again.id if again else "")
            return None
        db.merge(attempt).succeeded = True
        if stronger:
            again.password_hash = stronger
        audit.append(db, again.actor(), "log_in", "account", again.id)
        return begin_session(db, again, second_factor=again.totp_confirmed, address=address, at=moment)


def _attempt(
    database: Database, login: str, address: str, moment: dt.datetime
) -> tuple[LoginAttempt, Account | None]:  # fmt: skip
    """Store an attempt as failed, and give the account. Raises NotAllowed after too many failures."""
    login = login.strip().casefold() if storable(login) else ""
    with database.session() as db:
        refused = throttled(db, login, address, at=moment)
        attempt = LoginAttempt(
            at=moment, login_hash=token_hash(login), address=counted_as(address), succeeded=False
        )  # fmt: skip
        if not refused:
            db.add(attempt)
        account = db.scalar(select(Account).where(Account.login == login))
    if refused:
        minutes = WINDOW // dt.timedelta(minutes=1)
        raise NotAllowed(f"too many failed attempts; wait {minutes} minutes, or ask an administrator")
    return attempt, account


def _usable(account: Account, moment: dt.datetime) -> bool:
    fresh = not account.password_is_first or moment - account.password_changed_at <= FIRST_PASSWORD_LIFE
    return account.active and fresh


def confirm(
    database: Database, who: Actor, *, password: str, code: str = "", address: str = "", at: dt.datetime | None = None
) -> None:
    """Ask whoever is signed in once more, before what could lock the owner out or let somebody else in for good.

    The password, and a code where there is a second factor. Failures count as those of signing in, so that nobody
    guesses here what they may not guess there.

    Raises
    ------
    BadInput
        If they do not fit.
    NotAllowed
        After too many failures; the password was not looked at.
    """
    moment = at or now()
    with database.session(write=False) as db:
        login = get(db, Account, who.id).login
    attempt, account = _attempt(database, login, address, moment)
    fits = password_fits(account.password_hash if account else None, password)
    with database.session() as db:
        again = get(db, Account, who.id)
        fits = fits and account is not None and again.password_hash == account.password_hash and again.active
        if again.totp_confirmed:
            fits = fits and check_second_factor(db, again, code, at=moment)
        if fits:
            db.merge(attempt).succeeded = True
        else:
            audit.append(db, who, "log_in_failed", "account", who.id, details={"field": "confirm"})
    if not fits:
        raise BadInput(
            "own password",
            given="a password or a code that does not fit",
            allowed="your own password, and a code not used before where you have a second factor",
            todo="Type it again.",
        )
