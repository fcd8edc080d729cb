"""The library: every file loads, every value has a source, every published setting can be typed on its device."""

import re

import pytest

from colonnade import catalogue
from colonnade.case import PanelSettings
from colonnade.errors import BadInput
from colonnade.laser import Offered, Settings, Stated, device
from colonnade.planning.indication import Coagulation, Range, indication
from colonnade.planning.published import every, published
from colonnade.tissue.skin import skin

DEVICES, SITES, INDICATIONS = (catalogue.ids(kind) for kind in ("devices", "sites", "indications"))
NUMBER = re.compile(r"S\d\d")


def test_there_are_enough_of_each():
    assert len(DEVICES) >= 5
    assert len(SITES) >= 8
    assert {
        "atrophic-acne-scar",
        "hypertrophic-scar",
        "burn-scar",
        "surgical-scar",
        "photoageing",
        "enlarged-pores",
    } <= (set(INDICATIONS))


@pytest.mark.parametrize("name", DEVICES)
def test_device(name):
    d = device(name)
    assert d.id == name
    assert d.built_from == "published operating points, not maker data"
    assert d.reviewed_by == "none"
    values = {k: v for k in type(d).model_fields if isinstance(v := getattr(d, k), Stated | Offered)}
    for key, value in values.items():
        assert value.flag in ("published", "assumed"), key
        # what no source gives may not be flagged as published, nor the other way round
        assert value.flag == "assumed" or not value.source.startswith("no source"), key
    assert all(getattr(d, knob) is not None for knob in d.panel)
    for offered in values.values():
        if isinstance(offered, Offered) and offered.default is not None:
            assert offered.holds(offered.default)


@pytest.mark.parametrize("name", DEVICES)
def test_the_defaults_of_a_device_make_a_setting(name):
    d = device(name)
    knobs = {knob: getattr(d, knob).default for knob in d.panel}
    knobs["stack"] = int(knobs.get("stack") or 1)
    if not any(getattr(d, knob) for knob in ("density_pct", "spacing_um", "spots_per_cm2")):
        knobs["pitch_um"] = 3 * d.spot_um.default  # no source says how its columns are spaced: the case must
    settings = Settings.of(PanelSettings(**knobs), d)
    assert 0 < settings.density_pct <= 100
    assert d.energy_mJ.holds(settings.shot.energy_mJ)
    assert d.power_W.holds(settings.shot.power_W)
    assert d.pulse_ms.holds(settings.shot.pulse_ms)


def test_no_device_takes_what_it_does_not_offer():
    for name in DEVICES:
        d = device(name)
        with pytest.raises(BadInput):
            d.shot(energy_mJ=d.energy_mJ.high * 1.01, power_W=d.power_W.high)


#: published row: what is typed. Taken from the row; a range stands by its ends.
POINTS = {
    "S01": [{"energy_mJ": 20, "density_pct": 10}, {"energy_mJ": 20, "density_pct": 20}],
    "S02": [{"energy_mJ": 10, "density_pct": 10}, {"energy_mJ": 20, "density_pct": 10}],
    "S03": [
        {"energy_mJ": 48, "power_W": 12, "pulse_ms": 4, "density_pct": 13},
        {"energy_mJ": 56, "power_W": 14, "pulse_ms": 4, "density_pct": 13},
    ],
    "S12": [
        {"energy_mJ": 12.5, "density_pct": 5, "passes": 2},
        {"energy_mJ": 30, "density_pct": 10, "passes": 2},
    ],
    "S20": [{"power_W": 13, "density_pct": 40}],
    "S30": [{"energy_mJ": 15, "density_pct": 10, "passes": 2}, {"energy_mJ": 20, "density_pct": 10, "passes": 2}],
    "S34": [
        {"energy_mJ": 25, "pulse_ms": 1, "spots_per_cm2": 100, "passes": 1},
        {"energy_mJ": 35, "pulse_ms": 1, "spots_per_cm2": 100, "passes": 3},
    ],
    "S35": [
        {"power_W": 25, "pulse_ms": 0.5, "spacing_um": 500, "stack": 2},
        {"power_W": 30, "pulse_ms": 1.0, "spacing_um": 400, "stack": 3},
    ],
    # level 15 of the device has no known meaning in per cent: the lower of the profile's assumed densities
    "S27": [{"energy_mJ": 50, "pulse_ms": 2, "density_pct": 5}],
    "S37": [
        {"power_W": 8, "pulse_ms": 0.4, "spacing_um": 1000},
        {"power_W": 10, "pulse_ms": 0.4, "spacing_um": 1000},
    ],
    "S38": [{"power_W": 12, "pulse_ms": 0.3, "spacing_um": 800}],
    # spots that overlap by 30 % are no array of columns; touching ones are the nearest that is
    "S41": [{"energy_mJ": 4, "pitch_um": 150, "passes": 3}, {"energy_mJ": 6, "pitch_um": 150, "passes": 10}],
    "S50": [{"power_W": 20, "pulse_ms": 0.8, "spacing_um": 600, "stack": 2}],
}


