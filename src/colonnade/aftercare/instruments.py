"""Scoring instruments: exact definitions, each with its version. What no source gives is disabled and says why."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from colonnade.errors import BadInput, did_you_mean
from colonnade.schema import Model

MASI_WEIGHTS = {"forehead": 0.3, "right_malar": 0.3, "left_malar": 0.3, "chin": 0.1}
MSI_WEIGHTS = {"left": 0.4, "right": 0.4, "nose": 0.2}
#: Class of the individual typology angle by its lower bound [degrees] (Courage-Khazaka).
ITA_CLASSES = ((55.0, "very light"), (41.0, "light"), (28.0, "intermediate"), (10.0, "tan"), (-30.0, "brown"))
POSAS = {
    "posas-patient": ("pain", "itch", "colour", "stiffness", "thickness", "irregularity"),
    "posas-observer": ("vascularity", "pigmentation", "thickness", "relief", "pliability", "surface_area"),
}
VSS = {"pigmentation": 2, "vascularity": 3, "pliability": 5, "height": 3}
SCAR = {
    "spread": 4,
    "erythema": 3,
    "dyspigmentation": 1,
    "suture_marks": 1,
    "hypertrophy_or_atrophy": 3,
    "overall_impression": 1,
    "itch": 1,
    "pain": 1,
}


class Score(Model):
    """A score with what it is a score of. Scores of different versions are never compared."""

    instrument: str
    version: str
    title: str
    value: float | int
    low: float | int
    high: float | int
    better: Literal["low", "high", "neither"]
    unit: str = ""
    detail: str = ""
    source: str


@dataclass(frozen=True)
class Instrument:
    """What an instrument is; ``disabled`` says why it may not be used."""

    id: str
    version: str
    title: str
    source: str
    disabled: str = ""


INSTRUMENTS: dict[str, Instrument] = {
    i.id: i
    for i in (
        Instrument("vss", "Sullivan 1990, 0-13", "Vancouver Scar Scale", "Sullivan 1990; physio-pedia (total range)"),
        Instrument("posas-patient", "2.0", "POSAS patient scale, total of six", "https://www.posas.nl/instructions/"),
        Instrument("posas-observer", "2.0", "POSAS observer scale, total of six", "https://www.posas.nl/instructions/"),
        Instrument(
            "masi",
            "Kimbrough-Green",
            "Melasma area and severity index",
            "https://plasticsurgerykey.com/the-scoring-aid-masi-and-modified-masi/",
        ),
        Instrument("mmasi", "Pandya 2011", "Modified MASI", "http://www.em-consulte.com/en/article/358748"),
        Instrument(
            "msi",
            "1, ranges 0-4 assumed",
            "Melasma severity index",
            "https://suppr.wilddata.cn/browses/detail/pubmed/26955093 (formula read; ranges of a and p unsourced)",
            disabled="The ranges of area and pigmentation (0 to 4) were not found in a source; the formula was read.",
        ),
        Instrument(
            "goodman-baron-qualitative",
            "1",
            "Goodman and Baron, qualitative",
            "https://geantsage.pixnet.net/blog/category/3221558; droracle 821269",
        ),
        Instrument(
            "goodman-baron-quantitative",
            "unverified",
            "Goodman and Baron, quantitative",
            "doi:10.1111/j.1473-2165.2006.00222.x (structure only)",
            disabled="The table of points was not read in the paper.",
        ),
        Instrument(
            "ecca",
            "unverified",
            "ECCA",
            "https://staging.scite.ai/authors/n-orain-XjK92E (structure only)",
            disabled="The weights were not found in a source.",
        ),
        Instrument(
            "gais",
            "1 best to 5 worst",
            "Global aesthetic improvement scale",
            "https://flexikon.doccheck.com/de/Global_Aesthetic_Improvement_Scale",
        ),
        Instrument("scar", "0-15", "SCAR scale", "https://pmc.ncbi.nlm.nih.gov/articles/PMC11087307/table/Tab2/"),
        Instrument("ita", "Chardon 1991", "Individual typology angle", "Chardon 1991; classes Courage-Khazaka"),
        Instrument(
            "melanin-erythema-index",
            "unverified",
            "Melanin and erythema index from reflectances",
            "none read",
            disabled="The formula was not found in a source: store the device's own number and model.",
        ),
    )
}
GOODMAN_BARON = {
    1: "macular: colour only",
    2: "mild: not obvious at 50 cm or more, covered by make-up or beard shadow",
    3: "moderate: obvious at 50 cm or more, not easily covered, flattens when the skin is stretched",
    4: "severe: obvious beyond 50 cm, does not flatten",
}
GAIS = {
    1: "very much improved",
    2: "much improved, not optimal",
    3: "improved, touch-up may be indicated",
    4: "no change",
    5: "worse",
}


def instrument(id_: str) -> Instrument:
    """An instrument by id. Raises BadInput if there is none, or if it is disabled, with the reason."""
    found = INSTRUMENTS.get(id_)
    if found is None:
        raise BadInput(
            "instrument",
            given=repr(id_[:60]),
            allowed="an instrument of the list",
            todo=did_you_mean(id_[:60], INSTRUMENTS),
        )
    if found.disabled:
        raise BadInput(
            f"instrument {id_}",
            given="a disabled instrument",
            allowed="instruments whose definition was read in a source",
            todo=f"{found.disabled} Check it against the paper before it is enabled.",
        )
    return found


def _whole(name: str, value: object, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise BadInput(
            f"score item {name}",
            given=f"{value!r}"[:60],
            allowed=f"a whole number from {low} to {high}",
            todo="Correct the item.",
        )
    return value


def _items(given: Mapping[str, object], wanted: Mapping[str, tuple[int, int]]) -> dict[str, int]:
    unknown, missing = sorted(set(given) - set(wanted)), sorted(set(wanted) - set(given))
    if unknown or missing:
        raise BadInput(
            "score items",
            given=f"unknown {unknown[:5]}, missing {missing}" if unknown else f"missing {missing}",
            allowed=", ".join(wanted),
            todo="Give each item once; a missing item is not a zero.",
        )
    return {name: _whole(name, given[name], *limits) for name, limits in wanted.items()}


def _score(
    id_: str, value: float | int, low: float, high: float, better: str, detail: str = "", unit: str = ""
) -> Score:
    about = instrument(id_)
    return Score.model_validate(
        {
            "instrument": id_,
            "version": about.version,
            "title": about.title,
            "value": value,
            "low": low,
            "high": high,
            "better": better,
            "unit": unit,
            "detail": detail,
            "source": about.source,
        }
    )


def vss(items: Mapping[str, object]) -> Score:
    """Vancouver Scar Scale, P + V + L + H, 0 to 13."""
    got = _items(items, {k: (0, high) for k, high in VSS.items()})
    return _score("vss", sum(got.values()), 0, 13, "low")


def vss_height_class(height_mm: float) -> int:
    """Height class of the VSS: 0 flat, 1 below 2 mm, 2 from 2 to 5 mm inclusive, 3 above."""
    if not 0 <= height_mm <= 100:
        raise BadInput("height_mm", given=f"{height_mm}", allowed="0 to 100 mm", todo="Correct it.")
    if height_mm == 0:
        return 0
    return 1 if height_mm < 2 else 2 if height_mm <= 5 else 3


def posas(scale: Literal["posas-patient", "posas-observer"], items: Mapping[str, object]) -> Score:
    """POSAS 2.0 total of six items from 1 to 10: 6 to 60. The overall opinion is not part of it."""
    got = _items(items, dict.fromkeys(POSAS[scale], (1, 10)))
    return _score(scale, sum(got.values()), 6, 60, "low")


def masi(regions: Mapping[str, Mapping[str, object]], *, modified: bool = False) -> Score:
    """MASI = Σ w·A·(D + H), 0 to 48; modified: Σ w·A·D, 0 to 24. A 0 to 6, D and H 0 to 4, four regions."""
    if set(regions) != set(MASI_WEIGHTS):
        raise BadInput(
            "MASI regions",
            given=", ".join(sorted(regions))[:200],
            allowed=", ".join(MASI_WEIGHTS),
            todo="Give all four.",
        )
    wanted = {"area": (0, 6), "darkness": (0, 4)} | ({} if modified else {"homogeneity": (0, 4)})
    total = 0.0
    for name, weight in MASI_WEIGHTS.items():
        got = _items(regions[name], wanted)
        total += weight * got["area"] * (got["darkness"] + (0 if modified else got["homogeneity"]))
    total = round(total, 10)
    return _score("mmasi", total, 0, 24, "low") if modified else _score("masi", total, 0, 48, "low")


def masi_area_class(percent: float) -> int:
    """Area class A of MASI from the share of the region that is involved [%]."""
    if not 0 <= percent <= 100:
        raise BadInput("area", given=f"{percent}", allowed="0 to 100 %", todo="Correct it.")
    if percent == 0:
        return 0
    return 1 + sum(percent >= edge for edge in (10, 30, 50, 70, 90))


def msi_value(regions: Mapping[str, tuple[float, float]]) -> float:
    """Σ w·a·p² of the melasma severity index: the formula alone, as read; the instrument is disabled."""
    return sum(weight * regions[name][0] * regions[name][1] ** 2 for name, weight in MSI_WEIGHTS.items())


def msi(regions: Mapping[str, tuple[float, float]]) -> Score:
    """Melasma severity index. Raises BadInput: its ranges are unsourced."""
    return _score("msi", msi_value(regions), 0, 64, "low")


def goodman_baron_qualitative(grade: int) -> Score:
    """Goodman and Baron's qualitative grade, 1 to 4."""
    got = _whole("grade", grade, 1, 4)
    return _score("goodman-baron-qualitative", got, 1, 4, "low", GOODMAN_BARON[got])


