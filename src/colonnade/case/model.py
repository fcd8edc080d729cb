"""What is to be done, as plain data: ``colonnade.case/1``.

A case is a TOML file or a web form. It holds the panel's own units and the patient's own answers; nothing is
converted and nothing is judged here. An unanswered history question is ``unknown``, never ``no``.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from colonnade.case.aftercare import Aftercare
from colonnade.case.region import Exclusion, FiringChoice, Region, optional
from colonnade.errors import BadInput
from colonnade.schema import Model, read

SCHEMA = "colonnade.case/1"
MAX_CASE_BYTES = 1_000_000

Answer = Literal["yes", "no", "unknown"]
Phototype = Literal["I", "II", "III", "IV", "V", "VI"]
Identifier = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=80)]


class History(Model):
    """The patient's answers. Every question not answered is ``unknown``."""

    pregnant_or_lactating: Answer = Field("unknown", title="Pregnant or breast-feeding?")
    active_infection_in_field: Answer = Field("unknown", title="Infection, herpes or an open wound in the field?")
    keloid_tendency: Answer = Field("unknown", title="Keloid tendency or poor wound healing?")
    isotretinoin_within_6_months: Answer = Field("unknown", title="Isotretinoin now or within the last 6 months?")
    immunosuppressed: Answer = Field("unknown", title="Immunosuppressed (HIV, drugs)?")
    diabetes_hba1c_above_9_pct: Answer = Field("unknown", title="Diabetes with HbA1c above 9 %?")
    active_autoimmune_disease: Answer = Field("unknown", title="Active autoimmune disease?")
    radiotherapy_to_site: Answer = Field("unknown", title="Radiotherapy to the site in the past?")
    koebner_disease: Answer = Field("unknown", title="Vitiligo, psoriasis or lichen planus?")
    new_patches_at_injury: Answer = Field("unknown", title="New patches at sites of injury (Koebner)?")
    flare_in_field: Answer = Field("unknown", title="Eczema or psoriasis flaring in the field?")
    sunburn_or_tan: Answer = Field("unknown", title="Sunburn or tan in the field?")
    photosensitising_drug: Answer = Field("unknown", title="Photosensitising drug within 2 months?")
    topical_retinoid_within_1_week: Answer = Field("unknown", title="Topical retinoid within 1 week?")
    history_of_pih: Answer = Field("unknown", title="Dark marks after injuries (PIH) in the past?")
    smoker: Answer = Field("unknown", title="Smoker?")
    argyria_or_silver: Answer = Field("unknown", title="Argyria or silver dressings on the site?")
    face_or_neck_lift: Answer = Field("unknown", title="Face or neck lift in the past?")
    anticoagulant_or_bleeding: Answer = Field("unknown", title="Anticoagulant or bleeding disorder?")
    herpes_history: Answer = Field("unknown", title="Cold sores (herpes simplex) in the past?")
    unrealistic_expectations: Answer = Field("unknown", title="Unrealistic expectations or unable to do aftercare?")
    skin_disease_active_within_12_months: Answer = Field(
        "unknown", title="If vitiligo, psoriasis or lichen planus: new or growing patches within 12 months?"
    )
    other_peel_or_laser_within_2_months: Answer = Field(
        "unknown", title="Another peel or laser on the site within 2 months, apart from this series?"
    )
    last_session_not_healed: Answer = Field(
        "unknown", title="In a series: redness, crusts, dark marks or infection left from the last session?"
    )
    other_device_than_last_session: Answer = Field(
        "unknown", title="In a series: another device or handpiece than in the last session?"
    )


class Patient(Model):
    """Who is treated, without identity."""

    phototype: Phototype = Field(title="Fitzpatrick phototype")
    phototype_basis: Literal["examined", "reported", "assumed"] = Field("examined", title="How the phototype is known")
    ita_deg: float | None = Field(
        None,
        ge=-90,
        le=90,
        title="Individual typology angle, if a colorimeter is there",
        description="arctan((L* - 50)/b*)",
        json_schema_extra={"unit": "°"},
    )
    age_years: int | None = Field(None, ge=0, le=120, title="Age", json_schema_extra={"unit": "years"})
    weight_kg: float | None = optional("kg", "Weight", gt=0, le=400)
    history: History = Field(default_factory=History, title="History answers")


