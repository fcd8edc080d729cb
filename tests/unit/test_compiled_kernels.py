"""The exp trap: a scalar exp costs the solver 5 to 8 times. What is held here is the cause, not the time."""

import re
import subprocess
import sys

import numpy as np
import pytest
from numba import njit

from colonnade.photothermal import cooling, light, pulse
from colonnade.photothermal.compiling import KERNEL


def assembly(cached, *arguments):
    kernel = njit(**{**KERNEL, "cache": False})(cached.py_func)  # code from the cache cannot be looked into
    kernel(*arguments)
    return "\n".join(kernel.inspect_asm().values())


A = np.full(64, 300.0)


@pytest.mark.parametrize(
    ("kernel", "arguments"),
    [
        (pulse._add_damage, (1e-6, 100.0, 3e4, 1 / A, A.copy())),
        (light.attenuation, (A.copy(), A * 1e-8, A.copy())),
        (cooling._log_mean, (1e-6, 100.0, 3e4, 0.0, 0.0, 1.0, 1 / A, 1 / (A + 1), A.copy())),
    ],
    ids=["damage", "attenuation", "log mean"],
)
def test_exp_is_vectorised_and_never_calls_libm(kernel, arguments):
    code = assembly(kernel, *arguments)
    # packed doubles in wide registers (x86), or two lanes at a time (Arm)
    assert re.search(r"(mulpd|fmadd\d+pd)\s.*[yz]mm|fmla\s+v\d+\.2d|fmul\s+v\d+\.2d", code)
    assert not re.search(r"\bcall\w*\s+\*?exp\b|\bexp@PLT", code)


def test_works_from_a_read_only_install(tmp_path):
    """Where the package folder cannot be written Numba's cache goes to the user's cache folder."""
    script = (
        "import os, sys\n"
        "real = os.access\n"
        "os.access = lambda p, mode, **k: False if mode == os.W_OK else real(p, mode, **k)\n"
        "import colonnade.photothermal.compiling as c\n"
        "print(os.environ['NUMBA_CACHE_DIR'])\n"
        "from colonnade.photothermal.light import attenuation\n"
        "import numpy as np\n"
        "a = np.ones(4); attenuation(a, a, a)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=120,
        env={"PATH": "/usr/bin:/bin", "XDG_CACHE_HOME": str(tmp_path), "HOME": str(tmp_path)},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().startswith(str(tmp_path))
    assert list(tmp_path.rglob("*.nbi")), "no compiled kernel was cached"
