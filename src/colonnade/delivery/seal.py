"""Who approved a plan, and what seals a file: a SHA-256 always, an Ed25519 signature on top where there is a key."""

from __future__ import annotations

import base64
import binascii
import hashlib
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field, field_validator

from colonnade.errors import BadInput
from colonnade.schema import Model

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

#: What is signed begins with this, so that a signature made for another purpose never fits a shot file.
SIGNED_PREFIX = b"colonnade.shots/1 sha256 "


class Approval(Model):
    """A person's approval of one exact plan. Any edit of the plan changes its hash and voids the approval."""

    name: str = Field(min_length=2, max_length=200, title="Who approved")
    role: str = Field(min_length=2, max_length=200, title="In which role")
    when: str = Field(max_length=40, title="When, ISO 8601 with time zone")
    plan_sha256: str = Field(pattern=r"^[0-9a-f]{64}$", title="SHA-256 of the exact content that was approved")

    @field_validator("when")
    @classmethod
    def _has_zone(cls, value: str) -> str:
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise ValueError("a date and time in ISO 8601, e.g. 2026-11-22T10:00:00+00:00") from None
        if moment.tzinfo is None:
            raise ValueError("a date and time with its time zone, e.g. 2026-11-22T10:00:00+00:00")
        return value


def approval_gap(plan_sha256: str | None, approval: Approval | None) -> str | None:
    """Why a job does not count as approved, in words; None if it does."""
    if plan_sha256 is None:
        return "the job was made on the panel and belongs to no plan"
    if approval is None:
        return "nobody approved the plan"
    if approval.plan_sha256 != plan_sha256:
        return f"{approval.name} approved another content (hash {approval.plan_sha256[:12]}…), so the approval is void"
    return None


def sha256_hex(content: bytes) -> str:
    """SHA-256 of the canonical content, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def load_private_key(path: str | Path, password: bytes | None = None) -> Ed25519PrivateKey:
    """An Ed25519 key from a PEM file. Raises BadInput if it is not one."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(Path(path).read_bytes(), password)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise _bad_key(path, f"a file that holds no readable private key ({type(error).__name__})") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise _bad_key(path, f"a key of another kind ({type(key).__name__})")
    return key


def _bad_key(path: str | Path, given: str) -> BadInput:
    return BadInput(
        f"key {Path(path).name}",
        given=given,
        allowed="an Ed25519 private key in PEM (PKCS 8)",
        todo="Make one with `openssl genpkey -algorithm ed25519 -out key.pem`.",
    )


def public_key_of(key: Ed25519PrivateKey) -> str:
    """The raw public key [32 bytes] in base64: what a reader lists as trusted."""
    return base64.b64encode(key.public_key().public_bytes_raw()).decode()


def sign(key: Ed25519PrivateKey, sha256: str) -> str:
    """The signature over the content hash, in base64."""
    return base64.b64encode(key.sign(SIGNED_PREFIX + sha256.encode())).decode()


def verify(public_key: str, signature: str, sha256: str) -> bool:
    """Whether ``signature`` (base64) over ``sha256`` was made with ``public_key`` (base64)."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        raw = base64.b64decode(signature, validate=True)
        # the one text for these bytes: base64 has spare bits that would let two texts mean the same signature
        if base64.b64encode(raw).decode() != signature:
            return False
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key, validate=True))
        key.verify(raw, SIGNED_PREFIX + sha256.encode())
    except (InvalidSignature, ValueError, binascii.Error):
        return False
    return True
