"""A conformance suite for ``colonnade.machine/1``: does a machine that speaks the protocol behave as it must?

It knows nothing but the socket, so it also judges somebody else's machine, as long as that machine is virtual, listens
on the loopback interface and is served step by step. Each check begins by switching the machine off and on.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from colonnade.delivery.service import Client
from colonnade.delivery.shots import ShotFile
from colonnade.delivery.text import parse
from colonnade.errors import BadInput

STEP_US = 5_000
STARTUP_STEPS, STARTUP_STEP_US = 240, 500_000


@dataclass(frozen=True)
class Result:
    """One check: what must hold, and what was seen where it does not."""

    name: str
    must: str
    passed: bool
    seen: str = ""


class _Failed(Exception):
    pass


class _Bench:
    """The machine on the bench: one connection, one shot file with at least two stamps of at least ten columns."""

    def __init__(self, port: int, data: bytes) -> None:
        self.port, self.text = port, data.decode("utf-8")
        self.shots: ShotFile = parse(data, origin="conformance job").file
        self.client = Client(port)

    def say(self, do: str, **more: Any) -> dict[str, Any]:
        return self.client.send(do, **more)

    def need(self, holds: bool, seen: object) -> None:
        if not holds:
            raise _Failed(str(seen)[:300])

    def ok(self, do: str, **more: Any) -> dict[str, Any]:
        answer = self.say(do, **more)
        self.need(answer.get("ok") is True, f"{do} {more if do != 'load' else ''} was refused: {answer}")
        return answer

    def no(self, do: str, kind: str, **more: Any) -> dict[str, Any]:
        answer = self.say(do, **more)
        seen = answer.get("error", {}).get("kind") if isinstance(answer.get("error"), dict) else None
        self.need(answer.get("ok") is False and seen == kind, f"{do} should be {kind}: {answer}")
        return answer

    def state(self) -> str:
        return str(self.ok("status")["status"]["state"])

    def columns(self) -> str:
        return str(self.ok("columns", first=1, count=min(100_000, self.shots.header.columns))["columns"])

    def off(self) -> None:
        """Whatever was before: switched off, everything released and repaired."""
        self.say("pedal", down=False)
        self.say("emergency_stop", pressed=False)
        self.ok("key", on=False)
        self.ok("service")
        self.ok("interlock", closed=True)
        self.ok("tip", name=self.shots.header.tip)

    def standby(self, *, load: bool = True) -> None:
        self.off()
        self.ok("key", on=True)
        for _ in range(STARTUP_STEPS):
            if self.state() == "standby":
                break
            self.ok("advance", us=STARTUP_STEP_US)
        self.need(self.state() == "standby", f"no standby, but {self.state()}")
        if load:
            self.ok("load", text=self.text)

    def ready(self) -> None:
        self.standby()
        self.arm()

    def arm(self) -> None:
        self.ok("shutter", open=True)
        self.ok("arm")

    def half_a_stamp(self) -> str:
        """Press and fire until a few columns of the first stamp are out."""
        self.ready()
        self.ok("pedal", down=True)
        end = len(self.shots.stamps[0].columns)
        for _ in range(10_000):
            self.ok("advance", us=STEP_US)
            fired = self.columns()
            if fired[:end].count("F") >= 3:
                break
        self.need(3 <= fired[:end].count("F") < end, f"columns after pressing: {fired[:40]}")
        return fired

    def still(self, before: str) -> None:
        """Nothing more is fired in the next half second."""
        self.ok("advance", us=500_000)
        after = self.columns()
        more = sum(a == "F" and b != "F" for a, b in zip(after, before, strict=True))
        self.need(more == 0, f"{more} more column(s) were fired")


def _hello(b: _Bench) -> None:
    answer = b.ok("hello")
    b.need(answer.get("protocol") == "colonnade.machine/1", answer)
    b.need(answer.get("virtual") is True and answer.get("clock") == "step", answer)


def _not_json(b: _Bench) -> None:
    for line in (b"{\n", b"[]\n", b"\xff\xfe\n", b"nul\n", b'{"seq":"1"}\n', b'{"seq":true,"do":"status"}\n'):
        answer = b.client.raw(line)
        b.need(answer.get("ok") is False, f"{line!r}: {answer}")
    b.ok("status")


def _unknown(b: _Bench) -> None:
    b.no("fire", "bad_request")
    b.no("pedal", "bad_input", down=True, harder=True)
    b.no("pedal", "bad_input", down="true")
    b.no("pedal", "bad_input")
    b.no("advance", "bad_input", us=-1)
    b.no("advance", "bad_input", us=1.5)


def _start(b: _Bench) -> None:
    b.off()
    b.need(b.state() == "off", b.state())
    b.ok("key", on=True)
    b.need(b.state() == "self_test", b.state())
    seen = ["self_test"]
    for _ in range(STARTUP_STEPS):
        b.no("arm", "refused")
        b.ok("advance", us=100_000)
        seen += [b.state()] if b.state() != seen[-1] else []
        if seen[-1] == "standby":
            break
    b.need(seen == ["self_test", "warm_up", "standby"], seen)


def _changed(b: _Bench) -> None:
    b.standby(load=False)
    at = b.text.index("\nSTAMP 1 ") + 1
    digit = next(i for i in range(at + 8, len(b.text)) if b.text[i] in "1234567")
    other = str(int(b.text[digit]) + 1)
    b.no("load", "bad_input", text=b.text[:digit] + other + b.text[digit + 1 :])
    for cut in (0, 1, len(b.text) // 2, len(b.text) - 1):
        b.no("load", "bad_input", text=b.text[:cut])
    b.no("load", "bad_input", text=b.text.replace("colonnade.shots/1", "colonnade.shots/2", 1))


def _pedal_in_standby(b: _Bench) -> None:
    b.standby()
    b.ok("pedal", down=True)
    b.ok("advance", us=500_000)
    b.need("F" not in b.columns(), b.columns()[:40])
    b.say("shutter", open=True)
    b.no("arm", "refused")
    b.ok("pedal", down=False)
    b.arm()


def _shutter(b: _Bench) -> None:
    b.standby()
    b.ok("shutter", open=False)
    b.ok("arm")
    b.ok("pedal", down=True)
    b.ok("advance", us=500_000)
    b.need("F" not in b.columns(), b.columns()[:40])


def _whole_stamp(b: _Bench) -> None:
    b.ready()
    b.ok("pedal", down=True)
    for _ in range(10_000):
        if b.state() != "firing":
            break
        b.ok("advance", us=STEP_US)
    end = len(b.shots.stamps[0].columns)
    fired = b.columns()
    b.need(fired == "F" * end + "N" * (len(fired) - end), f"{fired.count('F')} of {end} columns")
    b.still(fired)
    b.ok("pedal", down=False)
    b.ok("pedal", down=True)
    b.ok("advance", us=500_000)
    b.need(b.columns()[end] == "F", "the second press did not start the second stamp")


def _release(b: _Bench) -> None:
    b.half_a_stamp()
    b.ok("pedal", down=False)
    fired = b.columns()
    b.need(b.state() == "paused", b.state())
    b.still(fired)
    b.ok("pedal", down=True)
    b.still(fired)
    b.ok("pedal", down=False)
    b.no("arm", "refused")
    b.ok("decide", stamp=1, go_on=False, who="conformance")
    b.arm()
    b.ok("pedal", down=True)
    b.ok("advance", us=200_000)
    end = len(b.shots.stamps[0].columns)
    after = b.columns()
    b.need(after[:end] == fired[:end], "a skipped stamp was fired")
    b.need("F" in after[end:], "the next stamp was not fired")


def _go_on(b: _Bench) -> None:
    b.half_a_stamp()
    b.ok("pedal", down=False)
    before = b.ok("events", since=0)["events"]
    b.ok("decide", stamp=1, go_on=True, who="conformance")
    b.arm()
    b.ok("pedal", down=True)
    for _ in range(10_000):
        if b.state() != "firing":
            break
        b.ok("advance", us=STEP_US)
    end = len(b.shots.stamps[0].columns)
    b.need("N" not in b.columns()[:end], b.columns()[:end])
    since, every = 0, list[dict[str, Any]]()
    while page := b.ok("events", since=since)["events"]:
        every += page
        since = page[-1]["n"]
    loaded = max(e["n"] for e in every if e["what"] == "loaded")
    fired = [e["column"] for e in every if e["what"] == "column" and e["n"] > loaded]
    b.need(len(before) > 0 and len(fired) == len(set(fired)), "a column was fired twice")


def _stop(b: _Bench) -> None:
    b.half_a_stamp()
    b.ok("emergency_stop", pressed=True)
    fired = b.columns()
    b.need(b.state() == "fault", b.state())
    b.still(fired)
    b.no("acknowledge", "refused")
    b.ok("emergency_stop", pressed=False)
    b.no("acknowledge", "refused")
    b.no("arm", "refused")
    b.ok("pedal", down=False)
    b.ok("pedal", down=True)
    b.still(fired)
    b.standby()


def _interlock(b: _Bench) -> None:
    b.half_a_stamp()
    b.ok("interlock", closed=False)
    fired = b.columns()
    b.need(b.state() != "firing", b.state())
    b.still(fired)
    b.ok("interlock", closed=True)
    b.still(fired)
    b.ok("pedal", down=False)
    b.ok("decide", stamp=1, go_on=False, who="conformance")
    b.ok("interlock", closed=False)
    b.no("arm", "refused")


def _key(b: _Bench) -> None:
    b.half_a_stamp()
    b.ok("key", on=False)
    fired = b.columns()
    b.need(b.state() == "off", b.state())
    b.still(fired)


def _tip(b: _Bench) -> None:
    b.standby()
    b.ok("tip", name="another")
    b.say("shutter", open=True)
    b.no("arm", "refused")


def _gap(b: _Bench) -> None:
    b.half_a_stamp()
    b.client.seq += 1
    answer = b.say("status")
    b.need(answer.get("ok") is False and answer["error"]["kind"] == "link", answer)
    fired = b.columns()
    b.need(b.state() != "firing", b.state())
    b.still(fired)


def _cut(b: _Bench) -> None:
    b.half_a_stamp()
    fired = b.columns()
    b.client.close()
    b.client = Client(b.port)
    b.need(b.state() != "firing", b.state())
    b.still(fired)


def _one_client(b: _Bench) -> None:
    b.ok("status")
    with Client(b.port) as other:
        try:
            answer = other.send("status")
        except OSError:
            answer = {"ok": False}
    b.need(answer.get("ok") is False, answer)
    b.ok("status")


#: Name, what must hold, the check.
CHECKS: tuple[tuple[str, str, Callable[[_Bench], None]], ...] = (
    ("hello", "the machine names its protocol, that it is virtual, and that the client moves its clock", _hello),
    ("not-json", "what is not a numbered JSON object is answered, and the connection lives", _not_json),
    ("unknown", "unknown verbs, keys and types are refused", _unknown),
    ("start", "off, self-test, warm-up, standby in this order, and no arming before", _start),
    ("changed-file", "a changed, cut or newer shot file is refused", _changed),
    ("pedal-in-standby", "a pedal pressed in standby fires nothing, and a held pedal keeps from arming",
     _pedal_in_standby),
    ("shutter", "nothing is fired behind a closed shutter", _shutter),
    ("whole-stamp", "a held pedal fires one stamp, every column once, and the next stamp needs a new press",
     _whole_stamp),
    ("release", "releasing the pedal ends the stamp; it is skipped unless someone decides otherwise", _release),
    ("go-on", "after an explicit confirmation the rest of the stamp is fired, no column twice", _go_on),
    ("emergency-stop", "nothing is fired after an emergency stop, and only the key leaves it", _stop),
    ("interlock", "an open interlock ends the stamp and keeps from arming", _interlock),
    ("key", "the key ends everything", _key),
    ("tip", "another tip keeps from arming", _tip),
    ("gap", "a gap in the message numbers ends the stamp", _gap),
    ("cut", "a cut connection ends the stamp", _cut),
    ("one-client", "a second client is turned away", _one_client),
)  # fmt: skip


def conformance(port: int, data: bytes) -> tuple[Result, ...]:
    """Run every check against the machine at ``port`` with the shot file ``data``.

    Raises
    ------
    BadInput
        If the shot file has fewer than two stamps of ten columns, or nothing answers at the port.
    """
    shots = parse(data, origin="conformance job").file
    if len(shots.stamps) < 2 or min(len(s.columns) for s in shots.stamps[:2]) < 10:
        raise BadInput(
            "conformance job",
            given=f"{len(shots.stamps)} stamps",
            allowed="a shot file with at least two stamps of at least ten columns",
            todo="Export a larger one.",
        )
    results = []
    for name, must, check in CHECKS:
        try:
            bench = _Bench(port, data)
        except OSError as error:
            raise BadInput(
                "--port", given=f"{port}, where nothing answers ({error})", allowed="a machine served step by step",
                todo="Start it with `colonnade machine serve --speed step`.",
            ) from None  # fmt: skip
        try:
            check(bench)
            results.append(Result(name, must, True))
        except (_Failed, OSError, KeyError, TypeError, json.JSONDecodeError) as error:
            results.append(Result(name, must, False, f"{type(error).__name__}: {error}".removeprefix("_Failed: ")))
        finally:
            bench.client.close()
    return tuple(results)
