"""``plan(case) -> Plan`` and ``check(case or plan) -> Judgement``: the main job, from the case to the whole plan."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import ValidationError

from colonnade import DISCLAIMER
from colonnade.case import Case
from colonnade.errors import BadInput
from colonnade.planning import care, explain, facts, papers, testspot_notes
from colonnade.planning.audit import require_sound
from colonnade.planning.candidates import Setting, settings_of
from colonnade.planning.candidates import setting as make_setting
from colonnade.planning.course import healed
from colonnade.planning.model import Candidate, Finding, Plan, ZonePlan
from colonnade.planning.objectives import Outcome
from colonnade.planning.outcomes import Columns, outcome, simulated
from colonnade.planning.published import published
from colonnade.planning.resolve import Task, ZoneTask, resolve
from colonnade.planning.rooms import Rooms, Stage, hottest_column
from colonnade.planning.search import MOST_SHOTS, Found, Progress, Search, Tools, failing
from colonnade.planning.sessions import series
from colonnade.planning.zone import Fields, zone_plan
from colonnade.safety import Judgement, combined

if TYPE_CHECKING:
    from colonnade.field import BulkHeat, Field
    from colonnade.photothermal import Lesion


@dataclass(frozen=True)
class _Zone:
    """What came of one zone."""

    verdict: Judgement
    why: tuple[str, ...]
    plan: ZonePlan | None = None
    runner_up: Candidate | None = None
    lesions: tuple[Lesion, ...] = ()
    field_assumptions: tuple[str, ...] = ()
    no_course: str = ""
    hot: Field | None = None


def plan(case: Case, *, progress: Progress | None = None, rooms: Rooms | None = None) -> Plan:
    """Plan a treatment.

    With settings in the case these are judged and nothing is searched; without, the settings the device offers are
    searched for each zone. A case that the rules refuse is refused before anything is simulated.

    Parameters
    ----------
    case : Case
        What is to be done.
    progress : callable(phase, fraction, message), optional
        Called on anything that takes longer than a moment: ``checks``, ``ranking``, ``columns``, ``field``, ``done``.
    rooms : Rooms, optional
        The engine, the field and the rules; another object for tests.

    Raises
    ------
    BadInput
        Unknown ids, settings the device does not offer, a measurement that the indication needs.
    ArithmeticError
        If a result breaks what every plan must keep; a defect, never a plan.
    """
    started = time.perf_counter()
    say, rooms = progress or _silent, rooms or Rooms()
    say("checks", 0.0, "reading the case and asking the rules")
    task = resolve(case)
    early = [_early(task, zone, rooms) for zone in task.zones]
    if any(verdict.refused for verdict in early):
        zones = [_Zone(verdict, _refused_early(verdict, zone)) for verdict, zone in zip(early, task.zones, strict=True)]
    else:
        share = max(2, MOST_SHOTS // len(task.zones))
        zones = []
        for zone in task.zones:  # one after the other, as they are fired: the heat of those before is added
            after = zones[-1].hot if zones and task.together else None
            zones.append(_zone(task, zone, rooms, _named(say, zone.name), share, after))
    made = _assemble(task, zones, rooms, started)
    say("done", 1.0, f"{made.verdict} after {made.provenance.seconds:.1f} s")
    return made


def check(what: Case | Plan, *, progress: Progress | None = None, rooms: Rooms | None = None) -> Judgement:
    """Limits and rules only.

    A plan is judged again, with the rules of today, from its case, its settings and its stored predictions. A case
    with settings is judged like a plan: by arithmetic first, and where that does not refuse by simulating its columns;
    a case without settings by what is known of the patient. The ``stage`` of the result says how far it went.
    """
    say, rooms = progress or _silent, rooms or Rooms()
    case = Case.parse(what.case, origin="the plan's case") if isinstance(what, Plan) else what
    task = resolve(case)
    if isinstance(what, Plan) and what.zones:
        return combined(_again(task, _task_of(task, zone), zone, rooms) for zone in what.zones)
    early = [_early(task, zone, rooms) for zone in task.zones]
    verdict = combined(early)
    if verdict.refused or any(zone.given is None for zone in task.zones):
        return verdict
    zones: list[_Zone] = []
    for zone in task.zones:
        after = zones[-1].hot if zones and task.together else None
        zones.append(_given(task, zone, rooms, _named(say, zone.name), after))
    return combined(zone.verdict for zone in zones)


# --- zones --------------------------------------------------------------------------------------------------
def _early(task: Task, zone: ZoneTask, rooms: Rooms) -> Judgement:
    """The verdict before anything is simulated: on the patient, and on the settings if they are given."""
    known = facts.about_patient(task.case, zone)
    stage: Stage = "patient"
    if zone.given is not None:
        known |= facts.about_settings(zone.given.settings)
        stage = "settings"
    return rooms.judge(known, task.case, stage=stage, zone=zone.name)


def _refused_early(verdict: Judgement, zone: ZoneTask) -> tuple[str, ...]:
    if not verdict.refused:
        return (explain.sentence(zone.name, "not refused by itself; another zone is, so nothing was simulated."),)
    return _refusals(verdict, zone, " before any simulation")


def _refusals(verdict: Judgement, zone: ZoneTask, when: str = "") -> tuple[str, ...]:
    """What refuses, in words."""
    return tuple(
        explain.sentence(zone.name, f"refused by {f.rule}{when}: given {f.given}, allowed {f.allowed}. {f.reason}")
        for f in failing(verdict)
    )


def _zone(
    task: Task, zone: ZoneTask, rooms: Rooms, say: Progress, most_shots: int, after: Field | None = None
) -> _Zone:
    if zone.given is not None:
        return _given(task, zone, rooms, say, after)
    return _searched(task, zone, rooms, say, most_shots, after)


def _judge(
    task: Task, zone: ZoneTask, rooms: Rooms, setting: Setting, reached: Outcome, bulk: BulkHeat | None
) -> Judgement:
    known = facts.about_patient(task.case, zone) | facts.about_settings(setting.settings)
    known |= facts.about_plan(reached, bulk)
    return rooms.judge(known, task.case, stage="plan", zone=zone.name)


def _given(task: Task, zone: ZoneTask, rooms: Rooms, say: Progress, after: Field | None = None) -> _Zone:
    """The zone's own settings, simulated and judged; nothing is searched."""
    setting = zone.given
    assert setting is not None  # the caller looked
    say("columns", 0.2, "simulating the given settings at both ends of the crater losses")
    columns = rooms.columns(setting.settings.shot, zone.skin)
    say("field", 0.6, "the columns over the region and the heat between them")
    hottest = hottest_column(columns, setting.settings, zone.basal_um)
    hot = rooms.field(setting.settings, hottest, zone.region, firing=task.case.firing, after=after)
    reached = outcome(setting.settings, simulated(columns, zone.target, zone.basal_um))
    verdict = _judge(task, zone, rooms, setting, reached, hot.bulk)
    said = "the settings are given in the case; they were judged, and no others were searched."
    why = (explain.sentence(zone.name, said), *_refusals(verdict, zone))
    return _finished(task, zone, rooms, setting, reached, columns, hot, verdict, why, None, after)


