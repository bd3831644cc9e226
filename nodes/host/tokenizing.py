"""The host's tokenizer, without a text encoder."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import folder_paths
from comfy.sd1_clip import SD1Tokenizer


def tokenize(text: str) -> list[list[tuple[Any, float, int]]]:
    """Chunks of ``(token, weight, word id)`` as every text encoder of the prompt encoder cuts them.

    They all have the vocabulary of Stable Diffusion 1; embeddings are those of the host's folder.
    """
    return _tokenizer().tokenize_with_weights(text, return_word_ids=True)["l"]


@lru_cache(1)
def _tokenizer() -> SD1Tokenizer:
    return SD1Tokenizer(embedding_directory=folder_paths.get_folder_paths("embeddings"))
