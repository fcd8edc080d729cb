"""What every benchmark says first: processor, load, versions. Times are CPU seconds of one process, medians of runs."""

from __future__ import annotations

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


def put(path: Path, name: str, lines: list[str]) -> None:
    """Replace what stands between ``<!-- name -->`` and ``<!-- /name -->`` in a Markdown file: no figure is typed."""
    text = path.read_text(encoding="utf-8")
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    before, rest = text.split(begin)
    after = rest.split(end)[1]
    path.write_text("\n".join([before + begin, *lines, end + after]), encoding="utf-8")
