"""Firing order and timing; where the order lowers the heat between columns, and where it does not."""

import math
from dataclasses import replace

import numpy as np
import pytest

from colonnade import BadInput
from colonnade.field import Hand, Scan, Timing, bulk, heat, order, pattern, polygon, tile, treat
from tests.synthetic import column

FOUR_ALPHA = 4 * 0.21 / 3.65e6
KINDS = ("raster", "serpentine", "interlaced", "random", "optimised")
TEN = pattern("square", density_pct=10, spot_um=120)


def stamp(made, mm=10.0):
    """A region that one square stamp fills."""
    side = int(mm / (made.pitch_um * 1e-3)) * made.pitch_um * 1e-3 * (1 - 1e-9)
    laid = tile(made, polygon([[[0, 0], [side, 0], [side, side], [0, side]]]), Scan(size_mm=mm))
    assert laid.stamps == 1
    return laid


@pytest.mark.parametrize("kind", KINDS)
def test_every_column_once_at_the_rate(kind):
    laid = tile(TEN, polygon([[[0, 0], [22, 0], [25, 18], [3, 21]]]), Scan("hexagon"))
    fired = order.fire((laid, laid), kind, Timing(300, stamp_s=0.8, pass_interval_s=60), four_alpha=FOUR_ALPHA)
    n = laid.columns
    assert sorted(fired.column[:n]) == sorted(fired.column[n:]) == list(range(n))
    assert np.array_equal(fired.positions_m, laid.positions_m[fired.column])
    step = np.diff(fired.times_s)
    same = np.diff(fired.stamp) == 0
    assert step[same & (np.diff(fired.pass_) == 0)] == pytest.approx(1 / 300)
    assert step[~same & (np.diff(fired.pass_) == 0)] == pytest.approx(0.8)
    assert fired.times_s[n] - fired.pass_end_s[0] == pytest.approx(60)
    assert fired.pass_end_s[1] == fired.times_s[-1]


def test_rows_run_one_way_or_to_and_fro():
    laid = stamp(TEN)
    one = order.fire((laid,), "raster", Timing(300), four_alpha=FOUR_ALPHA).positions_m
    other = order.fire((laid,), "serpentine", Timing(300), four_alpha=FOUR_ALPHA).positions_m
    pitch = TEN.pitch_m
    assert np.hypot(*np.diff(other, axis=0).T) == pytest.approx(pitch)
    assert np.hypot(*np.diff(one, axis=0).T).max() == pytest.approx(math.hypot(28 * pitch, pitch))


def test_steps_of_the_scanner_cost_time():
    xy = np.array([[0.0, 0.0], [1e-3, 0.0], [1e-3, 10e-3]])
    # 1 mm and 10 mm at 1 m/s after 2 ms: 3 ms, hidden behind 1/200 s; 12 ms
    assert order.step_times(xy, Timing(200, settle_ms=2.0, jump_mm_s=1000)) == pytest.approx([0, 5e-3, 17e-3])
    slow = Timing(3000, settle_ms=0.5, jump_mm_s=500)
    laid = stamp(TEN)
    duration = {k: order.fire((laid,), k, slow, four_alpha=FOUR_ALPHA).pass_end_s[-1] for k in KINDS}
    assert duration["serpentine"] < duration["raster"] < duration["random"]
    # the optimised order is chosen with these steps in mind
    assert duration["optimised"] < duration["random"]


def test_the_optimised_order_has_the_longest_time_between_neighbours():
    laid = stamp(TEN)
    fired = {k: order.fire((laid,), k, Timing(300), four_alpha=FOUR_ALPHA) for k in KINDS}
    least = {k: f.least_time_between_neighbours_s for k, f in fired.items()}
    assert least["raster"] == pytest.approx(1 / 300)
    assert least["optimised"] == max(least.values())
    # four mutual neighbours share the time of a stamp: a third of it at best; a class is short by a row
    assert 0.2 * fired["optimised"].stamp_s < least["optimised"] <= fired["optimised"].stamp_s / 3


def test_the_classes_of_an_interlace_are_all_different():
    for along, across in order.INTERLACES:
        assert sorted(order.dispersed(along, across).ravel()) == list(range(along * across))


def peak_between(laid, kind, rate):
    fired = order.fire((laid,), kind, Timing(rate), four_alpha=FOUR_ALPHA)
    shots = heat.Shots(fired.positions_m, fired.times_s, heat.source_of(column()), 0.21, 3.65e6)
    every = bulk.between(shots.xy_m, laid.pattern.pitch_m, 0.5 * laid.pattern.pitch_m)
    depths = np.array([0.0, 1e-4, 3e-4])
    return fired, float(bulk._hottest(shots, every, every, depths)[2][1])


