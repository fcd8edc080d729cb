"""``colonnade sweep``: many simulations, resumable."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from colonnade.cli.output import Debug, Json, note, progress, say, say_json
from colonnade.errors import BadInput

EXAMPLE = "colonnade sweep examples/sweep-energy.toml --workers 2 --out sweep.h5"
INTERRUPTED = 130


def command(
    file: Annotated[Path, typer.Argument(metavar="SWEEP.toml", help="What varies (docs/file-formats/sweep.md).")],
    out: Annotated[
        Path | None, typer.Option("--out", help="Results (HDF5); by default SWEEP.h5 beside this folder's work.")
    ] = None,
    workers: Annotated[int | None, typer.Option("--workers", help="Processes; all cores without it.")] = None,
    cluster: Annotated[str | None, typer.Option("--cluster", metavar="tcp://…", help="A Dask scheduler.")] = None,
    as_json: Json = False,
    debug: Debug = False,
) -> int:
    """Run many columns; stopping keeps what is done, running again does the rest. A failed case is a row."""
    from colonnade.calibration import sweeps

    if workers is not None and cluster is not None:
        raise BadInput("--workers", given="with --cluster", allowed="one of the two", todo="Leave one out.")
    if workers is not None and not 1 <= workers <= 1024:
        raise BadInput("--workers", given=str(workers), allowed="1 to 1024", todo="State fewer.")
    cases = sweeps.load(file).cases()
    target = out or Path(f"{file.stem}.h5")
    count = workers or os.cpu_count() or 1

    def executor() -> Any:
        return sweeps.cluster(cluster) if cluster is not None else sweeps.processes(count)

    with progress(f"Sweep of {len(cases)} cases") as tell:

        def show(done: int, total: int, left_s: float | None) -> None:
            left = "" if left_s is None else f", {left_s:.0f} s left"
            tell("cases", done / total, f"{done} of {total}{left}")

        outcome = sweeps.sweep(
            cases, sweeps.simulate_case, target, executor=executor, in_flight=4 * count, progress=show
        )
    if outcome.cancelled:
        kept = outcome.done + outcome.failed
        note(f"Stopped: {kept} of {outcome.total} cases are kept in {target}; run again for the rest.")
        raise KeyboardInterrupt
    result = {"out": str(target), "total": outcome.total, "done": outcome.done, "failed": outcome.failed}
    if as_json:
        say_json({**result, "seconds": outcome.seconds})
    else:
        say(f"{outcome.done} of {outcome.total} cases done, {outcome.failed} failed (each with its reason): {target}")
    return 0
