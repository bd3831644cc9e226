"""Captions from bytes in any encoding."""

from __future__ import annotations

import codecs
import json
import re
import unicodedata
from typing import Any

UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

_KEYS = ("text", "caption")


# What bytes of another encoding look like where they are read as UTF-8 or as Western text: this
# share of control characters, of bytes outside ASCII, of bytes that words seldom have.
_CONTROL_IN_UTF8 = 0.2
_BEYOND_ASCII = 0.5
_SELDOM = 0.3
_FEW = 3  # as in "été"
_BLANKS = b"\0 \t\n\v\f\r"
_PLAIN = re.compile(rb"""[\w .,;:!?'"()&/-]""", re.ASCII)
_ACCENTED = range(0xC0, 0x100)  # letters of the Western code pages
# High bytes of an alphabet in UTF-16; 0x30 is that of kana, and the digit zero.
_HIGH_BYTES = (*range(1, 32), 0x30)


def decode_text(data: bytes) -> str:
    """Text of bytes in UTF-8, UTF-16 with its mark, or a Western code page.

    Raises:
        ValueError: they look like another encoding, and would be read as nonsense.
    """
    if data.startswith(UTF16_MARKS):
        return data.decode("utf-16", errors="ignore")
    is_utf8 = _can_be("utf-8-sig", data)
    if _is_nonsense(data, is_utf8):
        raise ValueError(
            "is neither UTF-8, nor UTF-16 with its mark, nor Western text; save it as UTF-8"
        )
    if is_utf8:
        return data.decode("utf-8-sig")
    return data.decode("cp1252" if _can_be("cp1252", data) else "latin-1")


def _can_be(encoding: str, data: bytes) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _is_nonsense(data: bytes, is_utf8: bool) -> bool:
    """Whether bytes would be no text if they were read as UTF-8, or as Western text."""
    # NUL is left out: it stands between the letters of ASCII in UTF-16, which are read rightly.
    seen = [byte for byte in data if byte not in _BLANKS]
    if is_utf8:
        control = sum(byte < 32 or byte == 127 for byte in seen)
        # Nothing but control characters is an empty text.
        return len(seen) > control > _CONTROL_IN_UTF8 * len(data)
    if sum(byte > 127 for byte in seen) > max(_FEW, _BEYOND_ASCII * len(seen)):
        return True
    if len(data) % 2 or not (_can_be("utf-16-le", data) or _can_be("utf-16-be", data)):
        return False
    if any(_has_one_high_byte(data[parity::2]) for parity in (0, 1)):
        return True
    # Of Chinese in UTF-16 more than half, of Western words hardly any.
    certain = [byte for byte in data if byte not in _ACCENTED]
    return len(certain) - len(_PLAIN.findall(data)) > max(_FEW, _SELDOM * len(certain))


def _has_one_high_byte(half: bytes) -> bool:
    return any(2 * half.count(byte) >= len(half) for byte in _HIGH_BYTES)


def clean_caption(text: str) -> str:
    """One line: white space collapsed, control characters and halves of characters dropped."""
    kept = (c for c in text if c.isspace() or unicodedata.category(c) not in ("Cc", "Cs"))
    return " ".join("".join(kept).split())


def parse_object(text: str) -> dict[str, Any]:
    """A JSON object.

    Raises:
        ValueError: broken JSON, or another value than an object.
    """
    try:
        content = json.loads(text, strict=False)
    except json.JSONDecodeError as error:
        raise ValueError(f"is not JSON ({error.msg} at character {error.pos + 1})") from error
    except RecursionError as error:
        raise ValueError("is nested too deeply") from error
    if not isinstance(content, dict):
        raise ValueError(f"is not an object with one of the keys {_KEYS}")
    return content


def caption_of(content: dict[str, Any]) -> str:
    """The caption of a JSON object, as it stands there.

    Raises:
        ValueError: it has none.
    """
    for key in _KEYS:
        if isinstance(content.get(key), str):
            return content[key]
    raise ValueError(f"has no text under 'text' or 'caption', only {sorted(content)[:6]}")
