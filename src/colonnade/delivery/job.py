"""What a machine is given to do: a sealed shot file and the journal of its delivery."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from colonnade import DISCLAIMER, catalogue
from colonnade.delivery.journal import Journal, LogHeader, Recovered
from colonnade.delivery.ledger import Ledger
from colonnade.delivery.limits import Limits, MachineSpec, require_deliverable
from colonnade.delivery.seal import approval_gap, sha256_hex
from colonnade.delivery.shots import SealedShots
from colonnade.delivery.text import parse
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


def open_job(
    data: bytes,
    log: str | Path,
    device: Device,
    spec: MachineSpec,
    *,
    mode: Mode = "rehearsal",
    seed: int = 0,
    tube_hours: float = 0.0,
    resume: bool = False,
    trusted: Collection[str] = (),
    durable: bool = True,
    origin: str = "shot file",
) -> tuple[Job, Recovered | None, str | None]:
    """Read a shot file, check it against machine and mode, and open its journal.

    With ``resume`` the journal must exist; it says which columns may have been fired. Returns the job, what the
    journal said (None for a new one), and the warning for a plan that is not approved. Raises BadInput.
    """
    sealed = parse(data, origin=origin, trusted=trusted)
    warning = check_job(sealed, device, spec, mode)
    ledger = Ledger.of(sealed.file)
    found = None
    if resume:
        journal, found = Journal.reopen(log, sealed.sha256, ledger, durable=durable)
    else:
        header = LogHeader.model_validate(
            {
                "schema": "colonnade.log/1",
                "disclaimer": DISCLAIMER,
                "virtual": True,
                "shots_sha256": sealed.sha256,
                "plan_sha256": sealed.file.header.plan_sha256,
                "device_id": device.id,
                "machine_id": spec.id,
                "machine_sha256": sealed.file.header.device.machine_sha256,
                "mode": mode,
                "seed": seed,
                "tube_hours": tube_hours,
                "columns": sealed.file.header.columns,
                "stamps": sealed.file.header.stamps,
                "synthetic": sealed.file.header.synthetic,
            }
        )
        journal = Journal.create(log, header, ledger, durable=durable)
    return Job(sealed, bytearray(data), journal), found, warning
