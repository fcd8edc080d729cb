"""One database, SQLite or PostgreSQL: engine, transactions, types, schema.

Writers take turns on both databases: a transaction that may write takes the one lock of the database when it begins
(``BEGIN IMMEDIATE`` on SQLite, a transaction-level advisory lock on PostgreSQL). The audit log is a chain, so its
entries have one order anyway; and a transaction that holds the lock from the start can never fail half-way for having
read an older state. Transactions are therefore to be short: no simulation, no rendering, no upload inside one.
"""

from __future__ import annotations

import datetime as dt
import errno
import re
import sqlite3
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import (
    JSON,
    Connection,
    DateTime,
    Dialect,
    Engine,
    MetaData,
    String,
    create_engine,
    event,
    make_url,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import ArgumentError, DBAPIError, InternalError, NoSuchModuleError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.types import TypeDecorator

from colonnade.errors import BadInput
from colonnade.records.checking import check_rows
from colonnade.records.folder import StorageTrouble, trouble

#: Any 64-bit number will do, as long as every process of every version uses the same one ("colonnad" in ASCII).
WRITE_LOCK = 0x636F6C6F6E6E6164
#: How long a writer waits for its turn before it gives up [ms]. Assumed: above any save, below a person's patience.
BUSY_TIMEOUT_MS = 15_000
#: Connections kept, and further ones where needed. Whoever waits for the write lock keeps one, and whoever holds the
#: lock may need a second: there must be more of them than the 40 threads in which a server answers.
POOL_SIZE, POOL_OVERFLOW = 20, 30
READ_ONLY = "colonnade_read_only"
KEY = re.compile(r"[A-Za-z0-9_-]{1,80}")


class NotFound(LookupError):
    """There is no such record, or it was erased. The message holds an id, never a name."""


class Stale(RuntimeError):
    """Somebody else changed the record since it was read. Read it again; nothing was saved."""


class NotAllowed(PermissionError):
    """This account may not do this. The message says what would be needed."""


class UtcDateTime(TypeDecorator[dt.datetime]):
    """A moment, always with a time zone, stored and returned in UTC; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone is refused")
        return value.astimezone(dt.UTC)

    def process_result_value(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        if value is None:
            return None
        # SQLite drops the zone; what was bound was UTC
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


class Base(DeclarativeBase):
    """Parent of all rows. Constraint names are fixed, so that migrations can name them on both databases."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012  (SQLAlchemy reads it from the class)
        dt.datetime: UtcDateTime(),
        dict[str, Any]: JSON().with_variant(JSONB(), "postgresql"),
        list[Any]: JSON().with_variant(JSONB(), "postgresql"),
        list[str]: JSON().with_variant(JSONB(), "postgresql"),
    }


def new_id() -> str:
    """A random id (32 hexadecimal digits) that says nothing about what it names."""
    return uuid.uuid4().hex


def now() -> dt.datetime:
    """This moment, in UTC."""
    return dt.datetime.now(dt.UTC)


class Identified:
    """A row with a random id."""

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)


Row = TypeVar("Row", bound=Base)


class RecordsSession(Session):
    """A session that refuses, before anything is sent, what not both databases could hold."""


event.listen(RecordsSession, "before_flush", check_rows)


def get(db: Session, row: type[Row], key: object) -> Row:
    """The row with this key. Raises NotFound."""
    # a key that could be none is not asked for: the database might refuse to look
    found = db.get(row, key) if isinstance(key, str) and KEY.fullmatch(key) else None
    if found is None:
        raise NotFound(f"there is no such record among the {row.__tablename__.replace('_', ' ')}")
    return found


