"""The main job through a process of its own: bad input leaves nothing behind; the bundled case makes a plan."""

import json
import math

import pytest

from colonnade import DISCLAIMER
from tests.unit.cli_fakes import CASE, call, edited_case, error_of, terminal

FILES = {"plan.json", "report.html", "report.pdf"}
#: No search: these settings are judged as they are.
SETTINGS = "\n[settings]\nenergy_mJ = 20\ndensity_pct = 5\n"


def refused(capsys, folder, case):
    """The error of a case that is bad input to `plan` and to `check`; nothing may be written."""
    out = folder / "out"
    before = sorted(folder.iterdir())
    error = error_of(capsys, "plan", case, "--out", out)
    assert sorted(folder.iterdir()) == before, "something was written"
    assert error_of(capsys, "check", case) == error
    code, printed, err = call(capsys, "plan", case, "--out", out)
    assert (code, printed) == (2, "")
    assert "Traceback" not in err
    return error


# --- bad input, one by one ------------------------------------------------------------------------------------
def test_unknown_key(capsys, tmp_path):
    case = edited_case(tmp_path, ("phototype =", "fototype ="))
    error = refused(capsys, tmp_path, case)
    assert "fototype" in error["what"] + error["given"] or "phototype" in error["what"]


def test_unknown_key_did_you_mean(capsys, tmp_path):
    error = refused(capsys, tmp_path, edited_case(tmp_path, ("weight_kg", "wieght_kg")))
    assert '"wieght_kg"' in error["given"]
    assert 'Did you mean "weight_kg"?' in error["todo"]


def test_unknown_table(capsys, tmp_path):
    error = refused(capsys, tmp_path, edited_case(tmp_path, ("[goals]", "[gaols]")))
    assert 'Did you mean "goals"?' in error["todo"]


def test_unknown_device(capsys, tmp_path):
    error = refused(capsys, tmp_path, edited_case(tmp_path, ("ultrapulse-deepfx", "ultrapulse-depfx")))
    assert 'Did you mean "lumenis-ultrapulse-deepfx"?' in error["todo"]


def test_unknown_site(capsys, tmp_path):
    error = refused(capsys, tmp_path, edited_case(tmp_path, ('id = "cheek"', 'id = "cheak"')))
    assert 'Did you mean "cheek"?' in error["todo"]


def test_unknown_indication(capsys, tmp_path):
    error = refused(capsys, tmp_path, edited_case(tmp_path, ("atrophic-acne-scar", "atrophic-acne-scars")))
    assert 'Did you mean "atrophic-acne-scar"?' in error["todo"]


def test_energy_outside_the_range_of_the_device(capsys, tmp_path):
    case = edited_case(tmp_path, append=SETTINGS.replace("= 20", "= 90"))
    error = refused(capsys, tmp_path, case)
    assert error["given"] == "90 mJ"
    assert "2.5 to 50 mJ" in error["allowed"]


@pytest.mark.parametrize("number", ["nan", "inf", "-inf"])
def test_not_a_number(capsys, tmp_path, number):
    error = refused(capsys, tmp_path, edited_case(tmp_path, append=SETTINGS.replace("= 20", f"= {number}")))
    assert "settings.energy_mJ" in error["what"]
    assert error["given"] == str(float(number))


def test_nan_age(capsys, tmp_path):
    assert (
        "age_years" in refused(capsys, tmp_path, edited_case(tmp_path, ("age_years = 31", "age_years = nan")))["what"]
    )


@pytest.mark.parametrize(("old", "new"), [("width_mm = 30", "width_mm = -30"), ("weight_kg = 64", "weight_kg = -64")])
def test_negative_number(capsys, tmp_path, old, new):
    error = refused(capsys, tmp_path, edited_case(tmp_path, (old, new)))
    assert error["given"].startswith("-")
    assert "greater than 0" in error["allowed"]


