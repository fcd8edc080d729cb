"""Transactions, types and keys, alike on both databases."""

import datetime as dt
import gc
import threading
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import DBAPIError, OperationalError, StatementError

from colonnade.errors import BadInput
from colonnade.records import base, idempotency, patients
from colonnade.records.audit import SYSTEM, Actor
from colonnade.records.base import NotFound, get, now
from colonnade.records.checking import storable
from colonnade.records.idempotency import IdempotencyKey
from colonnade.records.patients import Patient

SHA = "a" * 64


def test_a_session_that_reads_refuses_a_change(database):
    for write in (False, True, False):
        if write:
            with database.session() as db:
                patients.create_patient(db, SYSTEM, family_name="Example")
            continue
        with pytest.raises(DBAPIError), database.session(write=False) as db:
            patients.create_patient(db, SYSTEM, family_name="Example")
    with database.session(write=False) as db:
        assert db.query(Patient).count() == 1


def test_a_reader_does_not_wait_for_a_writer(database):
    with database.session() as writer:
        patients.create_patient(writer, SYSTEM, family_name="Example")
        with database.session(write=False) as reader:
            # and sees nothing that is not committed
            assert reader.query(Patient).count() == 0


def test_a_second_writer_waits_for_the_first_from_its_beginning(database):
    order = []
    begun = threading.Event()

    def second():
        begun.wait(10)
        with database.session() as db:
            count = db.query(Patient).count()
            order.append(("second saw", count))

    thread = threading.Thread(target=second)
    thread.start()
    with database.session() as db:
        patients.create_patient(db, SYSTEM, family_name="Example")
        begun.set()
        # long enough that a writer that did not wait would be through
        time.sleep(0.3)
        order.append(("first done", 1))
    thread.join(20)
    assert order == [("first done", 1), ("second saw", 1)]


def _ends(how, db):
    if how == "is closed":
        db.close()
    elif how == "is given up":
        db.connection().invalidate()
        db.close()
    else:
        db.rollback() if how == "is rolled back" else db.commit()


@pytest.mark.parametrize("how", ["is committed", "is rolled back", "is closed", "is given up"])
def test_however_a_transaction_ends_the_next_has_its_turn(database, how):
    db = database.open_session()
    patients.create_patient(db, SYSTEM, family_name="Example")
    _ends(how, db)
    _written_by_another(database)


@pytest.mark.filterwarnings("ignore:The garbage collector is trying to clean up:sqlalchemy.exc.SAWarning")
def test_a_transaction_that_was_forgotten_passes_its_turn_on(sqlite):
    db = sqlite.open_session()
    patients.create_patient(db, SYSTEM, family_name="Example")
    del db
    gc.collect()
    _written_by_another(sqlite)


def test_whoever_is_refused_by_another_process_passes_the_turn_on(sqlite, monkeypatch):
    monkeypatch.setattr(base, "BUSY_TIMEOUT_MS", 50)
    other, own = (base.open_database(sqlite.file) for _ in range(2))
    try:
        with other.session() as db:
            patients.create_patient(db, SYSTEM, family_name="Example")
            for _ in range(2):
                with pytest.raises(OperationalError, match="locked"), own.session() as refused:
                    refused.query(Patient).count()
        _written_by_another(own)
    finally:
        other.close()
        own.close()


def _written_by_another(database):
    """Another thread writes, and does not wait until it would be given up."""
    done = []

    def write():
        with database.session() as db:
            done.append(patients.create_patient(db, SYSTEM, family_name="Next").id)

    thread = threading.Thread(target=write)
    thread.start()
    thread.join(base.BUSY_TIMEOUT_MS / 1e3 * 2 + 5)
    assert len(done) == 1


def test_moments_have_a_zone_and_come_back_in_utc(database):
    east = dt.timezone(dt.timedelta(hours=8))
    moment = dt.datetime(2026, 3, 4, 5, 6, 7, 891_011, tzinfo=east)
    with database.session() as db:
        made = patients.create_patient(db, SYSTEM, family_name="Example")
        made.created_at = moment
    with database.session(write=False) as db:
        back = get(db, Patient, made.id).created_at
        assert back == moment
        assert back.utcoffset() == dt.timedelta(0)
    with pytest.raises(StatementError, match="time zone"), database.session() as db:
        # refused when the transaction is written
        get(db, Patient, made.id).created_at = dt.datetime(2026, 3, 4)  # noqa: DTZ001


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=60))
def test_any_text_is_stored_as_it_is_or_refused(database, text):
    """Whatever the letters: both databases give back what they took, or neither is asked."""
    good = storable(text) and 1 <= len(text.strip()) <= 200
    if not good:
        with pytest.raises(BadInput), database.session() as db:
            patients.create_patient(db, SYSTEM, family_name=text)
        return
    with database.session() as db:
        made = patients.create_patient(db, SYSTEM, family_name="x", note=text, alerts=[text])
    with database.session(write=False) as db:
        back = get(db, Patient, made.id)
        assert (back.note, back.alerts) == (text, [text])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=100))
def test_no_text_is_a_key_by_accident(database, text):
    with database.session(write=False) as db, pytest.raises(NotFound):
        get(db, Patient, text)


def test_an_idempotency_key_names_one_request_of_one_account_for_a_day(database):
    anna, ben = Actor("anna", "physician"), Actor("ben", "operator")
    with database.session() as db:
        assert idempotency.already_made(db, anna, "k", SHA) is None
        idempotency.remember(db, anna, "k", SHA, "patients", "p1")
        assert idempotency.already_made(db, anna, "k", SHA) == "p1"
        assert idempotency.already_made(db, ben, "k", SHA) is None
        with pytest.raises(BadInput):
            idempotency.already_made(db, anna, "k", "b" * 64)
        db.query(IdempotencyKey).one().made_at = now() - dt.timedelta(hours=25)
        db.flush()
        assert idempotency.already_made(db, anna, "k", SHA) is None
        idempotency.remember(db, anna, "k", SHA, "patients", "p2")
        assert idempotency.already_made(db, anna, "k", SHA) == "p2"
