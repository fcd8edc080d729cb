"""The machine's lumped models and the control chart against closed forms and published figures."""

import numpy as np
import pytest

from colonnade.delivery.chart import chart_of
from colonnade.delivery.hardware import Tube
from colonnade.delivery.limits import Limits
from colonnade.delivery.shots import Pulse
from delivery_jobs import DEVICE, SPEC

LIMITS = Limits.of(DEVICE, SPEC)


@pytest.mark.parametrize("distance_um", [1.0, 50.0, 475.0, 2000.0, 2499.0, 2501.0, 5000.0, 14_000.0])
def test_a_mirror_moves_as_a_trapezoid_of_speed(distance_um):
    """Integrate the motion: accelerate, cruise at most at the top speed, brake; compare the time."""
    v_max, a = LIMITS.galvo_speed_um_us, LIMITS.galvo_acceleration_um_us2
    moved, speed, time, dt = 0.0, 0.0, 0.0, 0.005
    while moved < distance_um:
        braking = speed**2 / (2 * a)
        speed = max(1e-9, speed - a * dt) if distance_um - moved <= braking else min(v_max, speed + a * dt)
        moved += speed * dt
        time += dt
    found = float(LIMITS.move_us(np.array([distance_um]))[0]) - LIMITS.galvo_settle_us
    assert found == pytest.approx(time, rel=0.02, abs=3.0)  # the integration's own steps and last creeping metre
    assert LIMITS.one_move_us(distance_um) == pytest.approx(found + LIMITS.galvo_settle_us, rel=1e-12)


def test_no_move_takes_no_time():
    assert LIMITS.move_us(np.array([0.0]))[0] == LIMITS.one_move_us(0.0) == 0.0


def test_a_first_order_lag_keeps_the_energy_of_a_pulse():
    """Integral of the light with its tail is P·t, whatever the lag: what `Tube` assumes of its pulses."""
    tau, on, power = SPEC.number("tube_time_constant_us"), 60.0, 30.0
    t = np.linspace(0, 1000, 2_000_001)
    rise = power * -np.expm1(-np.minimum(t, on) / tau)
    light = np.where(t <= on, rise, power * -np.expm1(-on / tau) * np.exp(-(t - on) / tau))
    assert np.trapezoid(light, t) == pytest.approx(power * on, rel=1e-6)
    tube = Tube(SPEC)
    tube.warm = 1.0
    assert tube.peak_power_W(Pulse(30_000, 60)) == pytest.approx(float(light.max()) * tube.gain, rel=1e-6)


def test_the_tube_settles_where_heat_in_is_heat_out():
    """3 W of light at 10 % efficiency are 27 W of heat: 27/60 K above the coolant."""
    tube = Tube(SPEC)
    for _ in range(6000):
        tube.light_J += 0.3
        tube.rest(0.1)
    assert tube.temperature_C == pytest.approx(20 + 27 / 60, abs=1e-6)
    # and relaxes with C/h = 15 s
    tube.rest(15.0)
    assert tube.temperature_C == pytest.approx(20 + 27 / 60 / np.e, abs=1e-6)


def test_the_step_does_not_matter_to_the_tube():
    one, many = Tube(SPEC), Tube(SPEC)
    one.temperature_C = many.temperature_C = 40.0
    one.rest(10.0)
    for _ in range(10_000):
        many.rest(0.001)
    assert one.temperature_C == pytest.approx(many.temperature_C, rel=1e-9)
    assert one.hours == pytest.approx(many.hours)


def test_the_chart_alarms_falsely_once_in_500_treatments():
    """Lucas and Saccucci 1990: λ = 0.2, L = 2.962 give an average run length of 500 with known centre and spread."""
    draw = np.random.default_rng(11)
    sd = 0.01
    lengths = []
    for _ in range(400):
        series = 1 + draw.normal(0, sd, 4000)
        known = chart_known(series, sd)
        lengths.append(known[0] + 1 if len(known) else 4000)
    # the standard error of a mean of 400 geometric-like lengths is 5 %; time-varying limits shorten it a little
    assert np.mean(lengths) == pytest.approx(500, rel=0.15)


def chart_known(series, sd):
    """Alarms of a chart whose centre is 1 and whose spread is ``sd``: a baseline made for exactly that."""
    steady = 1 + sd * 1.128 / 2 * np.array([1, -1] * 4)
    chart = chart_of(np.concatenate([steady, series]), baseline=8, tolerance=1.0, least_sd=0.0)
    assert chart.centre == pytest.approx(1.0)
    assert chart.sd == pytest.approx(sd)
    return [k - 8 for k in chart.alarms if k >= 8]
