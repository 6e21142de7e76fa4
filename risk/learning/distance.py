"""Distances on Earth."""

import math

EARTH_KM = 6371.0


def kilometres(north: float, east: float, other_north: float, other_east: float) -> float:
    """Great-circle distance of two places given in degrees (haversine)."""
    here, there = math.radians(north), math.radians(other_north)
    half = math.sin((there - here) / 2) ** 2
    turn = math.radians(other_east - east)
    half += math.cos(here) * math.cos(there) * math.sin(turn / 2) ** 2
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(half)))
