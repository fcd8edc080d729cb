"""The page of a patient's test spots: the day it is read on comes from the planner, and a spot read early is marked."""

import datetime as dt

import pytest
from babel.dates import format_date

from colonnade.planning.testspot import READ_AFTER_DAYS
from colonnade.records import patients
from colonnade.records.audit import SYSTEM
from colonnade.records.base import open_database
from colonnade.records.folder import open_folder


@pytest.fixture
def patient(server):
    database = open_database(open_folder(server.data).database)
    with database.session() as db:
        made = patients.create_patient(db, SYSTEM, family_name="Synthetic", synthetic=True).id
    database.close()
    return made


def spot(one, patient, **more):
    path = f"/patients/{patient}/test-spots"
    sent = {"site": "cheek", "side": "left", "energy_mJ": "10", **more}
    assert one.fill(path, path, sent).status_code == 303
    return one.get(path).text


def test_the_day_of_the_reading_is_proposed_and_stands_in_where_it_is_left_empty(client, patient):
    one, made = client("physician"), dt.date(2026, 3, 2)
    proposed = dt.datetime.now().astimezone().date() + dt.timedelta(days=READ_AFTER_DAYS)
    assert f'value="{proposed.isoformat()}"' in one.get(f"/patients/{patient}/test-spots").text
    text = spot(one, patient, done_on=made.isoformat(), read_due="")
    due = format_date(made + dt.timedelta(days=READ_AFTER_DAYS), format="medium", locale="en_GB")
    assert f"to be read on {due}" in text


@pytest.mark.parametrize(("after", "early"), [(READ_AFTER_DAYS - 1, True), (READ_AFTER_DAYS, False)])
def test_a_spot_that_was_read_early_says_that_the_rules_do_not_count_it(client, patient, after, early):
    one, made = client("physician"), dt.date(2026, 3, 2)
    text = spot(one, patient, done_on=made.isoformat(), read_due="")
    action = next(line.split('"')[0] for line in text.split('action="')[1:] if line.split('"')[0].endswith("/read"))
    read = {"read_on": (made + dt.timedelta(days=after)).isoformat(), "result": "healed, no colour change"}
    assert one.fill(f"/patients/{patient}/test-spots", action, read).status_code == 303
    assert ("the rules do not count it" in one.get(f"/patients/{patient}/test-spots").text) is early
