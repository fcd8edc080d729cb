"""A course of care as a FHIR R4B Bundle, from plain builders, with only elements that R4 and R4B share.

Pseudonymised by default: the patient is an identifier, the patient's own words stay at home. Codes are used only where
they were seen in a source (LOINC 66555-4, Fitzpatrick skin type); everything else is text, or a code of our own under
``urn:colonnade``.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, get_args

from colonnade import DISCLAIMER
from colonnade.aftercare import CarePlan, CheckIn, CheckIns, Triage
from colonnade.aftercare.course import Contact
from colonnade.aftercare.instruments import Score
from colonnade.exchange.stamp import stamp_of
from colonnade.laser import Settings
from colonnade.schema import Model

CODES = "urn:colonnade:codes"
Resource = dict[str, Any]
#: UCUM codes of the units in which settings are exported.
_UCUM = {"mJ": "mJ", "um": "um", "pct": "%", "W": "W", "ms": "ms", "J_cm2": "J/cm2", "per_cm2": "/cm2"}
_SETTINGS = ("energy_mJ", "spot_um", "density_pct", "power_W", "pulse_ms", "passes", "fluence_mean_J_cm2")
#: Answers of a check-in that are exported; the text in the patient's own words is not among them.
_ANSWERS = (
    "pain", "itch", "pain_change", "redness", "swelling", "ooze", "blisters", "fever", "eye_symptom", "closed",
    "new_product", "ointment_times", "sun_exposure",
)  # fmt: skip


class Identity(Model):
    """A named patient, only where the receiver needs one."""

    family: str
    given: str
    birth_date: dt.date


def bundle(
    plan: CarePlan,
    *,
    settings: Settings | None = None,
    checkins: CheckIns | None = None,
    answers: Sequence[Triage] = (),
    scores: Sequence[Score] = (),
    adverse_events: Sequence[str] = (),
    documents: Mapping[str, bytes] | None = None,
    identity: Identity | None = None,
    now: dt.datetime | None = None,
) -> Resource:
    """The bundle as plain data.

    Parameters
    ----------
    plan : CarePlan
        The course.
    settings : Settings, optional
        Panel settings of the treatment, as observations.
    checkins, answers
        Check-ins and the triage answers given to them.
    scores : sequence of Score
        Scores of instruments.
    adverse_events : sequence of str
        Descriptions by the clinician.
    documents : mapping, optional
        Files made for the patient (name to content): referenced with their hash, not enclosed.
    identity : Identity, optional
        Names the patient and lets the patient's own words out. Without it the bundle is pseudonymised.
    now : datetime, optional
        Time of the bundle, with zone.

    Raises
    ------
    BadInput
        If ``now`` has no zone.
    """
    stamp = stamp_of(now)
    made = _Builder(plan, stamp, identity)
    made.base()
    made.treatment(settings)
    for contact in plan.contacts:
        made.task(contact)
    made.questionnaire()
    if checkins is not None:
        for checkin, day in zip(checkins.checkins, checkins.days(), strict=True):
            made.response(checkin, day)
    for answer in answers:
        made.communication(answer)
    for score in scores:
        made.score(score)
    for text in adverse_events:
        made.adverse_event(text)
    for name, content in (documents or {}).items():
        made.document(name, content)
    return {
        "resourceType": "Bundle",
        "id": made.id("bundle"),
        "type": "collection",
        "timestamp": stamp.isoformat(timespec="seconds"),
        "entry": [{"fullUrl": f"urn:uuid:{r['id']}", "resource": r} for r in made.resources],
    }


def _text(value: str) -> str:
    """Text as FHIR allows it: no control characters, never empty."""
    clean = "".join(c if c.isprintable() or c in "\n\t" else " " for c in value).strip()
    return clean or "(empty)"


def _concept(text: str, code: str = "", system: str = CODES) -> Resource:
    concept: Resource = {"text": _text(text)}
    if code:
        concept["coding"] = [{"system": system, "code": code}]
    return concept


class _Builder:
    """Resources of one bundle; ids follow from the course, so that the same course gives the same ids."""

    def __init__(self, plan: CarePlan, stamp: dt.datetime, identity: Identity | None) -> None:
        self.plan, self.identity = plan, identity
        self.now = stamp.isoformat(timespec="seconds")
        self.resources: list[Resource] = []

    def id(self, name: str) -> str:
        key = f"urn:colonnade:{self.plan.course_id}:{self.plan.session}:fhir:{name}"
        return str(uuid.uuid5(uuid.NAMESPACE_URL, key))

    def ref(self, name: str) -> Resource:
        return {"reference": f"urn:uuid:{self.id(name)}"}

    def add(self, key: str, kind: str, /, **fields: Any) -> None:
        self.resources.append({"resourceType": kind, "id": self.id(key), **fields})

    def base(self) -> None:
        """Patient, laser, protocol and plan of care."""
        plan = self.plan
        patient: Resource = {"identifier": [{"system": "urn:colonnade:course", "value": plan.course_id}]}
        if self.identity is not None:
            patient["name"] = [{"family": _text(self.identity.family), "given": [_text(self.identity.given)]}]
            patient["birthDate"] = self.identity.birth_date.isoformat()
        self.add("patient", "Patient", **patient)
        used = [i for i in plan.items if i.kind in ("do", "dont", "advice")]
        self.add(
            "protocol",
            "PlanDefinition",
            url=f"urn:colonnade:protocol:{plan.track.replace('_', '-')}",
            version=plan.version,
            name="Aftercare_" + plan.track,
            title=_text(plan.track_title),
            status="draft",
            experimental=True,
            description=_text(f"{plan.regimen} Reviewed by: {plan.reviewed_by}. {DISCLAIMER}"),
            action=[{"title": i.id, "description": i.text, "textEquivalent": i.source} for i in used],
        )
        self.add(
            "careplan",
            "CarePlan",
            instantiatesCanonical=[f"urn:colonnade:protocol:{plan.track.replace('_', '-')}"],
            status="active",
            intent="plan",
            title="Aftercare",
            description=DISCLAIMER,
            subject=self.ref("patient"),
            period={"start": plan.start.date().isoformat(), "end": plan.pages[-1].last.isoformat()},
            created=self.now,
            activity=[
                {
                    "detail": {
                        "status": "scheduled" if i.waits_for is None else "on-hold",
                        "doNotPerform": i.kind == "dont",
                        "description": i.text,
                        "scheduledPeriod": {"start": self._day(i.from_day), "end": self._day(i.to_day)},
                    }
                }
                for i in used
            ],
        )

    def _day(self, day: int) -> str:
        return (self.plan.start.date() + dt.timedelta(days=day)).isoformat()

    def treatment(self, settings: Settings | None) -> None:
        """The laser, the treatment itself, phototype and settings."""
        plan = self.plan
        name = settings.device.name if settings is not None else "fractional CO2 laser, not stated"
        self.add("device", "Device", deviceName=[{"name": _text(name), "type": "user-friendly-name"}])
        start = plan.start.isoformat(timespec="seconds")
        self.add(
            "procedure",
            "Procedure",
            basedOn=[self.ref("careplan")],
            # whether it took place is for the treatment record to say
            status="preparation",
            code=_concept("CO2 laser treatment", plan.track),
            subject=self.ref("patient"),
            performedDateTime=start,
            bodySite=[_concept(plan.site_title, plan.zone)],
            focalDevice=[{"manipulated": self.ref("device")}],
        )
        self._observation(
            "phototype",
            _concept("Fitzpatrick skin type", "66555-4", "http://loinc.org"),
            start,
            valueString=plan.phototype,
        )
        derived = settings.derived() if settings is not None else {}
        for key in _SETTINGS:
            if key in derived:
                unit = next((u for u in _UCUM if key.endswith(f"_{u}")), "")
                quantity: Resource = {"value": round(derived[key], 6)}
                if unit:
                    ucum = {"system": "http://unitsofmeasure.org", "code": _UCUM[unit]}
                    quantity |= {"unit": _UCUM[unit], **ucum}
                self._observation(
                    f"setting-{key}",
                    _concept(key, key),
                    start,
                    valueQuantity=quantity,
                    partOf=[self.ref("procedure")],
                    device=self.ref("device"),
                )

    def _observation(self, name: str, code: Resource, when: str, **value: Any) -> None:
        self.add(
            name,
            "Observation",
            status="preliminary",
            code=code,
            subject=self.ref("patient"),
            effectiveDateTime=when,
            **value,
        )

    def task(self, contact: Contact) -> None:
        """One contact."""
        end = contact.start + dt.timedelta(minutes=contact.minutes)
        self.add(
            f"task-{contact.id}",
            "Task",
            identifier=[{"system": "urn:colonnade:contact", "value": contact.uid}],
            basedOn=[self.ref("careplan")],
            status="cancelled" if contact.status == "cancelled" else "requested",
            intent="plan",
            code=_concept(contact.title, contact.kind),
            **{"for": self.ref("patient")},
            executionPeriod={
                "start": contact.start.isoformat(timespec="seconds"),
                "end": end.isoformat(timespec="seconds"),
            },
        )

    def questionnaire(self) -> None:
        """The check-in as a questionnaire, from the schema of the check-in."""
        items = []
        for name in _ANSWERS:
            field = CheckIn.model_fields[name]
            options = _options(field.annotation)
            item: Resource = {"linkId": name, "text": field.title or name, "type": "choice" if options else "integer"}
            if options:
                item["answerOption"] = [{"valueCoding": {"system": CODES, "code": o, "display": o}} for o in options]
            items.append(item)
        self.add(
            "questionnaire",
            "Questionnaire",
            url="urn:colonnade:questionnaire:checkin",
            name="Checkin",
            title="Check-in",
            status="draft",
            experimental=True,
            subjectType=["Patient"],
            item=[*items, {"linkId": "symptoms", "text": "Other signs", "type": "string", "repeats": True}],
        )

    def response(self, checkin: CheckIn, day: int) -> None:
        """One check-in."""
        items: list[Resource] = []
        for name in _ANSWERS:
            value = getattr(checkin, name)
            if value is not None:
                answer: Resource = (
                    {"valueInteger": value} if isinstance(value, int) else {"valueCoding": _coding(value)}
                )
                items.append({"linkId": name, "answer": [answer]})
        if checkin.symptoms:
            items.append({"linkId": "symptoms", "answer": [{"valueString": s} for s in checkin.symptoms]})
        if checkin.text and self.identity is not None:
            items.append({"linkId": "text", "answer": [{"valueString": _text(checkin.text)}]})
        number = sum(r["resourceType"] == "QuestionnaireResponse" for r in self.resources)
        self.add(
            f"response-{number}",
            "QuestionnaireResponse",
            basedOn=[self.ref("careplan")],
            questionnaire="urn:colonnade:questionnaire:checkin",
            status="completed",
            subject=self.ref("patient"),
            authored=self._day(day),
            item=items,
        )

    def communication(self, answer: Triage) -> None:
        """What the patient was told, and why."""
        why = "; ".join(f"{f.rule} {f.title}" for f in answer.fired) or "no rule fired"
        number = sum(r["resourceType"] == "Communication" for r in self.resources)
        self.add(
            f"communication-{number}",
            "Communication",
            basedOn=[self.ref("careplan")],
            status="preparation",
            category=[_concept(answer.tier_title, f"triage-{answer.tier}")],
            priority={"E": "stat", "S": "urgent", "48": "asap"}.get(answer.tier, "routine"),
            subject=self.ref("patient"),
            payload=[{"contentString": _text(answer.message)}, {"contentString": _text(why)}],
        )

    def score(self, score: Score) -> None:
        """A score of an instrument."""
        value: Resource = (
            {"valueInteger": score.value}
            if isinstance(score.value, int)
            else {"valueQuantity": {"value": score.value, "unit": score.unit or "1"}}
        )
        number = sum(r["id"] == self.id(f"score-{n}") for n in range(200) for r in self.resources)
        self._observation(
            f"score-{number}", _concept(f"{score.title}, version {score.version}", score.instrument), self.now, **value
        )

    def adverse_event(self, text: str) -> None:
        """An adverse event as described by the clinician."""
        number = sum(r["resourceType"] == "AdverseEvent" for r in self.resources)
        self.add(
            f"adverse-event-{number}",
            "AdverseEvent",
            actuality="actual",
            event=_concept(text),
            subject=self.ref("patient"),
            recordedDate=self.now,
            suspectEntity=[{"instance": self.ref("procedure")}],
        )

    def document(self, name: str, content: bytes) -> None:
        """A file made for the patient: its name, size and hash (SHA-1, as FHIR defines it)."""
        kind = "application/pdf" if name.endswith(".pdf") else "text/html"
        digest = hashlib.sha1(content, usedforsecurity=False).digest()
        attachment = {"contentType": kind, "title": name, "url": name, "size": len(content)}
        self.add(
            f"document-{name}",
            "DocumentReference",
            status="current",
            docStatus="preliminary",
            type=_concept("Aftercare leaflet", "leaflet"),
            subject=self.ref("patient"),
            date=self.now,
            content=[{"attachment": attachment | {"hash": base64.b64encode(digest).decode()}}],
        )


def _coding(value: str) -> Resource:
    return {"system": CODES, "code": value, "display": value}


def _options(annotation: Any) -> list[str]:
    found = get_args(annotation)
    return [a for a in found if isinstance(a, str)]