def test_text_for_a_number(capsys, tmp_path):
    error = refused(capsys, tmp_path, edited_case(tmp_path, ("width_mm = 30", 'width_mm = "30"')))
    assert error["given"] == "'30'"
    assert "number" in error["allowed"]


def test_a_joule_that_is_a_millijoule(capsys, tmp_path):
    """30 W for 0.5 ms are 15 mJ; somebody typed 0.015 because the panel speaks of joules."""
    settings = "\n[settings]\nenergy_mJ = 0.015\npower_W = 30\npulse_ms = 0.5\ndensity_pct = 5\n"
    error = refused(capsys, tmp_path, edited_case(tmp_path, append=settings))
    assert "15 mJ" in error["allowed"]
    assert "E = P·t" in error["allowed"]


@pytest.mark.parametrize("density", [100.5, 250, 0, -5])
def test_density_beyond_the_whole_surface(capsys, tmp_path, density):
    error = refused(capsys, tmp_path, edited_case(tmp_path, append=SETTINGS.replace("= 5", f"= {density}")))
    assert "settings.density_pct" in error["what"]
    assert "100" in error["allowed"] or "0" in error["allowed"]


def test_density_over_100_pct_by_pitch(capsys, tmp_path):
    """120 µm columns every 60 µm: π/4 · (120/60)² = 314 %."""
    error = refused(
        capsys, tmp_path, edited_case(tmp_path, append=SETTINGS.replace("density_pct = 5", "pitch_um = 60"))
    )
    assert f"{100 * math.pi:.0f} %" in error["given"]


def test_no_density_at_all(capsys, tmp_path):
    error = refused(capsys, tmp_path, edited_case(tmp_path, append="\n[settings]\nenergy_mJ = 20\n"))
    assert "pitch_um" in error["allowed"]


@pytest.mark.parametrize("width", ["width_mm = 0", "", "diameter_mm = 10"])
def test_a_region_of_no_area(capsys, tmp_path, width):
    assert "region" in refused(capsys, tmp_path, edited_case(tmp_path, ("width_mm = 30", width)))["what"]


def test_no_phototype(capsys, tmp_path):
    error = refused(capsys, tmp_path, edited_case(tmp_path, ('phototype = "III"\n', "")))
    assert "patient.phototype" in error["what"]
    assert error["given"] == "nothing"


def test_no_case_at_all(capsys, tmp_path):
    assert "not a file" in refused(capsys, tmp_path, tmp_path / "nowhere.toml")["given"]


def test_a_folder_for_a_case(capsys, tmp_path):
    (tmp_path / "case.toml").mkdir()
    assert "not a file" in refused(capsys, tmp_path, tmp_path / "case.toml")["given"]


def test_a_case_that_cannot_be_read(capsys, tmp_path, monkeypatch):
    """Permission is refused by hand: for root every file is readable."""
    from colonnade.case import model

    def denied(self, **_):
        raise PermissionError(13, "Permission denied")

    case = edited_case(tmp_path)
    monkeypatch.setattr(model.Path, "read_text", denied)
    error = refused(capsys, tmp_path, case)
    assert "Permission denied" in error["given"]


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n\xff\x00", b"\xff\xfe", bytes(range(256))])
def test_a_binary_file(capsys, tmp_path, content):
    case = tmp_path / "case.toml"
    case.write_bytes(content)
    assert "not text" in refused(capsys, tmp_path, case)["given"]


def test_text_that_is_not_toml(capsys, tmp_path):
    case = tmp_path / "case.toml"
    case.write_text("phototype: III")
    error = refused(capsys, tmp_path, case)
    assert "line 1" in error["given"]


def test_an_empty_file(capsys, tmp_path):
    case = tmp_path / "case.toml"
    case.write_text("")
    assert refused(capsys, tmp_path, case)["given"] == "nothing"


