"""What no tokenizer takes, found in a prompt's text before one sees it.

ComfyUI's tokenizer reads ``(words:1.2)`` by calling itself for each parenthesis, and takes whatever
Python takes for a number; a weight that is none makes a black picture.
"""

from __future__ import annotations

import math
import re

from .quoting import quoted
from .tokens import BREAK

MOST_NESTED = 32
"""Parentheses inside one another; ComfyUI's tokenizer runs out of stack at some hundreds."""

MOST_WEIGHT = 100.0
"""Of an emphasis, either way; from some thousands on it overflows in half precision."""

_SURROGATE = re.compile("[\ud800-\udfff]")
_PARENTHESES = re.compile(r"\\[()]|[()]")
_WEIGHT = re.compile(r":([^:()]*)(?<!\\)\)")
_NAMELESS = re.compile(r"(?:^|(?<=[\s()]))embedding:\s*(?=$|[()]|(?<=\s)embedding:)")


def check_prompt_text(text: str) -> None:
    """Make sure that a tokenizer can read a text; the cost grows with its length alone.

    Raises:
        ValueError: half of a character, parentheses nested over ``MOST_NESTED`` deep, a weight that
            is no number or beyond ``MOST_WEIGHT``, or ``embedding:`` without a name.
    """
    for part in BREAK.split(text):
        _check_part(part)


def _check_part(text: str) -> None:
    """Of a text what a tokenizer is given at once."""
    if found := _SURROGATE.search(text):
        raise ValueError(
            f"holds half of a character (U+{ord(found[0]):04X}), as of a cut emoji; type it again"
        )
    depth = deepest = 0
    for sign in _PARENTHESES.findall(text):
        depth += (sign == "(") - (sign == ")")
        deepest = max(deepest, depth)
    if deepest > MOST_NESTED:
        raise ValueError(
            f"has {deepest:,} parentheses inside one another, at most {MOST_NESTED} are read; "
            "write the weight once, as in (word:1.3), or \\( for a parenthesis that is meant"
        )
    for written in _WEIGHT.findall(text):
        if not _is_weight(written):
            raise ValueError(
                f"the weight {quoted(written.strip())} is no number from -{MOST_WEIGHT:g} to "
                f"{MOST_WEIGHT:g}; write one as in (word:1.3)"
            )
    if _NAMELESS.search(text):
        raise ValueError("'embedding:' stands without a name; write that of its file behind it")


def _is_weight(written: str) -> bool:
    """Whether it is a weight, or plain words behind a colon, which Python takes for no number."""
    try:
        value = float(written)
    except ValueError:
        return True
    return math.isfinite(value) and abs(value) <= MOST_WEIGHT
