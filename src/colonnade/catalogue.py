"""The only reader of ``library/``: devices, sites, indications, rules, protocols, measurements.

Every file states its schema; every value its source. An unknown id is refused with "did you mean".
"""

from __future__ import annotations

import functools
import hashlib
import tomllib
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

from colonnade.errors import BadInput, did_you_mean


def _folder(kind: str) -> Traversable:
    return resources.files("colonnade") / "library" / kind


@functools.cache
def ids(kind: str) -> tuple[str, ...]:
    """The ids of one kind (``"devices"``, ``"sites"``, ``"indications"``, ``"rules"``, …), sorted."""
    folder = _folder(kind)
    if not folder.is_dir():
        return ()
    return tuple(sorted(f.name[: -len(".toml")] for f in folder.iterdir() if f.name.endswith(".toml")))


@functools.cache
def _read(kind: str, name: str) -> str:
    return (_folder(kind) / f"{name}.toml").read_text(encoding="utf-8")


@functools.cache
def _parsed(kind: str, name: str) -> dict[str, Any]:
    return tomllib.loads(_read(kind, name))


def _copy(value: Any) -> Any:
    """A copy of what TOML holds: tables and lists are new, everything else cannot be changed anyway."""
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list) else value


def load(kind: str, name: str) -> dict[str, Any]:
    """One library file as plain data: parsed once, and a copy for each caller.

    Raises
    ------
    BadInput
        If there is no such id; the message proposes the nearest one.
    """
    known = ids(kind)
    if name not in known:
        raise BadInput(
            kind.rstrip("s"),
            given=f'"{name}"',
            allowed=f"one of the {len(known)} {kind} in the library",
            todo=f"{did_you_mean(name, known)} `colonnade list {kind}` shows them all.",
        )
    found: dict[str, Any] = _copy(_parsed(kind, name))
    return found


def text(kind: str, file_name: str) -> str:
    """A library file that is not TOML (a CSV of measurements, say), as text."""
    return (_folder(kind) / file_name).read_text(encoding="utf-8")


def sha256(kind: str, name: str) -> str:
    """SHA-256 of the library file: part of the provenance of every result that used it."""
    return hashlib.sha256(_read(kind, name).encode("utf-8")).hexdigest()
