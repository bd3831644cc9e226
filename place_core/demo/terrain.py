"""The ground: open sea, coasts, plains with lakes, layered hills, roads."""

from __future__ import annotations

from .canvas import Point
from .classes import GROUNDS, ROAD, SEA
from .curves import bezier, blob, wavy
from .stage import SKYLINE, Stage
from .textures.surfaces import PAINTS

Path = tuple[Point, Point, Point, Point]
"""A cubic Bezier curve, from near to far."""


def paint_terrain(stage: Stage) -> None:
    """Fills everything below the horizon."""
    plans = [_coast, _coast, _open_sea] if stage.allowed(SEA) else []
    if stage.allowed(*GROUNDS):
        plans += [_plain, _plain, _hills, _hills]
    else:
        plans = [_open_sea]
    plan = stage.rng.choice(plans)
    plan(stage)
    if plan is not _open_sea and stage.allowed(ROAD) and stage.chance(0.45):
        _road(stage)


def _land(stage: Stage) -> int:
    return stage.rng.choice(stage.allowed(*GROUNDS))


def _below(stage: Stage, line: list[Point]) -> list[Point]:
    """The area between a line from left to right and the bottom."""
    bottom = stage.canvas.height + 2.0
    return [(line[0][0], bottom), *line, (line[-1][0], bottom)]


def _level(stage: Stage, y: float, swing: float = 0.0, tilt: float = 0.0) -> list[Point]:
    width = stage.canvas.width
    rise = stage.rng.uniform(-tilt, tilt)
    return wavy(stage.rng, (-4, y + rise), (width + 4, y - rise), swing)


def _skyline(stage: Stage, swing: float) -> list[Point]:
    """Where the ground ends; no lower than the backdrop reaches."""
    lowest = stage.horizon + SKYLINE * stage.canvas.height
    return [(x, min(y, lowest)) for x, y in _level(stage, stage.horizon, swing)]


def _open_sea(stage: Stage) -> None:
    stage.fill(SEA, _below(stage, _level(stage, stage.horizon)))
    if stage.allowed(*GROUNDS) and stage.chance(0.5):
        for _ in range(stage.rng.choice((1, 1, 2))):
            _island(stage)


def _island(stage: Stage) -> None:
    """A mound in the water, flat below and round above."""
    rng, canvas = stage.rng, stage.canvas
    y = stage.horizon + rng.uniform(0.02, 0.6) * (canvas.height - stage.horizon)
    x, wide = rng.uniform(0, 1) * canvas.width, rng.uniform(0.1, 0.45) * canvas.width
    high = wide * rng.uniform(0.12, 0.5)
    outline = blob(rng, x, y, wide, high)
    stage.fill(_land(stage), [(px, py if py < y else y + (py - y) * 0.25) for px, py in outline])


def _coast(stage: Stage) -> None:
    """Sea with a shore in front, at one side, or far away."""
    if not stage.allowed(*GROUNDS):
        _open_sea(stage)
        return
    stage.fill(SEA, _below(stage, _level(stage, stage.horizon)))
    kind = stage.rng.choice(("front", "side", "far"))
    shore = {"front": _front_shore, "side": _side_shore, "far": _far_shore}[kind](stage)
    stage.fill(_land(stage), shore[0])
    if len(shore) > 1 and stage.chance(0.5):
        stage.fill(_land(stage), shore[1])


def _front_shore(stage: Stage) -> list[list[Point]]:
    rng, canvas = stage.rng, stage.canvas
    deep = canvas.height - stage.horizon
    y = stage.horizon + rng.uniform(0.2, 0.85) * deep
    line = _level(stage, y, rng.uniform(0.02, 0.25) * deep, rng.uniform(0, 0.4) * deep)
    line = [(x, max(py, stage.horizon + 1)) for x, py in line]
    inland = [(x, py + rng.uniform(0.1, 0.14) * canvas.height) for x, py in line]
    return [_below(stage, line), _below(stage, inland)]


def _side_shore(stage: Stage) -> list[list[Point]]:
    rng, canvas = stage.rng, stage.canvas
    start = (rng.uniform(0.1, 0.9) * canvas.width, stage.horizon)
    end = (rng.uniform(-0.1, 1.1) * canvas.width, canvas.height + 2.0)
    line = wavy(rng, start, end, rng.uniform(0.02, 0.2) * canvas.width)
    line = [(x, max(y, stage.horizon)) for x, y in line]
    edge, inward = (-4.0, -1) if stage.chance(0.5) else (canvas.width + 4.0, 1)
    rise = rng.uniform(0, 0.15) * canvas.height
    back = [(edge, canvas.height + 2.0), (edge, stage.horizon - rise)]
    inland = [(x + inward * (4 + 0.25 * (y - stage.horizon)), y) for x, y in line]
    return [line + back, inland + back]


def _far_shore(stage: Stage) -> list[list[Point]]:
    rng, canvas = stage.rng, stage.canvas
    near = stage.horizon + rng.uniform(0.06, 0.5) * (canvas.height - stage.horizon)
    far = _skyline(stage, rng.uniform(0, 0.04) * canvas.height)
    shore = _level(stage, near, rng.uniform(0, 0.06) * canvas.height, 0.05 * canvas.height)
    return [far + shore[::-1]]


