"""Encryption in transit: a server with a certificate of its own, and one behind a proxy that ends TLS.

Real processes; the certificate is made here and nothing trusts it but these tests. The proxy is a client that says what
a proxy says: what matters is whom the server believes.
"""

import datetime as dt
import ipaddress
import os
import re
import socket
import ssl

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from colonnade.records.base import now, open_database
from colonnade.records.credentials import token_hash
from colonnade.records.people import SignedIn
from colonnade.records.signing_in import PER_ADDRESS, LoginAttempt, counted_as
from colonnade.workstation.configuration import ClinicSettings, save_clinic
from tests.workstation.conftest import PASSWORD, Client, RunningServer, fill_accounts, form_token
from tests.workstation.test_serve import serve

PUBLIC = "https://care.example.org"


def make_pair(folder, *, secret=None):
    """A certificate for this machine and its key; with ``secret`` the key is locked."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "colonnade test")])
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now() - dt.timedelta(days=1))
        .not_valid_after(now() + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    lock = serialization.BestAvailableEncryption(secret) if secret else serialization.NoEncryption()
    folder.mkdir(exist_ok=True)
    cert, private = folder / "cert.pem", folder / "key.pem"
    cert.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock)
    )  # fmt: skip
    return cert, private


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    return make_pair(tmp_path_factory.mktemp("pair"))


@pytest.fixture(scope="module")
def trusting(pair):
    """A client's side of TLS that trusts this one certificate and no other."""
    return ssl.create_default_context(cafile=pair[0])


@pytest.fixture(scope="module")
def https(tmp_path_factory, pair, trusting):
    """A server that other machines could reach, with its own certificate."""
    data = tmp_path_factory.mktemp("https") / "data"
    fill_accounts(data)
    words = ("--host", "0.0.0.0", "--tls-certificate", str(pair[0]), "--tls-key", str(pair[1]))  # noqa: S104
    running = RunningServer(data, *words, verify=trusting)
    yield running
    assert running.stop() == 0, running.text


# --- TLS of its own -------------------------------------------------------------------------------------------------
def test_it_serves_https_and_nothing_else(https, trusting):
    assert https.address.startswith("https://127.0.0.1:")
    assert httpx2.get(f"{https.address}/healthz", verify=trusting).json() == {"status": "ok"}
    with pytest.raises(httpx2.TransportError):
        httpx2.get(f"{https.address}/healthz")  # nobody else trusts that certificate
    with pytest.raises(httpx2.TransportError):
        httpx2.get(https.address.replace("https:", "http:") + "/healthz")


def test_cookies_are_bound_to_the_host_and_to_https(https, trusting):
    one = Client(https.address, verify=trusting)
    answers = [one.get("/log-in"), one.sign_in("viewer"), one.send_form("/log-out", seen_on="/account")]
    assert [a.status_code for a in answers] == [200, 303, 303]
    for answer in answers:
        parts = {part.strip() for part in answer.headers["set-cookie"].split(";")}
        name = answer.headers["set-cookie"].partition("=")[0]
        assert name == "__Host-colonnade"
        # what the prefix demands (RFC 6265bis 4.1.3.2), and what keeps it from scripts and other sites
        assert {"Secure", "Path=/", "HttpOnly", "SameSite=lax"} <= parts
        assert not any(part.lower().startswith("domain") for part in parts)
    one.sign_in("viewer")
    theme = one.send_form("/account/appearance", {"theme": "dark"}, seen_on="/account").headers["set-cookie"]
    assert "Secure" in theme
    one.close()


def test_browsers_are_told_to_stay_with_https(https, client, trusting):
    for path in ("/log-in", "/nothing", "/static/tokens.css", "/healthz"):
        answer = httpx2.get(f"{https.address}{path}", verify=trusting)
        found = re.fullmatch(r"max-age=(\d+)", answer.headers["strict-transport-security"])
        assert int(found[1]) >= 365 * 24 * 3600
    # never without TLS: a browser would then lock itself out of other programs on localhost
    assert "strict-transport-security" not in client().get("/log-in").headers


def test_an_origin_without_https_is_not_ours(https, trusting):
    one = Client(https.address, verify=trusting)
    one.sign_in("viewer")
    token = {"X-Form-Token": form_token(one.get("/account").text)}
    plain = https.address.replace("https:", "http:")
    assert one.post("/account/stay", headers={**token, "Origin": plain}).status_code == 403
    assert one.post("/account/stay", headers=token).status_code == 204
    one.close()


