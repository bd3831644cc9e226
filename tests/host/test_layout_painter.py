"""The Layout Painter, called and checked as ComfyUI calls and checks it."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import drawings

pytestmark = pytest.mark.host

INDICES = np.zeros((48, 80), np.uint8)
INDICES[:20], INDICES[20:, 30:] = 1, 4
CLASSES = [
    {"index": 1, "name": "sky", "words": "a stormy sky", "color": "#06e6e6", "hidden": False},
    {"index": 4, "name": "<b>sea</b>", "words": "", "color": "#0907e6", "hidden": True},
]


def drawing(**changes: Any) -> str:
    return drawings.drawing(INDICES, CLASSES, **changes)


@pytest.fixture(scope="module")
def painter(host):
    """The node's class, known to the host."""
    from place_pack.nodes.layout_painter import PLACELayoutPainter

    import nodes

    nodes.NODE_CLASS_MAPPINGS["PLACELayoutPainter"] = PLACELayoutPainter
    yield PLACELayoutPainter
    del nodes.NODE_CLASS_MAPPINGS["PLACELayoutPainter"]


@pytest.fixture
def problems(painter):
    """What the host says to a prompt of a painter, before it runs: details by node."""

    def check(**inputs: Any) -> dict[str, list[str]]:
        import execution

        size = {"width": 8, "height": 8, "batch_size": 1, "color": 0}
        prompt = {
            "1": {"class_type": "PLACELayoutPainter", "inputs": inputs},
            "2": {"class_type": "EmptyImage", "inputs": size},
        }
        *_, errors = asyncio.run(execution.validate_prompt("check", prompt, None))
        return {node: [e["details"] for e in found["errors"]] for node, found in errors.items()}

    return check


# --- What the front end sees ----------------------------------------------------------------------


def test_the_drawing_is_a_string_with_a_widget_of_its_own(painter):
    kind, options = painter.GET_NODE_INFO_V1()["input"]["required"]["drawing"]
    assert kind == "STRING"
    assert options["widgetType"] == "PLACE_PAINTER"
    assert options["socketless"] is True and options["default"] == ""


def test_the_widget_is_given_both_class_tables(painter):
    _, options = painter.GET_NODE_INFO_V1()["input"]["required"]["drawing"]
    tables = json.loads(json.dumps(options["tables"]))
    assert {name: len(table) for name, table in tables.items()} == {
        "ADE20K": 150,
        "COCO-Stuff": 182,
    }
    assert tables["ADE20K"][2] == ["sky", "sky", "#06e6e6"]


def test_it_is_shown_as_the_other_nodes(painter):
    info = painter.GET_NODE_INFO_V1()
    assert (info["display_name"], info["category"]) == ("Layout Painter", "PLACE")
    assert info["output"] == ["PLACE_LAYOUT", "IMAGE"]
    assert info["output_node"]
    assert list(info["input"]["optional"]) == ["reference"]


# --- What it gives --------------------------------------------------------------------------------


def test_the_layout_has_the_labels_that_were_painted(painter):
    layout, picture = painter.execute(drawing()).args
    assert np.array_equal(layout.labels[0].numpy(), np.where(INDICES == 0, -1, INDICES.astype(int)))
    assert [(c.id, c.name, c.words) for c in layout.present()] == [
        (1, "sky", "a stormy sky"),
        (4, "<b>sea</b>", "<b>sea</b>"),
    ]
    assert picture.ndim == 4 and picture.shape[-1] == 3


def test_the_prompt_encoder_takes_it(painter, loaded):
    from place_pack.nodes.prompt import PLACEPromptEncoder

    layout, _ = painter.execute(drawing()).args
    _, prompt = PLACEPromptEncoder.execute(loaded.clip, layout, "4 = the sea").args
    assert prompt == "a stormy sky the sea"


def saved(host, entry: dict[str, str]) -> Image.Image:
    """The file behind an entry of the ui; a folder is called as its type is."""
    return Image.open(host.base / entry["type"] / entry["subfolder"] / entry["filename"])


def test_no_preview_takes_the_room_of_the_drawing(painter):
    found = painter.execute(drawing())
    assert found.ui == {}
    assert found.args[1].shape[-1] == 3


def test_the_first_picture_of_a_reference_is_saved_for_the_canvas(painter, host):
    reference = torch.zeros(2, 5, 7, 3)
    reference[0, 1, 2] = torch.tensor([1.0, 0.5, 0])
    found = painter.execute(drawing(), reference)
    plain = painter.execute(drawing())
    assert torch.equal(found.args[0].labels, plain.args[0].labels)
    (entry,) = found.ui["place_reference"]
    assert entry.keys() == {"filename", "subfolder", "type"} and entry["type"] == "temp"
    picture = saved(host, json.loads(json.dumps(entry)))
    assert picture.size == (7, 5) and picture.getpixel((2, 1)) == (255, 127, 0)
    assert found.ui.keys() == {"place_reference"}


# --- Nothing painted, and damage ------------------------------------------------------------------


def test_an_empty_drawing_says_what_to_do(painter, problems):
    assert problems(drawing="") == {}
    with pytest.raises(ValueError, match="drawing: nothing is painted yet. Choose a class"):
        painter.execute("")


def test_an_empty_drawing_with_a_reference_shows_it_and_what_follows_waits(painter):
    from comfy_execution.graph_utils import ExecutionBlocker
    from execution import get_output_from_returns

    output, shown, _ = get_output_from_returns(
        [painter.execute("", torch.zeros(1, 4, 4, 3))], painter
    )
    assert shown.keys() == {"place_reference"}
    blockers = [value for values in output for value in values]
    assert len(blockers) == 2 and all(isinstance(b, ExecutionBlocker) for b in blockers)
    assert "nothing is painted yet" in blockers[0].message


def test_a_sound_drawing_passes_the_hosts_check(problems):
    assert problems(drawing=drawing()) == {}
    assert problems(drawing=drawing(), reference=["2", 0]) == {}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (drawing()[:-9], "it is damaged: .* is not what the painter writes. Take an older copy"),
        (drawing(width=9999), "it is damaged: its width is 9999"),
        (drawing(png="AAAA"), "it is damaged: its picture cannot be read"),
        (drawing(classes=CLASSES[:1]), "it is damaged: [0-9]+ pixels have the index 4"),
        (drawing(version=3), "it has version 3, this node reads up to version 2. Update"),
        ({"version": 1}, "it is damaged: .* is not what the painter writes"),
    ],
)
def test_a_damaged_drawing_is_reported_before_the_run(painter, problems, value, message):
    (found,) = problems(drawing=value, reference=["2", 0])["1"]
    assert re.match(f"drawing - {message}", found), found
    with pytest.raises(ValueError, match="^drawing: it "):
        painter.execute(value)


def test_a_drawing_that_another_node_gives_is_checked_when_it_is_there(painter):
    assert painter.validate_inputs(None) is True
    assert painter.validate_inputs() is True
