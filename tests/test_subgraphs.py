"""The subgraphs of blueprints and example workflows are as ComfyUI's front ends read them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
BLUEPRINTS = sorted((ROOT / "subgraphs").glob("*.json"))
WORKFLOWS = sorted((ROOT / "workflows").glob("*.json"))
INPUTS, OUTPUTS = -10, -20
"""In the links of a subgraph, the ids of its two ends."""

every_blueprint = pytest.mark.parametrize("file", BLUEPRINTS, ids=lambda file: file.stem)


def read(file: Path) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Each node of a workflow that stands for a subgraph, and that subgraph."""
    content = json.loads(file.read_text(encoding="utf-8"))
    definitions = content.get("definitions", {}).get("subgraphs", [])
    subgraphs = {subgraph["id"]: subgraph for subgraph in definitions}
    return [
        (node, subgraphs[node["type"]]) for node in content["nodes"] if node["type"] in subgraphs
    ]


SUBGRAPHS = {
    f"{file.stem}, {node['title']}": (node, subgraph)
    for file in (*BLUEPRINTS, *WORKFLOWS)
    for node, subgraph in read(file)
}

every_subgraph = pytest.mark.parametrize(("root", "subgraph"), SUBGRAPHS.values(), ids=SUBGRAPHS)


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
    ((root, subgraph),) = read(file)

    assert len(content["nodes"]) == 1 and not content["links"]
    assert root["title"] == subgraph["name"] == file.stem
    assert content["extra"]["BlueprintDescription"] == subgraph["description"]
    assert content["extra"]["BlueprintSearchAliases"] and subgraph["category"] == "PLACE"


@every_subgraph
def test_links_and_slots_agree(root: dict[str, Any], subgraph: dict[str, Any]) -> None:
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


@every_subgraph
def test_the_node_has_the_slots_of_the_subgraph(
    root: dict[str, Any], subgraph: dict[str, Any]
) -> None:
    for side in ("inputs", "outputs"):
        inside = [(slot["name"], slot["type"]) for slot in subgraph[side]]
        assert [(slot["name"], slot["type"]) for slot in root[side]] == inside
    for outer, inner in zip(root["inputs"], subgraph["inputs"], strict=True):
        assert outer.get("widget", {}).get("name") == inner_widget(subgraph, inner)


@every_subgraph
def test_widgets_are_shown_and_have_the_values_of_the_inside(
    root: dict[str, Any], subgraph: dict[str, Any]
) -> None:
    """Older front ends read the list of widgets, newer ones the values in the order of inputs.

    The newest ones put each value into its widget, a null for a seed too.
    """
    shown, values = root["properties"]["proxyWidgets"], root["widgets_values"]
    exposed = [slot["name"] for slot in root["inputs"] if slot.get("widget")]
    nodes = {str(node["id"]): node for node in subgraph["nodes"]}

    assert [name for node_id, name in shown if node_id == "-1"] == exposed
    assert [node_id for node_id, _ in shown[: len(exposed)]] == ["-1"] * len(exposed)
    assert len(values) == len(shown) and None not in values
    for name, value in zip(exposed, values, strict=False):
        (link,) = (slot["linkIds"][0] for slot in subgraph["inputs"] if slot["name"] == name)
        target = next(found["target_id"] for found in subgraph["links"] if found["id"] == link)
        assert value in nodes[str(target)]["widgets_values"], name
    for (node_id, name), value in list(zip(shown, values, strict=True))[len(exposed) :]:
        assert value in nodes[node_id]["widgets_values"], name
        assert name == "control_after_generate" or any(
            slot["name"] == name and slot["link"] is None for slot in nodes[node_id]["inputs"]
        )


@every_subgraph
def test_nodes_do_not_overlap(root: dict[str, Any], subgraph: dict[str, Any]) -> None:
    boxes = [(*node["pos"], *node["size"]) for node in subgraph["nodes"]]
    for i, (x, y, width, height) in enumerate(boxes):
        for left, top, other_width, other_height in boxes[:i]:
            apart_x = x + width <= left or left + other_width <= x
            # Above each node is its title.
            apart_y = y + height <= top - 30 or top + other_height <= y - 30
            assert apart_x or apart_y


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_ids_are_unique_across_subgraphs(file: Path) -> None:
    """Otherwise the front end gives new ones when it opens the file."""
    content = json.loads(file.read_text(encoding="utf-8"))
    graphs = [content, *content.get("definitions", {}).get("subgraphs", [])]
    ids = [node["id"] for graph in graphs for node in graph["nodes"]]

    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("file", (*BLUEPRINTS, *WORKFLOWS), ids=lambda file: file.stem)
def test_it_is_written_to_be_compared(file: Path) -> None:
    text = file.read_text(encoding="utf-8")

    assert text == json.dumps(json.loads(text), indent=2, ensure_ascii=False) + "\n"
