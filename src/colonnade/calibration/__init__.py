"""Measurements, fitting, uncertainty, sweeps, commissioning. Loads SciPy and the solver only when used."""

from __future__ import annotations

import importlib
from typing import Any

_PUBLIC = {
    "Interval": "uncertainty",
    "Intervals": "uncertainty",
    "LossesEstimate": "profile",
    "commission": "commissioning",
    "global_losses": "profile",
    "interval": "uncertainty",
    "load_profile": "commissioning",
    "measurements": "measured",
    "relations": "measured",
    "validity": "validated",
}
__all__ = sorted(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(importlib.import_module(f"colonnade.calibration.{_PUBLIC[name]}"), name)
    raise AttributeError(f"module 'colonnade.calibration' has no attribute {name!r}")
