"""Check-ins through triage, the inbox by urgency, scores, recalls; statistics and the researcher's view."""

import datetime as dt
import json

import pytest

from colonnade.aftercare import instruments
from colonnade.errors import BadInput
from colonnade.records import audit, devices, followup, outcomes, treatments
from colonnade.records.base import NotFound, now
from tests.records import clinic
from tests.records.clinic import TODAY, TREATED

DAY = dt.timedelta(days=1)
FINE = {"day": 2, "pain": 1, "redness": "less", "closed": "no"}
INFECTED = {"day": 4, "symptoms": ["pus"]}


def _at(day, hour=9):
    return dt.datetime.combine(TREATED + day * DAY, dt.time(hour), dt.UTC)


@pytest.fixture
def treated(database, blobs, staff):
    return clinic.journey(database, blobs, staff)


def test_a_token_opens_one_check_in_page_and_is_stored_as_its_hash(database, staff, treated):
    with database.session() as db:
        token, link = followup.invite(db, staff.operator, treated.treatment.id)
        assert token not in json.dumps([str(v) for v in vars(link).values()])
        row = followup.answer_by_token(db, token, FINE, at=_at(2))
        assert (row.patient_id, row.source, row.entered_by) == (treated.patient.id, "patient", link.id)
        assert list(audit.entries(db))[-1].role == "patient"
        for wrong in (token[:-1], "", link.token_hash, "x\0"):
            with pytest.raises(NotFound, match="not valid"):
                followup.invitation(db, wrong)
        with pytest.raises(NotFound, match="not valid"):
            followup.answer_by_token(db, token, FINE, at=now() + 121 * DAY)
        newer, _ = followup.invite(db, staff.operator, treated.treatment.id)
        with pytest.raises(NotFound, match="not valid"):
            followup.invitation(db, token)
        assert followup.invitation(db, newer)


@pytest.mark.parametrize(
    "answers",
    [
        {},
        {"day": -1},
        {"day": 2, "pain": 11},
        {"day": 2, "date": "2026-01-01"},
        {"day": 2, "unknown": 1},
        {"day": 300},
        {"day": 2, "text": "x" * 30_000},
        {"day": 2, "text": "zero\0byte"},
    ],
)
def test_answers_that_are_none_are_refused(database, staff, treated, answers):
    with pytest.raises(BadInput), database.session() as db:
        followup.answer_by_staff(db, staff.operator, treated.treatment.id, answers, at=_at(9))


def test_a_treatment_without_care_has_no_check_in(database, staff, treated):
    with database.session() as db:
        row = treatments.record_by_hand(
            db, staff.operator, treated.patient.id, treated_on=TREATED,
            passes=[{"zone": "x", "number": 1, "panel": {}}],
        )  # fmt: skip
        with pytest.raises(BadInput, match="care"):
            followup.answer_by_staff(db, staff.operator, row.id, FINE)


def test_the_inbox_stands_by_urgency_then_by_waiting(database, blobs, staff):
    made = [clinic.journey(database, blobs, staff, family_name=f"P{n}") for n in range(4)]
    with database.session() as db:

        def answer(n, answers, hour):
            day = answers["day"]
            # a contact that was missed is an urgency of its own
            db.get(treatments.TreatmentRecord, made[n].treatment.id).contact_days = []
            return followup.answer_by_staff(db, staff.operator, made[n].treatment.id, answers, at=_at(day, hour)).id

        later = FINE | {"day": 9}
        waiting = [
            answer(0, later, 8),
            answer(1, INFECTED | {"day": 9}, 12),
            answer(2, {"day": 9, "symptoms": ["breathing_trouble"]}, 13),
            answer(3, later | {"closed": "yes"}, 7),
        ]
        lines = followup.inbox(db, staff.operator, at=_at(10))
        assert [line.check_in.id for line in lines][:2] == [waiting[2], waiting[1]]
        assert [line.tier for line in lines][:2] == ["E", "S"]
        assert [line.urgency for line in lines] == sorted(line.urgency for line in lines)
        same = [line for line in lines if line.urgency == lines[-1].urgency]
        assert [line.since for line in same] == sorted(line.since for line in same)
        followup.review(db, staff.physician, waiting[2], note="sent to hospital", contacted=True)
        assert followup.inbox(db, staff.operator, at=_at(10))[0].check_in.id == waiting[1]
        with pytest.raises(BadInput):
            followup.review(db, staff.physician, waiting[2])


def test_a_missed_contact_stands_in_the_inbox_until_somebody_answers(database, staff, treated):
    with database.session() as db:
        row = treatments.record_by_hand(
            db, staff.operator, treated.patient.id, treated_on=TREATED, care=clinic.CARE, contact_days=[1, 3, 7],
            passes=[{"zone": "x", "number": 1, "panel": {}}],
        )  # fmt: skip

        def missed(day):
            lines = followup.inbox(db, staff.operator, at=_at(day))
            return [(line.day, line.tier) for line in lines if line.treatment_id == row.id and line.check_in is None]

        assert missed(1) == []
        assert missed(2) == [(1, "N")]
        # both first contacts: a rule of its own, and staff call today
        assert missed(5) == [(3, "S")]
        followup.answer_by_staff(db, staff.operator, row.id, FINE | {"day": 5}, at=_at(5))
        assert missed(6) == []
        assert [day for day, _ in missed(9)] == [7]


