"""What a plan says of test spots: one is required, it waits, it forbids, or what it permits."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from colonnade.case import TestSpot
from colonnade.laser import device
from colonnade.planning.explain import panel_words
from colonnade.planning.model import TestSpotNote, ZonePlan
from colonnade.planning.resolve import Task, ZoneTask
from colonnade.planning.testspot import (
    LOOK_AFTER_DAYS,
    READ_AFTER_DAYS,
    READ_SOURCE,
    here,
    read_from,
    reads_well,
    tested,
)
from colonnade.safety import Finding
from colonnade.tissue import skin

#: Rules that speak of test spots.
RULES = ("PAR-08", "PAR-08-DEVICE", "TS-01", "TS-01-HEALED", "TS-02", "TS-03-ENERGY", "TS-03-FLUENCE", "TS-03-DENSITY")


def notes(task: Task, findings: Iterable[Finding], plans: Iterable[ZonePlan | None]) -> tuple[TestSpotNote, ...]:
    """What is to be said of test spots, zone by zone."""
    every = tuple(findings)
    made = {plan.name: plan for plan in plans if plan is not None}
    return tuple(
        _note(task, zone, [f for f in every if f.zone == zone.name and f.rule in RULES], made.get(zone.title))
        for zone in task.zones
    )


def _note(task: Task, zone: ZoneTask, said: list[Finding], plan: ZonePlan | None) -> TestSpotNote:
    spot = task.case.test_spot
    asked = [f for f in said if f.rule.startswith("PAR-08")]
    open_ = [f for f in asked if f.outcome != "note"]
    if spot is not None:
        status, lines = _recorded(task, zone, spot, [f for f in said if f.rule.startswith("TS-")])
    elif open_:
        status, lines = "required", [f"A test spot is required first ({_rules(open_)}): {open_[0].reason}"]
    elif asked:
        status, lines = (
            "recorded_elsewhere",
            ["The clinic has recorded that a test spot was read; it is not in the case."],
        )
    else:
        status, lines = "not_asked", ["No rule asks for a test spot here."]
    if status != "not_asked" and status != "recorded_elsewhere":
        lines.append(
            f"Look at a spot on day {LOOK_AFTER_DAYS}, read it from day {READ_AFTER_DAYS} on ({READ_SOURCE}). It "
            "permits at most its own energy per column, fluence and cumulative density, with its own device, in skin "
            "of its own kind."
        )
    panel = {} if plan is None else dict(plan.settings.panel)
    return TestSpotNote(
        zone=zone.title,
        site_title=zone.skin.title,
        side=zone.site.side,
        status=status,
        lines=tuple(lines),
        panel=panel,
        look_after_days=LOOK_AFTER_DAYS,
        read_after_days=READ_AFTER_DAYS,
        read_source=READ_SOURCE,
    )


def _recorded(task: Task, zone: ZoneTask, spot: TestSpot, said: list[Finding]) -> tuple[Any, list[str]]:
    numbers = tested(spot).derived()
    panel = tuple((k, float(v)) for k, v in spot.settings.model_dump(exclude_none=True).items())
    lines = [
        f"Test spot of {spot.made_on} on {skin(spot.site.id).title.lower()}, {spot.site.side}, with "
        f"{device(spot.device.id).name}: {panel_words(panel)}."
    ]
    if not here(spot, task.case, zone):
        lines.append("It was made with another device or in skin of another kind, and permits nothing here.")
        return "elsewhere", lines
    stops = [f for f in said if f.severity in ("specialist", "defer") and f.outcome in ("fail", "unknown")]
    if stops:
        lines += [f"It permits nothing ({f.rule}): {f.given}. {f.todo}" for f in stops]
        return "forbids", lines
    if not reads_well(spot):
        lines.append(f"It permits nothing yet: it is to be read on {read_from(spot.made_on)} or later.")
        return "waits", lines
    lines.append(
        f"Read on {spot.read_on}: it permits up to {numbers['energy_per_column_mJ']:.4g} mJ per column, "
        f"{numbers['fluence_mean_J_cm2']:.4g} J/cm² and {numbers['cumulative_density_pct']:.3g} % cumulative density."
    )
    return "permits", lines


def _rules(found: list[Finding]) -> str:
    return ", ".join(f.rule for f in found)
