"""Values of a user in a message: in quotation marks, on one line, cut where they are long."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Iterable

_LETTERS = 80
# Python refuses to write a whole number of some thousand digits.
_DIGITS = 1000


class _Short(reprlib.Repr):
    def repr_int(self, x: int, level: int) -> str:
        digits = int(x.bit_length() * math.log10(2)) + 1
        return f"a number of {digits:,} digits" if digits > _DIGITS else super().repr_int(x, level)


_SHORT = _Short()
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = _LETTERS
_SHORT.maxlevel = 3


def quoted(value: object) -> str:
    """``repr`` of a value with at most 80 characters, the middle of longer ones left out.

    Of a long text only its ends are looked at, so the cost does not grow with it. What holds other
    values is cut at its end.
    """
    text = _SHORT.repr(value)
    return text if len(text) <= _LETTERS else cut(text)


def listed(values: Iterable[object], most: int = 12) -> str:
    """The first ``most`` values, each in quotation marks, with commas between them."""
    shown: list[str] = []
    for value in values:
        if len(shown) == most:
            shown.append("…")
            break
        shown.append(quoted(value))
    return ", ".join(shown)


def cut(text: str, longest: int = _LETTERS) -> str:
    """A name or reason without quotation marks: on one line, at most ``longest`` characters."""
    start = " ".join(text[: longest + 1].split())
    return start if len(start) <= longest and len(text) <= longest else f"{start[: longest - 1]}…"
