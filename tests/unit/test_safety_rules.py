"""Every rule: passes, fails, at its boundary, unanswered, missing, not a number."""

import math

import pytest

from colonnade import safety
from colonnade.case import Anaesthesia, History, TestSpot
from colonnade.case import Indication as CaseIndication
from colonnade.errors import BadInput
from colonnade.safety import FACTS, Check
from colonnade.safety.rules import RuleFile
from colonnade.schema import read

RULES = {rule.id: rule for rule in safety.rules()}


def panel(*, energy=10.0, power=30.0, spot=120.0, density=5.0, passes=1, stack=1):
    """Settings by plain arithmetic, apart from the code under test."""
    area_cm2 = math.pi * (spot * 1e-4) ** 2 / 4
    columns = density / 100 / area_cm2
    areal = columns * energy * stack / 1000
    return {
        "device_ranges_hold": True,
        "energy_mJ": energy,
        "energy_per_column_mJ": energy * stack,
        "power_W": power,
        "pulse_ms": energy / power,
        "spot_um": spot,
        "columns_per_cm2": columns,
        "density_pct": density,
        "cumulative_density_pct": 100 * (1 - (1 - density / 100) ** passes),
        "passes": passes,
        "stack": stack,
        "stack_interval_ms": 120.0,
        "areal_energy_per_pass_J_cm2": areal,
        "areal_energy_total_J_cm2": areal * passes,
    }


#: What is asked about the lesion and the preparation, with the answer that passes.
ABOUT_THE_LESION = {
    "dermoscopy": "yes",
    "suspicious_signs": "no",
    "recurrence_in_laser_scar": "no",
    "preparation_sterile": "yes",
}


def questions_of(model):
    """The fields of a case's table that ask yes, no or unknown."""
    return {name for name, field in model.model_fields.items() if field.default == "unknown"}


def facts(**changes):
    """A patient without reasons against, on the face, with gentle settings: everything passes."""
    return {
        **dict.fromkeys(History.model_fields, "no"),
        **ABOUT_THE_LESION,
        **dict.fromkeys(questions_of(Anaesthesia), "no"),
        **dict.fromkeys(questions_of(TestSpot), "no"),
        "aftercare_problem": "none",
        "test_spot_recorded": False,
        "test_spot_here": False,
        "test_spot_reads_well": False,
        "anaesthetic_planned": False,
        "mode": "fractional",
        "diagnosis_recorded": True,
        "preparation_named": False,
        "interval_shortest_weeks": 4.0,
        "since_last_session_weeks": 6.0,
        "colorimeter": False,
        "phototype": "II",
        "site": "cheek",
        "site_zone": "face",
        "indication": "atrophic-acne-scar",
        "first_session": False,
        "adjunct_planned": False,
        **panel(),
        "coagulation_depth_um": 600.0,
        "crater_depth_um": 550.0,
        "target_depth_um": 300.0,
        "dermis_bottom_um": 1600.0,
        "bulk_peak_basal_K": 3.0,
        "basal_damage_omega": 0.001,
        "cem43_min": 0.01,
        **changes,
    }


def outcomes(given, rule, **options):
    return [f.outcome for f in safety.judge(given, **options).findings if f.rule == rule]


def failure(rule):
    return {"require": "open", "inform": "note"}.get(RULES[rule].severity, "fail")


SCAR = {
    "indication": "burn-scar",
    "scar_thickness_um": 1000.0,
    "scar_depth_wanted_um": 500.0,
    "scar_age_months": 12.0,
}
DARK_FIRST = {"phototype": "III", "first_session": True}
NAEVUS = {"indication": "junctional-naevus"}
MELASMA = {"indication": "melasma"}
DELIVERY = {"indication": "laser-assisted-delivery", "preparation_named": True}
NUMBED = {
    "anaesthetic_planned": True,
    "anaesthetic_amount_g": 6.0,
    "anaesthetic_amount_max_g": 15.0,
    "anaesthetic_area_cm2": 100.0,
    "anaesthetic_area_max_cm2": 600.0,
    "anaesthetic_time_min": 60.0,
    "anaesthetic_time_max_min": 300.0,
    "anaesthetic_sum_pct": 40.0,
    "anaesthetic_lidocaine_pct": 2.5,
    "lidocaine_mg": 150.0,
    "prilocaine_mg": 150.0,
}
SPOT = {
    "first_session": True,
    "test_spot_recorded": True,
    "test_spot_here": True,
    "test_spot_read_after_weeks": 4.0,
    "test_spot_energy_per_column_mJ": 10.0,
    "test_spot_fluence_mean_J_cm2": 88.0,
    "test_spot_cumulative_density_pct": 5.0,
    "fluence_mean_J_cm2": 88.0,
}
SURGICAL = {"indication": "surgical-scar", "scar_age_months": 12.0}

