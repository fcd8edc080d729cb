"""Computations that the tests of the job runner start in processes of their own."""

import os
import time
from pathlib import Path

from colonnade.errors import BadInput


def count(inputs, tell, folder):
    """Counts to ``to``, telling every step."""
    for i in range(inputs["to"]):
        tell("counting", i / inputs["to"], f"at {i}")
        time.sleep(inputs.get("pause_s", 0.01))
    return {"counted": inputs["to"]}


def file(inputs, tell, folder):
    """Writes its result itself."""
    path = Path(folder) / "field.h5"
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(inputs["bytes"]))
    return path


def refuse(inputs, tell, folder):
    raise BadInput("case", given="nothing", allowed="a case", todo="Give one.")


def break_down(inputs, tell, folder):
    return {"ratio": 1 / inputs["by"]}


def vanish(inputs, tell, folder):
    os._exit(3)


def deaf(inputs, tell, folder):
    """Tells where its process is, then works without ever looking up."""
    Path(inputs["pid_file"]).write_text(str(os.getpid()))
    tell("deaf", 0.5, "")
    time.sleep(600)
    return {}


def witness(inputs, tell, folder):
    """Says that it ran: one line of a few bytes, which is appended as a whole."""
    with open(inputs["file"], "a") as out:
        out.write(f"{inputs['n']}\n")
    time.sleep(0.5)
    return {}


HERE = "tests.workstation.job_functions"
KINDS = {
    name: f"{HERE}:{function}"
    for name, function in {
        "count": "count",
        "file": "file",
        "refuse": "refuse",
        "break": "break_down",
        "vanish": "vanish",
        "deaf": "deaf",
        "witness": "witness",
    }.items()
}
