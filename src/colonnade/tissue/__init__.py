"""Skin: layers, sites, water, properties."""

from colonnade.tissue.skin import Layer, Skin, skin

__all__ = ["Layer", "Skin", "skin"]
