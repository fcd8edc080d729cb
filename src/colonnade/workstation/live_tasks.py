"""What the live worker computes while a slider moves: columns, coverage, movies, fields, verdicts, all by the library.

Each task takes plain data and a ``tick`` that it calls often and that raises when nobody waits for the answer any
more. Heavy rooms are imported inside the tasks: the server process that names them never loads them.
"""

from __future__ import annotations

import json
import struct
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from colonnade.case import Case, PanelSettings
from colonnade.errors import BadInput
from colonnade.laser import Settings, device
from colonnade.schema import read
from colonnade.tissue import Skin, skin
from colonnade.units import from_si
from colonnade.workstation.live_drawing import region_of_drawing

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from colonnade.field import Field, Pattern
    from colonnade.photothermal import Lesion
    from colonnade.safety import Judgement

Data = Mapping[str, Any]
Tick = Callable[[float, str], None]

#: Lesions kept, by everything that makes them: a change of density needs no new column.
KEPT = 24
_lesions: OrderedDict[str, Lesion] = OrderedDict()

#: Numbers of a lesion that the page lists, in this order.
SHOWN = (
    "crater_depth_um",
    "crater_width_surface_um",
    "crater_width_mid_um",
    "rim_side_um",
    "rim_bottom_um",
    "coagulation_depth_um",
    "necrosis_depth_um",
    "ablated_volume_mm3",
    "residual_heat_mJ",
)
#: Heat movie: cells along the longer side of the region, pictures, and how long it goes on after the last column [s].
HEAT_CELLS = 64
HEAT_PICTURES = 28
HEAT_AFTER_S = 12.0


