"""Rehearsals on the virtual laser: the machine's process, the buttons, and the record that is never a treatment."""

import json
import os
import re
import signal
import time
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from colonnade.delivery.apart import LOG, Order
from colonnade.delivery.journal import records
from colonnade.delivery.record import Treatment
from colonnade.errors import BadInput
from colonnade.records import approvals, audit, backup, leaving, plans, training, treatments
from colonnade.records.approvals import TIME_OUT_ITEMS
from colonnade.records.base import NotFound, open_database
from colonnade.records.blobs import BlobStore
from colonnade.records.folder import open_folder
from colonnade.schema import read
from colonnade.workstation import training as rehearsals
from colonnade.workstation import training_session
from colonnade.workstation.rendering import environment
from colonnade.workstation.training import Trainings, planned, read_back
from colonnade.workstation.training_line import Denied
from colonnade.workstation.training_session import Begun, Presser, Session
from colonnade.workstation.training_shown import changed
from tests.records import clinic
from tests.workstation.conftest import form_token
from tests.workstation.rehearsal import content, rehearsable, stored

ME, OTHER = Presser("a" * 32, "Test Operator"), Presser("b" * 32, "Test Instructor")
#: A stamp of 64 columns lasts 3 s at a hundred times the speed: long enough to be interrupted on a busy machine.
SLOW_HZ, SPEED = 0.2, 100.0
#: Nothing here measures time: a machine that does ten other things must not fail a test.
PATIENCE_S = 120


