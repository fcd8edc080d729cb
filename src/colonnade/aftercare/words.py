"""What a patient's own words may mean: alarm words in five languages, with negation and misspelling.

This is word spotting, not understanding. It errs on the side of alarm: a negation must stand close and plain to
count, and a text that is not made up entirely of words known to be harmless is handed to a person. Every list is
searched, whatever language the form was set to.
"""

from __future__ import annotations

import functools
import itertools
import re
from dataclasses import dataclass
from typing import Literal

from colonnade.aftercare.lexicon import Pattern, arabic_forms, lists, normalise, words_of

_HAN = re.compile(r"[㐀-䶿一-鿿豈-﫿]")
_CLAUSE = re.compile(r"[.,;:!?。，；：！？؟،؛\n\r()…]+|\s+[-–—]+\s+|但是|但|可是|不过|然而")
_LATIN_BUT = "but however although though yet except pero aunque sino mais cependant sauf"
_BUT = frozenset((*_LATIN_BUT.split(), "لكن", "ولكن", "الا"))
_MARKS = frozenset("-/%+&'\"«»")
#: 38.0 to 43 °C or 100.4 to 109 °F written as a decimal, or a whole number beside a word for degrees
_CELSIUS = r"(?:3[89]|4[0-3])"
_DEGREES = r"(?:°|º|degrees?|deg\b|grados?|degres?|c\b|度|درجه|درجة)"
_FEVER = re.compile(
    rf"\b{_CELSIUS}[.,]\d\b|\b{_CELSIUS}\s*{_DEGREES}|(?:temp\w*|体温|حراره|حرارتي|烧到?)\D{{0,12}}{_CELSIUS}(?!\d)"
    r"|\b10[0-9](?:[.,]\d)?\s*(?:°|º|f\b|degrees?)"
)
_OUT_OF_TEN = re.compile(r"\b(\d{1,2})\s*(?:/|out of|de|sur|من)\s*10\b")

Understood = Literal["nothing written", "all known", "partly", "not at all"]


@dataclass(frozen=True)
class Spotted:
    """A sign found in a text."""

    sign: str
    words: str
    """The patient's words that matched, as normalised."""
    language: str


@dataclass(frozen=True)
class Reading:
    """What was found in a text, and how much of it is made of words the lists know."""

    signs: tuple[Spotted, ...]
    understood: Understood


def _find(phrase: tuple[str, ...], tokens: list[str]) -> list[tuple[int, int]]:
    """Where a run of words occurs: one harmless small word may stand between two of them."""
    transparent = lists().transparent
    found = []
    for start in range(len(tokens)):
        at, first = start, True
        for word in phrase:
            if not first and at < len(tokens) and word not in words_of(tokens[at]) and tokens[at] in transparent:
                at += 1
            if at >= len(tokens) or word not in words_of(tokens[at]):
                break
            at, first = at + 1, False
        else:
            found.append((start, at))
    return found


def _matches(pattern: Pattern, tokens: list[str]) -> list[tuple[int, int]]:
    """Spans of a pattern in one clause; of a pattern in parts, every way in which the parts occur together."""
    return _together([[s for phrase in part for s in _find(phrase, tokens)] for part in pattern.parts])


def _together(spans: list[list[tuple[int, int]]]) -> list[tuple[int, int]]:
    if not all(spans):
        return []
    # a clause that repeats a word a hundred times needs no more than its first and last few places
    few = [s if len(s) <= 6 else s[:3] + s[-3:] for s in spans]
    return sorted({(min(s[0] for s in c), max(s[1] for s in c)) for c in itertools.product(*few)})


def _negated(start: int, tokens: list[str], negated_ends: set[int]) -> bool:
    """Whether exactly one plain negation governs the word at ``start``: nothing but small words between them."""
    known = lists()
    at, seen = start - 1, 0
    while at >= 0:
        token = tokens[at]
        if token in known.negations:
            following = tokens[at + 1] if at + 1 < len(tokens) else ""
            if following in known.voided:
                return False
            # French "n'ai pas de" and Spanish "no ... ni" are one negation in two words
            seen = 1 if token in known.carries_on and seen else seen + 1
        elif token in known.carries_on and at in negated_ends:
            return True
        elif token not in known.transparent and token not in known.carries_on:
            break
        at -= 1
    return seen == 1


@functools.cache
def _patterns_by_word() -> dict[str, list[Pattern]]:
    index: dict[str, list[Pattern]] = {}
    for pattern in lists().latin:
        # every part must occur, so the words of the first part are enough to find the candidates
        for phrase in pattern.parts[0]:
            index.setdefault(phrase[0], []).append(pattern)
    return index


@functools.lru_cache(maxsize=2_000)
def _spot_clause(tokens: tuple[str, ...]) -> tuple[tuple[Spotted, ...], frozenset[int]]:
    """Signs in one clause, and the places of the tokens that belong to a sign, negated or not."""
    present = {word for token in set(tokens) for word in words_of(token)}
    candidates = {id(p): p for word in present for p in _patterns_by_word().get(word, ())}.values()
    listed = list(tokens)
    hits = sorted(
        ((start, -end, p.sign, p) for p in candidates for start, end in _matches(p, listed)), key=lambda h: h[:3]
    )
    negated_ends: set[int] = set()
    negated_spans: list[tuple[int, int]] = []
    used: set[int] = set()
    spotted = []
    for start, minus_end, sign, pattern in hits:
        end = -minus_end
        used |= set(range(start, end))
        inside = any(a <= start and end <= b for a, b in negated_spans)
        if inside or _negated(start, listed, negated_ends):
            negated_ends.add(end)
            if len(pattern.parts) == 1:
                negated_spans.append((start, end))
            continue
        spotted.append(Spotted(sign, " ".join(tokens[start:end]), pattern.language))
    return tuple(spotted), frozenset(used)


