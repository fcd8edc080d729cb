"""Accounts and what signs them in."""

import datetime as dt
import string
from types import SimpleNamespace

import argon2
import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from colonnade.errors import BadInput
from colonnade.records import audit, base, credentials, people, signing_in
from colonnade.records.audit import SYSTEM
from colonnade.records.base import NotAllowed, NotFound, now
from colonnade.records.people import ABSOLUTE, IDLE
from colonnade.records.signing_in import WINDOW
from tests.records import clinic
from tests.records.clinic import PASSWORD

WRONG, ANOTHER = "wrong wrong wrong", "another gravel wednesday kite"
AT = dt.datetime(2026, 3, 4, 5, 6, 7, tzinfo=dt.UTC)


def _sign_in(database, login="physician", password=PASSWORD, **given):
    return signing_in.sign_in(database, login=login, password=password, **given)


def test_signing_in_begins_a_session_and_nothing_secret_is_stored(database, staff):
    new = _sign_in(database)
    assert new.account.id == staff.physician.id
    with database.session() as db:
        _, account = people.find_session(db, new.id)
        assert account.login == "physician"
        stored = [
            str(v) for table in (people.SignedIn, people.Account) for r in db.query(table) for v in vars(r).values()
        ]
        assert new.id not in " ".join(stored)
        assert PASSWORD not in " ".join(stored)
        verbs = [e.verb for e in audit.entries(db)]
        assert verbs == ["log_in"]


@pytest.mark.parametrize(
    ("login", "password"),
    [
        ("physician", WRONG),
        ("nobody", PASSWORD),
        ("", ""),
        ("physician", ""),
        ("a\0b", PASSWORD),
        ("\ud800", "\ud800"),
    ],
)
def test_a_wrong_answer_says_nothing_of_what_was_wrong(database, staff, login, password):
    assert _sign_in(database, login, password) is None


def test_the_login_is_not_case_sensitive_the_password_is(database, staff):
    assert _sign_in(database, " PHYSICIAN ") is not None
    assert _sign_in(database, password=PASSWORD.upper()) is None


def test_a_disabled_account_does_not_sign_in_and_its_sessions_end(database, staff):
    new = _sign_in(database)
    with database.session() as db:
        people.change_account(db, staff.administrator, staff.physician.id, active=False)
        assert people.find_session(db, new.id) is None
    assert _sign_in(database) is None


def test_too_many_failures_of_an_account_are_refused_even_with_the_right_password(database, staff):
    for _ in range(5):
        assert _sign_in(database, password=WRONG, at=AT) is None
    with pytest.raises(NotAllowed, match="wait"):
        _sign_in(database, at=AT)
    # another account is not held up, and the window ends
    assert _sign_in(database, "operator", at=AT) is not None
    assert _sign_in(database, at=AT + WINDOW + dt.timedelta(seconds=1)) is not None


def test_too_many_failures_from_an_address_are_refused(database, staff):
    with database.session() as db:
        # as sign_in stores them, without the half second of each hash
        for number in range(29):
            db.add(signing_in.LoginAttempt(at=AT, login_hash=f"guess{number}", address="10.0.0.7", succeeded=False))
    assert _sign_in(database, "guess", WRONG, address="10.0.0.7", at=AT) is None
    with pytest.raises(NotAllowed):
        _sign_in(database, address="10.0.0.7", at=AT)
    assert _sign_in(database, address="10.0.0.8", at=AT) is not None


@pytest.mark.parametrize(
    ("idle", "age", "good"),
    [
        (IDLE, IDLE, True),
        (IDLE + dt.timedelta(seconds=1), IDLE + dt.timedelta(seconds=1), False),
        (dt.timedelta(), ABSOLUTE, True),
        (dt.timedelta(), ABSOLUTE + dt.timedelta(seconds=1), False),
    ],
)
def test_a_session_ends_when_idle_and_at_the_latest_after_half_a_day(database, staff, idle, age, good):
    new = _sign_in(database, at=AT)
    with database.session() as db:
        people.touch_session(db, new.id, at=AT + age - idle)
        assert (people.find_session(db, new.id, at=AT + age) is not None) == good


def test_signing_out_ends_this_session_and_everywhere_ends_all(database, staff):
    first, second = _sign_in(database), _sign_in(database)
    with database.session() as db:
        people.end_session(db, staff.physician, first.id)
        assert people.find_session(db, first.id) is None
        assert people.find_session(db, second.id) is not None
        people.end_all_sessions(db, staff.physician.id)
        assert people.find_session(db, second.id) is None
        assert people.find_session(db, "anything") is None


