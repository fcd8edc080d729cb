"""Zones, exclusions and firing of a case: what is laid, what is kept out, what neighbours add."""

import dataclasses
import math
import re
import tomllib
from pathlib import Path

import numpy as np
import pytest

from colonnade import BadInput, Case
from colonnade.case import FiringChoice
from colonnade.field import FocusTable, Hand, Scan, focus_table, heat, pattern, polygon, square, tile, treat
from colonnade.field.zones import as_case, drawn_together, firing_of, region_of
from colonnade.laser import device
from colonnade.planning import check, plan
from colonnade.planning.resolve import resolve
from colonnade.planning.rooms import Rooms
from tests.synthetic import column

SQUARE = [[0, 0], [40, 0], [40, 30], [0, 30]]
LEFT = [[0, 0], [15, 0], [15, 30], [0, 30]]
SETTINGS = {"energy_mJ": 15.0, "density_pct": 5.0}
BASE = {
    "schema": "colonnade.case/1",
    "title": "Synthetic",
    "synthetic": True,
    "patient": {"phototype": "II"},
    "indication": {"id": "atrophic-acne-scar"},
    "site": {"id": "cheek", "side": "left"},
    "device": {"id": "lumenis-ultrapulse-deepfx"},
    "region": {"shape": "polygon", "rings_mm": [SQUARE]},
}


def zone(name, ring, **more):
    return {"name": name, "site": BASE["site"], "region": {"shape": "polygon", "rings_mm": [ring]}, **more}


def case(**more):
    return Case.parse({**BASE, **more})


def test_a_case_of_before_is_as_before():
    made = case()
    assert (made.exclusions, made.treat_rest_as, made.firing) == ((), "", None)
    assert drawn_together(made) is None
    assert resolve(made).zones[0].region == made.region


def test_an_exclusion_with_its_margin_is_cut_out():
    made = case(exclusions=[{"name": "mole", "margin_mm": 2, "centre_mm": [10, 10], "diameter_mm": 4}])
    task = resolve(made)
    area = region_of(task.zones[0].region)
    assert 1e6 * area.area_m2 == pytest.approx(1200 - math.pi * 16, rel=1e-4)
    laid = tile(pattern("hexagonal", density_pct=5, spot_um=120), area, Scan("hexagon", 8))
    # the margin is a polygon of 256 corners: short by 1 in 13,000
    assert np.hypot(*(1e3 * laid.positions_m - (10, 10)).T).min() > 4 * (1 - 1e-4)
    assert Case.parse(made.plain()) == made


def test_zones_of_one_drawing_with_settings_of_their_own():
    made = case(
        zones=[zone("cheek beside the nose", LEFT, settings=SETTINGS)],
        treat_rest_as="cheek",
        settings={**SETTINGS, "density_pct": 10.0},
        exclusions=[{"name": "mole", "margin_mm": 1, "rings_mm": [[[14, 10], [18, 10], [18, 14], [14, 14]]]}],
    )
    task = resolve(made)
    assert task.together
    rest, beside = task.zones
    assert (rest.name, beside.name) == ("cheek", "cheek beside the nose")
    assert rest.given.settings.columns_per_cm2 == pytest.approx(2 * beside.given.settings.columns_per_cm2)
    total = sum(1e6 * region_of(z.region).area_m2 for z in task.zones)
    assert total == pytest.approx(1200 - (16 + 16 + math.pi), rel=1e-4)


def test_feathering_goes_to_the_outer_edge_only():
    drawn = {"shape": "polygon", "rings_mm": [SQUARE], "feather_mm": 4}
    made = case(region=drawn, zones=[zone("a", LEFT)], treat_rest_as="b")
    parts = {name: region_of(region) for name, region in drawn_together(made).items()}
    at = np.array([[14.5e-3, 15e-3], [1e-3, 15e-3], [8e-3, 2e-3]])
    assert parts["a"].density_at(at) == pytest.approx([1, 0.25, 0.5])
    assert parts["b"].density_at(np.array([[15.5e-3, 15e-3], [39e-3, 15e-3]])) == pytest.approx([1, 0.25])


