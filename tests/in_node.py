"""Node.js, which runs modules of the front end that need no page."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from functools import cache

import pytest

SECONDS = 300


@cache
def _version(program: str) -> tuple[int, int]:
    answer = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=60)
    found = re.match(r"v(\d+)\.(\d+)\.", answer.stdout)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def required_node() -> str:
    """A Node.js that tells ES modules by their syntax; the test is skipped where there is none."""
    program = shutil.which("node")
    if program is None:
        pytest.skip("there is no Node.js (node) on the PATH")
    version = _version(program)
    if not ((20, 19) <= version < (21, 0) or version >= (22, 7)):
        pytest.skip(f"{program} is {version[0]}.{version[1]}, it must be 20.19, 22.7 or later")
    return program


def run(command: list[str], given: str = "") -> subprocess.CompletedProcess[str]:
    """Runs a command with a text as its standard input."""
    # Options of a developer's shell must not change how the tests are run or shown.
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("NODE_", "FORCE_"))}
    return subprocess.run(
        command,
        input=given,
        capture_output=True,
        encoding="utf-8",
        env=environment | {"NO_COLOR": "1"},
        timeout=SECONDS,
    )
