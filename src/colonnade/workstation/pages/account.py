"""The own account: password, second factor, sessions, tokens for scripts, appearance."""

from __future__ import annotations

from typing import Annotated, Any

import segno
from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from colonnade.errors import BadInput
from colonnade.records import audit, people, signing_in
from colonnade.workstation import languages
from colonnade.workstation.dependencies import ReadDb, SignedIn, Who, client_address, database_of, settings_of
from colonnade.workstation.permissions import require
from colonnade.workstation.rendering import LANGUAGE_COOKIE, THEME_COOKIE, THEMES, page, set_session_cookie
from colonnade.workstation.roles import OWN, PERMISSIONS
from colonnade.workstation.signing_in import Secret, Text, same_twice

router = APIRouter(include_in_schema=False)


@router.get("/account", dependencies=[require(OWN)])
def account_page(request: Request, who: Who, db: ReadDb) -> Response:
    """Everything about the own account."""
    return _shown(request, who, db)


def _page(request: Request, who: SignedIn, *, status: int = 200, **extra: Any) -> Response:
    with database_of(request).session(write=False) as db:
        return _shown(request, who, db, status=status, **extra)


def _shown(request: Request, who: SignedIn, db: Session, *, status: int = 200, **extra: Any) -> Response:
    account = db.get_one(people.Account, who.account.id)
    mine = people.SignedIn.account_id == account.id
    sessions = db.scalar(select(func.count()).select_from(people.SignedIn).where(mine)) or 0
    tokens = db.scalars(
        select(people.ApiToken)
        .where(people.ApiToken.account_id == account.id, people.ApiToken.revoked_at.is_(None))
        .order_by(people.ApiToken.created_at)
    ).all()
    may = [PERMISSIONS[p] for p in PERMISSIONS if who.may(p)]
    given: dict[str, Any] = {"errors": [], "secret": "", "qr": "", "codes": [], "token": "", "done": "", **extra}
    scopes = [p for p in PERMISSIONS if who.may(p) and p != OWN]
    return page(
        request, "account.html", status=status, account=account, sessions=sessions, tokens=tokens, may=may,
        scopes=scopes, words=PERMISSIONS, languages=languages.offered(), **given,
    )  # fmt: skip


def _refused(request: Request, who: SignedIn, error: BadInput) -> Response:
    return _page(request, who, status=422, errors=[error.as_dict()])


@router.post("/account/appearance", dependencies=[require(OWN)])
def appearance(request: Request, theme: Text) -> Response:
    """Light, dark, or as the system says. A cookie of this browser, nothing about the person."""
    answer = RedirectResponse("/account", status_code=303)
    chosen = theme if theme in THEMES else "auto"
    secure = settings_of(request).secure
    answer.set_cookie(THEME_COOKIE, chosen, max_age=31_536_000, httponly=True, secure=secure, samesite="lax")
    return answer


@router.post("/account/language", dependencies=[require(OWN)])
def language(request: Request, who: Who, language: Text) -> Response:
    """The language of the pages, kept with the account; this browser also remembers it for the page to sign in on."""
    if language not in languages.offered():
        allowed = ", ".join(languages.offered())
        error = BadInput("language", given="another one", allowed=allowed, todo="Choose one.")
        return _refused(request, who, error)
    with database_of(request).session() as db:
        people.set_preference(db, who.account.id, "language", language)
    answer = RedirectResponse("/account", status_code=303)
    secure = settings_of(request).secure
    answer.set_cookie(LANGUAGE_COOKIE, language, max_age=31_536_000, httponly=True, secure=secure, samesite="lax")
    return answer


@router.post("/account/password", dependencies=[require(OWN)])
def password(request: Request, who: Who, old: Secret, new: Secret, new_again: Secret, own_code: Text = "") -> Response:
    """Change the password: every session ends, this one goes on under a fresh id."""
    try:
        same_twice((new, new_again))
        if new == old:
            raise BadInput("password", given="the same as before", allowed="another one", todo="Choose a new one.")
        confirm(request, who, old, own_code)
        hashed = people.new_password(new, login=who.account.login, display_name=who.account.display_name)
        with database_of(request).session() as db:
            people.set_password(db, who.actor, who.account.id, hashed)
            session = _fresh(db, request, who)
    except BadInput as error:
        return _refused(request, who, error)
    answer = RedirectResponse("/account?done=password", status_code=303)
    set_session_cookie(answer, settings_of(request), session.id)
    return answer


