"""One flat, documented name for every field of every strategy: what sweep files, options and results call it.

``strategies_of({"film_um": 30, "wall_bounces": 3})`` gives the keywords of `simulate`; ``stated_in(options)`` the way
back, for results. `SUPPORTED` says which names a solver with fewer strategies knows; what it lacks it refuses.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from colonnade.errors import BadInput, did_you_mean
from colonnade.photothermal import constants as c
from colonnade.photothermal.mesh import Mesh
from colonnade.photothermal.strategies import (
    Ablation,
    Cooling,
    Film,
    Kinetics,
    Losses,
    Options,
    Physics,
    Refill,
    Walls,
)

Plain = float | int | str
ON_OFF = {"on": True, "off": False}
YES_NO = {"yes": True, "no": False}


@dataclass(frozen=True)
class Parameter:
    """Which field of which strategy a name means; ``words`` are its allowed texts and their values, if it takes any."""

    strategy: str
    field: str
    words: Mapping[str, Any] | None = None


KINDS: dict[str, type] = {
    "losses": Losses, "ablation": Ablation, "cooling": Cooling, "mesh": Mesh, "physics": Physics,
    "kinetics": Kinetics, "walls": Walls, "film": Film, "refill": Refill,
}  # fmt: skip

PARAMETERS: dict[str, Parameter] = {
    "eta": Parameter("losses", "eta"),
    "kappa_per_mm": Parameter("losses", "kappa_per_mm"),
    "f_wall": Parameter("losses", "f_wall"),
    "f_v": Parameter("ablation", "f_v"),
    "t_abl_C": Parameter("ablation", "t_abl_C"),
    "char": Parameter("ablation", "char", YES_NO),
    "pyrolysis_kJ_g": Parameter("ablation", "pyrolysis_kJ_g"),
    "wall_bounces": Parameter("walls", "bounces"),
    "film_um": Parameter("film", "thickness_um"),
    "film_kind": Parameter("film", "kind", {kind: kind for kind in c.FILMS}),
    "refill_share": Parameter("refill", "share"),
    "refill_tau_ms": Parameter("refill", "tau_ms"),
    "refill_water": Parameter("refill", "water"),
    "collagen": Parameter("kinetics", "collagen", {"maitland-walsh": "maitland-walsh", "pearce": "pearce"}),
    "steam": Parameter("cooling", "recondense", {"escapes": False, "recondenses": True}),
    "until_ms": Parameter("cooling", "until_ms"),
    "cooling_step": Parameter("cooling", "step"),
    "h_surface_W_m2K": Parameter("physics", "h_surface"),
    "medium_C": Parameter("physics", "medium_C"),
    "precool_ms": Parameter("physics", "precool_ms"),
    "perfusion_per_s": Parameter("physics", "perfusion_per_s"),
    "reflectance": Parameter("physics", "reflectance"),
    "conduction": Parameter("physics", "conduction", ON_OFF),
    "divergence": Parameter("physics", "divergence", ON_OFF),
    "mu_constant_per_cm": Parameter("physics", "mu_constant_per_cm"),
    "mu_slope_per_K": Parameter("physics", "mu_slope"),
    "k_slope_per_K": Parameter("physics", "k_slope"),
    "c_water_J_kgK": Parameter("physics", "c_water"),
    "dr_um": Parameter("mesh", "dr_um"),
    "dz_um": Parameter("mesh", "dz_um"),
    "mesh_ratio": Parameter("mesh", "ratio"),
    "reach_mm": Parameter("mesh", "reach_mm"),
}
_NAMES = {(p.strategy, p.field): name for name, p in PARAMETERS.items()}


def strategies_of(stated: Mapping[str, Plain]) -> dict[str, Any]:
    """The strategies of which something is stated, as keywords of `simulate`; the others keep their defaults.

    Raises
    ------
    BadInput
        For an unknown name, a text where a number belongs (or the reverse), or a value outside its range.
    """
    fields: dict[str, dict[str, Any]] = {}
    for name, value in stated.items():
        if name not in PARAMETERS:
            raise BadInput(name, given=f'"{name}"', allowed="a strategy", todo=did_you_mean(name, PARAMETERS))
        parameter = PARAMETERS[name]
        fields.setdefault(parameter.strategy, {})[parameter.field] = _value(name, parameter, value)
    return {strategy: _made(strategy, values) for strategy, values in fields.items()}


def _value(name: str, parameter: Parameter, value: Plain) -> Any:
    if parameter.words is not None:
        if str(value) not in parameter.words:
            allowed = ", ".join(parameter.words)
            raise BadInput(name, given=f'"{value}"', allowed=allowed, todo=f"Choose one of {allowed}.")
        return parameter.words[str(value)]
    if isinstance(value, str | bool):
        raise BadInput(name, given=f'"{value}"', allowed="a number", todo=f"Give {name} as a number.")
    if parameter.field == "bounces":
        if value != int(value):
            raise BadInput(name, given=f"{value:g}", allowed="a whole number, 0 to 5", todo="Correct it.")
        return int(value)
    return float(value)


def _made(strategy: str, values: dict[str, Any]) -> Any:
    """The strategy; a complaint about a field names it as it was stated."""
    try:
        return KINDS[strategy](**values)
    except BadInput as error:
        known = _NAMES.get((strategy, error.what), error.what)
        todo = error.todo.replace(error.what, known)
        raise BadInput(known, given=error.given, allowed=error.allowed, todo=todo) from None


def stated_in(options: Options) -> dict[str, Plain | None]:
    """Every parameter by its flat name with the value it has; None where the engine decides by itself."""
    return {name: _word(p, getattr(getattr(options, p.strategy), p.field)) for name, p in PARAMETERS.items()}


def _word(parameter: Parameter, value: Any) -> Plain | None:
    if parameter.words is None or value is None:
        plain: Plain | None = value
        return plain
    return next(word for word, meant in parameter.words.items() if meant == value)


def refuse_others(solver: str, knows: frozenset[str], **strategies: Any) -> None:
    """Refuse what differs from its default in a solver that does not have it: never leave it out silently.

    ``knows`` holds the flat names that the solver has; ``strategies`` are its keywords, None for a default. Raises
    BadInput with the list of what it has.
    """
    options = Options(**{name: value for name, value in strategies.items() if value is not None})
    usual, given = stated_in(Options()), stated_in(options)
    for name, value in given.items():
        if name not in knows and value != usual[name]:
            raise BadInput(
                name,
                given=f"{value} in {solver}",
                allowed=f"its default, {usual[name]}: {solver} does not have it. It has {', '.join(sorted(knows))}",
                todo=f"Leave {name} out here, or simulate an upright single column.",
            )


def plain(options: Options) -> dict[str, dict[str, Any]]:
    """All strategies with all their values, by strategy: what results and provenance carry."""
    return dataclasses.asdict(options)
