"""What a temperature history does to living skin between the columns: CEM43 and the Arrhenius integral of cells."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from colonnade.laser import Stated
from colonnade.units import ZERO_CELSIUS_K

Array = NDArray[np.float64]

GAS_CONSTANT_J_MOL_K = 8.314462618

CEM_R_ABOVE = Stated(value=0.5, flag="published", source="definition of CEM43; R from 43 °C up")
CEM_R_BELOW = Stated(value=0.25, flag="published", source="definition of CEM43; R below 43 °C")

#: Henriques-Moritz epidermal necrosis: A [1/s], Ea [J/mol].
HENRIQUES_MORITZ_A = Stated(value=3.1e98, flag="published", source="Henriques 1947, as used by Tissue-Ablation-MC")
HENRIQUES_MORITZ_EA = Stated(value=6.28e5, flag="published", source="Henriques 1947, as used by Tissue-Ablation-MC")
#: Weaver-Stoll: A [1/s] and Ea/R [K], one pair up to 50 °C and one above.
WEAVER_STOLL = Stated(
    value="2.185e124, 93534.9 K to 50 °C; 1.823e51, 39109.8 K above",
    flag="published",
    source="Weaver and Stoll 1969, as tabulated in public code",
    note="measured from 44 °C up; below that an extrapolation",
)
_WS_LOW = (2.185e124, 93534.9)
_WS_HIGH = (1.823e51, 39109.8)
_WS_CHANGE_C = 50.0


def cem43_min(time_s: Array, temperature_C: Array) -> float:
    """Cumulative equivalent minutes at 43 °C of a history: ∫ R^(43 − T) dt.

    ``time_s`` and ``temperature_C`` (n,). Between samples the temperature is taken as straight.
    """
    above, below = np.log(float(CEM_R_ABOVE.value)), np.log(float(CEM_R_BELOW.value))
    ln_r = below + (above - below) * (temperature_C >= 43.0)
    return _integral(time_s, ln_r * (43.0 - temperature_C)) / 60.0


def omega_cell(time_s: Array, temperature_C: Array) -> float:
    """Arrhenius integral of epidermal necrosis after Henriques and Moritz: ∫ A exp(−Ea/RT) dt."""
    kelvin = temperature_C + ZERO_CELSIUS_K
    ln_a, ea = np.log(float(HENRIQUES_MORITZ_A.value)), float(HENRIQUES_MORITZ_EA.value)
    return _integral(time_s, ln_a - ea / (GAS_CONSTANT_J_MOL_K * kelvin))


def omega_cell_weaver_stoll(time_s: Array, temperature_C: Array) -> float:
    """The same after Weaver and Stoll. At 44 to 50 °C it is up to 50 times the other: the spread is not resolved."""
    kelvin = temperature_C + ZERO_CELSIUS_K
    low = np.log(_WS_LOW[0]) - _WS_LOW[1] / kelvin
    high = np.log(_WS_HIGH[0]) - _WS_HIGH[1] / kelvin
    return _integral(time_s, np.where(temperature_C <= _WS_CHANGE_C, low, high))


def _integral(time_s: Array, ln_rate: Array) -> float:
    """∫ rate dt with the logarithm of the rate straight between samples: Δt·(b − a)/ln(b/a), exact for that."""
    a, b = ln_rate[:-1], ln_rate[1:]
    step = b - a
    flat = np.abs(step) < 1e-6
    mean = np.exp(np.maximum(a, b)) * np.where(flat, 1.0, -np.expm1(-np.abs(step)) / np.where(flat, 1.0, np.abs(step)))
    return float(np.sum(np.diff(time_s) * mean))
