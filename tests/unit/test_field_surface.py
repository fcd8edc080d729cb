"""Body scans: what is refused, how a region is laid flat, and how stamps lie on it."""

import math

import numpy as np
import pytest
import trimesh
from scipy.spatial import cKDTree

from colonnade import BadInput
from colonnade.field import Scan, pattern, surface, tile
from colonnade.field.synthetic import synthetic_head

FIVE = pattern("square", density_pct=5, spot_um=120)
CHEEK = [(25, -45), (50, -40), (55, -5), (30, -5), (22, -25)]


@pytest.fixture(scope="module")
def head():
    return synthetic_head(5)


def test_the_head_is_whole_and_its_marker_is_on_the_patients_left(head):
    surface.check_surface(head)
    assert head.extents == pytest.approx([150, 220, 200], abs=12)
    # the bump of 2 mm lies on one side only
    toward = np.array([0.55, -0.3, 1.0])
    along = head.vertices / np.linalg.norm(head.vertices, axis=1)[:, None]
    bump = head.vertices[np.argmax(along @ toward)]
    assert bump[0] > 0
    opposite = head.vertices[np.argmax(along @ (toward * (-1, 1, 1)))]
    assert np.linalg.norm(bump) > np.linalg.norm(opposite) + 1.5


@pytest.mark.parametrize("kind", surface.FORMATS)
def test_four_formats(tmp_path, head, kind):
    path = tmp_path / f"head.{kind}"
    head.export(path)
    seen = surface.read_surface(path)
    assert seen.volume == pytest.approx(head.volume, rel=1e-4)
    assert len(seen.faces) == len(head.faces)


def test_bad_scans_are_refused(tmp_path, head):
    def wrong(mesh, says):
        with pytest.raises(BadInput, match=says) as error:
            surface.check_surface(mesh)
        assert error.value.todo

    wrong(trimesh.Trimesh(head.vertices / 25.4, head.faces, process=False), "1 inch = 25.4 mm")
    wrong(trimesh.Trimesh(head.vertices / 1000, head.faces, process=False), "extent of 0.2")
    wrong(trimesh.Trimesh(head.vertices, head.faces[:, ::-1], process=False), "point inwards")
    some = head.faces.copy()
    some[::3] = some[::3, ::-1]
    wrong(trimesh.Trimesh(head.vertices, some, process=False), "in and out by turns")
    front = head.triangles_center[:, 2] > 0
    hole = np.linalg.norm(head.triangles_center - (30, -20, 80), axis=1) < 8
    wrong(trimesh.Trimesh(head.vertices, head.faces[front & ~hole], process=False), "1 holes beside its outer rim")
    surface.check_surface(trimesh.Trimesh(head.vertices, head.faces[front], process=False))  # an open scan is one
    wrong(trimesh.Trimesh(head.vertices, head.faces[front][:, ::-1], process=False), "away from the viewer")
    for name, data, says in (
        ("a.txt", b"", "kind"),
        ("a.obj", b"rubbish", "no triangles|cannot be read"),
        ("a.glb", b"glTF rubbish", "cannot be read"),
        ("a.ply", b"ply\nformat nothing", "cannot be read|no triangles"),
    ):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(BadInput, match=says):
            surface.read_surface(tmp_path / name)
    with pytest.raises(BadInput, match="not a file"):
        surface.read_surface(tmp_path / "none.stl")


def test_a_cylinder_is_laid_flat_exactly():
    # a developable surface: areas and lengths stay
    tube = trimesh.creation.cylinder(radius=80, height=300, sections=120)
    tube.apply_transform(trimesh.transformations.rotation_matrix(math.pi / 2, (1, 0, 0)))
    tube = tube.subdivide_to_size(16)
    half, top = 50.0, 40.0
    made = surface.lay_flat(tube, [(-half, -top), (half, -top), (half, top), (-half, top)])
    arc = 2 * 80 * math.asin(half / 80)
    # 120 chords for the circle: 1·10⁻⁴ short
    assert made.surface_area_mm2 == pytest.approx(arc * 2 * top, rel=2e-3)
    assert 1e6 * made.area.area_m2 == pytest.approx(made.surface_area_mm2, rel=1e-3)
    x0, y0, x1, y1 = made.area.bounds_m
    assert (1e3 * (x1 - x0), 1e3 * (y1 - y0)) == pytest.approx((arc, 2 * top), rel=3e-3)
    assert made.stretch_pct < 0.5
    laid = tile(FIVE, made.area, Scan(size_mm=10))
    on = surface.on_surface(made, laid)
    assert np.hypot(on.positions_mm[:, 0], on.positions_mm[:, 2]) == pytest.approx(80, abs=0.05)
    # a stamp of 10 mm on a radius of 80 mm: half of it spans 3.6°, its sagitta is 0.16 mm
    assert on.incidence_deg.max() == pytest.approx(3.6, abs=1.2)
    assert on.defocus_mm.max() < 0.25
    assert on.warnings == ()


def test_stamps_on_the_cheek_of_the_head(head):
    made = surface.lay_flat(head, CHEEK, name="left cheek", side="left")
    assert made.area.side == "left"
    seen = 1e-6 * 0.5 * abs(sum(a[0] * b[1] - a[1] * b[0] for a, b in zip(CHEEK, CHEEK[1:] + CHEEK[:1], strict=True)))
    assert made.surface_area_mm2 > 1.1e6 * seen  # slanted skin is more than its picture
    # laid flat, the area is the surface's within 0.5 %
    assert 1e6 * made.area.area_m2 == pytest.approx(made.surface_area_mm2, rel=0.005)
    laid = tile(FIVE, made.area, Scan("hexagon", 8))
    on = surface.on_surface(made, laid)
    assert laid.ideal.columns_outside == 0
    assert abs(laid.columns - FIVE.columns_per_m2 * made.surface_area_mm2 * 1e-6) <= laid.stamps
    # each column lies in the plane of one of the faces around it
    around = cKDTree(head.triangles_center).query(on.positions_mm, k=8)[1]
    arm = on.positions_mm[:, None, :] - head.triangles_center[around]
    off = np.abs(np.sum(arm * head.face_normals[around], axis=2)).min(axis=1)
    assert off.max() < 1e-6
    assert on.positions_mm[:, 0].min() > 20  # the patient's left
    assert (on.normals[:, 2] > 0).all()
    large = surface.on_surface(made, tile(FIVE, made.area, Scan(size_mm=30)))
    assert large.defocus_mm.max() > on.defocus_mm.max()
    assert any("out of focus" in said for said in large.warnings)


def test_a_ring_off_the_surface_is_refused(head):
    with pytest.raises(BadInput, match="leaves the surface"):
        surface.lay_flat(head, [(50, -20), (120, -20), (120, 20), (50, 20)])
    with pytest.raises(BadInput, match="crosses itself"):
        surface.lay_flat(head, [(0, 0), (10, 10), (10, 0), (0, 10)])
