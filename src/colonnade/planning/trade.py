"""The trade of a search: effect against downtime and risk, why each neighbour lost, what the choice hangs on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from colonnade.planning.explain import lost_because, panel_words
from colonnade.planning.objectives import (
    OBJECTIVES,
    Ends,
    Objective,
    Outcome,
    Priority,
    Target,
    effect_pct,
    reweighted,
    score,
)
from colonnade.planning.search import Found, Tried, failing
from colonnade.planning.trade_model import Neighbour, Scenario, Share, Trade, TradePoint

#: Points kept of the settings that lie neither on the front nor beside the choice.
MOST_OTHERS = 150
#: Losses of score below this are no reason to choose differently.
SMALL = 0.001


def trade(found: Found[Any], target: Target, priority: Priority) -> Trade | None:
    """What else could be set; None where nothing was chosen."""
    if found.best is None:
        return None
    return Trade(
        considered=found.considered,
        allowed=sum(not t.verdict.refused for t in found.every),
        points=tuple(_points(found, target)),
        neighbours=tuple(_neighbours(found, target)),
        scenarios=tuple(_scenarios(found, target, priority)),
    )


def shares(intervals: Any) -> tuple[Share, ...]:
    """What the depth depends on, from `colonnade.calibration.Intervals`; empty without."""
    if intervals is None:
        return ()
    sources = intervals.sources
    return tuple(
        Share(input=name, share_pct=100 * share, source=sources.get(name, intervals.losses.basis))
        for name, share in intervals.matters
    )


def _points(found: Found[Any], target: Target) -> Iterator[TradePoint]:
    on_front = set(found.front)
    special = {id(found.best), id(found.runner_up)} | {id(found.every[k]) for k in on_front}
    others = [k for k, t in enumerate(found.every) if id(t) not in special]
    step = max(1, -(-len(others) // MOST_OTHERS))
    shown = set(others[::step])
    for k, tried in enumerate(found.every):
        if id(tried) in special or k in shown:
            yield _point(tried, target, _status(tried, found, k in on_front))


def _status(tried: Tried[Any], found: Found[Any], on_front: bool) -> Any:
    if tried is found.best:
        return "chosen"
    if tried is found.runner_up:
        return "runner-up"
    return "refused" if tried.verdict.refused else "front" if on_front else "allowed"


def _point(tried: Tried[Any], target: Target, status: Any) -> TradePoint:
    o = tried.outcome
    return TradePoint(
        panel=dict(tried.setting.panel),
        score=tried.scored.total,
        effect_pct=effect_pct(o, target),
        downtime_d=o.downtime_d,
        pih_pct=o.pih_pct,
        bulk_K=o.bulk_K,
        seconds=o.seconds,
        status=status,
        known=tried.known,
        refused_by=tuple(dict.fromkeys(f.rule for f in failing(tried.verdict))),
    )


# --- neighbours ---------------------------------------------------------------------------------------------
def _neighbours(found: Found[Any], target: Target) -> Iterator[Neighbour]:
    best = found.best
    assert best is not None  # the caller looked
    here = dict(best.setting.panel)
    by_panel = {t.setting.panel: t for t in found.every}
    for name, value in here.items():
        offered = sorted({dict(t.setting.panel).get(name, value) for t in found.every})
        at = offered.index(value)
        for other in (*offered[max(at - 1, 0) : at], *offered[at + 1 : at + 2]):
            panel = tuple((n, other if n == name else v) for n, v in best.setting.panel)
            if panel in by_panel:
                step = f"{panel_words(((name, value),))} to {panel_words(((name, other),)).split(' ', 1)[-1]}"
                yield _neighbour(step, best, by_panel[panel], target)


def _neighbour(step: str, best: Tried[Any], other: Tried[Any], target: Target) -> Neighbour:
    if other.verdict.refused:
        why = "; ".join(f"{f.rule}: given {f.given}, allowed {f.allowed}" for f in failing(other.verdict))
    else:
        why = lost_because(best, other, target)
        if other.scored.total > best.scored.total:
            why = f"Not looked at to the end: its microbeam was not simulated with its interval. {why}"
    return Neighbour(
        step=step, panel=dict(other.setting.panel), score=other.scored.total, refused=other.verdict.refused, why=why
    )


# --- what the choice hangs on -------------------------------------------------------------------------------
@dataclass(frozen=True)
class _If:
    name: str
    priority: Priority
    objectives: tuple[Objective, ...] = OBJECTIVES
    changed: Callable[[Outcome], Outcome] = lambda o: o


def _scenarios(found: Found[Any], target: Target, priority: Priority) -> Iterator[Scenario]:
    best = found.best
    assert best is not None  # the caller looked
    allowed = [t for t in found.every if not t.verdict.refused]
    for case in _ifs(priority):
        totals = [score(case.changed(t.outcome), target, case.priority, case.objectives).total for t in allowed]
        top = max(range(len(allowed)), key=lambda k: totals[k])
        loss = totals[top] - totals[allowed.index(best)]
        then = allowed[top] if loss > SMALL else best
        yield Scenario(
            name=case.name, panel=dict(then.setting.panel), same=then is best, loss=loss if loss > SMALL else 0.0
        )


def _ifs(priority: Priority) -> Iterator[_If]:
    words: dict[Priority, str] = {
        "balanced": "weights balanced",
        "effect": "weights for effect",
        "downtime": "weights for little downtime",
    }
    yield from (_If(text, p) for p, text in words.items() if p != priority)
    yield _If("columns as shallow as they may be", priority, changed=lambda o: _at(o, "shallow"))
    yield _If("columns as deep as they may be", priority, changed=lambda o: _at(o, "deep"))
    for o in OBJECTIVES:
        yield _If(f"{o.title} weighed twice", priority, reweighted({o.name: 2.0}))
        yield _If(f"{o.title} left out", priority, reweighted({o.name: 0.0}))


def _at(o: Outcome, end: str) -> Outcome:
    """The outcome with everything that is not known at one end."""

    def there(ends: Ends) -> Ends:
        value = float(getattr(ends, end))
        return Ends(value, value, value)

    return replace(o, crater_depth_um=there(o.crater_depth_um), cover_pct=there(o.cover_pct))
