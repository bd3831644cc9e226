"""Which classes, looks and styles may occur: everything, or what the fine-tuning sees as maps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .attributes import ATTRIBUTES
from .classes import (
    BALLOON,
    BOAT,
    CAR,
    CLASSES,
    FLOWER,
    HOUSE,
    LIGHTHOUSE,
    SEA,
    SKY,
    SNOW,
    TREE,
)
from .styles import STYLES


@dataclass(frozen=True)
class Vocabulary:
    """What a scene may show.

    Attributes:
        classes: class ids. Sky and at least one of sea, sand, grass and snow belong to it.
        attributes: pairs of a class id and a look; every class needs one.
        styles: names of whole-picture styles, "" for the plain one.
    """

    classes: frozenset[int]
    attributes: frozenset[tuple[int, str]]
    styles: frozenset[str]

    def looks(self, class_id: int) -> tuple[str, ...]:
        """The looks that a class may have, in the order of the table."""
        return tuple(a for a in ATTRIBUTES[class_id] if (class_id, a) in self.attributes)

    def without(
        self,
        classes: Iterable[int] = (),
        attributes: Iterable[tuple[int, str]] = (),
        styles: Iterable[str] = (),
    ) -> Vocabulary:
        """A smaller vocabulary; the looks of a class that leaves go with it."""
        kept = self.classes - set(classes)
        pairs = self.attributes - set(attributes)
        return Vocabulary(
            kept, frozenset(p for p in pairs if p[0] in kept), self.styles - set(styles)
        )


ALL = Vocabulary(
    classes=frozenset(c.id for c in CLASSES),
    attributes=frozenset((i, a) for i, looks in ATTRIBUTES.items() for a in looks),
    styles=frozenset(STYLES),
)
"""Everything."""

HELD_OUT_CLASSES = frozenset({BALLOON, SNOW, LIGHTHOUSE, CAR})
HELD_OUT_ATTRIBUTES = frozenset(
    {
        (SKY, "sunset"),
        (SEA, "turquoise"),
        (TREE, "autumn"),
        (HOUSE, "blue"),
        (BOAT, "yellow"),
        (FLOWER, "purple"),
    }
)
HELD_OUT_STYLES = frozenset({"pixel art", "old photograph"})

SEEN = ALL.without(HELD_OUT_CLASSES, HELD_OUT_ATTRIBUTES, HELD_OUT_STYLES)
"""What has label maps in the fine-tuning; the rest exists only in pictures with captions."""
