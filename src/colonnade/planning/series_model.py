"""A series of sessions as data: what a plan holds, what is recorded after a session, what the rules then suggest."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from colonnade.case import Answer
from colonnade.errors import BadInput
from colonnade.schema import Model, read

Grade = Literal["A", "B", "C", "D"]
RuleKind = Literal["stop", "wait", "ask", "gentler", "stronger", "same"]
OUTCOME_SCHEMA = "colonnade.outcome/1"
MAX_OUTCOME_BYTES = 100_000
#: Four cells of a table.
Cells = Annotated[tuple[str, str, str, str], Field(strict=False)]


def _list(title: str) -> Any:
    return Field((), strict=False, title=title)


class Span(Model):
    """A number with its ends."""

    nominal: float
    low: float
    high: float


class SeriesStep(Model):
    """What there is after so many sessions, the earlier ones included."""

    session: int
    week_earliest: float = Field(description="Weeks after the first session, at the shortest interval")
    week_latest: float = Field(description="Weeks after the first session, at the longest interval of the studies")
    treated_pct: dict[str, Span] = Field(description="Share of the skin treated at the target depth, by zone")
    density_pct: dict[str, float] = Field(description="Cumulative density 1 - prod(1 - d), by zone")
    improvement_pct: Span | None = Field(None, description="None: no study counted so many sessions")
    note: str = ""


class SeriesRule(Model):
    """A rule on when to stop, to wait, or what to change."""

    id: str
    kind: RuleKind
    text: str = Field(min_length=10)
    source: str = Field(min_length=4)
    basis: Literal["read", "derived", "unsourced"]


class SeriesPlan(Model):
    """A series of sessions with the same settings: what adds up, what may be expected, when it ends."""

    sessions_low: int
    sessions_high: int
    sessions_flag: str
    sessions_source: str
    interval_low_weeks: float
    interval_high_weeks: float
    interval_source: str
    interval_reasons: tuple[str, ...] = _list("What makes the shortest interval")
    steps: tuple[SeriesStep, ...] = _list("Session by session")
    progress_grade: Grade | None = Field(None, description="None: no study gives numbers")
    progress_illustrative: bool = True
    progress_words: str
    progress_rows: tuple[Annotated[tuple[str, str, str, str], Field(strict=False)], ...] = _list(
        "Study row, measure, change, source"
    )
    rules: tuple[SeriesRule, ...] = _list("When to stop, to wait, what to change")
    assumptions: tuple[str, ...] = _list("Assumptions")
    reviewed_by: str


class SessionOutcome(Model):
    """What came of one session (``colonnade.outcome/1``). A question left out is ``unknown``, never ``no``."""

    schema_: Literal["colonnade.outcome/1"] = Field(alias="schema", title="Schema of this file")
    synthetic: bool = Field(title="Is this an example that describes no real patient?")
    session: int = Field(ge=1, le=50, title="Which session of the series")
    weeks_after: float = Field(ge=0, le=520, title="Time since that session", json_schema_extra={"unit": "weeks"})
    gais: int | None = Field(
        None, ge=1, le=5, title="GAIS by the clinician against the baseline photograph: 1 best, 4 no change, 5 worse"
    )
    instrument: str = Field("", max_length=60, title="Another instrument (its id), low is better")
    score_before: float | None = Field(None, ge=0, le=1000, title="Its score before the first session")
    score_after: float | None = Field(None, ge=0, le=1000, title="Its score now")
    not_healed: Answer = Field("unknown", title="Crusts or an open place left?")
    long_redness: Answer = Field("unknown", title="Still red?")
    dark_marks: Answer = Field("unknown", title="Dark marks?")
    pale_marks: Answer = Field("unknown", title="Pale marks?")
    thick_or_scarred: Answer = Field("unknown", title="Thick, raised or scarred?")
    infection_or_herpes: Answer = Field("unknown", title="Infection or herpes, not over yet?")
    blisters_or_burn: Answer = Field("unknown", title="Were there blisters or a burn?")
    colour_came_back: Answer = Field("unknown", title="Did colour come back where a spot was treated?")
    recorded_by: str = Field("", max_length=200, title="Recorded by")

    @model_validator(mode="after")
    def _whole(self) -> SessionOutcome:
        given = (bool(self.instrument), self.score_before is not None, self.score_after is not None)
        if any(given) and not all(given):
            raise ValueError("instrument, score_before and score_after together, or none of them")
        return self

    @classmethod
    def load(cls, path: str | Path) -> SessionOutcome:
        """An outcome from a TOML file. Raises BadInput if it cannot be read or is none."""
        path = Path(path)
        bad = {"allowed": "a TOML file of at most 0.1 MB", "todo": "Start from examples/outcome-session-1.toml."}
        try:
            if path.stat().st_size > MAX_OUTCOME_BYTES:
                raise BadInput(f"outcome {path.name}", given=f"{path.stat().st_size / 1e6:.1f} MB", **bad)
            data = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
            raise BadInput(
                f"outcome {path.name}", given=f"a file that cannot be read ({type(error).__name__})", **bad
            ) from None
        return read(cls, data, origin=path.name)


class ZoneChange(Model):
    """Settings that a rule suggests for one zone, held against every limit; empty where nothing changes."""

    zone: str
    panel: dict[str, float | str]
    changed: dict[str, tuple[float, float]] = Field(description="Knob: from, to")
    verdict: str = Field(description="What `check` says of them, with the predicted depth and heat")
    refused_by: tuple[str, ...] = _list("Rules that refuse them; they are then not suggested")
    words: str


class NextSession(Model):
    """What the rules say after an outcome. A suggestion; the physician decides."""

    kind: RuleKind
    rules: tuple[SeriesRule, ...] = _list("The rules that say so, the deciding one first")
    zones: tuple[ZoneChange, ...] = _list("Settings, zone by zone; empty where no session is next")
    earliest_weeks: float = Field(description="Shortest time after the last session")
    unanswered: tuple[str, ...] = _list("Questions without an answer")
    improvement_seen_pct: float | None = None
    improvement_expected_pct: Span | None = None
    disclaimer: str
    reviewed_by: str
