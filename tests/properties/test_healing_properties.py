"""What must hold for any wound: worse never heals sooner, nothing appears from nowhere, risks never fall."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from colonnade.case import History
from colonnade.healing import fractional, front, full_field, heal, recurrence
from colonnade.healing.closure import between_columns, of_surface
from colonnade.healing.site import healing_site

NO = dict.fromkeys(History.model_fields, "no")
RISKS = ("pih_risk_pct", "infection_risk_pct", "scar_risk_pct")
FEW = settings(max_examples=12, deadline=None)
SITES = ("forehead", "cheek", "neck", "back", "forearm")

radius = st.floats(20, 150)
pitch = st.floats(320, 1200)


def course(site="cheek", phototype="III", answers=None, **geometry):
    numbers = {"dead_radius_um": 80.0, "pitch_um": 500.0, "crater_depth_um": 500.0, **geometry}
    return heal(fractional(**numbers), site=site, phototype=phototype, history=History(**{**NO, **(answers or {})}))


def ends(prediction):
    return np.array([prediction.nominal, prediction.low, prediction.high])


@FEW
@given(radius, st.floats(1, 2), pitch)
def test_a_wider_column_never_closes_sooner(r, factor, p):
    narrow = between_columns(fractional(dead_radius_um=r, pitch_um=p))
    wide = between_columns(fractional(dead_radius_um=min(r * factor, 0.499 * p), pitch_um=p))
    if r * factor < 0.499 * p:
        assert wide.reach_um(1.0) >= narrow.reach_um(1.0)
        assert wide.wound_share >= narrow.wound_share
    a, b = (course(dead_radius_um=v, pitch_um=p) for v in (r, r * factor))
    for name in ("epithelium_closed_95_d", "visible_gone_d"):
        if a.wound.kind == b.wound.kind == "fractional":
            assert (ends(b[name]) >= ends(a[name])).all()


@FEW
@given(st.floats(60, 120), st.floats(80, 400), st.floats(1, 2))
def test_columns_laid_closer_never_close_sooner(r, p, factor):
    """Closer columns merge, the islands between them shrink; farther apart they close as one alone."""
    close, apart = (fractional(dead_radius_um=r, pitch_um=v) for v in (p, p * factor))
    if close.kind == apart.kind == "fractional":
        # rim points stand R·2π/192 apart: the distance to them exceeds that to the rim by far less than this
        assert between_columns(close).reach_um(1.0) >= between_columns(apart).reach_um(1.0) - 0.05 * r


@FEW
@given(st.floats(5, 400), st.floats(1, 4), st.floats(5, 40))
def test_a_larger_spacing_of_follicles_never_closes_sooner(per_cm2, factor, width):
    wound = full_field(depth_um=100, rim_um=80, width_mm=width)
    sparse, dense = of_surface(wound, per_cm2), of_surface(wound, per_cm2 * factor)
    assert (sparse.distance_um >= dense.distance_um).all()
    for share in (0.5, 0.95, 1.0):
        assert sparse.reach_um(share) >= dense.reach_um(share)


@FEW
@given(st.floats(50, 3000), st.floats(0, 1000), st.floats(0, 500), st.sampled_from(SITES))
def test_a_deeper_or_more_burnt_surface_never_closes_sooner(depth, deeper, more, site):
    shallow = heal(full_field(depth_um=depth, rim_um=50, width_mm=12), site=site)["epithelium_closed_95_d"]
    deep = heal(full_field(depth_um=depth + deeper, rim_um=50 + more, width_mm=12), site=site)["epithelium_closed_95_d"]
    assert (ends(deep) >= ends(shallow)).all()


@FEW
@given(radius, st.sampled_from([(a, b) for a in SITES for b in SITES]))
def test_a_slower_site_is_later(r, pair):
    speeds = [healing_site(s).front_speed for s in pair]
    if all(getattr(speeds[0], end) >= getattr(speeds[1], end) for end in ("value", "low", "high")):
        a, b = (course(site=s, dead_radius_um=r)["epithelium_closed_d"] for s in pair)
        assert (ends(b) >= ends(a) - 1e-12).all()


@FEW
@given(radius, pitch, st.sampled_from(SITES))
def test_what_is_open_or_seen_only_shrinks_and_islands_are_kept(r, p, site):
    found = course(site=site, dead_radius_um=r, pitch_um=p)
    d = found.days
    for track in (d.open_pct, d.visible_pct):
        for series in (track.nominal, track.low, track.high):
            assert (np.diff(series) <= 1e-9).all()
            assert 0 <= series.min() <= series.max() <= 100 + 1e-9
        assert (track.low <= track.nominal + 1e-9).all()
        assert (track.nominal <= track.high + 1e-9).all()
    # what is open at the start is what the columns take: π R² per column, since these do not overlap
    if 2 * r < p:
        assert d.open_pct.nominal[0] == np.float64(100 * found.wound.columns_per_mm2 * np.pi * (r / 1000) ** 2).round(
            12
        ) or (abs(d.open_pct.nominal[0] / (100 * found.wound.columns_per_mm2 * np.pi * (r / 1000) ** 2) - 1) < 1e-9)


def test_nothing_is_lost_while_collagen_matures():
    from colonnade.healing.collagen import months

    for tau in (30.0, 45.0, 60.0):
        m = months(maturing_d=tau)
        # the three equations are linear: their sum holds to the solver's rounding
        assert np.abs(m.collagen_iii + m.collagen_i - m.produced).max() < 1e-9
        assert (np.diff(m.collagen_i) >= 0).all()
        assert (m.collagen_iii >= 0).all()


ORDER = ("no", "unknown", "yes")
QUESTIONS = (
    "history_of_pih",
    "sunburn_or_tan",
    "keloid_tendency",
    "herpes_history",
    "immunosuppressed",
    "diabetes_hba1c_above_9_pct",
    "smoker",
    "radiotherapy_to_site",
    "isotretinoin_within_6_months",
)


@FEW
@given(st.sampled_from(QUESTIONS), st.integers(0, 1))
def test_no_risk_falls_with_a_worse_answer(question, k):
    better, worse = (course(answers={question: a}) for a in ORDER[k : k + 2])
    for name in (*RISKS, "epithelium_closed_d"):
        assert (ends(worse[name]) >= ends(better[name]) - 1e-9).all(), name


@FEW
@given(st.integers(0, 4))
def test_no_dark_mark_risk_falls_with_a_darker_phototype(k):
    a, b = (course(phototype=t)["pih_risk_pct"] for t in ("I", "II", "III", "IV", "V", "VI")[k : k + 2])
    assert (ends(b) >= ends(a)).all()


@FEW
@given(st.sampled_from(["density_pct", "basal_rise_K", "crater_depth_um"]), st.floats(0, 1), st.floats(0, 1))
def test_no_risk_falls_with_density_heat_or_depth(what, x, y):
    top = {"density_pct": 60.0, "basal_rise_K": 20.0, "crater_depth_um": 2000.0}[what]
    low, high = (course(**{what: top * v}) for v in sorted((x, y)))
    for name in RISKS:
        assert (ends(high[name]) >= ends(low[name]) - 1e-9).all(), name


@FEW
@given(st.sampled_from(["junctional", "compound", "dermal"]), st.floats(100, 3000), st.sampled_from(SITES))
def test_deeper_lowers_the_return_of_a_naevus_and_raises_the_scar(kind, limit, site):
    found = recurrence(kind, limit_um=limit, site=site, skin_um=1600.0)
    assert found.depth_um[-1] <= limit
    assert (np.diff(found.recurrence_pct, axis=1) <= 1e-9).all()
    assert (np.diff(found.scar_pct, axis=1) >= -1e-9).all()


@FEW
@given(st.floats(0, 1e4), st.floats(0, 1e4))
def test_open_share_falls_with_the_reach(a, b):
    points = np.random.default_rng(1).uniform(0, 5000, 300)
    low, high = sorted((a, b))
    share = front.open_share(points, np.ones(300), np.array([low, high]))
    assert share[0] >= share[1]
