"""What the beam meets: layers from the surface down, by site. Phototype does not change 10.6 µm optics."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from colonnade import catalogue
from colonnade.schema import Model, read

Flag = Literal["measured", "fitted", "assumed"]


class Layer(Model):
    """One layer of skin."""

    name: str
    thickness_um: float = Field(gt=0, le=50_000, json_schema_extra={"unit": "um"})
    thickness_sd_um: float = Field(0.0, ge=0, json_schema_extra={"unit": "um"})
    water: float = Field(ge=0.02, le=0.99, title="Water mass fraction")
    conductivity_W_mK: float = Field(gt=0.02, le=1.0, title="Thermal conductivity at the start")
    flag: Flag
    source: str = Field(min_length=2)
    note: str = ""


class Skin(Model):
    """A site's skin (``colonnade.site/1``): its layers, its zone for the rules, its starting temperature."""

    schema_: Literal["colonnade.site/1"] = Field(alias="schema")
    id: str
    title: str
    zone: Literal["face", "eyelid", "neck", "scalp", "ear", "chest", "trunk", "limb", "hand", "genital"]
    layers: tuple[Layer, ...] = Field(strict=False, min_length=1)
    temperature_C: float = Field(ge=0, le=45, title="Temperature at the start", json_schema_extra={"unit": "C"})
    temperature_source: str
    reviewed_by: str
    notes: str = ""

    @property
    def thickness_um(self) -> float:
        """Thickness down to the end of the last layer [µm]."""
        return sum(layer.thickness_um for layer in self.layers)

    def depth_um(self, name: str) -> float:
        """Depth of the bottom of the layer whose name starts with ``name`` [µm]; KeyError if there is none."""
        depth = 0.0
        for layer in self.layers:
            depth += layer.thickness_um
            if layer.name.startswith(name):
                return depth
        raise KeyError(name)


def skin(site: str) -> Skin:
    """The skin of a site of the library by id. Raises BadInput with "did you mean"."""
    data: dict[str, Any] = catalogue.load("sites", site)
    return read(Skin, data, origin=f"library site {site}")
