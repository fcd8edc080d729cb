"""Preheat at each column's own firing, and what it does to the lesions."""

from dataclasses import replace

import numpy as np
import pytest

from colonnade import BadInput
from colonnade.field import LesionTable, Scan, heat, lesion_table, pattern, polygon, preheat, tile, treat
from tests.synthetic import column

TEN = pattern("square", density_pct=10, spot_um=120)


def warmer(rise_K):
    """Synthetic: a hundredth more heat and depth per kelvin."""
    lesion = column(heat_mJ=1.8 * (1 + 0.01 * rise_K))
    return replace(lesion, crater_depth_um=600 * (1 + 0.01 * rise_K))


TABLE = LesionTable((0.0, 10.0, 20.0), tuple(warmer(k) for k in (0, 10, 20)))


def shots_of(mm=12, rate=100.0):
    laid = tile(TEN, polygon([[[0, 0], [mm, 0], [mm, mm], [0, mm]]]), Scan())
    return heat.Shots(laid.positions_m, np.arange(laid.columns) / rate, heat.source_of(column()), 0.21, 3.65e6)


def test_background_against_the_plain_sum():
    shots = shots_of()
    depths = np.array([0.0, 1e-4])
    got = preheat.background(shots, depths)
    for k in (0, 1, 29, 500, len(got) - 1):
        plain = heat.rise_plain(shots, shots.xy_m[k], float(shots.time_s[k]), depths)
        # 1e-4 of the value by the table of depth factors, 2e-9 of a column's heat by the cut-off
        assert got[k] == pytest.approx(plain, rel=1e-4, abs=1e-9)
    assert got[0] == pytest.approx([0, 0])


def test_cut_off_drops_what_it_says(monkeypatch):
    from colonnade.field import kernels

    shots = shots_of(30, 50.0)
    depth = np.array([1e-4])
    cut = preheat.background(shots, depth)[:, 0]
    k = np.arange(0, len(cut), 97)
    whole = np.array([heat.rise_plain(shots, shots.xy_m[i], float(shots.time_s[i]), depth)[0] for i in k])
    assert kernels.CUT == 20.0
    assert np.abs(cut[k] - whole).max() < 1e-4 * whole.max()


def test_blocks_hold_every_column_once_in_firing_order():
    from colonnade.field import kernels

    rng = np.random.default_rng(3)
    x, y, t = rng.normal(size=(3, 5000))
    order, starts, box = kernels.blocks(x, y, t)
    assert sorted(order) == list(range(5000))
    assert (np.diff(starts) > 0).all()
    assert np.diff(starts).max() <= kernels.BLOCK
    for b in range(0, len(box), 17):
        ours = order[starts[b] : starts[b + 1]]
        assert (np.diff(t[ours]) >= 0).all()
        assert box[b] == pytest.approx([x[ours].min(), y[ours].min(), x[ours].max(), y[ours].max()])


def test_columns_in_warm_skin_are_deeper_and_hotter():
    shots, made = preheat.fed_back(shots_of(), TABLE, basal_depth_um=80)
    assert made.crater_depth_um[0] == 600
    assert made.crater_depth_um == pytest.approx(600 * (1 + 0.01 * made.rise_K))
    assert made.deepest_um > 610
    assert shots.relative_heat == pytest.approx(1 + 0.01 * made.rise_K, abs=1e-4)
    # settled: the rise follows from the heat it leads to
    again = preheat.background(shots, np.array(made.depths_um) * 1e-6).mean(axis=1)
    assert np.abs(again - made.rise_K).max() <= preheat.SETTLED_K
    # and it is more than without the feedback: neighbours fired into skin about 1 K warmer hold 1 % more heat
    plain = preheat.background(shots_of(), np.array(made.depths_um) * 1e-6).mean(axis=1)
    assert made.rise_K.max() > 1.005 * plain.max()


def test_treat_takes_a_table():
    region = polygon([[[0, 0], [9, 0], [9, 9], [0, 9]]])
    one = treat(column(), TEN, region=region, rate_Hz=100, scan=Scan(size_mm=5))
    many = treat(TABLE, TEN, region=region, rate_Hz=100, scan=Scan(size_mm=5))
    assert one.preheat is None
    assert many.preheat.rise_K.shape == (many.columns,)
    assert many.bulk.peak_basal_K > one.bulk.peak_basal_K
    lattice = treat(TABLE, TEN, region=region, rate_Hz=100)
    assert lattice.preheat.deepest_um > 600


def test_skin_warmer_than_the_table_is_refused():
    short = LesionTable((0.0, 1.0), TABLE.lesions[:2])
    with pytest.raises(BadInput, match="K warmer"):
        preheat.fed_back(shots_of(), short, basal_depth_um=80)
    for wrong in ((0.0,), (1.0, 2.0), (0.0, 0.0)):
        with pytest.raises(BadInput, match="lesion table"):
            LesionTable(wrong, TABLE.lesions[: len(wrong)])


def test_the_table_is_simulated_from_warmer_skin():
    seen = []

    def make(shot, skin):
        seen.append(skin.temperature_C)
        return column()

    lesion = column()
    table = lesion_table(lesion.shot, lesion.skin, preheats_K=(0.0, 7.5), make=make)
    assert seen == pytest.approx([lesion.skin.temperature_C, lesion.skin.temperature_C + 7.5])
    assert table.nominal is table.lesions[0]


def test_a_real_column_in_warm_skin_is_deeper():
    from colonnade import simulate, skin
    from colonnade.laser import Shot

    table = lesion_table(
        Shot(energy_mJ=10, pulse_ms=0.3, spot_um=120), skin("cheek"), preheats_K=(0.0, 15.0), make=simulate
    )
    cold, warm = table.lesions
    # of some 75 K to the boil 15 K are there already; latent heat is the larger part
    assert 1.0 < warm.crater_depth_um / cold.crater_depth_um < 1.15
