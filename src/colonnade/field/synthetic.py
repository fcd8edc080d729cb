"""Made-up pictures and heads for examples and tests: they show nobody."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from colonnade.field.area import need
from colonnade.field.photo import CARD_ARMS_MM, CARD_DISC_MM, Photograph, photograph

Ring = list[tuple[float, float]]


@dataclass(frozen=True)
class SyntheticFace:
    """A drawn face from the front with what is true about it. All coordinates in pixels."""

    photo: Photograph
    mm_per_px: float
    midline_px: float
    outline: Ring
    """The skin of the face, hairline to chin."""
    eyes: tuple[Ring, Ring]
    """The patient's right eye with its lids, then the left one."""
    mouth: Ring
    mole: Ring
    """On the patient's left cheek: the asymmetric marker."""
    left_cheek: Ring


def synthetic_face(mm_per_px: float = 0.2) -> SyntheticFace:
    """A face 150 mm wide and 200 mm high drawn by code, with the printed card beside the chin."""
    image_of, draw_of = need("PIL.Image"), need("PIL.ImageDraw")
    width, height = round(220 / mm_per_px), round(260 / mm_per_px)
    centre = (width / 2, height * 0.46)

    def px(x_mm: float, y_mm: float) -> tuple[float, float]:
        return centre[0] + x_mm / mm_per_px, centre[1] - y_mm / mm_per_px

    def oval(x: float, y: float, a: float, b: float, n: int = 72) -> Ring:
        turns = [2 * math.pi * k / n for k in range(n)]
        return [px(x + a * math.cos(t), y + b * math.sin(t)) for t in turns]

    # narrower towards the chin
    turns = [2 * math.pi * k / 120 for k in range(120)]
    outline = [px((72 - 8 * (math.sin(t) < 0) * math.sin(t) ** 2) * math.cos(t), 98 * math.sin(t)) for t in turns]
    eyes = (oval(-31, 22, 20, 11), oval(31, 22, 20, 11))
    mouth, mole = oval(0, -52, 26, 9), oval(42, -18, 2.5, 2.5)
    cheek = oval(41, -22, 19, 22)
    image = image_of.new("RGB", (width, height), (176, 190, 198))
    pen = draw_of.Draw(image)
    pen.polygon(oval(0, 12, 82, 108), fill=(88, 66, 52))  # hair
    pen.polygon(outline, fill=(226, 190, 166))
    for eye, x in zip(eyes, (-31.0, 31.0), strict=True):
        pen.polygon(eye, fill=(212, 170, 146))
        pen.polygon(oval(x, 22, 13, 6), fill=(250, 250, 248))
        pen.polygon(oval(x, 22, 5, 5), fill=(84, 60, 42))
    pen.line([px(-4, 15), px(-11, -20), px(0, -24), px(11, -20)], fill=(196, 150, 126), width=round(1 / mm_per_px))
    pen.polygon(mouth, fill=(196, 120, 112))
    pen.polygon(mole, fill=(82, 52, 38))
    pen.rectangle([*px(-104, -92), *px(-62, -126)], fill=(252, 252, 252))
    corner = (-98.0, -120.0)
    right, up = CARD_ARMS_MM
    for (cx, cy), colour in zip(
        (corner, (corner[0] + right, corner[1]), (corner[0], corner[1] + up)),
        ((220, 20, 30), (20, 160, 60), (20, 50, 210)),
        strict=True,
    ):
        pen.polygon(oval(cx, cy, CARD_DISC_MM / 2, CARD_DISC_MM / 2), fill=colour)
    # a little noise, the same every time: no camera gives flat colours
    noise = np.random.default_rng(1).integers(-4, 5, size=(height, width, 1))
    pixels = np.clip(np.asarray(image, dtype=np.int16) + noise, 0, 255).astype(np.uint8)
    return SyntheticFace(photograph(pixels), mm_per_px, centre[0], outline, eyes, mouth, mole, cheek)


@dataclass(frozen=True)
class SyntheticFaceOfHead:
    """What may be treated on `synthetic_head`, drawn as seen from the front [mm]."""

    zones: dict[str, Ring]
    exclusions: dict[str, tuple[Ring, float]]
    """Ring and margin."""


def zones_of_head() -> SyntheticFaceOfHead:
    """Forehead, cheeks, round the eyes and round the mouth; eyes, lips and the mole (the bump) are kept out."""

    def oval(x: float, y: float, a: float, b: float) -> Ring:
        turns = [2 * math.pi * k / 48 for k in range(48)]
        return [(x + a * math.cos(t), y + b * math.sin(t)) for t in turns]

    def mirrored(ring: Ring) -> Ring:
        return [(-x, y) for x, y in ring[::-1]]

    cheek: Ring = [(22, -28), (36, -50), (54, -34), (57, 0), (22, 0)]
    eye: Ring = [(12, 4), (54, 4), (50, 34), (12, 34)]
    return SyntheticFaceOfHead(
        zones={
            "forehead": [(-45, 38), (45, 38), (38, 72), (-38, 72)],
            "left cheek": cheek,
            "right cheek": mirrored(cheek),
            "left periocular": eye,
            "right periocular": mirrored(eye),
            "perioral": [(-28, -64), (28, -64), (20, -34), (-20, -34)],
        },
        exclusions={
            "left eye": (oval(30, 18, 14, 7), 4.0),
            "right eye": (oval(-30, 18, 14, 7), 4.0),
            "lips": (oval(0, -48, 15, 5), 3.0),
            "mole": (oval(42, -23, 2.5, 2.5), 2.0),
        },
    )


def synthetic_head(subdivisions: int = 4) -> Any:
    """A head of 150 × 220 × 190 mm as a closed trimesh in millimetres: x to the viewer's right, y up, z to the viewer.

    An ellipsoid with a nose, brows' ridge, hollows for the eyes, and a small bump on the patient's left cheek as the
    asymmetric marker.
    """
    trimesh = need("trimesh")
    ball = trimesh.creation.icosphere(subdivisions=subdivisions, radius=1.0)
    d = np.asarray(ball.vertices)
    radius = 1 / np.sqrt((d[:, 0] / 75) ** 2 + (d[:, 1] / 110) ** 2 + (d[:, 2] / 95) ** 2)

    def bump(x: float, y: float, wide: float, high: float) -> Any:
        at = np.array([x, y, 1.0]) / math.sqrt(x * x + y * y + 1)
        return np.exp(-np.sum((d - at) ** 2, axis=1) / (2 * wide**2)) * high

    radius = radius + bump(0, -0.12, 0.13, 16) + bump(0, 0.38, 0.25, 3)
    radius = radius - bump(-0.33, 0.2, 0.13, 5) - bump(0.33, 0.2, 0.13, 5) + bump(0.55, -0.3, 0.05, 2)
    return trimesh.Trimesh(vertices=d * radius[:, None], faces=ball.faces, process=False)
