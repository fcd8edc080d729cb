"""A series of sessions: sums by hand, progress from the studies' own numbers, and rules that never get bolder."""

import itertools
import math
from pathlib import Path

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from colonnade import catalogue
from colonnade.errors import BadInput
from colonnade.planning import Plan, plan
from colonnade.planning.indication import indication
from colonnade.planning.next_session import QUESTIONS, STOPS, WAITS, after, decide
from colonnade.planning.progress import pooled, progress, rows
from colonnade.planning.series_model import SessionOutcome
from colonnade.planning.sessions import cumulative_pct, series, series_rules, shortest_weeks, treated_pct
from colonnade.schema import read
from support.planning_fakes import FakeRooms
from tests.unit.cli_fakes import call
from tests.unit.test_planning_plan import case, given

EXAMPLE = Path(__file__).parents[2] / "examples" / "outcome-session-1.toml"
#: From the most careful answer to the boldest.
BOLD = ("stop", "wait", "ask", "gentler", "same", "stronger")
RUN = settings(max_examples=150, deadline=None, derandomize=True)


@pytest.fixture(scope="module")
def planned():
    return plan(given(energy_mJ=10, density_pct=10), rooms=FakeRooms())


def outcome(**changes):
    """A first session that healed without a trace, scored late, without any change."""
    base = {"schema": "colonnade.outcome/1", "synthetic": True, "session": 1, "weeks_after": 13.0, "gais": 4}
    return read(SessionOutcome, base | dict.fromkeys(QUESTIONS, "no") | changes, origin="outcome")


# --- what adds up -----------------------------------------------------------------------------------------------
def test_cumulative_by_hand():
    # 1 - 0.9 * 0.9 * 0.9 = 0.271
    assert cumulative_pct(10.0, 3) == pytest.approx(27.1, rel=1e-12)  # rounding of one product
    assert cumulative_pct(0.0, 5) == 0
    assert cumulative_pct(100.0, 2) == 100


def test_the_steps_add_up_and_keep_the_interval(planned):
    steps = planned.series.steps
    assert [s.session for s in steps] == [1, 2, 3, 4]  # acne scars: 2 to 4 sessions
    assert [s.week_earliest for s in steps] == [0, 4, 8, 12]
    one = treated_pct(planned.zones[0], planned.target["cover_depth_um"])
    for step in steps:
        span = step.treated_pct["Cheek"]
        assert span.low <= span.nominal <= span.high
        assert span.nominal == pytest.approx(100 * (1 - (1 - one.nominal / 100) ** step.session), rel=1e-9)
        assert step.density_pct["Cheek"] == pytest.approx(100 * (1 - 0.9**step.session), rel=1e-9)
    for before, later in itertools.pairwise(steps):
        assert later.treated_pct["Cheek"].low >= before.treated_pct["Cheek"].low


def test_dark_skin_waits_longer(planned):
    what = indication("atrophic-acne-scar")
    light, _ = shortest_weeks(case(), what, ())
    dark, reasons = shortest_weeks(case(patient={"phototype": "IV"}), what, ())
    assert (light, dark) == (4, 6)
    assert "phototype IV" in " ".join(reasons)


def test_a_slow_wound_makes_the_interval_longer(planned):
    zone = planned.zones[0]
    slow = tuple(p.model_copy(update={"high": 60.0}) if p.name == "downtime_d" else p for p in zone.course.predictions)
    zone = zone.model_copy(update={"course": zone.course.model_copy(update={"predictions": slow})})
    weeks, reasons = shortest_weeks(case(), indication("atrophic-acne-scar"), [zone])
    assert weeks == 9  # 60 days are 8.6 weeks
    assert "late end" in " ".join(reasons)


@pytest.mark.parametrize("sessions", [0, -1, 21, True])
def test_a_number_of_sessions_that_nobody_plans(planned, sessions):
    with pytest.raises(BadInput, match="1 to 20"):
        series(case(), indication("atrophic-acne-scar"), planned.zones, 400.0, sessions)


