"""``colonnade field``: a field of columns."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from colonnade.cli import column, field_files, folder
from colonnade.cli.kernels import say_if_compiling
from colonnade.cli.output import Debug, Json, note, progress, quantity, say_json, say_lines, table, words
from colonnade.cli.simulate import described, summary
from colonnade.errors import BadInput
from colonnade.units import from_si

if TYPE_CHECKING:
    from colonnade.field import Field, Region

COVERAGE = ("depth_um", "ablated_pct", "coagulated_pct", "heated_pct", "spared_pct")
BULK = ("time_s", "surface_K", "basal_K", "dermis_K")
EXAMPLE = (
    "colonnade field --device lumenis-ultrapulse-deepfx --energy-mj 20 --site cheek "
    "--pattern hexagonal --density-pct 5 --area-mm 10 --rate-hz 300"
)


def command(
    pattern: Annotated[str, typer.Option(help="How the columns are laid: square, hexagonal, random.")],
    area_mm: Annotated[float | None, typer.Option("--area-mm", help="Side of the square that is treated [mm].")] = None,
    region: Annotated[
        Path | None, typer.Option("--region", help='Instead: polygons in mm, a GeoJSON file with "units": "mm".')
    ] = None,
    density_pct: Annotated[float | None, typer.Option("--density-pct", help="Density per pass [%].")] = None,
    pitch_um: Annotated[float | None, typer.Option("--pitch-um", help="Centre to centre [µm].")] = None,
    spots_per_cm2: Annotated[float | None, typer.Option("--spots-per-cm2", help="Columns per cm² and pass.")] = None,
    spacing_um: Annotated[float | None, typer.Option("--spacing-um", help="Gap between spot edges [µm].")] = None,
    passes: Annotated[int, typer.Option(help="Passes, placed independently of each other.")] = 1,
    order: Annotated[
        str, typer.Option(help="Firing order within a stamp: raster, serpentine, interlaced, random, optimised.")
    ] = "raster",
    rate_hz: Annotated[
        float | None, typer.Option("--rate-hz", help="Columns fired per second; a device knows its own.")
    ] = None,
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
    animation: Annotated[
        Path | None, typer.Option("--animation", help="File for the temperature over time: .gif, or animated .png.")
    ] = None,
    view3d: Annotated[
        Path | None, typer.Option("--view3d", help="File for a three-dimensional view in any browser: .html.")
    ] = None,
    coverage_map: Annotated[
        Path | None, typer.Option("--coverage-map", help="File for the coverage by place: .svg or .png.")
    ] = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Simulate a field: one column, laid over a square or a drawn region of skin.

    One of --density-pct, --pitch-um, --spots-per-cm2 and --spacing-um says how dense the columns lie.
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
    rate = _rate(rate_hz, device)
    density = _density(density_pct=density_pct, pitch_um=pitch_um, spots_per_cm2=spots_per_cm2, spacing_um=spacing_um)
    if out is not None:
        folder.usable(out)
    pictures = field_files.wanted(animation=animation, view3d=view3d, coverage_map=coverage_map)
    from colonnade import field as rooms

    laid = rooms.pattern(pattern, spot_um=shot.spot_um, **density)
    area = _area(area_mm, region)
    losses = column.losses_of(eta, kappa_per_mm, f_wall)
    with progress("Simulating one column, then the field") as tell:
        say_if_compiling()
        from colonnade.photothermal import simulate

        lesion = simulate(shot, where, losses=losses, progress=lambda done, text: tell("column", done, text))
        tell("field", 0.0, "coverage and heat")
        treated = rooms.treat(lesion, laid, region=area, rate_Hz=rate, passes=passes, order=order)
        drawn = field_files.drawn(treated, lesion, pictures, tell)
    result = {**described(lesion, device), "field": _described(treated)}
    if out is not None:
        with folder.whole(out) as work:
            text = json.dumps(result, indent=1, ensure_ascii=False, allow_nan=False)
            (work / "field.json").write_text(text, encoding="utf-8")
            from colonnade.field.export import export as write

            names = ["field.json", *(path.name for path in write(treated, work, export))]
        note(f"Wrote {', '.join(str(out / name) for name in names)}")
    field_files.write(drawn)
    if as_json:
        say_json(result)
        return
    say_lines([*summary(result), "the field:", *_numbers(result["field"])])


def _area(area_mm: float | None, drawn: Path | None) -> Region:
    """The square, or the polygons of a GeoJSON file. Raises BadInput unless exactly one is stated."""
    from colonnade.field import from_geojson, square

    if (area_mm is None) == (drawn is None):
        raise BadInput(
            "region",
            given="nothing" if area_mm is None else "--area-mm and --region",
            allowed="one of --area-mm and --region",
            todo="State exactly one of the two.",
        )
    if drawn is None:
        assert area_mm is not None
        return square(mm=area_mm)
    try:
        return from_geojson(drawn.read_text(encoding="utf-8"), name=drawn.stem)
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(
            "--region",
            given=f'"{drawn}", which cannot be read ({type(error).__name__})',
            allowed="a GeoJSON file",
            todo="Check the path.",
        ) from None


def _density(**ways: float | None) -> dict[str, Any]:
    stated = {name: value for name, value in ways.items() if value is not None}
    if len(stated) != 1:
        raise BadInput(
            "density",
            given=", ".join(f"{n} {v:g}" for n, v in stated.items()) or "nothing",
            allowed="one of --density-pct, --pitch-um, --spots-per-cm2, --spacing-um; the others follow",
            todo="State exactly one of the four.",
        )
    return stated


def _rate(rate_hz: float | None, device: str | None) -> float:
    if rate_hz is not None:
        return rate_hz
    if device is None:
        raise BadInput(
            "--rate-hz",
            given="nothing, and no --device to take it from",
            allowed="columns fired per second [Hz]",
            todo="Add --rate-hz.",
        )
    from colonnade.laser import device as known

    return float(known(device).rate_Hz.value)


def _described(field: Field) -> dict[str, Any]:
    """The field as plain data: counts, dose, coverage by depth, bulk heat."""
    laid, cover, bulk = field.pattern, field.coverage, field.bulk
    return {
        "pattern": laid.kind,
        "area_cm2": from_si(field.region.area_m2, "cm2"),
        "columns": field.columns,
        "density_pct": laid.density_pct,
        "pitch_um": laid.pitch_um,
        "spacing_um": laid.spacing_um,
        "spots_per_cm2": laid.spots_per_cm2,
        "passes": field.passes,
        "rate_Hz": field.rate_Hz,
        "duration_s": field.pass_end_s[-1],
        "areal_energy_per_pass_J_cm2": field.areal_energy_per_pass_J_cm2,
        "areal_energy_total_J_cm2": field.areal_energy_total_J_cm2,
        "surface_ablated_pct": float(cover.ablated_pct[0]),
        "surface_coagulated_pct": float(cover.coagulated_pct[0]),
        "surface_spared_pct": float(cover.spared_pct[0]),
        "bulk_basal_depth_um": bulk.basal_depth_um,
        "bulk_peak_surface_K": bulk.peak_surface_K,
        "bulk_peak_basal_K": bulk.peak_basal_K,
        "bulk_peak_dermis_K": bulk.peak_dermis_K,
        "bulk_two_way_difference_K": bulk.two_way_difference_K,
        "bulk_conductivity_W_mK": bulk.conductivity_W_mK,
        "coverage": {name: getattr(cover, name).tolist() for name in COVERAGE},
        "bulk": {name: getattr(bulk, name).tolist() for name in BULK},
        "assumptions": list(field.assumptions),
    }


def _numbers(field: dict[str, Any]) -> list[str]:
    shown = {name: value for name, value in field.items() if isinstance(value, int | float | str)}
    rows = table((f"  {words(name)}", quantity(name, value)) for name, value in shown.items())
    return rows + [f"  assumed: {text}" for text in field["assumptions"]]
