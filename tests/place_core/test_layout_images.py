"""A layout as a picture, and read again."""

from __future__ import annotations

import pytest
import torch

from place_core.layout import VOID, Layout, LayoutClass
from place_core.layout_images import CODINGS, table_class, write_map
from place_core.layout_readers import read_color_list_map, read_color_map, read_index_map
from place_core.palettes import ADE20K, COCO_STUFF, load_classes

TABLES = {"ADE20K": ADE20K, "COCO-Stuff": COCO_STUFF}


def noise(table, batch=2, size=(37, 53), without=()):
    """A map in which every class of a table meets every other, and void."""
    generator = torch.Generator().manual_seed(1)
    ids = torch.tensor([VOID, *[c.id for c in load_classes(table) if c.id not in without]])
    picked = torch.randint(len(ids), (batch, *size), generator=generator)
    return Layout(ids[picked].to(torch.int16), load_classes(table))


def own(labels, *classes):
    table = tuple(LayoutClass(i, name, "", color) for i, (name, color) in enumerate(classes))
    return Layout(torch.tensor([labels], dtype=torch.int16), table)


def pixels(written):
    return (written.image * 255).round().int()[0].tolist()


@pytest.mark.parametrize("name", TABLES)
def test_an_index_map_is_read_back_exactly(name):
    layout = noise(TABLES[name])
    written = write_map(layout, f"index ({name})")
    assert torch.equal(read_index_map(written.image, TABLES[name]).labels, layout.labels)
    assert written.notes == written.renamed == ()


@pytest.mark.parametrize(("name", "twin"), [("ADE20K", "skyscraper"), ("COCO-Stuff", None)])
def test_a_color_map_is_read_back_exactly(name, twin):
    classes = load_classes(TABLES[name])
    layout = noise(TABLES[name], without=[c.id for c in classes if c.name == twin])
    found = read_color_map(write_map(layout, name).image, classes)
    assert torch.equal(found.labels, layout.labels)


@pytest.mark.parametrize("coding", CODINGS)
def test_the_color_list_reads_every_map_back_with_its_names(coding):
    layout = own(
        [[0, 1, 2, VOID], [2, 0, 0, 1]],
        ("sky", (0, 0, 0)),
        ("old oak tree", (1, 2, 3)),
        ("boat", (200, 0, 0)),
    )
    written = write_map(layout, coding)
    found = read_color_list_map(written.image, written.color_list)
    assert [c.name for c in found.classes] == ["sky", "old oak tree", "boat"]
    assert torch.equal(found.labels, layout.labels)


def test_all_classes_of_a_table_keep_their_names_through_own_colors():
    layout = noise(ADE20K)
    written = write_map(layout)
    found = read_color_list_map(written.image, written.color_list)
    names = {c.id: c.name for c in layout.classes}
    again = {c.id: c.name for c in found.classes}
    assert [again.get(i) for i in found.labels.flatten().tolist()] == [
        names.get(i) for i in layout.labels.flatten().tolist()
    ]


def test_of_classes_with_one_color_the_later_gets_another_and_it_is_said():
    written = write_map(own([[0, 1]], ("road", (9, 9, 9)), ("street", (9, 9, 9))))
    ((road, street),) = pixels(written)
    assert road == [9, 9, 9] != street
    assert written.notes == (
        f"'street' has the color of 'road'; here it is #{bytes(street).hex()}",
    )


def test_void_is_black_unless_a_class_is_black():
    assert pixels(write_map(own([[VOID]], ("night", (1, 1, 1))))) == [[[0, 0, 0]]]
    black = write_map(own([[0, VOID]], ("night", (0, 0, 0))))
    assert pixels(black) == [[[0, 0, 0], [0, 0, 1]]]
    assert black.color_list == "#000000 = night\n#000001 = void"


def test_what_a_table_does_not_have_is_void_and_said_once():
    layout = own([[0, 1, 2]], ("fox", (1, 1, 1)), ("lantern", (2, 2, 2)), ("sky", (3, 3, 3)))
    written = write_map(layout, "ADE20K")
    assert pixels(written) == [[[0, 0, 0], [0, 0, 0], [6, 230, 230]]]
    assert written.notes == ("not in ADE20K, written as void: 'fox', 'lantern'",)
    assert written.color_list.splitlines() == [
        "// #000000 = fox",
        "// #000000 = lantern",
        "#06e6e6 = sky",
        "#000000 = void",
    ]


def test_classes_that_become_one_are_said():
    layout = own([[0, 1]], ("oak tree", (1, 1, 1)), ("tree", (2, 2, 2)))
    written = write_map(layout, "ADE20K")
    assert written.renamed == ("'oak tree' is written as 'tree'",)
    assert written.notes == ("'oak tree' and 'tree' have one color here, #04c803",)
    assert written.color_list.splitlines()[:2] == ["#04c803 = oak tree", "// #04c803 = tree"]


@pytest.mark.parametrize(
    ("name", "words", "table", "expected"),
    [
        ("sky", "", ADE20K, "sky"),
        ("Building", "", ADE20K, "building edifice"),
        ("clouds", "", COCO_STUFF, "clouds"),
        ("cloud", "", COCO_STUFF, "clouds"),
        ("old oak trees", "", ADE20K, "tree"),
        ("color 3", "calm sea", ADE20K, "sea"),
        ("palm tree", "", ADE20K, "palm tree"),
        ("lighthouse", "", ADE20K, None),
        ("fire", "", COCO_STUFF, None),
        ("街", "", ADE20K, None),
        ("", "", ADE20K, None),
    ],
)
def test_a_class_is_found_in_a_table_by_its_name_or_its_words(name, words, table, expected):
    found = table_class(LayoutClass(7, name, words, (1, 2, 3)), table)
    assert (found and found.name) == expected


def test_twins_of_a_table_stay_apart():
    desks = [c for c in load_classes(COCO_STUFF) if c.name == "desk"]
    assert [table_class(c, COCO_STUFF) for c in desks] == desks


@pytest.mark.parametrize(
    ("width", "height", "shape"),
    [(0, 0, (2, 4)), (8, 0, (4, 8)), (0, 1, (1, 2)), (3, 5, (5, 3)), (1, 0, (1, 1))],
)
def test_a_size_of_zero_keeps_the_ratio(width, height, shape):
    layout = own([[0, 0, 1, 1]] * 2, ("a", (9, 0, 0)), ("b", (0, 9, 0)))
    assert write_map(layout, width=width, height=height).image.shape[1:3] == shape


def test_larger_pictures_have_the_colors_of_the_map_and_no_others():
    layout = noise(COCO_STUFF, batch=1)
    small = write_map(layout, "index (COCO-Stuff)").image
    large = write_map(layout, "index (COCO-Stuff)", width=5 * 53).image
    assert torch.equal(large, small.repeat_interleave(5, 1).repeat_interleave(5, 2))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"coding": "RAL"}, "colors: 'RAL' is none of own colors"),
        ({"width": -1}, "width, height: -1×0 is no size"),
        ({"width": 99999, "height": 99999}, "1 pictures of 99999×99999 pixels would take"),
    ],
)
def test_impossible_wishes_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        write_map(own([[0]], ("a", (1, 1, 1))), **arguments)
