"""The strategies of the engine as options, in groups of the help; names and meaning are those of the sweep file."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Annotated, Any, Literal

import typer
from typer.core import TyperCommand

OPTIONS, ARGUMENTS = "Options", "Arguments"
LOSSES, ABLATION, CRATER = "Crater losses", "Ablation", "Crater optics: walls, film, refill"
STEAM, COOLING = "Damage and steam", "Cooling, contact cooling, blood flow"
FORMS, MESH = "Switches for closed-form cases", "Mesh"
ON_OFF = ("on", "off")

#: Flat name of the engine (a test holds the two lists together): panel, type or allowed words, help.
WORDS: dict[str, tuple[str, Any, str]] = {
    "eta": (LOSSES, float, "Share of the beam that passes the plume; 1: all."),
    "kappa_per_mm": (LOSSES, float, "Loss by depth in the crater [1/mm]; 0: none."),
    "f_wall": (LOSSES, float, "Share of the ejected enthalpy that the wall takes; 0: none."),
    "f_v": (ABLATION, float, "Share of its water that must boil before a cell leaves."),
    "t_abl_C": (ABLATION, float, "Temperature the dry cell must reach [°C]; left out: by the irradiance."),
    "char": (ABLATION, ("yes", "no"), "Whether tissue chars; left out: by the irradiance."),
    "pyrolysis_kJ_g": (ABLATION, float, "Heat that turns dry matter to gas [kJ/g]; 0: none."),
    "wall_bounces": (CRATER, int, "Fresnel reflections by the crater's wall, 0 to 5; 0: dull walls."),
    "film_um": (CRATER, float, "Film on the skin [µm]; 0: bare."),
    "film_kind": (CRATER, ("water", "blood", "cream"), "What the film is."),
    "refill_share": (CRATER, float, "Share of the crater that fills again between pulses; 0: it stays open."),
    "refill_tau_ms": (CRATER, float, "Time in which it fills [ms]."),
    "refill_water": (CRATER, float, "Water of what fills it: 0.9 fluid, 0.7 fallen-in tissue."),
    "collagen": (STEAM, ("maitland-walsh", "pearce"), "Kinetics that draw the collagen rim."),
    "steam": (STEAM, ("escapes", "recondenses"), "What becomes of the steam when the pulse ends."),
    "until_ms": (COOLING, float, "How long it is followed after the last pulse [ms]; left out: as it matters."),
    "cooling_step": (COOLING, float, "Step while cooling, as a share of the time since the pulse."),
    "h_surface_W_m2K": (COOLING, float, "Heat given off by the surface [W/m²/K]: air 10, cold air, contact."),
    "medium_C": (COOLING, float, "Temperature of the air or plate [°C]; left out: the skin's own."),
    "precool_ms": (COOLING, float, "Cooling before the first pulse [ms]."),
    "perfusion_per_s": (COOLING, float, "Blood flow per tissue [1/s]: 0 for pulses, 5e-4 for minutes."),
    "reflectance": (FORMS, float, "Share reflected at the surface."),
    "conduction": (FORMS, ON_OFF, "Conduction of heat."),
    "divergence": (FORMS, ON_OFF, "Divergence of the beam inside the crater."),
    "mu_constant_per_cm": (FORMS, float, "One absorption coefficient for all [1/cm]."),
    "mu_slope_per_K": (FORMS, float, "Fall of the absorption of water by temperature [1/K]; 0: none."),
    "k_slope_per_K": (FORMS, float, "Rise of the conductivity by temperature [1/K]; 0: none."),
    "c_water_J_kgK": (FORMS, float, "Specific heat of water [J/kg/K]."),
    "dr_um": (MESH, float, "Finest cell across [µm]; left out: by the spot."),
    "dz_um": (MESH, float, "Finest cell in depth [µm]; left out: by the expected crater."),
    "mesh_ratio": (MESH, float, "Growth of the cells outside the fine part."),
    "reach_mm": (MESH, float, "Radius of the mesh [mm], at least."),
}


class Grouped(TyperCommand):
    """A command whose help lists its options by panel, in plain text."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Arguments, the command's own options, then each panel in the order of its first option."""
        panels: dict[str, list[tuple[str, str]]] = {ARGUMENTS: [], OPTIONS: []}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is not None:
                own = ARGUMENTS if param.param_type_name == "argument" else OPTIONS
                panels.setdefault(getattr(param, "rich_help_panel", None) or own, []).append(record)
        for name, records in panels.items():
            if records:
                with formatter.section(name):
                    formatter.write_dl(records)


def option_of(name: str) -> str:
    """``option_of("t_abl_C") == "--t-abl-c"``."""
    return "--" + name.lower().replace("_", "-")


def with_strategies(names: Iterable[str] = WORDS) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add the strategies' options to a command; those that were typed reach it as keywords by their flat name."""
    wanted = [name for name in WORDS if name in set(names)]

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        own = inspect.signature(command, eval_str=True)
        kept = [p for p in own.parameters.values() if p.kind is not inspect.Parameter.VAR_KEYWORD]
        added = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=_annotation(name))
            for name in wanted
        ]

        @functools.wraps(command)
        def wrapped(**given: Any) -> Any:
            return command(**{name: v for name, v in given.items() if name not in wanted or v is not None})

        parameters = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in kept] + added
        wrapped.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
        wrapped.__annotations__ = {p.name: p.annotation for p in parameters} | {"return": own.return_annotation}
        return wrapped

    return add


def _annotation(name: str) -> Any:
    panel, kind, text = WORDS[name]
    typed: Any = Literal[kind] if isinstance(kind, tuple) else kind
    return Annotated[typed | None, typer.Option(option_of(name), help=text, rich_help_panel=panel)]
