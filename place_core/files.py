"""Files that are written whole or not at all, over an older one."""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_FULL = (errno.ENOSPC, errno.EDQUOT)
# safetensors gives the number of the system's error as text; PyTorch only says that it failed.
_FULL_TEXT = re.compile(r"os error (?:28|122)\b|No space left|Disk quota exceeded")
_WRITER = re.compile(r"PytorchStreamWriter|unexpected pos|write failed|I/O error")
_NEXT_TO_NOTHING = 1 << 20


def why_not_written(error: BaseException, folder: Path) -> str | None:
    """Why a file could not be written, for a person; None where the error is about something else.

    Args:
        error: what Python, PyTorch or safetensors raised; the latter two hide the system's reason.
        folder: where the file was to be.
    """
    number = error.errno if isinstance(error, OSError) else None
    text = str(error)
    if number in _FULL or _FULL_TEXT.search(text):
        return "the disk is full"
    if isinstance(error, OSError) or not _WRITER.search(text):
        return None
    if shutil.disk_usage(folder).free < _NEXT_TO_NOTHING:
        return "the disk is full"
    return text.strip().splitlines()[0][:200]


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
    # What a full disk becomes in Python and PyTorch; safetensors has an error of its own.
    except Exception as error:
        if (reason := why_not_written(error, path.parent)) is None:
            raise
        raise OSError(f"{path} could not be written: {reason}") from error
    finally:
        part.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all, over an older one.

    Raises:
        OSError: it cannot be written, as when the disk is full.
    """
    with replaced(path) as part:
        part.write_text(text, encoding="utf-8")
