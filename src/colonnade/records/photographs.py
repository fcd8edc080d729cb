"""Photographs: what they show, at which scale, and which views are missing. The file itself is a blob."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, Literal, get_args

from sqlalchemy import Float, Integer, String, Text
from sqlalchemy.orm import Mapped, Session, mapped_column

from colonnade.errors import BadInput
from colonnade.records.audit import Actor
from colonnade.records.base import Base, NotAllowed, get, now
from colonnade.records.blobs import BlobStore
from colonnade.records.owned import OfPatient, add, log, of_patient
from colonnade.records.patients import Patient, consent_in_force

Pose = Literal["front", "left_oblique", "left", "right_oblique", "right", "close_up", "other"]
#: The least before a treatment: three views (the minimum of a record system in use), of which one close by.
MINIMUM_POSES: tuple[tuple[Pose, ...], ...] = (
    ("front",),
    ("left", "left_oblique", "right", "right_oblique", "other"),
    ("close_up",),
)


class Photo(OfPatient, Base):
    """A photograph: the file is a blob, the row says what it shows and at which scale."""

    __tablename__ = "photos"

    condition_id: Mapped[str] = mapped_column(String(32), default="", index=True)
    treatment_id: Mapped[str] = mapped_column(String(32), default="", index=True)
    check_in_id: Mapped[str] = mapped_column(String(32), default="", index=True)
    pose: Mapped[str] = mapped_column(String(20))
    site: Mapped[str] = mapped_column(String(80), default="")
    side: Mapped[str] = mapped_column(String(10), default="")
    day: Mapped[int | None] = mapped_column(Integer)
    taken_at: Mapped[dt.datetime]
    added_at: Mapped[dt.datetime]
    added_by: Mapped[str] = mapped_column(String(32))
    blob: Mapped[str] = mapped_column(String(64))
    media_type: Mapped[str] = mapped_column(String(40))
    width_px: Mapped[int] = mapped_column(Integer)
    height_px: Mapped[int] = mapped_column(Integer)
    scale_um_px: Mapped[float | None] = mapped_column(Float)
    colour_card: Mapped[bool] = mapped_column(default=False)
    note: Mapped[str] = mapped_column(Text, default="")


def record_photo(
    db: Session,
    who: Actor,
    patient_id: str,
    *,
    blob: str,
    media_type: str,
    width_px: int,
    height_px: int,
    pose: Pose,
    taken_at: dt.datetime,
    **fields: Any,
) -> Photo:
    """Record a photograph whose file is stored already (``BlobStore.put``, before the transaction begins).

    Raises
    ------
    NotAllowed
        Without a consent to photography in force.
    """
    get(db, Patient, patient_id)
    if consent_in_force(db, patient_id, "photography") is None:
        raise NotAllowed("no consent to photography is in force; record the consent first")
    if pose not in get_args(Pose):
        raise BadInput("pose", given=repr(pose)[:20], allowed=", ".join(get_args(Pose)), todo="Choose one.")
    if not (width_px > 0 and height_px > 0):
        raise BadInput(
            "photograph",
            given=f"{width_px} x {height_px} pixels",
            allowed="a picture",
            todo="Open the file and measure it before it is recorded.",
        )
    row = Photo(
        patient_id=patient_id,
        blob=blob,
        media_type=media_type,
        width_px=width_px,
        height_px=height_px,
        pose=pose,
        taken_at=taken_at,
        added_at=now(),
        added_by=who.id,
        **fields,
    )
    add(db, who, row, pose=pose)
    return row


def set_scale(db: Session, who: Actor, patient_id: str, photo_id: str, scale_um_px: float) -> Photo:
    """Store the scale that somebody measured on a photograph [µm per pixel]; what stood there goes into the audit log.

    Raises NotFound for a photograph of somebody else, and BadInput for a number that is no scale.
    """
    row = of_patient(db, Photo, photo_id, patient_id)
    if not 0 < scale_um_px < 1e5:
        raise BadInput("scale", given=f"{scale_um_px!r} µm per pixel", allowed="above 0", todo="Measure it again.")
    before, row.scale_um_px = row.scale_um_px, scale_um_px
    db.flush()
    log(db, who, "change", row, field="scale", before_um_px=before or 0.0, after_um_px=scale_um_px)
    return row


def read_photo(db: Session, who: Actor, blobs: BlobStore, photo_id: str) -> tuple[Photo, bytes]:
    """A photograph and its content, verified. Raises NotFound and DamagedBlob."""
    row = get(db, Photo, photo_id)
    content = blobs.get(row.blob)
    log(db, who, "read", row)
    return row, content


def missing_poses(photos: Iterable[Photo], *, condition_id: str, since: dt.datetime) -> tuple[tuple[Pose, ...], ...]:
    """Which views of the mandatory minimum are missing among the photographs taken since; each entry is "one of"."""
    there = {photo.pose for photo in photos if photo.condition_id == condition_id and photo.taken_at >= since}
    return tuple(group for group in MINIMUM_POSES if not there & set(group))
