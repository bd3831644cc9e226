"""`python3 tools bench`: the scripts in benchmarks/, each of which prints a table."""

from __future__ import annotations

import argparse
import os
import subprocess
from pathlib import Path

import comfyui
from host_server import REPOSITORY
from report import Failure, say
from testing import host_variables

FOLDER = REPOSITORY / "benchmarks"
# place_core, and what tests and benchmarks share for work inside a ComfyUI process.
_IMPORTED_FROM = [str(REPOSITORY / name) for name in ("", "tools", "tests")]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="*", help="files in benchmarks/ without .py (default: all)")


def available() -> dict[str, Path]:
    """The benchmarks by name; files whose name begins with an underscore are their helpers."""
    return {file.stem: file for file in sorted(FOLDER.glob("*.py")) if file.stem[0] != "_"}


def bench(options: argparse.Namespace) -> int:
    """Run the named benchmarks one after the other; 0 if all of them ended well."""
    scripts = available()
    unknown = [name for name in options.names if name not in scripts]
    if unknown or not scripts:
        what = f"No benchmark {', '.join(unknown)}" if unknown else "No benchmarks"
        raise Failure(f"{what} in {FOLDER}. There are: {', '.join(scripts) or 'none'}.")
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