def test_more_sessions_than_studied_say_so_and_get_no_number(planned):
    found = series(case(), indication("atrophic-acne-scar"), planned.zones, 400.0, 6)
    assert [bool(s.note) for s in found.steps] == [False] * 4 + [True] * 2
    assert [s.improvement_pct is None for s in found.steps] == [False] * 3 + [True] * 3  # the studies: 2 and 3


# --- progress ---------------------------------------------------------------------------------------------------
def test_every_row_of_the_table_is_a_change_that_can_be_computed():
    published = {line.split(",")[0] for line in catalogue.text("published", "settings.csv").splitlines()[1:]}
    for row in rows():
        assert (row.change_pct is None) == (row.before is not None and row.after is not None)
        assert 0 < row.left < 1
        assert row.row in published
        assert row.indication in catalogue.ids("indications")


def test_progress_of_acne_scars_by_hand():
    found = progress("atrophic-acne-scar")
    # S04, 4 weeks apart: (1.56 / 5.86)^(1/2) = 0.5160; 12 weeks apart: (1.33 / 5.86)^(1/2) = 0.4764
    # S03, texture: (3.89 / 6.15)^(1/3) = 0.8584; atrophy: (3.56 / 5.72)^(1/3) = 0.8538
    assert found.fast == pytest.approx(0.4764, abs=5e-5)  # four digits by hand
    assert found.slow == pytest.approx(0.8584, abs=5e-5)
    s04, s03 = math.sqrt(0.5160 * 0.4764), math.sqrt(0.8584 * 0.8538)
    assert found.nominal == pytest.approx(math.sqrt(s04 * s03), abs=1e-4)  # both studies had 13 people
    assert (found.grade, found.illustrative) == ("C", False)


@pytest.mark.parametrize("name", sorted({row.indication for row in rows()}))
def test_the_interval_holds_every_study_it_comes_from(name):
    found = progress(name)
    for row in found.rows:
        assert found.fast - 1e-12 <= row.left_per_session <= found.slow + 1e-12
    assert found.fast <= found.nominal <= found.slow
    assert found.improvement_pct(found.most_sessions + 1) is None


def test_one_study_alone_may_be_no_progress_at_all_and_is_illustrative():
    found = progress("enlarged-pores")
    assert found.slow == 1.0
    assert found.improvement_pct(3)[1] == 0
    assert (found.grade, found.illustrative) == ("D", True)
    with pytest.raises(ValueError, match="no rows"):
        pooled(())


def test_no_study_no_number():
    assert progress("striae") is None
    made = plan(case(indication={"id": "melasma", "diagnosis": "melasma", "dermoscopy": "yes",
                                 "suspicious_signs": "no", "recurrence_in_laser_scar": "no"},
                     device={"id": "deka-smartxide-dot"}), rooms=FakeRooms())  # fmt: skip
    assert made.series.progress_grade is None
    assert all(step.improvement_pct is None for step in made.series.steps)
    assert "nothing is predicted" in made.series.progress_words


# --- what comes next --------------------------------------------------------------------------------------------
def kind(*outcomes, weeks=4.0, most=4):
    said = decide(outcomes, weeks, most)
    return said.kind, said.rules[0].id


