"""The pre-treatment checklist: what the plan leaves open, the history again, the room, the log, the time-out."""

from __future__ import annotations

from typing import Any

from colonnade.case import Anaesthesia, Case, History
from colonnade.planning.facts import about_anaesthesia
from colonnade.planning.form_parts import Block, Form, about, form_file, notes, panel, signatures, sources, steps
from colonnade.planning.model import Finding, Plan
from colonnade.schema import Model


def checklist(plan: Plan, case: Case) -> Form:
    """The checklist of ``plan``; an empty cell is a blank."""
    file = form_file("checklist")
    room, timeout = steps(file, case, "room"), steps(file, case, "time-out")
    prescriber, after = steps(file, case, "prescriber"), steps(file, case, "after")
    open_ = [f for f in plan.findings if f.outcome in ("open", "unknown")]
    over = [f for f in plan.findings if f.outcome == "overridden"]
    blocks = [about(plan)]
    if open_:
        blocks.append(Block(kind="ticks", title="Open in this plan: do and record first", rows=tuple(_open(open_))))
    if over:
        rows = tuple((f.rule, f.overridden_by, f.given) for f in over)
        blocks.append(
            Block(kind="table", title="Overridden by name", heads=("Rule", "Who, and why", "Given"), rows=rows,
                  widths=(0.6, 2.4, 1.4))
        )  # fmt: skip
    blocks += [
        Block(
            kind="table",
            title="History: ask again, on the day",
            heads=("Question", "In the case", "Today"),
            rows=tuple(_answers(case)),
            widths=(3.4, 0.8, 0.8),
        ),
        Block(kind="ticks", title="The room", rows=tuple((s.text, s.id) for s in room)),
        Block(kind="ticks", title="For the prescriber: ordered or not", rows=tuple((s.text, s.id) for s in prescriber)),
        *_anaesthetic_log(case),
        Block(kind="ticks", title="Time-out before the first pulse", rows=tuple((s.text, s.id) for s in timeout)),
        Block(
            kind="table",
            title="The panel",
            heads=("Zone", "Setting", "Planned", "Read on the panel"),
            rows=tuple((z.name, *line, "") for i, z in enumerate(plan.zones) for line in panel(plan, i)),
            widths=(1.2, 1.2, 1, 1.2),
        ),
        Block(kind="ticks", title="Before the patient leaves", rows=tuple((s.text, s.id) for s in after)),
        signatures("Operator", "Second person"),
    ]
    return Form(
        name="checklist",
        title=file.title,
        notes=notes(plan, file),
        blocks=tuple(blocks),
        sources=sources([*room, *prescriber, *timeout, *after]),
    )


def _open(found: list[Finding]) -> list[tuple[str, str]]:
    """Steps to record, one line each; questions without an answer in one line, since each stands in the table below."""
    lines = []
    for finding in (f for f in found if f.outcome == "open"):
        zone = f"{finding.zone}: " if finding.zone else ""
        lines.append((f"{zone}{finding.reason.split('. ')[0]}. {finding.todo}", finding.rule))
    asked = dict.fromkeys(f.rule for f in found if f.outcome == "unknown")
    if asked:
        lines.append((f"Ask what is unknown below, and state the answers in the case ({', '.join(asked)}).", ""))
    return lines


def _answers(case: Case) -> list[tuple[str, str, str]]:
    """Every question of the history, with the answer of the case; those on the anaesthetic where one is planned."""
    asked: list[tuple[type[Model], Model]] = [(History, case.patient.history)]
    if case.anaesthesia is not None:
        asked.append((Anaesthesia, case.anaesthesia))
    return [
        (str(field.title), str(getattr(given, name)), "")
        for model, given in asked
        for name, field in model.model_fields.items()
        if field.default == "unknown"
    ]


def _anaesthetic_log(case: Case) -> list[Block]:
    """What rule AN-08 wants logged, beside what is planned and the ceilings the sources give."""
    if case.anaesthesia is None:
        return []
    known = about_anaesthesia(case)

    def ceiling(name: str, unit: str) -> str:
        value = known.get(name)
        return "no data" if not isinstance(value, float | int) else f"at most {value:g} {unit}"

    planned = case.anaesthesia
    rows = [
        ("Product, lot, strength", planned.product or "none", "", ""),
        ("Cream", f"{planned.amount_g:g} g", ceiling("anaesthetic_amount_max_g", "g"), ""),
        ("Area", f"{planned.area_cm2:g} cm²", ceiling("anaesthetic_area_max_cm2", "cm²"), ""),
        ("On, off, removal confirmed", f"{planned.time_min:g} min", ceiling("anaesthetic_time_max_min", "min"), ""),
        ("Lidocaine injected", f"{planned.injected_lidocaine_mg:g} mg", "", ""),
        ("Share of the ceilings together", _share(known), "at most 100 %", ""),
    ]
    heads = ("Anaesthetic (AN-08)", "Planned", "Ceiling (AN-01)", "Given")
    return [
        Block(kind="table", title="Log of the anaesthetic", heads=heads, rows=tuple(rows), widths=(1.5, 1, 1.2, 1.3))
    ]


def _share(known: dict[str, Any]) -> str:
    share = known.get("anaesthetic_sum_pct")
    return f"{share:.0f} %" if isinstance(share, float) else "cannot be computed"
