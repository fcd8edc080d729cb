"""``colonnade compare``: plans side by side, what differs marked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from colonnade import DISCLAIMER
from colonnade.cli import folder
from colonnade.cli.opening import open_plan
from colonnade.cli.output import Debug, Json, quantity, say, say_json, say_lines, table

EXAMPLE = "colonnade compare out/plan.json other/plan.json --out side-by-side/"


def command(
    files: Annotated[list[Path], typer.Argument(metavar="PLAN.json PLAN.json…", help="Two to four plans.")],
    out: Annotated[Path | None, typer.Option("--out", help="Folder for the page with pictures side by side.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Print what is the same too.")] = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Compare plans: every number side by side, differences marked with ≠."""
    from colonnade.planning.compare import Line, compare

    found = compare([open_plan(path) for path in files])
    written = []
    if out is not None:
        from colonnade.reporting.side import compared

        folder.usable(out)
        page = compared(found)
        with folder.whole(out) as work:
            (work / "comparison.html").write_text(page, encoding="utf-8")
        written = [str(out / "comparison.html")]
    if as_json:
        say_json({**found.as_dict(), "files": written})
        return

    def cells(line: Line) -> tuple[str, ...]:
        unit = next((word for word in line.name.split(" ") if "_" in word), line.name)
        size = f"{100 * line.relative:.2g} %" if line.differs and line.relative is not None else ""
        shown = (quantity(unit, value) if value is not None else "–" for value in line.values)
        return ("≠" if line.differs else " ", line.name, *shown, size)

    if found.same:
        say("nothing differs")
    for section in dict.fromkeys(line.section for line in found.lines):
        lines = [line for line in found.lines if line.section == section and (everything or line.differs)]
        if lines:
            say_lines(["", section, *table(cells(line) for line in lines)])
    say_lines(["", *found.notes, *(f"written to {path}" for path in written), DISCLAIMER])
