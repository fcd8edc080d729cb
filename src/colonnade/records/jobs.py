"""Jobs: long computations as rows, with their state, progress and result. Running them is the workstation's business.

queued -> running -> done | failed | cancelling -> cancelled
queued -> cancelled; running, cancelling -> interrupted (the server ended)
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Any, Literal

from sqlalchemy import Float, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from colonnade.errors import BadInput
from colonnade.records import audit
from colonnade.records.audit import Actor
from colonnade.records.base import Base, Identified, Stale, get, now

State = Literal["queued", "running", "cancelling", "cancelled", "failed", "interrupted", "done"]
ENDED: tuple[State, ...] = ("cancelled", "failed", "interrupted", "done")
_MAY_FOLLOW: dict[str, tuple[str, ...]] = {
    "running": ("queued",),
    "cancelling": ("running",),
    "cancelled": ("queued", "cancelling"),
    "failed": ("running", "cancelling"),
    "done": ("running", "cancelling"),
    "interrupted": ("running", "cancelling"),
}


class Job(Identified, Base):
    """One computation. ``inputs`` hold physical parameters and record ids, never a name."""

    __tablename__ = "jobs"

    kind: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(12), index=True)
    requested_by: Mapped[str] = mapped_column(String(32), index=True)
    patient_id: Mapped[str] = mapped_column(String(32), default="", index=True)
    inputs: Mapped[dict[str, Any]]
    inputs_sha256: Mapped[str] = mapped_column(String(64), index=True)
    idempotency_key: Mapped[str | None] = mapped_column(String(160), unique=True)
    progress: Mapped[float] = mapped_column(Float, default=0.0)
    phase: Mapped[str] = mapped_column(String(80), default="")
    result_sha256: Mapped[str] = mapped_column(String(64), default="")
    error: Mapped[str] = mapped_column(Text, default="")
    rerun_of: Mapped[str] = mapped_column(String(32), default="")
    # which server took it (see records.servers)
    server_id: Mapped[str] = mapped_column(String(32), default="")
    created_at: Mapped[dt.datetime]
    started_at: Mapped[dt.datetime | None]
    ended_at: Mapped[dt.datetime | None]


def inputs_hash(kind: str, inputs: dict[str, Any]) -> str:
    """SHA-256 of the canonical inputs."""
    text = json.dumps([kind, inputs], sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def enqueue(
    db: Session,
    who: Actor,
    kind: str,
    inputs: dict[str, Any],
    *,
    patient_id: str = "",
    idempotency_key: str = "",
    rerun_of: str = "",
) -> Job:
    """Put a job into the queue; the same ``idempotency_key`` of the same account gives the same job again.

    Raises
    ------
    BadInput
        If the key was used for other inputs.
    """
    digest = inputs_hash(kind, inputs)
    key = f"{who.id}:{idempotency_key}" if idempotency_key else None
    known = db.scalar(select(Job).where(Job.idempotency_key == key)) if key else None
    if known is not None:
        if known.inputs_sha256 != digest:
            raise BadInput(
                "idempotency key",
                given="a key that was used for another job",
                allowed="one key for one job",
                todo="Use a new key.",
            )
        return known
    job = Job(
        kind=kind,
        state="queued",
        requested_by=who.id,
        patient_id=patient_id,
        inputs=inputs,
        inputs_sha256=digest,
        idempotency_key=key,
        rerun_of=rerun_of,
        created_at=now(),
    )
    db.add(job)
    db.flush()
    audit.append(db, who, "create", "job", job.id, patient_id=patient_id, details={"kind": kind})
    return job


def move(db: Session, job_id: str, state: State, **fields: Any) -> Job:
    """Change the state. Raises NotFound, and Stale if the job has meanwhile moved on."""
    job = get(db, Job, job_id)
    if job.state not in _MAY_FOLLOW.get(state, ()):
        raise Stale(f"job {job_id} is {job.state}; it cannot become {state}")
    job.state = state
    for name, value in fields.items():
        setattr(job, name, value)
    if state == "running":
        job.started_at = now()
    if state in ENDED:
        job.ended_at = now()
    db.flush()
    return job


def claim(db: Session, job_id: str, server_id: str) -> Job:
    """From queued to running, by this server. Raises Stale if another one took it, or it was cancelled meanwhile."""
    return move(db, job_id, "running", server_id=server_id)


def finish(db: Session, job_id: str, result_sha256: str) -> Job:
    """It is done. A job that was being cancelled and finished first is done as well: its result is there."""
    return move(db, job_id, "done", result_sha256=result_sha256, progress=1.0, phase="")


def fail(db: Session, job_id: str, error: str) -> Job:
    """It failed; ``error`` is for the person who asked for it."""
    return move(db, job_id, "failed", error=error[:4000])


def cancel(db: Session, who: Actor, job_id: str) -> Job:
    """Ask a job to stop. A queued one is cancelled at once; one that has ended stays as it is."""
    job = get(db, Job, job_id)
    if job.state in ("queued", "running"):
        job = move(db, job_id, "cancelled" if job.state == "queued" else "cancelling")
        audit.append(db, who, "change", "job", job_id, patient_id=job.patient_id, details={"state": job.state})
    return job


def report(db: Session, job_id: str, progress: float, phase: str = "") -> State:
    """Store progress (0 to 1) and say which state the job is in, so that its process can see that it is cancelled."""
    job = get(db, Job, job_id)
    if job.state == "running":
        job.progress = min(max(float(progress), 0.0), 1.0) if progress == progress else job.progress
        job.phase = phase[:80]
    return job.state  # type: ignore[return-value]


def interrupt_orphans(db: Session, alive: Callable[[str], bool] = lambda _server_id: False) -> list[str]:
    """Whatever a server was running that is no longer ``alive`` is interrupted. Gives the ids."""
    under_way = db.scalars(select(Job).where(Job.state.in_(("running", "cancelling")))).all()
    orphans = [job for job in under_way if not alive(job.server_id)]
    for job in orphans:
        move(db, job.id, "interrupted", error="The server ended while this job was running. Nothing was stored.")
        audit.append(db, audit.SYSTEM, "change", "job", job.id, patient_id=job.patient_id, details={"state": job.state})
    return [job.id for job in orphans]


def servers(db: Session) -> Sequence[str]:
    """The servers that have jobs under way, alive or not."""
    return db.scalars(select(Job.server_id).where(Job.state.in_(("running", "cancelling"))).distinct()).all()


def rerun(db: Session, who: Actor, job_id: str) -> Job:
    """The same job once more, as a new one. Raises BadInput while it has not ended."""
    job = get(db, Job, job_id)
    if job.state not in ENDED:
        raise BadInput("job", given=f"a job that is {job.state}", allowed="one that has ended", todo="Cancel it first.")
    return enqueue(db, who, job.kind, job.inputs, patient_id=job.patient_id, rerun_of=job.id)


def waiting(db: Session) -> Sequence[Job]:
    """Queued jobs, the oldest first."""
    return db.scalars(select(Job).where(Job.state == "queued").order_by(Job.created_at, Job.id)).all()
