"""Workflows with their subgraphs unpacked, as the front end does before it sends a workflow."""

from __future__ import annotations

from typing import Any

from report import Failure

Json = dict[str, Any]

INPUTS, OUTPUTS = -10, -20
"""Ids of the two ends of a subgraph in its links."""

NEVER, BYPASS = 2, 4
"""Modes of a node that is not run: muted, or passed through."""

REROUTE = "Reroute"
PRIMITIVE = "PrimitiveNode"


def unpacked(workflow: Json) -> Json:
    """Nodes and links of a UI-format workflow in which each subgraph's inside stands in its place.

    What is inside has the id of the subgraph's node before its own: "4:10". Where links go in and
    out there are reroutes, and primitives for what the subgraph's node shows as widgets of its own.
    A muted or bypassed subgraph stays one node, which is not sent.

    Raises:
        Failure: a subgraph that is inside of itself.
    """
    definitions = workflow.get("definitions") or {}
    subgraphs = {subgraph["id"]: subgraph for subgraph in definitions.get("subgraphs") or []}
    nodes, links = _unpack(workflow["nodes"], workflow["links"], subgraphs, ())
    return {"nodes": nodes, "links": links}


def _unpack(
    nodes: list[Json], links: list[list], subgraphs: dict[str, Json], within: tuple[str, ...]
) -> tuple[list[Json], list[list]]:
    flat, wires = [], list(links)
    for node in nodes:
        subgraph = subgraphs.get(node["type"])
        if subgraph is None or node.get("mode", 0) in (NEVER, BYPASS):
            flat.append(node)
            continue
        if subgraph["id"] in within:
            raise Failure(f"node {node['id']}: its subgraph is inside of itself")
        wires = [_to_doors(link, node["id"]) for link in wires]
        inside, inner = _unpack(*_inside(node, subgraph), subgraphs, (*within, subgraph["id"]))
        flat += inside
        wires += inner
    return flat, wires


def _to_doors(link: list, node_id: Any) -> list:
    """A link [id, source, slot, target, slot, type] at the doors of a subgraph, not at its node."""
    link_id, source, source_slot, target, target_slot, *kind = link
    if source == node_id:
        source, source_slot = _door(node_id, OUTPUTS, source_slot), 0
    if target == node_id:
        target, target_slot = _door(node_id, INPUTS, target_slot), 0
    return [link_id, source, source_slot, target, target_slot, *kind]


def _door(node_id: Any, side: int, slot: int) -> str:
    return f"{node_id}:{side}:{slot}"


def _inside(node: Json, subgraph: Json) -> tuple[list[Json], list[list]]:
    """Nodes and links of a subgraph with ids of their own, and its doors."""
    outer = node["id"]

    def end(inner: int, slot: int) -> tuple[str, int]:
        if inner in (INPUTS, OUTPUTS):
            return _door(outer, inner, slot), 0
        return f"{outer}:{inner}", slot

    def entering(link_id: int | None) -> str | None:
        return None if link_id is None else f"{outer}:{link_id}"

    links = [
        [
            f"{outer}:{link['id']}",
            *end(link["origin_id"], link["origin_slot"]),
            *end(link["target_id"], link["target_slot"]),
            link["type"],
        ]
        for link in subgraph["links"]
    ]
    nodes = [
        inner
        | {
            "id": f"{outer}:{inner['id']}",
            "inputs": [
                slot | {"link": entering(slot.get("link"))} for slot in inner.get("inputs") or []
            ],
        }
        for inner in subgraph["nodes"]
    ]
    shown = _shown_values(node)
    for number, slot in enumerate(node.get("inputs") or []):
        door = {"id": _door(outer, INPUTS, number), "type": REROUTE}
        if slot.get("link") is None and shown.get(slot["name"]) is not None:
            door |= {"type": PRIMITIVE, "widgets_values": [shown[slot["name"]]]}
        nodes.append(door | {"inputs": [{"link": slot.get("link")}]})
    for number, slot in enumerate(subgraph["outputs"]):
        link_id = entering(next(iter(slot.get("linkIds") or []), None))
        door = {"id": _door(outer, OUTPUTS, number), "type": REROUTE}
        nodes.append(door | {"inputs": [{"link": link_id}]})
    return nodes, links


def _shown_values(node: Json) -> dict[str, Any]:
    """By the name of an input: the value that a subgraph's node shows for it, as a widget.

    Its list of widgets may name widgets of inner nodes too ("5", "seed"), which keep their values
    themselves; its own have the id "-1".
    """
    values = node.get("widgets_values")
    if not isinstance(values, list):
        return {}
    listed = (node.get("properties") or {}).get("proxyWidgets")
    if listed is None:
        names = [slot["name"] for slot in node.get("inputs") or [] if slot.get("widget")]
        return dict(zip(names, values, strict=False))
    pairs = zip(listed, values, strict=False)
    return {name: value for (inner, name), value in pairs if str(inner) == "-1"}
