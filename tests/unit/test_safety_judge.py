"""The table from rule to verdict: severities, overrides, caps of the clinic, what is recorded, stages, bad input."""

import pytest
from test_safety_rules import NUMBED, RULES, facts, outcomes

from colonnade import safety
from colonnade.errors import BadInput
from colonnade.planning.model import Finding

WHO = {"name": "N. N.", "role": "dermatologist", "reason": "weighed against the benefit in person"}


def override(rule, **changes):
    return {"rule": rule, **WHO, **changes}


#: severity: (rule, facts that break it, verdict, verdict with an override)
TABLE = {
    "block": ("CI-02", {"pregnant_or_lactating": "yes"}, "REFUSED", "REFUSED"),
    "specialist": ("CI-06", {"radiotherapy_to_site": "yes"}, "REFUSED", "WARNED"),
    "cap": ("HEAT-02", {"cem43_min": 12.0}, "REFUSED", "WARNED"),
    "defer": ("CI-08", {"flare_in_field": "yes"}, "DEFERRED", "DEFERRED"),
    "require": ("ISO-01", {"isotretinoin_within_6_months": "yes"}, "CONDITIONAL", "CONDITIONAL"),
    "warn": ("CI-12", {"smoker": "yes"}, "WARNED", "WARNED"),
    "inform": ("PAR-06", {"pulse_ms": 1.5, "power_W": 10 / 1.5}, "OK", "OK"),
}


@pytest.mark.parametrize("severity", TABLE)
def test_from_severity_to_verdict(severity):
    rule, broken, plain, overridden = TABLE[severity]
    assert RULES[rule].severity == severity
    judgement = safety.judge(facts(**broken))
    assert [f.rule for f in judgement.findings] == [rule]
    assert judgement.status == plain
    assert judgement.refused == (plain == "REFUSED")
    assert safety.judge(facts(**broken), overrides=[override(rule)]).status == overridden


def test_the_worst_finding_gives_the_verdict_and_stands_first():
    given = {k: v for _, broken, _, _ in TABLE.values() for k, v in broken.items()}
    judgement = safety.judge(facts(**given))
    assert judgement.status == "REFUSED"
    ranks = ["block", "specialist", "cap", "defer", "require", "warn", "inform"]
    order = [ranks.index(f.severity) for f in judgement.findings]
    assert order == sorted(order)
    assert set(order) == set(range(7))
    assert judgement.findings[0].rule == "CI-02"


BLOCKS = {
    "AC-00": {"aftercare_problem": "aftercare.wash: chlorhexidine on the face"},
    "CI-01": {"active_infection_in_field": "yes"},
    "CI-02": {"pregnant_or_lactating": "yes"},
    "DX-01": {"indication": "junctional-naevus", "diagnosis_recorded": False},
    "DX-02": {"indication": "junctional-naevus", "suspicious_signs": "yes"},
    "DX-04": {"indication": "junctional-naevus", "recurrence_in_laser_scar": "yes"},
    "DX-06": {"indication": "tattoo"},
    "AN-01": {**NUMBED, "anaesthetic_amount_g": 61.0},
    "AN-02": {**NUMBED, "anaesthetic_on_broken_skin": "yes"},
    "AN-03": {**NUMBED, "anaesthetic_at_home_wrap_or_heat": "yes"},
    "AN-05": {**NUMBED, "anaesthetic_after_first_pass": "yes"},
    "AN-07": {**NUMBED, "methaemoglobinaemia_or_g6pd": "yes"},
    "AN-09": {**NUMBED, "anaesthetic_allergy": "yes"},
    "AN-01-AGAIN": {**NUMBED, "anaesthetic_within_24_h": "yes"},
    "GAP-01": {"indication": "solar-lentigo"},
    "ISO-02": {"mode": "spot_vaporisation", "isotretinoin_within_6_months": "yes"},
    "LADD-01": {"indication": "laser-assisted-delivery", "preparation_sterile": "no"},
    "MODE-01-VAPORISE": {"mode": "spot_vaporisation"},
    "MODE-01-COAGULATE": {"mode": "coagulation"},
    "MODE-01-CUT": {"mode": "cut"},
    "MODE-01-HEAT": {"mode": "expanded_beam"},
    "UNIT-01": {"power_W": 1.0},
    "UNIT-02": {"energy_mJ": 20_000.0},
    "NUM-01-PATIENT": {"phototype": None},
    "NUM-01-SETTINGS": {"density_pct": float("nan")},
    "NUM-01-PLAN": {"basal_damage_omega": float("nan")},
    "NUM-02": {"areal_energy_total_J_cm2": 1.0},
}


