"""The journal: nothing lost, nothing doubled, whatever is cut off at its end; and damage is seen."""

import errno
import os
import shutil

import pytest

from colonnade.delivery import journal as journal_module
from colonnade.delivery.job import open_job
from colonnade.delivery.journal import Journal, read_header, records, recover
from colonnade.delivery.ledger import ColumnState, Ledger, LedgerError, StampState
from colonnade.delivery.text import parse
from colonnade.errors import BadInput
from delivery_jobs import DEVICE, SPEC, Witness, fire_stamp, job, job_bytes, laser, load_job, to_ready, to_standby

DATA = job_bytes(6)  # 36 columns, 9 in each of 4 stamps


# --- the rules of the ledger ----------------------------------------------------------------------------------
def ledger():
    return Ledger(((1, 3), (4, 6)))


def test_a_column_is_fired_once():
    led = ledger()
    led.begin(1)
    led.intent(1)
    with pytest.raises(LedgerError, match="no outcome"):
        led.intent(2)
    led.outcome(1, ColumnState.FIRED)
    with pytest.raises(LedgerError, match="may have been fired"):
        led.intent(1)
    assert led.next_column(1) == 2
    assert led.counts() == {"not_fired": 5, "fired": 1, "unknown": 0}


@pytest.mark.parametrize("state", [ColumnState.FIRED, ColumnState.UNKNOWN])
def test_nothing_that_may_have_been_fired_is_fired_again(state):
    led = ledger()
    led.begin(1)
    led.intent(2)
    led.outcome(2, state)
    led.end(1, complete=False)
    led.decide(1, go_on=True)
    led.begin(1)
    with pytest.raises(LedgerError):
        led.intent(2)
    assert led.next_column(1) == 1


def test_an_interrupted_stamp_needs_a_decision_and_a_skipped_one_is_over():
    led = ledger()
    led.begin(1)
    led.end(1, complete=False)
    with pytest.raises(LedgerError, match="interrupted"):
        led.begin(1)
    led.decide(1, go_on=False)
    with pytest.raises(LedgerError):
        led.decide(1, go_on=True)
    assert led.next_stamp() == 2
    with pytest.raises(LedgerError):
        led.begin(1)


@pytest.mark.parametrize(
    "step",
    [
        lambda led: led.begin(3),
        lambda led: led.begin(0),
        lambda led: led.intent(1),
        lambda led: led.outcome(1, ColumnState.FIRED),
        lambda led: led.outcome(0, ColumnState.FIRED),
        lambda led: led.end(1, complete=True),
        lambda led: led.end(0, complete=True),
        lambda led: led.decide(1, go_on=True),
        lambda led: led.decide(7, go_on=False),
    ],
)
def test_steps_out_of_turn_change_nothing(step):
    led = ledger()
    with pytest.raises(LedgerError):
        step(led)
    assert led == ledger()


def test_a_column_of_another_stamp_is_refused():
    led = ledger()
    led.begin(1)
    with pytest.raises(LedgerError, match="not in stamp 1"):
        led.intent(4)


# --- cut off at the end -----------------------------------------------------------------------------------------
def delivery(log, *, stop):
    """Deliver until ``stop(machine)``, then cut the process's hand from the file. Returns the witness."""
    witness = Witness()
    made = to_ready(laser(DATA, log, detector=witness))
    stop(made)
    made.job.journal.abandon()
    return witness


def in_flight(made):
    """Stop between the light and the record of it: the intent is written, the outcome is not."""
    made.press(True)
    made.advance(3334 * 4 + 100)
    assert made.job.journal.ledger.pending == 5


def between(made):
    made.press(True)
    made.advance(3334 * 4 + 1000)


def begun(made):
    made.press(True)


def released(made):
    between(made)
    made.press(False)


def whole_stamp(made):
    fire_stamp(made)


def skipped(made):
    released(made)
    made.decide(1, go_on=False, who="test")


def confirmed(made):
    released(made)
    made.decide(1, go_on=True, who="test")


def continued(made):
    confirmed(made)
    to_ready(made)
    made.press(True)
    made.advance(3334 * 2 + 1000)


def closed(made):
    released(made)
    made.job.journal.note(made.t_us, "last words")


STOPS = (in_flight, between, begun, released, whole_stamp, skipped, confirmed, continued, closed)


