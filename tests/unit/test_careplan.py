"""The course of care: gates, contacts, clocks, refusals, changes."""

import datetime as dt
import itertools
from zoneinfo import ZoneInfo

import pytest

from colonnade import catalogue
from colonnade.aftercare import CarePlan, CareRefused, care_plan, superseded
from colonnade.aftercare.protocol import FILES, founding_points, protocol, track_of
from colonnade.case import Case
from colonnade.errors import BadInput

BASE = Case.load("examples/acne-scar-cheek.toml").plain()
BASE["clinic"] |= {"contact": "+00 0000 000000", "timezone": "Europe/Paris"}


def case(site="cheek", phototype="III", indication="atrophic-acne-scar", clinic=None, **aftercare):
    return Case.parse(
        {
            **BASE,
            "site": {"id": site, "side": "left"},
            "patient": {**BASE["patient"], "phototype": phototype},
            "indication": {"id": indication},
            "clinic": {**BASE["clinic"], **(clinic or {})},
            "aftercare": aftercare,
        }
    )


def order(kind="antibiotic", product="mupirocin 2 % ointment", **more):
    return {"kind": kind, "product": product, "instructions": "thin, twice a day", "ordered_by": "Dr A"} | more


def on_day(plan, day, kind="do"):
    page = next(p for p in plan.pages if p.first_day <= day <= p.last_day)
    return getattr(page, kind)


DAY = dt.date(2026, 12, 1)


def closed(day):
    return {"closed": DAY + dt.timedelta(days=day)}


# protocol files


@pytest.mark.parametrize("name", ["common", "before", *FILES.values()])
def test_every_line_of_a_protocol_has_its_source_and_nobody_claims_a_review(name):
    p = protocol(name)
    assert p.reviewed_by == "none"
    assert p.version
    ids = [i.id for i in p.items] + [c.id for c in p.contacts]
    assert len(ids) == len(set(ids))
    for line in (*p.items, *p.contacts):
        assert len(line.source) > 2
    for item in p.items:
        assert item.days[0] <= item.days[1]


def test_all_founding_points_are_kept_corrected_or_a_switch():
    points = {p.id for p in founding_points()}
    assert points == {"1a", "1b", "1c", "1d", "2a", "2b", "2c", "2d", "3a", "3b", "3c", "4", "5"}
    assert {i.founding for f in ("common", *FILES.values()) for i in protocol(f).items} - {""} == points
    for p in founding_points():
        assert p.why
        assert p.source


@pytest.mark.parametrize("zone_site", ["cheek", "lower-eyelid", "neck", "forearm"])
@pytest.mark.parametrize("track", ["fractional_field", "spot", "full_field"])
def test_every_day_to_a_year_says_what_to_do_not_to_do_expect_and_when_to_call(zone_site, track):
    plan = care_plan(case(zone_site, track=track, mole_site=track == "spot"), "2026-12-01")
    days = [d for p in plan.pages for d in range(p.first_day, p.last_day + 1)]
    assert days == list(range(366))
    for page in plan.pages:
        assert page.call
        assert page.expect, (track, page.first_day)
        if page.first_day <= 182:
            assert page.dont
        if page.first_day <= 90:
            assert page.do


@pytest.mark.parametrize(
    ("indication", "stated", "density", "track"),
    [
        ("atrophic-acne-scar", "auto", 10.0, "fractional_field"),
        ("compound-naevus", "auto", None, "spot"),
        # its published protocols are fractional: the wound decides, not the name
        ("syringoma", "auto", None, "fractional_field"),
        ("photoageing", "full_field", 100.0, "full_field"),
        ("atrophic-acne-scar", "spot", None, "spot"),
    ],
)
def test_track(indication, stated, density, track):
    assert track_of(case(indication=indication, track=stated), density) == track


@pytest.mark.parametrize("density", [60.1, float("nan")])
def test_a_field_without_bridges_is_not_taken_for_fractional(density):
    with pytest.raises(BadInput, match="full_field"):
        track_of(case(), density)


