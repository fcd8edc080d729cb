"""``colonnade check``: limits and rules only, without a search."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from colonnade.cli.kernels import say_if_compiling
from colonnade.cli.opening import open_case_or_plan
from colonnade.cli.output import Debug, Json, progress, say, say_json, say_lines
from colonnade.cli.plan import NO, STYLE, spoken

EXAMPLE = "colonnade check examples/acne-scar-cheek.toml"
#: How far the rules could be asked with what is known.
STAGE = {
    "patient": "judged: what is known of the patient; no settings were judged",
    "settings": "judged: the patient and the settings; their effect on the skin was not",
    "plan": "judged: the patient, the settings and their predicted effect on the skin",
}


def command(
    file: Annotated[Path, typer.Argument(metavar="CASE.toml|PLAN.json", help="A case or a plan.")],
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Check a case or a plan against limits and rules. Exits with 1 if the answer is REFUSED or DEFERRED."""
    subject = open_case_or_plan(file)
    with progress(f"Checking {file.name}") as tell:
        say_if_compiling()
        from colonnade.planning import check

        answer = check(subject, progress=tell)
    findings = [found.as_dict() for found in answer.findings]
    if as_json:
        say_json({"file": str(file), "verdict": answer.status, "stage": answer.stage, "findings": findings})
    else:
        say(f"{file.name}: {answer.status}", style=STYLE.get(answer.status, "bold green"))
        say_lines([f"  {STAGE[answer.stage]}", *spoken(answer.findings)])
    if answer.status in NO:
        raise typer.Exit(1)
