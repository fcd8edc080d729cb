"""The whole chain on cases: the bundled one is planned, the published ones are not refused, the neck of S57 is."""

import math
from pathlib import Path

import pytest

from colonnade import Case
from colonnade.errors import BadInput
from colonnade.planning import check, plan
from colonnade.planning.published import every

EXAMPLES = Path(__file__).parents[2] / "examples"
EVERY = sorted((EXAMPLES / "published").glob("*.toml"))
#: Confluent craters: their cases state no settings, because no array of columns is what was done.
CONFLUENT = [p for p in EVERY if Case.load(p).settings is None]
PUBLISHED = [p for p in EVERY if p not in CONFLUENT]


def numbers(value):
    if isinstance(value, dict):
        for entry in value.values():
            yield from numbers(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from numbers(entry)
    elif isinstance(value, float):
        yield value


@pytest.fixture(scope="module")
def bundled():
    return plan(Case.load(EXAMPLES / "acne-scar-cheek.toml"))


def test_the_bundled_case_is_planned(bundled):
    assert bundled.verdict == "CONDITIONAL"  # the test spot of a first session is still open
    assert {f.rule for f in bundled.findings if f.outcome == "open"} == {"PAR-08"}
    panel = bundled.zones[0].settings.panel
    assert panel["energy_mJ"] <= 20
    assert panel["density_pct"] <= 10
    assert bundled.zones[0].regime == "clean_ablation"


def test_every_number_of_the_plan_is_finite_and_energy_closes(bundled):
    assert all(math.isfinite(n) for n in numbers(bundled.plain()))
    assert bundled.zones[0].energy["closure_error"] < 1e-6


def test_the_plan_reaches_the_target_and_says_so(bundled):
    depth = next(p for p in bundled.zones[0].predictions if p.name == "crater_depth_um")
    assert bundled.target["depth_low_um"] <= depth.nominal <= bundled.target["depth_high_um"]
    assert depth.low < depth.nominal < depth.high
    assert f"crater {depth.nominal:.0f} µm" in " ".join(bundled.why)


@pytest.mark.soak  # the command repeats itself in every run: tests/unit/test_cli_plan.py
def test_the_same_case_gives_the_same_plan():
    data = Case.load(EXAMPLES / "acne-scar-cheek.toml").plain()
    data["region"] = {"shape": "circle", "diameter_mm": 6.0}
    case = Case.parse(data)
    assert plan(case).sha256 == plan(case).sha256


def test_checking_the_plan_gives_its_verdict(bundled):
    assert check(bundled).status == bundled.verdict


#: A third of the time of all; its settings are judged without simulation in tests/unit/test_safety_cases.py.
LONG = {"s12-burn-scar-deepfx"}


@pytest.mark.parametrize(
    "path", [pytest.param(p, marks=[pytest.mark.soak] if p.stem in LONG else [], id=p.stem) for p in PUBLISHED]
)
def test_published_settings_are_not_refused(path):
    verdict = check(Case.load(path))
    assert verdict.stage == "plan"
    assert verdict.status in ("WARNED", "CONDITIONAL", "OK"), [f.rule for f in verdict.findings]


def test_there_are_published_cases():
    assert {p.name[:3] for p in PUBLISHED} >= {"s01", "s02", "s12", "s30", "s34", "s38", "s49", "s50"}


@pytest.mark.parametrize("path", CONFLUENT, ids=lambda p: p.stem)
def test_a_confluent_crater_is_refused_with_the_next_step_and_reported_a_serious_event(path):
    row = next(p for p in every() if p.id == path.name[:3].upper())
    assert "scar" in row.complications
    assert "overlap" in row.note
    made = plan(Case.load(path))
    assert made.verdict == "REFUSED"
    assert {f.rule for f in made.findings if f.outcome == "fail"} >= {"MODE-01-VAPORISE"}
    assert "the right next step" in made.why[-1]


def test_s41_is_there_and_its_spots_cannot_be_an_array():
    (path,) = CONFLUENT
    case = Case.load(path).plain()
    case["settings"] = {"energy_mJ": 5, "pitch_um": 105}  # 30 % overlap of 150 µm
    case["region"] = {"shape": "circle", "diameter_mm": 6}
    with pytest.raises(BadInput, match="160 %"):
        check(Case.parse(case))


@pytest.mark.parametrize("verb", [plan, check], ids=["plan", "check"])
def test_the_neck_of_the_adverse_report_is_refused(verb):
    said = verb(Case.load(EXAMPLES / "adverse" / "s57-face-neck-chest.toml"))
    assert (said.verdict if verb is plan else said.status) == "REFUSED"
    against_neck = {f.rule for f in said.findings if f.zone == "neck" and f.severity == "cap" and f.outcome == "fail"}
    assert against_neck >= {"SITE-01-ENERGY", "SITE-01-DENSITY"}


def test_the_neck_alone_is_refused():
    """Not because of another zone: the neck by itself."""
    data = Case.load(EXAMPLES / "adverse" / "s57-face-neck-chest.toml").plain()
    data["zones"] = [zone for zone in data["zones"] if zone["name"] == "neck"]
    for region in (data["region"], data["zones"][0]["region"]):
        for key in [k for k, v in region.items() if v is None]:
            del region[key]
    assert plan(Case.parse(data)).verdict == "REFUSED"
