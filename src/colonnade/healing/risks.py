"""Risks as odds: dark marks (PIH), infection, scar. Illustrative: directions are sourced, sizes mostly are not.

Every factor multiplies the odds and none is below 1 for what is worse, so no risk falls when an input gets worse.
An unanswered question counts half of a yes in the middle of the interval and a full yes at its high end.
"""

from __future__ import annotations

import math

from colonnade.healing.evidence import Factor, Prediction, Reducer, Risk
from colonnade.healing.site import HealingSite
from colonnade.healing.wound import Wound

#: Risk of PIH at the reference (phototype IV, 10 % density, no history, no heat between columns, bland care).
PIH_REFERENCE = (0.36, 0.09, 0.75)
PIH_REFERENCE_SOURCE = (
    "between 9.4 % (lower lids, n = 424, scholars.duke.edu/display/pub1472426) and 75 % (phototype IV, petrolatum, "
    "Cheyasak 2015 doi:10.2340/00015555-1899); the middle is that of the odds"
)
#: Odds by phototype relative to IV: nominal, low, high (assumed; one review found no influence of phototype).
PIH_PHOTOTYPE = {
    "I": (0.15, 0.05, 0.5),
    "II": (0.25, 0.1, 0.6),
    "III": (0.6, 0.3, 1.0),
    "IV": (1.0, 1.0, 1.0),
    "V": (1.3, 1.0, 2.0),
    "VI": (1.5, 1.0, 2.5),
}
_DENSITY = (1.3, 1.0, 1.6)
_HEAT = (1.3, 1.0, 2.0)
_HISTORY = (3.0, 1.5, 6.0)
CLOBETASOL_ODDS = (0.40 / 0.60) / (0.75 / 0.25)

#: Infection: share infected after full-field resurfacing, and the days such a wound is open.
INFECTED_FULL_FIELD = (0.05, 0.02, 0.10)
OPEN_FULL_FIELD_d = 8.0
INFECTION_SOURCE = (
    "herpes in 2 to 10 % after mostly full-field resurfacing (ophthalmologyweb 331709); 8 open days assumed; "
    "the risk is taken to grow with the days that a way in is open and with the open share of the skin"
)
#: Exponent of the open share of the skin: nominal, low end, high end (assumed: 1 is area times days, 0 days alone).
_SHARE = (0.5, 1.0, 0.0)
#: Scar: odds without infection at the reference (face, 10 % density, shallow); and share scarred after an infection.
SCAR_CLEAN = (0.001, 0.0003, 0.005)
SCAR_AFTER_INFECTION = (0.15, 0.05, 0.40)
_DEPTH = (3.0, 2.0, 4.0)

Triple = tuple[float, float, float]


def odds_of(p: float) -> float:
    """p / (1 − p)."""
    return p / (1 - p)


def risk_of(odds: float) -> float:
    """odds / (1 + odds)."""
    return odds / (1 + odds)


def answered(answer: str, yes: Triple) -> Triple:
    """Odds ratio of a history answer: nominal, low, high."""
    if answer == "yes":
        return yes
    if answer == "no":
        return (1.0, 1.0, 1.0)
    return (math.sqrt(yes[0]), 1.0, yes[2])


def _power(base: Triple, exponent: float) -> Triple:
    return (base[0] ** exponent, base[1] ** exponent, base[2] ** exponent)


def _combined(reference: Triple, factors: tuple[Factor, ...]) -> Triple:
    """Risk from the reference and its factors. Logarithms of odds add; their distances to either end add in squares,
    as for independent unknowns. With steps no larger than their own distance this never lowers a risk."""
    logs = [[math.log(odds_of(p)) for p in reference]]
    logs += [[math.log(v) for v in (f.odds_ratio, f.low, f.high)] for f in factors]
    middle = sum(v[0] for v in logs)
    down = math.sqrt(sum((v[0] - v[1]) ** 2 for v in logs))
    up = math.sqrt(sum((v[2] - v[0]) ** 2 for v in logs))
    return (risk_of(math.exp(middle)), risk_of(math.exp(middle - down)), risk_of(math.exp(middle + up)))


def _factor(name: str, ends: Triple, source: str) -> Factor:
    return Factor(name, *ends, source)


def _density_steps(wound: Wound) -> float:
    """Tens of per cent of density beyond the first ten; not below zero, so that the reference is the least."""
    return max(wound.density_pct - 10.0, 0.0) / 10.0


def pih(wound: Wound, *, phototype: str, history_of_pih: str, tanned: str) -> Risk:
    """Risk of post-inflammatory hyperpigmentation with bland care [%]."""
    factors = (
        _factor(
            f"phototype {phototype}", PIH_PHOTOTYPE[phototype], "assumed; weak predictor (doi:10.4081/dr.2023.9703)"
        ),
        _factor(
            "dark marks in the past", answered(history_of_pih, _HISTORY), "direction: CI-10 of the rules; size assumed"
        ),
        _factor("tan or sunburn", answered(tanned, (2.0, 1.0, 4.0)), "direction: CI-10 of the rules; size assumed"),
        _factor(
            "density above 10 %",
            _power(_DENSITY, _density_steps(wound)),
            "direction: Yuan 2014, and 7.1 against 12.4 % at 1550 nm (doi:10.1002/lsm.20512); size assumed",
        ),
        _factor(
            "heat between columns",
            _power(_HEAT, wound.basal_rise_K / 5),
            "direction: PT-01 of the rules; size per 5 K assumed",
        ),
    )
    nominal, low, high = _combined(PIH_REFERENCE, factors)
    return Risk(
        Prediction(
            "pih_risk_pct",
            "Dark marks (PIH)",
            100 * nominal,
            100 * low,
            100 * high,
            "D",
            PIH_REFERENCE_SOURCE,
            "sizes of the factors are assumed; shown to compare settings, not to promise",
        ),
        factors,
        (
            Reducer(
                "clobetasol 0.05 % for two days, by a doctor's order",
                f"odds × {CLOBETASOL_ODDS:.2f} (75 to 40 %)",
                "B",
                "Cheyasak 2015 doi:10.2340/00015555-1899",
            ),
            Reducer("lower density or fewer passes, before lower energy", "direction only", "C", "PT-05 of the rules"),
            Reducer("sun protection, SPF 30 or more, for at least 90 days", "direction only", "D", "aftercare page"),
        ),
    )