#: rule: (facts that make it apply, changes that pass, changes that fail); values at the limit stand on their side.
NUMBERS = {
    "NUM-01-PATIENT": ({}, [{}], [{"phototype": "VII"}, {"site_zone": "Neck"}, {"first_session": "no"}, {"site": ""}]),
    "NUM-01-SETTINGS": ({}, [{}], [{"stack": None}, {"density_pct": "5"}, {"passes": True}, {"energy_mJ": -1.0}]),
    "NUM-01-PLAN": ({}, [{"cem43_min": 0.0}], [{"cem43_min": math.inf}, {"basal_damage_omega": -0.1}]),
    "NUM-02": (
        {},
        [panel(density=10, passes=3, stack=2), panel(density=100)],
        [
            {"density_pct": 5.001},
            {"cumulative_density_pct": 4.9},
            {"areal_energy_total_J_cm2": 4.0},
            {"energy_per_column_mJ": 11.0},
            {"areal_energy_per_pass_J_cm2": 4.0},
            {"stack": 1.5},
        ],
    ),
    "UNIT-01": (
        {},
        [{"power_W": 20.0, "pulse_ms": 0.5}, {"power_W": 20.0, "pulse_ms": 0.476}],
        [{"power_W": 30.0, "pulse_ms": 0.5}, {"energy_mJ": 0.01}, {"power_W": 20.0, "pulse_ms": 0.474}],
    ),
    "UNIT-02": (
        {},
        [{"energy_mJ": 0.5}, {"energy_mJ": 500.0}, {"spot_um": 2000.0}, {"density_pct": 100.0}],
        [
            {"energy_mJ": 0.49},
            {"energy_mJ": 501.0},
            {"power_W": 101.0},
            {"pulse_ms": 0.004},
            {"pulse_ms": 51.0},
            {"spot_um": 29.0},
            {"spot_um": 2001.0},
            {"density_pct": 100.1},
            {"density_pct": 0.0},
            {"columns_per_cm2": 0.0},
            {"passes": 0},
            {"stack": 0},
        ],
    ),
    "DEV-01": ({}, [{"device_ranges_hold": True}], [{"device_ranges_hold": False}, {"device_ranges_hold": None}]),
    "CI-15": (SCAR, [{"scar_age_months": 3.0}], [{"scar_age_months": 2.9}, {"scar_age_months": None}]),
    "CI-15-SURGICAL": (SURGICAL, [{"scar_age_months": 1.0}], [{"scar_age_months": 0.9}]),
    "PT-02-ENERGY": (
        DARK_FIRST,
        [{"energy_per_column_mJ": 20.0}, {"energy_per_column_mJ": 21.0, "spot_um": 200.0}],
        [{"energy_per_column_mJ": 20.1}, {"energy_per_column_mJ": 21.0, "spot_um": 150.0}],
    ),
    "PT-02-WIDE": (
        {**DARK_FIRST, "spot_um": 200.0},
        [{"energy_per_column_mJ": 20.0}, {"energy_per_column_mJ": 21.0, "spot_um": 150.0}],
        [{"energy_per_column_mJ": 20.1}, {"energy_per_column_mJ": 21.0, "spot_um": 150.1}],
    ),
    "AC-00": (
        {},
        [{"aftercare_problem": "none"}],
        [{"aftercare_problem": "aftercare.wash: chlorhexidine on the face"}, {"aftercare_problem": None}],
    ),
    "TS-02": (
        SPOT,
        [{"test_spot_read_after_weeks": 4.0}, {"test_spot_read_after_weeks": 3.0, "test_spot_recorded": False}],
        [{"test_spot_read_after_weeks": 3.9}, {"test_spot_read_after_weeks": None}],
    ),
    "TS-03-ENERGY": (
        SPOT,
        [{"energy_per_column_mJ": 10.0}, {"energy_per_column_mJ": 11.0, "first_session": False}],
        [{"energy_per_column_mJ": 10.1}, {"test_spot_energy_per_column_mJ": None}],
    ),
    "TS-03-FLUENCE": (
        SPOT,
        [{"fluence_mean_J_cm2": 88.0}, {"fluence_mean_J_cm2": 89.0, "test_spot_here": False}],
        [{"fluence_mean_J_cm2": 88.1}, {"test_spot_fluence_mean_J_cm2": math.nan}],
    ),
    "TS-03-DENSITY": (
        SPOT,
        [{"cumulative_density_pct": 5.0}],
        [{"cumulative_density_pct": 5.1}, {"test_spot_cumulative_density_pct": math.nan}],
    ),
    "PT-02-DENSITY": (
        DARK_FIRST,
        [{"cumulative_density_pct": 10.000000000000002}],
        [{"cumulative_density_pct": 10.1}, {"cumulative_density_pct": 10.1, "phototype": "V"}],
    ),
    "PT-02-SCAR": (
        {**SCAR, **DARK_FIRST},
        [{"energy_per_column_mJ": 20.0, "density_pct": 10.0}],
        [{"energy_per_column_mJ": 20.1}, {"density_pct": 10.1}],
    ),
    "DX-03": ({}, [{"indication": "solar-lentigo"}], [NAEVUS, {"indication": "dermal-naevus"}]),
    "DX-05": ({}, [NAEVUS], [{"indication": "compound-naevus"}, {"indication": "dermal-naevus"}]),
    "DX-06": ({}, [{"indication": "melasma"}], [{"indication": "tattoo"}, {"indication": None}, {"indication": ""}]),
    "DX-07": ({}, [{"indication": "solar-lentigo"}], [MELASMA]),
    "DX-07-STEP": ({}, [{"indication": "solar-lentigo"}], [MELASMA]),
    "DX-07-ENERGY": (MELASMA, [{"energy_per_column_mJ": 4.0}], [{"energy_per_column_mJ": 4.1}]),
    "DX-07-DENSITY": (MELASMA, [{"cumulative_density_pct": 7.3}], [{"cumulative_density_pct": 7.31}]),
    "DX-08": ({}, [NAEVUS], [{"indication": "seborrhoeic-keratosis"}, {"indication": "solar-lentigo"}]),
    "DX-09": ({}, [{"indication": "syringoma"}], [{"indication": "xanthelasma"}]),
    "DX-10": ({}, [{"mode": "fractional"}], [{"mode": "cut"}, {"mode": None}, {"mode": "spot_vaporisation"}]),
    "DX-11": ({}, [{"phototype": "III"}], [{"phototype": "IV"}, {"site_zone": "neck"}, {"site_zone": "chest"}]),
    "CI-04-KELOID": (
        {"indication": "keloid"},
        [{"adjunct_planned": True}],
        [{"adjunct_planned": False}, {"adjunct_planned": None}, {"adjunct_planned": "yes"}],
    ),
    "MODE-01-VAPORISE": ({}, [{"mode": "fractional"}], [{"mode": "spot_vaporisation"}, {"mode": None}]),
    "MODE-01-COAGULATE": ({}, [{"mode": "fractional"}], [{"mode": "coagulation"}, {"mode": math.nan}]),
    "MODE-01-CUT": ({}, [{"mode": "fractional"}], [{"mode": "cut"}, {"mode": ""}]),
    "MODE-01-HEAT": ({}, [{"mode": "fractional"}], [{"mode": "expanded_beam"}, {"mode": 1}]),
    "GAP-01": ({}, [MELASMA], [{"indication": "solar-lentigo"}, {"indication": None}]),
    "PT-01": ({}, [{"phototype": "III"}], [{"phototype": "IV"}]),
    "PT-06": ({}, [{"phototype": "III"}], [{"phototype": "IV"}]),
    "PT-07": (
        {"colorimeter": True},
        [{"ita_class": "tan"}, {"colorimeter": False, "ita_class": None}],
        [{"ita_class": None}, {"ita_class": "40"}, {"colorimeter": None, "ita_class": None}],
    ),
    "INT-01": (
        {},
        [{"since_last_session_weeks": 4.0}, {"since_last_session_weeks": 0.0, "first_session": True}],
        [{"since_last_session_weeks": 3.9}, {"since_last_session_weeks": None}],
    ),
    "SITE-03": ({}, [{"site_zone": "limb"}], [{"site_zone": "eyelid"}, {"site_zone": "neck"}, {"site_zone": "chest"}]),
    "AN-01": (
        NUMBED,
        [
            {"anaesthetic_amount_g": 15.0},
            {"anaesthetic_area_cm2": 600.0},
            {"anaesthetic_time_min": 300.0},
            {"anaesthetic_sum_pct": 100.0},
        ],
        [
            {"anaesthetic_amount_g": 15.1},
            {"anaesthetic_area_cm2": 601.0},
            {"anaesthetic_time_min": 301.0},
            {"anaesthetic_sum_pct": 100.1},
            {"anaesthetic_amount_max_g": None},
            {"anaesthetic_time_max_min": math.nan},
            {"anaesthetic_planned": None, "anaesthetic_sum_pct": None},
        ],
    ),
    "AN-01-DOSE": (
        NUMBED,
        [{"lidocaine_mg": 0.0, "prilocaine_mg": 0.0}, {"anaesthetic_planned": False, "lidocaine_mg": None}],
        [{"lidocaine_mg": 0.1, "prilocaine_mg": 0.0}],
    ),
    "AN-04": (NUMBED, [{"anaesthetic_lidocaine_pct": 4.0}], [{"anaesthetic_lidocaine_pct": 4.1}]),
    "AN-08": ({}, [{"anaesthetic_planned": False}], [{"anaesthetic_planned": True}, {"anaesthetic_planned": None}]),
    "PAR-04": ({}, [{"passes": 1, "stack": 1}], [{"passes": 2}, {"stack": 2}]),
    "PT-03": ({}, [{"phototype": "III"}], [{"phototype": "IV"}, {"phototype": "VI"}]),
    "PT-04": ({}, [{"phototype": "IV"}], [{"phototype": "V"}, {"phototype": "VI"}]),
    "PT-05": ({"phototype": "III"}, [{"passes": 1}], [{"passes": 2}]),
    "PAR-08": (
        {},
        [{"phototype": "III"}, {"phototype": "IV", "first_session": True, "test_spot_reads_well": True}],
        [
            {"phototype": "IV"},
            {"first_session": True},
            {"phototype": "IV", "test_spot_recorded": True, **{k: v for k, v in SPOT.items() if k != "first_session"}},
        ],
    ),
    "SITE-01": ({}, [{"site_zone": "face"}], [{"site_zone": "neck"}, {"site_zone": "chest"}]),
    "SITE-01-ENERGY": ({"site_zone": "neck"}, [{"energy_per_column_mJ": 20.0}], [{"energy_per_column_mJ": 20.1}]),
    "SITE-01-DENSITY": ({"site_zone": "chest"}, [{"cumulative_density_pct": 10.0}], [{"cumulative_density_pct": 10.1}]),
    "SITE-02": ({}, [{"site_zone": "face"}], [{"site_zone": "eyelid"}]),
    "SITE-04": ({}, [{"site_zone": "eyelid"}], [{"site_zone": "limb"}]),
    "SITE-05-ENERGY": ({"site_zone": "eyelid"}, [{"energy_per_column_mJ": 100.0}], [{"energy_per_column_mJ": 100.1}]),
    "SITE-05-DENSITY": ({}, [{"cumulative_density_pct": 25.0}], [{"cumulative_density_pct": 25.1}]),
    "SITE-06-ENERGY": ({"site_zone": "limb"}, [{"energy_per_column_mJ": 50.0}], [{"energy_per_column_mJ": 50.1}]),
    "SITE-06-DENSITY": ({"site_zone": "trunk"}, [{"cumulative_density_pct": 20.0}], [{"cumulative_density_pct": 20.1}]),
    "SITE-07-ENERGY": ({"site_zone": "hand"}, [{"energy_per_column_mJ": 20.0}], [{"energy_per_column_mJ": 20.1}]),
    "SITE-07-DENSITY": ({"site_zone": "ear"}, [{"cumulative_density_pct": 10.0}], [{"cumulative_density_pct": 10.1}]),
    "PAR-01": ({"energy_per_column_mJ": 30.0}, [{"density_pct": 20.0}], [{"density_pct": 20.1}]),
    "PAR-01-AREAL": ({}, [{"areal_energy_per_pass_J_cm2": 30.0}], [{"areal_energy_per_pass_J_cm2": 30.1}]),
    "PAR-01-SESSION": ({}, [{"areal_energy_total_J_cm2": 60.0}], [{"areal_energy_total_J_cm2": 60.1}]),
    "PAR-02": (SCAR, [{"scar_thickness_um": 1.0}], [{"scar_thickness_um": None}, {"scar_thickness_um": 0.0}]),
    "PAR-02-DEPTH": (
        SCAR,
        [{"coagulation_depth_um": 1000.0}],
        [{"coagulation_depth_um": 1001.0}, {"scar_thickness_um": math.nan}, {"scar_thickness_um": None}],
    ),
    "PAR-02-DERMIS": ({}, [{"coagulation_depth_um": 1600.0}], [{"coagulation_depth_um": 1601.0}]),
    "PAR-02-REACH": (
        {},
        [{"target_depth_um": 550.0}],
        [{"target_depth_um": 551.0}, {"crater_depth_um": math.nan}, {"target_depth_um": None}],
    ),
    "PAR-02-FULL": (
        SCAR,
        [{"scar_depth_wanted_um": 550.0}, {"scar_depth_wanted_um": 551.0, "indication": "surgical-scar"}],
        [{"scar_depth_wanted_um": 551.0}, {"crater_depth_um": None}],
    ),
    "PAR-03": ({}, [{"cumulative_density_pct": 20.0}], [{"cumulative_density_pct": 20.1}]),
    "PAR-05": ({}, [{"stack": 3}], [{"stack": 4}]),
    "PAR-05-INTERVAL": ({"stack": 2}, [{"stack_interval_ms": 100.0}], [{"stack_interval_ms": 99.0}]),
    "PAR-06": ({}, [{"pulse_ms": 1.0}], [{"pulse_ms": 1.1}]),
    "HEAT-01": ({}, [{"basal_damage_omega": 0.5299}], [{"basal_damage_omega": 0.53}]),
    "HEAT-02": ({}, [{"cem43_min": 9.99}], [{"cem43_min": 10.0}]),
    "HEAT-03": ({}, [{"bulk_peak_basal_K": 10.0}], [{"bulk_peak_basal_K": 10.1}]),
}
ANSWERS = {
    "CI-01": ["active_infection_in_field"],
    "CI-02": ["pregnant_or_lactating"],
    "CI-04": ["keloid_tendency"],
    "CI-05": ["immunosuppressed", "diabetes_hba1c_above_9_pct", "active_autoimmune_disease"],
    "CI-06": ["radiotherapy_to_site"],
    "CI-07": ["koebner_disease"],
    "CI-07-KOEBNER": ["new_patches_at_injury"],
    "CI-08": ["flare_in_field"],
    "CI-09": ["sunburn_or_tan", "photosensitising_drug"],
    "CI-10": ["history_of_pih"],
    "CI-11": ["topical_retinoid_within_1_week"],
    "CI-12": ["smoker"],
    "CI-13": ["argyria_or_silver"],
    "CI-14": ["face_or_neck_lift"],
    "CI-16": ["anticoagulant_or_bleeding"],
    "CI-17": ["unrealistic_expectations"],
    "CI-07-STABLE": ["skin_disease_active_within_12_months"],
    "CI-11-PROCEDURE": ["other_peel_or_laser_within_2_months"],
    "ISO-01": ["isotretinoin_within_6_months"],
    "ISO-02": ["isotretinoin_within_6_months"],
    "INT-02": ["last_session_not_healed"],
    "PX-01": ["herpes_history"],
    "DX-01": ["dermoscopy"],
    "DX-02": ["suspicious_signs"],
    "DX-04": ["recurrence_in_laser_scar"],
    "LADD-01": ["preparation_sterile"],
    "AN-02": ["anaesthetic_near_eye_or_ear", "anaesthetic_on_broken_skin"],
    "AN-03": ["anaesthetic_at_home_wrap_or_heat"],
    "AN-05": ["anaesthetic_after_first_pass"],
    "AN-06": ["anaesthetic_slow_clearance"],
    "AN-07": ["methaemoglobinaemia_or_g6pd"],
    "AN-07-RHYTHM": ["class_iii_antiarrhythmic"],
    "AN-09": ["anaesthetic_allergy"],
    "AN-01-AGAIN": ["anaesthetic_within_24_h"],
    "AN-01-ATOPIC": ["atopic_dermatitis_in_area"],
    "PAR-08-DEVICE": ["other_device_than_last_session"],
    "TS-01": [
        "test_spot_dark_marks",
        "test_spot_pale_marks",
        "test_spot_thick_or_scarred",
        "test_spot_blisters_or_infection",
    ],
    "TS-01-HEALED": ["test_spot_not_healed"],
}
#: What makes the rule apply, where that is not always.
CONTEXT = {
    "CI-07-STABLE": {"koebner_disease": "yes"},
    "CI-11-PROCEDURE": MELASMA,
    "ISO-02": {"mode": "spot_vaporisation"},
    "DX-01": NAEVUS,
    "DX-02": NAEVUS,
    "DX-04": NAEVUS,
    "LADD-01": DELIVERY,
    "TS-01": SPOT,
    "TS-01-HEALED": SPOT,
    "AN-01-AGAIN": NUMBED,
    "AN-01-ATOPIC": NUMBED,
    **dict.fromkeys(("AN-02", "AN-03", "AN-05", "AN-06", "AN-07", "AN-07-RHYTHM", "AN-09"), NUMBED),
}


