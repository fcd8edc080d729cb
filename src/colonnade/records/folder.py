"""The data folder: what lies where, who may open it, and what is said when the disk does not take it.

colonnade.db      the database (SQLite; absent with PostgreSQL)
blobs/aa/<hash>   photographs, plans, signatures: content-addressed files
runs/             results of jobs (HDF5), which can be computed again
backups/          encrypted backups
keys/             keys of the clinic; never part of a backup
erased.jsonl      ids of erased patients, so that a restored older backup does not bring them back
folder.id         says which folder this is, so that a database never meets the files of another one
"""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from colonnade.errors import BadInput

PRIVATE_FOLDER, PRIVATE_FILE = 0o700, 0o600
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_CLOSED = (errno.EROFS, errno.EACCES, errno.EPERM)


class StorageTrouble(RuntimeError):
    """The disk is full, read-only or broken. Nothing of what was being saved was kept; the message says what to do."""


@contextlib.contextmanager
def clear_errors(what: str) -> Iterator[None]:
    """Turn errors of the disk into one clear sentence; ``what`` names what was being done, without a patient."""
    try:
        yield
    except OSError as error:
        raise trouble(what, error.errno, error.strerror or type(error).__name__) from error


def trouble(what: str, number: int | None, text: str) -> StorageTrouble:
    """The sentence for an error number of the operating system."""
    if number in _FULL:
        return StorageTrouble(f"{what}: the disk is full. Nothing was saved. Make room and try again.")
    if number in _CLOSED:
        return StorageTrouble(f"{what}: the data folder is read-only. Nothing was saved. Check its permissions.")
    return StorageTrouble(f"{what}: the disk did not take it ({text}). Nothing was saved. Check the disk.")


@dataclass(frozen=True)
class DataFolder:
    """The layout; ``open_folder`` makes it."""

    root: Path

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.root / "colonnade.db"

    @property
    def blobs(self) -> Path:
        """Content-addressed files."""
        return self.root / "blobs"

    @property
    def runs(self) -> Path:
        """Results of jobs."""
        return self.root / "runs"

    @property
    def backups(self) -> Path:
        """Encrypted backups."""
        return self.root / "backups"

    @property
    def keys(self) -> Path:
        """Keys of the clinic."""
        return self.root / "keys"

    @property
    def erased(self) -> Path:
        """Ids of erased patients."""
        return self.root / "erased.jsonl"

    @property
    def lock_file(self) -> Path:
        """Held by the one server of this folder."""
        return self.root / "server.lock"


def open_folder(path: str | Path) -> DataFolder:
    """Make the data folder where it is missing, for this user only, and see that it can be written.

    Raises
    ------
    BadInput
        If it is a file, cannot be made, or cannot be written.
    """
    folder = DataFolder(Path(path).expanduser().absolute())
    try:
        for each in (folder.root, folder.blobs, folder.runs, folder.backups, folder.keys):
            each.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
            each.chmod(PRIVATE_FOLDER)
        with tempfile.TemporaryFile(dir=folder.root) as probe:
            probe.write(b"x" * 4096)
            probe.flush()
            os.fsync(probe.fileno())
    except OSError as error:
        reason = str(trouble("opening it", error.errno, error.strerror or type(error).__name__))
        raise BadInput(
            f"data folder {folder.root}",
            given=reason.partition(": ")[2].partition(". ")[0],
            allowed="a folder that you may write, on a local disk with room",
            todo="Choose another folder, or correct its permissions.",
        ) from None
    return folder


@contextlib.contextmanager
def serving(folder: DataFolder, *, shared: bool = False) -> Iterator[None]:
    """Hold the folder as its one server. The operating system lets go of it when the process ends, however it ends.

    With ``shared`` other servers may hold it as well, if they share it too: those of one PostgreSQL database. Windows
    has no such lock; there it is held alone in any case.

    Raises
    ------
    BadInput
        If another server holds it.
    """
    with clear_errors("locking the data folder"):
        handle = os.open(folder.lock_file, os.O_RDWR | os.O_CREAT, PRIVATE_FILE)
    try:
        if not _lock(handle, shared):
            other = os.pread(handle, 20, 0).decode("ascii", "replace").strip() if hasattr(os, "pread") else ""
            raise BadInput(
                f"data folder {folder.root}",
                given=f"a folder that another server holds{f' (process {other})' if other else ''}",
                allowed="one server on a data folder",
                todo="Use the server that runs, or stop it first.",
            )
        os.ftruncate(handle, 0)
        os.write(handle, str(os.getpid()).encode())
        yield
    finally:
        os.close(handle)


def _lock(handle: int, shared: bool) -> bool:
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        try:
            # beyond the number of the process, which others may read
            os.lseek(handle, 1 << 20, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        except OSError:
            return False
        finally:
            os.lseek(handle, 0, os.SEEK_SET)
        return True
    try:
        fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextlib.contextmanager
def written_whole(path: Path) -> Iterator[int]:
    """A file that appears under ``path`` whole or not at all, and stays after a power cut; yields its descriptor."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".partial-")
    try:
        yield handle
        os.fsync(handle)
        os.close(handle)
        handle = -1
        os.replace(name, path)
        sync_folder(path.parent)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
    finally:
        if handle >= 0:
            os.close(handle)


def sync_folder(path: Path) -> None:
    """Make a rename inside ``path`` survive a power cut."""
    if os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_all(handle: int, data: bytes | memoryview) -> None:
    """Write everything; ``os.write`` may take less."""
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]
