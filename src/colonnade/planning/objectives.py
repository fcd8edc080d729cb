"""What the search wants, as small objects that add up: each scores an outcome between 0 and 1 and says it in words.

The weights per priority and the reference values are ours and assumed: they order settings that are all within the
limits, and no limit depends on them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

Priority = Literal["balanced", "effect", "downtime"]
Kind = Literal["effect", "burden"]


@dataclass(frozen=True)
class Ends:
    """A number at the middle of what is not known, and at its shallow (low) and deep (high) ends."""

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
    """What one setting does to the skin, estimated or simulated; covers count all passes."""

    crater_depth_um: Ends
    coagulation_depth_um: Ends
    rim_um: float
    """Thermal injury (necrosis) below the crater on its axis [µm], the zone that histology measures.

    Not the collagen rim, which is thinner beside a column and not validated there (decision 0140).
    """
    cover_pct: Ends
    """Ablated or coagulated at the target depth."""
    wounded_pct: float
    """Ablated or coagulated at the basal layer."""
    injured_mm3_cm2: float
    """Volume killed by heat beside and below the craters, per area of skin: what the skin renews."""
    areal_energy_J_cm2: float
    bulk_K: float
    """Rise of the basal layer, mean over the plane at the end of one stamp: for ordering; the verdict has the field."""
    downtime_d: float
    """Days until half of the plugs are shed and the skin is closed; illustrative."""
    pih_pct: float
    """Risk of dark marks; sizes assumed, shown to compare settings."""
    seconds: float
    """Firing time, all passes, without pauses."""
    passes: int
    stack: int

    @property
    def cover_at_target_pct(self) -> float:
        """Cover at the target depth at the middle."""
        return self.cover_pct.nominal


@dataclass(frozen=True)
class Objective:
    """One wish. ``score`` lies between 0 (bad) and 1 (good); ``words`` says what was reached."""

    name: str
    title: str
    kind: Kind
    weights: dict[Priority, float]
    score: Callable[[Outcome, Target], float]
    words: Callable[[Outcome, Target], str]


def band(value: float, low: float, high: float) -> float:
    """1 inside [low, high]; below in proportion to what is reached; above falling as the excess grows."""
    if not value >= low:
        return max(0.0, value / low) if value == value else 0.0
    return 1.0 if value <= high else high / value


def gentle(value: float, reference: float) -> float:
    """1 at nothing, 1/2 at ``reference``, falling on without ever reaching 0; 0 for NaN."""
    return 1.0 / (1.0 + value / reference) if value == value else 0.0


def robust(ends: Ends, low: float, high: float) -> float:
    """A band scored at the middle (half of the weight) and at both ends (a quarter each): a wish, not a limit."""
    return 0.5 * band(ends.nominal, low, high) + 0.25 * (band(ends.shallow, low, high) + band(ends.deep, low, high))


#: References that halve a score; for ordering only, none is a limit. All assumed unless said.
#: Energy per area [J/cm²]: two passes totalling 20 % of 120 µm at 15 and 20 mJ (S30, uneventful) are 31.
AREAL_REFERENCE_J_CM2 = 30.0
#: Part of the epidermis wounded [%].
WOUNDED_REFERENCE_PCT = 20.0
#: Rise of the basal layer [K]: half of what HEAT-03 warns of.
BULK_REFERENCE_K = 5.0
#: A week of visible crusts.
DOWNTIME_REFERENCE_D = 7.0
#: Risk of dark marks [%]: 40 % is what was seen with two days of clobetasol (Cheyasak 2015).
PIH_REFERENCE_PCT = 40.0
#: Volume killed per area [mm³/cm²]: 10 % of the skin over a tenth of a millimetre.
INJURED_REFERENCE_MM3_CM2 = 1.0
#: A quarter of an hour of firing.
SECONDS_REFERENCE = 900.0

OBJECTIVES = (
    Objective(
        "depth",
        "target depth reached",
        "effect",
        {"balanced": 4.0, "effect": 5.5, "downtime": 2.5},
        lambda o, t: robust(o.crater_depth_um, t.depth_low_um, t.depth_high_um),
        lambda o, t: (
            f"crater {o.crater_depth_um.nominal:.0f} µm ({o.crater_depth_um.shallow:.0f} to "
            f"{o.crater_depth_um.deep:.0f}; target {t.depth_low_um:.0f} to {t.depth_high_um:.0f} µm)"
        ),
    ),
    Objective(
        "cover",
        "cover at the target depth",
        "effect",
        {"balanced": 3.0, "effect": 4.0, "downtime": 2.0},
        lambda o, t: robust(o.cover_pct, t.cover_low_pct, t.cover_high_pct),
        lambda o, t: (
            f"{o.cover_pct.nominal:.1f} % of the skin treated at {t.depth_um:.0f} µm ({o.cover_pct.shallow:.1f} to "
            f"{o.cover_pct.deep:.1f}; target {t.cover_low_pct:g} to {t.cover_high_pct:g} %)"
        ),
    ),
    Objective(
        "coagulation",
        "thermal rim",
        "effect",
        {"balanced": 0.5, "effect": 0.5, "downtime": 0.5},
        lambda o, t: band(o.rim_um, t.coagulation_low_um, t.coagulation_high_um),
        lambda o, t: f"{o.rim_um:.0f} µm of thermal injury below the crater",
    ),
    Objective(
        "volume",
        "coagulated volume",
        "effect",
        {"balanced": 0.5, "effect": 1.0, "downtime": 0.25},
        lambda o, t: 1.0 - gentle(o.injured_mm3_cm2, INJURED_REFERENCE_MM3_CM2),
        lambda o, t: f"{o.injured_mm3_cm2:.2f} mm³ killed by heat per cm²",
    ),
    Objective(
        "islands",
        "spared islands",
        "burden",
        {"balanced": 0.5, "effect": 0.25, "downtime": 1.0},
        lambda o, t: gentle(o.wounded_pct, WOUNDED_REFERENCE_PCT),
        lambda o, t: f"{100 - o.wounded_pct:.1f} % of the epidermis spared",
    ),
    Objective(
        "heat",
        "bulk heat",
        "burden",
        {"balanced": 0.75, "effect": 0.5, "downtime": 1.0},
        lambda o, t: 0.5 * (gentle(o.bulk_K, BULK_REFERENCE_K) + gentle(o.areal_energy_J_cm2, AREAL_REFERENCE_J_CM2)),
        lambda o, t: f"{o.areal_energy_J_cm2:.1f} J/cm² over all passes, {o.bulk_K:.1f} K in the mean",
    ),
    Objective(
        "downtime",
        "downtime",
        "burden",
        {"balanced": 0.75, "effect": 0.25, "downtime": 3.0},
        lambda o, t: gentle(o.downtime_d, DOWNTIME_REFERENCE_D),
        lambda o, t: f"{o.downtime_d:.1f} days of crusts",
    ),
    Objective(
        "pih",
        "risk of dark marks",
        "burden",
        {"balanced": 0.75, "effect": 0.5, "downtime": 1.0},
        lambda o, t: gentle(o.pih_pct, PIH_REFERENCE_PCT),
        lambda o, t: f"{o.pih_pct:.0f} % risk of dark marks (to compare settings)",
    ),
    Objective(
        "time",
        "time on the patient",
        "burden",
        {"balanced": 0.25, "effect": 0.1, "downtime": 0.25},
        lambda o, t: gentle(o.seconds, SECONDS_REFERENCE),
        lambda o, t: f"{o.seconds:.0f} s of firing",
    ),
    # Rules PT-05, PAR-04 and PAR-05: passes and stacked pulses add heat where it has not yet left.
    Objective(
        "once",
        "few passes and pulses on one spot",
        "burden",
        {"balanced": 0.5, "effect": 0.25, "downtime": 0.5},
        lambda o, t: 1.0 / (o.passes * o.stack),
        lambda o, t: f"{o.passes} x the region, {o.stack} x the spot",
    ),
)


#: What is wished for, without what it costs.
EFFECTS = tuple(o for o in OBJECTIVES if o.kind == "effect")


def reweighted(factors: Mapping[str, float]) -> tuple[Objective, ...]:
    """The objectives with the weights of those named multiplied: how much the choice hangs on our weights."""
    return tuple(
        replace(o, weights={p: w * factors[o.name] for p, w in o.weights.items()}) if o.name in factors else o
        for o in OBJECTIVES
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


def effect_pct(outcome: Outcome, target: Target) -> float:
    """How much of what is wished for is reached [%]: the effects alone, weighed as for ``balanced``."""
    return 100 * score(outcome, target, "balanced", EFFECTS).total
