"""Exchange with other systems: calendars (RFC 5545) and FHIR R4B."""

from colonnade.exchange.calendar import calendar
from colonnade.exchange.fhir import bundle

__all__ = ["bundle", "calendar"]
