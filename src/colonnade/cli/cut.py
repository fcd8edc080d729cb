"""``colonnade cut``: a focused beam moved over the skin."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from colonnade.cli import column
from colonnade.cli.kernels import say_if_compiling
from colonnade.cli.output import Debug, Json, note, progress, quantity, say_json, say_lines, table, words
from colonnade.cli.strategies import with_strategies
from colonnade.errors import BadInput

if TYPE_CHECKING:
    from colonnade.photothermal import Cut
    from colonnade.photothermal.tilted import Forecast

EXAMPLE = "colonnade cut --power-w 10 --speed-mm-s 100 --spot-um 200 --profile gaussian --site cheek"
SHOWN = (
    "depth_um",
    "depth_sd_um",
    "width_surface_um",
    "rim_bottom_um",
    "rim_side_um",
    "necrosis_depth_um",
    "energy_balance_um",
    "wet_layer_um",
    "hottest_behind_C",
)
#: Spots that the beam moves over where no track is stated: two at either end are not steady.
SPOTS = 6.0

#: What a shot on a spot of less than 2 mm may carry.
MOST_MJ = 2000.0


#: What a cut has of the strategies (`photothermal.cutting.CUT_KNOWS`; a test compares).
KNOWS = (
    "eta", "kappa_per_mm", "f_v", "t_abl_C", "char", "film_um", "film_kind", "collagen", "h_surface_W_m2K", "medium_C",
    "reflectance", "conduction", "divergence", "mu_constant_per_cm", "mu_slope_per_K", "k_slope_per_K",
    "c_water_J_kgK",
)  # fmt: skip


@with_strategies(KNOWS)
def command(
    power_w: Annotated[float, typer.Option("--power-w", help="Power of the beam [W].")],
    speed_mm_s: Annotated[float, typer.Option("--speed-mm-s", help="Speed of the beam on the skin [mm/s].")],
    spot_um: Annotated[float, typer.Option("--spot-um", help="Spot diameter, 1/e² or full for a top-hat [µm].")],
    profile: column.Profile = None,
    track_mm: Annotated[float | None, typer.Option("--track-mm", help="Length cut [mm]; six spots without it.")] = None,
    m2: column.M2 = None,
    focus_depth_um: column.Focus = None,
    site: column.Site = None,
    cell_um: Annotated[float, typer.Option("--cell-um", help="Cell along the surface [µm].")] = 10.0,
    cell_z_um: Annotated[float, typer.Option("--cell-z-um", help="Cell in depth [µm].")] = 4.0,
    most_minutes: Annotated[float, typer.Option("--most-minutes", help="Refuse what is forecast to take longer.")] = 30,
    forecast: Annotated[bool, typer.Option("--forecast", help="Only say what it would take.")] = False,
    as_json: Json = False,
    debug: Debug = False,
    **stated: Any,
) -> None:
    """Cut: depth and rim of a beam moved over the skin at a speed, in three dimensions.

    Minutes, not tenths of a second: memory and time are forecast, and too much is refused before it begins.
    """
    shot = shot_of(power_w, speed_mm_s, spot_um, profile, track_mm, m2, focus_depth_um)
    where = column.skin_of(site)
    from colonnade.photothermal import Window
    from colonnade.photothermal.cutting import forecast_cut, simulate_cut
    from colonnade.photothermal.naming import plain, strategies_of
    from colonnade.photothermal.strategies import Options

    window, chosen = Window(cell_um=cell_um, cell_z_um=cell_z_um), strategies_of(stated)
    how: dict[str, Any] = {"speed_mm_s": speed_mm_s, "window": window, **chosen}
    ahead = forecast_cut(shot, where, **how)
    note(_ahead(ahead))
    inputs = {"shot": shot.model_dump(mode="json"), "site": where.id, "speed_mm_s": speed_mm_s}
    if forecast:
        said = {"forecast": vars(ahead), "inputs": inputs}
        say_json(said) if as_json else say_lines([_ahead(ahead)])
        return
    with progress("Simulating a cut") as tell:
        say_if_compiling()
        cut = simulate_cut(
            shot, where, most_minutes=most_minutes, progress=lambda done, text: tell("cut", done, text), **how
        )
    every = plain(Options(**chosen))
    strategies = {name: every[name] for name in ("losses", "ablation", "physics", "kinetics", "film")}
    strategies["window"] = vars(window)
    result = described(cut, inputs, where.model_dump(mode="json"), strategies)
    if as_json:
        say_json(result)
        return
    say_lines(summary(result))


def shot_of(
    power_w: float, speed_mm_s: float, spot_um: float, profile: str | None, track_mm: float | None, m2: float | None,
    focus_depth_um: float | None,
) -> Any:  # fmt: skip
    """The beam as a shot that is on as long as it moves.

    Raises BadInput for what is not above 0, or a profile left out.
    """
    if profile is None:
        raise BadInput(
            "--profile", given="nothing", allowed="gaussian, tophat or supergaussian: no beam is assumed",
            todo="Add --profile.",
        )  # fmt: skip
    track = SPOTS * spot_um / 1000 if track_mm is None else track_mm
    for name, value in (("--power-w", power_w), ("--speed-mm-s", speed_mm_s), ("--spot-um", spot_um),
                        ("--track-mm", track)):  # fmt: skip
        if not 0 < value < float("inf"):
            raise BadInput(name, given=f"{value:g}", allowed="a number above 0", todo="Correct it and run again.")
    from colonnade.laser import Shot
    from colonnade.schema import read

    pulse_ms = 1000 * track / speed_mm_s
    if not power_w * pulse_ms <= MOST_MJ:
        raise BadInput(
            "--track-mm", given=f"{track:g} mm at {power_w:g} W and {speed_mm_s:g} mm/s: {power_w * pulse_ms:.0f} mJ",
            allowed=f"at most {MOST_MJ:g} mJ in one cut: {MOST_MJ / power_w * speed_mm_s / 1000:.3g} mm",
            todo="A cut is steady after two spots: a shorter track says the same.",
        )  # fmt: skip
    more = {"m2": m2, "focus_depth_um": focus_depth_um}
    data = {"energy_mJ": power_w * pulse_ms, "pulse_ms": pulse_ms, "spot_um": spot_um, "profile": profile}
    return read(Shot, data | {k: v for k, v in more.items() if v is not None}, origin="cut")


def _ahead(ahead: Forecast) -> str:
    return (
        f"Forecast: {ahead.cells:,} cells, {ahead.steps:,} steps, {ahead.memory_GB:.2g} GB, at most about "
        f"{max(ahead.minutes, 0.1):.1f} min"
    )


def described(cut: Cut, inputs: dict[str, Any], skin: dict[str, Any], strategies: dict[str, Any]) -> dict[str, Any]:
    """The numbers of a cut, what went in, every strategy with its values, and the hash of all that."""
    from colonnade import __version__

    everything = {**inputs, "skin": skin, "strategies": strategies}
    digest = hashlib.sha256(json.dumps(everything, sort_keys=True).encode()).hexdigest()
    energy = {**vars(cut.energy), "closure_error": cut.energy.closure_error}
    return {
        **{name: getattr(cut, name, None) for name in SHOWN},
        "energy_balance_um": cut.balance_um,
        "energy": energy,
        "forecast": vars(cut.forecast),
        "cell_um": list(cut.cell_um),
        "validity": {"status": "outside", "reasons": ["no measured cut has been compared with this model"]},
        "inputs": inputs,
        "provenance": {"version": __version__, "model": "cut/1", "inputs_sha256": digest, "strategies": strategies},
    }


def summary(result: dict[str, Any]) -> list[str]:
    """The main numbers for people."""
    shot = result["inputs"]["shot"]
    power = shot["energy_mJ"] / shot["pulse_ms"]
    return [
        f"{power:g} W, {shot['profile']} {shot['spot_um']:g} µm, moved at {result['inputs']['speed_mm_s']:g} mm/s, "
        f"on the skin of site {result['inputs']['site']}",
        *table((f"  {words(name)}", quantity(name, result[name])) for name in SHOWN),
        f"  energy audit closes to {result['energy']['closure_error']:.1e}",
        f"  validity: {result['validity']['status']}",
        *(f"    {reason}" for reason in result["validity"]["reasons"]),
    ]
