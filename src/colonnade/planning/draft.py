"""``replan(previous, change) -> Draft``: what one turned knob changes, at once.

What a number depends on decides what is computed again: a column depends on the pulse and the skin alone, so turning
density or passes simulates nothing; the interval goes with the column; heat and healing follow the density. Columns
are kept by pulse and skin, plans by the hash of their inputs (`memory`).

A draft is no plan. Its heat is that of two stamps the hand lets overlap, raised by `HEAT_MARGIN`, which a test holds
above the heat of the whole region: a draft may refuse what the plan allows, and not the other way round. ``settle``
makes the plan.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from colonnade.case import Case
from colonnade.case import Region as CaseRegion
from colonnade.errors import BadInput, did_you_mean
from colonnade.planning.candidates import Setting
from colonnade.planning.course import stored
from colonnade.planning.judging import columns_of, judged, laid, place_of
from colonnade.planning.memory import remember, rooms_of
from colonnade.planning.model import CoverageByDepth, HealingCourse, Interval, Plan
from colonnade.planning.objectives import Outcome, effect_pct, score
from colonnade.planning.outcomes import Columns, outcome, simulated
from colonnade.planning.planner import plan as whole_plan
from colonnade.planning.resolve import Task, ZoneTask, resolve
from colonnade.planning.rooms import Rooms, pattern_of
from colonnade.planning.search import Progress
from colonnade.planning.uncertain import HotHeat, hot_heat, most
from colonnade.planning.zone import column_numbers
from colonnade.safety import Judgement
from colonnade.units import to_si

if TYPE_CHECKING:
    from colonnade.healing import Course, Wound
    from colonnade.photothermal import Lesion

#: Heat of the whole region over that of two stamps, at most, as drafts take it: 1.31 was seen over 4 densities, 2
#: energies and 1 or 2 passes (tests/properties/test_drafts.py holds it).
HEAT_MARGIN = 1.35
#: Panel knobs that can be turned.
KNOBS = (
    *("energy_mJ", "power_W", "pulse_ms", "spot_um", "density_pct", "spacing_um", "pitch_um", "spots_per_cm2"),
    *("passes", "stack", "stack_interval_ms"),
)
#: Of ways to state one thing, turning one replaces the others.
EITHER = (("density_pct", "spacing_um", "pitch_um", "spots_per_cm2"),)


@dataclass(frozen=True)
class Draft:
    """What the changed settings do, before the plan is made."""

    case: Case
    zone: str
    setting: Setting
    outcome: Outcome
    score: float
    effect_pct: float
    verdict: Judgement
    predictions: tuple[Interval, ...]
    coverage: CoverageByDepth
    course: HealingCourse | None
    computed: tuple[str, ...]
    """What was computed for this draft: of ``column``, ``interval``, ``heat``, ``healing``, ``rules``."""
    reused: tuple[str, ...]
    seconds: float
    rooms: Rooms

    def settle(self, progress: Progress | None = None) -> Plan:
        """The whole plan of the changed case, with what is known already."""
        return whole_plan(self.case, progress=progress, rooms=self.rooms)

    def as_dict(self) -> dict[str, Any]:
        """Plain data for a page that moves with a slider."""
        return {
            "draft": True,
            "zone": self.zone,
            "panel": dict(self.setting.panel),
            "derived": self.setting.settings.derived(),
            "score": self.score,
            "effect_pct": self.effect_pct,
            "verdict": self.verdict.status,
            "findings": [finding.as_dict() for finding in self.verdict.findings],
            "predictions": [p.model_dump(mode="json") for p in self.predictions],
            "coverage": self.coverage.model_dump(mode="json"),
            "course": None if self.course is None else self.course.model_dump(mode="json"),
            "computed": list(self.computed),
            "reused": list(self.reused),
            "seconds": self.seconds,
        }


def replan(previous: Plan | Case, change: Mapping[str, float], *, zone: str = "", rooms: Rooms | None = None) -> Draft:
    """What ``change`` does to a zone of ``previous``.

    Parameters
    ----------
    previous : Plan or Case
        A plan with settings, or a case that states them.
    change : mapping
        Knobs of the panel and their new values, in the panel's units: ``{"density_pct": 8}``.
    zone : str
        The zone whose knobs are turned; the only one unless stated.
    rooms : Rooms, optional
        What was computed already; unless stated that of ``previous``, if this process made it.

    Raises
    ------
    BadInput
        For an unknown knob, a value the device does not offer, a plan or a case without settings.
    """
    started = time.perf_counter()
    case = changed(previous, change, zone)
    task = resolve(case)
    where = next((z for z in task.zones if z.name == zone or len(task.zones) == 1), None)
    assert where is not None  # changed() has found it
    assert where.given is not None  # and given it settings
    if rooms is None:
        rooms = rooms_of(previous.provenance.inputs_sha256) if isinstance(previous, Plan) else None
    rooms = rooms or Rooms()
    setting, shot = where.given, where.given.settings.shot
    known = rooms.has(shot, where.skin, float(task.device.energy_tolerance_pct.value))
    columns = columns_of(task, where, rooms, shot)
    reached = outcome(setting.settings, simulated(columns, where.target, where.basal_um), place_of(task, where))
    heat = _heat(where, rooms, setting, columns)
    verdict = judged(task, where, rooms, setting, reached, heat)
    course = _course(task, where, setting, columns, heat)
    if isinstance(previous, Plan):
        remember(previous.provenance.inputs_sha256, rooms)
    column = ("column", "interval")
    return Draft(
        case=case,
        zone=where.title,
        setting=setting,
        outcome=reached,
        score=score(reached, where.target, task.case.goals.priority).total,
        effect_pct=effect_pct(reached, where.target),
        verdict=verdict,
        predictions=(*column_numbers(columns), *_heat_numbers(heat, reached)),
        coverage=_coverage(setting, columns.nominal),
        course=course,
        computed=(*(() if known else column), "heat", "healing", "rules"),
        reused=column if known else (),
        seconds=time.perf_counter() - started,
        rooms=rooms,
    )


def changed(previous: Plan | Case, change: Mapping[str, float], zone: str = "") -> Case:
    """The case of ``previous`` with its settings, and ``change`` in those of ``zone``. Raises BadInput."""
    unknown = [name for name in change if name not in KNOBS]
    if unknown:
        todo = did_you_mean(unknown[0], KNOBS)
        raise BadInput("change", given=f'"{unknown[0]}"', allowed=", ".join(KNOBS), todo=todo)
    plain = _plain(previous)
    named = [z["name"] for z in plain["zones"]]
    if named and zone not in named:
        if zone or len(named) > 1:
            raise BadInput("zone", given=f'"{zone}"', allowed=", ".join(named), todo="Name one of them.")
        zone = named[0]
    place = next((z for z in plain["zones"] if z["name"] == zone), plain)
    settings = dict(place.get("settings") or plain.get("settings") or {})
    if not settings:
        raise BadInput(
            "previous",
            given="no settings: a case that states none, or a refused plan",
            allowed="a plan with settings, or a case with [settings]",
            todo="Plan the case first.",
        )
    for group in EITHER:
        if any(name in change for name in group):
            settings = {n: v for n, v in settings.items() if n not in group}
    if "energy_mJ" in change:  # E = P·t: what is not turned gives way
        settings.pop("pulse_ms", None)
    whole = {n: int(v) if n in ("passes", "stack") else float(v) for n, v in change.items()}
    place["settings"] = settings | whole
    return Case.parse(_stated(plain), origin="the changed case")


def _plain(previous: Plan | Case) -> dict[str, Any]:
    """The case as plain data with the settings of the plan in each zone."""
    if isinstance(previous, Case):
        return previous.plain()
    plain: dict[str, Any] = Case.parse(previous.case, origin="the plan's case").plain()
    for made in previous.zones:
        panel = {n: int(v) if n in ("passes", "stack") else v for n, v in made.settings.panel.items()}
        place = next((z for z in plain["zones"] if z["name"] == made.name), plain)
        place["settings"] = panel
    return plain


def _stated(value: Any) -> Any:
    """Without what was left empty, as a case file has it."""
    if isinstance(value, dict):
        return {k: _stated(v) for k, v in value.items() if v is not None}
    return [_stated(v) for v in value] if isinstance(value, list) else value


# --- heat, cover, healing -----------------------------------------------------------------------------------
def _heat(zone: ZoneTask, rooms: Rooms, setting: Setting, columns: Columns) -> HotHeat:
    """Heat of two stamps side by side, raised to lie above that of the whole region."""
    side = setting.settings.device.scan_max_mm.high
    width, height = _size_mm(zone.region)
    piece = CaseRegion(shape="rectangle", width_mm=min(2 * side, width), height_mm=min(side, height))
    found = laid(replace(zone, region=piece), rooms, setting, columns)
    raised = hot_heat(found.bulk, found.factor * HEAT_MARGIN)
    return replace(
        raised,
        peak_surface_K=HEAT_MARGIN * found.peak_surface_K,
        peak_basal_K=HEAT_MARGIN * found.peak_basal_K,
        peak_dermis_K=HEAT_MARGIN * found.peak_dermis_K,
        cem43_basal_min=most((raised.cem43_basal_min, found.cem43_basal_min)),
        omega_basal=most((raised.omega_basal, found.omega_basal)),
    )


def _size_mm(region: CaseRegion) -> tuple[float, float]:
    from colonnade.planning.rooms import region_of
    from colonnade.units import from_si

    x0, y0, x1, y1 = region_of(region).bounds_m
    return from_si(x1 - x0, "mm"), from_si(y1 - y0, "mm")


def _heat_numbers(heat: HotHeat, reached: Outcome) -> tuple[Interval, ...]:
    """Heat at its hot end only: the middle comes with the plan."""
    hot = {
        "bulk_peak_surface_K": heat.peak_surface_K,
        "bulk_peak_basal_K": heat.peak_basal_K,
        "bulk_peak_dermis_K": heat.peak_dermis_K,
        "cem43_basal_min": heat.cem43_basal_min,
        "omega_basal": heat.omega_basal,
    }
    cover = reached.cover_pct
    return (
        *(Interval(name=n, nominal=None, low=None, high=v, unfavourable="high") for n, v in hot.items()),
        Interval(name="cover_at_target_pct", nominal=cover.nominal, low=cover.shallow, high=cover.deep),
        Interval(name="wounded_epidermis_pct", nominal=reached.wounded_pct, low=None, high=None),
    )


def _coverage(setting: Setting, lesion: Lesion) -> CoverageByDepth:
    """Shares of the skin by depth from the area of one disc per column; exact until discs touch."""
    profile, per_m2 = lesion.profile, to_si(setting.settings.columns_per_cm2, "per_cm2")
    outer = np.maximum.reduce([profile.crater_um, profile.coagulated_um, profile.heated_um])
    last = int(np.nonzero(outer > 0)[0][-1]) + 2 if (outer > 0).any() else 1
    keep = np.unique(np.linspace(0, min(last, len(outer) - 1), 80).round().astype(int))

    def share(radius_um: Any) -> Any:
        one = np.minimum(1.0, per_m2 * np.pi * to_si(radius_um[keep], "um") ** 2)
        return 100 * (1 - (1 - one) ** setting.settings.passes)

    ablated = share(profile.crater_um)
    coagulated = np.maximum(share(np.maximum(profile.coagulated_um, profile.crater_um)), ablated)
    heated = np.maximum(share(outer), coagulated)
    parts = (ablated, coagulated - ablated, heated - coagulated, 100 - heated)
    depth, *shares = (tuple(round(float(v), 4) for v in part) for part in (profile.depth_um[keep], *parts))
    names = ("ablated_pct", "coagulated_pct", "heated_pct", "spared_pct")
    return CoverageByDepth(depth_um=depth, **dict(zip(names, shares, strict=True)))


def _course(task: Task, zone: ZoneTask, setting: Setting, columns: Columns, heat: HotHeat) -> HealingCourse | None:
    """How it heals, from the lattice; None where no epidermis is killed."""
    from colonnade.healing import heal

    patient, courses = task.case.patient, []
    for lesion in columns.all():
        wound = _wound(zone, setting, lesion, heat)
        if wound is None:
            if lesion is columns.nominal:
                return None
            continue
        courses.append(
            heal(wound, lesion=lesion, site=zone.site.id, phototype=patient.phototype, history=patient.history)
        )
    first: Course = courses[0]
    return stored(first, courses[1:], [])


def _wound(zone: ZoneTask, setting: Setting, lesion: Lesion, heat: HotHeat) -> Wound | None:
    from colonnade.healing import fractional

    profile, settings = lesion.profile, setting.settings
    top = profile.depth_um <= zone.basal_um
    top[0] = True
    crater = float(np.max(profile.crater_um[top]))
    dead = max(float(np.max(profile.necrosis_um[top])), crater)
    if not dead >= 1:
        return None
    laid_as, (width, height) = pattern_of(settings), _size_mm(zone.region)
    injury = max(lesion.necrosis_depth_um, lesion.coagulation_depth_um, lesion.crater_depth_um)
    ring = np.maximum(profile.coagulated_um, profile.crater_um) ** 2 - profile.crater_um**2
    inside = profile.depth_um <= injury
    coagulated = 100 * settings.passes * laid_as.columns_per_m2 * np.pi * float(np.mean(ring[inside])) * 1e-12
    return fractional(
        dead_radius_um=dead,
        pitch_um=laid_as.pitch_um,
        crater_radius_um=crater,
        crater_depth_um=lesion.crater_depth_um,
        injury_depth_um=injury,
        lattice=laid_as.kind,
        passes=settings.passes,
        density_pct=settings.density_pct * settings.passes,
        coagulated_pct=min(coagulated, 100.0),
        basal_rise_K=min(heat.peak_basal_K, 200.0),
        width_mm=width,
        height_mm=height,
    )
