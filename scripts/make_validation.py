#!/usr/bin/env python3
"""Write docs/validation/ from the measurements, the stored calibration and the engine; no number is typed by hand.

    .venv/bin/python scripts/make_validation.py

Takes about two minutes on one core. The figures need matplotlib (extra ``report``).
"""

from __future__ import annotations

import itertools
import math
import os
import sys
from collections.abc import Iterable
from pathlib import Path

os.environ.setdefault("NUMBA_NUM_THREADS", "1")


import numpy as np

import colonnade
from colonnade import catalogue
from colonnade.calibration import fit, targets
from colonnade.calibration.measured import data_sha256, measurements
from colonnade.calibration.profile import global_losses
from colonnade.calibration.responses import engine_sha256, surrogate, table_specs
from colonnade.calibration.studies import assumed, calibration_studies, parameters, study_specs
from colonnade.calibration.validated import DIMENSIONS, validated_range
from colonnade.calibration.validation import Validation, not_asked, validate

DOCS = Path(__file__).parents[1] / "docs" / "validation"
MADE = "Made by `scripts/make_validation.py`; do not edit. Every number comes from the data or from a run."


def num(value: float | None, digits: int = 3) -> str:
    """A number for people; a dash for what is not there."""
    if value is None or not math.isfinite(value):
        return "–"
    return f"{value:.{digits}g}" if 1e-3 <= abs(value) < 1000 or value == 0 else f"{value:.0f}"


def table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    """A Markdown table."""
    head = list(header)
    return [
        "| " + " | ".join(head) + " |",
        "|" + "---|" * len(head),
        *("| " + " | ".join(str(c).replace("|", "/") for c in row) + " |" for row in rows),
        "",
    ]


def page(name: str, title: str, lines: list[str]) -> None:
    """Write one page."""
    text = "\n".join([f"# {title}", "", MADE, "", *lines]).rstrip() + "\n"
    (DOCS / f"{name}.md").write_text(text, encoding="utf-8")


def predicted(rows: tuple[fit.Predicted, ...]) -> list[str]:
    return table(
        ("row", "quantity", "measured", "predicted", "95 % interval", "inside"),
        (
            (
                r.row,
                r.quantity,
                num(r.measured),
                num(r.median),
                f"{num(r.low)} to {num(r.high)}",
                "yes" if r.inside else "**no**",
            )
            for r in rows
        ),
    )


def figure_lines(name: str, rows: tuple[fit.Predicted, ...]) -> list[str]:
    s = fit.summarise(rows)
    scatter = "–" if s.scatter_pct is None else f"{s.scatter_pct:.0f} %"
    return [
        f"**{name}**: {s.rows} rows of {s.studies} studies. Bias {s.bias_pct:+.0f} %, scatter within a study {scatter} "
        "(medians of per-study medians). "
        f"Inside the stated 95 % interval: {s.covered} of {s.rows} ({100 * s.covered / s.rows:.0f} %; binomial 95 % "
        f"interval {s.coverage_low_pct:.0f} to {s.coverage_high_pct:.0f} %). Width of the interval: "
        f"{s.width_pct:.0f} % of the measurement from end to end.",
        "",
    ]


def index(found: Validation, rims: tuple[targets.Rim, ...]) -> None:
    low_high = {name: fit.global_posterior().quantiles(name) for name in ("eta", "kappa_per_mm", "tau")}
    eta, kappa, tau = (low_high[n] for n in ("eta", "kappa_per_mm", "tau"))
    lines = [
        f"*{colonnade.DISCLAIMER}*",
        "",
        "What was compared, with what, and how it came out. The pages: [calibration](calibration.md), "
        "[single facts](facts.md), [validated range](range.md).",
        "",
        *figure_lines("(a) A study that the fit has not seen, global parameters (leave one study out)", found.by_study),
        *figure_lines("(b) Interpolation within a device (leave one row out)", found.by_row),
        *figure_lines("(c) Rows of role `check`, never fitted", found.checks),
        "These are different questions. Only (b) is what a commissioned device can expect; (a) is what to expect of a "
        "device that nobody has measured. No pass mark is set.",
        "",
        f"Global parameters: η {num(eta[1])} ({num(eta[0])} to {num(eta[2])}), κ {num(kappa[1])} /mm "
        f"({num(kappa[0])} to "
        f"{num(kappa[2])}), spread of depth between studies τ {num(tau[1])} ({num(tau[0])} to {num(tau[2])}) in ln "
        "depth.",
        "",
        "## What does not agree",
        "",
    ]
    missed = sorted({r.study for r in (*found.by_study, *found.checks) if not r.inside})
    for name in missed:
        rows = [r for r in (*found.by_study, *found.checks) if r.study == name]
        ratio = float(np.median([r.median / r.measured for r in rows]))
        out = sum(not r.inside for r in rows)
        lines.append(
            f"- {name}: {out} of {len(rows)} rows outside the interval; predicted over measured {num(ratio)} (median)."
        )
    thin = [r for r in rims if r.collagen_um < r.measured_um - 2 * (r.sd_um or 0.2 * r.measured_um)]
    lines += [
        f"- Residual thermal damage below flat craters: in {len(thin)} of {len(rims)} rows the collagen rim is more than "
        "two standard deviations (20 % where none is stated) thinner than what was measured; what was tried stands in "
        "[single facts](facts.md).",
        "- Removal per pass has no plateau in the model ([single facts](facts.md)).",
        "- The lateral rim of a column has no measurement here: **not validated**.",
        *(f"- Broken inequality: {i.text}." for i in found.inequalities if not i.holds),
        "",
        f"Data `{data_sha256()[:12]}`, engine `{engine_sha256()[:12]}`, version {colonnade.__version__}.",
    ]
    page("README", "Validation", lines)


