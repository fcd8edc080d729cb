"""From a case to the tasks the planner works on: device, skin, target and settings of each zone, looked up and checked.

What the case schema cannot see is refused here: unknown ids, settings outside what the device offers, E = P·t, a
measurement that the indication needs.
"""

from __future__ import annotations

from dataclasses import dataclass

from colonnade.case import Case, PanelSettings, Site
from colonnade.case import Region as CaseRegion
from colonnade.errors import BadInput
from colonnade.laser import Device, device
from colonnade.planning.candidates import Setting, of_raw
from colonnade.planning.indication import Indication, indication
from colonnade.planning.objectives import Target
from colonnade.planning.reach import reach_um
from colonnade.safety.anaesthesia import possible
from colonnade.tissue import Skin, skin
from colonnade.units import pretty, unit_of

#: Thermal injury below the crater [µm] by the indication's wish. Assumed: no source compares rims by indication; the
#: measured span is 53 (Payne 1997) to 100 and more (Walsh 1989).
RIM_BY_WISH_UM = {"less": (0.0, 60.0), "moderate": (20.0, 100.0), "more": (60.0, 200.0)}
#: How far past a stated target depth, or how far short of the full thickness of a scar, still counts as reached.
#: Assumed.
DEPTH_TOLERANCE = 0.2


@dataclass(frozen=True)
class ZoneTask:
    """One zone: where, what skin, what for, and the settings to judge if the case gives them."""

    name: str
    site: Site
    skin: Skin
    region: CaseRegion
    given: Setting | None
    target: Target

    @property
    def title(self) -> str:
        """The zone's name; the site's title where the case names no zones."""
        return self.name or self.skin.title

    @property
    def basal_um(self) -> float:
        """Depth of the basal layer: the bottom of the epidermis [µm]."""
        return epidermis_bottom_um(self.skin)


@dataclass(frozen=True)
class Task:
    """A case with everything it names looked up."""

    case: Case
    device: Device
    indication: Indication
    zones: tuple[ZoneTask, ...]
    together: bool = False
    """Whether the zones lie in one drawing, so that the heat of each reaches its neighbours."""


def resolve(case: Case) -> Task:
    """Look up what ``case`` names. Raises BadInput with "did you mean" or the allowed range."""
    laser = device(case.device.id)
    what = indication(case.indication.id)
    _require_inputs(case, what)
    possible(case.patient.age_years, case.patient.weight_kg)
    target = target_of(case, what)
    _require_reach(case, laser)
    if not case.zones:
        parts = [("", case.site, case.region, case.settings)]
    else:
        names = [zone.name for zone in case.zones]
        twice = next((n for n in names if names.count(n) > 1), None)
        if twice is not None:
            raise BadInput(
                "zones", given=f'two zones named "{twice}"', allowed="each name once", todo="Rename one of them."
            )
        # a case with zones treats these and nothing else; settings at the top serve zones that have none
        parts = [(zone.name, zone.site, zone.region, zone.settings or case.settings) for zone in case.zones]
    drawn = _drawn(case)
    if drawn is not None:
        of = {name: (site, raw) for name, site, _, raw in parts}
        parts = [(name, *_of_zone(of, name, case, region)) for name, region in drawn.items()]
    zones = tuple(
        ZoneTask(
            name=name,
            site=site,
            skin=skin(site.id),
            region=region,
            given=_given(raw, laser, name),
            target=target,
        )
        for name, site, region, raw in parts
    )
    return Task(case=case, device=laser, indication=what, zones=zones, together=drawn is not None)


def _drawn(case: Case) -> dict[str, CaseRegion] | None:
    """The regions of zones and exclusions drawn together; polygons are needed only where there are any."""
    if not (case.exclusions or case.treat_rest_as or case.zones):
        return None
    from colonnade.field.zones import drawn_together

    return drawn_together(case)


def _of_zone(
    of: dict[str, tuple[Site, PanelSettings | None]], name: str, case: Case, region: CaseRegion
) -> tuple[Site, CaseRegion, PanelSettings | None]:
    """Site and settings of a drawn zone; what no zone takes has those of the case."""
    site, raw = of.get(name, (case.site, case.settings))
    return site, region, raw


def target_of(case: Case, what: Indication) -> Target:
    """The indication's target, narrowed by the case: its own target depth, and the thickness of the scar.

    Raises BadInput if the case wants to go deeper than the scar is thick.
    """
    low, high = what.target_depth_um.low, what.target_depth_um.high
    wanted, thickness = case.indication.target_depth_um, case.indication.scar_thickness_um
    if wanted is not None:
        low, high = wanted, wanted * (1 + DEPTH_TOLERANCE)
    if thickness is not None:
        if wanted is not None and not wanted <= thickness:
            raise BadInput(
                "indication.target_depth_um",
                given=f"{wanted:g} µm",
                allowed=f"at most the thickness of the scar, {thickness:g} µm",
                todo="Correct the target depth or the thickness of the scar.",
            )
        high = min(high, thickness)
        low = min(low, thickness * (1 - DEPTH_TOLERANCE))
    rim_low, rim_high = RIM_BY_WISH_UM[what.coagulation.wish]
    return Target(
        depth_um=low,
        depth_low_um=low,
        depth_high_um=high,
        cover_low_pct=what.coverage_pct.low,
        cover_high_pct=what.coverage_pct.high,
        coagulation_low_um=rim_low,
        coagulation_high_um=rim_high,
    )


def epidermis_bottom_um(where: Skin) -> float:
    """Bottom of the last layer of epidermis [µm]; without one, of the first layer."""
    return _bottom_um(where, "epidermis") or where.layers[0].thickness_um


def dermis_bottom_um(where: Skin) -> float:
    """Bottom of the last layer of dermis [µm]; without one, of the whole skin."""
    return _bottom_um(where, "dermis") or where.thickness_um


def _bottom_um(where: Skin, ending: str) -> float | None:
    depth, found = 0.0, None
    for layer in where.layers:
        depth += layer.thickness_um
        if layer.name.split(" ")[-1] == ending:
            found = depth
    return found


def _require_inputs(case: Case, what: Indication) -> None:
    for name in what.required_inputs:
        if getattr(case.indication, name, None) is None:
            unit = unit_of(name)
            raise BadInput(
                f"indication.{name}",
                given="nothing",
                allowed=f"a value{f' in {pretty(unit)}' if unit else ''}: a plan for {what.title.lower()} needs it",
                todo=f"Measure it and state {name} under [indication].",
            )


def _require_reach(case: Case, laser: Device) -> None:
    wanted = case.indication.target_depth_um
    if wanted is not None and not wanted <= (reach := reach_um(laser)):
        raise BadInput(
            "indication.target_depth_um",
            given=f"{wanted:g} µm",
            allowed=f"at most {reach:.0f} µm: as modelled no column of {laser.name} can be deeper, even without losses",
            todo="Choose a smaller target depth, or a device that reaches it (`colonnade list devices`).",
        )


def _given(raw: PanelSettings | None, laser: Device, zone: str) -> Setting | None:
    if raw is None:
        return None
    try:
        return of_raw(raw, laser)
    except BadInput as error:
        if not zone:
            raise
        raise BadInput(
            f'zone "{zone}": {error.what}', given=error.given, allowed=error.allowed, todo=error.todo
        ) from None
