"""The papers of a plan: complete, marked as drafts, no drug or dose that nothing sources, one page where promised."""

import io
import re

import pypdf
import pytest

from colonnade import DISCLAIMER
from colonnade.case import History
from colonnade.planning import plan
from colonnade.planning.form_parts import form_file
from colonnade.planning.forms import forms
from colonnade.reporting import report
from colonnade.reporting.forms import papers
from support.planning_fakes import FakeRooms
from tests.unit.test_planning_plan import case, given
from tests.unit.test_reporting import Page, squeeze

NUMBED = {
    "product": "lidocaine-prilocaine-cream",
    "amount_g": 6.0,
    "area_cm2": 40.0,
    "time_min": 60.0,
    **dict.fromkeys(
        (
            "anaesthetic_near_eye_or_ear",
            "anaesthetic_on_broken_skin",
            "anaesthetic_at_home_wrap_or_heat",
            "anaesthetic_after_first_pass",
            "anaesthetic_slow_clearance",
            "methaemoglobinaemia_or_g6pd",
            "class_iii_antiarrhythmic",
            "anaesthetic_allergy",
            "anaesthetic_within_24_h",
            "atopic_dermatitis_in_area",
        ),
        "no",
    ),
}


@pytest.fixture(scope="module")
def simple():
    return plan(given(energy_mJ=10, density_pct=5), rooms=FakeRooms())


@pytest.fixture(scope="module")
def full():
    """Dark skin, the lids, an override, cream, a long list of allergies, many answers of yes."""
    yes = ("history_of_pih", "smoker", "anticoagulant_or_bleeding", "herpes_history", "radiotherapy_to_site")
    made = plan(
        case(
            patient={"phototype": "IV", "age_years": 40, "weight_kg": 64.0,
                     "history": dict.fromkeys(yes, "yes")},
            site={"id": "lower-eyelid", "side": "both"},
            settings={"energy_mJ": 10, "density_pct": 5},
            anaesthesia=NUMBED,
            aftercare={"allergies": [f"substance number {i}" for i in range(30)]},
            clinic={"contact": "+00 0000 000000", "overrides": [
                {"rule": "CI-06", "name": "N. N.", "role": "dermatologist", "reason": "weighed against the benefit"}
            ]},
        ),
        rooms=FakeRooms(),
    )  # fmt: skip
    assert made.verdict == "CONDITIONAL", [f.rule for f in made.findings if f.outcome == "fail"]
    return made


def texts(made):
    return {form.name: " ".join(c for b in form.blocks for c in (b.title, *b.heads, *(x for r in b.rows for x in r)))
            for form in forms(made)}  # fmt: skip


def pages(data):
    return pypdf.PdfReader(io.BytesIO(data)).pages


def test_every_paper_is_made_and_says_that_it_is_a_draft_nobody_reviewed(simple):
    made = forms(simple)
    assert [form.name for form in made] == ["checklist", "consent", "emergency", "test-spot"]
    for form in made:
        assert "Draft. Reviewed by: none." in form.notes[0]
        assert any("Synthetic" in note for note in form.notes)
        assert form.sources


def test_a_plan_that_forbids_has_no_papers():
    refused = plan(case(patient={"history": {"pregnant_or_lactating": "yes"}}), rooms=FakeRooms())
    assert forms(refused) == ()
    assert papers(refused) == {}


def test_no_card_where_no_test_spot_is_asked_for():
    quiet = case(patient={"phototype": "II", "history": {"other_device_than_last_session": "no"}},
                 goals={"first_session": False}, settings={"energy_mJ": 10, "density_pct": 5})  # fmt: skip
    assert [form.name for form in forms(plan(quiet, rooms=FakeRooms()))] == ["checklist", "consent", "emergency"]


def test_the_checklist_asks_every_question_again_and_lists_what_is_open(full):
    text = texts(full)["checklist"]
    for field in History.model_fields.values():
        assert str(field.title) in text
    for found in full.findings:
        if found.outcome in ("open", "unknown"):
            assert found.rule in text
    for step in ("LS-01", "LS-02", "LS-03", "LS-04", "LS-05", "LS-06", "LS-07"):
        assert step in text


def test_an_override_is_printed_with_name_role_and_reason(full):
    assert "N. N., dermatologist: weighed against the benefit" in texts(full)["checklist"]


