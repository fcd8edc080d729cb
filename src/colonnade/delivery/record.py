"""The record of a treatment (``colonnade.treatment/1``): what was delivered against what was planned, as plain data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from colonnade.errors import BadInput
from colonnade.schema import Model, read

SCHEMA = "colonnade.treatment/1"
Row = Annotated[tuple[float, ...], Field(strict=False)]
Rows = tuple[Row, ...]


def _rows(title: str) -> Any:
    return Field((), strict=False, title=title, description="Rows from the lowest y up, each from the lowest x up")


class DeliveryMap(Model):
    """Planned and delivered on a grid over the zone. A cell without planned columns holds 0 in all rows."""

    cell_mm: float
    planned_J_cm2: Rows = _rows("Planned energy over area")
    delivered_J_cm2: Rows = _rows("Delivered energy over area, columns in doubt left out")
    unknown_columns: Rows = _rows("Columns in doubt")
    position_rms_um: Rows = _rows("Distance from the planned place, root mean square")
    coverage_planned_pct: Rows = _rows("Covered by crater and rim at the surface; empty without a lesion")
    coverage_delivered_pct: Rows = _rows("The same, as delivered")
    rise_planned_K: Rows = _rows("Rise at the basal layer in the cell's middle, at the end of the zone")
    rise_delivered_K: Rows = _rows("The same, as delivered")


class ZonePass(Model):
    """One pass over one zone."""

    zone: str
    pass_: int = Field(alias="pass")
    planned: int
    fired: int
    not_fired: int
    unknown: int
    energy_planned_mJ: float = Field(description="Mean per column, as in the shot file")
    energy_delivered_mJ: float | None = Field(description="Mean per fired column, as the monitor read it")
    energy_sd_pct: float | None
    energy_worst_pct: float | None = Field(description="Largest deviation of one column from its planned energy")
    energy_total_planned_J: float
    energy_total_delivered_J: float = Field(description="Columns in doubt left out")
    energy_total_with_unknown_J: float = Field(description="Columns in doubt counted at their planned energy")
    position_rms_um: float | None
    position_worst_um: float | None


class DepthCoverage(Model):
    """Covered fraction by depth over the whole zone [%], edges left out; ``with_unknown`` counts columns in doubt."""

    depth_um: tuple[float, ...] = Field(strict=False)
    ablated_planned_pct: tuple[float, ...] = Field(strict=False)
    ablated_delivered_pct: tuple[float, ...] = Field(strict=False)
    ablated_with_unknown_pct: tuple[float, ...] = Field(strict=False)
    coagulated_planned_pct: tuple[float, ...] = Field(strict=False)
    coagulated_delivered_pct: tuple[float, ...] = Field(strict=False)
    coagulated_with_unknown_pct: tuple[float, ...] = Field(strict=False)


class Heat(Model):
    """Rise of the skin between the columns [K], at the hottest place: planned timing against real timing."""

    peak_basal_planned_K: float
    peak_basal_delivered_K: float = Field(description="Columns in doubt counted as fired: the unfavourable end")
    peak_surface_planned_K: float
    peak_surface_delivered_K: float


class ZoneDelivered(Model):
    """One zone: its map, and where a lesion was given, coverage and heat."""

    zone: str
    map: DeliveryMap
    coverage: DepthCoverage | None = None
    heat: Heat | None = None


class Treatment(Model):
    """What a log says was delivered, against its shot file."""

    schema_: Literal["colonnade.treatment/1"] = Field(alias="schema")
    disclaimer: str
    virtual: bool
    synthetic: bool
    plan_sha256: str | None
    shots_sha256: str
    log_sha256: str
    device_id: str
    machine_id: str
    mode: str
    closed: bool = Field(description="Whether the log was closed in order")
    passes: tuple[ZonePass, ...] = Field(strict=False)
    zones: tuple[ZoneDelivered, ...] = Field(strict=False)
    stamps_interrupted: tuple[str, ...] = Field((), strict=False)
    faults: tuple[str, ...] = Field((), strict=False)
    energy_tolerance_pct: float
    position_tolerance_um: float
    as_planned: bool = Field(description="Every column fired once, all energies and places within tolerance")
    reasons: tuple[str, ...] = Field((), strict=False, title="Why it is not as planned")
    absent: tuple[str, ...] = Field((), strict=False, title="What this record does not hold, and says so")

    def plain(self) -> dict[str, Any]:
        """As plain data."""
        return self.model_dump(mode="json", by_alias=True)

    def save(self, path: str | Path) -> None:
        """Write it as JSON."""
        Path(path).write_text(json.dumps(self.plain(), indent=1, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, path: str | Path) -> Treatment:
        """Read one. Raises BadInput."""
        try:
            data = json.loads(Path(path).read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise BadInput(
                f"treatment {Path(path).name}",
                given=f"a file that cannot be read as JSON ({type(error).__name__})",
                allowed="a colonnade.treatment/1 file",
                todo="Make it again from the log.",
            ) from None
        return read(cls, data, origin=Path(path).name)
