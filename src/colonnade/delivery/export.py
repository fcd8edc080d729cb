"""From a plan to a shot file: the columns are laid again from the plan's own figures and must come out as planned."""

from __future__ import annotations

import importlib
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from colonnade import catalogue
from colonnade.case import Case, FiringChoice
from colonnade.case import Region as CaseRegion
from colonnade.delivery.limits import MachineSpec, RoundingLimits, machine
from colonnade.delivery.seal import Approval, approval_gap
from colonnade.delivery.stamps import Made, OwnStamps, ZoneColumns, build
from colonnade.errors import BadInput
from colonnade.laser import Device, device
from colonnade.planning.model import Plan, ZonePlan
from colonnade.schema import read
from colonnade.units import from_si

if TYPE_CHECKING:
    from colonnade.field import Pattern, Region

#: Verdicts with which nothing leaves the house; CONDITIONAL until what is open has been recorded.
HELD_BACK = ("REFUSED", "DEFERRED", "CONDITIONAL")


def export(
    plan: Plan,
    *,
    approval: Approval | None = None,
    spec: MachineSpec | None = None,
    rounding: RoundingLimits | None = None,
) -> Made:
    """The shot file of a plan, with every rounding listed.

    Raises
    ------
    BadInput
        If the plan's verdict holds it back, the approval belongs to another content, the library's device profile
        is not the one the plan was made with, the columns come out differently, or the machine cannot do it.
    """
    if plan.verdict in HELD_BACK:
        first = plan.findings[0] if plan.findings else None
        raise BadInput(
            "plan verdict",
            given=f"{plan.verdict}" + (f": {first.rule}, {first.reason}" if first else ""),
            allowed="OK or WARNED",
            todo=first.todo if first and first.todo else "Make a plan that may be carried out.",
        )
    sha = plan.sha256
    if approval is not None and (gap := approval_gap(sha, approval)) is not None:
        raise BadInput(
            "approval", given=gap, allowed=f"an approval of hash {sha[:12]}…", todo="Have this very plan approved."
        )
    laser = _same_device(plan)
    firing = Case.parse(plan.case, origin="the plan's case").firing
    return build(
        tuple(_columns(zone, laser, firing) for zone in plan.zones),
        laser,
        spec or machine(),
        title=plan.title,
        synthetic=plan.synthetic,
        plan_sha256=sha,
        approval=approval,
        limits=rounding,
    )


def _same_device(plan: Plan) -> Device:
    laser = device(plan.device_id)
    recorded = plan.provenance.library_sha256.get(f"devices/{plan.device_id}", "")
    if recorded != catalogue.sha256("devices", plan.device_id):
        raise BadInput(
            f"device {plan.device_id}",
            given="a library profile other than the one the plan was made with",
            allowed=f"hash {recorded[:12]}…" if recorded else "a plan that states the hash of its device profile",
            todo="Make the plan again with the present profile.",
        )
    if not plan.zones:
        raise BadInput("plan", given="no zones", allowed="at least one zone", todo="Make the plan again.")
    return laser


def _columns(zone: ZonePlan, laser: Device, firing: FiringChoice | None) -> ZoneColumns:
    from colonnade.field import area_of, pattern
    from colonnade.field.zones import region_of

    region: CaseRegion = read(CaseRegion, zone.region, origin=f"plan zone {zone.name}: region")
    area = region_of(region)
    x0, y0, x1, y1 = area.bounds_m
    middle = np.array([(x0 + x1) / 2, (y0 + y1) / 2])
    derived = zone.settings.derived
    laid = pattern(zone.field.pattern, spots_per_cm2=zone.field.columns_per_cm2, spot_um=derived["spot_um"])
    own: OwnStamps | None = None
    if firing is None:
        passes = [laid.place(area, number)[0] for number in range(zone.field.passes)]
        where = np.concatenate(passes)
        number = np.concatenate([np.full(len(xy), k + 1) for k, xy in enumerate(passes)])
    else:
        where, number, own = _fired(zone, laser, firing, laid, area, middle)
    if len(where) != zone.field.columns:
        raise BadInput(
            f"plan zone {zone.name}",
            given=f"{zone.field.columns} columns in the plan, {len(where)} when they are laid again",
            allowed="the same columns",
            todo="Make the plan again with this version.",
        )
    drawn = region.shape == "polygon"
    return ZoneColumns(
        name=zone.name,
        site=zone.site,
        side=zone.side,
        width_mm=from_si(x1 - x0, "mm"),
        height_mm=from_si(y1 - y0, "mm"),
        pattern=zone.field.pattern,
        order="raster" if firing is None else firing.order,
        positions_m=where - middle,
        passes=number,
        shot=laser.shot(
            energy_mJ=derived["energy_mJ"],
            pulse_ms=derived["pulse_ms"],
            spot_um=derived["spot_um"],
            stack=round(derived["stack"]),
            stack_interval_ms=_interval(zone.settings.panel),
        ),
        rate_Hz=derived["rate_Hz"],
        shape=region.shape,
        area_mm2=from_si(area.area_m2, "mm2") if drawn else None,
        inner_um=_inner(area_of(area).polygons, middle) if drawn else None,
        laid=own,
    )


def _fired(
    zone: ZonePlan, laser: Device, choice: FiringChoice, laid: Pattern, area: Region, middle: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int64], OwnStamps]:
    """Positions (n, 2) [m], passes (n,) and stamps as the plan fired them; without the hand's scatter, which no file
    can ask for."""
    from colonnade.field import area_of, tile
    from colonnade.field.order import fire
    from colonnade.field.zones import firing_of

    scan = laser.scan_max_mm
    rate = zone.settings.derived["rate_Hz"]
    asked = firing_of(choice, area, rate_Hz=rate, scan_low_mm=scan.low, scan_high_mm=scan.high)
    tilings = tuple(tile(laid, area_of(area), asked["scan"], number=n) for n in range(zone.field.passes))
    fired = fire(tilings, choice.order, asked["timing"], four_alpha=1.0, seed=laid.seed)
    first = np.cumsum([0, *(t.stamps for t in tilings)])
    begins = np.array([n == 0 and k > 0 for k, t in enumerate(tilings) for n in range(t.stamps)])
    delay = np.where(begins, max(choice.pass_interval_s, choice.stamp_s), choice.stamp_s)
    delay[0] = 0.0
    own = OwnStamps(
        stamp=first[fired.pass_] + fired.stamp,
        time_s=fired.times_s,
        centres_m=np.concatenate([t.centres_m for t in tilings]) - middle,
        turn_rad=np.concatenate([np.full(t.stamps, t.turn_rad) for t in tilings]),
        delay_s=delay,
    )
    return fired.positions_m, fired.pass_ + 1, own


def _inner(polygons: Any, middle: NDArray[np.float64]) -> tuple[int, int, int, int]:
    """The square within the largest circle inside a region, from the middle of the zone [µm]."""
    shapely = importlib.import_module("shapely")
    radius = shapely.maximum_inscribed_circle(polygons)
    x, y = from_si(np.asarray(radius.coords[0]) - middle, "um")
    half = from_si(float(radius.length), "um") / math.sqrt(2)
    return round(x - half), round(y - half), round(x + half), round(y + half)


def _interval(panel: Mapping[str, float | str]) -> float | None:
    value = panel.get("stack_interval_ms")
    return float(value) if value is not None else None
