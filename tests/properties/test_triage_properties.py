"""What must hold for every check-in: nothing that is added lowers the answer."""

from typing import get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from colonnade.aftercare.checkin import CheckIns, Symptom, Track, Zone
from colonnade.aftercare.triage import TIERS, triage

SYMPTOMS = get_args(Symptom)
ANSWER = st.sampled_from(["yes", "no", "unknown"])
CHANGE = st.sampled_from(["none", "less", "same", "more", "unknown"])
TEXTS = st.sampled_from(["", "feeling fine", "no fever", "pus", "发烧", "sin fiebre pero pus", "lo rem", "عندي حمى"])

checkin = st.fixed_dictionaries(
    {
        "day": st.integers(0, 60),
        "pain": st.none() | st.integers(0, 10),
        "itch": st.none() | st.integers(0, 10),
        "pain_change": CHANGE,
        "redness": CHANGE,
        "swelling": CHANGE,
        "ooze": st.sampled_from(["none", "clear", "bloody", "yellow_green", "unknown"]),
        "blisters": ANSWER,
        "fever": ANSWER,
        "eye_symptom": ANSWER,
        "closed": ANSWER,
        "new_product": ANSWER,
        "symptoms": st.lists(st.sampled_from(SYMPTOMS), max_size=3),
        "text": TEXTS,
        "clinician_contact_since": st.booleans(),
    }
)
files = st.fixed_dictionaries(
    {
        "care": st.fixed_dictionaries(
            {
                "track": st.sampled_from(get_args(Track)),
                "zone": st.sampled_from(get_args(Zone)),
                "mole_site": st.booleans(),
                "immunosuppressed": ANSWER,
            }
        ),
        "checkins": st.lists(checkin, min_size=1, max_size=4).map(lambda c: sorted(c, key=lambda x: x["day"])),
        "missed_days": st.lists(st.integers(1, 10), max_size=3),
    }
)


def rank(data):
    return TIERS.index(triage(CheckIns.parse(data)).tier)


def with_last(data, **change):
    return {**data, "checkins": [*data["checkins"][:-1], {**data["checkins"][-1], **change}]}


@settings(max_examples=300, deadline=None)
@given(files, st.sampled_from(SYMPTOMS))
def test_adding_a_symptom_never_lowers_the_tier(data, symptom):
    before = data["checkins"][-1]["symptoms"]
    assert rank(with_last(data, symptoms=[*before, symptom])) >= rank(data)


@settings(max_examples=200, deadline=None)
@given(files, st.sampled_from(["fever", "blisters", "eye_symptom"]))
def test_a_yes_never_lowers_the_tier(data, question):
    assert rank(with_last(data, **{question: "yes"})) >= rank(data)


@settings(max_examples=200, deadline=None)
@given(files, st.lists(st.sampled_from(SYMPTOMS), max_size=2), st.booleans())
def test_a_photograph_never_lowers_the_tier(data, seen, readable):
    photograph = {"file": "x.jpg", "seen": seen, "readable": readable}
    assert rank(with_last(data, photographs=[photograph])) >= rank(data)


@settings(max_examples=200, deadline=None)
@given(files, st.integers(0, 10))
def test_more_pain_or_itch_never_lowers_the_tier(data, value):
    for name in ("pain", "itch"):
        if (data["checkins"][-1][name] or 0) <= value:
            assert rank(with_last(data, **{name: value})) >= rank(data)


@settings(max_examples=200, deadline=None)
@given(files, st.sampled_from(["pus", "fever", "blisters", "I can't see", "发烧", "ampollas", "fièvre", "صديد"]))
def test_an_alarm_sentence_never_lowers_the_tier(data, sentence):
    text = data["checkins"][-1]["text"]
    assert rank(with_last(data, text=f"{text}. {sentence}")) >= max(rank(data), TIERS.index("S"))


@settings(max_examples=100, deadline=None)
@given(files)
def test_immunosuppression_never_lowers_and_the_answer_is_the_same_twice(data):
    suppressed = {**data, "care": {**data["care"], "immunosuppressed": "yes"}}
    assert rank(suppressed) >= rank(data)
    parsed = CheckIns.parse(data)
    assert triage(parsed) == triage(parsed)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=300))
def test_any_text_at_all_gets_an_answer_and_never_lowers(text):
    quiet = {
        "care": {"track": "spot", "zone": "face"},
        "checkins": [{"day": 3, "pain": 0, "blisters": "no", "fever": "no", "eye_symptom": "no"}],
    }
    assert rank(with_last(quiet, text=text)) >= rank(quiet)
