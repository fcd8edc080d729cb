"""Text of a shot file: the one way to write it and the one way to read it. Grammar: ``docs/file-formats/shots.md``."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from colonnade.delivery.seal import public_key_of, sha256_hex, sign, verify
from colonnade.delivery.shots import (
    MAX_BYTES,
    MAX_HEADER_BYTES,
    NOTICE,
    SCHEMA,
    Ints,
    Pulse,
    SealedShots,
    ShotFile,
    ShotHeader,
    Stamp,
    check_counts,
)
from colonnade.errors import BadInput
from colonnade.schema import read

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


# --- writing -----------------------------------------------------------------------------------------------


def _render_body(shots: ShotFile) -> str:
    parts = []
    for number, pulse in enumerate(shots.pulses, 1):
        parts.append(
            f"PULSE {number} power_mW={pulse.power_mW} on_us={pulse.on_us} train={pulse.train} "
            f"train_period_us={pulse.train_period_us} stack={pulse.stack} "
            f"stack_interval_us={pulse.stack_interval_us}\n"
        )
    for number, stamp in enumerate(shots.stamps, 1):
        parts.append(f"STAMP {number} {stamp.line()}\n")
        parts.append("%d %d %d %d\n" * len(stamp.columns) % tuple(stamp.columns.ravel().tolist()))
    return "".join(parts)


def render_content(shots: ShotFile) -> bytes:
    """The canonical content: everything above the seal."""
    header = json.dumps(shots.header.model_dump(mode="json", by_alias=True), indent=1, ensure_ascii=False)
    return f"{SCHEMA}\n{NOTICE}\nHEADER\n{header}\nBODY\n{_render_body(shots)}".encode()


def render(shots: ShotFile, *, key: Ed25519PrivateKey | None = None) -> bytes:
    """The file as bytes, sealed with its SHA-256 and, with ``key``, an Ed25519 signature over that hash."""
    check_counts(shots)
    content = render_content(shots)
    sha = sha256_hex(content)
    seal = f"SHA256 {sha}\n"
    if key is not None:
        seal += f"SIGNATURE ed25519 {public_key_of(key)} {sign(key, sha)}\n"
    return content + seal.encode() + b"END\n"


def write(shots: ShotFile, path: str | Path, *, key: Ed25519PrivateKey | None = None) -> str:
    """Write the file, read it back, compare; returns its SHA-256.

    Raises
    ------
    BadInput
        If counts contradict the header, or the text read back does not equal ``shots``.
    """
    data = render(shots, key=key)
    back = parse(data, origin=Path(path).name)
    if back.file != shots:
        raise BadInput(
            f"shot file {Path(path).name}",
            given="content that does not survive writing and reading",
            allowed="whole numbers within the bounds of the format",
            todo="Report this: the file was not written.",
        )
    Path(path).write_bytes(data)
    return back.sha256


# --- reading -----------------------------------------------------------------------------------------------

_NUM = r"(-?(?:0|[1-9]\d{0,11}))"
_PULSE = re.compile(
    rf"PULSE {_NUM} power_mW={_NUM} on_us={_NUM} train={_NUM} train_period_us={_NUM} "
    rf"stack={_NUM} stack_interval_us={_NUM}"
)
_STAMP = re.compile(
    rf"STAMP {_NUM} zone={_NUM} pass={_NUM} x_um={_NUM} y_um={_NUM} turn_mdeg={_NUM} delay_us={_NUM} columns={_NUM}"
)
_SEAL = re.compile(
    r"SHA256 ([0-9a-f]{64})\n(?:SIGNATURE ed25519 ([A-Za-z0-9+/=]{44}) ([A-Za-z0-9+/=]{88})\n)?END\n", re.ASCII
)


def read_file(path: str | Path, *, trusted: Collection[str] = ()) -> SealedShots:
    """Read a shot file from disk; ``trusted`` lists public keys (base64). Raises BadInput on anything amiss."""
    path = Path(path)
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise OSError("not a file")
        if size > MAX_BYTES:
            raise _bad(path.name, f"a file of {size / 1e6:.0f} MB", f"at most {MAX_BYTES / 1e6:.0f} MB")
        data = path.read_bytes()
    except OSError as error:
        raise _bad(path.name, f"a path that cannot be read ({error})", "an existing shot file") from None
    sealed = parse(data, origin=path.name, trusted=trusted)
    return SealedShots(sealed.file, sealed.sha256, sealed.signer, sealed.trusted, path)


def parse(data: bytes, *, origin: str = "shot file", trusted: Collection[str] = ()) -> SealedShots:
    """Read a shot file from bytes. Raises BadInput on anything amiss; nothing is repaired or guessed."""
    if len(data) > MAX_BYTES:
        raise _bad(origin, f"{len(data) / 1e6:.0f} MB", f"at most {MAX_BYTES / 1e6:.0f} MB")
    _check_first_line(data[:80], origin)
    at = data.rfind(b"\nSHA256 ") + 1
    seal = _SEAL.fullmatch(data[at:].decode("ascii", "replace")) if at else None
    if seal is None:
        raise _bad(origin, "a file that does not end in its seal", "SHA256, SIGNATURE (if signed) and END lines", _CUT)
    content, (sha, public, signature) = data[:at], seal.groups()
    if sha256_hex(content) != sha:
        raise _bad(origin, "content whose SHA-256 differs from the one in the file", "unchanged content", _EDITED)
    if public is not None and not verify(public, signature, sha):
        raise _bad(origin, "a signature that does not fit the content", "a valid Ed25519 signature", _EDITED)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise _bad(origin, "bytes that are not UTF-8", "UTF-8 text") from None
    shots = _parse_content(text, origin)
    return SealedShots(shots, sha, public, public is not None and public in trusted)


_CUT = "The file is truncated or something was added to it; export it again."
_EDITED = "The file was changed after it was written; export it again."


def _bad(origin: str, given: str, allowed: str, todo: str = "Export it again with `colonnade export`.") -> BadInput:
    return BadInput(f"shot file {origin}", given=given, allowed=allowed, todo=todo)


def _check_first_line(head: bytes, origin: str) -> None:
    first = head.split(b"\n", 1)[0]
    if first == SCHEMA.encode():
        return
    version = re.fullmatch(rb"colonnade\.shots/(\d{1,6})", first)
    if version and int(version[1]) > 1:
        raise _bad(
            origin,
            f"version {int(version[1])} of the format",
            f'"{SCHEMA}"',
            "Update Colonnade to read this newer file.",
        )
    raise _bad(origin, f"a first line that reads {first[:40]!r}", f'"{SCHEMA}"', "This is not a shot file.")


def _parse_content(text: str, origin: str) -> ShotFile:
    frame = re.compile(rf"{re.escape(SCHEMA)}\n{re.escape(NOTICE)}\nHEADER\n(.*?\n\}})\nBODY\n", re.DOTALL)
    top = frame.match(text[: MAX_HEADER_BYTES + 1000])
    if top is None:
        raise _bad(
            origin,
            "a top without the notice, HEADER or BODY lines (or a header above 1 MB)",
            f'the lines "{SCHEMA}", "{NOTICE[:40]}…", HEADER, the header, BODY',
        )
    header = read(ShotHeader, _header_json(top[1], origin), origin=f"shot file {origin}: header")
    body = text[top.end() :]
    pulses, stamps = _parse_body(body, header, origin)
    shots = ShotFile(header, pulses, stamps)
    if _render_body(shots) != body:
        raise _bad(
            origin, "numbers in another spelling than the format's", "the one spelling of docs/file-formats/shots.md"
        )
    check_counts(shots, origin)
    return shots


def _header_json(text: str, origin: str) -> Any:
    def no_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({k for k, _ in pairs}) != len(pairs):
            raise ValueError("a key stands twice")
        return dict(pairs)

    try:
        return json.loads(text, object_pairs_hook=no_twice)
    except (ValueError, RecursionError) as error:
        raise _bad(origin, f"a header that is not JSON ({error})", "one JSON object") from None


def _parse_body(body: str, header: ShotHeader, origin: str) -> tuple[tuple[Pulse, ...], tuple[Stamp, ...]]:
    lines = body.split("\n")
    if lines.pop() != "" or len(lines) != header.pulses + header.stamps + header.columns:
        raise _bad(
            origin,
            f"{len(lines)} lines of body",
            f"{header.pulses} pulses, {header.stamps} stamps and {header.columns} columns as the header says",
            _CUT,
        )
    pulses: list[Pulse] = []
    for number, line in enumerate(lines[: header.pulses], 1):
        found = _PULSE.fullmatch(line)
        if found is None or int(found[1]) != number:
            raise _bad(origin, f"body line {number}: {line[:60]!r}", f"PULSE {number} with its six values")
        pulses.append(Pulse(*(int(v) for v in found.groups()[1:])))
    stamps: list[Stamp] = []
    at = header.pulses
    while at < len(lines):
        found = _STAMP.fullmatch(lines[at])
        if found is None or int(found[1]) != len(stamps) + 1:
            raise _bad(
                origin, f"body line {at + 1}: {lines[at][:60]!r}", f"STAMP {len(stamps) + 1} with its seven values"
            )
        zone, pass_, x, y, turn, delay, count = (int(v) for v in found.groups()[1:])
        rows = lines[at + 1 : at + 1 + count] if count > 0 else []
        stamps.append(Stamp(zone, pass_, x, y, turn, delay, _columns(rows, count, at, origin)))
        at += 1 + len(rows)
    return tuple(pulses), tuple(stamps)


def _columns(rows: list[str], count: int, at: int, origin: str) -> Ints:
    try:
        # a line of 60 characters holds four numbers within bounds; longer ones are not worth parsing
        if len(rows) != count or count < 1 or max(map(len, rows)) > 60:
            raise ValueError
        return np.array(list(map(int, " ".join(rows).split(" "))), dtype=np.int64).reshape(count, 4)
    except (ValueError, OverflowError):
        raise _bad(
            origin,
            f"a column block below body line {at + 1} that cannot be read",
            f"{count} lines of four whole numbers",
        ) from None