def calibration(found: Validation) -> None:
    stored = catalogue.load("calibration", "global")
    lines = ["## What may be fitted", ""]
    lines += table(
        ("parameter", "means", "scope", "prior", "source of the prior", "use"),
        (
            (
                n,
                p.title,
                p.scope,
                f"{p.prior.dist} {num(p.prior.span[0])} to {num(p.prior.span[1])}",
                p.prior.source,
                p.stage,
            )
            for n, p in parameters().items()
        ),
    )
    lines += [
        f"Shrinkage is no parameter. Rows without a stated error carry {assumed('sd_where_unstated'):.0%}; every "
        "row carries "
        f"{assumed('row_scatter'):.0%} more for scatter about the model (both assumed). Not fitted, because the "
        "engine's "
        f"threshold lies above them and neither η nor κ acts before something is removed: "
        f"{', '.join(stored['not_fitted'])}.",
        "",
        "![Measured and predicted](predicted.svg)",
        "",
        "## (a) Leave one study out",
        "",
        *predicted(found.by_study),
        "## (b) Leave one row out, within a device",
        "",
        *predicted(found.by_row),
        "## (c) Checks",
        "",
        *predicted(found.checks),
        "## What each study asks for on its own",
        "",
        *table(
            ("study", "rows", "η (factor of 1 sd)", "κ /mm (factor of 1 sd)", "surrogate error"),
            (
                (
                    d["study"],
                    str(d["rows"]),
                    f"{num(d['eta'])} (×{num(d['eta_factor_1sd'])})",
                    f"{num(d['kappa_per_mm'])} (×{num(d['kappa_factor_1sd'])})",
                    num(d["surrogate_error"]),
                )
                for d in stored["device"]
            ),
        ),
        "A factor near that of the prior (η ×1.9, κ ×4.8) means that the study says nothing about the parameter.",
        "",
        "## Uncertain inputs by study",
        "",
    ]
    for name, spec in study_specs().items():
        lines += [f"**{name}** (table `{spec.table}`)", ""]
        lines += table(
            ("input", "distribution", "source"),
            (
                (
                    n,
                    f"{u.dist} " + (", ".join(map(num, u.values)) if u.values else " to ".join(map(num, u.span))),
                    u.source,
                )
                for n, u in spec.inputs.items()
            ),
        )
    lines += [
        "## Response tables",
        "",
        "The engine's answers over a Sobol sample, and the error of the spline on left-out rows.",
    ]
    rows = []
    for name, table_spec in table_specs().items():
        key = "heat_of_ablation_kJ_cm3" if table_spec.what == "heat" else "crater_depth_um"
        its = surrogate(name, key)
        errors = np.quantile(np.abs(its.errors), [0.5, 0.9])
        rows.append((name, str(table_spec.n), key, num(its.error_rms), num(errors[0]), num(errors[1])))
    lines += ["", *table(("table", "runs", "output", "rms of ln", "median", "90 %"), rows)]
    lines += ["## Rows that no number is compared with", "", *(f"- {text}" for text in not_asked())]
    page("calibration", "Calibration", lines)


def _span(values: tuple[float, ...]) -> str:
    return f"{num(min(values))} to {num(max(values))}"


