"""V18: what must hold on every run, and that the checks can fail."""

import dataclasses
import itertools

import numpy as np
import pytest

from colonnade.errors import BadInput
from colonnade.laser import Shot
from colonnade.photothermal import NO_LOSSES, Ablation, Cooling, Losses, Mesh, engine, pulse, simulate
from colonnade.photothermal.cooling import cool
from colonnade.photothermal.strategies import Options
from colonnade.tissue import skin
from colonnade.units import to_si

CHEEK = skin("cheek")
SHORT = Cooling(until_ms=10)


def shot(**changes):
    return Shot(**{"energy_mJ": 10, "pulse_ms": 0.4, "spot_um": 120, **changes})


CASES = {
    "gaussian": (shot(), {}),
    "tophat": (shot(profile="tophat"), {"losses": NO_LOSSES}),
    "supergaussian": (shot(profile="supergaussian", order=4), {}),
    "defocused": (shot(focus_depth_um=-2000), {"losses": NO_LOSSES}),
    "stack": (shot(energy_mJ=5, stack=3, stack_interval_ms=5), {}),
    "stack of defocused top-hats": (shot(energy_mJ=5, profile="tophat", focus_depth_um=-2000, stack=2), {}),
    "plume by depth and warm wall": (shot(), {"losses": Losses(0.5, 2.0, 0.2)}),
    "steam kept": (shot(), {"cooling": Cooling(until_ms=10, recondense=True)}),
    "steam kept by a flat stack": (
        shot(energy_mJ=125, pulse_ms=0.1, spot_um=1500, profile="tophat", stack=3, stack_interval_ms=1000),
        {"cooling": Cooling(recondense=True), "mesh": Mesh(dr_um=94, dz_um=1.0, ratio=1.2, reach_mm=2.3)},
    ),
    "partial vaporisation": (shot(), {"ablation": Ablation(f_v=0.5)}),
    "char": (shot(energy_mJ=20, pulse_ms=20, spot_um=250, profile="tophat"), {}),
    "warming": (shot(energy_mJ=0.5, spot_um=1000), {}),
    "large spot": (shot(energy_mJ=60, pulse_ms=2, spot_um=1300), {}),
}


@pytest.mark.parametrize("name", CASES)
def test_a_energy_closes(name):
    """1e-6 is the promise; rounding alone is what is left (1e-11 would still pass)."""
    beam, options = CASES[name]
    lesion = simulate(beam, CHEEK, **{"cooling": SHORT, **options})
    assert lesion.energy.closure_error < 1e-9
    assert lesion.energy.delivered_mJ == pytest.approx(beam.total_energy_mJ, rel=1e-12)
    terms = dataclasses.asdict(lesion.energy)
    assert all(value >= 0 for value in terms.values())
    assert lesion.residual_heat_mJ == lesion.energy.tissue_mJ


@pytest.mark.parametrize("slot", ["REFLECTED", "PLUME", "EJECTED", "VAPOUR"])
def test_a_dropped_term_is_seen(slot):
    """Without one of its terms the audit does not close, and no lesion comes out."""
    options = Options(cooling=SHORT)
    column = engine.build(shot(), CHEEK, options)
    column.fire(shot())
    cool(column, until_s=0.01)
    assert engine.audit(column).closure_error < 1e-9
    column.ledger[getattr(pulse, slot)] = 0.0
    with pytest.raises(ArithmeticError, match="energy closes only to"):
        engine.finish(column, shot(), CHEEK, options)


def test_a_lost_tissue_heat_is_seen():
    options = Options(cooling=SHORT)
    column = engine.build(shot(), CHEEK, options)
    column.fire(shot())
    column.h[5, -20:] += 1e6
    with pytest.raises(ArithmeticError, match="energy closes only to"):
        engine.finish(column, shot(), CHEEK, options)


def test_not_a_number_is_never_a_result():
    options = Options(cooling=SHORT)
    column = engine.build(shot(), CHEEK, options)
    column.fire(shot())
    column.temperature[3, 7] = np.nan
    with pytest.raises(ArithmeticError, match=r"not finite at cell \[\[3, 7\]\]"):
        engine.finish(column, shot(), CHEEK, options)


@pytest.mark.parametrize("recondense", [False, True])
def test_b_c_d_water_damage_and_crater_are_monotone(recondense):
    options = Options(cooling=Cooling(until_ms=10, recondense=recondense))
    beam = shot(energy_mJ=5)
    column = engine.build(beam, CHEEK, options)
    seen = []

    def look(*_):
        seen.append(
            [
                a.copy()
                for a in (
                    column.omega_coll,
                    column.omega_hm,
                    column.omega_ws,
                    column.removed,
                    -column.water,
                    column.char,
                )
            ]
        )

    for _ in range(2):
        column.fire(beam, progress=look)
        cool(column, until_s=5e-3, watch=look)
    assert len(seen) > 40
    for before, after in itertools.pairwise(seen):
        for x, y in zip(before, after, strict=True):
            assert np.all(y >= x)  # water (negative here) only leaves; damage, crater and char only grow


