"""``colonnade cite``: the references of what a plan used."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from colonnade.cli.opening import open_plan
from colonnade.cli.output import Debug, Json, say_json, say_lines

EXAMPLE = "colonnade cite out/plan.json"


def command(
    file: Annotated[Path, typer.Argument(metavar="PLAN.json", help="A plan made by `colonnade plan`.")],
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Print the references of everything a plan used."""
    plan = open_plan(file)
    from colonnade.planning import cite

    references = list(cite(plan))
    if as_json:
        say_json({"plan": str(file), "references": references})
    else:
        say_lines(references)
