"""V15: the beam's spread, the power inside w, and light that is neither lost nor made in a widening crater."""

import math

import numpy as np
import pytest

from colonnade.laser import Shot
from colonnade.photothermal import light, walls
from tests.verification.columns import uniform


def shot(**changes):
    return Shot(**{"energy_mJ": 15, "pulse_ms": 0.5, "spot_um": 120, **changes})


@pytest.mark.parametrize(
    ("m2", "spot", "rayleigh_mm", "radius_um"),
    [(1.0, 120, 1.0670, 82.233), (1.2, 120, 0.8891, 90.298), (1.2, 300, 5.557, None), (1.2, 1000, 61.75, None)],
)
def test_rayleigh_length_and_radius(m2, spot, rayleigh_mm, radius_um):
    beam = shot(m2=m2, spot_um=spot)
    assert beam.rayleigh_m * 1e3 == pytest.approx(rayleigh_mm, rel=1e-4)  # printed digits
    if radius_um:
        assert beam.radius_m(1e-3) * 1e6 == pytest.approx(radius_um, abs=1e-3)


def test_power_inside_w():
    assert light.enclosed_power(shot(), np.array([60e-6]))[0] == pytest.approx(0.864665, abs=1e-6)


@pytest.mark.parametrize("profile", ["gaussian", "tophat", "supergaussian"])
def test_tubes_carry_all_the_power(profile):
    _, share = light.tubes(shot(profile=profile, order=4), uniform(1.0, 400))
    assert share.sum() == pytest.approx(1.0, abs=1e-14)
    assert (share >= 0).all()


@pytest.mark.parametrize("profile", ["gaussian", "tophat", "supergaussian"])
@pytest.mark.parametrize("focus_um", [0.0, -2000.0, 500.0])
def test_deposit_conserves_power_in_any_crater(profile, focus_um):
    """Absorbed + plume + transmitted = incident to 1e-12, however rough the hole (seeded)."""
    beam = shot(profile=profile, order=4, focus_depth_um=focus_um)
    r, z = uniform(2.0, 300), uniform(4.0, 300)
    outer, share = light.tubes(beam, r)
    scale = light.scales(beam, z)
    first, count, overlap = light.overlaps(outer, scale, r)
    assert overlap.sum(axis=2) == pytest.approx(1.0, abs=1e-12)
    rng = np.random.default_rng(3)
    volume = np.outer(np.pi * np.diff(r**2), np.diff(z))
    for kappa in (0.0, 1000.0):
        removed = np.zeros(volume.shape, dtype=bool)
        for i in range(60):
            removed[i, : int(rng.integers(0, 250))] = True
        enthalpy = np.zeros(volume.shape)
        transmission = np.exp(-rng.uniform(1e4, 9e4, volume.shape) * np.diff(z))
        transmission[removed] = 1.0
        rows = np.zeros(len(outer), dtype=np.int64)
        plume, through = light.deposit(
            1.0, True, 0.5, kappa, share, first, count, overlap, rows, z,
            1 / volume, removed, transmission, enthalpy, *walls.plan_of(len(share), len(r) - 1, 0),
        )  # fmt: skip
        assert float((enthalpy * volume).sum()) + plume + through == pytest.approx(1.0, abs=1e-12)
        assert not enthalpy[removed].any()


def test_peak_factors():
    """2 for a Gaussian, 1 for a top-hat; the super-Gaussian of order 1 is the Gaussian."""
    assert shot().peak_factor == pytest.approx(2.0)
    assert shot(profile="tophat").peak_factor == 1.0
    assert shot(profile="supergaussian", order=1).peak_factor == pytest.approx(2.0)
    n = 4
    r = np.linspace(0, 5, 400_001)
    integral = np.trapezoid(2 * r * np.exp(-2 * r ** (2 * n)), r)
    assert shot(profile="supergaussian", order=n).peak_factor == pytest.approx(1 / integral, rel=1e-6)
    assert math.isfinite(shot(profile="supergaussian", order=20).peak_factor)
