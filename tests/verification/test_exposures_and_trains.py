"""Pulse trains and long exposures: parity of the two schemes, power over time, what the criterion decides."""

import dataclasses
import math

import numpy as np
import pytest

from colonnade.errors import BadInput
from colonnade.laser import PulseTrain, Shot
from colonnade.photothermal import NO_LOSSES, Cooling, Mesh, Physics, engine, simulate
from colonnade.photothermal.damage import cem43_minutes
from colonnade.photothermal.exposure import expose
from colonnade.photothermal.strategies import Options
from colonnade.schema import read
from colonnade.tissue import skin

CHEEK = skin("cheek")
WARM = {"energy_mJ": 30.0, "pulse_ms": 100.0, "spot_um": 2000.0}
SHORT = Cooling(until_ms=20)


def power_and_energy(train, pulse_s, energy_J):
    segments = train.micropulse(pulse_s, energy_J)
    return segments, sum(d * p for d, p in segments) * train.count(pulse_s)


@pytest.mark.parametrize("rise", [0.0, 30.0])
@pytest.mark.parametrize("tail", [0.0, 80.0])
def test_train_carries_the_energy_of_the_pulse(rise, tail):
    train = PulseTrain(micropulse_us=250, rate_Hz=500, rise_us=rise, tail_us=tail)
    segments, energy = power_and_energy(train, 1e-3, 0.02)
    assert train.count(1e-3) == 4
    assert energy == pytest.approx(0.02, rel=1e-12)
    on = [p for d, p in segments]
    if rise == 0 and tail == 0:
        assert on == pytest.approx([20.0])
    if rise > 0:
        assert on[0] < on[1]
    if tail > 0:
        assert on[-1] < on[-2]
        assert sum(d for d, _ in segments) == pytest.approx(250e-6 + 5 * tail * 1e-6)
    assert train.span_s(1e-3) == pytest.approx(3 * 2e-3 + 250e-6 + 5 * tail * 1e-6)


def test_a_rate_that_cannot_hold_its_micropulses_is_refused():
    data = {**WARM, "pulse_ms": 1.0, "train": {"micropulse_us": 250.0, "rate_Hz": 5000.0}}
    with pytest.raises(BadInput, match="period holds a micropulse"):
        read(Shot, data, origin="a test")
    data = {**WARM, "pulse_ms": 1.0, "stack": 2, "stack_interval_ms": 2.0,
            "train": {"micropulse_us": 250.0, "rate_Hz": 1000.0}}  # fmt: skip
    with pytest.raises(BadInput, match="stack_interval_ms at least"):
        read(Shot, data, origin="a test")


def test_only_an_expanded_beam_carries_joules():
    with pytest.raises(BadInput, match="energy_mJ of at most 2000"):
        read(Shot, {"energy_mJ": 90_000.0, "pulse_ms": 3000.0, "spot_um": 120.0}, origin="a test")
    assert Shot(energy_mJ=90_000, pulse_ms=60_000, spot_um=10_000).energy_J == 90.0


def test_a_train_of_one_micropulse_is_the_plain_pulse():
    plain = Shot(energy_mJ=10, pulse_ms=0.4, spot_um=120)
    train = plain.model_copy(update={"train": PulseTrain(micropulse_us=400)})
    one, two = (simulate(s, CHEEK, cooling=SHORT) for s in (plain, train))
    assert two.crater_depth_um == one.crater_depth_um
    assert two.residual_heat_mJ == one.residual_heat_mJ


def test_gating_leaves_more_heat_and_less_depth():
    """Each micropulse pays for its own wet layer (V7b: 3.3 J/cm2 stored), so a gated pulse digs less and heats more."""
    plain = Shot(energy_mJ=10, pulse_ms=0.4, spot_um=120)
    gated = plain.model_copy(update={"train": PulseTrain(micropulse_us=80, rate_Hz=1000)})
    one, two = (simulate(s, CHEEK, losses=NO_LOSSES, cooling=SHORT) for s in (plain, gated))
    assert two.crater_depth_um < one.crater_depth_um
    assert two.residual_heat_mJ + two.energy.vapour_mJ > one.residual_heat_mJ + one.energy.vapour_mJ
    assert two.energy.closure_error < 1e-9


def fields(scheme, **changes):
    shot = Shot(**{**WARM, **changes})
    options = Options(losses=NO_LOSSES, cooling=Cooling(until_ms=0), mesh=Mesh(dr_um=50.0, dz_um=8.0))
    column = engine.build(shot, CHEEK, options)
    segments = shot.pulses()[0][1]
    if scheme == "adi":
        assert expose(column, shot, segments, step=0.01, watch=None)
    else:
        column.fire(shot, segments=segments, dt=0.25 * column.stable_dt())
    return column


def test_both_schemes_agree_below_boiling():
    """100 ms, 30 mJ on 2 mm: temperature within 0.1 % of the largest rise, damage depth with it.

    Both are first order in the step (properties at its start); 1 % of the time and a quarter of the stable step.
    ."""
    one, two = fields("adi"), fields("explicit")
    rise = two.temperature - two.t_ref
    assert 20 < rise.max() < 65
    assert np.abs(one.temperature - two.temperature).max() <= 0.001 * rise.max()
    assert one.ledger[0] == pytest.approx(two.ledger[0], rel=1e-12)
    assert one.tissue_J() == pytest.approx(two.tissue_J(), rel=1e-6)
    deep = [np.count_nonzero(column.omega_hm[0] > 1e-6) for column in (one, two)]
    assert abs(deep[0] - deep[1]) <= 1


