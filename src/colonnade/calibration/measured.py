"""The only reader of ``library/measurements``: what others measured, and what each row may be used for.

Roles: ``calibrate`` (may be fitted), ``check`` (only predicted), ``bound`` (an inequality that must hold),
``comparator`` (another laser: for orientation, never compared). Facts with their source; the wording is ours.
"""

from __future__ import annotations

import csv
import hashlib
import io
import math
from typing import Any, Literal

from pydantic import Field, model_validator

from colonnade import catalogue
from colonnade.schema import Model, read

Role = Literal["calibrate", "check", "bound", "comparator"]
Quantity = Literal[
    "crater_depth_um",
    "rim_bottom_um",
    "coagulation_depth_um",
    "coagulation_width_surface_um",
    "threshold_J_cm2",
    "heat_of_ablation_kJ_cm3",
    "surface_temperature_C",
    "statement",
]
FILES = ("flat_ablation", "lesions")


class Measurement(Model):
    """One measured quantity of one study. ``None`` means that the source does not say."""

    row: str
    role: Role
    study: str
    geometry: Literal["flat", "column"]
    device: str
    wavelength_um: float | None = Field(gt=0)
    tissue: str
    spot_um: float | None = Field(gt=0, title="Nominal spot diameter")
    energy_mJ: float | None = Field(gt=0, title="Energy of one pulse")
    fluence_J_cm2: float | None = Field(gt=0)
    irradiance_low_kW_cm2: float | None = Field(gt=0)
    irradiance_high_kW_cm2: float | None = Field(gt=0)
    pulse_low_ms: float | None = Field(gt=0)
    pulse_high_ms: float | None = Field(gt=0)
    power_W: float | None = Field(gt=0)
    pulses: int | None = Field(ge=1, title="Pulses or passes; at least so many where the source says so")
    quantity: Quantity
    value: float | None = Field(gt=0)
    low: float | None = Field(gt=0, title="Low end of a stated range, or a lower bound")
    high: float | None = Field(gt=0, title="High end of a stated range, or an upper bound")
    sd: float | None = Field(gt=0)
    n: int | None = Field(ge=1)
    method: str
    confidence: Literal["low", "medium", "high"]
    source_level: str
    source: str = Field(min_length=8)
    note: str

    @model_validator(mode="after")
    def _number_or_statement(self) -> Measurement:
        has = any(v is not None for v in (self.value, self.low, self.high))
        if has == (self.quantity == "statement"):
            raise ValueError("a value, a low or a high end; none for a statement")
        if self.low is not None and self.high is not None and not self.low < self.high:
            raise ValueError("low below high")
        return self

    @property
    def centre(self) -> float | None:
        """The value; the geometric middle of a range; None for a one-sided bound or a statement."""
        if self.value is not None:
            return self.value
        if self.low is not None and self.high is not None:
            return math.sqrt(self.low * self.high)
        return None

    def relative_sd(self, where_unstated: float) -> float:
        """Relative standard deviation: stated, or a stated range taken as 95 %, or ``where_unstated``."""
        centre = self.centre
        if self.sd is not None and centre is not None:
            return self.sd / centre
        if self.value is None and self.low is not None and self.high is not None:
            return math.log(self.high / self.low) / 3.92
        return where_unstated


class Relation(Model):
    """A direction or scaling law that a model must reproduce."""

    role: Role
    study: str
    quantity: str
    relation: str
    values: str
    energies_mJ: str
    condition: str
    source: str


def _typed(model: type[Model], cells: dict[str, str]) -> dict[str, Any]:
    """CSV text to numbers, by the model's own annotations; empty is None where None is allowed."""
    out: dict[str, Any] = {}
    for name, text in cells.items():
        annotation = str(model.model_fields[name].annotation) if name in model.model_fields else ""
        if "None" in annotation:
            out[name] = None if text == "" else int(text) if "int" in annotation else float(text)
        else:
            out[name] = text
    return out


def _rows(file: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(catalogue.text("measurements", f"{file}.csv"))))


def measurements(*, role: Role | None = None, study: str | None = None) -> tuple[Measurement, ...]:
    """All rows of ``flat_ablation.csv``, then of ``lesions.csv``, filtered by role and study.

    Raises
    ------
    BadInput
        If a library row breaks the schema.
    """
    found = [
        read(Measurement, _typed(Measurement, cells), origin=f"measurements/{file}.csv {cells.get('row', '?')}")
        for file in FILES
        for cells in _rows(file)
    ]
    return tuple(m for m in found if role in (None, m.role) and study in (None, m.study))


def relations() -> tuple[Relation, ...]:
    """The rows of ``relations.csv``."""
    return tuple(read(Relation, dict(cells), origin="measurements/relations.csv") for cells in _rows("relations"))


def data_sha256() -> str:
    """SHA-256 over the three measurement files: which data a calibration has seen."""
    texts = (catalogue.text("measurements", f"{file}.csv") for file in (*FILES, "relations"))
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()
