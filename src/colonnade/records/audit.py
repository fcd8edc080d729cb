"""The audit log: who did what to which record, reads included, as a chain of hashes that nobody can edit unseen.

Entries hold ids, roles, verbs and short code words, never a name or a sentence, so that the erasure of a patient need
not touch them. Triggers of the database refuse to change or delete an entry; the chain shows when somebody went around
the triggers; a head that was written down elsewhere (every backup holds one) shows when the tail was cut off or the
whole chain was written anew.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from sqlalchemy import BigInteger, Integer, String, Text, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from colonnade.records.base import Base, Database, now

Verb = Literal[
    "read",
    "list",
    "create",
    "change",
    "sign",
    "revoke",
    "approve",
    "reject",
    "void",
    "review",
    "answer",
    "export",
    "erase",
    "backup",
    "restore",
    "verify",
    "log_in",
    "log_in_failed",
    "log_out",
    "refused",
]
Detail = str | int | float | bool | None

FORMAT = "colonnade.audit/1"
#: What the first entry follows.
GENESIS = hashlib.sha256(FORMAT.encode()).hexdigest()
#: A code word: no spaces, so that no sentence and no full name gets in.
WORD = re.compile(r"[A-Za-z0-9_.:/+*-]{0,80}")
VERBS: frozenset[str] = frozenset(get_args(Verb))
#: Where a session of ``logged`` keeps the entries that are appended when its reading is over.
_WAITING = "colonnade audit entries that wait"


@dataclass(frozen=True)
class Actor:
    """Who acts. ``role`` is the account's role, or ``patient`` (by a check-in token) or ``system``."""

    id: str
    role: str
    credentialed: bool = False
    request_id: str = ""


SYSTEM = Actor("system", "system")


class AuditEntry(Base):
    """One entry. ``seq`` counts from 1 without gaps; ``hash`` covers every field and the hash before."""

    __tablename__ = "audit_entries"

    seq: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=False
    )
    at: Mapped[dt.datetime]
    actor_id: Mapped[str] = mapped_column(String(80))
    role: Mapped[str] = mapped_column(String(20))
    verb: Mapped[str] = mapped_column(String(20))
    object_type: Mapped[str] = mapped_column(String(40))
    object_id: Mapped[str] = mapped_column(String(80))
    patient_id: Mapped[str] = mapped_column(String(32), index=True)
    request_id: Mapped[str] = mapped_column(String(80))
    # as text: a JSON column may write numbers anew, and the hash is over the text
    details: Mapped[str] = mapped_column(Text)
    prev_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))

    def plain(self) -> dict[str, Any]:
        """As plain data, the hash left out: what the hash covers."""
        return {
            "seq": self.seq,
            "at": self.at.astimezone(dt.UTC).isoformat(timespec="microseconds"),
            "actor_id": self.actor_id,
            "role": self.role,
            "verb": self.verb,
            "object_type": self.object_type,
            "object_id": self.object_id,
            "patient_id": self.patient_id,
            "request_id": self.request_id,
            "details": self.details,
            "prev_hash": self.prev_hash,
        }


@dataclass(frozen=True)
class Head:
    """The end of the chain at some moment: how many entries, and the hash of the last."""

    seq: int
    hash: str

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash}"

    @classmethod
    def parse(cls, text: str) -> Head:
        """From ``SEQ:HASH``. Raises ValueError."""
        found = re.fullmatch(r"(\d{1,18}):([0-9a-f]{64})", text.strip())
        if not found:
            raise ValueError("a head is written as number:64 hexadecimal digits")
        return cls(int(found[1]), found[2])


@dataclass(frozen=True)
class Verification:
    """What ``verify`` found. ``problems`` is empty when the chain is whole."""

    entries: int
    head: Head
    heads_checked: int
    problems: tuple[str, ...] = field(default=())

    @property
    def ok(self) -> bool:
        """True when nothing is wrong."""
        return not self.problems


def _hash(plain: Mapping[str, Any]) -> str:
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(f"{FORMAT}\n{text}".encode()).hexdigest()


def head(db: Session) -> Head:
    """The end of the chain as it stands."""
    last = db.execute(select(AuditEntry.seq, AuditEntry.hash).order_by(AuditEntry.seq.desc()).limit(1)).first()
    return Head(last.seq, last.hash) if last else Head(0, GENESIS)


@dataclass(frozen=True)
class _Deed:
    """What an entry says, before it has its place in the chain."""

    who: Actor
    verb: Verb
    object_type: str
    object_id: str
    patient_id: str
    details: Mapping[str, Detail]

    def __post_init__(self) -> None:
        if self.verb not in VERBS:
            raise ValueError(f"audit: unknown verb {self.verb!r}")
        texts = [self.who.id, self.who.role, self.object_type, self.object_id, self.patient_id, self.who.request_id]
        for text in [*texts, *self.details, *(v for v in self.details.values() if isinstance(v, str))]:
            if not WORD.fullmatch(text):
                raise ValueError("audit: only code words of letters, digits and _.:/+*- up to 80 characters")


