"""``colonnade serve``: what it prints, what it refuses, how it ends."""

import os
import re
import signal
import socket
import subprocess
import sys
import time

import httpx2
import pytest

from tests.workstation.conftest import PASSWORD, RunningServer, fill_accounts


def serve(*words, **more):
    """Run ``colonnade serve`` to its end; for what it refuses."""
    argv = ["colonnade", "serve", "--no-browser", *words]
    code = f"import sys; sys.argv = {argv!r}; from colonnade.cli.main import run; run()"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, **more)


def test_the_installed_command_serves_and_stops(new_server):
    """The other servers of these tests are forked from a process that has imported everything; this one is not."""
    own = new_server("own", installed=True)
    assert httpx2.get(f"{own.address}/readyz").json()["database"] is True
    assert own.stop() == 0
    assert own.text.rstrip().endswith("Stopped.")


def test_it_prints_address_folder_and_the_link_to_the_first_account(empty_server):
    text = empty_server.text
    assert re.search(r"workstation on http://127\.0\.0\.1:\d+$", text, re.MULTILINE)
    assert f"Data folder: {empty_server.data}" in text
    assert re.search(r"http://127\.0\.0\.1:\d+/first-account\?token=[\w-]{32}$", text, re.MULTILINE)
    assert httpx2.get(f"{empty_server.address}/healthz").json() == {"status": "ok"}
    assert httpx2.get(f"{empty_server.address}/readyz").json() == {"status": "ready", "database": True, "jobs": True}
    assert "DEMONSTRATION" not in os.listdir(empty_server.data)


def test_each_start_prints_another_token_and_none_once_there_is_an_account(new_server):
    first = new_server("one")
    link = first.setup_link
    assert first.stop() == 0
    second = new_server("one")
    assert second.setup_link.partition("token=")[2] != link.partition("token=")[2]
    assert "first-account" not in new_server("two", accounts=True).text


def test_the_folder_is_for_its_owner_only(empty_server):
    for root, folders, files in os.walk(empty_server.data):
        for name in (*folders, *files):
            assert os.stat(os.path.join(root, name)).st_mode & 0o077 == 0, name
    assert os.stat(empty_server.data).st_mode & 0o077 == 0


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])  # noqa: S104 - refused
def test_a_wider_bind_without_encryption_is_refused(tmp_path, host):
    done = serve("--data", str(tmp_path / "data"), "--host", host)
    assert done.returncode == 2
    assert "--host" in done.stderr
    assert "--tls-certificate" in done.stderr
    assert "Traceback" not in done.stderr


def test_half_a_tls_pair_and_a_missing_file_are_refused(tmp_path):
    (tmp_path / "cert.pem").write_text("x")
    half = serve("--data", str(tmp_path / "data"), "--tls-certificate", str(tmp_path / "cert.pem"))
    gone = serve("--data", str(tmp_path / "data"), "--tls-certificate", "no.pem", "--tls-key", "no.key")
    assert (half.returncode, gone.returncode) == (2, 2)
    assert "Name both files" in half.stderr
    assert "a PEM file that exists" in gone.stderr


def test_a_taken_port_gives_the_next_free_one_and_says_so(tmp_path):
    fill_accounts(tmp_path / "data")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        running = RunningServer(tmp_path / "data", "--port", str(port))
        try:
            assert f"Port {port} is taken; using " in running.text
            assert not running.address.endswith(f":{port}")
        finally:
            assert running.stop() == 0


def test_two_servers_on_one_folder_are_refused(server):
    done = serve("--data", str(server.data), "--port", "0")
    assert done.returncode == 2
    assert "another server holds" in done.stderr
    assert httpx2.get(f"{server.address}/healthz").status_code == 200


def test_a_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "data").write_text("not a folder")
    done = serve("--data", str(tmp_path / "data"))
    assert done.returncode == 2
    assert "data folder" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_read_only_data_folder_is_refused_in_one_message(tmp_path):
    """As another user where this process is root, whom permissions do not hold."""
    data = tmp_path / "data"
    fill_accounts(data)
    for path in (data, *data.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    root = os.getuid() == 0
    if root:
        # the child must reach the folder to be refused by it
        for path in (tmp_path, *tmp_path.parents):
            if path.stat().st_uid == 0 and "pytest" in str(path):
                path.chmod(path.stat().st_mode | 0o055)
    before = {path: path.stat().st_mtime_ns for path in data.rglob("*")}
    words = ["colonnade", "serve", "--no-browser", "--port", "0", "--data", str(data)]
    # what serving needs is imported first: another user may not be able to read the installation
    code = f"""
import os, sys
import colonnade.workstation.serving
from colonnade.cli.main import run
if {root}:
    os.setgid(65_534)
    os.setuid(65_534)
sys.argv = {words!r}
run()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert "workstation on" not in done.stdout + done.stderr
    message = [line for line in done.stderr.splitlines() if "read-only" in line]
    assert len(message) == 1, done.stderr
    assert "data folder" in message[0]
    assert str(data) in done.stderr
    assert {path: path.stat().st_mtime_ns for path in data.rglob("*")} == before


def test_settings_that_cannot_be_read_are_refused(tmp_path):
    (tmp_path / "data").mkdir()
    for content, said in (
        ("{", "unreadable JSON"),
        ('{"clinik_name": "x"}', "Did you mean"),
        ('{"two_person": 1}', "two_person"),
    ):
        (tmp_path / "data" / "configuration.json").write_text(content)
        done = serve("--data", str(tmp_path / "data"), "--port", "0")
        assert done.returncode == 2
        assert said in done.stderr


def test_a_demonstration_never_mixes_with_a_clinic(tmp_path):
    fill_accounts(tmp_path / "data")
    done = serve("--data", str(tmp_path / "data"), "--demonstration")
    assert done.returncode == 2
    assert "not empty" in done.stderr
    other = serve("--data", str(tmp_path / "new"), "--demonstration", "--database", "postgresql://localhost/x")
    assert other.returncode == 2
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_when_asked_even_while_somebody_listens(new_server, client, how):
    own = new_server("own", accounts=True)
    one = client("physician", at=own)
    own.process.send_signal(how)
    begun = time.monotonic()
    assert own.process.wait(timeout=30) == 0
    assert time.monotonic() - begun < 20
    assert own.text.rstrip().endswith("Stopped.")
    with pytest.raises(httpx2.TransportError):
        one.get("/healthz")


@pytest.mark.soak  # test_kills.py kills a server during saves in every run
def test_what_was_acknowledged_survives_a_kill(new_server, client):
    own = new_server("own", accounts=True)
    one = client("administrator", at=own)
    new = {"login": "late", "display_name": "Late", "role": "viewer", "own_password": PASSWORD}
    made = one.send_form("/accounts", new, seen_on="/accounts")
    first = re.search(r'id="first-password">([^<]+)<', made.text)[1]
    own.kill()
    again = new_server("own")
    assert client(at=again).sign_in("late", first).status_code == 303
