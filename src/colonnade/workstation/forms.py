"""Forms from the schema: every field of a case with its title, unit, bounds and help, and errors by field.

The pydantic models are the one place where fields are described; a form, the API and the documentation table all come
from them.
"""

from __future__ import annotations

import functools
import types
import typing
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from colonnade import catalogue
from colonnade.case import Case, PanelSettings
from colonnade.errors import BadInput
from colonnade.laser import Device, Offered, Settings, device
from colonnade.reporting.metrics import METRICS, label, show, unit
from colonnade.units import pretty, unit_of

Kind = Literal["number", "integer", "text", "long", "choice", "yes_no"]

#: Fields whose values are ids of the library.
LIBRARY = {"site.id": "sites", "device.id": "devices", "indication.id": "indications"}
#: Tables of a case that the form shows, in this order; the rest has editors of its own.
SECTIONS = {
    "patient": "Patient",
    "patient.history": "History",
    "indication": "Indication",
    "site": "Site",
    "goals": "Goals",
    "anaesthesia": "Anaesthesia",
    "firing": "Order of firing and hand",
}


@dataclass(frozen=True)
class Entry:
    """One field of a form."""

    path: str
    kind: Kind
    title: str
    help: str = ""
    unit: str = ""
    required: bool = False
    default: Any = None
    low: float | None = None
    low_excluded: bool = False
    high: float | None = None
    choices: tuple[tuple[str, str], ...] = ()
    most_characters: int | None = None

    @property
    def id(self) -> str:
        """Id of the input element."""
        return "f-" + self.path.replace(".", "-").replace("_", "-")

    def as_dict(self) -> dict[str, Any]:
        """Plain data for the page."""
        return {**asdict(self), "id": self.id}


@dataclass(frozen=True)
class Section:
    """Fields that belong together."""

    name: str
    title: str
    entries: tuple[Entry, ...]


@functools.cache
def sections() -> tuple[Section, ...]:
    """The form of a case."""
    out = []
    for name, title in SECTIONS.items():
        model: Any = Case
        for part in name.split("."):
            model = _model_in(model.model_fields[part].annotation)
        entries = tuple(
            made for key, field in model.model_fields.items() if (made := _entry(f"{name}.{key}", field)) is not None
        )
        out.append(Section(name, title, entries))
    return tuple(out)


def _entry(path: str, field: FieldInfo) -> Entry | None:
    """The entry of one field; None for a table inside, which is a section of its own."""
    inner, optional = _without_none(field.annotation)
    if isinstance(inner, type) and issubclass(inner, BaseModel):
        return None
    bounds: dict[str, Any] = {}
    for rule in field.metadata:
        for name in ("gt", "ge", "le", "max_length"):
            if getattr(rule, name, None) is not None:
                bounds[name] = getattr(rule, name)
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    kind, choices = _kind(path, inner)
    if kind == "text" and (bounds.get("max_length") or 0) > 300:
        kind = "long"
    required = field.is_required()
    return Entry(
        path=path,
        kind=kind,
        title=field.title or label(path.rsplit(".", 1)[-1]),
        help="" if path in LIBRARY else field.description or "",
        unit=pretty(str(extra.get("unit", ""))),
        required=required and not optional,
        default=None if required else field.get_default(call_default_factory=True),
        low=bounds.get("gt", bounds.get("ge")),
        low_excluded="gt" in bounds,
        high=bounds.get("le"),
        choices=choices,
        most_characters=bounds.get("max_length"),
    )


def _kind(path: str, inner: Any) -> tuple[Kind, tuple[tuple[str, str], ...]]:
    if path in LIBRARY:
        return "choice", library(LIBRARY[path])
    if typing.get_origin(inner) is Literal:
        return "choice", tuple((str(v), str(v)) for v in typing.get_args(inner))
    if inner is bool:
        return "yes_no", ()
    if inner is int:
        return "integer", ()
    if inner is float:
        return "number", ()
    return "text", ()


@functools.cache
def library(kind: str) -> tuple[tuple[str, str], ...]:
    """Ids and titles of one kind of library file."""
    rows = []
    for name in catalogue.ids(kind):
        data = catalogue.load(kind, name)
        maker = " ".join(str(data[k]) for k in ("maker", "model", "mode") if data.get(k))
        rows.append((name, str(data.get("title") or maker or name)))
    return tuple(sorted(rows, key=lambda row: row[1].lower()))


