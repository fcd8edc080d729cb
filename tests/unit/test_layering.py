"""The import order of the house: each room may import only from rooms above it."""

import ast
from pathlib import Path

import pytest

SRC = Path(__file__).parents[2] / "src" / "colonnade"

#: One line per level, top to bottom, as in the plan of the house. Rooms on one line do not know each other.
LEVELS = (
    ("units", "errors"),
    ("schema", "catalogue"),
    ("case",),
    ("tissue", "laser"),
    ("photothermal",),
    ("calibration",),
    ("field",),
    ("healing",),
    ("safety",),
    ("aftercare",),
    ("planning",),
    ("delivery",),
    ("reporting", "exchange"),
    ("records",),
    ("workstation",),
    ("cli",),
)
LEVEL_OF = {room: i for i, rooms in enumerate(LEVELS) for room in rooms}

#: ``safety`` must work without the simulator: it knows less than its level would allow.
ONLY = {"safety": {"units", "errors", "schema", "catalogue", "safety"}}


def room_of(path: Path) -> str:
    first = path.relative_to(SRC).parts[0]
    return first.removesuffix(".py")


def imported_rooms(path: Path) -> set[str]:
    rooms = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names = [node.module or ""]
            if node.module == "colonnade":
                names = [f"colonnade.{alias.name}" for alias in node.names]
        else:
            continue
        rooms |= {n.split(".")[1] for n in names if n.startswith("colonnade.")}
    return rooms - {"__version__", "DISCLAIMER"}


FILES = [p for p in SRC.rglob("*.py") if p.name != "__init__.py" or p.parent != SRC]


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SRC)))
def test_imports_only_from_above(path):
    room = room_of(path)
    assert room in LEVEL_OF, f"{room} has no place in the plan of the house"
    for other in imported_rooms(path) - {room}:
        assert other in LEVEL_OF, f"{path} imports unknown room {other}"
        assert LEVEL_OF[other] < LEVEL_OF[room], f"{path}: {room} may not import {other}"
        if room in ONLY:
            assert other in ONLY[room], f"{path}: {room} may not import {other}"


def test_every_room_has_a_level():
    rooms = {p.name for p in SRC.iterdir() if p.is_dir() and p.name not in {"library", "__pycache__"}}
    assert rooms <= set(LEVEL_OF)
