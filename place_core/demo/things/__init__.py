"""How each thing is drawn: at a foot point, of a height, with a look."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random

from .. import classes as c
from ..canvas import Canvas
from ..things import boats, buildings, fences, living, plants, rocks, skies, vehicles

Painter = Callable[[Canvas, Random, float, float, float, str], None]
"""Of a canvas, a generator, x and y of the foot's middle, the height in canvas pixels, a look."""

THINGS: Mapping[int, Painter] = {
    c.CLOUD: skies.cloud,
    c.SUN: skies.sun,
    c.MOON: skies.moon,
    c.BIRD: living.bird,
    c.BALLOON: vehicles.balloon,
    c.ROCK: rocks.rock,
    c.TREE: plants.tree,
    c.FLOWER: plants.flowers,
    c.HOUSE: buildings.house,
    c.LIGHTHOUSE: buildings.lighthouse,
    c.FENCE: fences.fence,
    c.BOAT: boats.boat,
    c.PERSON: living.person,
    c.CAR: vehicles.car,
}