def test_a_region_in_pieces_survives_the_plan():
    across = [[[-1, 14], [41, 14], [41, 16], [-1, 16]]]
    made = drawn_together(case(exclusions=[{"name": "scar line", "margin_mm": 1, "rings_mm": across}]))[""]
    assert len(made.further_mm) == 1
    again = region_of(type(made).model_validate(made.model_dump(mode="json")))
    assert 1e6 * again.area_m2 == pytest.approx(40 * 26)
    assert region_of(as_case(again)).polygons.equals(again.polygons)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"zones": [zone("a", LEFT), zone("b", SQUARE)]}, "shared with"),
        ({"zones": [zone("a", [[30, 0], [50, 0], [50, 10]])]}, "outside the region"),
        ({"zones": [zone("a", LEFT), zone("a", LEFT)]}, 'two zones named "a"'),
        ({"exclusions": [{"name": "mole", "margin_mm": 1, "centre_mm": [99, 99], "diameter_mm": 4}]}, "does not touch"),
        (
            {
                "exclusions": [{"name": "m", "margin_mm": 1, "centre_mm": [9, 9], "diameter_mm": 4}],
                "zones": [{"name": "a", "site": BASE["site"], "region": {"width_mm": 5, "height_mm": 5}}],
            },
            "no place beside the other zones",
        ),
        ({"exclusions": [{"name": "m", "centre_mm": [9, 9], "diameter_mm": 4}]}, "margin_mm"),
        ({"exclusions": [{"name": "m", "margin_mm": 1, "diameter_mm": 4}]}, "either rings_mm, or centre_mm"),
        ({"exclusions": [{"name": "m", "margin_mm": 1, "rings_mm": [[[0, 0], [9, 9], [9, 0], [0, 9]]]}]}, "crosses"),
        ({"exclusions": [{"name": "m", "margin_mm": 9, "rings_mm": [SQUARE]}]}, "nothing left"),
        ({"zones": [zone("a", SQUARE)], "treat_rest_as": "b"}, "nothing left of the region"),
        ({"firing": {"order": "rastr"}}, "raster"),
        ({"region": {"width_mm": 5, "height_mm": 5, "edge_mm": [[[0, 0], [1, 1]]]}}, "belong to a polygon"),
        ({"region": {"shape": "polygon", "rings_mm": [SQUARE], "edge_mm": [[[0, 0], [1, 1]]]}}, "only with feather_mm"),
    ],
)
def test_bad_drawings_are_refused(more, says):
    with pytest.raises(BadInput, match=says) as error:
        resolve(case(**more))
    assert error.value.todo


def test_firing_by_the_case_and_the_devices_own_limit():
    scan = device("lumenis-ultrapulse-deepfx").scan_max_mm

    def keywords(region, **asked):
        return firing_of(FiringChoice(**asked), region, rate_Hz=300.0, scan_low_mm=scan.low, scan_high_mm=scan.high)

    region = square(8)
    made = keywords(region, order="optimised", scan_shape="hexagon", stamp_s=1.5, hand_placement_mm=0.5, scan_mm=6)
    field = treat(column(), pattern("square", density_pct=5, spot_um=120), region=region, rate_Hz=300.0, **made)
    assert field.firing.order == "optimised"
    assert field.firing.timing.stamp_s == 1.5
    assert field.tilings[0].hand.placement_mm == 0.5
    assert keywords(region)["scan"].size_mm == scan.high
    with pytest.raises(BadInput, match="what the device scans"):
        keywords(region, scan_mm=scan.high + 1)
    with pytest.raises(BadInput, match="not moved"):
        keywords(square(scan.high + 1), one_placement=True)
    assert keywords(region, one_placement=True)["order"] == "raster"


def test_the_plan_is_made_of_what_is_left_and_fired_as_asked():
    """One real plan: two zones of one drawing with a mole between them, an order, a time from stamp to stamp."""
    ring = [[0, 0], [12, 0], [12, 9], [0, 9]]
    small = case(
        region={"shape": "polygon", "rings_mm": [ring]},
        zones=[zone("edge", [[0, 0], [4, 0], [4, 9], [0, 9]], settings={**SETTINGS, "rate_Hz": 300.0})],
        treat_rest_as="middle",
        settings={**SETTINGS, "rate_Hz": 300.0},
        exclusions=[{"name": "mole", "margin_mm": 0.5, "centre_mm": [4, 4], "diameter_mm": 2}],
        firing={"order": "optimised", "scan_mm": 5, "stamp_s": 1},
    )
    rooms = Rooms()
    made = plan(small, rooms=rooms)
    assert [z.name for z in made.zones] == ["middle", "edge"]
    total = sum(z.field.area_cm2 for z in made.zones)
    assert 100 * total == pytest.approx(108 - math.pi * 1.5**2, rel=1e-3)
    for z in made.zones:
        # one column per stamp: at most 3 x 2 stamps of 5 mm
        assert abs(z.field.columns - z.field.columns_per_cm2 * z.field.area_cm2) <= 6
        assert z.field.seconds_per_pass > z.field.columns / 300 + 1  # the hand needs its time
    said = [line for line in made.assumptions if "order" in line]
    assert any("The optimised order matters" in line or "The order does not help" in line for line in said)
    assert check(small, rooms=rooms).status == made.verdict
    words = "".join(str(line) for line in made.assumptions)
    assert "1 s from stamp to stamp" in words


