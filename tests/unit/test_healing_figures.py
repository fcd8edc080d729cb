"""The strip of days: drawn for columns and for a surface, with words for every phototype, in a file of sane size."""

import numpy as np
import pytest

from colonnade.healing import fractional, full_field, heal
from colonnade.reporting import palette
from colonnade.reporting.canvas import Stamp, style
from colonnade.reporting.healing_figures import DAYS, mixed, strip


@pytest.mark.parametrize(
    "wound",
    [
        fractional(dead_radius_um=80.0, crater_radius_um=60.0, crater_depth_um=600.0, pitch_um=400.0, passes=2),
        full_field(depth_um=100.0, rim_um=85.0, width_mm=20.0),
    ],
    ids=["columns", "surface"],
)
def test_the_strip(wound):
    course = heal(wound, site="cheek", phototype="V")
    with style():
        picture = strip(course, "healing", Stamp("synthetic", course.inputs_sha256))
    svg = picture.svg.decode()
    for words in ("Day", "How redness shows", "darker, violet-brown", "collagen III", course.inputs_sha256[:12]):
        assert words in svg
    assert all(f">{day}<" in svg for day in DAYS)
    assert len(picture.svg) < 700_000
    assert picture.png.startswith(b"\x89PNG")
    assert "illustrative" in picture.caption
    assert "phototype V" in picture.alt


def test_redness_darkens_dark_skin_and_reddens_light_skin():
    def tone(phototype, share):
        colour = mixed(palette.PHOTOTYPE_TONES[phototype], palette.REDNESS_TONES[phototype], share)
        return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])

    light, dark = (tone(t, 0.5) - tone(t, 0.0) for t in ("I", "VI"))
    assert light[0] > light[1]  # red falls least: it reddens
    assert dark.sum() < -30  # it darkens
    assert mixed("#000000", "#FFFFFF", 0.5) == "#808080"
