"""The columns of a delivery as arrays: planned in the shot file, delivered according to the journal."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from colonnade.delivery.journal import Recovered, records, recover
from colonnade.delivery.ledger import Ledger
from colonnade.delivery.shots import ShotFile

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Delivered:
    """The columns of a delivery as arrays, all of shape (n,) or (n, 2), in the order of the shot file."""

    zone: NDArray[np.int64]
    pass_: NDArray[np.int64]
    state: NDArray[np.uint8]
    planned_um: Floats
    """Place in the zone, as planned."""
    place_um: Floats
    """Place in the zone, as the mirrors read; NaN where nothing was fired."""
    planned_uJ: Floats
    energy_uJ: Floats
    """As the monitor read it; NaN where nothing was fired."""
    planned_s: Floats
    """Planned time, stamp after stamp without a pause."""
    time_s: Floats
    """Real time of the end of the emission; NaN where nothing was fired."""


def delivered(shots: ShotFile, log: str | Path) -> tuple[Delivered, Recovered, tuple[str, ...], tuple[str, ...]]:
    """The columns, what the journal says as a whole, its interruptions and its faults. Raises BadInput."""
    ledger = Ledger.of(shots)
    found = recover(log, ledger)
    n = shots.header.columns
    planned = _planned(shots)
    place, energy, time = np.full((n, 2), np.nan), np.full(n, np.nan), np.full(n, np.nan)
    interruptions, faults = [], []
    for record in records(log):
        if record.kind == "O" and record.fields[2] == "F":
            k = int(record.fields[0]) - 1
            time[k] = int(record.fields[1]) * 1e-6
            energy[k], place[k] = float(record.fields[3]), (float(record.fields[4]), float(record.fields[5]))
        elif record.kind == "E" and record.fields[2] != "complete":
            interruptions.append(f"stamp {record.fields[0]}: {record.fields[2]}")
        elif record.kind == "R":
            lost = json.loads(" ".join(record.fields[1:]))["unknown"]
            which = f"; unknown since: {', '.join(map(str, lost))}" if lost else ""
            interruptions.append(f"the delivery was cut off and resumed{which}")
        elif record.kind == "N" and '"what":"fault"' in " ".join(record.fields):
            note = json.loads(" ".join(record.fields[1:]))
            faults.append(f"{note['kind']}: {note['detail']}")
    for stamp, first in zip(shots.stamps, shots.first_column, strict=True):
        part = slice(first - 1, first - 1 + len(stamp.columns))
        angle = np.deg2rad(stamp.turn_mdeg / 1000)
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        place[part] = place[part] @ turn + (stamp.x_um, stamp.y_um)
    state = np.frombuffer(bytes(ledger.columns[1:]), dtype=np.uint8)
    return (
        Delivered(state=state, place_um=place, energy_uJ=energy, time_s=time, **planned),
        found,
        tuple(interruptions),
        tuple(faults),
    )


def _planned(shots: ShotFile) -> dict[str, Any]:
    energies = np.array([p.energy_uJ for p in shots.pulses])
    zone = np.concatenate([np.full(len(s.columns), s.zone) for s in shots.stamps])
    passes = np.concatenate([np.full(len(s.columns), s.pass_) for s in shots.stamps])
    where = np.concatenate([shots.zone_position_um(s) for s in shots.stamps])
    starts, at = [], 0.0
    for s in shots.stamps:
        starts.append(at + s.columns[:, 2] * 1e-6)
        # the next stamp's first column follows like one more column of this one: no pause, the hottest
        step = s.columns[-1, 2] / max(1, len(s.columns) - 1)
        at += (s.columns[-1, 2] + step + s.delay_us) * 1e-6
    return {
        "zone": zone,
        "pass_": passes,
        "planned_um": where,
        "planned_uJ": energies[np.concatenate([s.columns[:, 3] for s in shots.stamps]) - 1],
        "planned_s": np.concatenate(starts),
    }
