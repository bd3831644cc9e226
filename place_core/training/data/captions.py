"""Captions from bytes in any encoding."""

from __future__ import annotations

import codecs
import json
import unicodedata
from typing import Any

UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

_KEYS = ("text", "caption")


def decode_text(data: bytes) -> str:
    """Text of whatever bytes: UTF-8, UTF-16 with its mark, else the Western code pages."""
    if data.startswith(UTF16_MARKS):
        return data.decode("utf-16", errors="ignore")
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


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
