"""Plans side by side, and settings on another device: what must hold whatever the numbers are."""

import json

import plans
import pytest

from colonnade.case import Case, PanelSettings
from colonnade.errors import BadInput
from colonnade.laser import device
from colonnade.planning import Plan
from colonnade.planning.candidates import of_raw
from colonnade.planning.compare import compare
from colonnade.planning.conversion import table
from colonnade.planning.rooms import Rooms
from colonnade.planning.translate import MATCHED, REACH, translate
from colonnade.planning.translating import zone_of
from colonnade.reporting.side import compared, conversion, translated
from colonnade.tissue import skin
from support.planning_fakes import FakeRooms
from tests.unit.cli_fakes import CASE, call, error_of

DEEPFX, REPAIR, DOT = "lumenis-ultrapulse-deepfx", "solta-fraxel-repair", "deka-smartxide-dot"


def on(name, **settings):
    return of_raw(PanelSettings(**settings), device(name))


# --- compare --------------------------------------------------------------------------------------------------
def test_a_plan_differs_from_itself_in_nothing():
    found = compare([plans.make_plan(), plans.make_plan()])
    assert found.same
    assert found.notes == ()
    assert "Nothing differs." in compared(found)


def test_every_number_is_there_and_exactly_what_differs_is_marked():
    one = plans.make_plan()
    other = plans.make_plan(zones=[plans.zone(energy_mJ=20)])
    found = compare([one, other])
    by_name = {(line.section, line.name): line for line in found.lines}
    for name, value in one.zones[0].settings.derived.items():
        line = by_name["Settings", name]
        assert line.values == (value, other.zones[0].settings.derived[name])
        assert line.differs == (value != other.zones[0].settings.derived[name])
    for p in one.zones[0].predictions:
        assert by_name["Predictions", p.name].values[0] == p.nominal
        assert by_name["Predictions", f"{p.name} high"].values[0] == p.high
    energy = by_name["Settings", "energy_mJ"]
    assert energy.relative == pytest.approx(0.25)  # 15 and 20 mJ
    assert not by_name["Plan", "phototype"].differs
    page = compared(found)
    assert page.count("<svg") == 2 * 5  # five pictures of each plan
    assert "≠ Energy per microbeam [mJ]" in page
    assert "≠ Spot diameter" not in page


def test_a_refused_plan_and_plans_with_other_zones_can_be_compared():
    found = compare([plans.refused_plan(with_zones=False), plans.three_zone_plan()])
    depth = next(line for line in found.lines if line.name == "crater_depth_um")
    assert depth.values[0] is None
    assert depth.differs
    assert any("refused plan" in note for note in found.notes)
    assert compared(found)


@pytest.mark.parametrize("count", [0, 1, 5])
def test_too_few_or_too_many_plans_are_refused(count):
    with pytest.raises(BadInput, match="2 to 4 plans"):
        compare([plans.make_plan()] * count)


def test_the_command_marks_and_writes(tmp_path, capsys):
    plans.make_plan().save(tmp_path / "a.json")
    plans.make_plan(zones=[plans.zone(energy_mJ=20)]).save(tmp_path / "b.json")
    code, out, _ = call(capsys, "compare", tmp_path / "a.json", tmp_path / "b.json", "--out", tmp_path / "out")
    assert code == 0
    assert "≠  energy_mJ" in out
    assert "spot_um" not in out  # the same in both
    assert (tmp_path / "out" / "comparison.html").is_file()
    code, out, _ = call(capsys, "compare", tmp_path / "a.json", tmp_path / "a.json", "--json")
    assert json.loads(out)["same"] is True


def test_a_plan_of_another_schema_is_refused_by_name(tmp_path, capsys):
    data = plans.make_plan().plain()
    (tmp_path / "a.json").write_text(json.dumps(data))
    (tmp_path / "b.json").write_text(json.dumps(data | {"schema": "colonnade.plan/2"}))
    error = error_of(capsys, "compare", tmp_path / "a.json", tmp_path / "b.json")
    assert "b.json" in error["what"]
    assert "colonnade.plan/2" in error["given"]
    assert error["allowed"] == "colonnade.plan/1"


# --- translate ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("energy", [5, 10, 15, 20])
@pytest.mark.parametrize("density", [5.0, 10.0, 20.0])
def test_there_and_back_where_both_ranges_allow(energy, density):
    """Both offer these energies, densities and spot: depth and cover return within the issue's 5 %."""
    start = on(DEEPFX, energy_mJ=energy, density_pct=density)
    there = translate(start, device(REPAIR), skin("cheek"), rooms=FakeRooms())
    back = translate(there.found.setting, device(DEEPFX), skin("cheek"), rooms=FakeRooms())
    for name in ("crater_depth_um", "cover_at_half_depth_pct"):
        assert back.found.numbers[name] == pytest.approx(there.source.numbers[name], rel=MATCHED)


