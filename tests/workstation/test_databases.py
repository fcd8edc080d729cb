"""The application on SQLite and on a PostgreSQL of the tests' own: the whole way over HTTP, and two servers at once."""

import io
import json
import re
import subprocess
import sys
import threading
import time

import pytest
from PIL import Image
from sqlalchemy import func, select

from colonnade.field.synthetic import synthetic_face
from colonnade.records import audit, jobs
from colonnade.records.base import open_database
from colonnade.records.rows import Base
from colonnade.workstation import demonstration
from tests.workstation.conftest import RunningServer, fill_accounts, form_fields, form_token
from tests.workstation.test_api import token_of

SECRET = "five unrelated words are kept"  # noqa: S105
PATIENCE_S = 240
#: Tables that a restore leaves empty, or adds to.
CHANGED = {"sessions", "login_attempts", "idempotency_keys", "data_folders", "audit_entries"}


# on SQLite the journey in the browser goes the same way in every run of the tests
@pytest.fixture(params=[pytest.param("sqlite", marks=pytest.mark.soak), "postgresql"])
def address(request):
    """A function: the address of another empty database of this kind; empty for the file in the data folder."""
    if request.param == "sqlite":
        return lambda: ""
    return request.getfixturevalue("new_postgresql")


@pytest.fixture
def start():
    """``start(data, address)``: a server; all are stopped at the end, and none may have had an error."""
    started = []

    def begin(data, database="", *options, accounts=True):
        if accounts:
            fill_accounts(data, database)
        started.append(RunningServer(data, *options, database=database))
        return started[-1]

    yield begin
    for running in started:
        running.stop()
        assert "Traceback" not in running.text
        assert '"level": "error"' not in running.text


def colonnade(*words, server, **environment):
    """Run a command on the records of a server; gives its one JSON object."""
    code = f"import sys; sys.argv = {['colonnade', 'records', *map(str, words), '--json']!r}\n"
    code += "from colonnade.cli.main import run; run()"
    environment = {"PATH": "/usr/bin:/bin", "COLONNADE_PASSPHRASE": SECRET, **environment}
    if "://" in str(server.database):
        environment["COLONNADE_DATABASE"] = str(server.database)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def counted(server):
    database = open_database(server.database)
    with database.session(write=False) as db:
        found = {t.name: db.scalar(select(func.count()).select_from(t)) for t in Base.metadata.sorted_tables}
    database.close()
    return found


def right(answer, status=303):
    assert answer.status_code == status, answer.text[:3000]
    return answer


def photograph():
    out = io.BytesIO()
    Image.fromarray(synthetic_face(0.4).photo.pixels).save(out, "JPEG")
    return out.getvalue()


def planned(one, patient):
    """A draft of a small field, computed as a job by the server, and kept. Gives the plan's id."""
    draft = right(one.fill("/plans", "/plans", {"patient_id": patient, "title": "First"})).headers["location"]
    case = demonstration.case()
    case["region"] |= {"width_mm": 8, "height_mm": 8}
    headers = {"X-Form-Token": form_token(one.get(draft).text)}
    saved = right(one.post(f"{draft}/case", json={"revision": 1, "case": case}, headers=headers), 200)
    assert one.post(f"{draft}/case", json={"revision": 1, "case": case}, headers=headers).status_code == 412
    job = right(one.post(f"{draft}/plan", json={"revision": saved.json()["revision"]}, headers=headers), 200).json()
    stream = one.get(job["events"], timeout=PATIENCE_S).text  # ends with the job
    states = [json.loads(line)["state"] for line in re.findall(r"^data: ({.*})$", stream, re.MULTILINE)]
    assert states[-1] == "done", stream[-2000:]
    kept = right(one.post(f"{draft}/keep/{job['job']}", headers=headers), 200).json()
    return kept["plan"].rsplit("/", 1)[1]


