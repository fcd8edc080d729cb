"""Rehearsals on the virtual laser: who runs which, and what stays of them.

Each has a folder below ``runs/training`` until its record is stored. A server that was killed finds the folders again
and makes their records: the journal says what was fired.
"""

from __future__ import annotations

import datetime as dt
import json
import multiprocessing
import shutil
import signal
import threading
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from colonnade import DISCLAIMER
from colonnade.delivery.apart import LOG, SHOTS, Order
from colonnade.errors import BadInput
from colonnade.planning.model import Plan
from colonnade.records import plans, training
from colonnade.records.approvals import TIME_OUT_ITEMS
from colonnade.records.audit import Actor
from colonnade.records.base import Database, NotFound, new_id, now
from colonnade.records.blobs import BlobStore
from colonnade.records.patients import Patient
from colonnade.schema import read
from colonnade.workstation.security import log
from colonnade.workstation.training_session import BEGUN, ENTRIES, Begun, Session

#: Each is a process that moves a clock. More are refused, in words.
MOST_SESSIONS = 4
SPEEDS = (1, 2, 5, 10, 50, 100)
SUMMARY_S = 300.0
#: Ended rehearsals whose page still answers.
KEPT = 16


class Trainings:
    """The rehearsals of this server."""

    def __init__(self, database: Database, blobs: BlobStore, folder: Path) -> None:
        self.database, self.blobs, self.folder = database, blobs, folder
        self._sessions: dict[str, Session] = {}
        self._lock = threading.Lock()
        self._stopping = False
        self._recovering: threading.Thread | None = None

    # --- the server's life ----------------------------------------------------------------------------------------
    def start(self) -> None:
        """Look for what an earlier server left, in the background."""
        left = [p for p in self.folder.iterdir() if p.is_dir()] if self.folder.is_dir() else []
        if left:
            self._recovering = threading.Thread(
                target=self._recover, args=(left,), name="training-recover", daemon=True
            )
            self._recovering.start()

    def release_watchers(self) -> None:
        """Let event streams end: every rehearsal is stopped; its record is made when the server starts again."""
        self._stopping = True
        for session in self.running():
            session.end("stopped")

    def stop(self) -> None:
        """End every machine."""
        self.release_watchers()
        for session in self.running():
            session.join(15)

    # --- what pages call ------------------------------------------------------------------------------------------
    def running(self) -> list[Session]:
        """Rehearsals that have not ended, the newest first."""
        with self._lock:
            return [s for s in reversed(self._sessions.values()) if not s.ended]

    def find(self, session_id: str) -> Session:
        """The rehearsal. Raises NotFound."""
        with self._lock:
            found = self._sessions.get(session_id)
        if found is None:
            raise NotFound("rehearsal")
        return found

    def begin(
        self, who: Actor, name: str, row: plans.PlanVersion, content: bytes, approval: plans.Approval | None, *,
        mode: str, seed: int, speed: float,
    ) -> Session:  # fmt: skip
        """Start a machine for a plan version. Raises BadInput: training without approval, too many machines."""
        if mode == "training" and approval is None:
            raise BadInput(
                "mode", given="training with a plan that nobody approved, or whose approval is void",
                allowed="training with an approved plan; rehearsal with any",
                todo="Have the plan approved, or choose rehearsal.",
            )  # fmt: skip
        begun = read(
            Begun,
            {
                "id": new_id(), "plan_id": row.id, "patient_id": row.patient_id, "plan_sha256": row.content_sha256,
                "title": row.title, "number": row.number, "mode": mode, "seed": seed, "speed": float(speed),
                "approved_by": f"{approval.name} ({approval.role})" if approval else "",
                "started_at": now().isoformat(), "started_by": who.id, "started_name": name, "role": who.role,
                "planned": planned(plans.parse_plan(content)),
            },
            origin="rehearsal",
        )  # fmt: skip
        sealed = None
        if approval is not None:
            sealed = {"name": approval.name, "role": approval.role, "when": approval.decided_at.isoformat(),
                      "plan_sha256": approval.content_sha256}  # fmt: skip
        folder = self.folder / begun.id
        order = Order(folder, plan=content, approval=sealed, mode=begun.mode, seed=seed, speed=speed, durable=False)
        session = Session(begun, folder, order, on_end=self._ended)
        with self._lock:
            if sum(not s.ended for s in self._sessions.values()) >= MOST_SESSIONS or self._stopping:
                raise BadInput(
                    "machines", given=f"{MOST_SESSIONS} that run already", allowed=f"at most {MOST_SESSIONS}",
                    todo="End one of them, or wait until it has ended.",
                )  # fmt: skip
            self._sessions[begun.id] = session
            for old in [k for k, s in self._sessions.items() if s.ended][:-KEPT]:
                del self._sessions[old]
        folder.mkdir(mode=0o700, parents=True)
        (folder / BEGUN).write_text(json.dumps(begun.model_dump(mode="json"), ensure_ascii=False), encoding="utf-8")
        session.start()
        return session

    # --- the end --------------------------------------------------------------------------------------------------
    def _ended(self, session: Session) -> str:
        """Called by the session's thread: make the record, unless the server stops; gives its id."""
        if session.phase == "failed" or not (session.folder / LOG).exists():
            shutil.rmtree(session.folder, ignore_errors=True)
            return ""
        return "" if self._stopping else self._store(session.folder, session.why, sorted(session.checked))

    def _recover(self, folders: Sequence[Path]) -> None:
        for folder in folders:
            if self._stopping:
                return
            try:
                if (folder / LOG).exists() and (folder / SHOTS).exists() and (folder / BEGUN).exists():
                    self._store(folder, "interrupted", None)
                else:
                    shutil.rmtree(folder, ignore_errors=True)
            except Exception:
                # it stays where it is: a damaged journal is evidence
                log.exception("training record")

    def _store(self, folder: Path, why: str, checked: list[str] | None) -> str:
        """The record of a rehearsal that has ended; its folder goes once it stands. Gives its id; empty if its patient
        was erased meanwhile."""
        begun = read(Begun, json.loads((folder / BEGUN).read_text(encoding="utf-8")), origin="rehearsal")
        entries = _entries(folder / ENTRIES)
        delivered = apart(summary, folder)
        ended_at = now()
        document = {
            "schema": training.SCHEMA,
            "statement": training.STATEMENT,
            "disclaimer": DISCLAIMER,
            "virtual": True,
            "rehearsal": begun.model_dump(mode="json"),
            "ended_at": ended_at.isoformat(),
            "ended": why,
            "time_out": {item: item in _checked(entries, checked) for item in TIME_OUT_ITEMS},
            **delivered,
            "log": entries,
        }
        content = json.dumps(document, ensure_ascii=False, allow_nan=False).encode()
        names = [self.blobs.put(c) for c in (content, (folder / SHOTS).read_bytes(), (folder / LOG).read_bytes())]
        counts = delivered["counts"]
        with self.database.session() as db:
            if db.get(Patient, begun.patient_id) is None:
                record_id = ""
            else:
                record_id = training.store(
                    db, Actor(begun.started_by, begun.role), id=begun.id, patient_id=begun.patient_id,
                    plan_id=begun.plan_id, plan_sha256=begun.plan_sha256, title=begun.title[:200], mode=begun.mode,
                    approved=bool(begun.approved_by), seed=begun.seed, speed=begun.speed,
                    started_at=dt.datetime.fromisoformat(begun.started_at), ended_at=ended_at,
                    started_by=begun.started_by, ended=why[:20], columns_planned=sum(counts.values()),
                    columns_fired=counts["fired"], columns_unknown=counts["unknown"],
                    as_planned=delivered["delivered"]["as_planned"],
                    document_blob=names[0], shots_blob=names[1], log_blob=names[2],
                ).id  # fmt: skip
        shutil.rmtree(folder, ignore_errors=True)
        return record_id


