"""The delivery journal (``colonnade.log/1``): intent before every column, outcome after, forced to disk.

An append-only text file, one record a line, each ending in a CRC-32 chained over all records before it. Format:
``docs/file-formats/log.md``. Needs a POSIX system (file locks).
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from colonnade.delivery.ledger import ColumnState, Ledger, LedgerError
from colonnade.errors import BadInput
from colonnade.schema import Model, read

SCHEMA = "colonnade.log/1"
MAX_BYTES = 2_000_000_000
MAX_RECORD = 20_000

#: Outcome letters. ``M``: fired, but the energy monitor saw no light. A blind monitor looks the same, so: unknown.
OUTCOMES = {"F": ColumnState.FIRED, "N": ColumnState.NOT_FIRED, "M": ColumnState.UNKNOWN}


class LogHeader(Model):
    """What was delivered, on what."""

    schema_: Literal["colonnade.log/1"] = Field(alias="schema")
    disclaimer: str
    virtual: Literal[True] = Field(title="No real laser was driven")
    shots_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    plan_sha256: str | None
    device_id: str
    machine_id: str
    machine_sha256: str
    mode: Literal["rehearsal", "training"]
    seed: int
    tube_hours: float
    columns: int = Field(ge=1)
    stamps: int = Field(ge=1)
    synthetic: bool


@dataclass(frozen=True)
class Record:
    """One record: kind, fields, and where it ends in the file."""

    kind: str
    fields: tuple[str, ...]
    end: int


class Journal:
    """Writes records. Create with :meth:`create`, or :meth:`reopen` after an interruption."""

    def __init__(self, descriptor: int, ledger: Ledger, crc: int, *, durable: bool) -> None:
        self._fd, self.ledger, self._crc, self._durable = descriptor, ledger, crc, durable

    @classmethod
    def create(cls, path: str | Path, header: LogHeader, ledger: Ledger, *, durable: bool = True) -> Journal:
        """A new journal. Raises BadInput if the file exists: a log is never overwritten."""
        path = Path(path)
        try:
            descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND, 0o644)
        except FileExistsError:
            raise BadInput(
                f"log {path.name}",
                given="a file that exists",
                allowed="a new file, or the log of the same delivery to be resumed",
                todo="Name another file; a log is never overwritten.",
            ) from None
        except OSError as error:
            raise BadInput(
                f"log {path.name}",
                given=f"a path that cannot be written ({error.strerror})",
                allowed="a writable path",
                todo="Check the folder.",
            ) from None
        _lock(descriptor, path)
        journal = cls(descriptor, ledger, 0, durable=durable)
        journal._append(f"H {_plain(header.model_dump(mode='json', by_alias=True))}", sync=True)
        folder = os.open(path.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
        return journal

    @classmethod
    def reopen(
        cls, path: str | Path, shots_sha256: str, ledger: Ledger, *, durable: bool = True
    ) -> tuple[Journal, Recovered]:
        """Go on with a journal after an interruption; ``ledger`` must be fresh and is brought up to date.

        Raises BadInput if the journal is damaged, belongs to another shot file, or is open in another process.
        """
        path = Path(path)
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_APPEND)
        except OSError as error:
            raise _damaged(path, f"a file that cannot be opened ({error.strerror})") from None
        _lock(descriptor, path)
        found = recover(path, ledger)
        if found.header.shots_sha256 != shots_sha256:
            os.close(descriptor)
            raise BadInput(
                f"log {path.name}",
                given="the log of another shot file",
                allowed=f"shot file {found.header.shots_sha256[:12]}…",
                todo="Name the shot file this delivery began with.",
            )
        if found.torn_bytes:
            os.ftruncate(descriptor, found.valid_bytes)
        journal = cls(descriptor, ledger, found.crc, durable=durable)
        unknown = {"unknown": list(found.unknown), "torn_bytes": found.torn_bytes}
        journal._append(f"R {found.last_us} {_plain(unknown)}", sync=True)
        return journal, found

    # --- the records, in the order they occur ---------------------------------------------------------------
    def begin(self, stamp: int, t_us: int) -> None:
        """The pedal was pressed on ``stamp``."""
        self.ledger.begin(stamp)
        self._append(f"B {stamp} {t_us}", sync=True)

    def intent(self, column: int, t_us: int) -> None:
        """Durable before it returns; only then may the column be fired."""
        self.ledger.intent(column)
        self._append(f"I {column} {t_us}", sync=True)

    def outcome(self, column: int, t_us: int, letter: str, energy_uJ: float, x_um: float, y_um: float) -> None:
        """What the energy monitor and the mirrors reported. Made durable by the next record that is."""
        self.ledger.outcome(column, OUTCOMES[letter])
        self._append(f"O {column} {t_us} {letter} {energy_uJ:.2f} {x_um:.1f} {y_um:.1f}", sync=False)

    def end(self, stamp: int, t_us: int, reason: str) -> None:
        """The stamp ended; ``reason`` is ``complete`` or what interrupted it."""
        self.ledger.end(stamp, complete=reason == "complete")
        self._append(f"E {stamp} {t_us} {_word(reason)}", sync=True)

    def decide(self, stamp: int, t_us: int, *, go_on: bool, who: str) -> None:
        """The operator's decision on a stamp."""
        self.ledger.decide(stamp, go_on=go_on)
        self._append(f"{'C' if go_on else 'S'} {stamp} {t_us} {_word(who)}", sync=True)

    def note(self, t_us: int, what: str, **more: Any) -> None:
        """Anything else worth a line: operator actions, changes of state, faults."""
        self._append(f"N {t_us} {_plain({'what': what, **more})}", sync=False)

    def close(self, t_us: int, reason: str) -> None:
        """The last record of a delivery that was put away in order."""
        self._append(f"Z {t_us} {_word(reason)}", sync=True)
        self.abandon()

    def put_away(self, t_us: int, reason: str) -> None:
        """Close if it is still open."""
        if self._fd >= 0:
            self.close(t_us, reason)

    def abandon(self) -> None:
        """Close the file as a crash would: no further record."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _append(self, text: str, *, sync: bool) -> None:
        if self._fd < 0:
            raise LedgerError("the journal is closed, or a write to it failed: nothing may be fired")
        body = text.encode()
        crc = zlib.crc32(body, self._crc)
        line = body + b" %08x\n" % crc
        try:
            while line:
                line = line[os.write(self._fd, line) :]
            if sync and self._durable:
                os.fdatasync(self._fd)
        except OSError:
            # what reached the disk is not known: this journal takes nothing more, recovery will read what is there
            self.abandon()
            raise
        self._crc = crc


def _word(text: str) -> str:
    return re.sub(r"[^\w.:=+-]+", "_", text)[:80] or "_"


def _plain(data: dict[str, Any]) -> str:
    return json.dumps(data, separators=(",", ":"), ensure_ascii=True)


def _lock(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise BadInput(
            f"log {path.name}",
            given="a log that another process is writing",
            allowed="one writer",
            todo="Stop the other delivery first.",
        ) from None


# --- reading -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Recovered:
    """What a journal says after an interruption."""

    header: LogHeader
    unknown: tuple[int, ...]
    """Columns that became unknown by this interruption."""
    closed: bool
    last_us: int
    valid_bytes: int
    torn_bytes: int
    """Bytes of an incomplete last record."""
    crc: int


def _damaged(path: Path, given: str) -> BadInput:
    return BadInput(
        f"log {path.name}",
        given=given,
        allowed="a colonnade.log/1 whose records are all whole, but for a torn last one",
        todo="Keep the file as evidence; do not go on with this delivery.",
    )


def records(path: str | Path) -> Iterator[Record]:
    """The whole records of a journal, checksums verified; a torn last record is left out.

    Raises BadInput if a record in the middle does not fit its checksum.
    """
    path, crc, at = Path(path), 0, 0
    try:
        size = path.stat().st_size
        stream = path.open("rb")
    except OSError as error:
        raise _damaged(path, f"a file that cannot be read ({error.strerror})") from None
    if not size <= MAX_BYTES:
        stream.close()
        raise _damaged(path, f"{size / 1e6:.0f} MB")
    with stream:
        while line := stream.readline(MAX_RECORD + 1):
            text, _, check = line[:-1].rpartition(b" ")
            whole = line.endswith(b"\n") and check == b"%08x" % zlib.crc32(text, crc)
            if not whole:
                # only the very end may be torn: an append that was cut short leaves one line, without its newline
                if line.endswith(b"\n") or stream.read(1):
                    raise _damaged(path, f"a record at byte {at} that does not fit its checksum")
                return
            crc = zlib.crc32(text, crc)
            at += len(line)
            kind, *rest = text.decode("utf-8", "replace").split(" ")
            yield Record(kind, tuple(rest), at)


def read_header(path: str | Path) -> LogHeader:
    """The header of a journal. Raises BadInput if there is none."""
    first = next(records(path), None)
    if first is None or first.kind != "H":
        raise _damaged(Path(path), "a file without a header record")
    return _header(first, Path(path))


def _header(record: Record, path: Path) -> LogHeader:
    try:
        data = json.loads(" ".join(record.fields))
    except ValueError:
        raise _damaged(path, "a header that is not JSON") from None
    return read(LogHeader, data, origin=f"log {path.name}: header")


def replay(found: Record, ledger: Ledger) -> None:
    """Apply one record to the ledger. Raises LedgerError or ValueError if it contradicts what came before."""
    kind, f = found.kind, found.fields
    if kind == "B":
        ledger.begin(int(f[0]))
    elif kind == "I":
        ledger.intent(int(f[0]))
    elif kind == "O":
        ledger.outcome(int(f[0]), OUTCOMES[f[2]])
    elif kind == "E":
        ledger.end(int(f[0]), complete=f[2] == "complete")
    elif kind in "CS":
        ledger.decide(int(f[0]), go_on=kind == "C")
    elif kind == "R":
        expected = ledger.interrupted_by_crash()
        if json.loads(" ".join(f[1:]))["unknown"] != list(expected):
            raise LedgerError("the record of an earlier recovery names other columns")
    elif kind not in "NZ":
        raise LedgerError(f"a record of unknown kind {kind[:10]!r}")


def recover(path: str | Path, ledger: Ledger) -> Recovered:
    """Bring a fresh ``ledger`` to what the journal knows, and mark as unknown what a crash left in doubt."""
    path = Path(path)
    header: LogHeader | None = None
    last_us, end, closed = 0, 0, False
    for record in records(path):
        closed = False
        if header is None:
            if record.kind != "H":
                raise _damaged(path, "a file without a header record")
            header = _header(record, path)
            if (header.columns, header.stamps) != (ledger.bounds[-1][1], len(ledger.bounds)):
                raise _damaged(path, f"a log of {header.columns} columns in {header.stamps} stamps")
        else:
            try:
                replay(record, ledger)
                last_us = max(last_us, int(record.fields[0 if record.kind in "NRZ" else 1]))
            except (LedgerError, ValueError, LookupError, TypeError) as error:
                raise _damaged(
                    path, f"a record before byte {record.end} that contradicts the others ({error})"
                ) from None
            closed = record.kind == "Z"
        end = record.end
    if header is None:
        raise _damaged(path, "a file without a header record")
    size = path.stat().st_size
    return Recovered(header, ledger.interrupted_by_crash(), closed, last_us, end, size - end, _crc_to(path, end))


def _crc_to(path: Path, end: int) -> int:
    """The chained checksum after the record that ends at ``end``: it stands in that record."""
    with path.open("rb") as stream:
        stream.seek(end - 9)
        return int(stream.read(8), 16)
