"""A plan once more: ``rerun(plan) -> Difference`` repeats it, ``cite(plan)`` lists the references of what it used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from colonnade.case import Case
from colonnade.planning.model import Plan
from colonnade.planning.planner import plan
from colonnade.planning.rooms import Rooms
from colonnade.planning.search import Progress


@dataclass(frozen=True)
class Changed:
    """One value that is not the same: where it stands in ``plan.json``, before, after."""

    where: str
    before: Any
    after: Any

    @property
    def relative(self) -> float | None:
        """Change of a number relative to the larger of the two; None for anything else."""
        if isinstance(self.before, bool) or isinstance(self.after, bool):
            return None
        if not (isinstance(self.before, int | float) and isinstance(self.after, int | float)):
            return None
        size = max(abs(self.before), abs(self.after))
        return abs(self.after - self.before) / size if size > 0 else 0.0


@dataclass(frozen=True)
class Difference:
    """What a repeated plan says otherwise. The clock is not compared; the versions that made the two are named."""

    changed: tuple[Changed, ...]
    version_before: str
    version_after: str
    after: Plan

    @property
    def same(self) -> bool:
        """Whether nothing but the clock differs."""
        return not self.changed

    def as_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "same": self.same,
            "version_before": self.version_before,
            "version_after": self.version_after,
            "changed": [
                {"where": c.where, "before": c.before, "after": c.after, "relative": c.relative} for c in self.changed
            ],
        }


def rerun(before: Plan, *, progress: Progress | None = None, rooms: Rooms | None = None) -> Difference:
    """Repeat ``before`` from its case and compare every value. Raises what ``plan`` raises."""
    after = plan(Case.parse(before.case, origin="the plan's case"), progress=progress, rooms=rooms)
    return Difference(
        changed=tuple(_changes(_comparable(before), _comparable(after), "")),
        version_before=before.provenance.version,
        version_after=after.provenance.version,
        after=after,
    )


def cite(what: Plan) -> tuple[str, ...]:
    """References of what the plan used, one a line: the program first, then each source with what it was used for."""
    own = f"Colonnade {what.provenance.version}: open treatment planning for fractional CO2 laser skin treatment"
    return (own, *what.sources)


def _comparable(what: Plan) -> dict[str, Any]:
    data = what.plain()
    for clock in ("created", "seconds"):
        data["provenance"].pop(clock)
    return data


def _changes(before: Any, after: Any, where: str) -> Iterator[Changed]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in [*before, *(k for k in after if k not in before)]:
            yield from _changes(before.get(key), after.get(key), f"{where}.{key}" if where else key)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for i, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from _changes(one, other, f"{where}[{i}]")
    elif before != after:
        yield Changed(where, before, after)
