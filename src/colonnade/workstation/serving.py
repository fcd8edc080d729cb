"""Running the workstation: data folder, lock, database, port, server; and everything in reverse order at the end."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import uvicorn
from fastapi import FastAPI

from colonnade.errors import BadInput
from colonnade.records import people
from colonnade.records.base import Database, open_database
from colonnade.records.blobs import BlobStore
from colonnade.records.folder import DataFolder, open_folder, serving
from colonnade.records.leaving import settle
from colonnade.records.servers import claim_folder
from colonnade.workstation import security
from colonnade.workstation.app import create_app
from colonnade.workstation.configuration import Settings

#: How long open answers may take to end when the server is asked to stop [s].
GRACE_S = 5
#: For TLS 1.2, the oldest version that is spoken: forward secrecy and authenticated encryption. TLS 1.3 has no others.
CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
#: Ports tried after the wanted one before the system chooses.
NEXT_PORTS = 20


@contextmanager
def opened(settings: Settings) -> Iterator[FastAPI]:
    """The application over its folder, lock and database, all closed again at the end. Raises BadInput."""
    folder = open_folder(settings.data)
    with _database(settings, folder) as database, serving(folder, shared=database.dialect == "postgresql"):
        database.upgrade()
        claim_folder(database, folder)
        settle(database, BlobStore(folder.blobs), folder.erased, results=BlobStore(folder.runs))
        yield create_app(settings, database, folder)


@contextmanager
def _database(settings: Settings, folder: DataFolder) -> Iterator[Database]:
    database = open_database(settings.database_url or folder.database)
    try:
        yield database
    finally:
        database.close()


def listen(host: str, port: int, note: Callable[[str], None]) -> socket.socket:
    """A bound socket on ``port``, or on the next free one, which is said. Raises BadInput for a foreign address."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for tried in (port, *range(port + 1, min(port + NEXT_PORTS, 65_536)), 0):
        found = socket.socket(family, socket.SOCK_STREAM)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind((host, tried))
        except OSError as error:
            found.close()
            if isinstance(error, socket.gaierror) or error.errno == 99:  # EADDRNOTAVAIL
                raise BadInput(
                    "--host", given=host, allowed="an address of this machine", todo="Leave --host out."
                ) from None
            continue
        if tried != port:
            note(f"Port {port} is taken; using {found.getsockname()[1]}.")
        return found
    raise BadInput("--port", given=str(port), allowed="a free port", todo="Name another port, or 0.")


class Server(uvicorn.Server):
    """Uvicorn that lets event streams end when it is asked to stop, so that it need not cut them off."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        app: Any = self.config.app
        app.state.runner.release_watchers()
        app.state.training.release_watchers()
        super().handle_exit(sig, frame)


def serve(settings: Settings, *, note: Callable[[str], None], ready: Callable[[str], None]) -> None:
    """Serve until asked to stop.

    Parameters
    ----------
    settings
        From :func:`colonnade.workstation.configuration.settings_for`. The data folder is made where it is missing.
    note
        Called with each line for the person who watches.
    ready
        Called with the address once it is known, before the first request is answered.

    Raises
    ------
    BadInput
        For what the data folder, the address or the database do not allow.
    """
    os.umask(0o077)  # whatever is written belongs to this user alone
    bound = listen(settings.host, settings.port, note)
    settings = settings.model_copy(update={"port": bound.getsockname()[1]})
    with bound, opened(settings) as app:
        handler = security.start_log(settings.data / "logs" / _log_name(app, settings))
        _quiet_uvicorn(handler)
        address = address_of(settings)
        first = setup_path(app)
        for line in greeting(settings, address, first):
            note(line)
        ready((settings.outside or address) + first)
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=settings.behind_proxy,
            # left out, an environment variable would decide
            forwarded_allow_ips=",".join(settings.believed),
            ssl_certfile=settings.tls_certificate,
            ssl_keyfile=settings.tls_key,
            ssl_ciphers=CIPHERS,
            timeout_graceful_shutdown=GRACE_S,
            h11_max_incomplete_event_size=64 * 1024,
        )
        # Ctrl-C is the usual way to stop: uvicorn raises it again once everything is closed
        with contextlib.suppress(KeyboardInterrupt):
            Server(config).run(sockets=[bound])
    note("Stopped.")


def _log_name(app: FastAPI, settings: Settings) -> str:
    # servers that share a folder would move each other's file away when it is full
    shared = app.state.database.dialect == "postgresql"
    return f"workstation-{settings.port}.jsonl" if shared else "workstation.jsonl"


def address_of(settings: Settings) -> str:
    """The address to type into a browser on this machine."""
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104 - compared, not bound
    scheme = "https" if settings.tls_certificate else "http"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{settings.port}"


def setup_path(app: FastAPI) -> str:
    """``/``, or on a folder without accounts the link that makes the first one."""
    with app.state.database.session(write=False) as db:
        if people.any_account(db):
            return "/"
    return f"/first-account?token={app.state.setup.issue()}"


def greeting(settings: Settings, address: str, first: str) -> list[str]:
    """What is printed when the server is ready."""
    lines = [f"Colonnade workstation on {address}", f"Data folder: {settings.data}"]
    if settings.outside:
        lines.append(f"Behind a proxy; browsers reach it on {settings.outside}")
    if settings.demonstration:
        lines.append("Demonstration clinic: everything in it is synthetic. The log-in page names its accounts.")
    if first != "/":
        lines += ["No account yet. Make the first one here:", f"  {settings.outside or address}{first}"]
    return [*lines, "Ctrl-C stops it."]


def _quiet_uvicorn(handler: logging.Handler) -> None:
    """Uvicorn's own lines go into our log, without its texts, which may quote a request."""
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers[:] = [handler]
        logger.propagate = False
