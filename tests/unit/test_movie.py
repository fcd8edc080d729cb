"""A movie is the run of `simulate` with pictures on the way: same lesion, rising times, zones that only grow."""

import numpy as np
import pytest

import colonnade as cn
from colonnade.errors import BadInput
from colonnade.laser import Shot
from colonnade.photothermal.movie import ZONES, with_movie


@pytest.fixture(scope="module")
def shot():
    return cn.device("lumenis-ultrapulse-deepfx").shot(energy_mJ=5.0)


def test_the_lesion_is_that_of_simulate(shot):
    skin = cn.skin("cheek")
    lesion, _ = with_movie(shot, skin)
    assert lesion.as_dict() == cn.simulate(shot, skin).as_dict()


def test_times_rise_and_zones_only_grow(shot):
    lesion, movie = with_movie(shot, cn.skin("cheek"))
    assert movie.time_ms[0] == 0
    assert (np.diff(movie.time_ms) > 0).all()
    # a picture in every eighteenth of the pulse in which the engine reports, some 20 times in all
    assert (movie.time_ms <= shot.pulse_ms * (1 + 1e-9)).sum() >= 12
    assert movie.delivery_end_ms == pytest.approx(shot.pulse_ms)
    shape = (len(movie.time_ms), len(movie.z_um), len(movie.r_um))
    assert movie.temperature_C.shape == movie.log10_omega_cell.shape == movie.zone.shape == shape
    crater = ZONES.index("crater")
    for before, after in zip(movie.zone[:-1], movie.zone[1:], strict=True):
        assert (after[before == crater] == crater).all()
        assert (after >= before).all()
    assert np.isnan(movie.temperature_C[-1][movie.zone[-1] == crater]).all()
    # the last picture reaches as far as the measured zones, to within a point of the grid and half a cell
    step = movie.z_um[1] - movie.z_um[0]
    deepest = movie.z_um[(movie.zone[-1] >= ZONES.index("necrosis")).any(axis=1)].max()
    assert deepest == pytest.approx(lesion.necrosis_depth_um, abs=2 * step)
    # untouched skin lies around what was changed: the movie ends beyond it
    assert (movie.zone[-1][-1] == 0).all()
    assert (movie.zone[-1][:, -1] == 0).all()


def test_pulses_of_a_stack_have_their_own_times():
    shot = Shot(energy_mJ=3, pulse_ms=0.2, spot_um=120, stack=3, stack_interval_ms=2)
    _, movie = with_movie(shot, cn.skin("cheek"))
    for start in (0.0, 2.0, 4.0):
        assert ((movie.time_ms >= start) & (movie.time_ms <= start + 0.2)).any()
    during = (movie.time_ms > 0.21) & (movie.time_ms < 1.99)
    assert not during.any(), "between the pulses of a stack no picture is taken"
    assert movie.delivery_end_ms == pytest.approx(4.2)


def test_it_can_be_cancelled(shot):
    def stop(share, words):
        if share > 0.3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        with_movie(shot, cn.skin("cheek"), progress=stop)


def test_a_crater_through_all_skin_is_refused(shot):
    cheek = cn.skin("cheek")
    thin = cheek.model_copy(update={"layers": cheek.layers[:2]})
    with pytest.raises(BadInput, match="through all"):
        with_movie(shot, thin)