def test_every_rule_is_tested_here_and_every_history_question_is_asked():
    assert set(NUMBERS) | set(ANSWERS) == set(RULES)
    asked = {question for questions in ANSWERS.values() for question in questions}
    assert asked == {f.name for f in FACTS.values() if f.kind == "answer"}
    assert asked == {name for model in (History, CaseIndication, Anaesthesia, TestSpot) for name in questions_of(model)}


def test_the_base_of_these_tests_has_no_finding():
    judgement = safety.judge(facts())
    assert judgement.findings == ()
    assert judgement.status == "OK"


@pytest.mark.parametrize("rule", NUMBERS)
def test_number_rule_passes_and_fails_on_both_sides_of_its_boundary(rule):
    context, passing, failing = NUMBERS[rule]
    for change in passing:
        assert outcomes(facts(**{**context, **change}), rule) == [], change
    for change in failing:
        assert outcomes(facts(**{**context, **change}), rule) == [failure(rule)], change


NUMERIC = [(r, c.fact) for r in NUMBERS for c in RULES[r].must if FACTS[c.fact].kind == "number"]


@pytest.mark.parametrize(("rule", "fact"), NUMERIC)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -1.0, None, "10", True, [10]])
def test_what_is_no_number_never_passes(rule, fact, value):
    assert failure(rule) in outcomes(facts(**{**NUMBERS[rule][0], fact: value}), rule)