class Indication(Model):
    """What is treated."""

    id: Identifier = Field(title="Indication", description="An id of the library")
    scar_thickness_um: float | None = optional("um", "Scar thickness", gt=0, le=20_000)
    scar_age_months: float | None = optional("months", "Scar age", ge=0, le=1200)
    target_depth_um: float | None = optional(
        "um", "Target depth, if it is to differ from the indication's", gt=0, le=5000
    )
    diagnosis: str = Field("", title="Recorded diagnosis", max_length=500)
    dermoscopy: Answer = Field("unknown", title="Was the lesion looked at with a dermatoscope?")
    suspicious_signs: Answer = Field(
        "unknown",
        title="Asymmetry, irregular border, several colours, above 6 mm, or changing (growth, itch, bleeding)?",
    )
    recurrence_in_laser_scar: Answer = Field("unknown", title="Pigment that came back inside a laser scar?")
    adjunct: str = Field("", title="Planned adjunct (e.g. intralesional steroid)", max_length=500)
    preparation: str = Field("", title="Preparation to be brought into the skin", max_length=500)
    preparation_sterile: Answer = Field("unknown", title="Is that preparation sterile (made for injection)?")


class Site(Model):
    """Where it is treated."""

    id: Identifier = Field(title="Body site", description="An id of the library")
    side: Literal["left", "right", "midline", "both"] = Field(title="Side of the body")


class DeviceChoice(Model):
    """Which laser stands in the room."""

    id: Identifier = Field(title="Device", description="An id of the library")


class Goals(Model):
    """What matters to this patient."""

    priority: Literal["balanced", "effect", "downtime"] = Field(
        "balanced", title="What to favour", description="effect: depth and cover; downtime: gentleness"
    )
    first_session: bool = Field(True, title="First session on this skin?")
    weeks_since_last_session: float | None = Field(
        None, ge=0, le=1000, title="In a series: time since the last session", json_schema_extra={"unit": "weeks"}
    )


class Anaesthesia(Model):
    """Local anaesthesia that is planned. A case without this table plans none."""

    product: str = Field(
        "", title="Cream", description="An id of the library; for any other no ceiling is computed", max_length=80
    )
    amount_g: float = Field(0.0, ge=0, le=1000, title="Amount of cream", json_schema_extra={"unit": "g"})
    area_cm2: float = Field(0.0, ge=0, le=20_000, title="Area of the cream", json_schema_extra={"unit": "cm2"})
    time_min: float = Field(0.0, ge=0, le=1440, title="Time until it is taken off", json_schema_extra={"unit": "min"})
    injected_lidocaine_mg: float = Field(
        0.0, ge=0, le=5000, title="Lidocaine injected", json_schema_extra={"unit": "mg"}
    )
    with_adrenaline: bool = Field(False, title="Injected together with adrenaline?")
    anaesthetic_near_eye_or_ear: Answer = Field("unknown", title="Cream near the eye or in the ear?")
    anaesthetic_on_broken_skin: Answer = Field("unknown", title="Cream on broken or irritated skin?")
    anaesthetic_at_home_wrap_or_heat: Answer = Field(
        "unknown", title="Put on at home over a large area, under a wrap, or with heat?"
    )
    anaesthetic_after_first_pass: Answer = Field("unknown", title="Cream again after the first pass?")
    anaesthetic_slow_clearance: Answer = Field(
        "unknown",
        title="Disease of liver, heart, glands or nerves, low weight, or drugs that slow lidocaine's breakdown?",
    )
    methaemoglobinaemia_or_g6pd: Answer = Field(
        "unknown", title="Methaemoglobinaemia, G6PD deficiency, or an infant on drugs that cause it?"
    )
    class_iii_antiarrhythmic: Answer = Field("unknown", title="Amiodarone or another class III drug?")
    anaesthetic_allergy: Answer = Field("unknown", title="Allergy to the anaesthetic?")
    anaesthetic_within_24_h: Answer = Field("unknown", title="Another local anaesthetic within the last 24 hours?")
    atopic_dermatitis_in_area: Answer = Field("unknown", title="Atopic dermatitis where the cream is put?")


