"""Photographs: intake, scale, card, side, what is drawn on them, and the face of the bundled synthetic one."""

import io
import math

import numpy as np
import pytest
from PIL import Image

from colonnade import BadInput
from colonnade.field import Scan, divide, pattern, photo, tile
from colonnade.field.synthetic import synthetic_face


@pytest.fixture(scope="module")
def face():
    return synthetic_face(0.25)


def encoded(pixels, kind="PNG", **more):
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind, **more)
    return out.getvalue()


def test_orientation_is_honoured_and_metadata_left_behind(tmp_path):
    pixels = np.zeros((80, 120, 3), dtype=np.uint8)
    pixels[:40, :60] = (250, 10, 10)  # red upper left
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter: shown 90° clockwise
    exif[0x010F] = "Maker"
    exif.get_ifd(0x8825)[1] = "N"  # position
    path = tmp_path / "p.jpg"
    path.write_bytes(encoded(pixels, "JPEG", exif=exif, quality=95))
    seen = photo.read_photograph(path)
    assert seen.size == (80, 120)
    assert seen.pixels[10, 70, 0] > 200  # red is now upper right
    assert seen.pixels[10, 10, 0] < 60
    again = Image.open(io.BytesIO(photo.overlay(seen, photo.Scale(0.2, (40, 60), "test"), [])))
    assert not again.getexif()
    assert again.info == {}


def oversized():
    # a PNG that says 10 000 × 10 000 and holds nothing
    import struct
    import zlib

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 10_000, 10_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "cannot be decoded"),
        (b"not a picture at all", "cannot be decoded"),
        (b"GIF89a" + bytes(100), "cannot be decoded"),
        (encoded(np.zeros((90, 90, 3), dtype=np.uint8))[:-60], "cannot be decoded"),
        (oversized(), "100 megapixels"),
        (encoded(np.zeros((20, 400, 3), dtype=np.uint8)), "at least 50 pixels"),
    ],
)
def test_what_is_no_photograph_is_refused(data, says):
    with pytest.raises(BadInput, match=says) as error:
        photo.read_photograph(data)
    assert error.value.todo


def test_missing_file(tmp_path):
    with pytest.raises(BadInput, match="not a file"):
        photo.read_photograph(tmp_path / "none.jpg")


def test_scale_from_two_points(face):
    made = photo.scale_between(face.photo, (100, 100), (100, 500), 100.0)
    assert made.mm_per_px == pytest.approx(0.25)
    px = np.array([[10.0, 20.0], [300.0, 40.0]])
    assert made.to_px(made.to_mm(px)) == pytest.approx(px)
    for wrong in (
        ((0, 0), (10, 0), 100.0),
        ((0, 0), (1e5, 0), 100.0),
        ((0, 0), (400, 0), float("nan")),
        ((0, 0), (60, 0), 1000.0),
    ):
        with pytest.raises(BadInput):
            photo.scale_between(face.photo, *wrong)


def test_scale_from_the_card(face):
    assert photo.scale_of_card(face.photo).mm_per_px == pytest.approx(0.25, rel=0.005)
    turned = photo.photograph(np.rot90(face.photo.pixels))
    assert photo.scale_of_card(turned).mm_per_px == pytest.approx(0.25, rel=0.005)


def test_a_mirror_image_is_refused(face):
    for mirrored in (face.photo.pixels[:, ::-1], face.photo.pixels[::-1]):
        with pytest.raises(BadInput, match="mirror image"):
            photo.scale_of_card(photo.photograph(mirrored))


def test_a_tilted_or_missing_card_is_refused(face):
    squeezed = Image.fromarray(face.photo.pixels).resize((600, 1040))
    with pytest.raises(BadInput, match="square to the skin"):
        photo.scale_of_card(photo.photograph(np.asarray(squeezed)))
    with pytest.raises(BadInput, match="no red disc"):
        photo.scale_of_card(photo.photograph(np.full((200, 200, 3), 128, dtype=np.uint8)))


