"""Predicted healing as a plan keeps it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from colonnade.schema import Model

Numbers = tuple[float, ...]


def _list(title: str) -> Any:
    return Field((), strict=False, title=title)


class HealingNumber(Model):
    """One prediction of healing. None does not happen within what was computed, and the note says so."""

    name: str
    title: str
    nominal: float | None
    low: float | None
    high: float | None
    grade: Literal["A", "B", "C", "D"]
    illustrative: bool = Field(description="True where nothing validates it")
    source: str
    note: str = ""


class HealingFactor(Model):
    """What moves a risk, as an odds ratio with its ends."""

    name: str
    odds_ratio: float
    low: float
    high: float
    source: str


class HealingReducer(Model):
    """What lowers a risk."""

    measure: str
    effect: str
    grade: Literal["A", "B", "C", "D"]
    source: str


class HealingRisk(Model):
    """A risk, what drives it, what reduces it."""

    risk: HealingNumber
    factors: tuple[HealingFactor, ...] = _list("Factors")
    reducers: tuple[HealingReducer, ...] = _list("Reducers")


class HealingTrack(Model):
    """A quantity by day."""

    nominal: Numbers = _list("Expected")
    low: Numbers = _list("Low end")
    high: Numbers = _list("High end")


class HealingWound(Model):
    """The wound that heals, as the strip of days draws it."""

    kind: Literal["fractional", "full_field"]
    width_um: float
    height_um: float
    dead_radius_um: float
    crater_radius_um: float
    crater_depth_um: float
    injury_depth_um: float
    rim_um: float
    columns_per_mm2: float
    density_pct: float
    passes: int
    coagulated_pct: float
    basal_rise_K: float
    window_um: Numbers = _list("Window: x0, y0, x1, y1")
    x_um: Numbers = _list("Column centres in and around the window, x")
    y_um: Numbers = _list("Column centres in and around the window, y")


class HealingCourse(Model):
    """How a zone heals. Intervals span the constants of healing and the crater losses; nothing here is advice."""

    site: str
    phototype: str
    care: Literal["moist", "dry"]
    wound: HealingWound
    predictions: tuple[HealingNumber, ...] = _list("Closure, downtime, signs, new matrix")
    full_field: tuple[HealingNumber, ...] = _list("The same region without islands of spared skin")
    risks: tuple[HealingRisk, ...] = _list("Risks")
    redness_words: str
    day: Numbers = _list("Days of the series")
    series: dict[str, HealingTrack] = Field(description="open, visible, plugs, redness, swelling [%], by day")
    month_day: Numbers = _list("Days of the months")
    matrix: dict[str, Annotated[Numbers, Field(strict=False)]] = Field(
        description="HSP47, fibroblasts, collagen III and I, production, by day"
    )
    assumptions: tuple[str, ...] = _list("Assumptions")
    reviewed_by: str
    inputs_sha256: str

    def __getitem__(self, name: str) -> HealingNumber:
        """A prediction, a full-field comparison or a risk by name. Raises KeyError with the known names."""
        known = {n.name: n for n in (*self.predictions, *self.full_field, *(r.risk for r in self.risks))}
        if name not in known:
            raise KeyError(f"{name}: known are {', '.join(known)}")
        return known[name]