class Override(Model):
    """A named physician's decision to go on against a rule that may be overridden."""

    rule: str = Field(title="Rule id", max_length=40)
    name: str = Field(title="Name", min_length=2, max_length=200)
    role: str = Field(title="Role", min_length=2, max_length=200)
    reason: str = Field(title="Reason", min_length=10, max_length=2000)


class Clinic(Model):
    """The clinic's own caps, what it has recorded, and who overrode what."""

    name: str = Field("", title="Clinic name", max_length=200)
    contact: str = Field("", title="Number the patient can call", max_length=200)
    languages: tuple[Literal["en", "zh-Hans", "es", "fr", "ar"], ...] = Field(
        ("en",), strict=False, min_length=1, title="Leaflet languages this clinic has turned on"
    )
    timezone: str = Field("UTC", title="Time zone of the clinic (IANA name)", max_length=60)
    public_address: str = Field("", title="Public https address of the check-in page; empty for none", max_length=200)
    colorimeter: bool = Field(False, title="Is there a colorimeter?")
    caps: dict[str, float] = Field(default_factory=dict, title="Caps of this clinic, by cap id")
    recorded: tuple[str, ...] = Field((), title="Rule ids of steps that are done and recorded", strict=False)
    overrides: tuple[Override, ...] = Field((), title="Overrides", strict=False)


class PanelSettings(Model):
    """What is typed on the panel, in the panel's own units, kept raw. With these, plan and check do not search."""

    energy_mJ: float | None = optional("mJ", "Energy per microbeam and pulse", gt=0, le=2000)
    power_W: float | None = optional("W", "Power during the pulse", gt=0, le=500)
    pulse_ms: float | None = Field(
        None, gt=0, le=1000, title="Pulse duration (on-time)", json_schema_extra={"unit": "ms"}
    )
    spot_um: float | None = optional("um", "Spot diameter as the device names it", gt=0, le=10_000)
    density_pct: float | None = optional("pct", "Density per pass", gt=0, le=100)
    spacing_um: float | None = optional("um", "Spacing as the device defines it", ge=0, le=10_000)
    pitch_um: float | None = optional("um", "Centre-to-centre distance", gt=0, le=10_000)
    spots_per_cm2: float | None = optional("per_cm2", "Columns per cm² and pass", gt=0, le=20_000)
    passes: int = Field(1, ge=1, le=20, title="Passes")
    stack: int = Field(1, ge=1, le=20, title="Pulses on the same spot (stack)")
    stack_interval_ms: float | None = optional("ms", "Time between stacked pulses", gt=0, le=60_000)
    rate_Hz: float | None = optional("Hz", "Columns fired per second", gt=0, le=5000)

    @model_validator(mode="after")
    def _one_density(self) -> PanelSettings:
        named = [n for n in ("density_pct", "spacing_um", "pitch_um", "spots_per_cm2") if getattr(self, n) is not None]
        if len(named) > 1:
            raise ValueError(
                f"one way to state how dense the columns lie (given: {', '.join(named)}); the others follow from it"
            )
        return self


