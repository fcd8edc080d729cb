"""Aftercare in short, for the plan's last page: neutral items from the merged protocol, not reviewed by a clinician.

Sources stand with each item. The clinic's own orders always come first; a care plan by the day is another room's work.
"""

from __future__ import annotations

from dataclasses import dataclass

from colonnade.tissue import Skin

#: Zones where healing was seen to be fast; elsewhere about 2 to 4 times slower (derived from two sources).
FAST_ZONES = ("face", "eyelid")
#: Zones where chlorhexidine and benzalkonium must not be used (cornea, middle ear).
NO_ANTISEPTIC_ZONES = ("face", "eyelid", "scalp", "ear", "neck")


@dataclass(frozen=True)
class Item:
    """One line, with where it comes from."""

    text: str
    source: str


FIRST = Item(
    "Aftercare text: not reviewed by a clinician (reviewed by: none). The treating clinician's order comes first.",
    "the protocol is a template; 58 experts asked follow no single standard",
)
ITEMS = (
    Item(
        "Day of treatment: heat, redness, swelling and pinpoint bleeding are expected and should ease within a day. "
        "Cool packs with pauses; rest with the head raised after a treatment of the face.",
        "uqu-sa.net; Cleveland Clinic",
    ),
    Item(
        "Until the skin has closed: rinse with saline several times a day and keep a thin film of petrolatum on it, so "
        "that it never dries out. An antibiotic only by order and with a date to stop; a closed dressing is changed "
        "within 48 hours and the skin looked at.",
        "Collawn (re-epithelialisation under occlusion); meta-analysis PMID 24646178",
    ),
    Item(
        "Sun: shade and a hat on days 0 to 2, no sunscreen yet. From day 3, on closed skin only, mineral sunscreen of "
        "SPF 30 or more, for at least 90 days and until no pink is left.",
        "Boonchai PMID 25633273; Cleveland Clinic; acne.org",
    ),
    Item(
        "Until closed: no make-up, no picking or scrubbing, no smoking. No exfoliant, shaving, waxing or flushing heat "
        "for two weeks.",
        "uqu-sa.net; skin-disease-care.com; drhowardliu; Cleveland Clinic",
    ),
    Item(
        "Contacts: a call on day 1 or 2, photographs on days 3 and 5, a visit on day 7, a look for dark marks on days "
        "21 to 28, a visit after 4 to 6 weeks, scores and photographs after 3 and 6 months.",
        "Metelitsa; dermsquared; Bjorn 2014; Manuskiatti 2010",
    ),
    Item(
        "Call the same day: grouped blisters or sores, pain or redness that grows after day 2, yellow or green fluid, "
        "one patch that does not heal while the rest does, bleeding that does not stop.",
        "Ramsdell 2012 PMC3580977; ophthalmologyweb.com; the tiers are derived",
    ),
    Item(
        "Call the emergency number: pain in the eye or a change of sight; swelling of the lips or trouble breathing; "
        "fits, fainting or palpitations after the anaesthetic; fever with hot, spreading redness.",
        "PMC2884823; case report on lidocaine 30 %; the tiers are derived",
    ),
)
NO_ANTISEPTIC = Item(
    "No chlorhexidine and no benzalkonium here: they can harm the eye and the middle ear.",
    "PMID 27399954",
)
SLOW = Item(
    "Off the face healing takes about 2 to 4 times as long. The contacts and the warning signs do not move later.",
    "jcadonline.com, microwound healing after fractional CO2; derived",
)


def summary(skins: tuple[Skin, ...]) -> tuple[Item, ...]:
    """The items for the zones treated, the note on review first."""
    zones = {skin.zone for skin in skins}
    items = [FIRST, *ITEMS]
    if zones & set(NO_ANTISEPTIC_ZONES):
        items.insert(3, NO_ANTISEPTIC)
    if zones - set(FAST_ZONES):
        items.append(SLOW)
    return tuple(items)
