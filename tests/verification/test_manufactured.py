"""A manufactured solution with k(T) and ρc(T) that crosses the boiling point, in both schemes; measured orders.

T = 20 °C + A f(r) g(z) s(t) with cosines that have no flux at the edges of a cylinder of unequal sides; the source that
makes it a solution is S = C(T) T_t − k(T) ∇²T − k'(T) |∇T|².
"""

import dataclasses
import itertools

import numpy as np
import pytest

from colonnade.photothermal import heat
from colonnade.photothermal.cooling import _advance, _Window
from colonnade.units import kelvin
from tests.verification.columns import centres, uniform, uniform_column

R, Z, TAU = 200e-6, 300e-6, 2e-3
K0, SLOPE = 0.4, 1.5e-3
C_WET, C_DRY = 3.7e6, 1.2e6
REF = kelvin(20.0)


def shape(t):
    return 1.0 + 0.5 * np.sin(t / TAU), 0.5 / TAU * np.cos(t / TAU)


def parts(r, z):
    f, f1 = 0.5 * (1 + np.cos(np.pi * r / R)), -0.5 * np.pi / R * np.sin(np.pi * r / R)
    f2 = -0.5 * (np.pi / R) ** 2 * np.cos(np.pi * r / R)
    g, g1 = 0.5 * (1 + np.cos(np.pi * z / Z)), -0.5 * np.pi / Z * np.sin(np.pi * z / Z)
    g2 = -0.5 * (np.pi / Z) ** 2 * np.cos(np.pi * z / Z)
    return f, f1, f2, g, g1, g2


def solution(r, z, t, amplitude):
    f, _, _, g, _, _ = parts(r, z)
    return amplitude * f * g * shape(t)[0]


def source(r, z, t, amplitude, capacity):
    """S [W/m3]; conductivity rises with T up to 100 °C and is constant above, as in tissue that is wet."""
    f, f1, f2, g, g1, g2 = parts(r, z)
    s, s_t = shape(t)
    rise = amplitude * f * g * s
    warm = rise < 80.0
    k = K0 * (1 + SLOPE * np.minimum(rise, 80.0))
    k_t = np.where(warm, K0 * SLOPE, 0.0)
    laplace = amplitude * s * ((f2 + f1 / r) * g + f * g2)
    gradient2 = (amplitude * s) ** 2 * ((f1 * g) ** 2 + (f * g1) ** 2)
    return capacity(rise) * amplitude * f * g * s_t - k * laplace - k_t * gradient2


def explicit_error(n, amplitude, c_above):
    """Largest error [K] after 2 ms on n x 1.25 n cells; the time step falls with the square of the cell."""
    column = uniform_column(uniform(R * 1e6 / n, n), uniform(Z * 1e6 / (5 * n // 4), 5 * n // 4), k=K0, rho_c=C_WET)
    r, z = centres(column.r_edges)[:, None], centres(column.z_edges)[None, :]
    n_r, n_z = column.h.shape
    inv_c, inv_dry = np.full(column.h.shape, 1 / C_WET), np.full(column.h.shape, 1 / c_above)
    boil, none, wet = np.full(column.h.shape, 80 * C_WET), np.zeros(column.h.shape), np.ones(column.h.shape)
    start = solution(r, z, 0.0, amplitude)
    column.h[:] = np.minimum(start, 80) * C_WET + np.maximum(start - 80, 0) * c_above
    capacity = lambda rise: np.where(rise < 80, C_WET, c_above)  # noqa: E731
    low, high = np.zeros(n_r, dtype=np.int64), np.full(n_r, n_z - 1)
    steps = round(2e-3 / (0.15 * (R / n) ** 2 * 1.2e6 / (K0 * 1.2)))
    dt = 2e-3 / steps
    flat = lambda a: a.reshape(-1)  # noqa: E731
    for step in range(steps):
        heat.temperature_of(
            flat(column.h), flat(inv_c), flat(boil), flat(none), flat(inv_dry), REF, kelvin(100.0),
            flat(column.temperature),
        )  # fmt: skip
        heat.conductivity_of(
            flat(column.temperature), flat(wet), flat(column.k_wet), flat(column.k_dry), SLOPE, REF, kelvin(100.0),
            flat(column.conductivity),
        )  # fmt: skip
        column.h += dt * source(r, z, step * dt, amplitude, capacity)
        heat.explicit_step(
            dt, n_r, column.h, column.temperature, column.conductivity, column.removed, column.r_edges, column.dz, low,
            high, 0.0, REF, column._flux,
        )  # fmt: skip
    heat.temperature_of(
        flat(column.h), flat(inv_c), flat(boil), flat(none), flat(inv_dry), REF, kelvin(100.0), flat(column.temperature)
    )
    return float(np.abs(column.temperature - REF - solution(r, z, 2e-3, amplitude)).max())


def test_second_order_with_k_of_t():
    """Below boiling: k(T), constant ρc. Order 2 ± 0.1, the tolerance of the ladder."""
    errors = [explicit_error(n, 50.0, C_DRY) for n in (16, 32, 64)]
    assert np.log2(errors[1] / errors[2]) == pytest.approx(2.0, abs=0.1)
    assert errors[2] < 0.001 * 50


def test_second_order_across_a_jump_of_capacity():
    """A third of ρc above 100 °C: a kink moves through the mesh. 2 ± 0.4: its place inside a cell adds noise."""
    errors = [explicit_error(n, 120.0, C_DRY) for n in (16, 32, 64)]
    assert np.log2(errors[0] / errors[2]) / 2 == pytest.approx(2.0, abs=0.4)
    assert errors[2] < 0.002 * 120


def adi_end(n, steps, amplitude=50.0, until=2e-3):
    column = uniform_column(uniform(R * 1e6 / n, n), uniform(Z * 1e6 / (5 * n // 4), 5 * n // 4), k=K0, rho_c=C_WET)
    column.options = dataclasses.replace(
        column.options, physics=dataclasses.replace(column.options.physics, k_slope=SLOPE)
    )
    column.water[:] = 1e-6  # so little that nothing boils, enough to count as wet
    column.wetness[:] = 1.0
    r, z = centres(column.r_edges)[:, None], centres(column.z_edges)[None, :]
    column.preheat(solution(r, z, 0.0, amplitude))
    window = _Window(column)
    window.n_i, window.n_k = column.h.shape
    window.source, window.n_s = np.zeros(column.h.shape), column.h.shape[1]
    dt = until / steps
    for step in range(steps):
        window.source[:] = source(r, z, (step + 0.5) * dt, amplitude, lambda rise: C_WET) * column.volume
        _advance(column, dt, window)
    return column.temperature - column.t_ref, solution(r, z, until, amplitude)


def test_adi_second_order_in_space():
    """Steps fine enough not to count (their error falls with n² as well: steps ∝ n²). 2 ± 0.1."""
    errors = [float(np.abs(np.subtract(*adi_end(n, n * n // 4))).max()) for n in (16, 32, 64)]
    assert np.log2(errors[1] / errors[2]) == pytest.approx(2.0, abs=0.1)


def test_adi_at_least_first_order_in_time_where_k_depends_on_temperature():
    """k is taken at the start of each step: declared first order. Successive halvings on one mesh: at least 0.9."""
    ends = [adi_end(32, steps)[0] for steps in (16, 32, 64, 128)]
    gaps = [np.abs(a - b).max() for a, b in itertools.pairwise(ends)]
    assert np.log2(gaps[0] / gaps[1]) >= 0.9
    assert np.log2(gaps[1] / gaps[2]) >= 0.9
