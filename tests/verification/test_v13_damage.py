"""V13: Arrhenius damage and CEM43 against closed forms."""

import math

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import exp1

from colonnade.photothermal.compiling import fexp
from colonnade.photothermal.damage import (
    HENRIQUES_MORITZ,
    MAITLAND_WALSH,
    PEARCE_COLLAGEN,
    WEAVER_STOLL,
    cem43_minutes,
    omega,
)
from colonnade.units import kelvin


def temperature_for(kinetics, seconds, low_C=40.0, high_C=140.0):
    return brentq(lambda c: math.log(kinetics.seconds_to_damage(kelvin(c)) / seconds), low_C, high_C)


@pytest.mark.parametrize(
    ("kinetics", "table"),
    [
        (HENRIQUES_MORITZ, {1e-3: 70.36, 1e-2: 66.80, 0.1: 63.32, 1.0: 59.90, 10.0: 56.55, 60.0: 54.00}),
        (PEARCE_COLLAGEN, {1e-3: 105.55, 1e-2: 96.79, 0.1: 88.42, 1.0: 80.42, 10.0: 72.77, 60.0: 67.04}),
    ],
)
def test_isothermal_table(kinetics, table):
    for seconds, celsius in table.items():
        assert temperature_for(kinetics, seconds) == pytest.approx(celsius, abs=0.006)  # two printed decimals


def test_measured_collagen_kinetics_meet_two_independent_facts():
    """Collagen shrinks at 55 to 65 °C within seconds to a minute, and needs above 85 °C in 10 ms (secondary source).

    Maitland & Walsh lie on both, to 1 K and inside the range; ln A and the energy are pinned to the abstract's figures.
    """
    assert MAITLAND_WALSH.ln_a == 130.0
    assert MAITLAND_WALSH.b_K * 8.314462618 / 4184.0 == pytest.approx(89.0, rel=1e-12)
    assert temperature_for(MAITLAND_WALSH, 10e-3) == pytest.approx(85.0, abs=1.0)
    assert 55.0 < temperature_for(MAITLAND_WALSH, 60.0) < 65.0


def test_weaver_stoll_above_and_below_50():
    for seconds, celsius in {1e-3: 78.80, 1e-2: 71.65, 0.1: 64.79, 1.0: 58.20, 10.0: 51.86}.items():
        assert temperature_for(WEAVER_STOLL, seconds, 50.0) == pytest.approx(celsius, abs=0.006)
    assert temperature_for(WEAVER_STOLL, 60.0, 40.0, 49.999) == pytest.approx(48.94, abs=0.006)


def test_henriques_exponent_is_pinned():
    """Other codes carry 3.1e99 with the same Ea; that is a factor of ten in time."""
    assert math.exp(HENRIQUES_MORITZ.ln_a - 98 * math.log(10)) == pytest.approx(3.1, rel=1e-9)


def test_ramp():
    """37 → 100 °C at 1000 K/s, collagen: 0.873057091 by exponential integrals."""
    b, beta, t1, t2 = PEARCE_COLLAGEN.b_K, 1000.0, kelvin(37.0), kelvin(100.0)
    primitive = lambda t: t * math.exp(-b / t) - b * exp1(b / t)  # noqa: E731
    exact = math.exp(PEARCE_COLLAGEN.ln_a) / beta * (primitive(t2) - primitive(t1))
    assert exact == pytest.approx(0.873057091, rel=1e-8)
    t = np.linspace(0, (t2 - t1) / beta, 400)
    # 400 intervals of 0.16 K: the logarithmic mean errs with the curvature of ln(rate), 1e-5 here
    assert omega(PEARCE_COLLAGEN, t, t1 + beta * t) == pytest.approx(exact, rel=3e-5)


def test_cem43():
    minutes = np.linspace(0, 600, 601)
    assert cem43_minutes(minutes, np.full(601, 45.0)) == pytest.approx(40.0, rel=1e-12)
    minutes = np.linspace(0, 3600, 601)
    assert cem43_minutes(minutes, np.full(601, 42.0)) == pytest.approx(15.0, rel=1e-12)


def test_polynomial_exp():
    """4e-13 relative is what the damage rates are computed with."""
    x = np.linspace(-690, 690, 20_001)
    ours = np.array([fexp(v) for v in x])
    assert np.max(np.abs(ours / np.exp(x) - 1)) < 4e-13