def until(holds, seconds=PATIENCE_S):
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.01)


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A rehearsal that runs, with a fast clock; no page watches it, none says that a foot is still on the pedal."""
    monkeypatch.setattr(training_session, "LEFT_S", 1e6)
    monkeypatch.setattr(training_session, "HOLD_S", 1e6)
    started = []

    def begin(**more):
        folder = tmp_path / f"rehearsal-{len(started)}"
        folder.mkdir()
        begun = Begun(
            id="c" * 32, plan_id="d" * 32, patient_id="e" * 32, plan_sha256="0" * 64, title="Synthetic", number=1,
            mode="rehearsal", seed=7, speed=SPEED, started_at="2026-01-01T00:00:00+00:00", started_by=ME.id,
            started_name=ME.name, role="operator",
        )  # fmt: skip
        order = Order(folder, plan=content(rate_Hz=more.pop("rate_Hz", SLOW_HZ)), seed=7, speed=SPEED, durable=False)
        session = Session(begun, folder, order, on_end=lambda s: "")
        session.start()
        started.append(session)
        until(lambda: session.phase != "preparing")
        assert session.phase == "running", session.shown.at
        return session

    yield begin
    for session in started:
        session.end("ended")
        session.join(30)
        assert session.ended
        assert session.line.process_id is None


def press(session, do, who=ME, **sent):
    session.press(who, do, sent)


def to_ready(session):
    press(session, "key", on=True)
    until(lambda: session.line.status["state"] == "standby")
    for item in TIME_OUT_ITEMS:
        press(session, "check", item=item, on=True)
    press(session, "ready")


_presses = iter(range(10**6))


def step_on(session, who=ME):
    # the last release must not count as the first half of a bounce
    session._released = 0.0
    grip = f"press-{next(_presses):08d}"
    press(session, "pedal", who, on=True, grip=grip)
    return grip


def in_flight(session, least=3):
    until(lambda: session.line.status["state"] == "firing" and session.line.columns.count(b"F") >= least)


def kinds(session, kind):
    return [r for r in records(session.folder / LOG) if r.kind == kind]


def what(session):
    return [e["what"] for e in session.entries]


# --- the buttons --------------------------------------------------------------------------------------------------
def test_from_the_key_to_an_interrupted_stamp(machine):
    session = machine()
    assert session.step() == "key_on"
    press(session, "key", on=True)
    until(lambda: session.line.status["state"] == "standby")
    with pytest.raises(Denied, match="time-out"):
        press(session, "ready")
    assert session.step() == "time_out"
    for item in TIME_OUT_ITEMS:
        press(session, "check", item=item, on=True)
    press(session, "check", item="consent", on=False)
    with pytest.raises(Denied, match="time-out"):
        press(session, "ready")
    press(session, "check", item="consent", on=True)
    press(session, "ready")
    assert session.line.status["shutter_open"]
    assert session.step() == "press"
    grip = step_on(session)
    # everybody sees the same: whose foot it is, and what is fired
    with pytest.raises(Denied, match="else"):
        press(session, "pedal", OTHER, on=True, grip="other-press")
    in_flight(session)
    press(session, "pedal", OTHER, on=False, grip="other-press")
    assert session.line.status["state"] == "firing", "somebody else's release ended the stamp"
    press(session, "pedal", on=False, grip=grip)
    fired = session.line.columns.count(b"F")
    assert (session.line.status["state"], session.step(), session.line.stamps) == ("paused", "decide", "IPPP")
    # going on needs a word; what is left unsaid skips
    with pytest.raises(Denied, match="not moved"):
        press(session, "decide", stamp=1, go_on=True)
    with pytest.raises(Denied, match="not moved"):
        press(session, "decide", stamp=1, go_on=True, not_moved="yes")
    press(session, "decide", stamp=1, go_on=True, not_moved=True)
    press(session, "ready")
    step_on(session)
    until(lambda: session.line.stamps[0] == "D")
    assert session.line.columns[:64] == b"F" * 64
    assert session.line.columns.count(b"F") == 64 > fired
    # the machine's own clock and noise are those of its seed, whoever presses
    assert kinds(session, "C")[0].fields[2] == "Test_Operator"
    assert what(session).count("refused") == 5


def test_one_press_is_one_press(machine):
    session = machine()
    to_ready(session)
    press(session, "pedal", on=False, grip="overtaken-1")
    press(session, "pedal", on=True, grip="overtaken-1")  # its release came first
    assert kinds(session, "B") == []
    press(session, "pedal", on=True, grip="first-press")
    press(session, "pedal", on=True, grip="first-press")
    press(session, "pedal", on=False, grip="first-press")
    press(session, "pedal", on=True, grip="second-click")  # the other half of a double click
    press(session, "pedal", on=False, grip="second-click")
    assert [r.fields[0] for r in kinds(session, "B")] == ["1"]
    assert "bounce" in what(session)


@pytest.mark.parametrize(
    "sent",
    [
        {"do": "laser"}, {"do": "key"}, {"do": "key", "on": "yes"}, {"do": "pedal", "on": True},
        {"do": "pedal", "on": True, "grip": 7}, {"do": "check", "item": "none", "on": True},
        {"do": "decide", "stamp": "1", "go_on": False}, {"do": "fault", "kind": "fire"},
        {"do": "fault", "kind": "sag", "value": "much"}, {"do": "fault", "kind": "sag", "value": -4},
        {"do": "fault", "kind": "sag", "value": 1e9}, {"do": "fault", "kind": "sag", "value": float("nan")},
    ],
)  # fmt: skip
def test_what_is_no_button_changes_nothing(nothing_pressed, sent):
    more = {k: v for k, v in sent.items() if k != "do"}
    with pytest.raises(BadInput):
        press(nothing_pressed, sent["do"], **more)
    assert nothing_pressed.line.status["state"] == "off"


@pytest.fixture(scope="module")
def nothing_pressed(tmp_path_factory):
    """One machine for all that is refused."""
    folder = tmp_path_factory.mktemp("rehearsal")
    begun = Begun(
        id="c" * 32, plan_id="", patient_id="", plan_sha256="", title="", number=1, mode="rehearsal", seed=0, speed=1.0,
        started_at="", started_by="", started_name="", role="",
    )  # fmt: skip
    session = Session(begun, folder, Order(folder, plan=content(), durable=False), on_end=lambda s: "")
    session.start()
    until(lambda: session.phase == "running")
    yield session
    session.end("ended")
    session.join(30)


def test_who_holds_the_pedal_and_falls_silent_has_let_go(machine, monkeypatch):
    session = machine(rate_Hz=0.05)
    to_ready(session)
    grip = step_on(session)
    in_flight(session)
    press(session, "hold", grip=grip)
    assert session.line.status["state"] == "firing"
    monkeypatch.setattr(training_session, "HOLD_S", 0.05)
    until(lambda: session.line.status["state"] == "paused")
    # the status is known a moment before its events are read
    until(lambda: {"hold_lost", "machine_link_lost"} <= set(what(session)))
    assert [r.fields[2] for r in kinds(session, "E")] == ["link"]
    press(session, "hold", grip=grip)
    assert session.line.status["pedal"] is False


# --- faults ---------------------------------------------------------------------------------------------------------
def test_faults_that_an_instructor_sets_off(machine):
    session = machine()
    to_ready(session)
    with pytest.raises(Denied, match="Nobody"):
        press(session, "fault", OTHER, kind="pedal")
    step_on(session)
    in_flight(session)
    press(session, "fault", OTHER, kind="pedal")
    assert session.line.status["state"] == "paused"
    press(session, "decide", stamp=1, go_on=False)

    press(session, "ready")
    grip = step_on(session)
    in_flight(session)
    press(session, "fault", OTHER, kind="door")
    assert (session.line.status["state"], session.step()) == ("paused", "close_door")
    press(session, "pedal", on=False, grip=grip)
    press(session, "decide", stamp=2, go_on=False)
    with pytest.raises(Denied, match="interlock"):
        press(session, "ready")
    assert session.line.status["shutter_open"] is False, "a refused ready leaves the shutter open"
    press(session, "door", on=True)

    press(session, "fault", OTHER, kind="sag", value=40)
    press(session, "ready")
    grip = step_on(session)
    until(lambda: session.line.status["state"] == "fault")
    assert (session.line.status["fault"], session.step()) == ("energy", "acknowledge")
    press(session, "pedal", on=False, grip=grip)
    press(session, "acknowledge")
    press(session, "decide", stamp=3, go_on=False)

    press(session, "ready")
    press(session, "emergency_stop", on=True)
    assert (session.line.status["state"], session.step()) == ("fault", "release_stop")
    with pytest.raises(Denied, match="key"):
        press(session, "acknowledge")
    press(session, "emergency_stop", on=False)
    assert session.step() == "key_off"
    press(session, "key", on=False)
    assert session.step() == "service", "the power still sags"
    press(session, "service")
    assert session.step() == "key_on"
    assert [r.fields[2] for r in kinds(session, "E")] == ["pedal", "interlock", "fault:energy"]
    assert {e["who"] for e in session.entries if e["what"] == "instructor"} == {OTHER.name}


def test_a_lost_connection_ends_the_stamp(machine):
    session = machine()
    to_ready(session)
    step_on(session)
    in_flight(session)
    press(session, "fault", OTHER, kind="link")
    assert session.line.status["state"] == "paused"
    assert [r.fields[2] for r in kinds(session, "E")] == ["link"]


@pytest.mark.parametrize("how", ["killed", "power cut"])
def test_a_column_in_doubt_is_never_fired_again(machine, how):
    """The machine's process is killed while it fires; another goes on with its journal, and with the same stamp."""
    session = machine()
    to_ready(session)
    grip = step_on(session)
    in_flight(session)
    if how == "killed":
        os.kill(session.line.process_id, signal.SIGKILL)
    else:
        press(session, "fault", OTHER, kind="kill")
    until(lambda: session.phase == "gone")
    before = bytes(session.line.columns)
    doubtful = [k for k, letter in enumerate(before) if letter == ord("U")]
    assert len(doubtful) == 1, "the column whose outcome nobody wrote"
    assert before.count(b"F") >= 3
    assert (session.step(), session.line.stamps) == ("gone", "IPPP")
    press(session, "pedal", on=False, grip=grip)  # no error: there is nothing to release any more
    with pytest.raises(Denied, match="not running"):
        press(session, "key", on=True)

    press(session, "restart")
    until(lambda: session.phase == "running")
    assert bytes(session.line.columns) == before, "the second machine knows what the first one fired"
    assert session.line.status["t_us"] > 0
    press(session, "key", on=True)
    until(lambda: session.line.status["state"] == "standby")
    assert session.step() == "decide"
    press(session, "decide", stamp=1, go_on=True, not_moved=True)
    press(session, "ready")
    step_on(session)
    until(lambda: session.line.stamps[0] == "D")
    assert [k for k, letter in enumerate(session.line.columns) if letter == ord("U")] == doubtful
    assert session.line.columns[:64].count(b"F") == 63
    intents = [int(r.fields[0]) for r in kinds(session, "I")]
    assert len(intents) == len(set(intents)), "a column was fired twice"


