"""V8 in closed form: the numbers of the verification page for the planner's stand-in."""

import math
from dataclasses import replace

import numpy as np
import pytest

from colonnade.laser import Shot
from colonnade.planning.surrogate import H_EFF_KJ_CM3, Surrogate
from colonnade.units import from_si, to_si

# V8: E = 15 mJ, w = 60 µm, h = 4.1 kJ/cm³, µ = 600 /cm, F_th = h/µ
SHOT = Shot(energy_mJ=15, pulse_ms=0.5, spot_um=120)
V8 = Surrogate(heat_J_m3=to_si(4.1, "kJ_cm3"), threshold_J_m2=to_si(4.1, "kJ_cm3") / 600e2, eta=1.0, diverging=False)

# The reference numbers are printed with six digits.
SIX_DIGITS = 1e-5


def test_depth_of_v8():
    assert from_si(V8.depth_m(SHOT), "um") == pytest.approx(630.305, rel=SIX_DIGITS)


def test_mouth_radius_of_v8():
    assert from_si(V8.mouth_radius_m(SHOT), "um") == pytest.approx(81.154, rel=SIX_DIGITS)


def test_volume_of_v8_and_its_quadrature():
    assert from_si(V8.volume_m3(SHOT), "mm3") == pytest.approx(3.21945e-3, rel=SIX_DIGITS)
    r = np.linspace(0, V8.mouth_radius_m(SHOT), 20_001)
    ring = np.trapezoid(2 * math.pi * r * V8.profile_m(SHOT, r), r)
    # trapezoid error ~ (dr)^2: 20 000 intervals leave less than 1e-7
    assert ring == pytest.approx(V8.volume_m3(SHOT), rel=1e-6)


def test_tophat_has_its_own_closed_form():
    flat = SHOT.model_copy(update={"profile": "tophat"})
    mean = to_si(flat.fluence_mean_J_cm2, "J_cm2")
    assert V8.depth_m(flat) == pytest.approx((mean - V8.threshold_J_m2) / V8.heat_J_m3, rel=1e-9)
    assert V8.volume_m3(flat) == pytest.approx(math.pi * 60e-6**2 * V8.depth_m(flat), rel=1e-9)


def test_the_radius_at_depth_is_the_inverse_of_the_profile():
    r = 40e-6
    depth = float(V8.profile_m(SHOT, np.array([r]))[0])
    assert V8.radius_at_m(SHOT, depth) == pytest.approx(r, rel=1e-9)
    assert V8.radius_at_m(SHOT, 1.01 * V8.depth_m(SHOT)) == 0.0


def test_divergence_solves_the_cubic():
    """With the focus at the surface δ + δ³/(3 z_R²) = D: the closed form without κ."""
    wide = Surrogate(heat_J_m3=V8.heat_J_m3, threshold_J_m2=V8.threshold_J_m2, eta=1.0)
    depth = wide.depth_m(SHOT)
    assert depth < V8.depth_m(SHOT)
    assert depth + depth**3 / (3 * SHOT.rayleigh_m**2) == pytest.approx(V8.depth_m(SHOT), rel=1e-9)


def test_kappa_saturates_logarithmically():
    """Without divergence δ = ln(1 + κD)/κ."""
    kappa = 700.0  # 0.7 per mm, as quoted for a preset that is not shipped
    lossy = Surrogate(
        heat_J_m3=V8.heat_J_m3, threshold_J_m2=V8.threshold_J_m2, eta=1.0, kappa_per_m=kappa, diverging=False
    )
    assert lossy.depth_m(SHOT) == pytest.approx(math.log1p(kappa * V8.depth_m(SHOT)) / kappa, rel=1e-6)


def test_eta_scales_what_comes_after_the_threshold():
    half = Surrogate(heat_J_m3=V8.heat_J_m3, threshold_J_m2=V8.threshold_J_m2, eta=0.5, diverging=False)
    assert half.depth_m(SHOT) == pytest.approx(V8.depth_m(SHOT) / 2, rel=1e-9)
    assert half.mouth_radius_m(SHOT) == V8.mouth_radius_m(SHOT)  # the losses do not raise the threshold


def test_below_the_threshold_nothing_leaves():
    weak = Shot(energy_mJ=0.01, pulse_ms=0.5, spot_um=1000)
    assert V8.depth_m(weak) == 0.0
    assert V8.volume_m3(weak) == 0.0
    assert V8.mouth_radius_m(weak) == 0.0


def test_the_measured_heat_of_ablation_lies_in_its_range_at_any_eta():
    for eta in (0.25, 0.5, 1.0):
        model = Surrogate.measured(eta)
        low, high = (to_si(h, "kJ_cm3") for h in H_EFF_KJ_CM3)
        assert low < model.heat_J_m3 / model.eta < high
        assert model.depth_m(SHOT) == pytest.approx(Surrogate.measured(1.0).depth_m(SHOT), rel=1e-9)


def test_a_focus_below_the_surface_cuts_deeper():
    """The beam is narrower below than at the surface, so the same fluence at the surface goes deeper."""
    model = Surrogate.measured(0.5)
    focused = SHOT.model_copy(update={"focus_depth_um": 300.0})
    widened = SHOT.model_copy(update={"spot_um": focused.surface_spot_um})
    straight = replace(model, diverging=False)
    assert model.depth_m(focused) > straight.depth_m(widened)


def test_the_quadrature_meets_the_closed_form_as_kappa_vanishes():
    deep_focus = SHOT.model_copy(update={"focus_depth_um": 250.0})
    exact = Surrogate.measured(0.5).cost_m(deep_focus, 8e-4)
    # first order in κ·z = 1e-6·1e-3
    assert replace(Surrogate.measured(0.5), kappa_per_m=1e-6).cost_m(deep_focus, 8e-4) == pytest.approx(exact, rel=1e-8)