def test_the_block_list_is_what_the_documentation_says():
    assert {r.id for r in RULES.values() if r.severity == "block"} == set(BLOCKS)


@pytest.mark.parametrize("rule", BLOCKS)
def test_nobody_overrides_the_block_list(rule):
    judgement = safety.judge(
        facts(**BLOCKS[rule]), overrides=[override(r) for r in RULES], recorded=list(RULES), caps={"HEAT-01": 1e9}
    )
    assert judgement.status == "REFUSED"
    (finding,) = [f for f in judgement.findings if f.rule == rule]
    assert finding.outcome == "fail"
    assert finding.overridden_by == ""
    assert "cannot be overridden" in finding.todo


def test_an_override_names_who_and_why_in_the_finding():
    (finding,) = safety.judge(facts(radiotherapy_to_site="yes"), overrides=[override("CI-06")]).findings
    assert finding.outcome == "overridden"
    assert finding.overridden_by == "N. N., dermatologist: weighed against the benefit in person"


@pytest.mark.parametrize("field", ["rule", "name", "role", "reason"])
@pytest.mark.parametrize("value", ["", "   ", None, 7])
def test_an_incomplete_override_is_bad_input(field, value):
    with pytest.raises(BadInput, match=f"override.{field}"):
        safety.judge(facts(), overrides=[override("CI-06", **{field: value})] if field != "rule" else [override(value)])


def test_a_short_reason_is_bad_input():
    with pytest.raises(BadInput, match="10 characters"):
        safety.judge(facts(), overrides=[override("CI-06", reason="because")])


def test_an_override_covers_neither_an_unknown_answer_nor_a_missing_number():
    unknown = safety.judge(facts(radiotherapy_to_site="unknown"), overrides=[override("CI-06")])
    assert (unknown.status, unknown.findings[0].outcome) == ("CONDITIONAL", "unknown")
    nan = safety.judge(facts(cem43_min=float("nan")), overrides=[override("HEAT-02")])
    assert "fail" in [f.outcome for f in nan.findings if f.rule == "HEAT-02"]
    scar = facts(indication="burn-scar", scar_age_months=12.0, scar_thickness_um=None)
    assert outcomes(scar, "PAR-02-DEPTH", overrides=[override("PAR-02-DEPTH")]) == ["fail"]


NECK = {"site": "neck", "site_zone": "neck"}


def test_a_clinic_tightens_freely():
    given = facts(**NECK)
    assert outcomes(given, "SITE-01-ENERGY") == []
    assert outcomes(given, "SITE-01-ENERGY", caps={"SITE-01-ENERGY": 8}) == ["fail"]
    (finding,) = [f for f in safety.judge(given, caps={"SITE-01-ENERGY": 8}).findings if f.severity == "cap"]
    assert finding.allowed == "energy per column at most 8 mJ"


def test_a_clinic_loosens_only_by_name():
    given = facts(**NECK, energy_per_column_mJ=25.0)
    loose = {"SITE-01-ENERGY": 30.0}
    assert outcomes(given, "SITE-01-ENERGY", caps=loose) == ["fail", "note"]
    assert outcomes(given, "SITE-01-ENERGY", caps=loose, overrides=[override("SITE-01-ENERGY")]) == ["overridden"]
    assert outcomes(given, "SITE-01-ENERGY", overrides=[override("SITE-01-ENERGY")]) == ["overridden"]
    above = facts(**NECK, energy_per_column_mJ=31.0)
    assert outcomes(above, "SITE-01-ENERGY", caps=loose, overrides=[override("SITE-01-ENERGY")]) == ["fail"]


