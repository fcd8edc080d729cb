"""How the planner calls its neighbours: the engine, the field, the rules. One object that tests can replace.

Nothing heavy is loaded before it is used: a case that the rules refuse never meets the engine.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from colonnade import safety
from colonnade.case import Case, FiringChoice
from colonnade.case import Region as CaseRegion
from colonnade.laser import Settings, Shot
from colonnade.planning.facts import Facts
from colonnade.planning.outcomes import Columns
from colonnade.planning.reach import deepest_um
from colonnade.planning.uncertain import LossEnds, loss_ends
from colonnade.tissue import Skin
from colonnade.units import to_si

if TYPE_CHECKING:
    from colonnade.calibration.profile import LossesEstimate
    from colonnade.calibration.validated import Box
    from colonnade.field import BulkHeat, Field, Pattern, Region
    from colonnade.healing import Course
    from colonnade.photothermal import Lesion, Validity

#: Modelled skin over the depth estimated from it: drier layers cost less, and the heat goes on below the crater.
DEPTH_RESERVE = 1.5
#: Ages over which the mean is taken: evenly, enough for a choice between three columns.
AGES = 64

Stage = Literal["patient", "settings", "plan"]


@dataclass
class Rooms:
    """The neighbours, with the columns already simulated kept by microbeam and skin.

    ``losses`` are the crater losses with what is known of them, the global calibration unless stated; ``commissioned``
    is the box of shots that a commissioned device brings (`colonnade.calibration.load_profile` gives both).
    """

    losses: LossesEstimate | None = None
    commissioned: Box | None = None
    _middle: dict[tuple[str, str], Lesion] = field(default_factory=dict)
    _three: dict[tuple[str, str], Columns] = field(default_factory=dict)
    _columns: dict[tuple[str, str], Columns] = field(default_factory=dict)
    _heat: dict[tuple[object, ...], BulkHeat] = field(default_factory=dict)

    @property
    def estimate(self) -> LossesEstimate:
        """The crater losses with their uncertainty."""
        if self.losses is None:
            from colonnade.calibration import global_losses

            self.losses = global_losses()
        return self.losses

    @property
    def ends(self) -> LossEnds:
        """The crater losses at the middle and at both ends."""
        return loss_ends(self.estimate, device=self.commissioned is not None)

    def column(self, shot: Shot, skin: Skin) -> Lesion:
        """One microbeam at the middle of the crater losses: one call of the engine."""
        key = (shot.model_dump_json(), skin.id)
        if key not in self._middle:
            self._middle[key] = self._simulated(shot, skin, self.ends.etas.nominal)
        return self._middle[key]

    def three(self, shot: Shot, skin: Skin) -> Columns:
        """One microbeam at the middle and at both ends of the crater losses, without an interval."""
        key = (shot.model_dump_json(), skin.id)
        if key not in self._three:
            etas = self.ends.etas
            self._three[key] = Columns(
                nominal=self.column(shot, skin),
                shallow=self._simulated(shot, skin, etas.shallow),
                deep=self._simulated(shot, skin, etas.deep),
            )
        return self._three[key]

    def columns(self, shot: Shot, skin: Skin, tolerance_pct: float | None = None) -> Columns:
        """The three columns of a microbeam with the interval of its numbers over all that is not known.

        ``tolerance_pct`` is the device's own tolerance of the energy; 20 % where it is not known.
        """
        key = (f"{shot.model_dump_json()} {tolerance_pct}", skin.id)
        if key not in self._columns:
            from colonnade.calibration import interval

            found = self.three(shot, skin)
            spans = interval(shot, skin, lesion=found.nominal, losses=self.estimate, energy_tolerance_pct=tolerance_pct)
            self._columns[key] = dataclasses.replace(found, intervals=spans)
        return self._columns[key]

    def _simulated(self, shot: Shot, skin: Skin, eta: float) -> Lesion:
        from colonnade.photothermal import Losses, simulate

        losses = Losses(eta=eta, kappa_per_mm=self.ends.kappa_per_mm)
        return light(simulate(shot, deep_enough(skin, shot), losses=losses))

    def validity(self, shot: Shot) -> Validity:
        """Whether ``shot`` lies where the model was compared with measurements."""
        from colonnade.calibration.validated import validated_range, validity

        own = () if self.commissioned is None else (self.commissioned,)
        return validity(shot, boxes=(*own, *validated_range()))

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
        from colonnade.field import treat
        from colonnade.field.zones import firing_of

        scan, where = settings.device.scan_max_mm, region_of(region)
        fired: dict[str, Any] = {"stamp_mm": scan.high}
        if firing is not None:
            fired = firing_of(firing, where, rate_Hz=settings.rate_Hz, scan_low_mm=scan.low, scan_high_mm=scan.high)
        return treat(
            lesion,
            pattern_of(settings),
            region=where,
            rate_Hz=settings.rate_Hz,
            passes=settings.passes,
            after=after,
            **fired,
        )

    def heat(self, settings: Settings, lesion: Lesion, region: CaseRegion) -> BulkHeat:
        """Heat between the columns where a hand that scatters places the stamps: where they overlap it is hotter.

        As `field`, without the cover, which is that of the plan.
        """
        from colonnade.planning.handheld import heat_by_hand

        key = (
            *(settings.shot.model_dump_json(), lesion.crater_depth_um, lesion.residual_heat_mJ),
            *(settings.columns_per_cm2, settings.passes, settings.rate_Hz, settings.device.id),
            region.model_dump_json(),
        )
        if key not in self._heat:
            self._heat[key] = heat_by_hand(settings, lesion, region_of(region))
        return self._heat[key]

    def has(self, shot: Shot, skin: Skin, tolerance_pct: float | None = None) -> bool:
        """Whether a microbeam with its interval is there already."""
        return (f"{shot.model_dump_json()} {tolerance_pct}", skin.id) in self._columns

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


def light(lesion: Lesion) -> Lesion:
    """``lesion`` without its (r, z) fields, of which a plan uses none: megabytes for each column that is kept."""
    whole = {f.name: getattr(lesion.fields, f.name) for f in dataclasses.fields(lesion.fields)}
    none: Any = {name: value[:0, :0] for name, value in whole.items() if np.ndim(value) == 2}
    return dataclasses.replace(lesion, fields=dataclasses.replace(lesion.fields, **none))


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


def pattern_of(settings: Settings) -> Pattern:
    """The lattice of a device's settings: the first that its profile names."""
    from colonnade.field import pattern

    device, spot_um = settings.device, settings.shot.spot_um
    return pattern(device.patterns[0], spots_per_cm2=settings.columns_per_cm2, spot_um=spot_um)


def region_of(region: CaseRegion) -> Region:
    """The case's region as the field's."""
    from colonnade.field.zones import region_of as made

    return made(region)
