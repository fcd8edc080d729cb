"""The leaflet: every language whole, tagged, readable, and hostile text printed as text."""

import datetime as dt
import html.parser
import io
import re
import subprocess
from pathlib import Path

import pypdf
import pytest
from babel.messages.pofile import read_po
from fontTools.ttLib import TTFont

from colonnade import DISCLAIMER
from colonnade.aftercare import care_plan
from colonnade.aftercare.language import LANGUAGES, language, po_text, translator
from colonnade.aftercare.leaflet import STAGES, WORDS, messages
from colonnade.errors import BadInput
from colonnade.reporting import leaflet as setting
from colonnade.reporting.leaflet_drawings import SKINS, drawing
from tests.unit.test_careplan import case, order
from tests.unit.test_exchange import HOSTILE

OTHERS = [tag for tag in LANGUAGES if tag != "en"]
ALL = {"languages": list(LANGUAGES)}
FONTS = Path(setting.__file__).parent / "fonts"


def plan(start="2026-12-01", clinic=None, **aftercare):
    return care_plan(case(clinic={**ALL, **(clinic or {})}, **aftercare), start)


def text_of(pdf):
    """The text as a reader gets it (poppler), white space made one."""
    done = subprocess.run(["pdftotext", "-enc", "UTF-8", "-", "-"], input=pdf, capture_output=True, check=True)
    return " ".join(done.stdout.decode().replace("\u200b", "").split())


