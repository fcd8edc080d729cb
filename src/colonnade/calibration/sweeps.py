"""Many cases over any parameters, against the ``concurrent.futures.Executor`` interface.

Every case has its row in an HDF5 file from the start: not done, done, or failed with its reason. Results are written
as they come; stopping keeps them, and running again does what is left. A worker that dies takes nothing with it but
its own attempt.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Discriminator, Field, Tag, model_validator

from colonnade import __version__
from colonnade.calibration.distributions import sobol
from colonnade.errors import BadInput, did_you_mean
from colonnade.schema import Model, read

Value = float | int | str
Case = dict[str, Value]
Run = Callable[[Case], Mapping[str, Any]]
Progress = Callable[[int, int, float | None], None]

TODO, DONE, FAILED = 0, 1, 2
MOST_CASES = 1_000_000
#: Attempts at a case whose worker died before it is written down as failed.
ATTEMPTS = 3
REASON_BYTES = 400


class Span(Model):
    """A parameter's values between two ends."""

    low: float
    high: float
    n: int = Field(5, ge=1, le=100_000, description="Values on the grid; not used by a Sobol sample")
    scale: Literal["linear", "log"] = "linear"

    @model_validator(mode="after")
    def _ordered(self) -> Span:
        if not self.low < self.high:
            raise ValueError("low below high")
        if self.scale == "log" and not self.low > 0:
            raise ValueError("a low end above 0 on a logarithmic scale")
        return self

    def at(self, u: float) -> float:
        """The value at the share ``u`` of the span."""
        if self.scale == "log":
            return float(self.low * (self.high / self.low) ** u)
        return self.low + (self.high - self.low) * u


def _kind(values: Any) -> str:
    return "span" if isinstance(values, dict | Span) else "list"


#: A list of values, or a span: told apart before they are checked, so that a complaint is about the right one.
Vary = Annotated[Annotated[list[Value], Tag("list")] | Annotated[Span, Tag("span")], Discriminator(_kind)]


class SweepSpec(Model):
    """A sweep (``colonnade.sweep/1``): what stays, what varies, and how the space is covered."""

    schema_: Literal["colonnade.sweep/1"] = Field(alias="schema")
    fixed: dict[str, Value] = Field(default_factory=dict)
    vary: dict[str, Vary] = Field(min_length=1)
    sample: Literal["grid", "sobol"] = "grid"
    n: int | None = Field(None, ge=1, le=MOST_CASES, description="Cases of a Sobol sample")
    seed: int = 1

    @model_validator(mode="after")
    def _makes_sense(self) -> SweepSpec:
        if (self.sample == "sobol") != (self.n is not None):
            raise ValueError("n with sample = sobol, and only then")
        for name, values in self.vary.items():
            if name in self.fixed:
                raise ValueError(f"{name} either fixed or varied")
            if isinstance(values, list) and not values:
                raise ValueError(f"at least one value for {name}")
        return self

    def cases(self) -> list[Case]:
        """All cases, in a fixed order. Raises BadInput if there would be more than a million."""
        names = list(self.vary)
        if self.sample == "sobol":
            assert self.n is not None
            u = sobol(tuple(names), self.n, seed=self.seed)
            return [{**self.fixed, **{k: _pick(self.vary[k], float(row[i])) for i, k in enumerate(names)}} for row in u]
        axes = [
            [v.at(i / max(v.n - 1, 1)) for i in range(v.n)] if isinstance(v, Span) else list(v)
            for v in self.vary.values()
        ]
        count = int(np.prod([len(a) for a in axes], dtype=float))
        if count > MOST_CASES:
            raise BadInput(
                "sweep", given=f"{count:,} cases", allowed=f"at most {MOST_CASES:,}", todo="Thin the grid or use sobol."
            )
        return [{**self.fixed, **dict(zip(names, point, strict=True))} for point in itertools.product(*axes)]


def _pick(values: list[Value] | Span, u: float) -> Value:
    return values.at(u) if isinstance(values, Span) else values[min(int(u * len(values)), len(values) - 1)]


def known_parameters() -> tuple[str, ...]:
    """The parameters that `simulate_case` understands: a shot's, and every strategy's by its flat name."""
    from colonnade.laser import Shot
    from colonnade.photothermal.naming import PARAMETERS

    return ("site", "device", "power_W", *Shot.model_fields, *PARAMETERS)


def strategies_by_default() -> dict[str, Any]:
    """The flat names of all strategies with their defaults: what a case that does not name them is run with."""
    from colonnade.photothermal.naming import stated_in
    from colonnade.photothermal.strategies import Options

    return dict(stated_in(Options()))


#: The skin of a case that names none, as everywhere (`colonnade simulate`).
SITE = "cheek"


