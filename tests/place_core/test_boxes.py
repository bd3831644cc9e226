"""Layouts from boxes, and boxes of layouts."""

from __future__ import annotations

import json
import random
import time

import pytest
import torch

from place_core.boxes import (
    boxes_of_layout,
    elements_of_boxes,
    layout_from_boxes,
    read_boxes,
)
from place_core.layout import VOID, Layout, LayoutClass


def box(x, y, width, height, **more):
    return {"x": x, "y": y, "width": width, "height": height} | more


def element(top, left, bottom, right, **more):
    return {"type": "obj", "bbox": [top, left, bottom, right]} | more


def layout(source, width=8, height=4, **options):
    batch, background = read_boxes(source, width, height)
    return layout_from_boxes(batch, width, height, **({"background": background} | options))


def shown(found):
    """Each map as rows of letters: the first of the class's name, a dot where void."""
    letters = {c.id: c.name[0] for c in found.classes} | {VOID: "."}
    return ["".join(letters[i] for i in row) for row in found.labels.flatten(0, 1).tolist()]


BOAT, SKY = box(1, 1, 3, 2, label="boat"), box(0, 0, 8, 2, label="sky")
PICTURE = ["ssssssss", "sbbbssss", ".bbb....", "........"]


@pytest.mark.parametrize(
    "source",
    [
        [SKY, BOAT],
        [[SKY, BOAT]],
        json.dumps([SKY, BOAT]),
        f"```json\n{json.dumps([SKY, BOAT])}\n```",
        [element(0, 0, 500, 1000, desc="sky"), element(250, 125, 750, 500, desc="boat")],
        {
            "elements": [
                element(0, 0, 500, 1000, desc="sky"),
                element(250, 125, 750, 500, desc="boat"),
            ]
        },
        # Whole pixels are the nearest ones, and corners may be swapped.
        [SKY, box(4.4, 3.4, -3.4, -2.4, label="boat")],
    ],
)
def test_boxes_and_elements_and_their_json_make_one_layout(source):
    found = layout(source)
    assert shown(found) == PICTURE
    assert found.remarks == ("3 pixels lie in several boxes; last wins",)


def test_a_single_box_is_a_list_of_one():
    assert shown(layout(BOAT)) == shown(layout([BOAT]))


def test_a_whole_prompt_has_its_background():
    prompt = {
        "high_level_description": "x",
        "compositional_deconstruction": {
            "background": "open\n sea",
            "elements": [element(0, 0, 500, 1000, desc="sky")],
        },
    }
    found = layout(json.dumps(prompt))
    assert shown(found) == ["ssssssss"] * 2 + ["oooooooo"] * 2
    assert found.classes[0].words == "open sea"


def test_overlap_is_by_order_or_by_score():
    boxes = [
        box(0, 0, 2, 1, label="a", score=0.9),
        box(1, 0, 2, 1, label="b", score=0.2),
        box(2, 0, 2, 1, label="c", score=0.2),
    ]
    for rule, row in [("last wins", "abcc"), ("first wins", "aabc"), ("strongest", "aacc")]:
        assert shown(layout(boxes, 4, 1, overlap=rule)) == [row]


def test_each_list_of_a_batch_is_a_map_and_classes_are_shared():
    found = layout([[BOAT], [], [SKY, BOAT]])
    assert found.batch == 3 and shown(found)[8:] == PICTURE
    assert [c.name for c in found.classes] == ["boat", "sky"]


def test_names_go_to_the_boxes_in_order_and_a_box_without_one_is_numbered():
    boxes = [box(0, 0, 1, 1), box(1, 0, 1, 1, label="sea"), box(2, 0, 1, 1)]
    found = layout(boxes, 3, 1, names=["sky", "", ""])
    assert [(c.name, c.words) for c in found.classes] == [
        ("sky", "sky"),
        ("sea", "sea"),
        ("region 3", ""),
    ]
    with pytest.raises(ValueError, match="names: 4 lines for 3 boxes"):
        layout(boxes, 3, 1, names=list("abcd"))


