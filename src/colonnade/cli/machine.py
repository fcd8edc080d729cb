"""``colonnade machine``: the virtual laser. Loopback only; no real laser is driven."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from colonnade.cli.output import Debug, Json, note, progress, say, say_json, say_lines
from colonnade.errors import BadInput

EXAMPLE = "colonnade machine run out/plan.shots --speed 100 --log out/delivery.log"

app = typer.Typer(
    help="The virtual laser: run a shot file, serve the machine on 127.0.0.1, compare a log with its plan.",
    epilog=f"\b\nExample:\n  {EXAMPLE}",
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Shots = Annotated[Path, typer.Argument(metavar="FILE", help="A shot file.")]
Log = Annotated[Path, typer.Option("--log", metavar="FILE", help="The delivery journal; never overwritten.")]
Faults = Annotated[
    list[str] | None,
    typer.Option("--fault", metavar="NAME@COLUMN[=VALUE]", help="A fault on demand; may be given several times."),
]
Mode = Annotated[
    Literal["rehearsal", "training"],
    typer.Option(help="A plan that is not approved is warned about in rehearsal and refused in training."),
]
Seed = Annotated[int, typer.Option(min=0, help="Fixes all random numbers of the machine.")]
Hours = Annotated[float, typer.Option(min=0, max=100_000, help="Hours of use of the tube: it ages.")]
Trust = Annotated[
    list[str] | None, typer.Option("--trust", metavar="KEY", help="Refuse files not signed with this public key.")
]


@app.command("run", epilog=f"\b\nExample:\n  {EXAMPLE}")
def run(
    file: Shots,
    log: Log,
    speed: Annotated[
        float | None,
        typer.Option(min=0.01, max=10_000, help="Machine time over real time; left out: as fast as it can."),
    ] = None,
    fault: Faults = None,
    mode: Mode = "rehearsal",
    seed: Seed = 0,
    tube_hours: Hours = 0.0,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the log of an interrupted delivery.")] = False,
    continue_stamps: Annotated[
        bool, typer.Option("--continue-stamps", help="Confirm that the handpiece never moved; the default skips.")
    ] = False,
    trust: Trust = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Run a shot file on the virtual laser with a scripted operator. Exits with 1 unless every column was fired."""
    from dataclasses import asdict

    from colonnade.delivery.faults import Fault
    from colonnade.delivery.rehearse import rehearse

    data = _read(file, trust)
    faults = tuple(Fault.parse(text) for text in fault or ())
    with progress(f"Running {file.name} on the virtual laser") as tell:
        done = rehearse(
            data, log, speed=speed, mode=mode, faults=faults, seed=seed, tube_hours=tube_hours, resume=resume,
            on_interruption="continue" if continue_stamps else "skip", origin=file.name,
            progress=lambda s: tell("firing", 1 - s["columns"]["not_fired"] / sum(s["columns"].values()),
                                    f"stamp {s['stamp']}"),
        )  # fmt: skip
    if done.warning:
        note(f"not approved: {done.warning}")
    if as_json:
        say_json({"log": str(log), **asdict(done)})
    else:
        say_lines(_run_summary(done, log))
    if not done.completed:
        raise typer.Exit(1)


def _run_summary(done: Any, log: Path) -> list[str]:
    counts = done.columns
    lines = [
        f"{done.ended}: {counts['fired']} columns fired, {counts['not_fired']} not fired, {counts['unknown']} unknown",
        f"  stamps: {', '.join(f'{n} {state}' for state, n in done.stamps.items())}",
        f"  {done.machine_s:.1f} s on the machine's clock",
    ]
    lines += [f"  interrupted: {text}" for text in done.interruptions]
    lines += [f"  fault at {f['t_us'] * 1e-6:.3f} s: {f['kind']}, {f['detail']}" for f in done.faults]
    return [*lines, f"written: {log}"]


