"""Forms come from the schema: every field of a case is there once, errors stand at their field."""

import pytest

from colonnade.case import Case, PanelSettings
from colonnade.catalogue import ids
from colonnade.laser import device
from colonnade.workstation import forms

#: Tables of a case with editors of their own: the region is drawn, settings are the panel, the record has test spots.
ELSEWHERE = {"region", "device", "clinic", "aftercare", "settings", "test_spot"}
CASE = Case.load("examples/acne-scar-cheek.toml").plain()


def paths(model, at=""):
    for name, field in model.model_fields.items():
        inner = forms._model_in(field.annotation)
        if hasattr(inner, "model_fields"):
            yield from paths(inner, f"{at}{name}.")
        else:
            yield f"{at}{name}"


def test_every_field_of_a_case_has_its_entry_once():
    shown = [entry.path for section in forms.sections() for entry in section.entries]
    wanted = [p for p in paths(Case) if "." in p and p.split(".")[0] not in ELSEWHERE]
    assert sorted(shown) == sorted(wanted)
    assert len({e.id for s in forms.sections() for e in s.entries}) == len(shown)


def test_bounds_and_units_are_those_of_the_schema():
    entries = {e.path: e for s in forms.sections() for e in s.entries}
    weight = entries["patient.weight_kg"]
    assert (weight.kind, weight.unit, weight.low, weight.low_excluded, weight.high) == ("number", "kg", 0, True, 400)
    assert entries["patient.age_years"].kind == "integer"
    assert [key for key, _ in entries["patient.phototype"].choices] == ["I", "II", "III", "IV", "V", "VI"]
    assert entries["patient.history.smoker"].default == "unknown"
    assert {key for key, _ in entries["indication.id"].choices} == set(ids("indications"))
    assert entries["goals.first_session"].kind == "yes_no"


@pytest.mark.parametrize("name", ids("devices"))
def test_panel_keeps_the_order_of_the_device(name):
    laser = device(name)
    knobs = forms.panel(laser)
    assert [k["path"] for k in knobs if k["on_panel"]] == [n for n in laser.panel if n in PanelSettings.model_fields]
    assert {k["path"] for k in knobs} == set(PanelSettings.model_fields)
    for knob in knobs:
        if knob["offered"]:
            offered = getattr(laser, knob["path"])
            assert offered.holds(knob["offered"]["default"])
            assert (knob["offered"]["low"], knob["offered"]["high"]) == (offered.low, offered.high)


def test_errors_stand_at_their_fields():
    broken = CASE | {"patient": CASE["patient"] | {"weight_kg": -3.0, "phototype": "VII"}, "site": {"id": "cheek"}}
    errors = forms.complaints(broken)
    assert set(errors) == {"patient.weight_kg", "patient.phototype", "site.side"}
    assert errors["site.side"] == "is needed"
    assert errors["patient.weight_kg"] == "greater than 0 kg"
    assert forms.complaints(CASE) == {}


def test_what_only_the_library_knows_is_refused_too():
    errors = forms.complaints(CASE | {"indication": CASE["indication"] | {"id": "hypertrophic-scar"}})
    assert list(errors) == ["indication.scar_thickness_um"]
    assert "needs it" in errors["indication.scar_thickness_um"]


def test_derived_numbers_are_those_of_the_settings():
    found = forms.derived({"device": "lumenis-ultrapulse-deepfx", "settings": {"energy_mJ": 10.0, "density_pct": 5.0}})
    numbers = {n["name"]: n for n in found["numbers"]}
    # 10 mJ over π (60 µm)²: 10e-3 / 1.131e-4 cm² = 88.42 J/cm²
    assert numbers["fluence_mean_J_cm2"]["value"] == pytest.approx(88.42, abs=0.01)
    assert found["errors"] == {}


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"energy_mJ": 70.0, "density_pct": 5.0}, "energy_mJ"),
        ({"energy_mJ": 10.0, "density_pct": 6.0}, "density_pct"),
        ({"energy_mJ": -1.0, "density_pct": 5.0}, "energy_mJ"),
        ({"energy_mJ": "10", "density_pct": 5.0}, "energy_mJ"),
        ({"energy_mJ": 10.0}, ""),
    ],
)
def test_settings_that_cannot_be_are_named(settings, field):
    found = forms.derived({"device": "lumenis-ultrapulse-deepfx", "settings": settings})
    assert found["numbers"] == []
    assert list(found["errors"]) == [field]
