"""The virtual machine as a service on the loopback interface, and a client for it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import socket
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

from colonnade.delivery.desk import MAX_LINE, Desk
from colonnade.delivery.job import Job
from colonnade.delivery.laser import VirtualLaser

#: The only address there is. Nothing in this file listens on, or connects to, another one.
LOOPBACK = "127.0.0.1"
TICK_S = 0.005
_HTTP = re.compile(rb"[A-Z]{3,10} [^ ]+ HTTP/")
SILENCE_S = 2.0
"""A client that says nothing for so long while columns are fired counts as gone."""


class Service:
    """Serves one machine to one client at a time. ``speed`` None: step by step, the client moves the clock."""

    def __init__(self, desk: Desk, *, speed: float | None) -> None:
        if speed is not None and not 0 < speed <= 10_000:
            raise ValueError("speed above 0 and at most 10000, or None for step by step")
        self.desk, self.speed = desk, speed
        self._talking: asyncio.Task[None] | None = None
        self._line: asyncio.StreamWriter | None = None
        self._heard = time.monotonic()

    async def run(self, port: int, *, started: Callable[[int], None] = lambda port: None) -> None:
        """Serve until cancelled; ``started`` is told the port (0 asks for a free one)."""
        server = await asyncio.start_server(self._client, LOOPBACK, port, limit=MAX_LINE)
        started(server.sockets[0].getsockname()[1])
        try:
            async with server:
                await (self._clock() if self.speed is not None else server.serve_forever())
        finally:
            await self._stop()

    async def run_on(self, line: socket.socket) -> None:
        """Serve the one client at the other end of ``line``, a connected pair of sockets, until it hangs up.

        There is no port: nobody else can reach this machine. Needs a running clock.
        """
        reader, writer = await asyncio.open_connection(sock=line, limit=MAX_LINE)
        clock = asyncio.create_task(self._clock())
        try:
            talk = asyncio.create_task(self._client(reader, writer))
            # a clock that ends has failed: the machine must not go on talking as if time passed
            await asyncio.wait({talk, clock}, return_when=asyncio.FIRST_COMPLETED)
            if clock.done():
                await clock
        finally:
            clock.cancel()
            await self._stop()

    async def _stop(self) -> None:
        if self._line is not None and self._talking is not None:
            # cut the line and let the conversation end by itself: it then says so to the machine
            self._line.transport.abort()
            await asyncio.wait({self._talking}, timeout=5)
        job: Job | None = self.desk.laser.job
        if job is not None:
            self.desk.laser.link_lost("the service stops")
            job.journal.put_away(self.desk.laser.t_us, "service stopped")

    async def _clock(self) -> None:
        assert self.speed is not None
        laser: VirtualLaser = self.desk.laser
        begin, at = time.monotonic(), laser.t_us
        while True:
            await asyncio.sleep(TICK_S)
            if laser.state == "firing" and not time.monotonic() - self._heard <= SILENCE_S:
                laser.link_lost(f"silent for {SILENCE_S:g} s")
            due = at + round((time.monotonic() - begin) * 1e6 * self.speed)
            # at most a quarter of a second at once, so that a slow host delays columns and never bunches messages
            laser.advance(max(0, min(due - laser.t_us, round(250_000 * max(1.0, self.speed * 0.02)))))

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._talking is not None:
            await _say(writer, b'{"seq":null,"ok":false,"error":{"kind":"busy","given":"a second client",')
            await _say(writer, b'"allowed":"one at a time"}}\n')
            return await _hang_up(writer)
        self._talking, self._line = asyncio.current_task(), writer
        self.desk.connected()
        try:
            await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.desk.disconnected()
            self._talking = self._line = None
            await _hang_up(writer)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            try:
                line = await reader.readuntil(b"\n")
            except asyncio.LimitOverrunError:
                await _say(writer, b'{"seq":null,"ok":false,"error":{"kind":"bad_request","given":"a line too long",')
                await _say(writer, b'"allowed":"at most 64 MB"}}\n')
                return
            self._heard = time.monotonic()
            # a page in a browser can post to this port: what looks like HTTP is not listened to any further
            if _HTTP.match(line):
                return
            answer = self.desk.handle_line(line)
            if answer is not None:
                await _say(writer, answer)
                if b'"do":"bye"' in line.replace(b" ", b""):
                    return


async def _say(writer: asyncio.StreamWriter, data: bytes) -> None:
    writer.write(data)
    await writer.drain()


async def _hang_up(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


class Client:
    """A plain client: one message, one answer. For trainers, controllers under test and the conformance suite."""

    def __init__(self, port: int | socket.socket, *, timeout_s: float = 10.0) -> None:
        """Connect to ``port`` on this machine, or talk over a socket that is connected already."""
        if isinstance(port, int):
            self._socket = socket.create_connection((LOOPBACK, port), timeout=timeout_s)
        else:
            self._socket = port
            self._socket.settimeout(timeout_s)
        self._file = self._socket.makefile("rb")
        self.seq = 0

    def send(self, do: str, **more: Any) -> dict[str, Any]:
        """Send the next message; returns the answer. Raises OSError if none comes in time."""
        self.seq += 1
        return self.raw(json.dumps({"seq": self.seq, "do": do, **more}).encode() + b"\n")

    def raw(self, data: bytes) -> dict[str, Any]:
        """Send bytes as they are; returns the next answer."""
        self._socket.sendall(data)
        line = self._file.readline()
        if not line:
            raise ConnectionError("the machine closed the connection")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        """Cut the connection."""
        self._file.close()
        self._socket.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