def test_the_machine_can_be_reached_by_nobody_else(machine):
    """No port: the process holds no socket that listens, and its one line is a pair of sockets without a name."""
    session = machine()
    own = {os.readlink(p) for p in Path(f"/proc/{session.line.process_id}/fd").iterdir() if p.is_symlink()}
    sockets = {found[1] for link in own if (found := re.fullmatch(r"socket:\[(\d+)\]", link))}
    assert sockets
    for table in ("tcp", "tcp6", "udp", "udp6"):
        lines = Path(f"/proc/{session.line.process_id}/net/{table}").read_text().splitlines()[1:]
        assert not sockets & {line.split()[9] for line in lines}, table


def test_a_rehearsal_that_nobody_watches_ends(machine, monkeypatch):
    session = machine()
    process = session.line.process_id
    monkeypatch.setattr(training_session, "LEFT_S", 0.1)
    until(lambda: session.ended)
    assert session.why == "left"
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
    assert kinds(session, "Z"), "the journal was not put away"


# --- what is shown ---------------------------------------------------------------------------------------------------
def words():
    html = environment().get_template("parts/training_words.html").render()
    return json.loads(re.search(r'data-name="words">(.*?)</script>', html, re.DOTALL)[1])


def test_every_code_word_has_a_sentence():
    known = words()
    source = Path(training_session.__file__).read_text(encoding="utf-8")
    body = source[source.index("choices = (") : source.index("return next(")]
    for word in {*re.findall(r'"(\w+)"\),\n', body), *training_session.Phase.__args__} - {"running"}:
        assert f"step.{word}" in known, word
    for state in ("off", "self_test", "warm_up", "standby", "ready", "firing", "paused", "fault"):
        assert f"state.{state}" in known
    for kind in ("door", "pedal", "link", *training_session.MACHINE_FAULTS):
        assert f"on_demand.{kind}" in known, kind
    for noted in re.findall(r'self\.note\("(\w+)"', source):
        assert {f"log.{noted}", f"log.{noted}.on"} & set(known), noted


