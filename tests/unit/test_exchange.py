"""What goes out: the calendar read back by another parser, the bundle by two FHIR implementations."""

import datetime as dt
import json
import shutil
import subprocess
from pathlib import Path

import pytest
import vobject
from fhir.resources.R4B.bundle import Bundle

from colonnade.aftercare import CheckIns, care_plan, triage
from colonnade.aftercare import instruments as scores
from colonnade.case import Case, PanelSettings
from colonnade.errors import BadInput
from colonnade.exchange import bundle, calendar
from colonnade.exchange.fhir import Identity
from colonnade.laser import Settings, device
from tests.unit.test_careplan import case, order

NOW = dt.datetime(2026, 11, 20, 8, 0, tzinfo=dt.UTC)
HOSTILE = [
    "x\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nSUMMARY:evil",
    "x\nATTACH:file:///etc/passwd",
    "<script>alert(1)</script>",
    '#read("/etc/passwd") $x$ #panic()',
    "a;b,c\\n\\;d",
    "\x00\x07\x1b[31m",
    "\u2028\u2029\u202eevil",
    "'; DROP TABLE x; --",
    "é" * 200,
]


def read_back(data):
    return vobject.readOne(data.decode("utf-8"))


# calendar


@pytest.mark.parametrize("start", ["2026-12-01", "2027-03-26", "2026-10-22T10:00", "2028-02-27"])
def test_another_parser_reads_the_same_moments(start):
    plan = care_plan(case(dressing="hydrocolloid"), start)
    events = {e.uid.value: e for e in read_back(calendar(plan, now=NOW)).vevent_list}
    assert set(events) == {c.uid for c in plan.contacts}
    for contact in plan.contacts:
        event = events[contact.uid]
        assert event.dtstart.value == contact.start
        assert event.dtstart.value.astimezone(contact.start.tzinfo).hour == contact.start.hour
        assert event.summary.value == contact.title
        assert int(event.sequence.value) == contact.sequence
        assert event.valarm_list


def test_a_moved_course_updates_and_cancels():
    first = care_plan(case(dressing="hydrocolloid"), "2026-12-01")
    moved = care_plan(case(), "2026-12-08", replaces=first)
    events = read_back(calendar(moved, now=NOW)).vevent_list
    assert {e.uid.value for e in events} == {c.uid for c in first.contacts}
    for event in events:
        assert int(event.sequence.value) == 1
        gone = "dressing" in event.summary.value
        assert event.status.value == ("CANCELLED" if gone else "CONFIRMED")
        assert hasattr(event, "valarm_list") != gone


def test_no_diagnosis_site_or_product_stands_in_the_calendar():
    made = care_plan(case("back", track="spot", mole_site=True, allergies=[], orders=[order(to_day=5)]), "2026-12-01")
    text = calendar(made, now=NOW).decode().replace("\r\n ", "").lower()
    for word in ("scar", "acne", "mole", "dermoscop", "back", "mupirocin", "keloid", "co2", "atrophic", "skin closed"):
        assert word not in text, word


@pytest.mark.parametrize("evil", HOSTILE)
def test_hostile_text_stays_text_in_the_calendar(evil):
    plan = care_plan(case(clinic={"contact": evil[:200], "name": evil[:200]}), "2026-12-01")
    data = calendar(plan, now=NOW)
    events = read_back(data).vevent_list
    assert len(events) == len(plan.contacts)
    assert {e.summary.value for e in events} == {c.title for c in plan.contacts}
    for line in data.decode().splitlines():
        assert not line.startswith(("ATTACH", "SUMMARY:evil"))
    assert all(len(line) <= 75 for line in data.split(b"\r\n"))


def test_the_calendar_depends_on_nothing_but_plan_and_clock():
    plan = care_plan(case(), "2026-12-01")
    assert calendar(plan, now=NOW) == calendar(plan, now=NOW)
    with pytest.raises(BadInput, match="zone"):
        calendar(plan, now=dt.datetime(2026, 1, 1))  # noqa: DTZ001


# FHIR


