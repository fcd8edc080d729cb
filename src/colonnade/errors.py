"""The one error that input can cause. It has three parts: given, allowed, what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class BadInput(ValueError):
    """Input that Colonnade refuses.

    Parameters
    ----------
    what : str
        The field, file or option that is wrong, e.g. ``settings.energy_mJ``.
    given : str
        What was given, with its unit.
    allowed : str
        What is allowed, with its unit and, where there is one, its source.
    todo : str
        What to do next.
    """

    def __init__(self, what: str, *, given: str, allowed: str, todo: str) -> None:
        self.what, self.given, self.allowed, self.todo = what, given, allowed, todo
        super().__init__(f"{what}: given {given}; allowed: {allowed}. {todo}")

    def __reduce__(self) -> tuple[object, ...]:
        # an error raised in a worker process must reach its caller whole
        return _rebuilt, (self.what, self.given, self.allowed, self.todo)

    def as_dict(self) -> dict[str, str]:
        """The four parts, for ``--json``."""
        return {"what": self.what, "given": self.given, "allowed": self.allowed, "todo": self.todo}


def _rebuilt(what: str, given: str, allowed: str, todo: str) -> BadInput:
    return BadInput(what, given=given, allowed=allowed, todo=todo)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``'Did you mean "x"?'`` for a near miss, else the whole list of what is known."""
    words = sorted(known)
    near = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    if near:
        return f'Did you mean "{near[0]}"?'
    return f"Known: {', '.join(words)}."
