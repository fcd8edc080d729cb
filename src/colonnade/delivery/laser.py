"""The virtual laser: panel, interlocks, scanner and tube around the table of states. It emits numbers, never light.

Time is a counter of microseconds that only :meth:`VirtualLaser.advance` moves, so the same actions give the same
delivery at any speed. Two chains guard every emission, each on its own: the table of states with its checks, and the
raw signals (key, emergency stop, interlock, shutter, footswitch) just before the tube.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from colonnade.delivery.faults import Fault
from colonnade.delivery.firing import StampRun
from colonnade.delivery.hardware import Scanner, Tube
from colonnade.delivery.job import Job, Mode
from colonnade.delivery.ledger import LedgerError, StampState
from colonnade.delivery.limits import Limits, MachineSpec
from colonnade.delivery.stages import Stages, TransitionNotAllowed
from colonnade.laser import Device

#: column, true energy [µJ], true x and y in the stamp [µm], time [µs]: what a detector under the beam sees
Detector = Callable[[int, float, float, float, int], None]
MAX_EVENTS = 20_000
#: Faults that only turning the key off leaves.
LATCHED = ("emergency_stop", "file", "journal", "chain", "clock", "mirror")


class Refused(Exception):
    """The machine says no; nothing changed."""


class VirtualLaser:
    """A fractional laser made of numbers. Actions raise :class:`Refused` where a real machine would beep."""

    def __init__(
        self,
        device: Device,
        spec: MachineSpec,
        *,
        seed: int = 0,
        mode: Mode = "rehearsal",
        tube_hours: float = 0.0,
        faults: Iterable[Fault] = (),
        detector: Detector | None = None,
    ) -> None:
        self.device, self.spec, self.seed, self.mode = device, spec, seed, mode
        self.limits = Limits.of(device, spec)
        self.tube, self.scanner = Tube(spec, hours=tube_hours), Scanner()
        self.detector = detector
        self.stages = Stages()
        self.state = "off"
        self.t_us = 0
        self.key = self.pedal = self.shutter_open = self.aiming = self.emergency_stop = False
        self.interlock_closed = True
        self.tip = spec.tip
        self.fault: str | None = None
        self.job: Job | None = None
        self.events: deque[dict[str, Any]] = deque(maxlen=MAX_EVENTS)
        self.event_count = 0
        self.faults = sorted(faults, key=lambda f: f.column)
        self.drop_messages = 0
        """How many of the operator's next messages are to be lost (a fault on demand)."""
        self._in_state_since_us = 0
        self._openings: deque[int] = deque(maxlen=max(1, int(spec.number("chatter_openings"))))
        self._run: StampRun | None = None

    # --- what the operator does ---------------------------------------------------------------------------
    def turn_key(self, on: bool) -> None:
        """Key switch. Off cuts everything at once, in any state."""
        if on and self.key:
            return
        self.key = on
        self.note("key", on=on)
        if on:
            self._go("key_on")
            if self.emergency_stop:
                self.trip("emergency_stop", "the button is pressed")
            return
        self._interrupt("key_off")
        self.fault, self.shutter_open, self.aiming = None, False, False
        self.tube.warm = 0.0
        if self.state != "off":
            self._go("key_off")

    def stop(self, pressed: bool) -> None:
        """Emergency stop: latches. Releasing the button does not release the fault; only the key does."""
        self.emergency_stop = pressed
        self.note("emergency_stop", pressed=pressed)
        if pressed:
            self._interrupt("emergency_stop")
            self.shutter_open = False
            if self.state != "off":
                self.trip("emergency_stop", "the button was pressed")

    def interlock(self, closed: bool) -> None:
        """Remote interlock (the door of the room)."""
        was, self.interlock_closed = self.interlock_closed, closed
        if was == closed:
            return
        self.note("interlock", closed=closed)
        if closed:
            return
        self._openings.append(self.t_us)
        self._interrupt("interlock")
        if self.state == "ready":
            self._go("disarm")
        window_us = self.spec.number("chatter_window_s") * 1e6
        many = len(self._openings) == self._openings.maxlen and self.t_us - self._openings[0] <= window_us
        if many and self.state not in ("off", "fault"):
            self.trip("interlock", f"opened {len(self._openings)} times within {window_us / 1e6:g} s")

    def shutter(self, opened: bool) -> None:
        """Shutter. Closing it in mid-stamp ends the stamp."""
        if opened and self.state not in ("standby", "ready"):
            raise Refused(f"the shutter opens in standby or ready, not in {self.state}")
        self.shutter_open = opened
        self.note("shutter", open=opened)
        if not opened:
            self._interrupt("shutter")

    def aim(self, on: bool) -> None:
        """Aiming beam."""
        if on and self.state in ("off", "self_test", "fault"):
            raise Refused(f"no aiming beam in {self.state}")
        self.aiming = on
        self.note("aiming_beam", on=on)

    def attach_tip(self, name: str) -> None:
        """Put a tip on the handpiece; recognition reports its name."""
        self.tip = name
        self.note("tip", name=name)

    def arm(self) -> None:
        """Standby to ready. Every condition is named if it is not met."""
        for holds, why in self._conditions():
            if not holds:
                raise Refused(why)
        self._go("arm")

    def disarm(self) -> None:
        """Ready to standby."""
        self._go("disarm")

    def press(self, down: bool) -> None:
        """Footswitch. Only a press in ``ready`` starts a stamp; releasing ends it, for the handpiece may move."""
        if self.pedal == down:
            return
        self.pedal = down
        self.note("pedal", down=down)
        if not down:
            self._interrupt("pedal")
        elif self.state == "ready":
            self._start()
        else:
            self.note("pedal_ignored", state=self.state)

    def decide(self, stamp: int, *, go_on: bool, who: str) -> None:
        """On an interrupted stamp: go on (an explicit confirmation that nothing moved), or skip the rest of it."""
        if self.job is None or self.state not in ("paused", "standby"):
            raise Refused(f"nothing to decide in {self.state}")
        try:
            self.job.journal.decide(stamp, self.t_us, go_on=go_on, who=who)
        except LedgerError as error:
            raise Refused(str(error)) from None
        self.note("decision", stamp=stamp, go_on=go_on, who=who)
        if self.state == "paused":
            self._go("decided")

    def acknowledge(self) -> None:
        """Fault to standby, once its cause is gone. An emergency stop is left by the key only."""
        if self.state != "fault":
            raise Refused(f"no fault to acknowledge in {self.state}")
        cause = self.fault or ""
        if cause in LATCHED or self.emergency_stop or not self.tube.warm >= 0.98:
            raise Refused(f"a fault of kind {cause} is left by turning the key off")
        gone = {
            "interlock": self.interlock_closed,
            "tip": self.job is None or self.tip == self.job.sealed.file.header.tip,
            "cooling": self.tube.cool_enough,
        }
        if not gone.get(cause, True):
            raise Refused(f"the cause of the fault is still there: {cause}")
        self.fault = None
        self._go("acknowledge")

    def service(self) -> None:
        """An engineer repairs what faults on demand broke (mirrors, coolant, clock, power). Off only."""
        if self.state != "off":
            raise Refused("service needs the machine switched off")
        self.tube.repair()
        self.scanner.repair()
        self.note("service")

    def link_lost(self, why: str) -> None:
        """The operator's connection is gone: the pedal signal with it."""
        self.note("link_lost", why=why)
        self._interrupt("link")
        self.pedal = False
        if self.state == "ready":
            self._go("disarm")

    def may_load(self) -> None:
        """Raise Refused where loading would pull a job from under a delivery."""
        if self.state in ("ready", "firing", "paused"):
            raise Refused(f"no loading in {self.state}")

    def load(self, job: Job, warning: str | None = None) -> None:
        """Take a job from :func:`~colonnade.delivery.job.open_job`, which has checked it, and put the last one away."""
        self.may_load()
        if self.job is not None:
            self.job.journal.put_away(self.t_us, "another job is loaded")
        self.job = job
        self.note("loaded", sha256=job.sealed.sha256, signed_by=job.sealed.signer, not_approved=warning)

    # --- time ---------------------------------------------------------------------------------------------
    def advance(self, us: int) -> None:
        """Let ``us`` microseconds pass; columns that fall due are fired."""
        if us < 0:
            raise Refused("time does not run backwards")
        target = self.t_us + us
        while self.t_us < target:
            if self.state == "firing" and self._run is not None:
                self._run.until(target)
            elif self.state in ("self_test", "warm_up"):
                self._start_up_until(target)
            else:
                self.pass_to(target)

    def pass_to(self, t_us: int) -> None:
        """Move the counter to ``t_us``; nothing is fired."""
        if t_us > self.t_us:
            self.tube.rest((t_us - self.t_us) * 1e-6)
            self.t_us = t_us

    def _start_up_until(self, target: int) -> None:
        name = "self_test_s" if self.state == "self_test" else "warm_up_s"
        end = self._in_state_since_us + round(self.spec.number(name) * 1e6)
        now = min(target, end)
        if self.state == "warm_up":
            self.tube.warming((now - self.t_us) * 1e-6)
        self.pass_to(now)
        if now < end:
            return
        if self.state == "warm_up":
            self._go("warmed")
        elif self.pedal:
            self.trip("self_test", "the footswitch is pressed at start")
        else:
            self._go("test_passed")

    # --- arming and firing --------------------------------------------------------------------------------
    def _conditions(self) -> Iterable[tuple[bool, str]]:
        yield self.state == "standby", f"arming needs standby; the machine is in {self.state}"
        yield self.job is not None, "no shot file is loaded"
        assert self.job is not None  # the line above was checked by the caller
        header, ledger = self.job.sealed.file.header, self.job.journal.ledger
        yield not self.emergency_stop, "the emergency stop is pressed"
        yield self.interlock_closed, "the remote interlock is open"
        yield not self.pedal, "the footswitch is pressed"
        yield self.tip == header.tip, f'tip "{self.tip}" is on the handpiece; the file asks for "{header.tip}"'
        yield self.tube.cool_enough, "the cooling is not in order"
        stamp = ledger.next_stamp()
        yield stamp > 0, "every stamp is done or skipped"
        waiting = stamp > 0 and ledger.stamps[stamp - 1] is StampState.INTERRUPTED
        yield not waiting, f"stamp {stamp} was interrupted: continue it or skip it first"

    def _start(self) -> None:
        job = self.job
        if job is None or not self.shutter_open:
            self.note("pedal_ignored", why="the shutter is closed")
            return
        # the content is hashed again before every stamp: what was sealed is what is fired
        if not job.unchanged:
            self.trip("file", "the loaded file is not the one that was sealed")
            return
        stamp = job.journal.ledger.next_stamp()
        if self.written(lambda: job.journal.begin(stamp, self.t_us)):
            self._run = StampRun(self, job, stamp)
            self._go("start")

    @property
    def chain_closed(self) -> bool:
        """The raw signals, without the table of states."""
        return self.key and not self.emergency_stop and self.interlock_closed and self.shutter_open and self.pedal

    def stamp_over(self) -> None:
        """Every column of the stamp has been dealt with."""
        self._run = None
        if self.job is not None and self.job.journal.ledger.next_stamp():
            self._go("stamp_complete")
        else:
            self.shutter_open = False
            self._go("all_complete")

    def _interrupt(self, reason: str) -> None:
        """End the stamp that is firing, if one is."""
        run = self._run
        if self.state != "firing" or run is None:
            return
        run.land(cut=True)
        if self.state == "firing" and self.written(lambda: run.job.journal.end(run.number, self.t_us, reason)):
            self._run = None
            self.event("stamp", stamp=run.number, reason=reason)
            self._go("interrupt")

    def trip(self, kind: str, detail: str) -> None:
        """Go to fault; a stamp that is firing ends first. A latched fault is not replaced by a lesser one."""
        self._interrupt(f"fault:{kind}")
        self.shutter_open = False
        if self.fault not in LATCHED:
            self.fault = kind
        self.note("fault", kind=kind, detail=detail)
        self._go("trip")

    def written(self, write: Callable[[], None]) -> bool:
        """Whether the journal took the record. If not, the machine trips: what is not written is not fired."""
        try:
            write()
        except (OSError, LedgerError) as error:
            self._run, self.fault, self.shutter_open = None, "journal", False
            self.event("fault", kind="journal", detail=str(error))
            self._go("trip")
            return False
        return True

    # --- states, notes --------------------------------------------------------------------------------------
    def _go(self, event: str) -> None:
        before = self.state
        try:
            self.stages.send(event)
        except TransitionNotAllowed:
            raise Refused(f"{event.replace('_', ' ')} is not possible in {self.state}") from None
        self.state = str(self.stages.current_state_value)
        self._in_state_since_us = self.t_us
        self.note("state", before=before, state=self.state)

    def note(self, what: str, **more: Any) -> None:
        """A line for the panel and for the journal."""
        self.event(what, **more)
        if self.job is not None:
            try:
                self.job.journal.note(self.t_us, what, **more)
            except (OSError, LedgerError) as error:
                # the journal takes nothing more from here on, so the next intent trips the machine
                self.event("note_lost", detail=str(error))

    def event(self, what: str, **more: Any) -> None:
        """A line for the panel."""
        self.event_count += 1
        self.events.append({"n": self.event_count, "t_us": self.t_us, "what": what, **more})

    def status(self) -> dict[str, Any]:
        """Everything a panel shows."""
        counts = self.job.journal.ledger.counts() if self.job else None
        return {
            "state": self.state,
            "t_us": self.t_us,
            "fault": self.fault,
            "key": self.key,
            "emergency_stop": self.emergency_stop,
            "interlock_closed": self.interlock_closed,
            "shutter_open": self.shutter_open,
            "aiming_beam": self.aiming,
            "pedal": self.pedal,
            "tip": self.tip,
            "tube_C": round(self.tube.temperature_C, 2),
            "coolant_flow": self.tube.flow,
            "mode": self.mode,
            "stamp": self.job.journal.ledger.next_stamp() if self.job else 0,
            "columns": counts,
            "events": self.event_count,
        }
