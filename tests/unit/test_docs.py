"""The documentation that is made from the code, or that names it, agrees with the code."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import colonnade
from colonnade.cli import main

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def test_file_format_pages_are_up_to_date():
    done = subprocess.run(
        [sys.executable, "scripts/make_docs.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stderr}Run scripts/make_docs.py."


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_commands_named_in_the_pages_exist(page):
    known = {command.name for command in (*main.app.registered_commands, *main.app.registered_groups)}
    named = re.findall(r"`(?:\$ )?colonnade ([a-z][a-z-]+)", page.read_text(encoding="utf-8"))
    assert set(named) <= known


def test_the_readme_opens_with_the_two_commands_and_has_the_sentence():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert text.index("make plan") < text.index("make test") < 200
    assert colonnade.DISCLAIMER in text


@pytest.mark.parametrize("page", ["RISK.md", "docs/safety/security.md"])
def test_every_test_named_in_the_hazard_table_exists(page):
    """A control without its test is no control."""
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", (ROOT / page).read_text(encoding="utf-8"))
    assert len(named) > 20
    for path, test in named:
        assert (ROOT / path).is_file(), path
        assert f"def {test}(" in (ROOT / path).read_text(encoding="utf-8") if test else True, f"{path}::{test}"


def test_every_row_of_the_security_tables_names_a_test_or_says_that_it_is_absent():
    page = (ROOT / "docs/safety/security.md").read_text(encoding="utf-8")
    rows = [line.strip("|").split("|") for line in page.splitlines() if line.startswith("| ")]
    rows = [row for row in rows if row[-1].strip() not in ("test",)]
    assert len(rows) > 60
    for row in rows:
        assert len(row) == 3, row
        assert "`tests/" in row[2] or "absent" in row[1] or "not tested" in row[1], row


def test_the_version_to_cite_is_this_one():
    assert f"version: {colonnade.__version__}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
