"""``heal(field, lesion=…, site=…, phototype=…) -> Course``: how the wound closes, looks and changes, day by day."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from colonnade.case import History
from colonnade.case.model import Phototype
from colonnade.errors import BadInput, did_you_mean
from colonnade.healing import closure, collagen, risks, signs
from colonnade.healing import constants as c
from colonnade.healing.evidence import GRADES, Prediction, Risk
from colonnade.healing.site import HealingSite, healing_site
from colonnade.healing.wound import Wound, full_field, number, of_field
from colonnade.units import from_si, to_si

if TYPE_CHECKING:
    from colonnade.field import Field
    from colonnade.photothermal import Lesion

Array = NDArray[np.float64]
Care = Literal["moist", "dry"]
Ends = tuple[float, float, float]

#: Days of the series: quarters of a day to day 60.
SERIES_d = np.arange(0, 60.25, 0.25)
SERIES_d.setflags(write=False)
#: A full-field wound counts as closed at this share: the last gaps depend on where single follicles stand.
CLOSED_SHARE = 0.95
#: Depth of a shallow full-field resurfacing: through the epidermis into the papillary dermis, and the dead tissue under it.
SHALLOW_um, SHALLOW_RIM_um = 100.0, 85.0  # 85 ± 15 µm: Green 1992
#: Thickness of epidermis and dermis where a site's skin is not stated [µm] (assumed).
SKIN_um = 1600.0


@dataclass(frozen=True)
class Track:
    """A quantity by day: nominal, low and high, each of shape (t,)."""

    nominal: Array
    low: Array
    high: Array


@dataclass(frozen=True)
class Days:
    """The course day by day; ``day`` has shape (t,). Open and visible are two different quantities."""

    day: Array
    open_pct: Track
    """Part of the treated area without living epidermis (continuity of keratinocytes)."""
    visible_pct: Track
    """Part of the treated area that confocal pictures still show as altered; the whole area for a full-field wound."""
    plugs_pct: Track
    """Columns that carry a plug or crust; for a full-field wound the area under crust or film."""
    redness_pct: Track
    """Relative to a fresh full-field wound."""
    swelling_pct: Track
    """Relative to the peak of a full-field wound."""


@dataclass(frozen=True)
class Course:
    """Predicted healing. Nothing here is advice; ``reviewed_by`` is none."""

    wound: Wound
    site: str
    phototype: str
    care: Care
    predictions: tuple[Prediction, ...]
    days: Days
    matrix: collagen.Matrix
    risks: tuple[Risk, ...]
    redness_words: str
    full_field: tuple[Prediction, ...]
    """The same region without islands: the founding claim, side by side."""
    assumptions: tuple[str, ...]
    reviewed_by: str
    inputs_sha256: str

    def __getitem__(self, name: str) -> Prediction:
        """A prediction, a risk or a full-field comparison by name. Raises KeyError with the known names."""
        known = {p.name: p for p in (*self.predictions, *self.full_field, *(r.prediction for r in self.risks))}
        if name not in known:
            raise KeyError(f"{name}: known are {', '.join(known)}")
        return known[name]

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON: predictions, risks, full-field comparison, day-by-day series, months."""
        plain = {
            "site": self.site,
            "phototype": self.phototype,
            "care": self.care,
            "wound": {
                f.name: getattr(self.wound, f.name)
                for f in dataclasses.fields(self.wound)
                if isinstance(getattr(self.wound, f.name), str | int | float)
            },
            "predictions": [_plain(p) for p in self.predictions],
            "full_field": [_plain(p) for p in self.full_field],
            "risks": [
                {
                    **_plain(r.prediction),
                    "factors": [dataclasses.asdict(f) for f in r.factors],
                    "reducers": [dataclasses.asdict(m) for m in r.reducers],
                }
                for r in self.risks
            ],
            "redness_words": self.redness_words,
            "days": daily(self, until_d=28),
            "months": {f.name: getattr(self.matrix, f.name).tolist() for f in dataclasses.fields(self.matrix)},
            "grades": dict(GRADES),
            "assumptions": list(self.assumptions),
            "reviewed_by": self.reviewed_by,
            "inputs_sha256": self.inputs_sha256,
        }
        return plain


def _plain(p: Prediction) -> dict[str, Any]:
    return {**dataclasses.asdict(p), "illustrative": p.illustrative}


