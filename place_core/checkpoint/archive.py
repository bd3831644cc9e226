"""What the archive of a PyTorch checkpoint says of itself, held against the archive.

A ``.ckpt`` or ``.pt`` file is a zip archive: a pickle, and beside it one record of plain bytes for
each storage. The pickle says how many numbers a storage has, and readers believe it, so a record
that is shorter is read past its end. Here the pickle is read once before, by a reader that can make
nothing but stand-ins.
"""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

# Those of Stable Diffusion XL with all that a trainer leaves beside the weights stay below 10 MB.
_MOST_PICKLE_BYTES = 1 << 26
# Asking the classes themselves would warn of their age.
_ITEM_SIZES = {
    "UntypedStorage": 1,
    "BoolStorage": 1,
    "ByteStorage": 1,
    "CharStorage": 1,
    "ShortStorage": 2,
    "HalfStorage": 2,
    "BFloat16Storage": 2,
    "IntStorage": 4,
    "FloatStorage": 4,
    "LongStorage": 8,
    "DoubleStorage": 8,
    "ComplexFloatStorage": 8,
    "ComplexDoubleStorage": 16,
}


class ArchiveError(ValueError):
    """An archive that no reader should take for weights; the message is the end of a sentence."""


def check_archive(path: Path) -> None:
    """Make sure that each record is as long as the pickle says, before anything is unpacked.

    Raises:
        ArchiveError: a record of another length, or one that is missing, compressed or there twice;
            a pickle of over 64 MB, or one that names a kind of storage that is not known.
        Exception: whatever a damaged pickle or archive makes its reader raise.
    """
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        records = {entry.filename: entry.file_size for entry in entries}
        if len(records) < len(entries):
            raise ArchiveError("holds two records of one name")
        # PyTorch never compresses, so a small file cannot become a large one.
        if packed := [e.filename for e in entries if e.compress_type != zipfile.ZIP_STORED]:
            raise ArchiveError(f"is compressed ({packed[0][:80]}), which weights never are")
        names = [name for name in records if name.rpartition("/")[2] == "data.pkl"]
        if len(names) != 1:
            raise ArchiveError(f"holds {len(names)} files data.pkl, expected one")
        if (size := records[names[0]]) > _MOST_PICKLE_BYTES:
            raise ArchiveError(
                f"has a data.pkl of {size:,} bytes; weights have at most {_MOST_PICKLE_BYTES:,}"
            )
        sizes = _storage_sizes(archive.read(names[0]))
    folder = names[0].removesuffix("data.pkl")
    for key, expected in sizes.items():
        found = records.get(f"{folder}data/{key}")
        if found != expected:
            has = "no such record" if found is None else f"{found:,} bytes"
            raise ArchiveError(
                f"says that storage {key[:80]} has {expected:,} bytes, but has {has}"
            )


def _storage_sizes(data: bytes) -> Mapping[str, int]:
    """The bytes of each storage by its key, as a pickle says."""
    reader = _StandInReader(BytesIO(data))
    reader.load()
    return reader.sizes


class _StandIn:
    """Takes whatever a pickle does to an object, and does nothing."""

    def __new__(cls, *args: Any, **kwargs: Any) -> _StandIn:
        return super().__new__(cls)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    def __setstate__(self, state: Any) -> None:
        pass

    def __setitem__(self, key: Any, value: Any) -> None:
        pass

    def append(self, value: Any) -> None:
        pass

    def extend(self, values: Any) -> None:
        pass


class _StandInReader(pickle.Unpickler):
    """Reads a pickle without making anything that it asks for, and notes its storages."""

    def __init__(self, stream: BytesIO) -> None:
        super().__init__(stream, encoding="utf-8", errors="surrogateescape")
        self.sizes: dict[str, int] = {}

    def find_class(self, module: str, name: str) -> type[_StandIn]:
        """Never the class that is asked for: a stand-in of its name."""
        return type(name, (_StandIn,), {"__module__": module})

    def persistent_load(self, pid: Any) -> _StandIn:
        """Note a storage: ``("storage", its class, key, location, numbers in it)``."""
        if not (isinstance(pid, tuple) and len(pid) >= 5 and isinstance(pid[1], type)):
            raise ArchiveError("refers to something else than a storage")
        kind, key, count = pid[1].__name__, pid[2], pid[4]
        if not isinstance(key, str) or not isinstance(count, int):
            raise ArchiveError("describes a storage without a key and a length")
        self.sizes[key] = max(0, count) * _item_size(kind)
        return _StandIn()


def _item_size(kind: str) -> int:
    """Bytes of a number in a storage of PyTorch's class of this name."""
    if kind not in _ITEM_SIZES:
        raise ArchiveError(f"names a kind of storage that weights never have ({kind[:80]})")
    return _ITEM_SIZES[kind]
