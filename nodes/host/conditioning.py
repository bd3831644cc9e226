"""The layout inside a CONDITIONING."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import comfy.conds
import torch
from torch import Tensor

from ...place_core.bound_layout import BoundLayout
from ...place_core.layout import LayoutClass
from ...place_core.lcm import FULL, Window
from ...place_core.tokens import BoundPrompt, Segment, bind_tokens

COND_KEY = "place_layout"
"""Of the carrier in a conditioning's ``model_conds``; also a keyword of the UNet call."""


class LayoutCond(comfy.conds.CONDRegular):
    """Carries a bound layout inside a conditioning.

    ``cond`` is a tensor of map numbers, ``[M]``: context windows cut it as they cut frames.
    """

    def __init__(
        self, cond: Tensor, layout: BoundLayout | None, sampling: Prediction | None = None
    ):
        super().__init__(cond)
        self.layout = layout
        self.sampling = sampling

    def _copy_with(self, cond: Tensor) -> LayoutCond:
        return LayoutCond(cond, self.layout, self.sampling)

    def during(self, sampling: Prediction) -> LayoutCond:
        """The same layout, told of the prediction that it takes part in.

        Raises:
            ValueError: several maps that are not one for each latent of the batch.
        """
        maps = len(self.cond)
        if maps not in (1, sampling.batch):
            raise ValueError(
                f"layout: {maps} maps do not fit a batch of {sampling.batch} latents. Give one map "
                f"for all, or one for each: set the batch_size of the latent to {maps}, or pick "
                "maps with Image From Batch before Segmentation to LCM."
            )
        return LayoutCond(self.cond, self.layout, sampling)

    def process_cond(
        self, batch_size: int, area: Sequence[int] | None = None, **kwargs: Any
    ) -> LayoutRows:
        if self.layout is None or self.sampling is None:
            return LayoutRows([None] * batch_size, 0.0)
        window = self.sampling.window(area)
        numbers = self.cond.expand(batch_size).tolist()
        rows = [LayoutRow(self.layout, i, window, self.sampling.tokens) for i in numbers]
        return LayoutRows(
            [row if self.layout.binds_any_token(row.map_index) else None for row in rows],
            self.sampling.progress,
        )


@dataclass(frozen=True)
class Prediction:
    """What a layout must know of the prediction that it takes part in."""

    batch: int
    height: int
    width: int
    tokens: int  # length of this conditioning's own context
    progress: float

    def window(self, area: Sequence[int] | None) -> Window:
        if area is None:
            return FULL
        height, width, top, left = area
        return Window(top, top + height, self.height, left, left + width, self.width)


@dataclass(frozen=True)
class LayoutRow:
    """The layout of one latent of one conditioning."""

    layout: BoundLayout
    map_index: int
    window: Window
    tokens: int


@dataclass(frozen=True)
class LayoutRows:
    """The layouts of all rows of a UNet call, None where a row has none."""

    rows: list[LayoutRow | None]
    progress: float

    def can_concat(self, other: object) -> bool:
        return isinstance(other, LayoutRows)

    def concat(self, others: Sequence[LayoutRows]) -> LayoutRows:
        rows = [row for part in (self, *others) for row in part.rows]
        return LayoutRows(rows, max(part.progress for part in (self, *others)))

    def size(self) -> list[int]:
        return [len(self.rows)]


def encode_prompt(
    clip: Any, segments: Sequence[Segment], labels: Tensor, classes: Sequence[LayoutClass] = ()
) -> tuple[list, BoundPrompt]:
    """CONDITIONING of a prompt whose tokens are bound to the classes of ``labels [M, H, W]``.

    With it comes the prompt as tokens, those of the first of several text encoders.

    Args:
        classes: of the labels, so that the tokens of a class can be found by its name.

    Raises:
        ValueError: text encoders that cut the prompt differently, or that are not CLIP.
    """
    prompts: dict[str, BoundPrompt] = {}
    for encoder in clip.tokenize(""):

        def tokenize(text: str, encoder: str = encoder) -> list:
            return clip.tokenize(text, return_word_ids=True)[encoder]

        prompts[encoder] = bind_tokens(segments, tokenize)
    first, *others = prompts.values()
    if any(not torch.equal(first.class_ids, other.class_ids) for other in others):
        raise ValueError(
            "class_prompts: the text encoders of this CLIP cut the prompt differently (an "
            "embedding with another length in each?). Use embeddings made for this model, or words."
        )
    layout = BoundLayout(labels, first.class_ids, classes, _token_texts(clip, first))
    carrier = LayoutCond(torch.arange(layout.maps), layout)
    tokens = {encoder: prompt.chunks for encoder, prompt in prompts.items()}
    carried = {"model_conds": {COND_KEY: carrier}}
    return clip.encode_from_tokens_scheduled(tokens, add_dict=carried), first


def _token_texts(clip: Any, prompt: BoundPrompt) -> list[str]:
    """Each token as the vocabulary has it; empty for BOS, EOS, padding and embeddings."""
    texts = []
    for token, weight in (token for chunk in prompt.chunks for token in chunk):
        known = isinstance(token, int)
        text = clip.tokenizer.untokenize([(token, weight)])[0][1] if known else ""
        texts.append("" if text.startswith("<|") else text)
    return texts


def bound_layouts(conditioning: list) -> list[BoundLayout]:
    """The layouts that a CONDITIONING carries."""
    carriers = [options.get("model_conds", {}).get(COND_KEY) for _, options in conditioning]
    return [c.layout for c in carriers if c is not None and c.layout is not None]