@pytest.mark.parametrize(
    ("density_pct", "rate_Hz", "gain"),
    # N/f over p²/4α of 34, 5.7, 1.7 and 3.1: the more, the more the order is worth
    [(10, 50, 0.30), (10, 300, 0.10), (10, 1000, 0.01), (3, 50, 0.15)],
)
def test_optimised_is_cooler_between_columns_than_raster_where_physics_allows(density_pct, rate_Hz, gain):
    laid = stamp(pattern("square", density_pct=density_pct, spot_um=120))
    fired, best = peak_between(laid, "optimised", rate_Hz)
    _, plain = peak_between(laid, "raster", rate_Hz)
    assert fired.order_helps
    assert "order matters" in fired.said
    assert best < (1 - gain) * plain


@pytest.mark.parametrize(("density_pct", "rate_Hz"), [(10, 3000), (3, 1000)])
def test_where_the_order_does_not_help_it_says_so(density_pct, rate_Hz):
    laid = stamp(pattern("square", density_pct=density_pct, spot_um=120))
    fired, best = peak_between(laid, "optimised", rate_Hz)
    _, plain = peak_between(laid, "raster", rate_Hz)
    assert not fired.order_helps
    assert "does not help" in fired.said
    assert best == pytest.approx(plain, rel=0.01)


def test_treat_fires_in_order_and_says_what_it_does():
    region = polygon([[[0, 0], [14, 0], [15, 9], [2, 10]]])
    field = treat(
        column(), TEN, region=region, rate_Hz=300, order="optimised", scan=Scan("hexagon", 6), hand=Hand(0.3, 1, seed=2)
    )
    assert field.firing.order == "optimised"
    assert field.tilings[0].real.columns_outside > 0
    assert any(field.firing.said == said for said in field.assumptions)
    assert field.columns == field.tilings[0].columns
    c = field.coverage
    assert c.ablated_pct + c.coagulated_pct + c.heated_pct + c.spared_pct == pytest.approx(100)
    # stamps laid over each other leave more spared skin elsewhere
    ideal = treat(column(), TEN, region=region, rate_Hz=300, scan=Scan("hexagon", 6))
    assert c.spared_pct[0] > ideal.coverage.spared_pct[0]
    expected = 100 * ideal.columns * math.pi * 80e-6**2 / region.area_m2
    assert 100 - ideal.coverage.spared_pct[0] == pytest.approx(expected, rel=1e-6)
    assert field.islands.largest_columns > ideal.islands.largest_columns == 1


def test_waiting_between_stamps_cools():
    region = polygon([[[0, 0], [14, 0], [14, 7], [0, 7]]])
    asked = {"region": region, "rate_Hz": 300, "scan": Scan(size_mm=5)}
    quick = treat(column(), TEN, **asked)
    # long enough for the heat of a stamp to thin out. A few seconds are not: just then it reaches the next stamp, which
    # is fired into it
    slow = treat(column(), TEN, **asked, timing=Timing(300, stamp_s=60.0))
    assert slow.bulk.peak_basal_K <= quick.bulk.peak_basal_K * 1.001
    assert slow.bulk.cem43_basal_min < quick.bulk.cem43_basal_min


@pytest.mark.parametrize(
    "wrong",
    [
        {"order": "optimized"},
        {"timing": Timing(200)},
        {"timing": Timing(300, settle_ms=-1)},
        {"timing": Timing(300, jump_mm_s=float("nan"))},
        {"timing": Timing(300, stamp_s=1e9)},
        {"timing": Timing(300, pass_interval_s=5), "pass_interval_s": 6},
        {"order": "random", "stamp_mm": None},
        {"scan": Scan("circle", size_mm=-1)},
    ],
)
def test_bad_orders_and_timings_are_refused(wrong):
    asked = {"region": polygon([[[0, 0], [9, 0], [0, 9]]]), "rate_Hz": 300}
    with pytest.raises(BadInput) as error:
        treat(column(), TEN, **{**asked, **wrong})
    assert error.value.todo


def test_two_passes_with_a_delay():
    region = polygon([[[0, 0], [8, 0], [8, 8], [0, 8]]])
    soon, late = (
        treat(column(), TEN, region=region, rate_Hz=300, passes=2, pass_interval_s=s, order="serpentine")
        for s in (1.0, 120.0)
    )
    assert late.bulk.peak_basal_K < soon.bulk.peak_basal_K
    assert replace(soon.firing.timing, pass_interval_s=120.0) == late.firing.timing
    one = 1 - soon.coverage_one_pass.spared_pct / 100
    assert soon.coverage_independent.spared_pct == pytest.approx(100 * (1 - one) ** 2, abs=1e-9)
