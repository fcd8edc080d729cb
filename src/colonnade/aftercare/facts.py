"""From answers to facts. Facts are only ever added: every answer that reports something adds one, none removes one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from colonnade.aftercare.checkin import Care, CheckIn
from colonnade.aftercare.words import Reading, read_text

#: Zones that heal as fast as the face, and so have the earlier limits (the ear and scalp by caution: assumed).
FACE_LIKE = frozenset({"face", "eyelid", "ear", "scalp"})


@dataclass(frozen=True)
class Fact:
    """One thing that is the case, and where it is known from."""

    name: str
    because: str


def facts_of(care: Care, checkins: Sequence[CheckIn], missed_days: Sequence[int] = ()) -> tuple[Fact, ...]:
    """Every fact of the last check-in, its trend over the earlier ones, and the contacts missed."""
    now = checkins[-1]
    reading = read_text(now.text)
    found = [
        *_reported(now),
        *_numbers(now),
        *_words(reading),
        *_photographs(now),
        *_trends(checkins),
        *missed_facts(missed_days),
        *_context(care),
    ]
    return tuple({f.name: f for f in reversed(found)}.values())[::-1]


def _reported(c: CheckIn) -> list[Fact]:
    facts = [Fact(s, "ticked") for s in c.symptoms]
    for name, fact in (("fever", "fever"), ("blisters", "blisters"), ("eye_symptom", "eye_symptom")):
        answer = getattr(c, name)
        if answer == "yes":
            facts.append(Fact(fact, "answered yes"))
        elif answer == "unknown":
            facts.append(Fact("unanswered", f"the question on {name.replace('_', ' ')} is open"))
    if c.ooze == "yellow_green":
        facts.append(Fact("pus", "ooze: yellow or green"))
    elif c.ooze in ("clear", "bloody"):
        facts.append(Fact(f"ooze_{c.ooze}", f"ooze: {c.ooze}"))
    if c.closed == "no":
        facts.append(Fact("not_closed", "closed: no"))
    for name in ("redness", "swelling"):
        change = getattr(c, name)
        if change in ("less", "same", "more"):
            facts.append(Fact(f"{name}_present", f"{name}: {change}"))
        if change == "more":
            facts.append(Fact(f"{name}_more", f"{name}: more than yesterday"))
    if c.pain_change == "more":
        facts.append(Fact("pain_more", "pain: more than yesterday"))
    if c.new_product == "yes":
        facts.append(Fact("new_product", "new product: yes"))
    if c.sun_exposure == "yes":
        facts.append(Fact("sun_exposure", "sun: yes"))
    return facts


def _numbers(c: CheckIn) -> list[Fact]:
    facts = []
    for value, at_least, name in (
        (c.pain, 2, "pain_mild"),
        (c.pain, 4, "pain_moderate"),
        (c.pain, 7, "pain_severe"),
        (c.itch, 2, "itch_present"),
        (c.itch, 4, "itch_strong"),
        (c.itch, 7, "itch_severe"),
    ):
        if value is not None and value >= at_least:
            facts.append(Fact(name, f"{name.split('_')[0]} {value} of 10"))
    return facts


def _words(reading: Reading) -> list[Fact]:
    facts = [Fact(s.sign, f'the text says "{s.words[:80]}"') for s in reading.signs]
    if reading.understood == "partly":
        facts.append(Fact("text_partly", "the text holds words that no list knows"))
    elif reading.understood == "not at all":
        facts.append(Fact("text_unreadable", "hardly a word of the text is in the lists"))
        facts.append(Fact("text_partly", "the text holds words that no list knows"))
    return facts


def _photographs(c: CheckIn) -> list[Fact]:
    facts = [Fact(sign, "seen in a photograph") for p in c.photographs for sign in p.seen]
    if any(not p.readable for p in c.photographs):
        facts.append(Fact("photo_unreadable", "a photograph could not be opened"))
    return facts


def _trends(checkins: Sequence[CheckIn]) -> list[Fact]:
    facts = []
    pains = [c.pain for c in checkins if c.pain is not None]
    if checkins[-1].pain is not None and len(pains) >= 2 and pains[-1] > pains[-2]:
        facts.append(Fact("pain_up", f"pain {pains[-2]}, then {pains[-1]}"))
        if len(pains) >= 3 and pains[-2] > pains[-3]:
            facts.append(Fact("pain_up_twice", f"pain {pains[-3]}, {pains[-2]}, {pains[-1]}"))
    for name in ("redness", "swelling"):
        if len(checkins) >= 2 and getattr(checkins[-1], name) == getattr(checkins[-2], name) == "more":
            facts.append(Fact(f"{name}_up_twice", f"{name}: more, twice in a row"))
    if len(checkins) >= 2 and checkins[-1].pain_change == checkins[-2].pain_change == "more":
        facts.append(Fact("pain_up_twice", "pain: more than yesterday, twice in a row"))
    return facts


def missed_facts(days: Sequence[int]) -> list[Fact]:
    """The call of day 1 or 2 and the check-in of day 3 both missed, or any one contact."""
    facts = []
    if any(d in (1, 2) for d in days) and 3 in days:
        facts.append(Fact("missed_first_contacts", "the contacts of days 1 to 2 and 3 did not happen"))
    if days:
        facts.append(Fact("missed_a_contact", f"missed: day {', '.join(str(d) for d in sorted(set(days)))}"))
    return facts


def _context(care: Care) -> list[Fact]:
    facts = []
    if care.zone == "eyelid":
        facts.append(Fact("zone_eyelid", "the eyelid was treated"))
    if care.mole_site:
        facts.append(Fact("mole_site", "a mole was treated"))
    return facts