def test_what_a_clinician_has_seen_is_not_carried_on(database, staff, treated):
    """An alarm stays until somebody spoke to the patient; that is what the review says, not the patient."""
    with database.session() as db:
        row = treatments.record_by_hand(
            db, staff.operator, treated.patient.id, treated_on=TREATED, care=clinic.CARE, contact_days=[],
            passes=[{"zone": "x", "number": 1, "panel": {}}],
        )  # fmt: skip
        first = followup.answer_by_staff(db, staff.operator, row.id, INFECTED, at=_at(4))
        assert first.tier == "S"
        second = followup.answer_by_staff(db, staff.operator, row.id, FINE | {"day": 5}, at=_at(5))
        assert second.tier == "S"
        assert any(f["carried_from_day"] == 4 for f in second.result["fired"])
        followup.review(db, staff.physician, first.id, note="looked only")
        still = followup.answer_by_staff(db, staff.operator, row.id, FINE | {"day": 6}, at=_at(6))
        assert still.tier == "S"
        for made in (second, still):
            followup.review(db, staff.physician, made.id, note="seen, antibiotics", contacted=True)
        assert followup.answer_by_staff(db, staff.operator, row.id, FINE | {"day": 7}, at=_at(7)).tier not in ("E", "S")


# --- scores, outcomes, recalls --------------------------------------------------------------------------------------
def test_scores_of_different_versions_are_never_on_one_line(database, staff, treated):
    items = {"pigmentation": 1, "vascularity": 2, "pliability": 3, "height": 1}
    with database.session() as db:
        for days, change in ((0, 0), (60, -1), (30, 0)):
            given = items | {"pliability": 3 + change}
            followup.record_score(
                db, staff.physician, treated.patient.id, instruments.vss(given), items=given,
                scored_on=TREATED + days * DAY, condition_id=treated.condition.id,
            )  # fmt: skip
        other = instruments.vss(items).model_copy(update={"version": "another"})
        followup.record_score(db, staff.physician, treated.patient.id, other, items=items, scored_on=TODAY)
        lines = followup.scores_over_time(db, staff.viewer, treated.patient.id)
        assert {version for _, version in lines} == {instruments.instrument("vss").version, "another"}
        mine = lines["vss", instruments.instrument("vss").version]
        assert [s.value for s in mine] == [7.0, 7.0, 6.0]
        only = followup.scores_over_time(db, staff.viewer, treated.patient.id, condition_id=treated.condition.id)
        assert list(only) == [("vss", instruments.instrument("vss").version)]


@pytest.mark.parametrize(
    ("value", "verdict"), [(2.9, "below"), (3.0, "inside"), (4.0, "inside"), (6.0, "inside"), (6.1, "above")]
)
def test_an_outcome_stands_beside_its_prediction(database, blobs, staff, treated, value, verdict):
    with database.session() as db:
        followup.observe(
            db, staff.physician, treated.treatment.id, name="surface_closed_d", value=value, observed_on=TODAY,
            method="dermatoscope",
        )  # fmt: skip
        followup.observe(db, staff.physician, treated.treatment.id, name="not_predicted", value=1.0, observed_on=TODAY)
        found = outcomes.outcome_against_prediction(db, blobs, staff.viewer, treated.treatment.id)
        assert [(c.zone, c.nominal, c.observed, c.verdict) for c in found] == [("cheek", 4.0, value, verdict)]
        for bad in (float("nan"), float("inf")):
            with pytest.raises(BadInput):
                followup.observe(db, staff.physician, treated.treatment.id, name="x", value=bad, observed_on=TODAY)


def test_the_first_check_in_that_says_closed_is_an_outcome(database, blobs, staff, treated):
    with database.session() as db:
        found = outcomes.outcome_against_prediction(db, blobs, staff.viewer, treated.treatment.id)
        assert [(c.observed, c.verdict) for c in found] == [(7.0, "above")]
        assert "at the latest" in found[0].method
        # an open place after it takes it back
        followup.answer_by_staff(db, staff.operator, treated.treatment.id, {"day": 8, "closed": "no"}, at=_at(8))
        assert outcomes.outcome_against_prediction(db, blobs, staff.viewer, treated.treatment.id) == []


def test_recalls_are_listed_until_they_are_closed(database, staff, treated):
    with database.session() as db:
        late = followup.add_recall(db, staff.operator, treated.patient.id, reason="score", due_on=TODAY - DAY)
        followup.add_recall(db, staff.operator, treated.patient.id, reason="score", due_on=TODAY + DAY)
        assert [r.id for r in followup.recall_list(db, staff.operator, until=TODAY)] == [late.id, treated.recall.id]
        followup.close_recall(db, staff.operator, late.id, 1, state="done", on=TODAY)
        assert [r.id for r in followup.recall_list(db, staff.operator, until=TODAY)] == [treated.recall.id]


