"""The predictions of a course as single numbers with interval, grade and source."""

from __future__ import annotations

import math
from typing import Literal

from colonnade.healing import closure, collagen, signs
from colonnade.healing import constants as c
from colonnade.healing.evidence import Prediction
from colonnade.healing.site import HealingSite
from colonnade.healing.wound import Wound, full_field
from colonnade.units import from_si, to_si

Ends = tuple[float, float, float]

#: A full-field wound counts as closed at this share: the last gaps depend on where single follicles stand.
CLOSED_SHARE = 0.95
#: A shallow full-field resurfacing: through the epidermis into the papillary dermis, and the dead tissue under it.
SHALLOW_um, SHALLOW_RIM_um = 100.0, 85.0  # 85 ± 15 µm: Green 1992


def closures(wound: Wound, site: HealingSite) -> tuple[closure.Closure, closure.Closure, closure.Closure]:
    """Closure at nominal, slow end and fast end; they differ only in how many follicles are left."""
    if wound.kind == "fractional":
        one = closure.between_columns(wound)
        return one, one, one
    left = site.surviving_per_cm2(wound.injury_depth_um)
    nominal, slow, fast = (closure.of_surface(wound, n) for n in left)
    return nominal, slow, fast


def hours_to_days(path_um: float, speed_um_h: float) -> float:
    return from_si(to_si(path_um, "um") / to_si(speed_um_h, "um_h"), "d")


def closed(paths: tuple[closure.Closure, ...], pace: Ends, share: float) -> Ends:
    """Days until ``share`` is closed: nominal, low (fast), high (slow)."""
    nominal, slow, fast = (hours_to_days(p.reach_um(share), v) for p, v in zip(paths, pace, strict=True))
    return nominal, fast, slow


_FRONT_SOURCE = "front from the viable rim; speed " + c.FRONT_SPEED_um_h.source


def continuity(wound: Wound, pace: Ends, paths: tuple[closure.Closure, ...]) -> tuple[Prediction, ...]:
    columns = wound.kind == "fractional"
    grade: Literal["B", "C"] = "B" if columns else "C"
    many = closed(paths, pace, CLOSED_SHARE)
    out = [
        Prediction(
            "epithelium_closed_95_d",
            "Keratinocytes continuous over 95 % of the wound",
            *many,
            grade,
            _FRONT_SOURCE,
            "from the rims of the islands" if columns else "from follicles left and from the edges",
        )
    ]
    if columns:
        every = closed(paths, pace, 1.0)
        lined = tuple(
            hours_to_days(wound.crater_depth_um + wound.dead_radius_um, v) for v in (pace[0], pace[2], pace[1])
        )
        out += [
            Prediction(
                "epithelium_closed_d",
                "Keratinocytes continuous over every column, at the surface",
                *every,
                "B",
                _FRONT_SOURCE,
                "not the end of what is seen",
            ),
            Prediction(
                "crater_lined_d",
                "Epidermis down the wall to the floor, if the crater stays open",
                lined[0],
                lined[1],
                lined[2],
                "D",
                "path along the wall at the same speed; whether a crater stays open is not known",
            ),
        ]
    return tuple(out)


def _visible(wound: Wound, site: HealingSite, share: float) -> Ends:
    lag, speed, time = c.VISIBLE_LAG_d, c.VISIBLE_SPEED_um_d, site.visible_time
    radius = wound.dead_radius_um
    return (
        signs.visible_until_d(radius, time.value, lag_d=lag.value, speed_um_d=speed.value, share=share),
        signs.visible_until_d(radius, time.low, lag_d=lag.low, speed_um_d=speed.high, share=share),
        signs.visible_until_d(radius, time.high, lag_d=lag.high, speed_um_d=speed.low, share=share),
    )