def planned(plan: Plan) -> list[dict[str, Any]]:
    """What a plan asks of each zone, by the names of the panel and of what is converted from it."""
    return [
        {
            "zone": zone.name,
            "panel": dict(zone.settings.panel),
            "derived": dict(zone.settings.derived),
            "columns": zone.field.columns,
            "passes": zone.field.passes,
        }
        for zone in plan.zones
    ]


def read_back(loaded: dict[str, Any], wanted: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Planned beside what the machine says it has loaded, in panel units; ``same`` within the machine's rounding."""
    out = []
    for number, zone in enumerate(loaded["zones"]):
        asked = (
            wanted[number] if number < len(wanted) else {"derived": {}, "panel": {}, "columns": None, "passes": None}
        )
        derived = asked["derived"]
        pulses = [loaded["pulses"][p - 1] for p in zone["pulses"]]
        one = pulses[0] if len(pulses) == 1 else None
        found = {
            "energy_mJ": one["power_mW"] * one["on_us"] * one["train"] / 1e6 if one else None,
            "power_W": one["power_mW"] / 1000 if one else None,
            "pulse_ms": one["on_us"] / 1000 if one else None,
            "stack": one["stack"] if one else None,
            "spot_um": loaded["spot_um"],
            "rate_Hz": 1e6 / zone["interval_us"] if zone["interval_us"] else None,
            "passes": zone["passes"],
            "columns": zone["columns"],
        }
        rows = []
        for name, value in found.items():
            want = asked[name] if name in ("passes", "columns") else derived.get(name)
            rows.append({"name": name, "planned": want, "machine": value, "same": _same(name, want, value)})
        out.append({"zone": zone["name"], "panel": asked["panel"], "rows": rows})
    return out


#: Relative differences within which a number on the machine counts as the planned one: the rounding that the export
#: allows (``RoundingLimits``); counts are exact. A rate may be slower, where the mirrors need longer.
WITHIN = {"energy_mJ": 0.02, "power_W": 0.01, "pulse_ms": 0.01, "spot_um": 1e-6, "rate_Hz": 0.01}


def _same(name: str, want: float | None, value: float | None) -> bool:
    if want is None or value is None:
        return False
    if name == "rate_Hz" and value < want:
        return True
    return abs(value - want) <= WITHIN.get(name, 0.0) * abs(want)


def _entries(path: Path) -> list[dict[str, Any]]:
    """The log as it was written; a last line that was cut off by a kill is left out."""
    out = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        try:
            out.append(json.loads(line))
        except ValueError:
            break
    return out


def _checked(entries: list[dict[str, Any]], checked: list[str] | None) -> set[str]:
    """The items that were confirmed at the end: as the session knew, or by the log."""
    if checked is not None:
        return set(checked)
    found: dict[str, bool] = {e["item"]: bool(e["on"]) for e in entries if e["what"] == "check"}
    return {item for item, on in found.items() if on}


# --- in a process of its own ----------------------------------------------------------------------------------------
def summary(folder: Path) -> dict[str, Any]:
    """Delivered against planned, from shot file and journal; the states of all columns; the map."""
    from colonnade.delivery.apart import map_of
    from colonnade.delivery.journal import recover
    from colonnade.delivery.ledger import Ledger
    from colonnade.delivery.text import read_file
    from colonnade.delivery.treatment import treatment

    sealed = read_file(folder / SHOTS)
    ledger = Ledger.of(sealed.file)
    recover(folder / LOG, ledger)
    record = treatment(sealed, folder / LOG).plain()
    # taken out of its document it must not pass for a treatment file
    del record["schema"]
    return {
        "delivered": record,
        "counts": ledger.counts(),
        "columns": "".join("NFU"[c] for c in ledger.columns[1:]),
        "stamps": [str(s) for s in ledger.stamps],
        "map": map_of(sealed.file),
    }


def apart(function: Callable[[Path], dict[str, Any]], folder: Path) -> dict[str, Any]:
    """Call ``function`` in a process of its own, so that pages stay quick. Raises what it raised, or RuntimeError."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_call, args=(theirs, function, folder), name="training-summary", daemon=True)
    process.start()
    theirs.close()
    try:
        if not ours.poll(SUMMARY_S):
            raise RuntimeError("the summary of a rehearsal took too long")
        kind, value = ours.recv()
    except EOFError:
        raise RuntimeError("the process that summed up a rehearsal ended by itself") from None
    finally:
        process.kill()
        process.join()
        ours.close()
    if kind == "failed":
        raise value
    return dict(value)


def _call(pipe: Connection, function: Callable[[Path], dict[str, Any]], folder: Path) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        pipe.send(("done", function(folder)))
    except Exception as error:
        pipe.send(("failed", error))
