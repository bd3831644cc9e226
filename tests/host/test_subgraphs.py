"""What is inside the subgraph blueprints is known to a real ComfyUI and runs there."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import workflow
from host_client import Prompt
from host_server import HostServer
from in_server import INPUTS, ROOT, SIZE, make_quick, run_pictures

pytestmark = pytest.mark.host

BLUEPRINTS = sorted((ROOT / "subgraphs").glob("*.json"))

OTHER_PACKS = {"UniFormer-SemSegPreprocessor": "comfyui_controlnet_aux"}
"""Node types of other packs in our blueprints, which no test has installed."""

every_blueprint = pytest.mark.parametrize("file", BLUEPRINTS, ids=lambda file: file.stem)


def inside(file: Path) -> dict[str, Any]:
    return json.loads(file.read_text(encoding="utf-8"))["definitions"]["subgraphs"][0]


def node(number: int, kind: str, link: tuple[str, int] | None, *values: Any) -> dict[str, Any]:
    inputs = [] if link is None else [{"name": link[0], "type": "*", "link": link[1]}]
    return {"id": number, "type": kind, "inputs": inputs, "widgets_values": list(values)}


def unpacked(
    subgraph: Mapping[str, Any], before: list[dict[str, Any]], source: int, object_info: dict
) -> Prompt:
    """The subgraph between nodes that feed its first input and one that saves its first output.

    Widgets that are exposed keep their values of the inside.
    """
    links = []
    for link in subgraph["links"]:
        ends = [link[k] for k in ("origin_id", "origin_slot", "target_id", "target_slot", "type")]
        if ends[:2] == [-10, 0]:
            ends[0] = source
        if ends[2:4] == [-20, 0]:
            ends[2] = 102
            saved = link["id"]
        if min(ends[0], ends[2]) > 0:
            links.append([link["id"], *ends])
    links.append([1000, 100, 0, 101, 0, "IMAGE"])
    inner = [{**n, "mode": workflow.BYPASS * (n["type"] in OTHER_PACKS)} for n in subgraph["nodes"]]
    nodes = [*before, *inner, node(102, "SaveImage", ("images", saved), "place")]
    return workflow.to_prompt({"nodes": nodes, "links": links}, object_info)


@every_blueprint
def test_node_types_and_slots_are_known(file: Path, server: HostServer) -> None:
    known = server.client.object_info()
    for found in inside(file)["nodes"]:
        if found["type"] in OTHER_PACKS:
            assert found["properties"]["cnr_id"] == OTHER_PACKS[found["type"]]
            continue
        info = known[found["type"]]
        defined = {name for names in info["input_order"].values() for name in names}
        defined -= set(info["input_order"].get("hidden", []))

        assert {slot["name"] for slot in found["inputs"]} == defined, found["type"]
        assert [slot["name"] for slot in found["outputs"]] == info["output_name"]


def test_layout_to_image_runs(server: HostServer) -> None:
    load = node(100, "LoadImage", None, INPUTS[1].name, "image")
    read = node(101, "PLACESegmentationToLCM", ("image", 1000), "ADE20K")
    prompt = unpacked(inside(BLUEPRINTS[0]), [load, read], 101, server.client.object_info())
    make_quick(prompt, Path(os.environ["PLACE_SEEDED_CHECKPOINT"]).name)
    (pixels,) = run_pictures(server.client, prompt)

    assert pixels.shape == (SIZE, SIZE, 3) and pixels.std() > 1


def test_photo_to_layout_to_image_runs_behind_the_segmenter(server: HostServer) -> None:
    """Without the other pack the photo is a map, which the bypassed segmenter hands on."""
    load = node(100, "LoadImage", None, INPUTS[1].name, "image")
    prompt = unpacked(inside(BLUEPRINTS[1]), [load], 100, server.client.object_info())
    make_quick(prompt, Path(os.environ["PLACE_SEEDED_CHECKPOINT"]).name)
    workflow.replace(prompt, "megapixels", 0.01)
    (pixels,) = run_pictures(server.client, prompt)

    assert pixels.shape == (104, 104, 3) and pixels.std() > 1
