"""One patient's course of care, day by day: items with gates, contacts with times, orders with stop dates.

A gate opens on an event and a date, whichever is later. Slower skin extends what is expected; contacts and red flags
never move later. A day is a calendar day in the clinic's zone, an hour is a real hour.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import math
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from colonnade import DISCLAIMER, __version__, catalogue
from colonnade.aftercare import clock
from colonnade.aftercare.facts import FACE_LIKE
from colonnade.aftercare.protocol import (
    FILES,
    CareRefused,
    ContactRule,
    Event,
    Item,
    Kind,
    applies,
    facts,
    protocol,
    refuse_unsafe,
    track_of,
)
from colonnade.case import Case, Track
from colonnade.errors import BadInput, did_you_mean
from colonnade.laser import Settings
from colonnade.schema import Model, read
from colonnade.tissue import skin

SCHEMA = "colonnade.careplan/1"
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


class CareItem(Model):
    """A line of the protocol with its dates in this course."""

    id: str
    kind: Kind
    text: str
    from_day: int
    to_day: int
    waits_for: Event | None = Field(None, description="Not open yet: this event is not confirmed")
    until: Event | None = Field(None, description="Ends with this event, which is not confirmed")
    source: str
    basis: str
    founding: str = ""


class Contact(Model):
    """A contact or reminder with its moment. ``uid`` never changes; ``sequence`` grows when the contact changes."""

    id: str
    uid: str
    day: int
    kind: Literal["call", "photo", "clinic", "dermoscopy", "questions", "dressing"]
    title: str
    start: dt.datetime = Field(strict=False)
    minutes: int
    status: Literal["confirmed", "cancelled"] = "confirmed"
    sequence: int = 0
    keep: bool = False
    source: str


class OrderLine(Model):
    """A medicine as ordered, with dates."""

    kind: str
    product: str
    instructions: str
    first: dt.date = Field(strict=False)
    last: dt.date | None = Field(None, strict=False)
    ordered_by: str
    stopped_because: str = ""


class Page(Model):
    """One day, week or month: what to do, what not, what is expected, when to call. Entries are item ids."""

    first_day: int
    last_day: int
    first: dt.date = Field(strict=False)
    last: dt.date = Field(strict=False)
    do: tuple[str, ...] = Field((), strict=False)
    dont: tuple[str, ...] = Field((), strict=False)
    advice: tuple[str, ...] = Field((), strict=False)
    expect: tuple[str, ...] = Field((), strict=False)
    call: tuple[str, ...] = Field((), strict=False)


class CarePlan(Model):
    """A course of care (``colonnade.careplan/1``)."""

    schema_: Literal["colonnade.careplan/1"] = Field("colonnade.careplan/1", alias="schema")
    disclaimer: str = DISCLAIMER
    title: str
    synthetic: bool
    course_id: str
    session: int
    track: Track
    track_title: str
    regimen: str
    site_title: str
    zone: str
    phototype: str
    slower: float
    start: dt.datetime = Field(strict=False)
    timezone: str
    clinic_name: str
    call: str
    languages: tuple[str, ...] = Field(strict=False)
    public_address: str
    checkin_token: str
    events: dict[str, dt.date] = Field(default_factory=dict, strict=False)
    before: tuple[CareItem, ...] = Field(strict=False)
    items: tuple[CareItem, ...] = Field(strict=False)
    contacts: tuple[Contact, ...] = Field(strict=False)
    orders: tuple[OrderLine, ...] = Field(strict=False)
    pages: tuple[Page, ...] = Field(strict=False)
    notes: tuple[str, ...] = Field((), strict=False, description="For the clinic")
    reviewed_by: str
    protocols: dict[str, str] = Field(description="Protocol files used and their SHA-256")
    version: str = __version__

    def plain(self) -> dict[str, Any]:
        """The care plan as plain data."""
        return self.model_dump(mode="json", by_alias=True)

    def item(self, id_: str) -> CareItem:
        """An item by id; KeyError if there is none."""
        return next(i for i in (*self.items, *self.before) if i.id == id_)

    def save(self, path: str | Path) -> None:
        """Write ``careplan.json``."""
        Path(path).write_text(json.dumps(self.plain(), indent=1, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, path: str | Path) -> CarePlan:
        """A care plan from ``careplan.json``. Raises BadInput if it cannot be read or is none."""
        path = Path(path)
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
            raise BadInput(
                f"care plan {path.name[:80]}",
                given=f"a file that cannot be read as JSON ({type(error).__name__})",
                allowed="a careplan.json written by `colonnade aftercare`",
                todo="Check the path.",
            ) from None
        plan = read(cls, data, origin=path.name)
        # JSON keeps the offset, not the zone: give it back, so that a later day still knows when the clocks change
        tz = clock.zone(plan.timezone)
        contacts = tuple(c.model_copy(update={"start": c.start.astimezone(tz)}) for c in plan.contacts)
        return plan.model_copy(update={"start": plan.start.astimezone(tz), "contacts": contacts})


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
    contacts = [_contact(c, course, session, moment) for c in rules if not _doubled(c, rules)]
    if case.aftercare.dressing == "hydrocolloid":
        contacts += _dressings(course, session, moment, confirmed)
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
        contacts=_renumber(contacts, replaces, course, session),
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


MINUTES = {"call": 15, "photo": 15, "clinic": 30, "dermoscopy": 30, "questions": 15, "dressing": 15}


def _doubled(rule: ContactRule, rules: list[ContactRule]) -> bool:
    """Whether a photo check-in falls on the day of a call or visit, which asks the same questions."""
    return rule.kind == "photo" and any(r.day == rule.day and r.kind != "photo" for r in rules)


def _contact(rule: ContactRule, course: str, session: int, start: dt.datetime) -> Contact:
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


def _dressings(course: str, session: int, start: dt.datetime, events: dict[Event, dt.date]) -> list[Contact]:
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


def _renumber(contacts: list[Contact], old: CarePlan | None, course: str, session: int) -> tuple[Contact, ...]:
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
    out += [_cancel(c) for c in before.values()]
    return tuple(sorted(out, key=lambda c: (c.start, c.id)))


def _cancel(contact: Contact) -> Contact:
    if contact.status == "cancelled":
        return contact
    return contact.model_copy(update={"status": "cancelled", "sequence": contact.sequence + 1})


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
    contacts = tuple(_cancel(c) if c.start.date() >= second.start.date() and not c.keep else c for c in first.contacts)
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
    if care.mole_site:
        notes.append("Mole site: colour that returns needs dermoscopy; nothing is booked by itself (DX-04).")
    if history.immunosuppressed != "no":
        notes.append("Immunosuppressed or not asked: triage raises every tier by one once it is recorded as yes.")
    return tuple(notes)
