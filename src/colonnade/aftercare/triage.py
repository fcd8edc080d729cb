"""How urgent a check-in is: rules as data, an engine that says which fired and why.

Deterministic. The answer is the most urgent of the rules that fire. Facts are only added and no rule asks for the
absence of one, so an added sign can never lower the answer.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from colonnade import DISCLAIMER, catalogue
from colonnade.aftercare.checkin import Care, CheckIn, CheckIns
from colonnade.aftercare.facts import FACE_LIKE, Fact, facts_of, missed_facts
from colonnade.schema import Model, read

Tier = Literal["none", "N", "48", "S", "E"]
TIERS: tuple[Tier, ...] = ("none", "N", "48", "S", "E")
Days = tuple[int, int]


class Rule(Model):
    """One red flag. ``when`` is a choice of alternatives, each a list of facts that must all be present."""

    id: str
    title: str
    when: tuple[Annotated[tuple[str, ...], Field(strict=False)], ...] = Field(strict=False, min_length=1)
    tier: Tier
    after_day: Days | None = Field(None, strict=False, description="[face, off the face]: silent up to this day")
    after_day_full_field: Days | None = Field(None, strict=False)
    window: Days | None = Field(None, strict=False, description="Days in which it is typical; suppresses nothing")
    never_raised: bool = Field(False, description="Not an illness of the wound: immunosuppression changes nothing")
    not_carried: bool = Field(False, description="Settled by the next check-in, without a clinician")
    first_action: str
    source: str = Field(min_length=2)
    basis: Literal["read", "derived", "unsourced"]

    def silent_until(self, care: Care) -> int:
        """Last day on which the rule is silent in this zone and track; -1 where it never is."""
        days = self.after_day
        if care.track == "full_field" and self.after_day_full_field is not None:
            days = self.after_day_full_field
        return -1 if days is None else days[0 if care.zone in FACE_LIKE else 1]


class Expected(Model):
    """What is expected when: [first day, last on the face, last off the face]."""

    fact: str
    days: tuple[int, int, int] = Field(strict=False)
    days_full_field: tuple[int, int, int] | None = Field(None, strict=False)
    say: str

    def until(self, care: Care) -> int:
        """Last day on which it is expected."""
        days = self.days_full_field if care.track == "full_field" and self.days_full_field else self.days
        return days[1 if care.zone in FACE_LIKE else 2]


class RuleSet(Model):
    """The red-flag file."""

    schema_: Literal["colonnade.red-flags/1"] = Field(alias="schema")
    version: str
    reviewed_by: str
    rules: tuple[Rule, ...] = Field(strict=False)
    expected: tuple[Expected, ...] = Field(strict=False)


class Fired(Model):
    """A rule that fired and why."""

    rule: str
    title: str
    tier: Tier
    because: tuple[str, ...] = Field(strict=False)
    window: str
    first_action: str
    source: str
    basis: str
    carried_from_day: int | None = None


class Triage(Model):
    """The answer to a check-in."""

    schema_: Literal["colonnade.triage/1"] = Field("colonnade.triage/1", alias="schema")
    disclaimer: str = DISCLAIMER
    day: int
    tier: Tier
    tier_title: str
    message: str = Field(description="For the patient, in English; the leaflet's languages are set where it is shown")
    call: str
    expected: tuple[str, ...] = Field((), strict=False, description="What was reported and is expected on this day")
    fired: tuple[Fired, ...] = Field((), strict=False, description="Most urgent first")
    notes: tuple[str, ...] = Field((), strict=False, description="For the clinic")
    rules_version: str
    rules_sha256: str
    reviewed_by: str


TITLES: dict[Tier, str] = {
    "E": "Emergency: call your emergency number now",
    "S": "A clinician sees or speaks to you today",
    "48": "A clinician looks at this within 48 hours",
    "N": "We look at this at your next visit",
    "none": "Nothing you reported needs attention before your next contact",
}
MESSAGES: dict[Tier, str] = {
    "E": "Call your emergency number now (112, 911 or your local one). Do not drive yourself. Then call the clinic.",
    "S": "Call the clinic today, without waiting for an answer here. If nobody answers, go to an urgent-care service.",
    "48": "The clinic must look at this within 48 hours. Call if nobody has contacted you by tomorrow.",
    "N": "Tell us at your next visit. Call earlier if it gets worse.",
    "none": "Go on as your plan says. Call if anything changes or worries you.",
}
NO_NUMBER = "No clinic number is stored. In doubt call your emergency number or the nearest doctor."


@functools.cache
def rules() -> RuleSet:
    """The red-flag rules of the library."""
    data: dict[str, Any] = catalogue.load("triage", "red-flags")
    return read(RuleSet, data, origin="library triage red-flags")


def triage(checkins: CheckIns) -> Triage:
    """Judge the last check-in of ``checkins``: how urgent, which rules fired, why, and what to do first.

    Raises nothing on valid check-ins; the tier is never lowered by a photograph, a window, or an answer that is
    missing.
    """
    care, days = checkins.care, checkins.days()
    facts = facts_of(care, checkins.checkins, checkins.missed_days)
    fired = _fire(care, facts, days[-1]) + _carried(care, checkins.checkins, days)
    fired = sorted(fired, key=lambda f: (-TIERS.index(f.tier), f.rule, f.carried_from_day or 0))
    tier: Tier = fired[0].tier if fired else "none"
    rule_set = rules()
    return Triage(
        day=days[-1],
        tier=tier,
        tier_title=TITLES[tier],
        message=MESSAGES[tier],
        call=care.call or NO_NUMBER,
        # nothing is called expected beside a sign that somebody must look at
        expected=_expected(care, facts, days[-1]) if tier in ("none", "N") else (),
        fired=tuple(fired),
        notes=_notes(care, checkins),
        rules_version=rule_set.version,
        rules_sha256=catalogue.sha256("triage", "red-flags"),
        reviewed_by=rule_set.reviewed_by,
    )


def _fire(care: Care, facts: Sequence[Fact], day: int, *, carry: bool = False) -> list[Fired]:
    present = {f.name: f.because for f in facts}
    out = []
    for rule in rules().rules:
        if day <= rule.silent_until(care) or (carry and rule.not_carried):
            continue
        met = [alternative for alternative in rule.when if all(name in present for name in alternative)]
        if not met:
            continue
        names = dict.fromkeys(name for alternative in met for name in alternative)
        tier = rule.tier
        because = [f"{name.replace('_', ' ')} ({present[name]})" for name in names]
        if care.immunosuppressed == "yes" and not rule.never_raised:
            tier = TIERS[min(TIERS.index(tier) + 1, len(TIERS) - 1)]
            because.append("one tier up: immunosuppressed")
        out.append(
            Fired(
                rule=rule.id,
                title=rule.title,
                tier=tier,
                because=tuple(because),
                window=_window(rule, care, day),
                first_action=rule.first_action,
                source=rule.source,
                basis=rule.basis,
            )
        )
    return out


def _window(rule: Rule, care: Care, day: int) -> str:
    if rule.window is None:
        return "no typical window"
    first, last = rule.window
    since = [day, *(day + earlier for earlier in care.earlier_treatment_days_ago)]
    inside = any(first <= d <= last for d in since)
    return f"typical on days {first} to {last}; {'inside' if inside else 'outside, which suppresses nothing'}"


def _carried(care: Care, checkins: Sequence[CheckIn], days: Sequence[int]) -> list[Fired]:
    """Rules at 48 h or above of earlier check-ins after which no clinician has been in contact."""
    out: list[Fired] = []
    for i in range(len(checkins) - 2, -1, -1):
        if checkins[i].clinician_contact_since:
            break
        for fired in _fire(care, facts_of(care, checkins[: i + 1]), days[i], carry=True):
            if TIERS.index(fired.tier) >= TIERS.index("48"):
                out.append(fired.model_copy(update={"carried_from_day": days[i]}))
    return out


def _expected(care: Care, facts: Sequence[Fact], day: int) -> tuple[str, ...]:
    present = {f.name for f in facts}
    return tuple(
        f"{e.say}: expected on day {day} (up to day {e.until(care)})"
        for e in rules().expected
        if e.fact in present and e.days[0] <= day <= e.until(care)
    )


def _notes(care: Care, checkins: CheckIns) -> tuple[str, ...]:
    notes = []
    if care.immunosuppressed == "unknown":
        notes.append("Immune status is not recorded: ask. Immunosuppression raises every tier by one.")
    if not care.call:
        notes.append("No clinic number is stored: the patient was given none.")
    if checkins.checkins[-1].text.strip():
        notes.append("The text was searched for words, not understood. A person reads it.")
    if checkins.checkins[-1].photographs:
        notes.append("Photographs raise a tier, never lower one; nothing here looked at the picture itself.")
    return tuple(notes)


def missed_tier(days: Sequence[int]) -> Tier:
    """How urgent it is that these contacts did not happen, by the rules that need nothing else; no answer is there."""
    present = {f.name for f in missed_facts(days)}
    met = [r.tier for r in rules().rules if any(set(names) <= present for names in r.when)]
    return max(met, key=TIERS.index, default="none")


def missed_contacts(contact_days: Sequence[int], checkins: Sequence[int], today: int) -> tuple[int, ...]:
    """Scheduled contact days before ``today`` with no check-in on the day itself or up to the next contact.

    A check-in on day d answers the latest contact due by d: a patient who answers on day 4 has answered day 3, not
    day 2.
    """
    due = sorted(d for d in contact_days if d < today)
    answered = {max((c for c in due if c <= d), default=-1) for d in checkins}
    return tuple(d for d in due if d not in answered)
