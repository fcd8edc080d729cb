"""``translate(settings, to=device, where=skin)``: the settings of another device, or spot, whose lesion is closest.

Matched are two numbers: the depth of the crater, and the cover (ablated or coagulated, all passes) at half that depth.
Everything else that follows is listed beside them, matched or not. Two devices with equal numbers are equal in this
model of them, not in a clinic: the limits must judge the result as they judge any other.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from colonnade.errors import BadInput
from colonnade.laser import Device, Shot
from colonnade.planning.candidates import DENSITY_KNOBS, PULSE_KNOBS, Setting, knobs, setting
from colonnade.planning.explain import panel_words
from colonnade.planning.outcomes import Columns, covered, fitted, stand_in
from colonnade.planning.rooms import Rooms
from colonnade.tissue import Skin
from colonnade.units import from_si, to_si

#: What counts as matched, relative to the source: the issue's own figure for there and back.
MATCHED = 0.05
#: Further off than this in depth, the lesion is out of the device's reach. Assumed, as for target depths.
REACH = 0.2
#: Steps tried of one knob, and microbeams simulated for one translation, at most.
STEPS, MOST_SHOTS = 400, 8
#: Ranking: what half the width counts beside depth, and a pulse more or less on the spot. Ours, for ordering only.
WIDTH_WEIGHT, STACK_PENALTY = 0.25, 0.02
#: The two numbers that are matched; the others follow.
GOALS = ("crater_depth_um", "cover_at_half_depth_pct")


@dataclass(frozen=True)
class Side:
    """Settings on a device with what they do to the skin; every name carries its unit."""

    setting: Setting
    columns: Columns
    numbers: dict[str, float]
    """At the nominal crater losses, and ``crater_depth_deep_um``, the depth at their deep end."""

    @property
    def device(self) -> Device:
        """The device."""
        return self.setting.settings.device


@dataclass(frozen=True)
class Line:
    """One number on both sides."""

    name: str
    source: float
    found: float

    @property
    def relative(self) -> float:
        """(found − source) / source; infinite where the source has nothing."""
        if self.source == 0:
            return 0.0 if self.found == 0 else math.inf
        return (self.found - self.source) / self.source

    @property
    def matched(self) -> bool:
        """Within 5 % of the source."""
        return abs(self.relative) <= MATCHED


@dataclass(frozen=True)
class Translation:
    """The closest settings, how close they are, and the closest that are neither deeper nor denser."""

    source: Side
    found: Side
    cautious: Side | None
    notes: tuple[str, ...]
    shots: int
    """Microbeams simulated, at three crater losses each."""

    @property
    def lines(self) -> tuple[Line, ...]:
        """Every number, the two that are matched first."""
        return lines(self.source, self.found)

    @property
    def unmatched(self) -> tuple[Line, ...]:
        """What is more than 5 % off."""
        return tuple(line for line in self.lines if not line.matched)

    def as_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "source": _side(self.source),
            "found": _side(self.found),
            "cautious": None if self.cautious is None else _side(self.cautious),
            "numbers": [
                {
                    "name": line.name,
                    "source": line.source,
                    "found": line.found,
                    "relative": line.relative if math.isfinite(line.relative) else None,
                    "matched": line.matched,
                    "goal": line.name in GOALS,
                }
                for line in self.lines
            ],
            "notes": list(self.notes),
            "shots": self.shots,
        }


def lines(source: Side, found: Side) -> tuple[Line, ...]:
    """The numbers of both sides, in the order of the source."""
    return tuple(Line(name, value, found.numbers[name]) for name, value in source.numbers.items())


def _side(side: Side) -> dict[str, Any]:
    return {"device": side.device.id, "panel": dict(side.setting.panel), "numbers": side.numbers}


def translate(
    source: Setting, to: Device, where: Skin, *, spot_um: float | None = None, rooms: Rooms | None = None
) -> Translation:
    """The settings of ``to`` whose lesion in ``where`` is closest to that of ``source``.

    Parameters
    ----------
    source : Setting
        Settings on their own device (`candidates.of_raw`).
    to : Device
        The device that stands in the room; it may be the same one with another ``spot_um``.
    spot_um : float, optional
        Only this spot of ``to``; all it offers unless stated.

    Raises
    ------
    BadInput
        If ``source`` makes no crater, ``to`` does not offer the spot or has no defined spacing, or no setting of it
        comes within 20 % of the depth.
    """
    rooms = rooms or Rooms()
    if spot_um is not None:
        to.require("spot_um", spot_um)
    columns = rooms.three(source.settings.shot, where)
    depth = float(columns.nominal.crater_depth_um)
    if not depth > 0:
        raise BadInput(
            "settings",
            given=f"{panel_words(source.panel)}: no crater in the skin of {where.title}",
            allowed="settings that make a crater: its depth is what is matched",
            todo="Raise the energy; heating without a crater cannot be translated.",
        )
    wanted = _described(source, columns, depth / 2)
    pulses = _pulses(to, spot_um, source.settings.shot)
    ranked = _Ranked(pulses, wanted, where, rooms)
    shot = ranked.closest(lambda depth_um: True)
    if shot is None or not abs(ranked.depth_um(shot) / depth - 1) <= REACH:
        _out_of_reach(wanted, to, ranked, shot)
    assert shot is not None
    found = _spaced(pulses[shot], wanted, to, ranked.simulated[shot], least=False)
    cautious: Side | None = found if _cautious(found, wanted) else None
    if cautious is None:
        lower = ranked.closest(lambda depth_um: depth_um <= depth)
        if lower is not None:
            cautious = _spaced(pulses[lower], wanted, to, ranked.simulated[lower], least=True)
            cautious = cautious if _cautious(cautious, wanted) else None
    return Translation(wanted, found, cautious, _notes(wanted, found, cautious), len(ranked.simulated))


def _cautious(side: Side, wanted: Side) -> bool:
    """Neither deeper, nominally and at the deep end, nor denser."""
    names = ("crater_depth_um", "crater_depth_deep_um", "cover_at_half_depth_pct", "wounded_epidermis_pct")
    return all(side.numbers[name] <= wanted.numbers[name] * (1 + 1e-9) for name in names)


def _described(made: Setting, columns: Columns, half_um: float) -> Side:
    """What ``made`` does; covers are taken at ``half_um``, half the depth of the source's crater."""
    lesion, settings = columns.nominal, made.settings
    derived = settings.derived()

    def cover_pct(depth_um: float) -> float:
        radius = float(np.interp(depth_um, lesion.profile.depth_um, lesion.profile.coagulated_um, right=0.0))
        return from_si(covered(radius, settings), "pct")

    numbers = {
        "crater_depth_um": lesion.crater_depth_um,
        "cover_at_half_depth_pct": cover_pct(half_um),
        "crater_depth_deep_um": columns.deep.crater_depth_um,
        "coagulation_depth_um": lesion.coagulation_depth_um,
        "necrosis_depth_um": lesion.necrosis_depth_um,
        "crater_width_surface_um": lesion.crater_width_surface_um,
        "crater_width_mid_um": lesion.crater_width_mid_um,
        "wounded_epidermis_pct": cover_pct(_basal_um(lesion.skin)),
        "ablated_volume_mm3": lesion.ablated_volume_mm3,
        "residual_heat_mJ": lesion.residual_heat_mJ,
    }
    numbers |= {
        name: derived[name]
        for name in ("energy_per_column_mJ", "pulse_ms", "spot_um", "density_pct", "columns_per_cm2", "passes")
    }
    numbers["areal_energy_total_J_cm2"] = derived["areal_energy_total_J_cm2"]
    return Side(made, columns, {name: float(value) for name, value in numbers.items()})


