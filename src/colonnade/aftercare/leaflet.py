"""What the leaflet says, in one language, as plain text: the page and the PDF are two ways to set it."""

from __future__ import annotations

import datetime as dt
import itertools
import re
import unicodedata
from typing import Any

from colonnade import DISCLAIMER
from colonnade.aftercare.course import CarePlan, Page
from colonnade.aftercare.language import LANGUAGES, Translator, translator
from colonnade.aftercare.protocol import FILES, protocol
from colonnade.aftercare.triage import MESSAGES, NO_NUMBER, TITLES
from colonnade.case import Track
from colonnade.errors import BadInput

#: A telephone number runs from left to right in every language, or its digits change places.
_ARABIC_LETTER = re.compile(r"[\u0620-\u064a]")
#: Signs for which the patient calls the emergency number; red flags of tier E in plain words.
EMERGENCY = (
    "Trouble breathing, or swelling of lips, tongue or throat",
    "Fainting, a fit, a racing heart, chest pain, a metal taste, tingling round the mouth or ringing in the ears",
    "Blue or grey lips",
    "Pain in an eye, light that hurts, sight that changes, or a lid that does not close",
    "Fever together with redness that spreads, shivering, vomiting, confusion or feeling very ill",
    "Skin that turns black or purple, or crackles",
    "Blisters that spread beyond the treated skin, or blisters with fever",
    "Thoughts of harming yourself",
)
#: Fixed texts by what they are for.
WORDS = {
    "title": "After your laser treatment",
    "treated": "Treatment day",
    "clinic": "Clinic",
    "call": "Number to call",
    "emergency": "Emergency: call your emergency number now",
    "emergency_numbers": "112, 911 or your local number. Do not drive yourself.",
    "call_us": "In doubt, call us. Never wait for the next day in this table.",
    "nobody": "Nobody is watching you through this leaflet. If anything worries you, call.",
    "no_number": "No clinic number is set. In doubt call your emergency number.",
    "not_reviewed": "Not reviewed by a clinician.",
    "translation_not_reviewed": "The text and this translation were not reviewed by a clinician.",
    "synthetic": "An example. It describes no real patient.",
    "day_by_day": "Day by day",
    "expected": "Expected",
    "do": "Do",
    "dont": "Do not",
    "call_if": "When to call",
    "only_closed": "Only once your clinic has confirmed that the skin is closed:",
    "until_closed": "Until your clinic has confirmed that the skin is closed:",
    "day": "Day {n}",
    "days": "Days {a} to {b}",
    "contacts": "Your appointments and check-ins",
    "contacts_note": "They are also in the calendar file. Times are local.",
    "orders": "Medicine ordered for you",
    "order_dates": "From {first} to {last}",
    "order_open": "From {first}, until your doctor says stop",
    "drawings": "What is expected, drawn",
    "drawings_note": "Drawings, not photographs. Your skin may look different. "
    "On darker skin, redness can look violet or brown.",
    "light": "Light skin",
    "medium": "Medium skin",
    "dark": "Dark skin",
    "drawing_alt": "Drawing of {skin}, {day}: {what}",
    "before": "Before the treatment",
    "scan": "Scan to answer a check-in",
    "physician_wins": "What your doctor tells you comes before this leaflet.",
}
#: What the drawings show: day on skin that heals as fast as the face, whether slower skin shifts it, caption.
STAGES: dict[Track, tuple[tuple[int, bool, str], ...]] = {
    "fractional_field": (
        (0, False, "Hot, red, swollen; fine dots"),
        (2, False, "Swollen; clear fluid dries"),
        (4, True, "Brown dots, rough like sandpaper"),
        (7, True, "Peeling; pink beneath"),
        (14, True, "Pink, fading"),
        (28, True, "Almost the usual colour"),
    ),
    "spot": (
        (0, False, "A small fresh wound"),
        (2, False, "A little clear fluid, red rim"),
        (6, True, "A scab; it stays on"),
        (10, True, "The scab has fallen; pink"),
        (30, True, "A pink or darker mark"),
        (90, True, "The mark fades"),
    ),
    "full_field": (
        (0, False, "Raw, red, swollen"),
        (3, False, "Moist, swollen, clear fluid"),
        (7, True, "Closing bit by bit"),
        (12, True, "Closed, strongly red"),
        (30, True, "Red, fading"),
        (90, True, "Pink, fading"),
    ),
}


