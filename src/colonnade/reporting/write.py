"""Writing a report: all of it is made first, in a folder beside the target, and only then moved in."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path

from colonnade.errors import BadInput
from colonnade.planning.model import Plan

#: The papers of a plan; those of an earlier one that this plan does not have are removed.
PAPERS = {"checklist.pdf", "consent.pdf", "emergency.pdf", "test-spot.pdf", "papers.html"}
_OURS = re.compile(
    r"(zone\d+-(column|coverage|field|bulk-heat|energy|healing|front|sensitivity|regime)|comparison)\.(svg|png)"
)


def report(plan: Plan, out: Path | str) -> list[Path]:
    """Write ``report.html``, ``report.pdf``, ``figures/`` (SVG and PNG) and the papers of ``plan`` into ``out``.

    The papers are the pre-treatment checklist, the consent draft, the emergency sheet and, where one is asked for, the
    test-spot card. A refused plan gets its report too (verdict, reasons, next steps) and no papers. Whatever
    fails, ``out`` keeps what it had. Figures of an earlier report in ``out`` that this plan does not have are removed.

    Parameters
    ----------
    plan : Plan
        The plan.
    out : path
        A folder; made if it is absent.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    BadInput
        If the ``report`` extra is not installed (the message has the install command) or ``out`` cannot be written.
    """
    files = _make(plan)
    out = Path(out)
    try:
        return _move_in(files, out)
    except OSError as error:
        raise BadInput(
            "report folder",
            given=f'"{out}" ({error.strerror or error})',
            allowed="a folder that can be written, or a new name in one",
            todo="Choose another folder with --out.",
        ) from error


def _make(plan: Plan) -> dict[str, bytes]:
    """Every file of the report by its name relative to the folder. Loads matplotlib, Jinja2 and typst."""
    from colonnade.reporting import html, pdf, plan_figures
    from colonnade.reporting.view import printable, view

    zones, comparison = plan_figures.draw(plan)
    pictures = tuple(p for zone in zones for p in zone) + ((comparison,) if comparison else ())
    content = view(plan, zones, comparison)
    made, absent = _papers(plan)
    content["absent"] += printable(absent)
    files = {
        "report.html": html.page(content, pictures).encode(),
        "report.pdf": pdf.document(content, pictures, plan.provenance.created),
    }
    files |= made
    for picture in pictures:
        files[f"figures/{picture.name}.svg"] = picture.svg
        files[f"figures/{picture.name}.png"] = picture.png
    return files


def _papers(plan: Plan) -> tuple[dict[str, bytes], list[str]]:
    """The papers, and what the report says where there are none because this version cannot read the plan's case."""
    from colonnade.planning.forms import forms
    from colonnade.reporting.forms import papers

    try:
        forms(plan)
    except BadInput as error:
        return {}, [f"No checklist, consent draft and emergency sheet: {error.what} cannot be read ({error.given})."]
    return papers(plan), []


def _move_in(files: dict[str, bytes], out: Path) -> list[Path]:
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        for name, data in files.items():
            path = temporary / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(data)
        out.mkdir(parents=True, exist_ok=True)
        for old in (out / "figures").glob("*"):
            if _OURS.fullmatch(old.name) and f"figures/{old.name}" not in files:
                old.unlink()
        for name in PAPERS - set(files):
            (out / name).unlink(missing_ok=True)
        for name in files:
            (out / name).parent.mkdir(exist_ok=True)
            os.replace(temporary / name, out / name)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return [out / name for name in files]