@pytest.mark.soak
def test_from_log_in_to_a_restored_backup(address, start, client, tmp_path):
    server = start(tmp_path / "data", address())
    operator, physician = client("operator", at=server), client("physician", at=server)

    # who it is, what for, and what they agreed to
    patient = right(
        operator.fill("/patients/new", "/patients", {"family_name": "Exåmple ✓", "birth_date": "1990-05-17",
                                                     "phototype": "III", "alerts": "lidocaine\nsilver"})
    ).headers["location"]  # fmt: skip
    key = patient.rsplit("/", 1)[1]
    seen = {"indication": "atrophic-acne-scar", "site": "cheek", "side": "left"}
    right(operator.fill(patient, f"{patient}/conditions", seen))
    for kind in ("treatment", "photography"):
        sent = {"kind": kind, "version": "1", "signed_by": "Synthetic Example"}
        right(operator.send_form(f"{patient}/consents", sent, seen_on=f"{patient}/consents"))
    right(operator.fill(f"{patient}/history", f"{patient}/history", {"herpes_history": "yes"}))
    file = {"file": ("face.jpg", photograph(), "image/jpeg")}
    right(operator.fill(f"{patient}/photographs", f"{patient}/photographs", {"pose": "front"}, files=file))
    photo = re.search(r"/photographs/[0-9a-f]{32}/file", operator.get(f"{patient}/photographs").text)[0]
    assert operator.get(photo).headers["content-type"] == "image/jpeg"

    # the plan: computed, approved by the physician, confirmed by the room
    plan = planned(operator, key)
    review = f"/reviews/{plan}"
    form = f"{patient}/treatments/new?plan={plan}"
    for page in (patient, review, form):
        # what must be known before the first pulse
        assert all(word in physician.get(page).text for word in ("lidocaine", "silver", "Herpes simplex")), page
    assert operator.fill(review, f"{review}/review").status_code == 303
    right(physician.fill(review, f"{review}/approve", {"comment": "looked at"}))
    items = {name: "yes" for name in form_names(physician.get(review).text, f"{review}/time-out")}
    right(physician.fill(review, f"{review}/time-out", {**items, "present": "Physician\nOperator"}))

    # the treatment, signed once the question on adverse events is answered
    treatment = right(operator.fill(form, f"{patient}/treatments")).headers["location"]
    assert operator.fill(treatment, f"{treatment}/sign").status_code == 422
    right(operator.fill(treatment, f"{treatment}/adverse-event", {"kind": "none"}))
    right(operator.fill(treatment, f"{treatment}/sign"))
    assert "The session before" in operator.get(form).text
    assert operator.send_form(f"{treatment}/leaflet", seen_on=treatment).content.startswith(b"%PDF")

    # the check-in by telephone, and somebody who looks at it
    asked = f"{treatment}/check-in"
    check_in = right(operator.fill(asked, asked, {"fever": "yes", "pain": "3"})).headers["location"]
    assert "Exåmple ✓" in physician.get("/follow-up").text
    assert right(physician.fill(check_in, f"{check_in}/review", {"note": "called back", "contacted": "yes"}))
    assert "Nothing waits." in physician.get("/follow-up").text
    assert physician.get("/statistics").status_code == 200
    script = {"Authorization": f"Bearer {token_of(server, 'physician')}"}
    listed = physician.get("/api/v1/patients", headers=script).json()["patients"]
    assert [p["family_name"] for p in listed] == ["Exåmple ✓"]

    # the log, the backup, and everything again elsewhere
    auditor, administrator = client("auditor", at=server), client("administrator", at=server)
    assert "The chain is whole." in right(auditor.send_form("/audit/verify", seen_on="/audit"), 200).text
    right(administrator.fill("/settings", "/settings", {"clinic_name": "Example clinic", "two_person": "yes"}))
    backup = tmp_path / "b.colonnade-backup"
    made = colonnade("backup", backup, "--data", server.data, server=server)
    assert made["settings"] == ["configuration.json"]
    whole = colonnade("audit", "--data", server.data, "--head", made["audit_head"], server=server)
    assert whole["ok"]
    assert server.stop() == 0
    before = counted(server)
    other = RunningServer.__new__(RunningServer)
    other.data, other.database = tmp_path / "restored", address() or tmp_path / "restored" / "colonnade.db"
    done = colonnade("restore", backup, "--data", other.data, server=other)
    assert done["rows"] == made["rows"]
    after = counted(other)
    assert {n: c for n, c in after.items() if n not in CHANGED} == {n: c for n, c in before.items() if n not in CHANGED}
    settings = "configuration.json"
    assert (other.data / settings).read_bytes() == (server.data / settings).read_bytes()
    assert colonnade("audit", "--data", other.data, "--head", made["audit_head"], server=other)["ok"]
    again = start(other.data, str(other.database) if "://" in str(other.database) else "", accounts=False)
    judge = client("physician", at=again)
    for path in (patient, review, treatment, check_in, f"{treatment}/healing"):
        assert "Exåmple ✓" in right(judge.get(path), 200).text, path
    assert judge.get(photo).content == physician_saw(photo, server, again)
    assert "Example clinic" in judge.get("/").text


