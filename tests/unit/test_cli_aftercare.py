"""The commands ``aftercare`` and ``triage``: files, exit codes, bad input, refusals."""

import json
import zipfile
from pathlib import Path

import pytest
import vobject
from PIL import Image

from colonnade.aftercare import care_plan
from colonnade.case import Case
from colonnade.cli import main
from colonnade.cli import plan as plan_command
from colonnade.cli.triage import opens
from tests.unit.plans import make_plan, refused_plan

CASE = "examples/acne-scar-cheek.toml"


def run(capsys, *argv):
    code = main.main([str(a) for a in argv])
    out, err = capsys.readouterr()
    return code, out, err


def case_file(tmp_path, extra="", languages=("en", "ar")):
    text = Path(CASE).read_text(encoding="utf-8")
    names = ", ".join(f'"{n}"' for n in languages)
    clinic = f'\n[clinic]\nlanguages = [{names}]\ntimezone = "Europe/Paris"\ncontact = "+00 1"\n'
    path = tmp_path / "case.toml"
    path.write_text(text + clinic + extra, encoding="utf-8")
    return path


def checkin_file(tmp_path, **last):
    quiet = {"day": 3, "pain": 0, "blisters": "no", "fever": "no", "eye_symptom": "no"}
    data = {"care": {"track": "spot", "zone": "face", "immunosuppressed": "no"}, "checkins": [{**quiet, **last}]}
    path = tmp_path / "checkin.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


def test_leaflet_calendar_and_bundle(tmp_path, capsys):
    out = tmp_path / "out"
    code, shown, _ = run(capsys, "aftercare", case_file(tmp_path), "--start", "2026-12-01", "--out", out)
    assert code == 0
    assert {p.name for p in out.iterdir()} == {
        *(f"leaflet.{tag}.{kind}" for tag in ("en", "ar") for kind in ("pdf", "html")),
        "leaflet-large.en.pdf",
        "leaflet-large.ar.pdf",
        "aftercare-differences.pdf",
        "aftercare.ics",
        "careplan.json",
        "careplan.fhir.json",
    }
    assert "2026-12-02 09:00 Call from the clinic" in shown
    documents = [
        e["resource"]["content"][0]["attachment"]["title"]
        for e in json.loads((out / "careplan.fhir.json").read_text())["entry"]
        if e["resource"]["resourceType"] == "DocumentReference"
    ]
    assert sorted(documents) == sorted(p.name for p in out.iterdir() if p.name.startswith("leaflet"))


def test_a_moved_treatment_updates_the_calendar(tmp_path, capsys):
    case, first, second = case_file(tmp_path, languages=("en",)), tmp_path / "a", tmp_path / "b"
    run(capsys, "aftercare", case, "--start", "2026-12-01", "--out", first)
    code, _, _ = run(
        capsys, "aftercare", case, "--start", "2026-12-08", "--out", second, "--replaces", first / "careplan.json"
    )
    assert code == 0
    before, after = (vobject.readOne((f / "aftercare.ics").read_text()).vevent_list for f in (first, second))
    assert [e.uid.value for e in before] == [e.uid.value for e in after]
    assert {int(e.sequence.value) for e in after} == {1}


@pytest.mark.parametrize(
    ("extra", "rule"),
    [
        ('[aftercare]\nwash = "chlorhexidine"\n', "AC-01"),
        (
            '[aftercare]\nallergies = ["neomycin"]\n[[aftercare.orders]]\nkind = "antibiotic"\nproduct = "Neosporin"\n'
            'instructions = "thin"\nto_day = 5\nordered_by = "Dr A"\n',
            "AC-05",
        ),
        ("[aftercare]\nsilicone_from_day = 3\n", "AC-06"),
    ],
)
@pytest.mark.parametrize("as_json", [False, True])
def test_what_would_harm_is_refused_with_the_reason_and_writes_nothing(tmp_path, capsys, extra, rule, as_json):
    out = tmp_path / "out"
    argv = ["aftercare", case_file(tmp_path, extra), "--start", "2026-12-01", "--out", out]
    code, shown, _ = run(capsys, *argv, *(["--json"] if as_json else []))
    assert code == 1
    assert rule in shown
    assert not out.exists()
    if as_json:
        assert json.loads(shown)["verdict"] == "REFUSED"


