"""Contacts of a course: their moments, the times to change a dressing by, and what becomes of them when it changes."""

from __future__ import annotations

import datetime as dt
import uuid

from colonnade.aftercare import clock
from colonnade.aftercare.course import CarePlan, Contact
from colonnade.aftercare.protocol import ContactRule, Event
from colonnade.errors import BadInput

MINUTES = {"call": 15, "photo": 15, "clinic": 30, "dermoscopy": 30, "questions": 15, "dressing": 15}


def doubled(rule: ContactRule, rules: list[ContactRule]) -> bool:
    """Whether a photo check-in falls on the day of a call or visit, which asks the same questions."""
    return rule.kind == "photo" and any(r.day == rule.day and r.kind != "photo" for r in rules)


def contact_of(rule: ContactRule, course: str, session: int, start: dt.datetime) -> Contact:
    """One contact of the protocol with its moment in this course."""
    return Contact(
        id=rule.id,
        uid=_uid(course, session, rule.id),
        day=rule.day,
        kind=rule.kind,
        title=rule.title,
        start=clock.at(start, rule.day),
        minutes=MINUTES[rule.kind],
        keep=rule.keep,
        source=rule.source,
    )


def _uid(course: str, session: int, contact: str) -> str:
    return f"{uuid.uuid5(uuid.NAMESPACE_URL, f'urn:colonnade:{course}:{session}:{contact}')}@colonnade"


def dressings(course: str, session: int, start: dt.datetime, events: dict[Event, dt.date]) -> list[Contact]:
    """Change-by times every 48 real hours to day 10 or closure; at night moved earlier to the evening, never later."""
    out = []
    by = start
    stop = min(
        (events[e] for e in ("closed", "infection_suspected") if e in events), default=clock.day_start(start, 10)
    )
    for n in range(1, 11):
        by = clock.after_hours(by, 48)
        if not 8 <= by.hour < 21:
            evening = by.date() if by.hour >= 21 else by.date() - dt.timedelta(days=1)
            by = dt.datetime.combine(evening, dt.time(20, 0), tzinfo=by.tzinfo)
        if by.date() > stop:
            break
        out.append(
            Contact(
                id=f"dressing-{n}",
                uid=_uid(course, session, f"dressing-{n}"),
                day=(by.date() - start.date()).days,
                kind="dressing",
                title="Change the dressing by now",
                start=by,
                minutes=MINUTES["dressing"],
                source="change at 48 h: https://acnpsearch.tweb-dev.unibo.it/singlejournalindex/72354485",
            )
        )
    return out


def renumbered(contacts: list[Contact], old: CarePlan | None, course: str, session: int) -> tuple[Contact, ...]:
    """Sequence numbers against the plan that is replaced; what is gone stays as cancelled."""
    if old is None:
        return tuple(contacts)
    if (old.course_id, old.session) != (course, session):
        raise BadInput(
            "replaces",
            given=f"course {old.course_id}, session {old.session}",
            allowed=f"course {course}, session {session}",
            todo="Give the same --course and --session, or leave --replaces out.",
        )
    before = {c.uid: c for c in old.contacts}
    out = []
    for contact in contacts:
        was = before.pop(contact.uid, None)
        if was is not None:
            same = (was.start, was.title, was.status) == (contact.start, contact.title, contact.status)
            contact = contact.model_copy(update={"sequence": was.sequence + (0 if same else 1)})
        out.append(contact)
    out += [cancelled(c) for c in before.values()]
    return tuple(sorted(out, key=lambda c: (c.start, c.id)))


def cancelled(contact: Contact) -> Contact:
    """``contact`` taken back; its sequence grows, unless it was taken back before."""
    if contact.status == "cancelled":
        return contact
    return contact.model_copy(update={"status": "cancelled", "sequence": contact.sequence + 1})
