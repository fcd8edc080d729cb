"""Photographs: taken in the same poses, stripped of all metadata, kept by their hash, compared over time."""

from __future__ import annotations

import datetime as dt
import functools
import io
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, File, Request, Response, UploadFile
from sqlalchemy import select
from sqlalchemy.orm import Session

from colonnade.errors import BadInput
from colonnade.field.photo import Photograph, read_photograph, scale_of_card
from colonnade.records import patients, photographs
from colonnade.records.base import now
from colonnade.records.owned import of_patient
from colonnade.workstation.dependencies import LoggedDb, Who
from colonnade.workstation.pages.entering import Action, Errors, Long, Text, banner, blobs_of, prepared
from colonnade.workstation.permissions import require
from colonnade.workstation.rendering import page
from colonnade.workstation.security import MIB

if TYPE_CHECKING:
    from colonnade.field.sidebyside import SideBySide

router = APIRouter(include_in_schema=False)
MOST_UPLOAD = 40 * MIB
POSES: dict[str, str] = {
    "front": "Front: eyes level, face relaxed",
    "left_oblique": "Turned half to the right: the left cheek shows",
    "left": "Left side: nose to the right edge",
    "right_oblique": "Turned half to the left: the right cheek shows",
    "right": "Right side: nose to the left edge",
    "close_up": "Close-up of the field, with the card",
    "other": "Another view",
}
JPEG_QUALITY = 92


@router.get("/patients/{patient_id}/photographs", dependencies=[require("patients.read")])
def gallery(request: Request, who: Who, db: LoggedDb, patient_id: str) -> Response:
    """All photographs by day, what is missing, and the form for a new one."""
    return _page(request, who, db, patient_id)


def _page(request: Request, who: Who, db: Session, patient_id: str, *, status: int = 200, **extra: Any) -> Response:
    one = patients.read_patient(db, who.actor, patient_id)
    table = photographs.Photo
    rows = list(db.scalars(select(table).where(table.patient_id == patient_id).order_by(table.taken_at.desc())).all())
    conditions = db.scalars(select(patients.Condition).where(patients.Condition.patient_id == patient_id)).all()
    day = now() - dt.timedelta(days=1)
    missing = {c.id: photographs.missing_poses(rows, condition_id=c.id, since=day) for c in conditions}
    shown = {"errors": [], "typed": {}, **extra}
    return page(
        request, "photographs.html", status=status, **banner(db, one), photos=rows, poses=POSES, missing=missing,
        conditions=conditions, consent=patients.consent_in_force(db, patient_id, "photography"), **shown,
    )  # fmt: skip


def stored(request: Request, content: bytes) -> tuple[str, Photograph, bool]:
    """Decode, strip, keep: the blob's name, the picture, whether the printed card is in it. Raises BadInput.

    What is kept is written anew from the pixels, so that nothing else of the upload survives.
    """
    from PIL import Image

    photo = read_photograph(content)
    out = io.BytesIO()
    Image.fromarray(photo.pixels).save(out, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    try:
        scale_of_card(photo)
        card = True
    except BadInput:
        card = False
    return blobs_of(request).put(out.getvalue()), photo, card


@router.post("/patients/{patient_id}/photographs", dependencies=[require("patients.write")], max_body_size=MOST_UPLOAD)
def upload(
    request: Request, who: Who, patient_id: str, file: Annotated[UploadFile, File()], pose: Text = "",
    condition_id: Text = "", note: Long = "",
) -> Response:  # fmt: skip
    """Take one in. It is read whole and written anew before the record is touched."""

    def prepare() -> Action:
        blob, photo, card = stored(request, file.file.read())

        def save(db: Session) -> str:
            fields: dict[str, Any] = {}
            if condition_id:
                condition = of_patient(db, patients.Condition, condition_id, patient_id)
                fields = {"condition_id": condition.id, "site": condition.site, "side": condition.side}
            photographs.record_photo(
                db, who.actor, patient_id, blob=blob, media_type="image/jpeg", width_px=photo.size[0],
                height_px=photo.size[1], pose=pose, taken_at=now(), colour_card=card, note=note, **fields,  # type: ignore[arg-type]
            )  # fmt: skip
            return f"/patients/{patient_id}/photographs"

        return save

    def again(db: Session, errors: Errors) -> Response:
        return _page(request, who, db, patient_id, status=422, errors=errors, typed={"pose": pose, "note": note})

    return prepared(request, prepare, again)


@router.get("/photographs/{photo_id}/file", dependencies=[require("patients.read")])
def file(request: Request, who: Who, db: LoggedDb, photo_id: str) -> Response:
    """The picture itself, verified against its hash."""
    row, content = photographs.read_photo(db, who.actor, blobs_of(request), photo_id)
    return Response(content, media_type=row.media_type, headers={"Content-Disposition": "inline"})


def _two(db: Session, who: Who, request: Request, patient_id: str, one: str, two: str) -> tuple[Any, Any, Any, Any]:
    made: list[Any] = []
    for photo_id in (one, two):
        of_patient(db, photographs.Photo, photo_id, patient_id)
        made.extend(photographs.read_photo(db, who.actor, blobs_of(request), photo_id))
    first, a, second, b = made
    return (first, a, second, b) if first.taken_at <= second.taken_at else (second, b, first, a)


@functools.lru_cache(maxsize=2)
def _registered(earlier: bytes, later: bytes) -> SideBySide:
    """The page and its moved picture ask one after the other for the same pair."""
    from colonnade.field.sidebyside import side_by_side

    return side_by_side(read_photograph(earlier), read_photograph(later))


@router.get("/patients/{patient_id}/photographs/compare", dependencies=[require("patients.read")])
def compare(request: Request, who: Who, db: LoggedDb, patient_id: str, one: str = "", two: str = "") -> Response:
    """Two photographs side by side, the later one moved onto the earlier one if they show the same view."""
    patient = patients.read_patient(db, who.actor, patient_id)
    first, a, second, b = _two(db, who, request, patient_id, one, two)
    made = _registered(a, b)
    return page(request, "photographs_compared.html", **banner(db, patient), first=first, second=second, made=made)


@router.get("/patients/{patient_id}/photographs/moved", dependencies=[require("patients.read")])
def moved(request: Request, who: Who, db: LoggedDb, patient_id: str, one: str = "", two: str = "") -> Response:
    """The later photograph as it was moved onto the earlier one."""
    from PIL import Image

    _, a, _, b = _two(db, who, request, patient_id, one, two)
    out = io.BytesIO()
    Image.fromarray(_registered(a, b).later.pixels).save(out, "JPEG", quality=90)
    return Response(out.getvalue(), media_type="image/jpeg")