@pytest.mark.parametrize(("rule", "fact"), NUMERIC)
def test_a_missing_number_never_passes(rule, fact):
    given = facts(**NUMBERS[rule][0])
    del given[fact]
    assert failure(rule) in outcomes(given, rule)


@pytest.mark.parametrize(("rule", "question"), [(r, q) for r, questions in ANSWERS.items() for q in questions])
def test_answer_rule(rule, question):
    context = CONTEXT.get(rule, {})
    good = ABOUT_THE_LESION.get(question, "no")
    bad = "no" if good == "yes" else "yes"
    assert outcomes(facts(**context, **{question: good}), rule) == []
    assert outcomes(facts(**context, **{question: bad}), rule) == [failure(rule)]
    for nothing in ("unknown", None):
        (finding,) = [f for f in safety.judge(facts(**context, **{question: nothing})).findings if f.rule == rule]
        assert finding.outcome == "unknown"
        assert finding.status == ("WARNED" if RULES[rule].severity == "warn" else "CONDITIONAL")
    absent = facts(**context)
    del absent[question]
    assert outcomes(absent, rule) == ["unknown"]
    for nonsense in ("maybe", "No", math.nan, False, 0):
        assert outcomes(facts(**context, **{question: nonsense}), rule) == [failure(rule)], nonsense


