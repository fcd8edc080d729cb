"""How the planner calls its neighbours: the engine, the field, the rules. One object that tests can replace.

Nothing heavy is loaded before it is used: a case that the rules refuse never meets the engine.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from colonnade import safety
from colonnade.case import Case, FiringChoice
from colonnade.case import Region as CaseRegion
from colonnade.laser import Settings, Shot
from colonnade.planning.facts import Facts
from colonnade.planning.objectives import Ends
from colonnade.planning.outcomes import Columns
from colonnade.planning.reach import deepest_um
from colonnade.tissue import Skin
from colonnade.units import to_si

if TYPE_CHECKING:
    from colonnade.field import Field, Region
    from colonnade.healing import Course
    from colonnade.photothermal import Lesion

#: Modelled skin over the depth estimated from it: drier layers cost less, and the heat goes on below the crater.
DEPTH_RESERVE = 1.5
#: Ages over which the mean is taken: evenly, enough for a choice between three columns.
AGES = 64

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
            etas, skin = self.etas, deep_enough(skin, shot)
            self._columns[key] = Columns(
                nominal=simulate(shot, skin),
                shallow=simulate(shot, skin, losses=Losses(eta=etas.shallow)),
                deep=simulate(shot, skin, losses=Losses(eta=etas.deep)),
            )
        return self._columns[key]

    def field(
        self,
        settings: Settings,
        lesion: Lesion,
        region: CaseRegion,
        *,
        firing: FiringChoice | None = None,
        after: Field | None = None,
    ) -> Field:
        """The field of ``settings`` made of ``lesion`` over ``region``, at the conductivity that keeps heat longest.

        ``firing`` is how the case has it fired; ``after`` what is fired before it beside it.
        """
        from colonnade.field import pattern, treat
        from colonnade.field.zones import firing_of

        spot_um, scan, where = settings.shot.spot_um, settings.device.scan_max_mm, region_of(region)
        fired: dict[str, Any] = {"stamp_mm": scan.high}
        if firing is not None:
            fired = firing_of(firing, where, rate_Hz=settings.rate_Hz, scan_low_mm=scan.low, scan_high_mm=scan.high)
        return treat(
            lesion,
            pattern(settings.device.patterns[0], spots_per_cm2=settings.columns_per_cm2, spot_um=spot_um),
            region=where,
            rate_Hz=settings.rate_Hz,
            passes=settings.passes,
            after=after,
            **fired,
        )

    def heal(self, made: Field, lesion: Lesion, site: str, case: Case) -> Course:
        """How the skin heals from ``made`` of ``lesion``, for the patient of ``case``."""
        from colonnade.healing import heal

        return heal(made, lesion=lesion, site=site, phototype=case.patient.phototype, history=case.patient.history)

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


def deep_enough(skin: Skin, shot: Shot) -> Skin:
    """``skin`` with its last layer so thick that the deepest column of ``shot`` ends inside it.

    The engine models no more than the layers it is given, and refuses a crater that leaves them. What lies below the
    last layer is taken to be more of it; what the column passes through on its way is for the rules to judge.
    """
    need_um = DEPTH_RESERVE * deepest_um(shot)
    if need_um <= skin.thickness_um:
        return skin
    *above, last = skin.layers
    thicker = math.ceil(last.thickness_um + need_um - skin.thickness_um)
    return skin.model_copy(update={"layers": (*above, last.model_copy(update={"thickness_um": float(thicker)}))})


def hottest_column(columns: Columns, settings: Settings, basal_um: float) -> Lesion:
    """The column whose field heats the basal layer most, by the mean over the plane while one stamp is fired.

    Averaged over the plane the superposed columns are a one-dimensional problem: heat per area times the mean of the
    column's depth factor over the ages of the columns in a stamp. Which of the three leads depends on the time: soon
    the one with most heat per depth, later the one with most heat.
    """
    from colonnade.field.heat import CONDUCTIVITY_W_mK, HEAT_CAPACITY_J_m3K, depth_factor, source_of

    stamp_m = to_si(settings.device.scan_max_mm.high, "mm")
    seconds = to_si(settings.columns_per_cm2, "per_cm2") * stamp_m**2 * settings.passes / settings.rate_Hz
    four_alpha = 4 * float(CONDUCTIVITY_W_mK.value) / float(HEAT_CAPACITY_J_m3K.value)
    ages_s = seconds * (np.arange(AGES) + 0.5) / AGES
    basal_m = np.array([to_si(basal_um, "um")])

    def mean_rise(lesion: Lesion) -> float:
        source = source_of(lesion)
        return float(source.heat_J * depth_factor(four_alpha * ages_s, basal_m, source).mean())

    return max(columns.all(), key=mean_rise)


def region_of(region: CaseRegion) -> Region:
    """The case's region as the field's."""
    from colonnade.field.zones import region_of as made

    return made(region)
