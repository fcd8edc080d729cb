"""Limits and rules: pure arithmetic on plain numbers and answers. No simulator, no case, no plan is known here."""

from colonnade.safety.facts import FACTS, Fact
from colonnade.safety.judge import Finding, Judgement, combined, judge
from colonnade.safety.rules import Check, Rule, rules
from colonnade.safety.twice import Disagreement, agreed

__all__ = [
    "FACTS",
    "Check",
    "Disagreement",
    "Fact",
    "Finding",
    "Judgement",
    "Rule",
    "agreed",
    "combined",
    "judge",
    "rules",
]