def test_a_huge_file(capsys, tmp_path):
    case = tmp_path / "case.toml"
    with case.open("wb") as file:
        file.truncate(3_000_000_000)  # sparse: reading it would need 3 GB
    error = refused(capsys, tmp_path, case)
    assert "3000.0 MB" in error["given"]


def test_a_deeply_nested_file(capsys, tmp_path):
    case = tmp_path / "case.toml"
    case.write_text("a = " + "[" * 20_000 + "]" * 20_000)
    assert refused(capsys, tmp_path, case)


def test_a_huge_plan(capsys, tmp_path):
    file = tmp_path / "plan.json"
    with file.open("wb") as stream:
        stream.truncate(3_000_000_000)
    assert "3000.0 MB" in error_of(capsys, "check", file)["given"]


def test_a_deeply_nested_plan(capsys, tmp_path):
    file = tmp_path / "plan.json"
    file.write_text("[" * 200_000)
    assert error_of(capsys, "check", file)


# --- end to end, with everything real -------------------------------------------------------------------------
@pytest.fixture(scope="module")
def planned(tmp_path_factory):
    """The bundled case, planned once by the console script."""
    out = tmp_path_factory.mktemp("end-to-end") / "out"
    return terminal("plan", CASE, "--out", out, "--json"), out


def test_the_bundled_case_makes_a_plan(planned):
    done, out = planned
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)
    assert data["schema"] == "colonnade.plan/1"
    assert data["verdict"] in ("OK", "WARNED", "CONDITIONAL")
    assert {p.name for p in out.iterdir()} >= FILES
    assert (out / "report.pdf").read_bytes().startswith(b"%PDF")
    assert DISCLAIMER in (out / "report.html").read_text(encoding="utf-8")
    assert sorted(data["files"]) == sorted(str(p) for p in out.rglob("*") if p.is_file())


def test_the_plan_has_settings_predictions_and_intervals(planned):
    zone = json.loads(planned[0].stdout)["zones"][0]
    assert zone["settings"]["panel"]
    depth = next(p for p in zone["predictions"] if p["name"] == "crater_depth_um")
    assert 0 < depth["low"] <= depth["nominal"] <= depth["high"]


def test_a_plan_opens_again(planned, capsys):
    done, out = planned
    code, printed, _ = call(capsys, "check", out / "plan.json", "--json")
    assert code == done.returncode
    assert json.loads(printed)["verdict"] == json.loads(done.stdout)["verdict"]


def test_a_plan_repeats_itself(planned):
    done = terminal("rerun", planned[1] / "plan.json", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["changed"] == []


def test_a_plan_cites_what_it_used(planned, capsys):
    code, printed, _ = call(capsys, "cite", planned[1] / "plan.json", "--json")
    assert code == 0
    assert json.loads(printed)["references"]


def test_a_refused_plan_still_writes_its_report(tmp_path):
    case = edited_case(tmp_path, ('pregnant_or_lactating = "no"', 'pregnant_or_lactating = "yes"'))
    done = terminal("plan", case, "--out", tmp_path / "out")
    assert done.returncode == 1, done.stderr
    assert "REFUSED" in done.stdout
    assert "CI-02" in done.stdout
    assert json.loads((tmp_path / "out" / "plan.json").read_text())["verdict"] == "REFUSED"
    assert {p.name for p in (tmp_path / "out").iterdir()} >= FILES


def test_the_summary_for_people(tmp_path):
    done = terminal("plan", edited_case(tmp_path, append=SETTINGS), "--out", tmp_path / "out")
    assert done.returncode in (0, 1), done.stderr
    assert "energy 20 mJ" in done.stdout
    assert "density 5 %" in done.stdout
    assert "crater depth" in done.stdout
    assert done.stdout.rstrip().endswith(DISCLAIMER)
    assert "\x1b" not in done.stdout + done.stderr


def test_simulate_end_to_end(tmp_path):
    words = ("--device", "lumenis-ultrapulse-deepfx", "--energy-mj", 20, "--site", "cheek")
    done = terminal("simulate", *words, "--out", tmp_path / "out", "--json")
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)
    assert data["energy"]["closure_error"] < 1e-6  # the energy audit of the house
    assert data["crater_depth_um"] > 0
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"lesion.json", "fields.h5"}


