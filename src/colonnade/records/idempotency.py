"""Idempotency keys of the API: the same key with the same request gives the same record, with another it is refused."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import String, delete
from sqlalchemy.orm import Mapped, Session, mapped_column

from colonnade.errors import BadInput
from colonnade.records.audit import Actor
from colonnade.records.base import Base, now
from colonnade.records.credentials import token_hash

KEPT = dt.timedelta(hours=24)


class IdempotencyKey(Base):
    """What a key made. It holds the id of the record, never its content."""

    __tablename__ = "idempotency_keys"

    key_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    request_sha256: Mapped[str] = mapped_column(String(64))
    object_type: Mapped[str] = mapped_column(String(40))
    object_id: Mapped[str] = mapped_column(String(80))
    made_at: Mapped[dt.datetime]


def already_made(db: Session, who: Actor, key: str, request_sha256: str) -> str | None:
    """The id of what this account made with this key within a day, or None.

    Raises
    ------
    BadInput
        If the key came with another request.
    """
    row = db.get(IdempotencyKey, token_hash(f"{who.id}:{key}"))
    if row is None or not now() - row.made_at <= KEPT:
        return None
    if row.request_sha256 != request_sha256:
        raise BadInput(
            "idempotency key",
            given="a key that came with another request",
            allowed="one key for one request",
            todo="Use a new key.",
        )
    return row.object_id


def remember(db: Session, who: Actor, key: str, request_sha256: str, object_type: str, object_id: str) -> None:
    """Keep what the key made, in the transaction that made it; keys older than a day go."""
    db.execute(delete(IdempotencyKey).where(IdempotencyKey.made_at < now() - KEPT))
    db.add(
        IdempotencyKey(
            key_hash=token_hash(f"{who.id}:{key}"),
            request_sha256=request_sha256,
            object_type=object_type,
            object_id=object_id,
            made_at=now(),
        )
    )
    db.flush()
