"""What the rules are told: plain numbers and answers, by the names the rule files use.

Every number of the settings is also computed a second way; the rules compare the two.
"""

from __future__ import annotations

import math
from typing import Any

from colonnade.case import Case
from colonnade.laser import Offered, Settings
from colonnade.planning.objectives import Ends
from colonnade.planning.resolve import ZoneTask, dermis_bottom_um
from colonnade.units import from_si, to_si

Facts = dict[str, Any]


def about_patient(case: Case, zone: ZoneTask) -> Facts:
    """Answers, site and indication. An unanswered question stays ``unknown``."""
    facts: Facts = dict(case.patient.history.model_dump())
    facts |= {
        "phototype": case.patient.phototype,
        "site": zone.site.id,
        "site_zone": zone.skin.zone,
        "indication": case.indication.id,
        "first_session": case.goals.first_session,
        "adjunct_planned": bool(case.indication.adjunct.strip()),
        "dermis_bottom_um": dermis_bottom_um(zone.skin),
    }
    optional = {
        "scar_thickness_um": case.indication.scar_thickness_um,
        "scar_age_months": case.indication.scar_age_months,
        "age_years": case.patient.age_years,
        "weight_kg": case.patient.weight_kg,
    }
    return facts | {name: value for name, value in optional.items() if value is not None}


def about_settings(settings: Settings) -> Facts:
    """What is typed on the panel and what follows from it, each safety number in two ways."""
    facts: Facts = dict(settings.derived())
    facts |= {
        "passes": settings.passes,
        "stack": settings.shot.stack,
        "stack_interval_ms": settings.shot.stack_interval_ms,
        "device_ranges_hold": _in_range(settings),
    }
    return facts | _second_way(settings)


def about_plan(coagulation_um: Ends, bulk: Facts) -> Facts:
    """Predictions at the end that is unfavourable for safety: the deepest of the three columns, the hot end of heat."""
    ends = (coagulation_um.nominal, coagulation_um.shallow, coagulation_um.deep)
    deepest = max(ends) if all(math.isfinite(end) for end in ends) else math.nan
    return {"coagulation_depth_um": deepest, **bulk}


def _second_way(settings: Settings) -> Facts:
    shot, passes = settings.shot, settings.passes
    spot_cm = from_si(to_si(shot.spot_um, "um"), "cm")
    pitch_cm = from_si(to_si(settings.pitch_um, "um"), "cm")
    density = math.pi / 4 * (spot_cm / pitch_cm) ** 2
    # the chance that a point is hit at least once, by inclusion and exclusion over the passes
    hit = sum((-1) ** (k + 1) * math.comb(passes, k) * density**k for k in range(1, passes + 1))
    # mean fluence over the nominal spot, spread over the share of the skin that is hit
    fluence = from_si(shot.energy_J / (math.pi * to_si(shot.spot_um, "um") ** 2 / 4), "J_cm2")
    return {
        "energy_from_pulses_mJ": shot.power_W * shot.pulse_ms * shot.stack,
        "density_from_columns_pct": from_si(density, "pct"),
        "cumulative_by_inclusion_pct": from_si(hit, "pct"),
        "areal_from_density_and_fluence_J_cm2": fluence * shot.stack * density,
        "areal_total_from_density_and_fluence_J_cm2": fluence * shot.stack * density * passes,
    }


def _in_range(settings: Settings) -> bool:
    """Whether every knob that the device profile describes offers what is set."""
    device, raw = settings.device, settings.raw.model_dump(exclude_none=True)
    raw |= {"energy_mJ": settings.shot.energy_mJ, "spot_um": settings.shot.spot_um}
    offered = {name: getattr(device, name, None) for name in raw}
    return all(knob.holds(float(raw[name])) for name, knob in offered.items() if isinstance(knob, Offered))
