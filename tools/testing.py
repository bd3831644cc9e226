"""`python3 tools test`: lint, format, then every test, the host's ones in a real ComfyUI."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import cache
import comfyui
import environment
import seeded_checkpoint
from host_server import REPOSITORY
from report import Failure, say

_MOST_PROCESSES = 4
"""Of the whole run; each has a ComfyUI of its own in memory."""

_OPTIONAL = {
    "PLACE_COMFYUI_OLDEST_PATH": (
        f"ComfyUI {comfyui.OLDEST}",
        lambda: comfyui.downloaded(comfyui.OLDEST).path,
    ),
    "PLACE_NEWEST_FRONT_END": ("the newest front end", environment.newest_front_end),
    "PLACE_MANAGER": ("ComfyUI-Manager", environment.manager_layer),
}
"""Variable that some tests read → what it is for, and what finds or downloads the path."""


def test(arguments: Sequence[str]) -> int:
    """Run everything; the exit code is 0 only if nothing failed. pytest's summary comes last."""
    host = comfyui.host()
    variables = dict(os.environ, **host_variables(host))
    variables["PLACE_VALIDATION_PYTHON"] = str(environment.validation_python())
    for name, (what, provide) in _OPTIONAL.items():
        try:
            variables[name] = str(provide())
        except Failure as problem:
            variables.pop(name, None)
            say(f"Going on without {what}; its tests will be skipped. {problem}")

    # pytest needs the environment made here, which a user's own ComfyUI may not be run by.
    scripts = environment.host_python().parent
    pytest = [str(scripts / "pytest"), "-ra", *arguments]
    if not arguments:
        # All of them: the files are spread over processes, each with as many threads as it has
        # cores; in their own order, so that no long test of the host is left for the end. A part
        # runs in one process, whose output comes at once.
        cores = os.cpu_count() or 1
        processes = min(cores, _MOST_PROCESSES)
        pytest += ["-n", str(processes), "--dist", "loadfile", "--no-loadscope-reorder"]
        variables["OMP_NUM_THREADS"] = str(cores // processes)
    codes = [
        _run([str(scripts / "ruff"), "check"]),
        _run([str(scripts / "ruff"), "format", "--check"]),
        _run(pytest, variables),
    ]
    return next((code for code in reversed(codes) if code), 0)


def host_variables(host: comfyui.Host) -> dict[str, str]:
    """What the tests and the benchmarks read from their environment."""
    return {
        "PLACE_CACHE": str(cache.folder()),
        "PLACE_COMFYUI_PATH": str(host.path),
        "PLACE_COMFYUI_PYTHON": str(host.python),
        "PLACE_SEEDED_CHECKPOINT": str(seeded_checkpoint.cached(host)),
    }


def _run(command: Sequence[str], variables: dict[str, str] | None = None) -> int:
    say(f"$ {' '.join([Path(command[0]).name, *command[1:]])}")
    return subprocess.run(command, cwd=REPOSITORY, env=variables).returncode
