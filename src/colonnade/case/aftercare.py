"""What the clinic decides about aftercare: ``[aftercare]`` of a case. Plain data, nothing judged."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from colonnade.schema import Model

Track = Literal["fractional_field", "spot", "full_field"]
Text = Annotated[str, Field(max_length=200)]


class Order(Model):
    """A physician's order for a medicine, as it was written. Colonnade proposes none."""

    kind: Literal["antibiotic", "antiviral", "steroid", "lightening", "other"] = Field(title="Kind of medicine")
    product: str = Field(title="Product", min_length=2, max_length=200)
    instructions: str = Field(title="How to use it, as ordered", min_length=2, max_length=1000)
    from_day: int = Field(0, ge=-60, le=730, title="First day (day 0 is the treatment day)")
    to_day: int | None = Field(None, ge=-60, le=730, title="Last day")
    ordered_by: str = Field(title="Ordered by", min_length=2, max_length=200)


class Aftercare(Model):
    """The clinic's switches for the aftercare of this case."""

    track: Literal["auto", "fractional_field", "spot", "full_field"] = Field("auto", title="Wound track")
    mole_site: bool = Field(False, title="Is a mole or another pigmented spot treated?")
    moisture: Literal["moist", "dry_72h", "dry_5_7_days"] = Field("moist", title="Moist care, or the clinic's dry rule")
    wash: Literal["saline", "water", "chlorhexidine", "benzalkonium"] = Field("saline", title="What to wash with")
    dressing: Literal["none", "hydrocolloid", "tape"] = Field("none", title="Dressing")
    growth_factor: str = Field("", title="Growth-factor spray: product and lot, empty for none", max_length=200)
    silicone: Literal["none", "gel", "sheet"] = Field("gel", title="Silicone from confirmed closure")
    silicone_from_day: int | None = Field(None, ge=0, le=365, title="Silicone from this day, if the clinic insists")
    allergies: tuple[Text, ...] | None = Field(
        None, strict=False, title="Known allergies; an empty list means asked and none", max_length=40
    )
    orders: tuple[Order, ...] = Field((), strict=False, title="Medicines ordered", max_length=20)
