"""Healing: closure of the columns, signs by day, collagen over months, risks. ``heal(field, lesion=…) -> Course``."""

from colonnade.healing.course import Course, Days, Track, daily
from colonnade.healing.evidence import GRADES, Factor, Prediction, Reducer, Risk
from colonnade.healing.heal import heal
from colonnade.healing.naevus import Recurrence, recurrence
from colonnade.healing.wound import Wound, fractional, full_field, of_field

__all__ = [
    "GRADES",
    "Course",
    "Days",
    "Factor",
    "Prediction",
    "Recurrence",
    "Reducer",
    "Risk",
    "Track",
    "Wound",
    "daily",
    "fractional",
    "full_field",
    "heal",
    "of_field",
    "recurrence",
]
