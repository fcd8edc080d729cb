"""What a machine can do, as one object; rounding to its steps, listed; and the timing check.

A device profile says what the panel offers. How fine the machine's clock is, or how fast its mirrors move, no maker
publishes: that stands in a machine description (``library/machines``), each value marked *assumed*.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from colonnade import catalogue
from colonnade.delivery.shots import Pulse, Rounding, ShotFile, Stamp
from colonnade.errors import BadInput
from colonnade.laser import Device, Stated
from colonnade.schema import Model, read
from colonnade.units import to_si

DEFAULT_MACHINE = "virtual-fractional"


class MachineSpec(Model):
    """A machine description (``colonnade.machine-description/1``): every value with its flag and source."""

    schema_: Literal["colonnade.machine-description/1"] = Field(alias="schema")
    id: str
    name: str
    tip: str = Field(description="The handpiece tip it expects")
    notes: str
    clock_step_us: Stated
    power_step_W: Stated
    position_step_um: Stated
    rate_max_Hz: Stated
    mean_power_max_W: Stated
    galvo_speed_m_s: Stated
    galvo_acceleration_m_s2: Stated
    galvo_settle_us: Stated
    galvo_noise_um: Stated
    position_tolerance_um: Stated
    tube_time_constant_us: Stated
    pulse_noise_pct: Stated
    monitor_noise_pct: Stated
    tube_efficiency_pct: Stated
    tube_heat_capacity_J_K: Stated
    tube_cooling_W_K: Stated
    coolant_C: Stated
    coolant_heat_capacity_J_K: Stated
    tube_drift_pct_K: Stated
    tube_reference_C: Stated
    tube_ageing_pct_per_100_h: Stated
    tube_temperature_max_C: Stated
    coolant_temperature_max_C: Stated
    self_test_s: Stated
    warm_up_s: Stated
    warm_up_time_constant_s: Stated
    clock_tolerance_us: Stated
    chatter_openings: Stated
    chatter_window_s: Stated
    free_emission_max_s: Stated

    def number(self, name: str) -> float:
        """The value of ``name`` as a number in the unit its name carries."""
        return float(getattr(self, name).value)


def machine(name: str = DEFAULT_MACHINE) -> MachineSpec:
    """A machine description of the library. Raises BadInput with "did you mean"."""
    return read(MachineSpec, catalogue.load("machines", name), origin=f"library machine {name}")


@dataclass(frozen=True)
class Limits:
    """Steps and limits of one machine with one device profile, in the units of the shot file."""

    clock_us: int
    power_step_mW: int
    position_step_um: int
    power_mW: tuple[int, int]
    on_us: tuple[int, int]
    energy_uJ: tuple[float, float]
    """Of one sub-pulse."""
    stack: tuple[int, ...]
    spot_um: tuple[float, ...]
    scan_half_um: int
    rate_max_Hz: float
    mean_power_max_W: float
    galvo_speed_um_us: float
    galvo_acceleration_um_us2: float
    galvo_settle_us: float
    energy_tolerance: float
    position_tolerance_um: float
    free_emission_max_us: int

    @classmethod
    def of(cls, device: Device, spec: MachineSpec) -> Limits:
        """The limits of ``device`` on the machine ``spec``."""

        def step(name: str, scale: float) -> int:
            return max(1, round(spec.number(name) * scale))

        stacks = device.stack.values or tuple(
            float(v) for v in range(int(device.stack.low), int(device.stack.high) + 1)
        )
        spots = device.spot_um.values or (device.spot_um.low, device.spot_um.high)
        return cls(
            clock_us=step("clock_step_us", 1),
            power_step_mW=step("power_step_W", 1000),
            position_step_um=step("position_step_um", 1),
            power_mW=(math.ceil(device.power_W.low * 1000 - 1e-6), math.floor(device.power_W.high * 1000 + 1e-6)),
            on_us=(math.ceil(device.pulse_ms.low * 1000 - 1e-6), math.floor(device.pulse_ms.high * 1000 + 1e-6)),
            energy_uJ=(device.energy_mJ.low * 1000, device.energy_mJ.high * 1000),
            stack=tuple(int(v) for v in stacks),
            spot_um=tuple(spots),
            scan_half_um=int(device.scan_max_mm.high * 500),
            rate_max_Hz=spec.number("rate_max_Hz"),
            mean_power_max_W=spec.number("mean_power_max_W"),
            galvo_speed_um_us=spec.number("galvo_speed_m_s"),  # 1 m/s is 1 µm/µs
            galvo_acceleration_um_us2=spec.number("galvo_acceleration_m_s2") * 1e-6,
            galvo_settle_us=spec.number("galvo_settle_us"),
            energy_tolerance=to_si(float(device.energy_tolerance_pct.value), "pct"),
            position_tolerance_um=spec.number("position_tolerance_um"),
            free_emission_max_us=step("free_emission_max_s", 1e6),
        )

    def free(self) -> Limits:
        """The limits of a free emission mode: bounded by power and time, not by the fractional handpiece's pulse."""
        longest = self.free_emission_max_us
        return replace(self, on_us=(self.clock_us, longest), energy_uJ=(0.0, float(self.power_mW[1]) * longest / 1000))

    def move_us(self, distance_um: NDArray[np.float64]) -> NDArray[np.float64]:
        """Time [µs] for the mirrors to go ``distance_um`` and settle: trapezoid of finite speed and acceleration.

        Below the distance v²/a the mirror never reaches its speed: t = 2·sqrt(d/a); above, t = d/v + v/a.
        """
        v, a = self.galvo_speed_um_us, self.galvo_acceleration_um_us2
        travel = np.where(distance_um < v * v / a, 2 * np.sqrt(distance_um / a), distance_um / v + v / a)
        return np.where(distance_um > 0, travel + self.galvo_settle_us, 0.0)

    def one_move_us(self, distance_um: float) -> float:
        """:meth:`move_us` for one move, without arrays."""
        v, a = self.galvo_speed_um_us, self.galvo_acceleration_um_us2
        if not distance_um > 0:
            return 0.0
        travel = 2 * math.sqrt(distance_um / a) if distance_um < v * v / a else distance_um / v + v / a
        return travel + self.galvo_settle_us

    def shortest_interval_us(self, stamp: Stamp, pulses: tuple[Pulse, ...]) -> NDArray[np.int64]:
        """Shortest time from each column's start to the next one's, shape (n − 1,), rounded up to the clock."""
        lasting = np.array([p.duration_us for p in pulses], dtype=float)[stamp.columns[:-1, 3] - 1]
        step = np.diff(stamp.columns[:, :2].astype(float), axis=0)
        needed = np.maximum(lasting + self.move_us(np.hypot(step[:, 0], step[:, 1])), 1e6 / self.rate_max_Hz)
        rounded: NDArray[np.int64] = np.ceil(needed / self.clock_us - 1e-9).astype(np.int64) * self.clock_us
        return rounded


