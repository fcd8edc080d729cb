"""A command of Colonnade in a process of its own that need not import everything anew.

Importing the web stack takes more than a second of processor time, and a hundred tests start a server each. One process
for each test worker imports it once and is forked for every server; what a fresh process does on its own is tested by
``test_serve.py``, which starts one.
"""

import multiprocessing
import os
import signal
import sys
from pathlib import Path

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([__name__, "colonnade.cli.main", "colonnade.workstation.serving"])


def _run(words: list[str], prelude: str, printed: Path, environment: dict[str, str], folder: str) -> None:
    with printed.open("w") as out:
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
    sys.stdout, sys.stderr = os.fdopen(1, "w", buffering=1), os.fdopen(2, "w", buffering=1)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv = ["colonnade", *words]
    exec(prelude, {})  # noqa: S102 - written in a test
    from colonnade.cli.main import run

    run()


class Forked:
    """A running command with what ``subprocess.Popen`` offers of one."""

    def __init__(self, words: list[str], printed: Path, *, prelude: str = "") -> None:
        given = (words, prelude, printed, dict(os.environ), os.getcwd())
        self._process = _FORKS.Process(target=_run, args=given)
        self._process.start()
        self.pid: int = self._process.pid

    def poll(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float) -> int:
        """The exit code, once it has ended. Raises TimeoutError."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise TimeoutError(f"process {self.pid} still runs after {timeout} s")
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL."""
        self._process.kill()
