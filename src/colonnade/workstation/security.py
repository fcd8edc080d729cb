"""What stands before every page: pure ASGI middleware, so that event streams pass through unbuffered.

Order, outermost first: request id and log line, security headers, host, cross-site check. The form token is checked by
a dependency of the application (:func:`form_token`), because it must read the form that the route reads.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import logging.handlers
import re
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # not "no-referrer": browsers would then send "Origin: null" with our own forms
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), usb=(), serial=(), payment=()",
}
#: The one page that may ask for the camera: where photographs are taken.
CAMERA_POLICY = {"Permissions-Policy": HEADERS["Permissions-Policy"].replace("camera=()", "camera=(self)")}
#: Patients' data must not stay in a browser's cache; only our own bundles may (they carry the hash of their content).
NO_STORE = "no-store"
STRICT_TRANSPORT = "max-age=31536000"

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
FORM_FIELD = "form_token"
FORM_HEADER = "X-Form-Token"
MIB = 1024 * 1024
#: Body limit where a route sets none [bytes]; routes that take photographs set their own.
BODY_LIMIT = 2 * MIB

log = logging.getLogger("colonnade.workstation")


class CrossSite(Exception):
    """A change was asked for by another site, or without the token of this session."""


class RequestLog:
    """Gives each request an id and writes one line about it: the route's pattern, never the address or the person."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        begun, status = time.perf_counter(), 0

        async def named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            await send(message)

        try:
            await self.app(scope, receive, named)
        finally:
            took_ms = round(1000 * (time.perf_counter() - begun), 1)
            fields = {"request_id": request_id, "method": method_of(scope), "route": pattern_of(scope)}
            log.info("request", extra={"fields": {**fields, "status": status, "took_ms": took_ms}})


class TrustedHost:
    """Refuses requests that name a host we are not: a page elsewhere cannot reach us by pointing its name at us."""

    def __init__(self, app: ASGIApp, *, hosts: Callable[[], frozenset[str]]) -> None:
        self.app, self.hosts = app, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            given = Headers(scope=scope).getlist("host")
            if len(given) != 1 or host_name(given[0]) not in self.hosts():
                refusal = PlainTextResponse("This server does not answer to that host name.\n", status_code=400)
                await refusal(scope, receive, send)
                return
        await self.app(scope, receive, send)


class SecureHeaders:
    """Adds the security headers to every answer, errors included; all is ``no-store`` unless it says otherwise."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self.app = app
        self.fixed = {**HEADERS, **({"Strict-Transport-Security": STRICT_TRANSPORT} if secure else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.fixed.items():
                    if not (name in CAMERA_POLICY and headers.get(name) == CAMERA_POLICY[name]):
                        headers[name] = value
                headers.setdefault("Cache-Control", NO_STORE)
            await send(message)

        await self.app(scope, receive, with_headers)


class OnlyByProxy:
    """Behind a proxy: refuses what did not come over https through it, which would cross the network in the clear.

    The server has put the scheme that the proxy names (X-Forwarded-Proto) in place of its own, and believes nobody but
    the proxy. Health is told without: it says nothing about anybody.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["scheme"] != "https" and scope["path"] not in ("/healthz", "/readyz"):
            text = "This server answers only over https, through its proxy (which must send X-Forwarded-Proto).\n"
            refusal = PlainTextResponse(text, status_code=403)
            await refusal(scope, receive, send)
            return
        await self.app(scope, receive, send)


class SameOrigin:
    """Refuses changes that a browser says come from elsewhere (Sec-Fetch-Site, Origin), or that say nothing at all.

    A script with a bearer token has no cookie that another site could abuse; it need not send either header.
    ``own`` gives the origins that are ours for a Host header.
    """

    def __init__(self, app: ASGIApp, *, own: Callable[[str], frozenset[str]]) -> None:
        self.app, self.own = app, own

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in SAFE_METHODS and not self._allowed(Headers(scope=scope)):
            refusal = PlainTextResponse(
                "This change was asked for by another site and was refused. Open the page again.\n", status_code=403
            )
            await refusal(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _allowed(self, headers: Headers) -> bool:
        site, origin = headers.get("sec-fetch-site"), headers.get("origin")
        if site is not None and site not in ("same-origin", "none"):
            return False
        if origin is not None and origin.lower() not in self.own(headers.get("host", "")):
            return False
        return site is not None or origin is not None or is_bearer(headers)


def is_bearer(headers: Headers) -> bool:
    """Whether the request carries a bearer token."""
    return headers.get("authorization", "").lower().startswith("bearer ")


def token_for(secret: str) -> str:
    """The form token that belongs to a session (or, before log-in, to a visit): derived, so that nothing is stored."""
    return hmac.new(secret.encode(), b"colonnade form token", hashlib.sha256).hexdigest()


async def form_token(request: Request) -> None:
    """Refuse a change whose form or header does not carry the token of its session. A dependency of every route."""
    if request.method in SAFE_METHODS or is_bearer(request.headers):
        return
    secret = request.cookies.get(request.app.state.settings.cookie, "")
    given: Any = request.headers.get(FORM_HEADER, "")
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not given and kind in ("application/x-www-form-urlencoded", "multipart/form-data"):
        given = (await request.form()).get(FORM_FIELD, "")
    if not secret or not isinstance(given, str) or not hmac.compare_digest(given.encode(), token_for(secret).encode()):
        raise CrossSite


def host_name(host: str) -> str:
    """The name of a Host header without its port, in lower case; empty for what is not one."""
    found = re.fullmatch(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::\d{1,5})?", host)
    return found[1].strip("[]").lower() if found else ""


def method_of(scope: Scope) -> str:
    """The method if it is a usual one; a log line takes nothing that a stranger invented."""
    known = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
    return scope["method"] if scope["method"] in known else "other"


def pattern_of(scope: Scope) -> str:
    """The pattern of the route that answered, e.g. ``/jobs/{job_id}``."""
    return str(getattr(scope.get("route"), "path", "none"))


class JsonLines(logging.Formatter):
    """One JSON object a line. Only what is known to name nobody: no message arguments, no address, no user agent."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "event": record.msg,
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
            line["where"] = _frames(record.exc_info[2])
        return json.dumps(line, ensure_ascii=True)


def _frames(trace: Any) -> list[str]:
    """File and line of each step of a traceback; an error's text may quote what somebody typed, so it stays out."""
    frames = []
    while trace is not None:
        frames.append(f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}")
        trace = trace.tb_next
    return frames[-12:]


def start_log(path: Path) -> logging.Handler:
    """Write the log to ``path`` and nine older files, of 5 MB each. Warnings also go to stderr."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    file = logging.handlers.RotatingFileHandler(path, maxBytes=5_000_000, backupCount=9, encoding="utf-8")
    file.setFormatter(JsonLines())
    console = logging.StreamHandler(sys.stderr)
    console.setFormatter(JsonLines())
    console.setLevel(logging.WARNING)
    log.setLevel(logging.INFO)
    log.propagate = False
    log.handlers[:] = [file, console]
    return file
