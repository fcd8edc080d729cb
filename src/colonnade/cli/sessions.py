"""``colonnade sessions``: the series a plan begins, and what comes next once an outcome is recorded."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from colonnade import DISCLAIMER
from colonnade.cli.kernels import say_if_compiling
from colonnade.cli.output import Debug, Json, number, progress, quantity, say, say_json, say_lines, table, words
from colonnade.errors import BadInput

if TYPE_CHECKING:
    from colonnade.planning.series_model import NextSession, SeriesPlan, Span

EXAMPLE = "colonnade sessions out/plan.json --outcome examples/outcome-session-1.toml"
#: Answers under which no session is next.
NO = ("stop", "wait", "ask")


def command(
    plan: Annotated[Path, typer.Argument(metavar="PLAN.json", help="A plan that `colonnade plan` wrote.")],
    sessions: Annotated[
        int | None, typer.Option("--sessions", help="How many sessions to look at; else the most that studies had.")
    ] = None,
    outcome: Annotated[
        list[Path] | None,
        typer.Option("--outcome", help="What came of a session (docs/file-formats/outcome.md); repeat, last one last."),
    ] = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Look at a series of sessions: what adds up, what to expect, when to stop, what to change after an outcome.

    Exits with 1 where the rules say stop, wait or ask first.
    """
    from colonnade.case import Case
    from colonnade.planning import Plan
    from colonnade.planning.indication import indication
    from colonnade.planning.series_model import SessionOutcome
    from colonnade.planning.sessions import cover_depth_um, series

    loaded = Plan.load(plan)
    outcomes = [SessionOutcome.load(path) for path in outcome or ()]
    if not loaded.zones:
        raise BadInput(
            "PLAN.json",
            given=f"a plan that is {loaded.verdict}, without settings",
            allowed="a plan with settings",
            todo="Follow the reasons in the plan, and plan the case again.",
        )
    case = Case.parse(loaded.case, origin="the plan's case")
    found = series(case, indication(case.indication.id), loaded.zones, cover_depth_um(loaded), sessions)
    answer = None
    if outcomes:
        with progress("Judging the next session"):
            say_if_compiling()
            from colonnade.planning.next_session import after

            answer = after(loaded, outcomes)
    if as_json:
        said = None if answer is None else answer.model_dump(mode="json")
        say_json({"plan": loaded.sha256, "series": found.model_dump(mode="json"), "next": said})
    else:
        say(f"{loaded.title}: {found.sessions_low} to {found.sessions_high} sessions ({found.sessions_source})")
        say_lines([*_series(found), *(() if answer is None else _next(answer)), "", DISCLAIMER])
    if answer is not None and answer.kind in NO:
        raise typer.Exit(1)


def _span(span: Span | None) -> str:
    return "no number" if span is None else f"{number(span.nominal)} % ({number(span.low)} to {number(span.high)})"


def _series(found: SeriesPlan) -> list[str]:
    rows = [("session", "week", "treated at the target depth", "expected improvement", "")]
    for step in found.steps:
        treated = "; ".join(
            f"{name}: {_span(span)}" if len(step.treated_pct) > 1 else _span(span)
            for name, span in step.treated_pct.items()
        )
        week = f"{step.week_earliest:g} to {step.week_latest:g}"
        rows.append((str(step.session), week, treated, _span(step.improvement_pct), step.note))
    grade = f" Evidence {found.progress_grade}." if found.progress_grade else ""
    label = " Illustrative: nothing validates it." if found.progress_illustrative and found.progress_grade else ""
    return [
        *(f"  {line}" for line in table(rows)),
        f"  Progress: {found.progress_words}{grade}{label}",
        "  Shortest interval: " + "; ".join(found.interval_reasons) + ".",
        f"  Rules of the series: reviewed by {found.reviewed_by}.",
    ]


def _next(answer: NextSession) -> list[str]:
    lines = ["", f"Next: {answer.kind}"]
    lines += [f"  {rule.id} ({rule.kind}, {rule.basis}): {rule.text} [{rule.source}]" for rule in answer.rules]
    if answer.unanswered:
        lines.append(f"  not answered: {', '.join(words(name) for name in answer.unanswered)}")
    if answer.improvement_seen_pct is not None:
        expected = _span(answer.improvement_expected_pct)
        lines.append(f"  improvement seen: {number(answer.improvement_seen_pct)} %; expected by now: {expected}")
    for zone in answer.zones:
        panel = ", ".join(f"{words(name)} {quantity(name, value)}" for name, value in zone.panel.items())
        lines.append(f"  {zone.zone}: {zone.words}; judged: {zone.verdict}" + (f"; {panel}" if panel else ""))
        lines += [f"    refused by {rule}" for rule in zone.refused_by]
    return [*lines, f"  A suggestion, reviewed by {answer.reviewed_by}. Not before {answer.earliest_weeks:g} weeks."]
