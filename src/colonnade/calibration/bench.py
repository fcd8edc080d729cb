"""From named inputs to one run of the engine: what the response tables, the intervals and the sweeps are made of."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from colonnade.laser import Shot
from colonnade.photothermal import Ablation, Losses, Mesh
from colonnade.schema import read
from colonnade.tissue import Skin

OUTPUTS = (
    "crater_depth_um",
    "crater_width_surface_um",
    "rim_bottom_um",
    "rim_side_um",
    "coagulation_depth_um",
    "necrosis_depth_um",
)

#: Defaults of inputs that a table does not name.
DEFAULTS: dict[str, float] = {
    "eta": 0.5,
    "kappa_per_mm": 0.0,
    "f_wall": 0.0,
    "f_v": 1.0,
    "m2": 1.2,
    "water": 0.70,
    "conductivity_W_mK": 0.40,
    "temperature_C": 33.0,
    "order": 1.0,
    "stack": 1.0,
    "stack_interval_ms": 50.0,
    "focus_depth_um": 0.0,
}


def bare_skin(water: float, conductivity_W_mK: float, temperature_C: float) -> Skin:
    """One thick layer of dermis without a stratum corneum: what the calibration cases are computed in."""
    layer = {
        "name": "dermis",
        "thickness_um": 20_000.0,
        "water": water,
        "conductivity_W_mK": conductivity_W_mK,
        "flag": "assumed",
        "source": "uncertain input of the comparison (library/calibration/studies.toml)",
    }
    data = {
        "schema": "colonnade.site/1",
        "id": "bare-dermis",
        "title": "Dermis without other layers, for calibration",
        "zone": "trunk",
        "layers": [layer],
        "temperature_C": temperature_C,
        "temperature_source": "uncertain input of the comparison",
        "reviewed_by": "none",
    }
    return read(Skin, data, origin="calibration skin")


def coarse_mesh(shot: Shot, losses: Losses, *, flat: bool = False) -> Mesh:
    """A mesh several times faster than the default; its error is part of each table's stated error.

    dr = w/24 and dz = 1/120 of the expected crater, within 2 to 6 µm; 8 µm for pulses beyond 20 ms, whose explicit
    steps would else take minutes. One microbeam in 0.02 to 4 s.
    """
    w_um = shot.surface_spot_um / 2
    depth = losses.eta * shot.fluence_peak_J_cm2 * shot.stack / 2.0 * 10.0  # µm, at 2.0 kJ/cm3 without κ
    if losses.kappa_per_mm > 0:
        depth = 1e3 / losses.kappa_per_mm * math.log1p(losses.kappa_per_mm * depth / 1e3)
    if flat:
        return Mesh(dr_um=w_um / 8, dz_um=min(max(depth / 60, 1.0), 4.0), ratio=1.2, reach_mm=3 * w_um / 1e3)
    if shot.pulse_ms > 20:
        return Mesh(dr_um=min(max(w_um / 12, 8.0), 30.0), dz_um=8.0, ratio=1.15)
    return Mesh(dr_um=min(max(w_um / 24, 2.0), 30.0), dz_um=min(max(depth / 120, 2.0), 6.0), ratio=1.15)


def shot_of(x: Mapping[str, float]) -> Shot:
    """The shot that named inputs describe: ``energy_mJ`` or ``fluence_J_cm2``; ``pulse_ms`` or ``power_W``.

    ``order`` 1 is a Gaussian, 2 to 9 a super-Gaussian, 10 or more a top-hat.
    """
    spot = x["spot_um"]
    energy = x["energy_mJ"] if "energy_mJ" in x else x["fluence_J_cm2"] * math.pi * (spot / 2e4) ** 2 * 1e3
    pulse = x["pulse_ms"] if "pulse_ms" in x else energy / x["power_W"]
    order = round(x["order"])
    shape: dict[str, Any] = {"profile": "supergaussian", "order": order}
    if order <= 1 or order >= 10:
        shape = {"profile": "gaussian" if order <= 1 else "tophat"}
    data = {
        "energy_mJ": float(energy),
        "pulse_ms": float(pulse),
        "spot_um": float(spot),
        "m2": float(x["m2"]),
        "stack": round(x["stack"]),
        "stack_interval_ms": max(float(x["stack_interval_ms"]), float(pulse)),
        "focus_depth_um": float(x["focus_depth_um"]),
        **shape,
    }
    return read(Shot, data, origin="calibration shot")


def run_case(inputs: Mapping[str, float], *, mesh: Mesh | None = None, flat: bool = False) -> dict[str, float]:
    """One simulation of named inputs in bare dermis: ``OUTPUTS`` [µm], 0 where a zone is absent."""
    from colonnade.photothermal import simulate

    x = {**DEFAULTS, **inputs}
    shot = shot_of(x)
    losses = Losses(eta=x["eta"], kappa_per_mm=x["kappa_per_mm"], f_wall=x["f_wall"])
    ablation = Ablation(f_v=x["f_v"], t_abl_C=x.get("t_abl_C"))
    lesion = simulate(
        shot,
        bare_skin(x["water"], x["conductivity_W_mK"], x["temperature_C"]),
        losses=losses,
        ablation=ablation,
        mesh=mesh or coarse_mesh(shot, losses, flat=flat),
    )
    return {name: float(getattr(lesion, name) or 0.0) for name in OUTPUTS}


def closed_form_depth(inputs: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """Depth on the axis from the energy balance, with saturating losses [µm]: what a surrogate starts from.

    d = ln(1 + κ d0)/κ with d0 = η (F0 − F_th)/h; h by the mixture law to 100 °C and dry; F_th = h/µ at 600 /cm
    (docs/theory/column.md, case V8). Conduction, divergence and kinetics are what the surrogate adds.
    """
    from scipy.special import gamma

    x = {**{k: np.asarray(v) for k, v in DEFAULTS.items()}, **inputs}
    water = x["water"]
    rho = 1000.0 / (water + 0.649 * (1 - water))
    h = rho * ((4200.0 * water + 1090.0 * (1 - water)) * (100.0 - x["temperature_C"]) + 2.256e6 * water) * 1e-9
    n = x["order"]
    peak = np.where(n >= 10, 1.0, 2.0 ** (1 / n) / gamma(1 + 1 / n))
    if "fluence_J_cm2" in x:
        fluence = x["fluence_J_cm2"] * peak
    else:
        fluence = x["energy_mJ"] * 1e-3 * peak / (np.pi * (x["spot_um"] / 2e4) ** 2)
    threshold = h * 1e3 / 600.0
    straight = x["eta"] * np.maximum(fluence - threshold, 0.0) * x["stack"] / h * 10.0
    kappa = np.maximum(x["kappa_per_mm"] * 1e-3, 1e-9)
    depth: NDArray[np.float64] = np.log1p(kappa * straight) / kappa
    return depth


def heat_of_ablation(inputs: Mapping[str, float]) -> dict[str, float]:
    """Slope of fluence against depth between 20 and 40 J/cm² of a flat pulse [kJ/cm³]: what mass loss measures."""
    depths = [
        run_case({"spot_um": 2000.0, "order": 10.0, **inputs, "fluence_J_cm2": f}, flat=True)["crater_depth_um"]
        for f in (20.0, 40.0)
    ]
    rise_um = depths[1] - depths[0]
    return {"heat_of_ablation_kJ_cm3": 20.0 / rise_um * 10.0}
