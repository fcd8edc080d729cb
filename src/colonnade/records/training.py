"""Rehearsals on the virtual laser. A table of its own, so that none can ever stand among the treatments.

A record holds the plan version that was rehearsed, sums, and three files: the document, the shot file and the journal
of the machine. It belongs to the patient whose plan it was, and is exported and erased with them, because it was made
from their data; it says in every row that nobody was treated, and the database refuses a row that does not.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import CheckConstraint, Float, Integer, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from colonnade.records.audit import Actor
from colonnade.records.base import Base, get
from colonnade.records.owned import OfPatient, add, log

SCHEMA = "colonnade.training/1"
#: Stands in every record, every document and on every page of a rehearsal.
STATEMENT = "Virtual laser: no patient was treated."


class TrainingRecord(OfPatient, Base):
    """One rehearsal, from the first turn of the key to the summary. Never edited."""

    __tablename__ = "training_records"
    __table_args__ = (CheckConstraint(f"statement = '{STATEMENT}'", name="nobody_treated"),)

    statement: Mapped[str] = mapped_column(String(80), default=STATEMENT)
    plan_id: Mapped[str] = mapped_column(String(32), index=True)
    plan_sha256: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(200))
    mode: Mapped[str] = mapped_column(String(12))
    approved: Mapped[bool]
    seed: Mapped[int] = mapped_column(Integer)
    speed: Mapped[float] = mapped_column(Float)
    started_at: Mapped[dt.datetime] = mapped_column(index=True)
    ended_at: Mapped[dt.datetime]
    started_by: Mapped[str] = mapped_column(String(32))
    ended: Mapped[str] = mapped_column(String(20))
    columns_planned: Mapped[int] = mapped_column(Integer)
    columns_fired: Mapped[int] = mapped_column(Integer)
    columns_unknown: Mapped[int] = mapped_column(Integer)
    as_planned: Mapped[bool]
    document_blob: Mapped[str] = mapped_column(String(64))
    shots_blob: Mapped[str] = mapped_column(String(64))
    log_blob: Mapped[str] = mapped_column(String(64))


def store(db: Session, who: Actor, **fields: Any) -> TrainingRecord:
    """Keep a rehearsal that has ended. ``fields`` are those of the table, the statement excepted."""
    row = TrainingRecord(**fields, statement=STATEMENT)
    add(db, who, row, mode=row.mode, fired=row.columns_fired, unknown=row.columns_unknown)
    return row


def read(db: Session, who: Actor, record_id: str) -> TrainingRecord:
    """A record, for somebody who opens it. Raises NotFound."""
    row = get(db, TrainingRecord, record_id)
    log(db, who, "read", row)
    return row


def latest(db: Session, *, limit: int) -> Sequence[TrainingRecord]:
    """The newest records first."""
    return db.scalars(select(TrainingRecord).order_by(TrainingRecord.started_at.desc()).limit(limit)).all()
