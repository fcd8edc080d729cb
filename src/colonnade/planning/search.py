"""The search of one zone: rank every setting by the stand-in, simulate the best few microbeams, rank again, check.

The search knows neither the engine nor the rules: it is given them as functions (``Tools``), so that tests can give
it others. A setting is allowed when its verdict is not REFUSED.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from colonnade.laser import Shot
from colonnade.planning.candidates import Setting
from colonnade.planning.objectives import Ends, Outcome, Priority, Scored, Target, score
from colonnade.planning.outcomes import Columns, Figures, estimated, fitted, outcome, simulated
from colonnade.planning.surrogate import Surrogate
from colonnade.safety import Finding, Judgement

#: Distinct microbeams simulated before the choice, and at most: three columns each, so up to fifteen calls.
FEWEST_SHOTS, MOST_SHOTS = 3, 5
#: Settings whose whole field is computed: the chosen one, the runner-up and two that bulk heat may rule out.
MOST_FIELDS = 4
#: Where nothing has passed yet the search goes on, up to these numbers, before it says that it found nothing.
LAST_SHOTS, LAST_FIELDS = 10, 12

F = TypeVar("F")
Ranked = tuple[int, Outcome, Scored]
Progress = Callable[[str, float, str], None]


def failing(verdict: Judgement) -> tuple[Finding, ...]:
    """The findings that refuse."""
    return tuple(finding for finding in verdict.findings if finding.status == "REFUSED")


@dataclass(frozen=True)
class Tools(Generic[F]):
    """What the search calls. ``F`` is the type of a computed field."""

    columns: Callable[[Shot], Columns]
    """Simulates one microbeam at the nominal losses and both ends."""
    field: Callable[[Setting, Columns], F]
    """Computes the field of a setting."""
    judge: Callable[[Setting, Outcome, Columns | None, F | None], Judgement]
    """Applies the rules to what is known so far."""
    etas: Ends
    """The crater losses: nominal, shallow end, deep end."""


@dataclass(frozen=True)
class Tried(Generic[F]):
    """A setting with its outcome, score and verdict; ``columns`` and ``field`` where they were computed."""

    setting: Setting
    outcome: Outcome
    scored: Scored
    verdict: Judgement
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
            Counter(rule for t in self.refused_above for rule in {f.rule for f in failing(t.verdict)}).most_common()
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
    _fields: dict[int, F] = field(default_factory=dict)
    _verdicts: dict[tuple[int, str], Judgement] = field(default_factory=dict)
    _model: Surrogate = field(init=False)

    def __post_init__(self) -> None:
        self._model = Surrogate.measured(eta=self.tools.etas.nominal)

    def run(self) -> Found[F]:
        """The best allowed setting, the runner-up, and what stood in the way of better ones."""
        ranked = self._rank()
        while (index := self._next_shot(ranked)) is not None:
            self._simulate(index)
            ranked = self._rank()
        while (index := self._next_check(ranked)) is not None:
            if self.options[index].shot_key in self._columns:
                self._compute_field(index, ranked)
            else:
                self._simulate(index)
                ranked = self._rank()
        return self._found(ranked)

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

    # --- what to compute next -----------------------------------------------------------------------------
    def _next_shot(self, ranked: list[Ranked]) -> int | None:
        """The next microbeam worth simulating; None once the leading ones are, or the budget is used."""
        leading: set[str] = set()
        for index, reached, _ in ranked:
            if self._judge(index, reached).refused:
                continue
            key = self.options[index].shot_key
            if key not in self._columns:
                return index if len(self._columns) < self.most_shots else None
            leading.add(key)
            if len(leading) == min(FEWEST_SHOTS, self.most_shots):
                return None
        return None

    def _next_check(self, ranked: list[Ranked]) -> int | None:
        """The next setting to simulate or to compute the field of; None once two have passed or nothing is left."""
        passed = 0
        for index, reached, _ in ranked:
            if self._judge(index, reached).refused:
                continue
            if index in self._fields:
                passed += 1
                if passed == 2:
                    return None
            elif not reached.areal_energy_J_cm2 < self._heat_ceiling(ranked):
                continue
            elif self.options[index].shot_key in self._columns:
                if len(self._fields) < (MOST_FIELDS if self._any_passed() else LAST_FIELDS):
                    return index
            elif not self._any_passed() and len(self._columns) < LAST_SHOTS:
                return index
        return None

    def _heat_ceiling(self, ranked: list[Ranked]) -> float:
        """Energy per area up to which fields are computed [J/cm²]: 0.8 of the least that heat has refused, while
        nothing has passed, so that the search walks down in few steps; no limit otherwise. What is passed over so is
        counted in ``left_out_above``."""
        if self._any_passed():
            return math.inf
        areal = {index: reached.areal_energy_J_cm2 for index, reached, _ in ranked}
        return 0.8 * min((areal[index] for index in self._fields), default=math.inf)

    def _any_passed(self) -> bool:
        return any(not self._verdicts[(index, "field")].refused for index in self._fields)

    def _judge(self, index: int, reached: Outcome) -> Judgement:
        """The verdict on the most that is known: with field, with simulated columns, or estimated."""
        if (index, "field") in self._verdicts:
            return self._verdicts[(index, "field")]
        option = self.options[index]
        columns = self._columns.get(option.shot_key)
        key = (index, "estimate" if columns is None else "columns")
        if key not in self._verdicts:
            self._verdicts[key] = self.tools.judge(option, reached, columns, None)
        return self._verdicts[key]

    # --- computing ----------------------------------------------------------------------------------------
    def _simulate(self, index: int) -> None:
        option = self.options[index]
        shot = option.settings.shot
        done = min(1.0, len(self._columns) / self.most_shots)
        self.progress("columns", done, f"simulating {shot.energy_mJ:g} mJ, {shot.spot_um:g} µm")
        columns = self.tools.columns(shot)
        self._columns[option.shot_key] = columns
        self._figures[option.shot_key] = simulated(columns, self.target, self.basal_um)
        self._model = fitted(self._model, shot, columns.nominal.crater_depth_um)

    def _compute_field(self, index: int, ranked: list[Ranked]) -> None:
        option = self.options[index]
        columns = self._columns[option.shot_key]
        reached = next(r for i, r, _ in ranked if i == index)
        done = min(1.0, len(self._fields) / MOST_FIELDS)
        self.progress("field", done, "the columns over the region and the heat between them")
        computed = self.tools.field(option, columns)
        self._fields[index] = computed
        verdict = self.tools.judge(option, reached, columns, computed)
        self._verdicts[(index, "field")] = verdict
        if verdict.refused:
            self._refuse_denser(option, verdict)

    def _refuse_denser(self, refused: Setting, verdict: Judgement) -> None:
        """The same microbeam, as dense or denser and with as many passes or more, leaves more heat: refused with it."""
        s = refused.settings
        for index, other in enumerate(self.options):
            o = other.settings
            denser = o.columns_per_cm2 >= s.columns_per_cm2 and o.passes >= s.passes
            if other.shot_key == refused.shot_key and denser and index not in self._fields:
                self._verdicts[(index, "field")] = verdict

    def _found(self, ranked: list[Ranked]) -> Found[F]:
        passed: list[Tried[F]] = []
        refused: list[Tried[F]] = []
        left_out = 0
        checked = sum(not self._verdicts[(index, "field")].refused for index in self._fields)
        for index, reached, scored in ranked:
            if passed and len(passed) == min(2, checked):
                break
            option, verdict = self.options[index], self._judge(index, reached)
            tried = Tried(option, reached, scored, verdict, self._columns.get(option.shot_key), self._fields.get(index))
            if verdict.refused:
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
