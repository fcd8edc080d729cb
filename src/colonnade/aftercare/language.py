"""The languages of the leaflet: gettext, domain ``leaflet``, read from the committed ``.po`` files at run time.

A language is a property of the document. Every catalogue carries who reviewed it; ``none`` is printed.
"""

from __future__ import annotations

import datetime as dt
import functools
import gettext
import io
import re
from dataclasses import dataclass
from importlib import resources
from typing import Literal

from colonnade.errors import BadInput, did_you_mean

#: Language tag, locale of its catalogue and of its dates, name in itself, direction of writing.
Direction = Literal["ltr", "rtl"]


@dataclass(frozen=True)
class Language:
    """One language offered."""

    tag: str
    locale: str
    name: str
    direction: Direction = "ltr"


LANGUAGES: dict[str, Language] = {
    language.tag: language
    for language in (
        Language("en", "en_GB", "English"),
        Language("zh-Hans", "zh_Hans", "简体中文"),
        Language("es", "es", "Español"),
        Language("fr", "fr", "Français"),
        Language("ar", "ar", "العربية", "rtl"),
    )
}


@dataclass(frozen=True)
class Translator:
    """Says fixed texts, dates and times in one language."""

    language: Language
    catalogue: gettext.NullTranslations
    reviewed_by: str

    def say(self, text: str, **values: object) -> str:
        """``text`` in this language, with ``{name}`` replaced. Raises KeyError for a text without translation."""
        said = self.catalogue.gettext(text)
        if self.language.tag != "en" and (said == text or not said):
            raise KeyError(f"{self.language.tag}: no translation of {text!r}")
        # str.replace, not format: a value with braces in it stays what it is
        for name, value in values.items():
            said = said.replace("{" + name + "}", str(value))
        return said

    def date(self, date: dt.date, *, year: bool = True) -> str:
        """A date as people write it, with its weekday."""
        from babel.dates import format_date, format_skeleton

        if year:
            return str(format_date(date, format="full", locale=self.language.locale))
        return str(format_skeleton("EdMMM", date, locale=self.language.locale))

    def time(self, moment: dt.datetime) -> str:
        """A wall-clock time as people write it."""
        from babel.dates import format_time

        return str(format_time(moment.time(), format="short", locale=self.language.locale))


def language(tag: str) -> Language:
    """A language by its tag. Raises BadInput with "did you mean"."""
    if tag not in LANGUAGES:
        raise BadInput(
            "language", given=repr(tag[:40]), allowed=", ".join(LANGUAGES), todo=did_you_mean(tag[:40], LANGUAGES)
        )
    return LANGUAGES[tag]


def po_text(tag: str) -> str:
    """The ``.po`` file of a language other than English, as text."""
    folder = resources.files("colonnade.aftercare") / "locale" / language(tag).locale / "LC_MESSAGES"
    return (folder / "leaflet.po").read_text(encoding="utf-8")


@functools.cache
def translator(tag: str) -> Translator:
    """The translator of a language, compiled from its ``.po`` file.

    Raises
    ------
    BadInput
        For an unknown language, or if Babel is not installed.
    """
    about = language(tag)
    if tag == "en":
        return Translator(about, gettext.NullTranslations(), "none")
    try:
        from babel.messages.mofile import write_mo
        from babel.messages.pofile import read_po
    except ImportError:
        raise BadInput(
            "language",
            given=f"{tag}, without Babel",
            allowed="Colonnade with its aftercare extra",
            todo="Install it: pip install 'colonnade[aftercare]'.",
        ) from None
    text = po_text(tag)
    compiled = io.BytesIO()
    write_mo(compiled, read_po(io.StringIO(text), locale=about.locale))
    compiled.seek(0)
    reviewed = re.search(r'^"X-Reviewed-By: (.*?)\\n"$', text, flags=re.MULTILINE)
    return Translator(about, gettext.GNUTranslations(compiled), reviewed.group(1) if reviewed else "none")
