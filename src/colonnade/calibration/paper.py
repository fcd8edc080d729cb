"""The spot of a Gaussian beam from marks on thermal paper: what a commissioning file asks for as ``spot_um``.

Paper turns where the fluence passes a threshold, so marks of diameter d at energies E obey d² = 2 w² ln(E/E₀) (Liu
1982): the slope of d² over ln E gives the 1/e² radius w, whatever the paper's threshold is.
"""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field

from colonnade.errors import BadInput, did_you_mean
from colonnade.schema import Model, read

FEWEST, LEAST_SPAN = 4, 2.0


class Mark(Model):
    """One mark: a label, the energy of the single pulse, the diameter that turned."""

    row: str = Field(min_length=1)
    energy_mJ: float = Field(gt=0, le=2000)
    mark_um: float = Field(ge=5, le=10_000)


@dataclass(frozen=True)
class PaperSpot:
    """1/e² spot diameter with its 95 % interval [µm], the paper's threshold [mJ], and the rms misfit of d [µm]."""

    spot_um: float
    low_um: float
    high_um: float
    threshold_mJ: float
    misfit_um: float
    marks: int


def read_marks(path: Path) -> tuple[Mark, ...]:
    """The marks of a CSV file with exactly the columns row, energy_mJ, mark_um.

    Raises
    ------
    BadInput
        If the file cannot be read, a column is missing or unknown, a cell is no number, a label stands twice, or there
        are fewer than four marks or less than a factor of two between their energies.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(str(path), given=str(error), allowed="a CSV file in UTF-8", todo="Check the path.") from None
    reader = csv.DictReader(io.StringIO(text))
    wanted, columns = list(Mark.model_fields), list(reader.fieldnames or [])
    if sorted(columns) != sorted(wanted):
        odd = next((name for name in columns if name not in wanted), None)
        todo = "Add what is missing." if odd is None else did_you_mean(odd, wanted)
        raise BadInput(str(path), given=f"columns {', '.join(columns) or 'none'}", allowed=", ".join(wanted), todo=todo)
    marks = []
    for line, cells in enumerate(reader, start=2):
        origin = f"{path.name} line {line}"
        if None in cells or None in cells.values():
            raise BadInput(origin, given="more or fewer cells", allowed="one per column", todo="Check commas.")
        marks.append(read(Mark, {k: _cell(origin, k, v) for k, v in cells.items()}, origin=origin))
    labels = [mark.row for mark in marks]
    if len(set(labels)) < len(labels):
        twice = next(label for label in labels if labels.count(label) > 1)
        raise BadInput(f"{path}: row {twice}", given="twice", allowed="every label once", todo="Rename or remove it.")
    energies = [mark.energy_mJ for mark in marks]
    if len(marks) < FEWEST or not max(energies) >= LEAST_SPAN * min(energies):
        raise BadInput(
            str(path),
            given=f"{len(marks)} marks" + (f" from {min(energies):g} to {max(energies):g} mJ" if energies else ""),
            allowed=f"at least {FEWEST} marks whose energies span a factor of {LEAST_SPAN:g}",
            todo="Burn more marks, at one and the same distance.",
        )
    return tuple(marks)


def _cell(origin: str, name: str, text: str) -> Any:
    if name == "row":
        return text.strip()
    try:
        return float(text)
    except ValueError:
        raise BadInput(f"{origin}: {name}", given=f'"{text}"', allowed="a number", todo="Correct the cell.") from None


def spot_of(marks: tuple[Mark, ...]) -> PaperSpot:
    """Least squares of d² over ln E; the interval is Student's for the slope.

    Raises
    ------
    BadInput
        If marks do not grow with energy, or their interval does not exclude a spot of nothing: no Gaussian beam did
        that, or they were measured too coarsely.
    """
    from scipy.stats import t as student

    x = np.log([mark.energy_mJ for mark in marks])
    y = np.array([mark.mark_um**2 for mark in marks])
    away = x - x.mean()
    slope = float(away @ y / (away @ away))
    level = float(y.mean() - slope * x.mean())
    left = y - level - slope * x
    error = math.sqrt(float(left @ left) / (len(x) - 2) / float(away @ away))
    reach = float(student.ppf(0.975, len(x) - 2)) * error
    if not slope - reach > 0:
        raise BadInput(
            "thermal paper",
            given=f"marks whose squares grow by {slope:.3g} ± {reach:.2g} µm² per factor e of energy",
            allowed="marks that grow with energy, as those of a Gaussian beam do",
            todo="Measure them again; the marks of a top-hat hardly grow: state its spot as it is.",
        )

    def diameter(s: float) -> float:
        return math.sqrt(2.0 * s)  # d² = 2 w² ln E: the spot 2w is √(2 slope)

    predicted = np.sqrt(np.maximum(level + slope * x, 0.0))
    measured = np.array([mark.mark_um for mark in marks])
    return PaperSpot(
        spot_um=diameter(slope),
        low_um=diameter(slope - reach),
        high_um=diameter(slope + reach),
        threshold_mJ=math.exp(-level / slope),
        misfit_um=float(np.sqrt(np.mean((predicted - measured) ** 2))),
        marks=len(marks),
    )


def agree(spot: PaperSpot, spots_um: tuple[float, ...]) -> None:
    """Refuse test shots whose stated spot the paper contradicts. Raises BadInput."""
    wrong = sorted({s for s in spots_um if not spot.low_um <= s <= spot.high_um})
    if wrong:
        raise BadInput(
            "spot_um",
            given=f"{', '.join(f'{s:g}' for s in wrong)} µm in the test shots",
            allowed=f"{spot.low_um:.0f} to {spot.high_um:.0f} µm, by {spot.marks} marks on thermal paper (95 %)",
            todo=f"State the spot as measured ({spot.spot_um:.0f} µm), or burn the marks at the distance of the shots.",
        )
