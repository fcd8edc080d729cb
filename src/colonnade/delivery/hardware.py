"""The physics of the virtual machine: tube, energy monitor, mirrors. Deterministic under a seed.

The models are lumped and first order; every figure in them is the machine description's and is marked *assumed*.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from colonnade.delivery.limits import MachineSpec
from colonnade.delivery.shots import Pulse
from colonnade.units import to_si


@dataclass
class Tube:
    """The resonator: power that rises on warming up, drifts with temperature and falls with age.

    Heat: C dT/dt = Q − h (T − T_coolant), solved exactly over each step, with Q = P (1 − η)/η. Power: a gain of
    1 + drift·(T − T_ref) + ageing·hours on the power asked. The light follows a command with a first-order lag; a
    first-order lag conserves its integral, so the energy of a pulse is power x on-time and only its peak is lower.
    """

    spec: MachineSpec
    hours: float = 0.0
    temperature_C: float = field(init=False)
    coolant_C: float = field(init=False)
    warm: float = 0.0
    """How far the tube has warmed up, 0 to 1."""
    flow: bool = True
    """Whether the coolant flows."""
    light_J: float = 0.0
    """Light that came out and whose heat is not booked yet."""
    sag: float = 1.0
    missed: int = 0
    """How many of the next emissions will not happen (a fault on demand)."""

    def __post_init__(self) -> None:
        self.coolant_C = self.temperature_C = self.spec.number("coolant_C")

    @property
    def gain(self) -> float:
        """Power that comes out over power asked."""
        off_K = self.temperature_C - self.spec.number("tube_reference_C")
        drift = to_si(self.spec.number("tube_drift_pct_K"), "pct") * off_K
        ageing = to_si(self.spec.number("tube_ageing_pct_per_100_h"), "pct") * self.hours / 100
        return self.warm * max(0.0, 1 + drift + ageing)

    def peak_power_W(self, pulse: Pulse) -> float:
        """Power reached at the end of one on-time, P·gain·(1 − exp(−t/τ))."""
        tau = self.spec.number("tube_time_constant_us")
        return pulse.power_mW / 1000 * self.gain * -math.expm1(-pulse.on_us / tau)

    @property
    def cool_enough(self) -> bool:
        """Coolant flowing, coolant and tube below their limits."""
        tube, coolant = self.spec.number("tube_temperature_max_C"), self.spec.number("coolant_temperature_max_C")
        return self.flow and self.temperature_C <= tube and self.coolant_C <= coolant

    def emit(self, pulse: Pulse, noise: float) -> float:
        """Mean power while lit [W]; 0 where the tube misses the command."""
        if self.missed > 0:
            self.missed -= 1
            return 0.0
        return pulse.power_mW / 1000 * self.gain * self.sag * (1 + noise)

    def break_by(self, kind: str, value: float) -> None:
        """A fault on demand, if it is one of the tube or its cooling."""
        if kind == "missed":
            self.missed = max(1, int(value))
        elif kind == "sag":
            self.sag = max(0.0, 1 - value / 100)
        elif kind == "cooling":
            self.flow = False

    def repair(self) -> None:
        """Undo what faults on demand broke."""
        self.sag, self.missed, self.flow = 1.0, 0, True

    def rest(self, seconds: float) -> None:
        """Let ``seconds`` pass; the heat of the light that came out meanwhile is spread over them."""
        if seconds <= 0:
            return
        light_J, self.light_J = self.light_J, 0.0
        efficiency = to_si(self.spec.number("tube_efficiency_pct"), "pct")
        heat_W = light_J * (1 - efficiency) / efficiency / seconds
        # without flow the tube loses a tenth: natural convection, assumed
        loss = self.spec.number("tube_cooling_W_K") * (1.0 if self.flow else 0.1)
        end = self.coolant_C + heat_W / loss
        keep = math.exp(-seconds * loss / self.spec.number("tube_heat_capacity_J_K"))
        self.temperature_C = end + (self.temperature_C - end) * keep
        self.hours += seconds / 3600

    def warming(self, seconds: float) -> None:
        """Warm up for ``seconds``: a first-order rise towards full power."""
        self.warm = 1 - (1 - self.warm) * math.exp(-seconds / self.spec.number("warm_up_time_constant_s"))


@dataclass
class Scanner:
    """Two mirrors with a read-out of their own, and the clock that moves them."""

    aimed: tuple[float, float] = (0.0, 0.0)
    """Where they were last told to point, in the stamp [µm]."""
    mirror: tuple[float, float] = (0.0, 0.0)
    """Where they point, as their read-out says [µm]."""
    free_us: int = 0
    """When the last emission ended and they may move."""
    stuck: bool = False
    offset_um: float = 0.0
    main_clock_off_us: float = 0.0
    """Main clock less watchdog."""

    def point(self, x_um: float, y_um: float, noise_um: NDArray[np.float64]) -> float:
        """Move; returns how far off the read-out says they are, per axis at worst [µm]."""
        self.aimed = (x_um, y_um)
        if not self.stuck:
            self.mirror = (x_um + float(noise_um[0]) + self.offset_um, y_um + float(noise_um[1]))
        return max(abs(self.mirror[0] - x_um), abs(self.mirror[1] - y_um))

    def break_by(self, kind: str, value: float) -> None:
        """A fault on demand, if it is one of the mirrors or their clock."""
        if kind == "stuck-mirror":
            self.stuck = True
        elif kind == "offset-mirror":
            self.offset_um = value
        elif kind == "clock-jump":
            self.main_clock_off_us += value

    def repair(self) -> None:
        """Undo what faults on demand broke."""
        self.stuck, self.offset_um, self.main_clock_off_us = False, 0.0, 0.0


@dataclass(frozen=True)
class StampNoise:
    """The random numbers of one stamp, fixed by seed and stamp alone: a resumed stamp draws the same ones."""

    pulse: NDArray[np.float64]
    monitor: NDArray[np.float64]
    mirror_um: NDArray[np.float64]

    @classmethod
    def of(cls, spec: MachineSpec, seed: int, stamp: int, columns: int) -> StampNoise:
        """Noise for ``columns`` columns; ``mirror_um`` has shape (columns, 2)."""
        draw = np.random.default_rng([seed, stamp]).standard_normal((columns, 4))
        return cls(
            to_si(spec.number("pulse_noise_pct"), "pct") * draw[:, 0],
            to_si(spec.number("monitor_noise_pct"), "pct") * draw[:, 1],
            spec.number("galvo_noise_um") * draw[:, 2:],
        )


def lit_us(pulse: Pulse, elapsed_us: float) -> float:
    """Time with light [µs] in the first ``elapsed_us`` of an emission: what came out before it was cut."""
    lit = 0.0
    for stack in range(pulse.stack):
        for sub in range(pulse.train):
            begin = stack * pulse.stack_interval_us + sub * pulse.train_period_us
            if begin >= elapsed_us:
                return lit
            lit += min(float(pulse.on_us), elapsed_us - begin)
    return lit
