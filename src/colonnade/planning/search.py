"""The search of one zone: every setting the panel offers is scored, the microbeams that lead are simulated, the choice
is judged by its own interval and its own field.

The panel is discrete and small (2 to 3576 settings on the devices of the library), so all of it is enumerated; no
optimiser is needed and none can miss a setting (decision 0166). What costs time is the engine: the stand-in says in
which order microbeams are simulated, and each simulation corrects it. The search knows neither the engine nor the
rules: it is given them as functions (``Tools``), so that tests can give it others. A setting is allowed when its
verdict is not REFUSED.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, Literal, TypeVar

from colonnade.laser import Shot
from colonnade.planning.candidates import Setting
from colonnade.planning.front import front_of
from colonnade.planning.objectives import Outcome, Priority, Scored, Target, effect_pct, score
from colonnade.planning.outcomes import (
    Columns,
    Figures,
    corrected,
    estimated,
    fitted,
    like,
    outcome,
    simulated,
    stand_in,
)
from colonnade.planning.place import Place
from colonnade.planning.surrogate import Surrogate
from colonnade.planning.uncertain import LossEnds
from colonnade.safety import Finding, Judgement

if TYPE_CHECKING:
    from colonnade.photothermal import Lesion

#: Distinct microbeams simulated with all that is not known before the choice, and at most.
FEWEST_SHOTS, MOST_SHOTS = 2, 5
#: Microbeams simulated at the middle of the losses only, at most: the rest of those that lead or lie on the front.
MOST_SURVEYED = 16
#: Settings whose whole field is computed: the chosen one, the runner-up and two that bulk heat may rule out.
MOST_FIELDS = 4
#: Where nothing has passed yet the search goes on, up to these numbers, before it says that it found nothing.
LAST_SHOTS, LAST_FIELDS = 10, 12

F = TypeVar("F")
Ranked = tuple[int, Outcome, Scored]
Progress = Callable[[str, float, str], None]
Known = Literal["field", "columns", "middle", "estimate"]


def failing(verdict: Judgement) -> tuple[Finding, ...]:
    """The findings that refuse."""
    return tuple(finding for finding in verdict.findings if finding.status == "REFUSED")


@dataclass(frozen=True)
class Tools(Generic[F]):
    """What the search calls. ``F`` is the type of a computed field."""

    column: Callable[[Shot], Lesion]
    """Simulates one microbeam at the middle of the crater losses."""
    columns: Callable[[Shot], Columns]
    """Simulates one microbeam with all that is not known."""
    field: Callable[[Setting, Columns], F]
    """Computes the field of a setting."""
    judge: Callable[[Setting, Outcome, Columns | None, F | None], Judgement]
    """Applies the rules to what is known so far."""
    losses: LossEnds
    """The crater losses at the middle and at both ends."""


@dataclass(frozen=True)
class Tried(Generic[F]):
    """A setting with its outcome, score and verdict; ``columns`` and ``field`` where they were computed."""

    setting: Setting
    outcome: Outcome
    scored: Scored
    verdict: Judgement
    columns: Columns | None = None
    field: F | None = None
    known: Known = "estimate"
    """How far it was looked at: its field, its columns with their interval, its column at the middle, the stand-in."""


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
    every: tuple[Tried[F], ...] = ()
    """All settings, best score first."""
    front: tuple[int, ...] = ()
    """Those of ``every`` that no allowed one beats in effect, downtime and risk of dark marks at once."""

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
    place: Place
    tools: Tools[F]
    progress: Progress
    most_shots: int = MOST_SHOTS
    _middle: dict[str, Lesion] = field(default_factory=dict)
    _columns: dict[str, Columns] = field(default_factory=dict)
    _figures: dict[str, Figures] = field(default_factory=dict)
    _fields: dict[int, F] = field(default_factory=dict)
    _verdicts: dict[tuple[int, str], Judgement] = field(default_factory=dict)
    _model: Surrogate = field(init=False)

    def __post_init__(self) -> None:
        self._model = stand_in(self.tools.losses)

    def run(self) -> Found[F]:
        """The best allowed setting, the runner-up, and what stood in the way of better ones."""
        ranked = self._rank()
        while (index := self._next_shot(ranked)) is not None:
            self._simulate(index)
            ranked = self._rank()
        ranked = self._survey(ranked)
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
            reached = outcome(option.settings, figures[option.shot_key], self.place)
            rows.append((index, reached, score(reached, self.target, self.priority)))
        return sorted(rows, key=lambda row: (-row[2].total, row[0]))

    def _figures_by_shot(self) -> dict[str, Figures]:
        figures = dict(self._figures)
        etas = self.tools.losses.etas
        for option in self.options:
            key, shot = option.shot_key, option.settings.shot
            if key in figures:
                continue
            if key in self._middle and self._columns:
                figures[key] = like(self._middle[key], self.target, self.basal_um, self._nearest(shot))
            else:
                figures[key] = estimated(shot, self.target, self.basal_um, self._model, etas)
                if self._columns:
                    figures[key] = corrected(figures[key], shot, self._nearest(shot).nominal, self.basal_um)
        return figures

    def _nearest(self, shot: Shot) -> Columns:
        """The columns, simulated with their interval, whose fluence is nearest to that of ``shot`` by ratio."""

        def apart(columns: Columns) -> float:
            theirs = columns.nominal.shot
            ratio = theirs.fluence_peak_J_cm2 * theirs.stack / (shot.fluence_peak_J_cm2 * shot.stack)
            return abs(math.log(ratio))

        return min(self._columns.values(), key=apart)

    def _survey(self, ranked: list[Ranked]) -> list[Ranked]:
        """Simulate what leads or lies on the front, one by one, as the order changes; the ranking afterwards."""
        while len(self._middle) < MOST_SURVEYED:
            open_ = [i for i in self._in_view(ranked) if not self._simulated(i)]
            if not open_:
                break
            shot = self.options[open_[0]].settings.shot
            self.progress("columns", len(self._middle) / MOST_SURVEYED, f"surveying {shot.energy_mJ:g} mJ")
            found = self.tools.column(shot)
            self._middle[self.options[open_[0]].shot_key] = found
            self._model = fitted(self._model, shot, found.crater_depth_um)
            ranked = self._rank()
        return ranked

    def _in_view(self, ranked: list[Ranked]) -> list[int]:
        """Allowed settings on the front, then all others by their score."""
        allowed = [row for row in ranked if not self._judge(row[0], row[1]).refused]
        on_front = front_of([self._traded(reached) for _, reached, _ in allowed])
        return [allowed[k][0] for k in on_front] + [index for index, _, _ in allowed]

    def _traded(self, reached: Outcome) -> tuple[float, float, float]:
        return -effect_pct(reached, self.target), reached.downtime_d, reached.pih_pct

    def _simulated(self, index: int) -> bool:
        key = self.options[index].shot_key
        return key in self._columns or key in self._middle

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
        key = (index, self._known(index))
        if key not in self._verdicts:
            self._verdicts[key] = self.tools.judge(option, reached, columns, None)
        return self._verdicts[key]

    def _known(self, index: int) -> Known:
        key = self.options[index].shot_key
        return "columns" if key in self._columns else "middle" if key in self._middle else "estimate"

    # --- computing ----------------------------------------------------------------------------------------
    def _simulate(self, index: int) -> None:
        option = self.options[index]
        shot = option.settings.shot
        done = min(1.0, len(self._columns) / self.most_shots)
        self.progress("columns", done, f"simulating {shot.energy_mJ:g} mJ, {shot.spot_um:g} µm, with its interval")
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
        every = [self._tried(*row) for row in ranked]
        checked = sum(t.field is not None and not t.verdict.refused for t in every)
        for tried in every:
            if passed and len(passed) == min(2, checked):
                break
            if tried.verdict.refused:
                refused += [] if passed else [tried]
            elif tried.field is None:
                left_out += not passed
            else:
                passed.append(tried)
        allowed = [k for k, tried in enumerate(every) if not tried.verdict.refused and tried.known != "estimate"]
        on_front = front_of([self._traded(every[k].outcome) for k in allowed])
        return Found(
            best=passed[0] if passed else None,
            runner_up=passed[1] if len(passed) > 1 else None,
            refused_above=tuple(refused),
            left_out_above=left_out,
            considered=len(self.options),
            shots_simulated=len({*self._columns, *self._middle}),
            every=tuple(every),
            front=tuple(allowed[k] for k in on_front),
        )

    def _tried(self, index: int, reached: Outcome, scored: Scored) -> Tried[F]:
        option, computed = self.options[index], self._fields.get(index)
        return Tried(
            option,
            reached,
            scored,
            self._judge(index, reached),
            self._columns.get(option.shot_key),
            computed,
            "field" if computed is not None else self._known(index),
        )
