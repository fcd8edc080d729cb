"""SIGKILL of the real server during a save, a photograph upload, a plan job: nothing acknowledged is lost.

The judge is a new server on the same folder, read over HTTP, beside this process, which knows only what the killed one
acknowledged (303 or 201). What was under way when the kill came may be there or not, but whole.
"""

import io
import random
import re
import subprocess
import sys
import threading
import time
from functools import cache
from html import unescape
from types import SimpleNamespace

import httpx2
import numpy as np
import pytest
from PIL import Image

from colonnade.field.synthetic import synthetic_face
from colonnade.records import audit, plans
from colonnade.records.audit import SYSTEM
from colonnade.records.base import open_database
from colonnade.records.blobs import BlobStore
from colonnade.records.folder import open_folder
from colonnade.workstation import demonstration
from tests.records import clinic
from tests.workstation.conftest import RunningServer, fill_accounts, form_token
from tests.workstation.test_api import token_of

ROUNDS = 10
PATIENCE_S = 240
#: So long that a save that was cut off in the middle would show.
PADDING = "x" * 3000


@pytest.fixture
def room(tmp_path):
    """A data folder with a patient, consents and a draft, and the server that holds it, whichever that is."""
    data = tmp_path / "data"
    fill_accounts(data)
    folder = open_folder(data)
    database = open_database(folder.database)
    patient = clinic.system(database)
    case = demonstration.case()
    case["region"] |= {"width_mm": 8, "height_mm": 8}
    with database.session() as db:
        clinic.consent(db, SYSTEM, patient.id, "photography")
        draft = plans.create_draft(db, SYSTEM, patient.id, title="Synthetic draft", case=case).id
    database.close()
    made = SimpleNamespace(data=data, folder=folder, patient=patient.id, draft=draft, saved=0)
    made.server = RunningServer(data)
    yield made
    made.server.stop()
    audit_verifies_by_command(made)
    assert "Traceback" not in made.server.text


def until_killed(room, work, seconds):
    """Run ``work(acknowledged)`` against the server, kill it ``seconds`` after the first acknowledgement, start the
    next server. Gives what was acknowledged."""
    acknowledged, wrong = [], []

    def loop():
        try:
            work(acknowledged)
        except httpx2.TransportError:
            return  # the kill
        except BaseException as error:
            wrong.append(error)

    thread = threading.Thread(target=loop)
    thread.start()
    deadline = time.monotonic() + PATIENCE_S
    while not acknowledged and not wrong and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(seconds)
    assert room.server.process.poll() is None, room.server.text
    still = thread.is_alive()
    room.server.kill()
    thread.join(60)
    assert wrong == []
    assert still, "the work had ended before the kill"
    assert acknowledged, "nothing was acknowledged: there is nothing to judge"
    room.server = RunningServer(room.data)
    return acknowledged


def every_page_answers(room, one):
    """The record and whatever it links to, shown in full. Gives the record."""
    record = one.get(f"/patients/{room.patient}")
    assert record.status_code == 200
    links = {unescape(found).partition("#")[0] for found in re.findall(r'(?:href|src)="(/[^"]*)"', record.text)}
    links = sorted(link for link in links if not link.startswith("/static/"))
    assert any(link.endswith("/photographs") for link in links)
    for link in links:
        answer = one.get(link, follow_redirects=True)
        assert answer.status_code == 200, (link, answer.status_code)
        assert answer.text.rstrip().endswith("</html>"), link
    return record.text


def audit_verifies(room):
    """Read from the file of the database, without the server's word for it."""
    database = open_database(room.folder.database)
    with database.session(write=False) as db:
        found = audit.verify(db)
    database.close()
    assert found.ok, found.problems


def audit_verifies_by_command(room):
    """As the auditor would, once everything is over."""
    code = "from colonnade.cli.main import run; import sys; sys.argv[0] = 'colonnade'; run()"
    words = ["records", "audit", "--data", str(room.data)]
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.returncode == 0, done.stdout + done.stderr


