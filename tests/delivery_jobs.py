"""Synthetic shot files and plans for the tests of the delivery room. They describe no patient."""

import functools

import numpy as np

from colonnade.delivery.job import open_job
from colonnade.delivery.laser import VirtualLaser
from colonnade.delivery.limits import machine
from colonnade.delivery.panel import panel_job
from colonnade.delivery.stamps import ZoneColumns, build
from colonnade.delivery.text import render
from colonnade.laser import device

DEVICE = device("lumenis-ultrapulse-deepfx")
SPEC = machine()


def columns(side, size_mm, *, passes=1, energy_mJ=10.0, rate_Hz=300.0, name="cheek", **shot):
    """A square lattice of ``side`` x ``side`` columns on ``size_mm`` x ``size_mm``."""
    grid = (np.arange(side) - side / 2 + 0.5) * size_mm * 1e-3 / side
    x, y = np.meshgrid(grid, grid)
    one = np.column_stack([x.ravel(), y.ravel()])
    return ZoneColumns(
        name=name,
        site="cheek",
        side="left",
        width_mm=size_mm,
        height_mm=size_mm,
        pattern="square",
        order="raster",
        positions_m=np.concatenate([one] * passes),
        passes=np.repeat(np.arange(1, passes + 1), len(one)),
        shot=DEVICE.shot(energy_mJ=energy_mJ, **shot),
        rate_Hz=rate_Hz,
    )


@functools.cache
def job(side=12, size_mm=20.0, **more):
    """A shot file of ``side``² columns; 20 mm make four stamps."""
    return build((columns(side, size_mm, **more),), DEVICE, SPEC, title="Synthetic", synthetic=True).shots


@functools.cache
def job_bytes(side=12, size_mm=20.0, **more):
    return render(job(side, size_mm, **more))


class Witness:
    """Counts the shots, as a detector under the beam would, and calls ``judge`` at every one of them."""

    def __init__(self, judge=lambda: None):
        self.shots, self.energies, self.judge = [], [], judge

    def __call__(self, column, energy_uJ, x_um, y_um, t_us):
        self.judge()
        self.shots.append(column)
        self.energies.append(energy_uJ)


def laser(data, log, *, resume=False, load=True, **more):
    """A machine with a file loaded, still switched off; the journal is not forced to disk (speed of the tests)."""
    made = VirtualLaser(DEVICE, SPEC, **more)
    if load:
        made.load(load_job(made, data, log, resume=resume))
    return made


def load_job(made, data, log, *, resume=False):
    opened, found, _ = open_job(data, log, DEVICE, SPEC, mode=made.mode, seed=made.seed, resume=resume, durable=False)
    if found is not None:
        made.pass_to(found.last_us)
    return opened


def to_standby(made):
    made.turn_key(True)
    made.advance(13_000_000)
    assert made.state == "standby"
    return made


def to_ready(made):
    if made.state == "off":
        to_standby(made)
    made.shutter(True)
    made.arm()
    return made


def fire_stamp(made):
    """Hold the pedal until the stamp is over."""
    made.press(True)
    while made.state == "firing":
        made.advance(20_000)
    made.press(False)


def panel(emission, **more):
    settings = {"power_W": 30.0, "on_ms": 0.5, "presses": 3} | more
    return render(panel_job(emission, DEVICE, SPEC, **settings))
