"""What every benchmark says first: processor, load, versions. Times are CPU seconds of one process, medians of runs."""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def machine() -> str:
    """Processor, cores, load average, Python: timings mean nothing without them."""
    name = platform.processor() or "unknown processor"
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                name = line.partition(":")[2].strip()
                break
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return f"{name}, {os.cpu_count()} cores{load}, Python {platform.python_version()}"


def wanted(doc: str | None, example: str, **more: dict[str, Any]) -> argparse.Namespace:
    """What was asked of a benchmark: ``--write``, ``--quick`` and ``more`` options by name; help with an example."""
    parser = argparse.ArgumentParser(
        description=(doc or "").strip(), epilog=f"Example:\n  {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("--write", action="store_true", help="put the figures into benchmarks/README.md")
    parser.add_argument("--quick", action="store_true", help="the smallest setting: whether it runs; quote nothing")
    for name, about in more.items():
        parser.add_argument(f"--{name}", **about)
    found = parser.parse_args()
    if found.write and found.quick:
        parser.error("--write with --quick: a quick run gives no figure to quote")
    return found


def cpu_seconds(call: Callable[[], Any], runs: int = 5) -> tuple[float, float, float, Any]:
    """(median, least, most) CPU seconds of ``runs`` calls after one warm-up, and the last result."""
    call()
    taken = []
    result: Any = None
    for _ in range(runs):
        start = time.process_time()
        result = call()
        taken.append(time.process_time() - start)
    return statistics.median(taken), min(taken), max(taken), result


README = Path(__file__).parent / "README.md"


def quoted(name: str, sentence: str, write: bool) -> None:
    """Print the one line that may be quoted; with ``write`` also into README.md between the marks of ``name``."""
    print(f"quote: {sentence}")
    if write:
        put(README, name, [sentence])


def put(path: Path, name: str, lines: list[str]) -> None:
    """Replace what stands between ``<!-- name -->`` and ``<!-- /name -->`` in a Markdown file: no figure is typed."""
    text = path.read_text(encoding="utf-8")
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    before, rest = text.split(begin)
    after = rest.split(end)[1]
    path.write_text("\n".join([before + begin, *lines, end + after]), encoding="utf-8")
