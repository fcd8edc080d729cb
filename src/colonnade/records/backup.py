"""Backup and restore: every table and every file in one encrypted file, verified against its manifest.

The tables are written row by row, in one reading transaction, in a form that does not depend on the database: a backup
of SQLite can be restored into PostgreSQL and the other way round, and an old one is brought up to today's schema after
it was restored into its own. Inside the sealed stream lies a tar file:

    tables/NAME.jsonl    one row a line
    files/<hash>         files, unsealed if the store seals them; the backup is sealed itself
    extras/NAME          small files beside the database that the caller names, such as the clinic's settings
    manifest.json        SHA-256 and size of every member, rows of every table, schema, head of the audit log

Results of jobs (``runs/``) and keys are not part of it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import os
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Date, DateTime, MetaData, RowMapping, Table, func, insert, inspect, select, text

from colonnade import __version__
from colonnade.errors import BadInput
from colonnade.records import audit, rows
from colonnade.records.audit import Actor, Head
from colonnade.records.base import Database, now
from colonnade.records.blobs import BlobStore
from colonnade.records.folder import clear_errors, written_whole
from colonnade.records.leaving import blob_columns, erase_again, named_blobs
from colonnade.records.sealed import Damaged, SealedReader, SealedWriter, read_header

FORMAT = "colonnade.backup/1"
ENDING = ".colonnade-backup"
#: Rows that are written at once on restoring.
BATCH = 500
#: Not restored: everybody signs in again, a request that was cut off stays cut off, and the files lie elsewhere then.
NOT_KEPT = ("sessions", "login_attempts", "idempotency_keys", "data_folders")


@dataclass(frozen=True)
class Contents:
    """What a backup holds, as its manifest says and as it was verified."""

    made_at: str
    revision: str
    rows: dict[str, int]
    files: int
    head: Head
    members: int
    extras: tuple[str, ...]


# --- backup ---------------------------------------------------------------------------------------------------------
def backup(
    database: Database,
    blobs: BlobStore,
    who: Actor,
    path: Path,
    passphrase: str,
    *,
    extras: Mapping[str, bytes] | None = None,
    cost: Mapping[str, int] | None = None,
) -> Contents:
    """Write a backup to ``path``, which must not exist; it appears whole or not at all.

    ``cost`` is of scrypt, for tests; left out, a guess at the passphrase costs about a second and 128 MiB.

    Raises
    ------
    BadInput
        For a short passphrase, an existing file, or a schema that is not today's.
    DamagedBlob
        If a stored file is not what was stored: restore it from an older backup first. A backup never hides it.
    StorageTrouble
        If the disk is full or read-only.
    """
    if path.exists():
        raise BadInput("backup", given=f'"{path.name}", which exists', allowed="a new file", todo="Name another file.")
    _check_schema(database)
    with database.session() as db:
        audit.append(db, who, "backup", "database")
    with clear_errors("writing the backup"), _snapshot(database) as connection, written_whole(path) as handle:
        head = _head(connection)
        header = {"format": FORMAT, "made_at": now().isoformat(), "colonnade": __version__, "audit_head": str(head)}
        with os.fdopen(os.dup(handle), "wb") as out:
            sealed = SealedWriter(out, passphrase, header, cost=cost)
            members = _Members(sealed)
            counts = _write(members, connection, blobs)
            for name, content in sorted((extras or {}).items()):
                members.add(f"extras/{name}", io.BytesIO(content), len(content))
            manifest = {
                "format": FORMAT,
                "made_at": header["made_at"],
                "revision": database.revision(),
                "audit_head": str(head),
                "rows": counts,
                "members": members.written,
            }
            members.close(manifest)
            sealed.close()
    return _contents(manifest)


def _check_schema(database: Database) -> None:
    from colonnade.records.migrations import revisions

    if database.revision() != revisions()[-1]:
        raise BadInput(
            "database", given=f"schema {database.revision()}", allowed=f"schema {revisions()[-1]}", todo="Upgrade it."
        )


def _snapshot(database: Database) -> Any:
    """A transaction that sees one state from beginning to end and writes nothing."""
    engine = database.engine.execution_options(colonnade_read_only=True)
    if database.dialect == "postgresql":
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    return engine.connect()


def _head(connection: Connection) -> Head:
    table = audit.AuditEntry.__table__
    last = connection.execute(select(table.c.seq, table.c.hash).order_by(table.c.seq.desc()).limit(1)).first()
    return Head(last.seq, last.hash) if last else Head(0, audit.GENESIS)


def _tables() -> list[Table]:
    return [t for t in rows.Base.metadata.sorted_tables if t.name not in NOT_KEPT]


class _Members:
    """Members of the tar file with their hashes, for the manifest."""

    def __init__(self, out: SealedWriter) -> None:
        self.tar = tarfile.TarFile.open(fileobj=out, mode="w|", format=tarfile.PAX_FORMAT)  # type: ignore[call-overload]
        self.written: dict[str, dict[str, Any]] = {}

    def add(self, name: str, source: io.BufferedIOBase | tempfile.SpooledTemporaryFile[bytes], size: int) -> None:
        info = tarfile.TarInfo(name)
        info.size = size
        reader = _Hashing(source)
        self.tar.addfile(info, reader)
        self.written[name] = {"sha256": reader.sha.hexdigest(), "bytes": size}

    def close(self, manifest: Mapping[str, Any]) -> None:
        """The manifest is the last member."""
        data = json.dumps(manifest, sort_keys=True).encode()
        self.add("manifest.json", io.BytesIO(data), len(data))
        self.tar.close()


class _Hashing:
    """A file object that hashes what is read through it."""

    def __init__(self, source: Any) -> None:
        self.source, self.sha = source, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data: bytes = self.source.read(size)
        self.sha.update(data)
        return data


def _write(members: _Members, connection: Connection, blobs: BlobStore) -> dict[str, int]:
    """All tables, then the files that they name. Gives the rows of each table."""
    counts: dict[str, int] = {}
    named: set[str] = set()
    for table in _tables():
        # one table at a time lies in memory, or beyond 8 MB in a file that has no name
        with tempfile.SpooledTemporaryFile(max_size=8 << 20) as spool:
            order = [c.asc() for c in table.primary_key.columns]
            count = 0
            for row in connection.execute(select(table).order_by(*order)).mappings():
                spool.write(json.dumps(_encode(row), ensure_ascii=True, allow_nan=False).encode() + b"\n")
                named |= {row[name] for name in blob_columns(table) if row[name]}
                count += 1
            size = spool.tell()
            spool.seek(0)
            members.add(f"tables/{table.name}.jsonl", spool, size)
            counts[table.name] = count
    for name in sorted(named):
        content = blobs.get(name)
        members.add(f"files/{name}", io.BytesIO(content), len(content))
    return counts


def _contents(manifest: Mapping[str, Any]) -> Contents:
    files = sum(name.startswith("files/") for name in manifest["members"])
    members = len([n for n in manifest["members"] if n != "manifest.json"])
    head = Head.parse(manifest["audit_head"])
    extras = tuple(sorted(n.removeprefix("extras/") for n in manifest["members"] if n.startswith("extras/")))
    return Contents(manifest["made_at"], manifest["revision"], dict(manifest["rows"]), files, head, members, extras)


def _encode(row: RowMapping) -> dict[str, Any]:
    return {k: v.isoformat() if isinstance(v, dt.date | dt.datetime) else v for k, v in row.items()}


def recorded_heads(folder: Path) -> Iterator[tuple[Path, Head]]:
    """Heads of the audit log in the first lines of the backups of a folder; no passphrase is needed.

    A file whose first line cannot be read is passed over: ``verify_backup`` says what is wrong with it.
    """
    for path in sorted(folder.glob(f"*{ENDING}")):
        try:
            with path.open("rb") as source:
                _line, header = read_header(source)
            yield path, Head.parse(str(header.get("audit_head")))
        except (Damaged, ValueError, OSError):
            continue


# --- verify ---------------------------------------------------------------------------------------------------------
def verify_backup(path: Path, passphrase: str) -> Contents:
    """Read the whole backup: every piece, member, hash and row, and the chain of the audit log inside it.

    Raises
    ------
    Damaged
        With what is wrong.
    """
    entries: list[str] = [json.dumps({"format": audit.FORMAT})]
    counts: dict[str, int] = {}

    def look(name: str, data: bytes) -> None:
        if name.startswith("tables/"):
            lines = data.decode().splitlines()
            counts[name.removeprefix("tables/").removesuffix(".jsonl")] = len(lines)
            if name == "tables/audit_entries.jsonl":
                entries.extend(_as_exported(json.loads(line)) for line in lines)

    manifest = _members(path, passphrase, look)
    chain = audit.verify_export(entries)
    if not chain.ok or str(chain.head) != manifest["audit_head"]:
        problem = chain.problems[0] if chain.problems else "its head is not the one in the manifest"
        raise Damaged(f"the audit log inside the backup is not whole: {problem}")
    if counts != manifest["rows"]:
        raise Damaged("a table does not hold as many rows as the manifest says")
    return _contents(manifest)


def _as_exported(row: dict[str, Any]) -> str:
    row["at"] = dt.datetime.fromisoformat(row["at"]).astimezone(dt.UTC).isoformat(timespec="microseconds")
    return json.dumps(row)


def _members(path: Path, passphrase: str, take: Any) -> dict[str, Any]:
    """Hand every member but the manifest to ``take(name, data)``, and check all of them against the manifest.

    A member is handed over when the pieces that hold it were verified; the manifest comes last.
    """
    seen: dict[str, dict[str, Any]] = {}
    manifest: dict[str, Any] | None = None
    with path.open("rb") as source:
        reader = SealedReader(source, passphrase)
        if reader.header["format"] != FORMAT:
            raise Damaged(f"not a backup ({FORMAT})")
        try:
            with tarfile.open(fileobj=reader, mode="r|") as tar:  # type: ignore[call-overload]
                for info in tar:
                    member = tar.extractfile(info)
                    data = member.read() if member else b""
                    if info.name == "manifest.json":
                        manifest = json.loads(data)
                        continue
                    seen[info.name] = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
                    if info.name.startswith("files/") and info.name != f"files/{seen[info.name]['sha256']}":
                        raise Damaged(f"{info.name} is not what its name says")
                    take(info.name, data)
        except (tarfile.TarError, ValueError) as error:
            raise Damaged(f"the content cannot be read ({type(error).__name__})") from None
        while reader.read(1 << 20):
            pass
    if manifest is None or manifest["members"] != seen:
        raise Damaged("the members are not those of the manifest")
    if str(reader.header.get("audit_head")) != manifest["audit_head"]:
        raise Damaged("the first line and the manifest name different heads of the audit log")
    return manifest


# --- restore --------------------------------------------------------------------------------------------------------
def restore(
    database: Database,
    blobs: BlobStore,
    who: Actor,
    path: Path,
    passphrase: str,
    *,
    register: Path | None = None,
    extras: dict[str, bytes] | None = None,
) -> Contents:
    """Restore into an empty database and an empty store: all or nothing in the database, then today's schema.

    The whole backup is verified before anything is written, and again what was restored: every count, every file, the
    chain of the audit log with the head that the backup recorded. Patients in ``register`` are erased again. The small
    files beside the database are put into ``extras``, for the caller to write.

    Raises
    ------
    BadInput
        If the database holds anything.
    Damaged
        If the backup is not whole (nothing was written), or what was restored is not what was in it: use neither.
    """
    _must_be_empty(database)
    contents = verify_backup(path, passphrase)
    _check_revision(contents.revision)
    database.upgrade(contents.revision)
    with database.session() as db:
        connection = db.connection()
        _fill(connection, blobs, path, passphrase, {} if extras is None else extras)
        _check_counts(connection, contents)
    # beyond here the content stands; today's schema first, then what today's code reads
    database.upgrade()
    with database.session() as db:
        found = audit.verify(db, [contents.head])
        broken = sorted(named_blobs(db) - (set(blobs.names()) - set(blobs.damaged())))
        if not found.ok or broken:
            raise Damaged(found.problems[0] if found.problems else f"file {broken[0]} was not restored whole")
        audit.append(db, who, "restore", "database", details={"head": contents.head.hash})
        if register is not None:
            erase_again(db, blobs, who, register)
    return contents


def _must_be_empty(database: Database) -> None:
    with database.engine.connect() as connection:
        for name in inspect(connection).get_table_names():
            if name != "alembic_version" and connection.execute(text(f'SELECT 1 FROM "{name}" LIMIT 1')).first():  # noqa: S608
                raise BadInput(
                    "restore",
                    given="a database that holds records",
                    allowed="an empty one",
                    todo="Restore into a new data folder or a new database; nothing is ever overwritten.",
                )


def _check_revision(revision: str) -> None:
    from colonnade.records.migrations import revisions

    if revision not in revisions():
        raise BadInput(
            "backup",
            given=f"schema {revision[:20]}",
            allowed=", ".join(revisions()),
            todo="Use the version of Colonnade that made it, or a newer one.",
        )


def _fill(connection: Connection, blobs: BlobStore, path: Path, passphrase: str, extras: dict[str, bytes]) -> None:
    # the tables as they are at the backup's own revision, not as today's code knows them
    known = MetaData()
    known.reflect(connection)

    def take(name: str, data: bytes) -> None:
        if name.startswith("files/"):
            blobs.put(data)
            return
        if name.startswith("extras/"):
            extras[name.removeprefix("extras/")] = data
            return
        table = known.tables[name.removeprefix("tables/").removesuffix(".jsonl")]
        lines = data.decode().splitlines()
        for at in range(0, len(lines), BATCH):
            decoded = [_decode(table, json.loads(line)) for line in lines[at : at + BATCH]]
            if table.name == audit.AuditEntry.__tablename__:
                # one by one: the trigger looks at the entry before
                for row in decoded:
                    connection.execute(insert(table), row)
            else:
                connection.execute(insert(table), decoded)

    _members(path, passphrase, take)


def _decode(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    for column in table.columns:
        value = row.get(column.name)
        if value is None:
            continue
        if isinstance(column.type, DateTime):
            row[column.name] = dt.datetime.fromisoformat(value).astimezone(dt.UTC)
        elif isinstance(column.type, Date):
            row[column.name] = dt.date.fromisoformat(value)
    return row


def _check_counts(connection: Connection, contents: Contents) -> None:
    known = MetaData()
    known.reflect(connection)
    for name, count in contents.rows.items():
        got = connection.scalar(select(func.count()).select_from(known.tables[name]))
        if got != count:
            raise Damaged(f"{got} rows of {name} were restored, the backup holds {count}")


def backup_name(moment: dt.datetime | None = None) -> str:
    """A name for a backup that sorts by time."""
    return f"{(moment or now()).astimezone(dt.UTC):%Y%m%dT%H%M%SZ}{ENDING}"


def newest(folder: Path) -> Path | None:
    """The newest backup of a folder by name."""
    found: Iterable[Path] = sorted(folder.glob(f"*{ENDING}"))
    return next(iter(reversed(list(found))), None)
