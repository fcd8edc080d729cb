"""``compare(plans) -> Comparison``: every number of two or more plans side by side, what differs marked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from colonnade.errors import BadInput
from colonnade.planning.model import Plan, ZonePlan

#: More columns than this fit on no page.
MOST_PLANS = 4
Value = float | str | None


@dataclass(frozen=True)
class Line:
    """One quantity in every plan; None where a plan does not have it. ``name`` carries the unit."""

    section: str
    name: str
    values: tuple[Value, ...]

    @property
    def differs(self) -> bool:
        """Whether the plans do not all say the same."""
        return any(value != self.values[0] for value in self.values[1:])

    @property
    def relative(self) -> float | None:
        """Largest less smallest, over the larger of the two sizes; None if not all are numbers."""
        numbers = [v for v in self.values if isinstance(v, int | float)]
        if len(numbers) < len(self.values):
            return None
        size = max(abs(v) for v in numbers)
        return (max(numbers) - min(numbers)) / size if size > 0 else 0.0


@dataclass(frozen=True)
class Comparison:
    """Plans side by side."""

    plans: tuple[Plan, ...]
    lines: tuple[Line, ...]
    notes: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return not any(line.differs for line in self.lines)

    def as_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "plans": [{"title": p.title, "sha256": p.sha256, "verdict": p.verdict} for p in self.plans],
            "same": self.same,
            "notes": list(self.notes),
            "lines": [
                {
                    "section": line.section,
                    "name": line.name,
                    "values": list(line.values),
                    "differs": line.differs,
                    "relative": line.relative,
                }
                for line in self.lines
            ],
        }


def compare(plans: Sequence[Plan]) -> Comparison:
    """Two to four plans side by side. Zones are paired by their order.

    Raises BadInput for fewer or more plans.
    """
    if not 2 <= len(plans) <= MOST_PLANS:
        raise BadInput(
            "plans",
            given=f"{len(plans)}",
            allowed=f"2 to {MOST_PLANS} plans",
            todo="Name that many plan.json files.",
        )
    sides = [dict(_said(plan)) for plan in plans]
    keys = dict.fromkeys(key for side in sides for key in side)
    order = {section: i for i, section in enumerate(dict.fromkeys(key[0] for key in keys))}
    found = [Line(key[0], key[1], tuple(side.get(key) for side in sides)) for key in keys]
    return Comparison(tuple(plans), tuple(sorted(found, key=lambda line: order[line.section])), _notes(plans))


def _notes(plans: Sequence[Plan]) -> tuple[str, ...]:
    """What makes a comparison less than it looks."""
    notes = []
    for words, values in (
        ("phototype", {p.phototype for p in plans}),
        ("indication", {p.indication_title for p in plans}),
        ("site", {tuple(z.site for z in p.zones) for p in plans if p.zones}),
        ("version of Colonnade", {p.provenance.version for p in plans}),
    ):
        if len(values) > 1:
            notes.append(f"Not the same {words}: what differs is not the settings alone.")
    libraries = [p.provenance.library_sha256 for p in plans]
    shared = set.intersection(*(set(found) for found in libraries))
    if any(len({found[name] for found in libraries}) > 1 for name in shared):
        notes.append("Not the same library files: a rule, device or site changed between the plans.")
    if any(not p.zones for p in plans):
        notes.append("A refused plan has no numbers; its column is empty where the others have some.")
    return tuple(notes)


def _said(plan: Plan) -> Iterator[tuple[tuple[str, str], Value]]:
    whole = {
        "verdict": plan.verdict,
        "indication": plan.indication_title,
        "phototype": plan.phototype,
        "device": plan.device_name,
        "validity": plan.validity_status,
        "crater_losses": plan.crater_losses,
        "version": plan.provenance.version,
    }
    for name, value in whole.items():
        yield ("Plan", name), value
    for finding in plan.findings:
        where = f", {finding.zone}" if finding.zone else ""
        yield ("Rules", f"{finding.rule}{where}"), f"{finding.outcome} ({finding.severity}): {finding.given}"
    for number, zone in enumerate(plan.zones, start=1):
        title = "" if len(plan.zones) == 1 else f"Zone {number}: "
        yield (f"{title}Settings", "zone"), zone.name
        for (part, name), said in _zone(zone):
            yield (f"{title}{part}", name), said


def _zone(zone: ZonePlan) -> Iterator[tuple[tuple[str, str], Value]]:
    yield ("Settings", "site"), zone.site_title
    for name, typed in zone.settings.panel.items():
        yield ("Settings", f"panel {name}"), typed
    for name, number in zone.settings.derived.items():
        yield ("Settings", name), number
    yield ("Predictions", "regime"), zone.regime.replace("_", " ")
    for found in zone.predictions:
        for end in ("nominal", "low", "high"):
            yield ("Predictions", _ended(found.name, end)), getattr(found, end)
    if zone.course is not None:
        course = zone.course
        for healed in (*course.predictions, *course.full_field, *(r.risk for r in course.risks)):
            for end in ("nominal", "low", "high"):
                yield ("Healing", _ended(healed.name, end)), getattr(healed, end)
    for name, value in zone.field.model_dump().items():
        if isinstance(value, int | float | str):
            yield ("Field", name), value
    for name, value in zone.bulk.model_dump().items():
        if isinstance(value, int | float):
            yield ("Heat between the columns", name), value
    for name, number in zone.energy.items():
        yield ("Energy of one column", name), number


def _ended(name: str, end: str) -> str:
    return name if end == "nominal" else f"{name} {end}"
