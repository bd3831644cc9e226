"""Classes of a table and labels of a network."""

from __future__ import annotations

import pytest
import torch

from place_core.evaluation.class_names import match_classes
from place_core.evaluation.errors import EvaluationError
from place_core.layout import LayoutClass
from place_core.palettes import ADE20K, COCO_STUFF, load_classes


def classes(*names):
    return [LayoutClass(i, name, name, (i, 0, 0)) for i, name in enumerate(names)]


def matched(match, table):
    """Name of the class → labels that mean it."""
    names = {number: name for name, number in zip(match.names, range(99), strict=False)}
    return {label: names[number] for label, number in match.of_label.items()}


def test_by_name_whatever_the_order_of_words_and_labels():
    table = classes("marble floor", "wall", "sky", "desk")
    labels = {5: "sky-other", 2: "floor-marble", 7: "wall_other", 1: "Desk-stuff", 0: "dog"}
    match = match_classes(table, labels)
    assert matched(match, table) == {5: "sky", 2: "marble floor", 7: "wall", 1: "desk"}
    assert match.missing == ()


def test_one_synonym_or_the_beginning_is_enough():
    table = classes("door", "building edifice", "screen door", "screen silver")
    match = match_classes(table, {0: "double door, door", 1: "building", 2: "screen", 3: "x"})
    assert matched(match, table) == {0: "door", 1: "building edifice"}  # "screen" may be either.
    assert match.missing == ("screen door", "screen silver")


def test_classes_of_one_name_are_one():
    table = classes("desk", "person", "desk")
    match = match_classes(table, {0: "person", 1: "desk-stuff"})
    assert match.of_class == {0: 0, 2: 0, 1: 1}
    assert match.of_label == {0: 1, 1: 0}


def test_ade20k_is_matched_in_order():
    table = load_classes(ADE20K)
    # Networks have one synonym of each class; "pool" or "screen" would not be found by name.
    labels = {c.id: c.name.split()[0] for c in table}
    match = match_classes(table, labels)
    assert match.of_label == {c.id: c.id for c in table} == match.of_class
    assert not match.missing


def test_as_many_labels_of_other_things_are_not_matched_in_order():
    match = match_classes(classes("sky", "sea", "sand"), {0: "sand", 1: "sky", 2: "dog"})
    assert match.of_label == {0: 1, 1: 0}


def test_coco_stuff_of_the_hub():
    """Its labels say "floor-marble"; the classes that COCO never annotates are not among them."""
    table = load_classes(COCO_STUFF)
    never = {11, 25, 28, 29, 44, 65, 67, 68, 70, 82, 90}
    kept = [c for c in table if c.id not in never]
    assert len(kept) == 171
    labels = {}
    for number, c in enumerate(kept):
        *first, last = c.name.split()
        stuff = c.id > 90
        labels[number] = "-".join([last, *first]) if stuff and first else c.name
        if stuff and not first:
            labels[number] += "-other"
    match = match_classes(table, labels)
    for number, c in enumerate(kept):
        assert match.of_label[number] == match.of_class[c.id]
    assert set(match.missing) == {
        "street sign",
        "hat",
        "shoe",
        "eye glasses",
        "plate",
        "blender",
        "hair brush",
    }


def test_names_that_are_not_english():
    match = match_classes(classes("天空", "海"), {0: "海", 1: "天空"})
    assert match.of_label == {0: 1, 1: 0}


def test_too_few_classes_is_an_error():
    with pytest.raises(EvaluationError, match=r"knows 1 of 3 .* lacks sea, sand .*--without miou"):
        match_classes(classes("sky", "sea", "sand"), {0: "sky", 1: "dog"})


def test_maps_in_measured_numbers():
    match = match_classes(classes("sky", "sea", "sand"), {4: "sand", 6: "dog", 8: "sky"})
    wanted = match.wanted(torch.tensor([[0, 1], [2, -1]], dtype=torch.int16))
    assert wanted.tolist() == [[0, -1], [1, -1]]
    assert match.found(torch.tensor([[4, 6], [8, 99]])).tolist() == [[1, 2], [0, 2]]