def pack(header: dict[str, Any], arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """A binary answer: ``CNF1``, length of the header, header as JSON, then the arrays, little-endian, 8-aligned.

    The header's ``arrays`` gives name, dtype, shape and offset from the start of the data of each.
    """
    listed, parts, offset = [], [], 0
    for name, array in arrays.items():
        data = array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
        listed.append({"name": name, "dtype": array.dtype.name, "shape": list(array.shape), "offset": offset})
        padding = -len(data) % 8
        parts.append(data + b"\0" * padding)
        offset += len(data) + padding
    text = json.dumps({**header, "arrays": listed}, allow_nan=False).encode()
    text += b" " * (-len(text) % 8)
    return b"CNF1" + struct.pack("<I", len(text)) + b"".join([text, *parts])


def resolved(payload: Data) -> tuple[Settings, Skin]:
    """Settings and skin of a payload. Raises BadInput."""
    raw = read(PanelSettings, dict(payload["settings"]), origin="settings")
    return Settings.of(raw, device(str(payload["device"]))), skin(str(payload["site"]))


def _lesion(settings: Settings, where: Skin, tick: Tick, *, eta: float | None = None) -> Lesion:
    from colonnade.photothermal import Losses, simulate
    from colonnade.planning.rooms import deep_enough

    where = deep_enough(where, settings.shot)
    key = f"{settings.shot.model_dump_json()}|{where.model_dump_json()}|{eta}"
    if key not in _lesions:
        losses = None if eta is None else Losses(eta=eta)
        _lesions[key] = simulate(settings.shot, where, losses=losses, progress=tick)
        while len(_lesions) > KEPT:
            _lesions.popitem(last=False)
    _lesions.move_to_end(key)
    return _lesions[key]


def _number(payload: Data, name: str, low: float, high: float, *, usual: float) -> float:
    value = payload.get(name, usual)
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise BadInput(name, given=repr(value)[:40], allowed=f"{low:g} to {high:g}", todo="Correct it.")
    return float(value)


def _rounded(values: Any, decimals: int = 2) -> list[float]:
    return [round(float(v), decimals) for v in values]


def layers_of(where: Skin) -> list[dict[str, Any]]:
    """Layers with their top and bottom [µm], for a cross-section."""
    out, top = [], 0.0
    for layer in where.layers:
        out.append({"name": layer.name, "top_um": top, "bottom_um": top + layer.thickness_um})
        top += layer.thickness_um
    return out


def column(payload: Data, tick: Tick) -> dict[str, Any]:
    """One column: numbers and the outlines of its zones by depth."""
    from colonnade.reporting.metrics import label, number, show, unit

    started = time.perf_counter()
    settings, where = resolved(payload)
    found = _lesion(settings, where, tick)
    said = found.as_dict()
    profile = found.profile
    return {
        "inputs_sha256": found.provenance["inputs_sha256"],
        "seconds": round(time.perf_counter() - started, 4),
        "regime": found.regime,
        "numbers": [
            {"name": n, "label": label(n), "value": said[n], "text": show(n, said[n]), "unit": unit(n)} for n in SHOWN
        ],
        "energy": {name: value for name, value in said["energy"].items()},
        "closure": number(said["energy"]["closure_error"]),
        "validity": said["validity"],
        "assumptions": said["assumptions"],
        "profile": {
            name: _rounded(getattr(profile, name))
            for name in ("depth_um", "crater_um", "coagulated_um", "necrosis_um", "heated_um")
        },
        "layers": layers_of(found.skin),
        "spot_um": settings.shot.surface_spot_um,
    }


def ends(payload: Data, tick: Tick) -> dict[str, Any]:
    """The crater at both ends of the crater losses: shallow and deep."""
    from colonnade.photothermal import ETA_RANGE

    settings, where = resolved(payload)
    out: dict[str, Any] = {}
    for name, eta in zip(("shallow", "deep"), ETA_RANGE, strict=True):
        found = _lesion(settings, where, tick, eta=eta)
        out[name] = {
            "eta": eta,
            "crater_depth_um": found.crater_depth_um,
            "depth_um": _rounded(found.profile.depth_um),
            "crater_um": _rounded(found.profile.crater_um),
        }
    return out


def _pattern(settings: Settings) -> Pattern:
    from colonnade.field import pattern

    return pattern(settings.device.patterns[0], spots_per_cm2=settings.columns_per_cm2, spot_um=settings.shot.spot_um)


def coverage(payload: Data, tick: Tick) -> dict[str, Any]:
    """Shares of the skin by depth, away from the edges of the region: the definition of ``colonnade.field``."""
    import numpy as np

    from colonnade.field import square
    from colonnade.field.coverage import coverage as covered
    from colonnade.field.treat import WINDOW_PITCHES

    settings, where = resolved(payload)
    found = _lesion(settings, where, tick)
    laid = _pattern(settings)
    half = WINDOW_PITCHES / 2 * laid.pitch_m
    wide = half + 4 * laid.pitch_m
    few = square(mm=max(2.0, from_si(6 * laid.pitch_m, "mm")))
    columns = []
    for number in range(settings.passes):
        _, shift, turn = laid.place(few, number)
        columns.append(laid.lattice((-wide, -wide, wide, wide), shift=shift, turn_rad=turn, number=number))
    tick(0.5, "coverage")
    made = covered(found.profile, np.concatenate(columns), (-half, -half, half, half))[0]
    return {
        "pitch_um": laid.pitch_um,
        "pattern": laid.kind,
        "depth_um": _rounded(made.depth_um),
        "ablated_pct": _rounded(made.ablated_pct),
        "coagulated_pct": _rounded(made.coagulated_pct),
        "heated_pct": _rounded(made.heated_pct),
        "spared_pct": _rounded(made.spared_pct),
        "two_way_difference_pct": made.two_way_difference_pct,
    }


def movie(payload: Data, tick: Tick) -> bytes:
    """Temperature and damage of one column over time, as binary pictures."""
    from colonnade.photothermal.movie import ZONES, with_movie
    from colonnade.planning.rooms import deep_enough

    settings, where = resolved(payload)
    where = deep_enough(where, settings.shot)
    found, made = with_movie(settings.shot, where, progress=tick)
    header = {
        "kind": "column",
        "inputs_sha256": found.provenance["inputs_sha256"],
        "time_ms": _rounded(made.time_ms, 5),
        "delivery_end_ms": made.delivery_end_ms,
        "r_um": _rounded(made.r_um),
        "z_um": _rounded(made.z_um),
        "zones": list(ZONES),
        "layers": layers_of(where),
    }
    arrays: dict[str, NDArray[Any]] = {
        "temperature_C": made.temperature_C,
        "log10_omega_cell": made.log10_omega_cell,
        "zone": made.zone,
    }
    return pack(header, arrays)


def field(payload: Data, tick: Tick) -> bytes:
    """The field over its region: coverage by place, bulk heat over time, column positions; as binary pictures."""
    import numpy as np

    from colonnade.field import area_of, coverage_map
    from colonnade.planning.rooms import Rooms, region_of

    started = time.perf_counter()
    settings, where = resolved(payload)
    area = region_of_drawing(payload)
    found = _lesion(settings, where, tick)
    tick(0.3, "laying the columns")
    made = Rooms().field(settings, found, area)
    tick(0.6, "coverage by place")
    shape = area_of(region_of(area))
    x0, y0, x1, y1 = (from_si(v, "mm") for v in shape.bounds_m)
    cell_mm = max(x1 - x0, y1 - y0) / HEAT_CELLS
    depth_um = _number(payload, "depth_um", 0.0, 5000.0, usual=0.0)
    # cells of three pitches: in smaller ones the lattice and the cells beat against each other
    wide_mm = max(cell_mm, from_si(3 * made.pattern.pitch_m, "mm"))
    by_place = coverage_map(found.profile, made.positions_m, shape, depth_um=depth_um, cell_mm=wide_mm)
    tick(0.8, "heat over time")
    heat = _heat_movie(made, found, cell_mm)
    header = {
        "kind": "field",
        "seconds": round(time.perf_counter() - started, 3),
        "inputs_sha256": found.provenance["inputs_sha256"],
        "columns": made.columns,
        "depth_um": depth_um,
        "region_mm": [x0, y0, x1, y1],
        "rings_mm": [[_rounded(point, 3) for point in ring] for part in shape.rings_mm() for ring in part],
        "seconds_per_pass": float(made.pass_end_s[0]),
        "time_s": _rounded(heat.time_s, 4),
        "heat_x_mm": _rounded(heat.x_mm, 4),
        "heat_y_mm": _rounded(heat.y_mm, 4),
        "map_x_mm": _rounded(by_place.x_mm, 4),
        "map_y_mm": _rounded(by_place.y_mm, 4),
        "basal_depth_um": made.bulk.basal_depth_um,
        "peak_surface_K": made.bulk.peak_surface_K,
        "peak_basal_K": made.bulk.peak_basal_K,
        "start_C": made.bulk.start_temperature_C,
        "bulk": {
            "time_s": _rounded(made.bulk.time_s, 4),
            "surface_K": _rounded(made.bulk.surface_K, 3),
            "basal_K": _rounded(made.bulk.basal_K, 3),
            "dermis_K": _rounded(made.bulk.dermis_K, 3),
        },
        "radii_um": _radii(found),
        "layers": layers_of(found.skin),
        "profile": {
            name: _rounded(getattr(found.profile, name))
            for name in ("depth_um", "crater_um", "coagulated_um", "necrosis_um", "heated_um")
        },
    }
    arrays: dict[str, NDArray[Any]] = {
        "ablated_pct": by_place.ablated_pct.astype(np.float32),
        "coagulated_pct": by_place.coagulated_pct.astype(np.float32),
        "heated_pct": by_place.heated_pct.astype(np.float32),
        "spared_pct": by_place.spared_pct.astype(np.float32),
        "surface_K": heat.surface_K.astype(np.float32),
        "basal_K": heat.basal_K.astype(np.float32),
        "positions_mm": from_si(made.positions_m, "mm").astype(np.float32),
        "times_s": made.times_s.astype(np.float32),
    }
    return pack(header, arrays)


def _radii(found: Lesion) -> dict[str, float]:
    profile = found.profile
    return {"crater_um": float(profile.crater_um[0]), "coagulated_um": float(profile.coagulated_um[0])}


def _heat_movie(made: Field, found: Lesion, cell_mm: float) -> Any:
    """Rise over the field, mean over each cell, while it is fired and after."""
    import numpy as np

    from colonnade.field.grid import SkinLayer, solve
    from colonnade.field.heat import HEAT_CAPACITY_J_m3K, Shots, source_of

    capacity = float(HEAT_CAPACITY_J_m3K.value)
    shots = Shots(made.positions_m, made.times_s, source_of(found), made.bulk.conductivity_W_mK, capacity)
    last = float(made.times_s[-1])
    during = np.linspace(last / HEAT_PICTURES, max(last, 0.05), HEAT_PICTURES * 2 // 3)
    after = max(last, 0.05) + np.geomspace(0.3, HEAT_AFTER_S, HEAT_PICTURES - len(during))
    layer = SkinLayer(5_000.0, made.bulk.conductivity_W_mK, capacity)
    return solve(
        shots,
        (layer,),
        times_s=np.concatenate([during, after]),
        cell_mm=max(cell_mm, 0.15),
        basal_depth_um=made.bulk.basal_depth_um,
    )


def stamps(payload: Data, tick: Tick) -> dict[str, Any]:
    """The region filled with the scanner's stamps: outlines in mm, overlap, gaps."""
    import numpy as np

    from colonnade.field import Scan, area_of, tile
    from colonnade.planning.rooms import region_of

    settings, _ = resolved(payload)
    area = area_of(region_of(region_of_drawing(payload)))
    size_mm = _number(payload, "stamp_mm", 0.5, 500.0, usual=settings.device.scan_max_mm.high)
    laid = tile(_pattern(settings), area, Scan(size_mm=size_mm))
    tick(0.9, "stamps")
    outlines = [
        [_rounded(point, 3) for point in from_si(np.asarray(part.exterior.coords), "mm")]
        for shape in laid.shapes
        for part in getattr(shape, "geoms", [shape])
        if part.geom_type == "Polygon" and not part.is_empty
    ]
    return {
        "stamp_mm": size_mm,
        "outlines_mm": outlines,
        "area_mm2": from_si(area.area_m2, "mm2"),
        "columns": len(laid.positions_m),
    }


def check(payload: Data, tick: Tick) -> dict[str, Any]:
    """The rules on the whole case: with settings, its columns are simulated at both ends of the crater losses."""
    from colonnade.planning import check as checked

    verdict = checked(Case.parse(dict(payload["case"])), progress=lambda phase, done, text: tick(done, text))
    return said(verdict)


def said(verdict: Judgement) -> dict[str, Any]:
    """A verdict as the page shows it."""
    return {
        "status": verdict.status,
        "stage": verdict.stage,
        "findings": [finding.as_dict() for finding in verdict.findings],
    }


def rules(payload: Data) -> dict[str, Any]:
    """The rules on what is known without any simulation: the patient and, where there are some, the settings."""
    from colonnade.planning import facts
    from colonnade.planning.resolve import resolve
    from colonnade.planning.rooms import Rooms, Stage
    from colonnade.safety import combined

    task, rooms, found = resolve(Case.parse(dict(payload["case"]))), Rooms(), []
    for zone in task.zones:
        known = facts.about_patient(task.case, zone)
        stage: Stage = "patient"
        if zone.given is not None:
            known |= facts.about_settings(zone.given.settings)
            stage = "settings"
        found.append(rooms.judge(known, task.case, stage=stage, zone=zone.name))
    return said(combined(found))


TASKS: dict[str, Callable[[Data, Tick], Any]] = {
    "column": column,
    "ends": ends,
    "coverage": coverage,
    "movie": movie,
    "field": field,
    "stamps": stamps,
    "check": check,
}


def load() -> None:
    """Import what the tasks import, without compiling anything."""
    import colonnade.field
    import colonnade.photothermal
    import colonnade.planning.rooms  # noqa: F401


def warm_up() -> float:
    """Load and compile what the tasks need, on one column; returns the time it took [s]."""
    started = time.perf_counter()
    payload = {
        "device": "lumenis-ultrapulse-deepfx",
        "site": "cheek",
        "settings": {"energy_mJ": 5.0, "density_pct": 5.0},
    }

    def tick(share: float, words: str) -> None:
        """Nobody waits for the warm-up: it is never cancelled."""

    for task in (column, coverage, movie):
        task(payload, tick)
    return time.perf_counter() - started
