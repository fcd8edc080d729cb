"""What a machine says it has loaded: the settings of its job, from the file in its memory and not from the plan."""

from __future__ import annotations

from typing import Any

import numpy as np

from colonnade.delivery.shots import SealedShots, ShotFile


def loaded_settings(sealed: SealedShots) -> dict[str, Any]:
    """Pulses, zones and sums of a loaded shot file, as plain data in the units of the file [µm, µs, mW]."""
    shots = sealed.file
    header = shots.header
    return {
        "sha256": sealed.sha256,
        "plan_sha256": header.plan_sha256,
        "title": header.title,
        "device": header.device.id,
        "emission": header.emission,
        "tip": header.tip,
        "spot_um": header.spot_um,
        "columns": header.columns,
        "stamps": header.stamps,
        "pulses": [
            {
                "power_mW": p.power_mW, "on_us": p.on_us, "train": p.train, "train_period_us": p.train_period_us,
                "stack": p.stack, "stack_interval_us": p.stack_interval_us, "energy_uJ": p.energy_uJ,
            }
            for p in shots.pulses
        ],
        "zones": [_zone(shots, number) for number in range(1, len(header.zones) + 1)],
    }  # fmt: skip


def _zone(shots: ShotFile, number: int) -> dict[str, Any]:
    ref = shots.header.zones[number - 1]
    own = [s for s in shots.stamps if s.zone == number]
    # the interval that most columns keep: the rate of the panel, not the mean over moves of the mirrors
    gaps = np.concatenate([np.diff(s.columns[:, 2]) for s in own]) if own else np.zeros(0)
    return {
        "name": ref.name,
        "side": ref.side,
        "shape": ref.shape,
        "width_um": ref.width_um,
        "height_um": ref.height_um,
        "columns": sum(len(s.columns) for s in own),
        "stamps": len(own),
        "passes": max((s.pass_ for s in own), default=0),
        "pulses": sorted({int(p) for s in own for p in np.unique(s.columns[:, 3])}),
        "interval_us": float(np.median(gaps)) if len(gaps) else None,
    }
