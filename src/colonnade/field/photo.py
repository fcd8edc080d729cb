"""Photographs: taken in safely, scaled by two points or a printed card, drawn on, and shown with the stamps.

Pixels are (u to the right, v down) from the upper left corner of the upright picture. Millimetres are x to the
viewer's right, y up: a photograph of the front shows the patient's left on the viewer's right.
"""

from __future__ import annotations

import hashlib
import io
import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from colonnade.errors import BadInput
from colonnade.field.area import Area, _number, need, polygon
from colonnade.field.region import MAX_SIDE_MM
from colonnade.field.stamps import Tiling
from colonnade.units import from_si

Array = NDArray[np.float64]
Pixels = NDArray[np.uint8]
Point = tuple[float, float]

MOST_BYTES = 100_000_000
MOST_PIXELS = 50_000_000
FORMATS = ("JPEG", "PNG", "TIFF", "WEBP")
#: Scales that a clinical photograph can have [mm per pixel].
SCALE_RANGE = (0.005, 2.0)
LEAST_PIXELS = 50
#: The printed card: a red disc at its corner, a green one 30 mm to the right, a blue one 20 mm up, each 6 mm wide.
CARD_ARMS_MM = (30.0, 20.0)
CARD_DISC_MM = 6.0
#: Largest disagreement of the card's two arms, and of their right angle: beyond it the card is tilted to the camera.
CARD_SLACK = 0.03


