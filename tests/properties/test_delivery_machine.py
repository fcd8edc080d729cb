"""Random operators, faults and kills: the machine never fires when it must not, and loses or doubles no column."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from colonnade.delivery.faults import KINDS, Fault
from colonnade.delivery.journal import recover
from colonnade.delivery.laser import Refused, VirtualLaser
from colonnade.delivery.ledger import ColumnState, Ledger
from colonnade.delivery.limits import Limits
from delivery_jobs import DEVICE, SPEC, Witness, job, job_bytes, load_job

#: 144 columns in 4 stamps; pulses of 1.5 ms every 3.3 ms, so that a kill often falls into one.
FILE = {"side": 12, "energy_mJ": 45.0}
DATA = job_bytes(**FILE)
TOTAL, ASKED_UJ = 144, 45_000
TOLERANCE = Limits.of(DEVICE, SPEC).energy_tolerance
#: Faults that happen in a running machine; the kill has its own rule, lost messages belong to the protocol.
STRIKES = sorted(set(KINDS) - {"kill", "lost-message"})


class Operator(RuleBasedStateMachine):
    """Does anything, in any order, and watches the beam with a model of the raw signals of its own."""

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.log = Path(self.folder.name) / "delivery.log"
        self.witness = Witness(self.judge)
        self.seen = 0
        self.switch_on(resume=False)

    def switch_on(self, *, resume):
        """A new process with a machine that is switched off, as after a kill."""
        self.key = self.pedal = self.stopped = self.shutter_open = self.allowed = self.poisoned = False
        self.closed = True
        self.machine = VirtualLaser(DEVICE, SPEC, seed=1, detector=self.witness)
        self.machine.load(load_job(self.machine, DATA, self.log, resume=resume))
        self.seen = 0
        real = self.machine.interlock

        def interlock(closed):
            """The room's door as the model sees it, also when a fault on demand opens it."""
            self.closed = closed
            if not closed:
                self.allowed = False
            real(closed)

        self.machine.interlock = interlock

    def judge(self):
        """Called at every shot, before anything else knows of it."""
        assert self.machine.state == "firing"
        assert self.key, "fired with the key off"
        assert self.pedal, "fired without the footswitch"
        assert self.closed, "fired with an open interlock"
        assert self.shutter_open, "fired behind a closed shutter"
        assert not self.poisoned, "fired after an emergency stop"
        assert self.allowed, "fired without a press of the pedal in ready since the last interruption"

    def attempt(self, action, *arguments, **more):
        """An action that may be refused; a refusal changes nothing. Returns whether it was done."""
        before = self.machine.status()
        try:
            action(*arguments, **more)
        except Refused:
            assert self.machine.status() == before
            return False
        return True

    @property
    def ledger(self):
        return self.machine.job.journal.ledger

    # --- what an operator does ---------------------------------------------------------------------------------
    def wait(self, us):
        self.machine.advance(us)

    def turn_key(self, on):
        if not on:
            self.key = self.allowed = self.shutter_open = False
        self.poisoned = self.stopped or (self.poisoned and on)
        self.machine.turn_key(on)
        self.key = on

    def emergency_stop(self, pressed):
        self.stopped = pressed
        self.poisoned = pressed or (self.poisoned and self.key)
        if pressed:
            self.allowed = self.shutter_open = False
        self.machine.stop(pressed)

    def shutter(self, opened):
        if not opened:
            self.shutter_open = self.allowed = False
        if self.attempt(self.machine.shutter, opened):
            self.shutter_open = opened

    def press(self, down):
        ready = self.machine.state == "ready"
        if not down:
            self.allowed = False
        elif not self.pedal:
            self.allowed = ready
        self.pedal = down
        self.machine.press(down)

    def lose_the_link(self, _=True):
        self.pedal = self.allowed = False
        self.machine.link_lost("hypothesis")

    def decide(self, stamp, go_on):
        self.attempt(self.machine.decide, stamp, go_on=go_on, who="hypothesis")

    @rule(us=st.one_of(st.integers(0, 5_000), st.integers(5_000, 400_000), st.just(13_000_000)))
    def let_time_pass(self, us):
        self.wait(us)

    @rule(
        what=st.sampled_from(
            ["key", "stop", "door", "shutter", "press", "aim", "tip", "arm", "disarm", "acknowledge", "service", "link"]
        ),
        on=st.booleans(),
    )
    def do_anything(self, what, on):
        machine = self.machine
        {
            "key": self.turn_key,
            "stop": self.emergency_stop,
            "door": machine.interlock,
            "shutter": self.shutter,
            "press": self.press,
            "aim": lambda on: self.attempt(machine.aim, on),
            "tip": lambda on: machine.attach_tip("fractional-120" if on else "another"),
            "arm": lambda on: self.attempt(machine.arm),
            "disarm": lambda on: self.attempt(machine.disarm),
            "acknowledge": lambda on: self.attempt(machine.acknowledge),
            "service": lambda on: self.attempt(machine.service),
            "link": self.lose_the_link,
        }[what](on)

    @rule(stamp=st.integers(1, 4), go_on=st.booleans())
    def decide_something(self, stamp, go_on):
        self.decide(stamp, go_on)

    @rule(kind=st.sampled_from(STRIKES), ahead=st.integers(0, 10))
    def strike(self, kind, ahead):
        column = min(TOTAL, sum(s != ColumnState.NOT_FIRED for s in self.ledger.columns[1:]) + 1 + ahead)
        self.machine.faults.append(Fault(kind, column, KINDS[kind].default))
        self.machine.faults.sort(key=lambda f: f.column)

    @rule()
    def kill(self):
        """The process is gone between two instructions; another one goes on with what is in the file."""
        self.machine.job.journal.abandon()
        fired = set(self.witness.shots)
        self.switch_on(resume=True)
        columns = self.ledger.columns
        assert all(columns[c] != ColumnState.NOT_FIRED for c in fired), "a shot was forgotten"

    # --- ways to firing, so that random walks get there often ----------------------------------------------------
    def try_to_fire(self, us):
        """All that an impatient operator does to get light, whatever went before."""
        self.press(False)
        self.emergency_stop(False)
        self.machine.interlock(True)
        self.machine.attach_tip("fractional-120")
        if self.machine.state == "fault":
            self.attempt(self.machine.acknowledge)
        stamp = self.ledger.next_stamp()
        if stamp and self.ledger.stamps[stamp - 1] == "interrupted":
            self.decide(stamp, True)
        self.shutter(True)
        self.attempt(self.machine.arm)
        self.press(True)
        self.wait(us)

    @rule(us=st.integers(1_000, 100_000))
    def insist(self, us):
        self.try_to_fire(us)

    @rule(
        us=st.integers(1_000, 100_000),
        then=st.sampled_from(["stop", "door", "shutter", "key", "release", "link", "kill", "nothing"]),
        insist=st.booleans(),
    )
    def fire_and_break_off(self, us, then, insist):
        if self.machine.state in ("off", "fault") or self.poisoned:
            self.press(False)
            self.emergency_stop(False)
            self.turn_key(False)
            self.machine.service()
            self.turn_key(True)
        if self.machine.state in ("self_test", "warm_up"):
            self.wait(13_000_000)
        self.try_to_fire(us)
        {
            "stop": lambda: self.emergency_stop(True),
            "door": lambda: self.machine.interlock(False),
            "shutter": lambda: self.shutter(False),
            "key": lambda: self.turn_key(False),
            "release": lambda: self.press(False),
            "link": self.lose_the_link,
            "kill": self.kill,
            "nothing": lambda: None,
        }[then]()
        self.wait(us)
        if insist:
            self.try_to_fire(us)

    # --- what must hold after every step -----------------------------------------------------------------------
    @invariant()
    def no_column_is_doubled_or_lost(self):
        assert len(self.witness.shots) == len(set(self.witness.shots)), "a column was fired twice"
        counts = self.ledger.counts()
        assert sum(counts.values()) == TOTAL
        for column, state in enumerate(self.ledger.columns):
            if column and state == ColumnState.FIRED:
                assert column in self.witness.shots, "booked as fired, and no light was seen"
        for column in self.witness.shots:
            assert self.ledger.columns[column] != ColumnState.NOT_FIRED, "light was seen, and booked as not fired"

    @invariant()
    def energies_are_within_tolerance_or_a_fault_is_raised(self):
        events = [e for e in self.machine.events if e["n"] > self.seen]
        for event in (e for e in events if e["what"] == "column"):
            if not abs(event["energy_uJ"] - ASKED_UJ) <= TOLERANCE * ASKED_UJ:
                after = [e["what"] for e in events if e["n"] > event["n"]]
                assert "fault" in after or "cut" in after
        self.seen = self.machine.event_count

    @invariant()
    def nothing_is_in_flight_outside_firing(self):
        if self.machine.state != "firing":
            assert self.ledger.pending == 0 or self.machine.fault == "journal"

    def teardown(self):
        self.machine.job.journal.abandon()
        fresh = Ledger.of(job(**FILE))
        recover(self.log, fresh)
        live = self.ledger
        differ = [c for c in range(1, TOTAL + 1) if fresh.columns[c] != live.columns[c]]
        assert all(fresh.columns[c] == ColumnState.UNKNOWN for c in differ), "the file says otherwise than the machine"
        assert len(differ) <= 1
        self.folder.cleanup()


COMMON = {
    "deadline": None,  # a step may fire a whole stamp; no timings in tests
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.filter_too_much],
}


def test_a_thousand_steps():
    """20 walks of 50 steps."""
    run_state_machine_as_test(Operator, settings=settings(max_examples=20, stateful_step_count=50, **COMMON))


@pytest.mark.soak
def test_ten_thousand_steps():
    """100 walks of 100 steps."""
    run_state_machine_as_test(Operator, settings=settings(max_examples=100, stateful_step_count=100, **COMMON))
