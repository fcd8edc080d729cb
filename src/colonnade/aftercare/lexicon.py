"""The lists of words that triage knows, and how a word may be written: accents, vowel signs, prefixes, slips.

The lists themselves are data: ``library/triage/alarm-words.toml``.
"""

from __future__ import annotations

import functools
import re
import tomllib
import unicodedata
from dataclasses import dataclass
from typing import Any

from colonnade import catalogue

_ARABIC = str.maketrans({"أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ة": "ه", "ؤ": "و", "ئ": "ي", "ـ": None})
_ELISION = re.compile(r"\b(qu|[jldnsmtc])['’](?=\w)")


@dataclass(frozen=True)
class Pattern:
    """A sign in one language: parts that must all occur in a clause."""

    sign: str
    language: str
    parts: tuple[tuple[tuple[str, ...], ...], ...]
    """Parts that must all occur; each a choice between phrases; each phrase a run of words."""


@dataclass(frozen=True)
class Lists:
    """Every list of the file, in the forms that a text is compared with."""

    latin: tuple[Pattern, ...]
    han: tuple[tuple[str, tuple[tuple[str, ...], ...]], ...]
    harmless: frozenset[str]
    harmless_han: tuple[str, ...]
    transparent: frozenset[str]
    negations: frozenset[str]
    voided: frozenset[str]
    carries_on: frozenset[str]
    zh: dict[str, tuple[str, ...]]


def normalise(text: str) -> str:
    """Lower case without accents, Arabic vowel signs or letter variants; digits of any script become 0 to 9."""
    text = unicodedata.normalize("NFKC", text).casefold().translate(_ARABIC).replace("’", "'")
    text = _ELISION.sub(r"\1 ", text).replace("'", "").replace("can not", "cannot")
    out = []
    for char in unicodedata.normalize("NFD", text):
        if unicodedata.category(char) in ("Mn", "Cf"):
            continue
        digit = unicodedata.digit(char, None)
        out.append(char if digit is None else str(digit))
    return unicodedata.normalize("NFC", "".join(out))


@functools.cache
def lists() -> Lists:
    """The lists of the library, read once."""
    data: dict[str, Any] = tomllib.loads(catalogue.text("triage", "alarm-words.toml"))
    latin, han = [], []
    for sign, by_language in data["words"].items():
        for language, patterns in by_language.items():
            for pattern in patterns:
                if language == "zh":
                    han.append((sign, tuple(tuple(p.split("|")) for p in pattern.replace(" ", "").split("+"))))
                else:
                    latin.append(Pattern(sign, language, _parts(pattern)))
    negation = data["negation"]
    return Lists(
        latin=tuple(latin),
        han=tuple(han),
        harmless=frozenset(normalise(" ".join(data["benign"][k] for k in ("en", "es", "fr", "ar"))).split()),
        harmless_han=tuple(sorted(data["benign"]["zh"], key=len, reverse=True)),
        transparent=frozenset(normalise(data["transparent"]["words"]).split()),
        negations=frozenset(normalise(negation["words"]).split()),
        voided=frozenset(normalise(negation["not_if_followed_by"]).split()),
        carries_on=frozenset(normalise(negation["carries_on"]).split()),
        zh={k: tuple(negation[k]) for k in ("zh", "zh_not_if_in", "zh_transparent", "zh_carries_on")},
    )


def _parts(pattern: str) -> tuple[tuple[tuple[str, ...], ...], ...]:
    parts = []
    for part in pattern.split("+"):
        words = [normalise(w) for w in part.split()]
        # "a|b" is a choice of single words; a part without it is one phrase
        choices = tuple((w,) for w in words[0].split("|")) if len(words) == 1 else (tuple(words),)
        parts.append(choices)
    return tuple(parts)


@functools.cache
def _index() -> tuple[dict[str, list[str]], dict[str, list[str]], list[str], dict[int, list[str]]]:
    """Pattern words by their letters: whole words, stems, and of each those long enough for slips of the pen."""
    words = {w for p in lists().latin for part in p.parts for phrase in part for w in phrase}
    whole: dict[str, list[str]] = {}
    stems: dict[str, list[str]] = {}
    long_stems: dict[int, list[str]] = {}
    for word in sorted(words):
        (stems if word.endswith("*") else whole).setdefault(word.rstrip("*"), []).append(word)
    for stem in stems:
        if len(stem) >= 5:
            long_stems.setdefault(len(stem), []).append(stem)
    return whole, stems, [w for w in whole if len(w) >= 5], long_stems


@functools.lru_cache(maxsize=50_000)
def words_of(token: str) -> frozenset[str]:
    """The pattern words that a token may stand for: one slip from 5 letters, two from 8.

    Up to 6 letters the first one must be right, otherwise "never" is "fever".
    """
    whole, stems, _, _ = _index()
    forms = arabic_forms(token) if "؀" <= token[:1] <= "ۿ" else (token,)
    found: set[str] = set()
    for form in forms:
        found.update(whole.get(form, ()))
        for end in range(1, len(form) + 1):
            found.update(stems.get(form[:end], ()))
        if len(form) >= 4 and form not in lists().harmless and not form.isdigit():
            found |= _slips(form)
    return frozenset(found)


def _slips(form: str) -> set[str]:
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    whole, stems, long_whole, long_stems = _index()

    def near(piece: str, words: list[str]) -> list[str]:
        hits = process.extract(piece, words, scorer=OSA.distance, score_cutoff=2, limit=None)
        return [
            word
            for word, slips, _ in hits
            if slips <= (1 if len(word) < 8 else 2) and (len(word) >= 7 or word[:1] == piece[:1])
        ]

    found = {w for word in near(form, long_whole) for w in whole[word]}
    for length, words in long_stems.items():
        for end in (length - 1, length, length + 1):
            if end <= len(form):
                found |= {w for word in near(form[:end], words) for w in stems[word]}
    return found


@functools.lru_cache(maxsize=10_000)
def arabic_forms(token: str) -> tuple[str, ...]:
    """The token without the conjunctions, prepositions and article that Arabic writes onto the word."""
    forms = {token}
    for _ in range(2):
        for form in tuple(forms):
            for prefix in ("وال", "فال", "بال", "لل", "ال", "و", "ف", "ب", "ل", "ك"):
                if form.startswith(prefix) and len(form) - len(prefix) >= 2:
                    forms.add(form[len(prefix) :])
    return tuple(forms)
