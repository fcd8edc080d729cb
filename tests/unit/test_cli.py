"""The command contract: exit codes, one JSON object, messages on stderr, an example at the end of every help."""

import json
from types import SimpleNamespace

import pytest

from colonnade import DISCLAIMER
from colonnade.cli import main, output
from tests.unit.cli_fakes import CASE, GENERIC, call, error_of, finding, lesion, plan, stand_in, terminal, write_report

COMMANDS = (
    "compare",
    "translate",
    "sessions",
    "simulate",
    "cut",
    "passes",
    "volume",
    "field",
    "plan",
    "check",
    "sweep",
    "commission",
    "validate",
    "export",
    "aftercare",
    "triage",
    "rerun",
    "cite",
    "list",
    "show",
    "report-env",
    "selfcheck",
)


@pytest.mark.parametrize("name", COMMANDS)
def test_help_ends_with_an_example_and_lists_json(capsys, name):
    code, out, _ = call(capsys, name, "--help")
    assert code == 0
    assert out.rstrip().splitlines()[-1].strip().startswith(f"colonnade {name} ")
    assert "--json" in out
    assert "--debug" in out


def test_help_names_every_command_and_the_disclaimer(capsys):
    code, out, _ = call(capsys, "--help")
    assert code == 0
    assert all(f"  {name} " in out for name in COMMANDS)
    assert DISCLAIMER in " ".join(out.split())


def test_no_words_at_all_shows_the_help(capsys):
    assert call(capsys) == call(capsys, "--help")


def test_version(capsys):
    code, out, _ = call(capsys, "--version")
    assert (code, out.split()[0]) == (0, "colonnade")


# --- usage errors ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("words", "what", "hint"),
    [
        (("simulate", "--energy-m", 3), "command line", "--energy-mj"),
        (("simulat",), "command line", "simulate"),
        (("plan", CASE), "--out", "--help"),
        (("plan", "--out", "x"), "CASE.toml", "--help"),
        (("list", "device"), "list", '"devices"'),
        (("show", "chek"), "id", '"cheek"'),
        (("show", "cheek", "--kind", "site"), "--kind", '"sites"'),
        ((*GENERIC[:-1], "chek"), "site", '"cheek"'),
        (("simulate", "--device", "lumenis-deepfx", "--energy-mj", 20), "device", "ultrapulse"),
    ],
    ids=lambda v: "-".join(map(str, v))[:40] if isinstance(v, tuple) else None,
)
def test_usage_errors_say_what_and_what_to_do(capsys, words, what, hint):
    error = error_of(capsys, *words)
    assert error["what"] == what
    assert hint in error["todo"] + error["given"]
    code, out, err = call(capsys, *words)
    assert (code, out) == (2, "")
    assert all(word in err for word in ("given:", "allowed:", "to do:"))


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--energy-mj", "nan"),
        ("--energy-mj", "-5"),
        ("--energy-mj", "ten"),
        ("--energy-mj", "inf"),
        ("--pulse-ms", "0"),
        ("--pulse-ms", "nan"),
        ("--spot-um", "nan"),
        ("--spot-um", "-120"),
        ("--profile", "gauss"),
        ("--stack", "0"),
        ("--m2", "0.5"),
        ("--m2", "nan"),
    ],
)
def test_simulate_refuses_impossible_numbers(capsys, option, value):
    words = [*map(str, GENERIC), option, value]
    error = error_of(capsys, *words)
    assert value.strip("-") in error["given"]


@pytest.mark.parametrize("left_out", ["--energy-mj", "--pulse-ms", "--spot-um", "--profile"])
def test_a_generic_shot_assumes_no_beam(capsys, left_out):
    words = list(GENERIC)
    at = words.index(left_out)
    del words[at : at + 2]
    error = error_of(capsys, *words)
    assert left_out in error["what"] + error["allowed"]


def test_three_of_energy_power_and_pulse_are_too_many(capsys):
    assert "two of" in error_of(capsys, *GENERIC, "--power-w", 20)["allowed"]


def test_a_generic_stack_needs_its_interval(capsys):
    assert error_of(capsys, *GENERIC, "--stack", 2)["what"] == "--stack-interval-ms"


