"""Synthetic results for the tests of the command line: shapes are real, numbers are not a prediction."""

import json
import os
import subprocess
import sys
import types
from pathlib import Path

import numpy as np

import colonnade
from colonnade.case import Case
from colonnade.cli import main
from colonnade.photothermal.lesion import EnergyAudit, Lesion, LesionFields, RadiusProfile, Validity
from colonnade.planning.model import Finding, Plan

ROOT = Path(__file__).parents[2]
CASE = ROOT / "examples" / "acne-scar-cheek.toml"
#: A beam stated in full, without a device.
GENERIC = ("simulate", "--energy-mj", 20, "--pulse-ms", 1, "--spot-um", 120, "--profile", "gaussian", "--site", "cheek")


def terminal(*words, env=None, cwd=None, timeout=280):
    """`colonnade` in a process of its own, as a script would call it."""
    return subprocess.run(
        [sys.executable, "-c", "from colonnade.cli.main import run; run()", *map(str, words)],
        capture_output=True,
        text=True,
        cwd=cwd or ROOT,
        env={**os.environ, **(env or {})},
        timeout=timeout,
        check=False,
    )


def call(capsys, *words):
    """(exit code, stdout, stderr) of a command line run in this process."""
    code = main.main([str(w) for w in words])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def error_of(capsys, *words):
    """The error object of a command line that must be refused as bad input, through `--json`."""
    code, out, _ = call(capsys, *words, "--json")
    data = json.loads(out)  # exactly one JSON object: trailing text would not parse
    assert code == 2
    assert set(data) == {"error"}
    assert set(data["error"]) == {"what", "given", "allowed", "todo"}
    assert all(data["error"].values()), data
    return data["error"]


def lesion(shot, skin):
    n_r, n_z = 3, 4
    cells = np.zeros((n_r, n_z))
    r = np.linspace(0, 3e-4, n_r + 1)
    z = np.linspace(0, 8e-4, n_z + 1)
    removed = np.zeros((n_r, n_z), dtype=bool)
    removed[0, :2] = True
    depth = np.array([0.0, 200.0, 400.0])
    return Lesion(
        shot=shot,
        skin=skin,
        crater_depth_um=400.0,
        crater_width_surface_um=200.0,
        crater_width_mid_um=180.0,
        ablated_volume_mm3=0.01,
        rim_bottom_um=40.0,
        rim_side_um=25.0,
        coagulation_depth_um=440.0,
        coagulation_width_surface_um=260.0,
        necrosis_depth_um=500.0,
        necrosis_depth_weaver_stoll_um=480.0,
        residual_heat_mJ=4.0,
        regime="clean_ablation",
        energy=EnergyAudit(shot.energy_mJ, 0.0, 0.0, 0.0, 0.0, shot.energy_mJ, 0.0),
        validity=Validity("outside", ("synthetic numbers of a test",)),
        profile=RadiusProfile(depth, depth / 4, depth / 3, depth / 3, depth / 2),
        fields=LesionFields(
            r, z, removed, removed & False, cells + 306, cells + 400, cells + 1, cells - np.inf, cells, cells
        ),
        assumptions=("none of this is computed",),
        provenance={"version": colonnade.__version__, "inputs_sha256": "0" * 64},
    )


def finding(severity, outcome="fail"):
    return Finding(
        rule=f"T-{severity}",
        severity=severity,
        outcome=outcome,
        given="20 mJ",
        allowed="at most 10 mJ",
        reason="A rule of a test.",
        todo="Lower it.",
        source="a test",
        basis="unsourced",
    )


def plan(case=None, *, verdict="OK", findings=(), version=colonnade.__version__):
    case = case or Case.load(CASE)
    return Plan.model_validate(
        {
            "schema": "colonnade.plan/1",
            "title": case.title,
            "disclaimer": colonnade.DISCLAIMER,
            "synthetic": True,
            "case": case.plain(),
            "verdict": verdict,
            "findings": findings,
            "indication_title": "A synthetic indication",
            "phototype": case.patient.phototype,
            "device_id": case.device.id,
            "device_name": "A synthetic device",
            "device_built_from": "published operating points, not maker data",
            "validity_status": "outside",
            "provenance": {
                "version": version,
                "schema_version": "1",
                "inputs_sha256": "0" * 64,
                "library_sha256": {},
                "dependencies": {},
                "created": "2026-01-01T00:00:00Z",
                "seconds": 0.0,
            },
        }
    )


def stand_in(monkeypatch, **functions):
    """Put synthetic functions where the command line looks: ``simulate``, ``plan``, ``check``, ``report``, …"""
    rooms = {"simulate": "photothermal", "report": "reporting"}
    for name, function in functions.items():
        room = f"colonnade.{rooms.get(name, 'planning')}"
        try:
            module = __import__(room, fromlist=[name])
        except ModuleNotFoundError:
            module = types.ModuleType(room)
            monkeypatch.setitem(sys.modules, room, module)
        monkeypatch.setattr(module, name, function, raising=False)


def write_report(_plan, out):
    """A report of two files, as `reporting.report` would write more of them."""
    out = Path(out)
    (out / "figures").mkdir()
    paths = [out / "report.html", out / "figures" / "column.svg"]
    for path in paths:
        path.write_text("synthetic", encoding="utf-8")
    return paths


def edited_case(folder, *edits, append=""):
    """The bundled case with pieces of text replaced, in a file of its own."""
    text = CASE.read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new)
    path = folder / "case.toml"
    path.write_text(text + append, encoding="utf-8")
    return path
