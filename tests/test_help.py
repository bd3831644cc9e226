"""Every node has a help page, which the front end finds and can show."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parents[1]
PAGES = ROOT / "js" / "docs"
# That these are the schemas' own is tested in a real host: tests/host/test_texts.py.
NODES = json.loads((ROOT / "locales" / "en" / "nodeDefs.json").read_text(encoding="utf-8"))

PICTURE = re.compile(r"!\[(?P<alt>[^\]]*)\]\((?P<path>[^)]+)\)")
LINK = re.compile(r"(?<!!)\[[^\]]*\]\((?P<target>[^)]+)\)|<(?:a|img|video|source)\b")
LARGEST_PICTURE = 60_000

every_node = pytest.mark.parametrize("node_id", NODES)


def page(node_id: str) -> str:
    return (PAGES / node_id / "en.md").read_text(encoding="utf-8")


def section(text: str, title: str) -> str:
    """What stands under a heading of the second level."""
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"there is no section {title!r}"
    return found[1]


@every_node
def test_the_page_is_there_for_every_language(node_id: str) -> None:
    """The front end asks for the page of its language and then for this one, never for en.md."""
    fallback = PAGES / f"{node_id}.md"

    assert fallback.read_text(encoding="utf-8") == page(node_id), (
        f"copy {node_id}/en.md to {node_id}.md: python tools/english.py COMFYUI_FOLDER"
    )


@every_node
def test_the_page_has_the_nodes_name_and_all_sections(node_id: str) -> None:
    text = page(node_id)

    assert text.startswith(f"# {NODES[node_id]['display_name']}\n")
    titles = re.findall(r"^## (.+)", text, re.MULTILINE)
    wanted = ["Inputs", "Outputs", "How to use it well", "What goes wrong", "Related nodes"]
    assert [title for title in titles if title in wanted] == wanted


@every_node
def test_the_page_names_every_input_and_output(node_id: str) -> None:
    text, node = page(node_id), NODES[node_id]
    for title, sockets in (("Inputs", "inputs"), ("Outputs", "outputs")):
        named = re.findall(r"^\| \*\*(.+?)\*\* \|", section(text, title), re.MULTILINE)
        known = [socket.get("name") for socket in node.get(sockets, {}).values()]

        assert len(named) == len(known), f"{title}: {named}"
        # Outputs without a name are called as their type.
        assert [name for name in named if name in known] == [name for name in known if name]


@every_node
def test_related_nodes_are_nodes(node_id: str) -> None:
    names = {node["display_name"] for node in NODES.values()}
    related = re.findall(r"\*\*(.+?)\*\*", section(page(node_id), "Related nodes"))

    assert related and set(related) <= names - {NODES[node_id]["display_name"]}


@every_node
def test_pictures_are_there_and_small(node_id: str) -> None:
    text = page(node_id)
    for found in PICTURE.finditer(text):
        # The front end looks for them beside the folders, not in them.
        path = PAGES / found["path"]
        assert found["path"].startswith(f"{node_id}/") and found["alt"]
        assert path.stat().st_size <= LARGEST_PICTURE
        Image.open(path).verify()
    assert not LINK.search(text), "a link out of the help panel would leave the graph"


def test_nothing_lies_about_in_the_folder() -> None:
    pictures = {
        f"{found['path']}" for node_id in NODES for found in PICTURE.finditer(page(node_id))
    }
    pages = {f"{node_id}{end}" for node_id in NODES for end in (".md", "/en.md")}
    files = {path.relative_to(PAGES).as_posix() for path in PAGES.rglob("*") if path.is_file()}

    # No .js among them either: the front end would run it.
    assert files == pages | pictures
