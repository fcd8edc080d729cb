"""``simulate(shot, skin) -> Lesion``: one column, from light to scar-relevant damage, with its energy audit."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np

import colonnade
from colonnade.errors import BadInput
from colonnade.laser import Shot
from colonnade.photothermal import constants as c
from colonnade.photothermal import pulse
from colonnade.photothermal.column import Column
from colonnade.photothermal.cooling import cool
from colonnade.photothermal.exposure import LONG_S, expose
from colonnade.photothermal.lesion import EnergyAudit, Lesion, LesionFields, Validity
from colonnade.photothermal.measure import measure
from colonnade.photothermal.mesh import Mesh, depth_edges, radial_edges
from colonnade.photothermal.strategies import Ablation, Cooling, Film, Kinetics, Losses, Options, Physics, Refill, Walls
from colonnade.photothermal.tissue_rows import Rows, film_rows, rows_of, stacked
from colonnade.tissue import Skin
from colonnade.units import from_si, kelvin, to_si

#: Largest energy closure error that a result may carry.
CLOSURE_LIMIT = 1e-6
MOST_CELLS = 4_000_000
#: From this on-time on, CEM43 is counted: it is a measure of slow heating [s].
CEM43_FROM_S = 0.5


def simulate(
    shot: Shot,
    skin: Skin,
    *,
    losses: Losses | None = None,
    ablation: Ablation | None = None,
    cooling: Cooling | None = None,
    mesh: Mesh | None = None,
    physics: Physics | None = None,
    kinetics: Kinetics | None = None,
    walls: Walls | None = None,
    film: Film | None = None,
    refill: Refill | None = None,
    progress: Callable[[float, str], None] | None = None,
) -> Lesion:
    """Simulate one microbeam in skin.

    Main arguments
    --------------
    shot : Shot
        What the microbeam delivers.
    skin : Skin
        What it meets.

    Other arguments
    ---------------
    losses, ablation, cooling, mesh, physics, kinetics, walls, film, refill
        Strategies, see `strategies`. By default walls do not reflect, nothing lies on the skin, craters stay open.
    progress : callable(fraction, message), optional
        Called during the run; raise KeyboardInterrupt in it to cancel.

    Returns
    -------
    Lesion
        With its energy audit closed to 1e-6 (checked on every run).

    Raises
    ------
    BadInput
        If the mesh would be too large; with a smaller proposal.
    ArithmeticError
        If a value stops being finite or the energy audit does not close: a defect, never a result.

    Equations: docs/theory/column.md.
    """
    options = Options(
        losses=losses or Losses(),
        ablation=ablation or Ablation(),
        cooling=cooling or Cooling(),
        mesh=mesh or Mesh(),
        physics=physics or Physics(),
        kinetics=kinetics or Kinetics(),
        walls=walls or Walls(),
        film=film or Film(),
        refill=refill or Refill(),
    )
    say = progress or (lambda fraction, message: None)
    column = build(shot, skin, options)
    deliver(column, shot, progress=lambda done, words: say(0.7 * done, words))
    if column.deepest_m() > to_si(skin.thickness_um, "um") * (1 - 1e-9):
        raise BadInput(
            "shot",
            given=f"{shot.energy_mJ:g} mJ on {shot.spot_um:g} µm: through all {skin.thickness_um:.0f} µm of skin",
            allowed="a crater that ends inside the meshed skin",
            todo="Lower the energy or widen the spot.",
        )
    say(0.75, "cooling")
    until = options.cooling.until_ms
    cool(column, until_s=None if until is None else to_si(until, "ms"), watch=lambda t, h: say(0.9, "cooling"))
    lesion = finish(column, shot, skin, options)
    say(1.0, "done")
    return lesion


def deliver(column: Column, shot: Shot, *, progress: Callable[[float, str], None] | None = None) -> None:
    """All pulses and micropulses of the shot, cooling between them: what one leaves is where the next starts.

    Exposures of `exposure.LONG_S` or more are tried with ADI first, exactly as long as nothing boils.
    """
    say = progress or (lambda fraction, message: None)
    physics = column.options.physics
    if physics.precool_ms > 0.0:
        say(0.0, "cooling before the first pulse")
        cool(column, until_s=to_si(physics.precool_ms, "ms"))
    pulses = shot.pulses()
    column.count_cem43 = sum(d for _, segments in pulses for d, _ in segments) >= CEM43_FROM_S
    for n, (start, segments) in enumerate(pulses):
        words = f"pulse {n + 1} of {len(pulses)}"
        say(n / len(pulses), words)
        tell = lambda f, n=n, words=words: say((n + f) / len(pulses), words)  # noqa: E731
        length = sum(duration for duration, _ in segments)
        if not (length >= LONG_S and expose(column, shot, segments, watch=tell)):
            column.fire(shot, segments=segments, progress=tell)
        if n + 1 < len(pulses):
            gap = pulses[n + 1][0] - start - length
            if gap > 0.0:
                cool(column, until_s=gap)
                column.refill(column.options.refill.after(gap))


def decide_ablation(shot: Shot, ablation: Ablation) -> tuple[float, bool, str]:
    """(T_abl [K], char, in words) of a shot: clean above 6 kW/cm² mean irradiance at the surface, else with char."""
    mean = to_si(shot.irradiance_mean_kW_cm2, "kW_cm2")
    clean = mean > c.CLEAN_IRRADIANCE.value
    t_abl = c.BOILING_K if clean else c.T_ABLATION_CHAR_K.value
    words = "" if clean else "ablation at 400 °C with char (assumed, 300 to 500 °C): mean irradiance below 6 kW/cm²"
    if ablation.t_abl_C is not None:
        t_abl = kelvin(ablation.t_abl_C)
    char = (not clean) if ablation.char is None else ablation.char
    return t_abl, char, words


def build(shot: Shot, skin: Skin, options: Options) -> Column:
    """The column before the first pulse: mesh from spot, expected crater and layers; properties by row."""
    t_abl, char, _ = decide_ablation(shot, options.ablation)
    r_edges, z_edges = mesh_for(shot, skin, options, t_abl)
    rows: Rows = rows_of(skin, z_edges[z_edges >= 0.0], options.physics)
    count = int(np.sum(z_edges < 0.0))
    if count:
        rows = stacked(film_rows(options.film, count), rows)
    return Column(
        r_edges,
        z_edges,
        c_dry=rows.c_dry,
        water=rows.water,
        k_wet=rows.k_wet,
        k_dry=rows.k_dry,
        mu_dry=rows.mu_dry,
        t_ref_K=kelvin(skin.temperature_C),
        options=options,
        t_abl_K=t_abl,
        char_on=char,
    )


def mesh_for(shot: Shot, skin: Skin, options: Options, t_abl_K: float) -> tuple[Any, Any]:
    """Edges [m] of the mesh. Fine where the crater may come (V8 without conduction, an upper bound) plus a margin."""
    m, w = options.mesh, shot.radius_m(0.0)
    dr = to_si(m.dr_um, "um") if m.dr_um is not None else min(max(w / 40, 0.5e-6), max(10e-6, w / 100))
    h = _least_ablation_enthalpy(skin, options, t_abl_K)
    eta = options.losses.eta
    f0 = to_si(shot.fluence_peak_J_cm2, "J_cm2") * shot.stack
    depth = eta * f0 / h
    threshold = h / to_si(813.0, "per_cm")
    reach_r = w * math.sqrt(0.5 * math.log(max(f0 / threshold, 1.0))) if shot.profile == "gaussian" else w
    dz = to_si(m.dz_um, "um") if m.dz_um is not None else min(max(depth / 150, 0.75e-6), 3.5e-6)
    thick = to_si(skin.thickness_um, "um")
    boundaries = np.cumsum([to_si(layer.thickness_um, "um") for layer in skin.layers])
    # a long exposure warms what lies beyond the spot and below the skin: three diffusion lengths more
    rows = rows_of(skin, np.array([0.0, thick]), options.physics, by_layer=True)
    alpha = float((rows.k_wet / (rows.c_dry + rows.water * options.physics.c_water)).max())
    until = to_si(options.cooling.until_ms, "ms") if options.cooling.until_ms is not None else 0.0
    spread = 3 * math.sqrt(4 * alpha * (shot.span_s + (shot.stack - 1) * to_si(shot.stack_interval_ms, "ms") + until))
    reach = max(to_si(m.reach_mm, "mm"), 3 * w, w + spread)
    r_edges = radial_edges(dr, max(reach_r, 0.5 * w) + 20e-6, m.ratio, reach)
    fine = min(depth + 60e-6, thick)
    z_edges = depth_edges(dz, fine, m.ratio, max(thick, spread), boundaries)
    if options.film.thickness_um > 0.0:
        film = to_si(options.film.thickness_um, "um")
        z_edges = np.concatenate([np.linspace(-film, 0.0, math.ceil(film / dz) + 1)[:-1], z_edges])
    cells = (len(r_edges) - 1) * (len(z_edges) - 1)
    if cells > MOST_CELLS:
        factor = math.sqrt(cells / MOST_CELLS)
        raise BadInput(
            "mesh",
            given=f"{cells:,} cells (dr {from_si(dr, 'um'):.2g} µm, dz {from_si(dz, 'um'):.2g} µm)",
            allowed=f"at most {MOST_CELLS:,} cells",
            todo=f"Use dr_um={from_si(dr * factor, 'um'):.2g}, dz_um={from_si(dz * factor, 'um'):.2g} or more.",
        )
    return r_edges, z_edges


def _least_ablation_enthalpy(skin: Skin, options: Options, t_abl_K: float) -> float:
    rows = rows_of(skin, np.array([0.0, to_si(skin.thickness_um, "um")]), options.physics, by_layer=True)
    span = c.BOILING_K - kelvin(skin.temperature_C)
    h = (rows.c_dry + rows.water * options.physics.c_water) * span
    h = h + options.ablation.f_v * rows.water * c.LATENT_HEAT.value
    # the stratum corneum is thin: the dermis decides how deep a crater can get
    return float(np.sort(h)[-2] if h.size > 2 else h.max())


def finish(column: Column, shot: Shot, skin: Skin, options: Options) -> Lesion:
    """Measure, audit and freeze a column."""
    if not (np.isfinite(column.h).all() and np.isfinite(column.temperature).all()):
        where = np.argwhere(~np.isfinite(column.temperature))[:1].tolist()
        raise ArithmeticError(
            f"the column is not finite at cell {where} after {column.time_s:.3g} s; please report this"
        )
    residual = from_si(column.tissue_J(), "mJ")
    energy = audit(column)
    if not energy.closure_error <= CLOSURE_LIMIT:
        raise ArithmeticError(
            f"energy closes only to {energy.closure_error:.1e} (limit {CLOSURE_LIMIT:g}); please report"
        )
    column = column.tissue_alone()
    m = measure(column, rise_max_K=float(column.t_max.max()) - column.t_ref)
    with np.errstate(divide="ignore"):
        fields = LesionFields(
            r_edges_m=column.r_edges,
            z_edges_m=column.z_edges,
            removed=column.removed,
            char=column.char,
            temperature_end_K=column.temperature,
            temperature_max_K=column.t_max,
            water_left=np.divide(
                column.water, column.water_start, out=np.zeros_like(column.water), where=column.water_start > 0
            ),
            log_omega_collagen=np.log(column.omega_coll),
            log_omega_cell=np.log(column.omega_hm),
            log_omega_cell_weaver_stoll=np.log(column.omega_ws),
            cem43_min=column.cem43 if column.count_cem43 else None,
        )
    for array in (*vars(fields).values(), *vars(m.profile).values()):
        if array is not None:
            array.setflags(write=False)
    return Lesion(
        shot=shot,
        skin=skin,
        **{f.name: getattr(m, f.name) for f in dataclasses.fields(m)},
        residual_heat_mJ=residual,
        energy=energy,
        validity=validity(),
        fields=fields,
        assumptions=assumptions(shot, skin, options),
        provenance=provenance(shot, skin, options),
    )


def audit(column: Column) -> EnergyAudit:
    """The seven terms [mJ]: six from the ledger, tissue from the cells that are left."""

    def mj(slot: int) -> float:
        return from_si(float(column.ledger[slot]), "mJ")

    return EnergyAudit(
        delivered_mJ=mj(pulse.DELIVERED),
        reflected_mJ=mj(pulse.REFLECTED),
        plume_mJ=mj(pulse.PLUME),
        ejected_mJ=mj(pulse.EJECTED),
        vapour_mJ=mj(pulse.VAPOUR),
        tissue_mJ=from_si(column.tissue_J(), "mJ"),
        boundary_mJ=mj(pulse.BOUNDARY),
    )


def validity() -> Validity:
    """The engine alone compares nothing with measurements; `colonnade.calibration.validity` places a shot."""
    return Validity("outside", ("not compared here: colonnade.calibration.validity(shot) knows the compared range",))


def assumptions(shot: Shot, skin: Skin, options: Options) -> tuple[str, ...]:
    """What is assumed and decides something in this result."""
    _, _, words = decide_ablation(shot, options.ablation)
    losses, usual = options.losses, Losses()
    given = f"η = {losses.eta:g}, κ = {losses.kappa_per_mm:g} /mm"
    if (losses.eta, losses.kappa_per_mm) == (usual.eta, usual.kappa_per_mm):
        ends = from_si(c.KAPPA_PER_M.low, "per_mm"), from_si(c.KAPPA_PER_M.high, "per_mm")
        said = [
            f"crater losses of the global calibration: {given} (η {c.ETA.low:.2g} to {c.ETA.high:.2g}, κ {ends[0]:.2g} "
            f"to {ends[1]:.2g} /mm); studies differ by more than that"
        ]
    else:
        said = [f"crater losses as given: {given}"]
    if words:
        said.append(words)
    said.append("absorption of water above 25 °C extrapolated (−0.4 %/K, at least half)")
    said.append("cell necrosis by Henriques-Moritz, far outside the times it was measured at; Weaver-Stoll beside it")
    if not words:
        said.append(
            "collagen rim by kinetics of rat tail tendon; below flat pulses it is thinner than most that were measured "
            "(docs/validation/facts.md), beside the column it is not validated"
        )
    if options.film.thickness_um > 0.0:
        said.append(f"{options.film.thickness_um:g} µm of {options.film.kind} on the skin: its composition is assumed")
    if options.physics.medium_C is not None:
        said.append("the plate or cold air lies on all of the modelled skin; residual heat is net of what it took")
    if options.walls.bounces:
        said.append("crater walls reflect like smooth water")
    if options.refill.share and len(shot.pulses()) > 1:
        said.append(f"between pulses the crater fills to {options.refill.share:g} of its depth: assumed")
    said += [f"{layer.name}: {layer.source}" for layer in skin.layers if layer.flag == "assumed"]
    return tuple(said)


def provenance(shot: Shot, skin: Skin, options: Options) -> dict[str, Any]:
    """Version and hash of everything that made the result."""
    inputs = {
        "shot": shot.model_dump(mode="json"),
        "skin": skin.model_dump(mode="json"),
        "options": dataclasses.asdict(options),
    }
    text = json.dumps(inputs, sort_keys=True, separators=(",", ":"))
    return {
        "version": colonnade.__version__,
        "model": "column/1",
        "inputs_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "site": skin.id,
        "eta": options.losses.eta,
        "kappa_per_mm": options.losses.kappa_per_mm,
        "f_wall": options.losses.f_wall,
        "strategies": dataclasses.asdict(options),
    }