def test_field_end_to_end():
    words = ("--device", "lumenis-ultrapulse-deepfx", "--energy-mj", 20, "--site", "cheek")
    laid = ("--pattern", "hexagonal", "--density-pct", 5, "--area-mm", 5)
    done = terminal("field", *words, *laid, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["field"]


@pytest.mark.parametrize(("option", "value"), [("--density-pct", 150), ("--area-mm", 0), ("--rate-hz", "nan")])
def test_field_refuses_what_cannot_be(capsys, option, value):
    words = ["field", "--device", "lumenis-ultrapulse-deepfx", "--energy-mj", 20, "--site", "cheek"]
    words += ["--pattern", "hexagonal", "--density-pct", 5, "--area-mm", 5, "--rate-hz", 300]
    words[words.index(option) + 1] = value
    assert error_of(capsys, *words)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--animation", "a.mp4"], "ends in .gif or .png"),
        (["--view3d", "a.png"], "ends in .html"),
        (["--coverage-map", "none/there.svg"], "a folder that exists"),
        (["--animation", "a.png", "--coverage-map", "a.png"], "names of their own"),
    ],
)
def test_field_refuses_pictures_that_cannot_be_written(capsys, tmp_path, monkeypatch, words, says):
    monkeypatch.chdir(tmp_path)
    base = ["field", "--device", "lumenis-ultrapulse-deepfx", "--energy-mj", 20, "--site", "cheek"]
    base += ["--pattern", "square", "--density-pct", 5, "--area-mm", 5]
    assert says in error_of(capsys, *base, *words)["allowed"]
    assert list(tmp_path.iterdir()) == []


def test_field_wants_a_square_or_a_drawing(capsys, tmp_path):
    base = ["field", "--device", "lumenis-ultrapulse-deepfx", "--energy-mj", 20, "--site", "cheek"]
    base += ["--pattern", "square", "--density-pct", 5]
    drawn = tmp_path / "cheek.geojson"
    drawn.write_text('{"type": "Polygon", "units": "mm", "coordinates": [[[0, 0], [5, 5], [5, 0], [0, 5]]]}')
    for words, says in (
        ([], "one of --area-mm and --region"),
        (["--area-mm", 5, "--region", drawn], "one of --area-mm and --region"),
        (["--region", tmp_path / "none.geojson"], "a GeoJSON file"),
        (["--region", drawn], "rings that do not cross themselves"),
    ):
        assert says in error_of(capsys, *base, *words)["allowed"]


def test_field_writes_its_pictures(tmp_path):
    drawn = tmp_path / "cheek.geojson"
    drawn.write_text('{"type": "Polygon", "units": "mm", "coordinates": [[[0, 0], [5, 0], [5, 5], [0, 4]]]}')
    files = [tmp_path / name for name in ("a.gif", "a.html", "a.svg")]
    words = ["--device", "lumenis-ultrapulse-deepfx", "--energy-mj", 20, "--site", "cheek", "--region", drawn]
    words += ["--pattern", "square", "--density-pct", 5, "--order", "optimised"]
    words += ["--animation", files[0], "--view3d", files[1], "--coverage-map", files[2]]
    done = terminal("field", *words)
    assert done.returncode == 0, done.stderr
    assert files[0].read_bytes().startswith(b"GIF89a")
    assert "it never drives a laser" in files[1].read_text(encoding="utf-8")
    assert files[2].read_text(encoding="utf-8").count("<svg") == 1
    assert "order" in done.stdout
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.gif", "a.html", "a.svg", "cheek.geojson"]
