"""What stands around the numbers of a plan: assumptions, what is absent, sources, validity, provenance."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib import metadata
from typing import TYPE_CHECKING, Literal

from colonnade import __version__, catalogue
from colonnade.case import Case
from colonnade.laser import Device, Offered, Stated
from colonnade.planning.care import Item
from colonnade.planning.model import SCHEMA, Provenance, PublishedRow
from colonnade.planning.resolve import Task
from colonnade.planning.uncertain import LossEnds, said
from colonnade.safety import Finding
from colonnade.units import pretty, unit_of

if TYPE_CHECKING:
    from colonnade.photothermal import Lesion, Validity

Status = Literal["inside", "edge", "outside"]
DEPENDENCIES = ("numpy", "scipy", "numba", "pydantic")

#: What no plan holds, whatever else was made from it.
ABSENT = (
    "No patient leaflet, no care plan by the day and no check-in in this plan; only the aftercare summary.",
    "No calendar and no FHIR care plan in this plan.",
    "No shot file in this plan; `colonnade export` writes one from it, and nothing here drives or prepares a laser.",
    "No calibration of the crater losses to shots of this very device (`colonnade commission` makes one).",
)
REFUSED_ABSENT = (
    "No settings, no predictions and no prediction of healing: the plan is refused.",
    "No aftercare summary, no leaflet, no calendar and no shot file: nothing may be treated by this plan.",
    ABSENT[-1],
)


def absent(not_healed: Iterable[str], *, refused: bool) -> tuple[str, ...]:
    """What the plan does not hold: ``not_healed`` says for each zone without a predicted course why."""
    return REFUSED_ABSENT if refused else (*not_healed, *ABSENT)


def device_assumed(device: Device) -> tuple[str, ...]:
    """The device's values that no source gives, with what was taken."""
    lines = []
    for name in device.assumed():
        stated: Stated | Offered = getattr(device, name)
        unit = f" {pretty(suffix)}" if (suffix := unit_of(name)) else ""
        value = f"{stated.value}{unit}" if isinstance(stated, Stated) else stated.said(name).split(" (")[0].strip()
        lines.append(f"{Device.model_fields[name].title}: {value} ({stated.source})")
    return tuple(lines)


def assumptions(task: Task, losses: LossEnds, lesions: list[Lesion], fields: Iterable[str]) -> tuple[str, ...]:
    """Everything assumed that the plan rests on, each line once."""
    lines = list(said(losses))
    lines += [f"device {task.device.name}: {line}" for line in device_assumed(task.device)]
    for skin in {zone.skin.id: zone.skin for zone in task.zones}.values():
        lines += [
            f"skin of {skin.title}: {layer.name} {layer.thickness_um:g} µm thick, {layer.source}"
            for layer in skin.layers
            if layer.flag == "assumed"
        ]
        lines.append(f"skin of {skin.title}: starts at {skin.temperature_C:g} °C, {skin.temperature_source}")
    lines += thickened(task, lesions)
    lines += [f"indication {task.indication.title}: {name} is assumed" for name in task.indication.assumed()]
    if task.case.patient.phototype_basis == "assumed":
        lines.append(f"phototype {task.case.patient.phototype} is assumed, not examined")
    if (most := task.device.proposed_max_mJ) is not None:
        lines.append(f"search: nothing above {most.value:g} mJ per column is proposed on this device ({most.source})")
    if any(zone.given is None for zone in task.zones):
        lines.append("search: the objectives' weights, their reference values and the rim by wish are ours")
    lines.append(f"columns lie in a {task.device.patterns[0]} lattice, the first the device profile names")
    lines += [line for lesion in lesions for line in lesion.assumptions]
    lines += list(fields)
    return tuple(dict.fromkeys(lines))


def thickened(task: Task, lesions: Iterable[Lesion]) -> list[str]:
    """Where a column was so deep that the site's last layer had to be continued."""
    usual = {zone.skin.id: zone.skin for zone in task.zones}
    return [
        f"skin of {lesion.skin.title}: {lesion.skin.layers[-1].name} continued to a depth of "
        f"{lesion.skin.thickness_um:g} µm, so that the deepest column ends inside what is modelled"
        for lesion in lesions
        if lesion.skin.thickness_um > usual[lesion.skin.id].thickness_um
    ]


def validity(shots: Iterable[Validity]) -> tuple[Status, tuple[str, ...]]:
    """The worst of the microbeams' validity, with their reasons; outside where nothing was simulated."""
    order: tuple[Status, ...] = ("outside", "edge", "inside")
    every = list(shots)
    if not every:
        return "outside", ("nothing was simulated: the rules refused first",)
    reasons = dict.fromkeys(reason for v in every for reason in v.reasons)
    return min((v.status for v in every), key=order.index), tuple(reasons)


def sources(
    task: Task, findings: Iterable[Finding], rows: Iterable[PublishedRow], care: Iterable[Item]
) -> tuple[str, ...]:
    """What the plan rests on, each line once: what it was used for, and the reference."""
    lines = [f"indication: {source}" for source in task.indication.sources]
    lines += [f"published setting {row.id}: {row.source}" for row in rows]
    for name in type(task.device).model_fields:
        value = getattr(task.device, name)
        if isinstance(value, Stated | Offered) and value.flag != "assumed":
            lines.append(f"device {name}: {value.source}")
    for skin in {zone.skin.id: zone.skin for zone in task.zones}.values():
        lines += [
            f"skin of {skin.title}, {layer.name}: {layer.source}" for layer in skin.layers if layer.flag != "assumed"
        ]
    lines += [f"rule {finding.rule}: {finding.source}" for finding in findings]
    lines += [f"aftercare: {item.source}" for item in care]
    return tuple(dict.fromkeys(lines))


def library_sha256(task: Task) -> dict[str, str]:
    """SHA-256 of every library file the plan used, by kind and name."""
    used = [("devices", task.device.id), ("indications", task.indication.id)]
    used += [("indications", task.indication.like)] if task.indication.like else []
    used += [("sites", zone.skin.id) for zone in task.zones]
    used += [("rules", name) for name in catalogue.ids("rules")]
    used += [("calibration", name) for name in ("global", "inputs", "validated_range")]
    found = {f"{kind}/{name}": catalogue.sha256(kind, name) for kind, name in used}
    table = catalogue.text("published", "settings.csv").encode("utf-8")
    return found | {"published/settings": hashlib.sha256(table).hexdigest()}


def inputs_sha256(case: Case, library: dict[str, str]) -> str:
    """What binds a plan to its inputs: the case, the library files, the version of the program."""
    content = {"case": case.sha256, "library": library, "version": __version__}
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def provenance(task: Task, seconds: float) -> Provenance:
    """What made the plan, and when."""
    library = library_sha256(task)
    return Provenance(
        version=__version__,
        schema_version=SCHEMA,
        inputs_sha256=inputs_sha256(task.case, library),
        library_sha256=library,
        dependencies={"python": platform.python_version()} | {name: metadata.version(name) for name in DEPENDENCIES},
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=round(seconds, 3),
    )
