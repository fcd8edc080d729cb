"""From a template to an answer: the Jinja environment, what every page is given, navigation, static files."""

from __future__ import annotations

import datetime as dt
import gettext
import hashlib
import secrets
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from colonnade import DISCLAIMER, __version__
from colonnade.records import people
from colonnade.workstation.dependencies import SignedIn, settings_of
from colonnade.workstation.security import FORM_FIELD, FORM_HEADER, token_for

HERE = Path(__file__).parent
STATIC = HERE / "static"
THEME_COOKIE = "colonnade-theme"
THEMES = ("auto", "light", "dark")


class Place(NamedTuple):
    """An entry of the navigation: shown to whoever may go there, if the page exists in this version."""

    label: str
    path: str
    permission: str


#: In the order of the chain of nouns, then what supports it.
NAVIGATION = (
    Place("Today", "/", "own account"),
    Place("Patients", "/patients", "patients.pseudonymised"),
    Place("Plans", "/plans", "plans.read"),
    Place("Treatments", "/treatments", "treatments.read"),
    Place("Follow-up", "/follow-up", "followup.read"),
    Place("Devices", "/devices", "devices.read"),
    Place("Statistics", "/statistics", "statistics.read"),
    Place("Jobs", "/jobs", "jobs.run"),
    Place("Jobs", "/jobs/everybody", "jobs.all"),
    Place("Accounts", "/accounts", "accounts.manage"),
    Place("Audit", "/audit", "audit.read"),
    Place("Settings", "/settings", "settings.manage"),
)


@cache
def environment() -> Environment:
    """The Jinja environment. A name that a template uses and nobody gave is an error, not an empty place."""
    env = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        # templates do not change while the server runs: no look at the disk for each page
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    # English is the language of the source; catalogues join here without a change of any template
    env.install_gettext_translations(gettext.NullTranslations(), newstyle=True)  # type: ignore[attr-defined]
    env.globals.update(
        disclaimer=DISCLAIMER,
        version=__version__,
        static=static_url,
        form_field=FORM_FIELD,
        form_header=FORM_HEADER,
        idle_min=people.IDLE // dt.timedelta(minutes=1),
    )
    env.filters["moment"] = moment
    env.filters["pair"] = lambda name: (name, str(name).replace("-", " "))
    return env


def moment(value: Any) -> str:
    """A time as people here write it; with the zone, because the clinic's clock and the server's may differ."""
    return value.astimezone().strftime("%Y-%m-%d %H:%M %Z") if value is not None else "–"


@cache
def static_files() -> dict[str, Path]:
    """Every file below ``static`` by its path there: nothing else is ever served, so no path can climb out."""
    return {p.relative_to(STATIC).as_posix(): p for p in STATIC.rglob("*") if p.is_file()}


@cache
def static_url(name: str) -> str:
    """Address of a static file with the hash of its content, so that browsers may keep it for ever."""
    digest = hashlib.sha256(static_files()[name].read_bytes()).hexdigest()[:16]
    return f"/static/{quote(name)}?v={digest}"


def is_fragment(request: Request) -> bool:
    """Whether htmx asks for a part of a page, which must come without the frame of the page."""
    return request.headers.get("hx-request") == "true" and request.headers.get("hx-boosted") != "true"


class Typed(dict[str, Any]):
    """What a form was sent with, to fill it again; a field that was not sent is empty."""

    def __missing__(self, key: str) -> str:
        return ""


def page(
    request: Request,
    name: str,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
    **context: Any,
) -> HTMLResponse:
    """Render the template ``name`` with ``context``; who is there decides the navigation, the cookie the form token."""
    who: SignedIn | None = getattr(request.state, "who", None)
    settings = settings_of(request)
    if "typed" in context:
        context["typed"] = Typed(context["typed"])
    secret = request.cookies.get(settings.cookie, "")
    fresh = "" if secret else secrets.token_urlsafe(32)
    theme = request.cookies.get(THEME_COOKIE, "auto")
    html = (
        environment()
        .get_template(name)
        .render(
            who=who,
            places=places(request, who),
            here=request.url.path,
            known=request.app.state.paths,
            form_token=token_for(secret or fresh),
            settings=settings,
            theme=theme if theme in THEMES else "auto",
            request_id=request.state.request_id,
            **context,
        )
    )
    response = HTMLResponse(html, status_code=status, headers=headers)
    if fresh:
        set_session_cookie(response, settings, fresh)
    return response


def places(request: Request, who: SignedIn | None) -> list[Place]:
    """The navigation for this account; pages that this version does not have are absent."""
    if who is None:
        return []
    known: frozenset[str] = request.app.state.paths
    found = {p.path: p for p in NAVIGATION if p.path in known and who.may(p.permission)}
    return list(found.values())


def set_session_cookie(response: Any, settings: Any, value: str) -> None:
    """The one cookie that matters: for the server only, gone with the browser, never sent from another site's form."""
    response.set_cookie(settings.cookie, value, httponly=True, secure=settings.secure, samesite="lax", path="/")
