"""What is to be done: patient, indication, site, region, device, goals. Plain data, nothing judged."""

from colonnade.case.aftercare import Aftercare, Order, Track
from colonnade.case.model import (
    SCHEMA,
    Anaesthesia,
    Answer,
    Case,
    Clinic,
    History,
    Indication,
    Override,
    PanelSettings,
    Patient,
    Site,
    TestSpot,
    Zone,
)
from colonnade.case.region import Exclusion, FiringChoice, Region

__all__ = [
    "SCHEMA",
    "Aftercare",
    "Anaesthesia",
    "Answer",
    "Case",
    "Clinic",
    "Exclusion",
    "FiringChoice",
    "History",
    "Indication",
    "Order",
    "Override",
    "PanelSettings",
    "Patient",
    "Region",
    "Site",
    "TestSpot",
    "Track",
    "Zone",
]
