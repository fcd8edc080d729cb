"""The states of the machine and the ways between them. Nothing but this table decides which way is open."""

from __future__ import annotations

from statemachine import State, StateMachine
from statemachine.exceptions import TransitionNotAllowed

STATES = ("off", "self_test", "warm_up", "standby", "ready", "firing", "paused", "fault")


class Stages(StateMachine):
    """off → self-test → warm-up → standby → ready → firing; paused after an interrupted stamp; fault from anywhere."""

    off = State(initial=True)
    self_test = State()
    warm_up = State()
    standby = State()
    ready = State()
    firing = State()
    paused = State()
    fault = State()

    key_on = off.to(self_test)
    test_passed = self_test.to(warm_up)
    warmed = warm_up.to(standby)
    arm = standby.to(ready)
    disarm = ready.to(standby)
    start = ready.to(firing)
    stamp_complete = firing.to(ready)
    all_complete = firing.to(standby)
    interrupt = firing.to(paused)
    decided = paused.to(standby)
    trip = (
        self_test.to(fault)
        | warm_up.to(fault)
        | standby.to(fault)
        | ready.to(fault)
        | firing.to(fault)
        | paused.to(fault)
        | fault.to(fault)
    )
    acknowledge = fault.to(standby)
    key_off = (
        self_test.to(off)
        | warm_up.to(off)
        | standby.to(off)
        | ready.to(off)
        | firing.to(off)
        | paused.to(off)
        | fault.to(off)
    )


__all__ = ["STATES", "Stages", "TransitionNotAllowed"]