def test_every_published_row_with_a_profile_is_tried():
    assert set(POINTS) == {row.id for row in every() if row.device_id}


@pytest.mark.parametrize("row", [row for row in every() if row.device_id], ids=lambda r: r.id)
def test_a_published_setting_can_be_typed_on_its_device(row):
    for point in POINTS[row.id]:
        settings = Settings.of(PanelSettings(**point), device(row.device_id))
        if row.energy_low_mJ is not None:
            slack = 1e-9 * row.energy_high_mJ
            assert row.energy_low_mJ - slack <= settings.shot.energy_mJ <= row.energy_high_mJ + slack
    if row.energy_low_mJ is not None:
        energies = [Settings.of(PanelSettings(**p), device(row.device_id)).shot.energy_mJ for p in POINTS[row.id]]
        assert min(energies) == pytest.approx(row.energy_low_mJ)
        assert max(energies) == pytest.approx(row.energy_high_mJ)


def test_the_registry_densities_of_the_edge_gap_reading():
    # NCT05911698 and NCT03899233 print 5.3 % at 1000 um and 7.3 % at 800 um, to a tenth
    for spacing, printed in ((1000, 5.3), (800, 7.3)):
        settings = Settings.of(
            PanelSettings(power_W=12, pulse_ms=0.3, spacing_um=spacing), device("deka-smartxide-dot")
        )
        assert settings.density_pct == pytest.approx(printed, abs=0.05)


@pytest.mark.parametrize("name", SITES)
def test_site(name):
    s = skin(name)
    assert s.id == name
    assert s.reviewed_by == "none"
    assert [layer.name for layer in s.layers[:4]] == [
        "stratum corneum",
        "viable epidermis",
        "papillary dermis",
        "reticular dermis",
    ]
    assert 300 <= s.depth_um("reticular") <= 6000
    for layer in s.layers:
        # "no source" and "taken for" are not measurements of this layer here
        borrowed = layer.source.startswith("no source") or "taken for" in layer.source
        assert not (borrowed and layer.flag == "measured"), layer.name


@pytest.mark.parametrize("name", INDICATIONS)
def test_indication(name):
    i = indication(name)
    assert i.id == name
    assert i.reviewed_by == "none"
    for key in ("target_depth_um", "coverage_pct", "coagulation", "sessions", "interval_weeks"):
        value = getattr(i, key)
        assert isinstance(value, Range | Coagulation)
        assert value.flag == "assumed" or not value.source.startswith("no source"), key
    assert [row.id for row in published(name)] == list(i.published)
    assert set(i.assumed()) <= set(type(i).model_fields)


def test_an_unknown_indication_is_refused_with_a_proposal():
    with pytest.raises(BadInput, match='Did you mean "burn-scar"'):
        indication("burn-scars")


def test_published_rows():
    ids = [row.id for row in every()]
    assert len(set(ids)) == len(ids)
    for row in every():
        assert NUMBER.fullmatch(row.id)
        assert row.indication in INDICATIONS
        assert row.device_id == "" or row.device_id in DEVICES
        shown = row.row()
        assert shown.source == row.study
        assert shown.settings
    assert published("nothing") == ()
    by_id = {row.id: row for row in every()}
    assert by_id["S12"].settings == "12.5 to 30 mJ, 5 to 10 %, passes: 2, sessions: 10"
    assert by_id["S04"].settings == "sessions: 2"
    assert by_id["S18"].settings == "no settings in the text read"
    assert by_id["S02"].row().energy_mJ == 20