def test_device_limits_hold_on_the_command_line(capsys):
    error = error_of(capsys, "simulate", "--device", "lumenis-ultrapulse-deepfx", "--energy-mj", 500)
    assert error["given"] == "500 mJ"
    assert "2.5 to 50 mJ" in error["allowed"]


def test_contradiction_of_energy_power_and_pulse_on_a_device(capsys):
    words = ("--energy-mj", 20, "--power-w", 30, "--pulse-ms", 2)
    error = error_of(capsys, "simulate", "--device", "lumenis-ultrapulse-deepfx", *words)
    assert "E = P·t" in error["allowed"]


@pytest.mark.parametrize("given", [(), ("--density-pct", 5, "--pitch-um", 500)])
def test_field_wants_one_density(capsys, given):
    words = ("field", *GENERIC[1:], "--pattern", "square", "--area-mm", 5, "--rate-hz", 300)
    assert error_of(capsys, *words, *given)["what"] == "density"


def test_field_without_device_wants_its_rate(capsys):
    words = ("field", *GENERIC[1:], "--pattern", "square", "--area-mm", 5, "--density-pct", 5)
    assert error_of(capsys, *words)["what"] == "--rate-hz"


# --- plan and check -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("verdict", "code"), [("OK", 0), ("WARNED", 0), ("CONDITIONAL", 0), ("DEFERRED", 1), ("REFUSED", 1)]
)
def test_plan_exits_by_its_verdict_and_always_writes(capsys, monkeypatch, tmp_path, verdict, code):
    stand_in(monkeypatch, plan=lambda case, progress: plan(case, verdict=verdict), report=write_report)
    out = tmp_path / "out"
    got, printed, err = call(capsys, "plan", CASE, "--out", out, "--json")
    data = json.loads(printed)
    assert (got, data["verdict"]) == (code, verdict)
    assert sorted(p.name for p in out.iterdir()) == ["figures", "plan.json", "report.html"]
    assert json.loads((out / "plan.json").read_text())["verdict"] == verdict
    assert str(out / "plan.json") in data["files"]
    assert "Planning" in err
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_plan_says_verdict_findings_files_and_disclaimer(capsys, monkeypatch, tmp_path):
    found = (finding("block"), finding("warn"), finding("inform", "note"))
    made = plan(verdict="REFUSED", findings=found)
    stand_in(monkeypatch, plan=lambda case, progress: made, report=write_report)
    _, out, _ = call(capsys, "plan", CASE, "--out", tmp_path / "out")
    assert out.splitlines()[0].endswith("REFUSED")
    assert out.index("T-block") < out.index("T-warn")
    assert "T-inform" not in out
    assert "plan.json" in out
    assert out.rstrip().endswith(DISCLAIMER)


def said(found):
    """The finding with the method that a judgement's findings have."""
    return SimpleNamespace(**found.model_dump(), as_dict=found.model_dump)


@pytest.mark.parametrize(("verdict", "code"), [("OK", 0), ("CONDITIONAL", 0), ("DEFERRED", 1), ("REFUSED", 1)])
def test_check_exits_by_its_answer(capsys, monkeypatch, tmp_path, verdict, code):
    answer = SimpleNamespace(status=verdict, stage="plan", findings=[said(finding("cap"))])

    plan_file = tmp_path / "plan.json"
    plan().save(plan_file)
    stand_in(monkeypatch, check=lambda subject, progress: answer)
    for file in (CASE, plan_file):
        got, out, _ = call(capsys, "check", file, "--json")
        data = json.loads(out)
        assert (got, data["verdict"], data["findings"][0]["rule"]) == (code, verdict, "T-cap")
        assert call(capsys, "check", file)[0] == code


@pytest.mark.parametrize(("verdict", "code"), [("OK", 0), ("REFUSED", 1)])
@pytest.mark.parametrize("changed", [0, 1, 30])
def test_rerun_prints_the_difference(capsys, monkeypatch, tmp_path, verdict, code, changed):
    one = SimpleNamespace(where="zones[0].regime", before=1.0, after=2.0, relative=0.5)
    difference = SimpleNamespace(
        changed=[one] * changed,
        same=not changed,
        version_before="0.0.9",
        version_after="0.1.0",
        after=plan(verdict=verdict),
        as_dict=lambda: {"same": not changed, "changed": [vars(one)] * changed},
    )
    stand_in(monkeypatch, rerun=lambda made, progress: difference)
    plan().save(tmp_path / "plan.json")
    got, out, _ = call(capsys, "rerun", tmp_path / "plan.json")
    assert got == code
    assert out.count("1.0 -> 2.0 (50 %)") == min(changed, 20)
    assert "0.0.9 then, 0.1.0 now" in out
    data = json.loads(call(capsys, "rerun", tmp_path / "plan.json", "--json")[1])
    assert (data["same"], len(data["changed"]), data["verdict"]) == (not changed, changed, verdict)


