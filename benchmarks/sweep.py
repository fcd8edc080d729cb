"""Question (d): what two workers are worth in a sweep of columns of 0.1 s and more. Aim: 90 %.

A machine that does other work slows every task, so wall time alone says little. Two shares are measured apart and
multiplied: how much of the workers' time goes into tasks (from each worker's first answer to the first one's last, so
that starting Python and Numba does not count; it is said beside it), and how many CPU seconds a task takes with one
worker against two (what they take from each other: caches, memory, heat).
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from common import machine, quoted, wanted

from colonnade.calibration import sweeps

CASES, AIM = 60, 0.90


def task(case: dict[str, Any]) -> dict[str, float]:
    """One column on a fine mesh, and when and for how many CPU seconds it ran."""
    begin, cpu = time.time(), time.process_time()
    sweeps.simulate_case(dict(case))
    return {"begin": begin, "end": time.time(), "cpu": time.process_time() - cpu, "pid": float(os.getpid())}


def run(workers: int, count: int) -> dict[str, float]:
    """A sweep with so many workers: busy share, CPU seconds of a task, seconds until all workers had answered."""
    import h5py

    cases: list[sweeps.Case] = [
        {"site": "cheek", "energy_mJ": 15.0 + 0.01 * i, "pulse_ms": 1.0, "spot_um": 120.0, "dz_um": 1.5}
        for i in range(count)
    ]
    with tempfile.TemporaryDirectory() as folder:
        out, start = Path(folder) / "sweep.h5", time.time()
        outcome = sweeps.sweep(cases, task, out, executor=lambda: sweeps.processes(workers), in_flight=4 * workers)
        if outcome.failed:
            raise SystemExit(f"{outcome.failed} cases failed")
        with h5py.File(out) as file:
            begin, end, cpu, pid = (file[f"outputs/{n}"][:] for n in ("begin", "end", "cpu", "pid"))
    own = [[(b, e) for b, e, p in zip(begin, end, pid, strict=True) if p == w] for w in sorted(set(pid))]
    low, high = max(min(e for _, e in mine) for mine in own), min(max(e for _, e in mine) for mine in own)
    busy = sum(max(min(e, high) - max(b, low), 0.0) for mine in own for b, e in mine)
    steady = [float(c) for c, b in zip(cpu, begin, strict=True) if b >= low]
    return {
        "busy": busy / (len(own) * (high - low)),
        "cpu": statistics.median(steady),
        "ready": low - start,
        "workers": float(len(own)),
    }


def main() -> None:
    """Print the shares of three rounds, one worker and two in turn."""
    asked = wanted(__doc__, "python benchmarks/sweep.py --write")
    count, times = (12, 1) if asked.quick else (CASES, 3)
    here = machine()
    print(f"sweep, {count} columns a run, {here}")
    rounds, tasks = [], []
    for _ in range(times):
        one, two = run(1, count // 2), run(2, count)
        tasks.append(one["cpu"])
        share = one["cpu"] / two["cpu"]
        rounds.append(two["busy"] * share)
        print(
            f"a task: {one['cpu']:.3f} CPU s with one worker, {two['cpu']:.3f} with two ({100 * share:.0f} %); "
            f"two workers busy {100 * two['busy']:.1f} % of the time; together {100 * rounds[-1]:.0f} %; "
            f"first answers of both after {two['ready']:.1f} s; load {os.getloadavg()[0]:.1f}",
            flush=True,
        )
    middle = statistics.median(rounds)
    sentence = (
        f"Two workers: efficiency {100 * middle:.0f} % ({100 * min(rounds):.0f} to {100 * max(rounds):.0f} % in "
        f"{times} rounds) with tasks of {statistics.median(tasks):.2f} s (aim 90 %: "
        f"{'reached' if middle >= AIM else 'missed'}). {here}. `python benchmarks/sweep.py`"
    )
    quoted("sweep", sentence, asked.write)


if __name__ == "__main__":
    main()
