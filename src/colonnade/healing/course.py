"""What `heal` returns: predictions, the course day by day, months of new matrix, risks."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from colonnade.healing import collagen
from colonnade.healing.evidence import GRADES, Prediction, Risk
from colonnade.healing.wound import Wound, number

Array = NDArray[np.float64]
Care = Literal["moist", "dry"]

#: Days of the series: quarters of a day to day 60.
SERIES_d = np.arange(0, 60.25, 0.25)
SERIES_d.setflags(write=False)


@dataclass(frozen=True)
class Track:
    """A quantity by day: nominal, low and high, each of shape (t,)."""

    nominal: Array
    low: Array
    high: Array

    def __post_init__(self) -> None:
        for array in (self.nominal, self.low, self.high):
            array.setflags(write=False)


@dataclass(frozen=True)
class Days:
    """The course day by day; ``day`` has shape (t,). Open and visible are two different quantities."""

    day: Array
    open_pct: Track
    """Part of the treated area without living epidermis (continuity of keratinocytes)."""
    visible_pct: Track
    """Part of the treated area that confocal pictures still show as altered; the whole area for a full-field wound."""
    plugs_pct: Track
    """Columns that carry a plug or crust; for a full-field wound the area under crust or film."""
    redness_pct: Track
    """Relative to a fresh full-field wound."""
    swelling_pct: Track
    """Relative to the peak of a full-field wound."""


@dataclass(frozen=True)
class Course:
    """Predicted healing. Nothing here is advice; ``reviewed_by`` is none."""

    wound: Wound
    site: str
    phototype: str
    care: Care
    predictions: tuple[Prediction, ...]
    days: Days
    matrix: collagen.Matrix
    risks: tuple[Risk, ...]
    redness_words: str
    full_field: tuple[Prediction, ...]
    """The same region without islands: the founding claim, side by side."""
    assumptions: tuple[str, ...]
    reviewed_by: str
    inputs_sha256: str

    def __getitem__(self, name: str) -> Prediction:
        """A prediction, a risk or a full-field comparison by name. Raises KeyError with the known names."""
        known = {p.name: p for p in (*self.predictions, *self.full_field, *(r.prediction for r in self.risks))}
        if name not in known:
            raise KeyError(f"{name}: known are {', '.join(known)}")
        return known[name]

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON: predictions, risks, full-field comparison, day-by-day series, months."""
        plain = {
            "site": self.site,
            "phototype": self.phototype,
            "care": self.care,
            "wound": {
                f.name: getattr(self.wound, f.name)
                for f in dataclasses.fields(self.wound)
                if isinstance(getattr(self.wound, f.name), str | int | float)
            },
            "predictions": [_plain(p) for p in self.predictions],
            "full_field": [_plain(p) for p in self.full_field],
            "risks": [
                {
                    **_plain(r.prediction),
                    "factors": [dataclasses.asdict(f) for f in r.factors],
                    "reducers": [dataclasses.asdict(m) for m in r.reducers],
                }
                for r in self.risks
            ],
            "redness_words": self.redness_words,
            "days": daily(self, until_d=28),
            "months": {f.name: getattr(self.matrix, f.name).tolist() for f in dataclasses.fields(self.matrix)},
            "grades": dict(GRADES),
            "assumptions": list(self.assumptions),
            "reviewed_by": self.reviewed_by,
            "inputs_sha256": self.inputs_sha256,
        }
        return plain


def _plain(p: Prediction) -> dict[str, Any]:
    return {**dataclasses.asdict(p), "illustrative": p.illustrative}


def daily(course: Course, *, until_d: int = 28) -> dict[str, Any]:
    """The series at whole days 0…``until_d`` as lists: ``day``, and per quantity nominal, low, high."""
    number("until_d", until_d, 1, float(SERIES_d[-1]), "d")
    at = np.arange(0, int(until_d) + 1, dtype=float)
    series: dict[str, Any] = {"day": at.tolist()}
    for entry in dataclasses.fields(course.days):
        track = getattr(course.days, entry.name)
        if isinstance(track, Track):
            series[entry.name] = {
                end: np.interp(at, course.days.day, getattr(track, end)).tolist() for end in ("nominal", "low", "high")
            }
    return series
