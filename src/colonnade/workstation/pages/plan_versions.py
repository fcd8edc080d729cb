"""Plans as they were made: one version with its front and its field, several compared, a point put into the draft."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from colonnade.errors import BadInput
from colonnade.planning.model import Plan
from colonnade.records import approvals, plans
from colonnade.records.base import NotFound, get
from colonnade.reporting import palette
from colonnade.workstation.dependencies import Db, LoggedDb, ReadDb, Who
from colonnade.workstation.pages.jobs import begin_or_follow, job_of
from colonnade.workstation.pages.plan import colours
from colonnade.workstation.pages.plan_papers import papers_of
from colonnade.workstation.permissions import require
from colonnade.workstation.rendering import page
from colonnade.workstation.work_field import inputs_of
from colonnade.workstation.work_papers import ARCHIVE, PAPERS

router = APIRouter(include_in_schema=False)


@router.get("/plans/compare", dependencies=[require("plans.read")])
def compare(request: Request, who: Who, db: LoggedDb) -> Response:
    """Two to four plans side by side."""
    from colonnade.planning.compare import compare as side_by_side
    from colonnade.reporting.metrics import label, show_with_unit

    chosen = request.query_params.getlist("plan")
    blobs = request.app.state.blobs
    opened = [plans.read_plan(db, blobs, who.actor, plan_id) for plan_id in chosen[:4]]
    found = side_by_side([plan for _, plan in opened])
    return page(
        request,
        "compare.html",
        versions=[row for row, _ in opened],
        found=found,
        label=lambda name: _of_end(name, label),
        show=lambda name, value: show_with_unit(_without_end(name), value),
        change=_change,
    )


#: How a comparison's lines of the ends of an interval end.
_END = re.compile(r"[ _.](low|high)$")


def _without_end(name: str) -> str:
    return _END.sub("", name)


def _of_end(name: str, label: Callable[[str], str]) -> str:
    found = _END.search(name)
    return f"{label(_without_end(name))}, {found[1]} end" if found else label(name)


def _change(values: Sequence[Any]) -> str:
    """From the first number to the second, as a share of the first; empty for anything else."""
    one, two = values
    numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in (one, two))
    if not numbers or one == 0:
        return ""
    return f"{100 * (two - one) / abs(one):+.3g} %".replace("-", "−")


@router.get("/plans/versions/{plan_id}", dependencies=[require("plans.read")])
def version(request: Request, who: Who, db: LoggedDb, plan_id: str) -> Response:
    """One plan as it was made: verdict, reasons, settings, predictions, the front it was chosen from."""
    from colonnade.reporting.metrics import label, show_with_unit

    row, plan = plans.read_plan(db, request.app.state.blobs, who.actor, plan_id)
    approval = approvals.approval_in_force(db, row)
    others = [v for v in plans.plan_versions(db, row.draft_id) if v.id != row.id]
    return page(
        request,
        "plan_version.html",
        row=row,
        severities=palette.SEVERITIES,
        plan=plan,
        approval=approval,
        others=others,
        reviews="/reviews/{plan_id}" in request.app.state.paths,
        may_run=who.may("jobs.run"),
        made=papers_of(request, db, row),
        papers=PAPERS,
        archive=ARCHIVE,
        revision=get(db, plans.CaseDraft, row.draft_id).revision if who.may("plans.write") else None,
        front=front_of(plan),
        palette=colours(),
        label=label,
        show=show_with_unit,
    )


@router.post("/plans/versions/{plan_id}/field/{zone}", dependencies=[require("jobs.run")])
def start_field(request: Request, who: Who, db: ReadDb, plan_id: str, zone: int) -> Response:
    """Begin the pictures of a zone's field as a job; what is done serves everybody who sees the plan."""
    if not who.may("plans.read"):
        raise NotFound("plan")
    row = get(db, plans.PlanVersion, plan_id)
    plan = plans.parse_plan(request.app.state.blobs.get(row.plan_blob))
    if not 0 <= zone < len(plan.zones):
        raise NotFound("zone")
    found = job_of(db, "field", row, zone=zone)
    return begin_or_follow(request, who, found, "field", row, lambda: inputs_of(plan, zone))