def confirm(request: Request, who: SignedIn, password: str, code: str) -> None:
    """Is it still the owner? See :func:`colonnade.records.signing_in.confirm`."""
    signing_in.confirm(database_of(request), who.actor, password=password, code=code, address=client_address(request))


def _fresh(db: object, request: Request, who: SignedIn) -> people.NewSession:
    account = db.get_one(people.Account, who.account.id)  # type: ignore[attr-defined]
    factor = account.totp_confirmed
    return people.begin_session(db, account, second_factor=factor, address=client_address(request))  # type: ignore[arg-type]


@router.post("/account/second-factor", dependencies=[require(OWN)])
def begin_second_factor(request: Request, who: Who, own_password: Secret) -> Response:
    """A new secret to put into an authenticator; it counts once a code from it was entered."""
    try:
        confirm(request, who, own_password, "")
        with database_of(request).session() as db:
            secret = people.begin_totp(db, who.actor, who.account.id)
    except BadInput as error:
        return _refused(request, who, error)
    return _page(request, who, secret=secret, qr=_qr(secret, who.account.login))


@router.post("/account/second-factor/confirm", dependencies=[require(OWN)])
def confirm_second_factor(request: Request, who: Who, code: Annotated[str, Form(max_length=10)]) -> Response:
    """Put it in force; shows the recovery codes once. Every other session ends: they were begun without it."""
    try:
        with database_of(request).session() as db:
            codes = people.confirm_totp(db, who.actor, who.account.id, code.strip())
            people.end_all_sessions(db, who.account.id, but=who.session_id)
    except BadInput as error:
        with database_of(request).session(write=False) as db:
            secret = db.get_one(people.Account, who.account.id).totp_secret or ""
        shown = {"secret": secret, "qr": _qr(secret, who.account.login)} if secret else {}
        return _page(request, who, status=422, errors=[error.as_dict()], **shown)
    return _page(request, who, codes=codes)


@router.post("/account/second-factor/remove", dependencies=[require(OWN)])
def remove_second_factor(request: Request, who: Who, own_password: Secret, own_code: Text = "") -> Response:
    """Take it away, against the password and one more code."""
    try:
        confirm(request, who, own_password, own_code)
        with database_of(request).session() as db:
            people.remove_totp(db, who.actor, who.account.id)
            session = _fresh(db, request, who)
    except BadInput as error:
        return _refused(request, who, error)
    answer = RedirectResponse("/account", status_code=303)
    set_session_cookie(answer, settings_of(request), session.id)
    return answer


@router.post("/account/sessions/end", dependencies=[require(OWN)])
def end_sessions(request: Request, who: Who) -> Response:
    """Sign out everywhere, here too."""
    with database_of(request).session() as db:
        people.end_all_sessions(db, who.account.id)
        audit.append(db, who.actor, "log_out", "account", who.account.id, details={"everywhere": True})
    return RedirectResponse("/log-in", status_code=303)


@router.post("/account/stay", dependencies=[require(OWN)])
def stay(who: Who) -> Response:
    """Still there: the session counts as used."""
    return Response(status_code=204)


@router.post("/account/tokens", dependencies=[require(OWN)])
def new_token(
    request: Request, who: Who, name: Text, own_password: Secret, days: Annotated[int, Form()] = 90,
    scopes: Annotated[list[str] | None, Form()] = None, own_code: Text = "",
) -> Response:  # fmt: skip
    """A token for scripts, shown once; never stronger than the account."""
    try:
        chosen = [s for s in scopes or [] if who.may(s)]
        if not chosen or not name.strip():
            raise BadInput(
                "token",
                given="no name or no scope",
                allowed="a name and at least one scope",
                todo="Choose what it may do.",
            )
        confirm(request, who, own_password, own_code)
        with database_of(request).session() as db:
            token, _ = people.create_token(db, who.actor, who.account.id, name=name.strip(), scopes=chosen, days=days)
    except BadInput as error:
        return _refused(request, who, error)
    return _page(request, who, token=token)


@router.post("/account/tokens/{token_id}/revoke", dependencies=[require(OWN)])
def revoke_token(request: Request, who: Who, token_id: str) -> Response:
    """End a token of this account."""
    with database_of(request).session() as db:
        people.revoke_token(db, who.actor, token_id, account_id=who.account.id)
    return RedirectResponse("/account#tokens", status_code=303)


def _qr(secret: str, login: str) -> str:
    import pyotp

    address = pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name="Colonnade")
    # no style attributes: the content policy would refuse them
    return str(
        segno.make(address, error="m").svg_inline(scale=4, border=2, svgclass=None, lineclass=None, omitsize=True)
    )
