"""What the tests do with a ComfyUI server: start one with the pack in it, and give it files."""

from __future__ import annotations

import io
import json
import os
import re
import sys
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors import safe_open
from safetensors.torch import save_file

import workflow
from comfyui import Host
from host_client import HostClient, Prompt, pictures
from host_server import HostServer

ROOT = Path(__file__).parents[1]
REGISTRY_NAME = "place-layout"
"""What the folder is called where the pack came from the registry."""

WORKFLOWS = sorted((ROOT / "workflows").glob("*.json"))
INPUTS = sorted((ROOT / "workflows" / "inputs").glob("*.png"))

LORA_NAME = "random_lora.safetensors"
SIZE, STEPS = 64, 2
RUN_SECONDS = 300.0


def required_path(variable: str) -> Path:
    """A path that `python3 tools test` provides. The host is never skipped: without it we fail."""
    if variable not in os.environ:
        pytest.fail(f"{variable} is not set; run the tests with: python3 tools test")
    return Path(os.environ[variable])


def tokenizer_folder() -> str:
    """The stock tokenizer of Stable Diffusion 1, which every ComfyUI brings along."""
    return str(required_path("PLACE_COMFYUI_PATH") / "comfy" / "sd1_tokenizer")


def host_of_tests(comfyui: Path | None = None) -> Host:
    """The ComfyUI that the tests are given, or another one that the same Python runs."""
    python = Path(os.environ.get("PLACE_COMFYUI_PYTHON", sys.executable))
    return Host(comfyui or required_path("PLACE_COMFYUI_PATH"), python)


@contextmanager
def running_server(
    comfyui: Path, packs: Mapping[str, Path] | None = None, arguments: Sequence[str] = ()
) -> Iterator[HostServer]:
    """A ComfyUI with the pack, the seeded checkpoint, a LoRA and the pictures of the workflows."""
    host = host_of_tests(comfyui)
    checkpoint = required_path("PLACE_SEEDED_CHECKPOINT")
    # The CPU also where there is a GPU: random weights overflow in half precision.
    with HostServer(host, cpu=True, packs=packs, arguments=arguments) as server:
        server.add_model("checkpoints", checkpoint)
        loras = server.base / "models" / "loras"
        loras.mkdir(parents=True, exist_ok=True)
        save_file(random_lora(), loras / LORA_NAME)
        for picture in INPUTS:
            server.client.upload_image(picture)
        yield server


@contextmanager
def running_package(archive: Path) -> Iterator[HostServer]:
    """A ComfyUI as a new user has it: the package from the registry in an empty base directory."""
    with HostServer(host_of_tests(), cpu=True, packs={REGISTRY_NAME: archive}) as server:
        yield server


def warnings_in(log: str) -> list[str]:
    """The lines of a server's log with a warning, an error or a trace."""
    return [
        line
        for line in log.splitlines()
        if re.search(r"\[(WARNING|ERROR|CRITICAL)\]|Traceback", line)
    ]


def change_setting(server: HostServer, name: str, value: object) -> None:
    """A setting of the user, which the front end reads when it is opened."""
    request = urllib.request.Request(
        f"{server.url}/settings/{name}",
        data=json.dumps(value).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request):
        pass


def random_lora() -> dict[str, torch.Tensor]:
    """A LoRA of rank 2 on one projection of the UNet and one of CLIP-L."""
    names = {
        "lora_unet_input_blocks_1_1_transformer_blocks_0_attn2_to_k": (320, 768),
        "lora_te_text_model_encoder_layers_0_self_attn_q_proj": (768, 768),
    }
    generator = torch.Generator().manual_seed(0)
    tensors = {}
    for name, (outputs, inputs) in names.items():
        tensors[f"{name}.lora_up.weight"] = torch.randn(outputs, 2, generator=generator) * 0.1
        tensors[f"{name}.lora_down.weight"] = torch.randn(2, inputs, generator=generator) * 0.1
        tensors[f"{name}.alpha"] = torch.tensor(2.0)
    return tensors


