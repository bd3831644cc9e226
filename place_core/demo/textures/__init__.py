"""The texture of each class: what tells a patch of it from all the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random

from PIL import Image

from .. import classes as c
from ..fields import Size
from ..textures import air, ground, stone, surfaces

Texture = Callable[[Random, Size, float, str], Image.Image]
"""Of a random generator, a size in pixels, the pixels per unit and a look: an RGB picture."""

TEXTURES: Mapping[int, Texture] = {
    c.SKY: air.sky,
    c.CLOUD: air.cloud,
    c.SUN: air.sun,
    c.MOON: air.moon,
    c.BIRD: surfaces.feathers,
    c.BALLOON: surfaces.envelope,
    c.MOUNTAIN: stone.mountain,
    c.SEA: ground.sea,
    c.SAND: ground.sand,
    c.GRASS: ground.grass,
    c.SNOW: ground.snow,
    c.ROAD: ground.road,
    c.ROCK: stone.rock,
    c.TREE: surfaces.foliage,
    c.FLOWER: surfaces.flower_bed,
    c.HOUSE: surfaces.facade,
    c.LIGHTHOUSE: surfaces.tower,
    c.FENCE: surfaces.planks,
    c.BOAT: surfaces.hull,
    c.PERSON: surfaces.clothes,
    c.CAR: surfaces.bodywork,
}
