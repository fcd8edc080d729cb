"""One rehearsal: its machine, the buttons, and what the page of everybody who watches shows.

A thread of its own asks the machine how it stands, many times a second; that is also the sign of life without which
the machine stops firing by itself. Button presses come from requests and take turns with it. Pages read what is shown
without waiting for either.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from colonnade.delivery.apart import Order
from colonnade.delivery.laser import LATCHED
from colonnade.errors import BadInput
from colonnade.records.approvals import TIME_OUT_ITEMS
from colonnade.records.base import now
from colonnade.schema import Model
from colonnade.workstation.security import log
from colonnade.workstation.training_line import Denied, Gone, Line
from colonnade.workstation.training_shown import Audience, Shown

#: The machine is asked this often [s]: while it fires, and otherwise.
FIRING_S, IDLE_S = 0.04, 0.2
#: Whoever holds the footswitch says so again at least this often [s], or the foot counts as off it. Assumed: some
#: missed beats of 0.3 s; shorter than the silence after which the machine itself stops.
HOLD_S = 1.5
#: A press so soon after the last release is a bounce, and fires nothing [s]. Assumed: longer than a double click.
BOUNCE_S = 0.5
#: A page that nobody looks at any more ends its machine after this [s].
LEFT_S = 120.0
#: No rehearsal lasts longer [s].
LONGEST_S = 2 * 3600.0
MOST_ENTRIES = 5000
BEGUN, ENTRIES = "begun.json", "entries.jsonl"
#: Faults an instructor may set off that the machine knows by name, each before the next column.
MACHINE_FAULTS = ("sag", "missed", "stuck-mirror", "offset-mirror", "wrong-tip", "cooling", "clock-jump", "kill")
#: Of these, what only service repairs.
BROKEN = ("sag", "stuck-mirror", "offset-mirror", "cooling", "clock-jump")
#: Events of the machine that answer a person's press, so that the log says whose.
PRESSED = frozenset(
    ("key", "emergency_stop", "interlock", "aiming_beam", "pedal", "pedal_ignored", "decision", "service", "tip")
)
#: Events of the machine that a reader of the log does not need: another entry says the same.
QUIET = frozenset(("shutter", "cut", "fault_waits"))
Phase = Literal["preparing", "running", "gone", "failed", "ending", "ended"]


class Begun(Model):
    """What a rehearsal is about, as it stands in its folder from the first moment."""

    id: str
    plan_id: str
    patient_id: str
    plan_sha256: str
    title: str
    number: int
    mode: Literal["rehearsal", "training"]
    approved_by: str = ""
    seed: int = Field(ge=0, le=2**31 - 1)
    speed: float = Field(gt=0, le=100)
    started_at: str
    started_by: str
    started_name: str
    role: str
    planned: list[dict[str, Any]] = Field(default_factory=list)


@dataclass(frozen=True)
class Presser:
    """Who pressed a button: account and the name that stands in the log."""

    id: str
    name: str


@dataclass
class _Grip:
    """A foot on the pedal: which press it is, whose, and when it was last heard of."""

    id: str
    who: str
    heard: float


class Session:
    """A rehearsal that runs.

    Main methods
    ------------
    press(who, do, sent)
        A button. Raises Denied, BadInput.
    watch()
        Frames for a page, until the rehearsal has ended.
    end(why)
        End it; the thread then calls ``on_end``, which gives the id of the record.
    """

    def __init__(self, begun: Begun, folder: Path, order: Order, *, on_end: Callable[[Session], str]) -> None:
        self.begun, self.folder, self._on_end = begun, folder, on_end
        self.line = Line(order)
        self.phase: Phase = "preparing"
        self.why = self.record_id = ""
        self.entries: list[dict[str, Any]] = []
        self.checked: set[str] = set()
        self._error: dict[str, str] | None = None
        self._lock = threading.RLock()
        self._broken = False
        self._grip: _Grip | None = None
        self._ended_grips: deque[str] = deque(maxlen=256)
        self._released = 0.0
        self._closing = threading.Event()
        self._audience = Audience()
        self._began = time.monotonic()
        self.shown = Shown(0, {})
        self._publish()
        self._thread = threading.Thread(target=self._run, name=f"training-{begun.id[:8]}", daemon=True)

    # --- for the manager ------------------------------------------------------------------------------------------
    def start(self) -> None:
        """Start the thread, which starts the machine."""
        self._thread.start()

    def end(self, why: str) -> None:
        """Ask it to end; ``why``: ended, left, longest, stopped."""
        self.why = self.why or why
        self._closing.set()

    def join(self, timeout_s: float) -> None:
        """Wait for the thread."""
        self._thread.join(timeout_s)

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.phase in ("ended", "failed")

    # --- the thread -----------------------------------------------------------------------------------------------
    def _run(self) -> None:
        try:
            self._bring_up()
            while not self._closing.wait(FIRING_S if self.line.status.get("state") == "firing" else IDLE_S):
                self._look()
            self._finish()
        except Exception:
            log.exception("training session")
            self.line.close(kill=True)
            self._fail({"what": "rehearsal", "given": "an unforeseen error", "allowed": "none",
                        "todo": "This is a defect of Colonnade; the server's log says more."})  # fmt: skip

    def _bring_up(self) -> None:
        """Start the process, wait until the job is prepared, load it."""
        try:
            self.line.open()
            with self._lock:
                if self.phase != "preparing":  # ended meanwhile
                    self.line.close()
                    return
                self.line.load()
                self._read(whole=True)
                self.phase = "running"
                self._publish()
        except BadInput as error:
            self._fail(error.as_dict())
        except Denied as error:
            self._fail({"what": "machine", "given": str(error), "allowed": "", "todo": "Begin again."})
        except Gone:
            self._gone()

    def _fail(self, error: dict[str, str]) -> None:
        with self._lock:
            self.line.close()
            self.phase, self._error = "failed", error
            self._closing.set()
            self._publish()

    def _look(self) -> None:
        """Ask the machine how it stands; release a foot that was not heard of; notice that nobody is there."""
        with self._lock:
            if self.phase == "running":
                try:
                    self._lose_grip()
                    self._read()
                except Gone:
                    self._gone()
            self._publish()
        if self._audience.alone_s > LEFT_S:
            self.end("left")
        elif time.monotonic() - self._began > LONGEST_S:
            self.end("longest")

    def _read(self, *, whole: bool = False, who: Presser | None = None) -> None:
        for event in self.line.look(whole=whole):
            self._note_event(event, who)

    def _gone(self) -> None:
        """The process ended by itself, or was killed."""
        with self._lock:
            if self.phase not in ("preparing", "running"):
                return
            self._grip = None
            try:
                self.line.lost()
            except BadInput as error:
                self._fail(error.as_dict())
                return
            self.note("machine_gone")
            self.phase = "gone"
            self._publish()

    def _finish(self) -> None:
        if self.phase != "failed":
            with self._lock:
                if self.phase == "running":
                    # whatever stood: foot off, key off, so that the journal ends in order
                    with contextlib.suppress(Gone, Denied):
                        self.line.ask("pedal", down=False)
                        self.line.ask("key", on=False)
                        self._read()
                self.phase, self._grip = "ending", None
                self.note("ended", why=self.why)
                self._publish()
                self.line.close()
        self.record_id = self._on_end(self)
        with self._lock:
            if self.phase != "failed":
                self.phase = "ended"
            self._publish()

    # --- buttons --------------------------------------------------------------------------------------------------
    def press(self, who: Presser, do: str, sent: Mapping[str, Any]) -> None:
        """One button press. Raises Denied with the reason, BadInput for a message that is none."""
        buttons: dict[str, Callable[[], object]] = {
            "key": lambda: self.line.ask("key", on=_flag(sent, "on")),
            "emergency_stop": lambda: self.line.ask("emergency_stop", pressed=_flag(sent, "on")),
            "door": lambda: self.line.ask("interlock", closed=_flag(sent, "on")),
            "aim": lambda: self.line.ask("aim", on=_flag(sent, "on")),
            "tip": lambda: self.line.ask("tip", name=(self.line.settings or {})["tip"]),
            "acknowledge": lambda: self.line.ask("acknowledge"),
            "service": lambda: self.line.ask("service"),
            "ready": self._ready,
            "standby": self._standby,
            "pedal": lambda: self._pedal(who, sent),
            "hold": lambda: self._hold(sent),
            "decide": lambda: self._decide(who, sent),
            "check": lambda: self._check(who, sent),
            "fault": lambda: self._set_off(who, sent),
            "restart": lambda: self._restart(who),
        }
        if do not in buttons:
            raise BadInput("button", given=f'"{do[:20]}"', allowed=", ".join(buttons), todo="Reload the page.")
        with self._lock:
            if self.phase != "running" and (do == "hold" or (do == "pedal" and sent.get("on") is False)):
                return  # a foot comes off a pedal whose machine is gone
            if self.phase != ("gone" if do == "restart" else "running"):
                raise Denied("The machine is not running.")
            try:
                buttons[do]()
                if do not in ("hold", "restart"):
                    self._read(who=who)
            except Denied as error:
                self.note("refused", who, button=do, why=str(error))
                with contextlib.suppress(Gone, Denied):
                    self._read(who=who)
                raise
            except Gone:
                self._gone()
                if sent.get("kind") != "kill":  # that is what the instructor wanted
                    raise Denied("The machine is gone.") from None
            finally:
                self._publish()

    def _ready(self) -> None:
        """Standby to ready: shutter and arming in one, as on a panel; the time-out comes first."""
        if not self.time_out:
            raise Denied("The time-out comes first: every item, said aloud and confirmed.")
        state = self.line.status.get("state")
        if state != "standby":
            raise Denied(f"Ready follows standby; the machine is in {state}.")
        self.line.ask("shutter", open=True)
        try:
            self.line.ask("arm")
        except Denied:
            self.line.ask("shutter", open=False)
            raise

    def _standby(self) -> None:
        self.line.ask("disarm")
        self.line.ask("shutter", open=False)

    def _pedal(self, who: Presser, sent: Mapping[str, Any]) -> None:
        """A foot on or off the pedal. Each press has its own name, so that none counts twice or after its release."""
        grip, down = sent.get("grip"), _flag(sent, "on")
        if not isinstance(grip, str) or not 8 <= len(grip) <= 64:
            raise BadInput("grip", given="no name of this press", allowed="8 to 64 characters", todo="Reload the page.")
        held = self._grip is not None and self._grip.id == grip
        if not down:
            self._ended_grips.append(grip)
            if held:
                self._let_go()
        elif held or grip in self._ended_grips:
            return  # sent twice, or released already: one press is one press
        elif self._grip is not None:
            raise Denied("Somebody else's foot is on the pedal.")
        elif time.monotonic() - self._released < BOUNCE_S:
            self._ended_grips.append(grip)
            self.note("bounce", who)
        else:
            self._grip = _Grip(grip, who.id, time.monotonic())
            self.line.ask("pedal", down=True)

    def _let_go(self) -> None:
        self._grip, self._released = None, time.monotonic()
        self.line.ask("pedal", down=False)

    def _hold(self, sent: Mapping[str, Any]) -> None:
        if self._grip is not None and self._grip.id == sent.get("grip"):
            self._grip.heard = time.monotonic()

    def _lose_grip(self) -> None:
        """The page that held the pedal is silent: as if the connection had been cut."""
        grip = self._grip
        if grip is not None and time.monotonic() - grip.heard > HOLD_S:
            self._ended_grips.append(grip.id)
            self._grip, self._released = None, time.monotonic()
            self.note("hold_lost")
            self.line.cut()

    def _decide(self, who: Presser, sent: Mapping[str, Any]) -> None:
        stamp, go_on = sent.get("stamp"), _flag(sent, "go_on")
        if not isinstance(stamp, int) or isinstance(stamp, bool):
            raise BadInput("stamp", given="no number", allowed="the stamp that waits", todo="Reload the page.")
        if go_on and sent.get("not_moved") is not True:
            raise Denied(
                "A stamp goes on only if somebody confirms that the handpiece has not moved; otherwise it is skipped."
            )
        self.line.ask("decide", stamp=stamp, go_on=go_on, who=who.name[:80] if len(who.name) > 1 else who.id)
        # standby has its shutter closed; the next ready opens it
        self.line.ask("shutter", open=False)

    def _check(self, who: Presser, sent: Mapping[str, Any]) -> None:
        item, yes = sent.get("item"), _flag(sent, "on")
        if item not in TIME_OUT_ITEMS:
            raise BadInput("item", given="an unknown item", allowed="an item of the list", todo="Reload the page.")
        if yes != (item in self.checked):
            (self.checked.add if yes else self.checked.discard)(str(item))
            self.note("check", who, item=item, on=yes)

    def _set_off(self, who: Presser, sent: Mapping[str, Any]) -> None:
        """What an instructor sets off."""
        kind, value = sent.get("kind"), sent.get("value")
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise BadInput("value", given="no number", allowed="a number", todo="Correct it.")
        if kind not in ("door", "pedal", "link", *MACHINE_FAULTS):
            allowed = ", ".join(("door", "pedal", "link", *MACHINE_FAULTS))
            raise BadInput("fault", given=f'"{str(kind)[:20]}"', allowed=allowed, todo="Choose one.")
        if kind == "pedal" and self._grip is None:
            raise Denied("Nobody's foot is on the pedal.")
        self.note("instructor", who, kind=kind, value=value)
        if kind == "door":
            self.line.ask("interlock", closed=False)
        elif kind == "link":
            self.line.cut()
        elif kind == "pedal":
            assert self._grip is not None
            self._ended_grips.append(self._grip.id)
            self._let_go()
        else:
            self.line.ask("fault", kind=kind, value=value)

    def _restart(self, who: Presser) -> None:
        self.note("restart", who)
        self.phase = "preparing"
        threading.Thread(target=self._bring_up, name="training-restart", daemon=True).start()

    # --- what is shown --------------------------------------------------------------------------------------------
    @property
    def time_out(self) -> bool:
        """Whether every item of the list is confirmed."""
        return len(self.checked) == len(TIME_OUT_ITEMS)

    def note(self, what: str, who: Presser | None = None, *, t_us: int | None = None, **more: Any) -> None:
        """A line of the log, kept on disk as it is written."""
        if len(self.entries) >= MOST_ENTRIES:
            return
        entry = {
            "n": len(self.entries) + 1,
            "at": now().isoformat(timespec="milliseconds"),
            "t_us": self.line.status.get("t_us", 0) if t_us is None else t_us,
            "what": what,
            "who": who.name if who is not None else "",
            **more,
        }
        self.entries.append(entry)
        with contextlib.suppress(OSError), (self.folder / ENTRIES).open("a", encoding="utf-8") as out:
            out.write(json.dumps(entry, ensure_ascii=False) + "\n")

    def _note_event(self, event: dict[str, Any], who: Presser | None) -> None:
        what = str(event["what"])
        if what == "fault_on_demand":
            self._broken = self._broken or event.get("kind") in BROKEN
        elif what == "service":
            self._broken = False
        if what not in QUIET:
            more = {k: v for k, v in event.items() if k not in ("n", "t_us", "what", "who", "sha256", "signed_by")}
            self.note(f"machine_{what}", who if what in PRESSED else None, t_us=int(event["t_us"]), **more)

    def _publish(self) -> None:
        """Make what is known now visible to everybody who watches."""
        line, stamp = self.line, int(self.line.status.get("stamp") or 0)
        at = {
            "phase": self.phase,
            "status": {k: v for k, v in line.status.items() if k not in ("events", "columns")},
            "counts": line.counts(),
            "step": self.step(),
            "stamp": stamp,
            "stamps": line.stamps,
            "checked": sorted(self.checked),
            "time_out": self.time_out,
            "grip": self._grip.id if self._grip else "",
            "loaded": line.settings is not None,
            "error": self._error,
            "record": self.record_id,
            "why": self.why,
        }
        columns, old = bytes(line.columns), self.shown
        if at == old.at and columns == old.columns and len(self.entries) == old.entries:
            return
        self.shown = Shown(old.version + 1, at, columns, len(self.entries))
        self._audience.notify()

    def watch(self) -> AsyncIterator[dict[str, Any] | None]:
        """Frames: everything at first, then what changed; None now and then where nothing did."""
        return self._audience.frames(lambda: self.shown, self.entries)

    def step(self) -> str:
        """What is to be done next, as a code word that the page puts into a sentence."""
        status, stamp = self.line.status, int(self.line.status.get("stamp") or 0)
        state, fault = status.get("state"), status.get("fault")
        key_only = fault in LATCHED or (fault == "cooling" and not status.get("coolant_flow"))
        choices = (
            (self.phase != "running", self.phase),
            (status.get("emergency_stop"), "release_stop"),
            (state == "fault" and key_only, "key_off"),
            (state == "off" and self._broken, "service"),
            (state == "off", "key_on"),
            (state in ("self_test", "warm_up"), "warming"),
            (state == "firing", "hold"),
            (not status.get("interlock_closed"), "close_door"),
            (state == "fault" and fault == "tip", "tip"),
            (state == "fault", "acknowledge"),
            (stamp and self.line.stamps[stamp - 1 : stamp] == "I", "decide"),
            (not stamp and bool(self.line.stamps), "done"),
            (not self.time_out, "time_out"),
            (state == "standby", "ready"),
            (state == "ready", "press"),
        )
        return next((word for holds, word in choices if holds), "wait")


def _flag(sent: Mapping[str, Any], name: str) -> bool:
    value = sent.get(name)
    if not isinstance(value, bool):
        raise BadInput(name, given="something else", allowed="true or false", todo="Reload the page.")
    return value
