"""Published settings by indication, from ``library/published/settings.csv``: what others used, and what came of it."""

from __future__ import annotations

import csv
import functools
import io
from typing import Literal

from pydantic import Field

from colonnade import catalogue
from colonnade.planning.model import PublishedRow
from colonnade.schema import Model, read


class PublishedSetting(Model):
    """One row: numbers where the source gives them, else None; free text where the source gives a choice."""

    id: str
    indication: str
    device: str
    device_id: str = Field(description="The profile in the library, if there is one")
    energy_low_mJ: float | None
    energy_high_mJ: float | None
    power_W: str
    pulse_ms: str
    spacing_um: str
    density_low_pct: float | None
    density_high_pct: float | None
    spots_per_cm2: str
    passes: str
    stack: str
    sessions: str
    interval_weeks: str
    phototypes: str
    n: str
    design: str
    outcome: str
    complications: str
    study: str = Field(min_length=2)
    url: str = Field(min_length=2)
    kind: Literal["published", "registry", "opinion"]
    note: str

    @property
    def settings(self) -> str:
        """The settings in one line, in the source's own units; says so when the source gives none."""
        parts = [
            _span(self.energy_low_mJ, self.energy_high_mJ, "mJ"),
            self.power_W and f"{self.power_W} W",
            self.pulse_ms and f"{self.pulse_ms} ms",
            _span(self.density_low_pct, self.density_high_pct, "%"),
            self.spacing_um and f"spacing {self.spacing_um} µm",
            self.spots_per_cm2 and f"{self.spots_per_cm2} /cm²",
            self.passes and f"passes: {self.passes}",
            self.stack and f"stack: {self.stack}",
            self.sessions and f"sessions: {self.sessions}",
        ]
        stated = ", ".join(part for part in parts if part)
        return stated or "no settings in the text read"

    def row(self) -> PublishedRow:
        """The row of a plan. Its single energy and density are the upper ends of the published ranges."""
        return PublishedRow(
            id=self.id,
            device=self.device,
            settings=self.settings,
            outcome=self.outcome,
            complications=self.complications,
            source=self.study,
            energy_mJ=self.energy_high_mJ,
            density_pct=self.density_high_pct,
        )


def _span(low: float | None, high: float | None, unit: str) -> str:
    if low is None or high is None:
        return ""
    return f"{low:g} {unit}" if low == high else f"{low:g} to {high:g} {unit}"


_NUMBERS = ("energy_low_mJ", "energy_high_mJ", "density_low_pct", "density_high_pct")


@functools.cache
def every() -> tuple[PublishedSetting, ...]:
    """All rows of the library."""
    table = csv.DictReader(io.StringIO(catalogue.text("published", "settings.csv")))
    rows = []
    for line in table:
        data = {key: (float(value) if value else None) if key in _NUMBERS else value for key, value in line.items()}
        rows.append(read(PublishedSetting, data, origin=f"library published settings, {line['id']}"))
    return tuple(rows)


def published(indication: str) -> tuple[PublishedSetting, ...]:
    """The rows for one indication, in the table's order; empty where nothing was published.

    A kind of scar that takes over another indication's values has its own rows here only; see ``Indication.like``.
    """
    return tuple(row for row in every() if row.indication == indication)
