"""Workflow files as the front end saves them, turned into the API form that a server runs.

This follows what the front end does when a user presses Run: `object_info`, the server's own list
of node types and inputs, tells which saved value belongs to which input.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from host_client import Prompt
from report import Failure
from subgraphs import BYPASS, NEVER, PRIMITIVE, REROUTE, unpacked

Json = dict[str, Any]
"""A JSON object: a workflow, a node, a link's end, or an entry of object_info."""

COMMENTS = {"Note", "MarkdownNote"}
NOT_SENT = COMMENTS | {REROUTE, PRIMITIVE}

AUTOGROW = "COMFY_AUTOGROW_V3"
DYNAMIC_COMBO = "COMFY_DYNAMICCOMBO_V3"
DYNAMIC_SLOT = "COMFY_DYNAMICSLOT_V3"
COMBO = "COMBO"

EMPTY_VALUES = {"INT": 0, "FLOAT": 0.0, "STRING": "", "BOOLEAN": False, COMBO: None}
"""The types that always have a widget, with the front end's value where no default is given."""

SEEDS = {"seed", "noise_seed"}
AFTER_GENERATE = {"fixed", "increment", "decrement", "randomize", "increment-wrap"}
UPLOADS = ("image_upload", "animated_image_upload", "video_upload")
UPLOAD_BUTTON = "image"
"""What the front end saves for the button that it adds after the inputs of such a node."""


class WorkflowError(Failure):
    """The workflow cannot be run as it is; the message names nodes and inputs."""


Id = int | str
"""Of a node or a link; text where it is inside of a subgraph."""


class Link(NamedTuple):
    """One connection: from an output of `source` to an input of `target`."""

    id: Id
    source: Id
    source_slot: int
    target: Id
    target_slot: int
    type: str


class Constant(NamedTuple):
    """A value that comes from a PrimitiveNode instead of an output."""

    value: Any


class Spec(NamedTuple):
    """An input as object_info describes it, with its full name, e.g. "mode.width"."""

    name: str
    type: str
    options: Json
    required: bool


def to_prompt(workflow: Json, object_info: Json) -> Prompt:
    """A UI-format workflow (version 0.4) in API form, checked against the server's node types.

    What is inside of a subgraph has the id of the subgraph's node before its own: "4:10".
    """
    if "nodes" not in workflow or "links" not in workflow:
        raise WorkflowError("This is no workflow in UI format: it has no 'nodes' and 'links'.")
    graph = _Graph(unpacked(workflow))
    _require_known_types(graph, object_info)
    prompt = {
        str(node["id"]): {
            "class_type": node["type"],
            "inputs": _inputs(node, graph, object_info[node["type"]]),
            "_meta": {"title": _title(node, object_info[node["type"]])},
        }
        for node in graph.sent()
    }
    _require_complete(prompt, object_info)
    return prompt


def replace(prompt: Prompt, name: str, value: Any, class_type: str | None = None) -> int:
    """Set every unconnected input called `name` (of one node type or all); returns how many."""
    count = 0
    for node in prompt.values():
        fits = class_type in (None, node["class_type"])
        if fits and name in node["inputs"] and not _is_link(node["inputs"][name]):
            node["inputs"][name] = value
            count += 1
    return count


class _Graph:
    """Nodes and links of a workflow without subgraphs, by id."""

    def __init__(self, workflow: Json) -> None:
        self.nodes: dict[Id, Json] = {node["id"]: node for node in workflow["nodes"]}
        self.links = {link[0]: Link(*link[:6]) for link in workflow["links"]}

    def sent(self) -> Iterator[Json]:
        """The nodes that the server gets to see."""
        for node in self.nodes.values():
            if node["type"] not in NOT_SENT and node.get("mode", 0) not in (NEVER, BYPASS):
                yield node

    def source(self, link_id: Id | None) -> tuple[Id, int] | Constant | None:
        """Where a link's value really comes from, behind reroutes and bypassed nodes."""
        seen = set()
        while (link := self.links.get(link_id)) and link.id not in seen:
            seen.add(link.id)
            node = self.nodes.get(link.source)
            if node is None or node.get("mode", 0) == NEVER or node["type"] in COMMENTS:
                return None
            if node["type"] == PRIMITIVE:
                values = node.get("widgets_values")
                return Constant(values[0]) if values else None
            if node["type"] == REROUTE:
                link_id = node["inputs"][0].get("link")
            elif node.get("mode", 0) == BYPASS:
                link_id = _bypass(node, link)
            else:
                return node["id"], link.source_slot
        return None