def _searched(task: Task, zone: ZoneTask, rooms: Rooms, say: Progress, most_shots: int, after: Field | None) -> _Zone:
    """The best settings the device offers for the zone."""
    say("ranking", 0.0, "ranking the settings the device offers")
    options = tuple(settings_of(task.device))
    if not options:
        raise BadInput(
            "device",
            given=f"{task.device.name}, whose steps give no setting inside its own ranges",
            allowed="a profile with at least one valid combination",
            todo="Correct the device profile.",
        )

    def judged(setting: Setting, reached: Outcome, columns: Columns | None, field: Field | None) -> Judgement:
        return _judge(task, zone, rooms, setting, reached, field.bulk if field is not None else None)

    def hot_field(setting: Setting, columns: Columns) -> Field:
        hottest = hottest_column(columns, setting.settings, zone.basal_um)
        return rooms.field(setting.settings, hottest, zone.region, firing=task.case.firing, after=after)

    found: Found[Field] = Search(
        options=options,
        target=zone.target,
        basal_um=zone.basal_um,
        priority=task.case.goals.priority,
        tools=Tools(
            columns=lambda shot: rooms.columns(shot, zone.skin),
            field=hot_field,
            judge=judged,
            etas=rooms.etas,
        ),
        progress=say,
        most_shots=most_shots,
    ).run()
    if found.best is None:
        return _Zone(_nothing(found, zone), explain.nothing_found(found, zone.name))
    best = found.best
    assert best.columns is not None  # only what was simulated and computed passes
    assert best.field is not None
    why = explain.why(found, zone.target, task.case.goals.priority, zone.name)
    second = explain.runner_up(found, zone.target)
    return _finished(
        task, zone, rooms, best.setting, best.outcome, best.columns, best.field, best.verdict, why, second, after
    )