@dataclass(frozen=True)
class RoundingLimits:
    """How far rounding may go before the export is refused. The house's own thresholds, not a maker's."""

    power: float = 0.01
    """Relative."""
    on_time: float = 0.01
    energy: float = 0.02
    interval: float = 0.01
    position_um: float = 6.0
    """A twentieth of a 120 µm spot."""


def rounded(
    value: float, step: int, *, block: str, what: str, allowed: float, unit_scale: float = 1.0
) -> tuple[int, Rounding | None]:
    """``value`` rounded to a multiple of ``step`` (at least one), and the row to list if that changed it.

    ``unit_scale`` converts file units to the unit named by ``what`` for the row. Raises BadInput if the relative
    change exceeds ``allowed`` or ``value`` is not finite.
    """
    if not math.isfinite(value):
        raise BadInput(f"{block} {what}", given=str(value), allowed="a finite number", todo="Correct the settings.")
    near = max(1, math.floor(value / step + 0.5)) * step
    change = (near - value) / value if value else math.inf
    if not abs(change) <= allowed:
        raise BadInput(
            f"{block} {what}",
            given=f"{value * unit_scale:g}, of which the machine delivers {near * unit_scale:g}",
            allowed=f"a change of at most {100 * allowed:g} % by rounding to steps of {step * unit_scale:g}",
            todo=f"Ask for {near * unit_scale:g}.",
        )
    if abs(change) <= 1e-9:
        return near, None
    row = Rounding(
        block=block,
        what=what,
        asked=value * unit_scale,
        deliverable=near * unit_scale,
        difference=(near - value) * unit_scale,
    )
    return near, row


