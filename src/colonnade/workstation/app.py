"""The application: routes, what stands before them, what is said when something goes wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from colonnade import DISCLAIMER, __version__
from colonnade.errors import BadInput
from colonnade.records.base import Database, NotAllowed, NotFound, Stale
from colonnade.records.blobs import BlobStore, DamagedBlob
from colonnade.records.folder import DataFolder, StorageTrouble
from colonnade.workstation import security, signing_in
from colonnade.workstation.api import jobs as api_jobs
from colonnade.workstation.api import library as api_library
from colonnade.workstation.api import patients as api_patients
from colonnade.workstation.configuration import Settings, load_clinic, stamp
from colonnade.workstation.dependencies import Forbidden, NotSignedIn
from colonnade.workstation.jobs import JobRunner
from colonnade.workstation.live import Live
from colonnade.workstation.pages import (
    account,
    accounts,
    audit,
    checkin,
    consents,
    devices,
    followup,
    health,
    home,
    jobs,
    leaving,
    live,
    patients,
    photographs,
    plan,
    plan_papers,
    plan_versions,
    reviews,
    static,
    statistics,
    test_spots,
    training,
    treatments,
)
from colonnade.workstation.pages import settings as settings_page
from colonnade.workstation.permissions import routes, undeclared
from colonnade.workstation.rendering import is_fragment, page
from colonnade.workstation.training import Trainings

API = "/api/"
#: Folder below ``runs`` where a running job keeps its unfinished files.
SCRATCH = "unfinished"
#: Folder below ``runs`` where a rehearsal keeps its files until its record is stored.
REHEARSALS = "training"
ROUTERS = (
    health.router,
    static.router,
    signing_in.router,
    home.router,
    patients.router,
    leaving.router,
    consents.router,
    photographs.router,
    test_spots.router,
    reviews.router,
    treatments.router,
    followup.router,
    checkin.router,
    devices.router,
    statistics.router,
    api_patients.router,
    api_jobs.router,
    api_library.router,
    jobs.router,
    account.router,
    accounts.router,
    audit.router,
    settings_page.router,
    live.router,
    plan_papers.router,
    plan_versions.router,  # before the drafts, whose address takes any word
    plan.router,
    training.router,
)

#: What a person reads for each kind of refusal: title, what happened, what to do.
WORDS: dict[int, tuple[str, str]] = {
    400: ("This request cannot be read", "Go back and try again."),
    401: ("Sign in first", "Your session has ended, or you have not signed in."),
    403: ("Not allowed", "Your account may not do this. The attempt was written into the audit log."),
    404: ("Not found", "There is nothing here, or it was erased."),
    405: ("Not found", "Nothing answers to this kind of request here."),
    409: ("Changed meanwhile", "Somebody else changed this since you opened it. Nothing was saved. Open it again."),
    413: ("Too large", "What was sent is larger than this page takes. Nothing was saved."),
    422: ("Please correct this", "Something that was entered cannot be used."),
    429: ("Too many attempts", "Wait, then try again."),
    507: ("Not saved", "The disk did not take it. Nothing was saved."),
    500: ("Something went wrong", "This is a defect of Colonnade, not of your input. Nothing was half-saved."),
}


def create_app(settings: Settings, database: Database, folder: DataFolder) -> FastAPI:
    """Build the application over an open database, whose schema is up to date, and its data folder.

    Raises RuntimeError if a route does not declare exactly one permission: such a build must not answer anybody.
    """
    app = FastAPI(
        title="Colonnade",
        version=__version__,
        description=DISCLAIMER,
        docs_url=None,  # the stock page fetches scripts from elsewhere
        redoc_url=None,
        openapi_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False},
        max_body_size=security.BODY_LIMIT,
        dependencies=[Depends(security.form_token)],
        exception_handlers=_handlers(),
        lifespan=_lifespan,
    )
    app.state.settings, app.state.database = settings, database
    app.state.setup = signing_in.SetupToken()
    app.state.hashing = signing_in.hashing_limit()
    app.state.folder = folder
    app.state.blobs, app.state.results = BlobStore(folder.blobs), BlobStore(folder.runs)
    app.state.live = Live()
    app.state.runner = JobRunner(
        database, app.state.results, folder.runs / SCRATCH, workers=settings.workers,
        feed=lambda job: plan_papers.feed(database, app.state.blobs, job),
    )  # fmt: skip
    app.state.training = Trainings(database, app.state.blobs, folder.runs / REHEARSALS)
    for router in ROUTERS:
        app.include_router(router)
    if missing := undeclared(app):
        raise RuntimeError(f"routes without exactly one permission: {missing}")
    app.state.paths = frozenset(route.path or "" for route, _ in routes(app))
    # the last one added stands outermost
    app.add_middleware(LastResort)
    app.add_middleware(security.SameOrigin, own=lambda host: app.state.settings.own_origins(host))
    app.add_middleware(security.TrustedHost, hosts=lambda: app.state.settings.allowed_hosts)
    app.add_middleware(SettingsAsSaved, state=app.state)
    if settings.behind_proxy:
        app.add_middleware(security.OnlyByProxy)
    app.add_middleware(security.SecureHeaders, secure=settings.secure)
    app.add_middleware(security.RequestLog)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.runner.start()
    app.state.training.start()
    try:
        yield
    finally:
        app.state.training.stop()
        app.state.live.stop()
        app.state.runner.stop()


class SettingsAsSaved:
    """Reads the clinic's settings anew when their file was written: by another server of this database, or restored."""

    def __init__(self, app: ASGIApp, *, state: Any) -> None:
        self.app, self.state = app, state
        self.seen = stamp(state.settings.data)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (found := stamp(self.state.settings.data)) != self.seen:
            self.seen = found
            try:
                clinic = load_clinic(self.state.settings.data)
            except BadInput:
                # what was in force stays so; a server that starts with such a file refuses it
                security.log.error("settings cannot be read")
            else:
                self.state.settings = self.state.settings.model_copy(update={"clinic": clinic})
        await self.app(scope, receive, send)


