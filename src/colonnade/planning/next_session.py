"""After an outcome was recorded: stop, wait, ask, or which settings next, by the rules of ``library/series``.

A suggestion never passes a limit: the settings are judged as ``check`` judges them, with their simulated depth and
heat, and what is refused is not suggested. One more bad answer never makes the answer bolder.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from colonnade import DISCLAIMER
from colonnade.aftercare.instruments import instrument
from colonnade.case import Case
from colonnade.errors import BadInput
from colonnade.laser import device
from colonnade.planning.candidates import knobs
from colonnade.planning.indication import indication
from colonnade.planning.model import Plan, ZonePlan
from colonnade.planning.planner import check
from colonnade.planning.rooms import Rooms
from colonnade.planning.series_model import NextSession, RuleKind, SeriesRule, SessionOutcome, Span, ZoneChange
from colonnade.planning.sessions import MOST_SESSIONS, cover_depth_um, reviewed_by, series, series_rules

#: Before this the effect is not judged: improvement goes on from 1 to 6 months (rule OUT-01).
SCORE_AFTER_WEEKS = 12.0
#: A score that moved by less than this share has not changed. Assumed: no instrument's noise was found but VISIA's.
NO_CHANGE = 0.05
QUESTIONS = (
    "not_healed",
    "long_redness",
    "dark_marks",
    "pale_marks",
    "thick_or_scarred",
    "infection_or_herpes",
    "blisters_or_burn",
    "colour_came_back",
)
#: What an answer of yes leads to, the boldest first: stop before wait before ask.
STOPS = {
    "colour_came_back": "SER-03",
    "thick_or_scarred": "SER-01",
    "pale_marks": "SER-02",
    "blisters_or_burn": "SER-04",
}
WAITS = ("not_healed", "long_redness", "dark_marks", "infection_or_herpes")
STRENGTH = ("energy_mJ", "power_W")


@dataclass(frozen=True)
class _Said:
    kind: RuleKind
    rules: tuple[SeriesRule, ...]


def after(plan: Plan, outcomes: Sequence[SessionOutcome], *, rooms: Rooms | None = None) -> NextSession:
    """What the rules suggest after the recorded sessions of ``plan``, the last of which decides.

    Raises
    ------
    BadInput
        For a plan without settings, no outcome, sessions out of order, or an instrument that may not be used.
    """
    if not plan.zones:
        given = f"a plan that is {plan.verdict}, without settings"
        raise BadInput("plan", given=given, allowed="a plan with settings", todo="Plan the case again first.")
    numbers = [outcome.session for outcome in outcomes]
    in_order = all(
        (a.session, a.weeks_after) < (b.session, b.weeks_after) or a.session < b.session
        for a, b in itertools.pairwise(outcomes)
    )
    if not numbers or not in_order:
        raise BadInput(
            "outcomes",
            given="none" if not numbers else f"sessions {', '.join(str(n) for n in numbers)}",
            allowed="at least one, in the order of the sessions; of one session in the order of the weeks",
            todo="Give the files in that order.",
        )
    for outcome in outcomes:
        if outcome.instrument:
            instrument(outcome.instrument)
    case = Case.parse(plan.case, origin="the plan's case")
    what, last = indication(case.indication.id), outcomes[-1]
    whole = series(case, what, plan.zones, cover_depth_um(plan), min(numbers[-1], MOST_SESSIONS))
    said = decide(outcomes, whole.interval_low_weeks, whole.sessions_high)
    found: tuple[ZoneChange, ...] = ()
    if said.kind in ("gentler", "stronger", "same"):
        found = tuple(_changed(case, zone, said, last, rooms or Rooms()) for zone in plan.zones)
    gain = whole.steps[-1].improvement_pct
    return NextSession(
        kind=said.kind,
        rules=said.rules,
        zones=found,
        earliest_weeks=whole.interval_low_weeks,
        unanswered=_unanswered(last),
        improvement_seen_pct=_seen_pct(last),
        improvement_expected_pct=None if gain is None else Span(**gain.model_dump()),
        disclaimer=DISCLAIMER,
        reviewed_by=reviewed_by(),
    )


def decide(outcomes: Sequence[SessionOutcome], shortest_weeks: float, most_sessions: int) -> _Said:
    """The rules that speak, the deciding one first. Plain logic: stop before wait before ask before any change."""
    last = outcomes[-1]
    stops = [rule for name, rule in STOPS.items() if getattr(last, name) == "yes"]
    stops += ["SER-05"] if last.gais == 5 or _worse(last) else []
    stops += ["SER-06"] if last.gais == 1 else []
    stops += ["SER-07"] if last.session >= most_sessions else []
    each = list({outcome.session: outcome for outcome in outcomes}.values())
    stops += ["SER-08"] if len(each) > 1 and all(_late(o) and _unchanged(o) for o in each[-2:]) else []
    waits = ["SER-10"] if any(getattr(last, name) == "yes" for name in WAITS) else []
    waits += [] if last.weeks_after >= shortest_weeks else ["SER-11"]
    later = ["SER-21"] if last.blisters_or_burn == "yes" else []
    later += ["SER-20"] if "yes" in (last.dark_marks, last.long_redness) else []
    if stops:
        return _said("stop", [*stops, *waits, *later])
    if waits:
        return _said("wait", [*waits, *later])
    if _unanswered(last):
        return _said("ask", ["SER-12"])
    # what is over still counts: dark marks of this session that are gone came from its settings
    same = [o for o in outcomes[:-1] if o.session == last.session]
    earlier = [o for o in same if "yes" in (o.dark_marks, o.long_redness, o.blisters_or_burn)]
    if earlier:
        return _said("gentler", ["SER-21" if earlier[-1].blisters_or_burn == "yes" else "SER-20"])
    if not _late(last):
        return _said("same", ["SER-22"])
    return _said("stronger", ["SER-24"]) if _unchanged(last) else _said("same", ["SER-23"])


def _said(kind: RuleKind, ids: list[str]) -> _Said:
    by_id = {rule.id: rule for rule in series_rules()}
    return _Said(kind, tuple(by_id[i] for i in dict.fromkeys(ids)))


def _unanswered(outcome: SessionOutcome) -> tuple[str, ...]:
    return tuple(name for name in QUESTIONS if getattr(outcome, name) == "unknown")


def _late(outcome: SessionOutcome) -> bool:
    return outcome.weeks_after >= SCORE_AFTER_WEEKS


def _seen_pct(outcome: SessionOutcome) -> float | None:
    """Improvement of the score [%], low being better; None without scores, or from a score of 0."""
    if outcome.score_before is None or outcome.score_after is None or not outcome.score_before > 0:
        return None
    return 100 * (1 - outcome.score_after / outcome.score_before)


def _unchanged(outcome: SessionOutcome) -> bool:
    """No change by the grade, or by the score where no grade was given. Without either nothing is said."""
    seen = _seen_pct(outcome)
    if outcome.gais is not None:
        return outcome.gais == 4 and (seen is None or seen < 100 * NO_CHANGE)
    return seen is not None and abs(seen) < 100 * NO_CHANGE


def _worse(outcome: SessionOutcome) -> bool:
    seen = _seen_pct(outcome)
    return seen is not None and seen <= -100 * NO_CHANGE


# --- settings -------------------------------------------------------------------------------------------------
def _changed(case: Case, zone: ZonePlan, said: _Said, last: SessionOutcome, rooms: Rooms) -> ZoneChange:
    laser = device(case.device.id)
    before = {name: float(value) for name, value in zone.settings.panel.items()}
    steps = knobs(laser)
    panel = dict(before)
    if said.kind == "gentler":
        panel |= _less_dense(before, steps)
        if said.rules[0].id == "SER-21":
            panel |= _step(before, steps, STRENGTH, down=True)
    elif said.kind == "stronger":
        panel |= _step(before, steps, STRENGTH, down=False)
    changed = {name: (before[name], panel[name]) for name in panel if panel[name] != before[name]}
    verdict, refused, zone_rules = _judged(case, zone, panel, last, rooms)
    words = _words(said.kind, changed, refused)
    if refused:
        # what is refused is not suggested; its numbers stay out
        return ZoneChange(zone=zone.name, panel={}, changed={}, verdict=verdict, refused_by=zone_rules, words=words)
    return ZoneChange(zone=zone.name, panel=dict(panel), changed=changed, verdict=verdict, words=words)


def _words(kind: RuleKind, changed: dict[str, tuple[float, float]], refused: bool) -> str:
    if refused:
        return "A limit refuses these settings: they are not suggested. Plan the case again."
    if changed:
        return "; ".join(f"{name}: {a:g} to {b:g}" for name, (a, b) in changed.items())
    if kind == "same":
        return "the same settings"
    return f"the device offers no step that is {kind}: the same settings, or another plan"


def _less_dense(panel: dict[str, float], steps: dict[str, tuple[float, ...]]) -> dict[str, float]:
    """One pass fewer where there are several, else one step less dense."""
    if panel.get("passes", 1) > 1:
        return {"passes": panel["passes"] - 1}
    return _step(panel, steps, ("density_pct", "spots_per_cm2"), down=True) or _step(
        panel, steps, ("spacing_um", "pitch_um"), down=False
    )


def _step(
    panel: dict[str, float], steps: dict[str, tuple[float, ...]], names: Sequence[str], *, down: bool
) -> dict[str, float]:
    """The next step of the first of ``names`` that the panel has, or nothing where it offers none."""
    for name in (n for n in names if n in panel and n in steps):
        offered = sorted(steps[name], reverse=down)
        beyond = [v for v in offered if (v < panel[name] if down else v > panel[name])]
        return {name: beyond[0]} if beyond else {}
    return {}


def _judged(
    case: Case, zone: ZonePlan, panel: dict[str, float], last: SessionOutcome, rooms: Rooms
) -> tuple[str, bool, tuple[str, ...]]:
    """What the rules say of ``panel`` in this zone, in a session after ``last``: status, refused, the rules."""
    plain = case.plain()
    mine = next((z for z in plain["zones"] if z["name"] == zone.name), None)
    if mine is not None:
        plain |= {"site": mine["site"], "region": mine["region"]}
    plain["region"] = {k: v for k, v in plain["region"].items() if v is not None}
    plain["zones"] = []
    plain["settings"] = {k: int(v) if k in ("stack", "passes") else v for k, v in panel.items()}
    plain["goals"] |= {"first_session": False, "weeks_since_last_session": last.weeks_after}
    plain["patient"]["history"] |= {"last_session_not_healed": "no"}
    said = check(Case.parse(plain, origin="the case of the next session"), rooms=rooms)
    rules = tuple(f.rule for f in said.findings if f.status == "REFUSED")
    return said.status, said.refused, rules
