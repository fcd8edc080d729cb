"""The faces of the bundled synthetic photograph and head: nothing outside, nothing in eyes, lips and mole."""

import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from colonnade import BadInput
from colonnade.field import Scan, divide, pattern, photo, surface, tile
from colonnade.field.synthetic import synthetic_face, synthetic_head, zones_of_head

FACE = synthetic_face(0.25)
SCALE = photo.scale_of_card(FACE.photo)
HEAD = synthetic_head(5)
DRAWN = zones_of_head()
ZONES = surface.lay_zones(HEAD, DRAWN.zones, DRAWN.exclusions)
kinds = st.sampled_from(["square", "hexagonal"])
stamps = st.sampled_from([Scan("square", 8), Scan("hexagon", 10), Scan("square", 6, turn_deg=30)])


def as_seen(laid, zone):
    """Columns on the head as seen from the front, (n, 2) [mm]."""
    return ZONES[zone].on_skin(1e3 * laid.positions_m)[0]


@settings(deadline=None, max_examples=12)
@given(st.sampled_from(sorted(DRAWN.zones)), kinds, stamps, st.floats(3, 10), st.integers(0, 2))
def test_no_column_of_the_head_outside_its_zone_or_in_what_is_kept_out(zone, kind, scan, density, number):
    flat = ZONES[zone]
    laid = tile(pattern(kind, density_pct=density, spot_um=120), flat.area, scan, number=number)
    assert laid.ideal.columns_outside == laid.ideal.columns_excluded == 0
    at = as_seen(laid, zone)
    seen = shapely.points(at[:, :2])
    # a hundredth of a millimetre: the flat outline is kept on a grid of 10 nm, its corners are the scan's
    assert shapely.dwithin(shapely.Polygon(DRAWN.zones[zone]), seen, 0.01).all()
    for ring, margin in DRAWN.exclusions.values():
        shape = shapely.Polygon(ring)
        assert not shapely.contains(shape, seen).any()
        # the margin is kept along the skin: straight through space it is shorter by the stretch of the faces at most
        rim = shapely.get_coordinates(shapely.segmentize(shape.exterior, 0.25))
        near = at[shapely.dwithin(shape, seen, 2 * margin)]
        if len(near):
            solid = on_head(rim)
            least = np.linalg.norm(near[:, None, :] - solid[None, :, :], axis=2).min()
            assert least > 0.97 * margin
    # area within 0.5 %, count within one column per stamp of density times area
    assert 1e6 * flat.area.area_m2 == pytest.approx(flat.surface_area_mm2, rel=0.005)
    assert abs(laid.columns - laid.pattern.columns_per_m2 * flat.area.area_m2) <= laid.stamps


def on_head(xy_mm):
    """Places seen from the front on the head, straight from its triangles, without anything laid flat: (n, 3)."""
    front = HEAD.face_normals[:, 2] > 0.05
    corners = np.asarray(HEAD.vertices)[HEAD.faces[front]]
    tree = shapely.STRtree(shapely.polygons(corners[:, :, :2]))
    tri = corners[tree.nearest(shapely.points(xy_mm))]
    normal = np.cross(tri[:, 1] - tri[:, 0], tri[:, 2] - tri[:, 0])
    z = tri[:, 0, 2] - np.sum(normal[:, :2] * (xy_mm - tri[:, 0, :2]), axis=1) / normal[:, 2]
    return np.column_stack([xy_mm, z])


@pytest.mark.parametrize("zone", sorted(DRAWN.zones))
def test_areas_of_the_head_against_an_integral_over_what_is_seen(zone):
    """∫ dA/n_z over the zone as seen from the front, on a fine raster; the margins' own area by their outline."""
    flat = surface.lay_flat(HEAD, DRAWN.zones[zone], name=zone)  # without exclusions
    x0, y0, x1, y1 = shapely.Polygon(DRAWN.zones[zone]).bounds
    step = 0.2
    grid = np.stack(np.meshgrid(np.arange(x0, x1, step) + step / 2, np.arange(y0, y1, step) + step / 2), -1)
    points = grid.reshape(-1, 2)
    points = points[shapely.contains_xy(shapely.Polygon(DRAWN.zones[zone]), points[:, 0], points[:, 1])]
    front = HEAD.face_normals[:, 2] > 0.05
    corners = np.asarray(HEAD.vertices)[HEAD.faces[front]]
    tree = shapely.STRtree(shapely.polygons(corners[:, :, :2]))
    steep = 1 / HEAD.face_normals[front][tree.nearest(shapely.points(points)), 2]
    assert flat.surface_area_mm2 == pytest.approx(float(steep.sum()) * step**2, rel=0.005)


def test_the_mole_is_kept_out_of_the_left_cheek_only():
    assert len(ZONES["left cheek"].area.polygons.geoms[0].interiors) == 1
    assert len(ZONES["right cheek"].area.polygons.geoms[0].interiors) == 0
    gone = ZONES["right cheek"].surface_area_mm2 - ZONES["left cheek"].surface_area_mm2
    # a disc of 4.5 mm with its margin, on skin that slants by about 30 degrees (measured along it) and a small bump
    assert math.pi * 4.5**2 < gone < 1.35 * math.pi * 4.5**2


def test_bad_zones_of_the_head_are_refused():
    with pytest.raises(BadInput, match="shared with"):
        surface.lay_zones(HEAD, {"a": [(20, 0), (40, 0), (40, 20)], "b": [(30, 0), (50, 0), (50, 20), (30, 20)]})
    with pytest.raises(BadInput, match="touches no zone"):
        surface.lay_zones(HEAD, {"a": DRAWN.zones["forehead"]}, {"mole": DRAWN.exclusions["mole"]})
    with pytest.raises(BadInput, match="nothing left"):
        surface.lay_flat(HEAD, DRAWN.exclusions["mole"][0], exclusions={"mole": DRAWN.exclusions["mole"]})


@settings(deadline=None, max_examples=6)
@given(kinds, stamps, st.floats(0, 5), st.floats(3, 8))
def test_no_column_of_the_photograph_outside_the_face_or_in_what_is_kept_out(kind, scan, margin, density):
    rings = {"right eye": FACE.eyes[0], "left eye": FACE.eyes[1], "mouth": FACE.mouth, "mole": FACE.mole}

    def draw(ring, name):
        return photo.drawn(FACE.photo, SCALE, [ring], side="both", name=name)

    parts = divide(
        draw(FACE.outline, "face"),
        zones={"left cheek": draw(FACE.left_cheek, "left cheek")},
        exclusions={name: (draw(ring, name), margin) for name, ring in rings.items()},
    )
    outline = shapely.Polygon(SCALE.to_mm(FACE.outline))
    inside = {name: shapely.Polygon(SCALE.to_mm(ring)) for name, ring in rings.items()}
    shapely.prepare([outline, *inside.values()])
    for name, more in (("face", 1.0), ("left cheek", 1.5)):
        laid = tile(pattern(kind, density_pct=density * more, spot_um=120), parts[name], scan)
        seen = shapely.points(1e3 * laid.positions_m)
        assert shapely.covers(outline, seen).all()
        for shape in inside.values():
            # the margin is a polygon of 256 corners per turn: short by 1 in 13,000
            assert not shapely.contains(shape, seen).any()
            assert not shapely.dwithin(shape, seen, margin * (1 - 1e-4) - 1e-9).any()
        assert sum(s.area for s in laid.shapes) == pytest.approx(parts[name].area_m2, rel=0.005)
        assert abs(laid.columns - laid.pattern.columns_per_m2 * parts[name].area_m2) <= laid.stamps
