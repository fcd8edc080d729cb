"""What all papers share: their models, the sentences of ``library/forms/``, and the pieces that recur."""

from __future__ import annotations

import functools
from typing import Literal

from pydantic import Field

from colonnade import catalogue
from colonnade.aftercare.protocol import applies
from colonnade.case import Case
from colonnade.planning.model import Plan
from colonnade.schema import Model, read
from colonnade.tissue import skin
from colonnade.units import pretty, unit_of

Name = Literal["checklist", "consent", "emergency", "test-spot"]


class Step(Model):
    """One sentence of a form."""

    id: str
    part: str
    title: str = ""
    text: str = Field(min_length=5)
    action: str = ""
    dose: bool = Field(False, description="Leave a line for drug and dose: nothing in the library gives them")
    when: tuple[str, ...] = Field((), strict=False)
    source: str = Field(min_length=4)
    basis: Literal["read", "derived", "unsourced"]


class FormFile(Model):
    """A file of ``library/forms/`` (``colonnade.form/1``)."""

    schema_: Literal["colonnade.form/1"] = Field(alias="schema")
    id: str
    title: str
    version: str
    reviewed_by: str
    steps: tuple[Step, ...] = Field(strict=False, min_length=1)


class Block(Model):
    """A piece of a form. ``rows`` are its lines; an empty cell is a blank to fill by hand."""

    kind: Literal["facts", "ticks", "text", "table", "alarms", "blank", "signatures"]
    title: str = ""
    heads: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    widths: tuple[float, ...] = ()


class Form(Model):
    """A paper to be printed."""

    name: Name
    title: str
    notes: tuple[str, ...] = Field(description="What has to stand on it: draft, reviewed by none, synthetic")
    blocks: tuple[Block, ...]
    sources: tuple[str, ...]


@functools.cache
def form_file(name: str) -> FormFile:
    """A form of the library by id. Raises BadInput with "did you mean"."""
    return read(FormFile, catalogue.load("forms", name), origin=f"library form {name}")


def notes(plan: Plan, file: FormFile, more: str = "") -> tuple[str, ...]:
    """What has to stand on a paper."""
    lines = [f"Draft. Reviewed by: {file.reviewed_by}. The clinic's own rules and the physician's order come first."]
    lines += [more] if more else []
    lines += ["Synthetic example: no real patient is described."] if plan.synthetic else []
    return tuple(lines)


def known(case: Case) -> dict[str, frozenset[str]]:
    """What the ``when`` conditions of sentences ask for."""
    zones = {skin(site.id).zone for site in (case.site, *(zone.site for zone in case.zones))}
    return {
        "phototype": frozenset({case.patient.phototype}),
        "zone": frozenset(zones),
        "indication": frozenset({case.indication.id}),
        "first_session": frozenset({"yes" if case.goals.first_session else "no"}),
        "anaesthesia": frozenset({"yes" if case.anaesthesia is not None else "no"}),
    }


def steps(file: FormFile, case: Case, *parts: str) -> list[Step]:
    """The sentences of ``parts`` that hold for ``case``."""
    asked = known(case)
    return [step for step in file.steps if step.part in parts and applies(step.when, asked)]


def sources(steps: list[Step]) -> tuple[str, ...]:
    """Where the sentences come from, each once."""
    return tuple(dict.fromkeys(f"{step.id}: {step.source} ({step.basis})" for step in steps))


def quantity(name: str, value: float | str) -> str:
    """A panel value with its unit."""
    unit = unit_of(name)
    shown = value if isinstance(value, str) else f"{value:g}"
    return f"{shown} {pretty(unit)}" if unit else shown


def label(name: str) -> str:
    """What a panel knob is called."""
    unit = unit_of(name)
    return (name.removesuffix(f"_{unit}") if unit else name).replace("_", " ").capitalize()


def where(plan: Plan) -> str:
    """The sites that are treated."""
    return "; ".join(f"{z.name} ({z.side})" if len(plan.zones) > 1 else f"{z.site_title}, {z.side}" for z in plan.zones)


def about(plan: Plan) -> Block:
    """Whom and what it is about. Who the patient is stands in no plan: a blank."""
    rows = [
        ("Patient", ""),
        ("Date of birth", ""),
        ("Indication", plan.indication_title),
        ("Site", where(plan)),
        ("Phototype", plan.phototype),
        ("Device", plan.device_name),
    ]
    return Block(kind="facts", rows=tuple(rows))


def signatures(*who: str) -> Block:
    """Lines to sign."""
    return Block(kind="signatures", rows=tuple((name,) for name in who))


def panel(plan: Plan, zone: int) -> list[tuple[str, str]]:
    """The panel settings of a zone, in words."""
    return [(label(name), quantity(name, value)) for name, value in plan.zones[zone].settings.panel.items()]
