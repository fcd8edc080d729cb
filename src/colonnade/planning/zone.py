"""One zone as the plan holds it: settings, predictions with intervals, what the figures draw."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from colonnade.planning.candidates import Setting
from colonnade.planning.model import (
    BulkHeat,
    ChosenSettings,
    ColumnDrawn,
    CoverageByDepth,
    FieldSummary,
    HealingCourse,
    Interval,
    LayerDrawn,
    Numbers,
    RegimeDrawn,
    ZonePlan,
)
from colonnade.planning.objectives import Outcome
from colonnade.planning.outcomes import Columns
from colonnade.planning.resolve import ZoneTask
from colonnade.planning.trade import shares
from colonnade.planning.trade_model import Trade
from colonnade.planning.uncertain import HotHeat, hot_heat, least, most
from colonnade.safety import agreed
from colonnade.units import from_si, to_si

if TYPE_CHECKING:
    from colonnade.field import Field
    from colonnade.photothermal import Lesion

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Fields:
    """The field of a setting: with the nominal column as planned, and the heat at its unfavourable end."""

    nominal: Field
    hot: HotHeat


#: Points of a drawn profile and of a drawn history, at most; peaks are stated as numbers beside them.
MOST_POINTS = 160
#: Exposures at which the lines of the regime map are kept; between them they are straight on paper.
REGIME_POINTS = 81
#: Side of the drawn piece of field [mm], and columns across it at least.
WINDOW_MM, WINDOW_COLUMNS = 3.0, 4

#: Discs of a square lattice touch at a cover of π/4; beyond that adding up areas is not the union.
TOUCHING = math.pi / 4
#: Radii and areas interpolated between the same two depths differ by less than this [percentage points].
COVER_TOLERANCE_PCT = 0.5

COLUMN_NUMBERS = (
    "crater_depth_um",
    "crater_width_surface_um",
    "crater_width_mid_um",
    "ablated_volume_mm3",
    "rim_bottom_um",
    "rim_side_um",
    "coagulation_depth_um",
    "coagulation_width_surface_um",
    "necrosis_depth_um",
    "residual_heat_mJ",
)


def zone_plan(
    task: ZoneTask,
    setting: Setting,
    reached: Outcome,
    columns: Columns,
    fields: Fields,
    course: HealingCourse | None = None,
    trade: Trade | None = None,
) -> ZonePlan:
    """Everything the plan says about one zone; ``course`` says how it heals, ``trade`` what else could be set.

    Raises ArithmeticError if the areal energy or the cover at the target depth, each computed by the settings'
    arithmetic and by the field, disagree.
    """
    lesion = columns.nominal
    _cover_agrees(task, reached, fields.nominal)
    return ZonePlan(
        name=task.title,
        site=task.site.id,
        site_title=task.skin.title,
        side=task.site.side,
        region=task.region.model_dump(mode="json", exclude_none=True),
        settings=ChosenSettings(panel=dict(setting.panel), derived=setting.settings.derived()),
        predictions=_predictions(reached, columns, fields),
        regime=lesion.regime,
        columns=(
            _drawn("nominal", columns.nominal),
            _drawn("shallow", columns.shallow),
            _drawn("deep", columns.deep),
        ),
        layers=_layers(lesion),
        coverage=_coverage(fields),
        field=_field(setting, columns, fields),
        bulk=_bulk(fields),
        energy={
            name: float(getattr(lesion.energy, name)) for name in (*lesion.energy.__dataclass_fields__, "closure_error")
        },
        course=course,
        inputs=shares(columns.intervals),
        trade=trade,
        regime_map=_regime_map(lesion),
    )


def _regime_map(lesion: Lesion) -> RegimeDrawn:
    """The closed-form map of this skin, thin enough to be kept, and where the nominal shot lies on it."""
    from colonnade.photothermal import expected_regime, regime_map

    shot = lesion.shot
    span = (min(1e-5, shot.pulse_s / 2), max(1e3, shot.pulse_s * 2))
    here = regime_map(lesion.skin, np.geomspace(*span, REGIME_POINTS))
    return RegimeDrawn(
        exposure_s=_figures(here.exposure_s),
        warming_kW_cm2=_figures(here.warming_kW_cm2),
        coagulation_kW_cm2=_figures(here.coagulation_kW_cm2),
        vaporisation_kW_cm2=_figures(here.vaporisation_kW_cm2),
        clean_kW_cm2=here.clean_kW_cm2,
        shot_exposure_s=shot.pulse_s,
        shot_irradiance_kW_cm2=shot.irradiance_peak_kW_cm2,
        shot_peak_factor=shot.peak_factor,
        profile=shot.profile,
        expected=expected_regime(shot, lesion.skin),
    )


def _cover_agrees(task: ZoneTask, reached: Outcome, field: Field) -> None:
    """Discs per area against the union of discs, at the target depth."""
    cover = field.coverage_independent
    treated = 100 - cover.heated_pct - cover.spared_pct
    union = float(np.interp(task.target.depth_um, cover.depth_um, treated, right=0.0))
    one_pass = 1 - (1 - reached.cover_at_target_pct / 100) ** (1 / field.passes)
    if one_pass < TOUCHING:
        agreed(
            "cover at the target depth", reached.cover_at_target_pct, union, rel_tol=0.0, abs_tol=COVER_TOLERANCE_PCT
        )


def column_numbers(columns: Columns) -> tuple[Interval, ...]:
    """The numbers of one column with their interval over all that is not known; of necrosis over two kinetics too."""
    found = []
    ends = {} if columns.intervals is None else {n: i.unfavourable for n, i in columns.intervals.by_name.items()}
    for name in COLUMN_NUMBERS:
        values = [getattr(lesion, name) for lesion in columns.all()]
        if name == "necrosis_depth_um":
            values += [lesion.necrosis_depth_weaver_stoll_um for lesion in columns.all()]
        known = [float(v) for v in values if v is not None]
        if columns.intervals is not None and name in ends and values[0] is not None:
            known += [columns.intervals[name].low, columns.intervals[name].high]
        nominal = values[0]
        low, high = (least(known), most(known)) if known else (None, None)
        found.append(_interval(name, None if nominal is None else float(nominal), low, high, ends.get(name, "")))
    return tuple(found)


def _predictions(reached: Outcome, columns: Columns, fields: Fields) -> tuple[Interval, ...]:
    """Nominal value and interval over all that is not known."""
    cold, hot = hot_heat(fields.nominal.bulk), fields.hot
    middle = fields.nominal.bulk
    cover = reached.cover_pct
    return (
        *column_numbers(columns),
        # heat: the nominal column as planned; the hottest column, laid by hand, with all the heat it may leave
        _span("bulk_peak_surface_K", middle.peak_surface_K, cold.peak_surface_K, hot.peak_surface_K),
        _span("bulk_peak_basal_K", middle.peak_basal_K, cold.peak_basal_K, hot.peak_basal_K),
        _span("bulk_peak_dermis_K", middle.peak_dermis_K, cold.peak_dermis_K, hot.peak_dermis_K),
        _span("cem43_basal_min", middle.cem43_basal_min, hot.cem43_basal_min),
        # two published kinetics that differ by decades
        _span("omega_basal", middle.omega_basal, cold.omega_basal, hot.omega_basal),
        _interval("cover_at_target_pct", cover.nominal, cover.shallow, cover.deep),
        _interval("wounded_epidermis_pct", reached.wounded_pct),
    )


def _span(name: str, nominal: float, *others: float) -> Interval:
    return _interval(name, nominal, least((nominal, *others)), most((nominal, *others)), "high")


def _interval(
    name: str,
    nominal: float | None,
    low: float | None = None,
    high: float | None = None,
    unfavourable: Literal["", "high", "low", "both"] = "",
) -> Interval:
    """Raises ArithmeticError if a number is not finite: it must not get as far as a plan."""
    for value in (nominal, low, high):
        if value is not None and not math.isfinite(value):
            raise ArithmeticError(f"{name} is {value!r}; there is no plan")
    return Interval(name=name, nominal=nominal, low=low, high=high, unfavourable=unfavourable)


def _drawn(case: Literal["nominal", "shallow", "deep"], lesion: Lesion) -> ColumnDrawn:
    profile = lesion.profile
    outer = np.maximum.reduce([profile.crater_um, profile.coagulated_um, profile.necrosis_um, profile.heated_um])
    last = int(np.nonzero(outer > 0)[0][-1]) + 1 if (outer > 0).any() else 0
    keep = _thin(min(last + 1, len(outer)))
    return ColumnDrawn(
        case=case,
        depth_um=_numbers(profile.depth_um[keep]),
        crater_um=_numbers(profile.crater_um[keep]),
        coagulated_um=_numbers(profile.coagulated_um[keep]),
        necrosis_um=_numbers(profile.necrosis_um[keep]),
        heated_um=_numbers(profile.heated_um[keep]),
    )


def _layers(lesion: Lesion) -> tuple[LayerDrawn, ...]:
    layers, top = [], 0.0
    for layer in lesion.skin.layers:
        layers.append(LayerDrawn(name=layer.name, top_um=top, bottom_um=top + layer.thickness_um))
        top += layer.thickness_um
    return tuple(layers)


def _coverage(fields: Fields) -> CoverageByDepth:
    cover = fields.nominal.coverage
    heated = cover.spared_pct < 100
    last = int(np.nonzero(heated)[0][-1]) + 1 if heated.any() else 0
    keep = _thin(min(last + 1, len(cover.depth_um)))
    return CoverageByDepth(
        depth_um=_numbers(cover.depth_um[keep]),
        ablated_pct=_numbers(cover.ablated_pct[keep]),
        coagulated_pct=_numbers(cover.coagulated_pct[keep]),
        heated_pct=_numbers(cover.heated_pct[keep]),
        spared_pct=_numbers(cover.spared_pct[keep]),
    )


def _field(setting: Setting, columns: Columns, fields: Fields) -> FieldSummary:
    field, derived = fields.nominal, setting.settings.derived()
    # two ways: the panel's arithmetic, and the columns laid by the pattern
    areal = agreed("areal energy", derived["areal_energy_total_J_cm2"], field.areal_energy_total_J_cm2)
    x, y, side_mm = _window(field.positions_m, field.pattern.pitch_m, field.region.bounds_m)
    profile = columns.nominal.profile
    return FieldSummary(
        pattern=field.pattern.kind,
        columns=field.columns,
        area_cm2=from_si(field.region.area_m2, "cm2"),
        pitch_um=field.pattern.pitch_um,
        density_pct=field.pattern.density_pct,
        columns_per_cm2=field.pattern.spots_per_cm2,
        passes=field.passes,
        cumulative_density_pct=derived["cumulative_density_pct"],
        areal_energy_J_cm2=field.areal_energy_per_pass_J_cm2,
        areal_energy_total_J_cm2=areal,
        seconds_per_pass=field.pass_end_s[0],
        window_mm=side_mm,
        window_x_mm=x,
        window_y_mm=y,
        ablated_radius_um=float(profile.crater_um[0]),
        coagulated_radius_um=float(profile.coagulated_um[0]),
    )


def _window(xy_m: Array, pitch_m: float, bounds_m: tuple[float, float, float, float]) -> tuple[Numbers, Numbers, float]:
    """Columns in a square at the middle of the region, from its lower left corner, and its side [mm]."""
    x0, y0, x1, y1 = bounds_m
    side = min(max(to_si(WINDOW_MM, "mm"), WINDOW_COLUMNS * pitch_m), x1 - x0, y1 - y0)
    corner = np.array([(x0 + x1 - side) / 2, (y0 + y1 - side) / 2])
    local = xy_m - corner
    inside = local[((local >= 0) & (local <= side)).all(axis=1)]
    shown = from_si(inside, "mm")
    return _numbers(shown[:, 0]), _numbers(shown[:, 1]), from_si(side, "mm")


def _bulk(fields: Fields) -> BulkHeat:
    """The hot end: what the limits were judged by."""
    hot = fields.hot
    bulk = hot.bulk
    histories = (hot.surface_K, hot.basal_K, hot.dermis_K)
    keep = _thin(len(hot.time_s), always=[int(h.argmax()) for h in histories])
    return BulkHeat(
        time_s=_numbers(hot.time_s[keep], digits=6),
        surface_K=_numbers(hot.surface_K[keep]),
        basal_K=_numbers(hot.basal_K[keep]),
        dermis_K=_numbers(hot.dermis_K[keep]),
        basal_depth_um=bulk.basal_depth_um,
        dermis_depth_um=bulk.dermis_depth_um,
        peak_surface_K=float(hot.surface_K.max()),
        peak_basal_K=float(hot.basal_K.max()),
        peak_dermis_K=float(hot.dermis_K.max()),
        two_way_difference_K=bulk.two_way_difference_K * hot.factor,
        conductivity_W_mK=bulk.conductivity_W_mK,
        start_C=bulk.start_temperature_C,
        heat_factor=hot.factor,
        by_hand=True,
    )


def _thin(count: int, always: list[int] | None = None) -> NDArray[np.int64]:
    """At most MOST_POINTS indices of ``count``, evenly spread, first and last kept, with those in ``always``."""
    even = np.linspace(0, count - 1, min(count, MOST_POINTS)).round().astype(np.int64)
    return np.unique(np.concatenate([even, np.array(always or [], dtype=np.int64)]))


def _numbers(values: Array, digits: int = 4) -> Numbers:
    """Rounded for the file: a ten-thousandth of a micrometre, per cent or kelvin is far below any tolerance."""
    return tuple(round(float(v), digits) for v in values)


def _figures(values: Array) -> Numbers:
    """Five significant figures: for what runs over decades."""
    return tuple(float(f"{v:.5g}") for v in values)
