"""What is not known decides: a plan near a limit is refused, or reduced, because of its interval; NaN never passes."""

import math
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from colonnade import Case
from colonnade.calibration.profile import LossesEstimate
from colonnade.planning import facts, plan
from colonnade.planning.front import front_of
from colonnade.planning.outcomes import outcome, simulated
from colonnade.planning.resolve import resolve
from colonnade.planning.uncertain import heat_factor, hot_heat, hottest, least, loss_ends, most
from support.planning_fakes import ETAS, PLACE, FakeRooms

EXAMPLE = Path(__file__).parents[2] / "examples" / "acne-scar-cheek.toml"
REGION = {"shape": "rectangle", "width_mm": 8, "height_mm": 8}


@dataclass(frozen=True)
class Span:
    low: float
    high: float
    unfavourable: str = "high"


KNOWN = LossesEstimate(-0.9, -0.7, 0.2, 0.7, 0.2, 0.4, "another test")


@dataclass(frozen=True)
class Spans:
    """Intervals of the shape that `colonnade.calibration.interval` gives."""

    by_name: dict
    matters: tuple = (("energy_scale", 0.75), ("spread between studies", 0.25))
    sources: dict = field(default_factory=lambda: {"energy_scale": "a test"})
    losses: LossesEstimate = field(default_factory=lambda: KNOWN)

    def __getitem__(self, name):
        return self.by_name[name]


class Unsure(FakeRooms):
    """Columns whose numbers may be ``factor`` times as large as the deepest of the three."""

    def __init__(self, factor, names=("coagulation_depth_um", "crater_depth_um")):
        super().__init__()
        self.factor, self.names = factor, names

    def columns(self, shot, skin, tolerance_pct=None):
        found = self.three(shot, skin)
        spans = {n: Span(found.ends(n).shallow, self.factor * found.ends(n).deep) for n in self.names}
        return replace(found, intervals=Spans(spans))


def case(**changes):
    data = Case.load(EXAMPLE).plain()
    data |= {"region": REGION} | changes
    return Case.parse(data)


def scar(thickness_um, **changes):
    return case(indication={"id": "burn-scar", "scar_thickness_um": thickness_um, "scar_age_months": 24}, **changes)


def test_a_plan_near_a_limit_is_refused_because_of_its_interval():
    """All three columns end above the floor of the scar; only what else is not known goes deeper."""
    given = {"energy_mJ": 20, "density_pct": 5}
    thick = FakeRooms().deep_um(20) + 50
    assert plan(scar(thick, settings=given), rooms=Unsure(1.0)).verdict != "REFUSED"
    refused = plan(scar(thick, settings=given), rooms=Unsure(1.5))
    assert refused.verdict == "REFUSED"
    assert [f.rule for f in refused.findings if f.outcome == "fail" and f.severity == "cap"] == ["PAR-02-DEPTH"]


def test_a_search_near_a_limit_settles_for_less_because_of_its_interval():
    thick = FakeRooms().deep_um(20) + 50
    sure, unsure = (plan(scar(thick), rooms=Unsure(factor)) for factor in (1.0, 1.6))
    energies = [made.zones[0].settings.panel["energy_mJ"] for made in (sure, unsure)]
    assert energies[1] < energies[0]
    depth = next(p for p in unsure.zones[0].predictions if p.name == "coagulation_depth_um")
    assert depth.high <= thick
    assert depth.unfavourable == "high"


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_an_interval_that_is_no_number_never_passes(bad):
    """Not even where it concerns a single end."""
    assert plan(case(settings={"energy_mJ": 10, "density_pct": 5}), rooms=Unsure(bad)).verdict == "REFUSED"


def test_heat_that_is_no_number_never_passes():
    made = plan(case(settings={"energy_mJ": 10, "density_pct": 5}), rooms=Unsure(math.nan, names=("residual_heat_mJ",)))
    assert made.verdict == "REFUSED"
    assert "NUM-01-PLAN" in {f.rule for f in made.findings if f.outcome == "fail"}


