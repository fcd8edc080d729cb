"""Several servers on one database: which of them are alive, and that they share one folder of files.

SQLite has one server, which holds the data folder (:func:`colonnade.records.folder.serving`). On PostgreSQL there may
be several. Each holds an advisory lock of its own from start to end on a connection that does nothing else; PostgreSQL
gives the lock back when the connection ends, however it ends, so nobody depends on clocks or on a last word.
"""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Mapped, Session

from colonnade.errors import BadInput
from colonnade.records.base import Base, Database, Identified, new_id, now
from colonnade.records.folder import DataFolder, write_all, written_whole

FOLDER_ID = "folder.id"
ID = re.compile(r"[0-9a-f]{32}")


class DataFolderId(Identified, Base):
    """The one data folder that holds this database's files: the id that its file ``folder.id`` carries."""

    __tablename__ = "data_folders"

    since: Mapped[dt.datetime]


def claim_folder(database: Database, folder: DataFolder) -> None:
    """See that the files of this database lie in this folder; the first server of a database decides it.

    Raises
    ------
    BadInput
        If the database belongs to another folder: its photographs and plans would be missing here.
    """
    own = _folder_id(folder.root / FOLDER_ID)
    with database.session() as db:
        known = db.scalar(select(DataFolderId.id))
        if known is None:
            db.add(DataFolderId(id=own, since=now()))
        elif known != own:
            raise BadInput(
                f"data folder {folder.root}",
                given="a folder that is not the one this database began with",
                allowed="the one folder that holds the files of this database",
                todo="Name that folder with --data. Servers on one database share one data folder.",
            )


def _folder_id(path: Path) -> str:
    if path.is_file():
        found = path.read_text(encoding="ascii", errors="replace").strip()
        if not ID.fullmatch(found):
            raise BadInput(str(path), given="an unreadable id", allowed="what was written there", todo="Restore it.")
        return found
    made = new_id()
    with written_whole(path) as handle:
        write_all(handle, f"{made}\n".encode())
    return made


class Presence:
    """This server among those of its database, from ``enter`` to ``leave``."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.id = new_id()
        self._connection: Any = None

    @property
    def alone(self) -> bool:
        """Whether there can be no other server."""
        return self.database.dialect == "sqlite"

    def enter(self) -> None:
        """Take the lock that says that this server is alive."""
        if self.alone or self._connection is not None:
            return
        borrowed = self.database.engine.raw_connection()
        connection: Any = borrowed.driver_connection
        borrowed.detach()  # the pool must never hand it to anybody else
        connection.autocommit = True
        _ask(connection, f"SELECT pg_advisory_lock({_lock(self.id)})")
        self._connection = connection

    def renew(self) -> None:
        """Take the lock again if its connection is gone (the database was restarted). Call it now and then."""
        if self._connection is None:
            return
        try:
            _ask(self._connection, "SELECT 1")
        except Exception:
            self.leave()
            self.enter()

    def leave(self) -> None:
        """Give the lock back."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def alive(self, db: Session, server_id: str) -> bool:
        """Whether that server is there. Nobody but itself holds its lock for longer than a moment."""
        if server_id == self.id:
            return True
        if self.alone or not ID.fullmatch(server_id):
            return False
        query = text("SELECT pg_try_advisory_xact_lock_shared(:key)")
        return not db.scalar(query, {"key": _lock(server_id)})


def _lock(server_id: str) -> int:
    """The number of a server's advisory lock: 64 bits of its random id."""
    return int.from_bytes(bytes.fromhex(server_id[:16]), "big", signed=True)


def _ask(connection: Any, statement: str) -> None:
    cursor = connection.cursor()
    try:
        cursor.execute(statement)
        cursor.fetchall()
    finally:
        cursor.close()
