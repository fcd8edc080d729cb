"""The languages of the pages: gettext, domain ``workstation``, read from the committed ``.po`` files at run time.

English is the language of the source. What a catalogue does not hold is said in English and marked so (``lang="en"``),
word by word: the rest of the page stays in its language. A catalogue carries who reviewed it; ``none`` is printed.
"""

from __future__ import annotations

import datetime as dt
import functools
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from colonnade.aftercare.language import LANGUAGES, Language

DOMAIN = "workstation"
FOLDER = Path(__file__).parent / "locale"
TEMPLATE = FOLDER / f"{DOMAIN}.pot"
ENGLISH = "en"

#: Two characters of the private use area stand around what is said in English on a page of another language; they
#: become ``lang="en"`` when the page is whole (:func:`marked`). In an attribute there is no place for the mark.
OPEN, CLOSE = "\ue000", "\ue001"
#: Elements whose content is text only: no element may stand in them.
TEXT_ONLY = frozenset({"title", "option", "textarea", "script", "style"})

#: The catalogue's answer: the text in that language, or None where it has none.
Look = Callable[[str], str | None]


@dataclass(frozen=True)
class Speaker:
    """Says texts, dates and numbers in one language."""

    language: Language
    look: Look
    reviewed_by: str = "none"

    @property
    def tag(self) -> str:
        """The language tag, for ``lang``."""
        return self.language.tag

    def say(self, text: str) -> str:
        """``text`` in this language; in English, between the two marks, where there is no translation."""
        said = self.look(text) if text else text
        return f"{OPEN}{text}{CLOSE}" if said is None else said

    def plain(self, text: str) -> str:
        """The same without marks: for what is no page."""
        return self.look(text) or text

    def say_number(self, one: str, many: str, n: int) -> str:
        """The form for ``n`` things. The languages offered so far tell one from many, as English does."""
        return self.say(one if n == 1 else many)

    def day(self, value: dt.date | None) -> str:
        """A date as people write it, the month in letters: no two countries read it differently."""
        from babel.dates import format_date

        return str(format_date(value, format="medium", locale=self.language.locale)) if value is not None else "–"

    def moment(self, value: dt.datetime | None) -> str:
        """A time as people write it; with the zone, because the clinic's clock and the server's may differ."""
        from babel.dates import format_time

        if value is None:
            return "–"
        here = value.astimezone()
        clock = format_time(here, format="short", tzinfo=here.tzinfo, locale=self.language.locale)
        return f"{self.day(here.date())}, {clock} {here.tzname()}"

    def decimal(self, value: float, digits: int | None = None) -> str:
        """A number with this language's marks; ``digits`` after the mark, or as many as it has (at most six)."""
        from babel.numbers import format_decimal

        pattern = "#,##0.######" if digits is None else "#,##0" + ("." + "0" * digits if digits else "")
        return str(format_decimal(value, format=pattern, locale=self.language.locale))


def _english(text: str) -> str | None:
    return text


@functools.cache
def speaker(tag: str) -> Speaker:
    """The speaker of a language that is offered; English for any other tag."""
    about = LANGUAGES.get(tag, LANGUAGES[ENGLISH])
    path = catalogue_of(about)
    if about.tag == ENGLISH or not path.is_file():
        return Speaker(LANGUAGES[ENGLISH], _english)
    return from_po(about, path.read_text(encoding="utf-8"))


def catalogue_of(language: Language) -> Path:
    """Where the catalogue of a language lies, if there is one."""
    return FOLDER / language.locale / "LC_MESSAGES" / f"{DOMAIN}.po"


def from_po(about: Language, text: str) -> Speaker:
    """A speaker from the text of a ``.po`` file; what is empty or fuzzy in it counts as not translated."""
    from babel.messages.pofile import read_po

    said: dict[str, str] = {}
    for message in read_po(io.StringIO(text), locale=about.locale):
        if message.id and not message.fuzzy:
            ids = message.id if isinstance(message.id, tuple) else (message.id,)
            strings = message.string if isinstance(message.string, tuple) else (message.string,)
            said |= {str(i): str(s) for i, s in zip(ids, strings, strict=False) if s}
    reviewed = re.search(r'^"X-Reviewed-By: (.*?)\\n"$', text, flags=re.MULTILINE)
    return Speaker(about, said.get, reviewed.group(1) if reviewed else "none")


def offered() -> dict[str, str]:
    """Languages that may be chosen, by tag, each under its own name: English, and those with a catalogue."""
    return {tag: about.name for tag, about in LANGUAGES.items() if tag == ENGLISH or catalogue_of(about).is_file()}


def marked(html: str) -> str:
    """A finished page with ``lang="en"`` around every run between the two marks; no mark is left.

    Runs never reach across a tag, so whatever a person typed, the elements stay whole.
    """
    if OPEN not in html and CLOSE not in html:
        return html
    out: list[str] = []
    inside = ""
    for part in re.split(r"(<[^>]*>)", html):
        if part.startswith("<"):
            name = part.strip("</>").split(maxsplit=1)[0].lower() if part.strip("</>").split() else ""
            if name in TEXT_ONLY:
                inside = "" if part.startswith("</") else name
            out.append(_bare(part))
        elif not inside:
            out.append(_spans(part))
        else:
            if inside == "option" and part.startswith(OPEN):
                out[-1] = f'{out[-1][:-1]} lang="en">'
            out.append(_bare(part))
    return "".join(out)


def _bare(text: str) -> str:
    return text.replace(OPEN, "").replace(CLOSE, "")


def _spans(text: str) -> str:
    out, depth = [], 0
    for part in re.split(f"([{OPEN}{CLOSE}])", text):
        if part == OPEN:
            depth += 1
            out.append('<span lang="en">' if depth == 1 else "")
        elif part == CLOSE:
            out.append("</span>" if depth == 1 else "")
            depth = max(0, depth - 1)
        else:
            out.append(part)
    return "".join(out) + ("</span>" if depth else "")
