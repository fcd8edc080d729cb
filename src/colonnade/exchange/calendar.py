"""The patient's calendar (RFC 5545). No diagnosis, no body site and no product stands in it: others see calendars.

A contact keeps its UID for ever. When it changes its SEQUENCE grows; when it falls away it is sent once more with
STATUS:CANCELLED, so that calendars take it out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING

from colonnade import DISCLAIMER
from colonnade.aftercare import CarePlan
from colonnade.aftercare.course import Contact
from colonnade.aftercare.leaflet import printable
from colonnade.exchange.stamp import stamp_of

if TYPE_CHECKING:
    from icalendar import Event

#: Alarms before a contact, by kind [hours].
ALARMS: dict[str, tuple[float, ...]] = {
    "call": (1,),
    "photo": (0,),
    "clinic": (24, 2),
    "dermoscopy": (168, 24, 2),
    "questions": (0,),
    "dressing": (3, 0),
}


def calendar(plan: CarePlan, *, now: dt.datetime | None = None, say: Callable[[str], str] = str) -> bytes:
    """The calendar of a course as iCalendar text in UTF-8.

    Parameters
    ----------
    plan : CarePlan
        The course; cancelled contacts go out as cancelled.
    now : datetime, optional
        DTSTAMP, with zone; the present by default. The rest depends on the plan alone.
    say : callable, optional
        Translates the fixed texts (the titles of contacts and the two sentences of the description).

    Raises
    ------
    BadInput
        If ``now`` has no zone.
    """
    from icalendar import Calendar

    stamp = stamp_of(now)
    ics = Calendar()
    ics.add("prodid", f"-//Colonnade//Aftercare {plan.version}//EN")
    ics.add("version", "2.0")
    ics.add("calscale", "GREGORIAN")
    ics.add("method", "PUBLISH")
    for contact in plan.contacts:
        ics.add_component(_event(plan, contact, stamp, say))
    text: bytes = ics.to_ical()
    return text


def _event(plan: CarePlan, contact: Contact, stamp: dt.datetime, say: Callable[[str], str]) -> Event:
    from icalendar import Alarm, Event

    event = Event()
    event.add("uid", contact.uid)
    event.add("sequence", contact.sequence)
    event.add("dtstamp", stamp.astimezone(dt.UTC))
    # in UTC: a zone written into the file is read differently by different programs around the change of clocks
    event.add("dtstart", contact.start.astimezone(dt.UTC))
    event.add("duration", dt.timedelta(minutes=contact.minutes))
    event.add("summary", say(contact.title))
    call = plan.call or say("No clinic number is set. In doubt call your emergency number.")
    event.add("description", f"{say('Number to call')}: {printable(call)}\n{DISCLAIMER}")
    event.add("class", "PRIVATE")
    event.add("transp", "TRANSPARENT")
    event.add("status", "CANCELLED" if contact.status == "cancelled" else "CONFIRMED")
    if contact.status == "confirmed":
        for hours in ALARMS[contact.kind]:
            alarm = Alarm()
            alarm.add("action", "DISPLAY")
            alarm.add("description", say(contact.title))
            alarm.add("trigger", -dt.timedelta(hours=hours))
            event.add_component(alarm)
    return event
