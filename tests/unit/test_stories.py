"""The check-in stories are well formed and cover what they must. Their tiers are judged in test_triage."""

import tomllib
from collections import Counter
from pathlib import Path
from typing import get_args

import pytest

from colonnade.aftercare.checkin import CheckIns, Track

FOLDER = Path(__file__).parents[1] / "stories"


def stories():
    for path in sorted(FOLDER.glob("*.toml")):
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        defaults = dict(data["defaults"])
        immunosuppressed = defaults.pop("immunosuppressed")
        for story in data["story"]:
            yield (
                story["id"],
                story["expected"],
                CheckIns.parse(
                    {
                        "care": {"immunosuppressed": immunosuppressed, "call": "+00 0000 0000", **story["care"]},
                        "checkins": [{**defaults, **c} for c in story["checkins"]],
                        "missed_days": story.get("missed_days", []),
                    },
                    origin=story["id"],
                ),
            )


STORIES = list(stories())


def test_there_are_at_least_sixty_and_no_id_twice():
    ids = [s[0] for s in STORIES]
    assert len(ids) >= 60
    assert not [i for i, n in Counter(ids).items() if n > 1]


def test_every_track_language_and_tier_is_told():
    assert {s[2].care.track for s in STORIES} == set(get_args(Track))
    assert {s[2].care.language for s in STORIES} == {"en", "zh-Hans", "es", "fr", "ar"}
    assert {s[1] for s in STORIES} == {"none", "N", "48", "S", "E"}


@pytest.mark.parametrize("tier", ["none", "N", "48", "S", "E"])
def test_each_tier_has_several_stories(tier):
    assert sum(s[1] == tier for s in STORIES) >= 4
