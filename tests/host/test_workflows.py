"""The example workflows are sound, and run in a real ComfyUI, new and old."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from safetensors.torch import save_file

import workflow
from host_client import Prompt
from host_server import HostServer
from in_server import (
    INPUTS,
    SIZE,
    WORKFLOWS,
    all_nodes,
    make_quick,
    random_controlnet,
    read_workflow,
    run_pictures,
    running_server,
    switched_on,
    take_few_steps,
    warnings_in,
)
from missing import optional_path
from report import tail

pytestmark = pytest.mark.host

PICTURES = {
    "1 First picture": [(512, 512)],
    "2 Four styles": [(512, 512)] * 4,
    "3 Swap one object": [(512, 1032)],
    "4 Moving shape": [(384, 384)],
    "5 Masks to picture": [(512, 512)],
    "6 Picture to picture": [(512, 512)],
    "7 What the model sees": [(512, 512)],
    "8 Any checkpoint": [(576, 864)],
    "With ControlNet-seg": [(512, 512)],
    "With ControlNet": [(512, 512)],
    "With LoRA for one region": [(512, 512)],
    "With SAM 3": [(512, 512)],
    "With inpainting": [(512, 1032)],
}
"""Height and width of what a workflow saves, or shows if it saves nothing."""
NAMES = list(PICTURES)

TITLE_BAR = 30
PREVIEW_BYTES = 150_000

WEIGHTS = {"With SAM 3": "sam3.1_multiplex_fp16.safetensors"}
"""Workflow → the checkpoint that it needs, which no test has."""

every_workflow = pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)


def test_all_examples_are_there() -> None:
    assert [file.stem for file in WORKFLOWS] == NAMES


@every_workflow
def test_node_types_are_known(file: Path, server: HostServer) -> None:
    known = {*server.client.object_info(), *workflow.COMMENTS}

    assert {node["type"] for node in all_nodes(read_workflow(file))} <= known


@every_workflow
def test_links_and_slots_agree(file: Path) -> None:
    graph = read_workflow(file)
    nodes = {node["id"]: node for node in graph["nodes"]}
    links = {link[0]: link for link in graph["links"]}
    in_slots, out_slots = set(), set()
    for node in nodes.values():
        for slot in node["inputs"]:
            if slot["link"] is not None:
                in_slots.add(slot["link"])
        for slot in node["outputs"]:
            out_slots.update(slot["links"] or [])

    assert in_slots == out_slots == set(links)
    for link_id, source, source_slot, target, target_slot, kind in links.values():
        output = nodes[source]["outputs"][source_slot]
        assert link_id in output["links"]
        assert nodes[target]["inputs"][target_slot]["link"] == link_id
        assert output["type"] == nodes[target]["inputs"][target_slot]["type"] == kind
    assert max(nodes) <= graph["last_node_id"] and max(links) <= graph["last_link_id"]


@every_workflow
def test_slots_are_those_of_the_node_types(file: Path, server: HostServer) -> None:
    known = server.client.object_info()
    for node in all_nodes(read_workflow(file)):
        if node["type"] in workflow.COMMENTS:
            continue
        info = known[node["type"]]
        defined = {name for names in info["input_order"].values() for name in names}
        defined -= set(info["input_order"].get("hidden", []))
        defined -= {name for name in defined if _is_socketless(info, name)}
        # What an Autogrow input grows is called masks.mask0, masks.mask1, …
        saved = {slot["name"].partition(".")[0] for slot in node["inputs"]} - {"upload"}

        assert saved == defined, node["type"]
        assert [slot["name"] for slot in node["outputs"]] == info["output_name"]


def _is_socketless(info: dict[str, Any], name: str) -> bool:
    return any(
        section[name][1].get("socketless", False)
        for section in info["input"].values()
        if name in section and len(section[name]) > 1
    )


@every_workflow
def test_values_are_legal(file: Path, server: HostServer) -> None:
    known = server.client.object_info()
    for node in workflow.to_prompt(read_workflow(file), known).values():
        definitions = known[node["class_type"]]["input"]
        for section in ("required", "optional"):
            for name, definition in definitions.get(section, {}).items():
                value = node["inputs"].get(name)
                if value is not None and value == WEIGHTS.get(file.stem):
                    assert (node["class_type"], name) == ("CheckpointLoaderSimple", "ckpt_name")
                elif value is not None and not isinstance(value, list):
                    where = f"{node['class_type']}.{name} = {value!r}"
                    assert _is_legal(value, definition), where


def _is_legal(value: Any, definition: list) -> bool:
    kind, options = definition[0], definition[1] if len(definition) > 1 else {}
    if isinstance(kind, list) or kind == "COMBO":
        return value in (kind if isinstance(kind, list) else options["options"])
    if kind == "BOOLEAN":
        return isinstance(value, bool)
    if kind in ("INT", "FLOAT"):
        right_type = isinstance(value, int) or (kind == "FLOAT" and isinstance(value, float))
        return right_type and options["min"] <= value <= options["max"]
    return kind == "STRING" and isinstance(value, str)


@every_workflow
def test_it_can_be_read(file: Path) -> None:
    graph = read_workflow(file)
    boxes = {node["id"]: _box(node) for node in graph["nodes"]}

    for (one, a), (other, b) in combinations(boxes.items(), 2):
        apart = a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
        assert apart, f"nodes {one} and {other} overlap"
    for node_id, (left, top, right, bottom) in boxes.items():
        groups = [
            group["title"]
            for group in graph["groups"]
            for x, y, width, height in [group["bounding"]]
            if x <= left and y <= top and right <= x + width and bottom <= y + height
        ]
        # A few nodes need no groups.
        expected = 1 if graph["groups"] else 0
        assert len(groups) == expected, f"node {node_id} is in the groups {groups}"
    for link in graph["links"]:
        source, target = boxes[link[1]], boxes[link[3]]
        assert source[0] <= target[0], f"link {link[0]} goes from right to left"


def _box(node: dict[str, Any]) -> tuple[float, float, float, float]:
    (x, y), (width, height) = node["pos"], node["size"]
    return x, y - TITLE_BAR, x + width, y + height


@every_workflow
def test_words_are_in_one_place(file: Path) -> None:
    """In the painter's fields; the encoder after it has only words that another one has not."""
    nodes = all_nodes(read_workflow(file))
    if not any(node["type"] == "PLACELayoutPainter" for node in read_workflow(file)["nodes"]):
        return
    prompts = [n["widgets_values"][0] for n in nodes if n["type"] == "PLACEPromptEncoder"]
    drawings = [n["widgets_values"][0] for n in nodes if n["type"] == "PLACELayoutPainter"]

    assert prompts.count("") >= max(1, len(prompts) - 1)
    for drawing in drawings:
        # All classes of ours are numbered as they are shown since version 2.
        assert json.loads(drawing)["version"] == 2
        assert any(c["words"] for c in json.loads(drawing)["classes"])


