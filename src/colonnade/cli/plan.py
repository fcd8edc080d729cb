"""``colonnade plan``: the main job, from a case file to a plan a clinician can read."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from colonnade import DISCLAIMER
from colonnade.cli import folder
from colonnade.cli.kernels import say_if_compiling
from colonnade.cli.output import Debug, Json, note, number, progress, quantity, say, say_json, say_lines, words
from colonnade.errors import BadInput

if TYPE_CHECKING:
    from colonnade.aftercare import CarePlan
    from colonnade.case import Case
    from colonnade.planning import Plan
    from colonnade.planning.model import Finding, ZonePlan
    from colonnade.planning.rooms import Rooms
    from colonnade.safety import Finding as Judged

EXAMPLE = "colonnade plan examples/acne-scar-cheek.toml --out out/"
NO = ("REFUSED", "DEFERRED")
STYLE = {"REFUSED": "bold red", "DEFERRED": "bold red", "CONDITIONAL": "bold yellow", "WARNED": "bold yellow"}
#: The numbers of the short summary, in this order; the report holds all.
SHOWN = ("crater_depth_um", "coagulation_depth_um", "cover_at_target_pct", "bulk_peak_basal_K")


def command(
    case: Annotated[Path, typer.Argument(metavar="CASE.toml", help="The case file (docs/file-formats/case.md).")],
    out: Annotated[Path, typer.Option("--out", help="Folder for the plan; new, empty or an earlier output.")],
    start: Annotated[
        str,
        typer.Option("--start", help="Treatment day: also write leaflet, calendar and FHIR bundle of the aftercare."),
    ] = "",
    commissioned: Annotated[
        Path | None,
        typer.Option("--commissioned", help="Profile of this very device, from `colonnade commission`: its losses."),
    ] = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Plan a treatment: settings, predictions, limits, report.

    A refused plan still writes its report and exits with 1. Bad input writes nothing and exits with 2.
    """
    from colonnade.case import Case

    loaded = Case.load(case)
    _report_extra()
    folder.usable(out)
    care = _care(loaded, start, as_json)
    own = {} if commissioned is None else {"rooms": _rooms(loaded, commissioned)}
    with progress(f"Planning {case.name}") as tell:
        say_if_compiling()
        from colonnade.planning import plan

        made = plan(loaded, progress=tell, **own)
        if care is not None and (closure := closure_days(made)) is not None:
            care = _care(loaded, start, as_json, closure_days=closure)
        tell("report", 0.0, "figures, page and PDF")
        files = write(made, out, care)
    if as_json:
        say_json({**made.plain(), "files": [str(path) for path in files]})
    else:
        say(f"{made.title}: {made.verdict}", style=STYLE.get(made.verdict, "bold green"))
        say_lines(summary(made))
        say_lines(["", f"written to {out}: {', '.join(str(p.relative_to(out)) for p in files)}", "", DISCLAIMER])
    if made.verdict in NO:
        raise typer.Exit(1)


def _rooms(case: Case, profile: Path) -> Rooms:
    """The engine with the crater losses of a commissioned device. Raises BadInput for a profile that does not fit."""
    from datetime import UTC, datetime

    from colonnade.calibration import load_profile
    from colonnade.laser import device
    from colonnade.planning.rooms import Rooms

    losses, box = load_profile(profile, device=device(case.device.id), today=datetime.now(UTC).date())
    return Rooms(losses=losses, commissioned=box)


def closure_days(made: Plan) -> float | None:
    """The latest end of the predicted closure over all zones [d]: it extends what the leaflet expects, nothing else."""
    late = [z.course["epithelium_closed_d"].high for z in made.zones if z.course is not None]
    known = [days for days in late if days is not None and days > 0]
    return min(max(known), 120.0) if known else None


