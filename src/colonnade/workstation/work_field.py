"""The field of one zone of a plan as pictures: what it hits by place, and how warm it gets over time. A job.

The field is laid again from what the plan holds, by the same functions that laid it for the plan, and compared with
the plan's own numbers first: pictures of another field beside a plan would be worse than none.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from colonnade.case import Case
from colonnade.errors import BadInput
from colonnade.units import from_si
from colonnade.workstation.job_process import Tell

if TYPE_CHECKING:
    from colonnade.field import Field
    from colonnade.photothermal import Lesion
    from colonnade.planning.model import Plan

#: Columns and depth of the plan and of the field laid again agree to this share; floating point differs by machine.
AGREE = 1e-3


def inputs_of(plan: Plan, zone: int) -> dict[str, Any]:
    """What the job needs of a plan: the case, and of each zone up to ``zone`` settings and two numbers to compare."""
    return {
        "case": plan.case,
        "zone": zone,
        "plan_sha256": plan.sha256,
        "zones": [
            {
                "name": z.name,
                "panel": z.settings.panel,
                "columns": z.field.columns,
                "crater_depth_um": next((p.nominal for p in z.predictions if p.name == "crater_depth_um"), None),
            }
            for z in plan.zones[: zone + 1]
        ],
    }


def pictures(inputs: dict[str, Any], tell: Tell, folder: Path) -> Path:
    """Inputs of `inputs_of` to a file of binary pictures (``CNF1``). Raises BadInput."""
    from colonnade.planning.candidates import setting as make_setting
    from colonnade.planning.resolve import resolve
    from colonnade.planning.rooms import Rooms

    task, rooms = resolve(Case.parse(inputs["case"], origin="case")), Rooms()
    by_title = {zone.title: zone for zone in task.zones}
    made: Field | None = None
    for k, kept in enumerate(inputs["zones"]):
        tell("field", 0.1 * k / len(inputs["zones"]), f"laying the columns of {kept['name']}")
        zone = by_title.get(kept["name"])
        if zone is None:
            raise _other(f"a zone {kept['name']!r} that the case does not have")
        setting = make_setting({n: float(v) for n, v in kept["panel"].items()}, task.device).settings
        found = rooms.column(setting.shot, zone.skin)
        # what was fired before beside it warms it; zones with a drawing each of their own know nothing of each other
        after = made if task.together else None
        made = rooms.field(setting, found, zone.region, firing=task.case.firing, after=after)
        _agrees(kept, made, found)
    if made is None:
        raise _other("a plan without zones")
    path = folder / "field.cnf"
    path.write_bytes(_packed(made, found, str(inputs["plan_sha256"]), tell))
    return path


def _agrees(kept: dict[str, Any], made: Field, found: Lesion) -> None:
    for name, here, there in (
        ("columns", float(made.columns), float(kept["columns"])),
        ("crater depth [µm]", found.crater_depth_um, kept["crater_depth_um"]),
    ):
        if there is not None and not abs(here - there) <= AGREE * max(abs(there), 1.0):
            raise _other(f"{name} {there:g} in the plan, {here:g} when laid again")


def _other(given: str) -> BadInput:
    return BadInput(
        "plan", given=given, allowed="a plan that this version computes alike", todo="Make the plan again, then this."
    )


def _packed(made: Field, found: Lesion, plan_sha256: str, tell: Tell) -> bytes:
    import numpy as np

    from colonnade.field import area_of
    from colonnade.field.maps import local_share
    from colonnade.reporting.field_film import frames
    from colonnade.workstation.live_tasks import pack

    area = area_of(made.region)
    tell("field", 0.12, "coverage by place")
    x, y, hit = local_share(found.profile, made.positions_m, area, depth_um=0.0, width_m=made.pattern.pitch_m)
    step = max(1, len(x) // CELLS, len(y) // CELLS)

    def from_share(start: float) -> Tell:
        return lambda stage, done, text: tell(stage, start + 0.4 * done, text)

    basal = frames(made, depth="basal", progress=from_share(0.2))
    surface = frames(made, depth="surface", progress=from_share(0.6))
    x0, y0, x1, y1 = (from_si(v, "mm") for v in made.region.bounds_m)
    header = {
        "kind": "field",
        "inputs_sha256": plan_sha256,
        "columns": made.columns,
        "region_mm": [x0, y0, x1, y1],
        "rings_mm": [[_short(point) for point in ring] for part in area.rings_mm() for ring in part],
        "time_s": _short(basal.time_s),
        "fired_s": float(made.pass_end_s[-1]),
        "heat_x_mm": _short(from_si(basal.x_m, "mm")),
        "heat_y_mm": _short(from_si(basal.y_m[::-1], "mm")),
        "heat_width_mm": from_si(basal.width_m, "mm"),
        "map_x_mm": _short(x[::step]),
        "map_y_mm": _short(y[::step]),
        "basal_depth_um": made.bulk.basal_depth_um,
        "mean_hit_pct": float(np.nanmean(hit)),
    }
    arrays = {
        "hit_pct": hit[::step, ::step].astype(np.float32),
        # y points up in the pictures of the page
        "basal_K": basal.rise_K[:, ::-1].astype(np.float32),
        "surface_K": surface.rise_K[:, ::-1].astype(np.float32),
    }
    return pack(header, arrays)


#: Cells of the map along its longer side, at least; it is smooth over one pitch, so that fewer lose nothing.
CELLS = 160


def _short(values: Any) -> list[float]:
    return [round(float(v), 4) for v in values]