class TestSpot(Model):
    """A test spot that was treated: where, with what, when it was read, and how it looked then."""

    __test__ = False  # the name is the clinic's; it is no test of this program

    site: Site
    device: DeviceChoice
    settings: PanelSettings = Field(title="What was typed on the panel for the spot")
    made_on: datetime.date = Field(strict=False, title="Day on which it was treated")
    read_on: datetime.date | None = Field(None, strict=False, title="Day on which it was read; none yet if left out")
    read_by: str = Field("", title="Read by", max_length=200)
    area_cm2: float | None = optional("cm2", "Area of the spot", gt=0, le=25)
    test_spot_not_healed: Answer = Field("unknown", title="Redness, crusts or an open place left?")
    test_spot_dark_marks: Answer = Field("unknown", title="Darker than the skin around it?")
    test_spot_pale_marks: Answer = Field("unknown", title="Paler than the skin around it?")
    test_spot_thick_or_scarred: Answer = Field("unknown", title="Thick, raised or scarred?")
    test_spot_blisters_or_infection: Answer = Field("unknown", title="Were there blisters, a burn or an infection?")

    @model_validator(mode="after")
    def _in_order(self) -> TestSpot:
        if self.read_on is not None and not self.read_on >= self.made_on:
            raise ValueError(f"read_on from {self.made_on} on, the day it was made")
        return self


class Zone(Model):
    """A named part of the treatment with its own site, region and settings."""

    name: str = Field(title="Zone name", min_length=1, max_length=80)
    site: Site
    region: Region
    settings: PanelSettings | None = None


class Case(Model):
    """A whole case. ``Case.load("case.toml")`` reads one; ``Case.parse(data)`` takes plain data."""

    schema_: Literal["colonnade.case/1"] = Field(alias="schema", title="Schema of this file")
    title: str = Field(title="Title", min_length=1, max_length=200)
    synthetic: bool = Field(title="Is this an example that describes no real patient?")
    note: str = Field("", title="Note", description="For a published protocol: the study", max_length=4000)
    patient: Patient
    indication: Indication
    site: Site
    region: Region
    device: DeviceChoice
    goals: Goals = Field(default_factory=Goals)
    anaesthesia: Anaesthesia | None = None
    clinic: Clinic = Field(default_factory=Clinic)
    aftercare: Aftercare = Field(default_factory=Aftercare)
    settings: PanelSettings | None = None
    test_spot: TestSpot | None = Field(None, title="A test spot that was treated")
    zones: tuple[Zone, ...] = Field((), strict=False)
    treat_rest_as: str = Field(
        "",
        title="Name of the zone that takes what no other zone takes of the region; empty: only the zones are treated",
        max_length=80,
    )
    exclusions: tuple[Exclusion, ...] = Field(
        (), strict=False, max_length=200, title="Places inside the region that are kept out (eyelid, lip, mole)"
    )
    firing: FiringChoice | None = None

    @classmethod
    def parse(cls, data: dict[str, Any], *, origin: str = "case") -> Case:
        """A case from plain data. Raises BadInput with one clear message."""
        return read(cls, data, origin=origin)

    @classmethod
    def load(cls, path: str | Path) -> Case:
        """A case from a TOML file. Raises BadInput if it cannot be read, is too large, binary or wrong."""
        return cls.parse(_read_toml(Path(path)), origin=Path(path).name)

    def plain(self) -> dict[str, Any]:
        """The case as plain data, defaults included; ``Case.parse`` takes it back."""
        return self.model_dump(mode="json", by_alias=True)

    @property
    def sha256(self) -> str:
        """SHA-256 of the canonical content."""
        return hashlib.sha256(json.dumps(self.plain(), sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _read_toml(path: Path) -> dict[str, Any]:
    def bad(given: str, allowed: str, todo: str) -> BadInput:
        return BadInput(f"case file {path.name}", given=given, allowed=allowed, todo=todo)

    if not path.is_file():
        raise bad(f'"{path}", which is not a file', "an existing TOML file", "Check the path.")
    if path.stat().st_size > MAX_CASE_BYTES:
        raise bad(f"a file of {path.stat().st_size / 1e6:.1f} MB", "at most 1 MB", "A case is a small text file.")
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise bad(
            f"a file that cannot be read ({error.strerror})", "a readable file", "Check its permissions."
        ) from None
    except UnicodeDecodeError:
        raise bad(
            "a file that is not text", "UTF-8 text in TOML", "Start from examples/acne-scar-cheek.toml."
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise bad(f"text that is not TOML: {error}", "TOML", "Correct the line named.") from None
    except RecursionError:
        raise bad("tables nested too deeply to read", "the tables of a case", "Correct the brackets.") from None