def daily(course: Course, *, until_d: int = 28) -> dict[str, Any]:
    """The series at whole days 0…``until_d`` as lists: ``day``, and per quantity nominal, low, high."""
    number("until_d", until_d, 1, float(SERIES_d[-1]), "d")
    at = np.arange(0, int(until_d) + 1, dtype=float)
    series: dict[str, Any] = {"day": at.tolist()}
    for entry in dataclasses.fields(course.days):
        track = getattr(course.days, entry.name)
        if isinstance(track, Track):
            series[entry.name] = {
                end: np.interp(at, course.days.day, getattr(track, end)).tolist() for end in ("nominal", "low", "high")
            }
    return series


def heal(
    wound: Field | Wound,
    *,
    lesion: Lesion | None = None,
    site: str | None = None,
    phototype: Phototype = "VI",
    history: History | None = None,
    care: Care = "moist",
    skin_um: float | None = None,
) -> Course:
    """Predict the course of a wound.

    Parameters
    ----------
    wound : Field or Wound
        A computed field (then ``lesion`` is needed too), or a wound from numbers (`fractional`, `full_field`).
    lesion : Lesion, optional
        The column of the field.
    site : str, optional
        A site of the library (``cheek``) or a zone (``face``). Unless stated that of the lesion's skin.
    phototype : {"I", …, "VI"}
        Changes how redness shows and the risk of dark marks, not the closure. VI, the unfavourable end, unless stated.
    history : History, optional
        Answers of the case. Unanswered is unknown, never no.
    care : {"moist", "dry"}
        Dry, under a crust, takes longer.
    skin_um : float, optional
        Thickness of epidermis and dermis, for the scar risk. Unless stated from the lesion's skin, else 1600 µm.

    Raises
    ------
    BadInput
        For a field without lesion, NaN or numbers out of range, an unknown site, phototype or care.
    """
    made, where, thick = _read(wound, lesion, site, skin_um)
    asked = History() if history is None else history
    for name, value, allowed in (("phototype", phototype, get_args(Phototype)), ("care", care, get_args(Care))):
        if value not in allowed:
            raise BadInput(name, given=repr(value), allowed=", ".join(allowed), todo=did_you_mean(str(value), allowed))
    found = healing_site(where)
    pace = _pace(found, asked, care)
    paths = _closures(made, found)
    days = _days(made, found, pace, paths)
    predictions = (*_continuity(made, pace, paths), *_signs(made, found, pace, paths), *_matrix(made))
    return Course(
        wound=made,
        site=where,
        phototype=phototype,
        care=care,
        predictions=predictions,
        days=days,
        matrix=collagen.months(),
        risks=_risks(made, found, pace, paths, asked, phototype, thick),
        redness_words=signs.REDNESS_WORDS[phototype],
        full_field=_without_islands(made, found, pace),
        assumptions=(*made.assumptions, *_assumptions(found)),
        reviewed_by="none",
        inputs_sha256=_hash(made, where, phototype, care, asked, thick),
    )


def _read(
    wound: Field | Wound, lesion: Lesion | None, site: str | None, skin_um: float | None
) -> tuple[Wound, str, float]:
    """The wound, its site and the thickness of the skin, from whatever was given."""
    if isinstance(wound, Wound):
        made = wound
    elif lesion is not None and hasattr(wound, "positions_m"):
        made = of_field(wound, lesion)
    else:
        raise BadInput(
            "wound",
            given=f"a {type(wound).__name__} without a lesion" if hasattr(wound, "positions_m") else repr(type(wound).__name__),
            allowed="a Field with its lesion, or a Wound from fractional() or full_field()",
            todo="Call heal(field, lesion=lesion), or describe the wound in numbers.",
        )
    where = site if site is not None else (lesion.skin.id if lesion is not None else None)
    if where is None:
        raise BadInput("site", given="none", allowed="a site or zone of the library", todo='State it, e.g. site="cheek".')
    thick = SKIN_um if skin_um is None else number("skin_um", skin_um, 100, 20_000, "um")
    if skin_um is None and lesion is not None:
        solid = [layer.thickness_um for layer in lesion.skin.layers if "fat" not in layer.name.lower()]
        thick = sum(solid) or SKIN_um
    return made, where, thick


