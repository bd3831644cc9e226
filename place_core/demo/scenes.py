"""Scenes: picture, label map and caption, made from a seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random

import numpy as np
import torch
from PIL import Image

from ..layout import VOID, Layout
from .attributes import ATTRIBUTES, is_counted, words_for
from .backdrop import paint_backdrop
from .canvas import FACTOR, Canvas
from .captions import caption_for
from .classes import CLASSES, FLOWER, MOON, SKY, SUN
from .placement import place_things
from .stage import Stage
from .styles import NIGHT, STYLES, apply_style
from .terrain import paint_terrain
from .textures import TEXTURES
from .vocabulary import ALL, SEEN, Vocabulary

__all__ = [
    "ALL",
    "CLASSES",
    "DETAIL",
    "RESOLUTION",
    "SEEN",
    "VOID_BYTE",
    "Scene",
    "Vocabulary",
    "from_bytes",
    "layout_of",
    "render_close_up",
    "render_detail",
    "render_layout",
    "render_scene",
    "to_bytes",
]

_STYLED = 0.3
"""Share of scenes that have a style."""
_UNSAID = 0.12
"""Share of classes whose words leave their look open."""
_SPECK = 0.001
"""A class that covers less of the picture than this is void: nobody could name it."""

RESOLUTION = 128
"""Width and height of a scene in pixels, where nothing else is said."""
DETAIL = RESOLUTION // 2
"""Width and height of a detail of a scene in pixels."""

VOID_BYTE = 255
"""Void in an index map of bytes."""


@dataclass(frozen=True)
class Scene:
    """A picture and what is known of it.

    Attributes:
        picture: uint8 ``[H, W, 3]``.
        labels: int16 ``[H, W]``, class id or ``VOID``, exactly what is visible.
        caption: a sentence; it may leave out some classes.
        words: the words of each visible class, e.g. "red house", "stormy sky".
        attributes: the look of each visible class, even where the words leave it open.
        style: "" for a plain picture.
    """

    picture: np.ndarray
    labels: np.ndarray
    caption: str
    words: Mapping[int, str]
    attributes: Mapping[int, str]
    style: str


def layout_of(labels: np.ndarray) -> Layout:
    """The layout of a label map ``[H, W]`` of the demo's classes."""
    return Layout(torch.from_numpy(labels.astype(np.int16))[None], CLASSES)


def to_bytes(labels: np.ndarray) -> np.ndarray:
    """A label map as uint8 ``[H, W]``, 255 where void: the values of an index map."""
    return np.where(labels == VOID, VOID_BYTE, labels).astype(np.uint8)


def from_bytes(values: np.ndarray) -> np.ndarray:
    """The label map, int16, of what :func:`to_bytes` makes."""
    return np.where(values == VOID_BYTE, VOID, values.astype(np.int16))


def render_scene(
    seed: int, size: tuple[int, int] = (RESOLUTION, RESOLUTION), vocabulary: Vocabulary = ALL
) -> Scene:
    """A scene of ``size`` (width, height) pixels; the same arguments give the same scene."""
    rng = Random(seed)
    return _described(rng, _composed(rng, size, vocabulary))


def render_close_up(
    seed: int, size: tuple[int, int] = (RESOLUTION, RESOLUTION), vocabulary: Vocabulary = ALL
) -> Scene:
    """A part of a scene twice as large: few things in one picture, which its words name.

    From whole scenes alone, where a dozen words share a picture, a model learns slowly which word
    means which thing.
    """
    rng = Random(seed)
    width, height = size
    whole = _composed(rng, (2 * width, 2 * height), vocabulary)
    # Every class as often as the sky, whatever its area.
    return _described(rng, _cut(rng, whole, size, rng.choice(_visible(whole.labels))))


def render_detail(
    seed: int, size: tuple[int, int] = (DETAIL, DETAIL), vocabulary: Vocabulary = ALL
) -> Scene:
    """A quarter of a scene, as large as it is there, where a thing can be seen.

    A model learns things from these at a quarter of the cost, and sees more of them: in whole
    scenes, most of the picture is sky and ground.
    """
    rng = Random(seed)
    width, height = size
    whole = _composed(rng, (2 * width, 2 * height), vocabulary)
    visible = _visible(whole.labels)
    things = [i for i in visible if is_counted(i)]
    return _described(rng, _cut(rng, whole, size, rng.choice(things or visible)))