def form_names(html, action):
    return [name for name in form_fields(html, action) if name.startswith("item-")]


def physician_saw(photo, first, second):
    """The bytes of the photograph as the first server's store holds them."""
    database = open_database(second.database)
    with database.session(write=False) as db:
        from colonnade.records.blobs import BlobStore
        from colonnade.records.photographs import Photo

        blob = db.get(Photo, photo.split("/")[2]).blob
    database.close()
    return BlobStore(first.data / "blobs").get(blob)


# --- two servers on one PostgreSQL ----------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def pair(new_postgresql, tmp_path_factory):
    """Two server processes on one database and one folder of files."""
    address, data = new_postgresql(), tmp_path_factory.mktemp("pair") / "data"
    fill_accounts(data, address)
    both = tuple(RunningServer(data, database=address) for _ in range(2))
    yield both
    for one in both:
        assert one.stop() == 0, one.text
        assert "Traceback" not in one.text


def test_two_servers_write_at_once_and_the_chain_stays_whole(pair, client):
    """What each thread was told is saved is saved, once; nobody overwrites what they have not seen."""
    ones = [client("operator", at=pair[n % 2]) for n in range(4)]
    shared = right(ones[0].fill("/patients/new", "/patients", {"family_name": "Shared"})).headers["location"]
    made, edits, wrong = [], [], []

    def work(one, number):
        try:
            for turn in range(8):
                sent = {"family_name": f"Made-{number}-{turn}"}
                made.append(right(one.fill("/patients/new", "/patients", sent)).headers["location"])
                # everybody edits one record: whoever read an older revision is refused, with 409
                answer = one.fill(f"{shared}/edit", f"{shared}/edit", {"note": f"{number}-{turn}"})
                assert answer.status_code in (303, 409), answer.text[:2000]
                edits.append(answer.status_code)
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(one, n)) for n, one in enumerate(ones)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert wrong == []
    assert len(set(made)) == 32
    # each server shows what the other one saved
    for one, other in ((ones[0], 1), (ones[1], 0)):
        assert f"Made-{other}-7" in one.get("/patients").text
        assert one.get(made[-1]).status_code == 200
    revision = form_fields(ones[1].get(f"{shared}/edit").text, f"{shared}/edit")["revision"]
    assert int(revision) == 1 + edits.count(303)
    database = open_database(pair[0].database)
    with database.session(write=False) as db:
        found = audit.verify(db)
        assert found.ok, found.problems
        creates = [e for e in audit.entries(db) if (e.verb, e.object_type) == ("create", "patients")]
    database.close()
    assert len(creates) == 33


@pytest.mark.soak
def test_two_servers_share_sessions_settings_and_files(pair, client, tmp_path):
    here = client("administrator", at=pair[0])
    cookie = next(iter(here.cookies.jar))
    there = client(at=pair[1])
    there.cookies.set(f"colonnade-{pair[1].address.rpartition(':')[2]}", cookie.value, domain="127.0.0.1")
    assert there.get("/account").status_code == 200
    assert "Changed here" not in there.get("/").text
    right(here.fill("/settings", "/settings", {"clinic_name": "Changed here"}))
    assert "Changed here" in there.get("/settings").text
    right(here.send_form("/log-out", seen_on="/account"))
    assert there.get("/account").status_code == 303
    # five failures at the one are five failures at the other
    for _ in range(5):
        assert client(at=pair[0]).sign_in("viewer", "guess of a password").status_code == 401
    assert client(at=pair[1]).sign_in("viewer").status_code == 429
    assert {p.name for p in (pair[0].data / "logs").iterdir()} == {
        f"workstation-{one.address.rpartition(':')[2]}.jsonl" for one in pair
    }


def test_another_folder_of_files_is_refused(pair, tmp_path):
    with pytest.raises(AssertionError, match="is not the one this database began with"):
        RunningServer(tmp_path / "elsewhere", database=str(pair[0].database))


