"""Every strategy has one flat name, and it is the same in the sweep file, in the options and in the results."""

import dataclasses
import inspect
import json
from pathlib import Path

import h5py
import pytest

from colonnade.calibration import sweeps
from colonnade.cli import cut, passes
from colonnade.cli.strategies import WORDS, option_of
from colonnade.errors import BadInput
from colonnade.laser import Shot
from colonnade.photothermal import Film, Losses, Physics, naming
from colonnade.photothermal.cutting import CUT_KNOWS, simulate_cut
from colonnade.photothermal.strategies import Ablation, Options
from colonnade.photothermal.tilted import KNOWS, Beam, Block, simulate_volume
from colonnade.tissue import skin
from tests.unit.cli_fakes import GENERIC, call, error_of, lesion, stand_in

CHEEK = skin("cheek")
COARSE = ("--dr-um", 8, "--dz-um", 8, "--until-ms", 1)
#: One value per parameter that is allowed and not the default.
OTHER = {
    "eta": 0.7, "kappa_per_mm": 1.0, "f_wall": 0.2, "f_v": 0.5, "t_abl_C": 300.0, "char": "no", "pyrolysis_kJ_g": 1.0,
    "wall_bounces": 2, "film_um": 25.0, "film_kind": "blood", "refill_share": 0.4, "refill_tau_ms": 20.0,
    "refill_water": 0.7, "collagen": "pearce", "steam": "recondenses", "until_ms": 2.0, "cooling_step": 0.05,
    "h_surface_W_m2K": 300.0, "medium_C": 4.0, "precool_ms": 10.0, "perfusion_per_s": 5e-4, "reflectance": 0.02,
    "conduction": "off", "divergence": "off", "mu_constant_per_cm": 600.0, "mu_slope_per_K": 0.0,
    "k_slope_per_K": 0.0, "c_water_J_kgK": 4000.0, "dr_um": 6.0, "dz_um": 6.0, "mesh_ratio": 1.2, "reach_mm": 2.0,
}  # fmt: skip


def test_every_field_of_every_strategy_has_a_name():
    fields = {(s.name, f.name) for s in dataclasses.fields(Options) for f in dataclasses.fields(naming.KINDS[s.name])}
    assert {(p.strategy, p.field) for p in naming.PARAMETERS.values()} == fields
    assert set(OTHER) == set(naming.PARAMETERS)


def test_options_and_sweeps_know_the_same_names():
    assert set(WORDS) == set(naming.PARAMETERS)
    assert set(naming.PARAMETERS) < set(sweeps.known_parameters())
    for name, (_, kind, text) in WORDS.items():
        words = naming.PARAMETERS[name].words
        assert kind == tuple(words) if words else kind in (int, float)
        assert text.endswith(".")
    assert set(cut.KNOWS) == CUT_KNOWS
    assert set(passes.KNOWS) < set(WORDS)


def test_the_sweep_page_lists_every_name():
    page = (Path(__file__).parents[2] / "docs" / "file-formats" / "sweep.md").read_text(encoding="utf-8")
    assert [name for name in naming.PARAMETERS if f"`{name}`" not in page] == []


@pytest.mark.parametrize("name", OTHER)
def test_there_and_back(name):
    options = Options(**naming.strategies_of({name: OTHER[name]}))
    assert naming.stated_in(options)[name] == OTHER[name]
    usual = naming.stated_in(Options())
    assert {n: v for n, v in naming.stated_in(options).items() if v != usual[n]} == {name: OTHER[name]}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("wall_bounces", 6), ("wall_bounces", 1.5), ("film_um", -1.0), ("film_um", float("nan")),
        ("film_kind", "honey"),
        ("refill_share", 1.2), ("refill_tau_ms", 0.0), ("refill_water", 0.1), ("collagen", "fast"), ("steam", "stays"),
        ("pyrolysis_kJ_g", -1.0), ("medium_C", 500.0), ("perfusion_per_s", 1.0), ("conduction", "maybe"),
        ("mu_slope_per_K", -1.0), ("cooling_step", 0.9), ("dr_um", 0.0), ("mesh_ratio", 2.0), ("eta", 0.0),
        ("f_v", "all"),
    ],
)  # fmt: skip
def test_a_refusal_names_the_parameter_as_it_was_typed(name, value):
    with pytest.raises(BadInput) as refused:
        naming.strategies_of({name: value})
    assert refused.value.what == name


def test_an_unknown_name_is_refused_with_a_near_one():
    with pytest.raises(BadInput, match='"film_um"'):
        naming.strategies_of({"film_mm": 1.0})


# --- simulate ---------------------------------------------------------------------------------------------------------
def test_options_reach_the_engine(capsys, monkeypatch):
    """Only what was typed: the rest keeps the engine's own defaults."""
    asked = []

    def engine(shot, where, *, progress=None, **strategies):
        asked.append(strategies)
        return lesion(shot, where)

    stand_in(monkeypatch, simulate=engine)
    words = [w for name, value in OTHER.items() for w in (option_of(name), value)]
    assert call(capsys, *GENERIC, "--no-intervals", "--json", *words)[0] == 0
    assert call(capsys, *GENERIC, "--no-intervals", "--json", "--film-um", 20)[0] == 0
    assert asked[0] == naming.strategies_of(OTHER)
    assert asked[1] == {"film": Film(20.0)}


