"""The service on the loopback interface, and the suite that judges any machine which speaks its protocol."""

import asyncio
import contextlib
import json
import socket
import threading
import time

import pytest

from colonnade.delivery.conformance import CHECKS, conformance
from colonnade.delivery.desk import VERBS, Desk
from colonnade.delivery.laser import VirtualLaser
from colonnade.delivery.service import LOOPBACK, Client, Service
from colonnade.errors import BadInput
from delivery_jobs import DEVICE, SPEC, job_bytes

DATA = job_bytes(12)


@contextlib.contextmanager
def served(folder, *, speed=None, desk=Desk, machine=VirtualLaser, **more):
    """A service in a thread of its own; yields its port and its machine."""
    laser = machine(DEVICE, SPEC, **more)
    service = Service(desk(laser, folder / "serve.log", step_mode=speed is None, durable=False), speed=speed)
    ready, where = threading.Event(), []
    loop = asyncio.new_event_loop()

    async def run():
        where.append(asyncio.current_task())
        await service.run(0, started=lambda port: (where.append(port), ready.set()))

    def thread():
        with contextlib.suppress(asyncio.CancelledError):
            loop.run_until_complete(run())
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()

    worker = threading.Thread(target=thread)
    worker.start()
    assert ready.wait(10)
    try:
        yield where[1], laser
    finally:
        loop.call_soon_threadsafe(where[0].cancel)
        worker.join(10)
        assert not worker.is_alive()


def wait_for(holds, seconds=10.0):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.005)


# --- conformance ----------------------------------------------------------------------------------------------
def test_our_machine_conforms(tmp_path):
    with served(tmp_path) as (port, _):
        results = conformance(port, DATA)
    assert [r.name for r in results if not r.passed] == []
    assert len(results) == len(CHECKS)


class DeafToRelease(VirtualLaser):
    def press(self, down):
        if down:
            super().press(True)
        self.pedal = True if self.state == "firing" else down


class ForgetsTheStop(VirtualLaser):
    def acknowledge(self):
        self.fault = None
        self.emergency_stop = False
        super().acknowledge() if self.state != "fault" else self._go("acknowledge")


class DoorAlwaysShut(VirtualLaser):
    def interlock(self, closed):
        self.interlock_closed = True


class AnyTip(VirtualLaser):
    def attach_tip(self, name):
        self.note("tip", name=name)


class GoesOnByItself(VirtualLaser):
    """Takes the rest of an interrupted stamp as confirmed."""

    def arm(self):
        ledger = self.job.journal.ledger
        stamp = ledger.next_stamp()
        if stamp and ledger.stamps[stamp - 1] == "interrupted":
            if self.state == "paused":
                self.decide(stamp, go_on=True, who="nobody")
            else:
                self.job.journal.decide(stamp, self.t_us, go_on=True, who="nobody")
        super().arm()


class HeldPedalFiresOn(VirtualLaser):
    def stamp_over(self):
        super().stamp_over()
        if self.state == "ready" and self.pedal:
            self._start()


class NoNumbers(Desk):
    def handle(self, message):
        if isinstance(message, dict) and type(message.get("seq")) is int:
            self.expected = message["seq"]
        return super().handle(message)


class CutIsNothing(Desk):
    def disconnected(self):
        pass


class AnyFile(Desk):
    """Mends the seal of whatever it is given."""

    def _load(self, request):
        from colonnade.delivery.seal import sha256_hex

        text = request.text
        if "\nSHA256 " in text:
            body = text[: text.rfind("\nSHA256 ") + 1]
            request = request.model_copy(update={"text": f"{body}SHA256 {sha256_hex(body.encode())}\nEND\n"})
        return super()._load(request)


class Sloppy(Desk):
    def handle(self, message):
        if isinstance(message, dict):
            message.pop("harder", None)
        return super().handle(message)


MUTANTS = {
    "release": {"machine": DeafToRelease},
    "emergency-stop": {"machine": ForgetsTheStop},
    "interlock": {"machine": DoorAlwaysShut},
    "tip": {"machine": AnyTip},
    "release ": {"machine": GoesOnByItself},
    "whole-stamp": {"machine": HeldPedalFiresOn},
    "gap": {"desk": NoNumbers},
    "cut": {"desk": CutIsNothing},
    "changed-file": {"desk": AnyFile},
    "unknown": {"desk": Sloppy},
}


@pytest.mark.parametrize("check", MUTANTS)
def test_the_suite_finds_what_is_wrong_with_a_bad_machine(tmp_path, check):
    """A suite that passes everything judges nothing."""
    with served(tmp_path, **MUTANTS[check]) as (port, _):
        failed = {r.name for r in conformance(port, DATA) if not r.passed}
    assert check.strip() in failed