@dataclass(frozen=True)
class Violation:
    """One thing in a shot file that the machine cannot do."""

    block: str
    what: str
    value: float
    limit: str
    nearest_valid: float | None
    """The nearest value that would be accepted; None if no single value would help."""

    def __str__(self) -> str:
        near = "" if self.nearest_valid is None else f"; nearest valid value: {self.nearest_valid:g}"
        return f"{self.block}: {self.what} is {self.value:g}, limit: {self.limit}{near}"


def timing_check(shots: ShotFile, limits: Limits) -> tuple[Violation, ...]:
    """Everything in ``shots`` that breaks ``limits``: at most one row per block and quantity (the worst)."""
    if shots.header.emission != "fractional":
        limits = limits.free()
    found = list(_header_violations(shots, limits))
    for number, pulse in enumerate(shots.pulses, 1):
        found.extend(_pulse_violations(f"pulse {number}", pulse, limits))
    for number, stamp in enumerate(shots.stamps, 1):
        found.extend(_stamp_violations(number, stamp, shots, limits))
    return tuple(found)


def require_deliverable(shots: ShotFile, limits: Limits) -> None:
    """Raise BadInput with the first violation, and how many there are, if the machine cannot do what is asked."""
    found = timing_check(shots, limits)
    if found:
        raise BadInput(
            f"timing check: {found[0].block}",
            given=f"{found[0].what} = {found[0].value:g}",
            allowed=found[0].limit,
            todo=f"{found[0]}. ({len(found)} violation(s) in all.)",
        )


def _header_violations(shots: ShotFile, limits: Limits) -> Iterable[Violation]:
    low, high = min(limits.spot_um), max(limits.spot_um)
    if not low * (1 - 1e-6) <= shots.header.spot_um <= high * (1 + 1e-6):
        near = min(limits.spot_um, key=lambda v: abs(v - shots.header.spot_um))
        yield Violation("header", "spot_um", shots.header.spot_um, f"{low:g} to {high:g} µm", near)


def _range(block: str, what: str, value: float, low: float, high: float, unit: str) -> Iterable[Violation]:
    if not low * (1 - 1e-6) <= value <= high * (1 + 1e-6):
        yield Violation(block, what, value, f"{low:g} to {high:g} {unit}", min(max(value, low), high))


def _multiple(block: str, what: str, value: int, step: int) -> Iterable[Violation]:
    if value % step:
        yield Violation(block, what, value, f"multiples of {step}", max(1, round(value / step)) * step)


