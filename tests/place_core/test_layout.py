"""The layout record: what is there, how much, and finding a class."""

from __future__ import annotations

import pytest
import torch

from place_core.layout import VOID, Layout, LayoutClass
from place_core.palettes import ADE20K, COCO_STUFF, load_classes


def layout(labels, table=ADE20K):
    return Layout(torch.tensor(labels, dtype=torch.int16), load_classes(table))


def test_the_tables_have_all_classes_with_words_and_colors():
    for table, count in ((ADE20K, 150), (COCO_STUFF, 182)):
        classes = load_classes(table)
        assert [c.id for c in classes] == list(range(count))
        assert all(c.words and len(c.color) == 3 for c in classes)


def test_present_classes_and_their_coverage_leave_out_void():
    found = layout([[[0, 0, 2, VOID]]])
    assert [c.id for c in found.present()] == [0, 2]
    assert found.coverage() == ({0: 0.5, 2: 0.25, VOID: 0.25},)


def test_one_map_of_a_batch_can_be_taken():
    batch = layout([[[0, 1]], [[2, 2]]])
    assert [c.id for c in batch.index(1).present()] == [2]


@pytest.mark.parametrize(
    ("key", "class_id"),
    [("sky", 2), ("SKY ", 2), (2, 2), ("2", 2), ("building", 1), ("edifice", 1)],
)
def test_a_class_is_found_by_number_name_or_a_word_of_it(key, class_id):
    assert layout([[[0]]]).find(key).id == class_id


def test_of_classes_with_one_name_the_present_one_is_meant():
    twins = [c.id for c in load_classes(COCO_STUFF) if c.name == "desk"]
    assert len(twins) == 2
    for class_id in twins:
        assert layout([[[class_id]]], COCO_STUFF).find("desk").id == class_id
    with pytest.raises(ValueError, match=r"'desk' may be any of .*use the number"):
        layout([[[0]]], COCO_STUFF).find("desk")


def test_an_unknown_class_is_answered_with_the_nearest_and_the_present_ones():
    with pytest.raises(ValueError, match=r"'moutain' is no class.*'mountain.*The map shows: 2 sky"):
        layout([[[2]]]).find("moutain")


def test_the_description_names_classes_coverage_void_and_notes():
    found = Layout(
        torch.tensor([[[2, 2, 2, VOID]]], dtype=torch.int16),
        load_classes(ADE20K),
        unresolved=(1,),
        notes=("a note",),
    )
    assert found.describe().splitlines() == [
        "2  sky  75.0 %",
        "void  25.0 %",
        "unresolved pixels, made void: 1",
        "a note",
    ]


@pytest.mark.parametrize(
    ("class_id", "name", "label"),
    [
        (0, "color 1", "color 1"),
        (1, "color 1", "1  color 1"),
        (0, "sky", "0  sky"),
        (7, "tree 2", "7  tree 2"),
        (7, "color 1 of 2", "7  color 1 of 2"),
    ],
)
def test_people_see_one_number_of_a_class(class_id, name, label):
    assert LayoutClass(class_id, name, "", (0, 0, 0)).label == label


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (torch.zeros(1, 2, 2), "int16"),
        (torch.zeros(2, 2, dtype=torch.int16), r"\[B, H, W\]"),
        (torch.zeros(0, 2, 2, dtype=torch.int16), r"\[B, H, W\]"),
        (torch.full((1, 2, 2), 999, dtype=torch.int16), "999"),
    ],
)
def test_impossible_labels_are_refused(labels, message):
    with pytest.raises(ValueError, match=message):
        Layout(labels, load_classes(ADE20K))
