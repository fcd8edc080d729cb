"""A scripted operator who runs a shot file on the virtual machine, talking to it in the machine's own protocol."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from colonnade.delivery.desk import Desk
from colonnade.delivery.faults import Fault
from colonnade.delivery.job import Mode
from colonnade.delivery.laser import Detector, VirtualLaser
from colonnade.delivery.limits import DEFAULT_MACHINE, machine
from colonnade.delivery.text import parse
from colonnade.laser import device

SLICE_US = 20_000
MAX_INTERRUPTIONS = 100
SAME_FAULT = 3
"""The operator calls for service when the same fault comes back so often."""


@dataclass(frozen=True)
class Rehearsal:
    """How a run ended."""

    completed: bool
    """Every stamp was fired to its end and no column is unknown."""
    columns: dict[str, int]
    stamps: dict[str, int]
    faults: tuple[dict[str, Any], ...]
    interruptions: tuple[str, ...]
    warning: str | None
    machine_s: float
    ended: str


class _Operator:
    def __init__(self, desk: Desk, speed: float | None, progress: Callable[[dict[str, Any]], None]) -> None:
        self.desk, self.speed, self.progress = desk, speed, progress
        self.seq, self.faults, self.interruptions = 0, list[dict[str, Any]](), list[str]()
        self._began, self._at_us, self._seen = time.monotonic(), desk.laser.t_us, 0

    def say(self, do: str, **more: Any) -> dict[str, Any]:
        """Send a message; if it or its answer is lost, the next one shows the machine that something is missing."""
        self.seq += 1
        answer = self.desk.handle({"seq": self.seq, "do": do, **more})
        return answer if answer is not None else {"ok": False, "error": {"kind": "lost", "allowed": "no answer came"}}

    def wait(self, us: int) -> None:
        """Let machine time pass, at the speed asked."""
        laser = self.desk.laser
        laser.advance(us)
        if self.speed is not None:
            due = self._began + (laser.t_us - self._at_us) * 1e-6 / self.speed
            time.sleep(max(0.0, due - time.monotonic()))
        for event in laser.events if laser.event_count > self._seen else ():
            if event["n"] > self._seen and event["what"] == "fault":
                self.faults.append({k: event[k] for k in ("t_us", "kind", "detail")})
            elif event["n"] > self._seen and event["what"] == "stamp" and event["reason"] != "complete":
                self.interruptions.append(f"stamp {event['stamp']}: {event['reason']}")
        self._seen = laser.event_count

    def until(self, *states: str, most_s: float) -> None:
        end = self.desk.laser.t_us + round(most_s * 1e6)
        while self.desk.laser.state not in states and self.desk.laser.t_us < end:
            self.wait(SLICE_US)


def rehearse(
    data: bytes,
    log: str | Path,
    *,
    speed: float | None = None,
    mode: Mode = "rehearsal",
    faults: Iterable[Fault] = (),
    seed: int = 0,
    tube_hours: float = 0.0,
    machine_id: str = DEFAULT_MACHINE,
    resume: bool = False,
    on_interruption: Literal["skip", "continue"] = "skip",
    who: str = "scripted operator",
    detector: Detector | None = None,
    durable: bool = True,
    progress: Callable[[dict[str, Any]], None] = lambda status: None,
    origin: str = "shot file",
) -> Rehearsal:
    """Run a shot file from switching on to the last stamp.

    ``speed`` is machine time over real time; None runs as fast as it can. After an interruption the stamp is skipped,
    or continued with ``on_interruption="continue"`` (which stands for the operator's explicit confirmation each time).

    Raises
    ------
    BadInput
        If the file is refused (damaged, another device, not approved in training) or the log cannot be used.
    """
    sealed = parse(data, origin=origin)
    laser = VirtualLaser(
        device(sealed.file.header.device.id), machine(machine_id), seed=seed, mode=mode, tube_hours=tube_hours,
        faults=faults, detector=detector,
    )  # fmt: skip
    operator = _Operator(Desk(laser, log, step_mode=True, durable=durable), speed, progress)
    job_warning = _load(laser, operator.desk, data, resume)
    operator.say("key", on=True)
    operator.until("standby", "fault", most_s=120)
    ended = _deliver(laser, operator, on_interruption, who)
    operator.wait(0)
    assert laser.job is not None
    ledger = laser.job.journal.ledger
    laser.job.journal.put_away(laser.t_us, ended)
    stamps = [str(s) for s in ledger.stamps]
    counts = ledger.counts()
    return Rehearsal(
        completed=all(s == "done" for s in stamps) and counts["unknown"] == counts["not_fired"] == 0,
        columns=counts,
        stamps={s: stamps.count(s) for s in sorted(set(stamps))},
        faults=tuple(operator.faults),
        interruptions=tuple(operator.interruptions),
        warning=job_warning,
        machine_s=laser.t_us * 1e-6,
        ended=ended,
    )


def _load(laser: VirtualLaser, desk: Desk, data: bytes, resume: bool) -> str | None:
    from colonnade.delivery.job import open_job

    job, found, warning = open_job(
        data, desk.log, laser.device, laser.spec, mode=laser.mode, seed=laser.seed, tube_hours=laser.tube.hours,
        resume=resume, durable=desk.durable,
    )  # fmt: skip
    if found is not None:
        laser.pass_to(found.last_us)
    laser.load(job, warning)
    return warning


def _deliver(laser: VirtualLaser, operator: _Operator, on_interruption: str, who: str) -> str:
    for _ in range(MAX_INTERRUPTIONS):
        if laser.state == "fault" and not operator.say("acknowledge")["ok"] and laser.state == "fault":
            return f"fault: {laser.fault}"
        kinds = [f["kind"] for f in operator.faults]
        if any(kinds.count(kind) >= SAME_FAULT for kind in kinds):
            return f"fault: {kinds[-1]}, for the {SAME_FAULT}rd time"
        assert laser.job is not None
        ledger = laser.job.journal.ledger
        stamp = ledger.next_stamp()
        if not stamp:
            return "complete"
        if ledger.stamps[stamp - 1] == "interrupted":
            operator.say("decide", stamp=stamp, go_on=on_interruption == "continue", who=who)
            continue
        operator.say("shutter", open=True)
        answer = operator.say("arm")
        if answer["ok"]:
            _fire(laser, operator)
        elif answer["error"]["kind"] == "refused":
            return f"not armed: {answer['error']['allowed']}"
    return f"given up after {MAX_INTERRUPTIONS} interruptions"


def _fire(laser: VirtualLaser, operator: _Operator) -> None:
    """One stamp after the other, until the machine leaves ``ready`` and ``firing``."""
    while laser.state == "ready":
        operator.progress(laser.status())
        operator.say("pedal", down=True)
        while laser.state == "firing":
            operator.wait(SLICE_US)
            if laser.drop_messages:
                operator.say("status")
                operator.say("status")
        operator.say("pedal", down=False)
    operator.say("pedal", down=False)
