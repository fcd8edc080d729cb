"""``colonnade aftercare``: the course of care of a treatment, as leaflet, calendar and FHIR bundle."""

from __future__ import annotations

import datetime as dt
import importlib.util
import json
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from colonnade import DISCLAIMER
from colonnade.cli import folder
from colonnade.cli.output import Debug, Json, say, say_json, say_lines
from colonnade.errors import BadInput

if TYPE_CHECKING:
    from colonnade.aftercare import CarePlan
    from colonnade.case import Case
    from colonnade.laser import Settings

EXAMPLE = "colonnade aftercare examples/acne-scar-cheek.toml --start 2026-12-01 --out out/"


def command(
    case: Annotated[Path, typer.Argument(metavar="CASE.toml", help="The case file (docs/file-formats/case.md).")],
    start: Annotated[
        str, typer.Option("--start", help="Treatment: 2026-12-01, or 2026-12-01T14:30 in the clinic's zone.")
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder for the files; new, empty or an earlier output.")],
    event: Annotated[
        list[str] | None,
        typer.Option("--event", help="A confirmed event and its date: closed=2026-12-08, infection_suspected=..."),
    ] = None,
    session: Annotated[int, typer.Option("--session", min=1, max=50, help="Number of the session.")] = 1,
    course: Annotated[str, typer.Option("--course", help="Id of the course; the default comes from the case.")] = "",
    replaces: Annotated[
        Path | None, typer.Option("--replaces", help="The careplan.json this one changes: updates its calendar.")
    ] = None,
    paper: Annotated[str, typer.Option("--paper", help="a4 or letter.")] = "a4",
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Write leaflet (each language of the clinic), calendar and FHIR bundle for a treatment.

    Exits with 1, and writes nothing, where something ordered would harm the patient.
    """
    from colonnade.aftercare import CarePlan
    from colonnade.case import Case

    loaded = Case.load(case)
    extras()
    folder.usable(out)
    settings = _settings(loaded)
    old = None if replaces is None else CarePlan.load(replaces)
    plan = planned(
        loaded,
        start,
        as_json=as_json,
        settings=settings,
        events=events_of(event or []),
        session=session,
        course_id=course,
        replaces=old,
    )
    with folder.whole(out) as work:
        names = write(plan, work, settings=settings, paper=paper_of(paper))
    if as_json:
        say_json({**plan.plain(), "files": [str(out / name) for name in names]})
        return
    say(f"{plan.title}: {plan.track_title}, {plan.site_title}", style="bold")
    say_lines([f"  {note}" for note in plan.notes])
    say_lines([f"  {c.start:%Y-%m-%d %H:%M} {c.title}" for c in plan.contacts if c.status == "confirmed"])
    say_lines(["", f"written to {out}: {', '.join(names)}", "", DISCLAIMER])


def planned(case: Case, start: str, *, as_json: bool, replaces: CarePlan | None = None, **options: Any) -> CarePlan:
    """The course of care; where it is refused, says so and exits with 1."""
    from colonnade.aftercare import CareRefused, care_plan

    token = replaces.checkin_token if replaces is not None else ""
    if case.clinic.public_address and not token:
        token = secrets.token_urlsafe(24)
    try:
        return care_plan(case, start, checkin_token=token, replaces=replaces, **options)
    except CareRefused as refused:
        _refused(refused, as_json)
        raise typer.Exit(1) from None


def write(
    plan: CarePlan, work: Path, *, settings: Settings | None = None, paper: Any = "a4", now: dt.datetime | None = None
) -> list[str]:
    """Every file of a course into the folder ``work``; returns their names."""
    from colonnade.exchange import bundle, calendar
    from colonnade.reporting import leaflet

    files: dict[str, bytes] = {}
    for language in plan.languages:
        made = leaflet.compose(plan, language)
        files[f"leaflet.{language}.pdf"] = leaflet.pdf(made, paper=paper)
        files[f"leaflet-large.{language}.pdf"] = leaflet.pdf(made, paper=paper, large=True)
        files[f"leaflet.{language}.html"] = leaflet.page(made).encode()
    documents = dict(files)
    files["aftercare-differences.pdf"] = leaflet.differences(plan, paper=paper)
    files["aftercare.ics"] = calendar(plan, now=now)
    made_bundle = bundle(plan, settings=settings, documents=documents, now=now)
    files["careplan.fhir.json"] = json.dumps(made_bundle, indent=1, ensure_ascii=False).encode()
    for name, content in files.items():
        (work / name).write_bytes(content)
    plan.save(work / "careplan.json")
    return sorted([*files, "careplan.json"])


def extras() -> None:
    """Refuse before the work, not after it, where a library of the extras is missing."""
    wanted = {
        "babel": "babel", "icalendar": "icalendar", "rapidfuzz": "rapidfuzz", "segno": "segno", "jinja2": "jinja2",
        "typst": "typst", "matplotlib": "matplotlib",
    }  # fmt: skip
    missing = [name for module, name in wanted.items() if importlib.util.find_spec(module) is None]
    if missing:
        raise BadInput(
            "aftercare",
            given=f"an installation without {', '.join(missing)}",
            allowed="Colonnade with its report and aftercare extras",
            todo="Install them: pip install 'colonnade[report,aftercare]'.",
        )


def paper_of(name: str) -> str:
    """The paper as typst names it. Raises BadInput for another word."""
    papers = {"a4": "a4", "letter": "us-letter"}
    if name not in papers:
        raise BadInput("--paper", given=repr(name[:40]), allowed="a4 or letter", todo="Choose one.")
    return papers[name]


def events_of(given: list[str]) -> dict[str, dt.date]:
    """``name=date`` as typed. Raises BadInput for anything else."""
    events = {}
    for text in given:
        name, _, date = text.partition("=")
        try:
            events[name] = dt.date.fromisoformat(date)
        except ValueError:
            raise BadInput(
                "--event", given=repr(text[:60]), allowed="name=date, e.g. closed=2026-12-08", todo="Correct it."
            ) from None
    return events


def _settings(case: Case) -> Settings | None:
    """The settings of the case, where it states them: they guard the choice of wound track."""
    if case.settings is None:
        return None
    from colonnade.laser import Settings, device

    return Settings.of(case.settings, device(case.device.id))


def _refused(refused: Any, as_json: bool) -> None:
    if as_json:
        say_json({"verdict": "REFUSED", "rule": refused.rule, "error": refused.as_dict()})
    else:
        say(f"REFUSED ({refused.rule}) {refused.what}", style="bold red")
        say_lines([f"  given:   {refused.given}", f"  allowed: {refused.allowed}", f"  to do:   {refused.todo}"])
