"""Every constant of the healing models that does not depend on the site, with source, range and flag.

Rates carry their unit in the name; `colonnade.healing.fit` repeats the fitted ones from rows of role ``calibrate``.
Keys in brackets are those of the theory page.
"""

from __future__ import annotations

from colonnade.photothermal.constants import Constant

# --- epidermal front ------------------------------------------------------------------------------------------------
#: Low end: smallest lesions healed in 84 of 100 cases; high end: largest lesions, half of the cases.
FRONT_SPEED_um_h = Constant(
    8.26,
    4.62,
    11.36,
    "fitted",
    "Stumpp 2009 doi:10.1117/1.3103316 (non-ablative, forearm): ED50 10 to 22 h, ED84 13 to 28 h; radii of 60 and "
    "250 um are assumed, the abstract says only that all lesions were below 500 um",
)
#: Radii that go with the shortest and the longest healing time of the rows above [µm].
STUMPP_RADII_um = (60.0, 250.0)

#: Healing under a dry crust takes longer than under a dressing: crust 9.1 against 5.0 days on split faces.
DRY_CARE_TIME = Constant(1.82, 1.0, 1.82, "measured", "full-field CO2, closed against open half, PubMed 11594855")
#: Speed of the front in a person whose healing is impaired (smoker, diabetes, immunosuppression, radiotherapy).
IMPAIRED_SPEED = Constant(0.75, 0.5, 1.0, "assumed", "direction from CI-12 and CI-04 of the rules; no number was found")

# --- visible zone ---------------------------------------------------------------------------------------------------
VISIBLE_LAG_d = Constant(
    4.44, 3.0, 7.0, "fitted", "Kim 2022 JCAD 15(9):25, inner arm: 75 % of the area at day 7, 25 % at day 14"
)
#: Speed at which the edge of the visible zone recedes.
VISIBLE_SPEED_um_d = Constant(
    4.18, 3.4, 5.6, "fitted", "Kim 2022, same rows; a radius of 80 um is assumed, the abstract states none"
)
KIM_RADIUS_um = 80.0

# --- signs ----------------------------------------------------------------------------------------------------------
PLUG_RISE_d = Constant(0.5, 0.25, 1.0, "measured", "debris plugs by 12 h, all present at 24 h [UQU]")
REDNESS_FAST_d = Constant(
    3.0, 2.0, 4.0, "assumed", "form of the physics page: fractional redness of 2 to 3 days [UQU2]"
)
REDNESS_SLOW_d = Constant(
    20.0, 10.0, 45.0, "assumed", "form of the physics page; full-field redness gone by day 60 to 90 [TRE98]"
)
#: Share of the fast part in the redness at the start.
REDNESS_FAST_SHARE = Constant(0.5, 0.5, 0.5, "assumed", "no split was found")
#: Redness below this share of a fresh full-field wound is taken as not noticeable.
REDNESS_NOTICED = Constant(0.03, 0.015, 0.06, "assumed", "no threshold was found")
SWELLING_PEAK_d = Constant(2.0, 2.0, 3.0, "measured", "swelling highest at 48 to 72 h (aftercare page, from [UQU2])")
SWELLING_NOTICED = Constant(0.1, 0.05, 0.2, "assumed", "no threshold was found")
INFLAMMATION_RISE_d = Constant(0.5, 0.3, 0.7, "assumed", "consensus curve [SKB]")
INFLAMMATION_DECAY_d = Constant(4.5, 4.0, 5.0, "assumed", "consensus curve [SKB]: tau 4 to 5 days")

# --- matrix ---------------------------------------------------------------------------------------------------------
HSP47_RISE_d = Constant(9.28, 5.0, 12.0, "fitted", "peak at 1 month, high at 6 months: Xu, back skin, n = 7")
HSP47_DECAY_d = Constant(202.7, 60.0, 400.0, "fitted", "same; 'high' is taken as half of the peak")
FIBROBLAST_LIFE_d = Constant(8.0, 5.0, 12.0, "assumed", "myofibroblasts peak at day 12 and are few by day 28 [SKB]")
COLLAGEN_MATURING_d = Constant(45.0, 30.0, 60.0, "assumed", "collagen III to I in 30 to 60 days, unsourced")
FRACTIONAL_INDUCTION = Constant(
    0.45, 0.40, 0.50, "measured", "procollagen I induced by fractional against fully ablative CO2: 40 to 50 % [ORR12]"
)
#: Area lost per area of coagulated skin, at once.
SHRINKAGE = Constant(0.3, 0.0, 0.6, "assumed", "heated collagen shortens; no figure for human skin in vivo was found")