def _pace(site: HealingSite, history: History, care: Care) -> Ends:
    """Speed of the front [µm/h]: nominal, slow end, fast end."""
    speed, rel = c.FRONT_SPEED_um_h, site.front_speed
    nominal, slow, fast = speed.value * rel.value, speed.low * rel.low, speed.high * rel.high
    answers = {
        history.smoker, history.diabetes_hba1c_above_9_pct, history.immunosuppressed, history.radiotherapy_to_site,
    }  # fmt: skip
    if "yes" in answers:
        nominal *= c.IMPAIRED_SPEED.value
    if answers != {"no"}:
        slow *= c.IMPAIRED_SPEED.low
    if care == "dry":
        nominal, slow = nominal / c.DRY_CARE_TIME.value, slow / c.DRY_CARE_TIME.value
    return nominal, slow, fast


def _closures(wound: Wound, site: HealingSite) -> tuple[closure.Closure, closure.Closure, closure.Closure]:
    """Closure at nominal, slow end and fast end; they differ only in how many follicles are left."""
    if wound.kind == "fractional":
        one = closure.between_columns(wound)
        return one, one, one
    left = site.surviving_per_cm2(wound.injury_depth_um)
    nominal, slow, fast = (closure.of_surface(wound, n) for n in left)
    return nominal, slow, fast


def _hours_to_days(path_um: float, speed_um_h: float) -> float:
    return from_si(to_si(path_um, "um") / to_si(speed_um_h, "um_h"), "d")


def _closed(paths: tuple[closure.Closure, ...], pace: Ends, share: float) -> Ends:
    """Days until ``share`` is closed: nominal, low (fast), high (slow)."""
    nominal, slow, fast = (_hours_to_days(p.reach_um(share), v) for p, v in zip(paths, pace, strict=True))
    return nominal, fast, slow


_FRONT_SOURCE = "front from the viable rim; speed " + c.FRONT_SPEED_um_h.source


def _continuity(wound: Wound, pace: Ends, paths: tuple[closure.Closure, ...]) -> tuple[Prediction, ...]:
    columns = wound.kind == "fractional"
    grade: Literal["B", "C"] = "B" if columns else "C"
    many = _closed(paths, pace, CLOSED_SHARE)
    out = [
        Prediction(
            "epithelium_closed_95_d", "Keratinocytes continuous over 95 % of the wound", *many, grade, _FRONT_SOURCE,
            "from the rims of the islands" if columns else "from follicles left and from the edges",
        )
    ]  # fmt: skip
    if columns:
        every = _closed(paths, pace, 1.0)
        lined = tuple(_hours_to_days(wound.crater_depth_um + wound.dead_radius_um, v) for v in (pace[0], pace[2], pace[1]))
        out += [
            Prediction(
                "epithelium_closed_d", "Keratinocytes continuous over every column, at the surface", *every, "B",
                _FRONT_SOURCE, "not the end of what is seen",
            ),
            Prediction(
                "crater_lined_d", "Epidermis down the wall to the floor, if the crater stays open",
                lined[0], lined[1], lined[2], "D", "path along the wall at the same speed; whether a crater stays open is "
                "not known",
            ),
        ]  # fmt: skip
    return tuple(out)


def _visible(wound: Wound, site: HealingSite, share: float) -> Ends:
    lag, speed, time = c.VISIBLE_LAG_d, c.VISIBLE_SPEED_um_d, site.visible_time
    radius = wound.dead_radius_um
    return (
        signs.visible_until_d(radius, time.value, lag_d=lag.value, speed_um_d=speed.value, share=share),
        signs.visible_until_d(radius, time.low, lag_d=lag.low, speed_um_d=speed.high, share=share),
        signs.visible_until_d(radius, time.high, lag_d=lag.high, speed_um_d=speed.low, share=share),
    )


