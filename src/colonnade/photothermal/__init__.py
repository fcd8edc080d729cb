"""Light, heat, ablation, damage: ``simulate(shot, skin) -> Lesion``."""

from __future__ import annotations

import importlib
from typing import Any

from colonnade.photothermal.lesion import EnergyAudit, Lesion, LesionFields, RadiusProfile, Validity
from colonnade.photothermal.mesh import Mesh
from colonnade.photothermal.strategies import ETA_RANGE, NO_LOSSES, Ablation, Cooling, Losses, Physics

__all__ = [
    "ETA_RANGE",
    "NO_LOSSES",
    "Ablation",
    "Cooling",
    "EnergyAudit",
    "Lesion",
    "LesionFields",
    "Losses",
    "Mesh",
    "Physics",
    "RadiusProfile",
    "Validity",
    "simulate",
]


def __getattr__(name: str) -> Any:
    # `simulate` pulls in Numba: only when it is asked for
    if name == "simulate":
        return importlib.import_module("colonnade.photothermal.engine").simulate
    raise AttributeError(f"module 'colonnade.photothermal' has no attribute {name!r}")
