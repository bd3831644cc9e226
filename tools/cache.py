"""The folder for what is downloaded or made: outside the repository, filled once, then reused."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from report import Failure, say

FOLDER_NAME = "place-comfyui"


def folder() -> Path:
    """`PLACE_CACHE`, or the usual place for caches on this system. Created when missing."""
    if chosen := os.environ.get("PLACE_CACHE"):
        path = Path(chosen).expanduser().absolute()
    elif sys.platform == "win32" and (local := os.environ.get("LOCALAPPDATA")):
        path = Path(local) / FOLDER_NAME
    elif xdg := os.environ.get("XDG_CACHE_HOME"):
        path = Path(xdg) / FOLDER_NAME
    else:
        path = Path.home() / ".cache" / FOLDER_NAME
    path.mkdir(parents=True, exist_ok=True)
    return path


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Let one process at a time fill the part of the cache called `name`."""
    locks = folder() / "locks"
    locks.mkdir(exist_ok=True)
    with (locks / f"{name}.lock").open("a+b") as stream:
        waiting = False
        while not _try_lock(stream):
            if not waiting:
                say(f"Another run is preparing the {name}; waiting for it …")
                waiting = True
            time.sleep(0.5)
        # Closing the file, or the death of the process, gives the lock back.
        yield


def _try_lock(stream: IO[bytes]) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            stream.seek(0)
            msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


@contextmanager
def written_whole(target: Path) -> Iterator[Path]:
    """A temporary path that takes the name `target` only if the block ends well.

    The path does not exist yet: write a file or make a folder there. Hold `locked` around it.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as unfinished:
        path = Path(unfinished) / target.name
        yield path
        os.replace(path, target)


def discard_unfinished(target: Path) -> None:
    """Remove what an interrupted `written_whole(target)` left behind."""
    for leftover in target.parent.glob(f".{target.name}-*"):
        shutil.rmtree(leftover, ignore_errors=True)


def require_space(needed: int, what: str) -> None:
    """Raise Failure when the cache's disk has less than `needed` bytes left."""
    free = shutil.disk_usage(folder()).free
    if free < needed:
        raise Failure(
            f"{what} needs about {needed / 1e9:.1f} GB in {folder()}, where {free / 1e9:.1f} GB "
            "are free. Make room, or set PLACE_CACHE to a folder on another disk."
        )
