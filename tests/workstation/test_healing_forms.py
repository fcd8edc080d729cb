"""The forms of the healing page: every score with its items, and which two photographs are worth comparing."""

import datetime as dt
from types import SimpleNamespace

import pytest

from colonnade.aftercare.instruments import INSTRUMENTS
from colonnade.errors import BadInput
from colonnade.workstation.pages.followup import FORMS, by_day, first_and_last, scored, whole

DAY = dt.date(2026, 3, 4)


def photo(pose, day):
    return SimpleNamespace(pose=pose, taken_at=dt.datetime(2026, 3, 4, 12, tzinfo=dt.UTC) + dt.timedelta(days=day))


@pytest.mark.parametrize("name", FORMS)
def test_the_bounds_of_the_items_give_the_bounds_of_the_score(name):
    assert not INSTRUMENTS[name].disabled
    for end in (0, 1):
        made = scored(name, {key: bounds[end] for key, bounds in FORMS[name].items()}, baseline_photograph=True)
        assert made.value == (made.low, made.high)[end]
        assert made.instrument == name


def test_an_item_beyond_its_bounds_or_a_missing_one_is_refused():
    with pytest.raises(BadInput):
        scored("vss", {**{key: 0 for key in FORMS["vss"]}, "height": 4}, baseline_photograph=True)
    with pytest.raises(BadInput):
        scored("scar", {}, baseline_photograph=True)
    with pytest.raises(BadInput, match="baseline"):
        scored("gais", {"grade": 2}, baseline_photograph=False)
    for text in ("", "2.5", "nan", "7"):
        with pytest.raises(BadInput):
            whole(text, "height", 0, 3)
    assert whole("3", "height", 0, 3) == 3


def test_days_hold_what_happened_on_them_and_nothing_from_before():
    checks = [SimpleNamespace(day=3), SimpleNamespace(day=1)]
    days = by_day(DAY, checks, [photo("front", -2), photo("front", 0), photo("front", 3)])
    assert [(d["day"], len(d["check_ins"]), len(d["photos"])) for d in days] == [(0, 0, 1), (1, 1, 0), (3, 1, 1)]


def test_only_photographs_of_one_pose_are_offered_side_by_side():
    assert first_and_last([]) is first_and_last([photo("front", 0), photo("left", 30)]) is None
    photos = [photo("left", 0), photo("front", 1), photo("left", 4), photo("front", 20)]
    first, last = first_and_last(photos)
    assert (first.pose, first, last) == ("front", photos[1], photos[3])
