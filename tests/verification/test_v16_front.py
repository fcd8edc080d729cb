"""V16: Fisher's equation and the sharp front, against closed forms, bounds and a second way of taking distance."""

import math

import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt

from colonnade.healing import front

D, R = 500.0, 0.05  # µm²/h, 1/h: c = 2 √(rD) = 10 µm/h


def test_plane_front_reaches_its_speed_with_the_known_delay():
    """From a step the front lags behind ct by (3/2) √(D/r) ln t (Bramson 1983); the next term of the expansion
    (Ebert and van Saarloos 2000) gives back 3 √π (rt)^(-1/2) widths. The speed between two times lies between the two.
    """
    end = 22_000.0
    x, t, u = front.fisher_kpp(D, R, end_um=end, hole_um=end - 500, until_h=2000, radial=False, step_um=10.0, times=201)
    place = np.array([np.interp(0.5, row, x) for row in u])
    width, c = math.sqrt(D / R), 2 * math.sqrt(R * D)
    for start, stop in ((50, 100), (100, 200)):
        span = t[stop] - t[start]
        speed = (place[start] - place[stop]) / span
        logarithmic = c - 1.5 * width * math.log(t[stop] / t[start]) / span
        next_term = 3 * math.sqrt(math.pi) * width / math.sqrt(R) * (t[start] ** -0.5 - t[stop] ** -0.5) / span
        # a step of a tenth of the front's width raises the speed by about 0.05 % (half of the change from 20 to 10 µm)
        assert logarithmic * (1 - 1e-3) < speed < (logarithmic + next_term) * (1 + 1e-3)
        assert speed < c


def test_disc_of_60_um_closes_between_two_bounds():
    """Diffusion alone gives exp(−R²/4Dt) at the centre; growth raises it, by at most e^(rt)."""
    hole, level = 60.0, 0.5
    _, t, u = front.fisher_kpp(D, R, end_um=1500, hole_um=hole, until_h=4, radial=True, step_um=1.0, times=2001)
    closed = np.interp(level, u[:, 0], t)
    diffusion_alone = hole**2 / (4 * D * math.log(1 / level))
    with_growth = R * closed - hole**2 / (4 * D * closed)
    assert closed < diffusion_alone
    assert level < math.exp(with_growth)
    assert diffusion_alone - closed < 0.4  # rt is 0.13: the two bounds lie close


def test_the_solution_does_not_depend_on_its_grid():
    closed = []
    for step in (4.0, 2.0, 1.0):
        _, t, u = front.fisher_kpp(D, R, end_um=1000, hole_um=60, until_h=4, radial=True, step_um=step, times=801)
        closed.append(np.interp(0.5, u[:, 0], t))
    # second order: each halving of the step cuts the difference to about a quarter
    assert abs(closed[1] - closed[2]) < 0.4 * abs(closed[0] - closed[1]) + 1e-4
    assert closed[2] == pytest.approx(closed[1], rel=2e-3)


def test_a_narrow_front_closes_a_disc_as_the_sharp_front_does():
    """With √(D/r) far below the radius Fisher's front comes down to R/c, but for its delay of (3/2) ln(rt)/r."""
    d, r, hole = 5.0, 5.0, 250.0
    _, t, u = front.fisher_kpp(d, r, end_um=270, hole_um=hole, until_h=32, radial=True, step_um=0.25, times=3201)
    closed = np.interp(0.5, u[:, 0], t)
    sharp = hole / (2 * math.sqrt(d * r))
    assert sharp < closed < sharp + 1.5 * math.log(r * closed) / r


def test_density_stays_between_nothing_and_full():
    _, _, u = front.fisher_kpp(D, R, end_um=800, hole_um=300, until_h=60, radial=True, step_um=4.0, times=50)
    assert u.min() > -1e-6  # the solver's absolute tolerance is 1e-9
    assert u.max() < 1 + 1e-5
    assert (np.diff(u.sum(axis=1)) > -1e-6).all()


def test_single_disc_closes_in_radius_over_speed_and_leaves_a_shrinking_disc():
    """The sharp front of one disc: open share (1 − ct/R)², last point after R/c."""
    centre, radius = np.zeros((1, 2)), 60.0
    points, area = front.disc_samples(centre, radius, np.array([True]))
    d = front.distances(points, front.rim(centre, radius))
    assert d.max() == pytest.approx(radius, abs=1e-9)
    assert area.sum() == pytest.approx(math.pi * radius**2, rel=1e-12)
    reach = np.array([0.0, 15.0, 30.0, 45.0, 60.0])
    expected = (1 - reach / radius) ** 2
    # 16 rings: a ring is 1/16 of the radius wide, so an edge between two rings moves the share by at most 2/16/2
    assert front.open_share(d, area, reach) == pytest.approx(expected, abs=0.0625)
    assert front.open_share(d, area, np.array([0.0]))[0] == 1.0


def test_overlapping_discs_against_a_raster_transform():
    """Second way: Euclidean distance transform of the same union on a raster of 1 µm."""
    centres = np.array([[0.0, 0.0], [70.0, 0.0], [30.0, 65.0], [300.0, 0.0]])
    radius, step = 60.0, 1.0
    points, area = front.disc_samples(centres, radius, np.ones(4, dtype=bool))
    d = front.distances(points, front.rim(centres, radius))
    axis = np.arange(-150, 450, step)
    x, y = np.meshgrid(axis, axis, indexing="ij")
    inside = (np.hypot(x[..., None] - centres[:, 0], y[..., None] - centres[:, 1]) < radius).any(axis=-1)
    raster = distance_transform_edt(inside) * step
    assert area.sum() == pytest.approx(inside.sum() * step**2, rel=0.01)  # polar samples cut at the borders of owners
    where = np.rint((points + 150) / step).astype(int)
    assert np.abs(raster[where[:, 0], where[:, 1]] - d).max() < 2 * step  # a pixel at the point, a pixel at the rim


@pytest.mark.parametrize("per_cm2", [50.0, 300.0])
def test_scattered_follicles_against_the_exact_mean(per_cm2):
    """Poisson places in a rectangle: exp(−πρd²) times the share farther than d from the edge."""
    width, height = 30_000.0, 20_000.0
    axis = (np.arange(200) + 0.5) / 200 - 0.5
    u, v = np.meshgrid(axis * width, axis * height)
    points = np.stack([u.ravel(), v.ravel()], axis=1)
    reach = np.array([0.0, 200.0, 500.0, 1000.0, 1500.0])
    drawn = []
    for seed in range(8):
        sources = front.scattered(per_cm2 / 100, width, height, seed=seed)
        d = front.distances(points, sources, halves_um=(width / 2, height / 2))
        drawn.append(front.open_share(d, np.ones(len(d)), reach))
    # eight draws of at least 300 follicles: standard error of the share below 1 / √(8 · 300)
    assert np.mean(drawn, axis=0) == pytest.approx(
        front.open_share_scattered(per_cm2 / 100, width, height, reach), abs=3 / math.sqrt(8 * 300)
    )