# gates: the event and the date, whichever is later


@pytest.mark.parametrize(
    ("item", "closed_on", "opens"),
    [("sunscreen", 2, 3), ("sunscreen", 3, 3), ("sunscreen", 9, 9), ("silicone", 5, 7), ("silicone", 12, 12)],
)
def test_a_gate_opens_on_the_later_of_event_and_date(item, closed_on, opens):
    plan = care_plan(case(), "2026-12-01", events=closed(closed_on))
    assert plan.item(item).waits_for is None
    assert plan.item(item).from_day == opens
    assert item not in on_day(plan, opens - 1)
    assert item in on_day(plan, opens)


def test_without_the_event_a_gate_stays_shut_whatever_the_date():
    plan = care_plan(case(), "2026-12-01")
    for item in ("sunscreen", "silicone", "moisturiser"):
        assert plan.item(item).waits_for == "closed"


def test_silicone_runs_ninety_days_from_when_it_starts():
    for day in (5, 20):
        item = care_plan(case(), "2026-12-01", events=closed(day)).item("silicone")
        assert item.to_day - item.from_day == 90


def test_sunscreen_lasts_to_day_ninety_at_least():
    assert care_plan(case(), "2026-12-01", events=closed(2)).item("sunscreen").to_day >= 90


def test_shade_ends_with_closure_but_not_before_day_two_and_cosmetics_not_before_day_six():
    early = care_plan(case(), "2026-12-01", events=closed(1))
    assert early.item("shade").to_day == 2
    assert early.item("no-cosmetics").to_day == 6
    late = care_plan(case(), "2026-12-01", events=closed(9))
    assert late.item("shade").to_day == late.item("no-cosmetics").to_day == late.item("petrolatum").to_day == 9


def test_slower_skin_extends_what_is_expected_and_moves_nothing_else():
    face, arm = care_plan(case(), "2026-12-01"), care_plan(case("forearm"), "2026-12-01")
    assert arm.slower == 2
    assert arm.item("field-d5").to_day == 20
    assert arm.item("field-d5").from_day == face.item("field-d5").from_day == 5
    assert [(c.id, c.start) for c in arm.contacts] == [(c.id, c.start) for c in face.contacts]
    assert arm.item("call-infection") == face.item("call-infection")


def test_predicted_closure_extends_what_is_expected_too():
    plan = care_plan(case(), "2026-12-01", closure_days=21)
    assert plan.item("field-d5").to_day == 30
    assert [c.day for c in plan.contacts] == [c.day for c in care_plan(case(), "2026-12-01").contacts]


@pytest.mark.parametrize("days", [float("nan"), -1.0, 0.0, 1000.0])
def test_an_impossible_closure_is_refused(days):
    with pytest.raises(BadInput, match="closure_days"):
        care_plan(case(), "2026-12-01", closure_days=days)


def test_adapted_to_phototype_switches_and_orders():
    assert "retinoid-later" in [i.id for i in care_plan(case(phototype="V"), "2026-12-01").items]
    assert "retinoid-later" not in [i.id for i in care_plan(case(phototype="II"), "2026-12-01").items]
    dry = care_plan(case(moisture="dry_72h"), "2026-12-01")
    assert "dry-72h" in on_day(dry, 0)
    assert "petrolatum" not in on_day(dry, 0)
    assert any("against moist care" in n for n in dry.notes)
    assert "growth-factor" in on_day(care_plan(case(growth_factor="EGF, lot 7"), "2026-12-01"), 1)
    assert "silicone" not in [i.id for i in care_plan(case(silicone="none"), "2026-12-01").items]
    with_order = care_plan(case(allergies=[], orders=[order(to_day=5)]), "2026-12-01")
    assert with_order.orders[0].last == dt.date(2026, 12, 6)