def test_under_a_tightened_cap_an_override_reaches_to_the_default_and_no_further():
    tight, who = {"SITE-01-ENERGY": 8.0}, [override("SITE-01-ENERGY")]
    for energy, expected in ((8.0, []), (9.0, ["overridden"]), (20.0, ["overridden"]), (20.1, ["fail"])):
        given = facts(**NECK, energy_per_column_mJ=energy)
        assert outcomes(given, "SITE-01-ENERGY", caps=tight, overrides=who) == expected, energy


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0, "8", True, None])
def test_a_cap_that_is_no_number_is_bad_input(value):
    with pytest.raises(BadInput, match="SITE-01-ENERGY"):
        safety.judge(facts(), caps={"SITE-01-ENERGY": value})


def test_unknown_names_are_bad_input_with_a_proposal():
    with pytest.raises(BadInput, match='Did you mean "energy_per_column_mJ"'):
        safety.judge({**facts(), "energy_per_colum_mJ": 1.0})
    with pytest.raises(BadInput, match='Did you mean "SITE-01-ENERGY"'):
        safety.judge(facts(), caps={"SITE-01-ENERGIE": 1.0})
    with pytest.raises(BadInput, match=r"clinic\.caps"):
        safety.judge(facts(), caps={"CI-02": 1.0})
    with pytest.raises(BadInput, match="recorded"):
        safety.judge(facts(), recorded=["PAR-99"])
    with pytest.raises(BadInput, match=r"override\.rule"):
        safety.judge(facts(), overrides=[override("XX-01")])
    with pytest.raises(BadInput, match="stage"):
        safety.judge(facts(), stage="later")


def test_recording_clears_a_required_step_and_nothing_else():
    broken = facts(isotretinoin_within_6_months="yes", radiotherapy_to_site="yes", herpes_history="unknown")
    judgement = safety.judge(broken, recorded=["ISO-01", "CI-06", "PX-01"])
    said = {f.rule: f.outcome for f in judgement.findings}
    assert said == {"ISO-01": "note", "PX-01": "note", "CI-06": "fail"}
    assert safety.judge(facts(isotretinoin_within_6_months="yes"), recorded=["ISO-01"]).status == "OK"


def test_stages_leave_out_what_comes_later_and_say_so():
    asked = (
        "phototype",
        "site",
        "site_zone",
        "indication",
        "first_session",
        "mode",
        "colorimeter",
        "anaesthetic_planned",
        "aftercare_problem",
        "test_spot_recorded",
        "test_spot_here",
        "test_spot_reads_well",
    )
    patient = {k: facts()[k] for k in asked}
    patient |= {k: v for k, v in facts().items() if v == "no"}
    assert safety.judge(patient, stage="patient").status == "OK"
    assert safety.judge(patient, stage="settings").status == "REFUSED"
    settings = {k: v for k, v in facts().items() if k not in {"basal_damage_omega", "cem43_min"}}
    assert safety.judge(settings, stage="settings").status == "OK"
    assert safety.judge(settings).status == "REFUSED"
    assert safety.judge(patient, stage="patient").stage == "patient"


def test_nothing_at_all_is_refused():
    judgement = safety.judge({})
    assert judgement.status == "REFUSED"
    assert {"NUM-01-PATIENT", "NUM-01-SETTINGS", "NUM-01-PLAN"} <= {f.rule for f in judgement.findings}


def test_zones_together_give_the_worst():
    fine, bad = safety.judge(facts(), zone="cheek"), safety.judge(facts(**NECK, cem43_min=11.0), zone="neck")
    both = safety.combined([fine, bad])
    assert both.status == "REFUSED"
    assert both.findings[0].zone == "neck"
    assert safety.combined([safety.judge(facts(), stage="settings"), fine]).stage == "settings"
    with pytest.raises(ValueError, match="nothing"):
        safety.combined([])


def test_a_finding_is_a_finding_of_a_plan():
    for rule, broken, _, _ in TABLE.values():
        for finding in safety.judge(facts(**broken), overrides=[override(rule)], zone="cheek").findings:
            assert Finding(**finding.as_dict()).model_dump() == finding.as_dict()
            assert finding.given
            assert finding.allowed
            assert finding.zone == "cheek"


def test_two_ways_agree_or_nothing_comes_back():
    assert safety.agreed("areal energy", 10.0, 10.0 + 1e-6) == 10.0 + 1e-6
    for first, second in ((10.0, 10.1), (float("nan"), float("nan")), (1.0, float("inf")), (0.0, 1e-9)):
        with pytest.raises(safety.Disagreement):
            safety.agreed("areal energy", first, second)