def _bypass(node: Json, link: Link) -> Id | None:
    """The link that a bypassed node hands through: the same slot if it fits, else the first."""
    inputs = node.get("inputs") or []
    same_slot = inputs[link.source_slot : link.source_slot + 1]
    exact = [slot for slot in inputs if slot["type"] == link.type]
    for slot in [*same_slot, *exact, *inputs]:
        if _fits(slot["type"], link.type):
            return slot.get("link")
    return None


def _fits(one: Any, other: Any) -> bool:
    """Whether two socket types can be connected; "*" takes all, "A,B" takes either."""
    kinds = [set(str(kind).upper().split(",")) for kind in (one, other)]
    return any("*" in kind for kind in kinds) or bool(kinds[0] & kinds[1])


def _title(node: Json, info: Json) -> str:
    """The title that a user gave the node, or else the name that its type is shown as."""
    return node.get("title") or info.get("display_name") or node["type"]


def _inputs(node: Json, graph: _Graph, info: Json) -> Json:
    """The inputs of one node: saved values of widgets, replaced by links where there are some."""
    inputs = {
        # A bare list would be read as a link.
        name: {"__value__": value} if isinstance(value, list) else value
        for name, value in _widget_values(node, info).items()
    }
    for slot in node.get("inputs") or []:
        source = graph.source(slot.get("link"))
        if isinstance(source, Constant):
            inputs[slot["name"]] = source.value
        elif source is not None:
            inputs[slot["name"]] = [str(source[0]), source[1]]
    return inputs


def _widget_values(node: Json, info: Json) -> Json:
    """The saved value of each widget. Widgets come in the order of the inputs in object_info."""
    slots = node.get("inputs") or []
    with_widget = {slot["name"] for slot in slots if slot.get("widget")}
    connected = {slot["name"] for slot in slots if slot.get("link") is not None}
    saved = _SavedValues(node.get("widgets_values"))
    values: Json = {}

    def read(definitions: Json, prefix: str = "") -> None:
        uploads = False
        for spec in _specs(definitions, prefix):
            if uploads and not spec.required:
                saved.skip({UPLOAD_BUTTON})
                uploads = False
            if spec.type == DYNAMIC_SLOT:
                if spec.name in connected:
                    read(spec.options["inputs"], f"{spec.name}.")
            elif spec.type == DYNAMIC_COMBO:
                values[spec.name] = saved.take(spec)
                if option := _chosen(spec, values):
                    read(option["inputs"], f"{spec.name}.")
            elif _has_widget(spec, with_widget):
                values[spec.name] = saved.take(spec)
                if spec.options.get("control_after_generate", _short(spec) in SEEDS):
                    saved.skip(AFTER_GENERATE)
            uploads |= any(spec.options.get(name) for name in UPLOADS)

    read(info["input"])
    return {name: value for name, value in values.items() if value is not None}


class _SavedValues:
    """`widgets_values` of a node: a list in the order of its widgets, or a dict by name."""

    def __init__(self, saved: list[Any] | Json | None) -> None:
        self.by_name = saved if isinstance(saved, Mapping) else None
        self.rest = list(saved) if isinstance(saved, list) else []

    def take(self, spec: Spec) -> Any:
        """The value of the next widget; what a new node would have if the file is too old."""
        if self.by_name is not None and spec.name in self.by_name:
            return self.by_name[spec.name]
        return self.rest.pop(0) if self.rest else _default(spec)

    def skip(self, extras: set[str]) -> None:
        """Pass over the value of a widget that is the front end's own and no input."""
        if self.rest and isinstance(self.rest[0], str) and self.rest[0] in extras:
            self.rest.pop(0)


