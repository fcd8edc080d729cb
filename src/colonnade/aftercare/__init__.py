"""Aftercare: protocol, schedule, check-in, triage, leaflet text, scores."""

from colonnade.aftercare.checkin import Care, CheckIn, CheckIns, Photograph

__all__ = ["Care", "CheckIn", "CheckIns", "Photograph"]
