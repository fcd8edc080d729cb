"""``colonnade serve``: the workstation, in the browser."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Annotated, Any

import typer

from colonnade.cli.output import Debug, note
from colonnade.errors import BadInput

EXAMPLE = "colonnade serve --data clinic/"
NEEDED = (
    "fastapi",
    "uvicorn",
    "sqlalchemy",
    "alembic",
    "argon2",
    "pyotp",
    "multipart",
    "jinja2",
    "segno",
    "skimage",
    "zxcvbn",
)


def command(
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port; if it is taken, the next free one.")] = 8000,
    data: Annotated[
        Path | None, typer.Option("--data", metavar="DIR", help="Data folder; made where it is missing.")
    ] = None,
    demonstration: Annotated[
        bool, typer.Option("--demonstration", help="Fill an empty data folder with a synthetic clinic, marked as such.")
    ] = False,
    host: Annotated[str, typer.Option(help="Address to listen on; beyond this machine only with TLS.")] = "127.0.0.1",
    host_name: Annotated[
        list[str] | None, typer.Option("--host-name", metavar="NAME", help="A name browsers use for this server.")
    ] = None,
    database: Annotated[
        str,
        typer.Option(envvar="COLONNADE_DATABASE", help="postgresql:// address; left out: SQLite in the data folder."),
    ] = "",
    tls_certificate: Annotated[
        Path | None, typer.Option("--tls-certificate", metavar="PEM", help="Certificate for https.")
    ] = None,
    tls_key: Annotated[Path | None, typer.Option("--tls-key", metavar="PEM", help="Its key.")] = None,
    behind_proxy: Annotated[
        bool, typer.Option("--behind-proxy", help="A proxy ends TLS; it must send X-Forwarded-For and -Proto.")
    ] = False,
    proxy: Annotated[
        list[str] | None, typer.Option(metavar="ADDRESS", help="The proxy's address; left out: on this machine.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=64, help="Computations at the same time; left out: cores less one.")
    ] = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open a browser.")] = False,
    debug: Debug = False,
) -> None:
    """Serve the workstation until Ctrl-C. Prints the address and, on a new folder, the link to the first account."""
    _workstation_extra()
    folder = (data or _default_folder()).expanduser().absolute()
    given: dict[str, Any] = {
        "host": host,
        "port": port,
        "host_names": tuple(host_name or ()),
        "database_url": database or None,
        "tls_certificate": tls_certificate,
        "tls_key": tls_key,
        "behind_proxy": behind_proxy,
        "proxies": tuple(proxy or ()),
        "workers": workers,
    }
    if demonstration and database:
        raise BadInput(
            "--demonstration",
            given="a PostgreSQL database",
            allowed="a data folder with its own SQLite database",
            todo="Leave --database (and COLONNADE_DATABASE) out.",
        )
    if demonstration:
        from colonnade.workstation.demonstration import prepare

        prepare(folder, note=note)
    # before the web server is imported: a wrong option is refused at once
    from colonnade.workstation.configuration import settings_for

    settings = settings_for(folder, given)
    from colonnade.workstation.serving import serve

    serve(settings, note=note, ready=_nothing if no_browser else _open_browser)


def _default_folder() -> Path:
    import platformdirs

    return Path(platformdirs.user_data_dir("colonnade", appauthor=False))


def _open_browser(address: str) -> None:
    import threading
    import webbrowser

    # a moment later, when the server answers; a machine without a browser is no error
    threading.Timer(1.0, webbrowser.open, args=(address,)).start()


def _nothing(_address: str) -> None:
    pass


def _workstation_extra() -> None:
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise BadInput(
            "serve",
            given=f"an installation without {', '.join(missing)}",
            allowed="Colonnade with its workstation extra",
            todo="Install it: pip install 'colonnade[workstation]'.",
        )