def test_boxes_of_one_name_are_one_class_whatever_its_case():
    found = layout([box(0, 0, 1, 1, label="Boat"), box(2, 0, 1, 1, label="boat")], 3, 1)
    assert len(found.classes) == 1 and shown(found) == ["B.B"]


def test_colors_come_from_the_palette_and_are_all_different():
    boxes = [
        box(0, 0, 1, 1, label="a", metadata={"palette": ["#FF0000", "#00FF00"]}),
        element(0, 0, 1000, 1000, desc="b", color_palette=["#ff0000"]),
        element(0, 0, 1000, 1000, desc="c", color_palette=["red"]),
        element(0, 0, 1000, 1000, desc="d"),
    ]
    colors = [c.color for c in layout(boxes).classes]
    assert colors[0] == (255, 0, 0) and len(set(colors)) == 4


def test_a_thin_box_has_a_pixel_and_one_outside_is_said():
    found = layout([box(2.1, 0, 0.2, 4, label="mast"), box(9, 0, 3, 3, label="gull")])
    assert shown(found) == ["..m....."] * 4
    assert found.notes == ("box 2 (gull) has no pixel in the map",)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ([], "there is none"),
        ([[], []], "there is none"),
        ("", "boxes: empty"),
        ("a red boat", "no JSON: Expecting value in line 1, column 1"),
        ("[" * 100_000, "this JSON is no list of boxes"),
        ("9" * 10_000, "this JSON is no list of boxes"),
        (" " * 3_000_000, "3000000 letters of JSON"),
        ("3", "expected boxes, elements or JSON of them, got 3"),
        ([BOAT, 3], "box 2: 3 is no box"),
        ([[BOAT], [BOAT, "x" * 999]], "box 2 of map 2: 'x+[.]{3}x+' is no box"),
        ([{"x": 1}], "box 1: {'x': 1} has not its four numbers"),
        ([box(0, 0, float("nan"), 1)], "box 1: .* has not its four numbers"),
        ([box(0, 0, 1e30, 1)], "box 1: .* has not its four numbers"),
        ([box(0, 0, True, 1)], "box 1: .* has not its four numbers"),
        ([{"bbox": [1, 2, 3]}], "box 1: .* has not its four numbers"),
        ([BOAT] * 1001, "1001 boxes; at most 1000 are taken"),
    ],
)
def test_what_is_no_box_is_named_in_one_short_sentence(source, message):
    with pytest.raises(ValueError, match=message) as error:
        layout(source)
    assert len(str(error.value)) < 400


def test_an_unknown_rule_and_too_large_maps_are_refused():
    with pytest.raises(ValueError, match="overlap: 'top' is none of last wins"):
        layout([BOAT], overlap="top")
    with pytest.raises(ValueError, match="2 maps of 40000×40000 pixels are more than fit"):
        layout([[BOAT], [BOAT]], 40_000, 40_000)
    names = [[box(0, 0, 1, 1, label=f"{i} {j}") for j in range(900)] for i in range(2)]
    with pytest.raises(ValueError, match="more than 1000 different names"):
        layout(names)


# --- Back -----------------------------------------------------------------------------------------

CLASSES = (
    LayoutClass(3, "sea", "calm sea", (0, 0, 200)),
    LayoutClass(5, "boat", "", (200, 0, 0)),
)


def of(*maps):
    return Layout(torch.tensor(maps, dtype=torch.int16), CLASSES)


def borders(boxes):
    return [(b["label"], b["x"], b["y"], b["width"], b["height"]) for b in boxes]


def test_each_region_or_each_class_has_a_box_from_the_largest_on():
    sea = of([[5, 3, 3, 3], [3, 3, 3, 3], [3, VOID, 5, 5], [3, 3, 5, 5]])
    (regions,), (classes,) = boxes_of_layout(sea), boxes_of_layout(sea, "each class")
    assert borders(regions) == [("sea", 0, 0, 4, 4), ("boat", 2, 2, 2, 2), ("boat", 0, 0, 1, 1)]
    assert borders(classes) == [("sea", 0, 0, 4, 4), ("boat", 0, 0, 4, 4)]
    assert borders(boxes_of_layout(sea, smallest=2)[0]) == borders(regions)[:2]


