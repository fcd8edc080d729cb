"""``plan`` and ``check`` with the real rules and field, and a fake engine: what they refuse, choose, say and keep."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from colonnade import Case
from colonnade.aftercare.protocol import protocol
from colonnade.errors import BadInput
from colonnade.planning import Plan, check, cite, plan, rerun
from colonnade.planning.audit import require_sound
from colonnade.planning.candidates import setting as candidate
from colonnade.planning.resolve import resolve
from support.planning_fakes import ETAS, FakeRooms, lesion

EXAMPLES = Path(__file__).parents[2] / "examples"


def case(**changes):
    """The bundled case on a small region, with tables replaced or extended."""
    data = Case.load(EXAMPLES / "acne-scar-cheek.toml").plain()
    data["region"] = {"shape": "rectangle", "width_mm": 8, "height_mm": 8}
    for name, value in changes.items():
        merge = isinstance(value, dict) and isinstance(data.get(name), dict)
        data[name] = data[name] | value if merge else value
    data["region"] = {k: v for k, v in data["region"].items() if v is not None}
    return Case.parse(data)


def given(**settings):
    return case(settings=settings or {"energy_mJ": 10, "density_pct": 5})


@pytest.fixture(scope="module")
def searched():
    return plan(case(), rooms=FakeRooms())


class Unharmed(FakeRooms):
    """Columns whose radii are nothing when it comes to healing."""

    def heal(self, made, lesion, site, case):
        nothing = np.zeros_like(lesion.profile.depth_um)
        profile = replace(lesion.profile, crater_um=nothing, coagulated_um=nothing, necrosis_um=nothing)
        return super().heal(made, replace(lesion, profile=profile), site, case)


def prediction(made, name):
    return next(p for p in made.zones[0].predictions if p.name == name)


# --- a plan that is found -------------------------------------------------------------------------------------
def test_the_plan_holds_a_zone_reasons_and_a_runner_up(searched):
    assert searched.verdict in ("CONDITIONAL", "WARNED", "OK")
    assert len(searched.zones) == 1
    panel = searched.zones[0].settings.panel
    assert list(panel)[:2] == ["energy_mJ", "density_pct"]
    assert panel["energy_mJ"] <= 20  # PT-02: first session on a face of phototype III
    assert panel["density_pct"] <= 10
    assert searched.runner_up is not None
    assert searched.runner_up.panel != panel
    text = " ".join(searched.why)
    assert f"energy {panel['energy_mJ']:g} mJ" in text
    assert "Runner-up: energy" in text


def test_the_reasons_quote_the_scores_they_come_from(searched):
    """The runner-up's score and the reason it lost stand in the text as they stand in the data."""
    assert f"{searched.runner_up.score:.3f}" in " ".join(searched.why)
    assert searched.runner_up.why_not in " ".join(searched.why)


def test_the_interval_is_that_of_the_two_ends(searched):
    shot_mJ = searched.zones[0].settings.panel["energy_mJ"]
    depth = prediction(searched, "crater_depth_um")
    from colonnade.laser import device
    from colonnade.tissue import skin

    shot = device(searched.device_id).shot(energy_mJ=shot_mJ)
    assert depth.low == pytest.approx(lesion(shot, skin("cheek"), ETAS.shallow).crater_depth_um)
    assert depth.high == pytest.approx(lesion(shot, skin("cheek"), ETAS.deep).crater_depth_um)
    assert depth.low < depth.nominal < depth.high


def test_page_one_says_where_the_crater_losses_come_from(searched):
    assert searched.crater_losses == "published studies"
    assert any(line.startswith("crater losses from a fake") and "0.25" in line for line in searched.assumptions)


def test_assumed_device_values_are_listed(searched):
    from colonnade.laser import Device, device

    named = [line.split(":")[0] for line in searched.device_assumed]
    assert named == [Device.model_fields[name].title for name in device(searched.device_id).assumed()]


def test_absent_says_what_the_plan_lacks(searched):
    assert searched.zones[0].course is not None
    assert not any("healing" in line for line in searched.absent)
    for word in ("leaflet", "calendar", "shot file", "calibration"):
        assert any(word in line for line in searched.absent)


