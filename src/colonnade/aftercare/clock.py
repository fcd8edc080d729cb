"""Dates and times of a course: days are calendar days in the clinic's zone, hours are real hours."""

from __future__ import annotations

import datetime as dt
import difflib
import zoneinfo

from colonnade.errors import BadInput

#: Contacts and daily reminders happen at this wall-clock time.
MORNING = dt.time(9, 0)


def zone(name: str) -> zoneinfo.ZoneInfo:
    """The time zone of an IANA name. Raises BadInput with "did you mean"."""
    known = zoneinfo.available_timezones()
    if name not in known:
        near = difflib.get_close_matches(name[:60], known, n=1, cutoff=0.6)
        raise BadInput(
            "clinic.timezone",
            given=f'"{name[:80]}"',
            allowed='an IANA name such as "Europe/Paris"',
            todo=" ".join(f'Did you mean "{n}"?' for n in near) or "Look the name up in the IANA list.",
        )
    return zoneinfo.ZoneInfo(name)


def local(text: str, tz: zoneinfo.ZoneInfo) -> dt.datetime:
    """A treatment start from ISO text: a date alone is noon; a time without offset is the clinic's wall clock.

    Raises BadInput for text that is no date, for a wall-clock time that does not exist on that day or exists twice
    (change to or from summer time): then the offset must be given.
    """
    try:
        if len(text) == 10:
            return dt.datetime.combine(dt.date.fromisoformat(text), dt.time(12, 0), tzinfo=tz)
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(
            "start",
            given=repr(text[:60]),
            allowed="a date 2026-12-01 or a time 2026-12-01T14:30 (with an offset +01:00 if wished)",
            todo="Correct the date.",
        ) from None
    if moment.tzinfo is not None:
        return moment.astimezone(tz)
    both = {moment.replace(tzinfo=tz, fold=f).utcoffset() for f in (0, 1)}
    if len(both) == 2:
        exists = moment.replace(tzinfo=tz).astimezone(dt.UTC).astimezone(tz).replace(tzinfo=None) == moment
        raise BadInput(
            "start",
            given=f"{text} in {tz.key}, which {'happens twice' if exists else 'does not happen'} on that day",
            allowed="a time with its offset, e.g. " + moment.replace(tzinfo=tz).isoformat(),
            todo="Add the offset.",
        )
    return moment.replace(tzinfo=tz)


def day_start(start: dt.datetime, day: int) -> dt.date:
    """The calendar date of day ``day`` in the zone of ``start``."""
    return start.date() + dt.timedelta(days=day)


def at(start: dt.datetime, day: int, time: dt.time = MORNING) -> dt.datetime:
    """Wall-clock ``time`` on day ``day`` in the zone of ``start``: 9 o'clock stays 9 o'clock when the clocks change."""
    return dt.datetime.combine(day_start(start, day), time, tzinfo=start.tzinfo)


def after_hours(start: dt.datetime, hours: float) -> dt.datetime:
    """The moment ``hours`` real hours after ``start``: 48 hours stay 48 hours when the clocks change."""
    return (start.astimezone(dt.UTC) + dt.timedelta(hours=hours)).astimezone(start.tzinfo)
