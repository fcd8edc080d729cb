"""What is typed on the panel, kept raw, beside what it means in physics."""

from __future__ import annotations

import math
from dataclasses import dataclass

from colonnade.case import PanelSettings
from colonnade.errors import BadInput
from colonnade.laser.device import Device
from colonnade.laser.shot import Shot
from colonnade.units import from_si, to_si


def columns_per_m2(density: float, spot_m: float) -> float:
    """N = density / (π D²/4) [1/m²]: the definition of density per pass."""
    return density / (math.pi * spot_m**2 / 4)


def density_of(columns_per_m2_: float, spot_m: float) -> float:
    """Density per pass N·π·D²/4 as a fraction, D the nominal spot diameter [m]."""
    return columns_per_m2_ * math.pi * spot_m**2 / 4


@dataclass(frozen=True)
class Settings:
    """Panel settings on one device: ``raw`` as typed, ``shot`` and the numbers that follow from them."""

    raw: PanelSettings
    device: Device
    shot: Shot
    columns_per_cm2: float
    density_pct: float
    pitch_um: float
    """Side of the square that one column has to itself, 1/sqrt(N)."""
    passes: int
    rate_Hz: float

    @classmethod
    def of(cls, raw: PanelSettings, device: Device) -> Settings:
        """Resolve ``raw`` on ``device``. Raises BadInput outside what the device offers, or where E = P·t fails."""
        shot = device.shot(
            energy_mJ=raw.energy_mJ,
            power_W=raw.power_W,
            pulse_ms=raw.pulse_ms,
            spot_um=raw.spot_um,
            stack=raw.stack,
            stack_interval_ms=raw.stack_interval_ms,
        )
        spot = to_si(shot.spot_um, "um")
        per_m2 = _columns(raw, device, spot)
        density = density_of(per_m2, spot)
        if not density <= 1.0:
            raise BadInput(
                "settings density",
                given=f"{shot.spot_um:g} µm columns at {from_si(per_m2, 'per_cm2'):.0f} /cm²: {100 * density:.0f} %",
                allowed="at most 100 %",
                todo="Lower the density or enlarge the spacing.",
            )
        device.require("passes", float(raw.passes))
        return cls(
            raw=raw,
            device=device,
            shot=shot,
            columns_per_cm2=from_si(per_m2, "per_cm2"),
            density_pct=from_si(density, "pct"),
            pitch_um=from_si(1 / math.sqrt(per_m2), "um"),
            passes=raw.passes,
            rate_Hz=raw.rate_Hz if raw.rate_Hz is not None else float(device.rate_Hz.value),
        )

    def derived(self) -> dict[str, float]:
        """The converted values, each name with its unit."""
        energy = self.shot.total_energy_mJ
        areal = from_si(to_si(energy, "mJ") * to_si(self.columns_per_cm2, "per_cm2"), "J_cm2")
        return {
            "energy_mJ": self.shot.energy_mJ,
            "stack": float(self.shot.stack),
            "energy_per_column_mJ": energy,
            "power_W": self.shot.power_W,
            "pulse_ms": self.shot.pulse_ms,
            "spot_um": self.shot.spot_um,
            "fluence_mean_J_cm2": self.shot.fluence_mean_J_cm2,
            "fluence_peak_J_cm2": self.shot.fluence_peak_J_cm2,
            "irradiance_peak_kW_cm2": self.shot.irradiance_peak_kW_cm2,
            "density_pct": self.density_pct,
            "columns_per_cm2": self.columns_per_cm2,
            "pitch_um": self.pitch_um,
            "passes": float(self.passes),
            "cumulative_density_pct": 100 * (1 - (1 - self.density_pct / 100) ** self.passes),
            "areal_energy_per_pass_J_cm2": areal,
            "areal_energy_total_J_cm2": areal * self.passes,
            "rate_Hz": self.rate_Hz,
        }


def _columns(raw: PanelSettings, device: Device, spot_m: float) -> float:
    """Columns per m² from whichever of the four ways was used."""
    if raw.density_pct is not None:
        if device.density_pct is not None:
            device.require("density_pct", raw.density_pct)
        return columns_per_m2(to_si(raw.density_pct, "pct"), spot_m)
    if raw.spots_per_cm2 is not None:
        if device.spots_per_cm2 is not None:
            device.require("spots_per_cm2", raw.spots_per_cm2)
        return to_si(raw.spots_per_cm2, "per_cm2")
    if raw.pitch_um is not None:
        return 1 / to_si(raw.pitch_um, "um") ** 2
    if raw.spacing_um is not None:
        device.require("spacing_um", raw.spacing_um)
        gap = to_si(raw.spacing_um, "um")
        if device.spacing_basis == "edge_gap":
            return 1 / (gap + spot_m) ** 2
        if device.spacing_basis == "centre_to_centre":
            return 1 / gap**2
        raise BadInput(
            "settings.spacing_um",
            given=f"{raw.spacing_um:g} µm",
            allowed=f"a device whose spacing is defined; whether {device.name} counts gap or pitch is unknown",
            todo="State pitch_um (centre to centre), density_pct or spots_per_cm2.",
        )
    raise BadInput(
        "settings",
        given="no density",
        allowed="one of density_pct, spacing_um, pitch_um, spots_per_cm2",
        todo="State how dense the columns lie.",
    )
