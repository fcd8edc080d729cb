"""What a setting is judged by in a zone: its columns with their interval, the hot end of its heat, the rules."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from colonnade.planning import facts
from colonnade.planning.candidates import Setting
from colonnade.planning.objectives import Outcome
from colonnade.planning.outcomes import Columns
from colonnade.planning.place import Place
from colonnade.planning.resolve import Task, ZoneTask
from colonnade.planning.rooms import Rooms, hottest_column, region_of
from colonnade.planning.uncertain import HotHeat, heat_factor, hot_heat, hottest
from colonnade.safety import Judgement
from colonnade.units import from_si

if TYPE_CHECKING:
    from colonnade.case import FiringChoice
    from colonnade.field import Field
    from colonnade.laser import Shot


def place_of(task: Task, zone: ZoneTask) -> Place:
    """Where a zone's settings are scored: its area, and the patient as healing sees them."""
    patient = task.case.patient
    return Place(
        site=zone.site.id,
        area_cm2=from_si(region_of(zone.region).area_m2, "cm2"),
        phototype=patient.phototype,
        history=patient.history,
    )


def columns_of(task: Task, zone: ZoneTask, rooms: Rooms, shot: Shot) -> Columns:
    """The columns of a microbeam in a zone, with the device's own tolerance of the energy."""
    return rooms.columns(shot, zone.skin, float(task.device.energy_tolerance_pct.value))


def laid(
    zone: ZoneTask,
    rooms: Rooms,
    setting: Setting,
    columns: Columns,
    firing: FiringChoice | None = None,
    after: Field | None = None,
) -> HotHeat:
    """Heat at its unfavourable end: the hottest column, laid by a hand that scatters, with all it may leave.

    Several passes are never taken to be cooler than fewer: the hand's scatter is drawn anew for each number of them.
    """
    found = []
    for passes in range(1, setting.settings.passes + 1):
        settings = replace(setting.settings, passes=passes)
        column = hottest_column(columns, settings, zone.basal_um)
        found.append(hot_heat(rooms.heat(settings, column, zone.region), heat_factor(column, columns)))
    if firing is not None or after is not None:  # how the case has it fired, and beside what: it may be hotter
        column = hottest_column(columns, setting.settings, zone.basal_um)
        fired = rooms.field(setting.settings, column, zone.region, firing=firing, after=after)
        found.append(hot_heat(fired.bulk, heat_factor(column, columns)))
    return hottest(found)


def judged(
    task: Task,
    zone: ZoneTask,
    rooms: Rooms,
    setting: Setting,
    reached: Outcome,
    heat: HotHeat | None,
    patient: facts.Facts | None = None,
) -> Judgement:
    """What the rules say of a setting with what is known of it; ``patient`` saves asking the case each time."""
    known = facts.about_patient(task.case, zone) if patient is None else patient
    known = known | facts.about_settings(setting.settings) | facts.about_plan(reached, heat)
    return rooms.judge(known, task.case, stage="plan", zone=zone.name)