def append(
    db: Session,
    who: Actor,
    verb: Verb,
    object_type: str,
    object_id: str = "",
    *,
    patient_id: str = "",
    details: Mapping[str, Detail] | None = None,
) -> None:
    """Add an entry in the transaction of ``db``: it and the deed stand or fall together.

    In a session of :func:`logged`, which cannot write, the entry waits until the reading is over.

    Raises
    ------
    ValueError
        If a field is not a code word of at most 80 characters: the log takes no free text. A defect of the caller.
    """
    deed = _Deed(who, verb, object_type, object_id, patient_id, dict(details or {}))
    waiting: list[_Deed] | None = db.info.get(_WAITING)
    if waiting is not None:
        waiting.append(deed)
        return
    # pending rows go first: the trigger of the table looks at the entries that are there
    db.flush()
    _chain(db, [deed])


def _chain(db: Session, deeds: Sequence[_Deed]) -> None:
    """Append entries in their order. ``db`` holds the write lock, so the head stays what it is."""
    end = head(db)
    for deed in deeds:
        entry = AuditEntry(
            seq=end.seq + 1,
            at=now(),
            actor_id=deed.who.id,
            role=deed.who.role,
            verb=deed.verb,
            object_type=deed.object_type,
            object_id=deed.object_id,
            patient_id=deed.patient_id,
            request_id=deed.who.request_id,
            details=json.dumps(deed.details, sort_keys=True, separators=(",", ":"), allow_nan=False),
            prev_hash=end.hash,
        )
        entry.hash = _hash(entry.plain())
        db.add(entry)
        end = Head(entry.seq, entry.hash)
    db.flush()


@contextmanager
def logged(database: Database) -> Iterator[Session]:
    """A transaction that only reads. Its entries are appended when it is over, in one short transaction that writes.

    So nobody waits for somebody who looks something up and sets a page. The entries carry the time at which they were
    appended, so that the log stays in the order of time. If they cannot be appended this raises: nothing that was read
    may be given to anybody before the ``with`` has ended. After an error inside nothing is appended, for nothing is
    given to anybody.

    Raises
    ------
    sqlalchemy.exc.DBAPIError
        If something is written inside: the database refuses it.
    StorageTrouble
        If the disk does not take the entries.
    """
    waiting: list[_Deed] = []
    with database.session(write=False) as db:
        db.info[_WAITING] = waiting
        yield db
    if waiting:
        with database.session() as db:
            _chain(db, waiting)


def entries(db: Session, *, patient_id: str = "", after: int = 0) -> Iterator[AuditEntry]:
    """Entries in order, of one patient or of all, from ``after`` on."""
    query = select(AuditEntry).where(AuditEntry.seq > after).order_by(AuditEntry.seq)
    if patient_id:
        query = query.where(AuditEntry.patient_id == patient_id)
    yield from db.scalars(query.execution_options(yield_per=500))


def verify(db: Session, recorded: Iterable[Head] = ()) -> Verification:
    """Walk the whole chain, and look for each head that was ``recorded`` elsewhere.

    A changed, deleted, inserted or reordered entry breaks the chain. A tail that was cut off, or a chain that was
    written anew from some entry on, shows only against a recorded head.
    """
    problems: list[str] = []
    wanted: dict[int, set[str]] = {}
    for h in recorded:
        wanted.setdefault(h.seq, set()).add(h.hash)
    count = sum(len(v) for v in wanted.values())
    end = Head(0, GENESIS)
    problems += _missed(wanted.pop(0, set()), end)
    for entry in entries(db):
        plain = entry.plain()
        if entry.seq != end.seq + 1:
            problems.append(f"after entry {end.seq} comes {entry.seq}: entries are missing")
        if entry.prev_hash != end.hash:
            problems.append(f"entry {entry.seq} does not follow the entry before it")
        if _hash(plain) != entry.hash:
            problems.append(f"entry {entry.seq} was changed")
        end = Head(entry.seq, entry.hash)
        problems += _missed(wanted.pop(entry.seq, set()), end)
        db.expunge(entry)
    problems += [f"recorded head {seq} is beyond the last entry {end.seq}: the tail is missing" for seq in wanted]
    total = db.scalar(select(func.count()).select_from(AuditEntry)) or 0
    if total != end.seq and not problems:
        problems.append(f"{total} entries are stored, the last is numbered {end.seq}")
    return Verification(total, end, count, tuple(problems))


def _missed(hashes: set[str], end: Head) -> list[str]:
    return [f"entry {end.seq} is not the one that was recorded" for h in hashes if h != end.hash]


def export(db: Session) -> Iterator[str]:
    """The log as JSON lines: a first line with the format, then one entry a line, hash included."""
    yield json.dumps({"format": FORMAT, "genesis": GENESIS}) + "\n"
    for entry in entries(db):
        yield json.dumps(entry.plain() | {"hash": entry.hash}, sort_keys=True, ensure_ascii=True) + "\n"


def verify_export(lines: Iterable[str]) -> Verification:
    """Verify an exported log without the database. Raises ValueError if it is not one."""
    source = iter(lines)
    first = json.loads(next(source, "null"))
    if not isinstance(first, dict) or first.get("format") != FORMAT:
        raise ValueError(f"not an exported audit log ({FORMAT})")
    problems: list[str] = []
    end, number = Head(0, GENESIS), 0
    for number, line in enumerate(source, start=1):
        plain = json.loads(line)
        given = plain.pop("hash", "")
        if plain.get("seq") != number or plain.get("prev_hash") != end.hash or _hash(plain) != given:
            problems.append(f"line {number + 1}: entry {plain.get('seq')} does not fit")
        end = Head(number, str(given))
    return Verification(number, end, 0, tuple(problems))
