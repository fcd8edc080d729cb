"""The options that `simulate` and `field` share: which beam meets which skin."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypedDict

import typer

from colonnade.cli.output import note
from colonnade.errors import BadInput

if TYPE_CHECKING:
    from colonnade.laser import Shot
    from colonnade.photothermal import Losses
    from colonnade.tissue import Skin

DEFAULT_SITE = "cheek"
BEAM = "Beam"

DeviceId = Annotated[
    str | None, typer.Option("--device", rich_help_panel=BEAM, help="A device of the library; it limits the rest.")
]
Energy = Annotated[float | None, typer.Option("--energy-mj", rich_help_panel=BEAM, help="Energy of one pulse [mJ].")]
Power = Annotated[float | None, typer.Option("--power-w", rich_help_panel=BEAM, help="Power during the pulse [W].")]
Pulse = Annotated[float | None, typer.Option("--pulse-ms", rich_help_panel=BEAM, help="Pulse duration, on-time [ms].")]
Spot = Annotated[
    float | None,
    typer.Option("--spot-um", rich_help_panel=BEAM, help="Spot diameter, 1/e² or full for a top-hat [µm]."),
]
Profile = Annotated[
    Literal["gaussian", "tophat", "supergaussian"] | None, typer.Option(rich_help_panel=BEAM, help="Beam profile.")
]
Order = Annotated[
    int | None, typer.Option("--profile-order", rich_help_panel=BEAM, help="Order of the super-Gaussian.")
]
M2 = Annotated[float | None, typer.Option("--m2", rich_help_panel=BEAM, help="Beam quality M².")]
Focus = Annotated[
    float | None,
    typer.Option("--focus-depth-um", rich_help_panel=BEAM, help="Focus below (+) or above (-) the surface [µm]."),
]
Stack = Annotated[int, typer.Option(rich_help_panel=BEAM, help="Pulses on the same spot.")]
StackInterval = Annotated[
    float | None, typer.Option("--stack-interval-ms", rich_help_panel=BEAM, help="From one to the next [ms].")
]
Site = Annotated[str | None, typer.Option("--site", help="A body site of the library: its skin. Left out: cheek.")]
Eta = Annotated[float | None, typer.Option("--eta", help="Share of the beam that passes the plume; 1: all.")]
Kappa = Annotated[float | None, typer.Option("--kappa-per-mm", help="Loss by depth in the crater [1/mm].")]
FWall = Annotated[float | None, typer.Option("--f-wall", help="Share of the ejected enthalpy that the wall takes.")]
Out = Annotated[Path | None, typer.Option("--out", help="Folder for the result; new, empty or an earlier output.")]
Export = Annotated[Literal["hdf5", "vtk", "csv"], typer.Option(help="How --out stores the fields.")]


class Beam(TypedDict):
    """One shot as typed on the command line."""

    device: str | None
    energy_mJ: float | None
    power_W: float | None
    pulse_ms: float | None
    spot_um: float | None
    profile: Literal["gaussian", "tophat", "supergaussian"] | None
    order: int | None
    m2: float | None
    focus_depth_um: float | None
    stack: int
    stack_interval_ms: float | None


def shot_of(beam: Beam) -> Shot:
    """The shot: of a device within what it offers, or a generic one whose every essential is stated.

    Raises
    ------
    BadInput
        Outside what the device offers; without a device, if profile, spot or two of energy, power and pulse lack.
    """
    from colonnade.laser import Shot, device
    from colonnade.schema import read

    if beam["device"] is not None:
        shot = device(beam["device"]).shot(
            energy_mJ=beam["energy_mJ"],
            power_W=beam["power_W"],
            pulse_ms=beam["pulse_ms"],
            spot_um=beam["spot_um"],
            profile=beam["profile"],
            stack=beam["stack"],
            stack_interval_ms=beam["stack_interval_ms"],
        )
        data: dict[str, Any] = shot.model_dump()
    else:
        data = _generic(beam)
    more = {name: beam[name] for name in ("order", "m2", "focus_depth_um") if beam[name] is not None}
    return read(Shot, {**data, **more}, origin="shot")


def _generic(beam: Beam) -> dict[str, Any]:
    for option, value in (("--profile", beam["profile"]), ("--spot-um", beam["spot_um"])):
        if value is None:
            raise BadInput(
                option,
                given="nothing, and no --device to take it from",
                allowed="a stated value: no beam is assumed",
                todo=f"Add {option}, or --device (`colonnade list devices`).",
            )
    energy, pulse = _energy_and_pulse(beam["energy_mJ"], beam["power_W"], beam["pulse_ms"])
    data = {
        "energy_mJ": energy,
        "pulse_ms": pulse,
        "spot_um": beam["spot_um"],
        "profile": beam["profile"],
        "stack": beam["stack"],
    }
    if beam["stack_interval_ms"] is not None:
        data["stack_interval_ms"] = beam["stack_interval_ms"]
    elif beam["stack"] > 1:
        raise BadInput(
            "--stack-interval-ms",
            given=f"nothing with a stack of {beam['stack']}",
            allowed="the time from one pulse to the next [ms]",
            todo="Add --stack-interval-ms.",
        )
    return data


def _energy_and_pulse(energy: float | None, power: float | None, pulse: float | None) -> tuple[float, float]:
    """Two of the three fix the third: E [mJ] = P [W] · t [ms]."""
    given = {"--energy-mj": energy, "--power-w": power, "--pulse-ms": pulse}
    stated = {name: value for name, value in given.items() if value is not None}
    if len(stated) != 2:
        raise BadInput(
            "shot",
            given=", ".join(f"{n} {v:g}" for n, v in stated.items()) or "no energy, power or pulse",
            allowed="two of --energy-mj, --power-w and --pulse-ms; the third follows (E = P·t)",
            todo="State two of the three.",
        )
    for name, value in stated.items():
        if not 0 < value < math.inf:
            raise BadInput(name, given=f"{value:g}", allowed="a number above 0", todo="Correct it and run again.")
    if power is None:
        return float(stated["--energy-mj"]), float(stated["--pulse-ms"])
    return (power * pulse, pulse) if pulse is not None else (float(energy or 0.0), float(energy or 0.0) / power)


def skin_of(site: str | None) -> Skin:
    """The skin of ``site``; if none is stated, that of the cheek, and says so. Raises BadInput for an unknown one."""
    from colonnade.tissue import skin

    if site is None:
        note(f"No --site: the skin of site {DEFAULT_SITE} is used.")
    return skin(DEFAULT_SITE if site is None else site)


def losses_of(eta: float | None, kappa_per_mm: float | None, f_wall: float | None) -> Losses | None:
    """The crater losses if any is stated; None otherwise: the engine's own values hold. Raises BadInput."""
    stated = {"eta": eta, "kappa_per_mm": kappa_per_mm, "f_wall": f_wall}
    given = {name: value for name, value in stated.items() if value is not None}
    if not given:
        return None
    from colonnade.photothermal import Losses

    return Losses(**given)
