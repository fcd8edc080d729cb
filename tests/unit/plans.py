"""Synthetic plans for tests. No simulation stands behind these numbers: they are shaped like real ones so that
figures and pages can be judged, and every plan made here says that it is synthetic.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from colonnade import DISCLAIMER
from colonnade.planning.model import Plan

SPOT_UM = 120.0
HOSTILE = (
    '#panic("stop") #read("/etc/passwd") $x^2$ *bold* _it_ `raw` \\n @ref <lab> // no',
    '<script>alert("x")</script><img src=x onerror=alert(1)> &amp; {{ 7*7 }} {% raw %}',
    "Pneumono" + "ultramicroscopicsilicovolcanoconiosis" * 6,
    "ليزر ثاني أكسيد الكربون",
    "点阵激光治疗 \u202e reversed \x00\x07\ufffe 🙂",
)
LAYERS = (("stratum corneum", 17), ("viable epidermis", 60), ("papillary dermis", 90), ("reticular dermis", 1500))


def make_plan(**changes: Any) -> Plan:
    """A plan for one zone on a cheek. ``changes`` replaces top-level fields (plain data)."""
    return Plan.model_validate(_base() | changes)


def refused_plan(*, with_zones: bool = True) -> Plan:
    """A plan that one cap and one block refuse."""
    findings = [
        _finding("CI-01", "block", "fail", given="pregnant", allowed="not pregnant", todo="Wait until after birth."),
        _finding("CAP-NECK-DENSITY", "cap", "fail", given="32 %", allowed="at most 10 %", todo="Lower the density."),
        *_base()["findings"],
    ]
    return make_plan(
        verdict="REFUSED", findings=findings, why=[], runner_up=None, zones=_base()["zones"] if with_zones else []
    )


def three_zone_plan() -> Plan:
    """Three zones with their own settings."""
    zones = [
        zone(name="Cheeks", energy_mJ=17.5, density_pct=5),
        zone(name="Forehead", site="forehead", energy_mJ=12.5, density_pct=10),
        zone(name="Neck", site="neck", energy_mJ=7.5, density_pct=5, pattern="square"),
    ]
    return make_plan(zones=zones, verdict="CONDITIONAL", title="Photoageing of face and neck, synthetic example")


def hostile_plan() -> Plan:
    """Every string that a stranger can write is hostile."""
    typst, html, long, arabic, chinese = HOSTILE
    base = _base()
    base["zones"] = [zone(name=html, site=typst)]
    base["zones"][0]["settings"]["panel"]["level"] = "$\\frac{" + html
    base["zones"][0]["layers"][1]["name"] = "$\\alpha_{ #panic"
    base["findings"] = [
        _finding("X-1", "warn", "fail", given=typst, allowed=html, todo=long, reason=arabic, source=chinese),
        _finding("X-2", "inform", "note", given=html, allowed=typst, todo=chinese, reason=long, source=arabic),
    ]
    base["published"][0] |= {"id": "$S_1$", "device": html, "settings": typst, "outcome": long, "complications": arabic}
    base["case"]["patient"][html] = typst
    return make_plan(
        **base
        | {
            "title": f"{html} {arabic} {chinese}",
            "indication_title": typst,
            "device_name": long,
            "device_assumed": [typst, html],
            "why": [typst, html, arabic],
            "aftercare": [typst],
            "assumptions": [html, long],
            "absent": [typst],
            "sources": [html, "https://example.org/" + "a" * 120, chinese],
            "validity_reasons": [typst],
        }
    )


def zone(
    *, name: str = "Left cheek", site: str = "cheek", energy_mJ: float = 15, density_pct: float = 5,
    pattern: str = "hexagonal", passes: int = 1,
) -> dict[str, Any]:  # fmt: skip
    """One zone; depth grows with energy roughly as published columns do (about 40 µm per mJ at 120 µm)."""
    crater, rim = 40.0 * energy_mJ, 35.0
    per_cm2 = density_pct / 100 / (math.pi * (SPOT_UM * 1e-4) ** 2 / 4)
    columns = [_column("nominal", crater, rim), _column("shallow", 0.84 * crater, rim + 6)]
    columns.append(_column("deep", 1.2 * crater, rim - 6))
    areal = energy_mJ * 1e-3 * per_cm2
    power_W = 30.0
    peak = 2 * energy_mJ * 1e-3 / (math.pi * (SPOT_UM / 2 * 1e-4) ** 2)
    return {
        "name": name,
        "site": site,
        "site_title": site.capitalize(),
        "side": "left",
        "region": {"shape": "rectangle", "width_mm": 30.0, "height_mm": 20.0},
        "settings": {
            "panel": {"energy_mJ": energy_mJ, "density_pct": density_pct, "passes": passes, "pattern": pattern},
            "derived": {
                "energy_mJ": energy_mJ,
                "stack": 1.0,
                "power_W": power_W,
                "pulse_ms": energy_mJ / power_W,
                "spot_um": SPOT_UM,
                "fluence_mean_J_cm2": peak / 2,
                "fluence_peak_J_cm2": peak,
                "irradiance_peak_kW_cm2": peak / (energy_mJ / power_W),
                "columns_per_cm2": per_cm2,
                "pitch_um": 1e4 / math.sqrt(per_cm2),
                "areal_energy_per_pass_J_cm2": areal,
                "rate_Hz": 300.0,
            },
        },
        "predictions": _predictions(crater, rim, energy_mJ),
        "regime": "clean_ablation",
        "columns": columns,
        "layers": _layers(),
        "coverage": _coverage(columns[0], per_cm2, passes),
        "field": _field(per_cm2, density_pct, passes, pattern, areal),
        "bulk": _bulk(areal),
        "energy": _energy(energy_mJ),
    }


def _finding(rule: str, severity: str, outcome: str, **changes: str) -> dict[str, Any]:
    return {
        "rule": rule,
        "severity": severity,
        "outcome": outcome,
        "given": "7 of 10",
        "allowed": "at most 5 of 10",
        "reason": "Denser columns leave less living skin between them, and dark skin answers with pigment.",
        "todo": "Lower the density, or plan a test area first.",
        "source": "synthetic test data",
        "basis": "derived",
    } | changes


def _base() -> dict[str, Any]:
    return {
        "schema": "colonnade.plan/1",
        "title": "Atrophic acne scars, left cheek, synthetic example",
        "disclaimer": DISCLAIMER,
        "synthetic": True,
        "case": {
            "schema": "colonnade.case/1",
            "title": "Atrophic acne scars, left cheek, synthetic example",
            "synthetic": True,
            "site": {"id": "cheek", "side": "left"},
            "device": {"id": "lumenis-ultrapulse-deepfx"},
            "patient": {"phototype": "IV", "history": {"smoker": "no", "keloid_tendency": "unknown"}},
            "indication": {"id": "atrophic-acne-scar"},
            "region": {"shape": "rectangle", "width_mm": 30.0, "height_mm": 20.0},
        },
        "verdict": "WARNED",
        "findings": [
            _finding("PT-02", "warn", "fail", given="phototype IV", allowed="test area first in phototype IV to VI"),
            _finding("CI-07", "specialist", "unknown", given="keloid tendency: unknown", allowed="an answer: yes or no",
                     reason="A tendency to keloids turns each column into a possible scar.",
                     todo="Ask the patient and record the answer."),
            _finding("AN-02", "require", "open", given="no record", allowed="eye shields in place before firing",
                     reason="10.6 µm light burns the cornea.", todo="Fit the shields and record it."),
            _finding("SUN-01", "inform", "note", given="cheek", allowed="SPF 30 or more for three months"),
        ],
        "indication_title": "Atrophic acne scar",
        "phototype": "IV (examined)",
        "device_id": "lumenis-ultrapulse-deepfx",
        "device_name": "Lumenis UltraPulse Encore, DeepFX",
        "device_built_from": "published operating points, not maker data",
        "device_assumed": [
            "profile gaussian: no source gives the profile of this handpiece",
            "M² 1.2: no source gives M² of a clinical scanner",
            "spot 120 µm: commonly quoted; not in a source read",
            "power 30 W: no source gives the power of this handpiece",
            "rate 300 Hz: no source gives the repetition rate of this handpiece",
        ],
        "zones": [zone()],
        "why": [
            "15 mJ is the lowest energy whose shallow end still reaches the target depth.",
            "5 % is the density that keeps the bulk rise at the basal layer under its limit for phototype IV.",
        ],
        "runner_up": {
            "panel": {"energy_mJ": 17.5, "density_pct": 5.0, "passes": 1},
            "score": 0.81,
            "why_not": "Deeper by 100 µm with no more of the target covered.",
        },
        "published": _published(),
        "target": {"depth_um": [400.0, 900.0], "coverage_pct": [4.0, 12.0], "source": "synthetic test data"},
        "aftercare": [
            "Days 0 to 5: clean with saline, keep moist with plain petrolatum under a dressing.",
            "Days 5 to 7: crusts fall by themselves; do not pick.",
            "Three months: SPF 30 or more, a hat, no sunbathing.",
        ],
        "assumptions": ["Water content of the viable epidermis 0.70: assumed.", "Skin conductivity: literature value."],
        "absent": ["No photographs.", "No healing prediction beyond the aftercare summary."],
        "sources": [
            "Yuan 2014 Dermatol Surg | https://www.scribd.com/document/420320449/yuan2014-pdf",
            "Lee 2016 doi:10.1007/s00266-016-0686-x",
        ],
        "validity_status": "edge",
        "validity_reasons": ["15 mJ lies inside the measured 5 to 20 mJ; the spot of this device is assumed."],
        "provenance": {
            "version": "0.1.0",
            "schema_version": "colonnade.plan/1",
            "inputs_sha256": "5f" * 32,
            "library_sha256": {"devices/lumenis-ultrapulse-deepfx": "ab" * 32, "sites/cheek": "cd" * 32},
            "dependencies": {"numpy": "2.3.0", "scipy": "1.16.0", "numba": "0.62.0"},
            "created": "2025-01-15T10:30:00+00:00",
            "seconds": 6.4,
        },
    }  # fmt: skip


def _column(case: str, crater: float, rim: float) -> dict[str, Any]:
    depth = np.arange(2.5, 1.5 * crater + 100, 5.0)

    def bowl(width: float, deep: float) -> list[float]:
        inside = np.clip(1 - (depth / deep) ** 1.6, 0, None)
        return [round(float(r), 2) for r in width * np.sqrt(inside)]

    return {
        "case": case,
        "depth_um": depth.tolist(),
        "crater_um": bowl(62, crater),
        "coagulated_um": bowl(62 + rim * 0.8, crater + rim),
        "necrosis_um": bowl(62 + rim * 1.5, crater + 1.6 * rim),
        "heated_um": bowl(62 + rim * 2.6, crater + 3 * rim),
    }


def _layers() -> list[dict[str, Any]]:
    layers, top = [], 0.0
    for name, thickness in LAYERS:
        layers.append({"name": name, "top_um": top, "bottom_um": top + thickness})
        top += thickness
    return layers


def _coverage(column: dict[str, Any], per_cm2: float, passes: int) -> dict[str, Any]:
    def share(radii: list[float]) -> np.ndarray:
        one = np.clip(per_cm2 * math.pi * (np.asarray(radii) * 1e-4) ** 2, 0, 1)
        return 100 * (1 - (1 - one) ** passes)

    ablated, coagulated, heated = (share(column[k]) for k in ("crater_um", "coagulated_um", "heated_um"))
    return {
        "depth_um": column["depth_um"],
        "ablated_pct": ablated.tolist(),
        "coagulated_pct": (coagulated - ablated).tolist(),
        "heated_pct": (heated - coagulated).tolist(),
        "spared_pct": (100 - heated).tolist(),
    }


def _field(per_cm2: float, density_pct: float, passes: int, pattern: str, areal: float) -> dict[str, Any]:
    side, x, y = 3.0, [], []
    pitch = 10 / math.sqrt(per_cm2)
    step, row = (pitch * math.sqrt(2 / math.sqrt(3)), pitch * math.sqrt(math.sqrt(3) / 2))
    if pattern == "square":
        step = row = pitch
    for j in range(int(side / row)):
        for i in range(int(side / step)):
            x.append((i + 0.5 + (0.5 * (j % 2) if pattern == "hexagonal" else 0)) * step - side / 2)
            y.append((j + 0.5) * row - side / 2)
    return {
        "pattern": pattern,
        "columns": round(per_cm2 * 6.0),
        "area_cm2": 6.0,
        "pitch_um": 1e3 * pitch,
        "density_pct": float(density_pct),
        "columns_per_cm2": per_cm2,
        "passes": passes,
        "cumulative_density_pct": 100 * (1 - (1 - density_pct / 100) ** passes),
        "areal_energy_J_cm2": areal,
        "areal_energy_total_J_cm2": areal * passes,
        "seconds_per_pass": per_cm2 * 6.0 / 300,
        "window_mm": side,
        "window_x_mm": x,
        "window_y_mm": y,
        "ablated_radius_um": 62.0,
        "coagulated_radius_um": 90.0,
    }


def _bulk(areal: float) -> dict[str, Any]:
    time = np.concatenate([np.linspace(0, 8.8, 120), np.linspace(8.9, 40, 120)])
    fired = np.clip(time, 0, 8.8)

    def rise(peak: float, slow: float) -> np.ndarray:
        up = peak * (1 - np.exp(-fired / slow)) / (1 - math.exp(-8.8 / slow))
        return up * np.exp(-np.clip(time - 8.8, 0, None) / (3 * slow))

    surface, basal, dermis = rise(1.9 * areal, 3), rise(1.6 * areal, 3.6), rise(0.9 * areal, 6)
    return {
        "time_s": time.tolist(),
        "surface_K": surface.tolist(),
        "basal_K": basal.tolist(),
        "dermis_K": dermis.tolist(),
        "basal_depth_um": 77.0,
        "dermis_depth_um": 500.0,
        "peak_surface_K": float(surface.max()),
        "peak_basal_K": float(basal.max()),
        "peak_dermis_K": float(dermis.max()),
        "two_way_difference_K": 0.021,
        "conductivity_W_mK": 0.40,
        "start_C": 33.0,
        "limits_K": {"HEAT-BASAL": 15.0},
    }


def _predictions(crater: float, rim: float, energy_mJ: float) -> list[dict[str, Any]]:
    def interval(name: str, nominal: float, low: float = 0.84, high: float = 1.2) -> dict[str, Any]:
        return {"name": name, "nominal": nominal, "low": low * nominal, "high": high * nominal}

    return [
        interval("crater_depth_um", crater),
        interval("crater_width_surface_um", 124.0, 0.9, 1.1),
        interval("rim_side_um", rim),
        interval("rim_bottom_um", rim * 1.1),
        interval("coagulation_depth_um", crater + rim),
        interval("necrosis_depth_um", crater + 1.6 * rim),
        interval("ablated_volume_mm3", crater * math.pi * 40**2 * 1e-9),
        interval("residual_heat_mJ", 0.35 * energy_mJ),
        {"name": "char_depth_um", "nominal": None, "low": None, "high": None},
    ]


def _energy(energy_mJ: float) -> dict[str, float]:
    shares = {"reflected_mJ": 0.01, "plume_mJ": 0.12, "ejected_mJ": 0.5, "vapour_mJ": 0.02, "tissue_mJ": 0.3489}
    terms = {name: share * energy_mJ for name, share in shares.items()}
    terms["boundary_mJ"] = 0.0011 * energy_mJ
    return {"delivered_mJ": energy_mJ} | terms | {"closure_error": 3e-9}


def _published() -> list[dict[str, Any]]:
    rows = [
        ("S01", "Lumenis DeepFX", "20 mJ, 10 or 20 %", "No difference at 3 months", "More at 20 %", 20.0, 10.0),
        ("S02", "Lumenis DeepFX", "10 or 20 mJ, 10 %", "No difference at 3 months", "More at 20 mJ", 10.0, 10.0),
        ("S03", "MedArt 610", "48 to 56 mJ, 13 %, 3 sessions", "Texture 6.15 to 3.89", "minor", 52.0, 13.0),
        ("S05", "not named", "not stated", "85 % at least 25 to 50 % better", "not stated", None, None),
        ("S06", "not named", "10 mJ, 10 %", "standard exposure of a sunscreen trial", "not stated", 10.0, 10.0),
    ]
    keys = ("id", "device", "settings", "outcome", "complications", "energy_mJ", "density_pct")
    return [dict(zip(keys, row, strict=True)) | {"source": "clinical settings table, abridged"} for row in rows]