@app.command("serve", epilog="\b\nExample:\n  colonnade machine serve out/plan.shots --speed step --log out/serve.log")
def serve(
    file: Shots,
    log: Log,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port on 127.0.0.1; 0 takes a free one.")] = 0,
    speed: Annotated[str, typer.Option(help='Machine time over real time, or "step": the client moves it.')] = "1",
    fault: Faults = None,
    mode: Mode = "rehearsal",
    seed: Seed = 0,
    tube_hours: Hours = 0.0,
    trust: Trust = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Serve the virtual laser that FILE was made for, on 127.0.0.1, until interrupted. The client loads the file."""
    import asyncio

    from colonnade.delivery.desk import PROTOCOL, Desk
    from colonnade.delivery.faults import Fault
    from colonnade.delivery.laser import VirtualLaser
    from colonnade.delivery.limits import machine
    from colonnade.delivery.service import LOOPBACK, Service
    from colonnade.delivery.text import parse
    from colonnade.laser import device

    header = parse(_read(file, trust), origin=file.name).file.header
    laser = VirtualLaser(
        device(header.device.id), machine(header.device.machine_id), seed=seed, mode=mode, tube_hours=tube_hours,
        faults=tuple(Fault.parse(text) for text in fault or ()),
    )  # fmt: skip
    factor = _speed(speed)
    if log.exists():
        raise BadInput("--log", given=f'"{log}", which exists', allowed="a new file", todo="Name another file.")
    desk = Desk(laser, log, step_mode=factor is None, trusted=frozenset(trust or ()))

    def started(at: int) -> None:
        where = {"protocol": PROTOCOL, "host": LOOPBACK, "port": at, "disclaimer": header.disclaimer}
        say_json(where) if as_json else say(f"{PROTOCOL} on {LOOPBACK}:{at}")

    try:
        asyncio.run(Service(desk, speed=factor).run(port, started=started))
    except OSError as error:
        raise BadInput(
            "--port", given=f"{port} ({error.strerror})", allowed="a free port", todo="Choose another, or 0."
        ) from None


def _speed(text: str) -> float | None:
    if text == "step":
        return None
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not 0.01 <= value <= 10_000:
        raise BadInput("--speed", given=f'"{text}"', allowed='0.01 to 10000, or "step"', todo="Choose one.")
    return value


@app.command("conformance", epilog="\b\nExample:\n  colonnade machine conformance out/plan.shots --port 4321")
def conformance(
    file: Shots,
    port: Annotated[int, typer.Option(min=1, max=65_535, help="Where the machine listens on 127.0.0.1.")],
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Judge a machine that is served step by step, ours or somebody else's. Exits with 1 if a check fails."""
    from dataclasses import asdict

    from colonnade.delivery.conformance import conformance as judge

    results = judge(port, _read(file, None))
    if as_json:
        say_json({"passed": all(r.passed for r in results), "checks": [asdict(r) for r in results]})
    else:
        say_lines(
            f"{'ok  ' if r.passed else 'FAIL'}  {r.name}: {r.must}" + (f" [{r.seen}]" if r.seen else "")
            for r in results
        )
    if not all(r.passed for r in results):
        raise typer.Exit(1)


@app.command("treatment", epilog="\b\nExample:\n  colonnade machine treatment out/plan.shots --log out/delivery.log")
def treatment(
    file: Shots,
    log: Annotated[Path, typer.Option("--log", metavar="FILE", help="The journal of its delivery.")],
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the record, maps included, as JSON.")] = None,
    simulate: Annotated[
        bool, typer.Option("--simulate/--no-simulate", help="Recompute coverage and heat from what was fired.")
    ] = True,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Compare what was delivered with what was planned. Exits with 1 if it was not delivered as planned."""
    with progress(f"Comparing {log.name} with {file.name}"):
        from colonnade.delivery.text import read_file
        from colonnade.delivery.treatment import treatment as compare

        sealed = read_file(file)
        record = compare(sealed, log, lesion=_lesions(sealed.file) if simulate else None)
    if out is not None:
        record.save(out)
    data = record.plain()
    if as_json:
        say_json(data)
    else:
        for p in record.passes:
            say(f"{p.zone}, pass {p.pass_}: {p.fired} of {p.planned} columns fired, {p.unknown} unknown")
            if p.energy_delivered_mJ is not None:
                say(f"  energy {p.energy_delivered_mJ:.3f} mJ of {p.energy_planned_mJ:.3f} mJ planned, "
                    f"worst column {p.energy_worst_pct:.1f} % off")  # fmt: skip
                say(f"  place {p.position_rms_um:.1f} µm off (rms), worst {p.position_worst_um:.1f} µm")
        for z in record.zones:
            if z.heat:
                say(f"{z.zone}: basal layer +{z.heat.peak_basal_delivered_K:.2f} K "
                    f"(planned +{z.heat.peak_basal_planned_K:.2f} K)")  # fmt: skip
        say("as planned within the machine's tolerances" if record.as_planned else "NOT as planned:")
        say_lines(f"  {text}" for text in (*record.reasons, *record.absent))
    if not record.as_planned:
        raise typer.Exit(1)


def _lesions(shots: Any) -> Any:
    import functools

    from colonnade.laser import Shot, device
    from colonnade.photothermal import simulate
    from colonnade.schema import read
    from colonnade.tissue import skin

    laser = device(shots.header.device.id)
    sites = {z.name: z.site for z in shots.header.zones}
    stacks = {p.stack for p in shots.pulses}
    pulse = shots.pulses[0]

    if len(stacks) != 1 or pulse.train != 1:
        raise BadInput(
            "shot file",
            given="several stacks or a pulse train",
            allowed="one stack, single pulses",
            todo="Use --no-simulate.",
        )

    @functools.cache
    def lesion(zone: str, energy_mJ: float) -> Any:
        """The column of ``energy_mJ`` (whole stack) at the planned on-time: power is what a machine misses."""
        data = {
            "energy_mJ": energy_mJ / pulse.stack,
            "pulse_ms": pulse.on_us / 1000,
            "spot_um": shots.header.spot_um,
            "profile": laser.profile.value,
            "m2": laser.m2.value,
            "wavelength_um": laser.wavelength_um.value,
            "stack": pulse.stack,
            "stack_interval_ms": (pulse.stack_interval_us or 50_000) / 1000,
        }
        return simulate(read(Shot, data, origin="delivered column"), skin(sites[zone]))

    return lesion


@app.command("chart", epilog="\b\nExample:\n  colonnade machine chart treatments/*.json")
def chart(
    files: Annotated[list[Path], typer.Argument(metavar="TREATMENT.json…", help="Treatment records, oldest first.")],
    baseline: Annotated[int, typer.Option(min=2, max=1000, help="How many of them set the centre and the spread.")] = 8,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Is the machine drifting? Exits with 1 if it asks for commissioning."""
    from colonnade.delivery.chart import control_chart
    from colonnade.delivery.record import Treatment

    made = control_chart([Treatment.load(path) for path in files], baseline=baseline)
    if as_json:
        say_json({
            "asks_for_commissioning": made.asks_for_commissioning, "verdict": made.verdict, "centre": made.centre,
            "sd": made.sd, "ratio": made.ratio.tolist(), "average": made.average.tolist(), "low": made.low.tolist(),
            "high": made.high.tolist(), "alarms": list(made.alarms),
        })  # fmt: skip
    else:
        say(made.verdict)
    if made.asks_for_commissioning:
        raise typer.Exit(1)


def _read(path: Path, trust: list[str] | None) -> bytes:
    """The bytes of a shot file; refused here if it must be signed and is not."""
    from colonnade.delivery.text import read_file

    sealed = read_file(path, trusted=frozenset(trust or ()))
    if trust and not sealed.trusted:
        raise BadInput(
            f"shot file {path.name}",
            given="a file without a signature by a trusted key" if sealed.signer is None else f"key {sealed.signer}",
            allowed=", ".join(trust),
            todo="Have it signed: `colonnade export … --sign KEY.pem`.",
        )
    return path.read_bytes()
