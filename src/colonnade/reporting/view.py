"""What the report says, in its order, as plain text and tables: the page and the PDF are two ways to set this."""

from __future__ import annotations

from typing import Any

from colonnade.planning.model import Finding, HealingCourse, HealingNumber, Plan, Severity, Status, ZonePlan
from colonnade.planning.series_model import SeriesPlan, Span
from colonnade.reporting import palette
from colonnade.reporting.canvas import NOT_TEXT, Picture
from colonnade.reporting.metrics import label, number, show, show_with_unit, unit
from colonnade.reporting.plan_figures import settings_line
from colonnade.reporting.trade_view import traded

VERDICT_TEXT: dict[Status, str] = {
    "REFUSED": "Do not treat. At least one limit forbids it; the reasons and the next steps follow.",
    "DEFERRED": "Not now. A date or a condition must be met first.",
    "CONDITIONAL": "Only after the open steps below are done and recorded.",
    "WARNED": "Inside the limits that were checked, with warnings to weigh.",
    "OK": "Inside every limit that was checked. The decision stays with the clinician.",
}
CRATER_LOSSES = {
    "not calibrated": (
        "Crater losses are not calibrated: how much light the plume and the crater keep from the tissue was not fitted "
        "to measurements of this device. Each depth is therefore an interval, and limits are judged at its worse end."
    ),
    "published studies": (
        "Crater losses come from published studies, not from shots of this device: how much light the plume and the "
        "crater keep from the tissue differs from study to study. Each depth is therefore a wide interval, and limits "
        "are judged at its worse end."
    ),
    "calibrated": "Crater losses are calibrated to measurements of this device.",
}
VALIDITY = {
    "inside": "Inside the range where the model was compared with measurements.",
    "edge": "At the edge of the range where the model was compared with measurements.",
    "outside": "Outside the range where the model was compared with measurements.",
}
OUTCOMES = {
    "fail": "not met",
    "unknown": "not known",
    "open": "still open",
    "overridden": "overridden",
    "note": "noted",
}
#: Which end of an interval a limit is judged at, in words.
SAFETY_USES = {"": "–", "high": "high end", "low": "low end", "both": "both ends"}
_WORST_FIRST: tuple[Severity, ...] = ("block", "specialist", "defer", "cap", "require", "warn", "inform")
#: Verdicts under which nothing may read as advice to treat.
FORBIDS = frozenset({"REFUSED", "DEFERRED"})

Rows = list[list[str]]


def view(plan: Plan, zones: tuple[tuple[Picture, ...], ...], comparison: Picture | None) -> dict[str, Any]:
    """The whole report as plain data (strings, lists, tables), the same for the page and for the PDF."""
    badge = palette.VERDICTS[plan.verdict]
    forbids = plan.verdict in FORBIDS
    findings = worst_first(plan.findings)
    # a case that is refused before any settings were judged gets neither a target nor other people's settings
    bare = forbids and not plan.zones
    content = {
        "title": plan.title,
        "disclaimer": plan.disclaimer,
        "synthetic": "Synthetic example: no real patient is described." if plan.synthetic else "",
        "status": plan.verdict,
        "verdict": {"word": badge.word, "text": VERDICT_TEXT[plan.verdict], "colour": badge.colour},
        "forbids": forbids,
        "facts": _facts(plan),
        "settings_heading": "Settings that were judged, not advice to treat" if forbids else "Settings",
        "no_zones": "No settings were searched or judged: the case itself was refused." if not plan.zones else "",
        "cautions": _cautions(plan),
        "device_assumed": list(plan.device_assumed),
        "device_built_from": f"{plan.device_name}: profile built from {plan.device_built_from}.",
        "findings_heading": _findings_heading(plan.verdict),
        "findings": [_card(f) for f in findings if f.outcome != "note"],
        "notes": [_card(f) for f in findings if f.outcome == "note"],
        "zones": [_zone(z, p, forbids) for z, p in zip(plan.zones, zones, strict=True)],
        "comparison": _words(comparison) if comparison else None,
        "published": [
            [r.id, r.device, r.settings, r.outcome, r.complications, r.source] for r in plan.published if not bare
        ],
        "target": [[label(k), _any(k, v)] for k, v in plan.target.items() if not bare],
        "series": None if forbids or plan.series is None else _series(plan.series),
        "test_spots": [] if forbids else [{"zone": n.zone, "lines": list(n.lines)} for n in plan.test_spots],
        "why_heading": _why_heading(plan, forbids),
        "why": list(plan.why),
        "runner_up": _runner_up(plan) if not forbids else None,
        "aftercare": [] if forbids else list(plan.aftercare),
        "aftercare_note": "Left out, because this plan does not allow a treatment." if forbids else "",
        "assumptions": list(plan.assumptions),
        "absent": list(plan.absent),
        "sources": list(plan.sources),
        "validity": VALIDITY[plan.validity_status],
        "validity_reasons": list(plan.validity_reasons),
        "given": _flat(plan.case),
        "provenance": _provenance(plan),
        "short_hash": plan.sha256[:12],
    }
    return {key: printable(value) for key, value in content.items()}


