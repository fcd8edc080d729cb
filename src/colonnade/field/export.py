"""Fields as CSV, HDF5 and VTK: every column with place, time, pass and stamp; coverage by depth; bulk heat."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from colonnade.errors import BadInput, did_you_mean
from colonnade.field.treat import Field
from colonnade.units import from_si

Kind = Literal["csv", "hdf5", "vtk"]
COVERAGE = ("depth_um", "ablated_pct", "coagulated_pct", "heated_pct", "spared_pct")
BULK = ("time_s", "surface_mean_K", "surface_K", "basal_K", "dermis_K")


def export(field: Field, folder: str | Path, kind: str) -> tuple[Path, ...]:
    """Write ``field`` into an existing folder: ``columns.csv``, ``coverage.csv`` and ``bulk.csv``; ``field.h5``; or
    ``columns.vtk``. Returns the files written.

    Raises BadInput for an unknown kind or a folder that does not exist.
    """
    folder = Path(folder)
    if kind not in get_args(Kind):
        raise BadInput(
            "export", given=f'"{kind}"', allowed=", ".join(get_args(Kind)), todo=did_you_mean(kind, get_args(Kind))
        )
    if not folder.is_dir():
        raise BadInput("export", given=f'"{folder}"', allowed="an existing folder", todo="Make it first.")
    return {"csv": _csv, "hdf5": _hdf5, "vtk": _vtk}[kind](field, folder)


def columns(field: Field) -> dict[str, NDArray[Any]]:
    """Every column in firing order: name → array (n,)."""
    xy = from_si(np.asarray(field.positions_m), "mm")
    number = np.repeat(np.arange(1, field.passes + 1), field.columns_per_pass)
    table: dict[str, NDArray[Any]] = {"x_mm": xy[:, 0], "y_mm": xy[:, 1], "time_s": field.times_s, "pass": number}
    if field.firing is not None:
        table["stamp"] = field.firing.stamp + 1
    if field.preheat is not None:
        table["preheat_K"] = field.preheat.rise_K
        table["crater_depth_um"] = field.preheat.crater_depth_um
    return table


def _csv(field: Field, folder: Path) -> tuple[Path, ...]:
    tables = {
        "columns.csv": columns(field),
        "coverage.csv": {name: getattr(field.coverage, name) for name in COVERAGE},
        "bulk.csv": {name: getattr(field.bulk, name) for name in BULK},
    }
    for name, table in tables.items():
        with (folder / name).open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(table)
            writer.writerows(zip(*(values.tolist() for values in table.values()), strict=True))
    return tuple(folder / name for name in tables)


def _hdf5(field: Field, folder: Path) -> tuple[Path, ...]:
    import h5py

    path = folder / "field.h5"
    with h5py.File(path, "w") as file:
        file.attrs["pattern"] = field.pattern.kind
        file.attrs["spots_per_cm2"] = field.pattern.spots_per_cm2
        file.attrs["passes"] = field.passes
        file.attrs["rate_Hz"] = field.rate_Hz
        file.attrs["assumptions"] = "\n".join(field.assumptions)
        for name, values in columns(field).items():
            file.create_dataset(f"columns/{name}", data=values, compression="gzip", shuffle=True)
        for name in COVERAGE:
            file[f"coverage/{name}"] = getattr(field.coverage, name)
        for name in BULK:
            file[f"bulk/{name}"] = getattr(field.bulk, name)
    return (path,)


def _vtk(field: Field, folder: Path) -> tuple[Path, ...]:
    """Points with their numbers (legacy ASCII), in mm."""
    table = columns(field)
    x, y, n = table.pop("x_mm"), table.pop("y_mm"), field.columns
    lines = ["# vtk DataFile Version 3.0", "colonnade field", "ASCII", "DATASET POLYDATA", f"POINTS {n} double"]
    lines += [f"{a:.9g} {b:.9g} 0" for a, b in zip(x.tolist(), y.tolist(), strict=True)]
    lines += [f"VERTICES {n} {2 * n}", *(f"1 {k}" for k in range(n)), f"POINT_DATA {n}"]
    for name, values in table.items():
        lines += [f"SCALARS {name} double 1", "LOOKUP_TABLE default", *(f"{v:.9g}" for v in values.tolist())]
    path = folder / "columns.vtk"
    path.write_text("\n".join(lines) + "\n", encoding="ascii")
    return (path,)
