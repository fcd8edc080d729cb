"""The virtual machine in a process of its own, joined to this one by a pair of sockets and by nothing else.

The process prepares a job (a plan becomes a shot file), then serves the protocol ``colonnade.machine/1`` on its end of
the pair. It listens on no port. When the other end is closed, however that came about, it ends the stamp that is
firing, puts the journal away and ends; when it is killed, the journal says what became of every column.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import multiprocessing
import os
import signal
import socket
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from colonnade.delivery.desk import Desk
from colonnade.delivery.job import Mode
from colonnade.delivery.laser import VirtualLaser
from colonnade.delivery.limits import machine
from colonnade.delivery.seal import Approval
from colonnade.delivery.service import Client, Service
from colonnade.delivery.shots import ShotFile
from colonnade.delivery.text import read_file, render
from colonnade.errors import BadInput
from colonnade.laser import device

#: Names in the folder of a delivery.
SHOTS, LOG = "plan.shots", "delivery.log"


@dataclass(frozen=True)
class Order:
    """What a machine is asked to be, and where it keeps its files."""

    folder: Path
    """Holds the shot file and the journal. A journal that is there is gone on with."""
    plan: bytes = b""
    """A plan.json, made into the shot file; empty where the shot file is in the folder already."""
    approval: dict[str, Any] | None = None
    mode: Mode = "rehearsal"
    seed: int = 0
    speed: float = 1.0
    durable: bool = True


@dataclass(frozen=True)
class Ready:
    """A process that serves, and the map of what it has to fire."""

    client: Client
    map: dict[str, Any]


class MachineProcess:
    """One process, one machine, one line.

    Main methods
    ------------
    wait_ready(timeout_s)
        The client and the map, once the job is prepared. Raises BadInput with the reason if it cannot be.
    stop(), kill()
        End it: by hanging up, or as a power cut would.
    """

    def __init__(self, order: Order) -> None:
        context = multiprocessing.get_context("spawn")
        self._line, theirs = socket.socketpair()
        self._news, news = context.Pipe(duplex=False)
        self.process = context.Process(target=_child, args=(theirs, news, order), name="virtual-laser", daemon=True)
        try:
            self.process.start()
        finally:
            # only the child may hold the other ends: that is how either side sees that the other is gone
            theirs.close()
            news.close()
        self.client = Client(self._line)

    def wait_ready(self, timeout_s: float) -> Ready:
        """Wait until the job is prepared. Raises BadInput, TimeoutError, ConnectionError."""
        if not self._news.poll(timeout_s):
            raise TimeoutError("the machine's process did not come up in time")
        try:
            kind, content = self._news.recv()
        except EOFError:
            raise ConnectionError("the machine's process ended before it was ready") from None
        if kind == "failed":
            raise BadInput(content["what"], given=content["given"], allowed=content["allowed"], todo=content["todo"])
        return Ready(self.client, content)

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self.process.is_alive()

    def kill(self) -> None:
        """SIGKILL: no further record, no further column."""
        self.process.kill()
        self.process.join(10)

    def stop(self, timeout_s: float = 10.0) -> None:
        """Hang up and wait until it has put its journal away; killed if that takes too long."""
        with contextlib.suppress(OSError):
            self.client.close()
        self.process.join(timeout_s)
        if self.process.is_alive():
            self.kill()
        self._news.close()


def map_of(shots: ShotFile) -> dict[str, Any]:
    """Where every column lies in its zone [whole µm], stamp by stamp, as plain data to draw."""
    x: list[int] = []
    y: list[int] = []
    for stamp in shots.stamps:
        where = shots.zone_position_um(stamp).round().astype(int)
        x += where[:, 0].tolist()
        y += where[:, 1].tolist()
    zones = [z.model_dump(mode="json") for z in shots.header.zones]
    kept = ("name", "site", "side", "shape", "width_um", "height_um")
    return {
        "zones": [{k: z[k] for k in kept} for z in zones],
        "stamps": [
            {
                "zone": s.zone, "pass": s.pass_, "x_um": s.x_um, "y_um": s.y_um, "turn_mdeg": s.turn_mdeg,
                "first": first, "columns": len(s.columns),
            }
            for s, first in zip(shots.stamps, shots.first_column, strict=True)
        ],
        "x_um": x,
        "y_um": y,
    }  # fmt: skip


# --- in the process -------------------------------------------------------------------------------------------------
def _child(line: socket.socket, news: Connection, order: Order) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the other end decides
    os.umask(0o077)
    try:
        shots = _prepare(order)
    except BadInput as error:
        news.send(("failed", error.as_dict()))
        return
    header = shots.header
    laser = VirtualLaser(device(header.device.id), machine(header.device.machine_id), seed=order.seed, mode=order.mode)
    desk = Desk(laser, order.folder / LOG, step_mode=False, durable=order.durable, instructor=True)
    news.send(("ready", map_of(shots)))
    news.close()
    asyncio.run(Service(desk, speed=order.speed).run_on(line))


def _prepare(order: Order) -> ShotFile:
    path = order.folder / SHOTS
    if path.exists():
        return read_file(path).file
    from colonnade.delivery.export import export
    from colonnade.planning.model import Plan
    from colonnade.schema import read

    plan = read(Plan, json.loads(order.plan), origin="plan")
    approval = read(Approval, order.approval, origin="approval") if order.approval is not None else None
    made = export(plan, approval=approval)
    # whole or not at all: a process that is killed here leaves no half a file to go on with
    partial = path.with_suffix(".partial")
    partial.write_bytes(render(made.shots))
    partial.replace(path)
    return made.shots
