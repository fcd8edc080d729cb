"""What jobs compute: each function takes plain data and calls the library, nothing more.

Called in a process of its own by :mod:`colonnade.workstation.jobs`; heavy modules load here and not in the server.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from colonnade.workstation.job_process import Tell


def plan(inputs: dict[str, Any], tell: Tell, folder: Path) -> dict[str, Any]:
    """``{"case": {...}}`` (``colonnade.case/1``) to the content of ``plan.json``. Raises BadInput."""
    from colonnade.case import Case
    from colonnade.planning import plan as make

    return make(Case.parse(inputs["case"], origin="case"), progress=tell).plain()
