"""The settings a device really offers: every combination of the steps of its panel."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

from colonnade.case import PanelSettings
from colonnade.errors import BadInput
from colonnade.laser import Device, Offered, Settings
from colonnade.schema import read

#: How the columns can be spaced, in the order of preference when the panel names none of them.
DENSITY_KNOBS = ("density_pct", "spacing_um", "spots_per_cm2")
#: What makes one pulse. Two of the three fix the third (E = P·t), so at most two are turned.
PULSE_KNOBS = ("energy_mJ", "power_W", "pulse_ms")
#: Steps tried per knob: all of them for most panels; a finer one is thinned evenly.
MOST_STEPS = {"energy_mJ": 24, "density_pct": 12, "spacing_um": 12, "spots_per_cm2": 12, "power_W": 8, "pulse_ms": 10}


@dataclass(frozen=True)
class Setting:
    """One combination: ``panel`` in the panel's order and units, ``settings`` what it means."""

    panel: tuple[tuple[str, float], ...]
    settings: Settings
    shot_key: str
    """Settings with the same key fire the same microbeam."""


def knobs(device: Device) -> dict[str, tuple[float, ...]]:
    """What can be turned on ``device`` and the steps that are tried, in the panel's order.

    Raises BadInput if the device offers no way to space the columns that has a defined meaning.
    """
    named = [n for n in device.panel if _offered(device, n) is not None]
    pulse = [n for n in named if n in PULSE_KNOBS][:2] or ["energy_mJ"]
    space = [n for n in (*named, *DENSITY_KNOBS) if n in DENSITY_KNOBS and _usable(device, n)]
    if not space:
        raise BadInput(
            "device",
            given=f"{device.name}, whose spacing is not defined (gap or centre to centre is unknown)",
            allowed="a device whose panel states density, columns per cm² or a defined spacing",
            todo="State the settings with pitch_um under [settings], or commission the device.",
        )
    chosen = [n for n in named if n in pulse or n == space[0] or n not in (*PULSE_KNOBS, *DENSITY_KNOBS)]
    chosen += [n for n in (*pulse, space[0], "spot_um", "stack", "passes") if n not in chosen]
    found: dict[str, tuple[float, ...]] = {}
    for name in chosen:
        offered = _offered(device, name)
        if offered is not None:
            found[name] = offered.steps(MOST_STEPS.get(name, 12))
    return found


def settings_of(device: Device) -> Iterator[Setting]:
    """Every combination of the knobs that the device accepts and the planner may propose.

    Combinations the device refuses (E = P·t outside the range of energies, more than 100 % density) are left out: they
    cannot be set. So is what exceeds the highest uneventful published energy per column of the device, where there is
    one: what the machine can do is no reason to propose it.
    """
    offered = knobs(device)
    most = math.inf if device.proposed_max_mJ is None else float(device.proposed_max_mJ.value)
    for values in itertools.product(*offered.values()):
        panel = dict(zip(offered, values, strict=True))
        try:
            found = setting(panel, device)
        except BadInput:
            continue
        if found.settings.shot.total_energy_mJ <= most * (1 + 1e-9):
            yield found


def setting(panel: dict[str, float], device: Device) -> Setting:
    """One combination on ``device``. Raises BadInput where the device does not offer it.

    A spot or a stack that the panel does not show and that is the device's own is not repeated as a setting.
    """
    own = {"spot_um": device.spot_um.default, "stack": 1.0}
    panel = {n: v for n, v in panel.items() if n in device.panel or n not in own or v != own[n]}
    data = {name: int(value) if name in ("stack", "passes") else value for name, value in panel.items()}
    return of_raw(read(PanelSettings, data, origin="settings"), device)


def of_raw(raw: PanelSettings, device: Device) -> Setting:
    """What was typed on the panel, resolved on ``device``. Raises BadInput where the device does not offer it."""
    given = {k: float(v) for k, v in raw.model_dump(exclude_none=True).items()}
    given = {n: v for n, v in given.items() if n in raw.model_fields_set or n == "passes"}
    order = [n for n in device.panel if n in given] + [n for n in given if n not in device.panel]
    settings = Settings.of(raw, device)
    return Setting(tuple((n, given[n]) for n in order), settings, settings.shot.model_dump_json())


def _offered(device: Device, name: str) -> Offered | None:
    value = getattr(device, name, None)
    return value if isinstance(value, Offered) else None


def _usable(device: Device, name: str) -> bool:
    if _offered(device, name) is None:
        return False
    return name != "spacing_um" or device.spacing_basis != "unknown"