@pytest.mark.parametrize(("dr_um", "dz_um"), [(None, 2.0), (0.5, None)])
def test_e_halving_the_mesh(dr_um, dz_um):
    """Crater depth moves by less than two of the finer cells' parents: 8 µm; rims by less than 1 µm plus the stair."""
    coarse = simulate(shot(), CHEEK, losses=NO_LOSSES, cooling=SHORT)
    fine = simulate(shot(), CHEEK, losses=NO_LOSSES, cooling=SHORT, mesh=Mesh(dr_um=dr_um, dz_um=dz_um))
    assert abs(fine.crater_depth_um - coarse.crater_depth_um) <= 8.0
    assert abs(fine.crater_depth_um / coarse.crater_depth_um - 1) <= 0.01
    assert abs(fine.residual_heat_mJ / coarse.residual_heat_mJ - 1) <= 0.03


def test_results_are_frozen_and_repeatable():
    one, two = simulate(shot(), CHEEK, cooling=SHORT), simulate(shot(), CHEEK, cooling=SHORT)
    assert one.as_dict() == two.as_dict()
    assert (one.fields.temperature_end_K == two.fields.temperature_end_K).all()
    with pytest.raises(ValueError, match="read-only"):
        one.fields.temperature_end_K[0, 0] = 0.0
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.crater_depth_um = 0.0


def test_more_energy_is_never_shallower():
    depths = [simulate(shot(energy_mJ=e), CHEEK, cooling=SHORT).crater_depth_um for e in (2, 4, 8, 16)]
    assert depths == sorted(depths)
    assert depths[0] < depths[-1]


def test_losses_do_not_raise_the_threshold():
    """η acts from a pulse's first removed cell on: both ends ablate from the same energy."""
    for energy in (0.5, 0.7, 0.9, 1.2):
        craters = [
            simulate(shot(energy_mJ=energy, spot_um=300), CHEEK, losses=Losses(eta=eta), cooling=SHORT).crater_depth_um
            > 0
            for eta in (0.25, 1.0)
        ]
        assert craters[0] == craters[1]


def test_regimes():
    assert simulate(shot(), CHEEK, cooling=SHORT).regime == "clean_ablation"
    assert simulate(*CASES["char"][:1], CHEEK, cooling=SHORT).regime == "char_ablation"
    assert simulate(*CASES["warming"][:1], CHEEK, cooling=SHORT).regime == "warming"
    assert simulate(shot(energy_mJ=20, pulse_ms=5, spot_um=1000), CHEEK).regime == "coagulation"
    assert simulate(shot(energy_mJ=0.001, spot_um=1000), CHEEK, cooling=SHORT).regime == "none"


def test_the_contract_of_simulate_json():
    data = simulate(shot(), CHEEK, cooling=SHORT).as_dict()
    for key in (
        "crater_depth_um", "crater_width_surface_um", "crater_width_mid_um", "ablated_volume_mm3", "rim_bottom_um",
        "rim_side_um", "coagulation_depth_um", "coagulation_width_surface_um", "necrosis_depth_um", "residual_heat_mJ",
        "fluence_mean_J_cm2", "fluence_peak_J_cm2", "irradiance_peak_kW_cm2", "pulse_duration_ms", "regime",
    ):  # fmt: skip
        assert key in data
    assert data["validity"]["status"] in {"inside", "edge", "outside"}
    assert data["provenance"]["inputs_sha256"]
    assert data["crater_depth_um"] <= data["coagulation_depth_um"] <= data["necrosis_depth_um"]


def test_zones_are_nested():
    p = simulate(shot(), CHEEK, cooling=SHORT).profile
    assert np.all(p.crater_um <= p.coagulated_um)
    assert np.all(p.coagulated_um <= p.necrosis_um)
    assert np.all(p.necrosis_um <= p.heated_um)


def test_a_mesh_too_large_is_refused_with_a_proposal():
    with pytest.raises(BadInput, match=r"dr_um=.*dz_um="):
        simulate(shot(), CHEEK, mesh=Mesh(dr_um=0.01, dz_um=0.1))


def test_a_crater_through_all_skin_is_refused():
    thin = skin("cheek").model_copy(update={"layers": CHEEK.layers[:2]})
    with pytest.raises(BadInput, match="through all"):
        simulate(shot(energy_mJ=30), thin, losses=NO_LOSSES, cooling=SHORT)


def test_cancelling_leaves_nothing():
    def stop(fraction, message):
        if fraction > 0.1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(shot(), CHEEK, progress=stop)


def test_depth_edges_follow_layers():
    from colonnade.photothermal.mesh import depth_edges

    bounds = np.cumsum([to_si(layer.thickness_um, "um") for layer in CHEEK.layers])
    edges = depth_edges(4e-6, 200e-6, 1.1, float(bounds[-1]), bounds)
    for bound in bounds:
        assert np.abs(edges - bound).min() < 1e-10
    assert np.diff(edges).min() > 1e-6
    assert np.count_nonzero(edges < 16.8e-6) >= 5