def simulate_case(case: Case) -> dict[str, Any]:
    """One column of a sweep: named parameters in, the numbers of `Lesion.as_dict` out. Runs in a worker process.

    A parameter is a field of a shot, ``site``, ``device``, ``power_W``, or a strategy by its flat name
    (`photothermal.naming.PARAMETERS`).
    """
    from colonnade.laser import Shot, device
    from colonnade.photothermal import simulate
    from colonnade.photothermal.naming import PARAMETERS, strategies_of
    from colonnade.tissue import skin

    chosen = strategies_of({name: value for name, value in case.items() if name in PARAMETERS})
    given = {name: value for name, value in case.items() if name not in PARAMETERS}
    site = skin(str(given.pop("site", SITE)))
    if "device" in given:
        more = {name: given.pop(name) for name in ("order", "m2", "focus_depth_um") if name in given}
        shot = device(str(given.pop("device"))).shot(**given)  # type: ignore[arg-type]
        if more:
            shot = read(Shot, {**shot.model_dump(), **more}, origin="sweep")
    else:
        if "power_W" in given:
            given["pulse_ms"] = _pulse_ms(given)
        shot = read(Shot, given, origin="sweep")
    lesion = simulate(shot, site, **chosen)
    out = {k: v for k, v in lesion.as_dict().items() if isinstance(v, int | float | str) or v is None}
    return out | {"energy_closure_error": lesion.energy.closure_error}


def _pulse_ms(given: dict[str, Any]) -> float:
    """The pulse from energy and power, of which a shot needs two of three."""
    if "pulse_ms" in given:
        raise BadInput(
            "power_W",
            given="together with pulse_ms",
            allowed="two of energy_mJ, power_W and pulse_ms",
            todo="Leave one of them out.",
        )
    power = float(given.pop("power_W"))
    if not power > 0.0:
        raise BadInput("power_W", given=f"{power:g}", allowed="above 0 W", todo="Correct it.")
    return float(given["energy_mJ"]) / power


