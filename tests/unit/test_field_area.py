"""Polygons: what is read from a case, GeoJSON and SVG; zones, exclusions, feathered edges; what is refused."""

import json
import math

import numpy as np
import pytest

from colonnade import BadInput, Case
from colonnade.field import area_of, circle, divide, from_geojson, from_svg_path, pattern, polygon, square, treat
from colonnade.planning.rooms import region_of
from tests.synthetic import column

SQUARE = [[0, 0], [40, 0], [40, 30], [0, 30]]
HOLE = [[10, 10], [20, 10], [20, 20], [10, 20]]


def test_area_perimeter_and_holes():
    made = polygon([SQUARE, HOLE], side="left")
    assert made.area_m2 == pytest.approx(1100e-6)
    assert made.perimeter_m == pytest.approx(180e-3)
    inside = made.contains(np.array([[5e-3, 5e-3], [15e-3, 15e-3], [41e-3, 5e-3], [0.0, 0.0]]))
    assert inside.tolist() == [True, False, False, True]
    assert made.rings_mm()[0][0].shape == (5, 2)


def test_a_circle_as_polygon_keeps_its_area():
    assert area_of(circle(20)).area_m2 == pytest.approx(circle(20).area_m2, rel=1e-12)
    assert area_of(square(20)).area_m2 == pytest.approx(4e-4)


def crossed():
    return [[0, 0], [10, 10], [10, 0], [0, 10]]


@pytest.mark.parametrize(
    ("rings", "says"),
    [
        ([crossed()], "crosses itself"),
        ([SQUARE, [[50, 50], [60, 50], [60, 60]]], "not inside the outline"),
        ([SQUARE, [[30, 10], [50, 10], [50, 20], [30, 20]]], "not inside the outline"),
        ([SQUARE, HOLE, [[15, 15], [25, 15], [25, 25], [15, 25]]], "rings that meet"),
        ([SQUARE, HOLE, [[12, 12], [14, 12], [14, 14]]], "rings that meet"),
        ([SQUARE, crossed()], "crosses itself"),
        ([[[0, 0], [1, 1]]], "2 different points"),
        ([[[0, 0], [1, 1], [2, 2]]], "crosses itself|no area"),
        ([[[0, 0], [1, float("nan")], [2, 0]]], "finite"),
        ([[[0, 0, 0], [1, 1, 0], [2, 0, 0]]], "finite numbers"),
        ([["abc", "def", "ghi"]], "finite numbers"),
        ([[[0, 0], [1000, 0], [1000, 10]]], "1000 mm wide"),
        ([], "0 rings"),
    ],
)
def test_bad_polygons_are_refused(rings, says):
    with pytest.raises(BadInput, match=says) as error:
        polygon(rings)
    assert error.value.todo


def test_a_region_beyond_the_device_is_refused():
    with pytest.raises(BadInput, match="at most 35 mm each way"):
        polygon([SQUARE], most_mm=35)


def test_side_is_one_of_four():
    with pytest.raises(BadInput, match="Did you mean"):
        polygon([SQUARE], side="leftt")


def test_geojson():
    feature = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [SQUARE, HOLE]}}
    text = json.dumps({"type": "FeatureCollection", "units": "mm", "features": [feature]})
    assert from_geojson(text).area_m2 == pytest.approx(1100e-6)
    two = {"type": "MultiPolygon", "units": "mm", "coordinates": [[SQUARE], [[[50, 0], [60, 0], [60, 10]]]]}
    assert from_geojson(json.dumps(two)).area_m2 == pytest.approx(1250e-6)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[1, 2]",
        json.dumps({"type": "Polygon", "coordinates": [SQUARE]}),  # no units: degrees?
        json.dumps({"type": "Polygon", "units": "deg", "coordinates": [SQUARE]}),
        json.dumps({"type": "Point", "units": "mm", "coordinates": [0, 0]}),
        json.dumps({"type": "Polygon", "units": "mm", "coordinates": [crossed()]}),
        json.dumps({"type": "Polygon", "units": "mm", "coordinates": 5}),
        json.dumps({"type": "Polygon", "units": "mm", "coordinates": [5]}),
        json.dumps({"type": "MultiPolygon", "units": "mm", "coordinates": [[SQUARE], [SQUARE]]}),
        json.dumps({"type": "FeatureCollection", "units": "mm", "features": []}),
    ],
)
def test_bad_geojson_is_refused(text):
    with pytest.raises(BadInput):
        from_geojson(text)


def test_svg_path_with_y_down_and_curves():
    # the same asymmetric shape drawn absolutely and relatively; y is turned up
    one = from_svg_path("M0 0H40V30L0,20Z M10,5h5v5h-5z", mm_per_unit=1)
    two = from_svg_path("m0 0 40 0 0 30 -40 -10z m10 5 h5 v5 h-5 Z", mm_per_unit=1)
    assert one.area_m2 == pytest.approx(1e-6 * (40 * 25 - 25))
    assert two.polygons.equals(one.polygons)
    assert one.bounds_m == pytest.approx((0, -30e-3, 40e-3, 0))
    # a circle of radius 10 in four cubic pieces (kappa 0.5523): its area is 314.24, and 32 pieces lose 3 in 10 000
    k = 5.522847
    c = 10 - k
    path = f"M10 0C{10 + k} 0 20 {c} 20 10S{10 + k} 20 10 20S0 {10 + k} 0 10S{c} 0 10 0Z"
    assert from_svg_path(path, mm_per_unit=1).area_m2 == pytest.approx(math.pi * 1e-4, rel=5e-4)
    assert from_svg_path("M0 0Q10 0 10 10T20 20L0 20Z", mm_per_unit=0.5).area_m2 > 0


