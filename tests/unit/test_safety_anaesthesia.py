"""Ceilings of local anaesthetics: every row, every boundary, and refusal where there are no data."""

import math
from pathlib import Path

import pytest

from colonnade import Case, catalogue
from colonnade.case import Anaesthesia
from colonnade.errors import BadInput
from colonnade.planning import check
from colonnade.safety.anaesthesia import anaesthetic, ceiling, dose_facts, injected_ceiling_mg

CREAM = "lidocaine-prilocaine-cream"
EXAMPLE = Path(__file__).parents[2] / "examples" / "acne-scar-cheek.toml"

#: (age, area, most grams, most cm², most minutes), from the table of leaflets: amount by row, or by area if less
ROWS = [
    (0, 50, 1.0, 10, 60),
    (0, 5, 0.5, 10, 60),
    (1, 200, 10.0, 100, 240),
    (5, 50, 5.0, 100, 240),
    (6, 200, 20.0, 200, 240),
    (11, 300, 20.0, 200, 240),
    (12, 100, 15.0, 600, 300),
    (40, 400, 60.0, 600, 300),
    (40, 1000, 60.0, 600, 300),
]


@pytest.mark.parametrize(("age", "area", "grams", "most_area", "minutes"), ROWS)
def test_rows_by_age_and_area(age, area, grams, most_area, minutes):
    most = ceiling(CREAM, age_years=age, area_cm2=area)
    assert (most.amount_max_g, most.area_max_cm2, most.time_max_min) == (grams, most_area, minutes)
    # 2.5 %: 25 mg of each drug in a gram
    assert most.lidocaine_max_mg == pytest.approx(25 * grams)
    assert most.prilocaine_max_mg == pytest.approx(25 * grams)


@pytest.mark.parametrize("age", [None, -1, 121, True, math.nan])
def test_no_ceiling_without_a_possible_age(age):
    with pytest.raises(BadInput, match="age_years"):
        ceiling(CREAM, age_years=age, area_cm2=50)
    with pytest.raises(BadInput, match="age_years"):
        injected_ceiling_mg(age_years=age, weight_kg=70, with_adrenaline=False)


@pytest.mark.parametrize(
    ("age", "weight"), [(30, 19.9), (12, 11), (6, 7), (1, 3.9), (30, 401), (30, math.nan), (0, 0.1)]
)
def test_an_impossible_weight_is_refused(age, weight):
    with pytest.raises(BadInput, match="weight_kg"):
        ceiling(CREAM, age_years=age, area_cm2=50, weight_kg=weight)


@pytest.mark.parametrize("area", [0, -1, math.nan, math.inf])
def test_no_area_no_ceiling(area):
    with pytest.raises(BadInput, match="area_cm2"):
        ceiling(CREAM, age_years=30, area_cm2=area)


@pytest.mark.parametrize("product", ["lidocaine-30-pct", "benzocaine", "", "lidocaine-injection"])
def test_nothing_is_computed_for_a_product_without_data(product):
    with pytest.raises(BadInput, match="product"):
        ceiling(product, age_years=30, area_cm2=50)


def test_injected_is_the_smaller_of_all_and_per_kilogram():
    assert injected_ceiling_mg(age_years=30, weight_kg=50, with_adrenaline=False) == pytest.approx(225)
    assert injected_ceiling_mg(age_years=30, weight_kg=100, with_adrenaline=False) == 300
    assert injected_ceiling_mg(age_years=30, weight_kg=50, with_adrenaline=True) == pytest.approx(350)
    assert injected_ceiling_mg(age_years=30, weight_kg=100, with_adrenaline=True) == 500
    with pytest.raises(BadInput, match="18 or more"):
        injected_ceiling_mg(age_years=17, weight_kg=60, with_adrenaline=False)
    with pytest.raises(BadInput, match="weight"):
        injected_ceiling_mg(age_years=30, weight_kg=None, with_adrenaline=False)


def numbed(**changes):
    given = {"product": CREAM, "amount_g": 9.0, "area_cm2": 100.0, "time_min": 60.0, "injected_lidocaine_mg": 0.0}
    return {**given, "with_adrenaline": False, "age_years": 30, "weight_kg": 50.0, **changes}


def test_cream_and_injection_add_up_as_shares():
    assert dose_facts(**numbed())["anaesthetic_sum_pct"] == pytest.approx(60)
    both = dose_facts(**numbed(injected_lidocaine_mg=112.5))  # half of 225 mg
    assert both["anaesthetic_sum_pct"] == pytest.approx(110)
    assert both["lidocaine_mg"] == pytest.approx(225 + 112.5)
    alone = numbed(product="", amount_g=0.0, area_cm2=0.0, time_min=0.0, injected_lidocaine_mg=225.0)
    assert dose_facts(**alone)["anaesthetic_sum_pct"] == pytest.approx(100)


