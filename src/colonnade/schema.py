"""What all data models share: frozen, closed, strict; and how their complaints become one clear message."""

from __future__ import annotations

import math
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from colonnade.errors import BadInput, did_you_mean


class Model(BaseModel):
    """Frozen, closed (unknown keys are errors), strict (text is not a number), no NaN or infinity."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False, str_max_length=20_000)


M = TypeVar("M", bound=BaseModel)


def read(model: type[M], data: Any, *, origin: str) -> M:
    """Validate ``data`` into ``model``; ``origin`` names the file or form for the message.

    Raises
    ------
    BadInput
        With the first thing that is wrong: where it is, what was given, what is allowed, what to do.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise _first_complaint(model, error, origin) from None


def _first_complaint(model: type[BaseModel], error: ValidationError, origin: str) -> BadInput:
    complaints = error.errors(include_url=False)
    first = complaints[0]
    where = ".".join(str(part) for part in first["loc"]) or "(top level)"
    given = first.get("input")
    more = f" ({len(complaints) - 1} more of this kind follow.)" if len(complaints) > 1 else ""
    if first["type"] == "extra_forbidden":
        return BadInput(
            f"{origin}: {where}",
            given=f'the unknown key "{first["loc"][-1]}"',
            allowed="the keys of the schema",
            todo=did_you_mean(str(first["loc"][-1]), _keys_at(model, first["loc"][:-1])) + more,
        )
    if first["type"] == "missing":
        shown = "nothing"
    elif isinstance(given, float) and not math.isfinite(given):
        shown = str(given)
    else:
        shown = repr(given) if not isinstance(given, dict) else "a table"
        shown = shown if len(shown) <= 80 else shown[:77] + "..."
    return BadInput(
        f"{origin}: {where}",
        given=shown,
        allowed=_allowed(first["msg"]),
        todo=f"Correct {where} and run again.{more}",
    )


def _allowed(message: str) -> str:
    text = message.removeprefix("Value error, ").removeprefix("Input should be ")
    return text[:1].lower() + text[1:] if not text.startswith("'") else text


def _keys_at(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """The keys the schema knows at ``loc``: walks nested models, lists and optional ones."""
    current: Any = model
    for part in loc:
        if isinstance(part, int):
            continue
        field = getattr(current, "model_fields", {}).get(part)
        if field is None:
            return []
        current = _inner_model(field.annotation)
    return [f.alias or name for name, f in getattr(current, "model_fields", {}).items()]


def _inner_model(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        found = _inner_model(argument)
        if found is not None:
            return found
    return None
