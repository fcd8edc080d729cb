"""A prediction with its interval, its grade of evidence and its source. The unit ends the name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Grade = Literal["A", "B", "C", "D"]

#: What the grades mean. No prediction has A.
GRADES: dict[Grade, str] = {
    "A": "compared with controlled, prospective measurements of this quantity after fractional CO2",
    "B": "fitted to or compared with measurements of this quantity in people; small studies",
    "C": "derived from measurements of something near it (another laser, site, wound or species)",
    "D": "illustrative: nothing validates it",
}


@dataclass(frozen=True)
class Prediction:
    """One number. ``low`` and ``high`` span what is not known about the constants, not the spread of patients alone.

    ``None`` means that it does not happen within what was computed, and ``note`` says so.
    """

    name: str
    title: str
    nominal: float | None
    low: float | None
    high: float | None
    grade: Grade
    source: str
    note: str = ""

    @property
    def illustrative(self) -> bool:
        """True where nothing validates it."""
        return self.grade == "D"


@dataclass(frozen=True)
class Factor:
    """What moves a risk, as an odds ratio: nominal and the ends used for the interval."""

    name: str
    odds_ratio: float
    low: float
    high: float
    source: str


@dataclass(frozen=True)
class Reducer:
    """What lowers a risk, and what is known about by how much."""

    measure: str
    effect: str
    grade: Grade
    source: str


@dataclass(frozen=True)
class Risk:
    """A risk with what drives it and what reduces it."""

    prediction: Prediction
    factors: tuple[Factor, ...]
    reducers: tuple[Reducer, ...]
