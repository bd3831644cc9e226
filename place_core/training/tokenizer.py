"""Prompts of the training data as token ids whose classes are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import CLIPTokenizer

from ..layout import Layout
from ..prompts import prompt_segments, wordless
from ..tokens import Segment, bind_tokens
from .config import ConfigError

# Of CLIP's text encoder. A folder's own settings may say otherwise: ComfyUI's says 8192.
_LENGTH = 77


class PromptTokenizer:
    """CLIP's tokenizer, in the form that :func:`place_core.tokens.bind_tokens` asks for."""

    def __init__(self, tokenizer: CLIPTokenizer) -> None:
        self._tokenizer = tokenizer

    def __call__(self, text: str) -> list[list[tuple[Any, float, int]]]:
        """One chunk of any length for a text; the padded one for the empty text."""
        start, end = self._tokenizer.bos_token_id, self._tokenizer.eos_token_id
        if not text:
            # Stable Diffusion 1 pads with EOS.
            return [[(start, 1.0, 0), *[(end, 1.0, 0)] * (_LENGTH - 1)]]
        words = [self._tokenizer(w, add_special_tokens=False).input_ids for w in text.split()]
        tokens = [(i, 1.0, number) for number, word in enumerate(words, start=1) for i in word]
        return [[(start, 1.0, 0), *tokens, (end, 1.0, 0)]]

    def encode(self, segments: Sequence[Segment]) -> tuple[Tensor, Tensor]:
        """Segments → token ids and class ids, both ``[77]`` int64; what does not fit is cut."""
        prompt = bind_tokens(segments, self)
        ids = torch.tensor([token for token, _ in prompt.chunks[0]])
        return ids, prompt.class_ids[: len(ids)]

    def encode_layout(
        self, layout: Layout, words: Mapping[int, str], global_prompt: str
    ) -> tuple[Tensor, Tensor]:
        """The prompt of a layout: the words of its classes by ascending id, then free ones.

        Args:
            layout: one map.
            words: by class id; the other classes have those of the table.
            global_prompt: free words.
        """
        silent = len(wordless(layout, words)) == len(layout.present()) and not global_prompt
        return self.encode([] if silent else prompt_segments(layout, words, global_prompt))

    def encode_caption(self, caption: str) -> Tensor:
        """Token ids ``[77]`` of a caption, all free; what does not fit is cut."""
        return self.encode([Segment(caption)])[0]


def load_tokenizer(name: str, own: Path | None) -> PromptTokenizer:
    """The tokenizer of a configuration: a folder, ``own`` of the model, or from the hub.

    Raises:
        ConfigError: it can be had from none of them.
    """
    folder = Path(name).expanduser()
    source = folder if folder.is_dir() else own or name
    try:
        return PromptTokenizer(CLIPTokenizer.from_pretrained(source))
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"tokenizer {name!r} is no folder with vocab.json and merges.txt, and cannot be "
            "downloaded. Without a network, use the one that ComfyUI brings: "
            f"ComfyUI/comfy/sd1_tokenizer. ({str(error).splitlines()[0]})"
        ) from error