def test_a_change_of_role_or_password_ends_the_sessions(database, staff):
    new = _sign_in(database)
    with database.session() as db:
        people.change_account(db, staff.administrator, staff.physician.id, role="viewer")
        assert people.find_session(db, new.id) is None
        account = db.get(people.Account, staff.physician.id)
        assert (account.role, account.credentialed) == ("viewer", False), "a credential does not outlive the role"
    new = _sign_in(database)
    another = people.new_password(ANOTHER, login="physician", display_name="Test Physician")
    with database.session() as db:
        people.set_password(db, staff.physician, staff.physician.id, another)
        assert people.find_session(db, new.id) is None
    assert _sign_in(database) is None
    assert _sign_in(database, password=ANOTHER) is not None


def test_only_a_physician_is_credentialed_and_one_administrator_stays(database, staff):
    for change in ({"credentialed": True}, {"role": "surgeon"}):
        with pytest.raises(BadInput), database.session() as db:
            people.change_account(db, staff.administrator, staff.operator.id, **change)
    for change in ({"active": False}, {"role": "viewer"}):
        with pytest.raises(BadInput, match="administrator"), database.session() as db:
            people.change_account(db, staff.administrator, staff.administrator.id, **change)


def test_accounts_are_made_with_care(database, staff):
    good = {"login": "new.person", "display_name": "New Person", "role": "viewer"}
    password = people.new_password(PASSWORD, login="new.person", display_name="New Person")
    for bad in (
        {"login": "physician"},
        {"login": "Physician"},
        {"login": "a"},
        {"login": "two words"},
        {"role": "root"},
        {"display_name": " "},
        {"credentialed": True},
    ):
        with pytest.raises(BadInput), database.session() as db:
            people.create_account(db, staff.administrator, password=password, **(good | bad))
    with database.session() as db:
        assert people.create_account(db, staff.administrator, password=password, **good).active
        assert people.any_account(db)
    for bad in ({"password": "short"}, {"password": "new person new person"}, {"login": "two words"}):
        with pytest.raises(BadInput):
            people.new_password(**({"password": PASSWORD, "login": "x.y", "display_name": "New Person"} | bad))


def test_no_password_is_hashed_while_the_write_lock_is_held(sqlite, monkeypatch):
    """Each way to a hash, with a hasher that takes the lock itself: it would wait for whoever holds it, and give up."""
    monkeypatch.setattr(base, "BUSY_TIMEOUT_MS", 100)
    real, hashed = credentials._HASHER, []

    def hashing(password):
        with other.session() as db:
            hashed.append(people.any_account(db))
        return real.hash(password)

    other = base.open_database(sqlite.file)
    weak = argon2.PasswordHasher(time_cost=1, memory_cost=64)
    made = clinic.staff(sqlite)
    with sqlite.session() as db:
        db.get(people.Account, made.viewer.id).password_hash = weak.hash(PASSWORD)
    monkeypatch.setattr(
        credentials,
        "_HASHER",
        SimpleNamespace(hash=hashing, verify=real.verify, check_needs_rehash=real.check_needs_rehash),
    )
    try:
        new = people.new_password(ANOTHER, login="new.person", display_name="New Person")
        with sqlite.session() as db:
            account = people.create_account(
                db, SYSTEM, login="new.person", display_name="New Person", role="viewer", password=new
            )
            people.set_password(db, SYSTEM, account.id, new)
        # a hash with weaker parameters is renewed on signing in
        assert signing_in.sign_in(sqlite, login="viewer", password=PASSWORD) is not None
    finally:
        other.close()
    assert len(hashed) == 2
    with sqlite.session(write=False) as db:
        assert not credentials.needs_rehash(db.get(people.Account, made.viewer.id).password_hash)


def test_an_empty_database_has_no_account(database):
    with database.session() as db:
        assert not people.any_account(db)


# --- second factor --------------------------------------------------------------------------------------------------
@pytest.fixture
def second(database, staff):
    """The physician with a second factor in force since AT: the secret and the recovery codes."""
    with database.session() as db:
        secret = people.begin_totp(db, staff.physician, staff.physician.id)
        with pytest.raises(BadInput):
            people.confirm_totp(db, staff.physician, staff.physician.id, "000", at=AT)
        codes = people.confirm_totp(db, staff.physician, staff.physician.id, pyotp.TOTP(secret).at(AT), at=AT)
    return secret, codes


def test_with_a_second_factor_the_password_alone_is_not_enough(database, second):
    secret, _ = second
    later = AT + dt.timedelta(minutes=5)
    assert _sign_in(database, at=later) is None
    assert _sign_in(database, code="000000", at=later) is None
    assert _sign_in(database, password=WRONG, code=pyotp.TOTP(secret).at(later), at=later) is None
    assert _sign_in(database, code=pyotp.TOTP(secret).at(later), at=later) is not None