@dataclass(frozen=True)
class Photograph:
    """An upright picture without any metadata: ``pixels`` (height, width, 3), read-only."""

    pixels: Pixels
    sha256: str
    """Of the pixels."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.pixels.shape[1], self.pixels.shape[0]


@dataclass(frozen=True)
class Scale:
    """Millimetres per pixel, and the pixel that is the origin."""

    mm_per_px: float
    origin_px: Point
    basis: str

    def to_mm(self, px: Sequence[Sequence[float]] | Array) -> Array:
        """Pixels (n, 2) to millimetres (n, 2), y up."""
        made: Array = (np.asarray(px, dtype=np.float64) - self.origin_px) * (self.mm_per_px, -self.mm_per_px)
        return made

    def to_px(self, mm: Array) -> Array:
        """Millimetres (n, 2) to pixels (n, 2)."""
        made: Array = np.asarray(mm) / (self.mm_per_px, -self.mm_per_px) + np.asarray(self.origin_px)
        return made


def read_photograph(source: str | Path | bytes) -> Photograph:
    """A photograph from a file or its bytes: decoded, turned upright by its EXIF tag, all metadata left behind.

    Raises
    ------
    BadInput
        For what is no JPEG, PNG, TIFF or WebP, what cannot be decoded whole, more than 100 MB or 50 megapixels.
    """
    image_of, ops = need("PIL.Image"), need("PIL.ImageOps")
    name = "photograph" if isinstance(source, bytes) else f"photograph {Path(source).name}"

    def bad(given: str, allowed: str, todo: str) -> BadInput:
        return BadInput(name, given=given, allowed=allowed, todo=todo)

    if not isinstance(source, bytes):
        path = Path(source)
        if not path.is_file():
            raise bad("a path that is not a file", "an existing file", "Check the path.")
        if path.stat().st_size > MOST_BYTES:
            raise bad(f"{path.stat().st_size / 1e6:.0f} MB", "at most 100 MB", "Export it as JPEG.")
        source = path.read_bytes()
    if len(source) > MOST_BYTES:
        raise bad(f"{len(source) / 1e6:.0f} MB", "at most 100 MB", "Export it as JPEG.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the size is judged here, before anything is decoded
            with image_of.open(io.BytesIO(source), formats=FORMATS) as image:
                width, height = image.size
                if not width * height <= MOST_PIXELS:
                    raise bad(
                        f"{width} × {height} pixels ({width * height / 1e6:.0f} megapixels)",
                        "at most 50 megapixels",
                        "Scale it down, and any scale in mm per pixel with it.",
                    )
                image.load()
                upright = np.asarray(ops.exif_transpose(image).convert("RGB"), dtype=np.uint8).copy()
    except image_of.DecompressionBombError:
        raise bad("far more than 50 megapixels", "at most 50 megapixels", "Scale it down.") from None
    except (OSError, SyntaxError, ValueError, TypeError, KeyError, EOFError, MemoryError) as error:
        if isinstance(error, BadInput):
            raise
        raise bad(
            "something that cannot be decoded as a picture", f"a whole {', '.join(FORMATS)}", "Export it again."
        ) from None
    if min(upright.shape[:2]) < LEAST_PIXELS:
        raise bad(f"{width} × {height} pixels", "at least 50 pixels each way", "Use the original picture.")
    return photograph(upright)


def photograph(pixels: Pixels) -> Photograph:
    """A photograph from an array (height, width, 3) of bytes."""
    pixels = np.ascontiguousarray(pixels, dtype=np.uint8)
    pixels.setflags(write=False)
    return Photograph(pixels, hashlib.sha256(str(pixels.shape).encode() + pixels.tobytes()).hexdigest())


def scale_between(photo: Photograph, one_px: Point, other_px: Point, distance_mm: float) -> Scale:
    """The scale from two points of the picture a known distance apart; the origin is the middle of the picture.

    Raises BadInput for points outside the picture or nearer than 50 pixels, or a scale outside 0.005 to 2 mm/pixel.
    """
    distance = _number("distance_mm", distance_mm, 0.1, 3000)
    width, height = photo.size
    for u, v in (one_px, other_px):
        if not (0 <= u <= width and 0 <= v <= height):
            raise BadInput(
                "scale",
                given=f"the point ({u:g}, {v:g})",
                allowed=f"points of the picture, {width} × {height} pixels",
                todo="Click two points in the picture.",
            )
    pixels = math.dist(one_px, other_px)
    if not pixels >= LEAST_PIXELS:
        raise BadInput(
            "scale",
            given=f"two points {pixels:.0f} pixels apart",
            allowed=f"at least {LEAST_PIXELS} pixels: a pixel's error is then 2 %",
            todo="Choose points farther apart.",
        )
    return _scale(distance / pixels, (width / 2, height / 2), f"two points {distance:g} mm apart")


def _scale(mm_per_px: float, origin: Point, basis: str) -> Scale:
    if not SCALE_RANGE[0] <= mm_per_px <= SCALE_RANGE[1]:
        raise BadInput(
            "scale",
            given=f"{mm_per_px:.3g} mm per pixel",
            allowed=f"{SCALE_RANGE[0]:g} to {SCALE_RANGE[1]:g} mm per pixel",
            todo="Check the distance and its unit (millimetres).",
        )
    return Scale(mm_per_px, origin, basis)


def scale_of_card(photo: Photograph) -> Scale:
    """The scale from the printed card in the picture; the origin is the middle of the picture.

    The card bears a red disc, a green one 30 mm to its right and a blue one 20 mm above it: no turn makes its mirror
    image look like it.

    Raises
    ------
    BadInput
        Where the discs are not found, the card is tilted, or the picture is a mirror image.
    """
    red, green, blue = card_discs(photo)
    right, up = green - red, blue - red
    side = right[0] * up[1] - right[1] * up[0]  # v points down: negative for the card as printed
    if side > 0:
        raise BadInput(
            "photograph",
            given="a mirror image: the card's blue disc lies on the wrong side",
            allowed="pictures as seen by the operator",
            todo="Turn off mirroring in the camera, or mirror the picture back: left and right would be exchanged.",
        )
    lengths = np.hypot(*np.stack([right, up]).T)
    one, other = lengths / CARD_ARMS_MM
    skew = abs(float(right @ up)) / float(lengths.prod())
    if not (abs(one / other - 1) <= CARD_SLACK and skew <= CARD_SLACK):
        raise BadInput(
            "photograph",
            given=f"a card whose arms differ by {100 * abs(one / other - 1):.0f} % in scale, off square by "
            f"{math.degrees(math.asin(min(skew, 1))):.0f}°",
            allowed="3 % and 2°: a card flat on the skin, seen from straight above",
            todo="Take the picture square to the skin.",
        )
    width, height = photo.size
    return _scale(2 / float(one + other), (width / 2, height / 2), "printed card")


def card_discs(photo: Photograph) -> tuple[Array, Array, Array]:
    """Middles of the card's red, green and blue disc, in pixels. Raises BadInput where one is not found."""
    return _disc(photo, 0), _disc(photo, 1), _disc(photo, 2)


def _disc(photo: Photograph, channel: int) -> Array:
    """Middle of the largest patch of one pure colour, in pixels."""
    from scipy import ndimage

    # one plane against the next: along the last axis the maximum of three takes ten times as long
    planes = [photo.pixels[:, :, c].astype(np.int16) for c in range(3)]
    own, *rest = planes[channel], *(plane for c, plane in enumerate(planes) if c != channel)
    label, count = ndimage.label((own > 120) & (own > 2 * np.maximum(*rest)))
    sizes = np.bincount(label.ravel())[1:]
    if count == 0 or sizes.max() < 30:
        raise BadInput(
            "photograph",
            given=f"no {('red', 'green', 'blue')[channel]} disc of the printed card",
            allowed="a picture with the whole card, or a scale from two points",
            todo="Show the card in full and evenly lit, or click two points a known distance apart.",
        )
    v, u = ndimage.center_of_mass(label == 1 + int(sizes.argmax()))
    return np.array([u + 0.5, v + 0.5])


