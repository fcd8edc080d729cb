"""Light, heat, ablation, damage: ``simulate(shot, skin) -> Lesion``."""

from colonnade.photothermal.lesion import EnergyAudit, Lesion, LesionFields, RadiusProfile, Validity

__all__ = ["EnergyAudit", "Lesion", "LesionFields", "RadiusProfile", "Validity"]