# --- a save ---------------------------------------------------------------------------------------------------------
def typed(one, room):
    """What the form of the patient shows: note and revision."""
    html = one.get(f"/patients/{room.patient}/edit").text
    note = re.search(r'<textarea[^>]*name="note"[^>]*>(.*?)</textarea>', html, re.DOTALL)[1]
    return unescape(note).strip(), int(re.search(r'name="revision" value="(\d+)"', html)[1])


def save_round(room, client, seconds):
    one = client("operator", at=room.server)
    api = client(at=room.server)
    headers = {"Authorization": f"Bearer {token_of(room.server, 'operator')}"}
    token = form_token(one.get("/patients/new").text)
    _, first = typed(one, room)
    before = every_page_answers(room, one).count("finding-")

    # an answer counts from the moment it is there, so each is noted before the next is asked for
    def work(acknowledged):
        for number in range(1_000_000):
            at = room.saved + number
            note = {"revision": first + number, "family_name": "Kill", "note": f"note-{at} {PADDING} end"}
            condition = {
                "indication": "atrophic-acne-scar", "site": "cheek", "side": "left", "diagnosis": f"finding-{at}-end"
            }  # fmt: skip
            for what, path, fields in (("note", "edit", note), ("condition", "conditions", condition)):
                answer = one.post(f"/patients/{room.patient}/{path}", data={"form_token": token, **fields})
                assert answer.status_code == 303, answer.text[:2000]
                acknowledged.append((what, at, ""))
            answer = api.post("/api/v1/patients", json={"family_name": f"Made{at}"}, headers=headers)
            assert answer.status_code == 201, answer.text
            acknowledged.append(("patient", at, answer.json()["id"]))

    acknowledged = until_killed(room, work, seconds)
    judge = client("operator", at=room.server)
    last = {what: max((at for w, at, _ in acknowledged if w == what), default=None) for what in ("note", "condition")}
    note, revision = typed(judge, room)
    found = re.fullmatch(rf"note-(\d+) {PADDING} end", note)
    assert found, f"half a note: {note[:40]} ... {note[-40:]}"
    assert int(found[1]) in (last["note"], last["note"] + 1)
    assert revision == first + int(found[1]) - room.saved + 1, "one revision for each save"
    record = every_page_answers(room, judge)
    shown = [int(n) for n in re.findall(r"finding-(\d+)-end", record)]
    conditions = sum(w == "condition" for w, _, _ in acknowledged)
    assert record.count("finding-") == len(shown)
    assert len(shown) - before in (conditions, conditions + 1)
    assert {at for w, at, _ in acknowledged if w == "condition"} <= set(shown)
    for what, at, made in acknowledged:
        if what == "patient":
            answer = judge.get(f"/api/v1/patients/{made}")
            assert (answer.status_code, answer.json()["family_name"]) == (200, f"Made{at}")
    audit_verifies(room)
    room.saved = int(found[1]) + 1
    return len(acknowledged)


# --- a photograph upload --------------------------------------------------------------------------------------------
@cache
def face():
    return synthetic_face(0.4).photo.pixels


def drawn(number):
    """A photograph that its number determines: the drawn face, shifted."""
    return np.roll(face(), 8 * (number % 64), axis=1)


def as_png(pixels):
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG", compress_level=1)
    return out.getvalue()


def shown_photographs(one, room):
    """Number to id, as the gallery lists them."""
    html = one.get(f"/patients/{room.patient}/photographs").text
    items = re.findall(r'<img src="/photographs/([0-9a-f]{32})/file".*?</li>', html, re.DOTALL)
    numbers = re.findall(r"photograph-(\d+)-end", html)
    assert len(items) == len(numbers)
    return dict(zip(map(int, numbers), items, strict=True))


