"""What else could be set, as a plan keeps it: the trade, the neighbours of the choice, what the choice hangs on."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from colonnade.schema import Model

Panel = dict[str, float]


def _list(title: str) -> Any:
    return Field((), strict=False, title=title)


class Share(Model):
    """An uncertain input and its share of the variance of ln depth."""

    input: str
    share_pct: float
    source: str


class TradePoint(Model):
    """A setting: what it does, what it costs."""

    panel: Panel
    score: float
    effect_pct: float = Field(description="How much of depth, cover, rim and volume that are wished for is reached")
    downtime_d: float = Field(description="Days until half of the plugs are shed; illustrative")
    pih_pct: float = Field(description="Risk of dark marks; sizes assumed, to compare settings")
    bulk_K: float = Field(description="Rise of the upper skin in the mean; for ordering")
    seconds: float
    status: Literal["chosen", "runner-up", "front", "allowed", "refused"]
    known: Literal["field", "columns", "middle", "estimate"] = Field(
        description="How far it was looked at: its field; its columns with their interval; its column; an estimate"
    )
    refused_by: tuple[str, ...] = _list("Rules that refuse it")


class Neighbour(Model):
    """The choice with one knob turned by one step."""

    step: str
    panel: Panel
    score: float
    refused: bool
    why: str


class Scenario(Model):
    """What would be chosen if something were otherwise, among the settings that are allowed now."""

    name: str
    panel: Panel
    same: bool
    loss: float = Field(ge=0, description="How much of the score the choice gives up then; 0 where it stays the best")


class Trade(Model):
    """Everything considered for a zone."""

    considered: int
    allowed: int
    points: tuple[TradePoint, ...] = _list("Settings by score; of very many those that matter and an even share")
    neighbours: tuple[Neighbour, ...] = _list("One step from the choice")
    scenarios: tuple[Scenario, ...] = _list("What the choice hangs on")
