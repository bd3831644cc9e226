"""Layouts as masks, pictures and boxes, in a real ComfyUI and with its own nodes."""

from __future__ import annotations

import asyncio
import json
import logging

import pytest
import torch

pytestmark = pytest.mark.host


@pytest.fixture(scope="module")
def nodes(host):
    """Node classes by id."""
    extension = asyncio.run(host.comfy_entrypoint())
    found = asyncio.run(extension.get_node_list())
    return {node.GET_SCHEMA().node_id: node for node in found}


def run(nodes, node_id, **inputs):
    return nodes[node_id].execute(**inputs).args


@pytest.fixture(scope="module")
def layout(nodes):
    """Sky over sea, in which a boat swims."""
    boxes = [
        {"bbox": [0, 0, 500, 1000], "desc": "sky"},
        {"bbox": [500, 0, 1000, 1000], "desc": "sea"},
        {"bbox": [600, 250, 800, 750], "desc": "old boat"},
    ]
    return run(nodes, "PLACEBoxesToLCM", boxes=json.dumps(boxes), width=80, height=40)[0]


def test_boxes_become_a_layout_a_picture_and_a_list(nodes):
    result = nodes["PLACEBoxesToLCM"].execute(
        boxes=[{"x": 0, "y": 0, "width": 4, "height": 8}], width=8, height=8, names="sky"
    )
    layout, picture, text = result.args
    assert picture.ndim == 4 and text.splitlines() == ["0  sky  50.0 %", "void  50.0 %"]
    # The rows of the prompt encoder.
    assert result.ui["place_classes"][0][:2] == [0, "sky"]


def test_what_overlaps_is_said_in_the_log(nodes, caplog):
    boxes = [{"x": 0, "y": 0, "width": 4, "height": 8, "label": name} for name in "ab"]
    with caplog.at_level(logging.INFO):
        run(nodes, "PLACEBoxesToLCM", boxes=boxes, width=8, height=8)
    assert "32 pixels lie in several boxes; last wins" in caplog.text
    # It is as asked for.
    assert all(record.levelno < logging.WARNING for record in caplog.records)


def test_boxes_of_the_hosts_editor_become_a_layout_and_go_back_into_it(nodes):
    editor = pytest.importorskip(
        "comfy_extras.nodes_bounding_boxes", reason="this host has no such node"
    )
    drawn = [
        {
            "x": x,
            "y": 0,
            "width": 40,
            "height": 30,
            "metadata": {"type": "obj", "text": "", "desc": name, "palette": [color]},
        }
        for x, name, color in [(0, "tree", "#00FF00"), (40, "red house", "#FF0000")]
    ]
    size = {"width": 80, "height": 64}
    _, boxes, elements = editor.CreateBoundingBoxes.execute(**size, editor_state=drawn).args
    layout, *_ = run(nodes, "PLACEBoxesToLCM", boxes=elements, **size)
    assert [(c.name, c.color) for c in layout.present()] == [
        ("tree", (0, 255, 0)),
        ("red house", (255, 0, 0)),
    ]
    # Its boxes in pixels have no words.
    named, *_ = run(nodes, "PLACEBoxesToLCM", boxes=boxes, names="tree\nred house", **size)
    assert torch.equal(named.labels, layout.labels)

    ours, (our_elements,), (text,) = run(nodes, "PLACELayoutToBoxes", layout=layout)
    assert our_elements == elements
    for given in (ours, our_elements, text):
        again = editor.CreateBoundingBoxes.execute(**size, bboxes=given).args
        assert again[1:] == (boxes, elements)


def test_boxes_are_drawn_by_the_hosts_node(nodes, layout):
    detection = pytest.importorskip(
        "comfy_extras.nodes_rtdetr", reason="this host has no such node"
    )
    boxes, *_ = run(nodes, "PLACELayoutToBoxes", layout=layout)
    (picture,) = detection.DrawBBoxes.execute(boxes, torch.zeros(1, 40, 80, 3)).args
    assert picture[0, 24, 20:60].any(1).all() and not picture[0, 10, 10:70].any()


