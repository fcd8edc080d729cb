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

#: Where nothing has passed yet the search goes on, up to these numbers, before it says that it found nothing.
LAST_SHOTS, LAST_FIELDS = 10, 12

F = TypeVar("F")
Ranked = tuple[int, Outcome, Scored]
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
    left_out_above: int
    """Settings that might have scored higher and were allowed so far, but whose microbeam was not simulated."""
    considered: int
    shots_simulated: int

    def refused_by(self) -> dict[str, int]:
        """How many of the better settings each rule refused, most first."""
        return dict(
            Counter(rule for t in self.refused_above for rule in {f.rule for f in t.verdict.failing()}).most_common()
        )


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
        while (option := self._next_shot(ranked)) is not None:
            self._simulate(option)
            ranked = self._rank()
        return self._check_fields(ranked)

    # --- ranking ------------------------------------------------------------------------------------------
    def _rank(self) -> list[Ranked]:
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

    def _next_shot(self, ranked: list[Ranked]) -> Setting | None:
        """The next microbeam worth simulating; None once the best allowed setting and a rival have been simulated, or
        the budget is used (which is larger while nothing simulated is allowed)."""
        leading: set[str] = set()
        for option in self._allowed(ranked):
            if option.shot_key not in self._columns:
                budget = self.most_shots if self._any_allowed(ranked) else max(self.most_shots, LAST_SHOTS)
                return option if len(self._columns) < budget else None
            leading.add(option.shot_key)
            if len(leading) == 2:
                return None
        return None

    def _any_allowed(self, ranked: list[Ranked]) -> bool:
        simulated_ones = ((i, o) for i, o, _ in ranked if self.options[i].shot_key in self._columns)
        return any(not self._judge(i, o).refused for i, o in simulated_ones)

    def _allowed(self, ranked: Iterable[Ranked]) -> Iterable[Setting]:
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
    def _check_fields(self, ranked: list[Ranked]) -> Found[F]:
        """Walk down the ranking and compute fields until the chosen setting and a runner-up have passed."""
        passed: list[Tried[F]] = []
        refused: list[Tried[F]] = []
        fields = left_out = 0
        for index, reached, scored in ranked:
            if len(passed) == 2 or (passed and fields >= MOST_FIELDS) or fields >= LAST_FIELDS:
                break
            tried = self._try(index, reached, scored)
            fields += tried.field is not None
            if tried.verdict.refused:
                refused += [] if passed else [tried]
            elif tried.field is None:
                left_out += not passed
            else:
                passed.append(tried)
        return Found(
            best=passed[0] if passed else None,
            runner_up=passed[1] if len(passed) > 1 else None,
            refused_above=tuple(refused),
            left_out_above=left_out,
            considered=len(self.options),
            shots_simulated=len(self._columns),
        )

    def _try(self, index: int, reached: Outcome, scored: Scored) -> Tried[F]:
        """The setting with its field, unless it is refused already or its microbeam was not simulated."""
        option = self.options[index]
        columns = self._columns.get(option.shot_key)
        verdict = self._judge(index, reached)
        if verdict.refused or columns is None:
            return Tried(option, reached, scored, verdict, columns)
        self.progress("field", 0.5, "the columns over the region and the heat between them")
        computed = self.tools.field(option, columns)
        return Tried(option, reached, scored, self.tools.judge(option, reached, columns, computed), columns, computed)
