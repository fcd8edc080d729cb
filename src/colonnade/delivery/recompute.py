"""The field again, from what was fired: coverage by depth and by place, and heat with the real times."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from colonnade.delivery.columns import Delivered
from colonnade.delivery.ledger import ColumnState
from colonnade.delivery.record import DepthCoverage, Heat
from colonnade.delivery.shots import ZoneRef
from colonnade.field.bulk import history
from colonnade.field.coverage import union_fraction, zones
from colonnade.field.heat import CONDUCTIVITY_W_mK, HEAT_CAPACITY_J_m3K, Shots, rise, source_of
from colonnade.field.treat import EPIDERMIS_UM
from colonnade.photothermal import Lesion
from colonnade.units import to_si

Floats = NDArray[np.float64]
#: 2^11 points of a Sobol sequence per cell of the map, the same in every cell: one disc of 150 µm in 2 mm is 0.44 %.
CELL_BITS = 11
MICROMETRE = 1e-6
#: 2^18 points of a Sobol sequence, and how far they may be from the exact area [fraction]: a few hundredths of a
#: percentage point were seen between sequences of this length.
SAMPLE_BITS, TOLERANCE = 18, 1e-3
#: Fewer columns than this have no inner Voronoi cells to take coverage from.
FEWEST = 50


def recompute(
    c: Delivered,
    ours: NDArray[np.bool_],
    zone: ZoneRef,
    grid: tuple[Floats, Floats],
    planned: Lesion,
    real: Lesion,
) -> tuple[dict[str, Floats], dict[str, Any]]:
    """Rows for the map, and coverage and heat of the zone.

    ``planned`` is the column of the planned energy, ``real`` that of the mean energy delivered. The columns in doubt
    are left out of the map and of ``delivered``; coverage is also given with them, heat only with them.
    """
    fired = ours & (c.state == ColumnState.FIRED)
    perhaps = ours & (c.state != ColumnState.NOT_FIRED)
    asked_xy = to_si(c.planned_um[ours], "um")
    real_xy = to_si(c.place_um[fired], "um")
    with_xy = to_si(np.where(np.isnan(c.place_um), c.planned_um, c.place_um)[perhaps], "um")
    before = _shots(planned, asked_xy, c.planned_s[ours])
    after = _shots(real, with_xy, _times(c, perhaps))
    basal_um = _basal_um(planned)
    rows = {
        "coverage_planned_pct": _covered(asked_xy, planned, grid),
        "coverage_delivered_pct": _covered(real_xy, real, grid),
        "rise_planned_K": _rises(before, grid, basal_um),
        "rise_delivered_K": _rises(after, grid, basal_um),
    }
    extra: dict[str, Any] = {}
    if min(len(asked_xy), len(real_xy)) >= FEWEST:
        box = to_si(float(zone.width_um), "um") * to_si(float(zone.height_um), "um")
        area = box * (np.pi / 4 if zone.shape == "circle" else 1)
        if zone.area_mm2 is not None:
            area = to_si(zone.area_mm2, "mm2")
        pitch = float(np.sqrt(area / len(asked_xy)))
        window = _window(zone)
        profiles = (("planned", planned, asked_xy), ("delivered", real, real_xy), ("with_unknown", real, with_xy))
        figures = {"depth_um": planned.profile.depth_um}
        for name, lesion, xy in profiles:
            found = _depths(lesion, xy, window)
            for row, what in enumerate(("ablated", "coagulated")):
                on_depth = np.interp(figures["depth_um"], lesion.profile.depth_um, found[row], right=0.0)
                figures[f"{what}_{name}_pct"] = np.round(on_depth, 3)
        extra["coverage"] = DepthCoverage(**{k: tuple(v.tolist()) for k, v in figures.items()})
        extra["heat"] = _heat(before, after, planned, basal_um, pitch)
    return rows, extra


def _basal_um(lesion: Lesion) -> float:
    """Lower end of the epidermis [µm]; where the skin names none, what the field assumes."""
    found, depth = EPIDERMIS_UM, 0.0
    for layer in lesion.skin.layers:
        depth += layer.thickness_um
        found = depth if "epidermis" in layer.name.lower() else found
    return found


def _times(c: Delivered, which: NDArray[np.bool_]) -> Floats:
    """Real times from the first column on; a column in doubt is taken to have followed its neighbour in the file."""
    times = c.time_s[which].copy()
    known = np.nonzero(~np.isnan(times))[0]
    if len(known):
        blank = np.isnan(times)
        times[blank] = np.interp(np.nonzero(blank)[0], known, times[known])
        times -= times.min()
    return np.nan_to_num(times)


def _shots(lesion: Lesion, xy_m: Floats, time_s: Floats) -> Shots:
    order = np.argsort(time_s, kind="stable")
    conductivity, capacity = float(CONDUCTIVITY_W_mK.value), float(HEAT_CAPACITY_J_m3K.value)
    return Shots(xy_m[order], time_s[order], source_of(lesion), conductivity, capacity)


def _covered(xy_m: Floats, lesion: Lesion, grid: tuple[Floats, Floats]) -> Floats:
    """Covered share of each cell [%]: points asked how far their nearest column is."""
    from scipy.spatial import cKDTree
    from scipy.stats import qmc

    radius = to_si(float(lesion.profile.coagulated_um[0]), "um")
    nx, ny = len(grid[0]) - 1, len(grid[1]) - 1
    if not len(xy_m):
        return np.zeros((ny, nx))
    unit = qmc.Sobol(2, seed=0).random_base2(CELL_BITS)
    tree = cKDTree(xy_m)
    cells = np.zeros((ny, nx))
    for i in range(ny):
        for j in range(nx):
            corner = np.array([grid[0][j], grid[1][i]])
            points = corner + unit * (np.array([grid[0][j + 1], grid[1][i + 1]]) - corner)
            cells[i, j] = 100 * np.mean(tree.query(points, distance_upper_bound=radius)[0] <= radius)
    return cells


def _rises(shots: Shots, grid: tuple[Floats, Floats], depth_um: float) -> Floats:
    """Rise at the middle of each cell at the end of the zone's last column [K]."""
    x, y = (grid[0][1:] + grid[0][:-1]) / 2, (grid[1][1:] + grid[1][:-1]) / 2
    places = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    if not len(shots.time_s):
        return np.zeros((len(y), len(x)))
    # a tenth of a second later, so that a column fired that instant does not stand for its whole cell
    end = np.full(len(places), float(shots.time_s[-1]) + 0.1)
    found: Floats = rise(shots, places, end, np.array([to_si(depth_um, "um")]))[:, 0]
    return found.reshape(len(y), len(x))


