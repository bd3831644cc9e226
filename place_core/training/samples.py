"""Training samples as a function of their number, so that a run can be resumed and divided.

Which picture, crop, timestep and noise a sample has depends on the seed and on its number in the
run, and on nothing else: not on the process that makes it, nor on when the run was stopped.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from ..bound_layout import BoundLayout
from ..layout import Layout
from ..lcm import FULL
from .config import Config
from .data import (
    Captioned,
    CaptionedFiles,
    DataError,
    Pair,
    PairedFiles,
    Unreadable,
    View,
    choose_view,
    view_image,
    view_labels,
)
from .timesteps import spread_timesteps
from .tokenizer import PromptTokenizer

PAIRED_STREAM, CAPTIONED_STREAM = 0, 1


class Source(Protocol):
    """Readable items of a data set, by index."""

    def __len__(self) -> int: ...
    def load(self, index: int) -> Any: ...


@dataclass(frozen=True)
class Shapes:
    """Sizes that follow from the model and the resolution.

    Attributes:
        latent: ``(channels, h, w)``.
        grids: ``(h, w)`` of the image tokens at each depth of the UNet.
    """

    latent: tuple[int, int, int]
    grids: tuple[tuple[int, int], ...]


class ShuffledSource:
    """Endless items of a source, newly shuffled in each epoch; unreadable ones are passed over."""

    def __init__(self, source: Source, seed: int, stream: int) -> None:
        self._source = source
        self._seed = (seed, stream)
        self._epoch = -1
        self._order: np.ndarray = np.empty(0)

    def load(self, number: int) -> tuple[int, Any, list[str]]:
        """The item of a sample number with its index, and why others were passed over for it.

        Raises:
            DataError: not one item of the source can be read.
        """
        count = len(self._source)
        epoch, place = divmod(number, count)
        if epoch != self._epoch:
            self._order = np.random.default_rng((*self._seed, 0, epoch)).permutation(count)
            self._epoch = epoch
        problems = []
        for offset in range(count):
            index = int(self._order[(place + offset) % count])
            try:
                return index, self._source.load(index), problems
            except Unreadable as error:
                problems.append(str(error))
        raise DataError(f"none of {count} items can be read; the first: {problems[0]}")


class Samples(Dataset):
    """Samples of some numbers of a run; picture, noise and timestep of each."""

    def __init__(
        self,
        source: Source,
        stream: int,
        tokenizer: PromptTokenizer,
        config: Config,
        shapes: Shapes,
        numbers: range,
    ) -> None:
        self._items = ShuffledSource(source, config.seed, stream)
        self._stream = stream
        self._first_timestep = np.random.default_rng((config.seed, stream, 2)).random()
        self._tokenizer = tokenizer
        self._config = config
        self._shapes = shapes
        self._numbers = numbers

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, index: int) -> dict[str, Any]:
        number = self._numbers[index]
        picture, item, problems = self._items.load(number)
        config = self._config
        rng = np.random.default_rng((config.seed, self._stream, 1, number))
        draw = random.Random(int(rng.integers(2**63)))
        view = choose_view(
            item.image.size, config.resolution, draw, crop=config.crop, flip=config.flip
        )
        empty = rng.random() < config.caption_dropout
        return {
            "picture": torch.tensor([self._stream, picture]),
            "image": view_image(item.image, view, config.resolution),
            "timestep": spread_timesteps(self._first_timestep, torch.tensor(number)),
            "noise": _normal(rng, self._shapes.latent),
            "posterior": _normal(rng, self._shapes.latent),
            "problems": problems,
            **self._prompt(item, view, empty),
        }

    def _prompt(self, item: Any, view: View, empty: bool) -> dict[str, Any]:
        """Token ids, and what else belongs to the text."""
        raise TypeError("use CaptionedSamples or PairedSamples")


class CaptionedSamples(Samples):
    """Samples without a layout, for L_LFP."""

    def __init__(self, source: CaptionedFiles, *arguments: Any) -> None:
        super().__init__(source, CAPTIONED_STREAM, *arguments)

    def _prompt(self, item: Captioned, view: View, empty: bool) -> dict[str, Any]:
        return {"tokens": self._tokenizer.encode_caption("" if empty else item.caption)}


class PairedSamples(Samples):
    """Samples with a layout, for L_LDM and L_SA."""

    def __init__(self, source: PairedFiles, *arguments: Any) -> None:
        super().__init__(source, PAIRED_STREAM, *arguments)
        self._classes = source.classes

    def _prompt(self, item: Pair, view: View, empty: bool) -> dict[str, Any]:
        layout = Layout(view_labels(item.labels, view)[None], self._classes)
        if empty:
            tokens, class_ids = self._tokenizer.encode([])
        else:
            tokens, class_ids = self._tokenizer.encode_layout(
                layout, item.words, item.global_prompt
            )
        return {"tokens": tokens, "layout": layout_scales(layout, class_ids, self._shapes.grids)}


def layout_scales(
    layout: Layout, token_class_ids: Tensor, grids: Sequence[tuple[int, int]]
) -> dict[int, Tensor]:
    """The layout control map of one map over its text tokens: ``N`` → ``[N, T]``, per grid."""
    bound = BoundLayout(layout.labels, token_class_ids)
    length = len(token_class_ids)
    return {h * w: bound.token_scale(0, (h, w), FULL, length, length) for h, w in grids}


def collate(samples: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Stack samples into a batch; problems are joined."""
    first = samples[0]
    batch: dict[str, Any] = {
        key: torch.stack([s[key] for s in samples])
        for key, value in first.items()
        if isinstance(value, Tensor)
    }
    if "layout" in first:
        batch["layout"] = {
            n: torch.stack([s["layout"][n] for s in samples]) for n in first["layout"]
        }
    batch["problems"] = [problem for s in samples for problem in s["problems"]]
    return batch


def _normal(rng: np.random.Generator, shape: tuple[int, ...]) -> Tensor:
    return torch.from_numpy(rng.standard_normal(shape, dtype=np.float32))
