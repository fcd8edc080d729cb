"""An interval on every lesion: a small low-discrepancy sample of the uncertain inputs, a screening, a direction.

The engine answers ``n`` draws on a coarse mesh; a spline through these answers, anchored at the run at hand, is
sampled 4096 times. The spline's error, measured on left-out draws, is added to the interval.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from colonnade import catalogue
from colonnade.calibration.bench import closed_form_depth, coarse_mesh
from colonnade.calibration.distributions import Uncertain, draw
from colonnade.calibration.profile import LossesEstimate, global_losses
from colonnade.calibration.responses import Surrogate, squash, unsquash
from colonnade.laser import Shot
from colonnade.photothermal import Lesion, Losses
from colonnade.schema import read
from colonnade.tissue import Layer, Skin
from colonnade.units import from_si

Array = NDArray[np.float64]
Simulator = Callable[..., Lesion]
End = Literal["high", "low", "both"]

#: What gets an interval, and which end is unfavourable, with its reason.
QUANTITIES: dict[str, tuple[End, str]] = {
    "crater_depth_um": ("both", "deep for perforation, shallow for recurrence"),
    "crater_width_surface_um": ("high", "wide for coverage and closure"),
    "rim_bottom_um": ("high", "thick for scarring; thin for bleeding is no safety number here"),
    "rim_side_um": ("high", "thick: less living skin between columns"),
    "coagulation_depth_um": ("high", "deep for scarring"),
    "necrosis_depth_um": ("high", "deep for scarring"),
    "residual_heat_mJ": ("high", "hot for bulk heating"),
}
#: Quantities that scale with the depth of the crater: these carry the spread between studies.
WITH_SPREAD = ("crater_depth_um", "coagulation_depth_um", "necrosis_depth_um")
Z1, Z2 = "losses_1", "losses_2"
MANY = 4096


@dataclass(frozen=True)
class Interval:
    """95 % interval of one number, in the unit of its name, and its unfavourable end."""

    name: str
    value: float
    low: float
    high: float
    unfavourable: End
    why: str
    surrogate_error: float
    """Error of the spline on left-out draws, as a standard deviation of ln(1 + y/5)."""

    @property
    def worst(self) -> tuple[float, ...]:
        """The end or ends that safety must use."""
        return {"high": (self.high,), "low": (self.low,), "both": (self.low, self.high)}[self.unfavourable]


@dataclass(frozen=True)
class Intervals:
    """Intervals by name; the inputs that matter most, with their share of the variance of ln crater depth."""

    by_name: dict[str, Interval]
    matters: tuple[tuple[str, float], ...]
    runs: int
    losses: LossesEstimate
    sources: dict[str, str]

    def __getitem__(self, name: str) -> Interval:
        return self.by_name[name]

    def as_dict(self) -> dict[str, Any]:
        """Plain data for a plan: ``{name: {value, low, high, unfavourable}}``, the screening, the losses."""
        return {
            "level_pct": 95,
            "intervals": {
                n: {"value": i.value, "low": i.low, "high": i.high, "unfavourable": i.unfavourable, "why": i.why}
                for n, i in self.by_name.items()
            },
            "matters": [{"input": name, "share_pct": 100 * share} for name, share in self.matters],
            "losses": self.losses.basis,
            "runs": self.runs,
            "sources": self.sources,
        }


def uncertain_inputs() -> dict[str, Uncertain]:
    """The declared uncertain inputs of every lesion, with their sources."""
    data: dict[str, Any] = dict(catalogue.load("calibration", "inputs"))
    data.pop("schema")
    return {name: read(Uncertain, entry, origin=f"inputs.toml {name}") for name, entry in data.items()}


def varied(shot: Shot, skin: Skin, x: Mapping[str, float]) -> tuple[Shot, Skin]:
    """Shot and skin as the hand, the device and the body may really have made them.

    A tilt by θ spreads the spot over 1/cos θ of its area; the axisymmetric column keeps the area and loses the shape.
    """
    cos = math.cos(math.radians(x["tilt_deg"]))
    new_shot = shot.model_copy(
        update={
            "energy_mJ": shot.energy_mJ * x["energy_scale"],
            "spot_um": shot.spot_um / math.sqrt(cos),
            "focus_depth_um": shot.focus_depth_um + x["defocus_um"],
        }
    )
    layers = []
    for i, layer in enumerate(skin.layers):
        last = i == len(skin.layers) - 1
        layers.append(
            Layer.model_validate(
                {
                    **layer.model_dump(),
                    "water": min(max(layer.water + x["water_shift"], 0.02), 0.99),
                    "conductivity_W_mK": layer.conductivity_W_mK * x["conductivity_scale"],
                    # the last layer is followed down so that a deep draw ends in tissue
                    "thickness_um": 30_000.0 if last else layer.thickness_um * x["layer_scale"],
                }
            )
        )
    return new_shot, skin.model_copy(update={"layers": tuple(layers)})


def _answers(lesion: Lesion, kinetics: float, cos: float) -> dict[str, float]:
    out = {name: float(getattr(lesion, name) or 0.0) for name in QUANTITIES}
    if kinetics >= 0.5:
        out["necrosis_depth_um"] = lesion.necrosis_depth_weaver_stoll_um
    for name in ("crater_depth_um", "coagulation_depth_um", "necrosis_depth_um"):
        out[name] *= cos  # along the tilted beam to below the surface
    return out


def interval(
    shot: Shot,
    skin: Skin,
    *,
    lesion: Lesion | None = None,
    losses: LossesEstimate | None = None,
    energy_tolerance_pct: float | None = None,
    simulate: Simulator | None = None,
    n: int = 24,
    seed: int = 7,
    **strategies: Any,
) -> Intervals:
    """95 % intervals of depth, width, rims and residual heat of one microbeam.

    Parameters
    ----------
    shot, skin
        As for `simulate`.
    lesion : Lesion, optional
        The run at hand (with the default mesh); its numbers are where the intervals are anchored.
    losses : LossesEstimate, optional
        η and κ with their uncertainty; by default the global calibration with its spread between studies.
    energy_tolerance_pct : float, optional
        Tolerance of the device (95 %); the declared 20 % where it is not known.
    simulate : callable(shot, skin, losses=, mesh=) -> Lesion, optional
        The engine; any callable that answers alike.
    strategies
        What the run at hand was made with beside losses and mesh (walls, film, refill, …), as keywords of `simulate`.
    n : int
        Engine runs, at least 20, on the coarse mesh of `bench.coarse_mesh`.

    Raises
    ------
    ValueError
        If ``n`` is below 20.
    """
    if not n >= 20:
        raise ValueError("n: at least 20 runs, twice the number of uncertain inputs")
    if simulate is None:
        from colonnade.photothermal import simulate as engine

        simulate = engine
    estimate = losses or global_losses()
    inputs = uncertain_inputs()
    if energy_tolerance_pct is not None:
        data = inputs["energy_scale"].model_dump()
        factor = 1.0 + energy_tolerance_pct / 100.0
        data |= {"low": 1.0 / factor, "high": factor, "source": f"device profile: {energy_tolerance_pct:g} %"}
        inputs["energy_scale"] = read(Uncertain, data, origin="energy tolerance")
    normal = {"dist": "normal", "low": -1.959964, "high": 1.959964}
    for z in (Z1, Z2):
        inputs[z] = read(Uncertain, {**normal, "source": estimate.basis}, origin=z)

    f_wall = Losses().f_wall if lesion is None else float(lesion.provenance.get("f_wall", Losses().f_wall))

    def run(x: Mapping[str, float]) -> dict[str, float]:
        eta, kappa = estimate.at(x[Z1], x[Z2])
        its = Losses(eta=eta, kappa_per_mm=kappa, f_wall=f_wall)
        s, k = varied(shot, skin, x)
        answer = simulate(s, k, losses=its, mesh=coarse_mesh(s, its), **strategies)
        return _answers(answer, x["kinetics"], math.cos(math.radians(x["tilt_deg"])))

    sample = draw(inputs, n, seed=seed)
    runs = [run({name: float(v[i]) for name, v in sample.items()}) for i in range(n)]
    many = draw(inputs, MANY, seed=seed + 1)
    rng = np.random.default_rng(seed)
    spread = np.exp(estimate.tau * rng.standard_normal(MANY))
    centre = {name: np.array([v]) for name, v in _centre(inputs).items()}
    if lesion is not None and not _same_losses(lesion, estimate):
        lesion = None  # a run with other losses is no anchor
    base: dict[str, float] = {} if lesion is not None else run({k: float(v[0]) for k, v in centre.items()})
    seen = _features(shot, skin, sample, estimate)
    spans = {name: _span_of(name, v) for name, v in seen.items() if float(np.ptp(v)) > 0}  # known exactly: no axis
    found: dict[str, Interval] = {}
    shares: tuple[tuple[str, float], ...] = ()
    for name, (end, why) in QUANTITIES.items():
        start = (lambda f: _closed_form(shot, f)) if name in WITH_SPREAD else None
        fit = Surrogate(seen, np.array([r[name] for r in runs]), spans, base=start)
        anchored = base[name] if lesion is None else float(getattr(lesion, name) or 0.0)

        def logs(x: Mapping[str, Array], fit: Surrogate = fit) -> Array:
            return fit.log1(_features(shot, skin, x, estimate))

        shift = float(squash(np.array([anchored]), fit.floor)[0] - logs(centre)[0])
        y = unsquash(logs(many) + shift + fit.error_rms * rng.standard_normal(MANY), fit.floor)
        if min(anchored, *(r[name] for r in runs)) >= 0.0:
            y = np.maximum(y, 0.0)  # a length; only the net heat of a cooled column goes below 0
        if name in WITH_SPREAD:
            y = y * spread
        low, high = np.quantile(y, [0.025, 0.975])
        found[name] = Interval(
            name, anchored, min(float(low), anchored), max(float(high), anchored), end, why, fit.error_rms
        )
        if name == "crater_depth_um":
            shares = _screen(logs, inputs, centre, estimate)
    return Intervals(found, shares, n + bool(base), estimate, {k: v.source for k, v in inputs.items()})


def _features(shot: Shot, skin: Skin, x: Mapping[str, Array], estimate: LossesEstimate) -> dict[str, Array]:
    """What the lesion depends on, from the uncertain inputs, each of shape (n,): surface fluence and the rest."""
    offset = (shot.focus_depth_um + x["defocus_um"]) / from_si(shot.rayleigh_m, "um")
    area = (1.0 + offset**2) / np.cos(np.radians(x["tilt_deg"]))
    at_focus = shot.energy_mJ * 1e-3 / (math.pi * (shot.spot_um / 2e4) ** 2)
    pairs = [estimate.at(float(a), float(b)) for a, b in zip(x[Z1], x[Z2], strict=True)]
    # the last layer but one decides how deep a crater gets: the dermis where there is fat below it
    water = sorted(skin.layers, key=lambda layer: -layer.thickness_um)[:2]
    share = max(layer.water for layer in water) + x["water_shift"]
    return {
        "fluence_J_cm2": at_focus * x["energy_scale"] / area,
        "defocus_um": x["defocus_um"],
        "eta": np.array([p[0] for p in pairs]),
        "kappa_per_mm": np.array([p[1] for p in pairs]),
        "water": np.clip(share, 0.02, 0.99),
        "conductivity_scale": x["conductivity_scale"],
        "layer_scale": x["layer_scale"],
        "kinetics": x["kinetics"],
    }


def _closed_form(shot: Shot, features: Mapping[str, Array]) -> Array:
    order = {"gaussian": 1.0, "tophat": 10.0}.get(shot.profile, float(shot.order))
    names = ("fluence_J_cm2", "eta", "kappa_per_mm", "water")
    held = {"order": np.array(order), "stack": np.array(float(shot.stack))}
    return closed_form_depth({**{k: features[k] for k in names}, **held})


def _span_of(name: str, values: Array) -> Uncertain:
    kind: Any = "loguniform" if name in ("fluence_J_cm2", "eta", "kappa_per_mm") else "uniform"
    low, high = float(values.min()), float(values.max())
    return Uncertain(dist=kind, low=low, high=high, source="the sample at hand")


def _centre(inputs: Mapping[str, Uncertain]) -> dict[str, float]:
    """The middle of every input: nothing scaled, no tilt, no defocus, the first kinetics."""
    middle = {name: float(u.quantile(np.array([0.5]))[0]) for name, u in inputs.items()}
    return middle | {"tilt_deg": 0.0, "kinetics": 0.0, "conductivity_scale": 1.0, "layer_scale": 1.0}


def _same_losses(lesion: Lesion, estimate: LossesEstimate) -> bool:
    eta, kappa = estimate.at(0.0, 0.0)
    made = lesion.provenance
    return math.isclose(made["eta"], eta, rel_tol=0.02) and math.isclose(
        made["kappa_per_mm"], kappa, rel_tol=0.02, abs_tol=0.02
    )


def _screen(
    logs: Callable[[Mapping[str, Array]], Array],
    inputs: Mapping[str, Uncertain],
    centre: Mapping[str, Array],
    estimate: LossesEstimate,
) -> tuple[tuple[str, float], ...]:
    """Share of the variance of ln depth by input, one at a time about the centre; η and κ together as ``losses``."""
    u = (np.arange(64) + 0.5) / 64
    variance: dict[str, float] = {}
    for name, dist in inputs.items():
        x = {k: np.full(64, float(v[0])) for k, v in centre.items()}
        x[name] = dist.quantile(u)
        key = "losses (eta, kappa)" if name in (Z1, Z2) else name
        variance[key] = variance.get(key, 0.0) + float(np.var(logs(x)))
    variance["spread between studies"] = estimate.tau**2
    total = sum(variance.values()) or 1.0
    return tuple(sorted(((k, v / total) for k, v in variance.items()), key=lambda kv: -kv[1]))
