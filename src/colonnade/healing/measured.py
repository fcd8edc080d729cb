"""Healing as others measured it (``library/measurements/healing*.csv``), and the constants fitted to it.

Roles: ``calibrate`` (may be fitted), ``check`` (only predicted), ``comparator`` and ``context`` (for orientation, never
compared). ``healing-further.csv`` was gathered later and is all ``check``.
"""

from __future__ import annotations

import csv
import io
import math
from typing import Literal

from pydantic import Field, model_validator

from colonnade import catalogue
from colonnade.healing import collagen
from colonnade.healing import constants as c
from colonnade.schema import Model, read

FILES = ("healing.csv", "healing-further.csv")


class Row(Model):
    """One measured fact. ``prediction`` names what of ours it is set beside; empty if nothing of ours compares."""

    role: Literal["calibrate", "check", "comparator", "context"]
    study: str = Field(min_length=3)
    statistic: str = Field(min_length=3)
    relation: Literal["value", "between", "at_least", "at_most", "direction"]
    value: float | None
    low: float | None
    high: float | None
    unit: Literal["", "d", "h", "pct", "score"]
    day: float | None = Field(ge=0)
    condition: str
    prediction: str
    source: str = Field(min_length=5)
    confidence: Literal["low", "medium", "high"]
    level: str

    @model_validator(mode="after")
    def _numbers(self) -> Row:
        if self.relation == "between" and not (self.low is not None and self.high is not None and self.low < self.high):
            raise ValueError("low below high for a range")
        if self.relation in ("value", "at_least", "at_most") and self.value is None:
            raise ValueError("a value")
        return self


def rows(file_name: str = "healing.csv") -> tuple[Row, ...]:
    """All rows of one file, in its order."""
    numeric = ("value", "low", "high", "day")
    found = []
    for k, record in enumerate(csv.DictReader(io.StringIO(catalogue.text("measurements", file_name)))):
        data = {**record, **{n: float(record[n]) if record[n] else None for n in numeric}}
        found.append(read(Row, data, origin=f"{file_name}, line {k + 2}"))
    return tuple(found)


def _calibration(prediction: str) -> list[Row]:
    return [r for r in rows() if r.role == "calibrate" and r.prediction == prediction]


def fit_front_speed_um_h() -> tuple[float, float, float]:
    """Speed of the front: nominal, low, high, from the times at which half, and 84 of 100, lesions had closed.

    Each end of a range is one lesion size over its time; nominal is the geometric mean of the two sizes at ED50.
    """
    small, large = c.STUMPP_RADII_um
    half, most = _calibration("closed_stumpp")
    assert half.low is not None
    assert half.high is not None
    assert most.low is not None
    assert most.high is not None
    typical = (small / half.low, large / half.high)
    slow = (small / most.low, large / most.high)
    return math.sqrt(typical[0] * typical[1]), min(slow), max(typical)


def fit_visible() -> tuple[float, float]:
    """Lag [d] and speed [µm/d] of the visible zone from its area at days 7 and 14, where it is partly gone."""
    partly = [r for r in _calibration("visible_pct") if r.value is not None and 0 < r.value < 100]
    (d1, s1), (d2, s2) = ((float(r.day or 0), math.sqrt((r.value or 0) / 100)) for r in partly)
    per_day = (s1 - s2) / (d2 - d1)
    return d1 - (1 - s1) / per_day, per_day * c.KIM_RADIUS_um


def fit_hsp47() -> tuple[float, float]:
    """Rise and decay [d] of HSP47 from the day of its peak and its level at 180 days."""
    from scipy.optimize import brentq

    (peak,), (late,) = _calibration("hsp47_peak_d"), _calibration("hsp47_pct")
    assert peak.value is not None
    assert late.value is not None
    assert late.day is not None
    at, day, level = peak.value, late.day, late.value / 100

    def rise(decay: float) -> float:
        return float(brentq(lambda r: collagen.hsp47_peak_d(r, decay) - at, 0.1, at * 0.999))

    def miss(decay: float) -> float:
        import numpy as np

        return float(collagen.hsp47(np.array([day]), rise(decay), decay)[0]) - level

    decay = float(brentq(miss, 1.1 * at, 5000.0))
    return rise(decay), decay