def test_suspected_infection_takes_off_dressing_silicone_and_steroid():
    plan = care_plan(
        case(allergies=[], dressing="hydrocolloid", orders=[order("steroid", "clobetasol 0.05 %", to_day=1)]),
        "2026-12-01",
        events={"infection_suspected": DAY, "closed": DAY},
    )
    assert plan.item("dressing-hydrocolloid").to_day <= 0
    assert plan.orders[0].last == DAY
    assert plan.orders[0].stopped_because
    assert not [c for c in plan.contacts if c.kind == "dressing"]


def test_a_mole_site_gets_dermoscopy_and_no_repeat():
    plan = care_plan(case("back", track="spot", mole_site=True), "2026-12-01")
    assert [c.day for c in plan.contacts if c.kind == "dermoscopy"] == [61, 183, 364]
    text = plan.item("mole-colour").text
    assert "dermatoscope" in text
    assert "Do not accept another laser" in text
    assert "normal" not in text


# clocks


@pytest.mark.parametrize("start", ["2027-03-26", "2026-10-22"])
def test_nine_o_clock_stays_nine_o_clock_when_the_clocks_change(start):
    plan = care_plan(case(), start)
    assert {c.start.time() for c in plan.contacts} == {dt.time(9)}
    first, later = plan.contacts[0].start, plan.contacts[3].start
    assert (later - first).days == later.toordinal() - first.toordinal()
    assert first.utcoffset() != later.utcoffset()


@pytest.mark.parametrize(("start", "hours"), [("2027-03-27T14:00", 48), ("2026-10-24T14:00", 48)])
def test_forty_eight_hours_stay_forty_eight_hours_when_the_clocks_change(start, hours):
    plan = care_plan(case(dressing="hydrocolloid"), start)
    first = next(c for c in plan.contacts if c.kind == "dressing")
    assert first.start.astimezone(dt.UTC) - plan.start.astimezone(dt.UTC) == dt.timedelta(hours=hours)
    assert first.start.hour in (13, 15)


@pytest.mark.parametrize("hour", range(24))
def test_a_dressing_is_changed_in_waking_hours_and_never_later_than_forty_eight(hour):
    plan = care_plan(case(dressing="hydrocolloid"), f"2026-12-01T{hour:02d}:30")
    times = [plan.start, *(c.start for c in plan.contacts if c.kind == "dressing")]
    assert len(times) >= 5
    for a, b in itertools.pairwise(times):
        assert dt.timedelta(hours=30) <= b - a <= dt.timedelta(hours=48)
        assert 8 <= b.hour < 21


def test_leap_day():
    plan = care_plan(case(), "2028-02-27")
    assert next(c for c in plan.contacts if c.day == 2).start.date() == dt.date(2028, 2, 29)
    assert next(c for c in plan.contacts if c.day == 3).start.date() == dt.date(2028, 3, 1)
    assert care_plan(case(), "2028-02-29").contacts[0].start.date() == dt.date(2028, 3, 1)


@pytest.mark.parametrize(("start", "day0"), [("2026-12-01T00:00", (2026, 12, 1)), ("2026-12-01T23:59", (2026, 12, 1))])
def test_midnight_belongs_to_the_day_that_begins(start, day0):
    assert care_plan(case(), start).pages[0].first == dt.date(*day0)


def test_a_time_with_offset_is_a_day_of_the_clinic():
    plan = care_plan(case(), "2026-12-01T23:30+00:00")
    assert plan.pages[0].first == dt.date(2026, 12, 2)
    assert plan.start.tzinfo == ZoneInfo("Europe/Paris")


@pytest.mark.parametrize("start", ["2027-03-28T02:30", "2026-10-25T02:30"])
def test_a_time_that_does_not_exist_or_exists_twice_is_refused(start):
    with pytest.raises(BadInput, match="offset"):
        care_plan(case(), start)


@pytest.mark.parametrize("start", ["yesterday", "2026-13-40", "2026-02-30", "", "2026-12-01T25:00", "x" * 10_000])
def test_a_date_that_is_none_is_refused(start):
    with pytest.raises(BadInput, match="start"):
        care_plan(case(), start)


