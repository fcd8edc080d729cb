"""From a plan to a shot file: the columns are laid again from the plan's own figures and must come out as planned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from colonnade import catalogue
from colonnade.case import Region as CaseRegion
from colonnade.delivery.limits import MachineSpec, RoundingLimits, machine
from colonnade.delivery.seal import Approval, approval_gap
from colonnade.delivery.stamps import Made, ZoneColumns, build
from colonnade.errors import BadInput
from colonnade.laser import Device, device
from colonnade.planning.model import Plan, ZonePlan
from colonnade.schema import read

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
    return build(
        tuple(_columns(zone, laser) for zone in plan.zones),
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


def _columns(zone: ZonePlan, laser: Device) -> ZoneColumns:
    from colonnade.field import circle, pattern, rectangle

    region: CaseRegion = read(CaseRegion, zone.region, origin=f"plan zone {zone.name}: region")
    if region.shape == "circle":
        width = height = float(region.diameter_mm or 0)
        area: Any = circle(width)
    else:
        width, height = float(region.width_mm or 0), float(region.height_mm or 0)
        area = rectangle(width, height)
    derived = zone.settings.derived
    laid = pattern(zone.field.pattern, spots_per_cm2=zone.field.columns_per_cm2, spot_um=derived["spot_um"])
    passes = [laid.place(area, number)[0] for number in range(zone.field.passes)]
    count = sum(len(xy) for xy in passes)
    if count != zone.field.columns:
        raise BadInput(
            f"plan zone {zone.name}",
            given=f"{zone.field.columns} columns in the plan, {count} when they are laid again",
            allowed="the same columns",
            todo="Make the plan again with this version.",
        )
    if region.shape == "polygon":
        raise BadInput(
            f"zone {zone.name}",
            given="a region drawn as a polygon",
            allowed="a rectangle or a circle: shot files hold these two shapes so far",
            todo="Export a plan whose region is a rectangle or a circle.",
        )
    return ZoneColumns(
        name=zone.name,
        site=zone.site,
        side=zone.side,
        width_mm=width,
        height_mm=height,
        pattern=zone.field.pattern,
        order="raster",
        positions_m=np.concatenate(passes),
        passes=np.concatenate([np.full(len(xy), k + 1) for k, xy in enumerate(passes)]),
        shot=laser.shot(
            energy_mJ=derived["energy_mJ"],
            pulse_ms=derived["pulse_ms"],
            spot_um=derived["spot_um"],
            stack=round(derived["stack"]),
            stack_interval_ms=_interval(zone.settings.panel),
        ),
        rate_Hz=derived["rate_Hz"],
        shape=region.shape,
    )


def _interval(panel: Mapping[str, float | str]) -> float | None:
    value = panel.get("stack_interval_ms")
    return float(value) if value is not None else None
