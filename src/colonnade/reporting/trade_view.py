"""What else could be set, as plain tables for the page and for the PDF."""

from __future__ import annotations

from typing import Any

from colonnade.planning.model import ZonePlan
from colonnade.planning.trade_model import Trade, TradePoint
from colonnade.reporting.canvas import Picture
from colonnade.reporting.metrics import number
from colonnade.reporting.trade_figures import WORDS, front_points, input_words, short

KNOWN = {
    "field": "field",
    "columns": "interval",
    "middle": "column",
    "estimate": "estimate",
}


def traded(zone: ZonePlan, pictures: tuple[Picture, ...]) -> dict[str, Any] | None:
    """Figures and tables of the trade; None where there is neither a search nor an interval."""
    front = next((p for p in pictures if p.name.endswith("-front")), None)
    hangs = next((p for p in pictures if p.name.endswith("-sensitivity")), None)
    if front is None and hangs is None:
        return None
    trade = zone.trade
    return {
        "front": None if front is None else _words(front),
        "sensitivity": None if hangs is None else _words(hangs),
        "points": [] if trade is None else [_point(k, p) for k, p in enumerate(front_points(trade), start=1)],
        "neighbours": []
        if trade is None
        else [[n.step, number(n.score, 3), "refused" if n.refused else "lost", n.why] for n in trade.neighbours],
        "scenarios": []
        if trade is None
        else [[s.name, short(s.panel), number(s.loss, 3)] for s in trade.scenarios if not s.same],
        "stays": "" if trade is None else _stays(trade),
        "inputs": [[input_words(s.input), f"{number(s.share_pct, 1)} %", s.source] for s in zone.inputs],
    }


def _stays(trade: Trade) -> str:
    """The cases in which nothing changes, in a sentence; empty where there are none."""
    same = [s.name for s in trade.scenarios if s.same]
    return f"The choice stays the best with: {'; '.join(same)}." if same else ""


def _point(k: int, p: TradePoint) -> list[str]:
    return [
        str(k),
        short(p.panel),
        WORDS[p.status] if p.status != "front" else "on the front",
        number(p.score, 3),
        number(p.effect_pct, 0),
        number(p.downtime_d, 1),
        number(p.pih_pct, 0),
        number(p.bulk_K, 1),
        number(p.seconds, 0),
        KNOWN[p.known],
    ]


def _words(picture: Picture) -> dict[str, str]:
    return {"name": picture.name, "title": picture.title, "caption": picture.caption, "alt": picture.alt}