def _negated_han(clause: str, at: int, negated_ends: set[int]) -> bool:
    zh = lists().zh
    before = clause[:at]
    if any(word in clause[max(0, at - 4) : at + 1] for word in zh["zh_not_if_in"]):
        return False
    for word in sorted(zh["zh_carries_on"], key=len, reverse=True):
        if before.endswith(word) and len(before) - len(word) in negated_ends:
            return True
    for filler in ("", *zh["zh_transparent"]):
        if filler and not before.endswith(filler):
            continue
        rest = before[: len(before) - len(filler)] if filler else before
        if any(rest.endswith(word) for word in zh["zh"]):
            # "没有不发烧" and the like: two negations are in doubt, so they are none
            shorter = rest[: -max(len(w) for w in zh["zh"] if rest.endswith(w))]
            return not any(shorter.endswith(word) for word in zh["zh"])
    return False


@functools.lru_cache(maxsize=4096)
def _sounds(text: str) -> str:
    from pypinyin import lazy_pinyin

    return "|" + "|".join(lazy_pinyin(c)[0] for c in text) + "|"


def _places(phrase: str, clause: str) -> list[int]:
    """Where a phrase occurs, by its characters or, from two characters on, by their sound."""
    places = [m.start() for m in re.finditer(re.escape(phrase), clause)]
    if len(phrase) < 2:
        return places
    heard, wanted = _sounds(clause), _sounds(phrase)
    at = heard.find(wanted)
    while at >= 0:
        i = heard.count("|", 0, at)
        if i not in places and clause[i : i + len(phrase)] not in lists().harmless_han:
            places.append(i)
        at = heard.find(wanted, at + 1)
    return sorted(places)


@functools.lru_cache(maxsize=2_000)
def _spot_han(clause: str) -> tuple[tuple[Spotted, ...], frozenset[int]]:
    hits = []
    for sign, parts in lists().han:
        placed = [[(i, i + len(w)) for w in part for i in _places(w, clause)] for part in parts]
        hits += [(start, -end, sign, len(placed) == 1) for start, end in _together(placed)]
    negated_ends: set[int] = set()
    negated_spans: list[tuple[int, int]] = []
    used: set[int] = set()
    spotted = []
    for start, minus_end, sign, single in sorted(hits):
        end = -minus_end
        used |= set(range(start, end))
        inside = any(a <= start and end <= b for a, b in negated_spans)
        if inside or _negated_han(clause, start, negated_ends):
            negated_ends.add(end)
            if single:
                negated_spans.append((start, end))
            continue
        spotted.append(Spotted(sign, clause[start:end], "zh"))
    return tuple(spotted), frozenset(used)


def _unknown_han(clause: str, used: frozenset[int]) -> tuple[int, int]:
    """Characters of a Chinese clause that no list knows, and characters in all."""
    at, unknown, total = 0, 0, 0
    while at < len(clause):
        if at in used or not _HAN.match(clause[at]):
            total += bool(_HAN.match(clause[at]))
            at += 1
            continue
        word = next((w for w in lists().harmless_han if clause.startswith(w, at)), None)
        negation = next((w for w in lists().zh["zh"] + lists().zh["zh_carries_on"] if clause.startswith(w, at)), None)
        step = len(word or negation or "x")
        total += step
        unknown += 0 if word or negation else step
        at += step
    return unknown, total


def _split(tokens: list[str]) -> list[tuple[str, ...]]:
    """Clauses divided once more at "but" and its like."""
    pieces: list[list[str]] = [[]]
    for token in tokens:
        pieces.append([]) if token in _BUT else pieces[-1].append(token)
    return [tuple(p) for p in pieces if p]


def _is_known(token: str) -> bool:
    """Whether a token is harmless by itself."""
    known = lists()
    return token in _MARKS or any(
        form in words
        for form in arabic_forms(token)
        for words in (known.harmless, known.transparent, known.negations, known.carries_on)
    )


def read_text(text: str) -> Reading:
    """Alarm signs in ``text`` and how much of it is understood. ``""`` is "nothing written"."""
    plain = normalise(text).strip()
    if not plain:
        return Reading((), "nothing written" if not text.strip() else "not at all")
    signs: list[Spotted] = []
    signs += [Spotted("fever", m.group(0), "number") for m in _FEVER.finditer(plain)]
    signs += [
        Spotted("severe_pain", m.group(0), "number") for m in _OUT_OF_TEN.finditer(plain) if 7 <= int(m.group(1)) <= 10
    ]
    unknown = total = 0
    for clause in filter(None, (c.strip() for c in _CLAUSE.split(plain) if c)):
        if _HAN.search(clause):
            joined = re.sub(r"\s+", "", clause)
            found, used = _spot_han(joined)
            signs += found
            a, b = _unknown_han(joined, used)
            unknown, total = unknown + a, total + b
        for tokens in _split(re.findall(r"[^\W_]+|[^\w\s]", _HAN.sub(" ", clause))):
            found, used = _spot_clause(tokens)
            signs += found
            unknown += sum(i not in used and not _is_known(token) for i, token in enumerate(tokens))
            total += len(tokens)
    signs = list(dict.fromkeys(signs))
    if unknown == 0:
        return Reading(tuple(signs), "all known")
    return Reading(tuple(signs), "not at all" if unknown > 0.7 * total else "partly")
