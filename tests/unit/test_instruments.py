"""Scores: formulas and test vectors of the aftercare notes, limits, and what is disabled."""

import pytest

from colonnade.aftercare import instruments as score
from colonnade.errors import BadInput

FULL = {region: {"area": 6, "darkness": 4, "homogeneity": 4} for region in score.MASI_WEIGHTS}
NONE = {"area": 0, "darkness": 0, "homogeneity": 0}


def without_homogeneity(regions):
    return {k: {a: b for a, b in v.items() if a != "homogeneity"} for k, v in regions.items()}


def test_vss():
    assert score.vss({"pigmentation": 2, "vascularity": 3, "pliability": 5, "height": 3}).value == 13
    assert score.vss(dict.fromkeys(score.VSS, 0)).value == 0


@pytest.mark.parametrize(("height_mm", "class_"), [(0, 0), (0.1, 1), (1.99, 1), (2, 2), (5, 2), (5.01, 3)])
def test_vss_height_at_exactly_two_and_five_belongs_to_class_two(height_mm, class_):
    assert score.vss_height_class(height_mm) == class_


@pytest.mark.parametrize("scale", ["posas-patient", "posas-observer"])
def test_posas_is_six_to_sixty_without_the_overall_opinion(scale):
    items = score.POSAS[scale]
    assert score.posas(scale, dict.fromkeys(items, 1)).value == 6
    assert score.posas(scale, dict.fromkeys(items, 10)).value == 60
    with pytest.raises(BadInput, match="unknown"):
        score.posas(scale, dict.fromkeys((*items, "overall"), 1))


def test_masi_vectors():
    assert score.masi(FULL).value == pytest.approx(48)
    assert score.masi(without_homogeneity(FULL), modified=True).value == pytest.approx(24)
    forehead = dict.fromkeys(score.MASI_WEIGHTS, NONE) | {"forehead": {"area": 2, "darkness": 2, "homogeneity": 1}}
    assert score.masi(forehead).value == pytest.approx(1.8)
    assert score.masi(without_homogeneity(forehead), modified=True).value == pytest.approx(1.2)


@pytest.mark.parametrize(
    ("percent", "class_"),
    [(0, 0), (0.1, 1), (9.9, 1), (10, 2), (29.9, 2), (30, 3), (50, 4), (70, 5), (89.9, 5), (90, 6), (100, 6)],
)
def test_masi_area_classes(percent, class_):
    assert score.masi_area_class(percent) == class_


def test_msi_formula_by_hand():
    # 0.4·(2·3²) + 0.4·(1·1²) + 0.2·(4·2²) = 7.2 + 0.4 + 3.2
    assert score.msi_value({"left": (2, 3), "right": (1, 1), "nose": (4, 2)}) == pytest.approx(10.8)


def test_goodman_baron_gais_scar():
    assert score.goodman_baron_qualitative(3).detail.startswith("moderate")
    said = score.gais(2, rater="patient", baseline_photograph=True)
    assert said.value == 2
    assert "patient" in said.detail
    assert score.scar({k: high for k, high in score.SCAR.items()}).value == 15
    with pytest.raises(BadInput, match="baseline"):
        score.gais(2, rater="patient", baseline_photograph=False)


@pytest.mark.parametrize(
    ("l_star", "b_star", "angle", "class_"),
    [
        (70, 10, 63.4349, "very light"),
        (65, 15, 45.0, "light"),
        (60, 15, 33.6901, "intermediate"),
        (55, 15, 18.4349, "tan"),
        (50, 15, 0.0, "brown"),
        (35, 15, -45.0, "dark"),
        (60, 0, 90.0, "very light"),
        (40, 0, -90.0, "dark"),
    ],
)
def test_ita(l_star, b_star, angle, class_):
    # angles by hand: arctan of (L* - 50)/b*, e.g. arctan 2 = 63.4349; tolerance is their rounding
    got = score.ita(l_star, b_star)
    assert got.value == pytest.approx(angle, abs=5e-5)
    assert got.detail == class_


@pytest.mark.parametrize(("l_star", "b_star"), [(50, 0), (float("nan"), 10), (60, float("nan")), (60, -5), (200, 5)])
def test_ita_refuses(l_star, b_star):
    with pytest.raises(BadInput, match="ITA"):
        score.ita(l_star, b_star)


@pytest.mark.parametrize(
    "items",
    [
        {"pigmentation": 3, "vascularity": 0, "pliability": 0, "height": 0},
        {"pigmentation": -1, "vascularity": 0, "pliability": 0, "height": 0},
        {"pigmentation": 1.5, "vascularity": 0, "pliability": 0, "height": 0},
        {"pigmentation": True, "vascularity": 0, "pliability": 0, "height": 0},
        {"pigmentation": "1", "vascularity": 0, "pliability": 0, "height": 0},
        {"pigmentation": 1, "vascularity": 0, "pliability": 0},
        {"pigmentation": 1, "vascularity": 0, "pliability": 0, "height": 0, "itch": 1},
    ],
)
def test_items_out_of_range_missing_or_unknown_are_refused(items):
    with pytest.raises(BadInput, match="score item"):
        score.vss(items)


@pytest.mark.parametrize("id_", ["msi", "ecca", "goodman-baron-quantitative", "melanin-erythema-index"])
def test_what_was_not_read_in_a_source_is_disabled_and_says_why(id_):
    with pytest.raises(BadInput, match=r"not (found|read) in") as refused:
        score.instrument(id_)
    assert "Check it against the paper" in str(refused.value)
    if id_ == "msi":
        with pytest.raises(BadInput):
            score.msi({"left": (2, 3), "right": (1, 1), "nose": (4, 2)})


def test_every_score_carries_instrument_version_and_source():
    got = score.vss(dict.fromkeys(score.VSS, 1))
    assert (got.instrument, got.version) == ("vss", "Sullivan 1990, 0-13")
    assert got.source
    with pytest.raises(BadInput, match="Did you mean"):
        score.instrument("vsss")
