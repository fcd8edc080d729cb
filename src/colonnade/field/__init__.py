"""The field: pattern, region, coverage by depth, bulk heat. ``treat(lesion, pattern, region=...) -> Field``."""

from colonnade.field.bulk import BulkHeat
from colonnade.field.coverage import Coverage
from colonnade.field.pattern import Pattern, pattern
from colonnade.field.region import Circle, Rectangle, Region, circle, rectangle, square
from colonnade.field.treat import Field, treat

__all__ = [
    "BulkHeat",
    "Circle",
    "Coverage",
    "Field",
    "Pattern",
    "Rectangle",
    "Region",
    "circle",
    "pattern",
    "rectangle",
    "square",
    "treat",
]
