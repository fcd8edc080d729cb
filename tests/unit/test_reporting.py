"""The report: what a clinician reads must be complete, literal, self-contained, tagged, and the same each time."""

import html.parser
import itertools
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import plans
import pypdf
import pytest

from colonnade import DISCLAIMER
from colonnade.errors import BadInput
from colonnade.healing import fractional, heal
from colonnade.planning.course import stored
from colonnade.planning.model import Plan
from colonnade.reporting import metrics, palette, report, write
from colonnade.reporting.view import worst_first

VOID = {"meta", "br", "img", "hr", "input", "link"}


class Page(html.parser.HTMLParser):
    """Reads a page as a browser's tokenizer does, and keeps what the tests ask about."""

    def __init__(self, source):
        super().__init__(convert_charrefs=True)
        self.open, self.words, self.tags, self.attributes = [], [], [], []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, k, v or "") for k, v in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, k, v or "") for k, v in attrs]

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.words.append(data)

    @property
    def text(self):
        return squeeze("".join(self.words))


def squeeze(text):
    """Without white space and break hints: where a line breaks is not what the tests ask."""
    return re.sub(r"[\s\u200b\u00ad]+", "", text)


def pdf_text(path, *options):
    done = subprocess.run(["pdftotext", *options, str(path), "-"], capture_output=True, check=True, timeout=60)
    return done.stdout.decode()


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Each variant's plan and the folder of its report."""
    root = tmp_path_factory.mktemp("reports")
    variants = {
        "plain": plans.make_plan(),
        "hostile": plans.hostile_plan(),
        "refused": plans.refused_plan(),
        "bare": plans.refused_plan(with_zones=False),
        "three": plans.three_zone_plan(),
    }
    for name, plan in variants.items():
        report(plan, root / name)
    return {name: (plan, root / name) for name, plan in variants.items()}


def page(made, name):
    return Page((made[name][1] / "report.html").read_text(encoding="utf-8"))


ALL = ["plain", "hostile", "refused", "bare", "three"]


@pytest.mark.parametrize("name", ALL)
def test_page_is_well_formed_and_self_contained(made, name):
    seen = page(made, name)
    assert seen.open == []
    assert not {"script", "link", "iframe", "object", "embed", "img", "form"} & set(seen.tags)
    assert not [a for a in seen.attributes if a[1].startswith("on")]
    for tag, key, value in seen.attributes:
        if key in {"href", "xlink:href", "src", "srcset", "action", "poster", "data"}:
            assert value.startswith("#"), (tag, key, value)
        if key == "style" or "url(" in value:
            assert not re.search(r"url\((?!['\"]?#)", value), (tag, key, value)
    source = (made[name][1] / "report.html").read_text(encoding="utf-8")
    assert "@import" not in source
    ids = [v for _, k, v in seen.attributes if k == "id"]
    assert len(ids) == len(set(ids)), "an id stands twice in the page"
    pointers = [v[1:] for _, k, v in seen.attributes if k in {"href", "xlink:href"}]
    pointers += [v for _, k, vs in seen.attributes if k == "aria-labelledby" for v in vs.split()]
    assert set(pointers) <= set(ids)


@pytest.mark.parametrize("name", ALL)
def test_page_and_pdf_say_verdict_disclaimer_settings_and_every_finding(made, name):
    plan, folder = made[name]
    for text in (page(made, name).text, squeeze(pdf_text(folder / "report.pdf"))):
        assert plan.verdict in text
        assert squeeze(DISCLAIMER) in text
        assert squeeze("Crater losses are not calibrated") in text
        for finding in plan.findings:
            assert squeeze(finding.rule) in text
        if name == "hostile":
            continue  # its strings are looked for in a test of their own; pdftotext reorders right-to-left runs
        for finding in plan.findings:
            for part in (finding.given, finding.allowed, finding.reason, finding.todo, finding.source):
                assert squeeze(part) in text
        for words in (*plan.device_assumed, *plan.assumptions, *plan.absent, *plan.sources, *plan.validity_reasons):
            assert squeeze(words.rstrip(".")) in text
        for zone in plan.zones:
            for key, value in zone.settings.panel.items():
                assert squeeze(metrics.show_with_unit(key, value, typed=True)) in text
            for p in zone.predictions:
                assert squeeze(metrics.label(p.name)) in text
                assert squeeze(metrics.show(p.name, p.nominal)) in text