def resume_and_finish(log, witness):
    """Another process goes on, confirms every interrupted stamp, fires the rest. Returns the ledger."""
    made = laser(DATA, log, resume=True, detector=witness)
    to_standby(made)
    led = made.job.journal.ledger
    while stamp := led.next_stamp():
        if led.stamps[stamp - 1] is StampState.INTERRUPTED:
            made.decide(stamp, go_on=True, who="test")
        if made.state != "ready":
            to_ready(made)
        fire_stamp(made)
    made.job.journal.abandon()
    return led


@pytest.mark.parametrize("stop", STOPS, ids=lambda s: s.__name__)
def test_truncated_at_every_byte_of_its_last_record(tmp_path, stop):
    whole = tmp_path / "whole.log"
    before = delivery(whole, stop=stop)
    data = whole.read_bytes()
    last = data[:-1].rfind(b"\n") + 1
    assert 0 < last < len(data)
    for cut in range(last, len(data) + 1):
        log = tmp_path / f"{cut}.log"
        log.write_bytes(data[:cut])
        led = Ledger.of(job(6))
        found = recover(log, led)
        assert found.torn_bytes == (cut - last if cut < len(data) else 0)
        fired = [c for c in range(1, 37) if led.columns[c] == ColumnState.FIRED]
        unknown = [c for c in range(1, 37) if led.columns[c] == ColumnState.UNKNOWN]
        # every shot the witness saw is known as fired or in doubt; nothing is called fired that was not
        assert set(before.shots) <= {*fired, *unknown}
        assert set(fired) <= set(before.shots)
        assert len(unknown) <= 1
        witness = Witness()
        witness.shots = list(before.shots)
        final = resume_and_finish(log, witness)
        assert len(witness.shots) == len(set(witness.shots)), "a column was fired twice"
        missing = set(range(1, 37)) - set(witness.shots)
        unknown = {c for c in range(1, 37) if final.columns[c] == ColumnState.UNKNOWN}
        skipped_ones = {c for c in range(1, 37) if final.columns[c] == ColumnState.NOT_FIRED}
        assert missing <= unknown | skipped_ones, "a column is silently missing"
        os.unlink(log)


def test_recovering_twice_says_the_same(tmp_path):
    delivery(tmp_path / "a.log", stop=in_flight)
    first, second = Ledger.of(job(6)), Ledger.of(job(6))
    one, two = recover(tmp_path / "a.log", first), recover(tmp_path / "a.log", second)
    assert (one, first) == (two, second)
    assert one.unknown == (5,)
    # and once more after a process resumed and was cut off at once
    made = laser(DATA, tmp_path / "a.log", resume=True)
    made.job.journal.abandon()
    third = Ledger.of(job(6))
    assert recover(tmp_path / "a.log", third).unknown == ()
    assert third == first


# --- damage -----------------------------------------------------------------------------------------------------
def test_every_changed_byte_before_the_last_record_is_seen(tmp_path):
    whole = tmp_path / "whole.log"
    delivery(whole, stop=released)
    data = whole.read_bytes()
    last = data[:-1].rfind(b"\n") + 1
    log = tmp_path / "changed.log"
    for at in range(0, last, 7):
        log.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        with pytest.raises(BadInput, match="log"):
            recover(log, Ledger.of(job(6)))


def test_a_record_taken_out_or_doubled_is_seen(tmp_path):
    whole = tmp_path / "whole.log"
    delivery(whole, stop=released)
    lines = whole.read_bytes().splitlines(keepends=True)
    log = tmp_path / "changed.log"
    for k in range(len(lines) - 1):
        log.write_bytes(b"".join(lines[:k] + lines[k + 1 :]))
        with pytest.raises(BadInput):
            recover(log, Ledger.of(job(6)))
        log.write_bytes(b"".join([*lines[: k + 1], lines[k], *lines[k + 1 :]]))
        with pytest.raises(BadInput):
            recover(log, Ledger.of(job(6)))


@pytest.mark.parametrize("data", [b"", b"H", b"\n", b"no header 00000000\n", b"\x00" * 1000])
def test_what_is_no_journal_is_refused(tmp_path, data):
    log = tmp_path / "x.log"
    log.write_bytes(data)
    with pytest.raises(BadInput):
        recover(log, Ledger.of(job(6)))
    with pytest.raises(BadInput):
        read_header(log)


def test_records_that_contradict_each_other_are_refused(tmp_path):
    """Whole records with fitting checksums, written by something that broke the rules."""
    log = tmp_path / "x.log"
    delivery(log, stop=released)
    end = Ledger.of(job(6))
    fd = os.open(log, os.O_RDWR | os.O_APPEND)
    rogue = Journal(fd, end, recover(log, Ledger.of(job(6))).crc, durable=False)
    rogue._append("I 1 999", sync=False)
    rogue.abandon()
    with pytest.raises(BadInput, match="contradicts"):
        recover(log, Ledger.of(job(6)))


