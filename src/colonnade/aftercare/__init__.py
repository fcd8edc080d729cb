"""Aftercare: protocol, schedule, check-in, triage, leaflet text, scores."""

from colonnade.aftercare.careplan import care_plan, superseded
from colonnade.aftercare.checkin import Care, CheckIn, CheckIns, Photograph
from colonnade.aftercare.course import CarePlan
from colonnade.aftercare.protocol import CareRefused
from colonnade.aftercare.triage import Triage, missed_contacts, triage

__all__ = [
    "Care",
    "CarePlan",
    "CareRefused",
    "CheckIn",
    "CheckIns",
    "Photograph",
    "Triage",
    "care_plan",
    "missed_contacts",
    "superseded",
    "triage",
]
