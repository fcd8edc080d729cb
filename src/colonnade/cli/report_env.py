"""``colonnade report-env``: what a bug report needs, and nothing that names a person or a machine."""

from __future__ import annotations

import hashlib
import os
import platform
from importlib import metadata
from typing import Any

from colonnade import __version__, catalogue
from colonnade.cli.output import Debug, Json, say_json, say_lines
from colonnade.cli.show import KINDS

EXAMPLE = "colonnade report-env --json"
PACKAGES = ("numpy", "scipy", "numba", "llvmlite", "pydantic", "h5py", "platformdirs", "typer", "rich")
REPORT_EXTRA = ("matplotlib", "jinja2", "typst")


def command(as_json: Json = False, debug: Debug = False) -> None:
    """Print versions and processor for a bug report."""
    data = _environment()
    if as_json:
        say_json(data)
        return
    say_lines(f"{key}: {value}" for key, value in data.items() if not isinstance(value, dict))
    say_lines(f"{name}: {version}" for name, version in data["packages"].items())


def _environment() -> dict[str, Any]:
    return {
        "colonnade": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "processor": _processor(),
        "cores": os.cpu_count(),
        "library_sha256": _library_sha256(),
        "packages": {name: _version(name) for name in (*PACKAGES, *REPORT_EXTRA)},
    }


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [line.partition(":")[2].strip() for line in file if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or "unknown"


def _library_sha256() -> str:
    """One hash over every library file that has an id."""
    every = [f"{kind}/{name} {catalogue.sha256(kind, name)}" for kind in KINDS for name in catalogue.ids(kind)]
    return hashlib.sha256("\n".join(every).encode()).hexdigest()
