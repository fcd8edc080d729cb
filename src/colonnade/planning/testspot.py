"""Test spots: when one is asked for, when to read it, and what one that was read permits.

The rules PAR-08 and TS-01 to TS-03 judge; here the facts for them are taken from the case. No CO2
study says how long to wait or how well a spot predicts: 4 weeks follow from the onset of dark marks (derived).
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from colonnade.case import Case, TestSpot
from colonnade.errors import BadInput
from colonnade.laser import Settings, device
from colonnade.planning.resolve import ZoneTask
from colonnade.tissue import skin

#: First look: closure, burn, infection (clinic visit of the aftercare protocol, rule FU-01).
LOOK_AFTER_DAYS = 7
#: Reading: dark marks begin 3 to 4 weeks after the laser; off the face columns had closed by day 28. Derived.
READ_AFTER_DAYS = 28
READ_SOURCE = "onset of dark marks at 3 to 4 weeks (ophthalmologyweb.com 331709); the date is derived from it"
#: Questions that are answered when the spot is read; every one must be "no".
QUESTIONS = tuple(name for name in TestSpot.model_fields if name.startswith("test_spot_"))


def look_on(made_on: dt.date) -> dt.date:
    """The day of the first look at a spot."""
    return made_on + dt.timedelta(days=LOOK_AFTER_DAYS)


def read_from(made_on: dt.date) -> dt.date:
    """The first day on which a spot may be read."""
    return made_on + dt.timedelta(days=READ_AFTER_DAYS)


def tested(spot: TestSpot) -> Settings:
    """What the spot was treated with. Raises BadInput where its device does not offer that."""
    try:
        return Settings.of(spot.settings, device(spot.device.id))
    except BadInput as error:
        raise BadInput(f"test_spot: {error.what}", given=error.given, allowed=error.allowed, todo=error.todo) from None


def reads_well(spot: TestSpot) -> bool:
    """Read late enough, and every question answered with no."""
    return (
        spot.read_on is not None
        and spot.read_on >= read_from(spot.made_on)
        and all(getattr(spot, name) == "no" for name in QUESTIONS)
    )


def here(spot: TestSpot, case: Case, zone: ZoneTask) -> bool:
    """Whether the spot was made with the device of the case in skin of the zone's kind."""
    return spot.device.id == case.device.id and skin(spot.site.id).zone == zone.skin.zone


def spot_facts(case: Case, zone: ZoneTask) -> dict[str, Any]:
    """What the rules ask about a test spot, by the names of ``safety.FACTS``."""
    spot = case.test_spot
    if spot is None:
        return {"test_spot_recorded": False, "test_spot_here": False, "test_spot_reads_well": False}
    numbers = tested(spot).derived()
    facts: dict[str, Any] = {name: getattr(spot, name) for name in QUESTIONS}
    facts |= {
        "test_spot_recorded": True,
        "test_spot_here": here(spot, case, zone),
        "test_spot_reads_well": here(spot, case, zone) and reads_well(spot),
        "test_spot_energy_per_column_mJ": numbers["energy_per_column_mJ"],
        "test_spot_fluence_mean_J_cm2": numbers["fluence_mean_J_cm2"],
        "test_spot_cumulative_density_pct": numbers["cumulative_density_pct"],
    }
    if spot.read_on is not None:
        facts["test_spot_read_after_weeks"] = (spot.read_on - spot.made_on).days / 7
    return facts
