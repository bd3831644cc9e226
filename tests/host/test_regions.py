"""What the examples for one region promise: it changes there, and hardly elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load, save_file
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d, max_pool2d

import workflow
from host_client import Prompt
from host_server import HostServer
from in_server import ROOT, RUN_SECONDS, read_workflow, switched_on
from place_core.layout_masks import chosen_classes, masks_of_classes
from place_core.painted import read_drawing

pytestmark = pytest.mark.host

LORA = "random_demo_lora.safetensors"
RANK = 4


def graph(name: str) -> dict[str, Any]:
    return read_workflow(ROOT / "workflows" / f"{name}.json")


def latent(server: HostServer, prompt: Prompt, node_id: str) -> Tensor:
    """``[C, h, w]`` what a node makes of a prompt, by way of a file."""
    saved = {"samples": [node_id, 0], "filename_prefix": "region"}
    more = {"saved": {"class_type": "SaveLatent", "inputs": saved}}
    outputs = server.client.run({**prompt, **more}, RUN_SECONDS)["outputs"]
    content = server.client.fetch(outputs["saved"]["latents"][0])
    return load(content)["latent_tensor"][0]


def ids_of(prompt: Prompt, node_type: str) -> list[str]:
    return [node_id for node_id, node in prompt.items() if node["class_type"] == node_type]


def region(prompt: Prompt, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """``[h, w]`` bool: the cells that lie in the example's mask, and those that are not near it."""
    (painter,), (masks,) = (
        ids_of(prompt, "PLACELayoutPainter"),
        ids_of(prompt, "PLACELayoutToMasks"),
    )
    layout = read_drawing(prompt[painter]["inputs"]["drawing"])
    chosen = prompt[masks]["inputs"]
    mask, _ = masks_of_classes(
        layout,
        chosen_classes(layout, chosen["classes"]),
        chosen["grow"],
        chosen["feather"],
        combine=True,
    )
    inside = adaptive_avg_pool2d(mask, size)
    near = max_pool2d(inside, 5, 1, 2) > 0
    return inside[0] > 0.5, ~near[0]


def change(one: Tensor, other: Tensor, cells: Tensor) -> float:
    """How far two latents differ in some cells, relative to the first."""
    return float((one - other)[:, cells].norm() / one[:, cells].norm())


def test_inpainting_leaves_the_rest_as_it_was(server: HostServer) -> None:
    prompt = workflow.to_prompt(graph("With inpainting"), server.client.object_info())
    workflow.replace(prompt, "steps", 8)
    before, after = (latent(server, prompt, i) for i in ids_of(prompt, "PLACEKSampler"))
    inside, elsewhere = region(prompt, before.shape[1:])

    assert change(before, after, inside) > 0.3
    assert change(before, after, elsewhere) < 1e-5
    assert int(elsewhere.sum()) > 0.7 * elsewhere.numel()


@pytest.fixture(scope="module")
def lora(server: HostServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One of the demo model's attention, random, as strong as a third of its weights."""
    generator = torch.Generator().manual_seed(0)
    (weights,) = (ROOT / "place_core" / "demo" / "weights").glob("*.safetensors")
    tensors = {}
    with safe_open(weights, "pt") as file:
        for name in file.keys():  # noqa: SIM118
            path = name.removeprefix("model.diffusion_model.").removesuffix(".weight")
            if path == name or not path.split(".")[-1].startswith("to_"):
                continue
            weight = file.get_tensor(name).float()
            up = torch.randn(len(weight), RANK, generator=generator)
            down = torch.randn(RANK, weight.shape[1], generator=generator)
            up *= 0.3 * weight.norm() / (up @ down).norm()
            stem = f"lora_unet_{path.replace('.', '_')}"
            tensors |= {f"{stem}.lora_up.weight": up, f"{stem}.lora_down.weight": down}
    assert tensors
    file = tmp_path_factory.mktemp("lora") / LORA
    save_file(tensors, file)
    server.add_model("loras", file)
    yield LORA


@pytest.fixture
def with_lora(server: HostServer, lora: str) -> Prompt:
    on = switched_on(graph("With LoRA for one region"), "CreateHookLora")
    prompt = workflow.to_prompt(on, server.client.object_info())
    workflow.replace(prompt, "lora_name", lora, "CreateHookLora")
    return prompt


@pytest.fixture
def without(server: HostServer) -> Prompt:
    bypassed = graph("With LoRA for one region")
    return workflow.to_prompt(bypassed, server.client.object_info())


def test_a_lora_acts_in_its_region_and_hardly_elsewhere(
    server: HostServer, with_lora: Prompt, without: Prompt
) -> None:
    (sampler,) = ids_of(without, "PLACEKSampler")
    plain, acting = latent(server, without, sampler), latent(server, with_lora, sampler)
    inside, elsewhere = region(without, plain.shape[1:])
    there, beside = change(plain, acting, inside), change(plain, acting, elsewhere)
    print(f"relative change by the LoRA: {there:.3f} in the region, {beside:.4f} elsewhere")

    assert there > 0.1
    assert beside < 0.02
    # Without a mask it acts everywhere.
    everywhere = json.loads(json.dumps(with_lora))
    (properties,) = ids_of(everywhere, "PairConditioningSetProperties")
    del everywhere[properties]["inputs"]["mask"]
    assert change(plain, latent(server, everywhere, sampler), elsewhere) > 5 * beside


def test_without_a_lora_the_two_conditionings_are_one(server: HostServer, without: Prompt) -> None:
    (sampler,), (words,), (negative,) = (
        ids_of(without, kind) for kind in ("PLACEKSampler", "PLACEPromptEncoder", "CLIPTextEncode")
    )
    plain = json.loads(json.dumps(without))
    plain[sampler]["inputs"] |= {"positive": [words, 0], "negative": [negative, 0]}
    both, one = latent(server, without, sampler), latent(server, plain, sampler)

    assert change(one, both, torch.ones(one.shape[1:], dtype=torch.bool)) < 1e-3
