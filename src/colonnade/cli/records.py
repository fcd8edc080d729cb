"""``colonnade records``: backup, restore, the audit log, and a patient who leaves. The server need not run."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from colonnade.cli.output import Debug, Json, note, say, say_json, say_lines
from colonnade.errors import BadInput

if TYPE_CHECKING:
    from colonnade.records.base import Database
    from colonnade.records.blobs import BlobStore
    from colonnade.records.folder import DataFolder

EXAMPLE = "colonnade records backup clinic.colonnade-backup --data clinic/"
NEEDED = ("sqlalchemy", "alembic", "argon2", "pyotp", "cryptography")
#: Small files of the data folder that belong to a backup.
EXTRAS = ("configuration.json",)

app = typer.Typer(
    help="The records of the workstation: backup, restore, the audit log, export and erasure of one patient.",
    epilog=f"\b\nExample:\n  {EXAMPLE}",
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Data = Annotated[Path | None, typer.Option("--data", metavar="DIR", help="The data folder of the workstation.")]
Address = Annotated[
    str, typer.Option(envvar="COLONNADE_DATABASE", help="postgresql:// address; left out: SQLite in the data folder.")
]
Key = Annotated[
    Path | None, typer.Option("--key-file", metavar="FILE", help="The key, where the stored files are sealed.")
]
Passphrase = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file",
        metavar="FILE",
        help="A file whose first line is the passphrase; else COLONNADE_PASSPHRASE, else it is asked for.",
    ),
]


def _example(text: str) -> str:
    return f"\b\nExample:\n  colonnade records {text}"


@app.command("backup", epilog=_example("backup clinic.colonnade-backup --data clinic/"))
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it; never overwritten.")],
    data: Data = None,
    database: Address = "",
    key_file: Key = None,
    passphrase_file: Passphrase = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Write every record and file into one encrypted file. The server may go on meanwhile."""
    with _room(data, database, key_file) as (folder, records, blobs):
        from colonnade.records.backup import backup as write

        extras = {name: (folder.root / name).read_bytes() for name in EXTRAS if (folder.root / name).is_file()}
        made = write(records, blobs, _who(), file, _passphrase(passphrase_file, twice=True), extras=extras)
    _say_contents("written", file, made, as_json)


@app.command("verify-backup", epilog=_example("verify-backup clinic.colonnade-backup"))
def verify_backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup.")],
    passphrase_file: Passphrase = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Read a whole backup: every hash, every row, the audit log inside. Exits with 1 if it is damaged."""
    _need_extra()
    from colonnade.records.backup import verify_backup as verify
    from colonnade.records.sealed import Damaged

    try:
        with _clear():
            found = verify(file, _passphrase(passphrase_file))
    except Damaged as error:
        _no(str(error), as_json)
    else:
        _say_contents("whole", file, found, as_json)


@app.command("restore", epilog=_example("restore clinic.colonnade-backup --data new-clinic/"))
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup.")],
    data: Data = None,
    database: Address = "",
    key_file: Key = None,
    passphrase_file: Passphrase = None,
    erased: Annotated[
        Path | None,
        typer.Option("--erased", metavar="FILE", help="The erased.jsonl of the old data folder: erased stays erased."),
    ] = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Restore a backup into a new data folder (or an empty database), and verify what was restored."""
    with _room(data, database, key_file, upgraded=False) as (folder, records, blobs):
        from colonnade.records.backup import restore as read_back
        from colonnade.records.folder import serving, write_all, written_whole
        from colonnade.records.leaving import settle
        from colonnade.records.sealed import Damaged

        if erased is not None and not erased.is_file():
            raise BadInput("--erased", given=f'"{erased}"', allowed="a file that exists", todo="Check the path.")
        extras: dict[str, bytes] = {}
        secret = _passphrase(passphrase_file)
        try:
            with serving(folder):
                register = erased or folder.erased
                found = read_back(records, blobs, _who(), file, secret, register=register, extras=extras)
                settle(records, blobs, folder.erased)
                for name in sorted(set(EXTRAS) & set(extras)):
                    if (folder.root / name).exists():
                        note(f"{name} was there already; the one of the backup was not written over it.")
                        continue
                    with written_whole(folder.root / name) as handle:
                        write_all(handle, extras[name])
        except Damaged as error:
            _no(str(error), as_json)
    _say_contents("restored", file, found, as_json)


