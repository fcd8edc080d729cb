"""What runs in the process of a job. It imports little, neither database nor web, so that it is soon at work."""

from __future__ import annotations

import importlib
import json
import os
import signal
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Protocol

from colonnade.errors import BadInput

#: Name of a computation to the function that makes it, as ``module:function``. It is called with the inputs as plain
#: data, a function to report progress to, and a folder that holds what the server laid there for it, if anything; it
#: returns plain data, or the path of a file there.
KINDS: dict[str, str] = {
    "plan": "colonnade.workstation.work:plan",
    "field": "colonnade.workstation.work_field:pictures",
    "papers": "colonnade.workstation.work_papers:papers",
}
#: Lower priority of a computation, so that pages stay quick while it runs: where both want the same core, Linux gives
#: the page nine tenths of it. A computation alone on the machine loses nothing.
NICE = 10


class Tell(Protocol):
    """How a computation says where it is: stage, share done (0 to 1), in words. Raises when it was cancelled."""

    def __call__(self, stage: str, done: float, text: str) -> None: ...


class Cancelled(BaseException):
    """Raised by the progress function of a cancelled job; not an Exception, so that no handler swallows it."""


def child(function: str, inputs: dict[str, Any], folder: str, pipe: Connection) -> None:
    """What the spawned process runs: ``function`` (as ``module:function``), its words and its end over ``pipe``."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    os.umask(0o077)
    if hasattr(os, "nice"):
        os.nice(NICE)
    cancelled = threading.Event()
    threading.Thread(target=_listen_to_parent, args=(pipe, cancelled), daemon=True).start()
    talking = threading.Lock()

    def tell(stage: str, done: float, text: str) -> None:
        if cancelled.is_set():
            raise Cancelled
        with talking:
            pipe.send(("progress", stage, float(done), text))

    try:
        tell("starting", 0.0, "")
        pipe.send(("done", str(_result(_function(function), inputs, tell, Path(folder)))))
    except Cancelled:
        pipe.send(("cancelled",))
    except BadInput as error:
        pipe.send(("failed", error.as_dict()))
    except Exception as error:
        lines = str(error).splitlines() or [""]
        defect = {"allowed": "none: this is a defect of Colonnade, not of your input", "todo": "Please report it."}
        pipe.send(("failed", {"what": "job", "given": f"{type(error).__name__}: {lines[0][:300]}", **defect}))


def _listen_to_parent(pipe: Connection, cancelled: threading.Event) -> None:
    try:
        while True:
            if pipe.recv() == "cancel":
                cancelled.set()
    except (EOFError, OSError):
        os._exit(1)  # the server is gone: nobody will take the result


def _function(name: str) -> Callable[[dict[str, Any], Tell, Path], Any]:
    module, _, attribute = name.partition(":")
    if not module:
        raise BadInput("job", given="a kind this version does not know", allowed=", ".join(KINDS), todo="Start anew.")
    function: Callable[[dict[str, Any], Tell, Path], Any] = getattr(importlib.import_module(module), attribute)
    return function


def _result(function: Callable[[dict[str, Any], Tell, Path], Any], inputs: Any, tell: Tell, folder: Path) -> Path:
    made = function(inputs, tell, folder)
    if isinstance(made, Path):
        return made
    path = folder / "result.json"
    text = json.dumps(made, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    path.write_text(text, encoding="utf-8")
    return path
