"""The wound that heals: columns between islands of live skin, or a whole surface. From a field, or from numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from colonnade.errors import BadInput
from colonnade.units import from_si, to_si

if TYPE_CHECKING:
    from colonnade.field import Field, Region
    from colonnade.photothermal import Lesion

Array = NDArray[np.float64]

#: Columns looked at, at most; a regular lattice needs a few, several passes laid at random need many.
MOST_COLUMNS = 100
#: Thickness of the epidermis where a lesion's skin names none [µm] (99.75 µm: Xu 2017, PMC5685878).
EPIDERMIS_um = 100.0


@dataclass(frozen=True)
class Wound:
    """Geometry of what has to heal. Lengths in µm; arrays are read-only."""

    kind: Literal["fractional", "full_field"]
    width_um: float
    height_um: float
    dead_radius_um: float
    """Edge of necrosis in the epidermis: where the front starts. 0 for a full-field wound."""
    crater_radius_um: float
    crater_depth_um: float
    injury_depth_um: float
    """Deepest necrosis, from the surface."""
    rim_um: float
    """Thickness of dead tissue under a full-field wound, or beside a crater."""
    centres_um: Array
    """Columns, all passes: shape (n, 2), in a window and around it; (0, 2) for a full-field wound."""
    window_um: tuple[float, float, float, float]
    """The part of the field that is looked at; columns outside it only delimit islands."""
    columns_per_mm2: float
    """All passes; 0 for a full-field wound."""
    density_pct: float
    """Nominal density of all passes added; 100 for a full-field wound."""
    passes: int
    coagulated_pct: float
    """Share of the skin that is coagulated, mean over the depth of the injury."""
    basal_rise_K: float
    """Peak rise of the basal layer between columns."""
    assumptions: tuple[str, ...] = ()


def number(name: str, value: float, low: float, high: float, unit: str = "") -> float:
    """``value`` as a float within [low, high]; BadInput for anything else, NaN and booleans included."""
    right = isinstance(value, int | float | np.floating | np.integer) and not isinstance(value, bool)
    if not right or not (math.isfinite(value) and low <= value <= high):
        raise BadInput(
            name,
            given=repr(value),
            allowed=f"{low:g} to {high:g} {unit}".rstrip(),
            todo="Check the value and its unit.",
        )
    return float(value)


def full_field(
    *, depth_um: float, rim_um: float, width_mm: float, height_mm: float | None = None, basal_rise_K: float = 0.0
) -> Wound:
    """A surface without islands: ``depth_um`` removed, ``rim_um`` of dead tissue below it.

    Raises
    ------
    BadInput
        For NaN, numbers below zero or out of range.
    """
    depth = number("depth_um", depth_um, 1, 10_000, "um")
    dead = number("rim_um", rim_um, 0, 5_000, "um")
    width = from_si(to_si(number("width_mm", width_mm, 0.1, 500, "mm"), "mm"), "um")
    height = width if height_mm is None else from_si(to_si(number("height_mm", height_mm, 0.1, 500, "mm"), "mm"), "um")
    return Wound(
        kind="full_field",
        width_um=width,
        height_um=height,
        dead_radius_um=0.0,
        crater_radius_um=0.0,
        crater_depth_um=depth,
        injury_depth_um=depth + dead,
        rim_um=dead,
        centres_um=_read_only(np.zeros((0, 2))),
        window_um=(-width / 2, -height / 2, width / 2, height / 2),
        columns_per_mm2=0.0,
        density_pct=100.0,
        passes=1,
        coagulated_pct=100 * dead / (depth + dead),
        basal_rise_K=number("basal_rise_K", basal_rise_K, 0, 200, "K"),
    )


def fractional(
    *,
    dead_radius_um: float,
    pitch_um: float,
    crater_radius_um: float | None = None,
    crater_depth_um: float = 0.0,
    injury_depth_um: float | None = None,
    lattice: str = "hexagonal",
    passes: int = 1,
    density_pct: float | None = None,
    coagulated_pct: float | None = None,
    basal_rise_K: float = 0.0,
    width_mm: float = 10.0,
    height_mm: float | None = None,
    seed: int = 0,
) -> Wound:
    """Columns from numbers.

    Parameters
    ----------
    dead_radius_um : float
        Edge of necrosis in the epidermis, from the axis.
    pitch_um : float
        Distance between neighbouring columns of one pass.
    crater_radius_um : float, optional
        Radius of what is removed; the dead radius unless stated (the unfavourable end).
    injury_depth_um : float, optional
        Deepest necrosis; unless stated crater depth plus the dead rim beside the crater.
    density_pct : float, optional
        Nominal, all passes; unless stated from the crater's radius.
    coagulated_pct : float, optional
        Unless stated the ring between crater and dead radius.

    Raises
    ------
    BadInput
        For NaN, numbers below zero or out of range, a crater wider than the dead zone.
    """
    from colonnade.field import pattern, rectangle

    dead = number("dead_radius_um", dead_radius_um, 1, 5_000, "um")
    pitch = number("pitch_um", pitch_um, 10, 20_000, "um")
    crater = dead if crater_radius_um is None else number("crater_radius_um", crater_radius_um, 0, dead, "um")
    depth = number("crater_depth_um", crater_depth_um, 0, 10_000, "um")
    injury = depth + dead - crater if injury_depth_um is None else injury_depth_um
    width = number("width_mm", width_mm, 0.1, 500, "mm")
    height = width if height_mm is None else number("height_mm", height_mm, 0.1, 500, "mm")
    laid = pattern(lattice, pitch_um=pitch, spot_um=min(2 * max(crater, 1.0), 0.999 * pitch))
    region = rectangle(width_mm=width, height_mm=height)
    if isinstance(passes, bool) or not isinstance(passes, int) or not 1 <= passes <= 20:
        raise BadInput("passes", given=repr(passes), allowed="a whole number from 1 to 20", todo="Correct it.")
    per_um2 = from_si(laid.columns_per_m2, "per_cm2") * 1e-8
    bounds = tuple(to_si(v, "um") for v in _window(region.bounds_m, passes * laid.columns_per_m2, pitch + 2 * dead)[1])
    placed = [laid.place(_small(region, laid.pitch_m), k)[1:] for k in range(passes)]
    columns = [
        laid.lattice(bounds, shift=shift, turn_rad=turn, number=k)  # type: ignore[arg-type]  # four numbers
        for k, (shift, turn) in enumerate(placed)
    ]
    ring = math.pi * (dead**2 - crater**2) * per_um2 * passes
    return _made(
        centres_um=from_si(np.concatenate(columns), "um"),
        bounds_m=region.bounds_m,
        per_m2=passes * laid.columns_per_m2,
        pitch_um=pitch,
        dead=dead,
        crater=crater,
        depth=depth,
        injury=number("injury_depth_um", injury, 0, 20_000, "um"),
        density_pct=min(100 * math.pi * crater**2 * per_um2 * passes, 100.0)
        if density_pct is None
        else number("density_pct", density_pct, 0, 400, "%"),
        passes=passes,
        coagulated_pct=min(100 * ring, 100.0)
        if coagulated_pct is None
        else number("coagulated_pct", coagulated_pct, 0, 100, "%"),
        basal_rise_K=number("basal_rise_K", basal_rise_K, 0, 200, "K"),
    )


def of_field(field: Field, lesion: Lesion) -> Wound:
    """The wound of a computed field, from the real positions of its columns and the radii of its lesion by depth.

    The dead radius is the largest necrosis within the epidermis, and at least the crater's radius there.

    Raises
    ------
    BadInput
        If the lesion kills no epidermis (then there is nothing to heal) or its radii are not finite.
    """
    profile = lesion.profile
    top = profile.depth_um <= _epidermis(lesion)
    top[0] = True
    crater = float(np.max(profile.crater_um[top]))
    dead = max(float(np.max(profile.necrosis_um[top])), crater)
    if not (math.isfinite(dead) and dead >= 1):
        raise BadInput(
            "lesion",
            given=f"a dead radius of {dead:.3g} um in the epidermis",
            allowed="a lesion that kills epidermis (at least 1 um)",
            todo="Nothing has to close; raise the energy, or leave healing out.",
        )
    injury = max(lesion.necrosis_depth_um, lesion.coagulation_depth_um, lesion.crater_depth_um)
    inside = field.coverage.depth_um <= injury
    coagulated = float(np.mean(field.coverage.coagulated_pct[inside])) if inside.any() else 0.0
    return _made(
        centres_um=from_si(field.positions_m, "um"),
        bounds_m=field.region.bounds_m,
        per_m2=field.pattern.columns_per_m2 * field.passes,
        pitch_um=field.pattern.pitch_um,
        dead=dead,
        crater=crater,
        depth=lesion.crater_depth_um,
        injury=injury,
        density_pct=field.pattern.density_pct * field.passes,
        passes=field.passes,
        coagulated_pct=coagulated,
        basal_rise_K=float(field.bulk.peak_basal_either_end_K),
    )


def _made(
    *,
    centres_um: Array,
    bounds_m: tuple[float, float, float, float],
    per_m2: float,
    pitch_um: float,
    dead: float,
    crater: float,
    depth: float,
    injury: float,
    density_pct: float,
    passes: int,
    coagulated_pct: float,
    basal_rise_K: float,
) -> Wound:
    """A fractional wound, its columns thinned to a window; a full-field wound if no island is left in it."""
    window, around = _window(bounds_m, per_m2, pitch_um + 2 * dead)
    x, y = centres_um.T
    near = (x >= around[0]) & (x <= around[2]) & (y >= around[1]) & (y <= around[3])
    x0, y0, x1, y1 = (from_si(v, "um") for v in bounds_m)
    wound = Wound(
        kind="fractional",
        width_um=x1 - x0,
        height_um=y1 - y0,
        dead_radius_um=dead,
        crater_radius_um=crater,
        crater_depth_um=depth,
        injury_depth_um=injury,
        rim_um=dead - crater,
        centres_um=_read_only(np.array(centres_um[near])),
        window_um=window,
        columns_per_mm2=per_m2 * 1e-6,
        density_pct=density_pct,
        passes=passes,
        coagulated_pct=coagulated_pct,
        basal_rise_K=basal_rise_K,
    )
    return wound if has_islands(wound) else _without_islands(wound)


def has_islands(wound: Wound) -> bool:
    """Whether any live epidermis is left between the columns of the window."""
    from colonnade.healing.front import apart, rim

    if apart(wound.centres_um, wound.dead_radius_um):
        return True
    edge = rim(wound.centres_um, wound.dead_radius_um)
    x0, y0, x1, y1 = wound.window_um
    return bool(((edge[:, 0] >= x0) & (edge[:, 0] <= x1) & (edge[:, 1] >= y0) & (edge[:, 1] <= y1)).any())


def _without_islands(wound: Wound) -> Wound:
    return replace(
        wound,
        kind="full_field",
        centres_um=_read_only(np.zeros((0, 2))),
        window_um=(-wound.width_um / 2, -wound.height_um / 2, wound.width_um / 2, wound.height_um / 2),
        assumptions=("no live epidermis is left between the columns: it heals as a full-field wound",),
    )


def _window(
    bounds_m: tuple[float, float, float, float], per_m2: float, margin_um: float
) -> tuple[tuple[float, float, float, float], tuple[float, float, float, float]]:
    """A square at the middle of the region with about `MOST_COLUMNS` columns, and the same with a margin [µm]."""
    x0, y0, x1, y1 = (from_si(v, "um") for v in bounds_m)
    half = from_si(math.sqrt(MOST_COLUMNS / per_m2) / 2, "um")
    hx, hy = min(half, (x1 - x0) / 2), min(half, (y1 - y0) / 2)
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    window = (x - hx, y - hy, x + hx, y + hy)
    return window, (window[0] - margin_um, window[1] - margin_um, window[2] + margin_um, window[3] + margin_um)


def _small(region: Region, pitch_m: float) -> Region:
    """A piece of the region large enough to draw the placement of a pass from, whatever the region's size."""
    from colonnade.field import Rectangle

    x0, y0, x1, y1 = region.bounds_m
    return Rectangle(min(x1 - x0, 20 * pitch_m), min(y1 - y0, 20 * pitch_m))


def _epidermis(lesion: Lesion) -> float:
    """Depth of the lower end of the epidermis [µm]."""
    depth, found = 0.0, EPIDERMIS_um
    for layer in lesion.skin.layers:
        depth += layer.thickness_um
        if "epidermis" in layer.name.lower():
            found = depth
    return found


def _read_only(array: Array) -> Array:
    array.setflags(write=False)
    return array
