"""The laser-safety log on the page of devices: a line is never changed, a correction names it."""

import re

from colonnade.records import devices
from colonnade.records.base import open_database
from colonnade.records.folder import open_folder

LOG = "/devices/safety-log"


def lines(server):
    database = open_database(open_folder(server.data).database)
    with database.session(write=False) as db:
        found = db.query(devices.LaserSafetyEntry).order_by(devices.LaserSafetyEntry.at).all()
        db.expunge_all()
    database.close()
    return found


def test_a_correction_is_a_new_line_of_the_same_kind_and_both_are_marked(client, server):
    one = client("operator")
    assert one.send_form(LOG, {"kind": "incident", "note": "eyewear cracked"}, seen_on="/devices").status_code == 303
    wrong = lines(server)[-1]
    sent = {"kind": "plume_filter", "passed": "yes", "note": "it was a scratch", "corrects": wrong.id}
    assert one.send_form(LOG, sent, seen_on="/devices").status_code == 303
    old, new = (next(e for e in lines(server) if e.id == i) for i in (wrong.id, lines(server)[-1].id))
    assert (old.note, old.passed, old.corrects) == ("eyewear cracked", False, "")
    assert (new.kind, new.passed, new.corrects) == ("incident", True, wrong.id)
    rows = re.findall(r"<tr><th scope=\"row\" class=\"when\">.*?</tr>", one.get("/devices").text)
    assert any("eyewear cracked" in r and "corrected" in r for r in rows)
    assert any("it was a scratch" in r and "corrects the entry of" in r for r in rows)
    # what was corrected is corrected at its newer line, and a line that does not exist corrects nothing
    again = one.send_form(LOG, sent, seen_on="/devices")
    assert again.status_code == 422
    assert "corrected already" in again.text
    assert one.send_form(LOG, {**sent, "corrects": "0" * 32}, seen_on="/devices").status_code == 404


def test_a_check_of_the_day_that_was_corrected_does_not_stand(client, server):
    one = client("operator")
    names = re.findall(r'name="(item-\w+)"', one.get("/devices").text)
    daily = {"kind": "daily_check", **dict.fromkeys(names, "yes")}
    assert one.send_form(LOG, daily, seen_on="/devices").status_code == 303
    made = lines(server)[-1]
    assert (made.kind, made.passed) == ("daily_check", True)
    assert '<span class="badge good">checked today</span>' in one.get("/devices").text
    sent = {"kind": "incident", "note": "goggles were not looked at", "corrects": made.id}
    assert one.send_form(LOG, sent, seen_on="/devices").status_code == 303
    assert (lines(server)[-1].kind, lines(server)[-1].passed) == ("daily_check", False)
    assert '<span class="badge danger">checked today: not in order</span>' in one.get("/devices").text
