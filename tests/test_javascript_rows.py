"""The rows of the prompt encoder and the encoder itself read and write lines by the same rules."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import torch

from in_node import required_node, run
from place_core.layout import Layout, LayoutClass
from place_core.palettes import ADE20K, COCO_STUFF, load_classes
from place_core.prompts import _find, parse_class_prompts

SCRIPT = Path(__file__).parent / "js" / "resolve.js"

NAMES = [
    "sky",
    "tree",
    "Palm Tree",
    "building edifice",
    "door",
    "screen door",
    "tree (old)",
    "a = b",
    "// comment",
    "# 1",
    "#ff0000",
    "12",
    "٣",
    "C++",
    "[x] ^$.*?",
    "x_y",
    "x-y",
    "\"quoted\" 'words'",
    "<b>bold</b> &amp;",
    "🌲 forest 🌲",
    "שמיים כחולים",
    "سماء",
    "straße",
    "ΟΔΟΣ",
    "naïve café",
    "天空",
    "two  spaces",
    "sky blue",
    "slash // es",
    "a＝b",
]


def nasty_table() -> tuple[LayoutClass, ...]:
    return tuple(
        LayoutClass(number, name, name, (number, 0, 255)) for number, name in enumerate(NAMES)
    )


TABLES = {"nasty": nasty_table, **{t: (lambda t=t: load_classes(t)) for t in (ADE20K, COCO_STUFF)}}


@pytest.fixture(params=TABLES)
def layout(request: pytest.FixtureRequest) -> Layout:
    """Every other class of a table is on the map."""
    classes = TABLES[request.param]()
    labels = torch.tensor([[[c.id for c in classes[::2]]]], dtype=torch.int16)
    return Layout(labels, tuple(classes))


def ask(
    layout: Layout,
    text: str = "",
    keys: Iterable[str] = (),
    edits: Iterable[tuple[int, str]] = (),
) -> dict[str, Any]:
    """What the modules of the page make of a text, of keys of lines, and of edits of rows."""
    present = {c.id for c in layout.present()}
    rows = [
        [c.id, c.name, c.words, f"#{bytes(c.color).hex()}", 0.1 if c.id in present else 0]
        for c in layout.classes
    ]
    question = {"rows": rows, "text": text, "keys": list(keys), "edits": list(edits)}
    answer = run([required_node(), str(SCRIPT)], json.dumps(question))
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


def found(layout: Layout, key: str) -> int | None:
    try:
        return _find(layout, key).id
    except ValueError:
        return None


def test_rows_find_the_class_that_the_encoder_finds(layout: Layout) -> None:
    names = [c.name for c in layout.classes]
    parts = [word for name in names for word in name.split()]
    halves = [name[: len(name) // 2].strip() for name in names]
    colors = [f"#{bytes(c.color).hex()}" for c in layout.classes]
    keys = [
        *names,
        *parts,
        *halves,
        *colors,
        "0",
        "１２",
        "＃ＦＦ0000",
        "9999",
        "#123456",
        "NO SUCH",
        "Sky",
        " tree ",
    ]
    # Numbers in other digits, but for wide ones, are left to the server.
    keys = [key for key in keys if key.strip() and not (key.isdecimal() and "０" > key[0] > "9")]

    answer = ask(layout, keys=keys)

    assert dict(zip(keys, answer["found"], strict=True)) == {k: found(layout, k) for k in keys}


def test_what_rows_write_the_encoder_reads(layout: Layout) -> None:
    words = {
        c.id: f'{number} words, "of" = #{c.id} 🌲' for number, c in enumerate(layout.present())
    }
    before = "// mine\n\n0 = first\n"

    text = ask(layout, before, edits=words.items())["written"]

    assert text.startswith("// mine\n\n0 = ")
    assert parse_class_prompts(text, layout).words == words
    assert ask(layout, text)["words"] == {str(key): value for key, value in words.items()}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\v", "\f", "\x1c", "\x85", "\u2028"])
def test_lines_and_spaces_are_those_of_python(end: str) -> None:
    layout = Layout(torch.tensor([[[0, 1]]], dtype=torch.int16), nasty_table())
    text = f"\x1fsky\u3000＝ \xa0blue\ufeff {end}  // tree = no{end}tree=an oak\x85//{end}{end}"

    words = parse_class_prompts(text, layout).words

    assert ask(layout, text)["words"] == {str(key): value for key, value in words.items()}


@pytest.mark.parametrize(
    "line",
    [
        "sky = blue // mine",
        "sky＝ blue//mine",
        "sky // = blue",
        "//sky = blue",
        "sky = \u3000// blue",
        "sky\ufeff// = blue",
        "slash // es = no",
        "a＝b = yes",
        "＃０００ＦＦ = no",
        "sky：blue = no",
    ],
)
def test_comments_and_wide_signs_are_those_of_python(line: str) -> None:
    classes = nasty_table()
    layout = Layout(torch.tensor([[[c.id for c in classes]]], dtype=torch.int16), classes)
    try:
        words = parse_class_prompts(line, layout).words
    except ValueError:
        words = {}

    # Empty words are those of the table, which rows show as empty.
    shown = {key: value for key, value in ask(layout, line)["words"].items() if value}
    assert shown == {str(key): value for key, value in words.items()}
