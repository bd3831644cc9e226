"""What a checkpoint of PyTorch says of itself, held against its file.

A ``.ckpt`` or ``.pt`` file is a zip archive: a pickle, and beside it one record of plain bytes for
each storage; before PyTorch 1.6 it was bare pickles with the bytes behind them. The pickle says how
many numbers a storage has, and readers believe it, so a record that is shorter is read past its
end. Here the operations of the pickle are followed before, and none of them is run.
"""

from __future__ import annotations

import pickletools
import struct
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from ..quoting import cut

_ZIP = b"PK\x03\x04"
# The pickle of Stable Diffusion 1.x with its optimizer has less than 2 MB.
_LONGEST_PICKLE = 16 << 20
# Of the old format: magic number, protocol, machine, the object itself, the order of its storages.
_OLD_PICKLES = 5
_LOCAL_HEADER = 30
_NEVER_NEEDED = {"STACK_GLOBAL", "INST", "OBJ", "NEWOBJ_EX", "EXT1", "EXT2", "EXT4", "PERSID"}
# Where weights, and what Lightning leaves beside them, come from.
_MODULES = {"torch", "collections", "numpy", "_codecs", "pytorch_lightning"}
# Of Python's own only containers and numbers, the same that PyTorch's reader builds.
_BUILTINS = {
    f"{module}.{name}"
    for module in ("builtins", "__builtin__")
    for name in ("set", "bytearray", "complex")
}
# Bytes of an item of torch's storages, which are named after their type.
_ITEM_SIZES = {
    **dict.fromkeys(("Untyped", "Byte", "Char", "Bool", "QUInt8", "QInt8"), 1),
    **dict.fromkeys(("QUInt4x2", "QUInt2x4"), 1),
    **dict.fromkeys(("Short", "Half", "BFloat16"), 2),
    **dict.fromkeys(("Int", "Float", "QInt32"), 4),
    **dict.fromkeys(("Long", "Double", "ComplexFloat"), 8),
    **dict.fromkeys(("ComplexDouble",), 16),
}


class ArchiveError(ValueError):
    """A file that no reader should take for weights; the message is the end of a sentence."""


class UnneededOperation(ValueError):
    """A pickle that wants more than to build tensors and containers; the text names what."""


class _Global(str):
    """``module.name``, as an operation mentions it."""


_MARK = object()


def is_zip(path: Path) -> bool:
    """Whether PyTorch reads the file as an archive (since 1.6) rather than as bare pickles."""
    with path.open("rb") as file:
        return file.read(len(_ZIP)) == _ZIP


def check_archive(path: Path) -> None:
    """Make sure that each storage is as long as the pickle says, before anything is unpacked.

    Raises:
        UnneededOperation: the pickle asks for what weights never need.
        ArchiveError: it says what the file does not hold, or the archive is none of PyTorch's.
        ValueError, OSError, zipfile.BadZipFile: it is damaged.
    """
    if is_zip(path):
        _check_zip(path)
    else:
        _check_bare_pickles(path)


