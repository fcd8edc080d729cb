"""Indication, search, plan: ``plan(case) -> Plan`` and ``check(case or plan) -> Judgement``."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from colonnade.planning.model import Plan

if TYPE_CHECKING:
    from colonnade.planning.again import Difference as Difference
    from colonnade.planning.again import cite as cite
    from colonnade.planning.again import rerun as rerun
    from colonnade.planning.draft import Draft as Draft
    from colonnade.planning.draft import replan as replan
    from colonnade.planning.planner import check as check
    from colonnade.planning.planner import plan as plan

_LATER = {
    "Difference": "colonnade.planning.again",
    "check": "colonnade.planning.planner",
    "cite": "colonnade.planning.again",
    "Draft": "colonnade.planning.draft",
    "plan": "colonnade.planning.planner",
    "replan": "colonnade.planning.draft",
    "rerun": "colonnade.planning.again",
}

__all__ = ["Difference", "Draft", "Plan", "check", "cite", "plan", "replan", "rerun"]


def __getattr__(name: str) -> Any:
    # reading a plan needs none of the rooms that make one
    if name in _LATER:
        return getattr(importlib.import_module(_LATER[name]), name)
    raise AttributeError(f"module 'colonnade.planning' has no attribute {name!r}")