def test_only_what_changed_is_sent():
    assert changed(b"NNNN", b"NNNN") is None
    assert changed(b"", b"NNNN") == (0, "NNNN")
    assert changed(b"NNNNN", b"NFNUN") == (1, "FNU")


def test_the_settings_of_the_machine_stand_beside_those_of_the_plan(nothing_pressed):
    rows = {r["name"]: r for r in read_back(nothing_pressed.line.settings, planned(rehearsable()))[0]["rows"]}
    assert rows["energy_mJ"]["machine"] == pytest.approx(9.99)  # 0.333 ms at 30 W: the clock's step
    assert all(row["same"] for row in rows.values())
    # another plan than the one that is loaded is seen
    other = planned(rehearsable())
    other[0]["derived"]["energy_mJ"] = 12.5
    other[0]["columns"] -= 1
    rows = {r["name"]: r for r in read_back(nothing_pressed.line.settings, other)[0]["rows"]}
    assert not rows["energy_mJ"]["same"]
    assert not rows["columns"]["same"]


# --- the record -------------------------------------------------------------------------------------------------------
@pytest.fixture
def house(tmp_path, monkeypatch):
    """A data folder with an approved plan, and the rehearsals of its server."""
    monkeypatch.setattr(training_session, "LEFT_S", 1e6)
    monkeypatch.setattr(training_session, "HOLD_S", 1e6)
    folder = open_folder(tmp_path / "data")
    database, blobs = open_database(folder.database), BlobStore(folder.blobs)
    database.upgrade()
    clinic.staff(database)
    plan_id, patient_id = stored(folder.root, rate_Hz=SLOW_HZ)
    made = Trainings(database, blobs, folder.runs / "training")
    made.plan_id, made.patient_id = plan_id, patient_id
    yield made
    made.stop()
    database.close()


def begun_in(house, mode="training", **more):
    with house.database.session() as db:
        row = db.get(plans.PlanVersion, house.plan_id)
        approval = approvals.approval_in_force(db, row)
        who = db.query(clinic.people.Account).filter_by(login="operator").one().actor()
    given = {"mode": mode, "seed": 0, "speed": SPEED} | more
    session = house.begin(who, "Test Operator", row, house.blobs.get(row.plan_blob), approval, **given)
    until(lambda: session.phase != "preparing")
    return session


def ended_record(house):
    session = begun_in(house)
    to_ready(session)
    grip = step_on(session)
    in_flight(session)
    press(session, "pedal", on=False, grip=grip)
    session.end("ended")
    until(lambda: session.ended)
    return session.record_id


