#!/usr/bin/env python3
"""Bring the catalogues of the pages up to date: the template ``workstation.pot`` and every ``.po`` beside it.

`--check` writes nothing and fails if a file is stale; `--new TAG` begins the catalogue of a leaflet language.
A new text is added untranslated, a text that is gone is removed; translators use any gettext editor. Changing a
translation does not change who reviewed it: set ``X-Reviewed-By`` by hand, to a real person's name.
"""

from __future__ import annotations

import argparse
import io
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from colonnade import __version__
from colonnade.aftercare.language import LANGUAGES, language
from colonnade.workstation.languages import ENGLISH, TEMPLATE, catalogue_of
from colonnade.workstation.words import messages


def text_of(locale: str, old: str, headers: dict[str, str]) -> str:
    """A catalogue with today's messages in their order, each with the files it comes from, and its own translations."""
    known = read_po(io.StringIO(old), locale=locale or None) if old else Catalog()
    new = Catalog(locale=locale or None, project="Colonnade", version=__version__, fuzzy=False, charset="utf-8")
    for message, places in messages().items():
        first = message[0] if isinstance(message, tuple) else message
        before = known.get(first)
        said = before.string if before is not None else ("", "") if isinstance(message, tuple) else ""
        new.add(message, said, locations=[(place, 0) for place in places])
    out = io.BytesIO()
    write_po(out, new, width=0, omit_header=True, include_lineno=False)
    header = ["# The pages of Colonnade's workstation. Not reviewed while X-Reviewed-By is none."]
    header += ['msgid ""', 'msgstr ""', *(f'"{name}: {value}\\n"' for name, value in headers.items()), "", ""]
    return "\n".join(header) + out.getvalue().decode("utf-8").strip() + "\n"


def files(*, begin: str = "") -> dict[Path, str]:
    """Every catalogue file as it ought to be."""
    common = {
        "Project-Id-Version": "Colonnade",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Transfer-Encoding": "8bit",
    }
    out = {TEMPLATE: text_of("", "", common)}
    for about in LANGUAGES.values():
        path = catalogue_of(about)
        if about.tag == ENGLISH or not (path.is_file() or about.tag == begin):
            continue
        old = path.read_text(encoding="utf-8") if path.is_file() else ""
        kept = dict(read_po(io.StringIO(old), locale=about.locale).mime_headers) if old else {}
        plural = kept.get("Plural-Forms", "nplurals=2; plural=(n != 1);")
        own = {name: kept.get(name, value) for name, value in (("X-Reviewed-By", "none"), ("X-Reviewed-On", "never"))}
        out[path] = text_of(about.locale, old, {**common, "Language": about.locale, "Plural-Forms": plural, **own})
    return out


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--new", metavar="TAG", default="")
    given = parser.parse_args()
    begin = language(given.new).tag if given.new else ""
    stale = []
    for path, text in files(begin=begin).items():
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            stale.append(path.name if path == TEMPLATE else path.parent.parent.name)
            if not given.check:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
    print(f"{'stale' if given.check else 'written'}: {', '.join(stale) or 'none'}")
    return 1 if given.check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
