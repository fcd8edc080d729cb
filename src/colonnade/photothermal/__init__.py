"""Light, heat, ablation, damage: ``simulate(shot, skin) -> Lesion``."""

from __future__ import annotations

import importlib
from typing import Any

from colonnade.photothermal.lesion import EnergyAudit, Lesion, LesionFields, RadiusProfile, Validity
from colonnade.photothermal.mesh import Mesh
from colonnade.photothermal.strategies import (
    ETA_RANGE,
    NO_LOSSES,
    Ablation,
    Cooling,
    Film,
    Kinetics,
    Losses,
    Physics,
    Refill,
    Walls,
)

__all__ = [
    "ETA_RANGE",
    "NO_LOSSES",
    "Ablation",
    "Beam",
    "Block",
    "Cooling",
    "Cut",
    "EnergyAudit",
    "Film",
    "Kinetics",
    "Lesion",
    "LesionFields",
    "Losses",
    "Mesh",
    "Physics",
    "RadiusProfile",
    "Refill",
    "Validity",
    "Walls",
    "Window",
    "expected_regime",
    "regime_map",
    "simulate",
    "simulate_cut",
    "simulate_volume",
    "vaporise_in_passes",
]


_LAZY = {
    "simulate": "engine",
    "simulate_cut": "cutting",
    "Cut": "cutting",
    "Window": "cutting",
    "simulate_volume": "tilted",
    "Beam": "tilted",
    "Block": "tilted",
    "expected_regime": "regimes",
    "regime_map": "regimes",
    "vaporise_in_passes": "regimes",
}


def __getattr__(name: str) -> Any:
    # these pull in Numba or SciPy: only when they are asked for
    if name in _LAZY:
        return getattr(importlib.import_module(f"colonnade.photothermal.{_LAZY[name]}"), name)
    raise AttributeError(f"module 'colonnade.photothermal' has no attribute {name!r}")
