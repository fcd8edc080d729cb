"""``colonnade commission``: η and κ of one's own device from a handful of test shots."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from colonnade.cli.kernels import say_if_compiling
from colonnade.cli.output import Debug, Json, number, progress, say_json, say_lines, table
from colonnade.errors import BadInput

if TYPE_CHECKING:
    from colonnade.calibration.paper import PaperSpot

EXAMPLE = (
    'colonnade commission examples/commissioning-shots.csv --device lumenis-ultrapulse-deepfx --owner "A. Physicist"'
)


def command(
    file: Annotated[
        Path, typer.Argument(metavar="MEASUREMENTS.csv", help="Test shots (docs/file-formats/commissioning.md).")
    ],
    device: Annotated[str, typer.Option("--device", metavar="ID", help="The device that fired them.")],
    owner: Annotated[str, typer.Option("--owner", help="Who answers for the profile.")],
    out: Annotated[
        Path | None, typer.Option("--out", help="The profile; by default DEVICE.profile.toml in this folder.")
    ] = None,
    paper: Annotated[
        Path | None, typer.Option("--paper", metavar="MARKS.csv", help="Marks on thermal paper: the spot, checked.")
    ] = None,
    valid_days: Annotated[int, typer.Option("--valid-days", help="Days until the profile expires.")] = 365,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Fit the crater losses of a device to test shots and write a dated, owned, expiring profile."""
    import colonnade
    from colonnade.calibration.commissioning import commission, read_shots

    its = colonnade.device(device)
    shots = read_shots(file, its)
    spot = _spot(paper, tuple(s.spot_um for s in shots if s.profile == "gaussian")) if paper is not None else None
    target = out or Path(f"{its.id}.profile.toml")
    if target.exists():
        raise BadInput(
            "--out",
            given=f"{target}, which exists",
            allowed="a new file",
            todo="Move the old profile away or name another.",
        )
    if not target.absolute().parent.is_dir():
        raise BadInput(
            "--out", given=str(target), allowed="a file in an existing folder", todo="Make the folder first."
        )
    with progress(f"Fitting {len(shots)} test shots") as tell:
        say_if_compiling()
        found = commission(
            shots,
            its,
            owner=owner,
            date=datetime.now().astimezone().date(),
            valid_days=valid_days,
            spot=spot,
            progress=lambda done, text: tell("rows", done, text),
        )
    partial = target.with_name(f".{target.name}.partial")
    partial.write_text(found.text, encoding="utf-8")
    partial.replace(target)
    rows = [
        {"row": r.row, "measured_um": r.measured, "predicted_um": r.median, "low_um": r.low, "high_um": r.high}
        for r in found.residuals
    ]
    if as_json:
        low_high = ("low", "value", "high")
        say_json(
            {
                "profile": str(target),
                "eta": dict(zip(low_high, found.eta, strict=True)),
                "kappa_per_mm": dict(zip(low_high, found.kappa_per_mm, strict=True)),
                "residuals": rows,
                "spot": None if spot is None else vars(spot),
            }
        )
        return
    eta, kappa = ([number(v) for v in q] for q in (found.eta, found.kappa_per_mm))
    say_lines(
        [
            f"η {eta[1]} ({eta[0]} to {eta[2]}), κ {kappa[1]} /mm ({kappa[0]} to {kappa[2]}), 95 % intervals",
            *_spot_line(spot),
            "each row predicted by the others, depth in µm:",
            *table(
                [("  row", "measured", "predicted", "95 % interval", "")]
                + [
                    (
                        f"  {r.row}",
                        number(r.measured),
                        number(r.median),
                        f"{number(r.low)} to {number(r.high)}",
                        "" if r.inside else "outside",
                    )
                    for r in found.residuals
                ]
            ),
            f"written: {target}",
        ]
    )


def _spot(path: Path, stated_um: tuple[float, ...]) -> PaperSpot:
    """The spot by thermal paper, which the stated ones must not contradict. Raises BadInput."""
    from colonnade.calibration import paper

    found = paper.spot_of(paper.read_marks(path))
    paper.agree(found, stated_um)
    return found


def _spot_line(spot: PaperSpot | None) -> list[str]:
    if spot is None:
        return []
    span = f"{spot.spot_um:.0f} µm ({spot.low_um:.0f} to {spot.high_um:.0f})"
    return [f"spot by {spot.marks} marks on thermal paper: {span}; marks misfit by {spot.misfit_um:.1f} µm"]