@pytest.mark.parametrize(
    "changes",
    [
        {"product": "benzocaine"},
        {"product": ""},
        {"age_years": None},
        {"injected_lidocaine_mg": 10.0, "weight_kg": None},
        {"injected_lidocaine_mg": 10.0, "age_years": 10},
        {"weight_kg": 5.0},
        {"area_cm2": 0.0},
    ],
)
def test_what_cannot_be_computed_is_left_out(changes):
    assert "anaesthetic_sum_pct" not in dose_facts(**numbed(**changes))


@pytest.mark.parametrize("age", range(0, 100, 7))
def test_older_never_means_less(age):
    young, old = (ceiling(CREAM, age_years=a, area_cm2=300) for a in (age, age + 5))
    assert young.amount_max_g <= old.amount_max_g
    assert young.time_max_min <= old.time_max_min


def test_every_product_is_sound():
    for name in catalogue.ids("anaesthetics"):
        data = anaesthetic(name)
        assert data.id == name
        assert data.reviewed_by == "none"
        assert bool(data.rows) == (data.route == "topical")
        assert [r.below_age_years for r in data.rows] == sorted(r.below_age_years for r in data.rows)


def case_with(**anaesthesia):
    data = Case.load(EXAMPLE).plain()
    no = {
        name: "no"
        for name, value in Case.parse(strip(data | {"anaesthesia": {}})).anaesthesia.model_dump().items()
        if value == "unknown"
    }
    data["patient"] |= {"age_years": 30, "weight_kg": 70.0}
    data["anaesthesia"] = {**no, **anaesthesia}
    return Case.parse(strip(data))


def strip(value):
    return {k: strip(v) for k, v in value.items() if v is not None} if isinstance(value, dict) else value


def test_a_case_with_cream_is_judged():
    fits = check(case_with(product=CREAM, amount_g=10.0, area_cm2=100.0, time_min=60.0))
    assert not fits.refused
    assert {f.rule for f in fits.findings if f.rule.startswith("AN")} == {"AN-01-DOSE", "AN-08"}
    for wrong in (
        {"amount_g": 16.0},
        {"time_min": 301.0},
        {"product": "lidocaine-30-pct"},
        {"injected_lidocaine_mg": 200.0},
        {"anaesthetic_on_broken_skin": "yes"},
        {"anaesthetic_within_24_h": "yes"},
        {"atopic_dermatitis_in_area": "yes"},  # 60 minutes are more than 30
    ):
        given = {"product": CREAM, "amount_g": 10.0, "area_cm2": 100.0, "time_min": 60.0, **wrong}
        assert check(case_with(**given)).refused, wrong
    assert not any(f.rule.startswith("AN") for f in check(Case.load(EXAMPLE)).findings)


def test_atopic_dermatitis_shortens_the_time_to_half_an_hour():
    assert ceiling(CREAM, age_years=40, area_cm2=50, atopic_dermatitis=True).time_max_min == 30
    half_an_hour = {"product": CREAM, "amount_g": 5.0, "area_cm2": 50.0, "time_min": 30.0}
    said = check(case_with(**half_an_hour, atopic_dermatitis_in_area="yes"))
    assert not said.refused
    assert {f.rule for f in said.findings if f.outcome == "open"} >= {"AN-01-ATOPIC"}


def test_an_unanswered_question_on_the_anaesthetic_is_never_a_no():
    for name, field in Anaesthesia.model_fields.items():
        if field.default != "unknown":
            continue
        given = {"product": CREAM, "amount_g": 5.0, "area_cm2": 50.0, "time_min": 30.0, name: "unknown"}
        said = check(case_with(**given))
        open_ = [f for f in said.findings if f.outcome == "unknown" and f.severity != "inform"]
        assert open_, name


def test_without_an_age_nothing_is_computed_and_the_plan_is_refused():
    data = case_with(product=CREAM, amount_g=1.0, area_cm2=10.0, time_min=30.0).plain()
    data["patient"]["age_years"] = None
    said = check(Case.parse(strip(data)))
    assert said.refused
    assert "AN-01" in {f.rule for f in said.findings if f.status == "REFUSED"}


@pytest.mark.parametrize(("age", "weight"), [(30, 12.0), (3, 390.0), (0, 21.0), (11, 151.0), (17, 301.0), (1, 3.9)])
@pytest.mark.parametrize("cream", [True, False])
def test_a_weight_that_nobody_of_this_age_has_is_bad_input(age, weight, cream):
    data = case_with(product=CREAM, amount_g=1.0, area_cm2=10.0, time_min=30.0).plain()
    data["patient"] |= {"age_years": age, "weight_kg": weight}
    if not cream:
        data["anaesthesia"] = None
    with pytest.raises(BadInput, match=rf"weight_kg: given {weight} kg at {age} years"):
        check(Case.parse(strip(data)))
