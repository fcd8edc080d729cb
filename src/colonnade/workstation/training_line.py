"""The line from a rehearsal to its machine, and what the machine last said: its panel, its columns, its stamps.

Not safe for threads by itself: the rehearsal that owns it takes turns.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import Any

from colonnade.delivery.apart import LOG, SHOTS, MachineProcess, Order
from colonnade.delivery.desk import STAMP_LETTERS
from colonnade.delivery.journal import recover
from colonnade.delivery.ledger import Ledger
from colonnade.errors import BadInput

READY_S = 120.0
#: The machine gives at most so many events, columns or stamps in one answer.
MOST_EVENTS, MOST_LETTERS = 1000, 100_000


class Denied(Exception):
    """The machine or the rehearsal says no; nothing changed."""


class Gone(Exception):
    """There is no machine at the other end."""


class Line:
    """One machine after the other: after a kill the next one goes on with the same journal.

    Attributes
    ----------
    status : dict
        What the machine said of itself, as in ``colonnade.machine/1``.
    columns : bytearray
        A letter for each column: N not fired, F fired, U unknown, I in flight: its emission has begun and not ended.
    stamps : str
        A letter for each stamp: P pending, O open, I interrupted, C confirmed, D done, S skipped.
    map, settings : dict or None
        Where every column lies; what the machine says it has loaded.
    """

    def __init__(self, order: Order) -> None:
        self.order = order
        self.status: dict[str, Any] = {}
        self.columns, self.stamps = bytearray(), ""
        self.map: dict[str, Any] | None = None
        self.settings: dict[str, Any] | None = None
        self._machine: MachineProcess | None = None
        self._seen = 0

    @property
    def process_id(self) -> int | None:
        """Of the machine's process, while there is one."""
        return self._machine.process.pid if self._machine is not None and self._machine.alive else None

    def open(self) -> None:
        """Start a process and wait until its job is prepared. Raises BadInput, Gone."""
        self._machine, self._seen = MachineProcess(self.order), 0
        # a second machine finds the shot file in the folder
        self.order = replace(self.order, plan=b"")
        try:
            self.map = self._machine.wait_ready(READY_S).map
        except (OSError, TimeoutError):
            self.close(kill=True)
            raise Gone from None

    def load(self) -> None:
        """Give it the job, and go on with its journal if there is one. Raises BadInput, Denied, Gone."""
        assert self.map is not None
        folder = self.order.folder
        text = (folder / SHOTS).read_text(encoding="utf-8")
        self.ask("load", text=text, resume=(folder / LOG).exists())
        self.settings = self.ask("settings")["settings"]
        if not self.columns:
            self.columns = bytearray(b"N" * len(self.map["x_um"]))

    def ask(self, do: str, **more: Any) -> dict[str, Any]:
        """One message, one answer. Raises Denied where the machine refuses, BadInput, Gone."""
        if self._machine is None:
            raise Gone
        try:
            answer = self._machine.client.send(do, **more)
        except (OSError, ValueError):
            raise Gone from None
        if not answer["ok"]:
            error = answer["error"]
            if error["kind"] == "bad_input":
                raise BadInput(error["what"], given=error["given"], allowed=error["allowed"], todo=error["todo"])
            raise Denied(str(error["allowed"]))
        return answer

    def look(self, *, whole: bool = False) -> list[dict[str, Any]]:
        """Bring status, columns and stamps up to date; gives what happened since, fired columns left out."""
        before, self.status = self.status, self.ask("status")["status"]
        happened: list[dict[str, Any]] = []
        while self.status["events"] > self._seen:
            found = self.ask("events", since=self._seen, columns=False)["events"]
            happened += found
            newest = int(found[-1]["n"]) if found else 0
            self._seen = newest if len(found) == MOST_EVENTS else max(newest, int(self.status["events"]))
        if self.map is None or self.settings is None:
            return happened
        # asked before the columns and shown after them: a stamp that is done never shows a column in flight
        stamps = self.ask("stamps", first=1, count=min(len(self.map["stamps"]), MOST_LETTERS))["stamps"]
        if whole or b"I" in self.columns or stamps != self.stamps or self.status["columns"] != before.get("columns"):
            self._read_columns(0 if whole else int(before.get("stamp") or 0))
        self.stamps = stamps
        return happened

    def _read_columns(self, since_stamp: int) -> None:
        """The columns of the stamps from ``since_stamp`` to the present one; all of them for 0."""
        assert self.map is not None
        stamps, first, last = self.map["stamps"], 1, len(self.columns)
        if since_stamp:
            first = int(stamps[since_stamp - 1]["first"])
            present = stamps[int(self.status["stamp"] or len(stamps)) - 1]
            last = max(int(present["first"] + present["columns"]) - 1, first)
        while first <= last:
            answer = self.ask("columns", first=first, count=min(MOST_LETTERS, last - first + 1))
            found, pending = bytearray(answer["columns"].encode()), int(answer["pending"])
            if not found:
                break
            if first <= pending < first + len(found):
                found[pending - first : pending - first + 1] = b"I"
            self.columns[first - 1 : first - 1 + len(found)] = found
            first += len(found)

    def counts(self) -> dict[str, int]:
        """How many columns are what, as in ``columns``."""
        names = {"fired": b"F", "not_fired": b"N", "unknown": b"U", "in_flight": b"I"}
        return {name: self.columns.count(letter) for name, letter in names.items()}

    def cut(self) -> None:
        """Lose a message: the machine sees the gap in the numbers and acts as for a cut connection. Raises Gone."""
        if self._machine is None:
            raise Gone
        self._machine.client.seq += 1
        with contextlib.suppress(Denied):
            self.ask("status")

    def lost(self) -> None:
        """The machine is gone: what became of every column now stands in its journal. Raises BadInput if that is
        damaged."""
        self.close(kill=True)
        # nothing that stood on its panel is known any more
        self.status = {"state": "gone", "t_us": self.status.get("t_us", 0), "stamp": self.status.get("stamp", 0)}
        log = self.order.folder / LOG
        if self.map is None or not log.exists():
            return
        ledger = Ledger(tuple((s["first"], s["first"] + s["columns"] - 1) for s in self.map["stamps"]))
        found = recover(log, ledger)
        self.columns = bytearray(b"NFU"[c] for c in ledger.columns[1:])
        self.stamps = "".join(STAMP_LETTERS[state] for state in ledger.stamps)
        self.status |= {"t_us": found.last_us, "stamp": ledger.next_stamp()}

    def close(self, *, kill: bool = False) -> None:
        """Hang up; the machine puts its journal away and ends. With ``kill`` it is not given the time."""
        machine, self._machine = self._machine, None
        if machine is not None:
            if kill:
                machine.kill()
            machine.stop()
