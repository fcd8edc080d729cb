"""What studies saw after so many sessions, as one number per indication: the share of the complaint that one leaves.

A study that saw a complaint fall to the share s after k sessions is taken to have left s^(1/k) each time. That this is
the same each time is assumed. Nominal is the mean of the studies, the interval their span; with one study alone the
unfavourable end is no progress at all. Beyond the most sessions that a study counted nothing is said.
"""

from __future__ import annotations

import csv
import functools
import io
import math
from dataclasses import dataclass

from pydantic import Field

from colonnade import catalogue
from colonnade.schema import Model, read


class ProgressRow(Model):
    """What one study saw: the change of one measure after so many sessions."""

    row: str
    indication: str
    measure: str
    sessions: float = Field(gt=0)
    weeks_after: float | None
    before: float | None
    after: float | None
    change_pct: float | None = Field(ge=0, lt=100)
    n: int = Field(gt=0)
    design: str
    study: str = Field(min_length=4)
    note: str

    @property
    def left(self) -> float:
        """The share of the complaint that was left, from the change or from the scores before and after."""
        if self.change_pct is not None:
            return 1 - self.change_pct / 100
        assert self.before is not None  # held by a test of the table
        assert self.after is not None
        return self.after / self.before

    @property
    def left_per_session(self) -> float:
        """The share that each session left, had each left the same."""
        return float(self.left ** (1 / self.sessions))


@dataclass(frozen=True)
class Progress:
    """The share of the complaint that a session leaves: nominal, slow end, fast end."""

    nominal: float
    slow: float
    fast: float
    most_sessions: int
    grade: str
    illustrative: bool
    words: str
    rows: tuple[ProgressRow, ...]

    def improvement_pct(self, sessions: int) -> tuple[float, float, float] | None:
        """Nominal, low and high improvement after ``sessions`` [%]; None beyond what was counted in a study."""
        if not 1 <= sessions <= self.most_sessions:
            return None
        return tuple(100 * (1 - r**sessions) for r in (self.nominal, self.slow, self.fast))  # type: ignore[return-value]


@functools.cache
def rows() -> tuple[ProgressRow, ...]:
    """Every row of ``library/series/progress.csv``."""
    numbers = {"sessions", "weeks_after", "before", "after", "change_pct"}
    found = []
    for line in csv.DictReader(io.StringIO(catalogue.text("series", "progress.csv"))):
        data = {k: (float(v) if v else None) if k in numbers else v for k, v in line.items()} | {"n": int(line["n"])}
        found.append(read(ProgressRow, data, origin=f"library progress, {line['row']}"))
    return tuple(found)


def progress(*indications: str) -> Progress | None:
    """The progress of an indication and those it takes its values from; None where no study gives numbers."""
    mine = tuple(row for row in rows() if row.indication in indications)
    if not mine:
        return None
    return pooled(mine)


def pooled(mine: tuple[ProgressRow, ...]) -> Progress:
    """The mean of the studies, weighted by people, and their span. Raises ValueError without rows."""
    if not mine:
        raise ValueError("no rows")
    studies = tuple(dict.fromkeys(row.study for row in mine))
    logs = []
    for study in studies:
        own = [row for row in mine if row.study == study]
        # the measures of one study are the same people: one vote
        logs.append((math.fsum(math.log(r.left_per_session) for r in own) / len(own), max(r.n for r in own)))
    nominal = math.exp(math.fsum(log * n for log, n in logs) / sum(n for _, n in logs))
    each = [row.left_per_session for row in mine]
    alone = len(studies) == 1
    people = ", ".join(f"{study} (n = {n})" for study, (_, n) in zip(studies, logs, strict=True))
    return Progress(
        nominal=nominal,
        slow=1.0 if alone else max(each),
        fast=min(each),
        most_sessions=math.floor(max(row.sessions for row in mine)),
        grade="D" if alone else "C",
        illustrative=alone,
        words=(
            f"one study alone: {people}; the low end is no progress at all"
            if alone
            else f"{len(studies)} studies: {people}; the interval is their span"
        )
        + ". That each session leaves the same share is assumed.",
        rows=mine,
    )