def test_what_would_boil_falls_back_and_leaves_no_trace():
    shot = Shot(**{**WARM, "energy_mJ": 600.0})
    column = engine.build(shot, CHEEK, Options())
    names = [n for n, v in vars(column).items() if isinstance(v, np.ndarray)]
    before = {n: getattr(column, n).copy() for n in names}
    assert not expose(column, shot, shot.pulses()[0][1], watch=None)
    for name in names:
        if name != "transmission":  # scratch, renewed before every use
            assert np.array_equal(getattr(column, name), before[name]), name


DEEP = Shot(energy_mJ=20_000, pulse_ms=60_000, spot_um=10_000, profile="tophat")


@pytest.fixture(scope="module")
def deep():
    return simulate(DEEP, CHEEK, cooling=Cooling(until_ms=10_000), physics=Physics(perfusion_per_s=5e-4))


def test_deep_heating_for_a_minute(deep):
    """0.42 W/cm2 for 60 s: audited, no crater, and a dose at depth that agrees with the history of a single cell."""
    assert deep.energy.closure_error < 1e-9
    assert deep.crater_depth_um == 0.0
    assert deep.regime in {"warming", "coagulation"}
    dose = deep.fields.cem43_min
    assert dose is not None
    below = np.searchsorted(deep.fields.z_edges_m, 200e-6)  # air cools the very surface: the peak lies just under it
    assert np.all(np.diff(dose[0][below:]) <= 0.0)


def test_a_minute_that_would_boil_is_refused_before_it_is_begun():
    with pytest.raises(BadInput, match="which boils"):
        simulate(DEEP.model_copy(update={"energy_mJ": 90_000.0}), CHEEK)


def test_cem43_field_is_the_dose_of_the_history():
    """1 %: the field adds the mean of both ends of each step, as the function does; the first step is unseen here."""
    options = Options(cooling=Cooling(until_ms=0))
    column = engine.build(DEEP, CHEEK, options)
    column.count_cem43 = True
    times, temperatures = [0.0], [CHEEK.temperature_C]

    def look(fraction):
        times.append(fraction * DEEP.pulse_s)
        temperatures.append(float(column.temperature[0, 30]) - 273.15)

    assert expose(column, DEEP, DEEP.pulses()[0][1], watch=look)
    assert column.cem43[0, 30] == pytest.approx(cem43_minutes(np.array(times), np.array(temperatures)), rel=0.01)


def test_a_cold_plate_protects_the_surface_and_moves_the_peak_down():
    cold = simulate(
        DEEP, CHEEK, cooling=Cooling(until_ms=0),
        physics=Physics(h_surface=500.0, medium_C=5.0, precool_ms=2000.0),
    )  # fmt: skip
    bare = simulate(DEEP, CHEEK, cooling=Cooling(until_ms=0))
    t_cold, t_bare = (lesion.fields.temperature_end_K[0] for lesion in (cold, bare))
    assert t_cold[0] < t_bare[0] - 5
    z = 0.5 * (bare.fields.z_edges_m[1:] + bare.fields.z_edges_m[:-1])
    assert z[int(np.argmax(t_bare))] < 50e-6 < 300e-6 < z[int(np.argmax(t_cold))]
    assert cold.energy.closure_error < 1e-9
    assert cold.energy.boundary_mJ > bare.energy.boundary_mJ


def test_surface_of_a_wide_beam_follows_v1():
    """θ = 2q√(t/πkρc) for a wide beam (V4, V5 long before the edge is felt), conductivity and capacity fixed; 2 %:
    light reaches 12 µm deep, and the stratum corneum conducts less."""
    flat = dataclasses.replace(Physics(), k_slope=0.0, h_surface=0.0, reflectance=0.0)
    shot = Shot(energy_mJ=1000, pulse_ms=1000, spot_um=10_000, profile="tophat")
    lesion = simulate(shot, CHEEK, cooling=Cooling(until_ms=0), physics=flat)
    q = 1.0 / (np.pi * 5e-3**2)
    rho = 1000 / (0.7 + 0.649 * 0.3)
    c = rho * (0.7 * 4200 + 0.3 * 1090)
    exact = 2 * q * np.sqrt(1.0 / (np.pi * 0.40 * c))
    deepest = lesion.fields.temperature_end_K[0] - 273.15 - CHEEK.temperature_C
    below = int(np.searchsorted(lesion.fields.z_edges_m, 25e-6))
    z = 0.5 * (lesion.fields.z_edges_m[below] + lesion.fields.z_edges_m[below + 1])
    x = z / (2 * np.sqrt(0.40 / c))
    ierfc = np.exp(-(x**2)) / np.sqrt(np.pi) - x * (1 - math.erf(x))
    assert deepest[below] == pytest.approx(exact * np.sqrt(np.pi) * ierfc, rel=0.02)


def test_a_long_pulse_that_runs_explicitly_counts_its_dose(monkeypatch):
    """It counted the cooling alone. 10 %: the rate doubles with each K, so that steps of ADI over 1 K add 6 %."""
    shot = Shot(energy_mJ=3000, pulse_ms=5000, spot_um=5000, profile="tophat")
    options = {"losses": NO_LOSSES, "mesh": Mesh(dr_um=100, dz_um=12), "cooling": Cooling(until_ms=3000)}
    implicit = simulate(shot, CHEEK, **options)
    monkeypatch.setattr(engine, "LONG_S", 1e9)
    explicit = simulate(shot, CHEEK, **options)
    rows = np.searchsorted(implicit.fields.z_edges_m, [300e-6, 500e-6])
    assert explicit.fields.cem43_min[0, rows] == pytest.approx(implicit.fields.cem43_min[0, rows], rel=0.1)
