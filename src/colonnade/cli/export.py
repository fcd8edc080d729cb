"""``colonnade export``: the shot file of a plan."""

from __future__ import annotations

import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from colonnade.cli.opening import open_plan
from colonnade.cli.output import Debug, Json, note, progress, say_json, say_lines, table
from colonnade.errors import BadInput

if TYPE_CHECKING:
    from colonnade.delivery.seal import Approval
    from colonnade.delivery.stamps import Made
    from colonnade.planning import Plan

EXAMPLE = "colonnade export out/plan.json --shots out/plan.shots"


def command(
    file: Annotated[Path, typer.Argument(metavar="PLAN.json", help="A plan.")],
    shots: Annotated[Path, typer.Option("--shots", metavar="FILE", help="Where the shot file is written.")],
    approved_by: Annotated[str | None, typer.Option(metavar="NAME", help="Who approves this very plan, now.")] = None,
    role: Annotated[str | None, typer.Option(metavar="ROLE", help="In which role, with --approved-by.")] = None,
    approval: Annotated[Path | None, typer.Option(metavar="FILE", help="An approval recorded before, as JSON.")] = None,
    sign: Annotated[Path | None, typer.Option(metavar="KEY.pem", help="Sign with this Ed25519 key.")] = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Write what a fractional laser would fire for a plan, column by column. Not for clinical use."""
    plan = open_plan(file)
    with progress(f"Exporting {file.name}"):
        from colonnade.delivery import text
        from colonnade.delivery.export import export
        from colonnade.delivery.seal import load_private_key, public_key_of

        key = load_private_key(sign) if sign else None
        granted = _approval(plan, approved_by, role, approval)
        made = export(plan, approval=granted)
        _not_foreign(shots)
        sha = _write(shots, lambda path: text.write(made.shots, path, key=key))
    result = _described(made, shots, sha, public_key_of(key) if key else None)
    if as_json:
        say_json(result)
        return
    say_lines(_summary(result))
    note(made.shots.header.disclaimer)


def _approval(plan: Plan, name: str | None, role: str | None, recorded: Path | None) -> Approval | None:
    from colonnade.delivery.seal import Approval
    from colonnade.schema import read

    if (name is None) != (role is None) or (name is not None and recorded is not None):
        raise BadInput(
            "--approved-by",
            given="a name without a role, a role without a name, or both ways at once",
            allowed="--approved-by with --role, or --approval FILE",
            todo="State who approves in which role.",
        )
    if recorded is not None:
        import json

        try:
            data = json.loads(recorded.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise BadInput(
                "--approval",
                given=f'"{recorded}", which cannot be read as JSON ({type(error).__name__})',
                allowed="an approval: name, role, when, plan_sha256",
                todo="Check the path.",
            ) from None
        return read(Approval, data, origin=recorded.name)
    if name is None:
        return None
    when = datetime.now(UTC).isoformat(timespec="seconds")
    return read(Approval, {"name": name, "role": role, "when": when, "plan_sha256": plan.sha256}, origin="approval")


def _not_foreign(path: Path) -> None:
    """A file that is not a shot file is never replaced."""
    if not path.exists():
        return
    foreign = not path.is_file()
    if not foreign:
        with path.open("rb") as stream:
            foreign = not stream.read(16).startswith(b"colonnade.shots/")
    if foreign:
        raise BadInput(
            "--shots",
            given=f'"{path}", which exists and is not a shot file',
            allowed="a new file, or an earlier shot file",
            todo="Name another file.",
        )


def _write(path: Path, write: Any) -> str:
    """Whole or not at all: written beside its place and moved there."""
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        os.close(descriptor)
        try:
            sha: str = write(Path(name))
            Path(name).chmod(0o644)
            os.replace(name, path)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        raise BadInput(
            "--shots", given=f'"{path}", which cannot be written ({error.strerror})', allowed="a writable path",
            todo="Choose another place.",
        ) from None  # fmt: skip
    return sha


def _described(made: Made, path: Path, sha: str, signer: str | None) -> dict[str, Any]:
    header = made.shots.header
    return {
        "shots": str(path),
        "sha256": sha,
        "plan_sha256": header.plan_sha256,
        "approval": header.approval.model_dump() if header.approval else None,
        "signed_by": signer,
        "not_for_clinical_use": True,
        "disclaimer": header.disclaimer,
        "device": header.device.id,
        "machine": header.device.machine_id,
        "columns": header.columns,
        "stamps": header.stamps,
        "firing_s": sum(float(s.columns[-1, 2]) for s in made.shots.stamps) * 1e-6,
        "rounding": [r.model_dump() for r in made.rounding],
        "notes": list(made.notes),
    }


def _summary(result: dict[str, Any]) -> list[str]:
    granted = result["approval"]
    lines = [
        f"written: {result['shots']}",
        f"  {result['columns']} columns in {result['stamps']} stamps, {result['firing_s']:.1f} s of firing, "
        f"for {result['device']} on {result['machine']}",
        f"  SHA-256 {result['sha256']}",
        f"  signed with {result['signed_by']}" if result["signed_by"] else "  not signed",
        f"  approved by {granted['name']}, {granted['role']}, {granted['when']}" if granted else
        "  NOT APPROVED: it can be rehearsed, not run in training mode",
    ]  # fmt: skip
    if result["rounding"]:
        lines.append("  rounded to the machine's steps:")
        rows = [("    where", "what", "asked", "deliverable", "difference")]
        rows += [
            (f"    {r['block']}", r["what"], f"{r['asked']:.6g}", f"{r['deliverable']:.6g}", f"{r['difference']:+.3g}")
            for r in result["rounding"]
        ]
        lines += table(rows)
    return lines + [f"  {text}" for text in result["notes"]]
