"""Thermal damage: dΩ/dt = A exp(−Ea/RT). Cell necrosis (two published sets), collagen; CEM43 for slow heating.

Henriques-Moritz at milliseconds and 100 °C is an extrapolation by decades, so Weaver-Stoll is carried beside it.
Damage depths are quoted as the contour Ω = 1: a tolerance on Ω itself means nothing (1 K doubles it).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from colonnade.units import kelvin

GAS_CONSTANT = 8.314462618


@dataclass(frozen=True)
class Arrhenius:
    """A set of kinetics; below ``break_K`` the ``low`` pair holds if there is one."""

    name: str
    ln_a: float
    b_K: float
    source: str
    ln_a_low: float = -math.inf
    b_low_K: float = 0.0
    break_K: float = 0.0

    def log_rate(self, temperature_K: float) -> float:
        """ln(dΩ/dt) at a temperature [K]."""
        if temperature_K < self.break_K:
            return self.ln_a_low - self.b_low_K / temperature_K
        return self.ln_a - self.b_K / temperature_K

    def seconds_to_damage(self, temperature_K: float) -> float:
        """Time to Ω = 1 at constant temperature (verification case V13)."""
        return math.exp(-self.log_rate(temperature_K))


#: Epidermal necrosis. The exponent is pinned by a test: some codes carry 3.1e99.
HENRIQUES_MORITZ = Arrhenius(
    "Henriques-Moritz", math.log(3.1e98), 6.28e5 / GAS_CONSTANT, "Henriques & Moritz 1947, as used in [TAM]; fitted"
)
WEAVER_STOLL = Arrhenius(
    "Weaver-Stoll",
    math.log(1.823e51),
    39109.8,
    "Weaver & Stoll 1969, as tabulated in [WSCODE]; fitted",
    ln_a_low=math.log(2.185) + 124 * math.log(10),
    b_low_K=93534.9,
    break_K=kelvin(50.0),
)
#: Loss of birefringence of dermal collagen, rat skin: the slow end of the range.
PEARCE_COLLAGEN = Arrhenius(
    "Pearce collagen",
    math.log(1.606e45),
    3.06e5 / GAS_CONSTANT,
    "Pearce, rat skin; unsourced here, on the line of [JAC06]",
)
#: Loss of birefringence of native collagen, measured: ln A = 130 ± 1, 89 ± 1 kcal/mol. The default (decision 0140).
MAITLAND_WALSH = Arrhenius(
    "Maitland-Walsh collagen",
    130.0,
    89.0e3 * 4.184 / GAS_CONSTANT,
    "Maitland & Walsh 1997 [MAI97], rat tail tendon (fewer cross-links than dermis); measured",
)
COLLAGEN = {"maitland-walsh": MAITLAND_WALSH, "pearce": PEARCE_COLLAGEN}


def sets_of(collagen: Arrhenius) -> NDArray[np.float64]:
    """The rows (ln A, B [K]) that the kernels count: collagen, Henriques-Moritz, Weaver-Stoll above and below 50 °C."""
    return np.array(
        [
            [collagen.ln_a, collagen.b_K],
            [HENRIQUES_MORITZ.ln_a, HENRIQUES_MORITZ.b_K],
            [WEAVER_STOLL.ln_a, WEAVER_STOLL.b_K],
            [WEAVER_STOLL.ln_a_low, WEAVER_STOLL.b_low_K],
        ]
    )


#: The default sets.
SETS = sets_of(MAITLAND_WALSH)


def cem43_minutes(time_s: NDArray[np.float64], temperature_C: NDArray[np.float64]) -> float:
    """Cumulative equivalent minutes at 43 °C of a history (trapezium of R^(43−T)), R = 0.5 above 43 °C, 0.25 below.

    Parameters
    ----------
    time_s, temperature_C : array (n,)
        Times [s], increasing, and temperatures [°C].
    """
    base = np.where(temperature_C >= 43.0, 0.5, 0.25)
    rate = base ** (43.0 - temperature_C)
    return float(np.trapezoid(rate, time_s) / 60.0)


def omega(kinetics: Arrhenius, time_s: NDArray[np.float64], temperature_K: NDArray[np.float64]) -> float:
    """Ω of a temperature history, with the logarithmic mean of the rate over each interval.

    Exact where ln(rate) is linear in time; that is why it beats the trapezium on steep flanks.
    """
    log_rate = np.array([kinetics.log_rate(t) for t in temperature_K])
    a, b = log_rate[:-1], log_rate[1:]
    difference = b - a
    small = np.abs(difference) < 1e-6
    mean = np.where(small, np.exp((a + b) / 2), (np.exp(b) - np.exp(a)) / np.where(small, 1.0, difference))
    return float(np.sum(mean * np.diff(time_s)))