def test_the_course_heals_in_order_and_its_interval_holds_the_expected_value(searched):
    course = searched.zones[0].course
    for found in (*course.predictions, *course.full_field, *(r.risk for r in course.risks)):
        assert found.low <= found.nominal <= found.high, found.name
        assert found.source
        assert found.illustrative == (found.grade == "D")
    assert course["epithelium_closed_95_d"].nominal <= course["downtime_d"].nominal
    for track in course.series.values():
        assert len(track.nominal) == len(course.day)
        for low, middle, high in zip(track.low, track.nominal, track.high, strict=True):
            assert low <= middle <= high
    assert course.reviewed_by == "none"


def test_the_course_of_the_plan_is_wider_than_that_of_one_column(searched):
    """The plan adds the crater losses to what is unknown about healing."""
    from colonnade.planning.course import drawn

    course = searched.zones[0].course
    again = drawn(course)
    assert again["epithelium_closed_d"].high == course["epithelium_closed_d"].high
    assert again.wound.centres_um.shape == (len(course.wound.x_um), 2)
    fake = FakeRooms()
    task = resolve(Case.parse(searched.case))
    setting = candidate(searched.zones[0].settings.panel, task.device)
    columns = fake.columns(setting.settings.shot, task.zones[0].skin)
    field = fake.field(setting.settings, columns.nominal, task.zones[0].region)
    alone = fake.heal(field, columns.nominal, "cheek", task.case)
    assert alone["crater_lined_d"].high < course["crater_lined_d"].high
    assert alone["crater_lined_d"].nominal == pytest.approx(course["crater_lined_d"].nominal, rel=1e-9)


def test_a_setting_that_opens_no_skin_gets_no_course_and_says_so():
    made = plan(given(), rooms=Unharmed())
    assert [zone.course for zone in made.zones] == [None]
    assert any("No prediction of healing" in line for line in made.absent)


def test_the_plan_is_saved_and_read_back(searched, tmp_path):
    searched.save(tmp_path / "plan.json")
    again = Plan.load(tmp_path / "plan.json")
    assert again == searched
    assert again.sha256 == searched.sha256


def test_progress_runs_from_checks_to_done():
    told = []
    plan(given(), progress=lambda phase, fraction, message: told.append((phase, fraction)), rooms=FakeRooms())
    assert [phase for phase, _ in told] == ["checks", "columns", "field", "done"]
    assert all(0 <= fraction <= 1 for _, fraction in told)


def test_aftercare_says_that_nobody_reviewed_it(searched):
    assert "not reviewed by a clinician" in searched.aftercare[0]
    assert any("No disinfectant on the face" in line for line in searched.aftercare)
    assert not any("Off the face" in line for line in searched.aftercare)


def test_aftercare_in_short_is_the_text_of_the_protocol(searched):
    """One text in one place: every line of the short form stands in the protocol the leaflet is made of."""
    texts = {i.text for name in ("common", "fractional-field") for i in protocol(name).items}
    lines = [line.split(": ", 1)[1] for line in searched.aftercare if line.startswith(("Day ", "Days "))]
    assert len(lines) > 10
    assert set(lines) <= texts


def test_published_rows_are_those_of_the_indication(searched):
    assert {row.id for row in searched.published} >= {"S01", "S02"}
    assert "S12" not in {row.id for row in searched.published}


def test_inputs_hash_changes_with_the_case_only(searched):
    same = plan(case(), rooms=FakeRooms())
    other = plan(case(goals={"priority": "effect"}), rooms=FakeRooms())
    assert same.provenance.inputs_sha256 == searched.provenance.inputs_sha256
    assert same.sha256 == searched.sha256
    assert other.provenance.inputs_sha256 != searched.provenance.inputs_sha256


# --- settings given -------------------------------------------------------------------------------------------
def test_given_settings_are_judged_and_nothing_is_searched():
    rooms = FakeRooms()
    made = plan(given(), rooms=rooms)
    assert rooms.calls == 3
    assert made.zones[0].settings.panel == {"energy_mJ": 10.0, "density_pct": 5.0, "passes": 1.0}
    assert made.runner_up is None
    assert "no others were searched" in made.why[0]