def _basal_um(skin: Skin) -> float:
    from colonnade.planning.resolve import epidermis_bottom_um

    return epidermis_bottom_um(skin)


# --- the microbeam ------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class _Pulse:
    panel: dict[str, float]
    shot: Shot


def _pulses(to: Device, spot_um: float | None, source: Shot) -> dict[str, _Pulse]:
    """Every microbeam that ``to`` offers and the planner may propose, by its key."""
    offered = {n: v for n, v in knobs(to).items() if n not in DENSITY_KNOBS and n != "passes"}
    steps: dict[str, tuple[float, ...]] = {name: getattr(to, name).steps(STEPS) for name in offered}
    if spot_um is not None:
        steps["spot_um"] = (spot_um,)
    most = math.inf if to.proposed_max_mJ is None else float(to.proposed_max_mJ.value)
    found: dict[str, _Pulse] = {}
    for values in itertools.product(*steps.values()):
        panel = dict(zip(steps, values, strict=True))
        stack = int(panel.get("stack", 1))
        pulse = {n: panel[n] for n in (*PULSE_KNOBS, "spot_um") if n in panel}
        try:
            shot = to.shot(**pulse, stack=stack)  # type: ignore[arg-type]  # numbers by the names of its knobs
        except BadInput:
            continue  # E = P·t outside the range of energies: it cannot be set
        if shot.total_energy_mJ <= most * (1 + 1e-9):
            found.setdefault(shot.model_dump_json(), _Pulse(panel, shot))
    if not found:
        raise BadInput(
            "device",
            given=f"{to.name}: no microbeam inside its own ranges{'' if spot_um is None else f' at {spot_um:g} µm'}",
            allowed="a device with at least one",
            todo="Choose another device or spot (`colonnade list devices`).",
        )
    return found