def test_a_drawing_without_scale_or_outside_is_refused(face):
    with pytest.raises(BadInput, match="no scale"):
        photo.drawn(face.photo, None, [face.outline], side="both")
    scale = photo.scale_of_card(face.photo)
    with pytest.raises(BadInput, match="outside the picture"):
        photo.drawn(face.photo, scale, [[(-5, 0), (10, 0), (10, 10)]], side="both")
    with pytest.raises(BadInput, match="at most 100 mm"):
        photo.drawn(face.photo, scale, [face.outline], side="both", most_mm=100)


def test_left_is_left(face):
    """The marker lies on the patient's left cheek: on the viewer's right, at positive x."""
    scale = photo.scale_of_card(face.photo)
    asked = {"midline_px": face.midline_px, "name": "cheek"}
    cheek = photo.drawn(face.photo, scale, [face.left_cheek], side="left", **asked)
    assert cheek.bounds_m[0] > 0
    mole = photo.drawn(face.photo, scale, [face.mole], side="left", **asked)
    assert cheek.polygons.contains(mole.polygons)
    # 42 mm beside and 18 mm below the middle of the face, which lies 4 % of 260 mm above the picture's
    assert mole.polygons.centroid.x == pytest.approx(42e-3, abs=0.3e-3)
    assert mole.polygons.centroid.y == pytest.approx(-18e-3 + 0.04 * 260e-3, abs=0.3e-3)
    with pytest.raises(BadInput, match="patient's right side, drawn on the left"):
        photo.drawn(face.photo, scale, [face.left_cheek], side="right", **asked)


def test_the_face_of_the_photograph_with_zones_and_exclusions(face):
    scale = photo.scale_of_card(face.photo)

    def draw(ring, name):
        return photo.drawn(face.photo, scale, [ring], side="both", name=name)

    outline = draw(face.outline, "face")
    parts = divide(
        outline,
        zones={"left cheek": draw(face.left_cheek, "left cheek")},
        exclusions={
            "right eye": (draw(face.eyes[0], "right eye"), 4.0),
            "left eye": (draw(face.eyes[1], "left eye"), 4.0),
            "mouth": (draw(face.mouth, "mouth"), 2.0),
            "mole": (draw(face.mole, "mole"), 2.0),
        },
    )

    # areas against the ellipses the picture was drawn with, within 0.5 %: margins by Steiner's formula (per ellipse:
    # area + margin·perimeter + π·margin², the perimeter after Ramanujan)
    def grown(a, b, m):
        perimeter = math.pi * (3 * (a + b) - math.sqrt((3 * a + b) * (a + 3 * b)))
        return math.pi * a * b + m * perimeter + math.pi * m * m

    excluded = 2 * grown(20, 11, 4) + grown(26, 9, 2) + grown(2.5, 2.5, 2)
    total = 1e6 * sum(part.area_m2 for part in parts.values())
    assert total == pytest.approx(1e6 * outline.area_m2 - excluded, rel=0.005)
    assert 1e6 * outline.area_m2 == pytest.approx(
        0.25**2
        * abs(
            sum(
                a[0] * b[1] - a[1] * b[0]
                for a, b in zip(face.outline, face.outline[1:] + face.outline[:1], strict=True)
            )
        )
        / 2,
        rel=0.005,
    )
    laid = {
        name: tile(pattern("hexagonal", density_pct=d, spot_um=120), parts[name], Scan("hexagon", 10))
        for name, d in (("face", 5.0), ("left cheek", 10.0))
    }
    for name, tiling in laid.items():
        assert tiling.ideal.columns_outside == tiling.ideal.columns_excluded == 0
        expected = tiling.pattern.columns_per_m2 * parts[name].area_m2
        assert abs(tiling.columns - expected) <= tiling.stamps
    assert sum(t.columns for t in laid.values()) > 80_000 * 0.5
    seen = Image.open(io.BytesIO(photo.overlay(face.photo, scale, list(laid.values()))))
    assert seen.size == face.photo.size
    changed = np.any(np.asarray(seen) != face.photo.pixels, axis=2)
    assert 0.05 < changed.mean() < 0.6
