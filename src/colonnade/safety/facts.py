"""The facts that rules may ask for: name with unit, kind, meaning. Callers supply them as plain values.

Where a prediction has an interval, the caller hands over its unfavourable end: deep for depths, hot for heat.
``docs/safety/facts.md`` shows this table.
"""

from __future__ import annotations

import math
import numbers
from dataclasses import dataclass
from typing import Any, Literal

from colonnade.units import pretty, unit_of

Kind = Literal["number", "flag", "choice", "answer", "phototype", "zone"]
PHOTOTYPES = ("I", "II", "III", "IV", "V", "VI")
ANSWERS = ("yes", "no", "unknown")
#: The zones that caps speak of. Another word is no value: no cap would apply to it.
ZONES = ("face", "eyelid", "neck", "chest", "trunk", "limb", "hand", "scalp", "ear", "genital")


@dataclass(frozen=True)
class Fact:
    """One thing a rule may ask for. ``label`` is how it is printed; the unit is the ending of the name."""

    name: str
    kind: Kind
    label: str
    meaning: str = ""

    @property
    def unit(self) -> str:
        """The unit as printed; empty without one."""
        if self.kind != "number":
            return ""
        if self.name == "cem43_min":
            return "min"
        if self.name.endswith("_months"):
            return "months"
        if self.name.endswith("_weeks"):
            return "weeks"
        return pretty(unit_of(self.name) or "")

    def shown(self, value: Any) -> str:
        """``value`` in words, with label and unit."""
        if value is None or (isinstance(value, str) and not value):
            return f"{self.label}: not given"
        if self.kind == "number":
            number = number_of(value)
            return f"{self.label}: {value!r}, not a number" if number is None else f"{self.label} {self.said(number)}"
        if isinstance(value, bool):
            return f"{self.label}: {'yes' if value else 'no'}"
        return f"{self.label}: {value}"

    def said(self, number: float) -> str:
        """A number with the unit."""
        return f"{number:.6g} {self.unit}".strip()


