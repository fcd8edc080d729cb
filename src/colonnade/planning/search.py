"""The search of one zone: rank every setting by the stand-in, simulate the best few microbeams, rank again, check.

The search knows neither the engine nor the rules: it is given them as functions (``Tools``), so that tests can give
it others. A setting is allowed when its verdict is not REFUSED.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from colonnade.laser import Shot
from colonnade.planning.candidates import Setting
from colonnade.planning.model import Finding, Status
from colonnade.planning.objectives import Outcome, Priority, Scored, Target, score
from colonnade.planning.outcomes import Columns, Figures, estimated, fitted, outcome, simulated
from colonnade.planning.surrogate import Surrogate

#: Distinct microbeams simulated in one search: three columns each, so at most fifteen calls of the engine.
MOST_SHOTS = 5
#: Settings whose whole field is computed: the chosen one, the runner-up and two that bulk heat may rule out.
MOST_FIELDS = 4

F = TypeVar("F")
Progress = Callable[[str, float, str], None]


@dataclass(frozen=True)
class Verdict:
    """What the rules say: the status, and the findings worst first."""

    status: Status
    findings: tuple[Finding, ...]

    @property
    def refused(self) -> bool:
        """Whether nobody may go on."""
        return self.status == "REFUSED"

    def failing(self) -> tuple[Finding, ...]:
        """The findings that refuse."""
        return tuple(f for f in self.findings if f.severity in ("block", "specialist", "cap") and f.outcome == "fail")


@dataclass(frozen=True)
class Tools(Generic[F]):
    """What the search calls. ``F`` is the type of a computed field."""

    columns: Callable[[Shot], Columns]
    """Simulates one microbeam at the nominal losses and both ends."""
    field: Callable[[Setting, Columns], F]
    """Computes the field of a setting."""
    judge: Callable[[Setting, Outcome, Columns | None, F | None], Verdict]
    """Applies the rules to what is known so far."""
    etas: tuple[float, float]
    """The shallow and the deep end of the crater losses."""


@dataclass(frozen=True)
class Tried(Generic[F]):
    """A setting with its outcome, score and verdict; ``columns`` and ``field`` where they were computed."""

    setting: Setting
    outcome: Outcome
    scored: Scored
    verdict: Verdict
    columns: Columns | None = None
    field: F | None = None


@dataclass(frozen=True)
class Found(Generic[F]):
    """What a search found. ``best`` is None when every setting is refused."""

    best: Tried[F] | None
    runner_up: Tried[F] | None
    refused_above: tuple[Tried[F], ...]
    """Settings that scored higher than the chosen one and are refused, best first."""
    considered: int
    judged: int
    shots_simulated: int
    refused_by: dict[str, int] = field(default_factory=dict)
    """How many settings each rule refused, of those judged."""


@dataclass
class Search(Generic[F]):
    """One zone's search. Call ``run`` once."""

    options: tuple[Setting, ...]
    target: Target
    basal_um: float
    priority: Priority
    tools: Tools[F]
    progress: Progress
    most_shots: int = MOST_SHOTS
    _columns: dict[str, Columns] = field(default_factory=dict)
    _figures: dict[str, Figures] = field(default_factory=dict)
    _verdicts: dict[tuple[int, bool], Verdict] = field(default_factory=dict)
    _model: Surrogate = field(default_factory=Surrogate)

    def run(self) -> Found[F]:
        """The best allowed setting, the runner-up, and what stood in the way of better ones."""
        ranked = self._rank()
        while len(self._columns) < self.most_shots:
            shot_of = self._next_shot(ranked)
            if shot_of is None:
                break
            self._simulate(shot_of)
            ranked = self._rank()
        return self._check_fields(ranked)

    # --- ranking ------------------------------------------------------------------------------------------
    def _rank(self) -> list[tuple[int, Outcome, Scored]]:
        """Every option by its score, best first; ties keep the panel's order (gentler first)."""
        figures = self._figures_by_shot()
        rows = []
        for index, option in enumerate(self.options):
            reached = outcome(option.settings, figures[option.shot_key])
            rows.append((index, reached, score(reached, self.target, self.priority)))
        return sorted(rows, key=lambda row: (-row[2].total, row[0]))

    def _figures_by_shot(self) -> dict[str, Figures]:
        figures = dict(self._figures)
        for option in self.options:
            key = option.shot_key
            if key not in figures:
                figures[key] = estimated(option.settings.shot, self.target, self.basal_um, self._model, self.tools.etas)
        return figures

    def _next_shot(self, ranked: list[tuple[int, Outcome, Scored]]) -> Setting | None:
        """The next microbeam worth simulating; None once the best allowed setting and a rival have been simulated."""
        leading: list[str] = []
        for option in self._allowed(ranked):
            if option.shot_key not in self._columns:
                return option
            if option.shot_key not in leading:
                leading.append(option.shot_key)
            if len(leading) == 2:
                return None
        return None

    def _allowed(self, ranked: Iterable[tuple[int, Outcome, Scored]]) -> Iterable[Setting]:
        for index, reached, _ in ranked:
            if not self._judge(index, reached).refused:
                yield self.options[index]

    def _judge(self, index: int, reached: Outcome) -> Verdict:
        option = self.options[index]
        columns = self._columns.get(option.shot_key)
        key = (index, columns is not None)
        if key not in self._verdicts:
            self._verdicts[key] = self.tools.judge(option, reached, columns, None)
        return self._verdicts[key]

    def _simulate(self, option: Setting) -> None:
        done = len(self._columns)
        shot = option.settings.shot
        self.progress("columns", done / self.most_shots, f"simulating {shot.energy_mJ:g} mJ, {shot.spot_um:g} µm")
        columns = self.tools.columns(shot)
        self._columns[option.shot_key] = columns
        self._figures[option.shot_key] = simulated(columns, self.target, self.basal_um)
        self._model = fitted(self._model, shot, columns.nominal.crater_depth_um)

    # --- the last check -----------------------------------------------------------------------------------
    def _check_fields(self, ranked: list[tuple[int, Outcome, Scored]]) -> Found[F]:
        passed: list[Tried[F]] = []
        refused: list[Tried[F]] = []
        fields = 0
        for index, reached, scored in ranked:
            option = self.options[index]
            columns = self._columns.get(option.shot_key)
            verdict = self._judge(index, reached)
            tried = Tried(option, reached, scored, verdict, columns)
            if verdict.refused:
                if not passed:
                    refused.append(tried)
                continue
            if columns is None or fields == MOST_FIELDS or len(passed) == 2:
                if len(passed) == 2 or fields == MOST_FIELDS:
                    break
                continue
            self.progress("field", fields / MOST_FIELDS, "columns over the region and the heat between them")
            computed = self.tools.field(option, columns)
            fields += 1
            tried = Tried(
                option, reached, scored, self.tools.judge(option, reached, columns, computed), columns, computed
            )
            (refused if tried.verdict.refused else passed).append(tried)
        return Found(
            best=passed[0] if passed else None,
            runner_up=passed[1] if len(passed) > 1 else None,
            refused_above=tuple(refused),
            considered=len(self.options),
            judged=len({index for index, _ in self._verdicts}),
            shots_simulated=len(self._columns),
            refused_by=dict(
                Counter(rule for t in refused for rule in {f.rule for f in t.verdict.failing()}).most_common()
            ),
        )