def seen(wound: Wound, site: HealingSite, pace: Ends, paths: tuple[closure.Closure, ...]) -> tuple[Prediction, ...]:
    out = []
    kim = c.VISIBLE_LAG_d.source + "; " + site.visible_time.source
    if wound.kind == "fractional":
        out += [
            Prediction("visible_half_d", "Visible zone at half its area", *_visible(wound, site, 0.5), "B", kim),
            Prediction(
                "visible_gone_d", "Visible zone gone in confocal pictures", *_visible(wound, site, 0.0), "B", kim
            ),
            Prediction(
                "plugs_shed_d",
                "Half of the plugs (MEND, crust) shed",
                *_visible(wound, site, 0.5),
                "C",
                "taken to leave with the visible zone; off the face crusts last 2 to 3 weeks (aftercare page)",
            ),
        ]
    else:
        out.append(
            Prediction(
                "crust_gone_d",
                "Crust or film gone",
                *closed(paths, pace, CLOSED_SHARE),
                "C",
                "taken to leave as the epidermis closes",
            )
        )
    share, slow, noticed = injured(wound), c.REDNESS_SLOW_d, c.REDNESS_NOTICED
    peak, seen = c.SWELLING_PEAK_d, c.SWELLING_NOTICED
    out += [
        Prediction(
            "redness_noticed_until_d",
            "Redness noticeable until",
            signs.redness_until_d(share, slow.value, noticed.value),
            signs.redness_until_d(share, slow.low, noticed.high),
            signs.redness_until_d(share, slow.high, noticed.low),
            "D",
            slow.source,
            "in dark skin redness shows as a darker tone: see the words",
        ),
        Prediction("swelling_peak_d", "Swelling highest", peak.value, peak.low, peak.high, "C", peak.source),
        Prediction(
            "swelling_gone_d",
            "Swelling gone",
            signs.swelling_until_d(peak.value, seen.value),
            signs.swelling_until_d(peak.low, seen.high),
            signs.swelling_until_d(peak.high, seen.low),
            "D",
            "form assumed",
        ),
    ]
    return tuple(out)


def injured(wound: Wound) -> float:
    """Share of the surface that is removed, coagulated or dead, for redness and swelling."""
    if wound.kind == "full_field":
        return 1.0
    return min(math.pi * (wound.dead_radius_um * 1e-3) ** 2 * wound.columns_per_mm2, 1.0)


def new_matrix(wound: Wound) -> tuple[Prediction, ...]:
    slow, quick = c.COLLAGEN_MATURING_d.high, c.COLLAGEN_MATURING_d.low
    half = [collagen.day_of_half(collagen.months(maturing_d=tau)) for tau in (None, quick, slow)]
    rise, decay = c.HSP47_RISE_d, c.HSP47_DECAY_d
    peaks = [collagen.hsp47_peak_d(r, d) for r in (rise.low, rise.high) for d in (decay.low, decay.high)]
    amount = c.FRACTIONAL_INDUCTION
    scale = min(injured(wound) / 0.1, 1.0) if wound.kind == "fractional" else 1.0
    ends = (amount.value, amount.low, amount.high) if wound.kind == "fractional" else (1.0, 1.0, 1.0)
    shrink = c.SHRINKAGE
    return (
        Prediction(
            "hsp47_peak_d",
            "HSP47 highest",
            collagen.hsp47_peak_d(rise.value, decay.value),
            min(peaks),
            max(peaks),
            "B",
            rise.source,
            "the same for every setting",
        ),
        Prediction(
            "collagen_half_d",
            "Half of a year's new collagen I in place",
            half[0],
            half[1],
            half[2],
            "D",
            c.COLLAGEN_MATURING_d.source,
            "the same for every setting",
        ),
        Prediction(
            "collagen_of_full_field_pct",
            "New collagen relative to a fully ablative treatment",
            100 * scale * ends[0],
            100 * scale * ends[1],
            100 * scale * ends[2],
            "D" if scale < 1 else "C",
            amount.source,
            "scaled down below 10 % injured surface (assumed)",
        ),
        Prediction(
            "contraction_area_pct",
            "Area lost at once by shrinking collagen",
            shrink.value * wound.coagulated_pct,
            shrink.low * wound.coagulated_pct,
            shrink.high * wound.coagulated_pct,
            "D",
            shrink.source,
        ),
    )


def without_islands(wound: Wound, site: HealingSite, pace: Ends) -> tuple[Prediction, ...]:
    """The same region as one surface: resurfaced to the papillary dermis, and as deep as the columns go."""
    if wound.kind == "full_field":
        return ()
    width, height = (from_si(to_si(v, "um"), "mm") for v in (wound.width_um, wound.height_um))
    out = []
    for name, title, depth, rim in (
        ("full_field_shallow_closed_95_d", "Whole surface, to the papillary dermis", SHALLOW_um, SHALLOW_RIM_um),
        (
            "full_field_same_depth_closed_95_d",
            "Whole surface, as deep as the columns",
            max(wound.crater_depth_um, 1.0),
            max(wound.injury_depth_um - wound.crater_depth_um, 0.0),
        ),
    ):
        other = full_field(depth_um=depth, rim_um=rim, width_mm=width, height_mm=height)
        ends = closed(closures(other, site), pace, CLOSED_SHARE)
        left = site.surviving_per_cm2(other.injury_depth_um)[0]
        note = f"about {left:.0f} follicles per cm² left" if left >= 1 else "no follicles left: from the edges only"
        out.append(Prediction(name, title + ", 95 % closed", *ends, "C", _FRONT_SOURCE, note))
    return tuple(out)
