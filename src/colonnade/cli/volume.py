"""``colonnade volume``: tilted, overlapping and moving beams in three dimensions."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from colonnade.cli import folder
from colonnade.cli.kernels import say_if_compiling
from colonnade.cli.output import Debug, Json, note, progress, quantity, say_json, say_lines, table, words

if TYPE_CHECKING:
    from colonnade.photothermal.beams import BeamsSpec
    from colonnade.photothermal.tilted import Volume

EXAMPLE = (
    "colonnade volume examples/tilted-beams.toml --forecast\n  colonnade volume examples/tilted-beams.toml --out out/"
)
MAPS = ("crater_um", "coagulated_um", "necrosis_um")
SHOWN = ("crater_depth_um", "coagulation_depth_um", "necrosis_depth_um", "ablated_volume_mm3", "residual_heat_mJ")


def command(
    file: Annotated[Path, typer.Argument(metavar="BEAMS.toml", help="Block and beams (docs/file-formats/beams.md).")],
    out: Annotated[Path | None, typer.Option("--out", help="Folder for the maps (HDF5) and the numbers.")] = None,
    most_minutes: Annotated[float, typer.Option("--most-minutes", help="Refuse what is forecast to take longer.")] = 30,
    most_gb: Annotated[float, typer.Option("--most-gb", help="Refuse what is forecast to take more memory [GB].")] = 4,
    threads: Annotated[int | None, typer.Option("--threads", min=1, help="Threads; all cores without it.")] = None,
    forecast: Annotated[bool, typer.Option("--forecast", help="Only say what it would take.")] = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Fire tilted, overlapping or moving beams into a block of skin, in three dimensions.

    Minutes, not tenths of a second: memory and time are forecast, and too much is refused with a cell that fits.
    """
    from colonnade.photothermal import beams as files
    from colonnade.tissue import skin

    spec = files.load(file)
    fired, block, chosen = spec.made()
    where = skin(spec.site)
    if out is not None:
        folder.usable(out)
    from colonnade.photothermal import tilted
    from colonnade.photothermal.naming import refuse_others

    refuse_others("three dimensions", tilted.KNOWS, **chosen)
    about = {name: strategy for name, strategy in chosen.items() if name in ("physics", "film")}
    ahead = tilted.forecast(fired, where, block, until_ms=spec.until_ms, **about)
    note(_ahead(ahead))
    if forecast:
        say_json({"forecast": vars(ahead)}) if as_json else say_lines([_ahead(ahead)])
        return
    with progress(f"Simulating {len(fired)} beams") as tell:
        say_if_compiling()
        found = tilted.simulate_volume(
            fired, where, block, until_ms=spec.until_ms, most_minutes=most_minutes, most_GB=most_gb, threads=threads,
            progress=lambda done, text: tell("block", done, text), **chosen,
        )  # fmt: skip
    result = described(found, spec, where.model_dump(mode="json"), chosen)
    files_written = save(found, result, out) if out is not None else []
    if as_json:
        say_json(result)
        return
    say_lines(summary(result))
    say_lines(f"written: {path}" for path in files_written)


def _ahead(ahead: Any) -> str:
    return (
        f"Forecast: {ahead.cells:,} cells, {ahead.steps:,} steps, {ahead.memory_GB:.2g} GB, at most about "
        f"{max(ahead.minutes, 0.1):.1f} min"
    )


def described(found: Volume, spec: BeamsSpec, skin: dict[str, Any], chosen: dict[str, Any]) -> dict[str, Any]:
    """The numbers, what went in, every strategy with its values."""
    from colonnade import __version__
    from colonnade.photothermal.naming import plain
    from colonnade.photothermal.strategies import Options

    inputs = spec.model_dump(mode="json", by_alias=True)
    strategies = plain(Options(**chosen))
    everything = json.dumps({**inputs, "skin": skin, "all": strategies}, sort_keys=True)
    kept = ("losses", "ablation", "physics", "kinetics", "film")
    return {
        "crater_depth_um": float(found.crater_um.max()),
        "coagulation_depth_um": float(found.coagulated_um.max()),
        "necrosis_depth_um": float(found.necrosis_um.max()),
        "ablated_volume_mm3": found.ablated_volume_mm3,
        "residual_heat_mJ": found.residual_heat_mJ,
        "energy": {**vars(found.energy), "closure_error": found.energy.closure_error},
        "cell_um": list(found.cell_um),
        "forecast": vars(found.forecast),
        "seconds": found.seconds,
        "validity": {"status": "outside", "reasons": ["tilted or overlapping beams were compared with no measurement"]},
        "inputs": inputs,
        "provenance": {
            "version": __version__,
            "model": "volume/1",
            "inputs_sha256": hashlib.sha256(everything.encode()).hexdigest(),
            "strategies": {name: strategies[name] for name in kept},
        },
    }


def summary(result: dict[str, Any]) -> list[str]:
    """The main numbers for people."""
    given = result["inputs"]
    return [
        f"{len(given['beams'])} beams on the skin of site {given['site']}, cells of {result['cell_um'][0]:g} µm",
        *table((f"  {words(name)}", quantity(name, result[name])) for name in SHOWN),
        f"  energy audit closes to {result['energy']['closure_error']:.1e}",
        f"  validity: {result['validity']['status']}",
        *(f"    {reason}" for reason in result["validity"]["reasons"]),
    ]


def save(found: Volume, result: dict[str, Any], out: Path) -> list[Path]:
    """``lesion.json`` and ``fields.h5`` (maps [µm] over x and y, removed cells), whole or not at all."""
    import h5py

    with folder.whole(out) as work:
        text = json.dumps(result, indent=1, ensure_ascii=False, allow_nan=False)
        (work / "lesion.json").write_text(text, encoding="utf-8")
        with h5py.File(work / "fields.h5", "w") as file:
            file.attrs["provenance"] = json.dumps(result["provenance"])
            file.attrs["cell_um"] = found.cell_um
            for name in MAPS:
                file.create_dataset(name, data=getattr(found, name), compression="gzip")
            file.create_dataset("removed", data=found.removed, compression="gzip")
            file.create_dataset("rise_K", data=found.rise_K, compression="gzip", shuffle=True)
        names = sorted(path.name for path in work.iterdir())
    return [out / name for name in names]
