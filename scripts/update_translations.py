#!/usr/bin/env python3
"""Bring the leaflet's ``.po`` files up to date with its texts. `--check` writes nothing and fails if one is stale.

A new text is added untranslated, a text that is gone is removed; translators use any gettext editor.
Changing a translation does not change who reviewed it: set ``X-Reviewed-By`` by hand, to a real person's name.
"""

from __future__ import annotations

import argparse
import io
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from colonnade import __version__
from colonnade.aftercare.language import LANGUAGES
from colonnade.aftercare.leaflet import messages

LOCALE = Path(__file__).parents[1] / "src" / "colonnade" / "aftercare" / "locale"


def updated(locale: str, text: str) -> str:
    """The catalogue's text with today's messages, in their order, and its own translations."""
    old = read_po(io.StringIO(text), locale=locale) if text else Catalog(locale=locale)
    headers = dict(old.mime_headers)
    new = Catalog(locale=locale, project="Colonnade", version=__version__, fuzzy=False, charset="utf-8")
    for message in messages():
        known = old.get(message)
        new.add(message, known.string if known is not None else "")
    out = io.BytesIO()
    write_po(out, new, width=0, omit_header=True)
    header = [
        "# The leaflet of Colonnade. Not reviewed by a clinician while X-Reviewed-By is none.",
        'msgid ""',
        'msgstr ""',
        '"Project-Id-Version: Colonnade\\n"',
        f'"Language: {locale}\\n"',
        '"MIME-Version: 1.0\\n"',
        '"Content-Type: text/plain; charset=utf-8\\n"',
        '"Content-Transfer-Encoding: 8bit\\n"',
        f'"X-Reviewed-By: {headers.get("X-Reviewed-By", "none")}\\n"',
        f'"X-Reviewed-On: {headers.get("X-Reviewed-On", "never")}\\n"',
        "",
        "",
    ]
    return "\n".join(header) + out.getvalue().decode("utf-8").strip() + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    stale = []
    for language in LANGUAGES.values():
        if language.tag == "en":
            continue
        path = LOCALE / language.locale / "LC_MESSAGES" / "leaflet.po"
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        made = updated(language.locale, text)
        if made != text:
            stale.append(language.tag)
            if not check:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(made, encoding="utf-8")
    print(f"{'stale' if check else 'written'}: {', '.join(stale) or 'none'}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