def _specs(definitions: Json, prefix: str = "") -> Iterator[Spec]:
    """Inputs in the front end's order: the required ones, then the optional ones."""
    for section in ("required", "optional"):
        for name, definition in (definitions.get(section) or {}).items():
            kind, *more = definition
            options = dict(more[0]) if more and more[0] else {}
            if isinstance(kind, list):  # the older way to write a combo
                kind, options["options"] = COMBO, kind
            yield Spec(prefix + name, kind, options, section == "required")


def _has_widget(spec: Spec, with_widget: set[str]) -> bool:
    if spec.options.get("forceInput"):
        return False
    own = spec.options.get("socketless") or spec.options.get("widgetType")
    return spec.type in EMPTY_VALUES or bool(own) or spec.name in with_widget


def _default(spec: Spec) -> Any:
    if "default" in spec.options:
        return spec.options["default"]
    if options := spec.options.get("options"):
        return options[0]["key"] if spec.type == DYNAMIC_COMBO else options[0]
    return EMPTY_VALUES.get(spec.type)


def _chosen(spec: Spec, values: Json) -> Json | None:
    """The option of a dynamic combo whose inputs are shown."""
    options = spec.options["options"]
    return next((option for option in options if option["key"] == values.get(spec.name)), None)


def _short(spec: Spec) -> str:
    return spec.name.rpartition(".")[2]


def _is_link(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2


def _require_known_types(graph: _Graph, object_info: Json) -> None:
    problems = []
    for node in graph.sent():
        if node["type"] not in object_info:
            problems.append(f"node {node['id']}: this server has no node type {node['type']!r}")
    _raise(problems)


def _require_complete(prompt: Prompt, object_info: Json) -> None:
    """Every node that an output depends on has its required inputs, and there is an output."""
    outputs = [
        node_id
        for node_id, node in prompt.items()
        if object_info[node["class_type"]].get("output_node")
    ]
    if not outputs:
        raise WorkflowError("The workflow has no output node, such as Save Image.")
    needed, queue = set(), outputs
    while queue:
        node_id = queue.pop()
        if node_id not in needed:
            needed.add(node_id)
            links = filter(_is_link, prompt[node_id]["inputs"].values())
            queue.extend(link[0] for link in links)
    _raise(
        [
            f"node {node_id} ({prompt[node_id]['class_type']}): required input {name!r} is missing"
            for node_id in prompt
            if node_id in needed
            for name in _missing(prompt[node_id], object_info)
        ]
    )


def _missing(node: Json, object_info: Json) -> Iterator[str]:
    inputs = node["inputs"]

    def check(definitions: Json, prefix: str = "") -> Iterator[str]:
        for spec in _specs(definitions, prefix):
            if spec.type == AUTOGROW:
                required = _autogrow_minimum(spec)
            else:
                required = [spec.name] if spec.required else []
            yield from (name for name in required if name not in inputs)
            if spec.type == DYNAMIC_COMBO and (option := _chosen(spec, inputs)):
                yield from check(option["inputs"], f"{spec.name}.")
            if spec.type == DYNAMIC_SLOT and spec.name in inputs:
                yield from check(spec.options["inputs"], f"{spec.name}.")

    return check(object_info[node["class_type"]]["input"])


def _autogrow_minimum(spec: Spec) -> list[str]:
    """The names of an Autogrow input that have to be connected, e.g. masks.mask0."""
    template = spec.options["template"]
    if not template["input"].get("required"):
        return []
    minimum = template.get("min", 1)
    names = template.get("names") or [f"{template['prefix']}{i}" for i in range(minimum)]
    return [f"{spec.name}.{name}" for name in names[:minimum]]


def _raise(problems: list[str]) -> None:
    if problems:
        raise WorkflowError("The workflow cannot be run:\n  " + "\n  ".join(problems))
