"""Every table of the database, in one import: what migrations, backup, export and tests need."""

from __future__ import annotations

from colonnade.records import (
    audit,
    devices,
    followup,
    idempotency,
    jobs,
    leaving,
    owned,
    patients,
    people,
    photographs,
    plans,
    servers,
    signing_in,
    training,
    treatments,
)
from colonnade.records.base import Base

__all__ = [
    "Base",
    "audit",
    "devices",
    "followup",
    "idempotency",
    "jobs",
    "leaving",
    "owned",
    "patients",
    "people",
    "photographs",
    "plans",
    "servers",
    "signing_in",
    "training",
    "treatments",
]
