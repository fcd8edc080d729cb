"""Accounts: roles, passwords, second factors, sessions, tokens. What signs them in is ``records.signing_in``."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from sqlalchemy import ForeignKey, Integer, String, Text, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from colonnade.errors import BadInput
from colonnade.records import audit
from colonnade.records.audit import Actor, Detail
from colonnade.records.base import Base, Identified, get, now
from colonnade.records.credentials import (
    check_password_rules,
    hash_password,
    new_recovery_codes,
    new_token,
    new_totp_secret,
    token_hash,
    totp_step,
)

Role = Literal["viewer", "operator", "physician", "researcher", "administrator", "auditor"]
ROLES: tuple[Role, ...] = get_args(Role)
IDLE = dt.timedelta(minutes=15)
ABSOLUTE = dt.timedelta(hours=12)
#: How long a password that somebody else chose may be used. Assumed: until the next shift.
FIRST_PASSWORD_LIFE = dt.timedelta(days=7)


class Account(Identified, Base):
    """A person who works here. ``login`` is what they type; ``display_name`` is printed on approvals."""

    __tablename__ = "accounts"

    login: Mapped[str] = mapped_column(String(80), unique=True)
    display_name: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(20))
    credentialed: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    password_hash: Mapped[str] = mapped_column(Text)
    totp_secret: Mapped[str | None] = mapped_column(String(64))
    totp_confirmed: Mapped[bool] = mapped_column(default=False)
    totp_last_step: Mapped[int] = mapped_column(Integer, default=-1)
    preferences: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[dt.datetime]
    password_changed_at: Mapped[dt.datetime]
    # given by an administrator: its owner can do nothing but choose their own
    password_is_first: Mapped[bool] = mapped_column(default=False)

    def actor(self, request_id: str = "") -> Actor:
        """Who acts, for the audit log and the permissions."""
        return Actor(self.id, self.role, self.credentialed, request_id)


class RecoveryCode(Identified, Base):
    """A code that stands in for the authenticator once."""

    __tablename__ = "recovery_codes"

    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    code_hash: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[dt.datetime | None]


class SignedIn(Base):
    """A session of the browser. Only the SHA-256 of its id is stored."""

    __tablename__ = "sessions"

    id_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    second_factor: Mapped[bool] = mapped_column(default=False)
    address: Mapped[str] = mapped_column(String(64), default="")
    created_at: Mapped[dt.datetime]
    last_seen_at: Mapped[dt.datetime]


class ApiToken(Identified, Base):
    """A bearer token for scripts, never stronger than its account."""

    __tablename__ = "api_tokens"

    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[list[str]]
    created_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime]
    revoked_at: Mapped[dt.datetime | None]
    last_used_at: Mapped[dt.datetime | None]


@dataclass(frozen=True)
class NewPassword:
    """The hash of a password that keeps the rules (:func:`new_password`), ready to be stored.

    A ``first`` one was given by somebody else: it is good for a week, and for choosing one's own and nothing else.
    """

    hash: str
    first: bool = False


@dataclass(frozen=True)
class NewSession:
    """A session that was just begun: ``id`` goes into the cookie and is nowhere else."""

    id: str
    account: Account


# --- accounts -------------------------------------------------------------------------------------------------------
def _login(text: str) -> str:
    login = unicodedata.normalize("NFKC", text).strip().casefold()
    if not re.fullmatch(r"[\w.@+-]{2,80}", login):
        raise BadInput(
            "login",
            given=f"{len(text)} characters" if not login else repr(login[:40]),
            allowed="2 to 80 letters, digits and . @ + - _",
            todo="Choose another name to sign in with.",
        )
    return login


def _role(role: str, credentialed: bool) -> None:
    if role not in ROLES:
        raise BadInput("role", given=repr(role)[:40], allowed=", ".join(ROLES), todo="Choose one of them.")
    if credentialed and role != "physician":
        raise BadInput(
            "credentialed",
            given=f"the role {role}",
            allowed="a physician",
            todo="Only a physician can be credentialed.",
        )


def any_account(db: Session) -> bool:
    """Whether there is an account at all; the first one is made with the set-up token."""
    return db.scalar(select(func.count()).select_from(Account)) != 0


def new_password(password: str, *, login: str, display_name: str, first: bool = False) -> NewPassword:
    """Check and hash a password for the account of this login and name.

    The hash is slow on purpose: it is made before the transaction that stores it, which holds the write lock.

    Raises
    ------
    BadInput
        For a weak password, or a login that cannot be one.
    """
    check_password_rules(password, _login(login), *display_name.split())
    return NewPassword(hash_password(password), first)


def create_account(
    db: Session,
    who: Actor,
    *,
    login: str,
    display_name: str,
    role: str,
    password: NewPassword,
    credentialed: bool = False,
) -> Account:
    """Create an account. Raises BadInput for a login that is taken or an unknown role."""
    login = _login(login)
    _role(role, credentialed)
    if not 1 <= len(display_name.strip()) <= 200:
        raise BadInput("name", given="no name", allowed="1 to 200 characters", todo="Give the person's name.")
    if db.scalar(select(Account.id).where(Account.login == login)):
        raise BadInput("login", given=repr(login), allowed="a login that is not taken", todo="Choose another one.")
    account = Account(
        login=login,
        display_name=display_name.strip(),
        role=role,
        credentialed=credentialed,
        password_hash=password.hash,
        password_is_first=password.first,
        created_at=now(),
        password_changed_at=now(),
    )
    db.add(account)
    db.flush()
    details: dict[str, Detail] = {"role": role, "credentialed": credentialed}
    audit.append(db, who, "create", "account", account.id, details=details)
    return account


def change_account(
    db: Session,
    who: Actor,
    account_id: str,
    *,
    role: str | None = None,
    credentialed: bool | None = None,
    active: bool | None = None,
) -> Account:
    """Change role, credential or activity; every session of the account ends. One administrator always stays."""
    account = get(db, Account, account_id)
    role = account.role if role is None else role
    credentialed = (account.credentialed and role == "physician") if credentialed is None else credentialed
    active = account.active if active is None else active
    _role(role, credentialed)
    if account.role == "administrator" and account.active and not (role == "administrator" and active):
        others = select(func.count()).where(Account.role == "administrator", Account.active, Account.id != account_id)
        if not db.scalar(others):
            raise BadInput(
                "account",
                given="the only administrator",
                allowed="at least one active administrator",
                todo="Make another account an administrator first.",
            )
    account.role, account.credentialed, account.active = role, credentialed, active
    end_all_sessions(db, account_id)
    details: dict[str, Detail] = {"role": role, "credentialed": credentialed, "active": active}
    audit.append(db, who, "change", "account", account_id, details=details)
    return account


def set_preference(db: Session, account_id: str, name: str, value: str) -> None:
    """What an account prefers for itself, such as its language. It says nothing about patients and is not audited."""
    account = get(db, Account, account_id)
    account.preferences = {**account.preferences, name: value}
    db.flush()


def set_password(db: Session, who: Actor, account_id: str, password: NewPassword) -> None:
    """Set a password; every session of the account ends. Set by somebody else, its tokens end too: it was lost."""
    account = get(db, Account, account_id)
    account.password_hash, account.password_changed_at = password.hash, now()
    account.password_is_first = password.first
    end_all_sessions(db, account_id)
    if who.id != account_id:
        mine = (ApiToken.account_id == account_id, ApiToken.revoked_at.is_(None))
        db.execute(update(ApiToken).where(*mine).values(revoked_at=now()))
    audit.append(db, who, "change", "account", account_id, details={"field": "password"})


# --- second factor --------------------------------------------------------------------------------------------------
def begin_totp(db: Session, who: Actor, account_id: str) -> str:
    """A new secret, not yet in force: ``confirm_totp`` with a code from it puts it in force."""
    account = get(db, Account, account_id)
    if account.totp_confirmed:
        raise BadInput(
            "second factor", given="an account that has one", allowed="one without", todo="Remove the old one first."
        )
    account.totp_secret = new_totp_secret()
    audit.append(db, who, "change", "account", account_id, details={"field": "totp-begun"})
    return account.totp_secret


def confirm_totp(db: Session, who: Actor, account_id: str, code: str, *, at: dt.datetime | None = None) -> list[str]:
    """Put the second factor in force and give its recovery codes, shown once. Raises BadInput for a wrong code."""
    account = get(db, Account, account_id)
    step = totp_step(account.totp_secret, code, at or now()) if account.totp_secret else None
    if step is None:
        raise BadInput(
            "code", given="a code that does not fit", allowed="the six digits shown now", todo="Check the clock."
        )
    account.totp_confirmed, account.totp_last_step = True, step
    db.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    codes = new_recovery_codes()
    db.add_all(RecoveryCode(account_id=account_id, code_hash=token_hash(c)) for c in codes)
    audit.append(db, who, "change", "account", account_id, details={"field": "totp-confirmed"})
    return codes


def remove_totp(db: Session, who: Actor, account_id: str) -> None:
    """Take the second factor away (a lost telephone); every session of the account ends."""
    account = get(db, Account, account_id)
    account.totp_secret, account.totp_confirmed, account.totp_last_step = None, False, -1
    db.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    end_all_sessions(db, account_id)
    audit.append(db, who, "change", "account", account_id, details={"field": "totp-removed"})


def check_second_factor(db: Session, account: Account, code: str, *, at: dt.datetime | None = None) -> bool:
    """Whether ``code`` is a code of the authenticator not yet used, or a recovery code not yet used; it is used up."""
    if not account.totp_confirmed or account.totp_secret is None:
        return False
    step = totp_step(account.totp_secret, code, at or now(), after=account.totp_last_step)
    if step is not None:
        account.totp_last_step = step
        db.flush()
        return True
    used = db.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.account_id == account.id,
            RecoveryCode.code_hash == token_hash(code.strip().lower()),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=now())
    )
    return bool(used.rowcount)  # type: ignore[attr-defined]


# --- sessions and tokens ---------------------------------------------------------------------------------------------
def begin_session(
    db: Session, account: Account, *, second_factor: bool = False, address: str = "", at: dt.datetime | None = None
) -> NewSession:
    """A session with a fresh id: on signing in and whenever rights change."""
    moment = at or now()
    db.execute(delete(SignedIn).where(SignedIn.created_at < moment - ABSOLUTE))
    new = NewSession(new_token(), account)
    db.add(
        SignedIn(
            id_hash=token_hash(new.id),
            account_id=account.id,
            second_factor=second_factor,
            address=address[:64],
            created_at=moment,
            last_seen_at=moment,
        )
    )
    db.flush()
    return new


def find_session(db: Session, session_id: str, *, at: dt.datetime | None = None) -> tuple[SignedIn, Account] | None:
    """The session and its account; None where it is unknown, has run out, or the account is not active. Only reads."""
    moment = at or now()
    query = select(SignedIn, Account).join(Account, Account.id == SignedIn.account_id)
    row = db.execute(query.where(SignedIn.id_hash == token_hash(session_id))).first()
    if row is None:
        return None
    found, account = row
    fresh = moment - found.last_seen_at <= IDLE and moment - found.created_at <= ABSOLUTE
    return (found, account) if fresh and account.active else None


def touch_session(db: Session, session_id: str, *, at: dt.datetime | None = None) -> None:
    """The session was used just now."""
    db.execute(update(SignedIn).where(SignedIn.id_hash == token_hash(session_id)).values(last_seen_at=at or now()))


def end_session(db: Session, who: Actor, session_id: str) -> None:
    """Sign out."""
    db.execute(delete(SignedIn).where(SignedIn.id_hash == token_hash(session_id)))
    audit.append(db, who, "log_out", "account", who.id)


def end_all_sessions(db: Session, account_id: str, *, but: str = "") -> None:
    """Sign this account out everywhere, ``but`` for this one session."""
    mine = delete(SignedIn).where(SignedIn.account_id == account_id)
    db.execute(mine.where(SignedIn.id_hash != token_hash(but)) if but else mine)


# --- tokens for scripts ---------------------------------------------------------------------------------------------
def create_token(
    db: Session, who: Actor, account_id: str, *, name: str, scopes: Iterable[str], days: int = 90
) -> tuple[str, ApiToken]:
    """A bearer token, shown once. Raises BadInput for a lifetime outside 1 to 365 days."""
    if not 1 <= days <= 365:
        raise BadInput("days", given=str(days), allowed="1 to 365 days", todo="Choose a shorter life.")
    get(db, Account, account_id)
    token = "col_" + new_token()
    row = ApiToken(
        account_id=account_id,
        name=name[:80],
        token_hash=token_hash(token),
        scopes=sorted(set(scopes)),
        created_at=now(),
        expires_at=now() + dt.timedelta(days=days),
    )
    db.add(row)
    db.flush()
    audit.append(db, who, "create", "api-token", row.id, details={"days": days})
    return token, row


def find_token(db: Session, token: str, *, at: dt.datetime | None = None) -> tuple[ApiToken, Account] | None:
    """The token and its account, or None where it is unknown, revoked, has run out, or the account is not active."""
    row = db.scalar(select(ApiToken).where(ApiToken.token_hash == token_hash(token)))
    if row is None or row.revoked_at is not None or not ((at or now()) < row.expires_at):
        return None
    account = db.get(Account, row.account_id)
    return (row, account) if account is not None and account.active else None


def revoke_token(db: Session, who: Actor, token_id: str, *, account_id: str = "") -> None:
    """Revoke a token; with ``account_id`` only one of that account. Raises NotFound."""
    row = get(db, ApiToken, token_id)
    if account_id and row.account_id != account_id:
        row = get(db, ApiToken, "")
    row.revoked_at = now()
    audit.append(db, who, "revoke", "api-token", token_id)


def accounts(db: Session) -> Sequence[Account]:
    """All accounts by login."""
    return db.scalars(select(Account).order_by(Account.login)).all()
