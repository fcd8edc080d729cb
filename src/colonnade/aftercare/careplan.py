"""One patient's course of care, day by day: items with gates, contacts with times, orders with stop dates.

A gate opens on an event and a date, whichever is later. Slower skin extends what is expected; contacts and red flags
never move later. A day is a calendar day in the clinic's zone, an hour is a real hour.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import math
from collections.abc import Mapping

from colonnade import catalogue
from colonnade.aftercare import clock
from colonnade.aftercare.contacts import cancelled, contact_of, doubled, dressings, renumbered
from colonnade.aftercare.course import CareItem, CarePlan, OrderLine, Page
from colonnade.aftercare.facts import FACE_LIKE
from colonnade.aftercare.protocol import (
    FILES,
    CareRefused,
    Event,
    Item,
    Kind,
    applies,
    facts,
    is_mole_site,
    protocol,
    refuse_unsafe,
    track_of,
)
from colonnade.case import Case
from colonnade.errors import BadInput, did_you_mean
from colonnade.laser import Settings
from colonnade.tissue import skin

EVENTS: tuple[Event, ...] = ("closed", "scab_off", "infection_suspected")
LAST_DAY = 365
#: Skin off the face heals 2 to 4 times slower (derived: Kim 2022 against face series); the cautious end for "expected".
OFF_FACE = 2.0
#: Closure on the face that the templates were written for (7 to 10 days, vendor; derived).
FACE_CLOSURE_DAYS = 7.0
#: Single days to day 14, then weeks, then months.
PERIODS: tuple[tuple[int, int], ...] = (
    *((d, d) for d in range(15)),
    (15, 21),
    (22, 28),
    (29, 42),
    (43, 90),
    (91, 182),
    (183, LAST_DAY),
)


def care_plan(
    case: Case,
    start: str | dt.datetime,
    *,
    settings: Settings | None = None,
    closure_days: float | None = None,
    events: Mapping[str, dt.date] | None = None,
    session: int = 1,
    course_id: str = "",
    checkin_token: str = "",
    replaces: CarePlan | None = None,
) -> CarePlan:
    """The course of care of one treatment.

    Parameters
    ----------
    case : Case
        Site, phototype, and the clinic's switches in ``[aftercare]``.
    start : str or datetime
        When it is treated: a date, or a time in the clinic's zone.
    settings : Settings, optional
        Panel settings; their cumulative density guards the choice of track.
    closure_days : float, optional
        Predicted closure, the late end of its interval; extends what is expected, nothing else.
    events : mapping, optional
        Confirmed events (``closed``, ``scab_off``, ``infection_suspected``) and their dates.
    session, course_id
        Identify the course; the default id comes from the case.
    replaces : CarePlan, optional
        The plan this one changes: contacts keep their uid, and their sequence grows where they changed.

    Raises
    ------
    CareRefused
        If something ordered would harm (see ``protocol.refuse_unsafe``), or silicone would lie on an open wound.
    BadInput
        For dates that do not exist, events before the treatment, unknown sites, zones or events.
    """
    tz = clock.zone(case.clinic.timezone)
    moment = clock.local(start, tz) if isinstance(start, str) else _aware(start).astimezone(tz)
    where = skin(case.site.id)
    track = track_of(case, None if settings is None else settings.derived()["cumulative_density_pct"])
    zones = dict.fromkeys((where.zone, *(skin(z.site.id).zone for z in case.zones)))
    for zone in zones:
        refuse_unsafe(case, zone)
    confirmed = _events(events or {}, moment)
    _refuse_early_silicone(case, moment, confirmed)
    slower = max(_slower(zone, closure_days) for zone in zones)
    known = facts(case, zones)
    files = ("common", FILES[track])
    items = tuple(
        _place(i, moment, confirmed, slower) for f in files for i in protocol(f).items if applies(i.when, known)
    )
    course = course_id or _course_id(case)
    rules = [c for f in files for c in protocol(f).contacts if applies(c.when, known)]
    contacts = [contact_of(c, course, session, moment) for c in rules if not doubled(c, rules)]
    if case.aftercare.dressing == "hydrocolloid":
        contacts += dressings(course, session, moment, confirmed)
    contacts.sort(key=lambda c: (c.start, c.id))
    used = (*files, "before", "allergy-groups")
    return CarePlan(
        title=case.title,
        synthetic=case.synthetic,
        course_id=course,
        session=session,
        track=track,
        track_title=protocol(FILES[track]).title,
        regimen=protocol(FILES[track]).regimen,
        site_title=where.title,
        zone=where.zone,
        phototype=case.patient.phototype,
        slower=slower,
        start=moment,
        timezone=tz.key,
        clinic_name=case.clinic.name,
        call=case.clinic.contact,
        languages=case.clinic.languages,
        public_address=_public(case.clinic.public_address),
        checkin_token=checkin_token,
        events={str(k): v for k, v in confirmed.items()},
        before=tuple(_place(i, moment, {}, 1.0) for i in protocol("before").items),
        items=items,
        contacts=renumbered(contacts, replaces, course, session),
        orders=tuple(_orders(case, moment, confirmed)),
        pages=tuple(_page(items, moment, first, last) for first, last in PERIODS),
        notes=_notes(case, where.zone, slower),
        reviewed_by=", ".join(sorted({protocol(f).reviewed_by for f in (*files, "before")})),
        protocols={f: catalogue.sha256("protocols", f) for f in used},
    )


def _aware(moment: dt.datetime) -> dt.datetime:
    if moment.tzinfo is None:
        raise BadInput("start", given="a time without zone", allowed="an aware datetime, or text", todo="Add a zone.")
    return moment


def _course_id(case: Case) -> str:
    parts = {k: case.plain()[k] for k in ("title", "patient", "indication", "site", "region")}
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def _public(address: str) -> str:
    if address and not address.startswith("https://"):
        raise BadInput(
            "clinic.public_address", given=repr(address[:80]), allowed="an https address, or empty", todo="Correct it."
        )
    return address.rstrip("/")


def _slower(zone: str, closure_days: float | None) -> float:
    factor = 1.0 if zone in FACE_LIKE else OFF_FACE
    if closure_days is None:
        return factor
    if not 0 < closure_days <= 120:
        raise BadInput("closure_days", given=f"{closure_days}", allowed="above 0, up to 120 days", todo="Correct it.")
    return max(factor, closure_days / FACE_CLOSURE_DAYS)


def _events(events: Mapping[str, dt.date], start: dt.datetime) -> dict[Event, dt.date]:
    out: dict[Event, dt.date] = {}
    for name, date in events.items():
        event = next((e for e in EVENTS if e == name), None)
        if event is None:
            raise BadInput(
                "event", given=repr(name[:60]), allowed=", ".join(EVENTS), todo=did_you_mean(name[:60], EVENTS)
            )
        if not start.date() <= date <= start.date() + dt.timedelta(days=730):
            raise BadInput(
                f"event {name}",
                given=f"{date}, before or long after the treatment",
                allowed=f"from {start.date()} to two years later",
                todo="Correct the date.",
            )
        out[event] = date
    return out


def _refuse_early_silicone(case: Case, start: dt.datetime, events: dict[Event, dt.date]) -> None:
    day = case.aftercare.silicone_from_day
    if day is None or case.aftercare.silicone == "none":
        return
    closed = events.get("closed")
    if closed is None or closed > clock.day_start(start, day):
        raise CareRefused(
            "AC-06",
            "aftercare.silicone_from_day",
            given=f"silicone from day {day}, while closure is {'not confirmed' if closed is None else f'on {closed}'}",
            allowed="silicone on confirmed closed skin only",
            todo="Leave silicone_from_day out: the gate opens when closure is confirmed.",
        )


def _place(item: Item, start: dt.datetime, events: dict[Event, dt.date], slower: float) -> CareItem:
    """The item's days in this course: gates applied, expected healing extended."""
    first, last = item.days
    if item.slow:
        last = math.ceil(last * slower)
    waits = None
    if item.starts is not None:
        if item.starts in events:
            opens = max(first, (events[item.starts] - start.date()).days)
            # a course of so many days keeps its length when it starts later
            first, last = opens, last + opens - first
        else:
            waits = item.starts
    if item.ends is not None and item.ends in events:
        ended = max((events[item.ends] - start.date()).days, item.at_least_until or 0)
        last = max(first, min(last, ended))
    if "infection_suspected" in events and item.id in ("silicone", "dressing-hydrocolloid"):
        last = min(last, (events["infection_suspected"] - start.date()).days)
    return CareItem(
        id=item.id,
        kind=item.kind,
        text=item.text,
        from_day=first,
        to_day=last,
        waits_for=waits,
        until=item.ends if item.ends is not None and item.ends not in events else None,
        source=item.source,
        basis=item.basis,
        founding=item.founding,
    )