def _check_zip(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        _check_entries(entries, path.stat().st_size)
        # PyTorch finds entries without regard to case.
        sizes = {entry.filename.lower(): entry.file_size for entry in entries}
        folder = entries[0].filename.partition("/")[0]
        name = f"{folder}/data.pkl"
        if name.lower() not in sizes:
            raise ArchiveError("holds no data.pkl")
        if (size := sizes[name.lower()]) > _LONGEST_PICKLE:
            raise ArchiveError(
                f"has a data.pkl of {size:,} bytes; weights have at most {_LONGEST_PICKLE:,}"
            )
        data = archive.read(name)
    for key, count, item in _storages(BytesIO(data)):
        found = sizes.get(f"{folder}/data/{key}".lower())
        if found != count * item:
            has = "no such record" if found is None else f"{found:,} bytes"
            raise ArchiveError(
                f"says that storage {cut(key)} has {count * item:,} bytes, but has {has}"
            )


def _check_entries(entries: list[zipfile.ZipInfo], size: int) -> None:
    """PyTorch packs record behind record, and never compresses."""
    if len({entry.filename.lower() for entry in entries}) < max(1, len(entries)):
        raise ArchiveError("holds two records of one name" if entries else "holds no records")
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        name = cut(entry.filename)
        if entry.compress_type != zipfile.ZIP_STORED or entry.compress_size != entry.file_size:
            raise ArchiveError(f"is compressed ({name}), which weights never are")
        if entry.header_offset < end:
            raise ArchiveError(f"holds a record that lies over another ({name})")
        end = entry.header_offset + _LOCAL_HEADER + entry.file_size
        if end > size:
            raise ArchiveError(f"holds a record that goes beyond the end of the file ({name})")


def _check_bare_pickles(path: Path) -> None:
    held = path.stat().st_size
    with path.open("rb") as file:
        stream = BytesIO(file.read(_LONGEST_PICKLE))
    sizes: dict[str, int] = {}
    for _ in range(_OLD_PICKLES):
        for key, count, item in _storages(stream):
            # Whichever mention of a storage its reader believes.
            sizes[key] = max(sizes.get(key, 0), count * item)
    if (said := sum(sizes.values())) > held:
        raise ArchiveError(f"says that its storages have {said:,} bytes, but has {held:,}")


def _storages(stream: BinaryIO) -> Iterator[tuple[str, int, int]]:
    """``(key, number of items, bytes of an item)`` of each storage that a pickle mentions.

    The machine of pickle is followed as far as that takes: constants, names, tuples and the memo;
    whatever is built otherwise is None.
    """
    stack: list[Any] = []
    memo: dict[int, Any] = {}
    try:
        for operation, argument, _ in pickletools.genops(stream):
            name = operation.name
            if name in _NEVER_NEEDED:
                raise UnneededOperation(name)
            if name == "GLOBAL":
                found = _Global(argument.replace(" ", ".", 1))
                if found.partition(".")[0] not in _MODULES and found not in _BUILTINS:
                    raise UnneededOperation(found)
                stack.append(found)
            elif name in ("PUT", "BINPUT", "LONG_BINPUT"):
                memo[argument] = stack[-1]
            elif name == "MEMOIZE":
                memo[len(memo)] = stack[-1]
            elif name in ("GET", "BINGET", "LONG_BINGET"):
                stack.append(memo[argument])
            elif name == "MARK":
                stack.append(_MARK)
            elif name == "DUP":
                stack.append(stack[-1])
            elif name == "BINPERSID":
                yield _storage(stack.pop())
                stack.append(None)
            else:
                taken = _taken(stack, operation.stack_before)
                if name.startswith("TUPLE"):
                    stack.append(tuple(taken))
                elif name == "EMPTY_TUPLE":
                    stack.append(())
                else:
                    constant = argument if not operation.stack_before else None
                    stack += [constant] * len(operation.stack_after)
    except (IndexError, KeyError, struct.error) as error:
        raise ValueError("its pickle is broken") from error


def _taken(stack: list[Any], before: list[pickletools.StackObject]) -> list[Any]:
    """What an operation takes from the stack, without the mark and what lies beneath it."""
    if pickletools.markobject not in before:
        return [stack.pop() for _ in before][::-1]
    taken = []
    while (value := stack.pop()) is not _MARK:
        taken.append(value)
    for _ in range(before.index(pickletools.markobject)):
        stack.pop()
    return taken[::-1]


def _storage(identity: Any) -> tuple[str, int, int]:
    """Key, items and bytes of an item from ``("storage", type, key, device, items, …)``."""
    if isinstance(identity, tuple) and len(identity) >= 5:
        kind, key, count = identity[1], identity[2], identity[4]
        if isinstance(kind, _Global) and isinstance(key, str) and type(count) is int and count >= 0:
            return key, count, _item_size(kind)
    raise ArchiveError("describes a storage without a key and a length")


def _item_size(kind: _Global) -> int:
    name = kind.rpartition(".")[2].removesuffix("Storage")
    if name not in _ITEM_SIZES:
        raise ArchiveError(f"names a kind of storage that weights never have ({cut(kind)})")
    return _ITEM_SIZES[name]