def _care(case: Case, start: str, as_json: bool, closure_days: float | None = None) -> CarePlan | None:
    """The course of care; asked for before the long computation too, so that bad input shows first. None: no start."""
    if not start:
        return None
    from colonnade.cli import aftercare

    aftercare.extras()
    return aftercare.planned(case, start, as_json=as_json, closure_days=closure_days)


def write(made: Plan, out: Path, care: CarePlan | None = None) -> list[Path]:
    """``plan.json``, the report and the files of the course of care, whole or not at all. Returns the paths.

    A plan that does not allow a treatment gets no aftercare.
    """
    from colonnade.reporting import report

    with folder.whole(out) as work:
        made.save(work / "plan.json")
        report(made, work)
        if care is not None and made.verdict not in NO:
            from colonnade.cli import aftercare

            aftercare.write(care, work)
        names = sorted(path.relative_to(work) for path in work.rglob("*") if path.is_file())
    return [out / name for name in names]


def summary(plan: Plan) -> list[str]:
    """Settings in panel units, the main numbers with their intervals, and what the rules said."""
    lines = [f"{plan.device_name}, phototype {plan.phototype}, {plan.indication_title}"]
    for zone in plan.zones:
        lines += ["", *_zone(zone, named=len(plan.zones) > 1)]
    said = spoken(plan.findings)
    if said:
        lines += ["", "What the rules said, worst first:", *said]
    for spot in plan.test_spots:
        if spot.status != "not_asked":
            lines += ["", f"Test spot, {spot.zone}: {' '.join(spot.lines)}"]
    if plan.series is not None:
        lines.append(
            f"Series: {plan.series.sessions_low} to {plan.series.sessions_high} sessions, "
            f"{plan.series.interval_low_weeks:g} weeks or more apart; `colonnade sessions` shows it."
        )
    if plan.device_assumed:
        names = ", ".join(words(line.partition(":")[0]) for line in plan.device_assumed)
        lines += ["", f"Assumed for this device, since no source gives it: {names}"]
    lines.append(f"Validity: {plan.validity_status}. {' '.join(plan.validity_reasons)}".rstrip())
    return lines


def _zone(zone: ZonePlan, *, named: bool) -> list[str]:
    panel = ", ".join(f"{words(name)} {quantity(name, value)}" for name, value in zone.settings.panel.items())
    lines = [f"{f'{zone.name}, ' if named else ''}{zone.site_title}, {zone.side}", f"  on the panel: {panel}"]
    by_name = {p.name: p for p in zone.predictions}
    names = [n for n in SHOWN if n in by_name] + [n for n in by_name if n not in SHOWN]
    for name in names[:4]:
        p = by_name[name]
        known = p.low is not None and p.high is not None
        interval = f"{number(p.low)} to {quantity(name, p.high)}" if known else "no interval"
        lines.append(f"  {words(name)}: {quantity(name, p.nominal)} ({interval})")
    return lines


def spoken(findings: Iterable[Finding | Judged]) -> list[str]:
    """What the rules said, in the order given, two lines each; notes and information stay in the report."""
    lines = []
    for found in findings:
        if found.outcome == "note" or found.severity == "inform":
            continue
        zone = f", {found.zone}" if found.zone else ""
        over = f"; overridden by {found.overridden_by}" if found.overridden_by else ""
        lines += [
            f"  {found.rule} ({found.severity}, {found.outcome}{zone}{over}): given {found.given}; "
            f"allowed: {found.allowed}. {found.reason}",
            f"    to do: {found.todo} [{found.source}]",
        ]
    return lines


def _report_extra() -> None:
    """Say before the long computation, not after it, that the report cannot be written."""
    missing = [name for name in ("matplotlib", "jinja2", "typst") if importlib.util.find_spec(name) is None]
    if missing:
        note("A plan is written with its report.")
        raise BadInput(
            "report",
            given=f"an installation without {', '.join(missing)}",
            allowed="Colonnade with its report extra",
            todo="Install it: pip install 'colonnade[report]'.",
        )
