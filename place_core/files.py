"""Files that are written whole or not at all, over an older one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """A path to write a file to, which takes the place of ``path`` when the block ends well.

    Two processes may write the same file: the last one's stays.

    Raises:
        OSError: it cannot be written, as when the disk is full.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        yield part
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all, over an older one.

    Raises:
        OSError: it cannot be written, as when the disk is full.
    """
    with replaced(path) as part:
        part.write_text(text, encoding="utf-8")