def test_heat_a_column_may_leave_raises_the_heat_that_is_judged():
    """Linear: twice the heat, twice the rise; dose and damage are counted again from the history."""
    given = case(settings={"energy_mJ": 10, "density_pct": 5})
    usual, hot = (plan(given, rooms=Unsure(f, names=("residual_heat_mJ",))).zones[0] for f in (1.0, 2.0))
    assert hot.bulk.heat_factor == pytest.approx(2 * usual.bulk.heat_factor)
    assert hot.bulk.peak_basal_K == pytest.approx(2 * usual.bulk.peak_basal_K)
    high = [next(p.high for p in z.predictions if p.name == "cem43_basal_min") for z in (usual, hot)]
    assert high[1] > high[0]


def test_the_hot_end_is_hotter_than_the_plan():
    zone = plan(case(settings={"energy_mJ": 10, "density_pct": 5}), rooms=FakeRooms()).zones[0]
    for name in ("bulk_peak_surface_K", "bulk_peak_basal_K", "bulk_peak_dermis_K", "cem43_basal_min", "omega_basal"):
        found = next(p for p in zone.predictions if p.name == name)
        assert found.nominal <= found.high, name
        assert found.unfavourable == "high"
    assert zone.bulk.by_hand


def test_more_passes_are_never_cooler():
    made = [plan(case(settings={"energy_mJ": 10, "density_pct": 5, "passes": n}), rooms=FakeRooms()) for n in (1, 2)]
    peaks = [next(p.high for p in m.zones[0].predictions if p.name == "bulk_peak_basal_K") for m in made]
    assert peaks[0] <= peaks[1]


def test_the_ends_of_the_losses_carry_the_spread_between_studies():
    known = LossesEstimate(math.log(0.4), math.log(0.5), 0.3, 0.7, 0.1, 0.4, "a test")
    ends = loss_ends(known)
    assert ends.etas.nominal == pytest.approx(0.4)
    assert ends.kappa_per_mm == pytest.approx(0.5)
    assert ends.etas.shallow == pytest.approx(0.4 * math.exp(-1.959964 * 0.5))  # 0.3 and 0.4 in quadrature
    assert ends.etas.deep == 1.0  # 0.4 * 2.66 is more than all of the beam
    assert loss_ends(replace(known, sd_ln_eta=0.0, tau=0.0)).etas.deep == pytest.approx(0.4)


@pytest.mark.parametrize("where", range(3))
def test_least_and_most_never_lose_a_nan(where):
    values = [1.0, 2.0, 3.0]
    assert (least(values), most(values)) == (1.0, 3.0)
    values[where] = math.nan
    assert math.isnan(least(values))
    assert math.isnan(most(values))


def test_the_facts_take_the_deepest_and_the_hottest():
    task = resolve(case(settings={"energy_mJ": 10, "density_pct": 5}))
    zone = task.zones[0]
    columns = Unsure(1.5).columns(zone.given.settings.shot, zone.skin)
    reached = outcome(zone.given.settings, simulated(columns, zone.target, zone.basal_um), PLACE)
    known = facts.about_plan(reached, None)
    assert known["coagulation_depth_um"] == pytest.approx(1.5 * columns.deep.coagulation_depth_um)
    assert reached.crater_depth_um.shallow == pytest.approx(columns.shallow.crater_depth_um)
    assert reached.cover_pct.shallow <= reached.cover_pct.nominal <= reached.cover_pct.deep


def test_hot_heat_of_no_factor_is_the_field_s_own():
    rooms = FakeRooms()
    task = resolve(case(settings={"energy_mJ": 10, "density_pct": 5}))
    zone = task.zones[0]
    columns = rooms.three(zone.given.settings.shot, zone.skin)
    bulk = rooms.heat(zone.given.settings, columns.nominal, zone.region)
    same, twice = hot_heat(bulk), hot_heat(bulk, 2.0)
    assert same.peak_basal_K == bulk.peak_basal_either_end_K
    assert same.cem43_basal_min == bulk.cem43_basal_min
    assert np.allclose(twice.basal_K, 2 * bulk.basal_K)
    assert hottest([same, twice]).peak_basal_K == twice.peak_basal_K
    assert heat_factor(columns.nominal, columns) == 1.0
    assert math.isnan(heat_factor(replace(columns.nominal, residual_heat_mJ=math.nan), columns))
    # heat out of nothing cannot be scaled
    assert math.isnan(heat_factor(replace(columns.nominal, residual_heat_mJ=0.0), columns))
    assert ETAS.shallow < ETAS.deep


