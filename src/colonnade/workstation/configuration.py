"""What a running workstation is told: where its data are, where it listens, how the clinic works.

A value given on the command line wins over ``configuration.json`` in the data folder, which wins over the default.
"""

from __future__ import annotations

import ipaddress
import json
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from colonnade.errors import BadInput
from colonnade.schema import Model, read

FILE = "configuration.json"
THIS_MACHINE = ("127.0.0.1", "::1")
#: Marks a data folder that a demonstration filled; only there do accounts with published passwords exist.
DEMONSTRATION_MARK = "DEMONSTRATION"


class ClinicSettings(Model):
    """What the clinic decides. An administrator changes it on the settings page."""

    clinic_name: str = Field(default="", max_length=120, title="Name of the clinic", description="On pages and prints.")
    clinic_phone: str = Field(
        default="", max_length=40, title="Telephone", description="The number patients call; printed on leaflets."
    )
    two_person: bool = Field(
        default=False, title="Two-person rule", description="The physician who approves a plan is not who made it."
    )
    public_address: str = Field(
        default="",
        max_length=200,
        title="Public address",
        description="https address of the patients' check-in page. Empty: staff enter the answers by phone.",
    )

    @field_validator("public_address")
    @classmethod
    def _https(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme != "https" or not parts.hostname or parts.path not in ("", "/") or parts.query):
            raise ValueError("an address such as https://care.example.org, without a path")
        return value.rstrip("/")


class Settings(Model):
    """One running workstation. Frozen; the clinic's own settings are read anew where they are shown."""

    data: Path
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65_535)
    database_url: str | None = None
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    behind_proxy: bool = False
    proxies: tuple[str, ...] = ()
    host_names: tuple[str, ...] = ()
    workers: int | None = Field(default=None, ge=1, le=64)
    demonstration: bool = False
    clinic: ClinicSettings = ClinicSettings()

    @property
    def secure(self) -> bool:
        """Whether browsers reach it by https, so that cookies may say Secure."""
        return self.tls_certificate is not None or self.behind_proxy

    @property
    def allowed_hosts(self) -> frozenset[str]:
        """Host names that a request may carry; any other is refused, which defeats DNS rebinding."""
        names = {"127.0.0.1", "localhost", "::1", *self.host_names}
        if self.host not in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
            names.add(self.host)
        public = urlsplit(self.clinic.public_address).hostname
        return frozenset(name.lower() for name in names | ({public} if public else set()))

    def own_origins(self, host: str) -> frozenset[str]:
        """What a browser calls the origin of our own pages: the address it asked, and the public one."""
        asked = f"{'https' if self.secure else 'http'}://{host.lower()}"
        public = self.clinic.public_address.lower()
        return frozenset({asked, public} if public else {asked})

    @property
    def believed(self) -> tuple[str, ...]:
        """Whose word on where a request came from is taken: nobody's, or the proxy's."""
        return (self.proxies or THIS_MACHINE) if self.behind_proxy else ()

    @property
    def outside(self) -> str:
        """The address that browsers use behind a proxy; empty without one."""
        if not self.behind_proxy:
            return ""
        return f"https://{self.host_names[0]}" if self.host_names else self.clinic.public_address

    @property
    def cookie(self) -> str:
        """The name of the session cookie. Cookies do not tell ports apart, so without https the name does."""
        return "__Host-colonnade" if self.secure else f"colonnade-{self.port}"


def load_clinic(data: Path) -> ClinicSettings:
    """The clinic's settings in ``data``, or the defaults. Raises BadInput if the file is not right."""
    path = data / FILE
    if not path.exists():
        return ClinicSettings()
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise BadInput(
            str(path), given=f"unreadable JSON ({error})", allowed="the clinic's settings", todo="Correct or delete it."
        ) from None
    return read(ClinicSettings, content, origin=FILE)