def number_of(value: Any) -> float | None:
    """``value`` as a number if it is one: finite, not negative, no text, no truth value. Every number here is >= 0."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return None
    number = float(value)
    return number if math.isfinite(number) and number >= 0 else None


def is_value(fact: Fact, value: Any) -> bool:
    """Whether ``value`` is one that ``fact`` can have."""
    if fact.kind == "number":
        return number_of(value) is not None
    if fact.kind == "flag":
        return isinstance(value, bool)
    if fact.kind == "phototype":
        return value in PHOTOTYPES
    if fact.kind == "answer":
        return value in ANSWERS
    if fact.kind == "zone":
        return value in ZONES
    return isinstance(value, str) and bool(value.strip())


def _answers() -> tuple[Fact, ...]:
    labels = {
        "pregnant_or_lactating": "pregnant or breast-feeding",
        "active_infection_in_field": "infection or open wound in the field",
        "keloid_tendency": "keloid tendency or poor healing",
        "isotretinoin_within_6_months": "isotretinoin within 6 months",
        "immunosuppressed": "immunosuppressed",
        "diabetes_hba1c_above_9_pct": "HbA1c above 9 %",
        "active_autoimmune_disease": "active autoimmune disease",
        "radiotherapy_to_site": "radiotherapy to the site",
        "koebner_disease": "vitiligo, psoriasis or lichen planus",
        "new_patches_at_injury": "new patches at sites of injury",
        "flare_in_field": "flare of eczema or psoriasis in the field",
        "sunburn_or_tan": "sunburn or tan",
        "photosensitising_drug": "photosensitising drug within 2 months",
        "topical_retinoid_within_1_week": "topical retinoid within 1 week",
        "history_of_pih": "dark marks after injuries",
        "smoker": "smoker",
        "argyria_or_silver": "argyria or silver dressings",
        "face_or_neck_lift": "face or neck lift",
        "anticoagulant_or_bleeding": "anticoagulant or bleeding disorder",
        "herpes_history": "cold sores in the past",
        "unrealistic_expectations": "unrealistic expectations or unable to do aftercare",
        "skin_disease_active_within_12_months": "new or growing patches within 12 months",
        "other_peel_or_laser_within_2_months": "another peel or laser within 2 months",
        "last_session_not_healed": "not healed from the last session",
        "other_device_than_last_session": "another device than in the last session",
        "test_spot_not_healed": "test spot not healed",
        "test_spot_dark_marks": "dark marks in the test spot",
        "test_spot_pale_marks": "pale marks in the test spot",
        "test_spot_thick_or_scarred": "test spot thick or scarred",
        "test_spot_blisters_or_infection": "blisters or infection in the test spot",
        "anaesthetic_near_eye_or_ear": "anaesthetic at the eye or in the ear",
        "anaesthetic_on_broken_skin": "anaesthetic on broken skin",
        "anaesthetic_at_home_wrap_or_heat": "anaesthetic at home, wrapped or with heat",
        "anaesthetic_after_first_pass": "anaesthetic again after the first pass",
        "anaesthetic_slow_clearance": "reasons for a smaller dose",
        "methaemoglobinaemia_or_g6pd": "methaemoglobinaemia or G6PD deficiency",
        "class_iii_antiarrhythmic": "class III antiarrhythmic",
        "anaesthetic_allergy": "allergy to the anaesthetic",
        "anaesthetic_within_24_h": "another local anaesthetic within 24 h",
        "atopic_dermatitis_in_area": "atopic dermatitis under the cream",
        "dermoscopy": "dermoscopy",
        "suspicious_signs": "suspicious signs",
        "recurrence_in_laser_scar": "pigment that came back in a laser scar",
        "preparation_sterile": "sterile preparation",
    }
    return tuple(Fact(name, "answer", label, "yes, no or unknown; absent is unknown") for name, label in labels.items())


_ALL = (
    Fact("phototype", "phototype", "phototype", "Fitzpatrick I to VI"),
    Fact("site", "choice", "site", "id of the site in the library"),
    Fact("site_zone", "zone", "site zone", ", ".join(ZONES)),
    Fact("indication", "choice", "indication", "id of the indication in the library"),
    Fact("mode", "choice", "mode", "fractional, spot_vaporisation, coagulation, cut, expanded_beam"),
    Fact("diagnosis_recorded", "flag", "recorded diagnosis", "the case names a diagnosis"),
    Fact("preparation_named", "flag", "named preparation", "the case names what is brought into the skin"),
    Fact("first_session", "flag", "first session on this skin"),
    Fact("interval_shortest_weeks", "number", "shortest interval between sessions", "of the indication"),
    Fact("since_last_session_weeks", "number", "time since the last session"),
    Fact("colorimeter", "flag", "colorimeter at hand"),
    Fact("ita_class", "choice", "class of the typology angle", "very light, light, intermediate, tan, brown, dark"),
    Fact("adjunct_planned", "flag", "adjunct planned", "an adjunct such as a steroid is named in the case"),
    Fact("scar_thickness_um", "number", "scar thickness", "as measured"),
    Fact("scar_age_months", "number", "scar age"),
    *_answers(),
    Fact("aftercare_problem", "choice", "aftercare", '"none", or what would harm'),
    Fact("test_spot_recorded", "flag", "recorded test spot", "the case holds one"),
    Fact("test_spot_here", "flag", "test spot of this device and zone"),
    Fact("test_spot_reads_well", "flag", "test spot read well", "same device and zone, read late enough, no reaction"),
    Fact("test_spot_read_after_weeks", "number", "test spot read after"),
    Fact("test_spot_energy_per_column_mJ", "number", "test spot: energy per column"),
    Fact("test_spot_fluence_mean_J_cm2", "number", "test spot: mean fluence"),
    Fact("test_spot_cumulative_density_pct", "number", "test spot: cumulative density"),
    Fact("anaesthetic_planned", "flag", "local anaesthesia planned"),
    Fact("anaesthetic_amount_g", "number", "anaesthetic cream"),
    Fact("anaesthetic_amount_max_g", "number", "ceiling of the cream", "by age, weight and area"),
    Fact("anaesthetic_area_cm2", "number", "area of the cream"),
    Fact("anaesthetic_area_max_cm2", "number", "ceiling of the area", "by age"),
    Fact("anaesthetic_time_min", "number", "time of the cream"),
    Fact("anaesthetic_time_max_min", "number", "ceiling of the time", "by age"),
    Fact("anaesthetic_sum_pct", "number", "share of the ceilings", "cream and injection together"),
    Fact("anaesthetic_lidocaine_pct", "number", "lidocaine in the cream"),
    Fact("lidocaine_mg", "number", "lidocaine in all"),
    Fact("prilocaine_mg", "number", "prilocaine in all"),
    Fact("device_ranges_hold", "flag", "all settings within the device profile", "every knob was asked"),
    Fact("energy_mJ", "number", "pulse energy", "one pulse of one column"),
    Fact("energy_per_column_mJ", "number", "energy per column", "all stacked pulses of one column, one pass"),
    Fact("power_W", "number", "power", "mean power within the pulse"),
    Fact("pulse_ms", "number", "pulse duration", "on-time of one pulse"),
    Fact("spot_um", "number", "spot", "nominal diameter, the D of the density"),
    Fact("fluence_mean_J_cm2", "number", "mean fluence", "E / (pi D^2/4), one pulse"),
    Fact("fluence_peak_J_cm2", "number", "peak fluence", "on the axis, one pulse"),
    Fact("irradiance_peak_kW_cm2", "number", "peak irradiance", "on the axis"),
    Fact("columns_per_cm2", "number", "columns per cm²", "N of one pass"),
    Fact("pitch_um", "number", "pitch", "1/sqrt(N)"),
    Fact("density_pct", "number", "density per pass", "N pi D^2/4"),
    Fact("cumulative_density_pct", "number", "cumulative density", "1 - prod(1 - d) over independent passes"),
    Fact("passes", "number", "passes"),
    Fact("stack", "number", "stack", "pulses on the same spot"),
    Fact("stack_interval_ms", "number", "stack interval", "from one stacked pulse to the next"),
    Fact("rate_Hz", "number", "column rate", "columns fired per second"),
    Fact("areal_energy_per_pass_J_cm2", "number", "energy per area and pass", "N times the energy per column"),
    Fact("areal_energy_total_J_cm2", "number", "energy per area in the session", "all passes"),
    Fact("coagulation_depth_um", "number", "coagulation depth", "deep end of the predicted interval"),
    Fact("crater_depth_um", "number", "crater depth", "deep end of the predicted interval"),
    Fact("target_depth_um", "number", "target depth", "the shallow end of what the indication or the case asks for"),
    Fact("scar_depth_wanted_um", "number", "depth wanted in the scar", "its thickness less a fifth"),
    Fact("dermis_bottom_um", "number", "depth of the dermis", "bottom of the reticular dermis at this site"),
    Fact("bulk_peak_basal_K", "number", "rise of the basal layer", "between columns, hot end, low conductivity"),
    Fact("bulk_peak_surface_K", "number", "rise of the surface", "between columns, hot end"),
    Fact("bulk_peak_dermis_K", "number", "rise of the dermis", "between columns, hot end"),
    Fact("basal_damage_omega", "number", "damage of the basal layer", "cell damage integral between columns, hot end"),
    Fact("cem43_min", "number", "thermal dose of the basal layer", "equivalent minutes at 43 °C, hot end"),
)

#: Every fact by name. A fact that is not here is refused: a misspelt name must not pass for a missing one.
FACTS: dict[str, Fact] = {fact.name: fact for fact in _ALL}


def table() -> str:
    """The facts as a Markdown table: the one in ``docs/safety/facts.md``."""
    rows = ["| name | kind | unit | means |", "|---|---|---|---|"]
    for fact in _ALL:
        means = f"{fact.label}: {fact.meaning}" if fact.meaning else fact.label
        rows.append(f"| `{fact.name}` | {fact.kind} | {fact.unit} | {means} |")
    return "\n".join(rows)
