"""What a command prints: the result on stdout, everything else on stderr."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Protocol

import typer

Json = Annotated[bool, typer.Option("--json", help="Print exactly one JSON object on stdout, also for errors.")]
Debug = Annotated[bool, typer.Option("--debug", help="On an internal error, print the traceback.")]

#: What takes less than this needs no progress beyond its first line.
SHORT_S = 1.0
#: Plain progress prints at least every tenth of the way, and again when nothing was said for this long.
SILENCE_S = 5.0


class Tell(Protocol):
    """How a long computation says where it is: the stage, the share of it that is done (0 to 1), and in words."""

    def __call__(self, stage: str, done: float, text: str) -> None: ...


def say(text: str, *, style: str | None = None) -> None:
    """One line of the result, on stdout. A reader that has gone away (``| head``) is no error."""
    try:
        if style and sys.stdout.isatty() and not os.environ.get("NO_COLOR"):
            from rich.console import Console

            Console(highlight=False, soft_wrap=True).print(text, style=style, markup=False)
        else:
            print(text)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def note(text: str) -> None:
    """One line for the person who watches, on stderr."""
    print(text, file=sys.stderr, flush=True)


def say_json(data: Mapping[str, Any]) -> None:
    """The one JSON object. A NaN in it is a defect and raises ValueError."""
    ascii_only = "utf" not in (sys.stdout.encoding or "").lower()
    say(json.dumps(data, indent=1, ensure_ascii=ascii_only, allow_nan=False))


def say_lines(lines: Iterable[str]) -> None:
    """The result for people."""
    for line in lines:
        say(line)


@contextlib.contextmanager
def progress(title: str) -> Iterator[Tell]:
    """A bar on a terminal, plain lines elsewhere; both on stderr. Yields the function to report to."""
    if not sys.stderr.isatty():
        yield _PlainProgress(title)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)

        def tell(stage: str, done: float, text: str) -> None:
            bar.update(task, total=1.0, completed=min(max(done, 0.0), 1.0), description=f"{stage}: {text}")

        yield tell


class _PlainProgress:
    """One line when a stage begins, then at most one per tenth of it or after a silence."""

    def __init__(self, title: str) -> None:
        note(title)
        self._begun = self._last = time.monotonic()
        self._stage, self._tenth = "", 0

    def __call__(self, stage: str, done: float, text: str) -> None:
        tenth, now = int(10 * done + 1e-9), time.monotonic()
        if now - self._begun < SHORT_S or (
            stage == self._stage and tenth <= self._tenth and now - self._last < SILENCE_S
        ):
            return
        note(f"  {stage} {100 * done:3.0f} %  {text}")
        self._stage, self._tenth, self._last = stage, tenth, now


def number(value: float | None) -> str:
    """Three significant digits without an exponent where people read; a dash for what is not there."""
    if value is None:
        return "–"
    if value == 0 or 0.001 <= abs(value) < 1e6:
        digits = 3 if abs(value) < 1000 else len(str(int(abs(value))))
        text = f"{value:.{digits}g}"
        return text if "e" not in text else f"{value:.0f}"
    return f"{value:.2e}"


def quantity(name: str, value: float | str | None) -> str:
    """``quantity("crater_depth_um", 412.3) == "412 µm"``: the value with the unit that its name carries."""
    from colonnade.units import pretty, unit_of

    if isinstance(value, str):
        return value
    unit = unit_of(name)
    return f"{number(value)} {pretty(unit)}" if unit and value is not None else number(value)


def words(name: str) -> str:
    """A name without its unit, as words: ``words("crater_depth_um") == "crater depth"``."""
    from colonnade.units import unit_of

    unit = unit_of(name)
    return (name.removesuffix(f"_{unit}") if unit else name).replace("_", " ")


def table(rows: Iterable[tuple[str, ...]]) -> list[str]:
    """Rows as lines with aligned columns."""
    every = list(rows)
    if not every:
        return []
    widths = [max(len(row[i]) for row in every) for i in range(len(every[0]))]
    return ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in every]