def test_old_protocols_and_weak_ciphers_are_refused(https, pair):
    port = int(https.address.rpartition(":")[2])

    def shake(**given):
        context = ssl.create_default_context(cafile=pair[0])
        # what this client's library itself would refuse must not pass for the server's refusal
        context.set_ciphers("ALL:@SECLEVEL=0")
        for name, value in given.items():
            setattr(context, name, value)
        with (
            socket.create_connection(("127.0.0.1", port)) as raw,
            context.wrap_socket(raw, server_hostname="localhost") as sock,
        ):
            return sock.version(), sock.cipher()[0]

    assert shake()[0] == "TLSv1.3"
    version, cipher = shake(maximum_version=ssl.TLSVersion.TLSv1_2)
    assert version == "TLSv1.2"
    assert cipher.startswith("ECDHE-")
    assert "GCM" in cipher or "CHACHA20" in cipher
    with pytest.warns(DeprecationWarning, match="TLSv1_1"), pytest.raises((ssl.SSLError, ConnectionError)):
        shake(minimum_version=ssl.TLSVersion.TLSv1_1, maximum_version=ssl.TLSVersion.TLSv1_1)
    weak = ssl.create_default_context(cafile=pair[0])
    weak.maximum_version = ssl.TLSVersion.TLSv1_2
    weak.set_ciphers("ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0")
    with socket.create_connection(("127.0.0.1", port)) as raw, pytest.raises((ssl.SSLError, ConnectionError)):
        weak.wrap_socket(raw, server_hostname="localhost")


@pytest.mark.parametrize("what", ["garbage", "another key", "locked key"])
def test_a_pair_that_cannot_be_used_is_refused_before_anything_is_opened(tmp_path, what):
    cert, key = make_pair(tmp_path / "one", secret=b"x" * 12 if what == "locked key" else None)
    if what == "garbage":
        cert.write_text("-----BEGIN CERTIFICATE-----\nx\n")
    elif what == "another key":
        key = make_pair(tmp_path / "two")[1]
    done = serve("--data", str(tmp_path / "data"), "--tls-certificate", str(cert), "--tls-key", str(key))
    assert done.returncode == 2
    assert "files that cannot be used" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "data").exists()


# --- behind a proxy -------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def proxied(tmp_path_factory):
    """A server whose proxy is this machine; everything comes from 127.0.0.1."""
    data = tmp_path_factory.mktemp("proxied") / "data"
    fill_accounts(data)
    save_clinic(data, ClinicSettings(public_address=PUBLIC))
    running = RunningServer(data, "--behind-proxy", "--host-name", "clinic.example.org")
    yield running
    assert running.stop() == 0, running.text


@pytest.fixture
def far_proxied(tmp_path):
    """One whose proxy is elsewhere: this machine is a stranger like any other."""
    data = tmp_path / "data"
    fill_accounts(data)
    running = RunningServer(data, "--behind-proxy", "--host-name", "clinic.example.org", "--proxy", "192.0.2.7")
    yield running
    assert running.stop() == 0, running.text


