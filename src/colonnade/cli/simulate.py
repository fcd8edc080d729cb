"""``colonnade simulate``: one column."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from colonnade.cli import column, folder
from colonnade.cli.kernels import say_if_compiling
from colonnade.cli.output import Debug, Json, note, progress, quantity, say_json, say_lines, table, words
from colonnade.errors import BadInput

if TYPE_CHECKING:
    from colonnade.photothermal import Lesion

EXAMPLE = "colonnade simulate --device lumenis-ultrapulse-deepfx --energy-mj 20 --site cheek"
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
    eta: column.Eta = None,
    kappa_per_mm: column.Kappa = None,
    f_wall: column.FWall = None,
    out: column.Out = None,
    export: column.Export = "hdf5",
    figure: Annotated[
        Path | None, typer.Option("--figure", help="Draw where the shot lies on the regime map: a new .svg or .png.")
    ] = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Simulate one column: what one microbeam does to the skin.

    With --device, what is left out is the device's own; without one, profile, spot and two of energy, power and
    pulse are stated.
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
    if figure is not None:
        drawable(figure)
    losses = column.losses_of(eta, kappa_per_mm, f_wall)
    with progress("Simulating one column") as tell:
        say_if_compiling()
        from colonnade.photothermal import simulate

        lesion = simulate(shot, where, losses=losses, progress=lambda done, text: tell("column", done, text))
    result = described(lesion, device)
    files = save(lesion, result, out, export) if out is not None else []
    files += [draw(lesion, result, figure)] if figure is not None else []
    if as_json:
        say_json(result)
        return
    say_lines(summary(result))
    say_lines(f"written: {path}" for path in files)


def described(lesion: Lesion, device: str | None) -> dict[str, Any]:
    """The lesion as the command contract prints it, with what went in."""
    inputs = {"device": device, "site": lesion.skin.id, "shot": lesion.shot.model_dump(mode="json")}
    return {**lesion.as_dict(), "inputs": inputs}


def summary(result: dict[str, Any]) -> list[str]:
    """The main numbers for people."""
    shot = result["inputs"]["shot"]
    lines = [
        f"{shot['energy_mJ']:g} mJ in {shot['pulse_ms']:.3g} ms, {shot['profile']} {shot['spot_um']:g} µm, "
        f"on the skin of site {result['inputs']['site']}",
        *table((f"  {words(name)}", quantity(name, result[name])) for name in SHOWN),
        f"  energy audit closes to {result['energy']['closure_error']:.1e}",
        f"  validity: {result['validity']['status']}",
        *(f"    {reason}" for reason in result["validity"]["reasons"]),
    ]
    return lines + [f"  assumed: {text}" for text in result["assumptions"]]


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


def drawable(path: Path) -> None:
    """Refuse, before anything is computed, a figure that could not be written or would replace a file."""
    if path.suffix not in (".svg", ".png"):
        raise _bad_figure(f'"{path}"', "a file name ending in .svg or .png")
    if path.exists():
        raise _bad_figure(f'"{path}", which exists', "a new file")
    if not path.absolute().parent.is_dir():
        raise _bad_figure(f'"{path}"', "a file in an existing folder")
    from colonnade.reporting.canvas import need

    need("matplotlib")


def _bad_figure(given: str, allowed: str) -> BadInput:
    return BadInput("--figure", given=given, allowed=allowed, todo="Name another file.")


def draw(lesion: Lesion, result: dict[str, Any], path: Path) -> Path:
    """The regime map with this shot on it, whole or not at all."""
    from colonnade.reporting.canvas import Stamp, style
    from colonnade.reporting.regime_figure import regimes

    shot = lesion.shot
    said = (
        f"{shot.energy_mJ:g} mJ in {shot.pulse_ms:.3g} ms, {shot.profile} {shot.spot_um:g} µm, skin of {lesion.skin.id}"
    )
    stamp = Stamp(said, str(result["provenance"]["inputs_sha256"]), of="result")
    with style():
        picture = regimes([(f"{shot.energy_mJ:g} mJ on {shot.spot_um:g} µm", shot)], lesion.skin, "regimes", stamp)
    partial = path.with_name(f".{path.name}.partial")
    partial.write_bytes(picture.svg if path.suffix == ".svg" else picture.png)
    partial.replace(path)
    return path