def facts(found: Validation, rims: tuple[targets.Rim, ...]) -> None:
    eta, kappa = global_losses().at(0.0, 0.0)
    curve = [(p, targets.threshold_J_cm2(p)) for p in targets.THRESHOLD_PULSES_MS]
    rising = all(b[1] >= a[1] * 0.99 for a, b in itertools.pairwise(curve))
    lines = [
        f"Computed with η = {num(eta)}, κ = {num(kappa)} /mm, f_v = 1, f_wall = 0 where nothing else is said; "
        "bare dermis, w = 0.70, k = 0.40 W/m/K. Regimes that a source leaves out are assumed and stated.",
        "",
        "## Threshold",
        "",
        *table(("pulse [ms]", "threshold [J/cm²]"), ((num(p), num(f)) for p, f in curve)),
        f"It rises with duration: {'yes' if rising else '**no**'} (Ross 1996 measured that it does beyond 1 ms).",
        "",
        *table(
            ("row", "pulse [ms]", "measured [J/cm²]", "model", "f_v that would meet it"),
            (
                (t.row, num(t.pulse_ms), num(t.measured_J_cm2), num(t.model_J_cm2), num(t.f_v_needed))
                for t in targets.thresholds()
            ),
        ),
        "No single f_v meets both: pulses of microseconds remove tissue explosively, with part of its water vaporised.",
        "",
        "## Rim below a flat crater",
        "",
        *table(
            (
                "row",
                "kW/cm²",
                "ms",
                "measured [µm]",
                "collagen",
                "collagen, f_wall 0.5",
                "necrosis (H-M)",
                "necrosis (W-S)",
            ),
            (
                (
                    r.row,
                    num(r.irradiance_kW_cm2),
                    num(r.pulse_ms),
                    num(r.measured_um) + ("" if r.sd_um is None else f" ± {num(r.sd_um)}"),
                    num(r.collagen_um),
                    num(r.collagen_f_wall_most_um),
                    num(r.necrosis_um),
                    num(r.necrosis_weaver_stoll_um),
                )
                for r in rims
            ),
        ),
        "What was tried, in µm of collagen rim; the last columns are the range over the rows of the necrosis contour and of "
        "the energy that stays as heat:",
        "",
        *table(
            ("choice", *targets.RIM_REGIMES, "necrosis [µm]", "heat [%]"),
            (
                (t.name, *(num(x) for x in t.rim_um), _span(t.necrosis_um), _span(t.heat_pct))
                for t in targets.rim_trials(eta=eta)
            ),
        ),
        "Measured kinetics of birefringence, which is what histology sees, bring the rim from a few to about fifty µm. What is "
        "still missing towards 85 to 120 µm lies within the fate of the steam that stands in the wet layer when the pulse "
        "ends: all of it escapes (default), or all of it gives its heat back. Neither is measured; the rows do not decide, "
        "because keeping the steam also keeps four to five times the heat.",
        "",
        "f_wall cannot be calibrated on these rows: it warms cells below 100 °C beside the front, and below a flat "
        "crater the front has warmed them already. The lateral rim of a column is **not validated**: no row "
        "measures it.",
        "",
        "## Removal per pass",
        "",
    ]
    for p in targets.passes(eta=eta):
        steps = np.diff((0.0, *p.depth_um))
        share = p.share_by_third
        after = steps[int(np.argmax(steps > 0)) :]
        falls = bool(np.all(np.diff(after) <= 0.5)) and len(after) > 1
        lines += [
            f"**{p.row}**, {num(p.fluence_J_cm2)} J/cm², 0.1 ms pulses a second apart (assumed): cumulative depth "
            + ", ".join(num(d) for d in p.depth_um)
            + f" µm. Measured plateau {num(p.measured_low_um)} to {num(p.measured_high_um)} µm from the third pass on. "
            + f"Removal per pass falls: {'yes' if falls else '**no**'}; depth by pass 3 over pass {len(p.depth_um)}: "
            + (f"{100 * share:.0f} %" if share is not None else "nothing removed")
            + " (at least 80 % asked).",
            "",
        ]
    trials = targets.pass_trials(eta=eta)
    lines += [
        "What was tried: depth after 3 and after 10 passes [µm] at both fluences, and the share reached by the third.",
        "",
        *table(
            ("choice", *(f"{num(p.fluence_J_cm2)} J/cm²" for p in targets.passes(eta=eta, count=3))),
            (
                (
                    t.name,
                    *(
                        f"{num(a)} → {num(b)}" + (f" ({100 * a / b:.0f} %)" if b > 0 else "")
                        for a, b in zip(t.third_um, t.last_um, strict=True)
                    ),
                )
                for t in trials
            ),
        ),
        "An energy balance has no plateau: each pass brings the same energy, and what it does not remove it dries, so that a "
        "later pass pays less for it. Only dry matter that cannot leave at all (20 kJ/g, ten times what organic matter takes) "
        "stops removal, and then at once. Light that does not reach the tissue (char, debris, wiping) or a felt that holds "
        "the tissue back is not modelled.",
        "",
        "## Char",
        "",
        *table(
            ("kW/cm²", "crater", "char", "char seen in this regime (Walsh 1989)", "holds"),
            (
                (
                    num(c.irradiance_kW_cm2),
                    "yes" if c.crater else "no",
                    "yes" if c.char else "no",
                    "possible" if c.measured_char_possible else "no",
                    "yes" if c.holds else "**no**",
                )
                for c in targets.char_by_irradiance(eta=eta)
            ),
        ),
        "The model switches char by the same bound, so this holds by construction.",
        "",
        "## Inequalities",
        "",
        *(f"- {'holds' if i.holds else '**broken**'}: {i.text}" for i in found.inequalities),
    ]
    page("facts", "Single facts", lines)


