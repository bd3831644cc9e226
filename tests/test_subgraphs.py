"""The subgraph blueprints are as ComfyUI's front ends read them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

BLUEPRINTS = sorted((Path(__file__).parents[1] / "subgraphs").glob("*.json"))
INPUTS, OUTPUTS = -10, -20
"""In the links of a subgraph, the ids of its two ends."""

every_blueprint = pytest.mark.parametrize("file", BLUEPRINTS, ids=lambda file: file.stem)


def read(file: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The one node of the workflow, and the subgraph that it stands for."""
    content = json.loads(file.read_text(encoding="utf-8"))
    (root,) = content["nodes"]
    (subgraph,) = content["definitions"]["subgraphs"]
    return root, subgraph


def inner_widget(subgraph: dict[str, Any], slot: dict[str, Any]) -> str | None:
    """The name of the widget that an input of the subgraph feeds first, if it is one."""
    link = next(link for link in subgraph["links"] if link["id"] == slot["linkIds"][0])
    node = next(node for node in subgraph["nodes"] if node["id"] == link["target_id"])
    return node["inputs"][link["target_slot"]].get("widget", {}).get("name")


def test_the_blueprints_are_there() -> None:
    assert [file.stem for file in BLUEPRINTS] == ["Layout to image", "Photo to layout to image"]


@every_blueprint
def test_it_is_one_node_of_one_subgraph(file: Path) -> None:
    content = json.loads(file.read_text(encoding="utf-8"))
    root, subgraph = read(file)

    assert root["type"] == subgraph["id"] and not content["links"]
    assert root["title"] == subgraph["name"] == file.stem
    assert content["extra"]["BlueprintDescription"] == subgraph["description"]
    assert content["extra"]["BlueprintSearchAliases"] and subgraph["category"] == "PLACE"


@every_blueprint
def test_links_and_slots_agree(file: Path) -> None:
    _, subgraph = read(file)
    nodes = {node["id"]: node for node in subgraph["nodes"]}
    links = {link["id"]: link for link in subgraph["links"]}
    left, entered = set(), set()
    for link in links.values():
        origin, target = link["origin_id"], link["target_id"]
        if origin == INPUTS:
            source = subgraph["inputs"][link["origin_slot"]]
            assert link["id"] in source["linkIds"]
        else:
            source = nodes[origin]["outputs"][link["origin_slot"]]
            assert link["id"] in source["links"]
        if target == OUTPUTS:
            end = subgraph["outputs"][link["target_slot"]]
            assert end["linkIds"] == [link["id"]]
        else:
            end = nodes[target]["inputs"][link["target_slot"]]
            assert end["link"] == link["id"]
        assert source["type"] == end["type"] == link["type"]
    for node in nodes.values():
        entered |= {slot["link"] for slot in node["inputs"]} - {None}
        left |= {number for slot in node["outputs"] for number in slot["links"] or []}
    entered |= {number for slot in subgraph["outputs"] for number in slot["linkIds"]}
    left |= {number for slot in subgraph["inputs"] for number in slot["linkIds"]}

    assert entered == left == set(links)
    assert subgraph["state"]["lastNodeId"] == max(nodes)
    assert subgraph["state"]["lastLinkId"] == max(links)


@every_blueprint
def test_the_node_has_the_slots_of_the_subgraph(file: Path) -> None:
    root, subgraph = read(file)
    for side in ("inputs", "outputs"):
        inside = [(slot["name"], slot["type"]) for slot in subgraph[side]]
        assert [(slot["name"], slot["type"]) for slot in root[side]] == inside
    for outer, inner in zip(root["inputs"], subgraph["inputs"], strict=True):
        assert outer.get("widget", {}).get("name") == inner_widget(subgraph, inner)


@every_blueprint
def test_widgets_are_shown_and_have_the_values_of_the_inside(file: Path) -> None:
    """Older front ends read the list of widgets, newer ones the values in the order of inputs."""
    root, subgraph = read(file)
    shown, values = root["properties"]["proxyWidgets"], root["widgets_values"]
    exposed = [slot["name"] for slot in root["inputs"] if slot.get("widget")]
    nodes = {str(node["id"]): node for node in subgraph["nodes"]}

    assert [name for node_id, name in shown if node_id == "-1"] == exposed
    assert [node_id for node_id, _ in shown[: len(exposed)]] == ["-1"] * len(exposed)
    assert len(values) == len(shown) and None not in values[: len(exposed)]
    for node_id, name in shown[len(exposed) :]:
        assert name == "control_after_generate" or any(
            slot["name"] == name and slot["link"] is None for slot in nodes[node_id]["inputs"]
        )


@every_blueprint
def test_nodes_do_not_overlap(file: Path) -> None:
    _, subgraph = read(file)
    boxes = [(*node["pos"], *node["size"]) for node in subgraph["nodes"]]
    for i, (x, y, width, height) in enumerate(boxes):
        for left, top, other_width, other_height in boxes[:i]:
            apart_x = x + width <= left or left + other_width <= x
            # Above each node is its title.
            apart_y = y + height <= top - 30 or top + other_height <= y - 30
            assert apart_x or apart_y


@every_blueprint
def test_it_is_written_to_be_compared(file: Path) -> None:
    text = file.read_text(encoding="utf-8")

    assert text == json.dumps(json.loads(text), indent=2, ensure_ascii=False) + "\n"
