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
KINDS = ("devices", "sites", "indications", "anaesthetics", "rules", "protocols", "forms", "series", "errata")
#: Kinds whose files hold rules with ids of their own.
RULED = ("rules", "series")


def command(
    name: Annotated[
        str, typer.Argument(metavar="ID", help="An id of any kind: device, site, indication, anaesthetic, rule.")
    ],
    kind: Annotated[str | None, typer.Option(help="Which kind, where two kinds share the id.")] = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Show one entry of the library with its sources."""
    found = _find(name, kind)
    if as_json:
        say_json(found)
    else:
        say_lines([f"{name} ({found['kind']}, file {found['file']})", *_lines(found["data"], "  ")])


def _find(name: str, kind: str | None) -> dict[str, Any]:
    """The one entry called ``name``: a file of the library, or a rule inside one. Raises BadInput."""
    if kind is not None and kind not in KINDS:
        raise BadInput("--kind", given=f'"{kind}"', allowed=", ".join(KINDS), todo=did_you_mean(kind, KINDS))
    kinds = KINDS if kind is None else (kind,)
    every: list[tuple[str, str, str | None]] = [(k, file, None) for k in kinds for file in catalogue.ids(k)]
    every += [(k, file, rule) for k in RULED if k in kinds for file in catalogue.ids(k) for rule in _rules(k, file)]
    found = [(k, file, rule) for k, file, rule in every if name == (rule or file)]
    if not found:
        raise BadInput(
            "id",
            given=f'"{name}"',
            allowed=f"an id of the library ({', '.join(kinds)})",
            todo=did_you_mean(name, [rule or file for _, file, rule in every]),
        )
    if len(found) > 1:
        raise BadInput(
            "id",
            given=f'"{name}", which is in {" and ".join(k for k, _, _ in found)}',
            allowed="an id that one kind has",
            todo=f"Add --kind {found[0][0]} or --kind {found[1][0]}.",
        )
    (where, file, rule) = found[0]
    data = catalogue.load(where, file)
    return {
        "kind": where,
        "file": file,
        "id": name,
        "sha256": catalogue.sha256(where, file),
        "data": data if rule is None else _rules(where, file)[rule],
    }


def _rules(kind: str, file: str) -> dict[str, dict[str, Any]]:
    """The rules of one file by id."""
    return {rule["id"]: rule for rule in catalogue.load(kind, file).get("rules", ())}


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
    shown = ""
    for low, high in (("min", "max"), ("low", "high")):
        if low in rest and high in rest:
            shown = f"{rest.pop(low):g} to {rest.pop(high):g}"
    if "values" in rest:
        shown = ", ".join(f"{v:g}" if isinstance(v, int | float) else str(v) for v in rest.pop("values"))
    shown = shown or str(rest.pop("value", ""))
    unit = pretty(unit_of(key) or "")
    parts = [f"{shown} {unit}".strip()] if shown else []
    parts += [f"{k} {v}" for k, v in rest.items()]
    return f"{', '.join(parts)} [{flag}: {source}]" + (f" ({note})" if note else "")
