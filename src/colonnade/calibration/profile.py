"""η and κ with what is known of their uncertainty: from the global calibration or from a commissioned device."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from colonnade import catalogue
from colonnade.errors import BadInput


@dataclass(frozen=True)
class LossesEstimate:
    """Joint normal of (ln η, ln κ) and the spread τ of ln depth that the model does not explain."""

    ln_eta: float
    ln_kappa: float
    sd_ln_eta: float
    sd_ln_kappa: float
    correlation: float
    tau: float
    basis: str
    """Where it comes from, in words."""

    def at(self, z1: float, z2: float) -> tuple[float, float]:
        """(η, κ [1/mm]) at two independent standard normal numbers; (0, 0) is the middle. η never exceeds 1."""
        eta = math.exp(self.ln_eta + self.sd_ln_eta * z1)
        mixed = self.correlation * z1 + math.sqrt(max(1.0 - self.correlation**2, 0.0)) * z2
        kappa = math.exp(self.ln_kappa + self.sd_ln_kappa * mixed)
        return min(max(eta, 0.02), 1.0), min(kappa, 20.0)


def global_losses() -> LossesEstimate:
    """The global calibration of the library (``library/calibration/global.toml``)."""
    return estimate_of(catalogue.load("calibration", "global"), origin="the global calibration")


def estimate_of(data: dict[str, Any], *, origin: str) -> LossesEstimate:
    """The estimate in a calibration file or device profile.

    Raises
    ------
    BadInput
        If a value is missing or not finite.
    """
    joint = data.get("joint", {})
    values = {}
    for key in ("ln_eta", "ln_kappa", "sd_ln_eta", "sd_ln_kappa", "correlation", "tau"):
        value = joint.get(key)
        if not (isinstance(value, int | float) and math.isfinite(value)):
            raise BadInput(
                f"{origin}: joint.{key}", given=repr(value), allowed="a finite number", todo="Calibrate again."
            )
        values[key] = float(value)
    return LossesEstimate(**values, basis=f"{origin} of {data.get('date', 'unknown date')}")
