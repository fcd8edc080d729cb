"""The protocol ``colonnade.machine/1``: one JSON object a line, one answer for each. ``docs/file-formats/machine.md``.

Every message carries the next number; a gap means that a message was lost, and a lost message may have been "stop":
the machine then behaves as if the connection had been cut.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from pydantic import Field

from colonnade import DISCLAIMER
from colonnade.delivery.faults import Fault
from colonnade.delivery.job import Job, open_job
from colonnade.delivery.laser import Refused, VirtualLaser
from colonnade.delivery.ledger import StampState
from colonnade.delivery.readback import loaded_settings
from colonnade.errors import BadInput, did_you_mean
from colonnade.schema import Model, read

PROTOCOL = "colonnade.machine/1"
MAX_LINE = 64_000_000
MAX_ADVANCE_US = 600_000_000


class _Message(Model):
    seq: int = Field(ge=1, le=2**53)
    do: str = Field(max_length=40)


class _On(_Message):
    on: bool


class _Pressed(_Message):
    pressed: bool


class _Closed(_Message):
    closed: bool


class _Open(_Message):
    open: bool


class _Down(_Message):
    down: bool


class _Name(_Message):
    name: str = Field(min_length=1, max_length=80)


class _Decide(_Message):
    stamp: int = Field(ge=1)
    go_on: bool = Field(description="true: the handpiece has not moved, continue; false: skip the rest of the stamp")
    who: str = Field(min_length=2, max_length=80)


class _Load(_Message):
    text: str = Field(max_length=MAX_LINE, description="The whole shot file")
    resume: bool = Field(False, description="Go on with the journal of an interrupted delivery")


class _Since(_Message):
    since: int = Field(0, ge=0)
    columns: bool = Field(True, description="Whether the columns that were fired are among them")


class _Columns(_Message):
    first: int = Field(1, ge=1)
    count: int = Field(1000, ge=1, le=100_000)


class _Fault(_Message):
    kind: str = Field(max_length=40)
    value: float | None = Field(None, ge=0, le=1e6, description="Left out: the default of this kind")


class _Advance(_Message):
    us: int = Field(ge=0, le=MAX_ADVANCE_US)


#: Every verb and the schema of its message; the documentation's table and the tests come from here.
VERBS: dict[str, type[_Message]] = {
    "hello": _Message, "status": _Message, "settings": _Message, "events": _Since, "columns": _Columns,
    "stamps": _Columns, "load": _Load, "key": _On,
    "emergency_stop": _Pressed, "interlock": _Closed, "shutter": _Open, "aim": _On, "tip": _Name, "arm": _Message,
    "disarm": _Message, "pedal": _Down, "decide": _Decide, "acknowledge": _Message, "service": _Message,
    "fault": _Fault, "advance": _Advance, "bye": _Message,
}  # fmt: skip


#: One letter for each state of a stamp.
STAMP_LETTERS = dict(zip(StampState, "POICDS", strict=True))


class Desk:
    """Answers messages for one machine. ``step_mode``: the client moves the clock with ``advance``; ``instructor``:
    the client may break the machine with ``fault``."""

    def __init__(
        self,
        laser: VirtualLaser,
        log: str | Path,
        *,
        step_mode: bool,
        trusted: Collection[str] = (),
        durable: bool = True,
        instructor: bool = False,
    ) -> None:
        self.laser, self.log, self.step_mode = laser, Path(log), step_mode
        self.trusted, self.durable, self.instructor = trusted, durable, instructor
        self.loads = 0
        self.expected = 1
        """Number of the next message."""

    def connected(self) -> None:
        """A new client: it counts from 1."""
        self.expected = 1

    def disconnected(self) -> None:
        """The client is gone, in order or not."""
        self.laser.link_lost("connection closed")

    def handle_line(self, line: bytes) -> bytes | None:
        """One line in, one line out; None where the message was lost (a fault on demand)."""
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            return _line(_error(None, "bad_request", "a line that is not JSON", "one JSON object a line"))
        answer = self.handle(message)
        return None if answer is None else _line(answer)

    def handle(self, message: Any) -> dict[str, Any] | None:
        """One message in, one answer out; None where it was lost."""
        if self.laser.drop_messages > 0:
            self.laser.drop_messages -= 1
            self.laser.event("message_lost")
            return None
        if not isinstance(message, dict):
            return _error(None, "bad_request", "something else", "one JSON object a line")
        seq = message.get("seq")
        if isinstance(seq, bool) or not isinstance(seq, int) or not 1 <= seq <= 2**53:
            return _error(None, "bad_request", f"seq {str(seq)[:40]}", "the number of the message, from 1")
        if seq != self.expected:
            expected, self.expected = self.expected, seq + 1
            self.laser.link_lost(f"expected message {expected}, got {seq}")
            return _error(seq, "link", f"message {seq}", f"message {expected}: one was lost or came twice")
        self.expected += 1
        return self._do(message, seq)

    def _do(self, message: dict[str, Any], seq: int) -> dict[str, Any]:
        verb = message.get("do")
        if not isinstance(verb, str) or verb not in VERBS:
            return _error(seq, "bad_request", f"do {str(verb)[:40]}", did_you_mean(str(verb)[:40], VERBS))
        try:
            request = read(VERBS[verb], message, origin=f"message {verb}")
            result = self._verbs()[verb](request)
        except BadInput as error:
            return {
                "seq": seq,
                "ok": False,
                "state": self.laser.state,
                "error": {"kind": "bad_input", **error.as_dict()},
            }
        except Refused as error:
            answer = _error(seq, "refused", verb, str(error))
            return {**answer, "state": self.laser.state}
        return {"seq": seq, "ok": True, "state": self.laser.state, "t_us": self.laser.t_us, **(result or {})}

    def _verbs(self) -> dict[str, Callable[[Any], dict[str, Any] | None]]:
        m = self.laser
        return {
            "hello": lambda r: {"protocol": PROTOCOL, "disclaimer": DISCLAIMER, "virtual": True,
                                "device": m.device.id, "machine": m.spec.id, "mode": m.mode,
                                "clock": "step" if self.step_mode else "running"},
            "status": lambda r: {"status": m.status()},
            "settings": lambda r: {"settings": loaded_settings(self._job().sealed)},
            "events": self._events,
            "columns": self._columns,
            "stamps": self._stamps,
            "load": self._load,
            "key": lambda r: m.turn_key(r.on),
            "emergency_stop": lambda r: m.stop(r.pressed),
            "interlock": lambda r: m.interlock(r.closed),
            "shutter": lambda r: m.shutter(r.open),
            "aim": lambda r: m.aim(r.on),
            "tip": lambda r: m.attach_tip(r.name),
            "arm": lambda r: m.arm(),
            "disarm": lambda r: m.disarm(),
            "pedal": lambda r: m.press(r.down),
            "decide": lambda r: m.decide(r.stamp, go_on=r.go_on, who=r.who),
            "acknowledge": lambda r: m.acknowledge(),
            "service": lambda r: m.service(),
            "fault": self._fault,
            "advance": self._advance,
            "bye": lambda r: m.link_lost("bye"),
        }  # fmt: skip

    def _events(self, request: _Since) -> dict[str, Any]:
        found = [e for e in self.laser.events if e["n"] > request.since and (request.columns or e["what"] != "column")]
        return {"events": found[:1000]}

    def _columns(self, request: _Columns) -> dict[str, Any]:
        ledger = self._job().journal.ledger
        states = ledger.columns[request.first : request.first + request.count]
        return {"first": request.first, "columns": "".join("NFU"[s] for s in states), "pending": ledger.pending}

    def _stamps(self, request: _Columns) -> dict[str, Any]:
        states = self._job().journal.ledger.stamps[request.first - 1 : request.first - 1 + request.count]
        return {"first": request.first, "stamps": "".join(STAMP_LETTERS[s] for s in states)}

    def _fault(self, request: _Fault) -> None:
        if not self.instructor:
            raise Refused("this machine takes no faults over its line")
        # the same words and limits as on the command line; struck before the next column, whichever that is
        value = "" if request.value is None else f"={request.value:.3f}"
        fault = Fault.parse(f"{request.kind}@1{value}")
        self.laser.faults.insert(0, fault)
        self.laser.event("fault_waits", kind=fault.kind, value=fault.value)

    def _job(self) -> Job:
        if self.laser.job is None:
            raise Refused("no shot file is loaded")
        return self.laser.job

    def _load(self, request: _Load) -> dict[str, Any]:
        m = self.laser
        m.may_load()
        path = self.log if self.loads == 0 else self.log.with_name(f"{self.log.name}.{self.loads + 1}")
        job, found, warning = open_job(
            request.text.encode("utf-8", "surrogatepass"), path, m.device, m.spec, mode=m.mode, seed=m.seed,
            tube_hours=m.tube.hours, resume=request.resume, trusted=self.trusted, durable=self.durable,
        )  # fmt: skip
        self.loads += 1
        if found is not None:
            # the clock of an interrupted delivery goes on where its log ends
            m.pass_to(found.last_us)
        m.load(job, warning)
        header = job.sealed.file.header
        return {
            "sha256": job.sealed.sha256,
            "columns": header.columns,
            "stamps": header.stamps,
            "warning": warning,
            "unknown": list(found.unknown) if found else [],
            "log": path.name,
        }

    def _advance(self, request: _Advance) -> None:
        if not self.step_mode:
            raise Refused("the clock runs by itself; advance needs a machine served step by step")
        self.laser.advance(request.us)


def _error(seq: int | None, kind: str, given: str, allowed: str) -> dict[str, Any]:
    return {"seq": seq, "ok": False, "error": {"kind": kind, "given": given, "allowed": allowed}}


def _line(answer: dict[str, Any]) -> bytes:
    return json.dumps(answer, separators=(",", ":")).encode() + b"\n"
