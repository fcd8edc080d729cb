"""Protocols: library files, chosen by wound track, adapted to site, phototype, allergies, orders and switches."""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping
from typing import Any, Literal

from pydantic import Field

from colonnade import catalogue
from colonnade.aftercare.lexicon import normalise
from colonnade.case import Aftercare, Case, Order, Track
from colonnade.errors import BadInput
from colonnade.schema import Model, read

Days = tuple[int, int]
Kind = Literal["do", "dont", "advice", "expect", "call"]
Event = Literal["closed", "scab_off", "infection_suspected"]

#: Zones where chlorhexidine and benzalkonium are blocked, and nobody overrides it.
NO_DISINFECTANT = frozenset({"face", "eyelid", "scalp", "ear"})
FILES: dict[Track, str] = {
    "fractional_field": "fractional-field",
    "spot": "spot-vaporisation",
    "full_field": "full-field",
}


class Item(Model):
    """One line of a protocol."""

    id: str
    kind: Kind
    text: str = Field(min_length=5, description="English; the key of its translations")
    days: Days = Field(strict=False)
    starts: Event | None = None
    ends: Event | None = None
    at_least_until: int | None = Field(None, description="Day up to which the line stays even after its end event")
    slow: bool = Field(False, description="Its last day is multiplied where skin heals more slowly")
    founding: str = Field("", description="The founding point it keeps or corrects")
    when: tuple[str, ...] = Field((), strict=False)
    source: str = Field(min_length=2)
    basis: Literal["read", "derived", "unsourced"]


class ContactRule(Model):
    """One scheduled contact."""

    id: str
    day: int = Field(ge=0, le=1100)
    kind: Literal["call", "photo", "clinic", "dermoscopy", "questions"]
    title: str = Field(min_length=3, description="Without a diagnosis: it stands in calendars")
    when: tuple[str, ...] = Field((), strict=False)
    keep: bool = Field(False, description="Stays when a later session replaces this course")
    source: str = Field(min_length=2)


class Protocol(Model):
    """A protocol file (``colonnade.protocol/1``)."""

    schema_: Literal["colonnade.protocol/1"] = Field(alias="schema")
    id: str
    title: str
    version: str
    reviewed_by: str
    track: Track | None = None
    regimen: str = ""
    indications: tuple[str, ...] = Field((), strict=False)
    items: tuple[Item, ...] = Field((), strict=False)
    contacts: tuple[ContactRule, ...] = Field((), strict=False)


class FoundingPoint(Model):
    """A founding point against the evidence."""

    id: str
    founding: str
    verdict: str
    now: str
    why: str
    source: str


class CareRefused(BadInput):
    """Aftercare that is refused for the patient's safety; ``rule`` names why."""

    def __init__(self, rule: str, what: str, *, given: str, allowed: str, todo: str) -> None:
        self.rule = rule
        super().__init__(what, given=given, allowed=allowed, todo=todo)


@functools.cache
def protocol(name: str) -> Protocol:
    """A protocol of the library by id. Raises BadInput with "did you mean"."""
    data: dict[str, Any] = catalogue.load("protocols", name)
    return read(Protocol, data, origin=f"library protocol {name}")


@functools.cache
def founding_points() -> tuple[FoundingPoint, ...]:
    """The founding points and what became of them."""
    data = catalogue.load("protocols", "founding-points")
    return tuple(read(FoundingPoint, p, origin="library founding-points") for p in data["points"])


#: A melanocytic naevus, or a spot that may be one: colour that returns there needs a look with the dermatoscope.
MOLES = frozenset({"junctional-naevus", "compound-naevus", "dermal-naevus", "pigmented-lesion-undiagnosed"})


def is_mole_site(case: Case) -> bool:
    """Whether a mole is treated: as the clinic says, and always where the indication is one."""
    return case.aftercare.mole_site or case.indication.id in MOLES


def track_of(case: Case, cumulative_density_pct: float | None = None) -> Track:
    """The wound track: as stated, else by indication. Raises BadInput where density says it is no fractional field.

    ``cumulative_density_pct`` comes from the settings, where there are any. Above 60 % (assumed) the skin between the
    columns is no longer the rule, and the clinic must say which track it is.
    """
    if case.aftercare.track != "auto":
        return case.aftercare.track
    for track, name in FILES.items():
        if case.indication.id in protocol(name).indications and track != "fractional_field":
            return track
    if cumulative_density_pct is not None and not cumulative_density_pct <= 60.0:
        raise BadInput(
            "aftercare.track",
            given=f"auto, with a cumulative density of {cumulative_density_pct:.0f} %",
            allowed="auto up to 60 % (assumed); above it little skin is left between the columns",
            todo='State aftercare.track = "full_field" or "fractional_field".',
        )
    return "fractional_field"