def test_a_layout_of_a_batch_gives_one_list_of_boxes_and_a_text_for_each_map(nodes):
    boxes = [[{"x": x, "y": 0, "width": 4, "height": 8, "label": "sky"}] for x in (0, 4)]
    layout, *_ = run(nodes, "PLACEBoxesToLCM", boxes=boxes, width=8, height=8)
    found, elements, texts = run(nodes, "PLACELayoutToBoxes", layout=layout)
    assert [[box["x"] for box in of_map] for of_map in found] == [[0], [4]]
    assert [json.loads(text) for text in texts] == elements
    assert nodes["PLACELayoutToBoxes"].GET_SCHEMA().outputs[2].is_output_list


def test_masks_come_in_the_order_of_their_names(nodes, layout):
    masks, names = run(nodes, "PLACELayoutToMasks", layout=layout, classes="boat, sky")
    assert names == "old boat\nsky"
    assert masks.shape == (2, 40, 80) and masks[0].sum() == 8 * 40 and masks[1].sum() == 20 * 80


def test_masks_and_their_names_make_the_same_layout(nodes, layout):
    masks, names = run(nodes, "PLACELayoutToMasks", layout=layout, classes="")
    given = {f"mask{i}": mask[None] for i, mask in enumerate(masks)}
    again, *_ = run(nodes, "PLACEMasksToLCM", masks=given, names=names)
    assert torch.equal(again.labels, layout.labels)


def test_a_mask_of_a_class_that_is_not_there_is_empty_and_said(nodes, layout, caplog):
    with caplog.at_level(logging.WARNING):
        masks, _ = run(nodes, "PLACELayoutToMasks", layout=layout, classes="boat", grow=-9)
    assert masks.max() == 0 and "the mask of old boat is empty" in caplog.text


def test_an_unknown_class_is_answered_with_the_nearest(nodes, layout):
    with pytest.raises(ValueError, match="classes, line 1: 'skyy' .*Did you mean 'sky'"):
        run(nodes, "PLACELayoutToMasks", layout=layout, classes="skyy")


@pytest.mark.parametrize("coding", ["own colors", "ADE20K", "COCO-Stuff"])
def test_a_picture_is_read_back_by_its_color_list(nodes, layout, coding):
    image, color_list = run(nodes, "PLACELayoutToImage", layout=layout, colors=coding)
    again, *_ = run(
        nodes,
        "PLACESegmentationToLCM",
        image=image,
        palette="color list",
        color_list=color_list,
    )
    assert torch.equal(again.labels, layout.labels)
    assert [c.name for c in again.classes] == ["sky", "sea", "old boat"]


@pytest.mark.parametrize("coding", ["index (ADE20K)", "index (COCO-Stuff)", "ADE20K", "COCO-Stuff"])
def test_a_picture_in_a_tables_way_is_read_by_that_table(nodes, layout, coding, caplog):
    with caplog.at_level(logging.INFO):
        image, _ = run(nodes, "PLACELayoutToImage", layout=layout, colors=coding, width=800)
    assert image.shape == (1, 400, 800, 3)
    assert "'old boat' is written as 'boat'" in caplog.text
    again, *_ = run(nodes, "PLACESegmentationToLCM", image=image, palette=coding)
    names = {c.id: c.name for c in again.classes}
    assert {names[i] for i in again.labels.unique().tolist()} == {"sky", "sea", "boat"}
    regions = [labels.unique(return_inverse=True)[1] for labels in (again.labels, layout.labels)]
    large = regions[1].repeat_interleave(10, 1).repeat_interleave(10, 2)
    pairs = torch.stack([regions[0].flatten(), large.flatten()]).unique(dim=1)
    assert pairs.shape[1] == 3, "each region of the map is one of the picture's"
