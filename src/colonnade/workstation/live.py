"""Live answers while a slider moves: warm processes that simulate, so that nothing blocks the server.

`Live` has two `Worker` processes, spawned once, their kernels loaded or compiled at the start: one for columns, one
for what takes longer. A newer question of the same page
takes the place of the older one: what waits is dropped, what runs is told and stops at its next step.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import multiprocessing
import threading
import time
from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from colonnade.errors import BadInput

log = logging.getLogger(__name__)

#: A live answer that takes longer is given up [s]: the plan job is the place for long runs.
MOST_SECONDS = {
    "column": 20.0,
    "ends": 60.0,
    "coverage": 20.0,
    "movie": 40.0,
    "field": 90.0,
    "stamps": 30.0,
    "check": 120.0,
}
#: A new question of a page takes the place of its older ones of these kinds: all that hangs on a column goes with it.
REPLACES = {"column": ("column", "ends", "movie")}
#: Questions that may wait at once, over all pages.
MOST_WAITING = 64
#: Pages times kinds whose last sequence number is remembered.
MOST_PAGES = 1024
#: Answered first.
FIRST = ("column", "coverage")
#: Kinds of the first worker: what must follow a slider, and what can be stopped at any step. The second has the rest.
FOLLOWS = ("column", "ends", "movie")


class SupersededError(Exception):
    """A newer question of the same page has taken the place of this one."""


class UnavailableError(Exception):
    """The worker died or has too much to do; asking again is in order."""


@dataclass
class _Pending:
    future: Future[Any]
    kind: str
    page: str


class Worker:
    """A warm process that answers the questions of `live_tasks`.

    Main methods
    ------------
    ask(kind, payload, page=...)
        A future with the answer; raises in it BadInput, SupersededError, UnavailableError.
    """

    def __init__(self, *, warm_up: bool = True, after: threading.Event | None = None) -> None:
        self._warm_up = warm_up
        self._after = after
        self._lock = threading.Lock()
        self._ids = itertools.count(1)
        self._pending: dict[int, _Pending] = {}
        self._newest: dict[tuple[str, str], int] = {}
        self._process: multiprocessing.process.BaseProcess | None = None
        self._connection: Connection | None = None
        self._closed = False
        self.ready = threading.Event()
        """Set once the kernels are loaded; questions before that wait."""
        self.warm_up_s: float | None = None

    def start(self) -> None:
        """Start the process, unless it runs."""
        with self._lock:
            self._start()

    def _start(self) -> None:
        if self._process is not None and self._process.is_alive():
            return
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        self.ready.clear()
        waits = self._after is not None and not self._after.is_set()
        process = context.Process(
            target=_serve, args=(theirs, self._warm_up, waits), name="colonnade-live", daemon=True
        )
        process.start()
        theirs.close()
        self._process, self._connection = process, ours
        threading.Thread(target=self._listen, args=(ours,), name="colonnade-live-answers", daemon=True).start()
        if waits:
            threading.Thread(target=self._tell, args=(ours,), name="colonnade-live-after", daemon=True).start()

    def _tell(self, connection: Connection) -> None:
        """Let the process get warm once the other one is: two would compile the same kernels side by side."""
        assert self._after is not None  # only called then
        self._after.wait()
        with self._lock:
            if self._connection is connection:
                self._send(("warm", 0))

    def ask(self, kind: str, payload: Mapping[str, Any], *, page: str, sequence: int = 0) -> Future[Any]:
        """Ask for one answer. Older questions of ``page`` that this one replaces are dropped or stopped.

        ``sequence`` is the page's own count of its questions of this kind: requests overtake each other on their way,
        and one that comes late is refused with SupersededError. 0 is not counted.
        """
        future: Future[Any] = Future()
        with self._lock:
            if self._closed:
                raise UnavailableError("the live worker is closed")
            if sequence and sequence < self._newest.get((page, kind), 0):
                raise SupersededError(f"{kind}: it came after a newer question")
            self._newest[page, kind] = sequence
            while len(self._newest) > MOST_PAGES:
                del self._newest[next(iter(self._newest))]
            self._start()
            assert self._connection is not None  # just started
            self._drop(page, REPLACES.get(kind, (kind,)))
            if len(self._pending) >= MOST_WAITING:
                raise UnavailableError("too many questions wait for the live worker")
            number = next(self._ids)
            self._pending[number] = _Pending(future, kind, page)
            self._send(("do", number, kind, dict(payload)))
        return future

    def drop(self, page: str, *kinds: str) -> None:
        """Give up the questions of ``page`` of these kinds."""
        with self._lock:
            self._drop(page, kinds)

    def _drop(self, page: str, kinds: tuple[str, ...]) -> None:
        for number, other in list(self._pending.items()):
            if other.page == page and other.kind in kinds:
                del self._pending[number]
                self._send(("cancel", number))
                _settle(other.future, error=SupersededError(f"{other.kind}: a newer question came"))

    def _send(self, message: tuple[Any, ...]) -> None:
        if self._connection is None:
            return
        # a broken pipe is seen by the listener, which fails whoever waits
        with contextlib.suppress(OSError):
            self._connection.send(message)

    def _listen(self, connection: Connection) -> None:
        """Hand answers to those who wait, until the process is gone."""
        while True:
            try:
                number, status, value = connection.recv()
            except (EOFError, OSError):
                break
            if status == "ready":
                self.warm_up_s = value
                self.ready.set()
                continue
            with self._lock:
                waiting = self._pending.pop(number, None)
            if waiting is None:
                continue
            if status == "done":
                _settle(waiting.future, value)
            else:
                _settle(waiting.future, error=value)
        with self._lock:
            if self._connection is not connection:
                return
            lost, self._pending = list(self._pending.values()), {}
            self._process = self._connection = None
        for waiting in lost:
            _settle(waiting.future, error=UnavailableError("the live worker stopped; it starts again when asked"))

    def stop(self) -> None:
        """End the process. Whoever still waits gets UnavailableError."""
        with self._lock:
            self._closed = True
            process = self._process
        if process is not None:
            process.terminate()
            process.join(5)


class Live:
    """The two workers, and which question goes to which."""

    def __init__(self, *, warm_up: bool = True) -> None:
        self._columns = Worker(warm_up=warm_up)
        self._rest = Worker(warm_up=warm_up, after=self._columns.ready)

    def start(self) -> None:
        """Start both processes; they get warm in the background."""
        self._columns.start()
        self._rest.start()

    @property
    def ready(self) -> bool:
        """Whether columns are answered at once: the kernels are loaded."""
        return self._columns.ready.is_set()

    def wait(self, timeout_s: float) -> bool:
        """Wait until both are warm; False if they are not within ``timeout_s``."""
        return all(worker.ready.wait(timeout_s) for worker in (self._columns, self._rest))

    def ask(self, kind: str, payload: Mapping[str, Any], *, page: str, sequence: int = 0) -> Future[Any]:
        """Ask the worker for it; see `Worker.ask`. A new column also drops what hangs on the page's old one."""
        if kind not in MOST_SECONDS:
            raise BadInput("live", given=kind, allowed=", ".join(MOST_SECONDS), todo="Ask for one of these.")
        if kind == "column":
            self._rest.drop(page, "coverage")
        return (self._columns if kind in FOLLOWS else self._rest).ask(kind, payload, page=page, sequence=sequence)

    def stop(self) -> None:
        """End both."""
        self._columns.stop()
        self._rest.stop()


