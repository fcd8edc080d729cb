"""The printed plan and the papers that go with it, as one archive. A job: figures and PDF take some seconds."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

from colonnade.workstation.job_process import Tell

#: What the server lays into the folder of such a job: the content of the plan version.
PLAN = "plan.json"
ARCHIVE = "papers.zip"
#: What can be taken out one by one, and what it is; the rest (page for the browser, figures) is in the archive.
PAPERS: dict[str, str] = {
    "report.pdf": "The plan",
    "checklist.pdf": "Checklist before the treatment",
    "consent.pdf": "Draft of the consent",
    "emergency.pdf": "Emergency sheet",
    "test-spot.pdf": "Card for the test spot",
}


def papers(inputs: dict[str, Any], tell: Tell, folder: Path) -> Path:
    """``plan.json`` in ``folder`` to an archive of its report, papers and figures. Raises BadInput."""
    from colonnade.planning.model import Plan
    from colonnade.reporting import report
    from colonnade.schema import read

    plan = read(Plan, json.loads((folder / PLAN).read_bytes()), origin="plan")
    tell("papers", 0.1, "figures, page and PDF")
    made = report(plan, folder / "papers")
    tell("papers", 0.9, "archive")
    path = folder / ARCHIVE
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in (folder / PLAN, *sorted(made)):
            archive.write(one, one.name if one.parent == folder else str(one.relative_to(folder / "papers")))
    return path
