"""A label map together with the prompt that was bound to it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import torch
from torch import Tensor

from .fusion import bound_class_ids, spread_over_tokens
from .layout import LayoutClass
from .lcm import Window, layout_fractions
from .tokens import FREE, find_phrase

# Enough for the four grids of a UNet and a batch of 64 different maps.
_KEPT_FRACTIONS = 256


class BoundLayout:
    """Label maps and the class of every token of one prompt: all that an attention layer asks for.

    Area fractions are counted once per map, grid and window, and kept on the CPU.
    """

    def __init__(
        self,
        labels: Tensor,
        token_class_ids: Tensor,
        classes: Sequence[LayoutClass] = (),
        token_texts: Sequence[str] = (),
    ) -> None:
        """
        Args:
            labels: ``[M, H, W]`` integer class ids, negative where void.
            token_class_ids: ``[T]`` class of each text token, ``FREE`` where none.
            classes: those of the labels, for people who ask for the tokens of a class.
            token_texts: ``T`` tokens as CLIP's vocabulary has them, for people who ask for words.
        """
        self.labels = labels
        self.token_class_ids = token_class_ids
        self.class_ids = [bound_class_ids(token_class_ids, map_) for map_ in labels]
        self._classes = classes
        self._token_texts = token_texts
        self._fractions = lru_cache(_KEPT_FRACTIONS)(self._count)

    @property
    def maps(self) -> int:
        """Number ``M`` of different label maps."""
        return len(self.labels)

    def binds_any_token(self, map_index: int) -> bool:
        """Whether a class of this map has words in the prompt; if not, fusion changes nothing."""
        return bool(self.class_ids[map_index])

    def find_tokens(self, asked: str) -> list[int]:
        """Numbers of the tokens of a class, by its name or id, or else of words of the prompt."""
        key = asked.strip().lower()
        ids = [c.id for c in self._classes if key in (c.name.lower(), str(c.id))]
        of_class = torch.isin(self.token_class_ids, torch.tensor(ids, dtype=torch.int64))
        return of_class.nonzero()[:, 0].tolist() or find_phrase(self._token_texts, key)

    def token_scale(
        self, map_index: int, grid: tuple[int, int], window: Window, own: int, total: int
    ) -> Tensor:
        """The layout control map over the text tokens of a UNet call.

        Args:
            map_index: which of the ``M`` maps.
            grid: ``(h, w)`` of the image tokens.
            window: part of the picture under the grid.
            own: length of this conditioning's context. Text that a node appended to the prompt is
                free.
            total: length of the context in the call, a multiple of ``own``: a sampler repeats a
                context to batch it with a longer one, and its tokens keep their classes.

        Returns:
            ``[h·w, total]`` float32: area fractions, 1 for free tokens.
        """
        token_class_ids = torch.full((own,), FREE)
        known = self.token_class_ids[:own]
        token_class_ids[: len(known)] = known
        class_ids = torch.tensor(self.class_ids[map_index], dtype=torch.int64)
        return spread_over_tokens(
            self._fractions(map_index, grid, window),
            class_ids,
            token_class_ids.repeat(total // own),
        )

    def _count(self, map_index: int, grid: tuple[int, int], window: Window) -> Tensor:
        return layout_fractions(self.labels[map_index], self.class_ids[map_index], grid, window)