def test_regions_that_touch_at_a_corner_are_one():
    assert borders(boxes_of_layout(of([[5, VOID, VOID], [VOID, 5, VOID], [VOID, VOID, 5]]))[0]) == [
        ("boat", 0, 0, 3, 3)
    ]


def test_a_box_carries_name_words_and_color():
    ((found,),) = boxes_of_layout(of([[3]]))
    assert found["label"] == "sea"
    assert found["metadata"] == {
        "type": "obj",
        "text": "",
        "desc": "calm sea",
        "palette": ["#0000C8"],
    }
    assert elements_of_boxes([found], 1, 1) == [
        {
            "type": "obj",
            "bbox": [0, 0, 1000, 1000],
            "desc": "calm sea",
            "color_palette": ["#0000C8"],
        }
    ]


def test_every_map_has_a_list_and_one_may_be_empty():
    assert [len(boxes) for boxes in boxes_of_layout(of([[3, 5]], [[VOID, VOID]]))] == [2, 0]
    with pytest.raises(ValueError, match="there is no region"):
        boxes_of_layout(of([[VOID]]))
    with pytest.raises(ValueError, match="no region .* of 2 pixels or more; lower smallest"):
        boxes_of_layout(of([[3]]), smallest=2)
    with pytest.raises(ValueError, match="regions: 'all' is none of"):
        boxes_of_layout(of([[3]]), "all")


def nested(generator, width, height):
    """Boxes in boxes, and boxes side by side, none of which is hidden."""
    boxes = [box(0, 0, width, height, label="0")]

    def divide(x, y, w, h):
        half = w // 2
        for left, room in ((x, half), (x + half, w - half)):
            inner = [generator.randint(1, 3) for _ in range(4)]
            size = room - inner[0] - inner[1], h - inner[2] - inner[3]
            if min(size) < 1:
                continue
            boxes.append(box(left + inner[0], y + inner[2], *size, label=str(len(boxes))))
            divide(left + inner[0], y + inner[2], *size)

    divide(0, 0, width, height)
    return boxes


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("size", [(97, 64), (640, 999)])
def test_boxes_come_back_from_their_layout_exactly(seed, size):
    boxes = nested(random.Random(seed), *size)
    first = layout(boxes, *size)
    batch = boxes_of_layout(first)
    key = lambda found: sorted(borders(found))  # noqa: E731
    assert key(batch[0]) == key(boxes)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("size", [(1, 1), (97, 64), (640, 1000)])
def test_a_layout_of_boxes_comes_back_from_boxes_and_from_json_exactly(seed, size):
    first = layout(nested(random.Random(seed), *size), *size)
    batch = boxes_of_layout(first)
    text = json.dumps(elements_of_boxes(batch[0], *size))
    for again in (layout(batch, *size), layout(text, *size)):
        names = [{c.id: (c.name, c.words, c.color) for c in one.classes} for one in (first, again)]
        labels = [one.labels.flatten().tolist() for one in (first, again)]
        assert [names[0][i] for i in labels[0]] == [names[1][i] for i in labels[1]]


def test_many_boxes_on_a_large_map_take_seconds_both_ways():
    generator = random.Random(0)
    boxes = [box(*(generator.random() * 4000 for _ in range(4)), label=str(i)) for i in range(1000)]
    start = time.monotonic()
    boxes_of_layout(layout(boxes, 4096, 4096))
    assert time.monotonic() - start < 60


def test_of_more_regions_than_can_be_boxes_the_largest_have_one():
    labels = torch.full((1, 200, 200), VOID, dtype=torch.int16)
    labels[:, ::3, ::3] = 5
    labels[:, :50, :50] = 3
    (found,) = boxes_of_layout(Layout(labels, CLASSES))
    assert len(found) == 1000 and found[0]["label"] == "sea"


def test_a_long_name_is_cut_in_the_note_of_a_box_outside():
    box = [{"x": 100, "y": 0, "width": 5, "height": 5, "label": "z" * 100_000}]
    boxes, _ = read_boxes(box, 10, 10)
    (note,) = layout_from_boxes(boxes, 10, 10).notes
    assert len(note) < 150
