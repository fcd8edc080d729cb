"""Where the model was compared with measurements, as data, and whether a shot lies there.

``inside`` a box: every input of the compared rows was stated. ``edge``: within a tenth beyond such a box, or inside
a box whose rows left inputs unstated (these entered as distributions). Else ``outside``.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from colonnade import catalogue
from colonnade.calibration.studies import Study
from colonnade.laser import Shot
from colonnade.photothermal import Validity
from colonnade.schema import Model, read

#: Dimensions of a box and how they are read from a shot.
DIMENSIONS = ("energy_mJ", "pulse_ms", "spot_um", "wavelength_um", "stack")
EDGE = 0.10


class Box(Model):
    """One study's range: per dimension the lowest and highest compared value."""

    study: str
    role: Literal["calibrate", "check"]
    stated: bool = Field(description="Every input of the rows was stated by the study")
    unstated: tuple[str, ...] = Field(strict=False)
    tissue: str
    rows: int
    energy_mJ: tuple[float, float] = Field(strict=False)
    pulse_ms: tuple[float, float] = Field(strict=False)
    spot_um: tuple[float, float] = Field(strict=False)
    wavelength_um: tuple[float, float] = Field(strict=False)
    stack: tuple[float, float] = Field(strict=False)

    def misses(self, shot: Shot, *, margin: float = 0.0) -> tuple[str, ...]:
        """The dimensions in which a shot lies beyond the box, in words; none if it lies inside."""
        out = []
        for name in DIMENSIONS:
            low, high = getattr(self, name)
            value = shot.surface_spot_um if name == "spot_um" else float(getattr(shot, name))
            if not low * (1 - margin) <= value <= high * (1 + margin):
                out.append(f"{name} {value:.4g}, compared {low:.4g} to {high:.4g}")
        return tuple(out)


def _span(values: list[float]) -> tuple[float, float]:
    return min(values), max(values)


def box_of(study: Study) -> Box | None:
    """The box of a study of single columns; None for flat ablation, which no microbeam lies in."""
    rows = study.rows
    if any(row.geometry != "column" for row in rows):
        return None
    inputs = study.spec.inputs
    energy = _span([row.energy_mJ for row in rows if row.energy_mJ is not None])
    spots = [row.spot_um for row in rows if row.spot_um is not None]
    unstated = [name for name in ("spot_um", "power_W", "stack", "order", "m2") if name in inputs]
    spot = _span(spots) if spots else inputs["spot_um"].span
    if spots and "spot_um" in unstated:
        unstated.remove("spot_um")
    durations = [row.pulse_low_ms for row in rows if row.pulse_low_ms is not None]
    if durations:
        pulse = _span(durations)
    else:
        low, high = inputs["power_W"].span
        pulse = (energy[0] / high, energy[1] / low)
    return Box(
        study=study.name,
        role="calibrate" if rows[0].role == "calibrate" else "check",
        stated=not set(unstated) - {"order"},
        unstated=tuple(unstated),
        tissue=rows[0].tissue,
        rows=len(rows),
        energy_mJ=energy,
        pulse_ms=pulse,
        spot_um=spot,
        wavelength_um=_span([row.wavelength_um for row in rows if row.wavelength_um is not None]),
        stack=inputs["stack"].span if "stack" in inputs else (1.0, 1.0),
    )


def validated_range() -> tuple[Box, ...]:
    """The boxes of ``library/calibration/validated_range.toml``."""
    data: dict[str, Any] = catalogue.load("calibration", "validated_range")
    return tuple(read(Box, entry, origin="validated_range.toml") for entry in data["box"])


def validity(shot: Shot, *, boxes: tuple[Box, ...] | None = None) -> Validity:
    """Inside, edge or outside the range where the model was compared with measurements, with reasons."""
    boxes = validated_range() if boxes is None else boxes
    near: tuple[str, ...] | None = None
    for box in boxes:
        if box.stated and not box.misses(shot):
            return Validity("inside", (f"within {box.study} ({box.rows} rows, {box.tissue})",))
    for box in boxes:
        if box.stated and not box.misses(shot, margin=EDGE):
            return Validity("edge", (f"within a tenth of {box.study}: {'; '.join(box.misses(shot))}",))
        if not box.stated and not box.misses(shot):
            words = f"within {box.study}, which does not state {', '.join(box.unstated)}"
            return Validity("edge", (words,))
        missed = box.misses(shot)
        if near is None or len(missed) < len(near):
            near = (f"nearest compared study {box.study}", *missed)
    return Validity("outside", near or ("no comparison with measurements",))