def test_given_settings_over_a_cap_are_refused_without_the_engine():
    rooms = FakeRooms()
    made = plan(given(energy_mJ=25, density_pct=5), rooms=rooms)
    assert made.verdict == "REFUSED"
    assert made.zones == ()
    assert made.aftercare == ()
    assert rooms.calls == 0
    assert any("PT-02-ENERGY" in line and "25 mJ" in line for line in made.why)


def test_a_named_override_lets_a_cap_pass():
    override = {"rule": "PT-02-ENERGY", "name": "A. Example", "role": "physician", "reason": "a reason of some length"}
    data = given(energy_mJ=25, density_pct=5).plain()
    data["clinic"]["overrides"] = [override]
    made = plan(Case.parse(data), rooms=FakeRooms())
    assert made.verdict != "REFUSED"
    assert any(f.outcome == "overridden" and "A. Example" in f.overridden_by for f in made.findings)


def scar(thickness):
    return case(
        indication={"id": "burn-scar", "scar_thickness_um": thickness, "scar_age_months": 24},
        settings={"energy_mJ": 20, "density_pct": 5},
    )


def test_the_deep_end_is_held_against_the_scar():
    """Nominal above, deep end below the scar's floor: refused; a scar thicker than the deep end: not."""
    deep = FakeRooms().deep_um(20)
    nominal = FakeRooms().nominal_um(20)
    between = (nominal + deep) / 2
    made = plan(scar(between), rooms=FakeRooms())
    assert made.verdict == "REFUSED"
    assert any(f.rule == "PAR-02-DEPTH" and f.outcome == "fail" for f in made.findings)
    assert plan(scar(deep + 100), rooms=FakeRooms()).verdict != "REFUSED"


# --- refusals and bad input -----------------------------------------------------------------------------------
def test_a_contraindication_refuses_before_anything_is_searched():
    rooms = FakeRooms()
    data = case().plain()
    data["patient"]["history"]["pregnant_or_lactating"] = "yes"
    made = plan(Case.parse(data), rooms=rooms)
    assert made.verdict == "REFUSED"
    assert rooms.calls == 0
    assert made.validity_status == "outside"
    assert "CI-02" in made.why[0]


def test_when_no_setting_is_allowed_the_limits_that_collide_are_named():
    rooms = FakeRooms()
    made = plan(case(clinic={"caps": {"PT-02-ENERGY": 1.0, "PT-02-DENSITY": 1.0}}), rooms=rooms)
    assert made.verdict == "REFUSED"
    assert rooms.calls == 0
    text = " ".join(made.why)
    assert "None of the 120 settings" in text
    assert "PT-02-ENERGY refuses 120" in text
    assert "PT-02-DENSITY refuses 120" in text
    assert "at most 1 mJ" in text  # by how much, at the nearest
    assert "2.5 mJ" in text


@pytest.mark.parametrize(
    ("changes", "what", "says"),
    [
        ({"device": {"id": "lumenis-ultrapulse-deepfix"}}, "device", "Did you mean"),
        ({"site": {"id": "cheeks"}}, "site", "Did you mean"),
        ({"indication": {"id": "atrophic-acne-scars"}}, "indication", "Did you mean"),
        ({"settings": {"energy_mJ": 500, "density_pct": 5}}, "settings.energy_mJ", "2.5 to 50 mJ"),
        ({"settings": {"energy_mJ": 20, "power_W": 30, "pulse_ms": 667, "density_pct": 5}}, "settings", "E = P·t"),
        ({"indication": {"id": "burn-scar", "scar_age_months": 24}}, "indication.scar_thickness_um", "µm"),
        (
            {
                "indication": {
                    "id": "burn-scar",
                    "scar_age_months": 24,
                    "scar_thickness_um": 900,
                    "target_depth_um": 1200,
                }
            },
            "indication.target_depth_um",
            "900 µm",
        ),
    ],
    ids=["device", "site", "indication", "range", "unit", "thickness", "deeper than the scar"],
)
def test_bad_input_names_what_is_wrong(changes, what, says):
    with pytest.raises(BadInput) as caught:
        plan(case(**changes), rooms=FakeRooms())
    assert caught.value.what == what
    assert says in str(caught.value)


