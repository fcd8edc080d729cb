"""What is to be done: patient, indication, site, region, device, goals. Plain data, nothing judged."""

from colonnade.case.model import (
    SCHEMA,
    Answer,
    Case,
    Clinic,
    History,
    Indication,
    Override,
    PanelSettings,
    Patient,
    Region,
    Site,
    Zone,
)

__all__ = [
    "SCHEMA",
    "Answer",
    "Case",
    "Clinic",
    "History",
    "Indication",
    "Override",
    "PanelSettings",
    "Patient",
    "Region",
    "Site",
    "Zone",
]
