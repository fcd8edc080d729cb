"""What healing takes from the site: follicles, pace of the front and of the visible zone, odds of a scar."""

from __future__ import annotations

import functools

from pydantic import Field, model_validator

from colonnade import catalogue
from colonnade.errors import BadInput, did_you_mean
from colonnade.schema import Model, read
from colonnade.tissue.skin import Flag, skin


class Ranged(Model):
    """A value with its range, flag and source."""

    value: float = Field(ge=0, strict=False)
    low: float = Field(ge=0, strict=False)
    high: float = Field(ge=0, strict=False)
    flag: Flag
    source: str = Field(min_length=5)

    @model_validator(mode="after")
    def _ordered(self) -> Ranged:
        if not self.low <= self.value <= self.high:
            raise ValueError("low ≤ value ≤ high")
        return self


class HealingSite(Model):
    """One site or zone of ``library/healing/sites.toml``. Speeds and times are relative to the arm."""

    follicles_per_cm2: Ranged
    ducts_per_cm2: Ranged
    follicle_depth_um: Ranged
    front_speed: Ranged
    visible_time: Ranged
    scar_odds: Ranged

    def surviving_per_cm2(self, depth_um: float) -> tuple[float, float, float]:
        """Follicle openings left below a wound of this depth [per cm²]: nominal, low, high end.

        All survive above the low end of the follicles' depth, none below the high end, linear between (assumed).
        The high end counts sweat ducts too, which reach deeper than follicles.
        """
        reach = self.follicle_depth_um
        left = min(max((reach.high - depth_um) / (reach.high - reach.low), 0.0), 1.0)
        return (
            self.follicles_per_cm2.value * left,
            self.follicles_per_cm2.low * left,
            self.follicles_per_cm2.high * left + self.ducts_per_cm2.high,
        )


@functools.cache
def healing_site(site: str) -> HealingSite:
    """What healing knows of a site of the library: its own entry, else that of its zone (face, trunk, …).

    Raises
    ------
    BadInput
        For an unknown site; the message proposes the nearest one.
    """
    known = catalogue.load("healing", "sites")
    entries = {k: v for k, v in known.items() if isinstance(v, dict)}
    name = skin(site).zone if site in catalogue.ids("sites") and site not in entries else site
    if name not in entries:
        words = {*entries, *catalogue.ids("sites")}
        raise BadInput(
            "site", given=f'"{site}"', allowed="a site or zone of the library", todo=did_you_mean(site, words)
        )
    return read(HealingSite, entries[name], origin=f"library healing site {name}")