def test_a_code_is_good_once(database, second):
    secret, _ = second
    later = AT + dt.timedelta(minutes=5)
    code = pyotp.TOTP(secret).at(later)
    assert _sign_in(database, code=code, at=later) is not None
    assert _sign_in(database, code=code, at=later) is None
    # the code that confirmed the factor is used up too
    assert _sign_in(database, code=pyotp.TOTP(secret).at(AT), at=AT) is None


def test_a_recovery_code_is_good_once(database, second):
    _, codes = second
    assert len(set(codes)) == 10
    assert _sign_in(database, code=codes[3].upper()) is not None
    assert _sign_in(database, code=codes[3]) is None
    assert _sign_in(database, code=codes[4]) is not None


def test_a_lost_telephone_is_replaced(database, staff, second):
    with pytest.raises(BadInput), database.session() as db:
        people.begin_totp(db, staff.physician, staff.physician.id)
    with database.session() as db:
        people.remove_totp(db, staff.administrator, staff.physician.id)
    assert _sign_in(database) is not None
    assert _sign_in(database, code=second[1][0]) is not None, "without the factor a code is not looked at"
    with database.session() as db:
        assert db.query(people.RecoveryCode).count() == 0


@pytest.mark.parametrize("minutes", [-2, 2])
def test_a_code_of_another_time_is_not_taken(minutes):
    secret = credentials.new_totp_secret()
    code = pyotp.TOTP(secret).at(AT)
    assert credentials.totp_step(secret, code, AT) is not None
    assert credentials.totp_step(secret, f"{code[:3]} {code[3:]}", AT) is not None
    assert credentials.totp_step(secret, code, AT + dt.timedelta(minutes=minutes)) is None
    for text in ("", "abcdef", "12345", "1234567", "１２３４５６"):
        assert credentials.totp_step(secret, text, AT) is None


# --- passwords ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "weak",
    ["", "elevenchars", "aaaaaaaaaaaaaa", "abababababab", "password1234", "qwertyuiop12", "123456789012",
     "abcdefghijkl", "two\0zero-bytes", "colonnade2026", "adaexample12", "ExampleAda99", "x" * 257,
     "iloveyou1234", "christopher1987", "1q2w3e4r5t6y", "p@ssw0rd1234", "17.05.1990 1990"],
)  # fmt: skip
def test_weak_passwords_are_refused(weak):
    with pytest.raises(BadInput):
        credentials.check_password_rules(weak, "ada", "Example", "Ada")


@pytest.mark.parametrize("good", [PASSWORD, "correct horse battery staple", "Zürich 1886 liegt am See", "k7#Qp!vX2mLr"])
def test_passphrases_are_taken(good):
    assert credentials.check_password_rules(good, "ada", "Example") == good


@given(st.text(max_size=300))
def test_no_text_breaks_the_rules(text):
    try:
        credentials.check_password_rules(text, "ada")
    except BadInput:
        return
    assert 12 <= len(text) <= 256


@given(st.text(alphabet=string.printable, max_size=20))
def test_no_code_but_six_digits_is_looked_at(code):
    step = credentials.totp_step("JBSWY3DPEHPK3PXP", code, AT)
    assert step is None or code.replace(" ", "") in {pyotp.TOTP("JBSWY3DPEHPK3PXP").at(AT, n) for n in (-1, 0, 1)}


def test_an_over_long_password_is_not_hashed_in_part():
    stored = credentials.hash_password("x" * 256)
    assert credentials.password_fits(stored, "x" * 256)
    assert not credentials.password_fits(stored, "x" * 257)
    assert not credentials.password_fits(None, PASSWORD)
    assert not credentials.password_fits("no hash", PASSWORD)


# --- tokens ---------------------------------------------------------------------------------------------------------
def test_tokens_are_found_until_they_end(database, staff):
    with database.session() as db:
        token, row = people.create_token(db, staff.physician, staff.physician.id, name="export", scopes=["plans:read"])
        found, account = people.find_token(db, token)
        assert (found.id, account.id, found.scopes) == (row.id, staff.physician.id, ["plans:read"])
        assert people.find_token(db, token + "x") is None
        assert people.find_token(db, token, at=now() + dt.timedelta(days=91)) is None
        for days in (0, 366):
            with pytest.raises(BadInput):
                people.create_token(db, staff.physician, staff.physician.id, name="x", scopes=[], days=days)
        with pytest.raises(NotFound):
            people.revoke_token(db, staff.operator, row.id, account_id=staff.operator.id)
        people.revoke_token(db, staff.physician, row.id, account_id=staff.physician.id)
        assert people.find_token(db, token) is None


def test_a_token_ends_with_its_account(database, staff):
    with database.session() as db:
        token, _ = people.create_token(db, staff.viewer, staff.viewer.id, name="x", scopes=[])
        people.change_account(db, SYSTEM, staff.viewer.id, active=False)
        assert people.find_token(db, token) is None
