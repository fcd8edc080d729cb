"""From facts to a verdict: ``judge(facts) -> Judgement``. The table it follows is ``docs/safety/verdicts.md``."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from colonnade.errors import BadInput, did_you_mean
from colonnade.safety.facts import FACTS
from colonnade.safety.rules import STAGES, Basis, Check, Facts, Rule, Severity, Stage, rules

Status = Literal["REFUSED", "DEFERRED", "CONDITIONAL", "WARNED", "OK"]
Outcome = Literal["fail", "unknown", "open", "overridden", "note"]

#: Worst first.
STATUSES: tuple[Status, ...] = ("REFUSED", "DEFERRED", "CONDITIONAL", "WARNED", "OK")
OVERRIDABLE: tuple[Severity, ...] = ("specialist", "cap")
_FAILED: dict[Severity, Status] = {
    "block": "REFUSED",
    "specialist": "REFUSED",
    "cap": "REFUSED",
    "defer": "DEFERRED",
    "require": "CONDITIONAL",
    "warn": "WARNED",
    "inform": "OK",
}
_UNKNOWN: dict[Severity, Status] = {
    "block": "CONDITIONAL",
    "specialist": "CONDITIONAL",
    "cap": "CONDITIONAL",
    "defer": "CONDITIONAL",
    "require": "CONDITIONAL",
    "warn": "WARNED",
    "inform": "OK",
}


@dataclass(frozen=True)
class Finding:
    """What one rule said. The fields are those of a plan's finding."""

    rule: str
    severity: Severity
    outcome: Outcome
    given: str
    allowed: str
    reason: str
    todo: str
    source: str
    basis: Basis
    zone: str = ""
    overridden_by: str = ""
    reviewed_by: str = "none"

    @property
    def status(self) -> Status:
        """The verdict this finding alone would lead to."""
        if self.outcome in ("fail", "open"):
            return _FAILED[self.severity]
        if self.outcome == "unknown":
            return _UNKNOWN[self.severity]
        return "WARNED" if self.outcome == "overridden" else "OK"

    def as_dict(self) -> dict[str, str]:
        """The fields as plain data."""
        return asdict(self)


@dataclass(frozen=True)
class Judgement:
    """The verdict and what led to it, worst first. A verdict on a plan only where ``stage`` is ``plan``."""

    status: Status
    findings: tuple[Finding, ...]
    stage: Stage = "plan"

    @property
    def refused(self) -> bool:
        """Whether the status is REFUSED."""
        return self.status == "REFUSED"


def judge(
    facts: Facts,
    *,
    caps: Mapping[str, float] | None = None,
    overrides: Iterable[Mapping[str, str]] = (),
    recorded: Collection[str] = (),
    zone: str = "",
    stage: Stage = "plan",
) -> Judgement:
    """Judge plain facts by the rules of the library.

    Parameters
    ----------
    facts : mapping
        Values by the names and units of ``safety.FACTS``; predictions at their unfavourable end. What is absent, None,
        NaN, negative or of the wrong kind never passes a limit; an absent answer is unknown, never "no".
    caps : mapping of rule id to number
        The clinic's caps, in the unit of the capped fact. Lower takes effect; higher only with a named override.
    overrides : iterable of mappings
        Each with ``rule``, ``name``, ``role`` and ``reason`` (ten characters or more).
    recorded : collection of rule ids
        Required steps that are done and recorded.
    zone : str
        The zone's name, written into the findings.
    stage : {"patient", "settings", "plan"}
        How far to judge: ``plan`` asks for everything, ``patient`` and ``settings`` leave out what comes later.

    Raises
    ------
    BadInput
        For an unknown fact, rule or stage, a cap that is no number, an incomplete override.
    """
    _known("fact", facts, FACTS)
    known = {rule.id: rule for rule in rules()}
    limits = _limits(caps or {}, known)
    named = _named(overrides, known)
    _known("rule in recorded", recorded, known)
    if stage not in STAGES:
        raise BadInput("stage", given=f'"{stage}"', allowed=", ".join(STAGES), todo=did_you_mean(stage, STAGES))
    findings: list[Finding] = []
    for rule in known.values():
        if STAGES.index(rule.stage) <= STAGES.index(stage) and rule.applies(facts):
            findings += _asked(rule, facts, limits.get(rule.id), named.get(rule.id), rule.id in recorded, zone)
    return _judgement(findings, stage)


def combined(judgements: Iterable[Judgement]) -> Judgement:
    """The judgement of several zones together: the worst status, all findings. ValueError without any."""
    every = tuple(judgements)
    if not every:
        raise ValueError("nothing was judged")
    stage = STAGES[min(STAGES.index(j.stage) for j in every)]
    return _judgement([f for j in every for f in j.findings], stage)


def _judgement(findings: list[Finding], stage: Stage) -> Judgement:
    ordered = sorted(findings, key=lambda f: (STATUSES.index(f.status), list(_FAILED).index(f.severity)))
    return Judgement(ordered[0].status if ordered else "OK", tuple(ordered), stage)


