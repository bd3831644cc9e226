"""The English texts of the locales are those of the nodes themselves."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from english import NODE_TEXTS, node_texts, to_json

pytestmark = pytest.mark.host

MAIN = Path(__file__).parents[2] / "locales" / "en" / "main.json"


@pytest.fixture(scope="module")
def schemas(host: ModuleType) -> list[Any]:
    extension = asyncio.run(host.comfy_entrypoint())
    return [node.GET_SCHEMA() for node in asyncio.run(extension.get_node_list())]


def test_the_english_texts_are_those_of_the_schemas(schemas: list[Any]) -> None:
    texts = {schema.node_id: node_texts(schema) for schema in schemas}

    assert NODE_TEXTS.read_text(encoding="utf-8") == to_json(texts), (
        "run: python tools/english.py COMFYUI_FOLDER, and translate what has changed"
    )


def test_categories_and_types_of_the_pack_are_named(schemas: list[Any]) -> None:
    main = json.loads(MAIN.read_text(encoding="utf-8"))
    sockets = [socket for schema in schemas for socket in (*schema.inputs, *schema.outputs)]
    types = {socket.get_io_type() for socket in sockets}

    assert set(main["nodeCategories"]) == {schema.category for schema in schemas}
    assert set(main["dataTypes"]) == {name for name in types if name.startswith("PLACE_")}