@pytest.mark.parametrize("rule", CONTEXT)
def test_an_answer_that_does_not_matter_here_is_not_asked_for(rule):
    assert outcomes(facts(**dict.fromkeys(ANSWERS[rule], "unknown")), rule) == []


def test_a_diagnosis_must_be_recorded_and_a_lesion_without_one_stays_refused():
    assert outcomes(facts(**NAEVUS), "DX-01") == []
    for missing in (False, None, "yes", math.nan):
        assert outcomes(facts(**NAEVUS, diagnosis_recorded=missing), "DX-01") == ["fail"]
    assert outcomes(facts(indication="pigmented-lesion-undiagnosed"), "DX-01") == ["fail"]
    assert outcomes(facts(**{**DELIVERY, "preparation_named": False}), "LADD-01") == ["fail"]


def test_one_rule_can_fail_and_be_unknown_at_once():
    given = facts(immunosuppressed="yes", active_autoimmune_disease="unknown")
    assert outcomes(given, "CI-05") == ["fail", "unknown"]
    override = {"rule": "CI-05", "name": "N. N.", "role": "physician", "reason": "discussed with rheumatology"}
    judgement = safety.judge(given, overrides=[override])
    assert [f.outcome for f in judgement.findings if f.rule == "CI-05"] == ["unknown", "overridden"]
    assert judgement.status == "CONDITIONAL"


