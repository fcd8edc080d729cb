"""``colonnade validate``: the model against measurements."""

from __future__ import annotations

from colonnade.cli.kernels import say_if_compiling
from colonnade.cli.output import Debug, Json, number, progress, say_json, say_lines, table

EXAMPLE = "colonnade validate"
NO = 1


def command(as_json: Json = False, debug: Debug = False) -> int:
    """Compare with the measurements of the library. Exit code 1 if an inequality is broken or the library is stale."""
    from colonnade.calibration.validation import validate

    with progress("Comparing with measurements") as tell:
        say_if_compiling()
        found = validate(progress=lambda done, text: tell("validate", done, text))
    if as_json:
        say_json(found.as_dict())
        return 0 if found.holds else NO
    lines = ["Left out by study, predicted by global parameters (no pass mark):"]
    header = ("  row", "measured", "predicted", "95 % interval", "inside")
    for title, rows in (("", found.by_study), ("Checks, never fitted:", found.checks)):
        lines += [title] if title else []
        lines += table(
            [header]
            + [
                (
                    f"  {r.row}",
                    number(r.measured),
                    number(r.median),
                    f"{number(r.low)} to {number(r.high)}",
                    "yes" if r.inside else "no",
                )
                for r in rows
            ]
        )
    lines += ["Inequalities:"]
    lines += [f"  {'holds ' if i.holds else 'BROKEN'}  {i.text}" for i in found.inequalities]
    lines += [f"STALE: {text}" for text in found.stale]
    say_lines(lines)
    return 0 if found.holds else NO
