"""The plan: settings, predictions with intervals, verdict, reasons, aftercare, provenance (``colonnade.plan/1``)."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from colonnade.errors import BadInput
from colonnade.planning.healing_model import HealingCourse as HealingCourse
from colonnade.planning.healing_model import HealingFactor as HealingFactor
from colonnade.planning.healing_model import HealingNumber as HealingNumber
from colonnade.planning.healing_model import HealingReducer as HealingReducer
from colonnade.planning.healing_model import HealingRisk as HealingRisk
from colonnade.planning.healing_model import HealingTrack as HealingTrack
from colonnade.planning.healing_model import HealingWound as HealingWound
from colonnade.planning.healing_model import Numbers as Numbers
from colonnade.planning.healing_model import _list
from colonnade.planning.series_model import SeriesPlan
from colonnade.planning.trade_model import Share as Share
from colonnade.planning.trade_model import Trade as Trade
from colonnade.schema import Model, read

SCHEMA = "colonnade.plan/1"
MAX_PLAN_BYTES = 50_000_000
Status = Literal["REFUSED", "DEFERRED", "CONDITIONAL", "WARNED", "OK"]
Severity = Literal["block", "specialist", "defer", "require", "cap", "warn", "inform"]


class Finding(Model):
    """What one rule said."""

    rule: str
    severity: Severity
    outcome: Literal["fail", "unknown", "open", "overridden", "note"]
    given: str
    allowed: str
    reason: str
    todo: str
    source: str
    basis: Literal["read", "derived", "unsourced"]
    zone: str = ""
    overridden_by: str = ""
    reviewed_by: str = "none"


class Interval(Model):
    """A predicted number with its interval over what is not known; ``name`` carries the unit."""

    name: str
    nominal: float | None
    low: float | None
    high: float | None
    unfavourable: Literal["", "high", "low", "both"] = Field(
        "", description="The end that safety uses; empty for a number that no limit asks for"
    )


class ChosenSettings(Model):
    """Panel units first (``panel`` keeps the panel's order), converted values beside them."""

    panel: dict[str, float | str]
    derived: dict[str, float]


class LayerDrawn(Model):
    """A layer, for the cross-section."""

    name: str
    top_um: float
    bottom_um: float


class ColumnDrawn(Model):
    """Radii of the zones by depth [µm], at the middle and at both ends of the crater losses."""

    case: Literal["nominal", "shallow", "deep"]
    depth_um: Numbers = _list("Depth")
    crater_um: Numbers = _list("Crater radius")
    coagulated_um: Numbers = _list("Outer radius of crater and coagulated rim")
    necrosis_um: Numbers = _list("Outer radius of necrosis")
    heated_um: Numbers = _list("Outer radius of tissue that reached 43 °C")


class CoverageByDepth(Model):
    """Fractions of the skin at each depth [%]; the four sum to 100."""

    depth_um: Numbers = _list("Depth")
    ablated_pct: Numbers = _list("Ablated")
    coagulated_pct: Numbers = _list("Coagulated")
    heated_pct: Numbers = _list("Heated to 43 °C or more, not coagulated")
    spared_pct: Numbers = _list("Spared")


class FieldSummary(Model):
    """The array of columns."""

    pattern: str
    columns: int
    area_cm2: float
    pitch_um: float
    density_pct: float
    columns_per_cm2: float
    passes: int
    cumulative_density_pct: float
    areal_energy_J_cm2: float
    areal_energy_total_J_cm2: float
    seconds_per_pass: float
    window_mm: float = Field(description="Side of the piece of field that is drawn")
    window_x_mm: Numbers = _list("Column centres in the drawn piece, x")
    window_y_mm: Numbers = _list("Column centres in the drawn piece, y")
    ablated_radius_um: float
    coagulated_radius_um: float


class BulkHeat(Model):
    """Rise of the skin between the columns while the field is fired and after [K]."""

    time_s: Numbers = _list("Time")
    surface_K: Numbers = _list("Surface")
    basal_K: Numbers = _list("Basal layer, midway between columns")
    dermis_K: Numbers = _list("Dermis")
    basal_depth_um: float
    dermis_depth_um: float
    peak_surface_K: float
    peak_basal_K: float
    peak_dermis_K: float
    two_way_difference_K: float = Field(description="Largest difference between the two computations")
    conductivity_W_mK: float
    start_C: float | None = Field(None, description="Skin temperature before the first column; None if not stated")
    limits_K: dict[str, float] = Field(default_factory=dict, description="Limits on the rise, by the id of their rule")
    heat_factor: float = Field(1.0, ge=1, description="Heat that a column may leave over that of the column laid")
    by_hand: bool = Field(False, description="Whether the stamps were placed by a hand that scatters")


class RegimeDrawn(Model):
    """The regime map of the zone's skin and where the shot lies on it; lines are irradiances on the axis."""

    exposure_s: Numbers = _list("Exposure")
    warming_kW_cm2: Numbers = _list("From here the surface rises by 1 K")
    coagulation_kW_cm2: Numbers = _list("From here collagen coagulates within the exposure")
    vaporisation_kW_cm2: Numbers = _list("From here the surface boils and its water is paid for")
    clean_kW_cm2: float = Field(description="Mean irradiance above which no char was seen")
    shot_exposure_s: float = Field(description="On-time of one pulse")
    shot_irradiance_kW_cm2: float = Field(description="Of the shot, on the axis")
    shot_peak_factor: float = Field(description="Irradiance on the axis over its mean")
    profile: str
    expected: str = Field(description="What the map leads one to expect; `regime` is what the simulation found")


class ZonePlan(Model):
    """One zone: its settings and what they do."""

    name: str
    site: str
    site_title: str
    side: str
    region: dict[str, Any]
    settings: ChosenSettings
    predictions: tuple[Interval, ...] = _list("Predicted numbers")
    regime: str
    columns: tuple[ColumnDrawn, ...] = _list("Drawn columns")
    layers: tuple[LayerDrawn, ...] = _list("Skin layers")
    coverage: CoverageByDepth
    field: FieldSummary
    bulk: BulkHeat
    energy: dict[str, float]
    course: HealingCourse | None = Field(None, description="How it heals; None where the plan says in absent why not")
    inputs: tuple[Share, ...] = _list("What the depth of the crater depends on, most first")
    trade: Trade | None = Field(None, description="What else could be set; None where the settings were given")
    regime_map: RegimeDrawn | None = Field(None, description="Where the shot lies; None in plans of earlier versions")


class TestSpotNote(Model):
    """What is to be said of a test spot for one zone; ``panel`` is what a spot that is required is treated with."""

    __test__ = False

    zone: str
    site_title: str
    side: str
    status: Literal["not_asked", "required", "recorded_elsewhere", "elsewhere", "waits", "forbids", "permits"]
    lines: tuple[str, ...] = _list("In words")
    panel: dict[str, float | str] = Field(default_factory=dict)
    look_after_days: int
    read_after_days: int
    read_source: str
    reviewed_by: str = "none"


class PublishedRow(Model):
    """A published setting for this indication beside ours."""

    id: str
    device: str
    settings: str
    outcome: str
    complications: str
    source: str
    energy_mJ: float | None = None
    density_pct: float | None = None


class Candidate(Model):
    """A setting that was considered."""

    panel: dict[str, float | str]
    score: float
    why_not: str


class Provenance(Model):
    """What made the plan. ``inputs_sha256`` binds results, pictures and approvals to it."""

    version: str
    schema_version: str
    inputs_sha256: str
    library_sha256: dict[str, str]
    dependencies: dict[str, str]
    created: str
    seconds: float


class Plan(Model):
    """A whole plan. ``Plan.load("plan.json")`` reads one; ``save`` writes it."""

    schema_: Literal["colonnade.plan/1"] = Field(alias="schema")
    title: str
    disclaimer: str
    synthetic: bool
    case: dict[str, Any]
    verdict: Status
    findings: tuple[Finding, ...] = _list("What the rules said, worst first")
    indication_title: str
    phototype: str
    device_id: str
    device_name: str
    device_built_from: str
    device_assumed: tuple[str, ...] = _list("Device values that no source gives")
    zones: tuple[ZonePlan, ...] = _list("Zones; empty when the plan is refused before a search")
    why: tuple[str, ...] = _list("Why these settings, in words")
    runner_up: Candidate | None = None
    published: tuple[PublishedRow, ...] = _list("Published settings for this indication")
    target: dict[str, Any] = Field(default_factory=dict)
    aftercare: tuple[str, ...] = _list("Aftercare in short")
    test_spots: tuple[TestSpotNote, ...] = _list("Test spots: required, or what they permit, by zone")
    series: SeriesPlan | None = Field(None, description="The series of sessions; None where the plan is refused")
    assumptions: tuple[str, ...] = _list("What is assumed")
    absent: tuple[str, ...] = _list("What this report does not hold, and says so")
    sources: tuple[str, ...] = _list("Sources")
    validity_status: Literal["inside", "edge", "outside"]
    validity_reasons: tuple[str, ...] = _list("Validity")
    crater_losses: Literal["not calibrated", "published studies", "calibrated"] = Field(
        "not calibrated", description="Whether η and κ were fitted: to published studies, or to shots of this device"
    )
    reviewed_by: str = Field("none", description="The person who reviewed this plan; none until one has")
    provenance: Provenance

    def plain(self) -> dict[str, Any]:
        """The plan as plain data."""
        return self.model_dump(mode="json", by_alias=True)

    @property
    def sha256(self) -> str:
        """SHA-256 of the canonical content without the clock: time of creation and seconds are left out."""
        data = self.plain()
        data["provenance"].pop("created")
        data["provenance"].pop("seconds")
        return hashlib.sha256(json.dumps(data, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

    @classmethod
    def load(cls, path: str | Path) -> Plan:
        """A plan from ``plan.json``. Raises BadInput if it cannot be read or is not a plan."""
        path = Path(path)
        if path.is_file() and path.stat().st_size > MAX_PLAN_BYTES:
            raise BadInput(
                f"plan file {path.name}",
                given=f"a file of {path.stat().st_size / 1e6:.1f} MB",
                allowed=f"at most {MAX_PLAN_BYTES / 1e6:g} MB",
                todo="Check the path: this is no plan.json.",
            )
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
            raise BadInput(
                f"plan file {path.name}",
                given=f"a file that cannot be read as JSON ({type(error).__name__})",
                allowed="a plan.json written by `colonnade plan`",
                todo="Check the path, or make the plan again.",
            ) from None
        found = data.get("schema") if isinstance(data, dict) else None
        if found is not None and found != SCHEMA:
            raise BadInput(
                f"plan file {path.name}: schema",
                given=repr(found)[:80],
                allowed=SCHEMA,
                todo="Make the plan again from its case with this version of Colonnade.",
            )
        return read(cls, data, origin=path.name)

    def save(self, path: str | Path) -> None:
        """Write ``plan.json``."""
        Path(path).write_text(json.dumps(self.plain(), indent=1, ensure_ascii=False), encoding="utf-8")