def test_the_log_of_the_anaesthetic_has_the_ceilings(full):
    # 6 g of the cream on 40 cm2: 1.5 g per 10 cm2 are 6 g at most; 25 mg of each drug in a gram
    text = texts(full)["checklist"]
    assert "at most 6 g" in text
    assert "at most 600 cm²" in text
    assert "100 %" in text
    assert "lidocaine 150 mg, prilocaine 150 mg" in texts(full)["emergency"]


def test_consent_says_what_holds_for_this_skin_and_site(full, simple):
    dark, light = texts(full)["consent"], texts(simple)["consent"]
    assert "75 of 100" in dark
    assert "75 of 100" not in light
    assert "cornea" in dark
    assert "cornea" not in light
    assert "numbing drug can poison" in dark
    for zone in full.zones:
        for risk in zone.course.risks:
            assert risk.risk.title in dark


def test_consent_quotes_the_plans_numbers(simple):
    text = texts(simple)["consent"]
    gain = [s for s in simple.series.steps if s.improvement_pct is not None][-1]
    assert f"{gain.improvement_pct.nominal:.0f} % less after {gain.session} sessions" in text
    assert "energy 10 mJ" in text


#: A dose: a number with mg, µg, ml, g or per cent of something that is given.
DOSE = re.compile(r"\d\s?(?:mg|µg|ml|g|IU)\b")


def test_no_drug_dose_on_the_emergency_sheet(simple):
    assert not DOSE.search(texts(simple)["emergency"])
    assert "Drug and dose by the clinic's own protocol" in texts(simple)["emergency"]


def test_drugs_and_doses_stand_only_where_a_source_was_read():
    for name in ("checklist", "consent", "emergency"):
        for step in form_file(name).steps:
            if DOSE.search(step.text + step.action):
                assert step.basis == "read", step.id


@pytest.mark.parametrize("which", ["simple", "full"])
def test_papers_are_tagged_pdf_of_a_sane_length_with_the_disclaimer(which, request):
    made = request.getfixturevalue(which)
    files = papers(made)
    longest = {"checklist.pdf": 3, "consent.pdf": 3, "emergency.pdf": 1, "test-spot.pdf": 1}
    assert set(files) == {*longest, "papers.html"}
    for name, most in longest.items():
        reader = pypdf.PdfReader(io.BytesIO(files[name]))
        assert 1 <= len(reader.pages) <= most, name
        assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
        for page in reader.pages:
            assert squeeze(DISCLAIMER) in squeeze(page.extract_text())
    page = Page(files["papers.html"].decode())
    assert page.open == []
    assert squeeze(DISCLAIMER) in page.text
    assert not [a for a in page.attributes if a[1] in ("src", "href", "onclick") or a[0] == "script"]


def test_what_is_on_the_page_is_in_the_pdf(full):
    files = papers(full)
    for form in forms(full):
        pdf = squeeze(" ".join(p.extract_text() for p in pages(files[f"{form.name}.pdf"]))).replace("-", "")
        for block in form.blocks:
            for cell in (block.title, *(c for row in block.rows for c in row)):
                assert squeeze(cell).replace("-", "") in pdf, (form.name, cell)


def test_the_same_plan_gives_the_same_bytes(simple):
    assert papers(simple) == papers(simple)


def test_a_long_list_of_allergies_is_referred_to_and_never_cut(full):
    assert "30 allergies: SEE THE RECORD" in texts(full)["emergency"]
    assert "substance number 1;" not in texts(full)["emergency"]


def test_hostile_strings_are_text(simple):
    evil = "#panic(1) <script>alert(1)</script> {{ 7*7 }}"
    data = simple.plain()
    data["device_name"] = evil
    data["case"]["clinic"]["contact"] = evil
    files = papers(type(simple).model_validate(data))
    page = Page(files["papers.html"].decode())
    assert "script" not in page.tags
    assert squeeze(evil) in page.text
    assert squeeze(evil) in squeeze(" ".join(p.extract_text() for p in pages(files["emergency.pdf"])))


def test_the_report_writes_them_and_removes_those_of_an_earlier_plan(simple, tmp_path):
    out = tmp_path / "out"
    report(simple, out)
    assert {"checklist.pdf", "consent.pdf", "emergency.pdf", "test-spot.pdf", "papers.html"} <= {
        p.name for p in out.iterdir()
    }
    refused = plan(case(patient={"history": {"pregnant_or_lactating": "yes"}}), rooms=FakeRooms())
    report(refused, out)
    assert {p.name for p in out.iterdir()} == {"report.html", "report.pdf", "figures"}
