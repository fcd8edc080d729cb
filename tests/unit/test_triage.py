"""The stories and every rule against the engine. The stories' tiers were committed before it."""

from typing import get_args

import pytest

from colonnade import DISCLAIMER
from colonnade.aftercare.checkin import CheckIns, Symptom
from colonnade.aftercare.triage import TIERS, missed_contacts, rules, triage
from tests.unit.test_stories import STORIES

QUIET = {"pain": 0, "itch": 0, "redness": "none", "swelling": "none", "ooze": "none"} | {
    name: "no" for name in ("blisters", "fever", "eye_symptom")
}
#: What must be answered for a fact that is not a sign of the closed list: the last check-in, the ones before, the care.
ANSWERS = {
    "eye_symptom": {"eye_symptom": "yes"},
    "redness_present": {"redness": "less"},
    "redness_more": {"redness": "more"},
    "swelling_present": {"swelling": "less"},
    "swelling_more": {"swelling": "more"},
    "pain_more": {"pain_change": "more"},
    "pain_mild": {"pain": 2},
    "pain_moderate": {"pain": 4},
    "pain_severe": {"pain": 7},
    "itch_strong": {"itch": 4},
    "itch_severe": {"itch": 7},
    "ooze_clear": {"ooze": "clear"},
    "ooze_bloody": {"ooze": "bloody"},
    "not_closed": {"closed": "no"},
    "new_product": {"new_product": "yes"},
    "sun_exposure": {"sun_exposure": "yes"},
    "unanswered": {"fever": "unknown"},
    "text_partly": {"text": "cauliflower"},
    "text_unreadable": {"text": "gurke tomate zwiebel"},
    "photo_unreadable": {"photographs": [{"file": "a.jpg", "readable": False}]},
    "pain_up": {"pain": 1},
    "pain_up_twice": {"pain": 2},
    "redness_up_twice": {"redness": "more"},
    "swelling_up_twice": {"swelling": "more"},
}
EARLIER = {
    "pain_up": [{"pain": 0}],
    "pain_up_twice": [{"pain": 0}, {"pain": 1}],
    "redness_up_twice": [{"redness": "more"}],
    "swelling_up_twice": [{"swelling": "more"}],
}
CARE = {"zone_eyelid": {"zone": "eyelid"}, "mole_site": {"mole_site": True}}
MISSED = {"missed_first_contacts": [2, 3], "missed_a_contact": [5]}


def build(facts, day, *, track="fractional_field", zone="face", immunosuppressed="no", **last):
    """Check-ins in which exactly the given facts hold (a fact may bring others with it)."""
    care = {"track": track, "zone": zone, "immunosuppressed": immunosuppressed, "call": "+00 1"}
    answers, before, missed = {}, [], []
    for fact in facts:
        care |= CARE.get(fact, {})
        answers |= ANSWERS.get(fact, {})
        before = EARLIER.get(fact, before)
        missed += MISSED.get(fact, [])
        if fact in get_args(Symptom):
            answers.setdefault("symptoms", []).append(fact)
    earlier = [{**QUIET, **b, "day": max(0, day - 1), "clinician_contact_since": True} for b in before]
    return CheckIns.parse(
        {"care": care, "checkins": [*earlier, {**QUIET, **answers, **last, "day": day}], "missed_days": missed}
    )


def fired(checkins):
    return {f.rule: f for f in triage(checkins).fired if f.carried_from_day is None}


@pytest.mark.parametrize(("id_", "expected", "checkins"), STORIES, ids=[s[0] for s in STORIES])
def test_no_story_is_under_triaged(id_, expected, checkins):
    answer = triage(checkins)
    assert TIERS.index(answer.tier) >= TIERS.index(expected), answer.fired


def test_over_triage_is_counted():
    """Not a limit to be tuned to: the stories that are judged higher than they were written, by name."""
    over = {i: triage(c).tier for i, expected, c in STORIES if triage(c).tier != expected}
    # suicidal words are an emergency; a text that is not understood is read by a person the same day, not in two
    assert over == {"es-suicidal": "E", "unreadable-language": "S", "not-understood-english": "S"}


ALTERNATIVES = [(r.id, facts) for r in rules().rules for facts in r.when]


@pytest.mark.parametrize(("rule", "facts"), ALTERNATIVES, ids=[f"{r}-{'+'.join(f)}" for r, f in ALTERNATIVES])
def test_each_alternative_of_each_rule_fires_and_says_why(rule, facts):
    said = fired(build(facts, 60))[rule]
    for fact in facts:
        assert fact.replace("_", " ") in " ".join(said.because)
    assert said.source
    assert said.first_action
    for left_out in facts:
        rest = tuple(f for f in facts if f != left_out)
        others = [set(a) for r in rules().rules if r.id == rule for a in r.when if left_out not in a]
        if not any(o <= set(rest) for o in others):
            assert rule not in fired(build(rest, 60)), f"{rule} fires without {left_out}"


