"""Indication, search, plan: ``plan(case) -> Plan`` and ``check(case or plan) -> Verdict``."""

from colonnade.planning.model import Plan

__all__ = ["Plan"]