class Database:
    """An open database. ``with database.session() as db:`` commits at the end and rolls back on an error."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._reader = engine.execution_options(**{READ_ONLY: True})

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self.engine.dialect.name

    @property
    def file(self) -> Path | None:
        """The file of a SQLite database; None on PostgreSQL."""
        return Path(self.engine.url.database or "") if self.dialect == "sqlite" else None

    def open_session(self, *, write: bool = True) -> Session:
        """A session that the caller commits and closes; ``session`` is the usual way.

        Without ``write`` the database itself refuses every change, and nobody else has to wait.
        """
        return RecordsSession(self.engine if write else self._reader, expire_on_commit=False)

    @contextmanager
    def session(self, *, write: bool = True) -> Iterator[Session]:
        """One transaction. The lock of a writer is taken by its first statement and given back at the end.

        Raises
        ------
        StorageTrouble
            If the disk is full or read-only. Nothing of the transaction was kept.
        """
        try:
            with self.open_session(write=write) as db, db.begin():
                yield db
        except (OperationalError, InternalError) as error:
            found = storage_trouble(error) if write else None
            if found is None:
                raise
            raise found from error

    def upgrade(self, revision: str = "head") -> None:
        """Bring the schema to ``revision`` (Alembic), in one transaction."""
        from colonnade.records.migrations import upgrade

        upgrade(self.engine, revision)

    def revision(self) -> str | None:
        """The revision the schema stands at; None for an empty database."""
        from colonnade.records.migrations import current

        return current(self.engine)

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def open_database(where: str | Path) -> Database:
    """Open a database: a path to a SQLite file, or a ``sqlite://`` or ``postgresql://`` URL.

    Raises
    ------
    BadInput
        If the URL is of another kind, the driver is missing, or the database does not answer.
    """
    text = str(where)
    if "://" not in text:
        text = f"sqlite:///{Path(text)}"
    try:
        url = make_url(text)
        if url.get_backend_name() not in ("sqlite", "postgresql"):
            raise _bad(url.get_backend_name(), "Name a file, or a postgresql:// address.")
        # what people typed must not reach a log through an error message
        sqlite = url.get_backend_name() == "sqlite"
        engine = create_engine(
            url,
            hide_parameters=True,
            pool_size=POOL_SIZE,
            max_overflow=POOL_OVERFLOW,
            # a server may be restarted while we are connected; a file may not
            pool_pre_ping=not sqlite,
            connect_args={"factory": _InTurn} if sqlite else {},
        )
    except (ArgumentError, NoSuchModuleError):
        raise _bad("an address that cannot be read", "Name a file, or a postgresql:// address.") from None
    except ModuleNotFoundError as error:
        raise _bad(
            f"an address that needs {error.name}, which is not installed", 'Install "colonnade[postgres]".'
        ) from None
    event.listen(engine, "begin", _sqlite_begin(threading.Lock()) if sqlite else _postgresql_begin)
    if sqlite:
        event.listen(engine, "connect", _sqlite_connection)
    try:
        engine.connect().close()
    except OperationalError as error:
        engine.dispose()
        raise _bad(f"a database that does not open ({_cause(error)})", "Check the path or the server.") from None
    return Database(engine)


def storage_trouble(error: DBAPIError) -> StorageTrouble | None:
    """What an error of the database means for the disk, in one sentence; None if it is about something else."""
    state, text = getattr(error.orig, "sqlstate", None), str(error.orig)
    if state == "53100" or "disk is full" in text:
        return trouble("saving", errno.ENOSPC, "")
    if "disk I/O error" in text or "unable to open database file" in text or state == "58030":
        return trouble("saving", errno.EIO, text.splitlines()[0])
    if "readonly database" in text:
        return trouble("saving", errno.EROFS, "")
    return None


def _bad(given: str, todo: str) -> BadInput:
    # the address may hold a password: it is never printed
    return BadInput("database", given=given, allowed="a SQLite file or a PostgreSQL server", todo=todo)


def _cause(error: OperationalError) -> str:
    return str(error.orig).splitlines()[0][:200]


def _sqlite_connection(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun by _begin alone
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "journal_mode=WAL",
        # an acknowledged save survives a power cut, not only a killed process
        "synchronous=FULL",
        "foreign_keys=ON",
        "trusted_schema=OFF",
        # what is erased is overwritten
        "secure_delete=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


class _InTurn(sqlite3.Connection):
    """A connection that gives its turn to write back when its transaction is over, however it ended.

    Whoever waits for SQLite's own lock sleeps and looks again, up to 100 ms later, and the next to come may overtake.
    The writers of one process therefore wait for a lock that wakes them; SQLite's keeps other processes out.
    """

    turn: threading.Lock | None = None

    def take_turn(self, turn: threading.Lock) -> None:
        """Wait for the turn; who does not get it in time is left to SQLite's own lock."""
        if turn.acquire(timeout=BUSY_TIMEOUT_MS / 1e3):
            self.turn = turn

    def pass_turn_on(self) -> None:
        """Give it back, if this connection has it."""
        turn, self.turn = self.turn, None
        if turn is not None:
            turn.release()

    def commit(self) -> None:
        # where it fails, the transaction is still open, and a rollback follows
        super().commit()
        self.pass_turn_on()

    def rollback(self) -> None:
        try:
            super().rollback()
        finally:
            self.pass_turn_on()

    def close(self) -> None:
        try:
            super().close()
        finally:
            self.pass_turn_on()


def _sqlite_begin(turn: threading.Lock) -> Callable[[Connection], None]:
    def begin(connection: Connection) -> None:
        raw = connection.connection.dbapi_connection
        assert isinstance(raw, _InTurn)
        read_only = bool(connection.get_execution_options().get(READ_ONLY))
        # straight to the driver: these say nothing that SQLAlchemy would have to know
        raw.execute(f"PRAGMA query_only={'ON' if read_only else 'OFF'}")
        if read_only:
            raw.execute("BEGIN")
            return
        raw.take_turn(turn)
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        except BaseException:
            raw.pass_turn_on()
            raise

    return begin


def _postgresql_begin(connection: Connection) -> None:
    if connection.get_execution_options().get(READ_ONLY):
        # one state for the whole transaction, as on SQLite
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    else:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITE_LOCK})")