def _signs(
    wound: Wound, site: HealingSite, pace: Ends, paths: tuple[closure.Closure, ...]
) -> tuple[Prediction, ...]:
    out = []
    kim = c.VISIBLE_LAG_d.source + "; " + site.visible_time.source
    if wound.kind == "fractional":
        out += [
            Prediction("visible_half_d", "Visible zone at half its area", *_visible(wound, site, 0.5), "B", kim),
            Prediction("visible_gone_d", "Visible zone gone in confocal pictures", *_visible(wound, site, 0.0), "B", kim),
            Prediction(
                "plugs_shed_d", "Half of the plugs (MEND, crust) shed", *_visible(wound, site, 0.5), "C",
                "taken to leave with the visible zone; off the face crusts last 2 to 3 weeks (aftercare page)",
            ),
        ]  # fmt: skip
    else:
        out.append(
            Prediction(
                "crust_gone_d", "Crust or film gone", *_closed(paths, pace, CLOSED_SHARE), "C",
                "taken to leave as the epidermis closes",
            )
        )  # fmt: skip
    share, slow, noticed = _injured(wound), c.REDNESS_SLOW_d, c.REDNESS_NOTICED
    peak, seen = c.SWELLING_PEAK_d, c.SWELLING_NOTICED
    out += [
        Prediction(
            "redness_noticed_until_d", "Redness noticeable until",
            signs.redness_until_d(share, slow.value, noticed.value),
            signs.redness_until_d(share, slow.low, noticed.high),
            signs.redness_until_d(share, slow.high, noticed.low),
            "D", slow.source, "in dark skin redness shows as a darker tone: see the words",
        ),
        Prediction("swelling_peak_d", "Swelling highest", peak.value, peak.low, peak.high, "C", peak.source),
        Prediction(
            "swelling_gone_d", "Swelling gone",
            signs.swelling_until_d(peak.value, seen.value), signs.swelling_until_d(peak.low, seen.high),
            signs.swelling_until_d(peak.high, seen.low), "D", "form assumed",
        ),
    ]  # fmt: skip
    return tuple(out)


def _injured(wound: Wound) -> float:
    """Share of the surface that is removed, coagulated or dead, for redness and swelling."""
    if wound.kind == "full_field":
        return 1.0
    return min(np.pi * (wound.dead_radius_um * 1e-3) ** 2 * wound.columns_per_mm2, 1.0)


def _matrix(wound: Wound) -> tuple[Prediction, ...]:
    slow, quick = c.COLLAGEN_MATURING_d.high, c.COLLAGEN_MATURING_d.low
    half = [collagen.day_of_half(collagen.months(maturing_d=tau)) for tau in (None, quick, slow)]
    rise, decay = c.HSP47_RISE_d, c.HSP47_DECAY_d
    peaks = [collagen.hsp47_peak_d(r, d) for r in (rise.low, rise.high) for d in (decay.low, decay.high)]
    amount = c.FRACTIONAL_INDUCTION
    scale = min(_injured(wound) / 0.1, 1.0) if wound.kind == "fractional" else 1.0
    ends = (amount.value, amount.low, amount.high) if wound.kind == "fractional" else (1.0, 1.0, 1.0)
    shrink = c.SHRINKAGE
    return (
        Prediction(
            "hsp47_peak_d", "HSP47 highest", collagen.hsp47_peak_d(rise.value, decay.value), min(peaks), max(peaks), "B",
            rise.source, "the same for every setting",
        ),
        Prediction(
            "collagen_half_d", "Half of a year's new collagen I in place", half[0], half[1], half[2], "D",
            c.COLLAGEN_MATURING_d.source, "the same for every setting",
        ),
        Prediction(
            "collagen_of_full_field_pct", "New collagen relative to a fully ablative treatment",
            *(100 * scale * e for e in ends), "D" if scale < 1 else "C", amount.source,
            "scaled down below 10 % injured surface (assumed)",
        ),
        Prediction(
            "contraction_area_pct", "Area lost at once by shrinking collagen",
            *(f * wound.coagulated_pct for f in (shrink.value, shrink.low, shrink.high)), "D", shrink.source,
        ),
    )  # fmt: skip


def _days(
    wound: Wound, site: HealingSite, pace: Ends, paths: tuple[closure.Closure, ...]
) -> Days:
    day = SERIES_d
    hours = day * 24.0
    nominal, slow, fast = (p.open_pct(v * hours) for p, v in zip(paths, pace, strict=True))
    opened = Track(nominal, fast, slow)
    share = _injured(wound)
    if wound.kind == "fractional":
        seen = [
            signs.visible_share(day, wound.dead_radius_um, time, lag_d=lag, speed_um_d=speed)
            for time, lag, speed in (
                (site.visible_time.value, c.VISIBLE_LAG_d.value, c.VISIBLE_SPEED_um_d.value),
                (site.visible_time.low, c.VISIBLE_LAG_d.low, c.VISIBLE_SPEED_um_d.high),
                (site.visible_time.high, c.VISIBLE_LAG_d.high, c.VISIBLE_SPEED_um_d.low),
            )
        ]
        visible = Track(*(100 * share * s for s in seen))
        plugs = Track(*(100 * signs.plug_share(day, s) for s in seen))
    else:
        visible = opened
        rise = 1 - np.exp(-day / c.PLUG_RISE_d.value)
        plugs = Track(*(rise * t for t in (opened.nominal, opened.low, opened.high)))
    slow_d, peak = c.REDNESS_SLOW_d, c.SWELLING_PEAK_d
    return Days(
        day=day,
        open_pct=opened,
        visible_pct=visible,
        plugs_pct=plugs,
        redness_pct=Track(*(signs.redness_pct(day, share, s) for s in (slow_d.value, slow_d.low, slow_d.high))),
        swelling_pct=_band([signs.swelling_pct(day, share, p) for p in (peak.value, peak.low, peak.high)]),
    )


