"""Bring what repeats the English texts up to date: `python tools/english.py COMFYUI_FOLDER`.

The texts are those of the nodes' schemas and of the help pages `js/docs/<node id>/en.md`. From
them come `locales/en/nodeDefs.json`, and `js/docs/<node id>.md`, which the front end shows in
languages that have no page of their own. It must run in the environment of that ComfyUI.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from pack_in_process import REPOSITORY, load_pack

NODE_TEXTS = REPOSITORY / "locales" / "en" / "nodeDefs.json"
PAGES = REPOSITORY / "js" / "docs"


def node_texts(schema: Any) -> dict[str, Any]:
    """What the front end can say in other languages of a node, in English, from its schema.

    An output that is called as its type has no name here: the front end translates the type.
    """
    outputs = {}
    for number, output in enumerate(schema.outputs):
        named = output.display_name not in (None, output.get_io_type())
        name = {"name": output.display_name} if named else {}
        outputs[str(number)] = name | {"tooltip": output.tooltip}
    inputs = {i.id: {"name": i.display_name or i.id, "tooltip": i.tooltip} for i in schema.inputs}
    texts = {"display_name": schema.display_name, "description": schema.description}
    return texts | ({"inputs": inputs} if inputs else {}) | {"outputs": outputs}


def to_json(content: dict[str, Any]) -> str:
    """As it stands in the files."""
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def main(comfyui: Path) -> None:
    """Write the files."""
    with tempfile.TemporaryDirectory() as base:
        pack = load_pack(comfyui, Path(base), ["--cpu"])
        extension = asyncio.run(pack.comfy_entrypoint())
        schemas = [node.GET_SCHEMA() for node in asyncio.run(extension.get_node_list())]
    texts = {schema.node_id: node_texts(schema) for schema in schemas}
    NODE_TEXTS.parent.mkdir(parents=True, exist_ok=True)
    NODE_TEXTS.write_text(to_json(texts), encoding="utf-8")
    for page in PAGES.glob("*/en.md"):
        shutil.copyfile(page, page.parent.with_suffix(".md"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
