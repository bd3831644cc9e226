"""Texts that artists write, a line for each thing: comments, and the signs of other keyboards.

``js/rows/lines.js`` reads them by the same rules.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from .quoting import quoted

# At the start of a line or after white space, so that an address such as https://… stays whole.
_COMMENT = re.compile(r"(?<!\S)//[^\n\r]*")
# Chinese and Japanese keyboards write the second of these.
_EQUALS = re.compile("[=＝]")
_COMMAS = re.compile("[,，、]")
_COLONS = re.compile("[:：]")


def without_comments(text: str) -> str:
    """A text without what follows ``//``, at the start of a line or after white space."""
    return _COMMENT.sub("", text)


def without_commas(text: str) -> str:
    """A text with spaces in place of its commas, also those of other keyboards."""
    return _COMMAS.sub(" ", text)


def split_at_commas(text: str) -> list[str]:
    """The parts of a text between its commas, also those of other keyboards."""
    return _COMMAS.split(text)


def in_plain_signs(text: str) -> str:
    """A number or color in plain signs, of those that a keyboard for wide letters writes."""
    return unicodedata.normalize("NFKC", text)


class Entry(NamedTuple):
    """A line ``key = value``.

    Attributes:
        number: of the line, the first is 1.
        line: all of it, for messages.
        key: what is before the first ``=`` or ``＝``, without white space around it.
        value: what is after it; None of a line that has no such sign.
    """

    number: int
    line: str
    key: str
    value: str | None

    @property
    def remedy(self) -> str:
        """What may be wrong with a line that has no ``=``; else empty."""
        found = None if self.value is not None else _COLONS.search(self.line)
        return f" Write '=' in place of {quoted(found[0])}." if found else ""


def read_entries(text: str) -> Iterator[Entry]:
    """The lines of a text, without comments and without lines that have nothing else."""
    for number, whole in enumerate(text.splitlines(), start=1):
        line = without_comments(whole).strip()
        if not line:
            continue
        key, *value = (part.strip() for part in _EQUALS.split(line, maxsplit=1))
        yield Entry(number, line, key, value[0] if value else None)
