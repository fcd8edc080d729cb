"""``colonnade selfcheck``: whether this installation still gives the closed forms."""

from __future__ import annotations

import math

import typer

from colonnade import __version__
from colonnade.cli.kernels import say_if_compiling
from colonnade.cli.output import Debug, Json, progress, say_json, say_lines, table

EXAMPLE = "colonnade selfcheck --json"


def command(as_json: Json = False, debug: Debug = False) -> None:
    """Compare this installation with closed forms; exit 1 if one fails."""
    with progress("Comparing with closed forms") as tell:
        say_if_compiling()
        from colonnade.photothermal.selfcheck import selfcheck

        checks = selfcheck(progress=lambda done, text: tell("selfcheck", done, text))
    failed = sum(not check.passed for check in checks)
    if as_json:
        rows = [
            {
                "case": check.case,
                "quantity": check.quantity,
                "unit": check.unit,
                "reference": check.reference,
                "got": check.got if math.isfinite(check.got) else None,
                "tolerance": check.tolerance,
                "passed": check.passed,
            }
            for check in checks
        ]
        say_json({"version": __version__, "passed": failed == 0, "checks": rows})
    else:
        lines = [("case", "quantity", "reference", "got", "unit", "tolerance", "")]
        lines += [
            (
                check.case,
                check.quantity,
                f"{check.reference:.6g}",
                f"{check.got:.6g}",
                check.unit,
                f"{100 * check.tolerance:g} %" if check.reference else f"{check.tolerance:g}",
                "ok" if check.passed else "FAILED",
            )
            for check in checks
        ]
        say_lines(table(lines))
        say_lines([f"{len(checks) - failed} of {len(checks)} cases hold."])
    if failed:
        raise typer.Exit(1)
