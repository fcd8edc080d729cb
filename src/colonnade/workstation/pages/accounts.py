"""Accounts, by administrators."""

from __future__ import annotations

import secrets
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from colonnade.errors import BadInput
from colonnade.records import people
from colonnade.records.base import get
from colonnade.workstation.dependencies import ReadDb, Who, database_of
from colonnade.workstation.pages.account import confirm
from colonnade.workstation.permissions import require
from colonnade.workstation.rendering import page
from colonnade.workstation.roles import PERMISSIONS, ROLES
from colonnade.workstation.signing_in import Secret, Text

router = APIRouter(include_in_schema=False)
MANAGE = require("accounts.manage")

#: What a role is for, beside its name.
PURPOSE = {
    "viewer": "sees records",
    "operator": "enters records, drafts plans, records treatments",
    "physician": "as operator; reviews, and approves if credentialed",
    "researcher": "sees records without names and faces",
    "administrator": "accounts, settings, erasure; sees no patient",
    "auditor": "reads and verifies the audit log; sees no patient",
}


def _page(request: Request, db: Session, *, status: int = 200, **extra: Any) -> Response:
    given = {"errors": [], "made": None, "typed": {}, **extra}
    table = [(role, PURPOSE[role], [PERMISSIONS[p] for p in PERMISSIONS if p in ROLES[role]]) for role in ROLES]
    return page(request, "accounts.html", status=status, accounts=people.accounts(db), roles=table, **given)


@router.get("/accounts", dependencies=[MANAGE])
def account_list(request: Request, db: ReadDb) -> Response:
    """Everybody who can sign in, and what each role may do."""
    return _page(request, db)


@router.post("/accounts", dependencies=[MANAGE])
def new_account(
    request: Request, who: Who, login: Text, display_name: Text, role: Text, own_password: Secret,
    credentialed: Text = "", own_code: Text = "",
) -> Response:  # fmt: skip
    """Make an account with a first password, shown once, with which its owner can only choose their own."""
    first = _first_password()
    typed = {"login": login, "display_name": display_name, "role": role}
    try:
        confirm(request, who, own_password, own_code)
        hashed = people.new_password(first, login=login, display_name=display_name, first=True)
        with database_of(request).session() as db:
            account = people.create_account(
                db, who.actor, login=login, display_name=display_name, role=role, password=hashed,
                credentialed=credentialed == "yes",
            )  # fmt: skip
        shown: dict[str, Any] = {"made": (account.login, first)}
    except BadInput as error:
        shown = {"status": 422, "errors": [error.as_dict()], "typed": typed}
    with database_of(request).session(write=False) as db:
        return _page(request, db, **shown)


@router.get("/accounts/{account_id}", dependencies=[MANAGE])
def one_account(request: Request, db: ReadDb, account_id: str) -> Response:
    """One account: role, credential, second factor, password."""
    return page(
        request,
        "account_admin.html",
        account=get(db, people.Account, account_id),
        errors=[],
        password="",
        roles=PURPOSE,
    )


@router.post("/accounts/{account_id}", dependencies=[MANAGE])
def change(
    request: Request, who: Who, account_id: str, role: Text, own_password: Secret, credentialed: Text = "",
    active: Text = "", own_code: Text = "",
) -> Response:  # fmt: skip
    """Change what it may do; its sessions end."""
    try:
        confirm(request, who, own_password, own_code)
        with database_of(request).session() as db:
            people.change_account(
                db, who.actor, account_id, role=role, credentialed=credentialed == "yes", active=active == "yes"
            )
    except BadInput as error:
        return _one(request, account_id, error)
    return RedirectResponse("/accounts", status_code=303)


def _one(request: Request, account_id: str, error: BadInput | None = None, **extra: Any) -> Response:
    with database_of(request).session(write=False) as db:
        account = get(db, people.Account, account_id)
    shown: dict[str, Any] = {"errors": [error.as_dict()] if error else [], "password": "", "roles": PURPOSE, **extra}
    return page(request, "account_admin.html", status=422 if error else 200, account=account, **shown)


@router.post("/accounts/{account_id}/password", dependencies=[MANAGE])
def reset_password(
    request: Request, who: Who, account_id: str, own_password: Secret, own_code: Text = ""
) -> Response:  # fmt: skip
    """A new first password, shown once; its sessions and tokens end."""
    first = _first_password()
    with database_of(request).session(write=False) as db:
        account = get(db, people.Account, account_id)
    try:
        confirm(request, who, own_password, own_code)
    except BadInput as error:
        return _one(request, account_id, error)
    hashed = people.new_password(first, login=account.login, display_name=account.display_name, first=True)
    with database_of(request).session() as db:
        people.set_password(db, who.actor, account_id, hashed)
    return _one(request, account_id, password=first)


@router.post("/accounts/{account_id}/second-factor/remove", dependencies=[MANAGE])
def reset_second_factor(
    request: Request, who: Who, account_id: str, own_password: Secret, own_code: Text = ""
) -> Response:  # fmt: skip
    """Take the second factor away when the telephone is lost."""
    try:
        confirm(request, who, own_password, own_code)
    except BadInput as error:
        return _one(request, account_id, error)
    with database_of(request).session() as db:
        people.remove_totp(db, who.actor, account_id)
    return RedirectResponse(f"/accounts/{account_id}", status_code=303)


def _first_password() -> str:
    """96 random bits in groups that can be read aloud."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(5)) for _ in range(4))
