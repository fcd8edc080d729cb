"""Kills at random moments of a delivery of 20,000 columns, judged by a process that counted the shots."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from colonnade.delivery.journal import recover
from colonnade.delivery.ledger import ColumnState, Ledger
from colonnade.delivery.stamps import ZoneColumns, build
from colonnade.delivery.text import write
from delivery_jobs import DEVICE, SPEC, columns

CHILD = Path(__file__).parents[1] / "delivery_kill_child.py"
COLUMNS = 20_000


def twenty_thousand():
    """200 x 100 columns half a millimetre apart: 50 stamps of 400."""
    x, y = np.meshgrid((np.arange(200) - 99.5) * 5e-4, (np.arange(100) - 49.5) * 5e-4)
    like = columns(2, 2.0)
    zone = ZoneColumns(
        **{
            **like.__dict__,
            "width_mm": 100.0,
            "height_mm": 50.0,
            "positions_m": np.column_stack([x.ravel(), y.ravel()]),
            "passes": np.ones(COLUMNS, dtype=np.int64),
        }
    )
    return build((zone,), DEVICE, SPEC, title="Synthetic", synthetic=True).shots


class Judge:
    """Counts shots as they happen, kills, and holds the journal against the count."""

    def __init__(self, folder, shots):
        self.path, self.shots = folder / "job.shots", shots
        write(shots, self.path)
        self.reader, writer = os.pipe()
        tests = str(CHILD.parent)
        self.process = subprocess.Popen(
            [sys.executable, str(CHILD), str(writer)],
            stdin=subprocess.PIPE,
            pass_fds=(writer,),
            env={**os.environ, "PYTHONPATH": tests},
        )
        os.close(writer)
        self.buffer = b""
        self.seen = []

    def lines(self):
        """The lines of the witness, without end."""
        while True:
            while b"\n" not in self.buffer:
                more = os.read(self.reader, 65536)
                assert more, "the delivering process is gone for good"
                self.buffer += more
            line, self.buffer = self.buffer.split(b"\n", 1)
            yield line.decode()

    def run(self, log, *, go_on, durable, kill_after, wait_s):
        """One delivery; killed ``wait_s`` after ``kill_after`` shots. Returns whether it came to its end."""
        order = {"shots": str(self.path), "log": str(log), "go_on": go_on, "durable": durable}
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        self.process.stdin.flush()
        pid, count, through = 0, 0, False
        for line in self.lines():
            if line.startswith("pid "):
                pid = int(line[4:])
            elif line == "gone":
                return through
            elif line == "done":
                through = True
            else:
                assert line.isdecimal(), line
                self.seen.append(int(line))
                count += 1
                if count == kill_after:
                    time.sleep(wait_s)
                    os.kill(pid, signal.SIGKILL)
        raise AssertionError

    def hold_against(self, log):
        """Fired columns were seen, seen ones are fired or in doubt, and nothing was seen twice."""
        ledger = Ledger.of(self.shots)
        found = recover(log, ledger)
        seen = set(self.seen)
        assert len(self.seen) == len(seen), "a column was fired twice"
        states = np.frombuffer(bytes(ledger.columns), dtype=np.uint8)
        fired, unknown = (set(np.nonzero(states == s)[0].tolist()) for s in (ColumnState.FIRED, ColumnState.UNKNOWN))
        assert fired <= seen, "booked as fired, never seen"
        assert seen <= fired | unknown, "seen, and not in the journal"
        return ledger, found, len(unknown)

    def close(self):
        self.process.stdin.close()
        self.process.wait(60)
        os.close(self.reader)


def kills(folder, *, deliveries, kills_each, durable, seed):
    """Each delivery is killed ``kills_each`` times and then finished; every other one skips what was broken off."""
    draw = random.Random(seed)  # noqa: S311  (moments of a test, no secrets)
    shots = twenty_thousand()
    judge = Judge(folder, shots)
    done_kills = 0
    try:
        for number in range(deliveries):
            log, go_on = folder / f"{number}.log", number % 2 == 0
            judge.seen = []
            share = COLUMNS // (kills_each + 1)
            for k in range(kills_each):
                moment = draw.randint(1, share)
                through = judge.run(log, go_on=go_on, durable=durable, kill_after=moment, wait_s=draw.random() * 2e-3)
                assert not through
                done_kills += 1
                _, _, doubtful = judge.hold_against(log)
                assert doubtful <= k + 1, "one kill leaves one column in doubt, not more"
            assert judge.run(log, go_on=go_on, durable=durable, kill_after=0, wait_s=0)
            ledger, found, doubtful = judge.hold_against(log)
            assert found.closed
            counts = ledger.counts()
            assert sum(counts.values()) == COLUMNS
            assert doubtful <= kills_each
            left = [s for s in ledger.stamps if s == "skipped"]
            assert set(ledger.stamps) <= {"done", "skipped"}
            if go_on:
                assert counts["not_fired"] == 0, "a column is silently missing"
            else:
                assert counts["not_fired"] <= 400 * len(left)
                assert len(left) <= kills_each
    finally:
        judge.close()
    return done_kills


def test_twenty_kills(tmp_path):
    """A kill leaves the page cache as it is, so waiting for the disk would change nothing but the time taken."""
    assert kills(tmp_path, deliveries=2, kills_each=10, durable=False, seed=1) == 20


@pytest.mark.soak
def test_two_hundred_kills(tmp_path):
    assert kills(tmp_path, deliveries=20, kills_each=10, durable=True, seed=2) == 200
