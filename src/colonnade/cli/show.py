"""``colonnade show``: one entry of the library, with its sources."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from colonnade import catalogue
from colonnade.cli.output import Debug, Json, say_json, say_lines
from colonnade.errors import BadInput, did_you_mean
from colonnade.units import pretty, unit_of

EXAMPLE = "colonnade show lumenis-ultrapulse-deepfx"
KINDS = ("devices", "sites", "indications", "rules", "protocols", "errata")


def command(
    name: Annotated[str, typer.Argument(metavar="ID", help="An id of any kind: device, site, indication, rule file.")],
    kind: Annotated[str | None, typer.Option(help="Which kind, where two kinds share the id.")] = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Show one entry of the library with its sources."""
    kind = _kind_of(name, kind)
    data = catalogue.load(kind, name)
    if as_json:
        say_json({"kind": kind, "id": name, "sha256": catalogue.sha256(kind, name), "data": data})
    else:
        say_lines([f"{name} ({kind})", *_lines(data, "  ")])


def _kind_of(name: str, kind: str | None) -> str:
    if kind is not None and kind not in KINDS:
        raise BadInput("--kind", given=f'"{kind}"', allowed=", ".join(KINDS), todo=did_you_mean(kind, KINDS))
    kinds = KINDS if kind is None else (kind,)
    found = [k for k in kinds if name in catalogue.ids(k)]
    if len(found) == 1:
        return found[0]
    if found:
        raise BadInput(
            "id",
            given=f'"{name}", which is in {" and ".join(found)}',
            allowed="an id that one kind has",
            todo=f"Add --kind {found[0]} or --kind {found[1]}.",
        )
    raise BadInput(
        "id",
        given=f'"{name}"',
        allowed=f"an id of the library ({', '.join(kinds)})",
        todo=did_you_mean(name, [i for k in kinds for i in catalogue.ids(k)]),
    )


def _lines(data: dict[str, Any], indent: str) -> Iterator[str]:
    for key, value in data.items():
        if isinstance(value, dict) and "source" in value:
            yield f"{indent}{key}: {_stated(key, value)}"
        elif isinstance(value, dict):
            yield f"{indent}{key}:"
            yield from _lines(value, indent + "  ")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for i, item in enumerate(value, start=1):
                yield f"{indent}{key} {i}:"
                yield from _lines(item, indent + "  ")
        elif isinstance(value, list):
            yield f"{indent}{key}: {', '.join(str(v) for v in value)}"
        else:
            yield f"{indent}{key}: {value}"


def _stated(key: str, value: dict[str, Any]) -> str:
    """One value with its source in one line: ``20 to 60 W [assumed: no source gives it]``."""
    rest = dict(value)
    flag, source = rest.pop("flag", ""), rest.pop("source")
    note = rest.pop("note", "")
    if "min" in rest and "max" in rest:
        shown = f"{rest.pop('min'):g} to {rest.pop('max'):g}"
    elif "values" in rest:
        shown = ", ".join(f"{v:g}" if isinstance(v, int | float) else str(v) for v in rest.pop("values"))
    else:
        shown = str(rest.pop("value", ""))
    unit = pretty(unit_of(key) or "")
    extra = "".join(f", {k} {v}" for k, v in rest.items())
    return f"{shown} {unit}".strip() + extra + f" [{flag}: {source}]" + (f" ({note})" if note else "")
