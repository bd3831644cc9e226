"""What the parts of a scene share while it is composed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from .canvas import Canvas, Point
from .textures import TEXTURES
from .things import THINGS

SKYLINE = 0.06
"""How far below the horizon the ground may begin, as a share of the picture's height."""


@dataclass
class Stage:
    """A scene in the making.

    Attributes:
        canvas: where it is drawn.
        rng: the only source of chance.
        looks: the look of each class that may occur.
        horizon: canvas row where the ground ends.
        counts: how many things of each class were drawn so far.
    """

    canvas: Canvas
    rng: Random
    looks: Mapping[int, str]
    horizon: float
    counts: Counter[int] = field(default_factory=Counter)

    def allowed(self, *class_ids: int) -> list[int]:
        """Those of the classes that may occur, in the same order."""
        return [i for i in class_ids if i in self.looks]

    def chance(self, share: float) -> bool:
        """True in ``share`` (0..1) of the cases."""
        return self.rng.random() < share

    def depth(self, y: float) -> float:
        """0 at the horizon, 1 at the bottom of the picture."""
        return max(0.0, (y - self.horizon) / max(self.canvas.height - self.horizon, 1.0))

    def fill(self, class_id: int, *polygons: Sequence[Point]) -> None:
        """Covers an area with the texture of a class."""
        texture, look = TEXTURES[class_id], self.looks[class_id]
        self.canvas.region(
            class_id, polygons, lambda size: texture(self.rng, size, self.canvas.unit, look)
        )

    def draw(self, class_id: int, x: float, y: float, height: float) -> None:
        """Draws a thing that stands at a point."""
        THINGS[class_id](self.canvas, self.rng, x, y, height, self.looks[class_id])
        self.counts[class_id] += 1