RUNNER = """
import sys, time
from pathlib import Path
from colonnade.records.base import open_database
from colonnade.records.blobs import BlobStore
from colonnade.workstation import jobs
from tests.workstation.job_functions import KINDS
if __name__ == "__main__":
    jobs.OTHERS_EVERY_S = 0.5
    runs = Path(sys.argv[2])
    runner = jobs.JobRunner(open_database(sys.argv[1]), BlobStore(runs), runs / "unfinished", workers=1, kinds=KINDS)
    runner.start()
    print(runner.presence.id, flush=True)
    sys.stdin.read()
    runner.stop()
"""


@pytest.fixture
def runners(new_postgresql, tmp_path):
    """The database of two job runners, each in a process of its own, and these processes with their server ids."""
    address = new_postgresql()
    database = open_database(address)
    database.upgrade()
    (tmp_path / "runs").mkdir()
    script = tmp_path / "runner.py"
    script.write_text(RUNNER)
    words = [sys.executable, script, address, tmp_path / "runs"]
    processes = [
        subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={"PYTHONPATH": "."})
        for _ in range(2)
    ]
    by_id = {process.stdout.readline().strip(): process for process in processes}
    assert len(by_id) == 2, "they did not start"
    yield database, by_id
    for process in processes:
        process.kill()
        process.communicate()
    database.close()


def ended(database, made):
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        with database.session(write=False) as db:
            rows = [db.get(jobs.Job, one.id) for one in made]
        if all(row.state in jobs.ENDED for row in rows):
            return rows
        time.sleep(0.05)
    raise AssertionError([row.state for row in rows])


def test_each_job_is_taken_by_one_server(runners, tmp_path):
    database, processes = runners
    witness = tmp_path / "witness"
    with database.session() as db:
        made = [jobs.enqueue(db, audit.SYSTEM, "witness", {"file": str(witness), "n": n}) for n in range(8)]
    rows = ended(database, made)
    assert {row.state for row in rows} == {"done"}
    # each ran once: its process wrote its number down
    assert sorted(map(int, witness.read_text().split())) == list(range(8))
    assert {row.server_id for row in rows} == set(processes), "both had their part"
    assert not [*(tmp_path / "runs" / "unfinished").iterdir()]


@pytest.mark.soak
def test_the_jobs_of_a_server_that_died_are_interrupted_and_those_of_the_other_go_on(runners, tmp_path):
    database, processes = runners
    with database.session() as db:
        made = [jobs.enqueue(db, audit.SYSTEM, "count", {"to": 100_000}) for _ in range(2)]
    deadline = time.monotonic() + PATIENCE_S
    rows = []
    while [row.state for row in rows] != ["running"] * 2:
        assert time.monotonic() < deadline, rows
        with database.session(write=False) as db:
            rows = [db.get(jobs.Job, one.id) for one in made]
        time.sleep(0.05)
    dies, stays = rows
    assert dies.server_id != stays.server_id
    scratch = tmp_path / "runs" / "unfinished"
    while len([*scratch.iterdir()]) < 2:
        assert time.monotonic() < deadline
    processes[dies.server_id].kill()
    assert ended(database, [dies])[0].state == "interrupted"
    while [p.name for p in scratch.iterdir()] != [f"{stays.server_id}.{stays.id}"]:
        assert time.monotonic() < deadline
    with database.session() as db:
        assert db.get(jobs.Job, stays.id).state == "running"
        again = jobs.rerun(db, audit.SYSTEM, dies.id)
        jobs.cancel(db, audit.SYSTEM, stays.id)  # as a page of any server would
    assert ended(database, [stays])[0].state == "cancelled"
    with database.session(write=False) as db:
        assert db.get(jobs.Job, again.id).state in ("queued", "running")


@pytest.mark.soak
def test_a_database_that_is_restarted_costs_no_answer(pair, client, cluster):
    """Every connection is cut; the next questions are answered, and jobs are still this server's."""
    import psycopg

    one = client("operator", at=pair[0])
    name = str(pair[0].database).partition("@/")[2].partition("?")[0]
    where = f"host={cluster['folder']} user={cluster['user']} dbname=postgres"
    with psycopg.connect(where, autocommit=True) as connection:
        cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = %s"
        assert connection.execute(cut, [name]).fetchone()[0] >= 3
    for path in ("/", "/patients", "/account", "/readyz"):
        assert one.get(path).status_code == 200, path
    right(one.fill("/patients/new", "/patients", {"family_name": "After"}))