def infection(
    open_days: Triple, open_share: float, *, immunosuppressed: str, diabetes: str, herpes_history: str
) -> Risk:
    """Risk of an infection from how long a way in stays open and how large it is [%].

    ``open_days``: nominal, short, long; ``open_share``: part of the skin that has lost its epidermis (0 to 1).
    """
    factors = (
        _factor("immunosuppressed", answered(immunosuppressed, (2.0, 1.0, 5.0)), "size assumed"),
        _factor("diabetes", answered(diabetes, (2.0, 1.0, 4.0)), "size assumed"),
        _factor(
            "cold sores in the past",
            answered(herpes_history, (1.5, 1.0, 4.0)),
            "one series found no influence (pubmed 9537005); others give antivirals for it",
        ),
    )
    by_days = tuple(
        1 - (1 - infected) ** (days / OPEN_FULL_FIELD_d * open_share**k)
        for infected, days, k in zip(INFECTED_FULL_FIELD, open_days, _SHARE, strict=True)
    )
    nominal, low, high = _combined((by_days[0], by_days[1], by_days[2]), factors)
    return Risk(
        Prediction(
            "infection_risk_pct",
            "Infection",
            100 * nominal,
            100 * low,
            100 * high,
            "D",
            INFECTION_SOURCE,
            "herpes and bacteria together",
        ),
        factors,
        (
            Reducer(
                "clean, moist wound care; nothing picked",
                "crust 5.0 against 9.1 days, closed against open",
                "B",
                "PubMed 11594855",
            ),
            Reducer(
                "a closed dressing looked at and changed by 48 h",
                "no infections in one series",
                "C",
                "aftercare page, 2d",
            ),
            Reducer("antiviral tablets by order, where herpes is likely", "direction only", "C", "aftercare page"),
            Reducer(
                "petrolatum rather than antibiotic ointment",
                "odds ratio 0.71 (0.42 to 1.19) for antibiotics: no proven gain",
                "B",
                "https://www.ncbi.nlm.nih.gov/pubmed/24646178",
            ),
        ),
    )


def clean_scar_odds(depth_share: float, density_steps: float, site: HealingSite, keloid: str) -> tuple[Factor, ...]:
    """Factors of a scar without infection, from the share of the dermis reached, density, site and tendency."""
    return (
        _factor(
            "depth of the injury",
            tuple(math.exp(k * depth_share) for k in _DEPTH),  # type: ignore[arg-type]  # three of them
            "the deeper in the dermis, the likelier a scar; form and size assumed",
        ),
        _factor("density above 10 %", _power(_DENSITY, density_steps), "direction: lsm.20753; size assumed"),
        _factor("site", (site.scar_odds.value, site.scar_odds.low, site.scar_odds.high), site.scar_odds.source),
        _factor(
            "keloid tendency or poor healing", answered(keloid, (10.0, 3.0, 30.0)), "direction: CI-04; size assumed"
        ),
    )


def scar(
    wound: Wound, infected: Risk, *, site: HealingSite, skin_um: float, keloid_tendency: str, isotretinoin: str
) -> Risk:
    """Risk of a scar, as a chain: with infection and without [%]."""
    factors = (
        *clean_scar_odds(min(wound.injury_depth_um / skin_um, 1.5), _density_steps(wound), site, keloid_tendency),
        _factor("isotretinoin within 6 months", answered(isotretinoin, (1.5, 1.0, 4.0)), "labels warn; size assumed"),
    )
    clean = _combined(SCAR_CLEAN, factors)
    p = infected.prediction
    assert p.nominal is not None
    assert p.low is not None
    assert p.high is not None
    ends = [
        100 * (i / 100 * after + (1 - i / 100) * without)
        for i, after, without in zip((p.nominal, p.low, p.high), SCAR_AFTER_INFECTION, clean, strict=True)
    ]
    return Risk(
        Prediction(
            "scar_risk_pct",
            "Scar",
            ends[0],
            ends[1],
            max(ends[2], ends[0]),
            "D",
            "chain: infection is the most frequent cause of scarring (Ramsdell 2012 PMC3580977); sizes assumed",
            f"of which by infection {p.nominal * SCAR_AFTER_INFECTION[0]:.2g} %",
        ),
        factors,
        (
            *infected.reducers,
            Reducer("delayed healing seen early and treated", "direction only", "C", "Ramsdell 2012 PMC3580977"),
            Reducer(
                "silicone, once the skin is closed, where scars are likely", "direction only", "C", "aftercare page, 5"
            ),
        ),
    )