def test_an_unknown_time_zone_is_refused_with_a_proposal():
    with pytest.raises(BadInput, match='Did you mean "Europe/Paris"'):
        care_plan(case(clinic={"timezone": "Europe/Pariss"}), "2026-12-01")


# events


@pytest.mark.parametrize(
    ("events", "message"),
    [({"closed": dt.date(2026, 11, 30)}, "before"), ({"clozed": dt.date(2026, 12, 9)}, 'Did you mean "closed"')],
)
def test_events_before_treatment_or_unknown_are_refused(events, message):
    with pytest.raises(BadInput, match=message):
        care_plan(case(), "2026-12-01", events=events)


# refusals


@pytest.mark.parametrize("site", ["cheek", "lower-eyelid", "forehead", "upper-lip"])
@pytest.mark.parametrize("wash", ["chlorhexidine", "benzalkonium"])
def test_no_chlorhexidine_or_benzalkonium_on_the_face(site, wash):
    with pytest.raises(CareRefused, match="cornea") as refused:
        care_plan(case(site, wash=wash), "2026-12-01")
    assert refused.value.rule == "AC-01"


def test_nor_hidden_in_an_order():
    with pytest.raises(CareRefused, match="27399954"):
        care_plan(case(allergies=[], orders=[order(product="Hibiscrub 4 %", to_day=3)]), "2026-12-01")


def test_on_the_limb_it_is_the_clinics_choice():
    assert "wash-disinfectant" in on_day(care_plan(case("forearm", wash="chlorhexidine"), "2026-12-01"), 2)


@pytest.mark.parametrize(
    ("allergy", "product"),
    [
        ("neomycin", "Neosporin ointment"),
        ("Neomycine", "framycetin"),
        ("bacitracin", "bacitracin 500 IU/g"),
        ("gentamicin", "neomycin cream"),
        ("penicillin", "amoxicillin 500 mg"),
        ("mupirosin", "mupirocin 2 %"),
        ("sulfa", "silver sulfadiazine"),
        ("Zyloprant", "zyloprant gel"),
    ],
)
def test_an_antibiotic_the_patient_is_allergic_to_is_refused(allergy, product):
    with pytest.raises(CareRefused, match="allergic") as refused:
        care_plan(case(allergies=[allergy], orders=[order(product=product, to_day=5)]), "2026-12-01")
    assert refused.value.rule == "AC-05"


@pytest.mark.parametrize(
    ("allergy", "switch"),
    [("adhesive plaster", {"dressing": "hydrocolloid"}), ("silicone", {"silicone": "gel"}), ("vaseline", {})],
)
def test_allergies_hold_for_dressings_and_ointment_too(allergy, switch):
    with pytest.raises(CareRefused, match="allergic"):
        care_plan(case(allergies=[allergy], **switch), "2026-12-01")


def test_an_order_needs_allergies_asked_a_stop_day_and_no_eyelid():
    with pytest.raises(CareRefused, match="not asked"):
        care_plan(case(orders=[order(to_day=5)]), "2026-12-01")
    with pytest.raises(CareRefused, match="stop day"):
        care_plan(case(allergies=[], orders=[order()]), "2026-12-01")
    with pytest.raises(CareRefused, match="steroid on the eyelid"):
        care_plan(
            case("lower-eyelid", allergies=[], orders=[order("steroid", "hydrocortisone 1 %", to_day=1)]), "2026-12-01"
        )
    with pytest.raises(BadInput, match="to_day"):
        care_plan(case(allergies=[], orders=[order(from_day=5, to_day=2)]), "2026-12-01")


@pytest.mark.parametrize("events", [{}, closed(8)])
def test_silicone_on_an_open_wound_is_refused(events):
    with pytest.raises(CareRefused, match="closed skin only") as refused:
        care_plan(case(silicone_from_day=7), "2026-12-01", events=events)
    assert refused.value.rule == "AC-06"


def test_silicone_on_closed_skin_is_not():
    care_plan(case(silicone_from_day=7), "2026-12-01", events=closed(7))


