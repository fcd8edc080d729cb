"""What a row may hold, checked before it is sent, so that both databases refuse the same things in the same words.

SQLite takes a text of any length, a zero byte and a NaN; PostgreSQL does not. Without this a form that works on one
would be an error of the server on the other.
"""

from __future__ import annotations

import json
import math
from typing import Any

from sqlalchemy import JSON, BigInteger, Float, Integer, String, inspect
from sqlalchemy.orm import Session

from colonnade.errors import BadInput

INTEGER, BIG = 2**31 - 1, 2**63 - 1
MAX_TEXT = 200_000


def storable(text: str) -> bool:
    """Whether both databases can hold the text: no zero byte, and it can be written as UTF-8."""
    return "\0" not in text and not any(0xD800 <= ord(c) <= 0xDFFF for c in text)


def check_rows(db: Session, _context: object, _instances: object) -> None:
    """Before a flush: refuse what could not be stored. Raises BadInput."""
    for row in (*db.new, *db.dirty):
        state = inspect(row)
        for attribute in state.mapper.column_attrs:
            column = attribute.columns[0]
            value = state.dict.get(attribute.key)
            if value is not None:
                _check(f"{state.mapper.local_table.name}: {column.name}".replace("_", " "), column.type, value)


def _check(what: str, kind: Any, value: Any) -> None:
    if isinstance(kind, String) and isinstance(value, str):
        most = kind.length or MAX_TEXT
        if len(value) > most or not storable(value):
            given = f"{len(value)} characters" if len(value) > most else "a character that cannot be stored"
            raise BadInput(what, given=given, allowed=f"text of at most {most} characters", todo="Correct the text.")
    elif isinstance(kind, JSON):
        _check_json(what, value)
    elif isinstance(kind, Integer):
        most = BIG if isinstance(kind, BigInteger) else INTEGER
        if not -most <= value <= most:
            raise BadInput(what, given=str(value)[:30], allowed=f"-{most} to {most}", todo="Correct the number.")
    elif isinstance(kind, Float) and not math.isfinite(value):
        raise BadInput(what, given=str(value), allowed="a finite number", todo="Correct the number.")


def _check_json(what: str, value: Any) -> None:
    try:
        text = json.dumps(value, allow_nan=False, ensure_ascii=False)
        # a zero byte is written as an escape; a lone surrogate stays as it is
        good = storable(text) and "\\u0000" not in text.replace("\\\\", "")
    except (TypeError, ValueError, RecursionError):
        good = False
    if not good:
        raise BadInput(
            what,
            given="content that cannot be stored",
            allowed="plain data: text without zero bytes, finite numbers, lists and tables",
            todo="Correct it.",
        )
