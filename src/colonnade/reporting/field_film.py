"""The warmth of a field over time as a short animation: GIF or animated PNG, which any browser and viewer plays."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from colonnade import DISCLAIMER
from colonnade.errors import BadInput
from colonnade.field import Field, area_of, heat
from colonnade.reporting import palette
from colonnade.reporting.canvas import need
from colonnade.units import from_si, to_si

Array = NDArray[np.float64]
Progress = Callable[[str, float, str], None]

FRAMES = 48
#: Of these so many while the field is fired; the rest, ever farther apart, until the skin has cooled.
FIRING_FRAMES = 32
AFTERWARDS_S = 30.0
FRAME_MS = 140
#: Cells along the longer side of the field, and pixels of the drawn field along it.
CELLS, SIDE_PX = 120, 540
LEFT, TOP, RIGHT, BOTTOM = 24, 64, 150, 112
LEVELS = 224
#: Shades between ink and paper, for smooth letters.
GREYS = 24


def film(
    field: Field, *, kind: Literal["gif", "png"] = "gif", depth: str = "basal", progress: Progress | None = None
) -> bytes:
    """Rise at the basal layer (or at the ``surface``) over the field, frame by frame, with its scale and its time.

    The rise is a mean with a Gaussian weight of one pitch (or half a cell of the picture, if that is more), so that the
    columns themselves do not glare; the scale goes up to the highest mean of all frames.

    Parameters
    ----------
    kind : {"gif", "png"}
        GIF, or animated PNG.
    depth : {"basal", "surface"}
    progress : callable(stage, fraction, message), optional
        May raise to cancel: nothing is written by this function.

    Raises
    ------
    BadInput
        For an unknown kind or depth, or if Pillow or matplotlib is not installed.
    """
    _choice("kind", kind, ("gif", "png"))
    _choice("depth", depth, ("basal", "surface"))
    say = progress or (lambda _stage, _done, _text: None)
    made = frames(field, depth=depth, progress=lambda stage, done, text: say(stage, 0.9 * done, text))
    top = _round_up(float(made.rise_K.max()))
    where = f"basal layer, {field.bulk.basal_depth_um:.0f} µm deep" if depth == "basal" else "surface"
    paint = _Painter(field, made.x_m, made.y_m, top, f"{where}; mean over {from_si(made.width_m, 'mm'):.2g} mm")
    images = []
    for k, t in enumerate(made.time_s):
        say("animation", 0.9 + 0.1 * k / len(made.time_s), "drawing")
        images.append(paint.frame(made.rise_K[k], float(t)))
    out = io.BytesIO()
    more: dict[str, Any] = {"save_all": True, "append_images": images[1:], "duration": FRAME_MS, "loop": 0}
    images[0].save(out, format="GIF" if kind == "gif" else "PNG", **more)
    return out.getvalue()


@dataclass(frozen=True)
class Frames:
    """The rise over the field at one depth, frame by frame."""

    time_s: Array
    """Shape (frames,)."""
    x_m: Array
    """Middles of the cells, shape (nx,)."""
    y_m: Array
    """The same along y, from the top down, shape (ny,)."""
    rise_K: Array
    """Shape (frames, ny, nx)."""
    width_m: float
    """Standard deviation of the Gaussian weight of each mean."""


def frames(field: Field, *, depth: str = "basal", progress: Progress | None = None) -> Frames:
    """The numbers of `film`. Raises BadInput for an unknown depth; ``progress`` may raise to cancel."""
    _choice("depth", depth, ("basal", "surface"))
    say = progress or (lambda _stage, _done, _text: None)
    x, y = _cells(field)
    times = frame_times(field)
    shots = field.shots
    assert shots is not None  # treat makes none without
    deep = to_si(field.bulk.basal_depth_um, "um") if depth == "basal" else 0.0
    width = max(float(x[1] - x[0]) / 2, field.pattern.pitch_m)
    rises = []
    for k, t in enumerate(times):
        say("animation", k / len(times), f"{t:.1f} s")
        rises.append(heat.rise_map(shots, x, y, float(t), deep, width))
    return Frames(times, x, y, np.stack(rises), width)


def _choice(name: str, given: str, allowed: tuple[str, ...]) -> None:
    if given not in allowed:
        raise BadInput(f"animation {name}", given=f'"{given}"', allowed=", ".join(allowed), todo="Choose one.")


def frame_times(field: Field) -> Array:
    """Moments of the frames [s]: evenly while firing, then ever farther apart for half a minute."""
    end = max(field.pass_end_s[-1], 1e-3)
    after = np.geomspace(max(end / FIRING_FRAMES, 0.02), AFTERWARDS_S, FRAMES - FIRING_FRAMES)
    times: Array = np.concatenate([end * np.arange(1, FIRING_FRAMES + 1) / FIRING_FRAMES, end + after])
    return times


def _cells(field: Field) -> tuple[Array, Array]:
    """Middles of the cells [m] along x and, from the top down, along y."""
    x0, y0, x1, y1 = field.region.bounds_m
    cell = max(x1 - x0, y1 - y0) / CELLS
    nx, ny = max(2, math.ceil((x1 - x0) / cell)), max(2, math.ceil((y1 - y0) / cell))
    along, down = (np.arange(n, dtype=np.float64) + 0.5 for n in (nx, ny))
    return x0 + cell * along, y1 - cell * down


def _round_up(value: float) -> float:
    """The next of 1, 1.5, 2, 3, 4, 5, 6, 8, 10 times a power of ten."""
    if not value > 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if step * power >= value * (1 - 1e-12))


class _Painter:
    """Draws frames on a ground that is drawn once."""

    def __init__(self, field: Field, x: Array, y: Array, top_K: float, where: str) -> None:
        self.image_of, self.pen_of, self.font_of = need("PIL.Image"), need("PIL.ImageDraw"), need("PIL.ImageFont")
        self.field, self.top, self.end = field, top_K, float(field.pass_end_s[-1])
        self.scale = SIDE_PX / max(len(x), len(y))
        self.wide, self.high = max(round(len(x) * self.scale), 330), round(len(y) * self.scale)
        self.map_wide = round(len(x) * self.scale)
        colours = need("matplotlib").colormaps["inferno"](np.linspace(0, 1, LEVELS))[:, :3]
        ink, paper = (np.array(_rgb(c)) for c in (palette.INK, palette.PAPER))
        greys = [tuple((ink + (paper - ink) * k / (GREYS - 1)).round().astype(int)) for k in range(GREYS)]
        self.tones = (255 * colours).round().astype(np.uint8)
        fixed = [*greys, *(_rgb(c) for c in (palette.MUTED, palette.SPARED.edge, palette.RULE))]
        self.swatch = self.image_of.new("P", (1, 1))
        self.swatch.putpalette([int(v) for row in (*self.tones.tolist(), *fixed) for v in row])
        self.big, self.normal, self.small = (self._font(size) for size in (19, 15, 12))
        corner = np.array([x[0] - (x[1] - x[0]) / 2, y[0] + (x[1] - x[0]) / 2])
        self.per_m = self.scale / float(x[1] - x[0])
        area = area_of(field.region)
        u, v = (np.arange(n) + 0.5 for n in (self.map_wide, self.high))
        points = np.stack(np.meshgrid(corner[0] + u / self.per_m, corner[1] - v / self.per_m), axis=-1).reshape(-1, 2)
        self.inside = area.contains(points).reshape(self.high, self.map_wide)
        self.rings = [
            [tuple(p) for p in ((np.asarray(ring.coords) - corner) * (self.per_m, -self.per_m) + (LEFT, TOP)).tolist()]
            for part in area.polygons.geoms
            for ring in (part.exterior, *part.interiors)
        ]
        self.where = where
        self.ground = self._ground()

    def _font(self, size: int) -> Any:
        path = resources.files("colonnade.reporting") / "fonts" / "NotoSans-Regular.ttf"
        return self.font_of.truetype(io.BytesIO(path.read_bytes()), size)

    def _ground(self) -> Any:
        """Title, scale of colours, scale bar, disclaimer."""
        size = (LEFT + self.wide + RIGHT, TOP + self.high + BOTTOM)
        image = self.image_of.new("RGB", size, palette.PAPER)
        pen = self.pen_of.Draw(image)
        pen.text((LEFT, 8), "How much warmer the skin gets", fill=palette.INK, font=self.big)
        pen.text((LEFT, 35), self.where, fill=palette.MUTED, font=self.normal)
        bar_x, bar_high = LEFT + self.wide + 28, self.high - 10
        for row in range(bar_high):
            level = int((LEVELS - 1) * (1 - row / max(bar_high - 1, 1)))
            pen.line([(bar_x, TOP + row), (bar_x + 22, TOP + row)], fill=tuple(int(v) for v in self.tones[level]))
        for tick in range(6):
            at = TOP + (bar_high - 1) * (1 - tick / 5)
            pen.line([(bar_x + 22, at), (bar_x + 28, at)], fill=palette.INK)
            pen.text((bar_x + 33, at), f"{self.top * tick / 5:.3g} K", fill=palette.INK, font=self.normal, anchor="lm")
        lengths = [mm for mm in (0.5, 1, 2, 5, 10, 20, 50, 100) if to_si(mm, "mm") * self.per_m <= 0.4 * self.wide]
        length = max(lengths, default=0.5)
        right, low = LEFT + self.wide, TOP + self.high + 46
        pen.line([(right - to_si(length, "mm") * self.per_m, low), (right, low)], fill=palette.INK, width=4)
        pen.text((right, low + 5), f"{length:g} mm", fill=palette.INK, font=self.normal, anchor="ra")
        for k, line in enumerate(_folded(DISCLAIMER, (self.wide + RIGHT) // 6)):
            pen.text((LEFT, TOP + self.high + 74 + 15 * k), line, fill=palette.MUTED, font=self.small)
        return image

    def frame(self, rise_K: Array, time_s: float) -> Any:
        image = self.ground.copy()
        pen = self.pen_of.Draw(image)
        smooth = self.image_of.fromarray(rise_K.astype(np.float32))
        smooth = smooth.resize((self.map_wide, self.high), self.image_of.Resampling.BILINEAR)
        level = np.clip(np.round(np.asarray(smooth) / self.top * (LEVELS - 1)), 0, LEVELS - 1).astype(np.uint8)
        pixels = np.where(self.inside[:, :, None], self.tones[level], np.uint8(255))
        image.paste(self.image_of.fromarray(pixels), (LEFT, TOP))
        for ring in self.rings:
            pen.line(ring, fill=palette.SPARED.edge, width=2)
        fired = int(np.searchsorted(self.field.times_s, time_s, side="right"))
        low = TOP + self.high + 14
        what = f"firing, {fired} of {self.field.columns} columns" if time_s < self.end else "fired; the skin cools"
        pen.text((LEFT, low), f"{time_s:5.1f} s  {what}", fill=palette.INK, font=self.normal)
        done = min(time_s / max(self.end, 1e-9), 1.0)
        pen.rectangle([LEFT, low + 26, LEFT + 0.45 * self.wide, low + 32], fill=palette.RULE)
        pen.rectangle([LEFT, low + 26, LEFT + 0.45 * self.wide * done, low + 32], fill=palette.INK)
        return image.quantize(palette=self.swatch, dither=self.image_of.Dither.NONE)


def _rgb(text: str) -> tuple[int, ...]:
    return tuple(int(text[k : k + 2], 16) for k in (1, 3, 5))


def _folded(text: str, most: int) -> list[str]:
    import textwrap

    return textwrap.wrap(text, max(most, 30))
