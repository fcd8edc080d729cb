"""The rules as data (``colonnade.rules/1``): what must hold, when, how severe, why, from where."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, model_validator

from colonnade import catalogue
from colonnade.safety.facts import FACTS, PHOTOTYPES, is_value, number_of
from colonnade.safety.twice import REL_TOL, SECOND_WAY, second
from colonnade.schema import Model, read

Severity = Literal["block", "specialist", "defer", "require", "cap", "warn", "inform"]
Stage = Literal["patient", "settings", "plan"]
Basis = Literal["read", "derived", "unsourced"]
Truth = Literal["holds", "fails", "unknown"]
Facts = Mapping[str, Any]
STAGES: tuple[Stage, ...] = ("patient", "settings", "plan")
#: Slack of a limit against rounding: 10 % typed on a panel comes back as 10.000000000000002 %.
ROUNDING = 1e-9

_OPERATORS = (
    "present",
    "is_",
    "is_in",
    "is_not_in",
    "at_most",
    "below",
    "at_least",
    "above",
    "at_most_fact",
    "product_of",
    "agrees_with",
)
_WORDS = {"at_most": "at most", "below": "below", "at_least": "at least", "above": "above"}


class Check(Model):
    """One condition on one fact, with exactly one operator. A missing or unusable value never holds."""

    fact: str
    present: Literal[True] | None = None
    is_: bool | str | None = Field(None, alias="is")
    is_in: tuple[str, ...] | None = Field(None, strict=False)
    is_not_in: tuple[str, ...] | None = Field(None, strict=False)
    at_most: float | str | None = None
    below: float | None = None
    at_least: float | str | None = None
    above: float | None = None
    at_most_fact: str | None = None
    product_of: tuple[str, str] | None = Field(None, strict=False)
    agrees_with: str | None = None
    rel_tol: float = Field(REL_TOL, gt=0, lt=1)

    @model_validator(mode="after")
    def _sound(self) -> Check:
        if sum(getattr(self, name) is not None for name in _OPERATORS) != 1:
            raise ValueError(f"exactly one of {', '.join(n.rstrip('_') for n in _OPERATORS)}")
        for name in (self.fact, self.at_most_fact, *(self.product_of or ())):
            if name is not None and name not in FACTS:
                raise ValueError(f"a fact that is listed; {name} is not")
        if self.agrees_with is not None and self.agrees_with not in SECOND_WAY:
            raise ValueError(f"a second way that is listed; {self.agrees_with} is not")
        for limit in (self.at_most, self.at_least):
            if isinstance(limit, str) and (limit not in PHOTOTYPES or FACTS[self.fact].kind != "phototype"):
                raise ValueError("a number, or a phototype for the fact phototype")
        return self

    @property
    def limit(self) -> float | None:
        """The upper limit if it is a number: what a clinic can tighten."""
        for limit in (self.at_most, self.below):
            if limit is not None and not isinstance(limit, str):
                return limit
        return None

    def truth(self, facts: Facts, limit: float | None = None) -> Truth:
        """Whether the condition holds; ``limit`` takes the place of a numeric upper limit."""
        value = facts.get(self.fact)
        if FACTS[self.fact].kind == "answer" and (value is None or value == "unknown"):
            return "unknown"
        if not is_value(FACTS[self.fact], value):
            return "fails"
        return "holds" if self._holds(value, facts, limit) else "fails"

    def _holds(self, value: Any, facts: Facts, limit: float | None) -> bool:
        if self.present is not None:
            return True
        if self.is_ is not None:
            return bool(value == self.is_)
        if self.is_in is not None:
            return value in self.is_in
        if self.is_not_in is not None:
            return value not in self.is_not_in
        return self._number_holds(_ordinal(value), facts, limit)

    def _number_holds(self, value: float, facts: Facts, limit: float | None) -> bool:
        if self.at_most is not None:
            return value <= (_ordinal(self.at_most) if limit is None else limit) * (1 + ROUNDING)
        if self.below is not None:
            return value < (self.below if limit is None else limit)
        if self.at_least is not None:
            return value >= _ordinal(self.at_least) * (1 - ROUNDING)
        if self.above is not None:
            return value > self.above
        if self.at_most_fact is not None:
            other = number_of(facts.get(self.at_most_fact))
            return other is not None and value <= other * (1 + ROUNDING)
        expected = self._expected(facts)
        return expected is not None and math.isclose(value, expected, rel_tol=self.rel_tol)

    def _expected(self, facts: Facts) -> float | None:
        if self.agrees_with is not None:
            return second(self.agrees_with, facts)
        a, b = (number_of(facts.get(name)) for name in self.product_of or ("", ""))
        return None if a is None or b is None else a * b

    def allowed(self, facts: Facts, limit: float | None = None) -> str:
        """What is allowed, in words."""
        fact = FACTS[self.fact]
        if self.present is not None:
            return f"{fact.label}: a value"
        if self.is_ is not None:
            word = {True: "yes", False: "no"}.get(self.is_, self.is_) if isinstance(self.is_, bool) else self.is_
            return f"{fact.label}: {word}"
        if self.is_in is not None:
            return f"{fact.label}: {' or '.join(self.is_in)}"
        if self.is_not_in is not None:
            return f"{fact.label}: other than {' or '.join(self.is_not_in)}"
        for name, word in _WORDS.items():
            bound = getattr(self, name)
            if bound is not None:
                if isinstance(bound, str):
                    return f"{fact.label} {word} {bound}"
                return f"{fact.label} {word} {fact.said(bound if limit is None else limit)}"
        if self.at_most_fact is not None:
            other = FACTS[self.at_most_fact]
            return f"{fact.label} at most the {other.shown(facts.get(self.at_most_fact))}"
        expected = self._expected(facts)
        way = " times ".join(FACTS[n].label for n in self.product_of) if self.product_of else "the second computation"
        known = "cannot be computed" if expected is None else f"gives {fact.said(expected)}"
        return f"{fact.label} within {100 * self.rel_tol:g} % of {way}, which {known}"


def _ordinal(value: Any) -> float:
    """A number as it is; a phototype as 1 to 6."""
    return float(PHOTOTYPES.index(value) + 1) if isinstance(value, str) else float(value)


class Rule(Model):
    """One rule: applies when all of ``when`` may hold and not all of ``unless`` do; then all of ``must`` must hold."""

    id: str = Field(pattern=r"^[A-Z]+-[0-9]{2}(-[A-Z]+)?$")
    title: str = Field(min_length=3)
    severity: Severity
    stage: Stage
    when: tuple[Check, ...] = Field((), strict=False)
    unless: tuple[Check, ...] = Field((), strict=False)
    must: tuple[Check, ...] = Field(strict=False, min_length=1)
    reason: str = Field(min_length=10)
    todo: str = Field(min_length=4)
    source: str = Field(min_length=4)
    basis: Basis
    end: Literal["", "high", "deep", "hot"] = Field("", description="The unfavourable end of the number")
    reviewed_by: str = "none"

    @model_validator(mode="after")
    def _sound(self) -> Rule:
        if self.severity == "cap" and (len(self.must) != 1 or FACTS[self.must[0].fact].kind == "answer"):
            raise ValueError("a cap with one condition, on a number or a flag")
        return self

    @property
    def limit(self) -> float | None:
        """The cap's number, if a clinic can set one."""
        return self.must[0].limit if self.severity == "cap" else None

    def applies(self, facts: Facts) -> bool:
        """A condition that cannot be judged counts as met, an exemption that cannot be judged as not met."""
        if any(check.truth(facts) == "fails" and _usable(check, facts) for check in self.when):
            return False
        return not (self.unless and all(check.truth(facts) == "holds" for check in self.unless))


def _usable(check: Check, facts: Facts) -> bool:
    return is_value(FACTS[check.fact], facts.get(check.fact))


class RuleFile(Model):
    """A file of ``library/rules/``."""

    schema_: Literal["colonnade.rules/1"] = Field(alias="schema")
    id: str
    title: str
    reviewed_by: str
    rules: tuple[Rule, ...] = Field(strict=False, min_length=1)


@functools.cache
def rules() -> tuple[Rule, ...]:
    """All rules of the library. Raises BadInput if a file is not sound, ValueError if two rules share an id."""
    every: list[Rule] = []
    for name in catalogue.ids("rules"):
        file = read(RuleFile, catalogue.load("rules", name), origin=f"library rules {name}")
        every += [rule.model_copy(update={"reviewed_by": file.reviewed_by}) for rule in file.rules]
    ids = [rule.id for rule in every]
    if len(set(ids)) != len(ids):
        raise ValueError(f"two rules share an id: {sorted({i for i in ids if ids.count(i) > 1})}")
    return tuple(every)
