"""The pictures that all stages learn from: rendered once, kept as arrays in the work folder."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..files import write_text
from ..layout import VOID
from .scenes import DETAIL, RESOLUTION, Scene, render_close_up, render_detail, render_scene
from .segmenter import LOOKS
from .styles import STYLES

UNKNOWN = 255
"""Of a pixel's look: void."""
_AT_ONCE = 32
_ON_CPU = torch.device("cpu")


@dataclass(frozen=True)
class PoolKind:
    """What the pictures of a pool show.

    Attributes:
        renderers: seed and size → scene; they take turns.
        side: width and height of the pictures in pixels.
    """

    renderers: Sequence[Callable[[int, tuple[int, int]], Scene]]
    side: int


SCENE_POOL = PoolKind((render_scene, render_close_up), RESOLUTION)
"""Whole scenes, and close-ups, of which each names few things."""
DETAIL_POOL = PoolKind((render_detail,), DETAIL)


@dataclass(frozen=True)
class Pool:
    """Rendered pictures and what is known of them, ``N`` of each.

    Attributes:
        pictures: uint8 ``[N, H, W, 3]``.
        looks: uint8 ``[N, H, W]``, the place in ``LOOKS`` of what each pixel shows, or ``UNKNOWN``.
        styles: uint8 ``[N]``, the place in ``STYLES``.
        captions: a sentence each.
    """

    pictures: np.ndarray
    looks: np.ndarray
    styles: np.ndarray
    captions: Sequence[str]

    def __len__(self) -> int:
        return len(self.captions)

    def images(self, numbers: Sequence[int], device: torch.device = _ON_CPU) -> Tensor:
        """``[B, 3, H, W]`` in −1..1."""
        chosen = torch.from_numpy(self.pictures[np.asarray(numbers)]).to(device)
        return chosen.permute(0, 3, 1, 2).float() / 127.5 - 1


def render_pool(work: Path, count: int, kind: PoolKind = SCENE_POOL) -> Pool:
    """The pool in ``work``: rendered on all cores, or read; a run that was stopped goes on.

    Picture ``i`` has the seed ``i``.
    """
    work.mkdir(exist_ok=True)
    side = kind.side
    pictures = _growing(work / "pictures.npy", (count, side, side, 3))
    looks = _growing(work / "looks.npy", (count, side, side))
    styles = _growing(work / "styles.npy", (count,))
    progress = work / "pool.json"
    captions = json.loads(progress.read_text()) if progress.exists() else []
    starts = range(len(captions), count, _AT_ONCE)
    with ProcessPoolExecutor(os.cpu_count()) as workers:
        rendered = workers.map(
            partial(_render, kind), [range(s, min(s + _AT_ONCE, count)) for s in starts]
        )
        for start, part in zip(starts, rendered, strict=True):
            stop = start + len(part.captions)
            pictures[start:stop] = part.pictures
            looks[start:stop] = part.looks
            styles[start:stop] = part.styles
            captions += part.captions
            if stop % (32 * _AT_ONCE) == 0 or stop == count:
                for array in (pictures, looks, styles):
                    array.flush()
                write_text(progress, json.dumps(captions))
                print(f"pictures rendered: {stop}", flush=True)
    return Pool(pictures, looks, styles, captions)


def _render(kind: PoolKind, numbers: range) -> Pool:
    """Some pictures of the pool."""
    size = (kind.side, kind.side)
    scenes = [kind.renderers[n % len(kind.renderers)](n, size) for n in numbers]
    return Pool(
        np.stack([scene.picture for scene in scenes]),
        np.stack([look_labels(scene) for scene in scenes]),
        np.array([STYLES.index(scene.style) for scene in scenes], np.uint8),
        [scene.caption for scene in scenes],
    )


def look_labels(scene: Scene) -> np.ndarray:
    """``[H, W]`` uint8: the place of each pixel in :data:`LOOKS`; ``UNKNOWN`` is void."""
    labels = np.full(scene.labels.shape, UNKNOWN, np.uint8)
    for class_id, look in scene.attributes.items():
        labels[scene.labels == class_id] = LOOKS.index((class_id, look))
    labels[scene.labels == VOID] = UNKNOWN
    return labels


def _growing(path: Path, shape: tuple[int, ...]) -> np.memmap:
    """An array of bytes in a file, which is made when it is not there."""
    mode = "r+" if path.exists() else "w+"
    return np.lib.format.open_memmap(path, mode=mode, dtype=np.uint8, shape=shape)
