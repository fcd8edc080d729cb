"""The only place where units are converted.

Inside, everything is SI (m, s, J, W, K, kg). Files, panels, the command line and the web speak the units of the
field, and a name that is printed or stored ends in its unit (``crater_depth_um``). The ending is the key here.
"""

from __future__ import annotations

from typing import TypeVar, overload

import numpy as np
from numpy.typing import NDArray

FloatOrArray = TypeVar("FloatOrArray", float, NDArray[np.float64])

#: Factor from the unit named by a suffix to SI.
TO_SI: dict[str, float] = {
    "nm": 1e-9,
    "um": 1e-6,
    "mm": 1e-3,
    "cm": 1e-2,
    "m": 1.0,
    "um2": 1e-12,
    "mm2": 1e-6,
    "cm2": 1e-4,
    "mm3": 1e-9,
    "us": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "min": 60.0,
    "h": 3600.0,
    "d": 86400.0,
    "Hz": 1.0,
    "mJ": 1e-3,
    "J": 1.0,
    "W": 1.0,
    "J_cm2": 1e4,
    "J_mm3": 1e9,
    "kJ_cm3": 1e9,
    "kJ_g": 1e6,
    "W_cm2": 1e4,
    "kW_cm2": 1e7,
    "per_cm": 1e2,
    "per_mm": 1e3,
    "per_m": 1.0,
    "per_cm2": 1e4,
    "pct": 1e-2,
    "K": 1.0,
    "kg": 1.0,
    "mg": 1e-6,
    "g": 1e-3,
    "mm_s": 1e-3,
    "um_h": 1e-6 / 3600.0,
    "um_d": 1e-6 / 86400.0,
    "um2_h": 1e-12 / 3600.0,
    "per_h": 1 / 3600.0,
    "W_mK": 1.0,
}

ZERO_CELSIUS_K = 273.15


@overload
def to_si(value: float, unit: str) -> float: ...
@overload
def to_si(value: NDArray[np.float64], unit: str) -> NDArray[np.float64]: ...
def to_si(value: float | NDArray[np.float64], unit: str) -> float | NDArray[np.float64]:
    """Convert ``value`` given in ``unit`` (a suffix such as ``"um"`` or ``"J_cm2"``) to SI.

    Raises
    ------
    KeyError
        If the unit is not in the table; nothing is guessed.
    """
    return value * TO_SI[unit]


@overload
def from_si(value: float, unit: str) -> float: ...
@overload
def from_si(value: NDArray[np.float64], unit: str) -> NDArray[np.float64]: ...
def from_si(value: float | NDArray[np.float64], unit: str) -> float | NDArray[np.float64]:
    """Convert an SI ``value`` to ``unit``. Raises KeyError for an unknown unit."""
    return value / TO_SI[unit]


def kelvin(celsius: float) -> float:
    """Temperature in K from °C."""
    return celsius + ZERO_CELSIUS_K


def celsius(kelvin_: float) -> float:
    """Temperature in °C from K."""
    return kelvin_ - ZERO_CELSIUS_K


def unit_of(name: str) -> str | None:
    """The unit that a name carries: ``unit_of("crater_depth_um") == "um"``; None if it carries none."""
    parts = name.split("_")
    for n in (2, 1):
        tail = "_".join(parts[-n:])
        if len(parts) > n and tail in TO_SI:
            return tail
    return None


_DISPLAY = {
    "um": "µm",
    "us": "µs",
    "um2": "µm²",
    "mm2": "mm²",
    "cm2": "cm²",
    "mm3": "mm³",
    "J_cm2": "J/cm²",
    "W_cm2": "W/cm²",
    "kW_cm2": "kW/cm²",
    "kJ_cm3": "kJ/cm³",
    "kJ_g": "kJ/g",
    "J_mm3": "J/mm³",
    "per_cm2": "/cm²",
    "per_cm": "/cm",
    "per_mm": "/mm",
    "per_m": "/m",
    "pct": "%",
    "mm_s": "mm/s",
    "um_h": "µm/h",
    "um_d": "µm/d",
    "um2_h": "µm²/h",
    "per_h": "/h",
    "W_mK": "W/m/K",
}


def pretty(unit: str) -> str:
    """How a unit suffix is printed for people: ``pretty("J_cm2") == "J/cm²"``."""
    return _DISPLAY.get(unit, unit)
