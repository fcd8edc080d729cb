"""Beam, pulse, device, settings: what a laser offers and what one microbeam delivers."""

from colonnade.laser.device import Device, Offered, Stated, device
from colonnade.laser.settings import Settings, columns_per_m2, density_of
from colonnade.laser.shot import Profile, Shot
from colonnade.laser.train import PulseTrain, Segments

__all__ = [
    "Device",
    "Offered",
    "Profile",
    "PulseTrain",
    "Segments",
    "Settings",
    "Shot",
    "Stated",
    "columns_per_m2",
    "density_of",
    "device",
]