def printable(text: str) -> str:
    """Text of the clinic without control characters and without those that turn the direction of writing.

    One of the latter can make a telephone number read backwards.
    """
    kept = (c if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") else " " for c in text)
    return " ".join("".join(kept).split())


def messages() -> tuple[str, ...]:
    """Every fixed text a leaflet, a calendar or a triage answer may print: what each catalogue must translate."""
    texts = [*WORDS.values(), *EMERGENCY, *(w for stages in STAGES.values() for _, _, w in stages)]
    texts += [*TITLES.values(), *MESSAGES.values(), NO_NUMBER, DISCLAIMER]
    texts += ["Change the dressing by now"]
    for name in ("before", "common", *FILES.values()):
        texts += [i.text for i in protocol(name).items]
        texts += [c.title for c in protocol(name).contacts]
    return tuple(dict.fromkeys(texts))


def leaflet(plan: CarePlan, tag: str) -> dict[str, Any]:
    """The leaflet of a course in one language, as strings and lists.

    Raises
    ------
    BadInput
        For an unknown language, or one that the clinic has not turned on.
    """
    words = translator(tag)
    if tag not in plan.languages:
        raise BadInput(
            "language",
            given=f"{tag}, which this clinic has not turned on",
            allowed=", ".join(plan.languages),
            todo="Have the translation reviewed, then add it to clinic.languages.",
        )
    say = words.say
    said = {key: say(text) for key, text in WORDS.items() if "{" not in text}
    clinic, call = printable(plan.clinic_name), printable(plan.call)
    return {
        "lang": tag,
        "dir": LANGUAGES[tag].direction,
        "words": said,
        "title": said["title"],
        "marks": _marks(plan, words),
        "disclaimer": DISCLAIMER,
        "disclaimer_said": "" if tag == "en" else say(DISCLAIMER),
        "facts": [
            [said["treated"], words.date(plan.start.date())],
            *([[said["clinic"], clinic]] if clinic else []),
        ],
        "call": call or said["no_number"],
        "has_number": bool(call),
        "call_dir": LANGUAGES[tag].direction if not call or _ARABIC_LETTER.search(call) else "ltr",
        "watched": bool(plan.public_address),
        "emergency": [say(e) for e in EMERGENCY],
        "stages": _stages(plan, words),
        "rows": _rows(plan, words),
        "once_closed": _ranged(plan, ("do",), words, waiting=True),
        "dont": _ranged(plan, ("dont", "advice"), words),
        "call_if": _ranged(plan, ("call",), words),
        "contacts": _contacts(plan, words),
        "orders": _orders(plan, words),
        "before": [say(i.text) for i in plan.before],
        "address": checkin_address(plan),
        "made": f"Colonnade {plan.version}",
        "course": f"{plan.course_id}/{plan.session}",
    }


def checkin_address(plan: CarePlan) -> str:
    """The address of the check-in page, or nothing: only where the clinic has one, and a token was made."""
    return f"{plan.public_address}/c/{plan.checkin_token}" if plan.public_address and plan.checkin_token else ""


def _marks(plan: CarePlan, words: Translator) -> list[str]:
    marks = []
    tag = words.language.tag
    if plan.reviewed_by == "none" or words.reviewed_by == "none":
        marks.append(words.say(WORDS["not_reviewed" if tag == "en" else "translation_not_reviewed"]))
    if plan.synthetic:
        marks.append(words.say(WORDS["synthetic"]))
    return marks


def _stages(plan: CarePlan, words: Translator) -> list[dict[str, Any]]:
    out = []
    for day, shifts, text in STAGES[plan.track]:
        shown = round(day * plan.slower) if shifts else day
        label, what = words.say(WORDS["day"], n=shown), words.say(text)
        alts = {
            skin: words.say(WORDS["drawing_alt"], skin=words.say(WORDS[skin]), day=label, what=what)
            for skin in ("light", "medium", "dark")
        }
        out.append({"stage": day, "day": label, "what": what, "alts": alts})
    return out


def _rows(plan: CarePlan, words: Translator) -> list[dict[str, Any]]:
    """What is expected and what to do, day by day; days that say the same stand together."""
    waiting = {i.id for i in plan.items if i.waits_for is not None}

    def key(page: Page) -> tuple[tuple[str, ...], ...]:
        return page.expect, tuple(i for i in page.do if i not in waiting)

    rows = []
    for (expect, do), group in itertools.groupby(plan.pages, key=key):
        pages = list(group)
        first, last = pages[0], pages[-1]
        rows.append(
            {
                "label": _label(first.first_day, last.last_day, words),
                "dates": _dates(first.first, last.last, words),
                "expect": [words.say(plan.item(i).text) for i in expect],
                "do": [words.say(plan.item(i).text) for i in do if plan.item(i).until is None],
                "until_closed": [words.say(plan.item(i).text) for i in do if plan.item(i).until is not None],
            }
        )
    return rows


def _ranged(plan: CarePlan, kinds: tuple[str, ...], words: Translator, *, waiting: bool = False) -> list[list[str]]:
    """Lines with the days for which they hold: [days, text]."""
    items = [i for i in plan.items if i.kind in kinds and (i.waits_for is not None) == waiting]
    return [
        [_label(i.from_day, i.to_day, words), words.say(i.text)]
        for i in sorted(items, key=lambda i: (i.from_day, kinds.index(i.kind)))
    ]


def _label(first: int, last: int, words: Translator) -> str:
    return words.say(WORDS["day"], n=first) if first == last else words.say(WORDS["days"], a=first, b=last)


def _dates(first: dt.date, last: dt.date, words: Translator) -> str:
    if first == last:
        return words.date(first, year=False)
    return f"{words.date(first, year=False)} – {words.date(last, year=False)}"


def _contacts(plan: CarePlan, words: Translator) -> list[list[str]]:
    return [
        [words.date(c.start.date()), words.time(c.start), words.say(c.title)]
        for c in plan.contacts
        if c.status == "confirmed"
    ]


def _orders(plan: CarePlan, words: Translator) -> list[list[str]]:
    out = []
    for order in plan.orders:
        if order.last is None:
            dates = words.say(WORDS["order_open"], first=words.date(order.first))
        else:
            dates = words.say(WORDS["order_dates"], first=words.date(order.first), last=words.date(order.last))
        out.append([printable(order.product), printable(order.instructions), dates])
    return out