def facts(case: Case, zones: Collection[str]) -> dict[str, frozenset[str]]:
    """What the ``when`` conditions of items ask for. A case with several zones has several values there."""
    care = case.aftercare
    return {
        "zone": frozenset(zones),
        "phototype": frozenset({case.patient.phototype}),
        "moisture": frozenset({care.moisture}),
        "wash": frozenset({care.wash}),
        "dressing": frozenset({care.dressing}),
        "growth_factor": frozenset({"yes" if care.growth_factor else "no"}),
        "silicone": frozenset({care.silicone}),
        "mole_site": frozenset({"yes" if is_mole_site(case) else "no"}),
    }


def applies(conditions: tuple[str, ...], known: Mapping[str, frozenset[str]]) -> bool:
    """Whether all conditions ``key=value|value`` hold. Raises KeyError for a key nobody knows."""
    return all(not known[c.split("=")[0]].isdisjoint(c.split("=")[1].split("|")) for c in conditions)


def refuse_unsafe(case: Case, zone: str) -> None:
    """Refuse what nobody may order. Raises CareRefused with the reason.

    Chlorhexidine or benzalkonium on face, scalp, eye or ear; anything the patient is allergic to; a medicine while
    allergies were never asked; an antibiotic without a stop day; a steroid near the eye.
    """
    care = case.aftercare
    if zone in NO_DISINFECTANT and care.wash in ("chlorhexidine", "benzalkonium"):
        raise CareRefused(
            "AC-01",
            "aftercare.wash",
            given=f"{care.wash} on the {zone}",
            allowed="saline or water there; chlorhexidine harms cornea and middle ear (PMID 27399954)",
            todo='Choose wash = "saline".',
        )
    for order in care.orders:
        _refuse_order(order, care, zone)
    for name, used in _products(care, zone):
        _refuse_allergy(name, used, care)


def _refuse_order(order: Order, care: Aftercare, zone: str) -> None:
    what = f"aftercare.orders: {order.product[:80]}"
    if zone in NO_DISINFECTANT and _groups(order.product) & {"chlorhexidine", "benzalkonium"}:
        raise CareRefused(
            "AC-01",
            what,
            given=f"a product with chlorhexidine or benzalkonium on the {zone}",
            allowed="none there (PMID 27399954)",
            todo="Order something else.",
        )
    if care.allergies is None:
        raise CareRefused(
            "AC-02",
            what,
            given="a medicine, while allergies were not asked",
            allowed="aftercare.allergies as a list; an empty list means asked and none",
            todo="Ask the patient and record it.",
        )
    if order.kind == "antibiotic" and order.to_day is None:
        raise CareRefused(
            "AC-03",
            what,
            given="an antibiotic without a stop day",
            allowed="an order with to_day",
            todo="State the last day.",
        )
    if order.kind == "steroid" and zone == "eyelid":
        raise CareRefused(
            "AC-04",
            what,
            given="a steroid on the eyelid",
            allowed="none around the eye",
            todo="Order something else.",
        )
    if order.to_day is not None and not order.to_day >= order.from_day:
        raise BadInput(
            what,
            given=f"days {order.from_day} to {order.to_day}",
            allowed="to_day from from_day on",
            todo="Correct it.",
        )


def _products(care: Aftercare, zone: str) -> list[tuple[str, str]]:
    """What touches the patient: (field, product)."""
    used = [("aftercare.orders", o.product) for o in care.orders]
    if care.moisture == "moist" or care.moisture == "dry_72h":
        used.append(("aftercare.moisture", "petrolatum"))
    if care.dressing != "none":
        used.append(("aftercare.dressing", care.dressing))
    if care.silicone != "none":
        used.append(("aftercare.silicone", "silicone"))
    if care.wash in ("chlorhexidine", "benzalkonium"):
        used.append(("aftercare.wash", care.wash))
    if care.growth_factor:
        used.append(("aftercare.growth_factor", care.growth_factor))
    return used


@functools.cache
def _group_names() -> dict[str, frozenset[str]]:
    groups: dict[str, list[str]] = catalogue.load("protocols", "allergy-groups")["groups"]
    return {group: frozenset(normalise(n) for n in (group, *names)) for group, names in groups.items()}


def _groups(product: str) -> set[str]:
    """Allergy groups that a product's name mentions, one slip of the pen allowed in long names."""
    from rapidfuzz.distance import OSA

    text = normalise(product)
    words = text.replace("-", " ").replace("/", " ").replace(",", " ").split()
    found = set()
    for group, names in _group_names().items():
        for name in names:
            if name in text or (len(name) >= 7 and any(OSA.distance(name, w, score_cutoff=2) <= 1 for w in words)):
                found.add(group)
    return found


def _refuse_allergy(what: str, product: str, care: Aftercare) -> None:
    for allergy in care.allergies or ():
        said, used = normalise(allergy).strip(), normalise(product)
        shared = _groups(allergy) & _groups(product)
        if shared or (len(said) >= 3 and (said in used or used in said)):
            raise CareRefused(
                "AC-05",
                what,
                given=f'"{product[:80]}", while the patient is allergic to "{allergy[:80]}"',
                allowed=f"nothing of the same group ({', '.join(sorted(shared)) or 'same name'})",
                todo="Order something else, or correct the allergy record.",
            )
