"""The search, with a fake engine and fake rules: what it looks at, what it chooses, what it says about the rest."""

import pytest

from colonnade.laser import device
from colonnade.planning.candidates import knobs, settings_of
from colonnade.planning.objectives import OBJECTIVES, Outcome, Target, band, gentle, score
from colonnade.planning.search import MOST_SHOTS, MOST_SURVEYED, Search, Tools
from support.planning_fakes import LOSSES, OK, PLACE, FakeEngine, finding, verdict

TARGET = Target(
    depth_um=400,
    depth_low_um=400,
    depth_high_um=900,
    cover_low_pct=5,
    cover_high_pct=12,
    coagulation_low_um=20,
    coagulation_high_um=80,
)
DEVICE = device("lumenis-ultrapulse-deepfx")


def search(judge, *, engine=None, priority="balanced", target=TARGET, field=lambda s, c: "field"):
    engine = engine or FakeEngine()
    return Search(
        options=tuple(settings_of(DEVICE)),
        target=target,
        basal_um=76.8,
        priority=priority,
        place=PLACE,
        tools=Tools(column=engine.column, columns=engine.columns, field=field, judge=judge, losses=LOSSES),
        progress=lambda phase, fraction, message: None,
    ).run()


def energy(setting):
    return setting.settings.shot.energy_mJ


def test_every_option_can_be_set_on_the_device():
    options = list(settings_of(DEVICE))
    offered = knobs(DEVICE)
    assert list(offered) == ["energy_mJ", "density_pct", "spot_um", "stack", "passes"]
    assert len(options) == 12 * 5 * 1 * 1 * 2  # 2.5 to 30 mJ: the twelve steps that were published or lie below
    for option in options:
        panel = dict(option.panel)
        assert DEVICE.energy_mJ.holds(panel["energy_mJ"])
        assert DEVICE.density_pct.holds(panel["density_pct"])
        assert panel["passes"] in (1, 2)


def test_power_and_pulse_outside_the_range_of_energies_are_not_offered():
    two_knobs = DEVICE.model_copy(update={"panel": ("power_W", "pulse_ms", "density_pct")})
    options = list(settings_of(two_knobs))
    assert options
    for option in options:
        assert DEVICE.energy_mJ.holds(option.settings.shot.energy_mJ)
    combinations = 1
    for steps in knobs(two_knobs).values():
        combinations *= len(steps)
    assert len(options) < combinations


def test_the_choice_is_simulated_and_its_field_computed():
    engine = FakeEngine()
    found = search(lambda *a: OK, engine=engine)
    assert found.best.columns is not None
    assert found.best.field == "field"
    assert found.runner_up.field == "field"
    assert found.refused_above == ()
    assert engine.calls <= 3 * MOST_SHOTS
    assert engine.surveyed <= MOST_SURVEYED
    assert found.best.scored.total >= found.runner_up.scored.total


def test_nothing_scores_higher_than_the_choice_among_the_simulated():
    """By brute force: simulate every microbeam of the device and look."""
    from colonnade.planning.outcomes import outcome, simulated

    found = search(lambda *a: OK)
    engine = FakeEngine()
    totals = []
    for option in settings_of(DEVICE):
        reached = outcome(option.settings, simulated(engine.columns(option.settings.shot), TARGET, 76.8), PLACE)
        totals.append(score(reached, TARGET, "balanced").total)
    assert found.best.scored.total == pytest.approx(max(totals), abs=1e-12)


def test_a_cap_is_kept_and_named():
    def judge(setting, outcome, columns, field):
        return verdict(finding("CAP-E")) if energy(setting) > 10 else OK

    free = search(lambda *a: OK)
    found = search(judge)
    assert energy(free.best.setting) > 10
    assert energy(found.best.setting) <= 10
    assert found.refused_by()["CAP-E"] >= 1
    assert all(t.scored.total >= found.best.scored.total for t in found.refused_above)


def test_the_deep_end_decides_against_perforation():
    """A limit on the deep end refuses settings whose nominal depth would have passed."""
    limit = 900

    def judge(setting, outcome, columns, field):
        return verdict(finding("DEEP")) if not outcome.crater_depth_um.deep <= limit else OK

    found = search(judge)
    assert found.best.outcome.crater_depth_um.deep <= limit
    by_nominal = search(lambda s, o, c, f: verdict(finding("N")) if not o.crater_depth_um.nominal <= limit else OK)
    assert by_nominal.best.outcome.crater_depth_um.deep > limit


def test_bulk_heat_can_rule_out_the_first_choice():
    hottest = []

    def judge(setting, outcome, columns, field):
        if field is not None and outcome.areal_energy_J_cm2 > 6:
            hottest.append(setting)
            return verdict(finding("HEAT"))
        return OK

    found = search(judge)
    assert hottest
    assert found.best.outcome.areal_energy_J_cm2 <= 6
    assert "HEAT" in found.refused_by()


def test_when_everything_is_refused_there_is_no_choice_and_no_simulation():
    engine = FakeEngine()
    found = search(lambda *a: verdict(finding("ALL")), engine=engine)
    assert found.best is None
    assert engine.calls == 0
    assert len(found.refused_above) == found.considered
    assert found.refused_by() == {"ALL": found.considered}


def test_priority_moves_the_choice():
    effect = search(lambda *a: OK, priority="effect")
    downtime = search(lambda *a: OK, priority="downtime")
    assert downtime.best.outcome.wounded_pct <= effect.best.outcome.wounded_pct
    assert downtime.best.outcome.areal_energy_J_cm2 <= effect.best.outcome.areal_energy_J_cm2


def test_an_engine_that_disagrees_with_the_stand_in_is_believed():
    """The engine cuts four times less: the search moves on to more energy instead of keeping its first guess."""
    weak = FakeEngine()
    weak.columns = lambda shot: FakeEngine.columns(weak, shot.model_copy(update={"energy_mJ": shot.energy_mJ / 4}))
    assert energy(search(lambda *a: OK, engine=weak).best.setting) > energy(search(lambda *a: OK).best.setting)


@pytest.mark.parametrize(("value", "wanted"), [(0, 0), (2, 0.5), (4, 1), (8, 1), (16, 0.5), (float("nan"), 0)], ids=str)
def test_band(value, wanted):
    assert band(value, 4, 8) == wanted


def test_gentle_halves_at_the_reference():
    assert gentle(30, 30) == 0.5
    assert gentle(0, 30) == 1


def test_scores_lie_between_0_and_1_and_add_up():
    found = search(lambda *a: OK)
    scored = found.best.scored
    assert 0 < scored.total <= 1
    assert sum(scored.parts.values()) == pytest.approx(scored.total, rel=1e-12)
    assert set(scored.parts) == {o.name for o in OBJECTIVES}
    assert isinstance(found.best.outcome, Outcome)


def test_nothing_above_the_published_energy_is_proposed():
    """The machine offers 50 mJ; 30 mJ is the highest published without a serious event."""
    assert DEVICE.energy_mJ.high == 50
    assert max(option.settings.shot.total_energy_mJ for option in settings_of(DEVICE)) == 30
    free = DEVICE.model_copy(update={"proposed_max_mJ": None})
    assert max(option.settings.shot.total_energy_mJ for option in settings_of(free)) == 50
