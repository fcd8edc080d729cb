"""A table that converts the settings of one device into those of another."""

from __future__ import annotations

import math
from dataclasses import dataclass

from colonnade.errors import BadInput
from colonnade.laser import Device
from colonnade.planning.candidates import DENSITY_KNOBS, PULSE_KNOBS, Setting, knobs, setting
from colonnade.planning.rooms import Rooms
from colonnade.planning.translate import STEPS, Translation, translate
from colonnade.tissue import Skin

#: Rows of a conversion table, at most.
MOST_ROWS = 8


@dataclass(frozen=True)
class Row:
    """One line of a conversion table: a translation, or why there is none."""

    source: Setting
    translation: Translation | None
    why_not: str = ""


def table(one: Device, other: Device, where: Skin, *, rooms: Rooms | None = None) -> tuple[Row, ...]:
    """Settings of ``one`` over its energies, at its usual spot, spacing and a single pass, in those of ``other``.

    Raises BadInput where one of the two has no defined spacing.
    """
    rooms = rooms or Rooms()
    knobs(other)
    rows = []
    for made in _usual(one):
        try:
            rows.append(Row(made, translate(made, other, where, rooms=rooms)))
        except BadInput as error:
            rows.append(Row(made, None, f"{error.given}; allowed: {error.allowed}"))
    return tuple(rows)


def _usual(device: Device) -> tuple[Setting, ...]:
    """At most eight settings over the energies of a device, everything else as it is usually set."""
    offered = knobs(device)
    name = next(n for n in offered if n in DENSITY_KNOBS)
    usual = {n: _default(device, n) for n in offered if n not in PULSE_KNOBS}
    usual["passes"] = device.passes.low
    pulse = [n for n in offered if n in PULSE_KNOBS]
    turned = "pulse_ms" if "energy_mJ" not in pulse else "energy_mJ"
    fixed = {n: _default(device, n) for n in pulse if n != turned}
    most = math.inf if device.proposed_max_mJ is None else float(device.proposed_max_mJ.value)
    made: list[Setting] = []
    for value in getattr(device, turned).steps(STEPS):
        try:
            found = setting({turned: value, **fixed, **usual, name: usual[name]}, device)
        except BadInput:
            continue
        if found.settings.shot.total_energy_mJ <= most * (1 + 1e-9):
            made.append(found)
    if len(made) > MOST_ROWS:
        made = [made[round(i * (len(made) - 1) / (MOST_ROWS - 1))] for i in range(MOST_ROWS)]
    return tuple(made)


def _default(device: Device, name: str) -> float:
    offered = getattr(device, name)
    return float(offered.low if offered.default is None else offered.default)
