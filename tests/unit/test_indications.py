"""Every indication ends in a plan or in a refusal with reason and next step; the page that lists them is up to date."""

import importlib.util
import re
from pathlib import Path

import pytest

from colonnade import catalogue, safety
from colonnade.errors import BadInput
from colonnade.planning import check, plan
from colonnade.planning.indication import Indication, indication
from colonnade.planning.objectives import OBJECTIVES
from colonnade.schema import read
from support.planning_fakes import FakeRooms

ROOT = Path(__file__).parents[2]


def script(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TABLE = script("indications_table")
RULES = {rule.id: rule for rule in safety.rules()}

#: The list of the founding description: a plan, or the rules that refuse it with everything recorded.
PLANNED = (
    "atrophic-acne-scar",
    "ice-pick-acne-scar",
    "boxcar-acne-scar",
    "rolling-acne-scar",
    "hypertrophic-scar",
    "burn-scar",
    "surgical-scar",
    "keloid",
    "striae",
    "photoageing",
    "periorbital-lines",
    "enlarged-pores",
    "melasma",
    "syringoma",
    "laser-assisted-delivery",
)
REFUSED = {
    "solar-lentigo": {"GAP-01", "MODE-01-VAPORISE"},
    "junctional-naevus": {"MODE-01-VAPORISE"},
    "compound-naevus": {"MODE-01-VAPORISE"},
    "dermal-naevus": {"MODE-01-VAPORISE"},
    "seborrhoeic-keratosis": {"MODE-01-VAPORISE"},
    "xanthelasma": {"MODE-01-VAPORISE"},
    "tattoo": {"DX-06", "MODE-01-VAPORISE"},
    "pigmented-lesion-undiagnosed": {"DX-01", "MODE-01-VAPORISE"},
    "incision": {"MODE-01-CUT"},
    "deep-heating": {"MODE-01-HEAT"},
}


def test_every_indication_is_planned_or_refused_here():
    assert set(PLANNED) | set(REFUSED) == set(catalogue.ids("indications"))


@pytest.mark.parametrize("name", PLANNED)
def test_this_one_is_planned(name):
    made = plan(TABLE.case_for(name), rooms=FakeRooms())
    assert made.verdict in ("OK", "WARNED"), made.findings
    (zone,) = made.zones
    assert zone.settings.panel
    assert not {f.rule for f in made.findings if f.outcome == "fail" and f.severity in ("block", "specialist", "cap")}
    if name == "melasma":  # no more than the registered trials
        assert zone.settings.derived["energy_per_column_mJ"] <= 4
        assert zone.settings.derived["cumulative_density_pct"] <= 7.3


@pytest.mark.parametrize("name", REFUSED)
def test_this_one_is_refused_with_reason_and_next_step_and_nobody_overrides_it(name):
    case = TABLE.case_for(name)
    who = {"name": "N. N.", "role": "physician", "reason": "a reason of some length"}
    clinic = case.clinic.model_copy(update={"overrides": [{"rule": rule, **who} for rule in RULES]})
    data = TABLE.plain(case.plain())
    data["clinic"]["overrides"] = list(clinic.overrides)
    for one in (case, type(case).parse(data)):
        made = plan(one, rooms=FakeRooms())
        assert made.verdict == "REFUSED"
        assert made.zones == ()
        refusing = {f.rule for f in made.findings if f.outcome == "fail" and f.severity == "block"}
        assert refusing == REFUSED[name]
        assert all(f.reason and f.todo for f in made.findings)
        assert indication(name).next_step in made.why[-1]


@pytest.mark.parametrize(
    ("name", "change", "rule"),
    [
        ("melasma", {"diagnosis": "  "}, "DX-01"),
        ("melasma", {"dermoscopy": "no"}, "DX-01"),
        ("compound-naevus", {"suspicious_signs": "yes"}, "DX-02"),
        ("compound-naevus", {"recurrence_in_laser_scar": "yes"}, "DX-04"),
        ("keloid", {"adjunct": ""}, "CI-04-KELOID"),
        ("laser-assisted-delivery", {"preparation_sterile": "no"}, "LADD-01"),
        ("laser-assisted-delivery", {"preparation": ""}, "LADD-01"),
    ],
)
def test_a_missing_record_refuses(name, change, rule):
    verdict = check(TABLE.case_for(name, **change))
    assert verdict.refused
    assert rule in {f.rule for f in TABLE.refusing(verdict)}


def test_an_unanswered_question_about_the_lesion_is_not_a_yes():
    verdict = check(TABLE.case_for("melasma", dermoscopy="unknown", suspicious_signs="unknown"))
    assert verdict.status == "CONDITIONAL"
    assert {f.rule for f in verdict.findings if f.outcome == "unknown"} == {"DX-01", "DX-02"}


def test_the_keloid_needs_its_thickness():
    with pytest.raises(BadInput, match="scar_thickness_um"):
        check(TABLE.case_for("keloid", scar_thickness_um=None))


def test_whatever_is_vaporised_or_cut_or_pigmented_needs_a_diagnosis():
    (when,) = RULES["DX-01"].when
    modes = {name: indication(name).mode for name in catalogue.ids("indications")}
    assert {name for name, mode in modes.items() if mode in ("spot_vaporisation", "cut")} | {"melasma"} == set(
        when.is_in
    )
    assert RULES["DX-02"].when == RULES["DX-01"].when
    assert set(RULES["DX-04"].when[0].is_in) < set(when.is_in)


@pytest.mark.parametrize("name", catalogue.ids("indications"))
def test_the_file_says_what_the_search_weighs(name):
    what = indication(name)
    if what.mode == "fractional":
        assert set(what.objectives) <= {objective.name for objective in OBJECTIVES}
    else:
        assert what.next_step


def test_a_mode_that_is_not_planned_needs_a_next_step():
    data = catalogue.load("indications", "striae") | {"mode": "cut"}
    with pytest.raises(BadInput, match="next step"):
        read(Indication, data, origin="test")


def test_kinds_of_acne_scar_share_what_no_source_tells_apart():
    whole = indication("atrophic-acne-scar")
    for kind in ("ice-pick", "boxcar", "rolling"):
        one = indication(f"{kind}-acne-scar")
        assert one.like == whole.id
        assert one.target_depth_um == whole.target_depth_um
        assert one.coverage_pct == whole.coverage_pct
        assert "No source in the library gives settings by kind" in one.evidence_reason
    made = plan(TABLE.case_for("ice-pick-acne-scar"), rooms=FakeRooms())
    assert [row.id for row in made.published] == ["S10", *whole.published]
    assert {"indications/ice-pick-acne-scar", "indications/atrophic-acne-scar"} <= set(made.provenance.library_sha256)


def test_the_page_of_indications_is_up_to_date():
    page = (ROOT / "docs" / "safety" / "indications.md").read_text(encoding="utf-8")
    assert page == TABLE.page(), "Run scripts/indications_table.py."


def test_the_page_against_the_papers_names_every_row_and_the_settings_of_its_case():
    compare = script("compare_published")
    page = compare.PAGE.read_text(encoding="utf-8")
    for wanted in compare.WANTED:
        assert re.search(rf"^(\| )?{wanted} ", page, re.MULTILINE), wanted
    for path in (ROOT / "examples" / "published").glob("*.toml"):
        case = compare.Case.load(path)
        if case.settings is None:
            continue  # a confluent crater: the row says so
        energy, density = compare.numbers(case, case.settings)
        row = f"| {path.stem.split('-')[0].upper()} |"
        if path.name[:3].upper() in compare.WANTED:
            assert any(
                line.startswith(row) and f"| {energy:.4g} mJ, {density:.3g} % |" in line for line in page.splitlines()
            )
    assert [line.split(" ")[1] for line in page.splitlines() if "REFUSED" in line] == ["S41"]


#: Sections 1 to 5 of the clinical rule table, by prefix: first and last number.
ENTRIES = {"DX": 11, "CI": 17, "ISO": 2, "PT": 7, "SITE": 4, "PAR": 8, "INT": 2, "SES": 1, "OUT": 1, "AN": 8}


@pytest.mark.parametrize("entry", [f"{name}-{n:02d}" for name, last in ENTRIES.items() for n in range(1, last + 1)])
def test_every_entry_of_the_clinical_table_is_a_rule_or_named_as_none(entry):
    page = (ROOT / "docs" / "safety" / "verdicts.md").read_text(encoding="utf-8")
    held = any(rule == entry or rule.startswith(f"{entry}-") for rule in RULES)
    assert held != bool(re.search(rf"^\| {entry} ", page, re.MULTILINE)), entry


def test_the_block_list_of_the_page_is_that_of_the_rules():
    page = (ROOT / "docs" / "safety" / "verdicts.md").read_text(encoding="utf-8")
    table = page[page.index("## The block list") : page.index("## Entries of")]
    named = set(re.findall(r"[A-Z]+-\d\d(?:-[A-Z]+)?", table))
    assert named == {rule.id for rule in RULES.values() if rule.severity == "block"}
