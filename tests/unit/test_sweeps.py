"""Sweeps: streamed, resumable, and no worker's death or case's failure is the end of them."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager

import h5py
import numpy as np
import pytest

from colonnade.calibration import sweeps
from colonnade.errors import BadInput
from tests.unit import sweep_cases
from tests.unit.cli_fakes import ROOT, call, error_of

CASES = [{"x": x} for x in range(8)]


class Here(Executor):
    """Runs at once, in this process."""

    def submit(self, fn, /, *args, **kwargs):
        future = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


@contextmanager
def here():
    yield Here()


def columns(path):
    with h5py.File(path) as f:
        return {name: f[name][:] for name in ("status", "reason", "seconds", "outputs/y_um", "outputs/word")}


def test_every_case_is_a_row(tmp_path):
    seen = []
    out = tmp_path / "s.h5"
    outcome = sweeps.sweep(
        CASES, sweep_cases.square, out, executor=here, progress=lambda d, t, left: seen.append((d, t, left))
    )
    assert (outcome.total, outcome.done, outcome.failed, outcome.cancelled) == (8, 8, 0, False)
    got = columns(out)
    assert got["outputs/y_um"].tolist() == [x * x for x in range(8)]
    assert got["outputs/word"][1] == b"odd"
    assert seen[-1][:2] == (8, 8)
    assert seen[-1][2] == 0
    with h5py.File(out) as f:
        assert np.isnan(f["outputs/nothing"][:]).all()
        assert f["inputs/x"][:].tolist() == list(range(8))


def test_a_failed_case_is_a_row_with_its_reason(tmp_path):
    outcome = sweeps.sweep(CASES, sweep_cases.square_or_fail, tmp_path / "s.h5", executor=here)
    assert (outcome.done, outcome.failed) == (7, 1)
    got = columns(tmp_path / "s.h5")
    assert got["status"][3] == sweeps.FAILED
    assert got["reason"][3] == b"ValueError: three is refused"
    assert np.isnan(got["outputs/y_um"][3])


def test_stopping_keeps_what_is_done_and_a_rerun_does_the_rest(tmp_path):
    done = []

    def stop_at_four(case):
        if len(done) == 4:
            raise KeyboardInterrupt
        done.append(case["x"])
        return sweep_cases.square(case)

    out = tmp_path / "s.h5"
    first = sweeps.sweep(CASES, stop_at_four, out, executor=here, in_flight=1)
    assert (first.done, first.cancelled) == (4, True)
    again = []

    def count(case):
        again.append(case["x"])
        return sweep_cases.square(case)

    second = sweeps.sweep(CASES, count, out, executor=here)
    assert (second.done, second.cancelled) == (8, False)
    assert again == [4, 5, 6, 7]
    assert columns(out)["outputs/y_um"].tolist() == [x * x for x in range(8)]


def test_results_of_another_sweep_are_not_touched(tmp_path):
    out = tmp_path / "s.h5"
    sweeps.sweep(CASES, sweep_cases.square, out, executor=here)
    before = out.read_bytes()
    with pytest.raises(BadInput, match="another sweep"):
        sweeps.sweep(CASES[:-1], sweep_cases.square, out, executor=here)
    assert out.read_bytes() == before


def test_a_file_that_is_no_result_is_not_touched(tmp_path):
    out = tmp_path / "s.h5"
    out.write_text("a diary")
    with pytest.raises(BadInput):
        sweeps.sweep(CASES, sweep_cases.square, out, executor=here)
    assert out.read_text() == "a diary"


def test_in_flight_bounds_what_is_handed_out(tmp_path):
    most = 0
    waiting = set()

    class Counting(ThreadPoolExecutor):
        def submit(self, fn, /, *args, **kwargs):
            nonlocal most
            future = super().submit(fn, *args, **kwargs)
            waiting.add(future)
            most = max(most, sum(not f.done() for f in waiting))
            return future

    sweeps.sweep(
        [{"x": x, "folder": str(tmp_path)} for x in range(8)],
        sweep_cases.slow_square,
        tmp_path / "s.h5",
        executor=lambda: Counting(2),
        in_flight=3,
    )
    assert most <= 3


def test_a_killed_process_costs_its_attempt_only(tmp_path):
    """A real pool, a real SIGKILL: the case is tried again and every row is there."""
    cases = [{"x": x, "marker": str(tmp_path / "died")} for x in range(6)]
    out = tmp_path / "s.h5"
    outcome = sweeps.sweep(cases, sweep_cases.die_once, out, executor=lambda: sweeps.processes(2))
    assert (tmp_path / "died").exists()
    assert (outcome.done, outcome.failed) == (6, 0)


def test_a_case_that_always_kills_its_process_is_a_failed_row(tmp_path):
    out = tmp_path / "s.h5"
    cases = [{"x": x} for x in range(4)]
    outcome = sweeps.sweep(cases, sweep_cases.always_die, out, executor=lambda: sweeps.processes(1))
    assert (outcome.done, outcome.failed) == (3, 1)
    assert columns(out)["reason"][2] == b"its worker process died 3 times"


DASK = """
import json, sys
from pathlib import Path
from colonnade.calibration import sweeps
from tests.unit import sweep_cases
folder, address = sys.argv[1:]
cases = [{"x": x, "folder": folder} for x in range(40)]
o = sweeps.sweep(cases, sweep_cases.slow_square, Path(folder) / "s.h5", executor=lambda: sweeps.cluster(address))
print(json.dumps([o.total, o.done, o.failed]))
"""


def start(*words):
    return subprocess.Popen(
        [sys.executable, "-m", *words], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def wait_for(what, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := what():
            return found
        time.sleep(0.05)
    raise AssertionError("waited in vain")


def test_dask_with_two_workers_one_of_which_is_killed(tmp_path):
    """A real scheduler, two real worker processes; one is killed with work in hand; every row arrives."""
    contact = tmp_path / "scheduler.json"
    running = [
        start(
            "distributed.cli.dask_scheduler",
            "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(contact),
        )
    ]  # fmt: skip
    try:
        address = wait_for(lambda: contact.exists() and contact.read_text() and json.loads(contact.read_text()))[
            "address"
        ]
        # without a nanny nobody restarts the worker that is killed
        options = (address, "--no-nanny", "--nthreads", "1", "--no-dashboard", "--local-directory", str(tmp_path))
        running += [start("distributed.cli.dask_worker", *options) for _ in range(2)]
        sweep = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(DASK), str(tmp_path), address],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        both = {str(worker.pid) for worker in running[1:]}
        wait_for(lambda: both <= {p.name.rpartition("-")[2] for p in tmp_path.glob("[0-9]*-*")})
        os.kill(running[1].pid, signal.SIGKILL)
        out, err = sweep.communicate(timeout=120)
        assert sweep.returncode == 0, err
        assert json.loads(out) == [40, 40, 0]
    finally:
        for process in running:
            process.kill()
            process.wait()
    assert columns(tmp_path / "s.h5")["outputs/y_um"].tolist() == [x * x for x in range(40)]


def test_a_cluster_that_is_not_there_is_refused(tmp_path):
    code = "from colonnade.calibration import sweeps\nwith sweeps.cluster('tcp://127.0.0.1:9', timeout_s=1): pass"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert "BadInput" in done.stderr
    assert "reachable scheduler" in done.stderr


# --- the file -------------------------------------------------------------------------------------------------
def spec(tmp_path, text):
    path = tmp_path / "sweep.toml"
    path.write_text('schema = "colonnade.sweep/1"\n' + text, encoding="utf-8")
    return path


def test_a_grid_is_the_product_of_its_axes(tmp_path):
    energies = 'energy_mJ = { low = 1.0, high = 100.0, n = 3, scale = "log" }'
    text = f'[fixed]\nspot_um = 120\n[vary]\nsite = ["cheek", "neck"]\n{energies}\n'
    cases = sweeps.load(spec(tmp_path, text)).cases()
    assert len(cases) == 6
    assert cases[1] == {"spot_um": 120, "site": "cheek", "energy_mJ": pytest.approx(10.0)}


def test_a_sobol_sample_stays_within_its_spans(tmp_path):
    energies = 'energy_mJ = { low = 1.0, high = 100.0, scale = "log" }'
    text = f'sample = "sobol"\nn = 50\n[vary]\n{energies}\neta = {{ low = 0.2, high = 0.9 }}\n'
    cases = sweeps.load(spec(tmp_path, text)).cases()
    assert len(cases) == 50
    assert all(1 <= c["energy_mJ"] <= 100 and 0.2 <= c["eta"] <= 0.9 for c in cases)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("[vary]\nenergy_mj = [1.0]\n", "energy_mJ"),
        ("[vary]\nenergy_mJ = []\n", "at least one value"),
        ("[vary]\nenergy_mJ = { low = 3.0, high = 1.0 }\n", "low below high"),
        ('sample = "sobol"\n[vary]\nenergy_mJ = [1.0]\n', "n with sample"),
        ("[fixed]\nenergy_mJ = 3\n[vary]\nenergy_mJ = [1.0]\n", "fixed or varied"),
        ("[vary]\nenergy_mJ = [nan]\n", "finite"),
        ("[vary\n", "TOML"),
    ],
)
def test_a_bad_file_is_refused(tmp_path, text, hint):
    with pytest.raises(BadInput) as refused:
        sweeps.load(spec(tmp_path, text)).cases()
    assert hint in str(refused.value)


def test_too_many_cases_are_refused(tmp_path):
    text = "[vary]\neta = { low = 0.1, high = 1.0, n = 2000 }\nenergy_mJ = { low = 1.0, high = 9.0, n = 2000 }\n"
    with pytest.raises(BadInput, match="4,000,000"):
        sweeps.load(spec(tmp_path, text)).cases()


# --- the command ----------------------------------------------------------------------------------------------
def test_the_command_sweeps_and_resumes(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(sweeps, "processes", lambda count: here())
    monkeypatch.setattr(sweeps, "simulate_case", lambda case: {"y_um": 2.0})
    path, out = spec(tmp_path, "[vary]\nenergy_mJ = [5.0, 10.0]\n"), tmp_path / "r.h5"
    for _ in range(2):
        code, printed, _ = call(capsys, "sweep", path, "--workers", 1, "--out", out, "--json")
        assert code == 0
        assert {k: json.loads(printed)[k] for k in ("total", "done", "failed")} == {"total": 2, "done": 2, "failed": 0}


def test_the_command_refuses_two_kinds_of_workers(capsys, tmp_path):
    path = spec(tmp_path, "[vary]\nenergy_mJ = [5.0]\n")
    error = error_of(capsys, "sweep", path, "--workers", 1, "--cluster", "tcp://127.0.0.1:9")
    assert error["what"] == "--workers"


def test_an_interrupted_command_exits_130(capsys, tmp_path, monkeypatch):
    def stop(case):
        raise KeyboardInterrupt

    monkeypatch.setattr(sweeps, "processes", lambda count: here())
    monkeypatch.setattr(sweeps, "simulate_case", stop)
    code, _, err = call(capsys, "sweep", spec(tmp_path, "[vary]\nenergy_mJ = [5.0]\n"), "--out", tmp_path / "r.h5")
    assert code == 130
    assert "run again for the rest" in err


def test_a_case_of_the_engine(tmp_path):
    """One real column through the whole way; an impossible one is a row."""
    fixed = 'spot_um = 120\npower_W = 30.0\nsite = "cheek"\ndr_um = 6.0\ndz_um = 8.0'
    text = f"[fixed]\n{fixed}\n[vary]\nenergy_mJ = [5.0, -1.0]\n"
    cases = sweeps.load(spec(tmp_path, text)).cases()
    out = tmp_path / "s.h5"
    outcome = sweeps.sweep(cases, sweeps.simulate_case, out, executor=here)
    assert (outcome.done, outcome.failed) == (1, 1)
    with h5py.File(out) as f:
        assert f["outputs/crater_depth_um"][0] > 50
        assert f["outputs/energy_closure_error"][0] < 1e-6
        assert f["outputs/regime"][0] == b"clean_ablation"
        assert b"energy_mJ" in f["reason"][1]


@pytest.mark.parametrize(
    ("power", "said"), [({"power_W": 30.0, "pulse_ms": 5.0}, "together"), ({"power_W": 0.0}, "power_W")]
)
def test_a_pulse_that_is_given_twice_or_by_no_power_is_refused(power, said):
    with pytest.raises(BadInput, match=said):
        sweeps.simulate_case({"energy_mJ": 5.0, "spot_um": 120.0, "profile": "gaussian"} | power)


def test_a_case_without_a_site_is_of_the_cheek_and_a_device_takes_the_fields_of_a_beam():
    case = {"device": "lumenis-ultrapulse-deepfx", "energy_mJ": 5.0, "m2": 3.0}
    cheek = sweeps.simulate_case(case | {"site": "cheek"})
    assert sweeps.simulate_case(case)["crater_depth_um"] == cheek["crater_depth_um"]
    assert sweeps.simulate_case(case | {"m2": 1.2})["crater_depth_um"] != cheek["crater_depth_um"]