@pytest.mark.parametrize(
    "path",
    [
        "",
        "hello",
        "M0 0L10 0L10 10",
        "M0 0A5 5 0 0 1 10 10Z",
        "M0 0L10Z",
        "Z",
        "M0 0L10 0 10 10ZM1 1",
        "L1 1 2 2 3 0Z x",
        "M0 0L10 0L1e999 10Z",
        "M0 0L10 0L10 10Z 5",
    ],
)
def test_bad_svg_is_refused(path):
    with pytest.raises(BadInput):
        from_svg_path(path, mm_per_unit=1)
    with pytest.raises(BadInput):
        from_svg_path("M0 0L10 0L10 10Z", mm_per_unit=float("nan"))


def test_zones_exclusions_and_margins():
    face = polygon([[[0, 0], [100, 0], [100, 100], [0, 100]]], name="face", side="both")
    eye = polygon([[[20, 60], [40, 60], [40, 80], [20, 80]]])
    mole = polygon([[[70, 20], [72, 20], [72, 22], [70, 22]]])
    parts = divide(face, zones={"periocular": eye}, exclusions={"mole": (mole, 3.0)}, feather_mm=5)
    assert list(parts) == ["face", "periocular"]
    rounded = 4e-6 + 4 * 2e-3 * 3e-3 + math.pi * 9e-6
    assert parts["periocular"].area_m2 == pytest.approx(400e-6)
    assert parts["face"].area_m2 == pytest.approx(1e-2 - 400e-6 - rounded, rel=1e-5)
    # feathered to the outside and around the mole, but not between the zones
    at = np.array([[30e-3, 59.9e-3], [2.5e-3, 50e-3], [71e-3, 25.1e-3 + 1e-3], [71e-3, 24e-3], [30e-3, 70e-3]])
    assert parts["face"].density_at(at) == pytest.approx([1, 0.5, 0.22, 0, 0], abs=1e-6)
    assert parts["periocular"].density_at(at[4:]) == pytest.approx([1.0])


def test_area_that_counts_under_a_feathered_edge():
    # a square of side a: ∫ min(d/w, 1) = a² − 2aw + (4/3)w²
    made = polygon([[[0, 0], [30, 0], [30, 30], [0, 30]]], feather_mm=6)
    assert made.weighted_area_m2 == pytest.approx(1e-6 * (900 - 360 + 48), rel=1e-9)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"zones": {"a": polygon([[[90, 90], [110, 90], [110, 110]]])}}, "outside the region"),
        (
            {
                "zones": {
                    "a": polygon([[[0, 0], [50, 0], [50, 50]]]),
                    "b": polygon([[[40, 0], [60, 0], [60, 50], [40, 50]]]),
                }
            },
            "shared with",
        ),
        ({"exclusions": {"mole": (polygon([[[200, 0], [210, 0], [210, 9]]]), 2.0)}}, "does not touch"),
        ({"exclusions": {"mole": (polygon([SQUARE]), -1.0)}}, "0 to 100"),
        ({"exclusions": {"all": (polygon([[[-1, -1], [101, -1], [101, 101], [-1, 101]]]), 0.0)}}, "nothing left"),
    ],
)
def test_bad_zones_are_refused(asked, says):
    face = polygon([[[0, 0], [100, 0], [100, 100], [0, 100]]], name="face")
    with pytest.raises(BadInput, match=says):
        divide(face, **asked)


CASE = {
    "schema": "colonnade.case/1",
    "title": "Synthetic",
    "synthetic": True,
    "patient": {"phototype": "II"},
    "indication": {"id": "atrophic-acne-scar"},
    "site": {"id": "cheek", "side": "left"},
    "device": {"id": "lumenis-ultrapulse-deepfx"},
}


def test_a_polygon_from_the_case_file():
    case = Case.parse({**CASE, "region": {"shape": "polygon", "rings_mm": [SQUARE, HOLE], "feather_mm": 2}})
    made = region_of(case.region)
    assert made.area_m2 == pytest.approx(1100e-6)
    assert made.feather_m == pytest.approx(2e-3)
    assert Case.parse(case.plain()) == case


@pytest.mark.parametrize(
    "region",
    [
        {"shape": "polygon"},
        {"shape": "polygon", "rings_mm": [[[0, 0], [1, 1]]]},
        {"shape": "polygon", "rings_mm": [SQUARE], "width_mm": 10},
        {"shape": "circle", "diameter_mm": 10, "rings_mm": [SQUARE]},
        {"width_mm": 10, "height_mm": 10, "feather_mm": 3},
        {"shape": "polygon", "rings_mm": [[[0, 0], [1, "2"], [2, 0]]]},
        {"shape": "polygon", "rings_mm": [[[0, 0, 1], [1, 2, 1], [2, 0, 1]]]},
    ],
)
def test_bad_polygons_of_a_case_are_refused(region):
    with pytest.raises(BadInput):
        Case.parse({**CASE, "region": region})


def test_treat_fills_a_feathered_polygon():
    made = polygon([[[0, 0], [12, 0], [10, 9], [1, 8]], [[4, 3], [6, 3], [6, 5]]], feather_mm=1.5)
    field = treat(column(), pattern("hexagonal", density_pct=10, spot_um=120), region=made, rate_Hz=300)
    assert made.contains(field.positions_m).all()
    assert field.columns == pytest.approx(field.columns_expected, abs=10)
    full = field.pattern.columns_per_m2 * made.area_m2
    assert field.columns < 0.8 * full  # the edge is thinner
