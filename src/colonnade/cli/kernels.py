"""Saying that the kernels compile, which happens once per machine and version."""

from __future__ import annotations

import os
from pathlib import Path

from colonnade.cli.output import note

#: `colonnade simulate` with an empty cache less the same with a full one, on two cores of a shared machine.
ABOUT_S = 20


def say_if_compiling() -> None:
    """One sentence on stderr if Numba's cache holds nothing of the solver yet."""
    if not _cached():
        note(f"Compiling kernels (once, about {ABOUT_S} s)")


def _cached() -> bool:
    import colonnade.photothermal  # decides where the cache lives

    elsewhere = os.environ.get("NUMBA_CACHE_DIR")
    if elsewhere:
        return any(Path(elsewhere).glob("photothermal_*/*.nbi"))
    return any((Path(colonnade.photothermal.__file__).parent / "__pycache__").glob("*.nbi"))