def validated() -> None:
    lines = [
        "Inside: all inputs of the compared rows were stated, and at least half of the rows lay in the interval "
        "predicted without them. Edge: some inputs were not stated, or a tenth beyond. Outside: everything else, "
        "also where the "
        "comparison failed. A [commissioned](../file-formats/commissioning.md) device brings a range of its own.",
        "",
        *table(
            ("study", "role", "rows inside", "not stated", *DIMENSIONS, "tissue"),
            (
                (
                    b.study,
                    b.role,
                    f"{b.covered} of {b.rows}",
                    ", ".join(b.unstated) or "–",
                    *(f"{num(getattr(b, d)[0])} to {num(getattr(b, d)[1])}" for d in DIMENSIONS),
                    b.tissue,
                )
                for b in validated_range()
            ),
        ),
        "The same as data: `src/colonnade/library/calibration/validated_range.toml`.",
    ]
    page("range", "Validated range", lines)


def draw(found: Validation) -> None:
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "colonnade"
    import matplotlib.pyplot as plt

    titles = ("(a) study left out", "(b) row left out, own device", "(c) checks, never fitted")
    figure, axes = plt.subplots(1, 3, figsize=(11.0, 4.2), sharex=True, sharey=True, layout="constrained")
    marks = ("o", "s", "^", "D", "v", "P", "X")
    colours = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
    every = (*found.by_study, *found.by_row, *found.checks)
    names = sorted({r.study for r in every if r.quantity == "crater_depth_um"})
    for axis, title, rows in zip(axes, titles, (found.by_study, found.by_row, found.checks), strict=True):
        axis.plot([8, 8000], [8, 8000], color="0.4", lw=0.8)
        for r in rows:
            if r.quantity != "crater_depth_um":
                continue
            n = names.index(r.study)
            floor = max(r.median, 8.0)
            axis.errorbar(
                r.measured, floor, [[floor - min(max(r.low, 8.0), floor)], [max(r.high, floor) - floor]],
                fmt=marks[n % 7], color=colours[n % 7], ms=5, lw=1, mfc=colours[n % 7] if r.inside else "white",
            )  # fmt: skip
        axis.set(title=title, xscale="log", yscale="log", xlim=(8, 8000), ylim=(8, 8000), xlabel="measured depth [µm]")
        axis.set_aspect("equal")
    axes[0].set_ylabel("predicted depth [µm]")
    handles = [
        plt.Line2D([], [], marker=marks[n % 7], color=colours[n % 7], ls="", label=" ".join(name.split("_")[:2]))
        for n, name in enumerate(names)
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False, fontsize=8)
    figure.text(0.005, 0.005, "hollow: outside its 95 % interval", fontsize=7, color="0.3")
    figure.text(
        0.995, 0.005, f"data {data_sha256()[:8]} · engine {engine_sha256()[:8]}", ha="right", fontsize=6, color="0.4"
    )
    figure.savefig(DOCS / "predicted.svg", metadata={"Date": None})
    if len(sys.argv) > 1:
        figure.savefig(sys.argv[1], dpi=110)


def main() -> None:
    DOCS.mkdir(parents=True, exist_ok=True)
    found = validate()
    eta, _ = global_losses().at(0.0, 0.0)
    rims = targets.rims(eta=eta)
    draw(found)
    index(found, rims)
    calibration(found)
    facts(found, rims)
    validated()
    assert {s.name for s in calibration_studies()} <= {m.study for m in measurements(role="calibrate")}


if __name__ == "__main__":
    main()
