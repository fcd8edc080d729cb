"""The fast stand-in that ranks settings before any is simulated: steady-state ablation in closed form.

Source: the steady-state limit of verification case V8 (model of Vogel & Venugopalan, Chem. Rev. 103:577, §VII.A):
``δ(r) = (F(r) − F_th)/h``, ``r_c = w·sqrt(½·ln(F0/F_th))``, ``V = (πw²/2h)·[F0 − F_th − F_th·ln(F0/F_th)]``. Three
things are added: the threshold is a parameter of its own (not h/µ), the beam widens on its way down, and the crater
losses of the engine (η, κ) act on what is delivered after the threshold. It ranks; no number of a plan comes from it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from colonnade.laser import Shot
from colonnade.units import to_si

Array = NDArray[np.float64]

#: Heat of ablation of skin [kJ/cm³], measured: 4.1-4.2 (Payne 1997, porcine dermis, pulsed) to 4.8 (Walsh 1989,
#: guinea-pig skin, continuous, above 13 kW/cm²). It already contains what the plume and hot fragments take away.
H_EFF_KJ_CM3 = (4.1, 4.8)

#: Ablation threshold [J/cm²], measured: 1.15 (Payne 1997); the clinical figure of 5 (Anderson, quoted) is for pulses
#: of about a millisecond and includes conduction.
F_TH_J_CM2 = 1.15


@dataclass(frozen=True)
class Surrogate:
    """Steady-state ablation with losses; every length in and out is SI.

    ``heat_J_m3`` is the heat of ablation at η = 1 and ``threshold_J_m2`` the fluence paid before anything leaves.
    """

    heat_J_m3: float
    threshold_J_m2: float = to_si(F_TH_J_CM2, "J_cm2")
    eta: float = 1.0
    kappa_per_m: float = 0.0
    diverging: bool = True

    @classmethod
    def measured(cls, eta: float) -> Surrogate:
        """The stand-in whose depth at ``eta`` is that of the measured heat of ablation, the middle of its range."""
        return cls(heat_J_m3=eta * to_si(sum(H_EFF_KJ_CM3) / 2, "kJ_cm3"), eta=eta)

    def depth_m(self, shot: Shot) -> float:
        """Depth on the axis after the whole stack [m], 0 below the threshold.

        From the energy balance of the front, dδ/dF = (η/h)·exp(−κδ)·(w(0)/w(δ))², so that
        ``∫₀^δ exp(κz)·(w(z)/w(0))² dz = η·(F0 − F_th)·n/h`` for a stack of n; the integral is monotone in δ and is
        inverted by bisection.
        """
        peak = to_si(shot.fluence_peak_J_cm2, "J_cm2")
        return self._invert(shot, max(0.0, self.eta * shot.stack * (peak - self.threshold_J_m2) / self.heat_J_m3))

    def profile_m(self, shot: Shot, r_m: Array) -> Array:
        """Depth at each radius for a Gaussian or flat vertical beam, one pulse, no divergence [m], shape of ``r_m``."""
        peak = to_si(shot.fluence_peak_J_cm2, "J_cm2")
        w = shot.radius_m(0.0)
        if shot.profile == "tophat":
            fluence = np.where(np.abs(r_m) <= w, peak, 0.0)
        else:
            n = 1 if shot.profile == "gaussian" else shot.order
            fluence = peak * np.exp(-2 * (r_m / w) ** (2 * n))
        return np.maximum(0.0, self.eta * (fluence - self.threshold_J_m2) / self.heat_J_m3)

    def mouth_radius_m(self, shot: Shot) -> float:
        """Radius of the crater at the surface [m], 0 below the threshold."""
        peak, w = to_si(shot.fluence_peak_J_cm2, "J_cm2"), shot.radius_m(0.0)
        if not peak > self.threshold_J_m2:
            return 0.0
        if shot.profile == "tophat":
            return w
        n = 1 if shot.profile == "gaussian" else shot.order
        return float(w * (0.5 * math.log(peak / self.threshold_J_m2)) ** (1 / (2 * n)))

    def radius_at_m(self, shot: Shot, depth_m: float) -> float:
        """Radius of the crater at ``depth_m`` [m]: where the local fluence still drives the front that deep."""
        need = self.threshold_J_m2 + self.heat_J_m3 * self.cost_m(shot, depth_m) / (self.eta * shot.stack)
        peak, w = to_si(shot.fluence_peak_J_cm2, "J_cm2"), shot.radius_m(0.0)
        if not peak > need:
            return 0.0
        if shot.profile == "tophat":
            return w
        n = 1 if shot.profile == "gaussian" else shot.order
        return float(w * (0.5 * math.log(peak / need)) ** (1 / (2 * n)))

    def volume_m3(self, shot: Shot) -> float:
        """Volume of the crater of one pulse of a Gaussian or top-hat vertical beam, no divergence [m³]."""
        peak, w, f_th = to_si(shot.fluence_peak_J_cm2, "J_cm2"), shot.radius_m(0.0), self.threshold_J_m2
        if not peak > f_th:
            return 0.0
        if shot.profile == "tophat":
            return math.pi * w**2 * self.eta * (peak - f_th) / self.heat_J_m3
        return math.pi * w**2 * self.eta / (2 * self.heat_J_m3) * (peak - f_th - f_th * math.log(peak / f_th))

    def cost_m(self, shot: Shot, depth_m: float) -> float:
        """``∫₀^depth exp(κz)·(w(z)/w(0))² dz`` [m]: in closed form for κ = 0, by Gauss-Legendre otherwise."""
        if depth_m <= 0:
            return 0.0
        if not self.diverging:
            return math.expm1(self.kappa_per_m * depth_m) / self.kappa_per_m if self.kappa_per_m else depth_m
        focus, rayleigh = to_si(shot.focus_depth_um, "um"), shot.rayleigh_m
        at_surface = 1 + (focus / rayleigh) ** 2
        if self.kappa_per_m == 0:
            return (depth_m + ((depth_m - focus) ** 3 + focus**3) / (3 * rayleigh**2)) / at_surface
        z = 0.5 * depth_m * (_NODES + 1)
        widening = (1 + ((z - focus) / rayleigh) ** 2) / at_surface
        return float(0.5 * depth_m * np.sum(_WEIGHTS * np.exp(self.kappa_per_m * z) * widening))

    def _invert(self, shot: Shot, straight_m: float) -> float:
        if straight_m == 0.0:
            return 0.0
        low, high = 0.0, straight_m
        while self.cost_m(shot, high) < straight_m:  # a focus below the surface narrows the beam: deeper than straight
            high *= 2
        for _ in range(40):  # 2^-40 of the bracket: far below a nanometre
            middle = 0.5 * (low + high)
            low, high = (middle, high) if self.cost_m(shot, middle) < straight_m else (low, middle)
        return 0.5 * (low + high)


_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(8)
