"""The reasons, in words, from the numbers of the search: why this setting, what came second, what stood in the way."""

from __future__ import annotations

from typing import Any

from colonnade.planning.facts import about_plan, about_settings
from colonnade.planning.model import Candidate
from colonnade.planning.objectives import OBJECTIVES, Objective, Priority, Target
from colonnade.planning.search import Found, Tried, failing
from colonnade.safety import Finding, rules
from colonnade.units import pretty, unit_of

#: Differences of a score below this are not worth a word.
SMALL = 0.001
#: Limits named at most.
MOST_LIMITS = 3


def panel_words(panel: tuple[tuple[str, float], ...]) -> str:
    """Panel settings in a line: ``energy 10 mJ, density 5 %, passes 1``."""
    words = []
    for name, value in panel:
        unit = unit_of(name)
        label = name.removesuffix(f"_{unit}") if unit else name
        words.append(f"{label.replace('_', ' ')} {value:g}{f' {pretty(unit)}' if unit else ''}")
    return ", ".join(words)


def sentence(zone: str, line: str) -> str:
    """``line`` with the zone's name before it, or beginning with a capital."""
    return f"{zone}: {line}" if zone else line[:1].upper() + line[1:]


def why(found: Found[Any], target: Target, priority: Priority, zone: str) -> tuple[str, ...]:
    """Why the chosen setting, what the runner-up was and why it lost, and what stood in the way of better ones."""
    best = found.best
    if best is None:
        raise ValueError("nothing was chosen: there is nothing to explain")
    lines = [
        f"chosen: {panel_words(best.setting.panel)}; score {best.scored.total:.3f} of 1, the highest of the "
        f"settings that passed, out of {found.considered} the device offers, all of them scored, with "
        f"{found.shots_simulated} microbeams simulated.",
        f"it reaches: {_reached(best, target)}.",
        _weakest(best, target, priority),
    ]
    if found.runner_up is None:
        lines.append("no second setting passed all checks, so there is no runner-up.")
    else:
        lines.append(
            f"runner-up: {panel_words(found.runner_up.setting.panel)}; score "
            f"{found.runner_up.scored.total:.3f}. {lost_because(best, found.runner_up, target)}"
        )
    lines += stopped_by(found)
    return tuple(sentence(zone, line) for line in lines)


def runner_up(found: Found[Any], target: Target) -> Candidate | None:
    """The runner-up as data."""
    if found.best is None or found.runner_up is None:
        return None
    second = found.runner_up
    return Candidate(
        panel=dict(second.setting.panel),
        score=second.scored.total,
        why_not=lost_because(found.best, second, target),
    )


def lost_because(best: Tried[Any], other: Tried[Any], target: Target) -> str:
    """Which objectives made the difference, the largest first, with both values; and where the other was better."""
    differences = sorted(
        ((best.scored.parts[o.name] - other.scored.parts[o.name], o) for o in OBJECTIVES),
        key=lambda pair: -abs(pair[0]),
    )
    lost = [_versus(o, best, other, target) for d, o in differences if d > SMALL][:2]
    won = [_versus(o, best, other, target) for d, o in differences if d < -SMALL][:2]
    if not lost and not won:
        return "The two differ by less than a thousandth in every objective; the first in the panel's order was kept."
    text = ""
    if lost:
        text = f"It lost on {'; and on '.join(lost)}."
    if won:
        text += f" It was better on {'; and on '.join(won)}." if text else f"It was better on {'; and on '.join(won)}."
    return text


def stopped_by(found: Found[Any]) -> list[str]:
    """What refused the settings that scored higher."""
    lines = []
    if not found.refused_above:
        lines.append("no limit stood in the way: no setting that scored higher was refused.")
    else:
        first = found.refused_above[0]
        limits = [f"{rule} refused {count}" for rule, count in list(found.refused_by().items())[:MOST_LIMITS]]
        lines.append(
            f"{len(found.refused_above)} settings scored higher and were refused ({', '.join(limits)}). The best of "
            f"them, {panel_words(first.setting.panel)} with a score of {first.scored.total:.3f}, was stopped by "
            f"{_limits(failing(first.verdict))}."
        )
    if found.left_out_above:
        lines.append(
            f"{found.left_out_above} more settings might have scored higher by the estimate; they were left out "
            "because the number of simulations is bounded, or because less energy per area had failed on heat."
        )
    return lines


def nothing_found(found: Found[Any], zone: str) -> tuple[str, ...]:
    """Why no setting is left: which limits collide, how many settings each refuses, and by how much at the nearest."""
    refused = found.refused_above
    lines = [f"none of the {found.considered} settings the device offers is allowed; {len(refused)} were refused."]
    if refused:
        lines += _collisions(found)
        near = nearest(found)
        lines.append(
            f"the nearest to being allowed is {panel_words(near.setting.panel)}: {_limits(failing(near.verdict))}."
        )
    if len(refused) < found.considered:
        lines.append(f"{found.considered - len(refused)} settings were not simulated before the search stopped.")
    return tuple(sentence(zone, line) for line in lines)


def nearest(found: Found[Any]) -> Tried[Any]:
    """Of the refused settings the one with the fewest rules against it; among these the least over its limits."""
    return min(
        found.refused_above, key=lambda tried: (len(failing(tried.verdict)), _excess(tried), -tried.scored.total)
    )


def _collisions(found: Found[Any]) -> list[str]:
    """Per rule how many settings it refuses, and by how much the least of them is over."""
    lines = []
    for rule, count in found.refused_by().items():
        hit = [t for t in found.refused_above if any(f.rule == rule for f in failing(t.verdict))]
        least = min(hit, key=lambda tried: _excess(tried, rule))
        said = next(f for f in failing(least.verdict) if f.rule == rule)
        lines.append(f"{rule} refuses {count}: at the least {said.given}, allowed {said.allowed}.")
    return lines


def _excess(tried: Tried[Any], only: str | None = None) -> float:
    """How far a setting lies over the limits that refuse it, each number by its own limit; for comparison only."""
    known = about_settings(tried.setting.settings) | about_plan(tried.outcome, tried.field)
    by_id = {rule.id: rule for rule in rules()}
    total = 0.0
    for finding in failing(tried.verdict):
        if only is None or finding.rule == only:
            for check in by_id[finding.rule].must:
                total += float(known.get(check.fact, 0.0)) / (check.limit or 1.0)
    return total


def _reached(tried: Tried[Any], target: Target) -> str:
    return "; ".join(o.words(tried.outcome, target) for o in OBJECTIVES)


def _weakest(tried: Tried[Any], target: Target, priority: Priority) -> str:
    """The objective that cost the chosen setting most."""
    whole = sum(o.weights[priority] for o in OBJECTIVES)
    cost = {o.name: o.weights[priority] / whole - tried.scored.parts[o.name] for o in OBJECTIVES}
    name = max(cost, key=lambda key: cost[key])
    worst = next(o for o in OBJECTIVES if o.name == name)
    return f"it gives up most on: {worst.title} ({worst.words(tried.outcome, target)}), {cost[name]:.3f} of the score."


def _versus(objective: Objective, best: Tried[Any], other: Tried[Any], target: Target) -> str:
    return (
        f"{objective.title}: {objective.words(other.outcome, target)} against {objective.words(best.outcome, target)}"
    )


def _limits(failing: tuple[Finding, ...]) -> str:
    return "; ".join(f"{f.rule} (given {f.given}, allowed {f.allowed})" for f in failing[:MOST_LIMITS])
