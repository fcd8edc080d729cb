"""A process that delivers until it is killed. Started by the kill tests; forks once per delivery, to start quickly.

Commands on standard input, one JSON object a line: shots, log, go_on, durable. The child writes its process id, then
one line per shot to the pipe of the witness, at the moment the light begins, and its last line when it is through.
"""

import json
import os
import sys
from pathlib import Path

from colonnade.delivery.job import open_job
from colonnade.delivery.laser import VirtualLaser
from colonnade.delivery.ledger import StampState
from delivery_jobs import DEVICE, SPEC


def deliver(order, out):
    def witness(column, energy_uJ, x_um, y_um, t_us):
        os.write(out, b"%d\n" % column)

    data = Path(order["shots"]).read_bytes()
    log = Path(order["log"])
    laser = VirtualLaser(DEVICE, SPEC, detector=witness)
    job, found, _ = open_job(data, log, DEVICE, SPEC, resume=log.exists(), durable=order["durable"])
    if found is not None:
        laser.pass_to(found.last_us)
    laser.load(job)
    laser.turn_key(True)
    laser.advance(13_000_000)
    ledger = job.journal.ledger
    while stamp := ledger.next_stamp():
        if ledger.stamps[stamp - 1] is StampState.INTERRUPTED:
            laser.decide(stamp, go_on=order["go_on"], who="kill test")
            continue
        laser.shutter(True)
        laser.arm()
        while laser.state == "ready":
            laser.press(True)
            while laser.state == "firing":
                laser.advance(100_000)
            laser.press(False)
    job.journal.close(laser.t_us, "complete")


def main():
    out = int(sys.argv[1])
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            os.write(out, b"pid %d\n" % os.getpid())
            try:
                deliver(json.loads(line), out)
                os.write(out, b"done\n")
            except BaseException as error:
                os.write(out, f"failed {type(error).__name__}: {error}\n".encode().replace(b"\n", b" ") + b"\n")
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        os.write(out, b"gone\n")


if __name__ == "__main__":
    main()
