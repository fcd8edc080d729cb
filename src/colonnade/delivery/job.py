"""What a machine is given to do: a sealed shot file and the journal of its delivery."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from colonnade import catalogue
from colonnade.delivery.journal import Journal
from colonnade.delivery.limits import Limits, MachineSpec, require_deliverable
from colonnade.delivery.seal import approval_gap, sha256_hex
from colonnade.delivery.shots import SealedShots
from colonnade.errors import BadInput
from colonnade.laser import Device

Mode = Literal["rehearsal", "training"]


@dataclass
class Job:
    """What is loaded: the file as read, the bytes it came from, and the journal of its delivery."""

    sealed: SealedShots
    raw: bytearray
    journal: Journal

    @property
    def unchanged(self) -> bool:
        """Whether the bytes still have the hash they were sealed with."""
        at = self.raw.rfind(b"\nSHA256 ") + 1
        return at > 0 and sha256_hex(bytes(self.raw[:at])) == self.sealed.sha256


def check_job(sealed: SealedShots, device: Device, spec: MachineSpec, mode: Mode) -> str | None:
    """Whether this machine may run the file: same device and machine, within limits, approved as the mode asks.

    Returns the warning for a job that is not approved in rehearsal. Raises BadInput otherwise.
    """
    header = sealed.file.header
    for what, given, ours in (
        ("device", header.device.id, device.id),
        ("device profile", header.device.sha256, catalogue.sha256("devices", device.id)),
        ("machine", header.device.machine_id, spec.id),
        ("machine description", header.device.machine_sha256, catalogue.sha256("machines", spec.id)),
    ):
        if given != ours:
            raise BadInput(
                f"shot file: {what}",
                given=given[:80],
                allowed=ours,
                todo="Export the plan again for this device.",
            )
    require_deliverable(sealed.file, Limits.of(device, spec))
    gap = approval_gap(header.plan_sha256, header.approval)
    if gap is not None and mode == "training":
        raise BadInput(
            "shot file: approval",
            given=gap,
            allowed="a plan approved by a named person, by the hash of its exact content",
            todo="Approve the plan and export it again, or rehearse it (mode rehearsal).",
        )
    return gap