def one(ring, after=None, **more):
    laid = pattern("square", density_pct=10, spot_um=120)
    return treat(column(), laid, region=polygon([ring]), rate_Hz=300, scan=Scan(size_mm=5), after=after, **more)


def test_a_neighbouring_zone_adds_its_heat():
    """Against the one sum over all columns of both zones; and nothing is added after an hour."""
    first = one([[0, 0], [10, 0], [10, 6], [0, 6]])
    second = one([[0, 6], [10, 6], [10, 12], [0, 12]], after=first)
    alone = one([[0, 6], [10, 6], [10, 12], [0, 12]])
    assert second.bulk.peak_basal_K > alone.bulk.peak_basal_K
    gap = first.times_s[-1] + 1 / 300
    both = dataclasses.replace(
        second.shots,
        before=(),
        xy_m=np.concatenate([first.positions_m, second.positions_m]),
        time_s=np.concatenate([first.times_s - gap, second.times_s]),
    )
    at = np.array([[5.1e-3, 6.1e-3], [2e-3, 9e-3], [5e-3, 5.9e-3]])
    when = np.array([0.5, 3.0, 10.0])
    depths = np.array([0.0, 1e-4])
    # each interpolates its depth factor by its own ages
    assert heat.rise(second.shots, at, when, depths) == pytest.approx(heat.rise(both, at, when, depths), rel=2e-4)
    assert second.bulk.two_way_difference_K <= second.bulk.two_way_tolerance_K
    late = one([[0, 6], [10, 6], [10, 12], [0, 12]], after=first, zone_interval_s=3600.0)
    # heat spread over an hour: 4αt = 8 cm², 1/4πt of it left
    assert late.bulk.peak_basal_K - alone.bulk.peak_basal_K < 0.02
    third = one([[0, 12], [10, 12], [10, 18], [0, 18]], after=second)
    assert len(third.shots.before) == 2


def tilted(shot, skin):
    """A made-up law: the crater loses 100 µm and a tenth of its heat per mm out of focus, either way."""
    off = abs(shot.focus_depth_um) / 1000
    made = column(depth_um=600 - 100 * off, heat_mJ=1.8 * (1 - 0.1 * off))
    return dataclasses.replace(made, shot=shot)


def test_a_hand_out_of_focus_makes_other_columns():
    lesion = column()
    table = focus_table(lesion.shot, lesion.skin, make=tilted)
    assert [one.shot.focus_depth_um for one in table.lesions] == pytest.approx([2000, 1000, 0, -1000, -2000])
    steady = one([[0, 0], [15, 0], [15, 15], [0, 15]], hand=Hand(defocus_mm=0.0), out_of_focus=table)
    assert (steady.aim.crater_depth_um == 600).all()
    shaky = one([[0, 0], [15, 0], [15, 15], [0, 15]], hand=Hand(defocus_mm=0.6, seed=3), out_of_focus=table)
    assert shaky.aim.crater_depth_um == pytest.approx(600 - 100 * np.abs(shaky.aim.defocus_mm))
    assert len(np.unique(shaky.aim.defocus_mm)) == shaky.tilings[0].stamps
    assert shaky.shots.relative_heat == pytest.approx(1 - 0.1 * np.abs(shaky.aim.defocus_mm))
    assert any("distance scatters" in line for line in shaky.assumptions)
    for bad, says in (
        ({"hand": Hand(defocus_mm=5.0), "out_of_focus": table}, "out of focus"),
        ({"out_of_focus": focus_table(column(energy_mJ=20).shot, lesion.skin, make=tilted)}, "another shot"),
    ):
        with pytest.raises(BadInput, match=says):
            one([[0, 0], [15, 0], [15, 15], [0, 15]], **bad)
    with pytest.raises(BadInput, match="one of them 0 mm"):
        FocusTable((1.0, 2.0, 3.0), table.lesions[:3])


def test_the_case_of_the_page_is_one():
    page = (Path(__file__).parents[2] / "docs" / "start" / "first-field.md").read_text(encoding="utf-8")
    shown = tomllib.loads(re.search(r"```toml\n(.*?)```", page, re.DOTALL)[1])
    task = resolve(Case.parse({**BASE, "settings": SETTINGS, **shown}))
    assert [z.name for z in task.zones] == ["cheek", "under the eye"]
    assert task.case.firing.stamp_s == 1.0
