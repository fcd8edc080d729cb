"""What is installed is what was looked at: every requirement has one version and its hashes."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("path", sorted((ROOT / "requirements").glob("*.lock.txt")), ids=lambda p: p.name)
def test_every_requirement_is_pinned_and_hashed(path):
    joined = path.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line.strip() for line in joined.splitlines() if line.strip() and not line.strip().startswith("#")]
    assert lines
    for line in lines:
        found = re.match(r"[\w.\[\],-]+==[\w.!+]+(?: ;[^#]*?)? +--hash=sha256:[0-9a-f]{64}", line)
        assert found, f"{path.name}: {line[:80]}"
        assert "://" not in line
    # and the program refuses to install anything else
    assert "--require-hashes" in (ROOT / "Makefile").read_text(encoding="utf-8")