def upload_round(room, client, seconds):
    one = client("operator", at=room.server)
    token = form_token(one.get(f"/patients/{room.patient}/photographs").text)
    before = set(shown_photographs(one, room))
    start = max(before, default=-1) + 1

    def work(acknowledged):
        for number in range(start, 1_000_000):
            answer = one.post(
                f"/patients/{room.patient}/photographs",
                data={"form_token": token, "pose": "front", "note": f"photograph-{number}-end"},
                files={"file": ("face.png", as_png(drawn(number)), "image/png")},
            )
            assert answer.status_code == 303, answer.text[:2000]
            acknowledged.append(number)

    acknowledged = until_killed(room, work, seconds)
    judge = client("operator", at=room.server)
    shown = shown_photographs(judge, room)
    kept = before | set(acknowledged)
    assert kept <= set(shown)
    assert set(shown) - kept <= {max(acknowledged) + 1}
    for number, photo in shown.items():
        answer = judge.get(f"/photographs/{photo}/file")
        assert answer.status_code == 200
        pixels = np.asarray(Image.open(io.BytesIO(answer.content)).convert("RGB"), dtype=float)
        # what JPEG of quality 92 changes on average is below 2 of 255; a shifted or half-grey face differs by far more
        assert np.abs(pixels - drawn(number)).mean() < 3
    every_page_answers(room, judge)
    assert BlobStore(room.folder.blobs).damaged() == []
    audit_verifies(room)
    return len(acknowledged)


# --- a running job --------------------------------------------------------------------------------------------------
def state_of(one, job):
    answer = one.get(f"/api/v1/jobs/{job}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def wait_for(one, job, *states):
    deadline = time.monotonic() + PATIENCE_S
    while (at := state_of(one, job))["state"] not in states:
        assert at["state"] in ("queued", "running"), at
        assert time.monotonic() < deadline, at
        time.sleep(0.02)
    return at


def job_round(room, client, seconds):
    one = client("operator", at=room.server)
    html = one.get(f"/plans/{room.draft}").text
    headers = {"X-Form-Token": form_token(html)}
    answer = one.post(f"/plans/{room.draft}/plan", json={"revision": 1}, headers=headers)
    assert answer.status_code == 200, answer.text
    job = answer.json()["job"]

    def work(acknowledged):
        wait_for(one, job, "running")
        acknowledged.append(job)
        while True:
            assert state_of(one, job)["state"] == "running", "it ended before the kill"
            time.sleep(0.02)

    until_killed(room, work, seconds)
    judge = client("operator", at=room.server)
    at = state_of(judge, job)
    assert (at["state"], at["result_sha256"]) == ("interrupted", "")
    assert judge.get(f"/jobs/{job}/result").status_code == 404, "no half of a result"
    assert "interrupted" in judge.get(f"/jobs/{job}").text
    every_page_answers(room, judge)
    again = judge.send_form(f"/jobs/{job}/rerun", seen_on=f"/jobs/{job}")
    assert again.status_code == 303
    rerun = again.headers["location"].rsplit("/", 1)[1]
    assert rerun != job
    wait_for(judge, rerun, "done")
    headers = {"X-Form-Token": form_token(judge.get(f"/plans/{room.draft}").text)}
    kept = judge.post(f"/plans/{room.draft}/keep/{rerun}", headers=headers)
    assert kept.status_code == 200, kept.text
    assert judge.get(kept.json()["plan"]).status_code == 200
    assert state_of(judge, job)["state"] == "interrupted"
    assert not [*(room.folder.runs / "unfinished").iterdir()]
    every_page_answers(room, judge)
    audit_verifies(room)
    return 1


#: What is going on when the kill comes, and how long after the first acknowledgement it may come at the latest [s].
KILLED_DURING = {"save": (save_round, 0.8), "upload": (upload_round, 0.8), "job": (job_round, 0.2)}


# uploads and jobs take longer: `make soak` kills during those as well
@pytest.mark.parametrize("what", ["save"])
def test_a_killed_server_loses_nothing_that_it_acknowledged(what, room, client):
    round_, latest_s = KILLED_DURING[what]
    assert round_(room, client, random.Random(what).uniform(0, latest_s)) > 0  # noqa: S311 - the moment of a kill


@pytest.mark.soak
@pytest.mark.parametrize("what", KILLED_DURING)
def test_many_kills_of_the_server(what, room, client, capsys):
    round_, latest_s = KILLED_DURING[what]
    chance = random.Random(0)  # noqa: S311 - the moments of the kills
    acknowledged = sum(round_(room, client, chance.uniform(0, latest_s)) for _ in range(ROUNDS))
    with capsys.disabled():
        print(f"\nserver killed during a {what}: {ROUNDS} kills, {acknowledged} acknowledged, none lost")
