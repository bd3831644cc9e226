"""Finding files and reading their bytes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from .errors import Unreadable


@dataclass(frozen=True, slots=True)
class Stored:
    """Bytes on disk: a whole file, or a part of it.

    Attributes:
        file: the file that holds them.
        member: what the part is called, empty for a whole file.
        offset: first byte of the part.
        size: bytes of the part, −1 for all to the end.
    """

    file: Path
    member: str = ""
    offset: int = 0
    size: int = -1

    def __str__(self) -> str:
        return f"{self.file}: {self.member}" if self.member else str(self.file)

    def read(self) -> bytes:
        """The bytes. No file stays open, so that a source can go to another process.

        Raises:
            Unreadable: the file cannot be read, or is shorter than it was when listed.
        """
        try:
            with self.file.open("rb") as file:
                file.seek(self.offset)
                data = file.read(self.size)
        except OSError as error:
            raise Unreadable(f"{self}: cannot be read ({error.strerror or error})") from error
        if len(data) < self.size:
            raise Unreadable(
                f"{self}: has {len(data)} of {self.size} bytes; the file was cut off after it was "
                "listed. Fetch it again."
            )
        return data


def list_files(folder: Path, extensions: Sequence[str]) -> tuple[list[str], list[str]]:
    """Files under a folder, subfolders included, by their extension in whatever case.

    Hidden files and ``__MACOSX`` are skipped. Links to folders are followed.

    Returns:
        Their names relative to the folder, with ``/``, in ascending order; and the folders that
        could not be listed, with the reason.
    """
    names: list[str] = []
    problems: list[str] = []

    def note(error: OSError) -> None:
        problems.append(f"{error.filename}: cannot be listed ({error.strerror or error})")

    for root, folders, files in os.walk(folder, onerror=note, followlinks=True):
        folders[:] = [f for f in folders if not is_hidden(f) and not _leads_back(root, f)]
        inside = Path(root).relative_to(folder)
        names += [
            (inside / file).as_posix()
            for file in files
            if not is_hidden(file) and file.lower().endswith(tuple(extensions))
        ]
    return sorted(names), problems


def is_hidden(name: str) -> bool:
    """Whether a file or folder of this name is none of the user's: ``.DS_Store``, ``._1.jpg``."""
    return name.startswith(".") or name == "__MACOSX"


def _leads_back(root: str, folder: str) -> bool:
    """Whether a folder is a link to one that it lies in: followed, it would never end."""
    path = os.path.join(root, folder)
    if not os.path.islink(path):
        return False
    here, target = Path(os.path.realpath(root)), Path(os.path.realpath(path))
    return target == here or target in here.parents


def by_stem(names: Iterable[str]) -> tuple[dict[str, str], list[str]]:
    """Names by themselves without their extension.

    Returns:
        The first name of each stem; and what was left out because its stem was taken.
    """
    found: dict[str, str] = {}
    problems = []
    for name in names:
        first = found.setdefault(os.path.splitext(name)[0], name)
        if first != name:
            problems.append(f"{name}: left out, {first} differs from it only in the extension")
    return found, problems


def first_few(problems: Sequence[str], count: int = 3) -> str:
    """The first problems and the number of the others, as the end of a message."""
    if not problems:
        return ""
    more = f"; and {len(problems) - count} more" if len(problems) > count else ""
    return f" Found: {'; '.join(problems[:count])}{more}."