#: Every rule that waits for a day, at both sides of the edge. Written from the aftercare notes, not from the rules.
EDGES = [
    ("TR-23", "pain_up", "face", "fractional_field", 3),
    ("TR-23", "pain_more", "limb", "fractional_field", 3),
    ("TR-24", "pain_up", "face", "fractional_field", 2),
    ("TR-35", "swelling_up_twice", "face", "fractional_field", 4),
    ("TR-43", "not_closed", "face", "fractional_field", 11),
    ("TR-43", "not_closed", "eyelid", "spot", 11),
    ("TR-43", "not_closed", "limb", "fractional_field", 29),
    ("TR-43", "not_closed", "neck", "spot", 29),
    ("TR-44", "ooze_clear", "face", "fractional_field", 8),
    ("TR-44", "ooze_clear", "trunk", "spot", 15),
    ("TR-44", "ooze_clear", "face", "full_field", 11),
    ("TR-45", "ooze_bloody", "face", "spot", 2),
    ("TR-46", "redness_more", "face", "fractional_field", 4),
    ("TR-47", "swelling_more", "chest", "fractional_field", 4),
    ("TR-48", "swelling_present", "face", "fractional_field", 11),
    ("TR-48", "swelling_present", "hand", "spot", 21),
    ("TR-48", "swelling_present", "face", "full_field", 31),
    ("TR-49", "pain_moderate", "face", "fractional_field", 5),
    ("TR-60", "redness_present", "face", "fractional_field", 29),
    ("TR-60", "redness_present", "limb", "fractional_field", 29),
    ("TR-64", "itch_strong", "face", "fractional_field", 15),
    ("TR-64", "itch_strong", "limb", "fractional_field", 29),
]


@pytest.mark.parametrize(("rule", "fact", "zone", "track", "first_day"), EDGES)
def test_a_rule_that_waits_speaks_from_its_first_day_on(rule, fact, zone, track, first_day):
    for day in (0, first_day - 1):
        assert rule not in fired(build([fact], day, zone=zone, track=track))
    for day in (first_day, first_day + 1, 400):
        assert rule in fired(build([fact], day, zone=zone, track=track))


def test_every_rule_that_waits_is_in_the_table():
    assert {r.id for r in rules().rules if r.after_day} == {e[0] for e in EDGES}


@pytest.mark.parametrize("rule", [r for r in rules().rules if not r.after_day], ids=lambda r: r.id)
def test_a_window_suppresses_nothing(rule):
    first, last = rule.window or (0, 0)
    for day in {0, max(0, first - 1), first, last, last + 1, 1100}:
        said = fired(build(rule.when[0], day))
        assert said[rule.id].tier == rule.tier
        if rule.window:
            assert ("outside" in said[rule.id].window) == (not first <= day <= last)


@pytest.mark.parametrize("rule", rules().rules, ids=lambda r: r.id)
def test_immunosuppression_raises_by_one(rule):
    said = fired(build(rule.when[0], 60, immunosuppressed="yes"))[rule.id]
    steps = 0 if rule.never_raised or rule.tier == "E" else 1
    assert TIERS.index(said.tier) == TIERS.index(rule.tier) + steps
    assert fired(build(rule.when[0], 60, immunosuppressed="unknown"))[rule.id].tier == rule.tier


@pytest.mark.parametrize("day", [0, 1, 3, 7, 10, 11, 28, 29, 90, 400])
def test_nothing_is_called_normal_outside_its_window(day):
    answer = triage(build([], day, redness="less", swelling="less", ooze="clear", itch=2, closed="no"))
    assert "normal" not in answer.model_dump_json().lower()
    for line in answer.expected:
        assert day <= int(line.rsplit("day ", 1)[1].rstrip(")"))
    # beside a sign that somebody must look at, nothing is called expected at all
    calm = answer.tier in ("none", "N")
    assert calm == (day <= 7)
    assert ("redness" in " ".join(answer.expected)) == ("oozing" in " ".join(answer.expected)) == calm


@pytest.mark.parametrize("call", ["", "+44 20 0000 0000"])
@pytest.mark.parametrize("facts", [[], ["fever"], ["breathing_trouble"], ["pale_area"]])
def test_every_answer_shows_a_number_the_disclaimer_and_who_reviewed(call, facts):
    checkins = build(facts, 5)
    checkins = checkins.model_copy(update={"care": checkins.care.model_copy(update={"call": call})})
    answer = triage(checkins)
    assert answer.call == call if call else "emergency number" in answer.call
    assert answer.disclaimer == DISCLAIMER
    assert answer.reviewed_by == "none"


def test_an_alarm_stays_until_a_clinician_was_in_contact():
    def story(contact):
        return CheckIns.parse(
            {
                "care": {"track": "spot", "zone": "face", "immunosuppressed": "no"},
                "checkins": [
                    {**QUIET, "day": 4, "ooze": "yellow_green", "clinician_contact_since": contact},
                    {**QUIET, "day": 6},
                ],
            }
        )

    assert triage(story(False)).tier == "S"
    assert triage(story(False)).fired[0].carried_from_day == 4
    assert triage(story(True)).tier == "none"


def test_missed_contacts():
    assert missed_contacts((1, 3, 5, 7), (1, 3), today=5) == ()
    assert missed_contacts((1, 3, 5, 7), (4,), today=6) == (1, 5)
    assert missed_contacts((1, 3, 5, 7), (), today=4) == (1, 3)