def test_cite_prints_one_reference_a_line(capsys, monkeypatch, tmp_path):
    stand_in(monkeypatch, cite=lambda made: ("first", "second"))
    plan().save(tmp_path / "plan.json")
    assert call(capsys, "cite", tmp_path / "plan.json")[:2] == (0, "first\nsecond\n")
    assert json.loads(call(capsys, "cite", tmp_path / "plan.json", "--json")[1])["references"] == ["first", "second"]


def test_check_wants_a_case_or_a_plan(capsys, tmp_path):
    assert "*.toml" in error_of(capsys, "check", tmp_path / "plan.yaml")["allowed"]


@pytest.mark.parametrize("command", ["check", "rerun", "cite"])
@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe\x00", b"[1]", b'{"schema": "colonnade.plan/1"}'])
def test_a_file_that_is_no_plan(capsys, tmp_path, command, content):
    file = tmp_path / "plan.json"
    file.write_bytes(content)
    assert "plan.json" in error_of(capsys, command, file)["what"]


@pytest.mark.parametrize("command", ["check", "rerun", "cite"])
def test_a_plan_that_is_not_there_or_a_folder(capsys, tmp_path, command):
    assert error_of(capsys, command, tmp_path / "plan.json")
    (tmp_path / "plan.json").mkdir()
    assert error_of(capsys, command, tmp_path / "plan.json")


def test_a_plan_of_a_version_with_an_erratum_says_so(capsys, monkeypatch, tmp_path):
    from colonnade import catalogue

    erratum = {"affected_versions": ["0.0.9"], "summary": "Depths were too small.", "todo": "Make the plan again."}
    monkeypatch.setattr(catalogue, "ids", lambda kind: ("0001",) if kind == "errata" else ())
    monkeypatch.setattr(catalogue, "load", lambda kind, name: erratum)
    answer = SimpleNamespace(status="OK", stage="plan", findings=())
    stand_in(monkeypatch, check=lambda subject, progress: answer)
    for version, said in (("0.0.9", True), ("0.1.0", False)):
        plan(version=version).save(tmp_path / "plan.json")
        _, _, err = call(capsys, "check", tmp_path / "plan.json")
        assert ("erratum 0001" in err) is said


# --- the library ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", ["devices", "sites", "indications"])
def test_list(capsys, kind):
    from colonnade import catalogue

    code, out, _ = call(capsys, "list", kind, "--json")
    assert code == 0
    assert [entry["id"] for entry in json.loads(out)[kind]] == list(catalogue.ids(kind))
    assert all(name in call(capsys, "list", kind)[1] for name in catalogue.ids(kind))


def test_show_prints_every_value_with_its_source(capsys):
    code, out, _ = call(capsys, "show", "lumenis-ultrapulse-deepfx")
    assert code == 0
    assert "2.5 to 50 mJ" in out
    assert "[assumed: no source gives the power of this handpiece]" in out
    data = json.loads(call(capsys, "show", "lumenis-ultrapulse-deepfx", "--json")[1])
    assert (data["kind"], data["data"]["energy_mJ"]["max"]) == ("devices", 50)


def test_report_env_names_versions_and_nobody(capsys):
    import getpass
    import platform

    code, out, _ = call(capsys, "report-env", "--json")
    data = json.loads(out)
    assert code == 0
    assert data["packages"]["numpy"][0].isdigit()
    assert len(data["library_sha256"]) == 64
    assert platform.node() not in out.split('"')
    assert f"/{getpass.getuser()}/" not in out


# --- internal errors and interruption -------------------------------------------------------------------------
def _raise(error):
    def simulate(*_args, **_options):
        raise error

    return simulate


