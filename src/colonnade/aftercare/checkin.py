"""What the patient answers: ``colonnade.checkin/1``. Plain data, nothing judged.

The minimal set is pain, itch, the change of redness and swelling, ooze, blisters, fever, eyes, products, ointment,
sun and photographs. A question that was not answered is ``unknown`` or null, never "no".
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from colonnade.case import Answer, Track
from colonnade.errors import BadInput
from colonnade.schema import Model, read

SCHEMA = "colonnade.checkin/1"
MAX_FILE_BYTES = 1_000_000
MAX_TEXT = 20_000

Zone = Literal["face", "eyelid", "neck", "scalp", "ear", "chest", "trunk", "limb", "hand", "genital"]
Change = Literal["none", "less", "same", "more", "unknown"]
Ooze = Literal["none", "clear", "bloody", "yellow_green", "unknown"]

#: Signs that a patient, a nurse on the telephone or a person looking at a photograph may report. Closed list.
Symptom = Literal[
    # whole body, minutes to days
    "breathing_trouble",
    "lip_tongue_swelling",
    "throat_tightness",
    "faint",
    "seizure",
    "palpitations",
    "chest_pain",
    "metallic_taste",
    "mouth_tingling",
    "ear_ringing",
    "twitching",
    "blue_grey_lips",
    "confusion",
    "very_unwell",
    "shivering",
    "vomiting",
    "diarrhoea",
    "sunburn_like_rash",
    "hives",
    "suicidal",
    "despair",
    "emergency_word",
    # eyes
    "eye_pain",
    "light_sensitivity",
    "vision_change",
    "cannot_close_eye",
    "eye_bulging",
    "double_vision",
    "eyelid_swelling",
    # infection and wound
    "fever",
    "spreading_redness",
    "red_streaks",
    "hot_skin",
    "pus",
    "bad_smell",
    "pustules",
    "infection_word",
    "blisters",
    "grouped_blisters",
    "widespread_blisters",
    "burning_pain",
    "sore_reopened",
    "severe_pain",
    "pain_increasing",
    "worsening",
    "one_patch_not_healing",
    "black_skin",
    "crackling_skin",
    "bleeding_not_stopping",
    "white_grey_area",
    "no_feeling",
    "grid_lines_merging",
    "white_film",
    "satellite_spots",
    "itchy_bright_redness",
    "new_rash",
    "nodules",
    "wound_open",
    "swollen_glands",
    "wound_injured",
    "swelling_increasing",
    "redness_increasing",
    # later
    "thick_raised_scar",
    "firm_itchy_line",
    "brown_patches",
    "brown_patches_darkening",
    "pale_area",
    "milia_or_pimples",
    "pigment_returned",
    "lasting_redness",
    "worried",
]


class Photograph(Model):
    """A photograph and what a person saw in it. A photograph can raise a tier, never lower one."""

    file: str = Field("", title="File name", max_length=400)
    seen: tuple[Symptom, ...] = Field((), strict=False, title="Signs that a person saw in it")
    readable: bool = Field(True, title="Could the picture be opened?")


class CheckIn(Model):
    """One check-in. Give ``day`` (whole days since the treatment day, which is day 0) or ``date``."""

    day: int | None = Field(None, ge=0, le=1100, title="Days since treatment")
    date: dt.date | None = Field(None, strict=False, title="Date of the check-in")
    pain: int | None = Field(None, ge=0, le=10, title="Pain 0 to 10")
    pain_change: Change = Field("unknown", title="Pain compared with yesterday")
    itch: int | None = Field(None, ge=0, le=10, title="Itch 0 to 10")
    redness: Change = Field("unknown", title="Redness compared with yesterday")
    swelling: Change = Field("unknown", title="Swelling compared with yesterday")
    ooze: Ooze = Field("unknown", title="Does it ooze?")
    blisters: Answer = Field("unknown", title="New blisters or sores?")
    fever: Answer = Field("unknown", title="Fever (38.0 °C or more) or chills?")
    eye_symptom: Answer = Field("unknown", title="Any trouble with an eye?")
    closed: Answer = Field("unknown", title="Is the skin closed everywhere (nothing raw or weeping)?")
    symptoms: tuple[Symptom, ...] = Field((), strict=False, title="Other signs")
    products: tuple[Annotated[str, Field(max_length=200)], ...] = Field(
        (), strict=False, title="Products used", max_length=40
    )
    new_product: Answer = Field("unknown", title="Anything new on the skin?")
    ointment_times: int | None = Field(None, ge=0, le=48, title="Times ointment was applied today")
    sun_exposure: Answer = Field("unknown", title="Was the skin in the sun?")
    text: str = Field("", title="In your own words", max_length=MAX_TEXT)
    photographs: tuple[Photograph, ...] = Field((), strict=False, title="Photographs", max_length=40)
    clinician_contact_since: bool = Field(False, title="Has a clinician spoken to or seen the patient since?")

    @model_validator(mode="after")
    def _day_or_date(self) -> CheckIn:
        if (self.day is None) == (self.date is None):
            raise ValueError("exactly one of day and date")
        return self


class Care(Model):
    """What triage must know about the treatment."""

    track: Track = Field(title="Wound track")
    zone: Zone = Field(title="Zone of the body")
    treated_on: dt.date | None = Field(None, strict=False, title="Treatment day (day 0), needed for dates")
    earlier_treatment_days_ago: tuple[int, ...] = Field(
        (), strict=False, title="Days from earlier sessions on the same skin to this one", max_length=20
    )
    mole_site: bool = Field(False, title="Was a mole or another pigmented spot treated?")
    immunosuppressed: Answer = Field("unknown", title="Immunosuppressed (illness or drugs)?")
    language: str = Field("en", title="Language of the answer", max_length=20)
    call: str = Field("", title="Number the patient can call", max_length=200)


class CheckIns(Model):
    """A check-in file: the treatment, the check-ins in order (the last one is judged), the contacts missed."""

    schema_: Literal["colonnade.checkin/1"] = Field("colonnade.checkin/1", alias="schema")
    care: Care
    checkins: tuple[CheckIn, ...] = Field(strict=False, min_length=1, max_length=400, title="Check-ins, oldest first")
    missed_days: tuple[int, ...] = Field((), strict=False, title="Days of scheduled contacts that did not happen")

    @field_validator("missed_days")
    @classmethod
    def _missed(cls, days: tuple[int, ...]) -> tuple[int, ...]:
        if any(not 0 <= d <= 1100 for d in days):
            raise ValueError("days from 0 to 1100")
        return days

    @model_validator(mode="after")
    def _ordered(self) -> CheckIns:
        days = self.days()
        if any(a > b for a, b in itertools.pairwise(days)):
            raise ValueError("check-ins in order of time, the oldest first")
        return self

    def days(self) -> tuple[int, ...]:
        """Days since treatment of each check-in. Raises ValueError for a date before the treatment."""
        return tuple(_day_of(c, self.care.treated_on) for c in self.checkins)

    @classmethod
    def parse(cls, data: dict[str, Any], *, origin: str = "check-in") -> CheckIns:
        """Check-ins from plain data. Raises BadInput with one clear message."""
        return read(cls, data, origin=origin)

    @classmethod
    def load(cls, path: str | Path) -> CheckIns:
        """Check-ins from a JSON file. Raises BadInput if it cannot be read, is too large or wrong."""
        return cls.parse(_read_json(Path(path)), origin=Path(path).name)


def _day_of(checkin: CheckIn, treated_on: dt.date | None) -> int:
    if checkin.day is not None:
        return checkin.day
    if treated_on is None or checkin.date is None:
        raise ValueError("care.treated_on where check-ins carry a date")
    days = (checkin.date - treated_on).days
    if not 0 <= days <= 1100:
        raise ValueError(f"a date from the treatment day {treated_on} to 1100 days after it")
    return days


def _read_json(path: Path) -> dict[str, Any]:
    def bad(given: str, allowed: str) -> BadInput:
        return BadInput(
            f"check-in file {path.name}",
            given=given,
            allowed=allowed,
            todo="Correct the file. If anything about the patient worries you, call the clinic at once.",
        )

    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise bad(f"a file of {size / 1e6:.1f} MB", "at most 1 MB; photographs are named, not enclosed")
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise bad(f"a file that cannot be read as JSON ({type(error).__name__})", f"JSON of {SCHEMA}") from None
    if not isinstance(data, dict):
        raise bad(f"a JSON {type(data).__name__}", "a JSON object")
    return data