class Tags(html.parser.HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.words = [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.words.append(data)


# translations


@pytest.mark.parametrize("tag", OTHERS)
def test_every_text_is_translated_and_no_translation_is_left_over(tag):
    catalogue = read_po(io.StringIO(po_text(tag)))
    known = {m.id: m.string for m in catalogue if m.id}
    assert set(known) == set(messages())
    assert not [m.id for m in catalogue if m.fuzzy and m.id]
    for said in known.values():
        assert said.strip()


@pytest.mark.parametrize("tag", OTHERS)
def test_places_for_values_and_numbers_survive_translation(tag):
    say = translator(tag).catalogue.gettext
    for text in messages():
        said = say(text)
        assert sorted(re.findall(r"\{\w+\}", said)) == sorted(re.findall(r"\{\w+\}", text)), text
        # a dose, a day or a count that changed in translation would be a wrong instruction
        numbers = [n for n in re.findall(r"\d+", text) if n not in ("2", "3")]
        assert not set(numbers) - set(re.findall(r"\d+", said)), (text, said)


def test_the_po_files_are_up_to_date():
    done = subprocess.run(
        [
            ".venv/bin/python" if Path(".venv/bin/python").exists() else "python3",
            "scripts/update_translations.py",
            "--check",
        ],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_missing_translation_is_an_error_and_not_english():
    with pytest.raises(KeyError):
        translator("fr").say("a text that no catalogue has")


@pytest.mark.parametrize("tag", LANGUAGES)
def test_our_fonts_have_every_character_of_every_language(tag):
    covered = set()
    for path in FONTS.glob("*-Regular.ttf"):
        covered |= set(TTFont(path).getBestCmap())
    words = translator(tag)
    said = "".join(words.say(m) for m in messages())
    said += "".join(words.date(dt.date(2026, m, d)) for m in range(1, 13) for d in (1, 14, 28))
    assert {c for c in said if ord(c) not in covered and not c.isspace()} == set()


def test_every_font_has_its_licence():
    assert {p.name for p in FONTS.glob("OFL-*.txt")} == {
        "OFL-noto-sans.txt",
        "OFL-noto-sans-arabic.txt",
        "OFL-noto-sans-sc.txt",
    }
    for path in FONTS.glob("OFL-*.txt"):
        assert "SIL Open Font License, Version 1.1" in path.read_text(encoding="utf-8")


# languages on and off


@pytest.mark.parametrize("tag", OTHERS)
def test_a_language_is_off_until_the_clinic_turns_it_on(tag):
    with pytest.raises(BadInput, match="turned on"):
        setting.compose(care_plan(case(), "2026-12-01"), tag)


def test_an_unknown_language_is_refused():
    with pytest.raises(BadInput, match="language"):
        setting.compose(plan(), "klingon")
    with pytest.raises(BadInput, match="Did you mean"):
        language("zh-hans")


# the PDF


@pytest.mark.parametrize("tag", LANGUAGES)
def test_the_pdf_is_tagged_in_its_language_and_says_what_it_must(tag):
    made = setting.pdf(setting.compose(plan(), tag))
    reader = pypdf.PdfReader(io.BytesIO(made))
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"].startswith(tag[:2])
    assert "pdfuaid" in reader.metadata.get("/x", "") or b"pdfuaid" in made
    words = translator(tag)
    fonts = {str(f) for p in reader.pages for f in p["/Resources"]["/Font"].get_object()}
    assert fonts
    text = text_of(made)
    assert text.count(DISCLAIMER) == len(reader.pages)
    assert "+00 0000 000000" in text
    if tag != "ar":  # poppler gives Arabic in the order and shapes of the page
        squeezed = text.replace(" ", "")
        for key in ("title", "emergency", "nobody", "day_by_day", "only_closed", "drawings_note"):
            assert words.say(WORDS[key]).replace(" ", "") in squeezed, key
        mark = "not_reviewed" if tag == "en" else "translation_not_reviewed"
        # at the top, and at the foot of every page
        assert squeezed.count(words.say(WORDS[mark]).replace(" ", "")) == len(reader.pages) + 1


def test_arabic_is_set_in_its_font_and_shaped():
    made = setting.pdf(setting.compose(plan(), "ar"))
    listed = subprocess.run(["pdffonts", "-"], input=made, capture_output=True, check=True).stdout.decode()
    assert "NotoSansArabic" in listed
    assert "LastResort" not in listed
    content = setting.compose(plan(), "ar").content
    assert content["dir"] == "rtl"
    # a telephone number runs from left to right inside a text that runs the other way
    assert content["call_dir"] == "ltr"
    assert setting.compose(plan(clinic={"contact": "اتصل بنا"}), "ar").content["call_dir"] == "rtl"


def test_chinese_is_set_in_its_font():
    made = setting.pdf(setting.compose(plan(clinic={"name": "北京皮肤科诊所"}), "zh-Hans"))
    listed = subprocess.run(["pdffonts", "-"], input=made, capture_output=True, check=True).stdout.decode()
    assert "NotoSansSC" in listed
    assert "LastResort" not in listed
    assert "北京皮肤科诊所" in text_of(made).replace(" ", "")


@pytest.mark.parametrize(("paper", "size"), [("a4", (595, 842)), ("us-letter", (612, 792))])
@pytest.mark.parametrize("large", [False, True])
def test_paper_and_large_print(paper, size, large):
    made = setting.pdf(setting.compose(plan(), "en"), paper=paper, large=large)
    reader = pypdf.PdfReader(io.BytesIO(made))
    box = reader.pages[0].mediabox
    # points, to the nearest
    assert (round(box.width), round(box.height)) == size
    normal = pypdf.PdfReader(io.BytesIO(setting.pdf(setting.compose(plan(), "en"), paper=paper)))
    assert (len(reader.pages) > len(normal.pages)) == large


def test_the_same_plan_gives_the_same_bytes():
    assert setting.pdf(setting.compose(plan(), "fr")) == setting.pdf(setting.compose(plan(), "fr"))


def test_orders_stand_with_their_stop_date():
    made = plan(allergies=[], orders=[order(to_day=5)])
    text = text_of(setting.pdf(setting.compose(made, "en")))
    assert "mupirocin 2 % ointment" in text
    assert "to Sunday, 6 December 2026" in text


def test_the_clinicians_page_holds_every_founding_point_and_no_claim_of_review():
    text = text_of(setting.differences(plan(wash="saline")))
    for words in ("1a. corrected; clinic switch", "4. unsafe as written; replaced", "5. kept; gate added"):
        assert words in text
    assert "Reviewed by: none" in text
    assert DISCLAIMER in text


# the page


@pytest.mark.parametrize("tag", LANGUAGES)
def test_the_page_has_no_script_loads_nothing_and_names_its_language(tag):
    page = setting.page(setting.compose(plan(), tag))
    tags = Tags(page)
    assert not {"script", "iframe", "object", "embed", "link", "img", "form", "base"} & set(tags.tags)
    assert not [a for a, _ in tags.attributes if a.startswith("on")]
    assert not [v for a, v in tags.attributes if a in ("src", "href", "xlink:href")]
    assert ("lang", tag) in tags.attributes
    assert ("dir", LANGUAGES[tag].direction) in tags.attributes
    assert "default-src 'none'" in page
    ids = [v for a, v in tags.attributes if a == "id"]
    assert len(ids) == len(set(ids))
    assert DISCLAIMER in " ".join(tags.words)
    text = " ".join(tags.words)
    assert translator(tag).say(WORDS["nobody"]) in text
    assert "+00 0000 000000" in text


# the code to scan


def test_without_a_public_address_there_is_no_code_and_every_page_says_so():
    made = setting.compose(plan(), "en")
    assert made.qr == b""
    assert "Nobody is watching" in text_of(setting.pdf(made))


def test_with_one_the_code_holds_a_token_and_nothing_of_the_patient():
    address = {"public_address": "https://clinic.example"}
    with_token = care_plan(case(clinic=address), "2026-12-01", checkin_token="x7Kq")  # noqa: S106
    made = setting.compose(with_token, "en")
    assert made.content["address"] == "https://clinic.example/c/x7Kq"
    assert made.qr.startswith(b"<svg")
    assert "Nobody is watching" not in text_of(setting.pdf(made))
    assert "Scan to answer" in setting.page(made)
    with pytest.raises(BadInput, match="https"):
        care_plan(case(clinic={"public_address": "http://clinic.example"}), "2026-12-01")


# hostile text


@pytest.mark.parametrize("evil", HOSTILE)
def test_hostile_text_is_printed_as_text(evil):
    evil = evil[:180]
    made = setting.compose(
        plan(
            clinic={"name": evil, "contact": evil},
            allergies=[],
            orders=[order(product=evil, instructions=evil, ordered_by=evil, to_day=3)],
        ),
        "en",
    )
    page = setting.page(made)
    tags = Tags(page)
    assert "script" not in tags.tags
    assert not [a for a, _ in tags.attributes if a.startswith("on")]
    printed = text_of(setting.pdf(made))
    visible = [w for w in re.findall(r"[A-Za-z/]{4,}", evil) if w not in ("BEGIN", "END")]
    for word in visible:
        assert word in " ".join(tags.words)
        assert word in printed.replace(" ", "") or word in printed
    assert "root:" not in printed
    large = pypdf.PdfReader(io.BytesIO(setting.pdf(made, large=True)))
    assert len(large.pages) < 40


# drawings


@pytest.mark.parametrize("track", list(STAGES))
@pytest.mark.parametrize("skin", SKINS)
def test_every_stage_is_drawn_for_every_skin_and_differs_from_the_others(track, skin):
    pictures = [drawing(track, day, skin) for day, _, _ in STAGES[track]]
    assert len(set(pictures)) == len(pictures)
    assert pictures == [drawing(track, day, skin) for day, _, _ in STAGES[track]]
    assert len({drawing(track, 0, s) for s in SKINS}) == len(SKINS)


def test_drawings_shift_their_days_on_slower_skin_and_keep_the_early_ones():
    arm = setting.compose(care_plan(case("forearm"), "2026-12-01"), "en").content["stages"]
    assert [s["day"] for s in arm] == ["Day 0", "Day 2", "Day 8", "Day 14", "Day 28", "Day 56"]
