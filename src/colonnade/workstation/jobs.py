"""Long computations: one spawned process each, progress over a pipe, one thread that reads them all.

States live in the database (:mod:`colonnade.records.jobs`); this module moves them. A process is never killed while it
holds a shared lock, because there is none: parent and child share one pipe and nothing else. A child whose parent is
gone ends itself.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import shutil
import signal
import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Protocol

from colonnade.errors import BadInput
from colonnade.records import jobs
from colonnade.records.audit import Actor
from colonnade.records.base import Database, NotFound, Stale
from colonnade.records.servers import Presence
from colonnade.workstation.job_process import KINDS, child
from colonnade.workstation.security import log

#: How long a cancelled process may take to notice before it is terminated [s]. Assumed: above one step of any solver.
CANCEL_GRACE_S = 5.0
#: Progress reaches the database at most this often [s]; watchers see every step.
STORE_EVERY_S = 1.0
#: The queue is looked at when a page or an ended process asks for it, and otherwise this often [s].
LOOK_EVERY_S = 1.0
#: Where there may be other servers: how often it is looked whether one of them is gone [s].
OTHERS_EVERY_S = 10.0
HEARTBEAT_S = 15.0


class Store(Protocol):
    """Where results go: content-addressed."""

    def put(self, content: bytes) -> str:
        """Keep it; gives its SHA-256."""
        ...


@dataclass(frozen=True)
class Snapshot:
    """Where a job stands, for whoever watches it."""

    id: str
    kind: str
    state: str
    progress: float = 0.0
    phase: str = ""
    text: str = ""
    error: str = ""
    result_sha256: str = ""
    elapsed_s: float = 0.0

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self.state in jobs.ENDED

    @property
    def left_s(self) -> float | None:
        """Time left, if the rest goes as the part so far did; None before a twentieth is done."""
        if self.state != "running" or not self.progress >= 0.05:
            return None
        return self.elapsed_s * (1 - self.progress) / self.progress


@dataclass
class _Running:
    """One process and its end of the pipe."""

    job: jobs.Job
    process: multiprocessing.process.BaseProcess
    pipe: Connection
    folder: Path
    begun: float = field(default_factory=time.monotonic)
    stored: float = 0.0
    snapshot: Snapshot | None = None
    outcome: tuple[Any, ...] | None = None
    cancelled_at: float | None = None


def _nothing(_job: jobs.Job) -> Mapping[str, bytes]:
    return {}


class JobRunner:
    """Runs queued jobs, the oldest first, as many at a time as there are workers.

    ``feed`` gives the files that a job finds in its folder when it begins, by name. Raises BadInput: the job fails.
    """

    def __init__(
        self, database: Database, store: Store, folder: Path, *, workers: int | None = None,
        kinds: Mapping[str, str] = KINDS, feed: Callable[[jobs.Job], Mapping[str, bytes]] = _nothing,
    ) -> None:  # fmt: skip
        self.database, self.store, self.folder, self.kinds = database, store, folder, dict(kinds)
        self._feed = feed
        self.workers = workers or max(1, (os.cpu_count() or 2) - 1)
        self._context = multiprocessing.get_context("spawn")
        self._running: dict[str, _Running] = {}
        self._watchers: dict[str, set[Watcher]] = {}
        self._lock = threading.Lock()
        self._woken, self._wake = self._context.Pipe(duplex=False)
        self._thread: threading.Thread | None = None
        self._stopping = False
        self._look_at = 0.0
        self._others_at = 0.0
        self.presence = Presence(database)

    # --- what pages call ---------------------------------------------------------------------------------------------
    def start(self) -> None:
        """Mark what servers that are gone left running as interrupted, then begin."""
        self.presence.enter()
        self._clear_after_others()
        self._thread = threading.Thread(target=self._loop, name="jobs", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End every process and mark its job as interrupted; queued jobs stay queued for the next start."""
        self.release_watchers()
        self._wake_up()
        if self._thread is not None:
            self._thread.join(timeout=CANCEL_GRACE_S + 5)
        self.presence.leave()

    def release_watchers(self) -> None:
        """Let event streams end, so that a server that is going down need not wait for them."""
        self._stopping = True
        with self._lock:
            watchers = [w for group in self._watchers.values() for w in group]
        for watcher in watchers:
            watcher.notify()

    @property
    def alive(self) -> bool:
        """Whether the thread that starts and reads jobs is there."""
        return self._thread is not None and self._thread.is_alive()

    def submit(self, who: Actor, kind: str, inputs: dict[str, Any], **more: str) -> jobs.Job:
        """Queue a job. ``more``: ``patient_id``, ``idempotency_key``. Raises BadInput for an unknown kind."""
        if kind not in self.kinds:
            raise BadInput("job", given=f'"{kind[:40]}"', allowed=", ".join(self.kinds), todo="Choose one of them.")
        with self.database.session() as db:
            job = jobs.enqueue(db, who, kind, inputs, **more)
        self._wake_up()
        return job

    def rerun(self, who: Actor, job_id: str) -> jobs.Job:
        """The same once more. Raises NotFound, and BadInput while it has not ended."""
        with self.database.session() as db:
            job = jobs.rerun(db, who, job_id)
        self._wake_up()
        return job

    def cancel(self, who: Actor, job_id: str) -> jobs.Job:
        """Ask a job to stop; after a grace its process is terminated. Raises NotFound."""
        with self.database.session() as db:
            job = jobs.cancel(db, who, job_id)
        self._tell_watchers(self.snapshot_of(job))
        self._wake_up()
        return job

    def snapshot(self, job_id: str) -> Snapshot:
        """Where the job stands now. Raises NotFound."""
        with self.database.session(write=False) as db:
            job = db.get(jobs.Job, job_id)
        if job is None:
            raise NotFound("job")
        return self.snapshot_of(job)

    def snapshot_of(self, job: jobs.Job) -> Snapshot:
        """The same from a row that was just read; live progress where its process runs here."""
        running = self._running.get(job.id)
        elapsed = 0.0
        if job.started_at is not None:
            until = job.ended_at.timestamp() if job.ended_at else time.time()
            elapsed = max(0.0, until - job.started_at.timestamp())
        plain = Snapshot(
            job.id, job.kind, job.state, job.progress, job.phase, "", job.error, job.result_sha256, elapsed
        )
        live = running.snapshot if running is not None else None
        if live is None or plain.ended:
            return plain
        return replace(plain, progress=live.progress, phase=live.phase, text=live.text)

    async def watch(self, job_id: str) -> AsyncIterator[Snapshot | None]:
        """The state now, then every change until the end; None every 15 s without one. Raises NotFound."""
        watcher = Watcher(asyncio.get_running_loop())
        with self._lock:
            self._watchers.setdefault(job_id, set()).add(watcher)
        try:
            seen: Snapshot | None = None
            beat = time.monotonic()
            while not self._stopping:
                watcher.event.clear()
                now = await asyncio.to_thread(self.snapshot, job_id)
                if seen is None or replace(now, elapsed_s=0.0) != replace(seen, elapsed_s=0.0):
                    yield now
                    seen = now
                if now.ended:
                    return
                try:
                    await asyncio.wait_for(watcher.event.wait(), min(HEARTBEAT_S, self._notice_s(job_id)))
                except TimeoutError:
                    if time.monotonic() - beat >= HEARTBEAT_S:
                        beat = time.monotonic()
                        yield None
        finally:
            with self._lock:
                self._watchers[job_id].discard(watcher)
                if not self._watchers[job_id]:
                    del self._watchers[job_id]

    def _notice_s(self, job_id: str) -> float:
        """How long a watcher may sleep [s]: what another server runs is not told here, only stored."""
        return HEARTBEAT_S if self.presence.alone or job_id in self._running else LOOK_EVERY_S

    # --- the thread --------------------------------------------------------------------------------------------------
    def _wake_up(self) -> None:
        self._look_at = 0.0
        with self._lock:
            self._wake.send_bytes(b"x")

    def _loop(self) -> None:
        while not self._stopping:
            try:
                if time.monotonic() >= self._look_at:
                    self._look_at = time.monotonic() + LOOK_EVERY_S
                    self._start_waiting()
                    self._end_cancelled()
                if not self.presence.alone and time.monotonic() >= self._others_at:
                    self._others_at = time.monotonic() + OTHERS_EVERY_S
                    self.presence.renew()
                    self._clear_after_others()
                self._read(timeout=LOOK_EVERY_S)
            except Exception:
                # the thread must outlive a database that is full or gone for a moment; /readyz shows the database
                log.exception("job runner")
                time.sleep(1.0)
        self._interrupt_all()

    def _start_waiting(self) -> None:
        if len(self._running) >= self.workers:
            return
        with self.database.session(write=False) as db:
            waiting = list(jobs.waiting(db))
        for job in waiting[: self.workers - len(self._running)]:
            self._start(job)

    def _start(self, job: jobs.Job) -> None:
        try:
            with self.database.session() as db:
                job = jobs.claim(db, job.id, self.presence.id)
        except (Stale, NotFound):  # cancelled, or taken by another server, since the look
            return
        folder = self.folder / f"{self.presence.id}.{job.id}"
        ours, theirs = self._context.Pipe()
        process = self._context.Process(
            target=child,
            args=(self.kinds.get(job.kind, ""), job.inputs, str(folder), theirs),
            name=f"job-{job.id}",
            daemon=True,
        )
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for name, content in self._feed(job).items():
                (folder / name).write_bytes(content)
            process.start()
        except (OSError, BadInput) as error:
            said = error.as_dict() if isinstance(error, BadInput) else _unable(error)
            with self.database.session() as db:
                jobs.fail(db, job.id, json.dumps(said))
            ours.close()
            shutil.rmtree(folder, ignore_errors=True)
            return
        finally:
            theirs.close()
        running = self._running[job.id] = _Running(job, process, ours, folder)
        self._tell_watchers(self.snapshot_of(running.job))

    def _clear_after_others(self) -> None:
        """Mark the jobs of servers that are gone as interrupted, and delete what these had written so far."""
        gone = [path for path in self.folder.glob("*") if self._left(path.name.partition(".")[0])]
        with self.database.session(write=False) as db:
            lost = any(not self.presence.alive(db, server) for server in jobs.servers(db))
        if lost:
            with self.database.session() as db:
                jobs.interrupt_orphans(db, lambda server: self.presence.alive(db, server))
        for path in gone:
            shutil.rmtree(path, ignore_errors=True)

    def _left(self, server: str) -> bool:
        with self.database.session(write=False) as db:
            return not self.presence.alive(db, server)

    def _read(self, timeout: float) -> None:
        by_handle: dict[Any, _Running] = {}
        for running in self._running.values():
            by_handle[running.pipe] = by_handle[running.process.sentinel] = running
        ready = wait([self._woken, *by_handle], timeout)
        if self._woken in ready:
            while self._woken.poll():
                self._woken.recv_bytes()
        for running in {id(r): r for handle in ready if (r := by_handle.get(handle))}.values():
            self._listen(running)

    def _listen(self, running: _Running) -> None:
        """Read what the process said; finish the job when it is gone."""
        ended = running.process.sentinel in wait([running.process.sentinel], 0)
        try:
            while running.pipe.poll():
                message = running.pipe.recv()
                if message[0] == "progress":
                    self._progress(running, *message[1:])
                else:
                    running.outcome = message
        except (EOFError, OSError):
            ended = True
        if ended:
            running.process.join()
            self._finish(running)

    def _progress(self, running: _Running, stage: str, done: float, text: str) -> None:
        share = min(max(done, 0.0), 1.0) if done == done else 0.0
        now = time.monotonic()
        state = "cancelling" if running.cancelled_at is not None else "running"
        running.snapshot = Snapshot(
            running.job.id, running.job.kind, state, share, stage[:80], text[:200], elapsed_s=now - running.begun
        )
        if now - running.stored >= STORE_EVERY_S:
            running.stored = now
            with self.database.session() as db:
                jobs.report(db, running.job.id, share, stage)
        self._tell_watchers(running.snapshot)

    def _finish(self, running: _Running) -> None:
        self._running.pop(running.job.id, None)
        self._look_at = 0.0
        kind, *rest = running.outcome or ("gone",)
        sha256 = self.store.put(Path(rest[0]).read_bytes()) if kind == "done" else ""
        self._clear(running)  # before anybody is told, so that a job that has ended has left nothing
        with self.database.session() as db:
            job = db.get(jobs.Job, running.job.id)
            if job is None:
                raise NotFound("job")
            if job.state in jobs.ENDED:
                pass  # another server took this one for gone, as it may when the database was restarted
            elif kind == "done":
                job = jobs.finish(db, job.id, sha256)
            elif job.state == "cancelling":
                job = jobs.move(db, job.id, "cancelled")
            elif self._stopping:
                job = jobs.move(db, job.id, "interrupted", error="The server was stopped while this job was running.")
            elif kind == "failed":
                job = jobs.fail(db, job.id, json.dumps(rest[0]))
            else:
                job = jobs.fail(db, job.id, json.dumps(_gone(running.process.exitcode)))
        self._tell_watchers(self.snapshot_of(job))

    def _end_cancelled(self) -> None:
        """Pass on what pages asked to cancel, and terminate what did not listen."""
        if not self._running:
            return
        with self.database.session(write=False) as db:
            cancelling = {r.job.id for r in self._running.values() if _state(db, r.job.id) == "cancelling"}
        now = time.monotonic()
        for job_id in cancelling:
            running = self._running[job_id]
            if running.cancelled_at is None:
                running.cancelled_at = now
                _send(running.pipe, "cancel")
            elif now - running.cancelled_at > CANCEL_GRACE_S:
                running.process.kill()

    def _interrupt_all(self) -> None:
        for running in self._running.values():
            _send(running.pipe, "cancel")
        deadline = time.monotonic() + CANCEL_GRACE_S
        while self._running and time.monotonic() < deadline:
            self._read(timeout=0.2)
        for running in list(self._running.values()):
            running.process.kill()
            running.process.join()
            self._finish(running)

    def _clear(self, running: _Running) -> None:
        running.pipe.close()
        for path in sorted(running.folder.rglob("*"), reverse=True):
            path.unlink() if not path.is_dir() else path.rmdir()
        if running.folder.exists():
            running.folder.rmdir()

    def _tell_watchers(self, snapshot: Snapshot) -> None:
        with self._lock:
            watchers = list(self._watchers.get(snapshot.id, ()))
        for watcher in watchers:
            watcher.notify()


class Watcher:
    """An event of an asyncio loop that other threads may set."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop, self.event = loop, asyncio.Event()

    def notify(self) -> None:
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self.event.set)


def _state(db: Any, job_id: str) -> str:
    job = db.get(jobs.Job, job_id)
    return job.state if job is not None else "cancelling"


def _send(pipe: Connection, word: str) -> None:
    try:
        pipe.send(word)
    except (BrokenPipeError, OSError):
        return  # it is gone; the sentinel says so


def _unable(error: OSError) -> dict[str, str]:
    return {
        "what": "job",
        "given": f"a machine that cannot start another process ({error.strerror or type(error).__name__})",
        "allowed": "room on the disk and in memory",
        "todo": "Close what is not needed, then run it again.",
    }


def _gone(code: int | None) -> dict[str, str]:
    how = f"signal {signal.Signals(-code).name}" if code is not None and code < 0 else f"exit code {code}"
    return {
        "what": "job",
        "given": f"a process that ended by itself ({how})",
        "allowed": "a process that gives a result",
        "todo": "Run it again; if it happens again, this machine may have too little memory for it.",
    }
