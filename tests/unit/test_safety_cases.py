"""The published protocols and the adverse report, by plain arithmetic on the panel settings; the page on facts."""

from pathlib import Path

import pytest

from colonnade import safety
from colonnade.case import Case
from colonnade.laser import Settings, device
from colonnade.planning.indication import indication
from colonnade.tissue.skin import skin

ROOT = Path(__file__).parents[2]
#: Those with settings; S41, a confluent crater, states none (tests/validation).
PUBLISHED = sorted(p for p in (ROOT / "examples" / "published").glob("*.toml") if Case.load(p).settings is not None)
ADVERSE = ROOT / "examples" / "adverse" / "s57-face-neck-chest.toml"


def judged(case, *, site=None, panel=None, zone="", phototype=None):
    """The settings of a case or zone judged without a simulation: stage ``settings``."""
    where = skin((site or case.site).id)
    settings = Settings.of(panel or case.settings, device(case.device.id))
    given = {
        **case.patient.history.model_dump(),
        **settings.derived(),
        "mode": indication(case.indication.id).mode,
        "diagnosis_recorded": bool(case.indication.diagnosis),
        "dermoscopy": case.indication.dermoscopy,
        "suspicious_signs": case.indication.suspicious_signs,
        "recurrence_in_laser_scar": case.indication.recurrence_in_laser_scar,
        "interval_shortest_weeks": indication(case.indication.id).interval_weeks.low,
        "anaesthetic_planned": case.anaesthesia is not None,
        "colorimeter": case.clinic.colorimeter,
        "phototype": phototype or case.patient.phototype,
        "site": where.id,
        "site_zone": where.zone,
        "indication": case.indication.id,
        "aftercare_problem": "none",
        "test_spot_recorded": False,
        "test_spot_here": False,
        "test_spot_reads_well": False,
        "first_session": case.goals.first_session,
        "adjunct_planned": bool(case.indication.adjunct),
        "scar_thickness_um": case.indication.scar_thickness_um,
        "scar_age_months": case.indication.scar_age_months,
        "stack_interval_ms": settings.shot.stack_interval_ms,
        "device_ranges_hold": True,
    }
    clinic = case.clinic
    return safety.judge(
        given,
        caps=clinic.caps,
        overrides=[o.model_dump() for o in clinic.overrides],
        recorded=clinic.recorded,
        zone=zone,
        stage="settings",
    )


def test_the_named_protocols_are_there():
    assert [p.name.split("-")[0] for p in PUBLISHED] == ["s01", "s02", "s02", "s12", "s30", "s34", "s38", "s49", "s50"]


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda p: p.stem)
def test_no_uneventful_published_protocol_is_refused(path):
    case = Case.load(path)
    assert "Assumed:" in case.note
    assert "Study:" in case.note
    judgement = judged(case)
    assert judgement.status in ("WARNED", "OK"), judgement.findings
    assert not case.clinic.overrides
    assert not case.clinic.caps


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda p: p.stem)
def test_nor_at_phototype_IV(path):
    judgement = judged(Case.load(path), phototype="IV")
    assert not judgement.refused, judgement.findings


def zones():
    case = Case.load(ADVERSE)
    return {z.name: judged(case, site=z.site, panel=z.settings, zone=z.name) for z in case.zones}


@pytest.mark.parametrize("zone", ["neck", "chest"])
def test_the_adverse_neck_and_chest_are_refused_by_site_caps(zone):
    judgement = zones()[zone]
    assert judgement.refused
    refusing = {f.rule for f in judgement.findings if f.status == "REFUSED"}
    # two caps refuse it, and nothing else: the verdict hangs neither on one number nor on another rule
    assert refusing == {"SITE-01-ENERGY", "SITE-01-DENSITY"}


def test_the_adverse_mid_face_is_refused_by_density_and_the_outer_face_is_not():
    refusing = {name: [f.rule for f in j.findings if f.status == "REFUSED"] for name, j in zones().items()}
    assert refusing["mid-face"] == ["SITE-05-DENSITY"]
    assert refusing["outer face"] == []
    assert safety.combined(zones().values()).refused


def test_the_adverse_numbers_are_those_of_the_report():
    case = Case.load(ADVERSE)
    derived = {z.name: Settings.of(z.settings, device(case.device.id)).derived() for z in case.zones}
    assert [round(d["energy_mJ"], 6) for d in derived.values()] == [54, 40, 40, 30]
    # 78.54 (350 / (450 + 350))^2, the inferred reading of the spacing
    assert derived["neck"]["density_pct"] == pytest.approx(78.53981633974483 * (350 / 800) ** 2, rel=1e-12)


def test_a_named_override_of_both_caps_lets_the_neck_pass_as_warned():
    case = Case.load(ADVERSE)
    (neck,) = [z for z in case.zones if z.name == "neck"]
    who = {"name": "N. N.", "role": "physician", "reason": "test of the override, nothing else"}
    both = [{"rule": f"SITE-01-{what}", **who} for what in ("ENERGY", "DENSITY")]
    changed = case.plain()
    changed["clinic"]["overrides"] = both
    assert judged(Case.parse(changed), site=neck.site, panel=neck.settings).status == "WARNED"
    changed["clinic"]["overrides"] = both[:1]
    assert judged(Case.parse(changed), site=neck.site, panel=neck.settings).status == "REFUSED"


CASES = [
    p for p in sorted((ROOT / "examples").rglob("*.toml")) if 'schema = "colonnade.case/1"' in p.read_text("utf-8")
]


@pytest.mark.parametrize("path", CASES, ids=lambda p: p.stem)
def test_every_example_loads_and_states_what_its_indication_needs(path):
    case = Case.load(path)
    assert case.synthetic
    needs = indication(case.indication.id).required_inputs
    assert all(getattr(case.indication, name) is not None for name in needs)
    for where in (case.site, *(z.site for z in case.zones)):
        skin(where.id)
    device(case.device.id)


def test_the_page_on_facts_shows_the_table():
    page = (ROOT / "docs" / "safety" / "facts.md").read_text(encoding="utf-8")
    assert page.endswith(safety.facts.table() + "\n")


def test_every_derived_setting_is_a_fact():
    case = Case.load(PUBLISHED[0])
    derived = Settings.of(case.settings, device(case.device.id)).derived()
    assert set(derived) <= set(safety.FACTS)