def test_page_one_of_the_pdf_holds_what_must_not_be_missed(made):
    plan, folder = made["plain"]
    first = squeeze(pdf_text(folder / "report.pdf", "-l", "1"))
    for words in (plan.title, DISCLAIMER, plan.verdict, "15 mJ", "Reviewed by: none", "not calibrated"):
        assert squeeze(words) in first
    for words in plan.device_assumed:
        assert squeeze(words) in first
    for finding in plan.findings:
        if finding.outcome != "note":
            assert squeeze(finding.todo) in first


@pytest.mark.parametrize("name", ALL)
def test_headings_descend_one_step_at_a_time_and_tables_have_headers(made, name):
    seen = page(made, name)
    levels = [int(t[1]) for t in seen.tags if re.fullmatch("h[1-6]", t)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b - a <= 1 for a, b in itertools.pairwise(levels))
    headers = [k for tag, k, _ in seen.attributes if tag == "th"]
    assert headers.count("scope") == seen.tags.count("th") > 0
    assert seen.tags.count("figure") == seen.tags.count("figcaption")
    assert ("html", "lang", "en") in seen.attributes


def test_hostile_strings_are_text_everywhere(made):
    plan, folder = made["hostile"]
    shown = page(made, "hostile").text
    printed = squeeze(pdf_text(folder / "report.pdf"))
    typst, html_, long, arabic, _chinese = plans.HOSTILE
    for words in (typst, html_, long, arabic):
        assert squeeze(words) in shown
    assert "点阵激光治疗" in shown
    assert "点阵激光治疗" in printed
    assert "\x07" not in shown + printed
    for words in (typst, html_, long):
        assert squeeze(words) in printed
    assert "root:" not in printed  # nothing read the password file
    assert "$\\frac{" in shown
    assert plan.findings[0].given == typst


@pytest.mark.parametrize("name", ALL)
def test_pdf_is_tagged_and_of_a_sensible_length(made, name):
    plan, folder = made[name]
    reader = pypdf.PdfReader(folder / "report.pdf")
    catalogue = reader.trailer["/Root"]
    assert catalogue["/MarkInfo"]["/Marked"] == True  # noqa: E712 - a PDF object, not a bool
    assert catalogue["/Lang"] == "en"
    assert "StructTreeRoot" in str(catalogue.keys())
    assert b"pdfuaid:part" in catalogue["/Metadata"].get_data()
    assert plan.verdict in reader.metadata.title
    # a page or two of words, then two pages of pictures and one of numbers for each zone
    assert 1 + 2 * len(plan.zones) <= len(reader.pages) <= 4 + 4 * max(len(plan.zones), 1)


def test_the_same_plan_gives_the_same_bytes(made, tmp_path):
    plan, folder = made["plain"]
    again = report(Plan.model_validate(plan.plain()), tmp_path / "again")
    for path in again:
        assert path.read_bytes() == (folder / path.relative_to(tmp_path / "again")).read_bytes(), path.name


@pytest.mark.parametrize("name", ALL)
def test_every_figure_is_there_and_bears_settings_and_hash(made, name):
    plan, folder = made[name]
    kinds = ("column", "coverage", "field", "bulk-heat", "energy")
    expected = {f"zone{i + 1}-{kind}" for i in range(len(plan.zones)) for kind in kinds}
    expected |= {"comparison"} if plan.zones else set()
    figures = folder / "figures"
    assert {p.stem for p in figures.glob("*.svg")} == {p.stem for p in figures.glob("*.png")} == expected
    for path in figures.glob("*.svg"):
        root = ET.parse(path).getroot()  # noqa: S314 - our own file
        text = "".join(root.itertext())
        assert f"plan {plan.sha256[:12]}" in text, path.name
        assert "Energy per microbeam" in text or name == "hostile"
        assert root.get("role") == "img"
        assert ("not for treatment" in text) == (plan.verdict == "REFUSED")
        assert path.with_suffix(".png").read_bytes().startswith(b"\x89PNG")


