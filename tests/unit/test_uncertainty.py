"""Intervals: against a closed form in place of the engine, whose true spread is known by brute force."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

import colonnade as cn
from colonnade.calibration import uncertainty
from colonnade.calibration.distributions import Uncertain, draw, sobol
from colonnade.calibration.profile import LossesEstimate, estimate_of, global_losses
from colonnade.calibration.responses import FLOOR, squash, unsquash
from colonnade.errors import BadInput
from colonnade.laser import Shot

SHOT = Shot(energy_mJ=20, pulse_ms=0.7, spot_um=120)
SKIN = cn.skin("cheek")
KNOWN = LossesEstimate(math.log(0.4), math.log(0.5), 0.2, 0.3, 0.0, 0.1, "a test")
#: A device whose losses are known exactly and that agrees with every study.
EXACT = LossesEstimate(math.log(0.4), math.log(0.5), 0.0, 0.0, 0.0, 0.0, "a test")


def engine(shot, skin, *, losses, mesh):
    """Saturating depth in the surface fluence alone."""
    straight = losses.eta * shot.fluence_peak_J_cm2 * 5.0
    depth = math.log1p(losses.kappa_per_mm * straight / 1e3) / losses.kappa_per_mm * 1e3
    return SimpleNamespace(
        crater_depth_um=depth,
        crater_width_surface_um=150.0,
        rim_bottom_um=40.0,
        rim_side_um=None,
        coagulation_depth_um=depth + 40,
        necrosis_depth_um=depth + 60,
        necrosis_depth_weaver_stoll_um=depth + 50,
        residual_heat_mJ=2.0,
        provenance={"eta": losses.eta, "kappa_per_mm": losses.kappa_per_mm},
    )


def truth(estimate, n=4000):
    """Depths of a brute-force sample of all inputs through the same stand-in."""
    inputs = uncertainty.uncertain_inputs()
    normal = Uncertain(dist="normal", low=-1.959964, high=1.959964, source="test")
    x = draw({**inputs, uncertainty.Z1: normal, uncertainty.Z2: normal}, n, seed=99)
    depths = []
    for i in range(n):
        case = {k: float(v[i]) for k, v in x.items()}
        eta, kappa = estimate.at(case[uncertainty.Z1], case[uncertainty.Z2])
        # without layers: they do not matter to the stand-in, and models are slow to copy
        cos = math.cos(math.radians(case["tilt_deg"]))
        area = 1 + (case["defocus_um"] * 1e-6 / SHOT.rayleigh_m) ** 2
        straight = eta * SHOT.fluence_peak_J_cm2 * case["energy_scale"] * cos / area * 5.0
        depths.append(math.log1p(kappa * straight / 1e3) / kappa * 1e3 * cos)
    return np.array(depths) * np.exp(estimate.tau * np.random.default_rng(1).standard_normal(n))


@pytest.fixture(scope="module")
def found():
    return uncertainty.interval(SHOT, SKIN, losses=KNOWN, simulate=engine)


def test_the_interval_is_that_of_brute_force(found):
    low, high = np.quantile(truth(KNOWN), [0.025, 0.975])
    its = found["crater_depth_um"]
    # 24 runs against 4000: a tenth at the ends, where 4096 draws themselves leave 3 %
    assert (its.low, its.high) == pytest.approx((low, high), rel=0.10)
    assert its.low < its.value < its.high
    assert its.surrogate_error < 0.1


def test_every_number_has_a_direction_with_a_reason(found):
    assert set(found.by_name) == set(uncertainty.QUANTITIES)
    depth, rim = found["crater_depth_um"], found["rim_bottom_um"]
    assert depth.worst == (depth.low, depth.high)
    assert rim.worst == (rim.high,)
    assert all(i.why for i in found.by_name.values())


def test_the_screening_names_what_matters(found):
    names = [name for name, _ in found.matters]
    # by the closed form: defocus by a millimetre more than doubles the area, a fifth of energy does less
    assert names.index("defocus_um") < names.index("energy_scale")
    assert names.index("energy_scale") < names.index("layer_scale")
    assert sum(share for _, share in found.matters) == pytest.approx(1.0)
    assert set(found.sources) >= {"defocus_um", "energy_scale", "kinetics"}


def test_a_known_device_has_a_narrower_interval(found):
    exact = uncertainty.interval(SHOT, SKIN, losses=EXACT, simulate=engine, energy_tolerance_pct=5.0)
    a, b = exact["crater_depth_um"], found["crater_depth_um"]
    assert a.high / a.low < b.high / b.low


def test_the_interval_is_anchored_at_the_run_at_hand(found):
    lesion = engine(SHOT, SKIN, losses=SimpleNamespace(eta=0.4, kappa_per_mm=0.5), mesh=None)
    lesion.crater_depth_um *= 1.05
    its = uncertainty.interval(SHOT, SKIN, losses=KNOWN, simulate=engine, lesion=lesion)
    assert its.runs == found.runs - 1
    assert its["crater_depth_um"].value == lesion.crater_depth_um
    assert its["crater_depth_um"].high == pytest.approx(1.05 * found["crater_depth_um"].high, rel=0.02)


def test_a_run_with_other_losses_is_no_anchor(found):
    lesion = engine(SHOT, SKIN, losses=SimpleNamespace(eta=1.0, kappa_per_mm=0.5), mesh=None)
    its = uncertainty.interval(SHOT, SKIN, losses=KNOWN, simulate=engine, lesion=lesion)
    assert its["crater_depth_um"].value == found["crater_depth_um"].value


def test_plain_data_holds_every_interval(found):
    data = found.as_dict()
    assert data["intervals"]["crater_depth_um"]["unfavourable"] == "both"
    assert data["level_pct"] == 95
    assert data["losses"] == "a test"


def test_too_few_runs_are_refused():
    with pytest.raises(ValueError, match="at least 20"):
        uncertainty.interval(SHOT, SKIN, losses=KNOWN, simulate=engine, n=8)


def test_the_real_engine_answers():
    """Twenty coarse runs of a small shot: finite, ordered, and anchored by its own middle run."""
    small = Shot(energy_mJ=6, pulse_ms=0.2, spot_um=150)
    its = uncertainty.interval(small, SKIN, n=20)
    for i in its.by_name.values():
        assert 0 <= i.low <= i.value <= i.high < math.inf
    assert its["crater_depth_um"].high > 1.5 * its["crater_depth_um"].low


def test_variation_keeps_the_layers_and_follows_the_fat_down():
    x = {k: 1.0 for k in ("energy_scale", "conductivity_scale", "layer_scale")}
    x |= {"tilt_deg": 60.0, "defocus_um": 300.0, "water_shift": 0.9}
    shot, skin = uncertainty.varied(SHOT, SKIN, x)
    assert shot.spot_um == pytest.approx(120 * math.sqrt(2))
    assert shot.focus_depth_um == 300
    assert [layer.name for layer in skin.layers] == [layer.name for layer in SKIN.layers]
    assert max(layer.water for layer in skin.layers) == 0.99
    assert skin.thickness_um > 30_000


def test_losses_never_exceed_the_whole_beam():
    assert global_losses().at(9.0, 0.0)[0] == 1.0


@pytest.mark.parametrize("broken", [{}, {"joint": {"ln_eta": float("nan")}}, {"joint": {"ln_eta": "x"}}])
def test_a_broken_estimate_is_refused(broken):
    with pytest.raises(BadInput):
        estimate_of(broken, origin="test")


# --- distributions ----------------------------------------------------------------------------------------------
def test_normals_have_their_ends_at_95_percent():
    u = Uncertain(dist="lognormal", low=0.8, high=1.25, source="test")
    assert u.quantile(np.array([0.025, 0.5, 0.975])) == pytest.approx([0.8, 1.0, 1.25])


def test_choices_are_equally_likely():
    u = Uncertain(dist="choice", values=[10, 1, 2, 4], source="test")
    values, counts = np.unique(u.quantile(sobol(("a",), 64, seed=1)[:, 0]), return_counts=True)
    assert (values.tolist(), counts.tolist()) == ([1, 2, 4, 10], [16, 16, 16, 16])


@pytest.mark.parametrize(
    "data",
    [
        {"dist": "uniform", "low": 2.0, "high": 1.0},
        {"dist": "loguniform", "low": 0.0, "high": 1.0},
        {"dist": "fixed", "values": (1.0, 2.0)},
        {"dist": "choice"},
        {"dist": "normal", "low": 0.0},
    ],
)
def test_impossible_distributions_are_refused(data):
    with pytest.raises(ValueError):
        Uncertain(**data, source="test")


def test_net_heat_below_nothing_has_an_interval():
    """A plate that takes more heat than the shot brings: its interval was nan."""
    y = np.array([-575.0, -4.0, 0.0, 3.0, 900.0])
    assert unsquash(squash(y)) == pytest.approx(y)
    assert squash(y[3:]) == pytest.approx(np.log1p(y[3:] / FLOOR))