def _asked(
    rule: Rule, facts: Facts, cap: float | None, override: Mapping[str, str] | None, done: bool, zone: str
) -> list[Finding]:
    """What ``rule`` finds: nothing, or one finding per outcome."""
    limit = rule.limit if cap is None or rule.limit is None else min(cap, rule.limit)
    truths = [(check, check.truth(facts, limit)) for check in rule.must]
    findings = []
    if cap is not None and rule.limit is not None and cap > rule.limit and override is None:
        findings.append(_finding(rule, "note", rule.must, facts, rule.limit, zone, todo=_LOOSER.format(cap=cap)))
    failed = tuple(check for check, truth in truths if truth == "fails")
    unknown = tuple(check for check, truth in truths if truth == "unknown")
    if rule.severity == "require" and done and (failed or unknown):
        return [*findings, _finding(rule, "note", failed + unknown, facts, limit, zone, todo="Recorded as done.")]
    if failed:
        findings.append(_failure(rule, failed, facts, limit, cap, override, zone))
    if unknown:
        findings.append(_finding(rule, "unknown", unknown, facts, limit, zone, todo="Ask, and state the answer."))
    return findings


_LOOSER = "The clinic's cap of {cap:g} is higher than this default and is not used: that needs a named override."
_BOUND = " The override reaches only as far as the clinic's cap or the default, whichever is higher."
_NOT_HERE = " An override was given; this rule cannot be overridden."
_NO_VALUE = " An override was given; it does not cover a missing or unusable value."


def _failure(
    rule: Rule,
    failed: tuple[Check, ...],
    facts: Facts,
    limit: float | None,
    cap: float | None,
    override: Mapping[str, str] | None,
    zone: str,
) -> Finding:
    """A failed rule: open, overridden, or failed with the reason why an override did not help."""
    outcome: Outcome = "open" if rule.severity == "require" else "note" if rule.severity == "inform" else "fail"
    if override is None:
        return _finding(rule, outcome, failed, facts, limit, zone)
    if rule.severity not in OVERRIDABLE:
        return _finding(rule, outcome, failed, facts, limit, zone, todo=rule.todo + _NOT_HERE)
    if not all(_has_value(check, facts) for check in failed):
        return _finding(rule, outcome, failed, facts, limit, zone, todo=rule.todo + _NO_VALUE)
    reach = None if cap is None or rule.limit is None else max(cap, rule.limit)
    if reach is not None and failed[0].truth(facts, reach) != "holds":
        return _finding(rule, outcome, failed, facts, reach, zone, todo=rule.todo + _BOUND)
    who = "{name}, {role}: {reason}".format(**override)
    return _finding(rule, "overridden", failed, facts, limit, zone, overridden_by=who)


def _has_value(check: Check, facts: Facts) -> bool:
    """Whether everything the check compares has a value."""
    names = (check.fact, *((check.at_most_fact,) if check.at_most_fact else ()))
    return all(Check(fact=name, present=True).truth(facts) == "holds" for name in names)


def _finding(
    rule: Rule,
    outcome: Outcome,
    checks: tuple[Check, ...],
    facts: Facts,
    limit: float | None,
    zone: str,
    *,
    todo: str = "",
    overridden_by: str = "",
) -> Finding:
    return Finding(
        rule=rule.id,
        severity=rule.severity,
        outcome=outcome,
        given="; ".join(_given(check, facts) for check in checks),
        allowed="; ".join(dict.fromkeys(check.allowed(facts, limit) for check in checks)),
        reason=f"{rule.title}. {rule.reason}",
        todo=todo or rule.todo,
        source=rule.source,
        basis=rule.basis,
        zone=zone,
        overridden_by=overridden_by,
        reviewed_by=rule.reviewed_by,
    )


def _given(check: Check, facts: Facts) -> str:
    fact = FACTS[check.fact]
    value: Any = facts.get(check.fact)
    return f"{fact.label}: unknown" if fact.kind == "answer" and value is None else fact.shown(value)


# --- what the caller hands in -------------------------------------------------------------------------------
def _known(what: str, names: Iterable[str], known: Collection[str]) -> None:
    for name in names:
        if name not in known:
            raise BadInput(
                what,
                given=f'"{name}"',
                allowed=f"one of {len(known)} names",
                todo=did_you_mean(str(name), known),
            )


def _limits(caps: Mapping[str, float], known: Mapping[str, Rule]) -> dict[str, float]:
    settable = {rule.id for rule in known.values() if rule.limit is not None}
    _known("clinic.caps", caps, settable)
    for name, value in caps.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not (math.isfinite(value) and value >= 0):
            raise BadInput(
                f"clinic.caps.{name}",
                given=repr(value),
                allowed="a number, 0 or more, in the unit of the capped value",
                todo="State the clinic's limit as a number.",
            )
    return dict(caps)


def _named(overrides: Iterable[Mapping[str, str]], known: Mapping[str, Rule]) -> dict[str, Mapping[str, str]]:
    named: dict[str, Mapping[str, str]] = {}
    for override in overrides:
        for field, least in (("rule", 1), ("name", 2), ("role", 2), ("reason", 10)):
            text = override.get(field)
            if not isinstance(text, str) or len(text.strip()) < least:
                raise BadInput(
                    f"override.{field}",
                    given="nothing" if text is None else repr(text),
                    allowed=f"text of at least {least} characters",
                    todo="An override names the rule, a person, their role and a reason.",
                )
        _known("override.rule", [override["rule"]], known)
        named[override["rule"]] = override
    return named
