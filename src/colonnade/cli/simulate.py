"""``colonnade simulate``: one column."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from colonnade.cli import column, folder
from colonnade.cli.kernels import say_if_compiling
from colonnade.cli.output import Debug, Json, note, number, progress, quantity, say_json, say_lines, table, words
from colonnade.cli.strategies import with_strategies
from colonnade.errors import BadInput

if TYPE_CHECKING:
    from colonnade.calibration.profile import LossesEstimate
    from colonnade.calibration.uncertainty import Intervals
    from colonnade.photothermal import Lesion, Losses

#: κ of 0 has no logarithm; this is none.
NO_KAPPA_PER_MM = 1e-9

EXAMPLE = (
    "colonnade simulate --device lumenis-ultrapulse-deepfx --energy-mj 20 --site cheek\n"
    "  colonnade simulate --device lumenis-ultrapulse-deepfx --energy-mj 20 --site cheek --wall-bounces 3 "
    "--film-um 20 --film-kind blood\n"
    "  colonnade simulate --power-w 1 --pulse-ms 60000 --spot-um 10000 --profile tophat --site cheek "
    "--h-surface-w-m2k 300 --medium-c 10 --perfusion-per-s 5e-4 --dose-figure dose.svg"
)
SHOWN = (
    "regime",
    "crater_depth_um",
    "crater_width_surface_um",
    "crater_width_mid_um",
    "rim_bottom_um",
    "rim_side_um",
    "coagulation_depth_um",
    "necrosis_depth_um",
    "residual_heat_mJ",
    "fluence_peak_J_cm2",
    "irradiance_peak_kW_cm2",
    "pulse_duration_ms",
)


@with_strategies()
def command(
    device: column.DeviceId = None,
    energy_mj: column.Energy = None,
    power_w: column.Power = None,
    pulse_ms: column.Pulse = None,
    spot_um: column.Spot = None,
    profile: column.Profile = None,
    profile_order: column.Order = None,
    m2: column.M2 = None,
    focus_depth_um: column.Focus = None,
    stack: column.Stack = 1,
    stack_interval_ms: column.StackInterval = None,
    site: column.Site = None,
    out: column.Out = None,
    export: column.Export = "hdf5",
    intervals: Annotated[
        bool, typer.Option("--intervals/--no-intervals", help="95 % intervals of depth, width, rims and heat.")
    ] = True,
    figure: Annotated[
        Path | None, typer.Option("--figure", help="Draw where the shot lies on the regime map: a new .svg or .png.")
    ] = None,
    dose_figure: Annotated[
        Path | None, typer.Option("--dose-figure", help="Draw temperature, CEM43 and damage by depth: .svg or .png.")
    ] = None,
    as_json: Json = False,
    debug: Debug = False,
    **stated: Any,
) -> None:
    """Simulate one column: what one microbeam does to the skin.

    With --device, what is left out is the device's own; without one, profile, spot and two of energy, power and
    pulse are stated. Everything about the physics has a default, which --json lists under provenance.
    """
    shot = column.shot_of(
        {
            "device": device,
            "energy_mJ": energy_mj,
            "power_W": power_w,
            "pulse_ms": pulse_ms,
            "spot_um": spot_um,
            "profile": profile,
            "order": profile_order,
            "m2": m2,
            "focus_depth_um": focus_depth_um,
            "stack": stack,
            "stack_interval_ms": stack_interval_ms,
        }
    )
    where = column.skin_of(site)
    if out is not None:
        folder.usable(out)
    for path, option in ((figure, "--figure"), (dose_figure, "--dose-figure")):
        if path is not None:
            drawable(path, option)
    chosen = strategies(stated)
    with progress("Simulating one column") as tell:
        say_if_compiling()
        from colonnade.photothermal import simulate

        lesion = simulate(shot, where, **chosen, progress=lambda done, text: tell("column", done, text))
        known: Intervals | None = None
        if intervals:
            from colonnade.calibration import interval

            tell("interval", 0.0, "what is not known about it")
            about = {name: strategy for name, strategy in chosen.items() if name not in ("losses", "mesh")}
            known = interval(shot, where, lesion=lesion, losses=estimate(chosen.get("losses")), **about)
    result = described(lesion, device, known)
    files = save(lesion, result, out, export) if out is not None else []
    files += [draw(lesion, result, figure)] if figure is not None else []
    files += [draw_dose(lesion, result, dose_figure)] if dose_figure is not None else []
    if as_json:
        say_json(result)
        return
    say_lines(summary(result))
    say_lines(f"written: {path}" for path in files)


def strategies(stated: dict[str, Any]) -> dict[str, Any]:
    """What was typed as keywords of `simulate`; what was not keeps its default. Raises BadInput."""
    if not stated:
        return {}
    from colonnade.photothermal.naming import strategies_of

    return strategies_of(stated)


def estimate(stated: Losses | None) -> LossesEstimate:
    """Crater losses about those of the run: with the calibrated uncertainty, or as good as known where stated.

    The spread from study to study stays either way: stated losses do not make the model better.
    """
    from colonnade.calibration import global_losses
    from colonnade.photothermal import Losses

    used = stated or Losses()
    known: LossesEstimate = global_losses()
    eta, kappa = math.log(used.eta), math.log(max(used.kappa_per_mm, NO_KAPPA_PER_MM))
    if stated is None:
        return dataclasses.replace(known, ln_eta=eta, ln_kappa=kappa)
    said = "crater losses as stated"
    return dataclasses.replace(known, ln_eta=eta, ln_kappa=kappa, sd_ln_eta=0.0, sd_ln_kappa=0.0, basis=said)


def described(lesion: Lesion, device: str | None, known: Intervals | None = None) -> dict[str, Any]:
    """The lesion as the command contract prints it, with its intervals, its validity and what went in."""
    from colonnade.calibration import validity
    from colonnade.photothermal.dose import dose_at_depth

    inputs = {"device": device, "site": lesion.skin.id, "shot": lesion.shot.model_dump(mode="json")}
    where = validity(lesion.shot)
    return {
        **lesion.as_dict(),
        "intervals": None if known is None else known.as_dict(),
        "validity": {"status": where.status, "reasons": list(where.reasons)},
        "dose_at_depth": dose_at_depth(lesion).table(),
        "inputs": inputs,
    }


def summary(result: dict[str, Any]) -> list[str]:
    """The main numbers for people."""
    shot = result["inputs"]["shot"]
    lines = [
        f"{shot['energy_mJ']:g} mJ in {number(shot['pulse_ms'])} ms, {shot['profile']} {shot['spot_um']:g} µm, "
        f"on the skin of site {result['inputs']['site']}",
        *table((f"  {words(name)}", quantity(name, result[name]), _interval(result, name)) for name in SHOWN),
        f"  energy audit closes to {result['energy']['closure_error']:.1e}",
        f"  validity: {result['validity']['status']}",
        *(f"    {reason}" for reason in result["validity"]["reasons"]),
    ]
    lines += dose_lines(result["dose_at_depth"]) + matters_lines(result["intervals"])
    return lines + [f"  assumed: {text}" for text in result["assumptions"]]


def dose_lines(rows: list[dict[str, float | None]]) -> list[str]:
    """Dose by depth, where the heating was slow enough for CEM43 to be counted."""
    if not rows or rows[0]["cem43_min"] is None:
        return []
    heads = ("    depth", "highest", "CEM43", "collagen Ω", "cells Ω")
    body = [
        (f"    {row['depth_um']:g} µm", f"{row['temperature_max_C']:.1f} °C", f"{number(row['cem43_min'])} min",
         number(row["omega_collagen"]), number(row["omega_cell"]))
        for row in rows
    ]  # fmt: skip
    return ["  dose under the axis:", *table([heads, *body])]


def matters_lines(known: dict[str, Any] | None) -> list[str]:
    """The inputs that the depth hangs on, most first, until nine tenths of the variance are named."""
    named, told = [], 0.0
    for entry in (known or {}).get("matters", []):
        if told >= 90.0:
            break
        named.append(f"{entry['input'].replace('_', ' ')} {entry['share_pct']:.0f} %")
        told += entry["share_pct"]
    return [f"  the depth hangs on: {', '.join(named)} (of the variance of its logarithm)"] if named else []


def _interval(result: dict[str, Any], name: str) -> str:
    """The 95 % interval of a number in words; nothing where it has none."""
    found = ((result["intervals"] or {}).get("intervals") or {}).get(name)
    if found is None:
        return ""
    end = {"high": ", safety uses the high end", "low": ", safety uses the low end", "both": ", safety uses both ends"}
    return f"({number(found['low'])} to {quantity(name, found['high'])}){end.get(found.get('unfavourable', ''), '')}"


def save(lesion: Lesion, result: dict[str, Any], out: Path, export: str) -> list[Path]:
    """``lesion.json`` and the fields, whole or not at all. Returns the paths."""
    from colonnade.cli.fields import write

    with folder.whole(out) as work:
        text = json.dumps(result, indent=1, ensure_ascii=False, allow_nan=False)
        (work / "lesion.json").write_text(text, encoding="utf-8")
        write(lesion, work, export)
        names = sorted(path.name for path in work.iterdir())
    note(f"Wrote {len(names)} files to {out}")
    return [out / name for name in names]


def drawable(path: Path, option: str = "--figure") -> None:
    """Refuse, before anything is computed, a figure that could not be written or would replace a file."""
    if path.suffix not in (".svg", ".png"):
        raise _bad_figure(option, f'"{path}"', "a file name ending in .svg or .png")
    if path.exists():
        raise _bad_figure(option, f'"{path}", which exists', "a new file")
    if not path.absolute().parent.is_dir():
        raise _bad_figure(option, f'"{path}"', "a file in an existing folder")
    from colonnade.reporting.canvas import need

    need("matplotlib")


def _bad_figure(option: str, given: str, allowed: str) -> BadInput:
    return BadInput(option, given=given, allowed=allowed, todo="Name another file.")


def draw(lesion: Lesion, result: dict[str, Any], path: Path) -> Path:
    """The regime map with this shot on it, whole or not at all."""
    from colonnade.reporting.canvas import style
    from colonnade.reporting.regime_figure import regimes

    stamp = _stamp(lesion, result)
    shot = lesion.shot
    with style():
        picture = regimes([(f"{shot.energy_mJ:g} mJ on {shot.spot_um:g} µm", shot)], lesion.skin, "regimes", stamp)
    return _written(picture, path)


def draw_dose(lesion: Lesion, result: dict[str, Any], path: Path) -> Path:
    """Temperature, CEM43 and damage by depth, whole or not at all."""
    from colonnade.photothermal.dose import dose_at_depth
    from colonnade.reporting.canvas import style
    from colonnade.reporting.dose_figure import dose

    with style():
        picture = dose(dose_at_depth(lesion), lesion.skin.temperature_C, "dose", _stamp(lesion, result))
    return _written(picture, path)


def _stamp(lesion: Lesion, result: dict[str, Any]) -> Any:
    from colonnade.reporting.canvas import Stamp

    shot = lesion.shot
    beam = f"{shot.energy_mJ:g} mJ in {number(shot.pulse_ms)} ms, {shot.profile} {shot.spot_um:g} µm"
    said = f"{beam}, skin of {lesion.skin.id}"
    return Stamp(said, str(result["provenance"]["inputs_sha256"]), of="result")


def _written(picture: Any, path: Path) -> Path:
    partial = path.with_name(f".{path.name}.partial")
    partial.write_bytes(picture.svg if path.suffix == ".svg" else picture.png)
    partial.replace(path)
    return path