def test_the_record_is_complete_and_never_a_treatment(house, tmp_path):
    record_id = ended_record(house)
    with house.database.session() as db:
        row = training.read(db, audit.SYSTEM, record_id)
        assert (row.mode, row.approved, row.as_planned, row.ended) == ("training", True, False, "ended")
        assert row.columns_planned == 256
        assert 3 <= row.columns_fired < 64
        assert list(db.scalars(select(treatments.TreatmentRecord))) == []
        assert list(db.scalars(select(plans.TimeOut))) == [], "a rehearsed time-out stands for no treatment"
        document = json.loads(house.blobs.get(row.document_blob))
    assert document["statement"] == training.STATEMENT
    assert document["rehearsal"]["approved_by"] == "Test Physician (physician)"
    assert document["columns"].count("F") == row.columns_fired == document["counts"]["fired"]
    assert set(document["time_out"].values()) == {True}
    assert [e["n"] for e in document["log"]] == list(range(1, len(document["log"]) + 1))
    page = (Path(__file__).parents[2] / "docs" / "file-formats" / "training.md").read_text(encoding="utf-8")
    described = set(re.findall(r"`(\w+)`", page))
    everywhere = set.intersection(*map(set, document["log"]))
    assert {*document, *document["rehearsal"], *document["counts"], *everywhere} <= described
    # neither the whole nor the part with the numbers passes for a delivered treatment
    for data in (document, document["delivered"]):
        with pytest.raises(BadInput):
            read(Treatment, data, origin="upload")
    assert not (house.folder / record_id).exists(), "the folder of a rehearsal goes when its record stands"


def test_the_database_refuses_a_rehearsal_that_does_not_say_so(house):
    record_id = ended_record(house)
    lie = update(training.TrainingRecord).values(statement="A patient was treated.")
    with house.database.session() as db, pytest.raises(IntegrityError):
        db.execute(lie.where(training.TrainingRecord.id == record_id))


def test_a_record_leaves_with_its_patient_and_comes_back_with_a_backup(house, tmp_path):
    record_id = ended_record(house)
    with house.database.session() as db:
        named = leaving.blobs_of(db, house.patient_id)
        row = db.get(training.TrainingRecord, record_id)
        assert {row.document_blob, row.shots_blob, row.log_blob} <= named
        actor = db.query(clinic.people.Account).filter_by(login="administrator").one().actor()
    path = tmp_path / "a.colonnade-backup"
    made = backup.backup(
        house.database, house.blobs, actor, path, "a long enough passphrase", cost={"n": 2**12, "r": 8, "p": 1}
    )
    assert made.rows["training_records"] == 1
    leaving.erase_patient(house.database, house.blobs, actor, house.patient_id, reason="asked for")
    with house.database.session() as db:
        assert db.get(training.TrainingRecord, record_id) is None
    with pytest.raises(NotFound):
        house.blobs.get(row.document_blob)


def test_what_a_stopped_server_left_is_recorded_by_the_next_one(house):
    session = begun_in(house)
    to_ready(session)
    step_on(session)
    in_flight(session)
    process = session.line.process_id
    house.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
    with house.database.session(write=False) as db:
        assert training.latest(db, limit=5) == []
    after = Trainings(house.database, house.blobs, house.folder)
    after.start()

    def found():
        with house.database.session(write=False) as db:
            return training.latest(db, limit=5)

    until(found)
    row = found()[0]
    assert row.ended == "interrupted"
    assert row.columns_fired >= 3
    assert set(json.loads(house.blobs.get(row.document_blob))["time_out"].values()) == {True}


def test_training_needs_an_approval_and_rehearsal_says_that_there_is_none(house):
    with house.database.session() as db:
        row = db.get(plans.PlanVersion, house.plan_id)
        plans.void_approvals(db, audit.SYSTEM, row, reason="test")
    with pytest.raises(BadInput, match="nobody approved"):
        begun_in(house)
    session = begun_in(house, mode="rehearsal")
    assert session.entries[0]["what"] == "machine_loaded"
    assert "nobody approved" in session.entries[0]["not_approved"]


