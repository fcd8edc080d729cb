"""Aftercare: protocol, schedule, check-in, triage, leaflet text, scores."""

from colonnade.aftercare.checkin import Care, CheckIn, CheckIns, Photograph
from colonnade.aftercare.triage import Triage, missed_contacts, triage

__all__ = ["Care", "CheckIn", "CheckIns", "Photograph", "Triage", "missed_contacts", "triage"]