def test_the_result_lists_every_strategy_with_its_values(capsys):
    words = ("--wall-bounces", 1, "--film-um", 10, "--film-kind", "cream", "--steam", "recondenses", *COARSE)
    code, out, _ = call(capsys, *GENERIC, "--no-intervals", "--json", *words)
    listed = json.loads(out)["provenance"]["strategies"]
    assert code == 0
    chosen = {"wall_bounces": 1, "film_um": 10.0, "film_kind": "cream", "steam": "recondenses", "until_ms": 1.0,
              "dr_um": 8.0, "dz_um": 8.0}  # fmt: skip
    assert listed == naming.plain(Options(**naming.strategies_of(chosen)))


@pytest.mark.parametrize(
    ("option", "value"),
    [("--wall-bounces", 9), ("--film-um", -1), ("--refill-share", 2), ("--film-kind", "honey"), ("--medium-c", 300)],
)
def test_simulate_refuses(capsys, option, value):
    error = error_of(capsys, *GENERIC, option, value)
    assert error["what"] in (option, option.removeprefix("--").replace("-", "_").replace("medium_c", "medium_C"))


def test_the_help_is_in_groups_with_an_example(capsys):
    code, out, _ = call(capsys, "simulate", "--help")
    assert code == 0
    for panel in {panel for panel, _, _ in WORDS.values()} | {"Beam"}:
        assert f"\n{panel}:\n" in out
    assert "--wall-bounces 3" in out.split("Example:")[1]


def test_intervals_are_those_of_the_strategies_stated(capsys, monkeypatch):
    """A film over the skin must be on it in the draws as well; losses and mesh are the interval's own."""
    asked = []

    class Spans:
        def as_dict(self):
            return {}

    def interval(shot, where, *, lesion, losses, **strategies):
        asked.append(strategies)
        return Spans()

    monkeypatch.setattr("colonnade.calibration.interval", interval)
    call(capsys, *GENERIC, "--json", "--film-um", 10, "--eta", 0.5, *COARSE)
    assert set(asked[0]) == {"film", "cooling"}


# --- sweeps -----------------------------------------------------------------------------------------------------------
def test_a_sweep_varies_strategies_and_keeps_the_defaults(capsys, tmp_path):
    path, out = tmp_path / "sweep.toml", tmp_path / "s.h5"
    path.write_text(
        'schema = "colonnade.sweep/1"\n[fixed]\nsite = "cheek"\nenergy_mJ = 5.0\npulse_ms = 0.2\nspot_um = 120\n'
        "dr_um = 8.0\ndz_um = 8.0\nuntil_ms = 1.0\nwall_bounces = 1\n"
        '[vary]\nfilm_um = [0.0, 100.0]\nfilm_kind = ["water", "honey"]\n',
        encoding="utf-8",
    )
    outcome = sweeps.sweep(sweeps.load(path).cases(), sweeps.simulate_case, out, executor=_here)
    assert (outcome.done, outcome.failed) == (2, 2)
    with h5py.File(out) as file:
        bare, _, covered, _ = file["outputs/crater_depth_um"][:]
        assert covered < bare - 50
        assert b"film_kind" in file["reason"][1]
        assert json.loads(file.attrs["strategies_by_default"]) == naming.stated_in(Options())


@pytest.mark.parametrize("name", ["sweep-energy.toml", "sweep-crater.toml"])
def test_the_bundled_sweeps_run(name):
    """Every case of the file is read; the last, which has all there is to switch on, runs on a coarse mesh."""
    cases = sweeps.load(Path(__file__).parents[2] / "examples" / name).cases()
    answer = sweeps.simulate_case({**cases[-1], "dr_um": 6.0, "dz_um": 8.0, "until_ms": 1.0})
    assert answer["crater_depth_um"] > 0
    assert answer["energy_closure_error"] < 1e-6


def _here():
    import contextlib

    from tests.unit.test_sweeps import Here

    return contextlib.nullcontext(Here())


# --- solvers that have fewer ------------------------------------------------------------------------------------------
SHOT = Shot(energy_mJ=2, pulse_ms=0.2, spot_um=120)
HERE = (Beam(SHOT, 100, 100),)


@pytest.mark.parametrize("name", sorted(set(naming.PARAMETERS) - KNOWS))
def test_three_dimensions_refuse_what_they_lack(name):
    """Every parameter outside KNOWS is named in the refusal, with the list of what there is."""
    with pytest.raises(BadInput, match="does not have it") as refused:
        naming.refuse_others("three dimensions", KNOWS, **naming.strategies_of({name: OTHER[name]}))
    assert refused.value.what == name
    assert "film_um" in refused.value.allowed


@pytest.mark.parametrize(
    "strategies",
    [
        {"losses": Losses(f_wall=0.2)},
        {"ablation": Ablation(pyrolysis_kJ_g=1)},
        {"physics": Physics(perfusion_per_s=1e-3)},
    ],
)
def test_the_solvers_ask_before_they_run(strategies):
    with pytest.raises(BadInput, match="does not have it"):
        simulate_volume(HERE, CHEEK, Block(200, 200, 200), **strategies)
    shot = Shot(energy_mJ=20, pulse_ms=10, spot_um=120)
    with pytest.raises(BadInput, match="does not have it"):
        simulate_cut(shot, CHEEK, speed_mm_s=100, **strategies)
    with pytest.raises(BadInput, match="does not have it"):
        simulate_cut(shot, CHEEK, speed_mm_s=100, physics=Physics(precool_ms=5))


def test_what_a_solver_knows_is_a_keyword_of_it():
    """The names in KNOWS belong to strategies that `simulate_volume` takes."""
    names = {naming.PARAMETERS[name].strategy for name in KNOWS}
    taken = set(inspect.signature(simulate_volume).parameters)
    assert names == {"losses", "ablation", "physics", "kinetics", "film"} <= taken