class LastResort:
    """Turns an unforeseen error into an answer that gives nothing away, and a log line without its text."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception:
            if scope["type"] != "http":
                raise
            security.log.exception("internal error", extra={"fields": {"request_id": scope["state"]["request_id"]}})
            if not started:
                answer = problem(Request(scope, receive), 500)
                await answer(scope, receive, send)


def problem(request: Request, status: int, text: str = "", *, errors: list[dict[str, str]] | None = None) -> Response:
    """An error as whoever asked can read it: problem+json (RFC 9457), a fragment to swap in, or a page."""
    title, usual = WORDS.get(status, (HTTPStatus(status).phrase, ""))
    text = text or usual
    if request.url.path.startswith(API):
        body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status, "detail": text}
        body |= {"instance": f"urn:uuid:{request.state.request_id}"} | ({"errors": errors} if errors else {})
        return JSONResponse(body, status_code=status, media_type="application/problem+json")
    name = "parts/error.html" if is_fragment(request) else "error.html"
    return page(request, name, status=status, title=title, text=text, errors=errors or [])


def _handlers() -> Any:
    def told(status: int) -> Callable[[Request, Exception], Awaitable[Response]]:
        async def handler(request: Request, error: Exception) -> Response:
            return problem(request, status)

        return handler

    return {
        NotSignedIn: _not_signed_in,
        Forbidden: told(403),
        security.CrossSite: _cross_site,
        NotFound: told(404),
        Stale: told(409),
        NotAllowed: _not_allowed,
        StorageTrouble: _storage,
        DamagedBlob: _damaged,
        BadInput: _bad_input,
        RequestValidationError: _invalid,
        HTTPException: _http,
    }


async def _not_signed_in(request: Request, _error: Exception) -> Response:
    if request.url.path.startswith(API):
        answer = problem(request, 401)
        answer.headers["WWW-Authenticate"] = "Bearer"
        return answer
    if request.method == "GET" and not is_fragment(request):
        after = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/log-in?next={quote(after, safe='/')}", status_code=303)
    answer = problem(request, 401)
    answer.headers["HX-Redirect"] = "/log-in"
    return answer


async def _cross_site(request: Request, _error: Exception) -> Response:
    text = "The form was not from this session; the session may have ended meanwhile. Open the page again."
    return problem(request, 403, text)


async def _not_allowed(request: Request, error: Exception) -> Response:
    return problem(request, 403, f"{str(error)[:1].upper()}{str(error)[1:]}.")


async def _storage(request: Request, error: Exception) -> Response:
    security.log.error("storage", extra={"fields": {"request_id": request.state.request_id}})
    return problem(request, 507, str(error))


async def _damaged(request: Request, _error: Exception) -> Response:
    security.log.error("damaged file", extra={"fields": {"request_id": request.state.request_id}})
    text = "A stored file is not what was stored: it was changed or cut short. Do not use it; restore a backup."
    return problem(request, 500, text)


async def _bad_input(request: Request, error: Exception) -> Response:
    assert isinstance(error, BadInput)
    return problem(request, 422, errors=[error.as_dict()])


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    errors = [
        {
            "what": ".".join(str(part) for part in e["loc"][1:]) or str(e["loc"][0]),
            "given": "nothing" if e["type"] == "missing" else "what was sent",
            "allowed": e["msg"],
            "todo": "Correct it and send again.",
        }
        for e in error.errors()
    ]
    return problem(request, 422, errors=errors)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    answer = problem(request, error.status_code)
    for name, value in (error.headers or {}).items():
        answer.headers[name] = value
    return answer
