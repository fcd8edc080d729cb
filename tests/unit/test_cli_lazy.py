"""What loads what: a command that computes nothing loads no solver; and the library can be read-only."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import colonnade
from tests.unit.cli_fakes import CASE, ROOT

HEAVY = ("numba", "scipy", "matplotlib", "llvmlite", "h5py", "typst", "fastapi", "sqlalchemy", "uvicorn")
PROBE = """
import json, sys
try:
    {code}
except SystemExit:
    pass
print(json.dumps([m for m in {heavy!r} if m in sys.modules]), file=sys.stderr)
"""


def loaded(code):
    """Which heavy packages a fresh interpreter has loaded after ``code``."""
    script = PROBE.format(code=code, heavy=HEAVY)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True)
    return json.loads(done.stderr.splitlines()[-1])


def test_the_probe_sees_a_heavy_package():
    assert "scipy" in loaded("import scipy")


def test_import_colonnade_loads_nothing_heavy():
    assert loaded("import colonnade") == []


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["--version"],
        ["simulate", "--help"],
        ["plan", "--help"],
        ["serve", "--help"],
        ["list", "devices"],
        ["list", "sites"],
        ["list", "indications"],
        ["show", "cheek"],
        ["report-env"],
        ["plan", "no-such-case.toml", "--out", "no-such-folder"],
        ["simulate", "--device", "no-such-device", "--energy-mj", "20"],
    ],
    ids=lambda words: " ".join(words)[:30],
)
def test_commands_that_compute_nothing_load_nothing_heavy(words):
    code = f"from colonnade.cli.main import run; sys.argv = ['colonnade', *{words!r}]; run()"
    assert loaded(code) == []


def test_the_case_and_the_device_load_nothing_heavy():
    assert loaded(f"import colonnade as cn; cn.Case.load({str(CASE)!r}); cn.device('lumenis-ultrapulse-deepfx')") == []


def test_list_and_show_from_a_read_only_install(tmp_path):
    """Root may write anywhere, so beside the permissions the folder is compared before and after."""
    package = tmp_path / "colonnade"
    shutil.copytree(Path(colonnade.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    folders = [package, *(p for p in package.rglob("*") if p.is_dir())]
    for path in folders:
        path.chmod(0o555)
    before = sorted(package.rglob("*"))
    env = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONSAFEPATH": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    where = "import colonnade; print(colonnade.__file__)"
    run = "from colonnade.cli.main import main; exit(main(['list', 'devices']) or main(['show', 'cheek']))"
    try:
        for script, expected in ((where, str(tmp_path)), (run, "cheek")):
            done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=env, check=True)
            assert expected in done.stdout
        assert sorted(package.rglob("*")) == before
    finally:
        for path in folders:
            path.chmod(0o755)