def _nothing(found: Found[Field], zone: ZoneTask) -> Judgement:
    """The verdict where no setting is allowed: that of the nearest one, which is refused."""
    if not found.refused_above:
        raise ArithmeticError(f"zone {zone.name!r}: the search ended without a choice and without a refusal")
    return explain.nearest(found).verdict


def _finished(
    task: Task,
    zone: ZoneTask,
    rooms: Rooms,
    setting: Setting,
    reached: Outcome,
    columns: Columns,
    hot: Field,
    verdict: Judgement,
    why: tuple[str, ...],
    second: Candidate | None,
    after: Field | None,
) -> _Zone:
    fields = Fields(nominal=hot, hot=hot)
    if not verdict.refused:
        nominal = rooms.field(setting.settings, columns.nominal, zone.region, firing=task.case.firing, after=after)
        fields = Fields(nominal, max((hot, nominal), key=lambda field: field.bulk.peak_basal_K))
        if fields.hot is nominal:  # hotter than the column picked as the hottest: judge by it
            verdict = _judge(task, zone, rooms, setting, reached, nominal.bulk)
    if verdict.refused:
        return _Zone(verdict, why, lesions=columns.all(), field_assumptions=hot.assumptions)
    try:
        course, missing = healed(task.case, zone, columns, fields, rooms)
        made = zone_plan(zone, setting, reached, columns, fields, course)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ArithmeticError(
            f"zone {zone.name!r}, settings {explain.panel_words(setting.panel)}: {where} is {first.get('input')!r}; "
            "there is no plan"
        ) from None
    return _Zone(verdict, why, require_sound(made), second, columns.all(), hot.assumptions, missing, fields.hot)


# --- check of a plan ----------------------------------------------------------------------------------------
def _task_of(task: Task, zone: ZonePlan) -> ZoneTask:
    found = next((t for t in task.zones if t.title == zone.name), None)
    if found is None:
        raise BadInput(
            "plan.zones",
            given=f'a zone "{zone.name}" that the plan\'s case does not have',
            allowed="the zones of the case",
            todo="The file was changed by hand: make the plan again.",
        )
    return found


def _again(task: Task, zone: ZoneTask, kept: ZonePlan, rooms: Rooms) -> Judgement:
    """The rules on what a plan has stored: its settings and the unfavourable ends of its predictions."""
    setting = make_setting({name: float(value) for name, value in kept.settings.panel.items()}, task.device)
    ends = {p.name: p.high for p in kept.predictions}
    known = facts.about_patient(task.case, zone) | facts.about_settings(setting.settings)
    known |= {name: ends.get(name) for name in ("coagulation_depth_um", "crater_depth_um", *facts.HEAT[:3])}
    known |= {"basal_damage_omega": ends.get("omega_basal"), "cem43_min": ends.get("cem43_basal_min")}
    return rooms.judge(known, task.case, stage="plan", zone=zone.name)


