"""Answers for the elements of the plan page: converted numbers, columns, coverage, movies, fields, verdicts.

Nothing here is kept and nothing names a patient: settings, site and region come in, pictures go out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request, Response
from fastapi.responses import JSONResponse

from colonnade.case import Case
from colonnade.errors import BadInput
from colonnade.field.photo import Photograph, Scale, scale_between
from colonnade.laser import device
from colonnade.workstation import forms, live_drawing, live_tasks
from colonnade.workstation.live import Live, SupersededError, UnavailableError
from colonnade.workstation.permissions import require

router = APIRouter(prefix="/live", include_in_schema=False)
Sent = Annotated[dict[str, Any], Body()]


def live_of(request: Request) -> Live:
    """The live workers of this application, started when first asked for."""
    live: Live = request.app.state.live
    return live


def told(error: BadInput) -> Response:
    """A refused input as JSON (RFC 9457), for scripts of a page."""
    parts = error.as_dict()
    body = {"type": "about:blank", "title": "Please correct this", "status": 422, "errors": [parts]}
    return JSONResponse(body, status_code=422, media_type="application/problem+json")


def _problem(status: int, title: str) -> Response:
    body = {"type": "about:blank", "title": title, "status": status}
    return JSONResponse(body, status_code=status, media_type="application/problem+json")


#: What each kind of question needs, and of which type.
COLUMN: dict[str, type] = {"device": str, "site": str, "settings": dict}
NEEDS: dict[str, dict[str, type]] = {
    "column": COLUMN,
    "ends": COLUMN,
    "coverage": COLUMN,
    "movie": COLUMN,
    "field": {**COLUMN, "region": dict},
    "stamps": {**COLUMN, "region": dict},
    "check": {"case": dict},
}
_WORDS = {str: "a name", dict: "a table", int: "a whole number", list: "a list"}


def _needs(sent: Mapping[str, Any], needed: Mapping[str, type]) -> None:
    """Raise BadInput unless everything needed is there and of its type."""
    for name, kind in needed.items():
        value = sent.get(name)
        if not isinstance(value, kind) or isinstance(value, bool):
            given = "nothing" if value is None else f"a value of type {type(value).__name__}"
            raise BadInput(name, given=given, allowed=_WORDS[kind], todo="Fill it in.")


@router.post("/derived", dependencies=[require("plans.read")])
def derived(sent: Sent) -> Response:
    """Converted numbers of panel settings, and what is wrong with them by field."""
    try:
        _needs(sent, {"device": str, "settings": dict})
        return JSONResponse(forms.derived(sent))
    except BadInput as error:
        return told(error)


@router.post("/device", dependencies=[require("plans.read")])
def device_card(sent: Sent) -> Response:
    """The knobs of a device, what is assumed about it, whether it was commissioned."""
    try:
        return JSONResponse(forms.device_card(device(str(sent.get("device", "")))))
    except BadInput as error:
        return told(error)


@router.post("/rules", dependencies=[require("plans.read")])
def rules(sent: Sent) -> Response:
    """What the rules say of a case before anything is simulated; errors by field while it is incomplete."""
    try:
        _needs(sent, {"case": dict})
        errors = forms.complaints(sent["case"])
        verdict = None if errors else live_tasks.rules({"case": sent["case"]})
    except BadInput as error:
        return told(error)
    return JSONResponse({"verdict": verdict, "errors": errors})


@router.post("/scale", dependencies=[require("plans.read")])
def scale(sent: Sent) -> Response:
    """The scale of a photograph from two points [pixels] a known distance apart [mm]."""
    try:
        _needs(sent, {"width": int, "height": int})
        found = scale_of(sent, sent["width"], sent["height"])
    except BadInput as error:
        return told(error)
    return JSONResponse({"mm_per_px": found.mm_per_px, "basis": found.basis})


def scale_of(sent: Mapping[str, Any], width_px: int, height_px: int) -> Scale:
    """The scale from ``one`` and ``other`` [pixels], ``distance_mm`` apart on such a picture. Raises BadInput."""
    import numpy as np

    _needs(sent, {"one": list, "other": list})
    if not 50 <= min(width_px, height_px) <= max(width_px, height_px) <= 50_000:
        raise BadInput("photograph", given=f"{width_px} × {height_px} pixels", allowed="50 to 50000", todo="Reload.")
    # only the size of the picture bounds the points; its content is not needed
    blank = Photograph(np.broadcast_to(np.uint8(0), (height_px, width_px, 3)), "")
    try:
        one, other = ((float(p[0]), float(p[1])) for p in (sent["one"], sent["other"]))
        return scale_between(blank, one, other, float(sent.get("distance_mm", 0.0)))
    except (TypeError, ValueError, IndexError) as error:
        if isinstance(error, BadInput):
            raise
        raise BadInput(
            "scale", given="something else", allowed="two points and a distance", todo="Try again."
        ) from None


@router.post("/drawing", dependencies=[require("plans.read")])
def drawing(sent: Sent) -> Response:
    """What a drawing comes to: margins, what is treated, soft edges; by the library, as for a plan."""
    try:
        live_drawing.refuse_strange(sent)
        _needs(sent, {"region": dict})
        return JSONResponse(live_drawing.outlines(sent))
    except BadInput as error:
        return told(error)


@router.post("/{kind}", dependencies=[require("plans.read")])
async def simulated(request: Request, kind: str, sent: Sent) -> Response:
    """One answer of the live workers. 409 where a newer question of the same page took its place."""
    if kind not in NEEDS:
        return _problem(404, "Not found")
    page, sequence = str(sent.pop("page", ""))[:64], sent.pop("sequence", 0)
    sequence = sequence if isinstance(sequence, int) else 0
    try:
        _needs(sent, NEEDS[kind])
        if "region" in NEEDS[kind]:
            live_drawing.refuse_strange(sent)
        if kind == "check":
            Case.parse(sent["case"], origin="case")
        asked = live_of(request).ask(kind, sent, page=page or request.state.request_id, sequence=sequence)
        answer = await asyncio.wrap_future(asked)
    except BadInput as error:
        return told(error)
    except SupersededError:
        return _problem(409, "A newer question came")
    except UnavailableError as error:
        return _problem(503, str(error))
    if isinstance(answer, bytes):
        return Response(answer, media_type="application/octet-stream")
    return JSONResponse(answer)