def save_clinic(data: Path, clinic: ClinicSettings) -> None:
    """Write the clinic's settings whole or not at all. Raises StorageTrouble."""
    from colonnade.records.folder import clear_errors, write_all, written_whole

    with clear_errors("saving the settings"), written_whole(data / FILE) as handle:
        write_all(handle, (clinic.model_dump_json(indent=1) + "\n").encode())


def stamp(data: Path) -> tuple[int, int, int]:
    """Changes whenever the file of the clinic's settings is written anew, by this server or another one."""
    try:
        found = (data / FILE).stat()
    except FileNotFoundError:
        return (0, 0, 0)
    return (found.st_mtime_ns, found.st_size, found.st_ino)


def settings_for(data: Path, given: Mapping[str, Any]) -> Settings:
    """Settings from the command line and the data folder, refused where they would be unsafe.

    Raises
    ------
    BadInput
        For a bind beyond this machine without TLS or a proxy, or half of a TLS pair.
    """
    settings = read(
        Settings,
        {
            **given,
            "data": data,
            "clinic": load_clinic(data),
            "demonstration": (data / DEMONSTRATION_MARK).exists(),
        },
        origin="serve",
    )
    if (settings.tls_certificate is None) != (settings.tls_key is None):
        raise BadInput(
            "--tls-certificate, --tls-key", given="one of them", allowed="both or neither", todo="Name both files."
        )
    for option, path in (("--tls-certificate", settings.tls_certificate), ("--tls-key", settings.tls_key)):
        if path is not None and not path.is_file():
            raise BadInput(option, given=f'"{path}"', allowed="a PEM file that exists", todo="Correct the path.")
    if settings.tls_certificate is not None and settings.tls_key is not None:
        _check_pair(settings.tls_certificate, settings.tls_key)
    _check_proxy(settings)
    _refuse_open_bind(settings)
    return settings


def _check_pair(certificate: Path, key: Path) -> None:
    try:
        # a key that is locked would be asked for on the terminal, where nobody may sit
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password=lambda: b"")
    except (ssl.SSLError, OSError, ValueError) as error:
        raise BadInput(
            "--tls-certificate, --tls-key",
            given=f"files that cannot be used ({getattr(error, 'reason', None) or error})",
            allowed="a certificate and the key that belongs to it, both in PEM, the key without a passphrase",
            todo="Correct the files.",
        ) from None


def _check_proxy(settings: Settings) -> None:
    if settings.proxies and not settings.behind_proxy:
        raise BadInput("--proxy", given="no --behind-proxy", allowed="both or neither", todo="Add --behind-proxy.")
    for address in settings.proxies:
        try:
            everybody = ipaddress.ip_network(address).prefixlen == 0
        except ValueError:
            everybody = True
        if everybody:
            raise BadInput(
                "--proxy",
                given=f'"{address[:60]}"',
                allowed="the address of one proxy, or of a network of proxies, such as 10.0.0.5 or 10.0.0.0/29",
                todo="Whoever it names may say where a request came from: name as few as there are.",
            )
    if settings.behind_proxy and not settings.outside:
        raise BadInput(
            "--behind-proxy",
            given="no name that browsers use",
            allowed="--host-name NAME, or a public address in the settings of the clinic",
            todo="Add --host-name; every other host name is refused.",
        )


def is_loopback(host: str) -> bool:
    """Whether ``host`` is reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _refuse_open_bind(settings: Settings) -> None:
    if is_loopback(settings.host) or settings.tls_certificate is not None or settings.proxies:
        return
    raise BadInput(
        "--host",
        given=f"{settings.host}, which other machines reach, without encryption",
        allowed="127.0.0.1, localhost or ::1; another address only with --tls-certificate and --tls-key, "
        "or with --behind-proxy and --proxy naming the machine whose proxy ends TLS",
        todo="Passwords and patients' records would cross the network in the clear. Add TLS, or leave --host out.",
    )
