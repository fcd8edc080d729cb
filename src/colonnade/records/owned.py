"""What all records of a patient share: whose they are, and that an edit keeps what stood there before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

from sqlalchemy import ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, Session, declared_attr, mapped_column

from colonnade.errors import BadInput
from colonnade.records import audit
from colonnade.records.audit import Actor, Verb
from colonnade.records.base import Base, Identified, Stale, get, now


class OfPatient(Identified):
    """A row that belongs to one patient: exported with them, erased with them. A test holds the list complete."""

    @declared_attr
    def patient_id(cls) -> Mapped[str]:
        """Whose it is."""
        return mapped_column(String(32), ForeignKey("patients.id"), index=True)


class Revised:
    """A row that people edit: ``revision`` counts from 1; who saves must name the one they read."""

    revision: Mapped[int] = mapped_column(Integer, default=1)


class EarlierVersion(OfPatient, Base):
    """What a row held before an edit. The history of corrections; erased with the patient."""

    __tablename__ = "earlier_versions"

    object_type: Mapped[str] = mapped_column(String(40))
    object_id: Mapped[str] = mapped_column(String(32), index=True)
    revision: Mapped[int] = mapped_column(Integer)
    replaced_at: Mapped[dt.datetime]
    replaced_by: Mapped[str] = mapped_column(String(32))
    content: Mapped[dict[str, Any]]

    object_name: ClassVar[str] = "earlier-version"


Owned = TypeVar("Owned", bound=Base)


def kind(row: Base | type[Base]) -> str:
    """How the audit log names rows of this table."""
    return str(row.__tablename__).replace("_", "-")


def plain(row: Base) -> dict[str, Any]:
    """The columns of a row as plain data (moments and dates in ISO 8601)."""
    out: dict[str, Any] = {}
    for column in row.__table__.columns:
        value = getattr(row, column.key)
        out[column.key] = value.isoformat() if isinstance(value, dt.date | dt.datetime) else value
    return out


def of_patient(db: Session, row: type[Owned], key: str, patient_id: str) -> Owned:
    """The row with this key, if it is this patient's. Raises NotFound otherwise, in the same words."""
    found = get(db, row, key)
    return found if getattr(found, "patient_id", None) == patient_id else get(db, row, "")


def add(db: Session, who: Actor, row: Base, verb: Verb = "create", **details: audit.Detail) -> None:
    """Store a new row of a patient, and the entry of the audit log, in one transaction."""
    db.add(row)
    db.flush()
    log(db, who, verb, row, **details)


def log(db: Session, who: Actor, verb: Verb, row: Base, **details: audit.Detail) -> None:
    """An entry of the audit log about ``row``."""
    # a patient's own row names the patient by its id
    patient_id = getattr(row, "patient_id", None) or (row.id if row.__tablename__ == "patients" else "")  # type: ignore[attr-defined]
    audit.append(db, who, verb, kind(row), row.id, patient_id=patient_id, details=details)  # type: ignore[attr-defined]


def edit(db: Session, who: Actor, row: Base, revision: int, fields: Mapping[str, Any]) -> list[str]:
    """Change fields of a row of a patient, keeping what stood there. Gives the names of what changed; none: no edit.

    Raises
    ------
    Stale
        If somebody else saved since ``revision`` was read.
    """
    current: int = row.revision  # type: ignore[attr-defined]
    if revision != current:
        raise Stale(f"{kind(row)} {row.id} was saved by somebody else (revision {current}, not {revision})")  # type: ignore[attr-defined]
    before = plain(row)
    unknown = sorted(set(fields) - set(before) - {"revision"})
    if unknown:
        raise BadInput(
            kind(row), given=f"the unknown field {unknown[0]}", allowed="its fields", todo="Correct the name."
        )
    changed = [name for name, value in fields.items() if getattr(row, name) != value]
    if not changed:
        return []
    db.add(
        EarlierVersion(
            patient_id=before.get("patient_id") or before["id"],
            object_type=kind(row),
            object_id=before["id"],
            revision=current,
            replaced_at=now(),
            replaced_by=who.id,
            content=before,
        )
    )
    for name in changed:
        setattr(row, name, fields[name])
    row.revision = current + 1  # type: ignore[attr-defined]
    db.flush()
    log(db, who, "change", row, revision=current + 1, fields="+".join(sorted(changed))[:80])
    return changed
