"""The output folder: built beside its place and moved there whole, so that nothing is ever half-written."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from colonnade.errors import BadInput

#: What Colonnade writes into an output folder. A folder that holds anything else is never replaced.
OURS = re.compile(
    r"(plan|lesion|field)\.json|report\.(html|pdf)|figures|(lesion|fields)\.(h5|vtk|csv)|profile\.csv"
    r"|leaflet(-large)?\.[\w-]+\.(pdf|html)|aftercare(-differences)?\.(ics|pdf)|careplan(\.fhir)?\.json"
    r"|(checklist|consent|emergency|test-spot)\.pdf|(papers|comparison|translation|conversion)\.html|[\w-]+\.(svg|png)"
)


def usable(out: Path) -> None:
    """Refuse, before anything is computed, a folder that could not be written or that is not ours to replace.

    Raises
    ------
    BadInput
        If ``out`` is a file, lies below a file, is not writable, or holds files that Colonnade did not write.
    """
    if out.exists() and not out.is_dir():
        raise _bad(out, "which is a file", "a folder")
    if out.is_symlink():
        raise _bad(out, "which is a symbolic link", "a folder")
    above = _nearest(out)
    if not above.is_dir() or not os.access(above, os.W_OK | os.X_OK):
        raise _bad(out, f'below "{above}", which cannot be written', "a folder that can be written")
    foreign = sorted(p.name for p in out.iterdir() if not OURS.fullmatch(p.name)) if out.is_dir() else []
    if foreign:
        shown = ", ".join(foreign[:3]) + (" …" if len(foreign) > 3 else "")
        raise _bad(out, f"which holds other files ({shown})", "a new or empty folder, or an earlier output")


@contextlib.contextmanager
def whole(out: Path) -> Iterator[Path]:
    """A temporary folder beside ``out``; moved into its place if the block ends well, removed if not.

    Raises
    ------
    BadInput
        If ``out`` cannot be used (see :func:`usable`) or the disk refuses.
    """
    usable(out)
    out = Path(os.path.abspath(out))
    try:
        work = Path(tempfile.mkdtemp(prefix=f".{out.name}.partial-", dir=_nearest(out.parent)))
    except OSError as error:
        raise _bad(out, f"which cannot be written ({error.strerror})", "a folder that can be written") from None
    try:
        yield work
        work.chmod(0o755)
        _move(work, out)
    except OSError as error:
        raise _bad(out, f"which could not be written ({error.strerror})", "a folder with space left") from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _move(work: Path, out: Path) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    if not out.exists():
        work.rename(out)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{out.name}.old-", dir=out.parent))
    try:
        # both renames are atomic; if the second fails the earlier output goes back to its place
        out.rename(old / "out")
        try:
            work.rename(out)
        except OSError:
            (old / "out").rename(out)
            raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


def _nearest(path: Path) -> Path:
    """The nearest existing ancestor, or the path itself."""
    path = Path(os.path.abspath(path))
    while not path.exists():
        path = path.parent
    return path


def _bad(out: Path, given: str, allowed: str) -> BadInput:
    return BadInput("--out", given=f'"{out}", {given}', allowed=allowed, todo="Choose another folder.")
