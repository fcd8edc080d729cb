"""Opening a case or a plan file, and saying so if a plan comes from a version with a published erratum."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from colonnade import catalogue
from colonnade.cli.output import note
from colonnade.errors import BadInput

if TYPE_CHECKING:
    from colonnade.case import Case
    from colonnade.planning import Plan


def errata_of(version: str) -> list[dict[str, Any]]:
    """The published errata that name ``version``, as plain data (``library/errata/NNNN.toml``)."""
    every = [{"id": i, **catalogue.load("errata", i)} for i in catalogue.ids("errata")]
    return [e for e in every if version in e["affected_versions"]]


def open_plan(path: Path) -> Plan:
    """A plan; its errata are said on stderr. Raises BadInput if it is not one."""
    from colonnade.planning import Plan

    plan = Plan.load(path)
    for erratum in errata_of(plan.provenance.version):
        note(
            f"{path.name} was made by Colonnade {plan.provenance.version}, for which erratum {erratum['id']} "
            f"is published: {erratum['summary']} {erratum['todo']}"
        )
    return plan


def open_case_or_plan(path: Path) -> Case | Plan:
    """``*.toml`` is a case, ``*.json`` a plan; anything else is refused."""
    if path.suffix == ".json":
        return open_plan(path)
    if path.suffix == ".toml":
        from colonnade.case import Case

        return Case.load(path)
    raise BadInput(
        "file",
        given=f'"{path}"',
        allowed="a case (*.toml) or a plan (*.json)",
        todo="Name the file after what it is.",
    )
