"""``colonnade list``: what the library holds."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from colonnade import catalogue
from colonnade.cli.output import Debug, Json, say_json, say_lines, table
from colonnade.errors import BadInput, did_you_mean

EXAMPLE = "colonnade list devices"
KINDS = ("devices", "sites", "indications", "anaesthetics")


def command(
    kind: Annotated[str, typer.Argument(metavar="devices|sites|indications|anaesthetics", help="What to list.")],
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """List the devices, body sites, indications or anaesthetics of the library."""
    if kind not in KINDS:
        raise BadInput(
            "list",
            given=f'"{kind}"',
            allowed=", ".join(KINDS),
            todo=did_you_mean(kind, KINDS),
        )
    entries = [_entry(name, catalogue.load(kind, name)) for name in catalogue.ids(kind)]
    if as_json:
        say_json({kind: entries})
        return
    say_lines(table((e["id"], e["title"]) for e in entries))
    say_lines(
        [f"{len(entries)} {kind if len(entries) != 1 else kind[:-1]}. `colonnade show ID` prints one with its sources."]
    )


def _entry(name: str, data: dict[str, Any]) -> dict[str, str]:
    title = data.get("title") or f"{data['maker']} {data['model']}, {data['mode']}"
    return {"id": name, "title": title, "reviewed_by": data["reviewed_by"]}
