"""Where the model was compared with measurements, as data, and whether a shot lies there.

``inside`` a box: every input of the compared rows was stated, and at least half of them lay in the interval predicted
without them. ``edge``: within a tenth beyond such a box, or inside a box whose rows left inputs unstated (these entered
as distributions). ``outside`` is the rest, also where the comparison was made and failed. A commissioned device brings
a box of its own.
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
    role: Literal["calibrate", "check", "device"]
    unstated: tuple[str, ...] = Field(strict=False, description="Inputs that the study does not state")
    tissue: str
    rows: int = Field(ge=1)
    covered: int = Field(ge=0, description="Rows within the interval that was predicted without the study")
    energy_mJ: tuple[float, float] = Field(strict=False)
    pulse_ms: tuple[float, float] = Field(strict=False)
    spot_um: tuple[float, float] = Field(strict=False)
    wavelength_um: tuple[float, float] = Field(strict=False)
    stack: tuple[float, float] = Field(strict=False)

    @property
    def passed(self) -> bool:
        """Whether at least half of the rows lay in the interval predicted without them."""
        return 2 * self.covered >= self.rows

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


def box_of(study: Study, *, covered: int) -> Box | None:
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
        unstated=tuple(unstated),
        tissue=rows[0].tissue,
        rows=len(rows),
        covered=covered,
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
    """Inside, edge or outside the range where the model was compared with measurements, with reasons.

    ``boxes`` are those of the library; add a commissioned device's (`commissioning.load_profile`) to them.
    """
    boxes = validated_range() if boxes is None else boxes
    here = [box for box in boxes if not box.misses(shot)]
    failed = [
        f"compared in {box.study}, where {box.covered} of {box.rows} rows lay in the predicted interval"
        for box in here
        if not box.passed
    ]
    for box in here:
        if box.passed and not box.unstated:
            return Validity("inside", (f"within {box.study} ({box.rows} rows, {box.tissue})",))
    for box in here:
        if box.passed:
            words = f"within {box.study}, which does not state {', '.join(box.unstated)}"
            return Validity("edge", (words, *failed))
    for box in boxes:
        if box.passed and not box.unstated and not box.misses(shot, margin=EDGE):
            return Validity("edge", (f"within a tenth of {box.study}: {'; '.join(box.misses(shot))}", *failed))
    if failed:
        return Validity("outside", tuple(failed))
    if not boxes:
        return Validity("outside", ("no comparison with measurements",))
    nearest = min(boxes, key=lambda box: len(box.misses(shot)))
    return Validity("outside", (f"nearest compared study: {nearest.study}", *nearest.misses(shot)))
