"""One stamp being fired: when each column is due, what is checked before it, what is written before and after."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

from colonnade.delivery.faults import Fault
from colonnade.delivery.hardware import StampNoise, lit_us
from colonnade.delivery.job import Job
from colonnade.delivery.shots import Pulse, Stamp

if TYPE_CHECKING:
    from colonnade.delivery.laser import VirtualLaser


@dataclass(frozen=True)
class Flight:
    """An emission that has begun and not ended."""

    column: int
    pulse: Pulse
    begin_us: int
    end_us: int
    power_W: float
    """Mean power while lit; 0 where the tube did not fire."""
    monitor: float
    """Monitor reading over true energy."""
    x_um: float
    y_um: float


class StampRun:
    """Fires the columns of one stamp that are known not to have been fired, on the ``laser`` that made it."""

    def __init__(self, laser: VirtualLaser, job: Job, number: int) -> None:
        self.laser, self.job, self.number = laser, job, number
        shots = job.sealed.file
        self.stamp: Stamp = shots.stamps[number - 1]
        self.first = shots.first_column[number - 1]
        self.noise = StampNoise.of(laser.spec, laser.seed, number, len(self.stamp.columns))
        self.flight: Flight | None = None
        column = job.journal.ledger.next_column(number)
        start = int(self.stamp.columns[column - self.first, 2]) if column else 0
        # time at which a column with start 0 would be due
        self.base_us = max(laser.t_us, laser.scanner.free_us + self.stamp.delay_us) - start

    def until(self, target: int) -> None:
        """Fire what falls due up to ``target`` [µs], or until the machine leaves ``firing``."""
        laser = self.laser
        while laser.state == "firing":
            if self.flight is not None:
                if self.flight.end_us > target:
                    return laser.pass_to(target)
                laser.pass_to(self.flight.end_us)
                self.land(cut=False)
                continue
            column = self.job.journal.ledger.next_column(self.number)
            if not column:
                return self._complete()
            due = self._due(column - self.first)
            if due > target:
                return laser.pass_to(target)
            laser.pass_to(due)
            while laser.faults and laser.faults[0].column <= column:
                self._strike(laser.faults.pop(0), column)
            if laser.state == "firing" and self._in_order(column - self.first):
                self._emit(column, column - self.first)
        return None

    def _due(self, index: int) -> int:
        """When the column is due; the rest of the stamp is put off if the mirrors need longer."""
        x, y, start, _ = (int(v) for v in self.stamp.columns[index])
        scanner = self.laser.scanner
        far = ((x - scanner.aimed[0]) ** 2 + (y - scanner.aimed[1]) ** 2) ** 0.5
        there = scanner.free_us + self.laser.limits.one_move_us(far)
        late = there - (self.base_us + start)
        if late > 0:
            self.base_us += int(late) + 1
        return max(self.base_us + start, self.laser.t_us)

    def _in_order(self, index: int) -> bool:
        """The checks before a column; the first that fails trips the machine and the column is not fired."""
        laser, (x, y) = self.laser, self.stamp.columns[index, :2]
        off_us = laser.scanner.main_clock_off_us
        if laser.tip != self.job.sealed.file.header.tip:
            laser.trip("tip", f'"{laser.tip}" is recognised')
        elif not laser.tube.cool_enough:
            laser.trip("cooling", f"flow {laser.tube.flow}, tube {laser.tube.temperature_C:.1f} °C")
        elif not abs(off_us) <= laser.spec.number("clock_tolerance_us"):
            laser.trip("clock", f"the main clock is {off_us:g} µs off the watchdog")
        else:
            off_um = laser.scanner.point(float(x), float(y), self.noise.mirror_um[index])
            if off_um <= laser.limits.position_tolerance_um:
                return True
            laser.trip("mirror", f"{off_um:.1f} µm off")
        return False

    def _emit(self, column: int, index: int) -> None:
        laser, journal = self.laser, self.job.journal
        pulse = self.job.sealed.file.pulses[int(self.stamp.columns[index, 3]) - 1]
        place = laser.scanner.mirror
        if not laser.written(lambda: journal.intent(column, laser.t_us)):
            return
        if not laser.chain_closed:
            laser.written(lambda: journal.outcome(column, laser.t_us, "N", 0.0, *place))
            laser.trip("chain", "the raw signals do not allow what the states allow")
            return
        power_W = laser.tube.emit(pulse, float(self.noise.pulse[index]))
        if power_W > 0 and laser.detector is not None:
            laser.detector(column, power_W * lit_us(pulse, pulse.duration_us), *place, laser.t_us)
        reading = 1 + float(self.noise.monitor[index])
        end = laser.t_us + pulse.duration_us
        self.flight = Flight(column, pulse, laser.t_us, end, power_W, reading, *place)

    def land(self, *, cut: bool) -> None:
        """The emission ended, by itself or cut: read the monitor, write the outcome, judge the energy."""
        laser, flight = self.laser, self.flight
        if flight is None:
            return
        self.flight, laser.scanner.free_us = None, laser.t_us
        true_uJ = flight.power_W * lit_us(flight.pulse, laser.t_us - flight.begin_us)
        laser.tube.light_J += true_uJ * 1e-6
        read_uJ, asked_uJ = true_uJ * flight.monitor, flight.pulse.energy_uJ
        # cut short, a column has had some light whatever the monitor says
        letter = "F" if read_uJ > 0.01 * asked_uJ or (cut and flight.power_W > 0) else "M"
        place, journal = (flight.x_um, flight.y_um), self.job.journal
        if not laser.written(lambda: journal.outcome(flight.column, laser.t_us, letter, read_uJ, *place)):
            return
        laser.event("column", column=flight.column, outcome=letter, energy_uJ=round(read_uJ, 1))
        if cut:
            laser.note("cut", column=flight.column, asked_uJ=asked_uJ, energy_uJ=round(read_uJ, 2))
        elif not abs(read_uJ - asked_uJ) <= laser.limits.energy_tolerance * asked_uJ:
            laser.trip("energy", f"column {flight.column}: {read_uJ:.0f} µJ of {asked_uJ:.0f} µJ")

    def _complete(self) -> None:
        laser, journal = self.laser, self.job.journal
        if laser.written(lambda: journal.end(self.number, laser.t_us, "complete")):
            laser.event("stamp", stamp=self.number, reason="complete")
            laser.stamp_over()

    def _strike(self, fault: Fault, column: int) -> None:
        """A fault on demand happens."""
        laser, kind, value = self.laser, fault.kind, fault.value
        laser.note("fault_on_demand", kind=kind, value=value, column=column)
        if kind == "wrong-tip":
            laser.attach_tip("another")
        elif kind == "interlock-chatter":
            for _ in range(int(value)):
                laser.interlock(False)
                laser.interlock(True)
        elif kind == "lost-message":
            laser.drop_messages += int(value)
        elif kind == "changed-file":
            self.job.raw[len(self.job.raw) // 2] ^= 1
        elif kind == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        else:
            laser.tube.break_by(kind, value)
            laser.scanner.break_by(kind, value)
