"""`selfcheck` on this machine, and that it can say no."""

import json
import math

import pytest

from colonnade.cli import main as cli
from colonnade.photothermal import heat, selfcheck
from colonnade.photothermal.selfcheck import Check


@pytest.fixture(scope="module")
def checks():
    return selfcheck.selfcheck()


def test_all_cases_hold(checks):
    assert not [check for check in checks if not check.passed]
    assert {check.case for check in checks} >= {"V1", "V4", "V7", "V7b", "V8", "V10", "V13", "V17", "V18"}


def test_not_a_number_fails():
    assert not Check("V1", "x", "K", 1.0, math.nan, 0.5, 0.0).passed
    assert not Check("V18", "x", "1", 0.0, math.nan, 1e-6, 0.0).passed


def test_half_the_diffusivity_is_seen(monkeypatch):
    """The defect of a known peer: conductances halved. V10 and V2 must fail."""
    real = heat.conductances

    def halved(n_i, n_k, conductivity, r_edges, dz, g_r, g_z):
        real(n_i, n_k, conductivity, r_edges, dz, g_r, g_z)
        g_r *= 0.5
        g_z *= 0.5

    monkeypatch.setattr(heat, "conductances", halved)
    monkeypatch.setattr(selfcheck, "CASES", (selfcheck._v1_v2, selfcheck._v10))
    failed = {check.case for check in selfcheck.selfcheck() if not check.passed}
    assert failed == {"V2", "V10"}


def test_the_command(capsys, monkeypatch):
    monkeypatch.setattr(selfcheck, "CASES", (selfcheck._v13,))
    assert cli.main(["selfcheck", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["passed"]
    assert {row["case"] for row in data["checks"]} == {"V13"}
    monkeypatch.setattr(selfcheck, "CASES", (_wrong,))
    assert cli.main(["selfcheck"]) == 1
    assert "FAILED" in capsys.readouterr().out


def _wrong():
    yield "V0", "one is two", "1", 2.0, 1.0, 1e-3
