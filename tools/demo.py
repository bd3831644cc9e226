"""`python3 tools demo`: a painted layout and words go in, a picture comes out, in a real ComfyUI.

The example workflow runs unchanged, with the small model that comes with the pack. Its judge, a
network that has learned to see what is in such pictures, then says how far the picture follows the
layout.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import time
from pathlib import Path

import comfyui
import workflow
from host_client import HostClient, HostError, pictures
from host_server import REPOSITORY, HostServer
from report import Failure, say, step

WORKFLOW = REPOSITORY / "workflows" / "1 First picture.json"
OUTPUT = REPOSITORY / "output"
PICTURE = "First picture.png"
BESIDE = "First picture beside its layout.png"
RUN_SECONDS = 900.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--output", type=Path, default=OUTPUT, metavar="DIR")


def demo(options: argparse.Namespace) -> int:
    """Set up, run, save the picture and judge it; 0 only if all of that went well."""
    start = time.monotonic()
    host = comfyui.host()
    prepared = time.monotonic()
    with HostServer(host) as server:
        started = time.monotonic()
        saved = json.loads(WORKFLOW.read_text(encoding="utf-8"))
        prompt = workflow.to_prompt(saved, server.client.object_info())
        with step(f"Running {WORKFLOW.name}"):
            entry = server.client.run(prompt, RUN_SECONDS)
        # It shows its picture and saves none: it is there to paint live.
        shown = pictures(entry, "temp")
        if len(shown) != 1:
            raise HostError(f"The workflow ran, but showed {len(shown)} pictures.")
        file = _save(server.client, shown[0], options.output)
    say(f"Picture: {file}")
    beside = options.output.absolute() / BESIDE
    say(_compare(host.python, file, beside))
    say(f"Layout, picture, and what the judge sees in it: {beside}")
    say(
        f"Times: set-up {prepared - start:.1f} s, server start {started - prepared:.1f} s, "
        f"run {time.monotonic() - started:.1f} s"
    )
    return 0


def _save(client: HostClient, picture: dict[str, str], folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / PICTURE
    file.write_bytes(client.fetch(picture))
    return file.absolute()


def _compare(python: Path, picture: Path, beside: Path) -> str:
    """What the judge says; Failure if it cannot."""
    command = [str(python), "-X", "utf8", "-m", "place_core.demo.compare"]
    command += ["--layout", str(WORKFLOW), "--picture", str(picture), "--output", str(beside)]
    answer = subprocess.run(
        command, cwd=REPOSITORY, capture_output=True, text=True, encoding="utf-8"
    )
    if answer.returncode:
        raise Failure(f"{picture}: {answer.stderr.strip()}")
    return answer.stdout.strip()
