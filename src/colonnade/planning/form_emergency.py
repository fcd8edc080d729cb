"""The one-page emergency sheet and the test-spot card."""

from __future__ import annotations

from collections.abc import Sequence

from colonnade import catalogue
from colonnade.case import Case, History, TestSpot
from colonnade.planning.facts import about_anaesthesia
from colonnade.planning.form_parts import (
    Block,
    Form,
    Step,
    about,
    form_file,
    label,
    notes,
    quantity,
    signatures,
    sources,
    steps,
)
from colonnade.planning.model import Plan
from colonnade.planning.testspot import QUESTIONS

#: A blank: no source in the library gives a drug or a dose for an emergency.
DOSE = "Drug and dose by the clinic's own protocol:"
#: What a test spot's state must be for a card to make sense.
CARD = ("required", "elsewhere")


def emergency(plan: Plan, case: Case) -> Form:
    """The emergency sheet of ``plan``; drugs and doses are blanks, for no source here gives them."""
    file = form_file("emergency")
    flags = {rule["id"]: rule for rule in catalogue.load("triage", "red-flags")["rules"]}
    said = steps(file, case, "first", "now", "later")

    def line(step: Step) -> tuple[str, ...]:
        """Title, signs, first action, and the words before a blank for the dose."""
        flag = flags.get(step.id, {})
        title, action = str(flag.get("title", "")), str(flag.get("first_action", ""))
        return step.title or title, step.text, step.action or action, DOSE if step.dose else ""

    first = next(step for step in said if step.part == "first")
    return Form(
        name="emergency",
        title=file.title,
        notes=(
            *notes(plan, file),
            "Drugs and doses are left blank: no source in this library gives them. Fill in the clinic's own protocol.",
        ),
        blocks=(
            Block(kind="alarms", title="First", rows=(("", first.text, "", ""),)),
            Block(
                kind="facts",
                rows=(
                    ("Emergency number", ""),
                    ("Physician on duty", ""),
                    ("Eye clinic on call", ""),
                    ("Clinic number", case.clinic.contact),
                    ("Oxygen, defibrillator at", ""),
                    ("Lipid emulsion, adrenaline at", ""),
                    ("Fire extinguisher, water at", ""),
                    ("Laser safety officer", ""),
                ),
            ),
            Block(
                kind="alarms",
                title="In the room",
                rows=tuple(line(s) for s in said if s.part == "now"),
            ),
            Block(
                kind="table",
                title="In the days after",
                heads=("What the patient reports", "First action"),
                rows=tuple((line(s)[1], line(s)[2]) for s in said if s.part == "later"),
                widths=(1.3, 1),
            ),
            Block(kind="facts", title="This patient", rows=tuple(_patient(plan, case))),
        ),
        sources=sources(said),
    )


def _patient(plan: Plan, case: Case) -> list[tuple[str, str]]:
    known = about_anaesthesia(case)
    if case.anaesthesia is None:
        drugs = "none planned"
    elif isinstance(known.get("lidocaine_mg"), float | int):
        drugs = f"lidocaine {known['lidocaine_mg']:g} mg, prilocaine {known.get('prilocaine_mg', 0.0):g} mg planned"
    else:
        drugs = "planned without data: not computed"
    yes = [
        str(field.title).rstrip("?")
        for name, field in History.model_fields.items()
        if getattr(case.patient.history, name) == "yes"
    ]
    allergies = case.aftercare.allergies
    return [
        ("Name", ""),
        ("Weight", "" if case.patient.weight_kg is None else f"{case.patient.weight_kg:g} kg"),
        ("Allergies", "not asked" if allergies is None else _short(allergies, "allergies") or "asked, none"),
        ("Anaesthetic", drugs),
        ("Site", _short([z.site_title for z in plan.zones], "zones")),
        ("Device", plan.device_name),
        ("History: yes to", _short(yes, "answers") or "nothing"),
    ]


#: What fits on the sheet beside the rest; a longer list is never cut, it is referred to.
MOST_LETTERS = 110


def _short(items: Sequence[str], what: str) -> str:
    """The items, or how many there are where they would not fit: half a list is worse than none."""
    joined = "; ".join(items)
    return joined if len(joined) <= MOST_LETTERS else f"{len(items)} {what}: SEE THE RECORD"


def test_spot(plan: Plan, case: Case) -> Form:
    """The card for the test spot that ``plan`` asks for, to be treated with the planned settings."""
    note = next(n for n in plan.test_spots if n.status in CARD)
    panel = " · ".join(f"{label(k)} {quantity(k, v)}" for k, v in note.panel.items())
    asked = [str(TestSpot.model_fields[name].title) for name in QUESTIONS]
    return Form(
        name="test-spot",
        title="Test-spot card",
        notes=(
            f"Draft. Reviewed by: {note.reviewed_by}. No CO2 study says how long to wait or how well a spot predicts.",
            *(["Synthetic example: no real patient is described."] if plan.synthetic else []),
        ),
        blocks=(
            about(plan),
            Block(kind="text", title="Why", rows=tuple((line,) for line in note.lines)),
            Block(
                kind="facts",
                title="Treated",
                rows=(
                    ("Where exactly (hidden, same kind of skin)", ""),
                    ("Date", ""),
                    ("Planned on the panel", panel),
                    ("Read on the panel", ""),
                    ("Area", ""),
                    ("By", ""),
                ),
            ),
            Block(
                kind="table",
                title="Read",
                heads=(
                    "Question",
                    f"First look: day {note.look_after_days}",
                    f"Reading: day {note.read_after_days} on",
                ),
                rows=(("Date", "", ""), *((question, "", "") for question in asked)),
                widths=(2, 1, 1),
            ),
            Block(
                kind="text",
                title="What it permits",
                rows=(
                    (
                        "Every answer no, on the day of the reading or later: up to its own energy per column, fluence "
                        "and cumulative density, with this device, in skin of this kind (rules TS-03). Any other "
                        "answer: nothing; a physician decides (TS-01), or wait (TS-01-HEALED). State it in the case "
                        "under [test_spot].",
                    ),
                ),
            ),
            signatures("Read by", "Physician"),
        ),
        sources=(f"date of the reading: {note.read_source}", "PAR-08: clinical practice; no CO2 study was found"),
    )
