"""A course of care as data (``colonnade.careplan/1``): items, contacts, orders, pages; reading and writing its file."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from colonnade import DISCLAIMER, __version__
from colonnade.aftercare import clock
from colonnade.aftercare.protocol import Event, Kind
from colonnade.case import Track
from colonnade.errors import BadInput
from colonnade.schema import Model, read


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