def test_keloid_is_let_through_only_as_the_indication_with_an_adjunct():
    scar = {"keloid_tendency": "yes", "indication": "hypertrophic-scar", "scar_thickness_um": 2000.0}
    scar |= {"scar_age_months": 12.0}
    assert outcomes(facts(**scar, adjunct_planned=True), "CI-04") == []
    assert outcomes(facts(**scar, adjunct_planned=False), "CI-04") == ["fail"]
    assert outcomes(facts(**scar, adjunct_planned=None), "CI-04") == ["fail"]
    assert outcomes(facts(keloid_tendency="yes", adjunct_planned=True), "CI-04") == ["fail"]


def test_upper_lip_asks_for_the_antiviral_decision_even_without_herpes():
    assert outcomes(facts(site="upper-lip"), "PX-01") == ["open"]
    assert outcomes(facts(site="upper-lip"), "PX-01", recorded=["PX-01"]) == ["note"]
    assert outcomes(facts(site="forearm", site_zone="limb", herpes_history="yes"), "PX-01") == []


def test_a_rule_whose_condition_cannot_be_judged_applies():
    assert outcomes(facts(**DARK_FIRST, energy_per_column_mJ=30.0, spot_um=None), "PT-02-ENERGY") == ["fail"]
    assert outcomes(facts(site_zone=None, energy_per_column_mJ=30.0), "SITE-01-ENERGY") == ["fail"]


