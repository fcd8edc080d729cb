"""What one microbeam delivers, and how its beam spreads."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import Field, model_validator

from colonnade.laser.train import PulseTrain, Segments
from colonnade.schema import Model
from colonnade.units import from_si, to_si

#: Highest irradiance on the axis [kW/cm2]: 1 GW/cm2, beyond which plume and air break down and the light no longer
#: reaches the skin. Assumed; measurements of ablation end at 800 kW/cm2 (Walsh 1989).
MOST_IRRADIANCE_KW_CM2 = 1e6
Profile = Literal["gaussian", "tophat", "supergaussian"]


def _field(
    unit: str, title: str, default: float, *, gt: float | None = None, ge: float | None = None, le: float
) -> float:
    value: float = Field(default, gt=gt, ge=ge, le=le, title=title, json_schema_extra={"unit": unit})
    return value


class Shot(Model):
    """One microbeam: profile, spot, focus, power over time, stack.

    ``spot_um`` is the 1/e² diameter at the focus for Gaussian and super-Gaussian beams and the full diameter for
    a top-hat. With the focus on the skin surface (``focus_depth_um = 0``, the default) it is the spot on the skin.
    """

    energy_mJ: float = Field(gt=0, le=1_000_000, title="Energy of one pulse", json_schema_extra={"unit": "mJ"})
    pulse_ms: float = Field(ge=1e-4, le=600_000, title="Pulse duration (on-time)", json_schema_extra={"unit": "ms"})
    spot_um: float = Field(gt=1, le=20_000, title="Spot diameter", json_schema_extra={"unit": "um"})
    profile: Profile = Field("gaussian", title="Beam profile")
    order: int = Field(2, ge=1, le=20, title="Order n of the super-Gaussian exp(-2 (r/w)^(2n))")
    m2: float = _field("", "Beam quality M²", 1.2, ge=1, le=50)
    focus_depth_um: float = _field("um", "Focus below (+) or above (-) the surface", 0.0, ge=-50_000, le=50_000)
    wavelength_um: float = _field("um", "Wavelength", 10.6, ge=9.0, le=11.0)
    stack: int = Field(1, ge=1, le=50, title="Pulses on the same spot")
    stack_interval_ms: float = _field("ms", "Time from one stacked pulse to the next", 50.0, gt=0, le=600_000)

    train: PulseTrain | None = Field(None, title="Micropulses within the pulse; none is constant power")

    @model_validator(mode="after")
    def _microbeam_energy(self) -> Shot:
        # a joule that is a millijoule shows here; only a beam expanded to millimetres carries more, over seconds
        if self.energy_mJ > 2000 and self.spot_um < 2000:
            raise ValueError("energy_mJ of at most 2000 for a spot_um below 2000")
        return self

    @model_validator(mode="after")
    def _light_arrives(self) -> Shot:
        if not self.irradiance_peak_kW_cm2 <= MOST_IRRADIANCE_KW_CM2:
            raise ValueError(
                f"an irradiance on the axis of at most {MOST_IRRADIANCE_KW_CM2:g} kW/cm² (this is "
                f"{self.irradiance_peak_kW_cm2:.3g}: {self.power_W:.3g} W on {self.surface_spot_um:.3g} µm)"
            )
        return self

    @model_validator(mode="after")
    def _intervals_hold_pulses(self) -> Shot:
        if self.stack > 1 and self.stack_interval_ms < from_si(self.span_s, "ms") * (1 - 1e-9):
            raise ValueError("a stack_interval_ms at least as long as pulse_ms (with the gaps of its micropulses)")
        if self.train is not None and self.train.count(self.pulse_s) > 1:
            width = self.pulse_s / self.train.count(self.pulse_s)
            if self.train.period_s < (width + self.train.tail_s) * (1 - 1e-9):
                raise ValueError("a rate_Hz whose period holds a micropulse and its tail")
        return self

    # --- SI, for the solver -----------------------------------------------------------------------------
    @property
    def energy_J(self) -> float:
        """Energy of one pulse [J]."""
        return to_si(self.energy_mJ, "mJ")

    @property
    def pulse_s(self) -> float:
        """On-time of one pulse [s]."""
        return to_si(self.pulse_ms, "ms")

    @property
    def power_W(self) -> float:
        """Power during the pulse [W], E = P·t."""
        return self.energy_J / self.pulse_s

    @property
    def waist_m(self) -> float:
        """1/e² radius at the focus [m] (half the full diameter for a top-hat)."""
        return to_si(self.spot_um, "um") / 2

    @property
    def rayleigh_m(self) -> float:
        """Rayleigh length z_R = πw0²/(M²λ) [m] (verification case V15)."""
        return math.pi * self.waist_m**2 / (self.m2 * to_si(self.wavelength_um, "um"))

    def radius_m(self, depth_m: float) -> float:
        """Beam radius w(z) = w0·sqrt(1 + ((z − f)/z_R)²) at ``depth_m`` below the original surface [m]."""
        offset = depth_m - to_si(self.focus_depth_um, "um")
        return self.waist_m * math.sqrt(1 + (offset / self.rayleigh_m) ** 2)

    @property
    def span_s(self) -> float:
        """From the start of one pulse to its end, gaps between micropulses included [s]."""
        return self.pulse_s if self.train is None else self.train.span_s(self.pulse_s)

    @property
    def _constant(self) -> Segments:
        return ((self.pulse_s, self.power_W),)

    def pulses(self) -> tuple[tuple[float, Segments], ...]:
        """All pulses and micropulses of the shot: (start [s], stretches (duration [s], power [W]))."""
        if self.train is None:
            starts, one = [0.0], self._constant
        else:
            starts = [i * self.train.period_s for i in range(self.train.count(self.pulse_s))]
            one = self.train.micropulse(self.pulse_s, self.energy_J)
        interval = to_si(self.stack_interval_ms, "ms")
        return tuple((n * interval + start, one) for n in range(self.stack) for start in starts)

    # --- what people ask for ----------------------------------------------------------------------------
    @property
    def total_energy_mJ(self) -> float:
        """Energy of the whole stack [mJ]."""
        return self.energy_mJ * self.stack

    @property
    def surface_spot_um(self) -> float:
        """Spot diameter on the skin surface [µm]."""
        return from_si(2 * self.radius_m(0.0), "um")

    @property
    def fluence_mean_J_cm2(self) -> float:
        """E / (πD²/4) at the surface, one pulse [J/cm²]."""
        return from_si(self.energy_J / (math.pi * self.radius_m(0.0) ** 2), "J_cm2")

    @property
    def peak_factor(self) -> float:
        """Fluence on the axis over the mean fluence: 2 for a Gaussian, 1 for a top-hat."""
        if self.profile == "tophat":
            return 1.0
        n = 1 if self.profile == "gaussian" else self.order
        # exp(-2 x^n) over x = (r/w)^2 integrates to Γ(1 + 1/n) / 2^(1/n)
        return 2 ** (1 / n) / math.gamma(1 + 1 / n)

    @property
    def fluence_peak_J_cm2(self) -> float:
        """Fluence on the axis at the surface, one pulse [J/cm²]."""
        return self.fluence_mean_J_cm2 * self.peak_factor

    @property
    def irradiance_mean_kW_cm2(self) -> float:
        """Mean irradiance at the surface during the pulse [kW/cm²]."""
        return from_si(to_si(self.fluence_mean_J_cm2, "J_cm2") / self.pulse_s, "kW_cm2")

    @property
    def irradiance_peak_kW_cm2(self) -> float:
        """Irradiance on the axis at the surface during the pulse [kW/cm²]."""
        return self.irradiance_mean_kW_cm2 * self.peak_factor
