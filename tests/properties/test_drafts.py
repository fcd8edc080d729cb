"""Drafts after one turned knob: they agree with the plan they announce, and are never milder than it."""

import pytest

from colonnade import Case
from colonnade.errors import BadInput
from colonnade.planning import plan, replan
from colonnade.planning.draft import HEAT_MARGIN, changed
from colonnade.planning.memory import rooms_of
from support.planning_fakes import FakeRooms
from tests.unit.cli_fakes import CASE

ORDER = ("OK", "WARNED", "CONDITIONAL", "DEFERRED", "REFUSED")
HOT = ("bulk_peak_surface_K", "bulk_peak_basal_K", "bulk_peak_dermis_K", "cem43_basal_min", "omega_basal")


def given(width_mm=22, height_mm=22, **settings):
    data = Case.load(CASE).plain()
    data["region"] = {"shape": "rectangle", "width_mm": width_mm, "height_mm": height_mm}
    data["settings"] = {"energy_mJ": 10, "density_pct": 5} | settings
    return Case.parse(data)


@pytest.fixture(scope="module")
def made():
    rooms = FakeRooms()
    return plan(given(), rooms=rooms), rooms


def numbers(predictions):
    return {p.name: p for p in predictions}


def test_turning_density_simulates_nothing(made):
    before, rooms = made
    calls = rooms.calls
    draft = replan(before, {"density_pct": 10}, rooms=rooms)
    assert draft.setting.settings.density_pct == pytest.approx(10)
    # the fake engine keeps nothing: asked for the three columns again, and for no other pulse
    assert rooms.calls - calls == 3
    assert {"heat", "healing", "rules"} <= set(draft.computed)


def test_the_engine_s_columns_are_kept_by_the_hash_of_the_plan(made):
    before, rooms = made
    assert rooms_of(before.provenance.inputs_sha256) is rooms
    assert rooms_of("0" * 64) is None


@pytest.mark.parametrize(
    "change",
    [{"density_pct": 10}, {"density_pct": 20}, {"energy_mJ": 20}, {"passes": 2}, {"energy_mJ": 25, "density_pct": 15}],
    ids=str,
)
def test_a_draft_agrees_with_its_plan_and_is_never_milder(made, change):
    """Everything but heat is the same; heat is on the hot side, at most as far as the margin and the hand's chance."""
    before, rooms = made
    draft = replan(before, change, rooms=rooms)
    whole = draft.settle()
    assert ORDER.index(draft.verdict.status) >= ORDER.index(whole.verdict)
    if whole.verdict == "REFUSED":
        return
    (zone,) = whole.zones
    assert zone.settings.panel == dict(draft.setting.panel)
    ours, theirs = numbers(draft.predictions), numbers(zone.predictions)
    for name in ours:
        if name in HOT:
            assert ours[name].high >= theirs[name].high, name
        else:
            assert ours[name] == theirs[name], name
    assert ours["bulk_peak_basal_K"].high <= 1.3 * HEAT_MARGIN * theirs["bulk_peak_basal_K"].high
    # the same wound from the lattice as from the field: closure to a tenth, the plugs to rounding
    assert draft.course["plugs_shed_d"].nominal == pytest.approx(zone.course["plugs_shed_d"].nominal, rel=1e-6)
    assert draft.course["epithelium_closed_95_d"].nominal == pytest.approx(
        zone.course["epithelium_closed_95_d"].nominal, rel=0.1
    )
    # cover by depth: discs against the union that is measured by cells, to half a per cent
    for share in ("ablated_pct", "coagulated_pct"):
        at_top = getattr(draft.coverage, share)[0], getattr(zone.coverage, share)[0]
        assert at_top[0] == pytest.approx(at_top[1], abs=0.5), share


def test_a_draft_says_what_it_is(made):
    before, rooms = made
    data = replan(before, {"density_pct": 10}, rooms=rooms).as_dict()
    assert data["draft"] is True
    assert data["panel"]["density_pct"] == 10
    assert {f["rule"] for f in data["findings"]}


def test_turning_a_knob_keeps_the_others_and_one_way_of_spacing_replaces_the_other(made):
    before, _ = made
    assert changed(before, {"density_pct": 12}).settings.energy_mJ == 10
    spaced = changed(before, {"pitch_um": 400}).settings
    assert (spaced.pitch_um, spaced.density_pct) == (400, None)


@pytest.mark.parametrize(
    ("change", "what", "says"),
    [
        ({"densty_pct": 5}, "change", "density_pct"),
        ({"energy_mJ": 500}, "settings.energy_mJ", "2.5 to 50 mJ"),
        ({"density_pct": float("nan")}, "settings", "density_pct"),
    ],
    ids=["unknown", "range", "nan"],
)
def test_bad_changes_are_refused(made, change, what, says):
    before, rooms = made
    with pytest.raises(BadInput) as caught:
        replan(before, change, rooms=rooms)
    assert says in str(caught.value)
    assert what in caught.value.what


def test_a_case_without_settings_cannot_be_changed():
    with pytest.raises(BadInput, match="no settings"):
        replan(Case.load(CASE), {"density_pct": 5}, rooms=FakeRooms())


def test_an_unknown_zone_is_named(made):
    before, rooms = made
    plain = {k: v for k, v in before.case.items() if v is not None}
    part = {k: {n: v for n, v in plain[k].items() if v is not None} for k in ("site", "region", "settings")}
    case = Case.parse(plain | part | {"zones": [{"name": n} | part for n in ("left", "right")]})
    with pytest.raises(BadInput, match="left, right"):
        replan(case, {"density_pct": 5}, zone="middle", rooms=rooms)
    assert replan(case, {"density_pct": 10}, zone="left", rooms=rooms).zone == "left"
