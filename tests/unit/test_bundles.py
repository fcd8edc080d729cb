"""The bundles that are committed are what their sources give, byte for byte, with the licences of what is in them."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "colonnade"


def test_rebuilt_they_are_the_same(tmp_path):
    assert (ROOT / "web" / "node_modules").is_dir(), "first: npm ci --prefix web"
    subprocess.run(["node", "build.mjs", str(tmp_path)], cwd=ROOT / "web", check=True, capture_output=True)
    built = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*.js"))
    assert Path("reporting/static/view3d.js") in built
    for name in built:
        assert (PACKAGE / name).read_bytes() == (tmp_path / name).read_bytes(), f"{name}: run `make web`"


def test_the_sources_are_sound():
    done = subprocess.run(["npm", "run", "--silent", "check"], cwd=ROOT / "web", capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_licence_of_three_goes_with_it():
    text = (PACKAGE / "reporting" / "static" / "view3d.js").read_text(encoding="utf-8")
    assert (ROOT / "web" / "node_modules" / "three" / "LICENSE").read_text().strip() in text
    assert "</script" not in text.lower()
    assert "eval(" not in text
