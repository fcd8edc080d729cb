"""From a journal to a treatment record: per zone and pass, with maps, against the shot file.

Columns in doubt count both ways: every figure of coverage and energy that depends on them is given without and with.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from colonnade import DISCLAIMER
from colonnade.delivery.columns import Delivered, delivered
from colonnade.delivery.journal import LogHeader, Recovered
from colonnade.delivery.ledger import ColumnState
from colonnade.delivery.limits import Limits, machine
from colonnade.delivery.record import SCHEMA, DeliveryMap, Rows, Treatment, ZoneDelivered, ZonePass
from colonnade.delivery.seal import sha256_hex
from colonnade.delivery.shots import SealedShots, ShotFile
from colonnade.errors import BadInput
from colonnade.laser import device
from colonnade.units import from_si, to_si

if TYPE_CHECKING:
    from colonnade.photothermal import Lesion

Floats = NDArray[np.float64]
CELL_MM = 2.0


def treatment(
    sealed: SealedShots, log: str | Path, *, lesion: Callable[[str, float], Lesion] | None = None
) -> Treatment:
    """Compare a log with its shot file.

    ``lesion(zone_name, energy_mJ)`` gives the column that this energy makes in that zone; with it the field is
    recomputed from what was fired, and coverage and heat are compared. Without it they are absent, and the record says
    so.

    Raises
    ------
    BadInput
        If the log is damaged or belongs to another shot file.
    """
    shots = sealed.file
    columns, found, interruptions, faults = delivered(shots, log)
    header: LogHeader = found.header
    if header.shots_sha256 != sealed.sha256:
        raise BadInput(
            f"log {Path(log).name}",
            given=f"the log of shot file {header.shots_sha256[:12]}…",
            allowed=f"{sealed.sha256[:12]}…",
            todo="Name the shot file that was delivered.",
        )
    laser = device(header.device_id)
    limits = Limits.of(laser, machine(header.machine_id))
    passes = tuple(
        _zone_pass(shots.header.zones[z - 1].name, int(p), columns, (columns.zone == z) & (columns.pass_ == p))
        for z in np.unique(columns.zone)
        for p in np.unique(columns.pass_[columns.zone == z])
    )
    zones = tuple(_zone(shots, int(z), columns, lesion) for z in np.unique(columns.zone))
    reasons = _reasons(passes, limits, interruptions, faults, found)
    return Treatment.model_validate(
        {
            "schema": SCHEMA,
            "disclaimer": DISCLAIMER,
            "virtual": header.virtual,
            "synthetic": header.synthetic,
            "plan_sha256": header.plan_sha256,
            "shots_sha256": sealed.sha256,
            "log_sha256": sha256_hex(Path(log).read_bytes()),
            "device_id": header.device_id,
            "machine_id": header.machine_id,
            "mode": header.mode,
            "closed": found.closed,
            "passes": passes,
            "zones": zones,
            "stamps_interrupted": interruptions,
            "faults": faults,
            "energy_tolerance_pct": 100 * limits.energy_tolerance,
            "position_tolerance_um": limits.position_tolerance_um,
            "as_planned": not reasons,
            "reasons": reasons,
            "absent": () if lesion else ("coverage and heat: no column was simulated for this comparison",),
        }
    )


def _zone_pass(name: str, number: int, c: Delivered, ours: NDArray[np.bool_]) -> ZonePass:
    fired = ours & (c.state == ColumnState.FIRED)
    unknown = ours & (c.state == ColumnState.UNKNOWN)
    ratio = c.energy_uJ[fired] / c.planned_uJ[fired]
    off = np.hypot(*(c.place_um[fired] - c.planned_um[fired]).T)
    some = bool(fired.any())
    total = float(np.sum(c.energy_uJ[fired])) * 1e-6
    return ZonePass.model_validate(
        {
            "zone": name,
            "pass": number,
            "planned": int(ours.sum()),
            "fired": int(fired.sum()),
            "not_fired": int((ours & (c.state == ColumnState.NOT_FIRED)).sum()),
            "unknown": int(unknown.sum()),
            "energy_planned_mJ": float(np.mean(c.planned_uJ[ours])) / 1000,
            "energy_delivered_mJ": float(np.mean(c.energy_uJ[fired])) / 1000 if some else None,
            "energy_sd_pct": float(100 * np.std(ratio)) if some else None,
            "energy_worst_pct": float(100 * np.max(np.abs(ratio - 1))) if some else None,
            "energy_total_planned_J": float(np.sum(c.planned_uJ[ours])) * 1e-6,
            "energy_total_delivered_J": total,
            "energy_total_with_unknown_J": total + float(np.sum(c.planned_uJ[unknown])) * 1e-6,
            "position_rms_um": float(np.sqrt(np.mean(off**2))) if some else None,
            "position_worst_um": float(np.max(off)) if some else None,
        }
    )


def _reasons(
    passes: tuple[ZonePass, ...],
    limits: Limits,
    interruptions: tuple[str, ...],
    faults: tuple[str, ...],
    log: Recovered,
) -> tuple[str, ...]:
    """Why a delivery is not as planned; a figure that is missing or not a number never passes."""
    out = []
    # the tolerance is per axis; a distance may be longer by the root of two
    most_um = limits.position_tolerance_um * 2**0.5
    for p in passes:
        where = f"{p.zone}, pass {p.pass_}"
        if p.not_fired:
            out.append(f"{where}: {p.not_fired} of {p.planned} columns were not fired")
        if p.unknown:
            out.append(f"{where}: of {p.unknown} columns it is not known whether they were fired")
        if not (p.energy_worst_pct is not None and p.energy_worst_pct <= 100 * limits.energy_tolerance):
            out.append(f"{where}: a column's energy is outside ±{100 * limits.energy_tolerance:g} %")
        if not (p.position_worst_um is not None and p.position_worst_um <= most_um):
            out.append(f"{where}: a column is more than {most_um:.0f} µm off its place")
    out += [f"interrupted: {text}" for text in interruptions]
    out += [f"fault: {text}" for text in faults]
    return (*out, *(() if log.closed else ("the log was not closed",)))


def _zone(
    shots: ShotFile, number: int, columns: Delivered, lesion: Callable[[str, float], Lesion] | None
) -> ZoneDelivered:
    zone, ours = shots.header.zones[number - 1], columns.zone == number
    size_m = (to_si(float(zone.width_um), "um"), to_si(float(zone.height_um), "um"))
    grid = _grid(size_m)
    rows = _energy_rows(columns, ours, size_m, grid)
    extra: dict[str, Any] = {}
    if lesion is not None:
        from colonnade.delivery.recompute import recompute

        energy_mJ = float(np.mean(columns.planned_uJ[ours])) / 1000
        fired = ours & (columns.state == ColumnState.FIRED)
        real_mJ = float(np.mean(columns.energy_uJ[fired])) / 1000 if fired.any() else energy_mJ
        more, extra = recompute(columns, ours, zone, grid, lesion(zone.name, energy_mJ), lesion(zone.name, real_mJ))
        rows |= more
    map_ = DeliveryMap.model_validate({"cell_mm": CELL_MM, **{k: _plain(v) for k, v in rows.items()}})
    return ZoneDelivered(zone=zone.name, map=map_, **extra)


def _grid(size_m: tuple[float, float]) -> tuple[Floats, Floats]:
    """Edges of the cells [m]; the last cell of a row may be narrower."""
    cell = to_si(CELL_MM, "mm")

    def edges(side: float) -> Floats:
        return np.append(np.arange(0, side * (1 - 1e-9), cell), side) - side / 2

    return edges(size_m[0]), edges(size_m[1])


def _energy_rows(
    c: Delivered, ours: NDArray[np.bool_], size_m: tuple[float, float], grid: tuple[Floats, Floats]
) -> dict[str, Floats]:
    area = np.outer(np.diff(grid[1]), np.diff(grid[0]))
    where = to_si(c.planned_um, "um")

    def summed(which: NDArray[np.bool_], weight: Floats) -> Floats:
        x, y = where[which, 0], where[which, 1]
        total: Floats = np.histogram2d(y, x, bins=(grid[1], grid[0]), weights=weight[which])[0]
        return total

    fired = ours & (c.state == ColumnState.FIRED)
    off2 = np.sum((c.place_um - c.planned_um) ** 2, axis=1)
    count = summed(fired, np.ones(len(ours)))
    return {
        "planned_J_cm2": from_si(summed(ours, c.planned_uJ * 1e-6) / area, "J_cm2"),
        "delivered_J_cm2": from_si(summed(fired, c.energy_uJ * 1e-6) / area, "J_cm2"),
        "unknown_columns": summed(ours & (c.state == ColumnState.UNKNOWN), np.ones(len(ours))),
        "position_rms_um": np.sqrt(summed(fired, off2) / np.maximum(count, 1)),
    }


def _plain(rows: Floats) -> Rows:
    return tuple(tuple(float(v) for v in row) for row in np.round(rows, 6))
