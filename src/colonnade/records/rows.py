"""Every table of the database, in one import: what migrations, backup and tests need."""

from __future__ import annotations

from colonnade.records import audit, jobs, people
from colonnade.records.base import Base

__all__ = ["Base", "audit", "jobs", "people"]
