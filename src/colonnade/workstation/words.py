"""Every text of the pages that is to be translated: what templates mark, and what they get from elsewhere.

Not imported by the running workstation: ``scripts/update_catalogues.py`` and the tests read it. A text that is put
together from values (many refusals, what a stored plan or treatment says) is no entry: it stays English and is marked
so on a page of another language.
"""

from __future__ import annotations

import ast
import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, get_args

from colonnade import DISCLAIMER, catalogue
from colonnade.aftercare import checkin, instruments
from colonnade.aftercare.protocol import FILES
from colonnade.aftercare.triage import MESSAGES, NO_NUMBER, TITLES, rules
from colonnade.case.model import History
from colonnade.planning import model as planning
from colonnade.planning import testspot
from colonnade.records import approvals, audit, jobs, photographs, training, treatments
from colonnade.records import devices as device_records
from colonnade.records.rows import Base
from colonnade.reporting.metrics import METRICS, label
from colonnade.workstation import app, forms, rendering, roles, signing_in, work_papers
from colonnade.workstation.configuration import ClinicSettings
from colonnade.workstation.pages import (
    accounts,
    consents,
    devices,
    entering,
    followup,
    patients,
    statistics,
    test_spots,
)
from colonnade.workstation.pages import checkin as checkin_page
from colonnade.workstation.pages import photographs as photograph_pages
from colonnade.workstation.pages import settings as settings_page
from colonnade.workstation.pages import treatments as treatment_pages
from colonnade.workstation.rendering import spelt

HERE = Path(__file__).parent
#: Folders whose refusals are shown on pages.
REFUSING = (HERE, HERE.parent / "records")
#: What the audit log names beside the tables of the records, and states that records hold as plain text.
OBJECTS = ("account", "api-token", "audit", "database", "inbox", "job", "outcomes", "permission", "researcher-view",
           "setting", "statistics", "system")  # fmt: skip
STATES = ("open", "done", "cancelled", "staff", "patient", "reviewed", "approved", "rejected")
#: A message is a text, or one thing and many things.
Message = str | tuple[str, str]


def messages() -> dict[Message, list[str]]:
    """Every text with the files it comes from, in a fixed order."""
    found: dict[Message, list[str]] = {}
    for where, text in (*marked_in_templates(), *handed_to_templates(), *refusals()):
        if text and where not in found.setdefault(text, []):
            found[text].append(where)
    return found


def marked_in_templates() -> Iterator[tuple[str, Message]]:
    """What stands in ``_("…")`` and ``ngettext("…", "…", n)``."""
    from jinja2.ext import babel_extract

    folder = rendering.HERE / "templates"
    options = {"silent": "false", "trim_blocks": "true", "lstrip_blocks": "true"}
    for path in sorted(folder.rglob("*.html")):
        where = f"templates/{path.relative_to(folder).as_posix()}"
        content = io.BytesIO(path.read_bytes())
        for _, _, said, _ in babel_extract(content, ("_", "gettext", "ngettext"), (), options):
            if isinstance(said, tuple):
                yield where, (str(said[0]), str(said[1])) if said[1] else str(said[0])
            elif said:
                yield where, str(said)


def handed_to_templates() -> Iterator[tuple[str, str]]:
    """What templates say with ``|say``, ``|spelt``, ``|titled`` and ``knob``, by the module that holds it."""
    for where, texts in _handed().items():
        for text in texts:
            yield where, text