@app.command("audit", epilog=_example("audit --data clinic/ --head 812:5f0c…"))
def audit(
    data: Data = None,
    database: Address = "",
    head: Annotated[
        list[str] | None, typer.Option("--head", metavar="NUMBER:HASH", help="A head that was written down elsewhere.")
    ] = None,
    export: Annotated[
        Path | None, typer.Option("--export", metavar="FILE", help="Also write the log as JSON lines; - for stdout.")
    ] = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Verify the audit log against itself, the heads in the backups of the data folder, and those given.

    Exits with 1 if an entry was changed, removed, inserted or moved, or the tail was cut off.
    """
    with _room(data, database, None) as (folder, records, _blobs):
        from colonnade.records.audit import Head, verify
        from colonnade.records.audit import export as lines
        from colonnade.records.backup import recorded_heads

        try:
            heads = [Head.parse(text) for text in head or ()]
        except ValueError as error:
            raise BadInput("--head", given="another form", allowed=str(error), todo="Copy it whole.") from None
        heads += [found for _path, found in recorded_heads(folder.backups)]
        with records.session(write=False) as db:
            result = verify(db, heads)
            if export is not None:
                _write_lines(export, lines(db))
    answer = {
        "ok": result.ok,
        "entries": result.entries,
        "head": str(result.head),
        "heads_checked": result.heads_checked,
        "problems": list(result.problems),
    }
    if as_json:
        say_json(answer)
    elif str(export) != "-":
        say(f"{'whole' if result.ok else 'NOT WHOLE'}: {result.entries} entries, head {result.head}")
        say(f"  compared with {result.heads_checked} recorded heads")
        say_lines(f"  {problem}" for problem in result.problems[:20])
    if not result.ok:
        raise typer.Exit(1)


@app.command("export-patient", epilog=_example("export-patient 3f2a… patient.zip --data clinic/"))
def export_patient(
    patient: Annotated[str, typer.Argument(metavar="ID", help="The patient's id, as in the address of their page.")],
    file: Annotated[Path, typer.Argument(metavar="FILE.zip", help="Where to write it; never overwritten.")],
    data: Data = None,
    database: Address = "",
    key_file: Key = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Write everything about one patient into a zip file: JSON, files, and who looked at them."""
    with _room(data, database, key_file) as (_folder, records, blobs):
        from colonnade.records.leaving import export_patient as collect
        from colonnade.records.leaving import write_export

        with records.session() as db:
            content = collect(db, blobs, _who(), patient)
        write_export(file, content)
    if as_json:
        say_json({"file": str(file), "bytes": len(content)})
    else:
        say(f"written: {file} ({len(content)} bytes, not encrypted)")


@app.command("erase-patient", epilog=_example('erase-patient 3f2a… --reason "asked for by the patient" --data clinic/'))
def erase_patient(
    patient: Annotated[str, typer.Argument(metavar="ID", help="The patient's id.")],
    reason: Annotated[str, typer.Option(help="Why; kept in the tombstone. Write no name.")],
    data: Data = None,
    database: Address = "",
    key_file: Key = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask again.")] = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Erase everything about one patient for good. Older backups still hold them until they are deleted."""
    with _room(data, database, key_file) as (folder, records, blobs):
        from colonnade.records.blobs import BlobStore
        from colonnade.records.leaving import erase_patient as erase

        if not yes:
            typer.confirm("Erase this patient's record for good?", abort=True, err=True)
        stone = erase(
            records, blobs, _who(), patient, reason=reason, register=folder.erased, results=BlobStore(folder.runs)
        )
    if as_json:
        say_json({"erased": patient, "rows": stone.rows, "files": stone.files})
    else:
        say(f"erased: {stone.rows} rows, {stone.files} files")


# --- what they share ------------------------------------------------------------------------------------------------
@contextlib.contextmanager
def _room(
    data: Path | None, address: str, key_file: Path | None, *, upgraded: bool = True
) -> Iterator[tuple[DataFolder, Database, BlobStore]]:
    """The data folder, its database and its files; refusals of the records become the one error of the command line."""
    _need_extra()
    from colonnade.records.base import open_database
    from colonnade.records.blobs import BlobStore, read_key
    from colonnade.records.folder import open_folder

    root = data or _default_folder()
    if upgraded and not root.is_dir():
        raise BadInput(
            "--data",
            given=f'"{root}", which is not a folder',
            allowed="the data folder of a workstation",
            todo="Check the path.",
        )
    folder = open_folder(root)
    database = open_database(address or folder.database)
    try:
        if upgraded and database.revision() is None:
            raise BadInput("--data", given="a folder without records", allowed="one with records", todo="Check it.")
        with _clear():
            yield folder, database, BlobStore(folder.blobs, key=read_key(key_file) if key_file else None)
    finally:
        database.close()


@contextlib.contextmanager
def _clear() -> Iterator[None]:
    from colonnade.records.base import NotAllowed, NotFound
    from colonnade.records.blobs import DamagedBlob
    from colonnade.records.folder import StorageTrouble

    try:
        yield
    except (NotAllowed, NotFound, DamagedBlob, StorageTrouble) as error:
        raise BadInput("records", given=str(error), allowed="-", todo="Nothing was changed.") from None
    except FileNotFoundError as error:
        raise BadInput(
            "file", given=f'"{error.filename}", which does not exist', allowed="a file", todo="Check the path."
        ) from None


def _need_extra() -> None:
    import importlib.util

    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise BadInput(
            "records",
            given=f"an installation without {', '.join(missing)}",
            allowed="one with the workstation",
            todo='Install it: pip install "colonnade[workstation]".',
        )


def _default_folder() -> Path:
    import platformdirs

    return Path(platformdirs.user_data_dir("colonnade", appauthor=False))


def _who() -> Any:
    from colonnade.records.audit import Actor

    # whoever may read the data folder may do this: the command line knows no account
    return Actor("command-line", "system")


def _passphrase(file: Path | None, *, twice: bool = False) -> str:
    if file is not None:
        lines = file.read_text(encoding="utf-8").splitlines()
        return lines[0] if lines else ""
    given = os.environ.get("COLONNADE_PASSPHRASE")
    if given is not None:
        return given
    if not sys.stdin.isatty():
        raise BadInput(
            "passphrase",
            given="none, and nobody to ask",
            allowed="--passphrase-file or COLONNADE_PASSPHRASE",
            todo="Name a file that only you may read.",
        )
    if twice:
        note("Without this passphrase nobody can ever read the backup. Keep it apart from the file.")
    return str(typer.prompt("Passphrase", hide_input=True, confirmation_prompt=twice, err=True))


def _write_lines(path: Path, lines: Iterator[str]) -> None:
    if str(path) == "-":
        for line in lines:
            say(line.rstrip("\n"))
        return
    if path.exists():
        raise BadInput("--export", given=f'"{path}", which exists', allowed="a new file", todo="Name another file.")
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        out.writelines(lines)


def _say_contents(what: str, file: Path, made: Any, as_json: bool) -> None:
    if as_json:
        say_json(
            {
                "file": str(file),
                "made_at": made.made_at,
                "schema": made.revision,
                "rows": made.rows,
                "files": made.files,
                "settings": list(made.extras),
                "audit_head": str(made.head),
            }
        )
        return
    say(f"{what}: {file}")
    say(f"  made {made.made_at}, {sum(made.rows.values())} rows, {made.files} files")
    say(f"  settings of the clinic: {', '.join(made.extras) or 'none, there was no file'}")
    say(f"  head of the audit log: {made.head}")


def _no(problem: str, as_json: bool) -> None:
    if as_json:
        say_json({"ok": False, "problem": problem})
    else:
        say(f"NOT WHOLE: {problem}")
    raise typer.Exit(1)
