"""`python3 tools demo`: a map and words go in, a picture comes out, in a real ComfyUI.

The example workflow runs unchanged but for a few values that make it quick: the checkpoint with
random weights, the map, the steps and the size.
"""

from __future__ import annotations

import argparse
import json
import struct
import subprocess
import time
import zlib
from pathlib import Path
from typing import Any

import comfyui
import seeded_checkpoint
import workflow
from host_client import HostClient, HostError, Prompt, pictures
from host_server import REPOSITORY, HostServer
from report import Failure, say, step

WORKFLOW = REPOSITORY / "workflows" / "place_layout_to_image.json"
OUTPUT = REPOSITORY / "output"

# A quick run: small and few steps, since random weights make noise at any size.
STEPS = 4
SIZE = 256
SIZE_NODE = "EmptyLatentImage"
RUN_SECONDS = 900.0

MAP_NODE = "LoadImage"
MAP_NODE_INPUT = "image"
# A map as annotators draw it: the value of a pixel is the id of its class.
REAL_MAP = REPOSITORY.parent / "shared" / "data" / "layout_boat.png"
REAL_MAP_PALETTE = "index (COCO-Stuff)"
REAL_MAP_WORDS = "boat = wooden fishing boats\nsea = calm sea\nsky = stormy sky"
PALETTE_NODE = "PLACESegmentationToLCM"
WORDS_NODE = "PLACEPromptEncoder"
EXAMPLE_MAPS = REPOSITORY / "workflows" / "inputs"

# Where there is no map at all: sky over sea, a boat in the middle, by their COCO-Stuff ids.
SIMPLE_MAP_SIZE = 128
SKY, SEA, BOAT = 156, 154, 8


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--workflow", type=Path, default=WORKFLOW, metavar="FILE")
    parser.add_argument("--output", type=Path, default=OUTPUT, metavar="DIR")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--size", type=int, default=SIZE, help="pixels, a multiple of 8")


def demo(options: argparse.Namespace) -> int:
    """Set up, run, save the picture; 0 only if a picture came out that is more than one color."""
    start = time.monotonic()
    saved_workflow = _read(options.workflow)
    host = comfyui.host()
    checkpoint = seeded_checkpoint.cached(host)
    prepared = time.monotonic()

    with HostServer(host, models=[host.models] if host.models else []) as server:
        started = time.monotonic()
        server.add_model("checkpoints", checkpoint)
        prompt = workflow.to_prompt(saved_workflow, server.client.object_info())
        _make_quick(prompt, checkpoint.name, options.steps, options.size)
        _give_map(prompt, server.client)
        with step(f"Running {options.workflow.name}, {options.steps} steps"):
            entry = server.client.run(prompt, RUN_SECONDS)
        files = [
            _save(server.client, picture, options.output) for picture in pictures(entry, "output")
        ]
    if not files:
        raise HostError("The workflow ran, but saved no picture.")
    for file in files:
        say(f"Picture: {file} ({_check_picture(file, host.python)})")
    say(
        f"Times: set-up {prepared - start:.1f} s, server start {started - prepared:.1f} s, "
        f"run {time.monotonic() - started:.1f} s"
    )
    say(
        "The weights are random numbers, so the picture is noise. What this run shows is the "
        "chain: ComfyUI loaded the pack, and its nodes took a map and a prompt to a picture."
    )
    return 0


def _read(file: Path) -> dict[str, Any]:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise Failure(f"Cannot read the workflow {file}: {problem}") from problem


def _make_quick(prompt: Prompt, checkpoint: str, steps: int, size: int) -> None:
    if not workflow.replace(prompt, "ckpt_name", checkpoint):
        raise Failure("The workflow has no node that loads a checkpoint (no input 'ckpt_name').")
    workflow.replace(prompt, "steps", steps)
    workflow.replace(prompt, "width", size, SIZE_NODE)
    workflow.replace(prompt, "height", size, SIZE_NODE)


def _give_map(prompt: Prompt, client: HostClient) -> None:
    """Upload the map: a real one where it lies beside the repository, else the workflow's own."""
    loaders = [node for node in prompt.values() if node["class_type"] == MAP_NODE]
    if not loaders:
        return
    if REAL_MAP.is_file():
        say(f"Map: {REAL_MAP}")
        name = client.upload_image(REAL_MAP)
        workflow.replace(prompt, MAP_NODE_INPUT, name, MAP_NODE)
        workflow.replace(prompt, "palette", REAL_MAP_PALETTE, PALETTE_NODE)
        workflow.replace(prompt, "class_prompts", REAL_MAP_WORDS, WORDS_NODE)
        return
    for node in loaders:
        example = EXAMPLE_MAPS / node["inputs"][MAP_NODE_INPUT]
        if example.is_file():
            say(f"Map: {example}")
            node["inputs"][MAP_NODE_INPUT] = client.upload_image(example)
        else:
            say(f"Map: a simple one, as there is no {example}")
            node["inputs"][MAP_NODE_INPUT] = client.upload_bytes(_simple_map(), "simple_map.png")
            workflow.replace(prompt, "palette", REAL_MAP_PALETTE, PALETTE_NODE)
            workflow.replace(prompt, "class_prompts", "", WORDS_NODE)


def _simple_map() -> bytes:
    """An 8-bit gray PNG, written by hand because the tools have no library for pictures."""
    half, quarter = SIMPLE_MAP_SIZE // 2, SIMPLE_MAP_SIZE // 4
    sky = bytes([SKY]) * SIMPLE_MAP_SIZE
    sea = bytes([SEA]) * SIMPLE_MAP_SIZE
    boat = bytes([SEA]) * quarter + bytes([BOAT]) * half + bytes([SEA]) * quarter
    rows = [sky] * half + [boat] * quarter + [sea] * quarter

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + checksum

    header = struct.pack(">IIBBBBB", SIMPLE_MAP_SIZE, SIMPLE_MAP_SIZE, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


def _save(client: HostClient, picture: dict[str, str], folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / picture["filename"]
    file.write_bytes(client.fetch(picture))
    return file.absolute()


_CHECK_SCRIPT = """
import sys
from PIL import Image
image = Image.open(sys.argv[1]).convert("RGB")
if all(low == high for low, high in image.getextrema()):
    raise SystemExit("the picture has one color only")
print(f"{image.width}×{image.height}")
"""


def _check_picture(file: Path, python: Path) -> str:
    """Its size in words; Failure if it cannot be read or has one color only (a failed sampling)."""
    command = [str(python), "-X", "utf8", "-c", _CHECK_SCRIPT, str(file)]
    answer = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    if answer.returncode:
        raise Failure(f"{file}: {answer.stderr.strip()}")
    return answer.stdout.strip()
