"""Jobs made on the machine's own panel: free emission modes, and a square of columns in three orders."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from colonnade import DISCLAIMER, __version__
from colonnade.delivery.limits import Limits, MachineSpec, require_deliverable
from colonnade.delivery.shots import SCHEMA, Emission, Pulse, ShotFile, ShotHeader, Stamp, Units, ZoneRef
from colonnade.delivery.stamps import device_ref
from colonnade.errors import BadInput, did_you_mean
from colonnade.laser import Device
from colonnade.schema import read

Order = Literal["sequential", "interlaced", "random"]


def firing_order(columns: int, rows: int, order: Order, *, seed: int = 0) -> NDArray[np.int64]:
    """Indices of a row-major grid in firing order.

    ``sequential``: line by line; ``interlaced``: the four sub-grids of every second column and line, one after the
    other, so that neighbours are never consecutive; ``random``: a permutation that the seed fixes.
    """
    index = np.arange(columns * rows, dtype=np.int64)
    if order == "sequential":
        return index
    if order == "interlaced":
        x, y = index % columns, index // columns
        return np.lexsort((x, y, x % 2 + 2 * (y % 2))).astype(np.int64)
    if order == "random":
        return np.random.default_rng(seed).permutation(index)
    raise BadInput(
        "order", given=f'"{order}"', allowed="sequential, interlaced, random",
        todo=did_you_mean(str(order), ("sequential", "interlaced", "random")),
    )  # fmt: skip


def panel_job(
    emission: Emission,
    device: Device,
    spec: MachineSpec,
    *,
    power_W: float,
    on_ms: float,
    interval_ms: float = 20.0,
    train: int = 1,
    train_period_ms: float = 0.0,
    side_mm: float = 10.0,
    pitch_um: float = 1000.0,
    order: Order = "sequential",
    presses: int = 20,
    seed: int = 0,
) -> ShotFile:
    """A job set on the machine's panel, without a plan: the same format, the same checks, ``plan_sha256`` null.

    One pedal press fires one stamp: ``single`` and ``train`` one emission, ``repeated`` one every ``interval_ms`` and
    ``continuous`` slices of 10 ms back to back, both for at most the machine's longest free emission; ``fractional``
    a square of ``side_mm`` in the given order. ``presses`` stamps are prepared.
    """
    limits = Limits.of(device, spec)
    if emission != "fractional":
        limits = limits.free()
    if not (0 < power_W < math.inf and 0 <= train_period_ms < math.inf):
        raise _not_a_number(f"{power_W} W, train period {train_period_ms} ms")
    on_us, per_us, shape = _panel_times(emission, on_ms, interval_ms, limits)
    pulse = Pulse(
        power_mW=round(power_W * 1000),
        on_us=on_us,
        train=train if emission == "train" else 1,
        train_period_us=round(train_period_ms * 1000) if emission == "train" else 0,
    )
    if emission == "fractional":
        xy = _square_um(side_mm, pitch_um, order, seed)
    else:
        xy = np.zeros((shape, 2), dtype=np.int64)
    columns = np.column_stack([xy, np.zeros(len(xy), dtype=np.int64), np.ones(len(xy), dtype=np.int64)])
    bare = Stamp(1, 1, 0, 0, 0, 0, columns)
    columns[1:, 2] = np.cumsum(np.maximum(per_us, limits.shortest_interval_us(bare, (pulse,))))
    stamps = (bare,) * presses
    side_um = round(side_mm * 1000)
    header = {
        "schema": SCHEMA,
        "not_for_clinical_use": True,
        "disclaimer": DISCLAIMER,
        "title": f"Panel job: {emission}",
        "synthetic": True,
        "version": __version__,
        "units": Units(),
        "device": device_ref(device, spec),
        "plan_sha256": None,
        "approval": None,
        "emission": emission,
        "tip": spec.tip,
        "spot_um": device.spot_um.default or device.spot_um.low,
        "zones": (
            ZoneRef(name="panel", site="none", side="none", shape="rectangle", width_um=side_um, height_um=side_um,
                    pattern="square", order=order if emission == "fractional" else "sequential"),
        ),
        "pulses": 1,
        "stamps": presses,
        "columns": presses * len(columns),
    }  # fmt: skip
    shots = ShotFile(read(ShotHeader, header, origin="panel job"), (pulse,), stamps)
    require_deliverable(shots, limits)
    return shots


def _panel_times(emission: Emission, on_ms: float, interval_ms: float, limits: Limits) -> tuple[int, int, int]:
    """On-time [µs], interval [µs] and number of emissions of one press."""
    if not (0 < on_ms < math.inf and 0 < interval_ms < math.inf):
        raise _not_a_number(f"on {on_ms} ms, interval {interval_ms} ms")
    longest = limits.free_emission_max_us
    if emission == "continuous":
        return 10_000, 10_000, longest // 10_000
    per_us = round(interval_ms * 1000)
    if emission == "repeated":
        return round(on_ms * 1000), per_us, max(1, min(longest // max(per_us, 1), 10_000))
    return round(on_ms * 1000), per_us if emission == "fractional" else 0, 1


def _not_a_number(given: str) -> BadInput:
    return BadInput("panel", given=given, allowed="finite numbers above 0", todo="Correct the panel settings.")


def _square_um(side_mm: float, pitch_um: float, order: Order, seed: int) -> NDArray[np.int64]:
    if not (0 < pitch_um < math.inf and 0 < side_mm * 1000 / pitch_um <= 1000):
        raise BadInput(
            "panel", given=f"pitch {pitch_um} µm on {side_mm} mm", allowed="up to 1000 columns a side",
            todo="Correct the panel settings.",
        )  # fmt: skip
    n = math.floor(side_mm * 1000 / pitch_um + 1e-9)
    index = firing_order(n, n, order, seed=seed)
    middle = (n - 1) / 2
    xy = np.column_stack([index % n - middle, index // n - middle]) * pitch_um
    return np.round(xy).astype(np.int64)
