"""Colonnade: open treatment planning for fractional CO2 laser skin treatment.

The public names, one by one, and nothing else. They are loaded on first use (PEP 562), so that
``import colonnade`` and ``colonnade --help`` load neither Numba, SciPy nor matplotlib.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

#: The sentence that stands in the same words in the README, on every report and on every page.
DISCLAIMER = "Colonnade is research and education software, not a medical device; it never drives a laser."

_PUBLIC = {
    "BadInput": "colonnade.errors",
    "Case": "colonnade.case",
    "Course": "colonnade.healing",
    "Device": "colonnade.laser",
    "Field": "colonnade.field",
    "Lesion": "colonnade.photothermal",
    "Pattern": "colonnade.field",
    "Plan": "colonnade.planning",
    "Settings": "colonnade.laser",
    "Shot": "colonnade.laser",
    "Skin": "colonnade.tissue",
    "care_plan": "colonnade.aftercare",
    "check": "colonnade.planning",
    "device": "colonnade.laser",
    "heal": "colonnade.healing",
    "pattern": "colonnade.field",
    "plan": "colonnade.planning",
    "report": "colonnade.reporting",
    "simulate": "colonnade.photothermal",
    "skin": "colonnade.tissue",
    "square": "colonnade.field",
    "treat": "colonnade.field",
    "triage": "colonnade.aftercare",
}

__all__ = [
    "DISCLAIMER",
    "BadInput",
    "Case",
    "Course",
    "Device",
    "Field",
    "Lesion",
    "Pattern",
    "Plan",
    "Settings",
    "Shot",
    "Skin",
    "__version__",
    "care_plan",
    "check",
    "device",
    "heal",
    "pattern",
    "plan",
    "report",
    "simulate",
    "skin",
    "square",
    "treat",
    "triage",
]


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(importlib.import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'colonnade' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