def superseded(first: CarePlan, second: CarePlan) -> CarePlan:
    """The first course once a later session on the same skin has taken over.

    Its contacts from the second session's day on are cancelled, except those that must stay (dermoscopy of a mole
    site); its lines end the day before. Raises BadInput if the second did not start after the first.
    """
    if not second.start > first.start:
        raise BadInput(
            "second session",
            given=f"{second.start.isoformat()}",
            allowed=f"after the first, {first.start.isoformat()}",
            todo="Correct the dates or their order.",
        )
    day = (second.start.date() - first.start.date()).days
    contacts = tuple(
        cancelled(c) if c.start.date() >= second.start.date() and not c.keep else c for c in first.contacts
    )
    items = tuple(i.model_copy(update={"to_day": min(i.to_day, day - 1)}) for i in first.items if i.from_day <= day - 1)
    pages = tuple(_page(items, first.start, a, min(b, day - 1)) for a, b in PERIODS if a <= day - 1)
    note = f"Replaced by session {second.session} on {second.start.date()}."
    return first.model_copy(
        update={"contacts": contacts, "items": items, "pages": pages, "notes": (*first.notes, note)}
    )


def _orders(case: Case, start: dt.datetime, events: dict[Event, dt.date]) -> list[OrderLine]:
    out = []
    for order in case.aftercare.orders:
        last = None if order.to_day is None else clock.day_start(start, order.to_day)
        stopped = ""
        infected = events.get("infection_suspected")
        if order.kind == "steroid" and infected is not None and (last is None or infected <= last):
            last, stopped = infected, "herpes or infection suspected: steroid off"
        out.append(
            OrderLine(
                kind=order.kind,
                product=order.product,
                instructions=order.instructions,
                first=clock.day_start(start, order.from_day),
                last=last,
                ordered_by=order.ordered_by,
                stopped_because=stopped,
            )
        )
    return out