def test_every_rule_can_speak():
    worse = {"instrument": "vss", "score_before": 5.0, "score_after": 6.0, "gais": None}
    seen = {
        kind(outcome(thick_or_scarred="yes")),
        kind(outcome(pale_marks="yes")),
        kind(outcome(colour_came_back="yes")),
        kind(outcome(blisters_or_burn="yes")),
        kind(outcome(gais=5)),
        kind(outcome(gais=1)),
        kind(outcome(session=4)),
        kind(outcome(), outcome(session=2)),
        kind(outcome(dark_marks="yes")),
        kind(outcome(weeks_after=3.0)),
        kind(outcome(not_healed="unknown")),
        kind(outcome(dark_marks="yes", weeks_after=5.0), outcome()),
        kind(outcome(blisters_or_burn="yes", weeks_after=5.0), outcome()),
        kind(outcome(weeks_after=5.0)),
        kind(outcome(gais=3)),
        kind(outcome()),
    }
    assert {rule for _, rule in seen} == {rule.id for rule in series_rules()}
    assert all(next(r.kind for r in series_rules() if r.id == rule) == said for said, rule in seen)
    assert kind(outcome(**worse)) == ("stop", "SER-05")


def test_a_scarred_session_stops_whatever_else_was_said():
    assert kind(outcome(thick_or_scarred="yes", gais=1, dark_marks="unknown", weeks_after=1.0))[0] == "stop"


answers = st.fixed_dictionaries({name: st.sampled_from(["yes", "no", "unknown"]) for name in QUESTIONS})
others = st.fixed_dictionaries(
    {"gais": st.sampled_from([None, 1, 2, 3, 4, 5]), "weeks_after": st.floats(0, 40), "session": st.integers(1, 5)}
)


@RUN
@drawn(answers, others, st.sampled_from(QUESTIONS), st.sampled_from(["yes", "unknown"]))
def test_one_more_bad_answer_never_makes_the_answer_bolder(said, other, question, worse):
    before = kind(outcome(**said, **other))[0]
    changed = dict(said)
    if not (said[question] == "yes" and worse == "unknown"):
        changed[question] = worse
    assert BOLD.index(kind(outcome(**changed, **other))[0]) <= BOLD.index(before)


@RUN
@drawn(answers, others)
def test_nothing_gets_stronger_unless_every_question_was_answered_with_no(said, other):
    if any(answer != "no" for answer in said.values()):
        assert kind(outcome(**said, **other))[0] in ("stop", "wait", "ask")


def test_the_questions_are_those_of_the_outcome():
    fields = SessionOutcome.model_fields
    assert set(QUESTIONS) == {name for name in fields if fields[name].default == "unknown"} == {*STOPS, *WAITS}


def test_stronger_is_one_step_of_energy_and_no_density(planned):
    found = after(planned, [outcome()], rooms=FakeRooms())
    (zone,) = found.zones
    assert found.kind == "stronger"
    assert zone.changed == {"energy_mJ": (10.0, 12.5)}
    assert zone.panel["density_pct"] == 10
    assert found.improvement_expected_pct.low < found.improvement_expected_pct.high


def test_gentler_is_fewer_passes_before_less_density(planned):
    trace = [outcome(dark_marks="yes", weeks_after=6.0), outcome(weeks_after=20.0)]
    (zone,) = after(planned, trace, rooms=FakeRooms()).zones
    assert zone.changed == {"density_pct": (10.0, 5.0)}
    two = plan(given(energy_mJ=10, density_pct=5, passes=2), rooms=FakeRooms())
    (zone,) = after(two, trace, rooms=FakeRooms()).zones
    assert zone.changed == {"passes": (2.0, 1.0)}


def test_a_step_that_a_limit_refuses_is_not_suggested():
    """On the neck 20 mJ is the cap: from 20 mJ there is no step up."""
    neck = plan(case(site={"id": "neck", "side": "left"}, settings={"energy_mJ": 20, "density_pct": 5}),
                rooms=FakeRooms())  # fmt: skip
    found = after(neck, [outcome()], rooms=FakeRooms())
    (zone,) = found.zones
    assert zone.panel == {}
    assert "SITE-01-ENERGY" in zone.refused_by
    assert "not suggested" in zone.words


def test_the_clinics_own_cap_holds_for_a_suggestion():
    mine = case(clinic={"caps": {"SITE-05-ENERGY": 10}}, settings={"energy_mJ": 10, "density_pct": 5})
    (zone,) = after(plan(mine, rooms=FakeRooms()), [outcome()], rooms=FakeRooms()).zones
    assert zone.refused_by == ("SITE-05-ENERGY",)


