"""Where things stand, how many and how large."""

from __future__ import annotations

from dataclasses import dataclass

from . import classes as c
from .stage import Stage


@dataclass(frozen=True)
class _Habit:
    """How a class of things occurs; sizes in 1/128 of the picture.

    Attributes:
        chance: share of scenes that get some.
        counts: how many, one of these.
        height: at the bottom of the picture, before chance changes it.
        smallest: nothing lower is drawn: in 16x16 latents it could not be told what it is.
        stands_on: classes that can carry it.
    """

    chance: float
    counts: tuple[int, ...]
    height: float
    smallest: float
    stands_on: tuple[int, ...]


_HABITS: dict[int, _Habit] = {
    c.TREE: _Habit(0.42, (1, 1, 2, 3, 5), 78, 26, c.GROUNDS),
    c.HOUSE: _Habit(0.33, (1, 1, 1, 2, 3), 60, 26, c.GROUNDS),
    c.LIGHTHOUSE: _Habit(0.18, (1,), 96, 44, (*c.GROUNDS, c.MOUNTAIN)),
    c.ROCK: _Habit(0.22, (1, 1, 2, 3), 42, 14, (*c.GROUNDS, c.SEA)),
    c.FENCE: _Habit(0.2, (1, 1, 2), 40, 18, c.GROUNDS),
    c.FLOWER: _Habit(0.22, (1, 2, 3, 5), 44, 20, (c.GRASS, c.SAND)),
    c.PERSON: _Habit(0.25, (1, 1, 2, 3), 74, 32, (*c.GROUNDS, c.ROAD)),
    c.CAR: _Habit(0.2, (1, 1, 2), 38, 18, (c.ROAD, *c.GROUNDS)),
    c.BOAT: _Habit(0.6, (1, 1, 2, 3), 64, 22, (c.SEA,)),
}
_OPEN = {c.SKY, c.CLOUD, c.MOUNTAIN, c.SEA, *c.GROUNDS}
"""What things may fly in front of."""


def place_things(stage: Stage) -> None:
    """Draws all things from far to near, and what flies above them."""
    spots = [spot for class_id in stage.allowed(*_HABITS) for spot in _spots(stage, class_id)]
    for y, _, class_id, x, height in sorted(spots):
        stage.draw(class_id, x, y, height)
    if stage.allowed(c.BALLOON) and stage.chance(0.2):
        for _ in range(stage.rng.choice((1, 1, 2, 3))):
            _fly(stage, c.BALLOON, 24, 60)
    if stage.allowed(c.BIRD) and stage.chance(0.25):
        for _ in range(stage.rng.choice((1, 2, 3))):
            _fly(stage, c.BIRD, 14, 26)


def _spots(stage: Stage, class_id: int) -> list[tuple[float, int, int, float, float]]:
    """Places of one class: y, a running number, the class, x and height."""
    habit, rng, canvas = _HABITS[class_id], stage.rng, stage.canvas
    if not stage.chance(habit.chance):
        return []
    spots = []
    # Now and then things are far too large or small for where they stand.
    odd = rng.choice((0.5, 1.8)) if stage.chance(0.12) else 1.0
    for number in range(rng.choice(habit.counts)):
        for _ in range(10):
            x = rng.uniform(-0.02, 1.02) * canvas.width
            near = rng.uniform(0.02, 1.08)
            y = stage.horizon + near * (canvas.height - stage.horizon)
            if canvas.class_at(x, y) in habit.stands_on:
                scale = (0.12 + 0.88 * near) * rng.uniform(0.65, 1.4) * odd
                height = max(habit.smallest, habit.height * scale) * canvas.unit
                spots.append((y, number, class_id, x, min(height, 0.95 * canvas.height)))
                break
    return spots


def _fly(stage: Stage, class_id: int, smallest: float, largest: float) -> None:
    rng, canvas = stage.rng, stage.canvas
    size = rng.uniform(smallest, largest) * canvas.unit
    low = max(stage.horizon, 0.35 * canvas.height)
    for _ in range(10):
        x, y = rng.uniform(0.02, 0.98) * canvas.width, rng.uniform(size, low + size / 2)
        if {canvas.class_at(x, y), canvas.class_at(x, y - size / 2)} <= _OPEN:
            stage.draw(class_id, x, y, size)
            return