def load(path: Path, *, known: tuple[str, ...] | None = None) -> SweepSpec:
    """Read a sweep file and check the names of its parameters.

    Raises
    ------
    BadInput
        If the file is no TOML, breaks the schema, or names an unknown parameter (with "did you mean").
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInput(str(path), given=str(error), allowed="a sweep file in TOML", todo="Correct the file.") from None
    spec = read(SweepSpec, data, origin=str(path))
    names = known_parameters() if known is None else known
    for name in (*spec.fixed, *spec.vary):
        if name not in names:
            raise BadInput(
                f"{path}: {name}", given=f'"{name}"', allowed="a known parameter", todo=did_you_mean(name, names)
            )
    return spec


@dataclass(frozen=True)
class Outcome:
    """How a sweep ended."""

    total: int
    done: int
    failed: int
    cancelled: bool
    seconds: float


class Results:
    """The HDF5 file of a sweep: ``inputs/NAME``, ``outputs/NAME``, ``status``, ``reason``, ``seconds``; one row a case.

    Nothing is resized after the start, so a stop at any moment leaves a readable file.
    """

    def __init__(self, path: Path, cases: list[Case]) -> None:
        import h5py

        self.path, self.total = path, len(cases)
        digest = hashlib.sha256(json.dumps(cases, sort_keys=True).encode()).hexdigest()
        fresh = not path.exists()
        try:
            self.file = h5py.File(path, "a")
        except OSError as error:
            raise BadInput(
                str(path), given=str(error), allowed="a file this sweep may write", todo="Choose another --out."
            ) from None
        if fresh:
            self._create(cases, digest)
        elif self.file.attrs.get("cases_sha256") != digest:
            self.file.close()
            raise BadInput(
                str(path),
                given="results of another sweep",
                allowed="an absent file, or results of this same sweep (which is then resumed)",
                todo="Choose another --out, or move the file away.",
            )

    def _create(self, cases: list[Case], digest: str) -> None:
        f, n = self.file, self.total
        for name in cases[0]:
            column = [case[name] for case in cases]
            text = any(isinstance(v, str) for v in column)
            f[f"inputs/{name}"] = np.array([str(v).encode() for v in column]) if text else np.array(column, dtype=float)
        f["status"] = np.full(n, TODO, dtype=np.uint8)
        f["seconds"] = np.full(n, np.nan)
        f["reason"] = np.zeros(n, dtype=f"S{REASON_BYTES}")
        f.attrs["schema"] = "colonnade.sweep-results/1"
        f.attrs["cases_sha256"] = digest
        f.attrs["version"] = __version__
        f.attrs["strategies_by_default"] = json.dumps(strategies_by_default())
        f.flush()

    def left(self) -> list[int]:
        """Indices of the cases that are not done."""
        return [int(i) for i in np.flatnonzero(self.file["status"][:] == TODO)]

    def count(self, status: int) -> int:
        """How many cases have that status."""
        return int(np.sum(self.file["status"][:] == status))

    def write(self, index: int, answer: Mapping[str, Any], seconds: float) -> None:
        """One finished case; numbers as float64 (None is NaN), text as text. On disk when this returns."""
        f = self.file
        for name, value in answer.items():
            key = f"outputs/{name}"
            if isinstance(value, str):
                if key not in f:
                    f[key] = np.zeros(self.total, dtype="S64")
                f[key][index] = value.encode()[:64]
            elif value is None or isinstance(value, int | float | np.floating | np.integer):
                if key not in f:
                    f[key] = np.full(self.total, np.nan)
                f[key][index] = np.nan if value is None else float(value)
        f["seconds"][index] = seconds
        f["status"][index] = DONE
        f.flush()

    def fail(self, index: int, reason: str) -> None:
        """One failed case and why."""
        self.file["reason"][index] = reason.encode()[:REASON_BYTES]
        self.file["status"][index] = FAILED
        self.file.flush()

    def close(self) -> None:
        """Close the file."""
        self.file.close()


def _timed(run: Run, case: Case) -> tuple[dict[str, Any], float]:
    start = time.perf_counter()
    return dict(run(case)), time.perf_counter() - start


def _one_thread() -> None:
    os.environ["NUMBA_NUM_THREADS"] = "1"


@contextmanager
def processes(workers: int) -> Iterator[Executor]:
    """Worker processes on this machine, started afresh (spawn), one Numba thread each."""
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_one_thread)
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def cluster(address: str, *, timeout_s: float = 10.0) -> Iterator[Executor]:
    """An existing Dask scheduler (``tcp://host:port``). Raises BadInput if it cannot be reached."""
    try:
        from distributed import Client
    except ModuleNotFoundError:
        raise BadInput(
            "--cluster", given=address, allowed="Dask installed", todo="pip install 'colonnade[cluster]'"
        ) from None
    try:
        client = Client(address, timeout=timeout_s, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise BadInput(
            "--cluster", given=f"{address}: {error}", allowed="a reachable scheduler", todo="Start it first."
        ) from None
    try:
        # a pure task is one that Dask may answer from memory; ours are not keyed by it
        yield client.get_executor(pure=False, retries=ATTEMPTS - 1)
    finally:
        client.close()


def sweep(
    cases: list[Case],
    run: Run,
    out: Path,
    *,
    executor: Callable[[], Any],
    in_flight: int = 16,
    progress: Progress | None = None,
) -> Outcome:
    """Run what is left of ``cases`` and write it to ``out`` as it comes.

    Parameters
    ----------
    run : callable(case) -> mapping of numbers and text
        A module-level function, so that it reaches other processes.
    executor : callable() -> context manager of an Executor
        Called again if all its workers are lost.
    in_flight : int
        Most cases handed out at a time: what a stop can lose.
    progress : callable(done, total, seconds left or None)

    Returns
    -------
    Outcome
        With ``cancelled`` after a KeyboardInterrupt; everything finished is kept.
    """
    start = time.perf_counter()
    results = Results(out, cases)
    attempts: dict[int, int] = {}
    cancelled = False
    try:
        while queue := results.left():
            try:
                with executor() as pool:
                    _drain(queue, cases, run, results, pool, attempts, in_flight, progress, start)
            except BrokenExecutor:
                continue  # the pool is rebuilt for what is left; `attempts` ends a case that always kills it
            except KeyboardInterrupt:
                cancelled = True
                break
        return Outcome(len(cases), results.count(DONE), results.count(FAILED), cancelled, time.perf_counter() - start)
    finally:
        results.close()


def _drain(
    queue: list[int],
    cases: list[Case],
    run: Run,
    results: Results,
    pool: Executor,
    attempts: dict[int, int],
    in_flight: int,
    progress: Progress | None,
    start: float,
) -> None:
    """Hand out the queue, take answers as they come. Raises BrokenExecutor when the pool has died."""
    waiting = iter(queue)
    running: dict[Future[Any], int] = {}
    before = results.total - len(queue)
    finished = 0
    # a case that has broken a pool before runs alone, so that it cannot take others' attempts with it
    suspects = [i for i in queue if attempts.get(i, 0) > 0]
    limit = 1 if suspects else in_flight
    if suspects:
        waiting = iter(suspects)
    try:
        while True:
            for index in itertools.islice(waiting, max(0, limit - len(running))):
                running[pool.submit(_timed, run, cases[index])] = index
            if not running:
                return
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                index = running[future]
                _take(future, index, results, attempts)
                del running[future]
                finished += 1
            if progress is not None:
                rate = finished / (time.perf_counter() - start)
                left = results.total - before - finished
                progress(before + finished, results.total, left / rate if rate > 0 else None)
    except BrokenExecutor:
        for index in running.values():
            attempts[index] = attempts.get(index, 0) + 1
            if attempts[index] >= ATTEMPTS:
                results.fail(index, f"its worker process died {ATTEMPTS} times")
        raise
    finally:
        for future in running:
            future.cancel()


def _take(future: Future[Any], index: int, results: Results, attempts: dict[int, int]) -> None:
    try:
        answer, seconds = future.result()
    except (BrokenExecutor, KeyboardInterrupt):
        raise
    except CancelledError as error:
        # Dask reports a lost task so; it is tried again on the next round
        attempts[index] = attempts.get(index, 0) + 1
        if attempts[index] >= ATTEMPTS:
            results.fail(index, f"lost {ATTEMPTS} times: {error}")
    except Exception as error:  # a failed case is a row with its reason, never the end of the sweep
        results.fail(index, f"{type(error).__name__}: {error}")
    else:
        results.write(index, answer, seconds)
