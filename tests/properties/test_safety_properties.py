"""Safety points one way: more is never judged milder, and a tighter cap never lets more through."""

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from colonnade import safety
from colonnade.case import History

PHOTOTYPES = ("I", "II", "III", "IV", "V", "VI")
ZONES = safety.facts.ZONES
CAPS = sorted(r.id for r in safety.rules() if r.limit is not None)
ORDER = ("OK", "WARNED", "CONDITIONAL", "DEFERRED", "REFUSED")
RUN = settings(max_examples=60, deadline=None, derandomize=True)

#: Plausible settings: outside of them UNIT-02 refuses whatever else holds, and its lower ends are not one-way.
panels = st.fixed_dictionaries(
    {
        "energy": st.floats(1, 120),
        "spot": st.sampled_from([100.0, 120.0, 200.0, 300.0, 350.0]),
        "density": st.floats(0.5, 60),
        "passes": st.integers(1, 4),
        "stack": st.integers(1, 4),
        "phototype": st.sampled_from(PHOTOTYPES),
        "zone": st.sampled_from(ZONES),
        "first": st.booleans(),
        "indication": st.sampled_from(["atrophic-acne-scar", "photoageing", "burn-scar", "surgical-scar"]),
    }
)


def facts(p):
    area_cm2 = math.pi * (p["spot"] * 1e-4) ** 2 / 4
    columns = p["density"] / 100 / area_cm2
    areal = columns * p["energy"] * p["stack"] / 1000
    return {
        **dict.fromkeys(History.model_fields, "no"),
        "mode": "fractional",
        "diagnosis_recorded": True,
        "preparation_named": False,
        "dermoscopy": "yes",
        "suspicious_signs": "no",
        "recurrence_in_laser_scar": "no",
        "preparation_sterile": "yes",
        "interval_shortest_weeks": 4.0,
        "since_last_session_weeks": 6.0,
        "colorimeter": False,
        "anaesthetic_planned": False,
        "phototype": p["phototype"],
        "site": "somewhere",
        "site_zone": p["zone"],
        "indication": p["indication"],
        "aftercare_problem": "none",
        "test_spot_recorded": False,
        "test_spot_here": False,
        "test_spot_reads_well": False,
        "first_session": p["first"],
        "adjunct_planned": False,
        "scar_thickness_um": 2000.0,
        "scar_age_months": 12.0,
        "device_ranges_hold": True,
        "energy_mJ": p["energy"],
        "energy_per_column_mJ": p["energy"] * p["stack"],
        "power_W": 30.0,
        "pulse_ms": p["energy"] / 30.0,
        "spot_um": p["spot"],
        "columns_per_cm2": columns,
        "density_pct": p["density"],
        "cumulative_density_pct": 100 * (1 - (1 - p["density"] / 100) ** p["passes"]),
        "passes": p["passes"],
        "stack": p["stack"],
        "stack_interval_ms": 50.0,
        "areal_energy_per_pass_J_cm2": areal,
        "areal_energy_total_J_cm2": areal * p["passes"],
        # stand-ins that rise with what is delivered, so that the rules on predictions take part
        "coagulation_depth_um": 40.0 * p["energy"] * p["stack"],
        # never reached: what is riskier must not look milder because it reaches a target
        "crater_depth_um": 1.0,
        "target_depth_um": 300.0,
        "scar_depth_wanted_um": 500.0,
        "dermis_bottom_um": 1600.0,
        "bulk_peak_basal_K": 0.2 * areal * p["passes"],
        "basal_damage_omega": 0.01 * areal * p["passes"],
        "cem43_min": 0.15 * areal * p["passes"],
    }


@RUN
@given(panels, st.sampled_from(["energy", "density", "passes", "stack", "phototype"]), st.floats(1.0, 1.6))
def test_more_never_makes_a_verdict_milder(p, knob, factor):
    more = dict(p)
    if knob == "phototype":
        more[knob] = PHOTOTYPES[min(PHOTOTYPES.index(p[knob]) + 1, 5)]
    elif knob in ("passes", "stack"):
        more[knob] = p[knob] + 1
    else:
        more[knob] = p[knob] * factor
    before, after = safety.judge(facts(p)), safety.judge(facts(more))
    assert ORDER.index(after.status) >= ORDER.index(before.status)
    # each rule that refused still refuses
    assert {f.rule for f in before.findings if f.status == "REFUSED"} <= {
        f.rule for f in after.findings if f.status == "REFUSED"
    }


@RUN
@given(panels, st.sampled_from(CAPS), st.floats(0, 200), st.floats(0, 1), st.booleans())
def test_a_tighter_cap_never_lets_more_through(p, rule, cap, share, named):
    who = {"rule": rule, "name": "N. N.", "role": "physician", "reason": "a reason of some length"}
    overrides = [who] if named else []

    def refused(caps):
        return safety.judge(facts(p), caps=caps, overrides=overrides).refused

    none, loose, tight = refused({}), refused({rule: cap}), refused({rule: cap * share})
    assert tight >= loose >= none


#: Facts that not every rule set needs: losing one may change nothing. All other numbers and choices are required.
OPTIONAL = {
    "adjunct_planned",
    "scar_thickness_um",
    "scar_age_months",
    "dermis_bottom_um",
    "stack_interval_ms",
    "diagnosis_recorded",
    "preparation_named",
    "interval_shortest_weeks",
    "since_last_session_weeks",
    "colorimeter",
    # losing it refuses nothing by itself: the test spot is then asked for, or its reaction is
    "crater_depth_um",
    "target_depth_um",
    "scar_depth_wanted_um",
    "test_spot_recorded",
    "test_spot_reads_well",
    "test_spot_here",
}


@RUN
@given(panels, st.data())
def test_losing_a_number_or_an_answer_never_makes_a_verdict_milder(p, data):
    whole = facts(p)
    lost = data.draw(st.sampled_from(sorted(whole)))
    how = data.draw(st.sampled_from([None, math.nan, "absent"]))
    less = {k: v for k, v in whole.items() if k != lost}
    if how != "absent":
        less[lost] = how
    before, after = safety.judge(whole), safety.judge(less)
    assert ORDER.index(after.status) >= ORDER.index(before.status)
    if safety.FACTS[lost].kind != "answer" and lost not in OPTIONAL:
        assert after.refused


@RUN
@given(st.dictionaries(st.sampled_from(sorted(safety.FACTS)), st.one_of(st.none(), st.floats(), st.text(max_size=5))))
def test_no_fact_whatever_it_holds_breaks_the_judge(given_facts):
    judgement = safety.judge(given_facts)
    assert judgement.status == "REFUSED"
    assert all(f.given and f.allowed for f in judgement.findings)
