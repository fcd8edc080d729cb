"""Files by their content: photographs, plans, signatures. Written whole or not at all, verified whenever they are read.

The name of a file is the SHA-256 of its content, so a file that was cut short, changed or swapped is noticed on the
next reading. With a key each file is sealed with AES-256-GCM; its name stays the hash of what is inside.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from colonnade.errors import BadInput
from colonnade.records.base import NotFound
from colonnade.records.folder import PRIVATE_FILE, PRIVATE_FOLDER, clear_errors, sync_folder, write_all, written_whole

SEALED = ".sealed"
NONCE_BYTES = 12
#: A temporary file this old belongs to a process that was killed [s]. Assumed: no upload takes a day.
ABANDONED_S = 86_400


class DamagedBlob(RuntimeError):
    """A stored file is not what was stored: cut short, changed, or sealed with another key."""


def make_key(path: Path) -> bytes:
    """A new key for sealing, written where nothing is yet. Who loses it loses every sealed file."""
    key = AESGCM.generate_key(256)
    with clear_errors("writing the key"):
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
        try:
            write_all(handle, key.hex().encode())
            os.fsync(handle)
        finally:
            os.close(handle)
        sync_folder(path.parent)
    return key


def read_key(path: Path) -> bytes:
    """The key in a file. Raises BadInput."""
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        key = b""
    if len(key) != 32:
        raise BadInput(
            f"key file {path.name}",
            given="a file that holds no key",
            allowed="64 hexadecimal digits",
            todo="Name the key file that was made for this data folder.",
        )
    return key


class BlobStore:
    """The store. It knows nothing of the database."""

    def __init__(self, root: Path, *, key: bytes | None = None) -> None:
        self.root = root
        self._cipher = AESGCM(key) if key else None

    def put(self, content: bytes) -> str:
        """Store ``content`` and give its SHA-256; when this returns, it is on the disk.

        Raises
        ------
        StorageTrouble
            If the disk is full or read-only; nothing is left behind.
        """
        name = hashlib.sha256(content).hexdigest()
        path = self._path(name, sealed=self._cipher is not None)
        if path.exists() and self._whole(name):
            return name
        data = content
        if self._cipher:
            nonce = secrets.token_bytes(NONCE_BYTES)
            data = nonce + self._cipher.encrypt(nonce, content, name.encode())
        with clear_errors("storing a file"):
            if not path.parent.is_dir():
                path.parent.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
                sync_folder(self.root)
            with written_whole(path) as handle:
                write_all(handle, data)
        return name

    def get(self, name: str) -> bytes:
        """The content, verified. Raises NotFound and DamagedBlob."""
        for sealed in (False, True):
            path = self._path(name, sealed=sealed)
            if path.is_file():
                with clear_errors("reading a file"):
                    return self._open(name, path.read_bytes(), sealed)
        raise NotFound(f"file {name} does not exist")

    def has(self, name: str) -> bool:
        """Whether there is such a file; it is not verified."""
        return any(self._path(name, sealed=s).is_file() for s in (False, True))

    def remove(self, name: str) -> None:
        """Erase a file: overwrite it once, then delete. What is not there is no error.

        On a solid-state disk or a journalling file system the old content may survive elsewhere: only encryption of
        the disk, or sealed files and a destroyed key, are sure.
        """
        for sealed in (False, True):
            path = self._path(name, sealed=sealed)
            if not path.is_file():
                continue
            with clear_errors("erasing a file"):
                handle = os.open(path, os.O_WRONLY)
                try:
                    write_all(handle, bytes(path.stat().st_size))
                    os.fsync(handle)
                finally:
                    os.close(handle)
                path.unlink()
                sync_folder(path.parent)

    def age_s(self, name: str) -> float:
        """Seconds since it was stored; 0 for what is not there."""
        found = [p for p in (self._path(name, sealed=s) for s in (False, True)) if p.is_file()]
        return max(0.0, time.time() - max(p.stat().st_mtime for p in found)) if found else 0.0

    def names(self) -> Iterator[str]:
        """All names, sorted. Other files in the folder are not named."""
        found = {p.name.removesuffix(SEALED) for p in self.root.glob("??/*") if p.is_file()}
        yield from sorted(n for n in found if re.fullmatch(r"[0-9a-f]{64}", n))

    def damaged(self) -> list[str]:
        """Names of files that are not what was stored. Reads everything."""
        return [name for name in self.names() if not self._whole(name)]

    def sweep(self, *, older_than_s: float = ABANDONED_S) -> int:
        """Delete what killed processes left half-written. Gives how many."""
        limit, count = time.time() - older_than_s, 0
        for path in self.root.glob("??/.partial-*"):
            if path.stat().st_mtime <= limit:
                path.unlink(missing_ok=True)
                count += 1
        return count

    def _whole(self, name: str) -> bool:
        try:
            self.get(name)
        except DamagedBlob:
            return False
        return True

    def _open(self, name: str, data: bytes, sealed: bool) -> bytes:
        if sealed:
            if self._cipher is None:
                raise DamagedBlob(f"file {name} is sealed, and no key was given")
            try:
                data = self._cipher.decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], name.encode())
            except (InvalidTag, ValueError):
                raise DamagedBlob(f"file {name} was changed, cut short, or sealed with another key") from None
        if hashlib.sha256(data).hexdigest() != name:
            raise DamagedBlob(f"file {name} is not what was stored: it was changed or cut short")
        return data

    def _path(self, name: str, *, sealed: bool) -> Path:
        # the only place where a name becomes a path
        if not re.fullmatch(r"[0-9a-f]{64}", name):
            raise NotFound("no file has such a name")
        return self.root / name[:2] / (name + (SEALED if sealed else ""))
