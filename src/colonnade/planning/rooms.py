"""How the planner calls its neighbours: the engine, the field, the rules. One object that tests can replace.

Nothing heavy is loaded before it is used: a case that the rules refuse never meets the engine.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from colonnade import safety
from colonnade.case import Case
from colonnade.case import Region as CaseRegion
from colonnade.laser import Settings, Shot
from colonnade.planning.facts import Facts
from colonnade.planning.objectives import Ends
from colonnade.planning.outcomes import Columns
from colonnade.tissue import Skin

if TYPE_CHECKING:
    from colonnade.field import Field, Region
    from colonnade.photothermal import Lesion

Stage = Literal["patient", "settings", "plan"]


@dataclass
class Rooms:
    """The neighbours, with the columns already simulated kept by microbeam and skin."""

    _columns: dict[tuple[str, str], Columns] = field(default_factory=dict)

    @property
    def etas(self) -> Ends:
        """The crater losses: nominal, shallow end, deep end."""
        from colonnade.photothermal import ETA_RANGE, Losses

        return Ends(nominal=Losses().eta, shallow=ETA_RANGE[0], deep=ETA_RANGE[1])

    def columns(self, shot: Shot, skin: Skin) -> Columns:
        """One microbeam at the nominal crater losses and at both ends: three calls of the engine."""
        from colonnade.photothermal import Losses, simulate

        key = (shot.model_dump_json(), skin.id)
        if key not in self._columns:
            etas = self.etas
            self._columns[key] = Columns(
                nominal=simulate(shot, skin),
                shallow=simulate(shot, skin, losses=Losses(eta=etas.shallow)),
                deep=simulate(shot, skin, losses=Losses(eta=etas.deep)),
            )
        return self._columns[key]

    def field(self, settings: Settings, lesion: Lesion, region: CaseRegion) -> Field:
        """The field of ``settings`` made of ``lesion`` over ``region``, at the conductivity that keeps heat longest."""
        from colonnade.field import pattern, treat

        spot_um = settings.shot.spot_um
        return treat(
            lesion,
            pattern(settings.device.patterns[0], spots_per_cm2=settings.columns_per_cm2, spot_um=spot_um),
            region=region_of(region),
            rate_Hz=settings.rate_Hz,
            passes=settings.passes,
            stamp_mm=settings.device.scan_max_mm.high,
        )

    def judge(self, facts: Facts, case: Case, *, stage: Stage, zone: str) -> safety.Judgement:
        """What the rules say at ``stage``, with the clinic's caps, overrides and records."""
        return safety.judge(
            facts,
            caps=case.clinic.caps,
            overrides=[override.model_dump() for override in case.clinic.overrides],
            recorded=case.clinic.recorded,
            zone=zone,
            stage=stage,
        )


def hottest_column(columns: Columns) -> Lesion:
    """The column that leaves most heat per depth: a line of heat warms the skin beside it by its heat per length."""
    return max(columns.all(), key=_heat_per_depth)


def _heat_per_depth(lesion: Lesion) -> float:
    depth_um = max(lesion.crater_depth_um, lesion.coagulation_depth_um, lesion.necrosis_depth_um, 1.0)
    return lesion.residual_heat_mJ / depth_um


def region_of(region: CaseRegion) -> Region:
    """The case's region as the field's."""
    from colonnade.field import circle, rectangle

    if region.shape == "circle":
        assert region.diameter_mm is not None  # the case's own validator
        return circle(region.diameter_mm)
    assert region.width_mm is not None
    assert region.height_mm is not None
    return rectangle(region.width_mm, region.height_mm)