def _pulse_violations(block: str, pulse: Pulse, limits: Limits) -> Iterable[Violation]:
    yield from _range(block, "power_mW", pulse.power_mW, *limits.power_mW, "mW")
    yield from _multiple(block, "power_mW", pulse.power_mW, limits.power_step_mW)
    yield from _range(block, "on_us", pulse.on_us, *limits.on_us, "µs")
    yield from _multiple(block, "on_us", pulse.on_us, limits.clock_us)
    # half a clock step of rounding may push the energy just past the end of the range
    half_step = pulse.power_mW * limits.clock_us / 2000
    low, high = limits.energy_uJ
    yield from _range(
        block, "energy_uJ", pulse.power_mW * pulse.on_us / 1000, max(0.0, low - half_step), high + half_step, "µJ"
    )
    if pulse.stack not in limits.stack:
        near = min(limits.stack, key=lambda v: abs(v - pulse.stack))
        yield Violation(block, "stack", pulse.stack, f"one of {', '.join(map(str, limits.stack))}", near)
    if pulse.train > 1:
        yield from _multiple(block, "train_period_us", pulse.train_period_us, limits.clock_us)
        yield from _at_least(block, "train_period_us", pulse.train_period_us, pulse.on_us)
    if pulse.stack > 1:
        one_train = (pulse.train - 1) * pulse.train_period_us + pulse.on_us
        yield from _multiple(block, "stack_interval_us", pulse.stack_interval_us, limits.clock_us)
        yield from _at_least(block, "stack_interval_us", pulse.stack_interval_us, one_train)


def _at_least(block: str, what: str, value: int, least: int) -> Iterable[Violation]:
    if not value >= least:
        yield Violation(block, what, value, f"at least {least} µs", least)


def _stamp_violations(number: int, stamp: Stamp, shots: ShotFile, limits: Limits) -> Iterable[Violation]:
    first, cols = shots.first_column[number - 1], stamp.columns

    def name(i: int) -> str:
        return f"stamp {number} column {first + i}"

    for axis, what in ((0, "x_um"), (1, "y_um")):
        i = int(np.argmax(np.abs(cols[:, axis])))
        far = int(cols[i, axis])
        if not abs(far) <= limits.scan_half_um:
            half = limits.scan_half_um
            yield Violation(name(i), what, far, f"-{half} to {half} µm (scan size)", math.copysign(half, far))
        yield from _off_step(name, cols[:, axis], limits.position_step_um, what)
    yield from _off_step(name, cols[:, 2], limits.clock_us, "start_us")
    if stamp.delay_us % limits.clock_us:
        yield from _multiple(f"stamp {number}", "delay_us", stamp.delay_us, limits.clock_us)
    if len(cols) > 1:
        needed = limits.shortest_interval_us(stamp, shots.pulses)
        given = np.diff(cols[:, 2])
        i = int(np.argmax(needed - given))
        if not given[i] >= needed[i]:
            yield Violation(
                name(i + 1),
                "interval_us (start to start)",
                float(given[i]),
                f"at least {needed[i]} µs (pulse, move, settling, {limits.rate_max_Hz:g} Hz)",
                float(needed[i]),
            )
    yield from _mean_power(number, stamp, shots.pulses, limits)


def _off_step(name: Callable[[int], str], values: NDArray[np.int64], step: int, what: str) -> Iterable[Violation]:
    off = np.nonzero(values % step)[0]
    if len(off):
        i = int(off[0])
        near = round(int(values[i]) / step) * step
        yield Violation(name(i), what, float(values[i]), f"multiples of {step}", near)


def _mean_power(number: int, stamp: Stamp, pulses: tuple[Pulse, ...], limits: Limits) -> Iterable[Violation]:
    """Energy in any second of the stamp, as a mean power."""
    energy_J = to_si(np.array([p.energy_uJ for p in pulses], dtype=float)[stamp.columns[:, 3] - 1] / 1000, "mJ")
    start_s = to_si(stamp.columns[:, 2].astype(float), "us")
    total = np.concatenate([[0.0], np.cumsum(energy_J)])
    end = np.searchsorted(start_s, start_s + 1.0)
    worst = float(np.max(total[end] - total[:-1]))
    if not worst <= limits.mean_power_max_W * (1 + 1e-9):
        yield Violation(
            f"stamp {number}", "mean_power_W", worst, f"at most {limits.mean_power_max_W:g} W in any second",
            limits.mean_power_max_W,
        )  # fmt: skip
