"""Passwords, one-time codes and random tokens: plain functions, no rows.

Argon2id at the library's defaults (RFC 9106, second recommended profile: 64 MiB, 3 passes, 4 lanes); TOTP after RFC
6238 (30 s, six digits, one step either side). New passwords are held against zxcvbn's lists, which are in the package:
nothing is sent anywhere. Random tokens carry 256 bits and are stored as their SHA-256 only.
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import secrets
import threading
from typing import Final

import argon2
import pyotp

from colonnade.errors import BadInput
from colonnade.records.checking import storable

MIN_PASSWORD: Final = 12
MAX_PASSWORD: Final = 256
#: Guesses that a password must stand, as zxcvbn counts them: its highest class, for passwords whose slow hash was taken
#: away. Two well-known words and a number stay below.
MIN_GUESSES: Final = 1e10
#: Letters and digits that a password has beside the person's own names. Assumed.
MIN_BESIDE_NAMES: Final = 5
#: The estimate looks at this many characters; a longer password is at least as good as its beginning.
LOOKED_AT: Final = 72
#: A log-in takes 64 MiB: this many at once, the others wait.
_AT_ONCE = threading.Semaphore(4)
#: zxcvbn keeps what it was told about the person in one place for all threads.
_ESTIMATE = threading.Lock()
_HASHER = argon2.PasswordHasher()


@functools.cache
def _nobody() -> str:
    """Checked when there is no such account, so that the answer takes as long as for one that exists."""
    return _HASHER.hash(secrets.token_hex(16))


def check_password_rules(password: str, *about: str) -> str:
    """``password`` if it may be used; ``about`` are names it must not be made of. Raises BadInput."""

    def bad(given: str) -> BadInput:
        return BadInput(
            "password",
            given=given,
            allowed=f"{MIN_PASSWORD} to {MAX_PASSWORD} characters, nothing leaked, well known, or of your name",
            todo="Take four or five unrelated words.",
        )

    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise bad(f"{len(password)} characters")
    if not storable(password):
        raise bad("a character that cannot be typed everywhere")
    rest = password.casefold()
    for name in sorted((a.casefold() for a in about if len(a) >= 3), key=len, reverse=True):
        rest = rest.replace(name, "")
    # the estimate counts a repeated name as many guesses, though whoever tries names tries them twice as well
    if sum(c.isalnum() for c in rest) < MIN_BESIDE_NAMES:
        raise bad("a name with little else")
    if not _guesses(password[:LOOKED_AT], about) >= MIN_GUESSES:
        raise bad("one that is easy to guess")
    return password


def _guesses(password: str, about: tuple[str, ...]) -> float:
    """How many guesses somebody needs who knows leaked passwords, names, words, dates, key rows and ``about``."""
    from zxcvbn import zxcvbn

    with _ESTIMATE:
        return float(zxcvbn(password, user_inputs=about, max_length=LOOKED_AT)["guesses"])


def hash_password(password: str) -> str:
    """Argon2id hash, salt and parameters included."""
    with _AT_ONCE:
        return _HASHER.hash(password)


def password_fits(stored: str | None, password: str) -> bool:
    """Whether the password belongs to the hash; without a hash it takes as long and says no."""
    possible = len(password) <= MAX_PASSWORD and storable(password)
    with _AT_ONCE:
        try:
            fits = _HASHER.verify(stored or _nobody(), password if possible else "")
        except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
            return False
    return bool(fits) and possible and stored is not None


def needs_rehash(stored: str) -> bool:
    """Whether the hash was made with weaker parameters than today's."""
    return _HASHER.check_needs_rehash(stored)


def new_token() -> str:
    """A random token of 256 bits, for a URL or a header."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is stored of a token. It is random, so a plain hash is enough."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def new_totp_secret() -> str:
    """A secret for an authenticator (base32, 160 bits)."""
    return pyotp.random_base32()


def totp_address(secret: str, login: str) -> str:
    """The ``otpauth://`` address that an authenticator reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name="Colonnade")


def totp_step(secret: str, code: str, at: dt.datetime, *, after: int = -1) -> int | None:
    """The time step that ``code`` belongs to, now or one step either side; None if it fits none later than ``after``.

    ``after`` is the step of the last code that was accepted: a code is good once.
    """
    digits = code.replace(" ", "")
    if len(digits) != 6 or not digits.isascii() or not digits.isdigit():
        return None
    totp = pyotp.TOTP(secret)
    step = int(at.timestamp()) // totp.interval
    fits = [s for s in (step - 1, step, step + 1) if secrets.compare_digest(totp.generate_otp(s), digits)]
    later = [s for s in fits if s > after]
    return later[0] if later else None


def new_recovery_codes(count: int = 10) -> list[str]:
    """Codes to be written down, each good once: 80 bits, in four groups."""
    return ["-".join(secrets.token_hex(10)[i : i + 5] for i in range(0, 20, 5)) for _ in range(count)]