def test_a_job_too_small_to_judge_with_is_refused():
    with pytest.raises(BadInput, match="two stamps"):
        conformance(1, job_bytes(4, 4.0))


def test_nothing_at_the_port_is_said_so():
    with socket.socket() as free:
        free.bind((LOOPBACK, 0))
        port = free.getsockname()[1]
    with pytest.raises(BadInput, match="nothing answers"):
        conformance(port, DATA)


# --- the service ----------------------------------------------------------------------------------------------
def test_the_service_listens_on_the_loopback_interface_only(tmp_path):
    with served(tmp_path) as (port, _):
        with Client(port) as client:
            assert client._socket.getpeername()[0] == "127.0.0.1"
        others = {a[4][0] for a in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)} - {"127.0.0.1"}
        for address in others:
            with pytest.raises(OSError), socket.create_connection((address, port), timeout=1):
                pass


def bring_up(client):
    assert client.send("key", on=True)["ok"]
    wait_for(lambda: client.send("status")["state"] == "standby")
    assert client.send("load", text=DATA.decode())["ok"]
    assert client.send("shutter", open=True)["ok"]
    assert client.send("arm")["ok"]


def test_a_running_clock_fires_a_stamp_by_itself(tmp_path):
    with served(tmp_path, speed=100.0) as (port, laser), Client(port) as client:
        assert client.send("hello")["clock"] == "running"
        assert client.send("advance", us=1)["error"]["kind"] == "refused"
        bring_up(client)
        client.send("pedal", down=True)
        wait_for(lambda: client.send("columns", first=1, count=36)["columns"] == "F" * 36)
        assert laser.job.journal.ledger.counts()["fired"] == 36


def test_a_silent_client_is_a_lost_one(tmp_path, monkeypatch):
    monkeypatch.setattr("colonnade.delivery.service.SILENCE_S", 0.05)
    slow = job_bytes(12, rate_Hz=5.0)
    with served(tmp_path, speed=20.0) as (port, laser), Client(port) as client:
        client.send("key", on=True)
        wait_for(lambda: client.send("status")["state"] == "standby")
        client.send("load", text=slow.decode())
        client.send("shutter", open=True)
        client.send("arm")
        client.send("pedal", down=True)
        wait_for(lambda: laser.state == "paused")
        assert any(e["what"] == "link_lost" and "silent" in e["why"] for e in laser.events)
        assert laser.job.journal.ledger.counts()["fired"] < 36


def test_a_page_in_a_browser_cannot_speak_to_the_machine(tmp_path):
    """A form or a script may post to 127.0.0.1; its body must not be taken for messages."""
    body = json.dumps({"seq": 1, "do": "key", "on": True}).encode() + b"\n"
    with served(tmp_path) as (port, laser):
        with socket.create_connection((LOOPBACK, port), timeout=5) as posted:
            posted.sendall(b"POST / HTTP/1.1\r\nHost: x\r\n\r\n" + body)
            with contextlib.suppress(ConnectionError):
                assert posted.recv(1000) == b""
        with Client(port) as client:
            wait_for(lambda: client.send("status")["ok"])
        assert laser.key is False


def test_the_journal_is_closed_when_the_service_stops(tmp_path):
    with served(tmp_path) as (port, _), Client(port) as client:
        assert client.send("load", text=DATA.decode())["ok"]
    assert (tmp_path / "serve.log").read_text(encoding="utf-8").splitlines()[-1].startswith("Z ")


def test_a_second_file_gets_a_log_of_its_own_and_an_interrupted_one_can_be_resumed(tmp_path):
    with served(tmp_path) as (port, _), Client(port) as client:
        assert client.send("load", text=DATA.decode())["log"] == "serve.log"
        assert client.send("load", text=DATA.decode())["log"] == "serve.log.2"
    with served(tmp_path) as (port, _), Client(port) as client:
        assert client.send("load", text=DATA.decode())["error"]["kind"] == "bad_input"
        assert client.send("load", text=DATA.decode(), resume=True)["ok"]


@pytest.mark.parametrize("speed", [0.0, -1.0, float("nan"), float("inf"), 20_000.0])
def test_speeds_that_are_none_are_refused(tmp_path, speed):
    with pytest.raises(ValueError, match="speed"):
        Service(Desk(VirtualLaser(DEVICE, SPEC), tmp_path / "x.log", step_mode=False), speed=speed)


def test_the_page_of_the_protocol_names_every_verb():
    from pathlib import Path

    page = (Path(__file__).parents[2] / "docs" / "file-formats" / "machine.md").read_text(encoding="utf-8")
    for verb, model in VERBS.items():
        row = next((line for line in page.splitlines() if line.startswith(f"| `{verb}`")), None)
        assert row is not None, verb
        for name in set(model.model_fields) - {"seq", "do"}:
            assert f"`{name}`" in row, f"{verb}: {name}"
