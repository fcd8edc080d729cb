"""Two photographs of the same skin, laid over each other: registered, colours matched by the card, or "not comparable".

Registration finds corresponding points (SIFT: Lowe 2004, Int J Comput Vis 60:91) and a projective map between them
(RANSAC: Fischler and Bolles 1981, Commun ACM 24:381) with scikit-image. Colours are only compared where both pictures
hold the printed card: each channel is scaled so that the card's white ground agrees (von Kries scaling).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from colonnade.errors import BadInput
from colonnade.field.photo import Photograph, card_discs, photograph, scale_of_card

#: Longer side at which pictures are compared [px]. Assumed: pores no longer resolved, lesions of 1 mm still are.
WORKING_PX = 700
#: Fewer matched points than this, or a larger misfit, and the pictures are not called comparable. Assumed.
LEAST_POINTS = 25
MOST_MISFIT_PX = 3.0
#: A map that shrinks, grows or shears more than this is another view, not another day. Assumed.
MOST_SCALE = 2.0
MOST_GAIN = 2.5


@dataclass(frozen=True)
class SideBySide:
    """``later`` moved onto ``earlier``, both (height, width, 3) bytes; ``reasons`` say why not, if not comparable."""

    earlier: Photograph
    later: Photograph
    comparable: bool
    colours_comparable: bool
    points: int
    misfit_px: float | None
    reasons: tuple[str, ...]


def side_by_side(earlier: Photograph, later: Photograph, *, seed: int = 1) -> SideBySide:
    """Register two photographs.

    Never raises for pictures that do not fit: they come back as they are, ``comparable`` false, with the reason.
    """
    one, two = _working(earlier), _working(later)
    found = _map(one, two, seed)
    gain = _card_gain(one, two)
    colours = gain is not None
    if gain is not None:
        two = photograph(np.clip(two.pixels.astype(float) * gain, 0, 255).astype(np.uint8))
    colour_reason = () if colours else ("colours are not comparable: the printed card is not found in both pictures",)
    if isinstance(found, str):
        return SideBySide(one, two, False, colours, 0, None, (found, *colour_reason))
    matrix, points, misfit = found
    moved = photograph(_warp(two.pixels, matrix, one.pixels.shape[:2]))
    return SideBySide(one, moved, True, colours, points, misfit, colour_reason)


def _working(photo: Photograph) -> Photograph:
    from skimage.transform import resize

    height, width = photo.pixels.shape[:2]
    factor = WORKING_PX / max(height, width)
    if factor >= 1:
        return photo
    small = resize(photo.pixels, (round(height * factor), round(width * factor)), anti_aliasing=True)
    return photograph((small * 255).round().astype(np.uint8))


def _map(one: Photograph, two: Photograph, seed: int) -> tuple[NDArray[np.float64], int, float] | str:
    """The projective map from ``one`` to ``two``, points that agree and their misfit; or why there is none."""
    from skimage.color import rgb2gray
    from skimage.feature import SIFT, match_descriptors
    from skimage.measure import ransac
    from skimage.transform import ProjectiveTransform

    keys, descriptors = [], []
    for photo in (one, two):
        sift = SIFT()
        try:
            sift.detect_and_extract(rgb2gray(photo.pixels))
        except RuntimeError:
            return "not comparable: one picture has no detail to hold on to"
        keys.append(sift.keypoints[:, ::-1])
        descriptors.append(sift.descriptors)
    pairs = match_descriptors(*descriptors, max_ratio=0.8, cross_check=True)
    if len(pairs) < LEAST_POINTS:
        return f"not comparable: only {len(pairs)} points are found in both pictures, {LEAST_POINTS} are needed"
    from_, to = keys[0][pairs[:, 0]], keys[1][pairs[:, 1]]
    model, inside = ransac(
        (from_, to), ProjectiveTransform, min_samples=4, residual_threshold=MOST_MISFIT_PX, max_trials=2000,
        rng=seed,
    )  # fmt: skip
    count = int(inside.sum()) if inside is not None else 0
    if model is None or count < LEAST_POINTS:
        return f"not comparable: {count} points fit one view, {LEAST_POINTS} are needed"
    matrix = np.asarray(model.params, dtype=np.float64)
    stretch = np.linalg.svd(matrix[:2, :2] / matrix[2, 2], compute_uv=False)
    if not (stretch[-1] >= 1 / MOST_SCALE and stretch[0] <= MOST_SCALE):
        return "not comparable: the pictures were taken from too different a distance or angle"
    misfit = float(np.median(model.residuals(from_[inside], to[inside])))
    return matrix, count, misfit


def _warp(pixels: NDArray[np.uint8], matrix: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.uint8]:
    from skimage.transform import ProjectiveTransform, warp

    moved = warp(pixels, ProjectiveTransform(matrix), output_shape=shape, order=1, preserve_range=True)
    made: NDArray[np.uint8] = np.clip(moved, 0, 255).round().astype(np.uint8)
    return made


def _card_gain(one: Photograph, two: Photograph) -> NDArray[np.float64] | None:
    """Factors of the channels that bring the second card's ground to the first's; None without both cards."""
    grounds = [_card_ground(photo) for photo in (one, two)]
    first, second = grounds
    if first is None or second is None:
        return None
    gain: NDArray[np.float64] = first / np.maximum(second, 1.0)
    return gain if bool(np.all((gain > 1 / MOST_GAIN) & (gain < MOST_GAIN))) else None


def _card_ground(photo: Photograph) -> NDArray[np.float64] | None:
    """Mean colour of the card's ground, inside the corner that its three discs make."""
    try:
        scale = scale_of_card(photo)
    except BadInput:
        return None
    red, green, blue = card_discs(photo)
    x, y = (round(float(v)) for v in red + 0.4 * (green - red) + 0.4 * (blue - red))
    half = max(1, round(1.5 / scale.mm_per_px))
    patch = photo.pixels[max(0, y - half) : y + half + 1, max(0, x - half) : x + half + 1]
    return patch.reshape(-1, 3).mean(axis=0) if patch.size else None
