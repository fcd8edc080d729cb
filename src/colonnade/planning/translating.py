"""From a case or a plan to the settings that are translated, and back to a case that the rules can judge."""

from __future__ import annotations

from dataclasses import dataclass

from colonnade.case import Case
from colonnade.errors import BadInput
from colonnade.planning.candidates import Setting, setting
from colonnade.planning.model import Plan
from colonnade.planning.planner import check
from colonnade.planning.resolve import resolve
from colonnade.planning.rooms import Rooms
from colonnade.planning.translate import Translation
from colonnade.safety import Judgement
from colonnade.tissue import Skin


@dataclass(frozen=True)
class Zone:
    """The settings of one zone, its skin, and the case it belongs to."""

    case: Case
    title: str
    skin: Skin
    setting: Setting


def zone_of(what: Case | Plan, name: str | None = None) -> Zone:
    """The zone that is translated: the only one, or the one called ``name``.

    Raises
    ------
    BadInput
        Without settings (a case that is still to be planned, a refused plan), or where the zone is not clear.
    """
    case = Case.parse(what.case, origin="the plan's case") if isinstance(what, Plan) else what
    task = resolve(case)
    kept = {z.name: z for z in what.zones} if isinstance(what, Plan) else {}
    found = {}
    for zone in task.zones:
        made = zone.given
        if zone.title in kept:
            panel = {n: float(v) for n, v in kept[zone.title].settings.panel.items()}
            made = setting(panel, task.device)
        if made is not None:
            found[zone.title] = Zone(case, zone.title, zone.skin, made)
    if not found:
        raise BadInput(
            "--from",
            given="no settings: a case that states none, or a refused plan",
            allowed="a plan with settings, or a case with [settings]",
            todo="Plan the case first (`colonnade plan`), or state its settings.",
        )
    if name is None and len(found) == 1:
        return next(iter(found.values()))
    if name is None or name not in found:
        raise BadInput(
            "--zone",
            given="nothing" if name is None else f'"{name}"',
            allowed=", ".join(found),
            todo="Name one of them.",
        )
    return found[name]


def judged(zone: Zone, found: Translation, rooms: Rooms) -> Judgement:
    """What the rules say of the closest settings, for the patient, the site and the region of the case."""
    made, plain = found.found, zone.case.plain()
    settings = made.setting.settings.raw.model_dump(exclude_none=True)
    plain |= {"device": {"id": made.device.id}, "settings": settings}
    mine = next((z for z in resolve(zone.case).zones if z.name and z.title == zone.title), None)
    if mine is None and zone.case.exclusions:
        mine = resolve(zone.case).zones[0]
    if mine is not None:  # the other zones keep settings of the other device: they are not part of the question
        plain |= {"site": mine.site.model_dump(mode="json"), "region": mine.region.model_dump(mode="json")}
    # what is kept out is cut from the region by now; the other device has stamps of its own size
    plain |= {"zones": [], "exclusions": [], "treat_rest_as": ""}
    if zone.case.firing is not None:
        plain["firing"] = {**zone.case.firing.model_dump(), "scan_mm": None}
    return check(Case.parse(plain, origin="the translated case"), rooms=rooms)
