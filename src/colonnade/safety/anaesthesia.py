"""How much local anaesthetic the sources allow: by age, weight and area, topical and injected added up.

Nothing is computed for a product, an age or a weight without data: ``ceiling`` and ``injected_ceiling_mg`` refuse, and
in a case the rule AN-01 fails because its numbers are missing. The data lie in ``library/anaesthetics/``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field

from colonnade import catalogue
from colonnade.errors import BadInput, did_you_mean
from colonnade.schema import Model, read

#: Nobody of this age weighs less [years: kg]: a smaller number is a slip. Assumed, far below any growth chart.
LEAST_WEIGHT_KG = ((1, 4.0), (6, 8.0), (12, 12.0), (18, 20.0))


#: Nobody below this age weighs more [years: kg]. Assumed, far above any growth chart.
MOST_WEIGHT_KG = ((1, 20.0), (6, 70.0), (12, 150.0), (18, 300.0))
#: Longest time of the cream on atopic dermatitis [min] (medicines.org.uk emc 7994).
ATOPIC_MAX_MIN = 30.0


class Row(Model):
    """What is allowed below an age."""

    below_age_years: int = Field(gt=0)
    amount_max_g: float = Field(gt=0)
    area_max_cm2: float = Field(gt=0)
    per_10_cm2_g: float = Field(gt=0)
    time_max_min: float = Field(gt=0)
    source: str = Field(min_length=4)


class Injected(Model):
    """What may be injected."""

    with_adrenaline: bool
    lidocaine_max_mg: float = Field(gt=0)
    lidocaine_max_mg_per_kg: float = Field(gt=0)
    from_age_years: int = Field(ge=0)
    source: str = Field(min_length=4)


class Anaesthetic(Model):
    """A product of the library (``colonnade.anaesthetic/1``)."""

    schema_: Literal["colonnade.anaesthetic/1"] = Field(alias="schema")
    id: str
    title: str
    reviewed_by: str
    route: Literal["topical", "injected"]
    lidocaine_pct: float = Field(0.0, ge=0, le=100)
    prilocaine_pct: float = Field(0.0, ge=0, le=100)
    notes: str = ""
    rows: tuple[Row, ...] = Field((), strict=False)
    injected: tuple[Injected, ...] = Field((), strict=False)


@dataclass(frozen=True)
class Ceiling:
    """The most that the sources allow of a topical product, with the two drugs in it at that amount."""

    amount_max_g: float
    area_max_cm2: float
    time_max_min: float
    lidocaine_max_mg: float
    prilocaine_max_mg: float
    source: str


def anaesthetic(name: str) -> Anaesthetic:
    """A product by id. Raises BadInput with "did you mean": there are no data for any other."""
    known = catalogue.ids("anaesthetics")
    if name not in known:
        given = f'"{name}", a product without data'
        todo = f"{did_you_mean(name, known)} Ask a physician or pharmacist: nothing is computed for it here."
        raise BadInput("anaesthesia.product", given=given, allowed=", ".join(known), todo=todo)
    return read(Anaesthetic, catalogue.load("anaesthetics", name), origin=f"library anaesthetic {name}")


def ceiling(
    product: str,
    *,
    age_years: int | None,
    area_cm2: float,
    weight_kg: float | None = None,
    atopic_dermatitis: bool = False,
) -> Ceiling:
    """The ceiling for a topical product: the smallest of the row of the age and what the area allows.

    Parameters
    ----------
    age_years : int
        Whole years; 0 takes the row of the newborn.
    area_cm2 : float
        The area it is put on [cm²], above 0.
    weight_kg : float, optional
        Held against the age, so that a slip is seen. No row of the sources above one year goes by weight.
    atopic_dermatitis : bool
        Whether the skin under it has atopic dermatitis: then 30 minutes at most.

    Raises
    ------
    BadInput
        For a product without data, no age, an age or weight nobody has, an area that is no area.
    """
    data = anaesthetic(product)
    if not data.rows:
        raise _bad("anaesthesia.product", f'"{product}", which is not put on the skin', "a topical product")
    age = _age(age_years)
    _weight(weight_kg, age)
    if not (math.isfinite(area_cm2) and area_cm2 > 0):
        raise _bad("anaesthesia.area_cm2", repr(area_cm2), "an area above 0 cm²")
    row = next((row for row in data.rows if age < row.below_age_years), None)
    if row is None:
        raise _bad("patient.age_years", f"{age}", "an age that the product has data for")
    amount = min(row.amount_max_g, min(area_cm2, row.area_max_cm2) / 10 * row.per_10_cm2_g)
    return Ceiling(
        amount_max_g=amount,
        area_max_cm2=row.area_max_cm2,
        time_max_min=min(row.time_max_min, ATOPIC_MAX_MIN) if atopic_dermatitis else row.time_max_min,
        lidocaine_max_mg=amount * data.lidocaine_pct * 10,
        prilocaine_max_mg=amount * data.prilocaine_pct * 10,
        source=row.source,
    )


def injected_ceiling_mg(*, age_years: int | None, weight_kg: float | None, with_adrenaline: bool) -> float:
    """The most lidocaine to inject [mg]: the smaller of the ceiling in all and per kilogram.

    Raises BadInput below 18 years, without age or weight, and for those that nobody has.
    """
    age, weight = _age(age_years), _weight(weight_kg, _age(age_years))
    if weight is None:
        raise _bad("patient.weight_kg", "nothing", "a weight: the ceiling goes by it")
    found = next(i for i in anaesthetic("lidocaine-injection").injected if i.with_adrenaline is with_adrenaline)
    if age < found.from_age_years:
        raise _bad("patient.age_years", f"{age}", f"{found.from_age_years} or more: no source gives a figure below")
    return min(found.lidocaine_max_mg, found.lidocaine_max_mg_per_kg * weight)


def dose_facts(
    *,
    product: str,
    amount_g: float,
    area_cm2: float,
    time_min: float,
    injected_lidocaine_mg: float,
    with_adrenaline: bool,
    age_years: int | None,
    weight_kg: float | None,
    atopic_dermatitis: bool = False,
) -> dict[str, Any]:
    """What the rules AN-01 ask for, by the names of ``FACTS``. What cannot be computed is left out, and so fails there.

    Topical and injected add up as shares of their own ceilings: 60 % of the one and 50 % of the other are too much.
    """
    facts: dict[str, Any] = {
        "anaesthetic_amount_g": amount_g,
        "anaesthetic_area_cm2": area_cm2,
        "anaesthetic_time_min": time_min,
    }
    shares = []
    try:
        if product:
            top = ceiling(
                product,
                age_years=age_years,
                area_cm2=area_cm2,
                weight_kg=weight_kg,
                atopic_dermatitis=atopic_dermatitis,
            )
            data = anaesthetic(product)
            facts |= {
                "anaesthetic_amount_max_g": top.amount_max_g,
                "anaesthetic_area_max_cm2": top.area_max_cm2,
                "anaesthetic_time_max_min": top.time_max_min,
                "anaesthetic_lidocaine_pct": data.lidocaine_pct,
                "lidocaine_mg": amount_g * data.lidocaine_pct * 10 + injected_lidocaine_mg,
                "prilocaine_mg": amount_g * data.prilocaine_pct * 10,
            }
            shares.append(amount_g / top.amount_max_g)
        elif amount_g == area_cm2 == time_min == 0:
            none = ("anaesthetic_amount_max_g", "anaesthetic_area_max_cm2", "anaesthetic_time_max_min", "prilocaine_mg")
            facts |= dict.fromkeys((*none, "anaesthetic_lidocaine_pct"), 0.0) | {"lidocaine_mg": injected_lidocaine_mg}
        else:
            return facts
        if injected_lidocaine_mg > 0:
            most = injected_ceiling_mg(age_years=age_years, weight_kg=weight_kg, with_adrenaline=with_adrenaline)
            shares.append(injected_lidocaine_mg / most)
    except BadInput:
        return facts
    return facts | {"anaesthetic_sum_pct": 100 * math.fsum(shares)}


def _age(age_years: int | None) -> int:
    if age_years is None or isinstance(age_years, bool) or not 0 <= age_years <= 120:
        raise _bad("patient.age_years", "nothing" if age_years is None else repr(age_years), "0 to 120 whole years")
    return int(age_years)


def _weight(weight_kg: float | None, age: int) -> float | None:
    if weight_kg is None:
        return None
    least = max((kg for years, kg in LEAST_WEIGHT_KG if age >= years), default=0.3)
    most = min((kg for years, kg in MOST_WEIGHT_KG if age < years), default=400.0)
    if not (math.isfinite(weight_kg) and least <= weight_kg <= most):
        raise _bad("patient.weight_kg", f"{weight_kg!r} kg at {age} years", f"{least:g} to {most:g} kg at this age")
    return float(weight_kg)


def possible(age_years: int | None, weight_kg: float | None) -> None:
    """Refuse an age or a weight that nobody has. Raises BadInput; what is not given is not judged."""
    if age_years is not None:
        _weight(weight_kg, _age(age_years))


def _bad(what: str, given: str, allowed: str) -> BadInput:
    return BadInput(what, given=given, allowed=allowed, todo="Correct it; no ceiling is computed with it.")
