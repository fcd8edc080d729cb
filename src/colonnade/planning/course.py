"""Healing in the plan: `healed` predicts a zone's course at both ends of the crater losses, `drawn` gives it back.

Closure, signs and risks come from `colonnade.healing`. The plan widens their intervals over the crater losses: low is
the lowest of the three columns' low ends, high the highest of their high ends. Heat is that of the hot field.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from colonnade.case import Case
from colonnade.errors import BadInput
from colonnade.planning.model import HealingCourse, HealingNumber, HealingRisk, HealingTrack, HealingWound, Numbers
from colonnade.planning.outcomes import Columns
from colonnade.planning.resolve import ZoneTask
from colonnade.planning.rooms import Rooms
from colonnade.planning.zone import Fields

if TYPE_CHECKING:
    from colonnade.healing import Course
    from colonnade.healing.evidence import Prediction

#: Days of the stored series: the skin closes within the first, the rest changes slowly.
DAYS = np.concatenate([np.arange(0, 7, 0.25), np.arange(7, 28, 0.5), np.arange(28, 61, 1.0)])
SERIES = ("open_pct", "visible_pct", "plugs_pct", "redness_pct", "swelling_pct")
MATRIX = ("hsp47", "fibroblasts", "collagen_iii", "collagen_i", "produced")


def healed(
    case: Case, zone: ZoneTask, columns: Columns, fields: Fields, rooms: Rooms
) -> tuple[HealingCourse | None, str]:
    """The course of a zone, or None and why there is none (nothing of the epidermis is killed)."""
    # the hot end of heat: what drives dark marks is not to be taken too mildly
    bulk = dataclasses.replace(fields.nominal.bulk, peak_basal_either_end_K=fields.hot.peak_basal_K)
    made = dataclasses.replace(fields.nominal, bulk=bulk)
    try:
        nominal = rooms.heal(made, columns.nominal, zone.site.id, case)
    except BadInput as error:
        return None, f"No prediction of healing for {zone.title}: {error.given}."
    others: list[Course] = []
    notes = []
    for words, lesion in (("shallow", columns.shallow), ("deep", columns.deep)):
        try:
            course = rooms.heal(made, lesion, zone.site.id, case)
        except BadInput as error:
            notes.append(f"healing at the {words} end of the crater losses is left out: {error.given}")
            continue
        if course.wound.kind != nominal.wound.kind:
            notes.append(f"at the {words} end of the crater losses the wound is {course.wound.kind.replace('_', ' ')}")
        others.append(course)
    return stored(nominal, others, notes), ""


def stored(course: Course, others: list[Course], notes: list[str]) -> HealingCourse:
    """``course`` as a plan keeps it, its intervals widened by ``others``; ``notes`` join the assumptions."""
    every = [course, *others]

    def number(p: Prediction) -> HealingNumber:
        return _number(p, [q for other in every for q in _numbers_of(other) if q.name == p.name])

    wound = course.wound
    plain = {
        f.name: getattr(wound, f.name)
        for f in dataclasses.fields(wound)
        if f.name not in ("centres_um", "window_um", "assumptions")
    }
    return HealingCourse(
        site=course.site,
        phototype=course.phototype,
        care=course.care,
        wound=HealingWound(
            **plain,
            window_um=tuple(float(v) for v in wound.window_um),
            x_um=_rounded(wound.centres_um[:, 0], 2),
            y_um=_rounded(wound.centres_um[:, 1], 2),
        ),
        predictions=(*(number(p) for p in course.predictions), _downtime(number, course)),
        full_field=tuple(number(p) for p in course.full_field),
        risks=tuple(
            HealingRisk.model_validate(
                {
                    "risk": number(r.prediction),
                    "factors": [dataclasses.asdict(f) for f in r.factors],
                    "reducers": [dataclasses.asdict(m) for m in r.reducers],
                }
            )
            for r in course.risks
        ),
        redness_words=course.redness_words,
        day=_rounded(DAYS, 2),
        series={name: _track(every, name) for name in SERIES},
        month_day=_rounded(course.matrix.day, 2),
        matrix={name: _rounded(getattr(course.matrix, name)) for name in MATRIX},
        assumptions=(*course.assumptions, *notes),
        reviewed_by=course.reviewed_by,
        inputs_sha256=course.inputs_sha256,
    )


def _downtime(number: Any, course: Course) -> HealingNumber:
    """When the crust has mostly gone, and not before the skin has closed. What counts as downtime is assumed."""
    shed = next(p for p in course.predictions if p.name in ("plugs_shed_d", "crust_gone_d"))
    ends: HealingNumber = number(shed)
    closed: HealingNumber = number(course["epithelium_closed_95_d"])

    def later(a: float | None, b: float | None) -> float | None:
        return None if a is None or b is None else max(a, b)

    return HealingNumber(
        name="downtime_d",
        title="Downtime: crust mostly gone and skin closed",
        nominal=later(ends.nominal, closed.nominal),
        low=later(ends.low, closed.low),
        high=later(ends.high, closed.high),
        grade="D",
        illustrative=True,
        source="the later of the two above; that people count it so is assumed",
        note="redness lasts longer",
    )


def _numbers_of(course: Course) -> tuple[Prediction, ...]:
    return (*course.predictions, *course.full_field, *(r.prediction for r in course.risks))


def _number(p: Prediction, same: list[Prediction]) -> HealingNumber:
    """``p`` with the ends of ``same``; an end that one of them never reaches is never reached."""
    lows = [q.low for q in same if q.low is not None]
    highs = [q.high for q in same]
    return HealingNumber(
        name=p.name,
        title=p.title,
        nominal=_plain(p.nominal),
        low=_plain(min(lows)) if lows else None,
        high=None if None in highs else _plain(max(h for h in highs if h is not None)),
        grade=p.grade,
        illustrative=p.illustrative,
        source=p.source,
        note=p.note,
    )


def _plain(value: float | None) -> float | None:
    return None if value is None else float(value)


def _track(courses: list[Course], name: str) -> HealingTrack:
    def at(course: Course, end: str) -> Any:
        return np.interp(DAYS, course.days.day, getattr(getattr(course.days, name), end))

    ends = [at(course, end) for course in courses for end in ("low", "nominal", "high")]
    return HealingTrack(
        nominal=_rounded(at(courses[0], "nominal")),
        low=_rounded(np.min(ends, axis=0)),
        high=_rounded(np.max(ends, axis=0)),
    )


def _rounded(values: Any, digits: int = 4) -> Numbers:
    return tuple(round(float(v), digits) for v in values)


def drawn(kept: HealingCourse) -> Course:
    """The course that a plan keeps as `colonnade.healing` has it, for its figures.

    Factors and reducers of the risks stay in the plan: no figure shows them.
    """
    from colonnade.healing import Course, Days, Risk, Track, Wound
    from colonnade.healing.collagen import Matrix
    from colonnade.healing.evidence import Prediction

    def number(p: HealingNumber) -> Prediction:
        return Prediction(**p.model_dump(exclude={"illustrative"}))

    wound = kept.wound.model_dump(exclude={"window_um", "x_um", "y_um"})
    x0, y0, x1, y1 = kept.wound.window_um
    centres = np.column_stack([kept.wound.x_um, kept.wound.y_um])
    tracks = {
        name: Track(
            *(np.array(end) for end in (kept.series[name].nominal, kept.series[name].low, kept.series[name].high))
        )
        for name in SERIES
    }
    return Course(
        wound=Wound(**wound, window_um=(x0, y0, x1, y1), centres_um=centres),
        site=kept.site,
        phototype=kept.phototype,
        care=kept.care,
        predictions=tuple(number(p) for p in kept.predictions),
        days=Days(day=np.array(kept.day), **tracks),
        matrix=Matrix(day=np.array(kept.month_day), **{name: np.array(kept.matrix[name]) for name in MATRIX}),
        risks=tuple(Risk(number(r.risk), (), ()) for r in kept.risks),
        redness_words=kept.redness_words,
        full_field=tuple(number(p) for p in kept.full_field),
        assumptions=kept.assumptions,
        reviewed_by=kept.reviewed_by,
        inputs_sha256=kept.inputs_sha256,
    )