def test_the_first_picture_is_small_and_fits_its_window() -> None:
    graph = read_workflow(WORKFLOWS[0])
    left, top = graph["extra"]["ds"]["offset"]
    boxes = [_box(node) for node in graph["nodes"] if node["type"] not in workflow.COMMENTS]

    assert len(boxes) == 3 and graph["extra"]["ds"]["scale"] == 1
    # Of a browser window of 1600×1000, less its own bars and those of the front end.
    assert all(60 <= x + left and 90 <= y + top for x, y, _, _ in boxes)
    assert all(x + left <= 1600 and y + top <= 857 for _, _, x, y in boxes)


@every_workflow
def test_it_has_a_preview_for_the_template_browser(file: Path) -> None:
    preview = file.with_suffix(".jpg")

    # A card is square.
    with Image.open(preview) as picture:
        assert (picture.format, picture.size) == ("JPEG", (512, 512))
    assert preview.stat().st_size <= PREVIEW_BYTES


@pytest.mark.parametrize(
    "file", [file for file in WORKFLOWS if file.stem not in WEIGHTS], ids=lambda file: file.stem
)
def test_it_runs_as_it_is(file: Path, package_server: HostServer) -> None:
    """From the registry's package in an empty base directory: no file but what comes with it."""
    before = len(log_of(package_server))
    _assert_runs(file, package_server)

    assert warnings_in(log_of(package_server)[before:]) == []