def test_the_drawn_column_has_one_scale_in_both_directions(made):
    from colonnade.reporting import canvas, depth_figures

    drawn = []
    finish = depth_figures.finish
    with canvas.style(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(depth_figures, "finish", lambda figure, *rest: drawn.append(figure) or finish(figure, *rest))
        for plan, _ in made.values():
            for zone in plan.zones:
                depth_figures.column(zone, "x", canvas.Stamp("", "0" * 64))
    assert drawn
    for figure in drawn:
        ax = figure.axes[0]
        box = ax.get_window_extent()
        across = abs(ax.get_xlim()[1] - ax.get_xlim()[0]) / box.width
        down = abs(ax.get_ylim()[1] - ax.get_ylim()[0]) / box.height
        assert across == pytest.approx(down, rel=1e-9)  # arithmetic of the same few floats


def test_a_wide_shallow_lesion_says_that_its_depth_is_stretched():
    from colonnade.reporting import plan_figures

    data = plans.make_plan().plain()
    column = data["zones"][0]["columns"][0]
    for key in ("crater_um", "coagulated_um", "necrosis_um", "heated_um"):
        column[key] = [650.0 if z < 60 else 0.0 for z in column["depth_um"]]
    data["zones"][0]["columns"] = [column]
    (pictures,), _ = plan_figures.draw(Plan.model_validate(data))
    said = re.search(r"depth stretched (\d+) times", pictures[0].caption)
    assert said
    assert f"stretched {said[1]} times" in pictures[0].svg.decode()


def test_a_refused_plan_reads_as_a_refusal(made):
    for name in ("refused", "bare"):
        plan, folder = made[name]
        for text in (page(made, name).text, squeeze(pdf_text(folder / "report.pdf"))):
            assert "REFUSED" in text
            assert squeeze("Do not treat") in text
            assert squeeze("Wait until after birth.") in text
            for words in (*plan.aftercare, "Runner-up", "Why these settings"):
                assert squeeze(words) not in text
            assert text.index(squeeze("Wait until after birth.")) < text.index(squeeze("Numbers"))
    bare = page(made, "bare").text
    assert squeeze("No settings were searched or judged") in bare
    assert "S01" not in bare


def test_findings_come_worst_first():
    order = [f.rule for f in worst_first(plans.refused_plan().findings)]
    assert order == ["CI-01", "CI-07", "CAP-NECK-DENSITY", "AN-02", "PT-02", "SUN-01"]


def test_nothing_half_written_when_typst_fails(tmp_path, monkeypatch):
    import typst

    out = tmp_path / "out"
    report(plans.make_plan(), out)
    before = {p: p.read_bytes() for p in out.rglob("*") if p.is_file()}

    def fail(*_, **__):
        raise RuntimeError("typst failed")

    monkeypatch.setattr(typst, "compile", fail)
    with pytest.raises(RuntimeError, match="typst failed"):
        report(plans.three_zone_plan(), out)
    with pytest.raises(RuntimeError, match="typst failed"):
        report(plans.make_plan(), tmp_path / "fresh")
    assert {p: p.read_bytes() for p in out.rglob("*") if p.is_file()} == before
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_nothing_half_written_when_the_disk_fails(tmp_path, monkeypatch):
    out = tmp_path / "out"

    def full(self, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(write.Path, "write_bytes", full)
    with pytest.raises(BadInput, match="No space left"):
        report(plans.refused_plan(with_zones=False), out)
    assert list(tmp_path.iterdir()) == []


def test_a_new_report_leaves_foreign_files_and_no_stale_figures(tmp_path):
    report(plans.three_zone_plan(), tmp_path)
    (tmp_path / "plan.json").write_text("{}")
    (tmp_path / "figures" / "mine.png").write_bytes(b"mine")
    report(plans.make_plan(), tmp_path)
    assert (tmp_path / "plan.json").read_text() == "{}"
    assert (tmp_path / "figures" / "mine.png").read_bytes() == b"mine"
    assert not list((tmp_path / "figures").glob("zone2-*"))


def test_an_out_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("kept")
    with pytest.raises(BadInput, match="report folder"):
        report(plans.refused_plan(with_zones=False), tmp_path / "file")
    assert (tmp_path / "file").read_text() == "kept"


@pytest.mark.parametrize("created", ["yesterday", "2025-01-15T10:30:00"])
def test_a_plan_without_a_clear_time_is_refused(tmp_path, created):
    plan = plans.refused_plan(with_zones=False)
    plan = plan.model_copy(update={"provenance": plan.provenance.model_copy(update={"created": created})})
    with pytest.raises(BadInput, match=r"provenance\.created"):
        report(plan, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("module", ["matplotlib", "jinja2", "typst"])
def test_a_missing_extra_says_how_to_install_it(tmp_path, monkeypatch, module):
    for loaded in [m for m in sys.modules if m == module or m.startswith(f"{module}.")]:
        monkeypatch.delitem(sys.modules, loaded)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(BadInput, match=r'pip install "colonnade\[report\]"'):
        report(plans.refused_plan(with_zones=False), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_importing_the_room_loads_no_drawing_library():
    code = (
        "import sys, colonnade.reporting, colonnade.reporting.metrics\n"
        "print([m for m in ('matplotlib', 'typst', 'jinja2') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, timeout=60, text=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("crater_depth_um", 612.4, "612 µm"),
        ("ablated_volume_mm3", 3e-9, "3e−09 mm³"),
        ("two_way_difference_K", -0.0211, "−0.021 K"),
        ("columns", 12345, "12\u202f345"),
        ("rim_side_um", None, "none"),
        ("closure_error", 1.5, "1.5"),
        ("areal_energy_total_J_cm2", 6.634, "6.63 J/cm²"),
    ],
)
def test_numbers_are_rounded_and_carry_their_unit(name, value, text):
    assert metrics.show_with_unit(name, value) == text


def test_a_panel_value_is_printed_as_typed_and_nan_never():
    assert metrics.show_with_unit("energy_mJ", 12.75, typed=True) == "12.75 mJ"
    with pytest.raises(ValueError, match="not finite"):
        metrics.show("energy_mJ", float("nan"))


def test_no_two_zones_share_a_colour():
    zones = [palette.ABLATED, palette.COAGULATED, palette.NECROSIS, palette.HEATED, palette.CHAR, palette.SPARED]
    assert len({z.fill for z in zones}) == len(zones)


def test_colours_are_named_in_the_palette_only():
    from pathlib import Path

    room = Path(palette.__file__).parent
    for path in room.glob("*.py"):
        if path.name != "palette.py":
            assert not re.search(r"#[0-9A-Fa-f]{6}\b", path.read_text(encoding="utf-8")), path.name


def test_numbers_of_settings_and_lesions_are_in_the_table():
    from colonnade.case import PanelSettings
    from colonnade.laser import Settings, device

    settings = Settings.of(PanelSettings(energy_mJ=10, density_pct=5), device("lumenis-ultrapulse-deepfx"))
    assert set(settings.derived()) <= set(metrics.METRICS)
    assert set(PanelSettings.model_fields) <= set(metrics.METRICS)


# --- healing --------------------------------------------------------------------------------------------------
def healed_plan():
    """The synthetic plan with a course of the same columns."""
    wound = fractional(dead_radius_um=90, pitch_um=475, crater_radius_um=62, crater_depth_um=600)
    course = stored(heal(wound, site="cheek", phototype="IV"), [], ["a note on one end of the crater losses"])
    found = plans.make_plan()
    return found.model_copy(update={"zones": (found.zones[0].model_copy(update={"course": course}),)})


def test_healing_has_its_page_with_interval_grade_source_and_label(tmp_path):
    plan = healed_plan()
    report(plan, tmp_path)
    text, paper = Page((tmp_path / "report.html").read_text()).text, pdf_text(tmp_path / "report.pdf")
    course = plan.zones[0].course
    assert (tmp_path / "figures" / "zone1-healing.svg").is_file()
    for found in (*course.predictions, *course.full_field, *(r.risk for r in course.risks)):
        assert squeeze(found.title) in text
        assert squeeze(found.source) in text
        assert squeeze(f"{found.nominal:.1f}") in text
    for words in (text, squeeze(paper)):
        assert squeeze("D, illustrative") in words
        assert squeeze("a note on one end of the crater losses") in words
    report(plans.make_plan(), tmp_path)  # a plan without a course: the old strip goes
    assert not (tmp_path / "figures" / "zone1-healing.svg").exists()
    assert squeeze("Healing: Left cheek") not in Page((tmp_path / "report.html").read_text()).text


# --- what else could be set -----------------------------------------------------------------------------------
def traded_plan(words="15 mJ to 17.5 mJ"):
    """The synthetic plan with a trade of six settings and two unknowns."""
    from colonnade.planning.trade_model import Neighbour, Scenario, Share, Trade, TradePoint

    def point(energy, status, effect, days, risk, known="column"):
        return TradePoint(
            panel={"energy_mJ": energy, "density_pct": 5.0},
            score=0.7,
            effect_pct=effect,
            downtime_d=days,
            pih_pct=risk,
            bulk_K=2.0,
            seconds=30.0,
            status=status,
            known={"column": "middle"}.get(known, known),
            refused_by=("CAP-X",) if status == "refused" else (),
        )

    trade = Trade(
        considered=40,
        allowed=12,
        points=(
            point(15.0, "chosen", 80, 6.0, 27, "field"),
            point(12.5, "runner-up", 74, 5.9, 26, "field"),
            point(10.0, "front", 60, 5.6, 25),
            point(7.5, "front", 59, 5.6, 24),
            point(5.0, "allowed", 40, 5.9, 28),
            point(30.0, "refused", 95, 6.4, 35, "estimate"),
        ),
        neighbours=(
            Neighbour(
                step=words,
                panel={"energy_mJ": 17.5, "density_pct": 5.0},
                score=0.71,
                refused=True,
                why="CAP-X: given 17.5",
            ),
        ),
        scenarios=(
            Scenario(name="weights for effect", panel={"energy_mJ": 15.0, "density_pct": 5.0}, same=True, loss=0.0),
            Scenario(name="depth left out", panel={"energy_mJ": 10.0, "density_pct": 5.0}, same=False, loss=0.042),
        ),
    )
    inputs = (
        Share(input="energy_scale", share_pct=61.5, source="a source of energies"),
        Share(input="defocus_um", share_pct=38.5, source="a source of hands"),
    )
    found = plans.make_plan()
    return found.model_copy(update={"zones": (found.zones[0].model_copy(update={"trade": trade, "inputs": inputs}),)})


def test_the_trade_has_its_pictures_and_tables_on_page_and_paper(tmp_path):
    report(traded_plan(), tmp_path)
    text, paper = Page((tmp_path / "report.html").read_text()).text, squeeze(pdf_text(tmp_path / "report.pdf"))
    for name in ("front", "sensitivity"):
        assert (tmp_path / "figures" / f"zone1-{name}.png").stat().st_size > 10_000
    for words in (text, paper):
        for said in (
            "What else could be set: Left cheek",
            "15 mJ · 5 %",
            "on the front",
            "15 mJ to 17.5 mJ",
            "CAP-X: given 17.5",
            "depth left out",
            "0.042",
            "The choice stays the best with: weights for effect",
            "a source of energies",
            "61.5 %",
        ):
            assert squeeze(said) in words, said
    report(plans.make_plan(), tmp_path)  # settings that were given: no trade
    assert not (tmp_path / "figures" / "zone1-front.svg").exists()
    assert squeeze("What else could be set") not in Page((tmp_path / "report.html").read_text()).text


def test_hostile_words_of_a_neighbour_stay_words(tmp_path):
    report(traded_plan(plans.HOSTILE[1]), tmp_path)
    assert "<script>" not in (tmp_path / "report.html").read_text()
    assert squeeze("alert(1)") in Page((tmp_path / "report.html").read_text()).text


# --- the regime map -----------------------------------------------------------------------------------------------
def placed_plan():
    """A plan whose zone keeps the map of its skin, as `zone_plan` makes it."""
    import numpy as np

    from colonnade.laser import Shot
    from colonnade.photothermal import regime_map
    from colonnade.tissue import skin

    data = plans.make_plan().plain()
    here = regime_map(skin("cheek"), np.geomspace(1e-5, 1e3, 41))
    shot = Shot(energy_mJ=15, pulse_ms=0.5, spot_um=120)
    lines = ("exposure_s", "warming_kW_cm2", "coagulation_kW_cm2", "vaporisation_kW_cm2")
    data["zones"][0]["regime_map"] = {name: [float(v) for v in getattr(here, name)] for name in lines} | {
        "clean_kW_cm2": here.clean_kW_cm2, "shot_exposure_s": shot.pulse_s, "profile": "gaussian",
        "shot_irradiance_kW_cm2": shot.irradiance_peak_kW_cm2, "shot_peak_factor": 2.0, "expected": "clean_ablation",
    }  # fmt: skip
    return Plan.model_validate(data)


def test_the_report_places_the_shot_on_the_regime_map(tmp_path):
    report(placed_plan(), tmp_path)
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert 'id="figure-zone1-regime"' in html
    said = " ".join(html.split())
    for words in (
        "What one pulse is expected to do",
        "Walsh 1989",
        "Maitland",
        "closed forms",
        "531 kW/cm² for 500 µs",
    ):
        assert words in said or words.replace("&", "&amp;") in said
    assert squeeze("Regime map: irradiance against exposure.") in squeeze(pdf_text(tmp_path / "report.pdf"))
    assert {"zone1-regime.svg", "zone1-regime.png"} <= {p.name for p in (tmp_path / "figures").iterdir()}
    report(plans.make_plan(), tmp_path)  # a plan of an earlier version keeps no map: its figure goes
    assert not list((tmp_path / "figures").glob("*-regime.*"))
