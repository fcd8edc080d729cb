"""What is written can be read back."""

import csv

import h5py
import numpy as np
import pytest

from colonnade import BadInput
from colonnade.field import Scan, export, pattern, polygon, treat
from tests.synthetic import column


@pytest.fixture(scope="module")
def field():
    region = polygon([[[0, 0], [9, 0], [9, 7], [0, 8]]])
    return treat(
        column(),
        pattern("square", density_pct=5, spot_um=120),
        region=region,
        rate_Hz=300,
        passes=2,
        scan=Scan(size_mm=5),
    )


def test_csv(field, tmp_path):
    files = export.export(field, tmp_path, "csv")
    assert [f.name for f in files] == ["columns.csv", "coverage.csv", "bulk.csv"]
    rows = list(csv.DictReader(files[0].read_text(encoding="utf-8").splitlines()))
    assert len(rows) == field.columns
    assert float(rows[-1]["time_s"]) == field.times_s[-1]
    assert {row["pass"] for row in rows} == {"1", "2"}
    assert float(rows[7]["x_mm"]) == pytest.approx(1e3 * field.positions_m[7, 0])
    cover = list(csv.DictReader(files[1].read_text(encoding="utf-8").splitlines()))
    assert float(cover[3]["spared_pct"]) == field.coverage.spared_pct[3]


def test_hdf5(field, tmp_path):
    with h5py.File(export.export(field, tmp_path, "hdf5")[0]) as file:
        assert np.array_equal(file["columns/time_s"], field.times_s)
        assert np.array_equal(file["columns/stamp"], field.firing.stamp + 1)
        assert np.array_equal(file["bulk/basal_K"], field.bulk.basal_K)
        assert file.attrs["passes"] == 2


def test_vtk(field, tmp_path):
    lines = export.export(field, tmp_path, "vtk")[0].read_text().splitlines()
    n = field.columns
    assert lines[4] == f"POINTS {n} double"
    points = np.array([line.split() for line in lines[5 : 5 + n]], dtype=float)
    assert points[:, :2] == pytest.approx(1e3 * field.positions_m, abs=1e-6)
    at = lines.index("SCALARS time_s double 1") + 2
    assert np.array(lines[at : at + n], dtype=float) == pytest.approx(field.times_s, rel=1e-8)


def test_bad_exports_are_refused(field, tmp_path):
    with pytest.raises(BadInput, match="Did you mean"):
        export.export(field, tmp_path, "hdf")
    with pytest.raises(BadInput, match="existing folder"):
        export.export(field, tmp_path / "none", "csv")
