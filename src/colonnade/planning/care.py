"""Aftercare in short, for the plan's last pages: the lines of the aftercare protocol for this case, with their days.

Nothing is written here twice: texts, days and sources are those of ``aftercare``, as the leaflet has them. The course
of care by date is made by ``colonnade aftercare`` or ``plan --start``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from colonnade.aftercare.careplan import OFF_FACE
from colonnade.aftercare.facts import FACE_LIKE
from colonnade.aftercare.leaflet import EMERGENCY
from colonnade.aftercare.protocol import FILES, Kind, applies, facts, protocol, track_of
from colonnade.aftercare.protocol import Item as Line
from colonnade.case import Case
from colonnade.errors import BadInput
from colonnade.tissue import Skin

#: What the short form holds, in its order; what is expected and what is advice only stands in the leaflet.
KINDS: tuple[Kind, ...] = ("do", "dont", "call")
#: A confirmed event that a line waits for, or that ends it.
EVENTS = {"closed": "the skin is closed", "scab_off": "the scab has fallen", "infection_suspected": "infection"}


@dataclass(frozen=True)
class Item:
    """One line, with where it comes from."""

    text: str
    source: str


def summary(case: Case, skins: tuple[Skin, ...], cumulative_density_pct: float | None) -> tuple[Item, ...]:
    """The lines for the zones treated, the note on review first.

    ``cumulative_density_pct`` guards the choice of the wound track: where it says that the track must be stated, the
    one line left says so.
    """
    zones = dict.fromkeys(skin.zone for skin in skins)
    try:
        track = track_of(case, cumulative_density_pct)
    except BadInput as error:
        said = f"No aftercare in short: {error.what} is {error.given}; allowed: {error.allowed}. {error.todo}"
        return (Item(said, "aftercare protocol: the choice of the wound track"),)
    files = [protocol("common"), protocol(FILES[track])]
    known = facts(case, zones)
    slower = 1.0 if all(zone in FACE_LIKE for zone in zones) else OFF_FACE
    reviewed = ", ".join(sorted({file.reviewed_by for file in files}))
    items = [
        Item(
            f"Aftercare text: not reviewed by a clinician (reviewed by: {reviewed}). The treating clinician's order "
            f"comes first. Wound track: {files[1].title.lower()}. {files[1].regimen}",
            "; ".join(f"aftercare protocol {file.id}, version {file.version}" for file in files),
        )
    ]
    lines = [line for file in files for line in file.items if applies(line.when, known)]
    for kind in KINDS:
        items += [Item(f"{_days(line, slower)}: {line.text}", line.source) for line in lines if line.kind == kind]
    signs = "; ".join(f"{sign[:1].lower()}{sign[1:]}" for sign in EMERGENCY)
    items.append(Item(f"Call the emergency number: {signs}.", "red flags of tier E; the tiers are derived"))
    if slower > 1:
        text = f"Off the face healing takes longer: what is expected is extended {slower:g} times; contacts and the "
        items.append(Item(f"{text}warning signs do not move later.", "Kim 2022 against face series; derived"))
    days = [
        f"day {contact.day} {contact.title.lower()}"
        for contact in sorted((c for file in files for c in file.contacts), key=lambda c: c.day)
        if applies(contact.when, known)
    ]
    items.append(Item(f"Contacts: {', '.join(dict.fromkeys(days))}.", "aftercare protocol; rules FU-01, FU-03, OUT-01"))
    return tuple(items)


def _days(line: Line, slower: float) -> str:
    """The days of a line in words, with the event it waits for or ends with."""
    first, last = line.days
    last = math.ceil(last * slower) if line.slow else last
    days = f"Day {first}" if first == last else f"Days {first} to {last}"
    if line.starts is not None:
        return f"{days}, once it is confirmed that {EVENTS[line.starts]}"
    return f"{days} or until {EVENTS[line.ends]}" if line.ends is not None else days