# --- statistics -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("hits", "of", "expected"),
    [
        # Wilson's interval in closed form at the ends: z²/(n + z²)
        (0, 10, (0.0, 0.0, 100 * 1.959963984540054**2 / (10 + 1.959963984540054**2))),
        (10, 10, (100.0, 100 * 10 / (10 + 1.959963984540054**2), 100.0)),
        # Newcombe 1998, table I (81 of 263): 25.53 to 36.62 %; (15 of 148): 6.24 to 16.05 %
        (81, 263, (30.798, 25.53, 36.62)),
        (15, 148, (10.135, 6.24, 16.05)),
    ],
)
def test_wilson_interval(hits, of, expected):
    # half of the last digit that the table prints
    assert outcomes.wilson_pct(hits, of) == pytest.approx(expected, abs=0.005)


def test_no_treatment_no_share():
    assert outcomes.wilson_pct(0, 0) is None


def test_statistics_count_answers_and_say_that_numbers_are_small(database, blobs, staff):
    with database.session() as db:
        unit = devices.add_device(db, staff.administrator, device_id="a-device", name="1", serial="1")
    made = [
        clinic.journey(database, blobs, staff, family_name=f"P{n}", phototype="II", device_unit_id=unit.id)
        for n in range(3)
    ]
    with database.session() as db:
        treatments.answer_adverse_event(
            db, staff.operator, made[0].treatment.id, kind="hyperpigmentation", severity="mild"
        )
        treatments.record_by_hand(
            db, staff.operator, made[1].patient.id, treated_on=TODAY, phototype="V",
            passes=[{"zone": "x", "number": 1, "panel": {"energy_mJ": 30.0}}],
        )  # fmt: skip
        by = {name: outcomes.statistics(db, staff.viewer, name) for name in ("device", "setting", "phototype")}
        assert [(g.name, g.treatments, g.patients) for g in by["device"]] == [
            ("a-device", 3, 3),
            ("not recorded", 1, 1),
        ]
        assert [g.name for g in by["setting"]] == [
            "a-device: energy_mJ 20, density_pct 5", "not recorded: energy_mJ 30",
        ]  # fmt: skip
        two, five = by["phototype"]
        assert (two.name, two.with_event, two.events, two.unanswered) == ("II", 1, {"hyperpigmentation": 1}, 0)
        assert (two.share_pct, two.low_pct, two.high_pct) == outcomes.wilson_pct(1, 3)
        assert "small number: 3" in two.note
        # an open question is not "no event"
        assert (five.unanswered, five.share_pct) == (1, None)
        assert "1 not answered" in five.note
        assert outcomes.statistics(db, staff.viewer, "device", since=TODAY)[0].treatments == 1
        assert outcomes.statistics(db, staff.viewer, "device", until=TREATED)[0].treatments == 3
        with pytest.raises(BadInput):
            outcomes.statistics(db, staff.viewer, "star sign")


def test_virtual_deliveries_are_not_counted(database, blobs, staff, treated):
    with database.session() as db:
        db.get(treatments.TreatmentRecord, treated.treatment.id).virtual = True
        assert outcomes.statistics(db, staff.viewer, "device") == []


def test_the_researcher_sees_no_person(database, blobs, staff):
    made = [clinic.journey(database, blobs, staff, family_name=f"Example{n}") for n in range(5)]
    rare = clinic.journey(database, blobs, staff, family_name="Rare", phototype="VI")
    with database.session() as db:
        db.get(treatments.TreatmentRecord, rare.treatment.id).phototype = "VI"
        rows = outcomes.pseudonymised(db, staff.researcher)
    text = json.dumps(rows)
    for told in (
        "Example",
        "Ada",
        "Rare",
        "000 111",
        "1990",
        "as expected",
        str(TREATED),
        *(m.patient.id for m in made),
    ):
        assert told not in text
    assert {r["patient"] for r in rows} == {m.patient.pseudonym for m in [*made, rare]}
    assert {r["day"] for r in rows} == {0}
    assert {r["age_band"] for r in rows} == {"30-39"}
    assert sorted(r["phototype"] for r in rows) == ["", *["II"] * 5], "a rare phototype is not shown"
    assert rows[0]["passes"][0]["panel"]["energy_mJ"] == 20.0
    assert rows[0]["adverse_events"] == [{"kind": "none", "severity": "", "onset_day": None}]


@pytest.mark.parametrize(
    ("born", "band"),
    [(None, ""), ((1990, 2, 3), "30-39"), ((1996, 2, 4), "20-29"), ((1996, 2, 3), "30-39"), ((1930, 1, 1), "90+")],
)
def test_ages_stand_in_bands(born, band):
    assert outcomes.age_band(born and dt.date(*born), dt.date(2026, 2, 3)) == band