def printable(value: Any) -> Any:
    """``value`` with every character that is no text (controls, surrogates, non-characters) as U+FFFD."""
    if isinstance(value, str):
        return NOT_TEXT.sub("\ufffd", value)
    if isinstance(value, list):
        return [printable(v) for v in value]
    if isinstance(value, dict):
        return {k: printable(v) for k, v in value.items()}
    return value


def worst_first(findings: tuple[Finding, ...]) -> list[Finding]:
    """Findings that bind before those that are overridden, those before notes; in each group the severest first."""
    group = {"fail": 0, "open": 0, "unknown": 0, "overridden": 1, "note": 2}
    return sorted(findings, key=lambda f: (group[f.outcome], _WORST_FIRST.index(f.severity)))


def _facts(plan: Plan) -> Rows:
    sites = [z.site_title if z.side == "midline" else f"{z.site_title}, {z.side}" for z in plan.zones]
    facts = [
        ["Indication", plan.indication_title],
        ["Site", "; ".join(dict.fromkeys(sites))],
        ["Phototype", plan.phototype],
        ["Device", plan.device_name],
        ["Reviewed by", plan.reviewed_by],
    ]
    return [f for f in facts if f[1]]


def _findings_heading(verdict: Status) -> str:
    return {
        "REFUSED": "Why it is refused, and what to do next",
        "DEFERRED": "Why it must wait, and what to do next",
        "CONDITIONAL": "What must be done first, and warnings",
    }.get(verdict, "Warnings and findings")


def _why_heading(plan: Plan, forbids: bool) -> str:
    if not plan.why:
        return "What the indication asks for"
    return "What the search found" if forbids else "Why these settings"


def _cautions(plan: Plan) -> list[str]:
    cautions = [CRATER_LOSSES[plan.crater_losses], VALIDITY[plan.validity_status]]
    if plan.reviewed_by == "none":
        cautions.append("Reviewed by: none. No clinician has reviewed the rules, the medical text or this plan.")
    return cautions


def _card(finding: Finding) -> dict[str, str]:
    badge = palette.SEVERITIES[finding.severity]
    outcome = OUTCOMES[finding.outcome]
    if finding.outcome == "overridden":
        outcome += f" by {finding.overridden_by}"
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "word": badge.word,
        "colour": badge.colour,
        "outcome": outcome,
        "zone": finding.zone,
        "given": finding.given,
        "allowed": finding.allowed,
        "reason": finding.reason,
        "todo": finding.todo,
        "source": f"{finding.source} ({finding.basis}; reviewed by: {finding.reviewed_by})",
    }


def _words(picture: Picture) -> dict[str, str]:
    return {"name": picture.name, "title": picture.title, "caption": picture.caption, "alt": picture.alt}


