"""The consent draft: what is planned, what it may do, what can go wrong, in plain words and with the plan's numbers."""

from __future__ import annotations

from colonnade.case import Case
from colonnade.planning.form_parts import Block, Form, about, form_file, notes, panel, signatures, sources, steps
from colonnade.planning.model import Plan


def consent(plan: Plan, case: Case) -> Form:
    """The consent draft of ``plan``."""
    file = form_file("consent")
    parts = {part: steps(file, case, part) for part in ("what", "risks", "instead", "yours")}
    used = [step for steps in parts.values() for step in steps]

    def text(title: str, *lines: str) -> Block:
        return Block(kind="text", title=title, rows=tuple((line,) for line in lines if line))

    more = "This is no legal text: the clinic and its lawyer adapt it. Explain it in person, and leave time."
    healing, risks = _healing(plan)
    return Form(
        name="consent",
        title=file.title,
        notes=notes(plan, file, more),
        blocks=(
            about(plan),
            text("What is planned", *(s.text for s in parts["what"]), _settings(plan)),
            text("What it may achieve", *_gain(plan)),
            *healing,
            text("What can go wrong", *(s.text for s in parts["risks"])),
            *risks,
            text("What else could be done", *(s.text for s in parts["instead"]), *_label_status(plan)),
            text("Your part", *(s.text for s in parts["yours"])),
            Block(
                kind="ticks",
                title="I agree to",
                rows=(("the treatment as described", ""), ("photographs for my record", ""), ("a test spot first", "")),
            ),
            Block(kind="blank", title="Questions that were asked, and the answers", rows=(("",), ("",), ("",))),
            signatures("Patient or guardian", "Physician who explained it", "Interpreter, if any"),
        ),
        sources=sources(used),
    )


def _settings(plan: Plan) -> str:
    zones = []
    for i, zone in enumerate(plan.zones):
        line = ", ".join(f"{name.lower()} {value}" for name, value in panel(plan, i))
        zones.append(f"{zone.name}: {line}" if len(plan.zones) > 1 else line)
    return f"Settings: {'; '.join(zones)}."


def _gain(plan: Plan) -> list[str]:
    grade = plan.target.get("evidence_grade", "not stated")
    lines = [f"Evidence for this use: grade {grade} of A to D ({plan.target.get('evidence_reason', 'not stated')})."]
    found = plan.series
    if found is None:
        return lines
    number = f"{found.sessions_low}" if found.sessions_low == found.sessions_high else (
        f"{found.sessions_low} to {found.sessions_high}"
    )  # fmt: skip
    lines.append(f"Studies used {number} sessions, {found.interval_low_weeks:g} weeks or more apart.")
    gains = [step for step in found.steps if step.improvement_pct is not None]
    if gains:
        last = gains[-1]
        assert last.improvement_pct is not None  # just asked
        label = ", illustrative" if found.progress_illustrative else ""
        span = last.improvement_pct
        lines.append(
            f"In studies the score of the complaint was about {span.nominal:.0f} % less after {last.session} sessions "
            f"(between {span.low:.0f} and {span.high:.0f} %; evidence {found.progress_grade}{label}). "
            "It may also do nothing."
        )
    else:
        lines.append("No study gives the gain per session in numbers. It may also do nothing.")
    return lines


#: Predictions that a patient can use, in plain words.
HEALING = {
    "swelling_gone_d": "Swelling gone",
    "downtime_d": "Crusts mostly gone, skin closed",
    "redness_noticed_until_d": "Redness noticed until",
}


def _healing(plan: Plan) -> tuple[list[Block], list[Block]]:
    """Days of healing and risks, each with interval and grade; none where nothing was predicted."""
    healing, risks = [], []
    several = len(plan.zones) > 1
    for zone in plan.zones:
        if zone.course is None:
            continue
        before = f"{zone.name}: " if several else ""
        healing += [
            (
                before + HEALING[n.name],
                _days(n.nominal),
                f"{_days(n.low)} to {_days(n.high)}",
                _grade(n.grade, n.illustrative),
            )
            for n in zone.course.predictions
            if n.name in HEALING
        ]
        risks += [
            (before + r.risk.title, _pct(r.risk.nominal), f"{_pct(r.risk.low)} to {_pct(r.risk.high)}",
             _grade(r.risk.grade, r.risk.illustrative))
            for r in zone.course.risks
        ]  # fmt: skip
    heads = ("Computed, not promised", "Expected", "Between", "Evidence")
    widths = (2.6, 0.8, 1.2, 1)
    made = [("How it heals, in days", healing), ("Risks, in 100 people", risks)]
    tables = [
        [Block(kind="table", title=title, heads=heads, rows=tuple(rows), widths=widths)] if rows else []
        for title, rows in made
    ]
    return tables[0], tables[1]


def _days(value: float | None) -> str:
    return "not reached" if value is None else f"{value:.1f}"


def _pct(value: float | None) -> str:
    return "not known" if value is None else f"{value:.1f}"


def _grade(grade: str, illustrative: bool) -> str:
    return f"{grade}, illustrative" if illustrative else grade


def _label_status(plan: Plan) -> list[str]:
    status = plan.target.get("label_status")
    return [f"Label: {status}"] if isinstance(status, str) and status else []