def _band(tracks: list[Array]) -> Track:
    return Track(tracks[0], np.min(tracks, axis=0), np.max(tracks, axis=0))


def _risks(
    wound: Wound,
    site: HealingSite,
    pace: Ends,
    paths: tuple[closure.Closure, ...],
    history: History,
    phototype: str,
    skin_um: float,
) -> tuple[Risk, ...]:
    # a column is a way in until its crater is lined; a surface until it is closed
    if wound.kind == "fractional":
        path = max(wound.crater_depth_um + wound.dead_radius_um, wound.dead_radius_um)
        opened = tuple(_hours_to_days(path, v) for v in (pace[0], pace[2], pace[1]))
    else:
        opened = _closed(paths, pace, CLOSED_SHARE)
    infected = risks.infection(
        (opened[0], opened[1], opened[2]),
        paths[0].wound_share,
        immunosuppressed=history.immunosuppressed,
        diabetes=history.diabetes_hba1c_above_9_pct,
        herpes_history=history.herpes_history,
    )
    return (
        risks.pih(wound, phototype=phototype, history_of_pih=history.history_of_pih, tanned=history.sunburn_or_tan),
        infected,
        risks.scar(
            wound,
            infected,
            site=site,
            skin_um=skin_um,
            keloid_tendency=history.keloid_tendency,
            isotretinoin=history.isotretinoin_within_6_months,
        ),
    )


def _without_islands(wound: Wound, site: HealingSite, pace: Ends) -> tuple[Prediction, ...]:
    """The same region as one surface: resurfaced to the papillary dermis, and as deep as the columns go."""
    if wound.kind == "full_field":
        return ()
    width, height = (from_si(to_si(v, "um"), "mm") for v in (wound.width_um, wound.height_um))
    out = []
    for name, title, depth, rim in (
        ("full_field_shallow_closed_95_d", "Whole surface, to the papillary dermis", SHALLOW_um, SHALLOW_RIM_um),
        ("full_field_same_depth_closed_95_d", "Whole surface, as deep as the columns",
         max(wound.crater_depth_um, 1.0), max(wound.injury_depth_um - wound.crater_depth_um, 0.0)),
    ):  # fmt: skip
        other = full_field(depth_um=depth, rim_um=rim, width_mm=width, height_mm=height)
        ends = _closed(_closures(other, site), pace, CLOSED_SHARE)
        left = site.surviving_per_cm2(other.injury_depth_um)[0]
        note = f"about {left:.0f} follicles per cm² left" if left >= 1 else "no follicles left: from the edges only"
        out.append(Prediction(name, title + ", 95 % closed", *ends, "C", _FRONT_SOURCE, note))
    return tuple(out)


def _assumptions(site: HealingSite) -> tuple[str, ...]:
    said = [f"front speed on this site: {site.front_speed.source} ({site.front_speed.flag})"]
    said.append(f"follicles: {site.follicles_per_cm2.source} ({site.follicles_per_cm2.flag})")
    said.append(f"visible zone on this site: {site.visible_time.source} ({site.visible_time.flag})")
    said.append("sharp front at one speed from every point of the live rim; no share for cell division behind it (assumed)")
    said.append("sizes of risks are assumed; they serve to compare settings")
    return tuple(said)


def _hash(wound: Wound, site: str, phototype: str, care: str, history: History, skin_um: float) -> str:
    plain = {f.name: getattr(wound, f.name) for f in dataclasses.fields(wound) if f.name != "centres_um"}
    plain["centres"] = hashlib.sha256(np.ascontiguousarray(wound.centres_um).tobytes()).hexdigest()
    data = [plain, site, phototype, care, history.model_dump(), skin_um]
    return hashlib.sha256(json.dumps(data, sort_keys=True, default=str).encode()).hexdigest()