def _window(zone: ZoneRef) -> tuple[float, float, float, float]:
    """Where coverage is taken: the zone, of a circle the square within, of a polygon a rectangle within [m]."""
    if zone.inner_um is not None:
        x0, y0, x1, y1 = (to_si(float(v), "um") for v in zone.inner_um)
        return x0, y0, x1, y1
    share = 0.5 / (2**0.5 if zone.shape == "circle" else 1.0)
    x, y = to_si(float(zone.width_um), "um") * share, to_si(float(zone.height_um), "um") * share
    return -x, -y, x, y


def _depths(lesion: Lesion, xy_m: Floats, window: tuple[float, float, float, float]) -> Floats:
    """Ablated, and coagulated outside that, by depth [%]: shape (2, n).

    Two ways, compared: points of a low-discrepancy sequence asked how far their nearest column is; and the area of
    the union of discs from the columns' Voronoi cells. Columns mirrored at the four edges of the window make the
    cells end there. Raises ArithmeticError if the two differ.
    """
    from scipy.spatial import cKDTree
    from scipy.stats import qmc

    radii = zones(lesion.profile)[:2]
    corner = np.array(window)
    mine = xy_m[np.all((xy_m >= corner[:2]) & (xy_m <= corner[2:]), axis=1)]
    # a micrometre outside, so that a column on the edge and its image are two points
    low, high = corner[:2] - MICROMETRE, corner[2:] + MICROMETRE
    images = [mine]
    for axis in range(2):
        for edge in (low, high):
            image = mine.copy()
            image[:, axis] = 2 * edge[axis] - image[:, axis]
            images.append(image)
    around = np.concatenate(images)
    sample = qmc.scale(qmc.Sobol(2, seed=0).random_base2(SAMPLE_BITS), low, high)
    distance = np.sort(cKDTree(around).query(sample)[0])
    share = np.searchsorted(distance, radii.ravel(), side="right").reshape(radii.shape) / len(distance)
    reach = (low[0] - MICROMETRE, low[1] - MICROMETRE, high[0] + MICROMETRE, high[1] + MICROMETRE)
    exact = union_fraction(around, reach, radii.ravel())[0].reshape(radii.shape)
    difference = float(np.max(np.abs(share - exact)))
    if not difference <= TOLERANCE:
        raise ArithmeticError(
            f"coverage as delivered: points and cells differ by {100 * difference:.2f} percentage points "
            f"(at most {100 * TOLERANCE:g}); no coverage is given"
        )
    found: Floats = 100 * np.stack([exact[0], exact[1] - exact[0]])
    return found


def _heat(before: Shots, after: Shots, planned: Lesion, basal_um: float, pitch_m: float) -> Heat:
    deep = max(planned.crater_depth_um, planned.coagulation_depth_um) / 2
    heated = float(np.interp(to_si(basal_um, "um"), to_si(planned.profile.depth_um, "um"), zones(planned.profile)[2]))
    # as the field takes "between columns": outside what one column heats, and half a pitch away
    room = max(heated, pitch_m / 2)

    def of(shots: Shots) -> Any:
        return history(
            shots,
            pitch_m=pitch_m,
            room_m=room,
            basal_depth_um=basal_um,
            dermis_depth_um=max(deep, basal_um + 200),
            start_temperature_C=planned.skin.temperature_C,
            pass_end_s=(float(shots.time_s[-1]),),
        )

    first, second = of(before), of(after)
    return Heat(
        peak_basal_planned_K=first.peak_basal_K,
        peak_basal_delivered_K=second.peak_basal_K,
        peak_surface_planned_K=first.peak_surface_K,
        peak_surface_delivered_K=second.peak_surface_K,
    )