def test_a_commissioned_device_brings_its_own_losses_and_range():
    from colonnade.calibration.validated import Box
    from colonnade.laser import device
    from colonnade.planning.rooms import Rooms

    laser = device("lumenis-ultrapulse-deepfx")
    box = Box(
        study="profile of a test", role="device", unstated=(), tissue="gel", rows=6, covered=6, energy_mJ=(5, 25),
        pulse_ms=(0.1, 1), spot_um=(100, 140), wavelength_um=(10.6, 10.6), stack=(1, 1),
    )  # fmt: skip
    own, usual = Rooms(losses=KNOWN, commissioned=box), Rooms()
    assert own.ends.device
    assert own.ends.basis == "another test"
    assert own.validity(laser.shot(energy_mJ=15)).status == "inside"
    assert not usual.ends.device
    assert usual.validity(laser.shot(energy_mJ=15)).status == "outside"


# --- the front and the trade ----------------------------------------------------------------------------------
def test_the_front_by_hand():
    costs = [(1, 5, 5), (2, 2, 2), (3, 3, 3), (5, 1, 1), (2, 2, 2), (math.nan, 0, 0), (1, 5, 6)]
    assert front_of(costs) == [0, 1, 3]
    assert front_of([]) == []


def test_the_trade_of_a_plan():
    made = plan(case(), rooms=FakeRooms())
    trade = made.zones[0].trade
    chosen = [p for p in trade.points if p.status == "chosen"]
    assert [p.panel for p in chosen] == [made.zones[0].settings.panel]
    assert chosen[0].known == "field"
    assert chosen[0].refused_by == ()
    assert all(p.refused_by for p in trade.points if p.status == "refused")
    on_front = [p for p in trade.points if p.status in ("front", "chosen", "runner-up")]
    for p in (p for p in trade.points if p.status == "front"):
        beaten = [
            q for q in on_front
            if q.effect_pct >= p.effect_pct and q.downtime_d <= p.downtime_d and q.pih_pct <= p.pih_pct and q is not p
        ]  # fmt: skip
        assert not beaten
        assert p.known != "estimate"
    best = chosen[0].score
    for n in trade.neighbours:  # one knob apart, and a reason each
        assert sum(n.panel[k] != v for k, v in chosen[0].panel.items()) == 1
        assert n.refused or n.score <= best
        assert n.why
    assert len(trade.scenarios) >= 20
    for s in trade.scenarios:
        assert s.same == (s.loss == 0)
    # downtime of the trade is that of the plan's own course
    assert chosen[0].downtime_d == pytest.approx(made.zones[0].course["plugs_shed_d"].nominal, rel=1e-6)


def test_given_settings_have_no_trade():
    made = plan(case(settings={"energy_mJ": 10, "density_pct": 5}), rooms=FakeRooms())
    assert made.zones[0].trade is None


# --- a commissioned device on the command line ----------------------------------------------------------------
PROFILE = """schema = "colonnade.device-profile/1"
device = "lumenis-ultrapulse-deepfx"
owner = "A. Physicist"
date = "2026-01-01"
expires = "2999-01-01"
media = "agar"
rows = 6
covered = 6
[joint]
ln_eta = -0.9
ln_kappa = -0.7
sd_ln_eta = 0.1
sd_ln_kappa = 0.3
correlation = 0.0
tau = 0.05
[range]
energy_mJ = [5.0, 25.0]
pulse_ms = [0.1, 1.0]
spot_um = [110.0, 130.0]
"""


def test_the_command_takes_the_losses_of_a_commissioned_device(capsys, tmp_path, monkeypatch):
    from tests.unit import cli_fakes

    asked = []

    def fake(case, *, progress=None, rooms=None):
        asked.append(rooms)
        return cli_fakes.plan(case)

    cli_fakes.stand_in(monkeypatch, plan=fake, report=cli_fakes.write_report)
    profile = tmp_path / "profile.toml"
    profile.write_text(PROFILE, encoding="utf-8")
    words = ("plan", EXAMPLE, "--out", tmp_path / "out", "--commissioned", profile)
    assert cli_fakes.call(capsys, *words, "--json")[0] == 0
    assert asked[0].ends.device
    assert asked[0].ends.etas.nominal == pytest.approx(math.exp(-0.9))
    profile.write_text(PROFILE.replace("ultrapulse-deepfx", "another"), encoding="utf-8")
    assert "device" in cli_fakes.error_of(capsys, *words)["what"]
    assert len(asked) == 1
