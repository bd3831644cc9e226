"""Which text token belongs to which class.

The words of each class are tokenized on their own and then joined, as the authors do, so a token
cannot slip to a neighboring class. Chunks follow the rules of ComfyUI's tokenizer: 77 tokens, each
chunk with its own BOS and EOS, short words kept in one piece.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import torch
from torch import Tensor

from .quoting import quoted

FREE = -1
"""The class id of a token that every image token may see: BOS, EOS, padding, free words."""

WeightedToken = tuple[Any, float]
"""``(token, weight)``: a vocabulary id or the vector of a textual inversion, and its emphasis."""

Tokenizer = Callable[[str], list[list[tuple[Any, float, int]]]]
"""Text → chunks of ``(token, weight, word id)``, each padded; word id 0 marks BOS, EOS, padding."""

# ComfyUI splits a word across two chunks only when it has at least this many tokens.
_LONG_WORD = 8
# How CLIP's vocabulary marks a token that ends a word.
_WORD_END = "</w>"
BREAK = re.compile(r"\bBREAK\b")


@dataclass(frozen=True)
class Segment:
    """Words that belong to one class, or to none (``class_id = FREE``)."""

    text: str
    class_id: int = FREE


@dataclass(frozen=True)
class BoundPrompt:
    """A tokenized prompt whose every token knows its class.

    Attributes:
        chunks: lists of :data:`WeightedToken`, as a text encoder takes them.
        class_ids: ``[T]`` int64, the class of each token of all chunks in a row, or ``FREE``.
        used: tokens of all chunks but padding; BOS and EOS count.
    """

    chunks: list[list[WeightedToken]]
    class_ids: Tensor
    used: int

    def usage(self) -> tuple[int, int, int]:
        """Tokens used, length of a chunk, number of chunks: how full the prompt is."""
        return self.used, len(self.chunks[0]), len(self.chunks)


def bind_tokens(segments: Sequence[Segment], tokenize: Tokenizer) -> BoundPrompt:
    """Tokenize the segments in order and bind each token to the class of its segment.

    ``BREAK`` (in capitals) in a text starts a new chunk. Emphasis and ``embedding:NAME`` are the
    tokenizer's business; all tokens that come of a segment, however many, belong to its class.

    Raises:
        ValueError: a tokenizer that does not pad its chunks between BOS and EOS, or that fails, as
            it does over the damaged file of an embedding.
    """
    chunks = _Chunks(tokenize(""))
    for segment in segments:
        for number, part in enumerate(BREAK.split(segment.text)):
            if number > 0:
                chunks.close()
            for word in _tokenized(part, tokenize) if part.strip() else ():
                chunks.append(word, segment.class_id)
    return chunks.finish()


def _tokenized(text: str, tokenize: Tokenizer) -> list[list[WeightedToken]]:
    try:
        return _words(tokenize(text))
    except Exception as error:  # a damaged embedding can break its reader anywhere
        reason = quoted(str(error) or type(error).__name__)
        raise ValueError(
            f"the words {quoted(text)} cannot be cut into tokens ({reason}). If they name an "
            "embedding, get its file again."
        ) from error


def _words(chunks: list[list[tuple[Any, float, int]]]) -> list[list[WeightedToken]]:
    """The tokens of each word, without BOS, EOS and padding; words cut by a chunk are rejoined."""
    tokens = [token for chunk in chunks for token in chunk if token[2] != 0]
    return [[(t, w) for t, w, _ in word] for _, word in groupby(tokens, key=lambda token: token[2])]


class _Chunks:
    """Fills chunks of a fixed length with words."""

    def __init__(self, empty: list[list[tuple[Any, float, int]]]) -> None:
        if len(empty) != 1 or len(empty[0]) < 3:
            lengths = [len(chunk) for chunk in empty]
            raise ValueError(
                f"the empty prompt gave chunks of {lengths} tokens; per-class prompts need a CLIP "
                "text encoder with padded chunks (SD 1.x, SD 2.x, SDXL)"
            )
        start, end, *padding = [(token, weight) for token, weight, _ in empty[0]]
        self._start, self._end, self._padding = start, end, padding[-1]
        self._length = len(empty[0])
        self._done: list[tuple[list[WeightedToken], list[int]]] = []
        self._tokens: list[WeightedToken] = []
        self._class_ids: list[int] = []
        self._used = 0

    @property
    def _room(self) -> int:
        return self._length - 2 - len(self._tokens)

    def append(self, word: list[WeightedToken], class_id: int) -> None:
        """Add a word; a short one moves to the next chunk whole, a long one is cut."""
        if len(word) > self._room and len(word) < _LONG_WORD:
            self.close()
        while word:
            if self._room == 0:
                self.close()
            head, word = word[: self._room], word[self._room :]
            self._tokens += head
            self._class_ids += [class_id] * len(head)

    def close(self) -> None:
        """End the current chunk, if it holds anything."""
        if not self._tokens:
            return
        padding = [self._padding] * self._room
        self._used += self._length - len(padding)
        self._done.append(
            (
                [self._start, *self._tokens, self._end, *padding],
                [FREE, *self._class_ids, FREE, *[FREE] * len(padding)],
            )
        )
        self._tokens, self._class_ids = [], []

    def finish(self) -> BoundPrompt:
        self.close()
        if not self._done:
            empty = [self._start, self._end, *[self._padding] * (self._length - 2)]
            self._done.append((empty, [FREE] * self._length))
            self._used = 2  # BOS and EOS
        ids = [class_id for _, class_ids in self._done for class_id in class_ids]
        return BoundPrompt([tokens for tokens, _ in self._done], torch.tensor(ids), self._used)


def find_phrase(texts: Sequence[str], phrase: str) -> list[int]:
    """Where whole words stand in a prompt: the numbers of all tokens of all their occurrences.

    Args:
        texts: of each token as CLIP's vocabulary has it ("oak</w>"), empty where a token is none.
        phrase: one word or several; case and spaces do not count.
    """
    wanted = "".join(phrase.lower().split())
    found: list[int] = []
    for start in range(len(texts)):
        inside_a_word = start > 0 and texts[start - 1] and not texts[start - 1].endswith(_WORD_END)
        said = 0
        for position in range(start, len(texts) if wanted and not inside_a_word else start):
            piece = texts[position].removesuffix(_WORD_END)
            if not texts[position] or not wanted.startswith(piece, said):
                break
            said += len(piece)
            if said == len(wanted) and texts[position].endswith(_WORD_END):
                found += range(start, position + 1)
                break
    return found
