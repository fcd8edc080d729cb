"""A patient leaves: everything about them in one file, and erasure that leaves the audit chain whole."""

from __future__ import annotations

import datetime as dt
import json
import os
import zipfile
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from sqlalchemy import Integer, String, Table, Text, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from colonnade import DISCLAIMER, __version__
from colonnade.errors import BadInput
from colonnade.records import audit
from colonnade.records.audit import Actor
from colonnade.records.base import Base, Database, NotAllowed, get, now
from colonnade.records.blobs import ABANDONED_S, BlobStore, DamagedBlob
from colonnade.records.folder import PRIVATE_FILE, clear_errors, write_all, written_whole
from colonnade.records.jobs import Job
from colonnade.records.owned import log
from colonnade.records.patients import Patient

FORMAT = "colonnade.patient/1"
#: What never leaves with a patient: secrets, and the log, which is exported beside the tables.
SECRET_COLUMNS = {"token_hash"}


class Tombstone(Base):
    """What stays of an erased patient: that there was one, who erased them, when and why. No name, no data."""

    __tablename__ = "tombstones"

    patient_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    erased_at: Mapped[dt.datetime]
    erased_by: Mapped[str] = mapped_column(String(32))
    reason: Mapped[str] = mapped_column(Text)
    rows: Mapped[int] = mapped_column(Integer)
    files: Mapped[int] = mapped_column(Integer)


def owned_tables() -> list[Table]:
    """Tables with rows of one patient, children first: all with a ``patient_id`` except the log and the tombstones."""
    from colonnade.records import rows

    kept = {audit.AuditEntry.__tablename__, Tombstone.__tablename__}
    tables = [t for t in reversed(rows.Base.metadata.sorted_tables) if "patient_id" in t.columns and t.name not in kept]
    return [*tables, Patient.metadata.tables["patients"]]


def _owner(table: Table) -> Any:
    return table.columns["id" if table.name == "patients" else "patient_id"]


def blob_columns(table: Table) -> list[str]:
    """Columns that name a file."""
    return [c.name for c in table.columns if c.name == "blob" or c.name.endswith("_blob")]


def blobs_of(db: Session, patient_id: str) -> set[str]:
    """The files that records of this patient name."""
    found: set[str] = set()
    for table in owned_tables():
        for name in blob_columns(table):
            column = table.columns[name]
            found |= set(db.scalars(select(column).where(_owner(table) == patient_id, column != "")))
    return found


def _others_use(db: Session, blob: str, patient_id: str) -> bool:
    return any(
        db.scalar(select(func.count()).where(table.columns[name] == blob, _owner(table) != patient_id))
        for table in owned_tables()
        for name in blob_columns(table)
    )


# --- export ---------------------------------------------------------------------------------------------------------
def export_patient(db: Session, blobs: BlobStore, who: Actor, patient_id: str) -> bytes:
    """Everything about one patient: ``patient.json``, the files, and the entries of the audit log about them, as a zip.

    Raises
    ------
    NotFound
    """
    patient = get(db, Patient, patient_id)
    log(db, who, "export", patient)
    tables = {
        table.name: [
            {k: _plain(v) for k, v in row.items() if k not in SECRET_COLUMNS}
            for row in db.execute(select(table).where(_owner(table) == patient_id)).mappings()
        ]
        for table in reversed(owned_tables())
    }
    files, broken = [], []
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(blobs_of(db, patient_id)):
            try:
                content = blobs.get(name)
            except (DamagedBlob, LookupError):
                broken.append(name)
                continue
            path = f"files/{name}{_ending(content)}"
            archive.writestr(path, content)
            files.append(path)
        document = {
            "format": FORMAT,
            "colonnade": __version__,
            "disclaimer": DISCLAIMER,
            "exported_at": now().isoformat(),
            "patient_id": patient_id,
            "tables": tables,
            "files": files,
            "files_damaged_or_missing": broken,
        }
        archive.writestr("patient.json", json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False))
        lines = (
            json.dumps(e.plain() | {"hash": e.hash}, sort_keys=True) for e in audit.entries(db, patient_id=patient_id)
        )
        archive.writestr("access-log.jsonl", "\n".join(lines) + "\n")
    return out.getvalue()


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date | dt.datetime) else value


def _ending(content: bytes) -> str:
    """The file's ending by its first bytes, so that it opens; unknown content has none."""
    starts = {b"\xff\xd8\xff": ".jpg", b"\x89PNG": ".png", b"%PDF": ".pdf", b"{": ".json", b"II*\0": ".tif"}
    return next((ending for start, ending in starts.items() if content.startswith(start)), "")