@dataclass(frozen=True)
class _Composition:
    """A picture before anybody says what is in it; ``counts`` of the things drawn, by class."""

    picture: np.ndarray
    labels: np.ndarray
    looks: Mapping[int, str]
    style: str
    counts: Mapping[int, int]


def _composed(rng: Random, size: tuple[int, int], vocabulary: Vocabulary) -> _Composition:
    style = _choose_style(rng, vocabulary)
    looks = {i: rng.choice(vocabulary.looks(i)) for i in sorted(vocabulary.classes)}
    if style == NIGHT:
        looks.pop(SUN, None)
    canvas = Canvas(size, SKY, night=style == NIGHT)
    stage = Stage(canvas, rng, looks, rng.uniform(0.1, 0.8) * canvas.height)
    paint_backdrop(stage)
    paint_terrain(stage)
    place_things(stage)
    picture, labels, shines = canvas.finished()
    picture = apply_style(style, picture, labels, shines, rng)
    return _Composition(picture, labels, looks, style, stage.counts)


def _visible(labels: np.ndarray) -> list[int]:
    return [i for i in np.unique(labels).tolist() if i != VOID]


def _cut(rng: Random, whole: _Composition, size: tuple[int, int], shown: int) -> _Composition:
    """A window of ``size`` (width, height), half the whole, around some pixel of a class."""
    width, height = size
    rows, columns = np.nonzero(whole.labels == shown)
    pixel = rng.randrange(len(rows))
    top = min(max(int(rows[pixel]) - height // 2, 0), height)
    left = min(max(int(columns[pixel]) - width // 2, 0), width)
    window = np.s_[top : top + height, left : left + width]
    return replace(whole, picture=whole.picture[window].copy(), labels=whole.labels[window].copy())


def _described(rng: Random, shown: _Composition) -> Scene:
    """The scene, with words for what is visible; its specks become void."""
    labels, looks = shown.labels, shown.looks
    _make_specks_void(labels)
    visible = _visible(labels)
    several = frozenset(
        i for i in visible if is_counted(i) and (shown.counts[i] > 1 or i == FLOWER)
    )
    words = {
        i: words_for(i, "" if rng.random() < _UNSAID else looks[i], i in several) for i in visible
    }
    caption = caption_for(rng, words, several, shown.style)
    attributes = {i: looks[i] for i in visible}
    return Scene(shown.picture, labels, caption, words, attributes, shown.style)


def render_layout(
    labels: np.ndarray, words: Mapping[int, str], style: str = "", seed: int = 0
) -> np.ndarray:
    """A picture uint8 ``[H, W, 3]`` that fills any label map with the textures of its classes.

    Args:
        labels: ``[H, W]``, class ids or ``VOID``, which becomes gray.
        words: of classes; a look named there is used, any other is chosen by the seed.
        style: of the whole picture.
        seed: the source of chance.
    """
    rng = Random(seed)
    height, width = labels.shape
    canvas = Canvas((width, height), SKY, night=style == NIGHT)
    canvas.picture.paste((128, 128, 128), (0, 0, canvas.width, canvas.height))
    for class_id in (i for i in np.unique(labels).tolist() if i != VOID):
        look = _named_look(class_id, words.get(class_id, "")) or rng.choice(ATTRIBUTES[class_id])
        mask = Image.fromarray((labels == class_id).astype(np.uint8) * 255)
        left, top, right, bottom = (FACTOR * edge for edge in mask.getbbox())
        mask = mask.resize((canvas.width, canvas.height), Image.Resampling.NEAREST)
        texture = TEXTURES[class_id](rng, (right - left, bottom - top), canvas.unit, look)
        mask = mask.crop((left, top, right, bottom))
        canvas.stamp(class_id, mask, (left, top), texture, shines=class_id == MOON)
    picture, _, shines = canvas.finished()
    return apply_style(style, picture, labels, shines, rng)


def _choose_style(rng: Random, vocabulary: Vocabulary) -> str:
    styles = [s for s in STYLES if s and s in vocabulary.styles]
    plain = "" in vocabulary.styles
    if styles and (not plain or rng.random() < _STYLED):
        return rng.choice(styles)
    return ""


def _named_look(class_id: int, words: str) -> str:
    """The look that words name, "" where they leave it open."""
    said = words.lower().split()
    return next((look for look in ATTRIBUTES[class_id] if look in said), "")


def _make_specks_void(labels: np.ndarray) -> None:
    """Changes ``labels`` in place."""
    ids, counts = np.unique(labels, return_counts=True)
    for class_id in ids[counts < _SPECK * labels.size]:
        labels[labels == class_id] = VOID
