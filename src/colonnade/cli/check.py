"""``colonnade check``: limits and rules only, without a search."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from colonnade.cli.opening import open_case_or_plan
from colonnade.cli.output import Debug, Json, progress, say, say_json, say_lines
from colonnade.cli.plan import NO, SEVERE, STYLE, finding

EXAMPLE = "colonnade check examples/acne-scar-cheek.toml"


def command(
    file: Annotated[Path, typer.Argument(metavar="CASE.toml|PLAN.json", help="A case or a plan.")],
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Check a case or a plan against limits and rules. Exits with 1 if the answer is REFUSED or DEFERRED."""
    subject = open_case_or_plan(file)
    with progress(f"Checking {file.name}"):
        from colonnade.planning import check

        answer = check(subject)
    if as_json:
        say_json(
            {
                "file": str(file),
                "verdict": answer.status,
                "findings": [f.model_dump(mode="json") for f in answer.findings],
            }
        )
    else:
        say(f"{file.name}: {answer.status}", style=STYLE.get(answer.status, "bold green"))
        shown = [f for f in answer.findings if f.outcome != "note" and f.severity in SEVERE]
        for found in sorted(shown, key=lambda f: SEVERE.index(f.severity)):
            say_lines(finding(found))
    if answer.status in NO:
        raise typer.Exit(1)