def _without_none(annotation: Any) -> tuple[Any, bool]:
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        rest = [a for a in typing.get_args(annotation) if a is not type(None)]
        if len(rest) == 1:
            return _bare(rest[0]), True
    return _bare(annotation), False


def _bare(annotation: Any) -> Any:
    return typing.get_args(annotation)[0] if typing.get_origin(annotation) is typing.Annotated else annotation


def _model_in(annotation: Any) -> Any:
    return _without_none(annotation)[0]


# --- the panel of a device ----------------------------------------------------------------------------------
def panel(laser: Device) -> list[dict[str, Any]]:
    """The knobs of a device in its panel's order and units, then what else may be stated."""
    names = [n for n in laser.panel if n in PanelSettings.model_fields]
    names += [n for n in PanelSettings.model_fields if n not in names]
    return [_knob(laser, name, name in laser.panel) for name in names]


def _knob(laser: Device, name: str, on_panel: bool) -> dict[str, Any]:
    entry = _entry(name, PanelSettings.model_fields[name])
    assert entry is not None  # the settings hold no tables
    offered = getattr(laser, name, None)
    out = {
        **entry.as_dict(),
        "label": label(name) if name in METRICS else entry.title,
        "unit": unit(name),
        "on_panel": on_panel,
        "offered": None,
    }
    if isinstance(offered, Offered):
        first = offered.default if offered.default is not None else offered.low
        out["offered"] = {
            "low": offered.low,
            "high": offered.high,
            "step": offered.step,
            "values": list(offered.values),
            "default": first,
            "flag": offered.flag,
            "said": offered.said(name),
        }
    return out


def device_card(laser: Device) -> dict[str, Any]:
    """What the page says of a device: its knobs, what is assumed, whether it was commissioned."""
    return {
        "id": laser.id,
        "name": laser.name,
        "commissioned": laser.built_from == "commissioning measurements",
        "built_from": laser.built_from,
        "assumed": [label(name) for name in laser.assumed()],
        "reviewed_by": laser.reviewed_by,
        "spacing_basis": laser.spacing_basis,
        "scan_max_mm": laser.scan_max_mm.high,
        "knobs": panel(laser),
    }


def derived(data: Mapping[str, Any]) -> dict[str, Any]:
    """The converted numbers of panel settings as they are typed, and what is wrong with them by field.

    ``data`` has ``device`` and ``settings``. Nothing is simulated: this is arithmetic on the device's profile.
    """
    laser = device(str(data["device"]))
    typed = {name: value for name, value in dict(data["settings"]).items() if value is not None}
    try:
        raw = PanelSettings.model_validate(typed)
        numbers = Settings.of(raw, laser).derived()
    except ValidationError as error:
        return {"numbers": [], "errors": by_field(error)}
    except BadInput as error:
        return {"numbers": [], "errors": {_field_of(error): f"{error.given}; allowed: {error.allowed}. {error.todo}"}}
    rows = [{"name": n, "label": label(n), "text": show(n, v), "unit": unit(n), "value": v} for n, v in numbers.items()]
    return {"numbers": rows, "errors": {}}


def _field_of(error: BadInput) -> str:
    """The field an error belongs to: the last part of its name, or none."""
    name = error.what.removeprefix("settings").lstrip(".").split(" ")[0]
    return name if name in PanelSettings.model_fields else ""


# --- errors by field ----------------------------------------------------------------------------------------
def by_field(error: ValidationError) -> dict[str, str]:
    """One sentence per field, by its path; "" for what belongs to the whole."""
    out: dict[str, str] = {}
    for one in error.errors(include_url=False):
        path = ".".join(str(part) for part in one["loc"])
        unit_ = unit_of(path.rsplit(".", 1)[-1]) or ""
        said = one["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
        if one["type"] == "missing":
            said = "is needed"
        out.setdefault(path, f"{said} {pretty(unit_)}".strip() if said[-1:].isdigit() else said)
    return out


def complaints(data: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with a case, by field: the schema first, then what the library knows. Empty if nothing is."""
    try:
        case = Case.model_validate(dict(data))
    except ValidationError as error:
        return by_field(error)
    from colonnade.planning.resolve import resolve

    try:
        resolve(case)
    except BadInput as error:
        return {error.what: f"given {error.given}; allowed: {error.allowed}. {error.todo}"}
    return {}
