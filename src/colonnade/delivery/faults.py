"""Faults on demand: what goes wrong, at which column, and how the machine is meant to react."""

from __future__ import annotations

import re
from dataclasses import dataclass

from colonnade.errors import BadInput, did_you_mean


@dataclass(frozen=True)
class FaultKind:
    """One kind of fault: its default value, the unit of that value, and the defined reaction."""

    default: float
    unit: str
    what: str
    reaction: str


KINDS: dict[str, FaultKind] = {
    "missed": FaultKind(1, "columns", "the tube does not fire", "fault: energy; the columns are unknown"),
    "sag": FaultKind(40, "%", "the power sags", "fault: energy when the monitor leaves its tolerance"),
    "stuck-mirror": FaultKind(0, "", "a mirror stands still", "fault: mirror, before the column is fired"),
    "offset-mirror": FaultKind(50, "µm", "a mirror is offset", "fault: mirror, before the column is fired"),
    "wrong-tip": FaultKind(0, "", "another tip is recognised", "fault: tip, before the column is fired"),
    "cooling": FaultKind(0, "", "the coolant stops flowing", "fault: cooling, before the column is fired"),
    "interlock-chatter": FaultKind(3, "openings", "the remote interlock opens and closes",
                                   "paused at the first opening, fault: interlock at the third within 2 s"),
    "clock-jump": FaultKind(100_000, "µs", "the main clock jumps", "fault: clock, before the column is fired"),
    "lost-message": FaultKind(1, "messages", "the operator's next messages are lost",
                              "refused by their number: link; a stamp that is firing ends"),
    "changed-file": FaultKind(0, "", "the loaded file changes", "fault: file, before the next stamp begins"),
    "kill": FaultKind(0, "", "the process is killed", "on resuming, the column in doubt is unknown and never fired"),
}  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """``kind`` strikes just before ``column`` is fired."""

    kind: str
    column: int
    value: float

    @classmethod
    def parse(cls, text: str) -> Fault:
        """``NAME@COLUMN`` or ``NAME@COLUMN=VALUE``, e.g. ``sag@300=25``. Raises BadInput with "did you mean"."""
        found = re.fullmatch(r"([a-z-]{1,40})@(\d{1,7})(?:=(-?\d{1,9}(?:\.\d{1,6})?))?", text)
        if found is None or int(found[2]) < 1:
            raise BadInput(
                "--fault",
                given=f'"{text[:60]}"',
                allowed="NAME@COLUMN or NAME@COLUMN=VALUE, columns counted from 1",
                todo=f"For example sag@300=25. Known: {', '.join(KINDS)}.",
            )
        if found[1] not in KINDS:
            raise BadInput(
                "--fault",
                given=f'"{found[1]}"',
                allowed="a fault the machine knows",
                todo=did_you_mean(found[1], KINDS),
            )
        return cls(found[1], int(found[2]), float(found[3]) if found[3] else KINDS[found[1]].default)
