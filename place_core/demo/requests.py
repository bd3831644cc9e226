"""Layouts with words to measure a model by: scenes that no training saw, and maps drawn by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

import numpy as np

from ..evaluation.request import LayoutRequest
from .attributes import words_for
from .hand_drawn import hand_drawn_layout
from .scenes import ALL, layout_of, render_scene

# Seeds that no stage of training uses.
_SCENES, _DRAWINGS = 50_000_000, 60_000_000
SQUARE = (128, 128)
NOT_SQUARE = ((192, 128), (128, 192), (224, 96), (96, 160))


@dataclass(frozen=True)
class DemoRequest:
    """A layout with words, and what a picture of it must show.

    Attributes:
        request: for the model.
        looks: the look of each class whose words say it.
        style: the style that the words say, "" for a plain picture.
        picture: uint8 ``[H, W, 3]`` as the renderer shows it; None for a hand-drawn map.
    """

    request: LayoutRequest
    looks: Mapping[int, str]
    style: str = ""
    picture: np.ndarray | None = None


def unseen_scenes(count: int, sizes: Sequence[tuple[int, int]] = (SQUARE,)) -> list[DemoRequest]:
    """Layouts, words and pictures of scenes; the sizes take turns."""
    requests = []
    for number in range(count):
        scene = render_scene(_SCENES + number, sizes[number % len(sizes)], ALL)
        said = {i: look for i, look in scene.attributes.items() if look in scene.words[i].split()}
        request = LayoutRequest(layout_of(scene.labels), scene.words, scene.style)
        requests.append(DemoRequest(request, said, scene.style, scene.picture))
    return requests


def hand_drawn(count: int, size: tuple[int, int] = SQUARE) -> list[DemoRequest]:
    """Polygons, circles, letters and stripes, each class with a look drawn by lot."""
    requests = []
    for number in range(count):
        seed = _DRAWINGS + number
        labels, rng = hand_drawn_layout(seed, size, ALL), Random(seed)
        looks = {int(i): rng.choice(ALL.looks(int(i))) for i in np.unique(labels)}
        words = {i: words_for(i, look) for i, look in looks.items()}
        requests.append(DemoRequest(LayoutRequest(layout_of(labels), words), looks))
    return requests