def random_controlnet(checkpoint: Path) -> dict[str, torch.Tensor]:
    """A ControlNet for the seeded checkpoint, begun as they all are: with the UNet's own encoder.

    What makes pictures of the hint, and what adds its output to the UNet, is random.
    """
    prefix, parts = "model.diffusion_model.", ("time_embed.", "input_blocks.", "middle_block.")
    with safe_open(checkpoint, "pt") as file:
        names = [name for name in file.keys() if name.startswith(prefix)]
        copied = {name.removeprefix(prefix): file.get_tensor(name) for name in names}
    tensors = {name: t for name, t in copied.items() if name.startswith(parts)}
    generator = torch.Generator().manual_seed(0)

    def convolution(name: str, inputs: int, outputs: int, side: int) -> None:
        shape = (outputs, inputs, side, side)
        scale = (inputs * side * side) ** -0.5
        tensors[f"{name}.weight"] = scale * torch.randn(shape, generator=generator)
        tensors[f"{name}.bias"] = torch.zeros(outputs)

    widths = (3, 16, 16, 32, 32, 96, 96, 256, 320)
    for number, (inputs, outputs) in enumerate(pairwise(widths)):
        convolution(f"input_hint_block.{2 * number}", inputs, outputs, 3)
    for number, width in enumerate((320, 320, 320, 640)):
        convolution(f"zero_convs.{number}.0", width, width, 1)
    convolution("middle_block_out.0", 640, 640, 1)
    return {f"control_model.{name}": t.half() for name, t in tensors.items()}


def read_workflow(file: Path) -> dict[str, Any]:
    """A workflow file in UI format."""
    return json.loads(file.read_text(encoding="utf-8"))


def all_nodes(graph: dict[str, Any]) -> list[dict[str, Any]]:
    """The nodes of a workflow and those inside of its subgraphs, whose own nodes are left out."""
    subgraphs = graph.get("definitions", {}).get("subgraphs", [])
    names = {subgraph["id"] for subgraph in subgraphs}
    nodes = [*graph["nodes"], *(node for subgraph in subgraphs for node in subgraph["nodes"])]
    return [node for node in nodes if node["type"] not in names]


def switched_on(graph: dict[str, Any], *types: str) -> dict[str, Any]:
    """A workflow whose nodes of some types are not bypassed any more."""
    return graph | {"nodes": [n | {"mode": 0} if n["type"] in types else n for n in graph["nodes"]]}


def quick_values(checkpoint: str) -> dict[tuple[str, str], Any]:
    """(node type, input) → value that makes an example run with what a test has, and quickly."""
    return {
        ("PLACEModelLoader", "ckpt_name"): checkpoint,
        ("LoraLoader", "lora_name"): LORA_NAME,
        ("EmptyLatentImage", "width"): SIZE,
        ("EmptyLatentImage", "height"): SIZE,
        ("PLACEKSampler", "steps"): STEPS,
        ("KSampler", "steps"): STEPS,
        ("ImageScaleToTotalPixels", "megapixels"): 0.01,
        ("PLACEAlphaPlot", "steps"): STEPS,
    }


def make_quick(prompt: Prompt, checkpoint: str) -> None:
    """Put the quick values into a workflow in API form."""
    for (node_type, name), value in quick_values(checkpoint).items():
        workflow.replace(prompt, name, value, node_type)


def take_few_steps(prompt: Prompt) -> None:
    """Make an example quick that runs with the models that it names."""
    # A picture whose regions are found by their colors must have got its colors.
    if not any(node["class_type"] == "PLACESegmentationToLCM" for node in prompt.values()):
        workflow.replace(prompt, "steps", STEPS)


def run_pictures(client: HostClient, prompt: Prompt, kind: str | None = None) -> list[np.ndarray]:
    """Run a workflow; the pictures that it saved ("output") or showed ("temp"), as arrays.

    By default those that it saved, or showed where it saves none.
    """
    entry = client.run(prompt, RUN_SECONDS)
    found = pictures(entry, kind) if kind else pictures(entry, "output") or pictures(entry, "temp")
    return [picture(client.fetch(one)) for one in found]


def picture(content: bytes) -> np.ndarray:
    """``[H, W, 3]`` of 0..255 from a picture file."""
    with Image.open(io.BytesIO(content)) as image:
        return np.asarray(image.convert("RGB"))


def png(pixels: np.ndarray) -> bytes:
    """A PNG file of a picture ``[H, W]`` or ``[H, W, 3]`` of 0..255."""
    stream = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(stream, "PNG")
    return stream.getvalue()


def chain(**nodes: tuple[str, Mapping[str, Any]]) -> Prompt:
    """API form in short: `name=("NodeType", {"input": value or "other_name.output_slot"})`.

    A text is a link where it is the name of another node, a dot, and a number.
    """

    def value(given: Any) -> Any:
        name, _, slot = given.rpartition(".") if isinstance(given, str) else ("", "", "")
        return [name, int(slot)] if name in nodes and slot.isdigit() else given

    return {
        name: {"class_type": kind, "inputs": {key: value(v) for key, v in inputs.items()}}
        for name, (kind, inputs) in nodes.items()
    }