def _zone(zone: ZonePlan, pictures: tuple[Picture, ...], forbids: bool) -> dict[str, Any]:
    side = "" if zone.side == "midline" else f", {zone.side}"
    return {
        "name": zone.name,
        "where": f"{zone.site_title}{side}",
        "line": settings_line(zone),
        "tiles": [
            {
                "label": label(k),
                "value": show(k, v, typed=True),
                "unit": "" if isinstance(v, str) else unit(k),
                "word": isinstance(v, str),
            }
            for k, v in zone.settings.panel.items()
        ],
        "derived": [[label(k), show_with_unit(k, v)] for k, v in zone.settings.derived.items()],
        "pictures": [_words(p) for p in pictures],
        "predictions": [
            [
                label(p.name),
                unit(p.name),
                show(p.name, p.nominal),
                show(p.name, p.low),
                show(p.name, p.high),
                SAFETY_USES[p.unfavourable],
            ]
            for p in zone.predictions
        ],
        "predictions_note": "What these settings would do, calculated; not advice to treat." if forbids else "",
        "regime": zone.regime.replace("_", " "),
        "regime_map": next((_words(p) for p in pictures if p.name.endswith("-regime")), None),
        "field": _field(zone),
        "energy": _energy(zone.energy),
        "healing": None if zone.course is None else _healing(zone.course),
        "trade": traded(zone, pictures),
    }


def _healing(course: HealingCourse) -> dict[str, Any]:
    """Closure, signs, risks; the evidence stands beside each number, and its source in a list below."""
    return {
        "note": "Predicted, not promised. Intervals span what is not known about healing and the crater losses. "
        f"Letters are grades of evidence (no number has A); what nothing validates is called illustrative. Site: "
        f"{course.site.replace('-', ' ')}; phototype {course.phototype}, on which redness shows as "
        f"{course.redness_words}; care: {course.care}. Reviewed by: {course.reviewed_by}.",
        "numbers": [_healing_row(n) for n in course.predictions],
        "full_field": [_healing_row(n) for n in course.full_field],
        "risks": [
            [
                *_healing_row(r.risk)[:-1],
                "; ".join(f"{f.name} × {number(f.odds_ratio, 1)}" for f in r.factors if f.high != 1) or "nothing given",
                "; ".join(f"{m.measure} ({m.effect}; {m.grade})" for m in r.reducers) or "nothing known",
            ]
            for r in course.risks
        ],
        "sources": _healing_sources(course),
        "assumptions": list(course.assumptions),
    }


def _healing_row(found: HealingNumber) -> list[str]:
    unit_ = {"d": "days", "pct": "%"}[found.name.rsplit("_", 1)[1]]
    digits = 1
    shown = ["not reached" if v is None else number(v, digits) for v in (found.nominal, found.low, found.high)]
    grade = f"{found.grade}, illustrative" if found.illustrative else found.grade
    return [found.title, unit_, *shown, grade, found.note]


def _healing_sources(course: HealingCourse) -> list[str]:
    """Each source once, with the titles of what rests on it."""
    every = (*course.predictions, *course.full_field, *(r.risk for r in course.risks))
    by_source: dict[str, list[str]] = {}
    for found in every:
        by_source.setdefault(found.source, []).append(found.title)
    for risk in course.risks:
        for part, words in ((f.source, f.name) for f in risk.factors):
            by_source.setdefault(part, []).append(words)
        for part, words in ((m.source, m.measure) for m in risk.reducers):
            by_source.setdefault(part, []).append(words)
    return [f"{'; '.join(dict.fromkeys(titles))}: {source}" for source, titles in by_source.items()]


def _series(series: SeriesPlan) -> dict[str, Any]:
    """Session by session, and the rules on when to stop."""
    grade = f" Evidence: {series.progress_grade}." if series.progress_grade else ""
    label = " Illustrative: nothing validates it." if series.progress_grade and series.progress_illustrative else ""
    return {
        "note": f"Studies had {series.sessions_low} to {series.sessions_high} sessions ({series.sessions_source}; "
        f"{series.sessions_flag}), {series.interval_low_weeks:g} to {series.interval_high_weeks:g} weeks apart. Cover "
        f"adds up as 1 - prod(1 - c). Reviewed by: {series.reviewed_by}.",
        "interval": [f"Shortest interval, {reason}." for reason in series.interval_reasons],
        "steps": [
            [
                str(step.session),
                "0" if step.session == 1 else f"{step.week_earliest:g} to {step.week_latest:g}",
                "; ".join(_per_zone(series, name, _span(span)) for name, span in step.treated_pct.items()),
                "; ".join(_per_zone(series, name, number(d, 1)) for name, d in step.density_pct.items()),
                "no number" if step.improvement_pct is None else _span(step.improvement_pct),
                step.note,
            ]
            for step in series.steps
        ],
        "progress": f"Progress: {series.progress_words}{grade}{label}",
        "studies": [list(row) for row in series.progress_rows],
        "rules": [[rule.id, rule.kind, rule.text, f"{rule.source} ({rule.basis})"] for rule in series.rules],
        "assumptions": list(series.assumptions),
    }


