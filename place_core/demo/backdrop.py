"""Behind the ground: sky, sun or moon, clouds, mountains."""

from __future__ import annotations

from .classes import CLOUD, MOON, MOUNTAIN, SKY, SUN
from .curves import jagged, wavy
from .stage import SKYLINE, Stage


def paint_backdrop(stage: Stage) -> None:
    """Everything that the ground may hide, from far to near."""
    canvas = stage.canvas
    low = min(canvas.height, stage.horizon + (SKYLINE + 0.02) * canvas.height)
    stage.fill(SKY, [(0, 0), (canvas.width, 0), (canvas.width, low), (0, low)])
    lights = stage.allowed(SUN, MOON)
    if lights and stage.chance(0.5):
        _hang(stage, stage.rng.choice(lights), 14, stage.rng.choice((28, 44, 64)))
    if stage.allowed(CLOUD) and stage.chance(0.6):
        for _ in range(stage.rng.choice((1, 1, 2, 2, 3, 4))):
            _hang(stage, CLOUD, 9, 26)
    if stage.allowed(MOUNTAIN) and stage.chance(0.45):
        _range_of_mountains(stage)


def _hang(stage: Stage, class_id: int, smallest: float, largest: float) -> None:
    rng, canvas = stage.rng, stage.canvas
    size = rng.uniform(smallest, largest) * canvas.unit
    x = rng.uniform(-0.03, 1.03) * canvas.width
    stage.draw(class_id, x, rng.uniform(0.4 * size, max(stage.horizon, size * 1.2)), size)


def _range_of_mountains(stage: Stage) -> None:
    """One to three ridges; each spans the picture or rises somewhere in it."""
    rng, canvas = stage.rng, stage.canvas
    foot, layers = stage.horizon + SKYLINE * canvas.height, rng.choice((1, 1, 2, 3))
    tallest = rng.uniform(0.12, 0.5) * canvas.height
    for layer in range(layers):
        height = tallest * (1 - layer / (layers + 0.6)) * rng.uniform(0.8, 1.1)
        if stage.chance(0.4):
            left = rng.uniform(-0.3, 0.6) * canvas.width
            right = left + rng.uniform(0.35, 0.9) * canvas.width
            top = (rng.uniform(left + 0.2 * (right - left), right), stage.horizon - height)
            ridge = jagged(rng, (left, foot), top, height * 0.16, 4)
            ridge += jagged(rng, top, (right, foot), height * 0.16, 4)[1:]
        else:
            middle = stage.horizon - height * 0.6
            ends = (-4.0, middle), (canvas.width + 4.0, middle + rng.uniform(-0.2, 0.2) * height)
            line = jagged if stage.chance(0.75) else wavy
            ridge = line(rng, *ends, height * 0.5)
        ridge = [(x, min(y, foot)) for x, y in ridge]
        stage.fill(MOUNTAIN, [(ridge[0][0], foot), *ridge, (ridge[-1][0], foot)])
    stage.counts[MOUNTAIN] += rng.choice((1, 2))
