"""The classes that the demo scenes are made of."""

from __future__ import annotations

from ..layout import LayoutClass

_TABLE: tuple[tuple[str, tuple[int, int, int]], ...] = (
    ("sky", (112, 178, 240)),
    ("cloud", (226, 232, 240)),
    ("sun", (255, 214, 0)),
    ("moon", (176, 168, 214)),
    ("bird", (20, 20, 60)),
    ("balloon", (255, 92, 168)),
    ("mountain", (126, 106, 140)),
    ("sea", (16, 84, 190)),
    ("sand", (236, 208, 132)),
    ("grass", (104, 200, 60)),
    ("snow", (206, 250, 250)),
    ("road", (96, 96, 104)),
    ("rock", (128, 100, 72)),
    ("tree", (18, 110, 44)),
    ("flower", (204, 60, 220)),
    ("house", (206, 62, 50)),
    ("lighthouse", (255, 140, 90)),
    ("fence", (120, 66, 20)),
    ("boat", (0, 190, 180)),
    ("person", (255, 176, 148)),
    ("car", (150, 0, 60)),
)

CLASSES: tuple[LayoutClass, ...] = tuple(
    LayoutClass(number, name, name, color) for number, (name, color) in enumerate(_TABLE)
)
"""All classes by ascending id."""

(
    SKY,
    CLOUD,
    SUN,
    MOON,
    BIRD,
    BALLOON,
    MOUNTAIN,
    SEA,
    SAND,
    GRASS,
    SNOW,
    ROAD,
    ROCK,
    TREE,
    FLOWER,
    HOUSE,
    LIGHTHOUSE,
    FENCE,
    BOAT,
    PERSON,
    CAR,
) = range(len(CLASSES))

GROUNDS: tuple[int, ...] = (SAND, GRASS, SNOW)
"""What things may stand on."""

BACKGROUNDS: tuple[int, ...] = (SKY, MOUNTAIN, SEA, *GROUNDS, ROAD)
"""Classes that fill areas; the others are things."""
