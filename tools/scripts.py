"""`python3 tools bench` and `python3 tools pictures`: scripts that run beside a real ComfyUI.

Benchmarks print tables; the others make the pictures of README, docs and workflows.
"""

from __future__ import annotations

import argparse
import os
import subprocess
from pathlib import Path

import comfyui
from host_server import REPOSITORY
from report import Failure, say
from testing import host_variables

FOLDERS = {"bench": REPOSITORY / "benchmarks", "pictures": REPOSITORY / "docs" / "pictures"}
# place_core, and what tests and scripts share for work inside a ComfyUI process.
_IMPORTED_FROM = [str(REPOSITORY / name) for name in ("", "tools", "tests")]


def add_arguments(parser: argparse.ArgumentParser, command: str) -> None:
    folder = FOLDERS[command].relative_to(REPOSITORY)
    parser.add_argument("names", nargs="*", help=f"files in {folder} without .py (default: all)")


def available(folder: Path) -> dict[str, Path]:
    """The scripts by name; files whose name begins with an underscore are their helpers."""
    return {file.stem: file for file in sorted(folder.glob("*.py")) if file.stem[0] != "_"}


def run(options: argparse.Namespace) -> int:
    """Run the named scripts one after the other; 0 if all of them ended well."""
    folder = FOLDERS[options.command]
    scripts = available(folder)
    if unknown := [name for name in options.names if name not in scripts]:
        raise Failure(f"No {', '.join(unknown)} in {folder}. There are: {', '.join(scripts)}.")
    host = comfyui.host()
    variables = dict(os.environ, **host_variables(host))
    variables["PYTHONPATH"] = os.pathsep.join(
        filter(None, [*_IMPORTED_FROM, os.environ.get("PYTHONPATH")])
    )
    failed = []
    for name in options.names or scripts:
        say(f"\n== {name}")
        command = [str(host.python), str(scripts[name])]
        if subprocess.run(command, cwd=REPOSITORY, env=variables).returncode:
            failed.append(name)
    if failed:
        raise Failure(f"Failed: {', '.join(failed)}")
    return 0
