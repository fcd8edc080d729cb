"""A series of sessions: what adds up from one to the next, what may be expected, and when it ends.

Coverage adds up as 1 - prod(1 - c), because nobody finds the old columns again: sessions lie independently of each
other. Caps hold for each session by itself. Progress comes from studies alone (``planning.progress``).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable

import numpy as np

from colonnade import catalogue
from colonnade.case import Case
from colonnade.errors import BadInput
from colonnade.planning.indication import Indication
from colonnade.planning.model import Plan, ZonePlan
from colonnade.planning.progress import Progress, ProgressRow, progress
from colonnade.planning.series_model import SeriesPlan, SeriesRule, SeriesStep, Span
from colonnade.safety import agreed
from colonnade.safety.twice import cumulative_by_inclusion_pct
from colonnade.schema import read
from colonnade.units import to_si

#: Phototype IV and darker: the sessions of the one study lay 7 weeks apart, 6 to 7 in practice (rule INT-01, S05).
DARK_WEEKS = 6.0
DARK = ("IV", "V", "VI")
#: More than any study had by far; a larger number is a slip.
MOST_SESSIONS = 20


@functools.cache
def series_rules() -> tuple[SeriesRule, ...]:
    """The rules of ``library/series/session-rules.toml``."""
    return tuple(read(SeriesRule, rule, origin="library series rules") for rule in _file()["rules"])


def reviewed_by() -> str:
    """Who reviewed the rules of series."""
    return str(_file()["reviewed_by"])


@functools.cache
def _file() -> dict[str, list[dict[str, str]]]:
    return catalogue.load("series", "session-rules")


def series(
    case: Case, what: Indication, zones: Iterable[ZonePlan], depth_um: float, sessions: int | None = None
) -> SeriesPlan:
    """The series of a planned case.

    Parameters
    ----------
    depth_um : float
        The target depth at which coverage is counted [µm]: ``cover_depth_um`` of the plan's target.
    sessions : int, optional
        How many to look at; else the most that studies had.

    Raises
    ------
    BadInput
        For less than one session or more than anybody plans.
    """
    most = _most(what) if sessions is None else sessions
    if isinstance(most, bool) or not 1 <= most <= MOST_SESSIONS:
        raise BadInput(
            "sessions",
            given=repr(most),
            allowed=f"1 to {MOST_SESSIONS}; studies of {what.title.lower()} had {what.sessions.low:g} to "
            f"{what.sessions.high:g}",
            todo="State how many sessions are to be looked at.",
        )
    planned = tuple(zones)
    shortest, reasons = shortest_weeks(case, what, planned)
    longest = max(what.interval_weeks.high, shortest)
    known = progress(*dict.fromkeys((what.id, what.like) if what.like else (what.id,)))
    return SeriesPlan(
        sessions_low=math.floor(what.sessions.low),
        sessions_high=_most(what),
        sessions_flag=what.sessions.flag,
        sessions_source=what.sessions.source,
        interval_low_weeks=shortest,
        interval_high_weeks=longest,
        interval_source=what.interval_weeks.source,
        interval_reasons=reasons,
        steps=tuple(_step(k, planned, depth_um, known, (shortest, longest), _most(what)) for k in range(1, most + 1)),
        progress_grade=None if known is None else known.grade,  # type: ignore[arg-type]
        progress_illustrative=known is None or known.illustrative,
        progress_words=NO_PROGRESS if known is None else known.words,
        progress_rows=() if known is None else tuple(_row(row) for row in known.rows),
        rules=series_rules(),
        assumptions=ASSUMPTIONS,
        reviewed_by=reviewed_by(),
    )


NO_PROGRESS = (
    "No study of this indication that was read gives the change in numbers and the sessions behind it: nothing is "
    "predicted. Score before each session with the same instrument, and 1, 3 and 6 months after the last."
)
ASSUMPTIONS = (
    "Sessions lie independently of each other: cumulative = 1 - prod(1 - c); real columns may fall on old ones.",
    "The settings stay as planned; what healed meanwhile counts as treated.",
    "The caps hold for each session by itself: no source gives a limit for what adds up over sessions.",
)


def _most(what: Indication) -> int:
    return max(1, math.floor(what.sessions.high))


def shortest_weeks(case: Case, what: Indication, zones: Iterable[ZonePlan]) -> tuple[float, tuple[str, ...]]:
    """The shortest interval [weeks]: of the studies, longer on dark skin and where the prediction heals later."""
    reasons = [f"{what.interval_weeks.low:g} weeks: {what.interval_weeks.source}"]
    weeks = what.interval_weeks.low
    if case.patient.phototype in DARK:
        reasons.append(f"{DARK_WEEKS:g} weeks at phototype IV and darker: 6 to 7 weeks (rule INT-01; S05)")
        weeks = max(weeks, DARK_WEEKS)
    for zone in zones:
        if zone.course is None:
            continue
        for number in zone.course.predictions:
            if number.name != "downtime_d":
                continue
            if number.high is None:
                reasons.append(f"{zone.name}: the crust is not gone within what was computed; look before each session")
            elif number.high / 7 > weeks:
                weeks = math.ceil(number.high / 7)
                reasons.append(f"{weeks:g} weeks: predicted downtime of {zone.name}, late end (illustrative)")
    reasons.append("never before redness, crusts, dark marks and infection are gone (rule INT-02)")
    return float(weeks), tuple(reasons)


def cumulative_pct(one_pct: float, sessions: int) -> float:
    """Share after so many independent sessions [%], computed two ways. Raises Disagreement if they differ."""
    product = 100 * (1 - (1 - one_pct / 100) ** sessions)
    return agreed("cumulative share", product, cumulative_by_inclusion_pct(one_pct, sessions), abs_tol=1e-6)


def cover_depth_um(plan: Plan) -> float:
    """The depth at which a plan counts its cover [µm]. Raises BadInput where its target was taken out by hand."""
    depth = plan.target.get("cover_depth_um")
    if isinstance(depth, bool) or not isinstance(depth, int | float):
        raise BadInput("plan.target", given=repr(depth), allowed="cover_depth_um in µm", todo="Make the plan again.")
    return float(depth)


def treated_pct(zone: ZonePlan, depth_um: float) -> Span:
    """Share of the skin ablated or coagulated at ``depth_um`` in one session [%], at the ends of the crater losses.

    The low end is 0 where the shallow column does not reach so deep.
    """
    nominal = next(p.nominal for p in zone.predictions if p.name == "cover_at_target_pct") or 0.0
    per_m2 = to_si(zone.field.columns_per_cm2, "per_cm2")
    ends = [nominal]
    for column in zone.columns:
        radius_um = float(np.interp(depth_um, column.depth_um, column.coagulated_um, right=0.0))
        one_pass = min(1.0, per_m2 * math.pi * to_si(radius_um, "um") ** 2)
        ends.append(100 * (1 - (1 - one_pass) ** zone.field.passes))
    return Span(nominal=nominal, low=min(ends), high=max(ends))


def _step(
    session: int,
    zones: tuple[ZonePlan, ...],
    depth_um: float,
    known: Progress | None,
    interval_weeks: tuple[float, float],
    most: int,
) -> SeriesStep:
    treated, density = {}, {}
    for zone in zones:
        one = treated_pct(zone, depth_um)
        ends = {name: cumulative_pct(value, session) for name, value in one.model_dump().items()}
        treated[zone.name] = Span(**ends)
        density[zone.name] = cumulative_pct(zone.settings.derived["cumulative_density_pct"], session)
    gain = None if known is None else known.improvement_pct(session)
    return SeriesStep(
        session=session,
        week_earliest=(session - 1) * interval_weeks[0],
        week_latest=(session - 1) * interval_weeks[1],
        treated_pct=treated,
        density_pct=density,
        improvement_pct=None if gain is None else Span(nominal=gain[0], low=gain[1], high=gain[2]),
        note="more sessions than any study of this indication had" if session > most else "",
    )


def _row(row: ProgressRow) -> tuple[str, str, str, str]:
    after = f", {row.weeks_after:g} weeks after" if row.weeks_after is not None else ""
    change = f"{100 * (1 - row.left):.1f} % less after {row.sessions:g} sessions{after}"
    return (
        row.row,
        row.measure,
        change,
        f"{row.study}; {row.design}, n = {row.n}" + (f"; {row.note}" if row.note else ""),
    )
