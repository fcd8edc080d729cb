"""The pages in other languages: catalogues, marks where a translation is missing, a pseudo-language on every page.

The pseudo-language (:mod:`tests.workstation.pseudo`) puts an accent on every word that went through a catalogue. What
is left without one is data (names, numbers, codes) or was forgotten.
"""

import datetime as dt
import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from playwright.sync_api import expect
from sqlalchemy import select

from colonnade.aftercare import instruments
from colonnade.aftercare.language import LANGUAGES
from colonnade.records import followup, jobs, patients, people, photographs, plans, treatments
from colonnade.records.base import open_database
from colonnade.records.rows import Base
from colonnade.workstation import demonstration, languages, rendering, words
from tests.records.clinic import plan as stored_plan
from tests.support.browsing import PATIENCE_MS, follow
from tests.workstation.conftest import Client, RunningServer, overflow, sign_in
from tests.workstation.pseudo import ACCENTED, LONGER, pseudo

ROOT = Path(__file__).parents[2]
TEMPLATES = rendering.HERE / "templates"


# --- catalogues -----------------------------------------------------------------------------------------------------
def test_the_catalogues_hold_todays_texts():
    """Renew them with ``scripts/update_catalogues.py``."""
    done = subprocess.run(
        [sys.executable, "scripts/update_catalogues.py", "--check"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_stale_catalogue_would_be_found(monkeypatch):
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        import update_catalogues
    finally:
        sys.path.remove(str(ROOT / "scripts"))
    monkeypatch.setattr(update_catalogues, "messages", lambda: {**words.messages(), "A new text": ["templates/x.html"]})
    assert update_catalogues.files()[languages.TEMPLATE] != languages.TEMPLATE.read_text(encoding="utf-8")


def test_the_template_holds_what_templates_mark_and_what_they_are_handed():
    found = {m.id: m for m in read_po(io.StringIO(languages.TEMPLATE.read_text(encoding="utf-8")))}
    assert ("%(num)s deviation", "%(num)s deviations") in found
    for text in (
        "Sign in", "The patient's eyes are shielded", "Bacterial infection".lower(), "Energy per microbeam", "Cheek",
        "Choose it from the calendar.", "No consent to treatment is in force; record the consent first.",
        "Call your emergency number now (112, 911 or your local one). Do not drive yourself. Then call the clinic.",
    ):  # fmt: skip
        assert text in found, text
        assert found[text].locations, text


def test_every_message_keeps_its_places_in_every_catalogue():
    """A translation that drops or renames ``%(name)s`` would fail when it is shown."""
    for about in LANGUAGES.values():
        path = languages.catalogue_of(about)
        for message in read_po(io.StringIO(path.read_text(encoding="utf-8"))) if path.is_file() else ():
            ids = message.id if isinstance(message.id, tuple) else (message.id,)
            strings = message.string if isinstance(message.string, tuple) else (message.string,)
            for one, said in zip(ids, strings, strict=True):
                if said:
                    places = re.findall(r"%\(\w+\)s", one)
                    assert sorted(places) == sorted(re.findall(r"%\(\w+\)s", said)), (path, one)


SPANISH = r"""
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\n"
"X-Reviewed-By: none\n"

msgid "Appearance"
msgstr "Apariencia"

msgid "Light"
msgstr "Claro"

#, fuzzy
msgid "Dark"
msgstr "Oscurecer"

msgid "%(num)s entry"
msgid_plural "%(num)s entries"
msgstr[0] "%(num)s entrada"
msgstr[1] "%(num)s entradas"
"""


@pytest.fixture
def spanish():
    return languages.from_po(LANGUAGES["es"], SPANISH)


def test_what_is_not_translated_is_said_in_english_and_marked(spanish):
    assert spanish.say("Light") == "Claro"
    assert languages.marked(f"<p>{spanish.say('Light')}</p>") == "<p>Claro</p>"
    # missing, and fuzzy, which is a guess that nobody confirmed
    for text in ("Second factor", "Dark"):
        assert languages.marked(f"<p>{spanish.say(text)}</p>") == f'<p><span lang="en">{text}</span></p>'
        assert spanish.plain(text) == text
    assert spanish.say_number("%(num)s entry", "%(num)s entries", 2) == "%(num)s entradas"
    assert spanish.say("") == ""


@pytest.mark.parametrize(
    ("html", "wanted"),
    [
        ('<a title="{o}x{c}">{o}y{c}</a>', '<a title="x"><span lang="en">y</span></a>'),
        ("<title>{o}x{c} · y</title>", "<title>x · y</title>"),
        ('<option value="1">{o}x{c}</option>', '<option value="1" lang="en">x</option>'),
        ("<p>{o}given {o}x{c}.{c}</p>", '<p><span lang="en">given x.</span></p>'),
        # what a person typed cannot tear an element apart
        ("<p>{c}{o}x</p><p>{c}y</p>", '<p><span lang="en">x</span></p><p>y</p>'),
        ("<p>plain</p>", "<p>plain</p>"),
    ],
)
def test_marks_become_elements_and_never_reach_across_one(html, wanted):
    assert languages.marked(html.replace("{o}", languages.OPEN).replace("{c}", languages.CLOSE)) == wanted


def test_dates_and_numbers_follow_the_language(spanish):
    english = languages.speaker("en")
    day, moment = dt.date(2026, 3, 4), dt.datetime(2026, 3, 4, 15, 6, tzinfo=dt.UTC)
    assert english.day(day) == "4 Mar 2026"
    assert spanish.day(day) == "4 mar 2026"
    assert english.moment(moment).startswith("4 Mar 2026, ")
    assert (english.decimal(10620.5), english.decimal(2, 1), english.decimal(0)) == ("10,620.5", "2.0", "0")
    assert spanish.decimal(10620.5) == "10.620,5"
    assert english.day(None) == spanish.moment(None) == "–"


def test_a_language_without_a_catalogue_is_not_offered_and_not_spoken(tmp_path, monkeypatch):
    monkeypatch.setattr(languages, "FOLDER", tmp_path)
    assert list(languages.offered()) == ["en"]
    path = languages.catalogue_of(LANGUAGES["fr"])
    path.parent.mkdir(parents=True)
    path.write_text(SPANISH, encoding="utf-8")
    assert languages.offered() == {"en": "English", "fr": "Français"}
    languages.speaker.cache_clear()
    assert languages.speaker("ar").tag == languages.speaker("../../etc").tag == "en"
    languages.speaker.cache_clear()


@pytest.fixture
def half_spanish(tmp_path, new_server):
    """A server whose folder of catalogues holds a Spanish one with a handful of texts."""
    path = tmp_path / "locale" / "es" / "LC_MESSAGES" / "workstation.po"
    path.parent.mkdir(parents=True)
    path.write_text(SPANISH, encoding="utf-8")
    prelude = "from pathlib import Path; from colonnade.workstation import languages; "
    return new_server("es", accounts=True, prelude=prelude + f"languages.FOLDER = Path({str(tmp_path / 'locale')!r})")


def test_an_account_chooses_its_language(half_spanish, watched_page, axe):
    page = watched_page(half_spanish)
    sign_in(page, "physician")
    page.goto("/account")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("#language option")).to_have_text(["English", "Español"])
    page.locator("#language").select_option("es")
    follow(page.locator("form[action='/account/language'] button"))
    expect(page.locator("html")).to_have_attribute("lang", "es")
    expect(page.locator("#theme-title")).to_have_text("Apariencia")
    expect(page.locator("label[for=theme-light]")).to_have_text("Claro")
    # word by word: the rest of the page is English, and says so
    expect(page.locator("label[for=theme-dark] span[lang=en]")).to_have_text("Dark")
    expect(page.locator("footer")).to_contain_text("reviewed by: none")
    axe(page)
    # the choice belongs to the account; the browser remembers it for the page to sign in on
    other = Client(half_spanish.address)
    assert 'lang="en"' in other.get("/log-in").text[:200]
    other.sign_in("physician")
    assert 'lang="es"' in other.get("/account").text[:200]
    assert other.send_form("/account/language", {"language": "ar"}, seen_on="/account").status_code == 422
    other.close()
    follow(page.locator(".me button"))
    expect(page.locator("html")).to_have_attribute("lang", "es")


# --- every page in the pseudo-language ------------------------------------------------------------------------------
def test_the_pseudo_language_keeps_places_and_grows():
    assert pseudo("Done after %(seconds)s s.") == "Döñé~~ åfţéŕ~~ %(seconds)s ş."
    text = "Everything is confirmed"
    assert len(pseudo(text)) == pytest.approx((1 + LONGER) * len(text), abs=2)  # rounded for each word


@pytest.fixture(scope="module")
def clinic(tmp_path_factory):
    """The demonstration clinic in the pseudo-language, with a public address, and what in it is data."""
    data = tmp_path_factory.mktemp("pseudo") / "clinic"
    from colonnade.case import Case

    with pytest.MonkeyPatch.context() as patch:
        case = Case.parse(demonstration.case(), origin="demonstration").plain()
        patch.setattr(demonstration, "_plan", lambda: stored_plan(case))
        demonstration.prepare(data, note=lambda text: None)
    told = data / "configuration.json"
    told.write_text(json.dumps(json.loads(told.read_text()) | {"public_address": "https://care.example.org"}))
    database = open_database(data / "colonnade.db")
    with database.session() as db:
        doctor = db.scalars(select(people.Account).where(people.Account.login == "physician")).one()
        treatment = db.scalars(
            select(treatments.TreatmentRecord).order_by(treatments.TreatmentRecord.treated_on)
        ).first()
        token, _ = followup.invite(db, doctor.actor(), treatment.id)
        job = jobs.enqueue(db, doctor.actor(), "plan", {"case": {}})
        found = {
            "token": token,
            "job": job.id,
            "account": doctor.id,
            "treatment": treatment.id,
            "patient": treatment.patient_id,
            "plan": treatment.plan_id,
            "other": db.scalars(select(plans.PlanVersion.id).where(plans.PlanVersion.id != treatment.plan_id)).first(),
            "draft": db.scalars(select(plans.CaseDraft.id)).first(),
            "intake": db.scalars(select(patients.Patient.id).where(patients.Patient.family_name == "Fixture")).one(),
            "spot": db.scalars(select(patients.TestSpot.patient_id)).first(),
            "check_in": db.scalars(select(followup.CheckInRecord.id)).first(),
            "photos": list(
                db.scalars(
                    select(photographs.Photo.id).where(
                        photographs.Photo.pose == "front", photographs.Photo.patient_id == treatment.patient_id
                    )
                )
            ),
            "lot": db.scalars(select(Base.metadata.tables["product_lots"].c.id)).first(),
        }
        data_strings = [str(data), *_data(db)]
    database.close()
    running = RunningServer(data, prelude="from tests.workstation.pseudo import install; install()")
    yield running, found, data_strings
    assert running.stop() == 0, running.text
    assert "Traceback" not in running.text


#: What people typed, and what a device or a machine is called: never translated.
TYPED = {
    "accounts": ("login", "display_name"),
    "patients": ("family_name", "given_name", "pseudonym", "note", "telephone"),
    "conditions": ("diagnosis",),
    "consents": ("signed_by",),
    "photos": ("note",),
    "test_spots": ("note",),
    "device_units": ("name", "serial"),
    "handpieces": ("name", "serial"),
    "device_events": ("done_by", "note"),
    "product_lots": ("product", "lot"),
    "treatments": ("note",),
    "treatment_passes": ("zone",),
    "check_ins": ("review_note",),
    "case_drafts": ("title",),
    "plan_versions": ("title",),
    "recalls": ("note",),
}


def _data(db):
    out = {"Colonnade", "Demonstration clinic", "reviewed_by", "JPEG, PNG, TIFF", "WebP", "sqlite"}
    for name, columns in TYPED.items():
        table = Base.metadata.tables[name]
        for row in db.execute(select(*(table.c[c] for c in columns))).all():
            out |= {str(value) for value in row if value}
    out |= {about.name for about in LANGUAGES.values()}
    out |= {text for i in instruments.INSTRUMENTS.values() for text in (i.version, i.source)}
    out |= {rendering.titled(languages.speaker("en"), n, "devices") for n in words.catalogue.ids("devices")}
    out |= {demonstration.password(role) for role in demonstration.NAMES} | {*demonstration.NAMES}
    return sorted(out, key=len, reverse=True)


PHYSICIAN = {
    "home.html": "/",
    "patients.html": "/patients",
    "patient_form.html": "/patients/{patient}/edit",
    "patient.html": "/patients/{patient}",
    "patient.html, nothing yet": "/patients/{intake}",
    "consents.html": "/patients/{intake}/consents",
    "consents.html, given": "/patients/{patient}/consents",
    "history.html": "/patients/{intake}/history",
    "photographs.html": "/patients/{patient}/photographs",
    "photographs_compared.html": "/patients/{patient}/photographs/compare?one={one}&two={two}",
    "test_spots.html": "/patients/{spot}/test-spots",
    "plans.html": "/plans",
    "review.html": "/reviews/{plan}",
    "treatments.html": "/treatments",
    "treatment.html": "/treatments/{treatment}",
    "treatment_form.html": "/patients/{patient}/treatments/new?plan={plan}",
    "treatment_form.html, free": "/patients/{patient}/treatments/new",
    "healing.html": "/treatments/{treatment}/healing?instrument=masi",
    "healing.html, another scale": "/treatments/{treatment}/healing?instrument=posas-observer",
    "check_in_staff.html": "/treatments/{treatment}/check-in",
    "check_in.html": "/check-ins/{check_in}",
    "follow_up.html": "/follow-up",
    "devices.html": "/devices",
    "lot.html": "/devices/lots/{lot}",
    "statistics.html": "/statistics?by=setting",
    "training_list.html": "/training",
    "jobs.html": "/jobs",
    "job.html": "/jobs/{job}",
    "account.html": "/account",
    "error.html": "/nothing-here",
}
OTHERS = {
    "patients_pseudonymised.html": ("researcher", "/patients"),
    "accounts.html": ("administrator", "/accounts"),
    "account_admin.html": ("administrator", "/accounts/{account}"),
    "settings.html": ("administrator", "/settings"),
    "erasures.html": ("administrator", "/erasures"),
    "home.html, administrator": ("administrator", "/"),
    "jobs.html, all": ("administrator", "/jobs/everybody"),
    "audit.html": ("auditor", "/audit"),
    "log_in.html": ("", "/log-in"),
    "check_in_patient.html": ("", "/check-in/{token}"),
}
#: Answered to a form: looked at in tests of their own below.
SENT = {"check_in_answered.html", "first_account.html"}
#: A rehearsal needs a running machine: ``test_training_page.py`` looks at them. Their islands write English too.
REHEARSED = {"training.html", "training_record.html"}
#: The pages of a plan: their islands write English (see docs/decisions/0197), so their words are not listed here.
PLAN = {
    "plan.html": "/plans/{draft}",
    "plan_version.html": "/plans/versions/{plan}",
    "compare.html": "/plans/compare?plan={plan}&plan={other}",
}


def test_every_page_template_is_walked():
    walked = {name.partition(",")[0] for name in (*PHYSICIAN, *OTHERS, *PLAN, *SENT, *REHEARSED)}
    assert walked == {p.name for p in TEMPLATES.glob("*.html")} - {"base.html"}


TEXTS = """() => {
  for (const d of document.querySelectorAll('details')) d.open = true;
  const out = [];
  const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode, element = node.parentElement;
    if (!node.data.trim() || element.closest('script, style, code, .mono, [lang]:not(html)')) continue;
    out.push(node.data.replace(/\\s+/g, ' ').trim());
  }
  for (const e of document.querySelectorAll('[aria-label], [title], [alt], [placeholder]'))
    for (const name of ['aria-label', 'title', 'alt', 'placeholder'])
      if (e.getAttribute(name)) out.push(e.getAttribute(name));
  return out;
}"""
MARKED = re.compile("[ÅåÇçÉéĞğÎîĶķĻļÑñÖöŔŕŞşŢţÛûÝýŽž]")
#: Babel writes dates; they are taken out before the data, of which some are single digits.
DATE = re.compile(r"\b\d{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sept|Oct|Nov|Dec) \d{4}\b|\bUTC\b")
#: Written the same in every language: units, phototypes, ids of rules.
SAME = re.compile(r"µm|\b(?:mJ|ms|W|cm²|px|Hz|mm|s|kW|J|ns|min)\b|\b(?:VI|IV|V|I{1,3})\b|\b(?:TR|LS|PAR|S)-?\d+\b")


def forgotten(page, data):
    """Words on the page that carry no accent and are no data."""
    out = []
    for text in page.evaluate(TEXTS):
        rest = DATE.sub(" ", text)
        for one in data:
            rest = rest.replace(one, " ")
        rest = SAME.sub(" ", rest)
        # a word without any letter that takes an accent cannot tell
        wrong = [w for w in re.findall(r"[^\W\d_]{2,}", rest) if not MARKED.search(w) and w.translate(ACCENTED) != w]
        if wrong:
            out.append(f"{text[:90]!r}: {', '.join(wrong[:6])}")
    return out


def _fill(path, found):
    photos = found["photos"]
    return path.format(one=photos[0], two=photos[1], **{k: v for k, v in found.items() if k != "photos"})


def walk(context, address, pages, found, data):
    """Look at pages in the two sizes that a clinic has; gives what is wrong with them."""
    wrong = []
    page = context.new_page()
    for name, path in pages.items():
        page.set_viewport_size({"width": 1280, "height": 800})
        answer = page.goto(address + _fill(path, found))
        assert answer.status == (404 if "nothing" in path else 200), path
        if data:
            wrong += [f"{name}: {line}" for line in forgotten(page, data)]
        for width, height in ((1280, 800), (820, 1180)):
            page.set_viewport_size({"width": width, "height": height})
            wrong += [f"{name}: {overflow(page)} px too wide at {width}"] if overflow(page) > 0 else []
    return wrong


def _context(browser, clinic_, role):
    context = browser.new_context(viewport={"width": 1280, "height": 800}, base_url=clinic_.address)
    context.set_default_timeout(PATIENCE_MS)
    if role:
        page = context.new_page()
        page.goto("/log-in")
        page.locator("#login").fill(role)
        page.locator("#password").fill(demonstration.password(role))
        follow(page.locator("form.card button.primary"))
        assert "/log-in" not in page.url
        page.close()
    return context


def test_every_word_of_the_clinical_pages_goes_through_a_catalogue(clinic, browser):
    server, found, data = clinic
    context = _context(browser, server, "physician")
    wrong = walk(context, server.address, PHYSICIAN, found, data)
    context.close()
    assert not wrong, "\n".join(wrong)


@pytest.mark.soak
def test_every_word_of_the_other_pages_goes_through_a_catalogue(clinic, browser):
    server, found, data = clinic
    wrong = []
    for name, (role, path) in OTHERS.items():
        context = _context(browser, server, role)
        wrong += walk(context, server.address, {name: path}, found, data)
        context.close()
    assert not wrong, "\n".join(wrong)


@pytest.mark.soak
def test_the_pages_of_a_plan_render_in_it_without_overflow(clinic, browser):
    server, found, _ = clinic
    context = _context(browser, server, "physician")
    wrong = walk(context, server.address, PLAN, found, ())
    context.close()
    assert not wrong, "\n".join(wrong)


def test_a_hard_coded_word_would_be_found(clinic, browser):
    server, _, data = clinic
    context = _context(browser, server, "")
    page = context.new_page()
    page.goto("/log-in")
    assert forgotten(page, data) == []
    page.evaluate("document.querySelector('h1').append(' Sign here')")
    page.evaluate("document.querySelector('input:not([type=hidden])').title = 'Name'")
    assert len(forgotten(page, data)) == 2
    context.close()


def test_the_patients_answer_is_in_the_patients_language(clinic, browser):
    server, found, data = clinic
    context = _context(browser, server, "")
    page = context.new_page()
    page.goto(_fill("/check-in/{token}", found))
    page.locator("#fever").select_option("yes")
    follow(page.locator("form.card button.primary"))
    expect(page.locator("[data-tier]")).to_have_count(1)
    assert forgotten(page, data) == []
    context.close()


def test_refusals_are_said_in_it(clinic, browser):
    """A fixed refusal is translated whole; one with a value in it keeps the value."""
    server, found, _ = clinic
    context = _context(browser, server, "physician")
    page = context.new_page()
    page.goto(_fill("/treatments/{treatment}/healing?instrument=gais", found))
    page.locator("#item-grade").fill("2")
    follow(page.locator("form[action$='/scores'] button"))
    expect(page.get_by_role("alert")).to_contain_text(pseudo("Please correct this"))
    context.close()