@pytest.mark.parametrize(
    "argv",
    [
        ("--start", "2026-13-01"),
        ("--start", "tomorrow"),
        ("--start", "2026-12-01", "--event", "closed=2026-11-01"),
        ("--start", "2026-12-01", "--event", "closed"),
        ("--start", "2026-12-01", "--event", "open=2026-12-09"),
        ("--start", "2026-12-01", "--paper", "a5"),
        ("--start", "2026-12-01", "--replaces", CASE),
        ("--start", "2026-12-01", "--session", "0"),
    ],
)
def test_bad_input_is_refused_and_writes_nothing(tmp_path, capsys, argv):
    out = tmp_path / "out"
    code, shown, err = run(capsys, "aftercare", CASE, "--out", out, *argv)
    assert code == 2
    assert "allowed" in err
    assert shown == ""
    assert not out.exists()


def test_an_unknown_language_in_the_case_is_refused(tmp_path, capsys):
    code, _, err = run(
        capsys, "aftercare", case_file(tmp_path, languages=("tlh",)), "--start", "2026-12-01", "--out", tmp_path / "o"
    )
    assert code == 2
    assert "languages" in err


def test_a_plan_with_a_start_writes_the_same_files_and_a_refused_plan_none(tmp_path):
    care = care_plan(Case.load(case_file(tmp_path, languages=("en",))), "2026-12-01")
    plan_command.write(make_plan(), tmp_path / "ok", care)
    assert {"plan.json", "report.pdf", "leaflet.en.pdf", "aftercare.ics", "careplan.fhir.json"} <= {
        p.name for p in (tmp_path / "ok").iterdir()
    }
    plan_command.write(refused_plan(), tmp_path / "no", care)
    assert not [p.name for p in (tmp_path / "no").iterdir() if "care" in p.name or "leaflet" in p.name]


def test_a_plan_with_a_start_refuses_harmful_aftercare_before_it_computes(tmp_path, capsys):
    case = case_file(tmp_path, '[aftercare]\nwash = "chlorhexidine"\n')
    code, shown, _ = run(capsys, "plan", case, "--start", "2026-12-01", "--out", tmp_path / "out")
    assert code == 1
    assert "AC-01" in shown
    assert not (tmp_path / "out").exists()


# triage


@pytest.mark.parametrize(
    ("last", "tier"), [({}, "none"), ({"fever": "yes"}, "S"), ({"text": "I can't breathe"}, "E"), ({"day": 40}, "none")]
)
def test_triage_answers_with_zero_at_any_tier(tmp_path, capsys, last, tier):
    code, shown, _ = run(capsys, "triage", checkin_file(tmp_path, **last), "--json")
    assert code == 0
    assert json.loads(shown)["tier"] == tier


@pytest.mark.parametrize("language", ["en", "zh-Hans", "es", "fr", "ar"])
def test_the_message_is_said_in_the_language_asked_for(tmp_path, capsys, language):
    code, shown, _ = run(capsys, "triage", checkin_file(tmp_path, fever="yes"), "--json", "--language", language)
    answer = json.loads(shown)
    assert code == 0
    assert (answer["message_said"] == answer["message"]) == (language == "en")


def test_the_example_prints_which_rules_fired_and_why(capsys):
    code, shown, _ = run(capsys, "triage", "examples/checkin-day-4.json")
    assert code == 0
    for words in ("TR-21", 'the text says "blistres"', "outside, which suppresses nothing", "reviewed by: none"):
        assert words in shown


