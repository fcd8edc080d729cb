"""``colonnade``: the entry point.

Exit codes: 0 ok, 1 the answer is no, 2 bad input, 3 internal error, 130 interrupted.
"""

from __future__ import annotations

import signal
import sys
import traceback
from types import FrameType
from typing import Annotated, NoReturn

import typer

from colonnade import DISCLAIMER, __version__
from colonnade.cli import (
    aftercare,
    check,
    cite,
    commission,
    compare,
    cut,
    export,
    field,
    listing,
    machine,
    passes,
    plan,
    records,
    report_env,
    rerun,
    selfcheck,
    serve,
    sessions,
    show,
    simulate,
    sweep,
    translate,
    triage,
    validate,
    volume,
)
from colonnade.cli.output import note, say, say_json
from colonnade.cli.strategies import Grouped
from colonnade.errors import BadInput

NO, BAD_INPUT, INTERNAL_ERROR, INTERRUPTED = 1, 2, 3, 130

app = typer.Typer(
    help=f"Open treatment planning for fractional CO2 laser skin treatment.\n\n{DISCLAIMER}",
    epilog="\b\nExample:\n  colonnade plan examples/acne-scar-cheek.toml --out out/",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        say(f"colonnade {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


for module, name in (
    (simulate, "simulate"),
    (cut, "cut"),
    (passes, "passes"),
    (volume, "volume"),
    (field, "field"),
    (plan, "plan"),
    (check, "check"),
    (compare, "compare"),
    (translate, "translate"),
    (sessions, "sessions"),
    (export, "export"),
    (aftercare, "aftercare"),
    (triage, "triage"),
    (rerun, "rerun"),
    (cite, "cite"),
    (sweep, "sweep"),
    (commission, "commission"),
    (validate, "validate"),
    (listing, "list"),
    (show, "show"),
    (selfcheck, "selfcheck"),
    (report_env, "report-env"),
    (serve, "serve"),
):
    app.command(name, cls=Grouped, epilog=f"\b\nExample:\n  {module.EXAMPLE}")(module.command)

app.add_typer(machine.app, name="machine")
app.add_typer(records.app, name="records")


def run() -> NoReturn:
    """The console script. A closed terminal and a polite kill clean up as Ctrl-C does."""
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _interrupt)
    sys.exit(main(sys.argv[1:]))


def main(argv: list[str]) -> int:
    """Run one command line and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal without µ shows a question mark, not a traceback
    options = argv[: argv.index("--")] if "--" in argv else argv
    as_json, debug = "--json" in options, "--debug" in options
    try:
        code = typer.main.get_command(app).main(args=argv or ["--help"], prog_name="colonnade", standalone_mode=False)
    except BadInput as error:
        return _refuse(error, BAD_INPUT, as_json)
    except typer.TyperException as error:
        return _refuse(_usage(error, argv), BAD_INPUT, as_json)
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except Exception as error:
        if debug:
            traceback.print_exc()
        return _refuse(_internal(error), INTERNAL_ERROR, as_json)
    if code == INTERRUPTED:
        return _refuse(_interrupted(), INTERRUPTED, as_json)
    return code if isinstance(code, int) else 0


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _refuse(error: BadInput, code: int, as_json: bool) -> int:
    if as_json:
        say_json({"error": error.as_dict()})
    else:
        note(f"{error.what}\n  given:    {error.given}\n  allowed:  {error.allowed}\n  to do:    {error.todo}")
    return code


def _usage(error: typer.TyperException, argv: list[str]) -> BadInput:
    """What is wrong with the command line itself, in the four parts."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "colonnade"
    see = f"See `{command} --help`."
    parameter = getattr(error, "param", None)
    if isinstance(error, typer.BadParameter) and parameter is not None:
        name = max(parameter.opts, key=len) if parameter.param_type_name == "option" else parameter.metavar
        message = getattr(error, "message", "").removeprefix("Value error, ").removeprefix("Input should be ")
        # without a message it was not given at all; then its help says what is wanted
        return BadInput(name, given=_value(parameter.opts, argv), allowed=message or parameter.help, todo=see)
    message = getattr(error, "format_message", lambda: str(error))()
    near = getattr(error, "possibilities", None)
    return BadInput(
        "command line",
        given=" ".join(message.split()),
        allowed=f"what `{command} --help` lists",
        todo=f"Did you mean {near[0]}? {see}" if near else see,
    )


def _value(names: list[str], argv: list[str]) -> str:
    """What was typed for an option, for the message."""
    typed = "nothing"
    for word, following in zip(argv, [*argv[1:], ""], strict=True):
        if word in names:
            typed = f'"{following}"'
        elif word.partition("=")[0] in names:
            typed = f'"{word.partition("=")[2]}"'
    return typed


def _internal(error: Exception) -> BadInput:
    lines = str(error).splitlines() or [""]
    return BadInput(
        "internal error",
        given=f"{type(error).__name__}: {lines[0]}",
        allowed="none: this is a defect of Colonnade, not of your input",
        todo="Please report it with the command line and the output of `colonnade report-env`; "
        "--debug prints the traceback.",
    )


def _interrupted() -> BadInput:
    return BadInput("interrupted", given="Ctrl-C or a signal", allowed="-", todo="Nothing was left half-written.")
