"""The field: pattern, region, coverage by depth, bulk heat. ``treat(lesion, pattern, region=...) -> Field``."""

from colonnade.field.area import Area, area_of, divide, polygon
from colonnade.field.bulk import BulkHeat
from colonnade.field.coverage import Coverage
from colonnade.field.drawing import from_geojson, from_svg_path
from colonnade.field.focus import Aim, FocusTable, focus_table
from colonnade.field.maps import CoverageMap, Islands, coverage_map, islands
from colonnade.field.order import Firing, Timing
from colonnade.field.pattern import Pattern, pattern
from colonnade.field.preheat import LesionTable, Preheat, lesion_table
from colonnade.field.region import Circle, Rectangle, Region, circle, rectangle, square
from colonnade.field.stamps import Hand, Overlaps, Scan, Tiling, tile
from colonnade.field.treat import Field, treat

__all__ = [
    "Aim",
    "Area",
    "BulkHeat",
    "Circle",
    "Coverage",
    "CoverageMap",
    "Field",
    "Firing",
    "FocusTable",
    "Hand",
    "Islands",
    "LesionTable",
    "Overlaps",
    "Pattern",
    "Preheat",
    "Rectangle",
    "Region",
    "Scan",
    "Tiling",
    "Timing",
    "area_of",
    "circle",
    "coverage_map",
    "divide",
    "focus_table",
    "from_geojson",
    "from_svg_path",
    "islands",
    "lesion_table",
    "pattern",
    "polygon",
    "rectangle",
    "square",
    "tile",
    "treat",
]
