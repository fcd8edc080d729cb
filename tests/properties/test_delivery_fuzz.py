"""Nonsense for the readers and the protocol: no crash, no hang, no acceptance of a changed file."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from colonnade.delivery import text
from colonnade.delivery.desk import VERBS, Desk
from colonnade.delivery.journal import recover
from colonnade.delivery.laser import VirtualLaser
from colonnade.delivery.ledger import ColumnState, Ledger
from colonnade.delivery.seal import sha256_hex
from colonnade.errors import BadInput
from delivery_jobs import DEVICE, SPEC, Witness, job, job_bytes, laser, to_ready

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
DATA = text.render(job(4, 4.0), key=KEY)
CONTENT = DATA[: DATA.rfind(b"\nSHA256 ") + 1]

cuts = st.tuples(st.integers(0, len(DATA)), st.integers(0, 40))
pieces = st.one_of(
    st.binary(max_size=12), st.sampled_from([b"0", b"-", b" ", b"\n", b"1", b"9" * 30, b"STAMP 1", b"END\n"])
)


def changed(data, edits):
    for (at, length), piece in edits:
        data = data[:at] + piece + data[at + length :]
    return data


@settings(deadline=None, max_examples=300)
@given(st.lists(st.tuples(cuts, pieces), min_size=1, max_size=4))
def test_a_changed_file_is_never_accepted(edits):
    data = changed(DATA, edits)
    if data == DATA:
        return
    with pytest.raises(BadInput):
        text.parse(data)


@settings(deadline=None, max_examples=300)
@given(st.lists(st.tuples(cuts, pieces), min_size=1, max_size=3))
def test_a_changed_file_with_a_new_hash_is_refused_or_means_exactly_what_it_says(edits):
    """Whoever knows the format can make a file; what is accepted then has one meaning and one spelling."""
    content = changed(CONTENT, edits)
    data = content + f"SHA256 {sha256_hex(content)}\nEND\n".encode()
    try:
        found = text.parse(data)
    except BadInput:
        return
    assert found.signer is None
    again = text.parse(text.render(found.file))
    assert again.file == found.file
    body = content[content.index(b"\nBODY\n") :]
    rendered = text.render(found.file)
    assert rendered[rendered.index(b"\nBODY\n") : rendered.rfind(b"\nSHA256 ") + 1] == body


@settings(deadline=None, max_examples=200)
@given(st.one_of(st.binary(max_size=400), st.binary(max_size=200).map(lambda b: b"colonnade.shots/1\n" + b)))
def test_noise_is_refused(data):
    with pytest.raises(BadInput):
        text.parse(data)


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_a_changed_journal_is_refused_or_tells_a_part_of_the_truth(tmp_path_factory, data):
    log = journal_of(tmp_path_factory)
    whole = log.read_bytes()
    at, length = data.draw(st.integers(0, len(whole))), data.draw(st.integers(0, 60))
    other = log.with_name("changed.log")
    other.write_bytes(whole[:at] + data.draw(pieces) + whole[at + length :])
    ledger = Ledger.of(job(12))
    try:
        recover(other, ledger)
    except BadInput:
        return
    for column in range(1, 145):
        if ledger.columns[column] == ColumnState.FIRED:
            assert column in SEEN, "a column that was never fired is booked as fired"


SEEN: set[int] = set()
LOG = []


def journal_of(factory):
    if not LOG:
        log, witness = factory.mktemp("fuzz") / "a.log", Witness()
        made = to_ready(laser(job_bytes(12), log, detector=witness))
        made.press(True)
        made.advance(100_000)
        made.press(False)
        made.job.journal.abandon()
        SEEN.update(witness.shots)
        LOG.append(log)
    return LOG[0]


# --- protocol -------------------------------------------------------------------------------------------------
scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20))
anything = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=6,
)
fields = st.sampled_from(
    ["on", "pressed", "closed", "open", "down", "name", "stamp", "go_on", "who", "us", "since", "text"]
)
sensible = st.one_of(st.booleans(), st.integers(-2, 5_000_000), st.text(max_size=8))
messages = st.builds(
    lambda verb, more: {"do": verb, **more},
    st.one_of(st.sampled_from(sorted(VERBS)), st.text(max_size=10)),
    st.dictionaries(fields, st.one_of(sensible, anything), max_size=3),
)


def machine_with_a_desk(folder, *, loaded):
    witness = Witness()
    made = VirtualLaser(DEVICE, SPEC, detector=witness)
    desk = Desk(made, folder / "serve.log", step_mode=True, durable=False)
    if loaded:
        answer = desk.handle({"seq": 1, "do": "load", "text": job_bytes(12).decode()})
        assert answer["ok"]
    return made, desk, witness


def answered(line):
    """An answer is one line with one JSON object that says whether it worked."""
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    data = json.loads(line)
    assert isinstance(data["ok"], bool)
    assert data["ok"] or data["error"]["kind"] in ("bad_request", "bad_input", "refused", "link")
    return data


@settings(deadline=None, max_examples=200)
@given(st.lists(st.one_of(st.binary(max_size=60), anything.map(lambda d: json.dumps(d).encode())), max_size=6))
def test_every_line_is_answered_and_noise_moves_nothing(tmp_path_factory, lines):
    made, desk, witness = machine_with_a_desk(tmp_path_factory.mktemp("noise"), loaded=False)
    for line in lines:
        answered(desk.handle_line(line))
    assert made.state == "off"
    assert witness.shots == []
    assert answered(desk.handle_line(json.dumps({"seq": desk.expected, "do": "status"}).encode()))["ok"]


@settings(deadline=None, max_examples=150)
@given(st.lists(messages, max_size=25), st.booleans())
def test_any_messages_in_any_order_are_answered(tmp_path_factory, order, ready):
    _, desk, witness = machine_with_a_desk(tmp_path_factory.mktemp("messages"), loaded=True)
    if ready:
        for more in (
            {"do": "key", "on": True},
            {"do": "advance", "us": 13_000_000},
            {"do": "shutter", "open": True},
            {"do": "arm"},
        ):
            assert desk.handle({"seq": desk.expected, **more})["ok"]
    for message in order:
        try:
            line = json.dumps({"seq": desk.expected, **message}).encode()
        except ValueError:
            continue
        answered(desk.handle_line(line))
    assert len(witness.shots) == len(set(witness.shots))
    if not any(m["do"] == "pedal" for m in order):
        assert witness.shots == []
