"""The papers that go with a plan, as plain data: checklist, consent draft, emergency sheet, test-spot card.

Fixed sentences come from ``library/forms/`` with their sources, first actions from the red flags of ``aftercare``,
everything else from the plan and its case. What nothing gives is a blank to fill by hand: no drug and no dose stands
here that the library does not source.
"""

from __future__ import annotations

from colonnade.case import Case
from colonnade.planning.form_checklist import checklist
from colonnade.planning.form_consent import consent
from colonnade.planning.form_emergency import CARD, emergency, test_spot
from colonnade.planning.form_parts import Form
from colonnade.planning.model import Plan

#: Verdicts under which nothing may be treated, and so nothing is prepared.
FORBIDS = ("REFUSED", "DEFERRED")


def forms(plan: Plan) -> tuple[Form, ...]:
    """The papers of ``plan``; none where it does not allow a treatment, no card where no test spot is asked for."""
    if plan.verdict in FORBIDS or not plan.zones:
        return ()
    case = Case.parse(plan.case, origin="the plan's case")
    made = [checklist(plan, case), consent(plan, case), emergency(plan, case)]
    if any(note.status in CARD for note in plan.test_spots):
        made.append(test_spot(plan, case))
    return tuple(made)
