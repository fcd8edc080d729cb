"""What the pages of a rehearsal are sent: a picture that is replaced as a whole, and frames of what changed in it."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from colonnade.workstation.jobs import Watcher

HEARTBEAT_S = 10.0
#: Frames to a page are at least this far apart [s].
FRAME_S = 0.05


@dataclass(frozen=True)
class Shown:
    """What pages show, replaced as a whole: read without a lock."""

    version: int
    at: dict[str, Any]
    columns: bytes = b""
    entries: int = 0


class Audience:
    """The pages that watch."""

    def __init__(self) -> None:
        self._watchers: set[Watcher] = set()
        self._lock = threading.Lock()
        self._left = time.monotonic()

    @property
    def alone_s(self) -> float:
        """How long nobody has watched [s]."""
        with self._lock:
            return 0.0 if self._watchers else time.monotonic() - self._left

    def notify(self) -> None:
        """Something has changed; called from any thread."""
        with self._lock:
            watchers = list(self._watchers)
        for watcher in watchers:
            watcher.notify()

    async def frames(
        self, now_shown: Callable[[], Shown], log: Sequence[dict[str, Any]]
    ) -> AsyncIterator[dict[str, Any] | None]:
        """Frames for one page; ``log`` only ever grows."""
        watcher = Watcher(asyncio.get_running_loop())
        with self._lock:
            self._watchers.add(watcher)
        columns, entries, version = b"", 0, -1
        try:
            while True:
                watcher.event.clear()
                shown = now_shown()
                if shown.version != version:
                    frame: dict[str, Any] = {"at": shown.at, "entries": log[entries : shown.entries]}
                    if (run := changed(columns, shown.columns)) is not None:
                        frame["columns"] = run
                    yield frame
                    columns, entries, version = shown.columns, shown.entries, shown.version
                if shown.at["phase"] in ("ended", "failed"):
                    return
                await asyncio.sleep(FRAME_S)
                try:
                    await asyncio.wait_for(watcher.event.wait(), HEARTBEAT_S)
                except TimeoutError:
                    yield None
        finally:
            with self._lock:
                self._watchers.discard(watcher)
                self._left = time.monotonic()


def changed(before: bytes, after: bytes) -> tuple[int, str] | None:
    """The one run from the first to the last letter that differs: (index of the first, letters); None if none does."""
    if before == after:
        return None
    if len(before) != len(after):
        return 0, after.decode()
    import numpy as np

    where = np.flatnonzero(np.frombuffer(before, np.uint8) != np.frombuffer(after, np.uint8))
    first, last = int(where[0]), int(where[-1])
    return first, after[first : last + 1].decode()