def test_bad_settings_of_a_zone_name_the_zone():
    data = case().plain()
    data["zones"] = [
        {
            "name": "jaw",
            "site": data["site"],
            "region": data["region"],
            "settings": {"energy_mJ": 500, "density_pct": 5},
        }
    ]
    data["region"] = {k: v for k, v in data["region"].items() if v is not None}
    with pytest.raises(BadInput, match='zone "jaw"'):
        plan(Case.parse(data), rooms=FakeRooms())


# --- zones ----------------------------------------------------------------------------------------------------
def zones(*parts):
    data = case().plain()
    region = {"shape": "rectangle", "width_mm": 8, "height_mm": 8}
    data["zones"] = [
        {"name": name, "site": {"id": site, "side": "left"}, "region": region, "settings": settings}
        for name, site, settings in parts
    ]
    return Case.parse(data)


GENTLE = {"energy_mJ": 10, "density_pct": 5}


def test_each_zone_has_its_own_settings_and_findings():
    made = plan(
        zones(("cheek", "cheek", GENTLE), ("neck", "neck", {"energy_mJ": 5, "density_pct": 5})), rooms=FakeRooms()
    )
    assert [z.name for z in made.zones] == ["cheek", "neck"]
    assert [z.settings.panel["energy_mJ"] for z in made.zones] == [10, 5]
    assert {f.zone for f in made.findings if f.rule == "SITE-01"} == {"neck"}
    assert any("Off the face" in line for line in made.aftercare)


def test_one_refused_zone_refuses_the_whole():
    rooms = FakeRooms()
    made = plan(zones(("cheek", "cheek", GENTLE), ("neck", "neck", {"energy_mJ": 40, "density_pct": 5})), rooms=rooms)
    assert made.verdict == "REFUSED"
    assert made.zones == ()
    assert rooms.calls == 0
    assert all(line.startswith("neck:") for line in made.why)


def test_zones_without_settings_are_searched_apart():
    made = plan(zones(("cheek", "cheek", None), ("neck", "neck", None)), rooms=FakeRooms())
    cheek, neck = made.zones
    assert neck.settings.derived["energy_per_column_mJ"] <= 20  # SITE-01-ENERGY
    assert neck.settings.derived["cumulative_density_pct"] <= 10 * (1 + 1e-9)
    assert cheek.site == "cheek"


# --- check, rerun, cite ---------------------------------------------------------------------------------------
def test_check_of_a_case_without_settings_stops_at_the_patient():
    rooms = FakeRooms()
    assert check(case(), rooms=rooms).stage == "patient"
    assert rooms.calls == 0


def test_check_of_given_settings_agrees_with_plan():
    rooms = FakeRooms()
    verdict = check(given(), rooms=rooms)
    assert verdict.stage == "plan"
    assert rooms.calls == 3
    made = plan(given(), rooms=FakeRooms())
    assert verdict.status == made.verdict
    assert [f.rule for f in verdict.findings] == [f.rule for f in made.findings]


def test_check_of_a_plan_judges_what_it_holds(searched):
    rooms = FakeRooms()
    verdict = check(searched, rooms=rooms)
    assert rooms.calls == 0
    assert verdict.stage == "plan"
    assert verdict.status == searched.verdict
    assert {f.rule for f in verdict.findings} == {f.rule for f in searched.findings}


def test_check_sees_a_plan_that_was_changed_by_hand(searched):
    data = searched.plain()
    data["zones"][0]["settings"]["panel"]["energy_mJ"] = 30
    changed = Plan.model_validate_json(json.dumps(data))
    assert check(changed, rooms=FakeRooms()).refused


def test_a_missing_prediction_never_passes(searched):
    data = searched.plain()
    data["zones"][0]["predictions"] = [p for p in data["zones"][0]["predictions"] if p["name"] != "bulk_peak_basal_K"]
    assert check(Plan.model_validate_json(json.dumps(data)), rooms=FakeRooms()).refused