@pytest.mark.parametrize(
    ("name", "pixels"),
    [
        ("7 What the model sees", 4 * SIZE),
        ("8 Any checkpoint", 3 * SIZE * 3 // 2),
        ("With ControlNet", 4 * SIZE),
        # 0.01 megapixels, as the nearest multiple of 64.
        ("6 Picture to picture", 4 * 128),
    ],
)
def test_it_runs_with_a_checkpoint_of_ones_own(name: str, pixels: int, server: HostServer) -> None:
    """A checkpoint without fusion weights, a LoRA, and a map of ADE20K's colors for a photo's."""
    graph = switched_on(read_workflow(WORKFLOWS[NAMES.index(name)]), "LoraLoader")
    prompt = workflow.to_prompt(graph, server.client.object_info())
    if workflow.replace(prompt, "palette", "ADE20K", "PLACESegmentationToLCM"):
        # As the note in the workflow says, and the words were for the classes of its own picture.
        prompt["loaded"] = {"class_type": "LoadImage", "inputs": {"image": INPUTS[1].name}}
        for node in prompt.values():
            if node["class_type"] in ("PLACESegmentationToLCM", "ImageScaleToTotalPixels"):
                node["inputs"]["image"] = ["loaded", 0]
        workflow.replace(prompt, "class_prompts", "")
    make_quick(prompt, Path(os.environ["PLACE_SEEDED_CHECKPOINT"]).name)
    _assert_makes(prompt, [(pixels, pixels)], server)


def test_what_comes_behind_sam_3_runs_with_other_masks(server: HostServer) -> None:
    file = WORKFLOWS[NAMES.index("With SAM 3")]
    prompt = workflow.to_prompt(read_workflow(file), server.client.object_info())
    side = {"width": 512, "height": 512}
    for node in prompt.values():
        if node["class_type"] == "SAM3_Detect":
            node |= {"class_type": "SolidMask", "inputs": {"value": 1.0, **side}}
    take_few_steps(prompt)
    _assert_makes(prompt, PICTURES[file.stem], server)


def test_the_controlnet_acts_when_it_is_switched_on(server: HostServer, tmp_path: Path) -> None:
    """One of the seeded checkpoint's shapes, from a file, beside a layout."""
    checkpoint = Path(os.environ["PLACE_SEEDED_CHECKPOINT"])
    controlnet = tmp_path / "random_controlnet.safetensors"
    save_file(random_controlnet(checkpoint), controlnet)
    server.add_model("controlnet", controlnet)
    types = ("ControlNetLoader", "ControlNetApplyAdvanced")
    graph = switched_on(read_workflow(WORKFLOWS[NAMES.index("With ControlNet")]), *types)
    prompt = workflow.to_prompt(graph, server.client.object_info())
    make_quick(prompt, checkpoint.name)
    workflow.replace(prompt, "control_net_name", controlnet.name)

    def picture_at(strength: float) -> np.ndarray:
        workflow.replace(prompt, "strength", strength, "ControlNetApplyAdvanced")
        (pixels,) = run_pictures(server.client, prompt)
        return pixels.astype(float)

    without, half, whole = (picture_at(strength) for strength in (0.0, 0.5, 1.0))
    assert np.abs(half - without).mean() > 1 and np.abs(whole - half).mean() > 1


@pytest.fixture(scope="module")
def oldest_server() -> Iterator[HostServer]:
    with running_server(optional_path("PLACE_COMFYUI_OLDEST_PATH", "an old ComfyUI")) as server:
        yield server


def test_the_oldest_host_knows_all_nodes(oldest_server: HostServer, server: HostServer) -> None:
    nodes = {
        name: [info["input_order"], info["output"], info["output_name"]]
        for client in (server.client, oldest_server.client)
        for name, info in client.object_info().items()
        if name.startswith("PLACE")
    }
    old = oldest_server.client.object_info()

    assert len(nodes) == 18
    for name, (inputs, outputs, output_names) in nodes.items():
        assert old[name]["input_order"] == inputs, name
        assert old[name]["output"] == outputs, name
        assert old[name]["output_name"] == output_names, name


@pytest.mark.parametrize("name", ["1 First picture", "5 Masks to picture"])
def test_an_example_runs_in_the_oldest_host(name: str, oldest_server: HostServer) -> None:
    _assert_runs(WORKFLOWS[NAMES.index(name)], oldest_server)


def log_of(server: HostServer) -> str:
    return tail(server.log, lines=10_000)


def _assert_runs(file: Path, server: HostServer) -> None:
    prompt = workflow.to_prompt(read_workflow(file), server.client.object_info())
    take_few_steps(prompt)
    _assert_makes(prompt, PICTURES[file.stem], server)


def _assert_makes(prompt: Prompt, sizes: list[tuple[int, int]], server: HostServer) -> None:
    made = run_pictures(server.client, prompt)

    assert [pixels.shape[:2] for pixels in made] == sizes
    # Not finite latents come out as one color.
    assert all(pixels.std() > 1 for pixels in made)
