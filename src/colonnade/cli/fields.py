"""The (r, z) fields of a lesion as HDF5, VTK or CSV."""

from __future__ import annotations

import csv
import json
from dataclasses import fields as fields_of
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from colonnade.units import from_si

if TYPE_CHECKING:
    from colonnade.photothermal import Lesion

EDGES = ("r_edges_m", "z_edges_m")


def write(lesion: Lesion, folder: Path, kind: str) -> None:
    """Write the fields into ``folder`` as ``fields.h5``, ``fields.vtk`` or ``profile.csv``."""
    {"hdf5": _hdf5, "vtk": _vtk, "csv": _csv}[kind](lesion, folder)


def _cells(lesion: Lesion) -> dict[str, NDArray[np.generic]]:
    """Every cell array the lesion has; CEM43 stands only where slow heating was followed."""
    every = {f.name: getattr(lesion.fields, f.name) for f in fields_of(lesion.fields) if f.name not in EDGES}
    return {name: np.asarray(array) for name, array in every.items() if array is not None}


def _hdf5(lesion: Lesion, folder: Path) -> None:
    """Cell arrays of shape (n_r, n_z) beside their edges; what made them is in the attributes."""
    import h5py

    with h5py.File(folder / "fields.h5", "w") as file:
        file.attrs["provenance"] = json.dumps(lesion.provenance)
        file.attrs["shot"] = lesion.shot.model_dump_json()
        file.attrs["site"] = lesion.skin.id
        for name in EDGES:
            file[name] = getattr(lesion.fields, name)
        for name, array in _cells(lesion).items():
            file.create_dataset(name, data=array, compression="gzip", shuffle=True)
        for profile in fields_of(lesion.profile):
            file[f"profile/{profile.name}"] = getattr(lesion.profile, profile.name)


def _vtk(lesion: Lesion, folder: Path) -> None:
    """A rectilinear grid (legacy ASCII): x = r, y = -depth, in µm. −∞ of a logarithm is written as −1e30."""
    r, z = (from_si(np.asarray(getattr(lesion.fields, name)), "um") for name in EDGES)
    y = -z[::-1]  # VTK wants rising coordinates: from the deepest edge up
    cells = _cells(lesion)
    lines = ["# vtk DataFile Version 3.0", "colonnade lesion", "ASCII", "DATASET RECTILINEAR_GRID"]
    lines.append(f"DIMENSIONS {len(r)} {len(y)} 1")
    for name, axis in (("X", r), ("Y", y), ("Z", np.zeros(1))):
        lines += [f"{name}_COORDINATES {len(axis)} double", " ".join(f"{v:.9g}" for v in axis)]
    lines.append(f"CELL_DATA {(len(r) - 1) * (len(y) - 1)}")
    for name, array in cells.items():
        flat = np.maximum(array.astype(float), -1e30)[:, ::-1].T.ravel()  # r runs fastest
        lines += [f"SCALARS {name} double 1", "LOOKUP_TABLE default", " ".join(f"{v:.6g}" for v in flat)]
    (folder / "fields.vtk").write_text("\n".join(lines) + "\n", encoding="ascii")


def _csv(lesion: Lesion, folder: Path) -> None:
    """The radii of the zones by depth, one row per depth."""
    names = [f.name for f in fields_of(lesion.profile)]
    with (folder / "profile.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows(zip(*(getattr(lesion.profile, name).tolist() for name in names), strict=True))