def test_nothing_is_proposed_that_only_a_physician_may_order():
    texts = " ".join(i.text.lower() for f in ("common", "before", *FILES.values()) for i in protocol(f).items)
    for word in ("clobetasol", "valaciclovir", "hydroquinone", "antibiotic", "mupirocin"):
        assert word not in texts


# changes


def test_a_moved_date_keeps_uids_and_raises_sequence():
    first = care_plan(case(), "2026-12-01")
    moved = care_plan(case(), "2026-12-08", replaces=first)
    assert [c.uid for c in moved.contacts] == [c.uid for c in first.contacts]
    assert {c.sequence for c in moved.contacts} == {1}
    again = care_plan(case(), "2026-12-08", replaces=moved)
    assert {c.sequence for c in again.contacts} == {1}


def test_a_contact_that_falls_away_is_cancelled_once():
    first = care_plan(case(dressing="hydrocolloid"), "2026-12-01")
    without = care_plan(case(), "2026-12-01", replaces=first)
    gone = [c for c in without.contacts if c.kind == "dressing"]
    assert gone
    assert {(c.status, c.sequence) for c in gone} == {("cancelled", 1)}
    assert {c.sequence for c in without.contacts if c.kind != "dressing"} == {0}
    later = care_plan(case(), "2026-12-01", replaces=without)
    assert {(c.status, c.sequence) for c in later.contacts if c.kind == "dressing"} == {("cancelled", 1)}


def test_only_the_same_course_can_be_replaced():
    with pytest.raises(BadInput, match="session"):
        care_plan(case(), "2026-12-08", session=2, replaces=care_plan(case(), "2026-12-01"))


def test_a_second_session_before_the_first_course_ends():
    mole = {"track": "spot", "mole_site": True}
    first = care_plan(case("back", **mole), "2026-12-01")
    second = care_plan(case("back", **mole), "2027-01-12", session=2)
    assert not {c.uid for c in first.contacts} & {c.uid for c in second.contacts}
    cut = superseded(first, second)
    for contact in cut.contacts:
        late = contact.start.date() >= second.start.date()
        assert contact.status == ("cancelled" if late and contact.kind != "dermoscopy" else "confirmed")
    assert max(i.to_day for i in cut.items) == 41
    assert cut.pages[-1].last == dt.date(2027, 1, 11)
    with pytest.raises(BadInput, match="after the first"):
        superseded(second, first)


def test_the_file_gives_the_same_plan_back(tmp_path):
    plan = care_plan(case(dressing="hydrocolloid", allergies=[], orders=[order(to_day=5)]), "2027-03-26")
    plan.save(tmp_path / "careplan.json")
    back = CarePlan.load(tmp_path / "careplan.json")
    assert back == plan
    assert back.start.tzinfo == plan.start.tzinfo


def test_the_plan_says_which_files_made_it():
    plan = care_plan(case(), "2026-12-01")
    assert plan.reviewed_by == "none"
    assert plan.protocols["fractional-field"] == catalogue.sha256("protocols", "fractional-field")


def test_every_indication_of_the_tracks_is_in_the_library_and_has_one_track():
    named = [i for name in FILES.values() for i in protocol(name).indications]
    assert len(named) == len(set(named))
    # a cut is sutured and a heated field has no wound: neither has a track of its own
    assert set(named) == set(catalogue.ids("indications")) - {"incision", "deep-heating"}
    for track, name in FILES.items():
        modes = {catalogue.load("indications", i)["mode"] for i in protocol(name).indications}
        assert modes <= {"fractional_field": {"fractional"}, "spot": {"spot_vaporisation"}}.get(track, set())


@pytest.mark.parametrize("indication", ["junctional-naevus", "compound-naevus", "dermal-naevus"])
def test_a_naevus_is_a_mole_site_even_where_nobody_ticked_it(indication):
    plan = care_plan(case(indication=indication), "2026-12-01")
    assert {c.id for c in plan.contacts} >= {"dermoscopy-m2", "dermoscopy-m6", "dermoscopy-m12"}
    assert plan.item("mole-colour").text
