"""Saying that the kernels compile, which happens once per machine and version."""

from __future__ import annotations

import os
from pathlib import Path

from colonnade.cli.output import note

#: From a cold cache to the first result of `colonnade simulate`, two cores of a cloud machine.
ABOUT_S = 30


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
