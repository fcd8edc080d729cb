"""The one table of what numbers are called and how they are rounded; the unit comes from the name itself.

Used by the page, the PDF and the command line, so that one number never reads two ways.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from colonnade.units import pretty, unit_of

ABSENT = "none"


@dataclass(frozen=True)
class Metric:
    """What a number is called and how many decimals it is worth."""

    label: str
    decimals: int


METRICS: dict[str, Metric] = {
    # panel and shot
    "energy_mJ": Metric("Energy per microbeam", 1),
    "energy_per_column_mJ": Metric("Energy per column", 1),
    "power_W": Metric("Power", 1),
    "pulse_ms": Metric("Pulse duration", 3),
    "pulse_duration_ms": Metric("Pulse duration", 3),
    "spot_um": Metric("Spot diameter", 0),
    "density_pct": Metric("Density per pass", 1),
    "cumulative_density_pct": Metric("Density over all passes", 1),
    "spacing_um": Metric("Spacing", 0),
    "pitch_um": Metric("Pitch (side of one column's square)", 0),
    "spots_per_cm2": Metric("Columns per area", 0),
    "columns_per_cm2": Metric("Columns per area", 0),
    "passes": Metric("Passes", 0),
    "stack": Metric("Stacked pulses", 0),
    "stack_interval_ms": Metric("Time between stacked pulses", 1),
    "rate_Hz": Metric("Columns per second", 0),
    "fluence_mean_J_cm2": Metric("Mean fluence in the spot", 1),
    "fluence_peak_J_cm2": Metric("Peak fluence on the axis", 1),
    "irradiance_peak_kW_cm2": Metric("Peak irradiance on the axis", 1),
    "areal_energy_per_pass_J_cm2": Metric("Energy per area and pass", 2),
    "areal_energy_J_cm2": Metric("Energy per area and pass", 2),
    "areal_energy_total_J_cm2": Metric("Energy per area, all passes", 2),
    # lesion
    "crater_depth_um": Metric("Crater depth", 0),
    "crater_width_surface_um": Metric("Crater width at the surface", 0),
    "crater_width_mid_um": Metric("Crater width at half depth", 0),
    "ablated_volume_mm3": Metric("Volume removed per column", 5),
    "rim_bottom_um": Metric("Coagulated rim at the bottom", 0),
    "rim_side_um": Metric("Coagulated rim at the side", 0),
    "coagulation_depth_um": Metric("Coagulation depth", 0),
    "coagulation_width_surface_um": Metric("Coagulation width at the surface", 0),
    "necrosis_depth_um": Metric("Necrosis depth", 0),
    "necrosis_depth_weaver_stoll_um": Metric("Necrosis depth (Weaver-Stoll)", 0),
    "residual_heat_mJ": Metric("Residual heat per column", 2),
    # field
    "columns": Metric("Columns", 0),
    "area_cm2": Metric("Treated area", 2),
    "seconds_per_pass": Metric("Firing time per pass in seconds", 1),
    "window_mm": Metric("Side of the drawn piece", 2),
    "ablated_surface_pct": Metric("Ablated at the surface", 1),
    "coagulated_surface_pct": Metric("Coagulated at the surface", 1),
    "spared_surface_pct": Metric("Spared at the surface", 1),
    "coverage_ablated_pct": Metric("Ablated share", 1),
    "coverage_coagulated_pct": Metric("Coagulated share", 1),
    "coverage_heated_pct": Metric("Heated share", 1),
    "coverage_spared_pct": Metric("Spared share", 1),
    "coverage_target_pct": Metric("Share of the target treated", 1),
    # bulk heat
    "start_C": Metric("Skin temperature before (°C)", 1),
    "basal_depth_um": Metric("Depth of the basal layer", 0),
    "dermis_depth_um": Metric("Depth of the dermal point", 0),
    "peak_surface_K": Metric("Peak rise at the surface", 1),
    "peak_basal_K": Metric("Peak rise at the basal layer", 1),
    "peak_dermis_K": Metric("Peak rise in the dermis", 1),
    "two_way_difference_K": Metric("Largest difference of the two computations", 3),
    "conductivity_W_mK": Metric("Conductivity used (W/mK)", 2),
    "bulk_peak_surface_K": Metric("Bulk heat: peak rise at the surface", 1),
    "bulk_peak_basal_K": Metric("Bulk heat: peak rise at the basal layer", 1),
    "bulk_peak_dermis_K": Metric("Bulk heat: peak rise in the dermis", 1),
    "cem43_basal_min": Metric("Bulk heat: CEM43 at the basal layer", 2),
    "omega_basal": Metric("Bulk heat: damage integral Ω at the basal layer", 2),
    "cover_at_target_pct": Metric("Share of the skin treated at the target depth", 1),
    "wounded_epidermis_pct": Metric("Share of the epidermis wounded", 1),
    # energy audit
    "delivered_mJ": Metric("Delivered", 3),
    "reflected_mJ": Metric("Reflected", 3),
    "plume_mJ": Metric("Stopped by the plume", 3),
    "ejected_mJ": Metric("Ejected with removed tissue", 3),
    "vapour_mJ": Metric("Left as steam", 3),
    "tissue_mJ": Metric("Kept in tissue", 3),
    "boundary_mJ": Metric("Lost at the boundaries", 3),
    # target
    "target_depth_um": Metric("Target depth", 0),
    "depth_um": Metric("Target depth", 0),
    "target_coverage_pct": Metric("Target coverage", 1),
    "coverage_pct": Metric("Target coverage", 1),
    "coagulation_um": Metric("Target coagulation", 0),
}


def label(name: str) -> str:
    """What a number is called; a name that is not in the table is spelt out without its unit."""
    if name in METRICS:
        return METRICS[name].label
    suffix = unit_of(name)
    plain = name[: -len(suffix) - 1] if suffix else name
    return plain.replace("_", " ").capitalize()


def unit(name: str) -> str:
    """The printed unit of a name; empty for a pure number."""
    suffix = unit_of(name)
    return pretty(suffix) if suffix else ""


def number(value: float, decimals: int | None = None) -> str:
    """``value`` as text: rounded, a true minus sign, thin spaces in long numbers, never "0" for what is not zero."""
    if not math.isfinite(value):
        raise ValueError(f"a number that is not finite reached a report: {value}")
    text = f"{value:.4g}" if decimals is None else f"{value:.{decimals}f}"
    if value != 0 and float(text) == 0:
        text = f"{value:.2g}"
    if "e" not in text and abs(value) >= 10_000:
        whole, _, part = text.partition(".")
        text = f"{int(whole):,}".replace(",", "\u202f") + (f".{part}" if part else "")
    return text.replace("-", "−")


def show(name: str, value: float | int | str | None, *, typed: bool = False) -> str:
    """The value of ``name`` without its unit. ``typed`` keeps a panel value as it was typed."""
    if value is None:
        return ABSENT
    if isinstance(value, str):
        return value
    if typed or name not in METRICS:
        return number(float(value), None)
    return number(float(value), METRICS[name].decimals)


def show_with_unit(name: str, value: float | int | str | None, *, typed: bool = False) -> str:
    """The value of ``name`` with its unit: ``"612 µm"``."""
    text = show(name, value, typed=typed)
    suffix = unit(name)
    return text if value is None or isinstance(value, str) or not suffix else f"{text} {suffix}"
