"""``colonnade translate``: settings of one device in those of another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from colonnade import DISCLAIMER
from colonnade.cli import folder
from colonnade.cli.kernels import say_if_compiling
from colonnade.cli.opening import open_case_or_plan
from colonnade.cli.output import Debug, Json, progress, quantity, say, say_json, say_lines, table, words
from colonnade.cli.plan import NO
from colonnade.errors import BadInput

if TYPE_CHECKING:
    from colonnade.planning.candidates import Setting
    from colonnade.planning.conversion import Row
    from colonnade.planning.translate import Translation

EXAMPLE = "colonnade translate --from out/plan.json --to solta-fraxel-repair"


def command(
    source: Annotated[
        str,
        typer.Option("--from", metavar="PLAN|CASE|DEVICE", help="A plan, a case with settings; a device with --table."),
    ],
    to: Annotated[str, typer.Option("--to", metavar="DEVICE", help="An id of the library.")],
    zone: Annotated[str | None, typer.Option(help="Which zone, where there are several.")] = None,
    spot_um: Annotated[float | None, typer.Option(help="Only this spot of the device [µm].")] = None,
    pair: Annotated[bool, typer.Option("--table", help="A conversion table for two devices, with --site.")] = False,
    site: Annotated[str | None, typer.Option(help="The skin, with --table.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for the page to print.")] = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Find the settings of another device whose lesion is closest, say how close, and judge them for the case.

    Exits with 1 if the closest settings are REFUSED or DEFERRED for the case.
    """
    from colonnade.laser import device

    other = device(to)
    if out is not None:
        folder.usable(out)
    if pair:
        _table(source, to, site, out, as_json)
        return
    from colonnade.planning.translating import zone_of

    what = open_case_or_plan(Path(source))
    where = zone_of(what, zone)
    with progress(f"Translating to {other.name}") as tell:
        say_if_compiling()
        from colonnade.planning.rooms import Rooms
        from colonnade.planning.translate import translate
        from colonnade.planning.translating import judged

        rooms = Rooms()
        tell("columns", 0.0, "the source and the closest microbeams")
        found = translate(where.setting, other, where.skin, spot_um=spot_um, rooms=rooms)
        tell("checks", 0.8, "asking the rules about the closest settings")
        verdict = judged(where, found, rooms)
    if out is not None:
        from colonnade.reporting.side import translated

        _written(out, "translation.html", translated(found, verdict.status))
    if as_json:
        findings = [f.as_dict() for f in verdict.findings]
        say_json({**found.as_dict(), "verdict": verdict.status, "findings": findings})
    else:
        say(f"on {other.name}: {_panel(found.found.setting)}")
        say_lines([*_numbers(found), *(f"  {note}" for note in found.notes)])
        if found.cautious is not None:
            say(f"  neither deeper nor denser: {_panel(found.cautious.setting)}")
        say_lines([f"  verdict on the closest settings for this case: {verdict.status}", DISCLAIMER])
    if verdict.status in NO:
        raise typer.Exit(1)


def _table(source: str, to: str, site: str | None, out: Path | None, as_json: bool) -> None:
    from colonnade.laser import device
    from colonnade.tissue import skin

    if site is None:
        raise BadInput("--site", given="nothing", allowed="a site of the library", todo="Add e.g. --site cheek.")
    one, other, where = device(source), device(to), skin(site)
    with progress(f"{one.name} to {other.name}"):
        say_if_compiling()
        from colonnade.planning.conversion import table as rows_of

        rows = rows_of(one, other, where)
    if out is not None:
        from colonnade.reporting.side import conversion

        _written(out, "conversion.html", conversion(one.name, other.name, where.title, rows))
    if as_json:
        plain = [
            {
                "panel": dict(row.source.panel),
                "why_not": row.why_not,
                "translation": None if row.translation is None else row.translation.as_dict(),
            }
            for row in rows
        ]
        say_json({"from": one.id, "to": other.id, "site": where.id, "rows": plain})
        return
    say(f"{one.name} to {other.name}, skin of {where.title}; difference of depth and of cover at half depth")
    say_lines([*table(_row(row) for row in rows), DISCLAIMER])


def _row(row: Row) -> tuple[str, ...]:
    if row.translation is None:
        return (_panel(row.source), "out of reach", "", row.why_not)
    depth, cover = row.translation.lines[:2]
    off = f"{100 * depth.relative:+.1f} %, {100 * cover.relative:+.1f} %"
    return (_panel(row.source), _panel(row.translation.found.setting), quantity(depth.name, depth.found), off)


def _panel(setting: Setting) -> str:
    return ", ".join(f"{words(name)} {quantity(name, value)}" for name, value in setting.panel)


def _numbers(found: Translation) -> list[str]:
    rows = [("", "", "source", "closest", "")]
    for line in found.lines:
        mark = " " if line.matched else "≠"
        size = "" if line.relative == float("inf") else f"{100 * line.relative:+.1f} %"
        rows.append((mark, words(line.name), quantity(line.name, line.source), quantity(line.name, line.found), size))
    return table(rows)


def _written(out: Path, name: str, page: str) -> None:
    with folder.whole(out) as work:
        (work / name).write_text(page, encoding="utf-8")
