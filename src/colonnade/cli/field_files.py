"""The pictures of ``colonnade field``: animation, three-dimensional view, coverage map, each a file of its own."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from colonnade.cli.output import Tell, note
from colonnade.errors import BadInput

if TYPE_CHECKING:
    from colonnade.field import Field
    from colonnade.photothermal import Lesion

#: What each picture may be called.
ENDINGS = {"animation": (".gif", ".png"), "view3d": (".html",), "coverage_map": (".svg", ".png")}


def wanted(**files: Path | None) -> dict[str, Path]:
    """The pictures asked for. Raises BadInput, before anything is computed, for names that cannot be written."""
    asked = {name: path for name, path in files.items() if path is not None}
    for name, path in asked.items():
        option = f"--{name.replace('_', '-')}"
        if path.suffix.lower() not in ENDINGS[name]:
            raise BadInput(
                option,
                given=f'"{path}"',
                allowed=f"a name that ends in {' or '.join(ENDINGS[name])}",
                todo="Rename it.",
            )
        if path.is_dir() or not path.absolute().parent.is_dir() or not os.access(path.absolute().parent, os.W_OK):
            raise BadInput(
                option,
                given=f'"{path}"',
                allowed="a file in a folder that exists and can be written",
                todo="Make the folder, or choose another.",
            )
    if len({path.absolute() for path in asked.values()}) < len(asked):
        raise BadInput("pictures", given="two of one name", allowed="names of their own", todo="Rename one.")
    return asked


def drawn(field: Field, lesion: Lesion, pictures: dict[str, Path], tell: Tell) -> dict[Path, bytes]:
    """Every picture asked for: where to write it, and what."""
    made: dict[Path, bytes] = {}
    if (path := pictures.get("coverage_map")) is not None:
        from colonnade.reporting.field_map import coverage_picture

        tell("pictures", 0.0, "coverage map")
        picture = coverage_picture(field, lesion)
        made[path] = picture.svg if path.suffix.lower() == ".svg" else picture.png
    if (path := pictures.get("view3d")) is not None:
        from colonnade.reporting.view3d import Placed, view3d

        tell("pictures", 0.5, "three-dimensional view")
        made[path] = view3d([Placed(field)], lesion).encode()
    if (path := pictures.get("animation")) is not None:
        from colonnade.reporting.field_film import film

        made[path] = film(field, kind="gif" if path.suffix.lower() == ".gif" else "png", progress=tell)
    return made


def write(pictures: dict[Path, bytes]) -> None:
    """Write each file whole or not at all."""
    for path, data in pictures.items():
        try:
            handle, partial = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.absolute().parent)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(data)
                os.chmod(partial, 0o644)
                os.replace(partial, path)
            except BaseException:
                Path(partial).unlink(missing_ok=True)
                raise
        except OSError as error:
            raise BadInput(
                "picture",
                given=f'"{path}" ({error.strerror})',
                allowed="a file that can be written",
                todo="Choose another.",
            ) from None
        note(f"Wrote {path}")
