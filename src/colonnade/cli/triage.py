"""``colonnade triage``: how urgent one check-in is, and which rules say so."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from colonnade import DISCLAIMER
from colonnade.cli.output import Debug, Json, say, say_json, say_lines
from colonnade.errors import BadInput

if TYPE_CHECKING:
    from colonnade.aftercare import CheckIns

EXAMPLE = "colonnade triage examples/checkin-day-4.json"
STYLE = {"E": "bold white on red", "S": "bold red", "48": "bold yellow", "N": "bold", "none": "bold green"}


def command(
    checkin: Annotated[
        Path,
        typer.Argument(metavar="CHECKIN.json", help="Check-ins; the last is judged (docs/file-formats/checkin.md)."),
    ],
    language: Annotated[str, typer.Option("--language", help="Language of the message to the patient.")] = "en",
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Judge a check-in. Exits with 0 at any tier.

    Photographs named in the file are opened beside it; one that cannot be opened is said, and raises, never lowers.
    """
    missing = [name for name in ("rapidfuzz", "pypinyin", "babel") if importlib.util.find_spec(name) is None]
    if missing:
        raise BadInput(
            "triage",
            given=f"an installation without {', '.join(missing)}",
            allowed="Colonnade with its aftercare extra",
            todo="Install it: pip install 'colonnade[aftercare]'.",
        )
    from colonnade.aftercare import CheckIns, triage
    from colonnade.aftercare.language import translator

    words = translator(language)
    answer = triage(_with_photographs(CheckIns.load(checkin), checkin.parent))
    message = words.say(answer.message)
    if as_json:
        say_json({**answer.model_dump(mode="json", by_alias=True), "message_said": message, "language": language})
        return
    say(f"{answer.tier}: {words.say(answer.tier_title)}", style=STYLE[answer.tier])
    say_lines([f"  {message}", f"  {words.say('Number to call')}: {answer.call}"])
    say_lines([f"  {line}" for line in answer.expected])
    if answer.fired:
        say_lines(["", "Why:"])
    for fired in answer.fired:
        carried = "" if fired.carried_from_day is None else f", since day {fired.carried_from_day}"
        say_lines(
            [
                f"  {fired.rule} [{fired.tier}{carried}] {fired.title}",
                f"    because: {'; '.join(fired.because)}",
                f"    {fired.window}",
                f"    first: {fired.first_action}",
                f"    source: {fired.source} ({fired.basis})",
            ]
        )
    say_lines(["", *answer.notes, f"Rules {answer.rules_version}, reviewed by: {answer.reviewed_by}.", DISCLAIMER])


def _with_photographs(checkins: CheckIns, folder: Path) -> CheckIns:
    """Mark photographs of the last check-in that cannot be opened."""
    last = checkins.checkins[-1]
    looked = tuple(
        p.model_copy(update={"readable": p.readable and opens(folder / p.file)}) if p.file else p
        for p in last.photographs
    )
    last = last.model_copy(update={"photographs": looked})
    return checkins.model_copy(update={"checkins": (*checkins.checkins[:-1], last)})


def opens(path: Path) -> bool:
    """Whether a picture can be decoded whole, of at most 50 megapixels and 40 MB."""
    import warnings

    from PIL import Image

    try:
        if path.stat().st_size > 40_000_000:
            return False
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with Image.open(path) as picture:
                if picture.width * picture.height > 50_000_000:
                    return False
                picture.load()
    except Exception:
        # whatever a broken or hostile file does to the decoder, the answer is the same
        return False
    return True