def test_rerun_of_an_unchanged_plan_finds_no_difference(searched):
    assert rerun(searched, rooms=FakeRooms()).same


def test_rerun_names_what_changed(searched):
    data = searched.plain()
    data["zones"][0]["bulk"]["peak_basal_K"] *= 2
    difference = rerun(Plan.model_validate_json(json.dumps(data)), rooms=FakeRooms())
    assert [c.where for c in difference.changed] == ["zones[0].bulk.peak_basal_K"]
    assert difference.changed[0].relative == pytest.approx(0.5)
    assert difference.as_dict()["same"] is False


def test_cite_begins_with_the_program_and_lists_the_indication(searched):
    lines = cite(searched)
    assert lines[0].startswith("Colonnade ")
    assert any("Yuan 2014" in line for line in lines)
    assert len(lines) == len(set(lines))


# --- what every plan keeps ------------------------------------------------------------------------------------
def zone_with(made, **changes):
    data = made.zones[0].model_dump()
    for path, value in changes.items():
        table, key = path.split("__")
        data[table][key] = value
    return type(made.zones[0]).model_validate(data)


def test_a_sound_zone_passes(searched):
    assert require_sound(searched.zones[0]) is searched.zones[0]


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"energy__plume_mJ": 0.0}, "energy of the column does not close"),
        ({"energy__delivered_mJ": 1.0}, "energy"),
        ({"bulk__peak_basal_K": 99.0}, "basal history peaks"),
    ],
    ids=["dropped term", "other shot", "peak"],
)
def test_what_is_broken_is_named(searched, changes, names):
    with pytest.raises(ArithmeticError, match=names):
        require_sound(zone_with(searched, **changes))


def test_coverage_that_does_not_sum_is_refused(searched):
    cover = searched.zones[0].coverage
    with pytest.raises(ArithmeticError, match="coverage at"):
        require_sound(zone_with(searched, coverage__spared_pct=tuple(v + 1 for v in cover.spared_pct)))


def test_a_rise_that_never_peaks_is_refused(searched):
    bulk = searched.zones[0].bulk
    rising = tuple(sorted(bulk.basal_K))
    with pytest.raises(ArithmeticError, match="not inside"):
        require_sound(zone_with(searched, bulk__basal_K=rising))


def test_an_engine_that_returns_nan_gives_no_plan():
    class Broken(FakeRooms):
        def columns(self, shot, skin, tolerance_pct=None):
            good = super().columns(shot, skin)
            return replace(good, nominal=replace(good.nominal, crater_width_mid_um=float("nan")))

    with pytest.raises(ArithmeticError, match="crater_width_mid_um is nan"):
        plan(given(), rooms=Broken())


def test_an_engine_that_returns_a_nan_depth_is_refused_by_the_rules():
    class Broken(FakeRooms):
        def columns(self, shot, skin, tolerance_pct=None):
            good = super().columns(shot, skin)
            return replace(good, deep=replace(good.deep, coagulation_depth_um=float("nan")))

    assert plan(given(), rooms=Broken()).verdict == "REFUSED"


def test_the_shot_lies_on_the_regime_map_of_its_skin(searched):
    """What the plan keeps is the closed-form map of the zone's skin, with the nominal shot's place on it."""
    from colonnade.laser import device
    from colonnade.photothermal import expected_regime, regime_map
    from colonnade.tissue import skin

    zone = searched.zones[0]
    kept = zone.regime_map
    shot = device(searched.device_id).shot(energy_mJ=zone.settings.panel["energy_mJ"])
    assert (kept.shot_exposure_s, kept.shot_irradiance_kW_cm2) == (shot.pulse_s, shot.irradiance_peak_kW_cm2)
    assert kept.expected == expected_regime(shot, skin(zone.site))
    here = regime_map(skin(zone.site), np.array(kept.exposure_s))
    assert kept.vaporisation_kW_cm2 == pytest.approx(here.vaporisation_kW_cm2, rel=2e-4)  # five figures, rounded twice
    assert kept.exposure_s[0] <= 1e-5
    assert kept.exposure_s[-1] >= 1e3