def _settle(future: Future[Any], value: Any = None, *, error: BaseException | None = None) -> None:
    # the asker may have given up in the meantime
    with contextlib.suppress(InvalidStateError):
        if error is None:
            future.set_result(value)
        else:
            future.set_exception(error)


# --- in the worker process ----------------------------------------------------------------------------------
class _Inbox:
    """Questions and cancellations that have arrived."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.waiting: deque[tuple[int, str, dict[str, Any]]] = deque()
        self.cancelled: set[int] = set()

    def read(self, *, wait: bool) -> None:
        """Take in what has arrived; with ``wait``, at least one message. EOFError when the server is gone."""
        while wait or self.connection.poll(0):
            wait = False
            message = self.connection.recv()
            if message[0] == "do":
                self.waiting.append(message[1:])
            elif message[0] == "cancel":
                self.cancelled.add(message[1])

    def next(self) -> tuple[int, str, dict[str, Any]] | None:
        """The next question that still counts: columns before all else, then in order."""
        self.waiting = deque(q for q in self.waiting if q[0] not in self.cancelled)
        self.cancelled.clear()
        chosen = next((q for q in self.waiting if q[1] in FIRST), None) or next(iter(self.waiting), None)
        if chosen is not None:
            self.waiting.remove(chosen)
        return chosen


def _serve(connection: Connection, warm_up: bool, waits: bool) -> None:
    """The process: answer questions until the server is gone. With ``waits``, kernels only at the first message."""
    import signal

    # Ctrl-C in the terminal reaches the server, which ends this process in its own time
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    from colonnade.workstation import live_tasks

    inbox = _Inbox(connection)
    with contextlib.suppress(EOFError, OSError):
        if waits:
            live_tasks.load()
            inbox.read(wait=True)
        connection.send((0, "ready", live_tasks.warm_up() if warm_up else 0.0))
        while True:
            question = inbox.next()
            if question is None:
                inbox.read(wait=True)
                continue
            connection.send(_answer(inbox, *question))


def _answer(inbox: _Inbox, number: int, kind: str, payload: dict[str, Any]) -> tuple[int, str, Any]:
    from colonnade.workstation import live_tasks

    started, limit = time.monotonic(), MOST_SECONDS[kind]

    def tick(share: float, words: str) -> None:
        inbox.read(wait=False)
        if number in inbox.cancelled:
            raise SupersededError(kind)
        if time.monotonic() - started > limit:
            raise BadInput(
                "live picture",
                given=f"a run of more than {limit:g} s",
                allowed=f"runs of at most {limit:g} s while a page waits",
                todo="Shorten the pulse or the field, or make the plan: it runs in the background.",
            )

    try:
        inbox.read(wait=False)
        if number in inbox.cancelled:
            raise SupersededError(kind)
        return number, "done", live_tasks.TASKS[kind](payload, tick)
    except (BadInput, SupersededError) as error:
        return number, "failed", error
    except (EOFError, OSError):
        raise
    except Exception:
        log.exception("live task %s failed", kind)
        return number, "failed", UnavailableError(f"the simulation of this {kind} failed; the server's log says why")
