"""Where columns go and in which order, as plain data: the region, what is kept out of it, the firing of the stamps."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from colonnade.schema import Model

Point = Annotated[tuple[float, float], Field(strict=False)]
Line = Annotated[tuple[Point, ...], Field(strict=False, min_length=2, max_length=20_000)]
Ring = Annotated[tuple[Point, ...], Field(strict=False, min_length=3, max_length=20_000)]
Rings = Annotated[tuple[Ring, ...], Field(strict=False, min_length=1, max_length=500)]


def optional(unit: str, title: str, *, gt: float | None = None, ge: float | None = None, le: float) -> Any:
    """An optional physical field: its unit travels with it into the JSON schema, the form and the docs table."""
    return Field(None, gt=gt, ge=ge, le=le, title=title, json_schema_extra={"unit": unit})


def _number(unit: str, title: str, *, le: float) -> Any:
    """A number from 0 up that is 0 unless stated, with its unit."""
    return Field(0.0, ge=0, le=le, title=title, json_schema_extra={"unit": unit})


class Region(Model):
    """The area: a square, rectangle, circle or polygon in millimetres."""

    shape: Literal["rectangle", "circle", "polygon"] = Field("rectangle", title="Shape")
    width_mm: float | None = optional("mm", "Width", gt=0, le=500)
    height_mm: float | None = optional("mm", "Height", gt=0, le=500)
    diameter_mm: float | None = optional("mm", "Diameter", gt=0, le=500)
    rings_mm: tuple[Ring, ...] | None = Field(
        None,
        strict=False,
        max_length=500,
        title="Rings of a polygon",
        description="The outline, then its holes; each a list of points [x, y] as the operator sees the skin, y up",
        json_schema_extra={"unit": "mm"},
    )
    further_mm: tuple[Rings, ...] = Field(
        (),
        strict=False,
        max_length=200,
        title="Further polygons of the region",
        description="Each an outline, then its holes",
        json_schema_extra={"unit": "mm"},
    )
    feather_mm: float | None = optional(
        "mm", "Width over which a polygon's density falls to 0 at its edge", gt=0, le=100
    )
    edge_mm: tuple[Line, ...] = Field(
        (),
        strict=False,
        max_length=1000,
        title="Lines from which a feathered density falls; all edges unless stated",
        json_schema_extra={"unit": "mm"},
    )

    @model_validator(mode="after")
    def _complete(self) -> Region:
        if self.shape == "rectangle" and (self.width_mm is None or self.height_mm is None):
            raise ValueError("a rectangle with width_mm and height_mm, both above 0")
        if self.shape == "rectangle" and self.diameter_mm is not None:
            raise ValueError("a rectangle without diameter_mm")
        if self.shape == "circle" and (self.diameter_mm is None or self.width_mm or self.height_mm):
            raise ValueError("a circle with diameter_mm above 0 and nothing else")
        if self.shape == "polygon" and (not self.rings_mm or self.width_mm or self.height_mm or self.diameter_mm):
            raise ValueError("a polygon with rings_mm, and no width_mm, height_mm or diameter_mm")
        drawn = self.rings_mm is not None or self.feather_mm is not None or self.further_mm or self.edge_mm
        if self.shape != "polygon" and drawn:
            raise ValueError(
                f"a {self.shape} without rings_mm, further_mm, feather_mm and edge_mm; these belong to a polygon"
            )
        if self.edge_mm and self.feather_mm is None:
            raise ValueError("edge_mm only with feather_mm: it says from where the density falls")
        return self


class Exclusion(Model):
    """A place that is kept out of the treatment, with a margin all round; in the coordinates of the region."""

    name: str = Field(title="Name", description="E.g. left eyelid, lips, mole", min_length=1, max_length=80)
    margin_mm: float = Field(ge=0, le=100, title="Margin all round", json_schema_extra={"unit": "mm"})
    rings_mm: tuple[Ring, ...] | None = Field(
        None,
        strict=False,
        max_length=500,
        title="Rings of a polygon, as those of the region",
        json_schema_extra={"unit": "mm"},
    )
    centre_mm: Point | None = Field(None, title="Centre of a circle", json_schema_extra={"unit": "mm"})
    diameter_mm: float | None = optional("mm", "Diameter of the circle", gt=0, le=500)

    @model_validator(mode="after")
    def _one_shape(self) -> Exclusion:
        circle = self.centre_mm is not None and self.diameter_mm is not None
        if bool(self.rings_mm) == circle or (self.centre_mm is None) != (self.diameter_mm is None):
            raise ValueError("either rings_mm, or centre_mm and diameter_mm")
        return self


class FiringChoice(Model):
    """How the scanner fires and the hand moves. A case without this table fires row after row without a pause."""

    order: Literal["raster", "serpentine", "interlaced", "random", "optimised"] = Field(
        "raster", title="Order of the columns within a stamp"
    )
    scan_shape: Literal["square", "hexagon", "circle", "line"] = Field("square", title="Shape of a stamp")
    scan_mm: float | None = optional("mm", "Size of a stamp; the device's largest unless stated", gt=0, le=500)
    scan_turn_deg: float = Field(0.0, ge=-360, le=360, title="Turn of the stamps", json_schema_extra={"unit": "°"})
    scan_gap_mm: float = Field(
        0.0, ge=-50, le=50, title="Gap between stamps; negative: overlap", json_schema_extra={"unit": "mm"}
    )
    partial: Literal["clip", "whole"] = Field(
        "clip", title="clip: columns outside the region are left out; whole: a stamp is fired whole or not at all"
    )
    one_placement: bool = Field(False, title="The handpiece is not moved: the region must fit into one scan")
    settle_ms: float = _number("ms", "Time the mirrors need to settle", le=1000)
    jump_mm_s: float | None = optional("mm_s", "Speed of the spot between columns", ge=1, le=1e6)
    stamp_s: float = _number("s", "Time from stamp to stamp", le=3600)
    pass_interval_s: float = _number("s", "Pause between passes; 0, the hottest, unless stated", le=86_400)
    zone_interval_s: float = _number("s", "Pause between zones; 0, the hottest, unless stated", le=86_400)
    hand_placement_mm: float = _number("mm", "Scatter of the hand in place (standard deviation)", le=50)
    hand_rotation_deg: float = _number("°", "Scatter of the hand in turn (standard deviation)", le=180)
    hand_defocus_mm: float = _number("mm", "Scatter of the hand in distance (standard deviation)", le=50)
    seed: int = Field(0, ge=0, le=2**31, title="Seed of the hand's scatter")