def drawn(
    photo: Photograph,
    scale: Scale | None,
    rings_px: Sequence[Sequence[Point]],
    *,
    side: str,
    midline_px: float | None = None,
    name: str = "region",
    feather_mm: float = 0.0,
    most_mm: float = MAX_SIDE_MM,
) -> Area:
    """The polygon drawn on a photograph, in millimetres.

    Parameters
    ----------
    side : {"left", "right", "midline", "both"}
        The patient's side.
    midline_px : float, optional
        Where the patient's midline lies in a picture of the front, in pixels from the left: then the side is checked.

    Raises
    ------
    BadInput
        Without a scale, for points outside the picture, a region on the other side, or a bad polygon.
    """
    if scale is None:
        raise BadInput(
            "photograph",
            given="no scale",
            allowed="a scale from two points or a printed card",
            todo="Click two points a known distance apart (scale_between), or show the card (scale_of_card).",
        )
    width, height = photo.size
    for ring in rings_px:
        points = np.asarray(ring, dtype=np.float64)
        if points.ndim != 2 or not bool(((points >= 0) & (points <= (width, height))).all()):
            raise BadInput(
                f'region "{name}"',
                given="points outside the picture",
                allowed=f"0 to {width} and 0 to {height} pixels",
                todo="Draw on the picture.",
            )
    area = polygon(
        [scale.to_mm(ring).tolist() for ring in rings_px],
        name=name,
        side=side,
        feather_mm=feather_mm,
        most_mm=most_mm,
    )
    if midline_px is not None and side in ("left", "right"):
        # seen from the front the patient's left is on the viewer's right
        middle = float(scale.to_mm([[midline_px, 0.0]])[0, 0])
        seen = "left" if from_si(area.polygons.centroid.x, "mm") > middle else "right"
        if seen != side:
            raise BadInput(
                f'region "{name}"',
                given=f"the patient's {side} side, drawn on the {seen}",
                allowed="one side: the patient's left is on the viewer's right",
                todo="Correct the side, or check whether the picture is a mirror image.",
            )
    return area


def overlay(photo: Photograph, scale: Scale, tilings: Sequence[Tiling], *, order: bool = True) -> bytes:
    """The photograph with region, what is excluded, stamps and their order: a PNG without metadata."""
    image_of, draw_of, font_of = need("PIL.Image"), need("PIL.ImageDraw"), need("PIL.ImageFont")
    image = image_of.fromarray(photo.pixels).convert("RGBA")
    layer = image_of.new("RGBA", image.size, (0, 0, 0, 0))
    pen = draw_of.Draw(layer)
    thick = max(1, round(min(image.size) / 500))
    font = font_of.load_default(size=max(10, min(image.size) // 60))

    def line(coords: Any, colour: tuple[int, int, int, int], width: int) -> None:
        path = scale.to_px(from_si(np.asarray(coords), "mm"))
        pen.line([tuple(p) for p in path.tolist()], fill=colour, width=width, joint="curve")

    def polygons(shape: Any) -> list[Any]:
        return [g for g in getattr(shape, "geoms", [shape]) if g.geom_type == "Polygon" and not g.is_empty]

    numbers: list[tuple[Any, str]] = []
    for laid in tilings:
        if laid.area.kept_out is not None:
            for hole in polygons(laid.area.kept_out):
                pen.polygon(
                    [tuple(p) for p in scale.to_px(from_si(np.asarray(hole.exterior.coords), "mm")).tolist()],
                    fill=(0, 0, 0, 90),
                )
                line(hole.exterior.coords, (0, 0, 0, 255), thick)
        for shape in laid.shapes:
            for part in polygons(shape):
                line(part.exterior.coords, (0, 114, 178, 200), thick)  # Okabe and Ito's blue
        for part in laid.area.polygons.geoms:
            line(part.exterior.coords, (213, 94, 0, 255), 2 * thick)  # vermilion
        centres = np.array([shape.representative_point().coords[0] for shape in laid.shapes])
        if order:
            line(centres, (0, 0, 0, 150), thick)
            numbers += [(tuple(at), str(k)) for k, at in enumerate(scale.to_px(from_si(centres, "mm")).tolist(), 1)]
    for at, number in numbers:  # on top of everything
        pen.text(at, number, fill=(0, 0, 0, 255), font=font, anchor="mm", stroke_width=2, stroke_fill="white")
    out = io.BytesIO()
    image_of.alpha_composite(image, layer).convert("RGB").save(out, format="PNG")
    return out.getvalue()
