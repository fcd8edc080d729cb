"""The clinic's settings, by administrators, and how this server was started."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from colonnade.errors import BadInput
from colonnade.records import audit
from colonnade.schema import read
from colonnade.workstation.configuration import ClinicSettings, Settings, save_clinic
from colonnade.workstation.dependencies import Who, database_of, settings_of
from colonnade.workstation.permissions import require
from colonnade.workstation.rendering import page

router = APIRouter(include_in_schema=False)
#: What the list of the server says in words; the rest are addresses and numbers.
ENCRYPTION = ("here", "by the proxy", "none")
WORDS = ("Listens on", "Encryption (TLS)", "Database", "Data folder", "Computations at the same time", *ENCRYPTION)


def _page(request: Request, clinic: ClinicSettings, *, status: int = 200, **extra: Any) -> Response:
    given = {"errors": [], "saved": False, **extra}
    fields = ClinicSettings.model_fields
    return page(
        request,
        "settings.html",
        status=status,
        clinic=clinic,
        fields=fields,
        server=_server(request),
        server_words=ENCRYPTION,
        **given,
    )


def _server(request: Request) -> list[tuple[str, str]]:
    settings = settings_of(request)
    return [
        ("Listens on", f"{settings.host}:{settings.port}"),
        (
            "Encryption (TLS)",
            "here" if settings.tls_certificate else "by the proxy" if settings.behind_proxy else "none",
        ),
        ("Database", database_of(request).dialect),
        ("Data folder", str(settings.data)),
        ("Computations at the same time", str(request.app.state.runner.workers)),
    ]


@router.get("/settings", dependencies=[require("settings.manage")])
def settings_page(request: Request, saved: bool = False) -> Response:
    """What the clinic decides, and what the server was told."""
    return _page(request, settings_of(request).clinic, saved=saved)


@router.post("/settings", dependencies=[require("settings.manage")])
def save(
    request: Request,
    who: Who,
    clinic_name: Annotated[str, Form(max_length=400)] = "",
    clinic_phone: Annotated[str, Form(max_length=400)] = "",
    public_address: Annotated[str, Form(max_length=400)] = "",
    two_person: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Save them: in the file of the data folder, with an entry in the audit log."""
    given = {
        "clinic_name": clinic_name.strip(),
        "clinic_phone": clinic_phone.strip(),
        "public_address": public_address.strip(),
        "two_person": two_person == "yes",
    }
    settings: Settings = settings_of(request)
    try:
        clinic = read(ClinicSettings, given, origin="settings")
    except BadInput as error:
        return _page(request, settings.clinic, status=422, errors=[error.as_dict()])
    changed = [name for name in given if getattr(clinic, name) != getattr(settings.clinic, name)]
    with database_of(request).session() as db:
        for name in changed:
            audit.append(db, who.actor, "change", "setting", name)
        save_clinic(settings.data, clinic)
    request.app.state.settings = settings.model_copy(update={"clinic": clinic})
    return RedirectResponse("/settings?saved=true", status_code=303)