def write(path, data):
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[1, 2]",
        b"\xff\xfe\x00binary",
        b"null",
        b'{"care": {}, "checkins": []}',
        b'{"care": {"track": "spot", "zone": "face"}, "checkins": [{"day": 1, "pain": NaN}]}',
        b'{"care": {"track": "spot", "zone": "face"}, "checkins": [{"day": 1, "pain": "3"}]}',
        b'{"care": {"track": "spot", "zone": "face"}, "checkins": [{"day": -1}]}',
        b'{"care": {"track": "spot", "zone": "face"}, "checkins": [{"day": 1, "date": "2026-12-01"}]}',
        b'{"care": {"track": "spot", "zone": "face"}, "checkins": [{"day": 5}, {"day": 2}]}',
        b'{"care": {"track": "spot", "zone": "face", "treated_on": "2026-12-01"}, '
        b'"checkins": [{"date": "2026-11-30"}]}',
        b'{"care": {"track": "spot", "zone": "face"}, "checkins": [{"day": 1, "symptoms": ["feverr"]}]}',
        b'{"care": {"track": "spot", "zone": "face"}, "checkins": [{"day": 1, "fevre": "yes"}]}',
        b"[" * 100_000,
        b'{"care": {"track": "spot", "zone": "face"}, "checkins": [{"day": 1, "text": "' + b"a" * 10_000_000 + b'"}]}',
        b'{"care": {"track": "spot", "zone": "face"}, "checkins": [{"day": 1, "text": "' + b"a" * 20_001 + b'"}]}',
    ],
    ids=lambda d: d[:60].decode("latin-1") + f" {len(d)}",
)
def test_a_check_in_that_is_none_is_refused_with_one_message(tmp_path, capsys, data):
    code, shown, err = run(capsys, "triage", write(tmp_path / "c.json", data))
    assert code == 2
    assert shown == ""
    assert err.count("allowed:") == 1
    assert len(err) < 2000


def test_an_absent_file_or_an_unknown_language(tmp_path, capsys):
    assert run(capsys, "triage", tmp_path / "none.json")[0] == 2
    assert run(capsys, "triage", checkin_file(tmp_path), "--language", "de")[0] == 2


def test_a_broken_photograph_raises_and_never_blocks_the_answer(tmp_path, capsys):
    Image.new("RGB", (40, 30), "#c08060").save(tmp_path / "good.png")
    whole = (tmp_path / "good.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[:60])
    (tmp_path / "text.jpg").write_text("not a picture")
    with zipfile.ZipFile(tmp_path / "zip.png", "w") as z:
        z.writestr("a", "b")
    assert opens(tmp_path / "good.png")
    for name in ("cut.png", "text.jpg", "zip.png", "absent.png"):
        assert not opens(tmp_path / name)
        file = checkin_file(tmp_path, photographs=[{"file": name}])
        code, shown, _ = run(capsys, "triage", file, "--json")
        assert code == 0
        assert json.loads(shown)["tier"] == "N"
    file = checkin_file(tmp_path, photographs=[{"file": "good.png"}])
    assert json.loads(run(capsys, "triage", file, "--json")[1])["tier"] == "none"
    file = checkin_file(tmp_path, fever="yes", photographs=[{"file": "cut.png"}])
    assert json.loads(run(capsys, "triage", file, "--json")[1])["tier"] == "S"


@pytest.mark.parametrize(
    "evil", ['"><script>alert(1)</script>', '#read("/etc/passwd")', "\u202e\x00\x1b[2J", "{}{0}%s"]
)
def test_hostile_text_in_a_check_in_is_only_text(tmp_path, capsys, evil):
    code, shown, err = run(capsys, "triage", checkin_file(tmp_path, text=evil))
    assert code == 0
    assert "Traceback" not in err
    assert "\x1b[2J" not in shown
    assert "root:" not in shown


def test_the_latest_predicted_closure_of_all_zones_reaches_the_care_plan():
    from types import SimpleNamespace as Some

    from colonnade.cli.plan import closure_days

    def made(*highs):
        courses = [None if high is None else {"epithelium_closed_d": Some(high=high)} for high in highs]
        return Some(zones=[Some(course=course) for course in courses])

    assert closure_days(made(1.0, 20.0, None)) == 20.0
    assert closure_days(made(500.0)) == 120.0  # what the schedule can hold
    assert closure_days(made(None)) is None
    assert closure_days(made()) is None