def test_every_zone_has_an_energy_cap_and_a_density_cap():
    for zone in safety.facts.ZONES:
        caps = {f.rule for f in safety.judge(facts(site_zone=zone, **panel(energy=400, density=90))).findings}
        for what in ("ENERGY", "DENSITY"):
            assert len([c for c in caps if c.startswith("SITE") and c.endswith(what)]) == 1, (zone, what)


def test_every_rule_says_why_what_to_do_and_from_where():
    for rule in RULES.values():
        assert rule.reviewed_by == "none"
        assert len(rule.reason) > 20, rule.id
        assert rule.source, rule.id
        assert rule.todo.endswith("."), rule.id
    assert all(rule.end for rule in RULES.values() if rule.severity == "cap" and rule.id != "DEV-01")


@pytest.mark.parametrize(
    "must",
    [
        {"fact": "energy_mJ"},
        {"fact": "energy_mJ", "at_most": 1, "below": 2},
        {"fact": "energy", "at_most": 1},
        {"fact": "energy_mJ", "at_most": "IV"},
        {"fact": "phototype", "at_most": "VII"},
        {"fact": "energy_mJ", "at_most_fact": "depth"},
        {"fact": "energy_mJ", "agrees_with": "nothing"},
    ],
)
def test_an_unsound_condition_is_refused(must):
    with pytest.raises(BadInput):
        read(Check, must, origin="test")


def test_a_cap_has_one_condition():
    data = RULES["SITE-01-ENERGY"].model_dump(by_alias=True, exclude_none=True)
    data["must"] = [*data["must"], *data["must"]]
    file = {"schema": "colonnade.rules/1", "id": "x", "title": "x", "reviewed_by": "none", "rules": [data]}
    with pytest.raises(BadInput, match="one condition"):
        read(RuleFile, file, origin="test")
