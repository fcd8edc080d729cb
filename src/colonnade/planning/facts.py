"""What the rules are told: plain numbers and answers, by the names the rule files use.

The rules compute the numbers of the settings a second way and compare.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from colonnade.aftercare import CareRefused
from colonnade.aftercare.protocol import refuse_unsafe
from colonnade.case import Case
from colonnade.laser import Offered, Settings
from colonnade.planning.indication import indication
from colonnade.planning.objectives import Ends, Outcome
from colonnade.planning.resolve import DEPTH_TOLERANCE, ZoneTask, dermis_bottom_um
from colonnade.planning.testspot import spot_facts
from colonnade.safety.anaesthesia import dose_facts

if TYPE_CHECKING:
    from colonnade.field import BulkHeat

Facts = dict[str, Any]
#: What the rules ask about heat.
HEAT = ("bulk_peak_surface_K", "bulk_peak_basal_K", "bulk_peak_dermis_K", "basal_damage_omega", "cem43_min")


def about_patient(case: Case, zone: ZoneTask) -> Facts:
    """Answers, site and indication. An unanswered question stays ``unknown``."""
    what, of = case.indication, indication(case.indication.id)
    facts: Facts = dict(case.patient.history.model_dump())
    facts |= {
        "mode": of.mode,
        "diagnosis_recorded": bool(what.diagnosis.strip()),
        "dermoscopy": what.dermoscopy,
        "suspicious_signs": what.suspicious_signs,
        "recurrence_in_laser_scar": what.recurrence_in_laser_scar,
        "preparation_named": bool(what.preparation.strip()),
        "preparation_sterile": what.preparation_sterile,
        "phototype": case.patient.phototype,
        "site": zone.site.id,
        "site_zone": zone.skin.zone,
        "indication": what.id,
        "first_session": case.goals.first_session,
        "interval_shortest_weeks": of.interval_weeks.low,
        "colorimeter": case.clinic.colorimeter,
        "adjunct_planned": bool(what.adjunct.strip()),
        "dermis_bottom_um": dermis_bottom_um(zone.skin),
        "target_depth_um": zone.target.depth_low_um,
    }
    if what.scar_thickness_um is not None:
        facts["scar_depth_wanted_um"] = what.scar_thickness_um * (1 - DEPTH_TOLERANCE)
    optional = {
        "scar_thickness_um": what.scar_thickness_um,
        "scar_age_months": what.scar_age_months,
        "since_last_session_weeks": case.goals.weeks_since_last_session,
        "ita_class": ita_class(case.patient.ita_deg),
    }
    facts |= {name: value for name, value in optional.items() if value is not None}
    return (
        facts | about_anaesthesia(case) | spot_facts(case, zone) | {"aftercare_problem": aftercare_problem(case, zone)}
    )


def aftercare_problem(case: Case, zone: ZoneTask) -> str:
    """What is ordered and would harm in this zone, or ``none``."""
    try:
        refuse_unsafe(case, zone.skin.zone)
    except CareRefused as error:
        return f"{error.what}: {error.given} ({error.rule}). {error.todo}"
    return "none"


def about_anaesthesia(case: Case) -> Facts:
    """What is planned to numb the skin. A ceiling that cannot be computed is left out, and so the rule fails."""
    planned = case.anaesthesia
    if planned is None:
        return {"anaesthetic_planned": False}
    asked = planned.model_dump()
    doses = ("product", "amount_g", "area_cm2", "time_min", "injected_lidocaine_mg", "with_adrenaline")
    given = {name: asked.pop(name) for name in doses}
    patient = case.patient
    computed = dose_facts(
        **given,
        age_years=patient.age_years,
        weight_kg=patient.weight_kg,
        atopic_dermatitis=planned.atopic_dermatitis_in_area == "yes",
    )
    return {"anaesthetic_planned": True} | asked | computed


#: Lower ends of the classes of the individual typology angle [degree] (courage-khazaka.de); below the last it is dark.
ITA_CLASSES = ((55.0, "very light"), (41.0, "light"), (28.0, "intermediate"), (10.0, "tan"), (-30.0, "brown"))


def ita_class(ita_deg: float | None) -> str | None:
    """The class of an individual typology angle [degree]: above 55 very light, ... below -30 dark; None without one."""
    if ita_deg is None:
        return None
    return next((name for low, name in ITA_CLASSES if ita_deg > low), "dark")


def about_settings(settings: Settings) -> Facts:
    """What is typed on the panel and what follows from it. The rules compute each safety number a second way."""
    facts: Facts = dict(settings.derived())
    return facts | {
        "passes": settings.passes,
        "stack": settings.shot.stack,
        "stack_interval_ms": settings.shot.stack_interval_ms,
        "device_ranges_hold": _in_range(settings),
    }


def about_plan(reached: Outcome, bulk: BulkHeat | None) -> Facts:
    """Predictions at the end that is unfavourable for safety: the deepest of the columns, the hot end of heat.

    Without ``bulk`` the least heat there can be, none, is put in: what is refused then would be refused with any. A
    verdict on a plan always has the real one.
    """
    facts: Facts = {
        "coagulation_depth_um": _deepest(reached.coagulation_depth_um),
        "crater_depth_um": _deepest(reached.crater_depth_um),
    }
    if bulk is None:
        return facts | dict.fromkeys(HEAT, 0.0)
    return facts | {
        "bulk_peak_surface_K": bulk.peak_surface_K,
        "bulk_peak_basal_K": bulk.peak_basal_K,
        "bulk_peak_dermis_K": bulk.peak_dermis_K,
        # two published kinetics that differ by decades: the larger decides
        "basal_damage_omega": max(bulk.omega_basal, bulk.omega_basal_weaver_stoll),
        "cem43_min": bulk.cem43_basal_min,
    }


def _deepest(ends: Ends) -> float:
    """The largest of the three, NaN if one is not finite: a NaN never passes a limit."""
    every = (ends.nominal, ends.shallow, ends.deep)
    return max(every) if all(math.isfinite(end) for end in every) else math.nan


def _in_range(settings: Settings) -> bool:
    """Whether every knob that the device profile describes offers what is set."""
    device, raw = settings.device, settings.raw.model_dump(exclude_none=True)
    raw |= {"energy_mJ": settings.shot.energy_mJ, "spot_um": settings.shot.spot_um}
    offered = {name: getattr(device, name, None) for name in raw}
    return all(knob.holds(float(raw[name])) for name, knob in offered.items() if isinstance(knob, Offered))
