"""Which looks each class has, and how people say them."""

from __future__ import annotations

from collections.abc import Mapping

from .classes import (
    BALLOON,
    BIRD,
    BOAT,
    CAR,
    CLASSES,
    CLOUD,
    FENCE,
    FLOWER,
    GRASS,
    HOUSE,
    LIGHTHOUSE,
    MOON,
    MOUNTAIN,
    PERSON,
    ROAD,
    ROCK,
    SAND,
    SEA,
    SKY,
    SNOW,
    SUN,
    TREE,
)

ATTRIBUTES: Mapping[int, tuple[str, ...]] = {
    SKY: ("clear", "stormy", "sunset", "overcast"),
    CLOUD: ("white", "pink", "dark"),
    SUN: ("yellow", "red", "pale"),
    MOON: ("full", "crescent", "orange"),
    BIRD: ("black", "white", "red"),
    BALLOON: ("red", "blue", "striped"),
    MOUNTAIN: ("rocky", "snowy", "green", "red"),
    SEA: ("calm", "rough", "turquoise"),
    SAND: ("yellow", "white", "red"),
    GRASS: ("green", "dry", "mown"),
    SNOW: ("fresh", "icy", "muddy"),
    ROAD: ("asphalt", "dirt", "cobblestone"),
    ROCK: ("gray", "mossy", "red"),
    TREE: ("green", "autumn", "bare", "blossoming", "pine"),
    FLOWER: ("yellow", "purple", "red", "white"),
    HOUSE: ("red", "white", "blue", "yellow"),
    LIGHTHOUSE: ("striped", "white", "yellow"),
    FENCE: ("white", "wooden", "iron"),
    BOAT: ("red", "white", "blue", "yellow"),
    PERSON: ("red", "blue", "white", "black"),
    CAR: ("red", "blue", "yellow"),
}
"""The looks of each class; a scene gives all things of a class the same one."""

_COUNTED = {CLOUD, BIRD, BALLOON, MOUNTAIN, ROCK, TREE, FLOWER, HOUSE, LIGHTHOUSE}
_COUNTED |= {FENCE, BOAT, PERSON, CAR, SUN, MOON, ROAD}


def is_counted(class_id: int) -> bool:
    """Whether a noun of this class takes an article and a plural ("a boat", but "sand")."""
    return class_id in _COUNTED


def words_for(class_id: int, attribute: str = "", several: bool = False) -> str:
    """The short words of a class with a look: "red house", "green trees", "person in blue".

    An empty attribute leaves the look open.
    """
    noun = CLASSES[class_id].name
    if several and is_counted(class_id):
        noun = "people" if class_id == PERSON else f"{noun}s"
    if not attribute:
        return noun
    return f"{noun} in {attribute}" if class_id == PERSON else f"{attribute} {noun}"
