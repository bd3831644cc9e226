"""What the user sees while the tools work: one line for each thing, and how long it took."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

HEARTBEAT_SECONDS = 15
TAIL_LINES = 40
COLOR = re.compile(r"\x1b\[[0-9;]*m")


class Failure(Exception):
    """A problem to tell the user about in plain words, without a traceback."""


def say(text: str) -> None:
    """Print one line at once, also where the output is a pipe."""
    print(text, flush=True)


@contextmanager
def step(what: str) -> Iterator[None]:
    """Say what is being done, that it is still going on, and how many seconds it took."""
    start = time.monotonic()
    finished = threading.Event()

    def heartbeat() -> None:
        while not finished.wait(HEARTBEAT_SECONDS):
            say(f"  … still at it, {time.monotonic() - start:.0f} s")

    say(f"{what} …")
    thread = threading.Thread(target=heartbeat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        finished.set()
        thread.join()
    say(f"  done in {time.monotonic() - start:.1f} s")


def tail(log: Path, lines: int = TAIL_LINES) -> str:
    """The last lines of a log file without their colors, or a word that there are none."""
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        text = ""
    text = COLOR.sub("", text)
    return "\n".join(text.splitlines()[-lines:]) or "(the log is empty)"


def run_logged(
    command: Sequence[str | Path], log: Path, env: Mapping[str, str] | None = None
) -> None:
    """Run a command with its output appended to `log`; raise Failure with the log's tail."""
    words = [os.fspath(word) for word in command]
    with log.open("a", encoding="utf-8") as stream:
        stream.write(f"$ {' '.join(words)}\n")
        stream.flush()
        process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=stream, stderr=subprocess.STDOUT, env=env
        )
        try:
            code = process.wait()
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    if code:
        raise Failure(f"{Path(words[0]).name} ended with code {code}:\n{tail(log)}")


def use_utf8() -> None:
    """Print any character, also on a Windows console with an old code page."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
