"""``heal(field, lesion=…, site=…, phototype=…) -> Course``: how the wound closes, looks and changes, day by day."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from typing import TYPE_CHECKING, get_args

import numpy as np
from numpy.typing import NDArray

from colonnade.case import History
from colonnade.case.model import Phototype
from colonnade.errors import BadInput, did_you_mean
from colonnade.healing import closure, collagen, risks, signs
from colonnade.healing import constants as c
from colonnade.healing.course import Care, Course, Days, SERIES_d, Track
from colonnade.healing.evidence import Risk
from colonnade.healing.predict import (
    CLOSED_SHARE,
    Ends,
    closed,
    closures,
    continuity,
    hours_to_days,
    injured,
    new_matrix,
    seen,
    without_islands,
)
from colonnade.healing.site import HealingSite, healing_site
from colonnade.healing.wound import Wound, number, of_field

if TYPE_CHECKING:
    from colonnade.field import Field
    from colonnade.photothermal import Lesion

Array = NDArray[np.float64]

#: Thickness of epidermis and dermis where a site's skin is not stated [µm] (assumed).
SKIN_um = 1600.0


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
    paths = closures(made, found)
    days = _days(made, found, pace, paths)
    predictions = (*continuity(made, pace, paths), *seen(made, found, pace, paths), *new_matrix(made))
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
        full_field=without_islands(made, found, pace),
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
            given=f"a {type(wound).__name__} without a lesion"
            if hasattr(wound, "positions_m")
            else repr(type(wound).__name__),
            allowed="a Field with its lesion, or a Wound from fractional() or full_field()",
            todo="Call heal(field, lesion=lesion), or describe the wound in numbers.",
        )
    where = site if site is not None else (lesion.skin.id if lesion is not None else None)
    if where is None:
        raise BadInput(
            "site", given="none", allowed="a site or zone of the library", todo='State it, e.g. site="cheek".'
        )
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
        history.smoker,
        history.diabetes_hba1c_above_9_pct,
        history.immunosuppressed,
        history.radiotherapy_to_site,
    }
    if "yes" in answers:
        nominal *= c.IMPAIRED_SPEED.value
    if answers != {"no"}:
        slow *= c.IMPAIRED_SPEED.low
    if care == "dry":
        nominal, slow = nominal / c.DRY_CARE_TIME.value, slow / c.DRY_CARE_TIME.value
    return nominal, slow, fast


def _days(wound: Wound, site: HealingSite, pace: Ends, paths: tuple[closure.Closure, ...]) -> Days:
    day = SERIES_d
    hours = day * 24.0
    nominal, slow, fast = (p.open_pct(v * hours) for p, v in zip(paths, pace, strict=True))
    opened = Track(nominal, fast, slow)
    share = injured(wound)
    if wound.kind == "fractional":
        shares = [
            signs.visible_share(day, wound.dead_radius_um, time, lag_d=lag, speed_um_d=speed)
            for time, lag, speed in (
                (site.visible_time.value, c.VISIBLE_LAG_d.value, c.VISIBLE_SPEED_um_d.value),
                (site.visible_time.low, c.VISIBLE_LAG_d.low, c.VISIBLE_SPEED_um_d.high),
                (site.visible_time.high, c.VISIBLE_LAG_d.high, c.VISIBLE_SPEED_um_d.low),
            )
        ]
        visible = Track(*(100 * share * s for s in shares))
        plugs = Track(*(100 * signs.plug_share(day, s) for s in shares))
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
        opened = tuple(hours_to_days(path, v) for v in (pace[0], pace[2], pace[1]))
    else:
        opened = closed(paths, pace, CLOSED_SHARE)
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


def _assumptions(site: HealingSite) -> tuple[str, ...]:
    said = [f"front speed on this site: {site.front_speed.source} ({site.front_speed.flag})"]
    said.append(f"follicles: {site.follicles_per_cm2.source} ({site.follicles_per_cm2.flag})")
    said.append(f"visible zone on this site: {site.visible_time.source} ({site.visible_time.flag})")
    said.append(
        "sharp front at one speed from every point of the live rim; no share for cell division behind it (assumed)"
    )
    said.append("sizes of risks are assumed; they serve to compare settings")
    return tuple(said)


def _hash(wound: Wound, site: str, phototype: str, care: str, history: History, skin_um: float) -> str:
    plain = {f.name: getattr(wound, f.name) for f in dataclasses.fields(wound) if f.name != "centres_um"}
    plain["centres"] = hashlib.sha256(np.ascontiguousarray(wound.centres_um).tobytes()).hexdigest()
    data = [plain, site, phototype, care, history.model_dump(), skin_um]
    return hashlib.sha256(json.dumps(data, sort_keys=True, default=str).encode()).hexdigest()
