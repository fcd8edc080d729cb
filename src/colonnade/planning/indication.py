"""An indication: how deep, how much of the surface, how often, on what evidence (``colonnade.indication/1``)."""

from __future__ import annotations

import functools
from typing import Any, Literal

from pydantic import Field, model_validator

from colonnade import catalogue
from colonnade.schema import Model, read

#: ``published``: read in a source; ``derived``: our arithmetic on a source; ``assumed``: no source gives it.
Flag = Literal["published", "derived", "assumed"]
RequiredInput = Literal["scar_thickness_um", "scar_age_months"]
#: How the beam is used. This version plans ``fractional`` only; the rules MODE-01 refuse the others.
Mode = Literal["fractional", "spot_vaporisation", "coagulation", "cut", "expanded_beam"]


class Range(Model):
    """A range with where it comes from. The unit is the ending of the field that holds it."""

    low: float = Field(gt=0)
    high: float = Field(gt=0)
    flag: Flag
    source: str = Field(min_length=2)
    note: str = ""

    @model_validator(mode="after")
    def _ordered(self) -> Range:
        if not self.low <= self.high:
            raise ValueError("low at most high")
        return self


class Coagulation(Model):
    """How much coagulated rim is wished for; no published number stands behind it unless the flag says so."""

    wish: Literal["less", "moderate", "more"]
    flag: Flag
    source: str = Field(min_length=2)


class Indication(Model):
    """What is treated, and what a plan for it aims at."""

    schema_: Literal["colonnade.indication/1"] = Field(alias="schema")
    id: str
    title: str
    like: str = Field("", description="An indication whose values and published settings are taken over")
    reviewed_by: str
    mode: Mode = Field(description="How the beam is used")
    target_tissue: str = Field(min_length=4, description="What is to be reached")
    objectives: tuple[str, ...] = Field(strict=False, min_length=1, description="What the treatment is to achieve")
    next_step: str = Field("", description="Where this version refuses: what to do instead")
    label_status: str = Field(description="On or off label, as far as known")
    evidence_grade: Literal["A", "B", "C", "D"] = Field(
        description="A: agreeing large trials; B: small randomised trials; C: series without controls; D: opinion"
    )
    evidence_reason: str
    required_inputs: tuple[RequiredInput, ...] = Field((), strict=False, description="Fields a case must state")
    published: tuple[str, ...] = Field(strict=False, description="Ids of published settings")
    sources: tuple[str, ...] = Field(strict=False, min_length=1)
    target_depth_um: Range = Field(description="Depth the columns should reach, from the surface [µm]")
    coverage_pct: Range = Field(description="Cumulative density in a session [%]")
    coagulation: Coagulation
    sessions: Range
    interval_weeks: Range

    @model_validator(mode="after")
    def _says_where_to_go(self) -> Indication:
        if self.mode != "fractional" and not self.next_step:
            raise ValueError("a next step, because this version plans the fractional mode only")
        return self

    def assumed(self) -> tuple[str, ...]:
        """The names of the values that no source gives."""
        return tuple(
            name
            for name in type(self).model_fields
            if isinstance(value := getattr(self, name), Range | Coagulation) and value.flag == "assumed"
        )


@functools.cache
def indication(name: str) -> Indication:
    """An indication of the library by id. Raises BadInput with "did you mean"."""
    data: dict[str, Any] = catalogue.load("indications", name)
    if "like" in data:
        data = catalogue.load("indications", data["like"]) | {"published": []} | data
    return read(Indication, data, origin=f"library indication {name}")