def _page(items: tuple[CareItem, ...], start: dt.datetime, first: int, last: int) -> Page:
    def ids(kind: Kind) -> tuple[str, ...]:
        return tuple(i.id for i in items if i.kind == kind and i.from_day <= last and i.to_day >= first)

    return Page(
        first_day=first,
        last_day=last,
        first=clock.day_start(start, first),
        last=clock.day_start(start, last),
        do=ids("do"),
        dont=ids("dont"),
        advice=ids("advice"),
        expect=ids("expect"),
        call=ids("call"),
    )


def _notes(case: Case, zone: str, slower: float) -> tuple[str, ...]:
    care = case.aftercare
    notes = ["Templates that no clinician has reviewed (reviewed_by: none); the physician's order always wins."]
    if slower > 1:
        notes.append(
            f"Expected healing extended {slower:g} times ({zone}, or predicted closure); contacts stay where they are."
        )
    if not case.clinic.contact:
        notes.append("No clinic number is set: every page says so. Set clinic.contact.")
    if care.allergies is None:
        notes.append("Allergies were not asked. Ask before anything is ordered.")
    if care.growth_factor:
        notes.append(f"Growth factor: {care.growth_factor}")
    history = case.patient.history
    if history.herpes_history != "no" and not any(o.kind == "antiviral" for o in care.orders):
        notes.append("Cold sores in the past, or not asked: an antiviral is the physician's decision (PX-01).")
    if case.patient.phototype in ("III", "IV", "V", "VI") and not any(o.kind == "steroid" for o in care.orders):
        notes.append("Phototype III or darker: clobetasol 0.05 % on days 0 to 1 is an option by order (PX-04).")
    if care.moisture != "moist":
        notes.append(f"Clinic switch {care.moisture}: against moist care (founding point 1a).")
    if is_mole_site(case):
        notes.append("Mole site: colour that returns needs dermoscopy; nothing is booked by itself (DX-04).")
    if history.immunosuppressed != "no":
        notes.append("Immunosuppressed or not asked: triage raises every tier by one once it is recorded as yes.")
    return tuple(notes)