def _handed() -> dict[str, Iterable[str]]:
    return {
        "colonnade": [DISCLAIMER],
        "workstation/app.py": [text for pair in app.WORDS.values() for text in pair],
        "workstation/rendering.py": [
            *(place.label for place in rendering.NAVIGATION), *(word for word, _ in rendering.TIERS.values()),
        ],
        "workstation/roles.py": [*roles.PERMISSIONS.values(), *roles.ROLES],
        "workstation/signing_in.py": [signing_in.REFUSED],
        "workstation/configuration.py": _titles(ClinicSettings, helps=True),
        "workstation/forms.py": [*forms.SECTIONS.values(), *_case_form()],
        "workstation/pages/accounts.py": accounts.PURPOSE.values(),
        "workstation/pages/checkin.py": checkin_page.PLAIN.values(),
        "workstation/pages/consents.py": [*consents.RELATIONS, *consents.KINDS],
        "library/consents": [line for kind in consents.KINDS for line in _consent(kind)],
        "workstation/pages/devices.py": [*devices.DAILY_CHECKS.values(), *devices.LOT_KINDS],
        "workstation/pages/entering.py": entering.ALERTS.values(),
        "workstation/pages/followup.py": _spelt(
            followup.RECALL_REASONS, *followup.CHOICES.values(), *followup.FORMS.values()
        ),
        "workstation/pages/patients.py": patients.SIDES,
        "workstation/pages/photographs.py": [
            *photograph_pages.POSES.values(), *_spelt(get_args(photographs.Pose)),
            *(words for _, words in photograph_pages.MINIMUM),
        ],
        "workstation/pages/settings.py": settings_page.WORDS,
        "workstation/pages/statistics.py": statistics.BY,
        "workstation/pages/test_spots.py": test_spots.RESULTS,
        "workstation/pages/treatments.py": _spelt(treatment_pages.SEVERITIES, FILES),
        "records/audit.py": _spelt(get_args(audit.Verb), OBJECTS),
        "records": [*STATES, *(spelt(name) for name in sorted(Base.metadata.tables))],
        "records/outcomes.py": ["inside", "below", "above", "no interval", "not recorded", "setting", "phototype"],
        "records/devices.py": [
            *_spelt(get_args(device_records.DeviceEventKind), get_args(device_records.SafetyKind)),
            *device_records.WARNINGS,
        ],
        "records/jobs.py": get_args(jobs.State),
        "records/training.py": [training.STATEMENT],
        "records/approvals.py": approvals.TIME_OUT_ITEMS.values(),
        "records/treatments.py": _spelt(get_args(treatments.AdverseKind)),
        "planning/testspot.py": [testspot.READ_SOURCE],
        "workstation/work_papers.py": work_papers.PAPERS.values(),
        "planning/model.py": [*get_args(planning.Status), *get_args(planning.Severity), "inside", "edge", "outside"],
        "case/model.py": _titles(History),
        "aftercare/checkin.py": [
            *_titles(checkin.CheckIn), *_spelt(get_args(checkin.Symptom), get_args(checkin.Zone)),
        ],
        "aftercare/triage.py": [
            *TITLES.values(), *MESSAGES.values(), NO_NUMBER,
            *(text for rule in rules().rules for text in (rule.title, rule.first_action)),
        ],
        "aftercare/instruments.py": [i.title for i in instruments.INSTRUMENTS.values()],
        "reporting/metrics.py": [label(name) for name in METRICS],
        "library": [
            str(catalogue.load(kind, name)["title"])
            for kind in ("indications", "sites")
            for name in catalogue.ids(kind)
        ],
    }  # fmt: skip


def _spelt(*groups: Iterable[str]) -> list[str]:
    return [spelt(code) for group in groups for code in group]


def _titles(model: Any, *, helps: bool = False) -> list[str]:
    fields = model.model_fields.values()
    return [str(f.title) for f in fields if f.title] + [str(f.description) for f in fields if helps and f.description]


def _consent(kind: str) -> list[str]:
    form = consents.wording(kind)
    return [form["title"], *form["text"].strip().splitlines()]


def _case_form() -> Iterator[str]:
    for section in forms.sections():
        for entry in section.entries:
            yield from (entry.title, entry.help)


def refusals() -> Iterator[tuple[str, str]]:
    """Fixed parts of refusals: what a ``BadInput`` names, allows and advises; whole ``NotAllowed`` sentences."""
    for folder in REFUSING:
        for path in sorted(folder.rglob("*.py")):
            where = f"{folder.name}/{path.relative_to(folder).as_posix()}"
            for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
                    yield from ((where, text) for text in _refusal(call.func.id, call))


def _refusal(name: str, call: ast.Call) -> Iterator[str]:
    if name == "BadInput":
        parts = [*call.args[:1], *(k.value for k in call.keywords if k.arg in ("what", "given", "allowed", "todo"))]
        yield from (text for part in parts if (text := _constant(part)))
    elif name == "NotAllowed" and call.args and (text := _constant(call.args[0])):
        yield as_sentence(text)


def _constant(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def as_sentence(text: str) -> str:
    """A refusal as pages print it."""
    return f"{text[:1].upper()}{text[1:]}."