def test_a_log_of_another_file_is_refused(tmp_path):
    delivery(tmp_path / "a.log", stop=released)
    for other in (job_bytes(8), job_bytes(6, 18.0)):
        with pytest.raises(BadInput):
            open_job(other, tmp_path / "a.log", DEVICE, SPEC, resume=True)


def test_a_log_is_never_overwritten_and_has_one_writer(tmp_path):
    log = tmp_path / "a.log"
    made = laser(DATA, log)
    with pytest.raises(BadInput, match="exists"):
        open_job(DATA, log, DEVICE, SPEC)
    with pytest.raises(BadInput, match="another process"):
        open_job(DATA, log, DEVICE, SPEC, resume=True)
    made.job.journal.abandon()
    opened, found, _ = open_job(DATA, log, DEVICE, SPEC, resume=True)
    assert found.unknown == ()
    opened.journal.abandon()


def test_a_resume_without_a_log_is_refused(tmp_path):
    with pytest.raises(BadInput, match="cannot be opened"):
        open_job(DATA, tmp_path / "none.log", DEVICE, SPEC, resume=True)


def test_the_log_states_what_it_belongs_to(tmp_path):
    laser(DATA, tmp_path / "a.log", seed=7).job.journal.abandon()
    header = read_header(tmp_path / "a.log")
    assert header.shots_sha256 == parse(DATA).sha256
    assert (header.virtual, header.seed, header.columns, header.stamps) == (True, 7, 36, 4)


# --- a disk that refuses ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("nth", range(1, 30))
def test_what_cannot_be_written_is_not_fired(tmp_path, monkeypatch, nth):
    """The disk is full at the nth write after arming; afterwards there is room again."""
    log, witness = tmp_path / "a.log", Witness()
    made = to_ready(laser(DATA, log, detector=witness))
    real, calls = os.write, iter(range(1, 1_000_000))

    def write(descriptor, data):
        if next(calls) == nth:
            real(descriptor, data[: len(data) // 2])
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(descriptor, data)

    monkeypatch.setattr(journal_module.os, "write", write)
    fire_stamp(made)
    monkeypatch.setattr(journal_module.os, "write", real)
    if made.state != "ready":
        assert made.fault == "journal"
        count = len(witness.shots)
        made.advance(1_000_000)
        assert len(witness.shots) == count
        final = resume_and_finish(log, witness)
        assert len(witness.shots) == len(set(witness.shots))
        assert set(range(1, 37)) - set(witness.shots) <= {
            c for c in range(1, 37) if final.columns[c] == ColumnState.UNKNOWN
        }
    else:
        # a note was lost; the next intent would have tripped, but the stamp was over
        assert made.fault is None


def test_the_intent_is_on_the_disk_before_the_light(tmp_path):
    """At every shot, the file as it is then must already tell of it."""
    log, copies = tmp_path / "a.log", []

    def judge():
        shutil.copy(log, tmp_path / "copy.log")
        copies.append([r for r in records(tmp_path / "copy.log") if r.kind == "I"][-1].fields[0])

    witness = Witness(judge)
    fire_stamp(to_ready(laser(DATA, log, detector=witness)))
    assert copies == [str(c) for c in witness.shots]
    assert len(copies) == 9


def test_durable_means_that_the_disk_was_waited_for(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(journal_module.os, "fdatasync", lambda fd: synced.append(fd))
    opened, _, _ = open_job(DATA, tmp_path / "a.log", DEVICE, SPEC, durable=True)
    assert len(synced) == 1
    opened.journal.begin(1, 0)
    opened.journal.intent(1, 1)
    assert len(synced) == 3
    opened.journal.outcome(1, 2, "F", 1.0, 0.0, 0.0)
    opened.journal.note(2, "x")
    assert len(synced) == 3
    opened.journal.close(3, "test")
    assert len(synced) == 4
    with pytest.raises(LedgerError, match="closed"):
        opened.journal.note(4, "too late")


def test_loading_another_file_puts_the_first_away(tmp_path):
    made = laser(DATA, tmp_path / "a.log")
    made.load(load_job(made, DATA, tmp_path / "b.log"))
    assert [r.kind for r in records(tmp_path / "a.log")][-1] == "Z"
    assert recover(tmp_path / "a.log", Ledger.of(job(6))).closed