def test_a_plan_that_is_held_back_reaches_no_machine(house):
    with house.database.session() as db:
        row = db.get(plans.PlanVersion, house.plan_id)
        who = db.query(clinic.people.Account).filter_by(login="operator").one().actor()
    held = content(rate_Hz=SLOW_HZ, verdict="REFUSED")
    session = house.begin(who, "Test Operator", row, held, None, mode="rehearsal", seed=0, speed=1.0)
    until(lambda: session.ended)
    assert (session.phase, session.record_id) == ("failed", "")
    assert "REFUSED" in session.shown.at["error"]["given"]
    until(lambda: list(house.folder.iterdir()) == [])  # its thread tidies up after it has said so


def test_only_so_many_machines_run(house, monkeypatch):
    monkeypatch.setattr(rehearsals, "MOST_SESSIONS", 1)
    begun_in(house)
    with pytest.raises(BadInput, match="1 that run already"):
        begun_in(house)


# --- who may ---------------------------------------------------------------------------------------------------------
def test_a_viewer_watches_and_presses_nothing(server, client):
    plan_id, _ = stored(server.data, rate_Hz=SLOW_HZ)
    operator, viewer = client("operator"), client("viewer")
    given = {"plan_id": plan_id, "mode": "training", "speed": "100", "seed": "0"}
    assert viewer.send_form("/training", given, seen_on="/account").status_code == 403
    place = operator.send_form("/training", given, seen_on="/training").headers["location"]
    token = form_token(viewer.get("/account").text)
    until(lambda: operator.get(f"{place}/map").status_code == 200)
    page = viewer.get(place)
    assert page.status_code == 200
    assert "You are watching" in page.text
    assert "data-fault" not in page.text
    headers = {"X-Form-Token": token}
    assert viewer.post(f"{place}/press", json={"do": "key", "on": True}, headers=headers).status_code == 403
    assert viewer.send_form(f"{place}/end", seen_on="/account").status_code == 403
    with viewer.stream("GET", f"{place}/events") as stream:
        first = next(line for line in stream.iter_lines() if line.startswith("data: "))
    assert json.loads(first[6:])["at"]["status"]["state"] == "off", "the viewer's press reached the machine"
    own = {"X-Form-Token": form_token(operator.get("/account").text)}
    refused = operator.post(f"{place}/press", json={"do": "ready"}, headers=own)
    assert (refused.status_code, "time-out" in refused.json()["title"]) == (409, True)
    assert operator.post(f"{place}/press", json={"do": "key"}, headers=own).status_code == 422
    assert operator.post(f"{place}/press", json={"do": "key", "on": True}, headers=own).status_code == 200
    ended = operator.send_form(f"{place}/end", seen_on="/account")
    until(lambda: operator.get(place).status_code == 303)
    assert ended.status_code == 303
    shown = viewer.get(operator.get(place).headers["location"])
    assert training.STATEMENT in shown.text
    assert "TRAINING RECORD" in shown.text
    for name in ("record.json", "plan.shots", "delivery.log"):
        answer = viewer.get(f"{operator.get(place).headers['location']}/{name}")
        assert answer.status_code == 200
        assert "TRAINING" in answer.headers["content-disposition"]
        assert "never drives a laser" in answer.text
    assert client("researcher").get("/training").status_code == 403


@pytest.mark.parametrize(
    "given",
    [{"mode": "treatment"}, {"speed": "0"}, {"speed": "1000"}, {"seed": "-1"}, {"seed": "x"}, {"plan_id": ""}],
    ids=str,
)
def test_what_cannot_begin_is_said(server, client, given):
    plan_id, _ = stored(server.data)
    usual = {"plan_id": plan_id, "mode": "rehearsal", "speed": "1", "seed": "0"}
    answer = client("operator").send_form("/training", usual | given, seen_on="/training")
    assert answer.status_code == 422
    assert "Please correct this" in answer.text


def test_an_unapproved_plan_is_marked_and_not_trained(server, client):
    plan_id, _ = stored(server.data, approve=False)
    operator = client("operator")
    refused = operator.send_form("/training", {"plan_id": plan_id, "mode": "training"}, seen_on="/training")
    assert refused.status_code == 422
    assert "nobody approved" in refused.text
    place = operator.send_form("/training", {"plan_id": plan_id, "mode": "rehearsal"}, seen_on="/training")
    page = operator.get(place.headers["location"]).text
    assert "not approved" in page
    operator.send_form(f"{place.headers['location']}/end", seen_on="/account")