def test_there_and_back_with_the_engine():
    rooms = Rooms()
    start = on(DEEPFX, energy_mJ=10, density_pct=10.0)
    there = translate(start, device(REPAIR), skin("cheek"), rooms=rooms)
    back = translate(there.found.setting, device(DEEPFX), skin("cheek"), rooms=rooms)
    for name in ("crater_depth_um", "cover_at_half_depth_pct"):
        assert back.found.numbers[name] == pytest.approx(there.source.numbers[name], rel=MATCHED)


def test_what_cannot_be_matched_is_said_and_the_cautious_side_is_never_more():
    """12.5 mJ lies between two steps of the other device: one side is deeper, the cautious one is not."""
    found = translate(on(DEEPFX, energy_mJ=12.5, density_pct=15.0), device(REPAIR), skin("cheek"), rooms=FakeRooms())
    assert found.found.setting.settings.shot.energy_mJ in (10, 15)
    assert found.cautious is not None
    assert found.cautious.setting.settings.shot.energy_mJ == 10
    for name in ("crater_depth_um", "crater_depth_deep_um", "cover_at_half_depth_pct"):
        assert found.cautious.numbers[name] <= found.source.numbers[name]
    assert any("cautious direction" in note for note in found.notes)
    assert {line.name for line in found.unmatched} == {
        line.name for line in found.lines if not abs(line.found - line.source) <= MATCHED * line.source
    }


def test_no_closer_step_of_the_other_device_was_overlooked():
    wanted = translate(on(DEEPFX, energy_mJ=12.5, density_pct=10.0), device(REPAIR), skin("cheek"), rooms=FakeRooms())
    goal = wanted.source.numbers["crater_depth_um"]
    rooms = FakeRooms()
    depths = [
        rooms.columns(device(REPAIR).shot(energy_mJ=e), skin("cheek")).nominal.crater_depth_um for e in (5, 10, 15, 20)
    ]
    assert abs(wanted.found.numbers["crater_depth_um"] - goal) == pytest.approx(min(abs(d - goal) for d in depths))


def test_an_unreachable_lesion_is_refused_with_what_can_be_reached():
    with pytest.raises(BadInput, match="within 20 %") as caught:
        translate(on(DEEPFX, energy_mJ=20, density_pct=5.0), device(DOT), skin("cheek"), rooms=FakeRooms())
    assert "µm" in caught.value.given
    assert REACH == 0.2


def test_a_spot_the_device_does_not_have_is_refused():
    with pytest.raises(BadInput, match="spot_um"):
        translate(on(DEEPFX, energy_mJ=10, density_pct=5.0), device(REPAIR), skin("cheek"), spot_um=333.0)


def test_the_table_has_a_row_for_each_step_and_says_what_is_out_of_reach():
    rows = table(device(REPAIR), device(DEEPFX), skin("cheek"), rooms=FakeRooms())
    assert [row.source.settings.shot.energy_mJ for row in rows] == [5, 10, 15, 20]
    for row in rows:
        assert row.translation is not None
        assert row.translation.found.setting.settings.shot.energy_mJ == row.source.settings.shot.energy_mJ
    page = conversion("A", "B", "cheek", rows)
    assert page.count('<th scope="row">') == len(rows)
    assert translated(rows[0].translation, "WARNED").count("WARNED") == 1
    far = table(device(DEEPFX), device(DOT), skin("cheek"), rooms=FakeRooms())
    assert any(row.translation is None and "within 20 %" in row.why_not for row in far)


def test_a_case_without_settings_cannot_be_translated():
    with pytest.raises(BadInput, match="no settings"):
        zone_of(Case.load(CASE))
    data = Case.load(CASE).plain() | {"settings": {"energy_mJ": 10, "density_pct": 5.0}}
    data = {k: v for k, v in data.items() if v is not None}
    data["region"] = {k: v for k, v in data["region"].items() if v is not None}
    zone = zone_of(Case.parse(data))
    assert zone.setting.settings.shot.energy_mJ == 10
    with pytest.raises(BadInput, match="--zone"):
        zone_of(Case.parse(data), "no such zone")


def test_an_unknown_device_is_refused(tmp_path, capsys):
    plans.make_plan().save(tmp_path / "a.json")
    error = error_of(capsys, "translate", "--from", tmp_path / "a.json", "--to", "solta-fraxel-repare")
    assert 'Did you mean "solta-fraxel-repair"?' in error["todo"]
    error = error_of(capsys, "translate", "--from", "no-such", "--to", REPAIR, "--table", "--site", "cheek")
    assert "no-such" in error["given"]
    assert "--site" in error_of(capsys, "translate", "--from", DEEPFX, "--to", REPAIR, "--table")["what"]


def test_a_saved_plan_loads_with_its_schema(tmp_path):
    plans.make_plan().save(tmp_path / "plan.json")
    assert Plan.load(tmp_path / "plan.json") == plans.make_plan()