def test_internal_error_is_one_line_and_3(capsys, monkeypatch):
    stand_in(monkeypatch, simulate=_raise(ZeroDivisionError("of a test")))
    code, out, err = call(capsys, *GENERIC)
    assert (code, out) == (3, "")
    assert "ZeroDivisionError: of a test" in err
    assert "report-env" in err
    assert "Traceback" not in err
    code, out, err = call(capsys, *GENERIC, "--json", "--debug")
    assert code == 3
    assert json.loads(out)["error"]["what"] == "internal error"
    assert "Traceback" in err


def test_a_nan_in_a_result_is_an_internal_error_not_json(capsys, monkeypatch):
    import dataclasses

    def simulate(shot, skin, **_):
        return dataclasses.replace(lesion(shot, skin), crater_depth_um=float("nan"))

    stand_in(monkeypatch, simulate=simulate)
    code, out, _ = call(capsys, *GENERIC, "--json")
    assert code == 3
    assert json.loads(out)["error"]["what"] == "internal error"


def test_ctrl_c_is_130_and_one_json_object(capsys, monkeypatch):
    stand_in(monkeypatch, simulate=_raise(KeyboardInterrupt()))
    code, out, _ = call(capsys, *GENERIC, "--json")
    assert code == 130
    assert json.loads(out)["error"]["what"] == "interrupted"


# --- how it is printed ----------------------------------------------------------------------------------------
def test_no_escape_codes_away_from_a_terminal():
    for words in (("--help",), ("list", "devices"), ("show", "chek")):
        done = terminal(*words, env={"TERM": "xterm-256color"})
        assert "\x1b" not in done.stdout + done.stderr


@pytest.mark.parametrize(("env", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
def test_colours_on_a_terminal_only_if_wanted(env, coloured):
    """A pseudo-terminal: what a person sees."""
    import os
    import pty
    import subprocess
    import sys

    ours, theirs = pty.openpty()
    plain = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR", "COLORTERM")}
    script = "from colonnade.cli.output import say; say('x: REFUSED', style='bold red')"
    subprocess.run(
        [sys.executable, "-c", script], stdout=theirs, env={**plain, "TERM": "xterm-256color", **env}, check=True
    )
    os.close(theirs)
    seen = os.read(ours, 1000).decode()
    os.close(ours)
    assert "REFUSED" in seen
    assert ("\x1b" in seen) is coloured


def test_a_reader_that_goes_away_is_no_error():
    import subprocess
    import sys

    from tests.unit.cli_fakes import ROOT

    script = f"{sys.executable} -c 'from colonnade.cli.main import run; run()' show cheek | head -1"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {script}"], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_terminal_without_micro_signs():
    done = terminal("show", "cheek", env={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0
    data = json.loads(terminal("show", "cheek", "--json", env={"PYTHONIOENCODING": "ascii"}).stdout)
    assert data["id"] == "cheek"


@pytest.fixture
def clock(monkeypatch):
    """Seconds that pass only when the test says so."""
    now = [0.0]
    monkeypatch.setattr(output.time, "monotonic", lambda: now[0])
    return now


def test_plain_progress_says_each_stage_and_each_tenth_once(capsys, clock):
    with output.progress("Working") as tell:
        clock[0] = 1.5
        for i in range(100):
            tell("first", i / 100, f"step {i}")
        tell("second", 0.0, "begins")
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "Working"
    assert len(lines) == 1 + 10 + 1  # title, ten tenths of the first stage (0 to 90 %), the second stage
    assert "second" in lines[-1]


def test_plain_progress_breaks_a_silence_and_spares_short_work(capsys, clock):
    with output.progress("Working") as tell:
        tell("a", 0.5, "within a second")
        for second in (2, 3, 9):
            clock[0] = second
            tell("a", 0.55, f"at {second} s")
    lines = capsys.readouterr().err.splitlines()
    assert [line.split()[-2] for line in lines[1:]] == ["2", "9"]


@pytest.mark.parametrize(
    ("value", "text"),
    [(412.34, "412"), (0.0123, "0.0123"), (12345.6, "12346"), (0.0, "0"), (1.5e-7, "1.50e-07"), (None, "–"), (5, "5")],
)
def test_numbers_have_three_digits_and_no_exponent_where_people_read(value, text):
    assert output.number(value) == text


def test_every_command_has_its_own_help_line():
    # serve runs until it is stopped: it has no JSON to give, and its own tests
    assert {c.name for c in main.app.registered_commands} == {*COMMANDS, "serve"}
