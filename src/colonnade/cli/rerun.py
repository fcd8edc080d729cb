"""``colonnade rerun``: repeat a plan and print the difference."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from colonnade.cli.opening import open_plan
from colonnade.cli.output import Debug, Json, progress, say_json, say_lines

EXAMPLE = "colonnade rerun out/plan.json"


def command(
    file: Annotated[Path, typer.Argument(metavar="PLAN.json", help="A plan made by `colonnade plan`.")],
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Repeat a plan with this version and print what differs."""
    plan = open_plan(file)
    with progress(f"Repeating {file.name}") as tell:
        from colonnade.planning import rerun

        again = rerun(plan, progress=tell)
    raise NotImplementedError(again, as_json, say_json, say_lines)
