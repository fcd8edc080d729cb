"""The shot file: what is written is read back, whatever is amiss is refused, and every rounding is listed."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from colonnade import DISCLAIMER
from colonnade.delivery import text
from colonnade.delivery.limits import Limits, RoundingLimits, require_deliverable, rounded, timing_check
from colonnade.delivery.seal import load_private_key, public_key_of, sha256_hex, sign, verify
from colonnade.delivery.shots import NOTICE, Pulse, ShotHeader, Stamp
from colonnade.delivery.stamps import build
from colonnade.errors import BadInput
from delivery_jobs import DEVICE, SPEC, columns, job, job_bytes

ROOT = Path(__file__).parents[2]
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
LIMITS = Limits.of(DEVICE, SPEC)


def resealed(content):
    """Content with a seal that fits it: what an editor could make who knows the format."""
    content = content if isinstance(content, bytes) else content.encode()
    return content + f"SHA256 {sha256_hex(content)}\nEND\n".encode()


def content(data):
    return data[: data.rfind(b"\nSHA256 ") + 1].decode()


def edited(old, new, data=None):
    body = content(data or job_bytes())
    assert old in body, old
    return resealed(body.replace(old, new, 1))


# --- there and back -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("side", [2, 12])
@pytest.mark.parametrize("passes", [1, 2])
def test_what_is_written_is_read_back(tmp_path, side, passes):
    shots = job(side, passes=passes)
    sha = text.write(shots, tmp_path / "a.shots")
    back = text.read_file(tmp_path / "a.shots")
    assert back.file == shots
    assert (back.sha256, back.signer, back.trusted) == (sha, None, False)
    assert text.render(back.file) == (tmp_path / "a.shots").read_bytes()


def test_equality_sees_a_column_that_moved():
    shots = job()
    moved = shots.stamps[0].columns.copy()
    moved[3, 0] += 1
    other = dataclasses.replace(shots, stamps=(dataclasses.replace(shots.stamps[0], columns=moved), *shots.stamps[1:]))
    assert other != shots
    assert shots == job.__wrapped__()


def test_the_top_can_be_read_and_says_it_is_not_for_clinical_use():
    lines = job_bytes().decode().splitlines()
    assert lines[0] == "colonnade.shots/1"
    assert lines[1] == NOTICE
    assert "NOT FOR CLINICAL USE" in lines[1]
    assert DISCLAIMER in lines[1]
    assert job().header.disclaimer == DISCLAIMER
    assert job().header.not_for_clinical_use is True


def test_a_file_of_the_first_version_is_still_read():
    """Stored on the day the format was fixed. If this fails, old files have become unreadable."""
    stored = text.read_file(ROOT / "tests" / "data" / "shots-1.shots", trusted={public_key_of(KEY)})
    assert stored.sha256 == "a1d76f782fe0970465ff3e5e694961f040b1a96b5e54849d19b2094fe7c13427"
    assert stored.trusted
    assert [len(s.columns) for s in stored.file.stamps] == [9, 9, 9, 9]
    assert stored.file.stamps[3].columns[-1].tolist() == [3333, 3333, 26672, 1]
    assert stored.file.pulses == (Pulse(power_mW=30_000, on_us=333),)


def test_the_schema_of_the_header_is_the_published_one():
    published = json.loads((ROOT / "docs" / "file-formats" / "shots-header.schema.json").read_text(encoding="utf-8"))
    assert published == ShotHeader.model_json_schema(by_alias=True)


# --- refused ------------------------------------------------------------------------------------------------
BODY = "STAMP 1 zone=1"
REFUSED = {
    "empty": b"",
    "foreign": b"{\"schema\": \"colonnade.plan/1\"}",
    "binary": bytes(range(256)) * 40,
    "older": job_bytes().replace(b"colonnade.shots/1", b"colonnade.shots/0", 1),
    "newer": job_bytes().replace(b"colonnade.shots/1", b"colonnade.shots/2", 1),
    "edited": job_bytes().replace(b"on_us=333", b"on_us=999"),
    "hash changed": job_bytes().replace(b"\nSHA256 ", b"\nSHA256 0", 1),
    "appended": job_bytes() + b"\n",
    "windows line ends": job_bytes().replace(b"\n", b"\r\n"),
    "no notice": edited(NOTICE, "For clinical use."),
    "notice in the header": edited('"not_for_clinical_use": true', '"not_for_clinical_use": false'),
    "another disclaimer": edited('"disclaimer": "Colonnade is', '"disclaimer": "Colonnade was'),
    "unknown key": edited('"title":', '"tilte": 1,\n "title":'),
    "key twice": edited('"title":', '"title": "first",\n "title":'),
    "units": edited('"position": "um"', '"position": "mm"'),
    "text for a number": edited('"spot_um": 120.0', '"spot_um": "120"'),
    "NaN": edited('"spot_um": 120.0', '"spot_um": NaN'),
    "header is no JSON": edited('{\n "schema"', '{\n schema'),
    "count of columns": edited('"columns": 144', '"columns": 143'),
    "count of stamps": edited('"stamps": 4', '"stamps": 5'),
    "column lost": edited("\n-4167 -4167 0 1", ""),
    "plus sign": edited("\n-2500 -4167 3334 1", "\n-2500 -4167 +3334 1"),
    "leading zero": edited("\n-2500 -4167 3334 1", "\n-2500 -4167 03334 1"),
    "underscore": edited("\n-2500 -4167 3334 1", "\n-2500 -4167 3_334 1"),
    "two spaces": edited("\n-2500 -4167 3334 1", "\n-2500  -4167 3334 1"),
    "a fraction": edited("\n-2500 -4167 3334 1", "\n-2500 -4167 3334.5 1"),
    "a huge number": edited("\n-2500 -4167 3334 1", f"\n-2500 -4167 {'9' * 30} 1"),
    "a very long line": edited("\n-2500 -4167 3334 1", f"\n-2500 -4167 {'9' * 6000} 1"),
    "beyond the bounds": edited("\n-2500 -4167 3334 1", "\n-600000 -4167 3334 1"),
    "starts that fall": edited("\n-2500 -4167 3334 1", "\n-2500 -4167 6668 1"),
    "no such pulse": edited("\n-2500 -4167 3334 1", "\n-2500 -4167 3334 2"),
    "no such zone": edited("STAMP 1 zone=1", "STAMP 1 zone=2"),
    "stamps out of order": edited("STAMP 2 ", "STAMP 3 "),
    "no power": edited("power_mW=30000", "power_mW=0"),
    "negative count": edited("columns=36\n", "columns=-1\n"),
    "not UTF-8": resealed(content(job_bytes()).encode().replace(b"Synthetic", b"Synthet\xff\xff")),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_bad_files_are_refused(tmp_path, name):
    path = tmp_path / "bad.shots"
    path.write_bytes(REFUSED[name])
    with pytest.raises(BadInput) as error:
        text.read_file(path)
    assert error.value.todo


@pytest.mark.parametrize(
    ("name", "word"), [("newer", "Update Colonnade"), ("foreign", "not a shot file"), ("edited", "changed")]
)
def test_the_message_names_the_remedy(name, word):
    with pytest.raises(BadInput, match=word):
        text.parse(REFUSED[name])


def test_every_truncation_is_refused():
    data = text.render(job(2, 4.0), key=KEY)
    for cut in range(len(data)):
        with pytest.raises(BadInput):
            text.parse(data[:cut])


def test_a_huge_file_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "huge.shots"
    with path.open("wb") as stream:
        stream.write(b"colonnade.shots/1\n")
        stream.truncate(400_000_000)  # sparse: takes no room on the disk
    with pytest.raises(BadInput, match="400 MB"):
        text.read_file(path)


@pytest.mark.parametrize("name", ["missing", "folder"])
def test_what_is_no_file_is_refused(tmp_path, name):
    path = tmp_path if name == "folder" else tmp_path / "missing.shots"
    with pytest.raises(BadInput, match="cannot be read"):
        text.read_file(path)


# --- seal ---------------------------------------------------------------------------------------------------
def test_a_signature_is_verified_and_trusted_only_if_listed():
    data = text.render(job(), key=KEY)
    known = text.parse(data, trusted={public_key_of(KEY)})
    assert (known.signer, known.trusted) == (public_key_of(KEY), True)
    assert text.parse(data).trusted is False
    assert known.sha256 == text.parse(job_bytes()).sha256


def test_a_signature_does_not_survive_an_edit_even_with_a_new_hash():
    data = text.render(job(), key=KEY).decode()
    body, seal = data[: data.rfind("\nSHA256 ") + 1], data[data.rfind("\nSIGNATURE") + 1 :]
    changed = body.replace("on_us=333", "on_us=334")
    forged = f"{changed}SHA256 {sha256_hex(changed.encode())}\n{seal}".encode()
    with pytest.raises(BadInput, match="signature"):
        text.parse(forged)


def test_a_signature_has_one_spelling():
    """Base64 leaves spare bits: the same bytes could be written in several ways."""
    sha = "0" * 64
    good = sign(KEY, sha)
    assert verify(public_key_of(KEY), good, sha)
    last = good[-3]
    spelled = good[:-3] + chr(ord(last) + 1) + "=="
    assert not verify(public_key_of(KEY), spelled, sha)
    assert not verify(public_key_of(KEY), good, "1" * 64)


def test_keys_that_are_none_are_refused(tmp_path):
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    path = tmp_path / "key.pem"
    path.write_bytes(KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    assert public_key_of(load_private_key(path)) == public_key_of(KEY)
    other = generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for data in (b"", b"-----BEGIN", other):
        path.write_bytes(data)
        with pytest.raises(BadInput, match=r"key\.pem"):
            load_private_key(path)


# --- rounding -----------------------------------------------------------------------------------------------
def test_every_rounding_is_listed_with_asked_deliverable_difference():
    made = build((columns(13, 20.0, energy_mJ=10.0),), DEVICE, SPEC, title="t", synthetic=True)
    rows = {r.what: r for r in made.rounding}
    # 10 mJ at 30 W are 333.33 µs, of which a clock of 1 µs gives 333
    assert rows["on_time_us"].asked == pytest.approx(1000 / 3)
    assert rows["on_time_us"].deliverable == 333
    assert rows["energy_mJ"].difference == pytest.approx(-0.01)
    # 300 Hz are 3333.33 µs, rounded up: never faster than asked
    assert rows["interval_us"].deliverable == 3334
    assert 0 < rows["position_um (worst column, per axis)"].deliverable <= 0.5
    assert made.rounding == made.shots.header.rounding


def test_nothing_is_listed_where_nothing_is_rounded():
    zone = columns(10, 10.0, energy_mJ=15.0, rate_Hz=250.0)
    made = build((zone,), DEVICE, SPEC, title="t", synthetic=True)
    assert made.rounding == ()
    assert made.shots.pulses == (Pulse(power_mW=30_000, on_us=500),)


def test_mirrors_that_need_longer_stretch_the_stamp_and_say_so():
    zone = columns(10, 10.0, energy_mJ=50.0, rate_Hz=900.0)
    made = build((zone,), DEVICE, SPEC, title="t", synthetic=True)
    row = next(r for r in made.rounding if r.what == "firing_time_s")
    assert row.difference > 0
    assert row.deliverable == pytest.approx(row.asked + row.difference)
    assert made.shots.stamps[0].columns[-1, 2] * 1e-6 == pytest.approx(row.deliverable)
    assert "longer" in made.notes[0]


def test_rounding_beyond_the_threshold_is_refused_with_the_nearest_value():
    tight = RoundingLimits(on_time=1e-6)
    with pytest.raises(BadInput, match="Ask for 333"):
        build((columns(4, 4.0),), DEVICE, SPEC, title="t", synthetic=True, limits=tight)
    with pytest.raises(BadInput, match="energy_mJ"):
        build((columns(4, 4.0),), DEVICE, SPEC, title="t", synthetic=True, limits=RoundingLimits(energy=1e-6))
    with pytest.raises(BadInput, match="finer scanner"):
        build((columns(13, 20.0),), DEVICE, SPEC, title="t", synthetic=True, limits=RoundingLimits(position_um=0.01))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0, 0.0])
def test_what_is_no_positive_number_is_never_rounded(value):
    with pytest.raises(BadInput):
        rounded(value, 1, block="zone 1", what="power_W", allowed=0.01)


def test_columns_outside_the_region_are_refused():
    zone = columns(10, 10.0)
    with pytest.raises(BadInput, match="outside the region"):
        build((dataclasses.replace(zone, width_mm=8.0),), DEVICE, SPEC, title="t", synthetic=True)
    bad = zone.positions_m.copy()
    bad[0, 0] = np.nan
    with pytest.raises(BadInput, match="not a number"):
        build((dataclasses.replace(zone, positions_m=bad),), DEVICE, SPEC, title="t", synthetic=True)


def test_stamps_hold_every_column_once_and_where_it_was_asked():
    zone = columns(31, 25.0, passes=2)
    shots = build((zone,), DEVICE, SPEC, title="t", synthetic=True).shots
    assert len(shots.stamps) == 2 * 9
    for pass_ in (1, 2):
        laid = np.concatenate([shots.zone_position_um(s) for s in shots.stamps if s.pass_ == pass_])
        asked = zone.positions_m[zone.passes == pass_] * 1e6
        # whole micrometres: off by at most half of one per axis
        assert np.abs(laid[np.lexsort(np.round(laid).T)] - asked[np.lexsort(np.round(asked).T)]).max() <= 0.51
    assert max(np.abs(s.columns[:, :2]).max() for s in shots.stamps) <= 5000


# --- timing check -------------------------------------------------------------------------------------------
def changed(*, pulse=None, column=None, spot=None, delay=None):
    shots = job()
    stamp = shots.stamps[1]
    cols = stamp.columns.copy()
    if column:
        cols[column[0], column[1]] = column[2]
    stamp = dataclasses.replace(stamp, columns=cols, delay_us=stamp.delay_us if delay is None else delay)
    header = shots.header if spot is None else shots.header.model_copy(update={"spot_um": spot})
    pulses = (dataclasses.replace(shots.pulses[0], **(pulse or {})),)
    return dataclasses.replace(shots, header=header, pulses=pulses, stamps=(shots.stamps[0], stamp, *shots.stamps[2:]))


DENSE = job(40, 10.0, energy_mJ=50.0)
COARSE = dataclasses.replace(LIMITS, clock_us=10, position_step_um=5)


@pytest.mark.parametrize(
    ("shots", "limits", "block", "what", "nearest"),
    [
        (changed(pulse={"power_mW": 80_000}), LIMITS, "pulse 1", "power_mW", 60_000),
        (changed(pulse={"power_mW": 30_050}), LIMITS, "pulse 1", "power_mW", 30_000),
        (changed(pulse={"on_us": 20}), LIMITS, "pulse 1", "on_us", 40),
        (changed(pulse={"on_us": 2000}), LIMITS, "pulse 1", "energy_uJ", 50_015),
        (changed(pulse={"on_us": 333}), COARSE, "pulse 1", "on_us", 330),
        (changed(pulse={"stack": 2, "stack_interval_us": 1000}), LIMITS, "pulse 1", "stack", 1),
        (changed(pulse={"train": 2, "train_period_us": 100}), LIMITS, "pulse 1", "train_period_us", 333),
        (changed(column=(7, 0, 5001)), LIMITS, "stamp 2 column 44", "x_um", 5000),
        (changed(column=(7, 1, -9000)), LIMITS, "stamp 2 column 44", "y_um", -5000),
        (changed(column=(7, 2, 20_010)), LIMITS, "stamp 2 column 44", "interval_us (start to start)", None),
        (changed(column=(0, 0, -4167)), COARSE, "stamp 1 column 1", "x_um", -4165),
        (changed(spot=300.0), LIMITS, "header", "spot_um", 120),
        (changed(delay=3), COARSE, "stamp 2", "delay_us", 10),
        (DENSE, dataclasses.replace(LIMITS, mean_power_max_W=1.0), "stamp 1", "mean_power_W", 1),
    ],
)  # fmt: skip
def test_the_timing_check_names_block_value_limit_and_nearest_value(shots, limits, block, what, nearest):
    found = [v for v in timing_check(shots, limits) if (v.block, v.what) == (block, what)]
    assert len(found) == 1, timing_check(shots, limits)
    if nearest is not None:
        assert found[0].nearest_valid == nearest
    else:
        # pulse of 333 µs, then a move; the mirrors' time has a test of its own
        assert found[0].nearest_valid > 333 + 200
    assert str(found[0].limit) in str(found[0])
    with pytest.raises(BadInput, match="timing check"):
        require_deliverable(shots, limits)


def test_a_file_within_the_limits_passes():
    assert timing_check(job(), LIMITS) == ()


def test_the_nearest_valid_interval_is_valid_and_one_step_less_is_not():
    needed = int(LIMITS.shortest_interval_us(job().stamps[0], job().pulses)[0])
    good = np.array([[0, 0, 0, 1], [1667, 0, needed, 1]])
    for interval, count in ((needed, 0), (needed - 1, 1)):
        cols = good.copy()
        cols[1, 2] = interval
        stamp = Stamp(1, 1, 0, 0, 0, 0, cols)
        shots = dataclasses.replace(job(), stamps=(stamp,))
        assert len(timing_check(shots, LIMITS)) == count
