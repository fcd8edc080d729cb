"""``colonnade passes``: a spot vaporised pass by pass, over a raised or a flat lesion."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from colonnade.cli import column
from colonnade.cli.kernels import say_if_compiling
from colonnade.cli.output import Debug, Json, number, progress, say_json, say_lines, table
from colonnade.cli.strategies import with_strategies

if TYPE_CHECKING:
    from colonnade.photothermal.regimes import Passes

EXAMPLE = "colonnade passes --fluence-j-cm2 7 --pulse-ms 1 --passes 6 --raised-um 300 --site back"
#: What one dimension has: no beam inside a crater, no walls, and each pass starts on the floor of the last.
KNOWS = ("eta", "kappa_per_mm", "f_v", "t_abl_C", "char", "pyrolysis_kJ_g", "collagen", "steam", "cooling_step")
COLUMNS = ("depth_um", "removed_um", "dried_um", "coagulated_um", "necrosis_um", "floor_C")


@with_strategies(KNOWS)
def command(
    fluence_j_cm2: Annotated[float, typer.Option("--fluence-j-cm2", help="Fluence of one pass, flat beam [J/cm²].")],
    pulse_ms: Annotated[float, typer.Option("--pulse-ms", help="How long a place is lit in one pass [ms].")] = 1.0,
    passes: Annotated[int, typer.Option("--passes", help="How many passes.")] = 3,
    pause_s: Annotated[float, typer.Option("--pause-s", help="From one pass to the next [s].")] = 5.0,
    raised_um: Annotated[float, typer.Option("--raised-um", help="How far the lesion stands out [µm]; 0: flat.")] = 0.0,
    lesion_water: Annotated[float, typer.Option("--lesion-water", help="Water of the raised lesion by mass.")] = 0.70,
    t_dry_c: Annotated[
        float, typer.Option("--t-dry-c", help="Temperature [°C] that tissue dried by an earlier pass must reach.")
    ] = 400.0,
    site: column.Site = None,
    as_json: Json = False,
    debug: Debug = False,
    **stated: Any,
) -> None:
    """Vaporise a spot pass by pass: a mole, a keratosis, a syringoma, raised or flat.

    One dimension, a flat beam, nothing wiped between passes. Removal per pass does not fall as published (see
    docs/theory/regimes.md): do not rely on the depth of many passes.
    """
    where = column.skin_of(site)
    from colonnade.photothermal.naming import strategies_of

    how: dict[str, Any] = {
        "fluence_J_cm2": fluence_j_cm2, "pulse_ms": pulse_ms, "passes": passes, "pause_s": pause_s,
        "raised_um": raised_um, "lesion_water": lesion_water, "t_dry_C": t_dry_c,
    }  # fmt: skip
    chosen = strategies_of(stated)
    with progress("Simulating passes") as tell:
        say_if_compiling()
        from colonnade.photothermal.regimes import vaporise_in_passes

        found = vaporise_in_passes(where, **how, **chosen, progress=lambda done, text: tell("passes", done, text))
    result = described(found, {"site": where.id, **how}, where.model_dump(mode="json"), chosen)
    if as_json:
        say_json(result)
        return
    say_lines(summary(result))


def described(found: Passes, inputs: dict[str, Any], skin: dict[str, Any], chosen: dict[str, Any]) -> dict[str, Any]:
    """Each pass as a row, what was reached, what went in."""
    from colonnade import __version__
    from colonnade.photothermal.naming import plain
    from colonnade.photothermal.strategies import Options

    strategies = {
        k: v for k, v in plain(Options(**chosen)).items() if k in ("losses", "ablation", "cooling", "kinetics")
    }
    everything = json.dumps({**inputs, "skin": skin, "strategies": strategies}, sort_keys=True)
    rows = [
        {"pass": i + 1, **{name: float(getattr(found, name)[i]) for name in COLUMNS}}
        for i in range(len(found.depth_um))
    ]
    return {
        "passes": rows,
        "passes_to_level": found.passes_to_level if inputs["raised_um"] > 0 else None,
        "energy": {**vars(found.energy), "closure_error": found.energy.closure_error},
        "validity": {
            "status": "outside",
            "reasons": [
                "published removal reaches a plateau by the third pass, the model's does not (docs/validation/facts.md)"
            ],
        },
        "inputs": inputs,
        "provenance": {
            "version": __version__,
            "model": "passes/1",
            "inputs_sha256": hashlib.sha256(everything.encode()).hexdigest(),
            "strategies": strategies,
        },
    }


def summary(result: dict[str, Any]) -> list[str]:
    """The passes as a table, and when the lesion is level."""
    given = result["inputs"]
    stands = f"a lesion that stands out by {given['raised_um']:g} µm on" if given["raised_um"] else ""
    lines = [
        " ".join(f"{given['fluence_J_cm2']:g} J/cm² in {given['pulse_ms']:g} ms, {stands} skin of site "
                 f"{given['site']}, {given['pause_s']:g} s between passes".split())
    ]  # fmt: skip
    heads = ("  pass", "depth µm", "removed µm", "dried µm", "coagulated µm", "necrosis µm", "floor °C")
    body = [(f"  {row['pass']}", *(number(row[name]) for name in COLUMNS)) for row in result["passes"]]
    lines += table([heads, *body])
    if given["raised_um"]:
        level = result["passes_to_level"]
        lines.append(f"  level with the skin around it after pass {level}" if level else "  not level after all passes")
    lines.append(f"  energy audit closes to {result['energy']['closure_error']:.1e}")
    return lines + [f"  validity: {result['validity']['status']}: {reason}" for reason in result["validity"]["reasons"]]
