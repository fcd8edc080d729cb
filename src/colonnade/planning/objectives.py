"""What the search wants, as small objects that add up: each scores an outcome between 0 and 1 and says it in words.

The weights per priority and the reference values are ours and assumed: they order settings that are all within the
limits, and no limit depends on them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Priority = Literal["balanced", "effect", "downtime"]


@dataclass(frozen=True)
class Ends:
    """A number at the nominal crater losses and at both ends of their range."""

    nominal: float
    shallow: float
    deep: float


@dataclass(frozen=True)
class Target:
    """What the treatment is for. ``depth_um`` is where the cover is counted."""

    depth_um: float
    depth_low_um: float
    depth_high_um: float
    cover_low_pct: float
    cover_high_pct: float
    coagulation_low_um: float
    coagulation_high_um: float


@dataclass(frozen=True)
class Outcome:
    """What one setting does to the skin, estimated or simulated; the cover counts all passes."""

    crater_depth_um: Ends
    coagulation_depth_um: Ends
    rim_um: float
    """Thermal injury (necrosis) below the crater on its axis [µm], the zone that histology measures.

    Not the collagen rim: a purely thermal column leaves only a few micrometres of that, which is the known
    shortfall of a model whose return of heat to the wall is not calibrated.
    """
    cover_at_target_pct: float
    """Ablated or coagulated at the target depth."""
    wounded_pct: float
    """Ablated or coagulated at the basal layer."""
    areal_energy_J_cm2: float
    passes: int
    stack: int


@dataclass(frozen=True)
class Objective:
    """One wish. ``score`` lies between 0 (bad) and 1 (good); ``words`` says what was reached."""

    name: str
    title: str
    weights: dict[Priority, float]
    score: Callable[[Outcome, Target], float]
    words: Callable[[Outcome, Target], str]


def band(value: float, low: float, high: float) -> float:
    """1 inside [low, high]; below in proportion to what is reached; above falling as the excess grows."""
    if not value >= low:
        return max(0.0, value / low) if value == value else 0.0
    return 1.0 if value <= high else high / value


def gentle(value: float, reference: float) -> float:
    """1 at nothing, 1/2 at ``reference``, falling on without ever reaching 0."""
    return 1.0 / (1.0 + value / reference)


#: Energy per area that halves the heat score [J/cm²]: two passes totalling 20 % of 120 µm at 15 and 20 mJ (S30,
#: uneventful) are 31. A reference for ordering, not a limit. Assumed.
AREAL_REFERENCE_J_CM2 = 30.0
#: Part of the epidermis wounded that halves the downtime score [%]. Assumed; no source relates the two by number.
WOUNDED_REFERENCE_PCT = 20.0

OBJECTIVES = (
    Objective(
        "depth",
        "target depth reached",
        {"balanced": 3.0, "effect": 4.0, "downtime": 2.0},
        lambda o, t: band(o.crater_depth_um.nominal, t.depth_low_um, t.depth_high_um),
        lambda o, t: (
            f"crater {o.crater_depth_um.nominal:.0f} µm (target {t.depth_low_um:.0f} to {t.depth_high_um:.0f} µm)"
        ),
    ),
    Objective(
        "depth_sure",
        "target depth reached even if the crater losses are high",
        {"balanced": 1.0, "effect": 1.5, "downtime": 0.5},
        lambda o, t: min(1.0, band(o.crater_depth_um.shallow, t.depth_low_um, t.depth_high_um)),
        lambda o, t: f"crater {o.crater_depth_um.shallow:.0f} µm at the shallow end",
    ),
    Objective(
        "cover",
        "cover at the target depth",
        {"balanced": 3.0, "effect": 4.0, "downtime": 2.0},
        lambda o, t: band(o.cover_at_target_pct, t.cover_low_pct, t.cover_high_pct),
        lambda o, t: (
            f"{o.cover_at_target_pct:.1f} % of the skin treated at {t.depth_um:.0f} µm "
            f"(target {t.cover_low_pct:g} to {t.cover_high_pct:g} %)"
        ),
    ),
    Objective(
        "coagulation",
        "thermal rim",
        {"balanced": 1.0, "effect": 1.0, "downtime": 1.0},
        lambda o, t: band(o.rim_um, t.coagulation_low_um, t.coagulation_high_um),
        lambda o, t: f"{o.rim_um:.0f} µm of thermal injury below the crater",
    ),
    Objective(
        "heat",
        "heat left in the skin",
        {"balanced": 1.0, "effect": 0.5, "downtime": 1.5},
        lambda o, t: gentle(o.areal_energy_J_cm2, AREAL_REFERENCE_J_CM2),
        lambda o, t: f"{o.areal_energy_J_cm2:.1f} J/cm² over all passes",
    ),
    Objective(
        "downtime",
        "downtime",
        {"balanced": 1.0, "effect": 0.5, "downtime": 3.0},
        lambda o, t: gentle(o.wounded_pct, WOUNDED_REFERENCE_PCT),
        lambda o, t: f"{o.wounded_pct:.1f} % of the epidermis wounded",
    ),
    # Rules PT-05, PAR-04 and PAR-05: passes and stacked pulses add heat where it has not yet left.
    Objective(
        "once",
        "few passes and pulses on one spot",
        {"balanced": 0.5, "effect": 0.25, "downtime": 0.5},
        lambda o, t: 1.0 / (o.passes * o.stack),
        lambda o, t: f"{o.passes} x the region, {o.stack} x the spot",
    ),
)


@dataclass(frozen=True)
class Scored:
    """The total between 0 and 1, and what each objective gave to it."""

    total: float
    parts: dict[str, float]


def score(
    outcome: Outcome, target: Target, priority: Priority, objectives: tuple[Objective, ...] = OBJECTIVES
) -> Scored:
    """The weighted mean of the objectives."""
    whole = sum(o.weights[priority] for o in objectives)
    parts = {o.name: o.weights[priority] * o.score(outcome, target) / whole for o in objectives}
    return Scored(total=sum(parts.values()), parts=parts)
