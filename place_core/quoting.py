"""Values of a user in a message: in quotation marks, on one line, cut where they are long."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable

_LETTERS = 80

_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = _LETTERS


def quoted(value: object) -> str:
    """``repr`` of a value with at most 80 characters, the middle of longer ones left out.

    Of a long text only its ends are looked at, so the cost does not grow with it.
    """
    return _SHORT.repr(value)


def listed(values: Iterable[object], most: int = 12) -> str:
    """The first ``most`` values, each in quotation marks, with commas between them."""
    shown: list[str] = []
    for value in values:
        if len(shown) == most:
            shown.append("…")
            break
        shown.append(quoted(value))
    return ", ".join(shown)