def gais(grade: int, *, rater: Literal["clinician", "patient"], baseline_photograph: bool) -> Score:
    """GAIS, 1 best to 5 worst, against the baseline photograph. Raises BadInput without one."""
    if not baseline_photograph:
        raise BadInput(
            "GAIS",
            given="no baseline photograph",
            allowed="a rating against the baseline photograph",
            todo="Rate it beside the baseline photograph.",
        )
    got = _whole("grade", grade, 1, 5)
    return _score("gais", got, 1, 5, "low", f"{GAIS[got]} (rated by the {rater})")


def scar(items: Mapping[str, object]) -> Score:
    """SCAR scale, eight items, 0 to 15."""
    got = _items(items, {k: (0, high) for k, high in SCAR.items()})
    return _score("scar", sum(got.values()), 0, 15, "low")


def ita(l_star: float, b_star: float) -> Score:
    """Individual typology angle arctan((L* - 50) / b*) [degrees] and its class.

    With b* = 0 the angle is +90 or -90 degrees; L* = 50 with b* = 0 has none. b* must not be negative: skin has none,
    and the formula turns round there.
    """
    if not (0 <= l_star <= 100 and 0 <= b_star <= 100) or (l_star == 50 and b_star == 0):
        raise BadInput(
            "ITA",
            given=f"L* {l_star}, b* {b_star}",
            allowed="L* and b* from 0 to 100, not 50 and 0",
            todo="Measure again.",
        )
    angle = math.degrees(math.atan2(l_star - 50, b_star))
    name = next((n for edge, n in ITA_CLASSES if angle > edge), "dark")
    return _score("ita", angle, -90, 90, "neither", name, unit="deg")
