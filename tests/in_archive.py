"""The package that the node registry gives to users, made with the registry's own tool."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TOOL = ("-m", "comfy_cli", "--skip-prompt", "--no-enable-telemetry", "node")
SECONDS = 120


def registry_tool(command: str, folder: Path) -> str:
    """Run `comfy node COMMAND` in a folder; returns what it said."""
    python = os.environ.get("PLACE_VALIDATION_PYTHON")
    if python is None:
        pytest.fail("PLACE_VALIDATION_PYTHON is not set; run the tests with: python3 tools test")
    return _run([python, *TOOL, command], folder)


def tracked_files() -> set[str]:
    """What git tracks, or would after `git add`, less what was deleted: paths with slashes."""
    # A checkout that belongs to another user, as in a container, is as good.
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
    names = _run([*command, "--cached", "--others", "--exclude-standard"], ROOT).split("\0")
    return {name for name in names if name and (ROOT / name).is_file()}


def pack_archive(folder: Path) -> Path:
    """Pack the working tree in a copy that is a repository of its own; returns the archive.

    The tool takes what git tracks, and writes beside it; the archive's folder can be cloned.
    """
    copy = folder / "repository"
    for name in tracked_files():
        target = copy / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, target)
    somebody = ["-c", "user.name=somebody", "-c", "user.email=somebody@localhost"]
    for command in (
        ["init", "--quiet"],
        ["add", "--all", "--force"],
        [*somebody, "-c", "commit.gpgsign=false", "commit", "--quiet", "--message", "all"],
    ):
        _run(["git", *command], copy)
    said = registry_tool("pack", copy)
    archive = copy / "node.zip"
    assert archive.is_file(), said
    return archive


def _run(command: list[str], folder: Path) -> str:
    result = subprocess.run(
        command, cwd=folder, capture_output=True, encoding="utf-8", timeout=SECONDS
    )
    output = result.stdout + result.stderr
    assert result.returncode == 0, output
    return output