# --- the plan -----------------------------------------------------------------------------------------------
def _assemble(task: Task, zones: list[_Zone], rooms: Rooms, started: float) -> Plan:
    case, verdict = task.case, combined(zone.verdict for zone in zones)
    refused = verdict.refused
    # a kind of scar that takes over another indication's values shows the published settings of both
    ids = (case.indication.id, task.indication.like)
    rows = tuple(row.row() for name in ids for row in published(name))
    items = () if refused else care.summary(case, tuple(zone.skin for zone in task.zones), _densest(zones))
    lesions = [lesion for zone in zones for lesion in zone.lesions]
    status, reasons = papers.validity(lesions)
    first = zones[0] if len(zones) == 1 else None
    return Plan(
        schema="colonnade.plan/1",
        title=case.title,
        disclaimer=DISCLAIMER,
        synthetic=case.synthetic,
        case=case.plain(),
        verdict=verdict.status,
        findings=tuple(Finding.model_validate(finding.as_dict()) for finding in verdict.findings),
        indication_title=task.indication.title,
        phototype=case.patient.phototype,
        device_id=task.device.id,
        device_name=task.device.name,
        device_built_from=task.device.built_from,
        device_assumed=papers.device_assumed(task.device),
        # a refused plan shows its reasons and nothing that could be fired
        zones=() if refused else tuple(zone.plan for zone in zones if zone.plan is not None),
        why=(
            *(line for zone in zones for line in zone.why if not refused or zone.verdict.refused),
            *_next_step(task),
        ),
        runner_up=None if refused or first is None else first.runner_up,
        published=rows,
        target=_target(task),
        aftercare=tuple(item.text for item in items),
        series=None
        if refused
        else series(
            case, task.indication, [z.plan for z in zones if z.plan is not None], task.zones[0].target.depth_um
        ),
        test_spots=() if refused else testspot_notes.notes(task, verdict.findings, [zone.plan for zone in zones]),
        assumptions=papers.assumptions(
            task, rooms.etas, lesions, [line for zone in zones for line in zone.field_assumptions]
        ),
        absent=papers.absent([] if refused else [zone.no_course for zone in zones if zone.no_course], refused=refused),
        sources=papers.sources(task, verdict.findings, rows, items),
        validity_status=status,
        validity_reasons=reasons,
        provenance=papers.provenance(task, time.perf_counter() - started),
    )


def _densest(zones: list[_Zone]) -> float | None:
    """The highest cumulative density of the zones [%]; None where none was planned."""
    planned = [zone.plan.settings.derived["cumulative_density_pct"] for zone in zones if zone.plan is not None]
    return max(planned, default=None)


def _next_step(task: Task) -> tuple[str, ...]:
    """What to do instead or besides, where the indication says so."""
    what = task.indication
    return (f"{what.title}, the right next step: {what.next_step}",) if what.next_step else ()


def _target(task: Task) -> dict[str, object]:
    target, what = task.zones[0].target, task.indication
    return {
        "depth_low_um": target.depth_low_um,
        "depth_high_um": target.depth_high_um,
        "depth_flag": what.target_depth_um.flag,
        "depth_source": what.target_depth_um.source,
        "cover_depth_um": target.depth_um,
        "cover_low_pct": target.cover_low_pct,
        "cover_high_pct": target.cover_high_pct,
        "cover_flag": what.coverage_pct.flag,
        "cover_source": what.coverage_pct.source,
        "coagulation_wish": what.coagulation.wish,
        "coagulation_flag": what.coagulation.flag,
        "coagulation_source": what.coagulation.source,
        "evidence_grade": what.evidence_grade,
        "evidence_reason": what.evidence_reason,
        "label_status": what.label_status,
        "priority": task.case.goals.priority,
    }


def _silent(phase: str, fraction: float, message: str) -> None:
    """Says nothing."""


def _named(say: Progress, zone: str) -> Progress:
    """``say`` with the zone's name before each message."""
    if not zone:
        return say
    return lambda phase, fraction, message: say(phase, fraction, f"{zone}: {message}")
