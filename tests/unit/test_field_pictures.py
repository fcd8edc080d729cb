"""Coverage by place and warmth over time: what is drawn is what was computed."""

import io
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from colonnade import DISCLAIMER, BadInput
from colonnade.field import Hand, Scan, heat, pattern, polygon, treat
from colonnade.field.maps import local_share
from colonnade.reporting import field_film
from colonnade.reporting.field_map import coverage_picture
from tests.synthetic import column

LESION = column(taper=0.5)
LAID = pattern("square", density_pct=8, spot_um=120)
REGION = polygon([[[0, 0], [14, 0], [15, 9], [2, 10]], [[5, 4], [7, 4], [7, 6], [5, 6]]])


@pytest.fixture(scope="module")
def field():
    return treat(LESION, LAID, region=REGION, rate_Hz=300, scan=Scan(size_mm=6), hand=Hand(0.5, 2.0))


def test_the_map_of_warmth_is_the_sum_over_columns(field):
    """Against `mean_rise`, which sums column by column; and against the unsmoothed rise where the weight is narrow."""
    x, y, t = np.array([3e-3, 8e-3, 12e-3]), np.array([2e-3, 7e-3]), field.pass_end_s[-1] + 0.4
    drawn = heat.rise_map(field.shots, x, y, t, 1e-4, 3e-4)
    summed = [[heat.mean_rise(field.shots, np.array([a, b]), 3e-4, np.array([t]), 1e-4)[0] for a in x] for b in y]
    # both interpolate the depth factor between 600 nodes
    assert drawn == pytest.approx(np.array(summed), rel=1e-4)
    narrow = heat.rise_map(field.shots, x, y, t, 1e-4, 1e-7)
    points = np.array([(a, b) for b in y for a in x])
    exact = heat.rise(field.shots, points, np.full(6, t), np.array([1e-4]))[:, 0].reshape(2, 3)
    assert narrow == pytest.approx(exact, rel=2e-3)
    assert (heat.rise_map(field.shots, x, y, -1.0, 1e-4, 3e-4) == 0).all()


def test_the_mean_of_the_map_of_coverage_is_the_coverage(field):
    x, y, share = local_share(LESION.profile, field.positions_m, REGION, depth_um=0.0, width_m=LAID.pitch_m)
    assert share.shape == (len(y), len(x))
    inside = np.isfinite(share)
    cell = (x[1] - x[0]) * (y[1] - y[0])
    # points of one per cell: the area is known to the cells along the edge
    assert inside.sum() * cell == pytest.approx(1e6 * REGION.area_m2, rel=0.01)
    wounded = field.coverage.ablated_pct[0] + field.coverage.coagulated_pct[0]
    # columns that the hand put outside the region count in the coverage of the whole, not on the map
    assert np.nanmean(share) == pytest.approx(wounded, rel=0.06)
    # twice as much where two stamps overlap, nothing in the gaps
    assert np.nanmax(share) > 1.5 * np.nanmedian(share)
    assert np.nanmin(share) < 0.3 * np.nanmedian(share)


def test_the_picture_of_coverage(field):
    made = coverage_picture(field, LESION)
    assert ET.fromstring(made.svg).tag.endswith("svg")  # noqa: S314 - drawn a moment ago
    assert f"{field.tilings[0].real.overlap_mm2:.3g} mm² are covered by two stamps" in made.caption
    assert Image.open(io.BytesIO(made.png)).size[0] > 1000
    for depth in (-1.0, float("nan"), 5000.0):
        with pytest.raises(BadInput, match="depth_um"):
            coverage_picture(field, LESION, depth_um=depth)


@pytest.mark.parametrize("kind", ["gif", "png"])
def test_the_film(field, kind, monkeypatch):
    monkeypatch.setattr(field_film, "FRAMES", 6)
    monkeypatch.setattr(field_film, "FIRING_FRAMES", 4)
    said = []
    data = field_film.film(field, kind=kind, progress=lambda *told: said.append(told))
    film = Image.open(io.BytesIO(data))
    assert film.n_frames == 6
    assert film.format == ("GIF" if kind == "gif" else "PNG")
    frames = []
    for k in range(6):
        film.seek(k)
        frames.append(np.asarray(film.convert("RGB"), dtype=np.int16))
    # the field fills up: the warm part of the second frame is more than that of the first
    warm = [int((f[field_film.TOP : -field_film.BOTTOM, : -field_film.RIGHT].max(axis=2) > 60).sum()) for f in frames]
    assert warm[3] > warm[0]
    assert not np.array_equal(frames[4], frames[5])
    assert [told[0] for told in said] == ["animation"] * 12
    assert sorted(told[1] for told in said) == [told[1] for told in said]


def test_the_film_says_what_it_is(field):
    times = field_film.frame_times(field)
    assert (np.diff(times) > 0).all()
    assert times[field_film.FIRING_FRAMES - 1] == pytest.approx(field.pass_end_s[-1])
    assert "".join(field_film._folded(DISCLAIMER, 40)).replace(" ", "") == DISCLAIMER.replace(" ", "")
    for asked in ({"kind": "mp4"}, {"depth": "fat"}):
        with pytest.raises(BadInput, match="animation"):
            field_film.film(field, **asked)


def test_a_film_can_be_cancelled(field):
    def stop(_stage, done, _text):
        if done > 0.1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        field_film.film(field, progress=stop)
