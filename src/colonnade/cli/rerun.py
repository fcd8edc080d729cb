"""``colonnade rerun``: repeat a plan and print the difference."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from colonnade.cli.kernels import say_if_compiling
from colonnade.cli.opening import open_plan
from colonnade.cli.output import Debug, Json, progress, say, say_json, say_lines
from colonnade.cli.plan import NO

EXAMPLE = "colonnade rerun out/plan.json"
#: Lines of difference that a person is shown.
MOST = 20


def command(
    file: Annotated[Path, typer.Argument(metavar="PLAN.json", help="A plan made by `colonnade plan`.")],
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Repeat a plan with this version and print what differs.

    Exits with 1 if the repeated plan is REFUSED or DEFERRED, as `plan` does.
    """
    plan = open_plan(file)
    with progress(f"Repeating {file.name}") as tell:
        say_if_compiling()
        from colonnade.planning import rerun

        difference = rerun(plan, progress=tell)
    if as_json:
        say_json({"plan": str(file), "verdict": difference.after.verdict, **difference.as_dict()})
    else:
        versions = f"version {difference.version_before} then, {difference.version_after} now"
        say(f"{file.name}: {'nothing differs' if difference.same else f'{len(difference.changed)} values differ'}")
        say_lines([f"  {versions}; verdict now {difference.after.verdict}"])
        say_lines(_line(c.where, c.before, c.after, c.relative) for c in difference.changed[:MOST])
        if len(difference.changed) > MOST:
            say(f"  … and {len(difference.changed) - MOST} more: --json prints them all")
    if difference.after.verdict in NO:
        raise typer.Exit(1)


def _line(where: str, before: object, after: object, relative: float | None) -> str:
    change = f" ({100 * relative:.2g} %)" if relative is not None else ""
    return f"  {where}: {before} -> {after}{change}"
