"""A laser's profile: beam, powers, pulse ranges, spot sizes, scan patterns, limits; every value with its source."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from colonnade import catalogue
from colonnade.errors import BadInput
from colonnade.laser.shot import Profile, Shot
from colonnade.schema import Model, read
from colonnade.units import pretty, unit_of

#: ``published``: read in a source that used or quoted it; ``assumed``: no source gives it.
Flag = Literal["measured", "published", "fitted", "assumed"]
SpacingBasis = Literal["edge_gap", "centre_to_centre", "unknown"]


class Stated(Model):
    """One value with where it comes from."""

    value: float | str
    flag: Flag
    source: str = Field(min_length=2)
    note: str = ""


class Offered(Model):
    """What a knob of the panel offers: a range with a step, or a list of values."""

    min: float | None = None
    max: float | None = None
    step: float | None = Field(None, gt=0)
    values: tuple[float, ...] = Field((), strict=False)
    default: float | None = None
    flag: Flag
    source: str = Field(min_length=2)
    note: str = ""

    @model_validator(mode="after")
    def _range_or_list(self) -> Offered:
        if bool(self.values) == (self.min is not None and self.max is not None):
            raise ValueError("either values, or min and max")
        return self

    @property
    def low(self) -> float:
        """The smallest value offered."""
        return min(self.values) if self.values else self.min or 0.0

    @property
    def high(self) -> float:
        """The largest value offered."""
        return max(self.values) if self.values else self.max or 0.0

    def steps(self, most: int = 12) -> tuple[float, ...]:
        """The values that can be set, thinned to at most ``most`` evenly spread ones."""
        if self.values:
            every = tuple(sorted(self.values))
        elif self.step is None or self.low == self.high:
            every = (
                (self.low,)
                if self.low == self.high
                else tuple(self.low + (self.high - self.low) * i / (most - 1) for i in range(most))
            )
        else:
            count = round((self.high - self.low) / self.step + 1e-9) + 1
            every = tuple(
                round(self.low + i * self.step, 9)
                for i in range(count)
                if self.low + i * self.step <= self.high * (1 + 1e-9)
            )
        if len(every) <= most:
            return every
        return tuple(every[round(i * (len(every) - 1) / (most - 1))] for i in range(most))

    def holds(self, value: float) -> bool:
        """Whether ``value`` lies within what is offered (NaN never does)."""
        if self.values:
            return any(abs(value - v) <= 1e-6 * max(abs(v), 1e-12) for v in self.values)
        return self.low * (1 - 1e-9) <= value <= self.high * (1 + 1e-9)

    def said(self, name: str) -> str:
        """The range in words, with unit and source."""
        unit = pretty(unit_of(name) or "")
        span = ", ".join(f"{v:g}" for v in self.values) if self.values else f"{self.low:g} to {self.high:g}"
        return f"{span} {unit} ({self.flag}; {self.source})"


class Device(Model):
    """A device profile (``colonnade.device/1``). See ``docs/file-formats/device.md``."""

    schema_: Literal["colonnade.device/1"] = Field(alias="schema")
    id: str
    maker: str
    model: str
    mode: str = Field(description="The handpiece or mode whose microbeam this is")
    built_from: Literal["published operating points, not maker data", "commissioning measurements"]
    reviewed_by: str
    profile: Stated = Field(title="beam profile", description="gaussian, tophat or supergaussian")
    m2: Stated = Field(title="beam quality M²")
    wavelength_um: Stated = Field(title="wavelength")
    spot_um: Offered = Field(title="spot diameter")
    spot_basis: Literal["1/e2", "nominal", "measured", "inferred"]
    energy_mJ: Offered = Field(title="energies")
    power_W: Offered = Field(title="power")
    pulse_ms: Offered = Field(title="pulse duration")
    panel: tuple[str, ...] = Field(strict=False, description="The knobs, in the order and units of the panel")
    density_pct: Offered | None = Field(None, title="densities")
    spacing_um: Offered | None = Field(None, title="spacings")
    spots_per_cm2: Offered | None = Field(None, title="columns per area")
    spacing_basis: SpacingBasis = "unknown"
    passes: Offered = Field(title="passes")
    stack: Offered = Field(title="stacked pulses")
    stack_interval_ms: Stated = Field(title="time between stacked pulses")
    rate_Hz: Stated = Field(title="columns per second")
    energy_tolerance_pct: Stated = Field(title="tolerance of the energy")
    scan_max_mm: Offered = Field(title="scan size")
    proposed_max_mJ: Stated | None = Field(
        None,
        title="most energy per column that the planner proposes",
        description="The highest published operating point without a serious event; given settings may exceed it",
    )
    patterns: tuple[str, ...] = Field(strict=False)
    notes: str = ""

    @property
    def name(self) -> str:
        """Maker, model and mode in one line."""
        return f"{self.maker} {self.model}, {self.mode}"

    def assumed(self) -> tuple[str, ...]:
        """The names of the values that no source gives. A plan that uses the device prints them on page one."""
        return tuple(
            name
            for name in type(self).model_fields
            if isinstance(value := getattr(self, name), Stated | Offered) and value.flag == "assumed"
        )

    def require(self, name: str, value: float) -> float:
        """``value`` if the device offers it for knob ``name``; BadInput with the range otherwise."""
        offered: Offered | None = getattr(self, name)
        if offered is None:
            raise BadInput(
                f"settings.{name}",
                given=f"{value:g} {pretty(unit_of(name) or '')}".strip(),
                allowed=f"the knobs of {self.name}: {', '.join(self.panel)}",
                todo="State it with one of these.",
            )
        if not offered.holds(value):
            raise BadInput(
                f"settings.{name}",
                given=f"{value:g} {pretty(unit_of(name) or '')}".strip(),
                allowed=f"{offered.said(name)} on {self.name}",
                todo="Choose a value the device offers, or another device (`colonnade list devices`).",
            )
        return value

    def shot(
        self,
        *,
        energy_mJ: float | None = None,
        power_W: float | None = None,
        pulse_ms: float | None = None,
        spot_um: float | None = None,
        profile: Profile | None = None,
        stack: int = 1,
        stack_interval_ms: float | None = None,
    ) -> Shot:
        """One microbeam of this device.

        Two of energy, power and pulse duration fix the third (E = P·t); with energy alone the device's default
        power is used. Raises BadInput outside what the device offers, and where the three contradict each other.
        """
        energy, pulse = self._energy_and_pulse(energy_mJ, power_W, pulse_ms)
        spot = self.spot_um.default if spot_um is None else spot_um
        if spot is None:
            spot = self.spot_um.low
        self.require("spot_um", spot)
        self.require("stack", float(stack))
        return read(
            Shot,
            {
                "energy_mJ": self.require("energy_mJ", energy),
                "pulse_ms": pulse,
                "spot_um": spot,
                "profile": profile or self.profile.value,
                "m2": self.m2.value,
                "wavelength_um": self.wavelength_um.value,
                "stack": stack,
                "stack_interval_ms": stack_interval_ms
                if stack_interval_ms is not None
                else self.stack_interval_ms.value,
            },
            origin=f"shot of {self.id}",
        )

    def _energy_and_pulse(self, energy: float | None, power: float | None, pulse: float | None) -> tuple[float, float]:
        if energy is not None and power is not None and pulse is not None:
            if not abs(energy - power * pulse) <= 0.05 * energy:
                raise BadInput(
                    "settings",
                    given=f"energy {energy:g} mJ with {power:g} W for {pulse:g} ms",
                    allowed=f"E = P·t within 5 %: {power:g} W for {pulse:g} ms are {power * pulse:g} mJ",
                    todo="Check the units (a joule typed as millijoule?) and leave one of the three out.",
                )
            return energy, pulse
        if power is not None:
            self.require("power_W", power)
        if energy is None:
            if power is None and pulse is None:
                raise BadInput(
                    "settings",
                    given="no energy",
                    allowed="energy_mJ, or power_W with pulse_ms",
                    todo="State one.",
                )
            power = self._default("power_W") if power is None else power
            pulse = self._default("pulse_ms") if pulse is None else pulse
            return power * pulse, pulse
        if pulse is not None:
            return energy, pulse
        return energy, energy / (self._default("power_W") if power is None else power)

    def _default(self, name: str) -> float:
        offered: Offered = getattr(self, name)
        return offered.default if offered.default is not None else offered.low


def device(name: str) -> Device:
    """A device of the library by id. Raises BadInput with "did you mean"."""
    data: dict[str, Any] = catalogue.load("devices", name)
    return read(Device, data, origin=f"library device {name}")