class _Ranked:
    """The microbeams by their distance from the wanted lesion: by the stand-in, refitted to each that is simulated."""

    def __init__(self, pulses: dict[str, _Pulse], wanted: Side, where: Skin, rooms: Rooms) -> None:
        self._pulses, self._wanted, self._where, self._rooms = pulses, wanted, where, rooms
        self._depth = wanted.numbers["crater_depth_um"]
        self.model = fitted(stand_in(rooms.ends), wanted.setting.settings.shot, self._depth)
        self.simulated: dict[str, Columns] = {}

    def depth_um(self, key: str) -> float:
        """Depth of a microbeam: simulated, else by the stand-in."""
        if key in self.simulated:
            return float(self.simulated[key].nominal.crater_depth_um)
        return from_si(self.model.depth_m(self._pulses[key].shot), "um")

    def closest(self, allowed: Callable[[float], bool]) -> str | None:
        """Simulate the best by the stand-in until the best is one already simulated; that one, or None."""
        for _ in range(MOST_SHOTS):
            distances = {key: self._distance(key) for key in self._pulses if allowed(self.depth_um(key))}
            if not distances:
                return None
            best = min(distances, key=lambda key: distances[key])
            if best in self.simulated:
                return best
            self.simulated[best] = self._rooms.three(self._pulses[best].shot, self._where)
            shot, depth = self._pulses[best].shot, float(self.simulated[best].nominal.crater_depth_um)
            self.model = fitted(self.model, shot, depth)
        known = [key for key in self.simulated if allowed(self.depth_um(key))]
        return min(known, key=self._distance, default=None)

    def _distance(self, key: str) -> float:
        shot, wanted = self._pulses[key].shot, self._wanted
        source = wanted.setting.settings.shot
        half = to_si(self._depth, "um") / 2
        width, reference = self.model.radius_at_m(shot, half), self.model.radius_at_m(source, half)
        off = abs(_ratio(self.depth_um(key), self._depth)) + WIDTH_WEIGHT * abs(_ratio(width, reference))
        return off + STACK_PENALTY * abs(shot.stack - source.stack)


def _ratio(value: float, reference: float) -> float:
    """ln(value/reference), with a large number in place of minus infinity."""
    return math.log(value / reference) if value > 0 and reference > 0 else -10.0