def _per_zone(series: SeriesPlan, name: str, text: str) -> str:
    return f"{name}: {text}" if len(series.steps[0].density_pct) > 1 else text


def _span(span: Span) -> str:
    return f"{number(span.nominal, 1)} ({number(span.low, 1)} to {number(span.high, 1)})"


def _field(zone: ZonePlan) -> Rows:
    skip = {"pattern", "window_mm", "window_x_mm", "window_y_mm", "ablated_radius_um", "coagulated_radius_um"}
    numbers = {k: v for k, v in zone.field.model_dump().items() if k not in skip}
    heat = zone.bulk
    numbers |= {
        "peak_surface_K": heat.peak_surface_K,
        "peak_basal_K": heat.peak_basal_K,
        "peak_dermis_K": heat.peak_dermis_K,
        "two_way_difference_K": heat.two_way_difference_K,
        "conductivity_W_mK": heat.conductivity_W_mK,
    }
    return [["Pattern", zone.field.pattern], *([label(k), show_with_unit(k, v)] for k, v in numbers.items())]


def _energy(energy: dict[str, float]) -> Rows:
    delivered = energy.get("delivered_mJ", 0.0)
    rows = []
    for key, value in energy.items():
        if key.endswith("_mJ"):
            share = f"{number(100 * value / delivered, 1)} %" if delivered > 0 else ""
            rows.append([label(key), show_with_unit(key, value), share])
    if "closure_error" in energy:
        rows.append(["Closure error (share of delivered)", f"{energy['closure_error']:.1e}", ""])
    return rows


def _runner_up(plan: Plan) -> dict[str, str] | None:
    if plan.runner_up is None:
        return None
    panel = " · ".join(f"{label(k)} {show_with_unit(k, v, typed=True)}" for k, v in plan.runner_up.panel.items())
    return {"panel": panel, "score": number(plan.runner_up.score, 3), "why_not": plan.runner_up.why_not}


def _any(name: str, value: Any) -> str:
    """Any plain value in words; two numbers are an interval."""
    if value is None:
        return "not stated"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)):
        return show_with_unit(name, value)
    if isinstance(value, (list, tuple)):
        if len(value) == 2 and all(isinstance(v, (int, float)) for v in value):
            return f"{show(name, value[0])} to {show_with_unit(name, value[1])}"
        return "; ".join(_any(name, v) for v in value)
    return "; ".join(f"{label(str(k))}: {_any(str(k), v)}" for k, v in value.items())


def _flat(data: dict[str, Any], prefix: str = "") -> Rows:
    """The case as given, one row for each answer; what was left empty is left out."""
    rows: Rows = []
    for key, value in data.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            rows += _flat(value, f"{name}.")
        elif value not in (None, "", [], ()):
            rows.append([name, _any(str(key), value) if not isinstance(value, list) else _listed(value)])
    return rows


def _listed(values: list[Any]) -> str:
    return "; ".join(", ".join(f"{k} {v}" for k, v in _flat(x)) if isinstance(x, dict) else _any("", x) for x in values)


def _provenance(plan: Plan) -> Rows:
    made = plan.provenance
    return [
        ["Plan (SHA-256)", plan.sha256],
        ["Inputs (SHA-256)", made.inputs_sha256],
        ["Colonnade", f"{made.version}, schema {made.schema_version}"],
        ["Made", f"{made.created}, in {number(made.seconds, 1)} s"],
        *([f"Library: {k}", v] for k, v in made.library_sha256.items()),
        ["Libraries", ", ".join(f"{k} {v}" for k, v in made.dependencies.items())],
    ]
