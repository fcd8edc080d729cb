"""A sealed stream: a file encrypted under a passphrase, in pieces, so that it can be of any size.

    line 1   JSON: format, scrypt parameters, salt, and what may be known without the passphrase
    pieces   4 bytes length (big endian), then AES-256-GCM of up to 1 MiB

The nonce of a piece is its number; the additional data is the SHA-256 of line 1 and whether the piece is the last. So
no piece can be changed, dropped, doubled, moved or taken from another file, and the end cannot be cut off, unseen. The
key is drawn anew for every file by its salt, so that a nonce is never used twice under one key.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping
from typing import IO, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from colonnade.errors import BadInput

PIECE = 1 << 20
MIN_PASSPHRASE = 12
#: scrypt at 128 MiB (RFC 7914 names the function; cost after the guidance for files: about a second on a desktop).
COST = {"n": 1 << 17, "r": 8, "p": 1}
#: A file that asks for more is refused before memory is taken.
MAX_N, MAX_R, MAX_P = 1 << 20, 16, 4
MAX_HEADER = 65_536


class Damaged(RuntimeError):
    """The file is not whole, was changed, or the passphrase is wrong: these cannot be told apart."""


def check_passphrase(passphrase: str) -> str:
    """``passphrase`` if it is long enough. Raises BadInput."""
    if len(passphrase) < MIN_PASSPHRASE:
        raise BadInput(
            "passphrase",
            given=f"{len(passphrase)} characters",
            allowed=f"at least {MIN_PASSPHRASE}",
            todo="Take five or six unrelated words, and keep them apart from the backup.",
        )
    return passphrase


def _key(passphrase: str, header: Mapping[str, Any]) -> bytes:
    n, r, p = (header["scrypt"][name] for name in "nrp")
    if not (2 <= n <= MAX_N and 1 <= r <= MAX_R and 1 <= p <= MAX_P and n & (n - 1) == 0):
        raise Damaged("the parameters of the key are outside what this version accepts")
    salt = bytes.fromhex(header["salt"])
    return Scrypt(salt=salt, length=32, n=n, r=r, p=p).derive(passphrase.encode())


class SealedWriter:
    """Write-only file object; ``close`` writes the last piece. Without it the file is not whole, and says so."""

    def __init__(
        self, out: IO[bytes], passphrase: str, open_header: Mapping[str, Any], *, cost: Mapping[str, int] | None = None
    ) -> None:
        header = {**open_header, "scrypt": dict(cost or COST), "salt": secrets.token_hex(32)}
        line = json.dumps(header, sort_keys=True).encode() + b"\n"
        self._out, self._buffer, self._number = out, bytearray(), 0
        self._cipher = AESGCM(_key(check_passphrase(passphrase), header))
        self._bound = hashlib.sha256(line).digest()
        out.write(line)

    def write(self, data: bytes) -> int:
        """Take ``data``; whole pieces are written."""
        self._buffer += data
        while len(self._buffer) > PIECE:
            self._piece(bytes(self._buffer[:PIECE]), last=False)
            del self._buffer[:PIECE]
        return len(data)

    def close(self) -> None:
        """Write what is left, marked as the last piece."""
        self._piece(bytes(self._buffer), last=True)
        self._buffer.clear()

    def _piece(self, plain: bytes, *, last: bool) -> None:
        sealed = self._cipher.encrypt(_nonce(self._number), plain, self._bound + (b"\1" if last else b"\0"))
        self._out.write(len(sealed).to_bytes(4, "big") + sealed)
        self._number += 1


class SealedReader:
    """Read-only file object over the plain content; each piece is verified before any of it is given out."""

    def __init__(self, source: IO[bytes], passphrase: str) -> None:
        line, self.header = read_header(source)
        self._cipher = AESGCM(_key(passphrase, self.header))
        self._bound = hashlib.sha256(line).digest()
        self._pieces = self._plain(source)
        self._rest = b""

    def read(self, size: int = -1) -> bytes:
        """Up to ``size`` bytes; fewer only at the end. Raises Damaged."""
        parts, got = [self._rest], len(self._rest)
        while size < 0 or got < size:
            piece = next(self._pieces, None)
            if piece is None:
                break
            parts.append(piece)
            got += len(piece)
        whole = b"".join(parts)
        if size < 0:
            size = len(whole)
        self._rest = whole[size:]
        return whole[:size]

    def _plain(self, source: IO[bytes]) -> Iterator[bytes]:
        number = 0
        while True:
            length = int.from_bytes(_exactly(source, 4), "big")
            if not 16 <= length <= PIECE + 16:
                raise Damaged("the file was changed")
            sealed = _exactly(source, length)
            plain, last = self._open(number, sealed)
            number += 1
            yield plain
            if last:
                if source.read(1):
                    raise Damaged("something follows the end of the file")
                return

    def _open(self, number: int, sealed: bytes) -> tuple[bytes, bool]:
        for last in (False, True):
            try:
                plain = self._cipher.decrypt(_nonce(number), sealed, self._bound + (b"\1" if last else b"\0"))
            except InvalidTag:
                continue
            return plain, last
        raise Damaged("the file was changed, or the passphrase is wrong")


def read_header(source: IO[bytes]) -> tuple[bytes, dict[str, Any]]:
    """The first line, raw and read. Raises Damaged."""
    line = source.readline(MAX_HEADER)
    try:
        header = json.loads(line)
        wanted = {"format": str, "salt": str, "scrypt": dict}
        good = line.endswith(b"\n") and all(isinstance(header[k], t) for k, t in wanted.items())
        good = good and all(isinstance(header["scrypt"][k], int) for k in "nrp") and bool(bytes.fromhex(header["salt"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        good = False
    if not good:
        raise Damaged("this is no sealed file, or its first line is not whole")
    return line, header


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")


def _exactly(source: IO[bytes], size: int) -> bytes:
    data = source.read(size)
    if len(data) != size:
        raise Damaged("the file is not whole: its end is missing")
    return data
