"""Samples in WebDataset shards: tar files whose members belong together by name."""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterator
from itertools import product
from pathlib import Path, PurePosixPath

from .errors import DataError
from .files import Stored, is_hidden

COMPRESSED = (".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst")

# WebDataset's rule: the key is all up to the first dot of the base name, the rest is the extension.
_NAME = re.compile(r"(?P<key>(?:.*/)?[^./]+)\.(?P<extension>[^/]+)", re.DOTALL)
_RANGE = re.compile(r"\{(\d+)\.\.(\d+)\}")
_MAGIC = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")
_BLOCK = 512


def expand_braces(pattern: str) -> list[str]:
    """``a{08..11}.tar`` → ``a08.tar``, ``a09.tar``, ``a10.tar``, ``a11.tar``, as shells do it."""
    pieces = _RANGE.split(pattern)
    ranges = []
    for first, last in zip(pieces[1::3], pieces[2::3], strict=True):
        padded = any(len(number) > 1 and number.startswith("0") for number in (first, last))
        digits = max(len(first), len(last)) if padded else 0
        low, high = sorted((int(first), int(last)))
        ranges.append([f"{number:0{digits}d}" for number in range(low, high + 1)])
    texts = pieces[::3]
    return [
        texts[0] + "".join(n + t for n, t in zip(numbers, texts[1:], strict=True))
        for numbers in product(*ranges)
    ]


def index_shard(path: Path) -> tuple[dict[str, dict[str, Stored]], list[str]]:
    """Where the members of a shard lie.

    Returns:
        The members of each key by their extension, in the order of the file; and what is wrong with
        the shard. What stands before a damaged place is kept.

    Raises:
        DataError: a compressed tar, in which no member can be read by itself.
    """
    samples: dict[str, dict[str, Stored]] = {}
    problems: list[str] = []
    try:
        _refuse_compressed(path)
        with tarfile.open(path, "r:") as tar:
            for member in _members(tar, path, problems):
                match = _NAME.fullmatch(member.name)
                parts = PurePosixPath(member.name).parts
                if not match or any(map(is_hidden, parts)):
                    continue
                stored = Stored(path, member.name, member.offset_data, member.size)
                sample = samples.setdefault(match["key"], {})
                if sample.setdefault(match["extension"].lower(), stored) is not stored:
                    problems.append(f"{stored}: is there twice; the first is used")
    except DataError:
        raise
    # ValueError and OverflowError come from header fields that hold no numbers or wild ones.
    except (tarfile.TarError, OSError, ValueError, OverflowError) as error:
        problems.append(f"{path}: cannot be read to its end ({error}); the rest is left out")
    return samples, problems


def _members(tar: tarfile.TarFile, path: Path, problems: list[str]) -> Iterator[tarfile.TarInfo]:
    """The files in a tar that can be read with one seek; adds what is wrong to ``problems``."""
    file_size = path.stat().st_size
    for member in tar:
        # tarfile hands out a member whose bytes are missing, and fails only at the next.
        if member.isfile() and member.offset_data + member.size > file_size:
            problems.append(f"{path}: {member.name} is cut off at the end of the file")
            return
        if member.issparse():
            problems.append(f"{path}: {member.name} is a sparse file; pack it anew as a plain one")
        elif member.isfile():
            yield member
    # At a broken header tarfile ends as if that were the end of the tar, which is a block of zeros.
    with path.open("rb") as file:
        file.seek(tar.offset)
        block = file.read(_BLOCK)
    if not block:
        problems.append(f"{path}: has no end mark, samples may be missing; was it cut off?")
    elif block.strip(b"\0"):
        problems.append(f"{path}: is damaged at byte {tar.offset}; the rest is left out")


def _refuse_compressed(path: Path) -> None:
    with path.open("rb") as file:
        start = file.read(6)
    if path.name.lower().endswith(COMPRESSED) or start.startswith(_MAGIC):
        raise compressed_error(path)


def compressed_error(path: Path) -> DataError:
    """The refusal of a compressed tar."""
    return DataError(
        f"{path}: is compressed, so that samples cannot be read one by one. Decompress it (gunzip, "
        "bunzip2, unxz or unzstd) to a plain .tar; pictures are compressed already."
    )