class Proxied(Client):
    """What arrives at the server for a browser at ``address``; cookies go over http to the proxy's peer."""

    def __init__(self, server, address, *, host="clinic.example.org", origin="https://clinic.example.org", **more):
        said = {"X-Forwarded-For": address, "X-Forwarded-Proto": "https", "Host": host, "Origin": origin, **more}
        super().__init__(server.address, **said)
        self.kept = {}

    def request(self, method, url, **more):
        # this client rightly sends no Secure cookie over http; the proxy's side of the wire does
        headers = dict(more.pop("headers", None) or {})
        if self.kept:
            headers["Cookie"] = "; ".join(f"{k}={v}" for k, v in self.kept.items())
        answer = super().request(method, url, headers=headers, **more)
        for line in answer.headers.get_list("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            self.kept[name] = value
        return answer


@pytest.fixture
def behind():
    """``behind(server, address)``: a browser at that address, as the server sees it through the proxy."""
    opened = []

    def connect(server, address, **more):
        opened.append(Proxied(server, address, **more))
        return opened[-1]

    yield connect
    for one in opened:
        one.close()


def addresses(server):
    database = open_database(server.database)
    with database.session(write=False) as db:
        found = {row.address for row in db.query(SignedIn)}
    database.close()
    return found


def test_behind_a_proxy_cookies_and_headers_are_those_of_https(proxied, behind):
    one = behind(proxied, "203.0.113.9")
    answer = one.sign_in("viewer")
    assert answer.status_code == 303
    assert answer.headers["set-cookie"].startswith("__Host-colonnade=")
    assert "Secure" in answer.headers["set-cookie"]
    assert "strict-transport-security" in answer.headers
    assert one.get("/account").status_code == 200
    assert "203.0.113.9" in addresses(proxied)
    assert re.search(r"Behind a proxy; browsers reach it on https://clinic\.example\.org$", proxied.text, re.MULTILINE)


@pytest.mark.parametrize("forwarded", ["", "http", "https, http", "wss"])
def test_what_did_not_come_over_https_is_refused(proxied, forwarded):
    headers = {"Host": "clinic.example.org", **({"X-Forwarded-Proto": forwarded} if forwarded else {})}
    for path in ("/log-in", "/", "/api/v1/patients", "/static/tokens.css"):
        answer = httpx2.get(f"{proxied.address}{path}", headers=headers)
        assert answer.status_code == 403
        assert "through its proxy" in answer.text
    assert httpx2.get(f"{proxied.address}/healthz", headers=headers).status_code == 200


def test_only_the_proxy_is_believed(far_proxied, behind):
    """From an address that is not the proxy's, the same headers mean nothing."""
    one = behind(far_proxied, "203.0.113.9")
    assert one.get("/log-in").status_code == 403
    assert one.post("/log-in", data={"login": "viewer", "password": PASSWORD}).status_code == 403
    assert addresses(far_proxied) == set()


def test_without_a_proxy_nobody_is_believed(server, client):
    one = client(at=server)
    one.headers |= {"X-Forwarded-For": "203.0.113.77", "X-Forwarded-Proto": "https", "Forwarded": "for=203.0.113.77"}
    answer = one.sign_in("auditor")
    assert answer.status_code == 303
    assert "Secure" not in answer.headers["set-cookie"]
    assert "203.0.113.77" not in addresses(server)


def failures(server, address, count):
    """So many failed attempts from this address, each for another name: what a guess costs is not tested here."""
    database = open_database(server.database)
    with database.session() as db:
        for n in range(count):
            at = now() - dt.timedelta(minutes=1)
            name = token_hash(f"name{n}")
            db.add(LoginAttempt(at=at, login_hash=name, address=counted_as(address), succeeded=False))
    database.close()


@pytest.mark.parametrize(
    ("seen", "first", "second", "neighbour"),
    [
        ("203.0.113.50", "198.51.100.1, 203.0.113.50", "198.51.100.2, 127.0.0.1, 203.0.113.50", "203.0.113.51"),
        # who has one address of an IPv6 network has all of them
        ("2001:db8:1:2::50", "198.51.100.1, 2001:db8:1:2::51", "2001:db8:1:2:ffff::1", "2001:db8:1:3::50"),
    ],
    ids=["IPv4", "IPv6"],
)
def test_a_client_cannot_choose_the_address_it_is_counted_by(proxied, behind, seen, first, second, neighbour):
    """The proxy appends the address it sees; what the client wrote before it is nobody's word."""
    failures(proxied, seen, PER_ADDRESS - 1)
    assert behind(proxied, first).sign_in("somebody", "guess of a password").status_code == 401
    assert behind(proxied, second).sign_in("somebody-else", "guess of a password").status_code == 429
    # another client of the same proxy is not throttled with it
    assert behind(proxied, neighbour).sign_in("operator").status_code == 303


def test_a_change_must_come_from_the_address_that_browsers_use(proxied, behind):
    """With the name that the proxy passes on, or with the public address where it passes its own."""
    one = behind(proxied, "203.0.113.9")
    one.sign_in("viewer")
    token = {"X-Form-Token": form_token(one.get("/account").text)}

    def change(origin, host="clinic.example.org"):
        return one.post("/account/stay", headers={**token, "Origin": origin, "Host": host}).status_code

    assert change("https://clinic.example.org") == 204
    assert change(PUBLIC) == 204
    assert change(PUBLIC, "127.0.0.1") == 204
    assert change(PUBLIC, "care.example.org") == 204
    for wrong in (
        "http://clinic.example.org", "https://clinic.example.org:444", "https://clinic.example.org.evil.example",
        "https://evil.example", "https://127.0.0.1", "null", "https://care.example.org@evil.example",
    ):  # fmt: skip
        assert change(wrong) == 403, wrong
    assert change("https://evil.example", "evil.example") == 400


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--behind-proxy"], "--host-name"),
        (["--proxy", "10.0.0.5"], "--behind-proxy"),
        (["--behind-proxy", "--host-name", "x.example", "--proxy", "0.0.0.0/0"], "as few as there are"),
        (["--behind-proxy", "--host-name", "x.example", "--proxy", "*"], "as few as there are"),
        (["--behind-proxy", "--host-name", "x.example", "--host", "192.0.2.1"], "--proxy naming the machine"),
        (["--host", "192.0.2.1"], "Passwords and patients' records would cross the network in the clear"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_would_be_open_is_refused(tmp_path, words, said):
    done = serve("--data", str(tmp_path / "data"), *words)
    assert done.returncode == 2
    assert said in " ".join(done.stderr.split())
    assert not (tmp_path / "data").exists()


def test_an_environment_variable_makes_nobody_believed(tmp_path, monkeypatch):
    monkeypatch.setitem(os.environ, "FORWARDED_ALLOW_IPS", "*")
    data = tmp_path / "data"
    fill_accounts(data)
    running = RunningServer(data)
    try:
        with Client(running.address, **{"X-Forwarded-For": "203.0.113.5", "X-Forwarded-Proto": "https"}) as one:
            assert one.sign_in("viewer").status_code == 303
        assert addresses(running) == {"127.0.0.1"}
    finally:
        assert running.stop() == 0
