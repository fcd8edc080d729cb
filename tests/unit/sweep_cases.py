"""Case runners for the sweep tests: module-level, so that they reach other processes."""

import os
import signal
import time
from pathlib import Path


def square(case):
    return {"y_um": case["x"] ** 2, "word": "odd" if case["x"] % 2 else "even", "nothing": None}


def square_or_fail(case):
    if case["x"] == 3:
        raise ValueError("three is refused")
    return square(case)


def die_once(case):
    """The process that meets x = 2 first is killed; the second time it answers."""
    marker = Path(str(case["marker"]))
    if case["x"] == 2 and not marker.exists():
        marker.write_text("died")
        os.kill(os.getpid(), signal.SIGKILL)
    return square(case)


def always_die(case):
    if case["x"] == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return square(case)


def slow_square(case):
    """Long enough that both workers have work in hand; leaves its process id behind."""
    Path(str(case["folder"]), f"{case['x']}-{os.getpid()}").write_text("")
    time.sleep(0.15)
    return square(case)
