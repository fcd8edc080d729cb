"""The output folder is whole or absent, and nothing that is not Colonnade's is ever replaced."""

import os
import signal
import subprocess
import sys
import time

import pytest

from colonnade.cli import folder
from colonnade.errors import BadInput
from tests.unit.cli_fakes import CASE, ROOT, call, error_of, plan, stand_in, write_report


def fill(out, text="new"):
    with folder.whole(out) as work:
        (work / "plan.json").write_text(text)


def fail(out, error):
    with folder.whole(out) as work:
        (work / "plan.json").write_text("half")
        raise error


@pytest.mark.parametrize("prepare", [lambda out: None, lambda out: out.mkdir(), lambda out: fill(out, "old")])
def test_a_new_an_empty_and_an_earlier_output_are_fine(tmp_path, prepare):
    out = tmp_path / "a" / "out"
    out.parent.mkdir()
    prepare(out)
    fill(out)
    assert (out / "plan.json").read_text() == "new"
    assert [p.name for p in out.parent.iterdir()] == ["out"]


def test_folders_above_are_made_only_at_the_end(tmp_path):
    with pytest.raises(RuntimeError):
        fail(tmp_path / "a" / "b", RuntimeError)
    assert list(tmp_path.iterdir()) == []
    fill(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b" / "plan.json").is_file()


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_earlier_output_survives_a_failure(tmp_path, error):
    out = tmp_path / "out"
    fill(out, "old")
    with pytest.raises(error):
        fail(out, error)
    assert (out / "plan.json").read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_an_earlier_output_survives_a_rename_that_fails(tmp_path, monkeypatch):
    out = tmp_path / "out"
    fill(out, "old")
    real, calls = folder.Path.rename, []

    def rename(self, target):
        calls.append(self)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        return real(self, target)

    monkeypatch.setattr(folder.Path, "rename", rename)
    with pytest.raises(BadInput, match="No space left"):
        fill(out)
    assert (out / "plan.json").read_text() == "old"


def test_other_files_are_never_replaced(capsys, tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    error = error_of(capsys, "plan", CASE, "--out", tmp_path)
    assert "thesis.tex" in error["given"]
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_file_in_the_way(capsys, tmp_path):
    file = tmp_path / "file"
    file.write_text("x")
    for out in (file, file / "out"):
        assert error_of(capsys, "plan", CASE, "--out", out)["what"] == "--out"
    assert file.read_text() == "x"


def test_a_link_is_not_followed(capsys, tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert error_of(capsys, "plan", CASE, "--out", tmp_path / "link")["what"] == "--out"


def test_a_report_that_fails_leaves_nothing(capsys, monkeypatch, tmp_path):
    def report(made, out):
        write_report(made, out)
        raise ValueError("of a test")

    stand_in(monkeypatch, plan=lambda case, progress: plan(case), report=report)
    assert call(capsys, "plan", CASE, "--out", tmp_path / "out")[0] == 3
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_in_the_middle_of_writing_cleans_up(tmp_path, name):
    """A real process, a real signal, half a folder written."""
    script = """
import pathlib, sys, time
import pytest
from tests.unit.cli_fakes import plan, stand_in
def report(made, out):
    (pathlib.Path(out) / "report.html").write_text("half")
    print("writing", file=sys.stderr, flush=True)
    time.sleep(60)
stand_in(pytest.MonkeyPatch(), plan=lambda case, progress: plan(case), report=report)
from colonnade.cli.main import run
run()
"""
    process = subprocess.Popen(
        [sys.executable, "-c", script, "plan", str(CASE), "--out", str(tmp_path / "out"), "--json"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # whoever runs the tests in the background may have told the shell to ignore it, which children inherit
        preexec_fn=lambda: signal.signal(getattr(signal, name), signal.SIG_DFL),
    )
    for line in process.stderr:
        if line.startswith("writing"):
            break
    assert len(list(tmp_path.iterdir())) == 1  # the partial folder is there
    time.sleep(0.1)
    process.send_signal(getattr(signal, name))
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert '"interrupted"' in out
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name",
    sorted(["plan.json", "report.pdf", "figures", "leaflet.zh-Hans.pdf", "fields.h5", "test-spot.pdf", "papers.html"]),
)
def test_what_is_ours(name):
    assert folder.OURS.fullmatch(name)


@pytest.mark.parametrize("name", ["notes.txt", "my plan.json", ".git", "patient.pdf", "plan.json.bak"])
def test_what_is_not_ours(name):
    assert not folder.OURS.fullmatch(name)


def test_the_working_folder_is_refused_before_anything_is_computed(capsys, monkeypatch, tmp_path):
    def never(*_args, **_options):
        raise AssertionError("computed")

    stand_in(monkeypatch, plan=never, report=never)
    (tmp_path / "notes.txt").write_text("x")
    monkeypatch.chdir(tmp_path)
    assert error_of(capsys, "plan", CASE, "--out", os.curdir)["what"] == "--out"