def _plain(stage: Stage) -> None:
    """One kind of ground, perhaps with a patch of another or a lake."""
    rng, canvas = stage.rng, stage.canvas
    line = _skyline(stage, rng.uniform(0, 0.06) * canvas.height)
    stage.fill(_land(stage), _below(stage, line))
    for class_id in (*stage.allowed(SEA), _land(stage)):
        if not stage.chance(0.35):
            continue
        y = stage.horizon + rng.uniform(0.15, 0.9) * (canvas.height - stage.horizon)
        wide = rng.uniform(0.12, 0.5) * canvas.width
        high = min(wide * rng.uniform(0.2, 0.6), 0.9 * (y - stage.horizon))
        stage.fill(class_id, blob(rng, rng.uniform(0, 1) * canvas.width, y, wide, high))


def _hills(stage: Stage) -> None:
    """Wavy layers that come nearer, of one kind of ground or of several."""
    rng, canvas = stage.rng, stage.canvas
    layers = rng.randint(2, 4)
    deep = canvas.height - stage.horizon
    for layer in range(layers):
        swing = rng.uniform(0.05, 0.22) * deep
        if layer == 0:
            line = _skyline(stage, swing)
        else:
            y = stage.horizon + deep * layer / layers * rng.uniform(0.7, 1.1)
            line = _level(stage, y, swing, 0.2 * deep)
        stage.fill(_land(stage), _below(stage, line))


def _road(stage: Stage) -> None:
    """A winding road: to the horizon, or from one side to the other."""
    for _ in range(6):
        path = _path_away(stage) if stage.chance(0.7) else _path_across(stage)
        places = (bezier(path, t / 8) for t in range(9))
        wet = sum(stage.canvas.class_at(x, y) == SEA for x, y in places)
        # A short causeway is fine; a road over open water is not.
        if wet < 2:
            _pave(stage, path, stage.rng.uniform(14, 56) * stage.canvas.unit)
            return


def _path_away(stage: Stage) -> Path:
    rng, width, height = stage.rng, stage.canvas.width, stage.canvas.height
    deep = height - stage.horizon
    near = rng.choice(("bottom", "bottom", "left", "right"))
    if near == "bottom":
        start = (rng.uniform(0.05, 0.95) * width, height + 0.02 * deep)
    else:
        start = ((-0.05 if near == "left" else 1.05) * width, height - rng.uniform(0, 0.6) * deep)
    far, close = sorted((rng.uniform(0, 0.5), rng.uniform(0.05, 0.7)))
    bends = [
        (rng.uniform(-0.1, 1.1) * width, stage.horizon + (start[1] - stage.horizon) * share)
        for share in (close, far)
    ]
    return start, bends[0], bends[1], (rng.uniform(0.05, 0.95) * width, stage.horizon)


def _path_across(stage: Stage) -> Path:
    deep = stage.canvas.height - stage.horizon
    ys = [stage.horizon + stage.rng.uniform(0.15, 0.95) * deep for _ in range(4)]
    a, b, c, d = zip([x * stage.canvas.width for x in (-0.05, 0.33, 0.66, 1.05)], ys, strict=True)
    return a, b, c, d


def _pave(stage: Stage, path: Path, wide: float) -> None:
    steps = 40
    # Even steps of depth, not of length: near parts take more of the picture.
    middle = [bezier(path, (i / steps) ** 0.8) for i in range(steps + 1)]
    left, right = _sides(stage, middle, wide)
    stage.fill(ROAD, left + right[::-1])
    if stage.looks[ROAD] != "asphalt":
        return
    for side in (left, right):
        rim = [
            (x + (mx - x) * 0.12, y + (my - y) * 0.12)
            for (x, y), (mx, my) in zip(side, middle, strict=True)
        ]
        half = next((i for i, (_, y) in enumerate(rim) if stage.depth(y) < 0.25), steps)
        if half > 1:
            stage.canvas.line(ROAD, rim[:half], PAINTS["white"], stage.canvas.thin(0.5))
    inner_left, inner_right = _sides(stage, middle, wide * 0.09)
    for i in range(0, steps - 4, 4):
        dash = inner_left[i : i + 3] + inner_right[i : i + 3][::-1]
        stage.canvas.polygon(ROAD, dash, (250, 226, 120))


def _sides(stage: Stage, middle: list[Point], wide: float) -> tuple[list[Point], list[Point]]:
    """Both edges of a path; its width follows the depth, and is foreshortened where it crosses."""
    left, right = [], []
    for i, (x, y) in enumerate(middle):
        before, after = middle[max(i - 1, 0)], middle[min(i + 1, len(middle) - 1)]
        dx, dy = after[0] - before[0], after[1] - before[1]
        length = (dx * dx + dy * dy) ** 0.5 or 1.0
        half = wide * (0.03 + 0.97 * min(stage.depth(y), 1.2)) / 2
        off_x, off_y = -dy / length * half, dx / length * half * 0.5
        left.append((x + off_x, y + off_y))
        right.append((x - off_x, y - off_y))
    return left, right