def test_where_the_device_ends_nothing_is_made_up():
    most = plan(case(patient={"phototype": "II"}, settings={"energy_mJ": 50, "density_pct": 5}), rooms=FakeRooms())
    (zone,) = after(most, [outcome()], rooms=FakeRooms()).zones
    assert zone.changed == {}
    assert "no step" in zone.words


@pytest.mark.parametrize(
    "outcomes",
    [[], [outcome(session=2), outcome(session=1)], [outcome(weeks_after=9.0), outcome(weeks_after=5.0)]],
    ids=["none", "sessions", "weeks"],
)
def test_outcomes_out_of_order_are_bad_input(planned, outcomes):
    with pytest.raises(BadInput, match="outcomes"):
        after(planned, outcomes, rooms=FakeRooms())


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"gais": 6}, "gais"),
        ({"weeks_after": math.nan}, "weeks_after"),
        ({"weeks_after": -1.0}, "weeks_after"),
        ({"dark_marks": "a little"}, "dark_marks"),
        ({"darkmarks": "no"}, "Did you mean"),
        ({"instrument": "vss"}, "together"),
    ],
)
def test_an_outcome_that_cannot_be(changes, says):
    with pytest.raises(BadInput, match=says):
        outcome(**changes)


def test_a_disabled_instrument_is_refused(planned):
    with pytest.raises(BadInput, match="disabled"):
        after(planned, [outcome(instrument="ecca", score_before=100.0, score_after=50.0)], rooms=FakeRooms())


def test_a_refused_plan_has_no_series():
    refused = plan(case(patient={"history": {"pregnant_or_lactating": "yes"}}), rooms=FakeRooms())
    assert refused.series is None
    with pytest.raises(BadInput, match="REFUSED"):
        after(refused, [outcome()], rooms=FakeRooms())


# --- command ----------------------------------------------------------------------------------------------------
@pytest.fixture
def on_disk(planned, tmp_path):
    planned.save(tmp_path / "plan.json")
    return tmp_path / "plan.json"


def test_the_plan_is_read_back_with_its_series(planned, on_disk):
    assert Plan.load(on_disk).series == planned.series


def test_the_command_says_grade_interval_and_who_reviewed(capsys, on_disk):
    code, out, _ = call(capsys, "sessions", on_disk)
    assert code == 0
    assert "Evidence C" in out
    assert "reviewed by none" in out
    assert "4 to 12" in out


def test_the_command_exits_with_1_where_the_rules_say_stop(capsys, on_disk, tmp_path):
    bad = tmp_path / "bad.toml"
    text = EXAMPLE.read_text(encoding="utf-8")
    bad.write_text(text.replace('thick_or_scarred = "no"', 'thick_or_scarred = "yes"'), encoding="utf-8")
    code, out, _ = call(capsys, "sessions", on_disk, "--outcome", bad)
    assert code == 1
    assert "SER-01" in out


@pytest.mark.parametrize(
    "content", [b"\xff\xfe", b"schema =", b"", b"x" * 200_000], ids=["binary", "toml", "empty", "big"]
)
def test_an_outcome_file_that_cannot_be_read(capsys, on_disk, tmp_path, content):
    path = tmp_path / "outcome.toml"
    path.write_bytes(content)
    code, _, err = call(capsys, "sessions", on_disk, "--outcome", path)
    assert code == 2
    assert "outcome.toml" in err


def test_a_result_that_disagrees_with_itself_is_no_series(planned, monkeypatch):
    from colonnade.planning import sessions
    from colonnade.safety import Disagreement

    monkeypatch.setattr(sessions, "cumulative_by_inclusion_pct", lambda one, n: 0.0)
    with pytest.raises(Disagreement):
        cumulative_pct(10.0, 2)