# --- the spacing --------------------------------------------------------------------------------------------
def _spaced(pulse: _Pulse, wanted: Side, to: Device, columns: Columns, *, least: bool) -> Side:
    """The pulse with the spacing and passes whose cover is closest; with ``least`` among those not above it."""
    half = wanted.numbers["crater_depth_um"] / 2
    goal = wanted.numbers["cover_at_half_depth_pct"]
    best: tuple[float, int, Side] | None = None
    for made in _spacings(pulse, to, wanted.setting.settings.passes):
        side = _described(made, columns, half)
        if least and not _cautious(side, wanted):
            continue
        off = abs(side.numbers["cover_at_half_depth_pct"] - goal)
        if best is None or (off, made.settings.passes) < best[:2]:
            best = (off, made.settings.passes, side)
    if best is None and least:
        return _spaced(pulse, wanted, to, columns, least=False)
    if best is None:
        raise BadInput(
            "device",
            given=f"{to.name}: no spacing at {panel_words(tuple(pulse.panel.items()))}",
            allowed="at most 100 % density",
            todo="Choose another device or spot.",
        )
    return best[2]


def _spacings(pulse: _Pulse, to: Device, passes: int) -> Iterable[Setting]:
    """The pulse at every spacing that is offered, in no more passes than the source's (or the fewest there are)."""
    offered = knobs(to)
    name = next(n for n in offered if n in DENSITY_KNOBS)
    times = [n for n in to.passes.steps() if n <= passes] or [to.passes.low]
    for value, number in itertools.product(getattr(to, name).steps(STEPS), times):
        try:
            yield setting({**pulse.panel, name: value, "passes": number}, to)
        except BadInput:
            continue  # above 100 %


# --- in words -----------------------------------------------------------------------------------------------
def _out_of_reach(wanted: Side, to: Device, ranked: _Ranked, shot: str | None) -> None:
    depths = [ranked.depth_um(key) for key in ranked._pulses]
    nearest = "" if shot is None else f"; the closest that was simulated reaches {ranked.depth_um(shot):.0f} µm"
    raise BadInput(
        "translate",
        given=f"a crater of {wanted.numbers['crater_depth_um']:.0f} µm ({panel_words(wanted.setting.panel)} on "
        f"{wanted.device.name})",
        allowed=f"within {100 * REACH:g} % of what {to.name} offers and may be proposed: about {min(depths):.0f} to "
        f"{max(depths):.0f} µm{nearest}",
        todo="Choose another device or spot, or a lesion it can make.",
    )


def _notes(wanted: Side, found: Side, cautious: Side | None) -> tuple[str, ...]:
    """What cannot be matched, which direction is the cautious one, and what this is not."""
    off = [line for line in lines(wanted, found) if line.name in GOALS and not line.matched]
    notes = [
        f"{line.name} cannot be matched within {100 * MATCHED:g} %: {line.source:.4g} wanted, {line.found:.4g} is the "
        "closest that can be set"
        for line in off
    ]
    deeper = found.numbers["crater_depth_um"] > wanted.numbers["crater_depth_um"]
    denser = found.numbers["cover_at_half_depth_pct"] > wanted.numbers["cover_at_half_depth_pct"]
    at_worst = found.numbers["crater_depth_deep_um"] > wanted.numbers["crater_depth_deep_um"]
    worse = (
        ("deeper", deeper),
        ("deeper at the deep end of the crater losses", at_worst and not deeper),
        ("denser at half depth", denser),
        ("wider in the epidermis", found.numbers["wounded_epidermis_pct"] > wanted.numbers["wounded_epidermis_pct"]),
    )
    sides = [word for word, more in worse if more]
    notes.append(
        "the cautious direction is less energy and fewer columns; the closest settings are "
        + (f"{', '.join(sides)} than the source" if sides else "neither deeper nor denser than the source")
    )
    if cautious is None:
        notes.append("no settings were found that are neither deeper nor denser than the source")
    if wanted.setting.settings.passes != found.setting.settings.passes:
        notes.append(f"passes differ: {wanted.setting.settings.passes} and {found.setting.settings.passes}")
    assumed = sorted({*wanted.device.assumed(), *found.device.assumed()})
    notes.append(f"assumed on one of the two devices, and so is the translation: {', '.join(assumed)}")
    notes.append("equal in this model is not equal in a clinic: judge the result with `colonnade check`, test a spot")
    return tuple(notes)
