"""A file of beams for the three-dimensional solver (``colonnade.beams/1``): tilted, overlapping, moving."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from colonnade.errors import BadInput
from colonnade.laser import Shot
from colonnade.photothermal.naming import strategies_of
from colonnade.photothermal.tilted import Beam, Block
from colonnade.schema import Model, read

BEAM_FIELDS = ("x_um", "y_um", "tilt_deg", "azimuth_deg", "speed_mm_s", "wait_ms")


class BlockSpec(Model):
    """The block of tissue and its cells [µm]; x is the direction in which beams move."""

    length_um: float = Field(gt=0, le=50_000, description="Along x")
    width_um: float = Field(gt=0, le=50_000, description="Along y")
    depth_um: float = Field(gt=0, le=10_000, description="From the surface down")
    cell_um: float = Field(5.0, ge=0.1, le=1000)
    cell_z_um: float | None = Field(None, ge=0.1, le=1000, description="Cell in depth; left out: as wide as deep")
    precision: Literal["float32", "float64"] = "float32"
    rays_per_cell: int = Field(2, ge=1, le=8)


class BeamSpec(Model):
    """One shot at a place; its axis meets the surface at (x, y) of the block."""

    energy_mJ: float
    pulse_ms: float
    spot_um: float
    profile: Literal["gaussian", "tophat", "supergaussian"] = "gaussian"
    order: int = 2
    m2: float = 1.2
    focus_depth_um: float = 0.0
    x_um: float
    y_um: float
    tilt_deg: float = Field(0.0, ge=0, le=60, description="From the normal")
    azimuth_deg: float = Field(0.0, description="Direction of the tilt in the surface, from x")
    speed_mm_s: float = Field(0.0, description="Along x, while the beam is on")
    wait_ms: float = Field(0.0, ge=0, description="Cooling before this beam fires")


class BeamsSpec(Model):
    """Beams that fire one after the other into one block."""

    schema_: Literal["colonnade.beams/1"] = Field(alias="schema")
    site: str = "cheek"
    until_ms: float = Field(10.0, ge=0, le=10_000, description="Cooling after the last beam")
    block: BlockSpec
    strategies: dict[str, float | int | str] = Field(default_factory=dict, description="By their flat names")
    beams: list[BeamSpec] = Field(min_length=1, max_length=1000)

    def made(self) -> tuple[tuple[Beam, ...], Block, dict[str, Any]]:
        """Beams, block and strategies as `simulate_volume` takes them. Raises BadInput."""
        beams = tuple(_beam(spec, n) for n, spec in enumerate(self.beams))
        return beams, Block(**self.block.model_dump()), strategies_of(self.strategies)


def _beam(spec: BeamSpec, n: int) -> Beam:
    data = spec.model_dump()
    place = {name: data.pop(name) for name in BEAM_FIELDS}
    if spec.profile != "supergaussian":
        data.pop("order")
    return Beam(read(Shot, data, origin=f"beams.{n}"), **place)


def load(path: Path) -> BeamsSpec:
    """Read a beams file. Raises BadInput if it is no TOML or breaks the schema."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInput(str(path), given=str(error), allowed="a beams file in TOML", todo="Correct the file.") from None
    return read(BeamsSpec, data, origin=str(path))