# --- erasure --------------------------------------------------------------------------------------------------------
def erase_patient(
    database: Database, blobs: BlobStore, who: Actor, patient_id: str, *, reason: str, register: Path | None = None,
    results: BlobStore | None = None,
) -> Tombstone:  # fmt: skip
    """Erase everything about a patient. What stays is a tombstone and the audit log, which holds no name.

    The files go when the transaction stands. ``register`` (the data folder's ``erased.jsonl``) remembers the id, so
    that a restored older backup is erased again. ``results`` is where jobs put what they made (``runs/``): plans and
    papers of this patient go with them. If the process dies in between, ``settle`` finishes the work.

    Raises
    ------
    NotAllowed
        While a legal hold stands, or before the day until which the record must be kept.
    """
    with database.session() as db:
        patient = get(db, Patient, patient_id)
        if patient.legal_hold:
            raise NotAllowed("a legal hold stands on this record; it may not be erased")
        if patient.retain_until is not None and not patient.retain_until < now().date():
            raise NotAllowed(f"this record must be kept until {patient.retain_until.isoformat()}")
        if len(reason.strip()) < 3:
            raise BadInput("reason", given="none", allowed="why the record is erased", todo="Give the reason.")
        made = _results_of(db, patient_id)
        stone, files = _erase(db, blobs, who, patient_id, reason.strip())
    for name in files:
        blobs.remove(name)
    if results is not None:
        for name in made:
            results.remove(name)
    if register is not None:
        _register(register, [stone])
    _empty_journal(database)
    return stone


def _results_of(db: Session, patient_id: str) -> set[str]:
    """What jobs made of this patient and of nobody else."""
    made = select(Job.result_sha256).where(Job.result_sha256 != "")
    return set(db.scalars(made.where(Job.patient_id == patient_id))) - set(
        db.scalars(made.where(Job.patient_id != patient_id))
    )


def _erase(db: Session, blobs: BlobStore, who: Actor, patient_id: str, reason: str) -> tuple[Tombstone, list[str]]:
    files = sorted(b for b in blobs_of(db, patient_id) if not _others_use(db, b, patient_id))
    count = 0
    for table in owned_tables():
        count += db.execute(delete(table).where(_owner(table) == patient_id)).rowcount  # type: ignore[attr-defined]
    db.expire_all()
    stone = Tombstone(
        patient_id=patient_id, erased_at=now(), erased_by=who.id, reason=reason, rows=count, files=len(files)
    )
    db.add(stone)
    db.flush()
    details: dict[str, audit.Detail] = {"rows": count, "files": len(files)}
    audit.append(db, who, "erase", "patients", patient_id, patient_id=patient_id, details=details)
    return stone, files


def _empty_journal(database: Database) -> None:
    """SQLite keeps old pages in its journal until it is emptied."""
    if database.dialect == "sqlite":
        with database.engine.connect() as connection:
            connection.connection.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[union-attr]


def settle(
    database: Database, blobs: BlobStore, register: Path, *, results: BlobStore | None = None,
    older_than_s: float = ABANDONED_S,
) -> int:  # fmt: skip
    """When the server starts: finish erasures that were cut short, and delete files that no record names, results that
    no job names.

    A file is stored before the record that names it, so a young one may still be waiting for its record. Gives how many
    files went.
    """
    with database.session(write=False) as db:
        known = set(erased_ids(register))
        missing = [s for s in db.scalars(select(Tombstone)) if s.patient_id not in known]
        named = named_blobs(db)
        made = set(db.scalars(select(Job.result_sha256).where(Job.result_sha256 != "")))
    if missing:
        _register(register, missing)
    count = _keep_only(blobs, named, older_than_s)
    return count + (_keep_only(results, made, older_than_s) if results is not None else 0)


def _keep_only(store: BlobStore, named: set[str], older_than_s: float) -> int:
    count = store.sweep(older_than_s=older_than_s)
    for name in store.names():
        if name not in named and store.age_s(name) >= older_than_s:
            store.remove(name)
            count += 1
    return count


def named_blobs(db: Session) -> set[str]:
    """Every file that some record names."""
    found: set[str] = set()
    for table in owned_tables():
        for name in blob_columns(table):
            column = table.columns[name]
            found |= set(db.scalars(select(column).where(column != "").distinct()))
    return found


def _register(path: Path, stones: Iterable[Tombstone]) -> None:
    lines = [json.dumps({"patient_id": s.patient_id, "erased_at": s.erased_at.isoformat()}) + "\n" for s in stones]
    with clear_errors("remembering the erasure"):
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, PRIVATE_FILE)
        try:
            end = os.lseek(handle, 0, os.SEEK_END)
            # a last line that was cut short must not swallow the next one
            cut = end > 0 and os.pread(handle, 1, end - 1) != b"\n"
            write_all(handle, (("\n" if cut else "") + "".join(lines)).encode())
            os.fsync(handle)
        finally:
            os.close(handle)


def erased_ids(register: Path) -> Iterator[str]:
    """Ids in the register. A last line that was cut short is passed over."""
    if not register.is_file():
        return
    for line in register.read_text(encoding="utf-8").splitlines():
        try:
            yield str(json.loads(line)["patient_id"])
        except (ValueError, KeyError, TypeError):
            continue


def erase_again(db: Session, blobs: BlobStore, who: Actor, register: Path) -> int:
    """While a backup is restored: erase whom the register names and the backup brought back. Gives how many."""
    back = [i for i in dict.fromkeys(erased_ids(register)) if db.get(Patient, i) is not None]
    for patient_id in back:
        reason = "erased before; a restored backup had brought the record back"
        _stone, files = _erase(db, blobs, who, patient_id, reason)
        for name in files:
            blobs.remove(name)
    return len(back)


def write_export(path: Path, content: bytes) -> None:
    """Write an export where it was asked for, whole or not at all, for this user only. An existing file is refused."""
    if path.exists():
        raise BadInput("export", given=f'"{path.name}", which exists', allowed="a new file", todo="Name another file.")
    with clear_errors("writing the export"), written_whole(path) as handle:
        write_all(handle, content)