@router.get("/plans/versions/{plan_id}/field/{zone}", dependencies=[require("plans.read")])
def field_pictures(request: Request, who: Who, db: ReadDb, plan_id: str, zone: int) -> Response:
    """The pictures of a zone's field, once they were computed; 404 before. The look at their plan was logged."""
    job = job_of(db, "field", get(db, plans.PlanVersion, plan_id), zone=zone)
    if job is None or job.state != "done":
        raise NotFound("field")
    content = request.app.state.results.get(job.result_sha256)
    return Response(content, media_type="application/octet-stream")


#: What a setting of the trade is compared by, in the plan's own words.
TRADE_AXES = (
    ("downtime_d", "Downtime, illustrative", "days"),
    ("effect_pct", "Effect wished for", "%"),
    ("pih_pct", "Risk of dark marks, to compare", "%"),
    ("bulk_K", "Heat between the columns, for ordering", "K"),
    ("seconds", "Firing time", "s"),
    ("score", "Score", ""),
)


def front_of(plan: Plan) -> list[dict[str, Any]]:
    """What each zone's settings were chosen from; without zones where the settings were given."""
    from colonnade.reporting.metrics import label, unit

    out = []
    for number, zone in enumerate(plan.zones):
        trade = getattr(zone, "trade", None)
        if trade is None:
            continue
        points = [
            {
                "panel": dict(point.panel),
                "values": {name: getattr(point, name) for name, _, _ in TRADE_AXES},
                "status": point.status,
                "known": point.known,
                "refused_by": list(point.refused_by),
            }
            for point in trade.points
        ]
        axes = [{"name": name, "label": words, "unit": of} for name, words, of in TRADE_AXES]
        knobs = {
            n: {"label": label(n), "unit": unit(n)} for n in dict.fromkeys(n for p in trade.points for n in p.panel)
        }
        data = {
            "axes": axes,
            "knobs": knobs,
            "points": points,
            "considered": trade.considered,
            "allowed": trade.allowed,
        }
        out.append({"zone": zone.name, "number": number, "data": data})
    return out


@router.post("/plans/versions/{plan_id}/take", dependencies=[require("plans.write")])
def take_point(
    request: Request,
    who: Who,
    db: Db,
    plan_id: str,
    zone: Annotated[int, Form()],
    point: Annotated[int, Form()],
    revision: Annotated[int, Form()],
) -> Response:
    """Put a setting that the search considered into the draft, to be judged there. The numbers are the plan's own."""
    row, plan = plans.read_plan(db, request.app.state.blobs, who.actor, plan_id)
    trade = plan.zones[zone].trade if 0 <= zone < len(plan.zones) else None
    if trade is None or not 0 <= point < len(trade.points):
        raise NotFound("setting")
    chosen = trade.points[point]
    draft = get(db, plans.CaseDraft, row.draft_id)
    case = copy.deepcopy(draft.case)
    on = case.get("device", {}).get("id") if isinstance(case.get("device"), dict) else None
    if chosen.status == "refused" or on != plan.device_id:
        raise BadInput(
            "setting",
            given="one that the rules refuse" if chosen.status == "refused" else f'a setting of "{plan.device_id}"',
            allowed="an allowed setting of the draft's device",
            todo="Choose another point, or the plan's device in the draft.",
        )
    settings = {n: int(v) if n in ("passes", "stack") else v for n, v in chosen.panel.items()}
    zones = [z for z in case.get("zones") or [] if isinstance(z, dict) and z.get("name") == plan.zones[zone].name]
    (zones[0] if zones else case)["settings"] = settings
    plans.save_draft(db, who.actor, draft.id, revision, case)
    return RedirectResponse(f"/plans/{draft.id}", status_code=303)