def everything(identity=None, text="my name is Kim; it looks fine"):
    plan = care_plan(
        case(dressing="hydrocolloid", allergies=[], orders=[order(to_day=5)]),
        "2026-12-01",
        events={"closed": dt.date(2026, 12, 8)},
    )
    checkins = CheckIns.parse(
        {
            "care": {"track": "fractional_field", "zone": "face", "immunosuppressed": "no", "call": "+00 1"},
            "checkins": [{"day": 3, "pain": 2, "fever": "yes", "symptoms": ["pus"], "text": text}],
        }
    )
    settings = Settings.of(PanelSettings(energy_mJ=10, density_pct=5), device("lumenis-ultrapulse-deepfx"))
    return bundle(
        plan,
        settings=settings,
        checkins=checkins,
        answers=[triage(checkins)],
        scores=[scores.vss(dict.fromkeys(scores.VSS, 1)), scores.ita(60, 15)],
        adverse_events=["blister at the chin"],
        documents={"leaflet.en.pdf": b"%PDF-1.7"},
        identity=identity,
        now=NOW,
    )


KINDS = {
    "Patient", "PlanDefinition", "CarePlan", "Task", "Questionnaire", "QuestionnaireResponse", "Observation",
    "Procedure", "Device", "Communication", "AdverseEvent", "DocumentReference",
}  # fmt: skip


def independent(data):
    """The messages of the npm package ``fhir``; `make test` installs it."""
    folder = Path(__file__).parents[1] / "fhir"
    assert shutil.which("node"), "node is needed: see scripts/debian-packages"
    assert (folder / "node_modules").is_dir(), "run `make test`, which installs tests/fhir"
    done = subprocess.run(
        ["node", "validate.js"], cwd=folder, input=json.dumps(data), capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def test_the_bundle_holds_every_kind_and_two_implementations_accept_it():
    data = everything()
    assert {e["resource"]["resourceType"] for e in data["entry"]} == KINDS
    Bundle.model_validate(data)
    said = independent(data)
    assert said["valid"], said["messages"]
    assert not [m for m in said["messages"] if m["severity"] in ("error", "fatal")]


def test_the_independent_validator_can_say_no():
    data = everything()
    task = next(e["resource"] for e in data["entry"] if e["resource"]["resourceType"] == "Task")
    task["status"] = "bogus"
    assert not independent(data)["valid"]


def test_every_reference_leads_into_the_bundle_and_ids_are_unique():
    data = everything()
    urls = [e["fullUrl"] for e in data["entry"]]
    assert len(urls) == len(set(urls))

    def references(x):
        if isinstance(x, dict):
            yield from ([x["reference"]] if "reference" in x else [])
            for v in x.values():
                yield from references(v)
        elif isinstance(x, list):
            for v in x:
                yield from references(v)

    assert set(references(data)) <= set(urls)


def test_it_is_pseudonymised_unless_an_identity_is_given():
    text = json.dumps(everything())
    assert "Kim" not in text
    patient = next(e["resource"] for e in everything()["entry"] if e["resource"]["resourceType"] == "Patient")
    assert set(patient) == {"resourceType", "id", "identifier"}
    named = everything(Identity(family="Example", given="Kim", birth_date=dt.date(1990, 1, 1)))
    assert independent(named)["valid"]
    assert "my name is Kim" in json.dumps(named)


def test_the_only_foreign_code_is_one_that_was_seen():
    found = set()

    def codes(x):
        if isinstance(x, dict):
            if "system" in x and "code" in x:
                found.add((x["system"], x["code"]))
            for v in x.values():
                codes(v)
        elif isinstance(x, list):
            for v in x:
                codes(v)

    codes(everything())
    foreign = {c for c in found if c[0] != "urn:colonnade:codes" and c[0] != "http://unitsofmeasure.org"}
    assert foreign == {("http://loinc.org", "66555-4")}


@pytest.mark.parametrize("evil", HOSTILE)
def test_hostile_text_stays_text_in_the_bundle(evil):
    identity = Identity(family=evil, given="x", birth_date=dt.date(1990, 1, 1))
    data = json.loads(json.dumps(everything(identity, text=evil)))
    Bundle.model_validate(data)
    assert len(data["entry"]) == len(everything()["entry"])


def test_the_case_file_carries_no_identity():
    assert not {"name", "birth_date", "address"} & set(Case.model_fields["patient"].annotation.model_fields)
